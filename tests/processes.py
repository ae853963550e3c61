"""Processes that start with the heavy packages imported, where the system can fork.

Each run of a module or of a notebook needs a process of its own, and most of its time
would go into importing PyTorch.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.execution import as_new_program

PRELOADED = [
    "IPython.core.interactiveshell",
    "matplotlib.pyplot",
    "sklearn.datasets",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "torch",
    "torch._dynamo",  # the first optimiser imports it
    "tests.execution",
]
THREADS = Path("/proc/self/task")  # on Linux


def start(target: Callable[..., None], *arguments: object) -> BaseProcess:
    """Start a process that calls `target` as a program of its own."""
    process = _context().Process(target=_call, args=(target, *arguments), daemon=True)
    process.start()
    return process


def _call(target: Callable[..., None], *arguments: object) -> None:
    as_new_program()
    target(*arguments)


def _context() -> BaseContext:
    """Fork this process while it has one thread, otherwise one that has imported."""
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    if THREADS.is_dir() and len(list(THREADS.iterdir())) == 1:
        return multiprocessing.get_context("fork")
    context = multiprocessing.get_context("forkserver")
    if "NO_PRELOAD" not in os.environ:
        context.set_forkserver_preload(PRELOADED)
    return context
