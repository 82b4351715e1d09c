"""Can what an earlier request left be on a carrier, and still be there when the request is over?

A merge function alone cannot know: its callers may hand it a copy of their own, reset it before, or write
the field themselves behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from lint_rules.flow.values import (
    APART,
    ITEM,
    Absent,
    Callable_,
    Const,
    Init,
    Ref,
    Seq,
    Strings,
)
from lint_rules.knowledge.called import called_for
from lint_rules.knowledge.inside import Inside
from lint_rules.knowledge.kin import class_of
from lint_rules.knowledge.merging import Merging, family, may_be
from lint_rules.knowledge.origins import Read, is_all_found, is_built_of_row, is_own, roots
from lint_rules.knowledge.rows import rows_given

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts, Handoff
    from lint_rules.flow.values import Obj, Value
    from lint_rules.knowledge.called import Called
    from lint_rules.knowledge.contents import Contents
    from lint_rules.knowledge.helpers import Helpers
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef


_CALLS = 3
"""How many calls deep a function is looked for that makes an object."""


class _Handed(NamedTuple):
    """An object that a caller hands over in a call, with the caller's facts."""

    caller: Facts
    handoff: Handoff
    obj: Obj
    #: The class that the parameter has.
    wanted: ClassRef | None
    #: The called function writes onto a copy of it.
    copied: bool


