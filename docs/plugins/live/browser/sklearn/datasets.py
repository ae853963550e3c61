"""The handwritten digits, as scikit-learn has them."""

import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np

FILE = Path(__file__).with_name("digits.z")  # a picture's 64 numbers, then its digit


def load_digits(*, return_X_y: bool = False) -> SimpleNamespace | tuple:
    """Return the 1,797 pictures of 8 by 8, ink from 0 to 16, and their digits."""
    rows = np.frombuffer(zlib.decompress(FILE.read_bytes()), np.uint8).reshape(-1, 65)
    data, target = rows[:, :64].astype(float), rows[:, 64].astype(int)
    if return_X_y:
        return data, target
    images = data.reshape(-1, 8, 8)
    return SimpleNamespace(data=data, target=target, images=images)
