"""Objects, classes and functions as a test names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.calling.reasons import Uncallable
from lint_rules.findings import Named

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj
    from lint_rules.project.classes import ClassRef


def root_of(facts: Facts, obj: Obj) -> Obj:
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


def model_of(obj: Obj) -> Named | None:
    """The class of an object; None for a mapping."""
    return named(obj.model) if obj.model is not None else None


def named(model: ClassRef) -> Named:
    """The name of a class that can be imported."""
    inside = model.qualname.rpartition(".")[0]
    while inside:
        if model.module.class_(inside) is None:
            raise Uncallable(f"{model.name} is defined inside a function")
        inside = inside.rpartition(".")[0]
    return Named(model.module.name, model.qualname)
