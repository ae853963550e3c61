"""The built site, served, and a browser that reads it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    Route,
    expect,
)

from docs.plugins.finish.pdf import NO_BROWSER, find_browser
from docs.plugins.pages import DOCS, relative
from tests.browser import FLAGS, UnsearchedHandler, serve, watch
from tests.comparison import difference
from tests.execution import replace_files
from tests.sites import ADDRESS, built_once

# Milliseconds on a busy machine; what is there costs no wait.
expect.set_options(timeout=30_000)
NAVIGATION = 180_000  # the whole course on one page
LOADERS = """() => {
  window.load = (name) => import(`/assets/labs/${name}.js`);
  window.json = async (name) => (await fetch(`/assets/labs/${name}.json`)).json();
}"""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that open a page in a browser, so that `-m` can choose.

    Some tests have a parameter `page` instead, a page of the course.
    """
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        fixtures = {*getattr(item, "fixturenames", ())} - {*parameters}
        if fixtures & {"page", "plain_page", "playwright"}:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def seeds(pytestconfig: pytest.Config) -> range:
    """Return the seeds on which a check must hold."""
    return range(pytestconfig.getoption("--seeds"))


@pytest.fixture
def check_record(
    pytestconfig: pytest.Config, record_property: Callable
) -> Callable[[Path, str], None]:
    """Return a check that a file holds a text, which `--record` writes first."""

    def check_record(file: Path, made: str) -> None:
        if pytestconfig.getoption("--record"):
            for changed in replace_files(set(), {file: made}):
                record_property("recorded", relative(changed))
        recorded = file.read_text(encoding="utf-8") if file.is_file() else ""
        assert recorded == made, (
            f"{relative(file)}: make record\n{difference(recorded, made)[:2000]}"
        )

    return check_record


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site as `make build` makes it."""
    return built_once("site", tmp_path_factory)


@pytest.fixture(scope="session")
def offline_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site that opens from a folder."""
    return built_once("offline", tmp_path_factory)


@pytest.fixture(scope="session")
def configured_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site with an address and a repository."""
    return built_once("configured", tmp_path_factory)


@pytest.fixture(scope="session")
def served_site(browser_type_launch_args: dict, site: Path) -> Iterator[str]:  # noqa: ARG001, skip before building
    """Serve the built site, not to be searched; yield its address."""
    with serve(site, UnsearchedHandler) as address:
        yield address


@pytest.fixture(scope="session")
def searched_site(browser_type_launch_args: dict, site: Path) -> Iterator[str]:  # noqa: ARG001, skip before building
    """Serve the built site with its search; yield its address."""
    with serve(site) as address:
        yield address


@pytest.fixture
def instant_site(page: Page, configured_site: Path) -> Iterator[str]:
    """Give the page a site that knows its address: only there is navigation instant."""
    addresses = f"{ADDRESS}**"
    page.context.route(addresses, lambda route: fulfil(route, configured_site))
    yield ADDRESS.rstrip("/")
    page.goto("about:blank")  # what is still asked for must be answered
    page.context.unroute(addresses)


def fulfil(route: Route, site: Path) -> None:
    """Answer a request for the configured site from its folder."""
    file = site / urlsplit(route.request.url.removeprefix(ADDRESS)).path
    route.fulfill(path=file / "index.html" if file.is_dir() else file)


@pytest.fixture(scope="session")
def base_url() -> None:
    """Give pytest-base-url, which asks for it before every test, nothing to build."""


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict, served_site: str) -> dict:
    """Let `page.goto("/glossary/")` mean a page of the built site."""
    return browser_context_args | {"base_url": served_site}


@pytest.fixture(scope="session")
def browser_type_launch_args(
    playwright: Playwright, browser_type_launch_args: dict
) -> dict:
    """Let pytest-playwright start the browser that is there.

    Without one the tests that need it are skipped; with `CI` set they fail.
    """
    path = find_browser(playwright.chromium.executable_path)
    if path is None and os.environ.get("CI"):
        pytest.fail(NO_BROWSER)
    if path is None:
        pytest.skip(NO_BROWSER)
    return browser_type_launch_args | {"executable_path": path, "args": FLAGS}


@pytest.fixture(scope="session")
def shared_context(
    browser: Browser, browser_context_args: dict
) -> Iterator[BrowserContext]:
    """Keep one cache for all pages of the site."""
    context = browser.new_context(**browser_context_args)
    yield context
    context.close()


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a page that fails its test if the console or a request went wrong."""
    asks_for_its_own = request.node.get_closest_marker("browser_context_args")
    context = "context" if asks_for_its_own else "shared_context"
    page = request.getfixturevalue(context).new_page()
    page.set_default_navigation_timeout(NAVIGATION)
    problems = watch(page)
    yield page
    page.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def plain_page(browser: Browser) -> Iterator[Page]:
    """Open a page of no site, on which things may go wrong."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def modules(plain_page: Page) -> Iterator[Page]:
    """Open a page that can use the labs' files, without building the site.

    There `load("network")` gives a module, and `json("deliveries")` what a file holds.
    """
    with serve(DOCS) as address:
        plain_page.goto(f"{address}/assets/labs/network.js")
        plain_page.evaluate(LOADERS)
        yield plain_page


@pytest.fixture(params=[("light", 1280), ("dark", 390)], ids=["desk", "telephone"])
def look(request: pytest.FixtureRequest, page: Page) -> None:
    """Give the page the colours and the width of a reader's desk or telephone."""
    scheme, width = request.param
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
