"""A forgotten eval(): dropout and batch normalisation predict as they train."""

# --8<-- [start:wrong]
import torch


def predict_wrong(model, X):
    """Predict in the mode that is left."""
    with torch.no_grad():
        return model(X)


# --8<-- [end:wrong]


# --8<-- [start:right]
import torch


def predict(model, X):
    """Predict in evaluation mode."""
    model.eval()  # train() to train on
    with torch.no_grad():
        return model(X)


# --8<-- [end:right]


# --8<-- [start:wrong-last-batch]
from torch.utils.data import DataLoader


def training_batches_wrong(dataset):
    """129 rows make batches of 64, 64 and 1."""
    return DataLoader(dataset, batch_size=64, shuffle=True)


# --8<-- [end:wrong-last-batch]


# --8<-- [start:right-last-batch]
from torch.utils.data import DataLoader


def training_batches(dataset):
    """Leave out an incomplete batch."""
    return DataLoader(dataset, drop_last=True, batch_size=64, shuffle=True)


# --8<-- [end:right-last-batch]


# --8<-- [start:prevention]
def predict_and_go_back(model, X):
    """Predict in evaluation mode, and leave the model in the mode it had."""
    training = model.training
    try:
        return predict(model, X)
    finally:
        model.train(training)


# --8<-- [end:prevention]


# --8<-- [start:imports]
import copy
from collections.abc import Callable

import matplotlib.pyplot as plt
from torch import nn
from torch.utils.data import TensorDataset

from snippets.errors.laboratory import Run, deliveries, relative_mse, tensors, train

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


# --8<-- [start:fixed]
def fixed(seed: int = 0, network: Callable = dropout_network) -> Run:
    """Return the same run with the model in evaluation mode."""
    run = broken(seed, network)
    run.model.eval()
    return run


# --8<-- [end:fixed]

if __name__ == "__main__":
    # --8<-- [start:failure]
    dropping, normalised = broken(), broken(network=normalised_network)
    for attempt in range(3):
        y_hat = predict_wrong(dropping.model, dropping.X_test[:4])
        print(f"attempt {attempt + 1}:", *(f"{each:6.2f}" for each in y_hat[:, 0]))
    assert fails(dropping)
    assert fails(normalised) is False  # 400 rows at once
    # --8<-- [end:failure]

    # --8<-- [start:batch-sizes]
    for size in (400, 64, 8, 2):
        error = rel(normalised.model, normalised, size)
        print(f"{size:3} rows at a time: rel {error:.3f}")
    # --8<-- [end:batch-sizes]

    # --8<-- [start:single-row]
    try:
        predict_wrong(normalised.model, normalised.X_test[:1])
    except ValueError as error:
        message = str(error)
    print("ValueError:", message)
    assert "Expected more than 1 value per channel when training" in message
    # --8<-- [end:single-row]

    # --8<-- [start:wrong-and-right]
    def repeats(predict: Callable) -> bool:
        """Tell whether two predictions of the same rows are equal, on a copy."""
        model = copy.deepcopy(dropping.model)
        return torch.equal(predict(model, dropping.X), predict(model, dropping.X))

    assert not repeats(predict_wrong)
    assert repeats(predict)
    assert repeats(predict_and_go_back)
    assert predict(copy.deepcopy(normalised.model), normalised.X_test[:1]).shape == (
        1,
        1,
    )
    predict_and_go_back(dropping.model, dropping.X)
    assert dropping.model.training
    # --8<-- [end:wrong-and-right]

    # --8<-- [start:last-batch]
    def sizes_of_an_epoch(model: nn.Module, loader: DataLoader) -> list[int]:
        """Pass each batch through the model; return how many rows it had."""
        return [len(model(X)) for X, _y in loader]

    X, y, *_test = tensors(deliveries())
    rows = TensorDataset(X[:129], y[:129])
    print(
        "drop_last:", sizes_of_an_epoch(normalised_network(0), training_batches(rows))
    )
    try:
        sizes_of_an_epoch(normalised_network(0), training_batches_wrong(rows))
    except ValueError as error:
        print("without:", error)
    assert len(rows) % 64 == 1
    # --8<-- [end:last-batch]

    # --8<-- [start:eval-while-training]
    silenced, trained = normalised_network(0).eval(), normalised_network(0)
    print("eval():", sizes_of_an_epoch(silenced, training_batches_wrong(rows)))
    sizes_of_an_epoch(trained, training_batches(rows))
    for name, model in {"eval()": silenced, "drop_last": trained}.items():
        print(
            f"{name}: averages still at their start: {not model[1].running_mean.any()}"
        )
    # --8<-- [end:eval-while-training]

    # --8<-- [start:other-messages]
    layers = {
        "one row": (nn.BatchNorm1d(16), torch.ones(1, 16)),
        "one image, one pixel": (nn.BatchNorm2d(64), torch.ones(1, 64, 1, 1)),
        "one pixel": (nn.InstanceNorm2d(16), torch.ones(2, 16, 1, 1)),
    }
    for name, (layer, X) in layers.items():
        try:
            layer(X)
        except ValueError as error:
            print(f"{name}: {error}")
    assert nn.LayerNorm(16)(torch.ones(1, 16)).shape == (1, 16)
    assert nn.GroupNorm(4, 16)(torch.ones(1, 16)).shape == (1, 16)
    # --8<-- [end:other-messages]

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

if __name__ == "__main__":
    # --8<-- [start:examination]
    steady, settled = fixed(), fixed(network=normalised_network)
    for name, run in {"dropout": dropping, "batch norm": normalised}.items():
        print(f"{name}: they differ by {disagreement(run.model, run.X[:32]):.2f} std")
        assert disagreement(run.model, run.X[:32]) > 0.01
    for run in (steady, settled):
        assert not disagreement(run.model, run.X[:32]) > 0.01
    # --8<-- [end:examination]

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
    print(f"they differ by {disagreement(always.model, always.X[:32]):.2f} std")
    # --8<-- [end:eval-without-effect]

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
