"""Exercises on optimisers, and what their checks know."""

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers

MOMENTUM = Exercise(
    title="Momentum",
    task=r"""
Return the new velocity: the `gradient` plus `beta` times the `velocity` of the step before. All
arrays have the same shape.
""",
    hints=(
        "A part of the old velocity is kept, and the whole new gradient joins it.",
        "`beta` stands at the velocity, and nothing at the gradient.",
    ),
    solution='''
def momentum(gradient, velocity, beta):
    """Return the new velocity, in the shape of the gradient."""
    return beta * velocity + gradient
''',
    others=(
        ("beta * velocity + gradient", "gradient + velocity * beta"),
        ("beta * velocity + gradient", "np.add(gradient, np.multiply(velocity, beta))"),
        (
            "beta * velocity + gradient",
            "velocity + gradient - (1 - beta) * velocity",
        ),
    ),
    wrong={
        "This is a moving average: the gradient is taken times 1 − beta. Here it joins whole.": (
            ("+ gradient", "+ (1 - beta) * gradient"),
        ),
        "`beta` stands at the gradient. It says how much of the old velocity is kept.": (
            ("beta * velocity + gradient", "velocity + beta * gradient"),
        ),
        "Nothing of the old velocity is lost: `beta` is missing.": (("beta * ", ""),),
        "The old velocity is left out: this is a plain step.": (
            ("beta * velocity + gradient", "gradient"),
        ),
        "The gradient is left out.": ((" + gradient", ""),),
        "The sign is turned round. The minus comes later, when the weights take the step.": (
            ("beta * velocity + gradient", "beta * velocity - gradient"),
            ("beta * velocity + gradient", "-(beta * velocity + gradient)"),
        ),
        "`beta` scales the sum. It belongs to the old velocity alone; the new gradient joins whole.": (
            ("beta * velocity + gradient", "beta * (velocity + gradient)"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, *shape), normal_numbers(rng, *shape), beta)
        for shape, beta in [((1,), 0.9), ((2, 1), 0.5), ((2, 2), 0.9)]
    ],
)

