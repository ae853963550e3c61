"""Draw what the pages draw, as SVG in the site's colours.

This stands in for matplotlib.pyplot where a page runs in the browser. It knows the
calls and options that the pages use, and says what it cannot draw.
"""

import math
import re
from collections.abc import Callable
from html import escape
from itertools import count

import numpy as np

COLOURS = ("2f5fd0", "c4501b", "1a7f4b", "8a3ab9", "8a6d00", "5b6470")
NAMED = {"k": "currentColor", "black": "currentColor", "none": "none", "w": "#ffffff"}
DASHES = {"-": "", "--": "7 3", ":": "2 3.3", "-.": "9 3 2 3", "": None, "None": None}
FORMAT = re.compile(
    r"(?P<color>C\d|[kw])|(?P<linestyle>--|-\.|-|:)|(?P<marker>[os^vxXD.+])"
)
SHORT = {"c": "color", "colors": "color", "lw": "linewidth", "linewidths": "linewidth"}
SHORT |= {"ls": "linestyle", "ms": "markersize", "ha": "align", "va": "valign"}
SHORT |= {"horizontalalignment": "align", "verticalalignment": "valign"}
SHORT |= {"size": "fontsize"}
LINE = {"color", "linewidth", "linestyle", "marker", "markersize", "label", "alpha"}
PATCH = {"color", "linewidth", "label", "alpha", "hatch"}
WORDS = {"color", "align", "valign", "fontsize", "rotation", "bbox", "alpha"}
ANCHORS = {"left": "start", "center": "middle", "right": "end"}
# How far below its point a text begins, in its size, and how much of it stands above.
HEIGHTS = {"top": (0.8, 0), "center": (0.35, 0.5), "bottom": (-0.25, 1)}
# How far from the left or the top a legend stands: a part of the way, and points.
SIDES = {"left": (0, 6), "upper": (0, 2), "center": (0.5, 0)}
SIDES |= {"right": (1, 0), "lower": (1, -2)}
CORNERS = {  # of a marker that reaches from -1 to 1
    "s": [(-1, -1), (1, -1), (1, 1), (-1, 1)],
    "^": [(0, -1), (1, 1), (-1, 1)],
    "v": [(0, 1), (1, -1), (-1, -1)],
    "D": [(0, -1), (1, 0), (0, 1), (-1, 0)],
}
SIZE = 10.5
STEP = 1.25 * SIZE
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
        f' {key.replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>"


def _short(value: object) -> str:
    if isinstance(value, str):
        return value
    return f"{float(value):.2f}".rstrip("0").rstrip(".")


def path(x: np.ndarray, y: np.ndarray, end: str = "", **look: object) -> str:
    """Return a line through points, interrupted where one is not finite."""
    parts, pen = [], "M"
    for u, v in zip(np.clip(x, -1e4, 1e4), np.clip(y, -1e4, 1e4), strict=True):
        finite = math.isfinite(u) and math.isfinite(v)
        if finite:
            parts.append(f"{pen}{_short(u)} {_short(v)}")
        pen = "L" if finite else "M"
    return tag("path", d="".join(parts) + end, **look)


