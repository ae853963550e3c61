"""The training lab computes what NumPy computes, and does what its page says."""

import gzip
import json
import math
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Worker, expect

from docs.plugins.pages import DOCS, ROOT
from tests.browser import open_only, too_wide, violations

LABS = DOCS / "assets" / "labs"
PAGE = "/chapters/training-lab/"
NUMPY = json.loads((ROOT / "tests" / "numpy_training.json").read_text("utf-8"))
PRESETS = ["nan", "dying", "saturated", "slow", "equal"]
IMPORTS = re.compile(r'(?:from |import\()"\./([\w-]+\.js)"|new URL\("([\w-]+\.js)"')

REPLAY = """async ({ settings, W }) => {
  const network = await import("/assets/labs/network.js");
  const parts = await import("/assets/labs/network-parts.js");
  const { LAYER_SIZES, split } = await import("/assets/labs/training.js");
  const recorded = await (await fetch("/assets/labs/deliveries.json")).json();
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

RUN_SEEDS = """async ({ preset, state, changes, seeds }) => {
  const { Training } = await import("/assets/labs/training.js");
  const { presetSettings } = await import("/assets/labs/training-settings.js");
  const recorded = await (await fetch("/assets/labs/deliveries.json")).json();
  const ends = [];
  for (let seed = 0; seed < seeds; seed++) {
    const settings = { ...presetSettings(preset, state, seed), ...changes };
    const run = new Training(settings, recorded);
    for (let step = 0; step < 300; step++) run.step();
    const { diagnosis, test, train, norms, arriving } = run.measure();
    const numbers = { test: String(test), train, norms, arriving };
    ends.push({ diagnosis: diagnosis ?? null, ...numbers });
  }
  return ends;
}"""


@pytest.fixture
def run_seeds(page: Page, pytestconfig: pytest.Config) -> Callable[..., list[dict]]:
    """Return a function that gives how 300 steps of a preset end on each seed.

    `make test` takes three seeds, the weekly run 20.
    """
    page.goto("/robots.txt")

    def run_seeds(
        preset: str, state: str, seeds: int | None = None, **changes: object
    ) -> list[dict]:
        seeds = seeds or pytestconfig.getoption("--seeds")
        choice = {"preset": preset, "state": state, "changes": changes, "seeds": seeds}
        return page.evaluate(RUN_SEEDS, choice)

    return run_seeds


def lab_of(page: Page, address: str = PAGE, motion: str = "reduce") -> Locator:
    """Open the lab, and nothing else of its page; return it, ready to use.

    With less motion it draws less: to draw is most of what a browser does here.
    """
    page.emulate_media(reduced_motion=motion)
    open_only(page, address, "training-lab")
    return ready_lab(page)


def ready_lab(page: Page) -> Locator:
    """Return a page's first training lab, ready to use."""
    lab = page.locator("training-lab").first
    expect(lab.locator("dl")).to_contain_text("training loss")
    return lab


def status(lab: Locator) -> Locator:
    return lab.locator("p[role=status]")


def chosen(around: Page | Locator, label: str) -> Locator:
    return around.get_by_label(label, exact=True).locator("option:checked")


def settings_of(lab: Locator) -> Locator:
    """Open the drawer of a lab's settings; return it."""
    lab.locator("summary").click()
    return lab.locator("details")


# The arithmetic


@pytest.mark.parametrize("name", NUMPY)
def test_200_steps_are_numpys(page, name):
    page.goto("/robots.txt")
    replayed, recorded = page.evaluate(REPLAY, NUMPY[name]), NUMPY[name]
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


RAW_RELU = """async () => {
  const { Training } = await import("/assets/labs/training.js");
  const { presetSettings } = await import("/assets/labs/training-settings.js");
  const recorded = await (await fetch("/assets/labs/deliveries.json")).json();
  const settings = { ...presetSettings("nan", "broken"), activation: "relu" };
  const run = new Training(settings, recorded);
  const reports = {};
  for (let step = 1; step <= 500; step++) {
    run.step();
    if ([2, 3, 500].includes(step)) reports[step] = run.measure();
  }
  return reports;
}"""


def test_raw_numbers_kill_relu_by_step_3_and_end_at_the_mean(page):
    page.goto("/robots.txt")
    reports = page.evaluate(RAW_RELU)
    assert reports["2"]["dead"] != [1, 1]
    assert reports["3"]["dead"] == [1, 1]
    assert reports["3"]["train"] > 1e6
    assert reports["500"]["train"] == pytest.approx(1, abs=5e-4)


