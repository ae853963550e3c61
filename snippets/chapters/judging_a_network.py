"""Judging a network: against baselines and the noise floor, on rows of their own."""

# --8<-- [start:network]
from snippets.chapters.gradient_descent import mae, scaled, split, unscaled
from snippets.deeper.make_it_fast import FastNeuralNetwork


def trained(X_train, y_train, learning_rate, seed=0):
    """Return a network 4 → 16 → 8 → 1, trained for 200 epochs on unscaled rows."""
    network = FastNeuralNetwork([4, 16, 8, 1], learning_rate, seed)
    network.fit(scaled(X_train, X_train), scaled(y_train, y_train), verbose=False)
    return network


def minutes(network, X, X_train, y_train):
    """Return the predictions (n, 1) in minutes for unscaled deliveries X (n, 4)."""
    return unscaled(network.predict(scaled(X, X_train)), y_train)


# --8<-- [end:network]

if __name__ == "__main__":
    # --8<-- [start:results]
    from sklearn.linear_model import LinearRegression

    from snippets.delivery import expected_minutes

    X_train, X_test, y_train, y_test = split()
    network = trained(X_train, y_train, learning_rate=0.005)
    line = LinearRegression().fit(X_train, y_train)

    y_network = minutes(network, X_test, X_train, y_train)
    print(f"predict the mean  {mae(y_train.mean(), y_test):6.3f} min")
    print(f"least squares     {mae(line.predict(X_test), y_test):6.3f} min")
    print(f"the network       {mae(y_network, y_test):6.3f} min")
    print(f"noise floor       {mae(expected_minutes(X_test), y_test):6.3f} min")
    # --8<-- [end:results]

    # --8<-- [start:below-the-floor]
    print("data set  noise floor  least squares")
    for seed in range(6):
        X_rows, X_others, y_rows, y_others = split(seed)
        floor = mae(expected_minutes(X_others), y_others)
        y_line = LinearRegression().fit(X_rows, y_rows).predict(X_others)
        error = mae(y_line, y_others)
        verdict = "  below" if error < floor else ""
        print(f"{seed:8}  {floor:11.3f}  {error:13.3f}{verdict}")
    # --8<-- [end:below-the-floor]

    # --8<-- [start:many-rows]
    import numpy as np

    from snippets.delivery import make_deliveries

    X_new, y_new = make_deliveries(n=200_000, seed=7)
    rule = expected_minutes(X_new)
    print(f"noise floor    {mae(rule, y_new):.2f} min")
    print(f"4 · √(2 / π) = {4 * np.sqrt(2 / np.pi):.2f} min")

    print("                MAE   distance to the rule")
    y_line = line.predict(X_new)
    y_network = minutes(network, X_new, X_train, y_train)
    for name, y_hat in {"least squares": y_line, "the network": y_network}.items():
        print(f"{name:13}  {mae(y_hat, y_new):.2f}   {mae(y_hat, rule):.2f} min")
    # --8<-- [end:many-rows]

    # --8<-- [start:quadratic]
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures

    S_train, S_test, t_train, t_test = split(surge=1.5)
    straight = LinearRegression().fit(S_train, t_train)
    quadratic = make_pipeline(PolynomialFeatures(2), LinearRegression())
    quadratic.fit(S_train, t_train)

    floor = mae(expected_minutes(S_test, surge=1.5), t_test)
    print(f"predict the mean  {mae(t_train.mean(), t_test):6.3f} min")
    print(f"least squares     {mae(straight.predict(S_test), t_test):6.3f} min")
    print(f"quadratic fit     {mae(quadratic.predict(S_test), t_test):6.3f} min")
    print(f"noise floor       {floor:6.3f} min")
    # --8<-- [end:quadratic]

    # --8<-- [start:validation]
    rates = (0.005, 0.02, 0.05, 0.1)
    tasks = {"linear": (X_train, y_train), "surge": (S_train, t_train)}
    losses = {name: [] for name in tasks}
    validation = {name: [] for name in tasks}
    for name, (X, y) in tasks.items():
        X_fit, X_val, y_fit, y_val = X[:1200], X[1200:], y[:1200], y[1200:]
        for learning_rate in rates:
            network = trained(X_fit, y_fit, learning_rate)
            residuals = network.predict(scaled(X_fit, X_fit)) - scaled(y_fit, y_fit)
            losses[name].append(np.mean(residuals**2))
            y_hat = minutes(network, X_val, X_fit, y_fit)
            validation[name].append(mae(y_hat, y_val))
    # --8<-- [end:validation]

    # --8<-- [start:validation-table]
    print("          linear               surge               both")
    print("  rate    loss   validation    loss   validation    validation")
    for i, learning_rate in enumerate(rates):
        cells = [
            f"{losses[name][i]:.4f}  {validation[name][i]:6.3f} min" for name in tasks
        ]
        both = sum(validation[name][i] for name in tasks)
        print(f"{learning_rate:6}    {cells[0]}    {cells[1]}    {both:6.3f} min")
    # --8<-- [end:validation-table]

    # --8<-- [start:choice]
    both = np.add(validation["linear"], validation["surge"])
    assert rates[np.argmin(both)] == 0.05
    assert rates[np.argmin(validation["linear"])] == 0.05
    assert losses["linear"] == sorted(losses["linear"], reverse=True)
    # --8<-- [end:choice]

    # --8<-- [start:loss-curves]
    import matplotlib.pyplot as plt

    from snippets.chapters.backpropagation import mse

    X_fit, X_val, y_fit, y_val = (
        X_train[:1200],
        X_train[1200:],
        y_train[:1200],
        y_train[1200:],
    )
    twin = FastNeuralNetwork([4, 16, 8, 1], learning_rate=0.05, seed=0)
    X, y = scaled(X_fit, X_fit), scaled(y_fit, y_fit)
    fit_losses, val_losses = [], []
    for _epoch in range(200):
        fit_losses += twin.fit(X, y, epochs=1, verbose=False)
        y_hat = twin.predict(scaled(X_val, X_fit))
        val_losses.append(mse(y_hat, scaled(y_val, y_fit)))

    _fig, ax = plt.subplots(figsize=(5.2, 3.5))
    epochs = np.arange(1, 201)
    ax.plot(epochs, fit_losses, color="C0", label="1,200 rows to train on")
    ax.plot(epochs, val_losses, "--", color="C1", label="400 validation rows")
    ax.set(xlabel="epoch", ylabel="loss", yscale="log")
    ax.set_yticks([0.06, 0.08, 0.1, 0.2], ["0.06", "0.08", "0.1", "0.2"])
    ax.minorticks_off()
    ax.legend()
    plt.show()
    assert np.isclose(fit_losses[-1], losses["linear"][2])
    assert val_losses[-1] < 1.02 * min(val_losses)
    # --8<-- [end:loss-curves]

    # --8<-- [start:final]
    network = trained(X_train, y_train, learning_rate=0.05)
    surge_network = trained(S_train, t_train, learning_rate=0.05)

    y_network = minutes(network, X_test, X_train, y_train)
    t_network = minutes(surge_network, S_test, S_train, t_train)
    print(f"linear: the network  {mae(y_network, y_test):.3f} min")
    print(f"surge:  the network  {mae(t_network, t_test):.3f} min")
    # --8<-- [end:final]

    # --8<-- [start:distances]
    def distance(model, X_rows, y_rows):
        """Return the mean distance in minutes of a network to the rule."""
        return mae(minutes(model, X_new, X_rows, y_rows), rule)

    print("data set  least squares", *(f"{rate:>7}" for rate in rates))
    for seed in (42, 1, 2):
        X_rows, _X, y_rows, _y = split(seed)
        best = LinearRegression().fit(X_rows, y_rows)
        networks = [trained(X_rows, y_rows, rate) for rate in rates]
        far = [f"{distance(each, X_rows, y_rows):7.2f}" for each in networks]
        print(f"{seed:8}  {mae(best.predict(X_new), rule):13.2f}", *far)
    # --8<-- [end:distances]

    # --8<-- [start:surge-curves]
    traffic = np.linspace(1, 10, 91)
    X_line = np.tile([6.0, 0.0, 15.0, 350.0], (91, 1))  # km, traffic, min, rupees
    X_line[:, 1] = traffic

    _fig, ax = plt.subplots(figsize=(5.2, 3.8))
    rule = expected_minutes(X_line, surge=1.5)
    ax.plot(traffic, rule, color="C5", linewidth=5, alpha=0.4, label="the rule")
    y_network = minutes(surge_network, X_line, S_train, t_train)
    ax.plot(traffic, y_network, color="C0", label="the network")
    ax.plot(traffic, quadratic.predict(X_line), "--", color="C3", label="quadratic fit")
    ax.plot(traffic, straight.predict(X_line), ":", color="C1", label="least squares")
    ax.set(xlabel="traffic score", ylabel="minutes for 6 km")
    ax.legend()
    plt.show()
    # --8<-- [end:surge-curves]

    # --8<-- [start:six-data-sets]
    def margin(seed, surge, degree):
        """Return the test MAE of a network minus that of a polynomial fit, minutes."""
        X_rows, X_others, y_rows, y_others = split(seed, surge)
        fit = make_pipeline(PolynomialFeatures(degree), LinearRegression())
        y_fit = fit.fit(X_rows, y_rows).predict(X_others)
        network = trained(X_rows, y_rows, 0.05, seed)
        y_network = minutes(network, X_others, X_rows, y_rows)
        return mae(y_network, y_others) - mae(y_fit, y_others)

    linear = np.array([margin(seed, surge=0.0, degree=1) for seed in range(6)])
    surge = np.array([margin(seed, surge=1.5, degree=2) for seed in range(6)])
    for name, margins in {"linear": linear, "surge": surge}.items():
        wins = np.sum(margins < 0)
        print(f"{name:6}: the network wins on {wins} of 6, {margins.mean():+.2f} min")
    # --8<-- [end:six-data-sets]

    # --8<-- [start:shuffled-columns]
    from snippets.delivery import COLUMNS

    rng = np.random.default_rng(0)
    before = mae(minutes(network, X_test, X_train, y_train), y_test)
    for column in range(4):
        X_shuffled = X_test.copy()
        X_shuffled[:, column] = rng.permutation(X_test[:, column])
        after = mae(minutes(network, X_shuffled, X_train, y_train), y_test)
        length = np.linalg.norm(network.W[0][column])
        change = f"{after - before:+6.2f} min"
        print(f"{COLUMNS[column]:9} {change}, length of its weights {length:.2f}")
    # --8<-- [end:shuffled-columns]

    # --8<-- [start:slow-network]
    slow = trained(S_train, t_train, learning_rate=0.005)
    t_slow = minutes(slow, S_test, S_train, t_train)
    print(f"at the rate 0.005  {mae(t_slow, t_test):.3f} min")
    print(f"quadratic fit      {mae(quadratic.predict(S_test), t_test):.3f} min")
    # --8<-- [end:slow-network]

    # --8<-- [start:quarters]
    for learning_rate in rates:
        errors = []
        for quarter in range(4):
            is_val = np.arange(1600) // 400 == quarter
            X_fit, y_fit = X_train[~is_val], y_train[~is_val]
            model = trained(X_fit, y_fit, learning_rate)
            y_hat = minutes(model, X_train[is_val], X_fit, y_fit)
            errors.append(mae(y_hat, y_train[is_val]))
        each = "  ".join(f"{error:.2f}" for error in errors)
        print(f"{learning_rate:5}: {each}  mean {np.mean(errors):.3f} min")
    # --8<-- [end:quarters]

    # --8<-- [start:floors]
    floors = []
    for seed in range(100):
        X, y = make_deliveries(n=400, seed=seed)
        floors.append(mae(expected_minutes(X), y))
    print(
        f"from {min(floors):.2f} to {max(floors):.2f} min, spread {np.std(floors):.2f}"
    )
    # --8<-- [end:floors]

    # --8<-- [start:made-feature]
    def with_surge(X):
        """Return X (n, 4) with distance · max(traffic − 6, 0) as a fifth column."""
        return np.column_stack([X, X[:, 0] * np.maximum(X[:, 1] - 6, 0)])

    S_five, S_five_test = with_surge(S_train), with_surge(S_test)
    informed = FastNeuralNetwork([5, 16, 8, 1], learning_rate=0.05, seed=0)
    informed.fit(scaled(S_five, S_five), scaled(t_train, t_train), verbose=False)
    y_line = LinearRegression().fit(S_five, t_train).predict(S_five_test)
    y_hat = minutes(informed, S_five_test, S_five, t_train)
    print(f"least squares  {mae(y_line, t_test):.3f} min")
    print(f"the network    {mae(y_hat, t_test):.3f} min")
    # --8<-- [end:made-feature]
