"""Exercises on PyTorch, and what their checks know."""

import numpy as np
import torch
from torch import nn

from snippets.workbooks.checking import Exercise, Workbook, normal_numbers

IMPORTS = "import torch\nfrom torch import nn\n"
# The first optimiser imports for seconds: not within the limit of an answer.
torch.optim.SGD([torch.zeros(1)], lr=1.0)


def _filled(module: nn.Module) -> nn.Module:
    """Return a module whose weights are the same in every run."""
    with torch.no_grad():
        for p in module.parameters():
            p[:] = torch.cos(torch.arange(1.0, p.numel() + 1)).reshape(p.shape)
    return module


def _made_tensor(answer: object, X: np.ndarray) -> dict:
    """Return what is to be true of a tensor that was made of an array."""
    tensor = answer(X)
    found = {"kind": type(tensor).__name__}
    if isinstance(tensor, torch.Tensor):
        found |= {"type": str(tensor.dtype), "numbers": np.array(tensor.tolist())}
        X += 100.0
        now = np.array(tensor.tolist())
        is_same = np.array_equal(now, found["numbers"], equal_nan=True)
        found["stays when X changes"] = is_same
    return found


def _loaded(answer: object, W: np.ndarray, b: np.ndarray, dtype: str) -> dict:
    """Return what a layer of some type is like that got weights from arrays."""
    layer = _filled(nn.Linear(*W.shape, dtype=getattr(torch, dtype)))
    parameters = [*layer.parameters()]
    answer(layer, W, b)
    found = {
        "weight": layer.weight.detach().numpy().copy(),
        "bias": layer.bias.detach().numpy().copy(),
        "type of the weight": str(layer.weight.dtype),
        "type of the bias": str(layer.bias.dtype),
        "the layer's own parameters": all(
            old is new for old, new in zip(parameters, layer.parameters(), strict=True)
        ),
    }
    W += 1
    now = layer.weight.detach().numpy()
    return found | {"stays when W changes": np.array_equal(now, found["weight"])}


def _trained(answer: object, X: np.ndarray, y: np.ndarray, n_steps: int) -> dict | None:
    """Return the losses of some steps, and the weights after them."""
    layers = nn.Linear(X.shape[1], 2), nn.ReLU(), nn.Linear(2, 1)
    model = _filled(nn.Sequential(*layers).double())
    optimizer, steps = torch.optim.SGD(model.parameters(), lr=0.05), []
    optimizer.register_step_post_hook(lambda *_: steps.append(1))
    rows = torch.from_numpy(X), torch.from_numpy(y)
    losses = [answer(model, optimizer, *rows) for _ in range(n_steps)]
    if losses[0] is None:
        return None
    return {
        "losses": [float(loss) for loss in losses],
        "kind of a loss": type(losses[0]).__name__,
        "steps of the optimiser": len(steps),
        "weights": [p.detach().numpy().copy() for p in model.parameters()],
    }


class _Watched(nn.Module):
    """A network that notes how it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 1)
        self.called = []

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        self.called.append([self.training, torch.is_grad_enabled()])
        return self.layer(X) * (2 if self.training else 1)


def _predicted(answer: object, X: np.ndarray) -> dict:
    """Return a network's predictions, and in which mode it made them."""
    model = _filled(_Watched().double())
    result = answer(model, torch.from_numpy(X))
    return {
        "kind": type(result).__name__,
        "predictions": result,
        "in training mode": any(training for training, _ in model.called),
        "recorded": any(recorded for _, recorded in model.called),
    }


def _network(answer: object, X: np.ndarray) -> dict:
    """Return what a network of a class computes, and what it knows of itself."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = _filled(answer())
    return {
        "shapes of the parameters": sorted(str([*p.shape]) for p in model.parameters()),
        "output": model(torch.from_numpy(X).float()),
    }


TENSOR = Exercise(
    title="From an array to a tensor",
    task=r"""
