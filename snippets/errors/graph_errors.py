"""Errors of autograd's graph: each message reproduced, explained, and fixed."""


# --8<-- [start:wrong]
def wrong(model, loss_function, batches):
    """Keep the total with its graph."""
    total = 0.0
    for X, y in batches:
        loss = loss_function(model(X), y)
        total = total + loss
        total.backward()
    return total


# --8<-- [end:wrong]


# --8<-- [start:right]
def right(model, loss_function, batches):
    """Keep the total as a number."""
    total = 0.0
    for X, y in batches:
        loss = loss_function(model(X), y)
        loss.backward()
        total += loss.item()
    return total


# --8<-- [end:right]


# --8<-- [start:imports]
from collections.abc import Callable

import torch
from torch import nn

from snippets.errors.laboratory import (
    Run,
    batches,
    deliveries,
    message,
    operations,
    score,
    tensors,
    torch_network,
)

# --8<-- [end:imports]


# --8<-- [start:training]
def fit(run: Run, remember: Callable, seed: int, retain_graph: bool) -> None:
    """Train for 10 epochs, each step on the running total of the losses."""
    for epoch in range(10):
        total = torch.zeros(())
        for rows in batches(len(run.X), 64, seed * 1000 + epoch):
            total = remember(total) + run.loss(run.model(run.X[rows]), run.y[rows])
            run.optimizer.zero_grad()
            total.backward(retain_graph=retain_graph)
            run.optimizer.step()
        run.losses.append(total.item() * 64 / len(run.X))


# --8<-- [end:training]


# --8<-- [start:attempt]
def attempt(remember: Callable, seed: int, retain_graph: bool = False) -> Run:
    """Train on a running total, and keep the exception, if any."""
    X, y, X_test, y_test = tensors(deliveries(seed))
    run = Run(torch_network(4, 16, 8, 1, seed=seed), X, y)
    run.X_test, run.y_test, run.loss = X_test, y_test, nn.MSELoss()
    run.optimizer = torch.optim.SGD(run.model.parameters(), lr=0.05)
    try:
        fit(run, remember, seed, retain_graph)
    except RuntimeError as error:
        run.error = error
    return run


# --8<-- [end:attempt]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Keep the total of the last steps as it is, with its graph."""
    return attempt(lambda total: total, seed)


def fails(run: Run) -> bool:
    """Tell whether an exception ended the run."""
    return run.error is not None


# --8<-- [end:broken]


if __name__ == "__main__":
    # --8<-- [start:reproduction]
    run = broken(seed=0)
    assert fails(run)
    print(run.error)
    start = torch_network(4, 16, 8, 1, seed=0)
    assert not torch.equal(run.model[0].weight, start[0].weight)
    # --8<-- [end:reproduction]

    # --8<-- [start:claim]
    X, y, *_ = tensors(deliveries())
    model, loss = torch_network(4, 16, 8, 1), nn.MSELoss()
    parts = [(X[:64], y[:64]), (X[64:128], y[64:128])]
    assert "a second time" in message(lambda: wrong(model, loss, parts))
    assert isinstance(right(model, loss, parts), float)
    # --8<-- [end:claim]

    # --8<-- [start:second-time]
    def hidden_state(rnn: nn.Module, detached: bool) -> None:
        """Take two steps on the outputs of a recurrent layer, keeping its state."""
        hidden = None
        for _step in range(2):
            outputs, hidden = rnn(torch.zeros(5, 1, 2), hidden)
            outputs.sum().backward()
            hidden = hidden.detach() if detached else hidden

    def adversaries(generator: nn.Module, judge: nn.Module, detached: bool) -> None:
        """Take a gradient of the judge and one of the generator from one forgery."""
        forged = generator(torch.ones(1, 4))
        judge(forged.detach() if detached else forged).mean().backward()
        judge(forged).mean().backward()

    def penalised(w: torch.Tensor, anew: bool) -> None:
        """Take two gradients of a loss and a penalty on the weights."""
        penalty = (w**2).sum()
        for _step in range(2):
            penalty = (w**2).sum() if anew else penalty
            ((w - 1).sum() + penalty).backward()

    w, rnn = torch.ones(3, requires_grad=True), nn.RNN(2, 3)
    two = torch_network(4, 8, 4), torch_network(4, 8, 1)
    assert "a second time" in message(lambda: hidden_state(rnn, detached=False))
    assert "a second time" in message(lambda: adversaries(*two, detached=False))
    assert "a second time" in message(lambda: penalised(w, anew=False))
    hidden_state(rnn, detached=True)
    adversaries(*two, detached=True)
    penalised(w, anew=True)
    # --8<-- [end:second-time]


