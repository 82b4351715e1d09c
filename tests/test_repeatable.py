"""The same tree gives the same bytes, however the run is made; and other systems' ways of doing it."""

from __future__ import annotations

import itertools
import json
import ntpath
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from leaking_modules import generate

from lint_rules import discovery
from lint_rules.discovery import common_directory, discover

ROOT = Path(__file__).parents[1]
COMMAND = "import sys; from lint_rules.cli import main; sys.exit(main())"
SPAWNED = "import multiprocessing as m, sys\nif __name__ == '__main__':\n    m.set_start_method({!r})\n    from lint_rules.cli import main\n    sys.exit(main())\n"


MODEL = """from dataclasses import dataclass


@dataclass
class Auth:
    key: str
    end_user_id: str | None = None
    end_user_limit: int | None = None
"""
COPIES = """from copy import copy

from modèle import Auth


def copy_for_cache(auth: Auth) -> Auth:
    made = copy(auth)
    made.end_user_id = None
    return made


def update_auth(auth: Auth, params: dict) -> None:
    if params.get("end_user_limit"):
        auth.end_user_limit = params["end_user_limit"]
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files that leak and files that are broken, in folders with names of several alphabets."""
    root = tmp_path_factory.mktemp("tree")
    for seed in range(8):
        folder = root / ["a", "B", "ä", "z/y"][seed % 4]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pyproject.toml").touch()
        (folder / f"m{seed}.py").write_bytes(generate(seed).content)
    (root / "ä" / "modèle.py").write_text(MODEL, encoding="utf-8")
    (root / "ä" / "copies.py").write_text(COPIES, encoding="utf-8")
    (root / "a" / "broken.py").write_bytes(b"\xff")
    (root / "a" / "syntax.py").write_bytes(b"def f(:\n  copied = cache.copy(\n")
    return root


