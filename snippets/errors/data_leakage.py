"""Data leakage: what the network should not know when it is tested."""


# --8<-- [start:wrong]
def inputs_wrong(table, names, target):
    """Take all columns but the target."""
    return table[:, [name != target for name in names]]


# --8<-- [end:wrong]


# --8<-- [start:right]
def inputs(table, names, known):
    """Take what is known beforehand."""
    return table[:, [name in known for name in names]]


# --8<-- [end:right]


# --8<-- [start:wrong-split]
from sklearn.model_selection import train_test_split


def split_wrong(X, y):
    """Tear a group's rows apart."""
    return train_test_split(X, y, test_size=0.2, random_state=0)


# --8<-- [end:wrong-split]


# --8<-- [start:right-split]
from sklearn.model_selection import GroupShuffleSplit


def split(X, y, groups):
    """Keep each group on one side."""
    splitter = GroupShuffleSplit(1, test_size=0.2, random_state=0)
    train, test = next(splitter.split(X, y, groups))
    return X[train], X[test], y[train], y[test]


# --8<-- [end:right-split]


# --8<-- [start:prevention]
import numpy as np


def assert_no_leak(X, y, X_test):
    """Refuse a column that knows y (n, 1), and a row on both sides."""
    assert np.abs(np.corrcoef(X.T, y.T)[-1, :-1]).max() < 0.99, "a column knows y"
    assert not set(map(bytes, X)) & set(map(bytes, X_test)), "a row on both sides"


# --8<-- [end:prevention]


# --8<-- [start:imports]
import matplotlib.pyplot as plt
from sklearn.model_selection import ShuffleSplit

from snippets.chapters.gradient_descent import NeuralNetwork, scaled
from snippets.delivery import COLUMNS, make_deliveries
from snippets.errors.laboratory import Run, deliveries, relative_mse

# --8<-- [end:imports]


# --8<-- [start:orders]
NAMES = (*COLUMNS, "pay", "minutes")


def orders(seed: int) -> np.ndarray:
    """Return deliveries with the courier's pay and the minutes, a table (2000, 6).

    Pay is 3 rupees a minute, rounded to ten rupees.
    """
    X, y = make_deliveries(seed=seed)
    pay = 10 * np.round(3 * y / 10)
    return np.hstack([X, pay, y])


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
    """Train with every column of the table but the minutes."""
    table = orders(seed)
    return train(inputs_wrong(table, NAMES, "minutes"), table[:, -1:], seed)


def fixed(seed: int = 0) -> Run:
    """Train with the columns that are known before the delivery."""
    table = orders(seed)
    return train(inputs(table, NAMES, COLUMNS), table[:, -1:], seed)


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
    print(f"noise floor                {floor:.4f}")
    for name, run in (("every column", leaking), ("known beforehand", honest)):
        tested = relative_mse(run.model.predict(run.X_test), run.y_test)
        print(f"{name:16}  test rel {tested:.4f}, in use {rel_in_use(run):.4f}")
        assert (tested < floor / 2) == (run is leaking)
    assert fails(leaking)
    assert not fails(honest)
    # --8<-- [end:symptom]

if __name__ == "__main__":
    # --8<-- [start:correlations]
    for k, name in enumerate((*COLUMNS, "pay")):
        correlation = np.corrcoef(leaking.X[:, k], leaking.y[:, 0])[0, 1]
        print(f"{name:8} {correlation:7.4f}")
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

    # --8<-- [start:guarded-runs]
    assert_no_leak(honest.X, honest.y, honest.X_test)
    order = np.tile(np.arange(100), 4)
    X, y = honest.X[order], honest.y[order]
    X_kept, X_test, y_kept, _y_test = split(X, y, order)
    assert_no_leak(X_kept, y_kept, X_test)
    X_torn, X_test, y_torn, _y_test = split_wrong(X, y)
    for case in ((leaking.X, leaking.y, leaking.X_test), (X_torn, y_torn, X_test)):
        try:
            assert_no_leak(*case)
        except AssertionError as error:
            print("leak:", error)
    # --8<-- [end:guarded-runs]


# --8<-- [start:copies]
import torch

from snippets.errors.laboratory import epochs, evaluate, few_rows, start


def copied_orders(seed: int, grouped: bool) -> Run:
    """Train on 100 orders, each stored four times; grouped keeps an order together."""
    data, order = deliveries(seed), np.tile(np.arange(100), 4)
    kind = GroupShuffleSplit if grouped else ShuffleSplit
    splitter = kind(1, test_size=0.2, random_state=seed)
    parts = splitter.split(order, groups=order if grouped else None)
    rows, test_rows = (order[part] for part in next(parts))
    run = start(seed)
    run.X, run.y = torch.tensor(data.X[rows]), torch.tensor(data.y[rows])
    run.X_test, run.y_test = map(torch.tensor, (data.X[test_rows], data.y[test_rows]))
    for _validation_loss in epochs(run, seed, n_epochs=50):
        pass
    return run


# --8<-- [end:copies]

if __name__ == "__main__":
    # --8<-- [start:splits]
    _train, _validation, new = few_rows(seed=2)
    for name, grouped in (("rows at random", False), ("whole orders", True)):
        run = copied_orders(2, grouped)
        in_use = evaluate(run.model, *new)
        print(f"{name}: training loss {run.losses[-1]:.3f}")
        print(f"  test     {run.test_losses[-1]:.3f}, new orders {in_use:.3f}")
        known = {row.tobytes() for row in run.X.numpy()}
        twins = np.mean([row.tobytes() in known for row in run.X_test.numpy()])
        print(f"  twins    {twins:.0%} of the test rows are training rows")
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
