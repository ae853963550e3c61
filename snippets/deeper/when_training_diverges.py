"""When training diverges: how long a step may be, and what happens beyond."""

# --8<-- [start:critical-check]
import numpy as np

from snippets.errors.laboratory import deliveries, raw_deliveries
from snippets.errors.loss_is_nan import critical_rate, linear_run

raw = raw_deliveries()


def grows(rate, data, seed):
    """Tell whether 100 steps at this rate raise the linear model's loss."""
    losses = linear_run(seed, data, rate, steps=100).losses
    return losses[-1] > losses[0]


# --8<-- [end:critical-check]


if __name__ == "__main__":
    # --8<-- [start:limits]
    print(f"2/λ, seed 0: raw {critical_rate(raw.X):.2e}", end=", ")
    print(f"standardised {critical_rate(deliveries().X):.3f}")
    half = np.mean(raw.X[:, 3] ** 2)
    print(f"raw: λ/2 = {1 / critical_rate(raw.X):.0f}, mean order value² {half:.0f}")
    right = 0
    for seed in range(20):
        for data in (raw_deliveries(seed), deliveries(seed)):
            limit = critical_rate(data.X)
            right += not grows(0.95 * limit, data, seed)
            right += grows(1.05 * limit, data, seed)
    print(f"5 % below it falls, 5 % above it grows: right {right} times of 80")
    assert right == 80
    # --8<-- [end:limits]

    # --8<-- [start:threshold]
    import matplotlib.pyplot as plt

    shares = np.array([0.8, 0.85, 0.9, 0.95, 0.98, 1.0, 1.02, 1.05, 1.1, 1.15, 1.2])
    _fig, ax = plt.subplots()
    styles = {"raw X": ("C1^--", raw), "standardised X": ("C0o-", deliveries())}
    for name, (style, data) in styles.items():
        rates = shares * critical_rate(data.X)
        curves = [linear_run(0, data, rate, steps=100).losses for rate in rates]
        changes = [np.log10(curve[-1] / curve[0]) for curve in curves]
        ax.plot(shares, changes, style, label=name)
    ax.axvline(1, color="C5", linestyle=":")
    ax.set(xlabel="learning rate / (2/λ)", ylabel="log₁₀ of loss 100 / loss 0")
    ax.legend()
    plt.show()
    # --8<-- [end:threshold]

    # --8<-- [start:growth]
    from snippets.errors.loss_is_nan import first_bad

    losses = linear_run(0, raw, steps=120).losses
    factor = 1 - 0.005 * 2 / critical_rate(raw.X)
    print(f"factor 1 − ηλ = {factor:.0f}, its square {factor**2:.4g}")
    print(f"measured: the loss of step 11 is {losses[11] / losses[10]:.4g} × step 10's")
    room = np.finfo(float).max / len(raw.X) / losses[1]  # the mean adds first
    predicted = 1 + int(np.ceil(np.log(room) / np.log(factor**2)))
    print(f"loss infinite at step: predicted {predicted}, measured {first_bad(losses)}")
    assert np.isclose(losses[11] / losses[10], factor**2)
    assert predicted == first_bad(losses)
    # --8<-- [end:growth]


# --8<-- [start:momentum]
from snippets.chapters.backpropagation import mse
from snippets.chapters.gradient_descent import NeuralNetwork, backward, forward


def descend_with_momentum(model, X, y, steps, momentum=0.9):
    """Change the model in steps with momentum; return the loss before each."""
    losses = []
    velocities = [np.zeros_like(parameter) for parameter in model.W + model.b]
    for _step in range(steps):
        A = forward(X, model.W, model.b)
        losses.append(mse(A[-1], y))
        dW, db = backward(y, model.W, A)
        for parameter, velocity, gradient in zip(
            model.W + model.b, velocities, dW + db, strict=True
        ):
            velocity *= momentum
            velocity += gradient
            parameter -= model.learning_rate * velocity
    return losses


# --8<-- [end:momentum]


