"""In-place modification: a value that backward needs was overwritten."""


# --8<-- [start:wrong]
def residual_wrong(block, X):
    """Add to an activation in place."""
    A = block(X).relu()
    A += X
    return A


# --8<-- [end:wrong]


# --8<-- [start:right]
def residual(block, X):
    """Add, and make a new tensor."""
    A = block(X).relu()
    return A + X


# --8<-- [end:right]


# --8<-- [start:wrong-order]
def two_losses_wrong(judge_loss, generator_loss, judge_optimizer):
    """Step between a forward pass and its backward()."""
    loss = generator_loss()
    judge_loss().backward()
    judge_optimizer.step()
    loss.backward()


# --8<-- [end:wrong-order]


# --8<-- [start:right-order]
def two_losses(judge_loss, generator_loss, judge_optimizer):
    """Step, then start the forward pass that needs the new weights."""
    judge_loss().backward()
    judge_optimizer.step()
    loss = generator_loss()
    loss.backward()


# --8<-- [end:right-order]


# --8<-- [start:imports]
import re
import warnings
from collections.abc import Callable

import torch
from torch import nn
from torch.nn.functional import softplus

from snippets.errors.laboratory import Run, batches, deliveries, fit, message, tensors

# --8<-- [end:imports]


# --8<-- [start:networks]
class Residual(nn.Module):
    """A network with a way around its second layer."""

    def __init__(self, add: Callable) -> None:
        super().__init__()
        self.first, self.block = nn.Linear(4, 16), nn.Linear(16, 16)
        self.output, self.add = nn.Linear(16, 1), add

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return predictions (n, 1) for X (n, 4)."""
        return self.output(self.add(self.block, self.first(X)))


def gated(inplace: bool) -> nn.Module:
    """Return a network with a ReLU after a tanh."""
    activations = nn.Tanh(), nn.ReLU(inplace=inplace)
    return nn.Sequential(nn.Linear(4, 16), *activations, nn.Linear(16, 1))


# --8<-- [end:networks]


# --8<-- [start:adversaries]
def play(step: Callable, models: list, optimizers: list, real: torch.Tensor) -> None:
    """Let the judge learn to know forged rows, and the generator to forge them."""
    generator, judge = models
    forged = generator(torch.randn(len(real), 2))
    for optimizer in optimizers:
        optimizer.zero_grad()
    step(
        lambda: softplus(judge(forged.detach()) - judge(real)).mean(),
        lambda: softplus(-judge(forged)).mean(),
        optimizers[1],
    )
    optimizers[0].step()


def adversaries(step: Callable, X: torch.Tensor, seed: int) -> Run:
    """Train a generator and a judge for five steps; keep the judge."""
    models = nn.Linear(2, 4), nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 1))
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.05) for model in models]
    run = Run(models[1])
    try:
        for rows in list(batches(len(X), 64, seed))[:5]:
            play(step, models, optimizers, X[rows])
    except RuntimeError as error:
        run.error = error
    return run


# --8<-- [end:adversaries]


# --8<-- [start:broken]
VARIANTS = "residual", "activation", "optimisers"


def attempt(model: nn.Module, seed: int) -> Run:
    """Train on the deliveries for five epochs, and keep the exception, if any."""
    X, y, X_test, y_test = tensors(deliveries(seed))
    run = Run(model, X, y, X_test=X_test, y_test=y_test, loss=nn.MSELoss())
    run.optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    try:
        return fit(run, 5, seed)
    except RuntimeError as error:
        run.error = error
        return run


def broken(seed: int = 0, variant: str = "residual") -> Run:
    """Overwrite an activation, or the judge's weights, before backward needs them."""
    torch.manual_seed(seed)
    if variant == "optimisers":
        return adversaries(two_losses_wrong, tensors(deliveries(seed))[0], seed)
    residual = variant == "residual"
    return attempt(Residual(residual_wrong) if residual else gated(True), seed)


def fails(run: Run) -> bool:
    """Tell whether an exception ended the run."""
    return run.error is not None


# --8<-- [end:broken]


