"""Tensors on different devices: reproduced with and without a GPU, and fixed."""


# --8<-- [start:wrong]
def wrong(model, loss_function, X, y):
    """Throw away what X.to returns."""
    device = next(model.parameters()).device
    X.to(device)
    return loss_function(model(X), y)


# --8<-- [end:wrong]


# --8<-- [start:right]
def right(model, loss_function, X, y):
    """Move the batch to the model."""
    device = next(model.parameters()).device
    X, y = X.to(device), y.to(device)
    return loss_function(model(X), y)


# --8<-- [end:right]


# --8<-- [start:imports]
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.func import functional_call

from snippets.errors.laboratory import (
    Run,
    batches,
    deliveries,
    relative_mse,
    tensors,
    torch_network,
    train,
)

HAS_GPU = torch.cuda.is_available()
# --8<-- [end:imports]


# --8<-- [start:gpu]
@contextmanager
def gpu(real: bool = HAS_GPU) -> Iterator[Callable[[torch.Tensor], torch.Tensor]]:
    """Yield a function that moves a tensor to the GPU, or to a stand-in for one."""
    if real:
        yield lambda tensor: tensor.to("cuda")
        return
    from torch._subclasses import FakeTensorMode

    with FakeTensorMode(allow_non_fake_inputs=True):
        yield lambda tensor: torch.empty_like(tensor, device="cuda")


# --8<-- [end:gpu]


# --8<-- [start:broken]
def broken(seed: int = 0) -> Run:
    """Give a batch on the GPU to a model that stayed on the CPU."""
    X, y, *_ = tensors(deliveries(seed))
    run = Run(torch_network(4, 16, 8, 1, seed=seed), loss=nn.MSELoss())
    with gpu() as to_gpu:
        run.X, run.y = to_gpu(X[:64]), to_gpu(y[:64])
        try:
            run.loss(run.model(run.X), run.y)
        except RuntimeError as error:
            run.error = error
    return run


def fails(run: Run) -> bool:
    """Tell whether an exception ended the run."""
    return run.error is not None


# --8<-- [end:broken]


if __name__ == "__main__":
    # --8<-- [start:reproduction]
    run = broken(seed=0)
    assert fails(run)
    assert isinstance(run.error, RuntimeError)
    print(str(run.error).partition(",")[0])
    # --8<-- [end:reproduction]

    # --8<-- [start:wording]
    model = torch_network(4, 16, 8, 1)
    with gpu(real=False) as to_gpu:
        try:
            model(to_gpu(torch.zeros(64, 4)))
        except RuntimeError as error:
            print(error)
    # --8<-- [end:wording]

    # --8<-- [start:claim]
    with gpu() as to_gpu:
        X_gpu, y_gpu = to_gpu(torch.zeros(64, 4)), to_gpu(torch.zeros(64, 1))
        try:
            wrong(model, nn.MSELoss(), X_gpu, y_gpu)
            said = ""
        except RuntimeError as error:
            said = str(error)
        assert "Expected all tensors to be on the same device" in said
        assert right(model, nn.MSELoss(), X_gpu, y_gpu).device.type == "cpu"
    # --8<-- [end:claim]


# --8<-- [start:outcome]
def outcome(call: Callable[[], object]) -> str:
    """Return "works", or the message's beginning if the call raises RuntimeError."""
    try:
        call()
    except RuntimeError as error:
        return str(error).partition(",")[0]
    return "works"


# --8<-- [end:outcome]


