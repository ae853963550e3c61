"""What every laboratory does: it takes a figure's place, and leaves as it came."""

import gzip
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from docs.plugins.csv_reader import PACKAGE
from docs.plugins.pages import DOCS
from tests.labs import (
    ADDRESSES,
    LABS,
    assert_accessible_and_fits,
    chosen,
    gaps,
    number,
    open_lab,
    press,
    ready_lab,
    status,
)

TARGET = 44  # pixels
SMALL = ["neuron-lab", "activation-lab", "backpropagation-lab"]
EMBEDDABLE = [*SMALL, "training-lab", "shapes-lab"]
NEEDS_PARSER = pytest.mark.skipif(
    not PACKAGE.is_dir(), reason="Papa Parse is missing: `make live` gets it"
)
OWN_DATA = pytest.param("own-data-lab", marks=NEEDS_PARSER)
RUNNING = ["training-lab", "shapes-lab", OWN_DATA]
USES = {  # a control, the key that uses it, and what the lab shows then
    "neuron-lab": ("slider", "x₁ distance", "Home", "× 7.2 = 0.00"),
    "activation-lab": ("slider", "pre-activation z", "Home", "sigmoid(−6.0)"),
    "backpropagation-lab": ("slider", "Step", "Home", "Start. What is given"),
    "training-lab": ("button", "Start", "Enter", "Pause"),
    "shapes-lab": ("button", "Start", "Enter", "Pause"),
    "own-data-lab": ("button", "Take the course's orders", "Enter", "Ready to predict"),
}
QUERIES = {"training-lab": "?activation=tanh", "shapes-lab": "?depth=0"}
VALUES = """lab => [...lab.querySelectorAll("input:not([type=file]), select")]
  .map(({ value }) => value)"""
TEXTS = """lab => [...lab.querySelectorAll("p, text")].map(e => e.textContent)"""
HAS_STEPPED = (
    "[aria-label^='Loss, step ']:not([aria-label^='Loss, step 0']), "
    "dt:text-is('step') + dd:not(:text-is('0'))"
)
READ_QUERIES = """async ([name, queries]) => {
  const { readQuery } = await load(`${name.replace("-lab", "")}-settings`);
  return queries.map((query) => readQuery(query));
}"""
ASKED = {  # a query of each lab that can be used, and some that cannot
    "training-lab": (
        "clip=10",
        "learningRate=0.055 learningRate= seed=100 preset=constructor "
        "activation=__proto__",
    ),
    "shapes-lab": (
        "activation=tanh",
        "shape=square units=9 depth= learningRate=0.2 dots=abc dots=a!",
    ),
}
TOURS = {  # two links, and what the second one changes
    "training-lab": (
        ("Feed it raw numbers", "Sigmoids on raw numbers"),
        ("Activation", "leaky ReLU", "sigmoid"),
    ),
    "shapes-lab": (
        ("Take no hidden layer", "one unit"),
        ("Hidden layers", "0", "1"),
    ),
}
IMPORTS = re.compile(r'(?:from |import\()"\./([\w-]+\.js)"|new URL\("([\w-]+\.js)"')


def use(lab: Locator, name: str) -> None:
    """Do by keyboard what changes a lab, and see that it does."""
    role, label, key, outcome = USES[name]
    control = lab.get_by_role(role, name=label)
    expect(control).to_be_enabled()
    control.press(key)
    expect(lab).to_contain_text(outcome)


def workers(page: Page) -> list[str]:
    return [worker.url for worker in page.workers if "/labs/" in worker.url]


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_javascript_a_figure_or_a_sentence_stands_there(page, name):
    page.goto(ADDRESSES[name])
    lab = page.locator(name)
    expect(lab.locator(":is(figure svg, p)").first).to_be_visible()
    expect(lab.locator("button, input")).to_have_count(0)


@pytest.mark.parametrize("name", [*EMBEDDABLE, OWN_DATA])
def test_it_ends_when_the_reader_goes_on_and_comes_back_with_its_settings(
    page, instant_site, name
):
    page.goto(instant_site + ADDRESSES[name] + QUERIES.get(name, ""))
    page.evaluate("window.stayed = true")
    lab = ready_lab(page, name)
    settings = lab.evaluate(VALUES)
    use(lab, name)
    page.locator(".md-footer__link--next").click()
    expect(page.locator(name)).to_have_count(0)
    assert not workers(page)
    page.go_back()
    ready_lab(page, name)
    expect(page.locator(f"{name} > :not(.lab, link)")).to_be_hidden()
    assert lab.evaluate(VALUES) == settings
    use(lab, name)
    assert len(workers(page)) == (name not in SMALL)
    assert page.evaluate("window.stayed"), "the page was loaded anew"


@pytest.mark.parametrize("name", SMALL)
def test_two_on_a_page_do_not_disturb_each_other(page, name):
    first = open_lab(page, name)
    page.locator(name).evaluate("lab => lab.after(lab.cloneNode())")
    second = ready_lab(page, name, 1)
    before = first.evaluate(TEXTS)
    use(second, name)
    assert first.evaluate(TEXTS) == before != second.evaluate(TEXTS)
    ids = page.locator(f"{name} [id]").evaluate_all("all => all.map(({ id }) => id)")
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.usefixtures("look")
def test_a_small_lab_is_accessible_and_fits(page, name):
    lab = open_lab(page, name)
    use(lab, name)
    assert_accessible_and_fits(lab, TARGET)


