"""An optimizer that holds other parameters than the network computes with."""

# --8<-- [start:wrong]
from torch.optim import SGD


def start_wrong(build_model):
    """Build the model once more."""
    model = build_model()
    optimizer = SGD(model.parameters(), lr=0.05)
    model = build_model()
    return model, optimizer


# --8<-- [end:wrong]


# --8<-- [start:right]
from torch.optim import SGD


def start(build_model):
    """Make the optimiser last."""
    model = build_model()
    optimizer = SGD(model.parameters(), lr=0.05)
    return model, optimizer


# --8<-- [end:right]


# --8<-- [start:wrong-list]
from torch import nn


class StackWrong(nn.Module):
    """Hide the layers in a plain list."""

    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(4, 16), nn.Linear(16, 8)]


# --8<-- [end:wrong-list]


# --8<-- [start:right-list]
from torch import nn


class Stack(nn.Module):
    """Keep the layers in a list that the module knows."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 16), nn.Linear(16, 8)])


# --8<-- [end:right-list]


# --8<-- [start:leaves]
def leaves(output):
    """Return the trainable tensors that an output was computed from."""
    nodes, seen, found = [output.grad_fn], {None}, set()
    while nodes:
        node = nodes.pop()
        if node not in seen:
            seen.add(node)
            nodes += [following for following, _index in node.next_functions]
            if hasattr(node, "variable"):
                found.add(node.variable)
    return found


# --8<-- [end:leaves]


# --8<-- [start:prevention]
def assert_all_get_steps(model, optimizer, X):
    """Refuse an optimiser that lacks a tensor which predictions for X come from."""
    held = {p for group in optimizer.param_groups for p in group["params"]}
    missing = leaves(model(X)) - held
    assert not missing, f"{len(missing)} tensors get no step"


# --8<-- [end:prevention]


# --8<-- [start:imports]
import copy

import matplotlib.pyplot as plt
import torch
from torch.optim import Optimizer

from snippets.errors.laboratory import (
    Data,
    Run,
    batches,
    deliveries,
    relative_mse,
    tensors,
    torch_network,
)

# --8<-- [end:imports]


# --8<-- [start:training]
def train_with(
    model: nn.Module, optimizer: Optimizer, data: Data, seed: int = 0, epochs: int = 8
) -> Run:
    """Train this model with this optimizer on mini-batches of 64; return the run."""
    X, y, X_test, y_test = tensors(data)
    run = Run(model, X, y, X_test=X_test, y_test=y_test, loss=nn.MSELoss())
    run.optimizer = optimizer
    for epoch in range(epochs):
        total = 0.0
        for rows in batches(len(X), 64, seed * 1000 + epoch):
            loss = run.loss(model(X[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        run.losses.append(total / len(X))
    return run


def rel(run: Run) -> float:
    """Return the test MSE over the variance of y."""
    with torch.no_grad():
        return relative_mse(run.model(run.X_test).numpy(), run.y_test.numpy())


# --8<-- [end:training]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Return a run whose model is built again after its optimizer."""
    start = start_wrong(lambda: torch_network(4, 16, 8, 1, seed=seed))
    return train_with(*start, deliveries(seed), seed)


def fails(run: Run) -> bool:
    """Tell whether the test error is above half of the mean's."""
    return rel(run) > 0.5


# --8<-- [end:broken]

if __name__ == "__main__":
    # --8<-- [start:failure]
    stale = broken()
    print("losses:", *(f"{loss:.4f}" for loss in stale.losses[:4]), "…")
    print(f"rel: {rel(stale):.3f}")
    fresh = torch_network(4, 16, 8, 1, seed=0)
    pairs = zip(stale.model.parameters(), fresh.parameters(), strict=True)
    assert all(torch.equal(trained, started) for trained, started in pairs)
    assert fails(stale)
    # --8<-- [end:failure]


