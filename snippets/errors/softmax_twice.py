"""A softmax before a loss that takes its own: a floor that the loss cannot pass."""

# --8<-- [start:wrong]
from torch import nn


def wrong(n_in, n_classes):
    """End in a softmax."""
    logits = nn.Linear(n_in, n_classes)
    return nn.Sequential(logits, nn.Softmax(1))


# --8<-- [end:wrong]


# --8<-- [start:right]
def right(n_in, n_classes):
    """End in logits."""
    return nn.Linear(n_in, n_classes)


# --8<-- [end:right]


# --8<-- [start:imports]
import copy
from math import e, log

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from snippets.errors.laboratory import Run, deliveries, fit, tensors, torch_network

# --8<-- [end:imports]


# --8<-- [start:classes]
def delivery_classes(seed: int = 0, n_classes: int = 3) -> list[torch.Tensor]:
    """Return X (1600, 4), labels (1600,), and both of 400 rows to test with.

    Label 0 is the fastest third (or n-th part) of the deliveries, 2 the slowest.
    """
    X, y, X_test, y_test = tensors(deliveries(seed))
    edges = torch.quantile(y, torch.arange(1, n_classes) / n_classes)
    labels, labels_test = (torch.bucketize(t.squeeze(1), edges) for t in (y, y_test))
    return [X, labels, X_test, labels_test]


# --8<-- [end:classes]


# --8<-- [start:training]
def train_classifier(
    model: nn.Module,
    loss: nn.Module,
    seed: int,
    lr: float = 0.5,
    epochs: int = 10,
    n_classes: int = 3,
) -> Run:
    """Train with SGD on mini-batches of 64 and return the run."""
    X, y, X_test, y_test = delivery_classes(seed, n_classes)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    run = Run(model, X, y, X_test=X_test, y_test=y_test, loss=loss, optimizer=optimizer)
    return fit(run, epochs, seed)


# --8<-- [end:training]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Train a network that ends in a softmax with a loss that takes one itself."""
    network = torch_network(4, 16, 8, 3, seed=seed)
    model = nn.Sequential(*network, nn.Softmax(dim=1))
    return train_classifier(model, nn.CrossEntropyLoss(), seed)


# --8<-- [end:broken]


# --8<-- [start:accuracy]
def accuracy(run: Run) -> float:
    """Return the share of test rows whose largest output is that of their class."""
    with torch.no_grad():
        predicted = run.model(run.X_test).argmax(dim=1)  # (400,)
    return (predicted == run.y_test).float().mean().item()


# --8<-- [end:accuracy]


if __name__ == "__main__":
    # --8<-- [start:symptom]
    bad = broken()
    for epoch in (1, 2, 5, 10):
        print(f"epoch {epoch:2}: loss {bad.losses[epoch - 1]:.3f}")
    print(f"test accuracy {accuracy(bad):.3f}")
    # --8<-- [end:symptom]

    # --8<-- [start:claim]
    X, labels, loss = torch.randn(8, 4), torch.zeros(8).long(), nn.CrossEntropyLoss()
    bounded, free = wrong(4, 3), right(4, 3)
    bounded[0].bias.data[0] = free.bias.data[0] = 1000  # sure, and right
    assert loss(bounded(X), labels) > 0.5
    assert loss(free(X), labels) < 0.001
    # --8<-- [end:claim]


# --8<-- [start:floor]
def loss_floor(n_classes: int) -> float:
    """Return the cross-entropy of a softmax over (1, 0, …, 0), class 0 being right."""
    return log((e + n_classes - 1) / e)


# --8<-- [end:floor]


