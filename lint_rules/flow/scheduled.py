"""Calls that something else makes, perhaps later: tasks, threads, what a request does when it has been answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.applying import apply
from lint_rules.flow.state import State
from lint_rules.flow.values import UNKNOWN, Callable_, Seq, Value
from lint_rules.project.functions import FunctionRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lint_rules.flow.calls import Calls


def call(calls: Calls, state: State, node: cst.Call, *, waits: bool) -> Value:
    """``create_task(f(x))``, ``background.add_task(f, x)``: the call happens, perhaps later."""
    before, calls.scheduled = calls.scheduled, not waits or calls.scheduled
    calls.awaited.update(arg.value for arg in node.args if waits)
    values = [calls.ev.eval(state, arg.value) for arg in node.args]
    for index, value in enumerate(values):
        func, args = node.args[index].value, node.args[index + 1 :]
        if _happens(calls, state, node, func, value, args) is not None:
            break
    calls.scheduled = before
    if waits and len(values) > 1 and calls.ctx.code(node.func).endswith("gather"):
        one_by_one = not any(arg.star or arg.keyword is not None for arg in node.args)
        return Value(frozenset({Seq(tuple(values))})) if one_by_one else UNKNOWN
    return values[0] if waits and values else UNKNOWN


def moved(calls: Calls, state: State, node: cst.Call, place: int) -> Value:
    """``await to_thread(f, x)``: the call is made in a thread, and waited for; ``place`` is where the function stands."""
    func, args = node.args[place].value, node.args[place + 1 :]
    result = _happens(calls, state, node, func, calls.ev.eval(state, func), args)
    return result if result is not None else calls.unknown.call(state, node, func, args)


def _happens(
    calls: Calls, state: State, node: cst.Call, func: cst.BaseExpression, value: Value,
    args: Sequence[cst.Arg],
) -> Value | None:  # fmt: skip
    """What a call of what a scheduler was given returns; None when it is nothing that is known."""
    atom = value.single
    if isinstance(func, cst.Attribute):
        base = calls.ev.eval(state, func.value)
        cached = calls.caches.method(state, node, func, base, args, scheduled=calls.scheduled)
        if cached is not None:
            return cached
    if isinstance(atom, Callable_) and isinstance(atom.target, FunctionRef):
        return apply(calls, state, node, atom.target, atom.receiver, args)
    return None
