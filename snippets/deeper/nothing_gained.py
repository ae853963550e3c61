"""Nothing gained: each technique of two chapters in a case where it does not help."""

# --8<-- [start:networks]
import numpy as np

from snippets.chapters.activation_functions import relu, relu_derivative
from snippets.chapters.gradient_descent import NeuralNetwork


class Nothing:
    """What stands between a layer and its ReLU: nothing."""

    def __init__(self, _n_seeds, _n_out):
        self.parameters, self.gradients = [], []

    def forward(self, Z, _training):
        """Return Z (n_seeds, batch, n_out)."""
        return Z

    def backward(self, dZ):
        """Return the gradient of what came in."""
        return dZ


class Networks:
    """Networks side by side: W (n_seeds, n_in, n_out), b (n_seeds, 1, n_out)."""

    def __init__(self, sizes, start=None, between=Nothing, seeds=range(20)):
        alone = [NeuralNetwork(sizes, seed=seed) for seed in seeds]
        self.rngs = [network.rng for network in alone]
        self.W, self.b, self.between = [], [], []
        for layer in range(len(sizes) - 1):
            n_in, n_out = sizes[layer], sizes[layer + 1]
            W = [network.W[layer] for network in alone]
            if start:
                W = [start(n_in, n_out, rng) for rng in self.rngs]
            self.W.append(np.stack(W))
            self.b.append(np.zeros((len(alone), 1, n_out)))
            self.between.append(between(len(alone), n_out))
        self.between[-1] = Nothing(len(alone), n_out)  # behind it is the output
        self.parameters = self.W + self.b
        for each in self.between:
            self.parameters += each.parameters

    def forward(self, X, training=True):
        """Return y_hat (n_seeds, batch, n_out), for X (n_seeds, batch, n_in)."""
        self.A = [X]
        for W, b, between in zip(self.W, self.b, self.between, strict=True):
            Z = between.forward(self.A[-1] @ W + b, training)
            self.A.append(relu(Z))
        return Z

    def gradients(self, X, y):
        """Return the gradient of each seed's own mse, for each of `parameters`."""
        dZ = 2 * (self.forward(X) - y) / y[0].size
        dW, db = [], []
        for layer in reversed(range(len(self.W))):
            dZ = self.between[layer].backward(dZ)
            dW.insert(0, self.A[layer].mT @ dZ)  # mT: .T of the last two axes
            db.insert(0, dZ.sum(axis=1, keepdims=True))
            dZ = dZ @ self.W[layer].mT * relu_derivative(self.A[layer])
        gradients = dW + db
        for each in self.between:
            gradients += each.gradients
        return gradients


# --8<-- [end:networks]


# --8<-- [start:training]
from snippets.chapters.optimisers import constant


def clipped(gradients, limit):
    """Return gradients (n_seeds, ...), shortened where a seed's norm is above limit."""
    squares = [np.sum(each**2, axis=(1, 2), keepdims=True) for each in gradients]
    factor = np.minimum(1, limit / (np.sqrt(sum(squares)) + 1e-6))  # (n_seeds, 1, 1)
    return [factor * each for each in gradients]


def train(networks, X, y, rate, rule, schedule=constant, limit=np.inf, decay=0, n=200):
    """Take n steps of 64 rows; each seed shuffles X (1600, n_in) for itself."""
    states = [{} for _parameter in networks.parameters]
    for step in range(n):
        if step % 25 == 0:  # an epoch begins
            orders = [rng.permutation(1600) for rng in networks.rngs]
            batches = np.reshape(orders, (-1, 25, 64))
        rows = batches[:, step % 25]  # (n_seeds, 64)
        gradients = clipped(networks.gradients(X[rows], y[rows]), limit)
        now = rate * schedule(step)
        for parameter, gradient, state in zip(
            networks.parameters, gradients, states, strict=True
        ):
            parameter *= 1 - now * decay
            parameter -= now * rule(gradient, state)


# --8<-- [end:training]

