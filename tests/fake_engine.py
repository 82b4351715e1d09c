"""An engine for tests of the faces: it finds words in lines, so no analysis is needed.

``LEAK`` is a finding with a repair (``DONE``), ``STUCK`` one without, ``CRASH``, ``DEEP`` and
``DIE`` go wrong in their own ways, ``GATE`` is a repair that a gate refuses.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

from lint_rules.engine import Wanted
from lint_rules.findings import (
    Diagnostic,
    Edit,
    Evidence,
    FieldFinding,
    FileReport,
    Finding,
    Fix,
    TraceStep,
)
from lint_rules.settings import Settings
from lint_rules.suppress import Suppressions

MARKERS = re.compile("LEAK|STUCK|CRASH|DEEP|DIE|GATE")


class FakeEngine:
    """What ``lint_rules.engine.Engine`` promises, without an analysis."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cache_dir: Path | None = None
        self.lists_subjects = True

    def clean(self, path: Path, display: str) -> FileReport | None:
        """Nothing is known of any file before it is read."""

    def keep(self) -> None:
        """Nothing is kept."""

    def check(
        self,
        path: Path,
        text: str,
        *,
        display: str,
        wanted: Wanted | None = None,
        noqa: bool = True,
    ) -> FileReport:
        if not MARKERS.search(text):
            return FileReport(display)
        _go_wrong(text)
        hidden = Suppressions(text)
        found = tuple(
            finding
            for finding in _findings(path, text, display)
            if (wanted is None or wanted(finding))
            and not (noqa and hidden.hides(finding.code, finding.line))
        )
        return FileReport(display, found, candidates=1, anew=1, source=text if found else None)

    def fix(
        self, path: Path, text: str, *, display: str, wanted: Wanted | None = None
    ) -> FileReport:
        before = self.check(path, text, display=display, wanted=wanted)
        if "GATE" in text:
            errors = (Diagnostic(display, "gate 'comments' refused the repair"),)
            return FileReport(display, before.findings, errors, text, before.candidates)
        fixed = tuple(finding for finding in before.findings if finding.fix.available)
        new = text
        for finding in reversed(fixed):
            for edit in finding.fix.edits:
                new = new[: edit.start] + edit.replacement + new[edit.end :]
        after = self.check(path, new, display=display, wanted=wanted)
        return FileReport(
            display, after.findings, (), new, before.candidates, fixed, new if fixed else None
        )


def _go_wrong(text: str) -> None:
    if "CRASH" in text:
        raise ValueError("made to\nfail")
    if "DEEP" in text:
        raise RecursionError("too deep")
    if "DIE" in text:
        os._exit(3)


def _findings(path: Path, text: str, display: str) -> list[Finding]:
    found, offset = [], 0
    for number, line in enumerate(io.StringIO(text, newline="").readlines(), 1):
        for match in re.finditer("LEAK|STUCK", line):
            found.append(_finding(path, display, number, match, offset))
        offset += len(line)
    return found


def _finding(path: Path, display: str, line: int, match: re.Match[str], offset: int) -> Finding:
    leak = match.group() == "LEAK"
    start = offset + match.start()
    fix = (
        Fix((Edit(start, start + 4, "DONE"),), note="an absent value now clears the field")
        if leak
        else Fix(reason="the value is not the field's own")
    )
    here = str(path.absolute())
    fields = tuple(
        FieldFinding(name, (Evidence("pattern", here, number, "its name matches end_user_*"),))
        for number, name in enumerate(("end_user_id", "end_user_budget"), 1)
    )
    return Finding(
        code="CCL101" if leak else "CCL202",
        name="unreset-field" if leak else "guarded-merge",
        message=f"{'the copy keeps' if leak else 'the write is guarded for'} end_user_id.",
        path=display,
        line=line,
        column=match.start() + 1,
        end_line=line,
        end_column=match.end() + 1,
        function="outer.inner",
        model="pkg.models.Auth",
        fields=fields,
        trace=(TraceStep(here, line, "copied here"),) if leak else (),
        fix=fix,
    )
