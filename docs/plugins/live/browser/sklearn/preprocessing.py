"""Prepare columns for a model."""

from itertools import combinations_with_replacement

import numpy as np


class StandardScaler:
    """Give each column the mean 0 and the standard deviation 1."""

    def fit(self, X: np.ndarray, y: object = None) -> "StandardScaler":  # noqa: ARG002
        """Measure the columns; constant ones keep their scale."""
        self.mean_, self.var_ = X.mean(axis=0), X.var(axis=0)
        noise = len(X) * np.finfo(float).eps
        constant = self.var_ <= noise * self.var_ + (noise * self.mean_) ** 2
        self.scale_ = np.where(constant, 1.0, np.sqrt(self.var_))
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the scaled columns."""
        return (X - self.mean_) / self.scale_

    def fit_transform(self, X: np.ndarray, y: object = None) -> np.ndarray:
        """Measure the columns and return them scaled."""
        return self.fit(X, y).transform(X)


class PolynomialFeatures:
    """Add the products of columns, up to a degree."""

    def __init__(self, degree: int = 2) -> None:
        self.degree = degree

    def fit(self, X: np.ndarray, y: object = None) -> "PolynomialFeatures":  # noqa: ARG002
        """Need nothing from the data."""
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return 1, the columns, their products of two, and so on."""
        columns = range(X.shape[1])
        terms = (
            list(term)
            for degree in range(self.degree + 1)
            for term in combinations_with_replacement(columns, degree)
        )
        return np.column_stack([X[:, term].prod(axis=1) for term in terms])

    def fit_transform(self, X: np.ndarray, y: object = None) -> np.ndarray:
        """Return what `transform` returns."""
        return self.fit(X, y).transform(X)
