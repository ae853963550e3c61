"""Data leakage: what the network should not know when it is tested."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, train_test_split

from snippets.chapters.gradient_descent import NeuralNetwork, scaled
from snippets.delivery import COLUMNS, make_deliveries
from snippets.errors import overfitting
from snippets.errors.laboratory import Run, deliveries, relative_mse

# --8<-- [end:imports]


# --8<-- [start:orders]
def orders(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return deliveries with a fifth column, the courier's pay: X (2000, 5), y.

    Pay is 3 rupees a minute, rounded to ten rupees.
    """
    X, y = make_deliveries(seed=seed)
    pay = 10 * np.round(3 * y / 10)
    return np.hstack([X, pay]), y


# --8<-- [end:orders]


# --8<-- [start:training]
def train(X: np.ndarray, y: np.ndarray, seed: int) -> Run:
    """Split, scale with the training rows' numbers, and train for 40 epochs."""
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=seed)
    network = NeuralNetwork([X.shape[1], 16, 8, 1], learning_rate=0.05, seed=seed)
    run = Run(network, scaled(X, X), scaled(y, y))
    run.X_test, run.y_test = scaled(X_test, X), scaled(y_test, y)
    run.losses = network.fit(run.X, run.y, epochs=40, verbose=False)
    return run


# --8<-- [end:training]


# --8<-- [start:scenarios]
def broken(seed: int = 0) -> Run:
    """Train with every column of the table."""
    X, y = orders(seed)
    return train(X, y, seed)


def fixed(seed: int = 0) -> Run:
    """Train with the columns that are known before the delivery."""
    X, y = orders(seed)
    return train(X[:, : len(COLUMNS)], y, seed)


# --8<-- [end:scenarios]


# --8<-- [start:contract]
def rel_in_use(run: Run) -> float:
    """Return rel with a fifth column at its mean, 0: it is not known in advance."""
    X = run.X_test.copy()
    X[:, len(COLUMNS) :] = 0
    return relative_mse(run.model.predict(X), run.y_test)


def fails(run: Run) -> bool:
    """Tell whether rel doubles when the network is used, or more."""
    tested = relative_mse(run.model.predict(run.X_test), run.y_test)
    return rel_in_use(run) > 2 * tested


# --8<-- [end:contract]

if __name__ == "__main__":
    # --8<-- [start:symptom]
    leaking, honest = broken(), fixed()
    floor = 4**2 / make_deliveries(seed=0)[1].var()
    tested = relative_mse(leaking.model.predict(leaking.X_test), leaking.y_test)
    print(f"test error, rel          {tested:.4f}")
    print(f"noise floor              {floor:.4f}")
    print(f"error in use, pay = mean {rel_in_use(leaking):.4f}")
    assert fails(leaking)
    assert tested < floor / 2
    # --8<-- [end:symptom]


# --8<-- [start:evidence]
def table(X: object, y: object) -> np.ndarray | None:
    """Return the columns of X and y side by side, or None if they are no table."""
    try:
        X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    except (TypeError, ValueError, RuntimeError):
        return None
    if X.ndim != 2 or y.ndim != 2 or len(X) != len(y) or len(X) < 30:
        return None
    both = np.hstack([X, y])
    return both if np.isfinite(both).all() else None


def evidence(run: Run) -> str | None:
    """Look for a column that knows y, and for test rows that were trained on."""
    train, test = table(run.X, run.y), table(run.X_test, run.y_test)
    if train is None:
        return None
    used = np.flatnonzero(train.std(axis=0) > 0)
    correlation = np.abs(np.corrcoef(train[:, used].T)[-1, :-1])
    if used[-1] == train.shape[1] - 1 and correlation.max(initial=0) > 0.99:
        k = int(correlation.argmax())
        return f"column {used[k]} has correlation {correlation[k]:.4f} with y"
    if test is None:
        return None
    known = set(map(bytes, train))
    share = np.mean([bytes(row) in known for row in test])
    return f"{share:.0%} of the test rows are training rows" if share > 0.05 else None


# --8<-- [end:evidence]

if __name__ == "__main__":
    # --8<-- [start:correlations]
    for k, name in enumerate((*COLUMNS, "pay")):
        correlation = np.corrcoef(leaking.X[:, k], leaking.y[:, 0])[0, 1]
        print(f"{name:8} {correlation:7.4f}")
    print("every column:    ", evidence(leaking))
    print("known in advance:", evidence(honest))
    assert evidence(leaking) is not None
    assert evidence(honest) is None
    # --8<-- [end:correlations]

    # --8<-- [start:scatter]
    fig, ax = plt.subplots()
    y = leaking.y_test
    ax.plot(y, leaking.X_test[:, 0], "C0o", markersize=3, alpha=0.5, label="distance")
    ax.plot(y, leaking.X_test[:, 4], "C1x", markersize=4, label="pay")
    ax.set(xlabel="y (standardised minutes)", ylabel="column (standardised)")
    ax.legend()
    plt.show()
    # --8<-- [end:scatter]


