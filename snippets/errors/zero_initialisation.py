"""All weights start equal: a layer of many units that computes one."""

# --8<-- [start:wrong]
import numpy as np


def initial_weights_wrong(n_in, n_out):
    """Start every unit alike."""
    return np.zeros((n_in, n_out))


# --8<-- [end:wrong]


# --8<-- [start:right]
import numpy as np


def initial_weights(n_in, n_out, rng):
    """Start each unit differently (He)."""
    std = np.sqrt(2 / n_in)
    return rng.normal(0, std, (n_in, n_out))


# --8<-- [end:right]


# --8<-- [start:prevention]
def assert_different_units(W):
    """Refuse weights (n_in, n_out) whose columns, the units, are all one."""
    assert len(np.unique(W, axis=1).T) > 1, "all units have the same weights"


# --8<-- [end:prevention]


# --8<-- [start:scenario]
import matplotlib.pyplot as plt

from snippets.chapters.gradient_descent import NeuralNetwork
from snippets.errors.laboratory import (
    Run,
    crossed_deliveries,
    deliveries,
    least_squares,
    relative_mse,
)


def trained(network: NeuralNetwork, seed: int) -> Run:
    """Train for 60 epochs on the deliveries that a straight line cannot follow."""
    data = crossed_deliveries(seed)
    losses = network.fit(data.X, data.y, epochs=60, verbose=False)
    return Run(network, data.X, data.y, losses, data.X_test, data.y_test)


def broken(seed: int = 0, value: float = 0.0) -> Run:
    """Start every weight at the same value."""
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05, seed=seed)
    for W in network.W:
        W[:] = initial_weights_wrong(*W.shape) + value
    return trained(network, seed)


# --8<-- [end:scenario]


# --8<-- [start:contract]
def rel(run: Run) -> float:
    """Return the test MSE over the variance of y."""
    return relative_mse(run.model.predict(run.X_test), run.y_test)


def fails(run: Run) -> bool:
    """Tell whether more than 0.4 of the variance of y is left on the test rows."""
    return rel(run) > 0.4


# --8<-- [end:contract]

if __name__ == "__main__":
    # --8<-- [start:failure]
    zeros, tenths = broken(value=0.0), broken(value=0.1)
    print(f"all weights 0:    {rel(zeros):.3f}")
    print(f"all weights 0.1:  {rel(tenths):.3f}")
    print(f"straight line:    {least_squares(crossed_deliveries()):.3f}")
    assert fails(zeros)
    assert fails(tenths)
    assert not any(W.any() for W in zeros.model.W)
    # --8<-- [end:failure]


# --8<-- [start:cure]
def fixed(seed: int = 0) -> Run:
    """Keep the He initialisation that the network came with."""
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05, seed=seed)
    return trained(network, seed)


# --8<-- [end:cure]

if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    run = fixed()
    print(f"He: {rel(run):.3f}")
    assert rel(run) < 0.1
    # --8<-- [end:fixed-run]

    # --8<-- [start:wrong-and-right]
    rng = np.random.default_rng(0)
    started = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05)
    started.W = [initial_weights(*W.shape, rng) for W in started.W]
    assert not fails(trained(started, seed=0))
    for W in (initial_weights(4, 16, rng), initial_weights_wrong(4, 16)):
        try:
            assert_different_units(W)
            print("passed")
        except AssertionError as error:
            print("AssertionError:", error)
    assert (zeros.model.W[0][:, 0] == zeros.model.W[0][:, 1]).all()
    assert not (run.model.W[0][:, 0] == run.model.W[0][:, 1]).all()
    # --8<-- [end:wrong-and-right]

    # --8<-- [start:curves]
    fig, ax = plt.subplots()
    epochs = range(1, 61)
    ax.semilogy(epochs, zeros.losses, "C1:", label="all weights 0")
    ax.semilogy(epochs, tenths.losses, "C3--", label="all weights 0.1")
    ax.semilogy(epochs, run.losses, "C0-", label="He")
    ax.set(xlabel="epoch", ylabel="training loss, MSE")
    ax.legend(loc="center right")
    plt.show()
    # --8<-- [end:curves]

    # --8<-- [start:one-unit]
    W1 = tenths.model.W[0]  # (4, 16)
    print("weights of units 1, 2 and 16, after training:")
    print(W1[:, [0, 1, 15]].T.round(4))
    print("rank of W1:", np.linalg.matrix_rank(W1, tol=1e-9))
    # --8<-- [end:one-unit]

    # --8<-- [start:same-gradient]
    network = NeuralNetwork([4, 16, 8, 1])
    for W in network.W:
        W[:] = 0.1
    network.forward(tenths.X)
    dW, _db = network.backward(tenths.y)
    print("dW1 of units 1, 2 and 16:")
    print(dW[0][:, [0, 1, 15]].T.round(4))
    # --8<-- [end:same-gradient]

if __name__ == "__main__":
    # --8<-- [start:diagnosis]
    healthy = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05, seed=0)
    healthy = trained(healthy, seed=0)
    for name, run in (("0", zeros), ("0.1", tenths), ("He", healthy)):
        counts = [len(np.unique(W.round(6), axis=1).T) for W in run.model.W[:-1]]
        print(f"{name:3} distinct units: {counts}")
    # --8<-- [end:diagnosis]

    # --8<-- [start:pytorch]
    import torch
    from torch import nn

    torch.manual_seed(0)
    layer = nn.Linear(4, 16)
    nn.init.zeros_(layer.weight)
    assert len(layer.weight.unique(dim=0)) == 1
    layer.reset_parameters()
    assert len(layer.weight.unique(dim=0)) == 16
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    assert 0.5 < layer.weight.std() / np.sqrt(2 / 4) < 2
    # --8<-- [end:pytorch]

    # --8<-- [start:hidden-failure]
    data = deliveries(seed=0)
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05)
    for W in network.W:
        W[:] = 0.1
    network.fit(data.X, data.y, epochs=60, verbose=False)
    error = relative_mse(network.predict(data.X_test), data.y_test)
    print(f"all weights 0.1, linear task: {error:.3f}")
    print(f"straight line:                {least_squares(data):.3f}")
    # --8<-- [end:hidden-failure]

    # --8<-- [start:alternatives]
    def noisy(value: float, std: float) -> float:
        """Return rel after a start at `value` plus normal noise."""
        network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05)
        rng = np.random.default_rng(1)
        for W in network.W:
            W[:] = rng.normal(value, std, W.shape)
        return rel(trained(network, seed=0))

    for value, std in ((0, 0.001), (0, 0.01), (0, 0.1), (0.1, 0.001), (0.1, 0.01)):
        print(f"{value} ± {std}: {noisy(value, std):.3f}")
    # --8<-- [end:alternatives]

    # --8<-- [start:output-only]
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05)
    network.W[-1][:] = 0
    print(f"only the output layer at 0: {rel(trained(network, seed=0)):.3f}")
    # --8<-- [end:output-only]

    # --8<-- [start:small-solution]
    wide = tenths.model
    small = NeuralNetwork([4, 1, 1, 1])
    small.W = [wide.W[0][:, :1], 16 * wide.W[1][:1, :1], 8 * wide.W[2][:1]]
    small.b = [b[:, :1] for b in wide.b]
    difference = small.predict(tenths.X_test) - wide.predict(tenths.X_test)
    print("parameters:", sum(p.size for p in wide.W + wide.b), "and", end=" ")
    print(sum(p.size for p in small.W + small.b))
    assert np.abs(difference).max() < 1e-9
    # --8<-- [end:small-solution]
