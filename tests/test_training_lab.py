"""The training lab computes what NumPy computes, and does what its page says."""

import json
import math
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from docs.plugins.pages import ROOT
from tests import labs
from tests.labs import (
    ADDRESSES,
    assert_accessible_and_fits,
    chosen,
    main_thread,
    number,
    press,
    said,
    status,
)

PAGE = ADDRESSES["training-lab"]
NUMPY = json.loads((ROOT / "tests" / "numpy_training.json").read_text("utf-8"))
PRESETS = ["nan", "dying", "saturated", "slow", "equal"]

REPLAY = """async ({ settings, W }) => {
  const network = await load("network");
  const parts = await load("network-parts");
  const { LAYER_SIZES, split } = await load("training");
  const recorded = await json("deliveries");
  const { X, y, X_test, X_swept, minutes: scale } = split(recorded, settings.input);
  const sizes = LAYER_SIZES.slice(1);
  const model = {
    activation: settings.activation,
    W: W.map((numbers, layer) =>
      network.matrix(LAYER_SIZES[layer], sizes[layer], Float64Array.from(numbers))),
    b: sizes.map((n_out) => network.matrix(1, n_out)),
  };
  const pass = (step) => {
    const rows = Array.from({ length: 64 }, (_none, row) => (row + 64 * step) % X.rows);
    const y_batch = network.takeRows(y, rows);
    const cache = network.forward(model, network.takeRows(X, rows));
    const loss = network.meanSquaredError(cache.A.at(-1), y_batch);
    return { cache, loss, gradients: network.backward(model, cache, y_batch) };
  };
  const losses = [];
  const chained = [];
  const expected = [];
  const { learning_rate = 0.05, weight_decay = 0, clip } = settings;
  for (let step = 0; step < 200; step++) {
    const { cache, loss, gradients } = pass(step);
    losses.push(loss);
    gradients.dW.forEach(({ rows, columns, data }, layer) => {
      const [from, to] = [step % rows, step % columns];
      const line = { layer, from, to };
      const unit = { layer: layer + 1, unit: to };
      for (const part of [line, unit]) {
        chained.push(parts.partNumbers(model, cache, gradients, part).gradient);
      }
      expected.push(data[from * columns + to], gradients.db[layer].data[to]);
    });
    if (clip) network.clip(gradients, clip);
    network.update(model, gradients, learning_rate, weight_decay);
  }
  const { cache, gradients } = pass(200);
  const minutes = (inputs) => Array.from(network.forward(model, inputs).A.at(-1).data)
    .filter((_value, index) => index % 8 === 0)
    .map((value) => scale.mean + scale.deviation * value);
  const shown = { predicted: minutes(X_test), curves: minutes(X_swept) };
  const units = parts.unitSummary(cache, gradients);
  return { losses, chained, expected, ...shown, ...units };
}"""

RUN_SEEDS = """async ({ preset, state, changes, seeds, steps }) => {
  const { Training } = await load("training");
  const { presetSettings } = await load("training-settings");
  const recorded = await json("deliveries");
  const ends = [];
  for (let seed = 0; seed < seeds; seed++) {
    const settings = { ...presetSettings(preset, state, seed), ...changes };
    const run = new Training(settings, recorded);
    for (let step = 0; step < steps; step++) run.step();
    const { diagnosis, test, train, norms, arriving, dead } = run.measure();
    const numbers = { test: String(test), train, norms, arriving, dead };
    ends.push({ diagnosis: diagnosis ?? null, ...numbers });
  }
  return ends;
}"""


@pytest.fixture
def run_seeds(modules: Page, seeds: range) -> Callable[..., list[dict]]:
    """Return a function that gives how some steps of a preset end on each seed.

    `make test` takes three seeds, the weekly run 20.
    """

    def run_seeds(
        preset: str,
        state: str,
        seeds: int = len(seeds),
        steps: int = 300,
        **changes: object,
    ) -> list[dict]:
        run = {"preset": preset, "state": state, "seeds": seeds, "steps": steps}
        return modules.evaluate(RUN_SEEDS, run | {"changes": changes})

    return run_seeds


def open_lab(page: Page, query: str = "", motion: str = "reduce") -> Locator:
    """Open the lab, and nothing else of its page; return it, ready to use.

    With less motion it draws less: to draw is most of what a browser does here.
    """
    page.emulate_media(reduced_motion=motion)
    return labs.open_lab(page, "training-lab", query)


