"""Which files of a run belong together: those of one project are analysed one after another, those with other settings
in a run of their own.

What is known of a project takes time to find out and memory to keep.  Where its files come together,
it is found out once, in one process, and let go of behind the last of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lint_rules.discovery import Discovered, Target
from lint_rules.findings import Diagnostic
from lint_rules.folders import is_outside
from lint_rules.project.roots import Roots, name_of
from lint_rules.settings import SettingsError
from lint_rules.worker import Task

CHUNK = 32
"""Files of a project that is shared between processes are handed out so many at a time: few enough
to share evenly, enough to pay for the passing on."""


def by_project(targets: Sequence[Target], roots: Roots) -> list[list[int]]:
    """The places of the files in ``targets``, project by project.

    Those that a project does not find by itself come last: for each of them, or of their folders, it has
    other files.
    """
    projects: dict[Path, list[int]] = {}
    beside: dict[Path, list[int]] = {}
    for place, target in enumerate(targets):
        name = name_of(target.path)
        root = roots.of_name(name)
        ordinary = projects.setdefault(root, [])
        outside = is_outside(str(root), name)
        (beside.setdefault(root, []) if outside else ordinary).append(place)
    return [ordinary + beside.get(root, []) for root, ordinary in projects.items()]


def by_task(found: Discovered, task_in: Callable[[Path], Task]) -> list[tuple[Discovered, Task]]:
    """The files with what is to be done with them, which their directories tell; none where there are no files.  What
    cannot be used is told in the first part.

    Settings that cannot be used leave out the files below them; ``SettingsError`` where these are all.
    """
    tasks: dict[str, Task | SettingsError] = {}
    parts: list[tuple[Discovered, Task]] = []
    left_out: dict[str, list[Target]] = {}
    for target in found.targets:
        directory = os.path.dirname(target.path)
        if directory not in tasks:
            tasks[directory] = _task_or_problem(task_in, Path(os.path.abspath(directory)))
        task = tasks[directory]
        if isinstance(task, SettingsError):
            left_out.setdefault(str(task), []).append(target)
        else:
            _part_for(task, found, parts).targets.append(target)
    if not parts and left_out:
        raise SettingsError(next(iter(left_out)))
    if parts:
        problems = (_not_checked(targets, reason) for reason, targets in left_out.items())
        parts[0][0].errors += [*found.errors, *problems]
    return parts


def _task_or_problem(task_in: Callable[[Path], Task], directory: Path) -> Task | SettingsError:
    try:
        return task_in(directory)
    except SettingsError as error:
        return error


def _part_for(task: Task, found: Discovered, parts: list[tuple[Discovered, Task]]) -> Discovered:
    """The part of the files with the same task; a new one, where there is none yet."""
    for files, other in parts:
        if other is task or other == task:
            return files
    parts.append((replace(found, targets=[], errors=[]), task))
    return parts[-1][0]


def _not_checked(targets: list[Target], reason: str) -> Diagnostic:
    more = f" and {len(targets) - 1} more" if len(targets) > 1 else ""
    return Diagnostic(targets[0].display, f"this file{more} not checked: {reason}")


def shares(projects: Sequence[Sequence[int]], jobs: int) -> list[list[int]]:
    """The same places in portions for ``jobs`` processes, the largest projects first.

    A project is divided only where it is more than one process's part of the work: each process
    would find out about it anew.
    """
    total = sum(map(len, projects))
    size = max(1, min(CHUNK, -(-total // (jobs * 4))))
    out: list[list[int]] = []
    small: list[int] = []
    for project in sorted(projects, key=len, reverse=True):
        if len(project) * jobs > total:
            out += [list(project[at : at + size]) for at in range(0, len(project), size)]
            continue
        small += project
        if len(small) >= size:
            out.append(small)
            small = []
    return [*out, small] if small else out
