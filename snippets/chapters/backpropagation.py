"""Backpropagation by hand and in NumPy, with every gradient checked."""

if __name__ == "__main__":
    # --8<-- [start:worked-matrices]
    import numpy as np

    from snippets.chapters.activation_functions import relu, relu_derivative

    X, y = np.array([[2.0, 3.0]]), np.array([[0.5]])  # (1, 2) and (1, 1)
    W, b = np.array([[0.5, -0.4], [0.1, -0.6]]), np.array([[0.2, 0.1]])
    V, c = np.array([[0.6], [-0.7]]), np.array([[0.4]])  # (2, 1) and (1, 1)

    Z = X @ W + b  # (1, 2)
    A = relu(Z)
    y_hat = A @ V + c  # (1, 1)

    dy_hat = 2 * (y_hat - y)  # (1, 1)
    dV = A.T @ dy_hat  # (2, 1)
    dA = dy_hat @ V.T  # (1, 2)
    dZ = dA * relu_derivative(Z)  # (1, 2)
    dW = X.T @ dZ  # (2, 2)
    print("dV:", dV.round(2).tolist())
    print("dW:", (dW.round(2) + 0.0).tolist())  # + 0.0 turns -0.0 into 0.0
    # --8<-- [end:worked-matrices]


# --8<-- [start:worked-example]
def worked_example():
    """Return every number of the 2-2-1 network's two passes; dz1 means ∂L/∂z1."""
    x1, x2, y = 2.0, 3.0, 0.5
    w11, w21, b1 = 0.5, 0.1, 0.2  # into hidden unit 1
    w12, w22, b2 = -0.4, -0.6, 0.1  # into hidden unit 2
    v1, v2, c = 0.6, -0.7, 0.4  # into the output
    given = {"x1": x1, "x2": x2, "y": y, "w11": w11, "w21": w21, "b1": b1}
    given |= {"w12": w12, "w22": w22, "b2": b2, "v1": v1, "v2": v2, "c": c}

    z1 = x1 * w11 + x2 * w21 + b1
    z2 = x1 * w12 + x2 * w22 + b2
    a1 = max(z1, 0.0)
    a2 = max(z2, 0.0)
    y_hat = a1 * v1 + a2 * v2 + c
    loss = (y_hat - y) ** 2
    forward = {"z1": z1, "z2": z2, "a1": a1, "a2": a2, "y_hat": y_hat, "loss": loss}

    dy_hat = 2 * (y_hat - y)
    dv1, dv2, dc = dy_hat * a1, dy_hat * a2, dy_hat
    da1, da2 = dy_hat * v1, dy_hat * v2
    dz1 = da1 if z1 > 0 else 0.0
    dz2 = da2 if z2 > 0 else 0.0
    dw11, dw21, db1 = dz1 * x1, dz1 * x2, dz1
    dw12, dw22, db2 = dz2 * x1, dz2 * x2, dz2
    backward = {"dy_hat": dy_hat, "dv1": dv1, "dv2": dv2, "dc": dc}
    backward |= {"da1": da1, "da2": da2, "dz1": dz1, "dz2": dz2}
    backward |= {"dw11": dw11, "dw21": dw21, "db1": db1}
    backward |= {"dw12": dw12, "dw22": dw22, "db2": db2}
    return given | forward | backward


# --8<-- [end:worked-example]

