"""The neuron and the activation laboratory show what the pages' runs recorded."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from docs.plugins import pages
from docs.plugins.pages import DOCS
from snippets.chapters import activation_functions as course
from snippets.chapters import one_neuron
from tests.labs import open_lab, said

NEURON = DOCS / "chapters" / "one-neuron.md"
ACTIVATION = DOCS / "chapters" / "activation-functions.md"
LABS = {"neuron-lab": NEURON, "activation-lab": ACTIVATION}
FUNCTIONS = {
    "linear": (lambda z: z, lambda _z: 1.0, 2),
    "ReLU": (course.relu, course.relu_derivative, 2),
    "leaky ReLU": (course.leaky_relu, course.leaky_relu_derivative, 4),
    "sigmoid": (course.sigmoid, course.sigmoid_derivative, 7),
    "tanh": (np.tanh, course.tanh_derivative, 7),
}
VERDICTS = [
    ("sigmoid", 2.8, "Not flat: the slope is {} or more"),
    ("sigmoid", 2.9, "Saturated: the slope is below {}"),
    ("tanh", -3, "Saturated: the slope is below {}"),
    ("ReLU", -0.1, "Zero gradient: the slope is exactly 0"),
    ("leaky ReLU", -1, "Nearly flat: the slope is below {}"),
    ("linear", -6, "Not flat: the slope is {} or more"),
]
NARROW = {"width": 390, "height": 844}
ENDS = ("x1", "y1", "x2", "y2")
FIND_PLACES = """(element) => {
  const { x, y, width, height } = element.getBBox()
  return [x, x + width, y, y + height]
}"""
COUNT_ANNOUNCEMENTS = """(output) => {
  window.announcements = []
  new MutationObserver(() => window.announcements.push(output.value))
    .observe(output, { childList: true, characterData: true, subtree: true })
}"""


def record(page: str, section: str) -> str:
    """Return a recorded output with the minus sign that the site's texts have."""
    return pages.read(LABS[page]).recorded_texts()[section].replace("-", "−")


def move(slider: Locator, value: float) -> None:
    """Move a slider to a value."""
    slider.fill(f"{value:g}")


def choose(lab: Locator, name: str) -> None:
    """Choose a function."""
    lab.locator("select").select_option(label=name)


def signed(number: float, digits: int = 2) -> str:
    text = f"{abs(number):.{digits}f}"
    return f"−{text}" if number < 0 and float(text) else text


def neuron_sentences(x, w, b, name: str = "ReLU") -> list[str]:
    """Return what the neuron laboratory must say of these numbers."""
    terms = [signed(term) for term in (*(w * x), b)]
    rest = [f"− {t[1:]}" if t.startswith("−") else f"+ {t}" for t in terms[1:]]
    z = one_neuron.pre_activation(x, w, b)
    f, _, digits = FUNCTIONS[name]
    return [
        f"z = {' '.join([terms[0], *rest])} = {signed(z)}",
        f"a = {name}(z) = {signed(f(z), digits)}",
    ]


def assert_starts_as_recorded(lab: Locator) -> None:
    worked = record("neuron-lab", "worked-example")
    rows = re.findall(r"^\w+ +([\d.]+) \* +([\d.]+) = +([\d.]+)$", worked, re.M)
    assert len(rows) == 3
    for weight, value, product in rows:
        expect(lab.get_by_text(f"× {weight} = {product}", exact=True)).to_be_visible()
        value = f"{float(value):g}"
        expect(lab.locator("svg").get_by_text(value, exact=True)).to_be_visible()
    bias = re.search(r"^bias +(\S+)$", worked, re.M)[1]
    z = re.search(r"^z += (\S+)$", worked, re.M)[1]
    terms = " + ".join([*(product for _, _, product in rows), bias])
    expect(said(lab)).to_have_text([f"z = {terms} = {z}", f"a = ReLU(z) = {z}"])
    expect(lab.locator("svg").get_by_text(f"z = {z}", exact=True)).to_be_visible()


def test_neuron_starts_with_the_recorded_numbers(page):
    lab = open_lab(page, "neuron-lab")
    assert_starts_as_recorded(lab)
    labels = lab.locator("fieldset").first.locator("label").all_inner_texts()
    expected = zip("₁₂₃", one_neuron.NAMES, strict=True)
    assert labels == [f"x{number} {name}" for number, name in expected]


