"""A doctor for a program that trains a neural network, in one file.

Put this file beside your program. It needs NumPy, and uses PyTorch if it is there.

    from doctor import Doctor, explain
"""

import re
from typing import NamedTuple


class Explanation(NamedTuple):
    """What a message means: the page that has it all, the cause, the fix."""

    page: str
    cause: str
    fix: str


class Known(NamedTuple):
    """Messages with one explanation; * stands for whatever differs between them."""

    explanation: Explanation
    messages: tuple[str, ...]


def known(page: str, cause: str, fix: str, *messages: str) -> Known:
    """Return these messages with their explanation."""
    return Known(Explanation(page, cause, fix), messages)


MESSAGES = [
    # Shapes
    known(
        "errors/shape-mismatch",
        "a matrix product got a matrix whose rows are not as long as the layer expects",
        "print X.shape just before the layer that stands in the traceback; set the "
        "layer's in_features to the last number, or mend X",
        "mat1 and mat2 shapes cannot be multiplied",
        "size mismatch, m1: [*], m2: [*]",
        "mat1 dim 1 must match mat2 dim 0",
        "size mismatch, got input (*), mat (*), vec (*)",
        "matmul: Input operand * has a mismatch in its core dimension *",
        "shapes (*) and (*) not aligned",
        "1D tensors expected, but got *D and *D tensors",
        "both arguments to matmul need to be at least 1D",
    ),
    known(
        "errors/shape-mismatch",
        "two arrays are added, subtracted or compared, and their shapes do not fit",
        "print both shapes; sizes must be equal or 1, counted from the last dimension",
        "operands could not be broadcast together",
        "The size of tensor a (*) must match the size of tensor b (*)",
        "non-broadcastable output operand with shape *",
    ),
    known(
        "errors/shape-mismatch",
        "the new shape has another number of elements than the array",
        "let one size be -1: X.reshape(len(X), -1)",
        "shape '*' is invalid for input of size *",
        "cannot reshape array of size * into shape *",
    ),
    known(
        "errors/shape-mismatch",
        "arrays of different length are put side by side, or on top of each other",
        "take the same rows of both, and name the dimension along which to join",
        "Sizes of tensors must match except in dimension *",
        "all the input array dimensions except for the concatenation axis must match *",
    ),
    known(
        "errors/shape-mismatch",
        "X and y do not have the same number of rows",
        "slice and shuffle X and y with the same row numbers; print both lengths",
        "Expected input batch_size (*) to match target batch_size (*)",
        "Size mismatch between tensors",
        "Found input variables with inconsistent numbers of samples: *",
        "Data cardinality is ambiguous",
    ),
    known(
        "errors/shape-mismatch",
        "class numbers come in a column, (n, 1), or in rows of ones and zeros",
        "CrossEntropyLoss wants one class number a row, (n,): y.squeeze(1), or "
        "y.argmax(1) for one-hot rows",
        "multi-target not supported",
    ),
    known(
        "errors/shape-mismatch",
        "the loss got predictions of shape (n, 1) and targets of shape (n,)",
        "give both the same shape: y.unsqueeze(1)",
        "Target size (*) must be the same as input size (*)",
    ),
    known(
        "errors/shape-mismatch",
        "the weights that are loaded belong to a network with other layer sizes",
        "build the network with the sizes that it was saved with",
        "size mismatch for *: copying a param with shape * from checkpoint",
    ),
    known(
        "errors/shape-mismatch",
        "the rows of a list have different lengths, so that they are no matrix",
        "find the short row, or pad the rows to one length",
        "setting an array element with a sequence",
        "The requested array has an inhomogeneous shape",
    ),
    known(
        "errors/shape-mismatch",
        "a layer got an array with another number of dimensions, channels or features",
        "print X.shape before the layer; images are (batch, channels, height, width), "
        "sequences (batch, time, features) with batch_first=True",
        "Expected 2D (unbatched) or 3D (batched) input to *",
        "Expected *-dimensional input for *-dimensional weight *",
        "expected 2D or 3D input (got *D input)",
        "running_mean should contain * elements not *",
        "input.size(-1) must be equal to input_size. Expected *, got *",
        "Dimension out of range (expected to be in range of *, but got *)",
    ),
    known(
        "errors/image-shapes",
        "a convolution got channels last, a grey image without its channel, flat rows, "
        "or no batch dimension",
        "images are (batch, channels, height, width): X.permute(0, 3, 1, 2) for "
        "channels last, X.unsqueeze(1) for grey ones, X.unsqueeze(0) for a single one",
        "Given groups=*, weight of size *, expected input* to have * channels",
        "Expected 3D (unbatched) or 4D (batched) input to *",
        "expected 4D input (got *D input)",
    ),
    known(
        "errors/image-shapes",
        "the image has been pooled away before it reaches this layer",
        "fewer layers of stride 2, padding, or larger images",
        "Kernel size can't be greater than actual input size",
        "Output size is too small",
    ),
    known(
        "errors/image-shapes",
        "view is called on a tensor whose axes were exchanged",
        "X.reshape(…) or X.flatten(1) instead of X.view(…)",
        "view size is not compatible with input tensor's size and stride",
    ),
    known(
        "errors/dataloader",
        "the rows of a batch have different sizes",
        "a collate_fn that pads them, torch.nn.utils.rnn.pad_sequence; resize images",
        "stack expects each tensor to be equal size",
        "each element in list of batch should be of equal size",
    ),
    known(
        "errors/dataloader",
        "__getitem__ returned None or an object, often for want of a return",
        "return tensors, arrays or numbers",
        "default_collate: batch must contain tensors, numpy arrays, numbers*",
    ),
    known(
        "errors/dataloader",
        "worker processes import the program again, and nothing guards it; or a worker "
        "raised",
        'if __name__ == "__main__": around what starts the work; try num_workers=0',
        "An attempt has been made to start a new process before the current process *",
        "DataLoader worker (pid*) * exited unexpectedly",
    ),
    known(
        "errors/dataloader",
        "the data set is empty",
        "look at the path, and at len(dataset)",
        "num_samples should be a positive integer value",
    ),
    known(
        "errors/dataloader",
        "a loader is neither a list nor an iterator",
        "loader.dataset[0] for a row, next(iter(loader)) for a batch",
        "'DataLoader' object is not subscriptable",
        "'DataLoader' object is not an iterator",
    ),
    known(
        "errors/saving-and-loading",
        "the names in the file are not the model's, often by a prefix such as module.",
        'take the prefix off: {k.removeprefix("module."): v for k, v in state.items()}',
        "Missing key(s) in state_dict: *",
        "Unexpected key(s) in state_dict: *",
    ),
    known(
        "errors/saving-and-loading",
        "the file holds more than weights: a whole model, or a NumPy number",
        "save model.state_dict() and float(…); weights_only=False for a file you trust",
        "Weights only load failed",
        "Unsupported global: GLOBAL *",
    ),
    known(
        "errors/saving-and-loading",
        "the file holds the weights, not the model",
        "build the model first, then model.load_state_dict(torch.load(file))",
        "'collections.OrderedDict' object has no attribute '*'",
    ),
    known(
        "errors/saving-and-loading",
        "the optimiser was made for other parameters than the saved one",
        "make it for the same model, in the same order",
        "loaded state dict contains a parameter group that doesn't match the size of *",
    ),
    known(
        "errors/saving-and-loading",
        "the file is incomplete",
        "copy or save it again",
        "PytorchStreamReader failed reading zip archive",
    ),
    known(
        "errors/out-of-memory",
        "graphs outlive their step, or the batch is too large",
        "torch.no_grad() in evaluation, loss.item() for totals; a smaller batch",
        "CUDA out of memory",
        "CUDA error: out of memory",
        "MPS backend out of memory",
        "DefaultCPUAllocator: * you tried to allocate *",
        "Unable to allocate * for an array with shape *",
    ),
    known(
        "errors/hidden-state-not-detached",
        "an LSTM's state is a pair of tensors",
        "hidden = tuple(part.detach() for part in hidden)",
        "'tuple' object has no attribute 'detach'",
    ),
    known(
        "errors/hidden-state-not-detached",
        "the last batch is smaller than the state that is carried on",
        "DataLoader(…, drop_last=True)",
        "Expected hidden size *, got *",
        "Expected hidden[*] size *, got *",
    ),
    known(
        "errors/forgotten-eval",
        "batch normalisation got a single row: the last batch of an epoch has one row, "
        "or one row is predicted in training mode",
        "in training: DataLoader(…, drop_last=True); when predicting: model.eval()",
        "Expected more than 1 value per channel when training",
    ),
    known(
        "errors/broadcast-loss",
        "predictions (n, 1) and targets (n,) are broadcast to (n, n): every prediction "
        "is compared with every target",
        "give both the same shape: y.unsqueeze(1)",
        "Using a target size (*) that is different to the input size (*)",
    ),
    # Types and labels
    known(
        "errors/wrong-dtype",
        "NumPy computes in float64 and PyTorch's layers in float32, or a layer got "
        "whole numbers",
        "convert once, where the tensors are made: X.float(), y.float()",
        "mat1 and mat2 must have the same dtype",
        "expected m1 and m2 to have the same dtype",
        "expected scalar type * but found *",
        "Expected object of scalar type * but got scalar type *",
        "Found dtype * but expected *",
        "Input type (*) and bias type (*) should be the same",
        "Input type (*) and weight type (*) should be the same",
        "RNN input dtype (*) does not match weight dtype (*)",
        "result type * can't be cast to the desired output type *",
        "could not infer output dtype",
        "Input dtype must be either a floating point or complex dtype",
        "Only Tensors of floating point and complex dtype can require gradients",
        "\"*\" not implemented for '*'",
    ),
    known(
        "errors/wrong-dtype",
        "CrossEntropyLoss wants class numbers as int64 (long), and got another type",
        "y.long(), of shape (n,); if y are numbers to predict, use MSELoss",
        "expected target dtype to be Long or Byte",
        "expected scalar type Long but found *",
        "Expected object of scalar type Long but got scalar type *",
        "Expected floating point type for target with class probabilities",
    ),
    known(
        "errors/wrong-dtype",
        "a label is below 0, or not below the number of outputs",
        "labels must be 0 to n_classes - 1: print y.unique() and the model's last "
        "layer; on a GPU, run once on the CPU to read the real message",
        "Target * is out of bounds",
        "Assertion `t >= 0 && t < n_classes` failed",
        "Assertion `cur_target >= 0 && cur_target < n_classes` failed",
        "CUDA error: device-side assert triggered",
    ),
    known(
        "errors/wrong-dtype",
        "an embedding got a number that is not below its num_embeddings",
        "print the largest index and num_embeddings; the vocabulary has grown, or "
        "starts at 1",
        "index out of range in self",
        "Expected tensor for argument #* 'indices' to have one of the following *",
    ),
    known(
        "errors/wrong-dtype",
        "PyTorch got an array or a list that is not made of numbers it knows",
        "X = torch.tensor(np.asarray(X, dtype=np.float32)); where that fails, the "
        "message names the text among the numbers",
        "must be Tensor, not *",
        "can't convert np.ndarray of type numpy.*",
        "could not convert string to float: *",
        "Could not infer dtype of *",
        "too many dimensions 'str'",
    ),
    known(
        "errors/wrong-dtype",
        "an array of whole numbers cannot take a fraction",
        "w = w.astype(float) before the training",
        "Cannot cast ufunc '*' output from dtype('*') to dtype('*') *",
    ),
    # Devices
    known(
        "errors/different-devices",
        "model and batch are in different memories, one on the GPU, one on the CPU",
        "model.to(device) once, and in the loop X, y = X.to(device), y.to(device); "
        ".to() of a tensor returns a copy, so assign it",
        "Expected all tensors to be on the same device",
        "mat1 is on *, different from other tensors on *",
        "Expected object of device type * but got device type *",
        "Expected object of backend * but got backend *",
        "Tensor for argument #* is on CPU, but expected * to be on GPU",
        "Input type (torch.cuda.*Tensor) and "
        "weight type (torch.FloatTensor) should be the same",
        "Input type (torch.FloatTensor) and "
        "weight type (torch.cuda.*Tensor) should be the same",
        "Input type (CUDA*Type) and weight type (CPU*Type) should be the same",
        "Input type (CPU*Type) and weight type (CUDA*Type) should be the same",
        "Input type (MPSFloatType) and "
        "weight type (torch.FloatTensor) should be the same",
        "Input and parameter tensors are not at the same device",
        "Input and hidden tensors are not at the same device",
        "indices should be either on * or on the same device as the indexed tensor *",
        "Expected a '*' device type for generator but found '*'",
        "Placeholder storage has not been allocated on MPS device",
    ),
    known(
        "errors/different-devices",
        "PyTorch finds no GPU: it was built without CUDA, or GPU or driver are missing",
        'device = "cuda" if torch.cuda.is_available() else "cpu", and .to(device)',
        "Torch not compiled with CUDA enabled",
        "Found no NVIDIA driver on your system",
        "No CUDA GPUs are available",
    ),
    known(
        "errors/different-devices",
        "the file was saved on a GPU, and this machine has none",
        'torch.load(file, map_location="cpu")',
        "Attempting to deserialize object on a CUDA device",
    ),
    known(
        "errors/different-devices",
        "NumPy cannot read the memory of a GPU",
        "tensor.detach().cpu().numpy()",
        "can't convert * device type tensor to numpy",
    ),
    # The graph
    known(
        "errors/graph-errors",
        "backward() goes through a part of the graph a second time: a total or a state "
        "of the last step is still attached, or backward() is called twice in one step",
        "keep numbers, not tensors: total += loss.item(), state = state.detach(); add "
        "two losses and call backward() once",
        "Trying to backward through the graph a second time",
    ),
    known(
        "errors/graph-errors",
        "the loss is not connected to a parameter that wants gradients",
        "look for torch.no_grad(), .detach(), .numpy(), torch.tensor(prediction), "
        "argmax or requires_grad_(False) between the model and the loss",
        "element * of tensors does not require grad and does not have a grad_fn",
        "One of the differentiated Tensors does not require grad",
        "To copy construct from a tensor, it is recommended to use *",
        "element * of variables does not require grad and does not have a grad_fn",
    ),
    known(
        "errors/graph-errors",
        "a parameter is changed while autograd records",
        "with torch.no_grad(): w -= learning_rate * w.grad, or use an optimiser",
        "a leaf Variable that requires grad is being used in an in-place operation",
        "a leaf Variable that requires grad has been used in an in-place operation",
        "a view of a leaf Variable that requires grad is being used in an in-place *",
    ),
    known(
        "errors/in-place-modification",
        "a value that backward() needs was changed after it was computed",
        "write x = x + 1 instead of x += 1, ReLU() without inplace=True, and step an "
        "optimiser only after every backward() that uses its parameters",
        "one of the variables needed for gradient computation has been modified by an "
        "inplace operation",
    ),
    known(
        "errors/graph-errors",
        "a tensor with a graph is given to NumPy, or to float(), which would lose it",
        "predictions.detach().cpu().numpy() to look at them, loss.item() to print it",
        "Can't call numpy() on Tensor that requires grad",
        "Can't call numpy() on Variable that requires grad",
        "Converting a tensor with requires_grad=True to a scalar",
    ),
    known(
        "errors/graph-errors",
        "backward() starts from one number, and the loss is an array of them",
        "loss.mean().backward()",
        "grad can be implicitly created only for scalar outputs",
    ),
    known(
        "errors/graph-errors",
        "a .grad is None: backward() has not reached the tensor, or w = w - … made a "
        "new tensor, which is no parameter any more",
        "with torch.no_grad(): w -= learning_rate * w.grad, after loss.backward()",
        "'NoneType' object has no attribute 'zero_'",
        "'NoneType' object has no attribute 'data'",
        "unsupported operand type(s) for *: 'float' and 'NoneType'",
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed",
        "One of the differentiated Tensors appears to not have been used in the graph",
    ),
    # The optimiser
    known(
        "errors/optimizer-without-parameters",
        "the model has no parameters that its optimiser can see: layers stand in a "
        "plain list, or are made outside of __init__",
        "self.layers = nn.ModuleList([…]); then make the optimiser, last",
        "optimizer got an empty parameter list",
        "optimizer can only optimize Tensors, but one of the params is *",
        "params argument given to the optimizer should be an iterable of *",
    ),
    known(
        "errors/optimizer-without-parameters",
        "the optimiser got a tensor that was computed, not a parameter",
        "w = torch.randn(…).mul_(0.1).requires_grad_() or nn.Parameter(…)",
        "can't optimize a non-leaf Tensor",
    ),
    # Numbers that leave the scale
    known(
        "errors/loss-is-nan",
        "numbers grow without limit: the learning rate is too high for the scale of X, "
        "or X holds a NaN, a typing error, or raw values",
        "standardise X, assert np.isfinite(X).all(), divide the learning rate by 10",
        "overflow encountered in *",
        "invalid value encountered in subtract",
        "invalid value encountered in multiply",
        "invalid value encountered in matmul",
        "invalid value encountered in add",
        "invalid value encountered in square",
        "invalid value encountered in reduce",
        "Function '*' returned nan values in its *th output",
        "The total norm of order * for gradients from * is non-finite",
        "probability tensor contains either `inf`, `nan` or element < 0",
        "to satisfy the constraint *, but found invalid values",
        "cannot convert float NaN to integer",
    ),
    known(
        "errors/loss-is-nan",
        "a cell of X or y is NaN or infinite",
        "find it with np.argwhere(~np.isfinite(X)), and fill it or drop its row",
        "Input * contains NaN",
        "Input contains NaN",
        "Input * contains infinity or a value too large for *",
    ),
    known(
        "deeper/stable-forms",
        "exp of a number above 709 (88 in float32) is infinite; harmless in a sigmoid, "
        "NaN in a softmax",
        "subtract the row's maximum before exp; for a sigmoid, use the form for "
        "negative numbers as well",
        "overflow encountered in exp",
        "math range error",
    ),
    known(
        "errors/log-of-zero",
        "the logarithm of a probability that was rounded to 0",
        "compute the loss from the logits: np.logaddexp(0, z) - y * z, "
        "nn.BCEWithLogitsLoss or nn.CrossEntropyLoss",
        "divide by zero encountered in log*",
        "invalid value encountered in log*",
        "math domain error",
        "expected a positive input, got 0.0",
        "all elements of input should be between 0 and 1",
    ),
    known(
        "errors/constant-column",
        "0 divided by 0, or by a standard deviation of 0: a column of X is constant",
        "std = np.where(std == 0, 1, std); a softmax written by hand gives it too, "
        "after an overflow in exp",
        "invalid value encountered in divide",
        "invalid value encountered in true_divide",
        "divide by zero encountered in divide",
        "divide by zero encountered in true_divide",
    ),
    # What the data and the metrics say
    known(
        "errors/rare-classes",
        "the network never answers with one of the classes",
        "count the classes; weight the rare one (pos_weight, class_weight), and judge "
        "by recall",
        "Precision is ill-defined and being set to 0.0 *",
        "F-score is ill-defined and being set to 0.0 *",
        "Precision and F-score are ill-defined and being set to 0.0 *",
        "Only one class * present in y_true",
        "The least populated class in y has only 1 member",
    ),
    known(
        "errors/preprocessing-mismatch",
        "what is predicted was not prepared as the training rows were",
        "fit the scaler on the training rows once, save it, and use transform",
        "X has * features, but * is expecting * features as input",
        "This StandardScaler instance is not fitted yet",
    ),
    known(
        "errors/softmax-twice",
        "a softmax without its dimension, often before a loss that takes its own",
        "give CrossEntropyLoss the logits; elsewhere, softmax(dim=1)",
        "Implicit dimension choice for * has been deprecated",
    ),
    known(
        "errors/not-reproducible",
        "an operation of the GPU gives other last digits each time",
        "set CUBLAS_WORKSPACE_CONFIG=:4096:8, or allow it with warn_only=True",
        "does not have a deterministic implementation, but you set *",
        "Deterministic behavior was enabled with either *",
    ),
]


