"""Gates before a file is written; one that fails stops the rewrite, and the report names it."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import libcst as cst

from lint_rules.findings import Edit

_NEWLINE = re.compile(r"\r\n|\r|\n")
REFUSED = "the repair was refused"
"""How a reason begins that a gate gives."""
_OUTSIDE = "text outside the edited statements would change"
_LAYOUT = {
    tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Token:
    """One token that is not layout, and where it stands: offsets in characters."""

    start: int
    end: int
    type: int
    string: str


@dataclass(frozen=True, slots=True)
class _Change:
    """Both texts, their tokens by offset, and the edits between them in order."""

    old: str
    new: str
    edits: list[Edit]
    old_tokens: list[_Token]
    new_tokens: list[_Token]


def refusal(old: str, new: str, edits: list[Edit]) -> str | None:
    """Why ``new`` may not replace ``old``; None when every gate is passed."""
    error = _worse(cst.parse_module, old, new) or _worse(ast.parse, old, new)
    if error is not None:
        return f"the new text would not parse ({error})"
    try:
        old_tokens, new_tokens = _tokens(old), _tokens(new)
    except (SyntaxError, tokenize.TokenError) as unread:
        return f"the new text would not parse ({unread})"
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    change = _Change(old, new, ordered, old_tokens, new_tokens)
    for gate in (_text, _tree, _comments, _newlines, _control, _suppressed):
        reason = gate(change)
        if reason is not None:
            return reason
    return None


def _worse(parse: Callable[[str], object], old: str, new: str) -> Exception | None:
    """Why this parser rejects the new text; None when it reads it, or rejects the old one as well.

    No parser reads everything: LibCST stumbles over ``(name): int`` in a function, the running
    Python over syntax newer than itself.
    """
    error = _error(parse, new)
    return error if error is not None and _error(parse, old) is None else None


def _error(parse: Callable[[str], object], text: str) -> Exception | None:
    try:
        parse(text)
    except (cst.ParserSyntaxError, SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error
    return None


def _text(change: _Change) -> str | None:
    """Outside the edits the text is the same."""
    at_old = at_new = 0
    for edit in change.edits:
        length = edit.start - at_old
        kept = change.new[at_new : at_new + length]
        if length < 0 or change.old[at_old : edit.start] != kept:
            return _OUTSIDE
        at_old = edit.end
        at_new += length + len(edit.replacement)
    return None if change.old[at_old:] == change.new[at_new:] else _OUTSIDE


def _tree(change: _Change) -> str | None:
    """Outside the edits the code is the same: no quote or bracket reaches beyond its own edit."""
    old_spans = [(edit.start, edit.end) for edit in change.edits]
    new_spans, shift = [], 0
    for edit in change.edits:
        start = edit.start + shift
        new_spans.append((start, start + len(edit.replacement)))
        shift += len(edit.replacement) - (edit.end - edit.start)
    if _beyond(change.old_tokens, old_spans) != _beyond(change.new_tokens, new_spans):
        return "code outside the edited statements would be read differently"
    return None


def _beyond(tokens: list[_Token], spans: list[tuple[int, int]]) -> list[tuple[int, str]]:
    """What the tokens outside the spans say, each with the number of spans before it."""
    found, at = [], 0
    for token in tokens:
        while at < len(spans) and spans[at][1] <= token.start:
            at += 1
        if at == len(spans) or token.end <= spans[at][0]:
            found.append((at, token.string))
    return found


def _tokens(text: str) -> list[_Token]:
    """The tokens that say something, comments among them, by offset in the text."""
    starts = [0, *(match.end() for match in _NEWLINE.finditer(text))]
    read = tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    return [
        _Token(
            starts[token.start[0] - 1] + token.start[1],
            starts[token.end[0] - 1] + token.end[1],
            token.type,
            token.string,
        )
        for token in read
        if token.type not in _LAYOUT
    ]


def _comments(change: _Change) -> str | None:
    """Every comment is still there."""
    lost = _comments_of(change.old_tokens) - _comments_of(change.new_tokens)
    if lost:
        return f"the comment {next(iter(lost))!r} would be lost"
    return None


def _comments_of(tokens: list[_Token]) -> Counter[str]:
    return Counter(t.string.rstrip() for t in tokens if t.type == tokenize.COMMENT)


def _control(change: _Change) -> str | None:
    """Form feeds stay, and no tab or form feed comes into a text that has none."""
    for edit in change.edits:
        if edit.replacement.count("\f") < change.old[edit.start : edit.end].count("\f"):
            return "a form feed would be lost"
        for sign, name in (("\t", "tab"), ("\f", "form feed")):
            if sign in edit.replacement and sign not in change.old:
                return f"a {name} would come in where the file has none"
    return None


def _newlines(change: _Change) -> str | None:
    """No kind of newline comes in that was not there, and the end of the file stays as it was."""
    old, new = change.old, change.new
    if set(_NEWLINE.findall(new)) - set(_NEWLINE.findall(old)) and _NEWLINE.search(old):
        return "a newline of another kind would come in"
    if old.endswith(("\n", "\r")) != new.endswith(("\n", "\r")):
        return "the end of the file would change"
    return None


def _suppressed(change: _Change) -> str | None:
    """Suppressed lines are untouched."""
    old = change.old
    if "noqa" not in old.lower():
        return None
    from lint_rules.suppress import Suppressions

    suppressions = Suppressions(old)
    for edit in change.edits:
        if edit.start == edit.end:
            continue
        first = len(_NEWLINE.findall(old[: edit.start])) + 1
        last = len(_NEWLINE.findall(old[: edit.end])) + 1
        if suppressions.touches(range(first, last + 1)):
            return f"line {first} is suppressed with noqa"
    return None
