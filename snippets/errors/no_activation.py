"""No activation between the layers: a stack that draws a straight line."""

# --8<-- [start:wrong]
from torch.nn import Linear, Sequential


def network_wrong():
    """Compute one linear layer."""
    layers = [Linear(4, 16), Linear(16, 8)]
    return Sequential(*layers, Linear(8, 1))


# --8<-- [end:wrong]


# --8<-- [start:right]
from torch.nn import Linear, ReLU, Sequential


def network():
    """Bend between the layers."""
    layers = [Linear(4, 16), ReLU()]
    layers += [Linear(16, 8), ReLU()]
    return Sequential(*layers, Linear(8, 1))


# --8<-- [end:right]


# --8<-- [start:prevention]
import torch


def assert_can_bend(model, X):
    """Refuse a model that is a straight line between rows of X, moved far apart."""
    a, b = 100 * X, 100 * X.flip(0)
    with torch.no_grad():
        middle, ends = model((a + b) / 2), (model(a) + model(b)) / 2
    assert (middle - ends).abs().max() > 1e-3 * ends.std(), "only a straight line"


# --8<-- [end:prevention]


# --8<-- [start:target]
import copy

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split
from torch import nn

from snippets.delivery import make_deliveries
from snippets.errors.laboratory import (
    Data,
    Run,
    crossed_deliveries,
    deliveries,
    least_squares,
    relative_mse,
    torch_network,
    train,
)

# --8<-- [end:target]


# --8<-- [start:scenario]
def broken(seed: int = 0) -> Run:
    """Train three linear layers with nothing between them."""
    torch.manual_seed(seed)
    return train(
        network_wrong(), crossed_deliveries(seed), lr=0.1, epochs=20, seed=seed
    )


# --8<-- [end:scenario]


# --8<-- [start:contract]
def rel(run: Run) -> float:
    """Return the test MSE over the variance of y, of a torch model."""
    with torch.no_grad():
        return relative_mse(run.model(run.X_test).numpy(), run.y_test.numpy())


def fails(run: Run) -> bool:
    """Tell whether more than 0.4 of the variance of y is left on the test rows."""
    return rel(run) > 0.4


# --8<-- [end:contract]

if __name__ == "__main__":
    # --8<-- [start:failure]
    data = crossed_deliveries()
    broken_run = broken()
    print(f"network:        {rel(broken_run):.3f}")
    print(f"straight line:  {least_squares(data):.3f}")
    assert fails(broken_run)
    assert abs(rel(broken_run) - least_squares(data)) < 0.02
    # --8<-- [end:failure]


# --8<-- [start:cure]
def fixed(seed: int = 0) -> Run:
    """Train the same layers with ReLU between them."""
    torch.manual_seed(seed)
    return train(network(), crossed_deliveries(seed), lr=0.1, epochs=20, seed=seed)


# --8<-- [end:cure]

if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    fixed_run = fixed()
    print(f"with ReLU: {rel(fixed_run):.3f}")
    assert rel(fixed_run) < 0.1
    # --8<-- [end:fixed-run]

    # --8<-- [start:guarded]
    assert_can_bend(network(), broken_run.X)
    try:
        assert_can_bend(network_wrong(), broken_run.X)
    except AssertionError as error:
        print("AssertionError:", error)
    ends = broken_run.X[:50], broken_run.X[50:100]
    for model, bends in ((broken_run.model, False), (fixed_run.model, True)):
        a, z = ends
        off = (model((a + z) / 2) - (model(a) + model(z)) / 2).abs().max()
        assert (off > 1e-5) == bends
    # --8<-- [end:guarded]


# --8<-- [start:bend]
def outputs(model: object, X: object) -> np.ndarray:
    """Return the predictions for X; a torch model is copied, so that it stays as is."""
    if not isinstance(model, nn.Module):
        return model.predict(X)
    with torch.no_grad():
        return copy.deepcopy(model).eval()(X).numpy()


