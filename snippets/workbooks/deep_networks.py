"""Exercises on deep networks, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, drawn, normal_numbers


def _backwards(rng: np.random.Generator) -> list[tuple]:
    """Return what the backward pass of batch normalisation gets, by name."""
    found = []
    for n, n_out in [(3, 1), (4, 2), (5, 3)]:
        Z = normal_numbers(rng, n, n_out) + np.arange(n)[:, None]
        s = Z.std(axis=0)
        Z_hat = ((Z - Z.mean(axis=0)) / s).round(2)
        found.append((normal_numbers(rng, n, n_out) + 1, Z_hat, s.round(2)))
    return found


def _thinned(answer: object, p: float, seed: int) -> dict:
    """Return what is to be true of A after dropout, whichever entries are dropped."""
    A = np.tile([1.0, 3.0], (100, 100))  # (100, 200)
    thinned, again, other = (
        np.asarray(answer(A.copy(), p, np.random.default_rng(number)))
        for number in (seed, seed, seed + 1)
    )
    dropped = thinned == 0
    return {
        "shape": thinned.shape,
        "values that 1 becomes": sorted({*thinned[:, 0].round(6).tolist()}),
        "values that 3 becomes": sorted({*thinned[:, 1].round(6).tolist()}),
        "the share of zeros, about": round(dropped.mean(), 1),
        "each entry for itself": bool(
            dropped.any(axis=0).all()
            and not dropped.all(axis=0).any()
            and dropped.any(axis=1).all()
            and not dropped.all(axis=1).any()
        ),
        "the same with the same seed": np.array_equal(thinned, again),
        "others with another seed": not np.array_equal(dropped, other == 0),
    }


START = Exercise(
    title="The right start for each layer",
    task=r"""
Return the first weights of a layer, normally distributed with mean 0, of shape (n_in, n_out). In
front of `"relu"` they have the variance $2 / n_\mathrm{in}$ (He), in front of `"tanh"` the variance
$2 / (n_\mathrm{in} + n_\mathrm{out})$ (Glorot). Draw them with `rng.normal`.
""",
    hints=(
        "`rng.normal(0, size=…)` draws with the standard deviation 1. It is the second argument.",
        "The standard deviation is the root of the variance.",
        '`if activation == "relu"` tells the two apart.',
    ),
    solution='''
def first_weights(n_in, n_out, activation, rng):
    """Return He's weights for "relu" and Glorot's for "tanh", (n_in, n_out)."""
    variance = 2 / n_in if activation == "relu" else 2 / (n_in + n_out)
    return rng.normal(0, np.sqrt(variance), (n_in, n_out))
''',
    others=(
        (
            "rng.normal(0, np.sqrt(variance), (n_in, n_out))",
            "rng.normal(size=(n_in, n_out)) * variance**0.5",
        ),
        (
            "rng.normal(0, np.sqrt(variance), (n_in, n_out))",
            "rng.normal(0, np.sqrt(variance), (n_out, n_in)).T",
        ),
        """
def first_weights(n_in, n_out, activation, rng):
    W = rng.standard_normal((n_in, n_out))
    if activation == "relu":
        return W / np.sqrt(n_in / 2)
    return W / np.sqrt((n_in + n_out) / 2)
""",
    ),
    wrong={
        "The two rules are exchanged: He for ReLU, Glorot for tanh.": (("==", "!="),),
        "Both get He's variance. In front of tanh, inputs and outputs count.": (
            (' if activation == "relu" else 2 / (n_in + n_out)', ""),
        ),
        "Both get Glorot's variance. Behind a ReLU half of the signal is lost, and He's 2 makes up "
        "for it.": (('2 / n_in if activation == "relu" else ', ""),),
        "The root is missing: `rng.normal` takes the standard deviation.": (
            ("np.sqrt(variance)", "variance"),
        ),
        "He's variance is that of a linear layer, 1 / n_in. ReLU lets half of the signal "
        "through: take 2 / n_in.": (("2 / n_in if", "1 / n_in if"),),
        "Glorot's variance is half of what it should be: 2 divided by inputs and outputs.": (
            ("2 / (n_in", "1 / (n_in"),
        ),
        "Glorot's variance has brackets round its sum: `2 / n_in + n_out` divides first.": (
            ("2 / (n_in + n_out)", "2 / n_in + n_out"),
        ),
        "He's rule divides by the inputs, n_in, not by the units.": (
            ("2 / n_in if", "2 / n_out if"),
        ),
        "The shape is turned round: (n_in, n_out).": (
            ("(n_in, n_out))", "(n_out, n_in))"),
        ),
        "With the same `rng` you draw other numbers each time: draw with the `rng` that is "
        "given, not with `np.random`.": (("rng.normal", "np.random.normal"),),
        "The numbers are uniform. Draw them from the normal distribution.": (
            (
                "rng.normal(0, np.sqrt(variance)",
                "rng.uniform(-np.sqrt(3 * variance), np.sqrt(3 * variance)",
            ),
        ),
    },
    cases=lambda rng: [
        (n_in, n_out, activation, int(rng.integers(1000)))
        for n_in, n_out in [(50, 400), (100, 300)]
        for activation in ("relu", "tanh")
    ],
    use=lambda answer, n_in, n_out, activation, seed: drawn(
        lambda rng: answer(n_in, n_out, activation, rng), seed
    ),
)

BATCH_NORM = Exercise(
    title="Batch normalisation",
    task=r"""
