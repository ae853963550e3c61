"""Out of memory: graphs that outlive their step, and batches that are too large."""


# --8<-- [start:wrong]
def validation_loss_wrong(model, loss_fn, batches):
    """Add up losses with their graphs."""
    total = 0.0
    for X, y in batches:
        total += loss_fn(model(X), y)
    return total


# --8<-- [end:wrong]


# --8<-- [start:right]
import torch


def validation_loss(model, loss_fn, batches):
    """Add up numbers."""
    total = 0.0
    with torch.no_grad():
        for X, y in batches:
            total += loss_fn(model(X), y).item()
    return total


# --8<-- [end:right]


# --8<-- [start:wrong-batch]
def step_wrong(model, optimizer, loss_fn, X, y):
    """Hold the graph of the whole batch."""
    optimizer.zero_grad()
    loss_fn(model(X), y).backward()
    optimizer.step()


# --8<-- [end:wrong-batch]


# --8<-- [start:right-batch]
def step_in_parts(model, optimizer, loss_fn, X, y, size=16):
    """Take the same step, and hold the graph of one part."""
    optimizer.zero_grad()
    for X_part, y_part in zip(X.split(size), y.split(size), strict=True):
        share = len(X_part) / len(X)
        (share * loss_fn(model(X_part), y_part)).backward()
    optimizer.step()


# --8<-- [end:right-batch]


# --8<-- [start:prevention]
def keep(**values):
    """Refuse what holds a graph, as in keep(total=total) after an epoch."""
    for name, value in values.items():
        if getattr(value, "requires_grad", False):
            raise ValueError(f"{name} holds a graph")


# --8<-- [end:prevention]


# --8<-- [start:imports]
import gc
import re
from collections import Counter
from collections.abc import Iterator
from weakref import WeakSet

import matplotlib.pyplot as plt
import numpy as np
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from snippets.errors.laboratory import (
    Run,
    deliveries,
    message,
    operations,
    tensors,
    torch_network,
    train,
)

# --8<-- [end:imports]


# --8<-- [start:batches]
def loaded(X: torch.Tensor, y: torch.Tensor, size: int) -> Iterator[tuple]:
    """Yield batches as a loader does: copies, of `size` rows each."""
    for first in range(0, len(X), size):
        yield X[first : first + size].clone(), y[first : first + size].clone()


# --8<-- [end:batches]


# --8<-- [start:ledger]
class Saved:
    """A tensor that a graph holds for `backward()`."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self.tensor = tensor


class Ledger(saved_tensors_hooks):
    """The tensors that graphs made in it hold, as long as they hold them."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(self.note, lambda saved: saved.tensor)
        self.saved = WeakSet()
        self.parameters = {p.data_ptr() for p in model.parameters()}

    def __enter__(self) -> "Ledger":
        """Return itself: the ledger of what is computed within."""
        super().__enter__()
        return self

    def note(self, tensor: torch.Tensor) -> Saved:
        """Remember a tensor that an operation saves."""
        saved = Saved(tensor.detach())
        self.saved.add(saved)
        return saved

    def kilobytes(self) -> float:
        """Return what they hold beside the parameters, each storage once."""
        storages = [saved.tensor.untyped_storage() for saved in self.saved]
        sizes = {storage.data_ptr(): storage.nbytes() for storage in storages}
        held = sizes.keys() - self.parameters
        return sum(sizes[address] for address in held) / 1024


# --8<-- [end:ledger]


if __name__ == "__main__":
    # --8<-- [start:evaluation]
    run = train(torch_network(4, 16, 8, 1), deliveries(), epochs=2)
    held = {"+= loss": [], "+= loss.item()": [], "no_grad()": []}
    for name, sizes in held.items():
        total = 0.0
        with Ledger(run.model) as ledger, torch.set_grad_enabled(name != "no_grad()"):
            for X, y in loaded(run.X_test, run.y_test, 50):
                loss = run.loss(run.model(X), y)
                total += loss if name == "+= loss" else loss.item()
                sizes.append(ledger.kilobytes())
        print(f"{name:15} batch 1: {sizes[0]:4.1f} KB, batch 8: {sizes[-1]:5.1f} KB")
    assert np.allclose(np.diff(held["+= loss"]), held["+= loss"][0])
    assert len(set(held["+= loss.item()"])) == 1
    assert set(held["no_grad()"]) == {0}
    # --8<-- [end:evaluation]

    # --8<-- [start:memory]
    fig, ax = plt.subplots()
    for (name, sizes), style in zip(
        held.items(), ("C1o-", "C0s--", "C2^:"), strict=True
    ):
        ax.plot(range(1, 9), sizes, style, label=name)
    ax.set(xlabel="batches evaluated", ylabel="held for backward (KB)", ylim=(-2, None))
    ax.legend()
    plt.show()
    # --8<-- [end:memory]


