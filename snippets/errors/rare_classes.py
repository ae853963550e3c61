"""Accuracy on rare classes: a network that never says yes, and is right 97 times."""

# --8<-- [start:wrong]
from torch import nn


def loss_function_wrong():
    """Count every row alike."""
    return nn.BCEWithLogitsLoss()


# --8<-- [end:wrong]


# --8<-- [start:right]
from torch import nn


def loss_function(y):
    """Weigh the rare ones (y is 1)."""
    weight = (y == 0).sum() / (y == 1).sum()
    return nn.BCEWithLogitsLoss(pos_weight=weight)


# --8<-- [end:right]


# --8<-- [start:prevention]
import numpy as np


def balanced_accuracy(y, predicted):
    """Return the mean recall of all classes; of two, one constant answer gets 0.5."""
    return np.mean([np.mean(predicted[y == label] == label) for label in np.unique(y)])


# --8<-- [end:prevention]


# --8<-- [start:late-deliveries]
from typing import NamedTuple

import matplotlib.pyplot as plt
import torch

from snippets.errors.laboratory import Run, deliveries, fit, tensors, torch_network


def late_deliveries(seed: int = 0) -> list[torch.Tensor]:
    """Return X (1600, 4), late (1600, 1), and both of 400 rows to test with.

    A delivery is late, 1.0, if it is among the slowest 3.5 % of the training rows.
    """
    X, y, X_test, y_test = tensors(deliveries(seed))
    limit = torch.quantile(y, 0.965)
    return [X, (y > limit).float(), X_test, (y_test > limit).float()]


# --8<-- [end:late-deliveries]


