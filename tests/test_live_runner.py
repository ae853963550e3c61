"""A block runs with the blocks that it needs, whatever ran before it."""

import json
import random
import subprocess
import sys

import pytest

from docs.plugins.live.browser.dependencies import needed
from docs.plugins.pages import DOCS, ROOT, Page, read

PAGES = ["one-neuron", "derivatives", "activation-functions", "forward-pass"]
PAGES += ["backpropagation"]  # quick ones
NEEDS = {  # blocks, the last of which runs; which of them it needs
    "a name": (["x = 1", "y = 2", "print(x)"], [0, 2]),
    "the last value": (["x = 1", "x = 2", "print(x)"], [1, 2]),
    "what a function reads when called": (
        ["def f():\n    return rate", "rate = 2", "other = 3", "print(f())"],
        [0, 1, 3],
    ),
    "a default": (["a = 1", "def f(x=a):\n    return x", "f()"], [0, 1, 2]),
    "what a method reads": (
        ["relu = abs", "class A:\n    def relu(self):\n        return relu", "A()"],
        [0, 1, 2],
    ),
    "no local name": (["x = 1", "def f(x):\n    return x", "print(f(2))"], [1, 2]),
    "no name of a loop": (["i = 1", "for i in (1, 2):\n    print(i)"], [1]),
    "no name of a comprehension": (["i = 1", "print([i for i in (1, 2)])"], [1]),
    "what may not be bound": (
        ["x = 1", "if None:\n    x = 2", "print(x)"],
        [0, 1, 2],
    ),
    "a changed part": (["a = [1]", "a[0] = 2", "b = a[0]", "print(a)"], [0, 1, 3]),
    "a call for what it changes": (
        ["a = [1]", "a.append(2)", "print(a[0])", "print(a)"],
        [0, 1, 3],
    ),
    "no call that only reads": (["a = [1]", "b = a.count(1)", "a.copy()"], [0, 2]),
    "a generator, which moves on": (
        ["rng = np.random.default_rng(0)", "a = f(rng)", "b = f(rng)"],
        [0, 1, 2],
    ),
    "a network, which learns": (["n = Network([1])", "l = fit(n)", "n.W"], [0, 1, 2]),
    "no module": (["import math", "math.seed(1)", "math.cos(1)"], [0, 2]),
    "an addition in place": (["x = 1", "x += 1", "print(x)"], [0, 1, 2]),
    "nothing of what is not Python": (["x = 1", "def f(:", "print(x)"], [0, 2]),
}


@pytest.mark.parametrize("what", NEEDS)
def test_block_needs(what):
    codes, places = NEEDS[what]
    assert list(needed(codes, len(codes) - 1)) == places


AGAIN = {  # blocks that run in page order, then the last one again; what that runs
    "not what nobody changed": (
        ["a = [1]", "b = a", "a.copy()", "n = len(a)\nprint(n)"],
        [3],
    ),
    "what the block itself changes": (["a = [1]", "a.append(2)\nprint(a)"], [0, 1]),
    "what moves on": (
        [
            "import numpy as np\nrng = np.random.default_rng(0)",
            "print(rng.integers(9))",
        ],
        [0, 1],
    ),
    "what cannot be told": (["g = (i for i in 'ab')", "next(g)\nprint()"], [0, 1]),
    "what the block deletes": (["a = [1]", "print(a)\ndel a"], [0, 1]),
    "not a class": (["class A:\n    pass", "a = A()", "print(type(a) is A)"], [2]),
}


def ran(codes: list[str], order: list[int], records: list) -> tuple[list, list]:
    """Return which blocks ran, and which of them printed something else."""
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "live_runner.py"],
        input=json.dumps([codes, order, records]),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("what", AGAIN)
def test_block_runs_again(what):
    codes, again = AGAIN[what]
    order = list(range(len(codes)))
    assert ran(codes, [*order, order[-1]], [("", 0)] * len(codes))[0] == order + again


def test_value_comes_back_where_a_later_block_gave_its_name_another():
    codes = ["x = 1", "print(x)", "x = 2"]
    found = ran(codes, [0, 1, 2, 1], [("", 0), ("1", 0), ("", 0)])
    assert found == [[0, 1, 2, 1], []]


def test_what_a_block_deletes_is_gone():
    codes = ["import weakref", "a = {1}", "r = weakref.ref(a)\ndel a\nprint(r())"]
    assert not ran(codes, [0, 1, 2], [("", 0), ("", 0), ("None", 0)])[1]


def codes_and_records(page: Page) -> tuple[list[str], list]:
    """Return each block's code, and what it prints with its tolerance."""
    texts = page.recorded_texts()
    records = [(texts.get(block.name, ""), block.tolerance) for block in page.blocks]
    return [block.code for block in page.blocks], records


@pytest.mark.parametrize("name", PAGES)
def test_blocks_in_page_order_run_once(name):
    codes, records = codes_and_records(read(DOCS / "chapters" / f"{name}.md"))
    order = list(range(len(codes)))
    assert ran(codes, order, records) == [order, []]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", PAGES)
def test_blocks_in_any_order_print_the_record(name, seed):
    codes, records = codes_and_records(read(DOCS / "chapters" / f"{name}.md"))
    order = random.Random(seed).choices(range(len(codes)), k=2 * len(codes))  # noqa: S311
    assert not ran(codes, order, records)[1]
