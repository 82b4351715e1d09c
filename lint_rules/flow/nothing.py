"""Caches that keep nothing: classes of the project that stand in for a cache where there is to be none."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rules.project.attributes import is_all_told

if TYPE_CHECKING:
    from lint_rules.flow.context import Context
    from lint_rules.flow.values import Obj, Value
    from lint_rules.project.functions import FunctionRef


class Nothing:
    """Asks whether what the code calls a cache is one that keeps nothing."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def is_kept_by(self, base: Value, name: str) -> bool:
        """True where the method of that name does nothing at all, and no other can be meant."""
        method = self.ctx.method(base, name)
        if method is None or method.class_name is None or not _does_nothing(method):
            return False
        owner = method.module.class_(method.class_name)
        objs = [self.ctx.objects[obj] for obj in self.ctx.deref(base)]
        return (
            owner is not None
            and all(map(self._is_told, objs))
            and not self.ctx.project.implementations.is_overridden(owner, method)
        )

    def _is_told(self, info: Obj) -> bool:
        """True for an object of which the code says what class it is of; a variable of the module may be bound anew."""
        if info.origin == "attr" and info.of:
            owner = self.ctx.objects[info.of[0]].model
            return owner is not None and is_all_told(owner, info.field)
        return info.origin in ("param", "fresh")


def _does_nothing(method: FunctionRef) -> bool:
    """True for a method that says nothing but ``pass`` or what it returns instead of an entry; ``...`` alone stands for
    what another class does."""
    statements = [one for one in method.node.body if not _is_text(one)]
    given = {param.name for param in method.params[2:]}
    return bool(statements) and all(_is_idle(one, given) for one in statements)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_idle(statement: ast.stmt, given: set[str]) -> bool:
    if isinstance(statement, ast.Return):
        value = statement.value
        named = isinstance(value, ast.Name) and value.id in given
        return value is None or isinstance(value, ast.Constant) or named
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Delete)
        and all(isinstance(target, ast.Name) for target in statement.targets)
    )
