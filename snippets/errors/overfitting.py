"""Overfitting: a network that learns its training rows by heart, and what helps."""


# --8<-- [start:wrong]
def train_blindly(net, opt, loss_fn, X, y, n):
    """Train n epochs, and look at no other rows."""
    for _epoch in range(n):
        opt.zero_grad()
        loss_fn(net(X), y).backward()
        opt.step()


# --8<-- [end:wrong]


# --8<-- [start:right]
import copy

best = {"loss": float("inf"), "epoch": 0}


def is_over(model, epoch, validation_loss, patience=20):
    """Keep the best weights; tell when to stop."""
    if validation_loss < best["loss"]:
        best.update(loss=validation_loss, epoch=epoch)
        best["weights"] = copy.deepcopy(model.state_dict())
    return epoch - best["epoch"] >= patience


# --8<-- [end:right]


# --8<-- [start:guard]
def assert_no_rise(validation_losses):
    """Raise AssertionError if the last loss is a fifth above the best one."""
    rise = validation_losses[-1] / min(validation_losses)
    assert rise < 1.2, f"the validation loss is {rise:.2f} times its best"


# --8<-- [end:guard]


# --8<-- [start:imports]
import math
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Adam, AdamW, Optimizer

from snippets.delivery import make_deliveries
from snippets.errors.laboratory import (
    Rows,
    Run,
    epochs,
    evaluate,
    few_rows,
    start,
    torch_network,
)

# --8<-- [end:imports]


if __name__ == "__main__":
    # --8<-- [start:wrong-and-right]
    blind, timely = start(seed=0), start(seed=0)
    train_blindly(blind.model, blind.optimizer, blind.loss, blind.X, blind.y, 200)
    for epoch in range(200):
        train_blindly(
            timely.model, timely.optimizer, timely.loss, timely.X, timely.y, 1
        )
        loss = evaluate(timely.model, *timely.extra["validation"])
        if is_over(timely.model, epoch, loss):
            break
    timely.model.load_state_dict(best["weights"])
    for name, trained in (("wrong", blind), ("right", timely)):
        test = evaluate(trained.model, trained.X_test, trained.y_test)
        print(f"{name}: test loss {test:.3f}")
    assert evaluate(blind.model, blind.X_test, blind.y_test) > 2 * test
    # --8<-- [end:wrong-and-right]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Train to the last epoch, whatever the validation loss says."""
    run = start(seed)
    for _validation_loss in epochs(run, seed):
        pass
    return run


# --8<-- [end:broken]


if __name__ == "__main__":
    # --8<-- [start:symptom]
    run = broken()
    train, test = run.losses[-1], run.test_losses[-1]
    best_epoch, lowest = int(np.argmin(run.test_losses)), min(run.test_losses)
    print(f"training loss {train:.4f}, test loss {test:.3f}: {test / train:.0f} times")
    print(f"best test loss {lowest:.3f}, after epoch {best_epoch + 1}")
    assert test > 5 * train
    assert test > 1.2 * lowest
    # --8<-- [end:symptom]

    # --8<-- [start:curves]
    fig, ax = plt.subplots()
    ax.semilogy(range(1, 201), run.test_losses, "C1-", label="test")
    ax.semilogy(range(1, 201), run.losses, "C0--", label="training")
    ax.plot(best_epoch + 1, lowest, "C1o", label="best epoch")
    ax.set(xlabel="epoch", ylabel="loss (MSE)")
    ax.legend()
    plt.show()
    # --8<-- [end:curves]

    # --8<-- [start:parameters]
    n_parameters = sum(parameter.numel() for parameter in run.model.parameters())
    print(f"{n_parameters:,} parameters for {len(run.X)} rows")
    # --8<-- [end:parameters]

    # --8<-- [start:noise-floor]
    minutes = make_deliveries(seed=0)[1]
    floor = 4**2 / minutes.var()
    print(f"noise floor   {floor:.3f}")
    print(f"training loss {train:.3f}")
    print(f"test loss     {test:.3f}")
    assert train < floor < min(run.test_losses)
    # --8<-- [end:noise-floor]


