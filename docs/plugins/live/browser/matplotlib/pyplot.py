"""Draw what the pages draw, as SVG in the site's colours.

This stands in for matplotlib.pyplot where a page runs in the browser. It knows the
calls and options that the pages use, and says what it cannot draw.
"""

import math
from collections.abc import Callable
from html import escape
from itertools import count

import numpy as np

COLOURS = ("2f5fd0", "c4501b", "1a7f4b", "8a3ab9", "8a6d00", "5b6470")
NAMED = {"k": "currentColor", "black": "currentColor", "none": "none", "w": "#ffffff"}
DASHES = {"-": "", "--": "7 3", ":": "2 3.3", "-.": "9 3 2 3", "": None, "None": None}
SHORT = {"c": "color", "colors": "color", "lw": "linewidth", "linewidths": "linewidth"}
SHORT |= {"ls": "linestyle", "ms": "markersize", "ha": "align", "va": "valign"}
SHORT |= {"horizontalalignment": "align", "verticalalignment": "valign"}
SHORT |= {"size": "fontsize"}
LINE = {"color", "linewidth", "linestyle", "marker", "markersize", "label", "alpha"}
PATCH = {"color", "linewidth", "label", "alpha", "hatch"}
WORDS = {"color", "align", "valign", "fontsize", "rotation", "bbox", "alpha"}
ANCHORS = {"left": "start", "center": "middle", "right": "end"}
SIZE = 10.5
STEP = 1.25 * SIZE
Mapping = Callable[[np.ndarray], np.ndarray]
figures: list["Figure"] = []
number = count()


def cannot(what: str) -> AttributeError:
    """Return the error that names what this drawing lacks."""
    return AttributeError(
        f"drawing in the browser knows no {what}; the page's notebook does"
    )


def options(given: dict, known: set[str]) -> dict:
    """Return options under their long names; refuse those that nothing here draws."""
    found = {SHORT.get(name, name): value for name, value in given.items()}
    if unknown := found.keys() - known:
        raise cannot(f"option {sorted(unknown)[0]!r}")
    return found


def colour(value: str | tuple) -> str:
    """Return a colour as CSS: `C0` to `C5` follow the site."""
    if not isinstance(value, str):
        return f"rgb({' '.join(str(round(255 * part)) for part in value[:3])})"
    if value[0] == "C" and value[1:].isdigit():
        place = int(value[1:]) % len(COLOURS)
        return f"var(--figure-{place + 1}, #{COLOURS[place]})"
    return NAMED.get(value, value)


