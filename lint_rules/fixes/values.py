"""What a field is reset to: None where it may be None, else its own default, else nothing fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef


_EMPTY = (
    ("dict", "{}"), ("mapping", "{}"), ("list", "[]"), ("frozenset", "frozenset()"), ("set", "set()"),
)  # fmt: skip
"""Empty containers, by a word of the annotation."""


@dataclass(frozen=True, slots=True)
class ResetValue:
    """The expression that resets a field; ``remove`` for a key that is taken out instead."""

    text: str
    remove: bool = False


def reset_value(model: ClassRef | None, name: str) -> ResetValue | str:
    """The reset of a field, or the reason why there is none."""
    decl = model.field(name) if model is not None else None
    if decl is not None and decl.setter is not None and decl.setter.keeps:
        return (
            f"{name} is written by a function that leaves the old value where it is given None: reset "
            f"{decl.stored} by hand"
        )
    if decl is not None and decl.setter is not None and decl.setter.transforms:
        return (
            f"{name} is written by a function that may not take None: reset {decl.stored} by hand"
        )
    if decl is None or decl.nullable:
        return ResetValue("None")
    if model is not None and model.kind == "typeddict":
        return ResetValue("", remove=True)
    kind = decl.default.kind
    if (
        kind == "none" and decl.setter is not None
    ):  # whose annotation says more of what may be written
        kind = "other"
    if kind in ("none", "constant", "factory") and decl.default.text is not None:
        return ResetValue(decl.default.text)
    annotation = decl.setter.annotation if decl.setter is not None else None
    what = annotation or decl.annotation or "it has a value at first"
    return (
        f"{name} may not be None ({what}) and has no constant default: reset it by hand to what "
        "means that there is no end user"
    )


def empty_value(model: ClassRef | None, name: str, reset: ResetValue | str) -> ResetValue | str:
    """The reset of a field that is to hold a container afterwards: an empty one of its kind, where its
    declaration tells one, else the field's own ``reset``."""
    decl = model.field(name) if model is not None else None
    if decl is None or (decl.setter is not None and decl.setter.keeps):
        return reset
    if decl.default.kind == "factory" and decl.default.text:
        return ResetValue(decl.default.text)
    text = (decl.annotation or "").lower()
    return next((ResetValue(empty) for word, empty in _EMPTY if word in text), reset)
