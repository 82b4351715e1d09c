"""Which functions of a project ask or fill a cache, and what goes in and comes out, by their shapes.

A function that stores what it is given, or hands out what it found, is a *wrapper*: those that call
it have to do with a cache, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from functools import partial
from typing import TYPE_CHECKING, Any, AnyStr, NamedTuple, cast

from lint_rules.naming import is_plain_type, keeps_entries, longest_literal
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.lines import before
from lint_rules.project.names import together
from lint_rules.screen.cachenames import CacheNames
from lint_rules.screen.handing import Handing
from lint_rules.screen.keptshapes import Asked, shapes_of
from lint_rules.screen.levels import Level
from lint_rules.screen.places import around
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.shapes import (
    FOUND,
    NOTHING,
    RESULT,
    Shape,
)
from lint_rules.screen.wrappers import (
    COMMON,
    MEMOISING,
    is_memoised,
    may_memoise,
    mentioned,
)

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.joins import Said
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
_CACHE_CLASS = re.compile(rb"class[ \t]+\w*(?:ache|ACHE)")
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
        each, join = project.joins.each, project.joins.join
        self._names = CacheNames(project, settings)
        self.aliases, self.names = self._names.aliases, self._names.meant
        #: What the names in a file depend on beside its own text.
        self.meanings = self._names.meanings
        #: The names of caches in a file that do not say so.
        self.objects = self._names.objects
        self._memoisers = join("memoisers", self._told_memoisers, together)
        self._instances = join("objects made", self._told_made, _variables)
        self._beside = join("beside", self._told_beside, _callers)
        #: By file the functions whose own text asks or fills a cache, ...
        self._by_themselves = each(self._ask_by_themselves)
        #: ... with those whose results are cached, ...
        self.own = each(self._ask_own)
        #: ... and every function that has to do with a cache, with all that is known of its shape.
        self.shapes = each(self._ask_shapes)
        #: Whether a function of the project that is called so may return what it is given.
        self.hands_on = each(self._ask_hands_on)
        self._imports = each(self._ask_imports)
        self.handing = Handing(self, "of cache users", lambda path: self.shapes(path).values())
        #: The functions that call a wrapper: one that calls the cache itself, or one that calls such a one,
        #: as far as the interpretation follows calls.
        self._through = Level(self)
        for _ in range(FOLLOWED - 1):
            self._through = Level(self, self._through)

    # ----------------------------------------------------------------- functions

    def _ask_own(self, path: Path) -> dict[FunctionRef, Shape]:
        found = dict(self._by_themselves(path))
        memoisers = self.memoisers
        if memoisers:
            ask = partial(self.project.held, memoisers, path)
            names = self.project.of_file("memoising", path, digest(memoisers), ask)
            if names:
                context = digest((self.meanings(path), names))
                shapes = partial(self._memoised_in, path, frozenset(names))
                found.update(shapes_of(self.project, "memoised", path, context, shapes))
        return found

    @property
    def memoisers(self) -> tuple[str, ...]:
        """The names of the project's own decorators that may keep what the function under them returns."""
        return tuple(sorted(self._memoisers.value))

    def _told_memoisers(self, path: Path) -> list[str]:
        shapes = self._by_themselves(path).items()
        return sorted({function.name for function, shape in shapes if shape.memoises})

    def _memoised_in(self, path: Path, names: frozenset[str]) -> Iterator[Asked]:
        def shape(function: FunctionRef) -> Shape:
            return self.noted(
                function, shape_of(function.node, self.names(path), owner=function.owner), names
            )

        for function in self.project.module(path).all_functions:
            if is_memoised(function, self.aliases.meanings(path), names):
                yield Asked(function, (), partial(shape, function))

    def _ask_by_themselves(self, path: Path) -> dict[FunctionRef, Shape]:
        """Those of them that no decorator of the project makes one."""
        if not self._names.names_cache(path) and not self.objects(path):
            return {}
        context = digest(self.meanings(path))
        return shapes_of(self.project, "own", path, context, partial(self._own_in, path))

    def _own_in(self, path: Path) -> Iterator[Asked]:
        for function in self._naming_cache(path):
            yield Asked(function, (), partial(self._own_shape, function))

    def _own_shape(self, function: FunctionRef) -> Shape | None:
        names = self.names(function.module.path)
        shape = self.noted(function, shape_of(function.node, names, owner=function.owner))
        return shape if shape.stores or shape.looks_up or shape.memoised else None

    def _naming_cache(self, path: Path) -> Iterable[FunctionRef]:
        """The functions of a file that may use a cache, as far as words tell."""
        data = self.project.bytes_of(path)
        uses = [
            form
            for form, bytes_ in zip(_USES, _USES_BYTES, strict=True)
            if any(_found(bytes_, data))
        ]
        names = {*self.objects(path), *map(longest_literal, self.settings.cache_objects)}
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
        if _CACHE_CLASS.search(data):
            methods = (f for f in self.project.module(path).all_functions if keeps_entries(f.owner))
            found.update(dict.fromkeys(methods))
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
        shape.mentions = mentioned(function.source, self.project.names.lower_classes)
        shape.readable, shape.plain = function.readable, is_plain_type(function.returns)
        return shape

    def _ask_shapes(self, path: Path) -> dict[FunctionRef, Shape]:
        return {**self.own(path), **self._through.found(path)}

    def instances(self, name: str) -> frozenset[str]:
        """The variables and attributes of the project that a call of a class is assigned to."""
        return self._instances.value.get(name, frozenset())

    def _told_made(self, path: Path) -> list[list[str]]:
        def ask() -> list[tuple[str, str]]:
            text, found = self.project.text_of(path), set()
            for hit in _CALLED.finditer(text):
                variable = _ASSIGNED_TO.search(before(text, hit.start()))
                if variable is not None:
                    found.add((hit.group(1), variable.group(1)))
            return sorted(found)

        return cast("list[list[str]]", self.project.of_file("objects made", path, NO_CONTEXT, ask))

    def context(self, path: Path) -> str:
        """The digest of what the shapes of a file's functions depend on beside its own text."""
        return self._through.context(path)

    def known_shape(self, function: FunctionRef) -> Shape | None:
        """The shape of a function that has to do with a cache."""
        return self.shapes(function.module.path).get(function)

    def name_of(self, function: FunctionRef) -> tuple[str, ...]:
        """What a function is called; where others in its file may be called so, its text tells them apart."""
        path = function.module.path
        name = str(path), function.qualname
        if self.project.names.how_often_defined(path, function.name) > 1:
            known = self.known_shape(function)
            return (*name, known.text if known is not None else digest(function.source))
        return name

    def shape(self, function: FunctionRef) -> Shape:
        """The shape of any function."""
        known = self.known_shape(function)
        if known is None:
            shape = shape_of(function.node, self.names(function.module.path), owner=function.owner)
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

        def shapes() -> Iterator[Asked]:
            return (Asked(function, (), partial(self.shape, function)) for function in ask())

        return shapes_of(self.project, kind, path, context, shapes)

    def _ask_hands_on(self, name: str) -> bool:
        return any(shape.gives_back(self.makes_of_it) for shape in self.called(name))

    def called(self, name: str) -> Iterator[Shape]:
        """The shapes of the functions of the project that are called so; of none where the name says
        nothing."""
        paths = () if name in COMMON else self.project.names.functions.get(name, ())
        for path in dict.fromkeys(paths):
            yield from self.called_in(path, name)

    def called_in(self, path: Path, name: str) -> Iterable[Shape]:
        """The shapes of the functions of a file that are called so."""
        ask = partial(self._named, path, name)
        return self.shapes_in(f"named {name}", path, (), ask).values()

    def _named(self, path: Path, name: str) -> list[FunctionRef]:
        return self.project.module(path).functions_named({name})

    def makes_of_it(self, name: str) -> bool:
        """True for a function or class of the project; a record that is made of what it is given counts as that, too."""
        return name in self.project.names.functions or name in self.project.names.classes

    # ----------------------------------------------------------------- beside

    def calling(self, name: str) -> str:
        """A digest of what the functions say in which a name is called beside a cache of who that may be."""
        return digest(sorted(
            (str(c.path), c.imports, c.class_name, *c.mentions) for c in self.beside[name]
        ))  # fmt: skip

    @property
    def beside(self) -> dict[str, list[Caller]]:
        """Names of functions whose result is stored, or which are given what was found, and the
        functions in which that happens."""
        return self._beside.value

    def _told_beside(self, path: Path) -> list[Any]:
        out: list[Any] = []
        for function, shape in self.shapes(path).items():
            copies = self.handing.stored_copies(shape)
            stored = shape.stored.union(*(copy.source for copy in copies))
            names = {token[len(RESULT) :] for token in stored if token.startswith(RESULT)}
            names |= {name for name, given in shape.given.items() if FOUND in given}
            if names:
                imports = self._imports(path)
                out.append([sorted(names), function.class_name or "", imports, [*shape.mentions]])
        return out

    def _ask_imports(self, path: Path) -> str:
        imported = sorted(self.project.names.imported(path))
        return digest((imported, self.aliases.digest(path)))


class Caller(NamedTuple):
    """A function that calls one beside a cache."""

    path: Path
    class_name: str
    #: A digest of what its file imports.
    imports: str
    #: The classes that it names, as far as words tell.
    mentions: Sequence[str]


def _callers(said: Said) -> dict[str, list[Caller]]:
    out: dict[str, list[Caller]] = {}
    for path, told in said:
        for names, *who in told:
            caller = Caller(path, *who)
            for name in names:
                out.setdefault(name, []).append(caller)
    return out


def _variables(said: Said) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for _, made in said:
        for name, variable in made:
            found.setdefault(name, set()).add(variable)
    return {name: frozenset(variables) for name, variables in found.items()}
