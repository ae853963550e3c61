"""Exercises on one neuron and one layer, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers


def _neurons(rng: np.random.Generator) -> list[tuple]:
    """Return inputs, weights and biases of neurons, active and inactive in turn."""
    pairs = [(normal_numbers(rng, 3), normal_numbers(rng, 3)) for _ in range(4)]
    shifts = (0.5, -1.5, 2.5, -3.5)
    return [
        (x, w, round(shift - x @ w, 2))
        for shift, (x, w) in zip(shifts, pairs, strict=True)
    ]


SUM = Exercise(
    title="The weighted sum",
    task=r"""
A neuron has as many weights `w` as it has inputs `x`, both of shape (n_in,), and one bias `b`.
Return its pre-activation $z$: each input times its weight, all added up, plus the bias.
""",
    hints=(
        "How often does the bias take part, with three inputs?",
        "`w * x` multiplies number by number. Its sum is still missing.",
    ),
    solution='''
def pre_activation(x, w, b):
    """Return z, the weighted sum of the inputs plus the bias: one number."""
    return np.sum(w * x) + b
''',
    others=(
        ("np.sum(w * x)", "x @ w"),
        ("np.sum(w * x)", "sum(weight * value for weight, value in zip(w, x))"),
        ("np.sum(w * x) + b", "b + np.dot(w, x)"),
    ),
    wrong={
        "The bias is missing.": ((" + b", ""),),
        "The bias is added once for each input. It belongs to the neuron: add it once, after the sum.": (
            ("np.sum(w * x) + b", "np.sum(w * x + b)"),
        ),
        "This is a mean of the products. A neuron adds them up.": (
            ("np.sum", "np.mean"),
        ),
        "The products are not added up: a neuron has one z, not one for each input.": (
            ("np.sum(w * x)", "w * x"),
        ),
        "The bias is subtracted. A neuron adds it; a bias may itself be negative.": (
            ("+ b", "- b"),
        ),
        "Weights and inputs are added to each other. A weight multiplies its input.": (
            ("w * x", "w + x"),
        ),
        "Only the last input counts: each turn of the loop replaces the sum. Add to it, with `+=`.": (
            "def pre_activation(x, w, b):\n    for i in range(len(x)):\n        z = x[i] * w[i] + b\n    return z\n",
            "def pre_activation(x, w, b):\n    for i in range(len(x)):\n        z = x[i] * w[i]\n    return z + b\n",
        ),
        "The inputs are added up, and the weights, before they meet. Each input has its own weight: multiply first.": (
            ("np.sum(w * x)", "np.sum(w) * np.sum(x)"),
        ),
        "Only the first input counts: perhaps `return` stands inside the loop.": (
            """
def pre_activation(x, w, b):
    z = 0
    for i in range(len(x)):
        z += x[i] * w[i]
        return z + b
""",
        ),
        "The last input is left out: `range(n)` ends at n − 1 by itself.": (
            """
def pre_activation(x, w, b):
    z = b
    for i in range(len(x) - 1):
        z += x[i] * w[i]
    return z
""",
        ),
        "The sum is multiplied by the bias. The bias is added.": ((") + b", ") * b"),),
        "ReLU is in it already. Asked for is z, what comes before it.": (
            ("np.sum(w * x) + b", "max(0, np.sum(w * x) + b)"),
        ),
    },
    cases=lambda rng: [
        (np.array([1.0, 2.0]), np.array([0.5, -1.5]), 1.5),
        *(
            (normal_numbers(rng, n), normal_numbers(rng, n), rng.integers(1, 9) / 2)
            for n in (1, 2, 3, 4)
        ),
    ],
)

NEURON = Exercise(
    title="A neuron with ReLU",
    task=r"""
