"""The words without which none of the forms that matter can be written.

Each expression may match too much, never too little; ``tests/test_screen.py`` forces the whole
analysis on everything and checks that nothing is lost.  Expressions begin with plain characters,
one form each: searching a text for twenty of them takes a third of the time of one alternation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_DYNAMIC = tuple(
    re.compile(form)
    for form in (r"setattr", r"update\w*[ \t]*[(=]", r"__dict__", r"vars\(", r"replace\(", r"replace__\(", r"evolve\(",
                 r"__setitem__", r"\][ \t]*=[^=]")
)  # fmt: skip
"""Fields are written under names that the text need not show."""
_DYNAMIC_WORDS = (b"setattr", b"update", b"__dict__", b"vars(", b"replace", b"evolve(", b"__setitem__", b"] =",
                  b"]=")  # fmt: skip


def dynamic_writes(text: str) -> Iterator[int]:
    """Where fields may be written under names that the text does not show, in no order."""
    return (hit.start() for form in _DYNAMIC for hit in form.finditer(text))


COPY_WORDS = (
    "copy", "replace", "evolve", "assoc", "_dump", "dict", "json", "dumps", "loads", "packb", "**",
    "validate", "parse_", "construct", "from_", "_make", "items(", "vars(", "encoder", "|",
)  # fmt: skip
"""Without one of these nothing is copied in a file."""


def writes_dynamically(data: bytes) -> bool:
    """True when a file may write fields under names that its text does not show."""
    return any(word in data for word in _DYNAMIC_WORDS)


def write_of(name: str) -> re.Pattern[str]:
    """Where a field of this name may be written: an attribute, a keyword, or its name in quotes."""
    name = re.escape(name)
    return re.compile(
        rf"\b{name}\b\s*(?::[^=\n]*)?(?:,[^=\n]*)?=(?!=)|[\"']{name}[\"']|\.{name}\s*,"
    )
