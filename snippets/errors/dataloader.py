"""The DataLoader: rows of unequal sizes, worker processes, a last batch of one row."""

# --8<-- [start:wrong]
from torch.utils.data import DataLoader


def batches_wrong(dataset):
    """Stack rows of different lengths."""
    return DataLoader(dataset, batch_size=64)


# --8<-- [end:wrong]


# --8<-- [start:right]
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import default_collate


def pad(rows):
    """Fill short rows up with zeros."""
    X, y = zip(*rows, strict=True)
    X = pad_sequence(X, batch_first=True)
    return X, default_collate(y)


# --8<-- [end:right]


if __name__ == "__main__":
    # --8<-- [start:wrong-workers]
    loader = DataLoader(range(6), batch_size=2, num_workers=0)  # 2, in your program
    print([batch.tolist() for batch in loader])
    # --8<-- [end:wrong-workers]


# --8<-- [start:right-workers]
def main():
    """Whatever starts the workers stands in a function."""
    loader = DataLoader(range(6), batch_size=2, num_workers=0)  # 2, in your program
    print([batch.tolist() for batch in loader])


if __name__ == "__main__":
    main()
# --8<-- [end:right-workers]


# --8<-- [start:prevention]
def check_dataset(dataset: object, batch_size: int) -> None:
    """Raise a ValueError if rows differ in shape or no whole batch is left."""
    shapes = {tuple(dataset[i][0].shape) for i in range(len(dataset))}
    if len(shapes) > 1:
        raise ValueError(f"rows of shapes {sorted(shapes)[:3]} cannot be stacked")
    if len(dataset) < batch_size:
        raise ValueError(f"{len(dataset)} rows make no batch of {batch_size}")


# --8<-- [end:prevention]


# --8<-- [start:imports]
import inspect
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import Dataset, TensorDataset

from snippets.errors.laboratory import Run, deliveries, relative_mse, tensors

# --8<-- [end:imports]


# --8<-- [start:data]
class Tours(Dataset):
    """Tours of 2 to 12 stops: X are the minutes at each, y is their mean."""

    def __init__(self, seed: int, n: int = 400) -> None:
        rng = np.random.default_rng(seed)
        lengths = rng.integers(2, 13, n)
        self.X = [torch.tensor(rng.uniform(1, 9, length)) for length in lengths]
        self.y = torch.stack([X.mean(dim=0, keepdim=True) for X in self.X])

    def __len__(self) -> int:
        """Return the number of tours."""
        return len(self.X)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the minutes (stops,) and the target (1,) of a tour."""
        return self.X[index], self.y[index]


class Mean(nn.Module):
    """A line through the mean of a row, with or without the zeros that fill it."""

    def __init__(self, seed: int, *, masked: bool = True) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.masked, self.line = masked, nn.Linear(1, 1, dtype=torch.float64)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return predictions (n, 1) for X (n, stops), filled up with zeros."""
        stops = (X != 0).sum(dim=1) if self.masked else X.shape[1]
        return self.line((X.sum(dim=1) / stops - 5)[:, None])


# --8<-- [end:data]


# --8<-- [start:broken]
VARIANTS = ("unequal", "last-row")


def fit_loader(run: Run, loader: DataLoader, epochs: int = 8) -> Run:
    """Train on the batches of a loader, or until an exception ends it."""
    run.loss = nn.MSELoss()
    run.optimizer = torch.optim.SGD(run.model.parameters(), lr=0.05)
    try:
        for _ in range(epochs):
            losses = []
            for X, y in loader:
                loss = run.loss(run.model(X), y)
                run.optimizer.zero_grad()
                loss.backward()
                run.optimizer.step()
                losses.append(loss.item())
            run.losses.append(float(np.mean(losses)))
    except (RuntimeError, ValueError) as error:
        run.error = error
    run.model.eval()
    return run


def tours_run(seed: int, *, masked: bool = True) -> Run:
    """Return a run on tours before its training; X is filled up."""
    X, y = pad(list(Tours(seed)))
    X_test, y_test = pad(list(Tours(seed + 1000)))
    return Run(Mean(seed, masked=masked), X, y, X_test=X_test, y_test=y_test)


def rows_run(seed: int) -> Run:
    """Return a run of 129 deliveries with batch normalisation, before its training."""
    X, y, X_test, y_test = tensors(deliveries(seed), torch.float64)
    torch.manual_seed(seed)
    layers = [nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1)]
    model = nn.Sequential(*layers).double()
    return Run(model, X[:129], y[:129], X_test=X_test, y_test=y_test)


def training_batches(dataset: Dataset, *, drop_last: bool) -> DataLoader:
    """Return batches of 64 rows, with or without the rest."""
    return DataLoader(dataset, batch_size=64, shuffle=True, drop_last=drop_last)


def broken(seed: int = 0, variant: str = "unequal") -> Run:
    """Return a run that ends with an exception of a batch."""
    if variant == "unequal":
        return fit_loader(tours_run(seed), batches_wrong(Tours(seed)))
    run = rows_run(seed)
    rows = TensorDataset(run.X, run.y)
    return fit_loader(run, training_batches(rows, drop_last=False))


def fails(run: Run) -> bool:
    """Tell whether an exception ended the run."""
    return run.error is not None


# --8<-- [end:broken]


