"""The labs' data are the course's, and NumPy's numbers are their yardstick."""

import json
import math

import numpy as np
import pytest

from docs.plugins.diagrams import surge_network
from docs.plugins.pages import ROOT
from snippets.chapters import gradient_descent
from snippets.chapters.backpropagation import mse
from snippets.chapters.gradient_descent import initialise_layers, scaled, unscaled
from snippets.delivery import COLUMNS, make_deliveries
from tests.labs import LABS, hidden_activation

LAYER_SIZES, TRAINING_ROWS, BATCH_SIZE = [4, 16, 8, 1], 400, 64
RUNS = {
    "relu": {"activation": "relu"},
    "leaky ReLU": {"activation": "leaky_relu"},
    "sigmoid": {"activation": "sigmoid", "learning_rate": 0.5},
    "tanh": {"activation": "tanh"},
    "linear": {"activation": "linear", "learning_rate": 0.02},
    "clipping": {"activation": "relu", "learning_rate": 0.2, "clip": 0.1},
    "weight decay": {"activation": "tanh", "weight_decay": 0.01},
    "raw input": {"activation": "relu", "input": "raw", "learning_rate": 1e-6},
}
CURVE_POINTS, SHOWN_POINTS = 33, slice(None, None, 8)


def recorded_rows() -> list[list[float]]:
    """Return the course's first 500 deliveries, the minutes in the last column."""
    X, y = make_deliveries()
    return np.round(np.hstack([X, y])[:500], 3).tolist()


def deliveries() -> str:
    """Return the training lab's data file, a line a delivery."""
    rows = ",\n".join(json.dumps(row) for row in recorded_rows())
    columns = json.dumps([*COLUMNS, "minutes"])
    return f'{{"columns": {columns},\n"rows": [\n{rows}\n]}}\n'


def train(
    W: list[np.ndarray],
    b: list[np.ndarray],
    *,
    activation: str,
    learning_rate: float = 0.05,
    clip: float = 0.0,
    weight_decay: float = 0.0,
    **data: str,
) -> dict[str, list]:
    """Take 200 steps with the course's forward and backward.

    Return their losses, and what the lab shows after them: the test rows' predictions
    and the curves, in minutes, and the next batch at each unit.
    """
    X, y, X_test, X_swept, minutes = table(**data)
    losses = []
    with hidden_activation(activation):
        for step in range(200):
            rows = (np.arange(BATCH_SIZE) + BATCH_SIZE * step) % len(X)
            A = gradient_descent.forward(X[rows], W, b)
            losses.append(mse(A[-1], y[rows]))
            dW, db = gradient_descent.backward(y[rows], W, A)
            norm = np.sqrt(sum(np.sum(gradient**2) for gradient in dW + db))
            scale = clip / norm if 0 < clip < norm else 1.0
            for parameter, gradient in zip(W, dW, strict=True):
                gradient[:] = scale * gradient + weight_decay * parameter
                parameter -= learning_rate * gradient
            for parameter, gradient in zip(b, db, strict=True):
                parameter -= learning_rate * scale * gradient
        rows = (np.arange(BATCH_SIZE) + BATCH_SIZE * 200) % len(X)
        A = gradient_descent.forward(X[rows], W, b)
        dZ = [gradient_descent.mse_gradient(A[-1], y[rows])]
        for W_next, A_layer in zip(W[:0:-1], A[-2:0:-1], strict=True):
            slope = gradient_descent.relu_derivative(A_layer)
            dZ.insert(0, (dZ[0] @ W_next.T) * slope)
        predicted, curves = (
            unscaled(gradient_descent.forward(inputs, W, b)[-1], minutes)
            for inputs in (X_test, X_swept)
        )
    return {
        "losses": losses,
        "predicted": predicted[SHOWN_POINTS, 0].tolist(),
        "curves": curves[SHOWN_POINTS, 0].tolist(),
        "positive": [np.maximum(a, 0).mean(axis=0).tolist() for a in A],
        "negative": [np.maximum(-a, 0).mean(axis=0).tolist() for a in A],
        "back": [np.linalg.norm(d, axis=0).tolist() for d in dZ],
    }


