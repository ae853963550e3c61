"""Initialisation and batch normalisation beside PyTorch's.

The page compares layer normalisation and dropout itself, and checks gradients.
"""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from snippets.chapters import deep_networks as page
from snippets.chapters.forward_pass import he


class TorchDraws:
    """A generator whose normal draws are PyTorch's, in the layout of nn.Linear."""

    def normal(self, mean, deviation, size):
        """Return an array of a size (n_in, n_out)."""
        tensor = torch.empty(size[::-1], dtype=torch.float64)
        return tensor.normal_(mean, deviation).numpy().T


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (he, partial(nn.init.kaiming_normal_, nonlinearity="relu")),
        (page.glorot, nn.init.xavier_normal_),
    ],
)
def test_initial_weights_equal_torch(ours, theirs):
    torch.manual_seed(0)
    W = ours(300, 200, TorchDraws())
    torch.manual_seed(0)
    expected = theirs(torch.empty(200, 300, dtype=torch.float64))
    assert np.abs(W.T - expected.numpy()).max() < 1e-10


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def gap(array, tensor):
    return np.abs(array - tensor.detach().numpy()).max()


@pytest.mark.parametrize("n_rows", [2, 3, 64])
def test_batch_norm_equals_torch(n_rows):
    ours, theirs = page.BatchNorm(5), nn.BatchNorm1d(5).double()
    ours.gamma, ours.beta = normal(5, seed=1), normal(5, seed=2)
    theirs.weight.data, theirs.bias.data = map(torch.tensor, (ours.gamma, ours.beta))
    for step in range(3):
        Z, dZ_out = 3 * normal(n_rows, 5, seed=step) + 1, normal(n_rows, 5, seed=9)
        inputs = torch.tensor(Z, requires_grad=True)
        theirs.zero_grad()
        output = theirs(inputs)
        output.backward(torch.tensor(dZ_out))
        assert gap(ours.forward(Z), output) < 1e-10
        assert gap(ours.backward(dZ_out), inputs.grad) < 1e-10
        assert gap(ours.dgamma, theirs.weight.grad) < 1e-10
        assert gap(ours.dbeta, theirs.bias.grad) < 1e-10
    assert gap(ours.mean, theirs.running_mean) < 1e-10
    assert gap(ours.variance, theirs.running_var) < 1e-10
    theirs.eval()
    assert gap(ours.forward(Z, training=False), theirs(torch.tensor(Z))) < 1e-10