def settings_of(lab: Locator) -> Locator:
    """Open the drawer of a lab's settings; return it."""
    lab.locator("summary").click()
    return lab.locator("details")


# The arithmetic


@pytest.mark.parametrize("name", NUMPY)
def test_200_steps_are_numpys(modules, name):
    replayed, recorded = modules.evaluate(REPLAY, NUMPY[name]), NUMPY[name]
    assert len(replayed["losses"]) == 200
    for shown in ("losses", "predicted", "curves"):
        assert replayed[shown] == pytest.approx(recorded[shown], rel=1e-9), shown
    for shown in ("positive", "negative", "back"):
        pairs = zip(replayed[shown], recorded[shown], strict=True)
        for layer, (actual, expected) in enumerate(pairs):
            assert actual == pytest.approx(expected, rel=1e-9), (shown, layer)
    assert replayed["chained"] == pytest.approx(replayed["expected"], rel=1e-9)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_breaks_each_run_and_mends_it(run_seeds, preset):
    broken = run_seeds(preset, "broken")
    assert {end["diagnosis"] for end in broken} == {preset}
    assert not any(float(end["test"]) < 0.7 for end in broken)
    mended = run_seeds(preset, "mended")
    assert {end["diagnosis"] for end in mended} == {None}
    assert max(float(end["test"]) for end in mended) < 0.15


def test_clipping_hides_nan_and_does_not_learn(run_seeds):
    ends = run_seeds("nan", "broken", clip=1)
    assert all(float(end["test"]) > 0.8 for end in ends)


def test_a_leak_mostly_trades_dead_units_for_nan(run_seeds):
    ends = run_seeds("dying", "broken", seeds=20, activation="leaky_relu")
    assert sum(end["diagnosis"] == "nan" for end in ends) > 10
    assert not any(end["diagnosis"] == "dying" for end in ends)


def test_raw_numbers_kill_relu_by_step_3_and_end_at_the_mean(run_seeds):
    second, third, last = (
        run_seeds("nan", "broken", seeds=1, steps=steps, activation="relu")[0]
        for steps in (2, 3, 500)
    )
    assert second["dead"] != [1, 1]
    assert third["dead"] == [1, 1]
    assert third["train"] > 1e6
    assert last["train"] == pytest.approx(1, abs=5e-4)


def test_saturated_sigmoids_pass_little_gradient(run_seeds):
    ends = run_seeds("saturated", "broken")
    assert all(0 < end["arriving"] < 0.01 for end in ends)


def test_sigmoid_units_that_start_equal_learn(run_seeds):
    ends = run_seeds("equal", "broken", activation="sigmoid")
    assert all(end["norms"][2] > 0 for end in ends)


@pytest.mark.parametrize(
    ("preset", "changes", "diagnoses"),
    [
        ("nan", {"activation": "relu"}, {"dying"}),
        ("saturated", {"activation": "tanh"}, {"saturated"}),
        ("equal", {"activation": "sigmoid"}, {"equal"}),
        ("dying", {"learningRate": 0.3, "seeds": 20}, {"dying", None}),
        ("dying", {"learningRate": 0.5, "seeds": 20}, {"dying"}),
    ],
)
def test_a_change_of_a_broken_run_has_its_diagnosis(
    run_seeds, preset, changes, diagnoses
):
    ends = run_seeds(preset, "broken", **changes)
    assert {end["diagnosis"] for end in ends} == diagnoses


# What the reader does and sees


@pytest.mark.parametrize("preset", PRESETS)
def test_a_failure_is_explained_with_its_page(page, preset):
    lab = open_lab(page, f"?preset={preset}")
    press(lab, "Start")
    expect(status(lab)).to_have_attribute("data-diagnosis", preset)
    link = status(lab).get_by_role("link")
    target = link.get_attribute("href")
    assert page.request.get(target).ok
    link.click()
    expect(page).to_have_url(target)
    _address, _sign, anchor = target.partition("#")
    if anchor:
        expect(page.locator(f"[id='{anchor}']")).to_be_attached()