Standardise each column of `Z`, of shape (batch, n_out), over the rows of the batch:
subtract the column's mean, divide by $\sqrt{\text{variance} + \epsilon}$. Then multiply by
`gamma` and add `beta`, both of shape (n_out,).
""",
    hints=(
        "`Z.mean(axis=0)` and `Z.var(axis=0)` have one number for each column.",
        "ε belongs under the root, beside the variance: so a constant column is divided by "
        "something that is not 0.",
    ),
    solution='''
def batch_norm(Z, gamma, beta, epsilon=1e-5):
    """Return Z standardised by column, times gamma, plus beta, (batch, n_out)."""
    Z_hat = (Z - Z.mean(axis=0)) / np.sqrt(Z.var(axis=0) + epsilon)
    return gamma * Z_hat + beta
''',
    others=(
        ("Z.var(axis=0)", "((Z - Z.mean(axis=0)) ** 2).mean(axis=0)"),
        ("Z.var(axis=0)", "(np.mean(Z * Z, axis=0) - Z.mean(axis=0) ** 2)"),
        """
def batch_norm(Z, gamma, beta, epsilon=1e-5):
    scale = gamma / (Z.var(axis=0) + epsilon) ** 0.5
    return Z * scale + (beta - Z.mean(axis=0) * scale)
""",
    ),
    wrong={
        "Mean and variance are those of the rows. Each column is standardised over the "
        "batch: axis 0.": (("axis=0", "axis=1, keepdims=True"),),
        "Mean and variance are those of the whole table. Each column has its own: axis 0.": (
            ("axis=0", ""),
        ),
        "You divide by the variance. Divide by its root.": (
            ("np.sqrt(Z.var(axis=0) + epsilon)", "(Z.var(axis=0) + epsilon)"),
        ),
        "ε is missing: a constant column becomes NaN.": ((" + epsilon", ""),),
        "ε is added to the root. It belongs under it, beside the variance.": (
            (
                "np.sqrt(Z.var(axis=0) + epsilon)",
                "(np.sqrt(Z.var(axis=0)) + epsilon)",
            ),
        ),
        "The variance is divided by n − 1 (`ddof=1`). Here it is a mean over the batch.": (
            ("Z.var(axis=0)", "Z.var(axis=0, ddof=1)"),
        ),
        "The scale gamma is missing.": (("gamma * Z_hat", "Z_hat"),),
        "The shift beta is missing.": ((" + beta", ""),),
        "The columns are standardised. Scale and shift are still to come.": (
            ("gamma * Z_hat + beta", "Z_hat"),
        ),
        "gamma multiplies the shift as well: first times gamma, then plus beta.": (
            ("gamma * Z_hat + beta", "gamma * (Z_hat + beta)"),
        ),
        "gamma and beta are exchanged: gamma multiplies, beta is added.": (
            ("gamma * Z_hat + beta", "beta * Z_hat + gamma"),
        ),
        "You take the root of the standard deviation, which is a root already: it belongs "
        "over the variance.": (("Z.var(axis=0)", "Z.std(axis=0)"),),
    },
    cases=lambda rng: [
        (Z, normal_numbers(rng, Z.shape[1]) + 3, normal_numbers(rng, Z.shape[1]) - 2)
        for Z in [
            normal_numbers(rng, 2, 1),
            normal_numbers(rng, 3, 2) * 0.01,
            np.array([[2.0, 1.0], [2.0, 4.0], [2.0, -3.0]]),
        ]
    ],
    tolerance=1e-7,
)

RUNNING = Exercise(
    title="The running average",
    task=r"""
