"""The landing page's picture: still until asked, then what NumPy computes."""

import gzip
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from docs.plugins.diagrams import surge_curves
from tests.browser import open_only, violations
from tests.labs import LABS

CURVES = """async () => {
  const { SurgeTraining, STEPS, TRAFFIC, truth } = await load("surge");
  const run = new SurgeTraining(await json("deliveries"), await json("surge"));
  const curves = { 0: run.curve() };
  for (const epoch of [5, 200]) {
    while (run.steps < epoch * STEPS) run.step();
    curves[epoch] = run.curve();
  }
  return { traffic: TRAFFIC, rule: TRAFFIC.map(truth), curves };
}"""
BUTTON = "surge-lab button"


def test_the_living_curves_are_those_of_the_figure(modules):
    shown = modules.evaluate(CURVES)
    traffic, rule, curves = surge_curves()
    np.testing.assert_allclose(shown["traffic"], traffic, rtol=1e-9)
    np.testing.assert_allclose(shown["rule"], rule, rtol=1e-9)
    assert list(shown["curves"]) == [str(epoch) for epoch in curves]
    for epoch, curve in curves.items():
        np.testing.assert_allclose(shown["curves"][str(epoch)], curve, rtol=1e-9)


def test_it_is_still_until_asked_and_can_be_paused(page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    open_only(page, "/", "surge-lab")
    button = page.locator(BUTTON)
    expect(button).to_have_text("Watch it learn")
    assert not [url for url in asked if "surge-run" in url or "labs.css" in url]
    box = page.locator("surge-lab").bounding_box()
    button.press("Enter")
    expect(button).to_have_text("Pause")
    numbers = page.locator(".surge-numbers")
    expect(numbers).to_contain_text(re.compile(r"pass [1-9]\d* of 200"))
    button.press("Enter")
    expect(button).to_have_text("Go on")
    assert page.locator("surge-lab").bounding_box() == box
    assert not violations(page, within="surge-lab")
    page.emulate_media(media="print")
    expect(page.locator("surge-lab figure.figure")).to_be_visible()
    expect(page.locator("surge-run")).to_be_hidden()


@pytest.mark.browser_context_args(reduced_motion="reduce")
def test_under_reduced_motion_the_figure_stays(page):
    open_only(page, "/", "surge-lab")
    page.evaluate("customElements.whenDefined('surge-lab')")
    expect(page.locator("surge-lab figure svg")).to_be_visible()
    expect(page.locator(BUTTON)).to_have_count(0)


def test_a_file_that_does_not_come_is_named_and_the_figure_stays(
    plain_page, served_site
):
    plain_page.route("**/surge.json", lambda route: route.fulfill(status=404))
    open_only(plain_page, f"{served_site}/", "surge-lab")
    button = plain_page.locator(BUTTON)
    button.click()
    problem = plain_page.locator(".surge-problem")
    expect(problem).to_contain_text("did not load (surge.json: status 404)")
    expect(plain_page.locator("surge-lab figure.figure")).to_be_visible()
    expect(button).to_be_enabled()
    plain_page.unroute("**/surge.json")
    button.click()
    expect(button).to_have_text("Pause")
    expect(problem).to_have_text("")


def test_its_own_files_are_small():
    size = sum(len(gzip.compress(f.read_bytes())) for f in LABS.glob("surge*"))
    assert 0 < size <= 10 * 1024
