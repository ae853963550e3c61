"""A reader runs, changes and stops the blocks of a page, and nothing else happens."""

import gzip
import re
from importlib import import_module
from typing import ClassVar

import lxml.etree
import pytest
from playwright.sync_api import Page, expect

from docs.plugins.live_blocks import (
    DIFFERENT,
    PACK,
    is_live,
    needs_nothing,
    needs_torch,
)
from docs.plugins.pages import DOCS, pages_with_code, read
from docs.plugins.workbooks import notebook_file
from tests.browser import (
    DARK,
    SCHEMES,
    SWITCHED,
    WIDTHS,
    QuietHandler,
    serve,
    too_wide,
    violations,
    watch,
)
from tests.comparison import same_text
from tests.labs import ready_lab
from tests.sites import WORKBOOKS
from tests.test_site import as_shown

if not PACK.is_dir():
    pytest.skip("the pack is missing: `make live` makes it", allow_module_level=True)

LIVE = [page for page in pages_with_code() if is_live(page)]
LIVE_WORKBOOKS = [w for w in WORKBOOKS if needs_nothing(notebook_file(w.module))]
LONG = {  # whose blocks take a browser more than 4 s of a processor
    "chapters/classifying-digits",
    "chapters/convolution",
    "chapters/gradient-descent",
    "chapters/judging-a-network",
    "chapters/shapes-lab",
    "chapters/why-neural-networks",
    "deeper/from-inf-to-nan",
    "deeper/nothing-gained",
    "deeper/planted-mistakes",
    "deeper/units-that-stop-learning",
    "errors/data-leakage",
    "errors/pooling-ties",
    "errors/shuffled-apart",
    "errors/unshuffled-data",
    "errors/wrong-backward",
}
LIVE_PAGES = [
    pytest.param(page, marks=[pytest.mark.long] if page.key in LONG else [])
    for page in LIVE
]
FIRST = "chapters/one-neuron"
LIVE_BLOCKS = "live-blocks"
SCRIPT = "live-blocks.js"
SCRIPT_LIMIT = 8_000  # bytes, gzipped
OPEN = """async (before, address) => {
  const text = await (await fetch(address)).text()
  const page = new DOMParser().parseFromString(text, "text/html")
  const fresh = page.querySelector("article")
  const worker = before.running ? undefined : before.worker
  if (worker) before.worker = undefined // or it would end
  sessionStorage.clear()
  history.replaceState(null, "", address)
  document.querySelector("article").replaceWith(fresh)
  const element = fresh.querySelector("live-blocks")
  if (!worker) return
  const started = `import runner; runner.start(${JSON.stringify(element.files.before)})`
  worker.postMessage({ codes: [started], records: [["", 0]], index: 0 })
  await new Promise((done) => {
    worker.onmessage = ({ data }) => { if (data.type === "done") done() }
  })
  worker.onmessage = ({ data }) => element.heard(data)
  element.worker = worker
}"""
RUN_ALL = """async (element) => {
  const found = []
  for (const block of element.blocks) {
    if (!block.runner) { found.push(null); continue }
    block.runner.click()
    while (element.running) await new Promise((done) => setTimeout(done, 5))
    found.push({
      text: block.ownOutput?.querySelector("code").textContent ?? "",
      verdict: block.status.textContent,
      figure: block.ownFigure?.innerHTML ?? null,
    })
  }
  return found
}"""
SOLVE = """async (element, solutions) => {
  const [before, after] = [[], []]
  const run = async (block) => {
    block.runner.click()
    while (element.running) await new Promise((done) => setTimeout(done, 5))
    return block.ownOutput.textContent
  }
  for (const block of element.blocks.slice(0, -1)) {
    if (!block.text.includes("check(")) continue
    before.push(await run(block))
    const call = block.text.slice(block.text.indexOf("check("))
    block.code.textContent = `${solutions[after.length]}\\n${call}`
    after.push(await run(block))
  }
  return [before, after, await run(element.blocks.at(-1))]
}"""
HIDDEN = """(element) => element.blocks.filter(({ code, bar }) => {
  const lines = new Range()
  lines.selectNodeContents(code)
  const rows = [...lines.getClientRects()].map((row) => row.bottom)
  return Math.max(...rows) > bar.getBoundingClientRect().top
}).length"""
KEPT = """async () => {
  const found = await navigator.serviceWorker.getRegistration("/assets/live/")
  return found?.active?.state === "activated"
}"""
COLOURS = """(code) => {
  const around = [getSelection().anchorNode.parentElement, code]
  return around.map((element) => getComputedStyle(element).color)
}"""
SELECT = """(element, [place, old]) => {
  const { code, editor } = element.blocks[place]
  editor.click()
  const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT)
  while (!walker.nextNode().data.includes(old)) continue
  const { currentNode: node } = walker
  const start = node.data.indexOf(old)
  getSelection().setBaseAndExtent(node, start, node, start + old.length)
}"""


