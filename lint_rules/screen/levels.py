"""The functions that ask or fill a cache through wrappers, level by level.

On the first level are those that call a function which asks or fills a cache itself.  Some of them store
what they are given, too, or hand out what was found: those that call these are on the next level.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING

from lint_rules.project.kept import digest
from lint_rules.project.words import places_of
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.wrappers import Does, Wrappers, through

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.screen.caches import CacheUsers
    from lint_rules.screen.shapes import Shape

_USED = re.compile(r"(?<![ \t])[ \t]*(?:[(,)\]}#\r\n]|$|(?:if|else|or|and)\b)")
"""What follows a function that is called, handed on, or given another name."""


class Level:
    """The functions of one project that call wrappers which are known below this level."""

    def __init__(self, users: CacheUsers, below: Level | None = None) -> None:
        self.users = users
        self.below = below
        self._words_seen: dict[Path, tuple[str, ...]] = {}
        self._contexts: dict[Path, str] = {}

    @cached_property
    def found(self) -> dict[FunctionRef, Shape]:
        """The functions of this level and of those below, and their shapes."""
        found = dict(self.below.found) if self.below is not None else {}
        for path in self.users.project.paths:
            if self._brings_more(path):
                kind = "through" if self.below is None else "further through"
                found.update(
                    self.users.kept(kind, path, self.context(path), partial(self._in, path))
                )
        return found

    def context(self, path: Path) -> str:
        """The digest of what the shapes of a file's functions depend on beside its own text."""
        if path not in self._contexts:
            below = self.below
            told = below.context(path) if below is not None else self._meanings(path)
            if below is None or self._brings_more(path):
                self._contexts[path] = digest((told, self._digests(path)))
            else:
                self._contexts[path] = str(told)
        return self._contexts[path]

    def _meanings(self, path: Path) -> tuple[object, ...]:
        return (*self.users.meanings(path), self.users.memoisers)

    @cached_property
    def _wrappers(self) -> Wrappers:
        own = self.users.own
        found = Wrappers(self.users.instances)
        for function, shape in (own if self.below is None else {**own, **self.below.found}).items():
            found.note(function, shape)
        return found

    def _brings_more(self, path: Path) -> bool:
        """True when a file can call a wrapper that is not known below."""
        seen = self._seen(path)
        return bool(seen) and (
            self.below is None or self._digests(path) != self.below._digests(path)
        )

    def _digests(self, path: Path) -> list[str]:
        return [self._wrappers.digest(word) for word in self._seen(path)]

    def _seen(self, path: Path) -> tuple[str, ...]:
        """The words that let a file call wrappers."""
        if path not in self._words_seen:
            imported = self.users.project.names.imported(path)
            meant = self.users.aliases.meant(path)
            self._words_seen[path] = self._wrappers.seen(path, imported, meant)
        return self._words_seen[path]

    def _in(self, path: Path) -> Iterator[tuple[FunctionRef, Shape]]:
        users, visible = self.users, self._visible(path)
        meanings, names = users.aliases.meanings(path), users.names(path)
        for function, used in sorted(self._using(path, visible), key=lambda one: one[0].place):
            meant = self._wrappers.meant(function, used, meanings)
            if not meant or (self.below is not None and meant == self.below._meant(function, used)):
                continue
            shape = users.noted(
                function, shape_of(function.node, through(names, meant)), frozenset(users.memoisers)
            )
            if shape.stores or shape.looks_up:
                yield function, shape

    def _using(
        self, path: Path, visible: dict[str, Does]
    ) -> Iterable[tuple[FunctionRef, dict[str, Does]]]:
        """The functions of a file that call something of these names, or hand it on, and the names."""
        module = self.users.project.module(path)
        found: dict[FunctionRef, dict[str, Does]] = {}
        for hit in places_of(visible, module.text):
            if not _USED.match(module.text, hit.end()):
                continue
            inner = module.function_around(hit.start())
            name = hit.group()
            if inner is None or (
                module.text[hit.start() - 1] != "." and name in {p.name for p in inner.params}
            ):
                continue
            for function in (inner, *module.enclosing(inner)):
                found.setdefault(function, {})[name] = visible[name]
        return found.items()

    def _meant(self, function: FunctionRef, used: dict[str, Does]) -> dict[str, Does]:
        path = function.module.path
        visible = self._visible(path)
        known = {name: visible[name] for name in used if name in visible}
        return self._wrappers.meant(function, known, self.users.aliases.meanings(path))

    def _visible(self, path: Path) -> dict[str, Does]:
        return self._wrappers.visible(self._seen(path), self.users.aliases.meanings(path))
