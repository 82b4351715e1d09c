"""Workflow commands: GitHub shows each finding at its line of the pull request.

It takes paths from the root of the checkout, which it names in ``GITHUB_WORKSPACE`` (docs.github.com, "Variables
reference"), wherever in it a step runs.
"""

from __future__ import annotations

import os
from pathlib import Path

from lint_rules.findings import Finding
from lint_rules.output.plain import printable
from lint_rules.output.result import Result
from lint_rules.output.text import field_notes, fix_line


def render(result: Result) -> str:
    """One ``::error`` for each finding (``::notice`` for an accepted one) and for each problem."""
    lines = [_finding(finding, accepted) for finding, _, accepted in result.entries()]
    for error in result.errors:
        properties = _properties({"file": _place(error.path), "title": "fix-cache-leak"})
        lines.append(f"::error {properties}::{_data(error.message)}")
    return "".join(f"{line}\n" for line in lines)


def _finding(finding: Finding, accepted: bool) -> str:
    place = {
        "file": _place(finding.path),
        "line": str(finding.line),
        "endLine": str(finding.end_line),
    }
    if finding.line == finding.end_line:
        # GitHub takes columns only within one line.
        place |= {"col": str(finding.column), "endColumn": str(finding.end_column)}
    properties = _properties({**place, "title": f"{finding.code} {finding.name}"})
    command, mark = ("notice", " (baselined)") if accepted else ("error", "")
    # The annotation is all that a reviewer sees: what is wrong, why it is believed, what to do.
    head = f"{finding.code} {finding.message}{mark}"
    said = "\n".join((head, *field_notes(finding), fix_line(finding)))
    return f"::{command} {properties}::{_data(said)}"


def _place(path: str) -> str:
    """A path from the root of the checkout, where there is one around it."""
    root = os.environ.get("GITHUB_WORKSPACE")
    try:
        return Path(os.path.abspath(path)).relative_to(root).as_posix() if root else path
    except ValueError:
        return path


def _properties(values: dict[str, str]) -> str:
    return ",".join(f"{key}={_property(value)}" for key, value in values.items())


def _data(text: str) -> str:
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
