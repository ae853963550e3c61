"""The loss is NaN: six mistakes, where the first NaN appears, and what cures which."""

# --8<-- [start:wrong]
import torch


def training_step(model, optimizer, X, y):
    """Take a step on rows as measured."""
    optimizer.zero_grad()
    loss = torch.nn.functional.mse_loss(model(X), y)
    loss.backward()
    optimizer.step()
    return loss.item()


# --8<-- [end:wrong]


# --8<-- [start:right]
def prepare(X, y):
    """Drop holes, standardise X, once."""
    whole = X.isfinite().all(dim=1)
    whole &= y.isfinite().reshape(len(y), -1).all(dim=1)
    X, y = X[whole], y[whole]
    mean, std = X.mean(dim=0), X.std(dim=0)
    return (X - mean) / std, y, mean, std


# --8<-- [end:right]


# --8<-- [start:guard]
import math


def finite(loss, step):
    """Return the loss. Raises FloatingPointError where it is infinite or NaN."""
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss} at step {step}")
    return loss


# --8<-- [end:guard]


# --8<-- [start:imports]
from collections.abc import Callable
from functools import partial
from itertools import chain

import matplotlib.pyplot as plt
import numpy as np
from torch import nn

from snippets.chapters.backpropagation import mse
from snippets.chapters.gradient_descent import NeuralNetwork, backward, forward
from snippets.deeper.make_it_fast import FastNeuralNetwork
from snippets.errors.laboratory import (
    Data,
    Run,
    batches,
    deliveries,
    raw_deliveries,
    relative_mse,
    tensors,
    torch_network,
)

# --8<-- [end:imports]


# --8<-- [start:loop]
def descend(
    model: NeuralNetwork, X: np.ndarray, y: np.ndarray, steps: int
) -> list[float]:
    """Change the model in steps on all rows; return the loss before each step."""
    losses = []
    for _step in range(steps):
        A = forward(X, model.W, model.b)
        losses.append(mse(A[-1], y))
        dW, db = backward(y, model.W, A)
        for parameter, gradient in zip(model.W + model.b, dW + db, strict=True):
            parameter -= model.learning_rate * gradient
    return losses


# --8<-- [end:loop]


# --8<-- [start:linear-run]
def linear_run(
    seed: int, data: Data, learning_rate: float = 0.005, steps: int = 500
) -> Run:
    """Train the linear model y = XW + b and return the run, a loss a step."""
    model = NeuralNetwork([4, 1], learning_rate, seed)
    with np.errstate(all="ignore"):
        losses = descend(model, data.X, data.y, steps)
    return Run(model, data.X, data.y, losses, data.X_test, data.y_test)


# --8<-- [end:linear-run]


# --8<-- [start:leaky-network]
he, glorot = nn.init.kaiming_normal_, nn.init.xavier_normal_


def leaky_network(seed: int, initialise: Callable = he) -> nn.Sequential:
    """Return 4 → 16 → 8 → 1 with LeakyReLU, these weights, and biases of 0."""
    model = torch_network(4, 16, 8, 1, seed=seed, activation=nn.LeakyReLU)
    for layer in model[::2]:
        initialise(layer.weight)
        nn.init.zeros_(layer.bias)
    return model


# --8<-- [end:leaky-network]


