"""How a merge reads its source: the expression, and the same read that never keeps the old value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.fixes.layout import Layout

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts


def unwrapped(node: cst.BaseExpression) -> cst.BaseExpression:
    """What a walrus binds, else the expression itself."""
    return unwrapped(node.value) if isinstance(node, cst.NamedExpr) else node


def same_expression(layout: Layout, one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    """True when both say the same, parentheses and spacing apart."""
    return _plain(one).deep_equals(_plain(other)) or _text(layout, one) == _text(layout, other)


def _plain(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.with_changes(lpar=[], rpar=[]) if getattr(node, "lpar", ()) else node


def _text(layout: Layout, node: cst.BaseExpression) -> str:
    return "".join(layout.source(node).split())


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A read of one field of a source.  ``form`` is attr, item, get, getattr or name (a local)."""

    node: cst.BaseExpression
    source: cst.BaseExpression
    field: str
    form: str
    source_text: str
    mapping: bool
    text: str

    def overwrite(self, default: str) -> str:
        """The read as the value of an unconditional write."""
        return self.renamed(self.field, default)

    def renamed(self, field: str, default: str) -> str:
        """The same read of another field."""
        extra = "" if default == "None" else f", {default}"
        if self.form == "name":
            return self.text if field == self.field and not extra else f"{self.text} or {default}"
        if self.form in ("item", "get"):
            return f'{self.source_text}.get("{field}"{extra})'
        if self.form == "getattr":
            return f'getattr({self.source_text}, "{field}", {default})'
        return f"{self.source_text}.{field}"

    def is_key(self, node: cst.BaseExpression) -> bool:
        """True when ``node`` is the field's name as a string."""
        return isinstance(node, cst.SimpleString) and node.evaluated_value == self.field

    def matches(self, layout: Layout, node: cst.BaseExpression) -> bool:
        """True when ``node`` reads the same field of the same source in any form."""
        inner = unwrapped(node)
        if self.form == "name":
            return same_expression(layout, inner, self.node)
        other = _read(layout, inner, self.field)
        return other is not None and same_expression(layout, other[0], self.source)


def find_read(
    facts: Facts,
    layout: Layout,
    expression: cst.BaseExpression,
    field: str,
    sources: tuple[int, ...],
) -> SourceRead | None:
    """The part of a written value that reads the same-named field of a source."""
    mapping = any(facts.objects[s].mapping or facts.objects[s].model is None for s in sources)
    todo: list[cst.CSTNode] = [expression]
    own = _own_target(layout, expression)
    while todo:
        node = todo.pop(0)
        if isinstance(node, cst.BaseExpression):
            found = _read(layout, node, field)
            if found is not None and (own is None or not same_expression(layout, found[0], own)):
                source, form = found
                return SourceRead(
                    node, source, field, form, layout.source(source), mapping, layout.source(node)
                )
        todo.extend(_parts(node))
    return None


def _own_target(layout: Layout, expression: cst.BaseExpression) -> cst.BaseExpression | None:
    """The carrier in ``t.f = <expression>``, whose own reads are no source reads."""
    statement = layout.up(expression, cst.Assign)
    if isinstance(statement, cst.Assign):
        target = statement.targets[0].target
        if isinstance(target, cst.Attribute | cst.Subscript):
            return target.value
    return None


def _parts(node: cst.CSTNode) -> list[cst.CSTNode]:
    if isinstance(node, cst.BooleanOperation):
        return [node.left, node.right]
    if isinstance(node, cst.IfExp):
        return [node.body, node.orelse]
    if isinstance(node, cst.Call):
        return [arg.value for arg in node.args]
    if isinstance(node, cst.NamedExpr):
        return [node.value]
    return []


def _read(
    layout: Layout, node: cst.BaseExpression, field: str
) -> tuple[cst.BaseExpression, str] | None:
    """The source and the form of an expression that reads ``field`` of something."""
    if isinstance(node, cst.Attribute) and node.attr.value == field:
        return node.value, "attr"
    if isinstance(node, cst.Subscript) and len(node.slice) == 1:
        index = node.slice[0].slice
        if isinstance(index, cst.Index) and _is_name(index.value, field):
            return node.value, "item"
    if isinstance(node, cst.Call) and node.args:
        func = node.func
        if (
            isinstance(func, cst.Attribute)
            and func.attr.value == "get"
            and _is_name(node.args[0].value, field)
        ):
            return func.value, "get"
        if isinstance(func, cst.Name) and func.value == "getattr" and len(node.args) >= 2:
            if _is_name(node.args[1].value, field):
                return node.args[0].value, "getattr"
    return None


def _is_name(node: cst.BaseExpression, field: str) -> bool:
    return isinstance(node, cst.SimpleString) and node.evaluated_value == field
