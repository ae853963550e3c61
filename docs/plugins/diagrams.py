"""Diagrams: pictures that are not part of the code a page teaches.

Each function returns a Matplotlib figure and takes its numbers from the snippets.
`make record` writes them to docs/assets/diagrams/<name>.svg, with hyphens for
underscores; the tests compare the data of each with the record.
"""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from docs.plugins.pages import DOCS, settings
from snippets.chapters import (
    activation_functions,
    backpropagation,
    forward_pass,
    gradient_descent,
    one_neuron,
)
from snippets.delivery import COLUMNS, expected_minutes, make_deliveries

Point = tuple[float, float]
DIAGRAMS: dict[str, Callable[[], Figure]] = {}
LAYERS = (4, 16, 8, 1)  # the network that the course trains
SURGE = 1.5


def _stations() -> dict[str, tuple[str, ...]]:
    """Return the names of the error pages, by their sections in the menu."""
    menu = {title: pages for item in settings()["nav"] for title, pages in item.items()}
    return {
        station.lower(): tuple(Path(page).stem for page in pages)
        for section in menu["Errors you will hit"]
        if isinstance(section, dict)
        for station, pages in section.items()
    }


STATIONS = _stations()
"""The way of the data through a program, and the error pages by where they strike."""


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


def _label(axes: Axes, x: float, y: float, text: str, **style: str) -> None:
    axes.text(x, y, text, ha="center", va="center", fontsize=13, **style)


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
    _label(axes, x, y, text)


def _unit(axes: Axes, center: Point, radius: float, color: str) -> None:
    axes.add_patch(
        Circle(center, radius, facecolor="none", edgecolor=color, linewidth=1.8)
    )


class InOrder:
    """Leave rows in their order where a generator would shuffle them."""

    permutation = staticmethod(np.arange)


def surge_rows() -> tuple[np.ndarray, np.ndarray]:
    """Return the training lab's rows X (400, 4) and y (400, 1), a surge added to y."""
    file = DOCS / "assets" / "labs" / "deliveries.json"
    X, minutes = np.split(np.array(json.loads(file.read_text())["rows"][:400]), [4], 1)
    return X, minutes + expected_minutes(X, SURGE) - expected_minutes(X)


def surge_network() -> gradient_descent.NeuralNetwork:
    """Return the landing page's network, not yet trained."""
    network = gradient_descent.NeuralNetwork([4, 8, 4, 1], learning_rate=0.05, seed=0)
    network.rng = InOrder()
    return network


def surge_curves() -> tuple[np.ndarray, np.ndarray, dict[int, np.ndarray]]:
    """Return traffic (91,), the truth for 6 km, and the predictions by epoch."""
    X_train, y_train = surge_rows()
    X, y = (gradient_descent.scaled(a, a) for a in (X_train, y_train))
    traffic = np.linspace(1, 10, 91)
    orders = np.tile([6.0, 0.0, 15.0, 350.0], (91, 1))  # km, traffic, min, rupees
    orders[:, 1] = traffic
    network, curves, done = surge_network(), {}, 0
    for epochs in (0, 5, 200):
        network.fit(X, y, epochs=epochs - done, verbose=False)
        y_hat = network.predict(gradient_descent.scaled(orders, X_train))
        curves[epochs] = gradient_descent.unscaled(y_hat, y_train)[:, 0]
        done = epochs
    return traffic, expected_minutes(orders, SURGE)[:, 0], curves


@diagram
def trained_network() -> Figure:
    """Draw what a network of the course predicts before, during and after training."""
    traffic, rule, curves = surge_curves()
    figure, axes = pyplot.subplots(figsize=(6.2, 3.3))
    axes.plot(traffic, rule, "C5", linewidth=7, alpha=0.4, label="the truth")
    labels = {
        "before training": "C1:",
        "after 5 passes": "C3--",
        "after 200 passes": "C0-",
    }
    for minutes, (label, style) in zip(curves.values(), labels.items(), strict=True):
        axes.plot(traffic, minutes, style, label=label)
    axes.set(xlabel="traffic score", ylabel="minutes for 6 km")
    axes.legend()
    return figure


