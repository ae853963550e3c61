"""Diagrams: pictures that are not part of the code a page teaches.

Each function returns a Matplotlib figure and takes its numbers from the snippets.
`make record` writes them to docs/assets/diagrams/<name>.svg, with hyphens for
underscores; the tests compare the data of each with the record.
"""

from collections.abc import Callable

from matplotlib.figure import Figure

DIAGRAMS: dict[str, Callable[[], Figure]] = {}


def diagram(function: Callable[[], Figure]) -> Callable[[], Figure]:
    """Register a function that draws a diagram."""
    DIAGRAMS[function.__name__.replace("_", "-")] = function
    return function
