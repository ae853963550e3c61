"""Weight decay and schedules beside PyTorch; the page compares the rules itself."""

from functools import partial

import numpy as np
import pytest
import torch
from torch.optim import SGD, Adam, AdamW
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

from snippets.chapters import optimisers as page


@pytest.mark.parametrize(("way", "method"), [("L2", Adam), ("AdamW", AdamW)])
def test_both_ways_to_decay_equal_torch(way, method):
    theta = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = method([theta], lr=0.01, weight_decay=0.1)
    for step in range(100):
        theta.grad = torch.tensor([10, 0.1], dtype=torch.float64) * (-1) ** step
        optimizer.step()
    gap = np.abs(page.after_decay(way) - theta.detach().numpy()).max()
    assert gap < 1e-10


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
