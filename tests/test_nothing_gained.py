"""Networks side by side: their gradients, and their layers beside the chapter's."""

from functools import partial

import numpy as np
import pytest

from snippets.chapters.deep_networks import BatchNorm
from snippets.chapters.derivatives import numerical_gradient
from snippets.deeper import nothing_gained as page

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(2, 8, 3)), RNG.normal(size=(2, 8, 2))
BETWEEN = {
    "nothing": page.Nothing,
    "batch norm": partial(page.Norm, axis=1),
    "layer norm": partial(page.Norm, axis=2),
    "dropout": partial(page.Dropout, p=0.3),
}


@pytest.mark.parametrize("name", BETWEEN)
def test_gradients_equal_differences(name: str) -> None:
    networks = page.Networks([3, 5, 4, 2], between=BETWEEN[name], seeds=range(2))
    assert len(networks.parameters) == (10 if "norm" in name else 6)
    for parameter in networks.parameters:
        parameter += RNG.normal(size=parameter.shape) / 5

    def restart() -> None:  # the same masks in each forward pass
        for each in networks.between:
            each.rng = np.random.default_rng(0)

    restart()
    gradients = networks.gradients(X, Y)
    for parameter, gradient in zip(networks.parameters, gradients, strict=True):
        assert gradient.shape == parameter.shape

        def changed(values: np.ndarray, parameter: np.ndarray = parameter) -> float:
            before = parameter.copy()
            parameter[...] = values
            restart()
            y_hat = networks.forward(X)
            parameter[...] = before
            return float(np.mean((y_hat - Y) ** 2, axis=(1, 2)).sum())

        measured = numerical_gradient(changed, parameter.copy())
        assert np.abs(gradient - measured).max() < 1e-7


def test_batch_norm_is_the_chapters_for_each_seed() -> None:
    ours = page.Norm(2, 3, axis=1)
    theirs = [BatchNorm(3), BatchNorm(3)]
    for step in range(3):
        Z, dZ_out = RNG.normal(step, 2, size=(2, 6, 3)), RNG.normal(size=(2, 6, 3))
        Z_out, dZ = ours.forward(Z, True), ours.backward(dZ_out)
        for seed, layer in enumerate(theirs):
            assert np.allclose(Z_out[seed], layer.forward(Z[seed]))
            assert np.allclose(dZ[seed], layer.backward(dZ_out[seed]))
            assert np.allclose(ours.gradients[0][seed], layer.dgamma)
            assert np.allclose(ours.gradients[1][seed], layer.dbeta)
    for seed, layer in enumerate(theirs):
        afterwards = layer.forward(Z[seed], training=False)
        assert np.allclose(ours.forward(Z, False)[seed], afterwards)


def test_each_seed_is_clipped_by_its_own_norm() -> None:
    gradients = [np.array([[[3.0]], [[0.3]]]), np.array([[[4.0]], [[0.4]]])]
    first, second = page.clipped(gradients, 1)
    assert np.allclose(first.ravel(), [0.6, 0.3])
    assert np.allclose(second.ravel(), [0.8, 0.4])
