"""A loss that compares every prediction with every target: (n, 1) against (n,)."""


# --8<-- [start:wrong]
def wrong(y_hat, y):
    """Compare (n, 1) with (n,)."""
    return ((y_hat - y) ** 2).mean()


# --8<-- [end:wrong]


# --8<-- [start:right]
def right(y_hat, y):
    """Compare row by row."""
    y = y.reshape(y_hat.shape)
    return ((y_hat - y) ** 2).mean()


# --8<-- [end:right]


# --8<-- [start:imports]
import warnings
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from snippets.errors.laboratory import (
    Run,
    deliveries,
    relative_mse,
    torch_network,
    train,
)

# --8<-- [end:imports]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Return a run whose targets have shape (n,), and the warnings that it gave."""
    data = deliveries(seed)
    flat = data._replace(y=data.y[:, 0])  # (n,)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")  # as in a program: once for each place
        run = train(torch_network(4, 16, 8, 1, seed=seed), flat, epochs=8, seed=seed)
    run.extra["warnings"] = [str(warning.message) for warning in caught]
    return run


def predictions(run: Run) -> np.ndarray:
    """Return what the model predicts for the test rows, (n, 1)."""
    with torch.no_grad():
        return run.model(run.X_test).numpy()


def fails(run: Run) -> bool:
    """Tell whether the test error is near that of predicting the mean."""
    return relative_mse(predictions(run), run.y_test.numpy()) > 0.9


# --8<-- [end:broken]


if __name__ == "__main__":
    # --8<-- [start:failure]
    flat = broken()
    y_hat = predictions(flat)  # (400, 1)
    print(f"loss: {flat.losses[0]:.3f} in epoch 1, {flat.losses[-1]:.3f} in epoch 8")
    print(f"rel: {relative_mse(y_hat, flat.y_test.numpy()):.3f}")
    print(f"std: {y_hat.std():.3f} of predictions, {flat.y_test.std():.3f} of targets")
    assert fails(flat)
    # --8<-- [end:failure]

    # --8<-- [start:claim]
    y = np.array([1.0, 2.0, 3.0])  # (3,)
    assert wrong(y[:, None], y) > 1  # perfect predictions, (3, 1)
    assert right(y[:, None], y) == 0
    # --8<-- [end:claim]

    # --8<-- [start:warning]
    (warning,) = flat.extra["warnings"]
    print(warning)
    assert "Using a target size (torch.Size([64])) that is different" in warning
    assert "to the input size (torch.Size([64, 1]))" in warning
    # --8<-- [end:warning]

    # --8<-- [start:silence]
    X, y = flat.X[:64], flat.y[:64]
    with warnings.catch_warnings(record=True) as caught, torch.no_grad():
        warnings.simplefilter("always")
        by_hand = (flat.model(X) - y) ** 2
        in_numpy = (flat.model(X).numpy() - y.numpy()) ** 2
    assert not caught
    print(f"torch: {by_hand.mean():.3f} {tuple(by_hand.shape)}")
    print(f"NumPy: {in_numpy.mean():.3f} {in_numpy.shape}")
    print(f"row by row: {((flat.model(X)[:, 0] - y) ** 2).mean():.3f}")
    # --8<-- [end:silence]

    # --8<-- [start:pairs]
    y_hat, y = np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 2.0, 3.0])
    print((y_hat - y) ** 2)
    print(f"mean {((y_hat - y) ** 2).mean():.3f}")
    assert (np.zeros((64, 1)) - np.zeros(32)).shape == (64, 32)
    # --8<-- [end:pairs]

    # --8<-- [start:decomposition]
    rng = np.random.default_rng(0)
    y_hat, y = rng.normal(1, 2, (64, 1)), rng.normal(0, 1, 64)
    parts = y_hat.var() + (y_hat.mean() - y.mean()) ** 2 + y.var()
    assert np.isclose(((y_hat - y) ** 2).mean(), parts)
    constant = np.full((64, 1), y.mean())
    assert np.isclose(((constant - y) ** 2).mean(), y.var())
    # --8<-- [end:decomposition]


