"""Classifying digits: softmax, cross-entropy, and the digits themselves."""

import numpy as np
from sklearn.datasets import load_digits


def softmax(Z):
    """Return probabilities (batch, classes): each row of logits Z, summing to 1."""
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cross_entropy(Z, y):
    """Return the mean of -ln p of the right class: logits Z, one-hot y, same shape."""
    shifted = Z - Z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-np.sum(y * log_p) / len(y))


def cross_entropy_gradient(Z, y):
    """Return the gradient of the cross-entropy with respect to the logits Z."""
    return (softmax(Z) - y) / len(y)


def split_digits(seed=0):
    """Return X_train (1437, 64), X_test (360, 64) in 0 to 1, and their digits."""
    pixels, digits = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(pixels))
    test, train = order[:360], order[360:]
    return pixels[train] / 16, pixels[test] / 16, digits[train], digits[test]
