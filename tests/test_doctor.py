"""The doctor names what is wrong with programs that it was not made with.

`make record` writes what it says of them to docs/outputs/errors/foreign/, for its page.
"""

import contextlib
import copy
import random
import re
import time
import warnings
from itertools import cycle, islice

import numpy as np
import pytest
import torch
from torch import nn

from docs.plugins.pages import DOCS
from snippets import doctor as module
from snippets.doctor import QUESTIONS, Doctor, explain
from tests.examined import link
from tests.foreign_programs import CHANGED, PROGRAMS, learn

FOLDER = DOCS / "outputs" / "errors" / "foreign"


def ask(program):
    """Run a program to its end, or to its exception; return its doctor."""
    doctors = []

    def made(*arguments, **options):
        doctors.append(Doctor(*arguments, **options))
        return doctors[-1]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(IndexError, RuntimeError, ValueError):
            program(made)
    return doctors[-1]


@pytest.fixture(scope="session")
def answers():
    torch.set_num_threads(1)
    doctors = {name: ask(program) for name, (program, _) in PROGRAMS.items()}
    return {name: doctor.look() for name, doctor in doctors.items()}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name, answers):
    failure, (found, unknown) = PROGRAMS[name][1], answers[name]
    named = [finding.failure for finding in found]
    assert failure in named if failure else not named
    crashed = {why for why in unknown.values() if re.match(r"\w+Error: ", why)}
    assert not crashed, "a check raised, instead of saying why it cannot look"


def test_record(answers, check_record):
    """The page's tables say what the doctor says."""
    rows = {"healthy": [], "broken": []}
    for name, (_program, failure) in PROGRAMS.items():
        named = [finding.failure for finding in answers[name][0]]
        others = ", ".join(link(other) for other in named if other != failure) or "–"
        known = "yes" if failure in named else "**no**"
        cells = [name, link(failure), known, others] if failure else [name, others]
        row = " | ".join([*cells, CHANGED.get(name, "–")])
        rows["broken" if failure else "healthy"].append(f"| {row} |")
    for kind, lines in rows.items():
        check_record(FOLDER / f"{kind}.md", "\n".join(lines))


def test_programs_are_as_many_as_they_should_be():
    failures = [failure for _program, failure in PROGRAMS.values()]
    assert failures.count("") >= 40
    assert len(failures) - failures.count("") >= 40
    assert set(CHANGED) <= set(PROGRAMS)
    assert set(QUESTIONS) - set(failures) == {"different-devices", "not-reproducible"}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("mat1 and mat2 shapes cannot be multiplied (64x5 and 4x8)", "shape-mismatch"),
        ("Target 17 is out of bounds.", "wrong-dtype"),
        (
            "\x1b[31mRuntimeError\x1b[0m: Can’t call numpy() on Tensor that requires "
            "grad",
            "graph-errors",
        ),
        (
            "Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) "
            "should be the same",
            "different-devices",
        ),
        ("Input type (double) and bias type (float) should be the same", "wrong-dtype"),
        ("expected scalar type Long but\nfound Float", "wrong-dtype"),
        ("RuntimeWarning: overflow encountered in square", "loss-is-nan"),
        ("RuntimeWarning: overflow encountered in exp", "stable-forms"),
        ("RuntimeWarning: invalid value encountered in divide", "constant-column"),
        # cut short
        ("Expected more than 1 value per channel when training", "forgotten-eval"),
        ("mat1 and mat2 shapes cannot be multiplied", "shape-mismatch"),
        ("CUDA out of memory", "out-of-memory"),
    ],
)
def test_message(message, expected):
    assert [found.page.rpartition("/")[2] for found in explain(message)] == [expected]


def test_a_short_message_is_found_beside_the_longer_one_that_holds_it():
    long = "expected scalar type Long but found Float"
    short = "expected scalar type Float but found Double"
    both = explain(long) + explain(short)
    assert len(set(both)) == 2
    assert explain(f"{long}\n{short}") == both


def test_an_unknown_message_has_no_explanation():
    assert explain("KeyError: 'price'") == []


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2)),
        nn.Linear(16, 1),
    )


def state(*things):
    """Return everything that a doctor must not change, in bytes."""
    parts = []
    for thing in things:
        values = thing.state_dict() if hasattr(thing, "state_dict") else thing
        parts.append(repr(copy.deepcopy(values)).encode())
        if isinstance(thing, nn.Module):
            parts += [p.detach().numpy().tobytes() for p in thing.parameters()]
            parts += [b.numpy().tobytes() for b in thing.buffers()]
            parts.append(repr([layer.training for layer in thing.modules()]).encode())
            hooks = [len(layer._forward_hooks) for layer in thing.modules()]
            parts.append(repr(hooks).encode())
            gradients = [p.grad for p in thing.parameters()]
            parts += [b"" if g is None else g.numpy().tobytes() for g in gradients]
    numpy_state = np.random.get_state()[1].tobytes()  # noqa: NPY002
    torch_state = torch.random.get_rng_state().numpy().tobytes()
    return [*parts, numpy_state, torch_state, repr(random.getstate()).encode()]


def test_nothing_is_changed():
    net, loss_fn = network(), nn.MSELoss()
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    X, y = torch.randn(64, 6), torch.randn(64, 1)
    before = state(net, optimizer, X, y)
    doctor = Doctor(net, optimizer, loss_fn)
    assert state(net, optimizer, X, y) == before
    for step in range(40):
        optimizer.zero_grad(set_to_none=False)
        loss = loss_fn(net(X), y)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        before = state(net, optimizer, X, y)
        if step == 0:
            doctor.check(X, y)
        doctor.step(loss, X, y)
        doctor.epoch(loss, loss)
        assert state(net, optimizer, X, y) == before
    assert len(doctor.weights.better) > 2, "the comparison of gradients was not tried"
    doctor.bad = module.first_bad(doctor, X, y)
    doctor.report()
    assert state(net, optimizer, X, y) == before