if __name__ == "__main__":
    # --8<-- [start:reproduction]
    run = broken()
    assert fails(run)
    print(str(run.error).partition(" Hint")[0])
    # --8<-- [end:reproduction]

    # --8<-- [start:versions]
    w = torch.tensor([0.5, -1.0], requires_grad=True)
    A = torch.relu(2 * w)
    saved = A.grad_fn._saved_result
    print(f"relu saved {saved.tolist()}, version {saved._version}")
    A += 1
    print(f"now it is {saved.tolist()}, version {saved._version}")
    assert A.data_ptr() == saved.data_ptr()
    print(message(A.sum().backward).partition(": ")[2].partition(" Hint")[0])
    # --8<-- [end:versions]

    # --8<-- [start:who-needs-what]
    def may_change(function: Callable, which: int) -> str:
        """Tell whether a function's input (0) or result (1) may be overwritten."""
        Z = 2 * torch.rand(3, 4, requires_grad=True)
        both = Z, function(Z)
        try:
            with torch.no_grad():
                both[which].mul_(2)
            both[1].sum().backward()
        except RuntimeError:
            return "no"
        return "yes"

    functions = torch.relu, torch.sigmoid, torch.tanh, torch.exp, torch.sqrt
    functions += torch.square, torch.log, torch.sin, nn.Softmax(dim=1)
    functions += nn.LayerNorm(4), nn.Linear(4, 4), torch.Tensor.clone
    print(f"{'':10} input  result")
    for function in functions:
        name = getattr(function, "__name__", type(function).__name__)
        print(f"{name:10} {may_change(function, 0):5}  {may_change(function, 1)}")
    # --8<-- [end:who-needs-what]

    # --8<-- [start:anomaly]
    X, y, *_ = tensors(deliveries())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with torch.autograd.set_detect_anomaly(True):
            error = message(Residual(residual_wrong)(X).sum().backward)
    shown = " ".join(str(warning.message) for warning in caught)
    print(re.search(r"Error detected in \w+", shown)[0])
    print("called in:", *re.findall(r", in (\w+)\n", shown)[-2:])
    assert "block(X).relu()" in shown
    # --8<-- [end:anomaly]

    # --8<-- [start:optimisers]
    run = broken(variant="optimisers")
    print(str(run.error).partition(": ")[2].partition(" Hint")[0])
    print(*(tuple(p.shape) for p in run.model.parameters()))
    # --8<-- [end:optimisers]

    # --8<-- [start:silent]
    relu_in_place = nn.ReLU(inplace=True)
    z = torch.tensor([-1.0, 2.0], requires_grad=True)
    Z = 1 * z
    print("relu(Z) + Z: ", (torch.relu(Z) + Z).tolist())
    print("in place:    ", (relu_in_place(Z) + Z).tolist())
    data = torch.tensor([-1.0, 2.0])
    relu_in_place(data)
    print("the data now:", data.tolist())
    # --8<-- [end:silent]

    # --8<-- [start:hidden]
    def slope(change: Callable) -> float:
        """Return the derivative of exp at 0, with a change of the result."""
        w = torch.zeros((), requires_grad=True)
        result = w.exp()
        change(result)
        result.backward()
        return w.grad.item()

    print("slope of exp at 0:", slope(torch.Tensor.detach))
    print("after result.data += 1:", slope(lambda result: result.data.add_(1)))
    assert "inplace operation" in message(lambda: slope(lambda r: r.detach().add_(1)))
    # --8<-- [end:hidden]

    # --8<-- [start:what-helps]
    def trial(retain_graph: bool) -> None:
        """Take one backward pass of the broken network."""
        Residual(residual_wrong)(X).sum().backward(retain_graph=retain_graph)

    assert "inplace operation" in message(lambda: trial(retain_graph=True))
    with torch.autograd.graph.allow_mutation_on_saved_tensors():
        trial(retain_graph=False)
    gated(inplace=False)(X).sum().backward()
    block = nn.Linear(4, 4)
    assert torch.equal(residual(block, X), residual_wrong(block, X))
    in_place_after_linear = nn.Sequential(nn.Linear(4, 3), nn.ReLU(inplace=True))
    in_place_after_linear(X).sum().backward()
    # --8<-- [end:what-helps]


# --8<-- [start:fixed]
def fixed(seed: int = 0, variant: str = "residual") -> Run:
    """Make new tensors, and step before the forward pass that follows."""
    torch.manual_seed(seed)
    if variant == "optimisers":
        return adversaries(two_losses, tensors(deliveries(seed))[0], seed)
    return attempt(Residual(residual) if variant == "residual" else gated(False), seed)


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:claim]
    for variant in VARIANTS:
        run, repaired = broken(variant=variant), fixed(variant=variant)
        assert fails(run)
        assert not fails(repaired)
    # --8<-- [end:claim]

    # --8<-- [start:solution-mask]
    Z = torch.tensor([0.05, 0.5, 2.0], requires_grad=True)
    A = torch.sigmoid(Z)
    kept = torch.where(A > 0.6, A, 0)
    A[A <= 0.6] = 0
    print(torch.equal(A, kept), "inplace" in message(A.sum().backward))
    A = torch.sigmoid(Z)
    torch.where(A > 0.6, A, 0).sum().backward()
    print(torch.round(Z.grad, decimals=3))
    # --8<-- [end:solution-mask]
