"""Classifying digits: softmax and cross-entropy in the same network."""

# --8<-- [start:split]
import numpy as np
from sklearn.datasets import load_digits


def split_digits(seed=0):
    """Return X_train (1437, 64), X_test (360, 64), ink in 0 to 1, and their digits."""
    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(pixels))
    test, train = order[:360], order[360:]
    return pixels[train] / 16, pixels[test] / 16, digits[train], digits[test]


# --8<-- [end:split]

if __name__ == "__main__":
    # --8<-- [start:one-hot]
    X, X_test, digits, digits_test = split_digits()
    y = np.eye(10)[digits]  # (1437, 10)
    print("X", X.shape, " digits", digits.shape, " y", y.shape)
    print(digits[:3])
    print(y[:3].astype(int))
    # --8<-- [end:one-hot]

    # --8<-- [start:prices]
    for p in (0.99, 0.5, 0.1, 0.01):
        print(f"p = {p:4}: -ln p {-np.log(p):.3f}, squared error {(1 - p) ** 2:.3f}")
    # --8<-- [end:prices]

    # --8<-- [start:tiny-case]
    from snippets.chapters.activation_functions import softmax

    Z_tiny = np.array([[2.0, 1.0, 0.0]])  # (1, 3)
    y_tiny = np.array([[0.0, 1.0, 0.0]])  # (1, 3), one-hot
    P = softmax(Z_tiny)  # (1, 3)
    loss = -np.log(P[0, 1])
    print("probabilities", P.round(3), " loss", loss.round(3))
    # --8<-- [end:tiny-case]

    # --8<-- [start:by-hand]
    from snippets.chapters.derivatives import central_difference

    powers = np.exp([2, 1, 0])
    S = powers.sum()
    assert np.array_equal(powers.round(3), [7.389, 2.718, 1])
    assert (S.round(3), np.log(S).round(3)) == (11.107, 2.408)
    assert round(2.408 - 1, 3) == loss.round(3)
    assert np.isclose(central_difference(np.log, S), 1 / S)
    assert np.round(1 / S, 3) == 0.090
    assert np.array_equal(np.round(powers / S, 3), [0.665, 0.245, 0.090])
    assert np.isclose(0.001 * (1 - 0.001), 0.000999)
    assert np.isclose(0.000999 * 1 / 0.001, 0.999)
    # --8<-- [end:by-hand]

    # --8<-- [start:overflow]
    large = np.array([[1002.0, 1001.0, 1000.0], [0.0, -1000.0, -1000.0]])
    with np.errstate(all="ignore"):  # no warnings
        P = softmax(large)
        print("row 1: P", P[0])
        print("row 2: P", P[1], " -ln P of the second class", -np.log(P[1, 1]))
    # --8<-- [end:overflow]

    # --8<-- [start:subtracted]
    shifted = large - large.max(axis=1, keepdims=True)
    S = np.exp(shifted).sum(axis=1, keepdims=True)  # (2, 1), each at least 1
    P, ln_P = np.exp(shifted) / S, shifted - np.log(S)
    for row in (0, 1):
        print(f"row {row + 1}: P {P[row].round(3)}  ln P {ln_P[row].round(3)}")
    # --8<-- [end:subtracted]


# --8<-- [start:cross-entropy]
from snippets.deeper.stable_forms import log_softmax, stable_softmax


def cross_entropy(Z, y):
    """Return the mean of -ln p of the right class; logits Z, one-hot y, one shape."""
    return float(-np.sum(y * log_softmax(Z)) / len(y))


def cross_entropy_gradient(Z, y):
    """Return the gradient of the cross-entropy with respect to the logits Z."""
    return (stable_softmax(Z) - y) / len(y)


# --8<-- [end:cross-entropy]

if __name__ == "__main__":
    # --8<-- [start:tiny-gradient]
    from snippets.chapters.derivatives import numerical_gradient

    measured = numerical_gradient(lambda Z: cross_entropy(Z, y_tiny), Z_tiny)
    print("measured", measured.round(3))
    print("P - y   ", cross_entropy_gradient(Z_tiny, y_tiny).round(3))
    # --8<-- [end:tiny-gradient]

    # --8<-- [start:stable]
    assert np.allclose(stable_softmax(large)[0], softmax(Z_tiny))
    assert np.array_equal(stable_softmax(large), P)
    assert np.array_equal(log_softmax(large), ln_P)
    assert np.isclose(cross_entropy(Z_tiny, y_tiny), loss, rtol=1e-14)
    assert np.abs(measured - (softmax(Z_tiny) - y_tiny)).max() < 1e-9
    sure_and_wrong = large[1:], y_tiny
    assert cross_entropy(*sure_and_wrong) == 1000
    assert np.array_equal(cross_entropy_gradient(*sure_and_wrong), [[1, -1, 0]])
    # --8<-- [end:stable]


