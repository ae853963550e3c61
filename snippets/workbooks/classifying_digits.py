"""Exercises on classifying digits, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers


def _logits(rng: np.random.Generator) -> list[tuple]:
    """Return logits and one-hot targets, small ones first, then huge ones."""
    sizes = [(1, 2), (2, 3), (4, 3)]  # batch, classes
    random = [
        (
            normal_numbers(rng, n, n_classes),
            np.eye(n_classes)[rng.integers(n_classes, size=n)],
        )
        for n, n_classes in sizes
    ]
    Z = np.array([[1002.0, 1001.0, 1000.0], [1.0, 0.0, 3.0]])
    large = (Z, np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]))
    sure = np.array([[1000.0, 0.0, 0.0], [0.0, 1000.0, 0.0]])
    return [*random, large, (sure, np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]))]


ONE_HOT = Exercise(
    title="One-hot targets",
    task=r"""
`digits` holds one digit for each picture, shape (n,). Return the targets of shape
(n, 10): a 1 in the column of the digit, and 0 everywhere else.
""",
    hints=(
        "Each row has a single 1. The digit says where it stands.",
        "`np.eye(10)` has ten rows, and each of them is the target of one digit.",
        "Indexing a matrix with an array of row numbers picks all these rows at once.",
    ),
    solution='''
def one_hot(digits):
    """Return the targets (n, 10) of digits (n,)."""
    return np.eye(10)[digits]
''',
    others=(
        ("np.eye(10)[digits]", "(digits[:, None] == np.arange(10)) * 1.0"),
        """
def one_hot(digits):
    y = np.zeros((len(digits), 10))
    for row, digit in enumerate(digits):
        y[row, digit] = 1
    return y
""",
        """
def one_hot(digits):
    y = np.zeros((len(digits), 10))
    y[np.arange(len(digits)), digits] = 1
    return y
""",
    ),
    wrong={
        "Rows and columns are exchanged: a picture has a row, a digit has a column.": (
            ("[digits]", "[digits].T"),
            ("[digits]", "[:, digits]"),
        ),
        "The 1 stands one column too far to the left. Columns are counted from 0, as the digits are.": (
            ("[digits]", "[digits - 1]"),
        ),
        "The 1 stands one column too far to the right. Columns are counted from 0, as the digits are.": (
            ("[digits]", "[(digits + 1) % 10]"),
        ),
        "The digit itself stands in its column. Write a 1 there, so that all classes count alike.": (
            ("np.eye(10)", "np.diag(np.arange(10.0))"),
        ),
        "Every row has a 1 for each digit of the batch: `y[:, digits] = 1` takes all rows. "
        "Pair the number of a row with the digit of this row.": (
            """
def one_hot(digits):
    y = np.zeros((len(digits), 10))
    y[:, digits] = 1
    return y
""",
        ),
        "This counts how often each digit comes. Every picture needs a row of its own.": (
            ("np.eye(10)[digits]", "np.eye(10)[digits].sum(axis=0)"),
            ("np.eye(10)[digits]", "np.bincount(digits, minlength=10)"),
        ),
        "There are only as many columns as the largest digit of the batch needs. There are "
        "ten classes, whichever come.": (("eye(10)", "eye(digits.max() + 1)"),),
        "Zeros and ones are exchanged: the right class gets the 1.": (
            ("np.eye(10)[digits]", "1 - np.eye(10)[digits]"),
        ),
        "A digit is taken for the number of a row: `y[digits] = 1` fills whole rows, and "
        "finds no row 4 where there is one picture. The digit says the column.": (
            """
def one_hot(digits):
    y = np.zeros((len(digits), 10))
    y[digits] = 1
    return y
""",
            """
def one_hot(digits):
    y = np.zeros((len(digits), 10))
    for row in range(len(digits)):
        y[digits[row]] = 1
    return y
