"""Finite differences: which formula measures a slope best, and with which step."""

# --8<-- [start:worst-error]
import numpy as np

from snippets.chapters.derivatives import central_difference


def forward_difference(f, x, h):
    """Return the slope of f between x and x + h."""
    return (f(x + h) - f(x)) / h


def reciprocal(x):
    """Return 1/x, whose derivative is −1/x²."""
    return 1 / x


def worst_error(difference, h, dtype=np.float64):
    """Return the largest error for 1/x at 101 points from 1 to 2."""
    x = np.linspace(1, 2, 101, dtype=dtype)
    slope = difference(reciprocal, x, h).astype(np.float64)
    x = x.astype(np.float64)
    return np.max(np.abs(slope + 1 / (x * x)))


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
    import matplotlib.pyplot as plt

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
    usable = steps[central < 1e-9]
    print(f"forward: best h {steps[forward.argmin()]:.0e}, error {forward.min():.0e}")
    print(f"central: best h {steps[central.argmin()]:.0e}, error {central.min():.0e}")
    print(f"central, h = 1e-5: error {worst_error(central_difference, 1e-5):.0e}")
    print(f"error below 1e-9: h from {usable.min():.0e} to {usable.max():.0e}")
    print(f"ε = {epsilon:.1e}, (3ε)^(1/3) = {(3 * epsilon) ** (1 / 3):.1e}")
    # --8<-- [end:best-steps]

    # --8<-- [start:error-bounds]
    assert np.all(forward < steps + 2 * epsilon / steps)
    assert np.all(central < 1.1 * (steps**2 + epsilon / steps))
    # --8<-- [end:error-bounds]

    # --8<-- [start:single-precision]
    epsilon = np.finfo(np.float32).eps
    single = [worst_error(central_difference, h, np.float32) for h in powers]
    best = int(np.argmin(single))
    print(f"ε = {epsilon:.1e}, (3ε)^(1/3) = {(3 * epsilon) ** (1 / 3):.1e}")
    print(f"best h {powers[best]:.0e}, error {single[best]:.0e}")
    print(f"h = 1e-5: error {worst_error(central_difference, 1e-5, np.float32):.0e}")
    # --8<-- [end:single-precision]


# --8<-- [start:five-points]
def five_point_difference(f, x, h):
    """Return the slope of f at x from four values around it."""
    near, far = central_difference(f, x, h), central_difference(f, x, 2 * h)
    return (4 * near - far) / 3


# --8<-- [end:five-points]

if __name__ == "__main__":
    # --8<-- [start:five-points-error]
    errors = [worst_error(five_point_difference, h) for h in (0.02, 0.002)]
    print(f"h = 0.02: {errors[0]:.1e}, h = 0.002: {errors[1]:.1e}")
    assert 9_000 < errors[0] / errors[1] < 11_000
    # --8<-- [end:five-points-error]
