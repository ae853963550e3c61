"""An activation on the output: targets that no prediction can reach."""

# --8<-- [start:wrong]
from torch.nn import Linear, ReLU, Sequential


def network_wrong():
    """Cut off all below 0."""
    layers = [Linear(4, 16), ReLU()]
    layers += [Linear(16, 1), ReLU()]
    return Sequential(*layers)


# --8<-- [end:wrong]


# --8<-- [start:right]
from torch.nn import Linear, ReLU, Sequential


def network():
    """End in a linear layer."""
    layers = [Linear(4, 16), ReLU()]
    layers += [Linear(16, 1)]
    return Sequential(*layers)


# --8<-- [end:right]


# --8<-- [start:prevention]
import numpy as np


def assert_reaches(predictions, y):
    """Refuse predictions that leave a twentieth of the targets outside their range."""
    outside = (y < predictions.min()) | (y > predictions.max())
    assert np.mean(outside) < 0.05, f"{np.mean(outside):.0%} of y is out of reach"


# --8<-- [end:prevention]


# --8<-- [start:ending]
import copy

import matplotlib.pyplot as plt
import torch
from torch import nn

from snippets.errors.laboratory import (
    Data,
    Run,
    deliveries,
    relative_mse,
    torch_network,
    train,
)


def train_ending(
    seed: int, *last: nn.Module, data: Data | None = None, epochs: int = 10
) -> Run:
    """Train a network with these layers behind its last one."""
    model = nn.Sequential(*torch_network(4, 16, 8, 1, seed=seed), *last)
    return train(model, data or deliveries(seed), epochs=epochs, seed=seed)


def broken(seed: int = 0) -> Run:
    """Train a network whose output is a ReLU on targets with mean 0."""
    return train_ending(seed, nn.ReLU())


# --8<-- [end:ending]


# --8<-- [start:test-error]
def predict(model: object, X: object) -> np.ndarray:
    """Return the predictions for X, of a NumPy network or a copy of a torch model."""
    if not isinstance(model, nn.Module):
        return model.predict(X)
    with torch.no_grad():
        return copy.deepcopy(model).eval()(X).numpy()


def test_error(run: Run) -> float:
    """Return the test MSE over the variance of the test targets."""
    return relative_mse(predict(run.model, run.X_test), run.y_test.numpy())


# --8<-- [end:test-error]

if __name__ == "__main__":
    # --8<-- [start:symptom]
    print("seed    rel  lowest  share at 0")
    runs = [broken(seed) for seed in range(5)]
    for seed, run in enumerate(runs):
        p = predict(run.model, run.X_test)
        numbers = f"{test_error(run):5.3f}  {p.min():6.3f}  {np.mean(p == 0):10.2f}"
        print(f"{seed:4}  {numbers}")
    bad = runs[1]
    # --8<-- [end:symptom]


# --8<-- [start:floor]
def error_floor(y: np.ndarray) -> float:
    """Return the MSE over the variance of y of the best predictions not below 0."""
    return relative_mse(np.maximum(y, 0), y)


# --8<-- [end:floor]

if __name__ == "__main__":
    # --8<-- [start:unreachable]
    print("seed  below 0  floor    rel")
    for seed, run in enumerate(runs):
        y = run.y_test.numpy()
        floor, rel = error_floor(y), test_error(run)
        print(f"{seed:4}  {np.mean(y < 0):7.2f}  {floor:5.3f}  {rel:5.3f}")
        assert rel >= floor
    # --8<-- [end:unreachable]

    # --8<-- [start:dead-output]
    for seed in (0, 1):
        run = runs[seed]
        run.optimizer.zero_grad()
        run.loss(run.model(run.X), run.y).backward()
        alive = [p.grad.any().item() for p in run.model.parameters()]
        print(f"seed {seed}: {sum(alive)} of {len(alive)} gradients are not zero")
    # --8<-- [end:dead-output]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Train the same network with a linear output."""
    return train_ending(seed)


# --8<-- [end:fixed]

if __name__ == "__main__":
    # --8<-- [start:reach]
    activations = (nn.ReLU, nn.Softplus, nn.Sigmoid, nn.Tanh)
    endings = {last.__name__: train_ending(1, last()) for last in activations}
    endings["none"] = good = fixed(1)
    print("output     lowest  targets below    rel")
    for name, run in endings.items():
        lowest = predict(run.model, run.X).min()
        below = np.mean(run.y.numpy() < lowest)
        print(f"{name:9} {lowest:7.2f}  {below:13.1%}  {test_error(run):5.3f}")
    # --8<-- [end:reach]

if __name__ == "__main__":
    # --8<-- [start:alternatives]
    wide = nn.Sequential(*torch_network(4, 128, 64, 1, seed=1), nn.ReLU())
    ways = {
        "linear output": good,
        "ReLU, 40 epochs": train_ending(1, nn.ReLU(), epochs=40),
        "ReLU, 128 and 64 units": train(wide, deliveries(1), epochs=10, seed=1),
        "leaky ReLU, 0.01": train_ending(1, nn.LeakyReLU(0.01)),
        "leaky ReLU, 0.1": train_ending(1, nn.LeakyReLU(0.1)),
    }
    for name, run in ways.items():
        print(f"{name:23} {test_error(run):.3f}")
    # --8<-- [end:alternatives]


# --8<-- [start:contract]
def fails(run: Run) -> bool:
    """Tell whether the test error is no better than predictions not below 0 allow."""
    return test_error(run) >= error_floor(run.y_test.numpy())


# --8<-- [end:contract]

if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    print("seed    rel")
    for seed in range(5):
        run = fixed(seed)
        print(f"{seed:4}  {test_error(run):5.3f}")
        assert fails(runs[seed])
        assert not fails(run)
        assert test_error(run) < 0.1
    # --8<-- [end:fixed-run]

    # --8<-- [start:predictions]
    _fig, ax = plt.subplots()
    y = good.y_test.numpy()[:150]
    for run, style, name in ((good, "C0o", "linear output"), (bad, "C1x", "ReLU")):
        ax.plot(y, predict(run.model, run.X_test)[:150], style, label=name)
    ax.plot([-2.5, 3], [-2.5, 3], "C5:", label="prediction = target")
    ax.set(xlabel="target (standardised)", ylabel="prediction")
    ax.legend(fontsize=9)
    plt.show()
    # --8<-- [end:predictions]

    # --8<-- [start:wrong-and-right]
    rels = []
    for build in (network_wrong, network):
        torch.manual_seed(2)
        rels.append(test_error(train(build(), deliveries(1), epochs=10, seed=1)))
    assert rels[0] >= error_floor(bad.y_test.numpy())
    assert rels[1] < 0.1
    assert predict(network_wrong(), bad.X).min() >= 0 > bad.y.min()
    assert predict(network(), bad.X).min() < 0
    # --8<-- [end:wrong-and-right]

    # --8<-- [start:guard]
    for name, run in (("ReLU", bad), ("linear", good)):
        try:
            assert_reaches(predict(run.model, run.X), run.y.numpy())
            print(f"{name}: passed")
        except AssertionError as error:
            print(f"{name}: {error}")
    # --8<-- [end:guard]

    # --8<-- [start:positive-targets]
    for last in (nn.ReLU(), nn.Softplus()):
        for seed in (0, 1):
            data = deliveries(seed)
            data = data._replace(y=data.y + 3, y_test=data.y_test + 3)
            assert data.y.min() > 0
            rel = test_error(train_ending(seed, last, data=data))
            print(f"{type(last).__name__:8} seed {seed}: rel {rel:6.3f}")
    # --8<-- [end:positive-targets]