ADAM = Exercise(
    title="Adam",
    task=r"""
`gradients` lists the gradients of the steps so far, the latest last. Return Adam's direction
after the last one, $\hat m / (\sqrt{\hat s} + \varepsilon)$. Here $m$ and $s$ are the running
averages of the gradient and of its square; both start at 0, and their hats mean the correction
for this start: with $t$ gradients, $m$ is divided by $1 - \beta_1^t$, and $s$ by
$1 - \beta_2^t$.
""",
    hints=(
        "Go through the gradients in a loop, and renew m and s with each of them.",
        "m keeps the share β₁ of itself and takes the share 1 − β₁ of the gradient. s does the same with β₂ and the square.",
        "After the loop, correct both, then divide. ε stands outside of the root.",
    ),
    solution='''
def adam(gradients, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    """Return Adam's direction after a list of gradients, in their shape."""
    m, s = 0.0, 0.0
    for gradient in gradients:
        m = beta_1 * m + (1 - beta_1) * gradient
        s = beta_2 * s + (1 - beta_2) * gradient**2
    m_hat = m / (1 - beta_1 ** len(gradients))
    s_hat = s / (1 - beta_2 ** len(gradients))
    return m_hat / (np.sqrt(s_hat) + epsilon)
''',
    others=(
        (
            "m = beta_1 * m + (1 - beta_1) * gradient",
            "m = m + (1 - beta_1) * (gradient - m)",
        ),
        ("gradient**2", "gradient * gradient"),
        """
def adam(gradients, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    G = np.array(gradients)
    age = np.arange(len(G))[::-1]
    first, second = beta_1**age, beta_2**age
    mean = np.tensordot(first, G, 1) / first.sum()
    square = np.tensordot(second, G**2, 1) / second.sum()
    return mean / (np.sqrt(square) + epsilon)
""",
    ),
    wrong={
        "The corrections are missing: m and s start at 0, and are too small at first.": (
            (" / (1 - beta_1 ** len(gradients))", ""),
            """
def adam(gradients, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    m, s = 0.0, 0.0
    for gradient in gradients:
        m = beta_1 * m + (1 - beta_1) * gradient
        s = beta_2 * s + (1 - beta_2) * gradient**2
    return m / (np.sqrt(s) + epsilon)
""",
        ),
        "The root is missing: s is an average of squares.": (
            ("np.sqrt(s_hat)", "s_hat"),
        ),
        "s averages the gradients themselves. It averages their squares.": (
            ("gradient**2", "np.abs(gradient)"),
        ),
        "ε stands inside the root. It is added to the root.": (
            ("np.sqrt(s_hat) + epsilon", "np.sqrt(s_hat + epsilon)"),
        ),
        "The betas are exchanged: β₁ belongs to the gradient, β₂ to its square.": (
            (
                "def adam(gradients, beta_1=0.9, beta_2=0.999,",
                "def adam(gradients, beta_2=0.9, beta_1=0.999,",
            ),
        ),
        "The correction of the first step is used for all. Its power is the number of gradients.": (
            (" ** len(gradients)", ""),
        ),
        "Only the last gradient counts: m and s start anew with each.": (
            (
                "    m, s = 0.0, 0.0\n    for gradient in gradients:\n",
                "    for gradient in gradients:\n        m, s = 0.0, 0.0\n",
            ),
        ),
        "The steps are counted from 0, and the first correction divides by 0. With the first gradient, t is 1.": (
            "def adam(gradients, beta_1=0.9, beta_2=0.999, epsilon=1e-8):\n    m, s = 0.0, 0.0\n    for t, gradient in enumerate(gradients):\n        m = beta_1 * m + (1 - beta_1) * gradient\n        s = beta_2 * s + (1 - beta_2) * gradient**2\n        m_hat = m / (1 - beta_1**t)\n        s_hat = s / (1 - beta_2**t)\n    return m_hat / (np.sqrt(s_hat) + epsilon)\n",
        ),
        "The corrected m and s go into the next step. Keep m and s as they are, and correct what you return.": (
            "def adam(gradients, beta_1=0.9, beta_2=0.999, epsilon=1e-8):\n    m, s = 0.0, 0.0\n    for t, gradient in enumerate(gradients, 1):\n        m = beta_1 * m + (1 - beta_1) * gradient\n        s = beta_2 * s + (1 - beta_2) * gradient**2\n        m = m / (1 - beta_1**t)\n        s = s / (1 - beta_2**t)\n    return m / (np.sqrt(s) + epsilon)\n",
        ),
        "m and s add up instead of averaging: the shares 1 − β₁ and 1 − β₂ are missing.": (
            "def adam(gradients, beta_1=0.9, beta_2=0.999, epsilon=1e-8):\n    m, s = 0.0, 0.0\n    for gradient in gradients:\n        m = beta_1 * m + gradient\n        s = beta_2 * s + gradient**2\n    m_hat = m / (1 - beta_1 ** len(gradients))\n    s_hat = s / (1 - beta_2 ** len(gradients))\n    return m_hat / (np.sqrt(s_hat) + epsilon)\n",
        ),
        "The sign is turned round. The minus comes later, when the weights take the step.": (
            ("return m_hat", "return -m_hat"),
        ),
    },
    cases=lambda rng: [
        ([normal_numbers(rng, *shape) * size for _ in range(steps)],)
        for shape, steps, size in [
            ((1,), 1, 1),
            ((1,), 3, 1),
            ((2, 2), 3, 1),
            ((1,), 2, 1e-7),
        ]
    ],
)

