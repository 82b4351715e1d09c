"""The shape of a function: what it copies, stores, looks up and hands on, read off its tree.

A shape is a small taint summary.  Variables carry *tokens*; statements are read in any order until
nothing changes, so that a shape may claim too much, never too little.  It costs a twentieth of an
interpretation, and decides which functions are interpreted at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Tokens = frozenset[str]

NOTHING: Tokens = frozenset()
FOUND = "found"
"""Looked up in a cache."""
ATTRIBUTE = "attribute"
"""Held by an attribute of something that came in."""
CARRIER = "carrier"
"""Of a class that is called so, or handed out by what is."""
GLOBAL = "global"
"""Of the module, or of another one."""
CACHE = "cache"
"""A cache that a call made or handed out."""
CLASS = "class"
"""A class that a variable or a call names."""
COPY = "copy "
"""What the token of a copy made here begins with; a number tells one from the other."""
MADE = "made"
"""A container made here, from nothing."""
HELD = "held "
"""What the token of something inside a container begins with; the token of what it holds follows."""
PARAM = "param "
"""What the token of a parameter begins with; its name follows."""
RESULT = "result "
"""What the token of a call's result begins with; the called name follows."""


_THERE = frozenset({FOUND, ATTRIBUTE, CARRIER})
"""What, besides parameters, may be a container that was there before."""


def result_of(name: str) -> str:
    """The token of what a call of ``name`` returned."""
    return RESULT + name


def held(tokens: Iterable[str]) -> Tokens:
    """The tokens of a container that holds these; containers inside it are not told apart from it."""
    return frozenset([t if t.startswith(HELD) else HELD + t for t in tokens if t != MADE])


@lru_cache(maxsize=4096)
def inside(tokens: Tokens) -> Tokens:
    """What is held by what carries these tokens, on any level."""
    unpacked = frozenset([t.removeprefix(HELD) for t in tokens if t.startswith(HELD)])
    return unpacked | held(unpacked)


@lru_cache(maxsize=4096)
def items(tokens: Tokens) -> Tokens:
    """What a loop over what carries these tokens sees: of an object made elsewhere its contents."""
    unpacked = taken(tokens) | {t for t in tokens if t.startswith(PARAM)}
    own = any(t != MADE and not t.startswith(HELD) for t in tokens)
    return unpacked | {ATTRIBUTE} if own else unpacked


def taken(tokens: Tokens) -> Tokens:
    """What is taken out of what carries these tokens; what stands in an entry that was found is found, too, and what
    stands in a container of carriers is one."""
    stands = {ATTRIBUTE} if any(t in _THERE or t.startswith(PARAM) for t in tokens) else NOTHING
    return inside(tokens) | stands | (tokens & {FOUND, CARRIER})


@lru_cache(maxsize=4096)
def spread(tokens: Tokens) -> Tokens:
    """These tokens; of a container made here those of what it holds."""
    kept = frozenset([t for t in tokens if t != MADE and not t.startswith(HELD)])
    if MADE not in tokens:
        return kept
    return kept.union(t.removeprefix(HELD) for t in tokens if t.startswith(HELD))


def param(name: str) -> str:
    """The token of a parameter."""
    return PARAM + name


@dataclass(slots=True)
class Copy:
    """A copy: the tokens of what it was made from."""

    token: str
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
    given: dict[str, Set[str]] = field(default_factory=dict)
    stores: bool = False
    looks_up: bool = False
    #: Under a decorator that keeps the function's results.
    memoised: bool = False
    #: A decorator that may keep what the function under it returns.
    memoises: bool = False
    #: A digest of the function's text.
    text: str = ""
    #: The classes that it names, as far as words tell, and what it calls methods of many classes on.
    mentions: Sequence[str] = ()
    #: False where the function's text cannot be parsed.
    readable: bool = True
    #: By its annotation it returns nothing that has fields.
    plain: bool = False

    def reached(self, tokens: Iterable[str], hands_on: Callable[[str], bool]) -> frozenset[str]:
        """These tokens, and those of what the calls were given that hand it on as their result."""
        found = set(tokens)
        todo = sorted(found)  # in one order, so that the same names are asked for in every run
        while todo:
            token = todo.pop()
            name = token.removeprefix(RESULT)
            if token.startswith(RESULT) and not found.issuperset(given := self.given.get(name, ())):
                if hands_on(name):
                    todo += sorted(set(given) - found)
                    found.update(given)
        return frozenset(found)

    def origins(self, copy: Copy, hands_on: Callable[[str], bool]) -> frozenset[str]:
        """The tokens of all that a copy was made from, step by step."""
        found = self.reached(copy.source, hands_on)
        made = {other.token: other for other in self.copies.values()}
        seen = {copy.token}
        while (token := next((t for t in found if t in made and t not in seen), None)) is not None:
            seen.add(token)
            found |= self.reached(made[token].source, hands_on)
        return found

    def gives_back(self, hands_on: Callable[[str], bool]) -> bool:
        """True when something that the function is given may be what it returns."""
        return any(token.startswith(PARAM) for token in self.reached(self.returned, hands_on))

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
    #: What names stand for that imports or assignments give to others.
    meanings: Mapping[str, frozenset[str]] = field(default_factory=dict)


def shape_as_json(shape: Shape) -> list[Any]:
    """A shape as JSON: each token is told once, and what is the same for many called names, too."""
    numbers: dict[str, int] = {}

    def told(tokens: Iterable[str]) -> list[int]:
        return [numbers.setdefault(token, len(numbers)) for token in sorted(tokens)]

    given: dict[tuple[int, ...], list[str]] = {}
    for name, tokens in sorted(shape.given.items()):
        if tokens:
            given.setdefault(tuple(told(tokens)), []).append(name)
    writes = sorted(shape.writes, key=lambda write: repr((write.name, sorted(write.target))))
    return [
        [[write.name, told(write.target)] for write in writes],
        told(shape.stored), told(shape.returned),
        [[copy.token, told(copy.source)] for copy in shape.copies.values()],
        [[names, tokens] for tokens, names in given.items()],
        list(numbers),
        shape.stores, shape.looks_up, shape.memoised, shape.memoises, shape.text,
        shape.mentions, shape.readable, shape.plain,
    ]  # fmt: skip


def shape_from_json(data: list[Any]) -> Shape:
    """The shape that :func:`shape_as_json` told."""
    writes, stored, returned, copies, given, tokens, *more = data

    def read(numbers: list[int]) -> Tokens:
        return frozenset([tokens[number] for number in numbers])

    return Shape(
        {Write(name, read(target)) for name, target in writes},
        {*read(stored)}, {*read(returned)},
        {index: Copy(token, {*read(source)}) for index, (token, source) in enumerate(copies)},
        {name: held for names, numbers in given for held in [read(numbers)] for name in names}, *more,
    )  # fmt: skip
