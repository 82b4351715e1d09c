"""What can matter at all: words decide, and may let too much through, never too little.

A function can be the place of a finding only when it copies something that may reach a cache, or
writes a field that may be per-request, or stores something.  The screen asks for the words without
which none of these forms can be written; ``tests/test_screen.py`` forces the whole analysis on
everything and checks that nothing is lost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lint_rules.naming import is_cache_copy_name, longest_literal

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

_COPY = re.compile(
    r"copy\(|copy\.replace|replace\(|evolve\(|assoc\(|_dump|\.dict\(|\bdict\(|\.json\(|dumps\(|asdict\("
    r"|\*\*|\|\s*[\w{]|model_validate|parse_obj|parse_raw|construct\(|from_orm|from_dict|_make\("
    r"|\.items\(|vars\(|__dict__|encoder\("
)
#: Fields written under names that the text does not show.
_DYNAMIC = re.compile(r"setattr|update=|__dict__|vars\(|replace\(|evolve\(")
#: A cache asked or filled, or a function that says it does so.
_CACHE_USE = re.compile(r"(?i:cache)\w*(?:\(\))?\s*[\[.]|(?i:cache)\w*\(")


class Screen:
    """The screen for one set of settings."""

    def __init__(self, settings: Settings) -> None:
        words = ["cache"]
        for pattern in settings.cache_objects:
            words.append(longest_literal(pattern))
        self._helpers = settings.cache_copy_helpers
        self._cache = re.compile("|".join(map(re.escape, words)).encode(), re.IGNORECASE)
        self._fields = [longest_literal(p.rpartition(".")[2]) for p in settings.per_request_fields]

    def functions(self, project: Project, module: Module) -> list[FunctionRef]:
        """The functions of a module that can matter."""
        return [
            function
            for function in module.all_functions
            if self.may_help(project, function)
            or self.may_merge(function, self._fields)
            or self.may_store(function)
        ]

    def may_help(
        self, project: Project, function: FunctionRef, models: frozenset[str] | None = None
    ) -> bool:
        """True when the function may be a cache-copy helper (of one of these models, by name)."""
        if not _COPY.search(function.source):
            return False
        named = is_cache_copy_name(function.name, self._helpers)
        if models is not None and not named and not self._copies_one(function, models):
            return False
        if not function.outline.copied:
            return False
        if named or self.names_cache(function):
            return True
        return function.outline.resets and self._named_beside_cache(project, function)

    def _named_beside_cache(self, project: Project, function: FunctionRef) -> bool:
        """True when some file names both the function and a cache."""
        return any(
            project.names_cache(path, self._cache)
            for path in project.files_containing(function.name.encode())
        )

    def _copies_one(self, function: FunctionRef, models: frozenset[str]) -> bool:
        """True when something that the function copies may be an object of the models."""
        params = {param.name: param.annotation for param in function.params}
        for root in function.outline.copied:
            if root not in params:
                if self.uses_cache(function):
                    return True
            elif params[root] is None or any(name in str(params[root]) for name in models):
                return True
        return False

    def may_merge(self, function: FunctionRef, fields: list[str]) -> bool:
        """True when the function may write a field whose name holds one of these parts."""
        named = any(part in function.source for part in fields)
        if not named and not _DYNAMIC.search(function.source):
            return False
        shape = function.outline
        if shape.dynamic_attributes or (named and shape.dynamic_keys):
            return True
        return any(part in name for part in fields for name in (*shape.attributes, *shape.keys))

    def may_merge_onto(self, function: FunctionRef, model: ClassRef, fields: list[str]) -> bool:
        """True when the function may write one of these fields of an object of the model."""
        if not any(name in function.source for name in fields) and "setattr" not in function.source:
            return False
        shape = function.outline
        if shape.dynamic_attributes or any(name in shape.attributes for name in fields):
            return True
        if model.kind != "typeddict":
            return False
        return shape.dynamic_keys or any(name in shape.keys for name in fields)

    def may_store(self, function: FunctionRef) -> bool:
        """True when the function may put something into a cache, or resets what it copied from one."""
        return self.uses_cache(function) and any(part in function.source for part in self._fields)

    def uses_cache(self, function: FunctionRef) -> bool:
        """True when the function's text asks or fills a cache, or calls what says so by its name."""
        return bool(_CACHE_USE.search(function.source))

    def names_cache(self, function: FunctionRef) -> bool:
        """True when the function's text names a cache."""
        return bool(self._cache.search(function.source.encode()))
