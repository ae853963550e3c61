"""Exercises on gradient descent, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers


def _epoch(answer: object, n: int, batch_size: int, seed: int) -> dict | None:
    """Return what is to be true of the batches of an epoch, in any order."""
    made = answer(n, batch_size, np.random.default_rng(seed))
    if made is None:
        return None
    batches = [np.ravel(batch) for batch in made]
    again = answer(n, batch_size, np.random.default_rng(seed))
    other = answer(n, batch_size, np.random.default_rng(seed + 1))
    rows = np.concatenate(batches).tolist()
    return {
        "sizes": [len(batch) for batch in batches],
        "rows that there are": not [row for row in rows if row not in range(n)],
        "rows of later batches": max(rows) >= batch_size,
        "each row is there once": len({*rows}) == n == len(rows),
        "shuffled": rows != sorted(rows),
        "a batch has rows from everywhere": any(
            np.ptp(batch) >= len(batch) for batch in batches if len(batch)
        ),
        "the same with the same seed": rows == np.concatenate([*again], None).tolist(),
        "others with another seed": rows != np.concatenate([*other], None).tolist(),
    }


def _updated(
    answer: object, parameters: list, gradients: list, learning_rate: float
) -> list:
    """Return what the arrays hold after an update, in whatever list they are now."""
    arrays = list(parameters)
    answer(parameters, gradients, learning_rate)
    return arrays


STEP = Exercise(
    title="One step",
    task=r"""
Return the weights after one step of gradient descent, from `w`, the `gradient` of the loss
there, and the `learning_rate`. Leave `w` as it is.
""",
    hints=(
        "The gradient points to where the loss grows.",
        "The learning rate says how many times the gradient the step is long.",
    ),
    solution='''
def step(w, gradient, learning_rate):
    """Return the weights after one step, in the shape of w."""
    return w - learning_rate * gradient
''',
    others=(
        ("w - learning_rate * gradient", "w + learning_rate * -gradient"),
        ("w - learning_rate * gradient", "np.subtract(w, gradient * learning_rate)"),
        (
            "return w - learning_rate * gradient",
            "w = w.copy()\n    w -= learning_rate * gradient\n    return w",
        ),
    ),
    wrong={
        "The step goes uphill. The gradient points to where the loss grows, so subtract it.": (
            ("w -", "w +"),
        ),
        "The learning rate is missing: the step is the whole gradient.": (
            ("learning_rate * ", ""),
        ),
        "The gradient is missing: all weights move by the learning rate.": (
            (" * gradient", ""),
        ),
        "This is the step alone. Add it to the weights.": (
            ("w - learning_rate * gradient", "learning_rate * gradient"),
            ("w - learning_rate * gradient", "-learning_rate * gradient"),
        ),
        "You divide by the learning rate. A smaller rate is to make a smaller step.": (
            ("learning_rate * gradient", "gradient / learning_rate"),
        ),
        "Only the gradient's sign is used: large and small slopes make the same step.": (
            ("* gradient", "* np.sign(gradient)"),
        ),
        "The learning rate multiplies w as well. It belongs to the gradient alone.": (
            ("w - learning_rate * gradient", "learning_rate * (w - gradient)"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, *shape), normal_numbers(rng, *shape), rate)
        for shape, rate in [((1,), 0.5), ((2, 1), 0.1), ((2, 2), 0.01)]
    ],
)

DESCEND = Exercise(
    title="Down the parabola",
    task=r"""
The loss is $L = w^2$. Go down from `w` in `steps` steps, and return a list of all values of
$w$: the first before any step, then one after each step.
""",
    hints=(
        "The slope of w² is 2w, and it changes after each step.",
        "With 3 steps the list has 4 numbers.",
    ),
    solution='''
def descend(w, learning_rate, steps):
    """Return w before the first step and after each one, a list of steps + 1."""
    ws = [w]
    for _ in range(steps):
        w = w - learning_rate * 2 * w
        ws.append(w)
    return ws
''',
    others=(
        ("w - learning_rate * 2 * w", "(1 - 2 * learning_rate) * w"),
        (
            "    for _ in range(steps):\n        w = w - learning_rate * 2 * w\n        ws.append(w)\n",
            "    while len(ws) <= steps:\n        ws.append(ws[-1] - 2 * ws[-1] * learning_rate)\n",
        ),
        """
def descend(w, learning_rate, steps):
    return w * (1 - 2 * learning_rate) ** np.arange(steps + 1)
