"""A doctor for training runs: each error page's own measurement, asked in turn."""

# --8<-- [start:failures]
from importlib import import_module
from typing import NamedTuple

from snippets.errors.laboratory import Run

FAILURES = (
    "different-devices",
    "shape-mismatch",
    "wrong-dtype",
    "graph-errors",
    "constant-column",
    "log-of-zero",
    "loss-is-nan",
    "broadcast-loss",
    "wrong-backward",
    "optimizer-without-parameters",
    "forgotten-zero-grad",
    "zero-initialisation",
    "nothing-is-learned",
    "output-activation",
    "softmax-twice",
    "rare-classes",
    "shuffled-apart",
    "unshuffled-data",
    "data-leakage",
    "preprocessing-mismatch",
    "forgotten-eval",
    "best-weights-not-copied",
    "not-reproducible",
    "no-activation",
    "oscillating-loss",
    "overfitting",
)
# --8<-- [end:failures]


# --8<-- [start:diagnosis]
class Finding(NamedTuple):
    """A failure, named as its page is, and the measurement that shows it."""

    failure: str
    evidence: str


def diagnose(run: Run) -> list[Finding]:
    """Return the failures that a run shows, the most certain one first."""
    findings = []
    for failure in FAILURES:
        page = import_module(f"snippets.errors.{failure.replace('-', '_')}")
        evidence = page.evidence(run)
        if evidence is not None:
            findings.append(Finding(failure, evidence))
    return findings


# --8<-- [end:diagnosis]

if __name__ == "__main__":
    # --8<-- [start:healthy-run]
    import torch

    from snippets.errors.laboratory import deliveries, torch_network, train

    healthy = train(torch_network(4, 16, 8, 1), deliveries())
    print(diagnose(healthy))
    assert diagnose(healthy) == []
    # --8<-- [end:healthy-run]

    # --8<-- [start:broken-runs]
    from snippets.errors.broadcast_loss import broken as broadcast_loss
    from snippets.errors.forgotten_zero_grad import broken as forgotten_zero_grad
    from snippets.errors.loss_is_nan import broken as loss_is_nan

    for run in (loss_is_nan(), forgotten_zero_grad(), broadcast_loss()):
        for finding in diagnose(run):
            print(f"{finding.failure}: {finding.evidence}")
    # --8<-- [end:broken-runs]

    # --8<-- [start:own-run]
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1)
    )
    torch.nn.init.constant_(model[0].weight, 0.0)
    torch.nn.init.constant_(model[0].bias, -1.0)
    X = torch.tensor(deliveries().X, dtype=torch.float32)
    for finding in diagnose(Run(model=model, X=X, losses=[1.0, 1.0, 1.0])):
        print(f"{finding.failure}: {finding.evidence}")
    # --8<-- [end:own-run]
