"""Which functions of a project ask or fill a cache, and what goes in and comes out, by their shapes.

A function that stores what it is given, or hands out what it found, is a *wrapper*: those that call
it have to do with a cache, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from lint_rules.naming import CACHE_LIBRARIES, is_cache_name, longest_literal
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.shapes import FOUND, PARAM, RESULT, Copy, Names, Shape

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

_CLASS = re.compile(r"ache\w*")
#: What stands before the class on its line: ``name: Optional[``, ``self.name = aiocache.``
_ANNOTATED = re.compile(
    r"(?:^[ \t]*(?:self\.)?|[(,][ \t]*)([a-z_]\w*)[ \t]*:[ \t]*[\"']?(?:[\w.]*\[)?[\w.]*$"
)
_ASSIGNED = re.compile(
    r"^([ \t]*)(?:self\.|cls\.)?([a-zA-Z_]\w*)[ \t]*(?::[^=]*)?=[ \t]*(?:await )?[\w.]*$"
)
_MODULE_LEVEL = re.compile(r"^(\w+)\s*(?::[^=\n]*)?=", re.MULTILINE)
_VERB = r"(?:set|put|add|store|save|write|update|get|fetch|look|load|read|peek|retrieve|find|pop)"
_GROUPS = r"(?:\([^()\n]*\)|\[[^\]\n]*\]|\))*"
_USES = tuple(
    re.compile(rf"{word}\w*\s*(?:\[|{_GROUPS}\s*\.\s*\w*{_VERB}\w*\s*\()")
    for word in ("ache", "ACHE")
)
"""A cache is asked or filled."""
_USES_BYTES = tuple(re.compile(form.pattern.encode()) for form in _USES)
_MADE = re.compile(r"ache\w*\(")
_MADE_BYTES = re.compile(rb"ache\w*\(|@[\w.]*ache")
_BEFORE_MADE = re.compile(r"=[ \t]*(?:await[ \t]+)?[\w.]*$")
_DECORATOR = re.compile(
    r"@[\w.]*\b(?:lru_cache|alru_cache|cache|(?:multi_)?cached(?!_property)\w*|\w*cache)\b"
)
_RENAMED = re.compile(rb"(?:import|,|\()\s*(\w+)[ \t]+as[ \t]+(\w+)")
_LIBRARIES = tuple(library.encode() for library in CACHE_LIBRARIES)


class CacheUsers:
    """The functions of one project that ask or fill a cache, themselves or through a wrapper."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        self._plain: dict[Path, Names] = {}
        self._handing: dict[str, bool] = {}

    # ----------------------------------------------------------------- objects

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
    def _objects(self) -> dict[Path, frozenset[str]]:
        """By file the names of caches that do not say so, as their class or annotation tells.

        A name of the module level counts wherever it and the module are named together.
        """
        own: dict[Path, set[str]] = {}
        for path in self.files:
            names = self._typed_names(path)
            if names:
                own.setdefault(path, set()).update(names)
            for name, top in names.items():
                for other in self._importing(path, name) if top else ():
                    own.setdefault(other, set()).add(name)
        return {path: frozenset(names) for path, names in own.items()}

    def _typed_names(self, path: Path) -> dict[str, bool]:
        data = self.project.bytes_of(path)
        names: dict[str, bool] = {}
        if b"Cache" in data or b"ache(" in data:
            names.update(_typed(self.project.module(path).text))
        if any(word in data for word in _LIBRARIES):
            names.update(_of_library(self.project.module(path).text))
        return {n: top for n, top in names.items() if "cache" not in n.lower()}

    def _importing(self, path: Path, name: str) -> list[Path]:
        return self.project.files_containing(name.encode(), stem(path).encode())

    @cached_property
    def _lower_classes(self) -> frozenset[str]:
        return self.project.lower_classes

    def names(self, path: Path) -> Names:
        """What names mean in one file: caches and classes."""
        if path not in self._plain:
            objects = self._objects.get(path, frozenset())
            extra = self.settings.cache_objects
            imports = self.project.imported_words(path)
            classes = self._lower_classes

            def is_cache(name: str) -> bool:
                return name in objects or is_cache_name(name, extra)

            def is_class(name: str) -> bool:
                # An import may rename a class, so that any imported name may be one.
                return name.lstrip("_")[:1].isupper() or name == "cls" or (
                    name in classes or name in imports
                )  # fmt: skip

            renamed = {
                new.decode("utf-8", "ignore"): old.decode("utf-8", "ignore")
                for old, new in _RENAMED.findall(self.project.bytes_of(path))
            }
            self._plain[path] = Names(is_cache, is_class, renamed=renamed)
        return self._plain[path]

    # ----------------------------------------------------------------- functions

    @cached_property
    def own(self) -> dict[FunctionRef, Shape]:
        """Functions whose own text asks or fills a cache, and those whose results are cached."""
        found: dict[FunctionRef, Shape] = {}
        for path in dict.fromkeys([*self.files, *self._objects]):
            for function in self._naming_cache(path):
                shape = shape_of(function.node, self.names(path))
                if shape.stores or shape.looks_up or is_memoised(function):
                    found[function] = shape
        return found

    def _naming_cache(self, path: Path) -> Iterable[FunctionRef]:
        """The functions of a file that may use a cache, as far as words tell."""
        data = self.project.bytes_of(path)
        forms = [
            form for form, bytes_ in zip(_USES, _USES_BYTES, strict=True) if bytes_.search(data)
        ]
        names = {*self._objects.get(path, ()), *map(longest_literal, self.settings.cache_objects)}
        if names:
            forms.append(re.compile(rf"(?:{'|'.join(sorted(map(re.escape, names)))})\w*\s*[\[.(]"))
        found: dict[FunctionRef, None] = {}
        for form in forms:
            found.update(dict.fromkeys(around(self.project.module(path), form)))
        if _MADE_BYTES.search(data):
            found.update(dict.fromkeys(_making(self.project.module(path))))
        return found

    @cached_property
    def _wrappers(self) -> Wrappers:
        found = Wrappers()
        for function, shape in self.own.items():
            found.note(function, shape)
        return found

    @cached_property
    def through(self) -> dict[FunctionRef, Shape]:
        """Functions that call a wrapper, in which the call asks or fills the cache."""
        found: dict[FunctionRef, Shape] = {}
        for path in self.project.paths:
            names = self._wrappers.visible(self.project, path)
            if not names:
                continue
            data = self.project.bytes_of(path)
            names = {name: does for name, does in names.items() if name.encode() in data}
            if names:
                for function in around(self.project.module(path), _any_of(names)):
                    meant = self._wrappers.meant(function, names)
                    if meant:
                        shape = shape_of(function.node, _with(self.names(path), meant))
                        if shape.stores or shape.looks_up:
                            found[function] = shape
        return found

    @cached_property
    def shapes(self) -> dict[FunctionRef, Shape]:
        """Every function that has to do with a cache, with all that is known of its shape."""
        return {**self.own, **self.through}

    def shape(self, function: FunctionRef) -> Shape:
        """The shape of any function."""
        known = self.shapes.get(function)
        return known or shape_of(function.node, self.names(function.module.path))

    def hands_on(self, name: str) -> bool:
        """True when a function of the project that is called so may return what it is given."""
        if name not in self._handing:
            paths = self.project.definitions.get(name, ())
            self._handing[name] = name not in COMMON and any(
                any(token.startswith(PARAM) for token in self._given_back(self.shape(function)))
                for path in sorted(paths)
                for function in self.project.module(path).functions_named({name})
            )
        return self._handing[name]

    def _given_back(self, shape: Shape) -> frozenset[str]:
        return shape.reached(shape.returned, lambda name: name in self.project.definitions)

    def stored_copies(self, shape: Shape) -> list[Copy]:
        """The copies of a function that go into a cache."""
        stored = shape.reached(shape.stored, self.hands_on) if shape.copies else ()
        return [copy for copy in shape.copies.values() if copy.token in stored]

    def returned_copies(self, shape: Shape) -> list[Copy]:
        """The copies that a function hands out."""
        returned = shape.reached(shape.returned, self.hands_on) if shape.copies else ()
        return [copy for copy in shape.copies.values() if copy.token in returned]

    def copies_for_itself(self, shape: Shape) -> bool:
        """True for a copy that is stored, or handed out and made of what was looked up."""
        return bool(self.stored_copies(shape)) or any(
            FOUND in shape.origins(copy, self.hands_on) for copy in self.returned_copies(shape)
        )

    # ----------------------------------------------------------------- beside

    @cached_property
    def beside(self) -> dict[str, list[FunctionRef]]:
        """Names of functions whose result is stored, or which are given what was found, and the
        functions in which that happens."""
        out: dict[str, list[FunctionRef]] = {}
        for function, shape in self.shapes.items():
            names = {token[len(RESULT) :] for token in shape.stored if token.startswith(RESULT)}
            names |= {name for name, given in shape.given.items() if FOUND in given}
            for name in names:
                out.setdefault(name, []).append(function)
        return out