@pytest.mark.parametrize("name", RUNNING)
def test_it_starts_pauses_steps_and_starts_anew_by_keyboard(page, name):
    lab = open_lab(page, name)
    if name == "own-data-lab":
        use(lab, name)
    lab.get_by_role("button", name="Start").press("Enter")
    pause = lab.get_by_role("button", name="Pause")
    expect(pause).to_be_focused()
    expect(lab.locator(HAS_STEPPED).first).to_be_visible()
    page.keyboard.press("Enter")
    expect(status(lab)).to_have_text(re.compile(r"^Step \d+: (training )?loss \d"))
    expect(lab.get_by_role("button", name="Start")).to_be_focused()
    runs = []
    for _run in range(2):
        lab.get_by_role("button", name="Reset").press("Enter")
        expect(status(lab)).to_have_text("Reset: step 0.")
        lab.get_by_role("button", name="One step").press("Enter")
        expect(status(lab)).to_contain_text("Step 1: ")
        runs.append(status(lab).text_content())
    assert runs[0] == runs[1]
    page.keyboard.press("Enter")
    expect(status(lab)).to_contain_text("Step 2: ")


@pytest.mark.parametrize(
    ("name", "drawn", "steps"),
    [("training-lab", ["dl", ".net-more"], 1), ("shapes-lab", ["dl"], 60)],
)
def test_less_motion_shows_fewer_pictures_of_the_same_run(page, name, drawn, steps):
    """The status, which is announced, changes seldom with any motion."""
    page.emulate_media(reduced_motion="reduce")
    lab = open_lab(page, name)
    lab.get_by_label("Speed").select_option("slow")
    press(lab, "Start")
    places = [f"{name} {selector}" for selector in drawn]
    assert min(gaps(page, places, 2)) > 500
    step = int(number(lab, "step").text_content())
    assert step > 0
    assert step % steps == 0
    page.emulate_media(reduced_motion="no-preference")
    assert max(gaps(page, places, 4)) < 500
    assert gaps(page, [f"{name} [role=status]"], 1)[0] > 1_000


# The address


@pytest.mark.parametrize("name", ASKED)
def test_what_an_address_cannot_have_is_named_and_left_out(modules, name):
    good, others = ASKED[name]
    others = others.split()
    queries = [good, *(f"{query}&{good}" for query in others)]
    expected, *found = modules.evaluate(READ_QUERIES, [name, queries])
    for query, read in zip(others, found, strict=True):
        assert read["settings"] == expected["settings"], query
        (problem,) = read["problems"]
        assert problem.startswith(f"The address asks for {query}, which is ignored.")


@pytest.mark.parametrize("name", ASKED)
def test_a_lab_says_what_it_does_not_have_and_runs(page, name):
    lab = open_lab(page, name, "?activation=<b>he</b>")
    words = "The address asks for activation=<b>he</b>, which"
    expect(status(lab)).to_contain_text(words)
    press(lab, "One step")
    expect(status(lab)).to_contain_text("Step 1: ")


@pytest.mark.parametrize("name", ASKED)
def test_every_link_to_a_lab_can_be_used(modules, name):
    link = re.compile(rf"{name}\.md(\?[^)#]*)#the-lab")
    texts = [file.read_text(encoding="utf-8") for file in DOCS.rglob("*.md")]
    queries = sorted({query for text in texts for query in link.findall(text)})
    assert len(queries) > 10
    found = modules.evaluate(READ_QUERIES, [name, queries])
    assert not [problem for read in found for problem in read["problems"]]


def test_a_number_in_the_address_may_be_written_in_any_way(modules):
    queries = ["learningRate=1e-1&units=08", "learningRate=0.1&units=8"]
    one, other = modules.evaluate(READ_QUERIES, ["shapes-lab", queries])
    assert one == other
    assert not one["problems"]


@pytest.mark.parametrize("site_name", ["served_site", "instant_site"])
@pytest.mark.parametrize("name", TOURS)
def test_the_pages_links_set_the_lab_and_history_brings_them_back(
    page, request, name, site_name
):
    links, (label, before, after) = TOURS[name]
    first, second = (
        page.get_by_role("link", name=link, exact=True).first for link in links
    )
    page.goto(request.getfixturevalue(site_name) + ADDRESSES[name])
    lab = ready_lab(page, name)
    first.click()
    expect(chosen(lab, label)).to_have_text(before)
    entries = page.evaluate("history.length")
    second.click()
    expect(chosen(lab, label)).to_have_text(after)
    assert page.evaluate("history.length") == entries + 1
    page.go_back()
    expect(chosen(lab, label)).to_have_text(before)
    page.go_forward()
    expect(chosen(lab, label)).to_have_text(after)


# Its files


def test_it_is_loaded_when_less_than_a_screen_is_left_to_it(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[1]))
    page.goto("/errors/nothing-is-learned/", wait_until="networkidle")
    assert "labs.js" in asked
    assert "training-lab.js" not in asked
    lab = page.locator("training-lab").first
    height = page.viewport_size["height"]
    lab.evaluate(
        "(lab, rest) => scrollTo(0, lab.getBoundingClientRect().top - rest)",
        1.9 * height,
    )
    expect(page.locator("training-lab > .lab").first).to_be_visible()
    expect(lab).not_to_be_in_viewport()


def test_other_pages_do_not_load_it(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    open_lab(page, "neuron-lab")
    assert any("neuron-lab.js" in url for url in asked)
    assert not [url for url in asked if "shapes" in url or "normals" in url]


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
