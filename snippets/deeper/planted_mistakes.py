"""Nine wrong lines in a backward pass: what the check says, what training says."""

# --8<-- [start:samples]
import numpy as np

from snippets.chapters.backpropagation import backward, gradient_check, mse
from snippets.chapters.forward_pass import forward, initialise, standardise
from snippets.delivery import make_deliveries

rng = np.random.default_rng(1)
parameters = initialise(rng)
X = rng.normal(size=(8, 4))
y = rng.normal(35, 10, size=(8, 1))  # minutes
# --8<-- [end:samples]

# --8<-- [start:mistakes]
LEARNING_RATE = 0.02
LOSS = "dA3 = 2 * (A3 - y) / y.size"
MASK = "dZ{k} = dA{k} * relu_derivative(Z{k})"
BIAS = "db{k} = dZ{k}.sum(axis=0, keepdims=True)"
PASSED = "dA{j} = dZ{k} @ W{k}.T"  # j is k − 1
EARLY = "dA{j} = dZ{k} @ (W{k} - LEARNING_RATE * dW{k}).T"
MISTAKES = {  # name: (right line, wrong line)
    "no mask": (MASK, "dZ{k} = dA{k}"),
    "mask on A >= 0": (MASK, "dZ{k} = dA{k} * (A{k} >= 0)"),
    "no 1/n": (LOSS, "dA3 = 2 * (A3 - y)"),
    "no factor 2": (LOSS, "dA3 = (A3 - y) / y.size"),
    "wrong sign": (LOSS, "dA3 = 2 * (y - A3) / y.size"),
    "bias: mean": (BIAS, "db{k} = dZ{k}.mean(axis=0, keepdims=True)"),
    "bias: first row": (BIAS, "db{k} = dZ{k}[:1]"),
    "layer detached": (MASK.format(k=1), "dZ1 = 0 * Z1"),
    "early update": (PASSED, EARLY),
}
# --8<-- [end:mistakes]

if __name__ == "__main__":
    # --8<-- [start:planted]
    import inspect
    from collections.abc import Callable

    def planted(right: str, wrong: str) -> tuple[Callable, str, str]:
        """Return `backward` with wrong lines, and the last pair that was exchanged."""
        source = inspect.getsource(backward)
        for k in (1, 2, 3):
            right_k, wrong_k = right.format(k=k, j=k - 1), wrong.format(k=k, j=k - 1)
            if right_k in source:
                source = source.replace(right_k, wrong_k)
                shown = right_k, wrong_k
        names = backward.__globals__ | {"LEARNING_RATE": LEARNING_RATE}
        exec(source, names)  # noqa: S102
        return names["backward"], *shown

    backwards, lines = {}, {}
    for name, (right, wrong) in MISTAKES.items():
        backwards[name], *lines[name] = planted(right, wrong)
    # --8<-- [end:planted]

    # --8<-- [start:checked-mistakes]
    largest, named = {}, {}
    for name, wrong_backward in backwards.items():
        errors = gradient_check(X, y, parameters, wrong_backward)
        named[name] = [tensor for tensor, error in errors.items() if error > 1e-4]
        largest[name] = max(errors.values())
        assert named[name]
        print(f"{name:15}  {largest[name]:.3f}  {' '.join(named[name])}")
    # --8<-- [end:checked-mistakes]

    # --8<-- [start:small-targets]
    small_y = (y - 35) / 10
    assert max(gradient_check(X, small_y, parameters).values()) < 1e-8
    for name, wrong_backward in backwards.items():
        errors = gradient_check(X, small_y, parameters, wrong_backward)
        print(f"{name:15}  {largest[name]:.3f} -> {max(errors.values()):.3f}")
        assert max(errors.values()) > 1e-2
    # --8<-- [end:small-targets]

    # --8<-- [start:short-training]
    def train(backward, X, y, seed):
        """Return the loss after five epochs of steps against `backward`."""
        rng = np.random.default_rng(seed)
        parameters = initialise(rng)
        for _epoch in range(5):
            for rows in rng.permutation(len(X)).reshape(-1, 8):  # batches of 8
                cache = forward(X[rows], parameters)
                gradients = backward(y[rows], parameters, cache)
                for name, theta in parameters.items():
                    parameters[name] = theta - LEARNING_RATE * gradients["d" + name]
        return mse(forward(X, parameters)["A3"], y)

    # --8<-- [end:short-training]

    # --8<-- [start:trained-mistakes]
    many_X, many_y = (standardise(array) for array in make_deliveries())
    losses = {}
    for name, function in {"correct": backward, **backwards}.items():
        with np.errstate(over="ignore", invalid="ignore"):
            runs = [train(function, many_X, many_y, seed) for seed in range(4)]
        losses[name] = np.array(runs)

    print("                 loss            ratio to correct, from the same start")
    shown = {}
    for name, loss in losses.items():
        shown[name] = f"{loss.min():.3f} to {loss.max():.3f}"
        ratio = loss / losses["correct"]
        ratios = f"{ratio.min():.2f} to {ratio.max():.2f}"
        if not np.isfinite(loss).all():
            shown[name], ratios = "diverges", ""
        print(f"{name:15}  {shown[name]:14}  {ratios}".rstrip())

    runs = np.array([losses[name] for name in MISTAKES])  # (9, 4)
    hidden = np.sum(runs <= losses["correct"].max())
    print(f"{hidden} of {runs.size} runs with a mistake end no higher")
    print("than the worst of the correct runs")
    # --8<-- [end:trained-mistakes]

    # --8<-- [start:mistakes-table]
    above = None
    for name, (right, wrong) in lines.items():
        cell = "" if right == above else f"`{right}`"
        tensors = "all six" if len(named[name]) == 6 else ", ".join(named[name])
        print(f"| {cell} | `{wrong}` | {tensors} | {shown[name]} |")
        above = right
    # --8<-- [end:mistakes-table]

    # --8<-- [start:two-instruments]
    import matplotlib.pyplot as plt

    correct = losses["correct"]
    fig, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(5.2, 4.2))
    left.barh(range(1, 10), list(largest.values()), height=0.6, color="C1")
    left.axvline(1e-4, ls="--", color="C0")
    left.text(2e-9, 0, "< 1e-8", va="center")
    left.text(2e-4, 0, "threshold", va="center")
    left.set(xscale="log", xlim=(1e-9, 5), xlabel="error of the check")
    left.set_xticks([1e-8, 1e-4, 1], ["1e-8", "1e-4", "1"])
    left.set_yticks(range(10), losses)

    for row, loss in enumerate(losses.values()):
        color, marker = ("C2", "s") if row == 0 else ("C1", "o")
        right.plot(loss, [row] * 4, marker, color=color)
    right.text(0.1, list(losses).index("wrong sign"), "diverges", va="center")
    right.axvspan(correct.min(), correct.max(), color="C2", alpha=0.2, lw=0)
    right.set(xlabel="loss after training", xlim=(0.04, 0.38))
    left.invert_yaxis()
    plt.show()
    # --8<-- [end:two-instruments]

    # --8<-- [start:transposition]
    cache = forward(X, parameters)
    for right in ("A2.T @ dZ3", "dZ3 @ W3.T", "A1.T @ dZ2", "dZ2 @ W2.T", "X.T @ dZ1"):
        wrong = right.replace(".T", "")
        without, *_lines = planted(right, wrong)
        try:
            without(y, parameters, cache)
        except ValueError:
            print(f"{wrong:9} does not fit")
        else:
            error = gradient_check(X, y, parameters, without)["dW2"]
            print(f"{wrong:9} fits, error of dW2: {error:.3f}")
    # --8<-- [end:transposition]
