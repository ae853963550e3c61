"""Share and discuss: what the end of each page offers, in a browser."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.sites import PAGES, REPOSITORY, html, link

DISCUSS = "Discuss this page"
PAGE = "/errors/overfitting/"
BUTTON = "[data-share]"
STATUS = "[data-share-status]"
SHARING = "navigator.share = async (data) => { window.shared = data; };"
NO_SHARING = "navigator.share = undefined;"
CANCELLED = """Object.defineProperty(navigator, "clipboard", {
  value: { writeText: async () => { window.copied = true; } },
});
navigator.share = async () => {
  setTimeout(() => { window.cancelled = true; });
  throw new DOMException("The reader closed the dialogue", "AbortError");
};"""
NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined });"


@pytest.fixture
def sharing(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page


def share(page, script):
    page.add_init_script(script)
    page.goto(f"{PAGE}?h=loss#measure-it")
    page.locator(BUTTON).click()


def test_share_opens_the_dialogue_of_the_system(sharing, served_site):
    share(sharing, SHARING)
    assert sharing.evaluate("window.shared") == {
        "title": sharing.title(),
        "url": served_site + PAGE,
    }
    assert sharing.locator(STATUS).text_content() == ""


def test_share_copies_the_link_where_nothing_can_share(sharing, served_site):
    share(sharing, NO_SHARING)
    sharing.get_by_role("status").get_by_text("Link copied").wait_for()
    copied = sharing.evaluate("navigator.clipboard.readText()")
    assert copied == served_site + PAGE


def test_share_shows_the_link_where_nothing_can_copy(sharing, served_site):
    share(sharing, NO_SHARING + NO_CLIPBOARD)
    shown = f"Copy this link: {served_site}{PAGE}"
    sharing.get_by_role("status").get_by_text(shown).wait_for()


def test_share_says_nothing_when_the_reader_cancels(sharing):
    share(sharing, CANCELLED)
    sharing.wait_for_function("window.cancelled")
    assert not sharing.evaluate("window.copied")
    assert sharing.locator(STATUS).text_content() == ""


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_button_is_hidden_without_javascript(page):
    page.goto("/glossary/")
    expect(page.locator(BUTTON)).to_be_hidden()


def test_without_a_repository_there_is_nothing_to_discuss(site):
    documents = {page.key: html(site, page) for page in PAGES}
    assert not [key for key in documents if link(documents[key], DISCUSS) is not None]


def test_discussion_begins_with_the_title_of_the_page(configured_site):
    for page in PAGES:
        document = html(configured_site, page)
        discussion = link(document, DISCUSS)
        parts = urlsplit(discussion.get("href"))
        is_home = page.key == "index"  # which has a name in the navigation
        title = "Home" if is_home else document.find(".//h1").text
        assert discussion.get("href").startswith(f"{REPOSITORY}/discussions/new?")
        assert discussion.get("rel") == "noopener"
        assert parse_qs(parts.query)["category"] == ["general"]
        assert parse_qs(parts.query)["title"] == [title]
