"""Writes that stand in the text of a function and that its interpretation has not seen, as those on what the
default of a field makes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import libcst as cst

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts

_BY_ANY_NAME = r"setattr|__dict__|\bvars\("
"""Under names that the text need not show."""
_LEAVES = r"\b(?:global|nonlocal)\b"
"""Variables that outlive the function: who else writes on what they hold is not seen."""
_WRITING = frozenset({"setattr", "__setattr__", "__setitem__", "setdefault", "update"})


def writes_unfollowed(facts: Facts, name: str) -> bool:
    """True when a field of that name is written, or may be, on an object that nobody knows."""
    function = facts.function
    named = function.holds(rf"\b{name}\b")
    if named and function.holds(_LEAVES):
        return True
    if not named and not function.holds(_BY_ANY_NAME):
        return False
    spots = _Spots(name)
    facts.definition.visit(spots)
    followed = Counter(
        id(place)
        for obj, place in {
            (write.obj, place)
            for write in facts.writes
            if write.field == name
            for place in (write.node, write.statement)
        }
    )
    return any(followed[place] < count for place, count in spots.found.items())


class _Spots(cst.CSTVisitor):
    """The statements that write a field of a name, or may, and how often each does."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.found: Counter[int] = Counter()
        self._at: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Note what a target, or a call, writes."""
        if isinstance(node, cst.BaseSmallStatement | cst.For | cst.With | cst.CompFor):
            self._at.append(node)
        for target in _targets(node):
            if self._is_named(target):
                self.found[id(self._at[-1])] += 1
        if isinstance(node, cst.Call) and self._may_write(node):
            self.found[id(self._at[-1] if self._at else node)] += 1
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """Go back to the statement around."""
        if self._at and self._at[-1] is original_node:
            self._at.pop()

    def _is_named(self, target: cst.BaseExpression) -> bool:
        """True for ``x.name`` and ``x["name"]``, and for an item that the text does not name of what stands for the
        fields of an object."""
        if isinstance(target, cst.Attribute):
            return target.attr.value in (self.name, "__dict__")
        if not isinstance(target, cst.Subscript):
            return False
        index = target.slice[0].slice
        known = index.value if isinstance(index, cst.Index) else None
        if isinstance(known, cst.SimpleString):
            return known.evaluated_value == self.name
        return _is_fields(target.value)

    def _may_write(self, call: cst.Call) -> bool:
        called = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
        if not isinstance(called, cst.Name) or called.value not in _WRITING:
            return False
        if called.value in ("update", "setdefault", "__setitem__"):
            return isinstance(call.func, cst.Attribute) and _is_fields(call.func.value)
        names = [arg.value for arg in call.args if isinstance(arg.value, cst.SimpleString)]
        return not names or any(name.evaluated_value == self.name for name in names)


def _targets(node: cst.CSTNode) -> list[cst.BaseExpression]:
    """What is written to, the items of a tuple each."""
    target = getattr(node, "target", None)
    if isinstance(node, cst.WithItem):
        target = node.asname.name if node.asname is not None else None
    found, todo = [], [target] if isinstance(target, cst.BaseExpression) else []
    while todo:
        target = todo.pop()
        if isinstance(target, cst.Tuple | cst.List):
            todo += [element.value for element in target.elements]
        else:
            found.append(target)
    return found


def _is_fields(node: cst.BaseExpression) -> bool:
    from lint_rules.flow.copies import are_fields

    return are_fields(node)
