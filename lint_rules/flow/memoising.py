"""Decorators that keep what the function under them returns: those of libraries by their name, those of the
project by what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.values import Ref
from lint_rules.naming import CACHING_DECORATORS
from lint_rules.project.classes import ClassRef
from lint_rules.project.functions import FunctionRef
from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.summaries import Library
    from lint_rules.project.modules import Module


class Memoising:
    """The decorators of one project."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._keeps = Remembered(self._ask_keeps, lambda decorator: False)

    def by(self, module: Module, dotted: str) -> bool:
        """True when a decorator makes every caller share what the function returns."""
        found = self.library.project.resolve(module, dotted, None)
        if isinstance(found, ClassRef):
            return False
        if CACHING_DECORATORS.match(str(getattr(found, "dotted", dotted))):
            return True
        return isinstance(found, FunctionRef) and self._keeps(found)

    def _ask_keeps(self, decorator: FunctionRef) -> bool:
        """True when a function inside stores what a call of the decorated one returns, and hands out what was
        looked up."""
        if not decorator.holds("(?i:cache)"):
            return False
        inside = decorator.module.inner_functions(decorator)
        decorated = {param.name for each in (decorator, *inside) for param in each.params}
        return any(
            facts is not None and _stores_result(facts, decorated) and _hands_out(facts)
            for facts in (self.library.facts(each, 0) for each in inside)
        )


def _stores_result(facts: Facts, decorated: set[str]) -> bool:
    stored = (facts.objects[store.obj] for store in facts.stores if not store.copied)
    return any(obj.origin == "call" and obj.name in decorated for obj in stored)


def _hands_out(facts: Facts) -> bool:
    return any(
        isinstance(atom, Ref) and facts.objects[atom.obj].origin == "lookup"
        for leave in facts.exits
        for atom in leave.value.atoms
    )