if __name__ == "__main__":
    # --8<-- [start:training]
    run, total = train(torch_network(4, 16, 8, 1), deliveries(), epochs=1), 0.0
    counts = []
    with Ledger(run.model) as ledger:
        for step, (X, y) in enumerate(loaded(run.X, run.y, 16), 1):
            loss = run.loss(run.model(X), y)
            loss.backward()
            total += loss
            counts.append(len(operations(total)))
            if step in (1, 2, 10, 100):
                print(f"step {step:3}: {counts[-1]:4} nodes", end=", ")
                print(f"{ledger.kilobytes():.1f} KB held")
                assert ledger.kilobytes() == 0
    print("nodes a step:", *set(np.diff(counts)))
    # --8<-- [end:training]

    # --8<-- [start:batch-sizes]
    X, y, *_ = tensors(deliveries(), dtype=torch.float64)
    model, loss = torch_network(4, 16, 8, 1, dtype=torch.float64), nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    for rows in (400, 200, 100):
        with Ledger(model) as ledger:
            result = loss(model(X[:rows].clone()), y[:rows].clone())
        print(f"{rows} rows: {ledger.kilobytes():5.1f} KB")
    # --8<-- [end:batch-sizes]

    # --8<-- [start:same-gradient]
    def gradients(step, *sizes) -> torch.Tensor:
        """Return the gradient of 400 rows, all in one vector."""
        step(model, optimizer, loss, X[:400], y[:400], *sizes)
        return torch.cat([p.grad.ravel().clone() for p in model.parameters()])

    whole = gradients(step_wrong)
    for size in (100, 64, 7):
        assert torch.allclose(gradients(step_in_parts, size), whole, rtol=1e-10)
    print("parts of 100, 64 or 7 rows: the same gradient")
    # --8<-- [end:same-gradient]

    # --8<-- [start:batch-norm]
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1)).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    whole, parts = gradients(step_wrong), gradients(step_in_parts, 100)
    assert not torch.allclose(whole, parts, rtol=1e-3)
    # --8<-- [end:batch-norm]

    # --8<-- [start:useless]
    run = train(torch_network(4, 16, 8, 1), deliveries(), epochs=1)
    run.model.eval()
    with Ledger(run.model) as ledger:
        total = 0.0
        for X, y in loaded(run.X_test, run.y_test, 50):
            loss = run.loss(run.model(X), y)
            total += loss
        before = ledger.kilobytes()
        del loss, X, y
        gc.collect()
        assert ledger.kilobytes() == before > 0
        del total
        assert ledger.kilobytes() == 0
        loss = run.loss(run.model(run.X), run.y)
        loss.backward(retain_graph=True)
        assert ledger.kilobytes() > 0
    # --8<-- [end:useless]

    # --8<-- [start:optimiser]
    size = sum(p.nbytes for p in run.model.parameters())
    for kind in (torch.optim.SGD, torch.optim.Adam):
        optimizer = kind(run.model.parameters(), lr=0.01)
        assert not optimizer.state
        optimizer.step()
        states = [v for s in optimizer.state.values() for v in s.values()]
        extra = sum(v.nbytes for v in states if v is not None and v.ndim)
        print(f"{kind.__name__:4} keeps {extra / size:.0f} × the parameters")
    # --8<-- [end:optimiser]

    # --8<-- [start:messages]
    assert issubclass(torch.OutOfMemoryError, RuntimeError)
    assert torch.cuda.OutOfMemoryError is torch.OutOfMemoryError
    try:
        np.zeros(10**15)
    except MemoryError as error:
        print(error)
    assert "you tried to allocate" in message(lambda: torch.zeros(10**15))
    rows, columns = np.broadcast_shapes((50_000, 1), (50_000,))
    print(f"(50000, 1) - (50000,): {rows * columns * 4 / 2**30:.1f} GiB")
    # --8<-- [end:messages]


