"""Activation functions: ReLU, sigmoid, tanh and softmax, and their slopes."""

# --8<-- [start:relu]
import numpy as np


def relu(Z):
    """Return Z where it is positive and 0 elsewhere."""
    return np.maximum(Z, 0)


def relu_derivative(Z):
    """Return 1 where Z is positive and 0 elsewhere."""
    return np.where(Z > 0, 1.0, 0.0)


# --8<-- [end:relu]

if __name__ == "__main__":
    # --8<-- [start:relu-values]
    points = np.array([-2.0, -0.5, 0.0, 0.5, 2.0])
    print("z       ", points)
    print("ReLU(z) ", relu(points))
    print("slope   ", relu_derivative(points))
    # --8<-- [end:relu-values]

    # --8<-- [start:curve-and-slope]
    import matplotlib.pyplot as plt

    def draw_curve(label, f, derivative):
        """Draw f and its derivative for z from -6 to 6, the flat parts shaded."""
        z = np.arange(-300, 301) / 50
        slope = derivative(z)
        jumps = np.abs(np.diff(slope, prepend=slope[0])) > 0.5
        _fig, ax = plt.subplots(figsize=(5.2, 3.3))
        ax.plot(z, f(z), color="C0", label=label)
        ax.plot(z, np.where(jumps, np.nan, slope), "C1--", label="its slope")
        band = {"color": "C5", "alpha": 0.2, "label": "slope below 0.05"}
        low, high = ax.get_ylim()
        ax.set_ylim(low, high)
        ax.fill_between(z, low, high, where=slope < 0.05, **band)
        ax.set(xlabel="pre-activation z", ylabel="activation a, slope")
        return ax

    # --8<-- [end:curve-and-slope]

    # --8<-- [start:relu-curve]
    ax = draw_curve("ReLU(z)", relu, relu_derivative)
    ax.plot(0, relu_derivative(0.0), "C1o", label="slope chosen at z = 0")
    ax.legend(loc="upper left")
    plt.show()
    # --8<-- [end:relu-curve]

    # --8<-- [start:off-unit]
    Z = np.array([-5.0, -3.0, -1.0])
    print("output", relu(Z))
    print("slope ", relu_derivative(Z))
    # --8<-- [end:off-unit]


# --8<-- [start:sigmoid]
def sigmoid(Z):
    """Return 1 / (1 + e to the power of -Z), between 0 and 1."""
    return 1 / (1 + np.exp(-Z))


def sigmoid_derivative(Z):
    """Return A (1 - A) for A = sigmoid(Z)."""
    A = sigmoid(Z)
    return A * (1 - A)


# --8<-- [end:sigmoid]

if __name__ == "__main__":
    # --8<-- [start:sigmoid-values]
    print("     z          a      slope")
    for z in (-6.0, -2.0, 0.0, 2.0, 6.0):
        print(f"{z:6.2f}  {sigmoid(z):9.7f}  {sigmoid_derivative(z):9.7f}")
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

    # --8<-- [start:best-slope]
    grid = np.arange(-300, 301) / 50
    best = sigmoid_derivative(grid).max()
    print(f"largest slope {best}, ten of them {best**10:.1e}")
    assert best**10 < 1e-6
    # --8<-- [end:best-slope]


# --8<-- [start:tanh]
def tanh_derivative(Z):
    """Return 1 - A² for A = np.tanh(Z)."""
    return 1 - np.tanh(Z) ** 2


# --8<-- [end:tanh]

if __name__ == "__main__":
    # --8<-- [start:tanh-values]
    print("     z        a   slope")
    for z in (-2.0, 0.0, 2.0, 6.0):
        print(f"{z:6.2f}  {np.tanh(z):7.4f}  {tanh_derivative(z):6.4f}")
    # --8<-- [end:tanh-values]

    # --8<-- [start:tanh-from-sigmoid]
    assert np.allclose(np.tanh(grid), 2 * sigmoid(2 * grid) - 1)
    assert np.allclose(tanh_derivative(grid), 4 * sigmoid_derivative(2 * grid))
    # --8<-- [end:tanh-from-sigmoid]

    # --8<-- [start:tanh-curve]
    ax = draw_curve("tanh(z)", np.tanh, tanh_derivative)
    ax.legend(loc="upper left")
    plt.show()
    # --8<-- [end:tanh-curve]

    # --8<-- [start:recurrence]
    for name, f in (("tanh", np.tanh), ("ReLU", relu)):
        state = 1.0
        for _step in range(50):
            state = f(1.5 * state)
        print(f"{name}: state after 50 steps {state:.3g}")
    # --8<-- [end:recurrence]

    # --8<-- [start:softmax-by-hand]
    logits = np.array([2.0, 1.0, 0.0])
    powers = np.exp(logits)
    print("powers of e", powers.round(3))
    print("their sum  ", powers.sum().round(3))
    print("shares     ", (powers / powers.sum()).round(3))
    # --8<-- [end:softmax-by-hand]


