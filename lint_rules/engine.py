"""One file in, findings out; a crash in one file is one diagnostic, never the end of the run."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from lint_rules.findings import Diagnostic, FileReport, Finding, Subject
from lint_rules.garbage import SHARED, look_for_garbage_less_often
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.markers import unreadable_markers
from lint_rules.project.noting import Node, noting, noting_nothing
from lint_rules.project.project import Project
from lint_rules.project.roots import Roots, name_of, place_of
from lint_rules.settings import Settings
from lint_rules.store import Store, file_store, finding_from_json

if TYPE_CHECKING:
    from lint_rules.filestore import FileStore
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.screen.survey import Survey

Wanted = Callable[[Finding], bool]

MANY_NEWS = 64
"""Files of which something new is known are kept at once when they are so many, else at the end."""


class Unreadable(Exception):
    """A file with candidates that does not parse; the message says where and why."""


class _Found(NamedTuple):
    """The findings and subjects of a function, and what they are kept as; ``known`` where an earlier run had them, else ``new``
    is what they were read from."""

    function: FunctionRef
    question: tuple[str, Path, str]
    findings: list[Finding]
    subjects: Sequence[Subject] = ()
    known: bool = False
    new: Node | None = None


class _OfFile(NamedTuple):
    """All findings of a file, its helpers and merges; how many functions can matter, and of how many nothing was known."""

    findings: list[Finding]
    subjects: tuple[Subject, ...]
    candidates: int
    anew: int


class Engine:
    """Analyses files one at a time; projects found on the way are shared by all of them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        #: Where reports are kept for other runs (only those without subjects); None keeps nothing.
        self.cache_dir: Path | None = None
        #: Whether reports list helpers and merge functions, the right ones too.
        self.lists_subjects = True
        #: What stands for files, by where they are: what a run is about to write.
        self.texts: Mapping[Path, str] = {}
        self._stores: dict[Path, Store] = {}
        self._files: dict[Path, FileStore] = {}
        self._repairing = False
        self._projects: dict[Path, Project] = {}
        #: The roots of projects, which the caller may know already.
        self.roots = Roots()
        self._surveys: dict[Path, Survey] = {}
        self._knowledge: dict[Path, Knowledge] = {}
        self._proven_fields: dict[Path, list[tuple[ClassRef, frozenset[str]]]] = {}

    # ----------------------------------------------------------------- checking

    def check(
        self,
        path: Path,
        text: str,
        *,
        display: str,
        wanted: Wanted | None = None,
        noqa: bool = True,
    ) -> FileReport:
        """Report the findings of one file.

        ``path`` says where the file lives (its project is found from there), ``text`` is its decoded
        text with newlines as they are, ``display`` the path that findings show.  ``wanted`` drops
        findings (``--select``); ``noqa`` leaves out suppressed ones.  Never raises on bad input: the
        report's ``errors`` say what could not be analysed.
        """
        report = self._checked(path, text, display, wanted, noqa)
        return _with_markers(report, text)

    def _checked(
        self, path: Path, text: str, display: str, wanted: Wanted | None, noqa: bool = True
    ) -> FileReport:
        """The report of :meth:`check` without what comments of the text were meant to say."""
        path = place_of(path)
        try:
            with noting_nothing() if self.cache_dir is None else nullcontext():
                found = self._findings(path, text, display)
        except Unreadable as error:
            return FileReport(display, errors=(Diagnostic(display, str(error)),))
        except Exception as error:  # one file must never end the run
            return FileReport(display, errors=(Diagnostic(display, _crash(error)),))
        kept = self._kept(path, found.findings, text, wanted, noqa)
        return FileReport(
            display, kept, (), text if kept else None, found.candidates,
            subjects=found.subjects, anew=found.anew,
        )  # fmt: skip

    def _kept(
        self, path: Path, findings: list[Finding], text: str, wanted: Wanted | None, noqa: bool
    ) -> tuple[Finding, ...]:
        kept = [finding for finding in findings if wanted is None or wanted(finding)]
        if noqa and kept and "noqa" in text.lower():
            hidden = self._hidden(path, kept, text)
            kept = [finding for finding, hides in zip(kept, hidden, strict=True) if not hides]
        return tuple(sorted(kept, key=lambda finding: finding.sort_key))

    def _hidden(self, path: Path, findings: list[Finding], text: str) -> list[bool]:
        """Which findings the file's comments suppress; to read those takes longer than all the rest."""

        def ask() -> list[bool]:
            from lint_rules.suppress import Suppressions

            suppressions = Suppressions(text)
            return [suppressions.hides(finding.code, finding.line) for finding in findings]

        project = self._project(self.roots.of(path))
        context = digest([(finding.code, finding.line) for finding in findings])
        return cast("list[bool]", project.of_file("noqa", path, context, ask))

    def _findings(self, path: Path, text: str, display: str) -> _OfFile:
        root = self.roots.of(path)
        project = self._project_around(root, str(path))
        if project.overlay(path, text):
            self._forget(root)
        store = self._store(root, project)
        known = store.get(str(path), display) if store is not None else None
        if known is not None:
            return _OfFile(known[0], (), known[1], 0)
        found = self._analysed(root, project, path, text, display)
        if root in self._files and project.kept.changed >= MANY_NEWS:
            self._files[root].save(project.kept)
        if store is not None and not unreadable_markers(text):
            store.put(str(path), display, found.findings, found.candidates)
        return found

    def clean(self, path: Path, display: str) -> FileReport | None:
        """The report on a file of which an earlier run says that nothing is to be found in it.

        None when that is not known; the file itself is not read.
        """
        name = name_of(path)
        root = self.roots.of_name(name)
        store = self._store(root, self._project_around(root, name))
        known = store.get(name, display) if store is not None else None
        return FileReport(display, candidates=known[1]) if known and not known[0] else None

    def keep(self) -> None:
        """Keep for other runs what was read off the files.  Never raises: what is not kept is read off
        again."""
        for root, store in self._files.items():
            with suppress(Exception):
                self._projects[root].reads.flush()
                store.save(self._projects[root].kept)
                if self._keeping and not self._projects[root].is_overlaid:
                    store.save_joins(self._projects[root].joins)

    def _project(self, root: Path) -> Project:
        if root not in self._projects:
            look_for_garbage_less_often(SHARED)
            project = self._projects[root] = Project(root)
            project.reads.keeping = self._keeping
            if self.cache_dir is not None:
                store = self._files[root] = file_store(self.cache_dir, project, self.settings)
                store.load(project.kept)
                store.load_joins(project.joins)
            for path, text in self.texts.items():
                if root in path.parents:
                    project.overlay(path, text)
        return self._projects[root]

    @property
    def _keeping(self) -> bool:
        """Whether answers are kept for other runs: texts in the making are nothing to keep."""
        return self.cache_dir is not None and not self._repairing and not self.texts

    def _project_around(self, root: Path, name: str) -> Project:
        """The project of a root, with a file of this name among its own."""
        project = self._project(root)
        if project.include(name):
            self._forget(root)
        return project

    def _store(self, root: Path, project: Project) -> Store | None:
        """What is kept of a project in its present state; subjects are not."""
        if self.cache_dir is None or self.lists_subjects or not self._keeping:
            return None
        if root not in self._stores:
            self._stores[root] = Store(self.cache_dir, project, self.settings)
        return self._stores[root]

    def _analysed(
        self, root: Path, project: Project, path: Path, text: str, display: str
    ) -> _OfFile:
        survey = self._surveys.get(root)
        if survey is None:
            from lint_rules.screen.survey import Survey

            survey = self._surveys[root] = Survey(project, self.settings)
            project.reads.derive = partial(self._derived, root, survey)
        functions = self._candidates(root, survey, project.module(path))
        if not functions:
            return _OfFile([], (), 0, 0)
        found = [self._found(root, survey, path, display, function) for function in functions]
        if any(one.new and (one.findings or not one.function.readable) for one in found):
            broken = _syntax_error(text)
            if broken is not None:
                raise Unreadable(broken)
        for one in found:
            if one.new is not None and one.function.readable and not self.lists_subjects:
                told = [_seen(display), [asdict(finding) for finding in one.findings]]
                project.reads.keep(*one.question, told, one.new)
        findings = [finding for one in found for finding in one.findings]
        subjects = tuple(subject for one in found for subject in one.subjects)
        return _OfFile(findings, subjects, len(found), sum(not one.known for one in found))

    def _found(
        self, root: Path, survey: Survey, path: Path, display: str, function: FunctionRef
    ) -> _Found:
        """What is found in a function: what was answered before, as long as it holds, else it is asked."""
        question = self._question(survey, function)  # subjects are not kept
        known = None if self.lists_subjects else survey.project.reads.answer(*question)
        if known is not None and (not known[1] or known[0] == _seen(display)):
            findings = [finding_from_json(one) for one in known[1]]
            return _Found(function, question, findings, known=True)
        from lint_rules.reporting import Reporter

        reporter = Reporter(
            self._known(root, survey), path, display, lists_subjects=self.lists_subjects
        )
        with noting() as node:
            return _Found(function, question, *reporter.found(function), new=node)

    def _question(self, survey: Survey, function: FunctionRef) -> tuple[str, Path, str]:
        """What the findings of a function are kept as; they depend on this beside what is read for them."""
        path, piece = function.piece
        asked = survey.may_help(function), survey.may_store(function), survey.stores(function)
        return f"found {piece}", path, digest(asked)

    def _candidates(self, root: Path, survey: Survey, module: Module) -> list[FunctionRef]:
        """The functions that can matter: by their own text, or by a field that the project proves."""
        found = set(survey.functions(module))
        if survey.proves_fields and survey.may_rewrite(module) - found:
            for model, names in self._proven(root, survey):
                rewriting = survey.rewriting(module, names)
                found |= {f for f in rewriting if survey.may_hold(f, model)}
        return sorted(found, key=lambda function: function.place)

    def _proven(self, root: Path, survey: Survey) -> list[tuple[ClassRef, frozenset[str]]]:
        """The models whose fields the project proves per-request, and the names of those that no
        pattern matches."""
        if root not in self._proven_fields:
            project = survey.project

            def ask() -> list[list[object]]:
                proven = self._known(root, survey).fields.proven
                return [[str(m.module.path), m.qualname, names] for m, names in proven.items()]

            told = project.reads.kept("proven", root, NO_CONTEXT, ask)
            found = ((project.class_at(p, name), names) for p, name, names in told)
            self._proven_fields[root] = [
                (m, frozenset(names)) for m, names in found if m is not None
            ]
        return self._proven_fields[root]

    def _known(self, root: Path, survey: Survey) -> Knowledge:
        """What the project's functions say together."""
        if root not in self._knowledge:
            from lint_rules.knowledge.base import Knowledge

            self._knowledge[root] = Knowledge(survey)
        return self._knowledge[root]

    def _derived(self, root: Path, survey: Survey, name: str) -> str:
        """The digest of what follows from the whole project now, by its name."""
        return (
            survey.derive(name)
            or survey.project.reads.kept_digest(name)
            or survey.project.graph.derive(name)
            or self._known(root, survey).derive(name)
        )

    def _forget(self, root: Path) -> None:
        """Forget what was derived of a project: one of its files has changed."""
        self._knowledge.pop(root, None)
        self._proven_fields.pop(root, None)
        self._surveys.pop(root, None)
        self._stores.pop(root, None)

    # ----------------------------------------------------------------- repairing

    def fix(
        self, path: Path, text: str, *, display: str, wanted: Wanted | None = None
    ) -> FileReport:
        """Repair one file's text and report what was fixed and what remains.

        Suppressed findings (``noqa``) and those not ``wanted`` are never repaired.  ``new_source`` is
        the new text, or None when nothing changes.  A gate that refuses is one error that names it.
        """
        return _with_markers(self._repaired(path, text, display, wanted), text)

    def _repaired(self, path: Path, text: str, display: str, wanted: Wanted | None) -> FileReport:
        report = self._checked(path, text, display, wanted)
        if report.errors or not any(finding.fix.available for finding in report.findings):
            return report
        try:
            from lint_rules.fixes.repair import repaired

            self._in_the_making(path, True)
            return repaired(text, report, lambda new: self._checked(path, new, display, wanted))
        except Exception as error:  # one file must never end the run
            return replace(report, errors=(Diagnostic(display, _crash(error)),))
        finally:
            self._in_the_making(path, False)
            self._restore(place_of(path), text)

    def _in_the_making(self, path: Path, there: bool) -> None:
        """Say whether the texts at hand are those of a repair."""
        self._repairing = there
        project = self._projects[self.roots.of(place_of(path))]
        project.reads.keeping = self._keeping

    def _restore(self, path: Path, text: str) -> None:
        """What other files are judged by is the text that is there, not the one in the making."""
        root = self.roots.of(path)
        if self._projects[root].overlay(path, text):
            self._forget(root)


