"""Shuffle rows with the random numbers that scikit-learn takes."""

import numpy as np


def shuffle(*arrays: np.ndarray, random_state: int | None = None) -> list[np.ndarray]:
    """Return the arrays with their rows in one new order."""
    order = np.arange(len(arrays[0]))
    np.random.RandomState(random_state).shuffle(order)
    return [array[order] for array in arrays]
