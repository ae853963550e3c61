"""The forward pass: from a batch of deliveries to a batch of predictions."""

if __name__ == "__main__":
    # --8<-- [start:two-layers]
    import numpy as np

    from snippets.chapters.activation_functions import relu

    X = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 3.0]])  # (2, 3)
    W1 = np.array([[2.0, -1.0], [1.0, 0.0], [-1.0, 1.0]])  # (3, 2)
    b1 = np.array([[0.5, -1.0]])  # (1, 2)
    W2 = np.array([[2.0], [-1.0]])  # (2, 1)
    b2 = np.array([[1.0]])  # (1, 1)

    Z1 = X @ W1 + b1  # (2, 2)
    A1 = relu(Z1)  # (2, 2)
    Z2 = A1 @ W2 + b2  # (2, 1)
    print("Z1:", Z1.tolist())
    print("A1:", A1.tolist())
    print("Z2:", Z2.tolist())
    # --8<-- [end:two-layers]


# --8<-- [start:standardisation]
def standardise(X):
    """Return X (n, columns), each column of mean 0 and standard deviation 1."""
    return (X - X.mean(axis=0)) / X.std(axis=0)


# --8<-- [end:standardisation]

if __name__ == "__main__":
    # --8<-- [start:batch]
    from snippets.delivery import make_deliveries

    X_all, y_all = make_deliveries()  # (2000, 4), (2000, 1)
    X = standardise(X_all)[:32]  # (32, 4)
    y = standardise(y_all)[:32]  # (32, 1)

    print("three deliveries, raw")
    print(np.hstack([X_all, y_all])[:3].round(2))
    print("standardised")
    print(np.hstack([X, y])[:3].round(2))
    # --8<-- [end:batch]


# --8<-- [start:he]
import numpy as np


def he(n_in, n_out, rng):
    """Return random weights (n_in, n_out) of size √(2 / n_in), for a ReLU layer."""
    return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))


def lecun(n_in, n_out, rng):
    """Return random weights (n_in, n_out) of size √(1 / n_in), for a linear layer."""
    return rng.normal(0, np.sqrt(1 / n_in), (n_in, n_out))


# --8<-- [end:he]


# --8<-- [start:parameters]
def initialise(rng):
    """Return the weights and biases of the network 4 → 8 → 4 → 1."""
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
        print(f"{name}  {array.shape!s:7} {array.size:2} numbers")
    print(f"together     {sum(array.size for array in parameters.values())}")
    # --8<-- [end:parameter-count]


# --8<-- [start:forward]
from snippets.chapters.activation_functions import relu


