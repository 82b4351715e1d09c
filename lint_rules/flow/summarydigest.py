"""A digest of what a call of a function does to its caller: whoever calls it rests on that, not on its text.

It tells what :class:`~lint_rules.flow.instantiate.Instantiation` reads of the facts, and nothing else: the result,
the writes and stores that the caller sees, and the objects and guards that these lead to.  Objects and guards
are numbered as they are met, so that others beside them make no difference; neither does any place in the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.facts import Facts, Store
from lint_rules.flow.forks import NAMED, Place
from lint_rules.flow.instantiate import NEW
from lint_rules.flow.openparams import is_of_open
from lint_rules.flow.values import (
    All,
    Any_,
    Callable_,
    Computed,
    Condition,
    Entries,
    Init,
    Leaf,
    Not,
    Reads,
    Ref,
    Seq,
    Value,
    union,
)
from lint_rules.project.classes import ClassRef
from lint_rules.project.functions import FunctionRef
from lint_rules.project.kept import digest

if TYPE_CHECKING:
    from lint_rules.flow.values import Atom

Told = str | int | tuple["Told", ...]


def summary_digest(facts: Facts | None) -> str:
    """The digest of what a caller takes over from a function; the same for all that nothing is known of."""
    if facts is None:
        return "unknown"
    if facts.final is None:
        return "never returns"
    return digest(_Telling(facts).told())


class _Telling:
    """Tells the effects of one function, and everything that they lead to."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._given = set(facts.params.values())
        self._objects: dict[int, Told] = {}
        self._numbers: dict[int, int] = {}
        self._guards: dict[int, Told] = {}
        self._guard_numbers: dict[int, int] = {}
        self._looks: dict[int, str] = {}

    def told(self) -> Told:
        """Everything as nested tuples: what the caller sees, then the objects and guards by their number."""
        effects = (
            self._params(), self._writes(), self._open_writes(), self._additions(),
            self._stores(), self._placed(), self._result()
        )  # fmt: skip
        objects = tuple(self._objects[obj] for obj in self._numbers)
        return effects, objects, tuple(self._guards[guard] for guard in self._guard_numbers)

    # ----------------------------------------------------------------- effects

    def _params(self) -> Told:
        """The parameters, and those that may have been reset or filled."""
        params = ((n, obj, self.facts.objects[obj]) for n, obj in sorted(self.facts.params.items()))
        return tuple(
            (name, self._object(obj), info.opaque, info.mixed) for name, obj, info in params
        )

    def _writes(self) -> Told:
        assert self.facts.final is not None
        heap = self.facts.final.heap
        written = dict.fromkeys((write.obj, write.field) for write in self.facts.writes)
        return tuple(
            (self._object(obj), field, self._value(heap[obj][field]), self._splits((obj, field)))
            for obj, field in written
            if self.facts.objects[obj].origin not in NEW and field in heap.get(obj, {})
        )

    def _splits(self, place: Place) -> Told:
        """What the field holds by the outcome of tests that the caller may ask, too."""
        assert self.facts.final is not None
        found = (
            (test, fork[place]) for test, fork in self.facts.final.forks.items() if place in fork
        )
        return tuple(
            (self._object(test.obj), test.field, test.kind, tuple(map(self._value, split.sides)))
            for test, split in found
            if test.obj != NAMED
        )

    def _open_writes(self) -> Told:
        """The writes that the caller may have to answer for."""
        return tuple(
            (self._object(w.obj), w.field, w.how, self._value(w.value), w.unrolled, tuple(map(self._guard, w.guards)))
            for w in self.facts.writes
            if w.how != "call" and is_of_open(self.facts.objects, w.obj)
        )  # fmt: skip

    def _additions(self) -> Told:
        return tuple(
            (self._object(write.obj), write.field, self._value(write.value))
            for write in self.facts.all_additions
            if self.facts.objects[write.obj].origin not in NEW
        )

    def _stores(self) -> Told:
        return tuple(
            self._store(store)
            for store in self.facts.stores
            if self.facts.objects[store.obj].origin not in NEW
        )

    def _store(self, store: Store) -> Told:
        return (
            self._object(store.obj), self._value(store.key), store.key_text, store.cache,
            _named(store.by), store.scheduled, store.pickled, tuple(sorted(map(_named, store.makers))), self._fields(store.fields),
        )  # fmt: skip

    def _placed(self) -> Told:
        return tuple(
            (self._object(one.obj), self._fields(one.fields))
            for one in self.facts.placed
            if not self._given.isdisjoint(self.facts.objects.family(one.obj))
        )

    def _fields(self, fields: dict[str, Value]) -> Told:
        return tuple((name, self._value(fields[name])) for name in sorted(fields))

    def _result(self) -> Told:
        return self._value(union([leave.value for leave in self.facts.exits]))

    # ----------------------------------------------------------------- what they lead to

    def _object(self, obj: int) -> Told:
        """An object by its number: which of those that are met it is.  What it is, is told once."""
        if obj not in self._numbers:
            self._numbers[obj] = len(self._numbers)
            info, final = self.facts.objects[obj], self.facts.final
            assert final is not None
            fields = final.heap.get(obj, {}) if info.origin in NEW else {}
            self._objects[obj] = (
                info.origin, info.name, info.field, info.how, _named(info.model), info.mapping,
                info.typed, info.depth, info.base, str(info.only and sorted(info.only)),
                _named(info.maker), _named(info.finder), info.opaque, info.open, info.optional, info.stored,
                info.mixed, info.same, _named(info.holds), _named(info.kin),
                tuple(map(self._object, info.of)),
                self._fields(fields), self._fields(info.taken),
            )  # fmt: skip
        return self._numbers[obj]

    def _look(self, obj: int) -> str:
        """What tells an object from others without asking what these are: objects that look the same are
        told in the order in which they were made."""
        if obj not in self._looks:
            info = self.facts.objects[obj]
            self._looks[obj] = info.name  # for cycles
            own = info.origin, info.name, info.field, info.how, _named(info.model)
            self._looks[obj] = digest((own, _named(info.maker), [self._look(of) for of in info.of]))
        return self._looks[obj]

    def _guard(self, guard: int) -> Told:
        if guard not in self._guard_numbers:
            self._guard_numbers[guard] = len(self._guard_numbers)
            info = self.facts.guards[guard]
            self._guards[guard] = (
                info.kind, self._condition(info.condition), info.needs, self._reads(info.unset),
                self._reads(info.equal),
            )  # fmt: skip
        return self._guard_numbers[guard]

    def _value(self, value: Value) -> Told:
        atoms = sorted(value.atoms, key=self._order)
        return tuple(map(self._atom, atoms)), tuple(map(self._guard, sorted(value.blame)))

    def _order(self, atom: Atom) -> tuple[str, str, str, int]:
        """By what atoms are told in an order that does not depend on how sets are laid out."""
        kind = type(atom).__name__
        if isinstance(atom, Ref | Init | Entries):
            more = getattr(atom, "field", "") or getattr(atom, "what", "")
            return kind, self._look(atom.obj), more, atom.obj
        if isinstance(atom, Computed):
            return kind, repr([self._looks_of(atom.via), self._looks_of(atom.holds)]), "", 0
        if isinstance(atom, Seq):
            parts = [sorted(map(self._order, part.atoms)) for part in atom.parts]
            return kind, repr(parts), "", 0
        return kind, _named(atom.target) if isinstance(atom, Callable_) else repr(atom), "", 0

    def _looks_of(self, reads: Reads) -> list[tuple[str, str]]:
        return sorted((self._look(obj), field) for obj, field in reads)

    def _atom(self, atom: Atom) -> Told:
        kind = type(atom).__name__
        if isinstance(atom, Ref):
            return kind, self._object(atom.obj)
        if isinstance(atom, Init):
            return kind, self._object(atom.obj), atom.field
        if isinstance(atom, Entries):
            return kind, self._object(atom.obj), atom.what
        if isinstance(atom, Computed):
            return kind, self._reads(atom.via), self._reads(atom.holds)
        if isinstance(atom, Seq):
            return kind, tuple(map(self._value, atom.parts))
        if isinstance(atom, Callable_):
            received = self._value(atom.receiver) if atom.receiver is not None else ()
            return kind, _named(atom.target), received
        return kind, repr(atom)

    def _reads(self, reads: Reads) -> Told:
        ordered = sorted(reads, key=lambda read: (self._look(read[0]), read[1], read[0]))
        return tuple((self._object(obj), field) for obj, field in ordered)

    def _condition(self, condition: Condition) -> Told:
        kind = type(condition).__name__
        if isinstance(condition, Leaf):
            return kind, self._reads(condition.reads)
        if isinstance(condition, Not):
            return kind, self._condition(condition.part)
        assert isinstance(condition, All | Any_)
        return kind, tuple(map(self._condition, condition.parts))


def _named(what: object) -> str:
    """A function, a class or anything else by a name that no other has."""
    if isinstance(what, FunctionRef):
        return "\0".join(map(str, what.piece))
    if isinstance(what, ClassRef):
        return f"{what.module.path}\0{what.qualname}"
    return (
        "" if isinstance(what, cst.CSTNode) else repr(what)
    )  # nothing is known of a node elsewhere
