"""Copying methods that are not followed: what their text alone says of the fields that a copy takes along."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rules.flow.vocabulary import COPYING_HOOKS
from lint_rules.project.classes import ClassRef
from lint_rules.project.functions import FunctionRef

if TYPE_CHECKING:
    from collections.abc import Iterable

_HARMLESS = COPYING_HOOKS | frozenset(
    {
        "super",
        "type",
        "dict",
        "vars",
        "list",
        "tuple",
        "copy",
        "update",
        "__new__",
        "__init__",
        "id",
    }
)
"""What such a method may call without a field being reset or left out by it."""
_UNCLEAR = (
    ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.With, ast.Match, ast.comprehension, ast.Lambda, ast.Delete,
    ast.BoolOp, ast.AugAssign, ast.Raise,
)  # fmt: skip
_EMPTY = (ast.Constant, ast.Dict, ast.List, ast.Set, ast.Tuple)


class HookText:
    """What the methods by which a class is copied, and the functions that they hand out, say word for word."""

    def __init__(self, methods: Iterable[FunctionRef]) -> None:
        self._todo = list(methods)
        self._seen: set[FunctionRef] = set()
        self._read: set[str] = set()
        self._written: set[str] = set()
        self._whole = False
        self._clear = True

    def kept(self, model: ClassRef) -> frozenset[str] | None:
        """The fields that a copy surely has of its original; None where any may be reset or left out."""
        while self._todo and self._clear:
            method = self._todo.pop()
            if method not in self._seen:
                self._seen.add(method)
                for statement in method.node.body:
                    self._look(method, statement)
        if not self._clear:
            return None
        written = {model.names.get(name, name) for name in self._written}
        read = {model.names.get(name, name) for name in self._read}
        names = (decl.name for decl in model.fields)
        return frozenset(n for n in names if n not in written and (self._whole or n in read))

    def _look(self, method: FunctionRef, node: ast.AST) -> None:
        if isinstance(node, _UNCLEAR):
            self._clear = False
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        elif isinstance(node, ast.Assign) and _is_constant(node.value):
            for target in node.targets:
                self._reset(target)
            return
        elif isinstance(node, _EMPTY) and _is_constant(node):
            self._clear = False  # it may stand for a field
        elif isinstance(node, ast.Call):
            self._call(method, node)
        elif isinstance(node, ast.Attribute):
            self._attribute(node)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            self._handed_out(method, node.id)
        for part in ast.iter_child_nodes(node):
            self._look(method, part)

    def _reset(self, target: ast.expr) -> None:
        if isinstance(target, ast.Attribute):
            self._written.add(target.attr)
        elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            self._written.add(str(target.slice.value))
        else:
            self._clear = False

    def _attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._written.add(node.attr)
        elif node.attr == "__dict__":
            self._whole = True
        else:
            self._read.add(node.attr)

    def _call(self, method: FunctionRef, node: ast.Call) -> None:
        func = node.func
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if name == "vars" or (name in COPYING_HOOKS and _is_super(func)):
            self._whole = True
        if name in _HARMLESS:
            self._clear = self._clear and not node.keywords
        elif not isinstance(func, ast.Name) or not self._is_known(method, name):
            self._clear = False

    def _is_known(self, method: FunctionRef, name: str) -> bool:
        found = method.module.project.resolve(method.module, name, method)
        return isinstance(found, ClassRef | FunctionRef)

    def _handed_out(self, method: FunctionRef, name: str) -> None:
        """A function that is called, or that is to be called with what is handed out."""
        found = method.module.project.resolve(method.module, name, method)
        if isinstance(found, FunctionRef):
            self._todo.append(found)


def _is_super(func: ast.expr) -> bool:
    made = func.value if isinstance(func, ast.Attribute) else None
    return isinstance(made, ast.Call) and getattr(made.func, "id", "") == "super"


def _is_constant(node: ast.expr) -> bool:
    """True for None and other constants, and for an empty container."""
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.Dict | ast.List | ast.Set | ast.Tuple)
        and not getattr(node, "elts", None)
        and not getattr(node, "keys", None)
    )
