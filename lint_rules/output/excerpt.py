"""The source lines of a finding, with a gutter and a line of carets under the place."""

from __future__ import annotations

from lint_rules.findings import Finding
from lint_rules.output.plain import cells, laid_out

WIDTH = 120
"""Longer lines are cut around the place."""


def excerpt(finding: Finding, lines: list[str]) -> list[str]:
    """The first line of the finding and its underline; nothing when the text has no such line."""
    if not 0 < finding.line <= len(lines):
        return []
    line = lines[finding.line - 1]
    start = min(finding.column - 1, len(line))
    end = finding.end_column - 1 if finding.end_line == finding.line else len(line.rstrip())
    end = max(start + 1, min(end, len(line)))
    code, before, carets = _cut(line, start, end)
    gutter = str(finding.line)
    blank = " " * len(gutter)
    return [f"{blank} |", f"{gutter} | {code}", f"{blank} | {' ' * before}{'^' * carets}"]


def _cut(line: str, start: int, end: int) -> tuple[str, int, int]:
    """The shown part of a line, the cells before the underline, and those under it."""
    pieces = laid_out(line)
    first = 0
    while first < start and cells("".join(pieces[first:end])) > WIDTH:
        first += 1
    last = len(pieces)
    while last > end and cells("".join(pieces[first:last])) > WIDTH:
        last -= 1
    last = max(start + 1, min(last, first + WIDTH)) if last - first > WIDTH else last
    left = "…" if first else ""
    right = "…" if last < len(pieces) else ""
    before = cells(left + "".join(pieces[first:start]))
    carets = max(1, cells("".join(pieces[start : min(end, last)])))
    return (left + "".join(pieces[first:last]) + right).rstrip(), before, carets
