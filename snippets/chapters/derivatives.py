"""Derivatives, gradients and the chain rule, each checked by a difference."""

if __name__ == "__main__":
    # --8<-- [start:shrinking-steps]
    def square(x):
        """Return x squared."""
        return x**2

    for h in (1.0, 0.1, 0.01, 0.001):
        slope = (square(3 + h) - square(3)) / h
        print(f"step {h:5}: slope {slope:.4f}")
    # --8<-- [end:shrinking-steps]

    # --8<-- [start:secants]
    import matplotlib.pyplot as plt

    curve = [1 + 0.1 * step for step in range(65)]
    ends = (1.0, 7.4)
    fig, ax = plt.subplots(figsize=(5.2, 3.3))
    ax.plot(curve, [square(x) for x in curve], color="C5", label="f(x) = x²")
    for h, color, style in ((4.0, "C0", "--"), (2.0, "C1", "-."), (1.0, "C2", ":")):
        slope = (square(3 + h) - square(3)) / h
        line = [9 + slope * (x - 3) for x in ends]
        label = f"h = {h:g}, slope {slope:g}"
        ax.plot(ends, line, style, color=color, label=label)
        ax.plot(3 + h, square(3 + h), "o", color=color)
    tangent = [9 + 6 * (x - 3) for x in ends]
    ax.plot(ends, tangent, color="C3", label="tangent, slope 6")
    ax.plot(3, 9, "o", color="C3")
    ax.set(xlabel="x", ylabel="f(x)")
    ax.legend()
    plt.show()
    # --8<-- [end:secants]


# --8<-- [start:central-difference]
def central_difference(f, x, h=1e-5):
    """Return the slope of f at x, measured from x - h to x + h."""
    return (f(x + h) - f(x - h)) / (2 * h)


# --8<-- [end:central-difference]

if __name__ == "__main__":
    # --8<-- [start:two-differences]
    def cube(x):
        """Return x to the power of 3."""
        return x**3

    print("     h  error, one side  error, both sides")
    for h in (0.1, 0.01, 0.001):
        one_side = (cube(2 + h) - cube(2)) / h
        both_sides = central_difference(cube, 2, h)
        print(f"{h:6}  {one_side - 12:15.6f}  {both_sides - 12:17.6f}")
    # --8<-- [end:two-differences]

    # --8<-- [start:nested-square]
    x = 2.0
    u = 3 * x + 1
    y = u**2
    print("u =", u, " y =", y)

    u_nudged = 3 * (x + 0.01) + 1
    y_nudged = u_nudged**2
    print(f"u moves by {u_nudged - u:.4f}, y moves by {y_nudged - y:.4f}")
    # --8<-- [end:nested-square]

# --8<-- [start:sigmoid]
import numpy as np


def sigmoid(z):
    """Return 1 / (1 + e to the power of -z)."""
    return 1 / (1 + np.exp(-z))


# --8<-- [end:sigmoid]

if __name__ == "__main__":
    # --8<-- [start:sigmoid-slope]
    for z in (-2.0, 0.0, 2.0):
        a = sigmoid(z)
        measured = central_difference(sigmoid, z)
        print(f"z = {z:4}: value {a:.4f}", end=", ")
        print(f"slope by rule {a * (1 - a):.4f}, measured {measured:.4f}")
    # --8<-- [end:sigmoid-slope]

    # --8<-- [start:rules]
    examples = {
        "constant": (lambda x: 5 + 0 * x, lambda x: 0 * x),
        "power": (lambda x: x**3, lambda x: 3 * x**2),
        "sum": (lambda x: x**2 + 5, lambda x: 2 * x),
        "product": (lambda x: x * np.exp(x), lambda x: np.exp(x) + x * np.exp(x)),
        "exponential": (np.exp, np.exp),
        "chain": (lambda x: np.exp(-x), lambda x: -np.exp(-x)),
    }
    for name, (f, derivative) in examples.items():
        gap = abs(central_difference(f, 1.5) - derivative(1.5))
        print(f"{name:11}  agrees to 1e-8: {gap < 1e-8}")
        assert gap < 1e-8
    # --8<-- [end:rules]


