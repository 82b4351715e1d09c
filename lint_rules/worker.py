"""What is asked of each file, and how one process asks it: whatever goes wrong is an error of its file."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.contain import Contained
from lint_rules.deadline import TIME_LIMIT
from lint_rules.discovery import Target
from lint_rules.findings import Diagnostic, FileReport, Finding
from lint_rules.garbage import OWN, look_for_garbage_less_often
from lint_rules.project.roots import Roots, place_of
from lint_rules.settings import Settings
from lint_rules.store import default_directory
from lint_rules.textfile import SourceText, read_source

if TYPE_CHECKING:
    from lint_rules.baseline import Baseline
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
    accepted: Baseline | None = None
    per_file_ignores: PerFile = ()
    lists_subjects: bool = False
    cache: bool = True
    cache_dir: Path | None = None
    time_limit: float | None = TIME_LIMIT
    #: What stands for files, by where they are: what is to be written before this is done.
    texts: Mapping[Path, str] = field(default_factory=dict)

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


def engine_class() -> EngineClass:
    """The engine of this process; imported only when there is something to analyse."""
    from lint_rules import engine

    return engine.Engine


class Worker:
    """Analyses files one after another with one engine, and never raises for any of them."""

    def __init__(self, task: Task, make_engine: EngineClass, roots: Roots | None = None) -> None:
        look_for_garbage_less_often(OWN)
        self._task = task
        self._make_engine = make_engine
        self._engine: Engine | None = None
        self._roots = roots or Roots()
        self._project: Path | None = None
        self._candidates = 0
        self._let_go = False

    def _engine_for(self, path: Path) -> Engine:
        """The engine for a file; what another one knows of the project before is let go of."""
        project = self._roots.of(path)
        if project != self._project:
            self.keep()
            self._engine, self._project = None, project
            self._let_go, self._candidates = self._let_go or self._candidates > 0, 0
        if self._engine is None:
            self._engine = self._new_engine()
        return self._engine

    def _analysed(self, candidates: int) -> None:
        """Make room once more than one project has been analysed.

        What is known of a project is a web, and a large one, that only the collector takes apart; that
        takes a tenth of the time in which it came to be.
        """
        self._candidates += candidates
        if candidates and self._let_go:
            self._let_go = False
            gc.collect()

    def _new_engine(self) -> Engine:
        engine = self._make_engine(self._task.settings)
        if self._task.cache:
            engine.cache_dir = self._task.cache_dir or default_directory()
        engine.lists_subjects = self._task.lists_subjects
        engine.roots, engine.texts = self._roots, self._task.texts
        return engine

    def analyse(self, target: Target) -> Outcome:
        """Read and analyse one file; one that nothing can be said about is not even read."""
        return self.guarded(target, lambda: self._source(target.path), on_disk=True)

    def _source(self, path: Path) -> SourceText:
        """A file, with the text that stands for it."""
        source = read_source(path)
        text = self._task.texts.get(place_of(path))
        return source if text is None else replace(source, text=text)

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
            self._analysed(outcome.report.candidates)
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
        if self._task.accepted is not None:
            # The repair was told to leave accepted findings alone; they are reported all the same.
            checked = self._checked(target, text)
            errors = tuple(dict.fromkeys([*report.errors, *checked.errors]))
            return Outcome(replace(checked, errors=errors), change)
        return Outcome(_finished(target, text, report), change)

    def _may_repair(self, target: Target) -> Callable[[Finding], bool]:
        selection, accepted = self._task.selection_in(target.path), self._task.accepted
        if accepted is None:
            return selection
        return lambda finding: selection(finding) and not accepted.covers(finding)


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
