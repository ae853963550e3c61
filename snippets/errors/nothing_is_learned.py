"""The loss never moves: four causes with one curve, and what tells them apart."""

# --8<-- [start:wrong]
from torch import nn, optim


def hopeless(n_in, n_out):
    """Deep sigmoids, and a tiny rate."""
    layers = [nn.Linear(n_in, 16), nn.Sigmoid()]
    for _layer in range(5):
        layers += [nn.Linear(16, 16), nn.Sigmoid()]
    net = nn.Sequential(*layers, nn.Linear(16, n_out))
    return net, optim.Adam(net.parameters(), lr=1e-8)


# --8<-- [end:wrong]


# --8<-- [start:right]
def hopeful(n_in, n_out):
    """Scaled inputs, ReLU, a usual rate."""
    layers = [nn.BatchNorm1d(n_in)]
    layers += [nn.Linear(n_in, 16), nn.ReLU()]
    for _layer in range(5):
        layers += [nn.Linear(16, 16), nn.ReLU()]
    net = nn.Sequential(*layers, nn.Linear(16, n_out))
    return net, optim.Adam(net.parameters(), lr=1e-2)


# --8<-- [end:right]


# --8<-- [start:guard]
def assert_started(losses, untrained_loss):
    """Raise unless ten epochs halve the loss."""
    half = untrained_loss / 2
    assert losses[9] < half, "nothing is learned"


# --8<-- [end:guard]


# --8<-- [start:networks]
import copy
from collections.abc import Callable
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import torch

from snippets.chapters.activation_functions import relu_derivative
from snippets.chapters.gradient_descent import NeuralNetwork
from snippets.chapters.gradient_descent import forward as forward_pass
from snippets.errors.laboratory import (
    Data,
    Run,
    batches,
    deliveries,
    learning_rate,
    raw_deliveries,
    relative_mse,
    tensors,
    torch_network,
    train,
)


def relu_run(seed: int, bias: float = 0.0, learning_rate: float = 0.05) -> Run:
    """Train a NumPy network whose hidden biases start at `bias`, for 15 epochs."""
    data = deliveries(seed)
    network = NeuralNetwork([4, 16, 8, 1], learning_rate, seed=seed)
    for b in network.b[:-1]:
        b[:] = bias
    start = {"first W": network.W[0].copy()}
    losses = network.fit(data.X, data.y, epochs=15, verbose=False)
    return Run(network, data.X, data.y, losses, data.X_test, data.y_test, extra=start)


# --8<-- [end:networks]


# --8<-- [start:torch-networks]
SHALLOW, DEEP = (4, 16, 8, 1), (4, 16, 16, 16, 16, 16, 16, 1)
xavier, he = nn.init.xavier_normal_, nn.init.kaiming_normal_


def network(
    sizes: tuple[int, ...],
    activation: Callable = nn.Sigmoid,
    initialise: Callable = xavier,
    bias: float = 0.0,
    seed: int = 0,
) -> nn.Sequential:
    """Return a torch network with these weights, and this bias in hidden layers."""
    model = torch_network(*sizes, seed=seed, activation=activation)
    linear = [layer for layer in model if isinstance(layer, nn.Linear)]
    for layer in linear:
        initialise(layer.weight)
        nn.init.constant_(layer.bias, 0.0 if layer is linear[-1] else bias)
    return model


def torch_run(model: nn.Module, data: Data, seed: int = 0, lr: float = 0.05) -> Run:
    """Train a torch network for 15 epochs."""
    first = next(model.parameters()).detach().numpy().T.copy()
    run = train(model, data, lr=lr, epochs=15, seed=seed)
    run.extra["first W"] = first
    return run


# --8<-- [end:torch-networks]


