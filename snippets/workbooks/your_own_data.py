"""Exercises on data of one's own, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers

WORDS = """
MISSING = ("", "-", "?", "n/a", "NA", "nan", "null")
"""


NO_NUMBER = "five"


def _read_cell(answer: object, text: str) -> object:
    """Return the number that a text becomes, and for `NO_NUMBER` whether it raises."""
    if text != NO_NUMBER:
        return answer(text)
    try:
        answer(text)
    except ValueError:
        return {"raises ValueError": True}
    return {"raises ValueError": False}


def _two_parts(answer: object, has_target: np.ndarray, n_test: int, seed: int) -> dict:
    """Return what is to be true of a split, whichever rows are in which part."""
    train, test = (
        np.asarray(part).tolist()
        for part in answer(has_target, n_test, np.random.default_rng(seed))
    )
    again = answer(has_target, n_test, np.random.default_rng(seed))
    other = answer(has_target, n_test, np.random.default_rng(seed + 1))
    rows, returned = np.flatnonzero(has_target).tolist(), sorted({*train, *test})
    return {
        "training rows": len(train),
        "test rows": len(test),
        "rows in both parts": len({*train} & {*test}),
        "rows without a target": len({*train, *test} - {*rows}),
        "rows with a target that are left out": len({*rows} - {*train, *test}),
        "test rows from everywhere": sorted(test)
        not in (returned[:n_test], returned[-n_test:]),
        "the same with the same seed": np.array_equal(again[1], test),
        "others with another seed": not np.array_equal(other[1], test),
    }


NUMBER = Exercise(
    title="A cell as a number",
    task=r"""
A cell comes as a text. Return its number: 5.2 for `"5.2"` and for `"5,2"`, and `np.nan` for each
word of `MISSING`, which the first cell below defines. Any other text, such as `"five"`, has to raise
the `ValueError` that `float` raises.
""",
    hints=(
        "Ask first whether the text is one of the words.",
        '`float` reads `"5.2"`, but not `"5,2"`: what has to be replaced by what?',
        '`text.replace(",", ".")`, and `float` does the rest, the error included.',
    ),
    given=WORDS,
    solution='''
def number(text):
    """Return the number of a cell, and nan where it is missing."""
    if text in MISSING:
        return np.nan
    return float(text.replace(",", "."))
''',
    others=(
        """
def number(text):
    return np.nan if text in MISSING else float(text.replace(",", "."))
""",
        ('text.replace(",", ".")', '".".join(text.split(","))'),
        ("return np.nan", 'return float("nan")'),
    ),
    wrong={
        "A missing number counts as 0 here, which is a number like any other. Return nan.": (
            ("np.nan", "0"),
            ("np.nan", "0.0"),
        ),
        "A missing number becomes None, and no column of numbers can hold it. Return nan.": (
            ("np.nan", "None"),
            ("        return np.nan", "        return"),
        ),
        "The decimal comma is taken out: 5,2 becomes 52. It stands for a point.": (
            ('replace(",", ".")', 'replace(",", "")'),
        ),
        "`float` does not read a decimal comma. Replace it by a point first.": (
            ('text.replace(",", ".")', "text"),
        ),
        "Only an empty cell counts as missing. People write other words for it, too.": (
            ("text in MISSING", 'text == ""'),
            ("text in MISSING", "not text"),
        ),
        "What is no number becomes nan in silence, and a typing error looks like a gap. Let "
        "`float` raise its error.": (
            """
def number(text):
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return np.nan
""",
        ),
        "A word of `MISSING` comes to `float`, which cannot read it. Ask before, with `in`.": (
            ("text in MISSING", "text == MISSING"),
            """
def number(text):
    return float(text.replace(",", "."))
