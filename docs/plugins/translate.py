"""Turn the Markdown of a page into plainer Markdown, which other programs read.

What is the site's own (folded parts, asides, laboratories, links to a page's
source) gets a form that every reader of Markdown shows. The makers of notebooks and of
plain pages say what becomes of code, figures and links.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit, urlunsplit

from docs.plugins.pages import ROOT, Fence, Page, PageError, fences

BLOCK_START = re.compile(
    r'(?P<mark>!!!|\?\?\?\+?) *(?P<kind>[\w-]*) *(?:"(?P<title>.*)")? *'
)
IMAGE = re.compile(
    r'!\[(?P<alt>.*)\]\((?P<path>[^ )]+)(?: "(?P<caption>.*)")?\)(?:\{.*\})?'
)
LINK = re.compile(r"(?<=\]\()(?P<target>[^)\s]+)")
CODE_OR_MATH = re.compile(r"(`+[^`]+`+|\$[^$]*\$)")
SITE_ONLY = re.compile(
    r"</?(?:[a-z-]+-lab|message-finder|div)\b[^>]*>|\{ ?[.#][\w\s.#-]*\}"
)
HEADING = re.compile(r"#{1,6} ")
WHOLE_FILE = re.compile(r'(?P<indent> *)--8<-- "(?P<path>docs/outputs/[^":]+)"')
UNKNOWN = re.compile(r"\{ ?[.#:]|\[\^|:material-|<(?!/?(?:details|summary|br)\b)[a-z]")


@dataclass
class Line:
    """A line of a page, and its number there."""

    number: int
    text: str


@dataclass
class Translator:
    """Turns the lines of one page into `text`."""

    page: Page
    text: list[str] = field(default_factory=list, init=False)
    refuses: ClassVar[bool] = True  # what other programs do not show

    def __post_init__(self) -> None:
        """Find the page's lines and fences."""
        source = self.page.path.read_text(encoding="utf-8")
        self.lines = [*_with_tables(_without_front_matter(source))]
        self.fences = {fence.line: fence for fence in fences(self.page.path, source)}
        self.blocks = {block.line: block for block in self.page.blocks}

    def translate(self, lines: list[Line]) -> None:
        """Add what becomes of `lines`."""
        place = 0
        while place < len(lines):
            line = lines[place]
            fence = self.fences.get(line.number)
            start = BLOCK_START.fullmatch(line.text)
            place += 1
            if fence:
                end = place + fence.end - fence.line
                self.fence(fence, lines[place - 1 : end])
                place = end
            elif start:
                body = _indented(lines[place:])
                self.special(start, body)
                place += len(body)
            elif image := IMAGE.fullmatch(line.text):
                self.image(line, image)
            else:
                if HEADING.match(line.text):
                    self.heading()
                self.text.append(self.prose(line))

    def prose(self, line: Line) -> str:
        """Return a line of text.

        Raises
        ------
        PageError
            For a construct that has no form in plain Markdown, with page and line.

        """
        parts = CODE_OR_MATH.split(line.text)
        parts[::2] = [SITE_ONLY.sub("", part) for part in parts[::2]]
        if self.refuses and any(UNKNOWN.search(part) for part in parts[::2]):
            problem = f"no form in plain Markdown: {line.text!r}"
            raise PageError(self.page.path, line.number, problem)
        parts[::2] = [LINK.sub(self._link, part) for part in parts[::2]]
        return "".join(parts)

    def _link(self, match: re.Match) -> str:
        parts = urlsplit(match["target"])
        if parts.scheme:
            return match["target"]
        path = self.page.path
        file = (path.parent / parts.path).resolve() if parts.path else path
        return self.address(file) + urlunsplit(parts._replace(path=""))

    def address(self, file: Path) -> str:
        """Return how what is made links to a file below docs."""
        raise NotImplementedError

    def heading(self) -> None:
        """Take note that a heading follows."""

    def fence(self, fence: Fence, body: list[Line]) -> None:
        """Add a fenced block."""
        raise NotImplementedError

    def image(self, line: Line, image: re.Match) -> None:
        """Add a figure."""
        raise NotImplementedError

    def special(self, start: re.Match, body: list[Line]) -> None:
        """Add what is folded, stands aside or behind a tab, under its title."""
        title = start["title"] or start["kind"].capitalize()
        has_code = any(line.number in self.blocks for line in body)
        if start["mark"] == "!!!" and not has_code:
            lines = stripped(self.inside(body))
            quoted = [f"> {line}".rstrip() for line in ["", *lines]]
            self.text += ["", f"> **{title}**", *quoted, ""]
        else:
            self.text += ["", f"**{title}**", ""]
            self.translate(body)

    def inside(self, body: list[Line]) -> list[str]:
        """Return what becomes of a body, without adding it."""
        start = len(self.text)
        self.translate(body)
        inside, self.text = self.text[start:], self.text[:start]
        return inside


def _without_front_matter(source: str) -> list[Line]:
    lines = [Line(number, text) for number, text in enumerate(source.split("\n"), 1)]
    if lines[0].text == "---":
        end = next(line.number for line in lines[1:] if line.text == "---")
        return lines[end:]
    return lines


def _with_tables(lines: list[Line]) -> Iterator[Line]:
    """Yield the lines, a recorded file that a line includes in its place."""
    for line in lines:
        included = WHOLE_FILE.fullmatch(line.text)
        if included:
            text = (ROOT / included["path"]).read_text(encoding="utf-8")
            for words in text.splitlines():
                yield Line(line.number, included["indent"] + words)
        else:
            yield line


def _indented(lines: list[Line]) -> list[Line]:
    body = []
    for line in lines:
        if line.text.strip() and not line.text.startswith("    "):
            break
        body.append(Line(line.number, line.text[4:]))
    return body


def stripped(lines: list[str]) -> list[str]:
    """Return the lines without the blank ones at both ends."""
    filled = [place for place, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []
