"""Whether a copy may leave its function at all, judged by the function alone.

A copy that is neither returned nor stored, nor handed to what may do so, is no cache copy, whatever the
called functions do: the function need not be interpreted together with them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, TypeAlias

from lint_rules.flow.facts import Facts, Handoff
from lint_rules.flow.values import Init, Ref, Seq, Value
from lint_rules.naming import keeps_entries

if TYPE_CHECKING:
    from lint_rules.project.functions import FunctionRef

KEEPS = r"\.\w+[ \t]*(?::[^=\n]{0,200})?=[^=]|\][ \t]*=[^=]|setattr|\.(?:append|add|update|insert|extend|setdefault)\("
"""Something is put into an attribute, or into a container."""
FactsOf: TypeAlias = "Callable[[FunctionRef], Facts | None]"
_CALLS = 2
"""How many calls deep a function is followed that is handed something."""
_CAME_IN = frozenset({"param", "self", "attr", "global", "lookup", "call"})


def leaving(facts: Facts, stores: Callable[[FunctionRef], bool]) -> frozenset[int]:
    """The objects of a function that may be returned or stored, or be held by what may be.

    ``facts`` are those of the function without its calls; ``stores`` tells which functions may store
    what they are given.
    """
    parts: dict[int, set[int]] = {}
    for part, whole in _links(facts):
        parts.setdefault(whole, set()).add(part)
    found = set(_leaving_themselves(facts, stores))
    todo = list(found)
    while todo:
        more = parts.get(todo.pop(), set()) - found
        found |= more
        todo += more
    return frozenset(found)


def _leaving_themselves(facts: Facts, stores: Callable[[FunctionRef], bool]) -> Iterator[int]:
    yield from (store.obj for store in facts.stores)
    if keeps_entries(facts.function.owner):
        yield from (placed.obj for placed in facts.placed)
    yield from facts.passed
    for leave in facts.exits:
        yield from objects_in(leave.value)
    for handoff in facts.handoffs:
        if stores(handoff.callee):
            yield from _given(handoff)
    # Of what came in a field may be stored in which something is kept: that only the calls tell.
    if stores(facts.function):
        yield from (obj.id for obj in facts.objects.all() if obj.origin in _CAME_IN)


def _links(facts: Facts) -> Iterator[tuple[int, int]]:
    """Pairs of an object, and one that may hold it, hand it out or be made of it."""
    for obj in facts.objects.all():
        yield from ((source, obj.id) for source in obj.of)
    for write in facts.writes:
        yield from ((part, write.obj) for part in objects_in(write.value))
    final = facts.final.heap if facts.final is not None else {}
    for heap in (final, *(handoff.fields for handoff in facts.handoffs)):
        for whole, fields in heap.items():
            yield from ((part, whole) for value in fields.values() for part in objects_in(value))
    made = {obj.node: obj.id for obj in facts.objects.all() if obj.origin == "call"}
    for handoff in facts.handoffs:
        given = _given(handoff)
        wholes = {made[handoff.node]} if handoff.node in made else set()
        if handoff.callee.holds(KEEPS):  # one thing that it is given in another
            wholes |= given
        yield from ((part, whole) for part in given for whole in wholes)


def _given(handoff: Handoff) -> set[int]:
    return {obj for value in handoff.arguments.values() for obj in objects_in(value)}


def living_on(facts: Facts, facts_of: FactsOf) -> frozenset[int]:
    """All objects but the mappings of an object's fields that are only looked at here, or given to a library: a line of
    a log, a message, an answer.

    Such a mapping lives on where something is made of it, or where it is stored, returned, held by an object or handed
    to a function of the project that does one of these; ``facts_of`` tells of a function what it does by itself.
    """
    objects = facts.objects
    wholes = [o.id for o in objects.all() if o.model is not None and not o.mapping]
    data = {obj for obj in objects.made_of(wholes) if objects[obj].mapping}
    values = [leave.value for leave in facts.exits]
    values += [write.value for write in facts.writes]
    values += _kept_by_called(facts, data, facts_of, _CALLS)
    kept = {store.obj for store in facts.stores}.union(facts.passed, *map(_referred, values))
    return objects.family(*kept, *(o.id for o in objects.all() if o.id not in data))


def _kept_by_called(
    facts: Facts, data: Collection[int], facts_of: FactsOf, calls: int
) -> Iterator[Value]:
    """What the called functions are given that may be some of these objects, and may keep, hand out or make something
    of; only of such functions the facts are asked for."""
    for handoff in facts.handoffs:
        given = {
            n: v for n, v in handoff.arguments.items() if not set(objects_in(v)).isdisjoint(data)
        }
        follow = bool(given) and calls > 0 and not handoff.callee.holds(KEEPS)
        called = facts_of(handoff.callee) if follow else None
        params = called.params if called is not None else {}
        used = _used(called, facts_of, calls - 1) if called is not None else frozenset()
        yield from (
            v for name, v in given.items() if params.get(name) is None or params[name] in used
        )


def _used(facts: Facts, facts_of: FactsOf, calls: int) -> frozenset[int]:
    """The objects of a function that are not only looked at, or given to a library."""
    made = {obj for info in facts.objects.all() for obj in info.of if not info.mapping}
    values = [write.value for write in facts.writes] + [leave.value for leave in facts.exits]
    came = facts.objects.made_of(facts.params.values())
    values += _kept_by_called(facts, came, facts_of, calls)
    placed = {one.obj for one in facts.placed}
    stored = {store.obj for store in facts.stores} | facts.passed
    objs = {obj for value in values for obj in objects_in(value)}
    return facts.objects.family(*made, *placed, *stored, *objs)


def _referred(value: Value) -> set[int]:
    """The objects that a value may be, or hold as an item."""
    found = set(value.refs)
    for atom in value.atoms:
        if isinstance(atom, Seq):
            found.update(obj for part in atom.parts for obj in _referred(part))
    return found


def objects_in(value: Value) -> Iterator[int]:
    """The objects that a value may be, be found in, or hold as an item."""
    for atom in value.atoms:
        if isinstance(atom, Ref | Init):  # or, of that object, one of its fields
            yield atom.obj
        elif isinstance(atom, Seq):
            yield from (obj for part in atom.parts for obj in objects_in(part))
