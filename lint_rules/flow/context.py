"""What the parts of one function's interpretation share: its objects, guards, names and facts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.deadline import check_time
from lint_rules.flow.facts import Facts, Handoff, Write
from lint_rules.flow.state import Objects, State, read
from lint_rules.flow.values import (
    ASSUMED_NONE,
    NO_READS,
    UNKNOWN,
    Callable_,
    Computed,
    Condition,
    Const,
    Guard,
    Init,
    Leaf,
    Obj,
    Reads,
    Ref,
    Value,
    field_reads,
    in_any,
    merge_conditions,
    reads_of,
)
from lint_rules.naming import longest_literal
from lint_rules.project.attributes import class_told
from lint_rules.project.classes import ClassRef
from lint_rules.project.functions import FunctionRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lint_rules.flow.summaries import Library
    from lint_rules.project.classes import FieldDecl
    from lint_rules.project.project import Project
    from lint_rules.project.typeinfo import TypeInfo
    from lint_rules.settings import Settings

MAX_UNIVERSE = 120
"""Field names that one function is unrolled over; a longer list of strings is no list of fields."""


MAX_EVALUATIONS = 20_000
"""Expressions that one function's interpretation may evaluate: some 2,500 lines without loops."""


_BY_ATTRIBUTE = frozenset({"attr", "setattr"})
"""Ways to write that go through a property."""


class TooComplex(Exception):
    """A function takes more work than it may; nothing is said about it."""


