"""Repairs of one merging write: what it writes becomes a value that cannot be the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.findings import Edit
from lint_rules.fixes.beforehand import bindings, is_in
from lint_rules.fixes.layout import Layout
from lint_rules.fixes.reads import (
    Asked,
    SourceRead,
    asked,
    find_read,
    reads_field,
    same_expression,
    unwrapped,
)
from lint_rules.fixes.spreads import moved_behind
from lint_rules.fixes.values import ResetValue
from lint_rules.flow.values import Const, Init

if TYPE_CHECKING:
    from lint_rules.knowledge.merging import Merge
    from lint_rules.rules.base import Problem

_DEFAULT = Asked("presence", True)


def overwrite(
    problem: Problem, layout: Layout, merge: Merge, value: ResetValue
) -> list[Edit] | None:
    """``t.f = src.get("f")`` in place of the guarded or or-merged write; None where another repair is surer."""
    write = merge.write
    statement = write.statement
    if write.unrolled or write.how not in ("attr", "item", "update"):
        return None
    assigned = isinstance(statement, cst.Assign) and write.how != "update"
    if isinstance(statement, cst.Assign) and assigned:
        expression: cst.CSTNode = statement.value
        if len(statement.targets) != 1:
            return None
    else:
        expression = write.node
    if not isinstance(expression, cst.BaseExpression):
        return None
    read = find_read(layout, expression, write.field)
    if read is None:
        read = _held_in_local(layout, expression, write.field)
    if read is None:
        return None
    if write.how == "update" and expression is read.node:
        same = value.text == "None"
        text = layout.source(expression) if same else read.overwrite(value.text)
        behind = moved_behind(layout, expression, text)
        if behind is not None:
            return behind
    if merge.keeps == "or":
        return _Choice(problem, layout, merge, value, read).rewritten(expression)
    if not isinstance(statement, cst.Assign) or not assigned:
        return None
    if unwrapped(statement.value) is not read.node:
        return None  # what is done with the value would be lost
    deciding = [problem.facts.guard_nodes[number] for number in merge.deciding]
    return _unguard(problem, layout, merge, read, value, deciding)


def _held_in_local(layout: Layout, expression: cst.BaseExpression, field: str) -> SourceRead | None:
    """A variable that holds what was read, and nothing else on any way here: ``limit = src.get("f")`` stands
    before, in a block that is around the write."""
    if not isinstance(expression, cst.Name):
        return None
    bound = bindings(layout, expression.value)
    if len(bound) != 1 or not isinstance(bound[0], cst.AssignTarget):
        return None
    assigned = layout.parent(bound[0])
    read = find_read(layout, assigned.value, field) if isinstance(assigned, cst.Assign) else None
    if read is None or not isinstance(assigned, cst.Assign) or assigned.value is not read.node:
        return None
    line = layout.line_of(assigned)
    if not isinstance(bound[0].target, cst.Name) or line is None:
        return None
    if layout.span(line)[0] > layout.span(expression)[0]:
        return None
    if not is_in(layout, expression, layout.parent(line)):
        return None
    return SourceRead(expression, expression, field, "local", expression.value)


def never_none(problem: Problem, merge: Merge, field: str) -> bool:
    """True when the source's class says that its field is always there."""
    models = [problem.facts.objects[source].model for source in merge.sources]
    found = [model.field(field) if model is not None else None for model in models]
    return bool(found) and all(decl is not None and not decl.nullable for decl in found)


def _written(
    problem: Problem, merge: Merge, read: SourceRead, value: ResetValue, question: Asked
) -> str | None:
    """The read as an unconditional value; None when it may be None and the field may not."""
    if value.text == "None" or question.about == "presence":
        return read.overwrite(value.text)
    if never_none(problem, merge, read.field):
        return read.overwrite(value.text)
    return read.or_default(value.text) if question.about == "target" else None


# --------------------------------------------------------------------------- choices in the value