Return the numbers of the NumPy array `X` as a tensor of type `torch.float32`, the usual type of
PyTorch. The tensor must not change when somebody writes into `X` afterwards, whatever the type
of `X` is.
""",
    hints=(
        "`torch.from_numpy` shares the memory and keeps the type. What does `torch.tensor` do?",
        "`torch.tensor` copies. Its argument `dtype` chooses the type.",
    ),
    given=IMPORTS,
    solution='''
def as_tensor(X):
    """Return the numbers of an array as a float32 tensor of its own."""
    return torch.tensor(X, dtype=torch.float32)
''',
    others=(
        ("torch.tensor(X, dtype=torch.float32)", "torch.tensor(X).float()"),
        ("torch.tensor(X, dtype=torch.float32)", "torch.from_numpy(X.copy()).float()"),
        (
            "torch.tensor(X, dtype=torch.float32)",
            "torch.from_numpy(X.astype(np.float32))",
        ),
        ("torch.tensor(X, dtype=torch.float32)", "torch.tensor(X.tolist())"),
    ),
    wrong={
        "The type is that of the array, and so is the memory: whoever writes into X changes "
        "the tensor.": (
            ("torch.tensor(X, dtype=torch.float32)", "torch.from_numpy(X)"),
        ),
        "The tensor is a copy, but its type is that of the array. A float32 network refuses "
        "float64 rows.": (
            ("torch.tensor(X, dtype=torch.float32)", "torch.tensor(X)"),
            ("torch.tensor(X, dtype=torch.float32)", "torch.from_numpy(X.copy())"),
        ),
        "Where the array is float32 already, there is nothing to convert, so nothing is "
        "copied, and the memory is still shared.": (
            (
                "torch.tensor(X, dtype=torch.float32)",
                "torch.from_numpy(X).to(torch.float32)",
            ),
            (
                "torch.tensor(X, dtype=torch.float32)",
                "torch.as_tensor(X, dtype=torch.float32)",
            ),
            (
                "torch.tensor(X, dtype=torch.float32)",
                "torch.from_numpy(X.astype(np.float32, copy=False))",
            ),
            ("torch.tensor(X, dtype=torch.float32)", "torch.Tensor(X)"),
            ("torch.tensor(X, dtype=torch.float32)", "torch.from_numpy(X).float()"),
        ),
        "The decimals are lost: the type is a whole number.": (
            ("torch.float32", "torch.int64"),
        ),
        "This is an array still. Make a tensor of it.": (
            ("torch.tensor(X, dtype=torch.float32)", "X.astype(np.float32)"),
        ),
        "The type is float64. Here float32 is asked for.": (
            ("torch.float32", "torch.float64"),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, *shape).astype(kind),)
        for shape, kind in [((1, 2), "float64"), ((2, 2), "float32"), ((3,), "float64")]
    ],
    use=_made_tensor,
)

PREDICTION = Exercise(
    title="Predict what is in .grad",
    task=r"""
Before you run anything:

```python
w = torch.tensor(3.0, requires_grad=True)
for _ in range(2):
    loss = (2 * w - 1) ** 2
    loss.backward()
```

What does `w.grad` hold in the end?
""",
    hints=(
        "How often is w changed in this program?",
        "The slope of (2w − 1)² is 2 (2w − 1) times the slope of what is inside.",
        "What does the second `backward()` do with what the first one left?",
    ),
    given=IMPORTS,
    solution="slope = 2 * (2 * 2 * (2 * 3 - 1))",
    others=(
        "slope = 40",
        "slope = 20 + 20",
        """
w = torch.tensor(3.0, requires_grad=True)
for _ in range(2):
    loss = (2 * w - 1) ** 2
    loss.backward()
slope = w.grad
""",
    ),
    wrong={
        "This is the slope after one call. The second call adds to it.": (
            "slope = 20",
        ),
        "This is the slope with respect to what is inside, 2w − 1, of one call.": (
            "slope = 10",
        ),
        "This is the loss. `.grad` holds its slope.": ("slope = 25",),
        "The slopes of the two calls are not multiplied, they are added.": (
            "slope = 400",
        ),
        "There are two calls here, not three.": ("slope = 60",),
        "Nobody sets the gradient to zero here: it adds up.": ("slope = 0",),
    },
    tolerance=0.001,
)

LOAD = Exercise(
    title="Your weights in nn.Linear",
    task=r"""
