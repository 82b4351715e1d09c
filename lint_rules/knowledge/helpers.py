"""Cache-copy helpers: which copies go into, or come out of, a cache, and in what state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lint_rules.flow.facts import Facts, Handoff, Store, Write
from lint_rules.flow.state import State, join, read
from lint_rules.flow.values import (
    ABSENT,
    DEFAULT,
    Absent,
    Const,
    Init,
    Obj,
    Ref,
    Seq,
    Value,
)
from lint_rules.flow.vocabulary import SERIALISED
from lint_rules.knowledge.filling import is_merged_into, is_merged_onto, was_filled
from lint_rules.knowledge.leaving import leaving
from lint_rules.knowledge.merging import family, found_ones
from lint_rules.knowledge.origins import brings, is_built_of_row, roots
from lint_rules.knowledge.rows import Rows
from lint_rules.naming import is_cache_copy_name, keeps_entries
from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from lint_rules.flow.summaries import Library
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.screen.survey import Survey

_CARRIERS = frozenset({"param", "self", "lookup", "call", "attr", "global"})


@dataclass(frozen=True)
class HelperCopy:
    """A copy that lives in, or is handed out of, a cache.

    ``why`` says what makes the function a cache-copy helper: name, stored, looked-up.  ``fields``
    are those of the copy where it leaves the function, joined over all ways.
    """

    facts: Facts
    copy: Obj
    why: str
    fields: dict[str, Value]
    #: The copy that a reset belongs on, where what leaves is only its serialised form.
    base: Obj
    #: The states in which it is returned.
    returned_in: tuple[State, ...]

    @property
    def returned(self) -> bool:
        """True where some way returns it; else it only goes into a cache."""
        return bool(self.returned_in)

    def value(self, name: str) -> Value:
        """What a field of the copy may hold where the copy leaves the function."""
        return self.fields.get(name) or self.facts.objects.default(self.copy.id, name)

    def keeps(self, name: str) -> bool:
        """True when the copy may still hold the value that the original came with."""
        return bool(self.value(name).atoms & self._old(name))

    def _old(self, name: str) -> frozenset[Init]:
        """The value that the original came with, however the function calls it."""
        return frozenset(Init(obj, name) for obj in self._links)

    def resets(self, name: str) -> bool:
        """True when some way sets the field to None, empties or removes it."""
        atoms = self.value(name).atoms
        if any(_is_emptied(atom) for atom in atoms):
            return self._emptied(name)
        return any(isinstance(atom, Absent) for atom in atoms) and self._left_out(name)

    def _emptied(self, name: str) -> bool:
        """False where each write that may be empty may as well be another value than the old one: such a
        write gives the field a value, which may just be None."""
        writes = [w for w in self.writes(name) if any(map(_is_emptied, w.value.atoms))]
        old = self._old(name) | ABSENT.atoms
        return not writes or any(
            self._is_own(write) and all(isinstance(a, Const) or a in old for a in write.value.atoms)
            for write in writes
        )

    def _left_out(self, name: str) -> bool:
        """True when the function itself leaves the field out: the original may just not have had it, and what
        no dump of its class holds by its declaration says nothing."""
        links = [self.facts.objects[obj] for obj in self._links]
        declared = (link.model.field(name) for link in links if link.model is not None)
        if any(decl is not None and decl.excluded for decl in declared):
            return False
        if any(link.only is not None and name not in link.only for link in links):
            return True
        return any(write.how == "delete" and self._is_own(write) for write in self.writes(name))

    @cached_property
    def _links(self) -> frozenset[int]:
        """The copy and what it was copied from."""
        return family(self.facts, self.copy.id)

    @property
    def made_elsewhere(self) -> bool:
        """True for a copy of one that a called function made."""
        links = (self.facts.objects[obj] for obj in self._links)
        return any(link.origin == "copy" and link.maker is not None for link in links)

    def writes(self, name: str) -> list[Write]:
        """The writes to a field of the copy, and of what it was copied from."""
        return self._writes.get(name, [])

    @cached_property
    def _writes(self) -> dict[str, list[Write]]:
        """By field the writes to the copy and to what it was copied from."""
        found: dict[str, list[Write]] = {}
        for write in self.facts.writes:
            if write.obj in self._links:
                found.setdefault(write.field, []).append(write)
        return found

    def _is_own(self, write: Write) -> bool:
        """False for a write that may as well go to something inside the copy: it resets nothing of the copy
        for sure."""
        return (write.node, write.field) not in self._written_inside

    @cached_property
    def _written_inside(self) -> set[tuple[object, str]]:
        """The writes that may go to something inside the copy: where they stand, and the field."""
        writes = (write for write in self.facts.writes if self._is_inside(write.obj))
        return {(write.node, write.field) for write in writes}

    def _is_inside(self, obj: int) -> bool:
        info = self.facts.objects[obj]
        while info.origin == "attr" and info.of:
            if info.of[0] in self._links:
                return True
            info = self.facts.objects[info.of[0]]
        return False

    def always_keeps(self, name: str) -> bool:
        """True when no way gives the field another value: one that may just happen to be None is no reset."""
        others = self.value(name).atoms - self._old(name) - ABSENT.atoms
        if any(self.facts.objects[link].origin == "fresh" for link in self._links):
            # Of a copy of something found or made: what was made is as it was.
            others -= DEFAULT.atoms
        given = all(_is_emptied(atom) for atom in others) and bool(others)
        return self.keeps(name) and (not others or (given and not self.resets(name)))


def _is_emptied(atom: object) -> bool:
    return (
        isinstance(atom, Const)
        and atom.kind in ("none", "empty", "shared")
        and atom.value != "assumed"
    )


class Helpers:
    """Finds the cache-copy helpers of a project, one function at a time."""

    def __init__(self, library: Library, survey: Survey) -> None:
        self.survey = survey
        self.library = library
        self.project = library.project
        self.rows = Rows(self)
        self._copies = Remembered(self._ask_copies, lambda function: ())
        self._leaving = Remembered(self._ask_leaving)

    def copies(self, function: FunctionRef) -> tuple[HelperCopy, ...]:
        """The copies for which ``function`` is a cache-copy helper; empty when it is none."""
        return self._copies(function)

    def _ask_copies(self, function: FunctionRef) -> tuple[HelperCopy, ...]:
        alone = self.library.facts(function, 0)
        if alone is None or not any(
            self._copies_carrier(alone, copy) and self.may_leave(alone, copy)
            for copy in own_copies(alone)
        ):
            return ()
        facts = self.library.facts(function)
        return tuple(self._find(facts)) if facts is not None and facts.final is not None else ()

    def may_leave(self, alone: Facts, copy: Obj) -> bool:
        """True when a copy may be returned or stored; the facts are those of the function by itself."""
        return copy.id in self._leaving(alone.function)

    def _ask_leaving(self, function: FunctionRef) -> frozenset[int]:
        alone = self.library.facts(function, 0)
        return leaving(alone, self.survey.stores) if alone is not None else frozenset()

    def of_model(
        self, model: ClassRef | None, functions: Iterable[FunctionRef]
    ) -> tuple[HelperCopy, ...]:
        """The copies of a model that those of the functions make which are cache-copy helpers for it."""
        return tuple(
            copy
            for function in functions
            for copy in self.copies(function)
            if copy.copy.model is not None and model is not None and not copy.copy.same
            and copy.copy.model.is_kin_of(model)
        )  # fmt: skip

    def _find(self, facts: Facts) -> list[HelperCopy]:
        out: list[HelperCopy] = []
        for copy in own_copies(facts):
            if copy.opaque or not self._copies_carrier(facts, copy):
                continue
            returned, stored = _leaving(facts, copy.id, self._copies_itself)
            if not returned and not stored:
                continue
            why = self._why(facts, copy, returned=bool(returned), stored=bool(stored))
            if why:
                fields = _joined(facts, copy.id, returned + stored)
                base = _resettable(facts, copy)
                out.append(HelperCopy(facts, copy, why, fields, base, tuple(returned)))
        return out

    def _copies_itself(self, store: Store) -> bool:
        """True where what is stored is a copy that a helper makes which the store calls, or is."""
        return store.copied and all(self.copies(maker) for maker in store.makers)

    def _copies_carrier(self, facts: Facts, copy: Obj) -> bool:
        roots = [root for root in found_ones(facts, copy) if root.origin != "copy"]
        if not roots or any(root.origin not in _CARRIERS for root in roots):
            return False
        if is_built_of_row(facts, copy.id):
            return False
        return not any(root.model is not None and copy.model is not None and not root.model.is_kin_of(
            copy.model) for root in roots)  # fmt: skip

    def _why(self, facts: Facts, copy: Obj, *, returned: bool, stored: bool) -> str:
        function = facts.function
        found = roots(facts, copy.id)
        if not stored and any(root.origin == "fresh" for root in found):
            return ""  # of something found or made for this call: nobody keeps it
        if is_cache_copy_name(function.name, self.library.settings.cache_copy_helpers):
            return "name"
        if is_merged_onto(facts, copy):
            return ""
        if stored or (returned and facts.caches_result):
            return "stored"
        if not returned:
            return ""
        if copy.mixed or was_filled(facts, copy):
            return "stored" if self.stored_by_callers(function) else ""
        if any(root.origin == "lookup" for root in found):
            return "looked-up"
        if copy.model is None and not resets_any(facts, copy):
            return ""  # nothing could be said about its fields
        if self.stored_by_callers(function):
            return "stored"
        return "looked-up" if self._looked_up_by_callers(facts, copy) else ""

    # ----------------------------------------------------------------- callers

    def callers(self, function: FunctionRef) -> Iterator[Facts]:
        """The facts of every function that calls ``function``; each is interpreted when its turn comes."""
        found = map(self.library.facts, self.project.callers(function))
        return (facts for facts in found if facts is not None)

    def _cache_users(self, function: FunctionRef) -> Iterator[Facts]:
        """The facts of those callers that have to do with a cache."""
        users = filter(self.survey.uses_cache, self.project.callers(function))
        return (facts for facts in map(self.library.facts, users) if facts is not None)

    def stored_by_callers(self, function: FunctionRef) -> bool:
        """True when a caller stores what the function returned, or a copy of it."""
        for facts in self._cache_users(function):
            kept = facts.placed if keeps_entries(facts.function.owner) else ()
            for stored in dict.fromkeys(one.obj for one in (*facts.stores, *kept)):
                if any(facts.objects[link].maker == function for link in family(facts, stored)):
                    return True
        return False

    def _looked_up_by_callers(self, facts: Facts, copy: Obj) -> bool:
        found = {root.id for root in roots(facts, copy.id)}
        names = {name for name, obj in facts.params.items() if obj in found}
        if not names:
            return False
        for caller in self._cache_users(facts.function):
            for handoff in caller.handoffs:
                if handoff.callee != facts.function:
                    continue
                values = (handoff.arguments.get(name) for name in names)
                given = {obj for value in values if value is not None for obj in value.refs}
                if any(_is_as_found(caller, handoff, obj) for obj in given):
                    return True
        return False


def _is_as_found(facts: Facts, handoff: Handoff, obj: int) -> bool:
    """True for what a cache handed out and no request's values were merged onto: a copy of that is for a
    response or a log, whatever is blanked on it."""
    fields = handoff.fields.get(obj, {})
    found = facts.objects[obj].origin == "lookup"
    return found and not any(brings(facts, value) for value in fields.values())


def own_copies(facts: Facts) -> list[Obj]:
    """The copies that a function makes itself."""
    return [o for o in facts.objects.all() if o.origin == "copy" and o.maker is None]


def _resettable(facts: Facts, copy: Obj) -> Obj:
    """The copy behind a serialised one, where this function made it; one onto which a request's values are
    merged is what the request goes on with: a reset there would take them from it."""
    while copy.how in SERIALISED and len(copy.of) == 1:
        inner = facts.objects[copy.of[0]]
        if inner.origin != "copy" or inner.maker is not None or is_merged_into(facts, inner):
            break
        copy = inner
    return copy


def resets_any(facts: Facts, copy: Obj) -> bool:
    """True when the function itself resets something on the copy."""
    if facts.shared_edits or facts.objects[copy.id].only is not None:
        return True
    assert facts.final is not None
    fields = facts.final.heap.get(copy.id, {})
    return any(_is_emptied(a) or isinstance(a, Absent) for v in fields.values() for a in v.atoms)


def is_handed_on(facts: Facts, copy: Obj) -> bool:
    """True when a function of the project is given the copy, or one made of it: it may reset it."""
    given = (value for handoff in facts.handoffs for value in handoff.arguments.values())
    return any(copy.id in family(facts, obj) for value in given for obj in value.refs)


def resets_partly(facts: Facts, copy: Obj) -> bool:
    """True when the function resets something on the copy that may hold the old value all the same."""
    if facts.shared_edits or _is_resettable_elsewhere(facts, copy):
        return resets_any(facts, copy)
    assert facts.final is not None
    chain = family(facts, copy.id)
    states = [facts.final, *(leave.state for leave in facts.exits)]
    states += [State(heap={copy.id: dict(store.fields)}) for store in facts.stores]
    for state in states:
        for name in state.heap.get(copy.id, {}):
            atoms = read(state, facts.objects, copy.id, name).atoms
            emptied = any(_is_emptied(a) or isinstance(a, Absent) for a in atoms)
            if emptied and any(isinstance(a, Init) and a.obj in chain for a in atoms):
                return True
    return _resets_late(facts, copy)


def _is_resettable_elsewhere(facts: Facts, copy: Obj) -> bool:
    """True for a copy of a copy, or one that is copied on: what is reset on one may be kept in another."""
    return copy.how in SERIALISED or any(
        copy.id in other.of or other.id in copy.of
        for other in facts.objects.all()
        if other.origin == "copy"
    )


def _resets_late(facts: Facts, copy: Obj) -> bool:
    """True for a copy that leaves the function at several places, perhaps before its resets."""
    returned, stored = _leaving(facts, copy.id)
    return len(returned) + len(stored) > 1 and resets_any(facts, copy)


def _contains(value: Value, obj: int) -> bool:
    for atom in value.atoms:
        if isinstance(atom, Ref) and atom.obj == obj:
            return True
        if isinstance(atom, Seq) and any(_contains(part, obj) for part in atom.parts):
            return True
    return False


def _leaving(
    facts: Facts, obj: int, copies: Callable[[Store], bool] | None = None
) -> tuple[list[State], list[State]]:
    """The states in which an object is returned, and those in which it is stored, but for the stores that keep a copy
    of it."""
    returned = [leave.state for leave in facts.exits if _contains(leave.value, obj)]
    stored = [
        State(heap={obj: dict(store.fields)}, guards=store.guards)
        for store in facts.stores
        if store.obj == obj and not (copies is not None and copies(store))
    ]
    return returned, stored or _kept(facts, obj)


def _kept(facts: Facts, obj: int) -> list[State]:
    """The states in which a method of a class that is called a cache keeps a copy which it resets itself; one on which
    it resets nothing only keeps others from the entry: who gives what is told by those that call it."""
    info = facts.objects[obj]
    if info.origin != "copy" or not keeps_entries(facts.function.owner):
        return []
    links = map(facts.objects.__getitem__, family(facts, obj))
    if any(link.maker is not None for link in links) or not resets_any(facts, info):
        return []
    return [State(heap={obj: dict(one.fields)}) for one in facts.placed if one.obj == obj]


def _joined(facts: Facts, obj: int, states: list[State]) -> dict[str, Value]:
    joined = join(states, facts.objects)
    if joined is None:
        return {}
    names = {name for state in states for name in state.heap.get(obj, {})}
    return {name: read(joined, facts.objects, obj, name) for name in names}
