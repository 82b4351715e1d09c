"""``# noqa`` means here what it means to flake8."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lint_rules.suppress import Suppressions

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("comment", "hidden"),
    [
        ("# noqa", True),
        ("# NOQA", True),
        ("# noqa: CCL202", True),
        ("# noqa:CCL202,E501", True),
        ("# noqa: E501 CCL202", True),
        ("# noqa: CCL2", True),
        ("# noqa: CCL", True),  # malformed, hence a blanket one, as flake8 reads it
        ("# noqa: CCL101", False),
        ("# noqa: E501", False),
        ("# about noqa", False),
        ("", False),
    ],
)
def test_inline(comment: str, hidden: bool) -> None:
    assert Suppressions(f"x = 1\ny = 2  {comment}\n").hides("CCL202", 2) is hidden
    assert not Suppressions(f"x = 1\ny = 2  {comment}\n").hides("CCL202", 1)


def test_a_multi_line_string_is_one_place() -> None:
    found = Suppressions('x = """\na\nb\n"""  # noqa: CCL101\ny = 1\n')
    assert [found.hides("CCL101", line) for line in range(1, 6)] == [True] * 4 + [False]


def test_a_continuation_is_one_place() -> None:
    found = Suppressions("x = 1 + \\\n    2  # noqa\ny = 1\n")
    assert [found.hides("CCL101", line) for line in (1, 2, 3)] == [True, True, False]


def test_lines_in_brackets_are_apart() -> None:
    found = Suppressions("f(\n    a,  # noqa\n    b,\n)\n")
    assert [found.hides("CCL101", line) for line in (1, 2, 3, 4)] == [False, True, False, False]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_newlines(newline: str) -> None:
    found = Suppressions(newline.join(["a = 1", "b = 2  # noqa", "c = 3", ""]))
    assert [found.hides("CCL101", line) for line in (1, 2, 3)] == [False, True, False]


def test_form_feeds_end_no_line() -> None:
    assert Suppressions("a = 1\n\x0cb = 2  # noqa\n").hides("CCL101", 2)


def test_a_whole_file() -> None:
    found = Suppressions("x = 1\n# flake8: noqa\n")
    assert found.file_hidden
    assert found.hides("CCL101", 1)
    assert found.touches(range(1, 2))


def test_after_code_it_hides_no_file() -> None:
    assert not Suppressions("x = 1  # flake8: noqa\n").file_hidden


def test_text_that_does_not_tokenize_is_read_by_lines() -> None:
    found = Suppressions("x = (\n    y  # noqa\n")
    assert [found.hides("CCL101", line) for line in (1, 2, 3)] == [False, True, False]


@pytest.mark.parametrize(
    ("comment", "touched"),
    [
        ("# noqa", True), ("# noqa: CCL101", True), ("# noqa: C", True), ("# noqa: ccl2", True),
        ("# noqa: E501", False), ("# noqa: E501,CCL9", True), ("", False),
    ],
)  # fmt: skip
def test_touches(comment: str, touched: bool) -> None:
    found = Suppressions(f"a = 1\nb = 2  {comment}\nc = 3\n")
    assert found.touches(range(1, 4)) is touched
    assert not found.touches(range(3, 4))


@pytest.mark.parametrize("name", ["comments.py", "blanket.py", "strings.py"])
def test_flake8_itself_agrees(tmp_path: Path, name: str) -> None:
    texts = {
        "comments.py": "import os  # noqa: F401\nimport re  # noqa:E501\nimport abc # NoQA :F401\n",
        "blanket.py": "import os\n# flake8: noqa: F401\nimport re\n",
        "strings.py": 'import os; x = """\n\n"""  # noqa: F401\nimport re; y = (\n 1)  # noqa\n',
    }
    (tmp_path / name).write_text(texts[name], encoding="utf-8")
    command = [sys.executable, "-m", "flake8", "--isolated", "--select", "F401", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    reported = {int(line.split(":")[1]) for line in done.stdout.splitlines()}
    imports = {n for n, line in enumerate(texts[name].splitlines(), 1) if line.startswith("import")}
    found = Suppressions(texts[name])
    assert {line for line in imports if not found.hides("F401", line)} == reported


def test_flake8_is_imported_only_for_a_noqa() -> None:
    code = (
        "import sys; from lint_rules.suppress import Suppressions as S;"
        "s = S('x = 1'); s.hides('CCL101', 1), s.touches(range(9)), s.file_hidden;"
        "before = 'flake8' in sys.modules; S('x # noqa').hides('CCL101', 1);"
        "print(before, 'flake8' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == ["False", "True"]
