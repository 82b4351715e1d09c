"""What stands inside the cache entries of a project: may an inner object carry one request's values?

``auth = copy.copy(stored)`` and ``auth.limits = copy.copy(stored.limits)``: the inner copy is this request's alone, and
began as what stands in the entry.  That is clean of a field where no function that is seen gives a request's value for
it to anything that may stand in an entry.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from lint_rules.flow.state import reached, read
from lint_rules.flow.values import Absent, Const, Init, Ref, Strings, Value
from lint_rules.flow.vocabulary import COPYING_HOOKS
from lint_rules.knowledge import contents
from lint_rules.knowledge.contents import is_kept, is_of, is_unknown, related
from lint_rules.knowledge.exposed import exposed, held_in, objects_of, values_of
from lint_rules.knowledge.kin import class_of
from lint_rules.knowledge.origins import found_inside, is_built_of_row, original, roots
from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from collections.abc import Collection

    from lint_rules.flow.facts import Facts, Handoff, Write
    from lint_rules.flow.values import Atom, Obj
    from lint_rules.knowledge.helpers import Helpers
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef

_NOTHING: Value = Value(frozenset())
_BY_ITEM = frozenset({"typeddict", "namedtuple"})


class Inner(NamedTuple):
    """A field of what stands in one field (``holder``) of cached objects."""

    whole: ClassRef
    holder: str
    model: ClassRef
    name: str


class Inside:
    """Says whether what stands in one field of cache entries may hold a request's value."""

    def __init__(self, helpers: Helpers) -> None:
        self.helpers = helpers
        self.library = helpers.library
        self.project = helpers.project
        self.may_hold = Remembered(self._ask)

    def copied(self, facts: Facts, carrier: Obj, name: str) -> Inner | None:
        """The inner field that an object began with which is nobody else's: a copy of what stands in an entry, or
        what stands in a deep copy of one; None for all others."""
        if carrier.origin == "copy":
            inner = [root for root in roots(facts, carrier.id) if root.origin == "attr"]
            if not inner or not found_inside(facts, carrier.id):
                return None
        elif _stands_in_deep_copy(facts, carrier):
            inner = [carrier]
        else:
            return None
        places = {self._place(facts, each, name) for each in inner}
        return places.pop() if len(places) == 1 else None

    def _place(self, facts: Facts, inner: Obj, name: str) -> Inner | None:
        whole = facts.objects[inner.of[0]]
        cls = class_of(facts, whole)
        decl = cls.field(inner.field) if cls is not None and whole.origin != "attr" else None
        if cls is None or decl is None or not decl.annotation:
            return None
        hint = self.project.resolve_annotation(decl.owner.module, decl.annotation)
        model = hint.classes[0] if len(hint.classes) == 1 and not hint.mapping else None
        if model is None or any(
            each.method(hook) for each in (cls, model) for hook in COPYING_HOOKS
        ):
            return None  # the class says itself what a copy is
        return Inner(cls, inner.field, model, name)

    def _ask(self, inner: Inner) -> bool:
        """True where some function may put a request's value there, or where no store is seen: somebody else
        fills the cache."""
        names = [inner.name, inner.holder]
        limit = contents.MAX_ASKED
        found = related(self.project, [inner.whole, inner.model], names)
        asked = list(islice(found, limit + 1))
        if len(asked) > limit:
            return True
        return self._may_give([each for each in asked if self._matters(each, inner)], inner)

    def _may_give(self, todo: list[FunctionRef], inner: Inner) -> bool:
        """The same of these functions, and of those that call them where these have to tell more."""
        known: dict[FunctionRef, _Looked] = {}
        carrying: set[FunctionRef] = set()
        while todo:
            function = todo.pop()
            if function not in known:
                facts = self.library.facts(function)
                if facts is None or len(known) > contents.MAX_ASKED:
                    return True  # too much to look at: it may do anything
                looked = known[function] = _Looked(facts, inner)
                told = None if looked.gives() else self._telling(looked)
                if told is None:
                    return True
                todo += [caller for caller in told if caller not in known]
            if function not in carrying and known[function].hands_out(carrying):
                carrying.add(function)
                callers = self.project.callers(function)
                todo += [each for each in callers if each not in carrying]
        return not any(looked.stores for looked in known.values())

    def _matters(self, function: FunctionRef, inner: Inner) -> bool:
        names_it = function.holds(rf"\b{inner.name}\b")
        return names_it or self.helpers.survey.uses_cache(function)

    def _telling(self, looked: _Looked) -> list[FunctionRef] | None:
        """The functions that hand over the objects on which this one writes, and that tell of it; None where not
        all are seen, or one hands over what nobody knows."""
        function = looked.facts.function
        if not looked.given_to and not looked.given_around:
            return []
        callers = list(self.helpers.callers(function))
        if not callers or not self.project.graph.all_seen(function):
            return None
        for caller in callers:
            calls = [each for each in caller.handoffs if each.callee == function]
            if not calls or not all(looked.is_told_by(caller, call) for call in calls):
                return None
        return [caller.function for caller in callers]


