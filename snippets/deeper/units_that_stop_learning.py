"""Units that stop learning: how a ReLU dies, which come back, how sigmoids fade."""

# --8<-- [start:neuron]
import numpy as np

from snippets.chapters.activation_functions import (
    leaky_relu,
    leaky_relu_derivative,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
)


def neuron_step(X, y, W, b, learning_rate, f=relu, derivative=relu_derivative):
    """Return W (n_in, 1) and b (1, 1) after one step down the loss."""
    Z = X @ W + b  # (batch, 1)
    dZ = 2 * (f(Z) - y) / len(y) * derivative(Z)
    dW = X.T @ dZ  # (n_in, 1)
    db = dZ.sum(axis=0, keepdims=True)  # (1, 1)
    return W - learning_rate * dW, b - learning_rate * db


# --8<-- [end:neuron]

if __name__ == "__main__":
    # --8<-- [start:dead-neuron]
    X = np.array([[0.5, 0.5], [1.0, 2.0], [3.0, 2.0]])  # (batch, n_in)
    y = np.array([[1.0], [2.0], [3.0]])  # (batch, 1)
    W = np.array([[1.0], [1.0]])  # (n_in, 1)

    for bias in (0.0, -6.0):
        b = np.array([[bias]])
        W_new, b_new = neuron_step(X, y, W, b, learning_rate=0.05)
        print(f"b = {bias:4}: z = {(X @ W + b)[:, 0]}, new W {W_new[:, 0].round(3)}")
    # --8<-- [end:dead-neuron]

    # --8<-- [start:exactly-as-before]
    assert np.array_equal(W_new, W)
    assert np.array_equal(b_new, b)
    # --8<-- [end:exactly-as-before]

    # --8<-- [start:dying]
    for learning_rate in (0.05, 0.5):
        W_new, b_new = W, np.array([[0.0]])
        print("learning rate", learning_rate)
        for step in range(1001):
            if step in (0, 1, 1000):
                A = relu(X @ W_new + b_new)  # (batch, 1)
                n_on, loss = np.sum(A > 0), np.mean((A - y) ** 2)
                print(f"  step {step:4}: on for {n_on} rows, loss {loss:.2f}")
            W_new, b_new = neuron_step(X, y, W_new, b_new, learning_rate)
    assert n_on == 0
    # --8<-- [end:dying]


# --8<-- [start:dead-units]
from snippets.chapters.gradient_descent import NeuralNetwork, scaled
from snippets.delivery import make_deliveries


def dead_units(network, X):
    """Return how many units of each hidden layer are off for every row of X."""
    network.forward(X)
    return [int(np.sum(A.max(axis=0) <= 0)) for A in network.A[1:-1]]


# --8<-- [end:dead-units]

if __name__ == "__main__":
    # --8<-- [start:training]
    X_raw, y_raw = make_deliveries()
    X_raw, y_raw = X_raw[:400], y_raw[:400]
    X, y = scaled(X_raw, X_raw), scaled(y_raw, y_raw)  # (400, 4), (400, 1)

    for learning_rate in (0.05, 0.4, 0.7):
        network = NeuralNetwork([4, 16, 8, 1], learning_rate, seed=0)
        print("learning rate", learning_rate)
        for epoch in range(1, 6):
            losses = network.fit(X, y, epochs=1, verbose=False)
            first, second = dead_units(network, X)
            print(f"  epoch {epoch}: dead {first:2} of 16, {second} of 8", end=", ")
            print(f"loss {losses[-1]:.3f}")
    # --8<-- [end:training]

    # --8<-- [start:one-prediction]
    assert dead_units(network, X)[1] == 8
    assert np.ptp(network.predict(X)) == 0
    # --8<-- [end:one-prediction]


# --8<-- [start:switch-off]
def switch_off(network, layer, unit, X, margin):
    """Lower a unit's bias until its largest pre-activation is -margin."""
    network.forward(X)
    W, b = network.W[layer - 1], network.b[layer - 1]
    Z = network.A[layer - 1] @ W + b  # (batch, n_out)
    b[0, unit] -= Z[:, unit].max() + margin


def steps_until_on(network, layer, unit, X, y, limit=100):
    """Return after how many steps the unit is on for some row, or None."""
    for step in range(limit + 1):
        network.forward(X)
        if network.A[layer][:, unit].max() > 0:
            return step
        dW, db = network.backward(y)
        for parameter, gradient in zip(network.W + network.b, dW + db, strict=True):
            parameter -= network.learning_rate * gradient
    return None


# --8<-- [end:switch-off]