For evaluation, batch normalisation keeps a running average of the column means. It starts at
0 in each column. Each batch moves it the part `share` of the way from where it is to the
means of this batch. `batches` is a list of arrays of shape (batch, n_out). Return the running
average after the last one, of shape (n_out,).
""",
    hints=(
        "A tenth of the way from 0 to 5 ends at 0.5. The next tenth begins there.",
        "Old plus `share` times (new minus old).",
    ),
    solution='''
def running_mean(batches, share):
    """Return the running average of the column means, (n_out,)."""
    running = np.zeros(batches[0].shape[1])
    for Z in batches:
        running += share * (Z.mean(axis=0) - running)
    return running
''',
    others=(
        (
            "running += share * (Z.mean(axis=0) - running)",
            "running = (1 - share) * running + share * Z.mean(axis=0)",
        ),
        ("np.zeros(batches[0].shape[1])", "0 * batches[0].mean(axis=0)"),
        """
def running_mean(batches, share):
    means = np.array([Z.mean(axis=0) for Z in batches])
    age = np.arange(len(batches))[::-1]
    return share * (1 - share) ** age @ means
""",
    ),
    wrong={
        "The two parts are exchanged: only `share` of the new mean comes in, the rest stays.": (
            (
                "running += share * (Z.mean(axis=0) - running)",
                "running = share * running + (1 - share) * Z.mean(axis=0)",
            ),
        ),
        "The old average is not reduced: it grows with every batch. Move towards the new mean.": (
            (" - running)", ")"),
        ),
        "These are the means of the last batch alone.": (
            (
                "running += share * (Z.mean(axis=0) - running)",
                "running = Z.mean(axis=0)",
            ),
        ),
        "This is the plain mean of all batches. The running average starts at 0, and the "
        "last batches count most.": (
            """
def running_mean(batches, share):
    return np.mean([Z.mean(axis=0) for Z in batches], axis=0)
""",
        ),
        "It starts at the first batch's means. It is to start at 0.": (
            ("np.zeros(batches[0].shape[1])", "batches[0].mean(axis=0)"),
        ),
        "Only the first batch moves it: perhaps the function ends inside its loop.": (
            ("    return", "        return"),
        ),
        "It moves away from the means: new minus old, not old minus new.": (
            ("running +=", "running -="),
        ),
        "The mean is that of the whole batch, over all columns. Each column has its own: axis "
        "0.": (("Z.mean(axis=0)", "Z.mean()"),),
    },
    cases=lambda rng: [
        ([normal_numbers(rng, n, n_out) + 4 for n in sizes], share)
        for n_out, sizes, share in [
            (1, (2,), 0.2),
            (1, (2, 2), 0.1),
            (2, (2, 3, 2), 0.25),
            (1, (3, 2, 2, 2), 0.3),
        ]
    ],
)

SCALE_AND_SHIFT = Exercise(
    title="The gradients of scale and shift",
    task=r"""
