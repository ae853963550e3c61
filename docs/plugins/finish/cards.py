"""Social images: a picture with its title for each page, drawn while finishing."""

import itertools
from functools import cache
from html import escape

from PIL import Image, ImageDraw, ImageFont

from docs.plugins.finish.built import BuiltPage, Site, SiteError

WIDTH, HEIGHT = 1200, 630
BACKGROUND, FOREGROUND = (64, 81, 181), (255, 255, 255)
FAINT, LIGHT, CLEAR, FULL = (
    50,
    130,
    210,
    255,
)  # shades between background and foreground
MARGIN = 80
TITLE_SIZES = (84, 72, 60)
LAYERS = (4, 8, 4, 1)  # the network that the course builds
NO_GLYPH = "\uffff"


def add(site: Site) -> None:
    """Draw a picture for each page and name it in the page's head."""
    folder = site.folder / "assets" / "social"
    folder.mkdir(parents=True)
    for page in site.pages:
        file = folder / f"{page.key}.png"
        draw(page.title, page.section, site.name).save(file)
        _name(page, f"{site.address}assets/social/{file.name}")


def draw(title: str, section: str, site_name: str) -> Image.Image:
    """Return the picture of a page, 1200 by 630.

    Raises
    ------
    SiteError
        For a character that the font does not have, or a title that does not fit.

    """
    shades = Image.new("L", (WIDTH, HEIGHT), 0)
    pencil = ImageDraw.Draw(shades)
    _network(pencil)
    _text(pencil, (MARGIN, MARGIN), section, 36, CLEAR)
    lines, size = _fitted(title)
    _text(pencil, (MARGIN, 170), "\n".join(lines), size, FULL)
    if title != site_name:
        _text(pencil, (MARGIN, HEIGHT - MARGIN - 40), site_name, 40, CLEAR)
    shades.putpalette(_palette())
    return shades


def _palette() -> list[int]:
    mixed = (
        round(back + (front - back) * shade / 255)
        for shade in range(256)
        for back, front in zip(BACKGROUND, FOREGROUND, strict=True)
    )
    return list(mixed)


def _network(pencil: ImageDraw.ImageDraw) -> None:
    columns = [
        [
            (880 + 75 * column, 525 + 22 * (row - (units - 1) / 2))
            for row in range(units)
        ]
        for column, units in enumerate(LAYERS)
    ]
    for left, right in itertools.pairwise(columns):
        for start in left:
            for end in right:
                pencil.line([start, end], FAINT, 2)
    for x, y in (unit for column in columns for unit in column):
        pencil.ellipse([x - 8, y - 8, x + 8, y + 8], LIGHT)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


@cache
def _glyph(character: str) -> bytes:
    return bytes(_font(36).getmask(character))


def _text(
    pencil: ImageDraw.ImageDraw,
    place: tuple[int, int],
    text: str,
    size: int,
    shade: int,
) -> None:
    missing = {c for c in text if not c.isspace() and _glyph(c) == _glyph(NO_GLYPH)}
    if missing:
        raise SiteError(f"no picture of {text!r}: the font has no {sorted(missing)}")
    pencil.text(place, text, shade, _font(size), spacing=size // 4)


def _fitted(title: str) -> tuple[list[str], int]:
    for size in TITLE_SIZES:
        lines = _wrapped(title, size)
        if len(lines) * size * 1.3 <= 270:
            return lines, size
    raise SiteError(f"no picture of {title!r}: the title is too long")


def _wrapped(title: str, size: int) -> list[str]:
    lines = [""]
    for word in title.split():
        longer = f"{lines[-1]} {word}".strip()
        if _font(size).getlength(longer) <= WIDTH - 2 * MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _name(page: BuiltPage, address: str) -> None:
    text = page.file.read_text(encoding="utf-8")
    tags = (
        f'<meta property="og:image" content="{escape(address)}">'
        f'<meta property="og:image:width" content="{WIDTH}">'
        f'<meta property="og:image:height" content="{HEIGHT}">'
        f'<meta property="og:image:alt" content="{escape(page.title)}">'
        f'<meta name="twitter:image" content="{escape(address)}">'
    )
    text = text.replace('content="summary">', 'content="summary_large_image">', 1)
    page.file.write_text(text.replace("</head>", f"{tags}</head>", 1), "utf-8")
