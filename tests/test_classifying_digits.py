"""The split of the digits, and a training run beside PyTorch's."""

import numpy as np
import torch
from torch import nn

from snippets.chapters import classifying_digits as page
from snippets.chapters.gradient_descent import NeuralNetwork, initialise_layers


def test_split_shares_no_row() -> None:
    X_train, X_test, y_train, y_test = page.split_digits(seed=1)
    assert (len(X_train), len(X_test)) == (len(y_train), len(y_test)) == (1437, 360)
    pixels, digits = page.load_digits(return_X_y=True)
    rows = np.column_stack([np.vstack([X_train, X_test]) * 16, [*y_train, *y_test]])
    both = np.column_stack([pixels, digits])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, both))


def test_two_hundred_epochs_equal_torch() -> None:
    """CrossEntropyLoss and SGD from the same weights and mini-batches, in float64."""
    X, _X_test, digits, _digits_test = page.split_digits()
    sizes, y = [64, 32, 10], np.eye(10)[digits]
    network = NeuralNetwork(
        sizes, 0.1, 0, page.cross_entropy, page.cross_entropy_gradient
    )
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)).double()
    with torch.no_grad():
        for layer, W, b in zip(model[::2], network.W, network.b, strict=True):
            layer.weight.copy_(torch.tensor(W.T))
            layer.bias.copy_(torch.tensor(b[0]))
    optimiser = torch.optim.SGD(model.parameters(), 0.1)
    criterion = nn.CrossEntropyLoss()
    X_torch, digits_torch = torch.tensor(X), torch.tensor(digits)
    rng = np.random.default_rng(0)
    initialise_layers(sizes, rng)  # leaves rng where the network's own stands

    losses = network.fit(X, y, epochs=200, batch_size=32, verbose=False)
    for epoch in range(200):
        for rows in torch.tensor(rng.permutation(len(X))).split(32):
            optimiser.zero_grad()
            criterion(model(X_torch[rows]), digits_torch[rows]).backward()
            optimiser.step()
        with torch.no_grad():
            loss = criterion(model(X_torch), digits_torch).item()
        assert abs(losses[epoch] - loss) < 1e-10
    for layer, W, b in zip(model[::2], network.W, network.b, strict=True):
        assert np.abs(layer.weight.detach().numpy().T - W).max() < 1e-10
        assert np.abs(layer.bias.detach().numpy() - b).max() < 1e-10
