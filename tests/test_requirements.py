"""The pinned packages are those that pyproject.toml asks for, and all they need."""

import json
import re
import tomllib
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from docs.plugins.pages import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = PROJECT["dependency-groups"]
LOCKS = {"site": "docs/requirements.txt", "all": "requirements.txt"}
PIN = re.compile(r"([\w.-]+)==([^*,;\s]+)( ; .+)?")
GPU = re.compile(r"nvidia|cuda|triton")
PLACE = re.compile(r"://|file:|@ | /\w|-(index|find|extra|trusted)")

both = pytest.mark.parametrize("group", LOCKS)


def asked(group: str) -> dict[str, str]:
    """Return the versions that a group asks for, by package."""
    found = {}
    for entry in GROUPS[group]:
        if isinstance(entry, dict):
            found |= asked(entry["include-group"])
        else:
            name, version = entry.split("==")
            found[name] = version
    return found


def text(group: str) -> str:
    return (ROOT / LOCKS[group]).read_text(encoding="utf-8")


def pins(group: str) -> dict[str, str]:
    """Return the versions that a lock pins, by package; each line must be a pin."""
    lines = re.sub(r"^ *#.*\n", "", text(group), flags=re.M).splitlines()
    assert lines.pop(0) == "-e ."
    matches = {line: PIN.fullmatch(line) for line in lines}
    loose = [line for line, match in matches.items() if not match]
    assert not loose, f"{LOCKS[group]} does not pin {loose}"
    return {match[1]: match[2] for match in matches.values()}


def needed_here(wanted: set[str]) -> set[str]:
    """Return the packages and what they need on this machine, without GPU libraries."""
    seen, queue = set(), [(name, "") for name in sorted(wanted)]
    while queue:
        name, extra = queue.pop()
        if (name, extra) in seen or GPU.search(name):
            continue
        seen.add((name, extra))
        for found in map(Requirement, requires(name) or []):
            if not found.marker or found.marker.evaluate({"extra": extra}):
                found_name = canonicalize_name(found.name)
                queue += [(found_name, option) for option in ("", *found.extras)]
    return {name for name, _extra in seen}


@both
def test_lock_is_in_step_with_its_group(group):
    locked = pins(group)
    late = dict(asked(group).items() - locked.items())
    assert not late, f"{LOCKS[group]} lacks {late}: run `make lock`"
    loose = needed_here(set(asked(group))) - set(locked)
    assert not loose, f"{LOCKS[group]} lacks {loose}: run `make lock`"


def test_both_locks_pin_the_same_versions():
    other = pins("site").items() - pins("all").items()
    assert not other, f"the site's lock alone has {other}: run `make lock`"


@both
def test_lock_names_no_gpu_library_and_no_place(group):
    gpu = [name for name in pins(group) if GPU.search(name)]
    assert not gpu, f"{LOCKS[group]} brings in {gpu}: see GPU in the Makefile"
    place = PLACE.search(text(group))
    assert not place, f"{LOCKS[group]} names a place: {place.group()!r}"


def test_readme_gives_a_reason_for_each_direct_dependency():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("## What each dependency is for")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([a-z].+?) \| \S.* \|$", table, re.MULTILINE)
    named = [name for row in rows[1:] for name in row.split(", ")]
    direct = {Requirement(each).name for each in PROJECT["build-system"]["requires"]}
    assert sorted(named) == sorted(direct | set(asked("all")))


def test_lock_of_lighthouse_names_no_registry():
    """Whether it is in step with package.json, `npm ci` asks."""
    lock = ROOT / "tests" / "lighthouse" / "package-lock.json"
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    del packages[""]
    placed = [name for name, package in packages.items() if "resolved" in package]
    assert not placed, f"package-lock.json says where it got {placed}"
    loose = [name for name, package in packages.items() if "integrity" not in package]
    assert not loose, f"package-lock.json has no checksum of {loose}"
