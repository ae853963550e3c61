"""Nothing gained: each technique of two chapters in a case where it does not help."""

if __name__ == "__main__":
    # --8<-- [start:setting]
    import numpy as np

    from snippets.chapters.backpropagation import mse
    from snippets.chapters.gradient_descent import NeuralNetwork, scaled, split
    from snippets.chapters.optimisers import constant, take_step, train

    X_train, X_test, y_train, y_test = split()
    X, y = scaled(X_train, X_train), scaled(y_train, y_train)
    X_new, y_new = scaled(X_test, X_train), scaled(y_test, y_train)

    def twenty(sizes, rate, rule, schedule=constant, take=take_step):
        """Return the test losses of 20 networks after 8 epochs, (20,)."""
        losses = []
        for seed in range(20):
            network = NeuralNetwork(sizes, rate, seed)
            train(network, rule, X, y, schedule, take)
            losses.append(mse(network.predict(X_new), y_new))
        return np.array(losses)

    # --8<-- [end:setting]

    # --8<-- [start:table]
    def compare(name, without, with_it):
        """Print the mean losses (20,) of both, and for how many seeds it was better."""
        change = round(100 * (with_it.mean() / without.mean() - 1), 1)  # in %
        losses = f"{without.mean():.4f}   {with_it.mean():.4f}"
        wins = np.sum(with_it < without)
        print(f"{name:12} {losses}  {change + 0.0:+5.1f}%  {wins:2} of 20")
        assert change > -2

    # --8<-- [end:table]

    # --8<-- [start:coin]
    from math import comb

    within = sum(comb(20, heads) for heads in range(6, 15)) / 2**20
    assert 0.95 < within < 0.96
    assert 0.35 < 1 - within**12 < 0.45  # at least one of twelve outside
    # --8<-- [end:coin]

    # --8<-- [start:optimisers]
    from functools import partial

    from snippets.chapters.optimisers import (
        adam,
        cosine,
        full_step,
        momentum,
        rmsprop,
        sgd,
        warm_up,
    )

    linear_sizes, course_sizes = [4, 1], [4, 16, 8, 1]
    rows = np.hstack([X, np.ones((1600, 1))])
    new_rows = np.hstack([X_new, np.ones((400, 1))])
    least = mse(new_rows @ np.linalg.lstsq(rows, y)[0], y_new)
    print(f"least squares {least:.4f}\n\n             without  with    change  better")
    plain = twenty(linear_sizes, 0.02, sgd)
    compare("momentum", plain, twenty(linear_sizes, 0.002, momentum))
    compare("RMSprop", plain, twenty(linear_sizes, 0.01, rmsprop))
    plain_adam = twenty(linear_sizes, 0.05, adam)
    compare("Adam", plain, plain_adam)
    decaying = partial(full_step, decay=0.01)
    compare("AdamW", plain_adam, twenty(linear_sizes, 0.05, adam, take=decaying))

    safe = twenty(course_sizes, 0.02, adam)
    falling = twenty(course_sizes, 0.02, adam, cosine)
    compare("cosine", safe, falling)
    compare("warm-up", falling, twenty(course_sizes, 0.02, adam, warm_up))
    clipping = partial(full_step, limit=1)
    compare("clipping", safe, twenty(course_sizes, 0.02, adam, take=clipping))
    # --8<-- [end:optimisers]

    # --8<-- [start:last-steps]
    ending_short = twenty(linear_sizes, 0.05, adam, cosine)
    print(f"Adam at 0.05 with the cosine: {ending_short.mean():.4f}")
    assert abs(ending_short.mean() - plain.mean()) < 1e-4
    # --8<-- [end:last-steps]

    # --8<-- [start:layers]
    import torch
    from torch import nn

    torch.set_num_threads(1)
    X_400, y_400 = torch.tensor(X[:400]), torch.tensor(y[:400])
    X_last, y_last = torch.tensor(X_new), torch.tensor(y_new)

    def nothing(_width):
        """Return a layer that changes nothing."""
        return nn.Identity()

    def trained(seed, start=None, norm=nothing, p=0.0, n_steps=60):
        """Return a 4-16-8-1 network after steps of Adam on 400 rows."""
        torch.manual_seed(seed)
        hidden = []
        for n_in, n_out in ((4, 16), (16, 8)):
            linear = nn.Linear(n_in, n_out)
            if start:
                start(linear.weight)
                nn.init.zeros_(linear.bias)
            hidden += [linear, norm(n_out), nn.ReLU(), nn.Dropout(p)]
        model = nn.Sequential(*hidden, nn.Linear(8, 1)).double()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
        for _step in range(n_steps):
            loss = nn.functional.mse_loss(model(X_400), y_400)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return model

    def test_loss(model):
        """Return the loss on the test rows, in evaluation mode."""
        model.eval()
        with torch.no_grad():
            return nn.functional.mse_loss(model(X_last), y_last).item()

    def twenty_trained(**options):
        """Return the test losses of 20 seeds, (20,)."""
        return np.array([test_loss(trained(seed, **options)) for seed in range(20)])

    default = twenty_trained()
    he, glorot = nn.init.kaiming_normal_, nn.init.xavier_normal_
    print("             without  with    change  better")
    compare("He", default, twenty_trained(start=he))
    compare("Glorot", default, twenty_trained(start=glorot))
    compare("batch norm", default, twenty_trained(norm=nn.BatchNorm1d))
    compare("layer norm", default, twenty_trained(norm=nn.LayerNorm))
    compare("dropout 0.1", default, twenty_trained(p=0.1))
    # --8<-- [end:layers]

    # --8<-- [start:averages]
    def measure_averages(model):
        """Replace the running averages by the averages over these rows."""
        model.train()
        for layer in model:
            if isinstance(layer, nn.BatchNorm1d):
                layer.momentum = 1.0  # go the whole way to the next batch
        with torch.no_grad():
            model(X_400)

    early = twenty_trained(n_steps=20)
    models = [trained(seed, norm=nn.BatchNorm1d, n_steps=20) for seed in range(20)]
    running = np.array([test_loss(model) for model in models])
    for model in models:
        measure_averages(model)
    measured = np.array([test_loss(model) for model in models])
    print(f"after 20 steps, without batch norm  {early.mean():.4f}")
    for name, losses in {"running": running, "measured": measured}.items():
        row = f"with it, {name} averages:"
        print(f"{row:35} {losses.mean():.4f}  {np.sum(losses < early):2} of 20")
    # --8<-- [end:averages]

    # --8<-- [start:beforehand-solution]
    slow = twenty(course_sizes, 0.005, sgd)
    guesses = {
        "momentum": twenty(course_sizes, 0.005, momentum),
        "cosine": twenty(course_sizes, 0.005, sgd, cosine),
        "clipping": twenty(course_sizes, 0.005, sgd, take=clipping),
        "weight decay": twenty(course_sizes, 0.005, sgd, take=decaying),
    }
    print(f"SGD at 0.005  {slow.mean():.4f}")
    for name, losses in guesses.items():
        print(f"{name:12}  {losses.mean():.4f}  {np.sum(losses < slow):2} of 20")
    # --8<-- [end:beforehand-solution]

    # --8<-- [start:valley-solution]
    X, X_new = X.copy(), X_new.copy()
    X[:, 0], X_new[:, 0] = X_train[:, 0] / 100, X_test[:, 0] / 100
    without = twenty(linear_sizes, 0.02, sgd)
    print(f"SGD at 0.02   {without.mean():.3f}")
    for rate in (0.05, 0.5):
        losses = twenty(linear_sizes, rate, adam)
        network = NeuralNetwork(linear_sizes, rate, seed=0)
        train(network, adam, X, y)
        counted = f"{losses.mean():.3f}  {np.sum(losses < without):2} of 20"
        print(f"Adam at {rate:4}  {counted}, weight {network.W[0][0, 0]:2.0f}")
        assert losses.max() < without.min()

    rows = np.hstack([X, np.ones((1600, 1))])
    print(f"least squares               weight {np.linalg.lstsq(rows, y)[0][0, 0]:.0f}")
    # --8<-- [end:valley-solution]
