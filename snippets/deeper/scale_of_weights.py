"""The scale of weights: why He's rule has a 2, and what a wrong scale costs."""

# --8<-- [start:deep-stack]
import numpy as np

from snippets.chapters.activation_functions import relu


def spreads(gain, seed=0):
    """Return the standard deviation of A behind each of 20 layers of 64 ReLUs."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(256, 64))
    deviations = [A.std()]
    for _layer in range(20):
        W = rng.normal(0, np.sqrt(gain / 64), (64, 64))
        A = relu(A @ W)  # (256, 64)
        deviations.append(A.std())
    return deviations


# --8<-- [end:deep-stack]

if __name__ == "__main__":
    # --8<-- [start:three-scales]
    for gain in (1, 2, 4):
        print(f"√({gain} / 64): after 20 layers {spreads(gain)[-1]:9.4f}")
    # --8<-- [end:three-scales]

    # --8<-- [start:activation-spread]
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots()
    ax.plot(spreads(4), "s:", label="√(4 / n_in)")
    ax.plot(spreads(2), "o-", label="√(2 / n_in), He")
    ax.plot(spreads(1), "^--", label="√(1 / n_in)")
    ax.set_yscale("log")
    ax.set_xticks(range(0, 21, 5))
    ax.set_xlabel("layer (0 is the input)")
    ax.set_ylabel("standard deviation of A")
    ax.legend()
    plt.show()
    # --8<-- [end:activation-spread]

    # --8<-- [start:strict-ratio]
    assert all(0.4 < spread < 1.1 for spread in spreads(2))
    assert np.isclose(spreads(1)[-1], spreads(2)[-1] / 2**10)
    assert np.isclose(spreads(4)[-1], spreads(2)[-1] * 2**10)
    # --8<-- [end:strict-ratio]

    # --8<-- [start:one-sum]
    rng = np.random.default_rng(0)
    a = np.array([3.0, -1.0, 0.5, 2.0])  # one row of inputs, n_in = 4
    w = rng.normal(0, 0.7, (1_000_000, 4))  # a million draws of the 4 weights
    z = w @ a  # a million pre-activations

    n_in, var_w, mean_square = 4, 0.7**2, np.mean(a**2)
    print(f"mean of z:  {abs(z.mean()):.2f}")
    print(f"Var(z):     {z.var():.2f}")
    print(f"predicted:  {n_in * var_w * mean_square:.2f}")
    # --8<-- [end:one-sum]

    # --8<-- [start:shared-weight]
    shared = rng.normal(0, 0.7, (1_000_000, 1)) * np.ones(4)  # four times one weight
    print(f"four times the same weight: Var(z) = {(shared @ a).var():.1f}")
    # --8<-- [end:shared-weight]

    # --8<-- [start:half-the-square]
    print(f"mean of z²:        {np.mean(z**2):.2f}")
    print(f"mean of relu(z)²:  {np.mean(relu(z) ** 2):.2f}")
    # --8<-- [end:half-the-square]

    # --8<-- [start:many-stacks]
    ends = [spreads(2, seed)[-1] for seed in range(20)]
    print(f"20 stacks with He's scale: {min(ends):.2f} to {max(ends):.2f}")
    # --8<-- [end:many-stacks]

    # --8<-- [start:both-ways]
    n_in, n_out = 640, 160
    rules = {
        "LeCun  1 / n_in": 1 / n_in,
        "1 / n_out": 1 / n_out,
        "Glorot 2 / (n_in + n_out)": 2 / (n_in + n_out),
    }
    a = rng.normal(size=(2000, n_in))
    g = rng.normal(size=(2000, n_out))
    print("Var(w)                     forward  back")
    for name, variance in rules.items():
        W = rng.normal(0, np.sqrt(variance), (n_in, n_out))
        print(f"{name:26} {(a @ W).var():7.2f} {(g @ W.T).var():5.2f}")
    # --8<-- [end:both-ways]

    # --8<-- [start:leaky-solution]
    leaky = np.where(z > 0, z, 0.2 * z)  # of the million draws above
    print(f"mean of leaky(z)² / mean of z²: {np.mean(leaky**2) / np.mean(z**2):.2f}")
    rng = np.random.default_rng(0)
    A = rng.normal(size=(256, 64))
    for _layer in range(20):
        Z = A @ rng.normal(0, np.sqrt(2 / (1 + 0.2**2) / 64), (64, 64))
        A = np.where(Z > 0, Z, 0.2 * Z)
    print(f"after 20 layers: {A.std():.2f}")
    assert 0.3 < A.std() < 3
    # --8<-- [end:leaky-solution]

    # --8<-- [start:uniform-solution]
    limit = np.sqrt(6 / 64)
    w = rng.uniform(-limit, limit, 1_000_000)
    print(f"2 / n_in = {2 / 64:.4f}, variance of the draws = {w.var():.4f}")
    # --8<-- [end:uniform-solution]