COSINE = Exercise(
    title="A cosine schedule",
    task=r"""
`progress` is the share of the epochs that have passed, from 0 to 1. Return the share of the
learning rate that is used: it begins at 1, falls along half a wave of the cosine, and ends
at 0.
""",
    hints=(
        "The cosine falls from 1 to −1 while its argument goes from 0 to π.",
        "Shift it up by 1, and halve it.",
    ),
    solution='''
def cosine(progress):
    """Return the share of the learning rate, 1 at the start and 0 at the end."""
    return (1 + np.cos(np.pi * progress)) / 2
''',
    others=(
        ("(1 + np.cos(np.pi * progress)) / 2", "np.cos(np.pi * progress / 2) ** 2"),
        ("(1 + np.cos(np.pi * progress)) / 2", "0.5 + 0.5 * np.cos(np.pi * progress)"),
        ("(1 + np.cos(np.pi * progress)) / 2", "1 - np.sin(np.pi * progress / 2) ** 2"),
    ),
    wrong={
        "This is the cosine itself, which ends at −1. Shift it up and halve it.": (
            ("(1 + np.cos(np.pi * progress)) / 2", "np.cos(np.pi * progress)"),
        ),
        "It begins at 2: halve it.": ((" / 2", ""),),
        "This is a quarter of a wave. Half a wave goes to π, and starts and ends level.": (
            ("(1 + np.cos(np.pi * progress)) / 2", "np.cos(np.pi * progress / 2)"),
        ),
        "It rises from 0 to 1: the sign is turned round.": (("1 + np", "1 - np"),),
        "This is a straight line. A cosine falls slowly at first and at the end.": (
            ("(1 + np.cos(np.pi * progress)) / 2", "1 - progress"),
        ),
        "NumPy's angles are in radians: half a wave is π, not 180.": (
            ("np.pi * progress", "180 * progress"),
        ),
        "Only the cosine is halved. Shift it first, then halve the sum.": (
            ("(1 + np.cos(np.pi * progress)) / 2", "1 + np.cos(np.pi * progress) / 2"),
        ),
        "π is missing: half a wave goes from 0 to π, not to 1.": (
            ("np.pi * progress", "progress"),
        ),
        "This is a whole wave, which rises again. Half a wave ends at π.": (
            ("np.pi * progress", "2 * np.pi * progress"),
        ),
    },
    cases=lambda _rng: [(share,) for share in (0.25, 0.0, 0.7, 1.0)],
)

LIMIT_OF_STEPS = Exercise(
    title="Predict: momentum on a slope",
    task=r"""
Before you run anything: a weight's gradient is 2 at every step. The learning rate is 0.1, and
momentum keeps $\beta = 0.9$ of its velocity. How long does a step become, after many of them?
""",
    hints=(
        "In the end the velocity does not change any more: v = 0.9·v + 2.",
        "Solve for v, and multiply it by the learning rate.",
    ),
    solution="length = 0.1 * 2 / (1 - 0.9)",
    others=(
        "length = 2",
        "length = 0.1 * 20",
        "length = 0.1 * sum(2 * 0.9**k for k in range(500))",
    ),
    wrong={
        "This is the step without momentum.": ((" / (1 - 0.9)", ""),),
        "This is the velocity. The step is the learning rate times the velocity.": (
            ("0.1 * ", ""),
        ),
        "This is the second step. Velocity goes on growing after it.": (
            ("/ (1 - 0.9)", "* 1.9"),
        ),
        "The gradient is left out: 1 / (1 − 0.9) says how many gradients add up.": (
            ("0.1 * 2", "0.1"),
        ),
        "The velocity adds up whole gradients here, 1 / (1 − β) of them: do not divide by β.": (
            ("(1 - 0.9)", "0.9"),
        ),
    },
    tolerance=0.005,
)

BOOK = Workbook(
    "Optimisers",
    [MOMENTUM, ADAM, COSINE, LIMIT_OF_STEPS],
    then="All done. Go on with the workbook *Deep networks*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
