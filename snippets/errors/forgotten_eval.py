"""A forgotten eval(): dropout and batch normalisation predict as they train."""

# --8<-- [start:imports]
import copy
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from torch import nn

from snippets.errors.laboratory import Run, deliveries, relative_mse, train

# --8<-- [end:imports]


# --8<-- [start:networks]
def dropout_network(seed: int) -> nn.Module:
    """Return a 4-64-32-1 network that drops half of its hidden units in training."""
    torch.manual_seed(seed)
    return nn.Sequential(
        *(nn.Linear(4, 64), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(32, 1),
    )


def normalised_network(seed: int) -> nn.Module:
    """Return a 4-16-8-1 network with batch normalisation."""
    torch.manual_seed(seed)
    return nn.Sequential(
        *(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU()),
        *(nn.Linear(16, 8), nn.BatchNorm1d(8), nn.ReLU()),
        nn.Linear(8, 1),
    )


# --8<-- [end:networks]


# --8<-- [start:broken]
def broken(seed: int = 0, network: Callable = dropout_network) -> Run:
    """Return a run whose model is left in training mode."""
    return train(network(seed), deliveries(seed), epochs=10, seed=seed)


def rel(model: nn.Module, run: Run, batch_size: int = 400) -> float:
    """Return the test MSE over the variance of y, predicted in such batches."""
    model = copy.deepcopy(model)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        y_hat = torch.cat([model(rows) for rows in run.X_test.split(batch_size)])
    return relative_mse(y_hat.numpy(), run.y_test.numpy())


def fails(run: Run) -> bool:
    """Tell whether evaluation mode would predict better by more than a quarter."""
    return rel(run.model, run) > 1.25 * rel(copy.deepcopy(run.model).eval(), run)


# --8<-- [end:broken]

if __name__ == "__main__":
    # --8<-- [start:failure]
    dropping = broken()
    with torch.no_grad():
        for attempt in range(3):
            y_hat = dropping.model(dropping.X_test[:4])
            print(f"attempt {attempt + 1}:", *(f"{each:6.2f}" for each in y_hat[:, 0]))
    print(f"rel: {rel(dropping.model, dropping):.3f}")
    assert fails(dropping)
    # --8<-- [end:failure]

    # --8<-- [start:batch-sizes]
    normalised = broken(network=normalised_network)
    for size in (400, 64, 8, 2):
        error = rel(normalised.model, normalised, size)
        print(f"{size:3} rows at a time: rel {error:.3f}")
    # --8<-- [end:batch-sizes]

    # --8<-- [start:single-row]
    try:
        normalised.model(normalised.X_test[:1])
    except ValueError as error:
        message = str(error)
    print("ValueError:", message)
    assert "Expected more than 1 value per channel when training" in message
    # --8<-- [end:single-row]

    # --8<-- [start:modes]
    layer, ones = nn.Dropout(0.5), torch.ones(1000)
    print("training:  ", layer(ones).unique().tolist())
    print("evaluation:", layer.eval()(ones).unique().tolist())
    # --8<-- [end:modes]

    # --8<-- [start:drift]
    model = copy.deepcopy(normalised.model)
    long = normalised.X_test[:, 0] > 1
    print(f"in evaluation mode: rel {rel(model.eval(), normalised):.3f}")
    model.train()
    with torch.no_grad():
        for _ in range(100):
            model(normalised.X_test[long])
    print(f"after 100 predictions: rel {rel(model.eval(), normalised):.3f}")
    assert rel(model, normalised) > 1
    pairs = zip(model.parameters(), normalised.model.parameters(), strict=True)
    assert all(torch.equal(after, before) for after, before in pairs)
    # --8<-- [end:drift]


# --8<-- [start:disagreement]
def disagreement(model: nn.Module, X: torch.Tensor) -> float:
    """Return how far predictions at once and in pairs differ, in their own spread."""
    model = copy.deepcopy(model)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        at_once = model(X)
        in_pairs = torch.cat([model(pair) for pair in X.split(2)])
    return float((at_once - in_pairs).std() / at_once.std())


# --8<-- [end:disagreement]


# --8<-- [start:evidence]
REFUSALS = (RuntimeError, ValueError, TypeError, IndexError, AttributeError)


def evidence(run: Run) -> str | None:
    """Say how far two predictions of the same rows differ, or None."""
    if run.error or not isinstance(run.model, nn.Module):
        return None
    try:
        differ = disagreement(run.model, run.X[:32].detach())
    except REFUSALS:
        return None
    if not differ > 0.01:
        return None
    return f"the same rows, predicted at once and in pairs, differ by {differ:.2f} std"


# --8<-- [end:evidence]


# --8<-- [start:fixed]
def fixed(seed: int = 0, network: Callable = dropout_network) -> Run:
    """Return the same run with the model in evaluation mode."""
    run = broken(seed, network)
    run.model.eval()
    return run


# --8<-- [end:fixed]

if __name__ == "__main__":
    # --8<-- [start:examination]
    steady, settled = fixed(), fixed(network=normalised_network)
    for name, run in {"dropout": dropping, "batch norm": normalised}.items():
        print(f"{name}: {evidence(run)}")
        assert evidence(run) is not None
    for run in (steady, settled):
        assert evidence(run) is None
    # --8<-- [end:examination]

    # --8<-- [start:gradients-are-not-modes]
    for context in (torch.no_grad(), torch.inference_mode(), torch.enable_grad()):
        with context:
            a, b = (dropping.model(dropping.X_test) for _ in range(2))
            c, d = (steady.model(steady.X_test) for _ in range(2))
        print(f"{type(context).__name__}:")
        print(f"  training mode repeats itself: {torch.equal(a, b)}")
        print(f"  evaluation mode repeats itself: {torch.equal(c, d)}")
    # --8<-- [end:gradients-are-not-modes]

    # --8<-- [start:average]
    torch.manual_seed(0)
    for count in (1, 10, 100):
        with torch.no_grad():
            y_hat = sum(dropping.model(dropping.X_test) for _ in range(count)) / count
        error = relative_mse(y_hat.numpy(), dropping.y_test.numpy())
        print(f"mean of {count:3}: rel {error:.3f}")
    print(f"eval():      rel {rel(steady.model, steady):.3f}")
    # --8<-- [end:average]


# --8<-- [start:functional-dropout]
class AlwaysDropping(nn.Module):
    """A network whose dropout does not know the mode."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.output = nn.Linear(4, 64), nn.Linear(64, 1)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return predictions (n, 1) for X (n, 4)."""
        A = torch.relu(self.hidden(X))
        return self.output(nn.functional.dropout(A, 0.5))


# --8<-- [end:functional-dropout]

if __name__ == "__main__":
    # --8<-- [start:eval-without-effect]
    torch.manual_seed(0)
    always = Run(AlwaysDropping().eval(), dropping.X)
    print(f"training mode: {always.model.training}")
    print(evidence(always))
    # --8<-- [end:eval-without-effect]

    # --8<-- [start:repair]
    assert not fails(steady)
    assert not fails(settled)
    sizes = [2, 4, 8, 16, 50, 100, 400]
    fig, ax = plt.subplots()
    for run, label, style in (
        (normalised, "batch norm, no eval()", "C1o--"),
        (dropping, "dropout, no eval()", "C3^--"),
        (steady, "dropout, eval()", "C2v-"),
        (settled, "batch norm, eval()", "C0s-"),
    ):
        errors = [rel(run.model, run, size) for size in sizes]
        ax.plot(sizes, errors, style, label=label)
        print(f"{label:22} rel {errors[0]:.3f} in pairs, {errors[-1]:.3f} at once")
    ax.set(xscale="log", yscale="log", xlabel="rows predicted together", ylabel="rel")
    ax.set_xticks([2, 10, 50, 400], [2, 10, 50, 400])
    ax.set_yticks([0.1, 0.2, 0.5, 1], [0.1, 0.2, 0.5, 1])
    ax.minorticks_off()
    ax.legend()
    plt.show()
    # --8<-- [end:repair]


# --8<-- [start:predict]
def predict(model: nn.Module, X: torch.Tensor) -> torch.Tensor:
    """Return predictions in evaluation mode; leave the model in the mode it had."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            return model(X)
    finally:
        model.train(training)


# --8<-- [end:predict]

if __name__ == "__main__":
    # --8<-- [start:guard]
    first, second = (predict(dropping.model, dropping.X_test) for _ in range(2))
    assert torch.equal(first, second)
    assert dropping.model.training
    # --8<-- [end:guard]

    # --8<-- [start:assertion]
    try:
        assert not dropping.model.training, "call eval() before you predict"
    except AssertionError as error:
        print("AssertionError:", error)
    # --8<-- [end:assertion]

    # --8<-- [start:solution-forgotten-train]
    for back_to_training in (True, False):
        model = dropout_network(seed=0)
        for epoch in range(10):
            run = train(model, deliveries(), epochs=1, seed=epoch)
            error = rel(model.eval(), run)
            model.train(back_to_training)
        print(f"train() {back_to_training}: ", end="")
        print(f"training loss {run.losses[-1]:.3f}, rel {error:.3f}")
    # --8<-- [end:solution-forgotten-train]

    # --8<-- [start:solution-young-averages]
    data = deliveries()
    for steps in (5, 25, 125):
        model = normalised_network(seed=0)
        few = data._replace(X=data.X[: 64 * steps], y=data.y[: 64 * steps])
        run = train(model, few, epochs=max(1, steps // 25))
        training, evaluation = rel(model, run), rel(model.eval(), run)
        print(f"{steps:3} steps: rel {training:.3f} training, {evaluation:.3f} eval()")
    # --8<-- [end:solution-young-averages]
