"""The repair of CCL203: the missing write, after its neighbours and in their form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.findings import Edit, Fix
from lint_rules.fixes.layout import Layout
from lint_rules.fixes.merges import NOTE
from lint_rules.fixes.overwrites import mentions, never_none
from lint_rules.fixes.reads import SourceRead, asked, find_read, same_expression, unwrapped
from lint_rules.fixes.values import reset_value

if TYPE_CHECKING:
    from lint_rules.knowledge.merging import Merge
    from lint_rules.rules.base import Problem

_NO_NEIGHBOUR = (
    "this tool cannot extend the way in which the function merges: add the missing write by hand"
)

_EDITED = (
    "the function edits in place what the field holds, and would edit what the source holds then: write a copy of "
    "that by hand"
)

_COMPOUND = (cst.If, cst.For, cst.While, cst.Try, cst.TryStar, cst.With, cst.Match)


def fix_missing(problem: Problem, layout: Layout) -> Fix:
    """Write the missing fields after their neighbours, in the neighbours' form."""
    carrier = problem.carrier.id
    if any(w.obj == carrier and w.field in problem.fields for w in problem.facts.additions):
        return Fix(reason=_EDITED)
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
    read = find_read(layout, statement.value, merge.write.field)
    line = layout.line_of(statement)
    if read is None or line is None or not isinstance(target, cst.Attribute | cst.Subscript):
        return None
    test = _test(layout, statement.value, read, target)
    if test is None or not _stands_free(problem, layout, merge, line, read, target):
        return None
    anchor = _anchor(layout, line, read, target)
    base = layout.source(target.value)
    lines: list[str] = []
    for name in problem.fields:
        value = reset_value(problem.model, name)
        if isinstance(value, str) or value.remove:
            return None
        left = f"{base}.{name}" if isinstance(target, cst.Attribute) else f'{base}["{name}"]'
        wanted = replace(read, field=name, form=_form(problem, merge, read, name))
        fits = value.text == "None" or never_none(problem, merge, name)
        lines.append(f"{left} = {_value(wanted, test, value.text, fits=fits)}")
    start, end = layout.span(anchor)
    at = layout.line_end(layout.outer_span(statement.value)[1] if anchor is not line else end)
    lead = layout.newline(end) + layout.indent(start)
    return Edit(at, at, "".join(lead + text for text in lines))


def _form(problem: Problem, merge: Merge, read: SourceRead, name: str) -> str:
    """How another field is read: an attribute that no class is known to have may be missing."""
    if read.form != "attr":
        return read.form
    models = [problem.facts.objects[source].model for source in merge.sources]
    known = all(model is not None and model.field(name) is not None for model in models)
    return "attr" if known and models else "getattr"


def _stands_free(
    problem: Problem, layout: Layout, merge: Merge, line: cst.CSTNode, read: SourceRead,
    target: cst.Attribute | cst.Subscript,
) -> bool:  # fmt: skip
    """True where nothing decides about the neighbour that says nothing about another field: a test of its own
    value that is around it alone, or whether there is a source at all, or a decision of the program."""
    alone = _anchor(layout, line, read, target)
    for number in merge.deciding:
        holder = layout.up(problem.facts.guard_nodes[number], *_COMPOUND)
        if holder is not alone and not _asks_for_source(layout, holder, read):
            return False
    around = layout.up(layout.parent(alone) or alone, *_COMPOUND)
    while around is not None:
        if not isinstance(around, cst.With) and not _asks_for_source(layout, around, read):
            parts = (read.source, target.value)
            if not isinstance(around, cst.If) or any(
                mentions(layout, around.test, part) for part in parts
            ):
                return False
        around = layout.up(layout.parent(around) or layout.tree.module, *_COMPOUND)
    return True


def _asks_for_source(layout: Layout, statement: cst.CSTNode | None, read: SourceRead) -> bool:
    """True for ``if src:``, ``if src is not None:``, ``if src is None:``."""
    if not isinstance(statement, cst.If):
        return False
    subject = statement.test
    if isinstance(subject, cst.UnaryOperation) and isinstance(subject.operator, cst.Not):
        subject = subject.expression
    if isinstance(subject, cst.Comparison) and len(subject.comparisons) == 1:
        if layout.source(subject.comparisons[0].comparator) == "None":
            subject = subject.left
    return same_expression(layout, subject, read.source)


def _value(read: SourceRead, test: str, default: str, *, fits: bool) -> str:
    """The read of a missing field, under the neighbour's test whether there is a source at all."""
    if not test:
        return read.overwrite(default) if fits else read.or_default(default)
    if fits:
        return f"{read.overwrite(default)} if {test} else {default}"
    return f"{read.value} if {test} and {read.overwrite('None')} is not None else {default}"


def _test(
    layout: Layout, value: cst.BaseExpression, read: SourceRead, target: cst.BaseExpression
) -> str | None:
    """The test of ``src.f if src is not None else None``: "" where the source is read in any case, None where
    the neighbour says too little about how another field is read."""
    if unwrapped(value) is read.node:
        return ""
    if isinstance(value, cst.BooleanOperation):
        return "" if unwrapped(value.left) is read.node else None
    if not isinstance(value, cst.IfExp):
        return None
    if asked(layout, value.test, read, target) is not None:
        return ""
    if unwrapped(value.body) is not read.node:
        return None
    subject = value.test
    if isinstance(subject, cst.Comparison) and len(subject.comparisons) == 1:
        compared = subject.comparisons[0]
        if not isinstance(compared.operator, cst.IsNot | cst.NotEqual):
            return None
        if layout.source(compared.comparator) != "None":
            return None
        subject = subject.left
    return layout.source(value.test) if same_expression(layout, subject, read.source) else None


def _anchor(
    layout: Layout, line: cst.CSTNode, read: SourceRead, target: cst.BaseExpression
) -> cst.CSTNode:
    """The statement after which the write goes: the neighbour, or the ``if`` that guards it alone."""
    holder = layout.up(line, cst.If)
    if isinstance(holder, cst.If) and holder.orelse is None and len(holder.body.body) == 1:
        if holder.body.body[0] is line and isinstance(layout.parent(holder), cst.IndentedBlock):
            question = asked(layout, holder.test, read, target)
            if question is not None and question.takes_new:
                return holder
    return line
