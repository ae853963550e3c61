"""Classifying digits: softmax and cross-entropy in the same network."""

import numpy as np
from sklearn.datasets import load_digits


def split_digits(seed=0):
    """Return X_train (1437, 64), X_test (360, 64), ink in 0 to 1, and their digits."""
    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(pixels))
    test, train = order[:360], order[360:]
    return pixels[train] / 16, pixels[test] / 16, digits[train], digits[test]


from snippets.deeper.stable_forms import log_softmax, stable_softmax


def cross_entropy(Z, y):
    """Return the mean of -log p of the right class; logits Z, one-hot y, one shape."""
    return float(-np.sum(y * log_softmax(Z)) / len(y))


def cross_entropy_gradient(Z, y):
    """Return the gradient of the cross-entropy with respect to the logits Z."""
    return (stable_softmax(Z) - y) / len(y)
