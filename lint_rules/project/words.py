"""Whole words in a text, found fast.

A pattern that begins with plain characters is searched for six times as fast as one that begins with the beginning
of a word (``\\b``); whether a word begins there is looked at afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Set
from typing import AnyStr

from lint_rules.naming import longest_literal, matches_any

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
        wanted = names if isinstance(names, Set | Mapping) else frozenset(names)
        names = {word for word in set(_WORD.findall(text)) if word in wanted}
    if len(names) > FEW:
        return (hit for hit in _WORD.finditer(text) if hit.group() in names)
    forms = "|".join(sorted(map(re.escape, names))) or "(?!)"
    return whole(re.compile(rf"(?:{forms})(?!\w)"), text)


def names_like(glob: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the words stand that a glob matches as a whole: where each starts and ends."""
    part = longest_literal(glob)
    spans = _words_holding(part, text) if part else (hit.span() for hit in _WORD.finditer(text))
    return ((first, end) for first, end in spans if matches_any(text[first:end], (glob,)))


def _words_holding(part: str, text: str) -> Iterator[tuple[int, int]]:
    at = text.find(part)
    while at >= 0:
        first, end = _around(text, at)
        yield first, end
        at = text.find(part, max(end, at + 1))


def word_before(text: str, at: int) -> str:
    """The word that ends at a place (from 0); empty where none does."""
    first = at
    while first > 0 and (text[first - 1].isalnum() or text[first - 1] == "_"):
        first -= 1
    return text[first:at]


def _around(text: str, at: int) -> tuple[int, int]:
    """Where the name around a place starts and ends."""
    first, end = at - len(word_before(text, at)), at
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return first, end
