"""The lab of shapes computes what NumPy computes."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Error, Page

from docs.plugins.pages import DOCS
from snippets.chapters.classifying_digits import cross_entropy, cross_entropy_gradient
from snippets.deeper.stable_forms import binary_cross_entropy, stable_sigmoid
from tests.browser import serve

LOSS = """async ({ Z, y, columns }) => {
  const network = await import("/assets/labs/network.js");
  const matrix = (data) =>
    network.matrix(data.length / columns, columns, Float64Array.from(data));
  const loss = network.crossEntropy(matrix(Z), matrix(y));
  const gradient = network.crossEntropyGradient(matrix(Z), matrix(y));
  return { loss, gradient: [...gradient.data] };
}"""


@pytest.fixture
def modules(plain_page: Page) -> Iterator[Page]:
    """Open a page that can import the labs' modules, without building the site."""
    with serve(DOCS) as address:
        plain_page.goto(f"{address}/assets/labs/network.js")
        yield plain_page


def binary_gradient(Z, y):
    return (stable_sigmoid(Z) - y) / len(y)


@pytest.mark.parametrize(
    ("columns", "loss", "gradient"),
    [
        (1, binary_cross_entropy, binary_gradient),
        (3, cross_entropy, cross_entropy_gradient),
    ],
)
def test_cross_entropy_is_the_courses(modules, columns, loss, gradient):
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(40, columns)) * np.logspace(-2, 3, 40)[:, None]
    classes = rng.integers(max(columns, 2), size=40)
    y = np.eye(columns)[classes] if columns > 1 else classes[:, None].astype(float)
    data = {"Z": Z.ravel().tolist(), "y": y.ravel().tolist(), "columns": columns}
    found = modules.evaluate(LOSS, data)
    assert found["loss"] == pytest.approx(loss(Z, y), rel=1e-12)
    expected = gradient(Z, y).ravel().tolist()
    assert found["gradient"] == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_cross_entropy_names_the_shapes_that_do_not_fit(modules):
    data = {"Z": [1.0, 2.0], "y": [1.0], "columns": 1}
    with pytest.raises(Error, match="Z is 2 × 1, y is 1 × 1"):
        modules.evaluate(LOSS, data)
