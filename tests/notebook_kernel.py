"""A kernel that knows nothing of this folder, whose figures show their data."""

import os
import signal
import sys
from pathlib import Path

import matplotlib as mpl
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import LocalProvisioner
from matplotlib.figure import Figure

from tests.figures import Drawing, use_style
from tests.processes import start


def run_kernel(connection_file: str, folder: str) -> None:
    """Run a kernel in a folder until it is told to stop."""
    os.chdir(folder)
    forget_folder()
    use_style()
    mpl.use("module://matplotlib_inline.backend_inline")
    Figure._repr_json_ = plotted
    kernel = IPKernelApp.instance()
    kernel.config.InlineBackend.figure_formats = set()
    kernel.initialize(["-f", connection_file])
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


class ForkedKernel:
    """A kernel's process, as jupyter_client looks at one."""

    def __init__(self, connection_file: str, folder: str) -> None:
        self.process = start(run_kernel, connection_file, folder)
        self.pid = self.process.pid
        self.stdin = self.stdout = self.stderr = None

    @property
    def returncode(self) -> int | None:
        """The exit code, or None while the kernel runs."""
        return self.process.exitcode

    def poll(self) -> int | None:
        """Return the exit code, or None while the kernel runs."""
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until the kernel has ended; return its exit code."""
        self.process.join(timeout)
        return self.process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send the kernel a signal."""
        os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.process.terminate()

    def kill(self) -> None:
        """End the kernel."""
        self.process.kill()


class ForkedProvisioner(LocalProvisioner):
    """Start kernels as forks."""

    async def launch_kernel(self, cmd: list[str], **options: object) -> dict:  # noqa: ARG002, the base's signature
        """Start the kernel; return how to reach it."""
        self.process = ForkedKernel(self.parent.connection_file, options["cwd"])
        self.pid, self.pgid = self.process.pid, None
        return self.connection_info


class LonelyKernel(KernelManager):
    """A kernel that cannot import anything of this folder."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.kernel_id = "lonely"
        self.provisioner = ForkedProvisioner(
            kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
        )
