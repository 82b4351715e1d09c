"""Of which class the objects are that a function without annotations is given: its callers tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.summaries import DEPTH

if TYPE_CHECKING:
    from lint_rules.knowledge.said import Said
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef


class Handed:
    """What the functions of one project give each other."""

    def __init__(self, said: Said) -> None:
        self._said = said

    def is_given(
        self, function: FunctionRef, name: str, model: ClassRef, depth: int = DEPTH
    ) -> bool:
        """True when some caller, or what calls that, gives a function an object of the model for the parameter of this
        name."""
        return any(
            self._gives(caller, function, name, model, depth)
            for caller in self._said.project.callers(function)
        )

    def _gives(
        self, caller: FunctionRef, function: FunctionRef, name: str, model: ClassRef, depth: int
    ) -> bool:
        """True when a function does so; what it only hands on its own callers tell."""
        return any(
            given.model.is_kin_of(model)
            if given.model is not None
            else depth > 1 and self.is_given(caller, given.from_param, model, depth - 1)
            for given in self._said.handed(caller)
            if given.callee == function and given.param == name
        )