def forward(X, parameters):
    """Return X (batch, 4) and every Z and A up to the predictions A3 (batch, 1)."""
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
        print(name, array.shape)
    # --8<-- [end:shapes]

    # --8<-- [start:neuron-by-neuron]
    from snippets.chapters.one_neuron import pre_activation

    rng = np.random.default_rng(1)
    biased = dict(parameters)
    for name in ("b1", "b2", "b3"):
        biased[name] = rng.normal(size=parameters[name].shape)

    a = X[0]  # (4,)
    for layer in (1, 2, 3):
        W, b = biased[f"W{layer}"], biased[f"b{layer}"]
        z = np.zeros(W.shape[1])
        for unit in range(W.shape[1]):
            z[unit] = pre_activation(a, W[:, unit], b[0, unit])
        a = z if layer == 3 else relu(z)

    print(f"neuron by neuron:  {a[0]:.4f}")
    print(f"forward:           {forward(X, biased)['A3'][0, 0]:.4f}")
    print(f"with biases zero:  {cache['A3'][0, 0]:.4f}")
    # --8<-- [end:neuron-by-neuron]

    # --8<-- [start:single-rows]
    assert np.isclose(forward(X, biased)["A3"][0, 0], a[0], rtol=0, atol=1e-12)

    alone = [forward(X[[row]], biased)["A3"] for row in range(32)]  # (1, 1) each
    together = forward(X, biased)["A3"]
    assert np.allclose(np.vstack(alone), together, rtol=0, atol=1e-12)
    # --8<-- [end:single-rows]

    # --8<-- [start:predictions]
    y_hat = cache["A3"]  # (32, 1)
    print("prediction, target")
    print(np.hstack([y_hat, y])[:5].round(2))
    print(f"MSE of the network:      {np.mean((y_hat - y) ** 2):.2f}")
    print(f"MSE of the answer 0:     {np.mean((0 - y) ** 2):.2f}")
    # --8<-- [end:predictions]

    # --8<-- [start:mean-of-32]
    minutes = standardise(y_all)  # (2000, 1)
    print(f"on all 2000 rows: {np.mean(minutes**2):.2f}")

    batches = minutes[:1984].reshape(62, 32)  # 62 batches of 32 rows
    per_batch = np.mean(batches**2, axis=1)
    print(f"on 62 batches of 32: {per_batch.min():.2f} to {per_batch.max():.2f}")
    # --8<-- [end:mean-of-32]

    # --8<-- [start:hundred-networks]
    worse = 0
    for seed in range(100):
        network = initialise(np.random.default_rng(seed))
        loss = np.mean((forward(X, network)["A3"] - y) ** 2)
        worse += loss > np.mean(y**2)
    print(f"worse than the answer 0: {worse} of 100 networks")
    # --8<-- [end:hundred-networks]

    # --8<-- [start:wrong-columns]
    table = np.hstack([X, y])  # (32, 5), the target among the inputs
    try:
        forward(table, parameters)
    except ValueError as error:
        print(error)
    # --8<-- [end:wrong-columns]

    # --8<-- [start:silent-mistakes]
    reordered = X[:, [1, 0, 2, 3]]  # traffic before distance
    print("columns in order:", y_hat[:4, 0].round(2))
    print("two exchanged:   ", forward(reordered, parameters)["A3"][:4, 0].round(2))

    flat = y[:, 0]  # (32,) instead of (32, 1)
    for target in (y, flat):
        difference = y_hat - target
        print(target.shape, difference.shape, f"MSE {np.mean(difference**2):.2f}")
    # --8<-- [end:silent-mistakes]

    # --8<-- [start:equal-weights]
    def with_weights(value):
        """Return the network with all weights equal to `value` and biases 0."""
        network = {}
        for name, array in parameters.items():
            network[name] = np.full(array.shape, value if name[0] == "W" else 0.0)
        return network

    equal = with_weights(0.1)
    for row in (2, 3):
        print("equal: ", forward(X, equal)["A1"][row].round(2))
        print("random:", forward(X, parameters)["A1"][row].round(2))
    # --8<-- [end:equal-weights]

    # --8<-- [start:nudged-weights]
    def loss_change(network, unit):
        """Return how the MSE changes when a weight into `unit` grows by 0.01."""
        nudged = dict(network)
        nudged["W1"] = network["W1"].copy()
        nudged["W1"][0, unit] += 0.01
        before = np.mean((forward(X, network)["A3"] - y) ** 2)
        after = np.mean((forward(X, nudged)["A3"] - y) ** 2)
        return after - before

    networks = {"all 0": with_weights(0.0), "all 0.1": equal, "random": parameters}
    for name, network in networks.items():
        changes = [1000 * loss_change(network, unit) for unit in range(8)]
        print(f"{name:8}", " ".join(f"{change:5.2f}" for change in changes))
    # --8<-- [end:nudged-weights]

    # --8<-- [start:distinct-units]
    for name, network in networks.items():
        A1 = forward(X, network)["A1"]  # (32, 8)
        distinct = len(np.unique(A1.round(9), axis=1)[0])
        assert distinct == (8 if name == "random" else 1)

    for network in (networks["all 0"], networks["all 0.1"]):
        changes = [loss_change(network, unit) for unit in range(8)]
        assert np.ptp(changes) < 1e-12
    assert not forward(X, networks["all 0"])["A3"].any()
    # --8<-- [end:distinct-units]

    # --8<-- [start:count-solution]
    def count_parameters(layer_sizes):
        """Return how many weights and biases a network of these layers has."""
        count = 0
        for layer in range(1, len(layer_sizes)):
            n_in, n_out = layer_sizes[layer - 1], layer_sizes[layer]
            count += (n_in + 1) * n_out
        return count

    for layer_sizes in ([4, 8, 4, 1], [4, 16, 8, 1], [10, 6]):
        print(layer_sizes, count_parameters(layer_sizes))
    # --8<-- [end:count-solution]

    # --8<-- [start:depth-solution]
    def forward_any(X, W, b):
        """Return the predictions of len(W) layers, the last one linear."""
        A = X
        for layer in range(len(W)):
            Z = A @ W[layer] + b[layer]  # (batch, n_out)
            A = relu(Z)
        return Z

    W = [biased["W1"], biased["W2"], biased["W3"]]
    b = [biased["b1"], biased["b2"], biased["b3"]]
    print("three layers:", forward_any(X, W, b).shape)
    print("the first layer alone:", forward_any(X, W[:1], b[:1]).shape)
    assert np.array_equal(forward_any(X, W, b), forward(X, biased)["A3"])
    assert np.array_equal(forward_any(X, W[:1], b[:1]), forward(X, biased)["Z1"])
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
    # --8<-- [end:bias-solution]
