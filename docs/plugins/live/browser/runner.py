"""Run the blocks of one page, in a namespace of their own.

The worker calls this with texts and gets texts back: no object of JavaScript comes into
Python, and so none into the reader's hands.
"""

import builtins
import hashlib
import json
import linecache
import pickle
import sys
import textwrap
import traceback
import types
import warnings
from dataclasses import dataclass, field

import numpy as np
from comparison import same_text
from dependencies import names, needed, written

UNCHANGING = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
FOREIGN = ("js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core")
module = types.ModuleType("__main__")
codes: list[str] = []
ran: dict[int, "Run"] = {}


@dataclass
class Run:
    """The last run of a block: what it was made of, its place among all runs."""

    codes: list[str]  # of the blocks that it needed, and its own
    written: set[str]
    order: int
    left: dict[str, object] = field(default_factory=dict)  # the values, by their names
    digests: dict[str, bytes | None] = field(default_factory=dict)
    succeeded: bool = False

    def keep(self, namespace: dict) -> None:
        """Keep what the block wrote, and how it was then."""
        self.succeeded = True
        self.left = {n: namespace[n] for n in self.written if n in namespace}
        self.digests = {name: digest(value) for name, value in self.left.items()}

    def is_intact(self, name: str) -> bool:
        """Tell whether nothing has changed a value since the block left it."""
        before = self.digests.get(name)
        return before is not None and before == digest(self.left[name])

    def forget(self, names: set[str]) -> None:
        """Keep nothing alive that a block deletes."""
        for name in names & self.left.keys():
            del self.left[name], self.digests[name]


class Digesting(pickle.Pickler):
    """Write what a value is made of; functions, classes and modules do not change."""

    def persistent_id(self, value: object) -> int | None:
        """Return a number for what is not looked into."""
        return id(value) if isinstance(value, UNCHANGING) else None


def digest(value: object) -> bytes | None:
    """Return a digest that differs when a value has changed; None if none is known."""
    found = hashlib.blake2b(digest_size=16)
    file = types.SimpleNamespace(write=found.update)  # which keeps nothing else
    try:
        Digesting(file, protocol=5).dump(value)
    except (AttributeError, TypeError, RecursionError, pickle.PicklingError):
        return None  # a generator, for one
    return found.digest()


def start(before: str = "") -> None:
    """Begin as a program run by itself does, without what leads to JavaScript.

    `before` is code that defines what no block of the page does.
    """
    global module
    module = types.ModuleType("__main__")
    ran.clear()
    exec(before, module.__dict__)  # noqa: S102, the page's own
    sys.modules["__main__"] = module
    module.__dict__["__builtins__"] = builtins
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
    np.set_printoptions(precision=8, suppress=False, threshold=1000, linewidth=75)
    warnings.simplefilter("always")
    sys.meta_path[:] = [f for f in sys.meta_path if "pyodide" not in type(f).__module__]
    for name in [name for name in sys.modules if name.split(".")[0] in FOREIGN]:
        del sys.modules[name]
        sys.modules[name] = None  # so that an import of it fails


def plan(page: str, index: int) -> str:
    """Return, as JSON, the places of the blocks to run now so that block `index` can.

    `page` is the code of each block, as JSON. A block that ran stays as it is, unless
    it or one that it needs has changed since, or another has changed what it left.
    """
    codes[:] = json.loads(page)
    taken = needed(codes, index)
    again = {index}
    while new := {place for place in taken if _is_stale(place, taken, again)} - again:
        again |= new
    return json.dumps(sorted(again))


def _is_stale(place: int, taken: dict[int, set[str]], again: set[int]) -> bool:
    """Tell whether a block must run again before others take its names."""
    run = ran.get(place)
    if run is None or not run.succeeded or run.codes != _needed_codes(place):
        return True
    for other in needed(codes, place):
        made = names(codes[other])  # a class made anew is another, though the same
        is_newer = other in again or ran[other].order > run.order
        if other != place and is_newer and made.classes | made.objects:
            return True
    for other, its in ran.items():
        comes_later = place < other and other in taken and other not in again
        overwrote = its.order > run.order and not comes_later
        will_overwrite = other in again and other < place
        names_of_both = its.written & taken[place]
        if (overwrote or will_overwrite) and not all(map(run.is_intact, names_of_both)):
            return True
    return False


def _needed_codes(place: int) -> list[str]:
    return [codes[each] for each in needed(codes, place)]


def run(place: int) -> str:
    """Run a block; return, as JSON, its error or None, its figures, what it needed."""
    code, file = codes[place], f"<block {place + 1}>"
    if before := ran.get(place):
        for name in names(before.codes[-1]).bound - names(code).bound:
            module.__dict__.pop(name, None)
    order = 1 + max((each.order for each in ran.values()), default=0)
    this = ran[place] = Run(_needed_codes(place), written(codes, place), order)
    for each, taken in list(needed(codes, place).items())[:-1]:
        left = ran[each].left
        module.__dict__.update({name: left[name] for name in taken & left.keys()})
    for each in ran.values():
        each.forget(names(code).deleted)
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    error = None
    try:
        exec(compile(code, file, "exec"), module.__dict__)  # noqa: S102
        this.keep(module.__dict__)
    except BaseException as raised:  # noqa: BLE001, whatever the reader's code raises
        error = _traceback(raised)
    drawing = sys.modules.get("matplotlib.pyplot")
    figures = drawing.take() if drawing else []
    sys.stdout.flush()
    sys.stderr.flush()
    needs = list(needed(codes, place))
    return json.dumps({"error": error, "figures": figures, "needs": needs})


def _traceback(error: BaseException) -> str:
    """Return Python's message with the reader's own lines alone."""
    shown = traceback.TracebackException.from_exception(error)
    own = [frame for frame in shown.stack if frame.filename.startswith("<block ")]
    shown.stack = traceback.StackSummary.from_list(own)
    return "".join(shown.format(chain=False))


def is_same(recorded: str, printed: str, tolerance: float) -> bool:
    """Tell whether a block printed what the record says."""
    shown = (
        textwrap.dedent(text.expandtabs(4)).strip("\n ") for text in (recorded, printed)
    )
    return same_text(*shown, rel_tol=tolerance)
