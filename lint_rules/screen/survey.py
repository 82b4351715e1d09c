"""Which functions of a project can be the place of a finding, or the proof of one, by their syntax.

A function can be reported only when it copies something for a cache, writes a field that may be
per-request, or stores something.  The survey asks the cheap questions first: words of the text, then
the names that cache users call, then the function's own syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, partial
from typing import TYPE_CHECKING

from lint_rules.project.classes import ClassRef
from lint_rules.project.functions import qualname_of
from lint_rules.project.kept import digest
from lint_rules.screen.caches import CacheUsers
from lint_rules.screen.carriers import CarrierWords
from lint_rules.screen.helping import Helping
from lint_rules.screen.merges import Merges

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

_MARKER = "cache-leak:"


class Survey:
    """The survey of one project under one set of settings."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        self.caches = CacheUsers(project, settings)
        self.carriers = CarrierWords(project, settings)
        self.helping = Helping(self.caches, self.carriers)
        self.merges = Merges(self.caches, self.carriers)
        project.reads.derive = self.merges.derive

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

    @property
    def helpers(self) -> tuple[FunctionRef, ...]:
        """Every function of the project that may prove fields per-request by resetting them."""
        return self._noted(self.helping.proving)

    @property
    def named_helpers(self) -> tuple[FunctionRef, ...]:
        """The functions whose own name says that they copy for a cache."""
        return self._noted(self.helping.named)

    def _noted(self, functions: tuple[FunctionRef, ...]) -> tuple[FunctionRef, ...]:
        """These functions, whose texts whoever asks for them will read."""
        for function in functions:
            self.project.reads.file(function.module.path)
        return functions

    def may_help(self, function: FunctionRef) -> bool:
        """True when the function may be a cache-copy helper."""
        return self.helping.may_help(function)

    def may_store(self, function: FunctionRef) -> bool:
        """True when the function may store what another one merged values onto."""
        return self.merges.may_store(function)

    def may_hold(self, function: FunctionRef, model: ClassRef) -> bool:
        """True when the function can hold an object of the model, or of a class of its family."""
        return self.merges.may_hold(function, model)

    def writers(self, names: Iterable[str], model: ClassRef) -> list[FunctionRef]:
        """The functions of the project that may merge one of these fields onto an object of the
        model, and others beside it."""
        return self.merges.writers(names, model)

    def rewriting(self, module: Module, names: frozenset[str]) -> set[FunctionRef]:
        """Functions of a module that write one of these fields from one of the same name."""
        return self.merges.rewriting(module, names)

    # ----------------------------------------------------------------- proofs beside the pattern

    @cached_property
    def provable(self) -> frozenset[str]:
        """Every name that a helper by its name, a comment or the configuration may prove per-request:
        the fields of the classes that they name, and what the helpers write."""
        reads, root = self.project.reads, self.project.root
        known = reads.answer("provable", root, self.state)
        if known is None:
            with reads.noting():
                known = sorted(self._ask_provable())
            reads.keep("provable", root, self.state, known)
            reads.flush()  # before what else is read, on which this does not depend
        return frozenset(known)

    def _ask_provable(self) -> Iterable[str]:
        patterns = self.settings.per_request_fields
        found = {pattern.rpartition(".")[2] for pattern in patterns if "." in pattern}
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
        return found.union(*({d.name for d in cls.fields} for cls in classes))

    @cached_property
    def state(self) -> str:
        """A digest of what the survey says beside the texts that an answer is read from."""
        beside = ((name, map(_name, users)) for name, users in self.caches.beside.items())
        return digest((
            [(str(path), self.caches.context(path)) for path in sorted(self.caches.by_file)],
            sorted((name, sorted(users)) for name, users in beside),
            [_name(function) for function in (*self.helping.proving, *self.helping.named)],
            [(str(module.path), name) for module, name in self.marking()],
            sorted(self.merges.names),
        ))  # fmt: skip

    @property
    def proves_fields(self) -> bool:
        """True when a model of the project may have per-request fields that no pattern names."""
        return bool(self.named_helpers) or bool(self.marking())

    def marking(self) -> list[tuple[Module, str]]:
        """Modules and the classes in them that a comment or the configuration may speak of."""
        owners = {pattern.rpartition(".")[0] for pattern in self.settings.per_request_fields}
        words = [_MARKER, *(f"class {owner}" for owner in sorted(owners) if owner.isidentifier())]
        found = self.project.of_files("marking", digest(words), partial(self._ask_marking, words))
        return [
            (self.project.module(path), name) for path, names in found.items() for name in names
        ]

    def _ask_marking(self, words: list[str], path: Path) -> list[str]:
        data = self.project.bytes_of(path)
        if not any(word.encode() in data for word in words):
            return []
        scan = self.project.module(path).scan
        return [
            qualname_of(block)
            for block in scan.blocks
            if block.is_class and any(word in scan.source(block) for word in words)
        ]


def _name(function: FunctionRef) -> tuple[str, str]:
    return str(function.module.path), function.qualname


_WORD = re.compile(r"[A-Za-z_]\w*")
