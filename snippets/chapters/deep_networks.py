"""Deep networks: batch normalisation and dropout, where they help and where not."""

# --8<-- [start:batch-norm]
import numpy as np


def batch_norm(Z, gamma, beta, epsilon=1e-5):
    """Return Z (batch, n_out) standardised by column, times gamma, plus beta."""
    Z_hat = (Z - Z.mean(axis=0)) / np.sqrt(Z.var(axis=0) + epsilon)
    return gamma * Z_hat + beta


# --8<-- [end:batch-norm]

if __name__ == "__main__":
    # --8<-- [start:batch-norm-values]
    z = np.array([[1.0], [2.0], [3.0], [6.0]])
    print("mean", z.mean(), "variance", z.var())
    print(batch_norm(z, gamma=1, beta=0).ravel().round(2))
    # --8<-- [end:batch-norm-values]

    # --8<-- [start:two-modes]
    import torch
    from torch import nn

    torch.set_num_threads(1)
    layer = nn.BatchNorm1d(1, dtype=torch.float64)
    rows = torch.from_numpy(z)
    for mode in (True, False):
        layer.train(mode)  # False is what eval() does
        of_two, of_four = layer(rows[:2])[0].item(), layer(rows)[0].item()
        name = "train" if mode else "eval"
        print(f"{name:5} in two rows {of_two:5.2f}, in four {of_four:5.2f}")
    # --8<-- [end:two-modes]

    # --8<-- [start:batch-norm-check]
    layer = nn.BatchNorm1d(1, dtype=torch.float64)
    gap = np.abs(batch_norm(z, 1, 0) - layer(rows).detach().numpy()).max()
    assert gap < 1e-10
    # --8<-- [end:batch-norm-check]

    # --8<-- [start:single-row]
    try:
        layer(rows[:1])
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
    def classifier(n_hidden, width, extra, he=False):
        """Return a network from 64 pixels to 10 logits; extra is before each ReLU."""
        layers, n_in = [], 64
        for _layer in range(n_hidden):
            linear = nn.Linear(n_in, width)
            if he:
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
    def accuracies(n_hidden, extra, he):
        """Return the accuracy on unseen digits after 32 steps, (5 seeds,)."""
        shares = []
        for seed in range(5):
            torch.manual_seed(seed)
            model = classifier(n_hidden, 32, extra, he)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
            fit(model, optimizer, pixels[:400], digits[:400], epochs=4, size=50)
            shares.append(accuracy(model, X_unseen, y_unseen))
        return np.array(shares)

    print("hidden  weights  without   with  better")
    for n_hidden, he in ((1, True), (1, False), (5, True), (5, False)):
        without = accuracies(n_hidden, nn.Identity, he)
        normed = accuracies(n_hidden, nn.BatchNorm1d, he)
        row = f"{without.mean():7.1%}  {normed.mean():.1%}"
        wins = np.sum(normed > without)
        print(f"{n_hidden:6}  {'He' if he else 'default':7}  {row}  {wins} of 5")
    # --8<-- [end:deep-networks]

    # --8<-- [start:dropout]
    class Dropout(nn.Module):
        """Set each activation to 0 with probability p, while training."""

        def __init__(self, p):
            super().__init__()
            self.p = p

        def forward(self, A):
            """Return A (batch, n_out), thinned out in training mode."""
            if not self.training:
                return A
            kept = torch.rand(A.shape) >= self.p
            return A * kept / (1 - self.p)

    # --8<-- [end:dropout]

    # --8<-- [start:dropout-values]
    torch.manual_seed(0)
    dropout = Dropout(0.5)
    print("train:", dropout(torch.ones(8)).tolist())
    print(f"mean of 100,000: {dropout(torch.ones(100_000)).mean():.2f}")
    print("eval: ", dropout.eval()(torch.ones(8)).tolist())
    # --8<-- [end:dropout-values]

    # --8<-- [start:dropout-check]
    theirs = nn.Dropout(0.5)(torch.ones(100_000))
    assert set(theirs.tolist()) == {0.0, 2.0}
    # --8<-- [end:dropout-check]

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

    # --8<-- [start:batch-norm-solution]
    from snippets.chapters.derivatives import numerical_gradient

    rng = np.random.default_rng(0)
    Z, G = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    gamma, beta = rng.normal(size=3), rng.normal(size=3)

    std = np.sqrt(Z.var(axis=0) + 1e-5)
    Z_hat = (Z - Z.mean(axis=0)) / std
    dgamma, dbeta = (G * Z_hat).sum(axis=0), G.sum(axis=0)
    dZ = gamma / std * (G - (dbeta + Z_hat * dgamma) / len(Z))
    checks = {
        "dgamma": (dgamma, lambda g: np.sum(G * batch_norm(Z, g, beta)), gamma),
        "dbeta": (dbeta, lambda b: np.sum(G * batch_norm(Z, gamma, b)), beta),
        "dZ": (dZ, lambda z: np.sum(G * batch_norm(z, gamma, beta)), Z),
    }
    for name, (formula, loss, at) in checks.items():
        gap = np.abs(formula - numerical_gradient(loss, at)).max()
        print(f"{name:6} {formula.shape!s:7} within 1e-8: {gap < 1e-8}")
        assert gap < 1e-8
    # --8<-- [end:batch-norm-solution]

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
