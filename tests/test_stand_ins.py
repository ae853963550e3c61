"""What stands in for scikit-learn and Matplotlib in the browser does what they do."""

import lxml.etree
import numpy as np
import pytest
from sklearn import (
    datasets,
    linear_model,
    model_selection,
    neural_network,
    pipeline,
    preprocessing,
    utils,
)

from docs.plugins.live.browser.matplotlib import pyplot as drawing
from docs.plugins.live.browser.sklearn import datasets as our_datasets
from docs.plugins.live.browser.sklearn import linear_model as our_linear_model
from docs.plugins.live.browser.sklearn import model_selection as our_model_selection
from docs.plugins.live.browser.sklearn import neural_network as our_neural_network
from docs.plugins.live.browser.sklearn import pipeline as our_pipeline
from docs.plugins.live.browser.sklearn import preprocessing as our_preprocessing
from docs.plugins.live.browser.sklearn import utils as our_utils

rng = np.random.default_rng(0)
X = rng.normal(size=(301, 4)) * [1, 5, 0.1, 100] + [0, 3, -1, 50]
y = X @ [[1.0], [2], [3], [0.1]] + rng.normal(size=(301, 1)) + 5
labels = rng.choice(["a", "b", "c"], size=301, p=[0.6, 0.3, 0.1])


def test_digits_are_the_same():
    ours, theirs = our_datasets.load_digits(), datasets.load_digits()
    for name in ("data", "target", "images"):
        assert np.array_equal(ours.__dict__[name], theirs[name])
        assert ours.__dict__[name].dtype == theirs[name].dtype
    pairs = zip(
        our_datasets.load_digits(return_X_y=True),
        datasets.load_digits(return_X_y=True),
        strict=True,
    )
    assert all(np.array_equal(one, other) for one, other in pairs)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("stratify", [None, labels, np.arange(301) % 7])
@pytest.mark.parametrize("test_size", [0.2, 0.25, 0.5])
def test_splits_take_the_same_rows(seed, stratify, test_size):
    options = {"test_size": test_size, "random_state": seed, "stratify": stratify}
    ours = our_model_selection.train_test_split(X, y, **options)
    theirs = model_selection.train_test_split(X, y, **options)
    for one, other in zip(ours, theirs, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["ShuffleSplit", "GroupShuffleSplit"])
def test_repeated_splits_take_the_same_rows(seed, name):
    groups = np.random.default_rng(seed).integers(20, size=len(X))
    groups = groups if name.startswith("Group") else None
    ours, theirs = (
        getattr(module, name)(3, test_size=0.2, random_state=seed).split(X, y, groups)
        for module in (our_model_selection, model_selection)
    )
    for one, other in zip(ours, theirs, strict=True):
        assert all(map(np.array_equal, one, other))


def test_shuffles_the_same():
    ours, theirs = (each.shuffle(X, y, random_state=3) for each in (our_utils, utils))
    assert all(map(np.array_equal, ours, theirs))


def test_scales_and_products_are_the_same():
    columns = np.column_stack([X, np.full(len(X), 3.3)])  # the last one is constant
    for name, options in (
        ("StandardScaler", {}),
        ("PolynomialFeatures", {"degree": 3}),
    ):
        ours = getattr(our_preprocessing, name)(**options).fit_transform(columns)
        theirs = getattr(preprocessing, name)(**options).fit_transform(columns)
        assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-12), name


@pytest.mark.parametrize("target", [y, y.ravel()])
def test_least_squares_are_the_same(target):
    ours = our_linear_model.LinearRegression().fit(X, target)
    theirs = linear_model.LinearRegression().fit(X, target)
    for name in ("coef_", "intercept_"):
        one, other = getattr(ours, name), getattr(theirs, name)
        assert np.shape(one) == np.shape(other)
        assert np.allclose(one, other, rtol=1e-9)
    assert np.allclose(ours.predict(X), theirs.predict(X), rtol=1e-9)


def test_logistic_regression_finds_the_same_lowest_point():
    pixels, digits = datasets.load_digits(return_X_y=True)
    inputs = pixels / 16
    options = {"solver": "newton-cg", "max_iter": 1000}
    ours = our_linear_model.LogisticRegression(**options).fit(inputs, digits)
    theirs = linear_model.LogisticRegression(**options).fit(inputs, digits)
    assert np.allclose(ours.coef_, theirs.coef_, atol=0.01)
    assert ours.score(inputs, digits) == theirs.score(inputs, digits)
    assert np.array_equal(ours.predict(inputs), theirs.predict(inputs))


@pytest.mark.parametrize("name", ["MLPRegressor", "MLPClassifier"])
def test_networks_learn_the_same(name):
    options = {
        "hidden_layer_sizes": (16, 8),
        "learning_rate_init": 0.01,
        "alpha": 0.01,
        "tol": 1e-2,
        "max_iter": 1000,
        "random_state": 3,
    }
    target = y.ravel() if name == "MLPRegressor" else labels
    models = []
    for modules in (
        (our_pipeline, our_preprocessing, our_neural_network),
        (pipeline, preprocessing, neural_network),
    ):
        scaler = modules[1].StandardScaler()
        network = getattr(modules[2], name)(**options)
        modules[0].make_pipeline(scaler, network).fit(X, target)
        models.append(network)
    ours, theirs = models
    assert len(ours.loss_curve_) == len(theirs.loss_curve_)
    assert np.allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-9)
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
