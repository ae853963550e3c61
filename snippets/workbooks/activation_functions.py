"""Exercises on activation functions, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers


def _grids(rng: np.random.Generator) -> list[tuple]:
    """Return pre-activations with numbers below, above and at 0."""
    return [
        (np.array([[-2.0, 0.0, 0.5]]),),
        (normal_numbers(rng, 2, 2),),
        (normal_numbers(rng, 3, 4),),
    ]


RELU = Exercise(
    title="ReLU",
    task=r"""
Return ReLU of every number of the array `Z`: the number itself where it is positive, and 0
elsewhere.
""",
    hints=(
        "It works on a whole array, number by number, without a loop.",
        "NumPy has a function for the larger of two numbers.",
        "It is `np.maximum`. (`np.max` looks for the largest number of one array, and Python's `max` compares no arrays.)",
    ),
    solution='''
def relu(Z):
    """Return Z where it is positive and 0 elsewhere, in the shape of Z."""
    return np.maximum(Z, 0)
''',
    others=(
        ("np.maximum(Z, 0)", "np.where(Z > 0, Z, 0)"),
        ("np.maximum(Z, 0)", "Z * (Z > 0)"),
        ("np.maximum(Z, 0)", "(Z + np.abs(Z)) / 2"),
    ),
    wrong={
        "You keep the negative numbers and drop the positive ones.": (
            ("maximum", "minimum"),
        ),
        "Negative numbers turn positive. ReLU turns them into 0.": (
            ("np.maximum(Z, 0)", "np.abs(Z)"),
        ),
        "This is ReLU's slope, 1 or 0. ReLU returns the number itself where it is positive.": (
            ("np.maximum(Z, 0)", "np.where(Z > 0, 1, 0)"),
        ),
        "`np.max` looks for the largest number of the whole array. ReLU looks at each number alone.": (
            ("np.maximum(Z, 0)", "np.max(Z)"),
        ),
        "The array is unchanged: negative numbers become 0.": (
            ("np.maximum(Z, 0)", "Z"),
        ),
        "Negative numbers leak through, scaled down. ReLU makes them 0.": (
            ("np.maximum(Z, 0)", "np.maximum(Z, 0.01 * Z)"),
        ),
        "`np.max(Z, 0)` takes the 0 for an axis, and looks for the largest number of each "
        "column. ReLU looks at each number alone.": (
            ("np.maximum(Z, 0)", "np.max(Z, 0)"),
        ),
        "Only the positive numbers are left. Each number keeps its place, and the others "
        "become 0.": (("np.maximum(Z, 0)", "Z[Z > 0]"),),
    },
    cases=_grids,
)

SIGMOID = Exercise(
    title="The sigmoid",
    task=r"""
Return $\sigma(z) = \dfrac{1}{1 + e^{-z}}$ of every number of the array `Z`.
""",
    hints=(
        "At 0 it is 0.5; it grows towards 1 on the right.",
        "`np.exp` works number by number. Mind the minus, and the brackets.",
    ),
    solution='''
def sigmoid(Z):
    """Return 1 / (1 + e to the power of -Z), in the shape of Z."""
    return 1 / (1 + np.exp(-Z))
''',
    others=(
        ("1 / (1 + np.exp(-Z))", "np.exp(Z) / (1 + np.exp(Z))"),
        ("1 / (1 + np.exp(-Z))", "0.5 * (1 + np.tanh(Z / 2))"),
        ("1 / (1 + np.exp(-Z))", "(1 + np.e ** (-Z)) ** -1"),
    ),
    wrong={
        "The sign in the exponent is turned round: e to the power of −z.": (
            ("-Z", "Z"),
            ("1 / (1 + np.exp(-Z))", "np.exp(-Z) / (1 + np.exp(-Z))"),
        ),
        "This is 1 plus the power. `1 / 1 + …` divides first: the whole denominator needs brackets.": (
            ("1 / (1 + np.exp(-Z))", "1 / 1 + np.exp(-Z)"),
        ),
        "The denominator adds: 1 plus the power.": (("1 + np", "1 - np"),),
        "This is tanh, which runs from −1 to 1. The sigmoid runs from 0 to 1.": (
            ("1 / (1 + np.exp(-Z))", "np.tanh(Z)"),
        ),
        "The 1 in the denominator is missing.": (("(1 + np.exp(-Z))", "np.exp(-Z)"),),
        "The numbers are multiplied by their sigmoid. Asked for is the sigmoid alone.": (
            ("return 1", "return Z"),
        ),
        "Numerator and denominator do not fit: with e to the power of z above, it must be below as well.": (
            ("1 / (1 + np.exp(-Z))", "np.exp(Z) / (1 + np.exp(-Z))"),
        ),
        "This is the sigmoid's slope. Asked for is its value.": (
            ("1 / (1 + np.exp(-Z))", "np.exp(-Z) / (1 + np.exp(-Z)) ** 2"),
        ),
    },
    cases=_grids,
)

SLOPE = Exercise(
    title="The sigmoid's slope",
    task=r"""
