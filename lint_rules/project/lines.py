"""What stands before a place on its line, in bounded time.

A line of ten million characters holds a million words; to look from each of them back to where the
line begins takes the square of its length.
"""

from __future__ import annotations

from typing import AnyStr

LONGEST = 2_000
"""The characters before a place that are looked at; what stands further off on the line is not."""


def before(text: AnyStr, at: int) -> AnyStr:
    """The text between where the line begins and ``at`` (from 0); of a long line the last :data:`LONGEST`
    characters before ``at``."""
    low = max(at - LONGEST, 0)
    newline = b"\n" if isinstance(text, bytes) else "\n"
    return text[max(text.rfind(newline, low, at) + 1, low) : at]


def begins_line(text: AnyStr, at: int) -> AnyStr | None:
    """:func:`before`, or None where that is not all that stands there."""
    found = before(text, at)
    return found if len(found) < LONGEST else None
