"""Whatever a file looks like: no crash, no rewrite without a finding, nothing changed but the leak."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from leaking_modules import NEWER, Leaking, generate

from lint_rules.discovery import discover
from lint_rules.runner import Report, run, write_changes
from lint_rules.worker import Task

ROOT = Path(__file__).parents[1]
FIELDS = ("end_user_id", "end_user_budget")
QUICK = settings(
    max_examples=int(os.environ.get("CACHE_LEAK_EXAMPLES", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
EXAMPLES = range(int(os.environ.get("CACHE_LEAK_EXAMPLES", "120")))


def repair(path: Path) -> Report:
    found = discover([path])
    task = Task(repair=True)
    return write_changes(found, run(found, task), task)


def put(folder: Path, raw: bytes) -> Path:
    (folder / "pyproject.toml").touch()
    path = folder / "module.py"
    path.write_bytes(raw)
    return path


# ---------------------------------------------------------------------------- leaking modules


@pytest.mark.parametrize("seed", EXAMPLES)
def test_a_repair_changes_the_leak_and_nothing_else(tmp_path: Path, seed: int) -> None:
    module = generate(seed)
    compile(module.content, "before", "exec")
    path = put(tmp_path, module.content)
    leaking = leaks_of(module.content)
    assert leaking, "the module was to leak"

    report = repair(path)
    after = path.read_bytes()
    assert report.errors == ()
    assert report.findings == ()
    assert module.kept_in(after)
    assert leaks_of(after) == []
    assert newlines(after) <= newlines(module.content)

    again = repair(path)
    assert (again.findings, again.errors, again.changes) == ((), (), ())
    assert path.read_bytes() == after


def test_the_generator_makes_every_layout() -> None:
    made = [generate(seed) for seed in range(120)]
    contents = [module.content for module in made]
    assert {module.encoding for module in made} == {"utf-8", "latin-1", "cp1252", "utf-8-sig"}
    assert {frozenset(newlines(content)) for content in contents} >= {
        frozenset({b"\n"}), frozenset({b"\r\n"}), frozenset({b"\r"}), frozenset({b"\n", b"\r\n"}),
        frozenset({b"\n", b"\r\n", b"\r"}),
    }  # fmt: skip
    for wanted in (b"\n\t", b"\f", b"\xef\xbb\xbf", b"\\\n", b"coding: cp1252", "Ä".encode()):
        assert any(wanted in content for content in contents)
    assert any(not content.endswith((b"\n", b"\r")) for content in contents)


def newlines(raw: bytes) -> set[bytes]:
    return set(re.findall(rb"\r\n|\r|\n", raw))


def leaks_of(raw: bytes) -> list[str]:
    """Execute the module and play two users; what the second one sees of the first."""
    module = types.ModuleType("generated")
    sys.modules["generated"] = module
    try:
        exec(compile(raw, "generated", "exec"), module.__dict__)
    finally:
        del sys.modules["generated"]
    found = []
    for name, function in functions(module):
        alice = module.Auth("key", "r1", "alice", 2.0)
        if name.endswith("_for_cache"):
            seen = function(alice)
            if (alice.end_user_id, alice.end_user_budget) != ("alice", 2.0):
                found.append(f"{name}: the first user's own object")
        else:
            function(alice, {})
            seen = alice
        found += [f"{name}: {field}" for field in FIELDS if getattr(seen, field) is not None]
    return found


def functions(module: types.ModuleType) -> list[tuple[str, Any]]:
    found = [(name, value) for name, value in vars(module).items() if callable(value)]
    for name, value in list(found):
        if name.startswith("Store"):
            store = value()
            found += [(inner, getattr(store, inner)) for inner in dir(store)]
    return [(n, f) for n, f in found if n.endswith("_for_cache") or n.startswith("update_")]


# ---------------------------------------------------------------------------- files that do not leak

PLAIN = b"x = 1\n"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("x = 'é'\n".encode("utf-16"), "line 1: byte 0xf"),
        ("x = 1\n".encode("utf-16-le"), "does not parse"),
        ("x = 1\n".encode("utf-32"), "line 1: byte 0xf"),
        (b"# coding: utf-16\nx = 1\n", "not utf-16; save it as UTF-8"),
        (b"# coding: utf-8\n\xe9 = 1\n", "line 2: byte 0xe9 is not utf-8"),
        (b"# coding: latin-1\n\xe9 = 1\n", None),
        (b"# coding: utf-7\nx = '+AGE-'\n", "cannot be kept as it is"),
        (b"# coding: iso2022_jp\nx = '\x1b$B$\"\x1b(B'\n", None),
        (b"# coding: hex\nx = 1\n", "cannot be used"),
        (b"# coding: undefined\nx = 1\n", "cannot be used"),
        (b"# coding: no-such\nx = 1\n", "unknown encoding"),
        (b"\xef\xbb\xbf# coding: latin-1\nx = 1\n", "encoding problem"),
        (b"x = 1\x00\n", "does not parse"),
        (b"x = (\n", "does not parse"),
        (b"\xef\xbb\xbf", None),
        (b"\x0c\n\x0c", None),
        (b"\r\r\n\n\r", None),
        (b"", None),
    ],
)
def test_odd_files_stay_as_they_are(tmp_path: Path, raw: bytes, said: str | None) -> None:
    path = put(tmp_path, raw)
    before = path.stat()
    report = repair(path)
    assert path.read_bytes() == raw
    assert path.stat().st_ino == before.st_ino
    if said is None:
        assert report.errors == ()
    else:
        (error,) = report.errors
        assert said in error.message


@pytest.mark.parametrize("since", [lines for _, lines in NEWER])
def test_syntax_newer_than_the_running_python(tmp_path: Path, since: tuple[str, ...]) -> None:
    """A file that this Python cannot read is one error; the others of the run are done."""
    text = "\n".join(line.format(i="    ", n=1, uni="é", name="f", tail="") for line in since)
    leaking = generate(3).content
    (tmp_path / "new.py").write_text(f"x1 = 1\n{text}\n", encoding="utf-8")
    path = put(tmp_path, leaking)
    found = discover([tmp_path])
    task = Task(repair=True)
    report = write_changes(found, run(found, task), task)
    assert path.read_bytes() != leaking
    assert {error.path for error in report.errors} <= {f"{tmp_path}/new.py"}


# ---------------------------------------------------------------------------- programs at random


def check_and_repair(folder: Path, raw: bytes) -> None:
    """The file is told about or not, but never changed without a finding, and nothing crashes."""
    path = put(folder, raw)
    report = repair(path)
    for error in report.errors:
        assert "please report" not in error.message, error.message
    if not report.changes:
        assert path.read_bytes() == raw
    else:
        assert all(change.fixed for change in report.changes)
        ast.parse(path.read_bytes())


@given(st.text(st.sampled_from("\n\r\t\f #'\"\\():=.,abdefcopy{}[]@é漢")))
@QUICK
def test_any_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    check_and_repair(tmp_path_factory.mktemp("any"), text.encode())


@given(st.binary(), st.sampled_from([b"", b"\xef\xbb\xbf", b"# coding: latin-1\n"]))
@QUICK
def test_any_bytes(tmp_path_factory: pytest.TempPathFactory, raw: bytes, head: bytes) -> None:
    check_and_repair(tmp_path_factory.mktemp("any"), head + raw)


@given(st.integers(0, 10**9), st.data())
@QUICK
def test_a_damaged_module(
    tmp_path_factory: pytest.TempPathFactory, seed: int, data: st.DataObject
) -> None:
    """A leaking module with a piece cut out, doubled or moved."""
    raw = generate(seed).content
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    to = data.draw(st.integers(0, len(raw)))
    cut = raw[:start] + raw[end:]
    damaged = data.draw(st.sampled_from([cut, cut[:to] + raw[start:end] + cut[to:], raw[:end]]))
    check_and_repair(tmp_path_factory.mktemp("any"), damaged)


def test_warnings_about_the_code_are_not_ours(tmp_path: Path) -> None:
    """Python warns of ``"\\d"`` when it reads such code; a run with ``-W error`` is no other run."""
    module: Leaking = generate(5)
    raw = module.content + b"\nx = '\\d' is 1\n"
    said = []
    for options in ([], ["-W", "error"], ["-W", "always"]):
        path = put(tmp_path, raw)
        done = subprocess.run(
            [sys.executable, *options, "-m", "lint_rules", "--check", path.name], cwd=tmp_path,
            capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.stderr == ""
        assert done.returncode == 1
        said.append(done.stdout)
    assert len(set(said)) == 1


def test_a_program_may_call_a_function_what_ours_is_called(tmp_path: Path) -> None:
    """The names of our own attributes are no builtins."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "auth.py").write_text(
        "import dataclasses\n\n\n@dataclasses.dataclass\nclass Auth:\n    end_user_id: str = ''\n\n\n"
        "def copy_for_cache(auth: Auth):\n    ctx(1)\n    ev(auth)\n    calls()\n"
        "    return dataclasses.replace(auth)\n"
    )
    report = run(discover([tmp_path]), Task())
    assert not report.errors
    assert [finding.code for finding in report.findings] == ["CCL101"]
