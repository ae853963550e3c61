"""A constant column: its standard deviation is 0, and standardising makes it NaN."""


# --8<-- [start:wrong]
def wrong(X):
    """Divide by a std of 0."""
    return (X - X.mean(axis=0)) / X.std(axis=0)


# --8<-- [end:wrong]


# --8<-- [start:right]
def right(X, X_new):
    """Drop what is always the same."""
    varies = X.max(axis=0) != X.min(axis=0)
    X, X_new = X[:, varies], X_new[:, varies]
    mean, std = X.mean(axis=0), X.std(axis=0)
    return (X - mean) / std, (X_new - mean) / std


# --8<-- [end:right]


# --8<-- [start:table]
import numpy as np

from snippets.chapters.gradient_descent import NeuralNetwork, forward, train
from snippets.errors.laboratory import Data, Run, raw_deliveries, relative_mse


def in_city(X: np.ndarray, city: float) -> np.ndarray:
    """Return X (n, 4) with a fifth column, the same city in every row."""
    return np.hstack([X, np.full((len(X), 1), city)])


def one_city(seed: int = 0, city: float = 3.0) -> Data:
    """Return deliveries, in km, minutes and rupees, of a single city."""
    data = raw_deliveries(seed)
    return data._replace(X=in_city(data.X, city), X_test=in_city(data.X_test, city))


# --8<-- [end:table]


# --8<-- [start:training]
def fit(seed: int, data: Data, std: np.ndarray) -> Run:
    """Train for 20 epochs on X and X_test minus the means of X, over std (5,)."""
    with np.errstate(invalid="ignore"):
        X, X_test = ((X - data.X.mean(axis=0)) / std for X in (data.X, data.X_test))
    model = NeuralNetwork([5, 16, 8, 1], 0.05, seed)
    losses = train(X, data.y, model.W, model.b, 0.05, 20, 64, model.rng)
    before = {"X before scaling": data.X}
    return Run(model, X, data.y, losses, X_test, data.y_test, extra=before)


# --8<-- [end:training]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Divide every column by its standard deviation."""
    data = one_city(seed)
    return fit(seed, data, data.X.std(axis=0))


# --8<-- [end:broken]


if __name__ == "__main__":
    # --8<-- [start:reproduction]
    import warnings

    X = one_city().X
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        X_scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    for warning in caught:
        print(f"{warning.category.__name__}: {warning.message}")

    bad = broken()
    print("X[0]:   ", bad.X[0].round(3))
    print("losses: ", bad.losses[:3])
    assert np.isnan(bad.losses).all()
    assert all(np.isnan(W).all() for W in bad.model.W)
    # --8<-- [end:reproduction]

    # --8<-- [start:claim]
    X, X_new = one_city().X, one_city(city=4.0).X_test
    with np.errstate(invalid="ignore"):
        assert np.isnan(wrong(X)[:, 4]).all()
    assert all(np.isfinite(scaled).all() for scaled in right(X, X_new))

    holed = X.copy()
    holed[0, 2] = np.nan
    assert right(holed, X_new)[0].shape == (1600, 4)
    assert np.isnan(right(holed, X_new)[0]).any()  # a hole stays visible
    # --8<-- [end:claim]

    # --8<-- [start:division]
    with np.errstate(all="ignore"):
        same, other = np.array([0.0, 1.0]) / 0.0
    print(f"in the same city {same}, in another one {other}")
    # --8<-- [end:division]

    # --8<-- [start:softmax]
    import torch

    Z = np.array([[1000.0, 0.0]])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        print("softmax:", np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True))
    print(*(warning.message for warning in caught[-1:]))

    column = torch.full((1600,), 3.0)
    print("PyTorch:", ((column - column.mean()) / column.std())[0].item())
    # --8<-- [end:softmax]

    # --8<-- [start:columns]
    with_hole = one_city().X
    with_hole[:, 4] = np.arange(1600) % 3  # three cities
    with_hole[12, 2] = np.nan

    for name, table in {"constant": one_city().X, "hole": with_hole}.items():
        with np.errstate(invalid="ignore"):
            after = (table - table.mean(axis=0)) / table.std(axis=0)
        print(f"{name:9} NaN before ", np.isnan(table).sum(axis=0))
        print(f"{'':9} std        ", table.std(axis=0).round(2))
        print(f"{'':9} NaN after  ", np.isnan(after).sum(axis=0))
    # --8<-- [end:columns]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Divide by the standard deviation, and by 1 where a column is constant."""
    data = one_city(seed)
    std = np.where(np.ptp(data.X, axis=0) == 0, 1.0, data.X.std(axis=0))
    return fit(seed, data, std)


