"""What a loop sees: the items of a container, where they can be listed, else one of them that stands for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.context import computed
from lint_rules.flow.copies import lists_fields
from lint_rules.flow.source import within
from lint_rules.flow.values import (
    WHOLE,
    Callable_,
    Entries,
    Leaf,
    Reads,
    Ref,
    Seq,
    Strings,
    Value,
    constant,
    entries_of,
    reads_in,
    reads_of,
)
from lint_rules.project.classes import ClassRef
from lint_rules.project.fieldlists import enum_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lint_rules.flow.context import Context
    from lint_rules.flow.expressions import Evaluator
    from lint_rules.flow.state import State
    from lint_rules.flow.values import Obj


def listed(ev: Evaluator, state: State, node: cst.BaseExpression) -> list[Value] | None:
    """The items that a loop over ``node`` sees, where they can be listed; else None.

    An item that may be missing has an absent possibility among its atoms (for a pair of key
    and value, the value has).
    """
    value = ev.eval(state, node)
    entries = entries_of(value)
    if entries is not None:
        return None if _hold(ev.ctx, entries[0]) else ev.mappings.items(state, *entries)
    atom = value.single
    if isinstance(atom, Strings):
        return [constant(name) for name in atom.names]
    if isinstance(atom, Seq):
        return list(atom.parts)
    if isinstance(atom, Callable_) and isinstance(atom.target, ClassRef):
        values = enum_values(atom.target)
        return [constant(value) for value in values] if values is not None else None
    if isinstance(atom, Ref) and (ev.ctx.objects[atom.obj].mapping or lists_fields(node)):
        is_record = not _hold(ev.ctx, [atom.obj])
        return ev.mappings.items(state, [atom.obj], "keys") if is_record else None
    return None


def _hold(ctx: Context, objs: Sequence[int]) -> bool:
    """True for containers of objects, whose keys are no names of fields."""
    return bool(objs) and all(ctx.objects[obj].holds is not None for obj in objs)


def item(ev: Evaluator, source: Value) -> Value:
    """Some item of a container: an object where the container's annotation names its class."""
    entries = entries_of(source)
    objs, what = entries if entries is not None else (ev.ctx.deref(source), "values")
    if len(objs) != 1 or what == "keys":
        return computed(source)
    info = ev.ctx.objects[objs[0]]
    if entries is None and (info.mapping or not _is_container(ev.ctx, info)):
        return computed(source)  # of a mapping, the keys
    is_open = info.origin == "call" and ev.ctx.depth == 0  # the next look tells
    if entries is not None and info.holds is None and not is_open:
        return computed(source)
    found = ev.calls.caches.item(info.id)
    return found if what == "values" else Value(frozenset({Seq((computed(source), found))}))


def _is_container(ctx: Context, info: Obj) -> bool:
    """True for what is annotated as a container, and for ``*given``."""
    if info.holds is not None or "[" in info.type_text:
        return True
    params = ctx.function.params if info.origin == "param" else ()
    return any(param.kind == "vararg" and param.name == info.name for param in params)


def fields_set(ev: Evaluator, state: State, node: cst.Attribute, objs: list[int]) -> Value:
    """The names of those fields of an object that it was given: any may be missing.

    Where the object itself is what is cached, a missing one holds its default, and nothing is kept without it.
    """
    if any(_is_carrier(ev.ctx, obj) for obj in objs):
        return Value(frozenset(Entries(obj, "keys") for obj in objs))
    condition = Leaf(frozenset((obj, WHOLE) for obj in objs))
    guard = ev.ctx.guard(node, "filter", condition, needs=False)
    made = ev.calls.copies.make(
        state, node, objs, "deep", "fields set", mapping=True, partial=guard
    )
    return Value(frozenset({Entries(made, "keys")}))


def _is_carrier(ctx: Context, obj: int) -> bool:
    """True for what a cache handed out, and for a copy or what has been copied."""
    return ctx.objects[obj].origin in ("copy", "lookup") or any(
        info.origin == "copy" and info.how != "fields set" and obj in info.of
        for info in ctx.objects.all()
    )


def reads_of_item(ctx: Context, item: Value) -> Reads:
    """What an item, a pair of name and value perhaps, was read from, and what decided that it is one."""
    found = set(reads_of(item))
    blames = set(item.blame)
    for atom in item.atoms:
        if isinstance(atom, Seq):
            for part in atom.parts:
                blames |= part.blame
    for guard in blames:
        found |= reads_in(ctx.facts.guards[guard].condition)
    return frozenset(found)


# --------------------------------------------------------------------------- tests of names


def names_asked(
    ev: Evaluator,
    state: State,
    target: cst.BaseAssignTargetExpression,
    tests: Iterable[cst.BaseExpression],
) -> cst.CSTNode | None:
    """The test by which a loop over names lets through those of a constant, or of a beginning: the program
    says itself which they are, though nobody knows which of them come."""
    name: cst.BaseExpression = target
    if isinstance(name, cst.Tuple | cst.List) and name.elements:
        name = name.elements[0].value
    if not isinstance(name, cst.Name):
        return None
    parts = (part for test in tests for part in within(test))
    return next((part for part in parts if _lets_through(ev, state, part, name.value)), None)


def _lets_through(ev: Evaluator, state: State, test: cst.CSTNode, name: str) -> bool:
    """True for ``name in ("a", "b")``, ``name == "a"`` and ``name.startswith("a")``."""
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        asked = test.comparisons[0]
        return (
            isinstance(test.left, cst.Name)
            and test.left.value == name
            and isinstance(asked.operator, cst.In | cst.NotIn | cst.Equal | cst.NotEqual)
            and ev.eval(state, asked.comparator).is_constant
        )
    return (
        isinstance(test, cst.Call)
        and isinstance(test.func, cst.Attribute)
        and isinstance(test.func.value, cst.Name)
        and test.func.value.value == name
        and test.func.attr.value == "startswith"
        and all(ev.eval(state, arg.value).is_constant for arg in test.args)
    )
