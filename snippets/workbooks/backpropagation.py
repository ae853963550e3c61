"""Exercises on backpropagation, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers


def _layers(rng: np.random.Generator) -> list[tuple]:
    """Return what a dense layer's backward pass gets: dZ, X and W."""
    sizes = [(1, 2, 1), (3, 2, 1), (4, 3, 2), (3, 3, 3)]  # batch, n_in, n_out
    return [
        (
            normal_numbers(rng, batch, n_out),
            normal_numbers(rng, batch, n_in),
            normal_numbers(rng, n_in, n_out),
        )
        for batch, n_in, n_out in sizes
    ]


def _networks(rng: np.random.Generator) -> list[tuple]:
    """Return data and weights of networks with one hidden layer."""
    sizes = [(1, 2, 3), (3, 2, 4), (6, 3, 5)]  # batch, n_in, n_hidden
    random = [
        (
            normal_numbers(rng, batch, n_in),
            normal_numbers(rng, batch, 1),
            normal_numbers(rng, n_in, n_hidden),
            normal_numbers(rng, 1, n_hidden),
            normal_numbers(rng, n_hidden, 1),
            normal_numbers(rng, 1, 1),
        )
        for batch, n_in, n_hidden in sizes
    ]
    X, y, W, _b, V, c = random[0]
    return [(X, y, W, -X @ W, V, c), *random]  # the first with every Z at 0


BIAS = Exercise(
    title="The gradient of a bias",
    task=r"""
A dense layer computes $Z = X W + b$: it adds the same $b$, of shape (1, n_out), to every
row of the batch. You are given $\partial L / \partial Z$, with one row for each sample.
Return $\partial L / \partial b$ in the shape of $b$.
""",
    hints=(
        "One bias takes part in every row. What happens to the loss when a nudge "
        "to it moves all rows at once?",
        "Each row contributes its own share of the change. Shares add up.",
        "Add the rows up: an axis of `dZ` disappears, and `keepdims=True` keeps "
        "it as an axis of length 1.",
    ),
    solution='''
def bias_gradient(dZ):
    """Return ∂L/∂b, of shape (1, n_out), from ∂L/∂Z, of shape (batch, n_out)."""
    return dZ.sum(axis=0, keepdims=True)
''',
    others=(
        ("dZ.sum(axis=0, keepdims=True)", "np.ones((1, len(dZ))) @ dZ"),
        ("dZ.sum(axis=0, keepdims=True)", "np.sum(dZ, 0).reshape(1, -1)"),
        ("dZ.sum(axis=0, keepdims=True)", "sum(dZ)[None, :]"),
    ),
    wrong={
        "The gradient of b is a mean, it must be a sum: every row adds its own "
        "share. Where the loss is a mean, its 1/n is in ∂L/∂Z already.": (
            ("sum(axis=0, keepdims=True)", "mean(axis=0)"),
            ("sum", "mean"),
            (
                "dZ.sum(axis=0, keepdims=True)",
                "dZ.sum(0, keepdims=True) / len(dZ)",
            ),
        ),
        "The shape is (n_out,), expected (1, n_out): without `keepdims=True` the "
        "sum loses an axis.": ((", keepdims=True", ""),),
        "The sum runs over the units. One bias belongs to one unit and to all "
        "samples, so the sum runs over the batch, axis 0.": (
            ("axis=0", "axis=1"),
            ("axis=0, keepdims=True", "axis=1"),
        ),
        "You add up the whole of ∂L/∂Z. Each unit has a bias of its own, so each "
        "column has a sum of its own.": (
            ("axis=0, keepdims=True", ""),
            ("axis=0, ", ""),
        ),
        "This is ∂L/∂Z itself, a row for each sample. There is one b for all "
        "samples, so their rows have to be added up.": (
            (".sum(axis=0, keepdims=True)", ""),
        ),
        "The sign is turned round: the gradient is the slope itself. The minus "
        "comes in later, when a step is taken against it.": (("return ", "return -"),),
        "Only the first row counts here. Every row adds its own share.": (
            ("dZ.sum(axis=0, keepdims=True)", "dZ[:1]"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, *shape),) for shape in [(1, 1), (3, 1), (2, 2), (4, 3)]
    ],
)

