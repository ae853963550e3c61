"""Why neural networks: features made by hand, and features that are learned."""

# --8<-- [start:deliveries-split]
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from sklearn.base import ClassifierMixin
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split

from snippets.delivery import COLUMNS, expected_minutes, make_deliveries

X, y = make_deliveries()  # (2000, 4), (2000, 1)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.2, random_state=42
)
# --8<-- [end:deliveries-split]

if __name__ == "__main__":
    # --8<-- [start:first-orders]
    orders = np.hstack([X_train, y_train])[:3]  # (3, 5)
    for name, values in zip((*COLUMNS, "minutes"), orders.T, strict=True):
        print(f"{name:9}", *(f"{value:6.1f}" for value in values))
    # --8<-- [end:first-orders]

    # --8<-- [start:feature-ladder]
    errors = [np.abs(y_test - y_train.mean()).mean()]
    for count in range(1, len(COLUMNS) + 1):
        line = LinearRegression().fit(X_train[:, :count], y_train)
        y_hat = line.predict(X_test[:, :count])  # (400, 1)
        errors.append(np.abs(y_test - y_hat).mean())
    noise = np.abs(y_test - expected_minutes(X_test)).mean()

    names = ["the mean", *(f"+ {name}" for name in COLUMNS), "the rule"]
    for name, error in zip(names, [*errors, noise], strict=True):
        print(f"{name:12}{error:6.2f} minutes")
    assert abs(errors[-1] - noise) < 0.05
    # --8<-- [end:feature-ladder]


# --8<-- [start:picture-grid]
def draw(ax: Axes, grid: np.ndarray, color: str = "C0") -> None:
    """Draw the positive values of a (rows, columns) grid, at most 1, as squares."""
    rows, columns = np.nonzero(grid > 0)
    side = grid[rows, columns]
    ax.bar(columns, side, width=side, bottom=rows - side / 2, color=color)
    ax.set(xlim=(-1, grid.shape[1]), ylim=(grid.shape[0], -1), aspect="equal")
    ax.axis("off")


# --8<-- [end:picture-grid]

if __name__ == "__main__":
    # --8<-- [start:digits]
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = digits.images / 16, digits.target  # (1797, 8, 8), (1797,)
    print("pictures, rows, columns:", images.shape)

    fig, axes = plt.subplots(2, 5)
    for digit, ax in enumerate(axes.flat):
        draw(ax, images[labels == digit][0])
        ax.set_title(digit, fontsize=13)
    plt.show()
    # --8<-- [end:digits]


# --8<-- [start:features-by-hand]
NAMES = ("ink", "row", "column", "height", "width", "left/right", "up/down")


def features_by_hand(images: np.ndarray) -> np.ndarray:
    """Return seven features of each picture; (n, size, size) gives (n, 7)."""
    rows, columns = images.sum(axis=2), images.sum(axis=1)  # (n, size) each
    ink, place = rows.sum(axis=1), np.arange(images.shape[1])
    row, column = rows @ place / ink, columns @ place / ink
    height = np.sqrt(rows @ place**2 / ink - row**2)
    width = np.sqrt(columns @ place**2 / ink - column**2)
    left_right = np.abs(images - images[:, :, ::-1]).mean(axis=(1, 2))
    up_down = np.abs(images - images[:, ::-1]).mean(axis=(1, 2))
    return np.column_stack([ink, row, column, height, width, left_right, up_down])


# --8<-- [end:features-by-hand]

if __name__ == "__main__":
    # --8<-- [start:two-pictures]
    values = features_by_hand(images)  # (1797, 7)
    print(f"{'':12}{'a 0':>6}{'a 1':>6}")
    for name, zero, one in zip(NAMES, values[0], values[1], strict=True):
        print(f"{name:12}{zero:6.2f}{one:6.2f}")
    # --8<-- [end:two-pictures]


# --8<-- [start:held-out-accuracy]
def held_out_accuracy(
    model: ClassifierMixin, inputs: np.ndarray, labels: np.ndarray, seed: int = 42
) -> float:
    """Fit on three quarters of the inputs (n, …); return the accuracy on the rest."""
    flat = inputs.reshape(len(inputs), -1)  # (n, n_in)
    train, test, train_labels, test_labels = train_test_split(
        flat, labels, test_size=0.25, random_state=seed, stratify=labels
    )
    return model.fit(train, train_labels).score(test, test_labels)


# --8<-- [end:held-out-accuracy]