def test_raw_numbers_never_give_relu_nan(run_seeds):
    ends = run_seeds("nan", "broken", activation="relu")
    assert {end["diagnosis"] for end in ends} == {"dying"}


@pytest.mark.parametrize(
    ("rate", "diagnoses"), [(0.3, {"dying", None}), (0.5, {"dying"})]
)
def test_near_the_limit_the_seed_decides(run_seeds, rate, diagnoses):
    ends = run_seeds("dying", "broken", seeds=20, learningRate=rate)
    assert {end["diagnosis"] for end in ends} == diagnoses


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturated_units_pass_little_gradient(run_seeds, activation):
    ends = run_seeds("saturated", "broken", activation=activation)
    assert {end["diagnosis"] for end in ends} == {"saturated"}
    if activation == "sigmoid":
        assert all(0 < end["arriving"] < 0.01 for end in ends)


def test_sigmoid_units_that_start_equal_stay_equal(run_seeds):
    ends = run_seeds("equal", "broken", activation="sigmoid")
    assert {end["diagnosis"] for end in ends} == {"equal"}
    assert all(end["norms"][2] > 0 for end in ends)


# What the reader does and sees


def test_by_keyboard_from_start_to_pause(page):
    lab = lab_of(page)
    start = lab.get_by_role("button", name="Start")
    start.focus()
    page.keyboard.press("Enter")
    pause = lab.get_by_role("button", name="Pause")
    expect(pause).to_be_focused()
    expect(lab.locator("dl")).to_contain_text(re.compile(r"step[1-9]\d\d"))
    page.keyboard.press("Enter")
    expect(status(lab)).to_contain_text(re.compile(r"^Step \d+: training loss 0\."))
    expect(lab.get_by_role("button", name="Start")).to_be_focused()
    page.wait_for_function("() => !document.querySelector('training-lab').frame")
    lab.locator("summary").focus()
    page.keyboard.press("Enter")
    lab.get_by_role("slider", name="Learning rate").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(r"\?learningRate=0\.06$"))
    expect(lab.locator("dl")).to_contain_text("step0")
    expect(lab.locator("summary")).to_have_text("Settings: learning rate 0.06")


def test_one_step_is_one_step(page):
    lab = lab_of(page)
    for step in (1, 2):
        lab.get_by_role("button", name="One step").click()
        expect(lab.locator("dl")).to_contain_text(f"step{step}training")


def test_a_run_is_the_same_each_time(page):
    lab = lab_of(page, f"{PAGE}?seed=7")
    texts = []
    for _run in range(2):
        lab.get_by_role("button", name="One step").click()
        expect(lab.locator("dl")).to_contain_text("step1training")
        texts.append(lab.locator("dl").text_content())
        lab.get_by_role("button", name="Reset").click()
        expect(lab.locator("dl")).to_contain_text("step0training")
    assert texts[0] == texts[1]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_failure_is_explained_with_its_page(page, preset):
    lab = lab_of(page, f"{PAGE}?preset={preset}")
    lab.get_by_role("button", name="Start").click()
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
    lab = lab_of(page, f"{PAGE}?preset=nan")
    lab.get_by_role("button", name="Start").click()
    words = "Step 5: The loss is NaN. The last finite one was 8.4e99, at step 3."
    expect(status(lab)).to_contain_text(words)
    lab.get_by_role("button", name="Fix it").click()
    expect(chosen(lab, "Input")).to_have_text("standardised")
    expect(lab.locator("dl")).to_contain_text(re.compile(r"step[1-9]\d\d"))
    expect(status(lab)).not_to_contain_text("NaN")


# The network

