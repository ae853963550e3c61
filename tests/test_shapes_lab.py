"""The lab of shapes computes what NumPy computes, and does what its page says."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import Error, Locator, Page, expect

from docs.plugins import pages
from docs.plugins.pages import DOCS
from snippets.chapters.classifying_digits import cross_entropy, cross_entropy_gradient
from snippets.chapters.shapes_lab import (
    binary_gradient,
    make_shape,
    right,
    shape_network,
)
from snippets.deeper.stable_forms import binary_cross_entropy
from tests.browser import DARK, open_only
from tests.labs import (
    ADDRESSES,
    assert_accessible_and_fits,
    hidden_activation,
    number,
    open_lab,
    press,
    said,
    status,
)

RECORD = pages.read(DOCS / "chapters" / "shapes-lab.md").recorded_texts()
GRID = (np.arange(41) - 20) / 20
EVERYWHERE = np.array([[x1, x2] for x2 in GRID[::-1] for x1 in GRID])
FIRST = {
    "shape": "circles",
    "depth": 1,
    "units": 4,
    "activation": "relu",
    "learningRate": 0.3,
    "seed": 0,
    "points": [],
}
DRAWN = [[20, 20, 1], [25, 22, 1], [0, 40, 0], [40, 3, 0], [7, 9, 0]]
RUNS = [
    {},
    {"depth": 0, "learningRate": 1},
    {"shape": "moons", "units": 1, "activation": "tanh", "learningRate": 3},
    {"shape": "moons", "depth": 2, "units": 3, "activation": "leaky_relu"},
    {"shape": "xor", "units": 2, "learningRate": 0.1, "seed": 1},
    {"shape": "xor", "depth": 3, "units": 5, "activation": "linear", "seed": 9},
    {"shape": "spiral", "depth": 2, "units": 8, "seed": 4},
    {"shape": "spiral", "depth": 3, "units": 7, "activation": "sigmoid"},
    {"shape": "own", "units": 6, "learningRate": 0.03, "points": DRAWN},
    {"shape": "own", "learningRate": 0.01, "points": DRAWN},
]
LOSS = """async ({ Z, y, columns }) => {
  const network = await load("network");
  const matrix = (data) =>
    network.matrix(data.length / columns, columns, Float64Array.from(data));
  const loss = network.crossEntropy(matrix(Z), matrix(y));
  const gradient = network.crossEntropyGradient(matrix(Z), matrix(y));
  return { loss, gradient: [...gradient.data] };
}"""
POINTS = """async ([name, first]) => {
  const { makeShape } = await load("shapes");
  const { X, y } = makeShape(name, first);
  return [[...X.data], [...y.data]];
}"""
TRAIN = """async ({ settings, steps }) => {
  const { ShapeTraining } = await load("shapes-training");
  const normals = await json("normals");
  const run = new ShapeTraining(settings, normals[settings.seed]);
  const losses = [];
  for (let step = 0; step < steps; step++) {
    if (steps <= 200) losses.push(run.measure().seen.loss);
    run.step();
  }
  const { layers, decision, weights, bias } = run.maps();
  const maps = layers.map((layer) => layer.map((map) => [...map]));
  const { W, b } = run.network;
  const parameters = [...W, ...b].map(({ data }) => [...data]);
  const shown = { layers: maps, decision: [...decision], weights, bias };
  return { losses, parameters, ...run.measure(), ...shown };
}"""


def train(modules: Page, steps: int, **settings: object) -> dict:
    """Train in the lab's modules; return the losses, the judgement and the maps."""
    run = {"settings": FIRST | settings, "steps": steps}
    return modules.evaluate(TRAIN, run)


# The arithmetic