""",
        ),
        "Point and comma are exchanged: `replace` takes first what is there, and then what is to "
        "stand there.": (('replace(",", ".")', 'replace(".", ",")'),),
        "This is a text still. `float` makes a number of it.": (
            ("float(text.replace", "(text.replace"),
        ),
        "A missing cell gives the word itself. Return nan.": (
            ("return np.nan", "return text"),
        ),
        "The decimals are lost: `int` cuts them off.": (
            ('float(text.replace(",", "."))', 'int(float(text.replace(",", ".")))'),
        ),
    },
    cases=lambda rng: [
        ("5.2",),
        ("5,2",),
        ("",),
        ("n/a",),
        (NO_NUMBER,),
        (f"{rng.integers(10, 99)},{rng.integers(10, 99)}",),
        ("-7",),
    ],
    use=_read_cell,
)

SPLIT = Exercise(
    title="Split before you compute",
    task=r"""
Test rows may not be seen in training, and a row without a target can neither teach nor test.
`has_target`, of shape (n,), holds True for each row whose target is known. Return two arrays of row
numbers, first those for training, then the `n_test` for the test: only rows with a target, each of
them in one part, in random order. Shuffle with `rng.permutation`.
""",
    hints=(
        "`np.flatnonzero(has_target)` gives the numbers of the rows that hold True.",
        "Shuffle these numbers once, then cut.",
        "`order[:n_test]` are the first ones, `order[n_test:]` all others.",
    ),
    solution='''
def split(has_target, n_test, rng):
    """Return the numbers of the training rows and of the test rows."""
    order = rng.permutation(np.flatnonzero(has_target))
    return order[n_test:], order[:n_test]
''',
    others=(
        ("np.flatnonzero(has_target)", "np.arange(len(has_target))[has_target]"),
        ("order[n_test:], order[:n_test]", "order[:-n_test], order[-n_test:]"),
        """
def split(has_target, n_test, rng):
    rows = [row for row in range(len(has_target)) if has_target[row]]
    test = rng.choice(rows, n_test, replace=False)
    return [row for row in rows if row not in test], test
""",
    ),
    wrong={
        "Rows without a target are in it. Nobody can say how wrong a prediction for them is.": (
            ("np.flatnonzero(has_target)", "len(has_target)"),
        ),
        "The rows are not shuffled: the test holds neighbouring rows of the file.": (
            (
                "rng.permutation(np.flatnonzero(has_target))",
                "np.flatnonzero(has_target)",
            ),
            """
def split(has_target, n_test, rng):
    rows = np.flatnonzero(has_target)
    return rows[:-n_test], rows[-n_test:]
""",
        ),
        "Each part is shuffled for itself, so some rows are in both, and some in none.": (
            """
def split(has_target, n_test, rng):
    rows = np.flatnonzero(has_target)
    return rng.permutation(rows)[n_test:], rng.permutation(rows)[:n_test]
""",
        ),
        "The test rows are training rows as well: what was learned by heart is asked.": (
            ("order[n_test:], order", "order, order"),
        ),
        "The two parts are in the other order: first the training rows, then the test rows.": (
            ("order[n_test:], order[:n_test]", "order[:n_test], order[n_test:]"),
        ),
        "With the same `rng` the parts differ: shuffle with the `rng` that is given.": (
            ("rng.permutation", "np.random.permutation"),
            ("rng.permutation", "np.random.default_rng().permutation"),
        ),
        "These are places in a list of rows with a target, and not the rows' own numbers.": (
            ("np.flatnonzero(has_target)", "int(has_target.sum())"),
        ),
        "The rows without a target are taken, and those with one are left out.": (
            ("np.flatnonzero(has_target)", "np.flatnonzero(~has_target)"),
        ),
        "Only the marks are shuffled, and stand beside other rows then. Shuffle the rows' "
        "numbers.": (
            (
                "rng.permutation(np.flatnonzero(has_target))",
                "np.flatnonzero(rng.permutation(has_target))",
            ),
        ),
        "Rows without a target are taken out after the cut, so the test has fewer rows than "
        "`n_test`.": (
            """
