"""Convolution: one small set of weights, used at every place of a picture."""

# --8<-- [start:numpy]
import numpy as np

# --8<-- [end:numpy]

if __name__ == "__main__":
    # --8<-- [start:tiny-case]
    picture = np.array([[0, 1, 0], [0, 1, 1], [0, 0, 1]])  # (3, 3)
    weights = np.array([[1, -1], [1, -1]])  # (2, 2)

    Z = np.zeros((2, 2))
    for row in range(2):
        for column in range(2):
            window = picture[row : row + 2, column : column + 2]  # (2, 2)
            Z[row, column] = np.sum(window * weights)
    print(Z)
    # --8<-- [end:tiny-case]


# --8<-- [start:windows]
from numpy.lib.stride_tricks import sliding_window_view


def windows(X, size):
    """Return each window of X (batch, rows, columns, n_in) as a row of numbers."""
    view = sliding_window_view(X, (size, size), axis=(1, 2))
    return view.reshape(*view.shape[:3], -1)  # (batch, rows', columns', n_in·size²)


# --8<-- [end:windows]


# --8<-- [start:convolve]
def convolve(X, W, b, size):
    """Return Z (batch, rows', columns', n_out) and the windows that it read."""
    V = windows(X, size)
    rows = V.reshape(-1, V.shape[-1])  # (all windows, n_in·size²)
    return (rows @ W + b).reshape(*V.shape[:3], -1), V


# --8<-- [end:convolve]


# --8<-- [start:convolve-backward]
def convolve_backward(dZ, V):
    """Return dW (n_in·size², n_out) and db (1, n_out), both sums over all windows."""
    rows = V.reshape(-1, V.shape[-1])  # (all windows, n_in·size²)
    dZ = dZ.reshape(len(rows), -1)  # (all windows, n_out)
    return rows.T @ dZ, dZ.sum(axis=0, keepdims=True)


# --8<-- [end:convolve-backward]


# --8<-- [start:input-gradient]
def input_gradient(dZ, W, n_in, size):
    """Return dX (batch, rows, columns, n_in): each pixel adds up its windows."""
    batch, n_rows, n_columns, _n_out = dZ.shape
    dX = np.zeros((batch, n_rows + size - 1, n_columns + size - 1, n_in))
    dV = (dZ @ W.T).reshape(batch, n_rows, n_columns, n_in, size, size)
    for i in range(size):
        for j in range(size):
            dX[:, i : i + n_rows, j : j + n_columns] += dV[..., i, j]
    return dX


# --8<-- [end:input-gradient]


if __name__ == "__main__":
    # --8<-- [start:tiny-backward]
    X_tiny = picture.reshape(1, 3, 3, 1).astype(float)
    W_tiny = weights.reshape(4, 1).astype(float)
    Z, V = convolve(X_tiny, W_tiny, np.zeros((1, 1)), size=2)
    dW, db = convolve_backward(np.ones_like(Z), V)
    print("V", V.shape, " Z", Z.ravel())
    print("dW", dW.ravel(), " db", db.ravel())
    print(input_gradient(np.ones_like(Z), W_tiny, 1, 2).reshape(3, 3) + 0.0)
    # --8<-- [end:tiny-backward]


# --8<-- [start:pool]
def places(size):
    """Return the places of a square, row by row."""
    return [(row, column) for row in range(size) for column in range(size)]


def pool(Z, size):
    """Return the largest of each square of Z, and the number of its place."""
    squares = np.stack([Z[:, i::size, j::size] for i, j in places(size)])
    return squares.max(axis=0), squares.argmax(axis=0)


# --8<-- [end:pool]


# --8<-- [start:pool-backward]
def pool_backward(dP, winner, size):
    """Return dZ: each gradient goes to the place that won, and 0 to the others."""
    batch, rows, columns, n_out = dP.shape
    dZ = np.zeros((batch, rows * size, columns * size, n_out))
    for number, (i, j) in enumerate(places(size)):
        dZ[:, i::size, j::size] = dP * (winner == number)
    return dZ


# --8<-- [end:pool-backward]


if __name__ == "__main__":
    # --8<-- [start:tiny-pool]
    Z = np.array([[3.0, 1.0], [0.0, 3.0]]).reshape(1, 2, 2, 1)
    P, winner = pool(Z, size=2)
    print("largest", P.ravel(), " at place", winner.ravel())
    print(pool_backward(np.array([[[[0.5]]]]), winner, size=2).reshape(2, 2))
    # --8<-- [end:tiny-pool]


