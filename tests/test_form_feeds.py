"""A form feed begins a line anew: what stands behind it is found, told and repaired as without it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from lint_rules.engine import Engine
from lint_rules.findings import FileReport
from lint_rules.project.lines import before, column, fed
from lint_rules.settings import Settings

PLAIN = '''import copy
from dataclasses import dataclass
from functools import wraps

NAMES = ("end_user_id",)
SAME = copy.copy


@dataclass
class Auth:
    key: str
    end_user_id: str | None = None
    end_user_max_budget: float | None = None
    asked_by: str | None = None  # cache-leak: per-request

    def copy_for_cache(self) -> "Auth":
        """A copy.
        For the cache.
        """
        made = copy.copy(self)
        made.end_user_id = None
        return made


cache: dict[str, Auth] = {}


def for_cache(auth: Auth) -> Auth:
    made = SAME(auth)
    for name in NAMES:
        setattr(made, name, None)
    return made


@wraps(
    for_cache,
)
def add_end_user(auth: Auth, params: dict) -> Auth:
    auth.end_user_id = params.get("end_user_id")
    if params.get("end_user_max_budget") is not None:
        auth.end_user_max_budget = params["end_user_max_budget"]
    return auth


def login(key: str, params: dict) -> Auth:
    auth = add_end_user(cache.get(key, Auth(key)), params)
    cache[key] = for_cache(auth)
    return auth
'''
UNTOUCHED = (
    # A string; and a line that a repair takes away, which no form feed may go with.
    "        For the cache.\n", '        """\n', '        auth.end_user_max_budget = params["end_user_max_budget"]\n',
)  # fmt: skip


def _lines(text: str, add: Callable[[str], str]) -> str:
    return "".join(add(line) for line in text.splitlines(keepends=True))


FEEDS: dict[str, Callable[[str], str]] = {
    "before every line": lambda line: line if line in UNTOUCHED else f"\f{line}",
    "before definitions": lambda line: (
        f"\f{line}" if line.startswith(("def", "@", "class")) else line
    ),
    "before methods": lambda line: f"  \f{line}" if line.startswith("    def") else line,
    "before imports and constants": lambda line: f"\f{line}" if line[0].isalpha() else line,
    "behind blanks": lambda line: f"\t\f\f{line}" if line.startswith("    ret") else line,
}
ALONE: dict[str, Callable[[str], str]] = {
    "alone before definitions": lambda line: f"\f\n{line}" if line.startswith(("def", "@", "class")) else line,
    "alone behind returns": lambda line: f"{line}\f\n" if "return" in line else line,
    "in empty lines": lambda line: line.replace("\n", "\f\n") if line == "\n" else line,
}  # fmt: skip


def checked(tmp_path: Path, text: str, *, fix: bool = False) -> FileReport:
    engine = Engine(Settings())
    ask = engine.fix if fix else engine.check
    report = ask(tmp_path / "auth.py", text, display="auth.py")
    assert not report.errors
    return report


def told(report: FileReport) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(f.code, f.function, f.field_names) for f in report.findings]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("where", [*FEEDS, *ALONE])
def test_the_same_is_found_and_repaired(tmp_path: Path, where: str, newline: str) -> None:
    expected = checked(tmp_path, PLAIN)
    assert len(expected.findings) >= 3
    text = _lines(PLAIN, {**FEEDS, **ALONE}[where]).replace("\n", newline)
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(PLAIN))
    report = checked(tmp_path, text)
    assert told(report) == told(expected)
    lines, plain = text.split(newline), PLAIN.split("\n")
    for finding, other in zip(report.findings, expected.findings, strict=True):
        start, end = finding.column - 1, finding.end_column - 1
        same = plain[other.line - 1][other.column - 1 : other.end_column - 1]
        assert lines[finding.line - 1][start:end] == same
    repaired, wanted = (checked(tmp_path, each, fix=True).new_source for each in (text, PLAIN))
    assert repaired is not None
    assert wanted is not None
    assert ast.dump(ast.parse(repaired)) == ast.dump(ast.parse(wanted))
    assert repaired.count("\f") == text.count("\f")


def test_a_form_feed_in_a_string_stays(tmp_path: Path) -> None:
    text = PLAIN.replace("        For the cache.\n", "\f        For the cache.\n")
    report = checked(tmp_path, text, fix=True)
    assert report.new_source is not None
    assert "\f        For the cache.\n" in report.new_source


def test_where_a_line_begins() -> None:
    assert fed("\fdef") == "\f"
    assert fed(b" \f \f def") == b" \f \f"
    assert fed("x\f") == fed("  x") == ""
    assert column("\f  x") == 2
    assert column(" \tx") == 8
    assert before("a\n\f def", 4) == " "
    assert before(b"a\n\f def", 4) == b" "
