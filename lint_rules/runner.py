"""Many files: what is asked of each, in how many processes, and one report in a stable order."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.atomic import replace_atomically
from lint_rules.contain import Contained
from lint_rules.deadline import TIME_LIMIT
from lint_rules.discovery import Discovered, Target, common_directory, discover
from lint_rules.findings import Diagnostic, FileReport, Finding, Subject
from lint_rules.portions import by_project
from lint_rules.project.roots import Roots
from lint_rules.settings import Settings, load_settings
from lint_rules.store import default_directory
from lint_rules.textfile import FileProblem, SourceText, read_source

if TYPE_CHECKING:
    from lint_rules.engine import Engine
    from lint_rules.suppress import PerFile

Progress = Callable[[int, int], None]
EngineClass = Callable[[Settings], "Engine"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which codes are wanted: prefixes, as flake8 reads them (the longest one decides).

    Without ``select`` every code is; ``extend`` says so once more of some, against ``ignore``.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()

    def __call__(self, finding: Finding) -> bool:
        """True when the finding's code is wanted."""
        chosen = _longest((*self.select, *self.extend), finding.code)
        if not self.select:
            # flake8 then selects the plugin's own prefix, which outweighs a shorter "extend".
            chosen = 0 if chosen is None else max(chosen, len(_PLUGIN))
        dropped = _longest(self.ignore, finding.code)
        return chosen is not None and (dropped is None or chosen > dropped)


_PLUGIN = "CCL"


