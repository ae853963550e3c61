"""A reader's browser shows every page without a fault, and gets from page to page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from docs.plugins import pages
from tests.browser import EXCUSES, SCHEMES, WIDTHS, inspect, violations, watch

KEYS = ["404.html"] + [
    pages.read(path).key.removesuffix("index").rstrip("/") + "/"
    for path in pages.page_files()
]
AXE_WIDTHS = {"light": WIDTHS[:1], "dark": WIDTHS[1:]}
SECTION_PAGE = "/errors/"


@pytest.fixture(scope="module", params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> str:
    """Return what the reader's system asks for."""
    return request.param


@pytest.fixture(scope="module")
def context(
    browser: Browser, browser_context_args: dict, scheme: str
) -> Iterator[BrowserContext]:
    """Keep one cache for all pages of a colour scheme."""
    context = browser.new_context(**browser_context_args, color_scheme=scheme)
    yield context
    context.close()


@pytest.mark.parametrize("key", KEYS)
def test_page_has_no_fault(context, scheme, key):
    page = context.new_page()
    widths = WIDTHS if key == "/" else AXE_WIDTHS[scheme]
    problems = inspect(page, f"/{key.lstrip('/')}", scheme, widths)
    page.close()
    assert not problems, "\n".join(problems)