if __name__ == "__main__":
    # --8<-- [start:momentum-check]
    scaled = deliveries()
    for rate in (1.2, 1.8, 1.9):
        plain = linear_run(0, scaled, rate, steps=300).losses[-1]
        model = NeuralNetwork([4, 1], rate, 0)
        rolling = descend_with_momentum(model, scaled.X, scaled.y, 300)[-1]
        shown = "over 1e6" if rolling > 1e6 else f"{rolling:.3f}"
        print(f"rate {rate}: plain {plain:.0e}, momentum 0.9 {shown}")
    limit = (1 + 0.9) * critical_rate(scaled.X)  # critical_rate is 2/λ
    print(f"2(1 + β)/λ = {limit:.2f}")
    right = 0
    for seed in range(20):
        data = deliveries(seed)
        for share in (0.95, 1.05):
            rate = share * (1 + 0.9) * critical_rate(data.X)
            model = NeuralNetwork([4, 1], rate, seed)
            curve = descend_with_momentum(model, data.X, data.y, 300)
            right += (curve[-1] > curve[0]) == (share > 1)
    print(f"5 % below it falls, 5 % above it grows: right {right} times of 40")
    assert right == 40
    # --8<-- [end:momentum-check]

    # --8<-- [start:arithmetic]
    inf = 1e200 * 1e200
    nan = inf - inf
    print(f"1e200 · 1e200 = {inf}, inf − inf = {nan}, 0 · inf = {0 * inf}")
    print(f"nan == nan {nan == nan}, nan > 1e6 {nan > 1e6}, nan < 1e6 {nan < 1e6}")
    # --8<-- [end:arithmetic]


# --8<-- [start:bad-entries]
def bad_entries(model: NeuralNetwork, X: np.ndarray, y: np.ndarray) -> dict[str, str]:
    """Count what is infinite or NaN in one step's arrays, in the order of use."""
    arrays = {"X": X, "y": y}
    with np.errstate(all="ignore"):
        A = forward(X, model.W, model.b)
        dW, db = backward(y, model.W, A)
        loss = np.mean((A[-1] - y) ** 2)
    for layer, (W, b) in enumerate(zip(model.W, model.b, strict=True)):
        arrays |= {f"W[{layer}]": W, f"b[{layer}]": b, f"A[{layer + 1}]": A[layer + 1]}
    arrays["loss"] = np.array(loss)
    for layer in reversed(range(len(dW))):
        arrays |= {f"dW[{layer}]": dW[layer], f"db[{layer}]": db[layer]}
    counts = {name: np.sum(~np.isfinite(array)) for name, array in arrays.items()}
    return {k: f"{n} of {arrays[k].size}" for k, n in counts.items() if n}


# --8<-- [end:bad-entries]


