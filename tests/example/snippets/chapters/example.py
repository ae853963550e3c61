"""The module of the example page."""

# --8<-- [start:square]
import matplotlib.pyplot as plt


def square(x: float) -> float:
    """Return x²."""
    return x * x


# --8<-- [end:square]

if __name__ == "__main__":
    # --8<-- [start:worked-example]
    third = square(1 / 3)
    print(f"x = 3, y = {square(3)}, third = {third:.12f}")
    # --8<-- [end:worked-example]

    # --8<-- [start:curve]
    fig, ax = plt.subplots()
    ax.plot([0, 1, 2], [square(x) for x in (0, 1, 2)])
    plt.show()
    # --8<-- [end:curve]

    # --8<-- [start:answer]
    assert square(-3) == 9
    # --8<-- [end:answer]
