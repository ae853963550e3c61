"""Why neural networks: features made by hand, a rule that bends, and pixels."""

# --8<-- [start:deliveries]
import numpy as np
from sklearn.model_selection import train_test_split

from snippets.delivery import COLUMNS, expected_minutes, make_deliveries

X, y = make_deliveries()  # (2000, 4), (2000, 1)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.2, random_state=42
)
# --8<-- [end:deliveries]

if __name__ == "__main__":
    # --8<-- [start:first-orders]
    print("distance  traffic  prep  value  minutes")
    for order, minutes in zip(X_train[:3], y_train[:3, 0], strict=True):
        distance, traffic, prep, value = order
        print(f"{distance:8.1f} {traffic:8.0f} {prep:5.1f} {value:6.0f} {minutes:8.1f}")
    # --8<-- [end:first-orders]

    # --8<-- [start:rule]
    distance, traffic, prep, value = X.T
    by_hand = 8.6 + 7.3 * distance + 1.5 * traffic + 0.8 * prep
    assert np.allclose(expected_minutes(X)[:, 0], by_hand)
    # --8<-- [end:rule]

    # --8<-- [start:feature-ladder]
    from sklearn.linear_model import LinearRegression

    def mean_error(y_hat, y):
        """Return the mean absolute error; ravel makes each array one long row."""
        return np.abs(y_hat.ravel() - y.ravel()).mean()

    print(f"the mean   {mean_error(y_train.mean(), y_test):6.2f} minutes")
    for count in (1, 2, 3, 4):
        line = LinearRegression().fit(X_train[:, :count], y_train)
        error = mean_error(line.predict(X_test[:, :count]), y_test)
        print(f"+ {COLUMNS[count - 1]:9}{error:6.2f} minutes")
    print(f"the rule   {mean_error(expected_minutes(X_test), y_test):6.2f} minutes")
    # --8<-- [end:feature-ladder]

    # --8<-- [start:twentieth]
    assert abs(error - mean_error(expected_minutes(X_test), y_test)) < 0.05
    # --8<-- [end:twentieth]

    # --8<-- [start:fitted-line]
    line = LinearRegression().fit(X_train[:, :3], y_train)
    for name, minutes in zip(COLUMNS[:3], line.coef_[0], strict=True):
        print(f"{name:9}{minutes:5.2f} minutes for one more")
    print(f"constant {line.intercept_[0]:5.2f} minutes")
    # --8<-- [end:fitted-line]

    # --8<-- [start:surge-deliveries]
    _, y_surge = make_deliveries(surge=1.5)  # the same orders, other minutes
    surge_train, surge_test = train_test_split(y_surge, test_size=0.2, random_state=42)
    # --8<-- [end:surge-deliveries]

    # --8<-- [start:surge-errors]
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    line = LinearRegression()
    network = make_pipeline(
        StandardScaler(),
        MLPRegressor(
            hidden_layer_sizes=(16, 8),
            learning_rate_init=0.01,
            max_iter=1000,
            random_state=0,
        ),
    )
    print(f"the mean       {mean_error(surge_train.mean(), surge_test):6.2f} minutes")
    for name, model in {"least squares": line, "network": network}.items():
        model.fit(X_train, surge_train.ravel())
        error = mean_error(model.predict(X_test), surge_test)
        print(f"{name:15}{error:6.2f} minutes")
    floor = mean_error(expected_minutes(X_test, surge=1.5), surge_test)
    print(f"the rule       {floor:6.2f} minutes")
    # --8<-- [end:surge-errors]

    # --8<-- [start:surge-picture]
    import matplotlib.pyplot as plt

    orders = np.tile([6.0, 0.0, 15.0, 350.0], (91, 1))  # 6 km, 15 minutes, 350 rupees
    traffic = np.linspace(1, 10, 91)
    orders[:, 1] = traffic
    rule = expected_minutes(orders, surge=1.5)

    fig, ax = plt.subplots()
    ax.plot(traffic, rule, color="C5", linewidth=6, alpha=0.4, label="the rule")
    ax.plot(traffic, network.predict(orders), color="C0", label="network")
    ax.plot(traffic, line.predict(orders), ":", color="C1", label="least squares")
    ax.set(xlabel="traffic score", ylabel="minutes for 6 km")
    ax.legend()
    plt.show()
    # --8<-- [end:surge-picture]

    # --8<-- [start:pictures]
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images / 16  # (1797, 8, 8), ink from 0 to 1
    labels = digits.target  # (1797,), the digit of each picture
    print("pictures, rows, columns:", images.shape)
    # --8<-- [end:pictures]


