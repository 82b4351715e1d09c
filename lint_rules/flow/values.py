"""Abstract values: what an expression may be, without running it.

A value is a set of atoms (the "may" part of the analysis) and the guards that explain why an old
value may still be among them.  ``Init(obj, field)`` is the value that a field had when the object
came into this function: seen on the target of a write it is the *old* value, seen on another object
it is a *source* read.  One atom serves both, so nothing is decided twice.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    import libcst as cst

    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef

WHOLE = "*"
"""The field name in a read that concerns the object itself, not one of its fields."""

ITEM = "[]"
"""The field name for what stands in a container under a key, or at a place, that is not known."""

Reads: TypeAlias = frozenset[tuple[int, str]]
"""What was read: fields of objects."""
NO_READS: Reads = frozenset()
"""Nothing was read.  Python makes each empty set anew, and there would be hundreds of thousands."""
NO_BLAME: frozenset[int] = frozenset()
"""No guard."""
_T = TypeVar("_T")


def in_any(sets: Iterable[frozenset[_T]]) -> frozenset[_T]:
    """What is in one of some sets: one of these itself where it has all of it, as most often it does."""
    out: frozenset[_T] = frozenset()
    for one in sets:
        if not one <= out:
            out = one if out <= one else out | one
    return out


@dataclass(frozen=True, slots=True)
class Init:
    """The value that ``field`` of object ``obj`` had when the object came in."""

    obj: int
    field: str


@dataclass(frozen=True, slots=True)
class Absent:
    """A key that was never put into (or was taken out of) a mapping."""


@dataclass(frozen=True, slots=True)
class Const:
    """A constant; ``kind`` is none, empty (a fresh container), default or value."""

    kind: str
    value: object = None


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference to an abstract object."""

    obj: int


@dataclass(frozen=True, slots=True)
class Computed:
    """The result of a computation, with the field reads that went into it, and those of them whose values it
    holds as a part (a sum, a union)."""

    via: Reads = NO_READS
    holds: Reads = NO_READS


@dataclass(frozen=True, slots=True)
class Strings:
    """A constant collection of strings (field names)."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """An iteration over the fields of an object: ``keys``, ``values`` or ``items``."""

    obj: int
    what: str


@dataclass(frozen=True, slots=True)
class Seq:
    """A tuple or list written out here, item by item."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Callable_:
    """A known function, class or bound method, by its dotted name as written."""

    target: object
    receiver: Value | None = None


Atom: TypeAlias = "Init | Absent | Const | Ref | Computed | Strings | Entries | Seq | Callable_"


@dataclass(frozen=True, slots=True)
class Value:
    """A set of possibilities, and the guards that let an old value stay among them."""

    atoms: frozenset[Atom]
    blame: frozenset[int] = NO_BLAME

    def __or__(self, other: Value) -> Value:
        atoms, blame = in_any((self.atoms, other.atoms)), in_any((self.blame, other.blame))
        same = atoms is self.atoms and blame is self.blame
        return self if same else Value(atoms, blame)

    def without(self, *atoms: Atom) -> Value:
        """The same value less these possibilities."""
        if self.atoms.isdisjoint(atoms):
            return self
        return Value(self.atoms.difference(atoms), self.blame)

    @property
    def single(self) -> Atom | None:
        """The one atom, where there is exactly one."""
        if len(self.atoms) == 1:
            return next(iter(self.atoms))
        return None

    @property
    def refs(self) -> tuple[int, ...]:
        """The objects this may be, in the order they were met."""
        return tuple(sorted(atom.obj for atom in self.atoms if isinstance(atom, Ref)))

    @property
    def text(self) -> str | None:
        """The string, where the value is one constant string."""
        atom = self.single
        if isinstance(atom, Const) and isinstance(atom.value, str):
            return atom.value
        return None

    @property
    def is_constant(self) -> bool:
        """True when every possibility is a constant or an absent key."""
        return bool(self.atoms) and all(
            isinstance(a, Const | Absent | Strings)
            or (isinstance(a, Seq) and all(part.is_constant for part in a.parts))
            for a in self.atoms
        )