@diagram
def two_paths() -> Figure:
    """Draw L = (wx + w)² as a graph: values in boxes, slopes at the arrows."""
    w, x = 3, 4
    p, s, L = w * x, w * x + w, (w * x + w) ** 2
    ds = 2 * s
    figure, axes = _canvas(6.2, 2.3)
    boxes = {
        f"w = {w}": (0.6, 1.75, 0.95),
        f"x = {x}": (0.6, 0.4, 0.95),
        f"p = w · x = {p}": (2.3, 0.75, 1.6),
        f"s = p + w = {s}": (3.95, 1.75, 1.6),
        f"L = s² = {L}": (5.4, 0.75, 1.4),
    }
    for text, (left, y, width) in boxes.items():
        _box(axes, left, y, text, "C0", width)
    arrows = (
        ((1.08, 1.75), (3.15, 1.75), (2.1, 1.95), f"∂L/∂w, directly: {ds}"),
        ((0.75, 1.55), (1.75, 0.95), (2.05, 1.3), f"through p: {ds * x}"),
        ((1.08, 0.4), (1.5, 0.6), (1.85, 0.28), f"∂L/∂x = {ds * w}"),
        ((2.75, 0.95), (3.5, 1.55), (3.72, 1.2), f"∂L/∂p = {ds}"),
        ((4.4, 1.55), (5.0, 0.95), (5.35, 1.35), f"∂L/∂s = {ds}"),
    )
    for start, end, place, text in arrows:
        _arrow(axes, start, end)
        _label(axes, *place, text, color="C1")
    return figure


@diagram
def learning_path() -> Figure:
    """Draw the chapters as three columns: predict, learn, use and break."""
    columns = {
        "Predict": [
            "Why networks",
            "One neuron",
            "Derivatives",
            "Activations",
            "Forward pass",
        ],
        "Learn": [
            "Backpropagation",
            "Gradient descent",
            "Training lab",
            "Judging",
            "Digits",
            "Shapes lab",
            "Convolution",
            "Own data and lab",
            "Autograd",
        ],
        "Use and break": ["PyTorch", "Optimisers", "Deep networks", "Errors, fixed"],
    }
    width, step = 1.85, 0.65
    top = 0.25 + step * max(map(len, columns.values()))
    figure, axes = _canvas(6.2, top + 0.65)
    ends = []
    for column, (title, chapters) in enumerate(columns.items()):
        x = 1.0 + 2.1 * column
        _label(axes, x, top + 0.45, title, fontweight="bold")
        places = [top - step * row for row in range(len(chapters))]
        for y, chapter in zip(places, chapters, strict=True):
            _box(axes, x, y, chapter, f"C{column}", width)
        for above, below in pairwise(places):
            _arrow(axes, (x, above - 0.2), (x, below + 0.2))
        ends.append((x, places[-1]))
    for (x, y), next_x in zip(ends, [2.05, 4.15], strict=False):
        axes.plot([x + width / 2, next_x, next_x], [y, y, top], color="C5", lw=1.3)
        _arrow(axes, (next_x, top), (next_x + 0.125, top))
    _label(axes, 3.1, 0.25, "Deeper: optional pages beside the path")
    return figure


@diagram
def small_network() -> Figure:
    """Draw a network as a whole: inputs, two layers of small units, one output."""
    figure, axes = _canvas(6.2, 3.2)
    columns, radii = (1.35, 2.85, 4.15, 5.15), (0.13, 0.075, 0.075, 0.13)
    centers = [
        [(x, 1.6 + gap * ((size - 1) / 2 - row)) for row in range(size)]
        for x, size, gap in zip(columns, LAYERS, (0.7, 0.19, 0.19, 0), strict=True)
    ]
    _layers(axes, centers, radii, 0.4)
    for name, (x, y) in zip(COLUMNS[: LAYERS[0]], centers[0], strict=True):
        axes.text(x - 0.25, y, name, ha="right", va="center", fontsize=13)
    x, y = centers[-1][0]
    axes.text(x + 0.2, y, "minutes", ha="left", va="center", fontsize=13)
    return figure


