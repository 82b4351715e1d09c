"""What a function reads of its copy behind the place of a reset: the reset goes behind that, so that it sees what it saw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.findings import Edit
from lint_rules.fixes.reads import reads_field

if TYPE_CHECKING:
    from lint_rules.fixes.layout import Layout
    from lint_rules.rules.base import Problem


def behind_reads(
    problem: Problem, layout: Layout, small: cst.CSTNode, variable: str, names: Iterable[str]
) -> list[cst.CSTNode]:
    """The statements behind another one, in its block, up to the last that reads one of the fields of the copy; none
    where none does, and the first one itself where a reset behind them would come too late.

    What only resets the copy, or does so under a test, reads nothing else of it.
    """
    line = layout.up(small, cst.SimpleStatementLine)
    block = layout.block_of(line) if line is not None else ()
    rest = block[block.index(line) + 1 :] if line in block else ()
    resetting = {w.statement for w in problem.facts.writes_to(problem.carrier.id)}
    at = [n for n, each in enumerate(rest) if _reads(each, variable, names, resetting)]
    stores = {store.node for store in problem.facts.stores}
    read = list(rest[: at[-1] + 1]) if at else []
    # Behind what ends the function, or keeps the copy, a reset would come too late.
    return [small] if any(leaves(each, stores) for each in read) else read


def after_all(
    layout: Layout, read: Sequence[cst.CSTNode], statements: list[str]
) -> list[Edit] | None:
    """Insert statements behind the last of others of any kind, in their block; None where that cannot be."""
    last = read[-1]
    if not isinstance(last, cst.SimpleStatementLine | cst.BaseCompoundStatement):
        return None
    start, end = layout.span(last)
    at = layout.line_end(end)
    lead = layout.newline(end) + layout.indent(start)
    return [Edit(at, at, "".join(lead + text for text in statements))]


def _reads(
    statement: cst.CSTNode, variable: str, names: Iterable[str], resetting: set[cst.CSTNode | None]
) -> bool:
    todo = [statement]
    while todo:
        node = todo.pop()
        if node in resetting or (isinstance(node, cst.If) and _only_resets(node, resetting)):
            continue
        if isinstance(node, cst.BaseExpression):
            owners = (reads_field(node, name) for name in names)
            if any(isinstance(owner, cst.Name) and owner.value == variable for owner in owners):
                return True
        todo.extend(node.children)
    return False


def _only_resets(node: cst.If, resetting: set[cst.CSTNode | None]) -> bool:
    """True for a test under which the copy is written to, and nothing else is done."""
    return node.orelse is None and all(
        isinstance(line, cst.SimpleStatementLine) and resetting.issuperset(line.body)
        for line in node.body.body
    )


def leaves(statement: cst.CSTNode, stores: set[cst.CSTNode]) -> bool:
    """True when a statement may end the function, or puts something into a cache."""
    todo = [statement]
    while todo:
        node = todo.pop()
        if (
            isinstance(node, cst.Return | cst.Raise | cst.Yield | cst.Break | cst.Continue)
            or node in stores
        ):
            return True
        todo.extend(node.children)
    return False
