"""What the caches of a project hold of a model: may an entry carry one request's values at all?

A cache is clean of a field where everything that the project stores has a constant in it, and nothing that
a cache handed out is given a value for it.  A copy of what comes out of such a cache carries nobody's
values, whatever is merged onto it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from lint_rules.flow.facts import Store
from lint_rules.flow.state import read
from lint_rules.flow.values import APART, Computed, Const, Entries, Seq, Value
from lint_rules.knowledge.called import CALLS, called_for, with_callers
from lint_rules.knowledge.classless import Classless
from lint_rules.knowledge.kin import class_of
from lint_rules.knowledge.merging import family, may_be
from lint_rules.knowledge.origins import brings, is_found_itself, roots
from lint_rules.knowledge.perrequest import naming
from lint_rules.knowledge.told import kept, told
from lint_rules.naming import is_plain_type, keeps_entries
from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from lint_rules.flow.facts import Exit, Facts
    from lint_rules.flow.summaries import Library
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.perrequest import Fields
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project
    from lint_rules.screen.survey import Survey

CLEAN = "clean"
MAX_ASKED = 400
"""Functions that are looked at for one model before its caches count as holding anything."""
_NO_KEY = Value(frozenset())


class Contents:
    """Says which fields of a model no cache of the project holds a request's value of."""

    def __init__(self, library: Library, fields: Fields, survey: Survey) -> None:
        self.library = library
        self.project = library.project
        self.fields = fields
        self.survey = survey
        self.rows = fields.helpers.rows
        self.clean = Remembered(self._kept_clean, told=told(CLEAN))
        self.classless = Classless(library)

    def may_be_in(self, facts: Facts, obj: Obj, model: ClassRef | None, name: str) -> bool:
        """True when an object of nothing but cache entries may have come with a request's value of the field; ``model``
        is its class, where there is one."""
        if model is not None:
            return self.may_hold(model, name)
        return any(map(self.classless.may_hold, self.classless.entries(facts, obj.id, name)))

    def may_hold(self, model: ClassRef | None, name: str) -> bool:
        """True when what a cache hands out may carry a request's value of the field; of a class that is
        not known it may."""
        return model is None or name not in self.clean(model)

    def _kept_clean(self, model: ClassRef) -> tuple[str, ...]:
        return tuple(kept(self.project, CLEAN, model, self._ask_clean))

    def _ask_clean(self, model: ClassRef) -> list[str]:
        """The fields of P(model) of which every store is seen and brings nothing; none where no store is
        seen: somebody else fills the cache."""
        names = set(self.fields.of_model(model).evidence)
        asked = dict.fromkeys(islice(related(self.project, [model], names), MAX_ASKED + 1))
        if not names or len(asked) > MAX_ASKED:
            return []
        stored = False
        todo = [function for function in asked if self.survey.uses_cache(function)]
        while todo:
            facts = self.library.facts(todo.pop())
            if facts is None:  # too much for the interpretation: it may do anything
                return []
            stores = [*facts.stores, *_kept_by_classes(facts)]
            stores = [store for store in stores if is_of(facts, store.obj, model)]
            kept = [leave for leave in facts.exits if is_kept(facts, leave, model)]
            stored = stored or bool(stores) or bool(kept)
            names -= {name for name in names if any(self._stores(facts, s, name) for s in stores)}
            names -= {name for name in names if any(self._returns(facts, e, name) for e in kept)}
            names -= set(_written_on_found(facts, model, names))
            new = [found for found in _found_by_call(facts, model) if found not in asked]
            asked.update(dict.fromkeys(new))
            todo += new
        return sorted(names) if stored else []

    def _stores(self, facts: Facts, store: Store, name: str) -> bool:
        """True when a store may keep a request's value of the field, also one that is written afterwards."""
        value = store.fields.get(name) or facts.objects.default(store.obj, name)
        if name not in store.fields and _holds_unknown(facts, store):
            return True
        if self._brings(facts, store.obj, name, value) or self._stands_for_given(
            facts, store.obj, name, value
        ):
            return True
        return store.keeps_itself and any(
            write.order > store.order and self.rows.bring(facts, store.obj, write.value)
            for write in facts.writes_to(store.obj, name)
        )

    def _returns(self, facts: Facts, leave: Exit, name: str) -> bool:
        """True when what is returned may carry a request's value of the field."""
        return is_unknown(leave.value) or any(
            self._brings(facts, obj, name, read(leave.state, facts.objects, obj, name))
            for obj in may_be(facts, leave.value)
        )

    def _brings(self, facts: Facts, obj: int, name: str, value: Value, calls: int = CALLS) -> bool:
        """True when a value of the field may be a request's; what a called function made brings what it put there."""
        if not self.rows.bring(facts, obj, value):
            return False
        called = called_for(self.library, facts, facts.objects[obj]) if calls else None
        if called is None or value != facts.objects.default(obj, name):
            return True
        returned = called.returned()
        return not returned or any(
            self._brings(called.made, each.id, name, read(leave.state, called.made.objects, each.id, name), calls - 1)
            for leave in called.made.exits
            for each in returned
        )  # fmt: skip

    def _stands_for_given(self, facts: Facts, obj: int, name: str, value: Value) -> bool:
        """True for a literal that a called function put on the copy that it made: it was given that, as by a test,
        and others give it a request's value."""
        if not any(isinstance(atom, Const) and atom.kind == "value" for atom in value.atoms):
            return False
        links = (facts.objects[link] for link in family(facts, obj))
        makers = (self.library.facts(link.maker) for link in links if link.maker is not None)
        return any(
            write.field == name and brings(maker, write.value)
            for maker in makers
            if maker is not None
            for write in maker.writes
        )


