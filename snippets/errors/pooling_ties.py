"""Max pooling that gives the gradient to every largest entry of a tie."""


# --8<-- [start:wrong]
def every_winner(dP, P, Z):
    """Give dP to every largest entry."""
    dZ = np.zeros_like(Z)
    for i, j in np.ndindex(2, 2):
        wins = Z[:, i::2, j::2] == P
        dZ[:, i::2, j::2] = dP * wins
    return dZ


# --8<-- [end:wrong]


# --8<-- [start:right]
def one_winner(dP, P, Z):
    """Give dP to the first of them."""
    dZ, rest = np.zeros_like(Z), dP.copy()
    for i, j in np.ndindex(2, 2):
        wins = Z[:, i::2, j::2] == P
        dZ[:, i::2, j::2] = rest * wins
        rest[wins] = 0  # it is given
    return dZ


# --8<-- [end:right]


# --8<-- [start:numpy]
import numpy as np

# --8<-- [end:numpy]

if __name__ == "__main__":
    # --8<-- [start:prevention]
    rng = np.random.default_rng(0)
    Z = rng.choice([0.0, 1.0, 2.0], size=(2, 6, 6, 1))
    P = Z.reshape(2, 3, 2, 3, 2, 1).max(axis=(2, 4))  # (2, 3, 3, 1)
    dP = rng.normal(size=P.shape)
    dZ = one_winner(dP, P, Z)
    assert np.isclose(dZ.sum(), dP.sum())
    # --8<-- [end:prevention]

    # --8<-- [start:wrong-and-right]
    import torch

    assert not np.isclose(every_winner(dP, P, Z).sum(), dP.sum())
    theirs = torch.tensor(Z.transpose(0, 3, 1, 2), requires_grad=True)
    pooled = torch.nn.functional.max_pool2d(theirs, 2)
    pooled.backward(torch.tensor(dP.transpose(0, 3, 1, 2)))
    assert np.array_equal(dZ.transpose(0, 3, 1, 2), theirs.grad.numpy())
    # --8<-- [end:wrong-and-right]


# --8<-- [start:imports]
from snippets.chapters.activation_functions import relu_derivative
from snippets.chapters.backpropagation import relative_error
from snippets.chapters.classifying_digits import accuracy, cross_entropy_gradient
from snippets.chapters.convolution import (
    ConvolutionalNetwork,
    convolve,
    convolve_backward,
    moved_digits,
)
from snippets.chapters.forward_pass import he
from snippets.chapters.gradient_descent import gradient_pairs, measured_gradient
from snippets.errors.laboratory import Run

# --8<-- [end:imports]


# --8<-- [start:network]
class PooledNetwork(ConvolutionalNetwork):
    """The chapter's network; its pooling gets the backward pass that it is given."""

    def __init__(self, pool_backward, seed):
        super().__init__(n_filters=12, seed=seed)
        self.pool_backward = pool_backward
        self.b[0] = self.rng.uniform(-0.2, 0.2, (1, 12))  # as nn.Conv2d begins

    def backward(self, y):
        """Return dW and db, for the pictures of the last forward pass."""
        dlogits = cross_entropy_gradient(self.logits, y)
        dP = (dlogits @ self.W[1].T).reshape(self.P.shape) * relu_derivative(self.P)
        dW, db = convolve_backward(self.pool_backward(dP, self.P, self.Z), self.V)
        dW_out, db_out = self.A.T @ dlogits, dlogits.sum(axis=0, keepdims=True)
        return [dW, dW_out], [db, db_out]


# --8<-- [end:network]


# --8<-- [start:scenarios]
def start(pool_backward, seed: int) -> Run:
    """Return the run of an untrained network and 64 moved digits."""
    X, _X_test, digits, _digits_test = moved_digits(seed)
    network = PooledNetwork(pool_backward, seed)
    return Run(network, X[:64], np.eye(10)[digits[:64]], loss=network.loss)


def broken(seed: int = 0) -> Run:
    """Return a network whose every winner gets the gradient."""
    return start(every_winner, seed)


def fixed(seed: int = 0) -> Run:
    """Return a network whose first winner gets it."""
    return start(one_winner, seed)


# --8<-- [end:scenarios]


