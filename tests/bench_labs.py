"""How long the training lab keeps the page busy while it trains: printed, not judged.

python -m tests.bench_labs
"""

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import FLAGS, NO_BROWSER, find_browser, serve
from tests.sites import build

SECONDS = 10
OBSERVE = """(milliseconds) => new Promise((resolve) => {
  const tasks = [];
  const gaps = [];
  const observer = new PerformanceObserver((list) =>
    tasks.push(...list.getEntries().map((entry) => entry.duration)));
  observer.observe({ type: "longtask" });
  const end = performance.now() + milliseconds;
  let last = performance.now();
  const frame = (now) => {
    gaps.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(frame);
    else resolve({ tasks, gaps: gaps.slice(1) });
  };
  requestAnimationFrame(frame);
})"""


def measure(address: str, executable: str, speed: str) -> str:
    """Train for some seconds at a speed; return what the page's thread did.

    "idle" does not train: what it shows is the browser and the machine.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        page = browser.new_page()
        page.goto(f"{address}/chapters/training-lab/")
        lab = page.locator("training-lab")
        if speed != "idle":
            lab.get_by_label("Speed").select_option(label=speed)
            lab.get_by_role("button", name="Start").click()
        seen = page.evaluate(OBSERVE, 1000 * SECONDS)
        step = lab.locator("dl dd").first.text_content()
        browser.close()
    longest = f"{max(seen['tasks']):.0f} ms" if seen["tasks"] else "none over 50 ms"
    return (
        f"{speed:6}  step {step:>5}  longest task: {longest}, "
        f"longest gap between frames: {max(seen['gaps']):.0f} ms"
    )


def main() -> None:
    """Print a line for each speed of the lab."""
    with sync_playwright() as playwright:
        executable = find_browser(playwright.chromium.executable_path)
    if executable is None:
        raise SystemExit(NO_BROWSER)
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as address:
        build(Path(folder))
        for speed in ("idle", "normal", "fast"):
            print(measure(address, executable, speed))


if __name__ == "__main__":
    main()
