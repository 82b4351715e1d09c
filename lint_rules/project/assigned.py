"""The statements of methods that give an object its fields: all that is asked of the methods of a plain class."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from typing import TypeGuard


def without_bodies(node: ast.ClassDef) -> ast.ClassDef:
    """The same tree, its methods cut down to what assigns to an attribute: all that is asked of them.

    The methods are almost all of a class; to keep those of a large project took more than 100 MB.
    """
    for method in node.body:
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
            method.body = [*assigning(method)]
    node.body = [
        s for s in node.body if not isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef) or s.body
    ]
    return node


def assigning(method: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.stmt]:
    """The statements of a method, and those in them, that assign to an attribute, in the order of :func:`ast.walk`,
    which looks at every expression, too."""
    todo: deque[ast.AST] = deque([method])
    while todo:
        node = todo.popleft()
        if _assigns_attribute(node):
            yield node
        for part in ("body", "handlers", "orelse", "finalbody", "cases"):
            todo.extend(getattr(node, part, ()))


def _assigns_attribute(node: ast.AST) -> TypeGuard[ast.stmt]:
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Attribute)
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Attribute) for target in node.targets
    )
