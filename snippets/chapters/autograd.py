"""Autograd from scratch: numbers and arrays that write their own backward pass."""

# --8<-- [start:node]
from itertools import count


class Node:
    """A number that remembers what it was made from."""

    numbers = count()

    def __init__(self, data, parents=(), operation=""):
        self.data = data
        self.grad = 0.0
        self.parents = parents  # pairs: a parent, and the local slope
        self.operation = operation
        self.number = next(Node.numbers)  # 0 for the first node made, then 1, ...


# --8<-- [end:node]

if __name__ == "__main__":
    # --8<-- [start:records-by-hand]
    def example():
        """Return the five nodes of L = p·q + p with p = x² and q = 2x, at x = 3."""
        x = Node(3.0)
        p = Node(x.data**2, [(x, 2 * x.data)])
        q = Node(2 * x.data, [(x, 2)])
        m = Node(p.data * q.data, [(p, q.data), (q, p.data)])
        L = Node(m.data + p.data, [(m, 1), (p, 1)])
        return x, p, q, m, L

    x, p, q, m, L = example()
    L.grad = 1.0
    for node in (L, m, q, p):
        for parent, slope in node.parents:
            parent.grad += slope * node.grad
    print("L =", L.data, " slopes:", m.grad, q.grad, p.grad, x.grad)
    # --8<-- [end:records-by-hand]

    # --8<-- [start:records-check]
    from snippets.chapters.derivatives import central_difference

    assert abs(central_difference(lambda x: x**2 * 2 * x + x**2, 3) - x.grad) < 1e-6
    # --8<-- [end:records-check]

    # --8<-- [start:shortcut]
    def shortcut(node):
        """Go wrong: send to the parents, then let each parent do the same."""
        for parent, slope in node.parents:
            parent.grad += slope * node.grad
        for parent, _slope in node.parents:
            shortcut(parent)

    x, p, q, m, L = example()
    L.grad = 1.0
    shortcut(L)
    print("slopes:", m.grad, q.grad, p.grad, x.grad)
    # --8<-- [end:shortcut]


# --8<-- [start:graph]
def graph(last):
    """Return all nodes that `last` was made from, and `last`, as they were made."""
    found, waiting = {last}, [last]
    while waiting:
        for parent, _slope in waiting.pop().parents:
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return sorted(found, key=lambda node: node.number)


# --8<-- [end:graph]


# --8<-- [start:recorder]
class Recorder(Node):
    """A node whose sums and products write the record (after micrograd)."""

    def as_node(self, other):
        """Return other as a node: a plain number becomes one without parents."""
        return other if isinstance(other, Node) else type(self)(other)

    def result(self, data, operation, *parents):
        """Return a new node of the same kind as this one."""
        return type(self)(data, parents, operation)

    def __add__(self, other):
        other = self.as_node(other)
        return self.result(self.data + other.data, "+", (self, 1), (other, 1))

    def __mul__(self, other):
        other = self.as_node(other)
        parents = (self, other.data), (other, self.data)
        return self.result(self.data * other.data, "×", *parents)

    __radd__, __rmul__ = __add__, __mul__  # 2 + x is x + 2, and 2 * x is x * 2

    def receive(self, slope, gradient):
        """Add what arrives here along one path."""
        self.grad += slope * gradient

    def backward(self):
        """Add to each node's grad the slope of this number with respect to it."""
        nodes = graph(self)
        for node in nodes:
            if node.parents:
                node.grad = 0.0
        self.grad += 1.0
        for node in reversed(nodes):
            for parent, slope in node.parents:
                parent.receive(slope, node.grad)


# --8<-- [end:recorder]


# --8<-- [start:value]
import numpy as np

from snippets.chapters.activation_functions import (
    relu,
    relu_derivative,
    tanh_derivative,
)


