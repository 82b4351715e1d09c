"""How a test can call a helper or merge function, or why none can."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lint_rules.findings import Call, Named, Role
from lint_rules.flow.values import WHOLE, Const, Init, reads_of
from lint_rules.naming import is_cache_name

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.helpers import HelperCopy
    from lint_rules.knowledge.merging import Merge
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef, Param

_PLAIN: dict[str, Role] = {"str": "text", "int": "number", "float": "number"}
_SELF = "self"


class Uncallable(Exception):
    """No test can call the function; the message says why."""


def call_of_helper(facts: Facts, copy: HelperCopy, cache_names: tuple[str, ...]) -> Call | str:
    """How a test hands an object to a cache-copy helper; else the reason why it cannot."""
    try:
        root = _root(facts, copy.copy)
        call = _call(facts, root, {root.name: "carrier"}, cache_names)
    except Uncallable as reason:
        return str(reason)
    if not copy.returned and "cache" not in dict(call.arguments).values():
        return "it returns no copy, and the cache that it fills is out of a test's reach"
    return call


def call_of_merge(
    facts: Facts, carrier: Obj, merges: Iterable[Merge], fields: Iterable[str],
    cache_names: tuple[str, ...],
) -> Call | str:  # fmt: skip
    """How a test merges the second end user's values onto the first one's object; else why not."""
    try:
        root = _root(facts, carrier)
        roles: dict[str, Role] = {root.name: "carrier"}
        sources = _sources(facts, list(merges), root)
        whole = {source.name for source in sources if not source.model and _is_item(facts, source)}
        if len(sources) != 1 and len(whole) != len(sources):
            raise Uncallable("what it merges comes from more than one object")
        roles |= {s.name: "item" if s.name in whole else "source" for s in sources}
        call = _call(facts, root, roles, cache_names)
    except Uncallable as reason:
        return str(reason)
    taken = tuple((name, _taken(facts, list(merges), name, sources, whole)) for name in fields)
    source = sources[0]
    untyped = not whole and source.model is None and not _is_mapping(facts, source)
    return Call(
        call.function, call.on_new, call.arguments, call.model,
        None if whole or source.model is None else _named(source.model),
        untyped, not whole and _may_be_none(facts, source), taken,
    )  # fmt: skip


def _root(facts: Facts, obj: Obj) -> Obj:
    """The parameter that an object is, or is a copy of."""
    while obj.origin == "copy" and len(obj.of) == 1:
        obj = facts.objects[obj.of[0]]
    if obj.origin not in ("param", "self"):
        where = {
            "lookup": "a cache", "attr": "an attribute", "global": "a global", "call": "a call",
        }.get(obj.origin, "several places")  # fmt: skip
        raise Uncallable(f"its object comes from {where}, not from a parameter")
    if obj.model is None and not obj.mapping:
        raise Uncallable(f"the class of {obj.name!r} is not known")
    return obj


def _sources(facts: Facts, merges: list[Merge], root: Obj) -> list[Obj]:
    found = dict.fromkeys(number for merge in merges for number in merge.sources)
    out = [facts.objects[number] for number in found if number != root.id]
    for source in out:
        if source.origin != "param":
            raise Uncallable("what it merges is made or looked up inside, not handed in")
    if not out:
        raise Uncallable("what it merges is not known")
    return out


def _is_item(facts: Facts, source: Obj) -> bool:
    """True for a parameter that is a value itself, not an object with fields."""
    reads = [read for w in facts.writes for read in reads_of(w.value) if read[0] == source.id]
    return bool(reads) and all(name == WHOLE for _, name in reads) and not source.mapping


def _is_mapping(facts: Facts, source: Obj) -> bool:
    """True when the function reads the source's keys."""
    if source.mapping:
        return True
    for node in ast.walk(facts.function.node):
        inner: ast.expr | None = None
        if isinstance(node, ast.Subscript):
            inner = node.value
        elif isinstance(node, ast.Attribute) and node.attr in ("get", "items", "keys", "pop"):
            inner = node.value
        if isinstance(inner, ast.Name) and inner.id == source.name:
            return True
    return False


