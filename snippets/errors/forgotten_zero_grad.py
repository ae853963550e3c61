"""A forgotten zero_grad: each step goes down the sum of all gradients so far."""

# --8<-- [start:wrong]
import torch


def forgetful_step(model, optimizer, X, y):
    """Step, and leave the gradients there."""
    loss = torch.nn.functional.mse_loss(model(X), y)
    loss.backward()
    optimizer.step()
    return loss.item()


# --8<-- [end:wrong]


# --8<-- [start:right]
def clean_step(model, optimizer, X, y):
    """Step from cleared gradients."""
    loss = torch.nn.functional.mse_loss(model(X), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# --8<-- [end:right]


# --8<-- [start:guarded-step]
def guarded_step(model, optimizer, X, y):
    """Take one training step, and refuse to add to an old gradient."""
    loss = torch.nn.functional.mse_loss(model(X), y)
    assert all(p.grad is None for p in model.parameters()), "old gradients"
    loss.backward()
    optimizer.step()
    return loss.item()


# --8<-- [end:guarded-step]


# --8<-- [start:imports]
import copy
from collections.abc import Callable

import matplotlib.pyplot as plt
from torch import nn
from torch.optim import SGD, Adam, Optimizer

from snippets.errors.laboratory import (
    Run,
    batches,
    deliveries,
    relative_mse,
    tensors,
    torch_network,
)

# --8<-- [end:imports]


# --8<-- [start:training]
def train_with(
    step: Callable, seed: int, *, method: type = SGD, epochs: int = 12, **options: float
) -> Run:
    """Train a 4-16-8-1 network with `step` in float64; `options` go to the method."""
    X, y, X_test, y_test = tensors(deliveries(seed), torch.float64)
    model = torch_network(4, 16, 8, 1, seed=seed, dtype=torch.float64)
    optimizer = method(model.parameters(), **{"lr": 0.05} | options)
    run = Run(model, X, y, X_test=X_test, y_test=y_test, loss=nn.MSELoss())
    run.optimizer, run.extra["training_step"] = optimizer, step
    for epoch in range(epochs):
        epoch_batches = batches(len(X), 64, seed * 1000 + epoch)
        losses = [step(model, optimizer, X[rows], y[rows]) for rows in epoch_batches]
        run.losses.append(sum(losses) / len(losses))
    return run


def rel(run: Run) -> float:
    """Return rel, the test MSE over the variance of y."""
    with torch.no_grad():
        return relative_mse(run.model(run.X_test).numpy(), run.y_test.numpy())


# --8<-- [end:training]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Return a run without zero_grad."""
    return train_with(forgetful_step, seed)


def fails(run: Run) -> bool:
    """Tell whether the test error is not below a quarter of the mean's."""
    return not rel(run) < 0.25


# --8<-- [end:broken]


if __name__ == "__main__":
    # --8<-- [start:failure]
    swinging, jumping = broken(seed=0), broken(seed=14)
    assert fails(swinging)
    assert fails(jumping)
    for epoch, losses in enumerate(
        zip(swinging.losses, jumping.losses, strict=True), 1
    ):
        print(f"epoch {epoch:2}: {losses[0]:8.3f}  {losses[1]:8.3f}")
    print(f"rel:      {rel(swinging):8.2f}  {rel(jumping):8.2f}")
    # --8<-- [end:failure]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Return the same run with zero_grad."""
    return train_with(clean_step, seed)


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:repair]
    steady = fixed()
    assert not fails(steady)
    print(f"rel: {rel(swinging):.2f} broken, {rel(steady):.3f} fixed")

    fig, ax = plt.subplots()
    epochs = range(1, len(steady.losses) + 1)
    ax.plot(epochs, jumping.losses, "C3^:", label="no zero_grad, seed 14")
    ax.plot(epochs, swinging.losses, "C1o--", label="no zero_grad")
    ax.plot(epochs, steady.losses, "C0s-", label="zero_grad")
    ax.set(yscale="log", xlabel="epoch", ylabel="training loss")
    ax.legend()
    plt.show()
    # --8<-- [end:repair]

    # --8<-- [start:doubled]
    model, X, y = torch_network(4, 16, 8, 1), *tensors(deliveries())[:2]
    for _ in range(3):
        nn.functional.mse_loss(model(X[:64]), y[:64]).backward()
        print(f"{model[0].weight.grad.norm():.4f}")
    # --8<-- [end:doubled]

    # --8<-- [start:spring]
    for name, forget in (("cleared", True), ("kept", False)):
        w, gradient, path = 1.0, 0.0, []
        for _ in range(12):
            gradient = 2 * w if forget else gradient + 2 * w
            w -= 0.1 * gradient
            path.append(w)
        print(f"{name:8}", *(f"{w:5.2f}" for w in path))
    # --8<-- [end:spring]

    # --8<-- [start:momentum]
    undamped = train_with(clean_step, seed=0, epochs=4, momentum=1.0)
    pairs = list(zip(undamped.losses, swinging.losses[:4], strict=True))
    assert all(abs(a - b) < 1e-6 for a, b in pairs)
    for epoch, (a, b) in enumerate(pairs, 1):
        print(f"epoch {epoch}: {a:.3f} with momentum 1.0, {b:.3f} without zero_grad")
    # --8<-- [end:momentum]


