"""Broken programs to mend, from the error pages, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers


def _rows(answer: object, n: int, seed: int) -> dict:
    """Return what shuffling did to numbered rows and to their targets."""
    X, y = np.arange(2.0 * n).reshape(n, 2), np.arange(1.0 * n).reshape(n, 1)
    (X_new, y_new), (X_again, _), (X_other, _) = (
        answer(X.copy(), y.copy(), np.random.default_rng(number))
        for number in (seed, seed, seed + 1)
    )
    X_order, y_order = X_new[:, 0] / 2, y_new[:, 0]
    return {
        "rows of X, sorted": sorted(X_order.tolist()),
        "rows of y, sorted": sorted(y_order.tolist()),
        "rows of X move": not np.array_equal(X_order, np.arange(n)),
        "rows of y move": not np.array_equal(y_order, np.arange(n)),
        "rows stay together": np.array_equal(X_order, y_order),
        "the same with the same seed": np.array_equal(X_new, X_again),
        "others with another seed": not np.array_equal(X_new, X_other),
    }


BROADCAST = Exercise(
    title="The loss of every pair",
    task=r"""
The predictions have shape (n, 1), the targets (n,). This mean squared error is far too large,
and a network trained on it predicts the mean for every row. Mend it, so that each prediction is
compared with its own target.
""",
    hints=(
        "Print the shape of `y_hat - y` for three rows.",
        "A column minus a row is a table of all pairs. Give both the same shape first.",
    ),
    stub='''
def mse(y_hat, y):
    """Return the mean squared error of y_hat (n, 1) to y (n,)."""
    return np.mean((y_hat - y) ** 2)
''',
    solution='''
def mse(y_hat, y):
    """Return the mean squared error of y_hat (n, 1) to y (n,)."""
    return np.mean((y_hat[:, 0] - y) ** 2)
''',
    others=(
        ("y_hat[:, 0] - y", "y_hat - y.reshape(-1, 1)"),
        ("y_hat[:, 0] - y", "y_hat.ravel() - y"),
        ("y_hat[:, 0] - y", "y_hat - y[:, None]"),
    ),
    wrong={
        "Now each prediction is compared with its target, but the errors are added up: take their mean.": (
            ("np.mean", "np.sum"),
        ),
        "Only the first prediction is compared, with all targets.": (
            ("y_hat[:, 0]", "y_hat[0]"),
        ),
        "Each prediction is compared with the mean of the targets.": (
            ("y_hat[:, 0] - y", "y_hat[:, 0] - y.mean()"),
        ),
        "The square is lost.": ((") ** 2", ")"),),
        "There is one loss for each row. Take their mean.": (
            ("np.mean((y_hat[:, 0] - y) ** 2)", "(y_hat[:, 0] - y) ** 2"),
        ),
        "Predictions and targets are added. An error is their difference.": (
            ("y_hat[:, 0] - y", "y_hat[:, 0] + y"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, n, 1), normal_numbers(rng, n)) for n in (2, 3, 5)
    ],
)

LOG = Exercise(
    title="The log of zero",
    task=r"""
