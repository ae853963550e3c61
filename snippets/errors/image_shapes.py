"""Image shapes: from a convolution to a linear layer, channels, and the batch."""

# --8<-- [start:wrong]
from torch import nn


def network_wrong():
    """Count by hand: 8 channels of 8 by 8."""
    conv = nn.Conv2d(3, 8, 3, padding=1)
    pool = nn.MaxPool2d(2)
    features = nn.Sequential(conv, nn.ReLU(), pool)
    linear = nn.Linear(8 * 8 * 8, 10)
    return nn.Sequential(features, nn.Flatten(), linear)


# --8<-- [end:wrong]


# --8<-- [start:right]
def network(images):
    """Ask how many numbers arrive."""
    conv = nn.Conv2d(3, 8, 3, padding=1)
    pool = nn.MaxPool2d(2)
    features = nn.Sequential(conv, nn.ReLU(), pool)
    n_in = features(images[:1]).flatten(1).shape[1]
    linear = nn.Linear(n_in, 10)
    return nn.Sequential(features, nn.Flatten(), linear)


# --8<-- [end:right]


# --8<-- [start:wrong-channels]
import torch


def batch_of_one_wrong(picture):
    """Take (height, width, 3) as it is."""
    X = torch.tensor(picture).float()
    return X.unsqueeze(0)


# --8<-- [end:wrong-channels]


# --8<-- [start:right-channels]
def batch_of_one(picture):
    """Move the channels of (height, width, 3)."""
    X = torch.tensor(picture).float()
    return X.permute(2, 0, 1).unsqueeze(0)


# --8<-- [end:right-channels]


# --8<-- [start:prevention]
def check_images(images, channels):
    """Raise ValueError for another shape."""
    shape = tuple(images.shape)
    wanted = f"(batch, {channels}, height, width)"
    if len(shape) != 4 or shape[1] != channels:
        raise ValueError(f"{shape} is not {wanted}")


# --8<-- [end:prevention]


# --8<-- [start:imports]
from collections.abc import Callable
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from snippets.errors.laboratory import Run, fit

# --8<-- [end:imports]


