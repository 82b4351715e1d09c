"""What depends on a test that has been asked before: on which of its sides a field holds which value.

Where ways join behind ``if x is not None: t.f = x``, the field may hold either value, and nothing says which goes with
which side.  A *fork* keeps that: when the same is asked again, each side finds what was written on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from lint_rules.flow.values import NONES, WHOLE, Absent, Init, Ref, Value

NAMED = -1
"""Stands for the object in a test of a variable that holds no value which has a name of its own."""
MAX_FORKS = 16
"""Tests that are kept at once, the latest; older ones are forgotten, and what they decided is what it was without."""
MAX_WAYS = 8
"""Where more ways join, nothing is kept of what they went by."""


class Asked(NamedTuple):
    """What is asked: whether a value is true (``truth``), None (``none``), or there at all (``in``)."""

    obj: int
    field: str
    kind: str


@dataclass(frozen=True, slots=True)
class Split:
    """What a field holds: wherever the test is open, and where it came out as False and as True."""

    whole: Value
    sides: tuple[Value, Value]


Place: TypeAlias = tuple[int, str]
Fork: TypeAlias = dict[Place, Split]
Known: TypeAlias = Mapping[Asked, bool]
Forks: TypeAlias = Mapping[Asked, Fork]


def asked_of(value: Value, kind: str, name: str | None = None) -> Asked | None:
    """The test of a value, by where it came from: that never changes.  A variable that holds another one is asked
    by its name, as long as nothing is bound to that."""
    atoms = {a for a in value.atoms if a not in NONES and not isinstance(a, Absent)}
    atom = next(iter(atoms)) if len(atoms) == 1 else None
    if isinstance(atom, Init):
        return Asked(atom.obj, atom.field, kind)
    if isinstance(atom, Ref):
        return Asked(atom.obj, WHOLE, kind)
    return Asked(NAMED, name, kind) if name is not None and atoms else None


@lru_cache(maxsize=10_000)
def follows(test: Asked, truth: bool) -> tuple[tuple[Asked, bool], ...]:
    """The outcome of a test, and of others that follow from it."""
    found = [(test, truth)]
    truthy, none, there = (Asked(test.obj, test.field, kind) for kind in ("truth", "none", "in"))
    if test.kind == "truth" and truth:
        found += [(none, False), (there, True)]
    elif test.kind == "none":
        found.append((truthy, False) if truth else (there, True))
    elif test.kind == "in" and not truth:
        found += [(none, True), (truthy, False)]
    return tuple(found)


def contradicts(known: Known, test: Asked, truth: bool) -> bool:
    """True where an outcome is ruled out by what is known."""
    return any(known.get(each, outcome) is not outcome for each, outcome in follows(test, truth))


def side(forks: Forks, test: Asked, truth: bool, place: Place, value: Value) -> Value:
    """What a place that holds a value holds where the test came out so."""
    for each, outcome in follows(test, truth):
        split = forks.get(each, {}).get(place)
        if split is not None and split.whole is value:
            return split.sides[outcome]
    return value


def without_name(name: str, tests: Iterable[Asked]) -> Callable[[Asked], bool] | None:
    """Says which tests stay good when something else is bound to a variable; None where all do."""
    if not any(test.obj == NAMED and test.field == name for test in tests):
        return None
    return lambda test: test.obj != NAMED or test.field != name


def latest(forks: dict[Asked, Fork]) -> dict[Asked, Fork]:
    """As many forks as are kept."""
    if len(forks) <= MAX_FORKS:
        return forks
    return dict(list(forks.items())[-MAX_FORKS:])