RELU = Exercise(
    title="Back through ReLU",
    task=r"""
The activation is $A = \mathrm{relu}(Z)$. You are given $\partial L / \partial A$ and the
pre-activation $Z$, in the same shape. Return $\partial L / \partial Z$. Where $Z$ is
exactly 0, take 0 as the slope.
""",
    hints=(
        "The chain rule multiplies by the local slope, number by number.",
        "The slope of ReLU is 1 on one side of 0, and 0 on the other.",
        "A comparison of `Z` with 0 gives True and False, which count as 1 and 0 "
        "in a product.",
    ),
    solution='''
def relu_backward(dA, Z):
    """Return ∂L/∂Z from ∂L/∂A and Z, all of shape (batch, n_out)."""
    return dA * (Z > 0)
''',
    others=(
        ("dA * (Z > 0)", "np.where(Z > 0, dA, 0.0)"),
        ("dA * (Z > 0)", "dA * np.heaviside(Z, 0)"),
        """
def relu_backward(dA, Z):
    dZ = dA.copy()
    dZ[Z <= 0] = 0
    return dZ
""",
    ),
    wrong={
        "Your mask uses >= 0: where Z is exactly 0, the slope is to be 0.": (
            ("Z > 0", "Z >= 0"),
        ),
        "You apply ReLU to the gradient. Whether a gradient is positive does not "
        "matter; the mask asks for the sign of Z.": (
            ("dA * (Z > 0)", "np.maximum(dA, 0)"),
            ("(Z > 0)", "(dA > 0)"),
        ),
        "You multiply by ReLU's value. The chain rule wants its slope, which is 1 "
        "or 0.": (("(Z > 0)", "np.maximum(Z, 0)"),),
        "The mask is the wrong way round: units with a positive Z let the "
        "gradient pass.": (("Z > 0", "Z < 0"), ("Z > 0", "Z <= 0")),
        "This is ReLU's slope alone. Multiply it by the gradient that arrives, "
        "∂L/∂A.": (("dA * (Z > 0)", "1.0 * (Z > 0)"),),
        "The gradient passes every unit as if ReLU were not there. Inactive units "
        "let nothing pass.": (("dA * (Z > 0)", "dA"),),
        "Where Z is negative, its sign turns the gradient round. ReLU lets nothing pass there.": (
            ("(Z > 0)", "np.sign(Z)"),
        ),
        "This is ReLU itself, as in the forward pass. On the way back, the gradient passes or does not.": (
            ("dA * (Z > 0)", "np.maximum(Z, 0)"),
        ),
        "You multiply by Z itself. The chain rule wants the slope of ReLU, which is 1 or 0.": (
            ("(Z > 0)", "Z"),
        ),
        "Only the gradients of active units are left. The others become 0, and the shape stays.": (
            ("dA * (Z > 0)", "dA[Z > 0]"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, 1, 1), np.array([[0.0]])),
        (normal_numbers(rng, 1, 3), np.array([[-1.5, 0.0, 2.0]])),
        (normal_numbers(rng, 4, 3), normal_numbers(rng, 4, 3)),
    ],
)