# --8<-- [start:gap]
def gap(run: Run) -> float:
    """Return the test loss over the training loss, of the model as it is now."""
    test = evaluate(run.model, run.X_test, run.y_test)
    return test / evaluate(run.model, run.X, run.y)


def fails(run: Run) -> bool:
    """Tell whether the test loss is more than 10 times the training loss."""
    return gap(run) > 10


# --8<-- [end:gap]


if __name__ == "__main__":
    # --8<-- [start:healthy]
    healthy = start(seed=0, n=1440)
    for _validation_loss in epochs(healthy, seed=0, n_epochs=11):
        pass
    for name, measured in (("80 rows", run), ("1,440 rows", healthy)):
        loss = measured.test_losses[-1]
        print(f"{name}: test loss {loss:.3f}, gap {gap(measured):.1f}")
    assert fails(run)
    assert not fails(healthy)
    # --8<-- [end:healthy]

    # --8<-- [start:digits]
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, classes = torch.tensor(digits.images / 16), torch.tensor(digits.target)

    def digit_network(seed: int, n_hidden: int) -> nn.Sequential:
        """Return a network for images (n, 8, 8) and ten classes."""
        model = torch_network(64, n_hidden, 10, seed=seed, dtype=torch.float64)
        return nn.Sequential(nn.Flatten(), *model)

    # --8<-- [end:digits]

    # --8<-- [start:classifier]
    rows = torch.randperm(1797, generator=torch.Generator().manual_seed(0))
    known, new = rows[:1000], rows[1000:]
    model, loss_function = digit_network(0, n_hidden=32), nn.CrossEntropyLoss()
    optimizer, new_losses = Adam(model.parameters(), lr=0.01), []
    for _epoch in range(250):
        train_blindly(model, optimizer, loss_function, images[known], classes[known], 1)
        with torch.no_grad():
            new_losses.append(loss_function(model(images[new]), classes[new]).item())
    with torch.no_grad():
        of_known = loss_function(model(images[known]), classes[known]).item()
        right = (model(images[new]).argmax(dim=1) == classes[new]).double().mean()
    print(f"{right:.1%} right, gap {new_losses[-1] / of_known:.1f}, ", end="")
    print(f"test loss {new_losses[-1] / min(new_losses):.2f} × its best")
    assert new_losses[-1] > 5 * of_known
    # --8<-- [end:classifier]

    # --8<-- [start:guarded]
    for losses in (new_losses, healthy.test_losses, run.test_losses):
        try:
            assert_no_rise(losses)
        except AssertionError as error:
            print(error)
    # --8<-- [end:guarded]


# --8<-- [start:early-stopping]
class EarlyStopping:
    """Keep a copy of the best weights; tell when `patience` epochs brought none."""

    def __init__(self, patience: int) -> None:
        self.patience, self.best, self.waited = patience, math.inf, 0

    def is_over(self, validation_loss: float, model: nn.Module) -> bool:
        """Note an epoch's validation loss; return whether to stop."""
        self.waited += 1
        if validation_loss < self.best:
            self.best, self.waited = validation_loss, 0
            self.weights = copy.deepcopy(model.state_dict())
        return self.waited >= self.patience


# --8<-- [end:early-stopping]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Stop when 20 epochs brought nothing better, and go back to the best epoch."""
    run, stopping = start(seed), EarlyStopping(patience=20)
    for validation_loss in epochs(run, seed):
        if stopping.is_over(validation_loss, run.model):
            break
    run.model.load_state_dict(stopping.weights)
    return run


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:fixed-run]
    fixed_run = fixed()
    loss = evaluate(fixed_run.model, fixed_run.X_test, fixed_run.y_test)
    print(f"stopped after {len(fixed_run.losses)} epochs")
    print(f"test loss {loss:.3f}, before {run.test_losses[-1]:.3f}", end=", ")
    print(f"healthy {healthy.test_losses[-1]:.3f}")
    print(f"gap {gap(fixed_run):.1f}")
    assert not fails(fixed_run)
    assert loss < 1.2 * healthy.test_losses[-1]
    # --8<-- [end:fixed-run]

    # --8<-- [start:broken-and-fixed]
    stop = len(fixed_run.losses)
    fig, ax = plt.subplots()
    ax.semilogy(range(1, 201), run.test_losses, "C1-", label="test, broken")
    ax.semilogy(range(1, 201), run.losses, "C1--", label="training, broken")
    ax.semilogy(range(1, stop + 1), fixed_run.test_losses, "C0-", label="test, fixed")
    ax.plot(stop, fixed_run.test_losses[-1], "C0s")
    ax.axhline(loss, color="C0", linestyle=":", label="fixed, restored")
    ax.set(xlabel="epoch", ylabel="loss (MSE)")
    ax.legend()
    plt.show()
    # --8<-- [end:broken-and-fixed]