Copy your weights `W`, of shape (n_in, n_out), and biases `b`, of shape (1, n_out), both NumPy
arrays of float64, into `layer`, an `nn.Linear(n_in, n_out)` of whatever type. The layer keeps
its parameters, and they keep their type: only their numbers change. Nothing is returned.
""",
    hints=(
        "Print `layer.weight.shape` and `layer.bias.shape`.",
        "`nn.Linear` stores its weight as (n_out, n_in), and its bias flat.",
        "Write into the parameters under `torch.no_grad()`, as in `layer.bias[:] = …`.",
    ),
    given=IMPORTS,
    stub='''
def load(layer, W, b):
    """Write W (n_in, n_out) and b (1, n_out) into a linear layer."""
    raise NotImplementedError("write this function")
''',
    solution='''
def load(layer, W, b):
    """Write W (n_in, n_out) and b (1, n_out) into a linear layer."""
    with torch.no_grad():
        layer.weight[:] = torch.from_numpy(W.T)
        layer.bias[:] = torch.from_numpy(b[0])
''',
    others=(
        (
            "layer.weight[:] = torch.from_numpy(W.T)",
            "layer.weight.copy_(torch.tensor(W).T)",
        ),
        """
def load(layer, W, b):
    layer.load_state_dict({"weight": torch.tensor(W.T), "bias": torch.tensor(b[0])})
""",
        """
def load(layer, W, b):
    layer.weight.data[:] = torch.tensor(W).T
    layer.bias.data[:] = torch.tensor(b.ravel())
""",
        (
            "layer.bias[:] = torch.from_numpy(b[0])",
            "layer.bias[:] = torch.from_numpy(b)",
        ),
    ),
    wrong={
        "W is not transposed, and does not fit: the layer stores (n_out, n_in).": (
            (
                "layer.weight[:] = torch.from_numpy(W.T)",
                "layer.weight.copy_(torch.from_numpy(W))",
            ),
            ("W.T", "W"),
        ),
        "The shape is right, but the numbers are in the wrong places: `reshape` does not "
        "transpose.": (("W.T", "W.reshape(W.shape[::-1])"),),
        "The bias is still the layer's own.": (
            ("        layer.bias[:] = torch.from_numpy(b[0])\n", ""),
        ),
        "The weight is still the layer's own.": (
            ("        layer.weight[:] = torch.from_numpy(W.T)\n", ""),
        ),
        "The parameters are recorded, and PyTorch refuses to write into them: do it under "
        "`torch.no_grad()`.": (
            """
def load(layer, W, b):
    layer.weight.copy_(torch.from_numpy(W.T))
    layer.bias.copy_(torch.from_numpy(b[0]))
""",
            ("with torch.no_grad():", "if True:"),
        ),
        "The layer has new parameters. An optimiser that was made before still holds the "
        "old ones: write into those that are there.": (
            """
def load(layer, W, b):
    layer.weight = nn.Parameter(torch.tensor(W.T).float())
    layer.bias = nn.Parameter(torch.tensor(b[0]).float())
""",
            """
def load(layer, W, b):
    layer.weight = nn.Parameter(torch.tensor(W.T))
    layer.bias = nn.Parameter(torch.tensor(b[0]))
""",
        ),
        "The layer's weight shares the memory of W: whoever changes W changes the layer.": (
            """
def load(layer, W, b):
    layer.weight.data = torch.from_numpy(W.T)
    layer.bias.data = torch.from_numpy(b[0])
""",
            (
                "layer.weight[:] = torch.from_numpy(W.T)",
                "layer.weight.data = torch.from_numpy(W.T)",
            ),
        ),
        "The layer has another type now than it had. Write into its parameters, and they keep "
        "their type.": (
            (
                "layer.weight[:] = torch.from_numpy(W.T)",
                "layer.weight.data = torch.from_numpy(W.T).float()",
            ),
            """
def load(layer, W, b):
    layer.weight.data = torch.from_numpy(W.T).float()
    layer.bias.data = torch.from_numpy(b[0]).float()
""",
            (
                "layer.weight[:] = torch.from_numpy(W.T)",
                "layer.weight.data = torch.tensor(W.T)",
            ),
            """
def load(layer, W, b):
    layer.weight.data = torch.tensor(W.T)
    layer.bias.data = torch.tensor(b[0])
""",
            (
                "layer.weight[:] = torch.from_numpy(W.T)",
                "layer.weight.data = torch.tensor(W.T, dtype=torch.float32)",
            ),
            (
                "layer.bias[:] = torch.from_numpy(b[0])",
                "layer.bias.data = torch.from_numpy(b[0]).float()",
            ),
        ),
        "The layer stores its bias flat, as (n_out,), and b has shape (1, n_out): give it "
        "`b[0]`.": (
            (
                "layer.bias[:] = torch.from_numpy(b[0])",
                "layer.bias.copy_(torch.from_numpy(b))",
            ),
            (
                "layer.bias[:] = torch.from_numpy(b[0])",
                "layer.bias.data = torch.from_numpy(b).to(layer.bias.dtype)",
            ),
            (
                "layer.bias[:] = torch.from_numpy(b[0])",
                "layer.bias.data = torch.from_numpy(b).float()",
            ),
            (
                "layer.bias[:] = torch.from_numpy(b[0])",
                "layer.bias.data = torch.tensor(b)",
            ),
        ),
        "An array does not go into a tensor by itself: make a tensor of it first.": (
            """
