"""Stable forms of sigmoid and softmax, and the logarithm of softmax."""

# --8<-- [start:listen]
import warnings

import numpy as np

from snippets.chapters.activation_functions import sigmoid, softmax


def call_and_listen(f, Z):
    """Return f(Z), and the words of the warnings that it gave."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        A = f(Z)
    return A, [str(warning.message) for warning in caught]


# --8<-- [end:listen]

if __name__ == "__main__":
    # --8<-- [start:naive-sigmoid]
    Z = np.array([-1000.0, 0.0, 2.0, 1000.0])
    A, words = call_and_listen(sigmoid, Z)
    print(A.round(4))
    print(*words)
    print(f"largest exponent: {np.log(np.finfo(float).max):.2f}")
    # --8<-- [end:naive-sigmoid]


# --8<-- [start:stable-sigmoid]
def stable_sigmoid(Z):
    """Return 1 / (1 + e to the power of -Z), without overflow for any Z."""
    E = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1.0, E) / (1 + E)


# --8<-- [end:stable-sigmoid]

if __name__ == "__main__":
    # --8<-- [start:stable-sigmoid-values]
    A, words = call_and_listen(stable_sigmoid, Z)
    print(A.round(4), "warnings:", len(words))
    # --8<-- [end:stable-sigmoid-values]

    # --8<-- [start:same-sigmoid]
    assert words == []
    grid = np.arange(-300, 301) / 50
    assert np.allclose(stable_sigmoid(grid), sigmoid(grid), rtol=1e-14, atol=0)
    # --8<-- [end:same-sigmoid]

    # --8<-- [start:naive-softmax]
    large = np.array([[1002.0, 1001.0, 1000.0]])
    A, words = call_and_listen(softmax, large)
    print(A)
    print(*words, sep="\n")
    # --8<-- [end:naive-softmax]


# --8<-- [start:stable-softmax]
def stable_softmax(Z):
    """Return the shares of each row of Z (batch, n_out), without overflow."""
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


# --8<-- [end:stable-softmax]

if __name__ == "__main__":
    # --8<-- [start:stable-softmax-values]
    Z = np.array([[2.0, 1.0, 0.0], [1002.0, 1001.0, 1000.0], [0.0, -1000.0, 1000.0]])
    A, words = call_and_listen(stable_softmax, Z)
    print(A.round(3), "warnings:", len(words))
    # --8<-- [end:stable-softmax-values]

    # --8<-- [start:same-softmax]
    assert words == []
    assert np.allclose(A.sum(axis=1), 1)
    assert np.allclose(stable_softmax(Z + 100), A)
    assert np.allclose(stable_softmax(Z[:1]), softmax(Z[:1]), rtol=1e-14, atol=0)
    # --8<-- [end:same-softmax]

    # --8<-- [start:softmax-curve]
    import matplotlib.pyplot as plt

    Z = np.column_stack([grid, np.ones_like(grid), np.zeros_like(grid)])  # (n, 3)
    A = stable_softmax(Z)
    slope = A[:, 0] * (1 - A[:, 0])
    fig, ax = plt.subplots(figsize=(5.2, 3.3))
    ax.plot(grid, A[:, 0], "C0-", label="first share")
    ax.plot(grid, A[:, 1], "C2-.", label="second share")
    ax.plot(grid, A[:, 2], "C3:", label="third share")
    ax.plot(grid, slope, "C1--", label="slope of the first")
    ax.set(xlabel="first logit; the others are 1 and 0", ylabel="share, slope")
    ax.legend(loc="center left")
    plt.show()
    # --8<-- [end:softmax-curve]

    # --8<-- [start:log-of-softmax]
    Z = np.array([[0.0, -1000.0]])
    A, words = call_and_listen(lambda Z: np.log(stable_softmax(Z)), Z)
    print(A)
    print(*words)
    # --8<-- [end:log-of-softmax]


# --8<-- [start:log-softmax]
def log_softmax(Z):
    """Return the logarithm of the softmax of each row of Z (batch, n_out)."""
    shifted = Z - Z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


# --8<-- [end:log-softmax]

if __name__ == "__main__":
    # --8<-- [start:log-softmax-values]
    A, words = call_and_listen(log_softmax, Z)
    print(A, "warnings:", len(words))
    # --8<-- [end:log-softmax-values]

    # --8<-- [start:same-logarithm]
    assert words == []
    Z = np.random.default_rng(0).normal(scale=5, size=(1000, 4))
    assert np.allclose(log_softmax(Z), np.log(softmax(Z)))
    # --8<-- [end:same-logarithm]

    # --8<-- [start:class-numbers]
    def cross_entropy(Z, classes):
        """Return the mean loss of logits Z (n, n_out) and right classes (n,)."""
        return -np.mean(log_softmax(Z)[np.arange(len(Z)), classes])

    Z = np.array([[2.0, 1.0, 0.0], [0.0, -1000.0, 1000.0]])
    for classes in ([0, 2], [1, 2], [1, 1]):
        print(f"classes {classes}: loss {cross_entropy(Z, classes):.4f}")
    one_hot = np.eye(3)[[1, 1]]
    assert cross_entropy(Z, [1, 1]) == -np.sum(one_hot * log_softmax(Z)) / 2
    # --8<-- [end:class-numbers]


# --8<-- [start:binary-loss]
def binary_cross_entropy(Z, y):
    """Return the mean loss of logits Z (n, 1) and labels y, 0 or 1."""
    return np.mean(np.maximum(Z, 0) - y * Z + np.log1p(np.exp(-np.abs(Z))))


# --8<-- [end:binary-loss]

if __name__ == "__main__":
    # --8<-- [start:binary-loss-check]
    Z = np.array([[-1000.0], [-2.0], [2.0], [1000.0]])
    y = np.array([[0.0], [0.0], [1.0], [1.0]])
    print(f"all right: {binary_cross_entropy(Z, y):.4f}")
    print(f"all wrong: {binary_cross_entropy(Z, 1 - y):.4f}")

    z, label = Z[1:3], y[1:3]
    a = sigmoid(z)
    typed = np.mean(-label * np.log(a) - (1 - label) * np.log(1 - a))
    assert np.isclose(binary_cross_entropy(z, label), typed, rtol=1e-14)
    # --8<-- [end:binary-loss-check]
