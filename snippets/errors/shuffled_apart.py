"""Inputs and targets shuffled apart: every row gets another row's answer."""


# --8<-- [start:wrong]
def shuffled_wrong(X, y, rng):
    """Draw an order for each."""
    return rng.permutation(X), rng.permutation(y)


# --8<-- [end:wrong]


# --8<-- [start:right]
def shuffled(X, y, rng):
    """Use one order for both."""
    order = rng.permutation(len(X))
    return X[order], y[order]


# --8<-- [end:right]


# --8<-- [start:prevention]
import numpy as np


def assert_same_rows(numbers_X, numbers_y):
    """Refuse sides whose row numbers, given when the data were loaded, differ."""
    differ = np.sum(numbers_X != numbers_y)
    assert differ == 0, f"{differ} of {len(numbers_X)} rows have another row's target"


# --8<-- [end:prevention]


# --8<-- [start:imports]
import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split

from snippets.chapters.gradient_descent import NeuralNetwork, scaled
from snippets.delivery import COLUMNS, make_deliveries
from snippets.errors.laboratory import Run, relative_mse

# --8<-- [end:imports]


# --8<-- [start:training]
def train(
    X: np.ndarray,
    y: np.ndarray,
    seed: int,
    hidden: tuple[int, int] = (16, 8),
    epochs: int = 20,
) -> Run:
    """Split the pairs of X (n, 4) and y (n, 1), scale them with the training rows."""
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=seed)
    network = NeuralNetwork([4, *hidden, 1], learning_rate=0.05, seed=seed)
    run = Run(network, scaled(X, X), scaled(y, y))
    run.X_test, run.y_test = scaled(X_test, X), scaled(y_test, y)
    run.losses = network.fit(run.X, run.y, epochs=epochs, verbose=False)
    return run


# --8<-- [end:training]


# --8<-- [start:score]
def rel(run: Run) -> float:
    """Return the test MSE over the variance of the test targets."""
    return relative_mse(run.model.predict(run.X_test), run.y_test)


# --8<-- [end:score]


# --8<-- [start:shuffling]
def broken(seed: int = 0) -> Run:
    """Shuffle the inputs, then the targets."""
    rng = np.random.default_rng(seed)
    return train(*shuffled_wrong(*make_deliveries(seed=seed), rng), seed)


# --8<-- [end:shuffling]

if __name__ == "__main__":
    # --8<-- [start:symptom]
    bad = broken()
    for epoch in (1, 2, 5, 10, 20):
        print(f"epoch {epoch:2}: loss {bad.losses[epoch - 1]:.3f}")
    print(f"test MSE / variance: {rel(bad):.3f}")
    spread = bad.model.predict(bad.X_test).std()
    print(f"standard deviation of the predictions: {spread:.2f}")
    # --8<-- [end:symptom]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Shuffle inputs and targets with one permutation."""
    rng = np.random.default_rng(seed)
    return train(*shuffled(*make_deliveries(seed=seed), rng), seed)


# --8<-- [end:fixed]


# --8<-- [start:contract]
def fails(run: Run) -> bool:
    """Tell whether the network is hardly better than the mean on the test rows."""
    return rel(run) > 0.9


# --8<-- [end:contract]

if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    good = fixed()
    for name, run in (("apart", bad), ("together", good)):
        print(f"{name:8}: loss {run.losses[-1]:.3f}, rel {rel(run):.3f}")
    assert fails(bad)
    assert not fails(good)
    assert rel(good) < 0.1
    # --8<-- [end:fixed-run]

    # --8<-- [start:pairs]
    X, y = make_deliveries(seed=0)
    rng = np.random.default_rng(0)
    order_X, order_y = rng.permutation(len(X)), rng.permutation(len(y))
    print("input from row", order_X[:5])
    print("target from row", order_y[:5])
    print("rows that kept their target:", np.sum(order_X == order_y))
    # --8<-- [end:pairs]

    # --8<-- [start:scatter]
    _fig, axes = plt.subplots(1, 2, sharey=True)
    for ax, run, name in zip(axes, (good, bad), ("together", "apart"), strict=True):
        ax.plot(run.X[:300, 0], run.y[:300], "C0." if run is good else "C1.")
        ax.set(xlabel="distance", title=name)
    axes[0].set_ylabel("minutes (standardised)")
    plt.show()
    # --8<-- [end:scatter]

    # --8<-- [start:one-batch]
    zeros = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05)
    for W in zeros.W:
        W[:] = 0
    he = [NeuralNetwork([4, 16, 8, 1], learning_rate=0.05) for _run in (bad, good)]
    cases = {"apart": (he[0], bad), "together": (he[1], good), "zero W": (zeros, good)}
    for name, (small, run) in cases.items():
        losses = small.fit(run.X[:8], run.y[:8], epochs=2000, verbose=False)
        print(f"{name:8}: 8 rows learned by heart: {losses[-1] < 1e-6}")
        assert (losses[-1] < 1e-6) == (small is not zeros)
    # --8<-- [end:one-batch]

    # --8<-- [start:correlations]
    print("          " + "".join(f"{name:>10}" for name in COLUMNS))
    for name, run in (("apart", bad), ("together", good)):
        correlations = np.corrcoef(run.X.T, run.y.T)[-1, :-1]  # (4,)
        print(f"{name:10}" + "".join(f"{value:10.2f}" for value in correlations))
    # --8<-- [end:correlations]


