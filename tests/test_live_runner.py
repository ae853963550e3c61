"""A block runs with the blocks that it needs, whatever ran before it."""

import json
import subprocess
import sys

import pytest

from docs.plugins.live.browser.dependencies import needed
from docs.plugins.pages import DOCS, ROOT, read

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


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", PAGES)
def test_blocks_in_any_order_print_the_record(name, seed):
    page = read(DOCS / "chapters" / f"{name}.md")
    texts = page.recorded_texts()
    records = [(texts.get(block.name, ""), block.tolerance) for block in page.blocks]
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "live_runner.py"],
        input=json.dumps([[block.code for block in page.blocks], records, seed]),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stdout, done.stdout
