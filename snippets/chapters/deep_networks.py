"""Deep networks: the start, batch and layer normalisation, and dropout."""

# --8<-- [start:glorot]
import numpy as np


def glorot(n_in, n_out, rng):
    """Return weights (n_in, n_out) of standard deviation √(2 / (n_in + n_out))."""
    return rng.normal(0, np.sqrt(2 / (n_in + n_out)), (n_in, n_out))


# --8<-- [end:glorot]

if __name__ == "__main__":
    # --8<-- [start:variances]
    from snippets.chapters.activation_functions import relu
    from snippets.chapters.forward_pass import he

    def mean_squares(start, f):
        """Return the mean square of A behind each of 10 layers of 64 units, (10,)."""
        rng = np.random.default_rng(0)
        squares = np.zeros(10)
        for _network in range(20):
            A = rng.normal(size=(64, 64))  # 64 rows
            for layer in range(10):
                A = f(A @ start(64, 64, rng))
                squares[layer] += np.mean(A**2) / 20
        return squares

    print("layer              1      5     10")
    for name, start, f in (
        ("He, ReLU", he, relu),
        ("Glorot, ReLU", glorot, relu),
        ("Glorot, tanh", glorot, np.tanh),
    ):
        shown = mean_squares(start, f)[[0, 4, 9]]
        print(f"{name:12}", *(f"{square:6.3f}" for square in shown))
    # --8<-- [end:variances]

    # --8<-- [start:halves]
    assert np.all(np.abs(mean_squares(he, relu) - 1) < 0.2)
    ratio = mean_squares(glorot, relu) / mean_squares(he, relu)
    assert np.allclose(ratio, 0.5 ** np.arange(1, 11))
    # --8<-- [end:halves]


# --8<-- [start:standardise]
def standardise(Z, axis=0, epsilon=1e-5):
    """Return Z with mean 0 and variance 1 along an axis, and the root it took."""
    root = np.sqrt(Z.var(axis=axis, keepdims=True) + epsilon)
    return (Z - Z.mean(axis=axis, keepdims=True)) / root, root


# --8<-- [end:standardise]

if __name__ == "__main__":
    # --8<-- [start:one-column]
    z = np.array([[1.0], [2.0], [3.0], [6.0]])
    z_hat, root = standardise(z)
    print("mean", z.mean(), "variance", z.var(), "root", root.round(2).item())
    print(z_hat.ravel().round(2))
    # --8<-- [end:one-column]

    # --8<-- [start:nudged]
    nudged = z + np.array([[0], [0], [0], [0.1]])
    print(standardise(nudged)[0].ravel().round(2))
    # --8<-- [end:nudged]


# --8<-- [start:standardise-backward]
def standardise_backward(dZ_hat, Z_hat, root, axis=0):
    """Return dZ, from the gradient dZ_hat of the same shape."""
    through_mean = dZ_hat.mean(axis=axis, keepdims=True)
    through_root = Z_hat * (dZ_hat * Z_hat).mean(axis=axis, keepdims=True)
    return (dZ_hat - through_mean - through_root) / root


# --8<-- [end:standardise-backward]

