"""Activation functions: ReLU, sigmoid, tanh and softmax, and their derivatives."""

# --8<-- [start:central-difference]
import warnings
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np


def central_difference(
    f: Callable, z: float | np.ndarray, h: float = 1e-5
) -> float | np.ndarray:
    """Return the slope of f at z, measured from z - h to z + h, elementwise.

    A step h that is not positive raises ValueError.
    """
    if not h > 0:
        raise ValueError(f"h is {h}; it must be positive")
    return (f(z + h) - f(z - h)) / (2 * h)


# --8<-- [end:central-difference]

if __name__ == "__main__":
    # --8<-- [start:slope-of-a-cube]
    def cube(z: float) -> float:
        """Return z³."""
        return z**3

    print(f"right:  {cube(2 + 0.1):.3f}")
    print(f"left:   {cube(2 - 0.1):.3f}")
    assert np.isclose(2.1**3 - 1.9**3, 2.402)
    print(f"slope:  {central_difference(cube, 2, h=0.1):.6f} with h = 0.1")
    print(f"slope:  {central_difference(cube, 2):.6f} with h = 0.00001")
    # --8<-- [end:slope-of-a-cube]


# --8<-- [start:relu]
def relu(Z: np.ndarray) -> np.ndarray:
    """Return A = max(Z, 0), elementwise; A has the shape of Z."""
    return np.maximum(Z, 0.0)


def relu_derivative(Z: np.ndarray) -> np.ndarray:
    """Return 1.0 where Z > 0 and 0.0 elsewhere, in the shape of Z.

    At Z = 0, where ReLU has no derivative, 0.0 is a choice.
    """
    return np.asarray(Z > 0, dtype=float)


# --8<-- [end:relu]

if __name__ == "__main__":
    # --8<-- [start:relu-values]
    points = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
    print("z       ", points)
    print("ReLU(z) ", relu(points))
    print("slope   ", relu_derivative(points))
    # --8<-- [end:relu-values]


# --8<-- [start:curve-and-slope]
def draw_curve(label: str, f: Callable, derivative: Callable) -> plt.Axes:
    """Draw f and its derivative for z from -6 to 6, the flat parts shaded."""
    z = np.arange(-300, 301) / 50
    slope = derivative(z)
    jumps = np.abs(np.diff(slope, prepend=slope[0])) > 0.5
    _fig, ax = plt.subplots(figsize=(5.2, 3.5))
    ax.plot(z, f(z), color="C0", label=label)
    ax.plot(z, np.where(jumps, np.nan, slope), "C1--", label="its slope")
    band = {"color": "C5", "alpha": 0.2, "label": "slope below 0.05"}
    low, high = ax.get_ylim()
    ax.set_ylim(low, high)
    ax.fill_between(z, low, high, where=slope < 0.05, **band)
    ax.set(xlabel="pre-activation z", ylabel="activation a, slope")
    return ax


# --8<-- [end:curve-and-slope]

if __name__ == "__main__":
    # --8<-- [start:relu-curve]
    ax = draw_curve("ReLU(z)", relu, relu_derivative)
    ax.plot(0, relu_derivative(0.0), "C1o", label="slope chosen at z = 0")
    ax.legend(loc="upper left")
    plt.show()
    # --8<-- [end:relu-curve]

    # --8<-- [start:dead-neuron]
    X = np.array([[0.5, 0.5], [1.0, 2.0], [3.0, 2.0]])  # (batch, n_in)
    y = np.array([[1.0], [2.0], [3.0]])  # (batch, 1)
    W = np.array([[1.0], [1.0]])  # (n_in, 1)
    dead_b = np.array([[-6.0]])

    Z = X @ W + dead_b  # (batch, 1)
    print("z       ", Z.ravel())
    print("ReLU(z) ", relu(Z).ravel())
    print("slope   ", relu_derivative(Z).ravel())
    # --8<-- [end:dead-neuron]


