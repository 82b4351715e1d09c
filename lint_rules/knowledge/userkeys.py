"""Keys that say whose entry it is: an entry under the key of one end user is nobody else's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.recognising import last_name
from lint_rules.knowledge.merging import family
from lint_rules.naming import is_cache_name, is_lookup_method

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.perrequest import Fields
    from lint_rules.project.classes import ClassRef

_BY_KEY = frozenset({"get", "pop", "setdefault"})
"""Methods of mappings: what one of these finds, also of a class of the project, it finds under its first argument."""
_NO_KEYS = frozenset({"default", "ttl", "timeout", "ex", "expire"})
"""Arguments of a look-up by name that say nothing of where it looks."""
_STEPS = 3
"""How many locals a key is followed through."""


def names_user(fields: Fields, facts: Facts, text: str, model: ClassRef | None) -> bool:
    """True when a key is made of something that is called as a per-request field."""
    known = fields.of_model(model).evidence if model is not None else {}
    return any(name in known or fields.matches(model, name) for name in _names(facts, text, model))


def is_found_for_user(fields: Fields, facts: Facts, carrier: Obj) -> bool:
    """True for an object that the function, or one that it calls, looks up under the key of an end user, or that it makes
    and stores there."""
    found = [facts.objects.bottom(obj) for obj in family(facts, carrier.id)]
    keyed = [
        _is_keyed(fields, facts, obj, carrier.model) for obj in found if obj.origin == "lookup"
    ]
    if carrier.origin == "fresh":
        texts = (store.key_text for store in facts.stores if store.obj == carrier.id)
        keyed += [names_user(fields, facts, text, carrier.model) for text in texts]
    return bool(keyed) and all(keyed)


def is_cached_by_user(fields: Fields, facts: Facts, model: ClassRef) -> bool:
    """True for a function whose stores and look-ups of objects of a model are all under keys of end users; one whose
    results are cached has its parameters for a key."""
    keys = [store.key_text for store in facts.stores if _is_of(facts.objects[store.obj], model)]
    if facts.caches_result:
        keys.append(", ".join(facts.params))
    found = (obj for obj in facts.objects.all() if obj.origin == "lookup" and _is_of(obj, model))
    keyed = [names_user(fields, facts, key, model) for key in keys]
    keyed += [_is_keyed(fields, facts, obj, model) for obj in found]
    return bool(keyed) and all(keyed)


def _is_of(obj: Obj, model: ClassRef) -> bool:
    return obj.model is not None and obj.model.is_kin_of(model)


def _is_keyed(fields: Fields, facts: Facts, found: Obj, model: ClassRef | None) -> bool:
    """True for what was looked up under the key of an end user, in the words of the function, or of a called one that
    looks it up; that may look up nothing else."""
    key = _key_of(facts, found)
    if key is not None and names_user(fields, facts, key, model):
        return True
    inside = fields.library.facts(found.finder) if found.finder is not None else None
    if inside is None:
        return False
    keyed = [
        _is_keyed(fields, inside, one, model)
        for one in inside.objects.all()
        if one.origin == "lookup" and one.finder is None
    ]
    return bool(keyed) and all(keyed)


def _key_of(facts: Facts, found: Obj) -> str | None:
    """The text of the key that an object was looked up under in this function; what a memoised function is given
    is its key."""
    node = found.node
    if isinstance(node, cst.Call) and last_name(node.func) == found.name:
        return ", ".join(facts.tree.code_for_node(arg.value) for arg in node.args)
    if isinstance(node, cst.Subscript):
        parts = [one.slice.value for one in node.slice if isinstance(one.slice, cst.Index)]
        return ", ".join(map(facts.tree.code_for_node, parts))
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.args:
        on, method = facts.tree.code_for_node(node.func.value), node.func.attr.value
        is_cache = is_cache_name(on.rsplit(".", 1)[-1]) and is_lookup_method(method)
        if is_cache or method in _BY_KEY:
            parts = [node.args[0].value, *_more_parts(facts, node.args[1:])]
            return ", ".join(map(facts.tree.code_for_node, parts))
    return None


def _more_parts(facts: Facts, args: Sequence[cst.Arg]) -> Iterator[cst.BaseExpression]:
    """What else of a look-up's arguments may be a part of the key: the default is an object, or None."""
    for arg in args:
        if arg.keyword is not None:
            if arg.keyword.value not in _NO_KEYS:
                yield arg.value
        elif isinstance(arg.value, cst.Name) and facts.final is not None:
            value = facts.final.env.get(arg.value.value)
            if value is not None and not value.refs:
                yield arg.value


# --------------------------------------------------------------------------- what a key is made of


def _names(facts: Facts, text: str, model: ClassRef | None) -> Iterator[str]:
    """The names of what a key is made of, through locals and properties of the object."""
    todo, seen = [(text, 0)], set[str]()
    while todo:
        text, steps = todo.pop()
        for name, is_local in _parts(text):
            yield name
            if name in seen or steps == _STEPS:
                continue
            seen.add(name)
            if is_local and not _is_object(facts, name):
                todo += [(right, steps + 1) for right in _assigned(facts, name)]
            method = model.method(name) if model is not None and not is_local else None
            if method is not None and method.kind == "property":
                todo += [(right, steps + 1) for right in _returned(method.node)]


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The names in an expression that stand for a value of their own, and whether each is a variable: of
    ``auth.token`` that is ``token``."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return
    inner: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            inner.add(id(node.value))
            yield node.attr, False
        elif isinstance(node, ast.Subscript):
            yield from _text(node.slice)
        elif isinstance(node, ast.Call):
            yield from _called(node)
            inner.add(id(node.func))
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in inner:
            yield node.id, True


def _called(node: ast.Call) -> Iterator[tuple[str, bool]]:
    """``end_user_key(auth)``, ``params.get("end_user_id")``, ``name.lower()``."""
    if isinstance(node.func, ast.Name):
        yield node.func.id, False
    elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        if not is_cache_name(node.func.value.id):
            yield node.func.value.id, True
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "pop"):
        yield from _text(node.args[0] if node.args else None)


def _text(node: ast.expr | None) -> Iterator[tuple[str, bool]]:
    """The name of a field or key that is read."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, False


def _is_object(facts: Facts, name: str) -> bool:
    """True for a variable that is an object with fields: what it was made from is not in the key."""
    value = facts.final.env.get(name) if facts.final is not None else None
    objs = [facts.objects[obj] for obj in value.refs] if value is not None else []
    return any(obj.model is not None or facts.writes_to(obj.id) for obj in objs)


def _assigned(facts: Facts, name: str) -> list[str]:
    """What a variable is assigned in the function, each on one line."""
    form = rf"^[ \t]*{re.escape(name)}[ \t]*(?::[^=\n]*)?=(?!=)([^\n]*)"
    return [str(found) for found in re.findall(form, facts.function.source, re.MULTILINE)]


def _returned(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Return) and part.value is not None:
            yield ast.unparse(part.value)
