"""Whether a function may reset something on a copy that it makes, read off its syntax.

The answer may be yes too often, never too seldom: it decides which functions are interpreted at all.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

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
_READING = COPY_METHODS | {"items", "keys", "values", "get"}
"""Methods that change nothing of the object."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


def resets_copy(function: Function, meanings: Mapping[str, frozenset[str]]) -> bool:
    """True when something that may be a copy made here is reset, or handed on for that.

    ``meanings`` are what names stand for that imports or assignments give to others.
    """
    return _Outline(function, meanings).resets


class _Outline:
    """What of one function tells whether it resets a copy."""

    def __init__(self, function: Function, meanings: Mapping[str, frozenset[str]]) -> None:
        self.meanings = meanings
        self._known: dict[ast.expr, str | None] = {}
        nodes = [node for node in ast.walk(function) if node is not function]
        self.names = set[str]()
        self.resets = any(self._leaves_out(node) for node in nodes)
        if not self.resets:
            self.names = self._copies(nodes)
            self.resets = bool(self.names) and any(self._resets_one(node) for node in nodes)

    def _copies(self, nodes: list[ast.AST]) -> set[str]:
        """The names that may be bound to a copy, or to what holds or makes one."""
        bound = [found for node in nodes if (found := _binding(node)) is not None]
        names = {name for targets, value in bound if self._holds_copy(value) for name in targets}
        for node in nodes:
            if isinstance(node, ast.Assign) and taken_over(node) is not None:
                names.update(name for target in node.targets for name in _bound(target))
        grown = bool(names)
        while grown:
            grown = False
            for targets, value in bound:
                if not targets <= names and not names.isdisjoint(_roots(value)):
                    names |= targets
                    grown = True
        return names

    def _holds_copy(self, node: ast.AST) -> bool:
        return any(self._is_copy(child) for child in ast.walk(node))

    def _called(self, node: ast.Call) -> frozenset[str]:
        """The names that a call may mean."""
        func = node.func
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        return self.meanings.get(name, frozenset()) | {name}

    def _is_copy(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            names = self._called(node)
            if isinstance(node.func, ast.Attribute) and names & _HOLDING:
                return True
            return (
                bool(names & COPY_FUNCTIONS and node.args)
                or any(keyword.arg is None for keyword in node.keywords)
                or rebuilt_of(node) is not None
            )
        if isinstance(node, ast.Dict):
            return None in node.keys
        return isinstance(node, ast.DictComp) or (
            isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)
        )

    def _leaves_out(self, node: ast.AST) -> bool:
        """True for a copy that resets or leaves out something by its own form."""
        if not self._is_copy(node):
            return False
        if isinstance(node, ast.Call):
            return any(self._keyword_leaves_out(node, keyword) for keyword in node.keywords)
        if isinstance(node, ast.Dict):
            return any(_is_empty(value) for value in node.values)
        if isinstance(node, ast.BinOp):
            return any(
                isinstance(child, ast.Call)
                or (isinstance(child, ast.Dict) and any(map(_is_empty, child.values)))
                for child in (node.left, node.right)
            )
        return True

    def _keyword_leaves_out(self, node: ast.Call, keyword: ast.keyword) -> bool:
        if keyword.arg is not None:
            return keyword.arg in ("exclude", "include", "update") or _is_empty(keyword.value)
        # What is spread into a copy is written onto it; what is spread into a class is what is copied.
        copies = self._called(node) & (COPY_FUNCTIONS | COPY_METHODS) and node.args
        return bool(copies) or len(node.keywords) > 1

    def _root(self, node: ast.expr) -> str | None:
        return _root(node, self._known)

    def _resets_one(self, node: ast.AST) -> bool:
        """True when a node may reset something of an object with one of these names."""
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            return any(self._of_one(target) for target in targets) and (
                isinstance(node.value, ast.IfExp | ast.BoolOp | ast.Name) or _is_empty(node.value)
            )
        if isinstance(node, ast.AugAssign):
            return isinstance(node.op, ast.BitOr) and self._root(node.target) in self.names
        if isinstance(node, ast.Delete):
            return any(self._of_one(target) for target in node.targets)
        return isinstance(node, ast.Call) and self._resets_by_call(node)

    def _resets_by_call(self, node: ast.Call) -> bool:
        """``c.scrub()``, ``scrub(c)``, ``setattr(c, "f", None)``: all but what only reads."""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if isinstance(node.func, ast.Attribute) and self._root(node.func.value) in self.names:
            return node.func.attr not in _READING
        return not self._called(node) & COPY_FUNCTIONS and any(
            name in self.names for arg in given for name in _held(arg)
        )

    def _of_one(self, target: ast.expr) -> bool:
        if isinstance(target, ast.Tuple | ast.List):
            return any(self._of_one(element) for element in target.elts)
        return (
            isinstance(target, ast.Attribute | ast.Subscript) and self._root(target) in self.names
        )


