"""Exercises on autograd, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers


def _ordered(answer: object, parents: dict, last: str) -> dict:
    """Return what is to be true of an order of nodes, whichever it is."""
    order = list(answer(parents, last))
    behind = [
        node for place, node in enumerate(order) if {*parents[node]} <= {*order[:place]}
    ]
    return {
        "nodes, sorted": ", ".join(sorted(order)),
        "nodes that stand behind their parents": ", ".join(sorted(behind)),
    }


def _graphs(rng: np.random.Generator) -> list[tuple]:
    """Return graphs, each node with its parents, and the node to begin from."""
    chain = {"c": ["b"], "a": [], "b": ["a"]}
    twice = {"L": ["m", "p"], "m": ["p", "q"], "x": [], "p": ["x"], "q": ["x"]}
    more = twice | {"z": ["x"], "k": ["L", "z"]}  # what L is not made from
    random = {"n0": []}
    for number in range(1, 9):
        picked = rng.integers(number, size=2)
        random[f"n{number}"] = [f"n{number - 1}", *(f"n{i}" for i in picked)]
    return [(chain, "c"), (twice, "L"), (more, "L"), (random, "n8")]


def _records(rng: np.random.Generator) -> list[tuple]:
    """Return records: for each number the pairs of a parent and a local slope."""
    a, b, c, d, e, f = normal_numbers(rng, 6) + np.array([3, -3, 4, 5, -4, 6])
    return [
        ([[], [(0, a)]],),
        ([[], [(0, a)], [(0, b), (1, c)]],),
        ([[], [(0, a)], [(1, b), (1, b)]],),
        ([[], [(0, a)], [(0, b)], [(1, c), (2, d)], [(3, e), (1, f)]],),
    ]


UNDO = Exercise(
    title="The sum that undoes broadcasting",
    task=r"""
On the way forward, broadcasting repeated an array of the shape `shape`. What arrives on the
way back, `gradient`, has the shape of the result. Return the gradient in the shape `shape`:
each number gets the sum of all the places where it was used.
""",
    hints=(
        "A bias of shape (1, 2) was used in each of 3 rows. What arrives has shape (3, 2).",
        "Two things happen: axes in front are added, and axes of length 1 are repeated.",
        "While `gradient` has more axes than `shape`, sum over the first one. Then sum over "
        "each axis where `shape` has a 1, with `keepdims=True`.",
    ),
    solution='''
def undo_broadcasting(gradient, shape):
    """Return the gradient, summed over what was repeated, in the given shape."""
    for _ in range(gradient.ndim - len(shape)):
        gradient = gradient.sum(axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient
''',
    others=(
        """
def undo_broadcasting(gradient, shape):
    full = (1,) * (gradient.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i, length in enumerate(full) if length < gradient.shape[i])
    return gradient.sum(axis=axes, keepdims=True).reshape(shape)
""",
        """
def undo_broadcasting(gradient, shape):
    places = np.broadcast_to(np.arange(np.prod(shape, dtype=int)).reshape(shape), gradient.shape)
    sums = np.bincount(places.ravel(), gradient.ravel(), minlength=int(np.prod(shape)))
    return sums.reshape(shape)
""",
        (
            "    for _ in range(gradient.ndim - len(shape)):\n        gradient = gradient.sum(axis=0)\n",
            "    while gradient.ndim > len(shape):\n        gradient = gradient.sum(axis=0)\n",
        ),
    ),
    wrong={
        "This is the mean of the places. A number that is used three times moves the loss "
        "three times: sum.": ((".sum(", ".mean("),),
        "Without `keepdims=True` the repeated axis disappears instead of keeping length 1.": (
            (", keepdims=True", ""),
        ),
        "The gradient comes back as it arrived: nothing is summed.": (
            """
def undo_broadcasting(gradient, shape):
    return gradient
""",
        ),
        "Everything is summed into each number. Sum only over the axes that were repeated.": (
            """
def undo_broadcasting(gradient, shape):
    return np.full(shape, gradient.sum())