def _is_known(value: Value) -> bool:
    """True for objects that have a number, and for what stands in these."""
    return bool(value.atoms) and all(isinstance(atom, Ref | Init) for atom in value.atoms)


class _Looked:
    """What one function does to what may stand in an entry."""

    def __init__(self, facts: Facts, inner: Inner) -> None:
        self.facts = facts
        self.inner = inner
        self.held = held_in(facts)
        self.exposed = exposed(facts, self.held)
        #: The parameters on which it writes such a value: the callers tell on what.
        self.given_to: list[str] = []
        #: The same where it writes on what stands in them.
        self.given_around: list[str] = []
        kept = [leave for leave in facts.exits if is_kept(facts, leave, inner.whole)]
        self._wholes = [store for store in facts.stores if is_of(facts, store.obj, inner.whole)]
        self._kept = kept
        self.stores = bool(self._wholes) or bool(kept)

    def gives(self) -> bool:
        """True when something that may stand in an entry may be given a request's value; what callers have to tell
        is noted."""
        from lint_rules.knowledge.unfollowed import writes_unfollowed

        name, holder = self.inner.name, self.inner.holder
        if any(writes_unfollowed(self.facts, each) for each in (name, holder)):
            return True
        return (
            any(self._gives(write) for write in self._writes(name))
            or any(map(self._is_given, self._made_exposed()))
            or any(self._puts(write) for write in self._writes(holder))
            or self._keeps()
        )

    def hands_out(self, carrying: Collection[FunctionRef]) -> bool:
        """True when what is returned, or stands in it, has a request's value: who calls the function may store it."""
        made = {call.node for call in self.facts.handoffs if call.callee in carrying}
        handed = (obj for leave in self.facts.exits for obj in objects_of(self.facts, leave.value))
        for obj in map(self.facts.objects.__getitem__, reached(self.held, handed)):
            if obj.origin == "call" and obj.node in made:
                return True
            if self._may_be(obj, self.inner.model) and self._is_given(obj.id):
                return True
        return False

    def _is_given(self, obj: int) -> bool:
        return any(map(self._brings, values_of(self.facts, obj, self.inner.name)))

    def _writes(self, name: str) -> list[Write]:
        writes = (*self.facts.writes, *self.facts.all_additions)
        return [write for write in writes if write.field == name and write.obj in self.exposed]

    def _gives(self, write: Write) -> bool:
        """True for a request's value that is written to the field of such an object."""
        obj = self.facts.objects[write.obj]
        if not self._may_be(obj, self.inner.model) or not self._brings(write.value):
            return False
        if write.how == "item" and self.inner.model.kind not in _BY_ITEM:
            return False
        if self._is_by_constructor(obj, write):
            return False
        if obj.origin in ("param", "self") and write.how != "call":
            self.given_to.append(obj.name)
            return False
        return not self._is_around(obj, write)

    def _is_around(self, inner: Obj, write: Write) -> bool:
        """True for a write on what stands in a parameter."""
        owner = self.facts.objects[inner.of[0]] if inner.origin == "attr" else inner
        if owner.origin not in ("param", "self") or write.how == "call":
            return False
        if inner.field != self.inner.holder:
            return False
        self.given_around.append(owner.name)
        return True

    def is_told_by(self, caller: Facts, call: Handoff) -> bool:
        """True where a caller knows the objects on which this function writes: it tells what becomes of them."""
        given = [call.arguments.get(name, _NOTHING) for name in self.given_to]
        for name in self.given_around:
            around = call.arguments.get(name, _NOTHING)
            given += [around, *(self._inside_of(caller, call, obj) for obj in around.refs)]
        return all(_is_known(value) for value in given)

    def _inside_of(self, caller: Facts, call: Handoff, obj: int) -> Value:
        held = call.fields.get(obj, {}).get(self.inner.holder)
        return held or caller.objects.default(obj, self.inner.holder)

    def _made_exposed(self) -> list[int]:
        """The inner objects that were made here, or for this function, and that others may hold."""
        made = (obj for obj in self.facts.objects.all() if obj.origin in ("copy", "fresh"))
        return [o.id for o in made if o.id in self.exposed and self._may_be(o, self.inner.model)]

    def _puts(self, write: Write) -> bool:
        """True for an object with a request's value that is put where entries have theirs."""
        obj = self.facts.objects[write.obj]
        if not self._may_be(obj, self.inner.whole) or self._is_by_constructor(obj, write):
            return False
        return self._carries(write.value)

    def _keeps(self) -> bool:
        """True for an object that is stored with such a one in it, or that is such a one."""
        for store in self.facts.stores:
            fields = store.fields
            if is_of(self.facts, store.obj, self.inner.whole):
                held = fields.get(self.inner.holder)
                if self._carries(held or self._default(store.obj, self.inner.holder)):
                    return True
            if self._may_be(self.facts.objects[store.obj], self.inner.model):
                held = fields.get(self.inner.name)
                if self._brings(held or self._default(store.obj, self.inner.name)):
                    return True
        return any(is_unknown(leave.value) for leave in self._kept) or any(
            self._carries(read(leave.state, self.facts.objects, obj, self.inner.holder))
            for leave in self._kept
            for obj in leave.value.refs
        )

    def _default(self, obj: int, name: str) -> Value:
        return self.facts.objects.default(obj, name)

    def _may_be(self, obj: Obj, cls: ClassRef) -> bool:
        """False for an object of another class."""
        model = obj.model or class_of(self.facts, obj)
        return not obj.mapping and (model is None or model.is_kin_of(cls))

    def _carries(self, value: Value) -> bool:
        """True for an inner object that may have a request's value in the field, and for what is not known."""
        atoms = list(original(self.facts, value))
        return not atoms or any(self._atom_carries(atom) for atom in atoms)

    def _atom_carries(self, atom: Atom) -> bool:
        if isinstance(atom, Const | Absent):
            return False
        if isinstance(atom, Init):
            return not self._was_inside(atom.obj)
        if not isinstance(atom, Ref):
            return True
        return self._brings(self._default(atom.obj, self.inner.name)) or self._is_given(atom.obj)

    def _brings(self, value: Value) -> bool:
        """True for what may be a request's value."""
        atoms = list(original(self.facts, value))
        return not atoms or not all(
            isinstance(atom, Const | Absent | Strings)
            or (isinstance(atom, Init) and self._was_inside(atom.obj))
            for atom in atoms
        )

    def _was_inside(self, obj: int) -> bool:
        """True for what a cache handed out, what stood in there, and what was built from a row."""
        return found_inside(self.facts, obj) or is_built_of_row(self.facts, obj)

    def _is_by_constructor(self, obj: Obj, write: Write) -> bool:
        """True where ``__init__`` takes over what it is given under the same name: who calls the class tells of
        that, as long as its parameters are in the order of its fields."""
        function = self.facts.function
        if function.name != "__init__" or obj.origin != "self" or obj.model is None:
            return False
        given = [param.name for param in function.params[1:]]
        if given != [decl.name for decl in obj.model.fields]:
            return False
        return all(
            (isinstance(atom, Const)) or self._is_param(atom, write.field)
            for atom in write.value.atoms
        )

    def _is_param(self, atom: Atom, name: str) -> bool:
        return isinstance(atom, Ref) and self.facts.params.get(name) == atom.obj


def _stands_in_deep_copy(facts: Facts, obj: Obj) -> bool:
    if obj.origin != "attr":
        return False
    whole = facts.objects.bottom(obj.id)
    return whole.origin == "copy" and whole.depth == "deep" and found_inside(facts, whole.id)