def tag(name: str, content: str = "", **attributes: object) -> str:
    """Return an SVG element; None leaves an attribute out."""
    written = "".join(
        f' {key.strip("_").replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>"


def _short(value: object) -> str:
    if isinstance(value, str):
        return value
    return f"{float(value):.2f}".rstrip("0").rstrip(".")


def path(x: np.ndarray, y: np.ndarray) -> str:
    """Return the path through points, interrupted where one is not finite."""
    parts, pen = [], "M"
    for u, v in zip(np.clip(x, -1e4, 1e4), np.clip(y, -1e4, 1e4), strict=True):
        finite = math.isfinite(u) and math.isfinite(v)
        if finite:
            parts.append(f"{pen}{_short(u)} {_short(v)}")
        pen = "L" if finite else "M"
    return "".join(parts)


def words(x: float, y: float, text: object, **given: object) -> str:
    """Return a text, of one line or more, at a point."""
    lines = str(text).split("\n")
    size = given.get("fontsize", SIZE)
    shift = {"top": 0.8, "center": 0.35, "bottom": -0.25}.get(given.get("valign"), 0)
    spare = {"top": 0, "center": 0.5}.get(given.get("valign"), 1) * (len(lines) - 1)
    turn = given.get("rotation")
    x = max(x, size) if turn else x  # not beyond the figure
    start = y + shift * size - spare * 1.25 * size
    content = "".join(
        tag("tspan", escape(line.strip() or " "), x=x, y=start + 1.25 * size * row)
        for row, line in enumerate(lines)
    )
    return tag(
        "text",
        content,
        text_anchor=ANCHORS[given.get("align", "left")],
        fill=colour(given.get("color", "k")),
        opacity=given.get("alpha"),
        font_size=size,
        transform=f"rotate({-turn} {_short(x)} {_short(y)})" if turn else None,
    )


def width(text: object, size: float = SIZE) -> float:
    """Return about how wide a text is."""
    return 0.58 * size * max(len(line) for line in str(text).split("\n"))


def style(text: str) -> dict:
    """Read a format such as "o--" or "C1s:"."""
    found, rest = {}, text
    while rest:
        for size in (2, 1):
            part = rest[:size]
            if size == 2 and part[0] == "C" and part[1:].isdigit():
                found["color"] = part
            elif part in DASHES and len(part) == size:
                found["linestyle"] = part
            elif part in NAMED:
                found["color"] = part
            elif part in set("os^vxXD.+"):
                found["marker"] = part
            else:
                continue
            rest = rest[size:]
            break
        else:
            raise ValueError(f"unrecognised format {text!r}")
    if "marker" in found:
        found.setdefault("linestyle", "")
    return found


class Axis:
    """One direction of a plot: what it shows, on which scale, with which ticks."""

    def __init__(self) -> None:
        self.scale, self.inverted = "linear", False
        self.limits: list = [None, None]
        self.ticks = self.labels = None
        self.seen: list[np.ndarray] = []
        self.edges: set[float] = set()  # where bars begin: no room beyond

    def see(self, *values: object) -> None:
        """Make room for values."""
        self.seen += [np.ravel(np.asarray(value, float)) for value in values]

    def forward(self, values: object) -> np.ndarray:
        """Return values as the scale has them."""
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.asarray(values, float)
            return np.log10(values) if self.scale == "log" else values

    def range(self) -> tuple[float, float]:
        """Return the limits, as values."""
        shown = np.concatenate([np.zeros(0), *self.seen])
        scaled = self.forward(shown)
        shown = shown[np.isfinite(scaled)]
        ends = [shown.min(), shown.max()] if shown.size else [0.1, 1.0]
        low, high = self.forward(ends)
        room = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
        found = [low - room, high + room]
        if self.scale == "log":
            found = [10.0**end for end in found]
        found = [
            end if end in self.edges and self.scale != "log" else roomy
            for end, roomy in zip(ends, found, strict=True)
        ]
        given = zip(self.limits, found, strict=True)
        low, high = (mine if own is None else own for own, mine in given)
        return (high, low) if self.inverted and low < high else (low, high)

    def mapping(self, start: float, length: float) -> Mapping:
        """Return the function from values to places on the drawing."""
        low, high = self.forward(self.range())

        def place(values: object) -> np.ndarray:
            return start + length * (self.forward(values) - low) / (high - low)

        return place

    def marks(self, length: float, apart: float) -> list[tuple[float, str]]:
        """Return the ticks with their labels, about `apart` points from each other."""
        low, high = sorted(self.range())
        if self.ticks is not None:
            ticks = [float(tick) for tick in self.ticks]
            labels = self.labels or [f"{tick:g}" for tick in ticks]
        elif self.scale == "log":
            first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
            step = max(1, math.ceil((last - first) * apart / length))
            powers = range(first, last + 1, step)
            ticks = [10.0**power for power in powers]
            labels = [
                f"1e{power}" if abs(power) > 3 else f"{10.0**power:g}"
                for power in powers
            ]
        else:
            rough = (high - low) * apart / length
            power = 10.0 ** math.floor(math.log10(rough))
            step = next(n * power for n in (1, 2, 2.5, 5, 10) if n * power >= rough)
            places = range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)
            ticks = [place * step for place in places]
            digits = max(0, -math.floor(math.log10(step)) + (step / power == 2.5))
            labels = [f"{tick + 0.0:.{digits}f}" for tick in ticks]
        marks = zip(
            ticks, (str(each).replace("-", "−") for each in labels), strict=True
        )
        return [mark for mark in marks if low - 1e-12 <= mark[0] <= high + 1e-12]


class Text:
    """A text of a plot, which arrows keep away from."""

    def __init__(self, text: object) -> None:
        self.size = width(text) + 8, STEP * len(str(text).split("\n")) + 6

    def get_bbox_patch(self) -> tuple[float, float]:
        """Return the width and the height of its box."""
        return self.size


