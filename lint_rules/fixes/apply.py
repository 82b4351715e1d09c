"""Applying edits: all that do not touch each other at once, the rest in a later round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lint_rules.findings import Edit, Finding


@dataclass(slots=True)
class Outcome:
    """The text after one round, the findings whose edits are in it, and those edits."""

    text: str
    applied: list[Finding] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)


def apply(text: str, findings: Iterable[Finding]) -> Outcome:
    """Apply the fixes of as many findings as go together."""
    outcome = Outcome(text)
    for finding in findings:
        edits = list(finding.fix.edits)
        if edits and not any(_touch(one, other) for one in edits for other in outcome.edits):
            outcome.applied.append(finding)
            outcome.edits += edits
    outcome.text = edited(text, outcome.edits)
    return outcome


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits that do not touch each other."""
    for edit in sorted(edits, key=lambda e: (e.start, e.end), reverse=True):
        text = text[: edit.start] + edit.replacement + text[edit.end :]
    return text


def _touch(one: Edit, other: Edit) -> bool:
    """True when two edits overlap, or insert at the same place (their order would be a guess)."""
    if one.start == one.end or other.start == other.end:
        first, second = sorted((one, other), key=lambda e: e.end - e.start)
        if first.start == first.end == second.start == second.end:
            return True
        return second.start < first.start < second.end
    return one.start < other.end and other.start < one.end
