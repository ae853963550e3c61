"""Saving and loading: keys that differ, refused files, and what was not saved."""

# --8<-- [start:wrong]
import torch


def load_wrong(model, path):
    """Silence the message: load whatever fits."""
    state = torch.load(path)
    model.load_state_dict(state, strict=False)
    return model


# --8<-- [end:wrong]


# --8<-- [start:right]
def load(model, path):
    """Load all, without the prefix."""
    weights = {}
    state = torch.load(path, map_location="cpu")
    for name, W in state.items():
        weights[name.removeprefix("module.")] = W
    model.load_state_dict(weights)
    return model.eval()


# --8<-- [end:right]


# --8<-- [start:wrong-file]
def save_wrong(model, path):
    """Pickle the model, class and all."""
    torch.save(model, path)


# --8<-- [end:wrong-file]


# --8<-- [start:right-file]
def save(model, path):
    """Save names and tensors, which any version may load."""
    torch.save(model.state_dict(), path)


# --8<-- [end:right-file]


# --8<-- [start:wrong-resume]
def resume_wrong(model, path):
    """Go on with the weights, and an optimiser that remembers nothing."""
    checkpoint = torch.load(path)
    model.load_state_dict(checkpoint["model"])
    return checkpoint["epoch"] + 1


# --8<-- [end:wrong-resume]


# --8<-- [start:right-resume]
def resume(model, optimizer, path):
    """Go on with all that changes during the training."""
    checkpoint = torch.load(path)
    model.load_state_dict(checkpoint["model"])
    optimizer.load_state_dict(checkpoint["optimizer"])
    return checkpoint["epoch"] + 1


# --8<-- [end:right-resume]


# --8<-- [start:prevention]
def saved_and_loaded(model, fresh, X):
    """Tell whether a fresh model predicts as the saved one does, through a file."""
    file = BytesIO()
    save(model, file)
    file.seek(0)
    with torch.no_grad():
        return torch.equal(load(fresh, file)(X), model.eval()(X))


# --8<-- [end:prevention]


# --8<-- [start:imports]
import re
from collections.abc import Callable
from io import BytesIO
from pickle import UnpicklingError

import matplotlib.pyplot as plt
import numpy as np
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR

from snippets.delivery import make_deliveries
from snippets.errors.laboratory import (
    Run,
    batches,
    deliveries,
    fit,
    relative_mse,
    tensors,
    torch_network,
)

# --8<-- [end:imports]


# --8<-- [start:training]
def started(seed: int, data_seed: int) -> Run:
    """Return a run that has learned nothing yet, with Adam."""
    model = torch_network(4, 16, 8, 1, seed=seed, dtype=torch.float64)
    X, y, X_test, y_test = tensors(deliveries(data_seed), torch.float64)
    run = Run(model, X, y, X_test=X_test, y_test=y_test, loss=nn.MSELoss())
    run.optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    return run


def written(content: object) -> BytesIO:
    """Return content as a file, ready to be read."""
    file = BytesIO()
    torch.save(content, file)
    file.seek(0)
    return file


def checkpoint_of(run: Run, epochs: int, seed: int) -> dict:
    """Train with a falling learning rate; return what a resumed training needs."""
    scheduler = ExponentialLR(run.optimizer, gamma=0.8)
    for epoch in range(epochs):
        fit(run, 1, seed * 1000 + epoch)
        scheduler.step()
    states = {"model": run.model, "optimizer": run.optimizer, "scheduler": scheduler}
    content = {name: each.state_dict() for name, each in states.items()}
    return content | {"epoch": epochs - 1}


# --8<-- [end:training]


# --8<-- [start:broken]
def go_on(run: Run, seed: int, steps: int = 25) -> Run:
    """Take steps; note the loss of all rows before the first and after each."""
    run.losses = [run.loss(run.model(run.X), run.y).item()]
    for rows in list(batches(len(run.X), 64, seed))[:steps]:
        run.optimizer.zero_grad()
        run.loss(run.model(run.X[rows]), run.y[rows]).backward()
        run.optimizer.step()
        run.losses.append(run.loss(run.model(run.X), run.y).item())
    return run


def read(variant: str, seed: int, first: Callable, resumed: Callable) -> Run:
    """Train and save a model; return the run of the program that reads the file."""
    old, new = started(seed, seed), started(seed + 1000, seed)
    new.extra["checkpoint"] = saved = checkpoint_of(old, epochs=12, seed=seed)
    parallel = nn.DataParallel(old.model).state_dict()  # names begin with "module."
    try:
        if variant == "resumed":
            resumed(new, written(saved))
            return go_on(new, seed)
        content = old.model if variant == "pickled" else parallel
        first(new.model, written(content))
    except (RuntimeError, UnpicklingError) as error:
        new.error = error
    return new