class Staying:
    """Follows an old value of a field from where the carrier comes from to where it is left."""

    def __init__(self, helpers: Helpers, contents: Contents) -> None:
        self.helpers = helpers
        self.contents = contents
        self.inside = Inside(helpers)
        #: What is being followed from caller to caller.
        self._asked: list[tuple[FunctionRef, int]] = []

    def may_arrive(self, facts: Facts, carrier: Obj, name: str) -> bool:
        """True when the carrier of a merge may come with an earlier request's value of the field."""
        return self._may(facts, carrier, name, self._arrives)

    def may_stay(self, facts: Facts, carrier: Obj, name: str) -> bool:
        """True when it may come with one, and still have it when the callers are done with the carrier."""
        return self._may(facts, carrier, name, self._stays)

    def may_be_missed(self, facts: Facts, carrier: Obj, name: str) -> bool:
        """The same of a field that no caller merges itself: where one does so badly, that is said there."""
        return self._may(
            facts, carrier, name,
            lambda handed, field: not _is_merged(handed, field) and self._stays(handed, field),
        )  # fmt: skip

    def _may(
        self, facts: Facts, carrier: Obj, name: str, is_old: Callable[[_Handed, str], bool]
    ) -> bool:
        """False where all callers are seen, and of what they hand over nothing is old; those who only try the
        function (a test does) say nothing."""
        inner = self.inside.copied(facts, carrier, name)
        if inner is not None:
            return self.inside.may_hold(inner)
        if carrier.origin == "attr" and facts.objects.bottom(carrier.id).how == APART:
            return self.contents.may_be_in(facts, carrier, class_of(facts, carrier), name)
        if carrier.origin == "attr":
            return self._may_inside(facts, carrier, name)
        came_from = roots(facts, carrier.id)
        if is_own(facts, carrier.id):
            return self.contents.may_be_in(facts, carrier, class_of(facts, carrier), name)
        if any(root.origin not in ("param", "self") for root in came_from):
            return True
        copied = carrier.origin == "copy"
        return any(
            self._any_old(self._handed(facts, param, copied=copied), lambda one: is_old(one, name))
            for param in came_from
        )

    def _any_old(self, given: Iterable[_Handed | None], is_old: Callable[[_Handed], bool]) -> bool:
        """True where something of what is handed over is old, or not known, or where all only try the function. No
        more callers are interpreted than it takes to say so."""
        in_use = False
        for one in given:
            if one is None or is_old(one):
                return True
            in_use = in_use or self._is_in_use(one)
        return not in_use

    def _may_inside(self, facts: Facts, carrier: Obj, name: str) -> bool:
        """The same of an object that was found in a field of another one: where all callers made that, or what
        it has in the field, there is nothing old in it."""
        inner = carrier
        while facts.objects[inner.of[0]].origin == "attr":
            inner = facts.objects[inner.of[0]]
        came_from = roots(facts, inner.of[0])
        if any(root.origin not in ("param", "self") for root in came_from):
            return True
        handed = (one for root in came_from for one in self._handed(facts, root, copied=False))
        field = name if inner is carrier else None
        return self._any_old(handed, lambda one: self._came_with(one, inner.field, field))

    def _came_with(self, handed: _Handed, name: str, inside: str | None) -> bool:
        """True when the object that is handed over has in a field what it came with, or a copy of what stands in an
        entry whose field ``inside`` may hold an old value."""
        caller, obj = handed.caller, handed.obj
        if obj.origin == "copy" and obj.depth == "deep":
            return False
        held = handed.handoff.fields.get(obj.id, {}).get(name)
        if held is not None and inside is not None and self._copied_with(caller, held, inside):
            return True
        if obj.origin == "mapping" or self._is_made_for(handed):
            return self._holds_old(handed, name, inside)
        held = held or caller.objects.default(obj.id, name)
        return any(isinstance(atom, Init) for atom in held.atoms)

    def _holds_old(self, handed: _Handed, name: str, inside: str | None) -> bool:
        """The same of what was made for the call: it may hold what was there before."""
        caller, held = handed.caller, handed.handoff.fields.get(handed.obj.id, {})
        values = held.values() if name == ITEM else [held[name]] if name in held else []
        within = (caller.objects[obj] for value in values for obj in sorted(may_be(caller, value)))
        return any(
            not self._is_made(caller, obj)
            and (inside is None or self._arrives(handed._replace(obj=obj), inside))
            for obj in within
        )

    def _copied_with(self, caller: Facts, held: Value, name: str) -> bool:
        """True for copies of what stands in cache entries with an old value of the field."""
        inner = (self.inside.copied(caller, caller.objects[obj], name) for obj in held.refs)
        return any(self.inside.may_hold(one) for one in inner if one is not None)

    def _handed(self, facts: Facts, param: Obj, *, copied: bool) -> Iterator[_Handed | None]:
        """What callers hand over for a parameter; None where that is not known."""
        if not self.helpers.project.graph.all_seen(facts.function):
            yield None
        for caller in self.helpers.callers(facts.function):
            calls = [each for each in caller.handoffs if each.callee == facts.function]
            if not calls:  # it is called by way of something else
                yield None
            for handoff in calls:
                value = handoff.arguments.get(param.name)
                for obj in _objects_in(caller, value) if value is not None else [None]:
                    yield _Handed(caller, handoff, obj, param.model, copied) if obj else None

    def _is_in_use(self, handed: _Handed) -> bool:
        """False for a call that only tries the function: onto an object made for it, with values written out."""
        if not self._is_made_for(handed):
            return True
        function, given = handed.handoff.callee, dict(handed.handoff.arguments)
        if function.kind in ("method", "classmethod"):
            given.pop(function.params[0].name, None)
        others = [value for value in given.values() if handed.obj.id not in value.refs]
        others += handed.handoff.fields.get(handed.obj.id, {}).values()
        tries = handed.caller.function.name.startswith("test")
        return not tries and any(_comes_in(handed, value) for value in others)

    def _arrives(self, handed: _Handed, name: str) -> bool:
        """True when the object has an old value of the field where it is handed over."""
        caller, obj = handed.caller, handed.obj
        if obj.origin == "fresh" and not self._is_made_for(handed):
            # What this call leaves on it the next one finds: as what is looked up, where this is made instead.
            return not self._is_users(handed) and not _is_made_instead(handed)
        if not _came_with_atoms(handed, name):
            return False
        if self._is_users(handed) or self._is_made_for(handed):
            return False
        if caller.objects.bottom(obj.id).origin in ("param", "self"):
            return self._by_callers(caller, obj, name, self.may_arrive)
        return self._may_come(caller, obj, name, copied=handed.copied, wanted=handed.wanted)

    def _may_come(
        self, facts: Facts, obj: Obj, name: str, *, copied: bool = False, wanted: ClassRef | None = None,
        calls: int = _CALLS,
    ) -> bool:  # fmt: skip
        """False for what is a copy of cache entries that hold no request's value of the field, also where a function
        was called for it."""
        is_apart = is_all_found if copied else is_own
        if is_apart(facts, obj.id):
            return self.contents.may_be_in(facts, obj, obj.model or wanted, name)
        called = self._called(facts, obj) if calls else None
        returned = called.returned() if called is not None else []
        return (
            not returned
            or called is None
            or any(
                called.made.writes_to(each.id, name)
                or self._may_come(called.made, each, name, wanted=obj.model, calls=calls - 1)
                for each in returned
            )
        )

    def _called(self, facts: Facts, obj: Obj) -> Called | None:
        """The call that returned an object which nothing else holds."""
        return None if obj.stored else called_for(self.helpers.library, facts, obj)

    def _stays(self, handed: _Handed, name: str) -> bool:
        """True when the object has one where it is handed over, and still at the end of the caller, and of its callers."""
        caller, obj = handed.caller, handed.obj
        if not self._arrives(handed, name) or not _is_left(handed, name):
            return False
        is_given = caller.objects.bottom(obj.id).origin in ("param", "self")
        return not is_given or self._by_callers(caller, obj, name, self.may_stay)

    def _by_callers(
        self, facts: Facts, obj: Obj, name: str, may: Callable[[Facts, Obj, str], bool]
    ) -> bool:
        """The same of what a caller was given itself, or found in that: its own callers tell."""
        if len(self._asked) == _CALLS or (facts.function, obj.id) in self._asked:
            return True
        self._asked.append((facts.function, obj.id))
        try:
            return may(facts, obj, name)
        finally:
            self._asked.pop()

    def _is_made_for(self, handed: _Handed) -> bool:
        """True for a new object that is made for this call: in every round of the loops that the call stands in."""
        caller, obj = handed.caller, handed.obj
        if not self._is_made(caller, obj):
            return False
        from lint_rules.flow.loops import outlives_a_round

        return not outlives_a_round(caller.definition, obj.node, handed.handoff.node)

    def _is_made(self, facts: Facts, obj: Obj, calls: int = _CALLS) -> bool:
        """True for a new object that nothing else holds: made here, built from a row, or made by a function that was
        called for it."""
        if obj.stored:
            return False
        if obj.origin != "call" or calls == 0:
            return obj.origin == "fresh" or is_built_of_row(facts, obj.id)
        called = self._called(facts, obj)
        if called is None:
            return False
        read, returned = Read(rows_given(facts, called.call)), called.returned()
        return bool(returned) and all(
            is_built_of_row(called.made, each.id, read)
            or self._is_made(called.made, each, calls - 1)
            for each in returned
        )

    def _is_users(self, handed: _Handed) -> bool:
        """True for an object that the caller looks up under the key of an end user: what is on it is that user's."""
        from lint_rules.knowledge.userkeys import is_found_for_user

        return is_found_for_user(self.contents.fields, handed.caller, handed.obj)


