"""Fields of which only a part is taken out: which part, and a value that is just that part."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint_rules.flow.values import Obj
    from lint_rules.project.functions import FunctionRef


def parts_taken_out(
    function: FunctionRef, root: Obj, fields: Iterable[str]
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Fields of which only a part is taken out: a value that is just that part, or the reason."""
    values: list[tuple[str, str]] = []
    unsure: list[tuple[str, str]] = []
    for name in fields:
        keys = _keys_taken_out(function, name)
        if not keys:
            continue
        decl = root.model.field(name) if root.model is not None else None
        literal = _literal(decl.annotation if decl is not None else None)
        if literal is None or None in keys:
            unsure.append((name, "only a part of it is taken out"))
        else:
            known = sorted(key for key in keys if key is not None)
            shown = ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {literal}" for key in known)
            values.append((name, f"{{{shown}}}"))
    return tuple(values), tuple(unsure)


_TAKING = ("pop", "remove", "discard")


def _keys_taken_out(function: FunctionRef, field: str) -> set[str | None]:
    """The keys of a mapping in a field that a function takes out one by one; None for an unknown one, and for
    an item of a list or set."""
    found: set[str | None] = set()
    for node in ast.walk(function.node):
        if isinstance(node, ast.Delete):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and _is_field(target.value, field):
                    if not isinstance(target.slice, ast.Slice):
                        found.add(_text(target.slice))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            if node.func.attr in _TAKING and _is_field(node.func.value, field):
                found.add(_text(node.args[0]) if node.func.attr == "pop" else None)
        elif isinstance(node, ast.comprehension):
            if any(_is_field(inner, field) for inner in ast.walk(node.iter)):
                for test in node.ifs:
                    found |= _texts(test)
    return found


def _is_field(node: ast.AST, field: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == field


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _texts(test: ast.expr) -> set[str | None]:
    """The keys that ``k != "a"`` and ``k not in ("a", "b")`` leave out."""
    if isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotEq | ast.NotIn):
        right = test.comparators[0]
        parts = right.elts if isinstance(right, ast.Tuple | ast.List | ast.Set) else [right]
        return {_text(part) for part in parts}
    return {None}


def _literal(annotation: str | None) -> str | None:
    """A value for the values of a mapping, by the field's annotation."""
    match = re.search(r"[dD]ict\[str, (\w+)\]|Mapping\[str, (\w+)\]", annotation or "")
    if annotation is None or annotation in ("dict", "Dict"):
        return "1"
    kind = (match[1] or match[2]) if match else ""
    return {"str": '"first"', "int": "1", "float": "1.5", "Any": "1", "object": "1"}.get(kind)
