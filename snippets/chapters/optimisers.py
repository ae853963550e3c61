"""Optimisers: from momentum to AdamW, schedules and clipping, and where they help."""

# --8<-- [start:numpy]
import numpy as np

# --8<-- [end:numpy]

if __name__ == "__main__":
    # --8<-- [start:first-step]
    theta = np.array([10.0, 1.0])
    gradient = theta * [1, 100]
    print("gradient      ", gradient)
    print("one step      ", (0.019 * gradient).round(2))
    print("after the step", (theta - 0.019 * gradient).round(2))
    # --8<-- [end:first-step]


# --8<-- [start:sgd-and-momentum]
def sgd(gradient, _state):
    """Return the direction of a plain step: the gradient itself."""
    return gradient


def momentum(gradient, state, beta=0.9):
    """Return the velocity: the gradient plus beta times the velocity before."""
    state["v"] = beta * state.get("v", 0) + gradient
    return state["v"]


# --8<-- [end:sgd-and-momentum]


# --8<-- [start:rmsprop]
def rmsprop(gradient, state, beta=0.99, epsilon=1e-8):
    """Return the gradient in units of its usual size (Tieleman & Hinton, 2012)."""
    state["s"] = beta * state.get("s", 0) + (1 - beta) * gradient**2
    return gradient / (np.sqrt(state["s"]) + epsilon)


# --8<-- [end:rmsprop]


# --8<-- [start:adam]
def adam(gradient, state, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    """Return the mean gradient in units of its usual size (Kingma & Ba, 2015)."""
    state["t"] = state.get("t", 0) + 1
    state["m"] = beta_1 * state.get("m", 0) + (1 - beta_1) * gradient
    state["s"] = beta_2 * state.get("s", 0) + (1 - beta_2) * gradient**2
    m_hat = state["m"] / (1 - beta_1 ** state["t"])
    s_hat = state["s"] / (1 - beta_2 ** state["t"])
    return m_hat / (np.sqrt(s_hat) + epsilon)


# --8<-- [end:adam]

if __name__ == "__main__":
    # --8<-- [start:shares]
    state, held = {}, []
    for _step in range(3):
        adam(1.0, state)
        held.append(state["m"])
    assert np.allclose(held, [0.1, 0.19, 0.271])
    assert np.allclose(held, 1 - 0.9 ** np.arange(1, 4))
    # --8<-- [end:shares]

    # --8<-- [start:valley]
    paths = {}
    rates = {sgd: 0.019, momentum: 0.019, rmsprop: 0.15, adam: 0.5}
    for rule, learning_rate in rates.items():
        theta, state = np.array([10.0, 1.0]), {}
        paths[rule] = [theta.copy()]
        for _step in range(100):
            theta -= learning_rate * rule(theta * [1, 100], state)
            paths[rule].append(theta.copy())
        ends = theta.round(2) + 0.0  # + 0.0 turns -0.0 into 0.0
        print(f"{rule.__name__:8} after 100 steps: {ends}")
    # --8<-- [end:valley]

    # --8<-- [start:valley-paths]
    import matplotlib.pyplot as plt

    _fig, axes = plt.subplots(4, 1, figsize=(5.2, 7.6), sharex=True, sharey=True)
    flat, steep = np.meshgrid(np.linspace(-3, 10.5, 28), np.linspace(-1.3, 1.3, 28))
    height = (flat**2 + 100 * steep**2) / 2
    names = ("SGD, 0.019", "momentum, 0.019", "RMSprop, 0.15", "Adam, 0.5")
    for ax, name, path in zip(axes, names, paths.values(), strict=True):
        levels = [2, 10, 25, 50, 80]
        ax.contour(flat, steep, height, levels, colors="C5", linewidths=0.6)
        points = np.array(path[:61])
        ax.plot(*points.T, "C0o-", markersize=3, linewidth=1, label=name)
        ax.plot(0, 0, "C1x")
        ax.set(ylabel="θ₁", ylim=(-1.3, 1.3))
        ax.legend(loc="upper left")
    axes[-1].set(xlabel="θ₀")
    plt.show()
    # --8<-- [end:valley-paths]

    # --8<-- [start:valley-check]
    lengths = [np.linalg.norm(path[-1] * [1, 10]) for path in paths.values()]
    assert lengths[0] > 1.4 > 0.1 > max(lengths[1:])
    furthest = [min(theta[0] for theta in path) for path in paths.values()]
    assert np.allclose(furthest[1:], [-2.8, 0, -1.3], atol=0.05)
    first_steps = paths[rmsprop][0] - paths[rmsprop][1]
    assert np.allclose(first_steps, 10 * 0.15)
    # --8<-- [end:valley-check]


# --8<-- [start:step]
def take_step(network, rule, states, X, y):
    """Take one step on X (batch, n_in) and y (batch, n_out); a state per parameter."""
    network.forward(X)
    dW, db = network.backward(y)
    parameters, gradients = network.W + network.b, dW + db
    for parameter, gradient, state in zip(parameters, gradients, states, strict=True):
        parameter -= network.learning_rate * rule(gradient, state)


# --8<-- [end:step]

if __name__ == "__main__":
    # --8<-- [start:deliveries]
    from snippets.chapters.gradient_descent import NeuralNetwork, scaled, split

    X_train, X_test, y_train, y_test = split()
    X, y = scaled(X_train, X_train), scaled(y_train, y_train)
    # --8<-- [end:deliveries]

    # --8<-- [start:names-in-torch]
    import torch

    names_in_torch = {
        sgd: (torch.optim.SGD, {}),
        momentum: (torch.optim.SGD, {"momentum": 0.9}),
        rmsprop: (torch.optim.RMSprop, {}),
        adam: (torch.optim.Adam, {}),
    }
    # --8<-- [end:names-in-torch]

    # --8<-- [start:parity]
    from snippets.chapters.pytorch import load_weights, make_model, torch_step

    torch.set_num_threads(1)

    def largest_gap(network, model):
        """Return by how much any parameter differs between NumPy and PyTorch."""
        weights = [layer.weight.detach().numpy().T for layer in model[::2]]
        biases = [layer.bias.detach().numpy() for layer in model[::2]]
        pairs = zip(network.W + network.b, weights + biases, strict=True)
        return max(np.abs(ours - theirs).max() for ours, theirs in pairs)

    for rule, (method, settings) in names_in_torch.items():
        network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.005, seed=0)
        states = [{} for _parameter in range(6)]
        model = make_model().double()
        load_weights(model, network.W, network.b)
        optimizer = method(model.parameters(), lr=0.005, **settings)
        for rows in np.split(np.arange(1600), 25):
            take_step(network, rule, states, X[rows], y[rows])
            tensors = torch.from_numpy(X[rows]), torch.from_numpy(y[rows])
            torch_step(model, optimizer, *tensors)

        gap = largest_gap(network, model)
        print(f"{rule.__name__:8} all parameters agree to 1e-10: {gap < 1e-10}")
        assert gap < 1e-10
    # --8<-- [end:parity]