def table(input: str = "standardised") -> tuple[np.ndarray, ...]:  # noqa: A002, the lab's name
    """Return the lab's data, the inputs in the form asked for.

    That is X (400, 4) to train on, y (400, 1), X_test (100, 4), the rows of the curves
    (132, 4), in which each input in turn goes through its range, and y in minutes.
    """
    rows = np.array(recorded_rows())
    X_all, (minutes, _) = rows[:, :4], np.split(rows[:, 4:], [TRAINING_ROWS])
    X, X_test = np.split(X_all, [TRAINING_ROWS])
    swept = np.tile(X.mean(axis=0), (4, CURVE_POINTS, 1))
    for column in range(4):
        ends = X[:, column].min(), X[:, column].max()
        swept[column, :, column] = np.linspace(*ends, CURVE_POINTS)
    inputs = (X, X_test, swept.reshape(-1, 4))
    X, X_test, X_swept = (
        inputs if input == "raw" else (scaled(a, inputs[0]) for a in inputs)
    )
    return X, scaled(minutes, minutes), X_test, X_swept, minutes


def training_steps() -> str:
    """Return for each of RUNS its settings, its first weights and where they lead."""
    steps = {}
    for seed, (name, settings) in enumerate(RUNS.items()):
        W, b = initialise_layers(LAYER_SIZES, np.random.default_rng(seed))
        first = [array.ravel().tolist() for array in W]
        steps[name] = {"settings": settings, "W": first, **train(W, b, **settings)}
    assert steps["clipping"]["losses"] != steps["relu"]["losses"]
    lines = (f"{json.dumps(name)}: {json.dumps(steps[name])}" for name in steps)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def landing_page() -> str:
    """Return the first weights of the landing page's network."""
    return json.dumps({"W": [W.tolist() for W in surge_network().W]}) + "\n"


def normals() -> str:
    """Return for ten seeds the lab of shapes' numbers, a line a seed.

    Its largest network has 2·8 + 8·8 + 8·8 + 8 weights.
    """
    seeds = [np.random.default_rng(seed).normal(size=152) for seed in range(10)]
    rows = ",\n".join(json.dumps(row.tolist()) for row in seeds)
    return f"[\n{rows}\n]\n"


RECORDS = {
    LABS / "deliveries.json": deliveries,
    LABS / "surge.json": landing_page,
    LABS / "normals.json": normals,
    ROOT / "tests" / "numpy_training.json": training_steps,
}


def same_runs(recorded: object, actual: object) -> bool:
    """Tell whether two records agree, their numbers within 1e-9 of each other."""
    if isinstance(actual, float):
        return math.isclose(recorded, actual, rel_tol=1e-9)
    if isinstance(actual, dict):
        pairs = [(recorded.get(name), actual[name]) for name in actual]
        return recorded.keys() == actual.keys() and all(same_runs(*p) for p in pairs)
    if isinstance(actual, list):
        pairs = zip(recorded, actual, strict=False)
        return len(recorded) == len(actual) and all(same_runs(*p) for p in pairs)
    return recorded == actual


@pytest.mark.parametrize("file", RECORDS, ids=lambda file: file.stem)
def test_the_labs_data_are_numpys(file, check_record):
    text = RECORDS[file]()
    recorded = file.read_text(encoding="utf-8") if file.exists() else "{}"
    is_same = same_runs(json.loads(recorded), json.loads(text))
    check_record(file, recorded if is_same else text)


def test_at_the_drawn_learning_rate_a_layer_dies():
    X, y, *_ = table()
    network = gradient_descent.NeuralNetwork(LAYER_SIZES, 0.7, seed=0)
    network.fit(X, y, epochs=20, verbose=False)
    network.forward(X)
    assert network.A[2].max() == 0
