"""Rows of a database that functions are handed as parameters: what is built from one carries no request's values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.values import NONES, Init, Ref, Seq
from lint_rules.knowledge.called import called_for
from lint_rules.knowledge.leaving import KEEPS
from lint_rules.knowledge.merging import Merging
from lint_rules.knowledge.origins import (
    NOT_READ,
    Read,
    brings,
    is_built_of_row,
    is_filled,
    is_row,
    original,
    roots,
)
from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable

    from lint_rules.flow.facts import Facts, Handoff
    from lint_rules.flow.values import Atom, Obj, Value
    from lint_rules.knowledge.helpers import Helpers
    from lint_rules.project.functions import FunctionRef


_CALLS = 3
"""How many calls deep a function is looked for that builds an object."""


class Rows:
    """Says which parameters are rows wherever their function is called, and which calls build of one."""

    def __init__(self, helpers: Helpers) -> None:
        self.helpers = helpers
        self.given = Remembered(self._ask, lambda function: frozenset())

    def builds(self, facts: Facts, obj: int) -> bool:
        """True for an object of a class that was built from a row, read here or elsewhere; of what callers are given
        and a cache keeps only where these put nothing on it."""
        if is_built_of_row(facts, obj):
            return True
        built = self._holds(facts, [obj], lambda read: is_built_of_row(facts, obj, read))
        return built and (not facts.objects[obj].stored or self._is_left_alone(facts, obj))

    def _is_left_alone(self, facts: Facts, obj: int) -> bool:
        """True where no caller that is seen gives a returned object a value that is not overwritten on what is found,
        too, and nothing but the cache keeps it."""
        if _is_kept_elsewhere(facts, facts.objects[obj]):
            return False
        known: dict[FunctionRef, None] = {}
        todo = [facts.function] if _is_handed_out(facts, [obj]) else []
        while todo:
            function = todo.pop()
            known[function] = None
            for caller in self.helpers.callers(function):
                got = _returned_by(caller, function)
                if any(_is_filled(caller, o) or _is_kept_elsewhere(caller, o) for o in got):
                    return False
                if caller.function not in known and _is_handed_out(caller, [o.id for o in got]):
                    todo.append(caller.function)
        return True

    def bring(self, facts: Facts, obj: int, value: Value) -> bool:
        """True when a value of an object that a cache keeps may be a request's; what was built from a row, read here or
        elsewhere, brings none, as long as those who are given the object put nothing on it."""
        if not brings(facts, value):
            return False
        read_from = [atom.obj for atom in original(facts, value) if isinstance(atom, Init)]
        built = self._holds(facts, read_from, lambda read: not brings(facts, value, read))
        return not (built and self._is_left_alone(facts, obj))

    def _holds(self, facts: Facts, objs: list[int], holds: Callable[[Read], bool]) -> bool:
        """True where something holds of objects by what was read here or elsewhere; the calls and callers are asked
        only where they decide."""
        calls = {root.id for obj in objs for root in roots(facts, obj) if root.origin == "call"}
        if holds(NOT_READ) or not holds(Read(frozenset(facts.params), frozenset(calls))):
            return holds(NOT_READ)
        given = self.given(facts.function)
        return holds(
            Read(given, frozenset(call for call in calls if self._is_built(facts, call, given)))
        )

    def _is_built(self, facts: Facts, obj: int, given: frozenset[str], calls: int = _CALLS) -> bool:
        """True for what a called function built from a row, and kept nowhere."""
        info = facts.objects[obj]
        called = called_for(self.helpers.library, facts, info) if calls else None
        if called is None or info.stored:
            return False
        read = Read(rows_given(facts, called.call, given))
        exits = called.made.exits
        return bool(exits) and all(
            self._is_returned(called.made, leave.value, read, calls) for leave in exits
        )

    def _is_returned(self, made: Facts, value: Value, read: Read, calls: int) -> bool:
        atoms = value.atoms - NONES
        kept = {place.obj for place in made.placed}
        return all(
            isinstance(atom, Ref)
            and atom.obj not in kept
            and not made.objects[atom.obj].stored
            and not any(brings(made, write.value, read) for write in made.writes_to(atom.obj))
            and (
                is_built_of_row(made, atom.obj, read)
                or self._is_built(made, atom.obj, read.params, calls - 1)
            )
            for atom in atoms
        )

    def _ask(self, function: FunctionRef) -> frozenset[str]:
        """The parameters for which all callers, all of them seen, hand over rows as they were read."""
        if not self.helpers.project.graph.all_seen(function):
            return frozenset()
        callers = list(self.helpers.callers(function))
        calls = [(c, call) for c in callers for call in c.handoffs if call.callee == function]
        if not calls or len({caller.function for caller, _ in calls}) < len(callers):
            return frozenset()  # one calls it by way of something else
        rows = [rows_given(caller, call, self.given(caller.function)) for caller, call in calls]
        return frozenset.intersection(*rows)


def _returned_by(caller: Facts, function: FunctionRef) -> list[Obj]:
    """What the calls of a function returned, as objects of the caller."""
    nodes = {call.node for call in caller.handoffs if call.callee == function}
    return [obj for obj in caller.objects.all() if obj.node in nodes]


def _is_handed_out(facts: Facts, objs: list[int]) -> bool:
    return any(obj in leave.value.refs for leave in facts.exits for obj in objs)


def _is_kept_elsewhere(facts: Facts, obj: Obj) -> bool:
    """True for an object that something other than a variable and a cache holds."""
    stored = {obj.node, *(store.node for store in facts.stores)}  # by the call, or here
    held = (value for leave in facts.exits for atom in leave.value.atoms for value in _parts(atom))
    return (
        any(place.obj == obj.id and place.node not in stored for place in facts.placed)
        or any(obj.id in value.refs for value in held)
        or any(obj.id in write.value.refs for write in (*facts.writes, *facts.all_additions))
        or any(
            obj.id in value.refs and call.node not in stored and call.callee.holds(KEEPS)
            for call in facts.handoffs
            for value in call.arguments.values()
        )
    )


def _parts(atom: Atom) -> tuple[Value, ...]:
    return atom.parts if isinstance(atom, Seq) else ()


def _is_filled(facts: Facts, obj: Obj) -> bool:
    """True where a request's value may be put on an object, and not on what is found instead of it, too."""
    return obj.mixed or any(
        brings(facts, write.value) and not _is_overwritten(facts, write.field)
        for write in facts.writes_to(obj.id)
    )


def _is_overwritten(facts: Facts, name: str) -> bool:
    """True where no way leaves the field of what was found as it was."""
    found = [obj.id for obj in facts.objects.all() if obj.origin == "lookup"]
    merging = Merging(facts)
    return bool(found) and not any(merging.may_keep_old(obj, name) for obj in found)


def rows_given(facts: Facts, call: Handoff, given: frozenset[str] = frozenset()) -> frozenset[str]:
    """The parameters for which a call hands over a row as it was read; ``given`` are those of the caller that are
    rows."""
    return frozenset(
        name
        for name, value in call.arguments.items()
        if 0 < len(value.refs) == len(value.atoms)
        and all(_is_row(facts, facts.objects[obj], given) for obj in value.refs)
    )


def _is_row(facts: Facts, obj: Obj, given: frozenset[str]) -> bool:
    is_one = is_row(facts, obj) or (obj.origin == "param" and obj.name in given)
    return is_one and not obj.mixed and not facts.writes_to(obj.id) and not is_filled(facts, obj)
