"""The screen lets too much through, never too little: with and without it the findings are the same."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from fixture_format import Fixture, collect
from unscreened import both, reports

from lint_rules.settings import Settings

PACKAGES = {"pydantic": 40, "attr": 30, "click": 30, "flake8": 30}
"""Installed packages of code that copies and merges, and how many files of each are looked at."""


def _same(paths: list[Path], settings: Settings) -> int:
    """Check with and without the screen; how many functions the screen kept back."""
    with_screen, without = both(paths, settings)
    for one, other in zip(with_screen, without, strict=True):
        assert one.findings == other.findings, one.path
        assert one.errors == other.errors, one.path
        assert one.candidates <= other.candidates
    return sum(report.candidates for report in without) - sum(r.candidates for r in with_screen)


@pytest.mark.parametrize("fixture", collect(), ids=lambda fixture: fixture.name)
def test_fixtures(fixture: Fixture, tmp_path: Path) -> None:
    root = fixture.write(tmp_path)
    _same([root / source.relative for source in fixture.sources], fixture.settings)


@pytest.mark.parametrize("package", PACKAGES)
def test_installed_packages(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    base = Path(spec.origin).parent
    # The smaller files: the time is bounded, and the forms are the same.
    files = sorted(base.rglob("*.py"), key=lambda path: (path.stat().st_size, path.name))
    files = [path for path in files if path.stat().st_size < 40_000][-PACKAGES[package] :]
    assert files
    assert _same(files, Settings()) > 0


MODEL = """
from dataclasses import dataclass


@dataclass
class Auth:
    token: str
    end_user_id: str | None = None
    end_user_max_budget: float | None = None
    allowed_model_region: str | None = None
    asked_by: str | None = None
    asked_at: float | None = None
"""
HELPER = """
from copy import copy

from models import Auth


def copy_for_cache(auth: Auth) -> Auth:
    copied = copy(auth)
    copied.end_user_id = None
    copied.end_user_max_budget = None
    copied.asked_by = None
    copied.asked_at = None
    return copied
"""
HEAD = "from copy import copy\n\nfrom models import Auth\n\ncache = {}\n\n\n"
MERGE = """
    {carrier}.end_user_id = params.get("end_user_id")
    {carrier}.end_user_max_budget = params.get("end_user_max_budget")
    {carrier}.allowed_model_region = params.get("allowed_model_region")
