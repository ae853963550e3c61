"""A backward pass with a mistake: the loss falls all the same."""


# --8<-- [start:wrong]
def back_through_relu_wrong(dZ, W):
    """Forget the slope of ReLU."""
    return dZ @ W.T


# --8<-- [end:wrong]


# --8<-- [start:right]
def back_through_relu(dZ, W, A):
    """Pass nothing where a unit is off."""
    return dZ @ W.T * (A > 0)


# --8<-- [end:right]


# --8<-- [start:prevention]
import numpy as np


def gradient_error(loss, theta, gradient, h=1e-5):
    """Return the relative error of a gradient; loss() must read theta anew."""
    measured = np.zeros_like(theta)
    for i in np.ndindex(theta.shape):
        kept = theta[i]
        theta[i] = kept + h
        up = loss()
        theta[i] = kept - h
        measured[i] = (up - loss()) / (2 * h)
        theta[i] = kept
    sizes = np.linalg.norm(gradient) + np.linalg.norm(measured)
    return np.linalg.norm(gradient - measured) / sizes


# --8<-- [end:prevention]


# --8<-- [start:imports]
import copy
from collections.abc import Callable

import matplotlib.pyplot as plt

from snippets.chapters.activation_functions import relu_derivative
from snippets.chapters.backpropagation import mse, relative_error
from snippets.chapters.gradient_descent import (
    NeuralNetwork,
    gradient_pairs,
    measured_gradient,
)
from snippets.errors.laboratory import Run, deliveries, relative_mse

Gradients = tuple[list[np.ndarray], list[np.ndarray]]

# --8<-- [end:imports]


# --8<-- [start:no-mask]
class NoMask(NeuralNetwork):
    """A network whose backward pass forgets the slope of ReLU."""

    def backward(self, y: np.ndarray) -> Gradients:
        """Go wrong: let every gradient through, also where a unit is off."""
        dW, db = [], []
        dZ = 2 * (self.A[-1] - y) / y.size
        for layer in reversed(range(len(self.W))):
            dW.insert(0, self.A[layer].T @ dZ)  # (n_in, n_out)
            db.insert(0, dZ.sum(axis=0, keepdims=True))  # (1, n_out)
            dZ = back_through_relu_wrong(dZ, self.W[layer])
        return dW, db


# --8<-- [end:no-mask]


# --8<-- [start:training]
def train(
    network: NeuralNetwork, seed: int, epochs: int = 40, surge: float = 0.0
) -> Run:
    """Train with the network's own backward pass (`fit` would use another)."""
    X, y, X_test, y_test = deliveries(seed, surge)
    run = Run(network, X, y, X_test=X_test, y_test=y_test)
    for _epoch in range(epochs):
        order = network.rng.permutation(len(X))
        for rows in np.split(order, 25):  # batches of 64
            network.forward(X[rows])
            dW, db = network.backward(y[rows])
            for parameter, gradient in zip(network.W + network.b, dW + db, strict=True):
                parameter -= network.learning_rate * gradient
        run.losses.append(mse(network.predict(X), y))
    return run


# --8<-- [end:training]


# --8<-- [start:scenarios]
def broken(seed: int = 0) -> Run:
    """Train with the wrong backward pass."""
    return train(NoMask([4, 16, 8, 1], learning_rate=0.02, seed=seed), seed)


def fixed(seed: int = 0) -> Run:
    """Train with the right one."""
    return train(NeuralNetwork([4, 16, 8, 1], learning_rate=0.02, seed=seed), seed)


# --8<-- [end:scenarios]


# --8<-- [start:score]
def rel(run: Run) -> float:
    """Return the test MSE over the variance of the test targets."""
    return relative_mse(run.model.predict(run.X_test), run.y_test)


# --8<-- [end:score]

if __name__ == "__main__":
    # --8<-- [start:symptom]
    bad = broken()
    for epoch in (1, 5, 10, 20, 40):
        print(f"epoch {epoch:2}: loss {bad.losses[epoch - 1]:.3f}")
    print(f"test MSE / variance: {rel(bad):.3f}")
    # --8<-- [end:symptom]

    # --8<-- [start:five-seeds]
    print("seed   no mask  correct")
    for seed in range(5):
        print(f"{seed:4}  {rel(broken(seed)):8.3f}  {rel(fixed(seed)):7.3f}")
    # --8<-- [end:five-seeds]


# --8<-- [start:bias-mean]
class BiasMean(NeuralNetwork):
    """A network whose bias gradients are means over the batch, not sums."""

    def backward(self, y: np.ndarray) -> Gradients:
        """Go wrong: divide by the batch size a second time."""
        dW, db = super().backward(y)
        return dW, [gradient / len(y) for gradient in db]


