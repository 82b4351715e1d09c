"""Which functions of a project may be cache-copy helpers: those that copy, and what becomes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rules.naming import is_cache_copy_name
from lint_rules.project.functions import Place
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.names import together
from lint_rules.project.outline import resets_copy
from lint_rules.screen.handing import Handing
from lint_rules.screen.wrappers import CLASS_NAME, COMMON, stem

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.joins import Said
    from lint_rules.project.modules import Module
    from lint_rules.screen.caches import CacheUsers, Caller
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
        each, join = self.project.joins.each, self.project.joins.join
        self._handing = Handing(
            caches, "of helpers", lambda path: self._shapes(path).values(), caches.handing
        )
        self._named_beside = join("names beside", None, lambda _: frozenset(caches.beside), sorted)
        self._once = join("defined beside", self._names_beside, _only_once, sorted)
        self._reset = join("classes reset", self._told_reset, self._fold_reset, sorted)
        self._proving = join("proving helpers", self._told_proving, list)
        self._by_name = join("helpers by name", self._told_named, list)
        #: True for a function that may be a cache-copy helper.
        self.may_help = each(self._ask_may_help)
        #: The functions of a file that may be cache-copy helpers, whatever they copy.
        self.helpers = each(self._ask_helpers)
        self._helping_in = each(self._read_helping)
        self._shapes = each(self._ask_shapes)
        self._named_in = each(self._ask_named)
        self._beside = each(self._shapes_beside)

    def leads(self, path: Path) -> frozenset[FunctionRef]:
        """The possible helpers of a file on whose copies something is reset, or may have to be.

        A copy may have per-request fields though nothing is reset on it here: its class declares them,
        or another helper resets some on it, which names the class, too. What stands in it may have some of which
        the function names nothing: that is asked where it copies for a cache by its name.
        """
        found: set[FunctionRef] = set()
        for one in self._helping_in(path):
            named = is_cache_copy_name(one.function.name, self._extra)
            carries = one.carries or not self._reset.value.isdisjoint(one.classes)
            if named or one.resets or carries:
                found.update((one.function, *(outer for outer, _ in one.around)))
        return frozenset(found)

    def _told_reset(self, path: Path) -> list[str]:
        """The classes that functions of a file name which may reset fields of a copy."""
        helping = self._helping_in(path)
        return sorted({name for one in helping if one.resets for name in one.classes})

    def _fold_reset(self, said: Said) -> frozenset[str]:
        """Those of them that are classes of the project."""
        return together(said) & self.project.names.classes

    @property
    def proving(self) -> tuple[FunctionRef, ...]:
        """Every function of the project that may prove fields per-request by resetting them."""
        return tuple(f for path, _ in self._proving.value for f in self._proving_in(path))

    def _told_proving(self, path: Path) -> list[Any]:
        return [self.caches.name_of(function) for function in self._proving_in(path)]

    def _proving_in(self, path: Path) -> list[FunctionRef]:
        found: set[FunctionRef] = set()
        leads = self.leads(path)
        for one in self._helping_in(path):
            if one.function in leads:
                found.update((one.function,) if one.resets else ())
                found.update(outer for outer, resets in one.around if resets)
        return sorted(found, key=lambda function: function.place)

    # ----------------------------------------------------------------- who may help

    def _ask_may_help(self, function: FunctionRef) -> bool:
        shape = self._shapes(function.module.path).get(function) or self.caches.shape(function)
        return self._copies_for_cache(function, shape)

    def _copies_for_cache(self, function: FunctionRef, shape: Shape) -> bool:
        if not shape.readable:
            return True  # a file that cannot be read is said to be one
        if not shape.copies:
            return False
        if is_cache_copy_name(function.name, self._extra) or self._handing.copies_for_itself(shape):
            return True
        if not shape.memoised and function not in self._beside(function.module.path):
            return False
        return bool(self._handing.returned_copies(shape))

    def _ask_shapes(self, path: Path) -> dict[FunctionRef, Shape]:
        """The functions of a file that are asked whether they help, and their shapes."""
        return {**self._beside(path), **self._named_in(path), **self.caches.shapes(path)}

    def _ask_helpers(self, path: Path) -> frozenset[FunctionRef]:
        return frozenset(one.function for one in self._helping_in(path))

    def _read_helping(self, path: Path) -> tuple[_Helping, ...]:
        """The functions of a file that may be helpers, and what their texts say."""
        places = sorted(
            function.place for function in self._shapes(path) if self.may_help(function)
        )
        if not places:
            return ()
        aliases = self.caches.aliases.digest(path)
        context = digest((places, sorted(self.carriers.present(path)), aliases))
        module = self.project.module(path)
        ask = partial(self._ask_helping, module, places)
        told = self.project.of_file("helping", path, context, ask)
        return tuple(_helping(module, *one) for one in told)

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
        return tuple(f for path, _ in self._by_name.value for f in self._copying_by_name(path))

    @property
    def is_named(self) -> bool:
        """True when there is one."""
        return bool(self._by_name.value)

    def digests(self) -> tuple[str, str]:
        """Digests of which functions prove, and of which say by their name that they copy."""
        return self._proving.digest, self._by_name.digest

    def _told_named(self, path: Path) -> list[Any]:
        return [self.caches.name_of(function) for function in self._copying_by_name(path)]

    def _copying_by_name(self, path: Path) -> list[FunctionRef]:
        shapes = self._named_in(path).items()
        return [function for function, shape in shapes if shape.copies or not shape.readable]

    def _ask_named(self, path: Path) -> dict[FunctionRef, Shape]:
        """The functions of a file with such a name, and their shapes."""
        names = self.project.of_file(
            "cache-copy names", path, NO_CONTEXT, partial(self._copy_names, path)
        )
        if not names:
            return {}
        ask = partial(self._functions_named, path, names)
        return self.caches.shapes_in("cache-copy shapes", path, (), ask)

    def _copy_names(self, path: Path) -> list[str]:
        names = self.project.names.defined_in(path)
        return [name for name in names if is_cache_copy_name(name, self._extra)]

    def _functions_named(self, path: Path, names: list[str]) -> list[FunctionRef]:
        return self.project.module(path).functions_named(names)

    # ----------------------------------------------------------------- beside a cache

    def _shapes_beside(self, path: Path) -> dict[FunctionRef, Shape]:
        """The functions of a file that one which has to do with a cache may call for it, and their shapes."""
        names = self._names_beside(path)
        if not names:
            return {}
        once = self._once.value
        more = tuple((name, name in once, self.caches.calling(name)) for name in sorted(set(names)))
        ask = partial(self._ask_beside, path, names)
        return self.caches.shapes_in("shapes beside", path, more, ask)

    def _ask_beside(self, path: Path, names: list[str]) -> Iterator[FunctionRef]:
        return filter(self._is_beside, self.project.module(path).functions_named(names))

    def _names_beside(self, path: Path) -> list[str]:
        """The names defined in a file that are called beside a cache, one for each definition."""
        wanted = self._named_beside.value
        return [name for name in self.project.names.defined_in(path) if name in wanted]

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
        if name in self._once.value:
            return True
        return any(
            function.owner in caller.mentions or caller.class_name == function.class_name
            for caller in callers
        )

    def _may_call(self, caller: Caller, function: FunctionRef) -> bool:
        """True when a function can mean this one of a module by its name."""
        path, name = caller.path, function.name
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
        return any(f"{word}.{name}" in caller.mentions for word in homes)


def _helping(
    module: Module,
    place: list[Any],
    resets: bool,
    carries: bool,
    classes: list[str],
    around: list[Any],
) -> _Helping:
    outer = tuple((module.function_of(Place(*other)), also) for other, also in around)
    return _Helping(module.function_of(Place(*place)), resets, carries, classes, outer)


def _only_once(said: Said) -> frozenset[str]:
    """The names that only one function has."""
    counts = Counter(name for _, names in said for name in names)
    return frozenset(name for name, count in counts.items() if count == 1)