def _taken(
    facts: Facts, merges: list[Merge], name: str, sources: list[Obj], whole: set[str]
) -> str | None:
    """What the source calls a field, where its value goes over as it is."""
    ids = {source.id: source.name for source in sources}
    mine = [merge for merge in merges if merge.write.field == name]
    if not mine:  # never taken over: the repair takes what has the same name
        known = sources[0].model is not None and sources[0].model.field(name) is not None
        return name if known and not whole else None
    names: set[str] = set()
    for merge in mine:
        if (
            any(not isinstance(atom, Init | Const) for atom in merge.write.value.atoms)
            and not whole
        ):
            return None
        for obj, theirs in reads_of(merge.write.value):
            if obj in ids:
                names.add(ids[obj] if theirs == WHOLE else theirs)
    return names.pop() if len(names) == 1 else None


def _may_be_none(facts: Facts, source: Obj) -> bool:
    param = next(p for p in facts.function.params if p.name == source.name)
    return _is_optional(param)


def _is_optional(param: Param) -> bool:
    text = param.annotation or ""
    return param.default == "None" or "None" in text or "Optional" in text


def _call(facts: Facts, root: Obj, roles: dict[str, Role], cache_names: tuple[str, ...]) -> Call:
    function = facts.function
    if function.parent_function is not None:
        raise Uncallable(f"it is defined inside {function.parent_function}")
    if function.kind == "property":
        raise Uncallable("it is a property")
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function.node)):
        raise Uncallable("it is a generator")
    params = list(function.params)
    on_new = False
    arguments: list[tuple[str, Role]] = []
    if function.kind in ("method", "classmethod"):
        receiver = params.pop(0) if params else None
        if receiver is not None and receiver.name in roles:
            arguments.append((_SELF, roles[receiver.name]))
        elif function.kind == "method":
            _assert_new(function)
            on_new = True
    for param in params:
        arguments += _argument(param, roles, cache_names)
    return Call(
        Named(function.module.name, function.qualname), on_new, tuple(arguments),
        _named(root.model) if root.model is not None else None,
    )  # fmt: skip


def _argument(
    param: Param, roles: dict[str, Role], cache_names: tuple[str, ...]
) -> list[tuple[str, Role]]:
    plain = (param.annotation or "").removesuffix(" | None")
    role = roles.get(param.name)
    if role is not None and param.kind in ("positional", "keyword"):
        return [(param.name, role)]
    if role is not None:
        raise Uncallable(f"what it merges comes in as *{param.name}")
    if is_cache_name(param.name, cache_names) and plain not in _PLAIN:
        return [(param.name, "cache")]
    if param.default is not None or param.kind in ("vararg", "kwarg"):
        return []
    if plain in _PLAIN:
        return [(param.name, _PLAIN[plain])]
    raise Uncallable(f"a test does not know what to pass for {param.name!r}")


def _assert_new(function: FunctionRef) -> None:
    """Raise where an object of the function's class cannot be made without arguments."""
    owner = function.module.class_(function.class_name or "")
    if owner is None:
        raise Uncallable("its class is not known")
    unknown = len(owner.bases) != len([name for name in owner.base_names if name != "object"])
    init = owner.method("__init__")
    if init is not None:
        needed = [
            p for p in init.params[1:] if p.default is None and p.kind in ("positional", "keyword")
        ]
        wants = bool(needed)
    else:
        wants = unknown or any(
            field.default.kind == "missing" for field in owner.fields if owner.kind != "plain"
        )
    if wants:
        raise Uncallable(f"{owner.name} needs arguments that a test does not know")


def _named(model: ClassRef) -> Named:
    if "<locals>" in model.qualname:
        raise Uncallable(f"{model.name} is defined inside a function")
    return Named(model.module.name, model.qualname)