# --8<-- [start:softmax]
def softmax(Z):
    """Return the shares of each row of Z; both have the shape (batch, n_out)."""
    E = np.exp(Z)
    return E / E.sum(axis=1, keepdims=True)


# --8<-- [end:softmax]

if __name__ == "__main__":
    # --8<-- [start:softmax-values]
    Z = np.array([[2.0, 1.0, 0.0], [3.0, 1.0, 0.0], [12.0, 11.0, 10.0]])
    print(softmax(Z).round(3))
    # --8<-- [end:softmax-values]

    # --8<-- [start:derivative-check]
    from snippets.chapters.derivatives import central_difference

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
    for h in (0.1, 0.001, 0.00001):
        print(f"h = {h:<7g} central difference {central_difference(relu, 0.0, h):.1f}")
    near = central_difference(relu, 0.000005)
    print(f"at z = 0.000005: {near:.2f}")
    # --8<-- [end:kink]

    # --8<-- [start:subgradients]
    for slope in (0.0, 0.25, 0.5, 1.0):
        assert np.all(slope * points <= relu(points))
    # --8<-- [end:subgradients]

    # --8<-- [start:softmax-slopes]
    Z = np.array([[2.0, 1.0, 0.0]])
    a = softmax(Z)[0]  # (n_out,)
    slopes = np.diag(a) - np.outer(a, a)  # (n_out, n_out)
    print(slopes.round(3))
    for j, e in enumerate(np.eye(3)):
        measured = central_difference(lambda z, e=e: softmax(Z + z * e)[0], 0)
        assert np.allclose(measured, slopes[:, j], atol=1e-4)
    assert np.allclose(slopes.sum(axis=0), 0)
    # --8<-- [end:softmax-slopes]

    # --8<-- [start:ranges]
    Z = np.linspace(-100, 100, 2001)
    print(f"none     {Z.min():6.1f} to {Z.max():5.1f}")
    for name, (f, _derivative) in pairs.items():
        A = f(Z)
        print(f"{name:8} {A.min():6.1f} to {A.max():5.1f}")
    # --8<-- [end:ranges]


# --8<-- [start:leaky-relu]
def leaky_relu(Z, slope=0.01):
    """Return Z where it is positive and slope · Z elsewhere."""
    return np.where(Z > 0, Z, slope * Z)


def leaky_relu_derivative(Z, slope=0.01):
    """Return 1 where Z is positive and slope elsewhere."""
    return np.where(Z > 0, 1.0, slope)


# --8<-- [end:leaky-relu]

if __name__ == "__main__":
    # --8<-- [start:leaky-relu-check]
    away = points[points != 0]
    measured = central_difference(leaky_relu, away)
    print("z        ", away)
    print("measured ", measured.round(4))
    print("by rule  ", leaky_relu_derivative(away))
    assert np.allclose(measured, leaky_relu_derivative(away), atol=1e-4)
    # --8<-- [end:leaky-relu-check]

    # --8<-- [start:two-classes]
    Z = np.random.default_rng(1).normal(scale=10, size=(1000, 2))
    A = softmax(Z)
    gap = np.abs(A[:, 0] - sigmoid(Z[:, 0] - Z[:, 1])).max()
    print(f"largest difference below 1e-12: {gap < 1e-12}")
    assert gap < 1e-12
    # --8<-- [end:two-classes]

    # --8<-- [start:bump]
    distance = np.arange(0.0, 7.0)
    bump = relu(distance - 1) - 2 * relu(distance - 3) + relu(distance - 5)
    print(*distance)
    print(*bump)
    # --8<-- [end:bump]
