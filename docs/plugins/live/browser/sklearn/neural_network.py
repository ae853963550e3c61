"""Networks with ReLU, trained by Adam, with scikit-learn's random numbers."""

from dataclasses import KW_ONLY, dataclass
from itertools import pairwise

import numpy as np

from .linear_model import softmax

BATCH, PATIENCE = 200, 10
TINY = np.finfo(float).eps


@dataclass(eq=False)
class _Network:
    """What a network for numbers and one for classes have in common."""

    hidden_layer_sizes: tuple[int, ...] = (100,)
    _: KW_ONLY
    alpha: float = 1e-4
    learning_rate_init: float = 1e-3
    max_iter: int = 200
    tol: float = 1e-4
    random_state: int | None = None

    def _train(self, X: np.ndarray, y: np.ndarray) -> None:
        rng = np.random.RandomState(self.random_state)
        sizes = [X.shape[1], *self.hidden_layer_sizes, y.shape[1]]
        self.coefs_, self.intercepts_ = [], []
        for n_in, n_out in pairwise(sizes):
            bound = np.sqrt(6 / (n_in + n_out))
            self.coefs_.append(rng.uniform(-bound, bound, (n_in, n_out)))
            self.intercepts_.append(rng.uniform(-bound, bound, n_out))
        self.loss_curve_, best, waited = [], np.inf, 0
        order, adam = np.arange(len(X)), _Adam(self)
        for _epoch in range(self.max_iter):
            shuffled = np.arange(len(X))
            rng.shuffle(shuffled)
            order = order[shuffled]
            total = 0.0
            for start in range(0, len(X), BATCH):
                rows = order[start : start + BATCH]
                loss, slopes = self._slopes(X[rows], y[rows])
                total += loss * len(rows)
                adam.step(slopes)
            self.loss_curve_.append(total / len(X))
            waited = waited + 1 if self.loss_curve_[-1] > best - self.tol else 0
            best = min(best, self.loss_curve_[-1])
            if waited > PATIENCE:
                break

    def _forward(self, X: np.ndarray) -> list[np.ndarray]:
        A = [X]
        for W, b in zip(self.coefs_[:-1], self.intercepts_[:-1], strict=True):
            A.append(np.maximum(A[-1] @ W + b, 0))
        return [*A, self._output(A[-1] @ self.coefs_[-1] + self.intercepts_[-1])]

    def _slopes(self, X: np.ndarray, y: np.ndarray) -> tuple[float, list[np.ndarray]]:
        A = self._forward(X)
        squares = sum((W**2).sum() for W in self.coefs_)
        loss = self._loss(A[-1], y) + self.alpha / 2 * squares / len(X)
        dZ, weights, biases = A[-1] - y, [], []
        for W, before in zip(self.coefs_[::-1], A[-2::-1], strict=True):
            weights.insert(0, (before.T @ dZ + self.alpha * W) / len(X))
            biases.insert(0, dZ.sum(axis=0) / len(X))
            dZ = (dZ @ W.T) * (before > 0)
        return loss, weights + biases


class _Adam:
    def __init__(self, network: _Network) -> None:
        self.rate, self.steps = network.learning_rate_init, 0
        self.parameters = network.coefs_ + network.intercepts_
        self.means = [np.zeros_like(each) for each in self.parameters]
        self.squares = [np.zeros_like(each) for each in self.parameters]

    def step(self, slopes: list[np.ndarray]) -> None:
        self.steps += 1
        rate = self.rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        for place, slope in enumerate(slopes):
            self.means[place] = 0.9 * self.means[place] + (1 - 0.9) * slope
            self.squares[place] = 0.999 * self.squares[place] + (1 - 0.999) * slope**2
            move = -rate * self.means[place] / (np.sqrt(self.squares[place]) + 1e-8)
            self.parameters[place] += move


class MLPRegressor(_Network):
    """A network that predicts a number."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "MLPRegressor":
        """Train on the half squared error."""
        self._train(X, np.reshape(y, (len(X), -1)))
        return self

    def _output(self, Z: np.ndarray) -> np.ndarray:
        return Z

    def _loss(self, y_hat: np.ndarray, y: np.ndarray) -> float:
        return ((y_hat - y) ** 2).mean() / 2

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return a number for each row."""
        return self._forward(X)[-1].ravel()


class MLPClassifier(_Network):
    """A network that predicts which of several classes."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "MLPClassifier":
        """Train on the cross-entropy."""
        self.classes_, places = np.unique(y, return_inverse=True)
        self._train(X, np.eye(len(self.classes_))[places])
        return self

    def _output(self, Z: np.ndarray) -> np.ndarray:
        return softmax(Z)

    def _loss(self, shares: np.ndarray, y: np.ndarray) -> float:
        return -(y * np.log(np.clip(shares, TINY, 1 - TINY))).sum() / len(y)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return each row's shares."""
        return self._forward(X)[-1]

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class with the largest share."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def score(self, X: np.ndarray, y: np.ndarray) -> float:
        """Return the share of rows that it gets right."""
        return float(np.mean(self.predict(X) == y))
