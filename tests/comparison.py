"""Compare recorded text with new text: words exactly, numbers within a tolerance."""

import difflib
import math
import re

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
IDENTIFIER = re.compile(r"-[mp][\da-f]{10}\b")  # Matplotlib's: hashes of exact numbers


def same_text(expected: str, actual: str, rel_tol: float = 1e-6) -> bool:
    """Tell whether two texts agree: all but numbers exactly, numbers within tolerance.

    A number's alignment, its sign, how many decimals it has, and whether it is written
    with an exponent count as text; whole numbers agree exactly. `nan` and `inf` are
    words, so they never agree with a number.
    """
    if expected == actual:
        return True
    if NUMBER.split(expected) != NUMBER.split(actual):
        return False
    pairs = zip(NUMBER.findall(expected), NUMBER.findall(actual), strict=True)
    return all(_same_number(old, new, rel_tol) for old, new in pairs)


def _same_number(old: str, new: str, rel_tol: float) -> bool:
    if old == new:
        return True
    if _form(old) != _form(new) or not re.search("[.eE]", old):
        return False
    return math.isclose(float(old), float(new), rel_tol=rel_tol, abs_tol=0)


def _form(number: str) -> tuple[str, int, bool]:
    mantissa, exponent, _power = number.lower().partition("e")
    _whole, _point, decimals = mantissa.partition(".")
    return re.match("[+-]?", number)[0], len(decimals), bool(exponent)


def same_drawing(expected: str, actual: str) -> bool:
    """Tell whether two drawings differ by less than an eye sees: 0.01 of a point."""
    expected, actual = _numbered(expected), _numbered(actual)
    if NUMBER.split(expected) != NUMBER.split(actual):
        return False
    pairs = zip(NUMBER.findall(expected), NUMBER.findall(actual), strict=True)
    return all(abs(float(old) - float(new)) < 0.01 for old, new in pairs)


def _numbered(drawing: str) -> str:
    """Return a drawing with its identifiers counted, in the order of their use."""
    numbers: dict[str, int] = {}
    return IDENTIFIER.sub(
        lambda match: f"-id{numbers.setdefault(match[0], len(numbers))}", drawing
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