def rebuilt_of(node: ast.Call) -> ast.expr | None:
    """What a new object may be made of field by field, ``auth`` in ``Auth(token=auth.token, user=auth.user)``; one field
    may be the same by chance."""
    given = [arg for arg in node.args if isinstance(arg, ast.Attribute)]
    named = [(k.arg, k.value) for k in node.keywords if isinstance(k.value, ast.Attribute)]
    given += [
        value for name, value in named if isinstance(value, ast.Attribute) and value.attr == name
    ]
    counts = Counter(_path(arg.value) for arg in given) if len(given) > 1 else Counter[str]()
    path, times = counts.most_common(1)[0] if counts else ("", 0)
    return next(arg.value for arg in given if _path(arg.value) == path) if times > 1 else None


def taken_over(node: ast.Assign) -> ast.expr | None:
    """``auth`` in ``made.token = auth.token``."""
    value = node.value
    if isinstance(value, ast.Attribute) and any(
        isinstance(target, ast.Attribute) and target.attr == value.attr for target in node.targets
    ):
        return value.value
    return None


def _path(node: ast.expr) -> str:
    """An expression, to tell it from others."""
    return node.id if isinstance(node, ast.Name) else ast.dump(node)


def _binding(node: ast.AST) -> tuple[set[str], ast.AST] | None:
    """The names that a node binds, and to what."""
    if isinstance(node, Function):
        return {node.name}, node
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
        name = _root(target, {})
        if name is not None:
            yield name


def _root(node: ast.expr, known: dict[ast.expr, str | None]) -> str | None:
    """The name at the bottom of a target; ``x`` of ``vars(x)["f"]``, too.

    ``known`` are those that were asked for before: each link of a chain is walked over once.
    """
    walked: list[ast.expr] = []
    below: ast.expr | None = node
    while below is not None and below not in known:
        node = below
        walked.append(node)
        below = _below(node)
    found = known[below] if below is not None else node.id if isinstance(node, ast.Name) else None
    known.update(dict.fromkeys(walked, found))
    return found


def _below(node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        return node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.value
    return node.args[0] if isinstance(node, ast.Call) and node.args else None


def _held(node: ast.expr) -> Iterator[str]:
    """The names of the objects that an argument may hand on, their fields aside."""
    if isinstance(node, ast.Name):
        yield node.id
    elif not isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _held(child)


def _is_empty(node: ast.expr | None) -> bool:
    """True for None and for what is empty (also for each item of a tuple)."""
    if isinstance(node, ast.Constant):
        return node.value is None or node.value == ""
    if isinstance(node, ast.Dict | ast.List | ast.Set):
        return not getattr(node, "keys", None) and not getattr(node, "elts", None)
    if isinstance(node, ast.Tuple):
        return any(_is_empty(element) for element in node.elts) or not node.elts
    return isinstance(node, ast.Call) and not node.args and not node.keywords


def _roots(node: ast.AST) -> Iterator[str]:
    """The names at the bottom of an expression."""
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            yield child.id