if __name__ == "__main__":
    # --8<-- [start:one-gradient]
    from snippets.chapters.derivatives import numerical_gradient

    dz_hat = np.array([[0.0], [0.0], [0.0], [1.0]])  # the loss is the last z_hat
    dz = standardise_backward(dz_hat, z_hat, root)
    measured = numerical_gradient(lambda z: standardise(z)[0][3, 0], z)
    print("formula ", dz.ravel().round(3))
    print("measured", measured.ravel().round(3))
    # --8<-- [end:one-gradient]

    # --8<-- [start:steps]
    assert np.allclose(dz, measured, rtol=0, atol=1e-8)
    assert dz_hat.mean() == 0.25
    assert (root.round(2).item(), z_hat[3].round(2).item()) == (1.87, 1.60)
    assert np.mean(dz_hat * z_hat).round(2) == 0.40
    by_hand = (1 - 0.25 - 1.60 * 0.40) / 1.87
    assert round(by_hand, 2) == round(dz[3].item(), 2) == 0.06
    # --8<-- [end:steps]

    # --8<-- [start:too-few-rows]
    def mistaken(dZ_hat, Z_hat, root):
        """Return dZ, right and with three mistakes."""
        right = standardise_backward(dZ_hat, Z_hat, root)
        without = (dZ_hat - dZ_hat.mean(axis=0)) / root
        return {
            "right": right,
            "without the root's part": without,
            "not divided by the root": right * root,
            "sign turned round": -right,
        }

    weights = np.array([[0.3], [-1.2], [0.8], [0.5]])  # the loss: their sum with z_hat
    print("rows                     1     2     4")
    rows = {}
    for n in (1, 2, 4):
        column, dz_hat = z[:n], weights[:n]
        measured = numerical_gradient(
            lambda c, w=dz_hat: np.sum(w * standardise(c)[0]), column
        )
        rows[n] = {
            name: np.abs(dz - measured).max() < 1e-8
            for name, dz in mistaken(dz_hat, *standardise(column)).items()
        }
    for name in rows[1]:
        verdicts = ["ok" if rows[n][name] else "wrong" for n in rows]
        print(f"{name:23}", *(f"{verdict:5}" for verdict in verdicts))
    assert all(rows[1].values())
    assert np.abs(standardise_backward(weights[:2], *standardise(z[:2]))).max() < 1e-4
    assert sum(rows[2].values()) == sum(rows[4].values()) == 1
    # --8<-- [end:too-few-rows]


# --8<-- [start:batch-norm]
class BatchNorm:
    """Batch normalisation of Z (batch, n_out), with gamma and beta (n_out,)."""

    def __init__(self, n_out):
        self.gamma, self.beta = np.ones(n_out), np.zeros(n_out)
        self.mean, self.variance = np.zeros(n_out), np.ones(n_out)

    def forward(self, Z, training=True):
        """Return gamma times the standardised Z, plus beta."""
        if not training:
            Z_hat = (Z - self.mean) / np.sqrt(self.variance + 1e-5)
            return self.gamma * Z_hat + self.beta
        self.Z_hat, self.root = standardise(Z)
        self.mean += 0.1 * (Z.mean(axis=0) - self.mean)
        self.variance += 0.1 * (Z.var(axis=0, ddof=1) - self.variance)
        return self.gamma * self.Z_hat + self.beta

    def backward(self, dZ_out):
        """Return dZ; keep dgamma and dbeta. For the last forward pass in training."""
        self.dgamma = (dZ_out * self.Z_hat).sum(axis=0)
        self.dbeta = dZ_out.sum(axis=0)
        return standardise_backward(dZ_out * self.gamma, self.Z_hat, self.root)


# --8<-- [end:batch-norm]