DENSE = Exercise(
    title="Back through a dense layer",
    task=r"""
The layer computes $Z = X W + b$, with $X$ of shape (batch, n_in) and $W$ of shape
(n_in, n_out). You are given $\partial L / \partial Z$. Return the two gradients
$\partial L / \partial X$ and $\partial L / \partial W$, as a pair in this order.
""",
    hints=(
        "A gradient has the shape of what it belongs to. That leaves few products.",
        "Each weight sees one input of every sample: its gradient sums input "
        "times ∂L/∂Z over the batch.",
        "A product over the batch is `X.T @ …`; a product over the units is `… @ W.T`.",
    ),
    solution='''
def dense_backward(dZ, X, W):
    """Return ∂L/∂X and ∂L/∂W, each in the shape of X and of W."""
    dX = dZ @ W.T
    dW = X.T @ dZ
    return dX, dW
''',
    others=(
        ("X.T @ dZ", "(dZ.T @ X).T"),
        ("dZ @ W.T", "(W @ dZ.T).T"),
        (
            "dW = X.T @ dZ",
            "dW = sum(np.outer(x, dz) for x, dz in zip(X, dZ, strict=True))",
        ),
        ("X.T @ dZ", 'np.einsum("bi,bo->io", X, dZ)'),
    ),
    wrong={
        "∂L/∂W is a mean over the batch, it must be a sum. Where the loss is a "
        "mean, its 1/n is in ∂L/∂Z already.": (("X.T @ dZ", "X.T @ dZ / len(X)"),),
        "∂L/∂X is divided by the batch. Each sample has a row of its own, and "
        "no sum over the batch is in it.": (("dZ @ W.T", "dZ @ W.T / len(X)"),),
        "∂L/∂W has the shape of its transpose: start from X.T, so that n_in "
        "comes first.": (
            ("X.T @ dZ", "np.dot(dZ.T, X)"),
            ("X.T @ dZ", "dZ.T @ X"),
        ),
        "∂L/∂X has the shape of its transpose: keep the samples as rows.": (
            ("dZ @ W.T", "np.dot(W, dZ.T)"),
            ("dZ @ W.T", "W @ dZ.T"),
        ),
        "The two gradients are in the other order: first ∂L/∂X, then ∂L/∂W.": (
            ("dX, dW\n", "dW, dX\n"),
        ),
        "W stands in its product as in the forward pass. On the way back, it "
        "is transposed.": (
            ("dZ @ W.T", "np.dot(dZ, W)"),
            ("W.T", "W"),
        ),
        "X stands in its product as in the forward pass. On the way back, it "
        "is transposed.": (
            ("X.T @ dZ", "np.dot(X, dZ)"),
            ("X.T", "X"),
        ),
        "∂L/∂W leaves out the samples but the first. Every sample adds its share.": (
            ("X.T @ dZ", "np.outer(X[0], dZ[0])"),
        ),
        "Both gradients are divided by the batch. Where the loss is a mean, its 1/n is in "
        "∂L/∂Z already.": (
            ("dW = X.T @ dZ", "dX, dW = dX / len(X), X.T @ dZ / len(X)"),
        ),
        "The factors of ∂L/∂X stand the other way round. Its rows are samples, so ∂L/∂Z, "
        "whose rows are samples, comes first.": (
            ("dZ @ W.T", "W.T @ dZ"),
            ("dZ @ W.T", "np.dot(W.T, dZ)"),
            ("dZ @ W.T", "W @ dZ"),
            ("dZ @ W.T", "np.dot(W, dZ)"),
        ),
        "W and X both stand as in the forward pass. On the way back, both are transposed.": (
            (".T", ""),
            """
def dense_backward(dZ, X, W):
    return np.dot(dZ, W), np.dot(X, dZ)
""",
        ),
        "There is a ReLU's mask in ∂L/∂X. This layer has no activation.": (
            ("dZ @ W.T", "dZ @ W.T * (X > 0)"),
        ),
    },
    cases=_layers,
)

PREDICTION = Exercise(
    title="Predict a gradient",
    task=r"""
Before you run anything: one sample with the inputs $x_1 = 3$ and $x_2 = -1$, one hidden
unit with the weights 0.5 and 1 and the bias 0.3, ReLU, then an output with the weight
$v = -2$ and the bias 1. The target is $y = 1$, and the loss is $(\hat y - y)^2$. Work out
$\partial L / \partial w_1$, the gradient of the weight 0.5, with a pencil.
""",
    hints=(
        "Go forward first: z, then a, then ŷ. Is the unit active?",
        "Start the way back at ∂L/∂ŷ = 2 (ŷ − y).",
        "Multiply along the path: ∂L/∂ŷ, then v, then ReLU's slope, then x₁.",
    ),
    solution="""
z = 3 * 0.5 + -1 * 1 + 0.3
y_hat = max(z, 0) * -2 + 1
dw1 = 2 * (y_hat - 1) * -2 * 3
""",
    others=("dw1 = 19.2", "dw1 = 96 / 5", "dw1 = np.array(19.2)"),
    wrong={
        "The 2 of the square's slope is missing: ∂L/∂ŷ = 2 (ŷ − y).": (
            ("dw1 = 2 * ", "dw1 = "),
        ),
        "You went as far as ∂L/∂z. One factor more leads to the weight: the "
        "input that it multiplies.": (("* -2 * 3", "* -2"),),
        "This is ∂L/∂w₂: you multiplied by x₂.": (("* -2 * 3", "* -2 * -1"),),
        "This is the gradient without the output's weight: on the way back, "
        "the path goes through v.": (("* -2 * 3", "* 3"),),
        "The sign is turned round: ŷ − y, not y − ŷ.": (("y_hat - 1", "1 - y_hat"),),
        "You took the unit for inactive. Its z is 1.5 − 1 + 0.3.": (
            ("y_hat - 1", "0"),
        ),
        "This is the loss. Go back from it.": (
            ("dw1 = 2 * (y_hat - 1) * -2 * 3", "dw1 = (y_hat - 1) ** 2"),
        ),
        "This is ∂L/∂ŷ. Go on: v, ReLU, x₁.": (
            ("(y_hat - 1) * -2 * 3", "(y_hat - 1)"),
        ),
    },
    tolerance=0.005,
    equivalent=("z = 3 * 0.5 + -1 / 1 + 0.3",),
)

