"""Which functions of a project may be cache-copy helpers: those that copy, and what becomes of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rules.naming import is_cache_copy_name
from lint_rules.project.functions import Place
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.outline import resets_copy
from lint_rules.screen import forms
from lint_rules.screen.wrappers import COMMON, stem

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.screen.caches import CacheUsers
    from lint_rules.screen.carriers import CarrierWords
    from lint_rules.screen.shapes import Shape

_CLASS_NAME = re.compile(r"\b_*[A-Z]\w*")


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

    def leads(self, path: Path) -> frozenset[FunctionRef]:
        """The functions of a file that may be cache-copy helpers.

        Nothing of the rest of the project is asked for a file in which nothing is copied.
        """
        ask = partial(self.project.held, forms.COPY_WORDS, path)
        if not self.project.of_file("copies", path, NO_CONTEXT, ask):
            return frozenset()
        return self._leads.get(path, frozenset())

    @cached_property
    def _leads(self) -> dict[Path, frozenset[FunctionRef]]:
        """By file the possible helpers on whose copies something is reset, or may have to be.

        A copy may have per-request fields though nothing is reset on it here: its class declares them,
        or another helper resets some on it, which names the class, too.
        """
        found: dict[Path, set[FunctionRef]] = {}
        for one in self._helping:
            if one.resets or one.carries or not self._reset_classes.isdisjoint(one.classes):
                around = (one.function, *(outer for outer, _ in one.around))
                found.setdefault(one.function.module.path, set()).update(around)
        return {path: frozenset(functions) for path, functions in found.items()}

    @cached_property
    def _reset_classes(self) -> frozenset[str]:
        """The classes of the project that functions name which may reset fields of a copy."""
        named = {name for one in self._helping if one.resets for name in one.classes}
        return frozenset(named & self.project.class_names)

    @cached_property
    def proving(self) -> tuple[FunctionRef, ...]:
        """Every function of the project that may prove fields per-request by resetting them."""
        found: set[FunctionRef] = set()
        for one in self._helping:
            if one.function in self._leads.get(one.function.module.path, ()):
                found.update((one.function,) if one.resets else ())
                found.update(outer for outer, resets in one.around if resets)
        return tuple(sorted(found, key=lambda function: (function.module.path, function.place)))

    # ----------------------------------------------------------------- who may help

    def may_help(self, function: FunctionRef) -> bool:
        """True when the function may be a cache-copy helper."""
        if function not in self._may_help:
            shape = self._shapes.get(function) or self.caches.shape(function)
            self._may_help[function] = self._copies_for_cache(function, shape)
        return self._may_help[function]

    def _copies_for_cache(self, function: FunctionRef, shape: Shape) -> bool:
        if not shape.readable:
            return True  # a file that cannot be read is said to be one
        if not shape.copies:
            return False
        if is_cache_copy_name(function.name, self._extra) or self.caches.copies_for_itself(shape):
            return True
        if not shape.memoised and function not in self._beside:
            return False
        return bool(self.caches.returned_copies(shape))

    @cached_property
    def _shapes(self) -> dict[FunctionRef, Shape]:
        """The functions that are asked whether they help, and their shapes."""
        return {**self._beside, **self._named, **self.caches.shapes}

    @cached_property
    def _helping(self) -> tuple[_Helping, ...]:
        by_file: dict[Path, list[FunctionRef]] = {}
        for function in self._shapes:
            if self.may_help(function):
                by_file.setdefault(function.module.path, []).append(function)
        return tuple(
            one for path in sorted(by_file) for one in self._helping_in(path, by_file[path])
        )

    def _helping_in(self, path: Path, helping: list[FunctionRef]) -> Iterator[_Helping]:
        """What the texts of these functions of a file say."""
        places = sorted(function.place for function in helping)
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
            classes = {*_CLASS_NAME.findall(function.source)}
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
        return tuple(f for f, shape in self._named.items() if shape.copies or not shape.readable)

    @cached_property
    def _named(self) -> dict[FunctionRef, Shape]:
        found: dict[FunctionRef, Shape] = {}
        for path, names in self.project.of_files(
            "cache-copy names", NO_CONTEXT, self._copy_names
        ).items():
            functions = partial(self._functions_named, path, names)
            found.update(self.caches.shapes_in("cache-copy shapes", path, (), functions))
        return found

    def _copy_names(self, path: Path) -> list[str]:
        names = self.project.defined_in(path)
        return [name for name in names if is_cache_copy_name(name, self._extra)]

    def _functions_named(self, path: Path, names: list[str]) -> list[FunctionRef]:
        return self.project.module(path).functions_named(names)

    # ----------------------------------------------------------------- beside a cache

    @cached_property
    def _beside(self) -> dict[FunctionRef, Shape]:
        """The functions that one which has to do with a cache may call for it, and their shapes."""
        found: dict[FunctionRef, Shape] = {}
        for path, names in self._names_beside.items():
            more = tuple(
                (name, name in self._defined_once, self.caches.calling(name))
                for name in sorted(set(names))
            )
            ask = partial(self._ask_beside, path, names)
            found.update(self.caches.shapes_in("shapes beside", path, more, ask))
        return found

    def _ask_beside(self, path: Path, names: list[str]) -> Iterator[FunctionRef]:
        return filter(self._is_beside, self.project.module(path).functions_named(names))

    @cached_property
    def _names_beside(self) -> dict[Path, list[str]]:
        """By file the names defined there that are called beside a cache, one for each definition."""
        wanted = self.caches.beside.keys()

        def ask(path: Path) -> list[str]:
            return [name for name in self.project.defined_in(path) if name in wanted]

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
            owner in caller.source or caller.class_name == function.class_name for caller in callers
        )

    def _may_call(self, caller: FunctionRef, function: FunctionRef) -> bool:
        """True when a function can mean this one of a module by its name."""
        path, name = caller.module.path, function.name
        imported = self.project.imported_words(path)
        if path == function.module.path or name in imported:
            return True
        meanings = self.caches.aliases.meanings(path)
        if any(name in meant for meant in meanings.values()):
            return True
        home = stem(function.module.path)
        if name not in COMMON:
            return home in imported
        homes = {home, *(new for new, meant in meanings.items() if home in meant)}
        return any(f"{word}.{name}" in caller.source for word in homes)