if __name__ == "__main__":
    # --8<-- [start:growth]
    kept = detached = torch.zeros(())
    for step in (1, 2, 3):
        batch_loss = loss(model(X[:64]), y[:64])
        kept, detached = kept + batch_loss, detached.detach() + batch_loss
        n_kept, n_detached = len(operations(kept)), len(operations(detached))
        print(f"step {step}: kept {n_kept} nodes, detached {n_detached}")
    # --8<-- [end:growth]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Keep the total of the last steps as a number, without its graph."""
    return attempt(lambda total: total.detach(), seed)


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:after]
    run = fixed(seed=0)
    assert not fails(run)
    print(f"test MSE / variance: {score(run):.3f}")
    # --8<-- [end:after]

    # --8<-- [start:alternatives]
    runs = {
        "total.detach()": fixed(seed=0),
        "total.item()": attempt(lambda total: total.item(), 0),
        "batch loss only": attempt(lambda _total: 0.0, 0),
    }
    for name, run in runs.items():
        print(f"{name:16} rel {score(run):.3f}")
        assert run.error is None
    # --8<-- [end:alternatives]

    # --8<-- [start:two-losses]
    w = torch.tensor([2.0], requires_grad=True)
    shared = w**3
    shared.sum().backward()
    assert "a second time" in message((5 * shared).sum().backward)

    w.grad, shared = None, w**3
    shared.sum().backward(retain_graph=True)
    (5 * shared).sum().backward()
    print("twice, graph retained:", w.grad.item())

    w.grad, shared = None, w**3
    (shared.sum() + (5 * shared).sum()).backward()
    print("once, on the sum:     ", w.grad.item())
    # --8<-- [end:two-losses]

    # --8<-- [start:lost-graphs]
    w = torch.tensor([0.5, -1.0, 2.0], requires_grad=True)
    with torch.no_grad():
        unrecorded = (w**2).sum()
    losses = {
        "(w ** 2).sum()": (w**2).sum(),
        "under no_grad": unrecorded,
        "detached": (w**2).sum().detach(),
        "made anew": torch.tensor((w**2).sum().item()),
        "a count, (w > 0).sum()": (w > 0).sum(),
    }
    for name, value in losses.items():
        print(f"{name:22} requires_grad {value.requires_grad}")
    cut = [value for value in losses.values() if not value.requires_grad]
    assert [value.grad_fn for value in cut] == [None] * 4
    print(*{message(value.backward) for value in cut})
    # --8<-- [end:lost-graphs]

    # --8<-- [start:no-graph]
    frozen = Run(torch_network(4, 8, 1).requires_grad_(False))
    try:
        loss(frozen.model(X), y).backward()
    except RuntimeError as error:
        frozen.error = error
    assert "does not require grad" in str(frozen.error)

    silenced = loss(frozen.model(X), y)
    silenced.requires_grad = True
    silenced.backward()  # no message
    assert all(parameter.grad is None for parameter in frozen.model.parameters())
    # --8<-- [end:no-graph]

    # --8<-- [start:leaf]
    w.grad = torch.ones(3)
    print(message(lambda: w.sub_(0.1 * w.grad)))
    print(message(lambda: w[0].fill_(0)))
    with torch.no_grad():
        w -= 0.1 * w.grad
    print(w)
    # --8<-- [end:leaf]

    # --8<-- [start:retained]
    retained = attempt(lambda total: total, 0, retain_graph=True)
    print(str(retained.error).partition(":")[0])
    # --8<-- [end:retained]

    # --8<-- [start:overwritten]
    for change in (lambda p: p.add_(1), torch.relu_, lambda p: p[0].fill_(0)):
        p = torch.sigmoid(w)
        change(p)  # sigmoid's derivative is made of p
        assert "modified by an inplace operation" in message(p.sum().backward)
    p = torch.sigmoid(w)
    p = p + 1
    p.sum().backward()
    # --8<-- [end:overwritten]

    # --8<-- [start:numpy]
    predictions = model(X[:64])
    print(message(predictions.numpy))
    print(predictions.detach().numpy().shape)
    with torch.no_grad():
        assert model(X[:64]).numpy().shape == (64, 1)
    # --8<-- [end:numpy]

    # --8<-- [start:vector]
    errors = (model(X[:64]) - y[:64]) ** 2
    print(tuple(errors.shape), message(errors.backward))
    errors.mean().backward()
    # --8<-- [end:vector]


if __name__ == "__main__":
    # --8<-- [start:guard]
    batch_loss = loss(model(X[:64]), y[:64])
    total = batch_loss.item()
    assert batch_loss.grad_fn is not None
    assert isinstance(total, float)
    # --8<-- [end:guard]

    # --8<-- [start:log]
    with_graph, number = 0.0, 0.0
    for _step in range(100):
        batch_loss = loss(model(X[:64]), y[:64])
        batch_loss.backward()
        with_graph += batch_loss
        number += batch_loss.item()
    print("total += batch_loss:       ", len(operations(with_graph)), "nodes")
    print("total += batch_loss.item():", type(number).__name__)
    # --8<-- [end:log]
