"""Draw a figure as a small SVG in theme colours, and state the data it plots."""

import hashlib
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from lxml import etree
from matplotlib.figure import Figure

from docs.plugins.pages import ROOT, relative

STYLE = ROOT / "docs" / "assets" / "figures.mplstyle"
LARGEST = 1.6  # times its size in points, on a wide screen
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
    etree.strip_elements(root, f"{SVG}metadata", f"{SVG}style", with_tail=False)
    root.set("stroke-linejoin", "round")  # what the style, which would leak, says
    root.set("stroke-linecap", "butt")
    _keep_used_ids(root, name)
    for size in ("width", "height"):
        del root.attrib[size]
    _, _, width, _ = root.get("viewBox").split()
    root.set("style", f"max-width: {float(width) * LARGEST:.0f}px")
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


def draw_png(figure: Figure, digest: str) -> bytes:
    """Return a figure on white as PNG that names the digest of the SVG beside it."""
    buffer = io.BytesIO()
    metadata = {"Software": None, "Comment": digest}
    figure.savefig(buffer, format="png", dpi=144, facecolor="white", metadata=metadata)
    return buffer.getvalue()


def plotted_data(figure: Figure) -> list:
    """Return what a figure shows: its own texts, and a dictionary for each axes."""
    legends = [_legend(legend) for legend in figure.legends]
    own = [figure.get_suptitle(), [text.get_text() for text in figure.texts], legends]
    return [own, *(_axes_data(axes) for axes in figure.axes)]


def _axes_data(axes: mpl.axes.Axes) -> dict:
    logarithmic = "log" in (axes.get_xscale(), axes.get_yscale())
    legend = axes.get_legend()
    return {
        "title": [axes.get_title(loc) for loc in ("left", "center", "right")],
        "x": _axis(axes.xaxis, axes.get_xlim()),
        "y": _axis(axes.yaxis, axes.get_ylim()),
        "legend": _legend(legend) if legend else [],
        "lines": [
            [
                _style(line, "color linestyle marker alpha"),
                *(_numbers(xy, logarithmic) for xy in line.get_data(orig=False)),
            ]
            for line in axes.lines
        ],
        "collections": [_collection(shape) for shape in axes.collections],
        "patches": [
            [
                _style(patch, "facecolor edgecolor hatch alpha"),
                _numbers(
                    patch.get_patch_transform().transform(patch.get_path().vertices)
                ),
            ]
            for patch in axes.patches
        ],
        "images": [
            [_numbers(image.get_array()), _numbers(image.get_extent())]
            for image in axes.images
        ],
        "texts": [
            [
                *(text.get_text(), _numbers(text.get_position()), _target(text)),
                *_colour(text),
            ]
            for text in axes.texts
        ],
    }


def _axis(axis: mpl.axis.Axis, limits: tuple[float, float]) -> list:
    ticks = [label.get_text() for label in axis.get_ticklabels()]
    by_hand = isinstance(axis.get_major_locator(), mpl.ticker.FixedLocator)
    places = [_numbers(axis.get_ticklocs())] if by_hand else []
    return [axis.get_label_text(), axis.get_scale(), _numbers(limits), ticks, *places]


def _legend(legend: mpl.legend.Legend) -> list:
    handles = [
        _style(handle, "color linestyle marker facecolor hatch")
        for handle in legend.legend_handles
    ]
    return [[text.get_text() for text in legend.get_texts()], handles]


def _style(artist: mpl.artist.Artist, names: str) -> str:
    getters = (getattr(artist, f"get_{name}", None) for name in names.split())
    return " ".join(str(getter()) for getter in getters if getter)


def _target(text: mpl.text.Text) -> list[str]:
    return _numbers(text.xy) if isinstance(text, mpl.text.Annotation) else []


def _colour(text: mpl.text.Text) -> list[str]:
    own = text.get_color()
    return [own] if own != mpl.rcParams["text.color"] else []


def _collection(shape: mpl.collections.Collection) -> list:
    values = shape.get_array()
    return [
        _numbers(shape.get_offsets()),
        [_numbers(path.vertices) for path in shape.get_paths()],
        [_numbers(shape.get_facecolor()), _numbers(shape.get_alpha() or 1)],
        _numbers([] if values is None else values),
    ]


def _numbers(values: np.ndarray, logarithmic: bool = False) -> list[str]:
    """Return numbers as text; on linear axes what is rounding noise becomes zero."""
    array = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan).ravel()
    finite = np.abs(array[np.isfinite(array)])
    if finite.size and not logarithmic:
        array = np.where(np.abs(array) < 1e-9 * finite.max(), 0.0, array)
    return [f"{value + 0.0:.8e}" for value in array]


@dataclass(frozen=True)
class Drawing:
    """A figure as it was when its block ended: as SVG, and its data as text."""

    svg: str
    data: str

    @classmethod
    def of(cls, figure: Figure, name: str) -> "Drawing":
        """Draw a figure; the ids in its SVG begin with `name`."""
        svg = draw(figure, name)
        data = json.dumps(plotted_data(figure), indent=0, ensure_ascii=False)
        return cls(svg, data)

    @classmethod
    def recorded(cls, file: Path) -> "Drawing":
        """Read a record. Raises ValueError when a file is missing or was edited."""
        data_file = file.with_suffix(".data")
        for each in (file, data_file):
            if not each.is_file():
                raise ValueError(f"no file {relative(each)}: make record")
        digest, _, data = data_file.read_text(encoding="utf-8").partition("\n")
        svg = file.read_text(encoding="utf-8")
        if digest != cls(svg, data).digest:
            raise ValueError(f"{relative(file)} was changed by hand: make record")
        return cls(svg, data)

    @property
    def digest(self) -> str:
        """A digest of the SVG, which ties the two files together."""
        return hashlib.sha256(self.svg.encode()).hexdigest()

    def files(self, file: Path) -> dict[Path, str]:
        """Return the content of the SVG file and of the data file beside it."""
        return {
            file: self.svg,
            file.with_suffix(".data"): f"{self.digest}\n{self.data}",
        }
