"""The same network in PyTorch: a ladder from arrays to modules, and parity."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer
from torch.utils.data import DataLoader, TensorDataset

from snippets.chapters.backpropagation import mse
from snippets.chapters.gradient_descent import NeuralNetwork
from snippets.delivery import make_deliveries

# --8<-- [end:imports]

if __name__ == "__main__":
    # --8<-- [start:tensors]
    torch.set_num_threads(1)

    x = np.array([5.2, 8.0, 22.0])
    shared = torch.from_numpy(x)
    x[0] = 6.1  # the tensor changes too
    print("from_numpy:", shared)
    print("tensor:    ", torch.tensor([5.2, 8.0, 22.0]))
    assert torch.tensor(x).dtype == torch.float64
    # --8<-- [end:tensors]

    # --8<-- [start:mixed-types]
    try:
        nn.Linear(3, 1)(shared)
    except RuntimeError as error:
        print(error)
    # --8<-- [end:mixed-types]

    # --8<-- [start:autograd]
    w = torch.tensor(6.0, dtype=torch.float64, requires_grad=True)
    loss = (5.2 * w - 35) ** 2
    loss.backward()

    by_hand = 2 * (5.2 * 6.0 - 35) * 5.2
    print(f"loss     {loss.item():7.2f}")
    print(f"autograd {w.grad.item():7.2f}")
    print(f"by hand  {by_hand:7.2f}")
    assert np.isclose(w.grad.item(), by_hand, rtol=1e-12)
    # --8<-- [end:autograd]

    # --8<-- [start:data]
    X, y = make_deliveries()
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.2, random_state=42
    )
    X_mean, X_std = X_train.mean(axis=0), X_train.std(axis=0)
    y_mean, y_std = y_train.mean(), y_train.std()
    X_train, X_test = (X_train - X_mean) / X_std, (X_test - X_mean) / X_std
    y_train = (y_train - y_mean) / y_std  # y_test stays in minutes

    batches = [(X_train[i : i + 64], y_train[i : i + 64]) for i in (0, 64, 128)]
    # --8<-- [end:data]


# --8<-- [start:report]
def report(rung: int, losses: list[float], expected: list[float]) -> None:
    """Print the losses of a rung; ValueError if they are not the expected."""
    if not np.allclose(losses, expected, rtol=1e-12, atol=0):
        raise ValueError(f"rung {rung} has losses {losses}, expected {expected}")
    print(f"rung {rung}:", *(f"{loss:.6f}" for loss in losses))


# --8<-- [end:report]

if __name__ == "__main__":
    # --8<-- [start:rung-0]
    learning_rate = 0.005
    network = NeuralNetwork([4, 16, 8, 1], learning_rate, seed=0)
    W_start = [W.copy() for W in network.W]
    b_start = [b.copy() for b in network.b]

    losses = []
    for X, y in batches:
        losses.append(mse(network.forward(X), y))
        network.backward(y)
        for i in range(3):
            network.W[i] -= learning_rate * network.dW[i]
            network.b[i] -= learning_rate * network.db[i]
    report(0, losses, expected=losses)
    expected = losses
    # --8<-- [end:rung-0]


# --8<-- [start:tensor-gradients]
def loss_and_gradients(
    X: Tensor, y: Tensor, parameters: list[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Return a three-layer network's loss, and a gradient for each parameter."""
    W1, W2, W3, b1, b2, b3 = parameters
    A1 = torch.relu(X @ W1 + b1)  # (batch, 16)
    A2 = torch.relu(A1 @ W2 + b2)  # (batch, 8)
    y_hat = A2 @ W3 + b3  # (batch, 1)
    dZ3 = 2 * (y_hat - y) / y.numel()
    dZ2 = dZ3 @ W3.T * (A2 > 0)
    dZ1 = dZ2 @ W2.T * (A1 > 0)
    dW = [X.T @ dZ1, A1.T @ dZ2, A2.T @ dZ3]
    db = [dZ1.sum(0), dZ2.sum(0), dZ3.sum(0)]
    return ((y_hat - y) ** 2).mean(), dW + db


