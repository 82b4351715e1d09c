"""The comments that say of a field whether it is per-request, and those that were meant to and say nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

WORD = "cache-leak:"
_BLANK = r"[^\S\r\n]*"
COMMENT = re.compile(rf"#{_BLANK}{WORD}{_BLANK}([^\r\n]*)")
"""A comment that may say what a field is."""
MARKER = re.compile(rf"#{_BLANK}{WORD}{_BLANK}(per-request|shared)\b")
"""One that does, and what it says."""


@lru_cache(maxsize=2)
def unreadable_markers(text: str) -> tuple[str, ...]:
    """Of each such comment in a text that says neither of the two, a message: its line (from 1), what it says, and what
    it could.  Of a text that is no Python only those before the place where that shows."""
    return tuple(_unreadable(text)) if WORD in text else ()


def _unreadable(text: str) -> Iterator[str]:
    import io
    import tokenize

    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            meant = COMMENT.search(token.string) if token.type == tokenize.COMMENT else None
            if meant and not MARKER.search(token.string):
                yield (
                    f'line {token.start[0]}: the comment "# {WORD} {meant.group(1)}" says nothing of the field: '
                    "write per-request or shared"
                )
    except (tokenize.TokenError, SyntaxError):
        return