def split(has_target, n_test, rng):
    order = rng.permutation(len(has_target))
    test, train = order[:n_test], order[n_test:]
    return train[has_target[train]], test[has_target[test]]
""",
        ),
        "Another `rng` gives the same parts: shuffle with the one that is given.": (
            ("rng.permutation", "np.random.default_rng(0).permutation"),
        ),
        "Rows with a target are left out: all that are not in the test are for training.": (
            ("order[n_test:], ", "order[n_test : 2 * n_test], "),
        ),
    },
    cases=lambda rng: [
        (rng.permutation(n) >= gaps, n_test, int(rng.integers(1000)))
        for n, gaps, n_test in [(40, 10, 8), (60, 20, 10), (50, 5, 12)]
    ],
    use=_two_parts,
)

GAPS = Exercise(
    title="Gaps, filled and marked",
    task=r"""
A network cannot read a gap, so a column with gaps becomes two. `x`, of shape (n,), is the column,
nan where a number is missing, and `x[train]` are its training rows. Return the two side by side, of
shape (n, 2). The first is standardised, by mean and standard deviation of the training rows without
their gaps, and holds 0 in a gap. The second is the mark: 1 in a gap, 0 elsewhere.
""",
    hints=(
        "`np.nanmean` and `np.nanstd` leave the gaps out. Which rows do you give them?",
        "Standardise first. A gap stays nan, and `np.isnan` finds it.",
        "`np.column_stack([first, second])` puts two arrays of shape (n,) side by side.",
    ),
    solution='''
def columns(x, train):
    """Return x, standardised, and the mark of its gaps, (n, 2)."""
    z = (x - np.nanmean(x[train])) / np.nanstd(x[train])
    return np.column_stack([np.where(np.isnan(x), 0, z), np.isnan(x)])
''',
    others=(
        ("np.where(np.isnan(x), 0, z)", "np.nan_to_num(z)"),
        """
def columns(x, train):
    seen = x[train][~np.isnan(x[train])]
    filled = np.where(np.isnan(x), seen.mean(), x)
    return np.array([(filled - seen.mean()) / seen.std(), 1.0 * np.isnan(x)]).T
""",
        """
def columns(x, train):
    made = np.zeros((len(x), 2))
    mean, std = np.nanmean(x[train]), np.nanstd(x[train])
    for row, value in enumerate(x):
        made[row] = [0, 1] if np.isnan(value) else [(value - mean) / std, 0]
    return made
""",
    ),
    wrong={
        "Mean and standard deviation are those of all rows, and the test rows are among them.": (
            ("x[train]", "x"),
        ),
        "The mean is that of all rows. It comes from the training rows, as the deviation does.": (
            ("np.nanmean(x[train])", "np.nanmean(x)"),
        ),
        "The deviation is that of all rows. It comes from the training rows, as the mean does.": (
            ("np.nanstd(x[train])", "np.nanstd(x)"),
        ),
        "One gap among the training rows, and the mean is nan, and with it the whole column: "
        "leave the gaps out.": (
            """
def columns(x, train):
    z = (x - np.mean(x[train])) / np.std(x[train])
    return np.column_stack([np.nan_to_num(z), np.isnan(x)])
""",
            """
def columns(x, train):
    z = (x - x[train].mean()) / x[train].std()
    return np.column_stack([np.where(np.isnan(x), 0, z), np.isnan(x)])
""",
        ),
        "The gaps are filled with 0 before the mean is taken: then the 0 counts as a number, and "
        "moves the mean.": (
            """
def columns(x, train):
    filled = np.nan_to_num(x)
    z = (filled - filled[train].mean()) / filled[train].std()
    return np.column_stack([np.where(np.isnan(x), 0, z), np.isnan(x)])
""",
            """
def columns(x, train):
    filled = np.nan_to_num(x)
    z = (filled - filled[train].mean()) / filled[train].std()
    return np.column_stack([z, np.isnan(x)])
