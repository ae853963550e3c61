"""Gradient descent: the training loop, and the network that it trains."""

if __name__ == "__main__":
    # --8<-- [start:one-parameter]
    x, y, w = 2.0, 6.0, 1.0  # km, minutes, minutes per km
    learning_rate = 0.1

    for step in range(1, 4):
        y_hat = w * x
        loss = (y_hat - y) ** 2
        dw = 2 * (y_hat - y) * x
        w = w - learning_rate * dw
        print(f"step {step}: loss {loss:7.4f}, dw {dw:7.3f}, new w {w:.3f}")
    print(f"loss after step 3: {(w * x - y) ** 2:.6f}")
    # --8<-- [end:one-parameter]

    # --8<-- [start:three-rates]
    def descend(learning_rate, steps=5, w=1.0):
        """Return w before the first step and after each one."""
        path = [w]
        for _step in range(steps):
            w = w - learning_rate * 2 * (w * x - y) * x
            path.append(w)
        return path

    for learning_rate in (0.01, 0.1, 0.25, 0.26):
        w = descend(learning_rate)[-1]
        print(f"rate {learning_rate:4}: w {w:6.3f}, loss {(w * x - y) ** 2:9.6f}")
    # --8<-- [end:three-rates]

    # --8<-- [start:paths]
    import matplotlib.pyplot as plt

    def loss_at(ws):
        """Return the loss of each w."""
        return [(w * x - y) ** 2 for w in ws]

    _fig, ax = plt.subplots(figsize=(5.2, 4.2))
    grid = [i / 20 for i in range(-2, 123)]
    ax.plot(grid, loss_at(grid), color="C5", linewidth=1)
    styles = {0.26: ("C1", "^--"), 0.01: ("C0", "o-"), 0.1: ("C2", "s:")}
    names = {0.01: "0.01, too small", 0.1: "0.1, right", 0.26: "0.26, too large"}
    for learning_rate, (color, style) in styles.items():
        path = descend(learning_rate)
        ax.plot(path, loss_at(path), style, color=color, label=names[learning_rate])
    ax.set(xlabel="w (minutes per km)", ylabel="loss (minutes²)", ylim=(-2, 62))
    ax.legend(title="learning rate", loc="upper center")
    plt.show()
    # --8<-- [end:paths]

    # --8<-- [start:factors]
    for learning_rate, factor in {0.01: 0.92, 0.1: 0.2, 0.25: -1, 0.26: -1.08}.items():
        assert abs(factor - (1 - 2 * learning_rate * x**2)) < 1e-12
        for step, w in enumerate(descend(learning_rate)):
            assert abs((w - 3) - (1 - 3) * factor**step) < 1e-12
    # --8<-- [end:factors]


# --8<-- [start:initialisation]
import numpy as np

from snippets.chapters.forward_pass import he, lecun


def initialise_layers(layer_sizes, rng):
    """Return a list of W (n_in, n_out) and one of b (1, n_out), an array a layer."""
    W, b = [], []
    for layer in range(len(layer_sizes) - 1):
        n_in, n_out = layer_sizes[layer], layer_sizes[layer + 1]
        is_output = layer == len(layer_sizes) - 2
        W.append(lecun(n_in, n_out, rng) if is_output else he(n_in, n_out, rng))
        b.append(np.zeros((1, n_out)))
    return W, b


# --8<-- [end:initialisation]


# --8<-- [start:forward]
from snippets.chapters.activation_functions import relu, relu_derivative


def forward(X, W, b):
    """Return a list: X (batch, n_in), then the activations A of each layer."""
    A = [X]
    for layer in range(len(W)):
        Z = A[layer] @ W[layer] + b[layer]  # (batch, n_out)
        A.append(relu(Z))
    A[-1] = Z  # the output layer is linear
    return A


# --8<-- [end:forward]


# --8<-- [start:backward]
def mse_gradient(y_hat, y):
    """Return the gradient of the mse with respect to y_hat (batch, n_out)."""
    return 2 * (y_hat - y) / y.size


def backward(y, W, A, dloss=mse_gradient):
    """Return dW and db, lists like W and b: the gradients of the loss to y."""
    dW, db = [], []
    dZ = dloss(A[-1], y)  # (batch, n_out) of the output layer
    for layer in reversed(range(len(W))):
        dW.insert(0, A[layer].T @ dZ)  # (n_in, n_out)
        db.insert(0, dZ.sum(axis=0, keepdims=True))  # (1, n_out)
        if layer > 0:
            dZ = dZ @ W[layer].T * relu_derivative(A[layer])  # of the layer below
    return dW, db


