"""A file that is checked is one of its project, whatever its name or folder is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from leaking import LEAKING

from lint_rules.discovery import discover
from lint_rules.engine import Engine
from lint_rules.folders import is_outside
from lint_rules.project.listing import Listing
from lint_rules.runner import Report, run
from lint_rules.settings import Settings
from lint_rules.worker import Task

OUTSIDE = (
    "env/x.py", "build/lib/x.py", "dist/x.py", "venv/x.py", "lib/site-packages/x.py", "__pypackages__/x.py",
    "thing.egg-info/x.py", ".hidden/x.py", "tool", "tool.v2", "pkg/build/tool",
)  # fmt: skip
MODELS = """from dataclasses import dataclass


@dataclass
class Auth:
    key: str
    asked_by: str | None = None  # cache-leak: per-request
"""
HELPER = """from dataclasses import replace

from models import Auth


def copy_for_cache(auth: Auth) -> Auth:
    return replace(auth, key="")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").touch()
    (root / "other.py").write_text("y = 1\n")
    monkeypatch.chdir(tmp_path)
    return root


def checked(project: Path, *names: str, cache: bool = True) -> Report:
    """One run over files, as the command line does it."""
    paths = [os.path.join("project", name) for name in names]
    return run(discover(paths), Task(cache=cache, cache_dir=project.parent / "kept"))


def written(path: Path, text: str) -> None:
    """Write a file that was not touched lately, as its times tell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    before = path.stat().st_mtime - 60
    os.utime(path, (before, before))


def found(report: Report) -> list[tuple[str, int]]:
    assert not report.errors
    return [(finding.code, finding.line) for finding in report.findings]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_file_says_the_same_wherever_it_is(project: Path, name: str) -> None:
    written(project / "plain.py", LEAKING)
    expected = found(checked(project, "plain.py", cache=False))
    (project / "plain.py").unlink()
    written(project / name, LEAKING)
    assert expected
    assert found(checked(project, name, cache=False)) == expected


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_change_is_seen_wherever_it_is(project: Path, name: str) -> None:
    written(project / name, "x = 1\n")
    assert found(checked(project, name)) == []
    written(project / name, LEAKING)
    expected = found(checked(project, name, cache=False))
    assert expected
    assert found(checked(project, name)) == expected
    written(project / name, f"# A line more.\n{LEAKING}")
    assert found(checked(project, name)) == [(code, line + 1) for code, line in expected]
    written(project / name, "x = 1\n")
    assert found(checked(project, name)) == []


def test_a_file_sees_its_neighbours_in_a_folder_that_is_left_out(project: Path) -> None:
    written(project / "build/models.py", MODELS)
    written(project / "build/helper.py", HELPER)
    assert found(checked(project, "build/helper.py")) == [("CCL101", 7)]


def test_what_is_said_of_a_file_does_not_depend_on_what_else_is_asked(project: Path) -> None:
    written(project / "helper.py", HELPER)
    written(project / "build/models.py", MODELS)
    written(project / "build/user.py", HELPER)
    alone = found(checked(project, "helper.py", cache=False))
    for names in (
        ("build/user.py", "helper.py"),
        ("helper.py", "build/models.py", "build/user.py"),
    ):
        report = checked(project, *names, cache=False)
        assert [
            (f.code, f.line) for f in report.findings if f.path == "project/helper.py"
        ] == alone, names


def test_what_an_engine_saw_beside_a_file_it_sees_no_longer(project: Path) -> None:
    written(project / "build/models.py", MODELS)
    engine = Engine(Settings())
    for name in ("build/models.py", "other.py"):
        engine.check(project / name, (project / name).read_text(), display=name)
    (project_,) = engine._projects.values()
    assert [path.name for path in project_.paths] == ["other.py"]


def test_one_name_for_a_file(project: Path) -> None:
    written(project / "pkg/sub/models.py", MODELS)
    written(project / "pkg/helper.py", LEAKING)
    expected = found(checked(project, "pkg/helper.py", cache=False))
    assert expected
    assert found(checked(project, "pkg/sub/../helper.py", cache=False)) == expected


def test_a_search_passes_over_an_environment_of_any_name(project: Path) -> None:
    written(project / "python3/pyvenv.cfg", "")
    written(project / "python3/lib/x.py", LEAKING)
    written(project / "conda/conda-meta/history", "")
    written(project / "conda/lib/x.py", LEAKING)
    written(project / "env/x.py", LEAKING)
    targets = discover(["project"]).targets
    assert [target.display for target in targets] == ["project/env/x.py", "project/other.py"]
    listed = Listing(project.absolute()).names
    assert sorted(os.path.relpath(name) for name in listed) == [t.display for t in targets]


def test_a_search_and_a_project_leave_out_the_same_folders(project: Path) -> None:
    for name in OUTSIDE:
        written(project / name, LEAKING)
    targets = discover(["project"]).targets
    listed = Listing(project.absolute()).names
    assert sorted(os.path.relpath(name) for name in listed) == [t.display for t in targets]


def test_a_link_to_a_folder_is_no_part_of_the_search(project: Path) -> None:
    written(project.parent / "elsewhere/models.py", MODELS)
    written(project.parent / "elsewhere/helper.py", HELPER)
    (project / "linked").symlink_to(project.parent / "elsewhere")
    assert found(checked(project, "linked/helper.py")) == [("CCL101", 7)]


def test_outside() -> None:
    assert not is_outside("/p", "/p/a/b.py")
    assert not is_outside("/build", "/build/b.py")
    assert is_outside("/p", "/p/build/b.py")
    assert is_outside("/p", "/p/tool")
