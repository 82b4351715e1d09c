"""Calls of which nothing is known but their names and arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow import vocabulary as known
from lint_rules.flow.context import computed
from lint_rules.flow.rows import how_read, is_of_rows
from lint_rules.flow.values import ROW, UNKNOWN, Init, Ref, Value, field_reads, ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lint_rules.flow.calls import Calls
    from lint_rules.flow.state import State


class Unknown:
    """The results and effects of such calls in one function."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.ev = calls.ev
        self.ctx = calls.ctx

    def call(
        self, state: State, node: cst.Call, func: cst.BaseExpression, args: Sequence[cst.Arg],
        name: str = "",
    ) -> Value:  # fmt: skip
        """The result of calling ``func``, which stands at ``node`` itself or is called from there."""
        values = [self.ev.eval(state, arg.value) for arg in args]
        last = name.rsplit(".", 1)[-1] if name else _called(func)
        receiver = self.ev.eval(state, func.value) if isinstance(func, cst.Attribute) else UNKNOWN
        called = self.ev.eval(state, func) if isinstance(func, cst.Name) else receiver
        self.pass_on(called, values)
        self.may_reset(last, [*values, receiver])
        if known.COALESCING.search(last) and sum(bool(field_reads(v)) for v in values) > 1:
            return self.calls.choice(node, values)
        if any(field_reads(value) for value in values) and not any(value.refs for value in values):
            return computed(*values)
        of_rows = is_of_rows(self.ctx.objects, self.ctx.deref(receiver))
        return self._result(state, node, func, last, ROW if of_rows else how_read(func))

    def may_reset(self, name: str, values: list[Value]) -> None:
        """A call of which nothing is known: its name may say that it resets what it is given."""
        if known.SANITIZING.search(name):
            for value in values:
                for obj in value.refs:
                    self.ctx.objects[obj].opaque = True

    def pass_on(self, target: Value, values: list[Value]) -> None:
        """Note what is given to something that a call returned and nobody knows yet."""
        if any(map(self._is_from_unknown_call, _found_in(target))):
            self.ctx.facts.passed.update(obj for value in values for obj in self.ctx.deref(value))

    def _is_from_unknown_call(self, obj: int) -> bool:
        """True for what a call returned, and for what is held by it on any level."""
        info = self.ctx.objects.bottom(obj)
        return info.origin == "call" and info.model is None

    def _result(
        self, state: State, node: cst.Call, func: cst.BaseExpression, name: str, how: str
    ) -> Value:
        """An object that a call returned and nobody knows."""
        key = (id(node), "call", self.ctx.iteration)
        made = self.ctx.new(key, "call", name, node=node, how=how)
        state.meet(made.id)
        if self.calls.caches.is_cache(func) and made.type_text == "":
            made.type_text = name
        return ref(made.id)


def _found_in(value: Value) -> Iterator[int]:
    """The objects that a value may be, or may be a field of."""
    return (atom.obj for atom in value.atoms if isinstance(atom, Ref | Init))


def _called(func: cst.BaseExpression) -> str:
    return func.attr.value if isinstance(func, cst.Attribute) else ""
