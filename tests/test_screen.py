"""The screen lets too much through, never too little: with and without it the findings are the same."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from fixture_format import Fixture, collect

from lint_rules.engine import Engine
from lint_rules.findings import FileReport
from lint_rules.knowledge.relevance import Relevance
from lint_rules.project.functions import FunctionRef
from lint_rules.project.modules import Module
from lint_rules.screen.caches import CacheUsers
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.shapes import Shape
from lint_rules.screen.survey import Survey
from lint_rules.settings import Settings

PACKAGES = {"pydantic": 40, "attr": 30, "click": 30, "flake8": 30}
"""Installed packages of code that copies and merges, and how many files of each are looked at."""


def _everything(self: Survey, module: Module) -> list[FunctionRef]:
    return list(module.all_functions)


def _whole_project(self: Survey | CacheUsers) -> tuple[FunctionRef, ...]:
    paths = self.project.paths
    return tuple(f for path in paths for f in self.project.module(path).all_functions)


def _all_shapes(self: CacheUsers) -> dict[FunctionRef, Shape]:
    return {f: shape_of(f.node, self.names(f.module.path)) for f in _whole_project(self)}


def _always(*args: object, **kwargs: object) -> bool:
    return True


def _reports(paths: list[Path], settings: Settings) -> list[FileReport]:
    engine = Engine(settings)
    found = []
    for path in paths:
        text = path.read_bytes().decode("utf-8-sig")
        found.append(engine.check(path, text, display=path.name, noqa=False))
    return found


def _force(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything through: the functions looked at, and the questions the knowledge asks."""
    monkeypatch.setattr(Survey, "functions", _everything)
    monkeypatch.setattr(Survey, "may_help", _always)
    monkeypatch.setattr(Survey, "may_store", _always)
    monkeypatch.setattr(Survey, "writers", lambda self, names, model: list(_whole_project(self)))
    monkeypatch.setattr(Survey, "helpers", property(_whole_project))
    monkeypatch.setattr(CacheUsers, "shapes", property(_all_shapes))
    monkeypatch.setattr(Relevance, "matters", _always)


def _same(paths: list[Path], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> int:
    """Check with and without the screen; how many functions the screen kept back."""
    with_screen = _reports(paths, settings)
    with monkeypatch.context() as forced:
        _force(forced)
        without = _reports(paths, settings)
    for one, other in zip(with_screen, without, strict=True):
        assert one.findings == other.findings, one.path
        assert one.errors == other.errors, one.path
        assert one.candidates <= other.candidates
    return sum(report.candidates for report in without) - sum(r.candidates for r in with_screen)


@pytest.mark.parametrize("fixture", collect(), ids=lambda fixture: fixture.name)
def test_fixtures(fixture: Fixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fixture.write(tmp_path)
    _same([root / source.relative for source in fixture.sources], fixture.settings, monkeypatch)


@pytest.mark.parametrize("package", PACKAGES)
def test_installed_packages(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    base = Path(spec.origin).parent
    # The smaller files: the time is bounded, and the forms are the same.
    files = sorted(base.rglob("*.py"), key=lambda path: (path.stat().st_size, path.name))
    files = [path for path in files if path.stat().st_size < 40_000][-PACKAGES[package] :]
    assert files
    assert _same(files, Settings(), monkeypatch) > 0