def _layers(
    axes: Axes, centers: list[list[Point]], radii: Sequence[float], alpha: float
) -> None:
    """Draw the units of each layer, and what connects them to the next, in `alpha`."""
    for left, right in pairwise(centers):
        for start, end in product(left, right):
            xs, ys = zip(start, end, strict=True)
            axes.plot(xs, ys, color="C5", lw=0.5, alpha=alpha, zorder=1)
    for number, (layer, radius) in enumerate(zip(centers, radii, strict=True)):
        for center in layer:
            axes.add_patch(Circle(center, radius, color=f"C{number}", zorder=2))


@diagram
def neuron() -> Figure:
    """Draw the worked neuron: inputs, weights, products, sum and activation."""
    x, w, b = one_neuron.x, one_neuron.w, one_neuron.b
    z = one_neuron.pre_activation(x, w, b)
    figure, axes = _canvas(6.2, 3.3)
    axes.set_ylim(-0.25, 3.2)
    heights, labels = (2.75, 1.6, 0.45), (2.68, 1.83, 0.5)
    rows = zip("₁₂₃", one_neuron.NAMES, x, w, heights, labels, strict=True)
    for number, name, value, weight, y, label_y in rows:
        _unit(axes, (0.8, y), 0.36, "C5")
        _label(axes, 0.8, y, f"{value:g}")
        _label(axes, 0.8, y - 0.53, f"x{number}  {name}")
        _arrow(axes, (1.2, y), (3.08, 1.6 + (y - 1.6) * 0.28), "C0")
        _label(axes, 2.25, label_y, f"× {weight:g} = {value * weight:.2f}")
    _unit(axes, (3.68, 1.6), 0.62, "C0")
    _label(axes, 3.68, 1.6, f"Σ\nz = {z:.2f}")
    _label(axes, 3.9, 3.0, f"bias b = {b:g}".replace("-", "−"))
    _arrow(axes, (3.68, 2.82), (3.68, 2.24), "C1")
    _arrow(axes, (4.32, 1.6), (4.6, 1.6))
    _box(axes, 4.98, 1.6, "ReLU", "C2", 0.72)
    _arrow(axes, (5.36, 1.6), (5.58, 1.6))
    _label(axes, 5.88, 1.6, f"a =\n{max(z, 0):.2f}")
    return figure


@diagram
def network() -> Figure:
    """Draw the 4-8-4-1 network with the shape of every array."""
    parameters = forward_pass.initialise(np.random.default_rng(0))
    weights = [parameters[f"W{layer}"] for layer in (1, 2, 3)]
    sizes = [weights[0].shape[0], *(W.shape[1] for W in weights)]
    figure, axes = _canvas(6.2, 4.1)
    columns = (0.62, 2.3, 3.98, 5.5)
    centers = [
        [(x, 2.5 + 0.36 * (row - (size - 1) / 2)) for row in range(size)]
        for x, size in zip(columns, sizes, strict=True)
    ]
    _layers(axes, centers, [0.13] * len(sizes), 0.5)
    for x, name, size in zip(columns, ("X", "A1", "A2", "A3"), sizes, strict=True):
        _label(axes, x, 0.55, f"{name}\n(batch, {size})")
    for number, (left, right) in enumerate(pairwise(columns), 1):
        W, b = parameters[f"W{number}"], parameters[f"b{number}"]
        label = f"W{number} {W.shape}\nb{number} {b.shape}"
        _label(axes, (left + right) / 2, -0.15, label)
    axes.set_ylim(-0.45, 4.1)
    return figure


