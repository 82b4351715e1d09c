"""Repairs of merges: overwrite, or reset before the merge where its form is too tangled to rewrite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.findings import Edit, Fix
from lint_rules.fixes.layout import Layout
from lint_rules.fixes.reads import SourceRead, find_read, same_expression, unwrapped
from lint_rules.fixes.values import ResetValue, reset_value

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
_NO_NEIGHBOUR = (
    "this tool cannot extend the way in which the function merges: add the missing write by hand"
)


def fix_merges(problem: Problem, layout: Layout) -> Fix:
    """Overwrite the fields of one write, or reset them before the merge."""
    if not all(merge.same_name for merge in problem.merges):
        return Fix(reason=_DECISION)
    values: dict[str, ResetValue] = {}
    for name in problem.fields:
        value = reset_value(problem.model, name)
        if isinstance(value, str) or value.remove:
            return Fix(reason=value if isinstance(value, str) else _removal(name))
        values[name] = value
    merge = problem.merges[0]
    edits = _overwrite(problem, layout, merge, values) if len(problem.merges) == 1 else None
    if edits is None:
        edits = _reset_first(problem, layout, values)
    if edits is None:
        return Fix(reason=_UNKNOWN_FORM)
    comment = _comment_above(layout, edits[0].start)
    note = (
        NOTE
        if comment is None
        else f"{NOTE}; check the comment at line {comment}, it may no longer hold"
    )
    return Fix(tuple(edits), note=note)


def _removal(name: str) -> str:
    return f"the key {name} may not be None: write down by hand what it is without a new value"


# --------------------------------------------------------------------------- overwrite


def _overwrite(
    problem: Problem, layout: Layout, merge: Merge, values: dict[str, ResetValue]
) -> list[Edit] | None:
    """``t.f = src.get("f")`` in place of the guarded or or-merged write."""
    write = merge.write
    statement = write.statement
    if write.unrolled or write.how not in ("attr", "item", "update"):
        return None
    expression = (
        statement.value
        if isinstance(statement, cst.Assign) and write.how != "update"
        else write.node
    )
    if not isinstance(expression, cst.BaseExpression):
        return None
    if isinstance(statement, cst.Assign) and write.how != "update" and len(statement.targets) != 1:
        return None
    read = find_read(problem.facts, layout, expression, write.field, merge.sources)
    if read is None:
        return None
    text = read.overwrite(values[write.field].text)
    if merge.keeps == "or":
        return _replace_value(layout, expression, read, text)
    if not isinstance(statement, cst.Assign) or write.how == "update":
        return None
    deciding = [problem.facts.guard_nodes[number] for number in merge.deciding]
    return _unguard(layout, statement, read, text, deciding)


def _replace_value(
    layout: Layout, expression: cst.BaseExpression, read: SourceRead, text: str
) -> list[Edit] | None:
    """The written value becomes the read alone, where nothing but the old value stood beside it."""
    others = _other_parts(expression, read.node)
    if others is None:
        return None
    start, end = layout.outer_span(expression)
    if "#" in layout.text[start:end]:
        return None  # a comment would be lost
    return [Edit(start, end, text)]


def _other_parts(
    expression: cst.BaseExpression, read: cst.BaseExpression
) -> list[cst.BaseExpression] | None:
    """What stands beside the read in a two-way choice; None for any other form."""
    if expression is read:
        return []
    if isinstance(expression, cst.BooleanOperation):
        sides = [expression.left, expression.right]
    elif isinstance(expression, cst.IfExp):
        sides = [expression.body, expression.orelse]
    elif isinstance(expression, cst.Call) and len(expression.args) == 2:
        sides = [arg.value for arg in expression.args]
    else:
        return None
    if not any(unwrapped(side) is read for side in sides):
        return None
    return [side for side in sides if unwrapped(side) is not read]


def _unguard(
    layout: Layout,
    statement: cst.Assign,
    read: SourceRead,
    text: str,
    deciding: list[cst.CSTNode],
) -> list[Edit] | None:
    """``if guard: write`` becomes the write, where the guard asks for this very value."""
    suite = layout.parent(layout.parent(statement) or statement)
    holder = layout.up(statement, cst.If)
    if not isinstance(holder, cst.If) or holder.orelse is not None:
        return None
    if holder.body is not suite and holder.body is not layout.parent(statement):
        return None
    body = holder.body.body
    small = body[0].body if isinstance(body[0], cst.SimpleStatementLine) else body
    if (
        len(body) != 1
        or len(small) != 1
        or not isinstance(layout.parent(holder), cst.IndentedBlock)
    ):
        return None
    target = statement.targets[0].target
    if not _plain_guard(layout, holder.test, read, target):
        return None
    if isinstance(holder.body, cst.IndentedBlock) and any(e.comment for e in holder.body.footer):
        return None  # the comment would keep the indentation of the guard
    for node in deciding:
        other = layout.up(node, cst.If)
        if other is not None and other is not holder:
            if layout.span(other)[0] < layout.span(holder)[0]:
                return None
    start, end = layout.span(holder)
    last = layout.outer_span(statement.value)[1]
    if "#" in layout.text[layout.line_start(start) : last].split("\n", 1)[0] or _comments(
        layout, start, last
    ):
        return None
    new = f"{layout.source(target)} = {text}"
    return [Edit(start, max(last, min(end, last)), new)]


def _comments(layout: Layout, start: int, end: int) -> bool:
    """True when a comment stands between the guard and the write (it would be lost)."""
    return (
        any(
            "#" in line and line.strip().startswith("#")
            for line in layout.text[start:end].splitlines()
        )
        or "  #" in layout.text[start:end]
    )


def _plain_guard(
    layout: Layout, test: cst.BaseExpression, read: SourceRead, target: cst.BaseExpression
) -> bool:
    """True for ``read``, ``read is not None``, ``"f" in src``, ``target is None`` and ``not target``."""
    tested = unwrapped(test)
    if isinstance(tested, cst.UnaryOperation) and isinstance(tested.operator, cst.Not):
        return same_expression(layout, tested.expression, target)
    if isinstance(tested, cst.Comparison) and len(tested.comparisons) == 1:
        comparison = tested.comparisons[0]
        right = comparison.comparator
        if isinstance(comparison.operator, cst.In):
            return read.is_key(tested.left) and same_expression(layout, right, read.source)
        if not (isinstance(right, cst.Name) and right.value == "None"):
            return False
        if isinstance(comparison.operator, cst.Is | cst.Equal):
            return same_expression(layout, tested.left, target)
        return read.matches(layout, tested.left)
    return read.matches(layout, tested)


# --------------------------------------------------------------------------- reset first


def _reset_first(
    problem: Problem, layout: Layout, values: dict[str, ResetValue]
) -> list[Edit] | None:
    """Reset the fields before the merge, and leave the merge as it stands."""
    merge = problem.merges[0]
    if merge.write.how == "update" and problem.carrier.origin == "copy":
        return _default_entries(layout, problem, values)
    anchor = _anchor(problem, layout, merge)
    target = _target(problem, layout, merge)
    if anchor is None or target is None:
        return None
    start = layout.span(anchor)[0]
    if layout.text[layout.line_start(start) : start].strip():
        return None
    lead = layout.newline(start) + layout.indent(start)
    mapping = problem.carrier.mapping
    lines = [
        f'{target}["{name}"] = {value.text}' if mapping else f"{target}.{name} = {value.text}"
        for name, value in values.items()
    ]
    return [Edit(start, start, "".join(line + lead for line in lines))]


def _target(problem: Problem, layout: Layout, merge: Merge) -> str | None:
    """How the function calls the carrier where the merge stands."""
    statement = merge.write.statement
    node: cst.CSTNode | None = None
    if isinstance(statement, cst.Assign) and merge.write.how in ("attr", "item"):
        target = statement.targets[0].target
        if isinstance(target, cst.Attribute | cst.Subscript):
            node = target.value
    elif merge.write.how == "setattr" and isinstance(merge.write.node, cst.Call):
        func = merge.write.node.func
        if isinstance(func, cst.Name) and merge.write.node.args:
            node = merge.write.node.args[0].value
    if node is None and problem.carrier.origin in ("param", "self"):
        return problem.carrier.name
    return layout.source(node) if isinstance(node, cst.Name | cst.Attribute) else None


def _anchor(problem: Problem, layout: Layout, merge: Merge) -> cst.CSTNode | None:
    """The statement before which the reset goes: the first of those that decide about the write.

    From the write, and from every guard that lets the old value stay, the way goes up through loops
    and through statements that decide; it stops where the program decides something else.
    """
    deciding = [problem.facts.guard_nodes[number] for number in merge.deciding]
    starts = [merge.write.node, *deciding]
    found = [_outermost(layout, start, deciding) for start in starts if layout.parent(start)]
    anchors = [statement for statement in found if statement is not None]
    return min(anchors, key=lambda statement: layout.span(statement)[0]) if anchors else None


def _outermost(
    layout: Layout, start: cst.CSTNode, deciding: list[cst.CSTNode]
) -> cst.CSTNode | None:
    kinds = (cst.If, cst.For, cst.While, cst.Try, cst.TryStar, cst.With, cst.Match)
    statement = layout.up(start, cst.SimpleStatementLine, *kinds)
    while statement is not None:
        parent = layout.up(layout.parent(statement) or statement, *kinds, cst.FunctionDef)
        if parent is None or parent is statement or isinstance(parent, cst.FunctionDef):
            return statement
        part_of_chain = isinstance(statement, cst.If) and layout.parent(statement) is parent
        loops = isinstance(parent, cst.For | cst.While)
        if not (part_of_chain or loops or any(_holds(layout, parent, node) for node in deciding)):
            return statement
        statement = parent
    return None


def _holds(layout: Layout, statement: cst.CSTNode, guard: cst.CSTNode) -> bool:
    """True when a guard belongs to a compound statement itself, not to one inside it."""
    kinds = (cst.If, cst.For, cst.While, cst.Try, cst.TryStar, cst.With, cst.Match)
    return layout.up(guard, *kinds) is statement


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


# --------------------------------------------------------------------------- the missing write


def fix_missing(problem: Problem, layout: Layout) -> Fix:
    """Write the missing fields after their neighbours, in the neighbours' form."""
    placed = [m for m in problem.merges if m.write.how in ("attr", "item") and not m.write.unrolled]
    ordered = sorted(placed, key=lambda m: layout.span(m.write.node)[0])
    for merge in reversed(ordered):
        edit = _neighbour(problem, layout, merge)
        if edit is not None:
            return Fix((edit,), note=NOTE)
    return Fix(reason=_NO_NEIGHBOUR)


