"""Exercises on derivatives, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers

CENTRAL = Exercise(
    title="Measure a slope",
    task=r"""
Return the slope of the function `f` at `x`, measured by a central difference: from $x - h$ to
$x + h$. The check uses $f(x) = c x^3$.
""",
    hints=(
        "A slope is a rise divided by the run.",
        "From x − h to x + h, the run is 2h.",
    ),
    solution='''
def central_difference(f, x, h):
    """Return the slope of f between x - h and x + h."""
    return (f(x + h) - f(x - h)) / (2 * h)
''',
    others=(
        ("/ (2 * h)", "/ 2 / h"),
        ("(f(x + h) - f(x - h)) / (2 * h)", "(f(x - h) - f(x + h)) / (-2 * h)"),
        (
            "(f(x + h) - f(x - h)) / (2 * h)",
            "((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h) / 2",
        ),
    ),
    wrong={
        "This is the forward difference, from x to x + h. The central one goes to both sides.": (
            ("(f(x + h) - f(x - h)) / (2 * h)", "(f(x + h) - f(x)) / h"),
        ),
        "This is the backward difference, from x − h to x. The central one goes to both sides.": (
            ("(f(x + h) - f(x - h)) / (2 * h)", "(f(x) - f(x - h)) / h"),
        ),
        "The rise is divided by h. From x − h to x + h the run is 2h.": (
            ("(2 * h)", "h"),
        ),
        "`/ 2 * h` divides by 2 and then multiplies by h. Put 2 * h into brackets.": (
            ("/ (2 * h)", "/ 2 * h"),
        ),
        "The two values are added. A rise is their difference.": (
            ("f(x + h) - f", "f(x + h) + f"),
        ),
        "The sign is turned round: the rise is f(x + h) minus f(x − h).": (
            ("f(x + h) - f(x - h)", "f(x - h) - f(x + h)"),
        ),
        "This is the rise alone. Divide it by the run.": ((" / (2 * h)", ""),),
        "Only f(x − h) is divided. Put the difference into brackets.": (
            ("(f(x + h) - f(x - h)) / (2 * h)", "f(x + h) - f(x - h) / (2 * h)"),
        ),
        "`/ h * 2` divides by h and then multiplies by 2. Put 2 * h into brackets.": (
            ("/ (2 * h)", "/ h * 2"),
        ),
        "The step is half as long as asked: from x − h to x + h.": (
            ("(f(x + h) - f(x - h)) / (2 * h)", "(f(x + h / 2) - f(x - h / 2)) / h"),
        ),
        "In effect the rise is divided by 2. Divide it by 2h.": (
            ("(f(x + h) - f(x - h)) / (2 * h)", "(f(x + h) - f(x - h)) / 2"),
        ),
        "This rise starts at x, and the run 2h starts at x − h. Let both start there.": (
            ("(f(x + h) - f(x - h)) / (2 * h)", "(f(x + h) - f(x)) / (2 * h)"),
        ),
        "You measure with a step of your own. Take the `h` that is given.": (
            ("(f(x + h) - f(x - h)) / (2 * h)", "(f(x + 1e-5) - f(x - 1e-5)) / 2e-5"),
        ),
    },
    cases=lambda rng: [
        (float(normal_numbers(rng)) + 3, x, h) for x, h in [(1.0, 0.5), (-2.0, 0.1)]
    ],
    use=lambda answer, c, x, h: answer(lambda t: c * t**3, x, h),
)

CHAIN = Exercise(
    title="The chain rule",
    task=r"""