# --8<-- [start:draw]
def draw(ax, grid, color="C0"):
    """Draw the positive values of a (rows, columns) grid, at most 1, as squares."""
    rows, columns = np.nonzero(grid > 0)
    side = grid[rows, columns]
    ax.bar(columns, side, width=side, bottom=rows - side / 2, color=color)
    ax.set(xlim=(-1, grid.shape[1]), ylim=(grid.shape[0], -1), aspect="equal")
    ax.axis("off")


# --8<-- [end:draw]

if __name__ == "__main__":
    # --8<-- [start:digits]
    fig, axes = plt.subplots(2, 5)
    for digit, ax in enumerate(axes.flat):
        draw(ax, images[labels == digit][0])
        ax.set_title(digit, fontsize=13)
    plt.show()
    # --8<-- [end:digits]

    # --8<-- [start:features-by-hand]
    def features_by_hand(images):
        """Return seven features of each picture; (n, size, size) gives (n, 7)."""
        place = np.arange(images.shape[1])  # the number of each row, or column
        in_row, in_column = images.sum(axis=2), images.sum(axis=1)  # (n, size)
        ink = in_row.sum(axis=1)
        row, column = in_row @ place / ink, in_column @ place / ink
        height = np.sqrt(in_row @ place**2 / ink - row**2)
        width = np.sqrt(in_column @ place**2 / ink - column**2)
        left_right = np.abs(images - images[:, :, ::-1]).mean(axis=(1, 2))
        up_down = np.abs(images - images[:, ::-1]).mean(axis=(1, 2))
        return np.column_stack([ink, row, column, height, width, left_right, up_down])

    # --8<-- [end:features-by-hand]

    # --8<-- [start:two-pictures]
    features = features_by_hand(images)  # (1797, 7)
    names = ["ink", "row", "column", "height", "width", "left/right", "up/down"]
    print(f"{'':12}{'a 0':>6}{'a 1':>6}")
    for name, zero, one in zip(names, features[0], features[1], strict=True):
        print(f"{name:12}{zero:6.2f}{one:6.2f}")
    # --8<-- [end:two-pictures]

    # --8<-- [start:two-readers]
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    linear = LogisticRegression(solver="newton-cg", max_iter=1000)
    network = MLPClassifier(
        hidden_layer_sizes=(32,),
        learning_rate_init=0.01,
        alpha=0.1,
        tol=1e-3,
        max_iter=1000,
        random_state=0,
    )
    # --8<-- [end:two-readers]

    # --8<-- [start:held-out-accuracy]
    def held_out_accuracy(model, inputs, seed=42):
        """Fit on three quarters of the pictures; return the share right on the rest."""
        flat = inputs.reshape(len(inputs), -1)  # one row of numbers a picture
        train, test = train_test_split(
            np.arange(len(flat)), test_size=0.25, random_state=seed, stratify=labels
        )
        model.fit(flat[train], labels[train])
        return model.score(flat[test], labels[test])

    # --8<-- [end:held-out-accuracy]

    # --8<-- [start:accuracy-by-hand]
    in_place = {}
    for name, model in {"linear": linear, "network": network}.items():
        one_scale = make_pipeline(StandardScaler(), model)
        in_place[f"features, {name}"] = held_out_accuracy(one_scale, features)
        print(f"features, {name:8}{in_place[f'features, {name}']:6.1%}")
    # --8<-- [end:accuracy-by-hand]

    # --8<-- [start:accuracy-on-pixels]
    for name, model in {"linear": linear, "network": network}.items():
        in_place[f"pixels, {name}"] = held_out_accuracy(model, images)
        print(f"pixels, {name:8}{in_place[f'pixels, {name}']:6.1%}")
    # --8<-- [end:accuracy-on-pixels]

    # --8<-- [start:detectors]
    W, votes = network.coefs_  # (64, 32), (32, 10)
    strongest = np.argsort(votes.max(axis=1), kind="stable")[::-1][:6]

    fig, axes = plt.subplots(2, 3)
    for unit, ax in zip(strongest, axes.flat, strict=True):
        weights = W[:, unit].reshape(8, 8) / np.abs(W[:, unit]).max()
        draw(ax, weights, "C0")
        draw(ax, -weights, "C1")
        ax.set_title(f"votes for {votes[unit].argmax()}", fontsize=13)
    plt.show()
    # --8<-- [end:detectors]

    # --8<-- [start:passes]
    losses = network.loss_curve_  # one number for each pass
    for passes in (1, 2, 5, 10, 20, len(losses)):
        print(f"pass {passes:3}: loss {losses[passes - 1]:.3f}")
    # --8<-- [end:passes]

    # --8<-- [start:parts-of-the-loss]
    train, _test = train_test_split(
        np.arange(len(images)), test_size=0.25, random_state=42, stratify=labels
    )
    shares = network.predict_proba(images[train].reshape(-1, 64))  # (1347, 10)
    right = shares[np.arange(len(train)), labels[train]]
    wrongness = -np.log(right).mean()
    squares = sum(np.sum(weights**2) for weights in network.coefs_)
    penalty = network.alpha / 2 * squares / 200  # scikit-learn takes 200 rows a step
    print(f"wrong answers {wrongness:.3f}, large weights {penalty:.3f}")
    print(f"one tenth for every digit {np.log(10):.3f}")
    # --8<-- [end:parts-of-the-loss]

    # --8<-- [start:other-splits]
    leads = []
    for seed in range(5):
        straight = held_out_accuracy(linear, images, seed)
        learned = held_out_accuracy(network, images, seed)
        leads.append(learned - straight)
        print(f"split {seed}: linear {straight:.1%}, network {learned:.1%}")
    print(f"mean lead of the network: {100 * np.mean(leads):.1f} points")
    # --8<-- [end:other-splits]


