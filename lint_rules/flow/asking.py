"""What tests ask, so that a function which asks the same again finds what was decided then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.forks import Asked, asked_of, contradicts

if TYPE_CHECKING:
    from lint_rules.flow.conditions import Conditions
    from lint_rules.flow.state import State


class Asking:
    """Recognises the tests of one function that ask about one value."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.ctx = conditions.ctx

    def known(self, state: State, node: cst.BaseExpression) -> bool | None:
        """What the test of a variable came out as when it was asked before, on every way here.  An attribute may have been
        given another value by what nobody sees: a call, or another task while this one waits."""
        tested = none_test(node)
        if not isinstance(node if tested is None else tested[0], cst.Name):
            return None
        asked = self._test(state, node)
        if asked is None:
            return None
        test, flipped = asked
        for truth in (True, False):
            if contradicts(state.known, test, truth):
                return truth is flipped
        return None

    def learn(self, state: State, node: cst.BaseExpression, truth: bool) -> None:
        """Note the outcome, for when the same is asked again."""
        asked = self._test(state, node)
        if asked is not None:
            test, flipped = asked
            state.learn(test, truth is not flipped)

    def _test(self, state: State, node: cst.BaseExpression) -> tuple[Asked, bool] | None:
        """What a test asks about, and whether it comes out the other way round (``not in``)."""
        tested = none_test(node)
        if tested is not None:
            made = self._asked(state, tested[0], "none")
            return (made, not tested[1]) if made is not None else None
        if isinstance(node, cst.Comparison):
            return self._asked_in(state, node)
        made = self._asked(state, node, "truth")
        return (made, False) if made is not None else None

    def _asked(self, state: State, node: cst.BaseExpression, kind: str) -> Asked | None:
        if isinstance(node, cst.NamedExpr):
            node = node.target
        if isinstance(node, cst.Name):
            value = state.env.get(node.value)
            return asked_of(value, kind, node.value) if value is not None else None
        place = self.conditions.place(state, node)
        if place is None or len(place[0]) != 1:
            return None
        return asked_of(self.ctx.read(state, place[0][0], place[1]), kind)

    def _asked_in(self, state: State, node: cst.Comparison) -> tuple[Asked, bool] | None:
        """``"f" in x``: whether the entry is there that a look-up would find."""
        target = node.comparisons[0]
        if len(node.comparisons) != 1 or not isinstance(target.operator, cst.In | cst.NotIn):
            return None
        reads = self.conditions.key_reads(state, target.comparator, node.left)
        if len(reads) != 1:
            return None
        obj, name = next(iter(reads))
        made = asked_of(self.ctx.read(state, obj, name), "in")
        return (made, isinstance(target.operator, cst.NotIn)) if made is not None else None


def none_test(node: cst.BaseExpression) -> tuple[cst.BaseExpression, bool] | None:
    """For ``x is None`` and its like: what is tested, and whether None makes it true."""
    if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
        return None
    target = node.comparisons[0]
    if not (isinstance(target.comparator, cst.Name) and target.comparator.value == "None"):
        return None
    if isinstance(target.operator, cst.Is | cst.Equal):
        return node.left, True
    if isinstance(target.operator, cst.IsNot | cst.NotEqual):
        return node.left, False
    return None