if __name__ == "__main__":
    # --8<-- [start:wrong-and-right]
    def last_loss(X: torch.Tensor, y: torch.Tensor) -> float:
        """Return the loss of the 50th step of a network with LeakyReLU."""
        model = leaky_network(0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        return [training_step(model, optimizer, X, y) for _step in range(50)][-1]

    raw = raw_deliveries()
    X, y, *_test = tensors(raw)
    X_holed = X.clone()
    X_holed[12, 2] = math.nan
    X_ready, y_ready, *_kept = prepare(X_holed, y)
    print("as measured:", last_loss(X, y))
    print("with a hole:", last_loss(X_holed, y))
    print(f"prepared, {len(X_ready)} rows: {last_loss(X_ready, y_ready):.2f}")
    assert not math.isfinite(last_loss(X, y))
    assert not math.isfinite(last_loss(X_holed, y))
    assert last_loss(X_ready, y_ready) < 0.2
    y_holed = y[:, 0].clone()  # (n,)
    y_holed[7] = math.nan
    assert len(prepare(X_holed, y_holed)[1]) == 1598
    # --8<-- [end:wrong-and-right]

    # --8<-- [start:reproduction]
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        losses = descend(NeuralNetwork([4, 1], 0.005, 0), raw.X, raw.y, 120)
    messages = [str(warning.message) for warning in caught]
    assert all(warning.category is RuntimeWarning for warning in caught)
    for words in ("overflow encountered", "invalid value encountered"):
        print(f"RuntimeWarning: {words} …", any(words in text for text in messages))

    for step in (0, 1, 2, 3, 47, 48, 97, 98, 119):
        print(f"step {step:3}: loss {losses[step]:.1e}")
    assert np.isinf(losses[48:98]).all()
    assert np.isnan(losses[98:]).all()
    # --8<-- [end:reproduction]


# --8<-- [start:first-bad]
def first_bad(values: list[float]) -> int | None:
    """Return the first position whose value is infinite or NaN, if there is one."""
    bad = np.flatnonzero(~np.isfinite(values))
    return int(bad[0]) if bad.size else None


# --8<-- [end:first-bad]


if __name__ == "__main__":
    # --8<-- [start:curves]
    healthy = linear_run(0, deliveries(), steps=120)
    stop = first_bad(losses)

    _fig, ax = plt.subplots()
    ax.plot(np.log10(losses[:stop]), "--", color="C1", label="raw X")
    top = np.log10(losses[stop - 1])
    ax.plot(stop - 1, top, "X", color="C1", markersize=10)
    ax.text(stop + 2, top, "inf from step 48,\nNaN from step 98", va="top")
    ax.plot(np.log10(healthy.losses), color="C0", label="standardised X")
    ax.set(xlabel="step", ylabel="log₁₀ of the loss")
    ax.legend(loc="center right")
    plt.show()
    # --8<-- [end:curves]


# --8<-- [start:leaky-run]
def leaky_run(
    seed: int, data: Data, lr: float = 0.05, weights: Callable = he, clip: float = 0.0
) -> Run:
    """Train for 5 epochs, or until a loss is not finite; clip > 0 limits gradients."""
    X, y, X_test, y_test = tensors(data)
    model, loss, norms = leaky_network(seed, weights), nn.MSELoss(), []
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    run = Run(model, X, y, [], X_test, y_test, [], loss, optimizer)
    run.extra["norms"] = norms
    epochs = (batches(len(X), 64, 1000 * seed + epoch) for epoch in range(5))
    for rows in chain.from_iterable(epochs):
        batch_loss = loss(model(X[rows]), y[rows])
        run.losses.append(batch_loss.item())
        if not math.isfinite(run.losses[-1]):
            break
        optimizer.zero_grad()
        batch_loss.backward()
        if clip:
            norms.append(nn.utils.clip_grad_norm_(model.parameters(), clip).item())
        optimizer.step()
    return run


# --8<-- [end:leaky-run]


# --8<-- [start:mistakes]
VARIANTS = ("raw", "rate", "large", "hole", "typo")


def mistake(seed: int, variant: str) -> dict[str, object]:
    """Return what `leaky_run` gets: nothing is wrong, or what the variant names.

    Raises ValueError for a variant that is neither "healthy" nor among VARIANTS.
    """
    if variant not in ("healthy", *VARIANTS):
        raise ValueError(f"variant is {variant!r}, expected one of {VARIANTS}")
    X = deliveries(seed).X.copy()
    X[12, 2] = math.nan if variant == "hole" else X[12, 2]
    X[12, 3] = 1e4 if variant == "typo" else X[12, 3]
    is_raw = variant == "raw"
    return {
        "data": raw_deliveries(seed) if is_raw else deliveries(seed)._replace(X=X),
        "lr": 2.0 if variant == "rate" else 0.05,
        "weights": partial(nn.init.normal_, std=10.0) if variant == "large" else he,
    }


# --8<-- [end:mistakes]


# --8<-- [start:broken]
def broken(seed: int = 0, variant: str = "linear") -> Run:
    """Train the linear model on raw X, or the network with one of VARIANTS."""
    if variant == "linear":
        return linear_run(seed, raw_deliveries(seed))
    return leaky_run(seed, **mistake(seed, variant))


# --8<-- [end:broken]


if __name__ == "__main__":
    # --8<-- [start:variants]
    runs = {variant: broken(0, variant) for variant in ("linear", *VARIANTS)}
    for variant, run in runs.items():
        stop = first_bad(run.losses)
        before = "  ".join(f"{loss:8.1e}" for loss in run.losses[:stop][-4:])
        print(f"{variant:7} not finite at step {stop:2}, before: {before}")
    assert f"{np.finfo(np.float32).max:.1e}" == "3.4e+38"
    assert np.finfo(np.float64).max > 1e308
    # --8<-- [end:variants]

    # --8<-- [start:slope-or-cliff]
    late_hole = broken(1, "hole")
    curves = {
        "linear, raw X": ("C1--", losses, "top"),
        "linear, rate 2": ("C3-.", linear_run(0, deliveries(), 2.0).losses, "bottom"),
        "one NaN in X": ("C0-", late_hole.losses, "center"),
    }
    _fig, ax = plt.subplots()
    for name, (style, curve, side) in curves.items():
        last = np.log10(curve[: first_bad(curve)][-20:])
        ax.plot(np.arange(-len(last), 0), last, style, label=name)
        ax.plot(-1, last[-1], "X", color=style[:2], markersize=10)
        ax.text(-0.3, last[-1], f"{curve[first_bad(curve)]}", va=side)
    ax.set(xlabel="steps before the first inf or NaN", ylabel="log₁₀ of the loss")
    ax.set(xlim=(-21, 1.5), xticks=(-20, -15, -10, -5, -1))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 0.1))
    plt.show()
    # --8<-- [end:slope-or-cliff]

    # --8<-- [start:before-training]
    print("          |X| up to   std of y_hat   gradient norm   learning rate")
    for variant in ("healthy", *VARIANTS):
        setting = mistake(0, variant)
        X, y, *_test = tensors(setting["data"])
        model = leaky_network(0, setting["weights"])
        y_hat = model(X)
        nn.MSELoss()(y_hat, y).backward()
        norm = nn.utils.get_total_norm([p.grad for p in model.parameters()]).item()
        row = f"{X.abs().max().item():9.4g}   {y_hat.std().item():12.2g}   {norm:13.2g}"
        print(f"{variant:8}  {row}   {setting['lr']:13}")
    # --8<-- [end:before-training]

    # --8<-- [start:blame]
    def blamed(loss: torch.Tensor) -> str:
        """Return what anomaly mode says of the loss's backward pass."""
        try:
            loss.backward()
        except RuntimeError as error:
            # which output it names depends on the processor
            return str(error).partition(" in its ")[0]
        return "nothing"

    # --8<-- [end:blame]

    # --8<-- [start:anomaly]
    X_ok, target, *_test = (part[:64] for part in tensors(deliveries()))
    X_bad = X_ok.clone()
    X_bad[12, 2] = math.nan
    mean_square, huge = nn.MSELoss(), partial(nn.init.normal_, std=1e10)
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that it is on, and slow
        with torch.autograd.detect_anomaly():
            root = torch.where(x > 0, torch.sqrt(x), 0.0).sum()
            large = mean_square(leaky_network(0, huge)(X_ok), target)
            holed = mean_square(leaky_network(0)(X_bad), target)
            losses_seen = {"√ of 0": root, "N(0, 1e10²)": large, "one NaN": holed}
            for name, loss in losses_seen.items():
                message = blamed(loss)
                print(f"{name:11}  loss {loss.item():3.0f}: {message}")
    # --8<-- [end:anomaly]


