"""Every optimiser, schedule and clipped gradient beside PyTorch, in float64."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from snippets.chapters import optimisers as page
from snippets.chapters.gradient_descent import NeuralNetwork
from snippets.chapters.pytorch import load_weights

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(240, 3)), RNG.normal(size=(240, 2))
RULES = {
    "SGD": (page.sgd, {}, SGD),
    "momentum": (page.momentum, {}, partial(SGD, momentum=0.9)),
    "RMSprop": (page.rmsprop, {}, RMSprop),
    "Adam": (page.adam, {}, Adam),
    "AdamW": (page.adam, {"decay": 0.3}, partial(AdamW, weight_decay=0.3)),
    "clipped": (page.momentum, {"limit": 0.5}, partial(SGD, momentum=0.9)),
}


def torch_network():
    """Return the layers 3-5-4-2 with ReLU between them, in float64."""
    sizes = [nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2)]
    return nn.Sequential(*sizes).double()


def largest_gap(arrays, tensors):
    """Return the largest difference of W, then b, from PyTorch's W and b in turn."""
    theirs = [*tensors[::2], *tensors[1::2]]
    pairs = zip(arrays, theirs, strict=True)
    return max(np.abs(a.T.squeeze() - t.detach().numpy()).max() for a, t in pairs)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_equals_torch_in_values_and_gradients(name):
    """Take 60 steps at a rate that warms up, and compare after each."""
    rule, settings, method = RULES[name]
    network = NeuralNetwork([3, 5, 4, 2], seed=0)
    states = [{} for _parameter in network.W + network.b]
    model = torch_network()
    load_weights(model, network.W, network.b)
    tensors = [*model.parameters()]
    optimizer = method(tensors, lr=0.05)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, page.warm_up)
    start = [array.copy() for array in network.W]
    norms = []
    for step in range(60):
        rows = slice(16 * (step % 15), 16 * (step % 15) + 16)
        network.learning_rate = 0.05 * page.warm_up(step)
        page.full_step(network, rule, states, X[rows], Y[rows], **settings)
        loss = nn.functional.mse_loss(
            model(torch.tensor(X[rows])), torch.tensor(Y[rows])
        )
        optimizer.zero_grad()
        loss.backward()
        assert largest_gap(network.dW + network.db, [t.grad for t in tensors]) < 1e-10
        if "limit" in settings:
            norms.append(nn.utils.clip_grad_norm_(tensors, settings["limit"]).item())
        optimizer.step()
        scheduler.step()
        assert largest_gap(network.W + network.b, tensors) < 1e-10
    moved = zip(start, network.W, strict=True)
    assert min(np.abs(before - after).max() for before, after in moved) > 0.01
    assert not norms or min(norms) < settings["limit"] < max(norms)


@pytest.mark.parametrize(("way", "method"), [("L2", Adam), ("AdamW", AdamW)])
def test_both_ways_to_decay_equal_torch(way, method):
    theta = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = method([theta], lr=0.01, weight_decay=0.1)
    for step in range(100):
        theta.grad = torch.tensor([10, 0.1], dtype=torch.float64) * (-1) ** step
        optimizer.step()
    gap = np.abs(page.after_decay(way) - theta.detach().numpy()).max()
    assert gap < 1e-10


@pytest.mark.parametrize("limit", [0.5, 5, 500])
def test_clipped_gradients_equal_torch(limit):
    arrays = [RNG.normal(size=shape) for shape in [(3, 5), (1, 5), (5, 2)]]
    tensors = [torch.tensor(array) for array in arrays]
    for tensor in tensors:
        tensor.grad = tensor.clone()
    norm = nn.utils.clip_grad_norm_(tensors, limit).item()
    assert 0.5 < norm < 500
    for ours, tensor in zip(page.clipped(arrays, limit), tensors, strict=True):
        assert np.abs(ours - tensor.grad.numpy()).max() < 1e-10


def rates_of(make_scheduler):
    """Return the 200 shares of the learning rate that a scheduler of PyTorch gives."""
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, rates = make_scheduler(optimizer), []
    for _step in range(200):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return rates


def warm_up_in_two_parts(optimizer):
    rise = LinearLR(optimizer, start_factor=1 / 20, total_iters=19)
    return SequentialLR(optimizer, [rise, CosineAnnealingLR(optimizer, 180)], [20])


@pytest.mark.parametrize(
    ("schedule", "make_scheduler"),
    [
        (page.cosine, partial(CosineAnnealingLR, T_max=200)),
        (page.warm_up, warm_up_in_two_parts),
    ],
)
def test_a_schedule_equals_torch(schedule, make_scheduler):
    ours = [schedule(step) for step in range(200)]
    assert np.abs(np.subtract(ours, rates_of(make_scheduler))).max() < 1e-10
