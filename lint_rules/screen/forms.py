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

_EMPTY = (
    r"(?:None|\{\}|\[\]|\(\)|''|\"\"|(?:list|dict|set|tuple|frozenset|\b(?=[^\WA-Z]*[A-Z])\w+)\(\))"
)
_RESETS = re.compile(
    rf"[\"']\s*:\s*{_EMPTY}|[(,]\s*\w+\s*=\s*{_EMPTY}"  # {"f": None}, replace(x, f=None)
    r"|\bdel\b|delattr|setattr|\.pop\w*\(|\.clear\(|\.discard\(|\.remove\(|exclude|include|fromkeys|not in"
    r"|update|\n[ \t]+(?:await )?[\w.]+\(\w+(?:, *\w+)*\)[ \t]*\n"
)
"""Something is reset, removed or left out (asked of the body of one function)."""
_EMPTIES = re.compile(_EMPTY)
_ON_THE_NEXT_LINE = re.compile(rf"=[ \t]*(?:\([ \t]*)?\n\s*(?:\(\s*)?{_EMPTY}")
_ASSIGNS = re.compile(r"=(?!=)")
_TARGET = re.compile(r"(?:\.\w+|\])\s*(?::|\Z)")
_IF = re.compile(r"\bif\b")
_SIGNATURE = re.compile(r"\)\s*(?:->|:)")


def dynamic_writes(text: str) -> Iterator[int]:
    """Where fields may be written under names that the text does not show, in no order."""
    return _hits(_DYNAMIC, text)


def resets(source: str) -> bool:
    """True when a function's text may reset, remove or leave out something."""
    body = source[_body_start(source) :]
    return (
        bool(_RESETS.search(body))
        or any(_line_resets(line) for line in body.split("\n"))
        or any(_writes(body, hit.start() + 1) for hit in _ON_THE_NEXT_LINE.finditer(body))
    )


# What follows looks at a line once from its end, where one expression would begin anew at each of
# its assignments: a line may be long.


def _body_start(source: str) -> int:
    """Where the signature of a function has ended, by the words alone."""
    end = colon = -1
    for hit in _SIGNATURE.finditer(source):
        if source[hit.end() - 1] == ":":
            return hit.end()
        if hit.end() > end:
            end = source.find("\n", hit.end())
            end = len(source) if end < 0 else end
            colon = source.rfind(":", hit.end(), end)
        if colon >= hit.end():
            return colon + 1
    return 0


def _line_resets(line: str) -> bool:
    """``x.f = None``, ``x["f"] = y or None``, and a filter in a comprehension."""
    closing = max(line.rfind(")"), line.rfind("}"))
    if closing > 0 and _IF.search(line, 0, closing):
        return True
    if "=" not in line:
        return False
    last = max((hit.start() for hit in _EMPTIES.finditer(line)), default=-1)
    return last >= 0 and _writes(line, last)


def _writes(text: str, end: int) -> bool:
    """True when an attribute or an item is assigned on the line before a place."""
    at = text.rfind("\n", 0, end) + 1
    for hit in _ASSIGNS.finditer(text, at, end):
        if _TARGET.search(text[at : hit.start()]):
            return True
        at = hit.end()
    return False


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


def _hits(forms: tuple[re.Pattern[str], ...], text: str) -> Iterator[int]:
    for form in forms:
        for hit in form.finditer(text):
            yield hit.start()
