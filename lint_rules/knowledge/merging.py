"""Merges: which writes of a function put a source's values onto a carrier, and which may keep the old.

A write is looked at together with the state at the end of the function.  Where the old value cannot
survive to the end, the write is complete, whatever stands around it.  Where it can, the guards that
let it survive say whether the source decided (a finding) or the program (none).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lint_rules.flow.facts import Facts, Handoff, Write
from lint_rules.flow.state import State, join, read
from lint_rules.flow.values import (
    ITEM,
    WHOLE,
    Computed,
    Guard,
    Init,
    Obj,
    Reads,
    Ref,
    Seq,
    Value,
    may_hold_for,
    reads_of,
)
from lint_rules.knowledge.leaving import objects_in
from lint_rules.naming import SAYS_WHO

#: Choices inside the written value itself.
_VALUE_CHOICES = frozenset({"or", "and", "default", "coalesce", "ternary"})
#: Guards that leave a name out of what is unrolled; any other that a value was chosen under is a choice, too.
_SKIPPING = frozenset({"presence", "filter", "loop"})
MERGING = frozenset({"attr", "item", "setattr", "update"})


@dataclass(frozen=True, slots=True)
class Merge:
    """A write of a source's value onto a carrier.

    ``keeps`` is how the old value may survive: "" (it cannot), "or" (the value written may be the
    old one), "added" (the value written holds the old one as a part), "unset" (written only where
    nothing was), "guard" (written only when the new value is there), "restored" (the old value is put back behind the
    new one).  ``guard`` is the guard that decides.
    """

    write: Write
    keeps: str
    guard: Guard | None
    sources: tuple[int, ...]
    same_name: bool
    #: Every guard that asks about the source and lets the old value stay.
    deciding: tuple[int, ...] = ()
    #: The field came up by unrolling a mapping whose keys are not known.
    from_unknown: bool = False


def family(facts: Facts, obj: int) -> frozenset[int]:
    """A carrier and the objects that it is a copy of."""
    return facts.objects.family(obj)


def found_ones(facts: Facts, carrier: Obj) -> list[Obj]:
    """A carrier and what it is a copy of; of a copy of something "found or made", what was found, or found in that."""
    links = [facts.objects[obj] for obj in family(facts, carrier.id)]
    owners = (facts.objects.bottom(link.id) for link in links)
    if carrier.origin == "copy" and any(owner.origin == "lookup" for owner in owners):
        return [link for link in links if link.origin not in ("fresh", "mapping")]
    return links


def source_root(facts: Facts, obj: int) -> int:
    """The object that a source's dump or copy was made from."""
    seen: set[int] = set()
    while obj not in seen:
        seen.add(obj)
        info = facts.objects[obj]
        if info.origin == "copy" and len(info.of) == 1:
            obj = info.of[0]
    return obj


