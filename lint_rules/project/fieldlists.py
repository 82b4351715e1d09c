"""Names that are worked out from classes: the fields of a model that a test picks, the values of an enum."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from lint_rules.project.classes import ClassRef

if TYPE_CHECKING:
    from lint_rules.project.modules import Module

FIELD_CALLS = frozenset(
    {"dataclasses.fields", "attr.fields", "attrs.fields", "attr.fields_dict", "attrs.fields_dict",
     "msgspec.structs.fields"}
)  # fmt: skip
"""Calls that list the fields of a class."""
FIELD_LISTS = frozenset(
    {"model_fields", "model_fields_set", "__fields__", "__fields_set__", "__annotations__",
     "__dataclass_fields__", "_fields", "__slots__", "__attrs_attrs__", "__struct_fields__"}
)  # fmt: skip
"""Attributes of a class that list its fields."""
FIELDS_SET = frozenset({"model_fields_set", "__fields_set__"})
"""Attributes of an object that list those of its fields which it was given."""

Names: TypeAlias = "tuple[str, ...] | None"


def listed_fields(module: Module, node: ast.expr) -> Names:
    """The fields that ``fields(Auth)`` or ``Auth.model_fields`` lists."""
    resolve = module.project.resolve
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
        lists = node.func.attr in ("keys", "items")
        return listed_fields(module, node.func.value) if lists else None
    cls: object = None
    if isinstance(node, ast.Call) and len(node.args) == 1:
        called = resolve(module, ast.unparse(node.func))
        if str(getattr(called, "dotted", "")) in FIELD_CALLS:
            cls = resolve(module, ast.unparse(node.args[0]))
    elif isinstance(node, ast.Attribute) and node.attr in FIELD_LISTS:
        cls = resolve(module, ast.unparse(node.value))
    return tuple(decl.name for decl in cls.fields) if isinstance(cls, ClassRef) else None


def picked(
    node: ast.GeneratorExp | ast.ListComp | ast.SetComp, names: tuple[str, ...],
    strings: Callable[[ast.expr], Names],
) -> Names:  # fmt: skip
    """Those of the names that a comprehension over them keeps; ``strings`` reads its constants."""
    loop = node.generators[0]
    variable = _variable(loop)
    if len(node.generators) != 1 or variable is None or not _is_name(node.elt, variable):
        return None
    found: list[str] = []
    for name in names:
        tests = [_holds(test, variable, name, strings) for test in loop.ifs]
        if None in tests:
            return None
        found += [name] if all(tests) else []
    return tuple(found)


def _variable(loop: ast.comprehension) -> str | None:
    """What a loop over names calls them; over pairs of names and something else the first of two."""
    target: ast.expr | None = loop.target
    if isinstance(loop.iter, ast.Call) and getattr(loop.iter.func, "attr", "") == "items":
        pair = target.elts if isinstance(target, ast.Tuple) else []
        target = pair[0] if len(pair) == 2 else None
    return target.id if isinstance(target, ast.Name) else None


def _is_name(node: ast.expr, variable: str) -> bool:
    """``f``, ``f.name`` and ``str(f)``: the name of the field that the loop is at."""
    if isinstance(node, ast.Attribute) and node.attr == "name":
        node = node.value
    return isinstance(node, ast.Name) and node.id == variable


def _holds(
    test: ast.expr, variable: str, name: str, strings: Callable[[ast.expr], Names]
) -> bool | None:
    """What a test of a field's name comes out as; None where that is not known."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _holds(test.operand, variable, name, strings)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        parts = [_holds(part, variable, name, strings) for part in test.values]
        if None in parts:
            return None
        return all(parts) if isinstance(test.op, ast.And) else any(parts)
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and len(test.args) == 1:
        method = {"startswith": name.startswith, "endswith": name.endswith}.get(test.func.attr)
        texts = strings(test.args[0])
        if method is not None and texts is not None and _is_name(test.func.value, variable):
            return method(texts)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and _is_name(test.left, variable):
        return _compares(test.ops[0], name, strings(test.comparators[0]))
    return None


def _compares(operator: ast.cmpop, name: str, texts: Names) -> bool | None:
    if texts is None:
        return None
    if isinstance(operator, ast.In | ast.Eq):
        return name in texts
    return name not in texts if isinstance(operator, ast.NotIn | ast.NotEq) else None


def enum_values(cls: ClassRef) -> Names:
    """The texts that are the members of an enum."""
    lasts = {name.rsplit(".", 1)[-1] for base in cls.mro for name in base.base_names}
    if cls.node is None or lasts.isdisjoint({"Enum", "StrEnum"}):
        return None
    members = [node.value for node in cls.node.body if isinstance(node, ast.Assign)]
    texts = [node.value for node in members if isinstance(node, ast.Constant)]
    names = tuple(text for text in texts if isinstance(text, str))
    return names if names and len(names) == len(members) else None
