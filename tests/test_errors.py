"""Each failure happens, and its fix holds, on every seed; the doctor names it.

`make test` takes three seeds, of which the doctor sees the first; `make record`, and
`--seeds 20` every week, take 20, of which the doctor sees all.
"""

import re
from importlib import import_module
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
import torch

from docs.plugins.pages import DOCS, relative
from snippets.chapters.gradient_descent import NeuralNetwork
from snippets.errors import laboratory
from tests.examined import examined, link
from tests.execution import RECORDED_SEEDS

FOLDER = Path(laboratory.__file__).parent
OTHERS = {"__init__", "diagnose", "laboratory"}
NAMED_AS = {"pooling-ties": "wrong-backward"}  # of which it is a case
PAGES = {  # imported together: a page's run would bring in modules of its own
    file.stem.replace("_", "-"): import_module(f"snippets.errors.{file.stem}")
    for file in sorted(FOLDER.glob("*.py"))
    if file.stem not in OTHERS
}


@pytest.mark.parametrize("failure", PAGES)
def test_an_error_page_imports_no_other(failure):
    text = (FOLDER / f"{failure.replace('-', '_')}.py").read_text(encoding="utf-8")
    taken = re.findall(
        r"^\s*from snippets\.errors(?:\.(\w+))? import", text, re.MULTILINE
    )
    assert set(taken) <= {"laboratory"}


def row_file(failure):
    return DOCS / "outputs" / "errors" / "doctor" / f"{failure}.md"


def scenarios(page, seeds):
    """Yield the arguments of a page's scenario: each variant on each seed."""
    parameters = signature(page.broken).parameters
    default = [parameters["variant"].default] if "variant" in parameters else []
    others = page.VARIANTS if default else ()
    for seed in seeds:
        for variant in dict.fromkeys([*default, *others]) or [None]:
            yield {"seed": seed} | ({"variant": variant} if variant else {})


@pytest.fixture
def sown(monkeypatch):
    """Return the list of the seeds that generators get from now on."""
    sown = []

    def noting(function):
        def call(*arguments):
            if arguments[-1] is not None:  # fresh randomness, asked for
                sown.append(repr(arguments[-1]))
            return function(*arguments)

        return call

    class Generator(torch.Generator):
        manual_seed = noting(torch.Generator.manual_seed)

    monkeypatch.setattr(torch, "Generator", Generator)
    monkeypatch.setattr(torch, "manual_seed", noting(torch.manual_seed))
    monkeypatch.setattr(np.random, "default_rng", noting(np.random.default_rng))
    return sown


@pytest.mark.parametrize("failure", PAGES)
def test_failure_and_fix(failure, seeds, sown, check_record):
    page, name = PAGES[failure], NAMED_AS.get(failure, failure)
    runs, named, others, false_alarms = 0, 0, set(), set()
    before = {}
    for scenario in scenarios(page, seeds):
        sown.clear()
        broken, fixed = page.broken(**scenario), page.fixed(**scenario)
        pairs = zip(sown, before.get(scenario.get("variant"), ()), strict=False)
        kept = [seed for seed, last in pairs if seed == last]
        assert not kept, (
            f"{scenario}: a generator gets {kept[0]}, as on the seed before"
        )
        before[scenario.get("variant")] = list(sown)
        assert page.fails(broken), f"{scenario}: the broken run does not fail"
        assert not page.fails(fixed), f"{scenario}: the fixed run fails"
        if scenario["seed"] and len(seeds) < RECORDED_SEEDS:
            continue
        findings = examined(broken)
        runs += 1
        named += name in findings
        others |= set(findings) - {name}
        false_alarms |= set(examined(fixed))
    assert named == runs, f"the doctor names it on {named} of {runs} runs only"
    assert not false_alarms, f"the doctor names {false_alarms} in fixed runs"
    file = row_file(failure)
    if len(seeds) < RECORDED_SEEDS:
        listed = set(re.findall(r"\[([\w-]+)\]", file.read_text(encoding="utf-8")))
        assert others < listed, f"{relative(file)} lacks {others - listed}: make record"
        return
    also = ", ".join(map(link, sorted(others))) or "–"
    shown = f"{named} of {runs}" + (f", as {link(name)}" if name != failure else "")
    check_record(file, f"| {link(failure)} | {shown} | {also} | 0 of {runs} |")


def test_healthy_runs_are_healthy(seeds):
    for seed in seeds:
        data = laboratory.deliveries(seed)
        run = laboratory.train(laboratory.torch_network(4, 16, 8, 1, seed=seed), data)
        assert examined(run) == []
        network = NeuralNetwork([4, 16, 8, 1], learning_rate=0.05, seed=seed)
        losses = network.fit(data.X, data.y, epochs=60, verbose=False)
        run = laboratory.Run(network, data.X, data.y, losses, data.X_test, data.y_test)
        assert examined(run) == []