class Merging:
    """The merges of one function."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._ends: dict[int, State] = {}
        self._own: dict[int, frozenset[int]] = {}

    def own(self, obj: int) -> frozenset[int]:
        """An object, what it is a copy of, and the mappings made of these: its old values are in all of them."""
        if obj not in self._own:
            self._own[obj] = family(self.facts, obj) | self._data_of(obj)
        return self._own[obj]

    def _data_of(self, obj: int) -> set[int]:
        """The mappings that are made of an object, or of what it is a copy of; what an object of another class was
        built from is no such original."""
        objects = self.facts.objects
        links = (objects[link] for link in family(self.facts, obj))
        same = (o.id for o in links if o.origin == "lookup" or o.model == objects[obj].model)
        return {made for made in objects.made_of(same) if objects[made].mapping}

    def final(self, obj: int, name: str) -> Value:
        """What a field may hold when the function has returned."""
        if obj not in self._ends:
            self._ends[obj] = self._end_of(obj)
        return read(self._ends[obj], self.facts.objects, obj, name)

    def _end_of(self, obj: int) -> State:
        """The state in which the function lets go of an object: of one that it looked up or was returned, and
        that it returns, the ways that return another one say nothing."""
        assert self.facts.final is not None
        if self.facts.yields or self.facts.objects.bottom(obj).origin not in ("lookup", "call"):
            return self.facts.final
        states = [
            leave.state for leave in self.facts.exits if obj in _handed_out(self.facts, leave.value)
        ]
        if len(states) == len(self.facts.exits):
            return self.facts.final
        return join(states, self.facts.objects) or self.facts.final

    def may_keep_old(self, obj: int, name: str) -> bool:
        """True when the value that came in can still be there at the end."""
        return any(self._is_old(atom, obj, name) for atom in self.final(obj, name).atoms)

    def _is_old(self, atom: object, obj: int, name: str) -> bool:
        """True for the value that a field came in with, and for what holds it as a part."""
        if isinstance(atom, Init):
            return atom.field == name and self._came_in(atom, obj)
        own = family(self.facts, obj)
        return any(part == name and owner in own for owner, part in self._parts_of(atom))

    def _came_in(self, atom: Init, obj: int) -> bool:
        """True for a value that leads, copy by copy, to what the field came in with; not for that of a copy which held
        nothing but a new value of another object where it was made."""
        own, seen, todo = self.own(obj), set[Init](), [atom]
        while todo:
            each = todo.pop()
            if each in seen or each.field != atom.field or each.obj not in own:
                continue
            seen.add(each)
            taken = self.facts.objects[each.obj].taken.get(each.field)
            if taken is None or any(isinstance(one, Computed) for one in taken.atoms):
                return True
            todo += [one for one in taken.atoms if isinstance(one, Init)]
        return False

    def _parts_of(self, atom: object) -> Reads:
        """The fields whose values are a part of what was computed, or spread into a mapping."""
        if isinstance(atom, Ref):
            return self.facts.objects[atom.obj].parts
        return atom.holds if isinstance(atom, Computed) else frozenset()

    def merges_onto(self, obj: int) -> list[Merge]:
        """Every write of a source's value to a field of ``obj``, classified."""
        from lint_rules.knowledge.restoring import restores

        if self.facts.final is None:
            return []
        written = [write for write in self.facts.writes_to(obj) if write.how in MERGING]
        added = [write for write in self.facts.additions if write.obj == obj]
        found = [self._classify(write) for write in (*written, *added)]
        merges = [merge for merge in found if merge is not None]
        named = {source for merge in merges if merge.same_name for source in merge.sources}
        merges = [
            merge
            for merge in merges  # what is added under another name may be anything: a log, a counter
            if merge.same_name or merge.write.how != "edit" or not named.isdisjoint(merge.sources)
        ]
        if any(merge.same_name for merge in merges):
            known = {merge.write.node for merge in merges}
            merges += [fill for fill in self._fills(obj) if fill.write.node not in known]
            merges += restores(self, obj, merges)
        return merges

    def _classify(self, write: Write) -> Merge | None:
        reads = self.source_reads(write)
        same = any(name == write.field for _, name in reads)
        if not reads:
            return None
        sources = tuple(sorted({source_root(self.facts, obj) for obj, _ in reads}))
        keeps, guard = self._keeping(write, reads)
        deciding = self._deciding(write, reads, keeps) if keeps else ()
        unknown = self._from_unknown(write, reads)
        return Merge(write, keeps, guard, sources, same, deciding, unknown)

    def _deciding(self, write: Write, reads: Reads, keeps: str) -> tuple[int, ...]:
        """The guards that were blamed, and those around the write that ask about the source too.

        What is added to keeps the old value by itself, whatever decides elsewhere.
        """
        added = keeps == "added"
        blamed = frozenset() if added else self.final(write.obj, write.field).blame
        equal = (guard for guard in self.facts.guards if guard.equal)
        same = {self.facts.guard_nodes[g.id] for g in equal if self._is_same_user(g, write)}
        found: set[int] = set()
        for number in (*blamed, *write.guards):
            guard = self.facts.guards[number]
            keeping = guard.needs if number in blamed else not guard.needs
            if self.facts.guard_nodes[number] in same:
                continue
            if guard.kind not in _VALUE_CHOICES and may_hold_for(
                guard.condition, keeping, lambda asked: self._about(asked, write, reads)
            ):
                found.add(number)
        return tuple(sorted(found))

    def _from_unknown(self, write: Write, reads: Reads) -> bool:
        guards = {*write.guards, *write.value.blame}
        if any(self.facts.guards[guard].kind == "presence" for guard in guards):
            return True
        # A dump that leaves out what is not set, of something whose class is not known.
        sources = (self.facts.objects[obj] for obj, _ in reads)
        return write.unrolled and any(s.partial is not None and s.model is None for s in sources)

    def _fills(self, obj: int) -> list[Merge]:
        """Writes of a default where nothing was: in a merge function they keep the old value too."""
        found: list[Merge] = []
        for write in self.facts.writes_to(obj):
            if write.how in MERGING and self.may_keep_old(obj, write.field):
                for number in sorted(self.final(obj, write.field).blame):
                    guard = self.facts.guards[number]
                    if guard.kind not in _VALUE_CHOICES and any(
                        own in self.own(obj) and name == write.field for own, name in guard.unset
                    ):
                        found.append(Merge(write, "unset", guard, (), False))
                        break
        return found

    def source_reads(self, write: Write) -> Reads:
        """What the written value was read from, the carrier's own old value left out."""
        own = self.own(write.obj)
        return frozenset(
            (obj, name)
            for obj, name in (*reads_of(write.value), *self._spread(write))
            if not (obj in own and name in (write.field, WHOLE)) and self._can_be_source(obj, name)
        )

    def _spread(self, write: Write) -> Reads:
        """What was spread into the mapping that is written, where the old value was, too."""
        if not self._adds(write):
            return frozenset()
        return frozenset().union(*map(self._parts_of, write.value.atoms))

    def _adds(self, write: Write) -> bool:
        """True when the old value is a part of the value that is written."""
        return any(
            not isinstance(atom, Init) and self._is_old(atom, write.obj, write.field)
            for atom in write.value.atoms
        )

    def _can_be_source(self, obj: int, name: str) -> bool:
        info = self.facts.objects[obj]
        if name == WHOLE:
            return info.origin in ("param", "call", "attr", "lookup")
        return info.origin != "mapping" or name != WHOLE

    # ----------------------------------------------------------------- how the old survives

    def _keeping(self, write: Write, reads: Reads) -> tuple[str, Guard | None]:
        if not self.may_keep_old(write.obj, write.field):
            return "", None
        blame = self.final(write.obj, write.field).blame
        guards = [self.facts.guards[g] for g in sorted(blame)]
        if self.writes_old(write):
            for guard in guards:
                if guard.id in write.value.blame and self._value_choice(guard, write, reads):
                    if not self._stands_under(guard, write):
                        return "or", guard
        same = any(name == write.field for _, name in reads)
        if self._adds(write) and (same or write.how == "edit"):
            return ("", None) if self._added_before(write) else ("added", None)
        plain = any(name != WHOLE or self._is_param(obj) for obj, name in reads)
        for guard in guards:
            if guard.kind in _VALUE_CHOICES or not self.asks(guard, write, reads):
                continue
            if not self._parts(guard, write) or self._found_equal(guard, write, reads):
                continue
            if self._fills_unset(guard, write):
                if plain:
                    return "unset", guard
            elif guard.kind != "presence":
                return "guard", guard
        return "", None

    def _added_before(self, write: Write) -> bool:
        """True where the way has been through another write that holds the old value: that one is reported."""
        others = (*self.facts.writes_to(write.obj, write.field), *self.facts.additions)
        return any(
            (other.obj, other.field) == (write.obj, write.field)
            and other.order < write.order
            and not self.facts.exclude(other, write)
            and self._adds(other)
            and any(name == write.field for _, name in self.source_reads(other))
            for other in others
        )

    def writes_old(self, write: Write) -> bool:
        """True when the value written may be the old one."""
        return any(self._is_old(atom, write.obj, write.field) for atom in write.value.atoms)

    def _parts(self, guard: Guard, write: Write) -> bool:
        """False for a test that lets the old value stay on a way, but does not keep that way from the write:
        behind it the ways have met."""
        if guard.kind != "if" or (guard.id in write.value.blame and self.writes_old(write)):
            return True
        return self._stands_under(guard, write)

    def _stands_under(self, guard: Guard, write: Write) -> bool:
        """True for a write on the other side of the test: it does not choose between the values itself.

        So it is with an entry of a dict that is written under a test, and merged by an update behind it.
        """
        node = self.facts.guard_nodes[guard.id]
        return guard.kind == "if" and any(
            self.facts.guard_nodes[other] is node and self.facts.guards[other].needs != guard.needs
            for other in write.guards
        )

    def _is_param(self, obj: int) -> bool:
        return self.facts.objects[obj].origin == "param"

    def _value_choice(self, guard: Guard, write: Write, reads: Reads) -> bool:
        if guard.kind in ("or", "and", "default", "coalesce"):
            return True
        return guard.kind not in _SKIPPING and self.asks(guard, write, reads)

    def _found_equal(self, guard: Guard, write: Write, reads: Reads) -> bool:
        """True where the old value is the new one ("write only what has changed"), or the same user's."""
        own = self.own(write.obj)
        is_own = any(obj in own and name == write.field for obj, name in guard.equal)
        is_new = is_own and any(
            name != WHOLE or self._is_param(obj) for obj, name in reads & guard.equal
        )
        return is_new or self._is_same_user(guard, write)

    def _is_same_user(self, guard: Guard, write: Write) -> bool:
        """True where another field of the carrier, which says whose it is, was found to be what it would be given from the
        source ("write all where the user has changed")."""
        own = self.own(write.obj)
        names = {name for obj, name in guard.equal if obj in own} - {write.field}
        others = frozenset((obj, name) for obj, name in guard.equal if obj not in own)
        marks = (w for w in self.facts.writes_to(write.obj) if w.field in names)
        return any(
            SAYS_WHO.search(mark.field) or SAYS_WHO.search(name)
            for mark in marks
            for _, name in others & reads_of(mark.value)
        )

    def _fills_unset(self, guard: Guard, write: Write) -> bool:
        own = self.own(write.obj)
        return any(obj in own and name == write.field for obj, name in guard.unset) or any(
            obj in own and name == write.field for obj, name in _leaves(guard)
        )

    def asks(self, guard: Guard, write: Write, reads: Reads) -> bool:
        """True when the guard keeps the old value by asking about the source, its value or the
        carrier's own field, and about nothing else."""
        return may_hold_for(
            guard.condition, guard.needs, lambda asked: self._about(asked, write, reads)
        )

    def _about(self, asked: Reads, write: Write, reads: Reads) -> bool:
        own = self.own(write.obj)
        wanted = self._with_owners(reads)
        for obj, name in self._with_owners(asked):
            if obj in own:
                if name == write.field:
                    return True
                continue
            info: Obj = self.facts.objects[obj]
            if (obj, name) in wanted and not (name == WHOLE and info.origin in ("self", "global")):
                return True
            if info.origin in ("self", "global"):
                continue
            if source_root(self.facts, obj) in {source_root(self.facts, o) for o, _ in wanted}:
                return True
        return False

    def _with_owners(self, reads: Reads) -> Reads:
        """Reads, and for a read of an object inside another the field that holds it."""
        found = set(reads)
        for obj, _ in reads:
            info = self.facts.objects[obj]
            while info.origin == "attr" and info.of:
                found.add((info.of[0], info.field))
                info = self.facts.objects[info.of[0]]
        return frozenset((o, n) for o, n in found)


