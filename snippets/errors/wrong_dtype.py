"""Types and labels that do not fit: each message reproduced, and fixed."""

# --8<-- [start:wrong]
import torch


def wrong(X, y):
    """Keep NumPy's float64."""
    X = torch.from_numpy(X)
    return X, torch.from_numpy(y)


# --8<-- [end:wrong]


# --8<-- [start:right]
def right(X, y):
    """Take the model's float32."""
    X = torch.tensor(X, dtype=torch.float32)
    y = torch.tensor(y, dtype=torch.float32)
    return X, y  # class numbers: torch.long


# --8<-- [end:right]


# --8<-- [start:imports]
from collections.abc import Callable

import numpy as np
from torch import nn

from snippets.errors.laboratory import (
    Run,
    batches,
    deliveries,
    message,
    score,
    torch_network,
    train,
)

# --8<-- [end:imports]


# --8<-- [start:training]
def fit(run: Run, seed: int) -> None:
    """Train the run's model for 10 epochs on the run's X and y."""
    for epoch in range(10):
        total = 0.0
        for rows in batches(len(run.X), 64, seed * 1000 + epoch):
            batch_loss = run.loss(run.model(run.X[rows]), run.y[rows])
            run.optimizer.zero_grad()
            batch_loss.backward()
            run.optimizer.step()
            total += batch_loss.item() * len(rows)
        run.losses.append(total / len(run.X))


# --8<-- [end:training]


# --8<-- [start:attempt]
def attempt(
    convert: Callable[[np.ndarray], torch.Tensor],
    seed: int,
    dtype: torch.dtype = torch.float32,
) -> Run:
    """Convert the arrays and train a model of a dtype; keep the exception, if any."""
    X, y, X_test, y_test = map(convert, deliveries(seed))
    run = Run(torch_network(4, 16, 8, 1, seed=seed).to(dtype), X, y)
    run.X_test, run.y_test, run.loss = X_test, y_test, nn.MSELoss()
    run.optimizer = torch.optim.SGD(run.model.parameters(), lr=0.05)
    try:
        fit(run, seed)
    except RuntimeError as error:
        run.error = error
    return run


# --8<-- [end:attempt]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Take the arrays' float64 as it is, for a model of float32."""
    return attempt(torch.from_numpy, seed)


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

    # --8<-- [start:claim]
    X, y = deliveries().X, deliveries().y
    model = torch_network(4, 8, 1)
    assert "Double and Float" in message(lambda: model(wrong(X, y)[0]))
    X, y = right(X, y)
    assert nn.HuberLoss()(model(X), y).dtype == torch.float32
    # --8<-- [end:claim]

    # --8<-- [start:labels]
    logits, loss = torch.zeros(4, 3), nn.CrossEntropyLoss()
    for y in ([0.0, 1.0, 2.0, 1.0], [1, 2, 3, 2]):
        print(message(lambda y=y: loss(logits, torch.tensor(y))))
    # --8<-- [end:labels]

    # --8<-- [start:origins]
    x = np.array([5.2, 8.0])
    print("torch.from_numpy(x)     ", torch.from_numpy(x).dtype)
    print("torch.tensor(x)         ", torch.tensor(x).dtype)
    print("torch.tensor([5.2, 8.0])", torch.tensor([5.2, 8.0]).dtype)
    print("torch.tensor([5, 8])    ", torch.tensor([5, 8]).dtype)
    print("nn.Linear(2, 1).weight  ", nn.Linear(2, 1).weight.dtype)
    # --8<-- [end:origins]


# --8<-- [start:dtypes]
def dtypes(run: Run) -> dict[str, str]:
    """Return the types of a run's first parameter, its X and its y."""
    parameters = run.model.parameters() if isinstance(run.model, nn.Module) else []
    found = {"model": next(iter(parameters), None), "X": run.X, "y": run.y}
    return {
        name: str(array.dtype).removeprefix("torch.")
        for name, array in found.items()
        if hasattr(array, "dtype")
    }


# --8<-- [end:dtypes]


if __name__ == "__main__":
    # --8<-- [start:measurement]
    healthy = train(torch_network(4, 16, 8, 1), deliveries(), epochs=1)
    print("broken: ", dtypes(run))
    print("healthy:", dtypes(healthy))
    # --8<-- [end:measurement]


