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


def windows(X, kernel_size):
    """Return each window of X (batch, height, width, n_in) as a row of numbers."""
    view = sliding_window_view(X, (kernel_size, kernel_size), axis=(1, 2))
    # view: (batch, height_out, width_out, n_in, kernel_size, kernel_size)
    batch, height_out, width_out = view.shape[:3]
    return view.reshape(batch, height_out, width_out, -1)


# --8<-- [end:windows]


# --8<-- [start:convolve]
def convolve(X, W, b, kernel_size):
    """Return Z (batch, height_out, width_out, n_out) and the windows V."""
    V = windows(X, kernel_size)
    return V @ W + b, V


# --8<-- [end:convolve]

if __name__ == "__main__":
    # --8<-- [start:tiny-forward]
    X_tiny = picture.reshape(1, 3, 3, 1)  # one picture, one number for each pixel
    W_tiny = weights.reshape(4, 1)  # one filter
    Z, V = convolve(X_tiny, W_tiny, np.zeros((1, 1)), kernel_size=2)
    print("V", V.shape, " Z", Z.shape)
    for window, answer in zip(V.reshape(4, 4), Z.ravel(), strict=True):
        print(window, "gives", answer)
    # --8<-- [end:tiny-forward]


# --8<-- [start:convolve-backward]
def convolve_backward(dZ, V):
    """Return dW and db, in the shapes of W and b: sums over all windows."""
    V_rows = V.reshape(-1, V.shape[-1])  # (all windows, n_in · kernel_size²)
    dZ_rows = dZ.reshape(-1, dZ.shape[-1])  # (all windows, n_out)
    return V_rows.T @ dZ_rows, dZ_rows.sum(axis=0, keepdims=True)


# --8<-- [end:convolve-backward]

if __name__ == "__main__":
    # --8<-- [start:tiny-backward]
    dZ = np.array([[1, 2], [3, 4]])  # (2, 2)
    dW, db = convolve_backward(dZ.reshape(1, 2, 2, 1), V)
    print("dW", dW.ravel(), " db", db.ravel())
    # --8<-- [end:tiny-backward]

    # --8<-- [start:tiny-pixels]
    dX = np.zeros((3, 3))
    for i in range(2):
        for j in range(2):
            dX[i : i + 2, j : j + 2] += weights[i, j] * dZ
            print(f"with the entries ({i}, {j}), whose weight is {weights[i, j]}:")
            print(dX)
    # --8<-- [end:tiny-pixels]


# --8<-- [start:input-gradient]
def input_gradient(dZ, W, n_in, kernel_size):
    """Return dX (batch, height, width, n_in): each pixel adds up its windows."""
    batch, height_out, width_out, _n_out = dZ.shape
    dV = dZ @ W.T  # (batch, height_out, width_out, n_in · kernel_size²)
    dV = dV.reshape(batch, height_out, width_out, n_in, kernel_size, kernel_size)
    height, width = height_out + kernel_size - 1, width_out + kernel_size - 1
    dX = np.zeros((batch, height, width, n_in))
    for i in range(kernel_size):
        for j in range(kernel_size):
            dX[:, i : i + height_out, j : j + width_out] += dV[..., i, j]
    return dX


# --8<-- [end:input-gradient]

if __name__ == "__main__":
    # --8<-- [start:tiny-pixels-checked]
    dX_tiny = input_gradient(dZ.reshape(1, 2, 2, 1), W_tiny, n_in=1, kernel_size=2)
    assert np.array_equal(dX_tiny, dX.reshape(1, 3, 3, 1))
    # --8<-- [end:tiny-pixels-checked]


# --8<-- [start:pool]
def places(pool_size):
    """Return the places of a square, row by row."""
    return [(i, j) for i in range(pool_size) for j in range(pool_size)]


