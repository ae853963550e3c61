"""Rows in sorted order: a network that leans towards the last batches it saw."""

# --8<-- [start:wrong]
from torch.utils.data import DataLoader


def in_file_order(dataset):
    """Return batches in file order."""
    return DataLoader(dataset, batch_size=16)


# --8<-- [end:wrong]


# --8<-- [start:right]
def in_random_order(dataset):
    """Return batches, each epoch anew."""
    return DataLoader(dataset, shuffle=True, batch_size=16)


# --8<-- [end:right]


# --8<-- [start:numpy-right]
import numpy as np


def shuffled(X, y, rng):
    """Return X and y in one new order."""
    rows = rng.permutation(len(X))
    return X[rows], y[rows]


# --8<-- [end:numpy-right]


# --8<-- [start:guard]
def assert_mixed(y, batch_size=64):
    """Raise AssertionError if y (n,), in the order of training, drifts."""
    n_batches = len(y) // batch_size
    means = y[: n_batches * batch_size].reshape(n_batches, -1).mean(axis=1)
    errors = np.ptp(means) / (y.std() / np.sqrt(batch_size))
    assert errors < 12, "shuffle the rows before they are cut into batches"


# --8<-- [end:guard]


# --8<-- [start:imports]
import copy
from collections.abc import Callable, Iterator

import matplotlib.pyplot as plt

from snippets.chapters.backpropagation import mse
from snippets.chapters.gradient_descent import NeuralNetwork
from snippets.delivery import COLUMNS
from snippets.errors.laboratory import Data, Run, deliveries, relative_mse

# --8<-- [end:imports]