NONE = Value(frozenset({Const("none")}))
#: None by a test that found it so, not by a write.
ASSUMED_NONE = Value(frozenset({Const("none", "assumed")}))
NONES = NONE.atoms | ASSUMED_NONE.atoms
EMPTY = Value(frozenset({Const("empty")}))
DEFAULT = Value(frozenset({Const("default")}))
ABSENT = Value(frozenset({Absent()}))
UNKNOWN = Value(frozenset({Computed()}))


def constant(value: object) -> Value:
    """The value of a literal."""
    if value is None:
        return NONE
    if isinstance(value, str | bytes) and not value:
        return Value(frozenset({Const("empty", value)}))
    return Value(frozenset({Const("value", value)}))


@lru_cache(maxsize=10_000)
def literal(token: str) -> Value:
    """The value of a string or bytes as they are written, quotes included."""
    if token[0] in "'\"" and "\\" not in token and token[:3] not in ("'''", '"""'):
        return constant(token[1:-1])  # to evaluate it takes a hundred times as long
    return constant(ast.literal_eval(token))


@lru_cache(maxsize=10_000)
def ref(obj: int) -> Value:
    """The value that is this one object."""
    return Value(frozenset({Ref(obj)}))


@lru_cache(maxsize=50_000)
def initial(obj: int, field: str) -> Value:
    """The value that a field of an object had when it came in."""
    return Value(frozenset({Init(obj, field)}))


def union(values: list[Value]) -> Value:
    """Any of these values; nothing known when there are none."""
    if not values:
        return UNKNOWN
    out = values[0]
    for value in values[1:]:
        out = out | value
    return out


def entries_of(value: Value) -> tuple[list[int], str] | None:
    """The objects whose ``keys``, ``values`` or ``items`` a value is, and which of these; None for anything else."""
    found = [atom for atom in value.atoms if isinstance(atom, Entries)]
    kinds = {entries.what for entries in found}
    if len(found) != len(value.atoms) or len(kinds) != 1:
        return None
    return sorted(entries.obj for entries in found), kinds.pop()


def reads_of(value: Value) -> Reads:
    """What a value was read from: fields of objects, or objects as a whole."""
    found: set[tuple[int, str]] = set()
    for atom in value.atoms:
        if isinstance(atom, Init):
            found.add((atom.obj, atom.field))
        elif isinstance(atom, Ref | Entries):
            found.add((atom.obj, WHOLE))
        elif isinstance(atom, Computed):
            found |= atom.via
        elif isinstance(atom, Seq):
            for part in atom.parts:
                found |= reads_of(part)
    return frozenset(found) if found else NO_READS


def field_reads(value: Value) -> Reads:
    """The reads of ``value`` that name a field (whole objects left out)."""
    return frozenset(read for read in reads_of(value) if read[1] != WHOLE) or NO_READS


# ------------------------------------------------------------------------------- conditions


@dataclass(frozen=True, slots=True)
class Leaf:
    """A test that is not taken apart: what it asks about."""

    reads: Reads


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any_:
    parts: tuple[Condition, ...]


Condition: TypeAlias = "Leaf | Not | All | Any_"


@dataclass(frozen=True, slots=True)
class Guard:
    """A place where the way parts: an old value may survive because of it.

    ``kind``: if, ternary, or, default, coalesce, try, loop, match, suppress, filter, presence.
    ``needs`` is the truth of ``condition`` under which the guarded write happens.
    """

    id: int
    kind: str
    condition: Condition
    needs: bool
    #: The names of fields that the guard itself tests for None ("fill if unset").
    unset: Reads = NO_READS
    #: What the guard found to be equal, each read on either side ("write only what has changed").
    equal: Reads = NO_READS