def words(x: float, y: float, text: object, **given: object) -> str:
    """Return a text, of one line or more, at a point."""
    lines = str(text).split("\n")
    size, turn = given.get("fontsize", SIZE), given.get("rotation")
    below, above = HEIGHTS.get(given.get("valign"), (0, 1))
    x = max(x, size) if turn else x  # not beyond the figure
    start = y + below * size - above * (len(lines) - 1) * 1.25 * size
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
    parts = list(FORMAT.finditer(text))
    if "".join(part[0] for part in parts) != text:
        raise ValueError(f"unrecognised format {text!r}")
    found = {part.lastgroup: part[0] for part in parts}
    return {"linestyle": ""} | found if "marker" in found else found


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

    def set_scale(self, scale: str) -> None:
        """Choose "linear" or "log"."""
        self.scale = scale

    def set_lim(self, low: object = None, high: object = None) -> None:
        """Set the ends: two numbers, or a pair; None leaves one to the data."""
        self.limits = list(low) if np.iterable(low) else [low, high]

    def set_ticks(self, ticks: object, labels: object = None) -> None:
        """Set the ticks, with labels or their numbers."""
        self.ticks, self.labels = list(ticks), labels and list(labels)

    def set_ticklabels(self, labels: object) -> None:
        """Name the ticks."""
        self.labels = list(labels)

    def invert_axis(self) -> None:
        """Let the axis point the other way."""
        self.inverted = True

    def forward(self, values: object) -> np.ndarray:
        """Return values as the scale has them."""
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.asarray(values, float)
            return np.log10(values) if self.scale == "log" else values

    def get_lim(self) -> tuple[float, float]:
        """Return the ends, as values."""
        shown = np.concatenate([np.zeros(0), *self.seen])
        shown = shown[np.isfinite(self.forward(shown))]
        ends = [shown.min(), shown.max()] if shown.size else [0.1, 1.0]
        low, high = self.forward(ends)
        room = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
        found = [low - room, high + room]
        if self.scale == "log":
            found = [10.0**end for end in found]
        else:
            both = zip(ends, found, strict=True)
            found = [end if end in self.edges else roomy for end, roomy in both]
        given = zip(self.limits, found, strict=True)
        low, high = (mine if own is None else own for own, mine in given)
        return (high, low) if self.inverted and low < high else (low, high)

    def fit(self, start: float, length: float) -> None:
        """Draw from this place of the figure on, over this length."""
        self.ends = start, start + length
        self.length, self.shown = length, self.forward(self.get_lim())

    def at(self, values: object) -> np.ndarray:
        """Return the places of values in the figure."""
        low, high = self.shown
        return self.ends[0] + self.length * (self.forward(values) - low) / (high - low)

    def marks(self, length: float, apart: float) -> list[tuple[float, str]]:
        """Return the ticks with their labels, about `apart` points from each other."""
        low, high = sorted(self.get_lim())
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
        return [
            (tick, str(label).replace("-", "−"))
            for tick, label in zip(ticks, labels, strict=True)
            if low - 1e-12 <= tick <= high + 1e-12
        ]


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
        self.parts: list[Callable[[], str]] = []
        self.texts: list[Callable[[], str]] = []
        self.points: list[tuple] = []
        self.entries: list[tuple[set, dict]] = []
        self.colours = count()
        self.title, self.title_size = "", SIZE
        self.is_shown, self.is_equal = True, False
        self.labels = {"x": "", "y": ""}
        self.has_names = {"x": True, "y": True}  # the first plot of a shared axis has
        self.key: tuple | None = None

    def __getattr__(self, name: str) -> Callable:
        """Return an axis's `set_lim` as `set_xlim`; say what this drawing lacks."""
        found = re.fullmatch("(get_|set_|invert_)([xy])(.+)", name)
        if found and hasattr(Axis, found[1] + found[3]):
            return getattr(getattr(self, found[2]), found[1] + found[3])
        raise cannot(f"ax.{name}")

    def _looks(self, given: dict, known: set[str]) -> dict:
        """Return options, with a colour; those with a label come into the legend."""
        given = options(given, known)
        if given.get("color") is None:
            given["color"] = f"C{next(self.colours)}"
        if given.get("label"):
            self.entries.append((known, given))
        return given

    def plot(self, *data: object, **given: object) -> None:
        """Draw lines: y, or x and y, each with or without a format."""
        data = list(data)
        while data:
            values = [data.pop(0)]
            if data and not isinstance(data[0], str):
                values.append(data.pop(0))
            form = style(data.pop(0)) if data and isinstance(data[0], str) else {}
            *x, y = (np.array(each, float, ndmin=1) for each in values)
            x = x[0] if x else np.arange(len(y))
            if len(x) != len(y):
                shapes = f"but have shapes {x.shape} and {y.shape}"
                raise ValueError(f"x and y must have same first dimension, {shapes}")
            for column in y.reshape(len(y), -1).T:
                looks = self._looks(form | given, LINE)
                self._line(x.reshape(len(x), -1)[:, 0], column, looks)

    def _line(self, x: np.ndarray, y: np.ndarray, looks: dict) -> None:
        self.x.see(x)
        self.y.see(y)
        self.points.append((x, y))
        self.parts.append(lambda: stroke(self.x.at(x), self.y.at(y), looks))

    def semilogy(self, *data: object, **given: object) -> None:
        """Draw lines, y on a logarithmic scale."""
        self.y.scale = "log"
        self.plot(*data, **given)

    def loglog(self, *data: object, **given: object) -> None:
        """Draw lines, both scales logarithmic."""
        self.x.scale = "log"
        self.semilogy(*data, **given)

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
        looks = self._looks(given, PATCH)
        boxes = (np.ravel(each) for each in np.broadcast_arrays(x, y, w, h))
        x, y, w, h = (each.astype(float) for each in boxes)
        self.x.see(x, x + w)
        self.y.see(y, y + h)
        self.points.append((x + w, y + h / 2))

        def draw() -> str:
            left = np.nan_to_num(self.x.at(x), neginf=self.x.ends[0])  # 0 has no log
            low = np.nan_to_num(self.y.at(y), posinf=self.y.ends[0])
            sides = zip(left, self.x.at(x + w), low, self.y.at(y + h), strict=True)
            return "".join(filled(looks, *each) for each in sides)

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
        looks = paint(self._looks(given, PATCH))
        x, low, high, where = np.broadcast_arrays(np.ravel(x), low, high, where)
        self.x.see(x[where])
        self.y.see(low[where], high[where])
        ends = np.flatnonzero(np.diff(np.r_[False, where, False].astype(int)))

        def draw() -> str:
            stretches = (slice(*pair) for pair in ends.reshape(-1, 2))
            return "".join(
                path(
                    self.x.at(np.r_[x[part], x[part][::-1]]),
                    self.y.at(np.r_[low[part], high[part][::-1]]),
                    **looks,
                )
                for part in stretches
            )

        self.parts.append(draw)

    def axvline(self, x: float = 0, **given: object) -> None:
        """Draw an upright line from end to end."""
        looks = self._looks(given, LINE)
        self.x.see(x)
        self.parts.append(lambda: stroke(self.x.at([x, x]), self.y.ends, looks))

    def axhline(self, y: float = 0, **given: object) -> None:
        """Draw a level line from end to end."""
        looks = self._looks(given, LINE)
        self.y.see(y)
        self.parts.append(lambda: stroke(self.x.ends, self.y.at([y, y]), looks))

    def axvspan(self, low: float, high: float, **given: object) -> None:
        """Fill between two upright lines."""
        looks = self._looks(given, PATCH)
        self.x.see(low, high)
        self.parts.append(lambda: filled(looks, *self.x.at([low, high]), *self.y.ends))

    def contour(
        self, x: object, y: object, z: object, levels: list, **given: object
    ) -> None:
        """Draw lines of equal height, straight through each triangle of the grid."""
        looks = options(given, LINE) | {"linestyle": "-"}
        x, y, z = (np.asarray(each, float) for each in (x, y, z))
        self.x.see(x)
        self.y.see(y)
        points = [end for level in levels for end in level_line(x, y, z, level)]
        across, along = np.reshape(points, (-1, 2)).T
        self.parts.append(lambda: stroke(self.x.at(across), self.y.at(along), looks))

    def text(self, x: float, y: float, text: object, **given: object) -> Text:
        """Write a text at a point, in a box if `bbox` says how it looks."""
        given = options(given, WORDS)
        box, made = given.pop("bbox", None), Text(text)

        def draw() -> str:
            u, v = self.x.at(x), self.y.at(y)
            frame = ""
            if box:
                w, h = made.get_bbox_patch()
                edge, fill = box.get("edgecolor", "k"), box.get("facecolor", "none")
                looks = {"rx": 4, "fill": colour(fill), "stroke": colour(edge)}
                frame = rectangle(u - w / 2, v - h / 2, w, h, **looks)
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
        start = xy if xytext is None else xytext

        def draw() -> str:
            tip = self.x.at(xy[0]), self.y.at(xy[1])
            if textcoords == "data":
                tail = self.x.at(start[0]), self.y.at(start[1])
            else:
                tail = tip[0] + start[0], tip[1] - start[1]
            shown = words(*tail, text, **given) if text else ""
            return shown + (arrow(tail, tip, arrowprops) if arrowprops else "")

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
        if self.is_equal:
            spans = [abs(np.subtract(*axis.get_lim())) for axis in (self.x, self.y)]
            unit = min(w / spans[0], h / spans[1])
            wide, high = unit * spans[0], unit * spans[1]
            left, top = left + (w - wide) / 2, top + (h - high) / 2
            w, h = wide, high
        self.x.fit(left, w)
        self.y.fit(top + h, -h)
        name = f"live-{next(number)}"
        drawn = [self._frame()] if self.is_shown else []
        drawn.append(tag("clipPath", rectangle(left, top, w, h), id=name))
        inside = "".join(part() for part in self.parts)
        drawn.append(tag("g", inside, clip_path=f"url(#{name})"))
        drawn += [text() for text in self.texts]
        if self.title:
            look = {"align": "center", "fontsize": self.title_size}
            above = top - 0.4 * self.title_size
            drawn.append(words(left + w / 2, above, self.title, **look))
        if self.key and self.entries:
            drawn.append(self._legend(*self.key))
        return "".join(drawn)

    def _frame(self) -> str:
        (left, right), (bottom, top) = self.x.ends, self.y.ends
        grid = {"stroke": "var(--figure-grid, #8c93a1)", "stroke_opacity": 0.35}
        grid |= {"stroke_width": 0.6, "fill": "none"}
        parts = []
        for tick, label in self.x.marks(right - left, 42):
            u = self.x.at(tick)
            parts.append(path([u, u], [top, bottom], **grid))
            if self.has_names["x"]:
                parts.append(words(u, bottom + STEP, label, align="center"))
        for tick, label in self.y.marks(bottom - top, 26):
            v = self.y.at(tick)
            parts.append(path([left, right], [v, v], **grid))
            if self.has_names["y"]:
                end = {"align": "right", "valign": "center"}
                parts.append(words(left - 5, v, label, **end))
        corner = [left, left, right], [top, bottom, bottom]
        parts.append(path(*corner, fill="none", stroke="currentColor"))
        if name := self.labels["x"]:
            below = bottom + (1 + self.has_names["x"]) * STEP + 3
            parts.append(words((left + right) / 2, below, name, align="center"))
        if name := self.labels["y"]:
            beside = left - self._names_width(bottom - top) - 12
            turned = {"align": "center", "rotation": 90}
            parts.append(words(beside, (top + bottom) / 2, name, **turned))
        return "".join(parts)

    def _names_width(self, length: float) -> float:
        names = [label for _tick, label in self.y.marks(length, 26)]
        return max(map(width, names), default=0) if self.has_names["y"] else 0

    def _outside(self) -> float:
        """Return the room that a legend above the plot takes."""
        loc, _title, columns, anchor = self.key or ("", "", 1, None)
        if anchor is None or not loc.startswith("lower"):
            return 0
        return 4 + STEP * math.ceil(len(self.entries) / columns)

    def _legend(self, loc: str, title: str, columns: int, anchor: tuple | None) -> str:
        rows = math.ceil(len(self.entries) / columns)
        wide = max(width(looks["label"]) for _known, looks in self.entries) + 38
        box = max(columns * wide, width(title)), (rows + bool(title)) * STEP + 6
        u, v = self._place(loc, box, anchor)
        u = max(u, 2)
        parts = []
        if title:
            parts.append(words(u + box[0] / 2, v + STEP - 2, title, align="center"))
        for place, (known, looks) in enumerate(self.entries):
            column, row = divmod(place, rows)
            x = u + 4 + column * wide
            y = v + 2 + STEP * (row + bool(title) + 0.5)
            if known is LINE:
                parts.append(stroke([x, x + 13, x + 26], [y] * 3, looks, slice(1, 2)))
            else:
                parts.append(filled(looks, x, x + 26, y - 4, y + 4))
            parts.append(words(x + 31, y, looks["label"], valign="center"))
        return "".join(parts)

    def _place(
        self, loc: str, box: tuple, anchor: tuple | None = None
    ) -> tuple[float, float]:
        """Return where a legend stands: as asked, or where it hides least."""
        (left, right), (bottom, top) = self.x.ends, self.y.ends
        up, _space, side = loc.rpartition(" ")
        across, beside = SIDES.get(side, SIDES["center"])
        along, below = SIDES.get(up, SIDES["center"])
        if anchor:
            u = left + anchor[0] * (right - left) - across * box[0]
            return u, bottom + anchor[1] * (top - bottom) - along * box[1]
        if loc != "best":
            u = left + across * (right - left - box[0]) + beside
            return u, top + along * (bottom - top - box[1]) + below
        dense = [(self.x.at(fine(x)), self.y.at(fine(y))) for x, y in self.points]
        places = [
            self._place(f"{up} {side}", box)
            for up in ("upper", "lower", "center")
            for side in ("right", "left", "center")
        ]

        def hidden(place: tuple) -> int:
            u, v = place
            return sum(
                np.sum(
                    (x > u - 4) & (x < u + box[0]) & (y > v - 4) & (y < v + box[1] + 4)
                )
                for x, y in dense
            )

        return min(places, key=hidden)