# --8<-- [start:critical-rate]
def critical_rate(X: np.ndarray) -> float:
    """Return 2/λ, λ the largest eigenvalue of the linear model's curvature."""
    X_one = np.hstack([X, np.ones((len(X), 1))])  # (n, n_in + 1)
    curvature = 2 * X_one.T @ X_one / len(X)
    return float(2 / np.linalg.eigvalsh(curvature)[-1])


# --8<-- [end:critical-rate]


if __name__ == "__main__":
    # --8<-- [start:limits]
    for name, data in {"raw": raw, "standardised": deliveries()}.items():
        print(f"{name:12}  0.005 is {0.005 / critical_rate(data.X):.3g} times 2/λ")
    # --8<-- [end:limits]


# --8<-- [start:cures]
def cleaned(data: Data) -> Data:
    """Return X standardised, without regard to its holes, and the holes as 0."""
    mean, std = np.nanmean(data.X, axis=0), np.nanstd(data.X, axis=0)
    X = np.where(np.isnan(data.X), 0.0, (data.X - mean) / std)
    return data._replace(X=X, X_test=(data.X_test - mean) / std)


def cures(wrong: dict[str, object]) -> dict[str, dict[str, object]]:
    """Return what each cure changes of a mistake."""
    return {
        "as it is": {},
        "cleaned": {"data": cleaned(wrong["data"])},
        "lr × 0.1": {"lr": wrong["lr"] / 10},
        "He": {"weights": he},
        "Glorot": {"weights": glorot},
        "clipped": {"clip": 1.0},
    }


# --8<-- [end:cures]


# --8<-- [start:rel]
def rel(run: Run) -> float:
    """Return the test MSE over the variance of y; NaN where a prediction is NaN."""
    if not isinstance(run.model, nn.Module):
        y_hat = forward(run.X_test, run.model.W, run.model.b)[-1]
        return relative_mse(y_hat, run.y_test)
    with torch.no_grad():
        return relative_mse(run.model(run.X_test).numpy(), run.y_test.numpy())


# --8<-- [end:rel]


# --8<-- [start:outcome]
def outcome(run: Run) -> str:
    """Return ✗ and the step at which the loss was not finite, or else rel."""
    stop = first_bad(run.losses)
    if stop is not None:
        return f"✗ {stop}"
    return f"{rel(run):.3f}" if rel(run) < 0.2 else "over 0.2"


