"""Make it fast: the training loop with fewer calls, and the same steps."""

# --8<-- [start:stack]
import numpy as np


def stack(W, b):
    """Return all numbers as one vector, and its parts P: each W with its b below."""
    pairs = [np.vstack([W[i], b[i]]) for i in range(len(W))]  # (n_in + 1, n_out)
    vector = np.concatenate([pair.ravel() for pair in pairs])
    P, start = [], 0
    for pair in pairs:
        part = vector[start : start + pair.size]
        P.append(part.reshape(pair.shape))
        start += pair.size
    return vector, P


# --8<-- [end:stack]

if __name__ == "__main__":
    # --8<-- [start:views]
    W = [np.array([[2.0, -1.0], [1.0, 0.0], [-1.0, 1.0]])]  # (3, 2)
    b = [np.array([[0.5, -1.0]])]  # (1, 2)
    vector, P = stack(W, b)
    print(P[0])
    print("vector before:", vector)

    P[0][3, 1] = 9
    print("vector after: ", vector)
    # --8<-- [end:views]

    # --8<-- [start:bias-row]
    X = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]])  # (2, 3)
    X_one = np.hstack([X, np.ones((2, 1))])  # (2, 4)
    _vector, P = stack(W, b)
    print(X_one @ P[0])
    # --8<-- [end:bias-row]

    # --8<-- [start:gradient-row]
    dZ = np.array([[1.0, 0.5], [-2.0, 3.0]])  # (2, 2)
    print(X_one.T @ dZ)
    # --8<-- [end:gradient-row]

    # --8<-- [start:bias-row-checked]
    assert np.array_equal(X_one @ P[0], X @ W[0] + b[0])
    assert np.array_equal((X_one.T @ dZ)[:3], X.T @ dZ)
    assert np.array_equal((X_one.T @ dZ)[3:], dZ.sum(axis=0, keepdims=True))
    # --8<-- [end:bias-row-checked]


# --8<-- [start:layer]
class Layer:
    """The arrays of a layer for n samples, made once; a sample is a column in each."""

    def __init__(self, P, dP, A, below, is_output):
        n_out, n = P.shape[1], A.shape[1]
        self.P_T = P.T  # (n_out, n_in + 1)
        self.W = P[:-1]  # (n_in, n_out), P without its last row
        self.dP = dP  # (n_in + 1, n_out)
        self.A = A  # (n_in + 1, n), its last row ones
        self.Z = np.zeros((n_out, n))
        self.dZ = np.zeros((n_out, n))
        self.dZ_T = self.dZ.T  # (n, n_out)
        self.zeros = np.zeros((n_out, n))
        self.A_next = np.ones((n_out + 1, n))
        self.below, self.is_output = below, is_output
        self.outputs = self.Z if is_output else self.A_next[:-1]  # (n_out, n)

    def forward(self):
        """Fill Z with (A @ W + b).T, and outputs with its ReLU in a hidden layer."""
        self.P_T.dot(self.A, out=self.Z)
        if not self.is_output:
            np.maximum(self.Z, self.zeros, out=self.outputs)

    def backward(self):
        """Fill dP with dW and db, and dZ of the layer below."""
        self.A.dot(self.dZ_T, out=self.dP)
        below = self.below
        if below is not None:
            self.W.dot(self.dZ, out=below.dZ)
            below.dZ *= np.sign(below.outputs, out=below.Z)


# --8<-- [end:layer]


# --8<-- [start:step]
class Step:
    """The layers of one training step on n samples; P and dP come from `stack`."""

    def __init__(self, P, dP, n):
        A, below = np.ones((len(P[0]), n)), None
        self.X_T, self.layers = A[:-1], []
        for i in range(len(P)):
            below = Layer(P[i], dP[i], A, below, is_output=i == len(P) - 1)
            self.layers.append(below)
            A = below.A_next
        self.downwards = self.layers[::-1]

    def forward(self, X):
        """Return the predictions (n, n_out) for X (n, n_in), until the next call."""
        self.X_T[:] = X.T
        for layer in self.layers:
            layer.forward()
        return self.layers[-1].outputs.T

    def backward(self, y, learning_rate):
        """Fill every dP with learning_rate times the gradient of the mse to y."""
        top = self.layers[-1]
        np.subtract(top.outputs, y.T, out=top.dZ)
        top.dZ *= learning_rate * 2 / y.size
        for layer in self.downwards:
            layer.backward()


# --8<-- [end:step]


# --8<-- [start:batches]
def cut(X, y, size, P, dP):
    """Return a Step, X and y for every `size` rows; the last rows may be fewer."""
    steps, batches = {}, []
    for start in range(0, len(X), size):
        X_batch, y_batch = X[start : start + size], y[start : start + size]
        n = len(X_batch)
        if n not in steps:
            steps[n] = Step(P, dP, n)
        batches.append((steps[n], X_batch, y_batch))
    return batches


# --8<-- [end:batches]


# --8<-- [start:checked]
def checked(name, array, n_columns, n=None):
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