class Axes:
    """A plot: lines, bars and texts between two axes."""

    def __init__(self) -> None:
        self.x, self.y = Axis(), Axis()
        self.parts: list[Callable[[Mapping, Mapping], str]] = []
        self.texts: list[Callable[[Mapping, Mapping], str]] = []
        self.points: list[tuple] = []
        self.entries: list[tuple[str, dict]] = []
        self.colours = count()
        self.title, self.title_size = "", SIZE
        self.is_shown, self.is_equal = True, False
        self.labels = {"x": "", "y": ""}
        self.has_names = {"x": True, "y": True}  # the first plot of a shared axis has
        self.key = None

    def __getattr__(self, name: str) -> None:
        """Say what this drawing lacks."""
        raise cannot(f"ax.{name}")

    def _coloured(self, given: dict, entry: str) -> dict:
        if given.get("color") is None:
            given["color"] = f"C{next(self.colours)}"
        if given.get("label"):
            self.entries.append((entry, given))
        return given

    def plot(self, *data: object, **given: object) -> list[dict]:
        """Draw lines: y, or x and y, each with or without a format."""
        given, data, drawn = options(given, LINE), list(data), []
        while data:
            first = data.pop(0)
            second = data.pop(0) if data and not isinstance(data[0], str) else None
            form = style(data.pop(0)) if data else {}
            x, y = (first, second) if second is not None else (None, first)
            y = np.atleast_1d(np.asarray(y, float))
            x = np.arange(len(y)) if x is None else np.atleast_1d(np.asarray(x, float))
            if len(x) != len(y):
                shapes = f"but have shapes {x.shape} and {y.shape}"
                raise ValueError(f"x and y must have same first dimension, {shapes}")
            for column in y.reshape(len(y), -1).T:
                drawn.append(self._coloured(form | given, "line"))
                self._line(x.reshape(len(x), -1)[:, 0], column, drawn[-1])
        return drawn

    def _line(self, x: np.ndarray, y: np.ndarray, given: dict) -> None:
        self.x.see(x)
        self.y.see(y)
        self.points.append((x, y))
        self.parts.append(lambda X, Y: stroke(X(x), Y(y), given))

    def semilogy(self, *data: object, **given: object) -> list[dict]:
        """Draw lines, y on a logarithmic scale."""
        self.y.scale = "log"
        return self.plot(*data, **given)

    def loglog(self, *data: object, **given: object) -> list[dict]:
        """Draw lines, both scales logarithmic."""
        self.x.scale = "log"
        return self.semilogy(*data, **given)

    def scatter(self, x: object, y: object, s: float = 25, **given: object) -> None:
        """Draw points."""
        size = {"marker": "o", "linestyle": "", "markersize": math.sqrt(s)}
        self.plot(np.ravel(x), np.ravel(y), **(size | given))

    def bar(
        self,
        x: object,
        height: object,
        width: object = 0.8,
        bottom: object = 0,
        **given: object,
    ) -> None:
        """Draw upright bars around places x."""
        self._bars(np.subtract(x, np.divide(width, 2)), bottom, width, height, given)
        self.y.edges.update(np.ravel(bottom).astype(float))

    def barh(
        self,
        y: object,
        width: object,
        height: object = 0.8,
        left: object = 0,
        **given: object,
    ) -> None:
        """Draw bars to the right of places y."""
        self._bars(left, np.subtract(y, np.divide(height, 2)), width, height, given)
        self.x.edges.update(np.ravel(left).astype(float))

    def _bars(self, x: object, y: object, w: object, h: object, given: dict) -> None:
        given = self._coloured(options(given, PATCH), "patch")
        boxes = (np.ravel(each) for each in np.broadcast_arrays(x, y, w, h))
        x, y, w, h = (each.astype(float) for each in boxes)
        self.x.see(x, x + w)
        self.y.see(y, y + h)
        self.points.append((x + w, y + h / 2))

        def draw(X: Mapping, Y: Mapping) -> str:
            least = float(X(self.x.range()[0])), float(Y(self.y.range()[0]))
            left, right = np.nan_to_num(X(x), neginf=least[0]), X(x + w)
            low, high = np.nan_to_num(Y(y), posinf=least[1]), Y(y + h)
            sides = zip(left, right, low, high, strict=True)
            return "".join(filled(given, a, b, c, d) for a, b, c, d in sides)

        self.parts.append(draw)

    def fill_between(
        self,
        x: object,
        low: object,
        high: object = 0,
        where: object = True,
        **given: object,
    ) -> None:
        """Fill between two curves, over the stretches of `where`."""
        given = self._coloured(options(given, PATCH), "patch")
        x, low, high, where = np.broadcast_arrays(np.ravel(x), low, high, where)
        self.x.see(x[where])
        self.y.see(low[where], high[where])
        ends = np.flatnonzero(np.diff(np.r_[False, where, False].astype(int)))
        for start, end in ends.reshape(-1, 2):
            part = slice(start, end)
            around = np.r_[x[part], x[part][::-1]]
            edge = np.r_[low[part], high[part][::-1]]
            self.parts.append(
                lambda X, Y, a=around, b=edge: tag(
                    "path", d=path(X(a), Y(b)), **paint(given)
                )
            )

    def axvline(self, x: float = 0, **given: object) -> None:
        """Draw an upright line from end to end."""
        given = self._coloured(options(given, LINE), "line")
        self.x.see(x)
        self.parts.append(lambda X, Y: stroke(X([x, x]), Y(self.y.range()), given))

    def axhline(self, y: float = 0, **given: object) -> None:
        """Draw a level line from end to end."""
        given = self._coloured(options(given, LINE), "line")
        self.y.see(y)
        self.parts.append(lambda X, Y: stroke(X(self.x.range()), Y([y, y]), given))

    def axvspan(self, low: float, high: float, **given: object) -> None:
        """Fill between two upright lines."""
        given = self._coloured(options(given, PATCH), "patch")
        self.x.see(low, high)

        def draw(X: Mapping, Y: Mapping) -> str:
            return filled(given, *X([low, high]), *Y(self.y.range()))

        self.parts.append(draw)

    def contour(
        self, x: object, y: object, z: object, levels: list, **given: object
    ) -> None:
        """Draw lines of equal height, straight through each triangle of the grid."""
        given = options(given, LINE) | {"linestyle": "-"}
        x, y, z = (np.asarray(each, float) for each in (x, y, z))
        self.x.see(x)
        self.y.see(y)
        lines = [line for level in levels for line in level_line(x, y, z, level)]
        across = np.array([(a, b, np.nan) for a, b in (line[0] for line in lines)])
        along = np.array([(a, b, np.nan) for a, b in (line[1] for line in lines)])
        self.parts.append(
            lambda X, Y: stroke(X(across.ravel()), Y(along.ravel()), given)
        )

    def text(self, x: float, y: float, text: object, **given: object) -> "Text":
        """Write a text at a point, in a box if `bbox` says how it looks."""
        given = options(given, WORDS)
        box, made = given.pop("bbox", None), Text(text)

        def draw(X: Mapping, Y: Mapping) -> str:
            u, v = float(X(x)), float(Y(y))
            frame = ""
            if box:
                w, h = made.get_bbox_patch()
                frame = tag(
                    "rect",
                    x=u - w / 2,
                    y=v - h / 2,
                    width=w,
                    height=h,
                    rx=4,
                    fill=colour(box.get("facecolor", "none")),
                    stroke=colour(box.get("edgecolor", "k")),
                )
            return frame + words(u, v, text, **given)

        self.texts.append(draw)
        return made

    def annotate(
        self,
        text: str,
        xy: tuple,
        xytext: tuple | None = None,
        arrowprops: dict | None = None,
        textcoords: str = "data",
        **given: object,
    ) -> None:
        """Write a text at `xytext`, with an arrow from there to `xy`."""
        given = options(given, WORDS)
        if textcoords not in {"data", "offset points"}:
            raise cannot(f"textcoords={textcoords!r}")
        tail, shift = xy if xytext is None else xytext, (0, 0)
        if textcoords == "offset points":
            tail, shift = xy, xytext

        def draw(X: Mapping, Y: Mapping) -> str:
            ends = [(float(X(x)), float(Y(y))) for x, y in (tail, xy)]
            ends[0] = ends[0][0] + shift[0], ends[0][1] - shift[1]
            shown = words(*ends[0], text, **given) if text else ""
            return shown + (arrow(*ends, arrowprops) if arrowprops else "")

        self.texts.append(draw)

    def legend(
        self,
        loc: str = "best",
        title: str = "",
        ncols: int = 1,
        bbox_to_anchor: tuple | None = None,
    ) -> None:
        """Name what is drawn; `loc` is a corner, a side, or where there is room."""
        self.key = (loc, title, ncols, bbox_to_anchor)

    def axis(self, what: str) -> None:
        """Hide the axes."""
        if what != "off":
            raise cannot(f"ax.axis({what!r})")
        self.is_shown = False

    def minorticks_off(self) -> None:
        """Leave the small ticks out, which this drawing does anyway."""

    def set(self, **given: object) -> None:
        """Set several properties."""
        for name, value in given.items():
            getattr(self, f"set_{name}")(value)

    def set_title(self, text: object, fontsize: float = SIZE) -> None:
        """Write a title above."""
        self.title, self.title_size = str(text), fontsize

    def set_aspect(self, aspect: str) -> None:
        """Let a unit be as long in both directions."""
        self.is_equal = aspect == "equal"

    def set_xlabel(self, text: str) -> None:
        """Name the level axis."""
        self.labels["x"] = text

    def set_ylabel(self, text: str) -> None:
        """Name the upright axis."""
        self.labels["y"] = text

    def set_xscale(self, scale: str) -> None:
        """Choose "linear" or "log"."""
        self.x.scale = scale

    def set_yscale(self, scale: str) -> None:
        """Choose "linear" or "log"."""
        self.y.scale = scale

    def set_xlim(self, low: object = None, high: object = None) -> None:
        """Set the ends: two numbers, or a pair; None leaves one to the data."""
        self.x.limits = list(low) if np.iterable(low) else [low, high]

    def set_ylim(self, low: object = None, high: object = None) -> None:
        """Set the ends: two numbers, or a pair; None leaves one to the data."""
        self.y.limits = list(low) if np.iterable(low) else [low, high]

    def get_xlim(self) -> tuple[float, float]:
        """Return the ends."""
        return self.x.range()

    def get_ylim(self) -> tuple[float, float]:
        """Return the ends."""
        return self.y.range()

    def set_xticks(self, ticks: object, labels: object = None) -> None:
        """Set the ticks, with labels or their numbers."""
        self.x.ticks, self.x.labels = list(ticks), labels and list(labels)

    def set_yticks(self, ticks: object, labels: object = None) -> None:
        """Set the ticks, with labels or their numbers."""
        self.y.ticks, self.y.labels = list(ticks), labels and list(labels)

    def set_xticklabels(self, labels: object) -> None:
        """Name the ticks."""
        self.x.labels = list(labels)

    def set_yticklabels(self, labels: object) -> None:
        """Name the ticks."""
        self.y.labels = list(labels)

    def invert_yaxis(self) -> None:
        """Let the upright axis point down."""
        self.y.inverted = True

    def room(self, h: float) -> tuple[float, float, float]:
        """Return the room beside, above and below, of a plot about h points high."""
        above = (1.7 * self.title_size if self.title else 4) + self._outside()
        if not self.is_shown:
            return 4, above, 4
        beside = self._names_width(h) + 8 + (STEP + 3) * bool(self.labels["y"])
        below = (STEP + 3) * (self.has_names["x"] + bool(self.labels["x"])) + 3
        return beside, above, below

    def svg(self, left: float, top: float, w: float, h: float) -> str:
        """Draw the plot; its lines and bars fill this part of the figure."""
        size = self.title_size
        if self.is_equal:
            (x0, x1), (y0, y1) = self.x.range(), self.y.range()
            unit = min(w / abs(x1 - x0), h / abs(y1 - y0))
            new = unit * abs(x1 - x0), unit * abs(y1 - y0)
            left, top = left + (w - new[0]) / 2, top + (h - new[1]) / 2
            w, h = new
        X, Y = self.x.mapping(left, w), self.y.mapping(top + h, -h)
        name = f"live-{next(number)}"
        clip = tag("clipPath", tag("rect", x=left, y=top, width=w, height=h), id=name)
        inside = "".join(part(X, Y) for part in self.parts)
        drawn = tag("g", inside, clip_path=f"url(#{name})")
        drawn += "".join(text(X, Y) for text in self.texts)
        title = words(
            left + w / 2, top - 0.4 * size, self.title, align="center", fontsize=size
        )
        parts = [
            self._frame(X, Y, left, top, w, h) if self.is_shown else "",
            clip,
            drawn,
        ]
        parts += [title if self.title else "", self._legend(X, Y, left, top, w, h)]
        return "".join(parts)

    def _frame(
        self, X: Mapping, Y: Mapping, left: float, top: float, w: float, h: float
    ) -> str:
        grid = {"stroke": "var(--figure-grid, #8c93a1)", "stroke_opacity": 0.35}
        grid |= {"stroke_width": 0.6, "fill": "none"}
        parts = []
        for tick, label in self.x.marks(w, 42):
            u = float(X(tick))
            parts.append(tag("path", d=path([u, u], [top, top + h]), **grid))
            if self.has_names["x"]:
                parts.append(words(u, top + h + STEP, label, align="center"))
        for tick, label in self.y.marks(h, 26):
            v = float(Y(tick))
            parts.append(tag("path", d=path([left, left + w], [v, v]), **grid))
            if self.has_names["y"]:
                end = {"align": "right", "valign": "center"}
                parts.append(words(left - 5, v, label, **end))
        corner = path([left, left, left + w], [top, top + h, top + h])
        parts.append(tag("path", d=corner, fill="none", stroke="currentColor"))
        middle = left + w / 2, top + h / 2
        if name := self.labels["x"]:
            at = top + h + (1 + self.has_names["x"]) * STEP + 3
            parts.append(words(middle[0], at, name, align="center"))
        if name := self.labels["y"]:
            turned = {"align": "center", "rotation": 90}
            parts.append(
                words(left - self._names_width(h) - 12, middle[1], name, **turned)
            )
        return "".join(parts)

    def _names_width(self, length: float) -> float:
        names = [label for _tick, label in self.y.marks(length, 26)]
        return max(map(width, names), default=0) if self.has_names["y"] else 0

    def _outside(self) -> float:
        """Return the room that a legend above the plot takes."""
        if (
            self.key is None
            or self.key[3] is None
            or not self.key[0].startswith("lower")
        ):
            return 0
        return 4 + STEP * math.ceil(len(self.entries) / self.key[2])

    def _legend(
        self, X: Mapping, Y: Mapping, left: float, top: float, w: float, h: float
    ) -> str:
        if self.key is None or not self.entries:
            return ""
        loc, title, columns, anchor = self.key
        rows = math.ceil(len(self.entries) / columns)
        wide = max(width(given["label"]) for _kind, given in self.entries) + 38
        box = max(columns * wide, width(title)), (rows + bool(title)) * STEP + 6
        if anchor:
            u = (
                left
                + w * anchor[0]
                - {"left": 0, "right": box[0]}.get(loc.split()[-1], box[0] / 2)
            )
            v = (
                top
                + h * (1 - anchor[1])
                - {"lower": box[1], "upper": 0}.get(loc.split()[0], box[1] / 2)
            )
        else:
            u, v = self._place(loc, box, X, Y, left, top, w, h)
        u = max(u, 2)
        parts = (
            [words(u + box[0] / 2, v + STEP - 2, title, align="center")]
            if title
            else []
        )
        for place, (kind, given) in enumerate(self.entries):
            column, row = divmod(place, rows)
            x = u + 4 + column * wide
            y = v + 2 + STEP * (row + bool(title) + 0.5)
            if kind == "line":
                parts.append(
                    stroke(np.array([x, x + 13, x + 26]), np.array([y, y, y]), given, 1)
                )
            else:
                parts.append(filled(given, x, x + 26, y - 4, y + 4))
            parts.append(words(x + 31, y, given["label"], valign="center"))
        return "".join(parts)

    def _place(
        self, loc: str, box: tuple, X: Mapping, Y: Mapping, *frame: float
    ) -> tuple[float, float]:
        """Return where a legend stands: as asked, or where it hides least."""
        left, top, w, h = frame
        across = {
            "left": left + 6,
            "right": left + w - box[0],
            "center": left + (w - box[0]) / 2,
        }
        along = {
            "upper": top + 2,
            "lower": top + h - box[1] - 2,
            "center": top + (h - box[1]) / 2,
        }
        if loc != "best":
            up, _space, side = loc.rpartition(" ")
            return across[side], along[up or "center"]
        dense = [(X(fine(x)), Y(fine(y))) for x, y in self.points]
        corners = [
            (across[side], along[up])
            for up in ("upper", "lower", "center")
            for side in ("right", "left", "center")
        ]

        def hidden(corner: tuple) -> int:
            u, v = corner
            return sum(
                np.sum(
                    (x > u - 4) & (x < u + box[0]) & (y > v - 4) & (y < v + box[1] + 4)
                )
                for x, y in dense
            )

        return min(corners, key=hidden)


