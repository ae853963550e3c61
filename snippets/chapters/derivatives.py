"""Derivatives, gradients and the chain rule, each checked by a difference."""

# --8<-- [start:forward-difference]
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np

from snippets.chapters.activation_functions import central_difference, sigmoid


def square(x: float | np.ndarray) -> float | np.ndarray:
    """Return x², whose derivative is 2x."""
    return x * x


def forward_difference(
    f: Callable, x: float | np.ndarray, h: float
) -> float | np.ndarray:
    """Return (f(x + h) − f(x)) / h, the slope of f between x and x + h."""
    return (f(x + h) - f(x)) / h


# --8<-- [end:forward-difference]

if __name__ == "__main__":
    # --8<-- [start:shrinking-steps]
    print("     h    slope")
    for h in (1.0, 0.1, 0.01, 0.001):
        print(f"{h:6.3f}  {forward_difference(square, 3.0, h):7.4f}")
    # --8<-- [end:shrinking-steps]

    # --8<-- [start:secants]
    x = np.linspace(1, 7.4, 65)
    fig, ax = plt.subplots(figsize=(5.2, 3.3))
    ax.plot(x, square(x), color="C5", label="f(x) = x²")
    for h, color, style in ((4.0, "C0", "--"), (2.0, "C1", "-."), (1.0, "C2", ":")):
        slope = forward_difference(square, 3.0, h)
        label = f"h = {h:g}, slope {slope:g}"
        ax.plot(x, 9 + slope * (x - 3), style, color=color, label=label)
        ax.plot(3 + h, square(3 + h), "o", color=color)
    ax.plot(x, 9 + 6 * (x - 3), color="C3", label="tangent, slope 6")
    ax.plot(3, 9, "o", color="C3")
    ax.set(xlabel="x", ylabel="f(x)")
    ax.legend()
    plt.show()
    # --8<-- [end:secants]


# --8<-- [start:worst-error]
def reciprocal(x: np.ndarray) -> np.ndarray:
    """Return 1/x, whose derivative is −1/x²."""
    return 1 / x


def worst_error(difference: Callable, h: float, dtype: type = np.float64) -> float:
    """Return the largest error for 1/x at 101 points from 1 to 2."""
    x = np.linspace(1, 2, 101, dtype=dtype)
    slope = difference(reciprocal, x, h).astype(np.float64)
    x = x.astype(np.float64)
    return float(np.max(np.abs(slope + 1 / (x * x))))


# --8<-- [end:worst-error]

if __name__ == "__main__":
    # --8<-- [start:two-differences]
    print("    h   forward   central")
    for h in (0.1, 0.01, 0.001):
        forward = worst_error(forward_difference, h)
        central = worst_error(central_difference, h)
        print(f"{h:5.3f}  {forward:8.5f}  {central:8.6f}")
    # --8<-- [end:two-differences]

    # --8<-- [start:error-curves]
    powers = [2.0**-k for k in range(2, 46)]
    forward = np.array([worst_error(forward_difference, h) for h in powers])
    central = np.array([worst_error(central_difference, h) for h in powers])
    steps, epsilon = np.array(powers), np.finfo(np.float64).eps

    fig, ax = plt.subplots(figsize=(5.2, 3.7))
    ax.loglog(steps, forward, "s", color="C1", markersize=4, label="forward")
    ax.loglog(steps, central, "o", color="C0", markersize=4, label="central")
    for bound, color, style, name in (
        (steps, "C1", "-.", "h"),
        (steps**2, "C0", "--", "h²"),
        (epsilon / steps, "C5", ":", "ε/h"),
    ):
        ax.loglog(steps, bound, style, color=color, lw=1.3, label=name)
    ax.axvline(1e-5, color="C2", lw=1.3, label="h = 1e-5")
    ax.set(xlabel="step h", ylabel="largest error", ylim=(1e-12, 1))
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.45, 1))
    plt.show()
    # --8<-- [end:error-curves]

    # --8<-- [start:best-steps]
    assert np.all(forward < steps + 2 * epsilon / steps)
    assert np.all(central < 1.1 * (steps**2 + epsilon / steps))

    usable = steps[central < 1e-9]
    print(f"forward: best h {steps[forward.argmin()]:.0e}, error {forward.min():.0e}")
    print(f"central: best h {steps[central.argmin()]:.0e}, error {central.min():.0e}")
    print(f"central, h = 1e-5: error {worst_error(central_difference, 1e-5):.0e}")
    print(f"error below 1e-9: h from {usable.min():.0e} to {usable.max():.0e}")
    print(f"ε = {epsilon:.1e}, (3ε)^(1/3) = {(3 * epsilon) ** (1 / 3):.1e}")
    # --8<-- [end:best-steps]

    # --8<-- [start:single-precision]
    epsilon = np.finfo(np.float32).eps
    single = [worst_error(central_difference, h, np.float32) for h in powers]
    best = int(np.argmin(single))
    print(f"ε = {epsilon:.1e}, (3ε)^(1/3) = {(3 * epsilon) ** (1 / 3):.1e}")
    print(f"best h {powers[best]:.0e}, error {single[best]:.0e}")
    print(f"h = 1e-5: error {worst_error(central_difference, 1e-5, np.float32):.0e}")
    # --8<-- [end:single-precision]