# --8<-- [end:fixed]


# --8<-- [start:contract]
def rel(run: Run) -> float:
    """Return the test MSE over the variance of y; NaN where a prediction is NaN."""
    y_hat = forward(run.X_test, run.model.W, run.model.b)[-1]
    return relative_mse(y_hat, run.y_test)


def fails(run: Run) -> bool:
    """Tell whether the loss ends as NaN, or the network has not learned the task."""
    return bool(np.isnan(run.losses[-1])) or rel(run) > 0.12


# --8<-- [end:contract]


if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    good = fixed()
    assert fails(bad)
    assert not fails(good)
    assert np.all(good.X[:, 4] == 0)
    print(f"losses: first epoch {good.losses[0]:.3f}, last {good.losses[-1]:.3f}")
    print(f"rel {rel(good):.3f}")
    # --8<-- [end:fixed-run]

    # --8<-- [start:alternatives]
    from sklearn.preprocessing import StandardScaler

    mean, std = X.mean(axis=0), X.std(axis=0)
    scaler = StandardScaler().fit(X)
    ways = {
        "std 0 → 1": lambda X: (X - mean) / np.where(std == 0, 1.0, std),
        "StandardScaler": scaler.transform,
        "column dropped": lambda X: (X - mean)[:, :4] / std[:4],
        "std + 1e-8": lambda X: (X - mean) / (std + 1e-8),
        "nan_to_num": lambda X: np.nan_to_num((X - mean) / std),
    }
    # --8<-- [end:alternatives]

    # --8<-- [start:two-cities]
    def outcome(rel: float) -> str:
        """Return a relative error, or what is wrong with it."""
        if not np.isfinite(rel):
            return "not finite"
        return f"{rel:.3f}" if rel < 1 else "over 1e9"

    raw = raw_deliveries()
    print("                test in city 3    in city 4")
    for name, scaled in ways.items():
        with np.errstate(all="ignore"):
            network = NeuralNetwork([scaled(X).shape[1], 16, 8, 1], 0.05, seed=0)
            network.fit(scaled(X), raw.y, epochs=20, verbose=False)
            cells = []
            for city in (3.0, 4.0):
                X_test = scaled(in_city(raw.X_test, city))
                y_hat = forward(X_test, network.W, network.b)[-1]
                cells.append(outcome(relative_mse(y_hat, raw.y_test)))
        print(f"{name:15} {cells[0]:>14}   {cells[1]:>10}")
    # --8<-- [end:two-cities]

    # --8<-- [start:guard]
    for name, columns in {"all cities": raw.X, "one city": X}.items():
        print(name, "constant:", np.flatnonzero(np.ptp(columns, axis=0) == 0).tolist())
    # --8<-- [end:guard]

    # --8<-- [start:discount]
    X = in_city(raw.X, 0.7)  # a discount of 0.7 for every delivery
    mean, std = X.mean(axis=0), X.std(axis=0)
    after = (X - mean) / std
    other = (0.8 - mean[4]) / std[4]
    print(f"std == 0: {std[4] == 0}; std < 1e-12: {std[4] < 1e-12}")
    print(f"in training always {after[0, 4]:.3f}")
    print(f"a discount of 0.8 beyond 1e9: {other > 1e9}")
    print(f"max == min: {np.ptp(X[:, 4]) == 0}")
    assert np.ptp(after[:, 4]) == 0
    # --8<-- [end:discount]
