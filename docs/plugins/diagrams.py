"""Diagrams: pictures that are not part of the code a page teaches.

Each function returns a Matplotlib figure and takes its numbers from the snippets.
`make record` writes them to docs/assets/diagrams/<name>.svg, with hyphens for
underscores; the tests compare the data of each with the record.
"""

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from snippets.chapters import forward_pass, one_neuron

Point = tuple[float, float]
DIAGRAMS: dict[str, Callable[[], Figure]] = {}


def diagram(function: Callable[[], Figure]) -> Callable[[], Figure]:
    """Register a function that draws a diagram."""
    DIAGRAMS[function.__name__.replace("_", "-")] = function
    return function


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return an empty drawing area whose units are inches."""
    figure, axes = pyplot.subplots(figsize=(width, height))
    axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.axis("off")
    return figure, axes


def _arrow(axes: Axes, start: Point, end: Point, color: str = "C5") -> None:
    style = {"arrowstyle": "-|>", "color": color, "lw": 1.3, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=style)


def _box(axes: Axes, x: float, y: float, text: str, color: str, width: float) -> None:
    half = 0.2
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - half),
            width,
            2 * half,
            boxstyle="round,pad=0,rounding_size=0.08",
            facecolor="none",
            edgecolor=color,
            linewidth=1.6,
        )
    )
    axes.text(x, y, text, ha="center", va="center", fontsize=10.5)


def _unit(axes: Axes, center: Point, radius: float, color: str) -> None:
    axes.add_patch(
        Circle(center, radius, facecolor="none", edgecolor=color, linewidth=1.8)
    )


@diagram
def learning_path() -> Figure:
    """Draw the chapters as three columns: predict, learn, use."""
    columns = {
        "Predict": [
            "Why networks",
            "One neuron",
            "Activations",
            "Forward pass",
        ],
        "Learn": ["Derivatives", "Backpropagation", "Gradient descent"],
        "Use": ["PyTorch", "What comes next", "Key takeaways"],
    }
    figure, axes = _canvas(6.2, 3.1)
    width, bottom = 1.75, 0.35
    ends = []
    for column, (title, chapters) in enumerate(columns.items()):
        x = 1.0 + 2.1 * column
        axes.text(x, 2.92, title, ha="center", va="center", fontweight="bold")
        places = [2.45 - 0.7 * row for row in range(len(chapters))]
        for y, chapter in zip(places, chapters, strict=True):
            _box(axes, x, y, chapter, f"C{column}", width)
        for above, below in pairwise(places):
            _arrow(axes, (x, above - 0.2), (x, below + 0.2))
        ends.append((x, places[-1]))
    for (x, y), next_x in zip(ends, [2.05, 4.15], strict=False):
        axes.plot([x + width / 2, next_x, next_x], [y, y, 2.45], color="C5", lw=1.3)
        _arrow(axes, (next_x, 2.45), (next_x + 0.175, 2.45))
    axes.set_ylim(bottom - 0.25, 3.1)
    return figure


@diagram
def neuron() -> Figure:
    """Draw the worked neuron: inputs, weights, products, sum and activation."""
    x, w, b = one_neuron.x, one_neuron.w, one_neuron.b
    z = one_neuron.pre_activation(x, w, b)
    names = ("distance", "traffic", "prep")
    figure, axes = _canvas(6.2, 3.3)
    heights, labels = (2.7, 1.65, 0.6), (2.6, 1.82, 0.64)
    rows = zip("₁₂₃", names, x, w, heights, labels, strict=True)
    for number, name, value, weight, y, label_y in rows:
        _unit(axes, (0.95, y), 0.36, "C5")
        axes.text(0.95, y, f"{value:g}", ha="center", va="center")
        label = f"x{number}  {name}"
        axes.text(0.95, y - 0.5, label, ha="center", va="center", fontsize=10)
        _arrow(axes, (1.35, y), (2.98, 1.65 + (y - 1.65) * 0.28), "C0")
        product_label = f"× {weight:g} = {value * weight:.2f}"
        axes.text(2.2, label_y, product_label, ha="center", va="center", fontsize=10)
    _unit(axes, (3.5, 1.65), 0.55, "C0")
    axes.text(3.5, 1.65, f"Σ\nz = {z:.2f}", ha="center", va="center")
    axes.text(3.5, 2.92, f"bias b = {b:g}".replace("-", "−"), ha="center", va="center")
    _arrow(axes, (3.5, 2.75), (3.5, 2.22), "C1")
    _arrow(axes, (4.07, 1.65), (4.55, 1.65))
    _box(axes, 4.95, 1.65, "ReLU", "C2", 0.78)
    _arrow(axes, (5.36, 1.65), (5.62, 1.65))
    axes.text(5.9, 1.65, f"a =\n{max(z, 0):.2f}", ha="center", va="center")
    return figure


@diagram
def network() -> Figure:
    """Draw the 4-8-4-1 network with the shape of every array."""
    parameters = forward_pass.initialise(np.random.default_rng(0))
    weights = [parameters[f"W{layer}"] for layer in (1, 2, 3)]
    sizes = [weights[0].shape[0], *(W.shape[1] for W in weights)]
    figure, axes = _canvas(6.2, 4.1)
    columns = (0.75, 2.35, 3.95, 5.45)
    centers = [
        [(x, 2.5 + 0.36 * (row - (size - 1) / 2)) for row in range(size)]
        for x, size in zip(columns, sizes, strict=True)
    ]
    for left, right in pairwise(centers):
        for start, end in product(left, right):
            xs, ys = zip(start, end, strict=True)
            axes.plot(xs, ys, color="C5", lw=0.5, alpha=0.5, zorder=1)
    for number, layer in enumerate(centers):
        for center in layer:
            axes.add_patch(Circle(center, 0.13, color=f"C{number}", zorder=2))
    names = ("X", "A1", "A2", "A3 = ŷ")
    for x, name, size in zip(columns, names, sizes, strict=True):
        label = f"{name}\n(batch, {size})"
        axes.text(x, 0.65, label, ha="center", va="center", fontsize=10)
    for number, (left, right) in enumerate(pairwise(columns), 1):
        W, b = parameters[f"W{number}"], parameters[f"b{number}"]
        label = f"W{number} {W.shape}\nb{number} {b.shape}"
        axes.text((left + right) / 2, 0.1, label, ha="center", va="center", fontsize=10)
    axes.set_ylim(-0.15, 4.1)
    return figure


@diagram
def training_loop() -> Figure:
    """Draw the loop of training: forward, loss, backward, update."""
    figure, axes = _canvas(6.2, 2.9)
    places = {
        "mini-batch X, y": (1.25, 2.3),
        "forward: ŷ": (3.1, 2.3),
        "loss L": (4.95, 2.3),
        "backward: dW, db": (4.95, 0.75),
        "update W, b": (1.25, 0.75),
    }
    for number, (text, (x, y)) in enumerate(places.items()):
        _box(axes, x, y, text, f"C{number}", 1.55 if x != 3.1 else 1.2)
    _arrow(axes, (2.05, 2.3), (2.48, 2.3))
    _arrow(axes, (3.72, 2.3), (4.15, 2.3))
    _arrow(axes, (4.95, 2.08), (4.95, 0.97))
    _arrow(axes, (4.15, 0.75), (2.05, 0.75))
    _arrow(axes, (1.25, 0.97), (1.25, 2.08))
    axes.text(3.1, 0.95, "W ← W − learning_rate · dW", ha="center", fontsize=10)
    axes.text(1.4, 1.52, "next mini-batch", va="center", fontsize=10)
    return figure