def _longest(prefixes: tuple[str, ...], code: str) -> int | None:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=None)


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with every file of a run; picklable, so that processes can share it."""

    settings: Settings = field(default_factory=Settings)
    selection: Selection = field(default_factory=Selection)
    repair: bool = False
    accepted: frozenset[str] = frozenset()
    per_file_ignores: PerFile = ()
    lists_subjects: bool = False
    cache: bool = True
    cache_dir: Path | None = None
    time_limit: float | None = TIME_LIMIT

    def selection_in(self, path: Path) -> Selection:
        """What is wanted in one file."""
        if not self.per_file_ignores:
            return self.selection
        from lint_rules.suppress import ignored_in

        more = ignored_in(path, self.per_file_ignores)
        return replace(self.selection, ignore=self.selection.ignore + more)


@dataclass(frozen=True, slots=True)
class Change:
    """One file that the fixes rewrite: its bytes before and after, and what was repaired."""

    target: Target
    before: bytes
    after: bytes
    fixed: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file."""

    report: FileReport
    change: Change | None = None


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

    Without ``settings`` the configuration files count, as on the command line.  ``jobs`` is the
    number of processes; None leaves it to the size of the work.
    """
    if settings is None:
        settings = load_settings(common_directory(paths)).settings
    task = Task(settings, Selection(tuple(select), tuple(ignore)))
    return run(discover(paths, exclude), task, jobs=jobs)


def run(
    found: Discovered, task: Task, *, jobs: int | None = 1, progress: Progress | None = None
) -> Report:
    """Analyse the files; every rewritten text is in the report, and no file is touched yet.

    Analysing all before writing any lets every file see the project as it was at the start.
    """
    started = time.perf_counter()
    outcomes = _outcomes(found.targets, task, jobs, progress or (lambda done, total: None))
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


def engine_class() -> EngineClass:
    """The engine of this process; imported only when there is something to analyse."""
    from lint_rules import engine

    return engine.Engine


class Worker:
    """Analyses files one after another with one engine, and never raises for any of them."""

    def __init__(self, task: Task, make_engine: EngineClass, roots: Roots | None = None) -> None:
        self._task = task
        self._make_engine = make_engine
        self._engine: Engine | None = None
        self._roots = roots or Roots()
        self._project: Path | None = None
        self._candidates = 0

    def _engine_for(self, path: Path) -> Engine:
        """The engine for a file; what another one knows of the project before is let go of."""
        project = self._roots.of(path)
        if project != self._project:
            self.keep()
            self._engine, self._project = None, project
            if self._candidates:
                gc.collect()  # what is known of a project is a web, and a large one
                self._candidates = 0
        if self._engine is None:
            self._engine = self._new_engine()
        return self._engine

    def _new_engine(self) -> Engine:
        engine = self._make_engine(self._task.settings)
        if self._task.cache:
            engine.cache_dir = self._task.cache_dir or default_directory()
        engine.lists_subjects = self._task.lists_subjects
        engine.roots = self._roots
        return engine

    def analyse(self, target: Target) -> Outcome:
        """Read and analyse one file; one that nothing can be said about is not even read."""
        return self.guarded(target, lambda: read_source(target.path), on_disk=True)

    def keep(self) -> None:
        """Keep for other runs what was read off the files."""
        if self._engine is not None:
            self._engine.keep()

    def guarded(
        self, target: Target, read: Callable[[], SourceText], *, on_disk: bool = False
    ) -> Outcome:
        """The outcome of one file; whatever goes wrong is one diagnostic of it."""
        with Contained(self._task.time_limit) as contained:
            if on_disk and not target.explicit:
                clean = self._engine_for(target.path).clean(target.path, target.display)
                if clean is not None:
                    return Outcome(clean)
            source = read()
            if self._task.repair:
                outcome = self._repaired(target, source)
            else:
                outcome = Outcome(self._checked(target, source.text))
            self._candidates += outcome.report.candidates
            return outcome
        if contained.out_of_time:
            # What the engine was in the middle of is not to be relied on.
            self._engine = None
        return failed(target, contained.problem or "could not be analysed")

    def _checked(self, target: Target, text: str) -> FileReport:
        report = self._engine_for(target.path).check(
            target.path,
            text,
            display=target.display,
            wanted=self._task.selection_in(target.path),
        )
        return _finished(target, text, report)

    def _repaired(self, target: Target, source: SourceText) -> Outcome:
        """The file as it would be after the repair, and what then remains to report."""
        report = self._engine_for(target.path).fix(
            target.path,
            source.text,
            display=target.display,
            wanted=self._may_repair(target),
        )
        new = report.new_source
        change = None
        if new is not None and new != source.text:
            change = Change(target, source.raw, source.encode(new), report.fixed)
        text = source.text if change is None or new is None else new
        if self._task.accepted:
            # The repair was told to leave accepted findings alone; they are reported all the same.
            checked = self._checked(target, text)
            errors = tuple(dict.fromkeys([*report.errors, *checked.errors]))
            return Outcome(replace(checked, errors=errors), change)
        return Outcome(_finished(target, text, report), change)

    def _may_repair(self, target: Target) -> Callable[[Finding], bool]:
        selection, accepted = self._task.selection_in(target.path), self._task.accepted
        if not accepted:
            return selection
        from lint_rules.baseline import identity

        return lambda finding: selection(finding) and identity(finding) not in accepted


def _finished(target: Target, text: str, report: FileReport) -> FileReport:
    """The report as users get it: with the text that its lines count in, and shown paths."""
    if target.explicit and not report.candidates and not report.errors:
        # A file that the screen passes over is not parsed; one that the user names is promised to
        # be looked at, so a broken one is said to be broken.
        report = replace(report, errors=syntax_errors(target.display, text))
    if not report.findings and not report.fixed:
        return report
    from lint_rules.shownpaths import shown_for, with_shown_paths

    shown = shown_for(target)
    findings = tuple(with_shown_paths(finding, shown) for finding in report.findings)
    return replace(report, findings=findings, source=text)


def syntax_errors(display: str, text: str) -> tuple[Diagnostic, ...]:
    """One diagnostic when the text is no Python, else none."""
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        place = f"line {error.lineno}: " if error.lineno else ""
        return (Diagnostic(display, f"{place}does not parse: {error.msg}; correct the syntax"),)
    except (ValueError, RecursionError, MemoryError) as error:
        return (Diagnostic(display, f"does not parse: {error}; correct the syntax"),)
    return ()


def failed(target: Target, message: str) -> Outcome:
    """The outcome of a file of which nothing is known but that it went wrong."""
    return Outcome(FileReport(target.display, errors=(Diagnostic(target.display, message),)))


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
    candidates = 0
    for target in targets:
        done.append(worker.analyse(target))
        progress(len(done), len(targets))
        candidates += done[-1].report.candidates
        # Only from here on is it worth that every process builds its own view of the project.
        if limit is not None and candidates >= limit and len(targets) - len(done) >= limit:
            break
    worker.keep()
    return done


MANY_CANDIDATES = 64
"""From so many candidates on, a run without ``--jobs`` uses all processors."""


def _summed(
    problems: Sequence[Diagnostic], outcomes: Sequence[Outcome], files: int, seconds: float
) -> Report:
    findings = [finding for outcome in outcomes for finding in outcome.report.findings]
    errors = [*problems, *(error for outcome in outcomes for error in outcome.report.errors)]
    return Report(
        findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
        errors=_sorted(errors),
        files=files,
        candidates=sum(outcome.report.candidates for outcome in outcomes),
        seconds=seconds,
        sources=_sources(outcomes),
        changes=tuple(outcome.change for outcome in outcomes if outcome.change is not None),
        subjects=tuple(
            sorted((s for o in outcomes for s in o.report.subjects), key=lambda s: s.sort_key)
        ),
    )


def _sorted(errors: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(dict.fromkeys(errors), key=lambda error: (error.path, error.message)))


def _sources(outcomes: Sequence[Outcome]) -> dict[str, str]:
    return {
        outcome.report.path: outcome.report.source
        for outcome in outcomes
        if outcome.report.findings and outcome.report.source is not None
    }
