"""One neuron: a weighted sum, and an activation."""

# --8<-- [start:neuron]
import numpy as np


def pre_activation(x: np.ndarray, w: np.ndarray, b: float) -> float:
    """Return the weighted sum z = Σ wᵢxᵢ + b of one neuron.

    Parameters
    ----------
    x : ndarray of shape (n_in,)
        The inputs.
    w : ndarray of shape (n_in,)
        One weight for each input.
    b : float
        The bias.

    Raises
    ------
    ValueError
        When x and w differ in shape.

    """
    if x.shape != w.shape:
        raise ValueError(f"x has shape {x.shape}, w has shape {w.shape}")
    return float(np.sum(w * x) + b)


# --8<-- [end:neuron]

if __name__ == "__main__":
    # --8<-- [start:worked-example]
    x = np.array([5.2, 8.0, 22.0])  # distance in km, traffic from 1 to 10, minutes
    w = np.array([0.7, 0.2, 0.4])
    b = -0.5

    for weight, value in zip(w, x, strict=True):
        print(f"{weight:.1f} × {value:4.1f} = {weight * value:5.2f}")
    print(f"bias       = {b:5.2f}")
    print(f"z          = {pre_activation(x, w, b):5.2f}")
    # --8<-- [end:worked-example]
