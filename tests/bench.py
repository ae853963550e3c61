"""Measure the run of the pages, the build of the site and a save: `make bench`.

Times of one go on one machine, most of them as ratios. A missed limit fails.
"""

import io
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from docs.plugins import pages
from docs.plugins.pages import DOCS, ROOT, relative
from tests.execution import captured, compiled
from tests.processes import PRELOADED
from tests.trees import copy_machinery, run, serving

ROUNDS = 5
RUN_LIMITS = {  # seconds for the blocks of a chapter and of Nothing gained
    "chapters/classifying-digits": 5,
    "chapters/autograd": 5,
    "chapters/convolution": 10,
    "chapters/optimisers": 5,
    "chapters/deep-networks": 5,
    "deeper/nothing-gained": 5,
}
PLAIN_SETTINGS = """
site_name: Plain
theme: {name: material, font: false}
plugins: [search]
markdown_extensions: [admonition, attr_list, footnotes, md_in_html, tables,
  pymdownx.details, pymdownx.highlight, pymdownx.superfences,
  {pymdownx.arithmatex: {generic: true}}]
"""
NUMBER = re.compile(
    r"5\.2\b|7\d{5}7\.25"
)  # a sample's weight, or what it was changed to


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


def blocks_alone() -> dict[str, float]:
    """Return the seconds that the blocks of each page take by themselves."""
    import matplotlib.pyplot as plt

    for name in PRELOADED:
        import_module(name)
    times = {}
    for page in pages.pages_with_code():
        times[page.key] = 0.0
        namespace = ModuleType("__main__").__dict__
        for block in page.blocks:
            code = compiled(block)
            start = time.perf_counter()
            with captured(io.StringIO(), io.StringIO()):
                exec(code, namespace)  # noqa: S102
            plt.close("all")
            times[page.key] += time.perf_counter() - start
    return times


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
    """Write a plain Material site with the text of our pages; return its folder."""
    snippets = pages._markdown().preprocessors["snippet"]
    for page in pages.page_files():
        lines = snippets.run(page.read_text(encoding="utf-8").split("\n"))
        target = folder / "docs" / page.relative_to(DOCS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(lines), encoding="utf-8")
    for kind in ("assets/figures", "assets/diagrams"):
        shutil.copytree(DOCS / kind, folder / "docs" / kind)
    (folder / "mkdocs.yml").write_text(PLAIN_SETTINGS, encoding="utf-8")
    return folder


def full_site(folder: Path) -> Path:
    """Copy the whole project; return the copy."""
    ignored = shutil.ignore_patterns(".*", "site*", "__pycache__")
    return shutil.copytree(ROOT, folder, ignore=ignored)


def seconds_until_served(tree: Path, source: str) -> float:
    """Return the time from saving `source` until the server shows the new text."""
    page, file = "chapters/one-neuron/", tree / source
    marks = iter(f"7{number}7.25" for number in range(10000, 99999))
    with serving(tree, tree / "log") as server:
        server.wait_for("</html>", page)

        def save() -> None:
            mark = next(marks)
            text = file.read_text(encoding="utf-8")
            file.write_text(NUMBER.sub(mark, text, count=1), encoding="utf-8")
            server.wait_for(mark, page)

        save()
        return seconds(save)


def measure_run(folder: Path) -> list[tuple]:
    """Return how long the pages' run takes, against its blocks and its length."""
    generated = copy_machinery(folder / "generated", "[]")
    paths = {count: generated_page(generated, count) for count in (1, 20, 200)}
    for path in paths.values():
        command(generated, "pytest", path, "--record")()
    start_up, short, long = (
        seconds(command(generated, "pytest", path)) for path in paths.values()
    )
    alone = blocks_alone()
    total = sum(alone.values())
    everything = [relative(page.path) for page in pages.pages_with_code()]
    whole = seconds(command(ROOT, "pytest", *everything), rounds=1)
    return [
        ("pages' run / their blocks alone", (whole - start_up) / total, 1.3),
        ("page of 200 blocks / of 20", (long - start_up) / (short - start_up), 12),
        *(
            (f"seconds of {key}", alone[key], limit)
            for key, limit in RUN_LIMITS.items()
        ),
    ]


def measure_site(folder: Path) -> list[tuple]:
    """Return how long a build and a save take, against a plain Material site."""
    ours, plain = full_site(folder / "ours"), plain_site(folder / "plain")
    build = ("mkdocs", "build", "--quiet")
    our_build, plain_build = (seconds(command(tree, *build)) for tree in (ours, plain))
    save = seconds_until_served(ours, "snippets/chapters/one_neuron.py")
    plain_save = seconds_until_served(plain, "docs/chapters/one-neuron.md")
    return [
        ("build / of a plain Material site", our_build / plain_build, 1.5),
        ("seconds from a snippet's save to its page served", save, 3),
        ("the same / in a plain Material site", save / plain_save, 1.5),
    ]


def main() -> None:
    """Print what was measured beside its limit; fail if one is missed."""
    missed = 0
    for measure in (measure_run, measure_site):
        with tempfile.TemporaryDirectory() as name:
            for what, measured, limit in measure(Path(name)):
                verdict = "" if measured <= limit else "  MISSED"
                missed += measured > limit
                print(
                    f"{what:50} {measured:5.2f}  limit {limit:g}{verdict}", flush=True
                )
    if missed:
        sys.exit(f"{missed} of the limits missed")


if __name__ == "__main__":
    main()