# --8<-- [start:copies]
def copied_orders(seed: int, grouped: bool) -> Run:
    """Train on 100 orders, each stored four times; grouped keeps an order together."""
    data, order = deliveries(seed), np.tile(np.arange(100), 4)
    kind = GroupShuffleSplit if grouped else ShuffleSplit
    splitter = kind(1, test_size=0.2, random_state=seed)
    split = splitter.split(order, groups=order if grouped else None)
    rows, test_rows = (order[part] for part in next(split))
    run = overfitting.start(seed)
    run.X, run.y = torch.tensor(data.X[rows]), torch.tensor(data.y[rows])
    run.X_test, run.y_test = map(torch.tensor, (data.X[test_rows], data.y[test_rows]))
    for _validation_loss in overfitting.epochs(run, seed, n_epochs=50):
        pass
    return run


# --8<-- [end:copies]

if __name__ == "__main__":
    # --8<-- [start:splits]
    _train, _validation, new = overfitting.split(seed=2)
    for name, grouped in (("rows at random", False), ("whole orders", True)):
        run = copied_orders(2, grouped)
        in_use = overfitting.evaluate(run.model, *new)
        print(f"{name}: test {run.test_losses[-1]:.3f}, new orders {in_use:.3f}")
        print("  leak?   ", evidence(run))
        print("  overfit?", overfitting.evidence(run))
        assert (run.test_losses[-1] < in_use / 2) == (not grouped)
    # --8<-- [end:splits]


# --8<-- [start:scaling]
def rel_after_scaling(seed: int, before: bool) -> float:
    """Return rel with inputs scaled before the split, with all rows, or after it."""
    X, y = make_deliveries(seed=seed)
    X = scaled(X, X) if before else X
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=seed)
    if not before:
        X, X_test = scaled(X, X), scaled(X_test, X)
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05, seed=seed)
    network.fit(X, scaled(y, y), epochs=15, verbose=False)
    return relative_mse(network.predict(X_test), scaled(y_test, y))


# --8<-- [end:scaling]

if __name__ == "__main__":
    # --8<-- [start:scaling-effect]
    before, after = np.transpose(
        [
            [rel_after_scaling(seed, when) for when in (True, False)]
            for seed in range(20)
        ]
    )
    print(f"scaled before the split {before.mean():.4f}")
    print(f"scaled after the split  {after.mean():.4f}")
    print(f"before is better on {(before < after).sum()} of 20 seeds")
    assert abs(before.mean() - after.mean()) < 0.001
    # --8<-- [end:scaling-effect]

    # --8<-- [start:fixed-run]
    tested = relative_mse(honest.model.predict(honest.X_test), honest.y_test)
    print(f"test error, rel {tested:.4f}")
    print(f"error in use    {rel_in_use(honest):.4f}")
    assert not fails(honest)
    assert floor < tested < 0.1
    # --8<-- [end:fixed-run]


# --8<-- [start:guard]
def assert_no_leak(run: Run) -> None:
    """Raise AssertionError for a column that knows y, or a row on both sides."""
    assert np.abs(np.corrcoef(run.X.T, run.y.T)[-1, :-1]).max() < 0.99, "a column"
    assert not set(map(bytes, run.X)) & set(map(bytes, run.X_test)), "a row"


# --8<-- [end:guard]

if __name__ == "__main__":
    # --8<-- [start:guarded-runs]
    assert_no_leak(honest)
    try:
        assert_no_leak(leaking)
    except AssertionError as error:
        print("leak:", error)
    # --8<-- [end:guarded-runs]


# --8<-- [start:selection]
def rel_after_selection(seed: int, n_rows_seen: int) -> float:
    """Return rel of ten out of 1,000 random columns, selected with the first rows."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(100, 1000)), rng.normal(size=100)
    seen = slice(n_rows_seen)
    fit = np.abs(X[seen].T @ (y[seen] - y[seen].mean()))
    X = X[:, np.argsort(fit, kind="stable")[-10:]]
    w, *_ = np.linalg.lstsq(X[:50], y[:50], rcond=None)
    return relative_mse(X[50:] @ w, y[50:])


# --8<-- [end:selection]

if __name__ == "__main__":
    # --8<-- [start:selection-effect]
    for name, n in (("before the split, 100 rows", 100), ("after it, 50 rows", 50)):
        rels = [rel_after_selection(seed, n) for seed in range(20)]
        print(f"selected {name}: rel {np.mean(rels):.2f}")
        assert (np.mean(rels) < 0.8) == (n == 100)
    # --8<-- [end:selection-effect]