# --8<-- [end:bias-mean]

if __name__ == "__main__":
    # --8<-- [start:curves]
    good = fixed()
    biased = train(BiasMean([4, 16, 8, 1], learning_rate=0.02, seed=0), 0)
    styles = {"C0-": good, "C1--": bad, "C2:": biased}
    names = ("correct", "no mask", "bias mean")
    _fig, ax = plt.subplots()
    for (style, run), name in zip(styles.items(), names, strict=True):
        ax.plot(range(1, 41), run.losses, style, label=f"{name}, rel {rel(run):.3f}")
        print(f"{name:9}: rel {rel(run):.3f}")
    ax.set(xlabel="epoch", ylabel="training loss", yscale="log")
    ax.set_yticks([0.07, 0.1, 0.2], ["0.07", "0.1", "0.2"])
    ax.minorticks_off()
    ax.legend()
    plt.show()
    # --8<-- [end:curves]

    # --8<-- [start:cosines]
    def gradient_vector(network: NeuralNetwork) -> np.ndarray:
        """Return what the network's backward pass says of all rows, as one vector."""
        network.forward(good.X)
        dW, db = network.backward(good.y)
        return np.concatenate([array.ravel() for array in dW + db])

    right = gradient_vector(NeuralNetwork([4, 16, 8, 1], seed=0))
    for name, kind in (("no mask", NoMask), ("bias mean", BiasMean)):
        wrong = gradient_vector(kind([4, 16, 8, 1], seed=0))  # of the same weights
        cosine = right @ wrong / (np.linalg.norm(right) * np.linalg.norm(wrong))
        print(f"{name:9}: angle {np.degrees(np.arccos(cosine)):.0f}°")
    # --8<-- [end:cosines]