# --8<-- [start:classifier]
from snippets.chapters.gradient_descent import NeuralNetwork


def digit_network(layer_sizes=(64, 32, 10), learning_rate=0.5, seed=0):
    """Return a NeuralNetwork that gives logits and learns by the cross-entropy."""
    return NeuralNetwork(
        layer_sizes,
        learning_rate,
        seed,
        loss=cross_entropy,
        dloss=cross_entropy_gradient,
    )


# --8<-- [end:classifier]

if __name__ == "__main__":
    # --8<-- [start:first-loss]
    network = digit_network()
    print(f"ln 10            {np.log(10):.3f}")
    print(f"equal logits     {cross_entropy(np.zeros((1437, 10)), y):.3f}")
    print(f"before training  {cross_entropy(network.predict(X), y):.3f}")
    # --8<-- [end:first-loss]

    # --8<-- [start:training]
    losses = network.fit(X, y, epochs=30, batch_size=32, verbose=False)
    for epoch in (1, 2, 5, 10, 30):
        print(f"epoch {epoch:2}: loss {losses[epoch - 1]:.3f}")
    # --8<-- [end:training]

    # --8<-- [start:gradient-check]
    from snippets.chapters.gradient_descent import gradient_pairs

    fresh, X_six, y_six = digit_network(), X[:6], y[:6]
    nearest = np.abs(X_six @ fresh.W[0] + fresh.b[0]).min()
    print(f"the nearest kink is {nearest:.4f} away")
    assert nearest > 100 * 1e-5  # the step of numerical_gradient
    for _name, gradient, measured in gradient_pairs(fresh, X_six, y_six):
        gap = np.abs(gradient - measured).max()
        print(f"{gradient.shape}: largest difference < 1e-7: {gap < 1e-7}")
        assert gap < 1e-7
    # --8<-- [end:gradient-check]


# --8<-- [start:accuracy]
def accuracy(network, X, digits):
    """Return the share of rows whose largest logit is that of the right digit."""
    return float(np.mean(network.predict(X).argmax(axis=1) == digits))


# --8<-- [end:accuracy]