class Value(Recorder):
    """A number that records all its arithmetic, with plain numbers on either side."""

    def __pow__(self, n):
        if isinstance(n, Node):
            return (n * self.log()).exp()
        slope = n * self.data ** (n - 1)
        return self.result(self.data**n, f"**{n}", (self, slope))

    def __rpow__(self, base):  # 2 ** x
        power = base**self.data
        return self.result(power, f"{base}**", (self, power * np.log(base)))

    def exp(self):
        """Return e to the power of this."""
        power = np.exp(self.data)
        return self.result(power, "exp", (self, power))

    def log(self):
        """Return the natural logarithm."""
        return self.result(np.log(self.data), "log", (self, 1 / self.data))

    def tanh(self):
        """Return the hyperbolic tangent."""
        slope = tanh_derivative(self.data)
        return self.result(np.tanh(self.data), "tanh", (self, slope))

    def relu(self):
        """Return this where it is positive and 0 elsewhere."""
        return self.result(relu(self.data), "relu", (self, relu_derivative(self.data)))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):  # 2 - x
        return -self + other

    def __truediv__(self, other):
        other = self.as_node(other)
        parents = (self, 1 / other.data), (other, -self.data / other.data**2)
        return self.result(self.data / other.data, "/", *parents)

    def __rtruediv__(self, other):  # 2 / x
        return self.as_node(other) / self


# --8<-- [end:value]

