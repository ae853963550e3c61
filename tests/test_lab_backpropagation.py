"""The laboratory of the backward pass shows the page's numbers, and right ones."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from docs.plugins.pages import DOCS, read
from snippets.chapters.backpropagation import worked_example
from snippets.chapters.derivatives import numerical_gradient
from tests.labs import open_lab

CHAPTER = DOCS / "chapters" / "backpropagation.md"
WORKED = worked_example()
GIVEN = ["x1", "x2", "y", "w11", "w21", "b1", "w12", "w22", "b2", "v1", "v2", "c"]
COMPUTED = [name for name in WORKED if name not in GIVEN]
LAST = len(COMPUTED)
TABLE_ROW = re.compile(
    r"^\| ((?:∂L/∂)?[zaLŷvcwb][₁₂]*) .*\| (−?[\d.]+) \|$", re.MULTILINE
)
EACH_FORMULA = """lab => {
  const slider = lab.querySelector("input[type=range]")
  return Array.from({ length: slider.max }, (_, index) => {
    slider.value = index + 1
    slider.dispatchEvent(new Event("input"))
    return lab.querySelector(".passes-formula").textContent
  })
}"""


@pytest.fixture
def lab(page: Page):
    return open_lab(page, "backpropagation-lab")


def number(text):
    """Return the number at the end of a text, as the laboratory writes it."""
    return float(text.split()[-1].replace("−", "-"))


def shown(lab):
    """Return the numbers that stand in the drawing now, by name."""
    texts = lab.locator("[data-name]").evaluate_all(
        "texts => texts.map(text => [text.dataset.name, text.textContent])"
    )
    return {name: number(text) for name, text in texts if text}


def sentence(lab):
    return lab.locator(".passes-step")


def formula(lab):
    return sentence(lab).locator(".passes-formula").inner_text()


def fill(lab, given):
    for name, value in given.items():
        lab.locator(f"input[name={name}]").fill(str(value))


def loss(values):
    """Return the loss of the 2-2-1 network, written with matrices."""
    given = dict(zip(GIVEN, values, strict=True))
    x1, x2, y, w11, w21, b1, w12, w22, b2, v1, v2, c = given.values()
    z = np.array([x1, x2]) @ [[w11, w12], [w21, w22]] + [b1, b2]
    return float((np.maximum(z, 0) @ [v1, v2] + c - y) ** 2)


def test_it_starts_with_the_numbers_of_the_page(lab):
    drawn = shown(lab)
    assert set(drawn) == set(WORKED)
    for name, value in WORKED.items():
        assert drawn[name] == pytest.approx(value, abs=1e-12), name
    for name in GIVEN:
        assert lab.locator(f"input[name={name}]").input_value() == f"{WORKED[name]:g}"


def test_each_step_is_a_row_of_the_tables_of_the_page(lab):
    drawn = shown(lab)
    rows = TABLE_ROW.findall(CHAPTER.read_text(encoding="utf-8"))
    assert [name_of(symbol) for symbol, _ in rows] == COMPUTED
    for symbol, value in rows:
        assert drawn[name_of(symbol)] == pytest.approx(number(value)), symbol


def name_of(symbol):
    """Return the name of a number in the code, dw11 for ∂L/∂w₁₁."""
    text = symbol.replace("∂L/∂", "d").replace("ŷ", "y_hat").replace("L", "loss")
    return text.translate(str.maketrans("₁₂", "12"))


def test_each_step_adds_one_number_and_spells_it_out(lab, page):
    lab.get_by_role("button", name="To start").focus()
    page.keyboard.press("Enter")
    assert set(shown(lab)) == set(GIVEN)
    lab.get_by_role("button", name="Next").focus()
    for step, name in enumerate(COMPUTED, 1):
        page.keyboard.press("Space")
        kind = "backward" if name.startswith("d") else "forward"
        expect(sentence(lab)).to_contain_text(f"Step {step}, {kind}.")
        assert set(shown(lab)) == {*GIVEN, *COMPUTED[:step]}
        expect(lab.locator("[data-now]")).to_have_attribute("data-name", name)
        assert_is_right(formula(lab), WORKED[name])
    page.keyboard.press("Space")
    expect(sentence(lab)).to_contain_text(f"Step {LAST}")
    lab.get_by_role("button", name="Previous").focus()
    page.keyboard.press("Enter")
    assert set(shown(lab)) == {*GIVEN, *COMPUTED[:-1]}
    lab.get_by_role("button", name="To end").focus()
    page.keyboard.press("Enter")
    assert set(shown(lab)) == set(WORKED)


def assert_is_right(text, value, tolerance=1e-12):
    """Compute the numbers of a formula, and compare the outcome and what it shows."""
    *_names, numbers, result = re.split(" [=≈] ", text)
    code = numbers.translate(str.maketrans({"·": "*", "−": "-", "²": "**2"}))
    computed = eval(code, {"max": max})  # noqa: S307, the text of our own page
    assert computed == pytest.approx(value, abs=tolerance), text
    assert number(result) == pytest.approx(value, rel=1e-3, abs=1e-12), text


def test_the_chain_rule_names_its_factors(lab):
    slider = lab.get_by_role("slider", name="Step")
    slider.fill("15")
    assert formula(lab) == "∂L/∂w₁₁ = ∂L/∂z₁ · x₁ = 0.96 · 2 = 1.92"
    slider.press("ArrowLeft")
    assert formula(lab) == "∂L/∂z₂ = ∂L/∂a₂ · ReLU′(z₂) = −1.12 · 0 = 0"
    expect(sentence(lab)).to_contain_text("unit 2 is inactive and passes nothing back")
    slider.press("Home")
    expect(sentence(lab)).to_contain_text("Start.")
    slider.press("End")
    expect(sentence(lab)).to_contain_text(f"Step {LAST}, backward.")


@pytest.mark.parametrize("seed", range(4))
def test_gradients_agree_with_centred_differences(lab, seed):
    rng = np.random.default_rng(seed)
    values = rng.uniform(-2, 2, size=12).round(2)
    values[5] = 4 + seed / 10  # b1: unit 1 is active, whatever the weights are
    fill(lab, dict(zip(GIVEN, values, strict=True)))
    drawn = shown(lab)
    assert min(abs(drawn["z1"]), abs(drawn["z2"])) > 1e-3, "at a kink"
    assert drawn["loss"] == pytest.approx(loss(values), rel=1e-3)
    for name, slope in zip(GIVEN, numerical_gradient(loss, values), strict=True):
        if f"d{name}" in drawn:
            assert drawn[f"d{name}"] == pytest.approx(slope, rel=1e-3, abs=1e-6), name
    for name, text in zip(COMPUTED, lab.evaluate(EACH_FORMULA), strict=True):
        assert_is_right(text, drawn[name], tolerance=0.05 if "≈" in text else 1e-9)


def test_rounded_numbers_are_not_called_equal(lab):
    fill(lab, {"w11": 0.512345})
    lab.get_by_role("slider", name="Step").fill("1")
    assert formula(lab).endswith(" ≈ 2 · 0.5123 + 3 · 0.1 + 0.2 ≈ 1.525")


def test_what_the_page_says_to_try(lab):
    fill(lab, {"w11": 0.51})
    record = read(CHAPTER).recorded_texts()
    nudged = re.search(r"w11: .* ([\d.]+)", record["nudged-weights"])[1]
    assert f"{shown(lab)['loss']:.4f}" == nudged
    lab.get_by_role("button", name="Back to the worked example").click()
    assert shown(lab) == pytest.approx(WORKED)
    fill(lab, {"y": 1.3})
    drawn = shown(lab)
    assert {drawn[name] for name in COMPUTED[5:]} == {0}
    lab.get_by_role("button", name="Back to the worked example").click()
    fill(lab, {"b2": 3})
    drawn = shown(lab)
    numbers = [drawn[name] for name in ("a1", "a2", "dw11", "dw12", "dw21", "dw22")]
    text = record["active-unit"]
    assert numbers == [float(n) for n in re.findall(r"-?\d+\.\d+", text)]


@pytest.mark.parametrize("text", ["", "11", "-10.5"])
def test_what_is_no_number_in_the_limits_changes_nothing(lab, text):
    field = lab.locator("input[name=v1]")
    field.fill(text)
    expect(field).to_have_attribute("aria-invalid", "true")
    assert shown(lab) == pytest.approx(WORKED)
    field.press("Tab")
    expect(field).to_have_value("0.6")
    expect(field).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844})
def test_numbers_can_be_read_on_a_telephone(lab):
    sizes = lab.locator(".passes text").evaluate_all(
        "texts => texts.map(text => parseFloat(getComputedStyle(text).fontSize)"
        " * text.getScreenCTM().a)"
    )
    assert min(sizes) > 10


def test_the_picture_says_its_numbers(lab):
    label = lab.locator(".passes").get_attribute("aria-label")
    assert "L = 0.64" in label
    assert "∂L/∂w₁₁ = 1.92" in label
