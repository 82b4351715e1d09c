"""Calls that read rows of a database: what is built from one is nothing that requests share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.recognising import last_name
from lint_rules.flow.values import ROW
from lint_rules.flow.vocabulary import ADAPTERS, MOVERS
from lint_rules.naming import READS_ROWS, is_cache_name, reads_rows

if TYPE_CHECKING:
    from lint_rules.flow.state import Objects
    from lint_rules.project.functions import FunctionRef


_CALLING = {**dict.fromkeys(ADAPTERS, 0), **MOVERS}
"""Calls that make or hand out another one's call, and where its function stands among their arguments."""


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


def is_of_rows(objects: Objects, objs: Iterable[int]) -> bool:
    """True for methods of what was read from a database: what they return are rows, too, or others of the same kind."""
    found = [objects.bottom(obj) for obj in objs]
    return bool(found) and all(obj.origin == "call" and obj.how == ROW for obj in found)


def _names(node: cst.BaseExpression) -> Iterator[str]:
    """The names in a chain of calls and attributes, their arguments left out."""
    while True:
        if isinstance(node, cst.Call):
            name = last_name(node.func) if isinstance(node.func, cst.Name | cst.Attribute) else None
            place = _CALLING.get(name or "", len(node.args))
            node = node.args[place].value if place < len(node.args) else node.func
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
