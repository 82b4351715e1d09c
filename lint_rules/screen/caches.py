"""Which functions of a project ask or fill a cache, and what goes in and comes out, by their shapes.

A function that stores what it is given, or hands out what it found, is a *wrapper*: those that call
it have to do with a cache, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, cast

from lint_rules.naming import CACHE_LIBRARIES, is_cache_name, longest_literal
from lint_rules.project.functions import Place
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.lines import before
from lint_rules.project.words import places_of
from lint_rules.screen.aliases import Aliases
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.shapes import (
    FOUND,
    PARAM,
    RESULT,
    Copy,
    Names,
    Shape,
    shape_as_json,
    shape_from_json,
)
from lint_rules.screen.typedcaches import may_type, typed
from lint_rules.screen.wrappers import (
    COMMON,
    MEMOISING,
    Wrappers,
    is_memoised,
    stem,
    through,
)

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

_VERB = r"(?:set|put|add|store|save|write|update|get|fetch|look|load|read|peek|retrieve|find|pop)"
_GROUPS = r"(?:\([^()\n]*\)|\[[^\]\n]*\]|\))*"
_USES = tuple(
    re.compile(rf"{word}\w*\s*(?:\[|{_GROUPS}\s*\.\s*\w*{_VERB}\w*\s*\()")
    for word in ("ache", "ACHE")
)
"""A cache is asked or filled."""
_USES_BYTES = tuple(re.compile(form.pattern.encode()) for form in _USES)
_MADE = re.compile(r"ache\w*\(")
_MADE_BYTES = re.compile(rb"ache\w*\(|@[\w.]*ache|ache\w*[ \t]+as[ \t]")
_BEFORE_MADE = re.compile(r"=[ \t]*(?:await[ \t]+)?[\w.]*$")


class CacheUsers:
    """The functions of one project that ask or fill a cache, themselves or through a wrapper."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        self.aliases = Aliases(project, lambda: self._typed_at_margin)
        self._plain: dict[Path, Names] = {}
        self._words_seen: dict[Path, tuple[str, ...]] = {}
        self._contexts: dict[Path, str] = {}
        self._calling: dict[str, str] = {}
        self._import_digests: dict[Path, str] = {}
        self._handing: dict[str, bool] = {}

    # ----------------------------------------------------------------- objects

    @cached_property
    def files(self) -> list[Path]:
        """The files that name a cache."""
        extra = map(longest_literal, self.settings.cache_objects)
        return list(self.project.holding("caches", ("ache", "ACHE", *CACHE_LIBRARIES, *extra)))

    @cached_property
    def objects(self) -> dict[Path, frozenset[str]]:
        """By file the names of caches that do not say so, as their class or annotation tells.

        A name of the module level counts wherever it and the module are named together.
        """
        own = {path: set(names) for path in self.files if (names := self._typed_names(path))}
        tops = self._typed_at_margin
        words = tuple(sorted({*tops, *(home for homes in tops.values() for home in homes)}))
        for path, held in self.project.holding("cache objects", words).items() if words else ():
            for name in tops.keys() & held:
                if not tops[name].isdisjoint(held):
                    own.setdefault(path, set()).add(name)
        for path in self.project.paths if tops else ():
            for name, meant in self.aliases.meanings(path).items():
                if not meant.isdisjoint(tops):
                    own.setdefault(path, set()).add(name)
        return {path: frozenset(names) for path, names in own.items()}

    @cached_property
    def _typed_at_margin(self) -> dict[str, set[str]]:
        """Such names of the module level, and the modules in which they are."""
        found: dict[str, set[str]] = {}
        for path in self.files:
            for name, top in self._typed_names(path).items():
                if top:
                    found.setdefault(name, set()).add(stem(path))
        return found

    def _typed_names(self, path: Path) -> dict[str, bool]:
        def ask() -> dict[str, bool]:
            if not may_type(self.project.bytes_of(path)):
                return {}
            names = typed(self.project.module(path).text)
            return {n: top for n, top in names.items() if "cache" not in n.lower()}

        return cast("dict[str, bool]", self.project.of_file("typed caches", path, NO_CONTEXT, ask))

    @cached_property
    def _lower_classes(self) -> frozenset[str]:
        return self.project.lower_classes

    @cached_property
    def _lower_digest(self) -> str:
        return digest(sorted(self._lower_classes))

    def meanings(self, path: Path) -> tuple[object, ...]:
        """What :meth:`names` of a file depends on beside its own text."""
        aliases = self.aliases.digest(path)
        return (self._lower_digest, sorted(self.objects.get(path, ())), aliases)

    def names(self, path: Path) -> Names:
        """What names mean in one file: caches and classes."""
        if path not in self._plain:
            objects = self.objects.get(path, frozenset())
            extra = self.settings.cache_objects
            imports = self.project.imported_words(path)
            classes = self._lower_classes
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

            self._plain[path] = Names(is_cache, is_class, meanings=meanings)
        return self._plain[path]

    # ----------------------------------------------------------------- functions

    @cached_property
    def own(self) -> dict[FunctionRef, Shape]:
        """Functions whose own text asks or fills a cache, and those whose results are cached."""
        found: dict[FunctionRef, Shape] = {}
        for path in dict.fromkeys([*self.files, *self.objects]):
            context = digest(self.meanings(path))
            found.update(self._kept("own", path, context, partial(self._own_in, path)))
        return found

    def _own_in(self, path: Path) -> Iterator[tuple[FunctionRef, Shape]]:
        for function in self._naming_cache(path):
            shape = self._noted(function, shape_of(function.node, self.names(path)))
            if shape.stores or shape.looks_up or shape.memoised:
                yield function, shape

    def _kept(
        self, kind: str, path: Path, context: str,
        ask: Callable[[], Iterable[tuple[FunctionRef, Shape]]],
    ) -> Iterator[tuple[FunctionRef, Shape]]:  # fmt: skip
        """The functions of a file and their shapes; ``context`` is what they depend on beside its text."""
        found = self.project.of_file(
            kind, path, context, lambda: [[f.place, shape_as_json(shape)] for f, shape in ask()]
        )
        if found:
            function_of = self.project.module(path).function_of
            yield from ((function_of(Place(*place)), shape_from_json(s)) for place, s in found)

    def _naming_cache(self, path: Path) -> Iterable[FunctionRef]:
        """The functions of a file that may use a cache, as far as words tell."""
        data = self.project.bytes_of(path)
        uses = [
            form for form, bytes_ in zip(_USES, _USES_BYTES, strict=True) if bytes_.search(data)
        ]
        names = {*self.objects.get(path, ()), *map(longest_literal, self.settings.cache_objects)}
        if names:
            uses.append(re.compile(rf"(?:{'|'.join(sorted(map(re.escape, names)))})\w*\s*[\[.(]"))
        found: dict[FunctionRef, None] = {}
        for form in uses:
            module = self.project.module(path)
            found.update(dict.fromkeys(around(module, form.finditer(module.text))))
        if _MADE_BYTES.search(data):
            found.update(dict.fromkeys(self._making(path)))
        return found

    def _making(self, path: Path) -> Iterator[FunctionRef]:
        """The functions that bind what a call of a cache's name made or handed out, or are memoised."""
        module = self.project.module(path)
        for hit in _MADE.finditer(module.text):
            function = None
            if _BEFORE_MADE.search(before(module.text, hit.start())):
                function = module.function_around(hit.start())
            if function is not None:
                yield function
        meanings = self.aliases.meanings(path)
        memoising = MEMOISING.search(module.text) or any(
            "cache" in old for olds in meanings.values() for old in olds
        )
        for function in module.all_functions if memoising else ():
            if is_memoised(function, meanings):
                yield function

    def _noted(self, function: FunctionRef, shape: Shape) -> Shape:
        """A shape with what else is kept of its function."""
        meanings = self.aliases.meanings(function.module.path)
        shape.memoised, shape.text = is_memoised(function, meanings), digest(function.source)
        shape.readable = function.readable
        return shape

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
            if self._seen(path):
                ask = partial(self._through_in, path)
                found.update(self._kept("through", path, self.context(path), ask))
        return found

    def _seen(self, path: Path) -> tuple[str, ...]:
        """The words that let a file call wrappers."""
        if path not in self._words_seen:
            imported, meanings = self.project.imported_words(path), self.aliases.meanings(path)
            self._words_seen[path] = self._wrappers.seen(path, imported, meanings)
        return self._words_seen[path]

    def _through_in(self, path: Path) -> Iterator[tuple[FunctionRef, Shape]]:
        visible = self._wrappers.visible(self._seen(path), self.aliases.meanings(path))
        module = self.project.module(path)
        for function in around(module, places_of(visible, module.text)):
            meant = self._wrappers.meant(function, visible)
            if meant:
                shape = shape_of(function.node, through(self.names(path), meant))
                shape = self._noted(function, shape)
                if shape.stores or shape.looks_up:
                    yield function, shape

    @cached_property
    def shapes(self) -> dict[FunctionRef, Shape]:
        """Every function that has to do with a cache, with all that is known of its shape."""
        return {**self.own, **self.through}

    @cached_property
    def by_file(self) -> dict[Path, list[FunctionRef]]:
        """The functions that have to do with a cache, by file."""
        found: dict[Path, list[FunctionRef]] = {}
        for function in self.shapes:
            found.setdefault(function.module.path, []).append(function)
        return found

    def context(self, path: Path) -> str:
        """The digest of what the shapes of a file's functions depend on beside its own text."""
        if path not in self._contexts:
            more = [self._wrappers.digest(word) for word in self._seen(path)]
            self._contexts[path] = digest((self.meanings(path), more))
        return self._contexts[path]

    def shape(self, function: FunctionRef) -> Shape:
        """The shape of any function."""
        known = self.shapes.get(function)
        if known is None:
            known = self._noted(function, shape_of(function.node, self.names(function.module.path)))
        return known

    def shapes_in(
        self,
        kind: str,
        path: Path,
        more: tuple[object, ...],
        ask: Callable[[], Iterable[FunctionRef]],
    ) -> dict[FunctionRef, Shape]:
        """Functions of a file and their shapes; what ``ask`` says may depend on nothing but the text of
        the file, ``more`` and the :meth:`context`."""
        context = digest((self.context(path), more))
        return dict(self._kept(kind, path, context, lambda: [(f, self.shape(f)) for f in ask()]))

    def hands_on(self, name: str) -> bool:
        """True when a function of the project that is called so may return what it is given."""
        if name not in self._handing:
            paths = () if name in COMMON else self.project.definitions.get(name, ())
            self._handing[name] = any(
                any(token.startswith(PARAM) for token in self._given_back(shape))
                for path in dict.fromkeys(paths)
                for shape in self.shapes_in(
                    f"named {name}", path, (), partial(self._named, path, name)
                ).values()
            )
        return self._handing[name]

    def _named(self, path: Path, name: str) -> list[FunctionRef]:
        return self.project.module(path).functions_named({name})

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

    def calling(self, name: str) -> str:
        """A digest of all that the functions say in which a name is called beside a cache."""
        if name not in self._calling:
            self._calling[name] = digest(sorted(
                (str(f.module.path), self._imports(f.module.path), f.class_name or "", self.shapes[f].text)
                for f in self.beside[name]
            ))  # fmt: skip
        return self._calling[name]

    def _imports(self, path: Path) -> str:
        if path not in self._import_digests:
            imported = sorted(self.project.imported_words(path))
            self._import_digests[path] = digest((imported, self.aliases.digest(path)))
        return self._import_digests[path]

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


def around(module: Module, hits: Iterable[re.Match[str]]) -> Iterator[FunctionRef]:
    """The innermost functions around what matches in a module, in the order of the text."""
    at = 0
    for hit in hits:
        if hit.start() < at:
            continue  # what else stands in the function adds nothing, unless a function in it does
        function = module.function_around(hit.start())
        if function is not None:
            yield function
        at = module.next_definition(hit.start(), function)