if __name__ == "__main__":
    # --8<-- [start:wrong-and-right]
    X, y, *_test = tensors(raw_deliveries(), torch.float64)
    for make in (hopeless, hopeful):
        torch.manual_seed(0)
        model, optimizer = make(4, 1)
        model.double()
        for _step in range(100):
            loss = nn.functional.mse_loss(model(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        left = (loss / y.var()).item()
        print(f"{make.__name__}: {left:.2f} of the variance is left")
        assert (left > 0.9) if make is hopeless else (left < 0.2)
    # --8<-- [end:wrong-and-right]


# --8<-- [start:scenarios]
VARIANTS = ("dead", "deep", "raw", "slow")


def broken(seed: int = 0, variant: str = "dead") -> Run:
    """Train in one of four ways that learn nothing.

    Raises ValueError for a variant that is not among VARIANTS.
    """
    if variant == "dead":
        return relu_run(seed, bias=-5.0)
    if variant == "deep":
        return torch_run(network(DEEP, seed=seed), deliveries(seed), seed)
    if variant == "raw":
        return torch_run(network(SHALLOW, seed=seed), raw_deliveries(seed), seed)
    if variant == "slow":
        return relu_run(seed, learning_rate=1e-6)
    raise ValueError(f"variant is {variant!r}, expected one of {VARIANTS}")


# --8<-- [end:scenarios]


# --8<-- [start:contract]
def predictions(run: Run) -> np.ndarray:
    """Return what the model makes of the test rows, (n, 1)."""
    if not isinstance(run.model, nn.Module):
        return run.model.predict(run.X_test)
    with torch.no_grad():
        return run.model.eval()(run.X_test).numpy()


def rel(run: Run) -> float:
    """Return the test MSE over the variance of y."""
    return relative_mse(predictions(run), np.asarray(run.y_test))


def spread(run: Run) -> float:
    """Return the standard deviation of the test predictions, in that of y."""
    return float(predictions(run).std() / np.std(np.asarray(run.y_test)))


def moved(run: Run) -> float:
    """Return ‖ΔW₁‖ / ‖W₁‖: how far training moved the first layer's weights."""
    first, model = run.extra["first W"], run.model
    is_torch = isinstance(model, nn.Module)
    last = model[0].weight.detach().numpy().T if is_torch else model.W[0]
    return float(np.linalg.norm(last - first) / np.linalg.norm(first))


def fails(run: Run) -> bool:
    """Tell whether 0.8 of the variance of y, or more, is left on the test rows."""
    return rel(run) >= 0.8


# --8<-- [end:contract]


if __name__ == "__main__":
    # --8<-- [start:failure]
    broken_runs = {variant: broken(variant=variant) for variant in VARIANTS}
    print("       first   last    rel  spread W1 moved")
    for variant, run in broken_runs.items():
        assert fails(run)
        start, end = run.losses[0], run.losses[-1]
        print(f"{variant:5} {start:6.3f} {end:6.3f} {rel(run):6.3f}", end=" ")
        print(f"{spread(run):7.2f} {moved(run):8.5f}")
    assert moved(broken_runs["dead"]) == 0
    # --8<-- [end:failure]

    # --8<-- [start:failure-curves]
    healthy = relu_run(seed=0)
    fig, ax = plt.subplots()
    styles = {"dead": "C1-", "deep": "C2--", "raw": "C3:", "slow": "C4-."}
    for variant, run in broken_runs.items():
        ax.plot(range(1, 16), run.losses, styles[variant], label=variant)
    ax.plot(range(1, 16), healthy.losses, "C0o-", label="healthy", markersize=3)
    ax.set(xlabel="epoch", ylabel="training loss, MSE", ylim=(0, 1.2))
    ax.set_xticks([1, 5, 10, 15])
    ax.legend(ncols=2, loc="center", bbox_to_anchor=(0.5, 0.4))
    plt.show()
    # --8<-- [end:failure-curves]

    # --8<-- [start:classify]
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = torch.tensor(digits.images / 16).flatten(1)  # (1797, 64)
    classes = torch.tensor(digits.target)  # (1797,)

    def classify(lr: float) -> tuple[list[float], torch.Tensor, float]:
        """Return an epoch's losses, the predictions, and ‖ΔW₁‖ / ‖W₁‖ of a step."""
        model = torch_network(64, 32, 16, 10, dtype=torch.float64)
        optimizer, losses = torch.optim.Adam(model.parameters(), lr=lr), []
        W = model[0].weight
        first = W.detach().clone()
        for epoch in range(4):
            for rows in batches(1400, 64, epoch):
                loss = nn.functional.cross_entropy(model(images[rows]), classes[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
                if len(losses) == 1:
                    step = ((W.detach() - first).norm() / first.norm()).item()
        return losses, model(images[1400:]).argmax(dim=1), step

    # --8<-- [end:classify]

    # --8<-- [start:classes]
    print(*(f"ln {c} = {np.log(c):.3f}" for c in (2, 3, 10)), sep=", ")
    print("rate   loss, first  last epoch   right  most frequent    step")
    for lr in (1e-8, 1e-4, 1e-2, 10.0):
        losses, predicted, step = classify(lr)
        last, correct = np.mean(losses[-22:]), (predicted == classes[1400:]).numpy()
        share = predicted.bincount().max().item() / len(predicted)
        print(f"{lr:5.0e} {losses[0]:12.2f} {last:11.2f}", end=" ")
        print(f"{correct.mean():7.0%} {share:14.0%} {step:7.0e}")
        if lr in (1e-8, 10.0):
            assert last > 0.95 * np.log(10)
            assert share > 0.9
    # --8<-- [end:classes]


# --8<-- [start:trace]
class Trace(NamedTuple):
    """One pass through a network, forwards and backwards, a list entry a layer."""

    y_hat: np.ndarray  # (batch, 1)
    A: list[np.ndarray]  # what the layer reads, (batch, n_in)
    W: list[np.ndarray]  # (n_in, n_out)
    gradients: list[np.ndarray]  # ∂L/∂Z, (batch, n_out)
    squashed: list[np.ndarray]  # outputs of sigmoid and tanh, both as −1 to 1


def numpy_trace(model: NeuralNetwork, X: np.ndarray, y: np.ndarray) -> Trace:
    """Trace the mean squared error through a NumPy network of ReLU layers."""
    *A, y_hat = forward_pass(X, model.W, model.b)
    dZ = [2 * (y_hat - y) / y.size]
    for W, A_in in zip(model.W[:0:-1], A[:0:-1], strict=True):
        dZ.insert(0, dZ[0] @ W.T * relu_derivative(A_in))  # (batch, n_in)
    return Trace(y_hat, A, model.W, dZ, [])


# --8<-- [end:trace]


# --8<-- [start:torch-trace]
def torch_trace(model: nn.Module, X: torch.Tensor, y: torch.Tensor) -> Trace:
    """Trace the mean squared error through a copy of a torch network."""
    model, A, Z, W, squashed = copy.deepcopy(model).eval(), [], [], [], []

    def note(layer: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        if isinstance(layer, nn.Linear):
            A.append(inputs[0])
            W.append(layer.weight.T)
            Z.append(output)
        elif isinstance(layer, nn.Sigmoid | nn.Tanh):
            squashed.append(output if isinstance(layer, nn.Tanh) else 2 * output - 1)

    for layer in model.modules():
        layer.register_forward_hook(note)
    y_hat = model(X)
    dZ = torch.autograd.grad(((y_hat - y) ** 2).mean(), Z)
    lists = ([t.detach().numpy() for t in part] for part in (A, W, dZ, squashed))
    return Trace(y_hat.detach().numpy(), *lists)


def norms(trace: Trace) -> np.ndarray:
    """Return ‖∂L/∂Z‖ of each layer."""
    return np.array([np.linalg.norm(gradient) for gradient in trace.gradients])


# --8<-- [end:torch-trace]


if __name__ == "__main__":
    # --8<-- [start:asleep]
    data = deliveries(seed=0)
    print("bias   z > 0 in layer 1   in layer 2")
    for bias in (0, -1, -2, -3, -5):
        fresh = NeuralNetwork([4, 16, 8, 1], seed=0)
        for b in fresh.b[:-1]:
            b[:] = bias
        _X, A1, A2, _y_hat = forward_pass(data.X, fresh.W, fresh.b)
        print(f"{bias:4d} {np.mean(A1 > 0):14.2%} {np.mean(A2 > 0):16.2%}")
    # --8<-- [end:asleep]

    # --8<-- [start:dead-gradient]
    run = broken_runs["dead"]
    run.model.forward(run.X)
    for layer, (dW, db) in enumerate(zip(*run.model.backward(run.y), strict=True), 1):
        is_zero = not dW.any()
        print(f"layer {layer}: dW all zero: {is_zero}, db all zero: {not db.any()}")
        assert is_zero
    # --8<-- [end:dead-gradient]

    # --8<-- [start:gradient-norms]
    assert round(0.25**6, 5) == 0.00024
    X, y = (torch.tensor(array, dtype=torch.float32) for array in (data.X, data.y))
    kinds = {
        "tanh, Xavier": (nn.Tanh, xavier, "C2s-."),
        "ReLU, He": (nn.ReLU, he, "C0o-"),
        "sigmoid, He": (nn.Sigmoid, he, "C3^--"),
        "sigmoid, Xavier": (nn.Sigmoid, xavier, "C1v:"),
    }
    fig, ax = plt.subplots()
    shares = {}
    for name, (activation, initialise, style) in kinds.items():
        measured = norms(torch_trace(network(DEEP, activation, initialise), X, y))
        shares[name] = measured / measured[-1]
        ax.semilogy(range(1, 8), shares[name], style, label=name)
    ax.set(xlabel="layer (1 reads the inputs)", ylabel="‖∂L/∂Z‖, last layer = 1")
    ax.legend(loc="lower right")
    plt.show()
    # --8<-- [end:gradient-norms]

    # --8<-- [start:gradient-shares]
    for name, share in shares.items():
        factors = " ".join(f"{factor:.2f}" for factor in share[:-1] / share[1:])
        print(f"{name:15} {share[0]:.4f}: {factors}")
    assert shares["sigmoid, Xavier"][0] < shares["sigmoid, He"][0] < 0.01
    assert min(shares["tanh, Xavier"][0], shares["ReLU, He"][0]) > 0.1
    # --8<-- [end:gradient-shares]

    # --8<-- [start:depth]
    for hidden in (1, 2, 4):
        model = network((4, *[16] * hidden, 1))
        first, *_others, last = norms(torch_trace(model, X, y))
        error = rel(torch_run(model, data))
        print(f"{hidden} hidden: {first / last:.4f} arrives, rel {error:.3f}")
    # --8<-- [end:depth]

    # --8<-- [start:saturation]
    inputs = {"raw X": raw_deliveries().X, "standardised X": data.X}
    fig, ax = plt.subplots()
    for style, (name, rows) in zip(("C1-", "C0--"), inputs.items(), strict=True):
        rows = torch.tensor(rows, dtype=torch.float32)
        A1 = torch_trace(network(SHALLOW), rows, y).A[1]
        counts, edges = np.histogram(A1, bins=25, range=(0, 1))
        line = {"color": style[:2], "ls": style[2:], "lw": 2, "label": name}
        ax.stairs(counts / A1.size, edges, **line)
        flat = np.mean((A1 < 0.01) | (A1 > 0.99))
        print(f"{name:15} {flat:.1%} within 0.01 of 0 or 1")
    ax.set(xlabel="output of a first-layer sigmoid", ylabel="share of outputs")
    ax.legend(loc="upper center")
    plt.show()
    # --8<-- [end:saturation]

    # --8<-- [start:pace]
    slow, healthy_way = moved(broken_runs["slow"]), moved(healthy)
    print(f"375 steps move W1 by {slow:.4%} of its size, healthy {healthy_way:.0%}")
    print(f"as far, at this pace: {375 * healthy_way / slow:,.0f} steps")
    # --8<-- [end:pace]


# --8<-- [start:vitals]
class Vitals(NamedTuple):
    """What is measured to see whether, and why, a network learns nothing."""

    left: float  # MSE over the variance of y: 1 is predicting the mean
    flat: float  # share of first-layer outputs within 0.01 of sigmoid's ends
    silent: float  # share of hidden units with ∂L/∂Z = 0 on every row
    arriving: float  # ‖∂L/∂Z‖ at the first layer over that at the last, NaN for 0/0
    step: float  # learning rate · ‖dW‖ / ‖W‖, in the layer where it is largest


def measure(run: Run) -> Vitals:
    """Return a network's vitals, measured on some 256 of its training rows."""
    rows = slice(None, None, max(1, len(run.X) // 256))
    X, y = run.X[rows], run.y[rows]
    tracer = torch_trace if isinstance(run.model, nn.Module) else numpy_trace
    trace = tracer(run.model, X, y)
    hidden = np.concatenate([(g == 0).all(axis=0) for g in trace.gradients[:-1]])
    first, *_others, last = norms(trace)
    layers = zip(trace.A, trace.gradients, trace.W, strict=True)
    steps = [np.linalg.norm(A.T @ g) / np.linalg.norm(W) for A, g, W in layers]
    outputs = trace.squashed
    return Vitals(
        left=relative_mse(trace.y_hat, np.asarray(y)),
        flat=float(np.mean(np.abs(outputs[0]) > 0.98)) if outputs else 0.0,
        silent=float(hidden.mean()),
        arriving=float(first / last) if last > 0 else np.nan,
        step=learning_rate(run) * max(steps),
    )


# --8<-- [end:vitals]


if __name__ == "__main__":
    # --8<-- [start:broken-vitals]
    def row(name: str, run: Run) -> None:
        """Print a run's vitals."""
        left, flat, silent, arriving, step = measure(run)
        print(f"{name:7} {left:5.2f} {flat:5.2f} {silent:7.2f}", end=" ")
        print(f"{arriving:9.5f} {step:8.1e}")

    header = "         left  flat  silent  arriving     step"
    print(header)
    for variant, run in broken_runs.items():
        row(variant, run)
    row("healthy", healthy)
    # --8<-- [end:broken-vitals]


if __name__ == "__main__":
    # --8<-- [start:dead-alternatives]
    def leaky(slope: float) -> float:
        """Return rel of a network with LeakyReLU, its hidden biases at −5."""
        model = network(SHALLOW, lambda: nn.LeakyReLU(slope), he, bias=-5.0)
        return rel(torch_run(model, data))

    print(f"biases 0              {rel(relu_run(0)):.3f}")
    print(f"learning rate × 10    {rel(relu_run(0, bias=-5.0, learning_rate=0.5)):.3f}")
    print(f"LeakyReLU, slope 0.01 {leaky(0.01):.3f}")
    print(f"LeakyReLU, slope 0.1  {leaky(0.1):.3f}")
    print(f"LeakyReLU, slope 0.2  {leaky(0.2):.3f}")
    # --8<-- [end:dead-alternatives]


# --8<-- [start:other-trainers]
def adam_run(model: nn.Module, data: Data, lr: float = 0.01) -> Run:
    """Train for 15 epochs with Adam instead of SGD."""
    X, y, X_test, y_test = tensors(data)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for epoch in range(15):
        for rows in batches(len(X), 64, epoch):
            loss = nn.functional.mse_loss(model(X[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return Run(model, X, y, X_test=X_test, y_test=y_test, optimizer=optimizer)


def with_batch_norm(model: nn.Sequential) -> nn.Sequential:
    """Return the model with batch normalisation before each sigmoid."""
    layers: list[nn.Module] = []
    for layer in model:
        if isinstance(layer, nn.Sigmoid):
            layers.append(nn.BatchNorm1d(16))
        layers.append(layer)
    return nn.Sequential(*layers)


# --8<-- [end:other-trainers]


if __name__ == "__main__":
    # --8<-- [start:deep-alternatives]
    runs = {
        "sigmoid, He": torch_run(network(DEEP, initialise=he), data),
        "sigmoid, learning rate × 10": torch_run(network(DEEP), data, lr=0.5),
        "sigmoid, Adam": adam_run(network(DEEP), data),
        "sigmoid, batch norm": torch_run(with_batch_norm(network(DEEP)), data),
        "ReLU, He": torch_run(network(DEEP, nn.ReLU, he), data, lr=0.02),
    }
    for name, run in runs.items():
        print(f"{name:28} {rel(run):.3f}")
    # --8<-- [end:deep-alternatives]

    # --8<-- [start:raw-alternatives]
    def tiny(W: torch.Tensor) -> torch.Tensor:
        """Fill W with weights of standard deviation 0.001."""
        return nn.init.normal_(W, std=0.001)

    raw = raw_deliveries()
    norm_first = nn.Sequential(nn.BatchNorm1d(4), *network(SHALLOW))
    runs = {
        "learning rate × 0.1": torch_run(network(SHALLOW), raw, lr=0.005),
        "tiny first weights": torch_run(network(SHALLOW, initialise=tiny), raw),
        "batch norm before layer 1": torch_run(norm_first, raw),
    }
    for name, run in runs.items():
        print(f"{name:26} {rel(run):.3f}")
    # --8<-- [end:raw-alternatives]

    # --8<-- [start:rates]
    for exponent in range(-6, 0):
        error = rel(relu_run(0, learning_rate=10.0**exponent))
        print(f"learning rate 1e{exponent}: {error:.3f}")
    # --8<-- [end:rates]


# --8<-- [start:cure]
def fixed(seed: int = 0, variant: str = "dead") -> Run:
    """Train with the fix of each of the four.

    Raises ValueError for a variant that is not among VARIANTS.
    """
    if variant == "dead":
        return relu_run(seed, bias=0.0)
    if variant == "deep":
        return torch_run(network(DEEP, nn.Tanh, seed=seed), deliveries(seed), seed)
    if variant == "raw":
        return torch_run(network(SHALLOW, seed=seed), deliveries(seed), seed)
    if variant == "slow":
        return relu_run(seed, learning_rate=0.05)
    raise ValueError(f"variant is {variant!r}, expected one of {VARIANTS}")


# --8<-- [end:cure]


if __name__ == "__main__":
    # --8<-- [start:fixed-runs]
    fixed_runs = {variant: fixed(variant=variant) for variant in VARIANTS}
    print(header)
    for variant, run in fixed_runs.items():
        row(variant, run)
        assert rel(run) < 0.15
    # --8<-- [end:fixed-runs]

    # --8<-- [start:fixed-curves]
    fig, ax = plt.subplots()
    ax.plot(range(1, 16), broken_runs["dead"].losses, "C5-", label="broken: dead")
    for variant, run in fixed_runs.items():
        if variant != "slow":  # the same run as the fixed dead one
            ax.plot(
                range(1, 16), run.losses, styles[variant], label=f"fixed: {variant}"
            )
    ax.set(xlabel="epoch", ylabel="training loss, MSE", yscale="log")
    ax.set_xticks([1, 5, 10, 15])
    ax.legend(loc="center right")
    plt.show()
    # --8<-- [end:fixed-curves]

    # --8<-- [start:guarded]
    for variant in VARIANTS:
        assert_started(fixed_runs[variant].losses, untrained_loss=1.0)
        try:
            assert_started(broken_runs[variant].losses, untrained_loss=1.0)
        except AssertionError as error:
            print(f"{variant:5} {error}")
    # --8<-- [end:guarded]

    # --8<-- [start:bias-solution]
    for bias in (-1, -2, -3):
        failures = sum(fails(relu_run(seed, bias)) for seed in range(8))
        print(f"bias {bias}: {failures} of 8 seeds learn nothing")
    # --8<-- [end:bias-solution]

    # --8<-- [start:gain-solution]
    def wide(W: torch.Tensor) -> torch.Tensor:
        """Fill W (n_out, n_in) with weights of standard deviation 4 / √n_in."""
        return nn.init.normal_(W, std=4 / W.shape[1] ** 0.5)

    model = network(DEEP, initialise=wide)
    first, *_others, last = norms(torch_trace(model, X, y))
    run = torch_run(model, data)
    print(f"before training {first / last:.3f} arrives; rel {rel(run):.3f}")
    assert not fails(run)
    # --8<-- [end:gain-solution]