def _objects_in(caller: Facts, value: Value) -> Iterator[Obj | None]:
    """The objects that a value may be; None for what is not known to be one."""
    given = caller.objects.referred(value)
    for atom in value.atoms:
        if not isinstance(atom, Const):
            obj = given.get(atom)
            yield caller.objects[obj] if obj is not None else None


def _came_with_atoms(handed: _Handed, name: str) -> set[Init]:
    """What the field of an object that is handed over held when the object came to the caller, as far as it still does."""
    caller, obj = handed.caller, handed.obj
    value = handed.handoff.fields.get(obj.id, {}).get(name)
    value = value or caller.objects.default(obj.id, name)
    own = family(caller, obj.id)
    return {a for a in value.atoms if isinstance(a, Init) and a.field == name and a.obj in own}


def _is_left(handed: _Handed, name: str) -> bool:
    """True when the old value may be on the object at the end of the caller.

    What is on one that the caller made and stored is the old value of the next request; on one that outlives a round
    of a loop, that of the next round.
    """
    caller, obj = handed.caller, handed.obj
    if caller.final is None or _is_handed_again(handed):
        return True
    merging = Merging(caller)
    if obj.origin == "fresh":
        return not (obj.stored and merging.final(obj.id, name).is_constant)
    came_with = _came_with_atoms(
        handed, name
    )  # also where that is a copy of what others put together
    return merging.may_keep_old(obj.id, name) or not came_with.isdisjoint(
        merging.final(obj.id, name).atoms
    )


def _is_merged(handed: _Handed, name: str) -> bool:
    """True for a field that the caller writes itself, from something that is not written out there."""
    writes = handed.caller.writes_to(handed.obj.id, name)
    return any(
        write.node is not handed.handoff.node and not write.value.is_constant for write in writes
    )


def _is_made_instead(handed: _Handed) -> bool:
    """True for what the caller makes and stores where its cache has nothing."""
    values = [v for v in handed.handoff.arguments.values() if handed.obj.id in v.refs]
    others = (obj for value in values for obj in _objects_in(handed.caller, value))
    whole = handed.caller.objects.bottom
    return any(obj is not None and whole(obj.id).origin == "lookup" for obj in others)


def _is_handed_again(handed: _Handed) -> bool:
    """True where the caller hands the object to the same function at several places: what it does at its end comes
    too late for the second of these."""
    places = {
        each.node
        for each in handed.caller.handoffs
        if each.callee == handed.handoff.callee
        and any(handed.obj.id in value.refs for value in each.arguments.values())
    }
    return len(places) > 1


def _comes_in(handed: _Handed, value: Value) -> bool:
    """True for a value that is not written out in the caller, nor holds nothing but such."""
    for atom in value.atoms:
        if isinstance(atom, Seq):
            found = any(_comes_in(handed, part) for part in atom.parts)
        elif isinstance(atom, Ref) and handed.caller.objects[atom.obj].origin in (
            "mapping",
            "fresh",
        ):
            held = handed.handoff.fields.get(atom.obj, {})
            found = any(_comes_in(handed, part) for part in held.values())
        else:
            found = not isinstance(atom, Const | Absent | Strings | Callable_)
        if found:
            return True
    return False
