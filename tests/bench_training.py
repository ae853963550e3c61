"""Time the training of our two classes against other programs: `make bench`.

One thread, processor time, alternating rounds, medians. The page shows the table that
this writes to docs/outputs/measured/training.md; the tests do not compare its times.
"""

import itertools
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from sklearn.neural_network import MLPRegressor
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from docs.plugins.pages import DOCS, relative
from snippets.chapters.forward_pass import standardise
from snippets.chapters.gradient_descent import NeuralNetwork, train
from snippets.deeper.make_it_fast import FastNeuralNetwork
from snippets.delivery import make_deliveries
from tests.execution import replace_files

RECORD = DOCS / "outputs" / "measured" / "training.md"
ROUNDS = 5
BATCH_SIZE = 64
LEARNING_RATE = 0.005
SIZES = {  # layer sizes, rows, epochs
    "4-16-8-1, 1,600 rows": ([4, 16, 8, 1], 1600, 40),
    "4-64-32-1, 1,600 rows": ([4, 64, 32, 1], 1600, 20),
    "4-256-128-1, 1,600 rows": ([4, 256, 128, 1], 1600, 8),
    "4-512-256-1, 1,600 rows": ([4, 512, 256, 1], 1600, 4),
    "4-16-8-1, 2,000 rows": ([4, 16, 8, 1], 2000, 40),
    "4-16-8-1, 20,000 rows": ([4, 16, 8, 1], 20_000, 4),
    "4-16-8-1, 200,000 rows": ([4, 16, 8, 1], 200_000, 1),
}


def plain(sizes: list[int], X: np.ndarray, y: np.ndarray, epochs: int) -> None:
    """Train with the chapter's plain class."""
    network = NeuralNetwork(sizes, LEARNING_RATE)
    network.fit(X, y, epochs=epochs, batch_size=BATCH_SIZE, verbose=False)


def fast(sizes: list[int], X: np.ndarray, y: np.ndarray, epochs: int) -> None:
    """Train with the page's fast class."""
    network = FastNeuralNetwork(sizes, LEARNING_RATE)
    network.fit(X, y, epochs=epochs, batch_size=BATCH_SIZE, verbose=False)


def plain_single(sizes: list[int], X: np.ndarray, y: np.ndarray, epochs: int) -> None:
    """Train with the plain functions, all arrays in float32."""
    network = NeuralNetwork(sizes)
    W, b = ([p.astype(np.float32) for p in each] for each in (network.W, network.b))
    X, y = X.astype(np.float32), y.astype(np.float32)
    rng = np.random.default_rng(0)
    train(X, y, W, b, np.float32(LEARNING_RATE), epochs, BATCH_SIZE, rng)
    assert W[0].dtype == np.float32


def model_and_tensors(
    sizes: list[int], X: np.ndarray, y: np.ndarray
) -> tuple[nn.Sequential, torch.optim.SGD, torch.Tensor, torch.Tensor]:
    """Return the same network in PyTorch, its optimiser, and the data in float32."""
    layers = []
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    tensors = (torch.tensor(array, dtype=torch.float32) for array in (X, y))
    return model, optimizer, *tensors


def torch_step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    X: torch.Tensor,
    y: torch.Tensor,
) -> None:
    """Take one training step."""
    loss = nn.functional.mse_loss(model(X), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def torch_slices(sizes: list[int], X: np.ndarray, y: np.ndarray, epochs: int) -> None:
    """Train in PyTorch on slices of the permuted tensors."""
    model, optimizer, X, y = model_and_tensors(sizes, X, y)
    for _epoch in range(epochs):
        order = torch.randperm(len(X))
        X_epoch, y_epoch = X[order], y[order]
        for start in range(0, len(X), BATCH_SIZE):
            rows = slice(start, start + BATCH_SIZE)
            torch_step(model, optimizer, X_epoch[rows], y_epoch[rows])


def torch_loader(sizes: list[int], X: np.ndarray, y: np.ndarray, epochs: int) -> None:
    """Train in PyTorch with a DataLoader, as tutorials do."""
    model, optimizer, X, y = model_and_tensors(sizes, X, y)
    loader = DataLoader(TensorDataset(X, y), batch_size=BATCH_SIZE, shuffle=True)
    for _epoch in range(epochs):
        for X_batch, y_batch in loader:
            torch_step(model, optimizer, X_batch, y_batch)


def scikit_learn(sizes: list[int], X: np.ndarray, y: np.ndarray, epochs: int) -> None:
    """Train scikit-learn's network; its loss has a ½, so twice the learning rate."""
    model = MLPRegressor(
        hidden_layer_sizes=sizes[1:-1],
        solver="sgd",
        alpha=0,
        batch_size=BATCH_SIZE,
        learning_rate_init=2 * LEARNING_RATE,
        momentum=0,
    )
    for _epoch in range(epochs):
        model.partial_fit(X, y.ravel())


PROGRAMS: dict[str, Callable] = {
    "NeuralNetwork": plain,
    "the same in float32": plain_single,
    "FastNeuralNetwork": fast,
    "PyTorch, slices": torch_slices,
    "PyTorch, DataLoader": torch_loader,
    "scikit-learn": scikit_learn,
}


def microseconds_a_step(sizes: list[int], rows: int, epochs: int) -> list[float]:
    """Return each program's median time for one training step."""
    X, y = make_deliveries(n=rows, seed=0)
    X, y = standardise(X), standardise(y)
    steps = epochs * -(-rows // BATCH_SIZE)
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for measured_round in range(ROUNDS + 1):
        for name, program in PROGRAMS.items():
            start = time.process_time()
            program(sizes, X, y, epochs)
            if measured_round > 0:  # the first round warms up
                times[name].append(time.process_time() - start)
    return [1e6 * statistics.median(each) / steps for each in times.values()]


def main() -> None:
    """Measure every size, print the table, and record it for the page."""
    torch.set_num_threads(1)
    lines = [
        "| network, data | " + " | ".join(PROGRAMS) + " |",
        "|---|" + "---:|" * len(PROGRAMS),
    ]
    for name, settings in SIZES.items():
        first, *others = microseconds_a_step(*settings)
        ratios = " | ".join(f"{time / first:.2f}" for time in others)
        lines.append(f"| {name} | {first:.0f} µs | {ratios} |")
        print(lines[-1], flush=True)
    replace_files(set(), {RECORD: "\n".join(lines) + "\n"})
    print(f"recorded in {relative(RECORD)}")


if __name__ == "__main__":
    main()