def load(layer, W, b):
    with torch.no_grad():
        layer.weight[:] = W.T
        layer.bias[:] = b[0]
""",
            """
def load(layer, W, b):
    with torch.no_grad():
        layer.weight.copy_(W.T)
        layer.bias.copy_(b[0])
""",
            """
def load(layer, W, b):
    layer.weight.data = W.T
    layer.bias.data = b[0]
""",
        ),
        "Nothing but a parameter can take the place of a parameter: write into the one that is "
        "there.": (
            """
def load(layer, W, b):
    layer.weight = W.T
    layer.bias = b
""",
            """
def load(layer, W, b):
    layer.weight = torch.from_numpy(W.T)
    layer.bias = torch.from_numpy(b[0])
""",
            """
def load(layer, W, b):
    with torch.no_grad():
        layer.weight = torch.tensor(W.T)
        layer.bias = torch.tensor(b[0])
""",
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, n_in, n_out) + 2, normal_numbers(rng, 1, n_out) + 2, dtype)
        for n_in, n_out, dtype in [
            (2, 2, "float64"),
            (2, 3, "float32"),
            (4, 1, "float64"),
            (2, 2, "float32"),
        ]
    ],
    use=_loaded,
)

STEP = Exercise(
    title="A training step",
    task=r"""
Take one training step: the mean squared error of `model(X)` to `y`, its gradients, and the
step of the `optimizer`. Return the loss before the step as a number of Python, not as a
tensor. The function will be called many times in a row.
""",
    hints=(
        "Four parts: the loss, gradients to zero, the way back, the step.",
        "`nn.functional.mse_loss(model(X), y)` is the loss, and `.item()` takes the number out.",
        "`zero_grad()` may stand anywhere but between `backward()` and `step()`.",
    ),
    given=IMPORTS,
    solution='''
def train_step(model, optimizer, X, y):
    """Take a step on X (batch, n_in), y (batch, 1); return the loss before it."""
    loss = nn.functional.mse_loss(model(X), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
''',
    others=(
        ("nn.functional.mse_loss(model(X), y)", "((model(X) - y) ** 2).mean()"),
        ("optimizer.zero_grad()", "model.zero_grad()"),
        (
            "    loss.backward()\n    optimizer.step()\n",
            "    loss.backward()\n    optimizer.step()\n    model.zero_grad()\n",
        ),
        ("loss.item()", "float(loss)"),
        ("model(X), y)", "model(X)[:, 0], y[:, 0])"),
        (
            "    loss.backward()\n    optimizer.step()\n",
            "    with torch.no_grad():\n        loss.backward()\n        optimizer.step()\n",
        ),
    ),
    wrong={
        "Predictions and targets have different shapes, (batch, 1) and (batch,), so each "
        "prediction is compared with every target. Leave both as they are.": (
            ("model(X), y)", "model(X), y[:, 0])"),
            ("model(X), y)", "model(X), y.squeeze())"),
            ("model(X), y)", "model(X)[:, 0], y)"),
            (
                "nn.functional.mse_loss(model(X), y)",
                "((model(X) - y[:, 0]) ** 2).mean()",
            ),
        ),
        "Nothing is recorded on the way forward, and so there is no way back: no part of the "
        "loss may be computed under `torch.no_grad()` or pass through `detach()`.": (
            (
                "    loss = nn",
                "    with torch.no_grad():\n        loss = nn",
            ),
            ("def train_step", "@torch.no_grad()\ndef train_step"),
            ("mse_loss(model(X), y)", "mse_loss(model(X), y).detach()"),
            ("mse_loss(model(X), y)", "mse_loss(model(X).detach(), y)"),
        ),
        "The gradients of all steps so far add up: `zero_grad()` is missing.": (
            ("zero_grad()", "zero_grad"),
            ("    optimizer.zero_grad()\n", ""),
        ),
        "There are no gradients when the step comes: `backward()` is missing, or "
        "`zero_grad()` stands between it and the step.": (
            ("loss.backward()", "loss.backward"),
            (
                "    optimizer.zero_grad()\n    loss.backward()\n",
                "    loss.backward()\n    optimizer.zero_grad()\n",
            ),
            ("    loss.backward()\n", ""),
        ),
        "The step comes before the way back. The first one moves nothing, and each later "
        "one would use the gradients of the batch before.": (
            (
                "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()\n",
                "    optimizer.step()\n    optimizer.zero_grad()\n    loss.backward()\n",
            ),
        ),
        "Nothing is learned: `optimizer.step()` is missing.": (
            ("optimizer.step()", "optimizer.step"),
            ("    optimizer.step()\n", ""),
        ),
        "Return a number: `loss.item()`, which keeps no record.": (
            ("loss.item()", "loss.detach().numpy()"),
            ("loss.item()", "loss"),
            ("loss.item()", "loss.detach()"),
            ("loss.item()", "loss.data"),
        ),
        "The squared errors are added up. The mean squared error is their mean.": (
            ("mse_loss(model(X), y)", 'mse_loss(model(X), y, reduction="sum")'),
        ),
        "The loss is the mean absolute error. Asked for is the squared one.": (
            ("mse_loss", "l1_loss"),
        ),
        "You return the loss after the step. Return the one that the step was made of.": (
            (
                "loss.item()",
                "nn.functional.mse_loss(model(X), y).item()",
            ),
        ),
        "`loss.item` without brackets is the function itself. Call it.": (
            ("loss.item()", "loss.item"),
        ),
        "There is a loss for each row, and the way back starts from one number: take their "
        "mean.": (("nn.functional.mse_loss(model(X), y)", "(model(X) - y) ** 2"),),
        "`nn.MSELoss` is a class: `nn.MSELoss()` makes a loss, which then takes predictions "
        "and targets.": (
            ("nn.functional.mse_loss(model(X), y)", "nn.MSELoss(model(X), y)"),
        ),
        "The number is taken out too early: after `.item()` nothing is left of the record. "
        "Take it out in the end.": (
            (
                "nn.functional.mse_loss(model(X), y)",
                "nn.functional.mse_loss(model(X), y).item()",
            ),
        ),
    },
    cases=lambda rng: [
        (normal_numbers(rng, n, n_in), normal_numbers(rng, n, 1) + 2, n_steps)
        for n, n_in, n_steps in [(2, 1, 2), (4, 2, 3)]
    ],
    use=_trained,
)

MODULE = Exercise(
    title="Mend a network that never trains",
    task=r"""
