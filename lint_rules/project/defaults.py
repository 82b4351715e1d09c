"""The defaults of fields: what a declaration, or an assignment in ``__init__``, gives a field at first."""

from __future__ import annotations

import ast
from dataclasses import dataclass

_FACTORIES = {
    "list": "[]",
    "dict": "{}",
    "set": "set()",
    "Dict": "{}",
    "List": "[]",
    "Set": "set()",
}


@dataclass(frozen=True, slots=True)
class Default:
    """A field's default: ``kind`` is none, constant, factory, missing or other; ``text`` repeats it."""

    kind: str
    text: str | None = None


def default_of(value: ast.expr | None) -> tuple[Default, bool]:
    """A declaration's default, and whether a dump leaves the field out."""
    if value is None:
        return Default("missing"), False
    if isinstance(value, ast.Constant):
        if value.value is None:
            return Default("none", "None"), False
        if value.value is ...:
            return Default("missing"), False
        return Default("constant", ast.unparse(value)), False
    if isinstance(value, ast.List | ast.Set | ast.Tuple | ast.Dict):
        text = ast.unparse(value)
        return (Default("factory", text) if text in ("[]", "{}", "()") else Default("other")), False
    if isinstance(value, ast.UnaryOp) and isinstance(value.operand, ast.Constant):
        return Default("constant", ast.unparse(value)), False
    if isinstance(value, ast.Call):
        return _call_default(value)
    return Default("other"), False


def _call_default(value: ast.Call) -> tuple[Default, bool]:
    name = ast.unparse(value.func).rsplit(".", 1)[-1]
    if name in _FACTORIES and not value.args and not value.keywords:
        return Default("factory", _FACTORIES[name]), False
    excluded = any(k.arg == "exclude" and ast.unparse(k.value) == "True" for k in value.keywords)
    if name not in ("Field", "field", "ib", "attrib", "Column", "mapped_column"):
        return Default("other"), False
    for keyword in value.keywords:
        if keyword.arg == "default":
            return default_of(keyword.value)[0], excluded
        if keyword.arg in ("default_factory", "factory"):
            text = _FACTORIES.get(ast.unparse(keyword.value).split("[", 1)[0])
            return (Default("factory", text) if text else Default("other")), excluded
    if name == "Field" and value.args:
        return default_of(value.args[0])[0], excluded
    return Default("missing"), excluded


def param_default(method: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Default:
    """The default of a parameter."""
    spec = method.args
    positional = [*spec.posonlyargs, *spec.args]
    for arg, default in zip(reversed(positional), reversed(spec.defaults), strict=False):
        if arg.arg == name:
            return default_of(default)[0]
    for arg, keyword in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if arg.arg == name:
            return default_of(keyword)[0]
    return Default("missing")
