"""A classifier whose loss stays at ln C: it says the same about every row."""

# --8<-- [start:wrong]
from torch.optim import SGD, Adam


def optimizer_wrong(model):
    """Take another model's rate."""
    return SGD(model.parameters(), lr=1e-5)


# --8<-- [end:wrong]


# --8<-- [start:right]
def optimizer_right(model):
    """Start from Adam's usual rate."""
    return Adam(model.parameters(), lr=1e-3)


# --8<-- [end:right]


# --8<-- [start:check]
import torch


def loss_on_eight_rows(model, optimizer, X, y):
    """Learn eight rows by heart; a sound program comes near 0."""
    for _ in range(300):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(X[:8]), y[:8])
        loss.backward()
        optimizer.step()
    return loss.item()


# --8<-- [end:check]


# --8<-- [start:prevention]
def check_first_epoch(loss: float, y: torch.Tensor) -> None:
    """Raise a RuntimeError if an epoch is not 1 % better than the frequencies of y."""
    p = y.bincount() / len(y)
    guess = -torch.xlogy(p, p).sum().item()
    if not loss < 0.99 * guess:
        raise RuntimeError(f"loss {loss:.3f}: guessing costs {guess:.3f}")


# --8<-- [end:prevention]


# --8<-- [start:imports]
import copy
import math

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from torch import nn

from snippets.errors.laboratory import Run, fit, torch_network

# --8<-- [end:imports]


# --8<-- [start:data]
def digits(seed: int, classes: int = 10) -> list[torch.Tensor]:
    """Return X (n, 64), y (n,) of the first classes, shuffled: 80 % and the rest."""
    data = load_digits()
    rows = np.flatnonzero(data.target < classes)
    rows = np.random.default_rng(seed).permutation(rows)
    X, y = torch.tensor(data.data[rows] / 16), torch.tensor(data.target[rows])
    n = len(rows) * 4 // 5
    return [X[:n], y[:n], X[n:], y[n:]]


# --8<-- [end:data]


# --8<-- [start:broken]
VARIANTS = ("slow", "fast", "dead", "shuffled")
RATES = {"slow": 1e-5, "fast": 3.0}


def trained(
    seed: int,
    variant: str = "healthy",
    classes: int = 10,
    rate: float = 0.3,
    epochs: int = 5,
) -> Run:
    """Train a 64-32-32-C network with SGD."""
    X, y, X_test, y_test = digits(seed, classes)
    model = torch_network(64, 32, 32, classes, seed=seed, dtype=torch.float64)
    if variant == "dead":
        for layer in (model[0], model[2]):
            nn.init.constant_(layer.bias, -3.0)
    if variant == "shuffled":
        y = torch.tensor(np.random.default_rng(seed + 1).permutation(y.numpy()))
    run = Run(model, X, y, X_test=X_test, y_test=y_test, loss=nn.CrossEntropyLoss())
    run.optimizer = torch.optim.SGD(model.parameters(), lr=RATES.get(variant, rate))
    return fit(run, epochs, seed)


def broken(seed: int = 0, variant: str = "slow", classes: int = 10) -> Run:
    """Return a run that is stuck, for one of four reasons."""
    return trained(seed, variant, classes)


def fails(run: Run) -> bool:
    """Tell whether the last epoch is no better than nine tenths of ln C."""
    return run.losses[-1] > 0.9 * math.log(run.model[-1].out_features)


# --8<-- [end:broken]


# --8<-- [start:fixed]
def fixed(seed: int = 0, variant: str = "slow", classes: int = 10) -> Run:
    """Return the run without its mistake: all four become the same."""
    assert variant in VARIANTS
    return trained(seed, classes=classes)


# --8<-- [end:fixed]