# --8<-- [start:neuron-step]
def neuron_step(
    X: np.ndarray,
    y: np.ndarray,
    W: np.ndarray,
    b: np.ndarray,
    learning_rate: float,
    f: Callable = relu,
    derivative: Callable = relu_derivative,
) -> tuple[np.ndarray, np.ndarray]:
    """Return W (n_in, 1) and b (1, 1) after one step down the loss."""
    Z = X @ W + b  # (batch, 1)
    dZ = 2 * (f(Z) - y) / len(y) * derivative(Z)
    dW = X.T @ dZ  # (n_in, 1)
    db = dZ.sum(axis=0, keepdims=True)  # (1, 1)
    return W - learning_rate * dW, b - learning_rate * db


# --8<-- [end:neuron-step]

if __name__ == "__main__":
    # --8<-- [start:dead-step]
    for b in (np.array([[0.0]]), dead_b):
        W_new, b_new = neuron_step(X, y, W, b, learning_rate=0.05)
        unchanged = np.array_equal(W_new, W) and np.array_equal(b_new, b)
        note = "exactly as before" if unchanged else "changed"
        print(f"b = {b.item():4.1f}: W is {W_new.ravel().round(3)}, {note}")
    assert unchanged
    # --8<-- [end:dead-step]

    # --8<-- [start:dying]
    for learning_rate in (0.05, 0.5):
        W_new, b_new = W, np.array([[0.0]])
        print("learning rate", learning_rate)
        for step in range(1001):
            if step in (0, 1, 1000):
                A = relu(X @ W_new + b_new)  # (batch, 1)
                active, loss = np.sum(A > 0), np.mean((A - y) ** 2)
                print(f"  step {step:4}: active rows {active}, loss {loss:.2f}")
            W_new, b_new = neuron_step(X, y, W_new, b_new, learning_rate)
    assert active == 0
    # --8<-- [end:dying]


# --8<-- [start:naive-sigmoid]
def naive_sigmoid(Z: np.ndarray) -> np.ndarray:
    """Return A = 1 / (1 + exp(-Z)), as the formula is written."""
    return 1 / (1 + np.exp(-Z))


