"""Beyond plain gradient descent: momentum, Adam, schedules, batch norm, dropout."""

# --8<-- [start:imports]
from collections.abc import Callable
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR

from snippets.chapters.backpropagation import mse, relative_error
from snippets.chapters.derivatives import numerical_gradient
from snippets.chapters.gradient_descent import NeuralNetwork, mae, scaled, unscaled
from snippets.chapters.pytorch import load_weights, make_model, torch_step
from snippets.delivery import expected_minutes, make_deliveries

# --8<-- [end:imports]


# --8<-- [start:sgd-and-momentum]
def sgd(gradient: np.ndarray, _state: dict) -> np.ndarray:
    """Return the direction of a plain step: the gradient itself."""
    return gradient


def momentum(gradient: np.ndarray, state: dict, beta: float = 0.9) -> np.ndarray:
    """Return the velocity: the gradient plus beta times the velocity before."""
    state["v"] = beta * state.get("v", 0.0) + gradient
    return state["v"]


# --8<-- [end:sgd-and-momentum]


# --8<-- [start:adam]
def adam(
    gradient: np.ndarray,
    state: dict,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-8,
) -> np.ndarray:
    """Return the mean gradient in units of its usual size (Kingma & Ba, 2015)."""
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta_1 * state.get("m", 0.0) + (1 - beta_1) * gradient
    s = state["s"] = beta_2 * state.get("s", 0.0) + (1 - beta_2) * gradient**2
    m_hat = m / (1 - beta_1**t)
    s_hat = s / (1 - beta_2**t)
    return m_hat / (np.sqrt(s_hat) + epsilon)


# --8<-- [end:adam]

if __name__ == "__main__":
    # --8<-- [start:valley]
    steepness = np.array([1.0, 100.0])
    assert np.allclose(0.019 * steepness * [10, 1], [0.19, 1.9])
    print("rule       rate  step      θ₀      θ₁        f")
    for rule, learning_rate in {sgd: 0.019, momentum: 0.019, adam: 0.5}.items():
        theta, state = np.array([10.0, 1.0]), {}
        for step in range(1, 101):
            theta -= learning_rate * rule(steepness * theta, state)
            f = np.sum(steepness * theta**2) / 2
            if step in (1, 10, 100):
                row = f"{step:4}  {theta[0]:6.3f}  {theta[1]:6.3f}  {f:7.3f}"
                print(f"{rule.__name__:8}  {learning_rate:5}  {row}")
    # --8<-- [end:valley]


# --8<-- [start:step]
Rule = Callable[[np.ndarray, dict], np.ndarray]


def take_step(
    network: NeuralNetwork, rule: Rule, states: list[dict], X: np.ndarray, y: np.ndarray
) -> None:
    """Take one step on X (batch, n_in), y (batch, n_out); a state per parameter."""
    network.forward(X)
    dW, db = network.backward(y)
    triples = zip(network.W + network.b, dW + db, states, strict=True)
    for parameter, gradient, state in triples:
        parameter -= network.learning_rate * rule(gradient, state)


# --8<-- [end:step]

if __name__ == "__main__":
    # --8<-- [start:deliveries]
    torch.set_num_threads(1)

    X, y = make_deliveries()
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.2, random_state=42
    )
    X, y = scaled(X_train, X_train), scaled(y_train, y_train)
    # --8<-- [end:deliveries]

    # --8<-- [start:parity]
    methods = {sgd: (SGD, {}), momentum: (SGD, {"momentum": 0.9}), adam: (Adam, {})}
    for rule, (method, options) in methods.items():
        network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
        model, states = make_model().double(), [{} for _parameter in range(6)]
        load_weights(model, network.W, network.b)
        optimizer = method(model.parameters(), lr=0.005, **options)
        for X_batch, y_batch in zip(np.split(X, 25), np.split(y, 25), strict=True):
            take_step(network, rule, states, X_batch, y_batch)
            batch = torch.from_numpy(X_batch), torch.from_numpy(y_batch)
            torch_step(model, optimizer, *batch)

        weights = [layer.weight.detach().numpy().T for layer in model[::2]]
        biases = [layer.bias.detach().numpy() for layer in model[::2]]
        pairs = zip(network.W + network.b, weights + biases, strict=True)
        gap = max(np.abs(ours - theirs).max() for ours, theirs in pairs)
        count = sum(parameter.size for parameter in network.W + network.b)
        print(f"{rule.__name__:8} {count} parameters agree to 1e-10: {gap < 1e-10}")
        assert gap < 1e-10
    # --8<-- [end:parity]