def fine(values: np.ndarray) -> np.ndarray:
    """Return values with others between them, so that a long line has points too."""
    many = len(values) * (20 if len(values) < 50 else 1)
    places = np.linspace(0, len(values) - 1, many)
    return np.interp(places, np.arange(len(values)), values)


def level_line(x: np.ndarray, y: np.ndarray, z: np.ndarray, level: float) -> list:
    """Return the ends of the pieces of a level line, and no point behind each two."""
    found = []
    corners = [((0, 0), (0, 1), (1, 1)), ((0, 0), (1, 1), (1, 0))]
    above = z > level
    mixed = above[:-1, :-1] + 0 + above[1:, :-1] + above[:-1, 1:] + above[1:, 1:]
    for row, column in zip(*np.nonzero((mixed > 0) & (mixed < 4)), strict=True):
        for triangle in corners:
            at = [(row + i, column + j) for i, j in triangle]
            sides = [(at[0], at[1]), (at[1], at[2]), (at[2], at[0])]
            crossed = [(p, q) for p, q in sides if above[p] != above[q]]
            for p, q in crossed:
                part = (level - z[p]) / (z[q] - z[p])
                found.append([c[p] + part * (c[q] - c[p]) for c in (x, y)])
            if crossed:
                found.append([np.nan, np.nan])
    return found


