"""The words of everything that the tool says, read from the string literals of its modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from lint_rules.findings import Mark, SubjectKind

PACKAGE = Path(__file__).resolve().parent.parent / "lint_rules"
SILENT = {"project", "screen", "flow"}
"""Rooms that say nothing to users: their literals are expressions and names."""
SILENT_FILES = {"output/rulepage.py", "rules/texts.py"}
"""Headings and texts of the rules' pages, which are pages themselves."""

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_PLAIN = re.compile(r"[\w ,.;:'\"()/*?!<>\[\]{}@%&+=…`-]+")


def messages() -> Iterator[tuple[str, str]]:
    """Every literal that a reader may see, as ``(place, text)``; what is filled in is a blank."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if name.split("/")[0] in SILENT or name in SILENT_FILES:
            continue
        for line, text in _literals(ast.parse(path.read_text(encoding="utf-8"))):
            if _is_told(text):
                yield f"lint_rules/{name}:{line}", " ".join(text.split())
    for mark in (*get_args(Mark), *get_args(SubjectKind)):
        yield "lint_rules/findings.py", mark


def words(text: str) -> set[str]:
    """The words of a message, in lower case; options, names and codes are none."""
    plain = re.sub(r"--[a-z-]+|\S*[_./=\\*]\S*|'[^']*'|\b[A-Z]{2,}\w*|\w*\d\w*", " ", text)
    return set(_WORD.findall(plain.lower()))


def _is_told(text: str) -> bool:
    plain = _PLAIN.fullmatch(text.replace("\n", " ")) is not None
    return plain and " " in text and re.search(r"[A-Za-z]{2,}", text) is not None


def _literals(tree: ast.Module) -> Iterator[tuple[int, str]]:
    passed: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(node.value)
        elif isinstance(node, ast.Call) and _name(node.func) in ("Page", "compile", "fullmatch"):
            passed |= set(ast.walk(node))
        elif isinstance(node, ast.JoinedStr):
            passed |= {value for value in node.values if isinstance(value, ast.Constant)}
            passed |= {value.format_spec for value in node.values if _has_spec(value)}
    for node in ast.walk(tree):
        if node in passed:
            continue
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(_part(value) for value in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _has_spec(value: ast.expr) -> bool:
    return isinstance(value, ast.FormattedValue) and value.format_spec is not None


def _part(value: ast.expr) -> str:
    # A name that is filled in is no word: "{name}:1" and "{count} files" keep their own words.
    return value.value if isinstance(value, ast.Constant) else " "  # type: ignore[return-value]


def _name(node: ast.expr) -> str:
    return getattr(node, "id", None) or getattr(node, "attr", "")
