"""Names of fields that a function is given: what it does under them depends on the call.

A function that writes under names which it takes as an argument (``clear(x, NAMES)``, ``wipe(x, "f", "g")``)
is interpreted once for each set of constant names that it is called with.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from lint_rules.flow.values import UNKNOWN, Seq, Strings, Value, constant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lint_rules.project.functions import FunctionRef, Param

Names: TypeAlias = "tuple[tuple[str, tuple[str, ...] | str | None], ...]"
"""By parameter the names that it is given, or the one name; None where these are not known."""

MAX_NAMES = 40
"""A longer list of strings is no list of fields."""
_LITERAL = re.compile(r"\A(?:frozenset|set|tuple|list)?\(?\s*[(\[{]\s*[\"']")


def names_given(function: FunctionRef, bound: Mapping[str, Value]) -> Names:
    """The constant names among the arguments of a call, where the function may write under them."""
    found: list[tuple[str, tuple[str, ...] | str | None]] = []
    for param in function.params:
        value = bound.get(param.name, UNKNOWN)
        atom, text = value.single, value.text
        if isinstance(atom, Strings) and len(atom.names) <= MAX_NAMES:
            found.append((param.name, atom.names))
        elif text is not None and text.isidentifier() and _writes_under(function, param.name):
            found.append((param.name, text))
        elif value is not UNKNOWN and _has_names(function, param):
            found.append((param.name, None))
    return tuple(found)


def _writes_under(function: FunctionRef, name: str) -> bool:
    """True for a function that may write a field whose name is in the variable ``name``."""
    return function.holds(
        rf"(?:setattr|delattr)(?:__)?\([^,()]+,\s*{name}\b|\.(?:pop|setdefault)\(\s*{name}\b|\[\s*{name}\s*\]"
    )


def _has_names(function: FunctionRef, param: Param) -> bool:
    """True for a parameter whose default is a collection of names."""
    text = param.default
    if text is None or text in ("None", "True", "False"):
        return False
    if _LITERAL.match(text):
        return True
    is_name = all(part.isidentifier() for part in text.split("."))
    module = function.module
    return is_name and module.project.constant_strings(module, text, function) is not None


def as_value(names: tuple[str, ...] | str) -> Value:
    """The names as the value of the parameter."""
    return constant(names) if isinstance(names, str) else Value(frozenset({Strings(names)}))


def collected(values: list[Value]) -> Value:
    """What ``*names`` is bound to."""
    texts = tuple(value.text for value in values if value.text is not None)
    if texts and len(texts) == len(values):
        return Value(frozenset({Strings(texts)}))
    return Value(frozenset({Seq(tuple(values))})) if values else UNKNOWN


def spread(value: Value) -> list[Value] | None:
    """The arguments that ``*value`` stands for, where they are known."""
    atom = value.single
    if isinstance(atom, Strings):
        return [constant(name) for name in atom.names]
    return list(atom.parts) if isinstance(atom, Seq) else None
