"""Gradient descent: the training loop, plain and fast, and what it reaches."""

# --8<-- [start:imports]
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from snippets.chapters.activation_functions import relu, relu_derivative
from snippets.chapters.backpropagation import mse, relative_error
from snippets.chapters.derivatives import numerical_gradient
from snippets.chapters.forward_pass import he, lecun

# --8<-- [end:imports]

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
    def descend(learning_rate: float, steps: int, w: float = 1.0) -> np.ndarray:
        """Return w before the first step and after each one, (steps + 1,)."""
        path = [w]
        for _step in range(steps):
            path.append(path[-1] - learning_rate * 2 * (path[-1] * x - y) * x)
        return np.array(path)

    print("rate  factor  loss after 5 steps")
    for learning_rate in (0.01, 0.1, 0.25, 0.26):
        path = descend(learning_rate, steps=5)
        factor = 1 - 2 * learning_rate * x**2
        assert np.allclose(path - 3, (path[0] - 3) * factor ** np.arange(6))
        loss = (path[-1] * x - y) ** 2
        print(f"{learning_rate:.2f}  {factor:6.2f}  {loss:18.6f}")
    # --8<-- [end:three-rates]

    # --8<-- [start:paths]
    _fig, ax = plt.subplots(figsize=(5.2, 4.2))
    grid = np.linspace(-0.1, 6.1, 101)
    ax.plot(grid, (grid * x - y) ** 2, color="C5", linewidth=1)
    styles = {0.26: ("C1", "^--"), 0.01: ("C0", "o-"), 0.1: ("C2", "s:")}
    names = {0.01: "0.01, too small", 0.1: "0.1, right", 0.26: "0.26, too large"}
    for learning_rate, (color, style) in styles.items():
        path = descend(learning_rate, steps=5)
        name = names[learning_rate]
        ax.plot(path, (path * x - y) ** 2, style, color=color, label=name)
    ax.set(xlabel="w (minutes per km)", ylabel="loss (minutes²)", ylim=(-2, 62))
    ax.legend(title="learning rate", loc="upper center")
    plt.show()
    # --8<-- [end:paths]


