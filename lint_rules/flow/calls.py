"""Calls: builtins, methods, copies, caches, schedulers, functions of the project, and the rest.

The policy for what is unknown is written down in ``docs/architecture.md``: an unknown call neither
copies, stores, resets nor returns what it is given, except that a name which says so (``scrub``,
``reset``) may have reset any field of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow import additions, scheduled
from lint_rules.flow import vocabulary as known
from lint_rules.flow.additions import ADDING, parts_of
from lint_rules.flow.applying import apply
from lint_rules.flow.builtins import NAMES as BUILTINS
from lint_rules.flow.builtins import Builtins
from lint_rules.flow.caches import Caches
from lint_rules.flow.context import class_of, computed
from lint_rules.flow.copies import Copies
from lint_rules.flow.ordinary import Ordinary
from lint_rules.flow.serialising import cast, serialise
from lint_rules.flow.state import State
from lint_rules.flow.unknown import Unknown
from lint_rules.flow.values import (
    ABSENT,
    NONE,
    UNKNOWN,
    Absent,
    Callable_,
    Const,
    Entries,
    Init,
    Leaf,
    Seq,
    Strings,
    Value,
    constant,
    field_reads,
    ref,
    union,
)
from lint_rules.naming import UNBOUND_SETTERS, is_store_method
from lint_rules.project.classes import ClassRef
from lint_rules.project.fieldlists import FIELD_CALLS
from lint_rules.project.functions import FunctionRef

if TYPE_CHECKING:
    from lint_rules.flow.expressions import Evaluator

_VIEWS = {"items": "items", "keys": "keys", "values": "values"}


class Calls:
    """Evaluates the calls of one function."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ev = evaluator
        self.ctx = evaluator.ctx
        self.caches = Caches(evaluator)
        self.copies = Copies(evaluator)
        self.builtins = Builtins(self)
        self.ordinary = Ordinary(self)
        self.unknown = Unknown(self)
        self.scheduled = False
        #: The calls whose results are waited for.
        self.awaited: set[cst.BaseExpression] = set()

    def call(self, state: State, node: cst.Call) -> Value:
        """The result of a call; its effects go into ``state``."""
        name = self.ev.dotted(node.func)
        if name is not None and name.split(".", 1)[0] not in state.env:
            value = self._by_name(state, node, name)
            if value is not None:
                return value
        if not isinstance(node.func, cst.Attribute):
            return self._by_value(state, node, self.ev.eval(state, node.func), name or "")
        base = self.ev.eval(state, node.func.value)
        with self.ev.receiver(node.func.value, base):
            value = self._method(state, node, node.func, base)
            if value is not None:
                return value
            return self._by_value(state, node, self.ev.eval(state, node.func), name or "")

    # ----------------------------------------------------------------- by name

    def _by_name(self, state: State, node: cst.Call, name: str) -> Value | None:
        if name in BUILTINS and self.ctx.resolve(name) is None:
            result: Value | None = getattr(self.builtins, name)(state, node)
            return result
        target = self.ctx.resolve(name)
        full = str(getattr(target, "dotted", name))
        if isinstance(target, ClassRef | FunctionRef):
            return None
        ordinary = self.ordinary.by_name(state, node, name)
        if ordinary is not None:
            return ordinary
        if full in known.COPY_CALLS and node.args:
            return self.copies.replace(state, node, known.COPY_CALLS[full], full.rsplit(".", 1)[-1])
        if full in known.DUMP_CALLS and node.args:
            objs = self.ctx.deref(self.ev.eval(state, node.args[0].value))
            return self.copies.dump(state, node, objs, full.rsplit(".", 1)[-1]) if objs else None
        if full in FIELD_CALLS and node.args:
            return self._fields(state, node)
        last = name.rsplit(".", 1)[-1]
        if self._is_moved(node, last):
            return scheduled.moved(self, state, node, known.MOVERS[last])
        if full in known.AWAITERS or last in known.SCHEDULERS:
            return scheduled.call(self, state, node, waits=full in known.AWAITERS)
        if full in known.SERIALISERS and node.args:
            return serialise(self, state, node, full)
        if full == "typing.cast" and len(node.args) == 2:
            return cast(self, state, node)
        if full in known.TRANSPARENT and node.args:
            return self._transparent(state, node)
        if last in known.ADAPTERS and node.args:
            return self.ev.eval(state, node.args[0].value)
        return None

    def _is_moved(self, node: cst.Call, name: str) -> bool:
        """True for a call of another function in a thread that is waited for."""
        place = known.MOVERS.get(name)
        return place is not None and node in self.awaited and len(node.args) > place

    def _transparent(self, state: State, node: cst.Call) -> Value:
        return union([self.ev.eval(state, arg.value) for arg in node.args])

    def _fields(self, state: State, node: cst.Call) -> Value:
        """``dataclasses.fields(x)``: the names; ``f.name`` of each is the name again."""
        value = self.ev.eval(state, node.args[0].value)
        cls = class_of(value)
        model = cls or self.ctx.class_of_all(self.ctx.deref(value))
        return (
            UNKNOWN
            if model is None
            else Value(frozenset({Strings(tuple(d.name for d in model.fields))}))
        )

    # ----------------------------------------------------------------- methods

    def _method(
        self, state: State, node: cst.Call, func: cst.Attribute, base: Value
    ) -> Value | None:
        name = func.attr.value
        if self._is_moved(node, name) and self.ctx.method(base, name) is None:
            return scheduled.moved(self, state, node, known.MOVERS[name])
        if name in known.SCHEDULERS or name in known.AWAITING:
            return scheduled.call(self, state, node, waits=name in known.AWAITING)
        if len(node.args) == UNBOUND_SETTERS.get(name):  # ``object.__setattr__(x, "f", None)``
            builtin = self.builtins.setattr if name == "__setattr__" else self.builtins.delattr
            return builtin(state, node)
        cached = self.caches.method(state, node, func, base, node.args)
        if cached is not None:
            return cached
        ordinary = self.ordinary.method(state, node, func, base)
        if ordinary is not None:
            return ordinary
        cls = class_of(base)
        if cls is not None:
            return self._class_method(state, node, cls, name)
        if base.single == Callable_("type") or isinstance(base.single, Strings):
            return self._text_method(state, node, base, name)
        return self._object_method(state, node, func, base, name)

    def _class_method(self, state: State, node: cst.Call, cls: ClassRef, name: str) -> Value | None:
        method = cls.method(name)
        if method is not None:
            receiver = Value(frozenset({Callable_(cls)}))
            return apply(self, state, node, method, receiver, node.args)
        if name in known.BUILD_METHODS:
            return self.copies.build(state, node, cls, name)
        if name in known.CONSTRUCT_METHODS:
            return self.copies.construct(state, node, cls)
        if name == "fromkeys":
            return None
        return UNKNOWN

    def _object_method(
        self, state: State, node: cst.Call, func: cst.Attribute, base: Value, name: str
    ) -> Value | None:
        objs = self.ctx.deref(base)
        own = self.ctx.method(base, name)
        if own is not None:
            return apply(self, state, node, own, base, node.args)
        if name == "fromkeys":
            return self._fromkeys(state, node)
        if not objs or (name in known.TEXT_METHODS and not base.refs):
            return self._text_method(state, node, base, name)
        if name in known.RECODING and all(
            self.ctx.objects[obj].how in known.SERIALISED for obj in objs
        ):
            return base
        if name in known.COPY_METHODS:
            return self._copy_method(state, node, base, objs, name)
        if name in known.DUMP_METHODS:
            return self._dump_method(state, node, objs, name)
        return self._mapping_method(state, node, base, objs, name)

    def _copy_method(
        self, state: State, node: cst.Call, base: Value, objs: list[int], name: str
    ) -> Value:
        if all(self.ev.mappings.is_local(obj) for obj in objs):
            made = self.ev.mappings.fresh(state, node)
            self.ev.mappings.update(state, [made], base, node)
            return ref(made)
        return self.copies.method_copy(state, node, objs, name)

    def _dump_method(self, state: State, node: cst.Call, objs: list[int], name: str) -> Value:
        if all(self.ev.mappings.is_local(obj) for obj in objs):
            return UNKNOWN
        return self.copies.dump(state, node, objs, name)

    def _fromkeys(self, state: State, node: cst.Call) -> Value:
        made = self.ev.mappings.fresh(state, node)
        names = self.ev.eval(state, node.args[0].value).single if node.args else None
        value = self.ev.eval(state, node.args[1].value) if len(node.args) > 1 else NONE
        if isinstance(names, Strings):
            for name in names.names:
                self.ctx.write(state, [made], name, value, node, "update", unrolled=True)
        return ref(made)

    def _mapping_method(
        self, state: State, node: cst.Call, base: Value, objs: list[int], name: str
    ) -> Value | None:
        if name in _VIEWS and not node.args:
            return Value(frozenset(Entries(obj, name) for obj in objs)) if objs else computed(base)
        if name in ADDING and parts_of(base):
            added = [self.ev.eval(state, arg.value) for arg in node.args]
            additions.note(self.ctx, state, node, base, added)
        if name in ("get", "pop", "setdefault", "__getitem__") and node.args:
            return self._keyed(state, node, base, objs, name)
        if name in ADDING or is_store_method(name):
            for arg in node.args:
                self.caches.place(state, node, self.ev.eval(state, arg.value))
        if name == "update":
            return self._update(state, node, objs)
        if name in ("__setattr__", "__setitem__") and len(node.args) == 2:
            key = self.ev.eval(state, node.args[0].value).text
            if key is not None:
                self.ctx.write(
                    state, objs, key, self.ev.eval(state, node.args[1].value), node, "setattr"
                )
            return NONE
        if name in known.EMPTYING | ADDING:
            self.edit(state, node, base, name)
        return None

    def _keyed(
        self, state: State, node: cst.Call, base: Value, objs: list[int], name: str
    ) -> Value | None:
        key = self.ev.eval(state, node.args[0].value).text
        if key is None and self.copies.hooks.is_memo(base):
            return NONE  # what has been copied before is asked for first
        if key is None:
            return self._some_entry(state, node, base, name)
        default = self.ev.eval(state, node.args[1].value) if len(node.args) > 1 else NONE
        value = self.with_default(state, node, base, key, default)
        if name == "pop":
            self.edit(state, node, base, name)
            self.ctx.write(state, objs, key, ABSENT, node, "delete")
        elif name == "setdefault":
            self._set_default(state, node, objs, key, default)
        return value

    def _some_entry(self, state: State, node: cst.Call, base: Value, name: str) -> Value:
        """What stands under a key that nobody knows, or what is given for the case that nothing does."""
        entry = self.caches.entry(base, node.args[0].value)
        if entry is None:
            return computed(base)
        if len(node.args) > 1:
            return entry | self.ev.eval(state, node.args[1].value)
        return entry | NONE if name == "get" else entry

    def _set_default(
        self, state: State, node: cst.Call, objs: list[int], key: str, default: Value
    ) -> None:
        for obj in objs:
            old = self.ctx.read(state, obj, key)
            leaf = Leaf(frozenset({(obj, key)}))
            guard = self.ctx.guard(node, "default", leaf, unset=frozenset({(obj, key)}))
            value = Value(old.without(Absent()).atoms | default.atoms, old.blame | {guard})
            self.ctx.write(state, [obj], key, value, node, "item", weak=len(objs) > 1)

    def _update(self, state: State, node: cst.Call, objs: list[int]) -> Value:
        for arg in node.args:
            value = self.ev.mappings.of(state, arg.value)
            if arg.keyword is not None:
                self.ctx.write(state, objs, arg.keyword.value, value, arg.value, "update")
            else:
                self.ev.mappings.update(state, objs, value, node)
        return NONE

    def edit(self, state: State, node: cst.CSTNode, base: Value, method: str) -> bool:
        """A container edited in place; True when a shallow copy shares it with its original."""
        shared = False
        for atom in base.atoms:
            if not isinstance(atom, Init):
                continue
            owner = self.ctx.objects[atom.obj]
            emptied = Value(frozenset({Const("empty")}))
            if owner.origin == "copy" and owner.depth == "shallow":
                shared = True
                self.ev.interpreter.note_shared_edit(state, node, atom, method)
                state.put(atom.obj, atom.field, Value(frozenset({Const("shared")})))
            elif method == "clear":
                state.put(atom.obj, atom.field, emptied)
        return shared

    def _text_method(self, state: State, node: cst.Call, base: Value, name: str) -> Value:
        """A method of a value that is no object: its result is made from that value."""
        if isinstance(base.single, Strings) and name in _VIEWS and not node.args:
            return _view(base, base.single, name)
        if base.text is not None and name == "get_default":
            return NONE  # of a field
        return computed(base, *[self.ev.eval(state, arg.value) for arg in node.args])

    # ----------------------------------------------------------------- choices and types

    def with_default(
        self, state: State, node: cst.Call, base: Value, name: str, default: Value | None
    ) -> Value:
        """``getattr(x, "f", d)``, ``x.get("f", d)``: the field, or the default where it is missing."""
        objs = self.ctx.deref(base)
        if not objs:
            return computed(base) if default is None else default | computed(base)
        value = union([self.ctx.read(state, obj, name) for obj in objs])
        missing = Absent() in value.atoms
        value = value.without(Absent())
        certain = all(self.ev.conditions._always_has(obj, name) for obj in objs)
        written = all(name in state.heap.get(obj, {}) for obj in objs) and not missing
        if default is None or certain or written:
            return value if value.atoms else (default or NONE)
        if default.is_constant:
            return Value(value.atoms | default.atoms, value.blame)
        guard = self.ctx.guard(node, "default", Leaf(frozenset((obj, name) for obj in objs)))
        return Value(value.atoms | default.atoms, value.blame | default.blame | {guard})

    def type_of(self, value: Value) -> Value:
        """``type(x)``, ``x.__class__``: the class where it is known, else some class."""
        models = {self.ctx.objects[obj].model for obj in self.ctx.deref(value)}
        if len(models) == 1 and None not in models:
            return Value(frozenset({Callable_(models.pop())}))
        return Value(frozenset({Callable_("type")}))

    def choice(self, node: cst.Call, values: list[Value]) -> Value:
        """A call that returns one of its arguments (or of their items)."""
        value = union(values)
        if len(value.atoms) < 2:
            return value
        guard = self.ctx.guard(node, "coalesce", Leaf(field_reads(value)))
        return Value(value.atoms, value.blame | {guard})

    # ----------------------------------------------------------------- functions and the rest

    def _by_value(self, state: State, node: cst.Call, func: Value, name: str) -> Value:
        atom = func.single
        if isinstance(atom, Callable_):
            if isinstance(atom.target, ClassRef):
                if atom.target.method("__call__") is None:
                    return self.copies.construct(state, node, atom.target)
            elif isinstance(atom.target, FunctionRef):
                if known.COALESCING.search(atom.target.name):
                    values = [self.ev.eval(state, arg.value) for arg in node.args]
                    if sum(bool(field_reads(value)) for value in values) > 1:
                        return self.choice(node, values)
                return apply(self, state, node, atom.target, atom.receiver, node.args)
            elif atom.target == "type":
                return self.copies.construct(state, node, None)
            elif isinstance(atom.target, cst.CSTNode):
                return self.ev.interpreter.inlining.call(state, node.args, atom.target)
        return self.unknown.call(state, node, node.func, node.args, name)


def _view(base: Value, names: Strings, name: str) -> Value:
    """``Auth.model_fields.items()``: what tells of a field stands for its name."""
    if name != "items":
        return base
    pairs = ((constant(each), constant(each)) for each in names.names)
    return Value(frozenset({Seq(tuple(Value(frozenset({Seq(pair)})) for pair in pairs))}))