""",
        ),
        "Only one of the places is taken. Sum over them all.": (
            (
                "gradient.sum(axis=axis, keepdims=True)",
                "gradient.take([0], axis=axis)",
            ),
        ),
        "Axes of length 1 are right. Those that `shape` does not have, in front, are still there.": (
            (
                "    for _ in range(gradient.ndim - len(shape)):\n        gradient = gradient.sum(axis=0)\n",
                "",
            ),
        ),
        "The axes in front are right. Where `shape` has a 1, nothing is summed yet.": (
            (
                "    for axis, length in enumerate(shape):\n        if length == 1:\n            gradient = gradient.sum(axis=axis, keepdims=True)\n",
                "",
            ),
        ),
        "The axes that `shape` does not have are summed from the last one. NumPy adds them "
        "in front: sum over axis 0.": (
            (
                "gradient.sum(axis=0)",
                "gradient.sum(axis=-1)",
            ),
        ),
        "This is right where one row was repeated, and not elsewhere: `shape` says which axes "
        "are to go.": (
            """
def undo_broadcasting(gradient, shape):
    return gradient.sum(axis=0, keepdims=True)
""",
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, *large) + 5, small)
        for large, small in [
            ((2, 2), (1, 2)),
            ((2, 2), (2, 1)),
            ((2, 2), (2,)),
            ((2, 3), ()),
            ((2, 2), (2, 2)),
            ((2, 2, 2), (1, 2)),
        ]
    ],
)

ORDER = Exercise(
    title="A topological order",
    task=r"""
`parents` maps the name of each node to the list of the names that it was made from; a leaf
has an empty list. Return a list of all nodes that `last` was made from, and `last` itself:
each once, and each behind its parents. There is often more than one such order.
""",
    hints=(
        "A node may enter the list as soon as all its parents are in it.",
        "You can collect first and sort later: which nodes are needed, and which of them is "
        "ready next?",
        "A function that calls itself for each parent, and appends the node afterwards, "
        "does it, if it goes to each node only once.",
    ),
    solution='''
def order(parents, last):
    """Return the nodes behind last, and last, each behind its parents."""
    found = []

    def visit(node):
        if node not in found:
            for parent in parents[node]:
                visit(parent)
            found.append(node)

    visit(last)
    return found
''',
    others=(
        """
def order(parents, last):
    needed, waiting = {last}, [last]
    while waiting:
        for parent in parents[waiting.pop()]:
            if parent not in needed:
                needed.add(parent)
                waiting.append(parent)
    done = []
    while len(done) < len(needed):
        for node in sorted(needed):
            if node not in done and all(p in done for p in parents[node]):
                done.append(node)
    return done
""",
        """
def order(parents, last):
    def depth(node):
        return 1 + max([depth(parent) for parent in parents[node]], default=0)

    needed, waiting = {last}, [last]
    while waiting:
        new = set(parents[waiting.pop()]) - needed
        needed |= new
        waiting += new
    return sorted(needed, key=depth)
""",
        ("for parent in parents[node]", "for parent in reversed(parents[node])"),
    ),
    wrong={
        "The order is turned round: here each node stands in front of its parents.": (
            ("return found", "return found[::-1]"),
        ),
        "A node is in the list several times, once for each path to it. Go to each only once.": (
            ("if node not in found", "if True"),
        ),
        "Nodes are in it that `last` was not made from. Begin at `last`, and follow the parents.": (
            (
                "    visit(last)\n",
                "    for node in parents:\n        visit(node)\n",
            ),
        ),
        "Some nodes stand in front of a parent. Going back step by step from `last` and "
        "turning the list round is not enough: a node can be near `last` on one path and "
        "far on another.": (
            """
def order(parents, last):
    found = []

    def visit(node):
        if node not in found:
            found.append(node)
            for parent in parents[node]:
                visit(parent)

    visit(last)
    return found[::-1]
""",
            """
def order(parents, last):
    found, waiting = [last], [last]
    while waiting:
        for parent in parents[waiting.pop(0)]:
            if parent not in found:
                found.append(parent)
                waiting.append(parent)
    return found[::-1]
""",
        ),
        "`last` itself is missing.": (("return found", "return found[:-1]"),),
        "Only `last` and its own parents are in it. Their parents belong to it, and so on.": (
            (
                "    visit(last)\n    return found",
                "    return list(dict.fromkeys([*parents[last], last]))",
            ),
        ),
        "The leaves are missing: nodes without parents belong to it as well.": (
            ("return found", "return [node for node in found if parents[node]]"),
        ),
        "A node enters the list in front of its parents: append it when the loop over them is "
        "done.": (
            """