def _kept_by_classes(facts: Facts) -> Iterator[Store]:
    """What cache classes of the project keep of what they are given, as stores of those who call them, and what else they put
    there themselves."""
    is_inside = keeps_entries(facts.function.owner)
    told = {store.node for store in facts.stores}
    calls = {
        call.node
        for call in facts.handoffs
        if keeps_entries(call.callee.owner) and call.callee.name != "__init__"
    }
    for place in facts.placed:
        given = any(
            root.origin in ("param", "self")
            or (root.origin == "call" and root.name in facts.params)
            for root in roots(facts, place.obj)
        )  # a loader that it was given is called by who gave it
        if place.node not in told and (place.node in calls or (is_inside and not given)):
            yield Store(place.node, place.obj, place.fields, _NO_KEY, "", "", (), order=-1)


def _holds_unknown(facts: Facts, store: Store) -> bool:
    """True for a dict that something was put into under names that nobody knows: it may be any field."""
    under_unknown = any(name.startswith("*") for name in store.fields)
    return facts.objects[store.obj].mixed or (facts.objects[store.obj].mapping and under_unknown)


def related(
    project: Project, models: Iterable[ClassRef], names: Iterable[str]
) -> Iterator[FunctionRef]:
    """The functions that name one of the classes or of the fields, and those that call them."""
    found: dict[FunctionRef, None] = {}
    for cls in dict.fromkeys(cls for model in models for cls in model.mro):
        found.update(dict.fromkeys(naming(project, cls, lambda function: True)))
        found.update(dict.fromkeys(cls.methods.values()))
    for name in sorted(names):
        found.update(dict.fromkeys(project.functions_mentioning(name)))
    return with_callers(project, found)


def is_of(facts: Facts, obj: int, model: ClassRef) -> bool:
    """False for an object of another class, and for a parameter of none: the callers' facts tell of that."""
    links = [facts.objects[link] for link in family(facts, obj)]
    known = [cls for link in links if (cls := class_of(facts, link)) is not None]
    if known:
        return any(one.is_kin_of(model) for one in known)
    return not any(link.origin in ("param", "self") for link in links)


def is_kept(facts: Facts, leave: Exit, model: ClassRef) -> bool:
    """True where a memoising decorator keeps what is returned, and that may be an object of the class."""
    if not facts.caches_result or leave.value.is_constant or is_plain_type(facts.function.returns):
        return False
    return is_unknown(leave.value) or any(
        is_of(facts, obj, model) for obj in may_be(facts, leave.value)
    )


def is_unknown(value: Value) -> bool:
    """True for what was computed, or holds other things."""
    return any(isinstance(atom, Computed | Entries | Seq) for atom in value.atoms)


def _found_by_call(facts: Facts, model: ClassRef) -> Iterator[FunctionRef]:
    """The memoised functions that were called for what an object of the class is, or was made of."""
    links = {
        link
        for obj in facts.objects.all()
        if obj.model is not None and obj.model.is_kin_of(model)
        for link in family(facts, obj.id)
    }
    found = {facts.objects[link].node for link in links if facts.objects[link].origin == "lookup"}
    for handoff in facts.handoffs:
        if handoff.node in found:
            yield handoff.callee


def _written_on_found(facts: Facts, model: ClassRef, names: Iterable[str]) -> Iterator[str]:
    """The fields that a function gives a value on the very object that a cache handed out, or whose containers
    it adds to, also through a shallow copy."""
    shared = {o.id for o in facts.objects.all() if is_found_itself(facts, o)}
    writes = [write for write in facts.writes if write.obj in shared]
    writes += [w for w in facts.all_additions if _shares_with_found(facts, w.obj)]
    for write in writes:
        if write.field in names and is_of(facts, write.obj, model) and brings(facts, write.value):
            yield write.field


def _shares_with_found(facts: Facts, obj: int) -> bool:
    """True for what a cache handed out, and for a copy that has its containers in common with that."""
    info = facts.objects[obj]
    found = any(root.origin == "lookup" and root.how != APART for root in roots(facts, obj))
    return found and (info.origin != "copy" or info.depth != "deep")
