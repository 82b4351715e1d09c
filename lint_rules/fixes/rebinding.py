"""Repairs of CCL103: the copy gets a container of its own in place of the edit of the shared one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.findings import Edit, Fix
from lint_rules.fixes.layout import Layout
from lint_rules.fixes.reads import same_expression
from lint_rules.fixes.resets import variable_of
from lint_rules.fixes.values import empty_value, reset_value

if TYPE_CHECKING:
    from lint_rules.rules.base import Problem

_NO_STATEMENT = (
    "the edit is part of a larger expression: assign a new container in a statement of its own"
)
_TAKEN_OUT = (
    "what else the function takes out of {name} would not be there any more: assign a new container by hand, after all "
    "that is taken out"
)


def fix_shared_edit(problem: Problem, layout: Layout) -> Fix:
    """Rebind the container on the copy instead of editing the one it shares."""
    edit = problem.edit
    assert edit is not None
    statement, name = edit.statement, problem.fields[0]
    container = _edited(edit.node)
    variable, _ = variable_of(problem, layout, problem.carrier.node or edit.node)
    if statement is None or container is None or layout.line_of(statement) is None:
        return Fix(reason=_NO_STATEMENT)
    if edit.node is not (statement.value if isinstance(statement, cst.Expr) else statement):
        return Fix(reason=_NO_STATEMENT)
    target = layout.source(container)
    if isinstance(container, cst.Name):
        if variable is None:
            return Fix(reason="the copy has no name here: give it one, and assign the field on it")
        mapping = problem.carrier.mapping
        target = f'{variable}["{name}"]' if mapping else f"{variable}.{name}"
    value = _rebound(problem, layout, name, target)
    if value.startswith("!"):
        return Fix(reason=value[1:])
    start, end = layout.span(statement)
    note = f"{name} of the original now keeps its content"
    if edit.method not in ("clear", "[:]") and " for " not in value:
        note = f"{note}, and the copy begins with none of it"
    return Fix((Edit(start, end, f"{target} = {value}"),), note=note)


def _edited(node: cst.CSTNode) -> cst.BaseExpression | None:
    """The container that a call, a ``del`` or a slice assignment edits."""
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return node.func.value
    target: cst.CSTNode | None = node.target if isinstance(node, cst.Del) else None
    if isinstance(node, cst.Assign) and len(node.targets) == 1:
        target = node.targets[0].target
    return target.value if isinstance(target, cst.Subscript) else None


def _rebound(problem: Problem, layout: Layout, name: str, target: str) -> str:
    """What the container becomes; a text that starts with ``!`` is the reason why nothing fits."""
    edit = problem.edit
    assert edit is not None
    if isinstance(edit.node, cst.Assign):
        return layout.source(edit.node.value)
    value = empty_value(problem.model, name, reset_value(problem.model, name))
    empty = f"!{value}" if isinstance(value, str) else value.text
    if edit.method == "clear" or _deletes_all(edit.node):
        return empty
    if _is_proven_otherwise(problem, name):
        # One entry less is no reset: what else a request put in would stay in the cache.
        taken = any(_takes_out(layout, node, edit.node) for node in _nodes(layout.tree.module))
        return f"!{_TAKEN_OUT.format(name=name)}" if taken else empty
    key = _key(edit.node)
    if key is None or empty not in ("{}", "None"):
        return f"!what is left in {name} is not known: assign a new container by hand"
    return f"{{k: v for k, v in {target}.items() if k != {layout.source(key)}}}"


def _is_proven_otherwise(problem: Problem, name: str) -> bool:
    """True where something else than this function's own edits says that the field is per-request."""
    path, piece = problem.facts.function.piece
    return any(
        proof.kind != "reset" or (proof.path, proof.piece) != (str(path), piece)
        for proof in problem.per_request.evidence[name]
    )


def _deletes_all(node: cst.CSTNode) -> bool:
    """True for ``del x[:]``."""
    subscript = node.target if isinstance(node, cst.Del) else None
    part = subscript.slice[0].slice if isinstance(subscript, cst.Subscript) else None
    return isinstance(part, cst.Slice) and part.lower is None and part.upper is None


def _key(node: cst.CSTNode) -> cst.BaseExpression | None:
    """The key that a ``pop`` or a ``del`` takes out."""
    if isinstance(node, cst.Call):
        func = node.func
        pops = isinstance(func, cst.Attribute) and func.attr.value == "pop"
        return node.args[0].value if pops and node.args else None
    subscript = node.target if isinstance(node, cst.Del) else None
    index = subscript.slice[0].slice if isinstance(subscript, cst.Subscript) else None
    return index.value if isinstance(index, cst.Index) else None


def _takes_out(layout: Layout, node: cst.CSTNode, edited: cst.CSTNode) -> bool:
    """True for another ``del`` or ``pop`` of the same container that fails where there is nothing."""
    if node is edited or not isinstance(node, cst.Call | cst.Del) or _key(node) is None:
        return False
    if isinstance(node, cst.Call) and len(node.args) > 1:
        return False
    one, other = _edited(node), _edited(edited)
    return one is not None and other is not None and same_expression(layout, one, other)


def _nodes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    todo = [node]
    while todo:
        current = todo.pop()
        yield current
        todo.extend(current.children)