# --8<-- [end:tensor-gradients]

if __name__ == "__main__":
    # --8<-- [start:rung-1]
    tensors = [(torch.from_numpy(X), torch.from_numpy(y)) for X, y in batches]
    parameters = [torch.from_numpy(p.copy()) for p in W_start + b_start]

    losses = []
    for X, y in tensors:
        loss, gradients = loss_and_gradients(X, y, parameters)
        losses.append(loss.item())
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= learning_rate * gradient
    report(1, losses, expected)
    # --8<-- [end:rung-1]


# --8<-- [start:tensor-loss]
def loss_of(X: Tensor, y: Tensor, parameters: list[Tensor]) -> Tensor:
    """Return the loss of a three-layer network: the forward pass alone."""
    W1, W2, W3, b1, b2, b3 = parameters
    A1 = torch.relu(X @ W1 + b1)
    A2 = torch.relu(A1 @ W2 + b2)
    y_hat = A2 @ W3 + b3
    return ((y_hat - y) ** 2).mean()


# --8<-- [end:tensor-loss]

if __name__ == "__main__":
    # --8<-- [start:rung-2]
    parameters = [torch.from_numpy(p.copy()) for p in W_start + b_start]
    for parameter in parameters:
        parameter.requires_grad_()

    losses = []
    for X, y in tensors:
        loss = loss_of(X, y, parameters)
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for parameter in parameters:
                parameter -= learning_rate * parameter.grad
                parameter.grad = None
    report(2, losses, expected)
    # --8<-- [end:rung-2]

    # --8<-- [start:kink]
    z = torch.tensor([-1.0, 0.0, 1.0], requires_grad=True)
    torch.relu(z).sum().backward()
    print(z.grad)
    # --8<-- [end:kink]


# --8<-- [start:model]
def make_model() -> nn.Sequential:
    """Return the 4-16-8-1 network, with PyTorch's random float32 weights."""
    return nn.Sequential(
        nn.Linear(4, 16),
        nn.ReLU(),
        nn.Linear(16, 8),
        nn.ReLU(),
        nn.Linear(8, 1),
    )


# --8<-- [end:model]


# --8<-- [start:weight-loading]
def load_weights(
    model: nn.Sequential, W: list[np.ndarray], b: list[np.ndarray]
) -> None:
    """Copy W[i] (n_in, n_out) and b[i] (1, n_out) into the i-th nn.Linear.

    Raises ValueError, with the shapes, when they do not fit.
    """
    layers = [layer for layer in model if isinstance(layer, nn.Linear)]
    ours = [(*weight.shape, bias.size) for weight, bias in zip(W, b, strict=True)]
    theirs = [(n.in_features, n.out_features, n.bias.numel()) for n in layers]
    if ours != theirs:
        raise ValueError(f"W and b of {ours} do not fit layers of {theirs}")
    with torch.no_grad():
        for layer, weight, bias in zip(layers, W, b, strict=True):
            layer.weight.copy_(torch.from_numpy(weight.T))  # (n_out, n_in)
            layer.bias.copy_(torch.from_numpy(bias.ravel()))  # (n_out,)


# --8<-- [end:weight-loading]

