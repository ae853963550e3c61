"""What stands in for scikit-learn and Matplotlib in the browser does what they do."""

from collections.abc import Iterable
from importlib import import_module

import lxml.etree
import numpy as np
import pytest
from sklearn.datasets import load_digits

from docs.plugins.live.browser.matplotlib import pyplot as drawing

rng = np.random.default_rng(0)
X = rng.normal(size=(301, 4)) * [1, 5, 0.1, 100] + [0, 3, -1, 50]
y = X @ [[1.0], [2], [3], [0.1]] + rng.normal(size=(301, 1)) + 5
labels = rng.choice(["a", "b", "c"], size=301, p=[0.6, 0.3, 0.1])


def both(module: str, name: str) -> list:
    """Return a function or a class of our scikit-learn, and that of theirs."""
    packages = "docs.plugins.live.browser.sklearn", "sklearn"
    return [getattr(import_module(f"{each}.{module}"), name) for each in packages]


def equal(ours: Iterable, theirs: Iterable) -> bool:
    """Tell whether some arrays and as many others are the same."""
    return all(np.array_equal(*pair) for pair in zip(ours, theirs, strict=True))


def near(ours: object, theirs: object, name: str, **tolerance: float) -> bool:
    """Tell whether an attribute of two models has one shape, and nearly one value."""
    one, other = getattr(ours, name), getattr(theirs, name)
    return np.shape(one) == np.shape(other) and np.allclose(one, other, **tolerance)


def test_digits_are_the_same():
    functions = both("datasets", "load_digits")
    ours, theirs = (load() for load in functions)
    for name in ("data", "target", "images"):
        assert np.array_equal(ours.__dict__[name], theirs[name])
        assert ours.__dict__[name].dtype == theirs[name].dtype
    assert equal(*(load(return_X_y=True) for load in functions))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("stratify", [None, labels, np.arange(301) % 7])
@pytest.mark.parametrize("test_size", [0.2, 0.25, 0.5])
def test_splits_take_the_same_rows(seed, stratify, test_size):
    options = {"test_size": test_size, "random_state": seed, "stratify": stratify}
    functions = both("model_selection", "train_test_split")
    assert equal(*(split(X, y, **options) for split in functions))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["ShuffleSplit", "GroupShuffleSplit"])
def test_repeated_splits_take_the_same_rows(seed, name):
    groups = np.random.default_rng(seed).integers(20, size=len(X))
    groups = groups if name.startswith("Group") else None
    ours, theirs = (
        splitter(3, test_size=0.2, random_state=seed).split(X, y, groups)
        for splitter in both("model_selection", name)
    )
    assert all(equal(*pair) for pair in zip(ours, theirs, strict=True))


def test_shuffles_the_same():
    functions = both("utils", "shuffle")
    assert equal(*(shuffle(X, y, random_state=3) for shuffle in functions))


@pytest.mark.parametrize(
    ("name", "options"), [("StandardScaler", {}), ("PolynomialFeatures", {"degree": 3})]
)
def test_scales_and_products_are_the_same(name, options):
    columns = np.column_stack([X, np.full(len(X), 3.3)])  # the last one is constant
    ours, theirs = (
        transformer(**options).fit_transform(columns)
        for transformer in both("preprocessing", name)
    )
    assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("target", [y, y.ravel()])
def test_least_squares_are_the_same(target):
    models = both("linear_model", "LinearRegression")
    ours, theirs = (model().fit(X, target) for model in models)
    assert near(ours, theirs, "coef_", rtol=1e-9)
    assert near(ours, theirs, "intercept_", rtol=1e-9)
    assert np.allclose(ours.predict(X), theirs.predict(X), rtol=1e-9)


def test_logistic_regression_finds_the_same_lowest_point():
    pixels, digits = load_digits(return_X_y=True)
    inputs = pixels / 16
    ours, theirs = (
        model(solver="newton-cg", max_iter=1000).fit(inputs, digits)
        for model in both("linear_model", "LogisticRegression")
    )
    assert near(ours, theirs, "coef_", atol=0.01)
    assert ours.score(inputs, digits) == theirs.score(inputs, digits)
    assert np.array_equal(ours.predict(inputs), theirs.predict(inputs))


@pytest.mark.parametrize(
    ("name", "target"), [("MLPRegressor", y.ravel()), ("MLPClassifier", labels)]
)
def test_networks_learn_the_same(name, target):
    options = {
        "hidden_layer_sizes": (16, 8),
        "learning_rate_init": 0.01,
        "alpha": 0.01,
        "tol": 1e-2,
        "max_iter": 1000,
        "random_state": 3,
    }
    networks = [network(**options) for network in both("neural_network", name)]
    for make_pipeline, scaler, network in zip(
        both("pipeline", "make_pipeline"),
        both("preprocessing", "StandardScaler"),
        networks,
        strict=True,
    ):
        make_pipeline(scaler(), network).fit(X, target)
    ours, theirs = networks
    assert near(ours, theirs, "loss_curve_", rtol=1e-9)
    for one, other in zip(ours.coefs_, theirs.coefs_, strict=True):
        assert np.allclose(one, other, rtol=1e-6, atol=1e-9)
    if name == "MLPClassifier":
        assert np.allclose(ours.predict_proba(X), theirs.predict_proba(X))
        assert ours.score(X, labels) == theirs.score(X, labels)


@pytest.mark.parametrize("shared", [{}, {"sharex": True}, {"sharey": True}])
def test_plots_of_a_figure_are_of_one_size(shared):
    figure, axes = drawing.subplots(2, 2, **shared)
    for number, plot in enumerate(axes.flat):
        plot.plot([1, 10**number])
    axes[0, 0].set(title="the first alone", xlabel="has", ylabel="all this")
    frames = lxml.etree.fromstring(figure.svg()).iterfind("{*}clipPath/{*}rect")
    assert len({(frame.get("width"), frame.get("height")) for frame in frames}) == 1