# --8<-- [start:numerical-gradient]
def numerical_gradient(f, theta, h=1e-5):
    """Return the gradient of f at theta, measured; it has the shape of theta."""
    gradient = np.zeros(theta.shape)
    for index in np.ndindex(theta.shape):
        nudge = np.zeros(theta.shape)
        nudge[index] = h
        gradient[index] = (f(theta + nudge) - f(theta - nudge)) / (2 * h)
    return gradient


# --8<-- [end:numerical-gradient]

if __name__ == "__main__":
    # --8<-- [start:bowl]
    def bowl(theta):
        """Return θ₀² + 3θ₁² for theta of shape (2,)."""
        return theta[0] ** 2 + 3 * theta[1] ** 2

    theta = np.array([2.0, 1.0])
    print("f =", bowl(theta))
    print("gradient, by rule: ", np.array([2 * theta[0], 6 * theta[1]]))
    print("gradient, measured:", numerical_gradient(bowl, theta).round(6))
    # --8<-- [end:bowl]

    # --8<-- [start:array-gradient]
    W = np.array([[1.0, -2.0], [0.5, 3.0]])
    before = W.copy()
    dW = numerical_gradient(lambda W: np.sum(W**3), W)
    print(dW.round(6))
    assert np.allclose(dW, 3 * W**2)
    assert np.array_equal(W, before)
    # --8<-- [end:array-gradient]

    # --8<-- [start:steps-along-the-gradient]
    gradient = numerical_gradient(bowl, theta)
    for step in (0.1, 0.0, -0.1, -0.5):
        print(f"step {step:4}: f = {bowl(theta + step * gradient):5.2f}")
    # --8<-- [end:steps-along-the-gradient]

    # --8<-- [start:steepest-direction]
    angles = np.radians(np.arange(360))
    values = []
    for angle in angles:
        direction = np.array([np.cos(angle), np.sin(angle)])
        values.append(bowl(theta + 0.001 * direction))
    uphill = np.degrees(np.arctan2(gradient[1], gradient[0]))
    print("steepest of 360 directions:", np.argmax(values), "degrees")
    print(f"direction of the gradient:  {uphill:.1f} degrees")
    # --8<-- [end:steepest-direction]

    # --8<-- [start:level-lines]
    fig, ax = plt.subplots(figsize=(5.2, 3.3))
    turn = np.linspace(0, 2 * np.pi, 121)
    for value in (3, 7, 13):
        line = np.sqrt(value) * np.cos(turn), np.sqrt(value / 3) * np.sin(turn)
        ax.plot(*line, color="C5", lw=1.2)
        ax.text(0, -np.sqrt(value / 3) + 0.06, value, ha="center")
    for step, color, name, ha, va in (
        (0.1, "C1", "  uphill", "left", "bottom"),
        (-0.1, "C0", "downhill  ", "right", "top"),
    ):
        end = theta + step * gradient
        arrow = {"arrowstyle": "-|>", "color": color, "lw": 2, "shrinkA": 0}
        ax.annotate("", end, theta, arrowprops=arrow)
        ax.text(*end, name, color=color, ha=ha, va=va)
    ax.plot(*theta, "o", color="C5")
    ax.set(xlabel="θ₀", ylabel="θ₁", aspect="equal")
    plt.show()
    # --8<-- [end:level-lines]

    # --8<-- [start:graph-forward]
    w, x = 3.0, 4.0
    p = w * x
    s = p + w
    L = s**2
    print("p =", p, " s =", s, " L =", L)
    # --8<-- [end:graph-forward]

    # --8<-- [start:graph-backward]
    ds = 2 * s  # L = s²
    dp = ds * 1  # s = p + w
    dw_sum = ds * 1  # s = p + w
    dw_product = dp * x  # p = w · x
    dx = dp * w  # p = w · x
    dw = dw_sum + dw_product
    print("ds =", ds, " dp =", dp, " dx =", dx)
    print("dw =", dw_sum, "+", dw_product, "=", dw)
    # --8<-- [end:graph-backward]

    # --8<-- [start:graph-check]
    def graph(theta):
        """Return (w·x + w)² for theta = (w, x)."""
        w, x = theta
        return (w * x + w) ** 2

    numerical = numerical_gradient(graph, np.array([w, x]))
    print("measured:", numerical.round(4))
    assert np.allclose(numerical, [dw, dx])
    assert not np.isclose(numerical[0], dw_product)
    # --8<-- [end:graph-check]

    # --8<-- [start:evaluations]
    from itertools import count

    calls = count()

    def counted(theta):
        """Return the sum of squares, and count this call."""
        next(calls)
        return np.sum(theta**2)

    numerical_gradient(counted, np.ones(81))
    print(f"81 parameters: {next(calls)} evaluations")
    # --8<-- [end:evaluations]

    # --8<-- [start:neuron-loss]
    x, w, b, y = 2.0, 0.5, -0.4, 1.0
    z = w * x + b
    a = sigmoid(z)
    da = 2 * (a - y)
    dz = da * a * (1 - a)
    dw, db, dx = dz * x, dz * 1, dz * w
    print(f"L = {(a - y) ** 2:.4f}, da = {da:.4f}, dz = {dz:.4f}")
    print(f"dw = {dw:.4f}, db = {db:.4f}, dx = {dx:.4f}")

    def neuron_loss(theta):
        """Return (σ(wx + b) − y)² for theta = (w, b, x)."""
        w, b, x = theta
        return (sigmoid(w * x + b) - y) ** 2

    numerical = numerical_gradient(neuron_loss, np.array([w, b, x]))
    assert np.allclose([dw, db, dx], numerical, rtol=0, atol=1e-9)
    # --8<-- [end:neuron-loss]

    # --8<-- [start:reused-input]
    x = 3.0
    p, q = x**2, 2 * x
    L = p * q + p
    dp = q + 1
    dq = p
    dx = dp * 2 * x + dq * 2
    print("p =", p, " q =", q, " L =", L)
    print("dp =", dp, " dq =", dq, " dx =", dx)
    assert np.isclose(dx, central_difference(lambda x: x**2 * 2 * x + x**2, x))
    # --8<-- [end:reused-input]

    # --8<-- [start:matrix-rule]
    X = np.array([[1.0, 2.0], [2.0, -1.0], [3.0, 1.0]])  # (batch, n_in)
    W = np.array([[0.5, -1.0], [2.0, 1.0]])  # (n_in, n_out)
    dZ = np.array([[1.0, 2.0], [2.0, 1.0], [-1.0, 3.0]])  # (batch, n_out)
    dW = X.T @ dZ  # (n_in, n_out)
    print("dW =", dW.tolist())
    print("its top right number:", *(X[:, 0] * dZ[:, 1]), "added")

    numerical = numerical_gradient(lambda W: np.sum((X @ W) * dZ), W)
    assert np.allclose(dW, numerical, rtol=0, atol=1e-8)
    # --8<-- [end:matrix-rule]

    # --8<-- [start:input-and-bias]
    b = np.array([[0.1, -0.2]])  # (1, n_out)
    dX = dZ @ W.T  # (batch, n_in)
    db = dZ.sum(axis=0, keepdims=True)  # (1, n_out)
    print("dX =", dX.tolist())
    print("db =", db.tolist())

    def loss(X, b):
        """Return the sum of Z times dZ for Z = XW + b."""
        return np.sum((X @ W + b) * dZ)

    assert np.allclose(dX, numerical_gradient(lambda X: loss(X, b), X))
    assert np.allclose(db, numerical_gradient(lambda b: loss(X, b), b))
    # --8<-- [end:input-and-bias]
