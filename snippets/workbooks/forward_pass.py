"""Exercises on the forward pass, and what their checks know."""

from snippets.workbooks.checking import Exercise, Workbook, drawn, normal_numbers

STANDARDISE = Exercise(
    title="Standardise the columns",
    task=r"""
Each row of `X` is a delivery, each column a quantity with its own unit. Return `X` with each
column shifted to mean 0 and divided by its standard deviation.
""",
    hints=(
        "Each column has a mean and a standard deviation of its own.",
        "`X.mean(axis=0)` runs over the rows, and has one number for each column.",
    ),
    solution='''
def standardise(X):
    """Return X (n, columns), each column of mean 0 and standard deviation 1."""
    return (X - X.mean(axis=0)) / X.std(axis=0)
''',
    others=(
        ("X.std(axis=0)", "np.sqrt(X.var(axis=0))"),
        ("X.mean(axis=0)", "X.sum(axis=0, keepdims=True) / len(X)"),
        (
            "(X - X.mean(axis=0)) / X.std(axis=0)",
            "np.array([(c - c.mean()) / c.std() for c in X.T]).T",
        ),
    ),
    wrong={
        "Mean and deviation are those of the whole table. Each column has its own: axis 0.": (
            ("axis=0", ""),
        ),
        "Mean and deviation are those of the rows. They belong to the columns: axis 0.": (
            ("axis=0", "axis=1, keepdims=True"),
            ("axis=0", "axis=1"),
        ),
        "You divide by the variance. The standard deviation is its square root.": (
            ("X.std", "X.var"),
        ),
        "The columns are shifted, but not divided by their standard deviation.": (
            (" / X.std(axis=0)", ""),
        ),
        "The columns are divided, but their means are not subtracted.": (
            ("(X - X.mean(axis=0))", "X"),
        ),
        "The division comes first: `X - mean / std` needs brackets round the difference.": (
            (
                "(X - X.mean(axis=0)) / X.std(axis=0)",
                "X - X.mean(axis=0) / X.std(axis=0)",
            ),
        ),
        "You divide by n − 1 in the standard deviation (`ddof=1`). Take NumPy's default, n.": (
            ("X.std(axis=0)", "X.std(axis=0, ddof=1)"),
        ),
        "This squeezes each column into 0 to 1. Asked for are mean 0 and standard deviation 1.": (
            (
                "(X - X.mean(axis=0)) / X.std(axis=0)",
                "(X - X.min(axis=0)) / (X.max(axis=0) - X.min(axis=0))",
            ),
        ),
        "The deviation is that of the whole table. Each column has its own: axis 0.": (
            ("X.std(axis=0)", "X.std()"),
        ),
        "The mean is that of the whole table. Each column has its own: axis 0.": (
            ("X.mean(axis=0)", "X.mean()"),
        ),
        "You multiply by the standard deviation. Divide by it.": ((" / X", " * X"),),
        "The means are added. Subtract them.": (("X - X", "X + X"),),
        "You divide by the root of the standard deviation, which is a root already.": (
            ("X.std(axis=0)", "np.sqrt(X.std(axis=0))"),
        ),
        "You divide by the largest number of each column. Asked for are mean 0 and standard "
        "deviation 1.": (
            ("(X - X.mean(axis=0)) / X.std(axis=0)", "X / X.max(axis=0)"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, *shape) + 2,) for shape in [(2, 2), (3, 2), (4, 3)]
    ],
)

FORWARD = Exercise(
    title="Two layers",
    task=r"""
Write the forward pass of a network with one hidden layer: ReLU in the hidden layer, and a
linear output. `X` has shape (batch, n_in), the result (batch, n_out).
""",
    hints=(
        "Do the same twice: times the weights, plus the biases. What differs is what comes after.",
        "The prediction is a number of minutes, and nothing follows the last layer's biases.",
    ),
    solution='''
def forward(X, W1, b1, W2, b2):
    """Return the predictions, of shape (batch, n_out)."""
    A = np.maximum(0, X @ W1 + b1)
    return A @ W2 + b2
''',
    others=(
        ("np.maximum(0, X @ W1 + b1)", "(X @ W1 + b1).clip(min=0)"),
        ("A @ W2 + b2", "b2 + np.dot(A, W2)"),
        ("np.maximum(0, X @ W1 + b1)", "np.where(X @ W1 + b1 > 0, X @ W1 + b1, 0)"),
    ),
    wrong={
        "The hidden layer has no activation, so the two layers are one.": (
            ("np.maximum(0, X @ W1 + b1)", "X @ W1 + b1"),
        ),
        "The output passes ReLU too, and can never be negative. The last layer is linear.": (
            ("return A @ W2 + b2", "return np.maximum(0, A @ W2 + b2)"),
        ),
        "ReLU comes before the bias of the hidden layer.": (
            ("np.maximum(0, X @ W1 + b1)", "np.maximum(0, X @ W1) + b1"),
        ),
        "The first biases are missing.": ((" + b1", ""),),
        "The second biases are missing.": ((" + b2", ""),),
        "ReLU stands behind the output instead of in the hidden layer.": (
            "def forward(X, W1, b1, W2, b2):\n    return np.maximum(0, (X @ W1 + b1) @ W2 + b2)",
        ),
        "Both biases are missing.": (
            "def forward(X, W1, b1, W2, b2):\n    return np.maximum(0, X @ W1) @ W2\n",
        ),
        "The hidden layer has the sigmoid. Asked for is ReLU.": (
            ("np.maximum(0, X @ W1 + b1)", "1 / (1 + np.exp(-(X @ W1 + b1)))"),
        ),
        "`np.max(…, 0)` looks for the largest of each column. ReLU looks at each number "
        "alone: `np.maximum`.": (
            ("np.maximum(0, X @ W1 + b1)", "np.max(X @ W1 + b1, 0)"),
        ),
    },
    cases=lambda rng: [
        (
            normal_numbers(rng, batch, 3),
            normal_numbers(rng, 3, 4),
            normal_numbers(rng, 1, 4),
            normal_numbers(rng, 4, n_out),
            normal_numbers(rng, 1, n_out) + shift,
        )
        for batch, n_out, shift in [(1, 2, 0), (4, 2, -9), (4, 2, 9)]
    ],
)

