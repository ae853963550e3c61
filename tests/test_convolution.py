"""Convolution and pooling against PyTorch."""

import numpy as np
import pytest
import torch
from torch import nn

from snippets.chapters import convolution as page


def channels_first(X):
    """Return X (batch, rows, columns, n) as PyTorch wants it, in float64."""
    return torch.tensor(X.transpose(0, 3, 1, 2)).requires_grad_()


@pytest.mark.parametrize(("n_in", "n_out", "size"), [(1, 4, 3), (3, 2, 5), (2, 3, 1)])
def test_convolution_equals_torch(n_in: int, n_out: int, size: int) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4, 7, 9, n_in))
    W = rng.normal(size=(n_in * size**2, n_out))
    b = rng.normal(size=(1, n_out))
    Z, V = page.convolve(X, W, b, size)
    dZ = rng.normal(size=Z.shape)
    dW, db = page.convolve_backward(dZ, V)

    layer, x = nn.Conv2d(n_in, n_out, size).double(), channels_first(X)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(W.T.reshape(n_out, n_in, size, size)))
        layer.bias.copy_(torch.tensor(b[0]))
    z = layer(x)
    z.backward(torch.tensor(dZ.transpose(0, 3, 1, 2)))
    dX = page.input_gradient(dZ, W, n_in, size)
    for ours, theirs in (
        (Z.transpose(0, 3, 1, 2), z.detach()),
        (dX.transpose(0, 3, 1, 2), x.grad),
        (dW.T, layer.weight.grad.reshape(n_out, -1)),
        (db[0], layer.bias.grad),
    ):
        assert np.abs(ours - theirs.numpy()).max() < 1e-10


@pytest.mark.parametrize("size", [2, 3])
def test_pooling_equals_torch(size: int) -> None:
    """With ties too: whole numbers from 0 to 2 are seldom all different."""
    rng = np.random.default_rng(0)
    Z = rng.integers(0, 3, (4, 6, 12, 5)).astype(float)
    P, winner = page.pool(Z, size)
    dP = rng.normal(size=P.shape)
    z = channels_first(Z)
    p = nn.MaxPool2d(size)(z)
    p.backward(torch.tensor(dP.transpose(0, 3, 1, 2)))
    assert np.array_equal(P.transpose(0, 3, 1, 2), p.detach().numpy())
    dZ = page.pool_backward(dP, winner, size)
    assert np.abs(dZ.transpose(0, 3, 1, 2) - z.grad.numpy()).max() < 1e-10
