"""Trees are kept while they are asked for, and no longer; what was read off them stays right."""

from __future__ import annotations

import ast
import weakref
from pathlib import Path

import pytest

from lint_rules.project import trees
from lint_rules.project.project import Project
from lint_rules.project.trees import RecentTrees

TEXT = """class Auth:
    def __init__(self, key, user=None):
        self.key = key
        if user:
            self.user = user
        print("a long method")

    def set(self):
        other.key = 1
        self.later = self.key


def first(a):
    return a


if True:
    NAMES = ("a", "b")


def second(b, *, c=None):
    NAMES = c
    return b
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "auth.py").write_text(TEXT)
    return Project(tmp_path)


def test_what_was_not_asked_for_lately_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_CHARACTERS", 20)
    kept, parsed = RecentTrees(), []

    def get(key: str, size: int = 8) -> None:
        kept.get(key, size, lambda: parsed.append(key))

    for key in ("a", "b", "a", "c", "a", "b"):
        get(key)
    assert parsed == ["a", "b", "c", "b"]
    get("larger than all", 50)
    get("larger than all", 50)
    get("a")
    assert parsed[4:] == ["larger than all", "a"]


def test_a_function_does_not_hold_its_tree(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "MAX_CHARACTERS", 10)
    module = project.module(project.root / "auth.py")
    first, second = module.function("first"), module.function("second")
    assert first is not None and second is not None
    before, held = ast.dump(first.node), weakref.ref(first.node)
    assert [param.name for param in second.params] == ["b", "c"]
    assert held() is None
    assert ast.dump(first.node) == before


def test_of_a_class_only_what_its_methods_assign_is_held(project: Project) -> None:
    cls = project.module(project.root / "auth.py").class_("Auth")
    assert cls is not None and cls.node is not None
    assert [decl.name for decl in cls.fields] == ["key", "user", "later"]
    assert [decl.line for decl in cls.fields] == [3, 5, 10]
    assert not any(isinstance(node, ast.If | ast.Expr) for node in ast.walk(cls.node))


def test_a_name_assigned_in_a_block_is_one_of_the_module(project: Project) -> None:
    """Also where the block stands behind a function."""
    value = project.module(project.root / "auth.py").value_of("NAMES")
    assert isinstance(value, ast.Tuple)