if __name__ == "__main__":
    # --8<-- [start:models]
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    options = {"learning_rate_init": 0.01, "alpha": 0.1, "tol": 1e-3, "max_iter": 1000}
    linear = LogisticRegression(solver="newton-cg", max_iter=1000)
    network = MLPClassifier(hidden_layer_sizes=(32,), random_state=0, **options)
    scaled = {
        "features, linear": make_pipeline(StandardScaler(), linear),
        "features, network": make_pipeline(StandardScaler(), network),
    }
    # --8<-- [end:models]

    # --8<-- [start:accuracy-by-hand]
    in_place = {}
    for name, model in scaled.items():
        in_place[name] = held_out_accuracy(model, features_by_hand(images), labels)
        print(f"{name:17} {in_place[name]:.1%}")
    # --8<-- [end:accuracy-by-hand]

    # --8<-- [start:accuracy-on-pixels]
    in_place["pixels, linear"] = held_out_accuracy(linear, images, labels)
    in_place["pixels, network"] = held_out_accuracy(network, images, labels)
    for name, accuracy in in_place.items():
        print(f"{name:17} {accuracy:.1%}")
    lead = in_place["pixels, network"] - in_place["pixels, linear"]
    print(f"lead of the network on pixels: {100 * lead:.1f} points")
    # --8<-- [end:accuracy-on-pixels]

    # --8<-- [start:detectors]
    W, votes = network.coefs_  # (64, 32), (32, 10)
    strongest = np.argsort(votes.max(axis=1))[::-1][:6]

    fig, axes = plt.subplots(2, 3)
    for unit, ax in zip(strongest, axes.flat, strict=True):
        weights = W[:, unit].reshape(8, 8) / np.abs(W[:, unit]).max()
        draw(ax, weights, "C0")
        draw(ax, -weights, "C1")
        ax.set_title(f"votes for {votes[unit].argmax()}", fontsize=13)
    plt.show()
    # --8<-- [end:detectors]

    # --8<-- [start:passes]
    losses = network.loss_curve_
    for passes in (1, 2, 5, 10, 20, len(losses)):
        print(f"pass {passes:3}: mean loss {losses[passes - 1]:.3f}")
    # --8<-- [end:passes]

    # --8<-- [start:other-splits]
    leads = []
    for seed in range(5):
        straight = held_out_accuracy(linear, images, labels, seed)
        learned = held_out_accuracy(network, images, labels, seed)
        leads.append(learned - straight)
        print(f"split {seed}: linear {straight:.1%}, network {learned:.1%}")
    print(f"mean lead of the network: {100 * np.mean(leads):.1f} points")
    # --8<-- [end:other-splits]


# --8<-- [start:frames]
def move(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put pictures (n, 8, 8) anywhere in frames that are four wider, (n, 12, 12)."""
    n, height, width = images.shape
    framed = np.zeros((n, height + 4, width + 4))
    corners = rng.integers(0, 5, (n, 2))
    for frame, image, (row, column) in zip(framed, images, corners, strict=True):
        frame[row : row + height, column : column + width] = image
    return framed


# --8<-- [end:frames]

if __name__ == "__main__":
    # --8<-- [start:accuracy-when-moved]
    moved = move(images, np.random.default_rng(0))  # (1797, 12, 12)
    unmoved = features_by_hand(moved)[:, [0, 3, 4]]  # ink, height, width
    assert np.allclose(unmoved, features_by_hand(images)[:, [0, 3, 4]])

    after_move = {
        name: held_out_accuracy(model, features_by_hand(moved), labels)
        for name, model in scaled.items()
    }
    after_move["pixels, linear"] = held_out_accuracy(linear, moved, labels)
    after_move["pixels, network"] = held_out_accuracy(network, moved, labels)
    print(f"{'':17} in place, moved")
    for name, accuracy in after_move.items():
        print(f"{name:17}    {in_place[name]:.1%}, {accuracy:.1%}")
    # --8<-- [end:accuracy-when-moved]

    # --8<-- [start:comparison]
    fig, ax = plt.subplots()
    places = np.arange(len(in_place))
    before = [100 * accuracy for accuracy in in_place.values()]
    after = [100 * accuracy for accuracy in after_move.values()]
    ax.barh(places - 0.2, before, 0.4, label="in place")
    ax.barh(places + 0.2, after, 0.4, hatch="//", label="moved")
    ax.set(yticks=places, yticklabels=in_place, xlabel="held-out accuracy (%)")
    ax.invert_yaxis()
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    plt.show()
    # --8<-- [end:comparison]

    # --8<-- [start:solution-blocks]
    blocks = images.reshape(-1, 4, 2, 4, 2).sum(axis=(2, 4)).reshape(-1, 16)
    both = np.hstack([features_by_hand(images), blocks])  # (1797, 23)
    for name, inputs in {"16 blocks": blocks, "all 23": both}.items():
        accuracy = held_out_accuracy(scaled["features, linear"], inputs, labels)
        print(f"{name:10} {accuracy:.1%}")
    # --8<-- [end:solution-blocks]

    # --8<-- [start:solution-recentre]
    centre = features_by_hand(moved)[:, 1:3]  # (1797, 2)
    steps = np.rint(5.5 - centre).astype(int)
    undone = np.array(
        [np.roll(i, step, axis=(0, 1)) for i, step in zip(moved, steps, strict=True)]
    )
    print(f"pixels, linear  {held_out_accuracy(linear, undone, labels):.1%}")
    # --8<-- [end:solution-recentre]

    # --8<-- [start:solution-more-pictures]
    train, _, _, test, train_labels, test_labels = train_test_split(
        images, moved, labels, test_size=0.25, random_state=42, stratify=labels
    )
    rng = np.random.default_rng(1)
    seen = np.concatenate([move(train, rng) for _ in range(3)])  # (4041, 12, 12)
    for name, model in {"linear": linear, "network": network}.items():
        model.fit(seen.reshape(len(seen), -1), np.tile(train_labels, 3))
        accuracy = model.score(test.reshape(len(test), -1), test_labels)
        print(f"pixels, {name:8} {accuracy:.1%} after {len(seen)} pictures")
    # --8<-- [end:solution-more-pictures]