# --8<-- [start:check]
def check(network: PooledNetwork, X: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Return the relative error of each gradient that `backward` gives."""
    return {
        name: relative_error(gradient, measured)
        for name, gradient, measured in gradient_pairs(network, X, y)
    }


# --8<-- [end:check]

if __name__ == "__main__":
    # --8<-- [start:checked]
    bad, good = broken(), fixed()
    pictures, targets = bad.X[:4], bad.y[:4]
    noise = rng.normal(size=pictures.shape)
    checks = [
        check(bad.model, noise, targets),
        check(bad.model, pictures, targets),
        check(good.model, pictures, targets),
    ]
    print("       every winner  every winner  one winner")
    print("       on noise      on digits     on digits")
    for name in checks[0]:
        cells = [e[name] for e in checks]
        shown = ["< 1e-6" if e < 1e-6 else f"{e:.3f}" for e in cells]
        print(f"{name}  {shown[0]:12}  {shown[1]:12}  {shown[2]}")
    # --8<-- [end:checked]


# --8<-- [start:contract]
def bias_error(run: Run) -> float:
    """Return the relative error of the filters' bias gradient on 8 pictures."""
    network, X, y = run.model, run.X[:8], run.y[:8]
    network.forward(X)
    _dW, db = network.backward(y)
    return relative_error(db[0], measured_gradient(network, network.b, 0, X, y))


def fails(run: Run) -> bool:
    """Tell whether `bias_error` is above 1e-3."""
    return bias_error(run) > 1e-3


# --8<-- [end:contract]

if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    assert fails(bad)
    assert not fails(good)
    # --8<-- [end:fixed-run]

    # --8<-- [start:ties]
    def winners(network, X):
        """Return how many entries of each square are the largest."""
        network.forward(X)
        places = np.ndindex(2, 2)
        return sum(network.Z[:, i::2, j::2] == network.P for i, j in places)

    X, _X_test, _digits, _digits_test = moved_digits()
    in_noise = winners(bad.model, rng.normal(size=X.shape)) > 1
    tied = winners(bad.model, X) > 1
    positive = bad.model.P[tied] > 0
    blank = ~bad.model.V.any(axis=3)  # windows without ink, (1437, 8, 8)
    print("squares with more than one winner")
    print("  in noise: ", in_noise.sum())
    print(f"  in digits: {tied.mean():.1%}")
    print(f"  of these, with a positive answer: {positive.mean():.1%}")
    print(f"windows without ink: {blank.mean():.1%}")
    # --8<-- [end:ties]

    # --8<-- [start:from-blank-paper]
    is_bias = np.equal(bad.model.P, bad.model.b[0])  # the answer to a blank window
    assert np.mean(is_bias[tied]) > 0.99
    assert sum(theta.size for theta in bad.model.W + bad.model.b) == 2242
    # --8<-- [end:from-blank-paper]

    # --8<-- [start:backgrounds]
    wide = np.pad(pictures, ((0, 0), (1, 1), (1, 1), (0, 0)))  # a border of zeros
    below, _V = convolve(wide, he(9, 1, np.random.default_rng(0)), 0.1, kernel_size=3)
    inputs = {
        "digits": pictures,
        "digits - 0.5": pictures - 0.5,
        "from a layer below": np.maximum(below, 0),
    }
    print("                    dW[0]  db[0]")
    for name, each in inputs.items():
        errors = check(bad.model, each, targets)
        print(f"{name:18}  {errors['dW[0]']:.3f}  {errors['db[0]']:.3f}")
        assert max(check(good.model, each, targets).values()) < 1e-6
    # --8<-- [end:backgrounds]

    # --8<-- [start:training]
    print("seed  every winner  one winner  biases > 0")
    for seed in range(3):
        X, X_test, digits, digits_test = moved_digits(seed)
        shares, positive = [], []
        for pool_backward in (every_winner, one_winner):
            network = PooledNetwork(pool_backward, seed)
            network.fit(X, np.eye(10)[digits])
            shares.append(accuracy(network, X_test, digits_test))
            positive.append(np.sum(network.b[0] > 0))
        print(
            f"{seed:4}  {shares[0]:12.1%}  {shares[1]:10.1%}"
            f"  {positive[0]} and {positive[1]}"
        )
    # --8<-- [end:training]

    # --8<-- [start:zero-biases]
    for name, run in (("every winner", bad), ("one winner", good)):
        run.model.b[0][:] = 0
        print(f"{name:12}  {bias_error(run):.3f}")
    # --8<-- [end:zero-biases]

    # --8<-- [start:shared]
    def shared(dP, P, Z):
        """Give each largest entry of a square an equal share of the gradient."""
        dZ = every_winner(np.ones_like(P), P, Z)  # 1 at each winner
        n_winners = sum(dZ[:, i::2, j::2] for i, j in np.ndindex(2, 2))
        return every_winner(dP / n_winners, P, Z)

    network = PooledNetwork(shared, seed=0)
    errors = check(network, pictures, targets)
    print(f"largest error < 1e-6: {max(errors.values()) < 1e-6}")
    # --8<-- [end:shared]
