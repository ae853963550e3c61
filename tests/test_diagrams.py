"""Each diagram shows what its function draws."""

import pytest
from matplotlib import pyplot

from docs.plugins.diagrams import DIAGRAMS
from docs.plugins.pages import DOCS, relative
from tests import figures
from tests.comparison import difference, same_text
from tests.execution import replace_files

FOLDER = DOCS / "assets" / "diagrams"


@pytest.mark.parametrize("name", DIAGRAMS)
def test_diagram_is_recorded(name, pytestconfig, record_property):
    figures.use_style()
    drawn = DIAGRAMS[name]()
    pyplot.close(drawn)
    file = FOLDER / f"{name}.svg"
    if pytestconfig.getoption("--record"):
        for changed in replace_files(set(), figures.record(drawn, file)):
            record_property("recorded", relative(changed))
    expected, actual = figures.recorded_data(file), figures.comparable(drawn)
    assert same_text(expected, actual, abs_tol=1e-9), (
        f"{relative(file)} differs: make record\n{difference(expected, actual)}"
    )
    assert figures.is_unchanged(file), f"{relative(file)} was changed by hand"


def test_no_diagram_without_its_function():
    assert {file.stem for file in FOLDER.glob("*.svg")} == set(DIAGRAMS)
