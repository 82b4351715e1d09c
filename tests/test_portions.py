"""The files of a project are analysed together, and what was found out about it is let go of."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
from leaking import LEAKING

from lint_rules import engine
from lint_rules.discovery import discover
from lint_rules.portions import by_project, shares
from lint_rules.project.project import Project
from lint_rules.project.roots import Roots
from lint_rules.runner import run
from lint_rules.worker import Task


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One project in the middle of another, as far as the order of the paths goes."""
    for folder in ("", "b"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "pyproject.toml").touch()
    for name in ("a.py", "b/m.py", "b/n.py", "c.py", "d.py"):
        (tmp_path / name).write_text(LEAKING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_by_project(tree: Path) -> None:
    targets = discover(["."]).targets
    names = [
        [targets[place].display for place in project] for project in by_project(targets, Roots())
    ]
    assert sorted(names) == [["a.py", "c.py", "d.py"], ["b/m.py", "b/n.py"]]


@pytest.mark.parametrize("jobs", [1, 2, 3, 8])
@pytest.mark.parametrize("sizes", [[], [5], [1] * 100, [1000, 1, 1], [300] * 8, [40, 30, 20, 10]])
def test_every_file_is_in_one_share(sizes: list[int], jobs: int) -> None:
    places = iter(range(sum(sizes)))
    projects = [[next(places) for _ in range(size)] for size in sizes]
    found = shares(projects, jobs)
    assert sorted(place for share in found for place in share) == list(range(sum(sizes)))
    assert all(found)
    for project in projects:
        holding = [share for share in found if not set(share).isdisjoint(project)]
        # Only a project that is too much for one process is divided.
        assert len(holding) == 1 or len(project) * jobs > sum(sizes)


def test_copies_go_to_a_process_as_a_whole() -> None:
    copies = [list(range(at, at + 300)) for at in range(0, 2400, 300)]
    assert shares(copies, 2) == copies


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_order_of_the_report_is_that_of_the_paths(tree: Path, jobs: int) -> None:
    report = run(discover(["."]), Task(cache=False), jobs=jobs)
    assert [f.path for f in report.findings] == ["a.py", "b/m.py", "b/n.py", "c.py", "d.py"]


def test_one_project_is_known_beside_the_one_at_hand(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("e", "f"):
        (tree / folder).mkdir()
        (tree / folder / "pyproject.toml").touch()
        (tree / folder / "m.py").write_text(LEAKING)
    made: list[weakref.ref[Project]] = []
    alive: list[int] = []

    def make(root: Path) -> Project:
        project = Project(root)
        alive.append(sum(known() is not None for known in made))
        made.append(weakref.ref(project))
        return project

    monkeypatch.setattr(engine, "Project", make)
    gc.disable()  # what is let go of is not left to chance
    try:
        run(discover(["."]), Task(cache=False))
    finally:
        gc.enable()
    assert alive == [0, 1, 1, 1]