if __name__ == "__main__":
    # --8<-- [start:logarithms]
    for classes in (2, 3, 10, 100, 1000):
        equal = torch.zeros(1, classes)  # each class has the probability 1/C
        loss = nn.functional.cross_entropy(equal, torch.tensor([0]))
        print(f"{classes:4} classes: {loss:.3f}")
        assert math.isclose(loss, math.log(classes), rel_tol=1e-6)
    # --8<-- [end:logarithms]

    # --8<-- [start:failure]
    def answers(run: Run) -> str:
        """Return what the model says of the test rows."""
        with torch.no_grad():
            predicted = run.model(run.X_test).argmax(dim=1)
        right = (predicted == run.y_test).double().mean()
        return f"{right:.2f} right, {len(predicted.unique()):2} classes predicted"

    runs = {variant: broken(variant=variant) for variant in VARIANTS}
    for name, run in {**runs, "healthy": fixed()}.items():
        print(
            f"{name:8}: first {run.losses[0]:.3f}, last {run.losses[-1]:.3f}, ", end=""
        )
        print(answers(run))
        assert fails(run) == (name in VARIANTS)
    # --8<-- [end:failure]

    # --8<-- [start:failure-curves]
    fig, ax = plt.subplots()
    styles = ("C1o--", "C3s-.", "C4^:", "C5v--")
    for (name, run), style in zip(runs.items(), styles, strict=True):
        ax.plot(range(1, 6), run.losses, style, label=name)
    ax.plot(range(1, 6), fixed().losses, "C0o-", label="healthy")
    ax.axhline(math.log(10), color="C2", linewidth=1)
    ax.set(xlabel="epoch", ylabel="training loss", ylim=(0, 3), xticks=range(1, 6))
    ax.legend()
    plt.show()
    # --8<-- [end:failure-curves]

    # --8<-- [start:wrong-and-right]
    def loss_with(optimizer_for: object) -> float:
        """Return the loss after ten epochs with one of the optimisers."""
        run = trained(seed=0)
        run.model = torch_network(64, 32, 32, 10, seed=0, dtype=torch.float64)
        run.optimizer = optimizer_for(run.model)
        return fit(run, epochs=10, seed=0).losses[-1]

    assert abs(loss_with(optimizer_wrong) - math.log(10)) < 0.05
    assert loss_with(optimizer_right) < 0.5 * math.log(10)
    check_first_epoch(fixed().losses[0], fixed().y)
    stopped = []
    for variant, run in runs.items():
        try:
            check_first_epoch(run.losses[0], run.y)
        except RuntimeError:
            stopped.append(variant)
    assert stopped == list(VARIANTS)
    # --8<-- [end:wrong-and-right]

    # --8<-- [start:balance]
    p = torch.tensor([0.9, 0.1])
    print(f"9 to 1: guessing costs {-torch.xlogy(p, p).sum():.3f}")
    print(f"1 to 1: guessing costs {math.log(2):.3f}")
    # --8<-- [end:balance]


# --8<-- [start:measurements]
def units_off(model: nn.Module, X: torch.Tensor) -> float:
    """Return the largest share of ReLU units in a layer that are off for all rows."""
    shares, A = [0.0], X
    for layer in model:
        A = layer(A)
        if isinstance(layer, nn.ReLU):
            shares.append((A == 0).all(dim=0).double().mean().item())
    return max(shares)


def relative_step(run: Run) -> float:
    """Return how far one step moves the first weights, as a share of their size."""
    model = copy.deepcopy(run.model)
    run.loss(model(run.X), run.y).backward()
    first = next(model.parameters())
    rate = run.optimizer.param_groups[0]["lr"]
    return (rate * first.grad.norm() / first.norm()).item()


def eight_rows(run: Run) -> float:
    """Return the loss on eight rows after 300 steps on a copy, at the run's rate."""
    model = copy.deepcopy(run.model)
    optimizer = torch.optim.SGD(model.parameters(), lr=run.optimizer.defaults["lr"])
    return loss_on_eight_rows(model, optimizer, run.X, run.y)


# --8<-- [end:measurements]