# --8<-- [start:plain-list]
class ListNetwork(nn.Module):
    """A 4-16-8-1 network whose hidden layers stand in a list of this type."""

    def __init__(self, list_type: type = list) -> None:
        super().__init__()
        self.hidden = list_type([nn.Linear(4, 16), nn.Linear(16, 8)])
        self.output = nn.Linear(8, 1)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return predictions (n, 1) for X (n, 4)."""
        A = X
        for layer in self.hidden:
            A = torch.relu(layer(A))
        return self.output(A)


def in_a_list(list_type: type = list, seed: int = 0) -> Run:
    """Return a run of the network with its hidden layers in such a list."""
    torch.manual_seed(seed)
    model = ListNetwork(list_type)
    optimizer = SGD(model.parameters(), lr=0.05)
    return train_with(model, optimizer, deliveries(seed), seed)


# --8<-- [end:plain-list]

if __name__ == "__main__":
    # --8<-- [start:hidden-in-a-list]
    listed = in_a_list()
    count = sum(p.numel() for p in listed.model.parameters())
    print("losses:", *(f"{loss:.4f}" for loss in listed.losses[:4]), "…")
    print(f"rel: {rel(listed):.3f}, parameters: {count}")
    assert count == 8 + 1
    # --8<-- [end:hidden-in-a-list]

    # --8<-- [start:empty]
    parameters = nn.Linear(4, 1).parameters()
    print("parameters:", sum(p.numel() for p in parameters))
    for nothing in (parameters, StackWrong().parameters()):
        try:
            SGD(nothing, lr=0.05)
        except ValueError as error:
            message = str(error)
        print("ValueError:", message)
        assert message == "optimizer got an empty parameter list"
    assert len(list(Stack().parameters())) == 4
    # --8<-- [end:empty]

    # --8<-- [start:identity]
    model = nn.Linear(4, 1)
    before = [id(p) for p in model.parameters()]
    rebuilt, copied = nn.Linear(4, 1), copy.deepcopy(model)
    model.double().to("cpu").load_state_dict(rebuilt.state_dict())
    for name, other in {"moved, loaded": model, "copied": copied}.items():
        same = [id(p) for p in other.parameters()] == before
        print(f"{name}: the same tensors: {same}")
    # --8<-- [end:identity]


# --8<-- [start:ownership]
def ownership(
    model: nn.Module, optimizer: Optimizer, X: torch.Tensor
) -> tuple[set[torch.Tensor], set[torch.Tensor]]:
    """Return the tensors that predictions for X use, and those that also get steps."""
    with torch.enable_grad():
        used = leaves(model(X.detach()))
    held = {p for group in optimizer.param_groups for p in group["params"]}
    return used, used & held


# --8<-- [end:ownership]

if __name__ == "__main__":
    # --8<-- [start:examination]
    def held(run: Run) -> str:
        """Count the tensors in use, and those among them that get steps."""
        used, owned = ownership(run.model, run.optimizer, run.X[:2])
        return f"the optimizer holds {len(owned)} of {len(used)} tensors in use"

    for name, run in {"built again": stale, "in a list": listed}.items():
        print(f"{name}: {held(run)}")
    # --8<-- [end:examination]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Return the same run with the optimizer made last."""
    begin = start(lambda: torch_network(4, 16, 8, 1, seed=seed))
    return train_with(*begin, deliveries(seed), seed)


# --8<-- [end:fixed]

if __name__ == "__main__":
    # --8<-- [start:ways]
    data = deliveries()
    model = torch_network(4, 16, 8, 1)
    optimizer = SGD(model.parameters(), lr=0.05)
    model = torch_network(4, 16, 8, 1)
    optimizer.add_param_group({"params": model.parameters()})
    added = train_with(model, optimizer, data)

    model = torch_network(4, 16, 8, 1)
    optimizer = SGD(model.parameters(), lr=0.05)
    for layer in model[::2]:
        layer.reset_parameters()
    reset = train_with(model, optimizer, data)
    # --8<-- [end:ways]

    # --8<-- [start:ways-compared]
    steady, modules = fixed(), in_a_list(nn.ModuleList)
    for name, run in {
        "optimizer made last": steady,
        "add_param_group": added,
        "reset in place": reset,
        "nn.ModuleList": modules,
    }.items():
        print(f"{name:20} rel {rel(run):.3f}, {held(run)}")
    # --8<-- [end:ways-compared]

    # --8<-- [start:no-help]
    for lr in (0.005, 0.05, 0.5):
        model = torch_network(4, 16, 8, 1)
        run = train_with(model, SGD(torch_network(4, 16, 8, 1).parameters(), lr), data)
        print(f"lr {lr:5}: rel {rel(run):.3f}")
    # --8<-- [end:no-help]

    # --8<-- [start:repair]
    assert not fails(steady)
    pairs = zip(steady.losses, modules.losses, strict=True)
    assert all(abs(a - b) < 1e-5 for a, b in pairs)
    print(f"rel: {rel(stale):.3f} and {rel(listed):.3f} broken", end=", ")
    print(f"{rel(steady):.3f} fixed")

    fig, ax = plt.subplots()
    epochs = range(1, 9)
    ax.plot(epochs, stale.losses, "C1o--", label="built again")
    ax.plot(epochs, listed.losses, "C3^--", label="in a list")
    ax.plot(epochs, steady.losses, "C0s-", label="both, fixed")
    ax.set(yscale="log", xlabel="epoch", ylabel="training loss")
    ax.legend()
    plt.show()
    # --8<-- [end:repair]

    # --8<-- [start:one-line-check]
    for run in (stale, steady):
        first = next(run.model.parameters())
        print(run.optimizer.param_groups[0]["params"][0] is first)
    # --8<-- [end:one-line-check]

    # --8<-- [start:guard]
    for run in (steady, listed):
        try:
            assert_all_get_steps(run.model, run.optimizer, run.X[:2])
            print("every tensor in use gets steps")
        except AssertionError as error:
            print("AssertionError:", error)
    # --8<-- [end:guard]

    # --8<-- [start:solution-head]
    model = torch_network(4, 16, 8, 1)
    optimizer = SGD(model.parameters(), lr=0.05)
    model[-1] = nn.Linear(8, 1)
    run = train_with(model, optimizer, data)
    print(f"rel {rel(run):.3f}: {held(run)}")
    optimizer.add_param_group({"params": model[-1].parameters()})
    run = train_with(model, optimizer, data)
    print(f"rel {rel(run):.3f}: {held(run)}")
    # --8<-- [end:solution-head]

    # --8<-- [start:solution-frozen]
    model = torch_network(4, 16, 8, 1)
    model[0].requires_grad_(False)
    optimizer = SGD([p for p in model.parameters() if p.requires_grad], lr=0.05)
    run = train_with(model, optimizer, data)
    print(held(run))
    # --8<-- [end:solution-frozen]