`p` holds the predicted probability of the right class, one for each row. The loss is the mean
of $-\log p$. A single probability of 0 makes it infinite. With the logits at hand you would compute
the loss from them; here only `p` is left. Mend it: no probability may count as less than
`smallest`; all others stay exactly as they are.
""",
    hints=(
        "Change the probabilities before the logarithm, not the loss after it.",
        "`np.maximum` keeps what is large enough, and lifts the rest.",
    ),
    stub='''
def cross_entropy(p, smallest):
    """Return the mean of -log p, with each p at least `smallest`."""
    return -np.mean(np.log(p))
''',
    solution='''
def cross_entropy(p, smallest):
    """Return the mean of -log p, with each p at least `smallest`."""
    return -np.mean(np.log(np.maximum(p, smallest)))
''',
    others=(
        ("np.maximum(p, smallest)", "np.clip(p, smallest, 1)"),
        ("np.maximum(p, smallest)", "np.where(p < smallest, smallest, p)"),
        (
            "-np.mean(np.log(np.maximum(p, smallest)))",
            "np.log(1 / np.maximum(p, smallest)).mean()",
        ),
    ),
    wrong={
        "`smallest` is added to every probability, which changes them all.": (
            ("np.maximum(p, smallest)", "p + smallest"),
        ),
        "The rows with a small probability are left out. They are the ones to learn from.": (
            ("np.maximum(p, smallest)", "p[p >= smallest]"),
        ),
        "The sign is lost: the loss must be positive.": (("-np.mean", "np.mean"),),
        "Large probabilities are cut down to `smallest`, and the zeros stay.": (
            ("maximum", "minimum"),
        ),
        "A lifted probability counts as 1, and its row costs nothing.": (
            ("np.maximum(p, smallest)", "np.where(p < smallest, 1, p)"),
        ),
        "The losses are added up. Take their mean.": (("np.mean", "np.sum"),),
        "Only an exact 0 is lifted. A probability between 0 and `smallest` is too small as well.": (
            ("np.maximum(p, smallest)", "np.where(p == 0, smallest, p)"),
        ),
        "Large probabilities are cut down to 1 − `smallest`. They stay as they are.": (
            ("np.maximum(p, smallest)", "np.clip(p, smallest, 1 - smallest)"),
        ),
        "The mean comes before the logarithm. Each row has its own.": (
            (
                "-np.mean(np.log(np.maximum(p, smallest)))",
                "-np.log(np.mean(np.maximum(p, smallest)))",
            ),
        ),
    },
    cases=lambda rng: [
        (np.array([0.5, 0.0]), 0.01),
        (np.array([0.004, 0.995, 0.3]), 0.01),
        (rng.uniform(0.1, 1, size=4).round(2), 0.05),
    ],
)

LEAK = Exercise(
    title="The test rows give their mean away",
    task=r"""
The test rows are standardised by their own mean and deviation. A network that gets one delivery
at a time could not do that, and it was trained in other units. Mend the function: the test rows
get the shift and the scale of the training rows.
""",
    hints=(
        "Which rows does one have when the program is used?",
        "Mean and deviation belong together: take both from `X_train`.",
    ),
    stub='''
def scaled_test(X_train, X_test):
    """Return the test rows, standardised by column."""
    return (X_test - X_test.mean(axis=0)) / X_test.std(axis=0)
''',
    solution='''
def scaled_test(X_train, X_test):
    """Return the test rows, standardised by column."""
    return (X_test - X_train.mean(axis=0)) / X_train.std(axis=0)
''',
    others=(
        ("X_train.std(axis=0)", "np.sqrt(X_train.var(axis=0))"),
        ("(X_test - X_train.mean(axis=0))", "np.subtract(X_test, np.mean(X_train, 0))"),
        (
            "(X_test - X_train.mean(axis=0)) / X_train.std(axis=0)",
            "X_test / X_train.std(axis=0) - X_train.mean(axis=0) / X_train.std(axis=0)",
        ),
    ),
    wrong={
        "The shift is mended. The scale is still that of the test rows.": (
            ("X_train.std", "X_test.std"),
        ),
        "The scale is mended. The shift is still that of the test rows.": (
            ("X_train.mean", "X_test.mean"),
        ),
        "These are the training rows. Asked for are the test rows.": (
            ("X_test -", "X_train -"),
        ),
        "Mean and deviation are those of all rows, and the test rows are among them.": (
            """
def scaled_test(X_train, X_test):
    X = np.concatenate([X_train, X_test])
    return (X_test - X.mean(axis=0)) / X.std(axis=0)
""",
        ),
        "Mean and deviation are those of the whole table. Each column has its own.": (
            ("axis=0", ""),
        ),
        "The scale is missing.": ((" / X_train.std(axis=0)", ""),),
    },
    cases=lambda rng: [
        (normal_numbers(rng, n, 2) + 3, normal_numbers(rng, m, 2) + 4)
        for n, m in [(2, 2), (4, 3)]
    ],
)

APART = Exercise(
    title="Shuffled apart",
    task=r"""
