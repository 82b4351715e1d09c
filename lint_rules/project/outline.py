"""The outline of a function: what it copies and writes, read off its syntax in one walk.

The outline may claim too much, never too little: it decides which functions are interpreted at all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

_COPY_METHODS = frozenset(
    {"model_copy", "copy", "_replace", "__copy__", "__deepcopy__", "__replace__", "model_dump", "dict",
     "_asdict", "to_dict", "model_dump_json", "json", "as_dict", "asdict", "items"}
)  # fmt: skip
_COPY_FUNCTIONS = frozenset(
    {"copy", "deepcopy", "replace", "evolve", "assoc", "asdict", "vars", "dict", "jsonable_encoder",
     "dumps", "loads", "model_validate", "parse_obj", "from_dict", "model_validate_json", "parse_raw",
     "from_orm", "model_construct", "construct", "packb"}
)  # fmt: skip
_UPDATING = frozenset({"update", "setdefault", "__setitem__"})


@dataclass(slots=True)
class Outline:
    """What a function may do: the names it copies from, the fields it writes, the words it uses."""

    #: The root names of what is copied (``self`` of ``self.auth.model_copy()``).
    copied: set[str] = field(default_factory=set)
    #: Names of attributes that are written, keywords of copies among them.
    attributes: set[str] = field(default_factory=set)
    #: Names of keys that are written, those of dict displays among them.
    keys: set[str] = field(default_factory=set)
    #: Attributes are written under names that the syntax does not show.
    dynamic_attributes: bool = False
    #: Keys are.
    dynamic_keys: bool = False
    #: Something is set to a constant, removed or left out.
    resets: bool = False


def outline(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Outline:
    """Read the outline off a function's tree."""
    out = Outline()
    for child in ast.walk(node):
        if isinstance(child, ast.Assign):
            for target in child.targets:
                _target(out, target)
            out.resets = out.resets or _is_empty(child.value)
        elif isinstance(child, ast.AnnAssign | ast.AugAssign | ast.For | ast.AsyncFor):
            _target(out, child.target)
            if isinstance(child, ast.AnnAssign):
                out.resets = out.resets or _is_empty(child.value)
            elif isinstance(child, ast.AugAssign) and isinstance(child.op, ast.BitOr):
                out.dynamic_keys = True
        elif isinstance(child, ast.Delete):
            out.resets = True
            for target in child.targets:
                _target(out, target)
        elif isinstance(child, ast.Call):
            _call(out, child)
        elif isinstance(child, ast.Dict):
            _display(out, child)
        elif isinstance(child, ast.DictComp):
            out.dynamic_keys = out.resets = True
            out.copied |= set(_roots(child.generators[0].iter))
        elif isinstance(child, ast.BinOp) and isinstance(child.op, ast.BitOr):
            out.copied |= set(_roots(child.left))
    return out


def _target(out: Outline, target: ast.expr) -> None:
    if isinstance(target, ast.Attribute):
        out.attributes.add(target.attr)
        out.dynamic_attributes = out.dynamic_attributes or target.attr == "__dict__"
    elif isinstance(target, ast.Subscript):
        if isinstance(target.slice, ast.Constant):
            out.keys.add(str(target.slice.value))
        else:
            out.dynamic_keys = True
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            _target(out, element)
    elif isinstance(target, ast.Starred):
        _target(out, target.value)


def _call(out: Outline, node: ast.Call) -> None:
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if isinstance(func, ast.Attribute) and name in _COPY_METHODS:
        out.copied |= set(_roots(func.value))
        _keywords(out, node)
    if name in _COPY_FUNCTIONS and node.args:
        out.copied |= set(_roots(node.args[0]))
        _keywords(out, node)
    if name in ("setattr", "delattr", "__setattr__", "__setitem__", "setdefault", "pop"):
        constants = [a.value for a in node.args if isinstance(a, ast.Constant)]
        names = {str(value) for value in constants}
        if "attr" in name:
            out.attributes |= names
            out.dynamic_attributes = out.dynamic_attributes or not constants
        else:
            out.keys |= names
            out.dynamic_keys = out.dynamic_keys or not constants
    if name in _UPDATING or name == "fromkeys":
        out.dynamic_keys = True
        text = ast.unparse(func)
        if "__dict__" in text or "vars(" in text:
            out.dynamic_attributes = True
        out.keys |= {k.arg for k in node.keywords if k.arg}
    if name in ("pop", "clear", "delattr", "fromkeys", "setattr", "discard", "remove", "popitem"):
        out.resets = True
    for keyword in node.keywords:
        if keyword.arg is None:  # a constructor with ``**x``
            out.copied |= set(_roots(keyword.value))
            out.keys |= {k.arg for k in node.keywords if k.arg}
            out.dynamic_keys = True
        elif keyword.arg in ("exclude", "include"):
            out.resets = True
        elif keyword.arg == "update":
            out.dynamic_attributes = True
        out.resets = out.resets or _is_empty(keyword.value)


def _keywords(out: Outline, node: ast.Call) -> None:
    """The keywords of a copy: fields that it writes; ``**x`` writes some that are not shown."""
    out.attributes |= {k.arg for k in node.keywords if k.arg}
    if any(k.arg is None for k in node.keywords):
        out.dynamic_attributes = True


def _display(out: Outline, node: ast.Dict) -> None:
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            out.copied |= set(_roots(value))
            out.dynamic_keys = True
        elif isinstance(key, ast.Constant):
            out.keys.add(str(key.value))
        out.resets = out.resets or _is_empty(value)


def _is_empty(node: ast.expr | None) -> bool:
    """True for None and for what is empty (also for each item of a tuple)."""
    if isinstance(node, ast.Constant):
        return node.value is None or node.value == ""
    if isinstance(node, ast.Dict | ast.List | ast.Set):
        return not getattr(node, "keys", None) and not getattr(node, "elts", None)
    if isinstance(node, ast.Tuple):
        return any(_is_empty(element) for element in node.elts) or not node.elts
    return isinstance(node, ast.Call) and not node.args and not node.keywords


def _roots(node: ast.expr) -> Iterator[str]:
    """The names at the bottom of an expression."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            yield child.id
