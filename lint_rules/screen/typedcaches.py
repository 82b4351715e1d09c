"""Names of caches that do not say so: what is annotated with, or made by, what is called a cache."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lint_rules.naming import CACHE_LIBRARIES
from lint_rules.project.lines import before

_CLASS = re.compile(r"ache\w*")
#: What stands before the class on its line: ``name: Optional[``, ``self.name = aiocache.``
_ANNOTATED = re.compile(
    r"(?:^[ \t]*(?:self\.)?|[(,][ \t]*)([a-z_]\w*)[ \t]*:[ \t]*[\"']?(?:[\w.]*\[)?[\w.]*$"
)
_ASSIGNED = re.compile(
    r"^([ \t]*)(?:self\.|cls\.)?([a-zA-Z_]\w*)[ \t]*(?::[^=]*)?=[ \t]*(?:await )?[\w.]*$"
)
_MODULE_LEVEL = re.compile(r"^(\w+)\s*(?::[^=\n]*)?=", re.MULTILINE)
_LIBRARIES = tuple(library.encode() for library in CACHE_LIBRARIES)


def may_type(data: bytes) -> bool:
    """False for a file whose bytes show that it has no such name."""
    return b"Cache" in data or b"ache(" in data or any(word in data for word in _LIBRARIES)


def typed(text: str) -> dict[str, bool]:
    """The names, True for one of the module level."""
    return {**dict(_typed(text)), **dict(_of_library(text))}


def _typed(text: str) -> Iterator[tuple[str, bool]]:
    """Names that the text annotates with, or assigns from, what is called a cache.

    True beside a name of the module level.
    """
    for hit in _CLASS.finditer(text):
        head = before(text, hit.start())
        is_class = _is_class(text, hit.start())
        annotated = _ANNOTATED.search(head) if is_class else None
        if annotated:
            yield annotated.group(1), annotated.start(1) == 0
        if text[hit.end() : hit.end() + 1] in ("(", "["):
            assigned = _ASSIGNED.match(head)
            if assigned and (is_class or not assigned.group(1)):
                yield assigned.group(2), not assigned.group(1)


def _is_class(text: str, at: int) -> bool:
    """True when the name around a place begins like a class."""
    while at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_"):
        at -= 1
    return text[at].isupper()


def _of_library(text: str) -> Iterator[tuple[str, bool]]:
    for library in CACHE_LIBRARIES:
        if library in text and re.search(
            rf"^[ \t]*(?:from|import)[ \t]+{re.escape(library)}\b", text, re.MULTILINE
        ):
            yield from ((word, True) for word in _MODULE_LEVEL.findall(text))
            return
