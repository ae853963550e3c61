"""Best weights that are not copied: the state dict changes with the network."""


# --8<-- [start:wrong]
def keep_wrong(model):
    """Keep tensors that train on."""
    return model.state_dict()


# --8<-- [end:wrong]


# --8<-- [start:right]
import copy


def keep(model):
    """Keep a copy for load_state_dict."""
    return copy.deepcopy(model.state_dict())


# --8<-- [end:right]


# --8<-- [start:prevention]
import math


def go_back(model, best, best_loss, evaluate):
    """Load the best weights; refuse them if the best loss does not come back."""
    model.load_state_dict(best)
    loss = evaluate(model)
    assert math.isclose(loss, best_loss, rel_tol=1e-6), f"{loss:.3f} is not the best"


# --8<-- [end:prevention]


# --8<-- [start:imports]
import io
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import Tensor, nn

from snippets.errors.laboratory import Run, epochs, evaluate, start

# --8<-- [end:imports]


# --8<-- [start:training]
def train(seed: int, keep: Callable[[nn.Module], dict[str, Tensor]]) -> Run:
    """Train for 150 epochs, keep the best weights, and load them at the end."""
    run, best_loss = start(seed), math.inf
    for validation_loss in epochs(run, seed, n_epochs=150):
        if validation_loss < best_loss:
            best_loss, best = validation_loss, keep(run.model)
    run.model.load_state_dict(best)
    run.extra |= {"best": best, "best loss": best_loss}
    return run


# --8<-- [end:training]


# --8<-- [start:scenarios]
def broken(seed: int = 0) -> Run:
    """Keep what state_dict() returns."""
    return train(seed, keep_wrong)


def fixed(seed: int = 0) -> Run:
    """Keep a copy of it."""
    return train(seed, keep)


# --8<-- [end:scenarios]


# --8<-- [start:contract]
def restored_loss(run: Run) -> float:
    """Return the validation loss of the network with the weights that were loaded."""
    return evaluate(run.model, *run.extra["validation"])


def fails(run: Run) -> bool:
    """Tell whether it is not the best loss that was seen in training."""
    return restored_loss(run) > 1.01 * run.extra["best loss"]


# --8<-- [end:contract]

if __name__ == "__main__":
    # --8<-- [start:symptom]
    bad = broken()
    print(f"best validation loss in training {bad.extra['best loss']:.3f}")
    print(f"with the best weights loaded     {restored_loss(bad):.3f}")
    test = evaluate(bad.model, bad.X_test, bad.y_test)
    print(f"test loss {test:.3f}, of the last epoch {bad.test_losses[-1]:.3f}")
    assert fails(bad)
    assert test == bad.test_losses[-1]
    # --8<-- [end:symptom]

    # --8<-- [start:memory]
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1.0)
    kept, copied = model.state_dict(), copy.deepcopy(model.state_dict())
    nn.init.constant_(model.weight, 7.0)
    print(f"kept {kept['weight'].item():.1f}, copied {copied['weight'].item():.1f}")
    assert kept["weight"].data_ptr() == model.weight.data_ptr()
    # --8<-- [end:memory]


# --8<-- [start:saved]
def saved(model: nn.Module) -> dict[str, Tensor]:
    """Return the weights by way of a file, which stays in memory here."""
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    return torch.load(file)


# --8<-- [end:saved]

if __name__ == "__main__":
    # --8<-- [start:ways]
    good = fixed()
    ways = {
        "state_dict()": lambda m: m.state_dict(),
        "dict(state_dict())": lambda m: dict(m.state_dict()),
        "copy.copy(state_dict())": lambda m: copy.copy(m.state_dict()),
        "each .detach()": lambda m: {k: t.detach() for k, t in m.state_dict().items()},
        "each .cpu()": lambda m: {k: t.cpu() for k, t in m.state_dict().items()},
        "each .clone()": lambda m: {k: t.clone() for k, t in m.state_dict().items()},
        "copy.deepcopy(model)": lambda m: copy.deepcopy(m).state_dict(),
        "copy.deepcopy(...)": lambda m: copy.deepcopy(m.state_dict()),
        "torch.save, torch.load": saved,
    }
    own = {tensor.data_ptr() for tensor in good.model.state_dict().values()}
    for name, keep in ways.items():
        shared = any(kept.data_ptr() in own for kept in keep(good.model).values())
        print(f"{name:24}{'the same memory' if shared else 'a copy'}")
    # --8<-- [end:ways]

    # --8<-- [start:fixed-run]
    print(f"best validation loss in training {good.extra['best loss']:.3f}")
    print(f"with the best weights loaded     {restored_loss(good):.3f}")
    print(f"test loss {evaluate(good.model, good.X_test, good.y_test):.3f}")
    assert not fails(good)
    assert restored_loss(good) == good.extra["best loss"]
    # --8<-- [end:fixed-run]

    # --8<-- [start:curve]
    fig, ax = plt.subplots()
    ax.plot(range(1, 151), bad.test_losses, "C5-", label="during training")
    for run, style, name in ((bad, "C1--", "broken"), (good, "C0:", "fixed")):
        loss = evaluate(run.model, run.X_test, run.y_test)
        ax.axhline(loss, color=style[:2], linestyle=style[2:], label=f"loaded, {name}")
    ax.set(xlabel="epoch", ylabel="test loss (MSE)", ylim=(0, 0.3))
    ax.legend()
    plt.show()
    # --8<-- [end:curve]

    # --8<-- [start:guard]
    for run in (good, bad):
        try:
            best, best_loss = run.extra["best"], run.extra["best loss"]
            go_back(
                run.model, best, best_loss, lambda _model, run=run: restored_loss(run)
            )
        except AssertionError as error:
            print(error)
    # --8<-- [end:guard]

    # --8<-- [start:numpy-arrays]
    W, dW = np.array([1.0]), np.array([4.0])
    best = W
    W = W - 0.1 * dW
    print(f"W = W - ...: best {best[0]:.1f}")
    best = W
    W -= 0.1 * dW
    print(f"W -= ...:    best {best[0]:.1f}, W {W[0]:.1f}")
    assert best is W
    # --8<-- [end:numpy-arrays]