This class computes the right thing, but its layers stand in a plain list: `parameters()` finds
none of them, and an optimiser would have nothing to change. Mend it. The network stays
2 → 3 → 1, with ReLU in the hidden layer.
""",
    hints=(
        "What does `nn.Module` take note of, when you assign to `self`?",
        "A layer that is assigned to an attribute of its own is noted.",
        "`nn.Sequential(*layers)` is noted, too, and can be called.",
    ),
    given=IMPORTS,
    stub='''
class Network(nn.Module):
    """A network 2 → 3 → 1, with ReLU in the hidden layer."""

    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 3), nn.Linear(3, 1)]

    def forward(self, X):
        A = torch.relu(self.layers[0](X))
        return self.layers[1](A)
''',
    solution='''
class Network(nn.Module):
    """A network 2 → 3 → 1, with ReLU in the hidden layer."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 3)
        self.output = nn.Linear(3, 1)

    def forward(self, X):
        A = torch.relu(self.hidden(X))
        return self.output(A)
''',
    others=(
        """
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))

    def forward(self, X):
        return self.layers(X)
""",
        """
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 3), nn.Linear(3, 1)])

    def forward(self, X):
        return self.layers[1](torch.relu(self.layers[0](X)))
""",
        ("torch.relu(self.hidden(X))", "self.hidden(X).clamp(min=0)"),
    ),
    wrong={
        "Only the output layer is noted. The hidden one still stands in a list.": (
            """
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 3)]
        self.output = nn.Linear(3, 1)

    def forward(self, X):
        return self.output(torch.relu(self.layers[0](X)))
""",
        ),
        "All layers are noted, but ReLU was lost on the way.": (
            """
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))

    def forward(self, X):
        return self.layers(X)
""",
            ("torch.relu(self.hidden(X))", "self.hidden(X)"),
        ),
        "All layers are noted, but the output passes ReLU as well. It is to stay linear.": (
            ("return self.output(A)", "return torch.relu(self.output(A))"),
        ),
        "`super().__init__()` is missing or comes too late: it prepares the place where the "
        "layers are noted.": (
            ("        super().__init__()\n", ""),
            (
                "        super().__init__()\n        self.hidden = nn.Linear(2, 3)\n",
                "        self.hidden = nn.Linear(2, 3)\n        super().__init__()\n",
            ),
        ),
        "The layers have other sizes than before: 2 → 3 → 1.": (
            ("3", "4"),
            ("nn.Linear(3, 1)", "nn.Linear(3, 2)"),
        ),
        "Only the hidden layer is noted. The output still stands in a list.": (
            """
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 3)
        self.layers = [nn.Linear(3, 1)]

    def forward(self, X):
        return self.layers[0](torch.relu(self.hidden(X)))
""",
        ),
        "`nn.Sequential` takes the layers one by one: a `*` in front of a list unpacks it.": (
            """
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential([nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)])

    def forward(self, X):
        return self.layers(X)
""",
        ),
        "`nn.ModuleList` takes note of the layers, but cannot be called: call them in "
        "`forward`, one after the other.": (
            """
class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)])

    def forward(self, X):
        return self.layers(X)
""",
        ),
    },
    cases=lambda rng: [(normal_numbers(rng, n, 2) - 1,) for n in (1, 3, 8)],
    use=_network,
    tolerance=1e-4,
)

PREDICT = Exercise(
    title="The predictions of a trained network",
    task=r"""
Return the predictions of `model` for the tensor `X` as a NumPy array. The model is to be in
evaluation mode, and nothing is to be recorded meanwhile.
""",
    hints=(
        "Two switches: one belongs to the model, the other to PyTorch.",
        "`model.eval()` first, then the call under `torch.no_grad()`.",
        "`.numpy()` makes an array of a tensor that records nothing.",
    ),
    given=IMPORTS,
    solution='''
