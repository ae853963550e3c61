"""Measure the run of the pages and the build of the site: `make bench`.

Ratios of times taken in one go on one machine; nothing is asserted.
"""

import contextlib
import io
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from unittest import mock

from docs.plugins import pages
from docs.plugins.pages import DOCS, ROOT
from tests.trees import copy_machinery, run

ROUNDS = 5
PLAIN_SETTINGS = """
site_name: Plain
theme: {name: material, font: false}
plugins: [search, {mkdocs-jupyter: {include: ["*.ipynb"]}}]
markdown_extensions: [admonition, attr_list, footnotes, md_in_html, tables,
  pymdownx.details, pymdownx.highlight, pymdownx.superfences,
  {pymdownx.arithmatex: {generic: true}}, {pymdownx.tabbed: {alternate_style: true}}]
"""


def seconds(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the shortest time of an action over the rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def command(tree: Path, *arguments: str) -> Callable[[], None]:
    """Return an action that runs a command in a tree and must succeed."""

    def action() -> None:
        done = run(tree, *arguments)
        if done.returncode:
            sys.exit(done.stdout)

    return action


def report(what: str, ratio: float, limit: float, details: str) -> None:
    """Print one measured ratio beside its limit."""
    print(f"{what:55} {ratio:5.2f}  (limit {limit:g})  {details}", flush=True)


def blocks_alone() -> float:
    """Return the time that the blocks of all pages take by themselves."""
    import matplotlib.pyplot as plt

    total = 0.0
    for page in map(pages.read, pages.page_files()):
        namespace = ModuleType("__main__").__dict__
        for block in page.blocks:
            start = time.perf_counter()
            with (
                contextlib.redirect_stdout(io.StringIO()),
                mock.patch("matplotlib.pyplot.show"),
                warnings.catch_warnings(action="ignore"),
            ):
                exec(block.code, namespace)  # noqa: S102
            plt.close("all")
            total += time.perf_counter() - start
    return total


def generated_page(folder: Path, count: int) -> str:
    """Write a page of `count` small blocks into a tree; return its path."""
    page_name = f"generated{count}"
    names = [f"block-{number}" for number in range(count)]
    body = "from time import sleep\nsleep(0.02)\nprint({})\n"
    sections = "".join(
        f"# --8<-- [start:{name}]\n{body.format(number)}# --8<-- [end:{name}]\n"
        for number, name in enumerate(names)
    )
    fences = "".join(
        f"```{'{.python continuation}' if number else 'python'}\n"
        f'--8<-- "snippets/chapters/{page_name}.py:{name}"\n```\n\n'
        "```{.text .output}\n"
        f'--8<-- "docs/outputs/chapters/{page_name}.txt:{name}"\n```\n\n'
        for number, name in enumerate(names)
    )
    module = folder / "snippets" / "chapters" / f"{page_name}.py"
    page = folder / "docs" / "chapters" / f"{page_name}.md"
    for file, text in ((module, sections), (page, f"# Generated\n\n{fences}")):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return page.relative_to(folder).as_posix()


def plain_site(folder: Path) -> Path:
    """Write a plain Material site with the text of our pages, and our notebooks."""
    snippets = pages._markdown().preprocessors["snippet"]
    for page in pages.page_files():
        lines = snippets.run(page.read_text(encoding="utf-8").split("\n"))
        target = folder / "docs" / page.relative_to(DOCS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(lines), encoding="utf-8")
    for kind in ("assets/figures", "assets/diagrams"):
        shutil.copytree(DOCS / kind, folder / "docs" / kind)
    for page in map(pages.read, pages.page_files()):
        if page.blocks:
            target = folder / page.notebook_file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(page.notebook_file, target)
    (folder / "mkdocs.yml").write_text(PLAIN_SETTINGS, encoding="utf-8")
    return folder


def full_site(folder: Path) -> Path:
    """Copy the whole project; return the copy."""
    ignored = shutil.ignore_patterns(".*", "site*", "__pycache__")
    return shutil.copytree(ROOT, folder, ignore=ignored)


def seconds_until_served(tree: Path, port: int, source: str, page: str) -> float:
    """Return the time from saving `source` until the server shows the new text."""
    address = f"127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "mkdocs", "serve", "--dev-addr", address],
        cwd=tree,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    file = tree / source
    marks = iter(f"7{number}7.25" for number in range(10000, 99999))

    def served(mark: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://{address}/{page}") as answer:
                return mark in answer.read().decode()
        except OSError:
            return False

    def change() -> None:
        mark = next(marks)
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"5\.2\b|7\d{5}7\.25", mark, text, count=1), "utf-8")
        while not served(mark):
            time.sleep(0.02)

    try:
        while not served("<"):
            time.sleep(0.05)
        change()
        return seconds(change)
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Print every ratio with its limit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generated = copy_machinery(folder / "generated", "[]")
        paths = {count: generated_page(generated, count) for count in (1, 20, 200)}
        for path in paths.values():
            command(generated, "pytest", path, "--record")()
        times = {n: seconds(command(generated, "pytest", p)) for n, p in paths.items()}
        start_up = times[1]

        alone = blocks_alone()
        whole = seconds(
            command(ROOT, "pytest", "docs/chapters", "docs/errors"), rounds=1
        )
        report(
            "pages' run / their blocks' own execution",
            (whole - start_up) / alone,
            1.3,
            f"{whole:.2f} s less {start_up:.2f} s start-up; blocks {alone:.2f} s",
        )
        report(
            "page of 200 blocks / page of 20",
            (times[200] - start_up) / (times[20] - start_up),
            12,
            f"{times[200]:.2f} s, {times[20]:.2f} s, start-up {start_up:.2f} s",
        )

        ours, plain = full_site(folder / "ours"), plain_site(folder / "plain")
        build = ("mkdocs", "build", "--quiet")
        our_build = seconds(command(ours, *build))
        plain_build = seconds(command(plain, *build))
        report(
            "build / build of a plain Material site",
            our_build / plain_build,
            1.5,
            f"{our_build:.2f} s, {plain_build:.2f} s",
        )

        page = "chapters/one-neuron/"
        our_save = seconds_until_served(
            ours, 8765, "snippets/chapters/one_neuron.py", page
        )
        plain_save = seconds_until_served(
            plain, 8766, "docs/chapters/one-neuron.md", page
        )
        report(
            "save to served / in a plain Material site",
            our_save / plain_save,
            2,
            f"{our_save:.2f} s, {plain_save:.2f} s",
        )


if __name__ == "__main__":
    main()