if __name__ == "__main__":
    # --8<-- [start:cases]
    X, y, loss = torch.zeros(64, 4), torch.zeros(64, 1), nn.MSELoss()
    with gpu() as to_gpu:
        X_gpu, y_gpu = to_gpu(X), to_gpu(y)
        parameters = {name: to_gpu(p) for name, p in model.named_parameters()}
        calls = {
            "model CPU, X GPU": lambda: model(X_gpu),
            "model GPU, X CPU": lambda: functional_call(model, parameters, X),
            "prediction GPU, y CPU": lambda: loss(y_gpu, y),
            "all GPU": lambda: loss(functional_call(model, parameters, X_gpu), y_gpu),
            "X GPU * 2": lambda: X_gpu * 2,
            "X GPU * tensor(2)": lambda: X_gpu * torch.tensor(2),
            "X GPU * tensor([2])": lambda: X_gpu * torch.tensor([2]),
        }
        outcomes = {name: outcome(call) for name, call in calls.items()}
    for name, what in outcomes.items():
        print(f"{name:22} {what}")
    # --8<-- [end:cases]

    # --8<-- [start:assignment]
    with gpu() as to_gpu:
        X_gpu = to_gpu(torch.zeros(64, 4))
        X_gpu.to("cpu")  # the result is lost
        print("X.to('cpu'):    ", X_gpu.device)
        X_gpu = X_gpu.to("cpu")
        print("X = X.to('cpu'):", X_gpu.device)

    assert model.to("cpu") is model
    assert X.to("cpu") is X
    # --8<-- [end:assignment]

    # --8<-- [start:new-tensors]
    with gpu() as to_gpu:
        X_gpu = to_gpu(torch.zeros(64, 4))
        print("zeros:     ", outcome(lambda: X_gpu + torch.zeros(64, 4)))
        print("zeros_like:", outcome(lambda: X_gpu + torch.zeros_like(X_gpu)))
    # --8<-- [end:new-tensors]


# --8<-- [start:devices]
def devices(run: Run) -> dict[str, str]:
    """Return where a run's parameters, its X and its y are."""
    groups = {"model": run.model.parameters(), "X": [run.X], "y": [run.y]}
    return {
        name: " and ".join(sorted({str(tensor.device) for tensor in group}))
        for name, group in groups.items()
    }


# --8<-- [end:devices]


if __name__ == "__main__":
    # --8<-- [start:measurement]
    healthy = train(torch_network(4, 16, 8, 1), deliveries(), epochs=1)
    print("broken: ", devices(run))
    print("healthy:", devices(healthy))
    # --8<-- [end:measurement]


if __name__ == "__main__":
    # --8<-- [start:machine]
    if HAS_GPU:
        expected = ("device type tensor to numpy",)
    elif torch.backends.cuda.is_built():
        expected = ("Found no NVIDIA driver", "No CUDA GPUs are available")
    else:
        expected = ("Torch not compiled with CUDA enabled",)
    message = ""
    try:
        torch.zeros(64, 4).to("cuda").numpy()
    except (AssertionError, RuntimeError, TypeError) as error:
        message = str(error)
    assert any(words in message for words in expected)
    # --8<-- [end:machine]

    # --8<-- [start:on-the-cpu]
    calls = {
        "a label": lambda: nn.CrossEntropyLoss()(torch.zeros(1, 3), torch.tensor([3])),
        "a word's number": lambda: nn.Embedding(3, 2)(torch.tensor([3])),
        "a probability": lambda: nn.BCELoss()(torch.tensor([1.5]), torch.ones(1)),
    }
    for name, call in calls.items():
        try:
            call()
        except (IndexError, RuntimeError) as error:
            print(f"{name}: {error}")
    # --8<-- [end:on-the-cpu]


# --8<-- [start:training]
def fit(model: nn.Module, data: list[torch.Tensor], seed: int = 0) -> Run:
    """Train for 10 epochs where the model is; move each batch there."""
    X, y, X_test, y_test = data
    device = next(model.parameters()).device
    optimizer, loss = torch.optim.SGD(model.parameters(), lr=0.05), nn.MSELoss()
    run = Run(model, X.to(device), y.to(device), loss=loss, optimizer=optimizer)
    run.X_test, run.y_test = X_test.to(device), y_test.to(device)
    for epoch in range(10):
        total = 0.0
        for rows in batches(len(X), 64, seed * 1000 + epoch):
            X_batch, y_batch = X[rows].to(device), y[rows].to(device)
            batch_loss = loss(model(X_batch), y_batch)
            optimizer.zero_grad()
            batch_loss.backward()
            optimizer.step()
            total += batch_loss.item() * len(rows)
        run.losses.append(total / len(X))
    return run


# --8<-- [end:training]