if __name__ == "__main__":
    # --8<-- [start:how-to-tell]
    for name, run in {**runs, "healthy": fixed()}.items():
        fresh = trained(seed=0, variant=name, epochs=0)
        with torch.no_grad():
            before, after = (units_off(each.model, each.X) for each in (fresh, run))
        by_heart = "learned" if eight_rows(run) < 0.1 else "not learned"
        step = relative_step(run)
        size = "none" if step == 0 else "below 1e-5" if step < 1e-5 else "above 1e-4"
        assert step == 0 or step < 1e-5 or step > 1e-4
        print(f"{name:8}: units off {before:4.0%} before, {after:4.0%} after; ", end="")
        print(f"step {size:10}, 8 rows {by_heart}")
    # --8<-- [end:how-to-tell]


# --8<-- [start:evidence]
REFUSALS = (RuntimeError, ValueError, TypeError, IndexError, AttributeError)


def n_classes(y: torch.Tensor, outputs: int) -> int:
    """Return how many classes y and the outputs speak of, or 0."""
    if outputs == 1 and y.ndim < 3 and ((y == 0) | (y == 1)).all():
        return 2
    return outputs if y.ndim == 1 and not y.is_floating_point() else 0


def is_stuck(loss: float, classes: int) -> bool:
    """Tell whether a loss lies within a tenth of ln C."""
    return classes > 1 and abs(loss / math.log(classes) - 1) < 0.1


def evidence(run: Run) -> str | None:
    """Say that the loss stays at ln C, and what a measurement says of the cause."""
    if run.error or not run.losses or not isinstance(run.model, nn.Sequential):
        return None
    try:
        model = copy.deepcopy(run.model).eval()
        with torch.no_grad():
            classes = n_classes(run.y, model(run.X[:2]).shape[1])
            if not is_stuck(run.losses[-1], classes):
                return None
            off = units_off(model, run.X)
        step = relative_step(run)
    except REFUSALS:
        return None
    cause = "the weights move: do rows and labels belong together?"
    if off > 0.9:
        cause = f"{off:.0%} of the units of a layer are off for every row"
    elif step < 1e-5:
        cause = f"one step moves the weights by {step:.0e} of their size"
    guess = f"ln {classes} is {math.log(classes):.3f}"
    return f"the loss is {run.losses[-1]:.3f}, {guess}; {cause}"


# --8<-- [end:evidence]

if __name__ == "__main__":
    # --8<-- [start:diagnosis]
    for variant, run in runs.items():
        print(f"{variant}: {evidence(run)}")
        assert evidence(run) is not None
        assert evidence(fixed(variant=variant)) is None
    # --8<-- [end:diagnosis]

    # --8<-- [start:one-output]
    X, y, *_test = digits(seed=0, classes=2)
    model = torch_network(64, 32, 1, seed=0, dtype=torch.float64)
    binary = Run(model, X, y[:, None].double(), loss=nn.BCEWithLogitsLoss())
    binary.optimizer = optimizer_wrong(model)
    print(evidence(fit(binary, epochs=5, seed=0)))
    # --8<-- [end:one-output]

    # --8<-- [start:rates]
    for rate in (1e-5, 1e-3, 0.1, 0.3, 1.0, 3.0):
        run = trained(seed=0, rate=rate)
        print(f"rate {rate:7}: last loss {run.losses[-1]:.2f}, {answers(run)}")
    # --8<-- [end:rates]

    # --8<-- [start:alternatives]
    for epochs in (5, 25):
        slow = fit(broken(variant="slow"), epochs - 5, seed=1)
        print(f"slow, {epochs:2} epochs: {slow.losses[-1]:.3f}")
    dead = broken(variant="dead")
    dead.optimizer = torch.optim.Adam(dead.model.parameters(), lr=0.01)
    print(f"dead, then Adam:  {fit(dead, 5, seed=1).losses[-1]:.3f}")
    # --8<-- [end:alternatives]

    # --8<-- [start:solution-first-loss]
    X, y, *_test = digits(seed=0)
    for factor in (1, 10, 100):
        model = torch_network(64, 32, 32, 10, seed=0, dtype=torch.float64)
        with torch.no_grad():
            model[-1].weight *= factor
            print(
                f"last weights × {factor:3}: {nn.CrossEntropyLoss()(model(X), y):.2f}"
            )
    # --8<-- [end:solution-first-loss]
