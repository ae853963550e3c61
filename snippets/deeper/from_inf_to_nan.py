"""From inf to NaN: what happens in a network when training diverges."""

# --8<-- [start:imports]
import numpy as np

from snippets.chapters.gradient_descent import NeuralNetwork, backward, forward
from snippets.errors.laboratory import deliveries, raw_deliveries
from snippets.errors.loss_is_nan import first_bad, linear_run

raw, scaled = raw_deliveries(), deliveries()
# --8<-- [end:imports]


if __name__ == "__main__":
    # --8<-- [start:arithmetic]
    inf = 1e200 * 1e200
    nan = inf - inf
    print(f"1e200 · 1e200 = {inf}, inf − inf = {nan}, 0 · inf = {0 * inf}")
    print(f"nan > 1e6 {nan > 1e6}, nan < 1e6 {nan < 1e6}, nan == nan {nan == nan}")
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
    bad = {}
    for name, array in arrays.items():
        counts = {"inf": np.isinf(array).sum(), "nan": np.isnan(array).sum()}
        if any(counts.values()):
            bad[name] = " and ".join(f"{n} {kind}" for kind, n in counts.items() if n)
    return bad


# --8<-- [end:bad-entries]


if __name__ == "__main__":
    # --8<-- [start:replay]
    for steps in (47, 48, 97, 98, 99):
        model = linear_run(0, raw, steps=steps).model
        bad = bad_entries(model, raw.X, raw.y)
        found = ", ".join(f"{name} {count}" for name, count in bad.items())
        print(f"step {steps}: {found or 'all finite'}")
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
    print("weights of std 10  ", relu_runs(0.005, std=10.0))
    # --8<-- [end:survival]

    # --8<-- [start:only-bias]
    from snippets.errors.loss_is_nan import descend

    def dead_network(rate):
        """Return a network whose hidden units are dead, with b = 1 at the output."""
        network = NeuralNetwork([4, 16, 8, 1], rate, seed=0)
        for b, value in zip(network.b, (-5, -5, 1), strict=True):
            b[:] = value
        return network

    for rate in (0.99, 1.02):
        network = dead_network(rate)
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
    print(f"the first loss that is not finite: step {first_bad(relu_losses)}")
    # --8<-- [end:dead-network]

    # --8<-- [start:clipping]
    from snippets.errors.loss_is_nan import leaky_run, mistake, outcome

    settings = {"healthy": mistake(0, "healthy")}
    assert settings["healthy"]["lr"] == 0.05
    settings |= {variant: mistake(0, variant) for variant in ("typo", "rate", "raw")}
    print("         largest norm   clipped in epoch 1, 5   rel        not clipped")
    for name, setting in settings.items():
        run = leaky_run(0, **setting, clip=1.0)
        norms = np.reshape(run.extra["norms"], (5, 25))  # epochs, steps
        clipped = np.sum(norms > 1, axis=1)  # in each epoch
        last = f"{clipped[-1]:2} of 25" if clipped[-1] <= 12 else "over half"
        counts = f"{clipped[0]} of 25   {last:9}"
        ends = f"{outcome(run):8}   {outcome(leaky_run(0, **setting))}"
        print(f"{name:7}  {norms.max():12.1e}   {counts}   {ends}")
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
    # --8<-- [end:nonfinite]

    # --8<-- [start:refusal]
    message = ""
    try:
        nn.utils.clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=True)
    except RuntimeError as error:
        message = str(error)
    assert "is non-finite, so it cannot be clipped" in message
    for sentence in message.split(". "):
        print(sentence)
    # --8<-- [end:refusal]

    # --8<-- [start:holes-everywhere]
    is_hole = np.random.default_rng(0).random(scaled.X.shape) < 0.01
    complete = ~is_hole.any(axis=1)  # rows without a hole
    means = scaled._replace(X=np.where(is_hole, 0.0, scaled.X))
    fewer = scaled._replace(X=scaled.X[complete], y=scaled.y[complete])
    holed = scaled._replace(X=np.where(is_hole, np.nan, scaled.X))
    hidden = leaky_network(0)
    for parameter in hidden.parameters():
        parameter.register_hook(lambda gradient: torch.nan_to_num(gradient, 0.0))
    # --8<-- [end:holes-everywhere]

    # --8<-- [start:missing]
    from snippets.errors.laboratory import train
    from snippets.errors.loss_is_nan import rel

    print(f"{is_hole.sum()} holes in {1600 - complete.sum()} rows")
    ways = {
        "means filled in": (leaky_network(0), means),
        "rows dropped": (leaky_network(0), fewer),
        "nan_to_num": (hidden, holed),
    }
    for name, (model, data) in ways.items():
        run = train(model, data, epochs=5)
        print(f"{name:16} loss {run.losses[-1]:.3f}, rel {rel(run):.3f}")
    # --8<-- [end:missing]

    # --8<-- [start:dead-steps]
    losses = descend(dead_network(1.2), scaled.X, scaled.y, 30)
    square = (1 - 2 * 1.2) ** 2
    print(f"the square of the factor: {square:.2f}")
    steps = int(np.ceil(np.log(1e6) / np.log(square)))
    above = int(np.argmax(np.array(losses) > 1e6))
    print(f"above a million at step: predicted {steps}, measured {above}")
    assert above == steps
    # --8<-- [end:dead-steps]

    # --8<-- [start:clip-by-hand]
    for gradient in (np.array([3.0, 4.0]), np.array([3.0, 4.0, np.nan])):
        norm = np.sqrt(np.sum(gradient**2))
        print(gradient * np.minimum(1, 1 / norm))
    # --8<-- [end:clip-by-hand]

    # --8<-- [start:hole-in-y]
    y_hole = scaled.y[:64].copy()
    y_hole[12] = np.nan
    network = NeuralNetwork([4, 16, 8, 1], 0.005, seed=0)
    for name, count in bad_entries(network, scaled.X[:64], y_hole).items():
        print(f"{name:5}  {count}")
    # --8<-- [end:hole-in-y]