# --8<-- [end:backward]


# --8<-- [start:train]
from snippets.chapters.backpropagation import mse


def train(
    X, y, W, b, learning_rate, epochs, batch_size, rng, loss=mse, dloss=mse_gradient
):
    """Change the arrays in W and b step by step; return the loss after each epoch."""
    losses = []
    for _epoch in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            A = forward(X[rows], W, b)
            dW, db = backward(y[rows], W, A, dloss)
            for parameter, gradient in zip(W + b, dW + db, strict=True):
                parameter -= learning_rate * gradient
        losses.append(loss(forward(X, W, b)[-1], y))
    return losses


# --8<-- [end:train]

if __name__ == "__main__":
    # --8<-- [start:in-place]
    W = [np.array([1.0, 2.0])]

    for parameter in W:
        parameter = parameter - 0.5
    print("parameter = parameter - 0.5:", W)

    for parameter in W:
        parameter -= 0.5
    print("parameter -= 0.5:           ", W)
    # --8<-- [end:in-place]


# --8<-- [start:split]
from sklearn.model_selection import train_test_split

from snippets.delivery import make_deliveries


def split(seed=42, surge=0.0):
    """Return X_train (1600, 4), X_test (400, 4), y_train and y_test, unscaled."""
    X, y = make_deliveries(seed=seed, surge=surge)
    return train_test_split(X, y, test_size=0.2, random_state=42)


# --8<-- [end:split]


# --8<-- [start:scaling]
def scaled(array, reference):
    """Return array (n, k) in standard deviations from the means of reference."""
    return (array - reference.mean(axis=0)) / reference.std(axis=0)


def unscaled(array, reference):
    """Return array (n, k), scaled with the same reference, in its own units."""
    return array * reference.std(axis=0) + reference.mean(axis=0)


# --8<-- [end:scaling]

if __name__ == "__main__":
    # --8<-- [start:scaled-rows]
    X_train, X_test, y_train, y_test = split()
    X, y = scaled(X_train, X_train), scaled(y_train, y_train)
    print("train", X.shape, y.shape, " test", X_test.shape, y_test.shape)
    print("means of the training columns", abs(X.mean(axis=0)).round(3))
    print("means of the test columns", scaled(X_test, X_train).mean(axis=0).round(3))
    # --8<-- [end:scaled-rows]

    # --8<-- [start:training]
    rng = np.random.default_rng(0)
    W, b = initialise_layers([4, 16, 8, 1], rng)

    print(f"before:    loss {mse(forward(X, W, b)[-1], y):.4f}")
    losses = train(X, y, W, b, 0.005, epochs=200, batch_size=64, rng=rng)
    for epoch in (1, 10, 50, 200):
        print(f"epoch {epoch:3}: loss {losses[epoch - 1]:.4f}")
    # --8<-- [end:training]

    # --8<-- [start:loss-curve]
    _fig, ax = plt.subplots(figsize=(5.2, 3.5))
    ax.plot(np.arange(1, 201), losses, color="C0")
    ax.axhline(1, color="C5", linestyle="--")
    ax.text(200, 0.97, "predict the mean", ha="right", va="top")
    ax.set(xlabel="epoch", ylabel="loss", yscale="log")
    ax.set_yticks([0.06, 0.1, 0.2, 0.5, 1], ["0.06", "0.1", "0.2", "0.5", "1"])
    ax.minorticks_off()
    plt.show()
    # --8<-- [end:loss-curve]


# --8<-- [start:mae]
def mae(y_hat, y):
    """Return the mean absolute error, in the unit of y, of (n, 1) or one number."""
    return float(np.mean(np.abs(y_hat - y)))


# --8<-- [end:mae]

if __name__ == "__main__":
    # --8<-- [start:test-error]
    predictions = forward(scaled(X_test, X_train), W, b)[-1]
    minutes = unscaled(predictions, y_train)

    print(f"predict the mean  {mae(y_train.mean(), y_test):6.3f} min")
    print(f"the network       {mae(minutes, y_test):6.3f} min")
    # --8<-- [end:test-error]


