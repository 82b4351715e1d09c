"""The methods by which objects are copied and pickled, as ``object`` and the classes of libraries have them: what
``super().__copy__()`` in a class of the project hands out."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.applying import apply
from lint_rules.flow.context import class_of
from lint_rules.flow.values import NONE, Value, ref
from lint_rules.flow.vocabulary import COPYING_HOOKS
from lint_rules.project.classes import ClassRef

if TYPE_CHECKING:
    from lint_rules.flow.calls import Calls
    from lint_rules.flow.state import State
    from lint_rules.project.functions import FunctionRef

_REDUCING = frozenset({"__reduce__", "__reduce_ex__"})


class Ordinary:
    """What is copied as it would be without a method of its own."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.ctx = calls.ctx

    def by_name(self, state: State, node: cst.Call, name: str) -> Value | None:
        """``object.__new__(cls)``, ``object.__reduce_ex__(self, 2)``, ``BaseModel.__copy__(self)``."""
        owner, _, method = name.rpartition(".")
        if not owner or not node.args or isinstance(self.ctx.resolve(owner), ClassRef):
            return None
        if method == "__new__" and owner == "object":
            return self._new(state, node)
        if method not in COPYING_HOOKS:
            return None
        return self._of(state, node, self.calls.ev.eval(state, node.args[0].value), method, 1)

    def method(
        self, state: State, node: cst.Call, func: cst.Attribute, base: Value
    ) -> Value | None:
        """``super().name()``: the method of the nearest base that has it, else what every class has."""
        if not _is_super(func.value):
            return None
        inherited = self._inherited(func.attr.value)
        if inherited is not None:
            return apply(self.calls, state, node, inherited, base, node.args, up=True)
        if func.attr.value == "__new__" and node.args:
            return self._new(state, node)
        return self._of(state, node, base, func.attr.value, 0)

    def _inherited(self, name: str) -> FunctionRef | None:
        function = self.ctx.function
        owner = function.class_name
        cls = function.module.class_(owner) if owner is not None else None
        bases = cls.mro[1:] if cls is not None else ()
        return next((base.methods[name] for base in bases if name in base.methods), None)

    def _new(self, state: State, node: cst.Call) -> Value | None:
        cls = class_of(self.calls.ev.eval(state, node.args[0].value))
        return ref(self.calls.copies.fresh(state, node, cls)) if cls is not None else None

    def _of(self, state: State, node: cst.Call, base: Value, name: str, first: int) -> Value | None:
        objs = self.ctx.deref(base)
        if not objs or name not in COPYING_HOOKS:
            return None
        make = self.calls.copies.make
        if name in ("__copy__", "__deepcopy__"):
            return ref(
                make(state, node, objs, "deep" if name == "__deepcopy__" else "shallow", name)
            )
        models = [self.ctx.objects[obj].model for obj in objs]
        if any(model is None or model.kind == "pydantic" for model in models):
            return None  # the state has the fields on a level of its own
        if name in _REDUCING:
            return ref(make(state, node, objs, "shallow", name)) if self._is_handed_on() else None
        if name == "__getstate__":
            return ref(make(state, node, objs, "shallow", name, mapping=True))
        if len(node.args) > first:  # __setstate__, which only some have
            kept = self.calls.ev.eval(state, node.args[first].value)
            self.calls.ev.mappings.update(state, objs, kept, node)
        return NONE

    def _is_handed_on(self) -> bool:
        """True in a method that does nothing but return what it is given."""
        body = self.ctx.function.node.body
        is_text = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        return len(body) - is_text == 1 and isinstance(body[-1], ast.Return)


def _is_super(node: cst.BaseExpression) -> bool:
    """True for ``super()``."""
    called = node.func if isinstance(node, cst.Call) else None
    return isinstance(called, cst.Name) and called.value == "super"
