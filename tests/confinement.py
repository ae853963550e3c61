"""Refuse to write outside this folder and the system's folder for temporary files."""

import os
import sys
import tempfile

from docs.plugins.pages import ROOT

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
PATHS = {  # audit events, and how many of their arguments are paths
    "open": 1,
    "os.chmod": 1,
    "os.link": 2,
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.symlink": 2,
    "os.truncate": 1,
    "os.utime": 1,
    "shutil.rmtree": 1,
}
MATPLOTLIB = os.environ.get("MPLCONFIGDIR", tempfile.gettempdir())
FOLDERS = [ROOT, tempfile.gettempdir(), "/dev", MATPLOTLIB]
ALLOWED = [os.path.realpath(folder) + os.sep for folder in FOLDERS]
LIBRARIES = os.path.realpath(sys.prefix) + os.sep
BYTECODE = f"{os.sep}__pycache__"


class OutsideError(RuntimeError):
    """An attempt to write outside."""


def install() -> None:
    """Watch this process from now on."""
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple) -> None:
    count = PATHS.get(event)
    if count is None or (event == "open" and not arguments[2] & WRITING):
        return
    for path in arguments[:count]:
        if isinstance(path, str | bytes | os.PathLike):
            _check(event, os.path.realpath(os.fsdecode(path)))


def _check(event: str, path: str) -> None:
    is_bytecode = path.startswith(LIBRARIES) and BYTECODE in path
    if not is_bytecode and not f"{path}{os.sep}".startswith(tuple(ALLOWED)):
        raise OutsideError(f"{event} writes outside the project: {path}")
