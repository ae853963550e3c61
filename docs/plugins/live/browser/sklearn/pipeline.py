"""Put models in a row."""

import numpy as np


class Pipeline:
    """Some steps that transform, then a model."""

    def __init__(self, *steps: object) -> None:
        *self.before, self.model = steps

    def _transformed(self, X: np.ndarray) -> np.ndarray:
        for step in self.before:
            X = step.transform(X)
        return X

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Pipeline":
        """Fit each step to what the ones before it return."""
        for step in self.before:
            X = step.fit_transform(X, y)
        self.model.fit(X, y)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Predict from the transformed rows."""
        return self.model.predict(self._transformed(X))

    def score(self, X: np.ndarray, y: np.ndarray) -> float:
        """Return the model's score on the transformed rows."""
        return self.model.score(self._transformed(X), y)


def make_pipeline(*steps: object) -> Pipeline:
    """Return the steps in a row."""
    return Pipeline(*steps)