This function shuffles the rows of `X` and of `y`. Training on the result learns nothing,
because the rows no longer belong together. Mend it.
""",
    hints=(
        "How many orders does the function draw?",
        "One permutation can be used for both arrays.",
    ),
    stub='''
def shuffled(X, y, rng):
    """Return the rows of X and y in a random order."""
    return X[rng.permutation(len(X))], y[rng.permutation(len(y))]
''',
    solution='''
def shuffled(X, y, rng):
    """Return the rows of X and y in a random order."""
    order = rng.permutation(len(X))
    return X[order], y[order]
''',
    others=(
        ("rng.permutation(len(X))", "rng.permutation(np.arange(len(y)))"),
        ("rng.permutation(len(X))", "np.argsort(rng.random(len(X)))"),
        """
def shuffled(X, y, rng):
    together = rng.permutation(np.hstack([X, y]))
    return together[:, :-1], together[:, -1:]
""",
    ),
    wrong={
        "The rows stay in their order. They belong together, but nothing is shuffled.": (
            ("rng.permutation(len(X))", "np.arange(len(X))"),
        ),
        "Only X is shuffled. Its rows leave their targets behind.": (
            ("y[order]", "y"),
        ),
        "Only y is shuffled. Its rows leave their inputs behind.": (("X[order]", "X"),),
        "The rows are drawn with repetition: some are there twice, some are lost.": (
            ("rng.permutation(len(X))", "rng.integers(len(X), size=len(X))"),
        ),
        "A row is lost: the order must hold all of them.": (
            ("rng.permutation(len(X))", "rng.permutation(len(X) - 1)"),
        ),
        "The arrays come back in the other order: first X, then y.": (
            ("X[order], y[order]", "y[order], X[order]"),
        ),
        "The targets are rows of X. They come from y, in the same order.": (
            ("y[order]", "X[order]"),
        ),
        "With the same `rng` the order differs: shuffle with the `rng` that is given.": (
            ("rng.permutation(len(X))", "np.random.permutation(len(X))"),
            ("rng.permutation(len(X))", "np.random.default_rng().permutation(len(X))"),
        ),
        "The order is the same in every epoch: shuffle with the `rng` that is given.": (
            ("rng.permutation(len(X))", "np.random.default_rng(0).permutation(len(X))"),
        ),
    },
    cases=lambda rng: [(n, int(rng.integers(100))) for n in (8, 11, 14)],
    use=_rows,
)

CONSTANT = Exercise(
    title="A constant column",
    task=r"""
One column of `X` has the same number in every row. Its deviation is 0, and standardising makes
the column NaN. Mend the function: such a column becomes 0, all others stay standardised.
""",
    hints=(
        "By which number could you divide where the deviation is 0?",
        "Shifted by its mean, the column is 0 already. Dividing it by 1 leaves it so.",
    ),
    stub='''
def standardise(X):
    """Return X with each column shifted and scaled; constant columns become 0."""
    return (X - X.mean(axis=0)) / X.std(axis=0)
''',
    solution='''
def standardise(X):
    """Return X with each column shifted and scaled; constant columns become 0."""
    deviation = X.std(axis=0)
    deviation[deviation == 0] = 1.0
    return (X - X.mean(axis=0)) / deviation
''',
    others=(
        (
            "    deviation[deviation == 0] = 1.0\n",
            "    deviation = np.where(deviation == 0, 1, deviation)\n",
        ),
        ("deviation[deviation == 0] = 1.0", "deviation += deviation == 0"),
        """
def standardise(X):
    return np.nan_to_num((X - X.mean(axis=0)) / X.std(axis=0))
""",
    ),
    wrong={
        "The constant column is gone. The network expects as many columns as before.": (
            """
def standardise(X):
    X = X[:, X.std(axis=0) > 0]
    return (X - X.mean(axis=0)) / X.std(axis=0)
""",
        ),
        "1 is added to every deviation, so no column has deviation 1 afterwards.": (
            ("deviation[deviation == 0] = 1.0", "deviation += 1"),
        ),
        "The constant column is 1 now. It is to be 0.": (
            """