def bend(model: object, X: object) -> float:
    """Return how far outputs midway between rows lie from the mean of both ends.

    In units of the outputs' spread; the rows are moved apart by a factor of 100, so
    that whatever can bend does. A straight line gives 0, a constant gives NaN.
    """
    a = 100 * X[:: max(1, len(X) // 64)]
    b = a[np.arange(len(a))[::-1].copy()]
    ends, middle = (outputs(model, a) + outputs(model, b)) / 2, (a + b) / 2
    spread = np.ptp(ends)
    off_line = np.abs(outputs(model, middle) - ends).max()
    return float(off_line / spread) if spread > 0 else np.nan


# --8<-- [end:bend]

if __name__ == "__main__":
    # --8<-- [start:fold]
    grid = np.zeros((50, 4), dtype=np.float32)  # the mean delivery
    grid[:, 0], grid[:, 1] = 1.0, np.linspace(-1.6, 1.6, 50)  # but far
    far = np.abs(data.X_test[:, 0] - 1) < 0.25
    fig, ax = plt.subplots()
    ax.plot(data.X_test[far, 1], data.y_test[far], "C5.", label="test rows")
    for style, run in (("C1--", broken_run), ("C0-", fixed_run)):
        label = "no activation" if run is broken_run else "ReLU"
        ax.plot(grid[:, 1], outputs(run.model, torch.tensor(grid)), style, label=label)
    ax.set(xlabel="traffic, standardised", ylabel="minutes, standardised")
    ax.legend(loc="upper center")
    plt.show()
    # --8<-- [end:fold]

    # --8<-- [start:collapse]
    first, second, third = broken_run.model
    with torch.no_grad():
        W = first.weight.T @ second.weight.T @ third.weight.T  # (4, 1)
        b = (first.bias @ second.weight.T + second.bias) @ third.weight.T + third.bias
        difference = broken_run.model(broken_run.X) - (broken_run.X @ W + b)
    print("one W does it all:", W.ravel().numpy().round(2))
    assert difference.abs().max() < 1e-5
    # --8<-- [end:collapse]

    # --8<-- [start:bends]
    def result(*sizes: int, activation: type = nn.ReLU, data: Data = data) -> Run:
        """Train a network of these sizes, as the failing one was trained."""
        model = torch_network(*sizes, activation=activation)
        return train(model, data, lr=0.1, epochs=20)

    kinds = {"ReLU": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}
    runs = {name: result(4, 16, 8, 1, activation=f) for name, f in kinds.items()}
    for name, run in {"none": broken_run, **runs}.items():
        measured = bend(run.model, run.X)
        print(f"{name:8} rel {rel(run):.3f}, bends: {measured > 1e-3}")
        assert measured < 1e-5 or measured > 0.1
    # --8<-- [end:bends]


# --8<-- [start:evidence]
def layers(model: object) -> int:
    """Return how many weight matrices a torch model or a NumPy network has."""
    if isinstance(model, nn.Module):
        return sum(parameter.ndim == 2 for parameter in model.parameters())
    W = getattr(model, "W", None)
    return len(W) if isinstance(W, list) else 0


def evidence(run: Run) -> str | None:
    """Say that a network of several layers is a straight line, when it is."""
    if run.error is not None or layers(run.model) < 2 or np.ndim(run.X) != 2:
        return None
    try:
        with np.errstate(all="ignore"):
            measured = bend(run.model, run.X)
    except (AttributeError, IndexError, RuntimeError, TypeError, ValueError):
        return None
    if not measured < 1e-3:
        return None
    return f"{layers(run.model)} layers, and the output is a straight line"


# --8<-- [end:evidence]

if __name__ == "__main__":
    # --8<-- [start:diagnosis]
    print("broken: ", evidence(broken_run))
    print("ReLU:   ", evidence(runs["ReLU"]))
    print("sigmoid:", evidence(runs["sigmoid"]))
    # --8<-- [end:diagnosis]

    # --8<-- [start:alternatives]
    deeper = result(4, *[16] * 9, 1, activation=nn.Identity)
    wider = result(4, 128, 128, 1, activation=nn.Identity)
    print(f"ten linear layers:   {rel(deeper):.3f}")
    print(f"128 units a layer:   {rel(wider):.3f}")
    # --8<-- [end:alternatives]

    # --8<-- [start:feature]
    def with_feature(X: np.ndarray) -> np.ndarray:
        """Return X with distance · |traffic − 5.5| as a fifth column."""
        return np.column_stack([X, X[:, 0] * np.abs(X[:, 1] - 5.5)])

    X, X_test = train_test_split(
        make_deliveries(seed=0)[0], test_size=0.2, random_state=0
    )
    line = Data(with_feature(X), data.y, with_feature(X_test), data.y_test)
    print(f"straight line, with the fifth column: {least_squares(line):.3f}")
    # --8<-- [end:feature]

    # --8<-- [start:hidden-failure]
    linear_task = deliveries(seed=0)
    stack = result(4, 16, 8, 1, activation=nn.Identity, data=linear_task)
    print(f"linear task, no activation: {rel(stack):.3f}")
    print(
        f"linear task, ReLU:          {rel(result(4, 16, 8, 1, data=linear_task)):.3f}"
    )
    # --8<-- [end:hidden-failure]

    # --8<-- [start:parameter-solution]
    n_stack = sum(p.numel() for p in broken_run.model.parameters())
    print("parameters of the stack:", n_stack)
    print("of the line that it is: ", W.numel() + b.numel())
    # --8<-- [end:parameter-solution]

    # --8<-- [start:one-activation-solution]
    torch.manual_seed(0)
    one = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 8), nn.Linear(8, 1))
    run = train(one, data, lr=0.1, epochs=20)
    print(f"one ReLU, after the first layer: {rel(run):.3f}")
    assert not fails(run)
    # --8<-- [end:one-activation-solution]
