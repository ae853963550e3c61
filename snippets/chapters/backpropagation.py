"""Backpropagation by hand, every gradient checked, and the check itself checked."""

# --8<-- [start:tools]
from collections.abc import Callable
from functools import partial
from math import comb

import matplotlib.pyplot as plt
import numpy as np

from snippets.chapters.activation_functions import (
    relu,
    relu_derivative,
    tanh_derivative,
)
from snippets.chapters.derivatives import numerical_gradient
from snippets.chapters.forward_pass import forward, initialise, standardise
from snippets.delivery import make_deliveries

# --8<-- [end:tools]


# --8<-- [start:worked-example]
def worked_example() -> dict[str, float]:
    """Return every number of a 2-2-1 network's two passes; dz1 means ∂L/∂z1."""
    x1, x2, y = 2.0, 3.0, 0.5
    w11, w21, b1 = 0.5, 0.1, 0.2  # into hidden unit 1
    w12, w22, b2 = -0.4, -0.6, 0.1  # into hidden unit 2
    v1, v2, c = 0.6, -0.7, 0.4  # into the output

    z1 = x1 * w11 + x2 * w21 + b1
    z2 = x1 * w12 + x2 * w22 + b2
    a1, a2 = max(z1, 0.0), max(z2, 0.0)
    y_hat = a1 * v1 + a2 * v2 + c
    loss = (y_hat - y) ** 2

    dy_hat = 2 * (y_hat - y)
    dv1, dv2, dc = dy_hat * a1, dy_hat * a2, dy_hat
    da1, da2 = dy_hat * v1, dy_hat * v2
    dz1, dz2 = da1 if z1 > 0 else 0.0, da2 if z2 > 0 else 0.0
    dw11, dw21, db1 = dz1 * x1, dz1 * x2, dz1
    dw12, dw22, db2 = dz2 * x1, dz2 * x2, dz2
    return locals()


# --8<-- [end:worked-example]

if __name__ == "__main__":
    # --8<-- [start:worked-forward]
    worked = worked_example()
    by_hand = {"z1": 1.5, "z2": -2.5, "a1": 1.5, "a2": 0.0}
    by_hand |= {"y_hat": 1.3, "loss": 0.64}
    for name, value in by_hand.items():
        assert np.isclose(worked[name], value, rtol=1e-12, atol=1e-12)
        print(f"{name:5} {worked[name]:5.2f}")
    # --8<-- [end:worked-forward]

    # --8<-- [start:worked-backward]
    by_hand = {"dy_hat": 1.6, "dv1": 2.4, "dv2": 0.0, "dc": 1.6}
    by_hand |= {"da1": 0.96, "da2": -1.12, "dz1": 0.96, "dz2": 0.0}
    by_hand |= {"dw11": 1.92, "dw21": 2.88, "db1": 0.96}
    by_hand |= {"dw12": 0.0, "dw22": 0.0, "db2": 0.0}
    for name, value in by_hand.items():
        assert np.isclose(worked[name], value, rtol=1e-12, atol=1e-12)
        print(f"{name:6} {worked[name]:5.2f}")
    # --8<-- [end:worked-backward]

    # --8<-- [start:worked-matrices]
    X, y = np.array([[2.0, 3.0]]), np.array([[0.5]])  # (1, 2) and (1, 1)
    W1, b1 = np.array([[0.5, -0.4], [0.1, -0.6]]), np.array([[0.2, 0.1]])
    W2, b2 = np.array([[0.6], [-0.7]]), np.array([[0.4]])

    Z1 = X @ W1 + b1  # (1, 2)
    A1 = relu(Z1)
    Z2 = A1 @ W2 + b2  # (1, 1)

    dZ2 = 2 * (Z2 - y)  # (1, 1)
    dW2 = A1.T @ dZ2  # (2, 1)
    dA1 = dZ2 @ W2.T  # (1, 2)
    dZ1 = dA1 * relu_derivative(Z1)
    dW1 = X.T @ dZ1  # (2, 2)
    print("dW2 =", dW2.round(2).tolist())
    print("dW1 =", (dW1.round(2) + 0.0).tolist())  # + 0.0 turns -0.0 into 0.0
    assert np.allclose(dW1, [[1.92, 0], [2.88, 0]])
    # --8<-- [end:worked-matrices]

    # --8<-- [start:nudged-weights]
    def loss_at(W1: np.ndarray) -> float:
        """Return the worked network's loss with other first weights."""
        return float(np.mean((relu(X @ W1 + b1) @ W2 + b2 - y) ** 2))

    assert np.isclose(0.01 * dW1[0, 0], 0.0192)
    print(f"loss:       {loss_at(W1):.4f}")
    for row, column in ((0, 0), (1, 0), (0, 1), (1, 1)):
        nudged = W1.copy()
        nudged[row, column] += 0.01
        change = loss_at(nudged) - loss_at(W1)
        print(f"w{row + 1}{column + 1} + 0.01: {loss_at(nudged):.4f}  {change:+.4f}")
    assert np.allclose(numerical_gradient(loss_at, W1), dW1)
    # --8<-- [end:nudged-weights]

    # --8<-- [start:active-unit]
    Z1 = X @ W1 + [[0.2, 3.0]]  # b1 and the raised b2 of the drawing
    A1 = relu(Z1)
    dA1 = 2 * (A1 @ W2 + b2 - y) @ W2.T
    dW1 = X.T @ (dA1 * relu_derivative(Z1))
    print("A1  =", A1.round(3).tolist())
    print("dW1 =", dW1.round(3).tolist())
    assert np.allclose(dW1[:, 1], [-1.456, -2.184])
    # --8<-- [end:active-unit]


