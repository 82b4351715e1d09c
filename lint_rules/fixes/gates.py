"""Gates before a file is written; one that fails stops the rewrite, and the report names it."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter

import libcst as cst

from lint_rules.findings import Edit

_NEWLINE = re.compile(r"\r\n|\r|\n")


def refusal(old: str, new: str, edits: list[Edit]) -> str | None:
    """Why ``new`` may not replace ``old``; None when every gate is passed."""
    try:
        cst.parse_module(new)
    except (cst.ParserSyntaxError, RecursionError) as error:
        return f"the new text would not parse ({error})"
    for gate in (_outside, _comments, _newlines, _suppressed):
        reason = gate(old, new, edits)
        if reason is not None:
            return reason
    return None


def _outside(old: str, new: str, edits: list[Edit]) -> str | None:
    """Outside the edits the text is the same."""
    at_old = at_new = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        length = edit.start - at_old
        if length < 0 or old[at_old : edit.start] != new[at_new : at_new + length]:
            return "text outside the edited statements would change"
        at_old = edit.end
        at_new += length + len(edit.replacement)
    if old[at_old:] != new[at_new:]:
        return "text outside the edited statements would change"
    return None


def _comments(old: str, new: str, edits: list[Edit]) -> str | None:
    """Every comment is still there."""
    lost = _comments_of(old) - _comments_of(new)
    if lost:
        return f"the comment {next(iter(lost))!r} would be lost"
    return None


def _comments_of(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            if token.type == tokenize.COMMENT:
                found[token.string.rstrip()] += 1
    except (tokenize.TokenError, SyntaxError, IndentationError):
        found.update(line.strip() for line in text.splitlines() if line.strip().startswith("#"))
    return found


def _newlines(old: str, new: str, edits: list[Edit]) -> str | None:
    """No kind of newline comes in that was not there, and the end of the file stays as it was."""
    if set(_NEWLINE.findall(new)) - set(_NEWLINE.findall(old)) and _NEWLINE.search(old):
        return "a newline of another kind would come in"
    if old.endswith(("\n", "\r")) != new.endswith(("\n", "\r")):
        return "the end of the file would change"
    return None


def _suppressed(old: str, new: str, edits: list[Edit]) -> str | None:
    """Suppressed lines are untouched."""
    if "noqa" not in old.lower():
        return None
    from lint_rules.suppress import Suppressions

    suppressions = Suppressions(old)
    for edit in edits:
        if edit.start == edit.end:
            continue
        first = len(_NEWLINE.findall(old[: edit.start])) + 1
        last = len(_NEWLINE.findall(old[: edit.end])) + 1
        if suppressions.touches(range(first, last + 1)):
            return f"line {first} is suppressed with noqa"
    return None