# --8<-- [start:network]
from snippets.chapters.activation_functions import relu, relu_derivative
from snippets.chapters.classifying_digits import cross_entropy, cross_entropy_gradient
from snippets.chapters.forward_pass import he, lecun


class ConvolutionalNetwork:
    """Convolution, pooling, ReLU, and a linear layer that gives ten logits."""

    def __init__(self, filters=27, size=5, square=2, learning_rate=0.3, seed=0):
        self.size, self.square, self.learning_rate = size, square, learning_rate
        self.rng = np.random.default_rng(seed)
        n_pooled = ((12 - size + 1) // square) ** 2 * filters
        self.W = [he(size**2, filters, self.rng), lecun(n_pooled, 10, self.rng)]
        self.b = [np.zeros((1, filters)), np.zeros((1, 10))]
        self.loss = cross_entropy

    def forward(self, X):
        """Return the logits for X (batch, 12, 12, 1); keep what backward needs."""
        self.Z, self.V = convolve(X, self.W[0], self.b[0], self.size)
        self.P, self.winner = pool(self.Z, self.square)
        self.flat = relu(self.P).reshape(len(X), -1)  # (batch, n_pooled)
        self.logits = self.flat @ self.W[1] + self.b[1]
        return self.logits

    predict = forward

    def backward(self, y):
        """Return dW and db, for the pictures of the last forward pass."""
        dlogits = cross_entropy_gradient(self.logits, y)
        dA = (dlogits @ self.W[1].T).reshape(self.P.shape)
        dP = dA * relu_derivative(self.P)
        dZ = pool_backward(dP, self.winner, self.square)
        dW, db = convolve_backward(dZ, self.V)
        dW_out, db_out = self.flat.T @ dlogits, dlogits.sum(axis=0, keepdims=True)
        return [dW, dW_out], [db, db_out]

    def fit(self, X, y, epochs=15, batch_size=16):
        """Train on pictures X (n, 12, 12, 1) and one-hot y (n, 10)."""
        for _epoch in range(epochs):
            order = self.rng.permutation(len(X))
            for start in range(0, len(X), batch_size):
                rows = order[start : start + batch_size]
                self.forward(X[rows])
                dW, db = self.backward(y[rows])
                for theta, gradient in zip(self.W + self.b, dW + db, strict=True):
                    theta -= self.learning_rate * gradient


# --8<-- [end:network]


# --8<-- [start:moved-digits]
from snippets.chapters.classifying_digits import accuracy, split_digits
from snippets.chapters.why_neural_networks import move


def moved_digits(seed=0):
    """Return moved pictures (n, 12, 12, 1), to train and to test, and their digits."""
    X, X_test, digits, digits_test = split_digits(seed)
    rng = np.random.default_rng(seed)
    X = move(X.reshape(-1, 8, 8), rng)[..., None]
    X_test = move(X_test.reshape(-1, 8, 8), rng)[..., None]
    return X, X_test, digits, digits_test


# --8<-- [end:moved-digits]

if __name__ == "__main__":
    # --8<-- [start:validation]
    from snippets.chapters.classifying_digits import digit_network

    X, _X_test, digits, _digits_test = moved_digits(seed=0)
    y, flat = np.eye(10)[digits], X.reshape(-1, 144)
    print("rate  dense  convolution")
    for rate in (0.1, 0.3, 0.5):
        dense = digit_network((144, 32, 10), rate)
        dense.fit(flat[360:], y[360:], epochs=50, batch_size=16, verbose=False)
        network = ConvolutionalNetwork(learning_rate=rate)
        network.fit(X[360:], y[360:])
        shares = [
            accuracy(each, rows[:360], digits[:360])
            for each, rows in ((dense, flat), (network, X))
        ]
        print(f"{rate:4}  {shares[0]:5.1%}  {shares[1]:11.1%}")
    # --8<-- [end:validation]

    # --8<-- [start:training]
    def count(network):
        """Return the number of parameters."""
        return sum(theta.size for theta in network.W + network.b)

    print("split  dense  convolution")
    dense_shares, shares = [], []
    for seed in range(5, 10):
        X, X_test, digits, digits_test = moved_digits(seed)
        y = np.eye(10)[digits]
        dense = digit_network((144, 32, 10), learning_rate=0.3, seed=seed)
        dense.fit(X.reshape(-1, 144), y, epochs=50, batch_size=16, verbose=False)
        network = ConvolutionalNetwork(seed=seed)
        network.fit(X, y)
        dense_shares.append(accuracy(dense, X_test.reshape(-1, 144), digits_test))
        shares.append(accuracy(network, X_test, digits_test))
        print(f"{seed:5}  {dense_shares[-1]:5.1%}  {shares[-1]:11.1%}")
    print(f"parameters: {count(dense)} and {count(network)}")
    # --8<-- [end:training]

    # --8<-- [start:training-checked]
    assert min(shares) >= 0.88
    assert max(dense_shares) <= 0.82
    # --8<-- [end:training-checked]

    # --8<-- [start:gradient-check]
    from snippets.chapters.gradient_descent import gradient_pairs

    for _name, gradient, measured in gradient_pairs(network, X[:2], y[:2]):
        gap = np.abs(gradient - measured).max()
        print(f"{gradient.shape}: largest difference < 1e-7: {gap < 1e-7}")
        assert gap < 1e-7
    # --8<-- [end:gradient-check]

    # --8<-- [start:ties]
    network.forward(X)
    squares = np.stack([network.Z[:, i::2, j::2] for i, j in places(2)])
    tied = np.sum(squares == squares.max(axis=0), axis=0) > 1
    print(f"squares with a tie: {tied.mean():.1%}")
    # --8<-- [end:ties]

    # --8<-- [start:sliding]
    import matplotlib.pyplot as plt

    from snippets.chapters.why_neural_networks import draw

    strongest = np.abs(network.W[0]).sum(axis=0).argmax()
    answers = network.Z[..., strongest]  # (1437, 8, 8)
    picture, row, column = np.unravel_index(answers.argmax(), answers.shape)
    grids = {
        "a picture": X[picture, :, :, 0],
        "the filter": network.W[0][:, strongest].reshape(5, 5),
        "its answers": answers[picture],
    }
    _fig, axes = plt.subplots(1, 3, figsize=(7, 2.6))
    for (title, grid), ax in zip(grids.items(), axes, strict=True):
        draw(ax, grid / np.abs(grid).max(), "C0")
        draw(ax, -grid / np.abs(grid).max(), "C1")
        ax.set_title(title, fontsize=13)
        last = len(grid) - 0.5
        ax.plot([-0.5, last, last, -0.5, -0.5], [-0.5, -0.5, last, last, -0.5], "C5")
    for ax, size in ((axes[0], 5), (axes[2], 1)):
        left, top = column - 0.5, row - 0.5
        right, bottom = left + size, top + size
        ax.plot([left, right, right, left, left], [top, top, bottom, bottom, top], "C2")
    plt.show()
    assert digits[picture] == 5
    # --8<-- [end:sliding]

    # --8<-- [start:solution-count]
    print("dense      ", 144 * 8 * 8 * 27 + 8 * 8 * 27)
    print("convolution", 25 * 27 + 27)
    # --8<-- [end:solution-count]

    # --8<-- [start:solution-moved]
    corner = np.zeros((1, 12, 12, 1))
    corner[0, :8, :8, 0] = split_digits()[0][0].reshape(8, 8)
    other = np.roll(corner, (3, 2), axis=(1, 2))  # 3 rows down, 2 columns right
    here, _V = convolve(corner, network.W[0], network.b[0], 5)
    there, _V = convolve(other, network.W[0], network.b[0], 5)
    assert np.allclose(there[:, 3:, 2:], here[:, :-3, :-2])
    # --8<-- [end:solution-moved]

    # --8<-- [start:solution-mean]
    from snippets.chapters.derivatives import numerical_gradient

    def mean_pool(Z, size):
        """Return the mean of each square."""
        return np.mean([Z[:, i::size, j::size] for i, j in places(size)], axis=0)

    def mean_pool_backward(dP, size):
        """Return dZ: each place of a square gets the same share."""
        return dP.repeat(size, axis=1).repeat(size, axis=2) / size**2

    Z, dP = network.Z[:1, :4, :4], network.P[:1, :2, :2]  # any numbers will do
    measured = numerical_gradient(lambda Z: np.sum(mean_pool(Z, 2) * dP), Z)
    assert np.abs(mean_pool_backward(dP, 2) - measured).max() < 1e-7
    # --8<-- [end:solution-mean]