Now the whole neuron: the weighted sum of `x` and `w`, the bias `b`, then ReLU. Return its
output $a$, which is $z$ if $z$ is positive, and 0 otherwise.
""",
    hints=(
        "ReLU looks at z as a whole: sum and bias come first.",
        "The larger of two numbers, z and 0, is what ReLU returns.",
        "NumPy calls it `np.maximum`. (`np.max` looks for the largest number of one array.)",
    ),
    solution='''
def neuron(x, w, b):
    """Return relu(z) for the weighted sum z of the inputs plus the bias."""
    return np.maximum(0, x @ w + b)
''',
    others=(
        ("np.maximum(0, x @ w + b)", "max(0, np.sum(x * w) + b)"),
        ("np.maximum(0, x @ w + b)", "(x @ w + b) * (x @ w + b > 0)"),
        ("np.maximum(0, x @ w + b)", "np.where(x @ w + b > 0, x @ w + b, 0)"),
    ),
    wrong={
        "ReLU is missing: where z is negative, the output is 0.": (
            ("np.maximum(0, x @ w + b)", "x @ w + b"),
        ),
        "ReLU comes before the bias. The bias belongs to z, so add it first.": (
            ("np.maximum(0, x @ w + b)", "np.maximum(0, x @ w) + b"),
        ),
        "ReLU is applied to each product. It is applied once, to their sum with the bias.": (
            ("x @ w + b", "np.maximum(0, x * w).sum() + b"),
            ("np.maximum(0, x @ w + b)", "np.maximum(0, x * w).sum() + b"),
        ),
        "You keep the negative numbers. ReLU keeps the positive ones.": (
            ("maximum", "minimum"),
        ),
        "A negative z turns positive. ReLU turns it into 0.": (
            ("np.maximum(0, x @ w + b)", "abs(x @ w + b)"),
        ),
        "The output is 1 or 0. That is a step, or ReLU's slope; ReLU returns z itself.": (
            ("np.maximum(0, x @ w + b)", "float(x @ w + b > 0)"),
        ),
        "The bias is missing.": ((" + b", ""),),
        "Where z is not positive, nothing is returned. Return 0 there.": (
            "def neuron(x, w, b):\n    z = x @ w + b\n    if z > 0:\n        return z\n",
        ),
        "ReLU and the bias come before the sum. First the whole z, then ReLU, once.": (
            ("np.maximum(0, x @ w + b)", "np.maximum(0, x * w + b).sum()"),
            ("np.maximum(0, x @ w + b)", "np.maximum(0, x * w + b)"),
        ),
        "This is the sigmoid. Asked for is ReLU.": (
            ("np.maximum(0, x @ w + b)", "1 / (1 + np.exp(-(x @ w + b)))"),
        ),
        "The bias is subtracted. A neuron adds it; a bias may itself be negative.": (
            ("+ b", "- b"),
        ),
    },
    cases=lambda rng: [
        (np.array([1.0, 2.0]), np.array([-1.0, -0.5]), 1.5),
        *_neurons(rng),
    ],
)

LAYER = Exercise(
    title="A layer",
    task=r"""
A layer has n_out neurons. Its weights `W` have shape (n_in, n_out), a column for each neuron,
and its biases `b` have shape (1, n_out). `X` has shape `(batch, n_in)`, a row for each sample.
Return all pre-activations at once, of shape `(batch, n_out)`.
""",
    hints=(
        "Each row of X meets each column of W: that is what a matrix product does.",
        "`(batch, n_in)` times `(n_in, n_out)` gives `(batch, n_out)`. The biases are added to every row.",
    ),
    solution='''
def layer(X, W, b):
    """Return Z, of shape (batch, n_out)."""
    return X @ W + b
''',
    others=(
        ("X @ W + b", "np.dot(X, W) + b"),
        ("X @ W + b", "(W.T @ X.T).T + b"),
        ("X @ W + b", "np.array([x @ W + b[0] for x in X])"),
    ),
    wrong={
        "The biases are missing.": ((" + b", ""),),
        "Samples stand in the columns. They stay in the rows: `(batch, n_out)`.": (
            ("X @ W + b", "(X @ W + b).T"),
        ),
        "The biases are added to the weights, so each input multiplies them. They are added after the product.": (
            ("X @ W + b", "X @ (W + b)"),
        ),
        "Every neuron gets the sum of all biases. Each has its own.": (
            ("+ b", "+ b.sum()"),
        ),
        "The product is divided by the number of rows. Each sample has its own row, whatever the others are.": (
            ("X @ W", "X @ W / len(X)"),
        ),
        "These are activations: ReLU is in them already. Asked for are the pre-activations.": (
            ("X @ W + b", "np.maximum(0, X @ W + b)"),
        ),
        "Only the first sample is there. The result has a row for each.": (
            ("X @ W", "X[:1] @ W"),
        ),
        "W stands before X. Each row of X meets each column of W, so X comes first.": (
            ("X @ W", "np.dot(W, X)"),
            ("X @ W", "W.T @ X"),
            ("X @ W", "np.dot(W.T, X)"),
            ("X @ W", "W @ X"),
        ),
        "`*` multiplies number by number. A matrix product is written `@`.": (
            ("X @ W", "X * W"),
        ),
        "W is transposed. Its columns belong to the neurons already.": (
            ("X @ W", "np.dot(X, W.T)"),
            ("X @ W", "X @ W.T"),
        ),
        "The biases are transposed: neuron by neuron they lie along the columns of Z already.": (
            ("+ b", "+ b.T"),
        ),
        "X is transposed. Its rows are the samples already.": (
            ("X @ W", "X.T @ W"),
            ("X @ W", "np.dot(X.T, W)"),
        ),
        "The samples are added up. Each keeps a row of its own.": (
            ("X @ W", "(X @ W).sum(axis=0)"),
            ("X @ W", "(X @ W).sum(axis=0, keepdims=True)"),
        ),
        "The neurons are added up. Each keeps a column of its own.": (
            ("X @ W + b", "(X @ W + b).sum(axis=1)"),
        ),
        "Every neuron gets the first bias. Each has its own.": (("+ b", "+ b[0, 0]"),),
    },
    cases=lambda rng: [
        (
            normal_numbers(rng, batch, n_in),
            normal_numbers(rng, n_in, n_out),
            normal_numbers(rng, 1, n_out),
        )
        for batch, n_in, n_out in [(2, 1, 2), (3, 2, 2), (4, 3, 2), (3, 3, 3)]
    ],
)

COLLAPSE = Exercise(
    title="Two layers that are one",
    task=r"""