""",
    ),
    wrong={
        "The first value, before any step, is missing.": (
            """
def descend(w, learning_rate, steps):
    ws = []
    for _ in range(steps + 1):
        w = w - learning_rate * 2 * w
        ws.append(w)
    return ws
""",
            ("ws = [w]", "ws = []"),
        ),
        "Only the last value is there. Collect one after each step.": (
            ("return ws", "return w"),
        ),
        "The slope of w² is 2w: the 2 is missing.": ((" * 2 * w", " * w"),),
        "The steps go uphill.": (("w - learning_rate", "w + learning_rate"),),
        "The values are collected before the steps: the first is there twice, the last is missing.": (
            (
                "        w = w - learning_rate * 2 * w\n        ws.append(w)",
                "        ws.append(w)\n        w = w - learning_rate * 2 * w",
            ),
        ),
        "The slope is that of the first w throughout. Take it anew after each step.": (
            ("2 * w\n", "2 * ws[0]\n"),
        ),
        "There is a step too few: the list has steps + 1 values.": (
            ("range(steps)", "range(1, steps)"),
        ),
        "You subtract the loss, w². Subtract its slope.": ((" * 2 * w", " * w**2"),),
        "There is a step too many: the list has steps + 1 values.": (
            ("range(steps)", "range(steps + 1)"),
        ),
        "w itself does not move: each step starts from the first w again.": (
            (
                "        w = w - learning_rate * 2 * w\n        ws.append(w)",
                "        ws.append(w - learning_rate * 2 * w)",
            ),
        ),
        "These are the losses. Asked for are the values of w.": (
            ("return ws", "return [value**2 for value in ws]"),
        ),
        "Only the first step is there: perhaps `return` stands inside the loop.": (
            ("    return ws", "        return ws"),
        ),
        "Only the first and the last value are there: perhaps `append` stands behind the loop.": (
            ("        ws.append", "    ws.append"),
        ),
        "The slope of w² is 2w, not 2: it becomes smaller on the way.": (
            ("2 * w\n", "2\n"),
        ),
        "The learning rate is missing.": (("learning_rate * 2", "2"),),
        "`append` changes the list and returns None: do not assign what it returns.": (
            ("ws.append(w)", "ws = ws.append(w)"),
        ),
    },
    cases=lambda rng: [
        (1.0, 0.1, 1),
        (2.0, 0.2, 2),
        (float(normal_numbers(rng)) + 4, 0.3, 4),
    ],
)

BATCHES = Exercise(
    title="The mini-batches of an epoch",
    task=r"""
Return the mini-batches of one epoch as a list of arrays of row numbers. All rows from 0 to
$n - 1$ are in it once, in random order; each batch has `batch_size` of them, and the last one
what is left. Shuffle with `rng.permutation`.
""",
    hints=(
        "First shuffle all row numbers, then cut.",
        "`range(0, n, batch_size)` gives the places where a batch begins.",
        "A slice that goes beyond the end is shorter, and no error.",
    ),
    solution='''
def batches(n, batch_size, rng):
    """Return a list of arrays of row numbers, each row once, shuffled."""
    order = rng.permutation(n)
    return [order[i : i + batch_size] for i in range(0, n, batch_size)]
''',
    others=(
        (
            "return [order[i : i + batch_size] for i in range(0, n, batch_size)]",
            "return np.split(order, range(batch_size, n, batch_size))",
        ),
        """
def batches(n, batch_size, rng):
    rows, made = list(rng.permutation(n)), []
    while rows:
        made.append(np.array(rows[:batch_size]))
        rows = rows[batch_size:]
    return made