COUNT = Exercise(
    title="Count the parameters",
    task=r"""
`layer_sizes` lists how many numbers go into the network and how many units each layer has,
such as `[4, 8, 4, 1]`. Return how many weights and biases the network has together.
""",
    hints=(
        "A layer has a weight for each pair of an input and a unit, and a bias for each unit.",
        "Go through the pairs of neighbouring sizes.",
    ),
    solution='''
def count_parameters(layer_sizes):
    """Return how many weights and biases a network of these layers has."""
    count = 0
    for n_in, n_out in zip(layer_sizes[:-1], layer_sizes[1:]):
        count += n_in * n_out + n_out
    return count
''',
    others=(
        ("n_in * n_out + n_out", "(n_in + 1) * n_out"),
        ("zip(layer_sizes[:-1], layer_sizes[1:])", "zip(layer_sizes, layer_sizes[1:])"),
        """
def count_parameters(layer_sizes):
    pairs = range(len(layer_sizes) - 1)
    return sum((layer_sizes[i] + 1) * layer_sizes[i + 1] for i in pairs)
""",
    ),
    wrong={
        "The biases are missing.": ((" + n_out", ""),),
        "There is a bias for each input. There is one for each unit.": (
            ("+ n_out", "+ n_in"),
        ),
        "Each layer has one bias in all. Each of its units has one.": (
            ("+ n_out", "+ 1"),
        ),
        "Inputs and units are added. Each input has a weight to each unit: multiply them.": (
            ("n_in * n_out", "n_in + n_out"),
        ),
        "The output layer is left out.": (("layer_sizes[:-1]", "layer_sizes[:-2]"),),
        "Only the last layer is counted: add the layers up.": (
            ("count +=", "count ="),
        ),
        "Only the first layer is counted: perhaps `return` stands inside the loop.": (
            ("    return count", "        return count"),
        ),
        "The sizes are added up. Each layer has a weight for each pair of an input and a unit.": (
            "def count_parameters(layer_sizes):\n    return sum(layer_sizes)\n",
        ),
        "The inputs have biases here. Only the units of a layer have them.": (
            ("    return count", "    return count + layer_sizes[0]"),
        ),
        "Each layer has biases for its inputs and for its units. Only the units have them.": (
            ("+ n_out", "+ n_in + n_out"),
        ),
        "All sizes are multiplied with each other. Multiply neighbours, then add the layers up.": (
            ("    return count", "    return int(np.prod(layer_sizes))"),
        ),
        "The first layer is left out.": (
            (
                "zip(layer_sizes[:-1], layer_sizes[1:])",
                "zip(layer_sizes[1:], layer_sizes[2:])",
            ),
        ),
        "These are the numbers of each layer. Add them up.": (
            "def count_parameters(layer_sizes):\n    return [a * b + b for a, b in zip(layer_sizes, layer_sizes[1:])]\n",
        ),
        "These are weights and biases apart. Add them up.": (
            "def count_parameters(layer_sizes):\n    pairs = [*zip(layer_sizes, layer_sizes[1:])]\n    return sum(a * b for a, b in pairs), sum(layer_sizes[1:])\n",
        ),
    },
    cases=lambda rng: [
        ([3, 2],),
        ([2, 3, 4],),
        ([4, 8, 4, 1],),
        (rng.integers(2, 9, size=4).tolist(),),
    ],
)