# --8<-- [start:move]
def move(images, rng):
    """Put each 8 by 8 picture somewhere at random in an empty 12 by 12 one."""
    moved = np.zeros((len(images), 12, 12))
    for frame, image in zip(moved, images, strict=True):
        row, column = rng.integers(0, 5, 2)
        frame[row : row + 8, column : column + 8] = image
    return moved


# --8<-- [end:move]

if __name__ == "__main__":
    # --8<-- [start:frames]
    moved = move(images, np.random.default_rng(0))  # (1797, 12, 12)
    # --8<-- [end:frames]

    # --8<-- [start:accuracy-when-moved]
    after_move = {}
    for name, model in {"linear": linear, "network": network}.items():
        one_scale = make_pipeline(StandardScaler(), model)
        features_moved = features_by_hand(moved)
        after_move[f"features, {name}"] = held_out_accuracy(one_scale, features_moved)
    for name, model in {"linear": linear, "network": network}.items():
        after_move[f"pixels, {name}"] = held_out_accuracy(model, moved)

    print(f"{'':17} in place   moved")
    for name, accuracy in after_move.items():
        print(f"{name:17} {in_place[name]:8.1%} {accuracy:7.1%}")
    # --8<-- [end:accuracy-when-moved]

    # --8<-- [start:unmoved-features]
    unmoved = [0, 3, 4]  # ink, height, width
    assert np.allclose(features_moved[:, unmoved], features[:, unmoved])
    # --8<-- [end:unmoved-features]

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

    # --8<-- [start:solution-surge-column]
    def with_surge(X):
        """Return the columns of X (n, 4) and the missing one, (n, 5)."""
        return np.column_stack([X, X[:, 0] * np.maximum(X[:, 1] - 6, 0)])

    line = LinearRegression().fit(with_surge(X_train), surge_train)
    error = mean_error(line.predict(with_surge(X_test)), surge_test)
    print(f"least squares with the fifth column: {error:.2f} minutes")
    print(f"minutes for one more of it: {line.coef_[0, 4]:.2f}")
    # --8<-- [end:solution-surge-column]

    # --8<-- [start:solution-blocks]
    columns = []
    for row in range(0, 8, 2):
        for column in range(0, 8, 2):
            block = images[:, row : row + 2, column : column + 2]  # (1797, 2, 2)
            columns.append(block.sum(axis=(1, 2)))
    blocks = np.column_stack(columns)  # (1797, 16)

    both = np.hstack([features, blocks])  # (1797, 23)
    for name, inputs in {"16 blocks": blocks, "all 23": both}.items():
        accuracy = held_out_accuracy(make_pipeline(StandardScaler(), linear), inputs)
        print(f"{name:10}{accuracy:.1%}")
    # --8<-- [end:solution-blocks]

    # --8<-- [start:solution-recentre]
    undone = np.zeros_like(moved)
    for number, picture in enumerate(moved):
        row, column = features_moved[number, 1:3]
        steps = round(5.5 - row), round(5.5 - column)
        undone[number] = np.roll(picture, steps, axis=(0, 1))
    print(f"pixels, linear  {held_out_accuracy(linear, undone):.1%}")
    # --8<-- [end:solution-recentre]

    # --8<-- [start:solution-more-pictures]
    train, test = train_test_split(
        np.arange(len(labels)), test_size=0.25, random_state=42, stratify=labels
    )
    rng = np.random.default_rng(1)
    copies = [move(images[train], rng) for _ in range(3)]
    seen = np.concatenate(copies).reshape(-1, 144)  # (4041, 144)
    seen_labels = np.tile(labels[train], 3)  # (4041,)
    for name, model in {"linear": linear, "network": network}.items():
        model.fit(seen, seen_labels)
        accuracy = model.score(moved[test].reshape(-1, 144), labels[test])
        print(f"pixels, {name:8} {accuracy:.1%} after {len(seen)} pictures")
    # --8<-- [end:solution-more-pictures]
