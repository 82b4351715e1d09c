"""Properties that only give an attribute another name: what is read and written through one is the attribute."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef


def own_names(cls: ClassRef) -> dict[str, str]:
    """For attributes that have two names by a property of the class itself, by the one the other that counts.

    A property with a setter counts for the private attribute that it stands for, else the attribute.
    """
    found: dict[str, str] = {}
    pairs: dict[str, list[FunctionRef]] = {}
    for method in cls.module.methods_of(cls.qualname):
        if method.kind == "property":
            pairs.setdefault(method.name, []).append(method)
    for name, methods in pairs.items():
        stored = _read(methods[0])
        if len(methods) > 1 and stored is not None and stored == _written(methods[1]):
            private = stored.startswith("_") and not name.startswith("_")
            found.update({stored: name} if private else {name: stored})
    return found


def _read(getter: FunctionRef) -> str | None:
    """The attribute that a getter returns."""
    last = getter.node.body[-1]
    value = last.value if isinstance(last, ast.Return) else None
    return _attribute(getter, value)


def _written(setter: FunctionRef) -> str | None:
    """The attribute that a setter gives the value on every way, as it is or made into something else."""
    for statement in setter.node.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            names = {n.id for n in ast.walk(statement.value) if isinstance(n, ast.Name)}
            found = _attribute(setter, statement.targets[0])
            if found is not None and setter.params[-1].name in names:
                return found
    return None


def _attribute(method: FunctionRef, node: ast.expr | None) -> str | None:
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return None
    return node.attr if node.value.id == method.params[0].name else None