if __name__ == "__main__":
    # --8<-- [start:classes]
    from functools import partial

    import torch
    from sklearn.datasets import load_digits
    from torch.utils.data import TensorDataset

    from snippets.errors.laboratory import torch_network

    digits = load_digits()
    images = torch.tensor(digits.images / 16).flatten(1)  # (1797, 64)
    classes = torch.tensor(digits.target)
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(0))
    test, rest = order[:397], order[397:]
    by_class = rest[torch.argsort(classes[rest], stable=True)]
    sorted_digits = TensorDataset(images[by_class], classes[by_class])

    def digit_run(make_loader: Callable, optimiser: Callable) -> list[float]:
        """Train for 10 epochs; return the loss of the last epoch's batches, that of
        all rows, the share of right answers, and that of eights and nines.
        """
        model = torch_network(64, 32, 10, dtype=torch.float64)
        optimizer = optimiser(model.parameters())
        loss_function = torch.nn.CrossEntropyLoss()
        for _epoch in range(10):
            losses = []
            for X, y in make_loader(sorted_digits):
                loss = loss_function(model(X), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
        with torch.no_grad():
            of_all = loss_function(model(images[rest]), classes[rest]).item()
            predicted = model(images[test]).argmax(dim=1)
        right = (predicted == classes[test]).double().mean().item()
        late = (predicted >= 8).double().mean().item()
        return [np.mean(losses), of_all, right, late]

    sgd, adam = partial(torch.optim.SGD, lr=0.1), partial(torch.optim.Adam, lr=0.01)
    print("order            loss: batches  all rows  right  8 or 9")
    for method, optimiser in (("SGD", sgd), ("Adam", adam)):
        for make_loader in (in_file_order, in_random_order):
            torch.manual_seed(0)
            of_batches, of_all, right, late = digit_run(make_loader, optimiser)
            print(f"{make_loader.__name__:15} {method:4} {of_batches:8.1f}", end=" ")
            print(f"{of_all:9.1f} {right:6.0%} {late:7.0%}")
            assert (right < 0.5) if make_loader is in_file_order else (right > 0.9)
    # --8<-- [end:classes]


# --8<-- [start:sorted-deliveries]
def sorted_deliveries(seed: int = 0) -> Data:
    """Return deliveries whose training rows stand in the order of their minutes."""
    data = deliveries(seed)
    rows = np.argsort(data.y[:, 0], kind="stable")
    return data._replace(X=data.X[rows], y=data.y[rows])


# --8<-- [end:sorted-deliveries]


# --8<-- [start:steps]
def steps(
    network: NeuralNetwork, X: np.ndarray, y: np.ndarray, batch_size: int = 64
) -> Iterator[None]:
    """Take one step on each batch of rows, as they stand; yield after each step."""
    for start in range(0, len(X), batch_size):
        network.forward(X[start : start + batch_size])
        dW, db = network.backward(y[start : start + batch_size])
        for parameter, gradient in zip(network.W + network.b, dW + db, strict=True):
            parameter -= network.learning_rate * gradient
        yield


# --8<-- [end:steps]


# --8<-- [start:loop]
def train(
    data: Data,
    order: Callable[[], np.ndarray],
    seed: int,
    epochs: int = 20,
    learning_rate: float = 0.05,
    batch_size: int = 64,
) -> Run:
    """Train; `order()` returns the row numbers of an epoch.

    The run keeps X and y as they stood in the last epoch.
    """
    network = NeuralNetwork([4, 16, 8, 1], learning_rate, seed)
    run = Run(network, X_test=data.X_test, y_test=data.y_test)
    for _epoch in range(epochs):
        rows = order()
        run.X, run.y = data.X[rows], data.y[rows]
        for _step in steps(network, run.X, run.y, batch_size):
            pass
        run.losses.append(mse(network.predict(run.X), run.y))
    return run


# --8<-- [end:loop]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Read the rows as they stand in the file, in every epoch."""
    return train(sorted_deliveries(seed), lambda: np.arange(1600), seed)


# --8<-- [end:broken]


# --8<-- [start:scores]
def bias(run: Run) -> float:
    """Return by how much the mean prediction for the test rows is too high."""
    return float(np.mean(run.model.predict(run.X_test) - run.y_test))


def rel(run: Run) -> float:
    """Return the test MSE over the variance of the test targets."""
    return relative_mse(run.model.predict(run.X_test), run.y_test)


# --8<-- [end:scores]


if __name__ == "__main__":
    # --8<-- [start:symptom]
    bad = broken()
    for epoch in (1, 2, 5, 10, 20):
        print(f"epoch {epoch:2}: loss {bad.losses[epoch - 1]:.3f}")
    print(f"test MSE / variance: {rel(bad):.3f}")
    print(f"mean prediction: {bias(bad):+.2f} standard deviations off")
    # --8<-- [end:symptom]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Read the rows of the same file in a new random order in every epoch."""
    rng = np.random.default_rng(seed)
    return train(sorted_deliveries(seed), lambda: rng.permutation(1600), seed)


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:sawtooth]
    good = fixed()
    _fig, ax = plt.subplots()
    for run, style, name in ((bad, "C1-", "sorted"), (good, "C0--", "shuffled")):
        twin, biases = copy.deepcopy(run), []
        for _epoch in range(3):
            for _step in steps(twin.model, twin.X, twin.y):
                biases.append(bias(twin))
        ax.plot(np.arange(1, 76), biases, style, label=name)
        print(f"{name:8}: from {min(biases):+.2f} to {max(biases):+.2f}")
    for end in (25, 50, 75):
        ax.axvline(end, color="C5", linewidth=0.8)
    ax.set(xlabel="step (25 are an epoch)", ylabel="test bias (std of y)")
    ax.set_ylim(-0.15, 0.37)
    ax.legend(loc="upper center", ncols=2)
    plt.show()
    # --8<-- [end:sawtooth]

    # --8<-- [start:three-orders]
    def in_file() -> np.ndarray:
        """Return the row numbers as they stand."""
        return np.arange(1600)

    def print_orders(data: Data, keys: dict[str, np.ndarray]) -> None:
        """Print what the loop without shuffling does with data sorted by each key."""
        print("sorted by           rel   bias")
        for name, key in keys.items():
            rows = np.argsort(key.ravel(), kind="stable")
            run = train(data._replace(X=data.X[rows], y=data.y[rows]), in_file, 0)
            print(f"{name:16}  {rel(run):.3f}  {bias(run):+.2f}")

    data = deliveries()
    X_one = np.hstack([data.X, np.ones((1600, 1))])  # (1600, 5)
    explained = X_one @ np.linalg.lstsq(X_one, data.y)[0]  # (1600, 1)
    noise = data.y - explained
    print_orders(data, {"minutes": data.y, "explained": explained, "noise": noise})
    # --8<-- [end:three-orders]


# --8<-- [start:span]
def span(y: np.ndarray, batch_size: int = 64) -> float:
    """Return how far apart the means of the batches of y (n,) are, in standard errors.

    The rows count as they stand. Random order gives about 4 for 25 batches.
    """
    n_batches = len(y) // batch_size
    means = y[: n_batches * batch_size].reshape(n_batches, -1).mean(axis=1)
    return float(np.ptp(means) / (y.std() / np.sqrt(batch_size)))


