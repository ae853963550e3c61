"""What every error page starts from: data, a network, a training loop, a record."""

# --8<-- [start:data]
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from sklearn.model_selection import train_test_split
from torch import nn

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
    """What a training run leaves behind, for `diagnose` to look at."""

    model: object = None
    X: object = None  # as the model got it
    y: object = None
    losses: list[float] = field(default_factory=list)  # one an epoch, or a step
    X_test: object = None
    y_test: object = None
    test_losses: list[float] = field(default_factory=list)
    loss: Callable | None = None
    optimizer: torch.optim.Optimizer | None = None
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


# --8<-- [end:training]

if __name__ == "__main__":
    # --8<-- [start:healthy-run]
    data = deliveries(seed=0)
    run = train(torch_network(4, 16, 8, 1, seed=0), data)
    with torch.no_grad():
        predictions = run.model(run.X_test).numpy()
    print(f"first epoch {run.losses[0]:.3f}, last epoch {run.losses[-1]:.3f}")
    print(f"test MSE / variance: {relative_mse(predictions, data.y_test):.3f}")
    # --8<-- [end:healthy-run]