""",
        ),
        "There are as many columns as pictures. There are ten classes, however many pictures "
        "come.": (("np.eye(10)", "np.eye(len(digits))"),),
        "A flat `digits` meets the ten columns one by one. Give it an axis of its own, so "
        "that each picture meets all ten.": (
            ("np.eye(10)[digits]", "1.0 * (digits == np.arange(10))"),
        ),
    },
    cases=lambda rng: [
        (np.array([4]),),
        (np.array([2, 0, 9]),),
        (rng.integers(0, 10, size=7),),
        (np.append(rng.integers(0, 10, size=11), 8),),
    ],
)

CROSS_ENTROPY = Exercise(
    title="Cross-entropy from logits",
    task=r"""
Return the mean over the rows of $-\ln p$, where $p$ is the probability that softmax gives to
the right class. `Z` holds the logits and `y` the one-hot targets, both of shape
(batch, classes). It has to work for logits of 1000, too.
""",
    hints=(
        r"Without any quotient: $-\ln p = \ln S - z_r$, where $S$ is the sum of the powers "
        "of a row and $z_r$ the logit of the right class.",
        "Only differences between the logits of a row count. Subtract the row's largest "
        "one first, and no power is too large.",
        "`y * Z` keeps the right logit of each row, and 0 elsewhere.",
    ),
    solution='''
def cross_entropy(Z, y):
    """Return the mean of -ln p of the right class, one number."""
    Z = Z - Z.max(axis=1, keepdims=True)
    log_sums = np.log(np.exp(Z).sum(axis=1))
    return np.mean(log_sums - (y * Z).sum(axis=1))
''',
    others=(
        ("np.log(np.exp(Z).sum(axis=1))", "np.logaddexp.reduce(Z, axis=1)"),
        ("(y * Z).sum(axis=1)", "Z[np.arange(len(y)), y.argmax(axis=1)]"),
        """
def cross_entropy(Z, y):
    loss = 0
    for z, target in zip(Z, y):
        z = z - max(z)
        loss += np.log(sum(np.exp(z))) - z @ target
    return loss / len(y)
""",
    ),
    wrong={
        "For small logits this is right. The powers of large ones overflow: subtract the "
        "largest logit of the row first.": (
            ("    Z = Z - Z.max(axis=1, keepdims=True)\n", ""),
            """
def cross_entropy(Z, y):
    P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    return -np.sum(y * np.log(P)) / len(y)
""",
        ),
        "The largest logit is subtracted in the sum of the powers, and not in the right "
        "logit: subtract it in both.": (
            """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    return np.mean(np.log(powers.sum(axis=1)) - (y * Z).sum(axis=1))
""",
        ),
        "A probability of 0 has no logarithm: work with the logits, and never take the logarithm "
        "of a softmax.": (
            """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = powers / powers.sum(axis=1, keepdims=True)
    return -np.mean(np.log(np.sum(y * P, axis=1)))
""",
            """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = powers / powers.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(y * np.log(P), axis=1))
""",
        ),
        "There is one loss for each row. Take their mean.": (
            (
                "np.mean(log_sums - (y * Z).sum(axis=1))",
                "log_sums - (y * Z).sum(axis=1)",
            ),
        ),
        "All classes count here. Only the probability of the right class has a price: "
        "multiply by y.": (
            ("(y * Z).sum(axis=1)", "Z.sum(axis=1)"),
            (
                "np.mean(log_sums - (y * Z).sum(axis=1))",
                "np.mean(log_sums[:, None] - Z)",
            ),
            (
                "np.mean(log_sums - (y * Z).sum(axis=1))",
                "np.sum(log_sums[:, None] - Z) / len(y)",
            ),
        ),
        "The largest logit of the whole batch is subtracted. A row with much smaller "
        "logits then has nothing but powers of 0: subtract each row's own.": (
            ("Z.max(axis=1, keepdims=True)", "Z.max()"),
        ),
        "The losses of the rows are added up. Take their mean.": (
            ("np.mean(", "np.sum("),
        ),
        "You divide by all numbers of y. Each row has one price: divide by the rows.": (
            (
                "np.mean(log_sums - (y * Z).sum(axis=1))",
                "np.sum(log_sums - (y * Z).sum(axis=1)) / y.size",
            ),
        ),
        "The sign is turned round: the loss is −ln p, and never negative.": (
            ("return np", "return -np"),
        ),
        "This is the mean probability of the right class. The loss is minus its logarithm.": (
            (
                "np.mean(log_sums - (y * Z).sum(axis=1))",
                "np.mean(np.exp((y * Z).sum(axis=1) - log_sums))",
            ),
        ),
        "Softmax is applied twice: `Z` holds logits, and after the softmax you treat the "
        "probabilities as logits again.": (
            (
                "keepdims=True)\n",
                "keepdims=True)\n    Z = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)\n",
            ),
        ),
        "The logarithm of the sum is missing: this is minus the right logit, and softmax "
        "has no part in it.": (("log_sums - (y", "-(y"),),
        "The tiny number inside the logarithm sets a limit to the loss: a wrong answer that "
        "is surer than it costs no more. Work with the logits, and none is needed.": (
            """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = powers / powers.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(y * np.log(P + 1e-12), axis=1))
