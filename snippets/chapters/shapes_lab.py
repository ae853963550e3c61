"""A lab of shapes: two classes in the plane, and a decision that is a sum of maps."""

# --8<-- [start:points]
import numpy as np


def make_shape(name, first=0, n=200):
    """Return X (n, 2) and y (n, 1), 1 for a dot: those from number `first` on."""
    powers = range(2 * first + 10, 2 * (first + n) + 10)
    drawn = [pow(16807, power, 2**31 - 1) for power in powers]  # Lehmer's generator
    u, v = np.array(drawn).reshape(n, 2).T / (2**31 - 1)  # (n,) each, from 0 to 1
    is_dot = np.arange(n) < n // 2
    side = np.where(is_dot, 1, -1)
    if name == "circles":
        angle, radius = 2 * np.pi * u, np.where(is_dot, 0.4 * v**0.5, 0.65 + 0.3 * v)
        x1, x2 = radius * np.cos(angle), radius * np.sin(angle)
    elif name == "moons":
        angle, radius = np.pi * u, 0.8 + 0.4 * v
        x1 = side * (radius * np.cos(angle) - 0.5) / 1.8
        x2 = side * (radius * np.sin(angle) - 0.25) / 1.8
    elif name == "spiral":
        angle, radius = 2.5 * np.pi * u, 0.06 + 0.8 * u + 0.08 * v
        x1, x2 = side * radius * np.cos(angle), side * radius * np.sin(angle)
    elif name == "xor":
        x1, x2 = (0.1 * np.sign(w) + 0.85 * w for w in (2 * u - 1, 2 * v - 1))
        is_dot = x1 * x2 < 0  # exactly one of the two is positive
    return np.column_stack([x1, x2]), is_dot[:, None].astype(float)


# --8<-- [end:points]


# --8<-- [start:classifier]
from snippets.chapters.gradient_descent import NeuralNetwork
from snippets.deeper.stable_forms import binary_cross_entropy, stable_sigmoid


def binary_gradient(Z, y):
    """Return the gradient of the binary cross-entropy with respect to the logits Z."""
    return (stable_sigmoid(Z) - y) / len(y)


def shape_network(layer_sizes, seed=0, learning_rate=0.3):
    """Return a NeuralNetwork that gives one logit and learns by the cross-entropy."""
    return NeuralNetwork(
        layer_sizes, learning_rate, seed, binary_cross_entropy, binary_gradient
    )


def right(network, X, y):
    """Return how many rows have their logit on the side of their class."""
    return int(np.sum((network.predict(X) > 0) == y))


# --8<-- [end:classifier]

