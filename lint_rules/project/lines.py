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
    characters before ``at``.  A line begins anew behind the form feeds that only blanks stand before."""
    low = max(at - LONGEST, 0)
    newline = b"\n" if isinstance(text, bytes) else "\n"
    found = text[max(text.rfind(newline, low, at) + 1, low) : at]
    return found[len(fed(found)) :]


def begins_line(text: AnyStr, at: int) -> AnyStr | None:
    """:func:`before`, or None where that is not all that stands there."""
    found = before(text, at)
    return found if len(found) < LONGEST else None


def fed(line: AnyStr) -> AnyStr:
    """What a line begins with up to its last form feed among blanks: to Python, nothing stands there."""
    feed, blanks = (b"\f", b" \t\f") if isinstance(line, bytes) else ("\f", " \t\f")
    if feed not in line:
        return line[:0]
    lead = line[: len(line) - len(line.lstrip(blanks))]
    return lead[: lead.rfind(feed) + 1]


def column(line: str) -> int:
    """How deep a line is indented, as Python counts."""
    rest = line[len(fed(line)) :]
    return len(rest[: len(rest) - len(rest.lstrip(" \t"))].expandtabs(8))
