"""The forward pass: from a batch of deliveries to a batch of predictions."""

# --8<-- [start:imports]
import matplotlib.pyplot as plt
import numpy as np

from snippets.chapters.activation_functions import relu
from snippets.chapters.one_neuron import pre_activation

# --8<-- [end:imports]

if __name__ == "__main__":
    # --8<-- [start:worked-example]
    X = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]])  # (2, 3)
    W = np.array([[2.0, -1.0], [1.0, 0.0], [-1.0, 1.0]])  # (3, 2)
    b = np.array([[0.5, -1.0]])  # (1, 2)

    Z = X @ W + b  # (2, 2)
    A = relu(Z)
    for name, array in {"X @ W": X @ W, "Z": Z, "A": A}.items():
        print(f"{name}, shape {array.shape}")
        print(array)
    # --8<-- [end:worked-example]

    # --8<-- [start:neuron-by-neuron]
    for row in range(2):
        for neuron in range(2):
            z = pre_activation(X[row], W[:, neuron], b[0, neuron])
            print(f"row {row}, neuron {neuron}: z = {z:4.1f}")
            assert z == Z[row, neuron]
    # --8<-- [end:neuron-by-neuron]


# --8<-- [start:standardisation]
def standardise(X: np.ndarray) -> np.ndarray:
    """Return X (n, columns), each column of mean 0, standard deviation 1.

    Raises ValueError for values that are not finite and for a constant column.
    """
    if not np.isfinite(X).all():
        raise ValueError("X holds values that are not finite")
    constant = np.flatnonzero(X.min(axis=0) == X.max(axis=0))
    if constant.size:
        raise ValueError(f"columns {constant.tolist()} of X are constant")
    return (X - X.mean(axis=0)) / X.std(axis=0)


# --8<-- [end:standardisation]

if __name__ == "__main__":
    # --8<-- [start:batch]
    from snippets.delivery import COLUMNS, make_deliveries

    X_raw, y_raw = make_deliveries()  # (2000, 4), (2000, 1)
    batch_size = 32
    X = standardise(X_raw)[:batch_size]  # (32, 4)
    y = standardise(y_raw)[:batch_size]  # (32, 1)

    titles = "".join(f"{name:>9}" for name in (*COLUMNS, "minutes"))
    raw, standardised = np.hstack([X_raw, y_raw]), np.hstack([X, y])
    for name, rows in {"raw": raw, "standardised": standardised}.items():
        print(f"{name}\n{titles}")
        for row in rows[:3]:
            print("".join(f"{value:9.2f}" for value in row))
    # --8<-- [end:batch]


# --8<-- [start:initialisation]
def scaled_normal(
    gain: float, n_in: int, n_out: int, rng: np.random.Generator
) -> np.ndarray:
    """Return weights (n_in, n_out): normal, standard deviation √(gain / n_in).

    Raises ValueError for a layer without inputs or without neurons.
    """
    if min(n_in, n_out) < 1:
        raise ValueError(f"a layer needs inputs and neurons, not {(n_in, n_out)}")
    return rng.normal(0, np.sqrt(gain / n_in), (n_in, n_out))


# --8<-- [end:initialisation]


# --8<-- [start:he-and-lecun]
def he(n_in: int, n_out: int, rng: np.random.Generator) -> np.ndarray:
    """Return ReLU weights (n_in, n_out): He et al. 2015, equation 10."""
    return scaled_normal(2, n_in, n_out, rng)


def lecun(n_in: int, n_out: int, rng: np.random.Generator) -> np.ndarray:
    """Return linear weights (n_in, n_out): LeCun et al. 1998, section 4.6."""
    return scaled_normal(1, n_in, n_out, rng)


# --8<-- [end:he-and-lecun]


