"""Caches that read through: what a look-up is given to call where there is nothing makes what stands there then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.applying import apply
from lint_rules.flow.values import Callable_, Value
from lint_rules.project.functions import FunctionRef

if TYPE_CHECKING:
    from lint_rules.flow.expressions import Evaluator
    from lint_rules.flow.state import State


class Loading:
    """Calls the loaders that the look-ups of one function are given."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ev = evaluator

    def loaded(self, state: State, node: cst.Call, values: list[Value]) -> dict[int, Value]:
        """What the functions among the arguments of a look-up return, by their number there: what they are called
        with is not known."""
        found: dict[int, Value] = {}
        for index, value in enumerate(values):
            atom = value.single
            if not isinstance(atom, Callable_):
                continue
            if isinstance(atom.target, FunctionRef):
                found[index] = apply(self.ev.calls, state, node, atom.target, atom.receiver, [])
            elif isinstance(atom.target, cst.FunctionDef | cst.Lambda):
                found[index] = self.ev.interpreter.inlining.call(state, [], atom.target)
        return found