""",
            """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = powers / powers.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(y * np.log(np.clip(P, 1e-12, 1)), axis=1))
""",
            """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = powers / powers.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(y * np.log(P + 1e-15), axis=1))
""",
            """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = powers / powers.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(y * np.log(P + 1e-10), axis=1))
""",
            """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = powers / powers.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(y * np.log(P + 1e-9), axis=1))
""",
            """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = powers / powers.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(y * np.log(P + 1e-8), axis=1))
""",
            """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = powers / powers.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(y * np.log(np.maximum(P, 1e-15)), axis=1))
""",
            """
def cross_entropy(Z, y):
    powers = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = powers / powers.sum(axis=1, keepdims=True)
    return -np.mean(np.sum(y * np.log(np.clip(P, 1e-15, 1 - 1e-15)), axis=1))
""",
        ),
        "The right logit is added. Subtract it.": (("log_sums - (y", "log_sums + (y"),),
        "The logarithm of a power is the logit again. Sum the powers of a row first, then "
        "take the logarithm.": (
            ("np.log(np.exp(Z).sum(axis=1))", "np.log(np.exp(Z)).sum(axis=1)"),
        ),
    },
    cases=_logits,
)

GRADIENT = Exercise(
    title="The gradient at the logits",
    task=r"""
Return the gradient of the mean cross-entropy with respect to the logits `Z`. The one-hot
targets `y` have the same shape, (batch, classes). The first cell below defines
`softmax`.
""",
    hints=(
        "For one row it is the probability that was given minus the one that was due.",
        "The loss is a mean over the rows. What does that do to each row's gradient?",
    ),
    given="""
def softmax(Z):
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)
""",
    solution='''
def cross_entropy_gradient(Z, y):
    """Return the gradient of the cross-entropy, in the shape of Z."""
    return (softmax(Z) - y) / len(y)
''',
    others=(
        ("(softmax(Z) - y) / len(y)", "softmax(Z) / len(Z) - y / len(Z)"),
        ("(softmax(Z) - y) / len(y)", "-(y - softmax(Z)) * (1 / Z.shape[0])"),
        """
def cross_entropy_gradient(Z, y):
    dZ = softmax(Z)
    dZ[np.arange(len(y)), y.argmax(axis=1)] -= 1
    return dZ / len(y)