if __name__ == "__main__":
    # --8<-- [start:other-messages]
    X, W, image = torch.zeros(4, 2), torch.zeros(2, 3), torch.zeros(1, 3, 8, 8)
    one_hot = torch.eye(3, dtype=torch.long)[[0, 1, 2, 1]]
    w, texts = np.array([1, 2]), np.array([5.2, "?"], dtype=object)
    calls = {
        "expected m1 and m2 to have the same dtype, but got: double != float": (
            lambda: X.double() @ W
        ),
        "Input type (double) and bias type (float) should be the same": (
            lambda: nn.Conv2d(3, 8, 3)(image.double())
        ),
        "RNN input dtype (torch.float64) does not match weight dtype": (
            lambda: nn.LSTM(2, 3)(X.double())
        ),
        "mat1 and mat2 must have the same dtype, but got Long and Float": (
            lambda: nn.Linear(2, 3)(X.long())
        ),
        "argument 'input' (position 1) must be Tensor, not numpy.ndarray": (
            lambda: nn.Linear(2, 3)(X.numpy())
        ),
        "can't convert np.ndarray of type numpy.object_": lambda: torch.tensor(texts),
        "could not convert string to float: '?'": lambda: texts.astype(float),
        "Expected floating point type for target with class probabilities, got Long": (
            lambda: nn.CrossEntropyLoss()(logits, one_hot)
        ),
        "result type Float can't be cast to the desired output type Long": (
            lambda: nn.BCEWithLogitsLoss()(X, X.long())
        ),
        "mean(): could not infer output dtype.": lambda: X.long().mean(),
        "Cannot cast ufunc 'subtract' output from dtype('float64') to dtype('int64')": (
            lambda: np.subtract(w, 0.1, out=w)
        ),
    }
    for words, call in calls.items():
        assert words in message(call)
    assert "Float and Double" in message(lambda: nn.Linear(2, 3).double()(X))
    # --8<-- [end:other-messages]

    # --8<-- [start:double-targets]
    y = torch.full((4, 1), 0.7, dtype=torch.float64)
    for kind in (nn.MSELoss, nn.L1Loss, nn.BCEWithLogitsLoss, nn.HuberLoss, nn.BCELoss):
        y_hat, where, said = torch.full((4, 1), 0.5, requires_grad=True), "loss", ""
        try:
            batch_loss = kind()(y_hat, y)
            where = "backward"
            batch_loss.backward()
        except RuntimeError as error:
            said = f"{error}, in {where}"
        print(f"{kind.__name__:17} {said or 'no message'}")
    # --8<-- [end:double-targets]

    # --8<-- [start:silence]
    loss = nn.CrossEntropyLoss()
    logits = torch.tensor([[3.0, 0.0, 0.0], [3.0, 0.0, 0.0]])
    print(message(lambda: loss(logits, torch.tensor([0, -1]))))
    print(f"labels 0 and 1:    {loss(logits, torch.tensor([0, 1])):.3f}")
    print(f"labels 0 and -100: {loss(logits, torch.tensor([0, -100])):.3f}")
    print("2.9999 as a label:", torch.tensor(2.9999).long().item())
    # --8<-- [end:silence]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Turn the arrays to float32, the type of the model."""
    return attempt(lambda array: torch.from_numpy(array).float(), seed)


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:after]
    run = fixed(seed=0)
    assert not fails(run)
    print(dtypes(run))
    print(f"test MSE / variance: {score(run):.3f}")
    # --8<-- [end:after]

    # --8<-- [start:alternatives]
    runs = {
        "X.float(), y.float()": fixed(seed=0),
        "model.double()": attempt(torch.from_numpy, 0, torch.float64),
    }
    for name, run in runs.items():
        size = run.X.element_size()
        print(f"{name:20} {size} bytes a number, rel {score(run):.3f}")
    # --8<-- [end:alternatives]

    # --8<-- [start:no-help]
    run = attempt(lambda a: torch.from_numpy(a).long(), 0)
    print(run.error)
    run = attempt(lambda a: torch.from_numpy(a).long().float(), 0)
    run.y_test = torch.from_numpy(deliveries().y_test)
    print(f"X and y truncated: rel {score(run):.2f}")
    # --8<-- [end:no-help]

    # --8<-- [start:classes]
    names = np.array(["slow", "fast", "fast", "normal"])
    classes, y = np.unique(names, return_inverse=True)
    y = torch.from_numpy(y)
    print(classes.tolist(), y.tolist(), y.dtype)
    print(f"3 outputs, labels 0 to 2: {loss(torch.zeros(4, 3), y):.3f}")
    print(f"4 outputs, labels 1 to 3: {loss(torch.zeros(4, 4), y + 1):.3f}")
    # --8<-- [end:classes]

    # --8<-- [start:guard]
    X, model = torch.from_numpy(deliveries().X), torch_network(4, 16, 8, 1)
    try:
        assert X.dtype == model[0].weight.dtype, f"X is {X.dtype}"
    except AssertionError as error:
        print(error)

    y, n_classes = torch.tensor([1, 2, 3, 2]), 3
    try:
        assert set(y.tolist()) <= set(range(n_classes)), f"labels {set(y.tolist())}"
    except AssertionError as error:
        print(error)
    # --8<-- [end:guard]

    # --8<-- [start:integer-weights]
    W = np.array([1, 2])
    W[0] = 0.7
    print(W)
    W = W.astype(float)
    W[0] = 0.7
    print(W)
    # --8<-- [end:integer-weights]
