"""A repair can prove a field for another file: one run repairs what it leads to, and a second changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from lint_rules import rounds
from lint_rules.discovery import Target, discover
from lint_rules.findings import Diagnostic, FileReport
from lint_rules.runner import Report, run, write_changes
from lint_rules.worker import Outcome, Task

MODELS = """import copy
from dataclasses import dataclass


@dataclass
class Auth:
    token: str
    end_user_id: str | None = None
    asked_by: str | None = None


def strip_for_cache(auth: Auth) -> Auth:
    made = copy.copy(auth)
    made.end_user_id = None
    return made
"""
INNER = """from dataclasses import dataclass


@dataclass
class Auth:
    token: str
    end_user_id: str | None = None
    asked_by: str | None = None  # cache-leak: per-request
"""
SERVICE = """import copy

import models


def copy_for_cache(auth: models.Auth) -> models.Auth:
    made = copy.copy(auth)
    made.end_user_id = None
    return made
"""
#: To the outer project ``models`` is its own; to the inner one, where the comment stands, its own.
NESTED = {"models.py": MODELS, "g0/models.py": INNER, "g0/service.py": SERVICE}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in NESTED.items():
        path = tmp_path / "x" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "x"


def repaired(*, jobs: int = 1, write: bool = True, cache: Path | None = None) -> Report:
    found = discover(["x"])
    task = Task(repair=True, cache=cache is not None, cache_dir=cache)
    report = run(found, task, jobs=jobs)
    assert not report.errors
    return write_changes(found, report, task) if write else report


def changed(report: Report) -> dict[str, int]:
    return {change.target.display: len(change.fixed) for change in report.changes}


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("kept", [False, True])
def test_a_second_run_changes_nothing(tree: Path, jobs: int, kept: bool) -> None:
    cache = tree.parent / "cache" if kept else None
    first = repaired(jobs=jobs, cache=cache)
    assert changed(first) == {"x/g0/service.py": 1, "x/models.py": 1}
    assert not first.findings
    assert "made.asked_by = None" in (tree / "models.py").read_text()
    second = repaired(jobs=jobs, cache=cache)
    assert not second.changes
    assert not second.findings


def test_nothing_is_written_meanwhile(tree: Path) -> None:
    report = repaired(write=False)
    assert changed(report) == {"x/g0/service.py": 1, "x/models.py": 1}
    assert {name: (tree / name).read_text() for name in NESTED} == NESTED
    for change in report.changes:
        assert change.before == change.target.path.read_bytes()


def test_a_file_that_is_changed_meanwhile_is_left_alone(tree: Path) -> None:
    report = repaired(write=False)
    (tree / "models.py").write_text(f"# mine\n{MODELS}")
    task = Task(repair=True, cache=False)
    written = write_changes(discover(["x"]), report, task)
    assert [error.path for error in written.errors] == ["x/models.py"]
    assert (tree / "models.py").read_text() == f"# mine\n{MODELS}"


def test_only_the_projects_of_what_was_rewritten_are_looked_at_again(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("y", "z"):
        (tree.parent / name).mkdir()
        (tree.parent / name / "a.py").write_text("x = 1\n")
    asked: list[list[str]] = []
    real = rounds._seeing

    def seeing(*given: object) -> list[int]:
        places = real(*given)  # type: ignore[arg-type]
        asked.append([found.targets[place].display for place in places])
        return places

    monkeypatch.setattr(rounds, "_seeing", seeing)
    found = discover(["x", "y", "z"])
    run(found, Task(repair=True, cache=False))
    both = ["x/g0/models.py", "x/g0/service.py", "x/models.py"]
    # To the inner project the outer one's file is nothing.
    assert asked == [both, ["x/models.py"], []]


def test_a_file_that_goes_wrong_in_a_later_round_keeps_what_was_repaired(tree: Path) -> None:
    (first,) = repaired(write=False).changes[:1]
    before = Outcome(FileReport("a.py"), first)
    wrong = Outcome(FileReport("a.py", errors=(Diagnostic("a.py", "too long"),)))
    assert rounds._after(before, wrong) is before
    assert rounds._after(before, Outcome(FileReport("a.py"))).change is first
    again = replace(first, before=first.after, after=b"x = 1\n")
    both = rounds._after(before, Outcome(FileReport("a.py"), again)).change
    assert both is not None
    assert (both.before, both.after, len(both.fixed)) == (first.before, b"x = 1\n", 2)


def test_rounds_that_never_end_are_ended(tree: Path) -> None:
    change = repaired(write=False).changes[0]
    outcome = Outcome(FileReport(change.target.display), change)
    asked: list[int] = []

    def always(some: Sequence[Target], task: Task) -> list[Outcome]:
        asked.append(len(task.texts))
        return [outcome for _ in some]

    rounds.settled([change.target], [outcome], Task(repair=True), always)
    assert asked == [1] * rounds.ROUNDS
