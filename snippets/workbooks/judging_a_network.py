"""Exercises on judging a network, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers

MAE = Exercise(
    title="The mean absolute error",
    task=r"""
Return how far the predictions `y_hat` are off on average, in minutes. Both arrays have shape
(n, 1); too much and too little count alike.
""",
    hints=(
        "Errors of both signs must not cancel.",
        "First the distance of each prediction, then the mean of the distances.",
    ),
    solution='''
def mae(y_hat, y):
    """Return the mean absolute error, one number."""
    return np.mean(np.abs(y_hat - y))
''',
    others=(
        ("y_hat - y", "y - y_hat"),
        ("np.mean(np.abs(y_hat - y))", "np.abs(y_hat - y).sum() / len(y)"),
        ("np.abs(y_hat - y)", "np.maximum(y_hat - y, y - y_hat)"),
    ),
    wrong={
        "Errors of both signs cancel: take their absolute values.": (
            ("np.abs(y_hat - y)", "y_hat - y"),
            ("np.mean(np.abs(y_hat - y))", "np.mean(y - y_hat)"),
            ("np.mean(np.abs(y_hat - y))", "abs(np.mean(y_hat - y))"),
        ),
        "This is the mean squared error, whose unit is minutes squared.": (
            ("np.abs(y_hat - y)", "(y_hat - y) ** 2"),
        ),
        "This is the root of the mean squared error: large errors count more in it.": (
            ("np.mean(np.abs(y_hat - y))", "np.sqrt(np.mean((y_hat - y) ** 2))"),
        ),
        "The errors are added up. Take their mean.": (("np.mean", "np.sum"),),
        "This is the median. The mean is asked for.": (("np.mean", "np.median"),),
        "This is the largest error. The mean is asked for.": (("np.mean", "np.max"),),
        "There is an error for each delivery. Take their mean.": (
            ("np.mean(np.abs(y_hat - y))", "np.abs(y_hat - y)"),
        ),
        "This is a share of the true minutes. Asked for are minutes.": (
            ("np.abs(y_hat - y)", "np.abs(y_hat - y) / y"),
        ),
        "A column minus a flat array is a table of all pairs. Leave both in the shape (n, 1).": (
            ("y_hat - y", "y_hat - y.ravel()"),
            ("y_hat - y", "y_hat.ravel() - y"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, n, 1) + 30, normal_numbers(rng, n, 1) + 30)
        for n in (2, 3, 6)
    ],
)

BASELINE = Exercise(
    title="A model to beat",
    task=r"""
The simplest model predicts the same for every delivery: the mean of the training targets.
Return its mean absolute error on the test targets. Both arrays have shape (n, 1).
""",
    hints=(
        "What may a model know before it is judged?",
        "The prediction is one number, taken from `y_train`; the errors are those of `y_test`.",
    ),
    solution='''
def baseline_mae(y_train, y_test):
    """Return the test MAE of a model that predicts the training mean."""
    return np.mean(np.abs(y_test - y_train.mean()))
''',
    others=(
        ("y_train.mean()", "y_train.sum() / len(y_train)"),
        ("y_test - y_train.mean()", "y_train.mean() - y_test"),
        (
            "np.mean(np.abs(y_test - y_train.mean()))",
            "np.abs(y_test - np.full(y_test.shape, np.mean(y_train))).mean()",
        ),
    ),
    wrong={
        "The model knows the mean of the test targets: they must not be seen before it is judged.": (
            ("y_train.mean()", "y_test.mean()"),
        ),
        "The model is judged on the rows that it was made of. Judge it on the test rows.": (
            ("y_test - y_train", "y_train - y_train"),
        ),
        "The model predicts the median. Here it predicts the mean.": (
            ("y_train.mean()", "np.median(y_train)"),
        ),
        "Errors of both signs cancel: take their absolute values.": (
            ("np.abs(y_test - y_train.mean())", "y_test - y_train.mean()"),
            (
                "np.mean(np.abs(y_test - y_train.mean()))",
                "abs(np.mean(y_test) - np.mean(y_train))",
            ),
        ),
        "The mean is that of all rows, and the test rows are among them.": (
            ("y_train.mean()", "np.concatenate([y_train, y_test]).mean()"),
        ),
        "This is a squared error. Take absolute values.": (
            ("np.abs(y_test - y_train.mean())", "(y_test - y_train.mean()) ** 2"),
        ),
        "The roles are exchanged: the model learns from `y_train` and is judged on `y_test`.": (
            ("y_test - y_train.mean()", "y_train - y_test.mean()"),
        ),
        "This is what the model predicts. Asked for is how far it is off.": (
            ("np.mean(np.abs(y_test - y_train.mean()))", "y_train.mean()"),
        ),
        "This is the root of the mean squared error. Asked for is the mean of the distances.": (
            (
                "np.mean(np.abs(y_test - y_train.mean()))",
                "np.sqrt(np.mean((y_test - y_train.mean()) ** 2))",
            ),
        ),
        "The errors are added up. Take their mean.": (("np.mean(np", "np.sum(np"),),
    },
    cases=lambda rng: (
        [
            (np.array([[30.0], [33.0], [36.0]]), np.array([[28.0], [40.0]])),
        ]
        + [
            (normal_numbers(rng, n, 1) * 5 + 30, normal_numbers(rng, m, 1) * 5 + 33)
            for n, m in [(4, 3), (7, 4)]
        ]
    ),
)

MINUTES = Exercise(
    title="Back to minutes",
    task=r"""
