"""The entries of dicts that a module makes once: ``{"f": None}``, ``dict.fromkeys(NAMES)``, ``{name: None for name in NAMES}``."""

from __future__ import annotations

import ast
from collections.abc import Callable

Entries = dict[str, object]
_WRAPPING = frozenset({"dict", "MappingProxyType", "types.MappingProxyType", "frozendict"})
"""Calls that make a dict of another one, or something that reads as one."""


def entries_of(
    node: ast.expr, names_of: Callable[[ast.expr], tuple[str, ...] | None]
) -> Entries | None:
    """The entries of a dict by their names, as far as the text tells all of these; ``names_of`` tells the strings of a
    collection."""
    if isinstance(node, ast.Dict):
        return _display(node)
    if isinstance(node, ast.DictComp):
        keys = ast.GeneratorExp(elt=node.key, generators=node.generators)
        return _blank(names_of(keys), node.value)
    if not isinstance(node, ast.Call):
        return None
    called = ast.unparse(node.func)
    if called == "dict.fromkeys" and node.args:
        return _blank(names_of(node.args[0]), node.args[1] if len(node.args) > 1 else None)
    if called not in _WRAPPING or len(node.args) > 1:
        return None
    given = entries_of(node.args[0], names_of) if node.args else {}
    if given is None or any(keyword.arg is None for keyword in node.keywords):
        return None
    return {**given, **{str(k.arg): _plain(k.value) for k in node.keywords}} or None


def _display(node: ast.Dict) -> Entries | None:
    keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
    if not keys or any(not isinstance(key, str) for key in keys):
        return None
    return {str(key): _plain(item) for key, item in zip(keys, node.values, strict=True)}


def _blank(names: tuple[str, ...] | None, value: ast.expr | None) -> Entries | None:
    blank = _plain(value) if value is not None else None
    return dict.fromkeys(names, blank) if names is not None else None


def _plain(node: ast.expr) -> object:
    """The value of a constant; an empty string stands for whatever is empty."""
    if isinstance(node, ast.Constant):
        return node.value
    if (
        isinstance(node, ast.Dict | ast.List | ast.Set | ast.Tuple)
        and not list(ast.iter_child_nodes(node))[1:]
    ):
        return ""
    return ast.unparse(node)