class Live:
    """The blocks of an open page, by name."""

    def __init__(self, page: Page, key: str) -> None:
        self.page, self.source = page, read(DOCS / f"{key}.md")
        self.element = page.locator(LIVE_BLOCKS)
        expect(page.locator(".live-bar")).to_have_count(len(self.source.blocks))
        page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")

    def place(self, name: str) -> int:
        """Return which block of the page it is."""
        return [block.name for block in self.source.blocks].index(name)

    def bar(self, name: str):
        """Return its buttons and what they say."""
        return self.page.locator(".live-bar").nth(self.place(name))

    def code(self, name: str):
        """Return its code."""
        return self.page.locator(".language-python code").nth(self.place(name))

    def press(self, name: str, button: str) -> None:
        """Press a button."""
        self.bar(name).get_by_text(button, exact=True).click()

    def verdict(self, name: str):
        """Return what is said of it."""
        return self.bar(name).get_by_role("status")

    def output(self, name: str):
        """Return what the reader made it print."""
        box = self.page.locator(".language-python.highlight").nth(self.place(name))
        return box.locator(
            "xpath=following-sibling::*[contains(@class, 'live-output')][1]"
        )

    def select(self, name: str, old: str) -> None:
        """Begin to edit a block, with `old` selected."""
        self.element.evaluate(SELECT, [self.place(name), old])

    def change(self, name: str, old: str, fresh: str) -> None:
        """Type `fresh` in the place of `old`."""
        self.select(name, old)
        self.page.keyboard.insert_text(fresh)

    def write(self, name: str, code: str) -> None:
        """Type a block anew."""
        self.press(name, "Edit")
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.insert_text(code)

    def run(self, name: str, verdict: str) -> None:
        """Run it, and wait for what is said then."""
        self.press(name, "Run")
        expect(self.verdict(name)).to_have_text(verdict)

    def printed(self, code: str) -> str:
        """Run code in the place of a block; return what it prints."""
        self.write("promise", code)
        self.run("promise", "yours")
        return self.output("promise").inner_text()


@pytest.fixture
def live(page):
    page.goto(f"/{FIRST}/")
    return Live(page, FIRST)


@pytest.fixture(scope="module")
def only_reader(shared_context):
    page = shared_context.new_page()
    problems = watch(page)
    page.goto(f"/{FIRST}/")
    yield page, problems
    page.close()


@pytest.fixture
def reader(only_reader):
    """Return a tab that goes from page to page, and takes its worker along.

    Python starts once and not once a page, which takes two seconds of two processors.
    """
    page, problems = only_reader
    yield page
    assert not problems, "\n".join(problems)


def show(page: Page, key: str) -> None:
    """Show another page in the reader's tab, as it is when nobody has run anything."""
    page.locator(LIVE_BLOCKS).evaluate(OPEN, f"/{key}/")
    expect(page.locator(".live-bar").first).to_be_attached()


@pytest.fixture
def warm(reader):
    """Return the same blocks as `live`, in a tab where Python has started."""
    show(reader, FIRST)
    return Live(reader, FIRST)


@pytest.mark.parametrize("source", LIVE_PAGES, ids=lambda page: page.key)
def test_each_block_prints_and_draws_what_is_recorded(reader, source):
    show(reader, source.key)
    found = Live(reader, source.key).element.evaluate(RUN_ALL)
    texts, different = source.recorded_texts(), DIFFERENT.get(source.key, {})
    wrong = {}
    for block, result in zip(source.blocks, found, strict=True):
        assert (result is None) == needs_torch(source, block), block
        if result is None:
            continue
        recorded = as_shown(texts.get(block.name, ""))
        same = same_text(recorded, as_shown(result["text"]), block.tolerance)
        says = result["verdict"].startswith("differs in the browser")
        if same == (block.name in different) or says != (block.name in different):
            wrong[block.name] = result["text"], result["verdict"]
        file = source.figure_file(block)
        drawn = result["figure"]
        if file.is_file() and not (drawn and words(file.read_bytes()) <= words(drawn)):
            wrong[block.name] = drawn
    assert not wrong, wrong