def predict(model, X):
    """Return the predictions for X (n, n_in) as an array (n, n_out)."""
    model.eval()
    with torch.no_grad():
        return model(X).numpy()
''',
    others=(
        ("model.eval()", "model.train(False)"),
        """
@torch.no_grad()
def predict(model, X):
    return model.eval()(X).numpy()
""",
        ("with torch.no_grad():", "with torch.inference_mode():"),
    ),
    wrong={
        "The model is in training mode: call `eval()` first.": (
            ("model.eval()", "model.eval"),
            ("    model.eval()\n", ""),
            ("model.eval()", "model.train()"),
        ),
        "The way forward is recorded, and the record thrown away afterwards. Under "
        "`torch.no_grad()` it is not made at all.": (
            (
                "    with torch.no_grad():\n        return model(X).numpy()",
                "    return model(X).detach().numpy()",
            ),
        ),
        "The record stands in the way: a tensor that is recorded has no `numpy()`.": (
            ("    with torch.no_grad():\n        return", "    return"),
        ),
        "This is a tensor still. Make an array of it.": ((".numpy()", ""),),
        "Neither switch is set: the model is in training mode, and the call is recorded.": (
            """
def predict(model, X):
    return model(X).detach().numpy()
""",
        ),
        "Only the first row is predicted.": (("model(X)", "model(X[:1])"),),
        "The predictions lost an axis: keep the shape (n, n_out).": (
            ("numpy()", "numpy().ravel()"),
        ),
        "The model is in evaluation mode. But the call is still recorded, and this is a "
        "tensor still.": (
            (
                "    with torch.no_grad():\n        return model(X).numpy()",
                "    return model(X)",
            ),
        ),
        "Neither switch is set, and this is a tensor still. Three things are left to do.": (
            """
def predict(model, X):
    return model(X)
""",
        ),
        "`torch.no_grad` needs its brackets: `with torch.no_grad():`.": (
            ("torch.no_grad()", "torch.no_grad"),
        ),
        "No record is made, but the model is in training mode, and this is a tensor still.": (
            """
def predict(model, X):
    with torch.no_grad():
        return model(X)
""",
        ),
    },
    cases=lambda rng: [(normal_numbers(rng, n, 2),) for n in (2, 3)],
    use=_predicted,
)

BOOK = Workbook(
    "PyTorch",
    [TENSOR, PREDICTION, LOAD, STEP, MODULE, PREDICT],
    then="All done. Go on with the workbook *Optimisers*.",
)
check, progress = BOOK.check, BOOK.progress

if __name__ == "__main__":
    BOOK.main()