# --8<-- [start:leftover]
def leftover(step: Callable, run: Run) -> float:
    """Return how much of a gradient of 1, planted before a step, is left after it."""
    after = []
    for planted in (0.0, 1.0):
        model, optimizer = copy.deepcopy((run.model, run.optimizer))
        held = [p for group in optimizer.param_groups for p in group["params"]]
        for parameter in held:
            parameter.grad = torch.full_like(parameter, planted)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            step(model, optimizer, run.X[:64], run.y[:64])
        after.append([p.grad for p in held if p.grad is not None])
    pairs = zip(*after, strict=True)
    return max(((a - b).abs().max().item() for a, b in pairs), default=0.0)


# --8<-- [end:leftover]


if __name__ == "__main__":
    # --8<-- [start:examination]
    too_fast = train_with(clean_step, seed=0, lr=1.0)
    for name, run in {"no zero_grad": swinging, "lr 1.0": too_fast}.items():
        left = leftover(run.extra["training_step"], run)
        print(f"{name}: rel {rel(run):.2f}, {left:.2f} of the planted gradient is left")
    assert leftover(forgetful_step, swinging) > 1e-3
    assert not leftover(clean_step, steady) > 1e-3
    # --8<-- [end:examination]


# --8<-- [start:other-places]
def clear_after(model: nn.Module, optimizer: Optimizer, *batch: torch.Tensor) -> float:
    """Take one training step and clear the gradients at its end."""
    loss = forgetful_step(model, optimizer, *batch)
    model.zero_grad()
    return loss


def clear_too_late(
    model: nn.Module, optimizer: Optimizer, X: torch.Tensor, y: torch.Tensor
) -> float:
    """Clear the gradients after they are made and before they are used."""
    loss = nn.functional.mse_loss(model(X), y)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


# --8<-- [end:other-places]


if __name__ == "__main__":
    # --8<-- [start:places]
    for step in (clean_step, clear_after, clear_too_late):
        run = train_with(step, seed=0)
        print(f"{step.__name__:15} rel {rel(run):.3f}")
    # --8<-- [end:places]


# --8<-- [start:clipped-step]
def clipped_step(
    model: nn.Module, optimizer: Optimizer, X: torch.Tensor, y: torch.Tensor
) -> float:
    """Take one step without zero_grad, the gradient's length clipped at 1."""
    loss = nn.functional.mse_loss(model(X), y)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


# --8<-- [end:clipped-step]


if __name__ == "__main__":
    # --8<-- [start:no-help]
    trials = {
        "lr 0.01": (forgetful_step, {"lr": 0.01}),
        "lr 0.0005": (forgetful_step, {"lr": 0.0005}),
        "Adam, lr 0.01": (forgetful_step, {"method": Adam, "lr": 0.01}),
        "clipping": (clipped_step, {}),
    }
    for name, (step, options) in trials.items():
        run = train_with(step, seed=0, **options)
        cleared = rel(train_with(clean_step, seed=0, **options))
        print(f"{name:14} rel {rel(run):.3f}, with zero_grad {cleared:.3f}")
        assert leftover(step, run) > 1e-3
    # --8<-- [end:no-help]

    # --8<-- [start:honest-momentum]
    for momentum in (0.0, 0.9):
        run = train_with(clean_step, seed=0, lr=0.0005, momentum=momentum)
        print(f"zero_grad, momentum {momentum}: rel {rel(run):.3f}")
    # --8<-- [end:honest-momentum]

    # --8<-- [start:guard]
    try:
        train_with(guarded_step, seed=0)
    except AssertionError as error:
        print("AssertionError:", error)
    # --8<-- [end:guard]

    # --8<-- [start:solution-epoch]
    from itertools import count

    calls = count()

    def clear_once_an_epoch(
        model: nn.Module, optimizer: Optimizer, *batch: torch.Tensor
    ) -> float:
        """Take one training step; clear the gradients before every 25th."""
        if next(calls) % 25 == 0:
            optimizer.zero_grad()
        return forgetful_step(model, optimizer, *batch)

    run = train_with(clear_once_an_epoch, seed=0)
    left = leftover(clear_once_an_epoch, run)
    print(f"rel {rel(run):.3f}, {left:.2f} of the planted gradient is left")
    # --8<-- [end:solution-epoch]

    # --8<-- [start:solution-accumulation]
    def accumulated_step(
        model: nn.Module, optimizer: Optimizer, X: torch.Tensor, y: torch.Tensor
    ) -> float:
        """Take one training step with the gradients of four quarters of a batch."""
        optimizer.zero_grad()
        total = 0.0
        for X_part, y_part in zip(X.chunk(4), y.chunk(4), strict=True):
            loss = nn.functional.mse_loss(model(X_part), y_part) / 4
            loss.backward()
            total += loss.item()
        optimizer.step()
        return total

    run = train_with(accumulated_step, seed=0)
    pairs = zip(run.losses, steady.losses, strict=True)
    assert all(abs(a - b) < 1e-6 for a, b in pairs)
    left = leftover(accumulated_step, run)
    print(f"rel {rel(run):.3f}, {left:.2f} of the planted gradient is left")
    # --8<-- [end:solution-accumulation]
