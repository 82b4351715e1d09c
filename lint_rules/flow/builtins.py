"""Calls of Python's own functions; each method has the name of the one it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow import iterating
from lint_rules.flow.context import class_of, computed
from lint_rules.flow.state import State
from lint_rules.flow.values import (
    ABSENT,
    EMPTY,
    NONE,
    UNKNOWN,
    Entries,
    Init,
    Seq,
    Value,
    ref,
    union,
)

if TYPE_CHECKING:
    from lint_rules.flow.calls import Calls


class Builtins:
    """The builtin functions that matter; each gives None where a call says nothing."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.ev = calls.ev
        self.ctx = calls.ctx

    def setattr(self, state: State, node: cst.Call) -> Value | None:
        if len(node.args) != 3:
            return None
        name = self.ev.eval(state, node.args[1].value).text
        objs = self.ctx.deref(self.ev.eval(state, node.args[0].value))
        value = self.ev.eval(state, node.args[2].value)
        if name is not None and objs:
            self.ctx.write(state, objs, name, value, node, "setattr",
                           unrolled=bool(self.ctx.iteration))  # fmt: skip
        return NONE

    def delattr(self, state: State, node: cst.Call) -> Value | None:
        if len(node.args) == 2:
            name = self.ev.eval(state, node.args[1].value).text
            objs = self.ctx.deref(self.ev.eval(state, node.args[0].value))
            if name is not None:
                self.ctx.write(state, objs, name, ABSENT, node, "delete")
        return NONE

    def getattr(self, state: State, node: cst.Call) -> Value | None:
        if len(node.args) < 2:
            return None
        base = self.ev.eval(state, node.args[0].value)
        name = self.ev.eval(state, node.args[1].value).text
        if name is None:
            return computed(base)
        default = self.ev.eval(state, node.args[2].value) if len(node.args) > 2 else None
        if class_of(base) is not None:
            return self.ev.field(state, base, name)
        return self.calls.with_default(state, node, base, name, default)

    def vars(self, state: State, node: cst.Call) -> Value | None:
        return self.ev.eval(state, node.args[0].value) if node.args else None

    def type(self, state: State, node: cst.Call) -> Value | None:
        if len(node.args) != 1:
            return None
        return self.calls.type_of(self.ev.eval(state, node.args[0].value))

    def isinstance(self, state: State, node: cst.Call) -> Value | None:
        return computed(*[self.ev.eval(state, arg.value) for arg in node.args[:1]])

    hasattr = isinstance

    def dict(self, state: State, node: cst.Call) -> Value | None:
        """``dict(x, f=None)``, ``dict(**x)``: a copy of a mapping, or a new dict."""
        first = next((a for a in node.args if a.keyword is None), None)
        if first is None:
            made = self.ev.mappings.fresh(state, node)
        else:
            value = self.ev.mappings.of(state, first.value)
            atom = value.single
            objs = [atom.obj] if isinstance(atom, Entries) else list(value.refs)
            if not objs:
                return self.own(value)
            if all(self.ev.mappings.is_local(obj) for obj in objs):
                made = self.ev.mappings.fresh(state, node)
                self.ev.mappings.update(state, [made], value, node)
            else:
                made = self.calls.copies.make(state, node, objs, "shallow", "dict", mapping=True)
        for arg in node.args:
            if arg.keyword is not None:
                item = self.ev.eval(state, arg.value)
                self.ctx.write(state, [made], arg.keyword.value, item, arg.value, "update")
            elif arg.star == "**" and arg is not first:
                self.ev.mappings.update(state, [made], self.ev.eval(state, arg.value), node)
        return ref(made)

    def own(self, value: Value) -> Value:
        """A container made from one that a copy of a carrier holds: no longer shared."""
        if any(
            isinstance(atom, Init) and self.ctx.objects[atom.obj].origin == "copy"
            for atom in value.atoms
        ):
            return computed(value)
        return value

    def set(self, state: State, node: cst.Call) -> Value | None:
        return self.own(self.ev.eval(state, node.args[0].value)) if node.args else EMPTY

    list = tuple = frozenset = sorted = set
    reversed = iter = set

    def next(self, state: State, node: cst.Call) -> Value | None:
        values = [self.ev.eval(state, arg.value) for arg in node.args]
        if values and (len(node.args) == 1 or node.args[1].keyword is not None):
            values[0] = self._an_item(values[0])
        return self.calls.choice(node, values)

    def _an_item(self, value: Value) -> Value:
        """Some item of a container of objects; what is no such container stands for itself."""
        atom = value.single
        if isinstance(atom, Seq):
            return union(list(atom.parts))
        item = iterating.item(self.ev, value)
        return item if item.refs else value

    min = max = next

    def print(self, state: State, node: cst.Call) -> Value | None:
        for arg in node.args:
            self.ev.eval(state, arg.value)
        return NONE

    def super(self, state: State, node: cst.Call) -> Value | None:
        return state.env.get("self", UNKNOWN)


NAMES = frozenset(
    name for name, held in vars(Builtins).items() if callable(held) and name[0] != "_"
)
"""The functions that are known; the class has other attributes, which programs may call theirs, too."""