@pytest.mark.parametrize(
    ("columns", "loss", "gradient"),
    [
        (1, binary_cross_entropy, binary_gradient),
        (3, cross_entropy, cross_entropy_gradient),
    ],
)
def test_cross_entropy_is_the_courses(modules, columns, loss, gradient):
    rng = np.random.default_rng(0)
    Z = rng.normal(size=(40, columns)) * np.logspace(-2, 3, 40)[:, None]
    classes = rng.integers(max(columns, 2), size=40)
    y = np.eye(columns)[classes] if columns > 1 else classes[:, None].astype(float)
    data = {"Z": Z.ravel().tolist(), "y": y.ravel().tolist(), "columns": columns}
    found = modules.evaluate(LOSS, data)
    assert found["loss"] == pytest.approx(loss(Z, y), rel=1e-12)
    expected = gradient(Z, y).ravel().tolist()
    assert found["gradient"] == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_cross_entropy_names_the_shapes_that_do_not_fit(modules):
    data = {"Z": [1.0, 2.0], "y": [1.0], "columns": 1}
    with pytest.raises(Error, match="Z is 2 × 1, y is 1 × 1"):
        modules.evaluate(LOSS, data)


def test_the_points_are_numpys(modules):
    for name in ("circles", "moons", "spiral", "xor"):
        for first in (0, 200):
            X, y = make_shape(name, first)
            found_X, found_y = modules.evaluate(POINTS, [name, first])
            assert np.allclose(np.reshape(found_X, (200, 2)), X, rtol=0, atol=1e-14)
            assert found_y == y[:, 0].tolist(), name


def points_of(settings: dict) -> tuple[np.ndarray, np.ndarray]:
    if settings["shape"] != "own":
        return make_shape(settings["shape"])
    places = np.array(settings["points"])
    return GRID[places[:, :2]], places[:, 2:].astype(float)


@pytest.mark.parametrize("changes", RUNS, ids=json.dumps)
def test_200_steps_and_the_maps_are_numpys(modules, changes):
    settings = FIRST | changes
    X, y = points_of(settings)
    sizes = [2, *settings["depth"] * [settings["units"]], 1]
    network = shape_network(sizes, settings["seed"], settings["learningRate"])
    losses = []
    found = train(modules, 200, **changes)
    with hidden_activation(settings["activation"]):
        for _step in range(200):
            losses.append(network.loss(network.forward(X), y))
            dW, db = network.backward(y)
            for parameter, gradient in zip(network.W + network.b, dW + db, strict=True):
                parameter -= network.learning_rate * gradient
        n_right = right(network, X, y)
        Z = network.forward(EVERYWHERE)
    assert found["losses"] == pytest.approx(losses, rel=1e-9)
    expected = np.concatenate([p.ravel() for p in network.W + network.b])
    parameters = np.concatenate(found["parameters"])
    assert np.allclose(parameters, expected, rtol=1e-9, atol=1e-12)
    assert found["seen"]["right"] == n_right
    *layers, summed = [np.transpose(layer) for layer in found["layers"]]  # (1681, n)
    A = network.A[1:-1] if settings["depth"] else [EVERYWHERE]
    for layer, activations in zip(layers, A[:-1], strict=True):
        assert np.allclose(layer, activations, rtol=1e-6, atol=1e-6)
    assert np.allclose(summed, A[-1] * network.W[-1].T, rtol=1e-6, atol=1e-6)
    assert np.allclose(found["decision"], Z[:, 0], rtol=1e-6, atol=1e-6)
    assert np.allclose(summed.sum(axis=1) + found["bias"], Z[:, 0], atol=1e-4)


# What the page says


def straightness(decision: list[float]) -> float:
    """Return how much of a map's variance a plane explains, at most 1."""
    columns = np.column_stack([EVERYWHERE, np.ones(len(EVERYWHERE))])
    _plane, (rest,), *_ = np.linalg.lstsq(columns, decision, rcond=None)
    return 1 - rest / np.var(decision) / len(decision)


def test_without_a_bend_three_layers_draw_one_straight_line(modules):
    found = train(modules, 1000, depth=3, units=8, activation="linear")
    assert len(np.concatenate(found["parameters"])) == 177
    assert found["seen"]["right"] == 108
    assert straightness(found["decision"]) > 1 - 1e-9
    assert "no hidden layer  [108, 108" in RECORD["circles"]


