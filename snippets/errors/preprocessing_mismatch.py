"""Scaled inputs in training, raw inputs in use: good tests, absurd predictions."""


# --8<-- [start:wrong]
def predict_wrong(model, X_new):
    """Give the network what came in."""
    return model(X_new)


# --8<-- [end:wrong]


# --8<-- [start:right]
def scaling(X_train):
    """Keep both with the weights."""
    return X_train.mean(axis=0), X_train.std(axis=0)


def predict(model, X_new, mean, std):
    """Scale as in training."""
    return model((X_new - mean) / std)


# --8<-- [end:right]


# --8<-- [start:prevention]
import numpy as np


def assert_scaled(X):
    """Refuse inputs (n, n_in) that are far from what standardised rows look like."""
    farthest = np.abs(X).max()
    assert farthest < 10, f"{farthest:.0f} standard deviations from the mean"


# --8<-- [end:prevention]


# --8<-- [start:imports]
import io

import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split

from snippets.chapters.gradient_descent import NeuralNetwork, mae, scaled, unscaled
from snippets.delivery import COLUMNS, expected_minutes, make_deliveries
from snippets.errors.laboratory import Run, relative_mse

# --8<-- [end:imports]


# --8<-- [start:training]
def train(seed: int = 0) -> Run:
    """Train on standardised deliveries; the test inputs are still as they came.

    `extra` keeps the training rows X and y as they were before scaling.
    """
    X, y = make_deliveries(seed=seed)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=seed)
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05, seed=seed)
    run = Run(network, scaled(X, X), scaled(y, y), extra={"X": X, "y": y})
    run.losses = network.fit(run.X, run.y, epochs=20, verbose=False)
    run.X_test, run.y_test = X_test, scaled(y_test, y)
    return run


# --8<-- [end:training]


# --8<-- [start:scenarios]
def broken(seed: int = 0) -> Run:
    """Predict from kilometres, scores, minutes and rupees."""
    return train(seed)


def fixed(seed: int = 0) -> Run:
    """Scale with the mean and standard deviation of the training rows first."""
    run = train(seed)
    run.X_test = scaled(run.X_test, run.extra["X"])
    return run


# --8<-- [end:scenarios]


# --8<-- [start:minutes]
def minutes(run: Run, X: np.ndarray) -> np.ndarray:
    """Return the predictions (n, 1) in minutes for inputs X (n, 4) as they are."""
    return unscaled(run.model.predict(X), run.extra["y"])


def minutes_off(run: Run, X: np.ndarray) -> float:
    """Return the mean absolute error in minutes if the test inputs are X (400, 4)."""
    return mae(minutes(run, X), unscaled(run.y_test, run.extra["y"]))


# --8<-- [end:minutes]

if __name__ == "__main__":
    # --8<-- [start:symptom]
    bad = broken()
    print(f"last training loss: {bad.losses[-1]:.3f}")
    print(f"mean absolute error in use: {minutes_off(bad, bad.X_test):.0f} min")

    X_new = np.array([[5.2, 8.0, 22.0, 350.0]])  # km, score, minutes, rupees
    print(f"one delivery, predicted: {minutes(bad, X_new).item():.0f} min")
    print(f"one delivery, expected:  {expected_minutes(X_new).item():.0f} min")
    # --8<-- [end:symptom]


# --8<-- [start:contract]
def fails(run: Run) -> bool:
    """Tell whether the test predictions are worse than the mean."""
    return relative_mse(run.model.predict(run.X_test), run.y_test) > 1


# --8<-- [end:contract]