""",
    ),
    wrong={
        "The 1/n of the mean is missing: each row's gradient is divided by the rows.": (
            (" / len(y)", ""),
        ),
        "You divide by all numbers of y. The mean is over the rows: divide by these.": (
            ("len(y)", "y.size"),
        ),
        "The sign is turned round: P − y, what was given minus what was due.": (
            ("softmax(Z) - y", "y - softmax(Z)"),
        ),
        "The target is missing: these are the probabilities, divided by the rows.": (
            ("(softmax(Z) - y)", "softmax(Z)"),
        ),
        "The softmax is missing: you subtract the target from the logits.": (
            ("softmax(Z) - y", "Z - y"),
        ),
        "This is the gradient with respect to the probabilities, −y / P. Go on through the softmax.": (
            ("(softmax(Z) - y) / len(y)", "-y / softmax(Z)"),
            ("(softmax(Z) - y)", "(-y / softmax(Z))"),
        ),
        "The rows are added up into one. Each row of Z keeps a gradient of its own.": (
            ("(softmax(Z) - y) / len(y)", "(softmax(Z) - y).mean(axis=0)"),
        ),
        "Only the right class has a gradient here. P − y lowers the others as well.": (
            ("(softmax(Z) - y)", "y * (softmax(Z) - 1)"),
        ),
        "There is a 2 too many: it belongs to a square, and the loss is a logarithm.": (
            ("(softmax(Z) - y)", "2 * (softmax(Z) - y)"),
        ),
        "The slope of a sigmoid, P (1 − P), is in it. In P − y the slope of the softmax is "
        "in already.": (
            ("(softmax(Z) - y)", "(softmax(Z) - y) * softmax(Z) * (1 - softmax(Z))"),
        ),
        "For small logits this is right. The powers of large ones overflow: take the "
        "`softmax` of the cell above.": (
            ("softmax(Z)", "np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)"),
        ),
        "Only the target is divided by the rows. Put P − y into brackets.": (
            ("(softmax(Z) - y)", "softmax(Z) - y"),
        ),
        "The target is subtracted from the logits. Subtract it from the probabilities, after "
        "the softmax.": (("softmax(Z) - y", "softmax(Z - y)"),),
        "You divide by the classes. The mean is over the rows.": (
            ("len(y)", "y.shape[1]"),
        ),
    },
    cases=_logits,
)

PREDICTION = Exercise(
    title="Predict a gradient",
    task=r"""
Before you run anything: one picture, three classes, and the logits 0, 0 and $\ln 2$. The
third class is right. Work out the gradient of the cross-entropy with respect to the three
logits with a pencil. Answer with three numbers, `(first, second, third)`.
""",
    hints=(
        r"Powers first: $e^0 = 1$, and $e^{\ln 2} = 2$.",
        "Divide each by their sum: these are the probabilities.",
        "Subtract the one-hot target.",
    ),
    solution="gradient = (0.25, 0.25, -0.5)",
    others=(
        "gradient = [1 / 4, 1 / 4, -1 / 2]",
        "gradient = np.array([1, 1, 2]) / 4 - [0, 0, 1]",
        "gradient = (0.25, 0.25, 0.5 - 1)",
    ),
    wrong={
        "These are the probabilities. The gradient subtracts the target from them.": (
            ("-0.5", "0.5"),
        ),
        "The sign is turned round: given minus due, not due minus given.": (
            ("(0.25, 0.25, -0.5)", "(-0.25, -0.25, 0.5)"),
        ),
        "The 1 is subtracted in the first column. The third class is right.": (
            ("(0.25, 0.25, -0.5)", "(-0.75, 0.25, 0.5)"),
        ),
        "Only the right class has a gradient here. A step also lowers the others.": (
            ("(0.25, 0.25, -0.5)", "(0, 0, -0.5)"),
        ),
        "The powers are not divided by their sum, 4.": (
            ("(0.25, 0.25, -0.5)", "(1, 1, 1)"),
        ),
        "All three classes got the same probability here. The third has the power 2.": (
            ("(0.25, 0.25, -0.5)", "(1 / 3, 1 / 3, -2 / 3)"),
        ),
        "The target is subtracted from the logits. Subtract it from the probabilities.": (
            ("(0.25, 0.25, -0.5)", "(0, 0, np.log(2) - 1)"),
            ("(0.25, 0.25, -0.5)", "(0, 0, 0.693 - 1)"),
        ),
        "This is the slope with respect to the probabilities, −y / P. Go on through the "
        "softmax.": (("(0.25, 0.25, -0.5)", "(0, 0, -2)"),),
        "The gradient is divided by the classes. There is one picture, and one mean over one "
        "row.": (("(0.25, 0.25, -0.5)", "(1 / 12, 1 / 12, -1 / 6)"),),
        "This is the loss. Asked for is its slope for each of the three logits.": (
            ("(0.25, 0.25, -0.5)", "np.log(2)"),
            ("(0.25, 0.25, -0.5)", "0.693"),
        ),
        "The second class got the 1. The third class is right.": (
            ("(0.25, 0.25, -0.5)", "(0.25, -0.75, 0.5)"),
        ),
        "These are the powers. Divide them by their sum, then subtract the target.": (
            ("(0.25, 0.25, -0.5)", "(1, 1, 2)"),
        ),
    },
    tolerance=0.005,
)

CONFUSION = Exercise(
    title="The confusion matrix",
    task=r"""
