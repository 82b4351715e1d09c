"""Whether there is an object at all: what may be None, and what a test for that says of the object."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.values import NONES, WHOLE, All, Any_, Guard, Ref, Seq, Value, reads_in

if TYPE_CHECKING:
    from lint_rules.flow.context import Context
    from lint_rules.flow.state import State
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import Param

_NONE = re.compile(r"\b(?:None|Optional)\b")
#: Methods that hand out their default where they find nothing; without one, ``pop`` fails.
_WITH_DEFAULT = frozenset({"get", "pop"})
#: Objects that are there only where a call made or found them; a dict made here is one also when it is empty.
_MADE_BY_CALLS = frozenset({"copy", "lookup", "call"})
_TRUTH = ("__bool__", "__len__")


def may_be_none(param: Param) -> bool:
    """True for a parameter whose annotation or default says that it may be None."""
    return param.default == "None" or bool(_NONE.search(param.annotation or ""))


def may_find_nothing(node: cst.BaseExpression) -> bool:
    """True for a look-up that may return None: ``cache.get(key)``, not ``cache[key]``."""
    if not isinstance(node, cst.Call):
        return False
    name = node.func.attr.value if isinstance(node.func, cst.Attribute) else ""
    if name in _WITH_DEFAULT and len(node.args) > 1:
        default = node.args[1].value
        return isinstance(default, cst.Name) and default.value == "None"
    return name not in ("setdefault", "pop")


def may_be_nothing(ctx: Context, state: State, value: Value) -> bool:
    """True when a value may be None here: what is "found or made" is one of both."""
    infos = [ctx.objects[obj] for obj in value.refs]
    if value.atoms & NONES:
        return True
    return all(i.optional and not _was_found(ctx, state, i.id) for i in infos) and bool(infos)


def _was_found(ctx: Context, state: State, obj: int) -> bool:
    """True on a way that a test for None has let pass because the object is there."""
    return any(_finds(ctx.facts.guards[number], obj) for number in state.guards)


def _finds(guard: Guard, obj: int) -> bool:
    """True for a guard that is passed only where there is this object."""
    condition = guard.condition
    decides = not isinstance(condition, All | Any_) or isinstance(condition, All) is guard.needs
    asks = (obj, WHOLE)
    return decides and asks in reads_in(condition) and (asks in guard.unset) is not guard.needs


def leave_out(ctx: Context, state: State, value: Value) -> None:
    """Where a variable has been found to be None (or false), there is nothing of what it might have been: this way
    says nothing about these objects.  One that anything else still holds is there all the same."""
    for obj in value.refs:
        info = ctx.objects[obj]
        if info.origin in _MADE_BY_CALLS and obj in state.heap and is_always_true(info.model):
            if not any(_holds(held, obj) for held in _values(state)):
                del state.heap[obj]


def is_always_true(model: ClassRef | None) -> bool:
    """False for the class of an object that may be there and false: the class says when it is true."""
    return model is None or not any(name in cls.methods for cls in model.mro for name in _TRUTH)


def _values(state: State) -> list[Value]:
    """All that variables and fields hold."""
    return [*state.env.values(), *(v for fields in state.heap.values() for v in fields.values())]


def _holds(value: Value, obj: int) -> bool:
    """True when a value may be an object, or have it as an item."""
    return any(
        (isinstance(atom, Ref) and atom.obj == obj)
        or (isinstance(atom, Seq) and any(_holds(part, obj) for part in atom.parts))
        for atom in value.atoms
    )