# --8<-- [start:training]
from snippets.chapters.backpropagation import mse


def constant(_step):
    """Return the share of the learning rate that is used: all of it."""
    return 1


def train(network, rule, X, y, schedule=constant, take=take_step):
    """Train for 200 steps, that is 8 epochs; return the mse after each epoch."""
    states = [{} for _parameter in network.W + network.b]
    peak, losses, taken = network.learning_rate, [], 0
    for _epoch in range(8):
        for rows in network.rng.permutation(1600).reshape(25, 64):
            network.learning_rate = peak * schedule(taken)
            take(network, rule, states, X[rows], y[rows])
            taken += 1
        losses.append(mse(network.predict(X), y))
    return losses


# --8<-- [end:training]

if __name__ == "__main__":
    # --8<-- [start:rate-scan]
    def five_networks(rate):
        """Return the network of the course five times, with seeds 0 to 4."""
        return [NeuralNetwork([4, 16, 8, 1], rate, seed) for seed in range(5)]

    rates, curves, networks = (0.005, 0.02, 0.08, 0.32), {}, {}
    print("learning rate", *(f"{rate:6}" for rate in rates))
    for rule in (sgd, momentum, rmsprop, adam):
        for rate in rates:
            networks[rule, rate] = five_networks(rate)
            losses = [train(network, rule, X, y) for network in networks[rule, rate]]
            curves[rule, rate] = np.array(losses)  # (5 seeds, 8 epochs)
        worst = [curves[rule, rate][:, -1].max() for rate in rates]
        shown = [f"{loss:6.3f}" if loss < 0.5 else "  ≥ 0.5" for loss in worst]
        print(f"{rule.__name__:13}", *shown)
        assert worst[1] < 0.1 < 0.5 < worst[3]
    # --8<-- [end:rate-scan]

    # --8<-- [start:loss-curves]
    _fig, ax = plt.subplots()
    runs = {
        "SGD, 0.005": (sgd, 0.005, "C0-"),
        "SGD, 0.08": (sgd, 0.08, "C0--"),
        "momentum, 0.005": (momentum, 0.005, "C1-."),
        "Adam, 0.02": (adam, 0.02, "C2:"),
    }
    for name, (rule, rate, style) in runs.items():
        ax.plot(range(1, 9), curves[rule, rate].mean(axis=0), style, label=name)
    ax.set(xlabel="epoch", ylabel="loss, mean of 5 seeds", yscale="log")
    ax.set_yticks([0.07, 0.1, 0.2, 0.5], ["0.07", "0.1", "0.2", "0.5"])
    ax.minorticks_off()
    ax.legend()
    plt.show()
    # --8<-- [end:loss-curves]

    # --8<-- [start:unscaled-column]
    X_mixed = X.copy()
    X_mixed[:, 0] = X_train[:, 0] / 100  # hundreds of km
    assert X_mixed.std(axis=0).round(2).tolist() == [0.02, 1, 1, 1]

    rest = X[:, 1:] @ np.linalg.lstsq(X[:, 1:], y)[0]
    print(f"least squares without the distance: loss {mse(rest, y):.2f}")
    print("rule      rate  loss of five seeds")
    runs = [(sgd, 0.08), (sgd, 0.16), (momentum, 0.08), (rmsprop, 0.02), (adam, 0.08)]
    for rule, rate in runs:
        losses = [train(each, rule, X_mixed, y)[-1] for each in five_networks(rate)]
        span = f"{min(losses):.2f} to {max(losses):.2f}"
        print(f"{rule.__name__:8}  {rate:.2f}  {span}")
        assert (max(losses) < 0.5) == (rule in (rmsprop, adam))
    # --8<-- [end:unscaled-column]


