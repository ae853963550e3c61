"""The logarithm of zero: a sigmoid rounds to 0 or 1, and the loss becomes NaN."""

# --8<-- [start:wrong]
import numpy as np


def wrong(Z, y):
    """Take the log of a sigmoid."""
    p = 1 / (1 + np.exp(-Z))
    yes = y * np.log(p)
    no = (1 - y) * np.log(1 - p)
    return -(yes + no).mean()


# --8<-- [end:wrong]


# --8<-- [start:right]
def right(Z, y):
    """Take the logits themselves."""
    return (np.logaddexp(0, Z) - y * Z).mean()


# --8<-- [end:right]


# --8<-- [start:data]
from collections.abc import Callable

import matplotlib.pyplot as plt

from snippets.chapters.gradient_descent import NeuralNetwork, forward
from snippets.deeper.stable_forms import stable_sigmoid as sigmoid
from snippets.errors.laboratory import Data, Run, deliveries, raw_deliveries


def yes_or_no(data: Data) -> Data:
    """Return the data with y = 1 for slower than the mean of the rows, else 0."""
    y, y_test = (np.where(y > 0, 1.0, 0.0) for y in (data.y, data.y_test))
    return data._replace(y=y, y_test=y_test)


# --8<-- [end:data]


# --8<-- [start:formula]
def formula_bce(Z: np.ndarray, y: np.ndarray) -> float:
    """Return the binary cross-entropy of logits Z (n, 1), typed as the formula."""
    p = sigmoid(Z)
    return float(np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p)))


# --8<-- [end:formula]


# --8<-- [start:training]
def fit(seed: int, data: Data, loss: Callable, steps: int = 200) -> Run:
    """Train one neuron on all rows; its ∂loss/∂Z is (p − y) / n."""
    model, losses = NeuralNetwork([4, 1], learning_rate=0.5, seed=seed), []
    for _step in range(steps):
        Z = forward(data.X, model.W, model.b)[-1]  # (n, 1)
        losses.append(loss(Z, data.y))
        dZ = (sigmoid(Z) - data.y) / len(Z)
        model.W[0] -= model.learning_rate * data.X.T @ dZ
        model.b[0] -= model.learning_rate * dZ.sum(axis=0, keepdims=True)
    tests = {"X_test": data.X_test, "y_test": data.y_test}
    return Run(model, data.X, data.y, losses, loss=loss, **tests)


# --8<-- [end:training]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Train on raw X, with the loss as the formula says it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return fit(seed, yes_or_no(raw_deliveries(seed)), formula_bce)


# --8<-- [end:broken]


if __name__ == "__main__":
    # --8<-- [start:reproduction]
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(0, yes_or_no(raw_deliveries()), formula_bce, steps=1)
    print(*(warning.message for warning in caught), sep="\n")

    bad = broken()
    print("losses:", bad.losses[:3])
    assert np.isnan(bad.losses[:2]).all()
    # --8<-- [end:reproduction]

    # --8<-- [start:claim]
    Z, y = np.array([100.0, 2.0]), np.array([1.0, 0.0])  # the first is sure and right
    with np.errstate(divide="ignore", invalid="ignore"):
        assert np.isnan(wrong(Z, y))
    assert np.isclose(right(Z, y), np.log1p(np.exp(2.0)) / 2)
    assert np.isclose(right(Z[1:], y[1:]), wrong(Z[1:], y[1:]))
    # --8<-- [end:claim]

    # --8<-- [start:rounding]
    print("   z       1 − p      loss, y = 0")
    for z in (10.0, 30.0, 36.0, 37.0, -700.0, -746.0):
        p = sigmoid(np.array([[z]]))
        with np.errstate(divide="ignore", invalid="ignore"):
            loss = formula_bce(np.array([[z]]), np.zeros((1, 1)))
        print(f"{z:5.0f}  {1 - p[0, 0]:10.1e}   {loss:12.5g}   p == 0: {p[0, 0] == 0}")
    with np.errstate(invalid="ignore"):
        print("0 · log(0) =", 0 * np.float64(-np.inf))
    # --8<-- [end:rounding]


# --8<-- [start:stable]
def stable_bce(Z: np.ndarray, y: np.ndarray) -> float:
    """Return the binary cross-entropy of logits Z (n, 1), finite for finite Z."""
    return float(np.mean(np.logaddexp(0, Z) - y * Z))


# --8<-- [end:stable]


if __name__ == "__main__":
    # --8<-- [start:curves]
    z = np.linspace(33, 40, 701)
    with np.errstate(divide="ignore"):
        typed = np.array([formula_bce(np.array([[x]]), np.zeros((1, 1))) for x in z])
    last = np.flatnonzero(np.isfinite(typed))[-1]
    assert 36 < z[last] < 37

    _fig, ax = plt.subplots()
    ax.plot(z, np.logaddexp(0, z), "--", color="C0", label="logaddexp(0, z)")
    ax.plot(z[: last + 1], typed[: last + 1], color="C1", label="−log(1 − p)")
    ax.plot(z[last], typed[last], "X", color="C1", markersize=9)
    note = {"xytext": (0, -22), "textcoords": "offset points", "color": "C1"}
    ax.annotate("infinite from here on", (z[last], typed[last]), **note)
    ax.set(xlabel="logit z", ylabel="loss for y = 0")
    ax.legend()
    plt.show()
    # --8<-- [end:curves]


