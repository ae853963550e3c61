"""One neuron: a weighted sum, a bias, and an activation."""

# --8<-- [start:delivery]
import numpy as np

NAMES = ("distance", "traffic", "prep")
x = np.array([5.2, 8.0, 22.0])  # km, score from 1 to 10, minutes
w = np.array([7.2, 1.6, 0.8])  # minutes for one more of each
b = 8.0  # minutes
# --8<-- [end:delivery]


# --8<-- [start:neuron]
def pre_activation(x, w, b):
    """Return z, the weighted sum of one neuron's inputs plus its bias."""
    return np.sum(w * x) + b


# --8<-- [end:neuron]

if __name__ == "__main__":
    # --8<-- [start:worked-example]
    for name, weight, value in zip(NAMES, w, x, strict=True):
        print(f"{name:8}  {weight:.1f} * {value:4.1f} = {weight * value:5.2f}")
    z = pre_activation(x, w, b)
    print(f"{'bias':23}{b:5.2f}")
    print(f"{'z':21}= {z:5.2f}")
    # --8<-- [end:worked-example]

    # --8<-- [start:truth]
    from snippets.delivery import expected_minutes

    order = np.array([[5.2, 8.0, 22.0, 350.0]])  # the value changes nothing
    print(f"the rule: {expected_minutes(order)[0, 0]:.2f} minutes")
    # --8<-- [end:truth]

    # --8<-- [start:straight-line-model]
    from sklearn.linear_model import LinearRegression

    from snippets.chapters.why_neural_networks import X_train, y_train

    line = LinearRegression().fit(X_train[:, :3], y_train)
    w_fitted, b_fitted = line.coef_[0], line.intercept_[0]
    print("weights and bias:", w_fitted.round(1), b_fitted.round(1))
    print(f"least squares predicts {line.predict([x])[0, 0]:.2f}")
    print(f"a neuron with its numbers {pre_activation(x, w_fitted, b_fitted):.2f}")
    # --8<-- [end:straight-line-model]

    # --8<-- [start:promise]
    for promise in (60, 90):
        z_late = pre_activation(x, w, b - promise)
        a = np.maximum(0.0, z_late)
        print(f"b = {b - promise:5.1f}: z = {z_late:6.2f}, ReLU gives {a:5.2f}")
    # --8<-- [end:promise]

    # --8<-- [start:sensitivity]
    for number, name in enumerate(NAMES):
        one_more = x.copy()
        one_more[number] += 1
        change = pre_activation(one_more, w, b) - pre_activation(x, w, b)
        print(f"{name:8} + 1: z {change:+.2f}")
    # --8<-- [end:sensitivity]

    # --8<-- [start:anywhere]
    nothing = np.zeros(3)
    for one_more, weight in zip(np.eye(3), w, strict=True):
        change = pre_activation(one_more, w, b) - pre_activation(nothing, w, b)
        assert np.isclose(change, weight)
    assert pre_activation(nothing, w, b) == b
    # --8<-- [end:anywhere]

    # --8<-- [start:response]
    import matplotlib.pyplot as plt

    distance = np.linspace(0.0, 10.0, 101)
    neurons = ((7.2, -14.4), (7.2, -36.0), (14.4, -36.0), (-7.2, 36.0))

    fig, ax = plt.subplots()
    for (weight, bias), style in zip(neurons, ("-", "--", "-.", ":"), strict=True):
        a = np.maximum(0.0, weight * distance + bias)
        ax.plot(distance, a, style, label=f"w = {weight}, b = {bias}")
        side = "above" if weight > 0 else "below"
        print(f"w = {weight:4}, b = {bias:5}: on {side} {-bias / weight:.1f} km")
    ax.set(xlabel="distance (km)", ylabel="output a (minutes)")
    ax.legend()
    plt.show()
    # --8<-- [end:response]

    # --8<-- [start:dot-product]
    print(f"x @ w + b = {x @ w + b:.2f}")
    # --8<-- [end:dot-product]

    # --8<-- [start:wrong-size]
    w_short = np.array([7.2])  # two weights are missing
    print(f"np.sum(w_short * x) + b = {np.sum(w_short * x) + b:.2f}")
    try:
        x @ w_short
    except ValueError:
        print("x @ w_short: ValueError")
    # --8<-- [end:wrong-size]

    # --8<-- [start:layer]
    X = np.array(
        [[5.2, 8.0, 22.0], [1.5, 3.0, 12.0], [4.0, 1.0, 9.0], [9.0, 10.0, 30.0]]
    )  # (batch, n_in) = (4, 3)
    W = np.array([[7.2, 7.2], [1.6, 1.6], [0.8, 0.0]])  # (n_in, n_out) = (3, 2)
    b = np.array([[8.0, 0.0]])  # (1, n_out) = (1, 2)

    print("X @ W, shape", (X @ W).shape)
    print((X @ W).round(2))
    Z = X @ W + b  # (batch, n_out) = (4, 2)
    print("Z = X @ W + b, shape", Z.shape)
    print(Z.round(2))
    # --8<-- [end:layer]

    # --8<-- [start:every-entry]
    for row in range(4):
        for column in range(2):
            z_one = pre_activation(X[row], W[:, column], b[0, column])
            assert np.isclose(Z[row, column], z_one)
    by_hand = 7.2 * 1.5 + 1.6 * 3 + 0.8 * 12
    assert np.isclose(by_hand, 25.2)
    assert np.isclose((X @ W)[1, 0], by_hand)
    # --8<-- [end:every-entry]

    # --8<-- [start:collapse-in-numbers]
    rng = np.random.default_rng(0)
    W1, b1 = rng.normal(size=(3, 4)), rng.normal(size=(1, 4))
    W2, b2 = rng.normal(size=(4, 1)), rng.normal(size=(1, 1))
    X = rng.normal(size=(1000, 3))  # (batch, n_in)
    two_layers = (X @ W1 + b1) @ W2 + b2  # (batch, 1)

    W, b = W1 @ W2, b1 @ W2 + b2  # (3, 1) and (1, 1)
    one_layer = X @ W + b  # (batch, 1)
    print(f"two layers: {W1.size + b1.size + W2.size + b2.size} parameters")
    print(f"one layer:  {W.size + b.size} parameters")
    print(f"largest gap < 1e-9: {np.abs(two_layers - one_layer).max() < 1e-9}")

    with_relu = np.maximum(0.0, X @ W1 + b1) @ W2 + b2  # (batch, 1)
    print(f"largest gap with ReLU: {np.abs(with_relu - one_layer).max():.2f}")
    # --8<-- [end:collapse-in-numbers]

    # --8<-- [start:bend]
    traffic = np.arange(1.0, 11.0).reshape(-1, 1)  # (10, 1), scores from 1 to 10
    W1, b1 = np.array([[1.0, 1.0]]), np.array([[0.0, -6.0]])  # (1, 2), (1, 2)
    W2, b2 = np.array([[1.5], [9.0]]), np.array([[64.4]])  # (2, 1), (1, 1)

    Z1 = traffic @ W1 + b1  # (10, 2)
    bent = np.maximum(0.0, Z1) @ W2 + b2  # (10, 1), minutes
    straight = Z1 @ W2 + b2  # (10, 1), the same without ReLU
    print("ReLU:   ", *np.diff(bent[:, 0]).round(1))
    print("nothing:", *np.diff(straight[:, 0]).round(1))
    # --8<-- [end:bend]

    # --8<-- [start:same-as-the-rule]
    orders = np.tile([6.0, 0.0, 15.0, 350.0], (10, 1))  # 6 km, 15 minutes, 350 rupees
    orders[:, 1] = traffic[:, 0]
    assert np.allclose(bent, expected_minutes(orders, surge=1.5))
    assert np.isclose(64.4, 8.6 + 7.3 * 6 + 0.8 * 15)
    # --8<-- [end:same-as-the-rule]

    # --8<-- [start:fold]
    fig, ax = plt.subplots()
    ax.plot(traffic, bent, "o-", color="C0", label="ReLU between the layers")
    ax.plot(traffic, straight, "--", color="C1", label="nothing between the layers")
    ax.set(xlabel="traffic score", ylabel="minutes for 6 km")
    ax.legend()
    plt.show()
    # --8<-- [end:fold]

    # --8<-- [start:xor]
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])  # (4, 2)
    W1, b1 = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([[0.0, -1.0]])
    W2 = np.array([[1.0], [-2.0]])  # (2, 1)

    A1 = np.maximum(0.0, X @ W1 + b1)  # (4, 2)
    answer = A1 @ W2  # (4, 1)
    print("late  incomplete    a1  a2   answer")
    for (late, incomplete), (a1, a2), out in zip(X, A1, answer[:, 0], strict=True):
        print(f"{late:4.0f} {incomplete:11.0f} {a1:5.0f} {a2:3.0f} {out:8.0f}")
    # --8<-- [end:xor]

    # --8<-- [start:one-neuron-alone]
    exactly_one = np.array([False, True, True, False])
    grid = np.linspace(-3, 3, 61)
    w1, w2, bias = np.meshgrid(grid, grid, grid)
    z = X[:, :1] * w1.ravel() + X[:, 1:] * w2.ravel() + bias.ravel()  # (4, 61³)
    right = np.sum((z > 0) == exactly_one[:, np.newaxis], axis=0)
    print(f"{z.shape[1]} neurons tried, at most {right.max()} of 4 answers right")
    # --8<-- [end:one-neuron-alone]

    # --8<-- [start:xor-plane]
    fig, axes = plt.subplots(1, 2, figsize=(5.2, 2.6))
    for ax, points, names in zip(
        axes, (X, A1), (("late", "incomplete"), ("a1", "a2")), strict=True
    ):
        yes, no = points[exactly_one], points[~exactly_one]
        ax.plot(yes[:, 0], yes[:, 1], "o", color="C0", markersize=9, label="voucher")
        ax.plot(no[:, 0], no[:, 1], "s", color="C1", markersize=9, label="none")
        ax.set(xlabel=names[0], ylabel=names[1], xticks=[0, 1, 2], yticks=[0, 1])
        ax.set(xlim=(-0.3, 2.3), ylim=(-0.3, 1.3))
    axes[1].plot([0.2, 2.3], [-0.15, 0.9], "--", color="C5")
    axes[1].legend(loc="upper left")
    plt.show()
    # --8<-- [end:xor-plane]

    # --8<-- [start:rows-for-columns]
    X = np.array([[5.2, 8.0, 22.0], [1.5, 3.0, 12.0]])  # (2, 3)
    W = np.array([[7.2, 7.2, 0.0], [1.6, 1.6, 0.0], [0.8, 0.0, 0.8]])  # (3, 3)
    print((X @ W).round(2))
    print((X @ W.T).round(2))
    # --8<-- [end:rows-for-columns]

    # --8<-- [start:metres]
    x_metres = np.array([5200.0, 8.0, 22.0])
    w_metres = np.array([0.0072, 1.6, 0.8])
    print(f"in metres:     {x_metres @ w_metres:.2f}")
    print(f"in kilometres: {x @ w:.2f}")
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
    # --8<-- [end:collapse]

    # --8<-- [start:absolute-value]
    W1, W2 = np.array([[1.0, -1.0]]), np.array([[1.0], [1.0]])  # (1, 2) and (2, 1)
    X = np.array([[-2.5], [-1.0], [0.0], [1.0], [2.5]])  # (batch, 1)

    print("with ReLU:   ", *(np.maximum(0.0, X @ W1) @ W2).ravel())
    print("without ReLU:", *(X @ W1 @ W2).ravel())
    # --8<-- [end:absolute-value]

    # --8<-- [start:other-weights]
    w_other, b_other = np.array([0.7, 0.2, 0.4]), -0.5
    for name, weight, value in zip(NAMES, w_other, x, strict=True):
        print(f"{name:8}  {weight:.1f} * {value:4.1f} = {weight * value:5.2f}")
    z = pre_activation(x, w_other, b_other)
    print(f"{'bias':23}{b_other:5.2f}")
    print(f"{'z':21}= {z:5.2f}")
    print(f"ReLU:    a = {np.maximum(0.0, z):.2f}")
    print(f"sigmoid: a = {1 / (1 + np.exp(-z)):.7f}")
    # --8<-- [end:other-weights]