if __name__ == "__main__":
    # --8<-- [start:setting]
    from snippets.chapters.gradient_descent import scaled, split

    X_train, X_test, y_train, y_test = split()
    X, y = scaled(X_train, X_train), scaled(y_train, y_train)
    X_new, y_new = scaled(X_test, X_train), scaled(y_test, y_train)

    def test_losses(networks):
        """Return the mse of each seed on the test rows, (20,)."""
        y_hat = networks.forward(X_new, training=False)  # (20, 400, 1)
        return np.mean((y_hat - y_new) ** 2, axis=(1, 2))

    def twenty(sizes, rate, rule, start=None, between=Nothing, **options):
        """Return the test losses of 20 seeds after 8 epochs; options are train's."""
        networks = Networks(sizes, start, between)
        train(networks, X, y, rate, rule, **options)
        return test_losses(networks)

    # --8<-- [end:setting]

    # --8<-- [start:table]
    won = []

    def compare(name, without, with_it):
        """Print the mean losses (20,) of both, and for how many seeds it was better."""
        change = 100 * (with_it.mean() / without.mean() - 1)  # in %
        losses = f"{without.mean():.4f}   {with_it.mean():.4f}"
        wins = np.sum(with_it < without)
        rounded = change.round(1) + 0.0  # no -0.0
        print(f"{name:12} {losses}  {rounded:+5.1f}%  {wins:2} of 20")
        won.append(wins)
        assert change > -2

    # --8<-- [end:table]

    # --8<-- [start:coin]
    from math import comb

    within = sum(comb(20, heads) for heads in range(6, 15)) / 2**20
    assert 0.95 < within < 0.96
    assert 0.35 < 1 - within**12 < 0.45  # at least one of twelve outside
    # --8<-- [end:coin]

    # --8<-- [start:alone]
    from functools import partial

    from snippets.chapters.backpropagation import mse
    from snippets.chapters.optimisers import adam, full_step
    from snippets.chapters.optimisers import train as train_alone

    losses = twenty([4, 16, 8, 1], 0.02, adam, limit=1, decay=0.01)
    take = partial(full_step, limit=1, decay=0.01)
    for seed in (0, 7, 19):
        network = NeuralNetwork([4, 16, 8, 1], 0.02, seed)
        train_alone(network, adam, X, y, take=take)
        assert np.isclose(mse(network.predict(X_new), y_new), losses[seed])
    # --8<-- [end:alone]

    # --8<-- [start:optimisers]
    from snippets.chapters.optimisers import cosine, momentum, rmsprop, sgd, warm_up

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
    compare("AdamW", plain_adam, twenty(linear_sizes, 0.05, adam, decay=0.01))

    safe = twenty(course_sizes, 0.02, adam)
    falling = twenty(course_sizes, 0.02, adam, schedule=cosine)
    compare("cosine", safe, falling)
    compare("warm-up", falling, twenty(course_sizes, 0.02, adam, schedule=warm_up))
    compare("clipping", safe, twenty(course_sizes, 0.02, adam, limit=1))
    # --8<-- [end:optimisers]

    # --8<-- [start:last-steps]
    ending_short = twenty(linear_sizes, 0.05, adam, schedule=cosine)
    print(f"Adam at 0.05 with the cosine: {ending_short.mean():.4f}")
    assert abs(ending_short.mean() - plain.mean()) < 1e-4
    # --8<-- [end:last-steps]


# --8<-- [start:between]
from snippets.chapters.deep_networks import dropout, standardise, standardise_backward


class Norm(Nothing):
    """Batch norm along axis 1, the rows, or layer norm along axis 2, the units."""

    def __init__(self, n_seeds, n_out, axis):
        self.axis = axis
        self.parameters = [np.ones((n_seeds, 1, n_out)), np.zeros((n_seeds, 1, n_out))]
        self.mean, self.variance = 0, 1  # the running averages

    def forward(self, Z, training):
        """Return gamma times the standardised Z, plus beta."""
        gamma, beta = self.parameters
        if self.axis == 1 and not training:
            return gamma * (Z - self.mean) / np.sqrt(self.variance + 1e-5) + beta
        self.Z_hat, self.root = standardise(Z, self.axis)
        if self.axis == 1 and training:
            self.move_averages(Z, 0.1)
        return gamma * self.Z_hat + beta

    def move_averages(self, Z, share):
        """Move the running averages by a share of the way to those of Z."""
        variance = Z.var(axis=1, ddof=1, keepdims=True)
        self.mean += share * (Z.mean(axis=1, keepdims=True) - self.mean)
        self.variance += share * (variance - self.variance)

    def backward(self, dZ_out):
        """Return dZ; keep the gradients of gamma and beta."""
        dgamma = (dZ_out * self.Z_hat).sum(axis=1, keepdims=True)
        self.gradients = [dgamma, dZ_out.sum(axis=1, keepdims=True)]
        gamma = self.parameters[0]
        return standardise_backward(dZ_out * gamma, self.Z_hat, self.root, self.axis)