""",
        ),
        "A gap gets the number 0, and is standardised with the others. It is to be 0 afterwards, "
        "which is the training mean.": (
            """
def columns(x, train):
    z = (np.nan_to_num(x) - np.nanmean(x[train])) / np.nanstd(x[train])
    return np.column_stack([z, np.isnan(x)])
""",
        ),
        "The gaps are filled before the standard deviation is taken, which comes out too small: a "
        "filled gap does not deviate.": (
            """
def columns(x, train):
    filled = np.where(np.isnan(x), np.nanmean(x[train]), x)
    z = (filled - filled[train].mean()) / filled[train].std()
    return np.column_stack([z, np.isnan(x)])
""",
        ),
        "The numbers are as they were. Standardise them.": (
            (
                "(x - np.nanmean(x[train])) / np.nanstd(x[train])",
                "x",
            ),
        ),
        "The gaps are kept, and the numbers became 0: `np.where` takes its second argument where "
        "the first is True.": (("np.isnan(x), 0, z", "np.isnan(x), z, 0"),),
        "The deviation was divided by n − 1. NumPy divides by n, if nothing else is asked.": (
            ("np.nanstd(x[train])", "np.nanstd(x[train], ddof=1)"),
        ),
        "The gaps are still nan: a network that gets one answers nan.": (
            ("np.where(np.isnan(x), 0, z)", "z"),
        ),
        "A gap gets the training mean in the units of x. After standardising, the mean is 0.": (
            (
                "np.where(np.isnan(x), 0, z)",
                "np.where(np.isnan(x), np.nanmean(x[train]), z)",
            ),
        ),
        "The mark is turned round: 1 in a gap.": (("np.isnan(x)])", "~np.isnan(x)])"),),
        "The mark is missing: without it, a gap looks like an average row.": (
            (
                "np.column_stack([np.where(np.isnan(x), 0, z), np.isnan(x)])",
                "np.where(np.isnan(x), 0, z)",
            ),
        ),
        "The two stand below each other. Side by side they have the shape (n, 2).": (
            ("np.column_stack([", "np.array(["),
        ),
        "The two columns are in the other order: first the numbers, then the mark.": (
            (
                "[np.where(np.isnan(x), 0, z), np.isnan(x)]",
                "[np.isnan(x), np.where(np.isnan(x), 0, z)]",
            ),
        ),
        "The numbers are shifted, but not divided by their standard deviation.": (
            (" / np.nanstd(x[train])", ""),
        ),
        "Only the training rows come back. Every row gets its columns.": (
            (
                "[np.where(np.isnan(x), 0, z), np.isnan(x)]",
                "[np.where(np.isnan(x), 0, z)[train], np.isnan(x)[train]]",
            ),
        ),
        "The gaps are filled before they are marked, and then there is none to mark.": (
            """
def columns(x, train):
    mean, std = np.nanmean(x[train]), np.nanstd(x[train])
    x = np.where(np.isnan(x), mean, x)
    return np.column_stack([(x - mean) / std, np.isnan(x)])
""",
            """
def columns(x, train):
    mean, std = np.nanmean(x[train]), np.nanstd(x[train])
    x[np.isnan(x)] = mean
    return np.column_stack([(x - mean) / std, np.isnan(x)])
""",
        ),
        "You divide by the variance. The standard deviation is its root.": (
            ("np.nanstd", "np.nanvar"),
        ),
        "Nothing is equal to nan, not even nan itself: `np.isnan` finds the gaps.": (
            (
                "np.where(np.isnan(x), 0, z), np.isnan(x)",
                "np.where(x == np.nan, 0, z), x == np.nan",
            ),
        ),
    },
    cases=lambda rng: [
        (np.array([2.0, np.nan, 6.0, 9.0]), np.array([0, 1, 2])),
        (
            np.append(normal_numbers(rng, 4) + 5, [np.nan, 8.0, np.nan]),
            np.array([0, 4, 2, 3]),
        ),
        (
            np.append(normal_numbers(rng, 5) * 3, [np.nan, -9.0]),
            np.array([5, 1, 4, 0]),
        ),
    ],
)

CATEGORIES = Exercise(
    title="A column for each category",
    task=r"""
