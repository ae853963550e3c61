"""The doctor before a run of the laboratory, told what its page asks to be told."""

import contextlib
import copy
import warnings
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from snippets.chapters.backpropagation import mse
from snippets.chapters.gradient_descent import NeuralNetwork
from snippets.doctor import Doctor
from snippets.errors.laboratory import Run

STEPS, SIZE = 250, 64  # ten epochs of 1,600 rows


def examined(run: Run) -> list[str]:
    """Return the failures that the doctor names in a run, which stays as it is."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        doctors = looked_at(run), trained_on(run)
        findings = [finding for doctor in doctors for finding in doctor.findings()]
    return list(dict.fromkeys(finding.failure for finding in findings))


def link(failure: str) -> str:
    """Return a link from a table of the doctor's page to that of a failure."""
    return f"[{failure}]({failure}.md)"


def in_torch(run: Run) -> Run:
    """Return the run of a NumPy network as one of PyTorch, with SGD and the MSE."""
    if not isinstance(run.model, NeuralNetwork) or run.loss not in (None, mse):
        return run
    layers = []
    for W, b in zip(run.model.W, run.model.b, strict=True):
        layers += [nn.Linear(*W.shape, dtype=torch.float64), nn.ReLU()]
        layers[-2].weight.data = torch.tensor(W.T)
        layers[-2].bias.data = torch.tensor(b[0])
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=run.model.learning_rate)
    names = ("X", "y", "X_test", "y_test")
    arrays = {name: getattr(run, name) for name in names}
    tensors = {n: torch.tensor(a) for n, a in arrays.items() if a is not None}
    loss = nn.MSELoss()
    return replace(run, model=model, loss=loss, optimizer=optimizer, **tensors)


def looked_at(run: Run) -> Doctor:
    """Show the doctor what a run has left: its losses, its files, rows in use."""
    twin = in_torch(run)
    doctor = Doctor(twin.model, twin.optimizer, twin.loss)
    if run.X is not None and not run.error:
        doctor.check(twin.X, twin.y)
        for number, loss in enumerate(run.losses):
            doctor.epoch(loss, *run.test_losses[number : number + 1])
        if run.test_losses:  # weights may have been put back since the last epoch
            for _times in range(3):
                doctor.epoch(*(loss_now(twin, *part) for part in parts(twin)))
        if run.X_test is not None:
            doctor.check(twin.X_test, twin.y_test)
    if isinstance(run.extra.get("best"), dict):
        doctor.kept(run.extra["best"])
    if "again" in run.extra:
        doctor.losses = list(run.losses)
        doctor.again(run.extra["again"].losses)
    if "checkpoint" in run.extra:
        saved = run.extra["checkpoint"]
        if run.losses:  # the weights have changed since
            doctor.loaded({}, saved["optimizer"])
        else:
            doctor.loaded(saved["model"])
    if hasattr(run.model, "backward") and run.loss in (None, run.model.loss):
        slopes(doctor, copy.deepcopy(run.model), run.X[:8], run.y[:8])
    return doctor


def parts(run: Run) -> tuple:
    return (run.X, run.y), (run.X_test, run.y_test)


def loss_now(run: Run, X: object, y: object) -> float:
    with torch.no_grad():
        return run.loss(copy.deepcopy(run.model).eval()(X), y).item()


def slopes(doctor: Doctor, network: object, X: object, y: object) -> None:
    """Let the doctor compare the gradients of a NumPy network with slopes."""
    network.forward(X)
    dW, db = network.backward(y)
    weights = network.W + network.b
    loss = network.loss
    doctor.backward(lambda: loss(network.predict(X), y), weights, dW + db)


def trained_on(run: Run) -> Doctor:
    """Let the doctor watch while a copy of a run is trained on, as it was trained."""
    model, optimizer = copy.deepcopy((run.model, run.optimizer))
    loss = mse if run.loss is None else run.loss
    doctor = Doctor(model, optimizer, loss)
    if run.error:
        with contextlib.suppress(Exception), doctor:
            doctor.check(run.X[:SIZE], run.y[:SIZE])
            steps(doctor, run, 2)
        with contextlib.suppress(type(run.error)), doctor:
            raise run.error
    elif "batches" in run.extra:
        carry_on(doctor, run)
    elif run.X is not None:
        doctor.check(run.X[:SIZE], run.y[:SIZE])
        steps(doctor, run, STEPS)
        validate(doctor, run)
    return doctor


def in_order(run: Run):
    """Yield the batches of a run in the order of its rows, over and over."""
    while True:
        for start in range(0, len(run.X), SIZE):
            yield run.X[start : start + SIZE], run.y[start : start + SIZE]


def steps(doctor: Doctor, run: Run, n_steps: int) -> None:
    """Take steps; of a loop that cannot be taken up again, tell the recorded losses."""
    batches = in_order(run)
    if isinstance(doctor.model, nn.Module) and doctor.optimizers:
        step = run.extra.get("training_step") or plain_step(doctor)
    elif isinstance(doctor.model, NeuralNetwork) and doctor.loss_fn is mse:
        step = numpy_step
    else:
        for loss, (X, y) in zip(run.losses, batches, strict=False):
            doctor.step(loss, X, y)
        return
    for _step, (X, y) in zip(range(n_steps), batches, strict=False):
        optimizer = doctor.optimizers[0] if doctor.optimizers else None
        doctor.step(step(doctor.model, optimizer, X, y), X, y)


def plain_step(doctor: Doctor):
    def step(model, optimizer, X, y):
        loss = doctor.loss_fn(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


def numpy_step(network, _optimizer, X, y):
    return network.fit(X, y, epochs=1, batch_size=len(X), verbose=False)[0]


def carry_on(doctor: Doctor, run: Run) -> None:
    """Carry the state of a recurrent network through an epoch as the run does."""
    hidden = None
    for X, y in run.extra["batches"]:
        outputs, hidden = doctor.model(X, hidden)
        hidden = run.extra["remember"](hidden)
        loss = doctor.loss_fn(outputs, y)
        loss.backward(retain_graph=True)
        if not hidden[0].requires_grad:
            doctor.optimizers[0].step()
            doctor.optimizers[0].zero_grad()
        doctor.step(loss, X, y)
    doctor.optimizers[0].step()
    doctor.step(loss.item())


def validate(doctor: Doctor, run: Run) -> None:
    """End an epoch: validate in the mode that the run has left its model in."""
    if not isinstance(doctor.model, nn.Module) or run.X_test is None:
        return
    with torch.no_grad():
        loss = doctor.loss_fn(doctor.model(run.X_test), run.y_test)
    doctor.epoch(doctor.losses[-1], run.extra.get("total", loss))
