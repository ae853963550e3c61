"""Check the answers to exercises, and say in a sentence what is wrong with them.

An exercise knows its solution, and wrong answers with the sentence that each deserves.
An answer that does what a wrong one does, on every case, gets its sentence.
"""

import ast
import ctypes
import inspect
import re
import runpy
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

SECONDS_ALLOWED = 5.0  # seconds that an answer may compute
PATIENCE = 6  # how many times as long it may take on a busy machine, or wait
Variant = (
    str | tuple[str, str]
)  # whole code, or what replaces which part of the solution
ADVICE = {  # what to do about a message of Python or NumPy, by a part of it
    "truth value of an array": "`if`, `max` and `min` ask for one answer, and an array "
    "has one for each number: take a function of NumPy.",
    "can be converted to Python scalars": "This takes a single number. NumPy's functions "
    "take arrays.",
    "matmul: ": "In a product, the first has as many columns as the second has rows.",
    "not aligned: ": "In a product, the first has as many columns as the second has rows.",
    "could not be broadcast": "Entry by entry, the shapes must be alike, or one must "
    "have a 1 there.",
}


def normal_numbers(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Return normally distributed numbers that are short to read."""
    return rng.normal(size=shape).round(2)


def drawn(draw: Callable, seed: int) -> dict:
    """Return what is to be true of random weights, in whichever order they are drawn."""
    first, again, other = (
        np.asarray(draw(np.random.default_rng(number)))
        for number in (seed, seed, seed + 1)
    )
    if first.dtype.kind not in "iuf":
        raise TypeError("what comes back is no array of numbers")
    spread = first.std()
    beyond = np.mean(np.abs(first - first.mean()) > 2 * spread)
    return {
        "shape": first.shape,
        "mean": first.mean().round(2) + 0.0,
        "standard deviation": spread.round(2),
        "normally distributed": bool(0.03 < beyond < 0.06),
        "the same with the same seed": np.array_equal(first, again),
        "others with another seed": not np.array_equal(first, other),
    }


class _TooLong(BaseException):
    """Raised inside an answer that does not end."""


class _Raised(NamedTuple):
    """What a function does that raises."""

    kind: str
    message: str

    @property
    def form(self) -> tuple[str, str]:
        """What raised, whatever numbers its message gives."""
        return self.kind, re.sub(r"0x[0-9a-f]+|\d+", "#", self.message)


@dataclass(frozen=True, eq=False)
class Exercise:
    """A task, and what its check knows.

    `solution` is code that ends with the definition, or the value, that is asked for.
    `cases(rng)` returns the arguments of each call, and `use(answer, *arguments)` what
    is compared; `given` is code that a learner runs first. Without a `stub` there is
    the head of the solution. `equivalent` lists lines that may stand in the solution
    instead of its own without any difference.
    """

    title: str
    task: str
    hints: tuple[str, ...]
    solution: str
    others: tuple[Variant, ...]
    wrong: dict[str, tuple[Variant, ...]]
    cases: Callable[[np.random.Generator], list[tuple]] = lambda _rng: [()]
    use: Callable = lambda answer, *arguments: answer(*arguments)
    given: str = ""
    stub: str = ""
    tolerance: float = 1e-6
    equivalent: tuple[str, ...] = ()

    @cached_property
    def name(self) -> str:
        """The name that the learner's answer has."""
        last = ast.parse(self.solution).body[-1]
        return last.targets[0].id if self.asks_for_a_value else last.name

    @cached_property
    def asks_for(self) -> str:
        """What Python calls the statement that makes the answer."""
        return type(ast.parse(self.solution).body[-1]).__name__

    @cached_property
    def asks_for_a_value(self) -> bool:
        """Tell whether the answer is a value, and no function or class."""
        return self.asks_for == "Assign"

    @property
    def start(self) -> str:
        """The code that the learner begins with."""
        if self.stub:
            return self.stub.strip()
        if self.asks_for_a_value:
            return f"{self.name} = ..."
        function = ast.parse(self.solution).body[-1]
        first, last = function.lineno - 1, function.body[0].end_lineno
        return "\n".join([*self.solution.splitlines()[first:last], "    ..."])

    def code(self, variant: Variant) -> str:
        """Return a variant's code, whole."""
        return variant if isinstance(variant, str) else self.solution.replace(*variant)

    def made(self, code: str) -> object:
        """Return the answer that code defines."""
        names = {"np": np}
        exec(self.given + "\n" + code, names)  # noqa: S102, it is our own
        return names[self.name]


class Verdict(NamedTuple):
    """Whether an answer is right, and a sentence about it."""

    right: bool
    sentence: str


def judge(exercise: Exercise, answer: object, seed: int = 0) -> Verdict:
    """Return the verdict on an answer of whatever kind."""
    name = exercise.name
    if answer is ...:
        return Verdict(False, f"`{name}` is not filled in.")
    try:
        wanted = {"FunctionDef": "function", "ClassDef": "class"}.get(exercise.asks_for)
        fits = isinstance(answer, type) if wanted == "class" else callable(answer)
        if wanted and not fits:
            kind = _kind(_within(SECONDS_ALLOWED, _plain, answer))
            return Verdict(False, f"`{name}` is {kind}, it must be a {wanted}.")
        found = _within(SECONDS_ALLOWED, outcomes, exercise, answer, seed)
    except TimeoutError:
        what = f"`{name}` did not end within {_limit(SECONDS_ALLOWED)}"
        return Verdict(False, f"{what}. Does a loop never end?")
    return verdict_on(exercise, found, seed)


def outcomes(exercise: Exercise, answer: object, seed: int) -> list:
    """Return what an answer makes of each case."""
    if exercise.asks_for_a_value:
        return [(_plain(answer), [])]
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        cases = exercise.cases(np.random.default_rng(seed))
        return [_outcome(exercise, answer, case) for case in cases]


@lru_cache(maxsize=64)
def known_outcomes(exercise: Exercise, code: str, seed: int) -> list:
    """Return what the answer that code defines makes of each case."""
    return outcomes(exercise, exercise.made(code), seed)


def verdict_on(exercise: Exercise, found: list, seed: int) -> Verdict:
    """Return the verdict on what an answer made of each case.

    Raises
    ------
    RuntimeError
        If the solution raises: then every answer that raises alike would be right.

    """
    name = exercise.name
    expected = known_outcomes(exercise, exercise.solution, seed)
    raised = [result for result, _ in expected if isinstance(result, _Raised)]
    if raised:
        raise RuntimeError(f"the solution of {exercise.title!r} raises {raised[0]}")

    def is_like(code: str) -> bool:
        return _same(found, known_outcomes(exercise, code, seed), exercise.tolerance)

    if is_like(exercise.solution):
        return Verdict(True, "right.")
    if all(result is None for result, _arguments in found):
        what = (
            f"`{name}` is None."
            if exercise.asks_for_a_value
            else (f"`{name}` returns None: fill it in, and end it with `return`.")
        )
        return Verdict(False, what)
    if not exercise.asks_for_a_value and is_like(exercise.start):
        return Verdict(False, f"`{name}` still does what it did when you got it.")
    for sentence, variants in exercise.wrong.items():
        if any(is_like(exercise.code(variant)) for variant in variants):
            return Verdict(False, sentence)
    if exercise.asks_for_a_value:
        return Verdict(False, _not_the_value(name, found[0][0], expected[0][0]))
    cases = exercise.cases(np.random.default_rng(seed))
    return Verdict(False, _smallest_difference(exercise, cases, found, expected))


def _not_the_value(name: str, value: object, right: object) -> str:
    """Return a sentence about a value that is wrong, without the right one."""
    kind, expected = _kind(value), _kind(right)
    if kind == expected:
        return f"{_text(value)} is not it."
    if np.ndim(value) == np.ndim(right) == 1:
        return f"`{name}` holds {_size(value)} and not {_size(right)} numbers."
    return f"`{name}` is {kind}, expected {expected}."


def _outcome(exercise: Exercise, answer: Callable, case: tuple) -> tuple:
    """Return what an answer makes of a case, and of the case's arguments."""
    arguments = deepcopy(case)
    try:
        result = _plain(exercise.use(answer, *arguments))
    except _TooLong:
        raise
    except BaseException as error:  # noqa: BLE001, an answer may raise anything
        result = _Raised(type(error).__name__, str(error))
    return result, [_plain(argument) for argument in arguments]


def _within(seconds: float, work: Callable, *arguments: object) -> object:
    """Return what work returns; stop it when it computes, or waits, for too long."""
    box = []

    def run() -> None:
        try:
            box.append(work(*arguments))
        except _TooLong:
            return

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    computed, begun = time.process_time(), time.monotonic()
    while (
        worker.is_alive()
        and time.process_time() - computed < seconds
        and time.monotonic() - begun < PATIENCE * seconds
    ):
        worker.join(0.02)
    for _ in range(10):
        if worker.is_alive():
            stop = ctypes.c_ulong(worker.ident), ctypes.py_object(_TooLong)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(*stop)
            worker.join(0.1)
    if not box:
        raise TimeoutError
    return box[0]


def _limit(seconds: float) -> str:
    """Return what `_within` allows, in words."""
    return f"{seconds:.0f} seconds of computing"


def _plain(value: object) -> object:
    """Return a value as arrays, lists, dictionaries, texts or None."""
    try:
        return _read(value)
    except Exception:  # noqa: BLE001, an answer may be anything
        return f"an object of type {type(value).__name__}"


def _read(value: object) -> object:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict):
        return {str(key): _read(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [_read(item) for item in value]
        arrays = all(isinstance(item, np.ndarray) for item in items)
        given = any(np.ndim(item) for item in value if isinstance(item, np.ndarray))
        alike = arrays and not given and len({item.shape for item in items}) == 1
        return np.array(items) if alike else items
    if isinstance(value, np.ndarray) and value.dtype.kind == "U":
        return value.tolist()
    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu().numpy()
    if isinstance(value, bool | int | float | complex | np.generic | np.ndarray):
        array = np.array(value)
        if array.dtype.kind in "biufc":
            return array
    return f"an object of type {type(value).__name__}"


def _same(one: object, other: object, tolerance: float) -> bool:
    """Tell whether two plain values agree: numbers within a relative tolerance."""
    if isinstance(one, _Raised) and isinstance(other, _Raised):
        return one.form == other.form
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(
            _same(one[key], other[key], tolerance) for key in one
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(
            _same(a, b, tolerance) for a, b in zip(one, other, strict=True)
        )
    if isinstance(one, np.ndarray):
        if np.array_equal(one, other):
            return True
        if one.shape != other.shape:
            return False
        size = np.abs(other[np.isfinite(other)]).max(initial=1e-9)
        return np.allclose(one, other, tolerance, tolerance * size, equal_nan=True)
    return one == other


def _smallest_difference(
    exercise: Exercise, cases: list[tuple], found: list, expected: list
) -> str:
    """Return a sentence about the smallest case on which an answer is wrong."""
    wrong = [
        number
        for number in range(len(cases))
        if not _same(found[number], expected[number], exercise.tolerance)
    ]
    number = min(wrong, key=lambda n: sum(map(_size, expected[n][1])))
    (result, after), (right, right_after) = found[number], expected[number]
    asked = exercise.made(exercise.solution)
    own_use = exercise.use is not Exercise.use
    parameters = list(inspect.signature(exercise.use if own_use else asked).parameters)
    names = parameters[1:] if own_use else parameters
    given = zip(names, map(_plain, cases[number]), strict=False)
    call = ", ".join(f"{name} = {_text(value)}" for name, value in given)
    place = f"With {call}" if call else "Called without arguments"
    if isinstance(result, _Raised):
        message = " ".join(result.message.split()).rstrip(".")
        raised = ": ".join(filter(None, [result.kind, message]))
        return f"{place}, it raises {raised}.{_advice(exercise, result)}"
    if _same(result, right, exercise.tolerance):
        changed = [
            name
            for name, one, other in zip(names, after, right_after, strict=False)
            if not _same(one, other, exercise.tolerance)
        ]
        return f"The result is right, but it changes {', '.join(changed)} in place."
    part, one, other = next(_differences("the result", result, right, exercise))
    if _kind(one) != _kind(other):
        end = _relation(found, expected)
        return f"{place}, {part} is {_kind(one)}, expected {_kind(other)}.{end}"
    if isinstance(one, np.ndarray) and one.size > 12:
        with np.errstate(all="ignore"):
            distance = np.abs(np.subtract(one, other, dtype=complex))
        worst = np.unravel_index(np.argmax(distance), one.shape)
        part += f"[{', '.join(map(str, worst))}]"
        one, other = one[worst], other[worst]
    end = _relation(found, expected)
    return f"{place}, {part} is {_text(one)}, expected {_text(other)}.{end}"


def _advice(exercise: Exercise, raised: _Raised) -> str:
    """Return what to do about an exception, where something is known."""
    quoted = [*raised.message.split("'")[1::2], ""]
    if raised.kind == "NameError":
        names = {}
        exec(exercise.given, names)  # noqa: S102, it is our own
        if quoted[0] in names:
            return " Run the cell that defines it first."
        if hasattr(np, quoted[0]):
            return f" NumPy's is `np.{quoted[0]}`."
        return (
            " It may be a typo, an import that is missing, or a cell of yours that has "
            "not run."
        )
    of_array = raised.kind == "AttributeError" and quoted[0] == "numpy.ndarray"
    if of_array and hasattr(np, quoted[1]):
        return f" It is a function: `np.{quoted[1]}(…)`."
    return "".join(
        f" {advice}" for part, advice in ADVICE.items() if part in raised.message
    )


def _relation(found: list, expected: list) -> str:
    """Return how all results follow from the right ones, where it is simple."""
    pairs = [(one[0], other[0]) for one, other in zip(found, expected, strict=True)]
    if not all(isinstance(part, np.ndarray) for pair in pairs for part in pair):
        return ""
    if all(one.ndim == 2 and _same(one.T, other, 1e-6) for one, other in pairs):
        return " It is the transpose."
    if any(one.shape != other.shape or one.dtype == bool for one, other in pairs):
        return ""
    ones, others = (np.concatenate([pair[n].ravel() for pair in pairs]) for n in (0, 1))
    if len(pairs) == 1 or not (np.isfinite(ones) & np.isfinite(others)).all():
        return ""
    with np.errstate(all="ignore"):
        factor = ones @ others / max(others @ others, 1e-300)
    if factor == 0 or not _same(ones, factor * others, 1e-6):
        return ""
    if np.isclose(factor, -1):
        return " The sign is turned round, in every case."
    times = f"{factor:.4g} times" if abs(factor) >= 1 else f"1/{1 / factor:.4g} of"
    return f" In every case it is {times} what it should be."


def _differences(
    part: str, one: object, other: object, exercise: Exercise
) -> Iterator[tuple]:
    """Yield each part in which two results differ, with both values."""
    if _same(one, other, exercise.tolerance):
        return
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in other:
            yield from _differences(f"{part}[{key!r}]", one[key], other[key], exercise)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, pair in enumerate(zip(one, other, strict=True)):
            yield from _differences(f"{part}[{place}]", *pair, exercise)
    else:
        yield part, one, other


def _size(value: object) -> int:
    """Return how many numbers a plain value holds."""
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return sum(map(_size, items))
    return value.size if isinstance(value, np.ndarray) else 1


def _kind(value: object) -> str:
    """Return what kind of thing a plain value is."""
    if value is None:
        return "None"
    if isinstance(value, dict):
        return f"a dictionary with the keys {', '.join(sorted(value))}"
    if isinstance(value, list):
        return "a pair" if len(value) == 2 else f"a list of {len(value)}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.ndim else "a number"
    return value if value.startswith("an object of type") else "a text"


def _text(value: object) -> str:
    """Return a plain value, or what it is where it is long."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{key}: {_text(item)}" for key, item in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, np.ndarray | np.generic):
        if value.size > 12:
            return _kind(value)
        text = np.array2string(np.asarray(value), precision=8, separator=", ")
        return " ".join(text.split()).replace("[ ", "[")
    return repr(value)[:200]


class Workbook:
    """The exercises of one workbook, and which of them are done."""

    def __init__(self, title: str, exercises: list[Exercise], then: str) -> None:
        self.title, self.exercises, self.then = title, exercises, then
        self.done: set[int] = set()

    def check(self, number: int, answer: object = ...) -> None:
        """Say whether the answer to the exercise of this number is right."""
        numbers = range(1, len(self.exercises) + 1)
        if not isinstance(number, int) or number not in numbers:
            print(f"There is no exercise {number!r}: they are 1 to {numbers[-1]}.")
            return
        verdict = judge(self.exercises[number - 1], answer)
        (self.done.add if verdict.right else self.done.discard)(number)
        said = verdict.sentence if verdict.right else f"not yet. {verdict.sentence}"
        print(f"Exercise {number}: {said}")

    def progress(self) -> None:
        """Say which exercises are done, and where to go on."""
        for number, exercise in enumerate(self.exercises, 1):
            mark = "done   " if number in self.done else "not yet"
            print(f"{mark}  {number}. {exercise.title}")
        left = sorted({*range(1, len(self.exercises) + 1)} - self.done)
        print(f"Go on with exercise {left[0]}." if left else self.then)

    def main(self) -> None:
        """Check the answers in a file that the command line names, or print stubs."""
        if len(sys.argv) > 2:
            sys.exit("Give one file of answers, or none to see the tasks' code.")
        if len(sys.argv) == 1:
            print("import numpy as np\n")
            for given in dict.fromkeys(exercise.given for exercise in self.exercises):
                print(given)
            for number, exercise in enumerate(self.exercises, 1):
                print(f"\n# {number}. {exercise.title}\n{exercise.start}\n")
            return
        try:
            answers = _within(2 * SECONDS_ALLOWED, _answers, sys.argv[1])
        except TimeoutError:
            answers = f"did not end within {_limit(2 * SECONDS_ALLOWED)}"
        if isinstance(answers, str):
            sys.exit(f"{sys.argv[1]}: {answers}")
        print(f"{sys.argv[1]}:")
        for number, exercise in enumerate(self.exercises, 1):
            self.check(number, answers.get(exercise.name, ...))
        self.progress()
        sys.exit(len(self.done) < len(self.exercises))


def _answers(file: str) -> dict | str:
    """Return what a file defines, or what is wrong with it."""
    try:
        return runpy.run_path(file)
    except _TooLong:
        raise
    except BaseException as error:  # noqa: BLE001, a file may raise anything
        return f"{type(error).__name__}: {error}"
