"""Not reproducible: the same program twice, and two different results."""

# --8<-- [start:wrong]
from numpy.random import default_rng
from sklearn.model_selection import train_test_split
from torch import nn


def start(X, y):
    """Split the rows, make a model."""
    rng = default_rng(0)  # seeds only rng
    parts = train_test_split(X, y)
    return rng, parts, nn.Linear(4, 1)


# --8<-- [end:wrong]


# --8<-- [start:right]
import random

import numpy as np
import torch


def seed_everything(seed):
    """Seed Python, NumPy and PyTorch."""
    random.seed(seed)
    np.random.seed(seed)  # scikit-learn too
    torch.manual_seed(seed)


# --8<-- [end:right]


# --8<-- [start:own-generators]
def generators(seed):
    """Return NumPy's and PyTorch's own generators, which nobody else draws from."""
    return np.random.default_rng(seed), torch.Generator().manual_seed(seed)


# --8<-- [end:own-generators]


# --8<-- [start:guard]
def assert_repeats(program):
    """Raise AssertionError unless `program()` returns the same losses twice."""
    assert program() == program(), "the program gave two different results"


# --8<-- [end:guard]


# --8<-- [start:imports]
from typing import NamedTuple

import matplotlib.pyplot as plt

from snippets.delivery import make_deliveries
from snippets.errors.laboratory import (
    Data,
    Run,
    deliveries,
    relative_mse,
    tensors,
    train,
)

# --8<-- [end:imports]


if __name__ == "__main__":
    # --8<-- [start:wrong-and-right]
    def repeats(seeded: bool) -> dict[str, bool]:
        """Tell which parts of the start are the same when it is made twice."""
        X, y = make_deliveries(seed=0)
        runs = []
        for _run in range(2):
            if seeded:
                seed_everything(0)
            rng, parts, model = start(X, y)
            drawn = {"rng": rng.random(), "split": parts[0].tolist()}
            drawn |= {"weights": model.weight.tolist(), "random": random.random()}
            runs.append(drawn)
        one, two = runs
        return {name: one[name] == two[name] for name in one}

    wrong, right = repeats(seeded=False), repeats(seeded=True)
    print("wrong:", wrong)
    print("right:", right)
    assert list(wrong.values()) == [True, False, False, False]
    assert all(right.values())
    # --8<-- [end:wrong-and-right]

    # --8<-- [start:sklearn]
    from sklearn.utils import check_random_state

    print(
        "it draws from np.random:", check_random_state(None) is np.random.mtrand._rand
    )
    # --8<-- [end:sklearn]

    # --8<-- [start:half-seeded]
    def weights() -> list[float]:
        """Return the weights of a new layer."""
        return nn.Linear(4, 1).weight[0].tolist()

    torch.manual_seed(0)
    first = weights()
    print("the cell run again, without its seed: ", weights() == first)
    torch.manual_seed(0)
    torch.rand(1)
    print("one more random number after the seed:", weights() == first)
    late = weights()
    torch.manual_seed(0)
    print("the seed after the model is made:     ", late == first)
    torch.manual_seed(0)
    print("the seed just before it:              ", weights() == first)
    # --8<-- [end:half-seeded]

    # --8<-- [start:other-libraries]
    rows = list(range(100))
    torch.manual_seed(0)
    parts = train_test_split(rows)
    torch.manual_seed(0)
    print("PyTorch seeded, a split of scikit-learn: ", train_test_split(rows) == parts)
    seed_everything(0)
    number = np.random.default_rng().random()
    seed_everything(0)
    is_equal = np.random.default_rng().random() == number
    print("all seeded, a generator without a seed:  ", is_equal)
    # --8<-- [end:other-libraries]

    # --8<-- [start:sum-order]
    print((0.1 + 0.2) + 0.3 == 0.1 + (0.2 + 0.3))
    # --8<-- [end:sum-order]


# --8<-- [start:seeds]
class Seeds(NamedTuple):
    """A seed for each source of randomness; None takes it from the system."""

    split: int | None = None
    weights: int | None = None
    order: int | None = None
    dropout: int | None = None


