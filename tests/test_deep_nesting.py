"""Code that is nested deeper than Python's own stack: one function is passed over, not the project."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import libcst as cst
import pytest
from leaking import LEAKING

from lint_rules.discovery import discover
from lint_rules.flow.source import DEEPEST, _may_be_deep
from lint_rules.runner import run
from lint_rules.worker import Task

DEEP = {
    "calls": "f(" * 190 + "x" + ")" * 190,
    "lists": "[" * 190 + "x" + "]" * 190,
    "attributes": "x" + ".a" * 900,
    "methods": "x" + ".a()" * 900,
    "sums": "x" + " + x" * 900,
    "choices": "x or " * 900 + "x",
}


def deep(expression: str) -> str:
    """A helper that would be reported, could it be followed, and a small one behind it."""
    head, small = LEAKING.split("\n\n\ndef copy_for_cache")
    return f"""{head}


def deep_copy_for_cache(auth: Auth, cache, x) -> Auth:
    copied = replace(auth)
    cache["x"] = {expression}
    return copied


def small_copy_for_cache{small}"""


def elifs(count: int) -> str:
    ways = "".join(f"    elif x == {n}:\n        copied.end_user_id = {n}\n" for n in range(count))
    return deep("x").replace(
        "    return copied\n\n\ndef small",
        f"    if x:\n        x\n{ways}    return copied\n\n\ndef small",
    )


@pytest.mark.parametrize("text", [*map(deep, DEEP.values()), elifs(900)], ids=[*DEEP, "elifs"])
def test_the_rest_of_the_project_is_checked(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "deep.py").write_text(text)
    (tmp_path / "good.py").write_text(LEAKING)
    report = run(discover([tmp_path]), Task(cache=False))
    found = {(Path(f.path).name, f.function) for f in report.findings}
    assert ("good.py", "copy_for_cache") in found
    assert ("deep.py", "small_copy_for_cache") in found
    assert not report.errors


def test_a_chain_of_calls_is_followed(tmp_path: Path) -> None:
    """Each link is evaluated once: three times each were 20,000 evaluations for nine links."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "deep.py").write_text(deep("x" + ".where(x.get(x.get(x)))" * 60))
    report = run(discover([tmp_path]), Task(cache=False))
    assert [f.function for f in report.findings] == ["deep_copy_for_cache", "small_copy_for_cache"]


COPIES = {
    "each of the one before": "".join(f"    d{n + 1} = {{**d{n}}}\n" for n in range(800)),
    "two of the one before": "".join(
        f"    a = {{**d{n}}}\n    b = {{**d{n}}}\n    d{n + 1} = {{**(a if c else b)}}\n" for n in range(60)
    ),
    "each over a new value": "".join(
        f"    d{n + 1} = {{'end_user_id': c.get('x{n}'), **d{n}}}\n" for n in range(800)
    ) + "    auth.__dict__.update(d800)\n",
    "of itself": "    for x in c:\n        d0 = {'end_user_id': c.get('x'), **d0}\n"
                 "        auth.end_user_id = d0['end_user_id']\n",
}  # fmt: skip


@pytest.mark.parametrize("lines", COPIES.values(), ids=COPIES)
def test_copies_of_copies_are_followed(tmp_path: Path, lines: str) -> None:
    """Each copy is looked at once, however many ways lead to it."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "merges.py").write_text(
        "class Auth:\n    end_user_id: str | None = None\n\n\n_cache: dict[str, Auth] = {}\n\n\n"
        "def login(token, c):\n    auth = _cache.get(token)\n"
        "    auth.end_user_id = c.get('end_user_id') or auth.end_user_id\n"
        f"    d0 = {{**vars(auth)}}\n{lines}    print(d0)\n"
    )
    report = run(discover([tmp_path]), Task(cache=False))
    assert not report.errors
    assert {(f.code, f.function) for f in report.findings} == {("CCL201", "login")}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the stack of the process is too small")
def test_many_elifs_are_no_nesting(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    # Python 3.12 has a limit of its own.
    (tmp_path / "deep.py").write_text(elifs(600 if sys.version_info[:2] == (3, 12) else 900))
    report = run(discover([tmp_path]), Task(cache=False))
    assert [f.function for f in report.findings] == ["deep_copy_for_cache", "small_copy_for_cache"]


@pytest.mark.parametrize("count", [700, 800, 1_000, 2_000])
def test_where_elifs_are_too_many_only_their_function_is_passed_over(
    tmp_path: Path, count: int
) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "deep.py").write_text(elifs(count))
    report = run(discover([tmp_path]), Task(cache=False))
    assert not report.errors
    assert "small_copy_for_cache" in [finding.function for finding in report.findings]


@pytest.mark.parametrize("expression", ["x" + ".a()" * 30_000, "f(" * 3_000 + "x" + ")" * 3_000])
def test_what_libcst_has_no_stack_for_ends_no_process(tmp_path: Path, expression: str) -> None:
    """It overflowed the stack of the process, which ended without a word."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "deep.py").write_text(deep(expression))
    (tmp_path / "good.py").write_text(LEAKING)
    command = [sys.executable, "-m", "lint_rules", "--check", "--no-cache", "--isolated", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "good.py:10:14: CCL101" in done.stdout
    # Python itself does not read it; a Python that does leaves the function out, without an error.
    assert done.returncode == (2 if "deep.py: error: " in done.stderr else 1), done.stderr


@pytest.mark.parametrize("links", [(DEEPEST - 10) // 2, (DEEPEST + 10) // 2])
def test_libcst_is_given_no_more_than_the_stated_depth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: int
) -> None:
    read: list[str] = []
    parse = cst.parse_module
    monkeypatch.setattr(cst, "parse_module", lambda text: read.append(text) or parse(text))
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "deep.py").write_text(deep("x" + ".a()" * links))
    run(discover([tmp_path]), Task(cache=False))
    assert any("def small" in text for text in read)
    assert any("def deep" in text for text in read) == (2 * links < DEEPEST)


NESTING = {
    "attribute": ("", ".a"), "call": ("f(", ")"), "keyword": ("f(a=", ")"), "star": ("f(*", ")"), "index": ("x[", "]"),
    "slice": ("x[", ":]"), "sum": ("1+", ""), "power": ("2**", ""), "minus": ("-", ""), "not": ("not ", ""),
    "or": ("x or (", ")"), "lambda": ("lambda: ", ""), "default": ("lambda x=", ": 1"), "choice": ("a if b else ", ""),
    "await": ("await f(", ")"), "yield": ("(yield ", ")"), "list": ("[", "]"), "dict": ("{1: ", "}"), "set": ("{", "}"),
    "tuple": ("(", ",)"), "items": ("[y for y in ", "]"), "walrus": ("(y := ", ")"), "less": ("x < (", ")"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "behind"), NESTING.values(), ids=NESTING)
def test_what_is_nested_too_deeply_is_looked_at(before: str, behind: str) -> None:
    """However an expression is nested, its text shows that it may be."""
    ast.parse(f"async def f(x):\n    {before * 20}x{behind * 20}")
    first, second = (
        _levels(ast.parse(f"async def f(x):\n    {before * n}x{behind * n}")) for n in (20, 40)
    )
    times = DEEPEST * 20 // (second - first) + 1
    assert _may_be_deep(before * times + "x" + behind * times)


def _levels(tree: ast.AST) -> int:
    return 1 + max(map(_levels, ast.iter_child_nodes(tree)), default=0)
