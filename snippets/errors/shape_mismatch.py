"""Shapes that do not fit: reproduced in PyTorch and NumPy, read, and fixed."""

# --8<-- [start:wrong]
from torch import nn


def wrong(X):
    """Let five columns in; X is (64, 4)."""
    layer = nn.Linear(5, 16)
    return layer(X)


# --8<-- [end:wrong]


# --8<-- [start:right]
def right(X):
    """Let in as many columns as X has."""
    layer = nn.Linear(X.shape[1], 16)
    return layer(X)


# --8<-- [end:right]


# --8<-- [start:imports]
import numpy as np
import torch

from snippets.errors.laboratory import (
    Run,
    deliveries,
    message,
    relative_mse,
    tensors,
    torch_network,
    train,
)

# --8<-- [end:imports]


# --8<-- [start:broken]
def attempt(n_in: int, seed: int) -> Run:
    """Train a network of n_in inputs for 10 epochs, or until an exception ends it."""
    data = deliveries(seed)
    X, y, *_ = tensors(data)
    run = Run(torch_network(n_in, 16, 8, 1, seed=seed), X, y)
    try:
        return train(run.model, data, epochs=10, seed=seed)
    except RuntimeError as error:
        run.error = error
        return run


def broken(seed: int = 0) -> Run:
    """Give four columns to a network that takes five."""
    return attempt(n_in=5, seed=seed)


def fails(run: Run) -> bool:
    """Tell whether an exception ended the run."""
    return run.error is not None


# --8<-- [end:broken]


if __name__ == "__main__":
    # --8<-- [start:reproduction]
    run = broken(seed=0)
    assert fails(run)
    print(run.error)
    # --8<-- [end:reproduction]


if __name__ == "__main__":
    # --8<-- [start:claim]
    assert "(64x4 and 5x16)" in message(lambda: wrong(torch.zeros(64, 4)))
    assert right(torch.zeros(64, 4)).shape == (64, 16)
    # --8<-- [end:claim]

    # --8<-- [start:numpy]
    X, W = np.zeros((64, 4)), np.zeros((5, 16))
    for call in (lambda: X @ W, lambda: X.dot(W)):
        print(message(call))
    # --8<-- [end:numpy]

    # --8<-- [start:sizes]
    first = run.model[0]
    print("weight stored as", tuple(first.weight.shape), "and used as", W.shape)
    assert first.weight.T.shape == W.shape
    assert X.shape[1] != W.shape[0]
    assert (X @ np.zeros((4, 16))).shape == (64, 16)
    # --8<-- [end:sizes]


# --8<-- [start:shapes]
def shapes(model: nn.Sequential, X: torch.Tensor) -> list[str]:
    """Return what each layer takes and gets, up to the first that refuses."""
    lines = []
    for number, layer in enumerate(model):
        takes = getattr(layer, "in_features", "any")
        name = f"{number} {type(layer).__name__:6}"
        lines.append(f"{name} takes (batch, {takes}), gets {tuple(X.shape)}")
        if takes not in ("any", X.shape[-1]):
            return lines
        X = layer(X)
    return lines


# --8<-- [end:shapes]


if __name__ == "__main__":
    # --8<-- [start:layer-by-layer]
    deeper = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(8, 1))
    models = {"broken": run.model, "deeper": deeper, "healthy": torch_network(4, 8, 1)}
    for name, model in models.items():
        print(name, *shapes(model, torch.zeros(64, 4)), sep="\n  ")
    # --8<-- [end:layer-by-layer]