class Wrappers:
    """Functions that store what they are given, or hand out what they found.

    A function of a module is visible where it, or its module, is imported; a method where its class
    is.
    """

    def __init__(self) -> None:
        self._by_word: dict[str, dict[str, tuple[bool, bool]]] = {}
        self._classes: dict[str, set[str]] = {}

    def note(self, function: FunctionRef, shape: Shape) -> None:
        """Make a function known, if it is one."""
        does = (shape.stores_parameter, shape.returns_found or is_memoised(function))
        if not any(does) or function.name.startswith("__"):
            return
        words = [str(function.module.path)]
        if function.class_name is None:
            words += [stem(function.module.path), function.name]
        else:
            owner = function.class_name.rpartition(".")[2]
            words.append(owner)
            self._classes.setdefault(function.name, set()).add(owner)
        for word in words:
            known = self._by_word.setdefault(word, {})
            old = known.get(function.name, (False, False))
            known[function.name] = (old[0] or does[0], old[1] or does[1])

    def visible(self, project: Project, path: Path) -> dict[str, tuple[bool, bool]]:
        """The names of wrappers that a file may call, and whether they store and find."""
        words = (project.imported_words(path) & self._by_word.keys()) | {str(path)}
        out: dict[str, tuple[bool, bool]] = {}
        for word in words:
            for name, does in self._by_word.get(word, {}).items():
                old = out.get(name, (False, False))
                out[name] = (old[0] or does[0], old[1] or does[1])
        return out

    def meant(
        self, function: FunctionRef, names: dict[str, tuple[bool, bool]]
    ) -> dict[str, tuple[bool, bool]]:
        """Those of the names that the function can mean.

        ``x.get(...)`` is a method of one of many classes: it counts where the function, or the class
        around it, names the class.
        """
        source = function.source
        out: dict[str, tuple[bool, bool]] = {}
        for name, does in names.items():
            if name not in source:
                continue
            owners = self._classes.get(name)
            if owners is None or name not in COMMON or any(
                owner in source or owner == (function.class_name or "").rpartition(".")[2]
                for owner in owners
            ):  # fmt: skip
                out[name] = does
        return out


