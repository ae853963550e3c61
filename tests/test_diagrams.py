"""Each diagram shows what its function draws."""

import re

import pytest
from matplotlib import pyplot

from docs.plugins.diagrams import DIAGRAMS, STATIONS
from docs.plugins.pages import DOCS, relative
from tests.comparison import difference, same_drawing, same_text
from tests.execution import replace_files
from tests.figures import LARGEST, Drawing, draw_png, use_style

FOLDER = DOCS / "assets" / "diagrams"


@pytest.mark.parametrize("name", DIAGRAMS)
def test_diagram_is_recorded(name, pytestconfig, record_property):
    use_style()
    figure = DIAGRAMS[name]()
    drawn = Drawing.of(figure, name)
    file = FOLDER / f"{name}.svg"
    picture = file.with_suffix(".png")
    if pytestconfig.getoption("--record"):
        files = drawn.files(file)
        if not is_picture_of(picture, drawn):
            files[picture] = draw_png(figure, drawn.digest)
        for changed in replace_files(set(), files):
            record_property("recorded", relative(changed))
    pyplot.close(figure)
    recorded = Drawing.recorded(file)
    assert is_picture_of(picture, recorded), f"{relative(picture)}: make record"
    expected = recorded.data
    assert same_text(expected, drawn.data), (
        f"{relative(file)} differs: make record\n{difference(expected, drawn.data)}"
    )


def is_picture_of(picture, drawing):
    """Tell whether a PNG file was drawn together with the SVG of a drawing."""
    return picture.is_file() and drawing.digest.encode() in picture.read_bytes()


def test_the_labs_draw_lines_as_wide_as_figures_do():
    styles = (DOCS / "assets" / "styles" / "site.css").read_text(encoding="utf-8")
    widths = [float(size) for size in re.findall(r"--figure-line: (\S+)px", styles)]
    use_style()
    narrow = pyplot.rcParams["lines.linewidth"]
    assert widths == pytest.approx([narrow, LARGEST * narrow])


def test_no_diagram_without_its_function():
    assert {file.stem for file in FOLDER.iterdir()} == set(DIAGRAMS)


def test_every_failure_is_drawn_at_one_station():
    figure = DIAGRAMS["failure-stations"]()
    texts = [text.get_text().lower() for text in figure.axes[0].texts]
    pyplot.close(figure)
    drawn = [text.replace(" ", "-") for text in texts]
    rows = (DOCS / "outputs" / "errors" / "doctor").glob("*.md")
    failures = [file.stem for file in rows]
    assert {name: drawn.count(name) for name in failures} == dict.fromkeys(failures, 1)
    assert [text for text in texts if text in STATIONS] == list(STATIONS)


def test_the_index_lists_the_failures_of_each_station():
    index = (DOCS / "errors" / "index.md").read_text(encoding="utf-8")
    listed = {
        station: tuple(re.findall(r"\]\(([\w-]+)\.md\)", pages))
        for station, pages in re.findall(r"^\| (\w+) \| [^|]+ \| (.+) \|$", index, re.M)
        if station in STATIONS
    }
    assert listed == STATIONS
    counts = re.findall(r"(\w+), with (\d+)", index)
    assert counts == [(name, str(len(pages))) for name, pages in STATIONS.items()]


def test_drawings_are_the_same_whatever_their_identifiers():
    drawing = '<path id="a-m0123456789"/><g clip-path="url(#a-p{})"/><a href="#a-{}"/>'
    old = drawing.format("aaaaaaaaaa", "m0123456789")
    assert same_drawing(old, drawing.format("bbbbbbbbbb", "m0123456789"))
    assert not same_drawing(old, drawing.format("aaaaaaaaaa", "paaaaaaaaaa"))