def words(svg: str | bytes) -> set[str]:
    """Return the texts of a drawing that have words."""
    elements = lxml.etree.fromstring(svg).iter("{*}text", "{*}tspan")
    texts = {"".join(element.itertext()).strip() for element in elements}
    return {text for text in texts if re.search("[a-z]{2}", text)}


@pytest.mark.parametrize("workbook", LIVE_WORKBOOKS, ids=lambda workbook: workbook.key)
def test_workbook_checks_answers_in_the_page(reader, workbook):
    book = import_module(f"snippets.workbooks.{workbook.module.stem}").BOOK
    show(reader, workbook.key)
    solutions = [exercise.solution for exercise in book.exercises]
    blocks = reader.locator(LIVE_BLOCKS)
    before, after, progress = blocks.evaluate(SOLVE, solutions)
    assert len(before) == len(after) == len(solutions)
    assert not [text for text in before if "right" in text or "NameError" in text]
    assert not [text for text in after if "right." not in text]
    assert book.then in progress


def requests(page: Page) -> list[str]:
    """Return a list that fills with what a page asks for from now on."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def test_nothing_is_asked_for_before_the_first_run_nor_after_it(page, site):
    asked = requests(page)
    page.goto(f"/{FIRST}/")
    live = Live(page, FIRST)
    ready_lab(page, "neuron-lab")
    page.wait_for_load_state("networkidle")
    assert [url.rsplit("/", 1)[1] for url in asked if "/live/" in url] == [SCRIPT]
    content = (site / "assets" / "live" / SCRIPT).read_bytes()
    assert len(gzip.compress(content)) < SCRIPT_LIMIT
    live.press("worked-example", "Run")
    verdict = live.verdict("worked-example")
    expect(verdict).to_contain_text("loading Python, about 9 MB, once")
    expect(verdict).to_have_text("equal to the record")
    assert {url.rsplit("/", 1)[1] for url in asked} >= {"pyodide.asm.wasm", "numpy.zip"}
    asked.clear()
    live.run("response", "equal to the record")  # draws
    live.printed("from sklearn.datasets import load_digits\nload_digits()")
    assert not asked


def test_a_site_in_a_folder_has_no_live_blocks(offline_site):
    page = (offline_site / f"{FIRST}.html").read_text(encoding="utf-8")
    assert f"<{LIVE_BLOCKS}" not in page
    assert "<code" in page


def test_page_without_live_blocks_asks_for_none_of_it(page):
    asked = requests(page)
    page.goto("/errors/overfitting/", wait_until="networkidle")
    assert page.locator(LIVE_BLOCKS).count() == 0
    assert not [url for url in asked if "/assets/live/" in url]


def test_where_no_block_runs_a_link_leads_to_the_notebook(page):
    page.goto("/errors/data-leakage/")
    link = page.locator(".live-bar").get_by_role("link", name="take the notebook").first
    link.scroll_into_view_if_needed()
    expect(link).to_have_attribute("href", re.compile(r"data-leakage\.ipynb$"))
    for scheme, name in SCHEMES.items():
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(SWITCHED.format(name))).to_have_count(1)
        assert not violations(page, ".live-bar:has(a)")


def test_buttons_take_no_room_and_hide_no_code(page):
    page.goto(f"/{FIRST}/")
    live = Live(page, FIRST)
    article = page.locator("article")
    with_buttons = article.bounding_box()["height"]
    hidden = live.element.evaluate(HIDDEN)
    page.locator(".live-bar").evaluate_all("bars => bars.forEach(b => b.remove())")
    assert article.bounding_box()["height"] == with_buttons
    assert hidden == 0


def test_changed_block_is_the_readers_and_so_are_those_that_need_it(warm):
    warm.change("delivery", "5.2", "6.2")
    warm.run("worked-example", "yours")
    assert "83.04" in warm.output("worked-example").inner_text()
    expect(warm.verdict("delivery")).to_have_text("yours")
    warm.press("delivery", "Reset")
    warm.run("worked-example", "equal to the record")


def test_reset_shows_the_record_again_and_a_reload_keeps_changes(live):
    before = live.code("promise").inner_html()
    live.change("promise", "90", "80")
    live.run("promise", "yours")
    live.page.reload()
    expect(live.code("promise")).to_contain_text("(60, 80)")
    live.press("promise", "Reset")
    assert live.code("promise").inner_html() == before
    live.page.reload()
    expect(live.code("promise")).to_contain_text("(60, 90)")


def test_figure_takes_the_place_of_the_recorded_one(warm):
    figure = warm.page.locator('[data-figure$="/response.svg"]')
    recorded = figure.locator("> svg")
    warm.change("response", '"output a (minutes)"', '"what I see"')
    warm.run("response", "yours")
    expect(figure.get_by_text("what I see")).to_be_visible()
    expect(recorded).to_be_hidden()
    warm.press("response", "Reset")
    expect(recorded).to_be_visible()
    expect(figure.get_by_text("what I see")).to_have_count(0)


class StrictHandler(QuietHandler):
    """Serve each file anew, and nothing once the server has ended; note each name."""

    protocol_version = "HTTP/1.0"
    asked: ClassVar[list[str]] = []

    def send_head(self):
        """Answer, and note the name."""
        self.asked.append(self.path.rpartition("/")[2])
        return super().send_head()

    def end_headers(self) -> None:
        """Let the browser ask before it takes what it has."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