def pattern(message: str) -> re.Pattern:
    """Return what finds a message, whatever stands where it has a *."""
    parts = map(re.escape, message.rstrip("* ").split("*"))
    return re.compile(".{0,200}?".join(parts), re.IGNORECASE)


PATTERNS = [
    (len(message.replace("*", "")), pattern(message), entry.explanation)
    for entry in MESSAGES
    for message in entry.messages
]


def explain(message: str) -> list[Explanation]:
    """Return what is known about a message or a whole traceback, the closest first."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(message)).replace("’", "'")
    text = " ".join(text.split())
    found, spans = {}, []
    for length, words, explanation in sorted(PATTERNS, key=lambda known: -known[0]):
        for match in words.finditer(text):
            start, end = match.span()
            if not any(first <= start and end <= last for first, last in spans):
                found[explanation] = length
                spans.append((start, end))
    return list(found)


import contextlib
import copy
import math
import random
import textwrap
import warnings
import weakref
from collections.abc import Callable, Iterator

import numpy as np

try:
    import torch
except ImportError:  # then every model is a NumPy model
    torch = None


def is_tensor(value: object) -> bool:
    """Tell whether a value is a tensor of PyTorch."""
    return torch is not None and isinstance(value, torch.Tensor)


def is_module(value: object) -> bool:
    """Tell whether a value is a network of PyTorch."""
    return torch is not None and isinstance(value, torch.nn.Module)


def number(value: object) -> float:
    """Return a loss as a number, with or without its graph, from any device."""
    return float(value.detach()) if is_tensor(value) else float(value)


def array(value: object) -> np.ndarray:
    """Return a copy of a tensor or an array in float64, from any device."""
    if is_tensor(value):
        return value.detach().to("cpu", torch.float64, copy=True).numpy()
    return np.array(value, dtype=float)


def equal(one: object, other: object) -> bool:
    """Tell whether two arrays, on any device, hold the same numbers."""
    return np.array_equal(array(one), array(other), equal_nan=True)


def are_arrays(*values: object) -> bool:
    """Tell whether each value is one array or one tensor."""
    return all(is_tensor(value) or isinstance(value, np.ndarray) for value in values)


def like(values: np.ndarray, example: object) -> object:
    """Return values as the example is: an array, or a float tensor on its device."""
    if not is_tensor(example):
        return values
    dtype = example.dtype if example.is_floating_point() else torch.float32
    return torch.as_tensor(values, dtype=dtype, device=example.device)


class Unknown(Exception):  # noqa: N818, it is no error
    """Why a check could not look at something."""


@contextlib.contextmanager
def without_a_trace() -> Iterator[None]:
    """Put every random state back afterwards, and show no warning."""
    states = random.getstate(), np.random.get_state()  # noqa: NPY002, theirs to keep
    fork = torch.random.fork_rng() if torch is not None else contextlib.nullcontext()
    try:
        with fork, np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002


def answer(model: object, X: object) -> object:
    """Return what a model, a function or an object with predict makes of X."""
    for name in ("__call__", "predict", "forward"):
        if name != "__call__" and hasattr(model, name):
            return getattr(model, name)(X)
        if name == "__call__" and callable(model):
            try:
                return model(X)
            except NotImplementedError as error:  # a list of layers
                raise Unknown("the model has no forward") from error
    raise Unknown("the model cannot be called: it is a list of arrays, or missing")


def first_tensor(output: object) -> object:
    """Return the first array of an output that may be a tuple or a dictionary."""
    while isinstance(output, tuple | list | dict):
        output = next(iter(output.values() if isinstance(output, dict) else output))
    return output


def twin(model: object, memo: dict, *, training: bool | None = None) -> object:
    """Return a copy of a model; memo leads from its tensors to the copy's."""
    copied = copy.deepcopy(model, memo)
    if is_module(copied) and training is not None:
        copied.train(training)
    return copied