def test_a_step_costs_less_than_a_tenth():
    """By the processor's time, of the smallest network of the course; three tries."""
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU())
    net.append(nn.Linear(8, 1))
    optimizer, loss_fn = torch.optim.Adam(net.parameters(), 1e-3), nn.MSELoss()
    doctor = Doctor(net, optimizer, loss_fn)
    batches = [(torch.randn(64, 4), torch.randn(64, 1)) for _batch in range(20)]
    training, watching = [], []
    for X, y in islice(cycle(batches), 1200):
        start = time.thread_time_ns()
        optimizer.zero_grad()
        loss = loss_fn(net(X), y)
        loss.backward()
        optimizer.step()
        middle = time.thread_time_ns()
        doctor.step(loss, X, y)
        training.append(middle - start)
        watching.append(time.thread_time_ns() - middle)
    costs = [
        sum(watching[start : start + 400]) / sum(training[start : start + 400])
        for start in (0, 400, 800)
    ]
    assert min(costs) < 0.1, costs


@pytest.mark.parametrize("y_shape", [(40,), (40, 1)])
def test_a_perfect_leak_is_found_in_either_shape(y_shape):
    X = torch.randn(400, 5)
    y = X[:, 2].reshape(-1, *y_shape[1:])
    doctor = Doctor(nn.Linear(5, 1), loss_fn=nn.MSELoss())
    for start in range(0, 400, 40):
        rows = slice(start, start + 40)
        doctor.step(torch.tensor(1.0, requires_grad=True) * 2, X[rows], y[rows])
    assert "data-leakage" in [finding.failure for finding in doctor.findings()]


def test_devices_are_named_without_a_gpu():
    from torch._subclasses import FakeTensorMode

    with FakeTensorMode(allow_non_fake_inputs=True):
        X = torch.empty(8, 4, device="cuda")
        doctor = Doctor(nn.Linear(4, 1), loss_fn=nn.MSELoss())
        try:
            doctor.model(X)
        except RuntimeError as error:
            doctor.messages.append(str(error))
    assert [finding.failure for finding in doctor.findings()] == ["different-devices"]


def test_two_runs_are_compared():
    doctor = Doctor()
    for loss in (3.0, 2.0, 1.0):
        doctor.step(loss)
    doctor.again([3.0, 2.0, 1.0])
    assert doctor.findings() == []
    doctor.again([3.0, 2.5, 1.0])
    assert [finding.failure for finding in doctor.findings()] == ["not-reproducible"]


def test_a_doctor_who_was_told_nothing_lists_all_that_it_did_not_look_at():
    found, unknown = Doctor().look()
    assert found == []
    assert set(unknown) == set(QUESTIONS)
    report = Doctor().report()
    assert all(f"{name}" in report for name in QUESTIONS)


def test_what_a_step_cannot_look_at_is_listed():
    doctor = Doctor(nn.Linear(2, 1))
    doctor.step(torch.ones(3), torch.ones(3, 2), torch.ones(3))
    assert "step: ValueError" in doctor.report()


CLASSES = torch.arange(60) % 3


def classifier(*last):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3), *last)


@pytest.mark.parametrize(
    ("last", "loss_fn"),
    [
        (nn.Softmax(dim=0), nn.CrossEntropyLoss()),
        (nn.LogSoftmax(dim=0), nn.NLLLoss()),
    ],
)
def test_a_softmax_over_the_batch_is_named(last, loss_fn):
    X = torch.randn(60, 4)
    (found,) = Doctor(classifier(last), loss_fn=loss_fn).check(X, CLASSES).findings()
    assert found.failure == "softmax-twice"
    assert "dim=1" in found.fix


@pytest.mark.parametrize("order", ["zero, step, backward", "backward, zero, step"])
def test_steps_that_do_nothing_are_told_their_order(order):
    net, X, loss_fn = classifier(), torch.randn(60, 4), nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(net.parameters())
    calls = {"zero": optimizer.zero_grad, "step": optimizer.step}
    doctor = Doctor(net, optimizer, loss_fn).check(X, CLASSES)
    for _step in range(50):
        loss = loss_fn(net(X), CLASSES)
        for call in order.split(", "):
            (calls | {"backward": loss.backward})[call]()
        doctor.step(loss, X, CLASSES)
    (found,) = doctor.findings()
    assert found.failure == "nothing-is-learned"
    assert found.fix.endswith("step()")


def test_a_single_row_is_no_batch_to_normalise():
    doctor = Doctor(network(), loss_fn=nn.MSELoss())
    assert doctor.check(torch.randn(1, 6), torch.randn(1, 1)).findings() == []


@pytest.mark.parametrize("tells_epochs", [True, False])
def test_a_single_row_after_the_training_is_not_the_loader_s(tells_epochs):
    net, loss_fn = network(), nn.MSELoss()
    optimizer = torch.optim.Adam(net.parameters())
    X, y = torch.randn(50, 6), torch.randn(50, 1)
    doctor = Doctor(net, optimizer, loss_fn)
    with contextlib.suppress(ValueError), doctor:
        for rows in torch.arange(50).split(25 if tells_epochs else 20):
            loss = loss_fn(net(X[rows]), y[rows])
            learn(doctor, optimizer, loss, X[rows], y[rows])
        if tells_epochs:
            doctor.epoch(loss)
        net(X[:1])
    assert [found.failure for found in doctor.findings()] == ["forgotten-eval"]