""",
        ("rng.permutation(n)", "rng.permutation(np.arange(n))[::-1]"),
    ),
    wrong={
        "The rows are in the order of the data. Shuffle them in each epoch.": (
            ("rng.permutation(n)", "np.arange(n)"),
        ),
        "The last batch is dropped when it is not full. Its rows are never learned from.": (
            ("range(0, n, batch_size)", "range(0, n - batch_size + 1, batch_size)"),
        ),
        "Rows are drawn with repetition: some come twice in an epoch, some not at all.": (
            ("rng.permutation(n)", "rng.integers(n, size=n)"),
            ("order[i", "rng.permutation(n)[i"),
        ),
        "Neighbouring batches share a row: a slice ends before its last index.": (
            ("i + batch_size]", "i + batch_size + 1]"),
        ),
        "A batch begins at every row. Go on by a whole batch.": (
            ("range(0, n, batch_size)", "range(n)"),
        ),
        "A row is left out: the rows and the places in an array begin at 0.": (
            ("range(0, n", "range(1, n"),
        ),
        "This is one order of all rows. Cut it into batches.": (
            (
                "return [order[i : i + batch_size] for i in range(0, n, batch_size)]",
                "return order",
            ),
        ),
        "Each batch is drawn from all rows, so some rows come twice in an epoch and some not at all.": (
            ("order[i : i + batch_size]", "rng.choice(n, batch_size, replace=False)"),
        ),
        "Each slice ends at `batch_size`, so only the first holds rows: it ends a batch after it begins.": (
            ("order[i : i + batch_size]", "order[i:batch_size]"),
        ),
        "With the same `rng` the batches differ: shuffle with the `rng` that is given, not "
        "with `np.random`.": (
            ("rng.permutation(n)", "np.random.permutation(n)"),
            ("rng.permutation(n)", "np.random.default_rng().permutation(n)"),
        ),
        "Each epoch has the same batches: shuffle with the `rng` that is given.": (
            ("rng.permutation(n)", "np.random.default_rng(0).permutation(n)"),
        ),
        "The rows are cut first and shuffled within each batch, so neighbours always meet. "
        "Shuffle them all, then cut.": (
            """
def batches(n, batch_size, rng):
    rows = np.arange(n)
    return [rng.permutation(rows[i : i + batch_size]) for i in range(0, n, batch_size)]
""",
        ),
        "The rows are counted from 1. Row numbers run from 0 to n − 1.": (
            ("rng.permutation(n)", "rng.permutation(n) + 1"),
        ),
        "Only the first rows are ever there: every batch shuffles the numbers below "
        "`batch_size`.": (
            ("order[i : i + batch_size]", "rng.permutation(batch_size)"),
        ),
        "There are `batch_size` batches. Each batch is to have `batch_size` rows.": (
            (
                "return [order[i : i + batch_size] for i in range(0, n, batch_size)]",
                "return np.array_split(order, batch_size)",
            ),
        ),
        "This is the first batch alone. Return them all, in a list.": (
            """
def batches(n, batch_size, rng):
    order = rng.permutation(n)
    for i in range(0, n, batch_size):
        return order[i : i + batch_size]
""",
        ),
    },
    cases=lambda rng: [
        (n, size, int(rng.integers(100))) for n, size in [(10, 4), (12, 5), (21, 6)]
    ],
    use=_epoch,
)

UPDATE = Exercise(
    title="Change the weights in place",
    task=r"""
`parameters` and `gradients` are lists of arrays, in the same order. Take a step of gradient
descent for all of them, so that the arrays in the list themselves change. Nothing is returned.
""",
    hints=(
        "Whoever calls the function looks at the same arrays afterwards.",
        "`p = p - …` makes a new array and gives it the name p. `p -= …` changes the old one.",
    ),
    stub='''
def update(parameters, gradients, learning_rate):
    """Change the arrays in parameters by one step."""
    raise NotImplementedError("write this function")
''',
    solution='''
def update(parameters, gradients, learning_rate):
    """Change the arrays in parameters by one step."""
    for p, gradient in zip(parameters, gradients):
        p -= learning_rate * gradient
''',
    others=(
        ("p -= learning_rate * gradient", "p[...] = p - learning_rate * gradient"),
        ("p -= learning_rate * gradient", "p += -learning_rate * gradient"),
        (
            "for p, gradient in zip(parameters, gradients):\n        p -= learning_rate * gradient",
            "for i in range(len(parameters)):\n        parameters[i] -= learning_rate * gradients[i]",
        ),
        (
            "p -= learning_rate * gradient",
            "np.subtract(p, learning_rate * gradient, out=p)",
        ),
    ),
    wrong={
        "No array changes. What is computed, such as `p - …`, is a new array: it has to be "
        "written into the old one.": (
            ("p -= learning_rate * gradient", "p = p - learning_rate * gradient"),
            (
                "for p, gradient in zip(parameters, gradients):\n        p -= learning_rate * gradient",
                "for i in range(len(parameters)):\n        parameters[i] = parameters[i] - learning_rate * gradients[i]",
            ),
        ),
        "The step goes uphill: subtract.": (("-=", "+="),),
        "The learning rate is missing.": (("learning_rate * ", ""),),
        "Only the first array changes: perhaps the function ends inside its loop.": (
            ("* gradient\n", "* gradient\n        return\n"),
        ),
        "The arrays now hold the step instead of the weights.": (
            ("p -= learning_rate * gradient", "p[...] = learning_rate * gradient"),
            ("p -= learning_rate * gradient", "p[...] = -learning_rate * gradient"),
        ),
        "Every array takes its step twice.": (("p -= ", "p -= 2 * "),),
        "A list cannot be multiplied by a number: go through the arrays one by one.": (
            """
