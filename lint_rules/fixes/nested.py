"""Repairs of what stands in a deep copy: the resets go where those of the copy itself would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.findings import Edit, Fix
from lint_rules.fixes.resets import after, bound, introduce, last_reset, values_of

if TYPE_CHECKING:
    import libcst as cst

    from lint_rules.fixes.layout import Layout
    from lint_rules.fixes.values import ResetValue
    from lint_rules.project.classes import FieldDecl
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
    edits = _edits(problem, layout, node, holder, values) if node is not None else None
    if edits is None:
        fields = ", ".join(f"{holder.name}.{name}" for name in values)
        return Fix(reason=_BY_HAND.format(fields=fields))
    return Fix(tuple(edits), reason="; ".join(reasons) or None)


def _edits(
    problem: Problem,
    layout: Layout,
    node: cst.CSTNode,
    holder: FieldDecl,
    values: dict[str, ResetValue],
) -> list[Edit] | None:
    """The resets behind those of the copy; a copy that is used in place gets a name."""

    def statements(variable: str) -> list[str]:
        return [f"{variable}.{holder.name}.{name} = {value.text}" for name, value in values.items()]

    variable, anchor, optional = bound(problem, layout, node, {})
    if optional:
        return None
    under = f"{{}}.{holder.name}" if holder.nullable else ""
    if variable is None or anchor is None:
        return introduce(layout, node, statements, under=under)
    last = last_reset(problem, layout, anchor, variable) or anchor
    return after(layout, last, statements(variable), under=under.format(variable))