# --8<-- [start:bowl]
def bowl(theta: np.ndarray) -> float:
    """Return θ₀² + 3θ₁² for theta of shape (2,)."""
    return float(theta[0] ** 2 + 3 * theta[1] ** 2)


# --8<-- [end:bowl]

if __name__ == "__main__":
    # --8<-- [start:partial-derivatives]
    along_0 = central_difference(lambda t: bowl(np.array([t, 1.0])), 2.0)
    along_1 = central_difference(lambda t: bowl(np.array([2.0, t])), 1.0)
    print(f"f = {bowl(np.array([2.0, 1.0])):.4f}")
    print(f"∂f/∂θ₀ = {along_0:.4f}")
    print(f"∂f/∂θ₁ = {along_1:.4f}")
    # --8<-- [end:partial-derivatives]


# --8<-- [start:numerical-gradient]
def numerical_gradient(
    f: Callable[[np.ndarray], float], theta: np.ndarray, h: float = 1e-5
) -> np.ndarray:
    """Return ∂f/∂theta by central differences, an array of theta's shape.

    Raises ValueError when theta is empty, or does not hold finite floats.
    """
    theta = np.asarray(theta)
    if not np.issubdtype(theta.dtype, np.floating) or theta.size == 0:
        raise ValueError(f"expected floats, got {theta.dtype} of shape {theta.shape}")
    if not np.isfinite(theta).all():
        raise ValueError(f"theta of shape {theta.shape} is not finite")
    gradient = np.empty(theta.shape)
    for index in np.ndindex(theta.shape):
        probe = theta.astype(np.float64)  # a copy: theta stays as it is
        probe[index] = theta[index] + h
        above = f(probe)
        probe[index] = theta[index] - h
        gradient[index] = (above - f(probe)) / (2 * h)
    return gradient


# --8<-- [end:numerical-gradient]

