"""Each diagram shows what its function draws."""

import pytest
from matplotlib import pyplot

from docs.plugins.diagrams import DIAGRAMS
from docs.plugins.pages import DOCS, relative
from tests.comparison import difference, same_text
from tests.execution import replace_files
from tests.figures import Drawing, use_style

FOLDER = DOCS / "assets" / "diagrams"


@pytest.mark.parametrize("name", DIAGRAMS)
def test_diagram_is_recorded(name, pytestconfig, record_property):
    use_style()
    figure = DIAGRAMS[name]()
    drawn = Drawing.of(figure, name)
    pyplot.close(figure)
    file = FOLDER / f"{name}.svg"
    if pytestconfig.getoption("--record"):
        for changed in replace_files(set(), drawn.files(file)):
            record_property("recorded", relative(changed))
    expected = Drawing.recorded(file).data
    assert same_text(expected, drawn.data), (
        f"{relative(file)} differs: make record\n{difference(expected, drawn.data)}"
    )


def test_no_diagram_without_its_function():
    assert {file.stem for file in FOLDER.glob("*.svg")} == set(DIAGRAMS)
