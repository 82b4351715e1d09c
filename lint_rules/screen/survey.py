"""Which functions of a project can be the place of a finding, or the proof of one, by their syntax.

A function can be reported only when it copies something for a cache, writes a field that may be
per-request, or stores something.  The survey asks the cheap questions first: words of the text, then
the names that cache users call, then the function's own syntax.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rules.naming import is_cache_copy_name, longest_literal, matches_any
from lint_rules.project.classes import ClassRef
from lint_rules.project.functions import Place, qualname_of
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.screen import forms
from lint_rules.screen.caches import CacheUsers, is_memoised, leads_by_itself, stem
from lint_rules.screen.carriers import CarrierWords
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.shapes import CARRIER, COPY

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

_MARKER = "cache-leak:"
_COPY_WORDS = digest(forms.COPY_WORDS)


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


class Survey:
    """The survey of one project under one set of settings."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        self.caches = CacheUsers(project, settings)
        self.carriers = CarrierWords(project, settings)
        self._globs = tuple(p.rpartition(".")[2] for p in settings.per_request_fields)
        self._fields = [part for part in map(longest_literal, self._globs) if part]
        self._merges: dict[Module, dict[FunctionRef, bool]] = {}
        self._may_help: dict[FunctionRef, bool] = {}

    # ----------------------------------------------------------------- the engine's question

    def functions(self, module: Module) -> list[FunctionRef]:
        """The functions of a module that can matter, in the order of the text."""
        found = {*self.leads(module.path), *self._merging(module), *self._storing(module)}
        return sorted(found, key=lambda function: function.block.start)

    # ----------------------------------------------------------------- copies

    def leads(self, path: Path) -> frozenset[FunctionRef]:
        """The functions of a file that may be cache-copy helpers.

        Nothing of the rest of the project is asked for a file in which nothing is copied.
        """
        if not self.project.holding("copies", path, forms.COPY_WORDS, _COPY_WORDS):
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
    def _helping(self) -> tuple[_Helping, ...]:
        """The functions of the project that may be cache-copy helpers."""
        named = self._named_in
        beside = self._beside
        paths = sorted({*self.caches.by_file, *named, *beside})
        return tuple(one for path in paths for one in self._helping_in(path))

    def _helping_in(self, path: Path) -> Iterator[_Helping]:
        """Those of one file."""
        beside = [
            (name, name in self._defined_once, self.caches.calling(name))
            for name in sorted(set(self._beside.get(path, ())))
        ]
        context = digest((self.caches.context(path), beside, sorted(self.carriers.present(path))))
        found = self.project.of_file("helping", path, context, partial(self._ask_helping, path))
        function_of = self.project.module(path).function_of
        for place, resets, carries, classes, around in found:
            outer = tuple((function_of(Place(*other)), also) for other, also in around)
            yield _Helping(function_of(Place(*place)), resets, carries, classes, outer)

    def _ask_helping(self, path: Path) -> list[Any]:
        asked = dict.fromkeys(self.caches.by_file.get(path, ()))
        asked.update(dict.fromkeys(f for f in self.named_helpers if f.module.path == path))
        for function in self.project.module(path).functions_named(self._beside.get(path, ())):
            if self._is_beside(function):
                asked[function] = None
        out: list[Any] = []
        for function in asked:
            if self.may_help(function):
                classes = {*_CLASS_NAME.findall(function.source)}
                classes.update((function.class_name or "").split("."))
                carries = not function.readable or any(True for _ in self._words_in(function))
                around = function.module.enclosing(function)
                out.append([
                    function.place, self.may_reset(function), carries, sorted(classes),
                    [[outer.place, self.may_reset(outer)] for outer in around],
                ])  # fmt: skip
        return out

    def may_help(self, function: FunctionRef) -> bool:
        """True when the function may be a cache-copy helper."""
        if function not in self._may_help:
            self._may_help[function] = self._copies_for_cache(function)
        return self._may_help[function]

    def _copies_for_cache(self, function: FunctionRef) -> bool:
        if not function.readable:
            return True  # a file that cannot be read is said to be one
        shape = self.caches.shape(function)
        if not shape.copies:
            return False
        if is_cache_copy_name(function.name, self.settings.cache_copy_helpers):
            return True
        if leads_by_itself(shape):
            return True
        return COPY in shape.returned and (is_memoised(function) or self._is_beside(function))

    def may_reset(self, function: FunctionRef) -> bool:
        """True when what the function copies for a cache may be reset there: a proof for its fields."""
        return self.may_help(function) and forms.resets(function.source) and function.resets_copy

    @cached_property
    def _beside(self) -> dict[Path, list[str]]:
        """By file the names defined there that are called beside a cache, one for each definition."""
        names = self.caches.beside.keys()
        context = digest(sorted(names))
        places: dict[Path, list[str]] = {}
        for path in self.project.paths if names else ():
            ask = partial(self._defined, path, names.__contains__)
            found = self.project.of_file("called beside", path, context, ask)
            if found:
                places[path] = found
        return places

    def _defined(self, path: Path, wanted: Callable[[str], bool]) -> list[str]:
        return [name for name in self.project.defined_in(path) if wanted(name)]

    @cached_property
    def _defined_once(self) -> frozenset[str]:
        """The names called beside a cache that only one function has."""
        counts = Counter(name for names in self._beside.values() for name in names)
        return frozenset(name for name, count in counts.items() if count == 1)

    def _is_beside(self, function: FunctionRef) -> bool:
        """True when a function that has to do with a cache may call this one for it.

        A function of a module has to be imported there.  A method counts where its class is named, and
        on anything when no other class has it.
        """
        name = function.name
        callers = self._noted(tuple(self.caches.beside.get(name, ())))
        if not callers or name.startswith("__"):
            return False
        if function.class_name is None or function.parent_function is not None:
            words = {name, stem(function.module.path)}
            return any(
                caller.module.path == function.module.path
                or not words.isdisjoint(self.project.imported_words(caller.module.path))
                for caller in callers
            )
        if name in self._defined_once:
            return True
        owner = function.class_name.rpartition(".")[2]
        return any(
            owner in caller.source or caller.class_name == function.class_name for caller in callers
        )

    @property
    def helpers(self) -> tuple[FunctionRef, ...]:
        """Every function of the project that may prove fields per-request by resetting them."""
        return self._noted(self._helpers)

    def _noted(self, functions: tuple[FunctionRef, ...]) -> tuple[FunctionRef, ...]:
        """These functions, whose texts whoever asks for them will read."""
        for function in functions:
            self.project.reads.file(function.module.path)
        return functions

    @cached_property
    def _helpers(self) -> tuple[FunctionRef, ...]:
        found: set[FunctionRef] = set()
        for one in self._helping:
            if one.function in self._leads.get(one.function.module.path, ()):
                found.update((one.function,) if one.resets else ())
                found.update(outer for outer, resets in one.around if resets)
        return tuple(sorted(found, key=lambda function: (function.module.path, function.place)))

    @property
    def named_helpers(self) -> tuple[FunctionRef, ...]:
        """The functions whose own name says that they copy for a cache."""
        return self._noted(self._named_helpers)

    @cached_property
    def _named_helpers(self) -> tuple[FunctionRef, ...]:
        found: list[FunctionRef] = []
        for path, names in sorted(self._named_in.items()):
            ask = partial(self._ask_named, path, names)
            context = self.caches.context(path)
            function_of = self.project.module(path).function_of
            places = self.project.of_file("named helpers", path, context, ask)
            found += (function_of(Place(*place)) for place in places)
        return tuple(found)

    def _ask_named(self, path: Path, names: set[str]) -> list[Place]:
        return [
            function.place
            for function in self.project.module(path).functions_named(names)
            if not function.readable or self.caches.shape(function).copies
        ]

    @cached_property
    def _named_in(self) -> dict[Path, set[str]]:
        """By file the names of functions that say that they copy for a cache."""
        extra = self.settings.cache_copy_helpers
        places: dict[Path, set[str]] = {}
        for path in self.project.paths:
            ask = partial(self._defined, path, lambda name: is_cache_copy_name(name, extra))
            found = self.project.of_file("cache-copy names", path, NO_CONTEXT, ask)
            if found:
                places[path] = set(found)
        return places

    def _around(self, module: Module, places: Iterable[int]) -> tuple[FunctionRef, ...]:
        """The functions around places of a module, the outer ones too, in the order of the text."""
        found: set[FunctionRef] = set()
        end = -1
        for place in sorted(places):
            if place < end:
                continue  # still the function that is known, before any definition inside it
            function = module.function_around(place)
            if function is None:
                continue
            end = module.next_definition(place, function)
            found.add(function)
            found.update(module.enclosing(function))
        return tuple(sorted(found, key=lambda function: function.block.start))

    # ----------------------------------------------------------------- merges

    def _merging(self, module: Module) -> dict[FunctionRef, bool]:
        """The functions of a module that may write a field which is per-request by its name.

        True beside those that hold what the names of such fields have in common.
        """
        if module not in self._merges:
            path = module.path
            context = digest((self.caches.meanings(path), sorted(self.carriers.present(path))))
            context = digest((context, self._carrier_digest))
            found = self.project.of_file(
                "merging", path, context, partial(self._ask_merging, module)
            )
            self._merges[module] = {module.function_of(Place(*p)): named for p, named in found}
        return self._merges[module]

    @cached_property
    def _carrier_digest(self) -> str:
        return digest(sorted(self.carriers.words))

    def _ask_merging(self, module: Module) -> list[Any]:
        data = self.project.bytes_of(module.path)
        places: list[int] = []
        if any(part.encode() in data for part in self._fields):
            places += [hit.start() for hit in self._named.finditer(module.text)]
        if forms.writes_dynamically(data) and self.carriers.present(module.path):
            places += forms.dynamic_writes(module.text)
        return [
            [function.place, any(part in function.source for part in self._fields)]
            for function in self._around(module, places)
            if self.may_merge(function)
        ]

    def _storing(self, module: Module) -> Iterable[FunctionRef]:
        """The functions of a module that fill a cache and call a function that merges."""
        path = module.path
        if not self.names_fields or not any(
            self.caches.shapes[function].stores for function in self.caches.by_file.get(path, ())
        ):
            return ()
        context = digest((self.caches.context(path), sorted(self.merging)))
        found = self.project.of_file("storing", path, context, partial(self._ask_storing, path))
        return [module.function_of(Place(*place)) for place in found]

    def _ask_storing(self, path: Path) -> list[Place]:
        users = self.caches.by_file.get(path, ())
        return [function.place for function in users if self.may_store(function)]

    def may_store(self, function: FunctionRef) -> bool:
        """True when the function may store what another one merged values onto."""
        if function not in self.caches.shapes or not self.caches.shapes[function].stores:
            return False
        return not self.merging.isdisjoint(_CALLED.findall(function.source))

    @cached_property
    def merging(self) -> frozenset[str]:
        """The names of the functions that may write a field which is per-request by its name."""
        return frozenset(
            function.name
            for path in self._naming_fields
            for function, named in self._merging(self.project.module(path)).items()
            if named
        )

    @cached_property
    def _naming_fields(self) -> list[Path]:
        """The files that hold what names of per-request fields have in common."""
        words, context = tuple(self._fields), digest(self._fields)
        paths = self.project.paths
        return [p for p in paths if self.project.holding("field names", p, words, context)]

    @cached_property
    def names_fields(self) -> bool:
        """True when any file of the project names a per-request field, or marks one."""
        return bool(self._naming_fields) or bool(self._marked)

    @cached_property
    def _marked(self) -> list[Path]:
        """The files that hold a comment of ours."""
        words, context = (_MARKER,), digest(_MARKER)
        return [p for p in self.project.paths if self.project.holding("marked", p, words, context)]

    def may_merge(self, function: FunctionRef) -> bool:
        """True when the function may write a field whose name says that it is per-request."""
        named = bool(self._named.search(function.source))
        if not named and next(self._words_in(function), None) is None:
            return False
        if not function.readable:
            return True
        names = replace(self.caches.names(function.module.path), carriers=self.carriers.words)
        owner = (function.class_name or "").rpartition(".")[2]
        writes = shape_of(function.node, names, owner=owner).writes
        if any(matches_any(write.name, self._globs) for write in writes if write.name is not None):
            return True
        hidden = [write for write in writes if write.name is None]
        if named or any(word.isupper() for word in self._words_in(function)):
            return bool(hidden)
        return any(CARRIER in write.target for write in hidden)

    def _words_in(self, function: FunctionRef) -> Iterator[str]:
        """The words of carriers that stand in a function's text, or name the class around it."""
        owner = (function.class_name or "").rpartition(".")[2]
        for word in self.carriers.present(function.module.path):
            if word in function.source or word == owner:
                yield word

    @cached_property
    def _named(self) -> re.Pattern[str]:
        """A name that one of the globs matches."""
        forms = (
            re.escape(glob).replace(r"\*", r"\w*").replace(r"\?", r"\w") for glob in self._globs
        )
        return re.compile(rf"\b(?:{'|'.join(forms) or '(?!)'})\b")

    def writers(self, names: Iterable[str]) -> list[FunctionRef]:
        """The functions of the project that may merge one of these fields, and others beside it."""
        found: dict[FunctionRef, None] = {}
        for name in names:
            pattern = forms.write_of(name)
            for path in self.project.files_containing(name.encode()):
                module = self.project.module(path)
                places = [hit.start() for hit in pattern.finditer(module.text)]
                for function in self._around(module, places):
                    if function not in found and self._merges_one(function, name):
                        found[function] = None
        return list(found)

    def _merges_one(self, function: FunctionRef, name: str) -> bool:
        """True when the function may write the field from one of the same name, and others too."""
        if len(re.findall(rf"\b{re.escape(name)}\b", function.source)) < 2:
            return False
        written = {write.name for write in self.caches.shape(function).writes}
        return None in written or (name in written and len(written) > 1)

    def rewriting(self, module: Module, names: frozenset[str]) -> set[FunctionRef]:
        """Functions of a module that write one of these fields from one of the same name.

        Such a function merges; that the fields are per-request the project has to prove.
        """
        ask = partial(self._ask_rewriting, module, names)
        found = self.project.of_file("rewriting", module.path, _digest_of(names), ask)
        return {module.function_of(Place(*place)) for place in found}

    def _ask_rewriting(self, module: Module, names: frozenset[str]) -> list[Place]:
        found: set[FunctionRef] = set()
        data = self.project.bytes_of(module.path)
        for name in names:
            if f".{name}".encode() not in data:
                continue
            for hit in re.finditer(rf"\.{re.escape(name)}\b[ \t]*(?::[^=\n]*)?=(?!=)", module.text):
                function = module.function_around(hit.start())
                if function is not None and len(_uses(name, function.source, 2)) > 1:
                    found.update((function, *module.enclosing(function)))
        return sorted(function.place for function in found)

    @cached_property
    def provable(self) -> frozenset[str]:
        """Every name that a helper by its name, a comment or the configuration may prove per-request:
        the fields of the classes that they name, and what the helpers write."""
        reads, root = self.project.reads, self.project.root
        known = reads.answer("provable", root, self.state)
        if known is None:
            with reads.noting():
                known = sorted(self._ask_provable())
            reads.keep("provable", root, self.state, known)
            reads.flush()  # before what else is read, on which this does not depend
        return frozenset(known)

    def _ask_provable(self) -> Iterable[str]:
        found = {name for pattern in self.settings.per_request_fields if "." in pattern
                 for name in (pattern.rpartition(".")[2],)}  # fmt: skip
        classes: dict[ClassRef, None] = {}
        for module, name in self.marking():
            cls = module.class_(name)
            classes.update({cls: None} if cls is not None else {})
        for function in self.named_helpers:
            writes = self.caches.shape(function).writes
            found |= {write.name for write in writes if write.name is not None}
            for word in sorted(set(_WORD.findall(function.source))):
                named = self.project.resolve(function.module, word, function)
                if isinstance(named, ClassRef):
                    classes[named] = None
        return found.union(*({d.name for d in cls.fields} for cls in classes))

    @cached_property
    def state(self) -> str:
        """A digest of what the survey says beside the texts that an answer is read from."""
        beside = ((name, map(_name, users)) for name, users in self.caches.beside.items())
        return digest((
            [(str(path), self.caches.context(path)) for path in sorted(self.caches.by_file)],
            sorted((name, sorted(users)) for name, users in beside),
            [_name(function) for function in (*self.helpers, *self.named_helpers)],
            [(str(module.path), name) for module, name in self.marking()],
            sorted(self.merging),
        ))  # fmt: skip

    @property
    def proves_fields(self) -> bool:
        """True when a model of the project may have per-request fields that no pattern names."""
        return bool(self.named_helpers) or bool(self.marking())

    def marking(self) -> list[tuple[Module, str]]:
        """Modules and the classes in them that a comment or the configuration may speak of."""
        owners = {pattern.rpartition(".")[0] for pattern in self.settings.per_request_fields}
        words = [_MARKER, *(f"class {owner}" for owner in sorted(owners) if owner.isidentifier())]
        context = digest(words)
        found: dict[tuple[Module, str], None] = {}
        for path in self.project.paths:
            ask = partial(self._ask_marking, path, words)
            for name in self.project.of_file("marking", path, context, ask):
                found[self.project.module(path), name] = None
        return list(found)

    def _ask_marking(self, path: Path, words: list[str]) -> list[str]:
        data = self.project.bytes_of(path)
        if not any(word.encode() in data for word in words):
            return []
        scan = self.project.module(path).scan
        classes = [block for block in scan.blocks if block.is_class]
        return [
            qualname_of(block)
            for block in classes
            if any(word in scan.source(block) for word in words)
        ]


@lru_cache(maxsize=16)
def _digest_of(names: frozenset[str]) -> str:
    return digest(sorted(names))


def _name(function: FunctionRef) -> tuple[str, str]:
    return str(function.module.path), function.qualname


_WORD = re.compile(r"[A-Za-z_]\w*")
_CLASS_NAME = re.compile(r"\b_*[A-Z]\w*")
_CALLED = re.compile(r"\b(\w+)\s*[(,)]")


def _uses(name: str, text: str, enough: int) -> list[int]:
    """Where a name is used as an attribute or a key, at most ``enough`` places."""
    found: list[int] = []
    for mark in (f".{name}", f'"{name}"', f"'{name}'"):
        at = text.find(mark)
        while at >= 0 and len(found) < enough:
            found.append(at)
            at = text.find(mark, at + 1)
    return found