class Context:
    """The shared ground of one function's interpretation."""

    def __init__(self, library: Library, function: FunctionRef, facts: Facts, depth: int) -> None:
        self.library = library
        self.project: Project = library.project
        self.settings: Settings = library.settings
        self.function = function
        self.module = function.module
        self.facts = facts
        self.objects: Objects = facts.objects
        self.depth = depth
        self.statement: cst.CSTNode | None = None
        self._resolved: dict[str, object] = {}
        self._learned: set[ClassRef] = set()
        self._codes: dict[int, str] = {}
        self._pairs: dict[int, cst.Tuple] = {}
        self._guards: dict[object, int] = {}
        self._writes: dict[object, int] = {}
        self._order = 0
        self._spent = 0
        #: The constants that enclosing unrolled loops stand at.
        self.iteration: tuple[object, ...] = ()
        self.universe: dict[str, None] = {}

    def spend(self) -> None:
        """Count one evaluation; raises TooComplex where a function takes more than it may."""
        self._spent += 1
        if not self._spent % 16:
            check_time()
        if self._spent > MAX_EVALUATIONS:
            raise TooComplex(self.function.qualname)

    # ----------------------------------------------------------------- names and source

    def code(self, node: cst.CSTNode) -> str:
        """The source text of a node of this function."""
        if id(node) not in self._codes:
            self._codes[id(node)] = self.facts.tree.code_for_node(node)
        return self._codes[id(node)]

    def index_of(self, node: cst.Subscript) -> cst.BaseExpression | None:
        """What stands in the brackets: of ``x[a, b]`` the tuple, None where there is a slice."""
        parts = [one.slice.value for one in node.slice if isinstance(one.slice, cst.Index)]
        if len(parts) != len(node.slice):
            return None
        if len(parts) == 1:
            return parts[0]
        if id(node) not in self._pairs:
            self._pairs[id(node)] = cst.Tuple([cst.Element(part) for part in parts])
        return self._pairs[id(node)]

    def resolve(self, dotted: str) -> object:
        """What a dotted name means in this function, as far as the project shows."""
        if dotted not in self._resolved:
            self._resolved[dotted] = self.project.resolve(self.module, dotted, self.function)
        return self._resolved[dotted]

    def class_of_all(self, objs: Iterable[int]) -> ClassRef | None:
        """The one class that some objects have; what is found instead of something made is of the class of that."""
        infos = [self.objects[obj] for obj in objs]
        models = {
            i.model for i in infos if i.model is not None or i.typed or i.origin != "lookup"
        }  # fmt: skip
        return models.pop() if len(models) == 1 else None

    def method(self, base: Value, name: str) -> FunctionRef | None:
        """The method of the project that a call on an object of one class runs."""
        model = self.class_of_all(self.deref(base))
        return self.project.implementations.method(model, name) if model is not None else None

    def next_order(self) -> int:
        """A number that grows with the order of events."""
        self._order += 1
        return self._order

    def learn_fields(self, model: ClassRef | None) -> None:
        """Let loops over unknown mappings be unrolled over this model's fields too."""
        if model is not None and model not in self._learned:
            self._learned.add(model)
            names = self.library.interesting(model, self.function)
            unnamed = (name for name in names if name not in self.function.source)
            self.facts.supposed.update(name for name in unnamed if name not in self.universe)
            self._learn(names)

    def learn_names(self, names: tuple[str, ...]) -> None:
        """Let loops over unknown mappings be unrolled over these names too, which the program tells."""
        self.facts.supposed.difference_update(names)
        self._learn(names)

    def _learn(self, names: tuple[str, ...]) -> None:
        if len(self.universe) < MAX_UNIVERSE and len(names) <= MAX_UNIVERSE:
            self.universe.update(dict.fromkeys(name for name in names if name.isidentifier()))

    # ----------------------------------------------------------------- objects

    def new(self, key: object, origin: str, name: str, **details: object) -> Obj:
        """The abstract object made at ``key``."""
        made = self.objects.get(key, origin, name, **details)
        self.learn_fields(made.model)
        return made

    def content(self, obj: int, field: str) -> Obj:
        """The object that the initial value of a field refers to."""
        info = self.objects[obj]
        key = ("content", obj, field)
        model: ClassRef | None = None
        mapping = False
        holds: ClassRef | None = None
        decl = info.model.field(field) if info.model is not None else None
        hint = self._hint(info.model, field, decl) if info.model is not None else None
        if hint is not None:
            mapping, holds = hint.mapping, hint.item
            if len(hint.classes) == 1:
                model = hint.classes[0]
        elif decl is not None and info.model is not None:
            model = self._keeper(info.model, field)
        elif info.holds is not None:
            model = info.holds
        return self.new(
            key, "attr", f"{info.name}.{field}", of=(obj,), field=field, model=model,
            mapping=mapping, typed=decl is not None, holds=holds,
        )  # fmt: skip

    def _hint(self, owner: ClassRef, field: str, decl: FieldDecl | None) -> TypeInfo | None:
        """What the declaration of a field, or the getter of a property, says of its class."""
        if decl is not None:
            module, annotation = decl.owner.module, decl.annotation
        else:
            getter = owner.method(field)
            if getter is None or getter.kind != "property":
                return None
            module, annotation = getter.module, getter.returns
        return self.project.resolve_annotation(module, annotation) if annotation else None

    def _keeper(self, owner: ClassRef, field: str) -> ClassRef | None:
        """The class of what an attribute holds that keeps others: as its own class says, and whose methods name a cache.

        Of no other attribute the class is asked for: to follow all of their methods would take too long.
        """
        told = class_told(owner, field)
        if told is None:
            return None
        extra = "".join(
            f"|{re.escape(name)}" for name in map(longest_literal, self.settings.cache_objects)
        )
        keeps = any(
            method.holds(rf"(?i)cache{extra}")
            for cls in told.mro
            for method in cls.methods.values()
        )
        return told if keeps else None

    def deref(self, value: Value) -> list[int]:
        """The objects that a value may refer to, made where needed."""
        out: list[int] = []
        for atom in value.atoms:
            if isinstance(atom, Ref):
                out.append(atom.obj)
            elif isinstance(atom, Init):
                out.append(self.content(atom.obj, atom.field).id)
            elif isinstance(atom, Callable_) and isinstance(atom.target, ClassRef):
                continue
        return sorted(set(out))

    def root(self, obj: int) -> int:
        """The object at the bottom of copies and contents that ``obj`` was made from."""
        seen: set[int] = set()
        while obj not in seen:
            seen.add(obj)
            info = self.objects[obj]
            if info.origin in ("copy", "attr") and len(info.of) == 1:
                obj = info.of[0]
        return obj

    def read(self, state: State, obj: int, field: str) -> Value:
        """The value of a field here."""
        return read(state, self.objects, obj, self._named(obj, field))

    def _named(self, obj: int, field: str) -> str:
        """The name that counts of a field which has two."""
        model = self.objects[obj].model
        return model.names.get(field, field) if model is not None else field

    def take(self, copy: int, name: str, value: Value) -> None:
        """Note what the original of a copy holds in a field; a place that is interpreted again adds to that."""
        taken = self.objects[copy].taken
        taken[name] = taken[name] | value if name in taken else value

    # ----------------------------------------------------------------- events

    def guard(
        self,
        node: cst.CSTNode,
        kind: str,
        condition: Condition,
        *,
        needs: bool = True,
        unset: Reads = NO_READS,
        equal: Reads = NO_READS,
        extra: object = None,
    ) -> int:
        """The guard at a node, made on first use."""
        key = (id(node), kind, needs, self.iteration, extra)
        if key in self._guards:
            made = self._guards[key]
            old = self.facts.guards[made]
            wider = merge_conditions(old.condition, condition)
            if wider != old.condition:
                self.facts.guards[made] = replace(old, condition=wider, unset=old.unset | unset)
            return made
        made = len(self.facts.guards)
        self._guards[key] = made
        self.facts.guards.append(Guard(made, kind, condition, needs, unset, equal))
        self.facts.guard_nodes[made] = node
        return made

    def write(
        self, state: State, objs: list[int], field: str, value: Value, node: cst.CSTNode, how: str,
        *, unrolled: bool = False, record: bool = True, weak: bool = False,
    ) -> None:  # fmt: skip
        """Put ``value`` into a field of each object that is written to; ``weak``: perhaps.

        Where it may be one of several, each is looked at as the one that it is: on a way on which it is
        another, what this one holds is not what the function goes on with.
        """
        whole = self._as_field(state, value)
        for obj in objs:
            name, value = self._named(obj, field), whole
            if how in _BY_ATTRIBUTE:
                value = self._through_setter(state, objs, obj, field, value, node)
            if not weak:
                state.put(obj, name, self._still_unset(state, obj, name, value))
            else:
                state.put(obj, name, self.read(state, obj, name) | value)
            if record:
                self.record_write(state, obj, name, value, node, how, unrolled)

    def _still_unset(self, state: State, obj: int, field: str, value: Value) -> Value:
        """An empty value where a test has found none is no reset: nothing was there to be reset."""
        empties = all(isinstance(a, Const) and a.kind in ("none", "empty") for a in value.atoms)
        if empties and self.read(state, obj, field).atoms == ASSUMED_NONE.atoms:
            return ASSUMED_NONE
        return value

    def _through_setter(
        self, state: State, objs: list[int], obj: int, field: str, value: Value, node: cst.CSTNode
    ) -> Value:
        """What a property makes of None, where its setter leaves the old value then: of a value that may be None that
        is a choice, by what it was read from.  What is found instead of something made is of the class of that."""
        models = {self.objects[each].model for each in objs} - {None}
        model = self.objects[obj].model or (models.pop() if len(models) == 1 else None)
        setter = model.setters.get(field) if model is not None else None
        empty = {a for a in value.atoms if isinstance(a, Const) and a.kind == "none"}
        if setter is None or not setter.keeps or not (empty or self._may_be_none(value)):
            return value
        old = self.read(state, obj, field)
        blame = value.blame | old.blame
        if field_reads(value):
            blame |= {self.guard(node, "filter", Leaf(reads_of(value)), needs=False, extra=obj)}
        return Value(value.atoms - empty | old.atoms, blame)

    def _may_be_none(self, value: Value) -> bool:
        """True for a value that was read from a field which its class declares so that it may be None."""
        reads = [(self.objects[obj].model, name) for obj, name in field_reads(value)]
        decls = [model.field(name) for model, name in reads if model is not None]
        return any(decl is not None and decl.nullable for decl in decls)

    def _as_field(self, state: State, value: Value) -> Value:
        """A container made here and still empty is, as a field's value, an empty constant."""
        empty = {
            atom
            for atom in value.atoms
            if isinstance(atom, Ref)
            and self.objects[atom.obj].origin == "mapping"
            and not state.heap.get(atom.obj)
        }
        if not empty:
            return value
        return Value(value.atoms - empty | {Const("empty")}, value.blame)

    def record_write(
        self, state: State, obj: int, field: str, value: Value, node: cst.CSTNode, how: str,
        unrolled: bool,
    ) -> None:  # fmt: skip
        """Note the write; a place that is interpreted again (a loop) adds to its first note."""
        key = (id(node), obj, field, how)
        if key in self._writes:
            index = self._writes[key]
            old = self.facts.writes[index]
            shared = tuple(g for g in old.guards if g in state.guards)
            self.facts.writes[index] = Write(
                node, old.statement, obj, field, old.value | value, shared, how, old.order, unrolled
            )
            return
        self._writes[key] = len(self.facts.writes)
        self.facts.writes.append(
            Write(node, self.statement, obj, field, value, state.guards, how, self.next_order(),
                  unrolled)
        )  # fmt: skip

    def copy_write(self, write: Write, obj: int, value: Value) -> None:
        """Note that an earlier write (into a dict) reached ``obj`` through an update."""
        key = (id(write.node), obj, write.field, "update")
        if key not in self._writes:
            self._writes[key] = len(self.facts.writes)
            self.facts.writes.append(
                replace(write, obj=obj, value=write.value | value, order=self.next_order())
            )

    def take_write(
        self, write: Write, node: cst.CSTNode, obj: int, value: Value, guards: tuple[int, ...]
    ) -> None:
        """Note a write of a called function that this one answers for, at the call."""
        key = (id(node), obj, write.field, write.how)
        if key not in self._writes:
            self._writes[key] = len(self.facts.writes)
            self.facts.writes.append(
                Write(node, self.statement, obj, write.field, value, guards, write.how,
                      self.next_order(), write.unrolled)
            )  # fmt: skip

    def handoff(
        self, state: State, node: cst.CSTNode, callee: FunctionRef, arguments: dict[str, Value],
        scheduled: bool,
    ) -> None:  # fmt: skip
        """Note what a called function of the project is given."""
        given = {o for v in arguments.values() for o in self.objects.referred(v).values()}
        made = ("mapping", "fresh")
        for obj in [o for o in given if o is not None and self.objects[o].origin in made]:
            held = state.heap.get(obj, {}).values()
            given.update(o for v in held for o in self.objects.referred(v).values())
        fields = {obj: dict(state.heap.get(obj, {})) for obj in given if obj is not None}
        self.facts.handoffs.append(Handoff(node, callee, dict(arguments), fields, scheduled))


def computed(*values: Value) -> Value:
    """The result of an unknown computation on these values."""
    via = in_any(map(field_reads, values))
    return Value(frozenset({Computed(via)})) if via else UNKNOWN


def class_of(value: Value) -> ClassRef | None:
    """The class that a value is, if it is one."""
    atom = value.single
    if isinstance(atom, Callable_) and isinstance(atom.target, ClassRef):
        return atom.target
    return None