if __name__ == "__main__":
    # --8<-- [start:two-modes]
    layer = BatchNorm(1)
    for training in (True, False):
        of_two = layer.forward(z[:2], training)[0].item()
        of_four = layer.forward(z, training)[0].item()
        name = "training" if training else "afterwards"
        print(f"{name:10} in two rows {of_two:5.2f}, in four {of_four:5.2f}")
    print(f"running mean {layer.mean[0]:.3f}, running variance {layer.variance[0]:.3f}")
    # --8<-- [end:two-modes]

    # --8<-- [start:layer-norm]
    Z = np.array([[1.0, 2.0, 3.0, 6.0], [10.0, 20.0, 30.0, 60.0]])
    print(standardise(Z, axis=1)[0].round(2))
    # --8<-- [end:layer-norm]

    # --8<-- [start:norms-parity]
    import torch
    from torch import nn

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    Z, dZ_out = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    gamma, beta = rng.normal(size=3), rng.normal(size=3)
    for axis, theirs in enumerate((nn.BatchNorm1d(3), nn.LayerNorm(3))):
        Z_hat, root = standardise(Z, axis)
        ours = {
            "output": gamma * Z_hat + beta,
            "dZ": standardise_backward(dZ_out * gamma, Z_hat, root, axis),
            "dgamma": (dZ_out * Z_hat).sum(axis=0),
            "dbeta": dZ_out.sum(axis=0),
        }
        theirs.double()
        theirs.weight.data, theirs.bias.data = torch.tensor(gamma), torch.tensor(beta)
        inputs = torch.tensor(Z, requires_grad=True)
        output = theirs(inputs)
        output.backward(torch.tensor(dZ_out))
        results = output.detach(), inputs.grad, theirs.weight.grad, theirs.bias.grad
        for (name, array), tensor in zip(ours.items(), results, strict=True):
            agree = np.abs(array - tensor.numpy()).max() < 1e-10
            print(f"{type(theirs).__name__:11} {name:6} agrees to 1e-10: {agree}")
            assert agree
    # --8<-- [end:norms-parity]

    # --8<-- [start:single-row]
    try:
        nn.BatchNorm1d(1)(torch.ones(1, 1))
    except ValueError as error:
        print(error)
    # --8<-- [end:single-row]

    # --8<-- [start:digits]
    from sklearn.datasets import load_digits

    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(pixels))
    pixels, digits = torch.from_numpy(pixels[order]), torch.from_numpy(digits[order])
    pixels = (pixels - pixels[:1000].mean()) / pixels[:1000].std()
    X_unseen, y_unseen = pixels[1000:], digits[1000:]
    # --8<-- [end:digits]

    # --8<-- [start:classifier]
    def classifier(n_hidden, width, extra, he_weights=False):
        """Return a network from 64 pixels to 10 logits; extra is before each ReLU."""
        layers, n_in = [], 64
        for _layer in range(n_hidden):
            linear = nn.Linear(n_in, width)
            if he_weights:
                nn.init.kaiming_uniform_(linear.weight, nonlinearity="relu")
                nn.init.zeros_(linear.bias)
            layers += [linear, extra(width), nn.ReLU()]
            n_in = width
        return nn.Sequential(*layers, nn.Linear(width, 10)).double()

    # --8<-- [end:classifier]

    # --8<-- [start:digits-training]
    def fit(model, optimizer, X, y, epochs, size):
        """Train on X (n, 64) and digits y (n,), in shuffled batches of `size` rows."""
        model.train()
        for _epoch in range(epochs):
            for rows in torch.randperm(len(X)).split(size):
                loss = nn.functional.cross_entropy(model(X[rows]), y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    def accuracy(model, X, y):
        """Return the share of the digits that the model names right."""
        model.eval()
        with torch.no_grad():
            return (model(X).argmax(dim=1) == y).double().mean().item()

    # --8<-- [end:digits-training]

    # --8<-- [start:deep-networks]
    def accuracies(n_hidden, extra, he_weights):
        """Return the accuracy on unseen digits after 32 steps, (5 seeds,)."""
        shares = []
        for seed in range(5):
            torch.manual_seed(seed)
            model = classifier(n_hidden, 32, extra, he_weights)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
            fit(model, optimizer, pixels[:400], digits[:400], epochs=4, size=50)
            shares.append(accuracy(model, X_unseen, y_unseen))
        return np.array(shares)

    print("hidden  weights  without   with  better")
    for n_hidden, he_weights in ((1, True), (1, False), (5, True), (5, False)):
        without = accuracies(n_hidden, nn.Identity, he_weights)
        normed = accuracies(n_hidden, nn.BatchNorm1d, he_weights)
        row = f"{without.mean():7.1%}  {normed.mean():.1%}"
        wins = np.sum(normed > without)
        name = "He" if he_weights else "default"
        print(f"{n_hidden:6}  {name:7}  {row}  {wins} of 5")
    # --8<-- [end:deep-networks]


# --8<-- [start:dropout]
def dropout(A, kept, p):
    """Return A (batch, n_out) / (1 - p) where kept is True, and 0 elsewhere."""
    return A * kept / (1 - p)


# --8<-- [end:dropout]

if __name__ == "__main__":
    # --8<-- [start:dropout-values]
    rng = np.random.default_rng(1)
    A, p = np.array([[3.0, 1.0, 4.0, 2.0]]), 0.5
    kept = rng.random(A.shape) >= p
    print("kept", kept)
    print("A   ", dropout(A, kept, p))
    print("dA  ", dropout(np.ones((1, 4)), kept, p))
    many = np.ones(100_000)
    print(f"mean of 100,000: {dropout(many, rng.random(100_000) >= p, p).mean():.2f}")
    # --8<-- [end:dropout-values]

    # --8<-- [start:dropout-check]
    torch.manual_seed(0)
    kept = nn.functional.dropout(torch.ones(6, 3, dtype=torch.float64), 0.5) > 0
    torch.manual_seed(0)  # the same draws once more
    inputs = torch.tensor(Z, requires_grad=True)
    output = nn.functional.dropout(inputs, 0.5)
    output.backward(torch.tensor(dZ_out))
    assert 0 < kept.sum() < 18
    ours = dropout(Z, kept.numpy(), 0.5), dropout(dZ_out, kept.numpy(), 0.5)
    for array, tensor in zip(ours, (output.detach(), inputs.grad), strict=True):
        assert np.abs(array - tensor.numpy()).max() < 1e-10
    # --8<-- [end:dropout-check]

    # --8<-- [start:dropout-module]
    class Dropout(nn.Module):
        """Set each activation to 0 with probability p, while training."""

        def __init__(self, p):
            super().__init__()
            self.p = p

        def forward(self, A):
            """Return A (batch, n_out), thinned out in training mode."""
            if not self.training:
                return A
            return dropout(A, torch.rand(A.shape) >= self.p, self.p)

    # --8<-- [end:dropout-module]

    # --8<-- [start:wrong-labels]
    def shares_right(seed, p, n_wrong):
        """Return the accuracy on 100 training digits and on the unseen ones."""
        torch.manual_seed(seed)
        rows = slice(100 * seed, 100 * seed + 100)
        X, y = pixels[rows], digits[rows].clone()
        y[:n_wrong] = (y[:n_wrong] + torch.randint(1, 10, (n_wrong,))) % 10
        model = classifier(2, 64, lambda _width: Dropout(p) if p else nn.Identity())
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        fit(model, optimizer, X, y, epochs=30, size=100)
        return accuracy(model, X, y), accuracy(model, X_unseen, y_unseen)

    print("wrong labels  dropout  training  unseen")
    for n_wrong in (0, 20):
        unseen = {}
        for p in (0.0, 0.5):
            runs = [shares_right(seed, p, n_wrong) for seed in range(5)]
            training, unseen[p] = np.array(runs).T
            row = f"{training.mean():8.1%}  {unseen[p].mean():6.1%}"
            print(f"{n_wrong:12}  {p:7}  {row}")
        gains = unseen[0.5] - unseen[0.0]
        span = f"{100 * gains.min():+.1f} to {100 * gains.max():+.1f}"
        print(f"{n_wrong:12}  gain {100 * gains.mean():+.1f} points, {span}")
    assert gains.min() > 0.03
    # --8<-- [end:wrong-labels]

    # --8<-- [start:bias-solution]
    X, W, b = rng.normal(size=(6, 4)), rng.normal(size=(4, 3)), np.ones(3)
    for axis, name in enumerate(("batch norm", "layer norm")):
        Z_hat, root = standardise(X @ W + b, axis)
        dZ = standardise_backward(dZ_out, Z_hat, root, axis)
        db = dZ.sum(axis=0)
        print(f"{name}: db is 0: {np.allclose(db, 0, atol=1e-12)}")
    # --8<-- [end:bias-solution]

    # --8<-- [start:dropout-solution]
    from snippets.chapters.gradient_descent import mae, scaled, split, unscaled
    from snippets.chapters.pytorch import make_model, torch_step

    X_train, X_test, y_train, y_test = split()
    X, y = scaled(X_train, X_train)[:800], scaled(y_train, y_train)[:800]
    X, y, X_new = map(torch.from_numpy, (X, y, scaled(X_test, X_train)))
    print("    p  test MAE of 5 seeds")
    for p in (0.0, 0.1, 0.5):
        errors = []
        for seed in range(5):
            torch.manual_seed(seed)
            layers = list(make_model())
            hidden = *layers[:2], Dropout(p), *layers[2:4], Dropout(p)
            model = nn.Sequential(*hidden, layers[4]).double()
            optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
            for _step in range(40):
                torch_step(model, optimizer, X, y)
            y_hat = model.eval()(X_new).detach().numpy()
            errors.append(mae(unscaled(y_hat, y_train), y_test))
        print(f"{p:5}  {min(errors):.2f} to {max(errors):.2f} min")
    assert min(errors) > 4
    # --8<-- [end:dropout-solution]
