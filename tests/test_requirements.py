"""The pinned packages are those that the short files ask for, and all they need."""

import json
import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from docs.plugins.pages import DOCS, ROOT, relative

SITE, EVERYTHING = DOCS / "requirements.in", ROOT / "requirements.in"
EXCLUDED = ROOT / "requirements.exclude"
OPTIONS = {"-e .", "-r docs/requirements.txt"}
GPU = re.compile(r"nvidia|cuda|triton")
PLACE = re.compile(r"://|file:|@ | /\w|-(index|find|extra|trusted)")

both = pytest.mark.parametrize("source", [SITE, EVERYTHING], ids=relative)


def lock(source: Path) -> Path:
    return source.with_suffix(".txt")


def read(file: Path) -> list[Requirement]:
    """Return what a requirements file asks for, without its options."""
    text = re.sub(r"(^|\s+)#.*", "", file.read_text(encoding="utf-8"), flags=re.M)
    lines = {line.strip() for line in text.splitlines()} - {""} - OPTIONS
    return [Requirement(line) for line in sorted(lines)]


def names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(each.name) for each in requirements}


def pins(file: Path) -> dict[str, str]:
    """Return what each package of a file is pinned to."""
    return {canonicalize_name(each.name): str(each.specifier) for each in read(file)}


def named_as_asked_for(source: Path) -> set[str]:
    """Return the packages of which the lock says that the input asks for them."""
    found, name = set(), ""
    for line in lock(source).read_text(encoding="utf-8").splitlines():
        if "==" in line:
            name = line.split("==")[0]
        elif name and line.endswith(f" -r {relative(source)}"):
            found.add(name)
    return found


def needed_here(wanted: set[str]) -> set[str]:
    """Return the packages and what they need on this machine, without GPU libraries."""
    left_out = names(read(EXCLUDED))
    seen, queue = set(), [(name, "") for name in sorted(wanted)]
    while queue:
        name, extra = queue.pop()
        if (name, extra) in seen or name in left_out:
            continue
        seen.add((name, extra))
        for found in map(Requirement, requires(name) or []):
            if not found.marker or found.marker.evaluate({"extra": extra}):
                found_name = canonicalize_name(found.name)
                queue += [(found_name, option) for option in ("", *found.extras)]
    return {name for name, _extra in seen}


@both
def test_every_package_is_pinned_to_one_version(source):
    for file in (source, lock(source)):
        loose = [
            n for n, pin in pins(file).items() if not re.fullmatch("==[^*,]+", pin)
        ]
        assert not loose, f"{relative(file)} does not pin {loose}"


@both
def test_lock_is_in_step_with_its_input(source):
    locked, asked = pins(lock(source)), pins(source)
    late = {name: pin for name, pin in asked.items() if locked.get(name) != pin}
    assert not late, f"{relative(lock(source))} lacks {late}: run `make lock`"
    odd = named_as_asked_for(source) ^ set(asked)
    assert not odd, f"{relative(source)} and its lock differ in {odd}: run `make lock`"


def test_both_locks_pin_the_same_versions():
    other = set(pins(lock(SITE)).items()) - set(pins(lock(EVERYTHING)).items())
    assert not other, f"the site's lock alone has {other}: run `make lock`"


@both
def test_lock_has_what_its_packages_need_and_nothing_else(source):
    needed = needed_here(set(pins(SITE)) | set(pins(source)))
    loose = needed - set(pins(lock(source)))
    assert not loose, f"{relative(lock(source))} lacks {loose}: run `make lock`"
    spare = names([r for r in read(lock(source)) if not r.marker]) - needed
    assert not spare, f"nothing needs {spare} of {relative(lock(source))}"


@both
def test_lock_names_no_gpu_library_and_no_place(source):
    for file in (source, lock(source)):
        gpu = [name for name in pins(file) if GPU.search(name)]
        assert not gpu, f"{relative(file)} brings in {gpu}: see {relative(EXCLUDED)}"
        place = PLACE.search(file.read_text(encoding="utf-8"))
        assert not place, f"{relative(file)} names a place: {place.group()!r}"


def test_readme_gives_a_reason_for_each_direct_dependency():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("## What each dependency is for")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([a-z].+?) \| \S.* \|$", table, re.MULTILINE)
    named = [name for row in rows[1:] for name in row.split(", ")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    direct = {Requirement(text).name for text in project["build-system"]["requires"]}
    direct |= set(pins(SITE)) | set(pins(EVERYTHING))
    assert sorted(named) == sorted(direct)


def test_lighthouse_is_pinned_and_its_lock_names_no_registry():
    folder = ROOT / "tests" / "lighthouse"
    asked, locked = (
        json.loads((folder / name).read_text(encoding="utf-8"))
        for name in ("package.json", "package-lock.json")
    )
    packages = locked["packages"]
    own = packages.pop("")
    assert own["devDependencies"] == asked["devDependencies"]
    for name, version in asked["devDependencies"].items():
        assert packages[f"node_modules/{name}"]["version"] == version
    placed = [name for name, package in packages.items() if "resolved" in package]
    assert not placed, f"package-lock.json says where it got {placed}"
    loose = [name for name, package in packages.items() if "integrity" not in package]
    assert not loose, f"package-lock.json has no checksum of {loose}"