@pytest.mark.browser_context_args
def test_after_a_stop_blocks_start_anew_and_so_they_do_without_a_network(page, site):
    with serve(site, StrictHandler) as address:
        page.goto(f"{address}/{FIRST}/")
        ready_lab(page, "neuron-lab")
        live = Live(page, FIRST)
        live.run("worked-example", "equal to the record")
        page.wait_for_function(KEPT)
        StrictHandler.asked.clear()
        start_anew(live)
        assert StrictHandler.asked == ["worker.js"]
    live.run("response", "equal to the record")
    start_anew(live)


def start_anew(live: Live) -> None:
    """Stop an endless loop, and run another block."""
    live.write("promise", "while True:\n    pass")
    live.press("promise", "Run")
    expect(live.verdict("promise")).to_have_text("running …")
    live.press("promise", "Stop")
    expect(live.verdict("promise")).to_contain_text("stopped")
    live.run("worked-example", "equal to the record")


ERRORS = {
    "x = 1\nprint(y_is_missing)": ["line 2", "print(y_is_missing)", "NameError"],
    "def f(:": ["SyntaxError", "def f(:"],
    "import pandas": ["No module named 'pandas'"],
    "import torch": ["PyTorch does not run in a browser"],
    "import matplotlib.pyplot as plt\nplt.hist([1])": ["knows no plt.hist"],
    "import numpy as np\nnp.empty(2**28 - 1)  # 2 GB": ["MemoryError"],
    "def f(): return f()\nf()": ["RecursionError"],
    "input()": ["Error"],
    "exit()": ["SystemExit"],
}

FILL = """
import numpy as np
arrays = []
try:
    while len(arrays) < 50:
        arrays.append(np.empty(10**7))
except MemoryError:
    print(80 * len(arrays), "MB, then no more")
"""


def test_errors_show_the_readers_own_lines(live):
    for code, words in ERRORS.items():
        live.write("promise", code)
        live.run("promise", "stopped by an error")
        shown = live.output("promise").inner_text()
        assert not [word for word in words if word not in shown], shown
        assert shown.count("File ") == shown.count('File "<block'), shown
    live.press("promise", "Reset")
    live.run("promise", "equal to the record")


def test_memory_is_bounded_and_what_there_was_stays(live):
    live.run("delivery", "done")
    assert 1000 < int(live.printed(FILL).split()[0]) < 2148
    live.run("worked-example", "equal to the record")


def test_error_in_a_block_above_is_named(warm):
    warm.write("delivery", "x = 1 / 0")
    warm.press("worked-example", "Run")
    expect(warm.verdict("worked-example")).to_contain_text("block 1")
    expect(warm.output("delivery")).to_contain_text("ZeroDivisionError")


COMPILED = """
import sys
specs = [getattr(module, "__spec__", None) for module in sys.modules.values()]
files = [spec.origin or "" for spec in specs if spec]
files = [name for name in files if "/python311.zip/" in name or "/numpy/" in name]
print(len(files), {name for name in files if name.endswith(".py")} or "none")
"""


