"""A kernel that knows nothing of this folder, whose figures show their data."""

import sys
from pathlib import Path

import matplotlib as mpl
from ipykernel.kernelapp import IPKernelApp
from matplotlib.figure import Figure

from tests.figures import Drawing, use_style


def main() -> None:
    """Run the kernel until it is told to stop."""
    use_style()
    mpl.use("module://matplotlib_inline.backend_inline")
    Figure._repr_json_ = plotted
    kernel = IPKernelApp.instance()
    kernel.config.InlineBackend.figure_formats = set()
    kernel.initialize()
    forget_folder()
    kernel.start()


def plotted(figure: Figure) -> dict[str, str]:
    """Return what a figure shows, as the record of a page states it."""
    return {"plotted": Drawing.of(figure, "figure").data}


def forget_folder() -> None:
    """Make `snippets`, installed or beside this file, impossible to import."""
    sys.path[:] = [path for path in sys.path if not Path(path, "snippets").is_dir()]
    ours = ("docs", "tests", "snippets")
    for name in [name for name in sys.modules if name.split(".")[0] in ours]:
        del sys.modules[name]
