"""Calls behind which an object is of another form, or is said to be of a class: texts and bytes, and ``cast``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.context import class_of
from lint_rules.flow.values import Value, ref
from lint_rules.flow.vocabulary import PICKLES

if TYPE_CHECKING:
    import libcst as cst

    from lint_rules.flow.calls import Calls
    from lint_rules.flow.state import State
    from lint_rules.project.classes import ClassRef


def serialise(calls: Calls, state: State, node: cst.Call, full: str) -> Value:
    """A text or bytes of an object, or what is read from one: a deep copy of what went in."""
    value = calls.ev.eval(state, node.args[0].value)
    objs = [o for o in calls.ctx.deref(value) if not calls.ev.mappings.is_local(o)]
    if not objs:
        return value
    pickles = full.partition(".")[0] in PICKLES
    told = [a.value for a in node.args if a.keyword is not None and a.keyword.value == "type"]
    cls = class_of(calls.ev.eval(state, told[0])) if told else None
    mapping = not pickles or all(calls.ctx.objects[o].mapping for o in objs)
    made = calls.copies.made(state, node, objs, "deep", full, mapping=mapping and cls is None)
    if cls is not None:  # ``msgspec.json.decode(text, type=Auth)``
        _learn(calls, made, cls)
    return ref(made)


def cast(calls: Calls, state: State, node: cst.Call) -> Value:
    """``typing.cast(Auth, x)``: the same value, of the class where nothing else says of which it is."""
    value = calls.ev.eval(state, node.args[1].value)
    hint = calls.ctx.project.resolve_annotation(
        calls.ctx.module, calls.ctx.code(node.args[0].value), calls.ctx.function
    )
    for obj in calls.ctx.deref(value):
        if calls.ctx.objects[obj].model is None and len(hint.classes) == 1:
            _learn(calls, obj, hint.classes[0])
    return value


def _learn(calls: Calls, obj: int, cls: ClassRef) -> None:
    info = calls.ctx.objects[obj]
    info.model, info.typed = cls, True
    calls.ctx.learn_fields(cls)