def fine(values: np.ndarray) -> np.ndarray:
    """Return values with others between them, so that a long line has points too."""
    values = np.ravel(np.asarray(values, float))
    places = np.linspace(
        0, len(values) - 1, 20 * len(values) if len(values) < 50 else len(values)
    )
    return np.interp(places, np.arange(len(values)), values)


def level_line(x: np.ndarray, y: np.ndarray, z: np.ndarray, level: float) -> list:
    """Return the pieces of a level line, each as its two x and its two y."""
    found = []
    corners = [((0, 0), (0, 1), (1, 1)), ((0, 0), (1, 1), (1, 0))]
    above = z > level
    mixed = above[:-1, :-1] + 0 + above[1:, :-1] + above[:-1, 1:] + above[1:, 1:]
    for row, column in zip(*np.nonzero((mixed > 0) & (mixed < 4)), strict=True):
        for triangle in corners:
            at = [(row + i, column + j) for i, j in triangle]
            ends = []
            for a, b in ((0, 1), (1, 2), (2, 0)):
                p, q = at[a], at[b]
                if above[p] != above[q]:
                    part = (level - z[p]) / (z[q] - z[p])
                    ends.append([c[p] + part * (c[q] - c[p]) for c in (x, y)])
            if len(ends) == 2:
                found.append(tuple(zip(*ends, strict=True)))
    return found


