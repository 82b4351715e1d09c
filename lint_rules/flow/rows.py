"""Calls that read rows of a database: what is built from one is nothing that requests share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.values import ROW
from lint_rules.naming import READS_ROWS, is_cache_name, reads_rows

if TYPE_CHECKING:
    from lint_rules.project.functions import FunctionRef


def how_read(node: cst.BaseExpression, function: FunctionRef | None = None) -> str:
    """``ROW`` for ``db.fetch_one(key)`` and ``session.query(Key).filter(...).one()``, and for a call of a function
    whose text holds one; else nothing."""
    names = list(_names(node))
    if any(map(is_cache_name, names)):
        return ""
    if any(map(reads_rows, names)):
        return ROW
    reads = function is not None and function.holds(READS_ROWS)
    return ROW if reads and function is not None and not function.holds("(?i:cache)") else ""


def _names(node: cst.BaseExpression) -> Iterator[str]:
    """The names in a chain of calls and attributes, their arguments left out."""
    while True:
        if isinstance(node, cst.Call):
            node = node.func
        elif isinstance(node, cst.Attribute):
            yield node.attr.value
            node = node.value
        elif isinstance(node, cst.Await):
            node = node.expression
        elif isinstance(node, cst.Subscript):
            node = node.value
        else:
            break
    if isinstance(node, cst.Name):
        yield node.value