# --8<-- [start:cosine]
def cosine(step, n_steps=200):
    """Return the share of the learning rate after `step` of n_steps."""
    return (1 + np.cos(np.pi * step / n_steps)) / 2


# --8<-- [end:cosine]

if __name__ == "__main__":
    # --8<-- [start:cosine-values]
    print("step   share    rate")
    for step in (0, 50, 100, 150, 199):
        print(f"{step:4} {cosine(step):7.4f} {0.08 * cosine(step):7.4f}")
    print(f"mean {np.mean([cosine(step) for step in range(200)]):7.4f}")
    # --8<-- [end:cosine-values]

    # --8<-- [start:schedules]
    from snippets.chapters.gradient_descent import mae, unscaled
    from snippets.delivery import expected_minutes

    def off_the_rule(network):
        """Return the mean distance to the rule on the test rows, in minutes."""
        y_hat = unscaled(network.predict(scaled(X_test, X_train)), y_train)
        return mae(y_hat, expected_minutes(X_test))

    print("Adam at  constant    cosine  better")
    for rate in (0.005, 0.08):
        five = five_networks(rate)
        losses = [train(network, adam, X, y, cosine) for network in five]
        curves[cosine, rate] = np.array(losses)
        before = np.array([off_the_rule(each) for each in networks[adam, rate]])
        after = np.array([off_the_rule(each) for each in five])
        wins = np.sum(after < before)
        row = f"{before.mean():.2f} min  {after.mean():.2f} min"
        print(f"{rate:5}  {row:>20}  {wins} of 5")
        assert wins == (5 if rate == 0.08 else 0)
    assert round(curves[cosine, 0.08].mean(axis=0)[-1], 2) == 0.06
    # --8<-- [end:schedules]

    # --8<-- [start:schedule-curves]
    _fig, ax = plt.subplots()
    epochs = range(1, 9)
    ax.plot(epochs, curves[adam, 0.08].mean(axis=0), "C0-", label="constant, 0.08")
    ax.plot(epochs, curves[cosine, 0.08].mean(axis=0), "C1--", label="cosine, 0.08")
    ax.set(xlabel="epoch", ylabel="loss, mean of 5 seeds", ylim=(0.05, 0.12))
    ax.legend()
    plt.show()
    # --8<-- [end:schedule-curves]


# --8<-- [start:warm-up]
def warm_up(step, n_steps=200, n_warm=20):
    """Return the share of the learning rate: up a line, then down a cosine."""
    if step < n_warm:
        return (step + 1) / n_warm
    return cosine(step - n_warm, n_steps - n_warm)


# --8<-- [end:warm-up]


# --8<-- [start:clipping]
def clipped(gradients, limit):
    """Return a list of arrays, all shortened alike if their norm is above limit."""
    norm = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    factor = min(1, limit / (norm + 1e-6))
    return [factor * gradient for gradient in gradients]


# --8<-- [end:clipping]

if __name__ == "__main__":
    # --8<-- [start:clipped-example]
    for limit in (1, 10):
        shorter = clipped([np.array([3.0]), np.array([4.0])], limit)
        print(f"limit {limit:2}:", *(gradient.round(2) for gradient in shorter))
    # --8<-- [end:clipped-example]