class Dropout(Nothing):
    """Dropout with probability p, while training."""

    def __init__(self, n_seeds, n_out, p):
        super().__init__(n_seeds, n_out)
        self.p, self.rng = p, np.random.default_rng(n_out)

    def forward(self, Z, training):
        """Return Z, thinned out in training."""
        if not training:
            return Z
        self.kept = self.rng.random(Z.shape) >= self.p
        return dropout(Z, self.kept, self.p)

    def backward(self, dZ_out):
        """Return dZ, by the mask of the forward pass."""
        return dropout(dZ_out, self.kept, self.p)


# --8<-- [end:between]

if __name__ == "__main__":
    # --8<-- [start:layers]
    from snippets.chapters.deep_networks import glorot
    from snippets.chapters.forward_pass import he

    def small(n_in, n_out, rng):
        """Return weights as PyTorch draws them: a sixth of the variance of He's."""
        return rng.uniform(-1, 1, (n_in, n_out)) / np.sqrt(n_in)

    def with_layers(**options):
        """Return the test losses of the network of the course with Adam at 0.02."""
        return twenty(course_sizes, 0.02, adam, **options)

    batch_norm, layer_norm = partial(Norm, axis=1), partial(Norm, axis=2)
    default = with_layers(start=small)
    print("             without  with    change  better")
    compare("He", default, with_layers(start=he))
    compare("Glorot", default, with_layers(start=glorot))
    compare("batch norm", safe, with_layers(between=batch_norm))
    compare("layer norm", safe, with_layers(between=layer_norm))
    compare("dropout 0.1", safe, with_layers(between=partial(Dropout, p=0.1)))

    outside = [wins for wins in won if not 6 <= wins <= 14]
    assert len(won) == 12
    assert len(outside) == 5
    assert max(outside) < 6
    # --8<-- [end:layers]

    # --8<-- [start:averages]
    early = twenty(course_sizes, 0.05, adam, n=10)
    networks = Networks(course_sizes, between=batch_norm)
    train(networks, X, y, 0.05, adam, n=10)
    running = test_losses(networks)

    A = X
    for layer in (0, 1):  # replace the running averages, from the bottom to the top
        Z = A @ networks.W[layer] + networks.b[layer]  # (20, 1600, n_out)
        networks.between[layer].move_averages(Z, share=1)  # all the way
        A = relu(networks.between[layer].forward(Z, False))
    measured = test_losses(networks)

    print(f"after 10 steps, without batch norm  {early.mean():.4f}")
    for name, losses in {"running": running, "measured": measured}.items():
        row = f"with it, {name} averages:"
        print(f"{row:35} {losses.mean():.4f}  {np.sum(losses < early):2} of 20")
    # --8<-- [end:averages]

    # --8<-- [start:beforehand-solution]
    slow = twenty(course_sizes, 0.005, sgd)
    guesses = {
        "momentum": twenty(course_sizes, 0.005, momentum),
        "cosine": twenty(course_sizes, 0.005, sgd, schedule=cosine),
        "clipping": twenty(course_sizes, 0.005, sgd, limit=1),
        "weight decay": twenty(course_sizes, 0.005, sgd, decay=0.01),
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
        networks = Networks(linear_sizes)
        train(networks, X, y, rate, adam)
        losses, weight = test_losses(networks), networks.W[0][0, 0, 0]  # of seed 0
        counted = f"{losses.mean():.3f}  {np.sum(losses < without):2} of 20"
        print(f"Adam at {rate:4}  {counted}, weight {weight:2.0f}")
        assert losses.max() < without.min()

    rows = np.hstack([X, np.ones((1600, 1))])
    print(f"least squares               weight {np.linalg.lstsq(rows, y)[0][0, 0]:.0f}")
    # --8<-- [end:valley-solution]
