"""Which functions of a project ask or fill a cache, and what goes in and comes out, by their shapes.

A function that stores what it is given, or hands out what it found, is a *wrapper*: those that call
it have to do with a cache, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Set
from functools import cached_property, partial
from typing import TYPE_CHECKING, AnyStr, cast

from lint_rules.naming import CACHE_LIBRARIES, is_cache_name, is_plain_type, longest_literal
from lint_rules.project.functions import Place
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.lines import before
from lint_rules.screen.aliases import Aliases
from lint_rules.screen.levels import Level
from lint_rules.screen.places import around
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.shapes import (
    FOUND,
    NOTHING,
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
    is_memoised,
    may_memoise,
    mentioned,
    stem,
)

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

_VERB = r"(?:set|put|add|store|save|write|update|get|fetch|look|load|read|peek|retrieve|find|pop)"
_GROUPS = r"(?:\([^()\n]*\)|\[[^\]\n]*\]|\))+"
_USES = tuple(
    re.compile(rf"{word}\w*(\s*(?:\[|(?:{_GROUPS}\s*)?\.\s*(?=\w*?{_VERB})\w+\s*[(,]))?")
    for word in ("ache", "ACHE")
)
"""A cache is asked or filled, where a group was found (``_found``): a word without one is passed over
whole, not searched again from its middle."""
_USES_BYTES = tuple(re.compile(form.pattern.encode()) for form in _USES)
_MADE = re.compile(r"ache\w*(\()?")
_MADE_BYTES = re.compile(rb"ache\w*(\(|[ \t]+as[ \t])?|(@[\w.]*ache)")
_BEFORE_MADE = re.compile(r"=[ \t]*(?:await[ \t]+)?[\w.]*$")
_CALLED = re.compile(r"=[ \t]*(?:\w+\.)*(_*[A-Z]\w*)\(")
_ASSIGNED_TO = re.compile(r"^[ \t]*(?:\w+\.)?(\w+)[ \t]*(?::[^=\n]*)?$")
FOLLOWED = 2
"""How many calls deep a cache may be, as for the interpretation (``flow.summaries.DEPTH``)."""


def _found(form: re.Pattern[AnyStr], text: AnyStr) -> Iterator[re.Match[AnyStr]]:
    """The places of a form whose last part is optional, where that part was found."""
    return (hit for hit in form.finditer(text) if hit.lastindex)


class CacheUsers:
    """The functions of one project that ask or fill a cache, themselves or through a wrapper."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        self.aliases = Aliases(project, lambda: self._typed_at_margin)
        self._plain: dict[Path, Names] = {}
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
            if not self.aliases.meant(path).isdisjoint(tops):
                meanings = self.aliases.meanings(path).items()
                meaning = (name for name, meant in meanings if not meant.isdisjoint(tops))
                own.setdefault(path, set()).update(meaning)
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
        return self.project.names.lower_classes

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
            imports = self.project.names.imported(path)
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
        found = dict(self._by_themselves)
        for path, names in self.project.holding("memoising", self.memoisers).items():
            context = digest((self.meanings(path), names))
            ask = partial(self._memoised_in, path, frozenset(names))
            found.update(self.kept("memoised", path, context, ask))
        return found

    @cached_property
    def memoisers(self) -> tuple[str, ...]:
        """The names of the project's own decorators that may keep what the function under them returns."""
        shapes = self._by_themselves.items()
        return tuple(sorted({f.name for f, shape in shapes if shape.memoises}))

    def _memoised_in(
        self, path: Path, names: frozenset[str]
    ) -> Iterator[tuple[FunctionRef, Shape]]:
        for function in self.project.module(path).all_functions:
            if is_memoised(function, self.aliases.meanings(path), names):
                shape = shape_of(function.node, self.names(path))
                yield function, self.noted(function, shape, names)

    @cached_property
    def _by_themselves(self) -> dict[FunctionRef, Shape]:
        """Those of them that no decorator of the project makes one."""
        found: dict[FunctionRef, Shape] = {}
        for path in dict.fromkeys([*self.files, *self.objects]):
            context = digest(self.meanings(path))
            found.update(self.kept("own", path, context, partial(self._own_in, path)))
        return found

    def _own_in(self, path: Path) -> Iterator[tuple[FunctionRef, Shape]]:
        for function in self._naming_cache(path):
            shape = self.noted(function, shape_of(function.node, self.names(path)))
            if shape.stores or shape.looks_up or shape.memoised:
                yield function, shape

    def kept(
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
            form
            for form, bytes_ in zip(_USES, _USES_BYTES, strict=True)
            if any(_found(bytes_, data))
        ]
        names = {*self.objects.get(path, ()), *map(longest_literal, self.settings.cache_objects)}
        if names:
            uses.append(
                re.compile(rf"(?:{'|'.join(sorted(map(re.escape, names)))})\w*(\s*[\[.(])?")
            )
        found: dict[FunctionRef, None] = {}
        for form in uses:
            module = self.project.module(path)
            places = (hit.start() for hit in _found(form, module.text))
            found.update(dict.fromkeys(around(module, places)))
        if any(_found(_MADE_BYTES, data)):
            found.update(dict.fromkeys(self._making(path)))
        return found

    def _making(self, path: Path) -> Iterator[FunctionRef]:
        """The functions that bind what a call of a cache's name made or handed out, or are memoised."""
        module = self.project.module(path)
        places = (hit.start() for hit in _found(_MADE, module.text))
        yield from around(
            module, (p for p in places if _BEFORE_MADE.search(before(module.text, p)))
        )
        meanings = self.aliases.meanings(path)
        memoising = MEMOISING.search(module.text) or any(
            "cache" in old for olds in meanings.values() for old in olds
        )
        for function in module.all_functions if memoising else ():
            if is_memoised(function, meanings):
                yield function

    def noted(self, function: FunctionRef, shape: Shape, memoisers: Set[str] = NOTHING) -> Shape:
        """A shape with what else is kept of its function."""
        meanings = self.aliases.meanings(function.module.path)
        shape.memoised = is_memoised(function, meanings, memoisers)
        shape.memoises = may_memoise(function, shape)
        shape.text = digest(function.source)
        shape.mentions = mentioned(function.source, self._lower_classes)
        shape.readable, shape.plain = function.readable, is_plain_type(function.returns)
        return shape

    @cached_property
    def _through(self) -> Level:
        """The functions that call a wrapper: one that calls the cache itself, or one that calls such a one,
        as far as the interpretation follows calls."""
        level = Level(self)
        for _ in range(FOLLOWED - 1):
            level = Level(self, level)
        return level

    @cached_property
    def shapes(self) -> dict[FunctionRef, Shape]:
        """Every function that has to do with a cache, with all that is known of its shape."""
        return {**self.own, **self._through.found}

    @cached_property
    def by_file(self) -> dict[Path, list[FunctionRef]]:
        """The functions that have to do with a cache, by file."""
        found: dict[Path, list[FunctionRef]] = {}
        for function in self.shapes:
            found.setdefault(function.module.path, []).append(function)
        return found

    def instances(self, name: str) -> frozenset[str]:
        """The variables and attributes of the project that a call of a class is assigned to."""
        return self._instances.get(name, frozenset())

    @cached_property
    def _instances(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for made in self.project.of_files("objects made", NO_CONTEXT, self._ask_made).values():
            for name, variable in made:
                found.setdefault(name, set()).add(variable)
        return {name: frozenset(variables) for name, variables in found.items()}

    def _ask_made(self, path: Path) -> list[tuple[str, str]]:
        text, found = self.project.text_of(path), set()
        for hit in _CALLED.finditer(text):
            variable = _ASSIGNED_TO.search(before(text, hit.start()))
            if variable is not None:
                found.add((hit.group(1), variable.group(1)))
        return sorted(found)

    def context(self, path: Path) -> str:
        """The digest of what the shapes of a file's functions depend on beside its own text."""
        return self._through.context(path)

    def shape(self, function: FunctionRef) -> Shape:
        """The shape of any function."""
        known = self.shapes.get(function)
        if known is None:
            shape = shape_of(function.node, self.names(function.module.path))
            known = self.noted(function, shape, frozenset(self.memoisers))
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
        return dict(self.kept(kind, path, context, lambda: [(f, self.shape(f)) for f in ask()]))

    def hands_on(self, name: str) -> bool:
        """True when a function of the project that is called so may return what it is given."""
        if name not in self._handing:
            self._handing[name] = any(
                any(token.startswith(PARAM) for token in self._given_back(shape))
                for shape in self.called(name)
            )
        return self._handing[name]

    def called(self, name: str) -> Iterator[Shape]:
        """The shapes of the functions of the project that are called so; of none where the name says
        nothing."""
        paths = () if name in COMMON else self.project.names.functions.get(name, ())
        for path in dict.fromkeys(paths):
            ask = partial(self._named, path, name)
            yield from self.shapes_in(f"named {name}", path, (), ask).values()

    def _named(self, path: Path, name: str) -> list[FunctionRef]:
        return self.project.module(path).functions_named({name})

    def _given_back(self, shape: Shape) -> frozenset[str]:
        names = self.project.names  # a record that is made of what it is given counts as that, too
        return shape.reached(shape.returned, lambda n: n in names.functions or n in names.classes)

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
        """A digest of what the functions say in which a name is called beside a cache of who that may be."""
        if name not in self._calling:
            self._calling[name] = digest(sorted(
                (str(f.module.path), self._imports(f.module.path), f.class_name or "", *self.shapes[f].mentions)
                for f in self.beside[name]
            ))  # fmt: skip
        return self._calling[name]

    def _imports(self, path: Path) -> str:
        if path not in self._import_digests:
            imported = sorted(self.project.names.imported(path))
            self._import_digests[path] = digest((imported, self.aliases.digest(path)))
        return self._import_digests[path]

    @cached_property
    def beside(self) -> dict[str, list[FunctionRef]]:
        """Names of functions whose result is stored, or which are given what was found, and the
        functions in which that happens."""
        out: dict[str, list[FunctionRef]] = {}
        for function, shape in self.shapes.items():
            stored = shape.stored.union(*(copy.source for copy in self.stored_copies(shape)))
            names = {token[len(RESULT) :] for token in stored if token.startswith(RESULT)}
            names |= {name for name, given in shape.given.items() if FOUND in given}
            for name in names:
                out.setdefault(name, []).append(function)
        return out
