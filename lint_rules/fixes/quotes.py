"""The quotes of strings that a repair writes: those that the file itself has most."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from lint_rules.findings import Edit

#: A string without a prefix that reads the same in either kind of quotes.
_PLAIN = re.compile(r"(?<![\w\"'])([\"'])([^\"'\\\n]*)\1(?![\"'])")


def in_style(text: str, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """The edits of a text, with their strings in its quotes; a string that is there already stays as it is."""
    quote = _usual(text) if any(_PLAIN.search(edit.replacement) for edit in edits) else ""
    return tuple(_quoted(edit, quote, text[edit.start : edit.end]) for edit in edits)


def _usual(text: str) -> str:
    """The kind of quotes that most of the plain strings have; where none has more, double ones."""
    found = Counter(match.group(1) for match in _PLAIN.finditer(text))
    return "'" if found["'"] > found['"'] else '"'


def _quoted(edit: Edit, quote: str, replaced: str) -> Edit:
    def written(match: re.Match[str]) -> str:
        kept = match.group() in replaced
        return match.group() if kept else f"{quote}{match.group(2)}{quote}"

    return replace(edit, replacement=_PLAIN.sub(written, edit.replacement))