Return the slope of the sigmoid at every number of `Z`. There is a form that needs nothing but
the sigmoid's own value, $A = \sigma(Z)$; the first cell below defines `sigmoid`.
""",
    hints=(
        "At Z = 0, where A = 0.5, the slope is a quarter. Far out, it goes to 0 on both sides.",
        "It is a product of two factors: the one is A, the other what is left from A to 1.",
    ),
    given="""
def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))
""",
    solution='''
def sigmoid_derivative(Z):
    """Return the slope of the sigmoid at each number of Z."""
    A = sigmoid(Z)
    return A * (1 - A)
''',
    others=(
        ("A * (1 - A)", "A - A**2"),
        ("A * (1 - A)", "sigmoid(Z) * sigmoid(-Z)"),
        ("A * (1 - A)", "np.exp(-Z) / (1 + np.exp(-Z)) ** 2"),
    ),
    wrong={
        "The formula holds for the value A = σ(Z), and you put Z itself into it.": (
            ("A = sigmoid(Z)", "A = Z"),
        ),
        "This is tanh's slope, 1 − A², with the sigmoid's A.": (
            ("A * (1 - A)", "1 - A**2"),
        ),
        "The factor 1 − A is missing.": (("A * (1 - A)", "A"),),
        "The factor A is missing.": (("A * (1 - A)", "1 - A"),),
        "The second factor is 1 − A, not 1 + A.": (("1 - A", "1 + A"),),
        "The sigmoid is applied twice: to Z, and to the result.": (
            ("A = sigmoid(Z)", "A = sigmoid(sigmoid(Z))"),
        ),
        "The second factor has Z in it. Both factors need nothing but A.": (
            ("1 - A", "1 - Z"),
        ),
        "The sign is turned round: the sigmoid rises everywhere, so its slope is positive.": (
            ("A * (1 - A)", "A * (A - 1)"),
        ),
        "`A * 1 - A` multiplies first, and is 0. Put 1 - A into brackets.": (
            ("A * (1 - A)", "A * 1 - A"),
        ),
        "This is A². The second factor is what is left from A to 1.": (
            ("A * (1 - A)", "A**2"),
        ),
    },
    cases=_grids,
)

SOFTMAX = Exercise(
    title="Softmax",
    task=r"""