if __name__ == "__main__":
    # --8<-- [start:engine]
    x = Value(3.0)
    p = x**2
    q = 2 * x
    m = p * q
    L = m + p
    L.backward()
    print("L =", L.data, " slopes:", m.grad, q.grad, p.grad, x.grad)
    # --8<-- [end:engine]

    # --8<-- [start:graph-drawn]
    import matplotlib.pyplot as plt

    names = {x: "x", p: "p = x ** 2", q: "q = 2 * x", m: "m = p * q", L: "L = m + p"}
    across = {x: 0, p: 0, q: 1, m: 0.8, L: 0.4}
    places, boxes = {}, {}
    _fig, ax = plt.subplots(figsize=(3.6, 4.4))
    for node in graph(L):  # parents first, so their places are known
        above = [places[parent][1] for parent, _slope in node.parents]
        at = places[node] = across.get(node, 1), min(above, default=1) - 1
        text = f"{names.get(node, 'number')}\n{node.data:g}\nslope {node.grad:g}"
        edge = "C0" if node.parents else "C2"
        box = {"boxstyle": "round", "facecolor": "none", "edgecolor": edge}
        text = ax.text(*at, text, ha="center", va="center", bbox=box)
        boxes[node] = text.get_bbox_patch()
        for parent, slope in node.parents:
            start = places[parent]
            line = {"arrowstyle": "->", "color": "C5", "shrinkA": 2, "shrinkB": 2}
            line |= {"patchA": boxes[parent], "patchB": boxes[node]}
            ax.annotate("", at, start, arrowprops=line)
            middle = (at[0] + start[0]) / 2 + 0.05, (at[1] + start[1]) / 2
            ax.text(*middle, f"{slope:g}", color="C1", va="center")
    ax.set(xlim=(-0.4, 1.4), ylim=(-3.35, 0.35))
    ax.axis("off")
    plt.show()
    # --8<-- [end:graph-drawn]

    # --8<-- [start:worked-network]
    x1, x2, y = 2.0, 3.0, 0.5
    w11, w21, b1 = Value(0.5), Value(0.1), Value(0.2)
    w12, w22, b2 = Value(-0.4), Value(-0.6), Value(0.1)
    v1, v2, c = Value(0.6), Value(-0.7), Value(0.4)

    a1 = (x1 * w11 + x2 * w21 + b1).relu()
    a2 = (x1 * w12 + x2 * w22 + b2).relu()
    y_hat = a1 * v1 + a2 * v2 + c
    loss = (y_hat - y) ** 2
    loss.backward()
    print(f"loss {loss.data:.2f}")
    print(f"w11 {w11.grad:.2f}  w21 {w21.grad:.2f}  b1 {b1.grad:.2f}")
    print(f"w12 {w12.grad:.2f}  w22 {w22.grad:.2f}  b2 {b2.grad:.2f}")
    print(f"v1  {v1.grad:.2f}  v2  {v2.grad:.2f}  c  {c.grad:.2f}")
    # --8<-- [end:worked-network]

    # --8<-- [start:worked-check]
    from snippets.chapters.backpropagation import worked_example

    engine = {"loss": loss.data, "da1": a1.grad, "da2": a2.grad, "dy_hat": y_hat.grad}
    engine |= {"dw11": w11.grad, "dw21": w21.grad, "db1": b1.grad}
    engine |= {"dw12": w12.grad, "dw22": w22.grad, "db2": b2.grad}
    engine |= {"dv1": v1.grad, "dv2": v2.grad, "dc": c.grad}
    by_hand = worked_example()
    for name, number in engine.items():
        assert abs(number - by_hand[name]) < 1e-12
    # --8<-- [end:worked-check]

    # --8<-- [start:long-chain]
    x = Value(1.0)
    y = x
    for _step in range(100_000):
        y = y * 1.00001
    y.backward()
    print(f"{x.grad:.6f}, by rule {1.00001**100_000:.6f}")
    # --8<-- [end:long-chain]

    # --8<-- [start:recursion-limit]
    try:
        shortcut(y)
    except RecursionError as error:
        print("shortcut:", type(error).__name__)
    else:
        raise AssertionError
    # --8<-- [end:recursion-limit]

    # --8<-- [start:random-expressions]
    import torch

    one_input = [
        lambda a: a.relu(),
        lambda a: a.tanh(),
        lambda a: (a.tanh() - 1).exp(),
        lambda a: (a * a + 1).log(),
        lambda a: -a,
        lambda a: 2 - a,
        lambda a: 0.5 * a + 1,
        lambda a: 3 / (a**2 + 1),
        lambda a: (a * a + 2) ** -0.5,
        lambda a: 2 ** a.tanh(),
    ]
    two_inputs = [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / (b * b + 1),
        lambda a, b: (a * a + 1) ** b.tanh(),
    ]

    def expression(values, rng):
        """Return the result of 12 random operations, each on any values so far."""
        values = list(values)
        for _operation in range(12):
            a, b = (values[i] for i in rng.integers(0, len(values), 2))
            if rng.random() < 0.5:
                values.append(one_input[rng.integers(len(one_input))](a))
            else:
                values.append(two_inputs[rng.integers(len(two_inputs))](a, b))
        return sum(values) * 0.1

    furthest = 0.0
    for seed in range(1000):
        numbers = np.random.default_rng(seed).normal(size=3)
        ours = [Value(number) for number in numbers]
        theirs = [torch.tensor(number, requires_grad=True) for number in numbers]
        results = []
        for values in (ours, theirs):
            results.append(expression(values, np.random.default_rng(seed)))
            results[-1].backward()
        pairs = [(results[0].data, results[1].item())]
        pairs += [(a.grad, float(b.grad)) for a, b in zip(ours, theirs, strict=True)]
        for a, b in pairs:
            furthest = max(furthest, abs(a - b) / max(1, abs(b)))
    print("1,000 expressions agree to 1e-12:", furthest < 1e-12)
    assert furthest < 1e-12
    # --8<-- [end:random-expressions]

    # --8<-- [start:twice]
    x = Value(3.0)
    L = x**2 + 1
    L.backward()
    print("one call: ", x.grad)
    L.backward()
    print("two calls:", x.grad)
    # --8<-- [end:twice]

    # --8<-- [start:without-reset]
    def without_reset(last):
        """Go wrong: keep the slopes of the nodes in between from the call before."""
        last.grad = 1.0
        for node in reversed(graph(last)):
            for parent, slope in node.parents:
                parent.receive(slope, node.grad)

    x = Value(3.0)
    L = x**2 + 1
    without_reset(L)
    without_reset(L)
    print("two calls without the reset:", x.grad)
    # --8<-- [end:without-reset]

    # --8<-- [start:twice-check]
    theirs = torch.tensor(3.0, requires_grad=True)
    result = theirs**2 + 1
    result.backward(retain_graph=True)  # keep the graph for the second call
    result.backward()
    assert theirs.grad.item() == 12
    # --8<-- [end:twice-check]

    # --8<-- [start:growth]
    w, total, logged = Value(0.5), 0.0, 0.0
    for step in range(1, 101):
        loss = (w * step - 1) ** 2
        total = total + loss
        logged = logged + loss.data
        if step in (1, 10, 100):
            print(f"step {step:3}: {len(graph(total)):3} nodes behind total,", end=" ")
            print(f"{len(graph(loss))} behind loss")
    # --8<-- [end:growth]

    # --8<-- [start:growth-check]
    import weakref

    assert np.isclose(total.data, logged)
    still_there = weakref.ref(loss)  # does not keep the loss alive
    del loss, total
    assert still_there() is None
    # --8<-- [end:growth-check]