# --8<-- [end:span]


if __name__ == "__main__":
    # --8<-- [start:spans]
    for name, run in (("sorted", bad), ("shuffled", good)):
        y = run.y[:, 0]
        neighbours = np.corrcoef(y[:-1], y[1:])[0, 1]
        print(f"{name:8}: first batch {y[:64].mean():+.2f}, last {y[-64:].mean():+.2f}")
        print(f"  batch means span {span(y):4.1f} standard errors")
        print(f"  correlation of neighbouring targets {neighbours:5.2f}")
    # --8<-- [end:spans]


if __name__ == "__main__":
    # --8<-- [start:class-span]
    loaders = {
        "sorted": in_file_order(sorted_digits),
        "shuffled": in_random_order(sorted_digits),
    }
    for name, loader in loaders.items():
        torch.manual_seed(0)
        y = torch.cat([y for _X, y in loader]).numpy()
        print(f"{name}: classes in the first batch {np.unique(y[:64])}")
        print(f"  batch means span {span(y.astype(float)):.0f} standard errors")
    # --8<-- [end:class-span]


# --8<-- [start:buffer]
def buffered(n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return the order (n,) that a shuffle buffer makes of rows read in file order."""
    buffer, order = list(range(size)), []
    for row in range(size, n):
        place = rng.integers(size)
        order.append(buffer[place])
        buffer[place] = row
    return np.array(order + rng.permutation(buffer).tolist())


# --8<-- [end:buffer]


if __name__ == "__main__":
    # --8<-- [start:alternatives]
    data, rng = sorted_deliveries(), np.random.default_rng(0)
    once = rng.permutation(1600)
    ways = {
        "each epoch": good,
        "once, before training": train(data, lambda: once, 0),
        "buffer of 800": train(data, lambda: buffered(1600, 800, rng), 0),
        "buffer of 600": train(data, lambda: buffered(1600, 600, rng), 0),
        "buffer of 100": train(data, lambda: buffered(1600, 100, rng), 0),
        "sorted": bad,
        "sorted, 60 epochs": train(data, in_file, 0, epochs=60),
        "sorted, lr 0.005": train(data, in_file, 0, epochs=200, learning_rate=0.005),
        "sorted, full batch": train(data, in_file, 0, epochs=500, batch_size=1600),
    }
    print("shuffled                 rel   bias  span  an order?")
    for name, run in ways.items():
        drift = f"{span(run.y[:, 0]):4.1f}  {'yes' if span(run.y[:, 0]) > 12 else 'no'}"
        print(f"{name:22}  {rel(run):.3f}  {bias(run):+.2f}  {drift}")
    # --8<-- [end:alternatives]


# --8<-- [start:contract]
def fails(run: Run) -> bool:
    """Tell whether the mean prediction is more than 0.12 standard deviations off."""
    return abs(bias(run)) > 0.12


# --8<-- [end:contract]


if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    for name, run in (("sorted", bad), ("shuffled", good)):
        print(f"{name:8}: rel {rel(run):.3f}, bias {bias(run):+.2f}")
    assert fails(bad)
    assert not fails(good)
    assert rel(good) < 0.1 < rel(bad)
    # --8<-- [end:fixed-run]

    # --8<-- [start:guarded]
    assert_mixed(good.y[:, 0])
    try:
        assert_mixed(bad.y[:, 0])
    except AssertionError as error:
        print(error)
    # --8<-- [end:guarded]

    # --8<-- [start:loaders]
    from torch.utils.data import RandomSampler

    for make_loader in (in_file_order, in_random_order):
        torch.manual_seed(0)
        loader = make_loader(TensorDataset(torch.tensor(data.X), torch.tensor(data.y)))
        y = torch.cat([y_batch for _X_batch, y_batch in loader]).numpy()
        is_random = isinstance(loader.sampler, RandomSampler)
        print(f"{make_loader.__name__}: RandomSampler {is_random}, {span(y[:, 0]):.0f}")
        assert (span(y[:, 0]) < 12) == is_random
    X_new, y_new = shuffled(data.X, data.y, np.random.default_rng(0))
    assert span(y_new[:, 0]) < 12
    assert {*map(tuple, X_new)} == {*map(tuple, data.X)}
    # --8<-- [end:loaders]

    # --8<-- [start:other-orders]
    keys = {"minutes, falling": -data.y} | dict(zip(COLUMNS, data.X.T, strict=True))
    print_orders(data, keys)
    # --8<-- [end:other-orders]
