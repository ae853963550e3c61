"""Exercises on optimisers, and what their checks know."""

import numpy as np

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers


def _stepped(answer: object, theta: np.ndarray, gradients: list) -> np.ndarray:
    """Return the weights after a step for each gradient."""
    theta, state = theta.copy(), {}
    for gradient in gradients:
        theta = answer(theta, gradient, state, 0.1, 0.5)
    return theta


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

RMSPROP = Exercise(
    title="RMSprop",
    task=r"""
`s` is the running mean of the squared gradients so far. Take the new `gradient` into it, with the
share $1 - \beta$, and return two things: the direction, which is the gradient divided by
$\sqrt{s} + \varepsilon$, and the new `s`. Leave the `s` that is given as it is.
""",
    hints=(
        "The new s keeps the share β of the old one. What does it take of the square?",
        "First renew s, then divide by its root: the direction knows the newest gradient.",
    ),
    solution='''
def rmsprop(gradient, s, beta=0.99, epsilon=1e-8):
    """Return the direction and the new s, both in the shape of the gradient."""
    s = beta * s + (1 - beta) * gradient**2
    return gradient / (np.sqrt(s) + epsilon), s
''',
    others=(
        (
            "beta * s + (1 - beta) * gradient**2",
            "s + (1 - beta) * (gradient * gradient - s)",
        ),
        ("np.sqrt(s)", "s**0.5"),
        (
            "return gradient / (np.sqrt(s) + epsilon), s",
            "return [np.divide(gradient, epsilon + np.sqrt(s)), s]",
        ),
    ),
    wrong={
        "You divide by the root of the old s. Renew it first.": (
            """
def rmsprop(gradient, s, beta=0.99, epsilon=1e-8):
    direction = gradient / (np.sqrt(s) + epsilon)
    return direction, beta * s + (1 - beta) * gradient**2
""",
        ),
        "The root is missing: s is a mean of squares.": (("np.sqrt(s)", "s"),),
        "s takes the gradient itself. It is the mean of its squares.": (
            ("gradient**2", "gradient"),
            ("gradient**2", "np.abs(gradient)"),
        ),
        "s adds the squares up: the share 1 − β is missing.": (
            ("(1 - beta) * gradient", "gradient"),
        ),
        "The shares are exchanged: s keeps β of itself.": (
            (
                "beta * s + (1 - beta) * gradient**2",
                "(1 - beta) * s + beta * gradient**2",
            ),
        ),
        "ε stands inside the root. It is added to the root.": (
            ("np.sqrt(s) + epsilon", "np.sqrt(s + epsilon)"),
        ),
        "Nothing is added to the root, and a parameter whose gradients were all 0 gets 0 divided "
        "by 0. Mind the brackets round the root and ε.": (
            ("(np.sqrt(s) + epsilon)", "np.sqrt(s) + epsilon"),
            (" + epsilon", ""),
        ),
        "You multiply by the root. Divide by it, so that large gradients are shortened.": (
            ("gradient / (", "gradient * ("),
        ),
        "Nothing of the old s is left: it starts anew with each gradient.": (
            ("beta * s + ", ""),
        ),
        "This is the direction alone. Return the new s with it.": (
            ("epsilon), s", "epsilon)"),
        ),
        "The s that comes back is the old one, and the next step would not know this gradient.": (
            """
def rmsprop(gradient, s, beta=0.99, epsilon=1e-8):
    new = beta * s + (1 - beta) * gradient**2
    return gradient / (np.sqrt(new) + epsilon), s
""",
        ),
        "The two are in the other order: first the direction, then s.": (
            (
                "return gradient / (np.sqrt(s) + epsilon), s",
                "return s, gradient / (np.sqrt(s) + epsilon)",
            ),
        ),
        "The sign is turned round. The minus comes later, when the weights take the step.": (
            ("return gradient", "return -gradient"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, *shape) * size, normal_numbers(rng, *shape) ** 2 * scale)
        for shape, size, scale in [
            ((1,), 1, 0),
            ((1,), 1, 1),
            ((2, 2), 1, 1),
            ((1,), 0, 0),
            ((1,), 1e-6, 0),
        ]
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
        "The root is taken before the correction. Correct s first.": (
            ("np.sqrt(s_hat)", "np.sqrt(s) / (1 - beta_2 ** len(gradients))"),
        ),
        "Only the first gradient counts: perhaps `return` stands inside the loop.": (
            """
def adam(gradients, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    m, s = 0.0, 0.0
    for t, gradient in enumerate(gradients, 1):
        m = beta_1 * m + (1 - beta_1) * gradient
        s = beta_2 * s + (1 - beta_2) * gradient**2
        return m / (1 - beta_1**t) / (np.sqrt(s / (1 - beta_2**t)) + epsilon)
""",
        ),
        "These are the directions after all steps. Asked for is the one after the last.": (
            """
def adam(gradients, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    m, s, directions = 0.0, 0.0, []
    for t, gradient in enumerate(gradients, 1):
        m = beta_1 * m + (1 - beta_1) * gradient
        s = beta_2 * s + (1 - beta_2) * gradient**2
        directions.append(m / (1 - beta_1**t) / (np.sqrt(s / (1 - beta_2**t)) + epsilon))
    return directions
""",
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

WARM_UP = Exercise(
    title="A schedule with warm-up",
    task=r"""
Return the share of the learning rate in `step`, which is counted from 0 to `n_steps` - 1. In the
first `n_warm` steps it rises along a straight line: 1 / `n_warm` in step 0, and 1 in the last of
them. The other steps follow half a wave of the cosine, from 1 in step `n_warm` down towards 0 in
step `n_steps`, which is not reached.
""",
    hints=(
        "There are two parts, and `if step < n_warm` tells them apart.",
        "In the first part, step 0 is the first of `n_warm` equal rises.",
        "In the second, (`step` - `n_warm`) of (`n_steps` - `n_warm`) steps have passed. This "
        "share times π goes into the cosine, which falls from 1 to −1: shift it up by 1, and "
        "halve it.",
    ),
    solution='''
def warm_up(step, n_steps, n_warm):
    """Return the share of the learning rate: up a line, then down a cosine."""
    if step < n_warm:
        return (step + 1) / n_warm
    passed = (step - n_warm) / (n_steps - n_warm)
    return (1 + np.cos(np.pi * passed)) / 2
''',
    others=(
        ("(1 + np.cos(np.pi * passed)) / 2", "np.cos(np.pi * passed / 2) ** 2"),
        ("(1 + np.cos(np.pi * passed)) / 2", "0.5 + 0.5 * np.cos(np.pi * passed)"),
        """
def warm_up(step, n_steps, n_warm):
    passed = max(0, step - n_warm) / (n_steps - n_warm)
    return min(1, (step + 1) / n_warm) * (1 - np.sin(np.pi * passed / 2) ** 2)
""",
    ),
    wrong={
        "In step 0 the share is 0, and nothing moves: the first step is one of the rises.": (
            ("(step + 1) / n_warm", "step / n_warm"),
        ),
        "There is no warm-up: the cosine begins in step 0.": (
            """
def warm_up(step, n_steps, n_warm):
    return (1 + np.cos(np.pi * step / n_steps)) / 2
""",
        ),
        "After the warm-up the cosine counts from step 0, so the rate jumps. Count from `n_warm`.": (
            (
                "(step - n_warm) / (n_steps - n_warm)",
                "step / n_steps",
            ),
        ),
        "The cosine is too slow to reach 0: only `n_steps - n_warm` steps are left for it.": (
            ("(n_steps - n_warm)", "n_steps"),
        ),
        "After the warm-up the rate stays. A cosine is to let it fall.": (
            ("(1 + np.cos(np.pi * passed)) / 2", "1.0"),
        ),
        "The warm-up does not reach 1 before the cosine begins: it is divided by all steps.": (
            ("(step + 1) / n_warm", "(step + 1) / n_steps"),
        ),
        "This is the cosine itself, which ends at −1. Shift it up and halve it.": (
            ("(1 + np.cos(np.pi * passed)) / 2", "np.cos(np.pi * passed)"),
        ),
        "The cosine part begins at 2: halve it.": (
            ("(1 + np.cos(np.pi * passed)) / 2", "1 + np.cos(np.pi * passed)"),
        ),
        "Only the cosine is halved. Shift it first, then halve the sum.": (
            ("(1 + np.cos(np.pi * passed)) / 2", "1 + np.cos(np.pi * passed) / 2"),
        ),
        "After the warm-up the rate rises from 0 to 1: the sign of the cosine is turned round.": (
            ("1 + np", "1 - np"),
        ),
        "After the warm-up this is a straight line. A cosine falls slowly at first and at the end.": (
            ("(1 + np.cos(np.pi * passed)) / 2", "1 - passed"),
        ),
        "This is a quarter of a wave. Half a wave goes to π, and starts and ends level.": (
            ("(1 + np.cos(np.pi * passed)) / 2", "np.cos(np.pi * passed / 2)"),
        ),
        "NumPy's angles are in radians: half a wave is π, not 180.": (
            ("np.pi * passed", "180 * passed"),
        ),
        "π is missing: half a wave goes from 0 to π, not to 1.": (
            ("np.pi * passed", "passed"),
        ),
    },
    cases=lambda rng: [
        (step, n_steps, n_warm)
        for n_steps, n_warm in [(10, 4), (int(rng.integers(20, 30)), 5)]
        for step in (0, 1, n_warm - 1, n_warm, n_warm + 2, n_steps - 1)
    ],
)


ADAMW = Exercise(
    title="Mend a decay",
    task=r"""
This step of Adam lets the weights decay by L2: `decay` times the weights is added to the
gradient, and Adam divides it by the size of the gradients as well. Make AdamW of it, in which
all weights shrink alike. The first cell below defines `direction`, what Adam makes of a
gradient.
""",
    hints=(
        "What must Adam not see?",
        "The weights shrink by themselves, by the factor 1 minus the learning rate times `decay`.",
    ),
    given="""
def direction(gradient, state, beta_1=0.9, beta_2=0.999, epsilon=1e-8):
    state["t"] = state.get("t", 0) + 1
    state["m"] = beta_1 * state.get("m", 0) + (1 - beta_1) * gradient
    state["s"] = beta_2 * state.get("s", 0) + (1 - beta_2) * gradient**2
    m_hat = state["m"] / (1 - beta_1 ** state["t"])
    s_hat = state["s"] / (1 - beta_2 ** state["t"])
    return m_hat / (np.sqrt(s_hat) + epsilon)
""",
    stub='''
def step(theta, gradient, state, learning_rate, decay):
    """Return the weights after one step, in the shape of theta."""
    gradient = gradient + decay * theta
    return theta - learning_rate * direction(gradient, state)
''',
    solution='''
def step(theta, gradient, state, learning_rate, decay):
    """Return the weights after one step, in the shape of theta."""
    theta = (1 - learning_rate * decay) * theta
    return theta - learning_rate * direction(gradient, state)
''',
    others=(
        (
            "(1 - learning_rate * decay) * theta",
            "theta - learning_rate * decay * theta",
        ),
        """
def step(theta, gradient, state, learning_rate, decay):
    return theta - learning_rate * (direction(gradient, state) + decay * theta)
""",
        """
def step(theta, gradient, state, learning_rate, decay):
    theta *= 1 - learning_rate * decay
    theta -= learning_rate * direction(gradient, state)
    return theta
""",
    ),
    wrong={
        "The decay is gone altogether. The weights are to shrink by themselves.": (
            ("    theta = (1 - learning_rate * decay) * theta\n", ""),
        ),
        "The learning rate is missing in the decay: the weights shrink by `decay` itself in "
        "every step.": (("learning_rate * decay", "decay"),),
        "The weights grow: take the decay off.": (
            ("1 - learning_rate", "1 + learning_rate"),
        ),
        "The weights shrink by themselves, and L2 is still there as well. Take it out of the "
        "gradient.": (
            (
                "    return",
                "    gradient = gradient + decay * theta\n    return",
            ),
        ),
        "The new weights shrink, with the step that is in them. In AdamW the old ones shrink, "
        "and then comes the step.": (
            """
def step(theta, gradient, state, learning_rate, decay):
    theta = theta - learning_rate * direction(gradient, state)
    return (1 - learning_rate * decay) * theta
""",
        ),
        "The decay shortens the step. It belongs to the weights.": (
            """
def step(theta, gradient, state, learning_rate, decay):
    return theta - learning_rate * direction(gradient, state) * (1 - learning_rate * decay)
""",
        ),
        "Every weight gets the same amount taken off. It shrinks by a share of itself.": (
            """
def step(theta, gradient, state, learning_rate, decay):
    return theta - learning_rate * direction(gradient, state) - learning_rate * decay
""",
        ),
        "The plain gradient is used: Adam's direction is lost.": (
            ("direction(gradient, state)", "gradient"),
        ),
        "The learning rate is missing in Adam's step.": (
            ("learning_rate * direction", "direction"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, n) + 3, [normal_numbers(rng, n) * size for size in sizes])
        for n, sizes in [(1, (1,)), (2, (1, 8)), (3, (1, 1, 5))]
    ],
    use=_stepped,
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
    [MOMENTUM, RMSPROP, ADAM, ADAMW, WARM_UP, LIMIT_OF_STEPS],
    then="All done. Go on with the workbook *Deep networks*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
