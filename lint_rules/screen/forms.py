"""The words without which none of the forms that matter can be written.

Each expression may match too much, never too little; ``tests/test_screen.py`` forces the whole
analysis on everything and checks that nothing is lost.  Expressions begin with plain characters,
one form each: searching a text for twenty of them takes a third of the time of one alternation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_COPY = tuple(
    re.compile(form)
    for form in (
        r"copy\(", r"copy__\(", r"replace\(", r"replace__\(", r"evolve\(", r"assoc\(", r"_dump", r"dict\(",
        r"\.json\(", r"dumps\(", r"loads\(", r"packb\(", r"\*\*[ \t]*[\w({\[]", r"model_validate",
        r"parse_obj", r"parse_raw", r"construct\(", r"from_orm", r"from_dict", r"_make\(", r"\.items\(",
        r"vars\(", r"__dict__", r"encoder\(", r"\|=?\s*[{(]", r"\}\s*\|", r"\)\s*\|",
        r"\|=?[ \t]*(?!None\b|str\b|int\b|list\b|dict\b|float\b|bool\b|bytes\b|set\b|tuple\b)[a-z_]",
    )
)  # fmt: skip
"""Something is copied."""

_DYNAMIC = tuple(
    re.compile(form)
    for form in (r"setattr", r"update\w*[ \t]*[(=]", r"__dict__", r"vars\(", r"replace\(", r"replace__\(", r"evolve\(",
                 r"__setitem__", r"\][ \t]*=[^=]")
)  # fmt: skip
"""Fields are written under names that the text need not show."""

_EMPTY = r"(?:None|\{\}|\[\]|\(\)|''|\"\"|(?:list|dict|set|tuple|frozenset|[A-Z]\w*)\(\))"
_RESETS = re.compile(
    rf"(?:\.\w+|\])\s*(?::[^=\n]*)?=(?!=)(?:[^\n]*|\s*\(?\s*){_EMPTY}"  # x.f = None, x["f"] = None
    rf"|[\"']\s*:\s*{_EMPTY}|[(,]\s*\w+\s*=\s*{_EMPTY}"  # {"f": None}, replace(x, f=None)
    r"|\bdel\b|delattr|setattr|\.pop\w*\(|\.clear\(|\.discard\(|\.remove\(|exclude|include|fromkeys|not in"
    r"|update|\bif\b[^\n]*[})]|\n[ \t]+(?:await )?[\w.]+\(\w+(?:, *\w+)*\)[ \t]*\n"
)
"""Something is reset, removed or left out (asked of the body of one function)."""
_SIGNATURE = re.compile(r"\)\s*(?:->[^\n]*)?:")

_REST = (
    r"\w{0,99}"  # a longer name is none that people write, and without a bound it takes its square
)
CACHE_USE = re.compile(rf"(?:ache|ACHE){_REST}(?:\(\))?\s*[\[.(]")
"""A cache is asked or filled, or a function called that says it does so."""

_VERBS = "set|put|add|store|save|write|update"
_STORE = (
    re.compile(rf"(?:{_VERBS}){_REST}(?:ache|ACHE){_REST}\("),
    re.compile(rf"(?:ache|ACHE)_{_REST}\("),
    re.compile(
        rf"(?:ache|ACHE){_REST}(?:\(\))?\s*(?:\.\w*(?:{_VERBS})|\[[^\]\n]{{0,300}}\]\s*=[^=])"
    ),
)
"""A cache is filled, or a function called that says it does so."""


def copies(text: str) -> Iterator[int]:
    """Where something may be copied (characters from 0), in no order."""
    return _hits(_COPY, text)


def dynamic_writes(text: str) -> Iterator[int]:
    """Where fields may be written under names that the text does not show, in no order."""
    return _hits(_DYNAMIC, text)


def resets(source: str) -> bool:
    """True when a function's text may reset, remove or leave out something."""
    head = _SIGNATURE.search(source)
    return bool(_RESETS.search(source, head.end() if head else 0))


def object_use(names: frozenset[str]) -> re.Pattern[str]:
    """A use of one of these names as a container."""
    return re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, names)))})\s*[\[.]")


def stores(source: str, objects: re.Pattern[str] | None) -> bool:
    """True when a function's text may fill a cache; ``objects`` are those not called so."""
    return any(form.search(source) for form in _STORE) or bool(objects and objects.search(source))


def _hits(forms: tuple[re.Pattern[str], ...], text: str) -> Iterator[int]:
    for form in forms:
        for hit in form.finditer(text):
            yield hit.start()
