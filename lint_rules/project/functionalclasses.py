"""Classes that a call makes: ``NamedTuple("X", [...])`` and its like."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from lint_rules.project.classes import ClassRef

if TYPE_CHECKING:
    from lint_rules.project.modules import Module


def functional_class(module: Module, name: str, value: ast.expr) -> ClassRef | None:
    """``X = NamedTuple("X", [("a", int)])``, ``namedtuple("X", "a b")``, ``TypedDict("X", {...})``."""
    if not isinstance(value, ast.Call) or len(value.args) < 2:
        return None
    last = ast.unparse(value.func).rsplit(".", 1)[-1]
    spec, line = value.args[1], value.lineno
    if last == "TypedDict" and isinstance(spec, ast.Dict):
        pairs = [
            (str(k.value), ast.unparse(v), line)
            for k, v in zip(spec.keys, spec.values, strict=True)
            if isinstance(k, ast.Constant)
        ]
        return ClassRef(module, name, None, kind="typeddict", fields=tuple(pairs))
    if last == "NamedTuple" and isinstance(spec, ast.List | ast.Tuple):
        pairs = [
            (str(e.elts[0].value), ast.unparse(e.elts[1]), line)
            for e in spec.elts
            if isinstance(e, ast.Tuple) and len(e.elts) == 2 and isinstance(e.elts[0], ast.Constant)
        ]
        return ClassRef(module, name, None, kind="namedtuple", fields=tuple(pairs))
    if last == "namedtuple":
        names: list[str] = []
        if isinstance(spec, ast.Constant) and isinstance(spec.value, str):
            names = spec.value.replace(",", " ").split()
        elif isinstance(spec, ast.List | ast.Tuple):
            names = [str(e.value) for e in spec.elts if isinstance(e, ast.Constant)]
        fields = tuple((field, None, line) for field in names)
        return ClassRef(module, name, None, kind="namedtuple", fields=fields)
    return None
