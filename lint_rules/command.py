"""One run of the command line: what was asked for, what is done, what is printed, how it ends."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lint_rules.baseline import (
    Baseline,
    BaselineError,
    ensure_writable,
    fingerprints,
    write_baseline,
)
from lint_rules.console import Console
from lint_rules.deadline import TIME_LIMIT
from lint_rules.discovery import Discovered, Target, common_directory
from lint_rules.findings import Diagnostic, Finding
from lint_rules.output.diff import base_of, line_before, unified
from lint_rules.output.plain import printable, printable_path
from lint_rules.output.result import Result
from lint_rules.output.text import error_line, summary_line
from lint_rules.runner import Report, joined, run_all, run_text, write_changes
from lint_rules.settings import SettingsError
from lint_rules.tasks import Tasks
from lint_rules.textfile import FileProblem, decode
from lint_rules.worker import Change, Task

FORMATS = ("text", "concise", "json", "sarif", "github")
_STDIN = "-"
_COLLECTED = re.compile(r"\A(?:test_.*|.*_test)\.py")
_CODE = re.compile(r"C(C(L\d{0,3})?)?")


class Usage(Exception):
    """Options that do not go together, or make no sense."""


@dataclass(frozen=True, slots=True)
class Command:
    """The options of one run, as the user gave them."""

    paths: tuple[str, ...]
    overrides: Mapping[str, tuple[str, ...]]
    check: bool = False
    diff: bool = False
    matrix: bool = False
    write_tests: Path | None = None
    stdin_filename: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    output_format: str = "text"
    output_file: Path | None = None
    baseline: Path | None = None
    write_baseline: Path | None = None
    config: Path | None = None
    isolated: bool = False
    no_cache: bool = False
    cache_dir: Path | None = None
    jobs: int | None = None
    time_limit: float = TIME_LIMIT
    exclude: tuple[str, ...] = ()
    quiet: bool = False
    verbose: bool = False

    def run(self) -> int:
        """Do what was asked for; the exit code."""
        self._validate()
        console = Console(self.output_file, quiet=self.quiet)
        try:
            tasks = Tasks(self)
            parts = self._parts(tasks)
            for line in tasks.told() if self.verbose else ():
                console.note(printable(line))
            for path in (self.output_file, self.write_baseline):
                if path is not None and path.suffix == ".py":
                    _ensure_other(path, parts)
            if self.write_baseline is not None:
                ensure_writable(self.write_baseline)
            console.open()
            if _STDIN in self.paths:
                report = self._standard_input(*parts[0], console)
            else:
                report = self._files(parts, console)
            return self._finish(report, tasks.accepted, console)
        except BaselineError as problem:
            raise SettingsError(str(problem)) from problem
        finally:
            console.close()

    @property
    def _rewrites(self) -> bool:
        return not (self.check or self.diff or self.lists)

    @property
    def lists(self) -> bool:
        """Asked for what there is, not for what is wrong."""
        return self.matrix or self.write_tests is not None

    def _validate(self) -> None:
        if not self.paths:
            raise Usage("give files, directories, or - for standard input")
        modes = (
            ("--check", self.check), ("--diff", self.diff), ("--matrix", self.matrix),
            ("--write-tests", self.write_tests is not None),
        )  # fmt: skip
        asked = [name for name, given in modes if given]
        if len(asked) > 1:
            raise Usage(f"{' and '.join(asked)} exclude each other; give one of them")
        if self.matrix and self.output_format not in ("text", "json"):
            raise Usage(
                "--matrix is printed as text or json; leave out --output-format, or give json"
            )
        if self.write_tests is not None and (self.output_file or self.output_format != "text"):
            raise Usage("--write-tests writes FILE; leave out --output-format and --output-file")
        if _STDIN in self.paths and len(self.paths) > 1:
            raise Usage("- (standard input) cannot be combined with other paths; run once for each")
        if self.stdin_filename is not None and _STDIN not in self.paths:
            raise Usage("--stdin-filename names what - reads; give - as the path")
        if self.config is not None and self.isolated:
            raise Usage("--config and --isolated exclude each other; give one of them")
        if self.diff and self.output_format != "text":
            raise Usage("--diff prints a diff; leave out --output-format")
        if self.diff and self.write_baseline is not None:
            raise Usage(
                "--diff and --write-baseline exclude each other; use --check --write-baseline"
            )
        for code in (*self.select, *self.ignore):
            if not _CODE.fullmatch(code.upper()):
                raise Usage(f"{code!r} is no code or prefix of one; write for example CCL2, CCL101")

    # ------------------------------------------------------------------ the two kinds of input

    def _parts(self, tasks: Tasks) -> list[tuple[Discovered, Task]]:
        """The files, with what is to be done with them by the settings that are nearest to each."""
        if _STDIN not in self.paths:
            return tasks.parts()
        name = self.stdin_filename
        start = common_directory([name]) if name else Path.cwd()
        name = name or "<stdin>"
        target = Target(Path(name), name.replace(os.sep, "/"), explicit=True)
        return [(Discovered([target]), tasks.at(start))]

    def _files(self, parts: list[tuple[Discovered, Task]], console: Console) -> Report:
        with console.progress() as progress:
            reports = run_all(parts, jobs=self.jobs, progress=progress)
        if self._rewrites:
            done = zip(parts, reports, strict=True)
            reports = [write_changes(found, report, task) for (found, task), report in done]
        report = joined(reports)
        if self.diff:
            base = base_of([change.target.display for change in report.changes])
            for change in report.changes:
                console.data(unified(change.target.display, change.before, change.after, base))
        return report

    def _standard_input(self, found: Discovered, task: Task, console: Console) -> Report:
        target = found.targets[0]
        raw = console.read()
        try:
            source = decode(raw)
        except FileProblem as problem:
            report = _failed(target, str(problem))
        else:
            report = run_text(source, target, task)
        after = report.changes[0].after if report.changes else raw
        if self.diff:
            console.data(unified(target.display, raw, after, base_of([target.display])))
        elif self._rewrites:
            # Whatever went wrong, an editor gets its text back; the report takes the other stream.
            console.data(after)
            console.report_on_stderr()
        return report

    # ------------------------------------------------------------------ after

    def _finish(self, report: Report, baseline: Baseline | None, console: Console) -> int:
        accepted = self._accepted(report, baseline)
        repaired = sum(map(_whole, report.changes)) if self._rewrites else 0
        result = Result(
            report.findings, fingerprints(report.findings), report.errors,
            accepted=accepted, sources=report.sources, files=report.files,
            candidates=report.candidates, seconds=report.seconds, repaired=repaired,
            has_baseline=self.baseline is not None,
        )  # fmt: skip
        if self.matrix:
            self._print_matrix(result, report, console)
        elif self.write_tests is not None:
            self._write_tests(self.write_tests, result, report, console)
            return 2 if report.errors else 0
        elif self.diff:
            self._after_diff(result, report, console)
        else:
            self._print(result, report.changes, console)
        if result.remaining and baseline is not None and baseline.is_from_elsewhere():
            console.note(
                f"none of the files in {printable(str(self.baseline))} is found from here: run where it was written"
            )
        if report.errors:
            return 2
        return int(bool(report.changes) if self.diff else result.remaining > 0)

    def _accepted(self, report: Report, baseline: Baseline | None) -> frozenset[str]:
        """The fingerprints of the findings that are accepted, now or before."""
        if self.write_baseline is not None:
            write_baseline(self.write_baseline, report.findings)
            return frozenset(fingerprints(report.findings))
        return baseline.among(report.findings) if baseline is not None else frozenset()

    def _after_diff(self, result: Result, report: Report, console: Console) -> None:
        """The diff has standard output for itself; what it leaves out is said beside it."""
        for error in result.errors:
            console.error(error_line(error))
        changed = {change.target.display: change for change in report.changes}
        for finding, _, accepted in result.entries():
            if not accepted:
                reason = finding.fix.reason or _no_reason(finding)
                line, change = finding.line, changed.get(finding.path)
                if change is not None:  # nothing is written: the place is that in the file
                    line = line_before(change.before, change.after, line)
                place = f"{printable_path(finding.path)}:{line}:{finding.column}"
                said = f"{finding.code} in {printable(finding.function)} not fixed"
                console.note(f"{place}: {said}: {printable(reason)}")
        if report.changes:
            count, base = len(report.changes), base_of(list(changed))
            where = f" (paths in the diff are told from {printable(str(base))}: apply it there)"
            there = where if base != Path.cwd() else ""
            console.note(f"{count} file{'' if count == 1 else 's'} would be changed{there}")

    def _print_matrix(self, result: Result, report: Report, console: Console) -> None:
        from lint_rules.output import matrix

        if self.output_format == "json":
            console.report(matrix.as_json(report.subjects, result.errors))
        else:
            console.report(matrix.as_text(report.subjects, colour=console.colour))
            for error in result.errors:
                console.error(error_line(error))
            self._beside(summary_line(result), console)

    def _write_tests(self, path: Path, result: Result, report: Report, console: Console) -> None:
        from lint_rules.output import testfile, testmodule

        for error in report.errors:
            console.error(error_line(error))
        findings = [finding for finding, _, accepted in result.entries() if not accepted]
        module = testmodule.render(report.subjects, findings, self._asked_for())
        if module.count == 0:
            console.note(
                f"{printable(str(path))}: not written: nothing was found that a test could call"
            )
            for line in module.left_out:
                console.note(f"  left out: {printable(line)}")
            return
        if str(path) == _STDIN:
            console.data(testfile.content(module).encode())
            return
        try:
            testfile.write(path, module)
        except testfile.TestFileError as problem:
            raise SettingsError(printable(str(problem))) from problem
        left = f", {len(module.left_out)} left out (the file says why)" if module.left_out else ""
        tests = f"{module.count} test{'' if module.count == 1 else 's'}"
        console.note(f"{printable(str(path))}: {tests}{left}")
        if not _COLLECTED.fullmatch(path.name):
            console.note(
                f"pytest looks into test_*.py and *_test.py only: give it {printable(path.name)}"
            )

    def _asked_for(self) -> str:
        """The command line, as far as it says what the tests are about."""
        config = ["--config", str(self.config)] if self.config is not None else []
        isolated = ["--isolated"] if self.isolated else []
        settings = [
            word
            for name, values in self.overrides.items()
            for word in (f"--{name}", ",".join(values))
        ]
        asked = [*config, *isolated, *settings, "--write-tests", str(self.write_tests), *self.paths]
        return printable(shlex.join(["fix-cache-leak", *asked]))

    def _print(self, result: Result, changes: tuple[Change, ...], console: Console) -> None:
        for line in _changes(changes) if self._rewrites else ():
            self._beside(line, console)
        console.report(render(self.output_format, result, console.colour))
        if self.output_format not in ("text", "concise"):
            return
        for error in result.errors:
            console.error(error_line(error))
        self._beside(summary_line(result), console)

    def _beside(self, line: str, console: Console) -> None:
        """A line about the run: part of the text report, and beside every other one."""
        if self.output_format == "text" and not self.quiet:
            console.report(f"{line}\n")
        else:
            console.note(line)


def _ensure_other(path: Path, parts: list[tuple[Discovered, Task]]) -> None:
    """Raise ``Usage`` where a report would be written over one of the files that are checked."""
    real = os.path.realpath(path)
    targets = (target.path for found, _ in parts for target in found.targets)
    if any(os.path.realpath(target) == real for target in targets):
        raise Usage(f"{path} is one of the files to be checked; name another one for the report")


def render(form: str, result: Result, colour: bool) -> str:
    """The report in one of ``FORMATS``."""
    if form == "text":
        from lint_rules.output import text

        return text.render(result, colour=colour)
    if form == "concise":
        from lint_rules.output import concise

        return concise.render(result, colour=colour)
    if form == "sarif":
        from lint_rules.output import sarif

        return sarif.render(result)
    if form == "github":
        from lint_rules.output import github

        return github.render(result)
    from lint_rules.output import json

    return json.render(result)


def _no_reason(finding: Finding) -> str:
    return "see the error of this file" if finding.fix.available else "no automatic fix"


def _whole(change: Change) -> int:
    """How many findings of a file were repaired as a whole."""
    return sum(finding.fix.reason is None for finding in change.fixed)


def _changes(changes: tuple[Change, ...]) -> list[str]:
    """What was rewritten, file by file, with what each repair changes."""
    lines = []
    for change in changes:
        count, whole = len(change.fixed), _whole(change)
        path = printable_path(change.target.display)
        part = "" if whole == count else f", {count - whole} of them in part"
        lines.append(f"{path}: fixed {count} finding{'' if count == 1 else 's'}{part}")
        for finding in change.fixed:
            fields = ", ".join(map(printable, finding.field_names))
            said = [
                finding.fix.note,
                "in part: the rest is reported" if finding.fix.reason else None,
            ]
            note = f" ({'; '.join(map(printable, filter(None, said)))})" if any(said) else ""
            lines.append(
                f"  {finding.line}:{finding.column} {finding.code} in "
                f"{printable(finding.function)}{f': {fields}' if fields else ''}{note}"
            )
    return lines


def _failed(target: Target, message: str) -> Report:
    error = Diagnostic(target.display, message)
    return replace(Report((), (), 1, 0, 0.0, {}), errors=(error,))