def plain(model: nn.Module, file: BytesIO) -> None:
    """Load the weights as tutorials do."""
    model.load_state_dict(torch.load(file))


VARIANTS = ("prefix", "not-strict", "pickled", "resumed")


def broken(seed: int = 0, variant: str = "prefix") -> Run:
    """Read what another program has saved, and do not get all of it."""
    first = load_wrong if variant == "not-strict" else plain
    return read(variant, seed, first, lambda run, file: resume_wrong(run.model, file))


def rel(run: Run) -> float:
    """Return the test MSE over the variance of y."""
    with torch.no_grad():
        return relative_mse(run.model(run.X_test).numpy(), run.y_test.numpy())


def fails(run: Run) -> bool:
    """Tell whether loading raised, predicts no better, or spoils the next steps."""
    jumps = bool(run.losses) and max(run.losses) > 1.4 * run.losses[0]
    return run.error is not None or jumps or rel(run) > 0.5


# --8<-- [end:broken]


# --8<-- [start:fixed]
def fixed(seed: int = 0, variant: str = "prefix") -> Run:
    """Read all that was saved, from a file without classes."""
    return read(
        "prefix" if variant == "pickled" else variant,
        seed,
        load,
        lambda run, file: resume(run.model, run.optimizer, file),
    )


# --8<-- [end:fixed]

if __name__ == "__main__":
    # --8<-- [start:failure]
    runs = {variant: broken(variant=variant) for variant in VARIANTS}
    for variant, run in runs.items():
        first_line = str(run.error or "no message").splitlines()[0]
        print(f"{variant}: {first_line.partition('. ')[0]}; rel {rel(run):.2f}")
        assert fails(run)
        assert not fails(fixed(variant=variant))
    # --8<-- [end:failure]

    # --8<-- [start:wrong-and-right]
    old = fixed().model
    sample = fixed().X[:5]

    def new() -> nn.Module:
        """Return a network of the same sizes with other weights."""
        return torch_network(4, 16, 8, 1, seed=1, dtype=torch.float64)

    def message(call: Callable) -> str:
        """Return what the exception of a call says."""
        try:
            call()
        except (
            AttributeError,
            EOFError,
            RuntimeError,
            UnpicklingError,
            ValueError,
        ) as e:
            return str(e)
        raise AssertionError("the call raises nothing")

    prefixed = nn.DataParallel(old).state_dict()
    assert next(iter(prefixed)) == "module.0.weight"
    assert torch.equal(load(new(), written(prefixed))(sample), old(sample))
    assert torch.equal(load_wrong(new(), written(prefixed))(sample), new()(sample))
    file = BytesIO()
    save_wrong(old, file)
    file.seek(0)
    refused = message(lambda: torch.load(file))
    assert "Weights only load failed" in refused
    assert "In PyTorch 2.6, we changed the default value" in refused
    file.seek(0)
    assert isinstance(torch.load(file, weights_only=False), nn.Sequential)
    assert saved_and_loaded(old, new(), sample)
    # --8<-- [end:wrong-and-right]


# --8<-- [start:evidence]
MESSAGES = (" key(s) in state_dict:", "loaded state dict contains")


def message_of(error: Exception) -> str | None:
    """Return what a message about a file says, without its advice, or None."""
    unsupported = re.search(r"Unsupported global: GLOBAL \S+", str(error))
    if "Weights only load failed" in str(error):
        return f"Weights only load failed: {unsupported[0] if unsupported else ''}"
    if any(words in str(error) for words in MESSAGES):
        return " ".join(str(error).split())
    return None


def steps_taken(state: dict) -> int:
    """Return how many steps an optimiser of the Adam family remembers."""
    return max((int(each.get("step", 0)) for each in state.values()), default=0)


def evidence(run: Run) -> str | None:
    """Say what of a file was not loaded, or None."""
    if run.error:
        return message_of(run.error)
    saved = run.extra.get("checkpoint")
    if not saved or not isinstance(run.model, nn.Module):
        return None
    if run.optimizer and run.optimizer.state:
        now = steps_taken(run.optimizer.state)
        before = steps_taken(saved["optimizer"]["state"])
        forgotten = f"the optimiser remembers {now} steps, the file {before}"
        return forgotten if now < before else None
    now, before = run.model.state_dict(), saved["model"]
    differ = [n for n in before if n not in now or not torch.equal(now[n], before[n])]
    missed = f"{len(differ)} of {len(before)} tensors are not those of the file"
    return missed if differ else None


# --8<-- [end:evidence]

