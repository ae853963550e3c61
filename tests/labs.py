"""The laboratories for their tests: open one, work it, read what it says."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from docs.plugins.pages import DOCS
from snippets.chapters import activation_functions, gradient_descent
from tests.browser import open_only, too_wide, violations

LABS = DOCS / "assets" / "labs"
ADDRESSES = {
    "neuron-lab": "/chapters/one-neuron/",
    "activation-lab": "/chapters/activation-functions/",
    "backpropagation-lab": "/chapters/backpropagation/",
    "training-lab": "/chapters/training-lab/",
    "shapes-lab": "/chapters/shapes-lab/",
    "own-data-lab": "/chapters/own-data-lab/",
}
READY = {  # what is there once the worker has answered
    "training-lab": "training loss",
    "shapes-lab": "points right",
}
# Each with its derivative by A, which is what `gradient_descent.backward` has.
ACTIVATIONS = {
    "relu": (activation_functions.relu, activation_functions.relu_derivative),
    "leaky_relu": (
        activation_functions.leaky_relu,
        activation_functions.leaky_relu_derivative,
    ),
    "sigmoid": (activation_functions.sigmoid, lambda A: A * (1 - A)),
    "tanh": (np.tanh, lambda A: 1 - A**2),
    "linear": (lambda Z: Z, np.ones_like),
}
GAPS = """([selectors, changes]) => Promise.all(selectors.map((selector) => {
  const times = [];
  return new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      times.push(performance.now());
      if (times.length > changes) {
        observer.disconnect();
        resolve(Math.min(...times.slice(1).map((time, index) => time - times[index])));
      }
    });
    const options = { childList: true, subtree: true, attributeFilter: ["d"] };
    observer.observe(document.querySelector(selector), options);
  });
}))"""


@contextmanager
def hidden_activation(name: str) -> Iterator[None]:
    """Let the hidden layers of `gradient_descent` have another activation than ReLU."""
    f, derivative = ACTIVATIONS[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gradient_descent, "relu", f)
        patch.setattr(gradient_descent, "relu_derivative", derivative)
        yield


def open_lab(page: Page, name: str, query: str = "") -> Locator:
    """Open a lab, and nothing else of its page; return its panel, ready to use."""
    open_only(page, ADDRESSES[name] + query, name)
    return ready_lab(page, name)


def ready_lab(page: Page, name: str, index: int = 0) -> Locator:
    """Return the panel of one of a page's labs, once it is ready to use."""
    page.locator(name).nth(index).scroll_into_view_if_needed()
    lab = page.locator(f"{name} > .lab").nth(index)
    expect(lab).to_be_visible()
    expect(lab).to_contain_text(READY.get(name, ""))
    return lab


def press(lab: Locator, name: str) -> None:
    lab.get_by_role("button", name=name).click()


def status(lab: Locator) -> Locator:
    return lab.locator("p[role=status]")


def said(lab: Locator) -> Locator:
    """Return the sentences about what the reader points at."""
    return lab.locator(".lab-readout p")


def number(lab: Locator, name: str) -> Locator:
    """Return where a lab's list of numbers shows the one of this name."""
    term = lab.locator("dt").get_by_text(name, exact=True)
    return term.locator("xpath=following-sibling::dd[1]")


def chosen(around: Page | Locator, label: str) -> Locator:
    return around.get_by_label(label, exact=True).locator("option:checked")


def gaps(page: Page, selectors: list[str], changes: int) -> list[float]:
    """Wait for changes; return for each element the least milliseconds between two."""
    return page.evaluate(GAPS, [selectors, changes])


def main_thread(trace: bytes) -> tuple[list[float], int]:
    """Return the processor milliseconds of each main-thread task; count the frames."""
    events = json.loads(trace)["traceEvents"]
    mains = {
        thread_of(event)
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    frames = [thread_of(event) for event in events if event["name"] == "Layerize"]
    drawn = mains & {*frames}
    tasks = [
        event["tdur"] / 1000
        for event in events
        if event["name"].endswith("RunTask")
        and thread_of(event) in drawn
        and "tdur" in event
    ]
    return tasks, sum(thread in mains for thread in frames)


def thread_of(event: dict) -> tuple[int, int]:
    return event["pid"], event["tid"]


def assert_accessible_and_fits(
    lab: Locator, least: int, controls: str = "input, select, button, summary"
) -> None:
    """Look at a lab with axe-core; no control is smaller than `least` pixels."""
    name = lab.evaluate("panel => panel.parentElement.localName")
    problems = violations(lab.page, within=name) + too_wide(lab.page)
    assert not problems, "\n".join(problems)
    shown = lab.locator(f":is({controls}):visible").all()
    small = [
        control.evaluate("control => control.outerHTML.slice(0, 80)")
        for control in shown
        if min(control.bounding_box()[side] for side in ("width", "height")) < least
    ]
    assert shown
    assert not small, f"smaller than {least} pixels: {small}"