def standardise(X):
    return np.nan_to_num((X - X.mean(axis=0)) / X.std(axis=0), nan=1)
""",
        ),
        "No column is scaled any more, only shifted.": (
            ("deviation[deviation == 0] = 1.0", "deviation[:] = 1.0"),
        ),
        "The constant column keeps its number. Shift it by its mean, as the others.": (
            """
def standardise(X):
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    return np.where(X.std(axis=0) == 0, X, scaled)
""",
        ),
        "All columns share one deviation. Each has its own.": (
            (
                "    deviation = X.std(axis=0)\n    deviation[deviation == 0] = 1.0\n",
                "    deviation = X.std()\n",
            ),
        ),
        "Every deviation below 1 is replaced. Only a deviation of 0 needs another number.": (
            ("deviation[deviation == 0] = 1.0", "deviation = np.maximum(deviation, 1)"),
        ),
    },
    cases=lambda rng: [
        (np.hstack([normal_numbers(rng, n, 2) * [0.5, 9], np.full((n, 1), 2.0)]),)
        for n in (2, 3, 4)
    ],
    equivalent=("deviation[deviation == 0] = 2.0",),
)

COPY = Exercise(
    title="The best weights are the last",
    task=r"""
Each step is added to `w` in place, and a loss is measured after it. The function is to return
the weights of the smallest loss, but it returns those of the last step. Mend it; `w` itself may
change.
""",
    hints=(
        "How many arrays of weights are there in this program?",
        "`best = w` gives the array a second name. What would make a second array?",
    ),
    stub='''
def best_weights(w, steps, losses):
    """Return the weights after the step with the smallest loss."""
    smallest = np.inf
    for step, loss in zip(steps, losses):
        w += step
        if loss < smallest:
            smallest = loss
            best = w
    return best
''',
    solution='''
def best_weights(w, steps, losses):
    """Return the weights after the step with the smallest loss."""
    smallest = np.inf
    for step, loss in zip(steps, losses):
        w += step
        if loss < smallest:
            smallest = loss
            best = w.copy()
    return best
''',
    others=(
        ("w.copy()", "np.array(w)"),
        ("w.copy()", "w + 0"),
        ("w.copy()", "1.0 * w"),
        ("best = w.copy()", "best = np.empty(w.shape)\n            best[...] = w"),
        (
            "        w += step\n        if loss < smallest:\n            smallest = loss\n            best = w.copy()",
            "        w = w + step\n        if loss < smallest:\n            smallest = loss\n            best = w",
        ),
    ),
    wrong={
        "No loss is below the first `smallest`, so `best` is never set. Start at infinity.": (
            ("np.inf", "-np.inf"),
            ("np.inf", "0"),
        ),
        "These are the weights of the largest loss.": (
            (
                "smallest = np.inf",
                "smallest, losses = np.inf, [-loss for loss in losses]",
            ),
        ),
        "These are the weights before the best step. Take them after it.": (
            (
                "        w += step\n        if loss < smallest:\n            smallest = loss\n            best = w.copy()\n",
                "        if loss < smallest:\n            smallest = loss\n            best = w.copy()\n        w += step\n",
            ),
        ),
        "Each step is taken twice.": (("w += step", "w += 2 * step"),),
        "These are the weights after the first step.": (
            ("    return best", "        return best"),
        ),
        "This is the step, not the weights after it.": (("w.copy()", "step.copy()"),),
        "Of two equal losses this takes the last. Take the first.": (
            ("loss < smallest", "loss <= smallest"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, 2), [normal_numbers(rng, 2) for _ in losses], losses)
        for losses in ([0.5, 0.3, 0.4], [0.6, 0.7, 0.2, 0.2, 0.9])
    ],
    use=lambda answer, w, steps, losses: answer(w.copy(), steps, losses),
)

BOOK = Workbook(
    "Broken programs",
    [BROADCAST, LOG, LEAK, APART, CONSTANT, COPY],
    then="All done. You have mended six failures that many programs have.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