# --8<-- [start:training]
def constant(_progress: float) -> float:
    """Return the share of the learning rate that is used: all of it."""
    return 1.0


def train(
    network: NeuralNetwork,
    rule: Rule,
    X: np.ndarray,
    y: np.ndarray,
    schedule: Callable[[float], float] = constant,
) -> list[float]:
    """Train for 8 epochs in batches of 64; return the mse after each epoch."""
    states = [{} for _parameter in network.W + network.b]
    peak, losses = network.learning_rate, []
    for epoch in range(8):
        network.learning_rate = peak * schedule(epoch / 8)
        for rows in np.split(network.rng.permutation(len(X)), range(64, len(X), 64)):
            take_step(network, rule, states, X[rows], y[rows])
        losses.append(mse(network.predict(X), y))
    return losses


# --8<-- [end:training]

if __name__ == "__main__":
    # --8<-- [start:rate-scan]
    def five_networks(rate: float) -> list[NeuralNetwork]:
        """Return the network of the course five times, with seeds 0 to 4."""
        return [NeuralNetwork([4, 16, 8, 1], rate, seed) for seed in range(5)]

    rates, curves, networks = (0.005, 0.08, 0.32), {}, {}
    print("learning rate", *(f"{rate:6}" for rate in rates))
    for rule in (sgd, momentum, adam):
        for rate in rates:
            networks[rule, rate] = five_networks(rate)
            losses = [train(network, rule, X, y) for network in networks[rule, rate]]
            curves[rule, rate] = np.array(losses)  # (5 seeds, 8 epochs)
        worst = [curves[rule, rate][:, -1].max() for rate in rates]
        print(f"{rule.__name__:13}", *(f"{loss:6.3f}" for loss in worst))
        assert worst[1] < 0.1 < 0.9 < worst[2]
    # --8<-- [end:rate-scan]

    # --8<-- [start:loss-curves]
    _fig, ax = plt.subplots()
    runs = {
        "SGD, 0.005": (sgd, 0.005, "C0-"),
        "SGD, 0.08": (sgd, 0.08, "C0--"),
        "momentum, 0.005": (momentum, 0.005, "C1-."),
        "Adam, 0.005": (adam, 0.005, "C2:"),
    }
    for name, (rule, rate, style) in runs.items():
        ax.plot(range(1, 9), curves[rule, rate].mean(axis=0), style, label=name)
    ax.set(xlabel="epoch", ylabel="loss, mean of 5 seeds", yscale="log")
    ax.set_yticks([0.07, 0.1, 0.2, 0.5], ["0.07", "0.1", "0.2", "0.5"])
    ax.minorticks_off()
    ax.legend()
    plt.show()
    # --8<-- [end:loss-curves]

    # --8<-- [start:unscaled-column]
    X_mixed = X.copy()
    X_mixed[:, 0] = X_train[:, 0] / 100  # hundreds of km

    rest = X[:, 1:] @ np.linalg.lstsq(X[:, 1:], y)[0]
    print(f"least squares without the distance: loss {mse(rest, y):.3f}")
    runs = [(sgd, 0.02), (sgd, 0.08), (sgd, 0.16), (momentum, 0.08), (adam, 0.08)]
    for rule, rate in runs:
        losses = [train(each, rule, X_mixed, y)[-1] for each in five_networks(rate)]
        span = f"{min(losses):.3f} to {max(losses):.3f}"
        print(f"{rule.__name__:8}  {rate:.2f}  {span}")
        assert (max(losses) < 0.2) == (rule is adam)
    # --8<-- [end:unscaled-column]


# --8<-- [start:cosine]
def cosine(progress: float) -> float:
    """Return the share of the learning rate after a share of the epochs."""
    return float((1 + np.cos(np.pi * progress)) / 2)


