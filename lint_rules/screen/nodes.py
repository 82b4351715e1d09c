"""What nodes of the standard tree are called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator


def params(spec: ast.arguments) -> Iterator[ast.arg]:
    yield from (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)
    yield from (more for more in (spec.vararg, spec.kwarg) if more is not None)


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def dotted(node: ast.expr) -> str | None:
    """A variable, or an attribute of one by its whole name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr}" if owner is not None else None
    return None


def text_of(node: ast.expr | None) -> str | None:
    """The text of a string constant."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def last_name(node: ast.expr) -> str:
    """The name that says what an expression is: the last attribute, the called function."""
    while True:
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute):
            return node.attr
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript | ast.Await):
            node = node.value
        else:
            return ""