# --8<-- [start:undo-broadcasting]
def undo_broadcasting(gradient, shape):
    """Return gradient, summed over the axes that broadcasting repeated, in shape."""
    while np.ndim(gradient) > len(shape):
        gradient = np.sum(gradient, axis=0)
    for axis, length in enumerate(shape):
        if length == 1:
            gradient = np.sum(gradient, axis=axis, keepdims=True)
    return gradient


# --8<-- [end:undo-broadcasting]


# --8<-- [start:tensor]
class Tensor(Value):
    """An array of numbers that records each operation it takes part in."""

    __array_ufunc__ = None  # array @ tensor calls our __rmatmul__

    def __init__(self, data, parents=(), operation=""):
        super().__init__(np.array(data, dtype=float), parents, operation)  # Node's

    def __matmul__(self, other):
        other = self.as_node(other)
        left = self, lambda dZ: dZ @ other.data.T
        right = other, lambda dZ: self.data.T @ dZ
        return self.result(self.data @ other.data, "@", left, right)

    def __rmatmul__(self, other):  # array @ tensor
        return self.as_node(other) @ self

    def sum(self):
        """Return the sum of all entries."""
        return self.result(self.data.sum(), "sum", (self, np.ones(self.data.shape)))

    def mean(self):
        """Return the mean of all entries."""
        return self.sum() * (1 / self.data.size)

    def receive(self, slope, gradient):
        """Add what arrives here along one path, in the shape of this array."""
        arrived = slope(gradient) if callable(slope) else slope * gradient
        self.grad += undo_broadcasting(arrived, self.data.shape)


# --8<-- [end:tensor]

if __name__ == "__main__":
    # --8<-- [start:bias]
    A, b = Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), Tensor([[10.0, 20.0]])
    loss = (A * b).sum()
    loss.backward()
    print("A.grad:", A.grad.tolist())
    print("b.grad:", b.grad.tolist())
    # --8<-- [end:bias]


# --8<-- [start:predict]
def predict(X, W, b):
    """Return the predictions for X (batch, n_in) of layers with tensors W and b."""
    A = X
    for layer in range(len(W)):
        Z = A @ W[layer] + b[layer]  # (batch, n_out)
        A = Z.relu()  # for the next layer
    return Z  # the output layer is linear


# --8<-- [end:predict]

