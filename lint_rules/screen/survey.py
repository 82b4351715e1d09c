"""Which functions of a project can be the place of a finding, or the proof of one, by their syntax.

A function can be reported only when it copies something for a cache, writes a field that may be
per-request, or stores something.  The survey asks the cheap questions first: words of the text, then
the names that cache users call, then the function's own syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from lint_rules.naming import is_cache_copy_name, longest_literal, matches_any
from lint_rules.project.classes import ClassRef
from lint_rules.project.functions import qualname_of
from lint_rules.screen import forms
from lint_rules.screen.caches import CacheUsers, is_memoised, leads_by_itself, stem
from lint_rules.screen.carriers import CarrierWords
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.shapes import CARRIER, COPY

if TYPE_CHECKING:
    from pathlib import Path

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
        self.carriers = CarrierWords(project, settings)
        self._globs = tuple(p.rpartition(".")[2] for p in settings.per_request_fields)
        self._fields = [part for part in map(longest_literal, self._globs) if part]
        self._merges: dict[Module, tuple[FunctionRef, ...]] = {}
        self._may_help: dict[FunctionRef, bool] = {}

    # ----------------------------------------------------------------- the engine's question

    def functions(self, module: Module) -> list[FunctionRef]:
        """The functions of a module that can matter, in the order of the text."""
        found = {*self.leads(module.path), *self._merging(module), *self._storing(module)}
        return sorted(found, key=lambda function: function.block.start)

    # ----------------------------------------------------------------- copies

    def leads(self, path: Path) -> frozenset[FunctionRef]:
        """The functions of a file that may be cache-copy helpers.

        Nothing of the rest of the project is asked for a file in which nothing is copied.
        """
        if not any(word in self.project.bytes_of(path) for word in forms.COPY_WORDS):
            return frozenset()
        return self._leads.get(path, frozenset())

    @cached_property
    def _leads(self) -> dict[Path, frozenset[FunctionRef]]:
        found: dict[Path, set[FunctionRef]] = {}
        for function in self._helping:
            if self.may_reset(function) or self._may_keep(function):
                around = (function, *function.module.enclosing(function))
                found.setdefault(function.module.path, set()).update(around)
        return {path: frozenset(functions) for path, functions in found.items()}

    @cached_property
    def _helping(self) -> tuple[FunctionRef, ...]:
        """The functions of the project that may be cache-copy helpers."""
        asked = dict.fromkeys((*self.caches.shapes, *self.named_helpers, *self._beside()))
        return tuple(function for function in asked if self.may_help(function))

    def _may_keep(self, function: FunctionRef) -> bool:
        """True for a copy of what may have per-request fields, though nothing is reset on it here.

        Its class declares them, or another helper resets some on it: that one names the class, too.
        """
        if not function.readable or next(self._words_in(function), None) is not None:
            return True
        named = {*_CLASS_NAME.findall(function.source), *(function.class_name or "").split(".")}
        return not named.isdisjoint(self._reset_classes)

    @cached_property
    def _reset_classes(self) -> frozenset[str]:
        """The classes of the project that functions name which may reset fields of a copy."""
        named: set[str] = set()
        for function in self._helping:
            if self.may_reset(function):
                named.update(_CLASS_NAME.findall(function.source))
                named.update((function.class_name or "").split("."))
        return frozenset(named & self.project.class_names)

    def may_help(self, function: FunctionRef) -> bool:
        """True when the function may be a cache-copy helper."""
        if function not in self._may_help:
            self._may_help[function] = self._copies_for_cache(function)
        return self._may_help[function]

    def _copies_for_cache(self, function: FunctionRef) -> bool:
        if not function.readable:
            return True  # a file that cannot be read is said to be one
        shape = self.caches.shape(function)
        if not shape.copies:
            return False
        if is_cache_copy_name(function.name, self.settings.cache_copy_helpers):
            return True
        if leads_by_itself(shape):
            return True
        return COPY in shape.returned and (is_memoised(function) or self._is_beside(function))

    def may_reset(self, function: FunctionRef) -> bool:
        """True when what the function copies for a cache may be reset there: a proof for its fields."""
        return self.may_help(function) and forms.resets(function.source) and function.resets_copy

    def _beside(self) -> Iterator[FunctionRef]:
        """The functions of the names that are called beside a cache."""
        places: dict[Path, set[str]] = {}
        for name in self.caches.beside.keys() & self.project.definitions.keys():
            for path in self.project.definitions[name]:
                places.setdefault(path, set()).add(name)
        for path, names in places.items():
            for function in self.project.module(path).functions_named(names):
                if self._is_beside(function):
                    yield function

    def _is_beside(self, function: FunctionRef) -> bool:
        """True when a function that has to do with a cache may call this one for it.

        A function of a module has to be imported there.  A method counts where its class is named, and
        on anything when no other class has it.
        """
        name = function.name
        callers = self.caches.beside.get(name, ())
        if not callers or name.startswith("__"):
            return False
        if function.class_name is None or function.parent_function is not None:
            words = {name, stem(function.module.path)}
            return any(
                caller.module.path == function.module.path
                or not words.isdisjoint(self.project.imported_words(caller.module.path))
                for caller in callers
            )
        if len(self.project.definitions.get(name, ())) == 1:
            return True
        owner = function.class_name.rpartition(".")[2]
        return any(
            owner in caller.source or caller.class_name == function.class_name for caller in callers
        )

    @cached_property
    def helpers(self) -> tuple[FunctionRef, ...]:
        """Every function of the project that may prove fields per-request by resetting them."""
        return tuple(
            function
            for path in sorted(self._leads)
            for function in sorted(self._leads[path], key=lambda function: function.block.start)
            if self.may_reset(function)
        )

    @cached_property
    def named_helpers(self) -> tuple[FunctionRef, ...]:
        """The functions whose own name says that they copy for a cache."""
        extra = self.settings.cache_copy_helpers
        places: dict[Path, set[str]] = {}
        for name, paths in self.project.definitions.items():
            if is_cache_copy_name(name, extra):
                for path in paths:
                    places.setdefault(path, set()).add(name)
        return tuple(
            function
            for path in sorted(places)
            for function in self.project.module(path).functions_named(places[path])
            if not function.readable or self.caches.shape(function).copies
        )

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

    # ----------------------------------------------------------------- merges

    def _merging(self, module: Module) -> tuple[FunctionRef, ...]:
        """The functions of a module that may write a field which is per-request by its name."""
        if module not in self._merges:
            data = self.project.bytes_of(module.path)
            places: list[int] = []
            if any(part.encode() in data for part in self._fields):
                places += [hit.start() for hit in self._named.finditer(module.text)]
            if forms.writes_dynamically(data) and self.carriers.present(module.path):
                places += forms.dynamic_writes(module.text)
            around = self._around(module, places)
            self._merges[module] = tuple(f for f in around if self.may_merge(f))
        return self._merges[module]

    def _storing(self, module: Module) -> Iterator[FunctionRef]:
        """The functions of a module that fill a cache and call a function that merges."""
        if module.path not in self._filling or not self.names_fields:
            return
        for function in module.all_functions:
            if self.may_store(function):
                yield function

    @cached_property
    def _filling(self) -> frozenset[Path]:
        """The files in which a cache is filled."""
        return frozenset(f.module.path for f, shape in self.caches.shapes.items() if shape.stores)

    def may_store(self, function: FunctionRef) -> bool:
        """True when the function may store what another one merged values onto."""
        if function not in self.caches.shapes or not self.caches.shapes[function].stores:
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
        named = bool(self._named.search(function.source))
        if not named and next(self._words_in(function), None) is None:
            return False
        if not function.readable:
            return True
        names = replace(self.caches.names(function.module.path), carriers=self.carriers.words)
        owner = (function.class_name or "").rpartition(".")[2]
        writes = shape_of(function.node, names, owner=owner).writes
        if any(matches_any(write.name, self._globs) for write in writes if write.name is not None):
            return True
        hidden = [write for write in writes if write.name is None]
        if named or any(word.isupper() for word in self._words_in(function)):
            return bool(hidden)
        return any(CARRIER in write.target for write in hidden)

    def _words_in(self, function: FunctionRef) -> Iterator[str]:
        """The words of carriers that stand in a function's text, or name the class around it."""
        owner = (function.class_name or "").rpartition(".")[2]
        for word in self.carriers.present(function.module.path):
            if word in function.source or word == owner:
                yield word

    @cached_property
    def _named(self) -> re.Pattern[str]:
        """A name that one of the globs matches."""
        forms = (
            re.escape(glob).replace(r"\*", r"\w*").replace(r"\?", r"\w") for glob in self._globs
        )
        return re.compile(rf"\b(?:{'|'.join(forms) or '(?!)'})\b")

    def writers(self, names: Iterable[str]) -> list[FunctionRef]:
        """The functions of the project that may merge one of these fields, and others beside it."""
        found: dict[FunctionRef, None] = {}
        for name in names:
            pattern = forms.write_of(name)
            for path in self.project.files_containing(name.encode()):
                module = self.project.module(path)
                places = [hit.start() for hit in pattern.finditer(module.text)]
                for function in self._around(module, places):
                    if function not in found and self._merges_one(function, name):
                        found[function] = None
        return list(found)

    def _merges_one(self, function: FunctionRef, name: str) -> bool:
        """True when the function may write the field from one of the same name, and others too."""
        if len(re.findall(rf"\b{re.escape(name)}\b", function.source)) < 2:
            return False
        written = {write.name for write in self.caches.shape(function).writes}
        return None in written or (name in written and len(written) > 1)

    def rewriting(self, module: Module, names: Iterable[str]) -> set[FunctionRef]:
        """Functions of a module that write one of these fields from one of the same name.

        Such a function merges; that the fields are per-request the project has to prove.
        """
        found: set[FunctionRef] = set()
        data = self.project.bytes_of(module.path)
        for name in names:
            if f".{name}".encode() not in data:
                continue
            form = re.compile(rf"\.{re.escape(name)}\b[ \t]*(?::[^=\n]*)?=(?!=)")
            around = (module.function_around(hit.start()) for hit in form.finditer(module.text))
            for function in dict.fromkeys(around):  # each once, however many of its lines do it
                if function is not None and len(_uses(name, function.source, 2)) > 1:
                    found.update((function, *module.enclosing(function)))
        return found

    @cached_property
    def provable(self) -> frozenset[str]:
        """Every name that a helper by its name, a comment or the configuration may prove per-request:
        the fields of the classes that they name, and what the helpers write."""
        found = {name for pattern in self.settings.per_request_fields if "." in pattern
                 for name in (pattern.rpartition(".")[2],)}  # fmt: skip
        classes: dict[ClassRef, None] = {}
        for module, name in self.marking():
            cls = module.class_(name)
            classes.update({cls: None} if cls is not None else {})
        for function in self.named_helpers:
            writes = self.caches.shape(function).writes
            found |= {write.name for write in writes if write.name is not None}
            for word in sorted(set(_WORD.findall(function.source))):
                named = self.project.resolve(function.module, word, function)
                if isinstance(named, ClassRef):
                    classes[named] = None
        return frozenset(found.union(*({d.name for d in cls.fields} for cls in classes)))

    @property
    def proves_fields(self) -> bool:
        """True when a model of the project may have per-request fields that no pattern names."""
        return bool(self.named_helpers) or bool(self.marking())

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


_WORD = re.compile(r"[A-Za-z_]\w*")
_CLASS_NAME = re.compile(r"\b_*[A-Z]\w*")
_CALLED = re.compile(r"\b(\w+)\s*[(,)]")


def _uses(name: str, text: str, enough: int) -> list[int]:
    """Where a name is used as an attribute or a key, at most ``enough`` places."""
    found: list[int] = []
    for mark in (f".{name}", f'"{name}"', f"'{name}'"):
        at = text.find(mark)
        while at >= 0 and len(found) < enough:
            found.append(at)
            at = text.find(mark, at + 1)
    return found