if __name__ == "__main__":
    # --8<-- [start:perfect-predictions]
    loss = nn.CrossEntropyLoss()
    label = torch.tensor([0])
    for output in ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1000.0, 0.0, 0.0]):
        print(f"{output}: {loss(torch.tensor([output]), label).item():.3f}")
    best, worst = (loss(each[None], label).item() for each in torch.eye(3)[:2])
    assert abs(best - loss_floor(3)) < 1e-6
    assert abs(worst - best - 1) < 1e-6
    # --8<-- [end:perfect-predictions]

    # --8<-- [start:floors]
    print("classes  floor  guessing")
    for n_classes in (2, 3, 10, 100, 1000):
        floor, guessing = loss_floor(n_classes), log(n_classes)
        print(f"{n_classes:7}  {floor:5.3f}  {guessing:8.3f}")
    # --8<-- [end:floors]

    # --8<-- [start:confident-mistake]
    for name, last in (("logits", nn.Identity()), ("softmax", nn.Softmax(dim=1))):
        logits = torch.tensor([[10.0, 0.0, 0.0]], requires_grad=True)
        loss(last(logits), torch.tensor([1])).backward()
        print(f"{name:7} gradient {logits.grad.abs().max().item():.5f}")
    # --8<-- [end:confident-mistake]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Train the same network without the softmax: its outputs are logits."""
    model = torch_network(4, 16, 8, 3, seed=seed)
    return train_classifier(model, nn.CrossEntropyLoss(), seed)


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:two-losses]
    def probabilities(run: Run) -> torch.Tensor:
        """Return the probabilities (400, 3) of the test rows."""
        with torch.no_grad():
            output = run.model(run.X_test)
        return output if run is bad else output.softmax(dim=1)

    good = fixed()
    for name, run in (("softmax twice", bad), ("softmax once", good)):
        p = probabilities(run)
        with torch.no_grad():
            reported = run.loss(run.model(run.X_test), run.y_test).item()
        true = -p[range(400), run.y_test].log().mean().item()
        print(f"{name:13}: reported {reported:.3f}, of its probabilities {true:.3f}")
    # --8<-- [end:two-losses]


# --8<-- [start:evidence]
def evidence(run: Run) -> str | None:
    """Say so where outputs are probabilities and the loss takes a softmax of them."""
    has_labels = isinstance(run.y, torch.Tensor) and run.y.dtype == torch.long
    if run.error or not has_labels or not isinstance(run.model, nn.Module):
        return None
    try:
        with torch.no_grad():
            output = copy.deepcopy(run.model).eval()(run.X[:256])  # (256, n_classes)
            classes = torch.arange(output.shape[1])
            perfect = run.loss(torch.eye(len(classes)), classes).item()
    except (AttributeError, TypeError, ValueError, IndexError, RuntimeError):
        return None
    sums = output.sum(dim=1)
    are_shares = output.min() >= 0 and torch.allclose(sums, torch.ones_like(sums))
    if not are_shares or perfect < loss_floor(max(2, len(classes))) - 0.001:
        return None
    return f"each output row sums to 1, and a perfect one costs {perfect:.3f}, not 0"


# --8<-- [end:evidence]


if __name__ == "__main__":
    # --8<-- [start:doctor]
    print("softmax twice:", evidence(bad))
    print("softmax once: ", evidence(good))
    # --8<-- [end:doctor]


# --8<-- [start:contract]
def fails(run: Run) -> bool:
    """Tell whether the loss of every epoch is above the floor of three classes."""
    return min(run.losses) > loss_floor(3)


# --8<-- [end:contract]


