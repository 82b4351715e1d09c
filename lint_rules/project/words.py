"""Whole words in a text, found fast.

A pattern that begins with plain characters is searched for six times as fast as one that begins with the beginning
of a word (``\\b``); whether a word begins there is looked at afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import AnyStr

FEW = 16
"""Up to so many words one pattern of all of them is faster than to look at each word of the text."""
_WORD = re.compile(r"\w+")


def begins_word(text: AnyStr, at: int) -> bool:
    """True where no word goes on at a place (from 0)."""
    before = text[at - 1 : at] if at else text[:0]
    return not (before.isalnum() or before in ("_", b"_"))


def whole(pattern: re.Pattern[AnyStr], text: AnyStr) -> Iterator[re.Match[AnyStr]]:
    """Where a pattern matches that begins with a word, and a word begins."""
    return (hit for hit in pattern.finditer(text) if begins_word(text, hit.start()))


def places_of(names: Collection[str], text: str) -> Iterator[re.Match[str]]:
    """Where one of the names stands as a word: once through the text, however many names there are."""
    if len(names) > FEW:
        return (hit for hit in _WORD.finditer(text) if hit.group() in names)
    forms = "|".join(sorted(map(re.escape, names))) or "(?!)"
    return whole(re.compile(rf"(?:{forms})(?!\w)"), text)