A number for each name would say that one lies between two others, so each name gets a column.
`values` lists the categories that the training rows have, in order. Return one column for each of
them, of shape (n, len(values)): 1 where a text of `texts`, an array of shape (n,), is this
category, and 0 elsewhere. A text that training has never seen has 0 in all columns.
""",
    hints=(
        "For one category, `texts == value` says for each row whether it holds.",
        "Collect such a column for each value, and put them side by side.",
        "`np.column_stack` does that with a list of columns; `1.0 *` makes numbers of True and "
        "False.",
    ),
    solution='''
def one_hot(texts, values):
    """Return a column for each of the values, (n, len(values))."""
    return 1.0 * np.column_stack([texts == value for value in values])
''',
    others=(
        (
            "1.0 * np.column_stack([texts == value for value in values])",
            "(texts[:, None] == np.array(values)).astype(float)",
        ),
        """
def one_hot(texts, values):
    made = np.zeros((len(texts), len(values)))
    for row, text in enumerate(texts):
        if text in values:
            made[row, values.index(text)] = 1
    return made
""",
        """
def one_hot(texts, values):
    return np.array([[float(text == value) for value in values] for text in texts])
""",
    ),
    wrong={
        "The categories are numbered. This says that one lies between two others: give each a "
        "column of its own.": (
            """
def one_hot(texts, values):
    return np.array([values.index(text) if text in values else -1 for text in texts])
""",
            """
def one_hot(texts, values):
    return np.array([values.index(text) for text in texts])
""",
            """
def one_hot(texts, values):
    return np.unique(texts, return_inverse=True)[1]
""",
        ),
        "The columns are those of the categories that these rows have. A file of tomorrow may lack "
        "one, and the network still wants its columns: take `values`.": (
            ("for value in values", "for value in np.unique(texts)"),
            ("for value in values", "for value in sorted(set(texts))"),
        ),
        "Rows and columns are exchanged: a row of the table stays a row.": (
            ("np.column_stack(", "np.array("),
        ),
        "A category that training has never seen stops the program: it has 0 in all columns.": (
            """
def one_hot(texts, values):
    return np.eye(len(values))[[values.index(text) for text in texts]]
""",
            """
def one_hot(texts, values):
    made = np.zeros((len(texts), len(values)))
    for row, text in enumerate(texts):
        made[row, values.index(text)] = 1
    return made
""",
        ),
        "A category that training has never seen gets a column here. It has 0 in all that are "
        "there.": (
            """
def one_hot(texts, values):
    values = [*values, *sorted({*texts.tolist()} - {*values})]
    return 1.0 * np.column_stack([texts == value for value in values])
""",
        ),
        "There is a column more, for what training has never seen. Its weights would stay as they "
        "were drawn: such a text has 0 in all columns.": (
            """
def one_hot(texts, values):
    columns = [texts == value for value in values]
    return 1.0 * np.column_stack([*columns, ~np.isin(texts, values)])
""",
        ),
        "The columns stand one behind the other, in one long row. `np.column_stack` puts them side "
        "by side.": (
            ("np.column_stack", "np.hstack"),
            ("np.column_stack", "np.concatenate"),
        ),
        "`in` finds a name within another one, such as car in cargo bike. Ask whether they are "
        "equal.": (
            ("texts == value for", "[text in value for text in texts] for"),
            ("texts == value for", "[value in text for text in texts] for"),
        ),
        "For one category this is right. It has to be done for each, with the columns side by "
        "side.": (
            (
                "np.column_stack([texts == value for value in values])",
                "(texts == values[0])",
            ),
        ),
        "Zeros and ones are exchanged: the category that holds gets the 1.": (
            ("==", "!="),
        ),
        "There is a column for all but the first category here. Each gets one.": (
            ("for value in values", "for value in values[1:]"),
        ),
        "The columns are in another order than `values`. The weights of the network belong to "
        "this order.": (("for value in values", "for value in values[::-1]"),),
    },
    cases=lambda rng: [
        (np.array(["car", "bike"]), ["bike", "car", "scooter"]),
        (np.array(["car", "drone", "bike"]), ["bike", "car"]),
        (np.array(["car", "cargo bike", "bike"]), ["bike", "car", "cargo bike"]),
        (
            rng.choice(["bike", "car", "scooter"], 6),
            ["bike", "car", "drone", "scooter"],
        ),
    ],
)

BASELINE = Exercise(
    title="A baseline for classes",
    task=r"""
