"""Exercises on convolution and pooling, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers


def _filtered(rng: np.random.Generator) -> list[tuple]:
    """Return pictures with filters, none of the same form when turned or flipped."""
    sizes = [(2, 3, 2), (4, 3, 2), (5, 4, 3)]  # rows, columns, size
    return [
        (normal_numbers(rng, rows, columns), normal_numbers(rng, size, size))
        for rows, columns, size in sizes
    ]


def _pooled(rng: np.random.Generator) -> list[tuple]:
    """Return gradients and the answers that were pooled, with ties in one square."""
    tie = np.array([[1.0, 3.0], [3.0, 0.0]])
    return [
        (normal_numbers(rng, 1, 1) + 2, normal_numbers(rng, 2, 2)),
        (normal_numbers(rng, 1, 1) + 2, tie),
        (normal_numbers(rng, 1, 1) + 2, np.full((2, 2), -0.5)),
        (normal_numbers(rng, 2, 3) - 4, normal_numbers(rng, 4, 6)),
        (normal_numbers(rng, 3, 2) - 4, normal_numbers(rng, 6, 4)),
    ]


CONVOLVE = Exercise(
    title="A filter on a picture",
    task=r"""
Slide the filter `weights`, of shape (kernel_size, kernel_size), over `picture`, of shape
(height, width), one pixel at a time. Return the weighted sum of each window, without a bias. A
window of 2 by 2 fits into 4 rows at 3 places.
""",
    hints=(
        "How many places are there in each direction? That is the shape of the result.",
        "Two loops go over the places. A slice such as `picture[row : row + kernel_size, …]` cuts out the window.",
        "Multiply the window by the weights, entry by entry, and add everything up.",
    ),
    solution='''
def convolve(picture, weights):
    """Return the weighted sum of each window of the picture."""
    kernel_size = len(weights)
    height_out = picture.shape[0] - kernel_size + 1
    width_out = picture.shape[1] - kernel_size + 1
    Z = np.zeros((height_out, width_out))
    for row in range(height_out):
        for column in range(width_out):
            window = picture[row : row + kernel_size, column : column + kernel_size]
            Z[row, column] = np.sum(window * weights)
    return Z
''',
    others=(
        ("np.sum(window * weights)", "window.ravel() @ weights.ravel()"),
        """
def convolve(picture, weights):
    kernel_size = len(weights)
    windows = np.lib.stride_tricks.sliding_window_view(picture, (kernel_size, kernel_size))
    return (windows * weights).sum(axis=(2, 3))
""",
        """
def convolve(picture, weights):
    kernel_size = len(weights)
    height, width = picture.shape
    Z = 0
    for i in range(kernel_size):
        for j in range(kernel_size):
            Z = Z + weights[i, j] * picture[i : height - kernel_size + 1 + i, j : width - kernel_size + 1 + j]
    return Z
""",
    ),
    wrong={
        "The filter is turned upside down and left to right. Lay it on the window as it is.": (
            ("window * weights", "window * weights[::-1, ::-1]"),
        ),
        "Rows and columns of the filter are exchanged.": (
            ("window * weights", "window * weights.T"),
        ),
        "The last place is missing in each direction: a window of 2 fits into 4 rows at 3 places.": (
            ("- kernel_size + 1\n", "- kernel_size\n"),
            """
def convolve(picture, weights):
    kernel_size = len(weights)
    height_out, width_out = picture.shape[0] - kernel_size, picture.shape[1] - kernel_size
    places = [[picture[i : i + kernel_size, j : j + kernel_size] for j in range(width_out)] for i in range(height_out)]
    return np.array([[np.sum(w * weights) for w in line] for line in places]).reshape(height_out, width_out)
""",
        ),
        "Window and filter are multiplied as matrices. Multiply them entry by entry.": (
            ("window * weights", "window @ weights"),
        ),
        "The weights have no part in it: these are the sums of the windows.": (
            ("window * weights", "window"),
        ),
        "This is the mean of each window's products. Add them up.": (
            ("np.sum(", "np.mean("),
        ),
        "The windows stand side by side. They overlap: move by one pixel, not by a whole window.": (
            """
def convolve(picture, weights):
    kernel_size = len(weights)
    height_out, width_out = picture.shape[0] // kernel_size, picture.shape[1] // kernel_size
    Z = np.zeros((height_out, width_out))
    for i in range(height_out):
        for j in range(width_out):
            window = picture[i * kernel_size : (i + 1) * kernel_size, j * kernel_size : (j + 1) * kernel_size]
            Z[i, j] = np.sum(window * weights)
    return Z
""",
        ),
        "The picture got a border of zeros, and a place for each of its pixels. Only whole windows count here.": (
            """
