"""Repairs of what stands in a deep copy: the resets go where those of the copy itself would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.findings import Edit, Fix
from lint_rules.fixes.resets import after, bound, last_reset, values_of

if TYPE_CHECKING:
    from lint_rules.fixes.layout import Layout
    from lint_rules.rules.base import Problem

_BY_HAND = (
    "this tool cannot extend the way in which the copy is made: reset {fields} on the copy by hand"
)
_FROZEN = (
    "objects of {model} cannot be changed: reset {name} on the copy by hand: put a new one there"
)


def fix_nested(problem: Problem, layout: Layout) -> Fix:
    """Insert resets of the fields of what a field of the copy holds, where there is something in it."""
    holder, node, model = problem.holder, problem.carrier.node, problem.model
    assert holder is not None
    values, reasons = values_of(problem)
    if not values:
        return Fix(reason="; ".join(reasons))
    if model is not None and model.frozen:
        return Fix(reason=_FROZEN.format(model=model.name, name=holder.name))
    variable, anchor, optional = (
        bound(problem, layout, node, {}) if node is not None else (None, None, False)
    )
    edits: list[Edit] | None = None
    if variable is not None and anchor is not None and not optional:
        place = f"{variable}.{holder.name}"
        statements = [f"{place}.{name} = {value.text}" for name, value in values.items()]
        last = last_reset(problem, layout, anchor, variable) or anchor
        edits = after(layout, last, statements, under=place if holder.nullable else "")
    if edits is None:
        fields = ", ".join(f"{holder.name}.{name}" for name in values)
        return Fix(reason=_BY_HAND.format(fields=fields))
    return Fix(tuple(edits), reason="; ".join(reasons) or None)
