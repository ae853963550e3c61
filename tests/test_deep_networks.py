"""Initialisation, batch and layer normalisation and dropout beside PyTorch's."""

import numpy as np
import pytest
import torch
from torch import nn

from snippets.chapters import deep_networks as page
from snippets.chapters.activation_functions import relu
from snippets.chapters.derivatives import numerical_gradient
from snippets.chapters.forward_pass import he


class TorchDraws:
    """A generator whose normal draws are PyTorch's, in the layout of nn.Linear."""

    def normal(self, mean, deviation, size):
        """Return an array of a size (n_in, n_out)."""
        tensor = torch.empty(size[::-1], dtype=torch.float64)
        return tensor.normal_(mean, deviation).numpy().T


@pytest.mark.parametrize(
    ("ours", "theirs", "predicted"),
    [
        (he, nn.init.kaiming_normal_, 2 / 300),
        (page.glorot, nn.init.xavier_normal_, 2 / 500),
    ],
)
def test_initial_weights_equal_torch_and_have_the_predicted_variance(
    ours, theirs, predicted
):
    torch.manual_seed(0)
    W = ours(300, 200, TorchDraws())
    torch.manual_seed(0)
    options = {"nonlinearity": "relu"} if ours is he else {}
    expected = theirs(torch.empty(200, 300, dtype=torch.float64), **options)
    assert np.abs(W.T - expected.numpy()).max() < 1e-10
    assert ours(300, 200, np.random.default_rng(0)).var() == pytest.approx(
        predicted, rel=0.02
    )


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def gap(array, tensor):
    return np.abs(array - tensor.detach().numpy()).max()


def set_parameters(layer, gamma, beta):
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(gamma))
        layer.bias.copy_(torch.tensor(beta))


@pytest.mark.parametrize("n_rows", [2, 3, 64])
def test_batch_norm_equals_torch(n_rows):
    ours, theirs = page.BatchNorm(5), nn.BatchNorm1d(5).double()
    ours.gamma, ours.beta = normal(5, seed=1), normal(5, seed=2)
    set_parameters(theirs, ours.gamma, ours.beta)
    for step in range(3):
        Z, dZ_out = 3 * normal(n_rows, 5, seed=step) + 1, normal(n_rows, 5, seed=9)
        inputs = torch.tensor(Z, requires_grad=True)
        theirs.zero_grad()
        output = theirs(inputs)
        output.backward(torch.tensor(dZ_out))
        assert gap(ours.forward(Z), output) < 1e-10
        assert gap(ours.backward(dZ_out), inputs.grad) < 1e-10
        assert gap(ours.dgamma, theirs.weight.grad) < 1e-10
        assert gap(ours.dbeta, theirs.bias.grad) < 1e-10
    assert gap(ours.mean, theirs.running_mean) < 1e-10
    assert gap(ours.variance, theirs.running_var) < 1e-10
    theirs.eval()
    assert gap(ours.forward(Z, training=False), theirs(torch.tensor(Z))) < 1e-10


@pytest.mark.parametrize("n_rows", [1, 2, 64])
def test_layer_norm_equals_torch(n_rows):
    Z, dZ_out = 3 * normal(n_rows, 5) + 1, normal(n_rows, 5, seed=1)
    gamma, beta = normal(5, seed=2), normal(5, seed=3)
    theirs = nn.LayerNorm(5).double()
    set_parameters(theirs, gamma, beta)
    inputs = torch.tensor(Z, requires_grad=True)
    output = theirs(inputs)
    output.backward(torch.tensor(dZ_out))
    Z_hat, root = page.standardise(Z, axis=1)
    dZ = page.standardise_backward(dZ_out * gamma, Z_hat, root, axis=1)
    assert gap(gamma * Z_hat + beta, output) < 1e-10
    assert gap(dZ, inputs.grad) < 1e-10
    assert gap((dZ_out * Z_hat).sum(axis=0), theirs.weight.grad) < 1e-10
    assert gap(dZ_out.sum(axis=0), theirs.bias.grad) < 1e-10


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_dropout_with_a_shared_mask_equals_torch(p):
    A, dA_out = normal(6, 5), normal(6, 5, seed=1)
    torch.manual_seed(0)
    kept = nn.functional.dropout(torch.ones(6, 5), p).numpy() > 0
    torch.manual_seed(0)
    inputs = torch.tensor(A, requires_grad=True)
    output = nn.functional.dropout(inputs, p)
    output.backward(torch.tensor(dA_out))
    assert 0 < kept.sum() < 30
    assert gap(page.dropout(A, kept, p), output) < 1e-10
    assert gap(page.dropout(dA_out, kept, p), inputs.grad) < 1e-10