def seed_torch(seed: int | None) -> None:
    """Seed PyTorch's global generator, or, for None, as a new process does."""
    if seed is None:
        torch.seed()
    else:
        torch.manual_seed(seed)


# --8<-- [end:seeds]


# --8<-- [start:split]
def split(X: np.ndarray, y: np.ndarray, seed: int | None) -> tuple[np.ndarray, Data]:
    """Return the order of the rows, and standardised rows: 1600 to train on, 400."""
    rows = np.random.default_rng(seed).permutation(len(X))
    train, test = rows[:1600], rows[1600:]
    mean, std = X[train].mean(axis=0), X[train].std(axis=0)
    y_mean, y_std = y[train].mean(), y[train].std()
    X, y = (X - mean) / std, (y - y_mean) / y_std
    return rows, Data(X[train], y[train], X[test], y[test])


# --8<-- [end:split]


# --8<-- [start:program]
def program(X: np.ndarray, y: np.ndarray, seeds: Seeds, lr: float = 0.1) -> Run:
    """Split, train a network with dropout for 3 epochs, and return the run."""
    order, data = split(X, y, seeds.split)
    X, y, X_test, y_test = tensors(data)
    trace = {"split": order[:4].tolist()}

    seed_torch(seeds.weights)
    hidden = (nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 8), nn.ReLU())
    model, loss = nn.Sequential(*hidden, nn.Linear(8, 1)), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    trace["weights"] = model[0].weight[0].tolist()

    rng = np.random.default_rng(seeds.order)
    seed_torch(seeds.dropout)
    losses = []
    for _epoch in range(3):
        for rows in torch.from_numpy(rng.permutation(len(X))).split(64):
            batch_loss = loss(model(X[rows]), y[rows])
            optimizer.zero_grad()
            batch_loss.backward()
            optimizer.step()
            losses.append(batch_loss.item())
            trace.setdefault("order", rows[:4].tolist())
    trace["dropout"] = losses[0]  # with all else equal, only dropout changes it
    model.eval()
    run = Run(model, X, y, losses, X_test, y_test, loss=loss, optimizer=optimizer)
    run.extra["trace"] = trace
    return run


# --8<-- [end:program]


# --8<-- [start:broken]
def twice(seed: int, seeds: Seeds) -> Run:
    """Return a run on the deliveries of a seed, with a second one in extra["again"]."""
    X, y = make_deliveries(seed=seed)
    run = program(X, y, seeds)
    run.extra["again"] = program(X, y, seeds)
    return run


def broken(seed: int = 0) -> Run:
    """Run the program twice without seeds."""
    return twice(seed, Seeds())


# --8<-- [end:broken]


# --8<-- [start:test-error]
def test_error(run: Run) -> float:
    """Return the test MSE over the variance of the test targets."""
    with torch.no_grad():
        return relative_mse(run.model(run.X_test).numpy(), run.y_test.numpy())


# --8<-- [end:test-error]


if __name__ == "__main__":
    # --8<-- [start:symptom]
    bad = broken()
    again = bad.extra["again"]
    print("same first loss:", bad.losses[0] == again.losses[0])
    print("same last loss: ", bad.losses[-1] == again.losses[-1])
    print("same test error:", test_error(bad) == test_error(again))
    # --8<-- [end:symptom]

    # --8<-- [start:sources]
    X, y = make_deliveries(seed=0)
    base = Seeds(1, 2, 3, 4)
    spread = {}
    for source in Seeds._fields:
        seeds = [base._replace(**{source: seed}) for seed in range(10, 14)]
        spread[source] = [test_error(program(X, y, each)) for each in seeds]
    others = [Seeds(seed, seed + 10, seed + 20, seed + 30) for seed in range(4)]
    spread["all four"] = [test_error(program(X, y, each)) for each in others]
    print("changed   lowest  highest  std")
    for source, errors in spread.items():
        numbers = f"{min(errors):.4f}  {max(errors):7.4f}  {np.std(errors):.4f}"
        print(f"{source:9} {numbers}")
    # --8<-- [end:sources]

    # --8<-- [start:strip]
    _fig, ax = plt.subplots()
    for row, errors in enumerate(spread.values()):
        ax.plot(errors, [row] * len(errors), f"C{row}o", alpha=0.8)
        ax.plot(np.mean(errors), row, "C5|", markersize=16)
    ax.set_yticks(range(len(spread)), list(spread))
    ax.set(xlabel="test MSE / variance", ylim=(4.5, -0.5))
    plt.show()
    # --8<-- [end:strip]


