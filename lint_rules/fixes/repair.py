"""Repairs of one file: applied, checked again, and dropped where they are in vain or bring worse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from lint_rules.findings import Diagnostic, FileReport, Finding, Fix
from lint_rules.fixes.apply import apply
from lint_rules.fixes.gates import REFUSED, refusal

Key = tuple[str, str, tuple[str, ...]]
"""What a finding is known by from one round to the next: its code, function and fields."""
Futile = dict[Key, str]
"""Findings whose repair was tried in vain, and why."""

SPARE_ROUNDS = 6
"""Rounds of repair beyond one per finding: more than these is a fix that fights itself."""


def repaired(text: str, first: FileReport, check: Callable[[str], FileReport]) -> FileReport:
    """The report on a file after its repair; ``new_source`` is the new text, or None when nothing changes.

    ``first`` is the report on ``text``, ``check`` reports on another text of the file.  A gate that
    refuses is one error that names it.
    """
    current, report = text, first
    fixed: list[Finding] = []
    futile: Futile = {}
    tried_on = text
    for _ in range(len(first.findings) + SPARE_ROUNDS):
        left = replace(report, findings=_without_futile(report.findings, futile))
        outcome = apply(current, left.findings)
        if not outcome.applied:
            if not futile or tried_on == current:
                break
            # What was in vain may not be so any more: a second run would try it again.
            futile, tried_on = {}, current
            continue
        reason = refusal(current, outcome.text, outcome.edits)
        if reason is not None:
            refused = _refused(current, outcome.applied)
            if not refused:
                return _not_rewritten(first, reason)
            futile |= refused
            continue
        after = check(outcome.text)
        useless = _useless(left, after, outcome.applied)
        if useless:
            futile |= useless
            continue
        fixed += outcome.applied
        current, report = outcome.text, after
    else:
        return _not_rewritten(first, "a second run would change it again")
    report = replace(report, findings=_without_futile(report.findings, futile))
    if current == text:
        return replace(first, findings=report.findings)
    return replace(
        first, findings=report.findings, source=text, subjects=report.subjects, new_source=current,
        fixed=tuple(_as_fixed(fixed, report.findings)),
    )  # fmt: skip


def _as_fixed(applied: list[Finding], left: tuple[Finding, ...]) -> Iterator[Finding]:
    """The findings with the fields that were repaired: of a repair in part without those that are still reported, and
    without its reason where none is."""
    for finding in applied:
        same = (f for f in left if (f.code, f.function) == (finding.code, finding.function))
        still = {name for each in same for name in each.field_names}
        if finding.fix.reason is None or still.isdisjoint(finding.field_names):
            yield replace(finding, fix=replace(finding.fix, reason=None))
        else:
            fields = tuple(each for each in finding.fields if each.name not in still)
            if fields:
                yield replace(finding, fields=fields)


def _not_rewritten(first: FileReport, reason: str) -> FileReport:
    """The report on a file that stays as it is, and the gate that says so."""
    message = f"not rewritten: {reason}; the file is as it was"
    return replace(first, errors=(Diagnostic(first.path, message),))


def _refused(text: str, findings: list[Finding]) -> Futile:
    """The findings whose repair a gate refuses by itself, with the gate's reason."""
    out: Futile = {}
    for finding in findings:
        alone = apply(text, [finding])
        reason = refusal(text, alone.text, alone.edits)
        if reason is not None:
            out[_key(finding)] = f"{REFUSED}: {reason}"
    return out


def _useless(before: FileReport, after: FileReport, applied: list[Finding]) -> Futile:
    """Repairs that may not be written, and why: what they were for is still there, or worse came."""
    if after.errors:
        return {
            _key(finding): f"the repaired text {after.errors[0].message}" for finding in applied
        }
    # Of several copies, or objects in one, each may be repaired in a round of its own.
    left, there = (Counter(map(_key, report.findings)) for report in (after, before))
    found = {
        key: "the repair that this tool knows would not end the leak: repair it by hand"
        for key in {_key(finding) for finding in applied if finding.fix.reason is None}
        if left[key] >= there[key]
    }
    known = {(f.code[:4], f.function, name) for f in before.findings for name in f.field_names}
    for finding in after.findings:
        for name in finding.field_names:
            if (finding.code[:4], finding.function, name) not in known:
                reason = f"its repair would bring a new {finding.code} for {name}"
                blamed = [f for f in applied if f.function == finding.function] or applied
                found |= {_key(f): reason for f in blamed}
    return found


def _without_futile(findings: tuple[Finding, ...], futile: Futile) -> tuple[Finding, ...]:
    """Findings whose repair was tried in vain, with the reason in place of the edits."""
    return tuple(
        replace(f, fix=Fix(reason=futile[_key(f)])) if _key(f) in futile else f for f in findings
    )


def _key(finding: Finding) -> Key:
    return finding.code, finding.function, finding.field_names