def order(parents, last):
    found = []

    def visit(node):
        if node not in found:
            found.append(node)
            for parent in parents[node]:
                visit(parent)

    visit(last)
    return found
""",
        ),
        "The list is empty: nothing begins the walk. Visit `last`.": (
            ("    visit(last)\n", ""),
        ),
    },
    cases=_graphs,
    use=_ordered,
)

BACK = Exercise(
    title="The way back",
    task=r"""
A record holds a line for each number, in the order in which they were made: a list of pairs,
each the place of a parent in the record, and the local slope for it. So
`[[], [(0, 6.0)], [(0, 2.0), (1, 9.0)]]` says that number 1 was made from number 0, and number
2 from both. Return the slope of the *last* number with respect to each one, as a list or an
array.
""",
    hints=(
        "The last number has the slope 1 with respect to itself, all others begin at 0.",
        "Take the lines from the last to the first. Each sends its slope times the local one.",
        "What arrives at a parent is added to what is there.",
    ),
    solution='''
def slopes(record):
    """Return the slope of the last number with respect to each one."""
    grad = np.zeros(len(record))
    grad[-1] = 1
    for number in reversed(range(len(record))):
        for parent, slope in record[number]:
            grad[parent] += slope * grad[number]
    return grad
''',
    others=(
        """
def slopes(record):
    def along_paths(number, end):
        if number == end:
            return 1.0
        return sum(slope * along_paths(parent, end) for parent, slope in record[number])

    return [along_paths(len(record) - 1, end) for end in range(len(record))]
""",
        """
def slopes(record):
    n = len(record)
    local = np.zeros((n, n))
    for number, line in enumerate(record):
        for parent, slope in line:
            local[number, parent] += slope
    return np.linalg.inv(np.eye(n) - local)[-1]
""",
        (
            "    for number in reversed(range(len(record))):\n        for parent, slope in record[number]:\n",
            "    for number in range(len(record) - 1, -1, -1):\n        for parent, slope in reversed(record[number]):\n",
        ),
    ),
    wrong={
        "What arrives at a parent takes the place of what was there. Several paths add up: `+=`.": (
            ("+= slope", "= slope"),
        ),
        "The walk goes from the first line to the last. A number may send only when its own "
        "slope is complete: go from the last to the first.": (
            ("reversed(range(len(record)))", "range(len(record))"),
        ),
        "The local slopes are added up, and not multiplied by the slope of the number that "
        "sends them.": (("slope * grad[number]", "slope"),),
        "Along a path the slopes are added. The chain rule multiplies them.": (
            ("slope * grad[number]", "slope + grad[number]"),
        ),
        "The slope of the last number with respect to itself is 1: set it before the walk.": (
            ("    grad[-1] = 1\n", ""),
        ),
        "The slope starts at 1 for every number. Only the last one starts at 1.": (
            ("np.zeros(len(record))", "np.ones(len(record))"),
        ),
        "A number that is used twice in the same line counts once: look at a product of a "
        "number with itself.": (
            ("in record[number]", "in dict(record[number]).items()"),
        ),
        "A number sends several times, each time all that it has: this is what a function "
        "does that calls itself for each parent. Send once, when the slope is complete.": (
            """
def slopes(record):
    grad = np.zeros(len(record))
    grad[-1] = 1

    def shortcut(number):
        for parent, slope in record[number]:
            grad[parent] += slope * grad[number]
            shortcut(parent)

    shortcut(len(record) - 1)
    return grad
""",
            """
def slopes(record):
    grad = np.zeros(len(record))
    grad[-1] = 1

    def shortcut(number):
        for parent, slope in record[number]:
            grad[parent] += slope * grad[number]
        for parent, _slope in record[number]:
            shortcut(parent)

    shortcut(len(record) - 1)
    return grad
""",
        ),
        "This is the way forward, from the first number: it tells how each number moves with "
        "number 0. The walk back starts with a 1 at the last one.": (
            """
def slopes(record):
    grad = np.zeros(len(record))
    grad[0] = 1
    for number in range(len(record)):
        for parent, slope in record[number]:
            grad[number] += slope * grad[parent]
    return grad
