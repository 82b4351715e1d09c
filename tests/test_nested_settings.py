"""A repository of several projects: what is said of a file does not depend on what else is checked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click_runner import invoke
from leaking import LEAKING

from lint_rules.runner import check_paths

CACHED = "one/pkg/cached.py"


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (CACHED, "two/cached.py"):
        put(name, LEAKING)
    put("three.py", "x = 1\n")
    put("one/pyproject.toml", '[tool.cache-leak]\nshared-fields = ["end_user_*"]\n')
    put("two/pyproject.toml", '[project]\nname = "two"\n')


def put(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def reported(*paths: str) -> set[str]:
    done = invoke("--check", "--no-cache", "--output-format", "json", *paths)
    return {finding["path"] for finding in json.loads(done.stdout)["findings"]}


@pytest.mark.parametrize(
    "paths",
    [("one",), (CACHED,), (CACHED, "three.py"), (CACHED, "two/cached.py"), ("one", "two"), (".",)],
)
def test_the_settings_nearest_to_a_file_count(paths: tuple[str, ...]) -> None:
    whole = any(path in (".", "two", "two/cached.py") for path in paths)
    assert reported(*paths) == ({"two/cached.py"} if whole else set())
    assert {f.path for f in check_paths(paths).findings} == reported(*paths)


def test_so_do_the_ignores(tmp_path: Path) -> None:
    put("one/pyproject.toml", "")
    assert reported(".") == {CACHED, "two/cached.py"}
    put("one/.flake8", "[flake8]\nper-file-ignores = pkg/cached.py: CCL1\n")
    assert reported(".") == reported(CACHED, "two/cached.py") == {"two/cached.py"}
    put("one/.flake8", "[flake8]\nextend-ignore = CCL1\n")
    assert reported(".") == {"two/cached.py"}
    assert reported("one") == set()


def test_a_file_is_repaired_by_its_own_settings() -> None:
    invoke("--no-cache", ".")
    assert Path(CACHED).read_text() == LEAKING
    assert Path("two/cached.py").read_text() != LEAKING


def test_what_is_told_of_settings_says_for_which_files() -> None:
    alone = invoke("--check", "-v", "--no-cache", "two").stderr
    assert "shared-fields = (none)  [default]" in alone
    both = invoke("--check", "-v", "--no-cache", ".").stderr.splitlines()
    at = both.index(f"{Path.cwd() / 'one' / 'pkg'}:")
    told = next(line for line in both[at:] if line.startswith("shared-fields"))
    assert told == "shared-fields = end_user_*  [one/pyproject.toml]"


def test_one_file_given_by_name_counts_for_all() -> None:
    put("all.toml", '[tool.cache-leak]\nshared-fields = ["end_user_*"]\n')
    done = invoke("--check", "--no-cache", "--config", "all.toml", ".")
    assert done.exit_code == 0
    assert invoke("--check", "--no-cache", "--isolated", ".").exit_code == 1


def test_the_plugin_reads_them_in_the_same_way() -> None:
    for paths in ((CACHED, "two/cached.py"), (CACHED,)):
        command = [sys.executable, "-m", "flake8", "--select", "CCL", "-j1", *paths]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert CACHED not in done.stdout
        assert ("two/cached.py" in done.stdout) is (len(paths) > 1)


def test_settings_that_cannot_be_used_leave_out_what_is_below_them() -> None:
    put("one/pyproject.toml", "[tool.cache-leak]\nshared-field = []\n")
    put("one/pkg/other.py", LEAKING)
    done = invoke("--check", "--no-cache", "--output-format", "concise", ".")
    assert done.exit_code == 2
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["two/cached.py"]
    told = [line for line in done.stderr.splitlines() if "error:" in line]
    assert len(told) == 1
    assert told[0].startswith("one/pkg/cached.py: error: this file and 1 more not checked: ")
    assert "one/pyproject.toml: [tool.cache-leak]: unknown option 'shared-field'" in told[0]
    alone = invoke("--check", "--no-cache", "one")
    assert alone.exit_code == 2
    assert alone.stderr.count("unknown option 'shared-field'") == 1
    assert "not checked" not in alone.stderr
