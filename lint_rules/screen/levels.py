"""The functions that ask or fill a cache through wrappers, level by level.

On the first level are those that call a function which asks or fills a cache itself.  Some of them store
what they are given, too, or hand out what was found: those that call these are on the next level.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from lint_rules.project.kept import digest
from lint_rules.project.words import places_of
from lint_rules.screen.keptshapes import Asked, shapes_of
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.wrappers import Does, Wrapper, Wrappers, through, wrapper_of

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.joins import Said
    from lint_rules.screen.caches import CacheUsers
    from lint_rules.screen.shapes import Shape

_USED = re.compile(r"(?<![ \t])[ \t]*(?:[(,)\]}#\r\n]|$|(?:if|else|or|and)\b)")
"""What follows a function that is called, handed on, or given another name."""


class Level:
    """The functions of one project that call wrappers which are known below this level."""

    def __init__(self, users: CacheUsers, below: Level | None = None) -> None:
        self.users = users
        self.below = below
        self._number: int = below._number + 1 if below is not None else 1
        each, join = users.project.joins.each, users.project.joins.join
        name = f"wrappers {self._number}"
        self._wrapping = join(name, self._told_wrappers, self._fold, Wrappers.told)
        self._seen = each(self._ask_seen)
        self._visible = each(self._ask_visible)
        #: By file the functions of this level and of those below, and their shapes.
        self.found = each(self._ask_found)
        #: The digest of what the shapes of a file's functions depend on beside its own text.
        self.context = each(self._ask_context)

    def _ask_found(self, path: Path) -> dict[FunctionRef, Shape]:
        found = dict(self.below.found(path)) if self.below is not None else {}
        if self._brings_more(path):
            kind = "through" if self.below is None else "further through"
            ask = partial(self._in, path)
            found.update(shapes_of(self.users.project, kind, path, self.context(path), ask))
        return found

    def _ask_context(self, path: Path) -> str:
        below = self.below
        told = below.context(path) if below is not None else self._meanings(path)
        if below is None or self._brings_more(path):
            return digest((told, self._digests(path)))
        return str(told)

    def _meanings(self, path: Path) -> tuple[object, ...]:
        return (*self.users.meanings(path), self.users.memoisers)

    def _told_wrappers(self, path: Path) -> list[Wrapper]:
        """The functions of a file that are wrappers, as far as it is known below this level."""
        below = self.below.found(path) if self.below is not None else {}
        functions = {**self.users.own(path), **below}.items()
        return [one for f, shape in functions for one in wrapper_of(f, shape)]

    def _fold(self, said: Said) -> Wrappers:
        return Wrappers(said, self.users.instances)

    @property
    def _wrappers(self) -> Wrappers:
        return self._wrapping.value

    def _brings_more(self, path: Path) -> bool:
        """True when a file can call a wrapper that is not known below."""
        seen = self._seen(path)
        return bool(seen) and (
            self.below is None or self._digests(path) != self.below._digests(path)
        )

    def _digests(self, path: Path) -> list[str]:
        return [self._wrappers.digest(word) for word in self._seen(path)]

    def _ask_seen(self, path: Path) -> tuple[str, ...]:
        """The words that let a file call wrappers."""
        imported = self.users.project.names.imported(path)
        meant = self.users.aliases.meant(path)
        return self._wrappers.seen(path, imported, meant)

    def _in(self, path: Path) -> Iterator[Asked]:
        meanings, visible = self.users.aliases.meanings(path), self._visible(path)
        for function, used in sorted(self._using(path, visible), key=lambda one: one[0].place):
            meant = self._wrappers.meant(function, used, meanings)
            if not meant or (self.below is not None and meant == self.below._meant(function, used)):
                continue
            ask = partial(self._shape, function, meant)
            yield Asked(function, tuple(sorted(meant.items())), ask)

    def _shape(self, function: FunctionRef, meant: dict[str, Does]) -> Shape | None:
        names = through(self.users.names(function.module.path), meant)
        memoisers = frozenset(self.users.memoisers)
        shape = self.users.noted(
            function, shape_of(function.node, names, owner=function.owner), memoisers
        )
        return shape if shape.stores or shape.looks_up else None

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

    def _ask_visible(self, path: Path) -> dict[str, Does]:
        return self._wrappers.visible(self._seen(path), self.users.aliases.meanings(path))