if __name__ == "__main__":
    # --8<-- [start:layers]
    good = fixed()
    for name, run in (("raw", bad), ("scaled", good)):
        run.model.forward(run.X_test)
        sizes = [np.abs(A).mean() for A in run.model.A]
        print(f"{name:6} mean |A|:", " ".join(f"{size:7.2f}" for size in sizes))
    # --8<-- [end:layers]

    # --8<-- [start:one-raw-column]
    for k, name in enumerate(COLUMNS):
        X = good.X_test.copy()
        X[:, k] = bad.X_test[:, k]
        print(f"only the {name:8} raw: {minutes_off(bad, X):6.1f} min")
    # --8<-- [end:one-raw-column]

    # --8<-- [start:wrong-and-right]
    network, true = bad.model.predict, bad.y_test
    mean, std = scaling(bad.extra["X"])
    assert relative_mse(predict_wrong(network, bad.X_test), true) > 1
    assert relative_mse(predict(network, bad.X_test, mean, std), true) < 0.1
    # --8<-- [end:wrong-and-right]

    # --8<-- [start:guard]
    for name, X in (("scaled", good.X_test), ("raw", bad.X_test[:1])):
        try:
            assert_scaled(X)
            print(f"{name}: passed")
        except AssertionError as error:
            print(f"{name}: {error}")
    # --8<-- [end:guard]

    # --8<-- [start:fixed-run]
    for name, run in (("raw", bad), ("scaled", good)):
        print(f"{name:6}: {minutes_off(run, run.X_test):6.2f} min")
    assert fails(bad)
    assert not fails(good)
    assert minutes_off(good, good.X_test) < 4
    # --8<-- [end:fixed-run]

    # --8<-- [start:statistics]
    print("             mean                         std")
    titles = "  ".join(f"{name[:5]:>5}" for name in COLUMNS)
    print(f"             {titles}  {titles}")
    cases = {"training": bad.X, "use, raw": bad.X_test, "use, scaled": good.X_test}
    for name, X in cases.items():
        numbers = np.round([*X.mean(axis=0), *X.std(axis=0)], 2) + 0.0  # no -0.0
        print(f"{name:12}" + " ".join(f"{number:6.2f}" for number in numbers))
    # --8<-- [end:statistics]


# --8<-- [start:columns]
def columns(X: object) -> np.ndarray | None:
    """Return X as (n, n_in), an image or a wide row as one column; None if neither."""
    try:
        X = np.asarray(X, dtype=float)
    except (TypeError, ValueError, RuntimeError):
        return None
    if X.ndim < 2 or len(X) < 30 or not np.isfinite(X).all():
        return None
    return X if X.ndim == 2 and X.shape[1] <= 20 else X.reshape(-1, 1)


# --8<-- [end:columns]


# --8<-- [start:evidence]
def evidence(run: Run) -> str | None:
    """Compare mean and spread of the columns that the network got, then and now."""
    X, X_new = columns(run.X), columns(run.X_test)
    if X is None or X_new is None or X.shape[1] != X_new.shape[1]:
        return None
    used = np.flatnonzero(X.std(axis=0) > 0)
    X, X_new = X[:, used], X_new[:, used]
    shift = np.abs(X_new.mean(axis=0) - X.mean(axis=0)) / X.std(axis=0)
    ratio = X_new.std(axis=0) / X.std(axis=0)
    wrong = (shift > 1) | (ratio > 2) | (ratio < 0.5)
    if not wrong.any():
        return None
    k = int(np.argmax(np.where(wrong, shift, -1)))
    then, now = (
        f"mean {A[:, k].mean().round(2) + 0.0:.2f}, std {A[:, k].std():.2f}"
        for A in (X, X_new)
    )
    return f"column {used[k]} in training: {then}; in use: {now}"


# --8<-- [end:evidence]

if __name__ == "__main__":
    # --8<-- [start:doctor]
    print("raw:   ", evidence(bad))
    print("scaled:", evidence(good))
    # --8<-- [end:doctor]

    # --8<-- [start:mismatches]
    X, X_new = bad.extra["X"], bad.X_test
    tens = [scaled(ten, ten) for ten in np.split(X_new, 40)]
    low, high = X.min(axis=0), X.max(axis=0)
    ways = {
        "training mean and std": scaled(X_new, X),
        "raw": X_new,
        "only the mean": X_new - X.mean(axis=0),
        "scaled twice": scaled(scaled(X_new, X), X),
        "scaled to 0…1": (X_new - low) / (high - low),
        "metres, then scaled": scaled(X_new * [1000, 1, 1, 1], X),
        "its own mean, 400 rows": scaled(X_new, X_new),
        "its own mean, 10 rows": np.vstack(tens),
        "columns exchanged": scaled(X_new, X)[:, [1, 0, 2, 3]],
    }
    print("inputs                  error in min  the doctor")
    for name, inputs in ways.items():
        seen = evidence(Run(X=bad.X, X_test=inputs)) is not None
        verdict = "sees it" if seen else "-"
        print(f"{name:22}  {minutes_off(bad, inputs):12.2f}  {verdict}")
    # --8<-- [end:mismatches]

    # --8<-- [start:one-row]
    with np.errstate(invalid="ignore"):
        alone = scaled(X_new[:1], X_new[:1])  # 0 / 0
    print(minutes(bad, alone))
    assert np.isnan(minutes(bad, alone)).all()
    # --8<-- [end:one-row]

    # --8<-- [start:unscaled-output]
    outputs = good.model.predict(good.X_test)
    true = unscaled(good.y_test, good.extra["y"])
    print(f"outputs: mean {outputs.mean():.2f}, std {outputs.std():.2f}")
    print(f"targets: mean {true.mean():.2f}, std {true.std():.2f}")
    print(f"error: {mae(outputs, true):.1f} min")
    # --8<-- [end:unscaled-output]