if __name__ == "__main__":
    # --8<-- [start:revival]
    def revivals(layer, margin):
        """Return after how many steps unit 0 is on again, for 20 networks."""
        found = []
        for seed in range(20):
            network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05, seed=seed)
            switch_off(network, layer, 0, X, margin)
            before = network.W[layer - 1][:, 0].copy()
            found.append(steps_until_on(network, layer, 0, X, y))
            assert np.array_equal(network.W[layer - 1][:, 0], before)
        return found

    for layer in (1, 2):
        steps = [step for step in revivals(layer, margin=0.05) if step is not None]
        print(f"layer {layer}: {len(steps)} of 20 on again at step", sorted(steps))
    # --8<-- [end:revival]

    # --8<-- [start:vanishing]
    print("layers  sigmoid, at best  ReLU, on")
    for n in (1, 3, 5, 10, 20):
        best, on = sigmoid_derivative(0.0) ** n, relu_derivative(1.0) ** n
        print(f"{n:6}  {best:16.1e}  {on:8.1f}")
    # --8<-- [end:vanishing]

    # --8<-- [start:chain]
    from snippets.chapters.derivatives import central_difference

    def through_layers(f, z, n):
        """Return f(f(… f(z))), f applied n times."""
        for _layer in range(n):
            z = f(z)
        return z

    for name, f in (("sigmoid", sigmoid), ("ReLU", relu)):
        slope = central_difference(lambda z, f=f: through_layers(f, z, 10), 2.0)
        print(f"{name}: slope through 10 layers {slope:.1g}")
    # --8<-- [end:chain]


# --8<-- [start:gradient-sizes]
def gradient_sizes(f, derivative, gain, n_layers=10, width=16):
    """Return the mean size of dW in each layer of a random network, input first."""
    rng = np.random.default_rng(0)
    A, Z, W = [rng.normal(size=(64, width))], [], []
    for layer in range(n_layers):
        W.append(rng.normal(0, np.sqrt(gain / width), (width, width)))
        Z.append(A[layer] @ W[layer])
        A.append(f(Z[layer]))
    sizes = []
    dA = rng.normal(size=A[-1].shape)
    for layer in reversed(range(n_layers)):
        dZ = dA * derivative(Z[layer])
        sizes.insert(0, np.abs(A[layer].T @ dZ).mean())
        dA = dZ @ W[layer].T
    return np.array(sizes)


# --8<-- [end:gradient-sizes]

if __name__ == "__main__":
    # --8<-- [start:first-and-last]
    faded = gradient_sizes(sigmoid, sigmoid_derivative, gain=1)
    kept = gradient_sizes(relu, relu_derivative, gain=2)
    print(f"sigmoid: first layer {faded[0]:.1e}, last {faded[-1]:.1e}")
    print(f"ReLU:    first layer {kept[0]:.1e}, last {kept[-1]:.1e}")
    # --8<-- [end:first-and-last]

    # --8<-- [start:fading]
    import matplotlib.pyplot as plt

    layers = np.arange(1, 11)
    fig, ax = plt.subplots(figsize=(5.2, 3.3))
    ax.semilogy(layers, kept, "o-", color="C0", label="ReLU")
    ax.semilogy(layers, faded, "s--", color="C1", label="sigmoid")
    ax.set(xlabel="layer (1 is next to the input)", ylabel="mean size of dW")
    ax.legend()
    plt.show()
    # --8<-- [end:fading]

    # --8<-- [start:zero-centred]
    Z = np.random.default_rng(0).normal(size=(10_000, 4))
    for name, f in (("sigmoid", sigmoid), ("tanh", np.tanh)):
        A = f(Z)  # (10000, 4)
        same_sign = np.all(A > 0, axis=1) | np.all(A < 0, axis=1)  # (10000,)
        share = same_sign.mean()
        print(f"{name:7}: mean {abs(A.mean()):.2f}, one sign {share:.0%}")
    # --8<-- [end:zero-centred]

    # --8<-- [start:leaky]
    X_three = np.array([[0.5, 0.5], [1.0, 2.0], [3.0, 2.0]])  # (batch, n_in)
    y_three = np.array([[1.0], [2.0], [3.0]])  # (batch, 1)
    W, b = np.array([[1.0], [1.0]]), np.array([[-6.0]])
    for step in range(101):
        if step in (0, 1, 10, 100):
            Z = X_three @ W + b  # (batch, 1)
            print(f"step {step:3}: z = {Z[:, 0].round(2)}")
        leaky = (leaky_relu, leaky_relu_derivative)
        W, b = neuron_step(X_three, y_three, W, b, 0.05, *leaky)
    # --8<-- [end:leaky]

    # --8<-- [start:deeper-sleep]
    for margin in (0.01, 0.05, 0.5, 1.0):
        steps = revivals(2, margin)
        n_on = sum(step is not None for step in steps)
        print(f"margin {margin:4}: {n_on:2} of 20 on again")
    # --8<-- [end:deeper-sleep]
