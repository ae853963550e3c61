"""Compare recorded text with new text: words exactly, numbers within a tolerance."""

import difflib
import math
import re

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def same_text(
    expected: str, actual: str, rel_tol: float = 1e-6, abs_tol: float = 0.0
) -> bool:
    """Tell whether two texts agree: all but numbers exactly, numbers within tolerance.

    A number's own alignment counts as text, so a column that moves is a difference.
    `nan` and `inf` are words, so they never agree with a number.
    """
    if expected == actual:
        return True
    if NUMBER.split(expected) != NUMBER.split(actual):
        return False
    pairs = zip(NUMBER.findall(expected), NUMBER.findall(actual), strict=True)
    return all(
        math.isclose(float(old), float(new), rel_tol=rel_tol, abs_tol=abs_tol)
        for old, new in pairs
    )


def difference(expected: str, actual: str) -> str:
    """Return expected and actual as a unified difference."""
    lines = difflib.unified_diff(
        expected.splitlines(),
        actual.splitlines(),
        "expected",
        "actual",
        lineterm="",
        n=2,
    )
    return "\n".join(lines)