def _with_markers(report: FileReport, text: str) -> FileReport:
    """A report with the comments of the file that were meant to say what a field is and say nothing."""
    wrong = tuple(Diagnostic(report.path, message) for message in unreadable_markers(text))
    return replace(report, errors=(*report.errors, *wrong)) if wrong else report


def _seen(display: str) -> str:
    """A digest of what the paths in findings depend on: how the user named the file, and from where."""
    return digest((display, os.getcwd()))


def _syntax_error(text: str) -> str | None:
    """Why the text does not parse, in one line; None when it does."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        where = f"line {error.lineno}" if error.lineno else "the file"
        return f"{where} does not parse ({error.msg}): correct the syntax and run again"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"the file does not parse ({error}): it was left out"
    return None


def _crash(error: Exception) -> str:
    what = type(error).__name__
    return f"could not be analysed ({what}: {error}); please report this as a bug of the checker"


def check_source(
    source: str, path: str = "<string>", *, settings: Settings | None = None
) -> FileReport:
    """Check ``source`` as the text of ``path`` (which need not exist)."""
    return Engine(settings or Settings()).check(Path(path), source, display=path)


def fix_source(
    source: str, path: str = "<string>", *, settings: Settings | None = None
) -> FileReport:
    """Repair ``source`` as the text of ``path`` (which need not exist)."""
    return Engine(settings or Settings()).fix(Path(path), source, display=path)