if __name__ == "__main__":
    # --8<-- [start:array-gradient]
    theta = np.array([2.0, 1.0])
    W = np.array([[1.0, -2.0], [0.5, 3.0]])
    before = W.copy()

    print("bowl:", numerical_gradient(bowl, theta).round(6))
    dW = numerical_gradient(lambda W: float(np.sum(W**3)), W)
    print("sum of cubes:", dW.round(6).tolist())
    assert np.allclose(dW, 3 * W**2)
    assert np.array_equal(W, before)
    # --8<-- [end:array-gradient]

    # --8<-- [start:refused-arrays]
    for wrong in (np.array([2, 1]), np.empty((0, 3)), np.array([2.0, np.inf])):
        try:
            numerical_gradient(bowl, wrong)
        except ValueError as error:
            print(error)
        else:
            raise AssertionError(wrong)
    # --8<-- [end:refused-arrays]

    # --8<-- [start:steps-along-the-gradient]
    gradient = numerical_gradient(bowl, theta)
    for step in (0.1, 0.0, -0.1, -0.5):
        value = bowl(theta + step * gradient)
        print(f"step {step:4.1f}: f = {value:5.2f}")
    assert bowl(theta - 0.1 * gradient) < bowl(theta) < bowl(theta + 0.1 * gradient)
    # --8<-- [end:steps-along-the-gradient]

    # --8<-- [start:steepest-direction]
    angles = np.deg2rad(np.arange(360))
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    values = [bowl(theta + 0.001 * direction) for direction in directions]
    print(f"steepest of 360 directions: {np.argmax(values)}°")
    print(f"direction of the gradient: {np.rad2deg(np.arctan2(6, 4)):.1f}°")
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

    # --8<-- [start:nested-square]
    x = 2.0
    u = 3 * x + 1
    y = u**2
    du_dx, dy_du = 3.0, 2 * u
    dy_dx = dy_du * du_dx
    print(f"u = {u:.0f}, y = {y:.0f}")
    print(f"dy/dx = {dy_du:.0f} · {du_dx:.0f} = {dy_dx:.0f}")

    nudged = 3 * (x + 0.01) + 1
    print(f"x moves by 0.01: u by {nudged - u:.2f}, y by {nudged**2 - y:.4f}")
    assert np.isclose(dy_dx, central_difference(lambda x: (3 * x + 1) ** 2, x))
    # --8<-- [end:nested-square]

    # --8<-- [start:nested-sigmoid]
    x, w, b = 2.0, 0.5, -0.4
    z = w * x + b
    a = float(sigmoid(z))
    da_dz = a * (1 - a)
    print(f"z = {z:.1f}, a = {a:.4f}, da/dz = {da_dz:.4f}")
    for name, dz, f, at in (
        ("w", x, lambda w: sigmoid(w * x + b), w),
        ("b", 1.0, lambda b: sigmoid(w * x + b), b),
        ("x", w, lambda x: sigmoid(w * x + b), x),
    ):
        slope = central_difference(f, at)
        print(f"da/d{name} = {da_dz:.4f} · {dz:.1f} = {da_dz * dz:.4f}")
        assert np.isclose(da_dz * dz, slope, rtol=0, atol=1e-9)
    # --8<-- [end:nested-sigmoid]

    # --8<-- [start:graph-forward]
    w, x = 3.0, 4.0
    p = w * x
    s = p + w
    L = s**2
    print(f"p = {p:.0f}, s = {s:.0f}, L = {L:.0f}")
    # --8<-- [end:graph-forward]

    # --8<-- [start:graph-backward]
    dL = 1.0
    ds = dL * 2 * s
    dp = ds * 1
    dw_sum, dw_product = ds * 1, dp * x
    dw = dw_sum + dw_product
    dx = dp * w

    print("node        value  ∂L/∂node")
    for name, value, slope in (
        ("L = s²", L, dL),
        ("s = p + w", s, ds),
        ("p = w·x", p, dp),
        ("x", x, dx),
        ("w", w, dw),
    ):
        print(f"{name:10} {value:6.0f}  {slope:8.0f}")
    print(f"w: {dw_sum:.0f} from the sum + {dw_product:.0f} from the product")
    # --8<-- [end:graph-backward]

    # --8<-- [start:graph-check]
    def graph(theta: np.ndarray) -> float:
        """Return (w·x + w)² for theta = (w, x)."""
        w, x = theta
        return float((w * x + w) ** 2)

    numerical = numerical_gradient(graph, np.array([w, x]))
    print("numerical:", numerical.round(4))
    assert np.allclose(numerical, [dw, dx])
    assert not np.isclose(numerical[0], dw_product)
    # --8<-- [end:graph-check]

    # --8<-- [start:evaluations]
    from itertools import count

    calls = count()

    def counted(theta: np.ndarray) -> float:
        """Return the sum of squares, and count this call."""
        next(calls)
        return float(theta @ theta)

    numerical_gradient(counted, np.ones(81))
    print(f"81 parameters: {next(calls)} evaluations")
    # --8<-- [end:evaluations]

    # --8<-- [start:matrix-rule]
    X = np.array([[1.0, 2.0], [2.0, -1.0], [3.0, 1.0]])  # (batch, n_in)
    W = np.array([[0.5, -1.0], [2.0, 1.0]])  # (n_in, n_out)
    G = np.array([[1.0, 2.0], [2.0, 1.0], [-1.0, 3.0]])  # (batch, n_out)
    dZ = G
    dW = X.T @ dZ  # (n_in, n_out)

    numerical = numerical_gradient(lambda W: float(np.sum((X @ W) * G)), W)
    assert dW.shape == W.shape
    assert np.allclose(dW, numerical, rtol=0, atol=1e-8)
    terms = X[:, 0] * dZ[:, 1]
    print("dW =", dW.tolist())
    print("dW[0, 1] =", " + ".join(f"{term:g}" for term in terms))
    # --8<-- [end:matrix-rule]

    # --8<-- [start:neuron-loss]
    x, w, b, y = 2.0, 0.5, -0.4, 1.0
    a = float(sigmoid(w * x + b))
    da = 2 * (a - y)
    dz = da * a * (1 - a)
    dw, db, dx = dz * x, dz * 1, dz * w
    print(f"L = {(a - y) ** 2:.4f}, da = {da:.4f}, dz = {dz:.4f}")
    print(f"dw = {dw:.4f}, db = {db:.4f}, dx = {dx:.4f}")

    def neuron_loss(theta: np.ndarray) -> float:
        """Return (sigmoid(wx + b) − y)² for theta = (w, b, x)."""
        w, b, x = theta
        return float((sigmoid(w * x + b) - y) ** 2)

    numerical = numerical_gradient(neuron_loss, np.array([w, b, x]))
    assert np.allclose([dw, db, dx], numerical, rtol=0, atol=1e-9)
    # --8<-- [end:neuron-loss]

    # --8<-- [start:reused-input]
    x = 3.0
    a, b = x**2, 2 * x
    L = a * b + a
    da = b + 1
    db = a
    dx = da * 2 * x + db * 2
    print(f"a = {a:.0f}, b = {b:.0f}, L = {L:.0f}")
    print(f"da = {da:.0f}, db = {db:.0f}, dx = {dx:.0f}")
    assert np.isclose(dx, central_difference(lambda x: x**2 * 2 * x + x**2, x))
    # --8<-- [end:reused-input]

    # --8<-- [start:input-and-bias]
    b = np.array([[0.1, -0.2]])  # (1, n_out)
    dX = dZ @ W.T  # (batch, n_in)
    db = dZ.sum(axis=0, keepdims=True)  # (1, n_out)
    print("dX =", dX.tolist())
    print("db =", db.tolist())

    def loss(X: np.ndarray, b: np.ndarray) -> float:
        """Return sum(Z·G) for Z = XW + b."""
        return float(np.sum((X @ W + b) * G))

    assert np.allclose(dX, numerical_gradient(lambda X: loss(X, b), X))
    assert np.allclose(db, numerical_gradient(lambda b: loss(X, b), b))
    # --8<-- [end:input-and-bias]
