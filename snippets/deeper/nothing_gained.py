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
        wins = np.sum(with_it < without)
        print(f"{name:15} {without.mean():.4f}  {with_it.mean():.4f}  {wins:2} of 20")
        assert with_it.mean() > 0.98 * without.mean()

    # --8<-- [end:table]

    # --8<-- [start:coin]
    from math import comb

    assert 0.95 < sum(comb(20, heads) for heads in range(6, 15)) / 2**20 < 0.96
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

    linear_model, network = [4, 1], [4, 16, 8, 1]
    ones = np.ones((400, 1))
    theta = np.linalg.lstsq(np.hstack([X, np.ones((1600, 1))]), y)[0]
    least = mse(np.hstack([X_new, ones]) @ theta, y_new)
    print(f"least squares   {least:.4f}\n\n                without  with    better")
    plain = twenty(linear_model, 0.02, sgd)
    compare("momentum", plain, twenty(linear_model, 0.002, momentum))
    compare("RMSprop", plain, twenty(linear_model, 0.01, rmsprop))
    plain_adam = twenty(linear_model, 0.05, adam)
    compare("Adam", plain, plain_adam)
    decaying = partial(full_step, decay=0.01)
    compare("AdamW", plain_adam, twenty(linear_model, 0.05, adam, take=decaying))

    safe = twenty(network, 0.02, adam)
    falling = twenty(network, 0.02, adam, cosine)
    compare("cosine", safe, falling)
    compare("warm-up", falling, twenty(network, 0.02, adam, warm_up))
    clipping = partial(full_step, limit=1)
    compare("clipping", safe, twenty(network, 0.02, adam, take=clipping))
    # --8<-- [end:optimisers]

    # --8<-- [start:layers]
    import torch
    from torch import nn

    torch.set_num_threads(1)
    X_few, y_few = torch.tensor(X[:400]), torch.tensor(y[:400])
    X_last, y_last = torch.tensor(X_new), torch.tensor(y_new)

    def nothing(_width):
        """Return a layer that changes nothing."""
        return nn.Identity()

    def trained(seed, start=None, norm=nothing, p=0.0):
        """Return the test loss of a 4-16-8-1 network after 30 steps on 400 rows."""
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
        for _step in range(30):
            loss = nn.functional.mse_loss(model(X_few), y_few)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            return nn.functional.mse_loss(model(X_last), y_last).item()

    def twenty_trained(**options):
        """Return the test losses of 20 seeds, (20,)."""
        return np.array([trained(seed, **options) for seed in range(20)])

    default = twenty_trained()
    he, glorot = nn.init.kaiming_normal_, nn.init.xavier_normal_
    print("                without  with    better")
    compare("He", default, twenty_trained(start=he))
    compare("Glorot", default, twenty_trained(start=glorot))
    compare("batch norm", default, twenty_trained(norm=nn.BatchNorm1d))
    compare("layer norm", default, twenty_trained(norm=nn.LayerNorm))
    compare("dropout 0.1", default, twenty_trained(p=0.1))
    # --8<-- [end:layers]

    # --8<-- [start:valley-solution]
    X, X_new = X.copy(), X_new.copy()
    X[:, 0], X_new[:, 0] = X_train[:, 0] / 100, X_test[:, 0] / 100
    without, with_it = twenty([4, 1], 0.02, sgd), twenty([4, 1], 0.05, adam)
    wins = np.sum(with_it < without)
    print(f"SGD {without.mean():.3f}, Adam {with_it.mean():.3f}, better {wins} of 20")
    assert wins == 20
    # --8<-- [end:valley-solution]