Batch normalisation ends with $Z_{\text{out}} = \gamma \odot \hat Z + \beta$. Given are
$G = \partial L / \partial Z_{\text{out}}$ and $\hat Z$, both of shape (batch, n_out). Return
$\partial L / \partial \gamma$ and $\partial L / \partial \beta$, as a pair of shape (n_out,)
each.
""",
    hints=(
        "β is added to every row, as a bias is.",
        "γ multiplies every row. The slope with respect to one factor is the other.",
        "Both serve all rows, so both gradients are sums over the rows.",
    ),
    solution='''
def scale_and_shift(G, Z_hat):
    """Return ∂L/∂γ and ∂L/∂β, each of shape (n_out,)."""
    return (G * Z_hat).sum(axis=0), G.sum(axis=0)
''',
    others=(
        ("(G * Z_hat).sum(axis=0)", 'np.einsum("bo,bo->o", G, Z_hat)'),
        ("(G * Z_hat).sum(axis=0)", "np.diag(G.T @ Z_hat)"),
        ("G.sum(axis=0)", "np.ones(len(G)) @ G"),
    ),
    wrong={
        "Both are means over the rows. They are sums: where the loss is a mean, its 1/n is "
        "in G already.": ((".sum(", ".mean("),),
        "The factor of γ is missing: its slope is Ẑ.": (("(G * Z_hat)", "G"),),
        "The slope of γ is summed without G. The chain rule multiplies by what arrives.": (
            ("(G * Z_hat)", "Z_hat"),
        ),
        "The sums run over the units. Every unit has its own γ and β: sum over axis 0.": (
            ("axis=0", "axis=1"),
        ),
        "The two are in the other order: first γ, then β.": (
            (
                "(G * Z_hat).sum(axis=0), G.sum(axis=0)",
                "G.sum(axis=0), (G * Z_hat).sum(axis=0)",
            ),
        ),
        "Sum and product are exchanged in ∂L/∂γ: first multiply row by row, then sum.": (
            ("(G * Z_hat).sum(axis=0)", "G.sum(axis=0) * Z_hat.sum(axis=0)"),
        ),
        "Everything is summed into one number. Every unit has a γ and a β of its own: sum "
        "over axis 0.": (("axis=0", ""),),
        "The shape is (1, n_out), expected (n_out,): leave `keepdims=True` out.": (
            ("axis=0", "axis=0, keepdims=True"),
        ),
        "The matrix product makes a table of all pairs of units. Multiply entry by entry, "
        "then sum over the rows.": (
            ("(G * Z_hat).sum(axis=0)", "Z_hat.T @ G"),
            ("(G * Z_hat).sum(axis=0)", "G.T @ Z_hat"),
        ),
        "The rows are not summed yet: γ and β serve all rows.": ((".sum(axis=0)", ""),),
    },
    cases=lambda rng: [
        (normal_numbers(rng, n, n_out), normal_numbers(rng, n, n_out))
        for n, n_out in [(2, 1), (2, 2), (4, 3)]
    ],
)

BACK = Exercise(
    title="Back through the standardisation",
    task=r"""
Now the longer way: $\hat Z = (Z - \text{column means}) / s$, where $s$, of shape (n_out,), is
the root in batch normalisation. Given are $D = \partial L / \partial \hat Z$, $\hat Z$ and
$s$. Return $\partial L / \partial Z$. Means and $s$ depend on every row of $Z$, so $Z$ acts
on the loss in three ways.
""",
    hints=(
        "Directly, the gradient is D / s. The other two ways take something off.",
        "Through the mean, a nudge of one entry moves all rows of its column the other way. "
        "That takes off the mean of D.",
        "Through the root: a larger s shrinks every Ẑ in proportion. That takes off Ẑ times "
        "the mean of D ⊙ Ẑ. All of it is divided by s.",
    ),
    solution='''
def standardise_backward(D, Z_hat, s):
    """Return ∂L/∂Z, in the shape of Z, (batch, n_out)."""
    through_mean = D.mean(axis=0)
    through_root = Z_hat * (D * Z_hat).mean(axis=0)
    return (D - through_mean - through_root) / s
''',
    others=(
        ("D.mean(axis=0)", "D.sum(axis=0) / len(D)"),
        ("(D * Z_hat).mean(axis=0)", "np.diag(D.T @ Z_hat) / len(D)"),
        """
def standardise_backward(D, Z_hat, s):
    n = len(D)
    columns = []
    for d, z, spread in zip(D.T, Z_hat.T, s):
        slopes = (np.eye(n) - 1 / n - np.outer(z, z) / n) / spread
        columns.append(slopes @ d)
    return np.array(columns).T
""",
    ),
    wrong={
        "Mean and spread count as fixed here. They depend on Z as well: two ways are missing.": (
            (" - through_mean - through_root", ""),
        ),
        "The way through the mean is missing.": ((" - through_mean", ""),),
        "The way through the root is missing.": ((" - through_root", ""),),
        "The two ways are sums over the batch. A nudge is shared by n rows: take the means.": (
            (".mean(", ".sum("),
        ),
        "The division by s is missing.": ((" / s", ""),),
        "Only the direct way is divided by s. All three are.": (
            (
                "(D - through_mean - through_root) / s",
                "D / s - through_mean - through_root",
            ),
        ),
        "What goes through the spread is in proportion to Ẑ: the factor in front is missing.": (
            ("Z_hat * (D", "(D"),
        ),
        "The two ways are added. They take something off.": (
            ("D - through_mean - through_root", "D + through_mean + through_root"),
        ),
        "The mean of D is that of the whole table. Each column has its own: axis 0.": (
            ("D.mean(axis=0)", "D.mean()"),
        ),
        "The mean of D ⊙ Ẑ is that of the whole table. Each column has its own: axis 0.": (
            ("(D * Z_hat).mean(axis=0)", "(D * Z_hat).mean()"),
        ),
        "Both means are those of the whole table. Each column has its own: axis 0.": (
            ("axis=0", ""),
        ),
    },
    cases=_backwards,
)

LAYER_NORM = Exercise(
    title="Layer normalisation",
    task=r"""
