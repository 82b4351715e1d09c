"""Where a field can be reset before its merge, and whether the merge still does the same then."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.fixes.reads import reads_field, same_expression
from lint_rules.flow.additions import ADDING
from lint_rules.flow.values import reads_in
from lint_rules.flow.vocabulary import COALESCING
from lint_rules.knowledge.merging import family

if TYPE_CHECKING:
    from lint_rules.fixes.layout import Layout
    from lint_rules.fixes.values import ResetValue
    from lint_rules.knowledge.merging import Merge
    from lint_rules.rules.base import Problem

_COMPOUND = (cst.If, cst.For, cst.While, cst.Try, cst.TryStar, cst.With, cst.Match)
_FALSY = frozenset({"None", "[]", "{}", "()", "set()", "frozenset()", "0", "0.0", "False", "''"})
_BINDING = (
    cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.NamedExpr, cst.For, cst.AsName, cst.MatchAs, cst.MatchStar
)  # fmt: skip
_ADDED_IN_PLACE = cst.AddAssign | cst.BitOrAssign
_MAKING = frozenset({"list", "dict", "set", "frozenset", "tuple", "sorted"})
_RECKONS = (
    "what the function writes depends on the value that was there before: write by hand what is right for another "
    "end user"
)
_COMPARES = (
    "whether the function writes depends on another field of the object: write this field by hand outside "
    "of that test"
)
_NO_OBJECT = "there may be no object here, so nothing can be reset before the merge: reset the field by hand where there is one"


def find_anchor(
    problem: Problem, layout: Layout, merge: Merge, target: cst.BaseExpression | None
) -> cst.CSTNode | None:
    """The statement before which the reset goes: the first of those that decide about the write.

    From the write, and from every guard that lets the old value stay, the way goes up through loops
    and through statements that decide; it stops where the program decides something else, or where the
    carrier gets its name.
    """
    end = layout.span(merge.write.node)[0]
    bound = [layout.span(node)[0] for node in bindings(layout, _root(target))]
    bound = [at for at in bound if at < end]
    deciding = [problem.facts.guard_nodes[number] for number in merge.deciding]
    starts = [merge.write.node, *deciding]
    found = [_outermost(layout, start, deciding, bound) for start in starts if layout.parent(start)]
    anchors = [
        statement
        for statement in found
        if statement is not None and all(at < layout.span(statement)[0] for at in bound)
    ]
    return min(anchors, key=lambda statement: layout.span(statement)[0]) if anchors else None


def _root(target: cst.BaseExpression | None) -> str:
    """The name that an expression begins with."""
    while isinstance(target, cst.Attribute | cst.Subscript):
        target = target.value
    return target.value if isinstance(target, cst.Name) else ""


def bindings(layout: Layout, name: str) -> list[cst.CSTNode]:
    """The nodes at which the function gives a name a value."""
    found: list[cst.CSTNode] = []
    for node in _nodes(layout.tree.module):
        target = getattr(node, "target", None)
        if isinstance(node, cst.AsName | cst.MatchAs | cst.MatchStar):
            target = node.name
        if isinstance(node, _BINDING):
            if any(isinstance(n, cst.Name) and n.value == name for n in _names(target)):
                found.append(node)
    return found


def _names(target: cst.CSTNode | None) -> Iterator[cst.CSTNode]:
    if isinstance(target, cst.Tuple | cst.List):
        for element in target.elements:
            yield from _names(element.value)
    elif target is not None:
        yield target


def _nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    todo = [node]
    while todo:
        current = todo.pop()
        yield current
        todo.extend(current.children)


def _outermost(
    layout: Layout, start: cst.CSTNode, deciding: list[cst.CSTNode], bound: list[int]
) -> cst.CSTNode | None:
    statement = layout.up(start, cst.SimpleStatementLine, *_COMPOUND)
    while statement is not None:
        parent = layout.up(layout.parent(statement) or statement, *_COMPOUND, cst.FunctionDef)
        if parent is None or parent is statement or isinstance(parent, cst.FunctionDef):
            return statement
        part_of_chain = isinstance(statement, cst.If) and layout.parent(statement) is parent
        loops = isinstance(parent, cst.For | cst.While)
        if not (loops or any(_holds(layout, parent, node) for node in deciding)):
            return None if part_of_chain else statement  # there is no place before an elif
        if any(at >= layout.span(parent)[0] for at in bound) and not part_of_chain:
            return statement
        statement = parent
    return None


def _holds(layout: Layout, statement: cst.CSTNode, guard: cst.CSTNode) -> bool:
    """True when a guard belongs to a compound statement itself, not to one inside it."""
    return layout.up(guard, *_COMPOUND) is statement


# --------------------------------------------------------------------------- is the merge the same then?


def objection(
    problem: Problem, layout: Layout, merge: Merge, anchor: cst.CSTNode,
    target: cst.BaseExpression, values: dict[str, ResetValue],
) -> str | None:  # fmt: skip
    """Why the fields may not be reset before ``anchor``; None when the merge works on reset fields as well."""
    first, last = layout.span(anchor)[0], layout.span(merge.write.statement or merge.write.node)[1]
    inside = [
        node
        for node in _nodes(layout.tree.module)
        if isinstance(node, cst.BaseExpression) and first <= layout.span(node)[0] < last
    ]
    if any(_asks_for_object(layout, node, target) for node in inside):
        return _NO_OBJECT
    if _compares(problem, merge):
        return _COMPARES
    if _asks_through_local(problem, layout, merge, target):
        return _RECKONS
    if merge.keeps == "added" and not _all_added(problem, layout, merge, anchor):
        return _RECKONS
    for node in inside:
        for name, value in values.items():
            found = reads_field(node, name)
            if found is None or not same_expression(layout, found, target):
                continue
            use = _use(layout, node)
            if use == "tangled" or (use == "none" and value.text != "None"):
                return _RECKONS
            if use in ("part", "absent") and value.text == "None":
                return _RECKONS
            if use == "absent" and merge.keeps != "added":
                return _RECKONS
            if use == "truth" and value.text not in _FALSY:
                return _RECKONS
    return None


def _compares(problem: Problem, merge: Merge) -> bool:
    """True where a deciding test compares another field of the carrier with something: where both are equal nothing is
    written behind the reset."""
    facts, own = problem.facts, family(problem.facts, merge.write.obj)
    deciding = {facts.guard_nodes[number] for number in merge.deciding}
    return any(
        facts.guard_nodes[guard.id] in deciding
        and any(obj in own and name != merge.write.field for obj, name in guard.equal)
        for guard in facts.guards
    )


def _all_added(problem: Problem, layout: Layout, merge: Merge, anchor: cst.CSTNode) -> bool:
    """True where all that the field is to hold is written behind the place of the reset: nothing is lost by it,
    nothing else is added to the old value, and the field is what is added to."""
    facts, write = problem.facts, merge.write
    if write.how == "edit" and added_to(write.node, write.field) is None:
        return False
    start, around = layout.span(anchor)[0], layout.parent(anchor)
    for other in (*facts.writes_to(write.obj, write.field), *facts.additions):
        if (other.obj, other.field) != (write.obj, write.field) or other.value.is_constant:
            continue
        if facts.exclude(other, write):
            continue
        # Behind the reset, and on no way around it.
        if layout.span(other.node)[0] < start or not is_in(layout, other.node, around):
            return False
    return True


def is_in(layout: Layout, node: cst.CSTNode, whole: cst.CSTNode | None) -> bool:
    """True for a node that another one holds."""
    current: cst.CSTNode | None = node
    while current is not None and current is not whole:
        current = layout.parent(current)
    return current is not None


def added_to(node: cst.CSTNode, field: str) -> cst.BaseExpression | None:
    """The object to whose field a method adds: ``t`` of ``t.f.extend(...)``."""
    on = (
        node.func.value
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
        else None
    )
    return reads_field(on, field) if on is not None else None


def _asks_for_object(layout: Layout, node: cst.BaseExpression, target: cst.BaseExpression) -> bool:
    """True where a test asks for the carrier as a whole: ``t is not None``, ``t and ...``."""
    if not same_expression(layout, node, target):
        return False
    parent = layout.parent(node)
    if isinstance(parent, cst.If | cst.While | cst.IfExp):
        return parent.test is node
    if isinstance(parent, cst.Match):
        return True
    return isinstance(parent, cst.Comparison | cst.BooleanOperation | cst.UnaryOperation)


def _asks_through_local(
    problem: Problem, layout: Layout, merge: Merge, target: cst.BaseExpression
) -> bool:
    """True when a guard asks for the old value under a name that it was given before."""
    own, field = family(problem.facts, merge.write.obj), merge.write.field
    for number in {*merge.deciding, *merge.write.guards}:
        asks = reads_in(problem.facts.guards[number].condition)
        if any(obj in own and name == field for obj, name in asks):
            holder = layout.up(problem.facts.guard_nodes[number], *_COMPOUND, cst.IfExp)
            test = getattr(holder, "test", None)
            if test is not None and not merge.write.unrolled and not any(
                (found := reads_field(node, field)) is not None
                and same_expression(layout, found, target)
                for node in _nodes(test) if isinstance(node, cst.BaseExpression)
            ):  # fmt: skip
                return True
    return False


def _use(layout: Layout, node: cst.CSTNode) -> str:
    """What is done with a value: value (handed on as it is), part (added to, or a part of a sum), absent (asked
    whether something is not in it), truth, none (asked whether it is None), tangled."""
    parent = layout.parent(node)
    if isinstance(parent, cst.AssignTarget):
        return "value"
    if _is_added_to(layout, node, parent):
        return "part"
    if isinstance(parent, cst.Attribute | cst.Subscript | cst.AugAssign):
        return "tangled"
    if isinstance(layout.up(node, cst.Expr, cst.SimpleStatementLine, *_COMPOUND), cst.Expr):
        return "value"  # a statement for its effect, as a log
    if isinstance(parent, cst.If | cst.While):
        return "tangled"  # written only where something was there already
    if isinstance(parent, cst.UnaryOperation) and isinstance(parent.operator, cst.Not):
        return "truth"
    if isinstance(parent, cst.ComparisonTarget):
        if isinstance(parent.operator, cst.NotIn):
            return "absent"
        parent = layout.parent(parent)
    if isinstance(parent, cst.Comparison):
        return _comparison(layout, parent)
    return _handed_on(layout, node, parent)


def _is_added_to(layout: Layout, node: cst.CSTNode, parent: cst.CSTNode | None) -> bool:
    """True for ``t.f`` in ``t.f += ...`` and ``t.f.extend(...)``, which an empty value does not change."""
    if isinstance(parent, cst.AugAssign):
        return parent.target is node and isinstance(parent.operator, _ADDED_IN_PLACE)
    if not isinstance(parent, cst.Attribute) or parent.attr.value not in ADDING:
        return False
    call = layout.parent(parent)
    return isinstance(call, cst.Call) and call.func is parent


def _of_part(layout: Layout, node: cst.CSTNode) -> str:
    """The use of a value that goes into what ``node`` makes, where that is handed on."""
    return "part" if _use(layout, node) in ("value", "part") else "tangled"


def _comparison(layout: Layout, node: cst.Comparison) -> str:
    if len(node.comparisons) != 1:
        return "tangled"
    compared = node.comparisons[0]
    if not isinstance(compared.operator, cst.Is | cst.IsNot | cst.Equal | cst.NotEqual):
        return "tangled"
    if layout.source(compared.comparator) != "None":
        return "value"
    if isinstance(compared.operator, cst.Is | cst.Equal):
        return "none"
    return "none" if isinstance(layout.parent(node), cst.IfExp) else "tangled"


def _handed_on(layout: Layout, node: cst.CSTNode, parent: cst.CSTNode | None) -> str:
    """The use of an expression that is only a part of another one."""
    if isinstance(parent, cst.IfExp):
        return "truth" if parent.test is node else _use(layout, parent)
    if isinstance(parent, cst.BooleanOperation):
        if isinstance(parent.operator, cst.And):
            return "tangled"
        outer = _use(layout, parent)
        return "truth" if parent.left is node and outer in ("value", "part") else outer
    if isinstance(parent, cst.BinaryOperation):
        added = isinstance(parent.operator, cst.Add | cst.BitOr)
        return _of_part(layout, parent) if added else "tangled"
    if isinstance(parent, cst.StarredElement | cst.StarredDictElement):
        return _of_part(layout, layout.parent(parent) or parent)
    if isinstance(parent, cst.Arg):
        call = layout.parent(parent)
        if isinstance(call, cst.Call) and _chooses(layout, call, parent):
            return _use(layout, call)
        if isinstance(call, cst.Call) and layout.source(call.func) in _MAKING:
            return _of_part(layout, call)
        return "tangled"
    if isinstance(parent, cst.Element):
        display = layout.parent(parent)
        return _use(layout, display) if isinstance(display, cst.Tuple) else "tangled"
    if isinstance(parent, cst.Assign):
        target = parent.targets[0].target
        kinds = cst.Attribute | cst.Subscript | cst.Tuple  # a local is not followed
        return "value" if isinstance(target, kinds) else "tangled"
    return "tangled"


def _chooses(layout: Layout, call: cst.Call, arg: cst.Arg) -> bool:
    """True for the default of ``get``, ``pop``, ``getattr``, and for a function that chooses between values."""
    func = call.func
    name = func.attr.value if isinstance(func, cst.Attribute) else layout.source(func)
    is_default = name in ("get", "pop", "getattr") and arg is call.args[-1]
    return is_default or COALESCING.search(name) is not None
