"""Which functions deserve the whole analysis, judged by what they do on their own.

Interpreting a function without its calls costs milliseconds, with them sometimes a hundred times as
much.  A function that on its own neither copies a carrier that can have per-request fields nor writes
such a field can hold no finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.facts import Facts
from lint_rules.flow.values import Obj
from lint_rules.knowledge.helpers import own_copies, resets_any
from lint_rules.naming import is_cache_copy_name

if TYPE_CHECKING:
    from lint_rules.flow.summaries import Library
    from lint_rules.knowledge.perrequest import Fields
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef

_OWN = frozenset({"mapping", "fresh", "global"})


class Relevance:
    """Says which functions can hold a finding at all."""

    def __init__(self, library: Library, fields: Fields) -> None:
        self.library = library
        self.fields = fields
        self._plausible: dict[ClassRef, bool] = {}

    def matters(self, function: FunctionRef) -> bool:
        """True when the function may be reported."""
        facts = self.library.facts(function, 0)
        if facts is None or facts.final is None:
            return False
        return self._copies(facts) or self._writes(facts)

    def _copies(self, facts: Facts) -> bool:
        for copy in own_copies(facts):
            if copy.model is not None:
                if self.plausible(copy.model):
                    return True
            elif resets_any(facts, copy) and self._may_be_cached(facts.function):
                return True
        return False

    def _may_be_cached(self, function: FunctionRef) -> bool:
        """For copies of an unknown class: the function, or one beside it that calls it, has a cache."""
        screen = self.fields.screen
        extra = self.library.settings.cache_copy_helpers
        if is_cache_copy_name(function.name, extra) or screen.uses_cache(function):
            return True
        return any(
            function.name in other.source and screen.uses_cache(other)
            for other in function.module.all_functions
            if other != function
        )

    def _writes(self, facts: Facts) -> bool:
        for write in facts.writes:
            carrier = facts.objects[write.obj]
            if carrier.origin in _OWN and not carrier.of:
                continue
            if self.fields.matches(carrier.model, write.field) or self._evident(carrier):
                return True
        return False

    def _evident(self, carrier: Obj) -> bool:
        return carrier.model is not None and self.plausible(carrier.model)

    def plausible(self, model: ClassRef) -> bool:
        """True when the model can have per-request fields: declared ones, or some helper's resets."""
        if model not in self._plausible:
            declared = any(
                decl.marker == "per-request" or self.fields.matches(model, decl.name)
                for decl in model.fields
            )
            self._plausible[model] = declared or self._has_helper(model)
        return self._plausible[model]

    def _has_helper(self, model: ClassRef) -> bool:
        screen = self.fields.screen
        names = frozenset(cls.name for cls in model.mro)
        extra = self.library.settings.cache_copy_helpers
        for function in self.fields.mentioning(model):
            named = is_cache_copy_name(function.name, extra)
            if (named or screen.uses_cache(function) or function.module is model.module) and (
                screen.may_help(self.library.project, function, names) and function.outline.resets
            ):
                return True
        return False