"""
PROGRAMS = {
    # What a function of the project hands on is still the copy.
    "handed on": HEAD
    + "def checked(auth):\n    return auth\n\n\n"
    + "def load(key):\n    copied = copy(cache.get(key, Auth))\n    copied.asked_by = None\n"
    + "    return checked(copied)\n",
    "stored as it was handed on": HEAD
    + "def checked(auth):\n    return auth\n\n\n"
    + "def save(key, auth: Auth):\n    copied = copy(auth)\n    copied.asked_by = None\n"
    + "    cache[key] = checked(copied)\n",
    "found by a wrapper": HEAD
    + "def recall(key) -> Auth:\n    return cache.get(key, Auth)\n\n\n"
    + "def load(key):\n    copied = copy(recall(key))\n    copied.asked_by = None\n"
    + "    return copied\n",
    # A container made here is stored with what it holds.
    "in a list": HEAD
    + "def save(key, auth: Auth):\n    copied = copy(auth)\n    copied.asked_by = None\n"
    + "    cache[key] = [copied]\n",
    "in a dict": HEAD
    + "def save(key, auth: Auth):\n    copied = copy(auth)\n    copied.asked_by = None\n"
    + '    entry = {"auth": copied}\n    cache[key] = entry\n',
    "taken out again": HEAD
    + "def save(key, auth: Auth):\n    copied = copy(auth)\n    copied.asked_by = None\n"
    + '    entry = {"auth": copied}\n    cache[key] = entry["auth"]\n',
    "taken out by a method": HEAD
    + "def save(key, auth: Auth):\n    copied = copy(auth)\n    copied.asked_by = None\n"
    + '    entry = {"auth": copied}\n    cache[key] = entry.get("auth")\n',
    "copied from a list": HEAD
    + "def load(key, first: Auth):\n    for auth in (cache.get(key, Auth), first):\n"
    + "        copied = copy(auth)\n        copied.asked_by = None\n        return copied\n",
    "kept by a method": HEAD
    + "class Holder:\n    def keep(self, auth):\n        self.auth = auth\n\n\n"
    + "def save(key, auth: Auth, holder: Holder):\n    copied = copy(auth)\n"
    + "    copied.asked_by = None\n    holder.keep(copied)\n    cache[key] = holder.auth\n",
    "kept by a method and returned": HEAD
    + "class Holder:\n    def keep(self, auth):\n        self.auth = auth\n\n\n"
    + "def trim_for_cache(auth: Auth, holder: Holder):\n    copied = copy(auth)\n"
    + "    copied.asked_by = None\n    holder.keep(copied)\n    return holder.auth\n",
    "stored by an object that a call hands out": HEAD
    + "class Box:\n    def put(self, key, value):\n        cache[key] = value\n\n\n"
    + "def box() -> Box:\n    return Box()\n\n\n"
    + "def trim_for_cache(key, auth: Auth):\n    copied = copy(auth)\n"
    + "    copied.asked_by = None\n    box().put(key, copied)\n",
    "given to what a call returned": HEAD
    + "class Writer:\n    def write_down(self, key, value):\n        cache[key] = value\n\n\n"
    + "def writer():  # of the cache\n    return Writer()\n\n\n"
    + "def save(key, auth: Auth):\n    copied = copy(auth)\n    copied.asked_by = None\n"
    + "    out = writer()\n    out.write_down(key, copied)\n",
    # Evidence: a merge function proves allowed_model_region, however its file names the model.
    "imported by a star": "from models import *\n\n\ndef merge(token: Auth, params):"
    + MERGE.format(carrier="token"),
    "named by its module": "import models as m\n\n\ndef merge(token: m.Auth, params):"
    + MERGE.format(carrier="token"),
    "kept from a parameter": "from models import Auth\n\n\nclass Holder:\n"
    + "    def __init__(self, auth: Auth):\n        self.held = auth\n\n\n"
    + "def merge(holder: Holder, params):"
    + MERGE.format(carrier="holder.held"),
    "an annotated attribute": "from models import Auth\n\n\nclass Holder:\n"
    + "    def __init__(self, auth):\n        self.held: Auth = auth\n\n\n"
    + "def merge(holder: Holder, params):"
    + MERGE.format(carrier="holder.held"),
    "kept behind a test on its line": "from models import Auth\n\n\nclass Holder:\n"
    + "    def __init__(self, auth: Auth):\n        self.on = True\n"
    + "        if self.on: self.held = auth\n\n\n"
    + "def merge(holder: Holder, params):"
    + MERGE.format(carrier="holder.held"),
    # What only the helper proves, written behind a test on its line.
    "written behind a test on its line": HEAD
    + "def merge_token(token: Auth, params):\n"
    + "    if params.known: token.asked_by = params.asked_by\n",
    # Names of any alphabet.
    "another name for a function": HEAD
    + "from copy import copy as größer\n\n\n"
    + "def save(key, auth: Auth):\n    copied = größer(auth)\n    copied.asked_by = None\n"
    + "    cache[key] = copied\n",
    # What another function merged values onto.
    "merged elsewhere, then stored": HEAD
    + "def fill(token: Auth, params):\n    token.end_user_id = params.get('end_user_id')\n"
    + "    return token\n\n\n"
    + "def save(key, params):\n    token = cache.get(key, Auth)\n    token = fill(token, params)\n"
    + "    cache[key] = token\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str, tmp_path: Path) -> None:
    files = {"models.py": MODEL, "helper.py": HELPER, "program.py": PROGRAMS[name]}
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    paths = [tmp_path / file for file in files]
    _same(paths, Settings())
    found = {finding.path for report in reports(paths, Settings()) for finding in report.findings}
    assert found & {"program.py", "helper.py"}


def test_what_a_call_only_hands_on_is_followed(tmp_path: Path) -> None:
    program = (
        HEAD
        + "def blank(auth):\n    auth.asked_by = None\n\n\ndef scrub(auth):\n    blank(auth)\n\n\n"
        + "def save(key, auth: Auth):\n    copied = copy(auth)\n    scrub(copied)\n"
        + "    cache[key] = copied\n"
    )
    files = {"models.py": MODEL, "helper.py": HELPER, "program.py": program}
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    (found,) = reports([tmp_path / "program.py"], Settings())[0].findings
    assert found.field_names == ("end_user_id", "end_user_max_budget", "asked_at")
