"""The comments that say of a field whether it is per-request, and those that were meant to and say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

WORD = "cache-leak:"
COMMENT = re.compile(rf"#[ \t]*{WORD}[ \t]*([^\r\n]*)")
"""A comment that may say what a field is."""
MARKER = re.compile(rf"#[ \t]*{WORD}[ \t]*(per-request|shared)\b")
"""One that does, and what it says."""


def unreadable_markers(text: str) -> Iterator[str]:
    """Of each such comment in a text that says neither of the two, a message: its line (from 1), what it says, and what
    it could.  A text that is no Python has none."""
    if WORD not in text:
        return
    import io
    import tokenize

    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            meant = COMMENT.match(token.string) if token.type == tokenize.COMMENT else None
            if meant and not MARKER.match(token.string):
                yield (
                    f'line {token.start[0]}: the comment "# {WORD} {meant.group(1)}" says nothing of the field: '
                    "write per-request or shared"
                )
    except (tokenize.TokenError, SyntaxError):
        return
