"""Many files: in how many processes they are analysed, and one report in a stable order."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lint_rules.atomic import replace_atomically
from lint_rules.configfiles import ConfigFiles
from lint_rules.discovery import Discovered, Target, discover
from lint_rules.ending import check_end
from lint_rules.findings import Diagnostic, Finding, Subject
from lint_rules.portions import by_project, by_task
from lint_rules.project.roots import Roots
from lint_rules.rounds import settled
from lint_rules.settings import Settings, load_settings
from lint_rules.textfile import FileProblem, SourceText
from lint_rules.worker import (
    Change,
    EngineClass,
    Outcome,
    Progress,
    Selection,
    Task,
    Worker,
    engine_class,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run.

    ``sources`` maps the path of every finding to the text that its lines count in.  ``changes``
    are the rewritten files (of ``--diff``: those that would be).  ``subjects`` are the helpers and
    merge functions, for ``--matrix``.
    """

    findings: tuple[Finding, ...]
    errors: tuple[Diagnostic, ...]
    files: int
    candidates: int
    seconds: float
    sources: Mapping[str, str]
    changes: tuple[Change, ...] = ()
    subjects: tuple[Subject, ...] = ()


def check_paths(
    paths: Sequence[str | Path],
    *,
    settings: Settings | None = None,
    jobs: int | None = 1,
    exclude: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Report:
    """Check files and directories, and change nothing.

    Without ``settings`` the configuration files count, as on the command line: for each file the nearest.  ``jobs`` is the
    number of processes; None leaves it to the size of the work.
    """
    files, selection = ConfigFiles(), Selection(tuple(select), tuple(ignore))

    def task_in(directory: Path) -> Task:
        return Task(settings or load_settings(directory, files=files).settings, selection)

    found = discover(paths, exclude)
    return joined(run_all(by_task(found, task_in) or [(found, Task())], jobs=jobs))


def run_all(
    parts: Sequence[tuple[Discovered, Task]],
    *,
    jobs: int | None = 1,
    progress: Progress | None = None,
) -> list[Report]:
    """Do with each part of the files what is to be done with it; a report for each."""
    reports: list[Report] = []
    total = sum(len(found.targets) for found, _ in parts)

    def further(done: int, _: int) -> None:
        if progress is not None:
            progress(sum(report.files for report in reports) + done, total)

    for found, task in parts:
        reports.append(run(found, task, jobs=jobs, progress=further))
    return reports


def joined(reports: Sequence[Report]) -> Report:
    """One report of several parts of a run, in the order of their files."""
    return Report(
        findings=tuple(sorted((f for r in reports for f in r.findings), key=lambda f: f.sort_key)),
        errors=_sorted([error for report in reports for error in report.errors]),
        files=sum(report.files for report in reports),
        candidates=sum(report.candidates for report in reports),
        seconds=sum(report.seconds for report in reports),
        sources={path: text for report in reports for path, text in report.sources.items()},
        changes=tuple(
            sorted((c for r in reports for c in r.changes), key=lambda c: c.target.display)
        ),
        subjects=tuple(sorted((s for r in reports for s in r.subjects), key=lambda s: s.sort_key)),
    )


def run(
    found: Discovered, task: Task, *, jobs: int | None = 1, progress: Progress | None = None
) -> Report:
    """Analyse files with the same settings; every rewritten text is in the report, and no file is touched yet.

    Analysing all before writing any lets every file see the project as it was at the start; what was
    repaired then is seen in further rounds (:mod:`lint_rules.rounds`).
    """
    started = time.perf_counter()
    progress = progress or (lambda done, total: None)
    outcomes = _outcomes(found.targets, task, jobs, progress)
    if task.repair:
        outcomes = settled(
            found.targets, outcomes, task, lambda some, now: _outcomes(some, now, jobs, progress)
        )
    return _summed(found.errors, outcomes, len(found.targets), time.perf_counter() - started)


def run_text(source: SourceText, target: Target, task: Task) -> Report:
    """Analyse one text that is no file (standard input)."""
    started = time.perf_counter()
    worker = Worker(task, engine_class())
    outcome = worker.guarded(target, lambda: source)
    worker.keep()
    return _summed([], [outcome], 1, time.perf_counter() - started)


def write_changes(found: Discovered, report: Report, task: Task) -> Report:
    """Put the rewritten files in place; what could not be written is an error of its file."""
    written: list[Change] = []
    refused: list[Outcome] = []
    worker = Worker(replace(task, repair=False), engine_class())
    for change in report.changes:
        check_end()
        problem = _write(found, change)
        if problem is None:
            written.append(change)
        else:
            # What is still there is reported as it stands in the file.
            outcome = worker.analyse(change.target)
            errors = (Diagnostic(change.target.display, problem), *outcome.report.errors)
            refused.append(Outcome(replace(outcome.report, errors=errors)))
    gone = {outcome.report.path for outcome in refused}
    kept = [finding for finding in report.findings if finding.path not in gone]
    new = [finding for outcome in refused for finding in outcome.report.findings]
    problems = [error for outcome in refused for error in outcome.report.errors]
    return replace(
        report,
        findings=tuple(sorted([*kept, *new], key=lambda finding: finding.sort_key)),
        errors=_sorted([*report.errors, *problems]),
        sources={**report.sources, **_sources(refused)},
        changes=tuple(written),
    )


def _write(found: Discovered, change: Change) -> str | None:
    """Write one file; why not, otherwise."""
    path = change.target.path
    if not found.may_write(path):
        return (
            f"not written: it is a link to {os.path.realpath(path)}, outside the given paths; "
            "give that path"
        )
    try:
        replace_atomically(path, change.before, change.after)
    except FileProblem as problem:
        return str(problem)
    return None


def _outcomes(
    targets: Sequence[Target], task: Task, jobs: int | None, progress: Progress
) -> list[Outcome]:
    make_engine = engine_class()
    roots = Roots()
    order = [place for project in by_project(targets, roots) for place in project]
    ordered = [targets[place] for place in order]
    found = _in_order(ordered, task, make_engine, jobs, progress, roots)
    outcomes = dict(zip(order, found, strict=True))
    return [outcomes[place] for place in range(len(targets))]


def _in_order(
    targets: Sequence[Target], task: Task, make_engine: EngineClass, jobs: int | None,
    progress: Progress, roots: Roots,
) -> list[Outcome]:  # fmt: skip
    """The outcomes of files in the order in which they are to be analysed."""
    done: list[Outcome] = []
    if jobs is None or jobs == 1 or len(targets) < 2:
        limit = MANY_CANDIDATES if jobs is None else None
        done = _in_this_process(targets, Worker(task, make_engine, roots), limit, progress)
        if len(done) == len(targets):
            return done
    from lint_rules.processes import in_processes, processors

    offset, total = len(done), len(targets)

    def further(count: int, _: int) -> None:
        progress(offset + count, total)

    return done + in_processes(
        targets[offset:], task, make_engine, jobs or processors(), further, roots
    )


def _in_this_process(
    targets: Sequence[Target], worker: Worker, limit: int | None, progress: Progress
) -> list[Outcome]:
    """The outcomes, in order, up to the file at which other processes had better take over."""
    done: list[Outcome] = []
    anew = 0
    for target in targets:
        done.append(worker.analyse(target))
        progress(len(done), len(targets))
        anew += done[-1].report.anew
        # Only from here on is it worth that every process builds its own view of the project.
        if limit is not None and anew >= limit and len(targets) - len(done) >= limit:
            break
    worker.keep()
    return done


MANY_CANDIDATES = 64
"""From so many candidates on that no earlier run had answered for, a run without ``--jobs`` uses all processors."""


def _summed(
    problems: Sequence[Diagnostic], outcomes: Sequence[Outcome], files: int, seconds: float
) -> Report:
    reports = [outcome.report for outcome in outcomes]
    whole = Report(
        findings=tuple(finding for report in reports for finding in report.findings),
        errors=(*problems, *(error for report in reports for error in report.errors)),
        files=files,
        candidates=sum(report.candidates for report in reports),
        seconds=seconds,
        sources=_sources(outcomes),
        changes=tuple(outcome.change for outcome in outcomes if outcome.change is not None),
        subjects=tuple(subject for report in reports for subject in report.subjects),
    )
    return joined([whole])


def _sorted(errors: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(dict.fromkeys(errors), key=lambda error: (error.path, error.message)))


def _sources(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {
        outcome.report.path: outcome.report.source
        for outcome in outcomes
        if outcome.report.findings and outcome.report.source is not None
    }