def _neighbour(problem: Problem, layout: Layout, merge: Merge) -> Edit | None:
    statement = merge.write.statement
    if not isinstance(statement, cst.Assign) or len(statement.targets) != 1:
        return None
    target = statement.targets[0].target
    read = find_read(problem.facts, layout, statement.value, merge.write.field, merge.sources)
    line = layout.line_of(statement)
    if read is None or line is None or not isinstance(target, cst.Attribute | cst.Subscript):
        return None
    anchor: cst.CSTNode = line
    holder = layout.up(line, cst.If)
    if isinstance(holder, cst.If) and holder.orelse is None and len(holder.body.body) == 1:
        if holder.body.body[0] is line and isinstance(layout.parent(holder), cst.IndentedBlock):
            if _plain_guard(layout, holder.test, read, target):
                anchor = holder
    base = layout.source(target.value)
    lines: list[str] = []
    for name in problem.fields:
        value = reset_value(problem.model, name)
        if isinstance(value, str) or value.remove:
            return None
        left = f"{base}.{name}" if isinstance(target, cst.Attribute) else f'{base}["{name}"]'
        lines.append(f"{left} = {read.renamed(name, value.text)}")
    start, end = layout.span(anchor)
    at = layout.line_end(layout.outer_span(statement.value)[1] if anchor is not line else end)
    lead = layout.newline(end) + layout.indent(start)
    return Edit(at, at, "".join(lead + text for text in lines))
