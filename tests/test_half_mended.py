"""What is mended in part: what the reports, the diff and the baseline say of it, and from where its paths are told."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click_runner import invoke

HALF = """import copy
from dataclasses import KW_ONLY, dataclass


@dataclass
class Auth:
    token: str = ""
    end_user_budget: float | None = None
    _: KW_ONLY
    end_user_needed: int


def first_for_cache(auth: Auth) -> Auth:
    copied = copy.copy(auth)
    return copied


def second_for_cache(auth: Auth) -> Auth:
    copied = copy.copy(auth)
    return copied
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put("src/pkg/auth.py", HALF)


def put(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def test_only_what_was_reset_is_said_to_be_fixed() -> None:
    done = invoke("--no-cache", "--isolated", "src")
    assert "fixed 2 findings, 2 of them in part" in done.stdout
    assert (
        "14:14 CCL101 in first_for_cache: end_user_budget (in part: the rest is reported)"
        in done.stdout
    )
    assert "2 findings; 1 file checked" in done.stdout
    put("src/pkg/auth.py", HALF.replace("    end_user_needed: int\n", ""))
    done = invoke("--no-cache", "--isolated", "src")
    assert "in part" not in done.stdout
    assert "2 fixed, 0 remaining; 1 file checked" in done.stdout


def test_the_diff_tells_places_in_the_file_that_is_there() -> None:
    done = invoke("--diff", "--no-cache", "--isolated", "src")
    places = [line.split(":")[1] for line in done.stderr.splitlines() if "not fixed" in line]
    lines = HALF.splitlines()
    assert [lines[int(place) - 1] for place in places] == ["    copied = copy.copy(auth)"] * 2
    assert places[0] != places[1]
    assert "CCL101 in second_for_cache not fixed: end_user_needed" in done.stderr


def test_a_diff_of_files_elsewhere_says_where_it_is_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("other/x.py", "x = 1\n")
    monkeypatch.chdir("other")
    done = invoke("--diff", "--no-cache", "--isolated", "../src")
    assert f"paths in the diff are told from {tmp_path}: apply it there" in done.stderr
    patch = tmp_path / "a.patch"
    patch.write_bytes(done.stdout_bytes)
    subprocess.run(["git", "apply", str(patch)], cwd=tmp_path, check=True)
    assert (tmp_path / "src/pkg/auth.py").read_text().count("end_user_budget = None") == 2
    monkeypatch.chdir(tmp_path)
    assert "told from" not in invoke("--diff", "--no-cache", "--isolated", "src").stderr


def test_annotations_have_their_paths_from_the_root_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def files() -> set[str]:
        done = invoke("--check", "--no-cache", "--isolated", "--output-format", "github", "pkg")
        return {line.split("file=")[1].split(",")[0] for line in done.stdout.splitlines()}

    monkeypatch.chdir("src")
    Path("pkg/broken.py").write_bytes(b"\xff")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    assert files() == {"pkg/auth.py", "pkg/broken.py"}
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert files() == {"src/pkg/auth.py", "src/pkg/broken.py"}
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "elsewhere"))
    assert files() == {"pkg/auth.py", "pkg/broken.py"}


def test_what_is_left_of_an_accepted_finding_is_accepted() -> None:
    def new() -> list[tuple[str, int]]:
        done = invoke("--check", "--no-cache", "--isolated", "--baseline", "b.json",
                      "--output-format", "json", "src")  # fmt: skip
        found = json.loads(done.stdout)["findings"]
        return [(f["function"], len(f["fields"])) for f in found if not f.get("baselined")]

    invoke("--check", "--no-cache", "--isolated", "--write-baseline", "b.json", "src")
    assert new() == []
    reset = "copy.copy(auth)\n    copied.end_user_budget = None\n"
    put("src/pkg/auth.py", HALF.replace("copy.copy(auth)\n", reset, 1))
    assert new() == []
    # One entry accepts one finding, and none accepts a field that it does not name.
    once = "    copied = copy.copy(auth)\n    copied.end_user_budget = None\n    return copied\n"
    twice = "    if auth.token:\n" + "".join(f"    {line}\n" for line in once.splitlines()) + once
    put(
        "src/pkg/auth.py",
        HALF.replace("    copied = copy.copy(auth)\n    return copied\n", twice, 1),
    )
    assert new() == [("first_for_cache", 1)]
    more = HALF.replace("    _: KW_ONLY", "    end_user_more: int | None = None\n    _: KW_ONLY")
    put("src/pkg/auth.py", more)
    assert new() == [("first_for_cache", 3), ("second_for_cache", 3)]


def test_accepted_findings_take_one_line_and_are_not_repaired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    invoke("--check", "--no-cache", "--isolated", "--write-baseline", "b.json", "src")
    done = invoke("--no-cache", "--isolated", "--baseline", "b.json", "src")
    assert Path("src/pkg/auth.py").read_text() == HALF
    told = [line for line in done.stdout.splitlines() if line]
    assert len(told) == 3 and all("(baselined)" in line for line in told[:2])
    monkeypatch.chdir("src")
    done = invoke("--check", "--no-cache", "--isolated", "--baseline", "../b.json", "pkg")
    assert (
        "none of the files in ../b.json is found from here: run where it was written" in done.stderr
    )


@pytest.mark.parametrize("option", ["--output-file", "--write-baseline"])
def test_no_report_is_written_over_a_file_that_is_checked(option: str) -> None:
    done = invoke("--check", "--no-cache", "--isolated", option, "src/pkg/auth.py", "src")
    assert done.exit_code == 2
    assert "src/pkg/auth.py is one of the files to be checked" in done.stderr
    assert Path("src/pkg/auth.py").read_text() == HALF
    assert invoke("--check", "--no-cache", "--isolated", option, "report.py", "src").exit_code < 2


def test_a_diff_has_one_format() -> None:
    done = invoke("--diff", "--output-format", "json", "src")
    assert done.exit_code == 2
    assert "--diff prints a diff; leave out --output-format" in done.stderr