Each row of `Z`, of shape `(batch, n_out)`, holds the logits of one sample. Return the shares:
$e^z$ of each number, divided by the sum of its row, so that each row adds up to 1.
""",
    hints=(
        "First the exponential of everything, then the sums, one for each row.",
        "The sums need the shape `(batch, 1)`, so that each row is divided by its own.",
    ),
    solution='''
def softmax(Z):
    """Return the shares of each row of Z, in the shape (batch, n_out)."""
    E = np.exp(Z)
    return E / E.sum(axis=1, keepdims=True)
''',
    others=(
        ("np.exp(Z)", "np.exp(Z - Z.max(axis=1, keepdims=True))"),
        ("E / E.sum(axis=1, keepdims=True)", "(E.T / E.sum(axis=1)).T"),
        ("E / E.sum(axis=1, keepdims=True)", "np.array([e / e.sum() for e in E])"),
    ),
    wrong={
        "The columns add up to 1. A row is a sample, so the rows must: axis 1.": (
            ("axis=1", "axis=0"),
        ),
        "All numbers together add up to 1. Each row must.": (
            ("E.sum(axis=1, keepdims=True)", "E.sum()"),
        ),
        "The exponential is missing: shares of the logits themselves can be negative.": (
            ("np.exp(Z)", "Z"),
        ),
        "You divide by the largest of the row. Divide by the row's sum.": (
            ("E.sum", "E.max"),
        ),
        "These are sigmoids, each for itself. Softmax lets the logits of a row compete.": (
            ("E / E.sum(axis=1, keepdims=True)", "E / (1 + E)"),
        ),
        "The exponentials are not divided by anything.": (
            ("E / E.sum(axis=1, keepdims=True)", "E"),
        ),
        "Without `keepdims=True` the sums have shape `(batch,)`, and NumPy lays them along the columns, or refuses.": (
            (", keepdims=True", ""),
        ),
        "The largest logit gets the smallest share: there is a minus too many in the power.": (
            ("np.exp(Z)", "np.exp(-Z)"),
        ),
        "You divide by the power of the sum. Divide by the sum of the powers.": (
            ("E.sum(axis=1, keepdims=True)", "np.exp(Z.sum(axis=1, keepdims=True))"),
        ),
        "You divide by the row's mean. Divide by its sum.": (("E.sum", "E.mean"),),
        "The largest logits have shape `(batch,)`, and NumPy subtracts them along the "
        "columns, or refuses: keep their axis.": (
            ("np.exp(Z)", "np.exp(Z - Z.max(axis=1))"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, *shape),) for shape in [(1, 2), (2, 2), (2, 3), (3, 3)]
    ],
)

LEAKY = Exercise(
    title="The slope of a leaky ReLU",
    task=r"""
The leaky ReLU is $z$ where $z$ is positive, and `slope` times $z$ elsewhere. Return its
derivative at every number of `Z`. At exactly 0, take `slope`.
""",
    hints=(
        "There are only two values in the answer, one for each side.",
        "`np.where(condition, a, b)` takes `a` where the condition holds, `b` elsewhere.",
    ),
    solution='''
def leaky_relu_derivative(Z, slope):
    """Return 1 where Z is positive and slope elsewhere, in the shape of Z."""
    return np.where(Z > 0, 1.0, slope)
''',
    others=(
        ("np.where(Z > 0, 1.0, slope)", "(Z > 0) + slope * (Z <= 0)"),
        ("np.where(Z > 0, 1.0, slope)", "slope + (1 - slope) * (Z > 0)"),
        ("np.where(Z > 0, 1.0, slope)", "np.where(Z <= 0, slope, 1.0)"),
    ),
    wrong={
        "Your condition is >= 0: at exactly 0, take `slope`.": (("Z > 0", "Z >= 0"),),
        "This is the slope of the plain ReLU. Where Z is negative, the leak is left. (An array of "
        "whole numbers, such as `np.full(Z.shape, 1)`, cuts it down to 0.)": (
            ("1.0, slope", "1.0, 0.0"),
        ),
        "The two sides are exchanged.": (("1.0, slope", "slope, 1.0"),),
        "This is the leaky ReLU itself. Its derivative has two values only.": (
            ("1.0, slope", "Z, slope * Z"),
        ),
        "The leak is multiplied by Z. That is the value; its slope does not depend on Z.": (
            ("1.0, slope", "1.0, slope * Z"),
        ),
        "The leak is always 0.01. Take the argument `slope`.": (
            ("1.0, slope", "1.0, 0.01"),
        ),
        "Left of 0 the line still rises, only less: its slope is not negative.": (
            ("1.0, slope", "1.0, -slope"),
        ),
        "Where Z is positive, this is Z itself. The slope of z is 1.": (
            ("1.0, slope", "Z, slope"),
        ),
        "At exactly 0, neither of your two conditions holds. Take `slope` there.": (
            ("np.where(Z > 0, 1.0, slope)", "(Z > 0) + slope * (Z < 0)"),
        ),
    },
    cases=lambda rng: [(Z, slope) for slope in (0.1, 0.3) for (Z,) in _grids(rng)],
)

BOOK = Workbook(
    "Activation functions",
    [RELU, SIGMOID, SLOPE, SOFTMAX, LEAKY],
    then="All done. Go on with the workbook *Forward pass*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
