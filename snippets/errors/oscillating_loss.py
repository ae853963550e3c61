"""A learning rate a little too large: the loss zigzags and ends too high."""

# --8<-- [start:wrong]
from torch.optim import SGD


def restless(model, train_one_epoch, n_epochs=20):
    """Keep one large rate to the end."""
    optimizer = SGD(model.parameters(), lr=0.5)
    for epoch in range(n_epochs):
        train_one_epoch(model, optimizer, epoch)


# --8<-- [end:wrong]


# --8<-- [start:right]
from torch.optim.lr_scheduler import StepLR


def settling(model, train_one_epoch, n_epochs=20):
    """Drop to a tenth of it in time."""
    optimizer = SGD(model.parameters(), lr=0.5)
    drop = StepLR(optimizer, 3 * n_epochs // 4)
    for epoch in range(n_epochs):
        train_one_epoch(model, optimizer, epoch)
        drop.step()


# --8<-- [end:right]


# --8<-- [start:guard]
from itertools import pairwise


def assert_settled(losses):
    """Raise AssertionError if a late epoch raises the loss by more than a fifth."""
    late = losses[len(losses) // 2 :]
    rise = max(after / before for before, after in pairwise(late))
    assert rise < 1.2, f"the loss still jumps, by {rise:.2f}: lower the learning rate"


# --8<-- [end:guard]


# --8<-- [start:imports]
import copy
from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from snippets.chapters.backpropagation import mse
from snippets.chapters.gradient_descent import NeuralNetwork
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
def train(
    seed: int,
    lr: float,
    epochs: int = 20,
    batch_size: int = 64,
    momentum: float = 0.0,
    clip: float = float("inf"),
    drop: int | None = None,
) -> Run:
    """Train a tanh network; from epoch `drop` on, at a tenth of the learning rate."""
    X, y, X_test, y_test = tensors(deliveries(seed))
    model, loss = (
        torch_network(4, 16, 8, 1, seed=seed, activation=nn.Tanh),
        nn.MSELoss(),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    run = Run(model, X, y, X_test=X_test, y_test=y_test, loss=loss, optimizer=optimizer)
    run.extra["batch_losses"] = []
    for epoch in range(epochs):
        if epoch == drop:
            optimizer.param_groups[0]["lr"] = lr / 10
        for rows in batches(len(X), batch_size, seed * 1000 + epoch):
            batch_loss = loss(model(X[rows]), y[rows])
            optimizer.zero_grad()
            batch_loss.backward()
            if np.isfinite(clip):
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
            run.extra["batch_losses"].append(batch_loss.item())
        with torch.no_grad():
            run.losses.append(loss(model(X), y).item())
    return run


# --8<-- [end:training]


# --8<-- [start:scenarios]
def broken(seed: int = 0) -> Run:
    """Train at a learning rate of 0.5."""
    return train(seed, lr=0.5)


def fixed(seed: int = 0) -> Run:
    """Train at a tenth of it."""
    return train(seed, lr=0.05)


# --8<-- [end:scenarios]


# --8<-- [start:scores]
def jump(losses: Sequence[float]) -> float:
    """Return the largest factor from one loss to the next, in the second half."""
    late = np.array(losses[len(losses) // 2 :])
    return float(np.max(late[1:] / late[:-1]))


def rel(run: Run) -> float:
    """Return the test MSE over the variance of the test targets."""
    with torch.no_grad():
        return relative_mse(run.model(run.X_test).numpy(), run.y_test.numpy())


# --8<-- [end:scores]


if __name__ == "__main__":
    # --8<-- [start:symptom]
    bad = broken()
    print("last epochs:", " ".join(f"{loss:.3f}" for loss in bad.losses[-8:]))
    print(f"largest rise from epoch to epoch: × {jump(bad.losses):.2f}")
    print(f"test MSE / variance: {rel(bad):.3f}")
    # --8<-- [end:symptom]

    # --8<-- [start:wrong-and-right]
    X, y, *_test = tensors(deliveries())

    def losses_of(way: Callable) -> list[float]:
        """Return the loss of all rows after each epoch."""
        losses = []

        def one_epoch(
            model: nn.Module, optimizer: torch.optim.Optimizer, epoch: int
        ) -> None:
            for rows in batches(len(X), 64, epoch):
                optimizer.zero_grad()
                nn.functional.mse_loss(model(X[rows]), y[rows]).backward()
                optimizer.step()
            with torch.no_grad():
                losses.append(nn.functional.mse_loss(model(X), y).item())

        way(torch_network(4, 16, 8, 1, activation=nn.Tanh), one_epoch)
        return losses

    for way in (restless, settling):
        last = losses_of(way)[-5:]
        print(f"{way.__name__}:", *(f"{loss:.2f}" for loss in last))
        assert (jump(last) > 1.2) if way is restless else (jump(last) < 1.05)
    # --8<-- [end:wrong-and-right]

    # --8<-- [start:bowl]
    def descend(learning_rate: float, curvature: float, steps: int = 6) -> list[float]:
        """Return w after each step down the loss curvature / 2 · w², from w = 1."""
        path = [1.0]
        for _step in range(steps):
            path.append(path[-1] - learning_rate * curvature * path[-1])
        return path

    for learning_rate in (0.05, 0.15, 0.25):
        path = " ".join(f"{w:6.2f}" for w in descend(learning_rate, curvature=10))
        print(f"{learning_rate}: {path}")
    # --8<-- [end:bowl]

    # --8<-- [start:momentum-limit]
    def roll(learning_rate: float, momentum: float) -> float:
        """Return |w| after 200 steps with momentum down the bowl of curvature 10."""
        w, velocity = 1.0, 0.0
        for _step in range(200):
            velocity = momentum * velocity + 10 * w
            w -= learning_rate * velocity
        return abs(w)

    for momentum in (0.0, 0.5, 0.9):
        limit = 2 * (1 + momentum) / 10
        assert roll(0.97 * limit, momentum) < 0.01
        assert roll(1.03 * limit, momentum) > 100
        print(f"momentum {momentum}: limit {limit:.2f}")
    # --8<-- [end:momentum-limit]


# --8<-- [start:numpy-gradient]
Gradient = Callable[[], list[np.ndarray]]


def numpy_gradient(run: Run, rows: slice) -> tuple[list[np.ndarray], Gradient]:
    """Return a copied network's parameters, and a function for their gradient."""
    network = copy.deepcopy(run.model)

    def gradient() -> list[np.ndarray]:
        network.forward(run.X[rows])
        dW, db = network.backward(run.y[rows])
        return dW + db

    return network.W + network.b, gradient


# --8<-- [end:numpy-gradient]


# --8<-- [start:torch-gradient]
def torch_gradient(run: Run, rows: slice) -> tuple[list[np.ndarray], Gradient]:
    """Return the same of a torch model in float64; the arrays are its own memory."""
    model = copy.deepcopy(run.model).eval().double()
    parameters = [p for p in model.parameters() if p.requires_grad]
    X, y = run.X[rows].double(), run.y[rows]
    y = y.double() if y.is_floating_point() else y

    def gradient() -> list[np.ndarray]:
        slopes = torch.autograd.grad(run.loss(model(X), y), parameters)
        return [slope.numpy() for slope in slopes]

    return [p.detach().numpy() for p in parameters], gradient


# --8<-- [end:torch-gradient]


# --8<-- [start:curvature]
def curvature(run: Run, iterations: int = 10, h: float = 1e-6) -> float:
    """Return the largest second derivative of the loss, over all directions.

    Power iteration, on about 512 rows: the change of the gradient along a direction
    is the next direction.
    """
    rows = slice(None, None, max(1, len(run.X) // 512))
    is_numpy = isinstance(run.model, NeuralNetwork)
    parameters, gradient = (numpy_gradient if is_numpy else torch_gradient)(run, rows)
    rng = np.random.default_rng(0)
    v = [rng.normal(size=parameter.shape) for parameter in parameters]
    for _iteration in range(iterations):
        length = np.sqrt(sum(np.sum(part**2) for part in v))
        gradients = []
        for sign in (1, -1):
            for parameter, part in zip(parameters, v, strict=True):
                parameter += sign * h / length * part
            gradients.append(gradient())
            for parameter, part in zip(parameters, v, strict=True):
                parameter -= sign * h / length * part
        v = [(up - down) / (2 * h) for up, down in zip(*gradients, strict=True)]
    return float(np.sqrt(sum(np.sum(part**2) for part in v)))


# --8<-- [end:curvature]


if __name__ == "__main__":
    # --8<-- [start:limits]
    good = fixed()
    for name, run, lr in (("lr 0.5", bad, 0.5), ("lr 0.05", good, 0.05)):
        largest = curvature(run)
        print(f"{name:7}: curvature {largest:4.1f}, limit {2 / largest:.2f}, ", end="")
        print(f"lr × curvature {lr * largest:.2f}")
    # --8<-- [end:limits]

    # --8<-- [start:two-kinds]
    for name, run in (("lr 0.5", bad), ("lr 0.05", good)):
        of_batches = jump(run.extra["batch_losses"])
        print(f"{name:7}: epochs × {jump(run.losses):.2f}, batches × {of_batches:.2f}")
    # --8<-- [end:two-kinds]


# --8<-- [start:state]
def state(run: Run) -> tuple[float, float]:
    """Return the loss of all rows, and SGD's learning rate over 1 + its momentum."""
    if isinstance(run.model, NeuralNetwork):
        return mse(run.model.predict(run.X), run.y), run.model.learning_rate
    if type(run.optimizer) is not torch.optim.SGD:
        raise TypeError(f"the optimizer is {type(run.optimizer).__name__}, not SGD")
    with torch.no_grad():
        loss = run.loss(copy.deepcopy(run.model).eval()(run.X), run.y).item()
    group = run.optimizer.param_groups[0]
    return loss, group["lr"] / (1 + group["momentum"])


# --8<-- [end:state]


# --8<-- [start:evidence]
def evidence(run: Run) -> str | None:
    """Compare learning rate and curvature if the loss of all rows jumps."""
    losses = np.array(run.losses, dtype=float)
    if run.error or losses.size < 8 or not np.isfinite(losses).all():
        return None
    if losses.min() <= 0 or jump(losses) < 1.2:
        return None
    try:
        with np.errstate(all="ignore"):
            loss, lr = state(run)
            if not abs(losses[-1] / loss - 1) < 0.01:
                return None  # recorded were batches, or means over an epoch
            product = lr * curvature(run)
    except (AttributeError, TypeError, ValueError, IndexError, RuntimeError):
        return None
    if not product > 1.55:
        return None
    return f"the loss jumps by × {jump(losses):.2f}; lr × curvature is {product:.2f}"


# --8<-- [end:evidence]


if __name__ == "__main__":
    # --8<-- [start:doctor]
    print("lr 0.5: ", evidence(bad))
    print("lr 0.05:", evidence(good))
    # --8<-- [end:doctor]

    # --8<-- [start:alternatives]
    ways = {
        "lr 0.05": good,
        "lr 0.5, then 0.05": train(0, lr=0.5, drop=15),
        "lr 0.5, clip at 0.1": train(0, lr=0.5, clip=0.1),
        "lr 0.5, clip at 1": train(0, lr=0.5, clip=1.0),
        "lr 0.5, batches of 256": train(0, lr=0.5, batch_size=256),
        "lr 0.5, 40 epochs": train(0, lr=0.5, epochs=40),
        "lr 0.5, momentum 0.9": train(0, lr=0.5, momentum=0.9),
        "lr 0.05, momentum 0.9": train(0, lr=0.05, momentum=0.9),
    }
    print("                          rel  last jump")
    for name, run in ways.items():
        print(f"{name:23} {rel(run):5.3f}  × {jump(run.losses[-8:]):.2f}")
    # --8<-- [end:alternatives]


# --8<-- [start:contract]
def fails(run: Run) -> bool:
    """Tell whether a late epoch raises the loss by more than a fifth."""
    return jump(run.losses) > 1.2


# --8<-- [end:contract]


if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    for name, run in (("lr 0.5", bad), ("lr 0.05", good)):
        print(f"{name:7}: jump × {jump(run.losses):.2f}, rel {rel(run):.3f}")
    assert fails(bad)
    assert not fails(good)
    assert jump(good.losses) < 1.05
    assert rel(good) < rel(bad)
    # --8<-- [end:fixed-run]

    # --8<-- [start:curves]
    epochs = np.arange(1, 21)
    _fig, ax = plt.subplots()
    ax.plot(epochs, bad.losses, "C1o-", label="lr 0.5")
    dropped = ways["lr 0.5, then 0.05"].losses
    ax.plot(epochs[14:], dropped[14:], "C2x:", label="0.05 from epoch 16")
    ax.plot(epochs, good.losses, "C0s--", label="lr 0.05")
    ax.set(xlabel="epoch", ylabel="training loss", yscale="log")
    ax.set_yticks([0.07, 0.1, 0.2, 0.4], ["0.07", "0.1", "0.2", "0.4"])
    ax.set_xticks([1, 5, 10, 15, 20])
    ax.minorticks_off()
    ax.legend()
    plt.show()
    # --8<-- [end:curves]

    # --8<-- [start:guarded]
    assert_settled(good.losses)
    try:
        assert_settled(bad.losses)
    except AssertionError as error:
        print(str(error).partition(", by")[0])
    # --8<-- [end:guarded]

    # --8<-- [start:rates]
    print("lr     jump    rel  curvature  limit")
    for lr in (0.02, 0.1, 0.2):
        run = train(0, lr)
        largest = curvature(run)
        numbers = f"{jump(run.losses):.2f}  {rel(run):.3f}  {largest:9.1f}"
        print(f"{lr:4}  × {numbers}  {2 / largest:5.2f}")
    # --8<-- [end:rates]
