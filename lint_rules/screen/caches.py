"""Which functions of a project ask or fill a cache, as far as their text shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from lint_rules.naming import longest_literal
from lint_rules.screen.forms import CACHE_USE, object_use, stores

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

#: Caching libraries whose names do not hold ``cache``.
_LIBRARIES = (b"pylibmc", b"dogpile", b"cashews", b"beaker", b"lru")
_CLASS = re.compile(r"ache\w*")
#: What stands before the class on its line: ``name: Optional[``, ``self.name = aiocache.``
_ANNOTATED = re.compile(
    r"(?:^[ \t]*(?:self\.)?|[(,][ \t]*)([a-z_]\w*)[ \t]*:[ \t]*[\"']?(?:[\w.]*\[)?[\w.]*$"
)
_ASSIGNED = re.compile(
    r"^([ \t]*)(?:self\.|cls\.)?([a-zA-Z_]\w*)[ \t]*(?::[^=]*)?=[ \t]*(?:await )?[\w.]*$"
)
_MODULE_LEVEL = re.compile(r"^(\w+)\s*(?::[^=\n]*)?=", re.MULTILINE)
_WORD = re.compile(r"\w+")


class CacheUsers:
    """The functions of one project that ask or fill a cache, themselves or through another."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        self._uses: dict[FunctionRef, bool] = {}

    @cached_property
    def files(self) -> list[Path]:
        """The files that name a cache."""
        words = [b"ache", b"ACHE", *_LIBRARIES]
        words += [w.encode() for w in map(longest_literal, self.settings.cache_objects)]
        return [
            path
            for path in self.project.paths
            if any(word in self.project.bytes_of(path) for word in words)
        ]

    @cached_property
    def _named(self) -> frozenset[str]:
        """Names of caches by the settings."""
        return frozenset(filter(None, map(longest_literal, self.settings.cache_objects)))

    @cached_property
    def _objects(self) -> dict[Path, frozenset[str]]:
        """By file the names of caches that do not say so, as their class or annotation tells.

        A name of the module level counts wherever it and the module are named together.
        """
        own: dict[Path, set[str]] = {}
        for path in self.files:
            module = self.project.module(path)
            names = dict(_typed(module.text))
            if any(word in self.project.bytes_of(path) for word in _LIBRARIES):
                names.update(_of_library(module.text))
            names = {n: top for n, top in names.items() if "cache" not in n.lower()}
            if names:
                own.setdefault(path, set()).update(names)
            for name, top in names.items():
                for other in self._importing(path, name) if top else ():
                    own.setdefault(other, set()).add(name)
        return {path: frozenset(names) for path, names in own.items()}

    def _importing(self, path: Path, name: str) -> list[Path]:
        return self.project.files_containing(name.encode(), stem(path).encode())

    def _pattern(self, path: Path) -> re.Pattern[str] | None:
        """How objects that are caches without saying so are used in a file."""
        names = self._named | self._objects.get(path, frozenset())
        return object_use(names) if names else None

    def uses(self, function: FunctionRef) -> bool:
        """True when the function's own text asks or fills a cache."""
        if function not in self._uses:
            pattern = self._pattern(function.module.path)
            self._uses[function] = bool(
                CACHE_USE.search(function.source) or (pattern and pattern.search(function.source))
            )
        return self._uses[function]

    @cached_property
    def direct(self) -> frozenset[FunctionRef]:
        """Functions whose own text asks or fills a cache."""
        found: set[FunctionRef] = set()
        for path in dict.fromkeys([*self.files, *self._objects]):
            module = self.project.module(path)
            found.update(_around(module, CACHE_USE))
            pattern = self._pattern(path)
            if pattern is not None:
                found.update(_around(module, pattern))
        return frozenset(found)

    @cached_property
    def all(self) -> frozenset[FunctionRef]:
        """Those, and the functions that call one which stores what it is given or hands out what it
        found.

        Such a function counts where it is defined and where its module or name is imported.
        """
        visible: dict[str, set[str]] = {}
        local: dict[Path, set[str]] = {}
        for owner, word, name in self._wrappers:
            local.setdefault(owner, set()).add(name)
            for key in (word, name):
                visible.setdefault(key, set()).add(name)
        found = set(self.direct)
        for path in self.project.paths:
            names = set(local.get(path, ()))
            for word in self.project.imported_words(path) & visible.keys():
                names |= visible[word]
            if names:
                found.update(self._calling(path, names))
        return frozenset(found)

    def _calling(self, path: Path, names: set[str]) -> Iterator[FunctionRef]:
        """The functions of a file that call one of these names."""
        module = self.project.module(path)
        for name in names:
            if f"{name}(" in module.text:
                yield from _around(module, re.compile(rf"{re.escape(name)}\("))

    @cached_property
    def _wrappers(self) -> list[tuple[Path, str, str]]:
        """Functions that may store what they are given, or hand out what they find, and whose name
        does not say cache.

        Each with its file and the word by which that is imported.
        """
        return sorted(
            {
                (function.module.path, stem(function.module.path), function.name)
                for function in self.direct
                if "cache" not in function.name.lower()
                and not function.name.startswith("__")
                and self._passes_on(function)
            }
        )

    def _passes_on(self, function: FunctionRef) -> bool:
        source = function.source
        if "return" in source:
            return True
        return _has_parameter(source) and stores(source, self._pattern(function.module.path))

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of these functions: what is not among them is neither called nor handed on."""
        found: set[str] = set()
        for function in self.all:
            found.update(_WORD.findall(function.source))
        return frozenset(found)


def stem(path: Path) -> str:
    """The last part of a module's dotted name."""
    return path.parent.name if path.name == "__init__.py" else path.stem


def _around(module: Module, pattern: re.Pattern[str]) -> Iterator[FunctionRef]:
    """The innermost functions around what matches in a module."""
    at = 0
    while True:
        hit = pattern.search(module.text, at)
        if hit is None:
            return
        function = module.function_around(hit.start())
        at = hit.end()
        if function is not None:
            yield function
            # What else stands in the function adds nothing, unless a function in it does.
            at = max(at, module.next_definition(at, function))


def _has_parameter(source: str) -> bool:
    head = source[source.find("def ") :]
    inside = head[head.find("(") + 1 :].lstrip()
    first = re.match(r"(?:self|cls)\b\s*,?\s*", inside)
    return not inside[first.end() if first else 0 :].startswith(")")


def _typed(text: str) -> Iterator[tuple[str, bool]]:
    """Names that the text annotates with, or assigns from, what is called a cache.

    True beside a name of the module level.
    """
    for hit in _CLASS.finditer(text):
        start = text.rfind("\n", 0, hit.start()) + 1
        before = text[start : hit.start()]
        is_class = _is_class(text, hit.start())
        annotated = _ANNOTATED.search(before) if is_class else None
        if annotated:
            yield annotated.group(1), annotated.start(1) == 0
        if text[hit.end() : hit.end() + 1] in ("(", "["):
            assigned = _ASSIGNED.match(before)
            if assigned and (is_class or not assigned.group(1)):
                yield assigned.group(2), not assigned.group(1)


def _is_class(text: str, at: int) -> bool:
    """True when the name around a place begins like a class."""
    while at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_"):
        at -= 1
    return text[at].isupper()


def _of_library(text: str) -> Iterator[tuple[str, bool]]:
    for library in _LIBRARIES:
        name = library.decode()
        if re.search(rf"^[ \t]*(?:from|import)[ \t]+{name}\b", text, re.MULTILINE):
            yield from ((word, True) for word in _MODULE_LEVEL.findall(text))
            return