def test_a_start_compiles_no_third_party_source(live):
    live.run("worked-example", "equal to the record")
    found, _, sources = live.printed(COMPILED).strip().partition(" ")
    assert int(found) > 150
    assert sources == "none"


def test_large_temporaries_do_not_crash(warm):
    code = "import numpy as np\nx = np.ones(100_000)\nprint((-(x * 2) + 1).sum())"
    assert "-100000.0" in warm.printed(code)


def test_much_output_is_cut(warm):
    shown = warm.printed("for i in range(200_000): print(i)")
    assert "only this much is shown" in shown
    assert len(shown) < 250_000


REACHES = """
import gc
for name in ("js", "pyodide_js", "pyodide", "pyodide.code", "_pyodide_core"):
    try:
        __import__(name)
        print("imported", name)
    except ImportError:
        pass
held = [part for each in gc.get_objects() for part in gc.get_referents(each)]
proxies = [part for part in held if type(part).__name__.startswith("Js")]
for made in proxies:
    for _turn in range(3):
        try:
            made = made.constructor
            print("reached", made("return 'code'")())
        except BaseException:
            pass
for name in ("fetch", "XMLHttpRequest", "WebSocket", "importScripts", "setTimeout"):
    if any(getattr(proxy, name, None) for proxy in proxies):
        print("reached", name)
print("looked at", len(held))
from urllib.request import urlopen
try:
    print(urlopen("http://127.0.0.1/").read())
except Exception as error:
    print("refused", type(error).__name__)
"""


def test_code_has_no_way_to_the_network(warm):
    shown = warm.printed(REACHES)
    assert "refused" in shown
    assert not re.findall("imported .*|reached .*", shown), shown


def test_run_works_after_instant_navigation_and_the_worker_left_behind_ends(
    page, instant_site
):
    page.goto(f"{instant_site}/{FIRST}/")
    page.evaluate("window.sameDocument = true")
    Live(page, FIRST).run("worked-example", "equal to the record")
    (before,) = workers(page)
    ended = []
    before.on("close", lambda worker: ended.append(worker))
    page.locator(".md-footer__link--next").click()
    expect(page).to_have_url(re.compile("/chapters/derivatives/$"))
    Live(page, "chapters/derivatives").run("shrinking-steps", "equal to the record")
    assert page.evaluate("window.sameDocument")
    assert ended == [before]
    assert len(workers(page)) == 1


def workers(page: Page) -> list:
    return [worker for worker in page.workers if "/assets/live/" in worker.url]


def test_keyboard_edits_runs_and_leaves(warm):
    page = warm.page
    warm.bar("promise").get_by_text("Edit").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("for i in (1, 2):\nprint(i)")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("# f, s and / stay here")
    lines = warm.code("promise").inner_text().rstrip("\n").split("\n")
    assert lines == [
        "for i in (1, 2):",
        "    print(i)",
        "        # f, s and / stay here",
    ]
    page.keyboard.press("ControlOrMeta+Enter")
    expect(warm.verdict("promise")).to_have_text("yours")
    expect(warm.output("promise")).to_contain_text("1\n2")
    page.keyboard.press("Escape")
    expect(warm.bar("promise").get_by_text("Edit")).to_be_focused()


def test_what_is_typed_in_the_dark_has_the_colour_of_text(live):
    live.page.emulate_media(color_scheme="dark")
    expect(live.page.locator(DARK)).to_have_count(1)
    live.select("promise", "90")
    live.page.keyboard.press("Delete")
    live.page.keyboard.type("typed")
    typed, text = live.code("promise").evaluate(COLOURS)
    assert typed == text


def test_changed_block_reads_well_for_everybody(live):
    live.change("promise", "90", "80")
    live.run("promise", "yours")
    live.run("response", "equal to the record")
    for scheme, width in zip(("light", "dark"), WIDTHS, strict=True):
        live.page.emulate_media(color_scheme=scheme)
        live.page.set_viewport_size({"width": width, "height": 2000})
        for code in live.page.locator("details pre > code:visible").all():
            code.scroll_into_view_if_needed()  # the theme measures what shows
        assert not violations(live.page, "article")
        assert not too_wide(live.page)
