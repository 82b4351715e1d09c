"""Which functions stand around places of a module's text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module


def around(module: Module, places: Iterable[int]) -> tuple[FunctionRef, ...]:
    """The functions around places of a module, the outer ones too, in the order of the text.

    What a function does that is defined inside another one, that one may be said to do: it may call it.
    """
    found: set[FunctionRef] = set()
    end = -1
    for place in sorted(places):
        if place < end:
            continue  # still the function that is known, before any definition inside it
        function = module.function_around(place)
        end = module.next_definition(place, function)
        if function is not None:
            found.add(function)
            found.update(module.enclosing(function))
    return tuple(sorted(found, key=lambda function: function.block.start))