# --8<-- [start:network]
class NeuralNetwork:
    """Layers of ReLU units and a linear output, trained on a loss."""

    def __init__(
        self, layer_sizes, learning_rate=0.01, seed=0, loss=mse, dloss=mse_gradient
    ):
        self.rng = np.random.default_rng(seed)
        self.W, self.b = initialise_layers(layer_sizes, self.rng)
        self.learning_rate = learning_rate
        self.loss, self.dloss = loss, dloss

    def forward(self, X):
        """Return the predictions for X (batch, n_in); keep what backward needs."""
        self.A = forward(X, self.W, self.b)
        return self.A[-1]

    def backward(self, y):
        """Return and keep dW and db, for the rows of the last forward pass."""
        self.dW, self.db = backward(y, self.W, self.A, self.dloss)
        return self.dW, self.db

    def predict(self, X):
        """Return the predictions for X (n, n_in); keep nothing."""
        return forward(X, self.W, self.b)[-1]

    def fit(self, X, y, epochs=200, batch_size=64, verbose=True):
        """Train on X (n, n_in) and y (n, n_out); return the loss after each epoch."""
        W, b, loss, dloss = self.W, self.b, self.loss, self.dloss
        losses = []
        for epoch in range(1, epochs + 1):
            losses += train(
                X, y, W, b, self.learning_rate, 1, batch_size, self.rng, loss, dloss
            )
            if verbose and epoch % 50 == 0:
                print(f"epoch {epoch:4}: loss {losses[-1]:.4f}")
        return losses


# --8<-- [end:network]

if __name__ == "__main__":
    # --8<-- [start:fit]
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
    fit_losses = network.fit(X, y, epochs=200, batch_size=64)
    # --8<-- [end:fit]

    # --8<-- [start:same-losses]
    assert fit_losses == losses
    assert np.array_equal(network.predict(scaled(X_test, X_train)), predictions)
    # --8<-- [end:same-losses]


# --8<-- [start:measured-gradient]
from snippets.chapters.derivatives import numerical_gradient


def measured_gradient(network, parameters, layer, X, y):
    """Return ∂L/∂parameters[layer], where parameters is network.W or network.b."""
    original = parameters[layer]

    def loss(theta):
        parameters[layer] = theta
        return network.loss(network.predict(X), y)

    gradient = numerical_gradient(loss, original)
    parameters[layer] = original
    return gradient


def gradient_pairs(network, X, y):
    """Yield the name of each gradient, what `backward` gives, and what is measured."""
    network.forward(X)
    dW, db = network.backward(y)
    for name, parameters, gradients in (("W", network.W, dW), ("b", network.b, db)):
        for layer, gradient in enumerate(gradients):
            measured = measured_gradient(network, parameters, layer, X, y)
            yield f"d{name}[{layer}]", gradient, measured


# --8<-- [end:measured-gradient]

