"""What a module assigns to a name is read off the statement around it, as the whole tree says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lint_rules.project.moduletext import ModuleText
from lint_rules.project.project import Project

MODULES = {
    "if": "if A:\n    X = 1\n",
    "else": "if A:\n    Y = 1\nelse:\n    X = 2\n",
    "both ways": "if A:\n    X = 1\nelif B:\n    Y = 2\nelse:\n    X = 3\nZ = 1\n",
    "the last one": "X = 1\nif A:\n    X = 2\n",
    "the last at the margin": "if A:\n    X = 2\nX = 1\n",
    "try": "try:\n    X = 1\nexcept A:\n    X = 2\nelse:\n    Y = 1\nfinally:\n    Z = 3\n",
    "comment before else": "if A:\n    Y = 1\n# so\nelse:\n    X = 2\n",
    "blank line before else": "if A:\n    Y = 1\n\n\nelse:\n    X = 2\n",
    "with": "with a() as b:\n    X: int = 1\n",
    "for": "for a in b:\n    X = a\nelse:\n    Y = 1\n",
    "while and match": "while a:\n    match b:\n        case 1:\n            X = 1\n        case _:\n            Y = 2\n",
    "if in if": "if A:\n    if B:\n        X = 1\n    else:\n        Y = 2\n",
    "class": "X = 1\nclass C:\n    X = 2\n    Y = 3\n",
    "class in if": "if A:\n    class C:\n        X = 2\n    Y = 3\n",
    "decorated class": "@one(\n    X=1,\n)\nclass C:\n    Y = 2\n",
    "function": "X = 1\ndef f():\n    X = 2\n    if A:\n        Y = 3\n",
    "keyword of a call": "Y = f(\n    X=1,\n    Y=2,\n)\n",
    "key of a dict": "Y = {\n    X: 1,\n}\n",
    "lines at the margin in brackets": "if A:\n    X = f(1,\n2)\n    Y = 3\n",
    "string at the margin": 'if A:\n    Z = """\nX = 1\nelse:\n"""\n    Y = 2\nelse:\n    X = 3\n',
    "class in a string": 'if A:\n    Z = """\nclass C:\n    """\n    X = 2\n',
    "behind a semicolon": "Y = 1; \\\n    X = 3\n",
    "call at the margin in brackets": "if A:\n    Y = f(\ng(1),\n)\n    X = 3\n",
    "long string": 'X = """\n' + "a line\n" * 60 + '"""\nif A:\n    Y = """\n' + "b\n" * 60 + '"""\n',
    "form feed": "\f\nif A:\n    X = 1\n\f\nelse:\n    Y = 2\n",
    "on the line of the if": "if A: X = 1\nelse: X = 2\n",
}  # fmt: skip


@pytest.mark.parametrize("text", MODULES.values(), ids=MODULES)
def test_a_value_is_what_the_whole_tree_says(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.py"
    path.write_text(text)
    module = Project(tmp_path).module(path)
    whole = {name: ast.unparse(value) for name, value in module.raw.assigned.items()}
    for name in module.raw.assignments:
        value = module.value_of(name)
        assert (ast.unparse(value) if value is not None else None) == whole.get(name), name


def test_an_indented_assignment_parses_no_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.py"
    path.write_text("".join(MODULES[name] for name in ("try", "class", "key of a dict", "for")))
    module = Project(tmp_path).module(path)

    def parsed(self: ModuleText) -> ast.Module:
        raise AssertionError("the whole file is parsed")

    monkeypatch.setattr(ModuleText, "_parsed", parsed)
    assert {name for name in module.raw.assignments if module.value_of(name) is not None} >= {
        "X",
        "Y",
        "Z",
    }


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("if A:\n    X = f(1,\n2)\n", True),
        ("if A:\n    X = 1\nelse:\n    Y = 2\n", False),
        ('X = """\na\n"""\n', True),
    ],
)
def test_what_only_parses_with_more_depends_on_the_whole(
    tmp_path: Path, text: str, rest: bool
) -> None:
    path = tmp_path / "m.py"
    path.write_text(text + "Z = 1\n")
    module = Project(tmp_path).module(path)
    module.value_of("X")
    assert ("X" in module._wide or "X" in module._from_tree) is rest
