"""Which functions of a project may be cache-copy helpers: those that copy, and what becomes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rules.naming import is_cache_copy_name
from lint_rules.project.functions import Place
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.outline import resets_copy
from lint_rules.screen import forms
from lint_rules.screen.wrappers import CLASS_NAME, COMMON, stem

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.screen.caches import CacheUsers
    from lint_rules.screen.carriers import CarrierWords
    from lint_rules.screen.shapes import Shape


class _Helping(NamedTuple):
    """A function that may be a cache-copy helper, and what of it decides whether it matters."""

    function: FunctionRef
    #: Whether something may be reset on its copy.
    resets: bool
    #: Whether it names what has per-request fields by their names, or cannot be read.
    carries: bool
    #: The classes that it names.
    classes: list[str]
    #: The functions around it, and whether something may be reset there.
    around: tuple[tuple[FunctionRef, bool], ...]


class Helping:
    """The functions of one project that may be cache-copy helpers."""

    def __init__(self, caches: CacheUsers, carriers: CarrierWords) -> None:
        self.caches = caches
        self.carriers = carriers
        self.project = caches.project
        self._extra = caches.settings.cache_copy_helpers
        self._may_help: dict[FunctionRef, bool] = {}
        self._helping: dict[Path, tuple[_Helping, ...]] = {}
        self._helpers: dict[Path, frozenset[FunctionRef]] = {}
        self._asked: dict[Path, dict[FunctionRef, Shape]] = {}
        self._found_beside: dict[Path, dict[FunctionRef, Shape]] = {}

    def leads(self, path: Path) -> frozenset[FunctionRef]:
        """The functions of a file that may be cache-copy helpers.

        Nothing of the rest of the project is asked for a file in which nothing is copied.
        """
        ask = partial(self.project.held, forms.COPY_WORDS, path)
        if not self.project.of_file("copies", path, NO_CONTEXT, ask):
            return frozenset()
        return self._leads(path)

    def _leads(self, path: Path) -> frozenset[FunctionRef]:
        """The possible helpers of a file on whose copies something is reset, or may have to be.

        A copy may have per-request fields though nothing is reset on it here: its class declares them,
        or another helper resets some on it, which names the class, too.
        """
        found: set[FunctionRef] = set()
        for one in self._helping_in(path):
            if one.resets or one.carries or not self._reset_classes.isdisjoint(one.classes):
                found.update((one.function, *(outer for outer, _ in one.around)))
        return frozenset(found)

    @cached_property
    def _reset_classes(self) -> frozenset[str]:
        """The classes of the project that functions name which may reset fields of a copy."""
        helping = (one for path in self.files for one in self._helping_in(path))
        named = {name for one in helping if one.resets for name in one.classes}
        return frozenset(named & self.project.names.classes)

    @cached_property
    def proving(self) -> tuple[FunctionRef, ...]:
        """Every function of the project that may prove fields per-request by resetting them."""
        found: set[FunctionRef] = set()
        for path in self.files:
            leads = self._leads(path)
            for one in self._helping_in(path):
                if one.function in leads:
                    found.update((one.function,) if one.resets else ())
                    found.update(outer for outer, resets in one.around if resets)
        return tuple(sorted(found, key=lambda function: (function.module.path, function.place)))

    # ----------------------------------------------------------------- who may help

    def may_help(self, function: FunctionRef) -> bool:
        """True when the function may be a cache-copy helper."""
        if function not in self._may_help:
            shape = self._shapes(function.module.path).get(function) or self.caches.shape(function)
            self._may_help[function] = self._copies_for_cache(function, shape)
        return self._may_help[function]

    def _copies_for_cache(self, function: FunctionRef, shape: Shape) -> bool:
        if not shape.readable:
            return True  # a file that cannot be read is said to be one
        if not shape.copies:
            return False
        if is_cache_copy_name(function.name, self._extra) or self.caches.copies_for_itself(shape):
            return True
        if not shape.memoised and function not in self._beside(function.module.path):
            return False
        return bool(self.caches.returned_copies(shape))

    @cached_property
    def files(self) -> list[Path]:
        """The files in which there may be helpers."""
        return sorted({*self.caches.by_file, *self._names_beside, *self._named})

    def _shapes(self, path: Path) -> dict[FunctionRef, Shape]:
        """The functions of a file that are asked whether they help, and their shapes."""
        if path not in self._asked:
            own = {f: self.caches.shapes[f] for f in self.caches.by_file.get(path, ())}
            self._asked[path] = {**self._beside(path), **self._named.get(path, {}), **own}
        return self._asked[path]

    def helpers(self, path: Path) -> frozenset[FunctionRef]:
        """The functions of a file that may be cache-copy helpers, whatever they copy."""
        if path not in self._helpers:
            self._helpers[path] = frozenset(one.function for one in self._helping_in(path))
        return self._helpers[path]

    def _helping_in(self, path: Path) -> tuple[_Helping, ...]:
        """The functions of a file that may be helpers, and what their texts say."""
        if path not in self._helping:
            self._helping[path] = tuple(self._read_helping(path))
        return self._helping[path]

    def _read_helping(self, path: Path) -> Iterator[_Helping]:
        places = sorted(
            function.place for function in self._shapes(path) if self.may_help(function)
        )
        if not places:
            return
        aliases = self.caches.aliases.digest(path)
        context = digest((places, sorted(self.carriers.present(path)), aliases))
        module = self.project.module(path)
        ask = partial(self._ask_helping, module, places)
        for place, resets, carries, classes, around in self.project.of_file(
            "helping", path, context, ask
        ):
            outer = tuple((module.function_of(Place(*other)), also) for other, also in around)
            yield _Helping(module.function_of(Place(*place)), resets, carries, classes, outer)

    def _ask_helping(self, module: Module, places: list[Place]) -> list[Any]:
        out: list[Any] = []
        for function in map(module.function_of, places):
            classes = {*CLASS_NAME.findall(function.source)}
            classes.update((function.class_name or "").split("."))
            carries = not function.readable or any(self.carriers.in_function(function))
            around = [[outer.place, self._resets(outer)] for outer in module.enclosing(function)]
            out.append([function.place, self._resets(function), carries, sorted(classes), around])
        return out

    def _resets(self, function: FunctionRef) -> bool:
        """True when what the function copies may be reset there: a proof for its fields."""
        return resets_copy(function.node, self.caches.aliases.meanings(function.module.path))

    # ----------------------------------------------------------------- by name

    @property
    def named(self) -> tuple[FunctionRef, ...]:
        """The functions whose own name says that they copy for a cache."""
        return tuple(
            function
            for shapes in self._named.values()
            for function, shape in shapes.items()
            if shape.copies or not shape.readable
        )

    @cached_property
    def _named(self) -> dict[Path, dict[FunctionRef, Shape]]:
        """By file the functions with such a name, and their shapes."""
        return {
            path: self.caches.shapes_in(
                "cache-copy shapes", path, (), partial(self._functions_named, path, names)
            )
            for path, names in self.project.of_files(
                "cache-copy names", NO_CONTEXT, self._copy_names
            ).items()
        }

    def _copy_names(self, path: Path) -> list[str]:
        names = self.project.names.defined_in(path)
        return [name for name in names if is_cache_copy_name(name, self._extra)]

    def _functions_named(self, path: Path, names: list[str]) -> list[FunctionRef]:
        return self.project.module(path).functions_named(names)

    # ----------------------------------------------------------------- beside a cache

    def _beside(self, path: Path) -> dict[FunctionRef, Shape]:
        """The functions of a file that one which has to do with a cache may call for it, and their shapes."""
        if path not in self._found_beside:
            names = self._names_beside.get(path, [])
            more = tuple(
                (name, name in self._defined_once, self.caches.calling(name))
                for name in sorted(set(names))
            )
            ask = partial(self._ask_beside, path, names)
            self._found_beside[path] = (
                self.caches.shapes_in("shapes beside", path, more, ask) if names else {}
            )
        return self._found_beside[path]

    def _ask_beside(self, path: Path, names: list[str]) -> Iterator[FunctionRef]:
        return filter(self._is_beside, self.project.module(path).functions_named(names))

    @cached_property
    def _names_beside(self) -> dict[Path, list[str]]:
        """By file the names defined there that are called beside a cache, one for each definition."""
        wanted = self.caches.beside.keys()

        def ask(path: Path) -> list[str]:
            return [name for name in self.project.names.defined_in(path) if name in wanted]

        return self.project.of_files("called beside", digest(sorted(wanted)), ask) if wanted else {}

    @cached_property
    def _defined_once(self) -> frozenset[str]:
        """The names called beside a cache that only one function has."""
        counts = Counter(name for names in self._names_beside.values() for name in names)
        return frozenset(name for name, count in counts.items() if count == 1)

    def _is_beside(self, function: FunctionRef) -> bool:
        """True when a function that has to do with a cache may call this one for it.

        A function of a module has to be imported there, and called by its module where it has the name
        of a method that many classes have.  A method counts where its class is named, and on anything
        when no other class has it.
        """
        name = function.name
        callers = self.caches.beside.get(name, ())
        if not callers or name.startswith("__"):
            return False
        if function.class_name is None or function.parent_function is not None:
            return any(self._may_call(caller, function) for caller in callers)
        if name in self._defined_once:
            return True
        owner = function.class_name.rpartition(".")[2]
        return any(
            owner in self.caches.shapes[caller].mentions or caller.class_name == function.class_name
            for caller in callers
        )

    def _may_call(self, caller: FunctionRef, function: FunctionRef) -> bool:
        """True when a function can mean this one of a module by its name."""
        path, name = caller.module.path, function.name
        imported = self.project.names.imported(path)
        if path == function.module.path or name in imported:
            return True
        meanings = self.caches.aliases.meanings(path)
        if any(name in meant for meant in meanings.values()):
            return True
        home = stem(function.module.path)
        if name not in COMMON:
            return home in imported
        homes = {home, *(new for new, meant in meanings.items() if home in meant)}
        mentions = self.caches.shapes[caller].mentions
        return any(f"{word}.{name}" in mentions for word in homes)
