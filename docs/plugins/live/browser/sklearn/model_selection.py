"""Split rows at random, with the random numbers that scikit-learn takes."""

import math
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass

import numpy as np


def train_test_split(
    *arrays: np.ndarray,
    test_size: float = 0.25,
    random_state: int | None = None,
    stratify: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Return of each array the rows to train on, then those to test with."""
    rng = np.random.RandomState(random_state)
    rows = len(arrays[0])
    tested = math.ceil(test_size * rows)
    if stratify is None:
        order = rng.permutation(rows)
        train, test = order[tested:], order[:tested]
    else:
        train, test = _stratified(np.asarray(stratify), rows - tested, tested, rng)
    return [part for array in arrays for part in (array[train], array[test])]


def _stratified(
    labels: np.ndarray, trained: int, tested: int, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Split so that each class has its share in both parts."""
    _classes, of_row, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    members = np.split(np.argsort(of_row, kind="stable"), np.cumsum(sizes)[:-1])
    to_train = _shares(sizes, trained, rng)
    to_test = _shares(sizes - to_train, tested, rng)
    train, test = [], []
    for rows, first, second in zip(members, to_train, to_test, strict=True):
        rows = rows[rng.permutation(len(rows))]
        train.extend(rows[:first])
        test.extend(rows[first : first + second])
    return rng.permutation(train), rng.permutation(test)


def _shares(sizes: np.ndarray, drawn: int, rng: np.random.RandomState) -> np.ndarray:
    """Return how many of each class are likeliest among the rows drawn."""
    exact = sizes / sizes.sum() * drawn
    shares = np.floor(exact)
    missing = int(drawn - shares.sum())
    for rest in np.sort(np.unique(exact - shares))[::-1]:
        if missing == 0:
            break
        (tied,) = np.where(exact - np.floor(exact) == rest)
        more = min(len(tied), missing)
        shares[rng.choice(tied, size=more, replace=False)] += 1
        missing -= more
    return shares.astype(int)


@dataclass(eq=False)
class ShuffleSplit:
    """Several splits, each of all rows in a new order."""

    n_splits: int = 10
    _: KW_ONLY
    test_size: float = 0.1
    random_state: int | None = None

    def split(
        self, X: np.ndarray, y: object = None, groups: object = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield which rows to train on, and which to test with."""
        del y, groups
        yield from self._split(len(X))

    def _split(self, rows: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rng = np.random.RandomState(self.random_state)
        tested = math.ceil(self.test_size * rows)
        for _split in range(self.n_splits):
            order = rng.permutation(rows)
            yield order[tested:], order[:tested]


class GroupShuffleSplit(ShuffleSplit):
    """Several splits that leave each group on one side."""

    def split(
        self, X: np.ndarray, y: object, groups: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield which rows to train on, and which to test with."""
        del X, y
        found, of_row = np.unique(groups, return_inverse=True)
        for train, test in self._split(len(found)):
            yield tuple(np.flatnonzero(np.isin(of_row, part)) for part in (train, test))