Standardise each row of `Z`, of shape (batch, n_out), over its units: subtract the row's mean,
divide by $\sqrt{\text{variance} + \epsilon}$. Then multiply by `gamma` and add `beta`, both of
shape (n_out,): every unit has its own.
""",
    hints=(
        "A row needs no other row. Which axis runs along it?",
        "The mean of each row has to meet all entries of this row: keep its axis.",
        "`Z.mean(axis=1, keepdims=True)` has the shape (batch, 1).",
    ),
    solution='''
def layer_norm(Z, gamma, beta, epsilon=1e-5):
    """Return Z standardised by row, times gamma, plus beta, (batch, n_out)."""
    mean = Z.mean(axis=1, keepdims=True)
    variance = Z.var(axis=1, keepdims=True)
    return gamma * (Z - mean) / np.sqrt(variance + epsilon) + beta
''',
    others=(
        (
            "Z.var(axis=1, keepdims=True)",
            "((Z - mean) ** 2).mean(axis=1, keepdims=True)",
        ),
        ("Z.mean(axis=1, keepdims=True)", "Z.mean(axis=1)[:, None]"),
        """
def layer_norm(Z, gamma, beta, epsilon=1e-5):
    rows = [(z - z.mean()) / np.sqrt(z.var() + epsilon) for z in Z]
    return np.array(rows) * gamma + beta
""",
    ),
    wrong={
        "This is batch normalisation: the columns are standardised. A row is standardised over "
        "its units, axis 1.": (("axis=1", "axis=0"),),
        "Mean and variance are those of the whole table. Each row has its own: axis 1.": (
            ("axis=1, keepdims=True", ""),
        ),
        "Without `keepdims=True` the means have shape (batch,), and NumPy lays them along the "
        "columns, or refuses.": ((", keepdims=True", ""),),
        "You divide by the variance. Divide by its root.": (
            ("np.sqrt(variance + epsilon)", "(variance + epsilon)"),
        ),
        "ε is missing: a row whose units are all alike becomes NaN.": (
            (" + epsilon", ""),
        ),
        "ε is added to the root. It belongs under it, beside the variance.": (
            ("np.sqrt(variance + epsilon)", "(np.sqrt(variance) + epsilon)"),
        ),
        "The variance is divided by n_out − 1 (`ddof=1`). Here it is a mean over the units.": (
            ("Z.var(axis=1,", "Z.var(axis=1, ddof=1,"),
        ),
        "The scale gamma is missing.": (("gamma * (Z", "(Z"),),
        "The shift beta is missing.": ((" + beta", ""),),
        "The rows are standardised. Scale and shift are still to come.": (
            """
def layer_norm(Z, gamma, beta, epsilon=1e-5):
    mean = Z.mean(axis=1, keepdims=True)
    return (Z - mean) / np.sqrt(Z.var(axis=1, keepdims=True) + epsilon)
""",
        ),
        "You take the root of the standard deviation, which is a root already: it belongs "
        "over the variance.": (("Z.var(axis=1, ", "Z.std(axis=1, "),),
    },
    cases=lambda rng: [
        (Z, normal_numbers(rng, Z.shape[1]) + 3, normal_numbers(rng, Z.shape[1]) - 2)
        for Z in [
            normal_numbers(rng, 1, 2) + np.array([[0.0, 6.0]]),
            normal_numbers(rng, 2, 3) * 0.01,
            normal_numbers(rng, 3, 3),
            np.array([[2.0, 2.0, 2.0], [1.0, 4.0, -3.0]]),
        ]
    ],
    tolerance=1e-7,
)

DROPOUT = Exercise(
    title="Dropout",
    task=r"""
