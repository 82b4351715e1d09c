"""Parameters whose class only the caller can tell: what is written onto them the caller answers for.

A function that writes under names which nobody knows (a loop over a mapping) is interpreted once for each
class that it is called with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.naming import CARRIER_WORDS, is_merge_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lint_rules.flow.context import Context
    from lint_rules.flow.named import Names
    from lint_rules.flow.state import Objects
    from lint_rules.flow.values import Value
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef, Param
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

_CLASS = "class\0"
_DYNAMIC = r"setattr|update|__dict__|vars\(|replace|evolve\(|\*\*|\][ \t]*=[^=]"
"""Fields are written under names that the text need not show."""


def annotation_of(param: Param) -> str | None:
    """What a parameter is annotated as; that of ``*given`` is the class of each item, that of ``**given`` of each value,
    unless it says all of them."""
    told = param.annotation
    if param.kind == "vararg" and told is not None and "Unpack" not in told and "*" not in told:
        return f"tuple[{told}, ...]"
    each = param.kind == "kwarg" and told is not None and "Unpack" not in told
    return f"dict[str, {told}]" if each else told


def is_open(settings: Settings, function: FunctionRef, param: Param) -> bool:
    """True for a parameter that may be an object of any class: its annotation names no model of the project.

    Where the names of both say that a token is merged onto, the function itself answers.
    """
    if param.kind not in ("positional", "keyword"):
        return False
    if function.kind in ("method", "classmethod", "property") and param == function.params[0]:
        return False
    told = f"{param.name} {param.annotation or ''}"
    if is_merge_name(function.name, settings.merge_functions) and CARRIER_WORDS.search(told):
        return False
    if param.annotation is None:
        return True
    project = function.module.project
    hint = project.resolve_annotation(function.module, param.annotation, function)
    return not hint.mapping and all("Protocol" in cls.base_names for cls in hint.classes)


def classes_given(ctx: Context, function: FunctionRef, bound: Mapping[str, Value]) -> Names:
    """The classes of the arguments for such parameters, where the function may write under any name, or calls a method
    that the class has."""
    dynamic = function.holds(_DYNAMIC)
    found: list[tuple[str, str]] = []
    for param in function.params:
        value = bound.get(param.name)
        model = ctx.class_of_all(value.refs) if value is not None else None
        if model is not None and model.fields and (dynamic or _calls(function, param, model)):
            if is_open(ctx.settings, function, param):
                found.append((param.name, f"{_CLASS}{model.module.path}\0{model.qualname}"))
    return tuple(found)


def _calls(function: FunctionRef, param: Param, model: ClassRef) -> bool:
    """True for a function that calls a method which the class of a parameter has."""
    methods = {name for cls in model.mro for name in cls.methods if not name.startswith("__")}
    form = rf"\b{param.name}\.(?:{'|'.join(sorted(methods))})\("
    return bool(methods) and function.holds(form)


def receiver_given(
    ctx: Context, function: FunctionRef, bound: Mapping[str, Value], *, always: bool = False
) -> Names:
    """The class of the object whose method is called, where it has a method of its own that the called one, of a
    base, runs, or ``always``."""
    if function.kind != "method" or function.class_name is None or not function.params:
        return ()
    name, owner = function.params[0].name, function.module.class_(function.class_name)
    model = ctx.class_of_all(bound[name].refs) if name in bound else None
    if model is None or owner is None or model == owner or not model.is_subclass_of(owner):
        return ()
    if always:
        return receiver_is(function, model)
    known = dict.fromkeys(method for cls in owner.mro for method in cls.methods)
    own = [method for method in known if model.method(method) != owner.method(method)]
    if not own or not function.holds(rf"\b{name}\.(?:{'|'.join(own)})\("):
        return ()
    return receiver_is(function, model)


def receiver_is(method: FunctionRef, model: ClassRef) -> Names:
    """What tells a method of a base the class of its object."""
    return ((method.params[0].name, f"{_CLASS}{model.module.path}\0{model.qualname}"),)


def class_told(project: Project, told: object) -> ClassRef | None:
    """The class that :func:`classes_given` told; None for names."""
    if not isinstance(told, str) or not told.startswith(_CLASS):
        return None
    path, _, qualname = told.removeprefix(_CLASS).partition("\0")
    return project.class_at(path, qualname)


def is_of_open(objects: Objects, obj: int) -> bool:
    """True for such a parameter, what stands in it, and a copy of one."""
    info = objects.bottom(obj)
    if info.origin == "copy":
        return bool(info.of) and all(is_of_open(objects, each) for each in info.of)
    return info.open


def is_looked_up(objects: Objects, obj: int) -> bool:
    """True for what a cache handed out, what stands in that, and a copy of it."""
    info = objects.bottom(obj)
    if info.origin == "copy":
        return any(is_looked_up(objects, each) for each in info.of)
    return info.origin == "lookup"