def paint(given: dict) -> dict:
    """Return the attributes of a filled shape."""
    return {"fill": colour(given["color"]), "opacity": given.get("alpha")}


def filled(given: dict, left: float, right: float, low: float, high: float) -> str:
    """Return a bar, hatched where that is asked for."""
    box = {"x": min(left, right), "y": min(low, high)}
    box |= {"width": abs(right - left), "height": abs(high - low)}
    drawn = tag("rect", **box, **paint(given))
    if not given.get("hatch"):
        return drawn
    name = f"live-{next(number)}"
    line = tag("path", d="M0 0V6", stroke="currentColor", stroke_width=1.2)
    pattern = tag(
        "pattern",
        line,
        id=name,
        width=6,
        height=6,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )
    return pattern + drawn + tag("rect", **box, fill=f"url(#{name})")


def stroke(x: np.ndarray, y: np.ndarray, given: dict, every: int = 0) -> str:
    """Return a line with its markers; of a legend's three points one has a marker."""
    ink, dash = colour(given["color"]), DASHES[given.get("linestyle", "-")]
    parts = []
    if dash is not None:
        parts.append(
            tag(
                "path",
                d=path(x, y),
                fill="none",
                stroke=ink,
                stroke_width=given.get("linewidth", 2),
                stroke_dasharray=dash or None,
            )
        )
    if kind := given.get("marker"):
        size = given.get("markersize", 5)
        places = [(x[1], y[1])] if every else zip(x, y, strict=True)
        parts += [
            marker(kind, u, v, size / 2 + 0.4, ink)
            for u, v in places
            if math.isfinite(u + v)
        ]
    return tag("g", "".join(parts), opacity=given.get("alpha"))