While training, dropout sets each entry of `A`, of shape (batch, n_out), to 0 with the
probability `p`, each for itself, and divides what is left by $1 - p$. Return the result. Draw
with `rng`, as in `rng.random(A.shape)`, which is evenly spread over 0 to 1.
""",
    hints=(
        "A number that is evenly spread over 0 to 1 is below p with the probability p.",
        "A comparison of the drawn numbers with p makes a mask of what is kept.",
        "Multiply by the mask, then make up for what is missing: divide by 1 − p.",
    ),
    solution='''
def dropout(A, p, rng):
    """Return A, thinned out, in the shape (batch, n_out)."""
    kept = rng.random(A.shape) >= p
    return A * kept / (1 - p)
''',
    others=(
        ("rng.random(A.shape) >= p", "rng.random(A.shape) < 1 - p"),
        ("rng.random(A.shape) >= p", "rng.binomial(1, 1 - p, size=A.shape)"),
        (
            "A * kept / (1 - p)",
            "np.where(kept, A / (1 - p), 0)",
        ),
        ("rng.random(A.shape) >= p", "rng.choice([0, 1], size=A.shape, p=[p, 1 - p])"),
    ),
    wrong={
        "What is left is not made up for: divide by 1 − p, so that the mean stays.": (
            (" / (1 - p)", ""),
        ),
        "You divide by p. What is left is the share 1 − p.": (("(1 - p)", "p"),),
        "p is taken for the probability of being kept. It is that of being dropped.": (
            (">= p\n    return A * kept / (1 - p)", "< p\n    return A * kept / p"),
        ),
        "The mask is the wrong way round: 1 − p of the entries are dropped.": (
            (">= p", "< p"),
        ),
        "Whole columns are dropped, in all rows alike. Each entry is dropped for itself.": (
            ("rng.random(A.shape)", "rng.random((1, A.shape[1]))"),
        ),
        "Whole rows are dropped. Each entry is dropped for itself.": (
            ("rng.random(A.shape)", "rng.random((len(A), 1))"),
        ),
        "You multiply by 1 − p. Fewer entries are left, so each must become larger: divide.": (
            ("/ (1 - p)", "* (1 - p)"),
        ),
        "The same entries are dropped each time. Draw with the `rng` that is given.": (
            ("rng.random(A.shape)", "np.random.default_rng(0).random(A.shape)"),
        ),
        "With the same `rng` other entries are dropped: draw with the `rng` that is given, "
        "not with `np.random`.": (
            ("rng.random(A.shape)", "np.random.random(A.shape)"),
            ("rng.random(A.shape)", "np.random.default_rng().random(A.shape)"),
        ),
        "All entries are dropped together, or none: draw a number for each, in the shape of A.": (
            ("rng.random(A.shape)", "rng.random()"),
        ),
    },
    cases=lambda rng: [(p, int(rng.integers(1000))) for p in (0.2, 0.6)],
    use=_thinned,
    equivalent=("kept = rng.random(A.shape) > p",),  # never exactly p
)

PREDICTION = Exercise(
    title="Predict a column",
    task=r"""
Before you run anything: a column of two rows, 2 and 6, goes through batch normalisation with
$\gamma = 3$ and $\beta = 1$. Leave the tiny $\epsilon$ out. What comes out? Answer with two
numbers, `(first, second)`.
""",
    hints=(
        "The mean is 4. How far are the two from it?",
        "The variance is the mean of the squared distances, over the two rows.",
        "Divide by its root; then times γ, plus β.",
    ),
    solution="column = (-2, 4)",
    others=(
        "column = [-2.0, 4.0]",
        "column = 3 * (np.array([2, 6]) - 4) / 2 + 1",
        "column = np.array([-1, 1]) * 3 + 1",
    ),
    wrong={
        "This is the standardised column. Scale and shift are still to come.": (
            "column = (-1, 1)",
        ),
        "The shift β is missing.": ("column = (-3, 3)",),
        "The scale γ is missing.": ("column = (0, 2)",),
        "γ and β are exchanged.": ("column = (2, 4)",),
        "You divided by the variance, 4. Divide by its root.": (
            "column = (-0.5, 2.5)",
        ),
        "The variance was divided by n − 1. Here it is a mean over both rows.": (
            "column = 3 * np.array([-1, 1]) / np.sqrt(2) + 1",
        ),
        "The division by the variance's root is missing.": ("column = (-5, 7)",),
        "The two are exchanged: 2 lies below the mean, so it becomes negative.": (
            "column = (4, -2)",
        ),
    },
    tolerance=0.005,
)

BOOK = Workbook(
    "Deep networks",
    [
        START,
        BATCH_NORM,
        RUNNING,
        SCALE_AND_SHIFT,
        BACK,
        LAYER_NORM,
        DROPOUT,
        PREDICTION,
    ],
    then="All done. Go on with the workbook *Broken programs*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
