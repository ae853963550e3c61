"""The same network in PyTorch: a ladder from arrays to modules, and parity."""

if __name__ == "__main__":
    # --8<-- [start:autograd]
    import torch

    w = torch.tensor(6.0, requires_grad=True)
    loss = (5.2 * w - 35) ** 2
    loss.backward()

    print(f"autograd {w.grad:.2f}")
    print(f"by hand  {2 * (5.2 * 6.0 - 35) * 5.2:.2f}")
    # --8<-- [end:autograd]

    # --8<-- [start:tensors]
    import numpy as np

    x = np.array([5.2, 8.0, 22.0])
    shared = torch.from_numpy(x)
    x[0] = 6.1
    print("shared  ", shared)
    print("decimals", torch.tensor([5.2, 8.0]).dtype)
    print("integers", torch.tensor([5, 8]).dtype)
    # --8<-- [end:tensors]

    # --8<-- [start:data]
    from snippets.chapters.gradient_descent import scaled, split

    X_train, X_test, y_train, y_test = split()
    X_all, y_all = scaled(X_train, X_train), scaled(y_train, y_train)
    batches = [(X_all[i : i + 64], y_all[i : i + 64]) for i in (0, 64, 128)]
    # --8<-- [end:data]

    # --8<-- [start:rung-0]
    from snippets.chapters.backpropagation import mse
    from snippets.chapters.gradient_descent import NeuralNetwork

    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
    start = [p.copy() for p in network.W + network.b]

    losses = []
    for X, y in batches:
        losses.append(mse(network.forward(X), y))
        dW, db = network.backward(y)
        for p, gradient in zip(network.W + network.b, dW + db, strict=True):
            p -= 0.005 * gradient
    print("rung 0:", *np.round(losses, 6))
    # --8<-- [end:rung-0]

    # --8<-- [start:rung-1]
    batches = [(torch.from_numpy(X), torch.from_numpy(y)) for X, y in batches]
    W1, W2, W3, b1, b2, b3 = parameters = [torch.from_numpy(p.copy()) for p in start]

    rung_1 = []
    for X, y in batches:
        A1 = torch.relu(X @ W1 + b1)  # (batch, 16)
        A2 = torch.relu(A1 @ W2 + b2)  # (batch, 8)
        y_hat = A2 @ W3 + b3  # (batch, 1)
        rung_1.append(((y_hat - y) ** 2).mean().item())
        dZ3 = 2 * (y_hat - y) / len(y)
        dZ2 = dZ3 @ W3.T * (A2 > 0)
        dZ1 = dZ2 @ W2.T * (A1 > 0)
        dW = [X.T @ dZ1, A1.T @ dZ2, A2.T @ dZ3]
        db = [dZ1.sum(0), dZ2.sum(0), dZ3.sum(0)]
        for p, gradient in zip(parameters, dW + db, strict=True):
            p -= 0.005 * gradient
    print("rung 1:", *np.round(rung_1, 6))
    # --8<-- [end:rung-1]

    # --8<-- [start:rung-2]
    parameters = [torch.tensor(p, requires_grad=True) for p in start]
    W1, W2, W3, b1, b2, b3 = parameters

    rung_2 = []
    for X, y in batches:
        A1 = torch.relu(X @ W1 + b1)
        A2 = torch.relu(A1 @ W2 + b2)
        loss = ((A2 @ W3 + b3 - y) ** 2).mean()
        rung_2.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for p in parameters:
                p -= 0.005 * p.grad
                p.grad = None
    print("rung 2:", *np.round(rung_2, 6))
    # --8<-- [end:rung-2]


# --8<-- [start:model]
from torch import nn


def make_model():
    """Return the 4-16-8-1 network, with PyTorch's random float32 weights."""
    return nn.Sequential(
        nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 1)
    )


# --8<-- [end:model]


# --8<-- [start:weight-loading]
import torch