@diagram
def training_loop() -> Figure:
    """Draw the loop of training: forward, loss, backward, update."""
    figure, axes = _canvas(6.2, 2.9)
    places = {
        "mini-batch": (1.05, 2.3),
        "forward: ŷ": (3.1, 2.3),
        "loss L": (5.05, 2.3),
        "backward: dW": (5.05, 0.75),
        "update W": (1.05, 0.75),
    }
    for number, (text, (x, y)) in enumerate(places.items()):
        _box(axes, x, y, text, f"C{number}", 1.5)
    _arrow(axes, (1.82, 2.3), (2.33, 2.3))
    _arrow(axes, (3.87, 2.3), (4.28, 2.3))
    _arrow(axes, (5.05, 2.08), (5.05, 0.97))
    _arrow(axes, (4.28, 0.75), (1.82, 0.75))
    _arrow(axes, (1.05, 0.97), (1.05, 2.08))
    _label(axes, 3.1, 1.05, "− learning_rate · dW")
    _label(axes, 2.15, 1.52, "next mini-batch")
    return figure


@diagram
def computation_graph() -> Figure:
    """Draw the worked 2-2-1 network: each number, and below it its gradient."""
    figure, axes = _canvas(6.2, 5.0)
    places = {
        "x1": (0.35, 3.7),
        "x2": (0.35, 1.3),
        "z1": (2.5, 3.7),
        "z2": (2.5, 1.3),
        "a1": (3.8, 3.7),
        "a2": (3.8, 1.3),
        "y_hat": (4.9, 2.5),
        "loss": (5.85, 2.5),
    }
    for name, (x, y) in places.items():
        _unit(axes, (x, y), 0.27, "C5")
        _label(axes, x, y, _symbol(name))
    joined = ("x1 z1", "x2 z2", "z1 a1", "z2 a2", "a1 y_hat", "a2 y_hat", "y_hat loss")
    for start, end in (pair.split() for pair in joined):
        _edge(axes, places[start], places[end])
    for start, end, name in (("x1", "z2", "w12"), ("x2", "z1", "w21")):
        (x1, y1), (x2, y2) = places[start], places[end]
        at = (x1 + 0.27 * (x2 - x1), y1 + 0.27 * (y2 - y1))
        _edge(axes, places[start], places[end], at, 0.3)
        _numbers(axes, at, name, 0.13)
    for name in ("x1", "x2", "z1", "z2", "a1", "a2"):
        _numbers(axes, places[name], name, 0.43)
    _numbers(axes, (5.05, 3.06), "y_hat", 0.13)
    _numbers(axes, (5.85, 2.07), "loss", 0.0)
    _numbers(axes, (1.42, 3.7), "w11", 0.16)
    _numbers(axes, (1.42, 1.3), "w22", 0.16)
    _numbers(axes, (3.93, 2.86), "v1", 0.13)
    _numbers(axes, (3.93, 2.14), "v2", 0.13)
    beside = {
        "b1": ((1.55, 4.55), "z1"),
        "b2": ((1.55, 0.45), "z2"),
        "c": ((5.2, 1.2), "y_hat"),
        "y": ((5.75, 3.5), "loss"),
    }
    for name, (at, end) in beside.items():
        _edge(axes, at, places[end], at, 0.32)
        _numbers(axes, at, name, 0.13)
    _label(axes, 3.6, 4.75, "forward: values", color="C0")
    _label(axes, 3.6, 0.25, "backward: ∂, the gradients of L", color="C1")
    worked = backpropagation.worked_example()
    for row in "12":
        x, y = places[f"z{row}"]
        kind = "active" if worked[f"z{row}"] > 0 else "inactive"
        _label(axes, x + 0.65, y + 0.2, "ReLU")
        _label(axes, x + 0.65, y - 0.22, kind)
    return figure


def _symbol(name: str) -> str:
    """Return the name of a number of the worked example as the page writes it."""
    names = {"y_hat": "ŷ", "loss": "L"}
    return names.get(name, name.translate(str.maketrans("12", "₁₂")))