def convolve(picture, weights):
    kernel_size = len(weights)
    padded = np.pad(picture, ((0, kernel_size - 1), (0, kernel_size - 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel_size, kernel_size))
    return (windows * weights).sum(axis=(2, 3))
""",
            """
def convolve(picture, weights):
    kernel_size = len(weights)
    before, after = (kernel_size - 1) // 2, kernel_size // 2
    padded = np.pad(picture, ((before, after), (before, after)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel_size, kernel_size))
    return (windows * weights).sum(axis=(2, 3))
""",
        ),
    },
    cases=_filtered,
)

GRADIENT = Exercise(
    title="The gradient of a filter",
    task=r"""
A filter of shape (kernel_size, kernel_size) was used in every window of `picture`. You are given
$\partial L / \partial Z$ with a number for each window, of shape (height_out, width_out). Return
$\partial L / \partial W$, of shape (kernel_size, kernel_size).
""",
    hints=(
        "Each weight is used in every window, and slopes add over the paths.",
        "The first weight met the top left pixel of each window. Which part of the picture do "
        "these pixels make?",
        "The weight in row i and column j met the pixels "
        "`picture[i : i + height_out, j : j + width_out]`. These two are the sizes of `dZ`.",
        "A picture of `len(picture)` rows has `len(picture) - kernel_size + 1` windows below each "
        "other, so `kernel_size` is `len(picture) - len(dZ) + 1`.",
    ),
    solution='''
def filter_gradient(dZ, picture):
    """Return ∂L/∂W (kernel_size, kernel_size), summed over all windows."""
    height_out, width_out = dZ.shape
    kernel_size = len(picture) - height_out + 1
    dW = np.zeros((kernel_size, kernel_size))
    for i in range(kernel_size):
        for j in range(kernel_size):
            dW[i, j] = np.sum(dZ * picture[i : i + height_out, j : j + width_out])
    return dW
''',
    others=(
        """
def filter_gradient(dZ, picture):
    windows = np.lib.stride_tricks.sliding_window_view(picture, dZ.shape)
    return (windows * dZ).sum(axis=(2, 3))
""",
        """
def filter_gradient(dZ, picture):
    kernel_size = len(picture) - len(dZ) + 1
    dW = np.zeros((kernel_size, kernel_size))
    for row in range(dZ.shape[0]):
        for column in range(dZ.shape[1]):
            dW += dZ[row, column] * picture[row : row + kernel_size, column : column + kernel_size]
    return dW
""",
        (
            "np.sum(dZ * picture[i : i + height_out, j : j + width_out])",
            "dZ.ravel() @ picture[i : i + height_out, j : j + width_out].ravel()",
        ),
    ),
    wrong={
        "This is a mean over the windows. Every window adds its own share: take the sum.": (
            ("np.sum(", "np.mean("),
        ),
        "The gradient that arrives, ∂L/∂Z, is left out: these are sums of pixels.": (
            ("dZ * picture", "picture"),
        ),
        "Only the first window counts here. The weights are used in all of them.": (
            (
                "np.sum(dZ * picture[i : i + height_out, j : j + width_out])",
                "dZ[0, 0] * picture[i, j]",
            ),
        ),
        "Only the last window counts here: each window takes the place of those before. Add them up.": (
            (
                "np.sum(dZ * picture[i : i + height_out, j : j + width_out])",
                "dZ[-1, -1] * picture[height_out - 1 + i, width_out - 1 + j]",
            ),
        ),
        "Rows and columns are exchanged: this is the transpose.": (
            ("return dW", "return dW.T"),
        ),
        "The result is turned upside down and left to right.": (
            ("return dW", "return dW[::-1, ::-1]"),
        ),
        "The sums of ∂L/∂Z and of the pixels are multiplied. First multiply window by window, then add.": (
            (
                "np.sum(dZ * picture[i : i + height_out, j : j + width_out])",
                "np.sum(dZ) * np.sum(picture[i : i + height_out, j : j + width_out])",
            ),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, rows, columns) + 1, normal_numbers(rng, *picture))
        for rows, columns, picture in [
            (1, 2, (2, 3)),
            (3, 2, (4, 3)),
            (2, 3, (4, 5)),
        ]
    ],
)

POOL = Exercise(
    title="Max pooling",
    task=r"""
Cut `Z`, of shape (height, width), into squares of 2 by 2 that do not overlap, and return the
largest number of each, of shape (height / 2, width / 2). Both sizes are even.
""",
    hints=(
        "Every square has four places: top left, top right, bottom left, bottom right.",
        "`Z[0::2, 0::2]` holds the top left number of every square.",
        "`np.maximum` takes the larger of two arrays, number by number.",
    ),
    solution='''
def max_pool(Z):
    """Return the largest number of each square, (height / 2, width / 2)."""
    top = np.maximum(Z[0::2, 0::2], Z[0::2, 1::2])
    bottom = np.maximum(Z[1::2, 0::2], Z[1::2, 1::2])
    return np.maximum(top, bottom)
''',
    others=(
        """
def max_pool(Z):
    height, width = Z.shape
    return Z.reshape(height // 2, 2, width // 2, 2).max(axis=(1, 3))
""",
        """
def max_pool(Z):
    P = np.zeros((len(Z) // 2, Z.shape[1] // 2))
    for i in range(len(P)):
        for j in range(P.shape[1]):
            P[i, j] = Z[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].max()
    return P
""",
        """
def max_pool(Z):
    return np.stack([Z[i::2, j::2] for i in range(2) for j in range(2)]).max(axis=0)
""",
    ),
    wrong={
        "This is the mean of each square. Max pooling keeps the largest.": (
            """
def max_pool(Z):
    return (Z[0::2, 0::2] + Z[0::2, 1::2] + Z[1::2, 0::2] + Z[1::2, 1::2]) / 4
""",
        ),
        "This is the smallest number of each square.": (("np.maximum", "np.minimum"),),
        "The squares overlap here: they begin at every pixel. Go on by 2.": (
            """
def max_pool(Z):
    windows = np.lib.stride_tricks.sliding_window_view(Z, (2, 2))
    return windows.max(axis=(2, 3))
""",
        ),
        "The squares begin at 0, 1, 2 and so on: each is to begin two further than the last.": (
            """
def max_pool(Z):
    rows, columns = len(Z) // 2, Z.shape[1] // 2
    return np.array([[Z[i : i + 2, j : j + 2].max() for j in range(columns)] for i in range(rows)])
""",
        ),
        "This is the largest number of all. Each square has its own.": (
            """
def max_pool(Z):
    return Z.max()
""",
            """
def max_pool(Z):
    return np.full((len(Z) // 2, Z.shape[1] // 2), Z.max())
""",
        ),
        "The numbers below are left out: a square has two rows.": (
            ("return np.maximum(top, bottom)", "return top"),
        ),
        "The numbers to the right are left out: a square has two columns.": (
            (", Z[0::2, 1::2])\n", ", Z[0::2, 0::2])\n"),
            """
def max_pool(Z):
    return np.maximum(Z[0::2, 0::2], Z[1::2, 0::2])
""",
        ),
        "This is the number at the top left of each square, whether or not it is the largest.": (
            """
def max_pool(Z):
    return Z[::2, ::2]
""",
        ),
        "Everything below 0 became 0. Pooling keeps negative numbers, if no larger one is there.": (
            ("np.maximum(top, bottom)", "np.maximum(np.maximum(top, bottom), 0)"),
        ),
        "The squares are wrong: `reshape` alone cuts rows into pieces of four. A square takes two from each of two rows.": (
            """
def max_pool(Z):
    return Z.reshape(len(Z) // 2, Z.shape[1] // 2, 4).max(axis=2)
""",
        ),
        "These are the places of the largest numbers. Asked for are the numbers.": (
            """
def max_pool(Z):
    return np.stack([Z[i::2, j::2] for i in range(2) for j in range(2)]).argmax(axis=0)
""",
        ),
    },
    cases=lambda rng: [
        (np.array([[-1.0, -2.0, 0.5, 4.0], [-3.0, -0.5, 2.0, 1.0]]),),
        (normal_numbers(rng, 4, 4),),
        (normal_numbers(rng, 6, 4),),
        (normal_numbers(rng, 4, 8),),
    ],
)

POOL_BACK = Exercise(
    title="Back through max pooling",
    task=r"""
Max pooling kept the largest number of each square of 2 by 2 of `Z`. You are given
$\partial L / \partial P$, with one number for each square. Return $\partial L / \partial Z$, in
the shape of `Z`. Where two numbers of a square are equally large, only the first of them gets
the gradient, row by row.
""",
    hints=(
        "Which numbers of a square had an influence on the result?",
        "Go through the squares with two loops, and look for the place of the largest number.",
        "`square.argmax()` counts the four places 0, 1, 2, 3, row by row. Divided by 2, the "
        "whole part is the row, and what is left is the column: `divmod(place, 2)`.",
    ),
    solution='''
def max_pool_backward(dP, Z):
    """Return ∂L/∂Z: each gradient goes to the first of the largest of its square."""
    dZ = np.zeros(Z.shape)
    for i in range(dP.shape[0]):
        for j in range(dP.shape[1]):
            square = Z[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            row, column = divmod(square.argmax(), 2)
            dZ[2 * i + row, 2 * j + column] = dP[i, j]
    return dZ
''',
    others=(
        """
def max_pool_backward(dP, Z):
    places = [(0, 0), (0, 1), (1, 0), (1, 1)]
    winner = np.stack([Z[i::2, j::2] for i, j in places]).argmax(axis=0)
    dZ = np.zeros(Z.shape)
    for number, (i, j) in enumerate(places):
        dZ[i::2, j::2] = dP * (winner == number)
    return dZ
""",
        (
            "divmod(square.argmax(), 2)",
            "np.unravel_index(square.argmax(), (2, 2))",
        ),
        """
def max_pool_backward(dP, Z):
    dZ, left = np.zeros(Z.shape), dP.copy()
    largest = Z.reshape(len(dP), 2, -1, 2).max(axis=(1, 3))
    for i, j in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        won = Z[i::2, j::2] == largest
        dZ[i::2, j::2] = left * won
        left = left * ~won
    return dZ
""",
    ),
    wrong={
        "Where two are equally large, both get the gradient, and it counts twice. Only the first gets it.": (
            """
def max_pool_backward(dP, Z):
    largest = Z.reshape(len(dP), 2, -1, 2).max(axis=(1, 3))
    return np.kron(dP, np.ones((2, 2))) * (Z == np.kron(largest, np.ones((2, 2))))
""",
        ),
        "Where two are equally large, the last gets the gradient. It is to be the first.": (
            ("square.argmax()", "3 - square.ravel()[::-1].argmax()"),
        ),
        "All four numbers of a square get the gradient. Only the largest had an influence.": (
            """
def max_pool_backward(dP, Z):
    return np.kron(dP, np.ones((2, 2)))
""",
        ),
        "Each number of a square gets a quarter, as if the mean had been kept.": (
            """
def max_pool_backward(dP, Z):
    return np.kron(dP, np.ones((2, 2))) / 4
""",
        ),
        "This is the mask of ReLU. Pooling does not ask for the sign, but for the largest.": (
            """
def max_pool_backward(dP, Z):
    return np.kron(dP, np.ones((2, 2))) * (Z > 0)
""",
        ),
        "The gradient goes to the smallest number of each square.": (
            ("argmax", "argmin"),
        ),
        "The gradient is multiplied by the largest number. The slope towards it is 1.": (
            ("= dP[i, j]", "= dP[i, j] * square.max()"),
        ),
        "These are ones at the right places. Put the gradients there that arrive.": (
            ("= dP[i, j]", "= 1"),
        ),
        "Row and column within the square are exchanged.": (
            ("row, column = divmod", "column, row = divmod"),
        ),
        "The gradient goes to the top left of each square, whichever number is the largest.": (
            ("dZ[2 * i + row, 2 * j + column]", "dZ[2 * i, 2 * j]"),
        ),
        "Where nothing arrives, there are numbers of Z. Begin with zeros.": (
            ("np.zeros(Z.shape)", "Z.copy()"),
        ),
        "The squares begin at 0, 1, 2 here: each is to begin two further than the last.": (
            ("dZ[2 * i + row, 2 * j + column]", "dZ[i + row, j + column]"),
        ),
    },
    cases=_pooled,
)

SHAPE = Exercise(
    title="Predict a shape",
    task=r"""
Before you run anything: 32 pictures of height 10 and width 8, with one number for each pixel,
meet 5 filters of 3 by 3. What is the shape of $Z$? Answer with four numbers,
`(batch, height_out, width_out, n_out)`.
""",
    hints=(
        "How many places does a window of 3 have along 10 pixels?",
        "Every filter gives an answer at every place, for every picture.",
    ),
    solution="shape = (32, 8, 6, 5)",
    others=(
        "shape = [32, 8, 6, 5]",
        "shape = (32, 10 - 3 + 1, 8 - 3 + 1, 5)",
        "shape = np.zeros((32, 8, 6, 5)).shape",
    ),
    wrong={
        "These are the pixels. A window of 3 does not fit at the last two of them.": (
            "shape = (32, 10, 8, 5)",
        ),
        "One place is missing in each direction: 10 − 3 + 1, not 10 − 3.": (
            "shape = (32, 7, 5, 5)",
        ),
        "Rows and columns are exchanged.": ("shape = (32, 6, 8, 5)",),
        "The windows overlap: they move by one pixel, not by three.": (
            "shape = (32, 3, 2, 5)",
        ),
        "Each filter gives an answer of its own: 5 numbers at each place.": (
            "shape = (32, 8, 6, 1)",
            "shape = (32, 8, 6)",
        ),
        "The filters come last, and the pictures first.": (
            "shape = (5, 8, 6, 32)",
            "shape = (32, 5, 8, 6)",
        ),
        "This is the shape of the windows as rows, with 9 pixels each. Each filter makes one number of them.": (
            "shape = (32, 8, 6, 9)",
        ),
    },
)

BOOK = Workbook(
    "Convolution",
    [CONVOLVE, GRADIENT, POOL, POOL_BACK, SHAPE],
    then="All done. Go on with the workbook *Your own data*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