# --8<-- [start:full-step]
def full_step(network, rule, states, X, y, limit=np.inf, decay=0):
    """Take one step with clipping and weight decay; with Adam this is AdamW."""
    network.forward(X)
    dW, db = network.backward(y)
    parameters, gradients = network.W + network.b, clipped(dW + db, limit)
    for parameter, gradient, state in zip(parameters, gradients, states, strict=True):
        parameter *= 1 - network.learning_rate * decay
        parameter -= network.learning_rate * rule(gradient, state)


# --8<-- [end:full-step]

if __name__ == "__main__":
    # --8<-- [start:too-fast]
    from functools import partial

    print("learning rate 0.32, seeds that end with a loss above 0.5")
    clipping = partial(full_step, limit=1)
    trials = {
        "sgd": (sgd, constant, take_step),
        "sgd, clipped": (sgd, constant, clipping),
        "adam": (adam, constant, take_step),
        "adam, cosine": (adam, cosine, take_step),
        "adam, warm-up": (adam, warm_up, take_step),
    }
    saved = ("sgd, clipped", "adam, warm-up")
    for name, trial in trials.items():
        twenty = [NeuralNetwork([4, 16, 8, 1], 0.32, seed) for seed in range(20)]
        rule, schedule, take = trial
        ends = [train(network, rule, X, y, schedule, take)[-1] for network in twenty]
        failed = sum(loss > 0.5 for loss in ends)
        print(f"{name:14} {'at least 4' if failed >= 4 else failed} of 20")
        assert failed == 0 if name in saved else failed >= 4
    # --8<-- [end:too-fast]


# --8<-- [start:decay]
def after_decay(way, decay=0.1, learning_rate=0.01):
    """Return two weights, 1 at first, after 100 steps of Adam on noise."""
    theta, state = np.ones(2), {}
    for step in range(100):
        gradient = np.array([10, 0.1]) * (-1) ** step  # plus, minus, plus, ...
        if way == "L2":
            gradient = gradient + decay * theta
        else:
            theta *= 1 - learning_rate * decay
        theta -= learning_rate * adam(gradient, state)
    return theta


# --8<-- [end:decay]

if __name__ == "__main__":
    # --8<-- [start:two-decays]
    print("decay alone", round((1 - 0.01 * 0.1) ** 100, 3))
    for way in ("L2", "AdamW"):
        print(f"{way:11}", after_decay(way).round(3))
    # --8<-- [end:two-decays]

    # --8<-- [start:training-script]
    from torch import nn

    from snippets.chapters.pytorch import load_weights, make_model

    model = make_model().double()
    start = NeuralNetwork([4, 16, 8, 1], learning_rate=0.02, seed=0)
    load_weights(model, start.W, start.b)
    inputs, targets = torch.tensor(X), torch.tensor(y)

    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02, weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, warm_up)
    norms = []
    for rows in 8 * np.split(np.arange(1600), 25):  # 8 epochs of 25 mini-batches
        loss = nn.functional.mse_loss(model(inputs[rows]), targets[rows])
        optimizer.zero_grad()
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(model.parameters(), 1).item())
        optimizer.step()
        scheduler.step()
    # --8<-- [end:training-script]

    # --8<-- [start:script-parity]
    states = [{} for _parameter in range(6)]
    for step, rows in enumerate(8 * np.split(np.arange(1600), 25)):
        start.learning_rate = 0.02 * warm_up(step)
        full_step(start, adam, states, X[rows], y[rows], limit=1, decay=0.01)
    gap = largest_gap(start, model)
    print(f"all parameters agree to 1e-10 after 200 steps: {gap < 1e-10}")
    assert gap < 1e-10
    assert min(norms) < 1 < max(norms)  # some gradients were clipped, not all
    # --8<-- [end:script-parity]

    # --8<-- [start:uncorrected-solution]
    def uncorrected(gradient, state):
        """Return what Adam would without its two corrections."""
        state["m"] = 0.9 * state.get("m", 0) + 0.1 * gradient
        state["s"] = 0.999 * state.get("s", 0) + 0.001 * gradient**2
        return state["m"] / np.sqrt(state["s"])

    shown = (1, 10, 100, 1000)
    print("step       ", *(f"{step:5}" for step in shown))
    for rule in (adam, uncorrected):
        state = {}
        lengths = [rule(10.0, state) for _step in range(1000)]
        print(f"{rule.__name__:11}", *(f"{lengths[step - 1]:5.2f}" for step in shown))
    # --8<-- [end:uncorrected-solution]

    # --8<-- [start:limit-solution]
    for rule in (sgd, momentum):
        for rate in (0.0199, 0.0201, 0.0379, 0.0381):
            theta, state = 1.0, {}
            for _step in range(1000):
                theta -= rate * rule(100 * theta, state)
            verdict = "settles" if abs(theta) < 1 else "diverges"
            print(f"{rule.__name__:8} {rate}: {verdict}")
    # --8<-- [end:limit-solution]