def marker(kind: str, x: float, y: float, r: float, ink: str) -> str:
    """Return a marker around a point."""
    if kind in "o.":
        return tag("circle", cx=x, cy=y, r=r if kind == "o" else r / 2, fill=ink)
    if kind in "xX+":
        d = 0 if kind == "+" else r
        lines = path([x - r, x + r], [y - d, y + d]) + path(
            [x - d, x + d], [y + r, y - r]
        )
        return tag("path", d=lines, stroke=ink, stroke_width=3 if kind == "X" else 1.5)
    shapes = {
        "s": [(-r, -r), (r, -r), (r, r), (-r, r)],
        "^": [(0, -r), (r, r), (-r, r)],
    }
    shapes |= {
        "v": [(0, r), (r, -r), (-r, -r)],
        "D": [(0, -r), (r, 0), (0, r), (-r, 0)],
    }
    corners = np.add(shapes[kind], (x, y))
    return tag("path", d=path(*corners.T) + "Z", fill=ink)


def arrow(start: tuple, end: tuple, given: dict) -> str:
    """Return an arrow from one point to another, a little shorter at both ends."""
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    along = np.array([math.cos(angle), math.sin(angle)])

    def inside(box: str) -> float:
        w, h = given.get(box, (0, 0))
        return min(w / 2 / max(abs(along[0]), 1e-9), h / 2 / max(abs(along[1]), 1e-9))

    tail = np.array(start) + along * (given.get("shrinkA", 2) + inside("patchA"))
    head = np.array(end) - along * (given.get("shrinkB", 2) + inside("patchB"))
    ink, thick = colour(given.get("color", "k")), given.get("lw", 1)
    sides = [
        head
        - 5 * thick**0.5 * np.array([math.cos(angle + turn), math.sin(angle + turn)])
        for turn in (0.45, -0.45)
    ]
    tip = path(*np.array([sides[0], head, sides[1]]).T)
    solid = given.get("arrowstyle") == "-|>"
    lines = {"stroke": ink, "stroke_width": thick}
    shaft = tag("path", d=path(*np.array([tail, head]).T), **lines)
    point = tag("path", d=tip + "Z" * solid, fill=ink if solid else "none", **lines)
    return shaft + point