# --8<-- [start:perfect-loss]
def perfect_loss(loss: Callable, y: torch.Tensor, shape: tuple) -> float:
    """Return the loss of predictions of this shape that are the targets themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(loss(y.reshape(shape), y))


# --8<-- [end:perfect-loss]


if __name__ == "__main__":
    # --8<-- [start:examination]
    shuffled = deliveries()
    order = np.random.default_rng(0).permutation(len(shuffled.y))
    shuffled = shuffled._replace(y=shuffled.y[order])
    apart = train(torch_network(4, 16, 8, 1), shuffled, epochs=8)
    for name, run in {"(n,) against (n, 1)": flat, "X and y apart": apart}.items():
        error = relative_mse(predictions(run), run.y_test.numpy())
        perfect = perfect_loss(run.loss, run.y[:64], (64, 1))
        print(f"{name}: rel {error:.3f}, perfect predictions cost {perfect:.2f}")
    # --8<-- [end:examination]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Return the same run with targets of shape (n, 1)."""
    flat = deliveries(seed).y[:, 0]  # (n,)
    data = deliveries(seed)._replace(y=flat[:, None])  # (n, 1)
    return train(torch_network(4, 16, 8, 1, seed=seed), data, epochs=8, seed=seed)


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:ways]
    X, y, loss = flat.X[:64], flat.y[:64], nn.MSELoss()
    with torch.no_grad():
        y_hat = flat.model(X)
    ways = {
        "y[:, None]": loss(y_hat, y[:, None]),
        "y.unsqueeze(1)": loss(y_hat, y.unsqueeze(1)),
        "y.reshape(-1, 1)": loss(y_hat, y.reshape(-1, 1)),
        "y.view_as(y_hat)": loss(y_hat, y.view_as(y_hat)),
        "y_hat.squeeze(1)": loss(y_hat.squeeze(1), y),
    }
    for name, value in ways.items():
        print(f"{name:18}{value:.3f}")
    # --8<-- [end:ways]

    # --8<-- [start:no-help]
    data = deliveries()._replace(y=deliveries().y[:, 0])
    trials = {"lr 0.005": (0.005, 8), "lr 0.2": (0.2, 8), "30 epochs": (0.05, 30)}
    for name, (lr, epochs) in trials.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run = train(torch_network(4, 16, 8, 1), data, lr=lr, epochs=epochs)
        print(f"{name:10} rel {relative_mse(predictions(run), run.y_test.numpy()):.3f}")
    # --8<-- [end:no-help]

    # --8<-- [start:metric]
    from sklearn.metrics import mean_squared_error

    column = fixed()
    y_hat, y_true = predictions(column), deliveries().y_test[:, 0]  # (400, 1), (400,)
    print(f"NumPy:        {np.mean((y_hat - y_true) ** 2):.3f}")
    print(f"row by row:   {np.mean((y_hat[:, 0] - y_true) ** 2):.3f}")
    print(f"scikit-learn: {mean_squared_error(y_true, y_hat):.3f}")
    # --8<-- [end:metric]

    # --8<-- [start:repair]
    assert not fails(column)
    y = column.y_test.numpy()
    before, after = predictions(flat), predictions(column)
    print(
        f"rel: {relative_mse(before, y):.3f} broken, {relative_mse(after, y):.3f} fixed"
    )

    fig, ax = plt.subplots()
    ax.plot(y[:100], before[:100], "C1x", label="targets (n,)")
    ax.plot(y[:100], after[:100], "C0o", fillstyle="none", label="targets (n, 1)")
    ax.set(xlabel="target (standardised)", ylabel="prediction")
    ax.legend()
    plt.show()
    # --8<-- [end:repair]

    # --8<-- [start:guard]
    y_hat, y = flat.model(flat.X[:64]), flat.y[:64]
    try:
        assert y_hat.shape == y.shape, f"{tuple(y_hat.shape)} against {tuple(y.shape)}"
    except AssertionError as error:
        print("AssertionError:", error)
    # --8<-- [end:guard]

    # --8<-- [start:strict-warnings]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            nn.MSELoss()(y_hat, y)
    except UserWarning as error:
        print("stopped:", str(error)[:49])
    # --8<-- [end:strict-warnings]

    # --8<-- [start:solution-losses]
    y_hat, y = torch.full((64, 1), 0.5), torch.ones(64)
    for kind in (nn.L1Loss, nn.HuberLoss, nn.PoissonNLLLoss, nn.BCEWithLogitsLoss):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                kind()(y_hat, y)
                print(f"{kind.__name__}: {'warns' if caught else 'silent'}")
            except ValueError as error:
                print(f"{kind.__name__}: {error}")
    # --8<-- [end:solution-losses]

    # --8<-- [start:solution-median]
    y = np.random.default_rng(0).exponential(size=63)
    candidates = np.linspace(0, 3, 3001)
    errors = [np.abs(np.full((63, 1), c) - y).mean() for c in candidates]
    print(f"best constant {candidates[np.argmin(errors)]:.3f}")
    print(f"mean {y.mean():.3f}, median {np.median(y):.3f}")
    # --8<-- [end:solution-median]