def nodes(tensor: object) -> list[object]:
    """Return the operations that a tensor was computed with, the last one first."""
    found, todo = {}, [tensor.grad_fn]
    while todo:
        node = todo.pop(0)
        if node is not None and node not in found:
            found[node] = None
            todo += [following for following, _index in node.next_functions]
    return list(found)


def operation(node: object) -> str:
    """Return the name of a node without its ending: Relu, Addmm, Sigmoid."""
    return re.sub(r"Backward\d*$", "", node.name().rpartition("::")[2])


def leaves(tensor: object) -> list[object]:
    """Return the trainable tensors that a tensor was computed from, the first first."""
    holders = [node for node in nodes(tensor) if hasattr(node, "variable")]
    return [node.variable for node in reversed(holders)]


SHAPING = {"View", "UnsafeView", "ReshapeAlias", "Squeeze", "Unsqueeze", "Clone", "T"}


def last_operation(output: object) -> str:
    """Return the last operation of a network that is more than a change of shape."""
    for node in nodes(output):
        if operation(node) not in SHAPING:
            return operation(node)
    return ""


class Trial:
    """A step on copies: what the network, the loss and backward say of a batch."""

    def __init__(self, doctor: "Doctor", X: object, y: object) -> None:
        self.X, self.y, self.error = X, y, None
        self.output, self.loss, self.weights, self.gradients = None, None, [], []
        self.memo: dict = {}
        self.is_one_array = True
        self.doing = "a copy of the model"
        try:
            with without_a_trace():
                self.run(doctor)
        except Exception as error:  # noqa: BLE001, reported or explained below
            self.error = error

    def run(self, doctor: "Doctor") -> None:
        """Go forwards and backwards; `doing` says how far it came."""
        is_alone = are_arrays(self.X) and len(self.X) == 1  # no batch to normalise
        model = twin(doctor.model, self.memo, training=False if is_alone else None)
        self.doing = "the forward pass"
        output = answer(model, self.X)
        self.output = first_tensor(output)
        self.is_one_array = self.output is output
        if doctor.loss_fn is None or self.y is None:
            return
        self.doing = "the loss"
        self.loss = doctor.loss_fn(output, self.y)
        self.doing = "the backward pass"
        if is_module(model) or is_tensor(self.loss):
            self.backward()

    # --8<-- [start:dry-step]
    def backward(self) -> None:
        """Ask for the gradients of the tensors in use, and leave .grad as it is."""
        self.weights = leaves(self.loss)
        if not self.weights:
            self.loss.backward()  # says what is wrong
        self.gradients = torch.autograd.grad(
            self.loss, self.weights, retain_graph=True, allow_unused=True
        )

    # --8<-- [end:dry-step]


class Finding(NamedTuple):
    """A failure, named as its page is, the measurement that shows it, and the fix."""

    failure: str
    evidence: str
    fix: str
    page: str


def finding(failure: str, evidence: str, fix: str = "") -> Finding:
    """Return a finding with this fix, or with the usual one."""
    return Finding(failure, evidence, fix or FIXES[failure], f"errors/{failure}")


class Doctor:
    """Watches a training, and says what is wrong and what it could not look at."""

    ROWS = 1024  # kept, to look at when the training is over
    BATCHES = 300  # whose targets are compared

    def __init__(
        self, model: object = None, optimizer: object = None, loss_fn: object = None
    ) -> None:
        self.model, self.loss_fn = model, loss_fn
        is_many = isinstance(optimizer, tuple | list)
        self.optimizers = [o for o in (optimizer if is_many else [optimizer]) if o]
        self.trials: list[Trial] = []
        self.losses: list[float] = []
        self.batch_means: list[float] = []
        self.batch_sizes: list[int] = []
        self.X: list = []  # the rows of the first steps
        self.y: list = []
        self.n_kept = 0
        self.train_losses: list[float] = []
        self.valid_losses: list[float] = []
        self.messages: list[str] = []
        self.failed: dict[str, None] = {}  # what step could not look at
        self.bad: str | None = None  # where the first NaN was
        self.second_run: list[float] | None = None
        self.best: dict | None = None
        self.loaded_states: str | None = None  # what differs from a file
        self.slopes: list[float] = []  # relative errors of a backward pass
        self.weights = Weights(self)
        self.graphs = Graphs()

    def check(self, X: object, y: object = None) -> "Doctor":
        """Take one step with a batch on copies; a later batch is compared with it."""
        self.trials.append(Trial(self, X, y))
        return self

    def step(self, loss: object, X: object = None, y: object = None) -> None:
        """Note a training step that was just taken."""
        try:
            self.note(loss, X, y)
        except Exception as error:  # noqa: BLE001, the report lists it
            self.failed[f"step: {type(error).__name__}: {error}"] = None

    def note(self, loss: object, X: object, y: object) -> None:
        """Note loss, targets and gradients of a step."""
        self.losses.append(number(loss))
        self.graphs.note(loss)
        if not math.isfinite(self.losses[-1]) and self.bad is None:
            self.bad = first_bad(self, X, y)
        if y is not None:
            self.note_rows(X, y)
        self.weights.look(X, y)

    def note_rows(self, X: object, y: object) -> None:
        """Note the mean of the targets, and keep a copy of the first rows."""
        if len(self.batch_means) < self.BATCHES:
            self.batch_means.append(mean(y))
            self.batch_sizes.append(len(y))
        if self.n_kept >= self.ROWS or not are_arrays(X, y):
            return
        self.n_kept += len(y)
        for kept, new in ((self.X, X), (self.y, y)):
            kept.append(new.detach().clone() if is_tensor(new) else np.array(new))

    def epoch(self, train_loss: object, valid_loss: object = None) -> None:
        """Note the losses of an epoch."""
        self.train_losses.append(number(train_loss))
        for loss in (train_loss, valid_loss):
            self.graphs.note_epoch(loss)
        if valid_loss is not None:
            self.valid_losses.append(number(valid_loss))
            self.weights.mode.look()
        self.weights.note_epoch()

    def again(self, losses: list) -> None:
        """Note the losses that a second run of the same program had, step by step."""
        self.second_run = [number(loss) for loss in losses]

    def backward(self, loss: Callable, weights: list, gradients: list) -> None:
        """Compare gradients with slopes of loss() along a direction, array by array.

        Each array is nudged for that, and then holds its own numbers again.
        """
        rng = np.random.default_rng(0)
        for W, gradient in zip(weights, gradients, strict=True):
            own, nudge = W.copy(), rng.choice([-1e-6, 1e-6], W.shape)
            slopes = []
            for sign in (1, -1):
                W[...] = own + sign * nudge
                slopes.append(loss())
            W[...] = own
            measured, given = (slopes[0] - slopes[1]) / 2, np.sum(gradient * nudge)
            scale = abs(measured) + abs(given) + 1e-12 * abs(slopes[0])
            self.slopes.append(float(abs(measured - given) / scale))

    def loaded(self, model_state: dict, optimizer_state: dict | None = None) -> None:
        """Compare model and optimiser, now, with the state dicts of a file."""
        own = self.model.state_dict()
        same = {n for n in model_state if n in own and equal(own[n], model_state[n])}
        found = []
        if len(same) < len(model_state):
            missed = len(model_state) - len(same)
            found.append(f"{missed} of {len(model_state)} tensors differ from the file")
        for optimizer in self.optimizers if optimizer_state else []:
            now, saved = (
                max((int(each.get("step", 0)) for each in states.values()), default=0)
                for states in (optimizer.state, optimizer_state["state"])
            )
            if now < saved:
                found.append(f"the optimizer has {now} steps behind it, not {saved}")
        self.loaded_states = "; ".join(found)

    def kept(self, weights: dict) -> None:
        """Note the state dict that is kept as the best one."""
        self.best = weights

    def __enter__(self) -> "Doctor":
        """Let `with doctor:` note what ends the program."""
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        """Note the exception that ended the program, and let it pass."""
        if isinstance(error, Exception):
            self.messages.append(str(error))

    def findings(self) -> list[Finding]:
        """Return what is wrong, the most certain first."""
        return self.look()[0]

    def look(self) -> tuple[list[Finding], dict[str, str]]:
        """Ask every question; return the findings, and why the others are open."""
        if not self.trials and self.X:  # check was not called
            self.check(self.X[0], self.y[0])
        found, unknown = explained(self), {}
        for failure, question in QUESTIONS.items():
            try:
                with without_a_trace():
                    evidence = question(self)
            except Unknown as reason:
                unknown[failure] = str(reason)
            except Exception as error:  # noqa: BLE001, the report lists it
                unknown[failure] = f"{type(error).__name__}: {error}"
            else:
                if evidence and failure not in {finding.failure for finding in found}:
                    is_worded = isinstance(evidence, Finding)
                    found.append(evidence if is_worded else finding(failure, evidence))
        return found, unknown

    def report(self) -> str:
        """Return the findings in words, what is in order, and what was not checked."""
        found, unknown = self.look()
        lines = [f"{len(found)} found, {len(unknown)} not checked."]
        for finding in found:
            lines += ["", wrapped(f"{finding.failure}: {finding.evidence}")]
            lines += [wrapped(f"  fix: {finding.fix}"), f"  page: {finding.page}"]
        named = {finding.failure for finding in found}
        fine = [name for name in QUESTIONS if name not in named | set(unknown)]
        lines += ["", wrapped("In order: " + (", ".join(fine) or "nothing"))]
        lines += ["\nNot checked:"] if unknown or self.failed else []
        reasons: dict[str, list[str]] = {}
        for name, reason in unknown.items():
            reasons.setdefault(reason, []).append(name)
        texts = [f"  {', '.join(names)}: {why}" for why, names in reasons.items()]
        lines += map(wrapped, [*texts, *(f"  {problem}" for problem in self.failed)])
        return "\n".join(lines)


