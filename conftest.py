"""Let pytest-markdown-docs execute the pages: collect, run, check or record."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

# Small matrices: more threads only get in the way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ |= {  # the tests neither read nor change the home folder
    name: str(Path(sys.prefix, "home", name))
    for name in (
        "IPYTHONDIR",
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "MPLCONFIGDIR",
    )
}

import pytest
from pytest_markdown_docs._runners import _Runner, register_runner
from pytest_markdown_docs.definitions import FenceTestDefinition
from pytest_markdown_docs.plugin import MarkdownInlinePythonItem

from docs.plugins.pages import (
    DOCS,
    ROOT,
    Block,
    Page,
    PageError,
    page_files,
    page_key,
    read,
    relative,
)
from tests.execution import RECORDED_SEEDS, BlockError, PageRun, check, record
from tests.notebooks import (
    FOLDER,
    Alone,
    NotebookError,
    begin,
    check_current,
    check_run,
)

PLAIN_ERRORS = BlockError | NotebookError | PageError
PAGE_TESTS = ("pages", "numbers", "glossary", "descriptions", "form")


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than processors: browsers and builds make them wait."""
    return (os.cpu_count() or 1) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record",
        action="store_true",
        help="write what the pages' blocks print and draw instead of comparing it",
    )
    parser.addoption(
        "--seeds",
        type=int,
        default=3,
        help="on how many seeds error scenarios and workbooks' checks must hold",
    )
    parser.addoption(
        "--page",
        metavar="KEY",
        help="check all that concerns one page, such as chapters/forward-pass",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let --page say which files are collected; record on many seeds, whole pages."""
    if config.option.record:
        config.option.seeds = RECORDED_SEEDS
        if config.option.dist != "no":
            config.option.dist = "loadfile"
    if config.option.page is None:
        return
    key = config.option.page.removeprefix("docs/").removesuffix(".md")
    config.option.page = key
    pages = {page_key(file): file for file in page_files()}
    if key not in pages:
        near = get_close_matches(key, pages, cutoff=0.3) or sorted(pages)
        raise pytest.UsageError(f"no page docs/{key}.md; near it: {', '.join(near)}")
    try:
        page = read(pages[key])
    except PageError as error:
        raise pytest.UsageError(str(error)) from error
    notebook = [page.notebook_file] if page.blocks else []
    if notebook and not page.notebook_file.is_file():
        what = f"{relative(page.notebook_file)} is missing"
        raise pytest.UsageError(f"{what}: .venv/bin/pytest --record docs/{key}.md")
    rules = [ROOT / "tests" / f"test_{name}.py" for name in PAGE_TESTS]
    config.args = list(map(str, [page.path, *notebook, *rules]))


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """With --page, leave out the tests that are about another page or module."""
    if config.option.page is None:
        return
    page = read(DOCS / f"{config.option.page}.md")
    own = {page, page.path, *(block.section.file for block in page.blocks)}
    kept = [item for item in items if _subjects(item) <= own]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _subjects(item: pytest.Item) -> set[Page | Path]:
    """Return the pages and files that a test is about, by its parameters."""
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return {value for value in parameters if isinstance(value, Page | Path)}


def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> pytest.Collector | None:
    """Collect the pages, and their notebooks unless these are being made."""
    if file_path.suffix == ".md":
        return PageFile.from_parent(parent, path=file_path)
    is_notebook = file_path.suffix == ".ipynb" and file_path.is_relative_to(FOLDER)
    if is_notebook and not parent.config.option.record:
        return NotebookFile.from_parent(parent, path=file_path)
    return None


def shown(excinfo: pytest.ExceptionInfo[BaseException], style: str | None) -> str:
    """Return a block's or a notebook's own failure without the machinery around it."""
    if isinstance(excinfo.value, PLAIN_ERRORS):
        return str(excinfo.value)
    return str(excinfo.getrepr(style=style or "long"))


class PageFile(pytest.File):
    """A page, each of whose Python blocks pytest-markdown-docs runs."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the page's blocks, at any depth, none of which can opt out."""
        try:
            page = read(self.path)
        except PageError as error:
            raise self.CollectError(str(error)) from error
        run = PageRun(page)
        for block in page.blocks:
            test = BlockTest(
                source=block.code,
                fixture_names=(),
                start_line=block.line,
                source_path=block.page,
                runner_name=BlockRunner.__name__,
                block=block,
                run=run,
                recording=self.config.option.record,
            )
            yield BlockItem.from_parent(self, name=block.name, test_definition=test)


@dataclass(frozen=True, kw_only=True)
class BlockTest(FenceTestDefinition):
    """A block as the plugin knows it, and the run of the page that it belongs to."""

    block: Block
    run: PageRun
    recording: bool
    changed: list[Path] = field(default_factory=list)


@register_runner()
class BlockRunner(_Runner):
    """Run each block of a page once, in the page's one namespace."""

    def runtest(self, test: BlockTest, _args: dict, **_options: object) -> None:
        """Check a block, or record it."""
        if test.recording:
            test.changed.extend(record(test.run, test.block))
        else:
            check(test.run, test.block)

    def repr_failure(
        self,
        _test: BlockTest,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: str | None = None,
    ) -> str:
        """Show why a block failed."""
        return shown(excinfo, style)


class BlockItem(MarkdownInlinePythonItem):
    """A block; its report carries the names of recorded files, also from a worker."""

    def runtest(self) -> None:
        """Let the plugin run the block."""
        super().runtest()
        changed = self.test_definition.changed
        self.user_properties += [("recorded", relative(path)) for path in changed]


class NotebookFile(pytest.File):
    """A notebook, to be compared with its page and to be run alone."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the notebook's check, and its run if notebooks were asked for."""
        yield CurrentItem.from_parent(self, name="current")
        asked = [Path(arg.split("::")[0]).resolve() for arg in self.config.args]
        if any(path.is_relative_to(FOLDER) for path in asked):
            yield RunItem.from_parent(self, name="run")


class NotebookItem(pytest.Item):
    """One check of a notebook."""

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: str | None = None
    ) -> str:
        """Show why a notebook failed."""
        return shown(excinfo, style)


class CurrentItem(NotebookItem):
    """The check that a notebook is what its page makes."""

    def runtest(self) -> None:
        """Make the notebook anew."""
        check_current(self.path)


class RunItem(NotebookItem):
    """The check that a notebook does alone what its page does."""

    alone: Alone | None = None

    def begin(self) -> None:
        """Let the notebook run beside what comes before this check."""
        self.alone = begin(self.path)

    def runtest(self) -> None:
        """Run the notebook, or wait for it."""
        check_run(self.path, self.alone or begin(self.path))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """With --page, let the notebook run beside its page, on another core."""
    if session.config.option.page is None or session.config.option.collectonly:
        return
    for item in session.items:
        if isinstance(item, RunItem):
            item.begin()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say which files a record run changed."""
    if not config.getoption("--record"):
        return
    reports = [r for group in terminalreporter.stats.values() for r in group]
    files = {
        value
        for report in reports
        for name, value in getattr(report, "user_properties", [])
        if name == "recorded"
    }
    terminalreporter.section("record")
    for file in sorted(files):
        terminalreporter.line(f"changed {file}")
    terminalreporter.line(
        f"{len(files)} files changed; pages with a failure, and pages of which only "
        "some blocks ran, stay as they were"
    )