COMMON = frozenset(
    {"get", "set", "pop", "update", "add", "put", "save", "load", "read", "write", "find", "fetch",
     "create", "list", "copy", "items", "values", "keys", "append", "remove", "delete", "run", "call",
     "send", "next", "open", "close", "format", "store", "insert", "setdefault"}
)  # fmt: skip
"""Methods that so many classes have that the name alone says nothing."""


def _with(plain: Names, does: dict[str, tuple[bool, bool]]) -> Names:
    """Those meanings, and these wrappers."""
    storing = frozenset(name for name, (stores, _) in does.items() if stores)
    finding = frozenset(name for name, (_, finds) in does.items() if finds)
    return replace(plain, storing=storing, finding=finding)


def is_memoised(function: FunctionRef) -> bool:
    """True for a function under a decorator that keeps its results."""
    if "@" not in function.source[: function.source.find("def ")]:
        return False
    return bool(_DECORATOR.search(function.source, 0, function.source.find("def ")))


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, names)))})\b")


def stem(path: Path) -> str:
    """The last part of a module's dotted name."""
    return path.parent.name if path.name == "__init__.py" else path.stem


def around(module: Module, pattern: re.Pattern[str]) -> Iterator[FunctionRef]:
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


def _making(module: Module) -> Iterator[FunctionRef]:
    """The functions that bind what a call of a cache's name made or handed out, or are memoised."""
    for hit in _MADE.finditer(module.text):
        start = module.text.rfind("\n", 0, hit.start()) + 1
        before = module.text[start : hit.start()]
        function = None
        if _BEFORE_MADE.search(before):
            function = module.function_around(hit.start())
        if function is not None:
            yield function
    for function in module.all_functions if _DECORATOR.search(module.text) else ():
        if is_memoised(function):
            yield function


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
    for library in CACHE_LIBRARIES:
        if re.search(rf"^[ \t]*(?:from|import)[ \t]+{re.escape(library)}\b", text, re.MULTILINE):
            yield from ((word, True) for word in _MODULE_LEVEL.findall(text))
            return
