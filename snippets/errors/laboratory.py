"""What every error page starts from: data, a network, a training loop, a record."""

# --8<-- [start:data]
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

from snippets.delivery import make_deliveries

torch.set_num_threads(1)


class Data(NamedTuple):
    """Standardised deliveries: 1,600 rows to train on and 400 to test with."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def scaled(X: np.ndarray, y: np.ndarray, seed: int) -> Data:
    """Split X (n, 4) and y (n, 1), and scale both by the training rows' numbers."""
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.2, random_state=seed)
    mean, std = X.mean(axis=0), X.std(axis=0)
    y_mean, y_std = y.mean(), y.std()
    return Data(
        (X - mean) / std,
        (y - y_mean) / y_std,
        (X_test - mean) / std,
        (y_test - y_mean) / y_std,
    )


def deliveries(seed: int = 0, surge: float = 0.0) -> Data:
    """Return the deliveries of a seed, split and scaled."""
    return scaled(*make_deliveries(seed=seed, surge=surge), seed)


def relative_mse(predictions: np.ndarray, y: np.ndarray) -> float:
    """Return the MSE over the variance of y: predicting the mean scores 1."""
    return float(np.mean((predictions - y) ** 2) / np.var(y))


# --8<-- [end:data]


# --8<-- [start:run]
@dataclass
class Run:
    """What a training run leaves behind, for a measurement to look at."""

    model: object = None
    X: object = None  # as the model got it
    y: object = None
    losses: list[float] = field(default_factory=list)  # one an epoch, or a step
    X_test: object = None
    y_test: object = None
    test_losses: list[float] = field(default_factory=list)
    loss: Callable | None = None
    optimizer: object = None
    error: Exception | None = None
    extra: dict[str, object] = field(default_factory=dict)


# --8<-- [end:run]


# --8<-- [start:network]
def tensors(data: Data, dtype: torch.dtype = torch.float32) -> list[torch.Tensor]:
    """Return the four arrays as tensors."""
    return [torch.tensor(array, dtype=dtype) for array in data]


def torch_network(
    *sizes: int,
    seed: int = 0,
    activation: type = nn.ReLU,
    dtype: torch.dtype = torch.float32,
) -> nn.Module:
    """Return Linear layers of these sizes with an activation between them."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out, dtype=dtype), activation()]
    return nn.Sequential(*layers[:-1])


# --8<-- [end:network]


# --8<-- [start:training]
def batches(n: int, batch_size: int, seed: int) -> Iterator[torch.Tensor]:
    """Yield the row numbers of one shuffled epoch, a mini-batch at a time."""
    generator = torch.Generator().manual_seed(seed)
    yield from torch.randperm(n, generator=generator).split(batch_size)


def fit(run: Run, epochs: int, seed: int) -> Run:
    """Train a run's model with its loss and optimiser on mini-batches of 64."""
    for epoch in range(epochs):
        total = 0.0
        for rows in batches(len(run.X), 64, seed * 1000 + epoch):
            batch_loss = run.loss(run.model(run.X[rows]), run.y[rows])
            run.optimizer.zero_grad()
            batch_loss.backward()
            run.optimizer.step()
            total += batch_loss.item() * len(rows)
        run.losses.append(total / len(run.X))
    return run


def train(
    model: nn.Module, data: Data, *, lr: float = 0.05, epochs: int = 60, seed: int = 0
) -> Run:
    """Train with SGD and MSE; return the run."""
    X, y, X_test, y_test = tensors(data)
    optimizer, loss = torch.optim.SGD(model.parameters(), lr=lr), nn.MSELoss()
    run = Run(model, X, y, X_test=X_test, y_test=y_test, loss=loss, optimizer=optimizer)
    return fit(run, epochs, seed)


def score(run: Run) -> float:
    """Return the test MSE over the variance of y."""
    with torch.no_grad():
        predictions = run.model(run.X_test)
    return relative_mse(predictions.numpy(), run.y_test.numpy())


# --8<-- [end:training]


# --8<-- [start:few-rows]
class Rows(NamedTuple):
    """Inputs X (n, 4) and targets y (n, 1)."""

    X: Tensor
    y: Tensor


def few_rows(seed: int, n: int = 80) -> tuple[Rows, Rows, Rows]:
    """Return n rows to train on, 100 to validate with, and 400 to test with."""
    X, y, X_test, y_test = tensors(deliveries(seed), torch.float64)
    train = Rows(X[100 : 100 + n], y[100 : 100 + n])
    return train, Rows(X[:100], y[:100]), Rows(X_test, y_test)