def pool(Z, pool_size):
    """Return P, the largest of each square of Z, and the number of its place."""
    squares = [Z[:, i::pool_size, j::pool_size] for i, j in places(pool_size)]
    squares = np.stack(squares)  # (pool_size², then the shape of P)
    return squares.max(axis=0), squares.argmax(axis=0)


# --8<-- [end:pool]


# --8<-- [start:pool-backward]
def pool_backward(dP, winner, pool_size):
    """Return dZ: each gradient goes to the place that won, and 0 to the others."""
    batch, height, width, n_out = dP.shape
    dZ = np.zeros((batch, height * pool_size, width * pool_size, n_out))
    for number, (i, j) in enumerate(places(pool_size)):
        dZ[:, i::pool_size, j::pool_size] = dP * (winner == number)
    return dZ


# --8<-- [end:pool-backward]

if __name__ == "__main__":
    # --8<-- [start:tiny-pool]
    Z = np.array([[1, 4, 3, 1], [0, 2, 0, 3]])
    P, winner = pool(Z.reshape(1, 2, 4, 1), pool_size=2)
    print("P", P.ravel(), " winner", winner.ravel())
    dP = np.array([2, 0.5]).reshape(1, 1, 2, 1)
    print(pool_backward(dP, winner, pool_size=2).reshape(2, 4))
    # --8<-- [end:tiny-pool]


# --8<-- [start:network]
from snippets.chapters.activation_functions import relu, relu_derivative
from snippets.chapters.classifying_digits import cross_entropy, cross_entropy_gradient
from snippets.chapters.forward_pass import he, lecun