class Figure:
    """A figure: plots in rows and columns; its size is in inches."""

    def __init__(self, rows: int, columns: int, size: tuple[float, float]) -> None:
        self.size = 72 * size[0], 72 * size[1]
        plots = [Axes() for _place in range(rows * columns)]
        self.axes = np.array([*plots, None], object)[:-1].reshape(rows, columns)

    def __getattr__(self, name: str) -> None:
        """Say what this drawing lacks."""
        raise cannot(f"fig.{name}")

    def svg(self) -> str:
        """Return the drawing."""
        (rows, columns), (w, h) = self.axes.shape, self.size
        room = np.array([[a.room(h / rows) for a in row] for row in self.axes])
        beside, above, below = room[..., 0].max(0), *room[..., 1:].max(1).T
        w = (w - beside.sum() - 10 * columns) / columns  # all plots are of one size
        h = (h - above.sum() - below.sum()) / rows
        left = beside.cumsum() + (w + 10) * np.arange(columns)
        top = above.cumsum() + below.cumsum() - below + h * np.arange(rows)
        inside = "".join(
            axes.svg(left[column], top[row], w, h)
            for (row, column), axes in np.ndenumerate(self.axes)
        )
        return tag(
            "svg",
            inside,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {_short(self.size[0])} {_short(self.size[1])}",
            style=f"max-width: {1.6 * self.size[0]:.0f}px",
            stroke_linejoin="round",
        )