def load_weights(model, W, b):
    """Copy each W (n_in, n_out) and b (1, n_out) into the linear layers of a model."""
    layers = [layer for layer in model if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        for layer, W_layer, b_layer in zip(layers, W, b, strict=True):
            layer.weight[:] = torch.from_numpy(W_layer.T)  # (n_out, n_in)
            layer.bias[:] = torch.from_numpy(b_layer[0])  # (n_out,)


# --8<-- [end:weight-loading]

if __name__ == "__main__":
    # --8<-- [start:rung-3]
    model = make_model().double()
    load_weights(model, start[:3], start[3:])
    print("W1: ours", start[0].shape, "in nn.Linear", tuple(model[0].weight.shape))

    rung_3 = []
    for X, y in batches:
        loss = nn.functional.mse_loss(model(X), y)
        rung_3.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= 0.005 * p.grad
                p.grad = None
    print("rung 3:", *np.round(rung_3, 6))
    # --8<-- [end:rung-3]


# --8<-- [start:torch-step]
def torch_step(model, optimizer, X, y):
    """Take one training step on X (batch, n_in), y (batch, n_out); return its loss."""
    loss = nn.functional.mse_loss(model(X), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# --8<-- [end:torch-step]

if __name__ == "__main__":
    # --8<-- [start:rung-4]
    load_weights(model, start[:3], start[3:])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.005)
    rung_4 = [torch_step(model, optimizer, X, y) for X, y in batches]
    print("rung 4:", *np.round(rung_4, 6))
    # --8<-- [end:rung-4]

    # --8<-- [start:rung-5]
    from torch.utils.data import DataLoader, TensorDataset

    load_weights(model, start[:3], start[3:])
    rows = TensorDataset(torch.from_numpy(X_all), torch.from_numpy(y_all))
    loader = DataLoader(rows, batch_size=64)
    rung_5 = [torch_step(model, optimizer, X, y) for X, y in loader]
    print("rung 5:", *np.round(rung_5[:3], 6), "and", len(rung_5) - 3, "more")
    # --8<-- [end:rung-5]

    # --8<-- [start:same-losses]
    for rung in (rung_1, rung_2, rung_3, rung_4, rung_5[:3]):
        assert np.allclose(rung, losses, rtol=1e-12, atol=0)
    # --8<-- [end:same-losses]

    # --8<-- [start:graph]
    loss = nn.functional.mse_loss(model(X), y)
    node = loss.grad_fn
    while node is not None:
        print(node.name())
        inputs = node.next_functions  # of Addmm: bias, input, weight
        node = inputs[1 if len(inputs) == 3 else 0][0]
    # --8<-- [end:graph]

    # --8<-- [start:accumulation]
    X, y = batches[0]
    model.zero_grad()
    for step in (1, 2, 3):
        nn.functional.mse_loss(model(X), y).backward()
        print(f"backward() number {step}: {model[4].bias.grad.item():8.5f}")
    # --8<-- [end:accumulation]

    # --8<-- [start:accumulation-check]
    once = model[4].bias.grad.item() / 3
    model.zero_grad()
    nn.functional.mse_loss(model(X), y).backward()
    assert np.isclose(model[4].bias.grad.item(), once, rtol=1e-12)
    # --8<-- [end:accumulation-check]

    # --8<-- [start:numpy-run]
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
    orders = [network.rng.permutation(1600) for _epoch in range(200)]
    X_new = scaled(X_test, X_train)

    ours = []
    for order in orders:
        for rows in order.reshape(25, 64):
            network.forward(X_all[rows])
            dW, db = network.backward(y_all[rows])
            for p, gradient in zip(network.W + network.b, dW + db, strict=True):
                p -= 0.005 * gradient
        weights = [p.copy() for p in network.W + network.b]
        ours.append((network.predict(X_new), *dW, *db, *weights))
    # --8<-- [end:numpy-run]

    # --8<-- [start:torch-run]
    def torch_run(dtype):
        """Train on the same batches; return what `ours` holds, as float64 arrays."""
        X, y, X_last = (torch.from_numpy(a).to(dtype) for a in (X_all, y_all, X_new))
        model = make_model().to(dtype)
        load_weights(model, start[:3], start[3:])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.005)
        history = []
        for order in orders:
            for rows in order.reshape(25, 64):
                torch_step(model, optimizer, X[rows], y[rows])
            W = [layer.weight for layer in model[::2]]
            b = [layer.bias for layer in model[::2]]
            dW, db = [w.grad.T for w in W], [v.grad[None] for v in b]
            weights = [w.T for w in W] + [v[None] for v in b]
            arrays = [model(X_last), *dW, *db, *weights]
            history.append([a.detach().numpy().astype(float).copy() for a in arrays])
        return history

    # --8<-- [end:torch-run]

    # --8<-- [start:parity]
    from snippets.chapters.gradient_descent import mae, unscaled

    def gap(history):
        """Return max |a − b| / max |a| of the two arrays that differ most."""
        pairs = [
            (a, b)
            for epoch, other in zip(ours, history, strict=True)
            for a, b in zip(epoch, other, strict=True)
        ]
        return max(np.abs(a - b).max() / np.abs(a).max() for a, b in pairs)

    doubles, singles = torch_run(torch.float64), torch_run(torch.float32)
    print("program          test MAE  gap below 1e-10")
    for name, history in {
        "NumPy, float64": ours,
        "PyTorch, float64": doubles,
        "PyTorch, float32": singles,
    }.items():
        minutes = mae(unscaled(history[-1][0], y_train), y_test)
        print(f"{name:16} {minutes:9.3f}  {gap(history) < 1e-10}")
    # --8<-- [end:parity]

    # --8<-- [start:parity-check]
    fitted = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
    fitted.fit(X_all, y_all, verbose=False)
    last = [fitted.predict(X_new), *doubles[-1][1:7], *fitted.W, *fitted.b]

    assert gap(doubles) < 1e-10
    assert all(
        np.allclose(a, b, rtol=0, atol=1e-10 * np.abs(a).max())
        for a, b in zip(ours[-1], last, strict=True)
    )
    predictions = [(a[0], b[0]) for a, b in zip(ours, singles, strict=True)]
    worst = max(np.abs(a - b).max() for a, b in predictions) * y_train.std()
    assert 1e-7 < worst < 1e-2  # minutes
    # --8<-- [end:parity-check]

    # --8<-- [start:module]
    class DeliveryNetwork(nn.Module):
        """The 4-16-8-1 network as a class of its own."""

        def __init__(self):
            super().__init__()
            self.hidden_1 = nn.Linear(4, 16)
            self.hidden_2 = nn.Linear(16, 8)
            self.output = nn.Linear(8, 1)

        def forward(self, X):
            """Return the predictions (batch, 1) for X (batch, 4)."""
            A1 = torch.relu(self.hidden_1(X))
            A2 = torch.relu(self.hidden_2(A1))
            return self.output(A2)

    # --8<-- [end:module]

    # --8<-- [start:module-check]
    assert sum(p.numel() for p in DeliveryNetwork().parameters()) == 225
    # --8<-- [end:module-check]

    # --8<-- [start:program]
    from copy import deepcopy

    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = DeliveryNetwork().to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    X, y = torch.from_numpy(X_all).float(), torch.from_numpy(y_all).float()
    X_valid, y_valid = X[1280:].to(device), y[1280:].to(device)
    loader = DataLoader(TensorDataset(X[:1280], y[:1280]), 64, shuffle=True)

    best = float("inf")
    for epoch in range(1, 51):
        model.train()
        for X_batch, y_batch in loader:
            torch_step(model, optimizer, X_batch.to(device), y_batch.to(device))
        model.eval()
        with torch.no_grad():
            valid_loss = nn.functional.mse_loss(model(X_valid), y_valid).item()
        if valid_loss < best:
            best, best_weights = valid_loss, deepcopy(model.state_dict())
        if epoch in (1, 3, 50):
            print(f"epoch {epoch:2}: validation loss {valid_loss:.2f}")
    # --8<-- [end:program]

    # --8<-- [start:saving]
    from tempfile import TemporaryDirectory

    saved = {
        "weights": best_weights,
        "X_mean": torch.from_numpy(X_train.mean(axis=0)),
        "X_std": torch.from_numpy(X_train.std(axis=0)),
        "y_mean": float(y_train.mean()),
        "y_std": float(y_train.std()),
    }
    with TemporaryDirectory() as folder:
        torch.save(saved, folder + "/deliveries.pt")
        loaded = torch.load(folder + "/deliveries.pt")
    # --8<-- [end:saving]

    # --8<-- [start:loading]
    model = DeliveryNetwork()
    model.load_state_dict(loaded["weights"])
    model.eval()

    X = torch.from_numpy(X_test)
    X = ((X - loaded["X_mean"]) / loaded["X_std"]).float()
    with torch.no_grad():
        minutes = model(X).numpy() * loaded["y_std"] + loaded["y_mean"]
    print(f"test MAE: {mae(minutes, y_test):.1f} minutes")
    # --8<-- [end:loading]

    # --8<-- [start:saving-check]
    assert list(loaded["weights"]) == list(model.state_dict())
    assert not model.training
    with torch.no_grad():
        loss = nn.functional.mse_loss(model(X_valid.cpu()), y_valid.cpu()).item()
    assert np.isclose(loss, best, rtol=1e-4)
    # --8<-- [end:saving-check]

    # --8<-- [start:in-place]
    w = torch.tensor(6.0, requires_grad=True)
    try:
        w -= 0.1
    except RuntimeError as error:
        print(error)
    # --8<-- [end:in-place]

    # --8<-- [start:kink]
    z = torch.tensor([-1.0, 0.0, 1.0], requires_grad=True)
    torch.relu(z).sum().backward()
    print(z.grad)
    # --8<-- [end:kink]

    # --8<-- [start:initial-weights]
    torch.manual_seed(0)
    layer = make_model()[0]
    theirs = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    assert max(abs(a).max() for a in theirs) <= 1 / np.sqrt(4)

    print("layer 1           std  largest")
    for name, (W, b) in {"PyTorch": theirs, "yours": (start[0], start[3])}.items():
        print(f"{name:8} weights {W.std():5.2f}  {abs(W).max():7.2f}")
        print(f"{name:8} biases  {b.std():5.2f}  {abs(b).max():7.2f}")
    # --8<-- [end:initial-weights]

    # --8<-- [start:solution-weights]
    back = NeuralNetwork([4, 16, 8, 1])
    layers = (model.hidden_1, model.hidden_2, model.output)
    back.W = [layer.weight.detach().numpy().T.astype(float) for layer in layers]
    back.b = [layer.bias.detach().numpy()[None].astype(float) for layer in layers]

    again = unscaled(back.predict(X_new), y_train)
    for row in range(3):
        print(f"NumPy {again[row, 0]:5.1f}  PyTorch {minutes[row, 0]:5.1f}")
    apart = np.sum(np.abs(again - minutes) > 1e-3)
    print("more than 0.001 min apart:", apart, "of", len(again))
    # --8<-- [end:solution-weights]

    # --8<-- [start:solution-gradcheck]
    from torch.autograd.gradcheck import GradcheckError, gradcheck

    X, y = batches[0]

    def loss_of(W1, W2, W3, b1, b2, b3):
        """Return the loss of the first batch."""
        A2 = torch.relu(torch.relu(X @ W1 + b1) @ W2 + b2)
        return ((A2 @ W3 + b3 - y) ** 2).mean()

    parameters = [torch.from_numpy(p.copy()).requires_grad_() for p in start]
    print(f"loss, as in every rung: {loss_of(*parameters).item():.6f}")
    print("as it is:", gradcheck(loss_of, parameters, eps=1e-5))
    try:
        gradcheck(lambda W1, *rest: loss_of(W1.detach(), *rest), parameters, eps=1e-5)
    except GradcheckError as error:
        print("detached:", str(error).split(",")[0])
    # --8<-- [end:solution-gradcheck]

    # --8<-- [start:solution-adam]
    for method in (torch.optim.SGD, torch.optim.Adam):
        torch.manual_seed(0)
        model = DeliveryNetwork()
        optimizer = method(model.parameters(), lr=0.005)
        for _epoch in range(10):
            for X, y in loader:
                torch_step(model, optimizer, X, y)
        model.eval()
        with torch.no_grad():
            y_hat = model(torch.from_numpy(X_new).float()).numpy()
        print(f"{method.__name__:4} {mae(unscaled(y_hat, y_train), y_test):.1f} min")
    # --8<-- [end:solution-adam]
