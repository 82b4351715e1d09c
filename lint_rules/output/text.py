"""The report for people: place, excerpt, why each field is per-request, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator

from lint_rules.findings import Diagnostic, Evidence, Finding
from lint_rules.output.excerpt import excerpt
from lint_rules.output.plain import lines_of, printable, printable_path
from lint_rules.output.result import Result

_BOLD, _RED, _CYAN, _GREEN, _DIM, _OFF = (
    "\x1b[1m", "\x1b[31;1m", "\x1b[36m", "\x1b[32m", "\x1b[2m", "\x1b[0m",
)  # fmt: skip


def render(result: Result, *, colour: bool = False) -> str:
    """All findings, a blank line after each; empty when there are none."""
    lines: list[str] = []
    split: dict[str, list[str]] = {}
    for finding, _, accepted in result.entries():
        path = finding.path
        if path not in split:
            split[path] = lines_of(result.sources.get(path, ""))
        lines += [*_one(finding, split[path], accepted, colour), ""]
    return "".join(f"{line}\n" for line in lines)


def heading(finding: Finding, *, accepted: bool = False, colour: bool = False) -> str:
    """``path:line:col: CODE message``."""
    place = f"{printable_path(finding.path)}:{finding.line}:{finding.column}:"
    code, message = finding.code, printable(finding.message)
    if colour:
        place, code = f"{_BOLD}{place}{_OFF}", f"{_RED}{code}{_OFF}"
    return f"{place} {code} {message}{' (baselined)' if accepted else ''}"


def error_line(error: Diagnostic) -> str:
    """One line for a file that could not be read, analysed or written."""
    return f"{printable_path(error.path)}: error: {printable(error.message)}"


def summary_line(result: Result) -> str:
    """What was found, what can be repaired, and how many files were looked at."""
    parts = [_count(result.remaining, "finding")]
    if result.repaired:
        parts[0] = f"{result.repaired} fixed, {result.remaining} remaining"
    fixable = sum(f.fix.available for f, _, accepted in result.entries() if not accepted)
    if fixable:
        parts.append(f"{fixable} can be fixed")
    accepted = len(result.findings) - result.remaining
    if accepted:
        parts.append(f"{accepted} baselined")
    if result.errors:
        parts.append(_count(len(result.errors), "error"))
    return f"{', '.join(parts)}; {_count(result.files, 'file')} checked"


def fix_line(finding: Finding) -> str:
    """What a repair does, or why there is none."""
    fix = finding.fix
    if not fix.available:
        return f"fix: none: {printable(fix.reason or 'this rule has no automatic fix')}"
    text = "fix: available"
    if fix.note:
        text += f"; {printable(fix.note)}"
    if fix.reason:
        text += f"; left to you: {printable(fix.reason)}"
    return text


def _one(finding: Finding, lines: list[str], accepted: bool, colour: bool) -> Iterator[str]:
    yield heading(finding, accepted=accepted, colour=colour)
    if accepted:
        return  # the reader knows it
    shown = excerpt(finding, lines)
    if colour and shown:
        shown[-1] = shown[-1].replace("^", f"{_RED}^", 1) + _OFF
    yield from shown
    indent = " " * len(str(finding.line))
    label = f"{_CYAN}={_OFF}" if colour else "="
    yield from (f"{indent} {label} {note}" for note in field_notes(finding))
    for step in finding.trace:
        place = f"{printable(step.path)}:{step.line}"
        yield f"{indent} {label} trace: {place}: {printable(step.text)}"
    last = fix_line(finding)
    if colour and finding.fix.available:
        last = f"{_GREEN}{last}{_OFF}"
    yield f"{indent} {label} {last}"


def field_notes(finding: Finding) -> Iterator[str]:
    """Why each field is per-request; fields with the same reasons share one note."""
    groups: dict[tuple[str, ...], list[str]] = {}
    places: dict[tuple[str, ...], list[list[Evidence]]] = {}
    for entry in finding.fields:
        reasons = tuple(dict.fromkeys(printable(proof.text) for proof in entry.evidence))
        groups.setdefault(reasons, []).append(printable(entry.name))
        places.setdefault(reasons, []).append(list(entry.evidence))
    for reasons, names in groups.items():
        proofs = [proof for evidence in places[reasons] for proof in evidence]
        told = "; ".join(f"{reason} ({_places(reason, proofs)})" for reason in reasons)
        yield f"{', '.join(names)}: {told}" if told else ", ".join(names)


def _places(reason: str, proofs: list[Evidence]) -> str:
    """``a.py:3, 4, 9; b.py:7``: where the reader can check one reason."""
    lines: dict[str, list[int]] = {}
    for proof in proofs:
        if printable(proof.text) == reason:
            numbers = lines.setdefault(printable(proof.path), [])
            if proof.line not in numbers:
                numbers.append(proof.line)
    return "; ".join(f"{path}:{', '.join(map(str, found))}" for path, found in lines.items())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
