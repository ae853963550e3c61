"""A hidden state that is not detached: each batch drags the last ones along."""

# --8<-- [start:wrong]
from torch.nn.functional import mse_loss


def epoch_wrong(rnn, optimizer, batches, hidden=None):
    """Carry the state with its graph."""
    for X, y in batches:
        outputs, hidden = rnn(X, hidden)
        optimizer.zero_grad()
        mse_loss(outputs, y).backward()
        optimizer.step()


# --8<-- [end:wrong]


# --8<-- [start:right]
def epoch(rnn, optimizer, batches, hidden=None):
    """Carry the numbers of the state."""
    for X, y in batches:
        outputs, hidden = rnn(X, hidden)
        hidden = hidden.detach()
        optimizer.zero_grad()
        mse_loss(outputs, y).backward()
        optimizer.step()


# --8<-- [end:right]


# --8<-- [start:right-lstm]
def next_state(hidden):
    """Detach a state, or the pair of an LSTM."""
    if isinstance(hidden, tuple):
        return tuple(part.detach() for part in hidden)
    return hidden.detach()


# --8<-- [end:right-lstm]


# --8<-- [start:imports]
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from snippets.errors.laboratory import Run, message, operations

# --8<-- [end:imports]


# --8<-- [start:data]
def leaky_sums(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return X (16, 200, 1), noise, and y, each 0.95 of the last y plus 0.3 x."""
    X = np.random.default_rng(seed).normal(size=(16, 200, 1))
    y = np.zeros_like(X)
    for t in range(200):
        y[:, t] = 0.95 * y[:, t - 1] + 0.3 * X[:, t]
    return torch.tensor(X), torch.tensor(y)


def windows(X: torch.Tensor, y: torch.Tensor) -> list[tuple]:
    """Cut the sequences into batches of 10 steps, one after the other."""
    return list(zip(X.split(10, dim=1), y.split(10, dim=1), strict=True))


# --8<-- [end:data]


# --8<-- [start:network]
class Recurrent(nn.Module):
    """A recurrent layer of 16 units, and a linear one; returns its state, too."""

    def __init__(self, seed: int, kind: type = nn.RNN) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.layer = kind(1, 16, batch_first=True, dtype=torch.float64)
        self.output = nn.Linear(16, 1, dtype=torch.float64)

    def forward(self, X: torch.Tensor, hidden=None) -> tuple:
        """Return predictions (n, steps, 1) for X (n, steps, 1), and the state."""
        A, hidden = self.layer(X, hidden)
        return self.output(A), hidden


# --8<-- [end:network]


# --8<-- [start:training]
def carried(
    run: Run, remember: Callable, retain_graph: bool = False, step_each: int = 1
) -> Run:
    """Train for an epoch of 20 batches; note each loss, and the nodes behind it."""
    hidden, run.extra["nodes"], run.extra["remember"] = None, [], remember
    try:
        for number, (X, y) in enumerate(run.extra["batches"], 1):
            outputs, hidden = run.model(X, hidden)
            hidden = remember(hidden)
            loss = run.loss(outputs, y)
            run.extra["nodes"].append(len(operations(loss)))
            loss.backward(retain_graph=retain_graph)
            run.losses.append(loss.item())
            if number % step_each == 0:
                run.optimizer.step()
                run.optimizer.zero_grad()
    except RuntimeError as error:
        run.error = error
    return run


# --8<-- [end:training]


# --8<-- [start:broken]
VARIANTS = "second-time", "retained", "slower"


def start(seed: int) -> Run:
    """Return a network, its data and its optimiser."""
    model, batches = Recurrent(seed), windows(*leaky_sums(seed))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    run = Run(model, loss=nn.MSELoss(), optimizer=optimizer)
    run.extra["batches"] = batches
    return run


def settings(variant: str) -> dict:
    """Return how a variant retains graphs, and how rarely it steps."""
    retained = variant != "second-time"
    return {"retain_graph": retained, "step_each": 20 if variant == "slower" else 1}


def broken(seed: int = 0, variant: str = "second-time") -> Run:
    """Carry the state from batch to batch as it is."""
    return carried(start(seed), lambda hidden: hidden, **settings(variant))


def fails(run: Run) -> bool:
    """Tell whether a batch raised, or the graphs grow from batch to batch."""
    return run.error is not None or run.extra["nodes"][-1] > 2 * run.extra["nodes"][0]


# --8<-- [end:broken]


if __name__ == "__main__":
    # --8<-- [start:reproduction]
    for variant in VARIANTS:
        run = broken(variant=variant)
        assert fails(run)
        words = str(run.error or "no exception").partition(" (")[0].partition(":")[0]
        print(f"{variant}: {words}")
        print("  nodes:", *run.extra["nodes"][:4], "… in", len(run.losses), "batches")
    # --8<-- [end:reproduction]


# --8<-- [start:fixed]
def fixed(seed: int = 0, variant: str = "second-time") -> Run:
    """Carry the numbers of the state, and retain nothing."""
    return carried(start(seed), next_state, step_each=settings(variant)["step_each"])


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:growth]
    slower, repaired = broken(variant="slower"), fixed(variant="slower")
    fig, ax = plt.subplots()
    for run, label, style in (
        (slower, "state as it is", "C1o-"),
        (repaired, "detached", "C0s--"),
    ):
        ax.plot(range(1, 21), run.extra["nodes"], style, label=label)
        print(f"{label:14} batch 1: {run.extra['nodes'][0]} nodes", end=", ")
        print(f"batch 20: {run.extra['nodes'][-1]}, all: {sum(run.extra['nodes'])}")
    ax.set(xlabel="batch", ylabel="nodes behind its loss", ylim=(0, None))
    ax.legend()
    plt.show()
    # --8<-- [end:growth]

    # --8<-- [start:truncation]
    model, predictions = Recurrent(0), {}
    for name, remember in {"as it is": lambda h: h, "detached": next_state}.items():
        X = leaky_sums(0)[0][:, :20].requires_grad_()
        _, hidden = model(X[:, :10])
        predictions[name], _ = model(X[:, 10:], remember(hidden))
        predictions[name].sum().backward()
        reached = (X.grad != 0).any(dim=2).any(dim=0).sum()
        print(f"{name}: the gradient reaches {reached} steps")
    assert torch.equal(*predictions.values())
    anew, _ = model(X[:, 10:])
    assert not torch.allclose(anew, predictions["detached"])
    # --8<-- [end:truncation]

    # --8<-- [start:one-backward]
    run = start(0)
    hidden, total = None, 0.0
    for X, y in run.extra["batches"]:
        outputs, hidden = run.model(X, hidden)
        total = total + run.loss(outputs, y)
    total.backward()
    once = [p.grad.clone() for p in run.model.parameters()]
    print("one backward() on the sum:", len(operations(total)), "nodes")
    run, hidden = start(0), None
    for X, y in run.extra["batches"]:
        outputs, hidden = run.model(X, hidden)
        run.loss(outputs, y).backward(retain_graph=True)
    for gradient, p in zip(once, run.model.parameters(), strict=True):
        assert torch.allclose(gradient, p.grad, rtol=1e-8, atol=1e-10)
    # --8<-- [end:one-backward]

    # --8<-- [start:worth]
    for name, remember in {
        "carried, detached": next_state,
        "started anew": lambda _hidden: None,
    }.items():
        run = start(0)
        for _epoch in range(10):
            carried(run, remember)
        error = np.mean(run.losses[-20:]) / leaky_sums(0)[1].var()
        print(f"{name:17} MSE / variance {error:.2f}")
    # --8<-- [end:worth]

    # --8<-- [start:messages]
    lstm, X = nn.LSTM(1, 16, batch_first=True), torch.zeros(8, 10, 1)
    _, hidden = lstm(X)
    print(message(lambda: hidden.detach()))
    assert all(not part.requires_grad for part in next_state(hidden))
    print(message(lambda: lstm(X[:4], hidden)))
    gru = nn.GRU(1, 16, batch_first=True)
    print(message(lambda: gru(X[:4], gru(X)[1])))
    # --8<-- [end:messages]


if __name__ == "__main__":
    # --8<-- [start:claim]
    for variant in VARIANTS:
        run, repaired = broken(variant=variant), fixed(variant=variant)
        assert not fails(repaired)
        assert fails(run)
    for kind in (nn.RNN, nn.GRU, nn.LSTM):
        model, (X, y) = Recurrent(0, kind), leaky_sums(0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        parts = model, optimizer, windows(X, y)[:3]
        assert "a second time" in message(lambda parts=parts: epoch_wrong(*parts))
        if kind is nn.LSTM:
            assert "'tuple'" in message(lambda parts=parts: epoch(*parts))
        else:
            epoch(*parts)
    # --8<-- [end:claim]

    # --8<-- [start:solution-within]
    rnn, hidden, counts = nn.RNN(1, 16, batch_first=True), None, {}
    X = torch.randn(8, 10, 1)
    for name, remember in {"each batch": lambda h: h, "each step": next_state}.items():
        hidden = None
        for t in range(10):
            A, hidden = rnn(X[:, t : t + 1], hidden)
            last, hidden = hidden, remember(hidden)
        counts[name] = len(operations(last))
        print(f"detached after {name}: {counts[name]} nodes")
    # --8<-- [end:solution-within]