# --8<-- [start:parameters]
def initialise(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the parameters of the network 4 → 8 → 4 → 1, its biases zero."""
    return {
        "W1": he(4, 8, rng),
        "b1": np.zeros((1, 8)),
        "W2": he(8, 4, rng),
        "b2": np.zeros((1, 4)),
        "W3": lecun(4, 1, rng),
        "b3": np.zeros((1, 1)),
    }


# --8<-- [end:parameters]

if __name__ == "__main__":
    # --8<-- [start:parameter-count]
    parameters = initialise(np.random.default_rng(0))
    for name, array in parameters.items():
        print(f"{name}  {array.shape!s:7} {array.size:2} parameters")

    n_parameters = sum(array.size for array in parameters.values())
    print(f"together     {n_parameters}")
    assert n_parameters == 81
    # --8<-- [end:parameter-count]


# --8<-- [start:forward]
def forward(
    X: np.ndarray,
    parameters: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Return X (batch, 4) and every Z and A up to the predictions A3 (batch, 1).

    Raises ValueError for another width of X and for values that are not finite.
    """
    if X.ndim != 2 or X.shape[1] != len(parameters["W1"]):
        W1_shape = parameters["W1"].shape
        raise ValueError(f"X has shape {X.shape}, but W1 has shape {W1_shape}")
    if not np.isfinite(X).all():
        raise ValueError("X holds values that are not finite")
    Z1 = X @ parameters["W1"] + parameters["b1"]  # (batch, 8)
    A1 = relu(Z1)
    Z2 = A1 @ parameters["W2"] + parameters["b2"]  # (batch, 4)
    A2 = relu(Z2)
    Z3 = A2 @ parameters["W3"] + parameters["b3"]  # (batch, 1)
    return {"X": X, "Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "Z3": Z3, "A3": Z3}


# --8<-- [end:forward]

if __name__ == "__main__":
    # --8<-- [start:shapes]
    cache = forward(X, parameters)
    for name, array in cache.items():
        print(f"{name:2} {array.shape}")

    assert cache["A3"].shape == y.shape == (batch_size, 1)
    # --8<-- [end:shapes]

    # --8<-- [start:predictions]
    print("row  prediction  target")
    for row in range(5):
        print(f"{row:3} {cache['A3'][row, 0]:11.2f} {y[row, 0]:7.2f}")

    print(f"MSE of the untrained network: {np.mean((cache['A3'] - y) ** 2):.2f}")
    print(f"MSE of predicting 0, the mean: {np.mean((0 - y) ** 2):.2f}")
    # --8<-- [end:predictions]

    # --8<-- [start:hundred-networks]
    losses = []
    for seed in range(100):
        network = initialise(np.random.default_rng(seed))
        losses.append(np.mean((forward(X, network)["A3"] - y) ** 2))

    worse = np.mean(losses > np.mean(y**2))
    print(f"untrained MSE from {min(losses):.2f} to {max(losses):.2f}")
    print(f"worse than predicting the mean: {worse:.0%} of 100 networks")
    assert worse > 0.5
    # --8<-- [end:hundred-networks]

    # --8<-- [start:single-rows]
    alone = [forward(X[[row]], parameters)["A3"] for row in range(batch_size)]
    together = forward(X, parameters)["A3"]

    print(f"one row: {alone[0].shape}, the batch: {together.shape}")
    assert np.allclose(np.vstack(alone), together, rtol=0, atol=1e-12)
    # --8<-- [end:single-rows]

    # --8<-- [start:equal-units]
    def distinct_units(parameters: dict[str, np.ndarray]) -> int:
        """Return how many of the 8 units of layer 1 differ on the batch."""
        return len(np.unique(forward(X, parameters)["A1"].round(9), axis=1).T)

    zero = {name: np.zeros_like(array) for name, array in parameters.items()}
    constant = zero | {f"W{n}": np.full_like(zero[f"W{n}"], 0.1) for n in (1, 2, 3)}
    for name, network in {"0": zero, "0.1": constant, "he": parameters}.items():
        print(f"weights {name:3}  distinct units: {distinct_units(network)}")

    assert not forward(X, zero)["A3"].any()
    assert distinct_units(constant) == 1
    assert distinct_units(parameters) == 8
    # --8<-- [end:equal-units]

    # --8<-- [start:nudged-weights]
    def loss_change(network: dict[str, np.ndarray], unit: int) -> float:
        """Return how the MSE changes when a weight into `unit` grows by 0.01."""
        nudged = network | {"W1": network["W1"].copy()}
        nudged["W1"][0, unit] += 0.01
        before, after = (forward(X, each)["A3"] for each in (network, nudged))
        return np.mean((after - y) ** 2) - np.mean((before - y) ** 2)

    for name, network in {"0": zero, "0.1": constant, "he": parameters}.items():
        changes = [1000 * loss_change(network, unit) for unit in range(8)]
        row = " ".join(f"{change:5.2f}" for change in changes)
        print(f"weights {name:3}  {row}")
        if network is not parameters:
            assert np.ptp(changes) < 1e-9
    # --8<-- [end:nudged-weights]

    # --8<-- [start:half-the-square]
    z = np.random.default_rng(0).normal(size=1_000_000)
    print(f"mean of z²:        {np.mean(z**2):.2f}")
    print(f"mean of relu(z)²:  {np.mean(relu(z) ** 2):.2f}")
    # --8<-- [end:half-the-square]

    # --8<-- [start:deep-stack]
    spreads = {}
    for gain in (1, 2, 4):
        rng = np.random.default_rng(0)
        A = rng.normal(size=(256, 64))
        spreads[gain] = [A.std()]
        for _ in range(20):
            A = relu(A @ scaled_normal(gain, 64, 64, rng))  # (256, 64)
            spreads[gain].append(A.std())
        print(f"√({gain} / n_in)  after layer 20: {spreads[gain][-1]:9.4f}")

    assert all(0.4 < spread < 1.1 for spread in spreads[2])
    assert np.isclose(spreads[1][-1], spreads[2][-1] / 2**10)
    assert np.isclose(spreads[4][-1], spreads[2][-1] * 2**10)
    # --8<-- [end:deep-stack]

    # --8<-- [start:activation-spread]
    fig, ax = plt.subplots()
    ax.plot(spreads[4], "s:", label="√(4 / n_in)")
    ax.plot(spreads[2], "o-", label="√(2 / n_in), He")
    ax.plot(spreads[1], "^--", label="√(1 / n_in)")
    ax.set_yscale("log")
    ax.set_xticks(range(0, 21, 5))
    ax.set_xlabel("layer (0 is the input)")
    ax.set_ylabel("standard deviation of A")
    ax.legend()
    plt.show()
    # --8<-- [end:activation-spread]

    # --8<-- [start:wrong-columns]
    table = np.hstack([X, y])  # (32, 5), the target among the inputs
    attempts = {
        "NumPy": lambda: table @ parameters["W1"],
        "forward": lambda: forward(table, parameters),
    }
    messages = {}
    for name, attempt in attempts.items():
        try:
            attempt()
        except ValueError as error:
            messages[name] = str(error)
            print(f"{name}: {error}")

    assert "(size 4 is different from 5)" in messages["NumPy"]
    assert "(32, 5)" in messages["forward"]
    # --8<-- [end:wrong-columns]

    # --8<-- [start:silent-mistake]
    for target in (y, y.ravel()):
        difference = cache["A3"] - target
        print(f"y {target.shape!s:7} A3 - y {difference.shape!s:8}", end=" ")
        print(f"MSE {np.mean(difference**2):.2f}")

    assert difference.shape == (batch_size, batch_size)
    # --8<-- [end:silent-mistake]

    # --8<-- [start:count-solution]
    from itertools import pairwise

    def count_parameters(layer_sizes: list[int]) -> int:
        """Return how many weights and biases a network of these layers has."""
        return sum((n_in + 1) * n_out for n_in, n_out in pairwise(layer_sizes))

    for layer_sizes in ([4, 8, 4, 1], [4, 16, 8, 1], [10, 6]):
        print(layer_sizes, count_parameters(layer_sizes))

    assert count_parameters([4, 8, 4, 1]) == n_parameters
    # --8<-- [end:count-solution]

    # --8<-- [start:depth-solution]
    def forward_any(
        X: np.ndarray, W: list[np.ndarray], b: list[np.ndarray]
    ) -> np.ndarray:
        """Return the predictions of len(W) layers, the last one linear."""
        A = X
        for W_layer, b_layer in zip(W[:-1], b[:-1], strict=True):
            A = relu(A @ W_layer + b_layer)  # (batch, n_out)
        return A @ W[-1] + b[-1]

    W = [parameters[f"W{layer}"] for layer in (1, 2, 3)]
    b = [parameters[f"b{layer}"] for layer in (1, 2, 3)]
    print(f"three layers: {forward_any(X, W, b).shape}")
    print(f"first layer alone: {forward_any(X, W[:1], b[:1]).shape}")
    assert np.array_equal(forward_any(X, W, b), cache["A3"])
    assert np.array_equal(forward_any(X, W[:1], b[:1]), cache["Z1"])
    # --8<-- [end:depth-solution]

    # --8<-- [start:bias-solution]
    bias = np.arange(8.0)
    for rows in (32, 8):
        product = X[:rows] @ parameters["W1"]  # (rows, 8)
        right = product + bias.reshape(1, 8)
        for shape in ((8,), (8, 1)):
            try:
                Z = product + bias.reshape(shape)
                verdict = "right" if np.array_equal(Z, right) else "wrong numbers"
                print(f"{rows:2} rows, bias {shape!s:6}: Z {Z.shape}, {verdict}")
            except ValueError as error:
                print(f"{rows:2} rows, bias {shape!s:6}: {str(error).strip()}")

    assert not np.array_equal(product + bias.reshape(8, 1), right)
    # --8<-- [end:bias-solution]