if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    for epoch in (1, 2, 5, 10):
        print(f"epoch {epoch:2}: loss {good.losses[epoch - 1]:.3f}")
    print(f"test accuracy {accuracy(good):.3f}")
    assert fails(bad)
    assert not fails(good)
    assert abs(accuracy(bad) - accuracy(good)) < 0.04
    # --8<-- [end:fixed-run]

    # --8<-- [start:curves]
    epochs = range(1, 11)
    _fig, ax = plt.subplots()
    ax.plot(epochs, bad.losses, "C1o-", label="softmax twice")
    ax.plot(epochs, good.losses, "C0s--", label="softmax once")
    ax.axhline(loss_floor(3), color="C5", linestyle=":", label="floor 0.551")
    ax.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
    ax.legend()
    plt.show()
    # --8<-- [end:curves]

    # --8<-- [start:confidence]
    for name, run in (("softmax twice", bad), ("softmax once", good)):
        confidence = probabilities(run).max(dim=1).values.mean().item()
        print(f"{name:13}: confidence {confidence:.3f}, accuracy {accuracy(run):.3f}")
    # --8<-- [end:confidence]

    # --8<-- [start:endings]
    def ending(*layers: nn.Module, n_classes: int = 3) -> nn.Module:
        """Return the network with these layers behind its last."""
        return nn.Sequential(*torch_network(4, 16, 8, n_classes), *layers)

    softmax, log_softmax = nn.Softmax(dim=1), nn.LogSoftmax(dim=1)
    loss, negative_log = nn.CrossEntropyLoss(), nn.NLLLoss()
    # --8<-- [end:endings]

    # --8<-- [start:more-classes]
    print("classes  ending      loss  accuracy")
    for n_classes in (3, 10, 20):
        for name, layers in (("softmax", [softmax]), ("none", [])):
            model = ending(*layers, n_classes=n_classes)
            run = train_classifier(model, loss, 0, n_classes=n_classes)
            numbers = f"{run.losses[-1]:6.3f}  {accuracy(run):8.3f}"
            print(f"{n_classes:7}  {name:9} {numbers}")
    # --8<-- [end:more-classes]

    # --8<-- [start:digits]
    def digits() -> list[torch.Tensor]:
        """Return X (1397, 64) of small pictures, their digits, and 400 to test with."""
        X, y = load_digits(return_X_y=True)
        halves = train_test_split(X / 16, y, test_size=400, random_state=0)
        return [torch.tensor(array) for array in halves]

    def digit_run(kind: type, lr: float, *layers: nn.Module) -> Run:
        """Return a network for digits and an optimiser, nothing trained yet."""
        X, X_test, y, y_test = digits()
        network = torch_network(64, 32, 10, dtype=torch.float64)
        model = nn.Sequential(*network, *layers)
        run = Run(model, X, y, X_test=X_test, y_test=y_test, loss=loss)
        run.optimizer = kind(model.parameters(), lr=lr)
        return run

    # --8<-- [end:digits]

    # --8<-- [start:time-and-step]
    optimisers = {"Adam": (torch.optim.Adam, 0.003), "SGD": (torch.optim.SGD, 0.05)}
    print("optimiser  epochs  accuracy with one softmax  with two")
    for name, settings in optimisers.items():
        once, twice = digit_run(*settings), digit_run(*settings, softmax)
        for epochs in (10, 20):
            scores = [accuracy(fit(run, epochs, seed=0)) for run in (once, twice)]
            cells = "{:25.3f}  {:8.3f}".format(*scores)
            print(f"{name:9}  {len(once.losses):6}  {cells}")
        if name == "Adam":
            with torch.no_grad():
                p_twice = twice.model(twice.X_test)
                p_once = once.model(once.X_test).softmax(dim=1)
            rights = [p[range(400), once.y_test] for p in (p_once, p_twice)]
            costs = [-right.log().mean().item() for right in rights]
            print("{:9}  −ln p   {:25.3f}  {:8.3f}".format("", *costs))
    # --8<-- [end:time-and-step]

    # --8<-- [start:alternatives]
    ways = {
        "none, CrossEntropyLoss": good,
        "LogSoftmax, NLLLoss": train_classifier(ending(log_softmax), negative_log, 0),
        "softmax, NLLLoss": train_classifier(ending(softmax), negative_log, 0),
        "softmax, lr × 2": train_classifier(ending(softmax), loss, 0, lr=1.0),
        "softmax, 40 epochs": train_classifier(ending(softmax), loss, 0, epochs=40),
    }
    for name, run in ways.items():
        print(f"{name:22}  loss {run.losses[-1]:6.3f}, accuracy {accuracy(run):.3f}")
    same = zip(good.losses, ways["LogSoftmax, NLLLoss"].losses, strict=True)
    assert max(abs(a - b) for a, b in same) < 0.001
    # --8<-- [end:alternatives]

    # --8<-- [start:bce-message]
    message = ""
    try:
        nn.BCELoss()(torch.tensor([2.0]), torch.tensor([1.0]))
    except RuntimeError as error:
        message = str(error)
    assert "all elements of input should be between 0 and 1" in message
    # --8<-- [end:bce-message]

    # --8<-- [start:guard]
    for run, is_softmax in ((bad, True), (good, False)):
        output = run.model(run.X[:64])
        assert ((output.sum(dim=1) - 1).abs().max() > 0.001) != is_softmax
    # --8<-- [end:guard]

    # --8<-- [start:sigmoid-twice]
    loss = nn.BCEWithLogitsLoss()
    for name, label in (("yes", 1.0), ("no", 0.0)):
        perfect = torch.tensor([label])
        logit = 100 * (2 * perfect - 1)
        once, twice = loss(logit, perfect).item(), loss(perfect, perfect).item()
        print(f"{name:3}: sigmoid once {once:.3f}, twice {twice:.3f}")
    # --8<-- [end:sigmoid-twice]

    # --8<-- [start:log-softmax-twice]
    with torch.no_grad():
        Z = good.model(good.X_test)
    once, twice = Z.log_softmax(dim=1), Z.log_softmax(dim=1).log_softmax(dim=1)
    assert torch.allclose(once, twice, atol=1e-5)
    costs = [nn.CrossEntropyLoss()(output, good.y_test).item() for output in (Z, once)]
    print("loss on logits {:.3f}, on log-softmax {:.3f}".format(*costs))
    # --8<-- [end:log-softmax-twice]