def call_and_listen(f: Callable, Z: np.ndarray) -> tuple[np.ndarray, list]:
    """Return f(Z) and the words, as str, of the warnings that it gave."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        A = f(Z)
    return A, [f"{each.category.__name__}: {each.message}" for each in caught]


# --8<-- [end:naive-sigmoid]

if __name__ == "__main__":
    # --8<-- [start:sigmoid-overflow]
    Z = np.array([-1000.0, 0.0, 2.0, 1000.0])
    A, words = call_and_listen(naive_sigmoid, Z)
    print(A.round(4))
    print(*words)
    print(f"largest exponent: {np.log(np.finfo(float).max):.2f}")
    assert len(words) == 1
    # --8<-- [end:sigmoid-overflow]


# --8<-- [start:sigmoid]
def sigmoid(Z: np.ndarray) -> np.ndarray:
    """Return A = 1 / (1 + exp(-Z)), in the shape of Z and without overflow."""
    E = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1.0, E) / (1 + E)


def sigmoid_derivative(Z: np.ndarray) -> np.ndarray:
    """Return A * (1 - A) for A = sigmoid(Z), in the shape of Z."""
    A = sigmoid(Z)
    return A * (1 - A)


# --8<-- [end:sigmoid]

if __name__ == "__main__":
    # --8<-- [start:sigmoid-values]
    Z = np.array([-1000.0, 0.0, 2.0, 13.54, 1000.0])
    A, words = call_and_listen(sigmoid, Z)
    assert words == []
    print("       z          a      slope")
    for z, a, slope in zip(Z, A, sigmoid_derivative(Z), strict=True):
        print(f"{z:8.2f}  {a:9.7f}  {slope:9.7f}")
    # --8<-- [end:sigmoid-values]

    # --8<-- [start:sigmoid-curve]
    ax = draw_curve("sigmoid(z)", sigmoid, sigmoid_derivative)
    ax.legend(loc="upper left")
    plt.show()
    # --8<-- [end:sigmoid-curve]

    # --8<-- [start:gate]
    memory = np.array([3.0, 3.0, 3.0])
    gate = sigmoid(np.array([-5.0, 0.0, 5.0]))
    print("gate  ", gate.round(3))
    print("passed", (gate * memory).round(3))
    # --8<-- [end:gate]

    # --8<-- [start:vanishing]
    grid = np.arange(-300, 301) / 50
    print("layers  sigmoid, at best  ReLU, active")
    for n in (1, 3, 5, 10, 20):
        best = sigmoid_derivative(grid).max() ** n
        print(f"{n:6}  {best:16.1e}  {relu_derivative(1.0) ** n:12.1f}")
    assert np.isclose(sigmoid_derivative(grid).max(), 0.25)
    # --8<-- [end:vanishing]


# --8<-- [start:chain-of-layers]
def through_layers(f: Callable, z: float, n: int) -> float:
    """Return f(f(… f(z))), f applied n times."""
    for _ in range(n):
        z = f(z)
    return z


# --8<-- [end:chain-of-layers]

if __name__ == "__main__":
    # --8<-- [start:chain-slope]
    for name, f in (("sigmoid", sigmoid), ("ReLU", relu)):
        slope = central_difference(lambda z, f=f: through_layers(f, z, 10), 2.0)
        print(f"{name}: slope through 10 layers {slope:.1g}")
    # --8<-- [end:chain-slope]


# --8<-- [start:tanh]
def tanh_derivative(Z: np.ndarray) -> np.ndarray:
    """Return 1 - A² for A = np.tanh(Z), in the shape of Z."""
    return 1 - np.tanh(Z) ** 2


# --8<-- [end:tanh]

if __name__ == "__main__":
    # --8<-- [start:tanh-values]
    print("       z        a   slope")
    for z in (-2.0, 0.0, 2.0, 13.54, 1000.0):
        print(f"{z:8.2f}  {np.tanh(z):7.4f}  {tanh_derivative(z):6.4f}")
    assert np.allclose(np.tanh(grid), 2 * sigmoid(2 * grid) - 1)
    # --8<-- [end:tanh-values]

    # --8<-- [start:tanh-curve]
    ax = draw_curve("tanh(z)", np.tanh, tanh_derivative)
    ax.legend(loc="upper left")
    plt.show()
    # --8<-- [end:tanh-curve]

    # --8<-- [start:zero-centred]
    Z = np.random.default_rng(0).normal(size=(10_000, 4))
    for name, f in (("sigmoid", sigmoid), ("tanh", np.tanh)):
        A = f(Z)  # (10000, 4)
        same_sign = np.all(A > 0, axis=1) | np.all(A < 0, axis=1)  # (10000,)
        share = same_sign.mean()
        print(f"{name:7}: mean {abs(A.mean()):.2f}, one sign {share:.0%}")
    # --8<-- [end:zero-centred]

    # --8<-- [start:recurrence]
    for name, f in (("tanh", np.tanh), ("ReLU", relu)):
        state = through_layers(lambda state, f=f: f(1.5 * state), 1.0, 50)
        print(f"{name}: state after 50 steps {state:.3g}")
    # --8<-- [end:recurrence]

    # --8<-- [start:derivative-check]
    pairs = {
        "ReLU": (relu, relu_derivative),
        "sigmoid": (sigmoid, sigmoid_derivative),
        "tanh": (np.tanh, tanh_derivative),
    }
    print("z      ", *(f"{z:5.1f}" for z in points))
    for name, (f, derivative) in pairs.items():
        gap = np.abs(central_difference(f, points) - derivative(points))
        answers = np.where(gap < 1e-4, "  yes", "   no")
        print(f"{name:7}", *answers)
    # --8<-- [end:derivative-check]

    # --8<-- [start:kink]
    print("h       left  right  central")
    for h in (0.1, 0.001, 0.00001):
        left = (relu(0.0) - relu(-h)) / h
        right = (relu(h) - relu(0.0)) / h
        central = central_difference(relu, 0.0, h)
        print(f"{h:<7g}  {left:.1f}    {right:.1f}  {central:7.1f}")
    near = central_difference(relu, 0.000005)
    print(f"at z = 0.000005: central {near:.2f}")
    for slope in (0.0, 0.25, 0.5, 1.0):
        assert np.all(slope * points <= relu(points))
    # --8<-- [end:kink]

    # --8<-- [start:softmax-by-hand]
    logits = np.array([2.0, 1.0, 0.0])
    powers = np.exp(logits)
    print("powers of e", powers.round(3))
    print("their sum  ", powers.sum().round(3))
    print("shares     ", (powers / powers.sum()).round(3))
    # --8<-- [end:softmax-by-hand]


# --8<-- [start:naive-softmax]
def naive_softmax(Z: np.ndarray) -> np.ndarray:
    """Return the softmax of each row of Z, as the formula is written."""
    E = np.exp(Z)
    return E / E.sum(axis=1, keepdims=True)


# --8<-- [end:naive-softmax]

if __name__ == "__main__":
    # --8<-- [start:softmax-overflow]
    large = np.array([[1002.0, 1001.0, 1000.0]])
    A, words = call_and_listen(naive_softmax, large)
    print(A)
    print(*words, sep="\n")
    assert np.isnan(A).all()
    # --8<-- [end:softmax-overflow]


# --8<-- [start:softmax]
def softmax(Z: np.ndarray) -> np.ndarray:
    """Return A, the softmax of each row of Z; both (batch, n_out).

    Another number of dimensions, or values not finite, raise ValueError.
    """
    if Z.ndim != 2:
        raise ValueError(f"Z has shape {Z.shape}, not (batch, n_out)")
    if not np.isfinite(Z).all():
        wrong = np.sum(~np.isfinite(Z))
        raise ValueError(f"{wrong} of {Z.size} logits are not finite")
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


# --8<-- [end:softmax]

if __name__ == "__main__":
    # --8<-- [start:softmax-values]
    Z = np.vstack([[2.0, 1.0, 0.0], large, [0.0, -1000.0, 1000.0]])  # (3, 3)
    A, words = call_and_listen(softmax, Z)
    print(A.round(3))
    assert words == []
    assert np.allclose(A.sum(axis=1), 1)
    assert np.allclose(softmax(Z + 100), softmax(Z))
    # --8<-- [end:softmax-values]

    # --8<-- [start:softmax-errors]
    for wrong in (np.array([2.0, 1.0, 0.0]), np.array([[2.0, np.nan, 0.0]])):
        try:
            softmax(wrong)
        except ValueError as error:
            print("ValueError:", error)
    # --8<-- [end:softmax-errors]

    # --8<-- [start:softmax-derivative]
    Z = np.array([[2.0, 1.0, 0.0]])
    a = softmax(Z)[0]  # (n_out,)
    slopes = np.diag(a) - np.outer(a, a)  # (n_out, n_out)
    print(slopes.round(3))
    for j, e in enumerate(np.eye(3)):
        measured = central_difference(lambda z, e=e: softmax(Z + z * e)[0], 0)
        assert np.allclose(measured, slopes[:, j], atol=1e-4)
    assert np.allclose(slopes.sum(axis=0), 0)
    # --8<-- [end:softmax-derivative]

    # --8<-- [start:softmax-curve]
    def share(z: np.ndarray, i: int = 0) -> np.ndarray:
        """Return share i of the logits (z, 1, 0), for each z."""
        Z = np.column_stack([z, np.ones_like(z), np.zeros_like(z)])  # (n, 3)
        return softmax(Z)[:, i]

    ax = draw_curve("first share", share, lambda z: share(z) * (1 - share(z)))
    ax.plot(grid, share(grid, 1), "C2-.", label="second share")
    ax.plot(grid, share(grid, 2), "C3:", label="third share")
    ax.set(xlabel="first logit; the others are 1 and 0", ylabel="share, slope")
    ax.legend(loc="center left")
    plt.show()
    # --8<-- [end:softmax-curve]

    # --8<-- [start:ranges]
    for name in ("none", *pairs):
        Z = np.linspace(-100, 100, 2001)
        A = Z if name == "none" else pairs[name][0](Z)
        print(f"{name:8} {A.min():6.1f} to {A.max():5.1f}")
    # --8<-- [end:ranges]


# --8<-- [start:leaky-relu]
def leaky_relu(Z: np.ndarray, slope: float = 0.01) -> np.ndarray:
    """Return Z where Z > 0 and slope · Z elsewhere, in the shape of Z."""
    return np.where(Z > 0, Z, slope * Z)


def leaky_relu_derivative(Z: np.ndarray, slope: float = 0.01) -> np.ndarray:
    """Return 1.0 where Z > 0 and slope elsewhere, in the shape of Z."""
    return np.where(Z > 0, 1.0, slope)


# --8<-- [end:leaky-relu]

if __name__ == "__main__":
    # --8<-- [start:leaky-relu-check]
    away = points[points != 0]
    measured = central_difference(leaky_relu, away)
    assert np.allclose(measured, leaky_relu_derivative(away), atol=1e-4)
    print("derivative agrees at", away)

    W_new, b_new = W, dead_b
    for step in range(101):
        if step in (0, 1, 10, 100):
            Z = X @ W_new + b_new  # (batch, 1)
            print(f"step {step:3}: z = {Z.ravel().round(2)}")
        leaky = (leaky_relu, leaky_relu_derivative)
        W_new, b_new = neuron_step(X, y, W_new, b_new, 0.05, *leaky)
    # --8<-- [end:leaky-relu-check]

    # --8<-- [start:two-classes]
    Z = np.random.default_rng(1).normal(scale=10, size=(1000, 2))
    A = softmax(Z)
    gap = np.abs(A[:, 0] - sigmoid(Z[:, 0] - Z[:, 1])).max()
    print(f"largest difference below 1e-12: {gap < 1e-12}")
    assert gap < 1e-12
    # --8<-- [end:two-classes]


# --8<-- [start:log-softmax]
def log_softmax(Z: np.ndarray) -> np.ndarray:
    """Return the logarithm of softmax(Z); Z has shape (batch, n_out)."""
    shifted = Z - Z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


# --8<-- [end:log-softmax]

if __name__ == "__main__":
    # --8<-- [start:log-softmax-check]
    Z = np.array([[0.0, -1000.0]])
    A, words = call_and_listen(lambda Z: np.log(softmax(Z)), Z)
    print("log of softmax", A)
    print(*words)
    A, words = call_and_listen(log_softmax, Z)
    print("log_softmax   ", A)
    assert words == []
    # --8<-- [end:log-softmax-check]

    # --8<-- [start:cross-entropy-slope]
    Z = np.array([[2.0, 1.0, 0.0]])
    one_hot = np.array([0.0, 1.0, 0.0])  # class 1 is right
    measured = [
        central_difference(lambda z, e=e: -log_softmax(Z + z * e)[0, 1], 0)
        for e in np.eye(3)
    ]
    print("measured    ", np.round(measured, 3))
    print("A - one_hot ", (softmax(Z)[0] - one_hot).round(3))
    assert np.allclose(measured, softmax(Z)[0] - one_hot, atol=1e-4)
    # --8<-- [end:cross-entropy-slope]