# --8<-- [end:cosine]

if __name__ == "__main__":
    # --8<-- [start:cosine-values]
    optimizer = SGD([torch.zeros(1)], lr=0.08)
    scheduler = CosineAnnealingLR(optimizer, T_max=8)
    for epoch in range(8):
        rate = 0.08 * cosine(epoch / 8)
        assert np.isclose(scheduler.get_last_lr()[0], rate, rtol=1e-12, atol=0)
        print(f"epoch {epoch + 1}: learning rate {rate:.4f}")
        optimizer.step()
        scheduler.step()
    assert np.isclose(sum(0.08 * cosine(epoch / 8) for epoch in range(8)), 0.36)
    assert np.isclose(8 * 0.08, 0.64)
    # --8<-- [end:cosine-values]

    # --8<-- [start:schedules]
    def off_the_rule(network: NeuralNetwork) -> float:
        """Return the mean distance to the rule on the test rows, in minutes."""
        y_hat = unscaled(network.predict(scaled(X_test, X_train)), y_train)
        return mae(y_hat, expected_minutes(X_test))

    print("Adam   constant  cosine  better")
    for rate in (0.005, 0.08):
        five = five_networks(rate)
        losses = [train(network, adam, X, y, cosine) for network in five]
        curves[cosine, rate] = np.array(losses)
        before = np.array([off_the_rule(each) for each in networks[adam, rate]])
        after = np.array([off_the_rule(each) for each in five])
        wins = np.sum(after < before)
        print(f"{rate:5}  {before.mean():8.2f}  {after.mean():6.2f}  {wins} of 5")
        assert wins == (5 if rate == 0.08 else 0)
    # --8<-- [end:schedules]

    # --8<-- [start:schedule-curves]
    _fig, ax = plt.subplots()
    epochs = range(1, 9)
    ax.plot(epochs, curves[adam, 0.08].mean(axis=0), "C0-", label="constant, 0.08")
    ax.plot(epochs, curves[cosine, 0.08].mean(axis=0), "C1--", label="cosine, 0.08")
    ax.set(xlabel="epoch", ylabel="loss, mean of 5 seeds", ylim=(0.05, 0.12))
    ax.legend()
    plt.show()
    # --8<-- [end:schedule-curves]


# --8<-- [start:batch-norm]
def batch_norm(
    Z: np.ndarray, gamma: np.ndarray, beta: np.ndarray, epsilon: float = 1e-5
) -> np.ndarray:
    """Return Z (batch, n_out) standardised by column, times gamma, plus beta.

    Raises ValueError for a batch of one row, which has no spread.
    """
    if len(Z) < 2:
        raise ValueError(f"Z has shape {Z.shape}, expected at least 2 rows")
    Z_hat = (Z - Z.mean(axis=0)) / np.sqrt(Z.var(axis=0) + epsilon)
    return gamma * Z_hat + beta


# --8<-- [end:batch-norm]

if __name__ == "__main__":
    # --8<-- [start:batch-norm-values]
    z = np.array([[1.0], [2.0], [3.0], [6.0]])
    assert (z.mean(), z.var()) == (3, 3.5)
    print(batch_norm(z, np.ones(1), np.zeros(1)).ravel().round(2))

    layer = nn.BatchNorm1d(1, dtype=torch.float64)
    ours = batch_norm(z, np.ones(1), np.zeros(1))
    assert np.abs(ours - layer(torch.from_numpy(z)).detach().numpy()).max() < 1e-10
    # --8<-- [end:batch-norm-values]

    # --8<-- [start:two-modes]
    rows = torch.from_numpy(z)
    for name, switch in {"train": layer.train, "eval": layer.eval}.items():
        switch()
        of_two, of_four = layer(rows[:2])[0].item(), layer(rows)[0].item()
        print(f"{name:5} first row of two {of_two:5.2f}, of four {of_four:5.2f}")

    layer.train()
    try:
        layer(rows[:1])
    except ValueError as error:
        print(error)
    # --8<-- [end:two-modes]

    # --8<-- [start:digits]
    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(pixels))
    pixels = torch.from_numpy(pixels[order])
    digits = torch.from_numpy(digits[order])

    pixels = (pixels - pixels[:1000].mean()) / pixels[:1000].std()
    X_unseen, y_unseen = pixels[1000:], digits[1000:]
    print("training", tuple(pixels[:1000].shape), "unseen", tuple(X_unseen.shape))
    # --8<-- [end:digits]


