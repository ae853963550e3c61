"""Food deliveries, made by a rule that we know, so that every result can be judged."""

# --8<-- [start:deliveries]
import numpy as np

COLUMNS = ("distance", "traffic", "prep", "value")  # km, 1 to 10, minutes, rupees


def expected_minutes(X: np.ndarray, surge: float = 0.0) -> np.ndarray:
    """Return the minutes that deliveries X of shape (n, 4) take on average, (n, 1).

    `surge` adds surge · distance · max(traffic − 6, 0): far *and* slow costs extra.
    """
    distance, traffic, prep, _value = X.T
    minutes = 8.6 + 7.3 * distance + 0.8 * prep + 1.5 * traffic
    minutes += surge * distance * np.maximum(traffic - 6, 0)
    return minutes.reshape(-1, 1)


def make_deliveries(
    n: int = 2000, seed: int = 42, surge: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return n deliveries X of shape (n, 4) and their minutes y of shape (n, 1)."""
    rng = np.random.default_rng(seed)
    distance = np.clip(np.abs(rng.normal(4, 2, n)), 0.5, 15)
    traffic = rng.integers(1, 11, n)
    prep = np.clip(np.abs(rng.normal(15, 5, n)), 5, 35)
    value = np.clip(np.abs(rng.normal(350, 150, n)), 50, 1200)
    X = np.column_stack([distance, traffic, prep, value])
    minutes = expected_minutes(X, surge) + rng.normal(0, 4, (n, 1))
    return X, np.clip(minutes, 10, 180 if surge else 120)


# --8<-- [end:deliveries]