def rectangle(x: float, y: float, w: float, h: float, **look: object) -> str:
    """Return a rectangle; x and y are its upper left corner's."""
    return tag("rect", x=x, y=y, width=w, height=h, **look)


def paint(looks: dict) -> dict:
    """Return the attributes of a filled shape."""
    return {"fill": colour(looks["color"]), "opacity": looks.get("alpha")}


def filled(looks: dict, left: float, right: float, low: float, high: float) -> str:
    """Return a bar, hatched where that is asked for."""
    box = min(left, right), min(low, high), abs(right - left), abs(high - low)
    drawn = rectangle(*box, **paint(looks))
    if not looks.get("hatch"):
        return drawn
    name = f"live-{next(number)}"
    line = tag("path", d="M0 0V6", stroke="currentColor", stroke_width=1.2)
    size = {"width": 6, "height": 6, "patternUnits": "userSpaceOnUse"}
    pattern = tag("pattern", line, id=name, **size, patternTransform="rotate(45)")
    return pattern + drawn + rectangle(*box, fill=f"url(#{name})")


def stroke(
    x: np.ndarray, y: np.ndarray, looks: dict, marked: slice = slice(None)
) -> str:
    """Return a line with its markers, at some of its points or at all."""
    ink, dash = colour(looks["color"]), DASHES[looks.get("linestyle", "-")]
    drawn = ""
    if dash is not None:
        line = {"fill": "none", "stroke": ink}
        line |= {"stroke_width": looks.get("linewidth", 2)}
        drawn = path(x, y, **line, stroke_dasharray=dash or None)
    if kind := looks.get("marker"):
        r = looks.get("markersize", 5) / 2 + 0.4
        for u, v in zip(x[marked], y[marked], strict=True):
            drawn += marker(kind, u, v, r, ink) if math.isfinite(u + v) else ""
    return tag("g", drawn, opacity=looks.get("alpha"))