PLANTED = Exercise(
    title="Two planted mistakes",
    task=r"""
This backward pass belongs to a network with one hidden layer of ReLU units, and to the
mean squared error of a batch. It runs, and the shapes are right, but two of its lines are
wrong. Find them, and mend them.
""",
    hints=(
        "Check each gradient on its own: which of `dV`, `dc`, `dW` and `db` are "
        "right? A mistake spoils its own line and those behind it.",
        "One mistake counts the batch once too often. The other lies in a mask.",
        "`A` is never negative, so `A >= 0` is always true.",
    ),
    stub='''
def backward(X, y, W, b, V, c):
    """Return the gradients of mse(relu(X @ W + b) @ V + c, y)."""
    Z = X @ W + b
    A = np.maximum(Z, 0)
    y_hat = A @ V + c
    dy_hat = 2 * (y_hat - y) / len(X)
    dV = A.T @ dy_hat
    dc = dy_hat.mean(axis=0, keepdims=True)
    dZ = dy_hat @ V.T * (A >= 0)
    dW = X.T @ dZ
    db = dZ.sum(axis=0, keepdims=True)
    return {"dW": dW, "db": db, "dV": dV, "dc": dc}
''',
    solution='''
def backward(X, y, W, b, V, c):
    """Return the gradients of mse(relu(X @ W + b) @ V + c, y)."""
    Z = X @ W + b
    A = np.maximum(Z, 0)
    y_hat = A @ V + c
    dy_hat = 2 * (y_hat - y) / len(X)
    dV = A.T @ dy_hat
    dc = dy_hat.sum(axis=0, keepdims=True)
    dZ = dy_hat @ V.T * (Z > 0)
    dW = X.T @ dZ
    db = dZ.sum(axis=0, keepdims=True)
    return {"dW": dW, "db": db, "dV": dV, "dc": dc}
''',
    others=(
        ("(Z > 0)", "(A > 0)"),
        ("(Z > 0)", "np.where(Z > 0, 1, 0)"),
        ("dy_hat.sum(axis=0, keepdims=True)", "np.ones((1, len(X))) @ dy_hat"),
    ),
    wrong={
        "The mask is mended. One gradient still counts the batch twice: look at "
        "the lines of the biases.": (("dy_hat.sum", "dy_hat.mean"),),
        "The bias is mended. One mistake is left: on these cases inactive units "
        "still let the gradient pass.": (
            ("(Z > 0)", "(A >= 0)"),
            ("(Z > 0)", "1"),
        ),
        "Now no gradient holds the 1/n of the mean: it belongs into ∂L/∂ŷ, once, "
        "and from there reaches all others.": ((" / len(X)", ""),),
        "Both biases are a mean now. ∂L/∂ŷ holds the 1/n of the loss already, "
        "so the rows are added up.": ((".sum(", ".mean("),),
        "The mask is the wrong way round: units with a positive Z let the "
        "gradient pass.": (("Z > 0", "Z <= 0"), ("Z > 0", "Z < 0")),
        "The mask asks for the sign of the gradient. It asks for the sign of Z.": (
            ("(Z > 0)", "(dy_hat @ V.T > 0)"),
        ),
    },
    cases=_networks,
    equivalent=("dZ = dy_hat * V.T * (Z > 0)",),  # one number an output row
)

BOOK = Workbook(
    "Backpropagation",
    [BIAS, RELU, DENSE, PREDICTION, PLANTED],
    then="All done. Go on with the workbook *Gradient descent*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
