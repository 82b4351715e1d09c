"""Which functions of a project can be the place of a finding, or the proof of one, by their syntax.

A function can be reported only when it copies something for a cache, writes a field that may be
per-request, or stores something.  The survey asks the cheap questions first: words of the text, then
the names that cache users call, then the function's own syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.project.classes import ClassRef
from lint_rules.project.functions import qualname_of
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.markers import WORD
from lint_rules.project.noting import unnoted
from lint_rules.screen.caches import CacheUsers
from lint_rules.screen.carriers import CarrierWords
from lint_rules.screen.helping import Helping
from lint_rules.screen.merges import Merges

if TYPE_CHECKING:
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

_HELPERS, _NAMED, _USERS, _USES = "helpers", "named helpers", "cache users", "uses cache"
_MARKING, _CONTEXT, _WORDS, _WRITERS = "marking", "context", "words of a model", "writers"
_COLLECTIONS, _STORES, _OBJECTS = "collections of names", "stores", "cache objects"


class Survey:
    """The survey of one project under one set of settings."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        self.caches = CacheUsers(project, settings)
        self.carriers = CarrierWords(project, settings)
        self.helping = Helping(self.caches, self.carriers)
        self.merges = Merges(self.caches, self.carriers)
        owners = {pattern.rpartition(".")[0] for pattern in settings.per_request_fields}
        classes = [f"class {owner}" for owner in sorted(owners) if owner.isidentifier()]
        #: What a class holds of which a comment or the configuration may speak.
        self._marking_words = [WORD, *classes]
        self._marks = project.joins.join("marking", self._told_marking, list)
        #: The functions that were found to store what they give to one that writes a proven field.
        self._storing_rewritten: set[FunctionRef] = set()
        project.reads.derive = self.derive

    # ----------------------------------------------------------------- the engine's question

    def functions(self, module: Module) -> list[FunctionRef]:
        """The functions of a module that can matter, in the order of the text."""
        path = module.path
        found = {
            *self.helping.leads(path),
            *self.merges.in_module(module),
            *self.merges.storing(path),
        }
        return sorted(found, key=lambda function: function.place)

    # ----------------------------------------------------------------- what others may read

    # Whoever asks rests on the answer, not on all that it follows from: each has a name (:meth:`derive`).

    @property
    def helpers(self) -> tuple[FunctionRef, ...]:
        """Every function of the project that may prove fields per-request by resetting them."""
        self._note(_HELPERS)
        return self.helping.proving

    @property
    def named_helpers(self) -> tuple[FunctionRef, ...]:
        """The functions whose own name says that they copy for a cache."""
        self._note(_NAMED)
        return self.helping.named

    def cache_users(self, path: Path) -> list[FunctionRef]:
        """The functions of a file that have to do with a cache, or may copy for one that has."""
        self._note(_USERS, str(path))
        return self._cache_users(path)

    def _cache_users(self, path: Path) -> list[FunctionRef]:
        users = self.caches.shapes(path)
        return list(dict.fromkeys([*users, *self.helping.helpers(path)]))

    def uses_cache(self, function: FunctionRef) -> bool:
        """True when the function has to do with a cache, or may copy for one that has."""
        self._note(_USES, *self.caches.name_of(function))
        return self._uses_cache(function)

    def _uses_cache(self, function: FunctionRef) -> bool:
        known = self.caches.known_shape(function) is not None
        return known or function in self.helping.helpers(function.module.path)

    def cache_objects(self, path: Path) -> frozenset[str]:
        """The names that stand for caches in a file and do not say so, as their class or annotation tells."""
        self._note(_OBJECTS, str(path))
        return self.caches.objects(path)

    def _note(self, *question: str) -> None:
        name = "\0".join(question)
        with unnoted():
            value = self.derive(name)
        self.project.reads.derived(name, value)

    def derive(self, name: str) -> str:
        """A digest of what is answered to a question by its name; empty for one of another time."""
        question, *about = name.split("\0")
        if question == _HELPERS:
            return self.helping.digests()[0]
        if question == _NAMED:
            return self.helping.digests()[1]
        if question == _USERS:
            return digest(sorted(self._users_of(Path(about[0]))))
        if question == _USES:
            return str("\0".join(about) in self._users_of(Path(about[0])))
        if question == _STORES:
            return str(self._users_of(Path(about[0])).get("\0".join(about), False))
        if question == _MARKING:
            return self._marks.digest
        if question == _CONTEXT:
            return self.caches.context(Path(about[0]))
        if question == _OBJECTS:
            return digest(sorted(self.caches.objects(Path(about[0]))))
        if question == _WORDS:
            return self.merges.digest_of_words(self.project.class_at(*about))
        if question == _COLLECTIONS:
            return digest(self.merges.collections(about))
        if question == _WRITERS:
            return self._told_writers(name, about)
        return ""

    def _told_writers(self, question: str, about: list[str]) -> str:
        """A digest of the functions of a file that may write some fields."""

        def ask(path: Path) -> str:
            return self._told(self.merges.writers(path, about[1:]))

        return str(self.project.joins.about(question, Path(about[0]), ask))

    def _users_of(self, path: Path) -> dict[str, bool]:
        """The functions of a file that have to do with a cache, or may copy for one that has, and whether one that
        is called so stores something."""
        found = self.project.joins.about(f"{_USERS}\0{path}", path, self._told_users)
        return found or {}

    def _told_users(self, path: Path) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for function in self._cache_users(path):
            name = "\0".join(self.caches.name_of(function))
            found[name] = found.get(name, False) or self._stores(function)
        return found

    def _told(self, functions: Iterable[FunctionRef]) -> str:
        """A digest of which functions these are."""
        return digest(list(map(self.caches.name_of, functions)))

    def may_help(self, function: FunctionRef) -> bool:
        """True when the function may be a cache-copy helper (not noted)."""
        return self.helping.may_help(function)

    def may_store(self, function: FunctionRef) -> bool:
        """True when the function may store what another one merged values onto (not noted)."""
        return function in self._storing_rewritten or self.merges.may_store(function)

    def stores(self, function: FunctionRef) -> bool:
        """True when the function stores something in a cache."""
        self._note(_STORES, *self.caches.name_of(function))
        return self._stores(function)

    def _stores(self, function: FunctionRef) -> bool:
        shape = self.caches.known_shape(function)
        return shape is not None and shape.stores

    def may_hold(self, function: FunctionRef, model: ClassRef) -> bool:
        """True when the function can hold an object of the model, or of a class of its family."""
        self._note(_WORDS, str(model.module.path), model.qualname)
        return self.merges.may_hold(function, model)

    def writers(self, names: Iterable[str]) -> list[FunctionRef]:
        """The functions of the project that may merge one of these fields, and others beside it."""
        found: list[FunctionRef] = []
        names = sorted(names)
        self._note(_COLLECTIONS, *names)
        with unnoted():
            collections = self.merges.collections(names)
        for path, held in self.merges.holding([*names, *collections]).items():
            with unnoted():
                functions = self.merges.writers(path, held)
            question = (_WRITERS, str(path), *held)
            self.project.reads.derived("\0".join(question), self._told(functions))
            found += functions
        return found

    def rewriting(self, module: Module, names: frozenset[str]) -> set[FunctionRef]:
        """Functions of a module that write one of these fields from one of the same name, and those that store
        what they give to such a function."""
        storing = set(self.merges.storing_rewritten(module.path, names))
        self._storing_rewritten |= storing
        return self.merges.rewriting(module, names) | storing

    def may_rewrite(self, module: Module) -> set[FunctionRef]:
        """The functions of a module that may do so with a field that the project proves."""
        found = self.merges.rewriting(module, self.provable)
        found.update(f for f in self.caches.shapes(module.path) if self.stores(f))
        return found

    # ----------------------------------------------------------------- proofs beside the pattern

    @cached_property
    def provable(self) -> frozenset[str]:
        """Every name that a helper by its name, a comment or the configuration may prove per-request:
        the fields of the classes that they name, and what the helpers write."""
        reads, root = self.project.reads, self.project.root
        return frozenset(reads.kept("provable", root, NO_CONTEXT, self._ask_provable))

    def _ask_provable(self) -> list[str]:
        patterns = self.settings.per_request_fields
        found = {pattern.rpartition(".")[2] for pattern in patterns if "." in pattern}
        classes: dict[ClassRef, None] = {}
        for module, name in self.marking():
            cls = module.class_(name)
            classes.update({cls: None} if cls is not None else {})
        for function in self.named_helpers:
            self._note(_CONTEXT, str(function.module.path))
            function.read()
            with unnoted():
                writes = self.caches.shape(function).writes
            found |= {write.name for write in writes if write.name is not None}
            for name in _names_in(function.source):
                named = self.project.resolve(function.module, name, function)
                if isinstance(named, ClassRef):
                    classes[named] = None
        return sorted(found.union(*({d.name for d in cls.fields} for cls in classes)))

    @property
    def proves_fields(self) -> bool:
        """True when a model of the project may have per-request fields that no pattern names."""
        return self.helping.is_named or bool(self._marks.value)

    def marking(self) -> list[tuple[Module, str]]:
        """Modules and the classes in them that a comment or the configuration may speak of."""
        self._note(_MARKING)
        return self._marking

    @property
    def _marking(self) -> list[tuple[Module, str]]:
        module = self.project.module
        return [(module(path), name) for path, names in self._marks.value for name in names]

    def _told_marking(self, path: Path) -> list[str]:
        context = digest(self._marking_words)
        ask = partial(self._ask_marking, path)
        found: list[str] = self.project.of_file("marking", path, context, ask)
        return found

    def _ask_marking(self, path: Path) -> list[str]:
        data, words = self.project.bytes_of(path), self._marking_words
        if not any(word.encode() in data for word in words):
            return []
        scan = self.project.module(path).scan
        return [
            qualname_of(block)
            for block in scan.blocks
            if block.is_class and any(word in scan.source(block) for word in words)
        ]


_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


def _names_in(source: str) -> list[str]:
    """The names in a text, ``models`` and ``models.Auth`` of ``models.Auth.build``."""
    parts = (name.split(".") for name in set(_DOTTED.findall(source)))
    return sorted({".".join(some[: n + 1]) for some in parts for n in range(len(some))})
