"""Measure pages with Lighthouse, on an emulated phone: `make lighthouse`.

A page of a plain Material site stands beside them. The run fails if a score is below
its limit in `tests/budgets.toml`.
"""

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from docs.plugins.finish.pdf import NO_BROWSER, find_browser
from docs.plugins.pages import ROOT
from tests.bench import plain_site
from tests.browser import FLAGS, QuietHandler, serve
from tests.sites import build
from tests.trees import run

PROGRAM = ROOT / ".cache" / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
NO_PROGRAM = "Lighthouse is not installed: run `make lighthouse`, which needs npm"
LIMITS = tomllib.loads((ROOT / "tests" / "budgets.toml").read_text("utf-8"))[
    "lighthouse"
]
ROUNDS = 3
OURS = {
    "home": "",
    "chapter": "chapters/gradient-descent/",
    "error page": "errors/overfitting/",
    "training lab": "chapters/training-lab/",
    "workbook": "workbooks/backpropagation/",
}
PLAIN = {"plain Material, the chapter": "chapters/gradient-descent/"}
PACKED = {".html", ".css", ".js", ".json", ".svg", ".xml", ".txt"}
LOST = 0.05  # points below which a loss is not worth a line


class PackingHandler(QuietHandler):
    """Serve a folder gzipped, as hosts of static sites do."""

    def send_head(self) -> io.BytesIO | None:
        """Answer with the packed file if it is one of text."""
        file = Path(self.translate_path(self.path))
        if self.path.endswith("/"):
            file /= "index.html"
        if file.suffix not in PACKED or not file.is_file():
            return super().send_head()
        body = packed(file)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)


@cache
def packed(file: Path) -> bytes:
    """Return a file's content, gzipped."""
    return gzip.compress(file.read_bytes(), compresslevel=6)


def build_plain(folder: Path, address: str) -> None:
    """Build a plain Material site with our text into a folder."""
    tree = plain_site(folder.with_name("tree"))
    with (tree / "mkdocs.yml").open("a", encoding="utf-8") as settings:
        settings.write(f"site_url: {address}/\n")
    done = run(tree, "mkdocs", "build", "--quiet", "--site-dir", str(folder))
    if done.returncode:
        sys.exit(done.stdout)


def build_ours(folder: Path, address: str) -> None:
    """Build and finish the site into a folder."""
    build(folder, SITE_URL=f"{address}/")


def lighthouse(browser: str, address: str) -> dict:
    """Return what Lighthouse reports of one page."""
    done = subprocess.run(
        [
            str(PROGRAM),
            address,
            "--output=json",
            "--quiet",
            f"--only-categories={','.join(LIMITS)}",
            f"--chrome-flags=--headless=new --disable-gpu {' '.join(FLAGS[:-1])}",
        ],
        env=os.environ | {"CHROME_PATH": browser},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        sys.exit(f"Lighthouse failed on {address}:\n{done.stderr}")
    return json.loads(done.stdout)


def scores(report: dict) -> dict[str, float]:
    """Return the scores of a report, of 100."""
    return {name: 100 * report["categories"][name]["score"] for name in LIMITS}


def losses(report: dict, category: str) -> dict[str, float]:
    """Return the audits that lost points in a category, and how many of 100."""
    parts = report["categories"][category]["auditRefs"]
    weights = {part["id"]: part["weight"] for part in parts}
    counted = {
        name: weight
        for name, weight in weights.items()
        if weight and report["audits"][name]["score"] is not None
    }
    total = sum(counted.values())
    lost = {
        name: 100 * weight * (1 - report["audits"][name]["score"]) / total
        for name, weight in counted.items()
    }
    return {name: points for name, points in lost.items() if points >= LOST}


def measure(name: str, reports: list[dict]) -> list[str]:
    """Print the median scores of a page and what it lost; return what is too low."""
    rows = [scores(report) for report in reports]
    middle = {category: median(row[category] for row in rows) for category in LIMITS}
    print(f"{name:30}" + "".join(f"{middle[each]:16.0f}" for each in LIMITS))
    for category in LIMITS:
        report = sorted(reports, key=lambda each: scores(each)[category])[
            len(reports) // 2
        ]
        for audit, points in losses(report, category).items():
            shown = report["audits"][audit]
            value = shown.get("displayValue", shown["title"])
            print(f"    {category}, {audit}: −{points:.1f} ({value})")
    sys.stdout.flush()
    return [
        f"{name}: {category} {middle[category]:.0f}, limit {limit}"
        for category, limit in LIMITS.items()
        if middle[category] < limit
    ]


def measure_site(
    folder: Path, make: Callable[[Path, str], None], pages: dict[str, str], browser: str
) -> list[str]:
    """Build, serve and measure a site; return what is below its limit."""
    folder.mkdir()
    low = []
    with serve(folder, PackingHandler) as address:
        make(folder, address)
        for name, key in pages.items():
            reports = [lighthouse(browser, f"{address}/{key}") for _ in range(ROUNDS)]
            low += measure(name, reports)
    return low


def main() -> None:
    """Print one table; say which of our pages are below their limits."""
    with sync_playwright() as playwright:
        browser = find_browser(playwright.chromium.executable_path)
    if browser is None or not shutil.which("node") or not PROGRAM.exists():
        sys.exit(NO_BROWSER if browser is None else NO_PROGRAM)
    print(
        f"{f'median of {ROUNDS} runs':30}" + "".join(f"{each:>16}" for each in LIMITS)
    )
    with tempfile.TemporaryDirectory() as name:
        measure_site(Path(name, "plain"), build_plain, PLAIN, browser)
        low = measure_site(Path(name, "ours"), build_ours, OURS, browser)
    if low:
        sys.exit("\n".join(["", "below tests/budgets.toml:", *low]))


if __name__ == "__main__":
    main()
