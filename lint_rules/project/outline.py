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
_REMOVING = frozenset(
    {"pop", "popitem", "clear", "remove", "discard", "update", "__setitem__", "__setattr__"}
)
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
    #: That happens to a copy made here, or the copy is handed to a function that may do it.
    resets_copy: bool = False


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
    out.resets_copy = bool(out.copied) and _resets_copy(node)
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


# --------------------------------------------------------------------- resets on copies


def _resets_copy(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """True when something that may be a copy made here is reset, or handed on for that."""
    nodes = list(ast.walk(function))
    if any(_leaves_out(node) for node in nodes):
        return True
    names = _copies(nodes)
    return bool(names) and any(_resets_one(node, names) for node in nodes)


def _copies(nodes: list[ast.AST]) -> set[str]:
    """The names that may be bound to a copy, or to what holds one."""
    bound = [found for node in nodes if (found := _binding(node)) is not None]
    names = {name for targets, value in bound if _holds_copy(value) for name in targets}
    grown = bool(names)
    while grown:
        grown = False
        for targets, value in bound:
            if not targets <= names and not names.isdisjoint(_roots(value)):
                names |= targets
                grown = True
    return names


def _binding(node: ast.AST) -> tuple[set[str], ast.expr] | None:
    """The names that a node binds, and to what."""
    if isinstance(node, ast.Assign):
        return {name for target in node.targets for name in _bound(target)}, node.value
    if isinstance(node, ast.AnnAssign | ast.NamedExpr | ast.AugAssign) and node.value is not None:
        return set(_bound(node.target)), node.value
    if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        return set(_bound(node.target)), node.iter
    if isinstance(node, ast.withitem) and node.optional_vars is not None:
        return set(_bound(node.optional_vars)), node.context_expr
    return None


def _bound(target: ast.expr) -> Iterator[str]:
    """The names bound by a target; ``x`` of ``x.f`` and ``x[0]`` holds what is assigned, too."""
    if isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _bound(element)
    else:
        name = _root(target)
        if name is not None:
            yield name


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _holds_copy(node: ast.expr) -> bool:
    return any(_is_copy(child) for child in ast.walk(node))


def _is_copy(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        func = node.func
        if isinstance(func, ast.Attribute) and func.attr in _COPY_METHODS:
            return True
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        return (name in _COPY_FUNCTIONS and bool(node.args)) or any(
            keyword.arg is None for keyword in node.keywords
        )
    if isinstance(node, ast.Dict):
        return None in node.keys
    return isinstance(node, ast.DictComp) or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)
    )


def _leaves_out(node: ast.AST) -> bool:
    """True for a copy that resets or leaves out something by its own form."""
    if not _is_copy(node):
        return False
    if isinstance(node, ast.Call):
        return any(
            keyword.arg in ("exclude", "include", "update")
            or (keyword.arg is not None and _is_empty(keyword.value))
            for keyword in node.keywords
        )
    if isinstance(node, ast.Dict):
        return any(_is_empty(value) for value in node.values)
    if isinstance(node, ast.BinOp):
        return any(
            isinstance(child, ast.Call)
            or (isinstance(child, ast.Dict) and any(map(_is_empty, child.values)))
            for child in (node.left, node.right)
        )
    return True


def _resets_one(node: ast.AST, names: set[str]) -> bool:
    """True when a node may reset something of an object with one of these names."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return any(_of_one(target, names) for target in targets) and (
            isinstance(node.value, ast.IfExp | ast.BoolOp)
            or _is_empty(node.value)
            or (isinstance(node.value, ast.Name) and node.value.id.isupper())
        )
    if isinstance(node, ast.Delete):
        return any(_of_one(target, names) for target in node.targets)
    if isinstance(node, ast.Expr):
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        return isinstance(value, ast.Call) and _hands_on(value, names)
    if not isinstance(node, ast.Call):
        return False
    func = node.func
    if isinstance(func, ast.Attribute):
        return func.attr in _REMOVING and _root(func.value) in names
    return getattr(func, "id", "") in ("setattr", "delattr") and _names_one(node.args[:1], names)


def _hands_on(node: ast.Call, names: set[str]) -> bool:
    return _names_one([*node.args, *(keyword.value for keyword in node.keywords)], names)


def _names_one(nodes: list[ast.expr], names: set[str]) -> bool:
    return any(isinstance(node, ast.Name) and node.id in names for node in nodes)


def _of_one(target: ast.expr, names: set[str]) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return any(_of_one(element, names) for element in target.elts)
    return isinstance(target, ast.Attribute | ast.Subscript) and _root(target) in names