A network that is right on nine of ten rows may know nothing, if nine of ten are of one class.
`y_train` and `y_test` hold the names of classes, as arrays of shape (n,). The simplest classifier
always answers the class that is most frequent in training. Return the share of the test rows that
it gets right.
""",
    hints=(
        "Which rows decide what is answered, and which rows judge it?",
        "`np.unique(y_train, return_counts=True)` gives the classes and how often each comes.",
        "The mean of `y_test == answer` is a share.",
    ),
    solution='''
def baseline(y_train, y_test):
    """Return the share of y_test that the most frequent class of y_train gets right."""
    classes, counts = np.unique(y_train, return_counts=True)
    return np.mean(y_test == classes[np.argmax(counts)])
''',
    others=(
        (
            "np.mean(y_test == classes[np.argmax(counts)])",
            "np.sum(y_test == classes[counts.argmax()]) / len(y_test)",
        ),
        """
def baseline(y_train, y_test):
    names = list(y_train)
    answer = max(set(names), key=names.count)
    return sum(name == answer for name in y_test) / len(y_test)
""",
        """
def baseline(y_train, y_test):
    answer, most = None, 0
    for name in y_train:
        count = np.sum(y_train == name)
        if count > most:
            answer, most = name, count
    return np.mean(y_test == answer)
""",
    ),
    wrong={
        "The most frequent class is that of the test rows: they must not be seen before.": (
            ("np.unique(y_train", "np.unique(y_test"),
        ),
        "Training and test rows are counted together. The class that is answered is that of the "
        "training rows alone.": (
            ("np.unique(y_train", "np.unique(np.append(y_train, y_test)"),
        ),
        "No test row can be equal to it: the classes are names, and this is a number.": (
            ("classes[np.argmax(counts)]", "np.argmax(counts)"),
            ("classes[np.argmax(counts)]", "np.max(counts)"),
        ),
        "The classifier is judged on its training rows. Judge it on the test rows.": (
            ("np.mean(y_test", "np.mean(y_train"),
        ),
        "This is a count. Asked for is a share of the test rows.": (
            ("np.mean(", "np.sum("),
        ),
        "This is the share that it gets wrong.": (("y_test ==", "y_test !="),),
        "This answers the rarest class.": (("argmax", "argmin"),),
        "This is what guessing gets right on average, 1 divided by the classes. The most "
        "frequent class does better where the classes differ in size.": (
            ("np.mean(y_test == classes[np.argmax(counts)])", "1 / len(classes)"),
        ),
        "This is the answer. Asked for is how often it is right.": (
            (
                "np.mean(y_test == classes[np.argmax(counts)])",
                "classes[np.argmax(counts)]",
            ),
        ),
        "This is the class of the last name in the alphabet, whichever comes most often.": (
            ("classes[np.argmax(counts)]", "classes[-1]"),
            ("classes[np.argmax(counts)]", "max(y_train)"),
        ),
        "The share is taken of the training rows. Divide by the number of test rows.": (
            (
                "np.mean(y_test == classes[np.argmax(counts)])",
                "np.sum(y_test == classes[np.argmax(counts)]) / len(y_train)",
            ),
        ),
    },
    cases=lambda rng: [
        (
            np.array(["on time", "late", "late", "late"]),
            np.array(["late", "on time", "on time"]),
        ),
        (
            np.array(["late", "late", "on time"]),
            rng.permutation(["on time", "on time", "on time", "late"]),
        ),
        (
            np.array(["a", "b", "b", "b", "c", "c", "a", "c", "b"]),
            rng.permutation(["a", "a", "a", "b", "b", "c", "c"]),
        ),
        (
            np.array(["b", "b", "a", "a", "a", "c", "c", "d"]),
            rng.permutation(["d", "d", "d", "a", "a", "c"]),
        ),
        (
            np.array(["c", "a", "b", "a", "a", "b", "a"]),
            rng.permutation(["b", "b", "b", "a", "a", "c"]),
        ),
    ],
)

PREDICTION = Exercise(
    title="Predict the inputs",
    task=r"""
