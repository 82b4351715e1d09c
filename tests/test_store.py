"""Reports that are kept on disk: used when nothing has changed, and never when anything has."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lint_rules import store as kept
from lint_rules.checkedlines import with_checksum
from lint_rules.discovery import discover
from lint_rules.engine import Engine
from lint_rules.filestore import KEPT
from lint_rules.findings import FileReport
from lint_rules.project.project import Project
from lint_rules.runner import run
from lint_rules.settings import Settings
from lint_rules.worker import Task

MODEL = """from dataclasses import dataclass


@dataclass
class Auth:
    token: str
    end_user_id: str | None = None
"""
HELPER = """from copy import copy

from model import Auth


def copy_for_cache(auth: Auth) -> Auth:
    return copy(auth)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    (root / "model.py").write_text(MODEL)
    (root / "helper.py").write_text(HELPER)
    return root


def check(project: Path, cache: Path, settings: Settings | None = None) -> FileReport:
    """One run in a process of its own, as far as the engine can tell."""
    engine = Engine(settings or Settings())
    engine.cache_dir, engine.lists_subjects = cache, False
    path = project / "helper.py"
    return engine.check(path, path.read_text(), display="helper.py")


def fields(report: FileReport) -> list[tuple[str, ...]]:
    return [finding.field_names for finding in report.findings]


def never(*args: object, **kwargs: object) -> object:
    raise AssertionError("analysed again")


def test_what_is_kept_is_not_worked_out_again(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = check(project, tmp_path / "cache")
    assert fields(first) == [("end_user_id",)]
    monkeypatch.setattr(Engine, "_analysed", never)
    assert check(project, tmp_path / "cache") == first


def test_what_is_known_needs_no_other_processes(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        (project / f"more{number}.py").write_text(HELPER)
    monkeypatch.setattr("lint_rules.runner.MANY_CANDIDATES", 2)
    task = Task(cache_dir=tmp_path / "cache")
    one = run(discover([str(project)]), task, jobs=None)
    monkeypatch.setattr("lint_rules.processes.in_processes", never)
    assert run(discover([str(project)]), task, jobs=None).findings == one.findings
    # Nor where one file is new: only what has to be worked out counts.
    (project / "more0.py").write_text(HELPER + "    # changed\n")
    again = run(discover([str(project)]), task, jobs=None)
    assert (len(again.findings), again.candidates) == (5, 5)
    with pytest.raises(AssertionError):
        run(discover([str(project)]), Task(cache=False), jobs=None)


@pytest.mark.parametrize("change", ["the file", "another file", "a new file", "the settings"])
def test_any_change_is_seen(project: Path, tmp_path: Path, change: str) -> None:
    cache, settings = tmp_path / "cache", Settings()
    assert fields(check(project, cache)) == [("end_user_id",)]
    if change == "the file":
        (project / "helper.py").write_text(HELPER.replace("copy(auth)", "auth"))
    elif change == "another file":
        (project / "model.py").write_text(MODEL.replace("end_user_id", "user_id"))
    elif change == "a new file":
        (project / "z.py").write_text(HELPER)
    else:
        settings = Settings(shared_fields=("end_user_*",))
    found = fields(check(project, cache, settings))
    assert found == ([("end_user_id",)] if change == "a new file" else [])


def test_a_text_that_is_not_saved_is_no_file(project: Path, tmp_path: Path) -> None:
    check(project, tmp_path / "cache")
    engine = Engine(Settings())
    engine.cache_dir, engine.lists_subjects = tmp_path / "cache", False
    text = HELPER.replace("copy(auth)", "auth")
    assert not engine.check(project / "helper.py", text, display="helper.py").findings


def test_damaged_lines_are_passed_over(project: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = check(project, cache)
    (path,) = (cache / "reports").glob("*.jsonl")
    line = path.read_bytes()
    entry = json.loads(line.partition(b" ")[2])
    broken = [line[: len(line) // 2], b"\xff\xfe\n", b"[]\n", b'{"key": 1}\n', b"null\n"]
    entry["findings"] = [{"code": "CCL101"}]
    # What another version may have kept, each with the right checksum.
    others = [with_checksum(data) for data in (json.dumps(entry).encode(), *broken[2:])]
    for content in (*broken, *others, b"\n".join(broken), b"".join(others)):
        path.write_bytes(content)
        assert check(project, cache) == first


def test_no_flipped_bit_is_believed(project: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = check(project, cache)
    (path,) = (cache / "reports").glob("*.jsonl")
    line = path.read_bytes()
    store = kept.Store(cache, Project(project), Settings())
    assert store.get(str(project / "helper.py"), "helper.py") == (
        list(first.findings),
        first.candidates,
    )
    for at in range(len(line)):
        flipped = bytes([line[at] ^ (1 << at % 8)])
        path.write_bytes(line[:at] + flipped + line[at + 1 :])
        store = kept.Store(cache, Project(project), Settings())
        # The last character only ends the line.
        assert at == len(line) - 1 or store.get(str(project / "helper.py"), "helper.py") is None


def test_a_folder_that_cannot_be_written_keeps_nothing(project: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert fields(check(project, tmp_path / "cache")) == [("end_user_id",)]


def test_old_states_are_removed(project: Path, tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        (project / "other.py").write_text(f"X = {number}\n")
        check(project, tmp_path / "cache")
        os.utime(max((tmp_path / "cache" / "reports").iterdir(), key=os.path.getmtime))
    assert len(list((tmp_path / "cache" / "reports").iterdir())) == KEPT


def test_processes_may_add_at_the_same_time(project: Path, tmp_path: Path) -> None:
    report = check(project, tmp_path / "other")

    def add(number: int) -> None:
        one = kept.Store(tmp_path / "cache", Project(project), Settings())
        one.put(project / f"{number}.py", "x.py", report.findings, 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    one = kept.Store(tmp_path / "cache", Project(project), Settings())
    for number in range(40):
        found = one.get(project / f"{number}.py", "x.py")
        assert found is not None
        assert tuple(found[0]) == report.findings


def test_nothing_is_kept_in_the_tree(project: Path, tmp_path: Path) -> None:
    before = sorted(project.rglob("*"))
    check(project, tmp_path / "cache")
    assert sorted(project.rglob("*")) == before
    assert kept.NAME in str(kept.default_directory())