`digits` are the right digits and `answers` those that a network gave, both of shape (n,).
Return the confusion matrix of shape (10, 10): in row i and column j, how often a picture of
the digit i was read as j.
""",
    hints=(
        "Begin with zeros, and add 1 for each picture.",
        "The row is the right digit, the column the answer.",
        "A loop over `zip(digits, answers)` is short enough.",
    ),
    solution='''
def confusion(digits, answers):
    """Return how often each digit was read as each digit, (10, 10)."""
    counts = np.zeros((10, 10), dtype=int)
    for right, answer in zip(digits, answers):
        counts[right, answer] += 1
    return counts
''',
    others=(
        """
def confusion(digits, answers):
    counts = np.zeros((10, 10))
    np.add.at(counts, (digits, answers), 1)
    return counts
""",
        """
def confusion(digits, answers):
    return np.eye(10)[digits].T @ np.eye(10)[answers]
""",
        """
def confusion(digits, answers):
    return np.bincount(10 * digits + answers, minlength=100).reshape(10, 10)
""",
    ),
    wrong={
        "Rows and columns are exchanged: the row is the right digit, the column the answer.": (
            ("[right, answer]", "[answer, right]"),
        ),
        "A pair that comes twice is counted once. With arrays as indices, `+= 1` adds to "
        "each place only once: count in a loop, or with `np.add.at`.": (
            ("+= 1", "= 1"),
            """
def confusion(digits, answers):
    counts = np.zeros((10, 10))
    counts[digits, answers] += 1
    return counts
""",
        ),
        "These are shares of a row. Asked for are counts.": (
            (
                "return counts",
                "return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)",
            ),
        ),
        "Only the mistakes are counted. What is right stands on the diagonal.": (
            ("        counts", "        if right != answer:\n            counts"),
        ),
        "Only what is right is counted. The mistakes stand beside the diagonal.": (
            ("        counts", "        if right == answer:\n            counts"),
        ),
        "The first picture is left out.": (
            ("zip(digits, answers)", "zip(digits[1:], answers[1:])"),
        ),
        "Every right digit is paired with every answer. Go through both together, picture by "
        "picture.": (
            """
def confusion(digits, answers):
    counts = np.zeros((10, 10))
    for right in digits:
        for answer in answers:
            counts[right, answer] += 1
    return counts
""",
        ),
        "Rows and columns are one too low: the digits begin at 0, as the indices do.": (
            ("[right, answer]", "[right - 1, answer - 1]"),
        ),
        "Only the first picture is counted: perhaps `return` stands inside the loop.": (
            ("    return counts", "        return counts"),
        ),
        "These are shares of all pictures. Asked for are counts.": (
            ("return counts", "return counts / len(digits)"),
        ),
    },
    cases=lambda rng: [
        (np.array([3, 3, 7]), np.array([3, 3, 1])),
        (np.array([0, 8, 8, 2, 2, 2]), np.array([0, 1, 1, 2, 2, 7])),
        (rng.integers(0, 10, size=40), rng.integers(0, 10, size=40)),
    ],
)

BOOK = Workbook(
    "Classifying digits",
    [ONE_HOT, CROSS_ENTROPY, GRADIENT, PREDICTION, CONFUSION],
    then="All done. Go on with the workbook *Convolution*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