Without an activation between them, two layers do what a single one does. Return the $W$ and
the $b$ of that layer, as a pair: for every $X$, $XW + b$ must equal
$(X W_1 + b_1) W_2 + b_2$.
""",
    hints=(
        "Multiply the bracket out.",
        "The first bias passes through the second layer, as the inputs do.",
    ),
    solution='''
def collapse(W1, b1, W2, b2):
    """Return W and b of the one layer that does what the two do."""
    return W1 @ W2, b1 @ W2 + b2
''',
    others=(
        ("W1 @ W2", "(W2.T @ W1.T).T"),
        ("b1 @ W2 + b2", "b2 + np.dot(b1, W2)"),
        ("W1 @ W2, b1 @ W2 + b2", "[np.dot(W1, W2), b1 @ W2 + b2]"),
    ),
    wrong={
        "The biases are added as they are. The first one passes through the second layer's weights.": (
            ("b1 @ W2 + b2", "b1 + b2"),
        ),
        "The first bias is lost.": (("b1 @ W2 + b2", "b2"),),
        "The second bias is lost.": (("b1 @ W2 + b2", "b1 @ W2"),),
        "The weights stand in the wrong order: X meets the first layer's weights first.": (
            ("W1 @ W2,", "np.dot(W2, W1),"),
            ("W1 @ W2,", "W2 @ W1,"),
        ),
        "The weights are added. One layer after the other is a product.": (
            ("W1 @ W2,", "W1 + W2,"),
        ),
        "The pair is in the other order: first W, then b.": (
            ("W1 @ W2, b1 @ W2 + b2", "b1 @ W2 + b2, W1 @ W2"),
        ),
        "`*` multiplies number by number. A matrix product is written `@`.": (
            ("W1 @ W2,", "W1 * W2,"),
            ("b1 @ W2", "b1 * W2"),
            ("@", "*"),
        ),
        "Both biases pass through W₂. The second is added after it.": (
            ("b1 @ W2 + b2", "(b1 + b2) @ W2"),
        ),
    },
    cases=lambda rng: [
        (
            normal_numbers(rng, n_in, hidden),
            normal_numbers(rng, 1, hidden),
            normal_numbers(rng, hidden, n_out),
            normal_numbers(rng, 1, n_out),
        )
        for n_in, hidden, n_out in [(1, 2, 2), (2, 2, 2), (3, 4, 2)]
    ],
)

BOOK = Workbook(
    "One neuron",
    [SUM, NEURON, LAYER, COLLAPSE],
    then="All done. Go on with the workbook *Derivatives*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