def test_relu_is_made_of_straight_pieces_and_tanh_is_not(modules):
    shares = {}
    for activation in ("relu", "tanh"):
        found = train(modules, 1000, activation=activation)
        assert found["seen"]["right"] == 200
        rows = np.reshape(found["decision"], (41, 41))
        bends = np.abs(np.diff(rows, n=2)) / np.abs(rows).max()
        shares[activation] = np.mean(bends < 1e-5)
    assert shares["relu"] > 0.85
    assert shares["tanh"] < 0.1


def test_stuck_on_xor_hardly_a_unit_is_on_in_the_wrong_quarter(modules):
    found = train(modules, 1000, shape="xor", units=8)
    assert found["seen"]["right"] == 150
    X, _y = make_shape("xor")
    quarter = (X[:, 0] < 0) & (X[:, 1] > 0)
    assert set(np.flatnonzero(quarter)) <= set(found["seen"]["wrong"])
    places = (EVERYWHERE[:, 0] <= -0.1) & (EVERYWHERE[:, 1] >= 0.1)
    on = np.transpose(found["layers"][0])[places].any(axis=1)
    assert on.mean() < 0.03


def test_at_a_high_rate_units_go_off_and_the_network_guesses(modules):
    changes = {"shape": "spiral", "depth": 3, "units": 8, "learningRate": 3}
    found = train(modules, 2000, **changes)
    assert sum(map(sum, found["idle"])) == 17
    assert found["seen"]["loss"] == pytest.approx(np.log(2), abs=5e-4)


def test_sigmoids_do_no_better_than_a_straight_line(modules):
    changes = {"depth": 2, "units": 8, "activation": "sigmoid"}
    found = train(modules, 2000, shape="spiral", **changes)
    assert not any(map(any, found["idle"]))
    assert found["seen"]["right"] == 119
    straight = train(modules, 2000, shape="spiral", depth=0)
    assert straight["seen"]["right"] == 120


def test_units_of_layer_2_bend_where_they_cross_those_of_layer_1(modules):
    found = train(modules, 2000, shape="spiral", depth=2, units=8)
    assert found["seen"]["right"] == 200
    on = [np.array(maps) > 0 for maps in found["layers"]]
    is_convex = [[half_plane(unit) for unit in np.abs(layer)] for layer in on]
    assert all(is_convex[0])
    assert sum(is_convex[1]) <= 4


def half_plane(on: np.ndarray) -> bool:
    """Tell whether a line separates the places where a unit is on from the others."""
    if on.all() or not on.any():
        return True
    angles = np.linspace(0, 2 * np.pi, 720)
    along = EVERYWHERE @ [np.cos(angles), np.sin(angles)]
    apart = along[on].min(axis=0) - along[~on].max(axis=0)
    return bool(apart.max() > -0.06)  # a place is 0.05 wide


# What the reader does and sees


def open_shapes(page: Page, query: str = "") -> Locator:
    return open_lab(page, "shapes-lab", query)


def run_to_the_end(lab: Locator) -> None:
    lab.get_by_label("Speed").select_option("fast")
    press(lab, "Start")
    expect(number(lab, "step")).to_have_text("1000")


def test_it_shows_the_recorded_numbers(page):
    lab = open_shapes(page)
    expect(number(lab, "step")).to_have_text("0")
    run_to_the_end(lab)
    expect(lab.get_by_role("button", name="Start")).to_be_visible()
    end = re.search(
        r"step 1000: loss (\S+), right (\d+), unseen (\d+)", RECORD["training"]
    )
    loss = float(number(lab, "loss").text_content())
    assert loss == pytest.approx(float(end[1]), abs=5e-4)
    expect(status(lab)).to_contain_text(
        f"{end[2]} of 200 points right, {end[3]} of 200 unseen ones."
    )
    places = re.findall(
        r"\[(\S+), (\S+)\] terms (.+)\n.*bias (\S+), z (\S+), p (\S+)%", RECORD["sum"]
    )
    board = lab.get_by_role("application")
    board.focus()
    for x1, x2, terms, bias, z, p in places:
        go_to(page, board, float(x1), float(x2))
        shown = said(lab).first.text_content().replace("−", "-")
        assert shown.startswith(f"At x₁ = {float(x1):.2f}, x₂ = {float(x2):.2f}: z = ")
        total = shown.partition("z = ")[2].replace("- ", "-").replace("+ ", "")
        numbers = total.replace("=", "").split()
        assert numbers == [*terms.replace("-0.00", "0.00").split(), bias, z]
        expect(said(lab).nth(1)).to_contain_text(f"is {p} %")