# --8<-- [start:training]
def train_detector(
    seed: int, loss: nn.Module, lr: float = 0.05, epochs: int = 10, repeat: int = 1
) -> Run:
    """Train a network of one logit on rows of which the late ones are repeated."""
    X, y, X_test, y_test = late_deliveries(seed)
    late = (y == 1).squeeze(1)  # (1600,)
    X, y = (torch.cat([rows, *[rows[late]] * (repeat - 1)]) for rows in (X, y))
    model = torch_network(4, 16, 8, 1, seed=seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    run = Run(model, X, y, X_test=X_test, y_test=y_test, loss=loss, optimizer=optimizer)
    return fit(run, epochs, seed)


# --8<-- [end:training]


# --8<-- [start:probabilities]
def probabilities(run: Run) -> np.ndarray:
    """Return the predicted probability (400,) of each test row to be late."""
    with torch.no_grad():
        return run.model(run.X_test).sigmoid().squeeze(1).numpy()


# --8<-- [end:probabilities]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Train with every row counting the same."""
    return train_detector(seed, loss_function_wrong())


# --8<-- [end:broken]

if __name__ == "__main__":
    # --8<-- [start:symptom]
    bad = broken()
    late = bad.y_test.squeeze(1).numpy() == 1  # (400,)
    said = probabilities(bad) > 0.5
    print(f"loss: first epoch {bad.losses[0]:.3f}, last {bad.losses[-1]:.3f}")
    print(f"test accuracy {np.mean(said == late):.3f}")
    print(f"late: {late.sum()} of {late.size}; found: {np.sum(said & late)}")
    # --8<-- [end:symptom]

    # --8<-- [start:warning]
    import warnings

    from sklearn.metrics import precision_score

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        precision_score(late, said)
    message = str(caught[0].message)
    assert "Precision is ill-defined and being set to 0.0" in message
    print(f"{caught[0].category.__name__}: {message}")
    # --8<-- [end:warning]

    # --8<-- [start:balance]
    n_late, n_other = (bad.y == 1).sum().item(), (bad.y == 0).sum().item()
    share = n_late / (n_late + n_other)
    entropy = -share * np.log(share) - (1 - share) * np.log(1 - share)
    print(f"late {n_late}, others {n_other}: 1 in {1 / share:.0f}")
    print(f"others for each late one: {n_other / n_late:.1f}")
    print(f"always no: training accuracy {1 - share:.3f}")
    print(f"always {share:.3f}: loss {entropy:.3f}; always 0.5: loss {np.log(2):.3f}")
    # --8<-- [end:balance]


# --8<-- [start:counts]
class Counts(NamedTuple):
    """The four cells of a confusion matrix."""

    found: int
    missed: int
    false_alarms: int
    rest: int

    @property
    def accuracy(self) -> float:
        """The share of rows with the right answer."""
        return (self.found + self.rest) / sum(self)

    @property
    def recall(self) -> float:
        """The share of late rows that were found."""
        return self.found / (self.found + self.missed)


def counts(said: np.ndarray, late: np.ndarray) -> Counts:
    """Count said (n,) against late (n,), both of bool."""
    cells = (said & late, ~said & late, said & ~late, ~said & ~late)
    return Counts(*(int(cell.sum()) for cell in cells))


# --8<-- [end:counts]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Train with each late row counting as much as all others for each late one."""
    _X, y, *_test = late_deliveries(seed)
    return train_detector(seed, loss_function(y))


# --8<-- [end:fixed]

if __name__ == "__main__":
    # --8<-- [start:confusion]
    from sklearn.metrics import roc_auc_score

    good = fixed()
    answers = {"always no": np.zeros(400)}
    answers |= {"broken": probabilities(bad), "weighted": probabilities(good)}
    print("           accuracy  recall  found  missed  alarms  highest p    AUC")
    for name, p in answers.items():
        c = counts(p > 0.5, late)
        cells = f"{c.found:5}  {c.missed:6}  {c.false_alarms:6}"
        ranks = f"{p.max():9.3f}  {roc_auc_score(late, p):5.3f}"
        print(f"{name:10} {c.accuracy:8.3f}  {c.recall:6.3f}  {cells}  {ranks}")
    # --8<-- [end:confusion]


# --8<-- [start:contract]
def fails(run: Run) -> bool:
    """Tell whether at most one late test row of ten is found."""
    said = probabilities(run) > 0.5
    return counts(said, run.y_test.squeeze(1).numpy() == 1).recall <= 0.1


# --8<-- [end:contract]

if __name__ == "__main__":
    # --8<-- [start:alternatives]
    plain = nn.BCEWithLogitsLoss()
    long, fast = train_detector(0, plain, epochs=40), train_detector(0, plain, lr=0.5)
    repeated = train_detector(0, plain, repeat=28, epochs=5)
    ways = {
        "weighted": (good, 0.5),
        "late rows × 28": (repeated, 0.5),
        "40 epochs": (long, 0.5),
        "40 epochs, p > 0.2": (long, 0.2),
        "lr × 10": (fast, 0.5),
        "lr × 10, p > 0.2": (fast, 0.2),
    }
    print("                   accuracy  found  missed  alarms")
    for name, (run, limit) in ways.items():
        c = counts(probabilities(run) > limit, late)
        cells = f"{c.found:5}  {c.missed:6}  {c.false_alarms:6}"
        print(f"{name:18} {c.accuracy:8.3f}  {cells}")
    # --8<-- [end:alternatives]

    # --8<-- [start:ranking]
    _fig, ax = plt.subplots()
    for name, run, style in (("weighted", good, "C0-"), ("broken", bad, "C1--")):
        p = probabilities(run)
        order = np.argsort(-p, kind="stable")[:60]
        ax.plot(np.arange(1, 61), p[order], style, label=name)
        hits = np.flatnonzero(late[order])
        ax.plot(hits + 1, p[order][hits], f"{style[:2]}o", label=f"{name}: late")
    ax.axhline(0.5, color="C5", linestyle=":", label="threshold")
    ax.set(xlabel="test row, by probability", ylabel="predicted probability")
    ax.legend(fontsize=9)
    plt.show()
    # --8<-- [end:ranking]

    # --8<-- [start:guard]
    from sklearn.metrics import balanced_accuracy_score

    for name, run in (("broken", bad), ("weighted", good)):
        said = probabilities(run) > 0.5
        score = balanced_accuracy(late, said)
        print(f"{name:8}: balanced accuracy {score:.3f}")
        assert abs(score - balanced_accuracy_score(late, said)) < 1e-12
    assert score > 0.6, "no better than one constant answer"
    # --8<-- [end:guard]

    # --8<-- [start:fixed-run]
    before, after = (counts(probabilities(run) > 0.5, late) for run in (bad, good))
    assert fails(bad)
    assert before.found == before.false_alarms == 0
    assert not fails(good)
    assert after.recall > 0.8
    assert after.accuracy < before.accuracy
    print(f"found {after.found} of {late.sum()}, false alarms {after.false_alarms}")
    # --8<-- [end:fixed-run]

    # --8<-- [start:several-classes]
    y = late_deliveries()[1].squeeze(1).long()  # (1600,), classes 0 and 1
    weight = len(y) / (2 * y.bincount())
    assert torch.allclose(weight * y.bincount(), torch.tensor([800.0, 800.0]))
    assert torch.isclose(weight[1] / weight[0], good.loss.pos_weight)
    Z, target = torch.zeros(2, 2), torch.tensor([0, 1])
    assert torch.isclose(
        nn.CrossEntropyLoss(weight)(Z, target), torch.tensor(2.0).log()
    )
    # --8<-- [end:several-classes]

    # --8<-- [start:shifted]
    logits = np.log(probabilities(good)) - np.log1p(-probabilities(good))
    shifted = 1 / (1 + np.exp(np.log(n_other / n_late) - logits))
    print(f"share of late test rows      {late.mean():.3f}")
    print(f"mean probability, weighted   {probabilities(good).mean():.3f}")
    print(f"mean probability, corrected  {shifted.mean():.3f}")
    # --8<-- [end:shifted]

    # --8<-- [start:costs]
    with torch.no_grad():
        p = fast.model(fast.X).sigmoid().squeeze(1).numpy()  # (1600,)
    late_rows = fast.y.squeeze(1).numpy() == 1
    for limit in (0.02, 0.05, 0.09, 0.15, 0.2, 0.5, 0.8):
        c = counts(p > limit, late_rows)
        print(f"p > {limit:.2f}: cost {10 * c.missed + c.false_alarms}")
    print(f"never:    cost {10 * late_rows.sum()}")
    # --8<-- [end:costs]