if __name__ == "__main__":
    # --8<-- [start:first-accuracy]
    print(f"training pictures  {accuracy(network, X, digits):.1%}")
    print(f"test pictures      {accuracy(network, X_test, digits_test):.1%}")
    # --8<-- [end:first-accuracy]

    # --8<-- [start:five-splits]
    network_shares = []
    print("split  64 → 10  64 → 32 → 10")
    for seed in range(5):
        rows, others, labels, other_labels = split_digits(seed)
        shares = []
        for layer_sizes in ((64, 10), (64, 32, 10)):
            model = digit_network(layer_sizes, seed=seed)
            model.fit(rows, np.eye(10)[labels], 30, 32, verbose=False)
            shares.append(accuracy(model, others, other_labels))
        print(f"{seed:5}  {shares[0]:7.1%}  {shares[1]:12.1%}")
        network_shares.append(shares[1])
    # --8<-- [end:five-splits]

    # --8<-- [start:five-splits-checked]
    assert min(network_shares) >= 0.955
    # --8<-- [end:five-splits-checked]

    # --8<-- [start:confusion]
    P = stable_softmax(network.predict(X_test))  # (360, 10)
    answers = P.argmax(axis=1)  # (360,)
    counts = np.zeros((10, 10), dtype=int)
    for right, answer in zip(digits_test, answers, strict=True):
        counts[right, answer] += 1
    # --8<-- [end:confusion]

    # --8<-- [start:confusion-table]
    print("read as  ", *(f"{digit:2}" for digit in range(10)))
    for digit, row in enumerate(counts):
        print(f"{digit:8} ", *(f"{count:2}" if count else " ·" for count in row))
    assert counts.sum() == 360
    assert counts.trace() == np.sum(answers == digits_test) == 349
    # --8<-- [end:confusion-table]

    # --8<-- [start:worst]
    p_right = P[np.arange(360), digits_test]  # (360,)
    worst = p_right.argsort()[:6]  # (6,), the rows with the smallest
    for row in worst:
        right, answer = digits_test[row], answers[row]
        print(f"a {right}, read as {answer}, p of {right} is {p_right[row]:.3f}")
    # --8<-- [end:worst]

    # --8<-- [start:mistakes]
    import matplotlib.pyplot as plt

    from snippets.chapters.why_neural_networks import draw

    _fig, axes = plt.subplots(2, 3)
    for row, ax in zip(worst, axes.flat, strict=True):
        draw(ax, X_test[row].reshape(8, 8))
        ax.set_title(f"{digits_test[row]}, read as {answers[row]}", fontsize=13)
    plt.show()
    # --8<-- [end:mistakes]

    # --8<-- [start:hidden-units]
    before = digit_network()  # the same seed, so the same weights to begin with
    change = network.W[0] - before.W[0]  # (64, 32)
    moved = np.linalg.norm(change, axis=0)  # (32,), the length of each column
    units = moved.argsort()[::-1][:3]  # [::-1] turns it round: largest first
    # --8<-- [end:hidden-units]

    # --8<-- [start:detectors]
    network.forward(X)  # keeps the activations: A[1] is (1437, 32)
    _fig, axes = plt.subplots(3, 3, figsize=(4.4, 4.8))
    for unit, column in zip(units, axes.T, strict=True):
        scale = np.abs(network.W[0][:, unit]).max()
        for net, ax in zip((before, network), column[:2], strict=True):
            weights = net.W[0][:, unit].reshape(8, 8) / scale
            draw(ax, weights * (weights > 0.1), "C0")  # smaller ones are only dots
            draw(ax, -weights * (weights < -0.1), "C1")
        favourites = network.A[1][:, unit].argsort()[::-1][:20]
        ink = X[favourites].mean(axis=0).reshape(8, 8)
        draw(column[2], ink * (ink > 0.1), "C2")
        print(f"unit {unit:2}:", np.bincount(digits[favourites], minlength=10))
    for name, ax in zip(("before", "after", "favourites"), axes[:, 0], strict=True):
        ax.text(-2, 3.5, name, rotation=90, ha="center", va="center", fontsize=13)
    plt.show()
    # --8<-- [end:detectors]

    # --8<-- [start:blank-pixels]
    blank = ~X.any(axis=0)  # (64,)
    assert blank.sum() == 3
    assert np.array_equal(network.W[0][blank], before.W[0][blank])
    # --8<-- [end:blank-pixels]

    # --8<-- [start:share-by-digit]
    def share_by_digit(A, digits):
        """Return how much of each unit's variance is between digits: A (n, units)."""
        means = np.zeros_like(A)  # each picture gets the mean of its digit
        for digit in range(10):
            means[digits == digit] = A[digits == digit].mean(axis=0)
        answering = A.any(axis=0)  # (units,), False for a unit that is always 0
        return means[:, answering].var(axis=0) / A[:, answering].var(axis=0)

    for name, net in {"before": before, "after": network}.items():
        net.forward(X)
        shares = share_by_digit(net.A[1], digits)
        print(f"{name:6}  {len(shares)} units answer, mean share {shares.mean():.2f}")
    # --8<-- [end:share-by-digit]

    # --8<-- [start:share-check]
    assert (np.mean([1, 3]), np.mean([5, 7])) == (2, 6)
    assert (np.var([1, 3, 5, 7]), np.var([2, 2, 6, 6])) == (5, 4)
    assert np.var([2, 2, 6, 6]) / np.var([1, 3, 5, 7]) == 0.8
    # --8<-- [end:share-check]

    # --8<-- [start:solution-paper]
    Z = np.log([[5.0, 3.0, 2.0]])
    third = np.array([[0.0, 0.0, 1.0]])
    dZ = cross_entropy_gradient(Z, third)
    print(f"loss {cross_entropy(Z, third):.3f}, gradient {dZ.round(3)}")
    Z -= 1.0 * dZ
    print(f"loss {cross_entropy(Z, third):.3f} after the step, P", softmax(Z).round(3))
    # --8<-- [end:solution-paper]

    # --8<-- [start:solution-rates]
    for learning_rate in (0.02, 0.1, 0.5, 2.0):
        model = digit_network(learning_rate=learning_rate)
        loss = model.fit(X[360:], y[360:], 30, 32, verbose=False)[-1]
        right = accuracy(model, X[:360], digits[:360])
        print(
            f"rate {learning_rate:4}: training loss {loss:.3f}, validation {right:.1%}"
        )
    # --8<-- [end:solution-rates]

    # --8<-- [start:solution-unsure]
    sure = P.max(axis=1) > 0.9
    print("read by a person:", np.sum(~sure), "of 360")
    print("mistakes left:   ", np.sum(sure & (answers != digits_test)))
    # --8<-- [end:solution-unsure]

    # --8<-- [start:solution-squares]
    print("split  cross-entropy  squared error")
    for seed, right in enumerate(network_shares):
        rows, others, labels, other_labels = split_digits(seed)
        model = NeuralNetwork([64, 32, 10], learning_rate=0.5, seed=seed)
        model.fit(rows, np.eye(10)[labels], 30, 32, verbose=False)
        print(f"{seed:5}  {right:13.1%}  {accuracy(model, others, other_labels):13.1%}")
    outputs = model.predict(others)
    print(f"outputs from {outputs.min():.1f} to {outputs.max():.1f}")
    # --8<-- [end:solution-squares]
