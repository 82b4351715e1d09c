"""What a test passes for each parameter of a function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lint_rules.calling.reasons import Uncallable
from lint_rules.findings import Argument, Role
from lint_rules.naming import is_store_method

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.project.functions import FunctionRef, Param

_PLAIN: dict[str, Role] = {"str": "text", "int": "number", "float": "number", "bool": "flag"}
_CACHE = re.compile(r"cache$", re.IGNORECASE)
_OPTIONAL = re.compile(r"\bOptional\[|\bNone\b")


def arguments_of(facts: Facts, roles: Mapping[str, Role]) -> tuple[tuple[Argument, ...], bool]:
    """What a test passes for each parameter, and whether it makes an object to call first."""
    function = facts.function
    _assert_reachable(function)
    params = list(function.params)
    by_place = {arg.arg for arg in function.node.args.posonlyargs}
    stored = {store.cache for store in facts.stores}
    on_new = False
    arguments: list[Argument] = []
    if function.kind in ("method", "classmethod") and params:
        receiver = params.pop(0)
        if receiver.name in roles:
            arguments.append(Argument("self", roles[receiver.name], None))
        elif function.kind == "method":
            _assert_new(function)
            on_new = True
    for param in params:
        role = roles.get(param.name) or _role(param, stored)
        if role == "cache":
            _assert_plain(function, param)
        if role is None:
            continue
        if param.kind in ("vararg", "kwarg"):
            raise Uncallable(f"what it merges comes in as *{param.name}")
        arguments.append(Argument(param.name, role, None if param.name in by_place else param.name))
    return tuple(arguments), on_new


def _role(param: Param, stored: set[str]) -> Role | None:
    """What a test passes for a parameter that is no object of interest; None to leave it out."""
    text = param.annotation or ""
    plain = re.sub(r"\s*\|\s*None|^Optional\[(.*)\]$", r"\1", text)
    if param.kind in ("vararg", "kwarg"):
        return None
    if plain not in _PLAIN and (param.name in stored or _CACHE.search(param.name)):
        return "cache"
    if param.default is not None:
        return "flag" if plain == "bool" or param.default in ("True", "False") else None
    if plain in _PLAIN:
        return _PLAIN[plain]
    if _OPTIONAL.search(text):
        return "none"
    raise Uncallable(f"a test does not know what to pass for {param.name!r}")


def _assert_plain(function: FunctionRef, param: Param) -> None:
    """What a cache class of the project keeps only that class can tell."""
    project, text = function.module.project, param.annotation or ""
    for cls in project.resolve_annotation(function.module, text, function).classes if text else ():
        if any(map(is_store_method, cls.methods)):
            raise Uncallable(f"only {cls.name} says what its cache keeps")


def _assert_reachable(function: FunctionRef) -> None:
    around = function.block.parent
    while around is not None:
        if not around.is_class:
            raise Uncallable(f"it is defined inside {around.name}")
        around = around.parent
    if function.kind == "property":
        raise Uncallable("it is a property")
    if function.class_name is not None and function.name.startswith("__"):
        if not function.name.endswith("__"):
            raise Uncallable("its name is private to its class")
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own_nodes(function.node)):
        raise Uncallable("it is a generator")


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own_nodes(child)


def _assert_new(function: FunctionRef) -> None:
    """Raise where an object of the function's class cannot be made without arguments."""
    owner = function.module.class_(function.class_name or "")
    if owner is None:
        raise Uncallable("its class is not known")
    init = owner.method("__init__")
    if init is not None:
        free = ("vararg", "kwarg")
        wants = any(p.default is None and p.kind not in free for p in init.params[1:])
    else:
        known = len([name for name in owner.base_names if name != "object"])
        missing = any(field.default.kind == "missing" for field in owner.fields)
        wants = len(owner.bases) != known or (owner.kind != "plain" and missing)
    if wants:
        raise Uncallable(f"{owner.name} needs arguments that a test does not know")
    if owner.module.project.implementations.leaves_open(owner):
        raise Uncallable(f"{owner.name} is not complete by itself")


def may_be_none(function: FunctionRef, name: str) -> bool:
    """True when a parameter says that it may be None."""
    param = next((p for p in function.params if p.name == name), None)
    if param is None:
        return False
    return param.default == "None" or bool(_OPTIONAL.search(param.annotation or ""))