# --8<-- [start:classifier]
def classifier(
    n_hidden: int, width: int, extra: Callable[[int], nn.Module], he: bool = False
) -> nn.Sequential:
    """Return a network from 64 pixels to 10 logits, float64; extra is before ReLU."""
    layers = []
    for n_in, n_out in pairwise([64] + n_hidden * [width]):
        linear = nn.Linear(n_in, n_out)
        if he:
            nn.init.kaiming_uniform_(linear.weight, nonlinearity="relu")
            nn.init.zeros_(linear.bias)
        layers += [linear, extra(n_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, 10)).double()


# --8<-- [end:classifier]


# --8<-- [start:digits-training]
def fit(
    model: nn.Module,
    optimizer: Optimizer,
    X: Tensor,
    y: Tensor,
    epochs: int,
    size: int,
) -> None:
    """Train on X (n, 64) and digits y (n,), in shuffled batches of `size` rows."""
    model.train()
    for _epoch in range(epochs):
        for rows in torch.randperm(len(X)).split(size):
            loss = nn.functional.cross_entropy(model(X[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


# --8<-- [end:digits-training]


# --8<-- [start:accuracy]
def accuracy(model: nn.Module, X: Tensor, y: Tensor) -> float:
    """Return the share of the digits that the model names right."""
    model.eval()
    with torch.no_grad():
        return (model(X).argmax(dim=1) == y).double().mean().item()


# --8<-- [end:accuracy]

if __name__ == "__main__":
    # --8<-- [start:deep-networks]
    def accuracies(n_hidden: int, extra: Callable, he: bool) -> np.ndarray:
        """Return the accuracy on unseen digits after 32 steps, (5 seeds,)."""
        shares = []
        for seed in range(5):
            torch.manual_seed(seed)
            model = classifier(n_hidden, 32, extra, he)
            optimizer = SGD(model.parameters(), lr=0.2)
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
    """Set each activation to 0 with probability p; training only.

    The others are divided by 1 − p, so that the mean stays (Srivastava et al., 2014).
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p is {p}, expected 0 ≤ p < 1")
        self.p = p

    def forward(self, A: Tensor) -> Tensor:
        """Return A (batch, n_out), thinned out in training mode."""
        if not self.training:
            return A
        kept = torch.rand(A.shape) >= self.p
        return A * kept / (1 - self.p)


# --8<-- [end:dropout]

if __name__ == "__main__":
    # --8<-- [start:dropout-values]
    torch.manual_seed(0)
    dropout = Dropout(0.5)
    print("train:", dropout(torch.ones(8)).tolist())
    print(f"mean of 100,000: {dropout(torch.ones(100_000)).mean():.2f}")
    print("eval: ", dropout.eval()(torch.ones(8)).tolist())

    theirs = nn.Dropout(0.5)(torch.ones(100_000))
    assert set(theirs.tolist()) == {0.0, 2.0}
    # --8<-- [end:dropout-values]

    # --8<-- [start:small-sets]
    def thinned(_width: int) -> Dropout:
        """Return what classifier puts before each ReLU."""
        return Dropout(0.5)

    def shares_right(seed: int, extra: Callable, n_wrong: int) -> tuple[float, float]:
        """Return the accuracy on 100 training digits and on the unseen ones."""
        torch.manual_seed(seed)
        rows = slice(100 * seed, 100 * seed + 100)
        X, y = pixels[rows], digits[rows].clone()
        y[:n_wrong] = (y[:n_wrong] + torch.randint(1, 10, (n_wrong,))) % 10
        model = classifier(2, 64, extra)
        fit(model, Adam(model.parameters(), lr=0.02), X, y, epochs=30, size=100)
        return accuracy(model, X, y), accuracy(model, X_unseen, y_unseen)

    # --8<-- [end:small-sets]

    # --8<-- [start:wrong-labels]
    print("wrong labels  dropout  training  unseen")
    for n_wrong in (0, 20):
        unseen = {}
        for name, extra in {"none": nn.Identity, "0.5": thinned}.items():
            runs = [shares_right(seed, extra, n_wrong) for seed in range(5)]
            training, unseen[name] = np.array(runs).T
            row = f"{training.mean():8.1%}  {unseen[name].mean():6.1%}"
            print(f"{n_wrong:12}  {name:7}  {row}")
        gains = unseen["0.5"] - unseen["none"]
        span = f"{100 * gains.min():+.1f} to {100 * gains.max():+.1f}"
        print(f"{n_wrong:12}  gain {100 * gains.mean():+.1f} points, {span}")
    assert gains.min() > 0.03
    # --8<-- [end:wrong-labels]

    # --8<-- [start:uncorrected-solution]
    def uncorrected(gradient: np.ndarray, state: dict) -> np.ndarray:
        """Return what Adam would without its two corrections."""
        m = state["m"] = 0.9 * state.get("m", 0.0) + 0.1 * gradient
        s = state["s"] = 0.999 * state.get("s", 0.0) + 0.001 * gradient**2
        return m / (np.sqrt(s) + 1e-8)

    shown = (1, 10, 100, 1000)
    print("step       ", *(f"{step:5}" for step in shown))
    for rule in (adam, uncorrected):
        state = {}
        lengths = [rule(np.array([10.0]), state)[0] for _step in range(1000)]
        print(f"{rule.__name__:11}", *(f"{lengths[step - 1]:5.2f}" for step in shown))
    # --8<-- [end:uncorrected-solution]

    # --8<-- [start:batch-norm-solution]
    def batch_norm_backward(
        dZ_out: np.ndarray, Z: np.ndarray, gamma: np.ndarray, epsilon: float = 1e-5
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return dZ, dgamma and dbeta; dZ_out and Z are (batch, n_out)."""
        std = np.sqrt(Z.var(axis=0) + epsilon)
        Z_hat = (Z - Z.mean(axis=0)) / std
        dgamma, dbeta = (dZ_out * Z_hat).sum(axis=0), dZ_out.sum(axis=0)
        dZ = gamma / std * (dZ_out - (dbeta + Z_hat * dgamma) / len(Z))
        return dZ, dgamma, dbeta

    # --8<-- [end:batch-norm-solution]

    # --8<-- [start:batch-norm-check]
    rng = np.random.default_rng(0)
    Z, G = rng.normal(size=(2, 6, 3))
    gamma, beta = rng.normal(size=(2, 3))
    measured = (
        numerical_gradient(lambda Z: np.sum(G * batch_norm(Z, gamma, beta)), Z),
        numerical_gradient(lambda g: np.sum(G * batch_norm(Z, g, beta)), gamma),
        numerical_gradient(lambda b: np.sum(G * batch_norm(Z, gamma, b)), beta),
    )
    ours = batch_norm_backward(G, Z, gamma)
    for name, a, b in zip(("dZ", "dgamma", "dbeta"), ours, measured, strict=True):
        print(f"{name:6} {a.shape}, error < 1e-8: {relative_error(a, b) < 1e-8}")
        assert relative_error(a, b) < 1e-8
    # --8<-- [end:batch-norm-check]

    # --8<-- [start:dropout-solution]
    tensors = [torch.from_numpy(a) for a in (X[:800], y[:800], scaled(X_test, X_train))]
    print("    p  test MAE of 5 seeds")
    for p in (0.0, 0.1, 0.5):
        errors = []
        for seed in range(5):
            torch.manual_seed(seed)
            layers = list(make_model())
            hidden = *layers[:2], Dropout(p), *layers[2:4], Dropout(p)
            model = nn.Sequential(*hidden, layers[4]).double()
            optimizer = Adam(model.parameters(), lr=0.05)
            for _step in range(40):
                torch_step(model, optimizer, *tensors[:2])
            y_hat = model.eval()(tensors[2]).detach().numpy()
            errors.append(mae(unscaled(y_hat, y_train), y_test))
        print(f"{p:5}  {min(errors):.2f} to {max(errors):.2f} min")
    assert min(errors) > 4
    # --8<-- [end:dropout-solution]