def wrapped(text: str) -> str:
    """Return a text in lines of at most 78 characters, the later ones indented."""
    return textwrap.fill(text, 78, subsequent_indent="    ", break_on_hyphens=False)


def explained(doctor: Doctor) -> list[Finding]:
    """Return what the exceptions and warnings, of copies or the program, mean."""
    texts = [str(trial.error) for trial in doctor.trials if trial.error]
    found = {}
    for text in texts + doctor.messages:
        for page, cause, fix in explain(text)[:1]:
            failure = page.rpartition("/")[2]
            evidence = f"“{text.splitlines()[0][:160]}”: {cause}"
            found.setdefault(failure, Finding(failure, evidence, fix, page))
    return list(found.values())


def trial(doctor: Doctor) -> Trial:
    """Return the first batch that was checked, if it came through."""
    if not doctor.trials:
        raise Unknown("call check(X, y) with one batch before the training")
    first = doctor.trials[0]
    if first.error:
        raise Unknown(f"{first.doing} failed: {first.error}")
    return first


def trial_with_loss(doctor: Doctor) -> Trial:
    """Return the first batch that was checked, if its loss is known."""
    first = trial(doctor)
    if first.loss is None:
        raise Unknown("give Doctor a loss_fn, and check both X and y")
    return first


def mean(y: object) -> float:
    """Return the mean of a batch of targets; of several columns, each weighs more."""
    if not are_arrays(y):
        y = np.asarray(y, dtype=float)
    if y.ndim != 2 or y.shape[1] == 1:
        return float(y.sum()) / math.prod(y.shape)
    sums = y.sum(0).tolist()
    return sum(place * value for place, value in enumerate(sums, 1)) / len(y)


def trainable(doctor: "Doctor") -> list:
    """Return the tensors that are trained, in the order of the model."""
    model, held = doctor.model, held_by(doctor.optimizers)
    if is_module(model):
        ids = {id(p) for p in held}
        own = [p for p in model.parameters() if p.requires_grad]
        return [p for p in own if id(p) in ids] or own
    listed = model if isinstance(model, list | tuple) else []
    return [p for p in listed if is_tensor(p) and p.requires_grad] or held


def held_by(optimizers: list) -> list:
    """Return the tensors that the optimisers step."""
    return [p for o in optimizers for group in o.param_groups for p in group["params"]]


def is_hidden(model: object) -> Callable[[object], bool]:
    """Return a function that tells whether a tensor is a matrix, and no embedding."""
    tables = set()
    if is_module(model):
        kinds = torch.nn.Embedding, torch.nn.EmbeddingBag
        layers = [layer for layer in model.modules() if isinstance(layer, kinds)]
        tables = {id(layer.weight) for layer in layers}
    return lambda p: p.ndim > 1 and p.is_floating_point() and id(p) not in tables


class Weights:
    """Looks at the weights and their gradients after each step."""

    ALL = 30  # steps to look at, each of them; then every tenth

    def __init__(self, doctor: "Doctor") -> None:
        self.doctor, tensors = doctor, trainable(doctor)
        self.matrices = [p for p in tensors if is_hidden(doctor.model)(p)]
        self.watched = (self.matrices or tensors or [None])[-1]
        self.start = None if self.watched is None else self.watched.detach().clone()
        self.steps = self.changes = self.cleared = self.left = 0
        self.start_arrays = [W.copy() for W in matrices(doctor.model)]
        self.version, self.is_silent = self.version_now(), False
        self.used, self.used_version, self.since = None, 0, 0
        self.last_gradient, self.better = None, []
        self.alive: dict[int, object] = {}
        self.norms: list[tuple[float, float]] = []
        self.mode = Mode(doctor.model)
        self.epoch_at: tuple[int, int] | None = None

    def version_now(self) -> int:
        """Return PyTorch's count of the changes of the watched tensor."""
        return 0 if self.watched is None else self.watched._version

    def look(self, X: object, y: object) -> None:
        """Look at what a step has left behind."""
        if self.watched is None:
            return
        self.steps += 1
        self.since += 1
        self.mode.note()
        if self.steps > self.ALL and self.steps % 10:
            return
        changed = self.version_now() != self.version or self.is_silent
        self.version = self.version_now()
        if changed:
            self.changes += 1
            self.look_at_gradient(X, y)
        if self.steps == 3 and not self.changes:  # weights changed by way of .data
            self.is_silent = not torch.equal(self.watched, self.start)
        if self.steps <= 3 or self.steps % 50 == 0:
            self.look_at_layers()

    # --8<-- [start:leftover-gradients]
    def look_at_gradient(self, X: object, y: object) -> None:
        """Tell whether the gradient of the last update was cleared before this one.

        PyTorch counts how often a tensor changes: since the last update, a gradient
        that is still the same tensor was added to once a step, or also cleared.
        """
        gradient, previous = self.watched.grad, self.used
        changes = 0 if gradient is None else gradient._version - self.used_version
        once_a_step, self.since = self.since, 0
        self.used = gradient
        self.used_version = 0 if gradient is None else gradient._version
        if gradient is None or gradient is not previous:
            self.cleared += 1
        elif changes == once_a_step:
            self.left += 1
        elif changes > once_a_step == 1 and len(self.better) < 4:
            self.compare(gradient, X, y)

    # --8<-- [end:leftover-gradients]

    def compare(self, gradient: object, X: object, y: object) -> None:
        """Measure how much of the last gradient is in this one, now and then."""
        if self.steps > self.ALL:
            return
        if not bool(gradient.any()):
            self.cleared += 1
            return
        last, self.last_gradient = self.last_gradient, None
        if last is None:
            self.last_gradient = gradient.detach().clone()
            return
        fresh = gradient_of(self.doctor, self.watched, X, y)
        if fresh is not None:
            self.better.append(evidence_of_last(last, fresh, gradient))

    def look_at_layers(self) -> None:
        """Note the size of the first and the last gradient, and which units get one."""
        gradients = [p.grad for p in self.matrices]
        if not gradients or any(g is None for g in gradients):
            return
        self.norms.append((float(gradients[0].norm()), float(gradients[-1].norm())))
        rows = 0 if not is_module(self.doctor.model) else 1
        for layer, gradient in enumerate(gradients[:-1]):
            units = (gradient != 0).flatten(1).any(dim=rows)
            known = self.alive.get(layer)
            self.alive[layer] = units if known is None else known | units

    def note_epoch(self) -> None:
        """Remember what the weights were when an epoch ended."""
        self.epoch_at = self.steps, self.version_now()

    def were_restored(self) -> bool:
        """Tell whether the weights have changed since the last epoch without a step."""
        now = self.steps, self.version_now()
        return (
            self.epoch_at is not None
            and now[0] == self.epoch_at[0]
            and (now[1] != self.epoch_at[1])
        )

    def moved(self) -> float:
        """Return how far the last weights have moved, in their own size."""
        if self.watched is not None:
            change = (self.watched.detach() - self.start).norm()
            return float(change / self.start.norm().clamp_min(1e-12))
        now, start = matrices(self.doctor.model), self.start_arrays
        if not now or now[-1].shape != start[-1].shape:
            return math.inf
        change = np.linalg.norm(now[-1] - start[-1])
        return float(change / max(np.linalg.norm(start[-1]), 1e-12))


def gradient_of(doctor: "Doctor", weight: object, X: object, y: object) -> object:
    """Return the gradient that a batch alone gives a weight now, or None."""
    if X is None or y is None or doctor.loss_fn is None or not is_module(doctor.model):
        return None
    memo: dict = {}
    with without_a_trace(), torch.enable_grad():
        loss = doctor.loss_fn(answer(twin(doctor.model, memo), X), y)
        return torch.autograd.grad(loss, memo[id(weight)], allow_unused=True)[0]


def evidence_of_last(last: object, fresh: object, gradient: object) -> float:
    """Return how much better a · (fresh + last) explains a gradient than a · fresh."""
    b, f, g = (v.detach().flatten().double() for v in (last, fresh, gradient))
    left = []
    for guess in (f, f + b):
        scale = (guess @ g) / (guess @ guess).clamp_min(1e-30)
        left.append(float(((g - scale * guess) ** 2).sum() / (g @ g)))
    return left[0] / max(left[1], 1e-12)


class Mode:
    """Notices forward passes in training mode between the last step and an epoch."""

    def __init__(self, model: object) -> None:
        layers = list(model.modules()) if is_module(model) else []
        counters = [getattr(layer, "num_batches_tracked", None) for layer in layers]
        self.counter = next((c for c in counters if c is not None), None)
        drops = [layer for layer in layers if "Dropout" in type(layer).__name__]
        self.drops = any(layer.p > 0 for layer in drops)
        self.model, self.passes, self.state = model, 0, None
        self.epochs, self.wrong = 0, 0
        self.note()

    def note(self) -> None:
        """Remember how far the counter, or PyTorch's random numbers, have come."""
        if self.counter is not None:
            self.passes = self.counter._version
        elif self.drops:
            self.state = torch.random.get_rng_state()

    # --8<-- [start:mode]
    def look(self) -> None:
        """Tell at the end of an epoch whether the validation was in training mode."""
        self.epochs += 1
        if self.counter is not None:
            self.wrong += self.counter._version > self.passes
        elif self.drops and self.model.training:
            self.wrong += has_drawn(self.state)

    # --8<-- [end:mode]


def has_drawn(state: object) -> bool:
    """Tell whether more random numbers were drawn since than a DataLoader needs."""
    generator = torch.Generator()
    generator.set_state(state)
    for _number in range(8):
        if torch.equal(generator.get_state(), torch.random.get_rng_state()):
            return False
        torch.empty((), dtype=torch.int64).random_(generator=generator)
    return True


class Mark:
    """Lives as long as a graph that it was put into."""


