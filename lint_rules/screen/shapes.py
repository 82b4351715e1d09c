"""The shape of a function: what it copies, stores, looks up and hands on, read off its tree.

A shape is a small taint summary.  Variables carry *tokens*; statements are read in any order until
nothing changes, so that a shape may claim too much, never too little.  It costs a twentieth of an
interpretation, and decides which functions are interpreted at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Tokens = frozenset[str]

NOTHING: Tokens = frozenset()
FOUND = "found"
"""Looked up in a cache."""
ATTRIBUTE = "attribute"
"""Held by an attribute of something that came in."""
CARRIER = "carrier"
"""Of a class that is called so, or handed out by what is."""
CACHE = "cache"
"""A cache that a call made or handed out."""
COPY = "copy"
"""A copy made here."""
PARAM = "param "
"""What the token of a parameter begins with; its name follows."""
RESULT = "result "
"""What the token of a call's result begins with; the called name follows."""


def result_of(name: str) -> str:
    """The token of what a call of ``name`` returned."""
    return RESULT + name


def param(name: str) -> str:
    """The token of a parameter."""
    return PARAM + name


@dataclass(slots=True)
class Copy:
    """A copy: the tokens of what it was made from."""

    source: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Write:
    """A field written on something that was not made here; ``name`` is None where text cannot tell."""

    name: str | None
    target: Tokens


@dataclass(slots=True)
class Shape:
    """What one function does, in tokens."""

    writes: set[Write] = field(default_factory=set)

    stored: set[str] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)
    copies: dict[int, Copy] = field(default_factory=dict)
    #: What each called name is given.
    given: dict[str, set[str]] = field(default_factory=dict)
    stores: bool = False
    looks_up: bool = False
    #: Under a decorator that keeps the function's results.
    memoised: bool = False
    #: A digest of the function's text.
    text: str = ""

    @property
    def stores_parameter(self) -> bool:
        """True when something that the function is given is stored as it is."""
        return any(token.startswith(PARAM) for token in self.stored)

    @property
    def returns_found(self) -> bool:
        """True when what was looked up is handed out."""
        return FOUND in self.returned


@dataclass(frozen=True, slots=True)
class Names:
    """What names mean to a function: caches, and functions that store or find for their caller."""

    is_cache: Callable[[str], bool]
    is_class: Callable[[str], bool]
    storing: frozenset[str] = frozenset()
    finding: frozenset[str] = frozenset()
    #: Classes of carriers, functions that return one, and attributes that hold one (``.name``).
    carriers: frozenset[str] = frozenset()
    #: What imports call otherwise: the new name, and the one it stands for.
    renamed: Mapping[str, str] = field(default_factory=dict)


def shape_as_json(shape: Shape) -> list[Any]:
    """A shape as JSON; of what calls are given only what was found is kept."""
    return [
        sorted(([w.name, sorted(w.target)] for w in shape.writes), key=repr),
        sorted(shape.stored), sorted(shape.returned),
        [sorted(copy.source) for copy in shape.copies.values()],
        sorted(name for name, given in shape.given.items() if FOUND in given),
        shape.stores, shape.looks_up, shape.memoised, shape.text,
    ]  # fmt: skip


def shape_from_json(data: list[Any]) -> Shape:
    """The shape that :func:`shape_as_json` told."""
    writes, stored, returned, copies, given, *more = data
    return Shape(
        {Write(name, frozenset(target)) for name, target in writes}, set(stored), set(returned),
        {index: Copy(set(source)) for index, source in enumerate(copies)},
        {name: {FOUND} for name in given}, *more,
    )  # fmt: skip
