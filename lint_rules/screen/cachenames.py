"""What names mean in the files of a project, as far as it tells caches and classes from other things."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from lint_rules.naming import CACHE_LIBRARIES, is_cache_name, longest_literal
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.screen.aliases import Aliases
from lint_rules.screen.shapes import Names
from lint_rules.screen.typedcaches import may_type, typed
from lint_rules.screen.wrappers import stem

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.joins import Said
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings


class CacheNames:
    """The names of one project that stand for caches and classes."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        each, join = project.joins.each, project.joins.join
        self._typed = join("typed caches", self._told_typed, _homes)
        self._typed_words = join("words of typed caches", None, self._fold_typed_words, list)
        self.aliases = Aliases(project, lambda: self._typed.value)
        extra = map(longest_literal, settings.cache_objects)
        self._cache_words = ("ache", "ACHE", *CACHE_LIBRARIES, *extra)
        self._cache_words_digest = digest(self._cache_words)
        #: What names mean in one file: caches and classes, ...
        self.meant = each(self._ask_names)
        #: ... what that depends on beside the file's own text, ...
        self.meanings = each(self._ask_meanings)
        #: ... and the names of caches that do not say so, as their class or annotation tells.
        self.objects = each(self._ask_objects)

    def names_cache(self, path: Path) -> bool:
        """True for a file that names a cache."""
        ask = partial(self.project.held, self._cache_words, path)
        return bool(self.project.of_file("caches", path, self._cache_words_digest, ask))

    def _ask_objects(self, path: Path) -> frozenset[str]:
        """A name of the module level counts wherever it and the module are named together."""
        own = set(self._typed_names(path))
        tops = self._typed.value
        if tops:
            words, context = self._typed_words.value
            ask = partial(self.project.held, words, path)
            held = set(self.project.of_file("cache objects", path, context, ask))
            own.update(name for name in tops.keys() & held if not tops[name].isdisjoint(held))
            if not self.aliases.meant(path).isdisjoint(tops):
                meanings = self.aliases.meanings(path).items()
                own.update(name for name, meant in meanings if not meant.isdisjoint(tops))
        return frozenset(own)

    def _fold_typed_words(self, _: Said) -> tuple[tuple[str, ...], str]:
        """What a file has to hold that uses one of another module, and the digest of that."""
        tops = self._typed.value
        words = tuple(sorted({*tops, *(home for homes in tops.values() for home in homes)}))
        return words, digest(words)

    def _told_typed(self, path: Path) -> list[str]:
        """Such names of the module level; the join says in which modules each is."""
        return [name for name, top in self._typed_names(path).items() if top]

    def _typed_names(self, path: Path) -> dict[str, bool]:
        def ask() -> dict[str, bool]:
            if not may_type(self.project.bytes_of(path)):
                return {}
            names = typed(self.project.module(path).text)
            return {n: top for n, top in names.items() if "cache" not in n.lower()}

        if not self.names_cache(path):
            return {}
        return cast("dict[str, bool]", self.project.of_file("typed caches", path, NO_CONTEXT, ask))

    def _ask_meanings(self, path: Path) -> tuple[object, ...]:
        aliases = self.aliases.digest(path)
        return (self.project.names.lower_digest, sorted(self.objects(path)), aliases)

    def _ask_names(self, path: Path) -> Names:
        objects = self.objects(path)
        extra = self.settings.cache_objects
        imports = self.project.names.imported(path)
        classes = self.project.names.lower_classes
        meanings = self.aliases.meanings(path)

        def is_cache(name: str) -> bool:
            return name in objects or is_cache_name(name, extra)

        def begins_like_class(name: str) -> bool:
            return name.lstrip("_")[:1].isupper() or name == "cls" or name in classes

        def is_class(name: str) -> bool:
            # An import may rename a class, so that any imported name may be one.
            return begins_like_class(name) or name in imports or any(
                map(begins_like_class, meanings.get(name, ()))
            )  # fmt: skip

        return Names(is_cache, is_class, meanings=meanings)


def _homes(said: Said) -> dict[str, set[str]]:
    """By name the modules, by the last part of their names, that say it."""
    found: dict[str, set[str]] = {}
    for path, names in said:
        for name in names:
            found.setdefault(name, set()).add(stem(path))
    return found
