"""No pattern and no expression of ours takes more than its share of time, whatever the text is.

Every compiled expression of the package is found by importing every module, so that a new one is
tested without a word; those that are made while the program runs are reached by the texts below.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import lint_rules
from lint_rules.discovery import discover
from lint_rules.engine import Engine
from lint_rules.findings import FileReport
from lint_rules.fixes import arguments
from lint_rules.naming import matches_any
from lint_rules.output.plain import printable
from lint_rules.settings import BY_NAME, Settings, SettingsError, checked_values, split_list

BOUNDED = {
    "lint_rules.folders._TEST[0]": "is given the name of a file",
    "lint_rules.project.moduletext._DEFINITION[0]": "is only looked for at one place",
    "lint_rules.project.scan._GOES_ON[0]": "is only looked for where a line begins that holds something",
    "lint_rules.project.calls._PREFIX[0]": "is given 200 characters",
}
"""Expressions that take more, and why that does not matter."""


def _expressions() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    for info in pkgutil.walk_packages(lint_rules.__path__, "lint_rules."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            group = value if isinstance(value, tuple | list) else (value,)
            for index, item in enumerate(group):
                if isinstance(item, re.Pattern):
                    yield f"{info.name}.{name}[{index}]", item


EXPRESSIONS = dict(_expressions())

ATOMS = [
    " ", "\n", "a", "_", ".", "a.", ",", "(", ")", "[", "]", "'", '"', '"""', "'''", "\\", "#", "=",
    ":", "*", "\t", "\r", "\r\n", "A1_", "{", "}", "\\\n", " =", "@", "-> ", "\f", "def ", "class ",
    "import ", "from ", "import (", "from a import ", "from a import (", "async ", "type ", "cache",
    "Cache(", "cache[", "set_", "get_cache", "copy(", "a: ", "a = ", "a, ", "del ", "return ",
    "replace(", "frozen", "coding", "# cache-leak: ", "NotRequired[", "a[", "a(", "''", "'a', ",
    "#\n", "(\n", "a\n", " a", "\n ", "\n a", "\n    ", "é", "self.", "self.a", "def a(", ".a =",
    "a.b(", "ache", "ache_", "ache]", "[a", "= ", "not ", "x.pop(", "\\'", '\\"',
]  # fmt: skip
"""What our expressions speak of: a text of many of one of them, or of a pair, is their worst case."""


