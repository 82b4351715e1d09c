"""How a merge reads its source: the expression, and the same read that never keeps the old value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from lint_rules.fixes.layout import Layout


def unwrapped(node: cst.BaseExpression) -> cst.BaseExpression:
    """What a walrus binds, else the expression itself."""
    return unwrapped(node.value) if isinstance(node, cst.NamedExpr) else node


def same_expression(layout: Layout, one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    """True when both say the same, parentheses and spacing apart."""
    return _plain(one).deep_equals(_plain(other)) or _text(layout, one) == _text(layout, other)


def _plain(node: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(node, cst.Tuple):  # the empty one is made by its parentheses
        return node
    return node.with_changes(lpar=[], rpar=[]) if getattr(node, "lpar", ()) else node


def _text(layout: Layout, node: cst.BaseExpression) -> str:
    return "".join(layout.source(node).split())


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A read of one field of a source.  ``form`` is attr, item, get or getattr, or local for a variable that
    holds what was read before."""

    node: cst.BaseExpression
    source: cst.BaseExpression
    field: str
    form: str
    source_text: str

    def overwrite(self, default: str) -> str:
        """The read as the value of an unconditional write."""
        if self.form in ("item", "get"):
            extra = "" if default == "None" else f", {default}"
            return f'{self.source_text}.get("{self.field}"{extra})'
        if self.form == "getattr":
            return f'getattr({self.source_text}, "{self.field}", {default})'
        return self.value

    @property
    def value(self) -> str:
        """The read where its value is there."""
        if self.form == "local":
            return self.source_text
        if self.form == "item":
            return f'{self.source_text}["{self.field}"]'
        return self.overwrite("None") if self.form != "attr" else f"{self.source_text}.{self.field}"

    def or_default(self, default: str) -> str:
        """The read where it is not None, else the default."""
        return f"{self.value} if {self.overwrite('None')} is not None else {default}"

    def is_key(self, node: cst.BaseExpression) -> bool:
        """True when ``node`` is the field's name as a string."""
        return isinstance(node, cst.SimpleString) and node.evaluated_value == self.field

    def matches(self, layout: Layout, node: cst.BaseExpression) -> bool:
        """True when ``node`` reads the same field of the same source in any form."""
        inner = unwrapped(node)
        if self.form == "local":
            return same_expression(layout, inner, self.node)
        other = _read(inner, self.field)
        if other is None or (other[1] == "getattr" and self.form != "getattr"):
            return False  # getattr asks as well whether there is a source at all
        return same_expression(layout, other[0], self.source)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a test asks: about the source's value, whether it is there (presence), or about the target's
    own field; and whether a true answer takes the new value."""

    about: str
    takes_new: bool


def asked(
    layout: Layout, test: cst.BaseExpression, read: SourceRead, target: cst.BaseExpression
) -> Asked | None:
    """The question of ``src.f``, ``src.f is not None``, ``"f" in src``, ``t.f is None``, ``not t.f``; None where a
    test asks anything else."""
    tested = unwrapped(test)
    if isinstance(tested, cst.UnaryOperation) and isinstance(tested.operator, cst.Not):
        inner = asked(layout, tested.expression, read, target)
        return Asked(inner.about, not inner.takes_new) if inner is not None else None
    if not isinstance(tested, cst.Comparison):
        return _asked_of(layout, tested, read, target)
    if len(tested.comparisons) != 1:
        return None
    operator, right = tested.comparisons[0].operator, tested.comparisons[0].comparator
    if isinstance(operator, cst.In | cst.NotIn):
        is_key = read.is_key(tested.left) and same_expression(layout, right, read.source)
        return Asked("presence", isinstance(operator, cst.In)) if is_key else None
    if not (isinstance(right, cst.Name) and right.value == "None"):
        return None
    found = _asked_of(layout, tested.left, read, target)
    if found is None or isinstance(operator, cst.IsNot | cst.NotEqual):
        return found
    equal = isinstance(operator, cst.Is | cst.Equal)
    return Asked(found.about, not found.takes_new) if equal else None


def _asked_of(
    layout: Layout, subject: cst.BaseExpression, read: SourceRead, target: cst.BaseExpression
) -> Asked | None:
    if same_expression(layout, subject, target):
        return Asked("target", False)
    return Asked("source", True) if read.matches(layout, subject) else None


def reads_field(node: cst.BaseExpression, field: str) -> cst.BaseExpression | None:
    """The object of which an expression reads ``field``, in any form."""
    found = _read(node, field)
    return found[0] if found is not None else None


def find_read(layout: Layout, expression: cst.BaseExpression, field: str) -> SourceRead | None:
    """The part of a written value that reads the same-named field of a source."""
    todo: list[cst.CSTNode] = [expression]
    own = list(_own_targets(layout, expression))
    while todo:
        node = todo.pop(0)
        if isinstance(node, cst.BaseExpression):
            found = _read(node, field)
            if found is not None and not any(same_expression(layout, found[0], o) for o in own):
                source, form = found
                return SourceRead(node, source, field, form, layout.source(source))
        todo.extend(_parts(node))
    return None


def _own_targets(layout: Layout, expression: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The carrier in ``t.f = <expression>`` and in ``replace(t, f=<expression>)``: its own reads are no source
    reads."""
    node = layout.parent(expression)
    while node is not None and not isinstance(node, cst.BaseSmallStatement):
        if isinstance(node, cst.Call):
            if isinstance(node.func, cst.Attribute):
                yield node.func.value
            if node.args[0].keyword is None:
                yield node.args[0].value
        node = layout.parent(node)
    if isinstance(node, cst.Assign):
        target = node.targets[0].target
        if isinstance(target, cst.Attribute | cst.Subscript):
            yield target.value


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


def _read(node: cst.BaseExpression, field: str) -> tuple[cst.BaseExpression, str] | None:
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