if __name__ == "__main__":
    # --8<-- [start:diagnosis]
    for variant, run in runs.items():
        print(f"{variant}: {evidence(run)}")
        assert evidence(run) is not None
        assert evidence(fixed(variant=variant)) is None
    # --8<-- [end:diagnosis]

    # --8<-- [start:resumed]
    steps = range(26)
    lost, kept = (each(seed=0, variant="resumed") for each in (broken, fixed))
    for name, run in {"weights only": lost, "with optimiser": kept}.items():
        before, worst, after = run.losses[0], max(run.losses), run.losses[-1]
        rate = run.optimizer.param_groups[0]["lr"]
        print(f"{name:14}: {before:.3f}, at worst {worst:.3f}, after an epoch ", end="")
        print(f"{after:.3f}; learning rate {rate:.4f}")
    # --8<-- [end:resumed]

    # --8<-- [start:resumed-curves]
    fig, ax = plt.subplots()
    ax.plot(steps, lost.losses, "C1o--", label="weights only")
    ax.plot(steps, kept.losses, "C0s-", label="with the optimiser's state")
    ax.set(xlabel="steps after the training goes on", ylabel="training loss", ylim=0)
    ax.legend()
    plt.show()
    # --8<-- [end:resumed-curves]

    # --8<-- [start:scaler]
    X, y = make_deliveries(seed=0)
    mean, std, y_mean, y_std = X.mean(axis=0), X.std(axis=0), y.mean(), y.std()
    for name, rows in {"raw rows": X, "scaled rows": (X - mean) / std}.items():
        with torch.no_grad():
            minutes = old(torch.tensor(rows)).numpy() * y_std + y_mean
        print(f"{name:11}: off by {np.abs(minutes - y).mean():.1f} min on average")
    # --8<-- [end:scaler]

    # --8<-- [start:scaler-saved]
    scaling = {"mean": torch.tensor(mean), "std": torch.tensor(std)}
    file = written({"model": old.state_dict(), "scaling": scaling})
    read_back = torch.load(file)  # tensors: nothing is refused
    again = (torch.tensor(X) - read_back["scaling"]["mean"]) / scaling["std"]
    assert np.allclose(again, (X - mean) / std)
    # --8<-- [end:scaler-saved]

    # --8<-- [start:other-messages]
    other = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
    whole = written(old.state_dict()).getvalue()
    sgd = torch.optim.SGD(other.parameters(), lr=0.1)
    best = np.mean([0.1, 0.2])
    calls = [
        lambda: torch.load(written({"model": old.state_dict(), "best": best})),
        lambda: other.load_state_dict(old.state_dict()),
        lambda: torch.load(written(old.state_dict())).eval(),
        lambda: sgd.load_state_dict(kept.optimizer.state_dict()),
        lambda: torch.load(BytesIO(whole[: len(whole) // 2])),
    ]
    for number, call in enumerate(calls, start=1):
        text = message(call)
        detail = re.search(r"GLOBAL numpy\S+|Unexpected key.*", text)
        print(number, detail[0] if detail else text.partition(". ")[0])
    assert torch.load(written({"best": float(best)})) == {"best": float(best)}
    assert "size mismatch for" in message(
        lambda: nn.Linear(4, 2).load_state_dict(nn.Linear(5, 2).state_dict())
    )
    # --8<-- [end:other-messages]

    # --8<-- [start:allowed]
    with torch.serialization.safe_globals([nn.Sequential, nn.Linear, nn.ReLU]):
        assert isinstance(torch.load(written(old)), nn.Sequential)
    # --8<-- [end:allowed]

    # --8<-- [start:names]
    fresh = new()
    result = fresh.load_state_dict(prefixed, strict=False)
    print(
        len(result.missing_keys), "missing,", len(result.unexpected_keys), "unexpected"
    )
    # --8<-- [end:names]

    # --8<-- [start:solution-rate]
    run = started(seed=1000, data_seed=0)
    run.extra["checkpoint"] = lost.extra["checkpoint"]
    resume_wrong(run.model, written(run.extra["checkpoint"]))
    run.optimizer.param_groups[0]["lr"] = kept.optimizer.param_groups[0]["lr"]
    go_on(run, seed=0)
    print(f"at worst {max(run.losses) / run.losses[0]:.2f} of the loss before")
    # --8<-- [end:solution-rate]

    # --8<-- [start:solution-part]
    body = {name: W for name, W in old.state_dict().items() if name < "4"}
    classifier = torch_network(4, 16, 8, 3, seed=1, dtype=torch.float64)
    result = classifier.load_state_dict(body, strict=False)
    print("missing:", result.missing_keys)
    assert all(name.startswith("4.") for name in result.missing_keys)
    assert result.unexpected_keys == []
    # --8<-- [end:solution-part]
