"""Which objects of a function others may hold, too: what is written onto these the next request may find."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from lint_rules.flow.state import reached
from lint_rules.flow.values import APART, Seq, Value

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj

Held: TypeAlias = dict[int, set[int]]
"""By each object those that may stand in one of its fields."""
_OTHERS = frozenset({"param", "self", "global", "lookup", "call"})
"""The origins of objects that somebody else holds."""


def exposed(facts: Facts, held: Held) -> frozenset[int]:
    """What came in, was looked up or stored, and everything that may stand in one of these."""
    return reached(held, _by_themselves(facts))


def values_of(facts: Facts, obj: int, name: str) -> Iterator[Value]:
    """What a field of an object is given, or may hold at some place."""
    yield from (write.value for write in facts.writes_to(obj, name))
    for owner, fields in _snapshots(facts):
        if owner == obj and name in fields:
            yield fields[name]


def _by_themselves(facts: Facts) -> Iterator[int]:
    yield from (obj.id for obj in facts.objects.all() if _is_others(facts, obj))
    yield from (
        store.obj for store in facts.stores
    )  # a shallow copy that is kept instead holds the same
    written = {
        (write.node, obj) for write in facts.writes for obj in objects_of(facts, write.value)
    }
    # What is put into a container that the flow does not know.
    yield from (place.obj for place in facts.placed if (place.node, place.obj) not in written)
    for leave in facts.exits if facts.caches_result else ():
        yield from objects_of(facts, leave.value)


def _is_others(facts: Facts, obj: Obj) -> bool:
    """True for what came in, and for what stands in a shallow copy of it: it stands in the original, too."""
    if obj.origin == "attr" and obj.of:
        owner = facts.objects[obj.of[0]]
        return _is_others(facts, owner) or (owner.origin == "copy" and owner.depth != "deep")
    return obj.origin in _OTHERS and obj.how != APART


def held_in(facts: Facts) -> Held:
    """By each object those that may stand in one of its fields at any time: the order of events is left out."""
    held: Held = {}
    for obj in facts.objects.all():
        for owner in obj.of if obj.origin == "attr" else ():
            held.setdefault(owner, set()).add(obj.id)
    for write in (*facts.writes, *facts.all_additions):
        held.setdefault(write.obj, set()).update(objects_of(facts, write.value))
    for owner, fields in _snapshots(facts):
        for value in fields.values():
            held.setdefault(owner, set()).update(objects_of(facts, value))
    for obj in facts.objects.all():
        for original in _copied_shallow(facts, obj):
            held.setdefault(obj.id, set()).update(held.get(original, ()))
    return held


def _copied_shallow(facts: Facts, obj: Obj) -> Iterator[int]:
    """The objects whose containers and inner objects a copy has, too, through other copies as well."""
    seen = {obj.id}
    todo = [obj]
    while todo:
        info = todo.pop()
        for original in info.of if info.origin == "copy" and info.depth != "deep" else ():
            if original not in seen:
                seen.add(original)
                todo.append(facts.objects[original])
                yield original


def _snapshots(facts: Facts) -> Iterator[tuple[int, dict[str, Value]]]:
    """What the fields of objects hold at the places where the facts tell of it."""
    if facts.final is not None:
        yield from facts.final.heap.items()
    for leave in facts.exits:
        yield from leave.state.heap.items()
    for handoff in facts.handoffs:
        yield from handoff.fields.items()
    yield from ((store.obj, store.fields) for store in facts.stores)


def objects_of(facts: Facts, value: Value) -> Iterator[int]:
    """The objects that a value is, or holds as an item."""
    yield from (obj for obj in facts.objects.referred(value).values() if obj is not None)
    for atom in value.atoms:
        if isinstance(atom, Seq):
            for part in atom.parts:
                yield from objects_of(facts, part)