def _leaves(guard: Guard) -> Reads:
    from lint_rules.flow.values import reads_in

    return reads_in(guard.condition)


def may_be(facts: Facts, value: Value) -> set[int]:
    """The objects that a value may be: that it refers to, or that the field it was read from came with."""
    held = (atom for atom in value.atoms if isinstance(atom, Init))
    contents = {facts.objects.content_of(atom.obj, atom.field) for atom in held}
    return {*value.refs, *(obj for obj in contents if obj is not None)}


def handed(facts: Facts, call: Handoff, param: Obj, field: str) -> Iterator[Value]:
    """What a call in a function hands over for a parameter, or in a field of what it hands over."""
    value = call.arguments.get(param.name)
    if value is None or not field:
        yield from () if value is None else (value,)
        return
    for atom in value.atoms:
        if isinstance(atom, Seq) and field == ITEM:  # what ``*given`` collects
            yield from atom.parts
        elif isinstance(atom, Ref):
            held = call.fields.get(atom.obj, {})
            own = held.get(field) or facts.objects.default(atom.obj, field)
            yield from held.values() if field == ITEM else (own,)


def _handed_out(facts: Facts, value: Value) -> set[int]:
    """The objects that a value may be, hold, or be found in."""
    return {*objects_in(value), *may_be(facts, value)}