Let $L = (w x + b)^2$. Return $\partial L / \partial w$ as a formula in `w`, `x` and `b`.
""",
    hints=(
        "There are two steps: z = w·x + b, then L = z². Each has its own slope.",
        "The slope of z² is 2z. How far does z move when w moves by a little?",
    ),
    solution='''
def slope_of_w(w, x, b):
    """Return ∂L/∂w for L = (w·x + b)²."""
    return 2 * (w * x + b) * x
''',
    others=(
        ("2 * (w * x + b) * x", "2 * w * x**2 + 2 * b * x"),
        ("2 * (w * x + b) * x", "((w + 1) * x + b) ** 2 - (w * x + b) ** 2 - x * x"),
        ("2 * (w * x + b) * x", "(w * x + b) * (x + x)"),
    ),
    wrong={
        "The inner slope is missing: when w moves by a little, z moves x times as far.": (
            ("(w * x + b) * x", "(w * x + b)"),
        ),
        "This is ∂L/∂x: the inner slope for w is x.": (
            ("(w * x + b) * x", "(w * x + b) * w"),
        ),
        "The 2 is missing: the slope of z² is 2z.": (("2 * (w", "(w"),),
        "This is the slope for L = w·x + b: the square is left out.": (
            ("2 * (w * x + b) * x", "x"),
        ),
        "This is L itself, not its slope.": (
            ("2 * (w * x + b) * x", "(w * x + b) ** 2"),
        ),
        "The bias is left out of z.": (("(w * x + b)", "(w * x)"),),
        "The inner slope is added. The chain rule multiplies the slopes.": (
            ("(w * x + b) * x", "(w * x + b) + x"),
        ),
        "There is a w too many: the inner slope for w is x alone.": (
            ("(w * x + b) * x", "(w * x + b) * x * w"),
        ),
        "The inner slope is x alone: b does not move when w does.": (
            ("(w * x + b) * x", "(w * x + b) * (x + b)"),
        ),
        "The inner slope is x alone: x does not move when w does.": (
            ("(w * x + b) * x", "(w * x + b) * (w + x)"),
        ),
        "The square is still a square. The slope of z² is 2z.": (
            ("2 * (w * x + b) * x", "(w * x + b) ** 2 * x"),
            ("(w * x + b) * x", "(w * x + b) ** 2 * x"),
        ),
    },
    cases=lambda rng: [tuple(normal_numbers(rng, 3).tolist()) for _ in range(4)],
)

GRADIENT = Exercise(
    title="Measure a whole gradient",
    task=r"""
The function `f` takes an array `theta` and returns one number. Return its gradient: for each
entry of `theta` the central difference with `h`, in an array of the shape of `theta`. Leave
`theta` as it is. The check uses $f(\theta) = \sum \theta_i^3 + \theta_{first} \theta_{last}$.
""",
    hints=(
        "Only one entry moves at a time, all others stay.",
        "`for index in np.ndindex(theta.shape)` visits each entry, in any shape.",
        "Make an array of zeros with `h` in one place, and add it to `theta` or subtract it.",
    ),
    solution='''
def numerical_gradient(f, theta, h):
    """Return the gradient of f at theta, measured, in the shape of theta."""
    gradient = np.zeros(theta.shape)
    for index in np.ndindex(theta.shape):
        nudge = np.zeros(theta.shape)
        nudge[index] = h
        gradient[index] = (f(theta + nudge) - f(theta - nudge)) / (2 * h)
    return gradient
''',
    others=(
        (
            "f(theta + nudge) - f(theta - nudge)",
            "-f(theta - nudge) + f(theta + nudge)",
        ),
        """
def numerical_gradient(f, theta, h):
    slopes = []
    for number in range(theta.size):
        above, below = theta.copy(), theta.copy()
        above.flat[number] += h
        below.flat[number] -= h
        slopes.append((f(above) - f(below)) / (2 * h))
    return np.array(slopes).reshape(theta.shape)
""",
        """
def numerical_gradient(f, theta, h):
    nudges = np.eye(theta.size).reshape(theta.size, *theta.shape) * h
    slopes = [f(theta + n) - f(theta - n) for n in nudges]
    return np.reshape(slopes, theta.shape) / 2 / h