def test_neuron_repeats_the_recorded_exercise(page):
    lab = open_lab(page, "neuron-lab")
    text = record("neuron-lab", "other-weights")
    weights = re.findall(r"^(\w+) +(\S+) \*", text, re.M)
    assert [name for name, _ in weights] == list(one_neuron.NAMES)
    sliders = lab.locator("fieldset").nth(1)
    for name, weight in weights:
        move(sliders.get_by_label(name), float(weight))
    bias = re.search(r"^bias +(\S+)$", text, re.M)[1]
    move(lab.get_by_label("bias b"), float(bias.replace("−", "-")))
    z = re.search(r"^z += (\S+)$", text, re.M)[1]
    expect(said(lab).first).to_have_text(re.compile(f"= {z}$"))
    for name, a in re.findall(r"^(\w+): +a = (\S+)$", text, re.M):
        choose(lab, name)
        expect(said(lab).nth(1)).to_have_text(f"a = {name}(z) = {a}")
        expect(lab.locator("svg").get_by_text(a, exact=True)).to_be_visible()


def test_neuron_agrees_with_the_course_for_every_activation(page):
    lab = open_lab(page, "neuron-lab")
    for b in (one_neuron.b, -82.0):
        move(lab.get_by_label("bias b"), b)
        for name in FUNCTIONS:
            choose(lab, name)
            sentences = neuron_sentences(one_neuron.x, one_neuron.w, b, name)
            expect(said(lab)).to_have_text(sentences)


def test_neuron_follows_the_keyboard_from_end_to_end(page):
    lab = open_lab(page, "neuron-lab")
    lab.locator("input").first.focus()
    numbers = [*one_neuron.x, *one_neuron.w, one_neuron.b]
    for index, slider in enumerate(lab.locator("input").all()):
        expect(slider).to_be_focused()
        for key, end in (("End", "max"), ("Home", "min")):
            page.keyboard.press(key)
            numbers[index] = float(slider.get_attribute(end))
            x, w, b = np.array(numbers[:3]), np.array(numbers[3:6]), numbers[6]
            expect(said(lab)).to_have_text(neuron_sentences(x, w, b))
        page.keyboard.press("Tab")
    expect(lab.locator("select")).to_be_focused()
    page.keyboard.press("Tab")
    expect(lab.get_by_role("button")).to_be_focused()
    page.keyboard.press("Enter")
    assert_starts_as_recorded(lab)


def test_lines_show_sign_and_size_of_the_products(page):
    lab = open_lab(page, "neuron-lab")
    move(lab.get_by_label("w₂"), -1.6)
    move(lab.get_by_label("x₁"), 0)
    move(lab.get_by_label("x₃"), 40)
    products = [0.0, -1.6 * 8, 0.8 * 40]
    flows = lab.locator(".lab-flow")
    for index, product in enumerate(products):
        expect(flows.nth(index)).to_have_attribute("data-sign", f"{np.sign(product):g}")
    widths = [float(flows.nth(i).get_attribute("stroke-width")) for i in range(3)]
    assert np.all(np.diff(widths) > 0.5), f"not wider for larger products: {widths}"
    dashes = [
        flows.nth(i)
        .locator("line")
        .evaluate("e => getComputedStyle(e).strokeDasharray")
        for i in range(3)
    ]
    assert len(set(dashes)) == 3, f"told apart by colour alone: {dashes}"


def test_activation_starts_with_the_recorded_numbers(page):
    lab = open_lab(page, "activation-lab")
    table = record("activation-lab", "sigmoid-values")
    a, slope = re.search(r"^ +2\.00 +(\S+) +(\S+)$", table, re.M).groups()
    expect(said(lab).first).to_have_text(f"sigmoid(2.0) = {a}, slope {slope}.")
    expect(lab.locator("input")).to_have_value("2")


def test_activation_agrees_with_the_course_everywhere_and_at_the_kink(page):
    lab = open_lab(page, "activation-lab")
    slider = lab.locator("input")
    for name, (f, derivative, digits) in FUNCTIONS.items():
        choose(lab, name)
        for z in (-6, -2, -0.3, 0, 1, 6):
            move(slider, z)
            values = f"{signed(f(z), digits)}, slope {signed(derivative(z), digits)}."
            expect(said(lab).first).to_have_text(f"{name}({signed(z, 1)}) = {values}")
        move(slider, 0)
        kink = said(lab).nth(1).get_by_text("A kink")
        expect(kink).to_have_count(1 if "ReLU" in name else 0)


def flat_below() -> float:
    """Return the slope below which the page's own figures shade a curve."""
    blocks = {block.name: block.code for block in pages.read(ACTIVATION).blocks}
    return float(re.search(r"where=slope < ([\d.]+)", blocks["curve-and-slope"])[1])


