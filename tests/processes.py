"""Processes that start with the heavy packages imported, where the system can fork.

Each run of a module or of a notebook needs a process of its own, and most of its time
would go into importing PyTorch.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess

PRELOADED = [
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
    "sklearn.datasets",
    "sklearn.linear_model",
    "sklearn.model_selection",
    "torch",
    "torch._dynamo",  # the first optimiser imports it
    "tests.figures",
]
CAN_FORK = sys.platform != "win32"
CONTEXT = multiprocessing.get_context("forkserver" if CAN_FORK else "spawn")
if CAN_FORK and "NO_PRELOAD" not in os.environ:
    CONTEXT.set_forkserver_preload(PRELOADED)


def start(target: Callable[..., None], *arguments: object) -> BaseProcess:
    """Start a process that calls `target` and nothing else."""
    process = CONTEXT.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process
