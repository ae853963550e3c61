"""One neuron: a weighted sum, a bias, and an activation."""

# --8<-- [start:delivery]
import matplotlib.pyplot as plt
import numpy as np

NAMES = ("distance", "traffic", "prep")  # km, score from 1 to 10, minutes
x = np.array([5.2, 8.0, 22.0])
w = np.array([0.7, 0.2, 0.4])
b = -0.5
# --8<-- [end:delivery]


# --8<-- [start:neuron]
def pre_activation(x: np.ndarray, w: np.ndarray, b: float) -> float:
    """Return z = Σ wᵢxᵢ + b of one neuron, for x and w of shape (n_in,).

    Raises ValueError when the shapes differ or a number is not finite.
    """
    if x.ndim != 1 or x.shape != w.shape:
        raise ValueError(f"x {x.shape} and w {w.shape} must both be (n_in,)")
    if not np.isfinite([*x, *w, b]).all():
        raise ValueError(f"not finite: x = {x}, w = {w}, b = {b}")
    return float(np.sum(w * x) + b)


# --8<-- [end:neuron]

if __name__ == "__main__":
    # --8<-- [start:worked-example]
    for name, weight, value in zip(NAMES, w, x, strict=True):
        print(f"{name:8}  {weight:.1f} * {value:4.1f} = {weight * value:5.2f}")
    z = pre_activation(x, w, b)
    print(f"{'bias':23}{b:5.2f}")
    print(f"{'z':21}= {z:5.2f}")
    assert np.isclose(z, 13.54)
    # --8<-- [end:worked-example]

    # --8<-- [start:activation]
    print(f"ReLU:    a = {np.maximum(0.0, z):.2f}")
    print(f"sigmoid: a = {1 / (1 + np.exp(-z)):.7f}")
    # --8<-- [end:activation]

    # --8<-- [start:sensitivity]
    for name, weight, one_more in zip(NAMES, w, np.eye(3), strict=True):
        changes = [
            pre_activation(start + one_more, w, b) - pre_activation(start, w, b)
            for start in (x, np.zeros(3))
        ]
        print(f"{name:8} + 1: z {changes[0]:+.2f}")
        assert np.allclose(changes, weight)
    # --8<-- [end:sensitivity]

    # --8<-- [start:bias]
    print(f"weighted sum without bias: {pre_activation(x, w, 0.0):.2f}")
    for bias in (-0.5, -10.0, -15.0):
        z_biased = pre_activation(x, w, bias)
        a = np.maximum(0.0, z_biased)
        print(f"b = {bias:5.1f}: z = {z_biased:5.2f}, ReLU gives {a:5.2f}")
        assert pre_activation(np.zeros(3), w, bias) == bias
    # --8<-- [end:bias]

    # --8<-- [start:response]
    distance = np.linspace(0.0, 10.0, 101)
    neurons = ((0.7, -0.5), (0.7, -3.5), (1.4, -3.5), (-0.7, 3.5))

    fig, ax = plt.subplots()
    for (weight, bias), style in zip(neurons, ("-", "--", "-.", ":"), strict=True):
        a = np.maximum(0.0, weight * distance + bias)
        ax.plot(distance, a, style, label=f"w = {weight}, b = {bias}")
        kink = -bias / weight
        beside = np.array([kink - 0.01, kink + 0.01])
        assert np.prod(weight * beside + bias) < 0
        side = "above" if weight > 0 else "below"
        print(f"w = {weight:4}, b = {bias:4}: on {side} {kink:.2f} km")
    ax.set(xlabel="distance (km)", ylabel="output a")
    ax.legend()
    plt.show()
    # --8<-- [end:response]

    # --8<-- [start:dot-product]
    print(f"x @ w + b = {x @ w + b:.2f}")
    assert np.isclose(x @ w + b, z)
    # --8<-- [end:dot-product]

    # --8<-- [start:wrong-size]
    w_short = np.array([0.7])
    print(f"np.sum(w_short * x) + b = {np.sum(w_short * x) + b:.2f}")
    try:
        pre_activation(x, w_short, b)
    except ValueError as error:
        print(error)
    # --8<-- [end:wrong-size]

    # --8<-- [start:layer]
    W = np.column_stack([w, [0.0, 1.5, 0.0], [1.0, -0.5, -0.2]])  # (n_in, n_out)
    b = np.array([[-0.5, -6.0, 3.0]])  # (1, n_out)
    X = np.stack([x, [1.5, 3.0, 12.0]])  # (batch, n_in)
    Z = X @ W + b  # (batch, n_out)

    print(f"X {X.shape} @ W {W.shape} + b {b.shape} = Z {Z.shape}")
    print(Z.round(2))
    for row, column in np.ndindex(Z.shape):
        z_one = pre_activation(X[row], W[:, column], b[0, column])
        assert np.isclose(Z[row, column], z_one)
    # --8<-- [end:layer]

    # --8<-- [start:rows-for-columns]
    print((X @ W.T + b).round(2))
    assert not np.isclose(X @ W.T + b, Z).any()
    # --8<-- [end:rows-for-columns]

    # --8<-- [start:stack]
    rng = np.random.default_rng(0)
    W1, b1 = rng.normal(size=(3, 4)), rng.normal(size=(1, 4))
    W2, b2 = rng.normal(size=(4, 1)), rng.normal(size=(1, 1))
    X = rng.normal(size=(1000, 3))  # (batch, n_in)
    two_layers = (X @ W1 + b1) @ W2 + b2  # (batch, 1)

    W, b = W1 @ W2, b1 @ W2 + b2  # (3, 1) and (1, 1)
    one_layer = X @ W + b  # (batch, 1)
    assert np.allclose(two_layers, one_layer)
    print(f"two layers: {W1.size + b1.size + W2.size + b2.size} parameters")
    print(f"one layer:  {W.size + b.size} parameters")
    print(f"largest gap < 1e-9: {np.abs(two_layers - one_layer).max() < 1e-9}")
    # --8<-- [end:stack]

    # --8<-- [start:relu-between]
    with_relu = np.maximum(0.0, X @ W1 + b1) @ W2 + b2  # (batch, 1)
    assert not np.allclose(with_relu, one_layer)
    print(f"largest gap with ReLU: {np.abs(with_relu - one_layer).max():.2f}")
    # --8<-- [end:relu-between]

    # --8<-- [start:fold]
    kinks = np.array([[0.0, 3.0, 7.0]])  # (1, 3), km
    W1, b1 = np.ones((1, 3)), -kinks
    W2, b2 = np.array([[2.0], [4.0], [-5.0]]), np.array([[10.0]])
    X = np.arange(0.0, 11.0).reshape(-1, 1)  # (batch, 1), km
    Z1 = X @ W1 + b1  # (batch, 3)
    straight = Z1 @ W2 + b2  # (batch, 1)
    folded = np.maximum(0.0, Z1) @ W2 + b2  # (batch, 1)

    fig, ax = plt.subplots()
    ax.plot(X, folded, "o-", color="C0", label="ReLU between the layers")
    ax.plot(X, straight, "--", color="C1", label="nothing between the layers")
    ax.set(xlabel="distance (km)", ylabel="output")
    ax.legend()
    plt.show()
    # --8<-- [end:fold]

    # --8<-- [start:slopes]
    print("nothing:", *np.diff(straight[:, 0]).astype(int))
    print("ReLU:   ", *np.diff(folded[:, 0]).astype(int))
    bends = np.flatnonzero(np.diff(folded[:, 0], n=2)) + 1
    print(f"ReLU bends at {bends} km")
    assert np.array_equal(bends, kinks[0, 1:])
    # --8<-- [end:slopes]

    # --8<-- [start:metres]
    per_unit = np.array([1000.0, 1.0, 1.0])
    x_metres, w_metres = x * per_unit, w / per_unit
    print(f"distance {x_metres[0]:.0f} m, weight {w_metres[0]:.4f}")
    print(f"weighted sum {x_metres @ w_metres:.2f}, before {x @ w:.2f}")
    assert np.isclose(x_metres @ w_metres, x @ w)
    # --8<-- [end:metres]

    # --8<-- [start:collapse]
    rng = np.random.default_rng(1)
    layers = [(rng.normal(0, 0.4, (3, 3)), rng.normal(size=(1, 3))) for _ in range(10)]
    X = rng.normal(size=(100, 3))  # (batch, n_in)

    W, b = layers[0]
    Z = X @ W + b  # (batch, 3)
    for W_next, b_next in layers[1:]:
        Z = (2 * Z + 1) @ W_next + b_next
        W, b = 2 * W @ W_next, (2 * b + 1) @ W_next + b_next
    print(f"ten layers in one: {np.allclose(Z, X @ W + b)}")
    assert np.allclose(Z, X @ W + b)
    # --8<-- [end:collapse]

    # --8<-- [start:absolute-value]
    W1, W2 = np.array([[1.0, -1.0]]), np.array([[1.0], [1.0]])  # (1, 2) and (2, 1)
    X = np.array([[-2.5], [-1.0], [0.0], [1.0], [2.5]])  # (batch, 1)

    print("with ReLU:   ", *(np.maximum(0.0, X @ W1) @ W2).ravel())
    print("without ReLU:", *(X @ W1 @ W2).ravel())
    assert np.array_equal(np.maximum(0.0, X @ W1) @ W2, np.abs(X))
    # --8<-- [end:absolute-value]
