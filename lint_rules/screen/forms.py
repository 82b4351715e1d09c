"""The words without which none of the forms that matter can be written.

Each expression may match too much, never too little; ``tests/test_screen.py`` forces the whole
analysis on everything and checks that nothing is lost.  Expressions begin with plain characters,
one form each: searching a text for twenty of them takes a third of the time of one alternation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

from lint_rules.project.words import places_of

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


def writes_dynamically(data: bytes) -> bool:
    """True when a file may write fields under names that its text does not show."""
    return any(word in data for word in _DYNAMIC_WORDS)


_WORD = re.compile(r"\w+")
#: What follows is only looked at: ``if a.b: c.d = 1`` writes the second of two attributes.
_WRITTEN = r"[ \t]*(?:(?::[^=\n]{0,2000})?|[-+*/|&^])=(?!=)"
#: What is added in place to what a field holds.
_ADDED = r"\.(?:update|append|extend|add|insert|setdefault)\("
_ATTRIBUTE_WRITTEN = re.compile(rf"\.(\w+)(?={_WRITTEN}|{_ADDED})")
_ITEM_WRITTEN = re.compile(rf"\[[ \t]*[\"'](\w+)[\"'][ \t]*\](?={_WRITTEN}|{_ADDED})")
_USED = re.compile(r"\.(\w+)|[\"'](\w+)(?=[\"'])")
_WRITES_ON = re.compile(r"(?<!\s)\s*(?:[:,][^=\n]{0,2000})?=(?!=)")
"""What follows a name that is written: what a line may hold between the two is bounded, or a long one
would be read again from each of its words; it begins at its first space, as the two below do."""
_QUOTES = ("'", '"')
_AS = re.compile(r"(?<![ \t])[ \t]+as[ \t]+(\w+)")
_LISTED = re.compile(r"(?<!\s)\s*,")


def writes_of(names: Collection[str], text: str) -> dict[str, list[int]]:
    """Where fields of these names may be written: an attribute, a keyword, or a name in quotes."""
    found: dict[str, list[int]] = {}
    for hit in places_of(names, text):
        first, end = hit.span()
        if (
            _is_quoted(text, first, end)
            or _WRITES_ON.match(text, end)
            or (text[first - 1 : first] == "." and _LISTED.match(text, end))
        ):
            found.setdefault(hit.group(), []).append(first)
    return found


def renamed(names: Collection[str], text: str) -> Iterator[str]:
    """The names that imports give to these."""
    for hit in places_of(names, text):
        other = _AS.match(text, hit.end())
        if other is not None:
            yield other.group(1)


def quoted(names: Collection[str], text: str) -> Iterator[int]:
    """Where the lines begin on which one of these names stands in quotes."""
    for hit in places_of(names, text):
        if _is_quoted(text, *hit.span()):
            yield text.rfind("\n", 0, hit.start()) + 1


def _is_quoted(text: str, first: int, end: int) -> bool:
    return text[first - 1 : first] in _QUOTES and text[end : end + 1] in _QUOTES


def field_writes(text: str) -> Iterator[re.Match[str]]:
    """Where an attribute or an item, the first group, may be assigned, each kind in the order of the text."""
    yield from _ATTRIBUTE_WRITTEN.finditer(text)
    yield from _ITEM_WRITTEN.finditer(text)


def uses_of(text: str) -> Counter[str]:
    """How often each name is used as an attribute or a key."""
    return Counter(hit.group(1) or hit.group(2) for hit in _USED.finditer(text))


def words_of(text: str) -> Counter[str]:
    """How often each word stands in a text."""
    return Counter(_WORD.findall(text))