class _Choice:
    """A written value that is a choice between a read of the source and the old value."""

    def __init__(
        self, problem: Problem, layout: Layout, merge: Merge, value: ResetValue, read: SourceRead
    ) -> None:
        self.problem = problem
        self.layout = layout
        self.merge = merge
        self.value = value
        self.read = read

    def rewritten(self, expression: cst.BaseExpression) -> list[Edit] | None:
        """The edits that leave nothing of the old value in ``expression``."""
        start, end = self.layout.outer_span(expression)
        if "#" in self.layout.text[start:end]:
            return None  # a comment would be lost, or no longer true
        if expression is self.read.node:
            return self._whole(expression, _DEFAULT)
        if isinstance(expression, cst.IfExp):
            return self._ternary(expression)
        if isinstance(expression, cst.BooleanOperation):
            return self._or(expression)
        if isinstance(expression, cst.Call) and len(expression.args) == 2:
            return self._call(expression)
        return None

    def _whole(self, expression: cst.BaseExpression, question: Asked) -> list[Edit] | None:
        """The written value becomes the read alone."""
        text = _written(self.problem, self.merge, self.read, self.value, question)
        start, end = self.layout.outer_span(expression)
        if text is None or text == self.layout.text[start:end]:
            return None
        return [Edit(start, end, text)]

    def _old_replaced(self, old: cst.BaseExpression) -> list[Edit]:
        return [Edit(*self.layout.outer_span(old), self.value.text)]

    def _ternary(self, node: cst.IfExp) -> list[Edit] | None:
        old = next((side for side in (node.body, node.orelse) if self._is_old(side)), None)
        if old is None:
            return None
        new = node.orelse if old is node.body else node.body
        direct = unwrapped(new) is self.read.node
        question = asked(self.layout, node.test, self.read, old)
        if question is not None and direct:
            if question.takes_new is not (new is node.body):
                return None
            whole = self._whole(node, question)
            if whole is not None or question.about == "target":
                return whole
        if mentions(self.layout, node.test, old) or not (direct or self._is_entry):
            return None
        return self._old_replaced(old)

    def _or(self, node: cst.BooleanOperation) -> list[Edit] | None:
        if not isinstance(node.operator, cst.Or):
            return None
        left, right = node.left, node.right
        if unwrapped(left) is self.read.node and self._is_old(right):
            return self._whole(node, Asked("source", True)) or self._old_replaced(right)
        if unwrapped(right) is self.read.node and self._is_old(left):
            return self._whole(node, Asked("target", False))
        if self._is_entry and self._is_old(right) and not mentions(self.layout, left, right):
            return self._old_replaced(right)
        return None

    def _call(self, node: cst.Call) -> list[Edit] | None:
        """A function that chooses; one that merges may do more than that."""
        func = node.func
        name = func.attr.value if isinstance(func, cst.Attribute) else self.layout.source(func)
        old = next((a.value for a in node.args if self._is_old(a.value)), None)
        if old is None or "merge" in name.lower():
            return None
        if not any(unwrapped(arg.value) is self.read.node for arg in node.args):
            return None
        return self._whole(node, Asked("source", True)) or self._old_replaced(old)

    @property
    def _is_entry(self) -> bool:
        """True for an entry or keyword of a copy: nothing can be reset before it."""
        return self.merge.write.how == "update"

    def _is_old(self, side: cst.BaseExpression) -> bool:
        """True for an expression of the choice that is the old value and nothing else."""
        if unwrapped(side) is self.read.node:
            return False
        found = reads_field(side, self.read.field)
        if found is not None:
            return not same_expression(self.layout, found, self.read.source)
        return isinstance(side, cst.Name) and side.value != "None" and all(
            isinstance(atom, Init) or (isinstance(atom, Const) and atom.kind == "none")
            for atom in self.merge.write.value.atoms
        )  # fmt: skip


def mentions(layout: Layout, node: cst.CSTNode, part: cst.BaseExpression) -> bool:
    """True when an expression holds another one."""
    todo: list[cst.CSTNode] = [node]
    while todo:
        current = todo.pop()
        if isinstance(current, cst.BaseExpression) and same_expression(layout, current, part):
            return True
        todo.extend(current.children)
    return False


# --------------------------------------------------------------------------- guards


def _unguard(
    problem: Problem, layout: Layout, merge: Merge, read: SourceRead, value: ResetValue,
    deciding: list[cst.CSTNode],
) -> list[Edit] | None:  # fmt: skip
    """``if guard: write`` becomes the write, where the guard asks for this very value."""
    statement = merge.write.statement
    assert isinstance(statement, cst.Assign)
    holder = _holder(layout, statement)
    if holder is None:
        return None
    target = statement.targets[0].target
    question = asked(layout, holder.test, read, target)
    if question is None or not question.takes_new:
        return None
    text = _written(problem, merge, read, value, question)
    if text is None or _decided_before(layout, holder, deciding):
        return None
    start, end = layout.span(holder)
    last = layout.outer_span(statement.value)[1]
    if "#" in layout.text[layout.line_start(start) : last].split("\n", 1)[0] or _comments(
        layout, start, last
    ):
        return None
    new = f"{layout.source(target)} = {text}"
    return [Edit(start, max(last, min(end, last)), new)]


def _holder(layout: Layout, statement: cst.Assign) -> cst.If | None:
    """The ``if`` without ``else`` that holds this statement alone."""
    suite = layout.parent(layout.parent(statement) or statement)
    holder = layout.up(statement, cst.If)
    if not isinstance(holder, cst.If) or holder.orelse is not None:
        return None
    if holder.body is not suite and holder.body is not layout.parent(statement):
        return None
    body = holder.body.body
    small = body[0].body if isinstance(body[0], cst.SimpleStatementLine) else body
    alone = len(body) == 1 and len(small) == 1
    if not alone or not isinstance(layout.parent(holder), cst.IndentedBlock):
        return None
    if isinstance(holder.body, cst.IndentedBlock) and any(e.comment for e in holder.body.footer):
        return None  # the comment would keep the indentation of the guard
    return holder


def _decided_before(layout: Layout, holder: cst.If, deciding: list[cst.CSTNode]) -> bool:
    """True when another guard, which stands before this one, lets the old value stay, too."""
    others = (layout.up(node, cst.If) for node in deciding)
    return any(
        other is not None and other is not holder and layout.span(other)[0] < layout.span(holder)[0]
        for other in others
    )


def _comments(layout: Layout, start: int, end: int) -> bool:
    """True when a comment stands between the guard and the write (it would be lost)."""
    return (
        any(
            "#" in line and line.strip().startswith("#")
            for line in layout.text[start:end].splitlines()
        )
        or "  #" in layout.text[start:end]
    )
