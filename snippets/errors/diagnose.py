"""A doctor for training runs: each error page's own measurement, asked in turn."""

# --8<-- [start:failures]
from typing import NamedTuple

from snippets.errors import (
    best_weights_not_copied,
    broadcast_loss,
    constant_column,
    data_leakage,
    different_devices,
    forgotten_eval,
    forgotten_zero_grad,
    graph_errors,
    hidden_state_not_detached,
    in_place_modification,
    log_of_zero,
    loss_is_nan,
    no_activation,
    not_reproducible,
    nothing_is_learned,
    optimizer_without_parameters,
    oscillating_loss,
    out_of_memory,
    output_activation,
    overfitting,
    preprocessing_mismatch,
    rare_classes,
    shape_mismatch,
    shuffled_apart,
    softmax_twice,
    unshuffled_data,
    wrong_backward,
    wrong_dtype,
    zero_initialisation,
)
from snippets.errors.laboratory import Run

QUESTIONS = {
    "different-devices": different_devices.evidence,
    "shape-mismatch": shape_mismatch.evidence,
    "wrong-dtype": wrong_dtype.evidence,
    "out-of-memory": out_of_memory.evidence,
    "hidden-state-not-detached": hidden_state_not_detached.evidence,
    "in-place-modification": in_place_modification.evidence,
    "graph-errors": graph_errors.evidence,
    "constant-column": constant_column.evidence,
    "log-of-zero": log_of_zero.evidence,
    "loss-is-nan": loss_is_nan.evidence,
    "broadcast-loss": broadcast_loss.evidence,
    "wrong-backward": wrong_backward.evidence,
    "optimizer-without-parameters": optimizer_without_parameters.evidence,
    "forgotten-zero-grad": forgotten_zero_grad.evidence,
    "zero-initialisation": zero_initialisation.evidence,
    "nothing-is-learned": nothing_is_learned.evidence,
    "output-activation": output_activation.evidence,
    "softmax-twice": softmax_twice.evidence,
    "rare-classes": rare_classes.evidence,
    "shuffled-apart": shuffled_apart.evidence,
    "unshuffled-data": unshuffled_data.evidence,
    "data-leakage": data_leakage.evidence,
    "preprocessing-mismatch": preprocessing_mismatch.evidence,
    "forgotten-eval": forgotten_eval.evidence,
    "best-weights-not-copied": best_weights_not_copied.evidence,
    "not-reproducible": not_reproducible.evidence,
    "no-activation": no_activation.evidence,
    "oscillating-loss": oscillating_loss.evidence,
    "overfitting": overfitting.evidence,
}
# --8<-- [end:failures]


# --8<-- [start:diagnosis]
class Finding(NamedTuple):
    """A failure, named as its page is, and the measurement that shows it."""

    failure: str
    evidence: str


def diagnose(run: Run) -> list[Finding]:
    """Return the failures that a run shows, the most certain one first."""
    answers = {failure: evidence(run) for failure, evidence in QUESTIONS.items()}
    return [Finding(failure, answer) for failure, answer in answers.items() if answer]


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