# --8<-- [start:passes]
def passes(tensor: torch.Tensor) -> int:
    """Return how often a graph uses the parameter that it uses least."""
    uses = Counter(
        before
        for operation in operations(tensor)
        for before, _ in operation.next_functions
        if hasattr(before, "variable")
    )
    return min(uses.values(), default=0)


def kept(run: Run) -> int:
    """Return how many forward passes the run's losses and extras hold."""
    values = [*run.losses, *run.extra.values()]
    return max((passes(v) for v in values if isinstance(v, torch.Tensor)), default=0)


def fails(run: Run) -> bool:
    """Tell whether memory ran out, or graphs of several passes are kept."""
    return run.error is not None or kept(run) > 1


# --8<-- [end:passes]


# --8<-- [start:broken]
VARIANTS = "evaluation", "training", "batch"


def training_loss(run: Run, keep: bool) -> torch.Tensor | float:
    """Train for an epoch, and return the sum of its losses."""
    total = 0.0
    for X, y in loaded(run.X, run.y, 64):
        run.optimizer.zero_grad()
        loss = run.loss(run.model(X), y)
        loss.backward()
        run.optimizer.step()
        total += loss if keep else loss.item()
    return total


def forward(run: Run, rows: int) -> Run:
    """Let the model predict the first row, `rows` times; keep the exception, if any."""
    try:
        run.model(run.X[:1].expand(rows, 4))
    except RuntimeError as error:
        run.error = error
    return run


def broken(seed: int = 0, variant: str = "evaluation") -> Run:
    """Keep graphs, in evaluation or in training, or take too large a batch."""
    model = torch_network(4, 16, 8, 1, seed=seed)
    run = train(model, deliveries(seed), epochs=2, seed=seed)
    if variant == "batch":
        return forward(run, 10**14)
    batches = loaded(run.X_test, run.y_test, 50)
    run.extra["total"] = (
        training_loss(run, keep=True)
        if variant == "training"
        else validation_loss_wrong(run.model, run.loss, batches)
    )
    return run


# --8<-- [end:broken]


# --8<-- [start:fixed]
def fixed(seed: int = 0, variant: str = "evaluation") -> Run:
    """Keep numbers, or take a batch that fits."""
    model = torch_network(4, 16, 8, 1, seed=seed)
    run = train(model, deliveries(seed), epochs=2, seed=seed)
    if variant == "batch":
        return forward(run, 64)
    batches = loaded(run.X_test, run.y_test, 50)
    run.extra["total"] = (
        training_loss(run, keep=False)
        if variant == "training"
        else validation_loss(run.model, run.loss, batches)
    )
    return run


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:variants]
    for variant in VARIANTS:
        run = broken(variant=variant)
        assert fails(run)
        print(f"{variant:10} {kept(run):2} graphs kept")
    refused = re.search(r"you tried to allocate \d+ bytes", str(run.error))
    print(type(run.error).__name__, "…", refused[0])
    # --8<-- [end:variants]


if __name__ == "__main__":
    # --8<-- [start:claim]
    for variant in VARIANTS:
        assert not fails(fixed(variant=variant))
        assert fails(broken(variant=variant))
    wrong, right = broken().extra["total"], fixed().extra["total"]
    assert "total holds a graph" in message(lambda: keep(total=wrong))
    keep(total=right)
    assert abs(wrong.item() - right) < 1e-6 * right
    # --8<-- [end:claim]

    # --8<-- [start:solution-predictions]
    run = train(torch_network(4, 16, 8, 1), deliveries(), epochs=1)
    for name, kind in {
        "predictions": lambda y_hat: y_hat,
        ".detach()": lambda y_hat: y_hat.detach(),
    }.items():
        with Ledger(run.model) as ledger:
            predictions = [
                kind(run.model(X)) for X, _ in loaded(run.X_test, run.y_test, 50)
            ]
        print(f"{name:12} {ledger.kilobytes():5.1f} KB held")
        del predictions
    # --8<-- [end:solution-predictions]