def test_nan_names_its_step_and_the_loss_before(page):
    lab = open_lab(page, "?preset=nan")
    press(lab, "Start")
    words = "Step 5: The loss is NaN. The last finite one was 8.4e99, at step 3."
    expect(status(lab)).to_contain_text(words)
    press(lab, "Fix it")
    expect(chosen(lab, "Input")).to_have_text("standardised")
    expect(lab.locator("dl")).to_contain_text(re.compile(r"step[1-9]\d\d"))
    expect(status(lab)).not_to_contain_text("NaN")


# The network

DRAW = """async () => {
  const { NetworkPicture } = await load("network-picture");
  const { matrix } = await load("network");
  const picture = new NetworkPicture({ sizes: [2, 3, 1] });
  picture.draw({
    W: [
      matrix(2, 3, Float64Array.of(0.5, -0.5, 0, 2, -Infinity, NaN)),
      matrix(3, 1, Float64Array.of(1, -1, 0.001)),
    ],
    positive: [[1, 0], [1, 0, NaN], [0]],
    negative: [[0, 1], [0, 3, NaN], [2]],
    back: [[1e-5, 1e-3, 0], [1]],
    dead: [[false, false, true]],
  });
  const lines = picture.lines.filter((path) => path.getAttribute("d"));
  const widths = lines.map((path) => [
    path.getAttribute("class"), path.getAttribute("d").match(/M/g).length,
    Number(path.getAttribute("stroke-width")),
  ]);
  const shapes = ["more", "less", "dead", "back"].map(
    (name) => picture[name].getAttribute("d").match(/M/g).length);
  const lengths = picture.lengths.map((text) => text.textContent);
  return { widths, shapes, lengths };
}"""


def test_the_picture_shows_what_it_is_given(modules):
    drawn = modules.evaluate(DRAW)
    kinds = [(name.removeprefix("net-"), count) for name, count, _ in drawn["widths"]]
    negative, positive = [("negative", 1)] * 3, [("positive", 1)] * 3
    assert kinds == [*negative, ("zero", 3), *positive]
    widths = [width for *_, width in drawn["widths"]]
    assert widths[:3] == sorted(widths[:3], reverse=True)
    assert widths[4:] == sorted(widths[4:])
    assert len({*widths[4:]}) == 3
    assert drawn["shapes"] == [2, 3, 1, 2]
    assert drawn["lengths"] == ["0.001", "1"]


LOOK = """async ([settings, steps, parts]) => {
  const { Training } = await load("training");
  const { presetSettings } = await load("training-settings");
  const { short } = await load("lab");
  const recorded = await json("deliveries");
  const run = new Training({ ...presetSettings(), ...settings }, recorded);
  for (let step = 0; step < steps; step++) run.step();
  const { dW, db } = run.pass().gradients;
  const { W, b } = run.network;
  const read = ({ layer, unit, from, to }, lines, units) => unit === undefined
    ? lines[layer].data[from * lines[layer].columns + to] : units[layer - 1].data[unit];
  const looks = parts.map((part) => run.look(part));
  const before = parts.map((part) => read(part, W, b));
  const gradients = parts.map((part) => short(read(part, dW, db)));
  const { predicted } = run.measure();
  const errors = recorded.rows.slice(400).map(
    (row, index) => Math.abs(row[4] - predicted[index]));
  const error = short(errors.reduce((sum, each) => sum + each) / 100);
  run.step();
  const moved = parts.map((part, index) => read(part, W, b) - before[index]);
  return { gradients, error, moved, changes: looks.map(({ change }) => change) };
}"""
PARTS = {  # in the order in which arrow keys lead to them
    "The line from distance to unit 5 of layer 1": {"layer": 0, "from": 0, "to": 4},
    "Unit 5 of layer 1": {"layer": 1, "unit": 4},
    "Unit 6 of layer 1": {"layer": 1, "unit": 5},
    "The line from unit 6 of layer 1 to unit 1 of layer 2": {
        "layer": 1,
        "from": 5,
        "to": 0,
    },
    "The line from unit 7 of layer 1 to unit 1 of layer 2": {
        "layer": 1,
        "from": 6,
        "to": 0,
    },
    "Unit 1 of layer 2": {"layer": 2, "unit": 0},
    "The line from unit 1 of layer 2 to the output": {"layer": 2, "from": 0, "to": 0},
    "The output": {"layer": 3, "unit": 0},
}
WALK = ["Right", "Down", "Right", "Down", "Right", "Right", "Right"]
PRODUCT = re.compile(r"delivery \d+: (.+?)(?: = (.+))?\.$")