if __name__ == "__main__":
    # --8<-- [start:delivery-network]
    from snippets.chapters.backpropagation import backward
    from snippets.chapters.forward_pass import forward, initialise

    rng = np.random.default_rng(1)
    parameters = initialise(rng)
    X = rng.normal(size=(8, 4))
    y = rng.normal(35, 10, size=(8, 1))  # minutes
    by_hand = backward(y, parameters, forward(X, parameters))

    tensors = {name: Tensor(array) for name, array in parameters.items()}
    W = [tensors["W1"], tensors["W2"], tensors["W3"]]
    b = [tensors["b1"], tensors["b2"], tensors["b3"]]
    loss = ((predict(X, W, b) - y) ** 2).mean()
    loss.backward()
    for name, tensor in tensors.items():
        gap = np.abs(tensor.grad - by_hand["d" + name]).max()
        print(f"d{name} {tensor.grad.shape!s:7} agrees to 1e-12: {gap < 1e-12}")
        assert gap < 1e-12
    # --8<-- [end:delivery-network]

    # --8<-- [start:deliveries]
    from snippets.chapters.gradient_descent import initialise_layers, scaled, split

    X_train, X_test, y_train, y_test = split()
    X, y = scaled(X_train, X_train), scaled(y_train, y_train)
    rng = np.random.default_rng(0)
    W, b = initialise_layers([4, 16, 8, 1], rng)
    W, b = [Tensor(array) for array in W], [Tensor(array) for array in b]
    # --8<-- [end:deliveries]

    # --8<-- [start:training]
    losses = []
    for epoch in range(1, 21):
        for rows in rng.permutation(1600).reshape(25, 64):
            loss = ((predict(X[rows], W, b) - y[rows]) ** 2).mean()
            for parameter in [*W, *b]:
                parameter.grad = 0.0
            loss.backward()
            for parameter in [*W, *b]:
                parameter.data -= 0.05 * parameter.grad
        losses.append(((predict(X, W, b) - y) ** 2).mean().data)
        if epoch in (1, 5, 20):
            print(f"epoch {epoch:2}: loss {losses[-1]:.4f}")
    # --8<-- [end:training]

    # --8<-- [start:same-training]
    from snippets.chapters.gradient_descent import NeuralNetwork

    network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05, seed=0)
    by_hand = network.fit(X, y, epochs=20, batch_size=64, verbose=False)
    print("all 20 losses agree to 1e-10:", np.allclose(losses, by_hand, 0, 1e-10))
    assert np.allclose(losses, by_hand, rtol=0, atol=1e-10)
    # --8<-- [end:same-training]

    # --8<-- [start:wrong-shape]
    bias, gradient = np.zeros((1, 8)), np.ones((64, 8))
    print("bias - 0.05 * gradient:", (bias - 0.05 * gradient).shape)
    try:
        bias -= 0.05 * gradient
    except ValueError as error:
        print("bias -= 0.05 * gradient:", error)
    else:
        raise AssertionError
    # --8<-- [end:wrong-shape]

    # --8<-- [start:paper-solution]
    for walk in (Value.backward, shortcut):
        a = Value(2.0)
        b = a**2
        L = b * b + 3 * b
        L.grad = 1.0
        walk(L)
        print(f"{walk.__name__:8}: L = {L.data}, slopes: b {b.grad}, a {a.grad}")
    # --8<-- [end:paper-solution]

    # --8<-- [start:sigmoid-solution]
    from snippets.chapters.derivatives import sigmoid

    class Squashed(Value):
        """A number that knows one more operation."""

        def sigmoid(self):
            """Return the sigmoid, its slope taken from its value."""
            a = sigmoid(self.data)
            return self.result(a, "sigmoid", (self, a * (1 - a)))

    for z in (-3.0, 0.5):
        one, many = Squashed(z), Squashed(z)
        short, long = one.sigmoid(), 1 / (1 + (-many).exp())
        short.backward()
        long.backward()
        print(f"z = {z:4}: slopes {one.grad:.4f} and {many.grad:.4f}", end=", ")
        print(f"nodes {len(graph(short))} and {len(graph(long))}")
        assert abs(one.grad - many.grad) < 1e-12
    # --8<-- [end:sigmoid-solution]

    # --8<-- [start:freeing-solution]
    def backward_once(last):
        """Walk back and free the graph; refuse to walk through a freed one."""
        nodes = graph(last)
        if any(node.operation and not node.parents for node in nodes):
            raise RuntimeError("this graph has been freed by an earlier backward")
        last.backward()
        for node in nodes:
            node.parents = ()

    w, total = Value(0.5), 0.0
    for step in range(1, 101):
        loss = (w * step - 1) ** 2
        backward_once(loss)
        total = total + loss
    print("nodes behind total:", len(graph(total)))
    try:
        backward_once(total)
    except RuntimeError as error:
        print(error)
    else:
        raise AssertionError
    # --8<-- [end:freeing-solution]

    # --8<-- [start:every-path-solution]
    calls = 0

    def along_every_path(node, gradient):
        """Add gradient to the node's grad, and send it on, times each slope."""
        global calls
        calls += 1
        node.grad += gradient
        for parent, slope in node.parents:
            along_every_path(parent, slope * gradient)

    for doublings in (2, 5, 10, 15):
        x, calls = Value(1.0), 0
        y = x
        for _step in range(doublings):
            y = y + y
        along_every_path(y, 1.0)
        print(f"{doublings:2} doublings: slope {x.grad:5.0f},", end=" ")
        print(f"{len(graph(y)):2} nodes, {calls:5} calls")
        assert x.grad == 2**doublings
    # --8<-- [end:every-path-solution]
