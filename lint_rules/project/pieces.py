"""The pieces of a file that a value may have been read from: what changes in one is nothing to the others.

The bodies of functions are pieces.  What is left, their headers included, is the *frame*: it is looked at by
name, since what a name means depends on nothing but the statements that hold it.  Where a definition stands
is a piece of its own, too: most of what is asked of a definition does not depend on it.
"""

from __future__ import annotations

import re
from functools import cached_property

from lint_rules.project.kept import digest
from lint_rules.project.scan import STRING

WHOLE = ""
"""The whole text."""
_NAME, _BODY, _PLACE, _ROW = "name ", "def ", "at ", "row "
_FORM, _ASSIGNED, _HOLDING, _DEFINING = "form ", "assigned ", "holding ", "defining "
_TOKEN = re.compile(rf"{STRING.pattern}|[(\[{{)\]}}]|\\\r?\n|\n(?=[^\W\d]|@)", re.DOTALL)
_WORD = re.compile(r"\w+")
_STAR = re.compile(r"import[ \t]*(?:\([ \t]*)?\*")
STARS = "*"
"""The name that stands for all that is imported without being named."""


def name_of(name: str) -> str:
    """The statements outside the bodies of functions that hold a name, and the imports of all names."""
    return _NAME + name


def body_of(qualname: str, number: int) -> str:
    """The text of a function, its header included; ``number`` counts those of the same qualified name."""
    return f"{_BODY}{qualname} {number}"


def place_of(qualname: str, number: int) -> str:
    """Where a definition stands: its first line."""
    return f"{_PLACE}{qualname} {number}"


def form_in(form: str, qualname: str, number: int) -> str:
    """Whether a regular expression is found in the text of a function."""
    return f"{_FORM}{qualname} {number} {form}"


def holding(word: str) -> str:
    """Which functions of the file hold a word."""
    return _HOLDING + word


def held_by(piece: str) -> str | None:
    """The word in :func:`holding`; None for any other piece."""
    return piece.removeprefix(_HOLDING) if piece.startswith(_HOLDING) else None


def defining(name: str) -> str:
    """Which functions of the file are called so."""
    return _DEFINING + name


def defined_by(piece: str) -> str | None:
    """The name in :func:`defining`; None for any other piece."""
    return piece.removeprefix(_DEFINING) if piece.startswith(_DEFINING) else None


def assigned_in(qualname: str, number: int) -> str:
    """What a function assigns to attributes."""
    return f"{_ASSIGNED}{qualname} {number}"


def row_of(qualname: str, field: str) -> str:
    """Where a field is declared: its line."""
    return f"{_ROW}{qualname} {field}"


def declared_in(piece: str) -> tuple[str, str] | None:
    """The class and the field in :func:`row_of`; None for any other piece."""
    if not piece.startswith(_ROW):
        return None
    _, qualname, field = piece.split(" ")
    return qualname, field


def named_in(piece: str) -> str | None:
    """The name in :func:`name_of`; None for any other piece."""
    return piece.removeprefix(_NAME) if piece.startswith(_NAME) else None


def is_place(piece: str) -> bool:
    """True for what :func:`place_of` returned."""
    return piece.startswith(_PLACE)


def searched_in(piece: str) -> str | None:
    """The regular expression in :func:`form_in`; None for any other piece."""
    return piece.split(" ", 3)[3] if piece.startswith(_FORM) else None


def is_assigned(piece: str) -> bool:
    """True for what :func:`assigned_in` returned."""
    return piece.startswith(_ASSIGNED)


def definition_of(piece: str) -> tuple[str, int]:
    """The qualified name and the number in the name of any piece of a definition."""
    _, qualname, number, *_ = piece.split(" ", 3)
    return qualname, int(number)


class Frame:
    """A module's text without the bodies of its functions, by the names in it."""

    def __init__(self, text: str) -> None:
        self._statements = _statements(text)

    @cached_property
    def _holding(self) -> dict[str, list[int]]:
        """By name the statements that hold it."""
        found: dict[str, list[int]] = {}
        for number, statement in enumerate(self._statements):
            for word in set(_WORD.findall(statement)):
                found.setdefault(word, []).append(number)
            if _STAR.search(statement):
                found.setdefault(STARS, []).append(number)
        return found

    def digest(self, name: str) -> str:
        """A digest of the statements that hold a name."""
        numbers = {*self._holding.get(name, ()), *self._holding.get(STARS, ())}
        return digest([self._statements[number] for number in sorted(numbers)])


def _statements(text: str) -> list[str]:
    """The statements at the margin, with all that is indented under them and the decorators above them."""
    starts = [0]
    depth = 0
    for hit in _TOKEN.finditer(text):
        token = hit.group()
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth = max(depth - 1, 0)  # one may be left of a body that was cut out
        elif token == "\n" and depth == 0:
            starts.append(hit.end())
    ends = [*starts[1:], len(text)]
    found: list[str] = []
    decorators = ""
    for start, end in zip(starts, ends, strict=True):
        part = text[start:end]
        if part.startswith("@"):
            decorators += part
        else:
            found.append(decorators + part)
            decorators = ""
    return [*found, decorators]