def _numbers(axes: Axes, center: Point, name: str, apart: float) -> None:
    """Write a number of the worked example above a point, and below it its gradient."""
    worked = backpropagation.worked_example()
    x, y = center
    shown = f"{worked[name]:.3g}".replace("-", "−")
    if name[0] in "wvbc" or name == "y":
        shown = f"{_symbol(name)} {shown}"
    _label(axes, x, y + apart, shown, color="C0")
    if f"d{name}" in worked:
        gradient = f"{worked[f'd{name}']:.3g}".replace("-", "−")
        _label(axes, x, y - apart, f"∂ {gradient}", color="C1")


def _edge(
    axes: Axes, start: Point, end: Point, at: Point | None = None, gap: float = 0.0
) -> None:
    """Draw an arrow between two units, with a gap around the point `at`."""
    (x1, y1), (x2, y2) = start, end
    length = np.hypot(x2 - x1, y2 - y1)
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    tip = (x2 - 0.29 * dx, y2 - 0.29 * dy)
    if not gap:
        _arrow(axes, (x1 + 0.29 * dx, y1 + 0.29 * dy), tip)
        return
    if at != start:
        xs = (x1 + 0.29 * dx, at[0] - gap * dx)
        ys = (y1 + 0.29 * dy, at[1] - gap * dy)
        axes.plot(xs, ys, color="C5", lw=1.3)
    _arrow(axes, (at[0] + gap * dx, at[1] + gap * dy), tip)


@diagram
def backward_shapes() -> Figure:
    """Draw the backward pass of the 4-8-4-1 network with the shape of each gradient."""
    parameters = forward_pass.initialise(np.random.default_rng(0))
    cache = forward_pass.forward(np.zeros((2, 4)), parameters)
    gradients = backpropagation.backward(np.zeros((2, 1)), parameters, cache)
    figure, axes = _canvas(4.4, 4.0)
    x, width, step, height = 0.83, 1.6, 0.84, 3.7
    chain = {"dZ3": "@ W3ᵀ", "dA2": "⊙ 1[Z2 > 0]", "dZ2": "@ W2ᵀ"}
    chain |= {"dA1": "⊙ 1[Z1 > 0]", "dZ1": ""}
    for row, (name, operation) in enumerate(chain.items()):
        y = height - row * step
        label = f"{name} (batch, {cache[name[1:]].shape[1]})"
        _box(axes, x, y, label, "C1", width)
        if operation:
            _arrow(axes, (x, y - 0.22), (x, y - step + 0.22), "C1")
            axes.text(x + 0.12, y - step / 2, operation, va="center", fontsize=12)
        if name[1] == "Z":
            layer = int(name[2])
            entered = f"A{layer - 1}" if layer > 1 else "X"
            W, b = f"dW{layer}", f"db{layer}"
            _arrow(axes, (x + width / 2 + 0.02, y), (1.98, y), "C0")
            axes.plot([2.05, 2.05], [y - 0.24, y + 0.24], color="C0", lw=1.6)
            weights = f"{W} {gradients[W].shape} = {entered}ᵀ @ {name}"
            bias = f"{b} {gradients[b].shape} = column sums"
            for text, place in ((weights, y + 0.13), (bias, y - 0.13)):
                axes.text(2.14, place, text, va="center", fontsize=12)
    return figure


@diagram
def failure_stations() -> Figure:
    """Draw the way of the data, station by station, with the failures of each."""
    line, gap, margin = 0.23, 0.17, 0.12
    lines = sum(map(len, STATIONS.values()))
    height = lines * line + (len(STATIONS) - 1) * gap + 2 * margin
    figure, axes = _canvas(4.3, height)
    top, centers = height - margin, {}
    for station, failures in STATIONS.items():
        bottom = top - len(failures) * line
        centers[station] = (top + bottom) / 2
        in_loop = station in {"model", "loss", "backward", "update"}
        color = "C0" if in_loop else "C5"
        _box(axes, 1.13, centers[station], station, color, 1.44)
        axes.plot([1.97, 1.97], [top - 0.04, bottom + 0.04], color=color, lw=1.6)
        for row, failure in enumerate(failures):
            name = failure.replace("-", " ")
            name = name.replace(" nan", " NaN").replace(" ln c", " ln C")
            style = {"ha": "left", "va": "center", "fontsize": 12}
            axes.text(2.07, top - (row + 0.5) * line, name, **style)
        top = bottom - gap
    for upper, lower in pairwise(centers.values()):
        _arrow(axes, (1.13, upper - 0.22), (1.13, lower + 0.22))
    update, model = centers["update"], centers["model"]
    axes.plot([0.41, 0.24, 0.24], [update, update, model], color="C0", lw=1.3)
    _arrow(axes, (0.24, model), (0.41, model), "C0")
    _label(axes, 0.09, (update + model) / 2, "next mini-batch", rotation="vertical")
    return figure