if __name__ == "__main__":
    # --8<-- [start:other-messages]
    X, y, other = torch.zeros(64, 4), torch.zeros(64, 1), torch_network(4, 16, 8, 1)
    logits, classes = torch.zeros(64, 3), torch.zeros(64, dtype=torch.long)
    cross_entropy, A = nn.CrossEntropyLoss(), X.numpy()
    calls = {
        "(1x4 and 5x16)": lambda: nn.Linear(5, 16)(X[0]),
        "(1792x28 and 784x16)": lambda: nn.Linear(784, 16)(torch.zeros(64, 28, 28)),
        "The size of tensor a (16) must match the size of tensor b (8)": (
            lambda: torch.zeros(64, 16) + torch.zeros(8)
        ),
        "shape '[64, 5]' is invalid for input of size 256": lambda: X.view(64, 5),
        "Sizes of tensors must match except in dimension 1.": (
            lambda: torch.cat([X, X[:32]], dim=1)
        ),
        "Expected input batch_size (64) to match target batch_size (32).": (
            lambda: cross_entropy(logits, classes[:32])
        ),
        "0D or 1D target tensor expected, multi-target not supported": (
            lambda: cross_entropy(logits, classes.reshape(64, 1))
        ),
        "must be the same as input size": lambda: nn.BCEWithLogitsLoss()(y, y[:, 0]),
        "size mismatch for 0.weight": lambda: other.load_state_dict(
            run.model.state_dict()
        ),
        "operands could not be broadcast together with shapes (64,16) (8,)": (
            lambda: np.zeros((64, 16)) + np.zeros(8)
        ),
        "cannot reshape array of size 256 into shape (64,5)": (
            lambda: A.reshape(64, 5)
        ),
        "must match exactly, but along dimension 0": (
            lambda: np.concatenate([A, A[:32]], axis=1)
        ),
        "setting an array element with a sequence.": (
            lambda: np.array([[5.2, 8.0], [22.0]])
        ),
    }
    for words, call in calls.items():
        assert words in message(call)
    # --8<-- [end:other-messages]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Ask the data how many inputs the network takes."""
    n_in = deliveries(seed).X.shape[1]
    return attempt(n_in, seed)


# --8<-- [end:fixed]


# --8<-- [start:score]
def score(model: nn.Module, X: np.ndarray, y: np.ndarray) -> float:
    """Return the MSE of the model's predictions over the variance of y."""
    with torch.no_grad():
        predictions = model(torch.tensor(X, dtype=torch.float32)).numpy()
    return relative_mse(predictions, y)


# --8<-- [end:score]


if __name__ == "__main__":
    # --8<-- [start:after]
    data, run = deliveries(seed=0), fixed(seed=0)
    assert not fails(run)
    print(f"test MSE / variance: {score(run.model, data.X_test, data.y_test):.3f}")
    # --8<-- [end:after]

    # --8<-- [start:alternatives]
    torch.manual_seed(0)
    hidden = [nn.LazyLinear(16), nn.ReLU(), nn.LazyLinear(8), nn.ReLU()]
    lazy = nn.Sequential(*hidden, nn.LazyLinear(1))
    lazy(torch.zeros(1, 4))  # sets the sizes
    train(lazy, data, epochs=10)
    print("sizes inferred:", [layer.in_features for layer in lazy[::2]])
    print(f"test MSE / variance: {score(lazy, data.X_test, data.y_test):.3f}")
    # --8<-- [end:alternatives]

    # --8<-- [start:silencing]
    model = fixed(seed=0).model
    X_short, zeros = data.X_test[:, 1:], np.zeros((400, 1))
    print(message(lambda: score(model, X_short, data.y_test)))
    padded = np.hstack([X_short, zeros])
    print(f"zeros at the end: rel {score(model, padded, data.y_test):.2f}")
    padded = np.hstack([zeros, X_short])
    print(f"zeros in the gap: rel {score(model, padded, data.y_test):.2f}")

    reshaped = data.X[:80].reshape(-1, 5)
    assert reshaped.shape == (64, 5)
    assert reshaped[0, 4] == data.X[1, 0]
    # --8<-- [end:silencing]

    # --8<-- [start:guard]
    X, model = data.X, broken().model
    try:
        assert X.shape[1] == model[0].in_features, f"X {X.shape}, model {model[0]}"
    except AssertionError as error:
        print(error)
    # --8<-- [end:guard]

    # --8<-- [start:images]
    images = torch.zeros(64, 28, 28)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 16))
    print(tuple(model[0](images).shape), tuple(model(images).shape))
    # --8<-- [end:images]