def _shapes() -> Iterator[Callable[[int], str]]:
    """Texts of any length: one atom again and again, with another end, after another beginning."""
    for atom in ATOMS:
        yield lambda size, atom=atom: atom * (size // len(atom))  # type: ignore[misc]
        yield lambda size, atom=atom: atom + " " * size  # type: ignore[misc]
        yield lambda size, atom=atom: atom + "a" * size  # type: ignore[misc]
        yield lambda size, atom=atom: " " * size + atom  # type: ignore[misc]
        yield lambda size, atom=atom: "a" * size + atom  # type: ignore[misc]
    for one, two in itertools.product(ATOMS[:14], ATOMS):
        pair = one + two
        yield lambda size, pair=pair: pair * (size // len(pair))  # type: ignore[misc]


def _seconds(expression: re.Pattern[str] | re.Pattern[bytes], text: str) -> float:
    given = text.encode() if isinstance(expression.pattern, bytes) else text
    start = time.thread_time()
    for _ in expression.finditer(given):  # type: ignore[arg-type]
        pass
    expression.fullmatch(given)  # type: ignore[arg-type]
    return time.thread_time() - start


def _is_slow(expression: re.Pattern[str] | re.Pattern[bytes], shape: Callable[[int], str]) -> bool:
    """Four times the text may take no more than about four times the time."""
    if _seconds(expression, shape(26)) > 0.05:
        return True  # some power of two
    size, before = 500, _seconds(expression, shape(500))
    while size < 8_000:
        size *= 4
        now = _seconds(expression, shape(size))
        if now > 0.002 and now > 8 * before:
            # A pause of the machine looks like this too: only what grows on is slow.
            large, larger = (_seconds(expression, shape(size * n)) for n in (2, 8))
            return larger > 8 * large and larger > 0.01
        before = now
    return False


def test_there_are_expressions() -> None:
    assert len(EXPRESSIONS) > 30


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expressions_are_linear(name: str) -> None:
    slow = [shape(60) for shape in _shapes() if _is_slow(EXPRESSIONS[name], shape)]
    assert not slow or name in BOUNDED


def test_the_measure_sees_what_is_not_linear() -> None:
    for bad in (r"\s*=", r"(?:a|a)*b", r"(a+)+$", r"\([^)]*\)"):
        assert any(_is_slow(re.compile(bad), shape) for shape in _shapes()), bad


# ---------------------------------------------------------------------------- patterns of users


def _within(seconds: float, work: Callable[[], object]) -> object:
    start = time.thread_time()
    result = work()
    assert time.thread_time() - start < seconds
    return result


@pytest.mark.parametrize(
    "pattern", ["*a" * 60 + "b", "*" * 5000 + "b", "?*" * 200 + "b", "[ab]*" * 99]
)
def test_patterns_of_the_settings(pattern: str) -> None:
    for name in ("a" * 5000, "ab" * 2000, "_" * 5000):
        _within(1, lambda name=name: matches_any(name, (pattern,)))  # type: ignore[misc]


@pytest.mark.parametrize("pattern", ["*a" * 11 + "b", "a*" * 30 + "b", "?*" * 30 + "b", "*", "*?*"])
def test_patterns_of_the_settings_in_a_check(tmp_path: Path, pattern: str) -> None:
    name = "a" * 60
    text = f"def update_auth(auth, row):\n    auth.{name} = row.get('{name}')\n    setattr(auth, row, 1)\n"
    engine = Engine(Settings(per_request_fields=(pattern,)))
    report = _within(5, lambda: engine.check(tmp_path / "a.py", text, display="a.py"))
    assert isinstance(report, FileReport)
    assert not report.errors


@pytest.mark.parametrize(
    "written", ["[" * 9000, "[a" * 9000, "a" * 90_000 + "!", "*?" * 9000 + ".", "[a]" * 9000 + "("]
)
def test_checking_a_pattern(written: str) -> None:
    def check() -> None:
        with contextlib.suppress(SettingsError):
            checked_values(BY_NAME["per-request-fields"], [written], "test")

    _within(1, check)
    _within(1, lambda: split_list(written * 3))
    _within(1, lambda: printable(written))


GITIGNORES = ["*a" * 40 + "b", "**/a" * 40 + "/b", "a*" * 100 + "b", "?*" * 40 + "b", "*" * 3000 + "b",
              "[a]*" * 40 + "b", "**/*a*a*a*a*a*a/**/b"]  # fmt: skip


@pytest.mark.parametrize("pattern", GITIGNORES)
def test_a_gitignore_cannot_hold_up_the_search(tmp_path: Path, pattern: str) -> None:
    (tmp_path / ".gitignore").write_text(f"{pattern}\nsecret*.py\n")
    deep = tmp_path.joinpath(*["a"] * 60)
    deep.mkdir(parents=True)
    names = ["a" * 240 + ".py", "secret_key.py", "a.py"]
    for name in names:
        (tmp_path / name).touch()
        (deep / name).touch()
    found = _within(5, lambda: discover([tmp_path]).targets)
    assert isinstance(found, list)
    # What cannot be told in time is searched; what git ignores otherwise is not.
    assert len(found) == 4
    assert not any("secret" in target.display for target in found)


def test_ordinary_patterns_of_a_gitignore_still_count(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*_generated_*_by_*.py\n**/build_*/**/out_*.py\n")
    for name in ("a_generated_b_by_c.py", "p/q/build_1/r/s/out_x.py", "p/kept.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert [target.path.name for target in discover([tmp_path]).targets] == ["kept.py"]


# ---------------------------------------------------------------------------- texts, in the engine


def test_comments_in_a_list_of_names() -> None:
    text = '("a",' + " # 'b' " * 40 + "\n x)"
    assert _within(1, lambda: arguments._closing(text, 0)) is None
    text = '("a", # b\n "c",\n)'
    assert arguments._closing(text, 0) == len(text)


# One function of many thousand lines, and thousands of decorators of one function, take more: there
# the limits on evaluations and on time are what ends it.
SOURCES = {
    "literals on one line": lambda n: "x = [" + "1, " * (n // 3) + "]\n",
    "a dict on one line": lambda n: "x = {" + "'cache': cache[0], " * (n // 19) + "}\n",
    "a string": lambda n: "x = '" + "cache[" * (n // 6) + "'\n",
    "a long name": lambda n: "x = " + "ache" * (n // 4) + "\n",
    "comments": lambda n: "# cache.set( copy(\n" * (n // 19),
    "functions": lambda n: "def f(cache):\n    return cache\n\n" * (n // 34),
    "strings in functions": lambda n: "def f():\n    '''a\n    b'''\n\n" * (n // 28),
    "imports": lambda n: "from a import (b,\n c)\n" * (n // 22),
    "blank lines": lambda n: "def f(cache):\n" + "    \n" * (n // 5) + "    return cache\n",
    "continued lines": lambda n: "x = 1 \\\n" + "  + 1 \\\n" * (n // 8 % 900) + "\n",
    "classes in classes": lambda n: "".join(
        f"{'    ' * (i % 20)}class C{i}:\n{'    ' * (i % 20 + 1)}a: int = 0\n" for i in range(n // 60)
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_a_text_takes_time_in_proportion(tmp_path: Path, name: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    make = SOURCES[name]

    def seconds(size: int) -> float:
        path = tmp_path / "a.py"
        text = make(size)
        path.write_text(text)
        start = time.thread_time()
        report = Engine(Settings()).check(path, text, display="a.py")
        assert not report.errors
        return time.thread_time() - start

    seconds(1000)  # what is imported
    small, large = seconds(50_000), seconds(200_000)
    assert large < 8 * small + 0.2, (small, large)