def marker(kind: str, x: float, y: float, r: float, ink: str) -> str:
    """Return a marker around a point."""
    if kind in "o.":
        return tag("circle", cx=x, cy=y, r=r if kind == "o" else r / 2, fill=ink)
    if kind in CORNERS:
        return path(*np.add(np.multiply(CORNERS[kind], r), (x, y)).T, "Z", fill=ink)
    d = 0 if kind == "+" else r
    across = [x - r, x + r, np.nan, x - d, x + d]
    along = [y - d, y + d, np.nan, y + r, y - r]
    return path(across, along, stroke=ink, stroke_width=3 if kind == "X" else 1.5)


def arrow(tail: tuple, tip: tuple, given: dict) -> str:
    """Return an arrow from one point to another, a little shorter at both ends."""
    angle = math.atan2(tip[1] - tail[1], tip[0] - tail[0])

    def way(turn: float) -> np.ndarray:
        return np.array([math.cos(angle + turn), math.sin(angle + turn)])

    def room(shrink: str, box: str) -> np.ndarray:
        """Return how much shorter it is at one end."""
        sizes = np.divide(given.get(box, (0, 0)), 2)
        inside = min(sizes / np.maximum(np.abs(way(0)), 1e-9))
        return way(0) * (given.get(shrink, 2) + inside)

    tail = tail + room("shrinkA", "patchA")
    tip = tip - room("shrinkB", "patchB")
    ink, thick = colour(given.get("color", "k")), given.get("lw", 1)
    solid = given.get("arrowstyle") == "-|>"
    lines = {"stroke": ink, "stroke_width": thick}
    sides = [tip - 5 * thick**0.5 * way(turn) for turn in (0.45, -0.45)]
    head = path(
        *np.array([sides[0], tip, sides[1]]).T,
        "Z" * solid,
        fill=ink if solid else "none",
        **lines,
    )
    return path(*np.array([tail, tip]).T, **lines) + head


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
    if not hasattr(Axes(), method.get(name, name)):
        raise cannot(f"plt.{name}")
    if not figures:
        subplots()
    return getattr(figures[-1].axes.flat[-1], method.get(name, name))
