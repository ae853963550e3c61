"""Linear models."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

TINY = np.finfo(float).tiny


def softmax(Z: np.ndarray) -> np.ndarray:
    """Return the shares of each row."""
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


class LinearRegression:
    """Least squares."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "LinearRegression":
        """Find weights and constant from centred columns."""
        self.centre, middle = X.mean(axis=0), y.mean(axis=0)
        weights, *_ = np.linalg.lstsq(X - self.centre, y - middle, rcond=None)
        self.coef_ = weights.T
        self.intercept_ = middle - self.centre @ weights
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the weighted sums."""
        return X @ self.coef_.T + self.intercept_


@dataclass(eq=False)
class LogisticRegression:
    """Softmax of weighted sums, with a penalty for weights, by Newton's method."""

    C: float = 1.0
    solver: str = "newton-cg"
    max_iter: int = 100
    tol: float = 1e-4

    def fit(self, X: np.ndarray, y: np.ndarray) -> "LogisticRegression":
        """Minimise the mean cross-entropy and penalty, to a small gradient."""
        self.classes_, places = np.unique(y, return_inverse=True)
        X, y = np.hstack([X, np.ones((len(X), 1))]), np.eye(len(self.classes_))[places]
        penalty = np.ones((X.shape[1], 1)) / (self.C * len(X))
        penalty[-1] = 0  # the constants are free
        weights = np.zeros((X.shape[1], y.shape[1]))

        def loss(weights: np.ndarray) -> float:
            fit = -(y * np.log(softmax(X @ weights) + TINY)).sum() / len(X)
            return fit + (penalty * weights**2).sum() / 2

        def curvature(way: np.ndarray) -> np.ndarray:
            moved = X @ way
            moved = shares * (moved - (shares * moved).sum(axis=1, keepdims=True))
            return X.T @ moved / len(X) + penalty * way

        for _step in range(self.max_iter):
            shares = softmax(X @ weights)
            slope = X.T @ (shares - y) / len(X) + penalty * weights
            if np.abs(slope).max() <= self.tol:
                break
            way = _conjugate_gradients(curvature, slope)
            least = 1e-4 * (slope * way).sum()  # how much the loss is to fall
            while loss(weights + way) > loss(weights) + least:
                way, least = way / 2, least / 2
            weights = weights + way
        self.coef_, self.intercept_ = weights[:-1].T, weights[-1]
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class with the largest share."""
        return self.classes_[(X @ self.coef_.T + self.intercept_).argmax(axis=1)]

    def score(self, X: np.ndarray, y: np.ndarray) -> float:
        """Return the share of rows that it gets right."""
        return float(np.mean(self.predict(X) == y))


def _conjugate_gradients(curvature: Callable, slope: np.ndarray) -> np.ndarray:
    """Return the way to where a paraboloid is lowest, nearly."""
    way, rest = np.zeros_like(slope), -slope
    ahead, size = rest, (rest**2).sum()
    enough = size * min(0.25, np.sqrt(np.abs(slope).sum())) ** 2
    for _turn in range(200):
        if size <= enough:
            break
        bent = curvature(ahead)
        step = size / (ahead * bent).sum()
        way, rest = way + step * ahead, rest - step * bent
        ahead, size = rest + (rest**2).sum() / size * ahead, (rest**2).sum()
    return way