def subplots(
    nrows: int = 1,
    ncols: int = 1,
    *,
    figsize: tuple[float, float] = (5.2, 3.0),
    sharex: bool = False,
    sharey: bool = False,
) -> tuple[Figure, object]:
    """Begin a figure; return it with its plot, or an array of its plots."""
    figure = Figure(nrows, ncols, figsize)
    figures.append(figure)
    first = figure.axes[0, 0]
    for (row, column), axes in np.ndenumerate(figure.axes):
        if sharex:
            axes.x, axes.has_names["x"] = first.x, row == nrows - 1
        if sharey:
            axes.y, axes.has_names["y"] = first.y, column == 0
    if nrows == ncols == 1:
        return figure, figure.axes[0, 0]
    return figure, figure.axes.squeeze()


def show() -> None:
    """Let the page show the figure when its block has ended."""


def take() -> list[str]:
    """Return the drawings since the last time."""
    drawn = [figure.svg() for figure in figures]
    figures.clear()
    return drawn


def __getattr__(name: str) -> None:
    """Say what this drawing lacks, or draw on the last plot."""
    if name.startswith("__"):
        raise AttributeError(name)
    method = {"xlabel": "set_xlabel", "ylabel": "set_ylabel", "title": "set_title"}
    if not hasattr(Axes, method.get(name, name)):
        raise cannot(f"plt.{name}")
    if not figures:
        subplots()
    return getattr(figures[-1].axes.flat[-1], method.get(name, name))