def reads_in(condition: Condition) -> Reads:
    """Everything that a condition asks about."""
    if isinstance(condition, Leaf):
        return condition.reads
    if isinstance(condition, Not):
        return reads_in(condition.part)
    return in_any(reads_in(part) for part in condition.parts)


def merge_conditions(first: Condition, second: Condition) -> Condition:
    """The condition of a place that is interpreted twice: what either asked about."""
    if isinstance(first, Leaf):
        return Leaf(first.reads | reads_in(second))
    if isinstance(first, Not) and isinstance(second, Not):
        return Not(merge_conditions(first.part, second.part))
    if isinstance(first, All) and isinstance(second, All) and len(first.parts) == len(second.parts):
        return All(tuple(map(merge_conditions, first.parts, second.parts)))
    if (
        isinstance(first, Any_)
        and isinstance(second, Any_)
        and len(first.parts) == len(second.parts)
    ):
        return Any_(tuple(map(merge_conditions, first.parts, second.parts)))
    return first


def may_hold_for(condition: Condition, truth: bool, asks: Callable[[Reads], bool]) -> bool:
    """True when ``condition`` can come out as ``truth`` by leaves alone that ``asks`` accepts.

    A compound test that also needs an unrelated leaf to come out so is the program's decision.
    """
    if isinstance(condition, Leaf):
        return asks(condition.reads)
    if isinstance(condition, Not):
        return may_hold_for(condition.part, not truth, asks)
    quantifier = all if isinstance(condition, All) is truth else any
    return quantifier(may_hold_for(part, truth, asks) for part in condition.parts)


# ------------------------------------------------------------------------------- objects


APART = "apart"
"""How a look-up made its object that is nobody else's: the cache keeps bytes, or its method hands out copies."""

ROW = "row"
"""How a call came by its result, where the names in it say that it reads a database."""


@dataclass(slots=True)
class Obj:
    """An abstract object: where it came from and what is known of its type.

    ``origin``: param, self, copy, lookup, fresh, mapping (a dict made here), attr (the content of a
    field), call (the result of an unknown call), global.
    """

    id: int
    origin: str
    name: str
    node: cst.CSTNode | None = None
    model: ClassRef | None = None
    mapping: bool = False
    typed: bool = False
    type_text: str = ""
    of: tuple[int, ...] = ()
    depth: str = ""
    how: str = ""
    field: str = ""
    line: int = 0
    #: The function that made a copy, where it was not this one.
    maker: FunctionRef | None = None
    #: The function that looked it up, where it was not this one.
    finder: FunctionRef | None = None
    #: For a dump that leaves out what is None or unset: the guard that stands for it.
    partial: int | None = None
    #: The class of what stands in it, where it is a container whose annotation names that.
    holds: ClassRef | None = None
    #: The class of what was stored where it was looked up.
    kin: ClassRef | None = None
    #: Fields the object can have at all (a dump with ``include=``); None when not limited.
    only: frozenset[str] | None = None
    #: The default of a field nobody wrote: init (came in), default (fresh object), absent (dict).
    base: str = "init"
    #: What a copy's old values are: what its original held where it was copied, by field, as far as written.
    taken: dict[str, Value] = dataclass_field(default_factory=dict)
    #: The fields whose values were spread into a mapping made here.
    parts: Reads = NO_READS
    #: The entries of a module-level constant dict.
    entries: dict[str, Value] | None = None
    #: The classes that its annotation names, where these are several: which one it has nobody knows.
    several: tuple[ClassRef, ...] = ()
    #: A parameter whose annotation names no model, or a copy of one: only the caller knows its class.
    open: bool = False
    #: Something was done to the object that may have reset any field (an unknown sanitizer).
    opaque: bool = False
    #: There may be none: a look-up that may find nothing, a parameter that may be None, or a copy of such a one.
    optional: bool = False
    #: A copy that may be the object itself: the method of its class hands that out.
    same: bool = False
    #: Something was put into it under names that nobody knows, here or where it was made.
    mixed: bool = False
    #: It was itself put into a cache, here or where it was made.
    stored: bool = False