def update(parameters, gradients, learning_rate):
    parameters -= learning_rate * gradients
""",
            """
def update(parameters, gradients, learning_rate):
    for p in parameters:
        p -= learning_rate * gradients
""",
        ),
        "Each array takes a share of itself. The step is a share of the gradient.": (
            ("* gradient", "* p"),
        ),
    },
    cases=lambda rng: [
        (
            [normal_numbers(rng, *shape) for shape in shapes],
            [normal_numbers(rng, *shape) for shape in shapes],
            rate,
        )
        for shapes, rate in [([(1, 1)], 0.5), ([(2, 1), (1, 1)], 0.1)]
    ],
    use=_updated,
)

TRAIN = Exercise(
    title="Mend a training loop",
    task=r"""
This loop trains the weights of a linear model, $\hat y = X w$, on the mean squared error, all
rows at once. The loss grows from step to step. Two lines are wrong: mend them.
""",
    hints=(
        "One line decides where the step goes.",
        "The gradient of a step is that of this step alone. What does `+=` do to the ones before?",
    ),
    stub='''
def train(X, y, w, learning_rate, steps):
    """Return the weights (n_in, 1) after some steps on the mse of X @ w."""
    gradient = np.zeros(w.shape)
    for _ in range(steps):
        error = X @ w - y
        gradient += 2 * X.T @ error / len(X)
        w = w + learning_rate * gradient
    return w
''',
    solution='''
def train(X, y, w, learning_rate, steps):
    """Return the weights (n_in, 1) after some steps on the mse of X @ w."""
    for _ in range(steps):
        error = X @ w - y
        gradient = 2 * X.T @ error / len(X)
        w = w - learning_rate * gradient
    return w
''',
    others=(
        ("X @ w - y\n", "y - X @ w\n        error = -error\n"),
        ("w = w - learning_rate * gradient", "w -= learning_rate * gradient"),
        ("X.T @ error / len(X)", "np.mean(X * error, axis=0).reshape(-1, 1)"),
        ("2 * X.T @ error / len(X)", "(error.T @ X).T * (2 / len(X))"),
    ),
    wrong={
        "The direction is mended. The gradients of all steps still add up.": (
            (
                "    for _ in range(steps):\n        error = X @ w - y\n        gradient = ",
                "    gradient = 0\n    for _ in range(steps):\n        error = X @ w - y\n        gradient = gradient + ",
            ),
        ),
        "The gradient is mended. The step still goes uphill.": (
            ("gradient = 2", "gradient = -2"),
            ("w - learning_rate", "w + learning_rate"),
            ("X @ w - y", "y - X @ w"),
        ),
        "The 1/n of the mean is lost: the gradient of a mean is divided by the rows.": (
            (" / len(X)", ""),
        ),
        "The 2 is lost: the slope of a square is twice its root.": (
            ("2 * X.T", "X.T"),
        ),
        "The loop ends after its first step.": (("    return w", "        return w"),),
        "The error is squared. The square is in the loss; its slope has the error itself.": (
            ("X @ w - y", "(X @ w - y) ** 2"),
        ),
        "The learning rate is lost.": (("learning_rate * ", ""),),
        "The error is measured once, before the first step. Measure it anew in each.": (
            (
                "    for _ in range(steps):\n        error = X @ w - y\n",
                "    error = X @ w - y\n    for _ in range(steps):\n",
            ),
        ),
        "You divide by all numbers of X. The mean is over the rows.": (
            ("len(X)", "X.size"),
        ),
    },
    cases=lambda rng: [
        (
            normal_numbers(rng, n, n_in),
            normal_numbers(rng, n, 1),
            normal_numbers(rng, n_in, 1),
            0.1,
            steps,
        )
        for n, n_in, steps in [(2, 1, 1), (3, 2, 2), (5, 2, 3)]
    ],
    use=lambda answer, X, y, w, learning_rate, steps: answer(
        X, y, w.copy(), learning_rate, steps
    ),
)

BOOK = Workbook(
    "Gradient descent",
    [STEP, DESCEND, BATCHES, UPDATE, TRAIN],
    then="All done. Go on with the workbook *Judging a network*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
