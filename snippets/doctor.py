"""A doctor for a program that trains a neural network, in one file.

Put this file beside your program. It needs NumPy, and uses PyTorch if it is there.

    from doctor import Doctor, explain
"""

# --8<-- [start:explanations]
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


# --8<-- [end:explanations]


# --8<-- [start:messages]
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
        "mat1 and mat2 shapes cannot be multiplied (* and *)",
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
        "operands could not be broadcast together with shapes *",
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
        "Given groups=*, weight of size *, expected input* to have * channels",
        "Expected 3D (unbatched) or 4D (batched) input to *",
        "Expected 2D (unbatched) or 3D (batched) input to *",
        "Expected *-dimensional input for *-dimensional weight *",
        "expected 4D input (got *D input)",
        "expected 2D or 3D input (got *D input)",
        "running_mean should contain * elements not *",
        "input.size(-1) must be equal to input_size. Expected *, got *",
        "Expected hidden* size *, got *",
        "Dimension out of range (expected to be in range of *, but got *)",
    ),
    known(
        "errors/forgotten-eval",
        "batch normalisation got a single row: the last batch of an epoch has one row, "
        "or one row is predicted in training mode",
        "in training: DataLoader(…, drop_last=True); when predicting: model.eval()",
        "Expected more than 1 value per channel when training, got input size *",
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
        "mat1 and mat2 must have the same dtype, but got * and *",
        "expected m1 and m2 to have the same dtype, but got: * != *",
        "expected scalar type * but found *",
        "Expected object of scalar type * but got scalar type *",
        "Found dtype * but expected *",
        "Input type (*) and bias type (*) should be the same",
        "Input type (*) and weight type (*) should be the same",
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
        "expected target dtype to be Long or Byte, but got *",
        "expected scalar type Long but found *",
        "Expected object of scalar type Long but got scalar type *",
        "Expected floating point type for target with class probabilities, got *",
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
        "errors/graph-errors",
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
# --8<-- [end:messages]


# --8<-- [start:explain]
def pattern(message: str) -> re.Pattern:
    """Return what finds a message, whatever stands where it has a *."""
    parts = (re.escape(part).replace(r"\ ", " ") for part in message.split("*"))
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
        match = words.search(text)
        if not match:
            continue
        start, end = match.span()
        if not any(first <= start and end <= last for first, last in spans):
            found[explanation] = length
            spans.append((start, end))
    return list(found)


# --8<-- [end:explain]
