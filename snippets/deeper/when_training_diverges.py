"""When training diverges: how long a step of gradient descent may be."""

# --8<-- [start:data]
import numpy as np

from snippets.errors.laboratory import deliveries, raw_deliveries

raw, scaled = raw_deliveries(), deliveries()  # 1,600 rows for training each
tables = {"raw": raw, "standardised": scaled}
# --8<-- [end:data]


if __name__ == "__main__":
    # --8<-- [start:eigenvalues]
    for name, data in tables.items():
        X_one = np.hstack([data.X, np.ones((1600, 1))])  # (1600, 5)
        H = 2 * X_one.T @ X_one / 1600  # (5, 5)
        eigenvalues = np.linalg.eigvalsh(H)  # from the smallest to the largest
        ratio = eigenvalues[-1] / eigenvalues[0]
        print(name, [f"{value:.3g}" for value in eigenvalues])
        print(f"    largest / smallest: {ratio:.3g}")
    # --8<-- [end:eigenvalues]

    # --8<-- [start:directions]
    X_one = np.hstack([raw.X, np.ones((1600, 1))])
    directions = np.linalg.eigh(X_one.T @ X_one).eigenvectors  # a column each
    print("share of the order value's weight:", f"{abs(directions[3, -1]):.3f}")
    print("share of the bias:                ", f"{abs(directions[4, 0]):.3f}")
    # --8<-- [end:directions]

    # --8<-- [start:sharp]
    from snippets.errors.loss_is_nan import critical_rate, linear_run

    for name, data in tables.items():
        limit = critical_rate(data.X)
        print(f"{name}: critical rate {limit:.3g}")
        for share in (0.95, 1.05):
            losses = linear_run(0, data, share * limit, steps=101).losses
            print(f"  {share} of it: loss {losses[0]:.3g} becomes {losses[100]:.3g}")
    # --8<-- [end:sharp]

    # --8<-- [start:twenty-seeds]
    for seed in range(20):
        for data in (raw_deliveries(seed), deliveries(seed)):
            for share in (0.95, 1.05):
                rate = share * critical_rate(data.X)
                losses = linear_run(seed, data, rate, steps=101).losses
                assert (losses[100] > losses[0]) == (share > 1)
    losses = linear_run(0, scaled, 1.01 * critical_rate(scaled.X), steps=101).losses
    assert losses[100] > losses[0] > min(losses)  # see "Check yourself"
    # --8<-- [end:twenty-seeds]

    # --8<-- [start:threshold]
    import matplotlib.pyplot as plt

    shares = np.array([0.8, 0.85, 0.9, 0.95, 0.98, 1.0, 1.02, 1.05, 1.1, 1.15, 1.2])
    _fig, ax = plt.subplots()
    styles = {"raw X": ("C1^--", raw), "standardised X": ("C0o-", scaled)}
    for name, (style, data) in styles.items():
        rates = shares * critical_rate(data.X)
        curves = [linear_run(0, data, rate, steps=101).losses for rate in rates]
        changes = [np.log10(curve[100] / curve[0]) for curve in curves]
        ax.plot(shares, changes, style, label=name)
    ax.axvline(1, color="C5", linestyle=":")
    ax.set(xlabel="learning rate / critical rate", ylabel="log₁₀ of loss 100 / loss 0")
    ax.legend()
    plt.show()
    # --8<-- [end:threshold]

    # --8<-- [start:growth]
    losses = linear_run(0, raw, 0.005, steps=120).losses
    factor = 1 - 0.005 * 2 / critical_rate(raw.X)  # 1 − ηλ
    print(f"factor {factor:.0f}, its square {factor**2:.4g}")
    print(f"loss 11 is {losses[11] / losses[10]:.4g} times loss 10")
    assert np.isclose(losses[11] / losses[10], factor**2)
    # --8<-- [end:growth]

    # --8<-- [start:overflow]
    from snippets.errors.loss_is_nan import first_bad

    largest = np.finfo(float).max
    print(f"largest number: {largest:.1e}")
    room = largest / 1600 / losses[1]  # loss 1 may grow this much
    k = int(np.ceil(np.log(room) / np.log(factor**2)))
    print(f"the loss is infinite at step: predicted {1 + k},", end=" ")
    print(f"measured {first_bad(losses)}")
    assert first_bad(losses) == 1 + k
    # --8<-- [end:overflow]

    # --8<-- [start:small-rates]
    from snippets.errors.loss_is_nan import rel

    for name, data in tables.items():
        limit = critical_rate(data.X)
        print(f"{name}: critical rate {limit:.3g}")
        trials = {"0.005": 0.005, "0.0005": 0.0005, "95 % of it": 0.95 * limit}
        for rate_name, rate in trials.items():
            run = linear_run(0, data, rate, steps=2000)
            stop = first_bad(run.losses)
            end = f"rel {rel(run):.3f}" if stop is None else f"inf at step {stop}"
            print(f"    rate {rate_name:10}  {end}")
    # --8<-- [end:small-rates]


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
    limit = critical_rate(scaled.X)
    print(f"limits: plain {limit:.2f}, momentum 0.9 {(1 + 0.9) * limit:.2f}")
    for rate in (0.9, 1.2, 1.8, 1.9):
        plain = linear_run(0, scaled, rate, steps=300).losses[-1]
        model = NeuralNetwork([4, 1], rate, seed=0)
        rolling = descend_with_momentum(model, scaled.X, scaled.y, 300)[-1]
        print(f"rate {rate}: loss {plain:.2g} and {rolling:.2g}")
    # --8<-- [end:momentum-check]

    # --8<-- [start:momentum-seeds]
    for seed in range(20):
        data = deliveries(seed)
        for share in (0.95, 1.05):
            rate = share * (1 + 0.9) * critical_rate(data.X)
            model = NeuralNetwork([4, 1], rate, seed)
            curve = descend_with_momentum(model, data.X, data.y, 300)
            assert (curve[-1] > curve[0]) == (share > 1)
    # --8<-- [end:momentum-seeds]

    # --8<-- [start:by-hand]
    plain = 2 / 200
    print(f"limits: plain {plain}, momentum 0.9 {(1 + 0.9) * plain:.3f}")
    flat, steep = 1 - 0.95 * plain * 2, 1 - 0.95 * plain * 200
    steps = np.log(0.5) / np.log(flat)
    print(f"factors: flat {flat:.3f}, steep {steep:.1f}; half after {steps:.1f} steps")
    # --8<-- [end:by-hand]

    # --8<-- [start:single-precision]
    from snippets.errors.loss_is_nan import descend

    model = NeuralNetwork([4, 1], 0.005, seed=0)
    model.W = [model.W[0].astype(np.float32)]
    model.b = [model.b[0].astype(np.float32)]
    with np.errstate(all="ignore"):
        losses = descend(model, raw.X.astype(np.float32), raw.y.astype(np.float32), 20)
    largest = np.finfo(np.float32).max
    assert f"{largest:.1e}" == "3.4e+38"
    room = largest / 1600 / losses[1]
    k = int(np.ceil(np.log(room) / np.log(factor**2)))
    print(f"predicted {1 + k}, measured {first_bad(losses)}")
    assert first_bad(losses) == 1 + k
    # --8<-- [end:single-precision]

    # --8<-- [start:safe-rate]
    for name, source in {"raw": raw_deliveries, "standardised": deliveries}.items():
        shares = []
        for seed in range(20):
            X = source(seed).X
            safe = 1 / (1 + np.mean(np.sum(X**2, axis=1)))
            shares.append(safe / critical_rate(X))
        print(f"{name:12}  {min(shares):.3f} to {max(shares):.3f} of the limit")
        assert max(shares) <= 1
    # --8<-- [end:safe-rate]