if __name__ == "__main__":
    # --8<-- [start:rung-3]
    model = make_model().double()
    load_weights(model, W_start, b_start)
    loss_function = nn.MSELoss()
    shapes = W_start[0].shape, tuple(model[0].weight.shape)
    print("W1: ours {}, in nn.Linear {}".format(*shapes))

    losses = []
    for X, y in tensors:
        loss = loss_function(model(X), y)
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= learning_rate * parameter.grad
        model.zero_grad()
    report(3, losses, expected)
    # --8<-- [end:rung-3]

    # --8<-- [start:rung-4]
    load_weights(model, W_start, b_start)
    optimizer = SGD(model.parameters(), lr=learning_rate)

    losses = []
    for X, y in tensors:
        loss = loss_function(model(X), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    report(4, losses, expected)
    # --8<-- [end:rung-4]

    # --8<-- [start:rung-5]
    load_weights(model, W_start, b_start)
    rows = TensorDataset(torch.from_numpy(X_train), torch.from_numpy(y_train))
    loader = DataLoader(rows, batch_size=64)  # in order: shuffle is False

    losses = []
    for X, y in loader:
        loss = loss_function(model(X), y)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    report(5, losses[:3], expected)
    print(len(loader), "batches an epoch")
    # --8<-- [end:rung-5]

    # --8<-- [start:graph]
    loss = loss_function(model(X), y)
    node = loss.grad_fn
    while node is not None:
        print(node.name())
        inputs = node.next_functions  # of Addmm: bias, input, weight
        node = inputs[1 if len(inputs) == 3 else 0][0]
    # --8<-- [end:graph]

    # --8<-- [start:accumulation]
    weight = model[0].weight
    model.zero_grad()
    loss_function(model(X), y).backward()
    once = weight.grad.clone()

    loss_function(model(X), y).backward()
    print(f"without zero_grad: gradient × {weight.grad.norm() / once.norm():.2f}")
    model.zero_grad()
    loss_function(model(X), y).backward()
    print(f"with zero_grad:    gradient × {weight.grad.norm() / once.norm():.2f}")
    # --8<-- [end:accumulation]


# --8<-- [start:numpy-step]
def numpy_step(network: NeuralNetwork, X: np.ndarray, y: np.ndarray) -> float:
    """Step on X (batch, n_in), y (batch, n_out); return the loss before."""
    y_hat = network.forward(X)
    loss = mse(y_hat, y)

    network.backward(y)
    for i in range(len(network.W)):
        network.W[i] -= network.learning_rate * network.dW[i]
        network.b[i] -= network.learning_rate * network.db[i]
    return loss


# --8<-- [end:numpy-step]


# --8<-- [start:torch-step]
def torch_step(model: nn.Module, optimizer: Optimizer, X: Tensor, y: Tensor) -> float:
    """Step on X (batch, n_in), y (batch, n_out); return the loss before."""
    y_hat = model(X)
    loss = nn.functional.mse_loss(y_hat, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

    return loss.item()


# --8<-- [end:torch-step]


# --8<-- [start:snapshots]
def numpy_snapshot(network: NeuralNetwork, X: np.ndarray) -> dict[str, list]:
    """Return copies of gradients and weights, and the predictions for X."""
    return {
        "gradients": [gradient.copy() for gradient in network.dW + network.db],
        "weights": [weight.copy() for weight in network.W + network.b],
        "predictions": [network.predict(X)],
    }


def torch_snapshot(model: nn.Sequential, X: Tensor) -> dict[str, list]:
    """Return the same of a PyTorch model, as float64 arrays of our shapes."""
    W, b = [n.weight for n in model[::2]], [n.bias for n in model[::2]]
    with torch.no_grad():
        predictions = [model(X)]
    gradients = [w.grad.T for w in W] + [v.grad[None] for v in b]
    weights = [w.detach().T for w in W] + [v.detach()[None] for v in b]
    found = {"gradients": gradients, "weights": weights, "predictions": predictions}
    return {k: [t.numpy().astype(float) for t in found[k]] for k in found}


# --8<-- [end:snapshots]

if __name__ == "__main__":
    # --8<-- [start:numpy-run]
    network = NeuralNetwork([4, 16, 8, 1], learning_rate, seed=0)
    orders = [network.rng.permutation(len(X_train)) for _epoch in range(200)]

    ours = []
    for order in orders:
        for rows in order.reshape(-1, 64):
            numpy_step(network, X_train[rows], y_train[rows])
        ours.append(numpy_snapshot(network, X_test))
    # --8<-- [end:numpy-run]

    # --8<-- [start:torch-runs]
    theirs = {torch.float64: [], torch.float32: []}
    for dtype, snapshots in theirs.items():
        X, y, X_new = (
            torch.from_numpy(a).to(dtype) for a in (X_train, y_train, X_test)
        )
        model = make_model().to(dtype)
        load_weights(model, W_start, b_start)
        optimizer = SGD(model.parameters(), lr=learning_rate)
        for order in orders:
            for rows in order.reshape(-1, 64):
                torch_step(model, optimizer, X[rows], y[rows])
            snapshots.append(torch_snapshot(model, X_new))
    # --8<-- [end:torch-runs]


# --8<-- [start:largest-difference]
def largest_difference(ours: list[np.ndarray], theirs: list[np.ndarray]) -> float:
    """Return max |a − b| / max |a| of the two arrays that differ most."""
    pairs = zip(ours, theirs, strict=True)
    return max(float(np.abs(a - b).max() / np.abs(a).max()) for a, b in pairs)


# --8<-- [end:largest-difference]

if __name__ == "__main__":
    # --8<-- [start:proof]
    print(f"agree to 1e-10 over {len(orders)} epochs")
    for kind in ("predictions", "gradients", "weights"):
        pairs = list(zip(ours, theirs[torch.float64], strict=True))
        worst = max(largest_difference(a[kind], b[kind]) for a, b in pairs)
        assert worst < 1e-10, (kind, worst)
        print(f"{kind:23} {worst < 1e-10}")

    fitted = NeuralNetwork([4, 16, 8, 1], learning_rate, seed=0)
    fitted.fit(X_train, y_train, epochs=200, batch_size=64, verbose=False)
    last = theirs[torch.float64][-1]["weights"]
    worst = largest_difference(fitted.W + fitted.b, last)
    assert worst < 1e-10
    print(f"the weights after fit() {worst < 1e-10}")
    # --8<-- [end:proof]


# --8<-- [start:gaps]
def largest_gaps(ours: list[dict], theirs: list[dict]) -> np.ndarray:
    """Return the largest difference of a prediction, epoch by epoch."""
    pairs = zip(ours, theirs, strict=True)
    gaps = [a["predictions"][0] - b["predictions"][0] for a, b in pairs]
    return np.abs(gaps).max(axis=(1, 2))


def last_of(history: list[dict]) -> np.ndarray:
    """Return the predictions after the last epoch."""
    return history[-1]["predictions"][0]


# --8<-- [end:gaps]

if __name__ == "__main__":
    # --8<-- [start:float32]
    def mae(predictions: np.ndarray) -> float:
        """Return the mean absolute error of the predictions, in minutes."""
        return float(np.abs(predictions * y_std + y_mean - y_test).mean())

    gaps = {d: largest_gaps(ours, runs) * y_std for d, runs in theirs.items()}
    print("                MAE  bytes    eps  gap < 1e-9")
    print(f"NumPy         {mae(last_of(ours)):.3f}")
    for dtype, runs in theirs.items():
        numbers = f"{mae(last_of(runs)):.3f}  {dtype.itemsize:5}"
        eps, same = torch.finfo(dtype).eps, gaps[dtype][-1] < 1e-9
        print(f"{dtype} {numbers}  {eps:.0e}  {same}")
    assert gaps[torch.float64].max() < 1e-9
    assert 1e-7 < gaps[torch.float32].max() < 1e-2
    # --8<-- [end:float32]

    # --8<-- [start:precision]
    epochs = np.arange(1, len(orders) + 1)
    fig, ax = plt.subplots()
    ax.semilogy(epochs, gaps[torch.float32], "C1-", label="PyTorch in float32")
    ax.semilogy(epochs, gaps[torch.float64], "C0--", label="PyTorch in float64")
    ax.set(
        xlim=(0, 200),
        ylim=(1e-16, 10),
        xlabel="epoch",
        ylabel="largest difference, minutes",
    )
    ax.legend(loc="center right")
    plt.show()
    # --8<-- [end:precision]

    # --8<-- [start:program]
    torch.manual_seed(0)
    model = make_model()
    optimizer = SGD(model.parameters(), lr=0.005)
    X, y = torch.from_numpy(X_train).float(), torch.from_numpy(y_train).float()
    shuffle = torch.Generator().manual_seed(0)
    loader = DataLoader(TensorDataset(X, y), 64, shuffle=True, generator=shuffle)

    model.train()
    for _epoch in range(100):
        for X, y in loader:
            y_hat = model(X)
            loss = loss_function(y_hat, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    # --8<-- [end:program]

    # --8<-- [start:evaluation]
    model.eval()
    with torch.no_grad():
        y_hat = model(torch.from_numpy(X_test).float())
    assert not model.training
    assert not y_hat.requires_grad

    print("MAE in minutes after 100 epochs")
    print(f"PyTorch's weights and batches {mae(y_hat.numpy()):.2f}")
    print(f"our weights and batches       {mae(last_of(ours[:100])):.2f}")
    # --8<-- [end:evaluation]

    # --8<-- [start:initial-weights]
    torch.manual_seed(0)
    layer = make_model()[0]
    weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    assert max(abs(weight).max(), abs(bias).max()) <= 1 / np.sqrt(4)

    print("layer 1           std  largest")
    pairs = ("PyTorch", weight, bias), ("ours", W_start[0], b_start[0])
    for name, W, b in pairs:
        print(f"{name:8} weights {W.std():5.2f}  {abs(W).max():7.2f}")
        print(f"{name:8} biases  {b.std():5.2f}  {abs(b).max():7.2f}")
    # --8<-- [end:initial-weights]

    # --8<-- [start:in-place]
    w = torch.tensor(6.0, requires_grad=True)
    try:
        w -= 0.1
    except RuntimeError as error:
        print(error)
    # --8<-- [end:in-place]

    # --8<-- [start:solution-weights]
    back = NeuralNetwork([4, 16, 8, 1])
    for i, layer in enumerate(model[::2]):
        back.W[i] = layer.weight.detach().numpy().T.astype(float)
        back.b[i] = layer.bias.detach().numpy()[None].astype(float)

    gap = np.abs(back.predict(X_test) - y_hat.numpy()).max() * y_std
    assert gap < 1e-3
    print(f"all {len(X_test)} predictions agree to 0.001 min: {gap < 1e-3}")
    # --8<-- [end:solution-weights]

    # --8<-- [start:solution-gradcheck]
    from torch.autograd.gradcheck import GradcheckError, gradcheck

    parameters = [torch.from_numpy(p.copy()) for p in W_start + b_start]
    for parameter in parameters:
        parameter.requires_grad_()
    X, y = tensors[0]
    print("as it is:", gradcheck(lambda *p: loss_of(X, y, p), parameters, eps=1e-5))

    try:
        gradcheck(lambda W1, *p: loss_of(X, y, [W1.detach(), *p]), parameters, eps=1e-5)
    except GradcheckError as error:
        print("detached:", str(error).split(",")[0])
    # --8<-- [end:solution-gradcheck]

    # --8<-- [start:solution-adam]
    for method in (SGD, Adam):
        torch.manual_seed(0)
        model = make_model()
        optimizer = method(model.parameters(), lr=0.005)
        for _epoch in range(10):
            for X, y in loader:
                torch_step(model, optimizer, X, y)
        with torch.no_grad():
            y_hat = model(torch.from_numpy(X_test).float())
        print(f"{method.__name__:4} 10 epochs: MAE {mae(y_hat.numpy()):.2f} min")
    # --8<-- [end:solution-adam]