if __name__ == "__main__":
    # --8<-- [start:worked-numbers]
    from snippets.chapters.derivatives import numerical_gradient

    worked = worked_example()
    by_hand = {"z1": 1.5, "z2": -2.5, "a1": 1.5, "a2": 0, "y_hat": 1.3, "loss": 0.64}
    by_hand |= {"dy_hat": 1.6, "dv1": 2.4, "dv2": 0, "dc": 1.6, "da1": 0.96}
    by_hand |= {"da2": -1.12, "dz1": 0.96, "dz2": 0, "dw11": 1.92, "dw21": 2.88}
    by_hand |= {"db1": 0.96, "dw12": 0, "dw22": 0, "db2": 0}
    for name, value in by_hand.items():
        assert np.isclose(worked[name], value, rtol=1e-12, atol=1e-12)

    def worked_loss(W):
        """Return the loss of the worked network with other first weights."""
        return float(np.sum((relu(X @ W + b) @ V + c - y) ** 2))

    assert np.allclose(dW, [[worked["dw11"], 0], [worked["dw21"], 0]])
    assert np.allclose(dV, [[worked["dv1"]], [worked["dv2"]]])
    assert np.allclose(numerical_gradient(worked_loss, W), dW)
    # --8<-- [end:worked-numbers]

    # --8<-- [start:nudged-weights]
    names = {"w11": (0, 0), "w21": (1, 0), "w12": (0, 1), "w22": (1, 1)}
    for name, place in names.items():
        nudged = W.copy()
        nudged[place] += 0.01
        loss = np.sum((relu(X @ nudged + b) @ V + c - y) ** 2)
        change = loss - np.sum((y_hat - y) ** 2)
        forecast = 0.01 * dW[place] + 0.0
        print(f"{name}: forecast {forecast:+.4f}, measured {change:+.4f}, {loss:.4f}")
    # --8<-- [end:nudged-weights]

    # --8<-- [start:active-unit]
    Z = X @ W + [[0.2, 3.0]]  # b2 is 3 now
    A = relu(Z)
    dA = 2 * (A @ V + c - y) @ V.T
    dW = X.T @ (dA * relu_derivative(Z))
    print("A: ", A.round(3).tolist())
    print("dW:", dW.round(3).tolist())
    # --8<-- [end:active-unit]


# --8<-- [start:mse]
import numpy as np


def mse(y_hat, y):
    """Return the mean squared error of predictions, for two arrays of one shape."""
    return float(np.mean((y_hat - y) ** 2))


# --8<-- [end:mse]


# --8<-- [start:backward]
from snippets.chapters.activation_functions import relu_derivative


def backward(y, parameters, cache):
    """Return the gradient of the mse for each parameter, in its shape."""
    W2, W3 = parameters["W2"], parameters["W3"]
    X, Z1, Z2 = cache["X"], cache["Z1"], cache["Z2"]
    A1, A2, A3 = cache["A1"], cache["A2"], cache["A3"]

    dA3 = 2 * (A3 - y) / y.size  # (batch, 1)
    dZ3 = dA3  # the output is linear
    dW3 = A2.T @ dZ3  # (4, 1)
    db3 = dZ3.sum(axis=0, keepdims=True)  # (1, 1)
    dA2 = dZ3 @ W3.T  # (batch, 4)
    dZ2 = dA2 * relu_derivative(Z2)  # (batch, 4)
    dW2 = A1.T @ dZ2  # (8, 4)
    db2 = dZ2.sum(axis=0, keepdims=True)  # (1, 4)
    dA1 = dZ2 @ W2.T  # (batch, 8)
    dZ1 = dA1 * relu_derivative(Z1)  # (batch, 8)
    dW1 = X.T @ dZ1  # (4, 8)
    db1 = dZ1.sum(axis=0, keepdims=True)  # (1, 8)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dW3": dW3, "db3": db3}


# --8<-- [end:backward]

if __name__ == "__main__":
    # --8<-- [start:eight-samples]
    from snippets.chapters.forward_pass import forward, initialise

    rng = np.random.default_rng(1)
    parameters = initialise(rng)
    X = rng.normal(size=(8, 4))
    y = rng.normal(35, 10, size=(8, 1))  # minutes

    cache = forward(X, parameters)
    gradients = backward(y, parameters, cache)
    print(f"loss {mse(cache['A3'], y):.1f}")
    for name, gradient in gradients.items():
        print(f"{name} {gradient.shape!s:7} largest {np.abs(gradient).max():5.1f}")
    # --8<-- [end:eight-samples]


# --8<-- [start:numerical-gradients]
from snippets.chapters.derivatives import numerical_gradient
from snippets.chapters.forward_pass import forward


def numerical_gradients(X, y, parameters):
    """Return what `backward` should return, measured by central differences."""
    measured = {}
    for name in parameters:

        def loss(theta, name=name):  # keeps the name of this round
            return mse(forward(X, {**parameters, name: theta})["A3"], y)

        measured["d" + name] = numerical_gradient(loss, parameters[name])
    return measured


# --8<-- [end:numerical-gradients]