# --8<-- [start:six-networks]
SEEDS = range(6)


class Networks(nn.Module):
    """The networks of six seeds in one; a layer's W has shape (6, n_in, n_out)."""

    def __init__(self, *sizes: int, dropout: float = 0.0) -> None:
        super().__init__()
        networks = [torch_network(*sizes, seed=s, dtype=torch.float64) for s in SEEDS]
        layers = list(zip(*(network[::2] for network in networks), strict=True))
        W = [torch.stack([linear.weight.T for linear in layer]) for layer in layers]
        b = [torch.stack([linear.bias[None] for linear in layer]) for layer in layers]
        self.W, self.b = nn.ParameterList(W), nn.ParameterList(b)
        self.dropout, self.generator = dropout, torch.Generator().manual_seed(0)

    def forward(self, X: Tensor) -> Tensor:
        """Return the predictions (6, n, 1) for X (6, n, n_in)."""
        A = torch.baddbmm(self.b[0], X, self.W[0])  # (6, n, n_out)
        for W, b in zip(self.W[1:], self.b[1:], strict=True):
            A = torch.baddbmm(b, self.drop(torch.relu(A)), W)  # (6, n, n_out)
        return A

    def drop(self, A: Tensor) -> Tensor:
        """Set a share of A to zero in training, and scale up the rest."""
        if not self.training or not self.dropout:
            return A
        keep = torch.rand(A.shape, generator=self.generator) >= self.dropout
        return A * (keep / (1 - self.dropout))


# --8<-- [end:six-networks]


# --8<-- [start:six-runs]
def stacked_splits() -> list[Rows]:
    """Return training, validation and test rows of all seeds, X (6, n, 4)."""
    parts = zip(*(few_rows(seed) for seed in SEEDS), strict=True)
    return [Rows(*map(torch.stack, zip(*part, strict=True))) for part in parts]


def stacked_losses(model: nn.Module, rows: Rows) -> np.ndarray:
    """Return the MSE of each network in use, (6,)."""
    model.eval()
    with torch.no_grad():
        return ((model(rows.X) - rows.y) ** 2).mean(dim=(1, 2)).numpy()


def stacked_epochs(model: nn.Module, optimizer: Optimizer, rows: Rows) -> Iterator[int]:
    """Train all networks; yield after each epoch."""
    for epoch in range(200):
        model.train()
        losses = ((model(rows.X) - rows.y) ** 2).mean(dim=(1, 2))  # (6,)
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        yield epoch


# --8<-- [end:six-runs]


if __name__ == "__main__":
    # --8<-- [start:nothing-done]
    train_rows, validation_rows, test_rows = stacked_splits()
    model = Networks(4, 48, 48, 48, 1)
    optimizer = Adam(model.parameters(), lr=0.01, fused=True)
    validation_losses, test_losses = [], []
    for epoch in stacked_epochs(model, optimizer, train_rows):
        if epoch < 100:
            validation_losses.append(stacked_losses(model, validation_rows))
            test_losses.append(stacked_losses(model, test_rows))
    remedies = {"nothing": stacked_losses(model, test_rows)}
    assert np.isclose(remedies["nothing"][0], run.test_losses[-1], rtol=1e-6)
    train = stacked_losses(model, train_rows)
    print("                  train  test")
    print(f"nothing           {train.mean():.3f}  {remedies['nothing'].mean():.3f}")
    # --8<-- [end:nothing-done]