def go_to(page: Page, board: Locator, x1: float, x2: float) -> None:
    """Move the cross by the arrow keys, from the lower left corner."""
    for key in ("Shift+ArrowLeft", "Shift+ArrowDown"):
        for _press in range(8):
            board.press(key)
    for key, x in (("ArrowRight", x1), ("ArrowUp", x2)):
        for _press in range(round((x + 1) * 20)):
            page.keyboard.press(key)


def test_it_takes_the_figures_place_when_it_is_complete(page):
    page.add_init_script("""
      new MutationObserver((records) => {
        const panel = records.find(({ target }) => target.matches(".lab"))?.target;
        if (panel) window.shown = panel.querySelectorAll("dt").length;
      }).observe(document, { subtree: true, attributeFilter: ["hidden"] });""")
    lab = open_shapes(page)
    assert page.evaluate("shown") == lab.locator("dt").count() > 0


def test_it_says_that_a_file_is_missing(plain_page, served_site):
    plain_page.route("**/normals.json", lambda route: route.abort())
    open_only(plain_page, f"{served_site}{ADDRESSES['shapes-lab']}", "shapes-lab")
    lab = plain_page.locator("shapes-lab > .lab")
    expect(status(lab)).to_contain_text("The run stopped")
    expect(status(lab)).to_be_visible()


def test_a_map_for_each_unit_says_its_weight(page):
    lab = open_shapes(page, "?depth=2&units=3&activation=tanh&seed=1")
    names = [f"Layer {layer}, unit {unit}" for layer in (1, 2) for unit in (1, 2, 3)]
    maps = lab.locator(".shapes-unit canvas")
    expect(maps).to_have_count(6)
    for name, picture in zip(names, maps.all(), strict=True):
        expect(picture).to_have_attribute("aria-label", re.compile(f"^{name}: "))
    rng = np.random.default_rng(1)
    rng.normal(size=2 * 3 + 3 * 3)
    weights = rng.normal(0, np.sqrt(1 / 3), 3)
    words = [re.compile(f"^{number}") for number in (1, 2, 3)]
    words += [f"× {weight:.2f}".replace("-", "−") for weight in weights]
    expect(lab.locator(".shapes-unit figcaption")).to_have_text(words)
    lab.get_by_label("Hidden layers").select_option("0")
    expect(maps).to_have_count(2)


COLOURS = """(board) => {
  const { width, height } = board;
  const copy = new OffscreenCanvas(width, height).getContext("2d");
  copy.drawImage(board, 0, 0);
  const { data } = copy.getImageData(0, 0, width, height);
  const at = (x, y) => [...data.slice(4 * (y * width + x), 4 * (y * width + x) + 4)];
  return { inside: at(width >> 1, height >> 1),
    corner: Array.from({ length: 16 }, (_none, x) => at(x, 2)) };
}"""


def test_classes_differ_in_form_and_stripes_and_follow_the_colours(page):
    page.emulate_media(color_scheme="light")
    lab = open_shapes(page)
    run_to_the_end(lab)
    board = lab.locator(".shapes-board canvas")
    light = board.evaluate(COLOURS)
    alphas = {alpha for *_colour, alpha in light["corner"]}
    assert max(alphas) > 2 * min(alphas), "the side of the triangles is not striped"
    assert light["inside"][:3] != light["corner"][0][:3]
    dots, triangles = (
        lab.locator(f".shapes-board .shapes-{kind}").get_attribute("d")
        for kind in ("dot", "triangle")
    )
    assert dots.count("M") == triangles.count("M") == 100
    assert "a" in dots
    assert "a" not in triangles
    page.emulate_media(color_scheme="dark")
    expect(page.locator(DARK)).to_have_count(1)
    page.wait_for_function(
        f"([canvas, before]) => `${{({COLOURS})(canvas).inside}}` !== before",
        arg=[board.element_handle(), ",".join(map(str, light["inside"]))],
    )