if __name__ == "__main__":
    # --8<-- [start:replay]
    for steps in (47, 48, 97, 98):
        model = linear_run(0, raw, steps=steps).model
        bad = bad_entries(model, raw.X, raw.y)
        first, count = next(iter(bad.items()), ("none", "-"))
        print(f"step {steps}: first {first:4} ({count}), {len(bad)} arrays in all")
    # --8<-- [end:replay]

    # --8<-- [start:hole]
    X_hole = scaled.X[:64].copy()
    X_hole[12, 2] = np.nan
    network = NeuralNetwork([4, 16, 8, 1], 0.005, seed=0)
    for name, count in bad_entries(network, X_hole, scaled.y[:64]).items():
        print(f"{name:5}  {count}")
    # --8<-- [end:hole]

    # --8<-- [start:survivors]
    from snippets.errors.laboratory import relative_mse

    def relu_runs(learning_rate: float, raw: bool = False, std: float = 0.0) -> str:
        """Train the course's network for 5 epochs on 20 seeds; count how they end."""
        ends = {"NaN": 0, "constant": 0, "learned": 0, "other": 0}
        for seed in range(20):
            data = raw_deliveries(seed) if raw else deliveries(seed)
            network = NeuralNetwork([4, 16, 8, 1], learning_rate, seed)
            if std:
                network.W[:] = [network.rng.normal(0, std, W.shape) for W in network.W]
            with np.errstate(all="ignore"):
                losses = network.fit(data.X, data.y, epochs=5, verbose=False)
                y_hat = forward(data.X_test, network.W, network.b)[-1]
            learned = relative_mse(y_hat, data.y_test) < 0.15
            constant = np.ptp(y_hat) < 1e-6
            is_nan = not np.isfinite(losses).all()
            names = {"NaN": is_nan, "constant": constant, "learned": learned}
            ends[next((name for name in names if names[name]), "other")] += 1
        return "  ".join(f"{count:8}" for count in ends.values())

    # --8<-- [end:survivors]

    # --8<-- [start:survival]
    print("                         NaN  constant   learned     other")
    print("learning rate 0.1  ", relu_runs(0.1))
    print("learning rate 0.5  ", relu_runs(0.5))
    print("raw X              ", relu_runs(0.005, raw=True))
    print("weights N(0, 10²)  ", relu_runs(0.005, std=10.0))
    # --8<-- [end:survival]

    # --8<-- [start:only-bias]
    from snippets.errors.loss_is_nan import descend

    for rate in (0.99, 1.02):
        network = NeuralNetwork([4, 16, 8, 1], rate, seed=0)
        for b, value in zip(network.b, (-5, -5, 1), strict=True):
            b[:] = value  # every hidden unit is dead
        descend(network, scaled.X, scaled.y, 100)
        error = network.b[-1].item()  # the mean of y is 0
        print(f"rate {rate}: error of b after 100 steps {error:7.4f}", end=", ")
        print(f"(1 − 2η)¹⁰⁰ = {(1 - 2 * rate) ** 100:7.4f}")
        assert np.isclose(error, (1 - 2 * rate) ** 100)
    # --8<-- [end:only-bias]

    # --8<-- [start:dead-network]
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=2.0, seed=0)
    relu_losses = descend(network, scaled.X, scaled.y, 20)
    A = forward(scaled.X, network.W, network.b)
    print(f"after 20 steps: {np.mean(A[2] > 0):.0%} of layer 2 active")
    print(f"loss of step 19 / step 18: {relu_losses[19] / relu_losses[18]:.4f}")
    with np.errstate(all="ignore"):
        relu_losses += descend(network, scaled.X, scaled.y, 680)
    print(f"inf at step {first_bad(relu_losses)},", end=" ")
    print(f"NaN at step {np.flatnonzero(np.isnan(relu_losses))[0]}")
    # --8<-- [end:dead-network]

    # --8<-- [start:small-rates]
    from snippets.errors.loss_is_nan import rel

    for name, data in {"raw": raw, "standardised": scaled}.items():
        limit = critical_rate(data.X)
        trials = {"0.005": 0.005, "0.0005": 0.0005, "0.95 · 2/λ": 0.95 * limit}
        for rate_name, rate in trials.items():
            run = linear_run(0, data, rate, steps=2000)
            stop = first_bad(run.losses)
            end = f"rel {rel(run):.3f}" if stop is None else f"inf at step {stop}"
            print(f"{name:12}  rate {rate_name:10}  {end}")
    # --8<-- [end:small-rates]

    # --8<-- [start:conditioning]
    for name, data in {"raw": raw, "standardised": scaled}.items():
        X_one = np.hstack([data.X, np.ones((1600, 1))])
        values = np.linalg.eigvalsh(2 * X_one.T @ X_one / 1600)
        ratio = values[-1] / values[0]
        print(
            f"{name:12}  λ from {values[0]:.3g} to {values[-1]:.3g}: ratio {ratio:.3g}"
        )
    # --8<-- [end:conditioning]

    # --8<-- [start:clipping]
    from snippets.errors.loss_is_nan import leaky_run, mistake, outcome

    settings = {"healthy": {"data": scaled}}
    settings |= {variant: mistake(0, variant) for variant in ("typo", "rate", "raw")}
    print("         largest norm   clipped in epoch 1, 5   rel")
    for name, setting in settings.items():
        run = leaky_run(0, **setting, clip=1.0)
        norms = np.reshape(run.extra["norms"], (5, 25))
        first, *_others, last = np.sum(norms > 1, axis=1)
        counts = f"{first} of 25   " + (
            "over half" if last > 12 else f"{last:2} of 25  "
        )
        print(f"{name:7}  {norms.max():12.1e}   {counts}   {outcome(run)}")
    # --8<-- [end:clipping]

    # --8<-- [start:nonfinite]
    import torch
    from torch import nn

    from snippets.errors.loss_is_nan import leaky_network

    def count_nan(model):
        """Return how many of the model's gradients are NaN."""
        return sum(p.grad.isnan().sum().item() for p in model.parameters())

    model = leaky_network(0)
    inputs = torch.tensor(scaled.X[:64]).float()
    targets = torch.tensor(scaled.y[:64]).float()
    nn.functional.mse_loss(model(inputs), targets).backward()
    model[0].weight.grad[0, 0] = torch.nan  # this one, and no other
    print("NaN before clipping:", count_nan(model))
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    print("NaN after clipping: ", count_nan(model))
    message = ""
    try:
        nn.utils.clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=True)
    except RuntimeError as error:
        message = str(error)
    assert "is non-finite, so it cannot be clipped" in message
    for sentence in message.split(". "):
        print(sentence)
    # --8<-- [end:nonfinite]

    # --8<-- [start:holes-everywhere]
    X_holes = scaled.X.copy()
    X_holes[np.random.default_rng(0).random(X_holes.shape) < 0.01] = np.nan
    complete = np.isfinite(X_holes).all(axis=1)
    means = scaled._replace(X=np.where(np.isnan(X_holes), 0.0, X_holes))
    fewer = scaled._replace(X=X_holes[complete], y=scaled.y[complete])
    hidden = leaky_network(0)
    for parameter in hidden.parameters():
        parameter.register_hook(lambda gradient: torch.nan_to_num(gradient, 0.0))
    # --8<-- [end:holes-everywhere]

    # --8<-- [start:missing]
    from snippets.errors.laboratory import train

    print(f"{np.isnan(X_holes).sum()} holes in {1600 - complete.sum()} rows")
    ways = {
        "means filled in": (leaky_network(0), means),
        "rows dropped": (leaky_network(0), fewer),
        "nan_to_num": (hidden, scaled._replace(X=X_holes)),
    }
    for name, (model, data) in ways.items():
        run = train(model, data, epochs=5)
        print(f"{name:16} loss {run.losses[-1]:.3f}, rel {rel(run):.3f}")
    # --8<-- [end:missing]

    # --8<-- [start:single-precision]
    assert f"{np.finfo(np.float32).max:.1e}" == "3.4e+38"
    X_32, y_32 = raw.X.astype(np.float32), raw.y.astype(np.float32)
    model = NeuralNetwork([4, 1], 0.005, seed=0)
    model.W = [model.W[0].astype(np.float32)]
    model.b = [model.b[0].astype(np.float32)]
    with np.errstate(all="ignore"):
        losses_32 = descend(model, X_32, y_32, 20)
    room = np.finfo(np.float32).max / len(X_32) / losses_32[1]
    predicted = 1 + int(np.ceil(np.log(room) / np.log(factor**2)))
    print(f"predicted {predicted}, measured {first_bad(losses_32)}")
    assert predicted == first_bad(losses_32)
    # --8<-- [end:single-precision]

    # --8<-- [start:safe-rate]
    for name, source in {"raw": raw_deliveries, "standardised": deliveries}.items():
        shares = []
        for seed in range(20):
            X = source(seed).X
            safe = 1 / (1 + np.mean(np.sum(X**2, axis=1)))
            shares.append(safe / critical_rate(X))
        print(f"{name:12}  {min(shares):.3f} to {max(shares):.3f} of 2/λ")
        assert max(shares) <= 1
    # --8<-- [end:safe-rate]