# --8<-- [start:data]
def coloured_digits(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return digits in random colours (n, 8, 8, 3), as cameras have it, and labels."""
    rng = np.random.default_rng(seed)
    digits = load_digits()
    order = rng.permutation(len(digits.target))
    colours = rng.uniform(0.2, 1.0, (len(order), 1, 1, 3))
    return digits.images[order, :, :, None] / 16 * colours, digits.target[order]


# --8<-- [end:data]


# --8<-- [start:broken]
VARIANTS = {
    "linear": lambda pictures: pictures.permute(0, 3, 1, 2),  # the network is wrong
    "channels-last": lambda pictures: pictures,
    "grey": lambda pictures: pictures.mean(dim=3),
    "rows": lambda pictures: pictures.flatten(1),
}


def attempt(
    images: torch.Tensor, labels: np.ndarray, build: Callable, seed: int
) -> Run:
    """Train a network for two epochs, or until an exception ends it."""
    y, loss = torch.tensor(labels), nn.CrossEntropyLoss()
    run = Run(X=images, y=y, loss=loss)
    try:
        run.model = build()
        run.optimizer = torch.optim.Adam(run.model.parameters(), lr=0.01)
        return fit(run, 2, seed)
    except RuntimeError as error:
        run.error = error
        return run


def broken(seed: int = 0, variant: str = "linear") -> Run:
    """Give a convolutional network images of a shape that it does not take."""
    pictures, labels = coloured_digits(seed)
    images = VARIANTS[variant](torch.tensor(pictures, dtype=torch.float32))
    torch.manual_seed(seed)
    right = network(torch.zeros(1, 3, 8, 8))
    build = network_wrong if variant == "linear" else lambda: right
    return attempt(images, labels, build, seed)


def fails(run: Run) -> bool:
    """Tell whether an exception ended the run."""
    return run.error is not None


# --8<-- [end:broken]


# --8<-- [start:fixed]
def fixed(seed: int = 0, variant: str = "linear") -> Run:
    """Put the channels in front, whatever the mistake, and ask for the size."""
    pictures, labels = coloured_digits(seed)
    images = torch.tensor(pictures, dtype=torch.float32).permute(0, 3, 1, 2)
    if variant == "grey":
        images = images.mean(dim=1).unsqueeze(1).expand(-1, 3, -1, -1)
    torch.manual_seed(seed)
    return attempt(images, labels, lambda: network(images), seed)


# --8<-- [end:fixed]

if __name__ == "__main__":
    # --8<-- [start:failure]
    for variant in VARIANTS:
        run = broken(variant=variant)
        print(f"{variant}: X is {tuple(run.X.shape)}")
        print("   ", str(run.error).splitlines()[0])
        assert fails(run)
        assert not fails(fixed(variant=variant))
    # --8<-- [end:failure]

    # --8<-- [start:wrong-and-right]
    pictures, labels = coloured_digits()
    images = torch.tensor(pictures, dtype=torch.float32).permute(0, 3, 1, 2)

    def message(call: Callable) -> str:
        """Return what the exception of a call says, or that there was none."""
        try:
            call()
        except (RuntimeError, ValueError) as error:
            return str(error).splitlines()[0]
        return "no message"

    model = network(images)
    assert "cannot be multiplied" in message(lambda: network_wrong()(images))
    assert model(images).shape == (1797, 10)
    assert "to have 3 channels" in message(
        lambda: model(batch_of_one_wrong(pictures[0]))
    )
    assert torch.equal(batch_of_one(pictures[0]), images[:1])
    assert model(batch_of_one(pictures[0])).shape == (1, 10)
    check_images(images, channels=3)
    assert "not (batch, 3, height" in message(lambda: check_images(images[0], 3))
    # --8<-- [end:wrong-and-right]

    # --8<-- [start:other-messages]
    one_channel = nn.Conv2d(1, 8, 3)
    calls = [
        lambda: model(images[0]),
        lambda: one_channel(torch.zeros(64, 8, 8)),
        lambda: one_channel(torch.zeros(8, 8)),
        lambda: nn.BatchNorm2d(8)(torch.zeros(64, 128)),
        lambda: nn.Conv2d(3, 8, 5)(torch.zeros(64, 3, 4, 4)),
        lambda: nn.MaxPool2d(2)(torch.zeros(64, 8, 1, 1)),
        lambda: images.view(len(images), -1),
        lambda: nn.CrossEntropyLoss()(
            nn.Linear(512, 10)(model[0](images[:64]).reshape(-1, 512)),
            torch.tensor(labels[:64]),
        ),
    ]
    for number, call in enumerate(calls, start=1):
        print(number, message(call))
    # --8<-- [end:other-messages]


# --8<-- [start:shapes]
def shapes(model: nn.Module, images: torch.Tensor) -> list[str]:
    """Return the shape after each layer, up to the first that refuses."""
    lines, A = [f"images      {tuple(images.shape)}"], images
    layers = [each for each in model.modules() if not list(each.children())]
    for layer in layers:
        name = f"{type(layer).__name__:11}"
        try:
            A = layer(A)
        except RuntimeError:
            return [*lines, f"{name} refuses: {layer}"]
        lines.append(f"{name} {tuple(A.shape)}")
    return lines


# --8<-- [end:shapes]

if __name__ == "__main__":
    # --8<-- [start:layer-by-layer]
    print(*shapes(network_wrong(), images[:64]), sep="\n")
    # --8<-- [end:layer-by-layer]

    # --8<-- [start:formula]
    def size_after(n: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
        """Return how many rows are left of n."""
        return (n + 2 * padding - kernel) // stride + 1

    tried = product((7, 8, 32), (2, 3, 5), (1, 2, 3), (0, 1))
    for n, kernel, stride, padding in tried:
        layer = nn.Conv2d(1, 1, kernel, stride, padding)
        left = layer(torch.zeros(1, 1, n, n)).shape[2]
        assert left == size_after(n, kernel, stride, padding)
    print("convolution 3, padding 1:", size_after(8, 3, padding=1))
    print("then pooling 2:", size_after(8, 2, stride=2))
    print("then 8 channels:", 8 * size_after(8, 2, stride=2) ** 2)
    # --8<-- [end:formula]


# --8<-- [start:accuracy]
def trained(images: torch.Tensor, labels: np.ndarray) -> nn.Module:
    """Train the right network in float64 on the first 1,200 images."""
    torch.manual_seed(0)
    run = Run(network(images.float()).double(), images[:1200].double())
    run.y, run.loss = torch.tensor(labels[:1200]), nn.CrossEntropyLoss()
    run.optimizer = torch.optim.Adam(run.model.parameters(), lr=0.01)
    return fit(run, epochs=5, seed=0).model


def accuracy(model: nn.Module, images: torch.Tensor, labels: np.ndarray) -> float:
    """Return the share of right answers on the other images."""
    with torch.no_grad():
        answers = model(images[1200:].double()).argmax(dim=1).numpy()
    return float(np.mean(answers == labels[1200:]))


# --8<-- [end:accuracy]

if __name__ == "__main__":
    # --8<-- [start:silencing]
    pixels = torch.tensor(pictures)
    moved, scrambled = pixels.permute(0, 3, 1, 2), pixels.reshape(-1, 3, 8, 8)
    assert moved.shape == scrambled.shape
    healthy, confused = trained(moved, labels), trained(scrambled, labels)
    print(f"permute:                   {accuracy(healthy, moved, labels):.3f}")
    print(f"reshape, from the start:   {accuracy(confused, scrambled, labels):.3f}")
    print(f"reshape, when predicting:  {accuracy(healthy, scrambled, labels):.3f}")
    # --8<-- [end:silencing]

    # --8<-- [start:scrambled]
    fig, axes = plt.subplots(1, 2)
    shown = {"permute: a digit": moved, "reshape: no digit": scrambled}
    for ax, (title, tensor) in zip(axes, shown.items(), strict=True):
        ax.pcolormesh(tensor[0].mean(dim=0).numpy()[::-1])
        ax.set(title=title, xticks=[], yticks=[], aspect="equal")
    plt.show()
    # --8<-- [end:scrambled]

    # --8<-- [start:silent]
    three_grey = images[:3].mean(dim=1)
    print(tuple(three_grey.shape), "->", tuple(model[0](three_grey).shape))
    print(message(lambda: model(three_grey)))
    # --8<-- [end:silent]

    # --8<-- [start:lazy]
    lazy = nn.Sequential(
        nn.LazyConv2d(8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.LazyLinear(10)
    )
    lazy(images[:1])  # sets the sizes, before the optimiser is made
    print(lazy[0].in_channels, lazy[3].in_features)
    # --8<-- [end:lazy]

    # --8<-- [start:solution-any-size]
    fixed_size = nn.Sequential(model[0], nn.AdaptiveAvgPool2d(2), nn.Flatten())
    for side in (8, 13, 32):
        print(side, tuple(fixed_size(torch.zeros(1, 3, side, side)).shape))
    # --8<-- [end:solution-any-size]