@pytest.mark.parametrize(("n_rows", "is_noticed"), [(1, False), (2, True), (8, True)])
def test_with_one_row_a_gradient_check_notices_no_mistake(n_rows, is_noticed):
    """With one row every weight's gradient is 0, so a factor in it changes nothing."""
    X, W, dZ_out = normal(n_rows, 4), normal(4, 3), normal(n_rows, 3, seed=1)
    Z_hat, root = page.standardise(X @ W)
    dW = X.T @ page.standardise_backward(dZ_out, Z_hat, root)
    measured = numerical_gradient(
        lambda w: np.sum(dZ_out * page.standardise(X @ w)[0]), W
    )
    assert np.abs(dW - measured).max() < 1e-8
    assert np.any(dW != 0) == is_noticed
    for wrong in (-dW, 2 * dW, X.T @ ((dZ_out - dZ_out.mean(axis=0)) / root)):
        assert (np.abs(wrong - measured).max() > 1e-6) == is_noticed


def test_all_layers_together_equal_torch():
    """Linear, batch norm, ReLU, dropout, linear, layer norm, ReLU, linear; mse."""
    X, y = normal(16, 4), normal(16, 2, seed=1)
    sizes = [(4, 6), (6, 5), (5, 2)]
    W = [he(n_in, n_out, np.random.default_rng(n_in)) for n_in, n_out in sizes]
    b = [normal(n_out) for _n_in, n_out in sizes]
    norm, gamma, beta = page.BatchNorm(6), normal(5, seed=2), normal(5, seed=3)
    norm.gamma, norm.beta = normal(6, seed=4), normal(6, seed=5)
    model = nn.Sequential(
        *(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.5)),
        *(nn.Linear(6, 5), nn.LayerNorm(5), nn.ReLU(), nn.Linear(5, 2)),
    ).double()
    for at, layer in enumerate((0, 4, 7)):
        set_parameters(model[layer], W[at].T, b[at])
    set_parameters(model[1], norm.gamma, norm.beta)
    set_parameters(model[5], gamma, beta)
    torch.manual_seed(0)
    loss = nn.functional.mse_loss(model(torch.tensor(X)), torch.tensor(y))
    loss.backward()
    torch.manual_seed(0)
    kept = nn.functional.dropout(torch.ones(16, 6, dtype=torch.float64)).numpy() > 0

    A1 = page.dropout(relu(norm.forward(X @ W[0] + b[0])), kept, 0.5)
    Z_hat, root = page.standardise(A1 @ W[1] + b[1], axis=1)
    A2 = relu(gamma * Z_hat + beta)
    y_hat = A2 @ W[2] + b[2]
    assert abs(np.mean((y_hat - y) ** 2) - loss.item()) < 1e-10

    dy_hat = 2 * (y_hat - y) / y.size
    dZ_out = dy_hat @ W[2].T * (A2 > 0)
    dZ2 = page.standardise_backward(dZ_out * gamma, Z_hat, root, axis=1)
    dZ1 = norm.backward(page.dropout(dZ2 @ W[1].T, kept, 0.5) * (A1 > 0))
    gradients = {
        0: (X.T @ dZ1, dZ1.sum(axis=0)),
        1: (norm.dgamma, norm.dbeta),
        4: (A1.T @ dZ2, dZ2.sum(axis=0)),
        5: ((dZ_out * Z_hat).sum(axis=0), dZ_out.sum(axis=0)),
        7: (A2.T @ dy_hat, dy_hat.sum(axis=0)),
    }
    for at, (dweight, dbias) in gradients.items():
        assert gap(dweight.T, model[at].weight.grad) < 1e-10
        assert gap(dbias, model[at].bias.grad) < 1e-10