# --8<-- [start:patience]
def stopped(validation_losses: np.ndarray, patience: int) -> tuple[int, int]:
    """Return the best epoch and the last one, as early stopping would find them."""
    best = 0
    for epoch, loss in enumerate(validation_losses):
        if loss < validation_losses[best]:
            best = epoch
        if epoch - best >= patience:
            break
    return best, epoch


# --8<-- [end:patience]


if __name__ == "__main__":
    # --8<-- [start:patience-values]
    validation_losses, test_losses = np.array(validation_losses), np.array(test_losses)
    means = []
    print("patience  restored  not restored")
    for patience in (3, 5, 10, 20, 50):
        ends = [stopped(losses, patience) for losses in validation_losses.T]
        restored, last = test_losses[np.transpose(ends), SEEDS]
        means.append((patience, restored.mean(), last.mean()))
        print(f"{patience:8}  {restored.mean():8.3f}  {last.mean():12.3f}")
        if patience == 20:
            remedies["early stopping"] = restored
    # --8<-- [end:patience-values]

    # --8<-- [start:patience-curve]
    patiences, restored, last = zip(*means, strict=True)
    fig, ax = plt.subplots()
    ax.semilogx(patiences, last, "C1s--", label="last weights kept")
    ax.semilogx(patiences, restored, "C0o-", label="best weights restored")
    ax.set_xticks(patiences, patiences)
    ax.minorticks_off()
    ax.set(xlabel="patience (epochs)", ylabel="test loss (MSE)", ylim=(0, 0.2))
    ax.legend(loc="lower left")
    plt.show()
    # --8<-- [end:patience-curve]


# --8<-- [start:compare]
def compare(
    remedies: dict[str, np.ndarray],
    name: str,
    model: nn.Module,
    kind: type[Optimizer] = Adam,
    weight_decay: float = 0.0,
) -> None:
    """Train with a remedy, note its test losses (6,), and print what it gives."""
    train_rows, _validation_rows, test_rows = stacked_splits()
    options = {"lr": 0.01, "weight_decay": weight_decay, "fused": True}
    optimizer = kind(model.parameters(), **options)
    for _epoch in stacked_epochs(model, optimizer, train_rows):
        pass
    train, test = (stacked_losses(model, rows) for rows in (train_rows, test_rows))
    remedies[name] = test
    better = (test < remedies["nothing"]).sum()
    print(f"{name:17} {train.mean():.3f}  {test.mean():.3f}  {better} of {len(test)}")


# --8<-- [end:compare]


