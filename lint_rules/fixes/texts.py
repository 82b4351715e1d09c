"""Repairs of copies that are text or bytes, or have other keys than fields: the fields are left out while they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.findings import Edit, Fix
from lint_rules.fixes.arguments import (
    append_argument,
    extend_collection,
    take_out_of_include,
    without_default,
)
from lint_rules.flow.copies import keyword

if TYPE_CHECKING:
    from lint_rules.fixes.layout import Layout
    from lint_rules.fixes.values import ResetValue
    from lint_rules.rules.base import Problem

_NOTHING = "no field can be reset by its name on what is written: reset the fields on a copy of the object, and write that"


def leave_out(
    problem: Problem, layout: Layout, values: dict[str, ResetValue], reasons: list[str]
) -> Fix:
    """Keep the fields out of what is written: by ``exclude``, or by a display around a mapping."""
    node = problem.carrier.node
    edits: list[Edit] | None = None
    if isinstance(node, cst.Call):
        needed = without_default(problem, values)
        if needed and _is_dump(problem):
            reason = f"what is written could not be read without {', '.join(needed)}, which has no default"
            return Fix(reason=f"{reason}: reset it by hand on a copy, and write that")
        edits = (
            _excluded(problem, layout, node, values)
            if _is_dump(problem)
            else _spread(problem, layout, node, values)
        )
    if edits is None:
        return Fix(reason="; ".join([*reasons, _NOTHING]))
    return Fix(tuple(edits), reason="; ".join(reasons) or None)


def writes_aliases(problem: Problem) -> bool:
    """True for a dump whose keys are not the names of the fields."""
    node = problem.carrier.node
    if not isinstance(node, cst.Call) or problem.carrier.how not in ("model_dump", "dict"):
        return False
    said = keyword(node, "by_alias")
    return said is not None and not (isinstance(said, cst.Name) and said.value in ("False", "None"))


def _is_dump(problem: Problem) -> bool:
    """True for the method of a pydantic model: it takes ``exclude``."""
    model = problem.model
    dumps = problem.carrier.how in ("model_dump_json", "json", "model_dump", "dict")
    return dumps and model is not None and model.kind == "pydantic"


def _excluded(
    problem: Problem, layout: Layout, node: cst.Call, values: dict[str, ResetValue]
) -> list[Edit] | None:
    names = keyword(node, "exclude")
    if names is not None:
        return extend_collection(layout, names, values)
    if keyword(node, "include") is not None:
        return take_out_of_include(problem, layout, values)
    if any(arg.star for arg in node.args):
        return None
    listed = ", ".join(f'"{name}"' for name in values)
    return append_argument(layout, node, [f"exclude={{{listed}}}"])


def _spread(
    problem: Problem, layout: Layout, node: cst.Call, values: dict[str, ResetValue]
) -> list[Edit] | None:
    """``json.dumps({**session, "f": None})``, where a mapping is written that has a name."""
    objects = [problem.facts.objects[obj] for obj in problem.carrier.of]
    written = node.args[0].value
    if not all(obj.mapping for obj in objects) or not isinstance(written, cst.Name):
        return None
    if any(value.remove for value in values.values()):
        return None
    entries = ", ".join(f'"{name}": {value.text}' for name, value in values.items())
    start, end = layout.outer_span(written)
    return [Edit(start, end, f"{{**{layout.text[start:end]}, {entries}}}")]