# --8<-- [start:mse]
def mse(y_hat: np.ndarray, y: np.ndarray) -> float:
    """Return the mean of (y_hat − y)² over all elements of (batch, n_out) arrays.

    Raises ValueError when the shapes differ: broadcasting would hide it.
    """
    if y_hat.shape != y.shape:
        raise ValueError(f"y_hat has shape {y_hat.shape}, y has shape {y.shape}")
    return float(np.mean((y_hat - y) ** 2))


# --8<-- [end:mse]


# --8<-- [start:backward]
def backward(
    y: np.ndarray, parameters: dict[str, np.ndarray], cache: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return ∂mse/∂ of each parameter, in its shape, for y of shape (batch, 1).

    Raises ValueError when y and the cached predictions differ in shape.
    """
    if cache["A3"].shape != y.shape:
        raise ValueError(f"A3 has shape {cache['A3'].shape}, y has shape {y.shape}")
    dA3 = 2 * (cache["A3"] - y) / y.size  # (batch, 1)
    dZ3 = dA3  # the output is linear
    dW3 = cache["A2"].T @ dZ3  # (4, 1)
    db3 = dZ3.sum(axis=0, keepdims=True)  # (1, 1)
    dA2 = dZ3 @ parameters["W3"].T  # (batch, 4)
    dZ2 = dA2 * relu_derivative(cache["Z2"])
    dW2 = cache["A1"].T @ dZ2  # (8, 4)
    db2 = dZ2.sum(axis=0, keepdims=True)  # (1, 4)
    dA1 = dZ2 @ parameters["W2"].T  # (batch, 8)
    dZ1 = dA1 * relu_derivative(cache["Z1"])
    dW1 = cache["X"].T @ dZ1  # (4, 8)
    db1 = dZ1.sum(axis=0, keepdims=True)  # (1, 8)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dW3": dW3, "db3": db3}


# --8<-- [end:backward]

if __name__ == "__main__":
    # --8<-- [start:eight-samples]
    rng = np.random.default_rng(1)
    parameters = initialise(rng)
    X = rng.normal(size=(8, 4))
    y = rng.normal(35, 10, size=(8, 1))  # minutes

    cache = forward(X, parameters)
    gradients = backward(y, parameters, cache)
    print(f"loss {mse(cache['A3'], y):.1f}")
    for name, theta in parameters.items():
        assert gradients["d" + name].shape == theta.shape
        norm = np.linalg.norm(gradients["d" + name])
        print(f"d{name}  {theta.shape!s:7} {theta.size:3} numbers  norm {norm:6.1f}")
    # --8<-- [end:eight-samples]


if __name__ == "__main__":
    # --8<-- [start:refused-shapes]
    flat_y = y.ravel()  # (8,)
    print("A3 - flat_y has shape", (cache["A3"] - flat_y).shape)
    for attempt in (
        lambda: mse(cache["A3"], flat_y),
        lambda: backward(flat_y, parameters, cache),
    ):
        try:
            attempt()
        except ValueError as error:
            print("refused:", error)
        else:
            raise AssertionError("a wrong shape passed")
    # --8<-- [end:refused-shapes]


# --8<-- [start:relative-error]
def relative_error(a: np.ndarray, b: np.ndarray) -> float:
    """Return ‖a − b‖ / (‖a‖ + ‖b‖): 0 for equal arrays, 1 for opposite ones.

    Raises ValueError when the shapes differ.
    """
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape}, b has shape {b.shape}")
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / max(size, np.finfo(float).tiny))


# --8<-- [end:relative-error]


# --8<-- [start:numerical-gradients]
def numerical_gradients(
    X: np.ndarray, y: np.ndarray, parameters: dict[str, np.ndarray], h: float = 1e-5
) -> dict[str, np.ndarray]:
    """Return what `backward` should return, measured by central differences."""

    def loss(name: str, theta: np.ndarray) -> float:
        return mse(forward(X, {**parameters, name: theta})["A3"], y)

    return {
        "d" + name: numerical_gradient(partial(loss, name), theta, h)
        for name, theta in parameters.items()
    }


# --8<-- [end:numerical-gradients]


# --8<-- [start:kink-margin]
def kink_margin(
    X: np.ndarray, parameters: dict[str, np.ndarray], h: float = 1e-5
) -> float:
    """Return how many reaches of a nudge h the nearest kink is away.

    Above 1, no parameter moved by h can carry a pre-activation across zero.
    """
    cache = forward(X, parameters)
    reach1 = h * max(1.0, np.abs(X).max())
    through_W2 = reach1 * np.abs(parameters["W2"]).max()
    reach2 = max(h, h * cache["A1"].max(), through_W2)
    nearest1, nearest2 = np.abs(cache["Z1"]).min(), np.abs(cache["Z2"]).min()
    return float(min(nearest1 / reach1, nearest2 / reach2))


# --8<-- [end:kink-margin]


# --8<-- [start:gradient-check]
def gradient_check(
    X: np.ndarray,
    y: np.ndarray,
    parameters: dict[str, np.ndarray],
    backward: Callable = backward,
    h: float = 1e-5,
) -> dict[str, float]:
    """Return the relative error of each tensor that `backward` returns.

    Raises ValueError when a nudge of h could cross a kink of ReLU.
    """
    margin = kink_margin(X, parameters, h)
    if not margin > 1:
        raise ValueError(f"a kink is {margin:.2g} reaches away: take other samples")
    ours = backward(y, parameters, forward(X, parameters))
    measured = numerical_gradients(X, y, parameters, h)
    return {name: relative_error(ours[name], measured[name]) for name in measured}


# --8<-- [end:gradient-check]

if __name__ == "__main__":
    # --8<-- [start:all-parameters]
    print(f"the nearest kink is {kink_margin(X, parameters):.0f} reaches away")
    errors = gradient_check(X, y, parameters)
    print("tensor  parameters  relative error")
    for name, error in errors.items():
        bound = "< 1e-8" if error < 1e-8 else f"{error:.1e}"
        print(f"{name:6}  {parameters[name[1:]].size:10}  {bound:>14}")
    print(f"all     {sum(theta.size for theta in parameters.values()):10}")
    assert max(errors.values()) < 1e-8
    # --8<-- [end:all-parameters]

    # --8<-- [start:both-sides]
    for name in ("Z1", "Z2"):
        share = (cache[name] > 0).mean(axis=0)  # of the samples, for each unit
        print(name, share)
        assert np.all((share > 0) & (share < 1))
    # --8<-- [end:both-sides]

    # --8<-- [start:kink]
    shift = np.zeros((1, 8))
    shift[0, 0] = cache["Z1"][0, 0] - 0.5e-5
    near_kink = {**parameters, "b1": parameters["b1"] - shift}
    ours = backward(y, near_kink, forward(X, near_kink))
    measured = numerical_gradients(X, y, near_kink)
    print(f"without the guard: {relative_error(ours['db1'], measured['db1']):.1e}")
    try:
        gradient_check(X, y, near_kink)
    except ValueError as error:
        print("with the guard:", error)
    else:
        raise AssertionError("the guard let a kink pass")
    # --8<-- [end:kink]


# --8<-- [start:bias-mean]
def bias_mean(y: np.ndarray, parameters: dict, cache: dict) -> dict:
    """Go wrong: divide the bias gradients by n once more."""
    gradients = backward(y, parameters, cache)
    return {k: g / len(y) if k[1] == "b" else g for k, g in gradients.items()}


# --8<-- [end:bias-mean]

if __name__ == "__main__":
    # --8<-- [start:two-of-all]
    ours = bias_mean(y, parameters, cache)
    measured = numerical_gradients(X, y, parameters)
    right = {k: np.isclose(ours[k], measured[k], rtol=1e-4, atol=1e-6) for k in ours}
    for name in ("dW1", "dW3"):
        print(f"{name}[0, 0]  {'right' if right[name][0, 0] else 'wrong'}")

    count = int(sum(entries.sum() for entries in right.values()))
    print(f"right: {count} of 81")
    print(f"pairs that are both right: {comb(count, 2) / comb(81, 2):.0%}")
    for name, error in gradient_check(X, y, parameters, bias_mean).items():
        print(f"{name}  {error:.3f}" if error > 1e-4 else f"{name}  < 1e-4")
    # --8<-- [end:two-of-all]


# --8<-- [start:mask-mistakes]
def no_mask(y: np.ndarray, parameters: dict, cache: dict) -> dict:
    """Go wrong: let every gradient through, as if every Z were positive."""
    ones = {name: np.ones_like(cache[name]) for name in ("Z1", "Z2")}
    return backward(y, parameters, cache | ones)


def mask_on_activation(y: np.ndarray, parameters: dict, cache: dict) -> dict:
    """Go wrong: mask with A >= 0 instead of Z > 0."""
    masks = {"Z1": cache["A1"] >= 0, "Z2": cache["A2"] >= 0}
    return backward(y, parameters, cache | masks)


# --8<-- [end:mask-mistakes]


# --8<-- [start:scale-mistakes]
def no_division(y: np.ndarray, parameters: dict, cache: dict) -> dict:
    """Go wrong: forget the 1/n of the mean."""
    return {k: g * len(y) for k, g in backward(y, parameters, cache).items()}


def no_factor_two(y: np.ndarray, parameters: dict, cache: dict) -> dict:
    """Go wrong: forget the 2 of the square."""
    return {k: g / 2 for k, g in backward(y, parameters, cache).items()}


def wrong_sign(y: np.ndarray, parameters: dict, cache: dict) -> dict:
    """Go wrong: start from y − ŷ."""
    return {k: -g for k, g in backward(y, parameters, cache).items()}


# --8<-- [end:scale-mistakes]


# --8<-- [start:part-mistakes]
def first_row_bias(y: np.ndarray, parameters: dict, cache: dict) -> dict:
    """Go wrong: take the first row of dZ for db, not the sum of the rows."""
    first_row = {k: value[:1] for k, value in cache.items()}
    first = backward(y[:1], parameters, first_row)
    gradients = backward(y, parameters, cache)
    return gradients | {k: first[k] / len(y) for k in ("db1", "db2", "db3")}


def detached_layer(y: np.ndarray, parameters: dict, cache: dict) -> dict:
    """Go wrong: pass nothing on to the first layer."""
    gradients = backward(y, parameters, cache)
    return gradients | {k: np.zeros_like(gradients[k]) for k in ("dW1", "db1")}


# --8<-- [end:part-mistakes]


# --8<-- [start:early-update]
LEARNING_RATE = 0.02


def early_update(y: np.ndarray, parameters: dict, cache: dict) -> dict:
    """Go wrong: change W3, then W2, before they carry the gradient back."""
    moved = dict(parameters)
    for name in ("W3", "W2"):
        gradient = backward(y, moved, cache)["d" + name]
        moved[name] = moved[name] - LEARNING_RATE * gradient
    return backward(y, moved, cache)


# --8<-- [end:early-update]


# --8<-- [start:mistakes]
MISTAKES = {
    "no mask": no_mask,
    "mask on A >= 0": mask_on_activation,
    "no 1/n": no_division,
    "no factor 2": no_factor_two,
    "wrong sign": wrong_sign,
    "bias: mean": bias_mean,
    "bias: first row": first_row_bias,
    "layer detached": detached_layer,
    "early update": early_update,
}
# --8<-- [end:mistakes]

if __name__ == "__main__":
    # --8<-- [start:checked-mistakes]
    largest = {}
    print("mistake          error  tensors above 1e-4")
    for name, mistake in MISTAKES.items():
        errors = gradient_check(X, y, parameters, mistake)
        named = [tensor for tensor, error in errors.items() if not error < 1e-4]
        assert named
        largest[name] = max(errors.values())
        shown = "all six" if len(named) == 6 else " ".join(named)
        print(f"{name:15}  {largest[name]:5.3f}  {shown}")
    assert largest["no mask"] == largest["mask on A >= 0"]
    # --8<-- [end:checked-mistakes]

    # --8<-- [start:small-update]
    small_y = (y - 35) / 10
    errors = gradient_check(X, small_y, parameters, early_update)
    print(f"early update, targets standardised: {max(errors.values()):.3f}")
    assert max(gradient_check(X, small_y, parameters).values()) < 1e-8
    # --8<-- [end:small-update]


# --8<-- [start:short-training]
def train(backward: Callable, X: np.ndarray, y: np.ndarray, seed: int) -> float:
    """Return the loss after five epochs of steps against `backward`."""
    rng = np.random.default_rng(seed)
    parameters = initialise(rng)
    for _ in range(5):
        for rows in rng.permutation(len(X)).reshape(-1, 8):  # batches of 8
            cache = forward(X[rows], parameters)
            gradients = backward(y[rows], parameters, cache)
            for name, theta in parameters.items():
                parameters[name] = theta - LEARNING_RATE * gradients["d" + name]
    return mse(forward(X, parameters)["A3"], y)


# --8<-- [end:short-training]

if __name__ == "__main__":
    # --8<-- [start:trained-mistakes]
    many_X, many_y = (standardise(array) for array in make_deliveries())
    losses = {}
    for name, function in {"correct": backward, **MISTAKES}.items():
        with np.errstate(over="ignore", invalid="ignore"):
            runs = [train(function, many_X, many_y, seed) for seed in range(4)]
        losses[name] = np.array(runs)

    print("backward         loss            ratio to correct")
    for name, loss in losses.items():
        ratio = loss / losses["correct"]
        shown = f"{loss.min():.3f} to {loss.max():.3f}"
        shown += f"  {ratio.min():.2f} to {ratio.max():.2f}"
        print(f"{name:15}  {shown if np.isfinite(loss).all() else 'diverges'}")
    # --8<-- [end:trained-mistakes]

    # --8<-- [start:hidden-mistakes]
    correct = losses["correct"]
    runs = np.array([losses[name] for name in MISTAKES])  # (9, 4)
    print(f"{np.sum(runs <= correct.max())} of {runs.size} runs with a mistake")
    print("end no higher than the worst of the correct runs")
    close = np.all(runs < 1.06 * correct, axis=1)
    print("never 6% worse:", ", ".join(np.array(list(MISTAKES))[close]))
    # --8<-- [end:hidden-mistakes]

    # --8<-- [start:two-instruments]
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


# --8<-- [start:tanh-backward]
def tanh_forward(X: np.ndarray, parameters: dict) -> dict:
    """Return every Z and A of the network with tanh in its hidden layers."""
    cache = {"A0": X}
    for layer in (1, 2, 3):
        W, b = parameters[f"W{layer}"], parameters[f"b{layer}"]
        Z = cache[f"A{layer - 1}"] @ W + b
        cache |= {f"Z{layer}": Z, f"A{layer}": Z if layer == 3 else np.tanh(Z)}
    return cache


def tanh_backward(y: np.ndarray, parameters: dict, cache: dict) -> dict:
    """Return ∂mse/∂ of each parameter of that network."""
    gradients = {}
    dZ = 2 * (cache["A3"] - y) / y.size  # (batch, 1)
    for layer in (3, 2, 1):
        gradients[f"dW{layer}"] = cache[f"A{layer - 1}"].T @ dZ
        gradients[f"db{layer}"] = dZ.sum(axis=0, keepdims=True)
        if layer > 1:
            dA = dZ @ parameters[f"W{layer}"].T
            dZ = dA * tanh_derivative(cache[f"Z{layer - 1}"])
    return gradients


# --8<-- [end:tanh-backward]

if __name__ == "__main__":
    # --8<-- [start:tanh-check]
    def tanh_loss(name: str, theta: np.ndarray) -> float:
        """Return the loss with one tensor replaced."""
        return mse(tanh_forward(X, {**parameters, name: theta})["A3"], y)

    ours = tanh_backward(y, parameters, tanh_forward(X, parameters))
    for name, theta in parameters.items():
        measured = numerical_gradient(partial(tanh_loss, name), theta)
        error = relative_error(ours["d" + name], measured)
        print(f"d{name}  {'< 1e-8' if error < 1e-8 else error}")
        assert error < 1e-8
    # --8<-- [end:tanh-check]

    # --8<-- [start:input-gradient]
    identity = {"X": np.eye(len(X))}  # Xᵀ dZ1 with X = I is dZ1
    dZ1 = backward(y, parameters, cache | identity)["dW1"]  # (8, 8)
    dX = dZ1 @ parameters["W1"].T  # (8, 4)

    measured = numerical_gradient(lambda X: mse(forward(X, parameters)["A3"], y), X)
    print("dX", dX.shape, "< 1e-8:", relative_error(dX, measured) < 1e-8)
    print("first row:", dX[0].round(2))
    assert relative_error(dX, measured) < 1e-8
    # --8<-- [end:input-gradient]

    # --8<-- [start:penalty]
    def penalised_loss(name: str, theta: np.ndarray, strength: float = 0.1) -> float:
        """Return mse + strength · (sum of all squared weights)."""
        changed = {**parameters, name: theta}
        squares = sum(np.sum(changed[key] ** 2) for key in ("W1", "W2", "W3"))
        return mse(forward(X, changed)["A3"], y) + strength * float(squares)

    ours = backward(y, parameters, cache)
    for name in ("W1", "W2", "W3"):
        measured = numerical_gradient(partial(penalised_loss, name), parameters[name])
        plain = relative_error(ours["d" + name], measured)
        ours["d" + name] += 2 * 0.1 * parameters[name]
        error = relative_error(ours["d" + name], measured)
        print(f"d{name}  without {plain:.4f}, with < 1e-8: {error < 1e-8}")
        assert error < 1e-8 < plain
    # --8<-- [end:penalty]
