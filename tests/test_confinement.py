"""The guard against writing outside the project holds for what the tests call."""

import os
import shutil
from pathlib import Path

import pytest

from docs.plugins.pages import ROOT
from tests.confinement import OutsideError

TARGET = Path(ROOT.anchor) / "written-by-a-test"
WAYS = {
    "open": lambda: TARGET.open("w"),
    "append": lambda: TARGET.open("a"),
    "os.open": lambda: os.open(TARGET, os.O_CREAT | os.O_WRONLY),
    "bytes": lambda: os.open(os.fsencode(TARGET), os.O_CREAT | os.O_WRONLY),
    "mkdir": TARGET.mkdir,
    "symlink": lambda: TARGET.symlink_to(__file__),
    "rename": lambda: Path(__file__).rename(TARGET),
    "copy": lambda: shutil.copy(__file__, TARGET),
    "remove": TARGET.unlink,
    "rmtree": lambda: shutil.rmtree(TARGET),
}


@pytest.mark.parametrize("way", WAYS)
def test_writing_outside_is_refused(way):
    with pytest.raises(OutsideError, match="writes outside the project"):
        WAYS[way]()
    assert not TARGET.exists()


def test_reading_outside_is_allowed(tmp_path):
    assert Path(os.__file__).read_bytes()
    (tmp_path / "written").write_text("inside", encoding="utf-8")