""",
    ),
    wrong={
        "All entries move at once. Move one at a time, and leave the others.": (
            ("nudge[index] = h", "nudge[...] = h"),
        ),
        "Each entry's nudge stays when the next one comes. Begin with zeros again, for each entry.": (
            (
                "    for index in np.ndindex(theta.shape):\n        nudge = np.zeros(theta.shape)\n",
                "    nudge = np.zeros(theta.shape)\n    for index in np.ndindex(theta.shape):\n",
            ),
        ),
        "The rise is divided by h. From −h to +h, the run is 2h.": (("(2 * h)", "h"),),
        "This is the forward difference. The central one goes to both sides.": (
            ("f(theta - nudge)) / (2 * h)", "f(theta)) / h"),
        ),
        "The gradient is flat. It has the shape of theta.": (
            ("return gradient", "return gradient.reshape(-1)"),
        ),
        "The loop ends after its first entry: `return` stands inside it.": (
            ("    return gradient", "        return gradient"),
        ),
        "In a table, a whole row moves at once: `len(theta)` counts rows, and `theta[i]` is one of them.": (
            "def numerical_gradient(f, theta, h):\n    gradient = np.zeros(theta.shape)\n    for i in range(len(theta)):\n        nudge = np.zeros(theta.shape)\n        nudge[i] = h\n        gradient[i] = (f(theta + nudge) - f(theta - nudge)) / (2 * h)\n    return gradient\n",
        ),
        "An entry that has moved is not moved back, and the next ones are measured from there.": (
            "def numerical_gradient(f, theta, h):\n    gradient = np.zeros(theta.shape)\n    for index in np.ndindex(theta.shape):\n        theta[index] += h\n        above = f(theta)\n        theta[index] -= 2 * h\n        gradient[index] = (above - f(theta)) / (2 * h)\n    return gradient\n",
            "def numerical_gradient(f, theta, h):\n    gradient, theta = np.zeros(theta.shape), theta.copy()\n    for index in np.ndindex(theta.shape):\n        theta[index] += h\n        above = f(theta)\n        theta[index] -= 2 * h\n        gradient[index] = (above - f(theta)) / (2 * h)\n    return gradient\n",
        ),
        "All entries move at once, and there is one slope. Move one at a time, and collect a slope for each.": (
            "def numerical_gradient(f, theta, h):\n    return (f(theta + h) - f(theta - h)) / (2 * h)\n",
        ),
        "Each turn of the loop replaces the slope before it, and one number is left. Write "
        "each to its entry of the gradient.": (("gradient[index] = ", "gradient = "),),
        "`f` gets a single entry here. It wants the whole array, with one entry moved.": (
            (
                "(f(theta + nudge) - f(theta - nudge))",
                "(f(theta[index] + h) - f(theta[index] - h))",
            ),
        ),
        "Both sides are the same array: an assignment gives it a second name. Make copies.": (
            """
def numerical_gradient(f, theta, h):
    gradient = np.zeros(theta.shape)
    for index in np.ndindex(theta.shape):
        above, below = theta, theta
        above[index] += h
        below[index] -= h
        gradient[index] = (f(above) - f(below)) / (2 * h)
    return gradient
""",
        ),
        "The entry goes up by h and back, but never below. For a run of 2h it has to start at "
        "−h.": (
            """
def numerical_gradient(f, theta, h):
    gradient = np.zeros(theta.shape)
    for index in np.ndindex(theta.shape):
        theta[index] += h
        above = f(theta)
        theta[index] -= h
        gradient[index] = (above - f(theta)) / (2 * h)
    return gradient
""",
            ("f(theta - nudge)", "f(theta)"),
        ),
        "This is a formula for one function. Measure `f`, whichever it is.": (
            "def numerical_gradient(f, theta, h):\n    return 3 * theta**2\n",
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, *shape), 0.1) for shape in [(2,), (1, 3), (2, 2), (3, 2)]
    ],
    use=lambda answer, theta, h: answer(
        lambda t: float(np.sum(t**3) + t.flat[0] * t.flat[-1]), theta, h
    ),
)

TWICE = Exercise(
    title="Predict: a number used twice",
    task=r"""
Before you run anything: let $p = x^2$, $q = 2x$ and $L = p q + p$. Walk backwards from $L$ to
$x$ at $x = 4$, and find $\partial L / \partial x$.
""",
    hints=(
        "x leads to L on two paths, one through p and one through q. Their shares add up.",
        "p is used twice as well: in the product and in the sum. So ∂L/∂p is q + 1.",
        "∂L/∂q is p. Multiply by the slopes of p and of q, 2x and 2.",
    ),
    solution="""
p, q = 4**2, 2 * 4
dx = (q + 1) * 2 * 4 + p * 2
""",
    others=("dx = 104", "dx = 6 * 4**2 + 2 * 4", "dx = np.array(104.0)"),
    wrong={
        "This is the path through p alone. x is used in q as well.": (
            (" + p * 2", ""),
        ),
        "This is the path through q alone. x is used in p as well.": (
            ("(q + 1) * 2 * 4 + ", ""),
        ),
        "p is used twice, in the product and in the sum: its slope is q + 1.": (
            ("(q + 1)", "q"),
            ("(q + 1)", "1"),
        ),
        "This is ∂L/∂p. Two paths more lead to x.": (
            ("(q + 1) * 2 * 4 + p * 2", "q + 1"),
        ),
        "This is L itself.": (("(q + 1) * 2 * 4 + p * 2", "p * q + p"),),
        "This is ∂L/∂q. Go on from q to x, and add the path through p.": (
            ("(q + 1) * 2 * 4 + p * 2", "p"),
        ),
    },
)

BOOK = Workbook(
    "Derivatives",
    [CENTRAL, CHAIN, GRADIENT, TWICE],
    then="All done. Go on with the workbook *Activation functions*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
