"""Repairs of writes that put the old value back where the new one is absent: they clear the field instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.findings import Edit
from lint_rules.fixes.layout import Layout
from lint_rules.fixes.reads import reads_field, unwrapped
from lint_rules.fixes.values import ResetValue
from lint_rules.flow.asking import none_test

if TYPE_CHECKING:
    from lint_rules.flow.facts import Write
    from lint_rules.knowledge.merging import Merge
    from lint_rules.rules.base import Problem


def cleared(problem: Problem, layout: Layout, merge: Merge, value: ResetValue) -> list[Edit] | None:
    """``t.f = None`` in place of ``t.f = old``; None where the test asks for more than whether there is a value."""
    write, guard = merge.write, merge.guard
    value_written = None if write.unrolled else _value_of(write)
    test = problem.facts.guard_nodes[guard.id] if guard is not None else None
    if value_written is None or guard is None or not isinstance(test, cst.BaseExpression):
        return None
    if _is_absent(test, write.field) is not guard.needs:
        return None
    start, end = layout.span(value_written)
    return [Edit(start, end, value.text)]


def _value_of(write: Write) -> cst.BaseExpression | None:
    """What a statement writes that does nothing else."""
    statement = write.statement
    if isinstance(statement, cst.Assign) and write.how in ("attr", "item"):
        return statement.value if len(statement.targets) == 1 else None
    call = statement.value if isinstance(statement, cst.Expr) else None
    if isinstance(call, cst.Call) and write.how == "setattr" and len(call.args) == 3:
        return call.args[2].value
    return None


def _is_absent(test: cst.BaseExpression, field: str) -> bool | None:
    """Whether the test is true where there is no new value, or where there is one; None where it asks anything else:
    what is false may be a value, zero."""
    tested = none_test(unwrapped(test))
    if tested is None or reads_field(tested[0], field) is None:
        return None
    return tested[1]