Before you run anything: in three training rows, a column holds 2, a gap, and 6. It is standardised
by them, its gaps are filled with 0, and a second column marks them. A new order has 8 in this
column, and another one a gap. Which inputs do they get? Answer with four numbers, `(number of the
first, its mark, number of the second, its mark)`.
""",
    hints=(
        "The gap among the training rows takes no part: the mean is that of 2 and 6.",
        "How far is each of the two from their mean? That is their standard deviation.",
        "The new row's own numbers change neither mean nor deviation.",
    ),
    solution="inputs = ((8 - 4) / 2, 0, 0, 1)",
    others=(
        "inputs = (2, 0, 0, 1)",
        "inputs = [2.0, 0.0, 0.0, 1.0]",
        "inputs = np.array([2, 0, 0, 1])",
    ),
    wrong={
        "A gap gets 0, and not the mean itself: standardised, the mean is 0.": (
            "inputs = (2, 0, 4, 1)",
        ),
        "The marks are turned round: 1 in a gap.": ("inputs = (2, 1, 0, 0)",),
        "One of the two orders has a gap, and none is marked here.": (
            "inputs = (2, 0, 0, 0)",
        ),
        "A mark stands before its number here: first the number, then the mark.": (
            "inputs = (2, 0, 1, 0)",
            "inputs = (0, 2, 0, 1)",
            "inputs = (0, 2, 1, 0)",
        ),
        "A gap is nan here still. It is filled.": ("inputs = (2, 0, np.nan, 1)",),
        "You divided by the variance. The standard deviation is its root.": (
            "inputs = (1, 0, 0, 1)",
        ),
        "The gap was filled before the deviation was taken, which comes out too small. It takes no "
        "part in it.": ("inputs = (4 / np.std([2, 4, 6]), 0, 0, 1)",),
        "The numbers are not standardised. The network has only seen standardised ones.": (
            "inputs = (8, 0, 0, 1)",
            "inputs = (8, 0, 4, 1)",
        ),
        "The gap counted as a 0 in mean and deviation. It takes no part in them.": (
            "inputs = ((8 - 8 / 3) / np.std([2, 0, 6]), 0, 0, 1)",
        ),
        "A gap got the number 0 before it was standardised. It is 0 afterwards.": (
            "inputs = (2, 0, -2, 1)",
        ),
        "The mean is subtracted, and the division by the standard deviation is missing.": (
            "inputs = (4, 0, 0, 1)",
        ),
        "The new number takes part in mean and deviation. They stay those of the training rows.": (
            "inputs = ((8 - 16 / 3) / np.std([2, 6, 8]), 0, 0, 1)",
        ),
        "The deviation was divided by n − 1. NumPy divides by n, here 2.": (
            "inputs = (4 / np.std([2, 6], ddof=1), 0, 0, 1)",
        ),
    },
    tolerance=0.005,
)

BOOK = Workbook(
    "Your own data",
    [NUMBER, SPLIT, GAPS, CATEGORIES, BASELINE, PREDICTION],
    then="All done. Go on with the workbook *Autograd from scratch*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