# --8<-- [start:check]
def check(network: NeuralNetwork, X: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Return the relative error of each gradient that `backward` gives."""
    return {
        name: relative_error(gradient, measured)
        for name, gradient, measured in gradient_pairs(network, X, y)
    }


# --8<-- [end:check]

if __name__ == "__main__":
    # --8<-- [start:checked]
    X, y = good.X[:8], good.y[:8]
    checks = [check(run.model, X, y) for run in (good, bad, biased)]
    print("        correct  no mask  bias mean")
    for name in checks[0]:
        cells = [e[name] for e in checks]
        shown = ["< 1e-8" if e < 1e-8 else f"{e:.3f}" for e in cells]
        print(f"{name:6}  {shown[0]:>7}  {shown[1]:>7}  {shown[2]:>9}")
    # --8<-- [end:checked]


# --8<-- [start:contract]
def fails(run: Run) -> bool:
    """Tell whether a gradient's relative error is above 1e-4, on 8 training rows."""
    return max(check(run.model, run.X[:8], run.y[:8]).values()) > 1e-4


# --8<-- [end:contract]

if __name__ == "__main__":
    # --8<-- [start:wrong-and-right]
    def first_gradient(back_through: Callable) -> np.ndarray:
        """Return dW of the first layer with this way back through each ReLU."""
        network = NeuralNetwork([4, 16, 8, 1], seed=0)
        dZ = 2 * (network.forward(X) - y) / y.size
        for layer in (2, 1):
            dZ = back_through(dZ, network.W[layer], network.A[layer])
        return X.T @ dZ

    network = NeuralNetwork([4, 16, 8, 1], seed=0)
    measured = measured_gradient(network, network.W, 0, X, y)
    assert relative_error(first_gradient(back_through_relu), measured) < 1e-8
    wrong = first_gradient(lambda dZ, W, _A: back_through_relu_wrong(dZ, W))
    assert relative_error(wrong, measured) > 0.1
    assert abs(relative_error(2 * measured, measured) - 1 / 3) < 1e-9
    # --8<-- [end:wrong-and-right]

    # --8<-- [start:guard]
    def largest_error(network: NeuralNetwork) -> float:
        """Return the largest error of a network's gradients on random rows."""
        rng = np.random.default_rng(0)
        X, y = rng.normal(size=(8, 4)), rng.normal(size=(8, 1))
        network.forward(X)
        dW, db = network.backward(y)
        pairs = zip(network.W + network.b, dW + db, strict=True)

        def loss() -> float:
            return mse(network.predict(X), y)

        return max(gradient_error(loss, theta, gradient) for theta, gradient in pairs)

    assert largest_error(NeuralNetwork([4, 16, 8, 1])) < 1e-7
    assert largest_error(NoMask([4, 16, 8, 1])) > 0.1
    assert largest_error(BiasMean([4, 16, 8, 1])) > 0.1
    # --8<-- [end:guard]

    # --8<-- [start:fixed-run]
    for name, run in (("no mask", bad), ("correct", good)):
        largest = max(check(run.model, X, y).values())
        shown = "< 1e-8" if largest < 1e-8 else f"{largest:.3f}"
        print(f"{name}: largest error {shown:>6}, rel {rel(run):.3f}")
    assert fails(bad)
    assert not fails(good)
    assert max(checks[0].values()) < 1e-8
    # --8<-- [end:fixed-run]


# --8<-- [start:one-direction]
def error_along(network: NeuralNetwork, X: np.ndarray, y: np.ndarray) -> float:
    """Return the largest relative error of `backward` along a direction per tensor."""
    rng = np.random.default_rng(0)
    network.forward(X)
    dW, db = network.backward(y)
    largest = 0.0
    for theta, gradient in zip(network.W + network.b, dW + db, strict=True):
        nudge = rng.choice([-1e-6, 1e-6], theta.shape)
        theta += nudge
        up = mse(network.predict(X), y)
        theta -= 2 * nudge
        down = mse(network.predict(X), y)
        theta += nudge
        ours, measured = np.sum(gradient * nudge), (up - down) / 2
        rounding = 1e-12 * (up + down)
        error = abs(ours - measured) / (abs(ours) + abs(measured) + rounding)
        largest = max(largest, float(error))
    return largest


# --8<-- [end:one-direction]

if __name__ == "__main__":
    # --8<-- [start:doctor]
    for name, run in (("no mask", bad), ("bias mean", biased), ("correct", good)):
        error = error_along(copy.deepcopy(run.model), run.X[:8], run.y[:8])
        print(f"{name:9}: {error:.2f}")
    # --8<-- [end:doctor]

    # --8<-- [start:alternatives]
    print("                       no mask  correct")
    for name, learning_rate, epochs, surge in (
        ("40 epochs, lr 0.02", 0.02, 40, 0.0),
        ("100 epochs, lr 0.02", 0.02, 100, 0.0),
        ("100 epochs, lr 0.005", 0.005, 100, 0.0),
        ("surge, lr 0.05", 0.05, 40, 1.5),
    ):
        pair = [kind([4, 16, 8, 1], learning_rate) for kind in (NoMask, NeuralNetwork)]
        rels = [rel(train(network, 0, epochs, surge)) for network in pair]
        print(f"{name:21}  {rels[0]:7.3f}  {rels[1]:7.3f}")
    # --8<-- [end:alternatives]

    # --8<-- [start:early-update]
    class EarlyUpdate(NeuralNetwork):
        """A network that moves each W before it passes the gradient on."""

        def backward(self, y: np.ndarray) -> Gradients:
            """Go wrong: pass dZ back through weights that forward never used."""
            dW, db = [], []
            dZ = 2 * (self.A[-1] - y) / y.size
            for layer in reversed(range(len(self.W))):
                dW.insert(0, self.A[layer].T @ dZ)
                db.insert(0, dZ.sum(axis=0, keepdims=True))
                moved = self.W[layer] - self.learning_rate * dW[0]
                if layer > 0:
                    dZ = dZ @ moved.T * relu_derivative(self.A[layer])
            return dW, db

    early = train(EarlyUpdate([4, 16, 8, 1], learning_rate=0.02, seed=0), 0)
    print(f"rel {rel(early):.3f}, correct {rel(good):.3f}")
    for name, error in check(early.model, X, y).items():
        print(f"{name}: {'< 1e-8' if error < 1e-8 else f'{error:.3f}'}")
    # --8<-- [end:early-update]

    # --8<-- [start:second-opinion]
    import torch

    network = NeuralNetwork([4, 16, 8, 1], seed=0)
    A, target = torch.tensor(X), torch.tensor(y)
    theta = [torch.tensor(a, requires_grad=True) for a in network.W + network.b]
    for W, b in zip(theta[:3], theta[3:], strict=True):
        Z = A @ W + b  # (batch, n_out)
        A = Z.relu()
    ((Z - target) ** 2).mean().backward()

    for kind in (NeuralNetwork, NoMask):
        network = kind([4, 16, 8, 1], seed=0)
        network.forward(X)
        dW, db = network.backward(y)
        pairs = zip(dW + db, theta, strict=True)
        largest = max(relative_error(ours, t.grad.numpy()) for ours, t in pairs)
        print(f"{kind.__name__}: equal {largest < 1e-8}")
    # --8<-- [end:second-opinion]