# --8<-- [start:fixed]
def fixed(seed: int = 0, variant: str = "unequal") -> Run:
    """Return the run with rows that are filled up, or without the last batch."""
    if variant == "unequal":
        loader = DataLoader(Tours(seed), collate_fn=pad, batch_size=64, shuffle=True)
        return fit_loader(tours_run(seed), loader)
    run = rows_run(seed)
    rows = TensorDataset(run.X, run.y)
    return fit_loader(run, training_batches(rows, drop_last=True))


# --8<-- [end:fixed]

if __name__ == "__main__":
    # --8<-- [start:failure]
    for variant in VARIANTS:
        run = broken(variant=variant)
        text = str(run.error)
        print(f"{variant}: {type(run.error).__name__}: {text.partition(', but')[0]}")
        mended = fixed(variant=variant)
        assert (fails(run), fails(mended)) == (True, False)
        assert torch.equal(mended.X, run.X)
    assert "stack expects each tensor to be equal size" in str(broken().error)
    # --8<-- [end:failure]


# --8<-- [start:program]
PROGRAM = """
import multiprocessing

{guard}
    processes = multiprocessing.get_context("spawn")
    worker = processes.Process(target=print, args=["a worker"])
    worker.start()
    worker.join()
"""


def run_program(guard: str) -> str:
    """Return what a program prints that starts one process as a worker is."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "program.py"
        file.write_text(PROGRAM.format(guard=guard), encoding="utf-8")
        command = [sys.executable, str(file)]
        done = subprocess.run(  # noqa: S603, the program above
            command, capture_output=True, text=True, check=False
        )
    return done.stdout + " ".join(done.stderr.split())


# --8<-- [end:program]

if __name__ == "__main__":
    # --8<-- [start:guarded]
    without = run_program("if True:")
    print("with a guard:", run_program('if __name__ == "__main__":').strip())
    print("without:", without.partition("RuntimeError: ")[2].partition(". This")[0])
    # --8<-- [end:guarded]

    # --8<-- [start:other-messages]
    def message(call: Callable) -> str:
        """Return what the exception of a call says."""
        try:
            call()
        except (AssertionError, IndexError, RuntimeError, TypeError, ValueError) as e:
            return f"{type(e).__name__}: {str(e).partition(', dicts')[0]}"
        raise AssertionError("the call raises nothing")

    class TooLong(Tours):
        """A data set that promises one row more than it has."""

        def __len__(self) -> int:
            """Return the wrong number."""
            return len(self.X) + 1

    rows = [torch.zeros(3)] * 4
    calls = [
        lambda: list(DataLoader([[1, 2, 3], [1, 2]], batch_size=2)),
        lambda: list(DataLoader([None, None], batch_size=2)),
        lambda: list(DataLoader(TooLong(0), collate_fn=pad)),
        lambda: TensorDataset(torch.zeros(3), torch.zeros(4)),
        lambda: DataLoader([], shuffle=True),
        lambda: DataLoader(rows, shuffle=True, sampler=[0]),
        lambda: DataLoader(rows)[0],
        lambda: next(DataLoader(rows)),
    ]
    for number, call in enumerate(calls, start=1):
        print(number, message(call))
    assert "exited unexpectedly" in inspect.getsource(torch.utils.data.dataloader)
    # --8<-- [end:other-messages]

if __name__ == "__main__":
    # --8<-- [start:wrong-and-right]
    X, y = pad([(torch.ones(5), torch.ones(1)), (torch.ones(3), torch.ones(1))])
    assert X.tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]]
    assert y.shape == (2, 1)
    assert pad([(torch.ones(5), 0), (torch.ones(3), 2)])[1].tolist() == [0, 2]
    rows = TensorDataset(torch.ones(129, 4))
    for drop_last, rest in ((False, [1]), (True, [])):
        loader = training_batches(rows, drop_last=drop_last)
        assert [len(X) for (X,) in loader] == [64, 64, *rest]
    check_dataset(rows, batch_size=64)
    assert "cannot be stacked" in message(lambda: check_dataset(Tours(0), 64))
    assert "make no batch" in message(lambda: check_dataset(rows, 256))
    # --8<-- [end:wrong-and-right]

    # --8<-- [start:padding]
    loader = DataLoader(Tours(0), collate_fn=pad, batch_size=64, shuffle=True)
    for masked in (False, True):
        run = fit_loader(tours_run(0, masked=masked), loader, epochs=40)
        with torch.no_grad():
            rel = relative_mse(run.model(run.X_test).numpy(), run.y_test.numpy())
            alone = run.model(Tours(0).X[0][None]).item()
            together = run.model(run.X)[0].item()
        print(f"zeros {'left out' if masked else 'averaged'}: rel {rel:.2f}, ", end="")
        print(f"one tour alone {alone:.1f}, in a batch {together:.1f}")
    print(f"truth: {Tours(0).y[0].item():.1f}")
    # --8<-- [end:padding]

    # --8<-- [start:nothing-left]
    few = TensorDataset(torch.zeros(50, 4))
    print("50 rows:", len(training_batches(few, drop_last=True)), "batches")
    # --8<-- [end:nothing-left]

    # --8<-- [start:solution-buckets]
    lengths = sorted(len(X) for X in Tours(0).X)
    shuffled = np.random.default_rng(0).permutation(lengths)
    for name, order in {"shuffled": shuffled, "by length": lengths}.items():
        parts = [order[i : i + 64] for i in range(0, len(order), 64)]
        filled = sum(len(part) * max(part) for part in parts)
        print(f"{name:9}: {1 - sum(lengths) / filled:.0%} of the numbers are filling")
    # --8<-- [end:solution-buckets]