# --8<-- [start:file]
def save(file: io.IOBase, run: Run) -> None:
    """Write the weights and the scaling into one npz file."""
    X, y, network = run.extra["X"], run.extra["y"], run.model
    arrays = {f"W{k}": W for k, W in enumerate(network.W)}
    arrays |= {f"b{k}": b for k, b in enumerate(network.b)}
    scaling = {"mean": X.mean(axis=0), "std": X.std(axis=0)}
    np.savez(file, **arrays, **scaling, y_mean=y.mean(), y_std=y.std())


def minutes_from_file(file: io.IOBase, X: np.ndarray) -> np.ndarray:
    """Return the minutes (n, 1) for X (n, 4) as it came, from such a file."""
    saved = np.load(file)
    A = (X - saved["mean"]) / saved["std"]
    for k in range(3):
        Z = A @ saved[f"W{k}"] + saved[f"b{k}"]
        A = np.maximum(Z, 0)
    return Z * saved["y_std"] + saved["y_mean"]


# --8<-- [end:file]

if __name__ == "__main__":
    # --8<-- [start:from-file]
    file = io.BytesIO()
    save(file, good)
    file.seek(0)
    ours = minutes_from_file(file, bad.X_test)  # raw inputs
    print(f"error: {mae(ours, true):.2f} min")
    assert np.allclose(ours, minutes(good, good.X_test))
    # --8<-- [end:from-file]

    # --8<-- [start:predictions]
    _fig, ax = plt.subplots()
    ax.plot(true, minutes(bad, bad.X_test), "C1x", label="raw inputs")
    ax.plot(true, minutes(good, good.X_test), "C0.", label="scaled inputs")
    ax.plot([10, 120], [10, 120], "C5:", label="prediction = target")
    ax.set(xlabel="minutes", ylabel="predicted minutes", ylim=(-100, 2000))
    ax.legend(loc="upper center")
    plt.show()
    # --8<-- [end:predictions]

    # --8<-- [start:folded]
    X, y, network = bad.extra["X"], bad.extra["y"], NeuralNetwork([4, 16, 8, 1])
    W, b = bad.model.W, bad.model.b
    network.W = [W[0] / X.std(axis=0)[:, None], W[1], W[2] * y.std()]
    network.b = [b[0] - X.mean(axis=0) @ network.W[0], b[1], b[2] * y.std() + y.mean()]
    ours = network.predict(bad.X_test)
    assert np.allclose(ours, minutes(good, good.X_test))
    print(f"raw inputs, minutes out: {mae(ours, true):.2f} min")
    # --8<-- [end:folded]

    # --8<-- [start:buffers]
    import torch
    from torch import nn

    class ScaledInputs(nn.Module):
        """Standardise X (n, 4) with saved numbers, then call the network."""

        def __init__(self, network: nn.Module, X: torch.Tensor) -> None:
            super().__init__()
            self.network = network
            self.register_buffer("mean", X.mean(dim=0))
            self.register_buffer("std", X.std(dim=0))

        def forward(self, X: torch.Tensor) -> torch.Tensor:
            """Return the network's outputs for X as it came."""
            return self.network((X - self.mean) / self.std)

    X = torch.tensor(bad.extra["X"], dtype=torch.float32)
    model = ScaledInputs(nn.Linear(4, 1), X)
    copy = ScaledInputs(nn.Linear(4, 1), torch.zeros(2, 4))
    copy.load_state_dict(model.state_dict())
    print(list(model.state_dict()))
    assert torch.equal(copy(X), model(X))
    # --8<-- [end:buffers]