# --8<-- [start:saturation]
def saturation(run: Run) -> str:
    """Say how many probabilities are exactly 0 or 1, and whether the weights live."""
    p = sigmoid(forward(run.X, run.model.W, run.model.b)[-1])
    exact = f"p = 0: {np.sum(p == 0)}, p = 1: {np.sum(p == 1)} of {p.size} rows"
    finite = all(np.isfinite(weights).all() for weights in run.model.W + run.model.b)
    return f"{exact}; weights finite: {finite}"


# --8<-- [end:saturation]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Train on standardised X, with the loss of the logits."""
    return fit(seed, yes_or_no(deliveries(seed)), stable_bce)


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:measurement]
    good = fixed()
    print("broken:", saturation(bad))
    print("fixed: ", saturation(good))
    # --8<-- [end:measurement]


# --8<-- [start:score]
def score(run: Run) -> tuple[float, float]:
    """Return the loss, computed without log(0), and the accuracy on test rows."""
    Z = forward(run.X_test, run.model.W, run.model.b)[-1]
    return stable_bce(Z, run.y_test), float(np.mean((Z > 0) == (run.y_test == 1)))


def clipped_bce(Z: np.ndarray, y: np.ndarray) -> float:
    """Return the binary cross-entropy with p kept 1e-12 away from 0 and 1."""
    p = np.clip(sigmoid(Z), 1e-12, 1 - 1e-12)
    return float(np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p)))


# --8<-- [end:score]


# --8<-- [start:contract]
def fails(run: Run) -> bool:
    """Tell whether the loss on the test rows is above 0.3, or is no number at all."""
    return not score(run)[0] < 0.3


# --8<-- [end:contract]


if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    assert fails(bad)
    assert not fails(good)
    true_loss, accuracy = score(good)
    print(f"loss: first {good.losses[0]:.3f}, last {good.losses[-1]:.3f}")
    print(f"test rows: loss {true_loss:.3f}, accuracy {accuracy:.3f}")
    # --8<-- [end:fixed-run]


if __name__ == "__main__":
    # --8<-- [start:alternatives]
    raw, scaled = yes_or_no(raw_deliveries()), yes_or_no(deliveries())
    print("X       loss       last loss   true test loss  accuracy")
    for name, data in {"raw": raw, "scaled": scaled}.items():
        for loss in (formula_bce, clipped_bce, stable_bce):
            with np.errstate(divide="ignore", invalid="ignore"):
                run = fit(0, data, loss)
            true_loss, accuracy = score(run)
            cells = f"{run.losses[-1]:10.3f}   {true_loss:14.3f}  {accuracy:8.3f}"
            print(f"{name:7} {loss.__name__[:-4]:8} {cells}")
    # --8<-- [end:alternatives]

    # --8<-- [start:autograd]
    import torch
    from torch import nn

    def by_formula(Z: torch.Tensor, y: torch.Tensor, eps: float = 0.0) -> torch.Tensor:
        """Return the formula's loss in PyTorch, with p clamped if eps > 0."""
        p = torch.sigmoid(Z).clamp(eps, 1 - eps)
        return (-y * torch.log(p) - (1 - y) * torch.log(1 - p)).mean()

    losses = {
        "formula": by_formula,
        "clamp 1e-12": lambda Z, y: by_formula(Z, y, 1e-12),
        "clamp 1e-7": lambda Z, y: by_formula(Z, y, 1e-7),
        "BCELoss": lambda Z, y: nn.BCELoss()(torch.sigmoid(Z), y),
        "BCEWithLogits": nn.BCEWithLogitsLoss(),
    }
    assert torch.sigmoid(torch.tensor(17.0)) == 1
    for name, loss in losses.items():
        Z = torch.tensor([[100.0]], requires_grad=True)
        value = loss(Z, torch.zeros(1, 1))
        value.backward()
        print(f"{name:13}  loss {value.item():6.2f}, ∂loss/∂z {Z.grad.item():4.1f}")
    # --8<-- [end:autograd]

    # --8<-- [start:bce-nan]
    message = ""
    try:
        nn.BCELoss()(torch.tensor([torch.nan]), torch.ones(1))
    except RuntimeError as error:
        message = str(error)
    assert "all elements of input should be between 0 and 1" in message
    # --8<-- [end:bce-nan]

    # --8<-- [start:overflow]
    z = np.array([-1000.0, 1000.0])
    naive = {
        "sigmoid": lambda: 1 / (1 + np.exp(-z)),
        "softmax": lambda: np.exp(z) / np.exp(z).sum(),
    }
    for name, call in naive.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            print(name, call())
        print(*(f"  {warning.message}" for warning in caught), sep="\n")
    # --8<-- [end:overflow]

    # --8<-- [start:guard]
    message = ""
    with np.errstate(divide="raise"):
        fit(0, scaled, stable_bce)
        try:
            fit(0, raw, formula_bce)
        except FloatingPointError as error:
            message = str(error)
    print(f"FloatingPointError: {message}")
    # --8<-- [end:guard]

    # --8<-- [start:classes]
    Z = torch.tensor([[0.0, 200.0, 5.0]], requires_grad=True)
    for name in ("log of softmax", "log_softmax"):
        is_typed = name == "log of softmax"
        logs = Z.softmax(1).log() if is_typed else Z.log_softmax(1)  # (1, 3)
        (dZ,) = torch.autograd.grad(-logs[0, 0], Z)
        print(f"{name:14}  loss {-logs[0, 0].item():5.0f}, gradient {dZ[0].tolist()}")
    # --8<-- [end:classes]