class Graphs:
    """Notices graphs that are still in memory when their step is over.

    Each step puts a mark of its own into the operations behind its loss. A mark dies
    with the last of them; what an older step has marked already keeps its mark.
    """

    STEPS, MOST = 64, 12  # to look at; to be alive at once

    def __init__(self) -> None:
        self.steps = self.with_graph = self.alive = self.size = self.passes = 0
        self.marks: list = []
        self.is_state = self.is_total = False

    # --8<-- [start:graphs]
    def note(self, loss: object) -> None:
        """Mark the graph of a step, and count the earlier ones that are alive."""
        self.steps += 1
        if self.steps > self.STEPS or not is_tensor(loss) or loss.grad_fn is None:
            return
        self.with_graph += 1
        self.alive = max(self.alive, sum(mark() is not None for mark in self.marks))
        mark, todo, size = Mark(), [(loss.grad_fn, True)], 0
        while todo:
            node, is_root = todo.pop()
            if node is None or hasattr(node, "variable"):
                continue
            earlier = node.metadata.setdefault(self, (mark, is_root))
            if earlier[0] is not mark:
                self.is_total |= earlier[1]
                self.is_state |= not earlier[1]
            elif ("seen", self) not in node.metadata:
                node.metadata["seen", self] = True
                size += 1
                todo += [(following, False) for following, _ in node.next_functions]
        self.size = size
        self.marks.append(weakref.ref(mark))

    # --8<-- [end:graphs]

    def note_epoch(self, loss: object) -> None:
        """Measure the graph behind the loss of an epoch in graphs of one step."""
        if is_tensor(loss) and loss.grad_fn is not None and self.size:
            self.passes = max(self.passes, len(nodes(loss)) // self.size)


def finite(values: object) -> bool:
    """Tell whether all numbers are finite."""
    if is_tensor(values):
        return bool(torch.isfinite(values.detach()).all())
    values = np.asarray(values)
    return values.dtype.kind not in "fc" or bool(np.isfinite(values).all())


def hole(name: str, values: object) -> str | None:
    """Return the first entry that is not finite, as X[12, 2] is nan."""
    if isinstance(values, tuple | dict):
        parts = values if isinstance(values, dict) else dict(enumerate(values))
        found = (hole(f"{name}[{key!r}]", part) for key, part in parts.items())
        return next(filter(None, found), None)
    if values is None or finite(values):
        return None
    numbers = array(values)
    place = np.argwhere(~np.isfinite(numbers))[0]
    return f"{name}[{', '.join(map(str, place))}] is {numbers[tuple(place)]}"


# --8<-- [start:first-nan]
def first_bad(doctor: "Doctor", X: object, y: object) -> str:
    """Return where the first NaN of a step is: X, y, the weights, a layer, the loss."""
    step = len(doctor.losses)
    before = f", {doctor.losses[-2]:.3g} before" if step > 1 else ""
    found = f"the loss of step {step} is {doctor.losses[-1]}{before}"
    place = hole("X", X) or hole("y", y) or bad_weights(doctor.model)
    if not place and X is not None and is_module(doctor.model):
        place = bad_layer(doctor.model, X)
    return f"{found}; {place}" if place else found


# --8<-- [end:first-nan]


def bad_weights(model: object) -> str | None:
    """Return the name of the first parameter that is not finite."""
    named = model.named_parameters() if is_module(model) else []
    name = next((name for name, p in named if not finite(p)), None)
    return f"after it, {name} is not finite" if name else None


def bad_layer(model: object, X: object) -> str | None:
    """Return the first layer of a copy whose output is not finite."""
    found: list[str] = []

    def note(name: str, output: object) -> None:
        output = first_tensor(output)
        if is_tensor(output) and not finite(output):
            found.append(f"the first layer with NaN or inf is {name}")

    copied = twin(model, {})
    for name, layer in copied.named_modules():
        if not list(layer.children()):
            layer.register_forward_hook(
                lambda _layer, _in, output, name=name: note(name, output)
            )
    with without_a_trace(), torch.no_grad():
        answer(copied, X)
    return found[0] if found else None


def rows(doctor: Doctor) -> tuple[object, object]:
    """Return the rows that were kept, or those of the first check."""
    if len({np.shape(X)[1:] for X in doctor.X}) > 1:
        raise Unknown("the batches have different shapes")
    if doctor.X and is_tensor(doctor.X[0]):
        return torch.cat(doctor.X), torch.cat(doctor.y)
    if doctor.X:
        return np.concatenate(doctor.X), np.concatenate(doctor.y)
    if not doctor.trials or doctor.trials[0].y is None:
        raise Unknown("give X and y to step(loss, X, y)")
    if not are_arrays(doctor.trials[0].X, doctor.trials[0].y):
        raise Unknown("X or y is more than one array")
    return doctor.trials[0].X, doctor.trials[0].y


def constant_column(doctor: Doctor) -> str | None:
    """Look for a column of X that is NaN in every row: 0 divided by 0."""
    X = doctor.trials[0].X if doctor.trials else rows(doctor)[0]
    if not are_arrays(X) or X.ndim != 2 or len(X) < 2 or finite(X):
        return None
    columns = np.flatnonzero((~np.isfinite(array(X))).all(axis=0))
    return f"column {columns[0]} of X is NaN in every row" if columns.size else None


# --8<-- [start:log-of-zero]
def log_of_zero(doctor: Doctor) -> str | None:
    """Ask the loss for the price of a wrong answer that is sure: it must be finite."""
    if not doctor.losses:
        raise Unknown("call step(loss, X, y) after each step")
    if doctor.bad is None or "; X[" in doctor.bad or "; y[" in doctor.bad:
        return None
    if doctor.loss_fn is None:
        raise Unknown("give Doctor a loss_fn")
    _X, y = rows(doctor)
    output = doctor.trials[0].output if doctor.trials else None
    for answers, labels in sure_and_wrong(output, y):
        loss = cost(doctor, answers, labels)
        if not math.isfinite(loss):
            return f"{doctor.bad}; the loss of a wrong answer that is sure is {loss}"
    return None


# --8<-- [end:log-of-zero]


def sure_and_wrong(output: object, y: object) -> list[tuple[object, object]]:
    """Return answers that are sure and wrong, with their labels."""
    shape = np.shape(output) if output is not None else np.shape(y)
    example = output if output is not None else y
    is_classes = len(shape) == 2 and shape[1] > 1 and np.ndim(y) == 1
    if is_classes:
        sure = np.eye(shape[1])[:1]
        return [(like(scale * sure, example), y[:1] * 0 + 1) for scale in (1, 1000)]
    if not set(np.unique(array(y))) <= {0.0, 1.0}:
        return []
    one = np.ones((1, *shape[1:]))
    return [(like(scale * one, example), y[:1] * 0) for scale in (1, 1000)]


def loss_is_nan(doctor: Doctor) -> str | None:
    """Say where the first NaN is, or by how much the loss has grown."""
    if not doctor.losses and not doctor.trials:
        raise Unknown("call check(X, y) or step(loss, X, y)")
    if constant_column(doctor):
        return None
    batches = [(trial.X, trial.y) for trial in doctor.trials]
    places = (hole("X", X) or hole("y", y) for X, y in batches)
    if doctor.bad is None:
        return next(filter(None, places), None) or growth(doctor.losses)
    return None if doctor.loss_fn and log_of_zero(doctor) else doctor.bad


def growth(losses: list[float]) -> str | None:
    """Say so where the last losses are a hundred times the first one."""
    if len(losses) < 5 or min(losses[-5:]) < 100 * max(losses[0], 1e-3):
        return None
    return f"the loss has grown from {losses[0]:.3g} to {losses[-1]:.3g}"


# --8<-- [start:broadcast-loss]
def broadcast_loss(doctor: Doctor) -> str | None:
    """Compare the loss of perfect predictions in their own shape and in that of y."""
    first = trial_with_loss(doctor)
    shape, y = tuple(np.shape(first.output)), first.y
    if shape == tuple(np.shape(y)) or math.prod(shape) != math.prod(np.shape(y)):
        return None
    perfect = like(array(y).reshape(shape), first.output)
    found = cost(doctor, perfect, y)
    right = cost(doctor, perfect, y.reshape(shape))
    if not found > right + 1e-3:
        return None
    shapes = f"predictions {shape}, targets {tuple(np.shape(y))}"
    return f"{shapes}: perfect predictions have loss {found:.2f}, not {right:.2f}"


# --8<-- [end:broadcast-loss]


def cost(doctor: Doctor, answers: object, labels: object) -> float:
    """Return the loss of answers that no network gave."""
    if doctor.loss_fn is None:
        raise Unknown("give Doctor a loss_fn")
    if doctor.trials and not doctor.trials[0].is_one_array:
        raise Unknown("the model returns more than one array")
    return number(doctor.loss_fn(answers, labels))


def classes_of(first: Trial) -> int:
    """Return the number of classes if y are class numbers and the output has scores."""
    shape = np.shape(first.output)
    is_float = is_tensor(first.y) and first.y.is_floating_point()
    is_scores = len(shape) == 2 and shape[1] > 1 and np.ndim(first.y) == 1
    return shape[1] if is_scores and not is_float else 0


def price(doctor: Doctor, scale: float) -> float:
    """Return the loss of right answers with this score, the others 0."""
    first = trial_with_loss(doctor)
    n_classes = classes_of(first)
    labels = first.y[:1].repeat(n_classes) if n_classes else None
    if n_classes:
        labels = labels * 0 + like_labels(n_classes, first.y)
        sure = like(scale * np.eye(n_classes), first.output)
        return cost(doctor, sure, labels)
    ones = like(np.ones((4, *np.shape(first.output)[1:])), first.output)
    return cost(doctor, scale * ones, like(array(ones), first.y))


def like_labels(n_classes: int, y: object) -> object:
    """Return the labels 0 to n_classes − 1 in the type of y."""
    labels = np.arange(n_classes)
    return torch.as_tensor(labels, device=y.device) if is_tensor(y) else labels


def softmax_twice(doctor: Doctor) -> str | Finding | None:
    """Ask the loss for the price of a perfect answer that went through a softmax."""
    first = trial_with_loss(doctor)
    output, n_classes = array(first.output), classes_of(first)
    shares = output if output.min() >= 0 else np.exp(output)
    if n_classes and len(output) > 1 and np.allclose(shares.sum(axis=0), 1, atol=1e-4):
        found = "each column of the output sums to 1 over the batch, not each row"
        return finding("softmax-twice", found, "softmax or log_softmax with dim=1")
    if output.min() < 0 or output.max() > 1 or not has_labels(first):
        return None
    if n_classes:
        if not np.allclose(output.sum(axis=1), 1, atol=1e-4):
            return None
        perfect, floor = price(doctor, 1.0), math.log((math.e + n_classes - 1) / math.e)
        if perfect < 0:
            return f"each row sums to 1, and the loss, {perfect:.2f}, wants logarithms"
    else:
        if is_tensor(first.output) and last_operation(first.output) != "Sigmoid":
            return None
        perfect, floor = price(doctor, 1.0), math.log(1 + math.exp(-1))
    if not perfect > 0.8 * floor:
        return None
    return f"outputs are probabilities, and a perfect one costs {perfect:.3f}, not 0"


def has_labels(first: Trial) -> bool:
    """Tell whether y are classes: whole numbers, or 0 and 1."""
    return classes_of(first) > 0 or set(np.unique(array(first.y))) <= {0.0, 1.0}


BOUNDS = {"Relu": (0, math.inf), "Softplus": (0, math.inf), "Sigmoid": (0, 1)}
BOUNDS |= {"Tanh": (-1, 1), "Softmax": (0, 1)}


def output_activation(doctor: Doctor) -> str | None:
    """Count the targets that the last operation of the network cannot reach."""
    first = trial_with_loss(doctor)
    name = last_operation(first.output) if is_tensor(first.output) else "Relu"
    output, y = array(first.output), array(rows(doctor)[1])
    if name == "Softmax" and output.shape[-1] == 1:
        return "a softmax of a single output is always 1"
    if not is_tensor(first.output) and not 0.1 < np.mean(output == 0) < 1:
        return None
    if name == "Relu" and has_labels(first):
        likes_more = price(doctor, 10.0) < price(doctor, 1.0) - 0.1
        return (
            "the loss takes logits, and ReLU cuts off all below 0"
            if likes_more
            else None
        )
    if name not in BOUNDS or classes_of(first):
        return None
    low, high = BOUNDS[name]
    beyond = np.mean((y < low) | (y > high))
    if beyond < 0.1:
        return None
    return f"{name} gives {low} to {high}, and {beyond:.0%} of the targets are beyond"


def optimizer_without_parameters(doctor: Doctor) -> str | None:
    """Count the tensors of the computation that the optimiser holds."""
    if not doctor.optimizers:
        raise Unknown("give Doctor the optimizer")
    first, model = trial_with_loss(doctor), doctor.model
    held = held_by(doctor.optimizers)
    ids = {id(first.memo.get(id(p), p)) for p in held}
    owned = [id(weight) in ids for weight in first.weights]
    counted = f"the optimizer holds {sum(owned)} of {len(owned)} tensors in use"
    own = list(model.parameters()) if is_module(model) else held
    stray = [p for p in held if all(p is not q for q in own)]
    copies = {id(first.memo.get(id(p), p)) for p in own}
    hidden = sum(id(weight) not in copies | ids for weight in first.weights)
    if not any(owned) or stray:
        return f"{counted}, and {len(stray)} that are not in the model"
    if hidden:
        return f"{counted}; {hidden} are not among model.parameters()"
    in_order = [id(first.memo.get(id(p), p)) in ids for p in own if p.requires_grad]
    is_backbone = not any(in_order[: in_order.index(True)]) and all(
        in_order[in_order.index(True) :]
    )
    return None if is_backbone else counted


def forgotten_zero_grad(doctor: Doctor) -> str | None:
    """Say how often the gradient of an update was still there in the next one."""
    seen = doctor.weights
    if seen.watched is None:
        raise Unknown("gradients are seen in tensors of PyTorch only")
    if seen.steps < 3:
        raise Unknown("call step(loss, X, y) after each step")
    if seen.left > 2 and seen.left > seen.cleared:
        return (
            f"in {seen.left} of {seen.changes} updates, .grad still held the last one"
        )
    if len(seen.better) > 2 and np.median(seen.better) > 4:
        times = f"{np.median(seen.better):.0f} times as well"
        return f"old and new gradient together explain .grad {times} as the new alone"
    if seen.changes > 3 and not (seen.cleared or seen.better):
        raise Unknown(
            "give Doctor a loss_fn, and X and y to step, to compare gradients"
        )
    return None


# --8<-- [start:equal-units]
def equal_rows(values: np.ndarray) -> bool:
    """Tell whether all rows are one row, up to rounding."""
    return bool(np.ptp(values, axis=0).max() <= 1e-5 * np.abs(values).max())


# --8<-- [end:equal-units]


def zero_initialisation(doctor: Doctor) -> str | None:
    """Look for hidden layers whose units are equal, and get equal gradients."""
    first = trial(doctor)
    if is_tensor(first.loss):
        pairs = zip(first.weights, first.gradients, strict=True)
        hidden = is_hidden(doctor.model)
        pairs = [(w, g) for w, g in pairs if hidden(w) and g is not None]
        units = [tuple(array(v).reshape(len(v), -1) for v in pair) for pair in pairs]
    else:
        units = [(W.T, W.T) for W in matrices(doctor.model)]
    if not units:
        raise Unknown("no loss_fn to take gradients with, and no weights in the model")
    equal = [
        len(W) for W, g in units[:-1] if len(W) > 1 and equal_rows(W) and equal_rows(g)
    ]
    if not equal:
        return None
    return "; ".join(f"{n} units with equal weights and gradients" for n in equal)


def matrices(model: object) -> list[np.ndarray]:
    """Return the weights of a NumPy model: matrices of which each fits the last one."""
    chain: list[np.ndarray] = []
    for W in tables_in(model):
        if len(W) > 1 and (not chain or chain[-1].shape[1] == len(W)):
            chain.append(W)
    return chain


def tables_in(model: object, depth: int = 3) -> list[np.ndarray]:
    """Return the two-dimensional arrays in an object's attributes, in their order."""
    if isinstance(model, np.ndarray):
        return [model] if model.ndim == 2 and model.dtype.kind == "f" else []
    if depth == 0 or is_module(model):
        return []
    parts = model if isinstance(model, list | tuple) else getattr(model, "__dict__", {})
    parts = parts.values() if isinstance(parts, dict) else parts
    return [found for part in parts for found in tables_in(part, depth - 1)]


LINEAR = SHAPING | {"Addmm", "Mm", "Linear", "Convolution", "Transpose", "Permute"}
LINEAR |= {"torch::autograd::AccumulateGrad", "AccumulateGrad", "Add", "Sub", "Neg"}
LINEAR |= {"NativeBatchNorm", "CudnnBatchNorm", "NativeDropout", "Expand", "AvgPool2D"}
LINEAR |= {"Bmm", "Slice", "Select", "ToCopy", "Mean"}
LAYERS = {"Addmm", "Mm", "Linear", "Convolution"}


def no_activation(doctor: Doctor) -> str | None:
    """Look for an operation between the layers that is more than a matrix product."""
    first = trial(doctor)
    if not is_tensor(first.output):
        return straight(doctor, first)
    if first.output.grad_fn is None:
        raise Unknown("the output has no graph")
    inner = nodes(first.output)
    while (
        operation(inner[0]) in BOUNDS | {"LogSoftmax": 0}
        or operation(inner[0]) in SHAPING
    ):
        inner = inner[1:]
    names = [operation(node) for node in inner]
    scaled = [n for n in inner if operation(n) in ("Mul", "Div") and is_scaling(n)]
    if len(scaled) + sum(name in LINEAR for name in names) < len(names):
        return None
    n_layers = sum(name in LAYERS for name in names)
    if n_layers < 2 or is_bottleneck(first):
        return None
    return f"{n_layers} layers with nothing between them but sums and products"


def is_scaling(node: object) -> bool:
    """Tell whether a product or quotient is one with a constant."""
    return sum(following is not None for following, _ in node.next_functions) < 2


def is_bottleneck(first: Trial) -> bool:
    """Tell whether a layer is narrower than input and output, as in a linear code."""
    W = [w for w in first.weights if w.ndim > 1]
    n_in, n_out = math.prod(W[0].shape[1:]), len(W[-1])
    return any(len(w) < min(n_in, n_out) for w in W[:-1])


def straight(doctor: Doctor, first: Trial) -> str | None:
    """Measure how far a NumPy network of several layers is from a straight line."""
    n_layers = len(matrices(doctor.model))
    if n_layers < 2:
        raise Unknown("the layers of a function cannot be counted")
    X = array(first.X)
    up, down, middle = (
        array(answer(twin(doctor.model, {}), scale * X)) for scale in (10, -10, 0)
    )
    size = np.abs(up - down).max()
    bend = np.abs(up + down - 2 * middle).max()
    if not np.isfinite(size) or size == 0 or bend > 1e-3 * size:
        return None
    return f"{n_layers} layers, and the output is a straight line"


def trained(doctor: Doctor) -> tuple[object, object, object]:
    """Return the rows that were kept, and what a copy of the model makes of them."""
    X, y = rows(doctor)
    with without_a_trace(), torch_off():
        output = first_tensor(answer(twin(doctor.model, {}, training=False), X))
    return X, y, output


def torch_off() -> contextlib.AbstractContextManager:
    """Return what keeps PyTorch from recording a graph."""
    return torch.no_grad() if torch is not None else contextlib.nullcontext()


# --8<-- [start:constant-answer]
def constant_loss(doctor: Doctor) -> float:
    """Return the loss of the best answer that is the same for every row."""
    _X, y, output = trained(doctor)
    if doctor.trials and not doctor.trials[0].is_one_array:
        raise Unknown("the model returns more than one array")
    values = array(output)
    are_shares = values.min() >= 0 and values.max() <= 1
    if np.ndim(output) == 2 and output.shape[1] > 1 and np.ndim(y) == 1:
        counts = np.bincount(array(y).astype(int), minlength=output.shape[1]) + 1e-6
        shares = counts / counts.sum()
        guesses = [shares if are_shares else np.log(shares)]
    else:
        middle = array(y).mean(axis=0)
        guesses = [middle]
        if middle.size == 1 and 0 < middle < 1 and not are_shares:
            guesses.append(np.log(middle / (1 - middle)))
    answers = [np.zeros(output.shape) + guess for guess in guesses]
    losses = [cost(doctor, like(guess, output), y) for guess in answers]
    return min(loss for loss in losses if math.isfinite(loss))


# --8<-- [end:constant-answer]


def level(doctor: Doctor) -> float:
    """Return the loss of the last steps, in that of the best constant answer."""
    losses = doctor.losses
    if len(losses) < 10:
        raise Unknown("call step(loss, X, y) after each step, ten times or more")
    last, constant = losses[-max(1, len(losses) // 10) :], constant_loss(doctor)
    if not constant > 1e-9:
        raise Unknown("the loss of a constant answer is 0, or negative")
    return float(np.mean(last)) / constant


# --8<-- [start:late-losses]
def has_learned(doctor: Doctor) -> bool:
    """Tell whether losses or answers are better than a constant's, or still fall."""
    third, fourth, noise = late_losses(doctor)
    constant = constant_loss(doctor)
    better = constant - (third + fourth) / 2
    if better > max(noise, 0.01 * constant) or still_falls(doctor):
        return True
    _X, y, output = trained(doctor)  # without dropout, and without a penalty
    return cost(doctor, output, y) < 0.95 * constant


def still_falls(doctor: Doctor) -> bool:
    """Tell whether the loss falls from the third to the fourth quarter."""
    third, fourth, noise = late_losses(doctor)
    return third - fourth > max(2 * noise, 0.002 * abs(third))


def late_losses(doctor: Doctor) -> tuple[float, float, float]:
    """Return the means of the last two quarters, and four standard errors of them."""
    k = len(doctor.losses) // 4
    third, fourth = np.array(doctor.losses[-2 * k : -k]), np.array(doctor.losses[-k:])
    noise = 4 * math.sqrt((third.var() + fourth.var()) / 2 / k)
    return float(third.mean()), float(fourth.mean()), noise


# --8<-- [end:late-losses]


def stuck_at_ln_c(doctor: Doctor) -> str | None:
    """Compare the loss of a classifier with that of guessing among C classes."""
    if len(doctor.losses) < 40:
        raise Unknown("call step(loss, X, y) after each step, forty times or more")
    n_classes = guessed_classes(doctor)
    last = float(np.mean(doctor.losses[-len(doctor.losses) // 4 :]))
    if n_classes < 2 or not abs(last / math.log(n_classes) - 1) < 0.1:
        return None
    if has_learned(doctor) or says_more(doctor) or have_not_changed(doctor):
        return None
    known = f"ln {n_classes} is {math.log(n_classes):.3f}"
    return f"the loss stays at {last:.3f}, and {known}: it guesses"


def guessed_classes(doctor: Doctor) -> int:
    """Return the number of classes that outputs and labels speak of, or 0."""
    _X, y, output = trained(doctor)
    if np.ndim(output) == 2 and output.shape[1] > 1 and np.ndim(y) == 1:
        is_float = is_tensor(y) and y.is_floating_point()
        return 0 if is_float else output.shape[1]
    is_binary = math.prod(np.shape(output)) == len(np.ravel(array(y))) and set(
        np.unique(array(y))
    ) == {0, 1}
    return 2 if is_binary else 0


def nothing_is_learned(doctor: Doctor) -> str | Finding | None:
    """Say why the loss is no better than that of a constant answer, if it is not."""
    seen = doctor.weights
    if zero_or_mixed_up(doctor):
        return None
    if have_not_changed(doctor):
        found = f"the weights have not changed in {seen.steps} steps"
        return finding("nothing-is-learned", found, ORDER)
    left = level(doctor)
    if not left >= 0.8 or still_falls(doctor):
        return None
    no_better = f"the loss is {left:.2f} times that of a constant answer"
    reason = why_nothing(doctor)
    if reason:
        return f"{no_better}; {reason}"
    is_over = left > 0.97 and len(doctor.losses) >= 100
    return no_better if is_over and not has_learned(doctor) else None


ORDER = "in every step: zero_grad(), then backward(), then the optimizer's step()"


def have_not_changed(doctor: Doctor) -> bool:
    """Tell whether ten steps or more have left the weights as they were."""
    return doctor.weights.steps > 9 and not doctor.weights.changes


def zero_or_mixed_up(doctor: Doctor) -> bool:
    """Tell whether a page that says more has found the reason."""
    return says_more(doctor) or is_yes(shuffled_apart, doctor)


def says_more(doctor: Doctor) -> bool:
    """Tell whether another check has found why nothing is learned."""
    others = softmax_twice, zero_initialisation, optimizer_without_parameters
    others += forgotten_zero_grad, broadcast_loss
    return any(is_yes(question, doctor) for question in others)


def is_yes(question: Callable[[Doctor], object], doctor: Doctor) -> bool:
    """Tell whether a check can look, and finds something."""
    with contextlib.suppress(Unknown):
        return bool(question(doctor))
    return False


def why_nothing(doctor: Doctor) -> str | None:
    """Measure what keeps a network from learning."""
    seen = doctor.weights
    if seen.moved() < 1e-3:
        return (
            f"{seen.steps} steps moved the weights by {seen.moved():.1e} of their size"
        )
    flat = saturated(doctor)
    if flat > 0.9:
        return f"{flat:.0%} of the first squashing layer's outputs are at its ends"
    alive = [units for layer in seen.alive.values() for units in layer.tolist()]
    if alive and np.mean(alive) <= 0.3:
        return f"{1 - np.mean(alive):.0%} of the hidden units never get a gradient"
    arriving = [first / last for first, last in seen.norms if last > 0]
    if arriving and np.median(arriving) < 0.01:
        return f"{np.median(arriving):.2%} of the gradient reaches the first layer"
    return None


def saturated(doctor: Doctor) -> float:
    """Return the share of outputs near the ends of the first sigmoid or tanh."""
    X, _y, _output = trained(doctor)
    with torch.enable_grad() if torch is not None else contextlib.nullcontext():
        output = first_tensor(answer(twin(doctor.model, {}, training=False), X))
        if not is_tensor(output) or output.grad_fn is None:
            return 0.0
        squashing = [n for n in nodes(output) if operation(n) in ("Sigmoid", "Tanh")]
        if not squashing:
            return 0.0
        values = array(squashing[-1]._saved_result)
    values = 2 * values - 1 if operation(squashing[-1]) == "Sigmoid" else values
    return float(np.mean(np.abs(values) > 0.98))


def table(doctor: Doctor, most: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """Return the kept rows, each once, standardised: X (n, n_in), y (n, n_out)."""
    X, y = map(array, rows(doctor))
    X = X.reshape(len(X), -1)
    if X.shape[1] > most or not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise Unknown(f"X is no table of at most {most} columns of numbers")
    _unique, places = np.unique(X, axis=0, return_index=True)
    X, y = X[np.sort(places)], y[np.sort(places)].reshape(len(places), -1)
    labels = np.unique(y)
    if y.shape[1] == 1 and 2 < labels.size <= 30 and (labels % 1 == 0).all():
        y = (y == labels).astype(float)
    X = X[:, np.ptp(X, axis=0) > 0]
    return (X - X.mean(axis=0)) / X.std(axis=0), y - y.mean(axis=0)


# --8<-- [start:shuffled-apart]
def shuffled_apart(doctor: Doctor) -> str | None:
    """Ask whether least squares, near rows or the network know anything about y."""
    X, y = table(doctor)
    n, n_in = X.shape
    if n < 200 or n_in == 0 or n_in > n / 3:
        raise Unknown("needs 200 different rows or more, by step(loss, X, y)")
    is_news = min(doctor.valid_losses, default=0) > 0.95 * constant_loss(doctor)
    if (level(doctor) < 0.9 and not is_news) or y.shape[1] > 30 or not y.any():
        return None
    weights = np.linalg.lstsq(X, y, rcond=None)[0]
    share = 1 - np.sum((y - X @ weights) ** 2) / np.sum(y**2)
    ratio = neighbour_ratio(X, y)
    if share > (n_in + 8 * math.sqrt(2 * n_in)) / n or ratio < 0.7:
        return None
    known = f"least squares explains {share:.1%} of y"
    return f"{known}, and nearest rows differ as random ones do (ratio {ratio:.2f})"


# --8<-- [end:shuffled-apart]


def neighbour_ratio(X: np.ndarray, y: np.ndarray) -> float:
    """Return how different the targets of nearest rows are; 1 as for random pairs."""
    squares = np.sum(X**2, axis=1)
    distances = squares[:, None] + squares - 2 * X @ X.T  # (n, n)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)  # (n,)
    return float(np.sum((y - y[nearest]) ** 2) / (2 * np.sum(y**2)))


def unshuffled_data(doctor: Doctor) -> str | None:
    """Compare the means of y from batch to batch with what random order gives."""
    means, sizes = np.array(doctor.batch_means), np.array(doctor.batch_sizes)
    if len(means) < 8:
        raise Unknown("call step(loss, X, y) after each step, eight times or more")
    is_whole = sizes >= np.median(sizes) / 2  # a few rows that are left vary more
    means, sizes = means[is_whole], sizes[is_whole]
    X, y = rows(doctor)
    if np.ndim(X) == 3 and np.unique(array(y)).size > 30:
        raise Unknown("sequences are often read in their order, on purpose")
    y = np.array([mean(row) for row in array(y)[:, None]])
    spread = max(y.var(), means.var())
    if spread <= 1e-12 * np.mean(means**2):
        return None
    ratio = means.var() / (spread / np.median(sizes))
    drift = np.corrcoef(means[:-1], means[1:])[0, 1] if np.ptp(means) > 0 else 0.0
    in_order = drift > max(0.5, 5 / math.sqrt(len(means)))
    if not (ratio > 5 and np.median(sizes) > 1) and not (in_order and ratio > 0.5):
        return None
    return f"batch means of y vary {ratio:.0f} times as much as in random order"


# --8<-- [start:leakage]
def data_leakage(doctor: Doctor) -> str | None:
    """Look for one column that knows y, where no other does."""
    X, _y = rows(doctor)
    if np.ndim(X) != 2 or X.shape[1] < 2:
        return None
    X, y = table(doctor)
    if y.shape[1] != 1 or len(X) < 30 or not y.any():
        return None
    columns = np.abs(X.T @ y[:, 0]) / (len(X) * y.std())
    order = np.argsort(columns)
    if columns[order[-1]] <= 0.99 or columns[order[-2:][0]] > 0.95:
        return None
    best = columns[order[-1]]
    return (
        f"a single column of X has correlation {best:.4f} with y (number {order[-1]})"
    )


# --8<-- [end:leakage]


def preprocessing_mismatch(doctor: Doctor) -> str | None:
    """Compare mean and spread of the columns in training and in use."""
    if len(doctor.trials) < 2:
        raise Unknown("call check(X_new, y_new) with rows in use, after the training")
    X = columns_of(rows(doctor)[0])
    for later in doctor.trials[1:]:
        X_new = columns_of(later.X)
        if min(len(X), len(X_new)) < 30 or X.shape[1] != X_new.shape[1]:
            raise Unknown("needs 30 rows or more, in training and in use")
        std = np.where(X.std(axis=0) > 0, X.std(axis=0), 1)
        shift = np.abs(X_new.mean(axis=0) - X.mean(axis=0)) / std
        ratio = np.maximum(X_new.std(axis=0), 1e-3 * std) / std
        wrong = (shift > 1.5) | (ratio > 3) | ((ratio < 1 / 3) & (X.std(axis=0) > 0))
        if wrong.any():
            k = int(np.argmax(np.where(wrong, shift, -1)))
            pair = [
                f"mean {A[:, k].mean():.2f}, std {A[:, k].std():.2f}"
                for A in (X, X_new)
            ]
            return f"column {k} in training: {pair[0]}; in use: {pair[1]}"
    return None


def columns_of(X: object) -> np.ndarray:
    """Return a table as it is, and images or wide rows as one column."""
    X = array(X)
    return X if X.ndim == 2 and X.shape[1] <= 20 else X.reshape(-1, 1)


def rare_classes(doctor: Doctor) -> str | None:
    """Count the rows of the rarest class that the network finds."""
    _X, y = rows(doctor)
    y = np.ravel(array(y))
    labels, sizes = np.unique(y, return_counts=True)
    are_classes = 1 < labels.size <= 30 and np.array_equal(
        labels, np.arange(labels.size)
    )
    if not are_classes or sizes.min() > min(0.1, 0.5 / labels.size) * y.size:
        return None
    level(doctor)  # needs a training
    output = array(trained(doctor)[2])
    if labels.size > 2 and output.size == y.size:
        return None  # counts, not classes
    if output.ndim == 2 and output.shape[1] > 1:
        said = output.argmax(axis=1)
    else:
        are_shares = output.min() >= 0 and output.max() <= 1
        said = (output.ravel() > (0.5 if are_shares else 0.0)).astype(int)
    if len(said) != len(y):
        return None
    right, always = np.mean(said == y), sizes.max() / y.size
    found = np.sum((said == y) & (y == sizes.argmin()))
    if found > 0.1 * sizes.min() or right > always + 0.02:
        return None
    accuracy = f"accuracy {right:.3f}, always one {always:.3f}"
    return f"{found} of {sizes.min()} rows of class {sizes.argmin()} found; {accuracy}"


# --8<-- [start:overfitting]
def overfitting(doctor: Doctor) -> str | None:
    """Compare the last validation loss with the training loss and with its best."""
    train, valid = doctor.train_losses, doctor.valid_losses
    if len(valid) < 5:
        raise Unknown("call epoch(train_loss, valid_loss), five times or more")
    if doctor.weights.were_restored() or not np.isfinite([*train, *valid]).all():
        return None
    last, best = float(np.median(valid[-3:])), min(valid)
    if last <= 3 * np.median(train[-3:]) or last <= 1.15 * best:
        return None
    times = f"{last / np.median(train[-3:]):.0f} times the training loss"
    epoch = valid.index(best) + 1
    return (
        f"the validation loss is {times} and {last / best:.2f} its best (epoch {epoch})"
    )


# --8<-- [end:overfitting]


def forgotten_eval(doctor: Doctor) -> str | None:
    """Say how many validations ran in training mode."""
    mode = doctor.weights.mode
    if not is_module(doctor.model):
        raise Unknown("only a network of PyTorch has a mode")
    if mode.counter is None and not mode.drops:
        return None
    if mode.counter is None and doctor.weights.watched.device.type != "cpu":
        raise Unknown("the random numbers of dropout are watched on the CPU only")
    if not mode.epochs:
        raise Unknown("call epoch(train_loss, valid_loss) after each validation")
    if not mode.wrong:
        return None
    return f"{mode.wrong} of {mode.epochs} validations ran in training mode"


def zigzags(losses: list[float]) -> bool:
    """Tell whether losses rise by a fifth twice, or double, in the second half."""
    late = np.array(losses[len(losses) // 2 :])
    second, largest = np.sort(late[1:] / late[:-1])[-2:]
    return bool(second >= 1.2 or largest >= 2)


# --8<-- [start:stability]
def oscillating_loss(doctor: Doctor) -> str | None:
    """Compare learning rate and curvature if the loss of all rows jumps."""
    losses = doctor.train_losses
    if len(losses) < 8:
        raise Unknown("call epoch(train_loss), eight times or more")
    if not np.isfinite(losses).all() or min(losses) <= 0 or not zigzags(losses):
        return None
    kind = type(doctor.optimizers[0]).__name__ if doctor.optimizers else "unknown"
    if kind != "SGD":
        raise Unknown(f"the largest stable rate is known for SGD, not for {kind}")
    group = doctor.optimizers[0].param_groups[0]
    product = group["lr"] * curvature(doctor) / (1 + group["momentum"])
    if not product > 1.55:
        return None
    return f"the loss zigzags; lr × curvature is {product:.2f}, the limit is 2"


# --8<-- [end:stability]


def curvature(doctor: Doctor, iterations: int = 10) -> float:
    """Return the largest second derivative of the loss, by power iteration."""
    X, y = rows(doctor)
    model = twin(doctor.model, {}, training=False)
    weights = [p for p in model.parameters() if p.requires_grad]
    v = [torch.ones_like(p) for p in weights]
    with torch.enable_grad():
        loss = doctor.loss_fn(answer(model, X), y)
        gradients = torch.autograd.grad(loss, weights, create_graph=True)
        for _iteration in range(iterations):
            length = math.sqrt(sum(float((part**2).sum()) for part in v))
            along = sum(
                (g * part / length).sum() for g, part in zip(gradients, v, strict=True)
            )
            v = torch.autograd.grad(along, weights, retain_graph=True)
    return math.sqrt(sum(float((part**2).sum()) for part in v))


def is_recurrent(model: object) -> bool:
    """Tell whether a layer of a network carries a state."""
    kinds = (torch.nn.RNNBase, torch.nn.RNNCellBase) if is_module(model) else ()
    return is_module(model) and any(isinstance(m, kinds) for m in model.modules())


def graphs_alive(doctor: Doctor) -> str | None:
    """Say how many graphs of earlier steps were in memory at once, if it was many."""
    seen = doctor.graphs
    if not seen.with_graph:
        raise Unknown("give step the loss itself, a tensor of PyTorch with its graph")
    if seen.steps <= seen.MOST:
        raise Unknown(f"call step(loss, X, y) more than {seen.MOST} times")
    if seen.alive <= seen.MOST:
        return None
    watched = min(seen.steps, seen.STEPS)
    return f"in {watched} steps, the graphs of {seen.alive} earlier steps were alive"


def hidden_state_not_detached(doctor: Doctor) -> str | None:
    """Look for graphs that hang on the graph of the step before, below its loss."""
    twice = ("graph a second time", "modified by an inplace operation")
    if is_recurrent(doctor.model):
        texts = [text for text in doctor.messages for words in twice if words in text]
        if texts:
            return "a recurrent network, and two backward passes share a graph"
    alive, seen = graphs_alive(doctor), doctor.graphs
    if not alive or not seen.is_state or seen.is_total:
        return None
    return f"{alive}, and the loss leads back into them"


def out_of_memory(doctor: Doctor) -> str | None:
    """Look for graphs that something keeps: a total, a list, the loss of an epoch."""
    seen = doctor.graphs
    if seen.passes > 4:
        return f"the loss of an epoch holds the graphs of {seen.passes} forward passes"
    alive = graphs_alive(doctor)
    return None if hidden_state_not_detached(doctor) else alive


def not_reproducible(doctor: Doctor) -> str | None:
    """Compare the losses with those of a second run."""
    if doctor.second_run is None:
        raise Unknown("call again(losses) with those of a second run")
    pairs = list(zip(doctor.losses, doctor.second_run, strict=False))
    step = next((i for i, (a, b) in enumerate(pairs, 1) if a != b), None)
    return f"the losses part at step {step}" if step else None


def wrong_backward(doctor: Doctor) -> str | None:
    """Say by how much the gradients that were given differ from measured slopes."""
    if not doctor.slopes:
        raise Unknown("call backward(loss, weights, gradients) with those of one batch")
    worst = max(doctor.slopes)
    place = f"array {doctor.slopes.index(worst)} of {len(doctor.slopes)}"
    return f"{place}: relative error {worst:.2g}" if worst > 1e-3 else None


def best_weights_not_copied(doctor: Doctor) -> str | None:
    """Look whether the weights that are kept lie in the network's own memory."""
    if doctor.best is None or not is_module(doctor.model):
        raise Unknown("call kept(weights) with the state dict that you keep")
    own = {tensor.data_ptr() for tensor in doctor.model.state_dict().values()}
    kept = [value for value in doctor.best.values() if is_tensor(value)]
    shared = sum(value.data_ptr() in own for value in kept)
    return f"{shared} of {len(kept)} tensors are the network's own" if shared else None


def came_through(doctor: Doctor) -> None:
    """Answer for what stops a program: the first batch came through."""
    trial(doctor)


def image_shapes(doctor: Doctor) -> str | None:
    """Tell a wrong number of features behind convolutions from one of a table."""
    texts = [str(trial.error) for trial in doctor.trials if trial.error]
    kinds = torch.nn.modules.conv._ConvNd if torch is not None else ()
    layers = doctor.model.modules() if is_module(doctor.model) else ()
    has_convolutions = any(isinstance(layer, kinds) for layer in layers)
    for text in texts + doctor.messages:
        if has_convolutions and "shapes cannot be multiplied" in text:
            return f"“{text.splitlines()[0]}” behind a convolution"
    came_through(doctor)
    return None


def dataloader(doctor: Doctor) -> str | None:
    """Tell a batch of one row, met in the first epoch, from a single row in use."""
    if not doctor.losses and not doctor.messages:
        raise Unknown("train inside `with doctor:`, to have its exceptions explained")
    alone = "Expected more than 1 value per channel"
    is_first_epoch = not doctor.train_losses and len(set(doctor.batch_sizes)) < 2
    is_alone = any(alone in text for text in doctor.messages)
    if doctor.losses and is_first_epoch and is_alone:
        return f"after {len(doctor.losses)} steps, a batch has a single row"
    return None


def saving_and_loading(doctor: Doctor) -> str | None:
    """Compare model and optimiser with the state dicts that were loaded."""
    if doctor.loaded_states is None:
        raise Unknown("call loaded(model_state, optimizer_state) after loading a file")
    return doctor.loaded_states or None


QUESTIONS: dict[str, Callable[[Doctor], str | Finding | None]] = {
    "shape-mismatch": came_through,
    "image-shapes": image_shapes,
    "wrong-dtype": came_through,
    "different-devices": came_through,
    "graph-errors": came_through,
    "in-place-modification": came_through,
    "hidden-state-not-detached": hidden_state_not_detached,
    "out-of-memory": out_of_memory,
    "dataloader": dataloader,
    "saving-and-loading": saving_and_loading,
    "constant-column": constant_column,
    "log-of-zero": log_of_zero,
    "loss-is-nan": loss_is_nan,
    "broadcast-loss": broadcast_loss,
    "optimizer-without-parameters": optimizer_without_parameters,
    "forgotten-zero-grad": forgotten_zero_grad,
    "wrong-backward": wrong_backward,
    "zero-initialisation": zero_initialisation,
    "no-activation": no_activation,
    "output-activation": output_activation,
    "softmax-twice": softmax_twice,
    "stuck-at-ln-c": stuck_at_ln_c,
    "nothing-is-learned": nothing_is_learned,
    "shuffled-apart": shuffled_apart,
    "unshuffled-data": unshuffled_data,
    "data-leakage": data_leakage,
    "preprocessing-mismatch": preprocessing_mismatch,
    "rare-classes": rare_classes,
    "forgotten-eval": forgotten_eval,
    "overfitting": overfitting,
    "oscillating-loss": oscillating_loss,
    "best-weights-not-copied": best_weights_not_copied,
    "not-reproducible": not_reproducible,
}

FIXES = {
    "image-shapes": "print X.shape behind the last convolution, or nn.LazyLinear",
    "constant-column": "std = np.where(std == 0, 1, std) before dividing, or drop it",
    "log-of-zero": "compute the loss from the logits, as BCEWithLogitsLoss does",
    "loss-is-nan": "clean and standardise X, and divide the learning rate by 10",
    "broadcast-loss": "give both the same shape: y.reshape(-1, 1)",
    "optimizer-without-parameters": "make the optimizer last, of model.parameters(); "
    "layers belong into nn.ModuleList",
    "forgotten-zero-grad": "optimizer.zero_grad() before loss.backward()",
    "wrong-backward": "mend the gradient of that array; the page has the usual slips",
    "zero-initialisation": "start from small random weights; zero only biases",
    "no-activation": "put ReLU, or another activation, between the layers",
    "output-activation": "let the last layer be linear",
    "softmax-twice": "give the loss the logits: drop the softmax or sigmoid",
    "hidden-state-not-detached": "state = state.detach() before the next batch",
    "out-of-memory": "total += loss.item(), and torch.no_grad() in evaluation",
    "dataloader": "DataLoader(…, drop_last=True)",
    "saving-and-loading": "load the states of model and optimizer, names and all",
    "stuck-at-ln-c": "try learning rates from 1e-4 to 1, and look at rows with labels",
    "nothing-is-learned": "standardise X, use ReLU with He initialisation, and try "
    "learning rates from 1e-4 to 1",
    "shuffled-apart": "shuffle X and y with one permutation: X[order], y[order]",
    "unshuffled-data": "shuffle in every epoch: DataLoader(…, shuffle=True)",
    "data-leakage": "drop the column, unless it is known before y is",
    "preprocessing-mismatch": "save the scaler of the training rows and use it again",
    "rare-classes": "weight the rare class, and judge by its recall",
    "forgotten-eval": "model.eval() before a validation, model.train() after it",
    "overfitting": "stop early and restore a copy of the best weights; more data",
    "oscillating-loss": "divide the learning rate by 3 to 10",
    "best-weights-not-copied": "copy.deepcopy(model.state_dict())",
    "not-reproducible": "seed the split, the weights, the order and the dropout",
}