""",
        ),
        "The slope goes the wrong way: a number sends to its parents, it does not take from "
        "them.": (
            (
                "grad[parent] += slope * grad[number]",
                "grad[number] += slope * grad[parent]",
            ),
        ),
        "The 1 is set for the first number. The slope that is known at the start is that of "
        "the last number to itself.": (("grad[-1] = 1", "grad[0] = 1"),),
    },
    cases=_records,
)

LENGTH = Exercise(
    title="A new operation",
    task=r"""
The engine is to learn the operation $c = \sqrt{a^2 + b^2}$, the length of the pair $(a, b)$.
Return what its line of the record needs: the value, the local slope for $a$, and
that for $b$. Write it for plain numbers that are not both 0.
""",
    hints=(
        "The chain rule: the root's slope times the slope of what stands under it.",
        r"$\sqrt{u} = u^{0.5}$ has the slope $0.5\,u^{-0.5}$, which is half of 1 divided by the root.",
        "The 2 and the half cancel. The value itself is part of the answer.",
    ),
    solution='''
def length(a, b):
    """Return the value, and its slopes with respect to a and to b."""
    c = np.sqrt(a**2 + b**2)
    return c, a / c, b / c
''',
    others=(
        ("np.sqrt(a**2 + b**2)", "np.hypot(a, b)"),
        ("a / c, b / c", "np.cos(np.arctan2(b, a)), np.sin(np.arctan2(b, a))"),
        """
def length(a, b):
    u = a * a + b * b
    root_slope = 0.5 * u**-0.5
    return u**0.5, root_slope * 2 * a, root_slope * 2 * b
""",
    ),
    wrong={
        "These are the slopes of a² + b². The root's own slope is missing.": (
            ("a / c, b / c", "2 * a, 2 * b"),
        ),
        "This is the root's slope alone. Multiply it by that of what stands under the root.": (
            ("a / c, b / c", "1 / (2 * c), 1 / (2 * c)"),
        ),
        "The slopes are twice too large: the root's slope has a half in it.": (
            ("a / c, b / c", "2 * a / c, 2 * b / c"),
        ),
        "The slopes are half of what they are: the square's slope has a 2 in it.": (
            ("a / c, b / c", "a / (2 * c), b / (2 * c)"),
        ),
        "The two slopes are exchanged.": (("a / c, b / c", "b / c, a / c"),),
        "The slopes are divided by a² + b². The root of it stands there.": (
            ("a / c, b / c", "a / c**2, b / c**2"),
        ),
        "The root is missing from the value.": (("return c,", "return c**2,"),),
        "The value is missing: return three numbers.": (("return c, ", "return "),),
    },
    cases=lambda rng: [
        (3.0, 4.0),
        (-5.0, 12.0),
        tuple(normal_numbers(rng, 2) + 6),
        (-0.6, -2.5),
    ],
)

PREDICTION = Exercise(
    title="Predict a slope",
    task=r"""
Before you run anything: $p = x \cdot x$, then $L = p \cdot p + p$, at $x = 3$. A number that
was computed is used three times here. Write both tables on paper: what is the slope of $L$
with respect to $x$?
""",
    hints=(
        "L is a sum of p · p and p. First find what arrives at p.",
        "p · p sends 9 twice, once for each factor; the sum sends 1.",
        "Then p sends what it has to x, twice as well.",
    ),
    solution="""
p = 3 * 3
p_slope = p + p + 1
x_slope = p_slope * 3 + p_slope * 3
""",
    others=("x_slope = 114", "x_slope = 4 * 3**3 + 2 * 3", "x_slope = 19 * 6.0"),
    wrong={
        "This is what `shortcut` would say: p has sent all that it has three times. It sends once.": (
            "x_slope = 3 * 114",
        ),
        "This is the slope with respect to p. One step further back lies x.": (
            "x_slope = 19",
        ),
        "p sends to x twice, for x is both factors of the product.": (
            "x_slope = 19 * 3",
        ),
        "One path is missing: L is p · p plus p, and the single p sends its 1, too.": (
            "x_slope = 18 * 6",
        ),
        "The product p · p sends to p twice, once for each factor.": (
            "x_slope = 10 * 6",
        ),
        "This is the value of L.": ("x_slope = 90",),
    },
    tolerance=0.001,
)

BOOK = Workbook(
    "Autograd from scratch",
    [UNDO, ORDER, BACK, LENGTH, PREDICTION],
    then="All done. Go on with the workbook *PyTorch*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
