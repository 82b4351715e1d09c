"""What an analysis holds on to: of a large project it is little only where each part lets go of what it needs no more."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from lint_rules.engine import Engine
from lint_rules.flow.context import Context, TooComplex
from lint_rules.flow.expressions import Evaluator
from lint_rules.flow.interpreter import Interpreter
from lint_rules.flow.summaries import Library
from lint_rules.project.noting import Node
from lint_rules.project.project import Project
from lint_rules.settings import Settings

LEAKING = """import copy
from dataclasses import dataclass


@dataclass
class Auth:
    token: str
    end_user_id: str | None = None


class Limits:
    def __init__(self, rpm: int) -> None:
        self.rpm = rpm

    def whole(self, text: str, other: dict[str, list[int]]) -> int:
        return len(text) + len(other) + self.rpm


def copy_for_cache(auth: Auth) -> Auth:
    return copy.copy(auth)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("")
    made = tmp_path / "a.py"
    made.write_text(LEAKING)
    return made


@pytest.fixture
def without_collecting() -> Iterator[None]:
    """No garbage is looked for, as in a long run."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _held() -> int:
    """How much the parts of interpreters hold that are still there."""
    parts = (one for one in gc.get_objects() if type(one) in (Interpreter, Evaluator, Context))
    return sum(len(vars(one)) for one in parts)


@pytest.mark.usefixtures("without_collecting")
def test_an_interpretation_leaves_its_parts_behind_empty(path: Path) -> None:
    project = Project(path.parent)
    library = Library(project, Settings())
    [function] = [f for f in project.module(path).all_functions if f.name == "copy_for_cache"]
    facts = library.facts(function)
    assert facts is not None and facts.exits
    assert _held() == 0


@pytest.mark.usefixtures("without_collecting")
def test_so_does_one_that_ends_early(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spend(_: Context) -> None:
        raise TooComplex

    monkeypatch.setattr(Context, "spend", spend)
    project = Project(path.parent)
    for function in project.module(path).all_functions:
        assert Library(project, Settings()).facts(function) is None
    assert _held() == 0


def test_of_methods_stay_those_that_assign_attributes(path: Path) -> None:
    cls = Project(path.parent).module(path).class_("Limits")
    assert cls is not None and cls.node is not None
    methods = [one.name for one in cls.node.body if isinstance(one, ast.FunctionDef)]
    assert methods == ["__init__"]
    assert [field.name for field in cls.fields] == ["rpm"]


def test_what_is_kept_for_nobody_is_noted_nowhere(path: Path, tmp_path: Path) -> None:
    def noted(cache: Path | None) -> int:
        gc.collect()
        before = sum(isinstance(one, Node) for one in gc.get_objects())
        engine = Engine(Settings())
        engine.cache_dir, engine.lists_subjects = cache, False
        report = engine.check(path, LEAKING, display="a.py")
        assert [finding.code for finding in report.findings] == ["CCL101"]
        return sum(isinstance(one, Node) for one in gc.get_objects()) - before

    assert noted(tmp_path / "cache") > 10
    assert noted(None) == 0