def said(
    *arguments: str, cwd: Path, code: str = COMMAND, **environment: str
) -> tuple[int, bytes, bytes]:
    """What a run prints on both streams, its seconds left out."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("LC_", "LANG", "PYTHON", "COVERAGE"))
    }
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=cwd, capture_output=True, check=False,
        env={**kept, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **environment},
    )  # fmt: skip
    return done.returncode, re.sub(rb'"seconds": [\d.]+', b"", done.stdout), done.stderr


@pytest.fixture(scope="module")
def expected(tree: Path) -> dict[str, tuple[int, bytes, bytes]]:
    found = {form: said(*options(form), str(tree), cwd=tree.parent) for form in FORMS}
    assert found["json"][0] == 2
    assert found["json"][1].count(b'"model": "mod\\u00e8le.Auth"') >= 2
    assert len(json.loads(found["json"][1].replace(b",\n    \n", b"\n"))["findings"]) > 8
    return found


FORMS = ("text", "json", "sarif", "diff", "matrix")


def options(form: str) -> tuple[str, ...]:
    if form in ("diff", "matrix"):
        return (f"--{form}",)
    return ("--check", "--output-format", form)


@pytest.mark.parametrize("form", FORMS)
def test_hash_seed_and_processes(
    tree: Path, expected: dict[str, tuple[int, bytes, bytes]], form: str
) -> None:
    for seed, jobs in (("0", "1"), ("4242", "3")):
        got = said("--jobs", jobs, *options(form), str(tree), cwd=tree.parent, PYTHONHASHSEED=seed)
        assert got == expected[form], (seed, jobs)


@pytest.mark.parametrize("form", ["text", "json", "diff"])
@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"LC_ALL": "POSIX"},
        {"LC_ALL": "tr_TR.ISO-8859-9", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "", "LANG": "", "TERM": "dumb", "COLUMNS": "20", "TZ": "Asia/Tokyo"},
    ],
)
def test_locale_and_terminal(
    tree: Path,
    expected: dict[str, tuple[int, bytes, bytes]],
    form: str,
    environment: dict[str, str],
) -> None:
    got = said(*options(form), str(tree), cwd=tree.parent, **environment)
    assert got == expected[form]


def test_the_order_of_paths(tree: Path, expected: dict[str, tuple[int, bytes, bytes]]) -> None:
    folders = [str(tree / name) for name in ("a", "B", "ä", "z")]
    for order in itertools.islice(itertools.permutations(folders), 0, None, 7):
        assert said(*options("text"), *order, cwd=tree.parent) == expected["text"]
    files = [str(path) for path in sorted(tree.rglob("*.py"), reverse=True)]
    # A file that is named is promised to be looked at, a broken one too: the errors may say more, and
    # their number in the last line.
    named = said(*options("text"), *files, cwd=tree.parent)[1].splitlines()
    assert named[:-1] == expected["text"][1].splitlines()[:-1]


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_working_directory(
    tree: Path, expected: dict[str, tuple[int, bytes, bytes]], form: str, tmp_path: Path
) -> None:
    one = said(*options(form), str(tree), cwd=tree / "a")
    other = said(*options(form), str(tree), cwd=tmp_path)
    assert one == other == expected[form]


@pytest.mark.parametrize("kept", [("--no-cache",), ("--cache-dir", "CACHE")])
def test_what_is_kept_changes_nothing(
    tree: Path, expected: dict[str, tuple[int, bytes, bytes]], kept: tuple[str, ...], tmp_path: Path
) -> None:
    kept = tuple(str(tmp_path / "kept") if item == "CACHE" else item for item in kept)
    for _ in range(3):
        assert said(*kept, *options("json"), str(tree), cwd=tree.parent) == expected["json"]


def test_nothing_is_left_in_the_tree(tree: Path) -> None:
    before = sorted(tree.rglob("*"))
    said("--check", ".", cwd=tree)
    assert sorted(tree.rglob("*")) == before


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_as_on_other_systems(
    tree: Path, expected: dict[str, tuple[int, bytes, bytes]], tmp_path: Path, method: str
) -> None:
    """Windows and macOS start processes anew, without what the parent had loaded."""
    script = tmp_path / "start.py"
    script.write_text(SPAWNED.format(method))
    code = f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')"
    got = said("--jobs", "2", *options("json"), str(tree), cwd=tree.parent, code=code)
    assert got == expected["json"]


def test_repairs_are_the_same_too(tree: Path, tmp_path: Path) -> None:
    results = []
    for jobs, seed in (("1", "0"), ("2", "7")):
        copy = tmp_path / "copy"
        shutil.copytree(tree, copy)
        output = said("--jobs", jobs, ".", cwd=copy, PYTHONHASHSEED=seed)
        results.append((output, {p.name: p.read_bytes() for p in copy.rglob("*.py")}))
        shutil.rmtree(copy)
    assert results[0] == results[1]


# ---------------------------------------------------------------------------- other systems


def test_no_file_is_opened_in_the_encoding_of_the_locale(tree: Path) -> None:
    """Windows' own encoding is not UTF-8: every text file must be opened with one that is said."""
    code = (
        "import warnings; warnings.filterwarnings('error', category=EncodingWarning, module='lint_rules');"
        + COMMAND
    )
    (tree / "a" / "setup.cfg").write_text("[flake8]\ncache-leak-cache-objects = é*\n", "utf-8")
    try:
        returned, _, errors = said(
            "--check", "a", cwd=tree, code=code, PYTHONWARNDEFAULTENCODING="1"
        )
    finally:
        (tree / "a" / "setup.cfg").unlink()
    assert b"EncodingWarning" not in errors
    assert returned == 2


def test_paths_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two drives have no directory in common; then the search starts where the run does."""
    monkeypatch.setattr(discovery.os, "path", ntpath)
    assert common_directory([r"C:\a\b.py", r"D:\c\d.py"]) == Path.cwd()


def test_a_tree_of_a_system_that_ignores_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where two spellings are one file, it is taken once."""
    (tmp_path / "Auth.py").touch()
    real = os.path.realpath
    monkeypatch.setattr(
        os.path, "realpath", lambda path: real(str(path).replace("auth.py", "Auth.py"))
    )
    monkeypatch.setattr(os.path, "lexists", lambda path: True)
    found = discover([tmp_path, tmp_path / "auth.py", tmp_path / "Auth.py"]).targets
    assert len(found) == 1


def test_names_with_several_spellings_in_unicode(tmp_path: Path) -> None:
    """macOS takes both spellings of é for one; here they are two files, shown as they are."""
    for name in ("\u00e9.py", "e\u0301.py"):
        (tmp_path / name).touch()
    assert len(discover([tmp_path]).targets) == 2