# --8<-- [start:relations]
def explained(X: np.ndarray, y: np.ndarray) -> float:
    """Return the share of the variance of y (n, 1) that least squares explains."""
    X, y = X - X.mean(axis=0), y - y.mean()
    weights = np.linalg.lstsq(X, y)[0]  # (n_in, 1)
    return float(1 - np.sum((y - X @ weights) ** 2) / np.sum(y**2))


def neighbour_ratio(X: np.ndarray, y: np.ndarray) -> float:
    """Return how different the targets of nearest rows are; 1 as for random pairs."""
    squares = np.sum(X**2, axis=1)
    distances = squares[:, None] + squares - 2 * X @ X.T  # (n, n)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)  # (n,)
    return float(np.mean((y - y[nearest]) ** 2) / (2 * y.var()))


# --8<-- [end:relations]

if __name__ == "__main__":
    # --8<-- [start:measured-relations]
    X, nothing = good.X, rng.normal(size=(1600, 1))
    cases = {
        "together": (X, good.y),
        "apart": (bad.X, bad.y),
        "one row off": (X, np.roll(good.y, 1, axis=0)),
        "y = |distance|": (X, np.abs(X[:, :1])),
        "y is only noise": (X, nothing),
    }
    print("                 explained  neighbours")
    for name, (X, y) in cases.items():
        ratio = neighbour_ratio(X[:400], y[:400])
        print(f"{name:16} {explained(X, y):10.4f}  {ratio:10.2f}")
    # --8<-- [end:measured-relations]

if __name__ == "__main__":
    # --8<-- [start:alternatives]
    from sklearn.utils import shuffle

    X, y = make_deliveries(seed=0)
    table = np.random.default_rng(0).permutation(np.hstack([X, y]))  # (2000, 5)
    twins = [np.random.default_rng(0).permutation(part) for part in (X, y)]
    apart = [rng.permutation(X), rng.permutation(y)]
    ways = {
        "one order, X[order], y[order]": good,
        "sklearn.utils.shuffle(X, y)": train(*shuffle(X, y, random_state=0), 0),
        "one table of X and y": train(table[:, :4], table[:, 4:], 0),
        "two generators, one seed": train(*twins, 0),
        "no shuffling": train(X, y, 0),
        "apart": bad,
        "apart, 100 epochs": train(*apart, 0, epochs=100),
        "apart, 64 and 32 units": train(*apart, 0, hidden=(64, 32), epochs=100),
    }
    print("way                              loss    rel")
    for name, run in ways.items():
        print(f"{name:30}  {run.losses[-1]:.3f}  {rel(run):.3f}")
    # --8<-- [end:alternatives]

    # --8<-- [start:row-numbers]
    X, y = make_deliveries(seed=0)
    number = np.arange(len(X))[:, None]  # one for each delivery, (n, 1)
    table_X, table_y = np.hstack([number, X]), np.hstack([number, y])
    for shuffle_rows in (shuffled, shuffled_wrong):
        X_rows, y_rows = shuffle_rows(table_X, table_y, np.random.default_rng(0))
        try:
            assert_same_rows(X_rows[:, 0], y_rows[:, 0])
            print("passed")
        except AssertionError as error:
            print("AssertionError:", error)
    # --8<-- [end:row-numbers]

    # --8<-- [start:strongest]
    for name, run in (("apart", bad), ("together", good)):
        strongest = np.abs(np.corrcoef(run.X.T, run.y.T)[-1, :-1]).max()
        print(f"{name}: strongest correlation {strongest:.2f}")
    # --8<-- [end:strongest]

    # --8<-- [start:shifted]
    X, y = make_deliveries(seed=0)
    y_shifted = np.roll(y, 7, axis=0)  # the target of row 0 now stands in row 7
    shares = [explained(X, np.roll(y_shifted, -shift, axis=0)) for shift in range(50)]
    best = int(np.argmax(shares))
    print(f"shift {best}: {shares[best]:.3f}")
    print(f"second best: {sorted(shares)[-2]:.3f}")
    assert np.array_equal(np.roll(y_shifted, -best, axis=0), y)
    # --8<-- [end:shifted]

    # --8<-- [start:every-epoch]
    network = NeuralNetwork([4, 64, 32, 1], learning_rate=0.05)
    for _epoch in range(100):
        X, y = rng.permutation(good.X), rng.permutation(good.y)
        losses = network.fit(X, y, epochs=1, verbose=False)
    print(f"apart once:           {ways['apart, 64 and 32 units'].losses[-1]:.3f}")
    print(f"apart in every epoch: {losses[-1]:.3f}")
    # --8<-- [end:every-epoch]