# --8<-- [end:checked]


# --8<-- [start:checked-network]
from snippets.chapters.gradient_descent import NeuralNetwork


class CheckedNetwork(NeuralNetwork):
    """A NeuralNetwork that raises ValueError for what it cannot use."""

    def __init__(self, layer_sizes, learning_rate=0.01, seed=0):
        if len(layer_sizes) < 2 or min(layer_sizes) < 1:
            raise ValueError(f"layer_sizes is {layer_sizes}, expected 2 or more ≥ 1")
        if not 0 < learning_rate < np.inf:
            raise ValueError(f"learning_rate is {learning_rate}, expected > 0")
        super().__init__(layer_sizes, learning_rate, seed)
        self.n_in, self.n_out = layer_sizes[0], layer_sizes[-1]
        self.A = []

    def forward(self, X):
        """Return the predictions for X (batch, n_in); keep what backward needs."""
        return super().forward(checked("X", X, self.n_in))

    def backward(self, y):
        """Return dW and db, the gradients of the mse to y (batch, n_out)."""
        if not self.A:
            raise ValueError("backward needs a forward pass before it")
        return super().backward(checked("y", y, self.n_out, len(self.A[-1])))

    def predict(self, X):
        """Return the predictions for X (n, n_in) and keep nothing."""
        return super().predict(checked("X", X, self.n_in))


# --8<-- [end:checked-network]


# --8<-- [start:network]
class FastNeuralNetwork(CheckedNetwork):
    """A NeuralNetwork whose `fit` takes the same steps in less time."""

    def fit(self, X, y, epochs=200, batch_size=64, verbose=True):
        """Train on X (n, n_in) and y (n, n_out); return the loss after each epoch."""
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
        pieces = cut(X, y, 2000, P, dP)
        for epoch in range(1, epochs + 1):
            order = self.rng.permutation(len(X))
            X.take(order, axis=0, out=X_epoch, mode="clip")
            y.take(order, axis=0, out=y_epoch, mode="clip")
            for step, X_batch, y_batch in batches:
                step.forward(X_batch)
                step.backward(y_batch, self.learning_rate)
                parameters -= update
            errors = [step.forward(X) - y for step, X, y in pieces]
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
    fast = FastNeuralNetwork([3, 5, 4, 2], learning_rate=0.05, seed=2)
    plain_losses = plain.fit(X, y, epochs=100, batch_size=64, verbose=False)
    losses = fast.fit(X, y, epochs=100, batch_size=64, verbose=False)

    pairs = zip(plain.W + plain.b, fast.W + fast.b, strict=True)
    gap = max(np.abs(ours - theirs).max() for ours, theirs in pairs)
    print(f"steps taken: {100 * len(range(0, 150, 64))}, loss {losses[-1]:.6f}")
    print(f"largest difference < 1e-12: {gap < 1e-12}")
    # --8<-- [end:same-steps]

    # --8<-- [start:same-steps-checked]
    from snippets.chapters.backpropagation import mse
    from snippets.chapters.gradient_descent import scaled, split

    assert gap < 1e-12
    assert np.allclose(losses, plain_losses, rtol=1e-12, atol=0)
    assert np.isclose(losses[-1], mse(fast.predict(X), y), rtol=1e-12)

    X_train, _X_test, y_train, _y_test = split()
    pair = [kind([4, 16, 8, 1]) for kind in (NeuralNetwork, FastNeuralNetwork)]
    rows, targets = scaled(X_train, X_train), scaled(y_train, y_train)
    curves = [network.fit(rows, targets, verbose=False) for network in pair]
    assert np.allclose(*curves, rtol=1e-12, atol=0)
    # --8<-- [end:same-steps-checked]

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
        "one size": lambda: FastNeuralNetwork([3]),
        "rate 0": lambda: FastNeuralNetwork([3, 2], learning_rate=0.0),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except ValueError as error:
            print(f"{name:10}  {error}")
        else:
            raise AssertionError(f"{name} passed")
    # --8<-- [end:refusals]

    # --8<-- [start:without-refusals]
    plain.fit(with_hole, y, epochs=1, verbose=False)
    print("weights that are NaN:", [float(np.isnan(W).mean()) for W in plain.W])
    # --8<-- [end:without-refusals]

    # --8<-- [start:step-gradient]
    from snippets.chapters.gradient_descent import backward, forward

    X_six, y_six = X[:6], y[:6]
    _vector, P = stack(fast.W, fast.b)
    _update, dP = stack(fast.W, fast.b)
    step = Step(P, dP, n=6)
    step.forward(X_six)
    step.backward(y_six, learning_rate=1.0)

    dW, db = backward(y_six, fast.W, forward(X_six, fast.W, fast.b))
    for i in range(3):
        assert np.allclose(dP[i], np.vstack([dW[i], db[i]]), rtol=1e-12, atol=1e-15)
    print("dP[0]", dP[0].shape, " dW[0]", dW[0].shape, " db[0]", db[0].shape)
    # --8<-- [end:step-gradient]
