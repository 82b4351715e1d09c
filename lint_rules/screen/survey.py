"""Which functions of a project can be the place of a finding, or the proof of one, by their syntax.

A function can be reported only when it copies something for a cache, writes a field that may be
per-request, or stores something.  The survey asks the cheap questions first: words of the text, then
the names that cache users call, then the function's own syntax.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from lint_rules.naming import is_cache_copy_name, longest_literal
from lint_rules.project.functions import qualname_of
from lint_rules.screen import forms
from lint_rules.screen.caches import CacheUsers

if TYPE_CHECKING:
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

_MARKER = b"cache-leak:"


class Survey:
    """The survey of one project under one set of settings."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        self.caches = CacheUsers(project, settings)
        globs = (pattern.rpartition(".")[2] for pattern in settings.per_request_fields)
        self._fields = [part for part in map(longest_literal, globs) if part]
        self._copying: dict[Module, tuple[FunctionRef, ...]] = {}
        self._may_help: dict[FunctionRef, bool] = {}

    # ----------------------------------------------------------------- the engine's question

    def functions(self, module: Module) -> list[FunctionRef]:
        """The functions of a module that can matter, in the order of the text."""
        found = {function for function in self.copying(module) if self.may_help(function)}
        found.update(self._merging(module))
        found.update(self._storing(module))
        return sorted(found, key=lambda function: function.block.start)

    # ----------------------------------------------------------------- copies

    def copying(self, module: Module) -> tuple[FunctionRef, ...]:
        """The functions of a module that copy something, as far as words tell."""
        if module not in self._copying:
            self._copying[module] = self._around(module, forms.copies(module.text))
        return self._copying[module]

    def _around(self, module: Module, places: Iterable[int]) -> tuple[FunctionRef, ...]:
        """The functions around places of a module, the outer ones too, in the order of the text."""
        found: set[FunctionRef] = set()
        end = -1
        for place in sorted(places):
            if place < end:
                continue  # still the function that is known, before any definition inside it
            function = module.function_around(place)
            if function is None:
                continue
            end = module.next_definition(place, function)
            found.add(function)
            found.update(module.enclosing(function))
        return tuple(sorted(found, key=lambda function: function.block.start))

    def may_help(self, function: FunctionRef) -> bool:
        """True when the function may be a cache-copy helper."""
        if function not in self._may_help:
            self._may_help[function] = self._copies_for_cache(function)
        return self._may_help[function]

    def _copies_for_cache(self, function: FunctionRef) -> bool:
        if is_cache_copy_name(function.name, self.settings.cache_copy_helpers):
            return bool(function.outline.copied)
        if function in self.caches.direct:
            return bool(function.outline.copied)
        return (
            self._called_beside_cache(function)
            and forms.resets(function.source)
            and function.outline.resets_copy
        )

    def may_reset(self, function: FunctionRef) -> bool:
        """True when what the function copies for a cache may be reset there: a proof for its fields."""
        return (
            self.may_help(function)
            and forms.resets(function.source)
            and function.outline.resets_copy
        )

    def _called_beside_cache(self, function: FunctionRef) -> bool:
        """True when a function that has to do with a cache may call this one."""
        name = function.name
        if name not in self._called:
            return False
        if function.class_name is None or self._definitions[name] == 1:
            return True
        return name in self._called_in.get(str(function.module.path), ())

    @cached_property
    def _called_in(self) -> dict[str, set[str]]:
        """By file, the names that functions with a cache call or hand on."""
        found: dict[str, set[str]] = {}
        for function in self.caches.all:
            names = found.setdefault(str(function.module.path), set())
            names.update(_CALLED.findall(function.source))
        return found

    @cached_property
    def _called(self) -> frozenset[str]:
        return frozenset().union(*self._called_in.values())

    @cached_property
    def _definitions(self) -> Counter[str]:
        """How often each name is defined as a function."""
        return Counter(
            block.name
            for path in self.project.paths
            for block in self.project.module(path).scan.blocks
            if not block.is_class
        )

    @cached_property
    def helpers(self) -> tuple[FunctionRef, ...]:
        """Every function of the project that may prove fields per-request by resetting them."""
        return tuple(
            function
            for path in self.project.paths
            for function in self.copying(self.project.module(path))
            if self.may_reset(function)
        )

    # ----------------------------------------------------------------- merges

    def _merging(self, module: Module) -> tuple[FunctionRef, ...]:
        """The functions of a module that may write a field which is per-request by its name."""
        places = [hit for part in self._fields for hit in _places(part, module.text)]
        if self.names_fields:
            places += forms.dynamic_writes(module.text)
        return tuple(f for f in self._around(module, places) if self.may_merge(f))

    def _storing(self, module: Module) -> Iterator[FunctionRef]:
        """The functions of a module that have to do with a cache and call a function that merges."""
        if not self.names_fields or not any(f"{name}(" in module.text for name in self.merging):
            return
        for function in module.all_functions:
            if self.may_store(function):
                yield function

    def may_store(self, function: FunctionRef) -> bool:
        """True when the function may store what another one merged values onto."""
        if function not in self.caches.all:
            return False
        return not self.merging.isdisjoint(_CALLED.findall(function.source))

    @cached_property
    def merging(self) -> frozenset[str]:
        """The names of the functions that may write a field which is per-request by its name."""
        paths = (self.project.files_containing(part.encode()) for part in self._fields)
        return frozenset(
            function.name
            for path in {path for some in paths for path in some}
            for function in self._merging(self.project.module(path))
            if any(part in function.source for part in self._fields)
        )

    @cached_property
    def names_fields(self) -> bool:
        """True when any file of the project names a per-request field, or marks one."""
        words = [_MARKER, *(part.encode() for part in self._fields)]
        return any(self.project.files_containing(word) for word in words)

    def may_merge(self, function: FunctionRef) -> bool:
        """True when the function may write a field whose name says that it is per-request."""
        shape = function.outline
        if shape.dynamic_attributes:
            return True
        named = any(part in function.source for part in self._fields)
        if named and shape.dynamic_keys:
            return True
        return any(
            part in name for part in self._fields for name in (*shape.attributes, *shape.keys)
        )

    def writers(self, names: Iterable[str]) -> list[FunctionRef]:
        """The functions of the project that may write one of these fields under its own name."""
        found: dict[FunctionRef, None] = {}
        for name in names:
            pattern = re.compile(rf"\b{re.escape(name)}\b")
            for path in self.project.files_containing(name.encode()):
                module = self.project.module(path)
                places = [hit.start() for hit in pattern.finditer(module.text)]
                for function in self._around(module, places):
                    shape = function.outline
                    if name in {*shape.attributes, *shape.keys} or shape.dynamic_attributes:
                        found[function] = None
        return list(found)

    def rewriting(self, module: Module) -> dict[FunctionRef, set[str]]:
        """Functions that write fields of what they were given from fields of the same name, and which.

        Such a function merges; whether the fields are per-request the project has to prove.
        """
        found: dict[FunctionRef, set[str]] = {}
        for hit in _ATTRIBUTE_WRITE.finditer(module.text):
            name = hit.group(1)
            if len(_uses(name, module.text, 2)) < 2:
                continue
            function = module.function_around(hit.start())
            if function is not None and len(_uses(name, function.source, 2)) > 1:
                for around in (function, *module.enclosing(function)):
                    found.setdefault(around, set()).add(name)
        return found

    @property
    def proves_fields(self) -> bool:
        """True when a model of the project may have per-request fields that no pattern names."""
        return bool(self.named_helpers) or bool(self.marking())

    @cached_property
    def named_helpers(self) -> tuple[FunctionRef, ...]:
        """The functions whose own name says that they copy for a cache."""
        return tuple(
            function
            for path in self.caches.files
            for function in self.copying(self.project.module(path))
            if is_cache_copy_name(function.name, self.settings.cache_copy_helpers)
        )

    def marking(self) -> list[tuple[Module, str]]:
        """Modules and the classes in them that a comment or the configuration may speak of."""
        owners = {pattern.rpartition(".")[0] for pattern in self.settings.per_request_fields}
        words = [_MARKER, *(f"class {owner}".encode() for owner in owners if owner.isidentifier())]
        paths = dict.fromkeys(
            path for word in words for path in self.project.files_containing(word)
        )
        found: dict[tuple[Module, str], None] = {}
        for path in paths:
            module = self.project.module(path)
            for block in module.scan.blocks:
                source = module.scan.source(block).encode() if block.is_class else b""
                if any(word in source for word in words):
                    found[module, qualname_of(block)] = None
        return list(found)


_ATTRIBUTE_WRITE = re.compile(r"(?<!self)\.(\w+)[ \t]*=(?!=)")
_CALLED = re.compile(r"\b(\w+)\s*[(,)]")


def _places(word: str, text: str) -> list[int]:
    out: list[int] = []
    at = text.find(word)
    while at >= 0:
        out.append(at)
        at = text.find(word, at + len(word))
    return out


def _uses(name: str, text: str, enough: int) -> list[int]:
    """Where a name is used as an attribute or a key, at most ``enough`` places."""
    found: list[int] = []
    for mark in (f".{name}", f'"{name}"', f"'{name}'"):
        at = text.find(mark)
        while at >= 0 and len(found) < enough:
            found.append(at)
            at = text.find(mark, at + 1)
    return found
