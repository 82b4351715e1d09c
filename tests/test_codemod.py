"""The LibCST codemod, alone and through ``libcst.tool``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest
from fake_engine import FakeEngine
from libcst.codemod import CodemodContext

from lint_rules import codemod
from lint_rules.codemod import FixCacheLeak

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(codemod, "Engine", FakeEngine)
    monkeypatch.chdir(tmp_path)
    codemod._engine.cache_clear()
    codemod._settings.cache_clear()
    yield
    codemod._engine.cache_clear()
    codemod._settings.cache_clear()


@pytest.mark.parametrize("filename", [None, "pkg/a.py"])
def test_it_repairs_and_warns(filename: str | None) -> None:
    context = CodemodContext(filename=filename)
    new = FixCacheLeak(context).transform_module(cst.parse_module("LEAK\r\nif x :\r\n\tSTUCK"))
    assert new.code == "DONE\r\nif x :\r\n\tSTUCK"
    (warning,) = context.warnings
    assert warning.startswith(f"{filename or '<string>'}:3:2: CCL202 ")
    assert "Not fixed: the value is not the field's own" in warning


def test_other_code_is_the_same_tree() -> None:
    tree = cst.parse_module("x = 1  # noqa\nLEAK  # noqa\n")
    context = CodemodContext()
    assert FixCacheLeak(context).transform_module(tree).deep_equals(tree)
    assert context.warnings == []


def test_what_goes_wrong_is_a_warning() -> None:
    context = CodemodContext()
    FixCacheLeak(context).transform_module(cst.parse_module("GATE; LEAK\n"))
    assert context.warnings[0] == "<string>: gate 'comments' refused the repair"


def test_libcst_tool_finds_it(tmp_path: Path) -> None:
    Path("a.py").write_bytes(b"x = 1\r\n")
    done = subprocess.run(
        [
            sys.executable, "-m", "libcst.tool", "codemod",
            "-x", "lint_rules.codemod.FixCacheLeak", "--no-format", "-j", "1", "a.py",
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert Path("a.py").read_bytes() == b"x = 1\r\n"