DRAW = """async () => {
  const { NetworkPicture } = await import("/assets/labs/network-picture.js");
  const { matrix } = await import("/assets/labs/network.js");
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


def test_the_picture_shows_what_it_is_given(page):
    page.goto("/robots.txt")
    drawn = page.evaluate(DRAW)
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
  const { Training } = await import("/assets/labs/training.js");
  const { presetSettings } = await import("/assets/labs/training-settings.js");
  const { short } = await import("/assets/labs/lab.js");
  const recorded = await (await fetch("/assets/labs/deliveries.json")).json();
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


def shown(lab: Locator) -> Locator:
    return lab.locator(".lab-readout")


def number(text: str) -> float:
    return float(text.strip("()").replace("−", "-"))


def test_keys_walk_along_the_network_and_each_part_has_its_product(page):
    lab = lab_of(page)
    expected = page.evaluate(LOOK, [{}, 0, list(PARTS.values())])
    lab.get_by_role("application").focus()
    for key, name, gradient in zip(
        [None, *WALK], PARTS, expected["gradients"], strict=True
    ):
        if key:
            page.keyboard.press(f"Arrow{key}")
        expect(shown(lab).locator("p").first).to_have_text(name)
        size, chain = shown(lab).locator("p").all_text_contents()[1:]
        assert f"= {gradient}. The next step adds" in size
        factors, product = PRODUCT.search(chain).groups()
        factors = [number(factor) for factor in factors.split(" · ")]
        product = number(product) if product else factors[0]
        assert math.prod(factors) == pytest.approx(product, rel=0.02)
    page.keyboard.press("ArrowRight")
    expect(lab.locator("output.lab-announcement")).to_contain_text("The output")
    expect(lab.get_by_text(f"off by {expected['error']} minutes")).to_be_visible()


@pytest.mark.parametrize("settings", [{}, {"clip": 0.1, "weightDecay": 0.1}])
def test_what_the_next_step_adds_it_adds(page, settings):
    page.goto("/robots.txt")
    looked = page.evaluate(LOOK, [settings, 20, list(PARTS.values())])
    assert any(looked["moved"])
    assert looked["changes"] == pytest.approx(looked["moved"], rel=1e-9, abs=1e-15)


def test_pointing_shows_and_a_click_chooses(page):
    lab = lab_of(page)

    def place(layer: int, unit: int) -> dict[str, float]:
        x, y = lab.evaluate(f"lab => lab.picture.places[{layer}][{unit}]")
        box = lab.locator(".net").bounding_box()
        scale = box["width"] / 360
        return {"x": x * scale, "y": y * scale}

    network = lab.locator(".net-place .net")
    network.hover(position=place(2, 3))
    expect(shown(lab)).to_contain_text("Unit 4 of layer 2")
    lab.get_by_role("button", name="One step").hover()
    expect(shown(lab)).to_contain_text("The line from distance")
    start, end = place(2, 7), place(3, 0)
    middle = {axis: (start[axis] + end[axis]) / 2 for axis in "xy"}
    network.click(position=middle)
    lab.get_by_role("button", name="One step").hover()
    expect(shown(lab)).to_contain_text("The line from unit 8 of layer 2 to the output")


SUBPATHS = "path => (path.getAttribute('d').match(/M/g) ?? []).length"


def test_a_dead_layer_is_crossed_out_and_no_gradient_passes_it(page):
    lab = lab_of(page, f"{PAGE}?preset=dying")
    lab.get_by_role("button", name="Start").click()
    expect(status(lab)).to_have_attribute("data-diagnosis", "dying")
    lab.get_by_role("button", name="Pause").click()
    page.wait_for_function("() => !document.querySelector('training-lab').frame")
    text = lab.locator("dl").text_content()
    shares = [
        float(share) for share in re.findall(r"dead units, layer \d([\d.]+) %", text)
    ]
    crosses = lab.locator(".net .net-dead").evaluate(SUBPATHS)
    assert crosses == round((16 * shares[0] + 8 * shares[1]) / 100)
    assert shares[1] == 100
    assert lab.locator(".net .net-back").evaluate(SUBPATHS) == 1
    dashes = lab.locator(".net-legend .net-negative")
    expect(dashes).not_to_have_css("stroke-dasharray", "none")


def test_the_curve_follows_the_input_that_is_chosen(page):
    lab = lab_of(page)
    curve = lab.locator(".training-curve")
    line = curve.locator(".scatter-line").get_attribute("d")
    curve.get_by_label("Minutes by").select_option(label="traffic")
    expect(curve).to_contain_text("traffic, 1 to 10")
    expect(curve).to_contain_text(re.compile(r"[\d.]+ at 1, [\d.]+ at 10; the other"))
    assert curve.locator(".scatter-line").get_attribute("d") != line


def test_the_network_stands_on_the_first_screen(page):
    page.goto(PAGE)
    network = ready_lab(page).locator(".net-place")
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        box = network.bounding_box()
        assert box["y"] + box["height"] <= height, width


def main_thread(trace: bytes) -> tuple[list[float], int]:
    """Return the processor milliseconds of each main-thread task; count the frames."""
    events = json.loads(trace)["traceEvents"]
    names = [event for event in events if event["name"] == "thread_name"]
    mains = {
        (event["pid"], event["tid"])
        for event in names
        if event["args"]["name"] == "CrRendererMain"
    }
    drawn = [
        thread
        for event in events
        if event["name"] == "Layerize"
        and (thread := (event["pid"], event["tid"])) in mains
    ]
    tasks = [
        event["tdur"] / 1000
        for event in events
        if event["name"].endswith("RunTask")
        and (event["pid"], event["tid"]) in drawn
        and "tdur" in event
    ]
    return tasks, len(drawn)


def test_a_slow_machine_shows_the_numbers_too(page):
    frame = "(draw) => setTimeout(() => draw(performance.now()), 40)"
    page.add_init_script(f"requestAnimationFrame = {frame}")
    lab = lab_of(page, motion="no-preference")
    lab.get_by_role("button", name="Start").click()
    expect(lab.locator("dl")).to_contain_text(re.compile(r"step[1-9]"))
    expect(lab.get_by_role("button", name="Pause")).to_be_visible()


def test_training_leaves_the_page_free_for_60_frames_a_second(page, browser):
    lab = lab_of(page, motion="no-preference")
    count = """() => {
      window.drawn = { network: 0, plots: 0 };
      const count = (selector, name) => new MutationObserver(() => drawn[name]++)
        .observe(document.querySelector(selector), { attributes: true });
      count(".net-more", "network");
      count(".scatter-dots", "plots");
    }"""
    page.evaluate(count)
    browser.start_tracing(page=page, categories=["toplevel", "devtools.timeline"])
    lab.get_by_role("button", name="Start").click()
    page.wait_for_function("() => drawn.network >= 30 && drawn.plots >= 30")
    tasks, frames = main_thread(browser.stop_tracing())
    assert len(tasks) > frames >= 60
    assert max(tasks) < 50
    assert sum(tasks) / frames < 1000 / 60


# The address


def test_the_address_holds_the_settings(page):
    lab = lab_of(page, f"{PAGE}?h=word")
    settings = settings_of(lab)
    settings.get_by_label("Activation").select_option(label="tanh")
    settings.get_by_label("Gradient clipping").select_option(label="1")
    expect(page).to_have_url(re.compile(r"\?h=word&activation=tanh&clip=1$"))
    page.reload()
    expect(lab.locator("dl")).to_contain_text("training loss")
    expect(chosen(lab, "Activation")).to_have_text("tanh")
    expect(chosen(lab, "Gradient clipping")).to_have_text("1")
    settings_of(lab).get_by_label("Activation").select_option(label="ReLU")
    expect(page).to_have_url(re.compile(r"\?h=word&clip=1$"))


@pytest.mark.parametrize(
    "query",
    [
        "learningRate=0.055",
        "learningRate=",
        "seed=100",
        "preset=constructor",
        "activation=__proto__",
        "initialisation=<b>he</b>",
    ],
)
def test_an_address_that_cannot_be_used_is_named(page, query):
    lab = lab_of(page, f"{PAGE}?{query}&clip=10")
    expect(status(lab)).to_contain_text(f"The address asks for {query}, which")
    expect(chosen(lab, "Gradient clipping")).to_have_text("10")
    expect(
        settings_of(lab).get_by_role("slider", name="Learning rate")
    ).to_have_attribute("aria-valuetext", "0.05")
    lab.get_by_role("button", name="One step").click()
    expect(lab.locator("dl")).to_contain_text("step1training")


@pytest.mark.parametrize("site_name", ["served_site", "instant_site"])
def test_the_tours_links_set_the_lab_and_history_brings_them_back(
    page, request, site_name
):
    page.goto(request.getfixturevalue(site_name) + PAGE)
    lab = ready_lab(page)
    page.get_by_role("link", name="Feed it raw numbers").click()
    expect(chosen(lab, "Input")).to_have_text("raw: km, minutes, rupees")
    page.get_by_role("link", name="Sigmoids on raw numbers").click()
    expect(chosen(lab, "Activation")).to_have_text("sigmoid")
    page.go_back()
    expect(chosen(lab, "Activation")).to_have_text("leaky ReLU")
    page.go_forward()
    expect(chosen(lab, "Activation")).to_have_text("sigmoid")


# The page around it


def training_workers(page: Page) -> list[Worker]:
    return [worker for worker in page.workers if "training" in worker.url]


def test_leaving_the_page_ends_the_worker_and_coming_back_works(page, instant_site):
    page.goto(f"{instant_site}{PAGE}?activation=tanh")
    lab = ready_lab(page)
    assert len(training_workers(page)) == 1
    lab.get_by_role("button", name="Start").click()
    page.evaluate("window.sameDocument = true")
    page.get_by_role("link", name="gradient descent").first.click()
    expect(page.locator("h1")).to_contain_text("Gradient descent")
    assert page.evaluate("window.sameDocument"), "this was no instant navigation"
    page.wait_for_function("!document.querySelector('training-lab')")
    assert not training_workers(page)
    page.go_back()
    expect(chosen(lab, "Activation")).to_have_text("tanh")
    lab.get_by_role("button", name="One step").click()
    expect(lab.locator("dl")).to_contain_text("step1training")
    assert len(training_workers(page)) == 1


def test_several_labs_on_a_page(page):
    page.emulate_media(reduced_motion="reduce")
    page.goto("/errors/nothing-is-learned/")
    labs = page.locator("training-lab")
    expect(labs).to_have_count(3)
    for lab, preset in zip(labs.all(), ["dying", "saturated", "slow"], strict=True):
        lab.get_by_role("button", name="Break it").click()
        expect(status(lab)).to_have_attribute("data-diagnosis", preset)
        expect(lab.get_by_role("link", name="Open these settings")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/errors/nothing-is-learned/$"))
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
    assert len(ids) == len(set(ids))
    labs.nth(1).get_by_role("link", name="Open these settings").click()
    expect(chosen(page, "Activation")).to_have_text("sigmoid")
    pressed = page.get_by_role("group", name="Break it").get_by_role(
        "button", pressed=True
    )
    expect(pressed).to_have_text("Saturation")


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_javascript_the_figure_stands_there(page):
    page.goto(PAGE)
    expect(page.locator("training-lab figure svg")).to_be_visible()
    expect(page.locator("training-lab button")).to_have_count(0)


def test_with_javascript_the_lab_takes_its_place(page):
    lab = lab_of(page)
    expect(lab.locator("[data-figure]")).to_be_hidden()
    expect(lab.get_by_role("button", name="Start")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_it_is_accessible_and_fits(page, scheme, width):
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    lab = lab_of(page, f"{PAGE}?preset=nan")
    lab.get_by_role("button", name="Start").click()
    expect(status(lab)).to_have_attribute("data-diagnosis", "nan")
    settings_of(lab)
    assert not violations(page, within="training-lab")
    assert not too_wide(page)
    sizes = lab.locator(":is(input, select, button, summary):visible").all()
    assert len(sizes) > 12
    assert min(each.bounding_box()["height"] for each in sizes) >= 24


GAPS = """([selector, changes]) => new Promise((resolve) => {
  const times = [];
  const observer = new MutationObserver(() => {
    times.push(performance.now());
    if (times.length > changes) {
      observer.disconnect();
      resolve(times.slice(1).map((time, index) => time - times[index]));
    }
  });
  const target = document.querySelector(selector);
  observer.observe(target, { childList: true, subtree: true, attributeFilter: ["d"] });
})"""


def test_a_running_lab_speaks_seldom_and_draws_less_for_less_motion(page):
    lab = lab_of(page)
    lab.get_by_label("Speed").select_option("slow")  # a run of more than six minutes
    lab.get_by_role("button", name="Start").click()
    assert min(page.evaluate(GAPS, ["training-lab [role=status]", 1])) > 1_000
    for drawn in ("dl", ".net-more"):
        assert min(page.evaluate(GAPS, [f"training-lab {drawn}", 1])) > 500
    page.emulate_media(reduced_motion="no-preference")
    assert min(page.evaluate(GAPS, ["training-lab dl", 4])) < 500


def imported(name: str, found: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return a module's name and those of all that it loads."""
    text = (LABS / name).read_text("utf-8")
    for match in IMPORTS.finditer(text):
        if (other := match[1] or match[2]) not in found | {name}:
            found = imported(other, found | {name})
    return found | {name}


@pytest.mark.parametrize("name", sorted(f.name for f in LABS.glob("*-lab.js")))
def test_a_lab_and_its_imports_are_small(site, name):
    modules = imported(name)
    assert "lab.js" in modules
    served = site / "assets" / "labs"
    size = sum(len(gzip.compress((served / each).read_bytes())) for each in modules)
    assert size <= 25 * 1024, f"{size} bytes: {sorted(modules)}"