class ConvolutionalNetwork:
    """Convolution, max pooling, ReLU, and a linear layer that gives ten logits."""

    def __init__(
        self, n_filters=27, kernel_size=5, pool_size=2, learning_rate=0.3, seed=0
    ):
        self.kernel_size, self.pool_size = kernel_size, pool_size
        self.learning_rate = learning_rate
        self.loss = cross_entropy  # what the gradient check measures
        self.rng = np.random.default_rng(seed)
        n_flat = ((12 - kernel_size + 1) // pool_size) ** 2 * n_filters  # 432
        W, W_out = he(kernel_size**2, n_filters, self.rng), lecun(n_flat, 10, self.rng)
        self.W = [W, W_out]  # (25, 27) and (432, 10)
        self.b = [np.zeros((1, n_filters)), np.zeros((1, 10))]

    def forward(self, X):
        """Return the logits for X (batch, 12, 12, 1); keep what backward needs."""
        Z, self.V = convolve(X, self.W[0], self.b[0], self.kernel_size)
        self.Z = Z  # (batch, 8, 8, 27)
        self.P, self.winner = pool(Z, self.pool_size)  # (batch, 4, 4, 27)
        self.A = relu(self.P).reshape(len(X), -1)  # (batch, 432)
        self.logits = self.A @ self.W[1] + self.b[1]  # (batch, 10)
        return self.logits

    predict = forward  # what `accuracy` calls

    def backward(self, y):
        """Return dW and db, for the pictures of the last forward pass."""
        dlogits = cross_entropy_gradient(self.logits, y)  # (batch, 10)
        dW_out, db_out = self.A.T @ dlogits, dlogits.sum(axis=0, keepdims=True)
        dA = (dlogits @ self.W[1].T).reshape(self.P.shape)  # (batch, 4, 4, 27)
        dP = dA * relu_derivative(self.P)
        dZ = pool_backward(dP, self.winner, self.pool_size)  # (batch, 8, 8, 27)
        dW, db = convolve_backward(dZ, self.V)
        return [dW, dW_out], [db, db_out]

    def fit(self, X, y, epochs=12, batch_size=16):
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
    """Return moved pictures (n, 12, 12, 1) to train and to test, and digits."""
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
        dense.fit(flat[360:], y[360:], epochs=40, batch_size=16, verbose=False)
        network = ConvolutionalNetwork(learning_rate=rate)
        network.fit(X[360:], y[360:])
        shares = [
            accuracy(each, inputs[:360], digits[:360])
            for each, inputs in ((dense, flat), (network, X))
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
        dense.fit(X.reshape(-1, 144), y, epochs=40, batch_size=16, verbose=False)
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
    assert count(network) == 27 * 186 + 10  # the 10 are the biases of the logits
    assert abs(count(network) - count(dense)) < 186 / 2  # 27 comes nearest
    # --8<-- [end:training-checked]

    # --8<-- [start:gradient-check]
    from snippets.chapters.gradient_descent import gradient_pairs

    for _name, gradient, measured in gradient_pairs(network, X[:2], y[:2]):
        gap = np.abs(gradient - measured).max()
        print(f"{gradient.shape}: largest difference < 1e-7: {gap < 1e-7}")
        assert gap < 1e-7
    # --8<-- [end:gradient-check]

    # --8<-- [start:small-move]
    still = split_digits(seed)[1].reshape(-1, 8, 8, 1)
    still = np.pad(still, ((0, 0), (2, 2), (2, 2), (0, 0)))  # (360, 12, 12, 1)
    network.forward(still)
    Z, P = network.Z, network.P
    network.forward(np.roll(still, 1, axis=2))  # one pixel to the right
    for name, before, after in (("Z", Z, network.Z), ("P", P, network.P)):
        same = np.isclose(before, after)[before > 0]
        print(f"{name}: {same.mean():.1%} of the answers above 0 stay")
    # --8<-- [end:small-move]

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
    rows = grids["the filter"]
    assert rows[1:3].min() > 0 > rows[[0, 3]].max()
    # --8<-- [end:sliding]

    # --8<-- [start:solution-one-window]
    dZ_last = np.array([0, 0, 0, 1]).reshape(1, 2, 2, 1)
    _Z, V = convolve(X_tiny, W_tiny, np.zeros((1, 1)), kernel_size=2)
    dW, db = convolve_backward(dZ_last, V)
    print("dW", dW.ravel(), " db", db.ravel())
    print(input_gradient(dZ_last, W_tiny, n_in=1, kernel_size=2).reshape(3, 3))
    # --8<-- [end:solution-one-window]

    # --8<-- [start:solution-count]
    print("dense      ", 144 * 8 * 8 * 27 + 8 * 8 * 27)
    print("convolution", 25 * 27 + 27)
    # --8<-- [end:solution-count]

    # --8<-- [start:solution-moved]
    corner = np.zeros((1, 12, 12, 1))
    corner[0, :8, :8, 0] = split_digits()[0][0].reshape(8, 8)
    other = np.roll(corner, (3, 2), axis=(1, 2))
    here, _V = convolve(corner, network.W[0], network.b[0], kernel_size=5)
    there, _V = convolve(other, network.W[0], network.b[0], kernel_size=5)
    assert np.allclose(there[:, 3:, 2:], here[:, :-3, :-2])
    # --8<-- [end:solution-moved]

    # --8<-- [start:solution-mean]
    from snippets.chapters.derivatives import numerical_gradient

    def mean_pool(Z, pool_size):
        """Return the mean of each square."""
        squares = [Z[:, i::pool_size, j::pool_size] for i, j in places(pool_size)]
        return np.mean(squares, axis=0)

    def mean_pool_backward(dP, pool_size):
        """Return dZ: each place of a square gets the same share."""
        wide = dP.repeat(pool_size, axis=1).repeat(pool_size, axis=2)
        return wide / pool_size**2

    rng = np.random.default_rng(0)
    Z, dP = rng.normal(size=(1, 4, 4, 3)), rng.normal(size=(1, 2, 2, 3))
    measured = numerical_gradient(lambda Z: np.sum(mean_pool(Z, 2) * dP), Z)
    assert np.abs(mean_pool_backward(dP, 2) - measured).max() < 1e-7
    # --8<-- [end:solution-mean]
