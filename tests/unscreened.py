"""Let everything through the screen: what a run without it finds is what the screen may not lose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lint_rules.engine import Engine
from lint_rules.findings import FileReport
from lint_rules.knowledge import said
from lint_rules.knowledge.helpers import Helpers
from lint_rules.knowledge.perrequest import Fields
from lint_rules.knowledge.relevance import Relevance
from lint_rules.naming import is_cache_copy_name
from lint_rules.project.functions import FunctionRef
from lint_rules.project.modules import Module
from lint_rules.screen.caches import CacheUsers
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.shapes import Shape
from lint_rules.screen.survey import Survey
from lint_rules.settings import Settings


def _everything(self: Survey, module: Module) -> list[FunctionRef]:
    return list(module.all_functions)


def _whole_project(self: Survey) -> tuple[FunctionRef, ...]:
    paths = self.project.paths
    return tuple(f for path in paths for f in self.project.module(path).all_functions)


def _named(self: Survey) -> tuple[FunctionRef, ...]:
    extra = self.settings.cache_copy_helpers
    return tuple(f for f in _whole_project(self) if is_cache_copy_name(f.name, extra))


def _all_shapes(self: CacheUsers, path: Path) -> dict[FunctionRef, Shape]:
    functions = self.project.module(path).all_functions
    return {f: shape_of(f.node, self.names(path)) for f in functions}


def _always(*args: object, **kwargs: object) -> bool:
    return True


def force(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything through: the functions looked at, and the questions the knowledge asks."""
    monkeypatch.setattr(Survey, "functions", _everything)
    monkeypatch.setattr(Survey, "may_help", _always)
    monkeypatch.setattr(Survey, "may_store", _always)
    monkeypatch.setattr(Survey, "may_hold", _always)
    monkeypatch.setattr(Survey, "writers", lambda self, names: list(_whole_project(self)))
    monkeypatch.setattr(Survey, "helpers", property(_whole_project))
    monkeypatch.setattr(Survey, "named_helpers", property(_named))
    monkeypatch.setattr(CacheUsers, "_ask_shapes", _all_shapes)
    monkeypatch.setattr(Relevance, "matters", _always)
    monkeypatch.setattr(Helpers, "may_leave", _always)
    monkeypatch.setattr(Fields, "_copies_one", _always)
    monkeypatch.setattr(Fields, "_may_write", _always)
    monkeypatch.setattr(said, "_writes", _always)


@contextmanager
def unscreened() -> Iterator[None]:
    """Within this everything is let through."""
    with pytest.MonkeyPatch.context() as patched:
        force(patched)
        yield


def reports(paths: list[Path], settings: Settings) -> list[FileReport]:
    """What a run says of some files, one after another."""
    engine = Engine(settings)
    found = []
    for path in paths:
        text = path.read_bytes().decode("utf-8-sig")
        found.append(engine.check(path, text, display=path.name, noqa=False))
    return found


def both(paths: list[Path], settings: Settings) -> tuple[list[FileReport], list[FileReport]]:
    """What is said with the screen, and without it."""
    with_screen = reports(paths, settings)
    with unscreened():
        return with_screen, reports(paths, settings)


def differences(paths: list[Path], settings: Settings) -> list[str]:
    """What the screen loses, or only finds with it: there must be none."""
    said = []
    for one, other in zip(*both(paths, settings), strict=True):
        said += [f"error {error} only with" for error in one.errors if error not in other.errors]
        said += [f"error {error} only without" for error in other.errors if error not in one.errors]
        said += [f"found {f} only with" for f in one.findings if f not in other.findings]
        said += [f"found {f} only without" for f in other.findings if f not in one.findings]
    return said


def lost(root: Path, program: dict[str, str]) -> list[str]:
    """What the screen loses of a program, which is written below ``root`` as a project of its own."""
    root.mkdir()
    (root / "pyproject.toml").touch()
    for name, text in program.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return differences([root / name for name in program], Settings())
