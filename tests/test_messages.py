"""The errors' index lists and finds every message that the doctor knows."""

import re
from html import escape

import pytest
from playwright.sync_api import expect

from docs.plugins.live_blocks import DIFFERENT
from docs.plugins.pages import DOCS
from snippets.doctor import MESSAGES, Explanation, Known, explain
from tests.browser import SCHEMES, SWITCHED, too_wide, violations

TABLE = DOCS / "outputs" / "errors" / "messages.md"
FILLED = {
    "log*": "log",
    "CUDA*Type": "CUDAFloatType",
    "CPU*Type": "CPUFloatType",
    "Input type (*) and weight type (*)": "Input type (double) and weight type (float)",
    "must be Tensor, not *": "linear(): argument 'input' (position 1) must be Tensor, "
    "not numpy.ndarray",
    "\"*\" not implemented for '*'": "\"addmm_impl_cpu_\" not implemented for 'Half'",
}
KNOWN = [(text, of.explanation) for of in MESSAGES for text in of.messages]


def title(page: str) -> str:
    """Return a page's first heading."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    return re.search(r"^# (.+)$", text, re.M)[1]


def plain(text: str) -> str:
    """Return Markdown that shows a text as it stands."""
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", escape(text, quote=False))


def row(known: Known) -> str:
    """Return the index's row of messages with one explanation."""
    page, cause, fix = known.explanation
    messages = (message.replace("*", "…") for message in known.messages)
    shown = "<br>".join(f"`` {message} ``" for message in messages)
    address = f"../{page}.md".replace("../errors/", "")
    meaning = f"[{title(page)}]({address}): {plain(cause)}. *Fix:* {plain(fix)}."
    return f"| {shown} | {meaning} |"


def test_the_index_lists_every_message(check_record):
    check_record(TABLE, "\n".join(map(row, MESSAGES)) + "\n")


def test_one_explanation_has_one_row():
    explanations = [known.explanation for known in MESSAGES]
    assert len(explanations) == len({*explanations})


def quoted():
    """Yield each message of Python or a library that an error page quotes."""
    for file in sorted((DOCS / "errors").glob("*.md")):
        text = file.read_text(encoding="utf-8")
        for said in re.findall(r"`(\w+(?:Error|Warning):\s[^`]+)`", text):
            if not said.startswith("AssertionError"):  # the reader's own
                yield " ".join(said.split()), file.stem


@pytest.mark.parametrize(("message", "page"), [*quoted()])
def test_each_message_on_a_page_is_known(message, page):
    assert explain(message), f"docs/errors/{page}.md: snippets/doctor.py does not know"


# No block of these pages may assert a warning: a browser, where they run, gives none.
WARNED = [
    pair
    for pair in quoted()
    if f"errors/{pair[1]}" in DIFFERENT and pair[0].startswith(("RuntimeW", "Floating"))
]


@pytest.mark.parametrize(("message", "page"), WARNED)
def test_warnings_that_a_page_quotes_are_among_what_it_prints(message, page):
    recorded = (DOCS / "outputs" / "errors" / f"{page}.txt").read_text(encoding="utf-8")
    assert message.partition(": ")[2] in recorded


def filled(message: str) -> str:
    """Return a message as a program says it, something in place of each *."""
    for pattern, example in FILLED.items():
        message = message.replace(pattern, example)
    return message.replace("*", "64")


@pytest.mark.parametrize(("message", "explanation"), KNOWN)
def test_each_message_has_its_own_explanation(message, explanation):
    assert (DOCS / f"{explanation.page}.md").is_file()
    assert explain(filled(message))[0] == explanation
    for between in ("7", "torch.Size([64, 1])"):
        error = message.replace("*", between)
        traceback = f'File "a.py", line 3, in f\n  x = f(2)\nError: {error}'
        assert explain(traceback)[0] == explanation, error


TRACEBACKS = [
    "nothing that anybody knows",
    "RuntimeError: \x1b[31mmat1 and mat2\x1b[0m shapes cannot be\n  multiplied "
    "(64x5 and 4x8)",
    "RuntimeWarning: overflow encountered in exp\nRuntimeWarning: invalid value "
    "encountered in divide\nRuntimeWarning: overflow encountered in square",
    "Can’t call numpy() on Tensor that requires grad. Use tensor.detach().numpy()",
    "EXPECTED MORE THAN 1 VALUE PER CHANNEL WHEN TRAINING, got input size [1, 16]",
    "expected scalar type Long but found Float, expected scalar type Float but found "
    "Double",
    "size mismatch for layers.0.weight: copying a param with shape torch.Size([8, 4]) "
    "from checkpoint, the shape in current model is torch.Size([16, 4])",
]
FIND = """async (messages) => {
  const finder = await import("/assets/labs/message-finder.js")
  const known = finder.knownMessages()
  return messages.map(message => finder.explain(message, known).map(
    cell => [cell.querySelector("a").pathname, cell.textContent]))
}"""


def shown(explanation: Explanation) -> list[str]:
    """Return where the index leads to for an explanation, and what it says."""
    page, cause, fix = explanation
    return [f"/{page}/", f"{title(page)}: {cause}. Fix: {fix}."]


def test_the_box_finds_what_explain_finds(page):
    messages = [*(filled(message) for message, _explanation in KNOWN), *TRACEBACKS]
    page.goto("/errors/")
    found = dict(zip(messages, page.evaluate(FIND, messages), strict=True))
    assert found == {text: [*map(shown, explain(text))] for text in messages}


def test_box_answers_and_leads_to_the_page(page):
    page.goto("/errors/")
    finder = page.locator("message-finder")
    field, status = finder.get_by_role("textbox"), finder.get_by_role("status")
    field.fill("<img src=x> nothing that anybody knows")
    expect(status).to_contain_text("Not known here")
    field.fill(f"ValueError: {TRACEBACKS[4]}")
    expect(status).to_have_text(f"Found: {title('errors/forgotten-eval')}.")
    page.keyboard.press("Tab")
    expect(finder.get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(title("errors/forgotten-eval"))


def test_box_is_accessible_on_a_narrow_screen(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/errors/")
    finder = page.locator("message-finder")
    finder.get_by_role("textbox").fill(TRACEBACKS[2])
    expect(finder.get_by_role("listitem")).to_have_count(3)
    for scheme, name in SCHEMES.items():
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(SWITCHED.format(name))).to_have_count(1)
        assert not violations(page, within="message-finder")
    assert not too_wide(page)


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_javascript_the_table_is_there(page):
    page.goto("/errors/")
    expect(page.locator("message-finder a")).to_have_attribute("href", "#every-message")
    expect(page.locator(".messages tbody tr")).to_have_count(len(MESSAGES))