# --8<-- [start:first-difference]
def first_difference(run: Run) -> str | None:
    """Name what the second run drew otherwise first; None if the losses are equal."""
    again = run.extra["again"]
    if run.losses == again.losses:
        return None
    one, two = run.extra["trace"], again.extra["trace"]
    return next((name for name in one if one[name] != two[name]), "something later")


# --8<-- [end:first-difference]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Run the program twice with the same four seeds."""
    return twice(seed, Seeds(seed, seed + 1, seed + 2, seed + 3))


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:doctor]
    for source in Seeds._fields:
        run = twice(0, base._replace(**{source: None}))
        print(f"no seed for {source:8} first difference:", first_difference(run))
    print("no seed at all       first difference:", first_difference(bad))
    print("all seeded           first difference:", first_difference(fixed()))
    # --8<-- [end:doctor]


# --8<-- [start:contract]
def fails(run: Run) -> bool:
    """Tell whether the second run has another loss in any step."""
    return run.losses != run.extra["again"].losses


# --8<-- [end:contract]


if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    good = fixed()
    again = good.extra["again"]
    assert fails(bad)
    assert not fails(good)
    differences = np.subtract(good.losses, again.losses)
    print("largest difference of 75 losses: ", np.abs(differences).max())
    print("difference of the test errors:  ", test_error(good) - test_error(again))
    # --8<-- [end:fixed-run]

    # --8<-- [start:guarded]
    def seeded_program() -> list[float]:
        """Seed everything, and return the losses of a new model."""
        seed_everything(0)
        return train(nn.Linear(4, 1), deliveries(), epochs=1).losses

    assert_repeats(seeded_program)
    try:
        assert_repeats(lambda: program(X, y, Seeds()).losses)
    except AssertionError as error:
        print(error)
    # --8<-- [end:guarded]

    # --8<-- [start:solution-split]
    def prepared(**settings: int) -> tuple[list[int], list[float], list[int]]:
        """Return the split, the weights, and the first batch of the rows."""
        torch.manual_seed(0)
        train, _test = train_test_split(list(range(100)), **settings)
        layer = nn.Linear(4, 1)
        loader = torch.utils.data.DataLoader(range(75), batch_size=5, shuffle=True)
        return train, layer.weight[0].tolist(), next(iter(loader)).tolist()

    for settings in ({}, {"random_state": 0}):
        pairs = zip(prepared(**settings), prepared(**settings), strict=True)
        print(settings, [one == two for one, two in pairs])
    # --8<-- [end:solution-split]

    # --8<-- [start:comparison]
    def five_runs(lr: float) -> np.ndarray:
        """Return the test errors (5,) of five runs on one split."""
        seeds = [Seeds(1, seed, seed + 10, seed + 20) for seed in range(5)]
        return np.array([test_error(program(X, y, each, lr)) for each in seeds])

    slow, fast = five_runs(0.1), five_runs(0.12)
    for lr, errors in ((0.1, slow), (0.12, fast)):
        print(f"lr {lr:4}: {errors.round(4)}, std {errors.std():.4f}")
    print(f"fast - slow: {(fast - slow).round(4)}")
    print(f"means: {slow.mean():.4f}, {fast.mean():.4f}")
    print(f"fast is better with {np.sum(fast < slow)} of 5 seeds")
    # --8<-- [end:comparison]
