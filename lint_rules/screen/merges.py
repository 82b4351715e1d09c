"""Which functions of a project may merge: write per-request fields on an object that came in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.naming import longest_literal, matches_any
from lint_rules.project.functions import Place
from lint_rules.project.kept import digest
from lint_rules.screen import forms
from lint_rules.screen.carriers import CarrierWords
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.shapes import CARRIER, FOUND

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.screen.caches import CacheUsers


class Merges:
    """The functions of one project that may merge."""

    def __init__(self, caches: CacheUsers, carriers: CarrierWords) -> None:
        self.caches = caches
        self.carriers = carriers
        self.project = caches.project
        self._globs = tuple(p.rpartition(".")[2] for p in caches.settings.per_request_fields)
        self._fields = [part for part in map(longest_literal, self._globs) if part]
        self._merges: dict[Path, list[Place]] = {}
        self._words_of: dict[ClassRef, CarrierWords] = {}

    def in_module(self, module: Module) -> list[FunctionRef]:
        """The functions of a module that may write a field which is per-request by its name."""
        return [module.function_of(place) for place in self._merging(module.path)]

    def _merging(self, path: Path) -> list[Place]:
        """Where those functions of a file are."""
        if path not in self._merges:
            present = sorted(self.carriers.present(path))
            context = digest((self.caches.meanings(path), present, self._carrier_digest))
            ask = partial(self._ask_merging, path)
            found = self.project.of_file("merging", path, context, ask)
            self._merges[path] = [Place(*place) for place in found]
        return self._merges[path]

    @cached_property
    def _carrier_digest(self) -> str:
        return digest(sorted(self.carriers.words))

    def _ask_merging(self, path: Path) -> list[Place]:
        data, module = self.project.bytes_of(path), self.project.module(path)
        places: list[int] = []
        if any(part.encode() in data for part in self._fields):
            places += [hit.start() for hit in self._named.finditer(module.text)]
        if forms.writes_dynamically(data) and self.carriers.present(path):
            places += forms.dynamic_writes(module.text)
        return [f.place for f in _around(module, places) if self.may_merge(f)]

    def storing(self, path: Path) -> list[FunctionRef]:
        """The functions of a file that fill a cache and call a function that merges."""
        return [
            function for function in self.caches.by_file.get(path, ()) if self.may_store(function)
        ]

    def may_store(self, function: FunctionRef) -> bool:
        """True when the function may store what another one merged values onto: that one is given it."""
        shape = self.caches.shapes.get(function)
        if shape is None or not shape.stores:
            return False
        given = [shape.given[name] for name in self.names & shape.given.keys()]
        if not given:
            return False
        stored = shape.reached(shape.stored, self.caches.hands_on)
        return not stored.isdisjoint(set().union(*given))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the functions that may write a field which is per-request by its name."""
        return frozenset(
            place.qualname.rpartition(".")[2]
            for path in self.project.paths
            for place in self._merging(path)
        )

    def may_merge(self, function: FunctionRef) -> bool:
        """True when the function may write a field whose name says that it is per-request."""
        named = bool(self._named.search(function.source))
        if not named and next(self.carriers.in_function(function), None) is None:
            return False
        if not function.readable:
            return True
        names = replace(self.caches.names(function.module.path), carriers=self.carriers.words)
        owner = (function.class_name or "").rpartition(".")[2]
        writes = shape_of(function.node, names, owner=owner).writes
        if any(matches_any(write.name, self._globs) for write in writes if write.name is not None):
            return True
        hidden = [write for write in writes if write.name is None]
        if named or any(word.isupper() for word in self.carriers.in_function(function)):
            return bool(hidden)
        return any(not write.target.isdisjoint((CARRIER, FOUND)) for write in hidden)

    @cached_property
    def _named(self) -> re.Pattern[str]:
        """A name that one of the globs matches."""
        forms = (
            re.escape(glob).replace(r"\*", r"\w*").replace(r"\?", r"\w") for glob in self._globs
        )
        return re.compile(rf"\b(?:{'|'.join(forms) or '(?!)'})\b")

    def may_hold(self, function: FunctionRef, model: ClassRef) -> bool:
        """True when the function can hold an object of the model, or of a class of its family."""
        return next(self._words(model).in_function(function), None) is not None

    def _words(self, model: ClassRef) -> CarrierWords:
        if model not in self._words_of:
            self._words_of[model] = CarrierWords(self.project, self.caches.settings, model)
        return self._words_of[model]

    def digest_of_words(self, model: ClassRef | None) -> str:
        """The digest of the words of a model; empty where there is no such class."""
        return self._words(model).digest if model is not None else ""

    def holding(self, names: Iterable[str]) -> dict[Path, list[str]]:
        """By file those of the names that it holds, where it holds any."""
        held: dict[Path, set[str]] = {}
        for name in names:
            for path in self.project.files_containing(name.encode()):
                held.setdefault(path, set()).add(name)
        return {path: sorted(held[path]) for path in sorted(held)}

    def writers(self, path: Path, names: list[str], model: ClassRef) -> list[FunctionRef]:
        """The functions of a file that may merge one of these fields onto an object of the model, and others
        beside it, in the order of the text."""
        return [f for f in self._merging_one(path, names) if self.may_hold(f, model)]

    def _merging_one(self, path: Path, names: list[str]) -> list[FunctionRef]:
        """The functions of a file that may merge one of these fields, and others beside it."""
        module, context = self.project.module(path), self.caches.context(path)
        ask = partial(self._ask_merging_one, module, names)
        places = self.project.of_file(f"merging one of {digest(names)}", path, context, ask)
        return [module.function_of(Place(*place)) for place in places]

    def _ask_merging_one(self, module: Module, names: list[str]) -> list[Place]:
        writing: dict[FunctionRef, list[str]] = {}
        for name, places in forms.writes_of(set(names), module.text).items():
            for function in _around(module, places):
                writing.setdefault(function, []).append(name)
        return sorted(f.place for f, written in writing.items() if self._merges_one(f, written))

    def _merges_one(self, function: FunctionRef, names: list[str]) -> bool:
        """True when the function may write one of the fields from one of the same name, and others too."""
        words = forms.words_of(function.source)
        names = [name for name in names if words[name] > 1]
        if not names:
            return False
        written = {write.name for write in self.caches.shape(function).writes}
        return None in written or (len(written) > 1 and not written.isdisjoint(names))

    def rewriting(self, module: Module, names: frozenset[str]) -> set[FunctionRef]:
        """Functions of a module that write one of these fields from one of the same name.

        Such a function merges; that the fields are per-request the project has to prove.
        """
        ask = partial(self._ask_rewriting, module, names)
        found = self.project.of_file("rewriting", module.path, _digest_of(names), ask)
        return {module.function_of(Place(*place)) for place in found}

    def _ask_rewriting(self, module: Module, names: frozenset[str]) -> list[Place]:
        writing: dict[FunctionRef, set[str]] = {}
        for hit in forms.attribute_writes(module.text):
            if hit.group(1) in names:
                function = module.function_around(hit.start())
                if function is not None:
                    writing.setdefault(function, set()).add(hit.group(1))
        found: set[FunctionRef] = set()
        for function, written in writing.items():
            uses = forms.uses_of(function.source)
            if any(uses[name] > 1 for name in written):
                found.update((function, *module.enclosing(function)))
        return sorted(function.place for function in found)


def _around(module: Module, places: Iterable[int]) -> tuple[FunctionRef, ...]:
    """The functions around places of a module, the outer ones too, in the order of the text."""
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


@lru_cache(maxsize=16)
def _digest_of(names: frozenset[str]) -> str:
    return digest(sorted(names))
