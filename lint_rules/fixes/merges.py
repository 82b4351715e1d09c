"""Repairs of merges: overwrite, or reset before the merge where its form is too tangled to rewrite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.findings import Edit, Fix
from lint_rules.fixes.beforehand import added_to, find_anchor, objection
from lint_rules.fixes.layout import Layout
from lint_rules.fixes.overwrites import overwrite
from lint_rules.fixes.putback import cleared
from lint_rules.fixes.values import ResetValue, empty_value, reset_value
from lint_rules.flow.copies import are_fields

if TYPE_CHECKING:
    from lint_rules.knowledge.merging import Merge
    from lint_rules.rules.base import Problem

NOTE = "an absent value now clears the field"
_DECISION = (
    "whether an absent value should clear the field is the program's decision: the value does not "
    "come from a field of the same name"
)
_UNKNOWN_FORM = (
    "this tool cannot change the way in which the function merges: write the field on every way "
    "through it by hand"
)

_NO_CLASS = (
    "nothing says of which class the object is, and so whether {name} may be None: annotate the object, "
    "or write by hand what the field is without a new value"
)


def fix_merges(problem: Problem, layout: Layout) -> Fix:
    """Overwrite the fields of one write, or reset them before the merge."""
    if not all(merge.same_name for merge in problem.merges):
        return Fix(reason=_DECISION)
    values: dict[str, ResetValue] = {}
    for name in problem.fields:
        value = _reset(problem, name)
        if isinstance(value, str) or value.remove:
            return Fix(reason=value if isinstance(value, str) else _removal(name))
        values[name] = value
    merge = problem.merges[0]
    edits = None
    if len(problem.merges) == 1 and merge.keeps != "added":
        change = cleared if merge.keeps == "restored" else overwrite
        edits = change(problem, layout, merge, values[merge.write.field])
    if edits is None and any(each.keeps == "restored" for each in problem.merges):
        return Fix(reason=_UNKNOWN_FORM)  # what is reset before is put back, too
    if edits is None:
        before = _reset_first(problem, layout, values)
        if isinstance(before, str):
            return Fix(reason=before)
        edits = before
    comment = _comment_above(layout, edits[0].start)
    note = (
        NOTE
        if comment is None
        else f"{NOTE}; check the comment at line {comment}, it may no longer hold"
    )
    return Fix(tuple(edits), note=note)


def _reset(problem: Problem, name: str) -> ResetValue | str:
    """The reset of a field; what nobody knows the class of may not be able to hold None."""
    carrier = problem.carrier
    known = problem.model is not None or carrier.typed or carrier.mapping
    if not known and not all(_by_key(merge) for merge in problem.merges):
        return _NO_CLASS.format(name=name)
    value = reset_value(problem.model, name)
    added = any(merge.keeps == "added" for merge in problem.merges)
    return empty_value(problem.model, name, value) if added else value


def _removal(name: str) -> str:
    return f"the key {name} may not be None: write down by hand what it is without a new value"


# --------------------------------------------------------------------------- reset first


def _reset_first(
    problem: Problem, layout: Layout, values: dict[str, ResetValue]
) -> list[Edit] | str:
    """Reset the fields before the merge, and leave the merge as it stands; else why that cannot be."""
    merge = problem.merges[0]
    if merge.write.how == "update" and problem.carrier.origin == "copy":
        return _default_entries(layout, problem, values) or _UNKNOWN_FORM
    target = _target(problem, layout, merge)
    anchor = find_anchor(problem, layout, merge, target)
    if anchor is None or target is None:
        return _UNKNOWN_FORM
    start = layout.span(anchor)[0]
    if layout.text[layout.line_start(start) : start].strip():
        return _UNKNOWN_FORM
    reason = objection(problem, layout, merge, anchor, target, values)
    if reason is not None:
        return reason
    lead = layout.newline(start) + layout.indent(start)
    mapping, text = problem.carrier.mapping or _by_key(merge), layout.source(target)
    lines = [
        f'{text}["{name}"] = {value.text}' if mapping else f"{text}.{name} = {value.text}"
        for name, value in values.items()
    ]
    return [Edit(start, start, "".join(line + lead for line in lines))]


def _by_key(merge: Merge) -> bool:
    """True for a write that only a mapping takes: ``t["f"] = ...``, ``t.update(...)``."""
    statement = merge.write.statement
    call = statement.value if isinstance(statement, cst.Expr) else None
    if merge.write.how != "update" or not isinstance(call, cst.Call):
        return merge.write.how == "item"
    on = call.func.value if isinstance(call.func, cst.Attribute) else None
    return on is not None and not are_fields(on)


def _target(problem: Problem, layout: Layout, merge: Merge) -> cst.Name | cst.Attribute | None:
    """How the function calls the carrier where the merge stands."""
    statement = merge.write.statement
    node: cst.CSTNode | None = None
    if merge.write.how in ("attr", "item"):
        target: cst.CSTNode | None = None
        if isinstance(statement, cst.Assign):
            target = statement.targets[0].target
        elif isinstance(statement, cst.AugAssign):
            target = statement.target
        if isinstance(target, cst.Attribute | cst.Subscript):
            node = target.value
    elif merge.write.how == "edit":
        node = added_to(merge.write.node, merge.write.field)
    elif merge.write.how == "setattr" and isinstance(merge.write.node, cst.Call):
        func = merge.write.node.func
        if isinstance(func, cst.Name) and merge.write.node.args:
            node = merge.write.node.args[0].value
    if node is None and problem.carrier.origin in ("param", "self"):
        return cst.Name(problem.carrier.name)
    return node if isinstance(node, cst.Name | cst.Attribute) else None


def _default_entries(
    layout: Layout, problem: Problem, values: dict[str, ResetValue]
) -> list[Edit] | None:
    """``update={**defaults, **new}``: the copy starts with the fields reset."""
    node = problem.carrier.node
    if not isinstance(node, cst.Call):
        return None
    update = next((a.value for a in node.args if a.keyword and a.keyword.value == "update"), None)
    entries = ", ".join(f'"{name}": {value.text}' for name, value in values.items())
    if update is None:
        update = next((a.value for a in node.args if a.star == "**"), None)
    if update is None:
        return None
    start, end = layout.outer_span(update)
    if isinstance(update, cst.Dict):
        return [Edit(start + 1, start + 1, f"{entries}, ")]
    return [Edit(start, end, f"{{{entries}, **{layout.text[start:end]}}}")]


def _comment_above(layout: Layout, offset: int) -> int | None:
    """The line of a comment directly above a rewritten statement."""
    start = layout.line_start(offset)
    if start == 0:
        return None
    above = layout.text[layout.line_start(start - 1) : start].strip()
    if not above.startswith("#"):
        return None
    return layout.function.module.scan.line_at(start - 1)
