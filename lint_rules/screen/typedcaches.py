"""Names of caches that do not say so: what is annotated with, or made by, what is called a cache, and attributes
that are assigned one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

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
#: What is assigned to an attribute: the rest of the line, behind an open parenthesis what stands in it.
_ATTRIBUTE = re.compile(
    r"^[ \t]+\w+\.(\w+)[ \t]*(?::[^=\n]*)?=(?!=)((?:[^\n]*\([ \t]*\n[^)]*)?[^\n]*)", re.MULTILINE
)
_CALLED_SO = re.compile(
    rb"\n[ \t]+\w+\.\w+[ \t]*(?::[^=\n]*)?=[^\n]*(?:ache\b|ACHE\b|\([ \t\r]*\n)"
)
_IMPORT = r"(?m)^[ \t]*(?:from[ \t]+{0}\b[\w.]*[ \t]+import[ \t]+(\([^)]*|[^\n(]*)|import[ \t]+({0}\b[^\n]*))"
_NAMED = re.compile(r"ache\b|ACHE\b|\b_*[A-Z]\w*ache\w*[ \t]*[\[(]")
"""What is called a cache, or made by a class that is."""
_WORD = re.compile(r"\w+")
_LIBRARIES = tuple(library.encode() for library in CACHE_LIBRARIES)


def may_type(data: bytes) -> bool:
    """False for a file whose bytes show that it has no such name."""
    made = b"Cache" in data or b"ache(" in data or any(word in data for word in _LIBRARIES)
    return made or _CALLED_SO.search(data) is not None


def typed(text: str) -> dict[str, bool]:
    """The names, True for one that other modules may use, too: of the module level, or an attribute."""
    imported = _imported(text)
    found = {**dict(_typed(text, imported)), **dict(_of_library(text))}
    attributes = _assigned_one_of({*found, *imported}, text)
    return {**found, **dict.fromkeys(attributes, True)}


def _assigned_one_of(names: Collection[str], text: str) -> Iterator[str]:
    """The attributes that are assigned one of the names, or what is called a cache or made by such a class."""
    for hit in _ATTRIBUTE.finditer(text):
        value = hit.group(2)
        if _NAMED.search(value) or any(word in names for word in _WORD.findall(value)):
            yield hit.group(1)


def _typed(text: str, imported: Collection[str]) -> Iterator[tuple[str, bool]]:
    """Names that the text annotates with, or assigns from, what is called a cache.

    True beside a name of the module level.
    """
    words = "|".join(sorted(imported))
    form = rf"ache\w*|(?P<imported>\b(?:{words})\b)(?:\.\w+)*" if words else _CLASS
    for hit in re.finditer(form, text):
        head = before(text, hit.start())
        is_class = _is_class(text, hit.start()) or bool(words and hit.group("imported"))
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


def _imported(text: str) -> set[str]:
    """What the text imports of a caching library: what it makes may be called anything."""
    found: set[str] = set()
    for library in CACHE_LIBRARIES:
        form = _IMPORT.format(re.escape(library))
        for names in re.findall(form, text) if library in text else ():
            found.update(word for word in _WORD.findall(" ".join(names)) if word != "as")
    return found


def _of_library(text: str) -> Iterator[tuple[str, bool]]:
    for library in CACHE_LIBRARIES:
        if library in text and re.search(
            rf"^[ \t]*(?:from|import)[ \t]+{re.escape(library)}\b", text, re.MULTILINE
        ):
            yield from ((word, True) for word in _MODULE_LEVEL.findall(text))
            return