if __name__ == "__main__":
    # --8<-- [start:gradient-check]
    from snippets.chapters.gradient_descent import gradient_pairs

    X, y = make_shape("circles")
    for _name, gradient, measured in gradient_pairs(shape_network([2, 4, 1]), X, y):
        assert np.abs(gradient - measured).max() < 1e-9
    guess = binary_cross_entropy(np.zeros_like(y), y)  # z = 0 everywhere
    assert np.isclose(guess, np.log(2))
    assert guess.round(3) == 0.693
    # --8<-- [end:gradient-check]

    # --8<-- [start:training]
    X, y = make_shape("circles")  # (200, 2), (200, 1)
    X_unseen, y_unseen = make_shape("circles", first=200)
    network = shape_network([2, 4, 1])
    steps = 0
    for goal in (0, 100, 300, 1000):
        network.fit(X, y, epochs=goal - steps, batch_size=200, verbose=False)
        steps = goal
        loss = binary_cross_entropy(network.predict(X), y)
        seen, unseen = right(network, X, y), right(network, X_unseen, y_unseen)
        print(f"step {steps:4}: loss {loss:.3f}, right {seen}, unseen {unseen}")
    # --8<-- [end:training]

    # --8<-- [start:sum]
    for place in ([0.0, 0.0], [0.8, 0.0], [-0.6, 0.6]):
        z = network.forward(np.array([place]))  # (1, 1)
        terms = network.A[1] * network.W[1].T  # (1, 4), a · w of each unit
        total = terms.sum() + network.b[1]  # (1, 1)
        assert np.allclose(total, z)
        p = stable_sigmoid(z)
        print(place, "terms", *(f"{term:.2f}" for term in terms[0] + 0.0))  # no -0.00
        print(f"  bias {network.b[1][0, 0]:.2f}, z {z[0, 0]:.2f}, p {p[0, 0]:.1%}")
    # --8<-- [end:sum]

    # --8<-- [start:maps]
    import matplotlib.pyplot as plt

    from snippets.chapters.why_neural_networks import draw

    def draw_map(ax, values, title):
        """Draw numbers (11, 11) as squares, the negative ones as dashes."""
        size = np.abs(values) / np.abs(values).max()
        draw(ax, size * (values > 0))
        rows, columns = np.nonzero(values < 0)
        side = size[rows, columns]
        bottom = rows - side / 8
        ax.bar(columns, side / 4, width=side, bottom=bottom, color="C1")
        ax.set_title(title, fontsize=13)

    x1, x2 = np.meshgrid(np.linspace(-1, 1, 11), np.linspace(1, -1, 11))
    z = network.forward(np.column_stack([x1.ravel(), x2.ravel()]))  # (121, 1)
    terms = network.A[1] * network.W[1].T  # (121, 4)
    _fig, axes = plt.subplots(2, 3, figsize=(5.2, 3.9))
    first, *others, last = axes.flat
    for kind, style in ((1, "o"), (0, "^")):
        first.plot(*X[y[:, 0] == kind].T, f"C{1 - kind}{style}", markersize=3)
    first.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), aspect="equal")
    first.axis("off")
    first.set_title("the points", fontsize=13)
    for unit, ax in enumerate(others):
        weight = f"{network.W[1][unit, 0]:.2f}".replace("-", "−")
        draw_map(ax, terms[:, unit].reshape(11, 11), f"unit {unit + 1} × {weight}")
    draw_map(last, np.tanh(z / 2).reshape(11, 11), "the decision")
    plt.show()
    # --8<-- [end:maps]


# --8<-- [start:five-seeds]
def on_five_seeds(shape, layer_sizes, steps=1000):
    """Return how many of 200 points are right, for each seed from 0 to 4."""
    X, y = make_shape(shape)
    networks = [shape_network(layer_sizes, seed) for seed in range(5)]
    for network in networks:
        network.fit(X, y, epochs=steps, batch_size=200, verbose=False)
    return [right(network, X, y) for network in networks]


# --8<-- [end:five-seeds]

if __name__ == "__main__":
    # --8<-- [start:circles]
    print("no hidden layer ", on_five_seeds("circles", [2, 1]))
    for units in (1, 2, 3, 4):
        print(f"hidden units: {units} ", on_five_seeds("circles", [2, units, 1]))
    # --8<-- [end:circles]

    # --8<-- [start:xor]
    for units in (1, 2, 4, 8):
        print(f"hidden units: {units} ", on_five_seeds("xor", [2, units, 1]))
    # --8<-- [end:xor]

    # --8<-- [start:spiral]
    for hidden in ([8], [26], [8, 8]):
        sizes = [2, *hidden, 1]
        model = shape_network(sizes)
        size = sum(parameter.size for parameter in model.W + model.b)
        found = on_five_seeds("spiral", sizes, steps=2000)
        print(f"hidden {hidden!s:6} {size:3} parameters: {found}")
    # --8<-- [end:spiral]

    # --8<-- [start:solution-by-hand]
    angles = np.pi * np.array([1 / 2, 7 / 6, 11 / 6])  # 90°, 210° and 330°
    by_hand = shape_network([2, 3, 1])
    by_hand.W[0][:] = [np.cos(angles), np.sin(angles)]
    by_hand.W[1][:] = -1
    by_hand.b[1][:] = 0.5
    for name, points in {"seen": (X, y), "unseen": (X_unseen, y_unseen)}.items():
        print(f"{name:6} points right: {right(by_hand, *points)}")
    # --8<-- [end:solution-by-hand]

    # --8<-- [start:solution-moons]
    for hidden in ([], [4], [8]):
        print(f"hidden {hidden!s:3}", on_five_seeds("moons", [2, *hidden, 1]))
    # --8<-- [end:solution-moons]