A network was trained on scaled targets: minus the mean of `y_train`, then divided by its
standard deviation. Return its scaled predictions `y_hat` in minutes.
""",
    hints=(
        "Undo the two steps, the last one first.",
        "Multiply, then add. Both numbers come from `y_train`.",
    ),
    solution='''
def minutes(y_hat, y_train):
    """Return scaled predictions (n, 1) in the unit of y_train."""
    return y_hat * y_train.std() + y_train.mean()
''',
    others=(
        (
            "y_hat * y_train.std() + y_train.mean()",
            "y_train.mean() + y_train.std() * y_hat",
        ),
        ("y_train.std()", "np.sqrt(np.var(y_train))"),
        (
            "y_hat * y_train.std() + y_train.mean()",
            "(y_hat + y_train.mean() / y_train.std()) * y_train.std()",
        ),
    ),
    wrong={
        "The steps are undone in the wrong order: the division was last, so multiply first.": (
            (
                "y_hat * y_train.std() + y_train.mean()",
                "(y_hat + y_train.mean()) * y_train.std()",
            ),
        ),
        "The mean is missing.": ((" + y_train.mean()", ""),),
        "The standard deviation is missing.": ((" * y_train.std()", ""),),
        "The predictions are scaled once more, instead of back.": (
            (
                "y_hat * y_train.std() + y_train.mean()",
                "(y_hat - y_train.mean()) / y_train.std()",
            ),
        ),
        "The predictions' own numbers do not undo the scaling. Mean and deviation both come from `y_train`.": (
            ("y_train.std()", "y_hat.std()"),
            (
                "y_hat * y_train.std() + y_train.mean()",
                "y_hat * y_hat.std() + y_hat.mean()",
            ),
        ),
        "You multiply by the variance. Scaling divided by the standard deviation.": (
            ("y_train.std()", "y_train.var()"),
        ),
        "Mean and standard deviation are exchanged.": (
            (
                "y_hat * y_train.std() + y_train.mean()",
                "y_hat * y_train.mean() + y_train.std()",
            ),
        ),
        "You divide by the standard deviation once more. Undo it: multiply.": (
            ("* y_train.std()", "/ y_train.std()"),
        ),
        "The mean is subtracted once more. Undo it: add it.": (
            ("+ y_train.mean()", "- y_train.mean()"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, n, 1), normal_numbers(rng, m, 1) * 5 + 30)
        for n, m in [(2, 3), (3, 4), (4, 6)]
    ],
)

BEST = Exercise(
    title="The best epoch",
    task=r"""
`losses` lists the validation loss after each epoch, beginning with epoch 1. Return the number
of the epoch after which it is smallest; of two equal ones, the first.
""",
    hints=(
        "`np.argmin` says where the smallest number stands.",
        "NumPy counts from 0, the epochs from 1.",
    ),
    solution='''
def best_epoch(losses):
    """Return the number of the epoch with the smallest loss, counted from 1."""
    return np.argmin(losses) + 1
''',
    others=(
        ("np.argmin(losses) + 1", "1 + list(losses).index(min(losses))"),
        ("np.argmin(losses)", "np.argsort(losses, kind='stable')[0]"),
        """
def best_epoch(losses):
    best = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
    return best + 1
""",
    ),
    wrong={
        "The epochs are counted from 0. The first one is epoch 1.": ((" + 1", ""),),
        "This is the epoch with the largest loss.": (("argmin", "argmax"),),
        "This is the loss itself. Asked for is the number of its epoch.": (
            ("np.argmin(losses) + 1", "min(losses)"),
        ),
        "This is the last epoch. The loss may have been smaller before.": (
            ("np.argmin(losses) + 1", "len(losses)"),
        ),
        "You stop at the first rise. The loss may fall further after it.": (
            """
def best_epoch(losses):
    for epoch in range(1, len(losses)):
        if losses[epoch] > losses[epoch - 1]:
            return epoch
    return len(losses)
""",
        ),
        "Of two equal losses this takes the last. Take the first.": (
            """
def best_epoch(losses):
    return max(e for e in range(len(losses)) if losses[e] == min(losses)) + 1
""",
        ),
        "A loss is compared with the number of an epoch. Compare it with the smallest loss so far.": (
            "def best_epoch(losses):\n    best = 0\n    for epoch in range(len(losses)):\n        if losses[epoch] < best:\n            best = epoch\n    return best + 1\n",
        ),
    },
    cases=lambda rng: [
        ([0.5, 0.4, 0.6],),
        ([0.2, 0.5, 0.3, 0.4],),
        ([0.9, 0.7, 0.8, 0.3, 0.3, 0.6],),
        (normal_numbers(rng, 8).tolist(),),
    ],
)

BOOK = Workbook(
    "Judging a network",
    [MAE, BASELINE, MINUTES, BEST],
    then="All done. Go on with the workbook *Classifying digits*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
