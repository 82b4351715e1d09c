"""Whether a function may reset something on a copy that it makes, read off its syntax.

The answer may be yes too often, never too seldom: it decides which functions are interpreted at all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

COPY_METHODS = frozenset(
    {"model_copy", "copy", "_replace", "__copy__", "__deepcopy__", "__replace__", "model_dump", "dict",
     "_asdict", "to_dict", "model_dump_json", "json", "as_dict", "asdict"}
)  # fmt: skip
COPY_FUNCTIONS = frozenset(
    {"copy", "deepcopy", "replace", "evolve", "assoc", "asdict", "vars", "dict", "jsonable_encoder",
     "dumps", "loads", "model_validate", "parse_obj", "from_dict", "model_validate_json", "parse_raw",
     "from_orm", "model_construct", "construct", "packb"}
)  # fmt: skip
_HOLDING = COPY_METHODS | {"items"}
"""Methods whose result may be made a copy of."""
_REMOVING = frozenset(
    {"pop", "popitem", "clear", "remove", "discard", "update", "__setitem__", "__setattr__"}
)


def resets_copy(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
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
        if isinstance(func, ast.Attribute) and func.attr in _HOLDING:
            return True
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        return (name in COPY_FUNCTIONS and bool(node.args)) or any(
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