def value_of(text: str) -> float:
    return float(text.strip("()").replace("−", "-"))


def test_keys_walk_along_the_network_and_each_part_has_its_product(page, modules):
    lab = open_lab(page)
    expected = modules.evaluate(LOOK, [{}, 0, list(PARTS.values())])
    lab.get_by_role("application").focus()
    for key, name, gradient in zip(
        [None, *WALK], PARTS, expected["gradients"], strict=True
    ):
        if key:
            page.keyboard.press(f"Arrow{key}")
        expect(said(lab).first).to_have_text(name)
        size, chain = said(lab).all_text_contents()[1:]
        assert f"= {gradient}. The next step adds" in size
        factors, product = PRODUCT.search(chain).groups()
        factors = [value_of(factor) for factor in factors.split(" · ")]
        product = value_of(product) if product else factors[0]
        assert math.prod(factors) == pytest.approx(product, rel=0.02)
    page.keyboard.press("ArrowRight")
    expect(lab.locator("output.lab-announcement")).to_contain_text("The output")
    expect(lab.get_by_text(f"off by {expected['error']} minutes")).to_be_visible()


@pytest.mark.parametrize("settings", [{}, {"clip": 0.1, "weightDecay": 0.1}])
def test_what_the_next_step_adds_it_adds(modules, settings):
    looked = modules.evaluate(LOOK, [settings, 20, list(PARTS.values())])
    assert any(looked["moved"])
    assert looked["changes"] == pytest.approx(looked["moved"], rel=1e-9, abs=1e-15)


def test_pointing_shows_and_a_click_chooses(page):
    lab = open_lab(page)

    def place(layer: int, unit: int) -> dict[str, float]:
        x, y = lab.evaluate(f"lab => lab.parentElement.picture.places[{layer}][{unit}]")
        box = lab.locator(".net").bounding_box()
        scale = box["width"] / 360
        return {"x": x * scale, "y": y * scale}

    network = lab.locator(".net-place .net")
    network.hover(position=place(2, 3))
    expect(said(lab).first).to_contain_text("Unit 4 of layer 2")
    lab.get_by_role("button", name="One step").hover()
    expect(said(lab).first).to_contain_text("The line from distance")
    start, end = place(2, 7), place(3, 0)
    middle = {axis: (start[axis] + end[axis]) / 2 for axis in "xy"}
    network.click(position=middle)
    lab.get_by_role("button", name="One step").hover()
    line = "The line from unit 8 of layer 2 to the output"
    expect(said(lab).first).to_have_text(line)


SUBPATHS = "path => (path.getAttribute('d').match(/M/g) ?? []).length"


def test_a_dead_layer_is_crossed_out_and_no_gradient_passes_it(page):
    lab = open_lab(page, "?preset=dying")
    press(lab, "Start")
    expect(status(lab)).to_have_attribute("data-diagnosis", "dying")
    press(lab, "Pause")
    page.wait_for_function("() => !document.querySelector('training-lab').frame")
    shown = [number(lab, f"dead units, layer {layer}") for layer in (1, 2)]
    shares = [float(share.text_content().removesuffix(" %")) for share in shown]
    crosses = lab.locator(".net .net-dead").evaluate(SUBPATHS)
    assert crosses == round((16 * shares[0] + 8 * shares[1]) / 100)
    assert shares[1] == 100
    assert lab.locator(".net .net-back").evaluate(SUBPATHS) == 1
    dashes = lab.locator(".net-legend .net-negative")
    expect(dashes).not_to_have_css("stroke-dasharray", "none")


def test_the_curve_follows_the_input_that_is_chosen(page):
    lab = open_lab(page)
    curve = lab.locator(".training-curve")
    line = curve.locator(".scatter-line").get_attribute("d")
    curve.get_by_label("Minutes by").select_option(label="traffic")
    expect(curve).to_contain_text("traffic, 1 to 10")
    expect(curve).to_contain_text(re.compile(r"[\d.]+ at 1, [\d.]+ at 10; the other"))
    assert curve.locator(".scatter-line").get_attribute("d") != line


def test_the_network_stands_on_the_first_screen(page):
    page.goto(PAGE)
    network = labs.ready_lab(page, "training-lab").locator(".net-place")
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        box = network.bounding_box()
        assert box["y"] + box["height"] <= height, width