# --8<-- [start:score]
def score(run: Run) -> float:
    """Return the test MSE over the variance of y, wherever the model is."""
    with torch.no_grad():
        predictions = run.model(run.X_test)
    return relative_mse(predictions.cpu().numpy(), run.y_test.cpu().numpy())


# --8<-- [end:score]


# --8<-- [start:fixed]
def fixed(seed: int = 0) -> Run:
    """Train on the GPU if there is one, else on the CPU, batches included."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = torch_network(4, 16, 8, 1, seed=seed).to(device)
    return fit(model, tensors(deliveries(seed)), seed)


# --8<-- [end:fixed]


if __name__ == "__main__":
    # --8<-- [start:after]
    run = fixed(seed=0)
    assert not fails(run)
    print("model, X and y on one device:", len(set(devices(run).values())) == 1)
    print(f"test MSE / variance: {score(run):.3f}")
    # --8<-- [end:after]

    # --8<-- [start:alternatives]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = tensors(deliveries())
    steps = 10 * len(data[0].split(64))
    runs = {
        "each batch, in the loop": (2 * steps, device, data),
        "all rows, before it": (2, device, [each.to(device) for each in data]),
        "nothing, all on the CPU": (0, "cpu", data),
    }
    for moved, (copies, place, rows) in runs.items():
        run = fit(torch_network(4, 16, 8, 1).to(place), rows)
        print(f"{moved:24} {copies:3} copies to train, rel {score(run):.3f}")
        assert score(run) < 0.1
    # --8<-- [end:alternatives]

    # --8<-- [start:no-help]
    with gpu() as to_gpu:
        X_batch, y_batch = to_gpu(torch.zeros(64, 4)), to_gpu(torch.zeros(64, 1))
        X_batch.to("cpu")
        print("not assigned:", outcome(lambda: model(X_batch)))
        X_batch = X_batch.to("cpu")
        predictions = model(X_batch)
        print("only X moved:", outcome(lambda: loss(predictions, y_batch)))
    # --8<-- [end:no-help]

    # --8<-- [start:guard]
    with gpu() as to_gpu:
        X_batch = to_gpu(torch.zeros(64, 4))
        try:
            device = next(model.parameters()).device
            assert X_batch.device == device, f"X {X_batch.device}, model {device}"
        except AssertionError as error:
            print(error)
    # --8<-- [end:guard]


# --8<-- [start:standardised]
class Standardised(nn.Module):
    """A model that standardises its inputs first."""

    def __init__(self, mean: torch.Tensor, std: torch.Tensor, model: nn.Module) -> None:
        super().__init__()
        self.mean = mean
        self.register_buffer("std", std)
        self.model = model

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the predictions for raw X of shape (batch, n_in)."""
        return self.model((X - self.mean) / self.std)


# --8<-- [end:standardised]


if __name__ == "__main__":
    # --8<-- [start:buffers]
    whole = Standardised(torch.zeros(4), torch.ones(4), torch_network(4, 8, 1))
    print([name for name in whole.state_dict() if not name.startswith("model")])
    with gpu() as to_gpu:
        X_gpu = to_gpu(torch.zeros(64, 4))
        moved = {name: to_gpu(tensor) for name, tensor in whole.state_dict().items()}
        print("attribute:", outcome(lambda: functional_call(whole, moved, X_gpu)))
        del whole.mean
        whole.register_buffer("mean", torch.zeros(4))
        moved["mean"] = to_gpu(whole.mean)
        print("buffer:   ", outcome(lambda: functional_call(whole, moved, X_gpu)))
    # --8<-- [end:buffers]

    # --8<-- [start:checkpoint]
    file = io.BytesIO()
    with gpu() as to_gpu, torch.serialization.skip_data(materialize_fake_tensors=True):
        torch.save({"b": to_gpu(torch.zeros(1, 8))}, file)
    file.seek(0)
    message = outcome(lambda: torch.load(file))
    assert HAS_GPU or "deserialize object on a CUDA device" in message
    file.seek(0)
    print(torch.load(file, map_location="cpu")["b"].device)
    # --8<-- [end:checkpoint]