def evaluate(model: nn.Module, X: Tensor, y: Tensor) -> float:
    """Return the MSE of a model in use: no dropout, no gradients."""
    model.eval()
    with torch.no_grad():
        return ((model(X) - y) ** 2).mean().item()


def start(seed: int, n: int = 80) -> Run:
    """Return the run of an untrained network that is to learn from n rows."""
    train, validation, test = few_rows(seed, n)
    model = torch_network(4, 48, 48, 48, 1, seed=seed, dtype=torch.float64)
    run = Run(model, *train, X_test=test.X, y_test=test.y, loss=nn.MSELoss())
    run.optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    run.extra["validation"] = validation
    return run


def epochs(run: Run, seed: int, n_epochs: int = 200) -> Iterator[float]:
    """Train epoch by epoch; yield the validation loss after each."""
    for epoch in range(n_epochs):
        run.model.train()
        for rows in batches(len(run.X), 80, seed * 1000 + epoch):
            loss = run.loss(run.model(run.X[rows]), run.y[rows])
            run.optimizer.zero_grad()
            loss.backward()
            run.optimizer.step()
        run.losses.append(evaluate(run.model, run.X, run.y))
        run.test_losses.append(evaluate(run.model, run.X_test, run.y_test))
        yield evaluate(run.model, *run.extra["validation"])


# --8<-- [end:few-rows]


# --8<-- [start:other-data]
def raw_deliveries(seed: int = 0) -> Data:
    """Return the laboratory's deliveries with X as it was: km, minutes, rupees."""
    X, _minutes = make_deliveries(seed=seed)
    X, X_test = train_test_split(X, test_size=0.2, random_state=seed)
    return deliveries(seed)._replace(X=X, X_test=X_test)


def crossed_minutes(X: np.ndarray) -> np.ndarray:
    """Return the minutes (n, 1) of X (n, 4) when empty and full roads both delay."""
    distance, traffic, prep, _value = X.T
    minutes = 8.6 + 3 * distance * np.abs(traffic - 5.5) / 2 + 0.3 * prep
    return minutes.reshape(-1, 1)


def crossed_deliveries(seed: int = 0) -> Data:
    """Return deliveries timed by that rule, scaled by the training rows' numbers."""
    X, _minutes = make_deliveries(seed=seed)
    noise = np.random.default_rng([seed, 1]).normal(0, 2, (len(X), 1))
    return scaled(X, crossed_minutes(X) + noise, seed)


def least_squares(data: Data) -> float:
    """Return the test MSE over the variance of y of the best straight line."""
    A, A_test = (np.column_stack([X, np.ones(len(X))]) for X in (data.X, data.X_test))
    weights = np.linalg.lstsq(A, data.y)[0]  # (n_in + 1, 1)
    return relative_mse(A_test @ weights, data.y_test)


# --8<-- [end:other-data]


# --8<-- [start:questions]
def message(call: Callable[[], object]) -> str:
    """Return what the exception of a call says."""
    try:
        call()
    except (AttributeError, IndexError, RuntimeError, TypeError, ValueError) as error:
        return str(error)
    raise AssertionError("the call raises nothing")


def operations(tensor: Tensor) -> set:
    """Return the operations in the graph behind a tensor."""
    seen, todo = set(), [tensor.grad_fn]
    while todo:
        node = todo.pop()
        if node is not None and node not in seen:
            seen.add(node)
            todo += [before for before, _ in node.next_functions]
    return seen


def learning_rate(run: Run) -> float:
    """Return the learning rate of a NumPy network or of SGD, else NaN."""
    if isinstance(run.optimizer, torch.optim.SGD):
        return run.optimizer.param_groups[0]["lr"]
    return getattr(run.model, "learning_rate", np.nan)


# --8<-- [end:questions]

if __name__ == "__main__":
    # --8<-- [start:healthy-run]
    data = deliveries(seed=0)
    run = train(torch_network(4, 16, 8, 1, seed=0), data)
    with torch.no_grad():
        predictions = run.model(run.X_test).numpy()
    print(f"first epoch {run.losses[0]:.3f}, last epoch {run.losses[-1]:.3f}")
    print(f"test MSE / variance: {relative_mse(predictions, data.y_test):.3f}")
    # --8<-- [end:healthy-run]
