"""Draw a figure as a small SVG in theme colours, and state the data it plots."""

import hashlib
import io
import json
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
from lxml import etree
from matplotlib.figure import Figure

from docs.plugins.pages import ROOT

STYLE = ROOT / "docs" / "assets" / "figures.mplstyle"
SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}href"


def use_style() -> None:
    """Set Matplotlib to the style of recorded figures."""
    mpl.rcdefaults()
    mpl.rc_file(STYLE, use_default_template=False)


def draw(figure: Figure, name: str) -> str:
    """Return a figure as SVG whose ids begin with `name` and whose colours follow CSS.

    The series colours become `var(--figure-1)` and so on, the text colour becomes
    `currentColor`; a program that knows no CSS sees the colours of the style.
    """
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    root = etree.fromstring(buffer.getvalue())
    for metadata in root.findall(f"{SVG}metadata"):
        root.remove(metadata)
    _keep_used_ids(root, name)
    for size in ("width", "height"):
        del root.attrib[size]
    _, _, width, _ = root.get("viewBox").split()
    root.set("style", f"max-width: {float(width) * 1.6:.0f}px")
    etree.cleanup_namespaces(root)
    return _theme_colours(etree.tostring(root, encoding="unicode"))


def _keep_used_ids(root: etree._Element, name: str) -> None:
    text = etree.tostring(root, encoding="unicode")
    used = set(re.findall(r"#([\w-]+)", text))
    for element in root.iter():
        identifier = element.attrib.pop("id", None)
        if identifier in used:
            element.set("id", f"{name}-{identifier}")
        for key, value in element.attrib.items():
            if key == XLINK:
                element.set(key, f"#{name}-{value[1:]}")
            elif "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{name}-"))


def _theme_colours(svg: str) -> str:
    series = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    for number, colour in enumerate(series, 1):
        hexadecimal = f"#{colour.lstrip('#')}"
        svg = svg.replace(hexadecimal, f"var(--figure-{number}, {hexadecimal})")
    text = f"#{mpl.rcParams['text.color'].lstrip('#')}"
    grid = f"#{mpl.rcParams['grid.color'].lstrip('#')}"
    return svg.replace(text, "currentColor").replace(
        grid, f"var(--figure-grid, {grid})"
    )


def plotted_data(figure: Figure) -> list[dict]:
    """Return what a figure plots: a dictionary for each of its axes."""
    return [_axes_data(axes) for axes in figure.axes]


def _axes_data(axes: mpl.axes.Axes) -> dict:
    legend = axes.get_legend()
    return {
        "title": axes.get_title(),
        "x": [axes.get_xlabel(), axes.get_xscale(), _numbers(axes.get_xlim())],
        "y": [axes.get_ylabel(), axes.get_yscale(), _numbers(axes.get_ylim())],
        "legend": [text.get_text() for text in legend.get_texts()] if legend else [],
        "lines": [[_numbers(xy) for xy in line.get_data()] for line in axes.lines],
        "collections": [_collection(shape) for shape in axes.collections],
        "patches": [
            _numbers(patch.get_patch_transform().transform(patch.get_path().vertices))
            for patch in axes.patches
        ],
        "images": [_numbers(image.get_array()) for image in axes.images],
        "texts": [
            [text.get_text(), _numbers(text.get_position())] for text in axes.texts
        ],
    }


def _collection(shape: mpl.collections.Collection) -> list:
    paths = [_numbers(path.vertices) for path in shape.get_paths()]
    return [_numbers(shape.get_offsets()), paths]


def _numbers(values: np.ndarray) -> list[str]:
    array = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan)
    return [f"{value:.9g}" for value in array.ravel()]


def record(figure: Figure, file: Path) -> dict[Path, str]:
    """Return the files that record a figure: its SVG, and its data beside it."""
    svg = draw(figure, file.stem)
    digest = hashlib.sha256(svg.encode()).hexdigest()
    data = {"svg_sha256": digest, "axes": plotted_data(figure)}
    lines = json.dumps(data, indent=0, ensure_ascii=False) + "\n"
    return {file: svg, file.with_suffix(".json"): lines}


def recorded_data(file: Path) -> str:
    """Return the recorded data of an SVG, in the form `comparable` gives new data.

    Raises
    ------
    FileNotFoundError
        When the figure is not recorded.

    """
    data = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    return json.dumps(data["axes"], indent=0, ensure_ascii=False)


def comparable(figure: Figure) -> str:
    """Return a figure's data as text, a number a line."""
    return json.dumps(plotted_data(figure), indent=0, ensure_ascii=False)


def is_unchanged(file: Path) -> bool:
    """Tell whether an SVG is the one that its data were recorded with."""
    data = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    svg = file.read_text(encoding="utf-8")
    return data["svg_sha256"] == hashlib.sha256(svg.encode()).hexdigest()