if __name__ == "__main__":
    # --8<-- [start:dropout]
    for p in (0.1, 0.5):
        dropped = Networks(4, 48, 48, 48, 1, dropout=p)
        compare(remedies, f"dropout {p}", dropped)
    # --8<-- [end:dropout]

    # --8<-- [start:weight-decay]
    for kind, decay in ((Adam, 0.01), (AdamW, 0.01), (AdamW, 3)):
        model = Networks(4, 48, 48, 48, 1)
        compare(remedies, f"{kind.__name__}, decay {decay}", model, kind, decay)
    # --8<-- [end:weight-decay]

    # --8<-- [start:smaller-network]
    compare(remedies, "16-8 network", Networks(4, 16, 8, 1))
    # --8<-- [end:smaller-network]

    # --8<-- [start:decay-sizes]
    parameters = list(run.model.parameters())
    gradients = torch.autograd.grad(run.loss(run.model(run.X), run.y), parameters)
    for name, parts in (("gradient", gradients), ("parameters", parameters)):
        sizes = torch.cat([part.detach().abs().flatten() for part in parts])
        print(f"{name:10} {sizes.median():.1e}")
    for decay in (0.01, 3):
        print(f"AdamW, {decay:4}: × {(1 - 0.01 * decay) ** 200:.3f} in 200 steps")
    # --8<-- [end:decay-sizes]

    # --8<-- [start:together]
    model = Networks(4, 16, 8, 1, dropout=0.1)
    optimizer = Adam(model.parameters(), lr=0.01, weight_decay=0.01, fused=True)
    watched = [
        (stacked_losses(model, validation_rows), stacked_losses(model, test_rows))
        for _epoch in stacked_epochs(model, optimizer, train_rows)
    ]
    validation_losses, test_losses = np.swapaxes(watched, 0, 1)
    bests = [stopped(losses, patience=20)[0] for losses in validation_losses.T]
    remedies["three of them"] = test_losses[-1]
    remedies["all four"] = test_losses[bests, SEEDS]
    print(f"without early stopping {remedies['three of them'].mean():.3f}")
    print(f"with early stopping    {remedies['all four'].mean():.3f}")
    # --8<-- [end:together]

    # --8<-- [start:remedies]
    fig, ax = plt.subplots(figsize=(5.2, 3.6))
    for i, losses in enumerate(remedies.values()):
        ax.plot(losses, np.full(len(losses), i), "C0o", alpha=0.4)
        ax.plot(losses.mean(), i, "C1|", markersize=16, markeredgewidth=3)
    ax.axvline(healthy.test_losses[-1], color="C5", linestyle=":")
    assert min(map(np.mean, remedies.values())) > healthy.test_losses[-1]
    ax.set_yticks(range(len(remedies)), remedies)
    ax.invert_yaxis()
    ax.set(xlabel="test loss (MSE)", xlim=(0.06, None))
    plt.show()
    # --8<-- [end:remedies]

    # --8<-- [start:moved]
    def moved(images: Tensor, generator: torch.Generator) -> Tensor:
        """Move each image (8, 8) by up to one pixel, at random."""
        wide = nn.functional.pad(images, (1, 1, 1, 1))  # (n, 10, 10)
        down, right = torch.randint(3, (2, len(images), 1), generator=generator)
        rows = (down + torch.arange(8))[:, :, None]  # (n, 8, 1)
        columns = (right + torch.arange(8))[:, None]  # (n, 1, 8)
        return wide[torch.arange(len(images))[:, None, None], rows, columns]

    # --8<-- [end:moved]

    # --8<-- [start:augmentation]
    def accuracy(seed: int, is_moved: bool, augments: bool) -> float:
        """Train with 400 digits, anew moved in each epoch or not; test with 500."""
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randperm(1797, generator=generator)[:900]
        X, y = images[rows], classes[rows]
        X = moved(X, generator) if is_moved else X
        model = digit_network(seed, n_hidden=64)
        optimizer = Adam(model.parameters(), lr=0.01)
        for _epoch in range(120):
            X_epoch = moved(X[:400], generator) if augments else X[:400]
            train_blindly(model, optimizer, nn.CrossEntropyLoss(), X_epoch, y[:400], 1)
        with torch.no_grad():
            return (model(X[400:]).argmax(dim=1) == y[400:]).double().mean().item()

    print("digits    as they are  augmented")
    for name, is_moved in (("moved", True), ("centred", False)):
        without, with_it = (
            sum(accuracy(seed, is_moved, augments) for seed in range(2)) / 2
            for augments in (False, True)
        )
        print(f"{name:8}  {without:11.1%}  {with_it:9.1%}")
        assert (with_it > without + 0.1) if is_moved else (with_it < without)
    # --8<-- [end:augmentation]

    # --8<-- [start:train-mode]
    for training, name in ((True, "training"), (False, "training"), (False, "test")):
        rows = test_rows if name == "test" else train_rows
        dropped.train(training)
        with torch.no_grad():
            loss = ((dropped(rows.X) - rows.y) ** 2).mean().item()
        print(f"{'train()' if training else 'eval()':7} {name:8} loss {loss:.3f}")
    # --8<-- [end:train-mode]

    # --8<-- [start:random-targets]
    memory = start(seed=0)
    order = torch.randperm(80, generator=torch.Generator().manual_seed(0))
    memory.y = memory.y[order]
    for _validation_loss in epochs(memory, seed=0):
        pass
    print(f"training loss {memory.losses[-1]:.4f}")
    print(f"test loss     {memory.test_losses[-1]:.4f}")
    assert memory.losses[-1] < run.losses[-1] < 1 < memory.test_losses[-1]
    # --8<-- [end:random-targets]