# --8<-- [start:initialisation]
def initialise_layers(
    layer_sizes: list[int], rng: np.random.Generator
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return a list of W (n_in, n_out) and one of b (1, n_out), an array a layer.

    Raises ValueError for less than two sizes and for a size below 1.
    """
    if len(layer_sizes) < 2 or min(layer_sizes) < 1:
        raise ValueError(f"layer_sizes is {layer_sizes}, expected 2 or more ≥ 1")
    *hidden, output = pairwise(layer_sizes)
    W = [he(n_in, n_out, rng) for n_in, n_out in hidden] + [lecun(*output, rng)]
    b = [np.zeros((1, n_out)) for n_out in layer_sizes[1:]]
    return W, b


# --8<-- [end:initialisation]


# --8<-- [start:plain-forward]
def forward(
    X: np.ndarray, W: list[np.ndarray], b: list[np.ndarray]
) -> list[np.ndarray]:
    """Return X (batch, n_in) and every layer's A; the last one is the predictions."""
    A = [X]
    for W_layer, b_layer in zip(W, b, strict=True):
        Z = A[-1] @ W_layer + b_layer  # (batch, n_out)
        A.append(relu(Z))
    A[-1] = Z  # the output layer is linear
    return A


# --8<-- [end:plain-forward]


# --8<-- [start:plain-backward]
def backward(
    y: np.ndarray, W: list[np.ndarray], A: list[np.ndarray]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return dW and db, lists like W and b, of the mse to y (batch, n_out)."""
    dW, db = [], []
    dZ = 2 * (A[-1] - y) / y.size
    for layer in reversed(range(len(W))):
        dW.insert(0, A[layer].T @ dZ)  # (n_in, n_out)
        db.insert(0, dZ.sum(axis=0, keepdims=True))  # (1, n_out)
        if layer > 0:
            dZ = dZ @ W[layer].T * relu_derivative(A[layer])  # (batch, n_in)
    return dW, db


# --8<-- [end:plain-backward]


# --8<-- [start:plain-training]
def train(
    X: np.ndarray,
    y: np.ndarray,
    W: list[np.ndarray],
    b: list[np.ndarray],
    learning_rate: float,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
) -> list[float]:
    """Change W and b in place, step by step; return the loss after each epoch."""
    losses = []
    for _epoch in range(epochs):
        order = rng.permutation(len(X))
        for start in range(0, len(X), batch_size):
            rows = order[start : start + batch_size]
            A = forward(X[rows], W, b)
            dW, db = backward(y[rows], W, A)
            for parameter, gradient in zip(W + b, dW + db, strict=True):
                parameter -= learning_rate * gradient
        losses.append(mse(forward(X, W, b)[-1], y))
    return losses


# --8<-- [end:plain-training]

if __name__ == "__main__":
    # --8<-- [start:bias-row]
    X = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]])  # (2, 3)
    W = np.array([[2.0, -1.0], [1.0, 0.0], [-1.0, 1.0]])  # (3, 2)
    b = np.array([[0.5, -1.0]])  # (1, 2)

    X_one = np.hstack([X, np.ones((2, 1))])  # (2, 4)
    P = np.vstack([W, b])  # (4, 2)
    print(X_one @ P)
    assert np.array_equal(X_one @ P, X @ W + b)
    # --8<-- [end:bias-row]


# --8<-- [start:stack]
def stack(
    W: list[np.ndarray], b: list[np.ndarray]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return all numbers as one vector, and its parts P: each W with its b below."""
    pairs = [np.vstack(pair) for pair in zip(W, b, strict=True)]  # (n_in + 1, n_out)
    vector = np.concatenate([pair.ravel() for pair in pairs])
    ends = np.cumsum([pair.size for pair in pairs])
    parts = zip(pairs, np.split(vector, ends[:-1]), strict=True)
    return vector, [part.reshape(pair.shape) for pair, part in parts]


# --8<-- [end:stack]


# --8<-- [start:layer]
class Layer:
    """The arrays of a layer for n samples, made once; a sample is a column in each."""

    def __init__(
        self, P: np.ndarray, dP: np.ndarray, A: np.ndarray, hidden: bool
    ) -> None:
        n_out, n = P.shape[1], A.shape[1]
        self.P_T, self.W, self.dP, self.A = P.T, P[:-1], dP, A
        self.Z, self.dZ, self.zero = np.zeros((3, n_out, n))
        self.dZ_T, self.hidden = self.dZ.T, hidden
        self.A_next = np.ones((n_out + 1, n))
        self.H = self.A_next[:-1] if hidden else self.Z

    def forward(self) -> None:
        """Put (A @ W + b).T into Z, and its ReLU into H, a part of A_next."""
        self.P_T.dot(self.A, out=self.Z)  # (n_out, n)
        if self.hidden:
            np.maximum(self.Z, self.zero, out=self.H)

    def backward(self, below: "Layer | None") -> None:
        """Put dW and db into dP, and dZ of the layer below into that layer."""
        self.A.dot(self.dZ_T, out=self.dP)  # (n_in + 1, n_out)
        if below is not None:
            self.W.dot(self.dZ, out=below.dZ)  # (n_in, n)
            below.dZ *= np.sign(below.H, out=below.Z)


# --8<-- [end:layer]


# --8<-- [start:step]
class Step:
    """The layers of one training step on n samples; P and dP come from `stack`."""

    def __init__(self, P: list[np.ndarray], dP: list[np.ndarray], n: int) -> None:
        A = np.ones((len(P[0]), n))
        self.X_T, self.layers = A[:-1], []
        for P_layer, dP_layer in zip(P, dP, strict=True):
            self.layers.append(Layer(P_layer, dP_layer, A, P_layer is not P[-1]))
            A = self.layers[-1].A_next
        self.downward = list(pairwise([*reversed(self.layers), None]))

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Return the predictions (n, n_out) for X (n, n_in), until the next call."""
        self.X_T[:] = X.T
        for layer in self.layers:
            layer.forward()
        return self.layers[-1].H.T

    def backward(self, y: np.ndarray, learning_rate: float) -> None:
        """Put learning_rate times each gradient of the mse to y (n, n_out) into dP."""
        top = self.layers[-1]
        np.subtract(top.H, y.T, out=top.dZ)
        top.dZ *= learning_rate * 2 / y.size
        for layer, below in self.downward:
            layer.backward(below)


# --8<-- [end:step]


# --8<-- [start:batches]
def cut(
    X: np.ndarray,
    y: np.ndarray,
    size: int,
    P: list[np.ndarray],
    dP: list[np.ndarray],
) -> list[tuple[Step, np.ndarray, np.ndarray]]:
    """Return a Step, X and y for every `size` rows; the last rows may be fewer."""
    starts = range(0, len(X), size)
    parts = [(X[start : start + size], y[start : start + size]) for start in starts]
    steps = {n: Step(P, dP, n) for n in {len(X) for X, _y in parts}}
    return [(steps[len(X)], X, y) for X, y in parts]


# --8<-- [end:batches]


# --8<-- [start:checks]
def checked(
    name: str, array: np.ndarray, n_columns: int, n: int | None = None
) -> np.ndarray:
    """Return the array as float64 of shape (n, n_columns), with any n ≥ 1 for None.

    Raises ValueError for another shape and for values that are not finite.
    """
    array = np.ascontiguousarray(array, dtype=float)
    shape = (len(array) if n is None and array.ndim else n, n_columns)
    if array.shape != shape or array.size == 0:
        expected = f"({'n ≥ 1' if n is None else n}, {n_columns})"
        raise ValueError(f"{name} has shape {array.shape}, expected {expected}")
    if not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(f"{name}[{row}, {column}] is {array[row, column]}")
    return array


# --8<-- [end:checks]


# --8<-- [start:network]
class NeuralNetwork:
    """Layers of ReLU units and a linear output, trained on the mean squared error."""

    def __init__(
        self,
        layer_sizes: list[int],
        learning_rate: float = 0.01,
        seed: int | np.random.Generator = 0,
    ) -> None:
        if not 0 < learning_rate < np.inf:
            raise ValueError(f"learning_rate is {learning_rate}, expected > 0")
        self.learning_rate, self.rng = learning_rate, np.random.default_rng(seed)
        self.W, self.b = initialise_layers(layer_sizes, self.rng)
        self.n_in, self.n_out = layer_sizes[0], layer_sizes[-1]
        self.A, self.dW, self.db = [], [], []

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Return the predictions for X (batch, n_in); keep what backward needs."""
        self.A = forward(checked("X", X, self.n_in), self.W, self.b)
        return self.A[-1]

    def backward(self, y: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return and keep dW and db, the gradients of the mse to y (batch, n_out)."""
        if not self.A:
            raise ValueError("backward needs a forward pass before it")
        y = checked("y", y, self.n_out, len(self.A[-1]))
        self.dW, self.db = backward(y, self.W, self.A)
        return self.dW, self.db

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the predictions for X (n, n_in) and keep nothing."""
        return forward(checked("X", X, self.n_in), self.W, self.b)[-1]

    def fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        epochs: int = 200,
        batch_size: int = 64,
        verbose: bool = True,
    ) -> list[float]:
        """Train on X (n, n_in) and y (n, n_out); return the loss after each epoch.

        The loss is the mse of all n rows. Raises ValueError for wrong shapes, values
        that are not finite, and counts below 1.
        """
        X = checked("X", X, self.n_in)
        y = checked("y", y, self.n_out, len(X))
        if min(epochs, batch_size) < 1:
            counts = f"epochs is {epochs}, batch_size is {batch_size}"
            raise ValueError(f"{counts}; both must be at least 1")
        parameters, P = stack(self.W, self.b)
        update, dP = stack(self.W, self.b)
        self.W, self.b, self.A = [p[:-1] for p in P], [p[-1:] for p in P], []
        X_epoch, y_epoch, losses = X.copy(), y.copy(), []
        batches = cut(X_epoch, y_epoch, batch_size, P, dP)
        chunks = cut(X, y, 2000, P, dP)
        for epoch in range(1, epochs + 1):
            order = self.rng.permutation(len(X))
            X.take(order, axis=0, out=X_epoch, mode="clip")
            y.take(order, axis=0, out=y_epoch, mode="clip")
            for step, X_batch, y_batch in batches:
                step.forward(X_batch)
                step.backward(y_batch, self.learning_rate)
                parameters -= update
            errors = [step.forward(X) - y for step, X, y in chunks]
            losses.append(float(sum(np.vdot(e, e) for e in errors) / y.size))
            if verbose and epoch % 50 == 0:
                print(f"epoch {epoch:4}: loss {losses[-1]:.4f}")
        return losses


# --8<-- [end:network]

if __name__ == "__main__":
    # --8<-- [start:same-steps]
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(150, 3)), rng.normal(size=(150, 2))

    plain = NeuralNetwork([3, 5, 4, 2], learning_rate=0.05, seed=2)
    plain_losses = train(X, y, plain.W, plain.b, 0.05, 100, 64, plain.rng)
    fast = NeuralNetwork([3, 5, 4, 2], learning_rate=0.05, seed=2)
    losses = fast.fit(X, y, epochs=100, batch_size=64, verbose=False)

    pairs = list(zip(plain.W + plain.b, fast.W + fast.b, strict=True))
    gap = max(np.abs(ours - theirs).max() for ours, theirs in pairs)
    print(f"steps taken: {100 * len(range(0, 150, 64))}, loss {losses[-1]:.6f}")
    print(f"largest difference < 1e-12: {gap < 1e-12}")
    assert gap < 1e-12
    assert np.allclose(losses, plain_losses, rtol=1e-12, atol=0)
    assert np.isclose(losses[-1], mse(fast.predict(X), y), rtol=1e-12)
    # --8<-- [end:same-steps]

    # --8<-- [start:refusals]
    with_hole = X.copy()
    with_hole[7, 2] = np.nan
    attempts = {
        "flat y": lambda: fast.fit(X, y[:, 0]),
        "wider X": lambda: fast.predict(np.hstack([X, y])),
        "fewer y": lambda: fast.fit(X, y[:140]),
        "no rows": lambda: fast.fit(X[:0], y[:0]),
        "a hole": lambda: fast.fit(with_hole, y),
        "batch of 0": lambda: fast.fit(X, y, batch_size=0),
        "too early": lambda: fast.backward(y),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except ValueError as error:
            print(f"{name:10}  {error}")
        else:
            raise AssertionError(f"{name} passed")

    train(with_hole, y, plain.W, plain.b, 0.05, epochs=1, batch_size=64, rng=rng)
    assert all(np.isnan(weights).all() for weights in plain.W)
    # --8<-- [end:refusals]


# --8<-- [start:measured-gradient]
def measured_gradient(
    network: NeuralNetwork,
    parameters: list[np.ndarray],
    layer: int,
    X: np.ndarray,
    y: np.ndarray,
) -> np.ndarray:
    """Return ∂mse/∂parameters[layer], where parameters is network.W or network.b."""
    original = parameters[layer]

    def loss(theta: np.ndarray) -> float:
        parameters[layer] = theta
        return mse(network.predict(X), y)

    gradient = numerical_gradient(loss, original)
    parameters[layer] = original
    return gradient


# --8<-- [end:measured-gradient]

if __name__ == "__main__":
    # --8<-- [start:gradient-check]
    network = NeuralNetwork([3, 5, 4, 2], seed=3)
    X, y = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    network.forward(X)
    dW, db = network.backward(y)

    hidden = zip(network.A, network.W[:-1], network.b[:-1], strict=False)
    nearest = min(np.abs(A @ W + b).min() for A, W, b in hidden)
    print(f"the nearest kink is {nearest:.4f} away")
    assert nearest > 100 * 1e-5  # the step of numerical_gradient
    for name, parameters in {"W": network.W, "b": network.b}.items():
        for layer, gradient in enumerate({"W": dW, "b": db}[name]):
            measured = measured_gradient(network, parameters, layer, X, y)
            error = relative_error(gradient, measured)
            print(f"d{name}[{layer}] {gradient.shape}  error < 1e-8: {error < 1e-8}")
            assert error < 1e-8
    assert np.array_equal(network.backward(y)[0][0], dW[0])
    # --8<-- [end:gradient-check]


# --8<-- [start:scaling]
def scaled(array: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return array (n, k) in standard deviations from the means of reference."""
    return (array - reference.mean(axis=0)) / reference.std(axis=0)


def unscaled(array: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return array (n, k), scaled with the same reference, in its own units."""
    return array * reference.std(axis=0) + reference.mean(axis=0)


def mae(y_hat: np.ndarray, y: np.ndarray) -> float:
    """Return the mean absolute error, in the unit of y; both of shape (n, 1)."""
    return float(np.mean(np.abs(y_hat - y)))


# --8<-- [end:scaling]

if __name__ == "__main__":
    # --8<-- [start:split]
    from sklearn.model_selection import train_test_split

    from snippets.delivery import COLUMNS, expected_minutes, make_deliveries

    def split(seed: int = 42, surge: float = 0.0) -> list[np.ndarray]:
        """Return X_train (1600, 4), X_test, y_train (1600, 1) and y_test, unscaled."""
        X, y = make_deliveries(seed=seed, surge=surge)
        return train_test_split(X, y, test_size=0.2, random_state=42)

    X_train, X_test, y_train, y_test = split()
    X, y = scaled(X_train, X_train), scaled(y_train, y_train)
    print("train", X.shape, y.shape, " test", X_test.shape, y_test.shape)
    print("means of the test columns", scaled(X_test, X_train).mean(axis=0).round(3))
    assert np.allclose(X.mean(axis=0), 0)
    assert np.allclose(X.std(axis=0), 1)
    # --8<-- [end:split]

    # --8<-- [start:training]
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
    print(f"before:     loss {mse(network.predict(X), y):.4f}")
    losses = network.fit(X, y, epochs=200, batch_size=64)
    assert np.isclose(losses[-1], mse(network.predict(X), y))
    # --8<-- [end:training]

    # --8<-- [start:loss-curves]
    twin = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
    train_losses, test_losses = [], []
    for _epoch in range(200):
        train_losses += twin.fit(X, y, epochs=1, verbose=False)
        y_hat = twin.predict(scaled(X_test, X_train))
        test_losses.append(mse(y_hat, scaled(y_test, y_train)))
    assert np.allclose(train_losses, losses, rtol=1e-12, atol=0)

    _fig, ax = plt.subplots(figsize=(5.2, 3.5))
    epochs = np.arange(1, 201)
    ax.plot(epochs, train_losses, color="C0", label="training rows")
    ax.plot(epochs, test_losses, "--", color="C1", label="test rows")
    ax.set(xlabel="epoch", ylabel="loss", yscale="log")
    ax.set_yticks([0.06, 0.1, 0.2, 0.5], ["0.06", "0.1", "0.2", "0.5"])
    ax.minorticks_off()
    ax.legend()
    plt.show()
    # --8<-- [end:loss-curves]

    # --8<-- [start:results]
    from sklearn.linear_model import LinearRegression

    def minutes(
        network: NeuralNetwork, X: np.ndarray, X_train: np.ndarray, y_train: np.ndarray
    ) -> np.ndarray:
        """Return the predictions (n, 1) in minutes for unscaled deliveries X (n, 4)."""
        return unscaled(network.predict(scaled(X, X_train)), y_train)

    line = LinearRegression().fit(X_train, y_train)
    test_maes = {
        "predict the mean": mae(np.full_like(y_test, y_train.mean()), y_test),
        "least squares": mae(line.predict(X_test), y_test),
        "the network": mae(minutes(network, X_test, X_train, y_train), y_test),
        "noise floor": mae(expected_minutes(X_test), y_test),
    }
    for name, error in test_maes.items():
        print(f"{name:16} {error:6.3f} min")
    # --8<-- [end:results]

    # --8<-- [start:floor]
    X_new, y_new = make_deliveries(n=200_000, seed=7)
    print(f"noise floor    {mae(expected_minutes(X_new), y_new):.2f} min")
    print(f"4 · √(2 / π) = {4 * np.sqrt(2 / np.pi):.2f} min")
    print(f"least squares  {mae(line.predict(X_new), y_new):.2f} min")
    y_hat = minutes(network, X_new, X_train, y_train)
    print(f"the network    {mae(y_hat, y_new):.2f} min")
    # --8<-- [end:floor]

    # --8<-- [start:shuffled-columns]
    rng = np.random.default_rng(0)
    print("shuffled   change of MAE  length of its weights")
    for column, name in enumerate(COLUMNS):
        X_shuffled = X_test.copy()
        X_shuffled[:, column] = rng.permutation(X_test[:, column])
        error = mae(minutes(network, X_shuffled, X_train, y_train), y_test)
        change = error - test_maes["the network"]
        length = np.linalg.norm(network.W[0][column])
        print(f"{name:9}  {change:+9.2f} min  {length:21.2f}")
    assert abs(change) < 0.1
    # --8<-- [end:shuffled-columns]

    # --8<-- [start:surge]
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures

    X_train, X_test, y_train, y_test = split(surge=1.5)
    X, y = scaled(X_train, X_train), scaled(y_train, y_train)
    line = LinearRegression().fit(X, y_train)
    curve = make_pipeline(PolynomialFeatures(2), LinearRegression()).fit(X, y_train)

    X_new = scaled(X_test, X_train)
    test_maes = {
        "predict the mean": mae(np.full_like(y_test, y_train.mean()), y_test),
        "least squares": mae(line.predict(X_new), y_test),
        "quadratic": mae(curve.predict(X_new), y_test),
    }
    # --8<-- [end:surge]

    # --8<-- [start:surge-networks]
    surge_losses = []
    for learning_rate in (0.005, 0.02, 0.05):
        network = NeuralNetwork([4, 16, 8, 1], learning_rate, seed=0)
        surge_losses.append(network.fit(X, y, verbose=False)[-1])
        y_hat = minutes(network, X_test, X_train, y_train)
        test_maes[f"network, {learning_rate}"] = mae(y_hat, y_test)
    test_maes["noise floor"] = mae(expected_minutes(X_test, surge=1.5), y_test)

    for name, error in test_maes.items():
        print(f"{name:16} {error:6.3f} min")
    print("training losses:", np.round(surge_losses, 4))
    assert surge_losses == sorted(surge_losses, reverse=True)
    assert test_maes["network, 0.05"] < test_maes["quadratic"]
    # --8<-- [end:surge-networks]

    # --8<-- [start:surge-curves]
    traffic = np.linspace(1, 10, 91)
    X_line = np.tile([6.0, 0.0, 15.0, 350.0], (91, 1))  # km, traffic, min, rupees
    X_line[:, 1] = traffic
    y_network = minutes(network, X_line, X_train, y_train)
    y_curve = curve.predict(scaled(X_line, X_train))
    y_line = line.predict(scaled(X_line, X_train))

    _fig, ax = plt.subplots(figsize=(5.2, 3.8))
    rule = expected_minutes(X_line, surge=1.5)
    ax.plot(traffic, rule, color="C5", linewidth=5, alpha=0.4, label="the rule")
    ax.plot(traffic, y_network, color="C0", label="network, 0.05")
    ax.plot(traffic, y_curve, "--", color="C3", label="quadratic")
    ax.plot(traffic, y_line, ":", color="C1", label="least squares")
    ax.set(xlabel="traffic score", ylabel="minutes for 6 km")
    ax.legend()
    plt.show()
    # --8<-- [end:surge-curves]

    # --8<-- [start:six-data-sets]
    def margin(seed: int, surge: float, learning_rate: float, degree: int) -> float:
        """Return the test MAE of a network minus that of a polynomial fit, minutes."""
        X_train, X_test, y_train, y_test = split(seed, surge)
        X, X_new = scaled(X_train, X_train), scaled(X_test, X_train)
        fit = make_pipeline(PolynomialFeatures(degree), LinearRegression())
        fit.fit(X, y_train)
        network = NeuralNetwork([4, 16, 8, 1], learning_rate, seed)
        network.fit(X, scaled(y_train, y_train), verbose=False)
        y_hat = minutes(network, X_test, X_train, y_train)
        return mae(y_hat, y_test) - mae(fit.predict(X_new), y_test)

    linear = np.array([margin(seed, 0.0, 0.005, degree=1) for seed in range(6)])
    surge = np.array([margin(seed, 1.5, 0.05, degree=2) for seed in range(6)])
    for name, margins in {"linear data": linear, "with surge": surge}.items():
        print(f"{name}: the network wins on {np.sum(margins < 0)} of 6")
        print(f"  mean difference {margins.mean():+.2f} min")
    assert np.all(linear > 0)
    assert surge.mean() < -0.1

    below = 0
    for seed in range(6):
        X_train, X_test, y_train, y_test = split(seed)
        y_hat = LinearRegression().fit(X_train, y_train).predict(X_test)
        below += mae(y_hat, y_test) < mae(expected_minutes(X_test), y_test)
    print(f"least squares falls below the floor on {below} of 6")
    # --8<-- [end:six-data-sets]

    # --8<-- [start:three-variants]
    X_train, _X_test, y_train, _y_test = split()
    X, y = scaled(X_train, X_train), scaled(y_train, y_train)
    sizes = {"full batch": 1600, "mini-batch": 64, "stochastic": 1}
    epochs = {"full batch": 1000, "mini-batch": 200, "stochastic": 20}

    curves = {}
    print("              rows  epochs  steps    loss  rises")
    for name, batch_size in sizes.items():
        network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
        losses = network.fit(X, y, epochs[name], batch_size, verbose=False)
        curves[name] = np.array(losses)
        steps = epochs[name] * 1600 // batch_size
        rises = f"{np.sum(np.diff(losses) > 0)} of {len(losses) - 1}"
        row = f"{batch_size:6}  {epochs[name]:6}  {steps:5}"
        print(f"{name:10}  {row}  {losses[-1]:.4f}  {rises}")
    # --8<-- [end:three-variants]

    # --8<-- [start:variant-curves]
    styles = {
        "full batch": {"color": "C2", "linewidth": 6, "alpha": 0.5},
        "mini-batch": {"color": "C0"},
        "stochastic": {"color": "C1", "linestyle": "--"},
    }
    _fig, (top, bottom) = plt.subplots(2, 1, figsize=(5.2, 6.4))
    for name, curve in curves.items():
        epoch = np.arange(1, len(curve) + 1)
        top.plot(epoch[:20], curve[:20], label=name, **styles[name])
        bottom.plot(epoch * 1600 // sizes[name], curve, **styles[name])
    top.set(xlabel="epoch", xticks=(1, 5, 10, 15, 20))
    bottom.set(xlabel="gradient evaluations", xscale="log")
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

    # --8<-- [start:rate-scan]
    for learning_rate in (0.0005, 0.005, 0.05, 0.5):
        network = NeuralNetwork([4, 16, 8, 1], learning_rate, seed=0)
        loss = network.fit(X, y, verbose=False)[-1]
        spread = network.forward(X).std()
        print(f"{learning_rate:6}: loss {loss:.4f}, spread {spread:.3f}")
    assert spread < 1e-9
    assert not network.A[-2].any()
    # --8<-- [end:rate-scan]

    # --8<-- [start:momentum]
    def momentum_fit(network: NeuralNetwork, epochs: int, momentum: float) -> float:
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
    assert loss < curves["mini-batch"][19]
    # --8<-- [end:momentum]

    # --8<-- [start:raw-inputs]
    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
    network.fit(X_train, y, verbose=False)
    y_hat = unscaled(network.forward(X_train), y_train)
    for layer, A in enumerate(network.A[1:-1], 1):
        print(f"layer {layer}: {np.mean(A > 0):.0%} of the units are active")
    print(f"predictions: from {y_hat.min():.1f} to {y_hat.max():.1f} min")
    print(f"the mean:    {y_train.mean():.1f} min")
    assert np.ptp(y_hat) < 1e-6
    # --8<-- [end:raw-inputs]