def test_a_slow_machine_shows_the_numbers_too(page):
    frame = "(draw) => setTimeout(() => draw(performance.now()), 40)"
    page.add_init_script(f"requestAnimationFrame = {frame}")
    lab = open_lab(page, motion="no-preference")
    press(lab, "Start")
    expect(lab.locator("dl")).to_contain_text(re.compile(r"step[1-9]"))
    expect(lab.get_by_role("button", name="Pause")).to_be_visible()


EARLY = """(() => {
  const look = () => {
    const lab = document.querySelector("training-lab");
    if (!lab?.plotsAreDue) return requestAnimationFrame(look);
    lab.reset("");
    lab.go();
  };
  requestAnimationFrame(look);
})()"""


def test_a_start_before_the_first_plots_are_drawn_leaves_no_error(page):
    page.add_init_script(EARLY)
    lab = open_lab(page, motion="no-preference")
    expect(lab.locator("dl")).to_contain_text(re.compile(r"step[1-9]"))


def test_training_leaves_the_page_free_for_60_frames_a_second(page, browser):
    lab = open_lab(page, motion="no-preference")
    count = """() => {
      window.drawn = { network: 0, plots: 0 };
      const count = (selector, name) => new MutationObserver(() => drawn[name]++)
        .observe(document.querySelector(selector), { attributes: true });
      count(".net-more", "network");
      count(".scatter-dots", "plots");
    }"""
    page.evaluate(count)
    browser.start_tracing(page=page, categories=["toplevel", "devtools.timeline"])
    press(lab, "Start")
    page.wait_for_function("() => drawn.network >= 30 && drawn.plots >= 30")
    tasks, frames = main_thread(browser.stop_tracing())
    assert len(tasks) > frames >= 60
    assert max(tasks) < 50
    assert sum(tasks) / frames < 1000 / 60


# The address


def test_the_address_holds_the_settings(page):
    lab = open_lab(page, "?h=word")
    press(lab, "One step")
    expect(number(lab, "step")).to_have_text("1")
    lab.locator("summary").press("Enter")
    lab.get_by_role("slider", name="Learning rate").press("ArrowRight")
    expect(page).to_have_url(re.compile(r"\?h=word&learningRate=0\.06$"))
    expect(number(lab, "step")).to_have_text("0")
    expect(lab.locator("summary")).to_have_text("Settings: learning rate 0.06")
    lab.get_by_label("Activation").select_option(label="tanh")
    lab.get_by_label("Gradient clipping").select_option(label="1")
    query = r"\?h=word&learningRate=0\.06&activation=tanh&clip=1$"
    expect(page).to_have_url(re.compile(query))
    page.reload()
    expect(chosen(lab, "Activation")).to_have_text("tanh")
    expect(chosen(lab, "Gradient clipping")).to_have_text("1")
    settings_of(lab).get_by_label("Activation").select_option(label="ReLU")
    expect(page).to_have_url(re.compile(r"\?h=word&learningRate=0\.06&clip=1$"))


# The page around it


def test_several_labs_on_a_page(page):
    page.emulate_media(reduced_motion="reduce")
    page.goto("/errors/nothing-is-learned/")
    embedded = page.locator("training-lab")
    expect(embedded).to_have_count(3)
    for lab, preset in zip(embedded.all(), ["dying", "saturated", "slow"], strict=True):
        lab.scroll_into_view_if_needed()
        press(lab, "Break it")
        expect(status(lab)).to_have_attribute("data-diagnosis", preset)
        expect(lab.get_by_role("link", name="Open these settings")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/errors/nothing-is-learned/$"))
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    embedded.nth(1).get_by_role("link", name="Open these settings").click()
    expect(chosen(page, "Activation")).to_have_text("sigmoid")
    pressed = page.get_by_role("group", name="Break it").get_by_role(
        "button", pressed=True
    )
    expect(pressed).to_have_text("Saturation")


@pytest.mark.usefixtures("look")
def test_it_is_accessible_and_fits(page):
    lab = open_lab(page, "?preset=nan")
    press(lab, "Start")
    expect(status(lab)).to_have_attribute("data-diagnosis", "nan")
    settings_of(lab)
    assert_accessible_and_fits(lab, 24)