def test_wrong_points_have_a_ring(page):
    lab = open_shapes(page, "?depth=0")
    rings = lab.locator(".shapes-board .shapes-ring")
    run_to_the_end(lab)
    expect(rings).to_have_attribute("d", re.compile(r"^(M[^M]+){92}$"))


# Draw


def test_points_are_drawn_by_keyboard_and_kept_in_the_address(page):
    lab = open_shapes(page, "?h=word")
    lab.get_by_label("Points", exact=True).select_option(label="your own")
    press(lab, "Start")
    expect(status(lab)).to_have_text("Draw some dots and some triangles first.")
    board = lab.get_by_role("application", name="Decision map")
    board.focus()
    for key in ("1", "ArrowRight", "1", "Shift+ArrowUp", "2", "ArrowLeft", "2"):
        page.keyboard.press(key)
    expect(status(lab)).to_have_text("2 dots, 2 triangles.")
    page.keyboard.press("Delete")
    expect(status(lab)).to_have_text("2 dots, 1 triangles.")
    expect(page).to_have_url(re.compile(r"\?h=word&shape=own&dots=kklk&triangles=lp$"))
    page.reload()
    dots = lab.locator(".shapes-board .shapes-dot")
    expect(dots).to_have_attribute("d", re.compile(r"^M19\.8 20\.5\D.*M20\.8 20\.5"))
    run_to_the_end(lab)
    expect(number(lab, "points right")).to_have_text("100 %")
    expect(lab.locator("dt")).to_have_text(["step", "loss", "points right"])
    press(lab, "Take all points away")
    expect(dots).to_have_attribute("d", "")
    expect(page).to_have_url(re.compile(r"\?h=word&shape=own$"))


def test_points_are_drawn_and_taken_away_with_a_mouse(page):
    lab = open_shapes(page, "?shape=own")
    board = lab.get_by_role("application")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    place = lambda column, row: (  # noqa: E731
        box["x"] + box["width"] * column / 40,
        box["y"] + box["height"] * (1 - row / 40),
    )
    lab.get_by_label("triangles").check()
    page.mouse.move(*place(10, 30))
    page.mouse.down()
    page.mouse.move(*place(12, 30), steps=8)
    page.mouse.up()
    expect(status(lab)).to_have_text(re.compile(r"^0 dots, [23] triangles\.$"))
    lab.get_by_label("dots").check()
    page.mouse.click(*place(12, 30))
    expect(status(lab)).to_have_text(re.compile(r"^1 dots, [12] triangles\.$"))
    expect(page).to_have_url(re.compile("dots=cu"))
    lab.get_by_label("erase").check()
    page.mouse.click(*place(12, 30))
    expect(status(lab)).to_have_text(re.compile(r"^0 dots, [12] triangles\.$"))


@pytest.mark.browser_context_args(
    viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
)
def test_points_are_drawn_with_a_finger(page):
    lab = open_shapes(page, "?shape=own")
    board = lab.get_by_role("application")
    board.tap(position={"x": 40, "y": 60})
    expect(status(lab)).to_have_text("1 dots, 0 triangles.")


def test_the_points_of_a_shape_stay_and_the_run_goes_on(page):
    lab = open_shapes(page)
    step = lab.get_by_role("button", name="One step")
    step.click()
    lab.get_by_role("application").click()
    page.keyboard.press("2")
    step.click()
    expect(number(lab, "step")).to_have_text("2")


@pytest.mark.usefixtures("look")
def test_it_is_accessible_and_fits(page):
    lab = open_shapes(page, "?shape=own&dots=kk&triangles=aa&depth=2")
    run_to_the_end(lab)
    assert_accessible_and_fits(lab, 44, "select, button, .shapes-tool")