@diagram
def activations() -> Figure:
    """Draw five activations and their slopes, with the flat parts marked."""
    page = activation_functions
    functions = {
        "linear": (np.array, np.ones_like),
        "ReLU": (page.relu, page.relu_derivative),
        "leaky ReLU": (page.leaky_relu, page.leaky_relu_derivative),
        "sigmoid": (page.sigmoid, page.sigmoid_derivative),
        "tanh": (np.tanh, page.tanh_derivative),
    }
    figure, grid = pyplot.subplots(2, 3, figsize=(5.2, 3.8), sharex=True)
    z = np.arange(-60, 61) / 10
    *panels, legend = grid.flat
    for (name, (f, derivative)), axes in zip(functions.items(), panels, strict=True):
        slope = derivative(z)
        jumps = np.abs(np.diff(slope, prepend=slope[0])) > 0.5
        axes.plot(z, f(z), "C0", label="activation f(z)")
        axes.plot(z, np.where(jumps, np.nan, slope), "C1--", label="slope f′(z)")
        _mark_flat(axes, z, slope)
        axes.set(title=name, xticks=[-6, -3, 0, 3, 6])
    named = {}
    for handles, labels in (axes.get_legend_handles_labels() for axes in panels):
        named |= dict(zip(labels, handles, strict=True))
    legend.axis("off")
    legend.legend(named.values(), named.keys(), loc="center")
    return figure


def _mark_flat(axes: Axes, z: np.ndarray, slope: np.ndarray) -> None:
    """Hatch where the slope is below 0.05, and more densely where it is 0."""
    kinds = {
        "slope below 0.05": ("///", (slope != 0) & (slope < 0.05)),
        "slope exactly 0": ("xxxxxx", slope == 0),
    }
    for label, (hatch, where) in kinds.items():
        for side in (z[where & (z <= 0)], z[where & (z > 0)]):
            if side.size:
                style = {"facecolor": "none", "edgecolor": "C5", "lw": 0, "alpha": 0.6}
                axes.axvspan(side[0], side[-1], hatch=hatch, label=label, **style)


@diagram
def learning_rates() -> Figure:
    """Three losses of the training lab's deliveries: it learns, it dies, it crawls."""
    X, y = (gradient_descent.scaled(a[:400], a[:400]) for a in make_deliveries())
    styles = {0.7: ("C1--", "0.7, units die"), 1e-6: ("C2:", "0.000001, too small")}
    styles |= {0.05: ("C0-", "0.05, it learns")}
    figure, axes = pyplot.subplots(figsize=(5.2, 3.2))
    for learning_rate, (style, label) in styles.items():
        network = gradient_descent.NeuralNetwork(list(LAYERS), learning_rate, seed=0)
        losses = network.fit(X, y, epochs=20, verbose=False)
        axes.plot(np.arange(1, 21), losses, style, label=label)
    axes.set(xlabel="epoch", ylabel="training loss", yscale="log")
    axes.set_xticks([1, 5, 10, 15, 20])
    axes.set_yticks([0.1, 0.2, 0.5, 1], ["0.1", "0.2", "0.5", "1"])
    axes.minorticks_off()
    axes.legend(title="learning rate", loc="center right", bbox_to_anchor=(1, 0.55))
    return figure
