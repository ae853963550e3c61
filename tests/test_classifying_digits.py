"""Softmax, cross-entropy and the split of the digits, against known values."""

import numpy as np

from snippets.chapters import classifying_digits as page
from snippets.chapters.derivatives import numerical_gradient


def test_gradient_is_p_minus_y() -> None:
    rng = np.random.default_rng(0)
    Z, y = rng.normal(size=(6, 4)), np.eye(4)[rng.integers(4, size=6)]
    measured = numerical_gradient(lambda z: page.cross_entropy(z, y), Z)
    assert np.abs(page.cross_entropy_gradient(Z, y) - measured).max() < 1e-7


def test_large_logits_stay_finite() -> None:
    Z = np.array([[1000.0, 0.0], [-1000.0, 0.0]])
    assert np.array_equal(page.softmax(Z), [[1, 0], [0, 1]])
    assert page.cross_entropy(Z, np.array([[0, 1], [0, 1]])) == 500


def test_equal_logits_cost_ln_10() -> None:
    assert np.isclose(page.cross_entropy(np.zeros((3, 10)), np.eye(10)[:3]), np.log(10))


def test_split_shares_no_row() -> None:
    X_train, X_test, y_train, y_test = page.split_digits(seed=1)
    assert (len(X_train), len(X_test)) == (len(y_train), len(y_test)) == (1437, 360)
    pixels, digits = page.load_digits(return_X_y=True)
    rows = np.column_stack([np.vstack([X_train, X_test]) * 16, [*y_train, *y_test]])
    both = np.column_stack([pixels, digits])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, both))
