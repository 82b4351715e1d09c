"""Functions and lambdas that are defined inside a function, called in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.context import computed
from lint_rules.flow.state import State, join
from lint_rules.flow.values import UNKNOWN, Value, constant, union

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lint_rules.flow.interpreter import Interpreter


MAX_INLINE = 2
"""How deep functions defined inside a function are followed."""


class Inlining:
    """Calls of a function's own inner functions."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.it = interpreter
        self.ctx = interpreter.ctx
        self.ev = interpreter.ev

    def call(self, state: State, args: Sequence[cst.Arg], target: cst.CSTNode) -> Value:
        """Call a function or lambda that was defined in this function, in place."""
        values = [self.ev.eval(state, arg.value) for arg in args]
        if self.it.inlined >= MAX_INLINE or not isinstance(target, cst.FunctionDef | cst.Lambda):
            return computed(*values)
        outer_env, outer_exits = dict(state.env), self.it.exits
        outer_statement = self.ctx.statement
        self.it.inlined += 1
        self._bind_arguments(state, args, target.params, values)
        if isinstance(target, cst.Lambda):
            result = self.ev.eval(state, target.body)
            state.env = outer_env
        else:
            result = self._inline(state, target, outer_env)
        self.it.exits = outer_exits
        self.it.inlined -= 1
        self.ctx.statement = outer_statement
        return result

    def _inline(self, state: State, target: cst.FunctionDef, env: dict[str, Value]) -> Value:
        self.it.exits = []
        with self.it.tries.fresh_frame():
            end = self.it.block(state.copy(), target.body)
        ends = [leave.state for leave in self.it.exits]
        values = [leave.value for leave in self.it.exits]
        if end is not None:
            ends.append(end)
            values.append(constant(None))
        out = join(ends, self.ctx.objects)
        if out is not None:
            out.keep_tests(state)
            state.follow(out)
        state.env = env
        return union(values)

    def _bind_arguments(
        self, state: State, args: Sequence[cst.Arg], params: cst.Parameters, values: list[Value]
    ) -> None:
        names = [p.name.value for p in (*params.posonly_params, *params.params)]
        positional = 0
        for param in (*params.posonly_params, *params.params, *params.kwonly_params):
            default = self.ev.eval(state, param.default) if param.default is not None else UNKNOWN
            state.bind(param.name.value, default)
        for arg, value in zip(args, values, strict=True):
            if arg.keyword is not None:
                state.bind(arg.keyword.value, value)
            elif not arg.star and positional < len(names):
                state.bind(names[positional], value)
                positional += 1