if __name__ == "__main__":
    # --8<-- [start:gradient-check]
    from snippets.chapters.backpropagation import relative_error

    small, rng = NeuralNetwork([3, 5, 4, 2], seed=3), np.random.default_rng(0)
    X_small, y_small = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    small.forward(X_small)
    dW, _db = small.backward(y_small)

    pairs = zip(small.A[:-2], small.W[:-1], small.b[:-1], strict=True)
    nearest = min(np.abs(A @ W + b).min() for A, W, b in pairs)
    print(f"the nearest kink is {nearest:.4f} away")
    assert nearest > 100 * 1e-5  # the step of numerical_gradient
    for name, gradient, measured in gradient_pairs(small, X_small, y_small):
        error = relative_error(gradient, measured)
        print(f"{name} {gradient.shape}  error < 1e-8: {error < 1e-8}")
        assert error < 1e-8
    assert np.array_equal(small.backward(y_small)[0][0], dW[0])
    # --8<-- [end:gradient-check]

    # --8<-- [start:three-variants]
    sizes = {"full batch": 1600, "mini-batch": 64, "single rows": 1}
    epochs = {"full batch": 1000, "mini-batch": 200, "single rows": 20}

    curves = {}
    for name, batch_size in sizes.items():
        network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
        curves[name] = network.fit(X, y, epochs[name], batch_size, verbose=False)
    # --8<-- [end:three-variants]

    # --8<-- [start:variant-table]
    print("             rows  epochs  steps    loss  rises")
    for name, curve in curves.items():
        steps = epochs[name] * 1600 // sizes[name]
        rises = f"{np.sum(np.diff(curve) > 0)} of {len(curve) - 1}"
        row = f"{sizes[name]:6}  {epochs[name]:6}  {steps:5}"
        print(f"{name:11}{row}  {curve[-1]:.4f}  {rises}")
    # --8<-- [end:variant-table]

    # --8<-- [start:variant-curves]
    styles = {
        "full batch": {"color": "C2", "linewidth": 6, "alpha": 0.5},
        "mini-batch": {"color": "C0"},
        "single rows": {"color": "C1", "linestyle": "--"},
    }
    _fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 6.4))
    for name, curve in curves.items():
        epoch = np.arange(1, len(curve) + 1)
        top.plot(epoch[:20], curve[:20], label=name, **styles[name])
        bottom.plot(epoch * 1600 // sizes[name], curve, **styles[name])
    top.set(xlabel="epoch", xticks=(1, 5, 10, 15, 20))
    bottom.set(xlabel="steps", xscale="log")
    bottom.set_xticks([1, 10, 100, 1000, 10_000], ["1", "10", "100", "1,000", "10,000"])
    for ax in (top, bottom):
        ax.set(ylabel="loss", yscale="log")
        ax.set_yticks([0.06, 0.1, 0.2, 0.5], ["0.06", "0.1", "0.2", "0.5"])
        ax.minorticks_off()
    top.legend(loc="center right", bbox_to_anchor=(1, 0.62))
    plt.show()
    assert np.isclose(curves["full batch"][999], curves["mini-batch"][39], rtol=0.05)
    # --8<-- [end:variant-curves]

    # --8<-- [start:full-batch]
    for learning_rate in (0.005, 0.1):
        network = NeuralNetwork([4, 16, 8, 1], learning_rate, seed=0)
        loss = network.fit(X, y, epochs=200, batch_size=1600, verbose=False)[-1]
        print(f"200 full batches at {learning_rate:5}: loss {loss:.4f}")
    # --8<-- [end:full-batch]

    # --8<-- [start:two-parameters]
    x, y_one, w, b_one = 2.0, 6.0, 1.0, 0.0
    for step in (1, 2):
        error = w * x + b_one - y_one
        w, b_one = w - 0.1 * 2 * error * x, b_one - 0.1 * 2 * error
        loss = (w * x + b_one - y_one) ** 2
        print(f"step {step}: w {w:.2f}, b {b_one:.2f}, loss {loss:.2f}")
    # --8<-- [end:two-parameters]

    # --8<-- [start:rate-scan]
    for learning_rate in (0.0005, 0.05, 0.5):
        network = NeuralNetwork([4, 16, 8, 1], learning_rate, seed=0)
        loss = network.fit(X, y, verbose=False)[-1]
        spread = network.forward(X).std()
        print(f"{learning_rate:6}: loss {loss:.4f}, spread {spread:.3f}")
    assert spread < 1e-9
    assert not network.A[-2].any()
    # --8<-- [end:rate-scan]

    # --8<-- [start:momentum]
    def momentum_fit(network, epochs, momentum):
        """Train on X and y in mini-batches of 64; return the loss at the end."""
        parameters = network.W + network.b
        velocities = [np.zeros_like(parameter) for parameter in parameters]
        for _epoch in range(epochs):
            for rows in network.rng.permutation(len(X)).reshape(-1, 64):
                network.forward(X[rows])
                dW, db = network.backward(y[rows])
                for i, gradient in enumerate(dW + db):
                    velocities[i] *= momentum
                    velocities[i] -= network.learning_rate * gradient
                    parameters[i] += velocities[i]
        return mse(network.predict(X), y)

    for momentum in (0.0, 0.9):
        network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
        loss = momentum_fit(network, epochs=20, momentum=momentum)
        print(f"momentum {momentum}: loss {loss:.4f} after 20 epochs")
    assert loss < losses[19]
    # --8<-- [end:momentum]

    # --8<-- [start:raw-inputs]
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
    network.fit(X_train, y, epochs=100, verbose=False)
    y_hat = unscaled(network.forward(X_train), y_train)
    for layer, A in enumerate(network.A[1:-1], 1):
        print(f"layer {layer}: {np.mean(A > 0):.0%} of the units are active")
    print(f"predictions: from {y_hat.min():.1f} to {y_hat.max():.1f} min")
    print(f"the mean:    {y_train.mean():.1f} min")
    assert np.ptp(y_hat) < 1e-6
    # --8<-- [end:raw-inputs]