def runs(where: np.ndarray, z: np.ndarray) -> list[tuple[float, float]]:
    """Return the first and the last z of each run of `where`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], where, [0]])))
    return [(z[a], z[b - 1]) for a, b in edges.reshape(-1, 2)]


def test_flat_parts_are_those_of_the_course(page):
    lab = open_lab(page, "activation-lab")
    for name in FUNCTIONS:
        choose(lab, name)
        assert_flat_parts(lab, name)


def assert_flat_parts(lab: Locator, name: str) -> None:
    z = np.arange(-300, 301) / 50
    slope = np.array([FUNCTIONS[name][1](each) for each in z])
    expected = {
        "lab-flat": runs((slope != 0) & (np.abs(slope) < flat_below()), z),
        "lab-zero": runs(slope == 0, z),
    }
    curve = lab.locator(".lab-curve").evaluate(FIND_PLACES)
    for kind, bands in expected.items():
        shapes = lab.locator(f".{kind}").all()
        places = [shape.evaluate(FIND_PLACES)[:2] for shape in shapes]
        found = np.interp(places, curve[:2], [-6, 6]) if places else []
        assert np.allclose(found, bands, atol=0.01), f"{kind}: {found}, not {bands}"
    words = ["slope 0"] * len(expected["lab-zero"])
    words += [f"slope < {flat_below()}"] * len(expected["lab-flat"])
    expect(lab.locator("svg g").first.locator("text")).to_have_text(words)


def test_activation_says_where_it_is_flat(page):
    lab = open_lab(page, "activation-lab")
    for name, z, verdict in VERDICTS:
        choose(lab, name)
        move(lab.locator("input"), z)
        expect(said(lab).nth(1)).to_contain_text(verdict.format(flat_below()))


def test_tangent_has_the_slope(page):
    lab = open_lab(page, "activation-lab")
    for name, z in (("sigmoid", 2), ("tanh", 0), ("ReLU", -2), ("leaky ReLU", 3)):
        choose(lab, name)
        move(lab.locator("input"), z)
        left, right, top, bottom = lab.locator(".lab-curve").evaluate(FIND_PLACES)
        f, derivative, _ = FUNCTIONS[name]
        unit_x, unit_y = (right - left) / 12, (bottom - top) / (f(6) - f(-6))
        ends = [lab.locator(".lab-tangent").get_attribute(n) for n in ENDS]
        x1, y1, x2, y2 = map(float, ends)
        slope = (y1 - y2) / unit_y / ((x2 - x1) / unit_x)
        assert slope == pytest.approx(derivative(z), abs=1e-3), name


def place(lab: Locator, z: float) -> tuple[float, float]:
    """Return where on the screen `z` is, at half the height of the plot."""
    box = lab.locator(".lab-curve").bounding_box()
    share = (z + 6) / 12
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


def test_point_can_be_dragged(page):
    lab = open_lab(page, "activation-lab")
    lab.locator("svg").scroll_into_view_if_needed()
    page.mouse.move(*place(lab, 2))
    page.mouse.down()
    page.mouse.move(*place(lab, -1), steps=5)
    expect(lab.locator("input")).to_have_value("-1")
    expect(said(lab).first).to_have_text(re.compile(r"^sigmoid\(−1\.0\)"))
    page.mouse.move(*place(lab, -20), steps=5)
    page.mouse.up()
    expect(lab.locator("input")).to_have_value("-6")
    page.mouse.move(*place(lab, 3))
    expect(lab.locator("input")).to_have_value("-6")
    page.keyboard.press("ArrowRight")
    expect(lab.locator("input")).to_have_value("-5.9")


@pytest.mark.browser_context_args(viewport=NARROW, has_touch=True, is_mobile=True)
def test_point_follows_a_finger(page):
    lab = open_lab(page, "activation-lab")
    lab.locator("svg").scroll_into_view_if_needed()
    touch = page.context.new_cdp_session(page)

    def finger(kind: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    finger("touchStart", place(lab, 2))
    for z in np.linspace(2, -3, 6):
        finger("touchMove", place(lab, z))
    finger("touchEnd")
    expect(lab.locator("input")).to_have_value(re.compile(r"^-(2\.9|3|3\.1)$"))
    page.touchscreen.tap(*place(lab, 4))
    expect(lab.locator("input")).to_have_value(re.compile(r"^(3\.9|4|4\.1)$"))


@pytest.mark.browser_context_args  # the clock is the context's
@pytest.mark.parametrize("name", LABS)
def test_a_moving_slider_is_announced_once_it_rests(page, name):
    page.clock.install()
    lab = open_lab(page, name)
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=10))
    announced = lab.locator(".lab-announcement")
    expect(announced).to_have_text(" ".join(said(lab).all_inner_texts()))
    announced.evaluate(COUNT_ANNOUNCEMENTS)
    lab.locator("input").first.focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
        page.clock.run_for(100)
    assert page.evaluate("window.announcements") == []
    page.clock.run_for(500)
    shown = " ".join(said(lab).all_inner_texts())
    assert page.evaluate("window.announcements") == [shown]
    for output in lab.locator(".lab-row output").all():
        expect(output).to_have_attribute("aria-live", "off")