# --8<-- [start:relative-error]
def relative_error(a, b):
    """Return ‖a − b‖ / (‖a‖ + ‖b‖): 0 for equal arrays, 1 for opposite ones."""
    size = np.linalg.norm(a) + np.linalg.norm(b)
    return float(np.linalg.norm(a - b) / size) if size else 0.0


# --8<-- [end:relative-error]


# --8<-- [start:gradient-check]
def gradient_check(X, y, parameters, backward=backward):
    """Return the relative error of each gradient that `backward` returns."""
    ours = backward(y, parameters, forward(X, parameters))
    measured = numerical_gradients(X, y, parameters)
    errors = {}
    for name in measured:
        errors[name] = relative_error(ours[name], measured[name])
    return errors


# --8<-- [end:gradient-check]

if __name__ == "__main__":
    # --8<-- [start:all-parameters]
    for name, error in gradient_check(X, y, parameters).items():
        print(f"{name}  {gradients[name].size:2} numbers  error < 1e-8: {error < 1e-8}")
    print("together:", sum(gradient.size for gradient in gradients.values()))
    # --8<-- [end:all-parameters]

    # --8<-- [start:both-sides]
    for name in ("Z1", "Z2"):
        share = (cache[name] > 0).mean(axis=0)  # of the samples, for each unit
        print(name, share)
        assert np.all((share > 0) & (share < 1))
    # --8<-- [end:both-sides]

    # --8<-- [start:kink]
    near_kink = dict(parameters)
    near_kink["b1"] = parameters["b1"].copy()
    near_kink["b1"][0, 0] -= cache["Z1"][0, 0] - 0.5e-5
    print(f"Z1[0, 0] = {forward(X, near_kink)['Z1'][0, 0]:.1e}")
    print(f"error of db1: {gradient_check(X, y, near_kink)['db1']:.3f}")
    # --8<-- [end:kink]

    # --8<-- [start:kink-margin]
    def kink_margin(X, parameters, h=1e-5):
        """Return how many nudges the nearest kink is away."""
        cache = forward(X, parameters)
        reach1 = h * max(1, np.abs(X).max())  # the furthest that a nudge moves Z1
        through_W2 = reach1 * np.abs(parameters["W2"]).max()
        reach2 = max(h, h * cache["A1"].max(), through_W2)  # and Z2
        nearest1, nearest2 = np.abs(cache["Z1"]).min(), np.abs(cache["Z2"]).min()
        return min(nearest1 / reach1, nearest2 / reach2)

    print(f"the samples of this page: {kink_margin(X, parameters):.0f}")
    print(f"beside the kink:          {kink_margin(X, near_kink):.2f}")
    assert kink_margin(X, parameters) > 1 > kink_margin(X, near_kink)
    # --8<-- [end:kink-margin]

    # --8<-- [start:bias-mean]
    def bias_mean(y, parameters, cache):
        """Go wrong: average the rows of dZ for a bias instead of adding them."""
        gradients = backward(y, parameters, cache)
        for name in ("db1", "db2", "db3"):
            gradients[name] = gradients[name] / len(y)
        return gradients

    for name, error in gradient_check(X, y, parameters, bias_mean).items():
        print(name, "< 1e-8" if error < 1e-8 else f"{error:.3f}")
    # --8<-- [end:bias-mean]

    # --8<-- [start:two-of-all]
    from math import comb

    ours = bias_mean(y, parameters, cache)
    measured = numerical_gradients(X, y, parameters)
    count = 0
    for name in ours:
        right = np.isclose(ours[name], measured[name], rtol=1e-4, atol=1e-6)
        count += right.sum()
        if name in ("dW1", "dW3"):
            print(f"{name}[0, 0] is right: {right[0, 0]}")
    print(f"right: {count} of 81")
    pairs_right = comb(count, 2) / comb(81, 2)  # comb: how many pairs there are
    print(f"pairs that are both right: {pairs_right:.0%}")
    # --8<-- [end:two-of-all]

    # --8<-- [start:paper]
    X_paper, y_paper = np.array([[1.0, -2.0]]), np.array([[2.0]])
    W, b = np.array([[0.5, -1.0], [0.5, -0.5]]), np.array([[0.3, 0.5]])
    V, c = np.array([[0.4], [2.0]]), np.array([[0.5]])

    Z = X_paper @ W + b
    A = relu(Z)
    y_hat = A @ V + c
    dy_hat = 2 * (y_hat - y_paper)
    dV, dc = A.T @ dy_hat, dy_hat
    dZ = dy_hat @ V.T * relu_derivative(Z)
    dW, db = X_paper.T @ dZ, dZ
    print("y_hat:", y_hat.round(2).tolist(), "dV:", (dV.round(2) + 0.0).tolist())
    print("dW:", (dW.round(2) + 0.0).tolist(), "db:", (db.round(2) + 0.0).tolist())

    def paper_loss(W):
        """Return the loss of the sample with other first weights."""
        return mse(relu(X_paper @ W + b) @ V + c, y_paper)

    assert np.isclose(paper_loss(W), 0.25)
    assert np.allclose(dW, [[0, -2], [0, 4]])
    assert np.allclose(dW, numerical_gradient(paper_loss, W))
    # --8<-- [end:paper]

    # --8<-- [start:tanh-backward]
    from snippets.chapters.activation_functions import tanh_derivative

    def tanh_forward(X, parameters):
        """Return every Z and A of the network with tanh in its hidden layers."""
        cache = {"A0": X}
        for layer in (1, 2, 3):
            W, b = parameters[f"W{layer}"], parameters[f"b{layer}"]
            Z = cache[f"A{layer - 1}"] @ W + b
            cache[f"Z{layer}"] = Z
            cache[f"A{layer}"] = Z if layer == 3 else np.tanh(Z)
        return cache

    def tanh_backward(y, parameters, cache):
        """Return the gradient of the mse for each parameter of that network."""
        gradients = {}
        dZ = 2 * (cache["A3"] - y) / y.size  # (batch, 1)
        for layer in (3, 2, 1):
            gradients[f"dW{layer}"] = cache[f"A{layer - 1}"].T @ dZ
            gradients[f"db{layer}"] = dZ.sum(axis=0, keepdims=True)
            if layer > 1:
                dA = dZ @ parameters[f"W{layer}"].T
                dZ = dA * tanh_derivative(cache[f"Z{layer - 1}"])
        return gradients

    # --8<-- [end:tanh-backward]

    # --8<-- [start:tanh-check]
    ours = tanh_backward(y, parameters, tanh_forward(X, parameters))

    def tanh_loss(theta):
        """Return the loss with the tensor `name` replaced."""
        return mse(tanh_forward(X, {**parameters, name: theta})["A3"], y)

    for name in parameters:
        measured = numerical_gradient(tanh_loss, parameters[name])
        error = relative_error(ours["d" + name], measured)
        print(f"d{name}  error < 1e-8: {error < 1e-8}")
    # --8<-- [end:tanh-check]

    # --8<-- [start:input-gradient]
    dZ3 = 2 * (cache["A3"] - y) / y.size
    dZ2 = dZ3 @ parameters["W3"].T * relu_derivative(cache["Z2"])
    dZ1 = dZ2 @ parameters["W2"].T * relu_derivative(cache["Z1"])
    dX = dZ1 @ parameters["W1"].T  # (8, 4)

    measured = numerical_gradient(lambda X: mse(forward(X, parameters)["A3"], y), X)
    print("dX", dX.shape, "error < 1e-8:", relative_error(dX, measured) < 1e-8)
    print("first row:", dX[0].round(2))
    # --8<-- [end:input-gradient]

    # --8<-- [start:penalty]
    def penalised_loss(theta):
        """Return mse + 0.1 · (sum of all squared weights), with `name` replaced."""
        changed = {**parameters, name: theta}
        squares = sum(np.sum(changed[key] ** 2) for key in ("W1", "W2", "W3"))
        return mse(forward(X, changed)["A3"], y) + 0.1 * float(squares)

    plain = backward(y, parameters, cache)
    for name in ("W1", "W2", "W3"):
        measured = numerical_gradient(penalised_loss, parameters[name])
        without = relative_error(plain["d" + name], measured)
        with_penalty = plain["d" + name] + 2 * 0.1 * parameters[name]
        error = relative_error(with_penalty, measured)
        print(f"d{name}  without {without:.4f}, with < 1e-8: {error < 1e-8}")
    # --8<-- [end:penalty]
