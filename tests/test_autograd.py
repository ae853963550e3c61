"""The engine of *Autograd from scratch* beside PyTorch, on numbers and on arrays.

The page compares a thousand random expressions of numbers itself.
"""

import operator

import numpy as np
import pytest
import torch

from snippets.chapters.autograd import Tensor, Value


@pytest.mark.parametrize("number", [2, 2.0, np.float64(2), np.int64(2)])
@pytest.mark.parametrize(
    "operation",
    [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow],
)
def test_a_number_may_stand_on_either_side(operation, number):
    for ours_first in (True, False):
        x, theirs = Value(3.0), torch.tensor(3.0, requires_grad=True)
        result = operation(x, number) if ours_first else operation(number, x)
        result.backward()
        expected = operation(theirs, 2) if ours_first else operation(2, theirs)
        expected.backward()
        assert result.data == pytest.approx(expected.item(), rel=1e-6)
        assert x.grad == pytest.approx(theirs.grad.item(), rel=1e-6)


SHAPES = [(2, 3), (1, 3), (2, 1), (1, 1), (3,), (1,), ()]


@pytest.mark.parametrize("right", SHAPES)
@pytest.mark.parametrize("left", SHAPES)
def test_broadcasting_is_undone_for_every_pair_of_shapes(left, right):
    rng = np.random.default_rng(0)
    arrays = rng.uniform(1, 2, left), rng.uniform(1, 2, right)
    ours = [Tensor(array) for array in arrays]
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
    for a, b in (ours, theirs):
        ((a * b + a / b - b) ** 2).mean().backward()
    for a, b in zip(ours, theirs, strict=True):
        assert a.grad.shape == b.grad.numpy().shape
        assert np.allclose(a.grad, b.grad.numpy(), rtol=1e-12, atol=0)


def test_a_plain_array_may_stand_on_the_left():
    rng = np.random.default_rng(0)
    X, W = rng.normal(size=(5, 3)), rng.normal(size=(3, 2))
    ours, theirs = Tensor(W), torch.tensor(W, requires_grad=True)
    (2 - X @ ours).tanh().sum().backward()
    (2 - torch.from_numpy(X) @ theirs).tanh().sum().backward()
    assert np.allclose(ours.grad, theirs.grad.numpy(), rtol=1e-12, atol=1e-15)