HE = Exercise(
    title="He initialisation",
    task=r"""
Return random weights of shape (n_in, n_out) for a ReLU layer: normally distributed, with mean
0 and the standard deviation $\sqrt{2 / n_{in}}$. Draw them with `rng.normal`.
""",
    hints=(
        "`rng.normal(size=…)` draws with the standard deviation 1. Times a number, they have that number as their deviation.",
        "The more inputs a unit has, the smaller each weight: divide by n_in, not by n_out.",
    ),
    solution='''
def he(n_in, n_out, rng):
    """Return weights (n_in, n_out) with the standard deviation √(2 / n_in)."""
    return rng.normal(size=(n_in, n_out)) * np.sqrt(2 / n_in)
''',
    others=(
        (
            "rng.normal(size=(n_in, n_out)) * np.sqrt(2 / n_in)",
            "rng.normal(0, np.sqrt(2 / n_in), size=(n_in, n_out))",
        ),
        ("* np.sqrt(2 / n_in)", "/ np.sqrt(n_in / 2)"),
        ("np.sqrt(2 / n_in)", "(2 / n_in) ** 0.5"),
        ("rng.normal(size=(n_in, n_out))", "rng.normal(size=(n_out, n_in)).T"),
    ),
    wrong={
        "The factor is √(1 / n_in), which suits a linear layer. ReLU drops half: take 2 / n_in.": (
            ("2 / n_in", "1 / n_in"),
        ),
        "The root is missing: √(2 / n_in) is the standard deviation.": (
            ("np.sqrt(2 / n_in)", "(2 / n_in)"),
        ),
        "You divide by n_out. The spread of z depends on how many inputs add up in it: n_in.": (
            ("2 / n_in", "2 / n_out"),
        ),
        "The shape is turned round: (n_in, n_out).": (
            ("size=(n_in, n_out)", "size=(n_out, n_in)"),
        ),
        "The weights are not scaled at all.": ((" * np.sqrt(2 / n_in)", ""),),
        "The fraction is upside down: more inputs, smaller weights.": (
            ("2 / n_in", "n_in / 2"),
        ),
        "The numbers are uniform. Draw them from the normal distribution, with `rng.normal`.": (
            ("rng.normal(size=(n_in, n_out))", "rng.uniform(size=(n_in, n_out))"),
            (
                "rng.normal(size=(n_in, n_out))",
                "rng.uniform(-1, 1, size=(n_in, n_out))",
            ),
        ),
        "The shape is taken for the mean: in `rng.normal` it is the argument `size`.": (
            ("size=(n_in, n_out)", "(n_in, n_out)"),
        ),
        "With the same `rng` you draw other numbers each time: draw with the `rng` that is "
        "given, not with `np.random`.": (
            ("rng.normal(size=(n_in, n_out))", "np.random.normal(size=(n_in, n_out))"),
            (
                "rng.normal(size=(n_in, n_out))",
                "np.random.default_rng().normal(size=(n_in, n_out))",
            ),
        ),
        "The weights are the same, whatever `rng` is: draw with the one that is given.": (
            (
                "rng.normal(size=(n_in, n_out))",
                "np.random.default_rng(0).normal(size=(n_in, n_out))",
            ),
        ),
        "The factor is taken for the mean: it is the first argument of `rng.normal`, and the "
        "standard deviation is the second.": (
            (
                "rng.normal(size=(n_in, n_out)) * np.sqrt(2 / n_in)",
                "rng.normal(np.sqrt(2 / n_in), size=(n_in, n_out))",
            ),
            (
                "rng.normal(size=(n_in, n_out)) * np",
                "rng.normal(size=(n_in, n_out)) + np",
            ),
        ),
        "The root covers the 2 alone: n_in belongs under it as well.": (
            ("np.sqrt(2 / n_in)", "np.sqrt(2) / n_in"),
        ),
        "You divide by inputs and outputs together. Here only n_in counts.": (
            ("2 / n_in", "2 / (n_in + n_out)"),
        ),
    },
    cases=lambda rng: [
        (n_in, n_out, int(rng.integers(100))) for n_in, n_out in [(50, 400), (100, 300)]
    ],
    use=lambda answer, n_in, n_out, seed: drawn(
        lambda rng: answer(n_in, n_out, rng), seed
    ),
)

SHAPE = Exercise(
    title="Predict a shape",
    task=r"""
Before you run anything: a batch of 32 deliveries with 4 columns each goes through the network
4 → 8 → 6 → 1. What is the shape of $Z_2$, the pre-activations of the second layer? Answer with
a pair, `(rows, columns)`.
""",
    hints=(
        "The samples stay in the rows, through all layers.",
        "The first layer has 8 units, the second 6.",
    ),
    solution="shape = (32, 6)",
    others=("shape = [32, 6]", "shape = np.zeros((32, 6)).shape", "shape = 32, 6"),
    wrong={
        "The samples stand in the rows: rows and columns are exchanged.": (
            ("(32, 6)", "(6, 32)"),
        ),
        "This is the shape of Z₁: the second layer has 6 units.": (
            ("(32, 6)", "(32, 8)"),
        ),
        "This is the shape of W₂. A pre-activation has a row for each sample.": (
            ("(32, 6)", "(8, 6)"),
        ),
        "This is the shape of b₂. It is added to each of the rows.": (
            ("(32, 6)", "(1, 6)"),
        ),
        "This is the shape of X.": (("(32, 6)", "(32, 4)"),),
        "This is the shape of the predictions, Z₃.": (("(32, 6)", "(32, 1)"),),
    },
)

BOOK = Workbook(
    "Forward pass",
    [STANDARDISE, FORWARD, COUNT, HE, SHAPE],
    then="All done. Go on with the workbook *Backpropagation*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
