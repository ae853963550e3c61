"""Let pytest-markdown-docs execute the pages: collect, run, check or record."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # small matrices: more only get in the way
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
from pytest_markdown_docs.plugin import (
    MarkdownDocstringCodeModule,
    MarkdownInlinePythonItem,
    MarkdownTextFile,
)

from docs.plugins.pages import PageError, parse, read, relative
from tests.execution import BlockError, PageRun, check, record
from tests.notebooks import NotebookError, check_current, check_run


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
        help="how many seeds each error scenario must fail and be mended on",
    )


class Fence:
    """A code fence in the form in which pytest-markdown-docs reads tokens."""

    type = "fence"
    info = "python"

    def __init__(self, line: int, code: str) -> None:
        self.map = [line - 1, line]
        self.content = code


class PageParser:
    """Find a page's Python blocks, at any depth and with their includes expanded."""

    def __init__(self, page: Path) -> None:
        self.page = page

    def parse(self, text: str) -> list[Fence]:
        """Return the blocks of the page, none of which can opt out."""
        try:
            blocks = parse(self.page, text).blocks
        except PageError as error:
            raise pytest.Collector.CollectError(str(error)) from error
        return [Fence(block.line, block.code) for block in blocks]


_collecting: list[Path] = []


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Iterator[None]:
    """Collect Markdown and notebooks, not the docstrings of the tests' own modules."""
    collectors = yield
    if file_path.suffix == ".ipynb" and not parent.config.getoption("--record"):
        return [NotebookFile.from_parent(parent, path=file_path)]
    return [c for c in collectors if not isinstance(c, MarkdownDocstringCodeModule)]


class NotebookFile(pytest.File):
    """A notebook, to be compared with its page and to be run alone."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the notebook's two checks."""
        for check_of in (check_current, check_run):
            name = check_of.__name__.removeprefix("check_")
            yield NotebookItem.from_parent(self, name=name, check_of=check_of)


class NotebookItem(pytest.Item):
    """One check of a notebook."""

    def __init__(self, *, check_of: Callable[..., None], **options: object) -> None:
        super().__init__(**options)
        self.check_of = check_of

    def runtest(self) -> None:
        """Check the notebook in an empty folder."""
        with TemporaryDirectory() as folder:
            self.check_of(self.path, Path(folder))

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: str | None = None
    ) -> str:
        """Show the notebook's own failure without the machinery around it."""
        if isinstance(excinfo.value, NotebookError | PageError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Iterator[None]:
    """Name a page's items after their sections, so that -k and :: find them."""
    if not isinstance(collector, MarkdownTextFile):
        return (yield)
    _collecting.append(collector.path)
    try:
        report = yield
    finally:
        _collecting.pop()
    if report.passed:
        blocks = read(collector.path).blocks
        report.result = [
            MarkdownInlinePythonItem.from_parent(
                collector, name=block.name, test_definition=item.test_definition
            )
            for item, block in zip(report.result, blocks, strict=True)
        ]
    return report


def pytest_markdown_docs_markdown_it() -> PageParser:
    return PageParser(_collecting[-1])


@register_runner(default=True)
class PageRunner(_Runner):
    """Give each page one namespace and run each of its blocks once."""

    recording = False

    def __init__(self) -> None:
        self.runs: dict[Path, PageRun] = {}

    def runtest(
        self,
        test: FenceTestDefinition,
        _args: dict,
        *,
        asyncio_runner: object = None,  # noqa: ARG002, the plugin passes it
    ) -> None:
        """Check a block, or record it.

        Every failure leaves as a BlockError: a TypeError would make the plugin run
        the block a second time.
        """
        page = read(test.source_path)
        block = next(b for b in page.blocks if b.line == test.start_line)
        run = self.runs.get(page.path)
        if run is None or block.name in run.accepted:
            run = self.runs[page.path] = PageRun(page)
        try:
            if self.recording:
                changed_files.extend(record(run, block))
            else:
                check(run, block)
        except BlockError:
            raise
        except Exception as error:
            raise BlockError(f"{block}\n{type(error).__name__}: {error}") from error

    def repr_failure(
        self,
        _test: FenceTestDefinition,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: str | None = None,
    ) -> str:
        """Show a block's own failure without the machinery around it."""
        if isinstance(excinfo.value, BlockError):
            return str(excinfo.value)
        return str(excinfo.getrepr(style=style or "long"))


changed_files: list[Path] = []


def pytest_configure(config: pytest.Config) -> None:
    PageRunner.recording = config.getoption("--record")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo,  # noqa: ARG001, the hook's signature
) -> Iterator[None]:
    """Carry the names of recorded files to the summary, across xdist's workers."""
    report = yield
    if isinstance(item, MarkdownInlinePythonItem):
        report.user_properties += [("recorded", relative(p)) for p in changed_files]
        changed_files.clear()
    return report


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
    terminalreporter.line(f"{len(files)} files changed; a page with a failure: none")
    if config.option.keyword:
        terminalreporter.line(
            "with -k a page whose blocks do not all run stays as it was"
        )