# --8<-- [end:outcome]


if __name__ == "__main__":
    # --8<-- [start:matrix]
    names = cures(mistake(0, "rate"))
    print(" " * 7, "".join(f"{name:>9}" for name in names))
    for variant in VARIANTS:
        wrong = mistake(0, variant)
        cells = [
            outcome(leaky_run(0, **wrong | cure)) for cure in cures(wrong).values()
        ]
        print(f"{variant:7}", "".join(f"{cell:>9}" for cell in cells))
    typo = cleaned(mistake(0, "typo")["data"]).X[12, 3]
    print(f"the typo after the scaling: {typo:.0f} standard deviations")
    # --8<-- [end:matrix]


# --8<-- [start:fixed]
def without_outliers(data: Data) -> Data:
    """Drop the training rows with an entry beyond 20 standard deviations."""
    usual = np.abs(data.X).max(axis=1) < 20  # (n,)
    return data._replace(X=data.X[usual], y=data.y[usual])


def fixed(seed: int = 0, variant: str = "linear") -> Run:
    """Train with the mistake undone."""
    if variant == "linear":
        return linear_run(seed, deliveries(seed))
    wrong = mistake(seed, variant)
    cure = {
        "rate": {"lr": 0.05},
        "large": {"weights": he},
        "typo": {"data": without_outliers(wrong["data"])},
    }.get(variant, {"data": cleaned(wrong["data"])})
    return leaky_run(seed, **wrong | cure)


# --8<-- [end:fixed]


# --8<-- [start:contract]
def fails(run: Run) -> bool:
    """Tell whether a loss is not finite, or rel ends above 0.2."""
    return first_bad(run.losses) is not None or not rel(run) < 0.2


# --8<-- [end:contract]


if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    print("          broken  fixed: last loss    rel")
    for variant, bad in runs.items():
        good = fixed(0, variant)
        assert fails(bad)
        assert not fails(good)
        end = f"{good.losses[-1]:16.3f}  {rel(good):.3f}"
        print(f"{variant:7}   {outcome(bad):>6}  {end}")
    # --8<-- [end:fixed-run]

    # --8<-- [start:refusals]
    from sklearn.linear_model import LinearRegression

    X_hole, y_hole = deliveries().X[:64].copy(), deliveries().y[:64]
    X_hole[12, 2] = np.nan
    attempts = {
        "a hole in X": lambda: FastNeuralNetwork([4, 1]).fit(X_hole, y_hole),
        "the same": lambda: LinearRegression().fit(X_hole, y_hole),
        "rate 0": lambda: FastNeuralNetwork([4, 1], learning_rate=0.0),
        "rate NaN": lambda: FastNeuralNetwork([4, 1], learning_rate=np.nan),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except ValueError as error:
            print(f"{name:11}  ValueError: {str(error).splitlines()[0]}")
        else:
            raise AssertionError(f"{name} passed")
    # --8<-- [end:refusals]

    # --8<-- [start:guarded]
    def guarded(run: Run) -> None:
        """Read the losses of a run as a training loop would."""
        for step, loss in enumerate(run.losses):
            finite(loss, step)

    def raising(data: Data) -> None:
        """Train with NumPy's overflow as an exception."""
        with np.errstate(over="raise"):
            descend(NeuralNetwork([4, 1], 0.005, 0), data.X, data.y, 120)

    guarded(fixed())
    raising(deliveries())
    for attempt in (lambda: guarded(broken()), lambda: raising(raw)):
        try:
            attempt()
        except FloatingPointError as error:
            print(f"FloatingPointError: {str(error).partition(' in ')[0]}")
        else:
            raise AssertionError("a loss that is not finite passed")
    # --8<-- [end:guarded]


# --8<-- [start:first-bad-layer]
def first_bad_layer(model: nn.Sequential, X: torch.Tensor) -> str | None:
    """Return the name of the first layer that puts out an infinite or NaN number."""
    with torch.no_grad():
        for name, layer in model.named_children():
            X = layer(X)
            if not torch.isfinite(X).all():
                return f"{name}, {layer}"
    return None


# --8<-- [end:first-bad-layer]


if __name__ == "__main__":
    # --8<-- [start:layers]
    X, *_others = tensors(deliveries())
    poisoned = leaky_network(0)
    with torch.no_grad():
        poisoned[2].weight[5, 1] = math.nan
    print("healthy:          ", first_bad_layer(leaky_network(0), X))
    print("a hole in X:      ", first_bad_layer(leaky_network(0), X_bad))
    print("a NaN in layer 2: ", first_bad_layer(poisoned, X))
    # --8<-- [end:layers]
