"""Which functions of a project may merge: write per-request fields on an object that came in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rules.naming import longest_literal, matches_any
from lint_rules.project.functions import Place
from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.names import together
from lint_rules.project.words import names_like, places_of
from lint_rules.screen import forms
from lint_rules.screen.caches import FOLLOWED
from lint_rules.screen.carriers import CarrierWords
from lint_rules.screen.places import around
from lint_rules.screen.shapereader import shape_of
from lint_rules.screen.shapes import ATTRIBUTE, CARRIER, FOUND, PARAM
from lint_rules.screen.statements import Statements

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.joins import Join, Said
    from lint_rules.project.modules import Module
    from lint_rules.screen.caches import CacheUsers
    from lint_rules.screen.shapes import Shape, Write


_FOUND = frozenset({FOUND, ATTRIBUTE})
"""Looked up, or standing in what was."""


class _Merging(NamedTuple):
    """A function that may write a field whose name says that it is per-request."""

    place: Place
    #: Whether its callers may see what it wrote: it wrote onto what it was given, or returns it.
    shown: bool


class Merges:
    """The functions of one project that may merge."""

    def __init__(self, caches: CacheUsers, carriers: CarrierWords) -> None:
        self.caches = caches
        self.carriers = carriers
        self.project = caches.project
        self._globs = tuple(p.rpartition(".")[2] for p in caches.settings.per_request_fields)
        self._fields = [part for part in map(longest_literal, self._globs) if part]
        each, join = self.project.joins.each, self.project.joins.join
        self._merging = each(self._ask_merging_in)
        self._shown = join("merging", self._told_shown, together, sorted)
        #: Their names, for which the files are searched, and a digest of them.
        self._to_hand_to = join("names of merges", None, self._fold_names, list)
        self._handing = join("handing to merges", self._told_handing, together, sorted)
        #: True when a function that is called so writes on what it is given under names that no text shows.
        self._hides_writes = each(self._ask_hides_writes)
        self._collecting: dict[tuple[str, ...], Join[frozenset[str]]] = {}
        self._words_of: dict[ClassRef, CarrierWords] = {}
        self._rewriters_of: dict[frozenset[str], Join[frozenset[str]]] = {}
        # By name, not by who asks: thousands may call a name that thousands of functions have.
        self._writing_given: dict[tuple[str, int], bool] = {}

    def in_module(self, module: Module) -> list[FunctionRef]:
        """The functions of a module that may write a field which is per-request by its name."""
        return [module.function_of(one.place) for one in self._merging(module.path)]

    def _ask_merging_in(self, path: Path) -> list[_Merging]:
        """Those functions of a file."""
        found = self._read_merging(path) if self._may_write(path) else []
        return [_Merging(Place(*place), shown) for place, shown in found]

    def _may_write(self, path: Path) -> bool:
        """False for a file whose words show that it writes no such field; nothing else is asked of it."""
        named, dynamic = self._words_in(path)
        return named or (dynamic and bool(self.carriers.present(path)))

    def _words_in(self, path: Path) -> list[bool]:
        """Whether a file names such a field, and whether it may write under names that its text does not show."""
        found: list[bool] = self.project.of_file(
            "merge words", path, self._field_digest, partial(self._ask_words, path)
        )
        return found

    def _ask_words(self, path: Path) -> list[bool]:
        data = self.project.bytes_of(path)
        named = any(part.encode() in data for part in self._fields)
        return [named, forms.writes_dynamically(data)]

    @cached_property
    def _field_digest(self) -> str:
        return digest(self._fields)

    def _read_merging(self, path: Path) -> list[Any]:
        present = sorted(self.carriers.present(path))
        context = digest((self.caches.context(path), present, self.carriers.words_digest))
        found: list[Any] = self.project.of_file(
            "merging", path, context, partial(self._ask_merging, path)
        )
        return found

    def _ask_merging(self, path: Path) -> list[Any]:
        module = self.project.module(path)
        named, dynamic = self._words_in(path)
        places = list(self._named(module.text)) if named else []
        if dynamic and self.carriers.present(path):
            places += forms.dynamic_writes(module.text)
        found = ((f.place, self._shows_merge(f)) for f in around(module, places))
        return [[place, shown] for place, shown in found if shown is not None]

    def storing(self, path: Path) -> list[FunctionRef]:
        """The functions of a file that fill a cache and call a function that merges."""
        return [function for function in self.caches.shapes(path) if self.may_store(function)]

    def may_store(self, function: FunctionRef) -> bool:
        """True when the function may store what another one merged values onto, or answers for what that one
        writes on an object of a class that it does not know: that one is given it."""
        shape = self.caches.known_shape(function)
        if shape is None:
            return False
        return (shape.stores and self._stores_merged(function, shape)) or (
            shape.looks_up and self._hands_found(function, shape)
        )

    def _hands_found(self, function: FunctionRef, shape: Shape) -> bool:
        """True when the function gives what it found to one that may write such a field on it."""
        given = [name for name in sorted(shape.given) if not _FOUND.isdisjoint(shape.given[name])]
        if not given:
            return False
        if next(self.carriers.in_function(function), None) is not None:
            return any(map(self._writes_given, given))
        return not self._merging_names.isdisjoint(given)

    def _stores_merged(self, function: FunctionRef, shape: Shape) -> bool:
        given = self._given_and_stored(shape)
        if not self._merging_names.isdisjoint(given):
            return True
        if any(FOUND in shape.given[name] and self._writes_given(name) for name in given):
            return True
        # What is written under names that no text shows matters on an object that has such fields.
        given = list(filter(self._hides_writes, given))
        if not given or next(self.carriers.in_function(function), None) is None:
            return False
        carried = self._shape(function).given
        return any(FOUND in shape.given[n] or CARRIER in carried.get(n, ()) for n in given)

    def _shape(self, function: FunctionRef) -> Shape:
        """The shape of a function that knows the classes of such objects by their names."""
        names = replace(self.caches.names(function.module.path), carriers=self.carriers.words)
        return shape_of(function.node, names, owner=function.owner)

    def _given_and_stored(self, shape: Shape) -> list[str]:
        """The names of the functions that are given what is stored."""
        stored = shape.reached(shape.stored, self.caches.hands_on)
        return sorted(n for n, tokens in shape.given.items() if not stored.isdisjoint(tokens))

    def storing_rewritten(self, path: Path, names: frozenset[str]) -> Iterator[FunctionRef]:
        """The functions of a file that store what they give to one that writes one of these fields from one
        of the same name."""
        for function, shape in self.caches.shapes(path).items():
            if shape.stores and not self._rewriters(names).isdisjoint(
                self._given_and_stored(shape)
            ):
                yield function

    def _rewriters(self, names: frozenset[str]) -> frozenset[str]:
        """The names of the functions of the project that write one of these fields so."""
        if names not in self._rewriters_of:
            ask = partial(self._told_rewriting, self.holding(names), names)
            join = self.project.joins.join(f"rewriting {_digest_of(names)}", ask, together, sorted)
            self._rewriters_of[names] = join
        return self._rewriters_of[names].value

    def _told_rewriting(
        self, holding: dict[Path, list[str]], names: frozenset[str], path: Path
    ) -> list[str]:
        found = self.rewriting(self.project.module(path), names) if path in holding else ()
        return sorted({function.name for function in found})

    def _writes_given(self, name: str, away: int = FOLLOWED) -> bool:
        """True when a function that is called so writes fields of what it is given, or one that it gives that to:
        which of them are per-request the project's helpers may prove."""
        if (name, away) not in self._writing_given:
            self._writing_given[name, away] = self._one_writes_given(name, away)
        return self._writing_given[name, away]

    def _one_writes_given(self, name: str, away: int) -> bool:
        for shape in self.caches.called(name):
            copies = {c.token for c in shape.copies.values() if any(map(_is_given, c.source))}
            targets = frozenset().union(*(write.target for write in shape.writes))
            if not copies.isdisjoint(targets) or any(map(_is_given, targets)):
                return True
            handed = (
                n for n, tokens in shape.given.items() if any(t.startswith(PARAM) for t in tokens)
            )
            if away > 1 and any(self._writes_given(other, away - 1) for other in handed):
                return True
        return False

    def _ask_hides_writes(self, name: str) -> bool:
        return any(
            write.name is None and any(token.startswith(PARAM) for token in write.target)
            for shape in self.caches.called(name)
            for write in shape.writes
        )

    def _told_shown(self, path: Path) -> list[str]:
        """The names of the functions that may merge onto what they are given or return."""
        shown = {one.place.qualname for one in self._merging(path) if one.shown}
        return sorted({name.rpartition(".")[2] for name in shown})

    @property
    def _merging_names(self) -> frozenset[str]:
        """Those names, and the names of functions that hand on to one of them what they are given."""
        return self._shown.value | self._handing.value

    def _told_handing(self, path: Path) -> list[str]:
        names, context = self._to_hand_to.value
        held = partial(self.project.held, names, path)
        found = self.project.of_file("names of merges", path, context, held)
        if not found:
            return []
        context = digest((self.caches.context(path), found))
        ask = partial(self._ask_handing, path, found)
        told: list[str] = self.project.of_file("handing to merges", path, context, ask)
        return told

    def _fold_names(self, _: Said) -> tuple[tuple[str, ...], str]:
        names = tuple(sorted(name for name in self._shown.value if not name.startswith("__")))
        return names, digest(names)

    def _ask_handing(self, path: Path, names: list[str]) -> list[str]:
        module = self.project.module(path)
        places = (hit.start() for hit in places_of(set(names), module.text))
        shapes = ((f, self.caches.shape(f).given) for f in around(module, places))
        return sorted(
            function.name
            for function, given in shapes
            if any(t.startswith(PARAM) for name in names for t in given.get(name, ()))
        )

    def may_merge(self, function: FunctionRef) -> bool:
        """True when the function may write a field whose name says that it is per-request."""
        return self._shows_merge(function) is not None

    def _shows_merge(self, function: FunctionRef) -> bool | None:
        """None for a function that merges nothing, else whether its callers may see what it wrote."""
        named = next(self._named(function.source), None) is not None
        if not named and next(self.carriers.in_function(function), None) is None:
            return None
        if not function.readable:
            return True
        shape = self._shape(function)
        writes = [write for write in shape.writes if self._is_merge(function, write, named)]
        user = self.caches.known_shape(function)  # which knows what was looked up through others
        if user is not None:
            writes += [write for write in user.writes if self._is_merge(function, write, named)]
        returned = shape.reached(shape.returned, lambda name: True)
        seen = {
            token == ATTRIBUTE or token.startswith(PARAM) or token in returned
            for write in writes
            for token in write.target
        }
        return any(seen) if writes else None

    def _is_merge(self, function: FunctionRef, write: Write, named: bool) -> bool:
        """True for a write that may be of such a field; ``named`` says that the function names one."""
        if write.name is not None:
            return matches_any(write.name, self._globs)
        if named or self._names_collection(function):
            return True
        return not write.target.isdisjoint((CARRIER, FOUND))

    def _names_collection(self, function: FunctionRef) -> bool:
        """True when a word of the function stands for a constant: names of fields may be collected there."""
        meanings = self.caches.aliases.meanings(function.module.path)
        words = self.carriers.in_function(function)
        return any(map(str.isupper, (m for w in words for m in (w, *meanings.get(w, ())))))

    def _named(self, text: str) -> Iterator[int]:
        """Where names stand that one of the globs matches."""
        return (first for glob in self._globs for first, _ in names_like(glob, text))

    def may_hold(self, function: FunctionRef, model: ClassRef) -> bool:
        """True when the function can hold an object of the model, or of a class of its family."""
        return next(self.words(model).in_function(function), None) is not None

    def words(self, model: ClassRef) -> CarrierWords:
        """The words without which a function cannot hold an object of a model."""
        if model not in self._words_of:
            self._words_of[model] = CarrierWords(self.project, self.caches.settings, model)
        return self._words_of[model]

    def digest_of_words(self, model: ClassRef | None) -> str:
        """The digest of the words of a model; empty where there is no such class."""
        return self.words(model).digest if model is not None else ""

    def holding(self, names: Iterable[str]) -> dict[Path, list[str]]:
        """By file those of the names that it holds, where it holds any."""
        held: dict[Path, set[str]] = {}
        for name in names:
            for path in self.project.files_containing(name.encode()):
                held.setdefault(path, set()).add(name)
        return {path: sorted(held[path]) for path in sorted(held)}

    def collections(self, names: Iterable[str]) -> list[str]:
        """The constants of the project that may collect some of these names."""
        names = tuple(names)
        if names not in self._collecting:
            ask = partial(self._ask_collections, self.holding(names))
            join = self.project.joins.join(f"collecting {digest(names)}", ask, together, sorted)
            self._collecting[names] = join
        return sorted(self._collecting[names].value)

    def _ask_collections(self, holding: dict[Path, list[str]], path: Path) -> list[str]:
        if path not in holding:
            return []
        text = self.project.text_of(path)
        statements = Statements(text)
        collecting = map(statements.collection_at_margin, forms.quoted(holding[path], text))
        return sorted({name for name in collecting if name is not None and name.isupper()})

    def writers(self, path: Path, names: list[str]) -> list[FunctionRef]:
        """The functions of a file that may merge one of these fields, and others beside it, in the order of the text."""
        module, context = self.project.module(path), self.caches.context(path)
        ask = partial(self._ask_merging_one, module, names)
        places = self.project.of_file(f"merging one of {digest(names)}", path, context, ask)
        return [module.function_of(Place(*place)) for place in places]

    def _ask_merging_one(self, module: Module, names: list[str]) -> list[Place]:
        writing: dict[FunctionRef, list[str]] = {}
        written = forms.writes_of({name for name in names if not name.isupper()}, module.text)
        collections = {name for name in names if name.isupper()}
        collections.update(forms.renamed(collections, module.text))
        for hit in places_of(collections, module.text):
            # A collection counts in whatever form.
            written.setdefault(hit.group(), []).append(hit.start())
        for name, places in written.items():
            for function in around(module, places):
                writing.setdefault(function, []).append(name)
        return sorted(f.place for f, written in writing.items() if self._merges_one(f, written))

    def _merges_one(self, function: FunctionRef, names: list[str]) -> bool:
        """True when the function may write one of the fields from one of the same name, and others too."""
        words = forms.words_of(function.source)
        written = {write.name for write in self.caches.shape(function).writes}
        if None in written:
            return True  # what is written under the names of a collection is named once
        names = [name for name in names if words[name] > 1]
        return len(written) > 1 and not written.isdisjoint(names)

    def rewriting(self, module: Module, names: frozenset[str]) -> set[FunctionRef]:
        """Functions of a module that write one of these fields from one of the same name.

        Such a function merges; that the fields are per-request the project has to prove.
        """
        ask = partial(self._ask_rewriting, module, names)
        found = self.project.of_file(f"rewriting {_digest_of(names)}", module.path, NO_CONTEXT, ask)
        return {module.function_of(Place(*place)) for place in found}

    def _ask_rewriting(self, module: Module, names: frozenset[str]) -> list[Place]:
        writing: dict[FunctionRef, set[str]] = {}
        for hit in forms.field_writes(module.text):
            if hit.group(1) in names:
                function = module.function_around(hit.start())
                if function is not None:
                    writing.setdefault(function, set()).add(hit.group(1))
        found: set[FunctionRef] = set()
        for function, written in writing.items():
            uses = forms.uses_of(function.source)
            if any(uses[name] > 1 for name in written):
                found.update((function, *module.enclosing(function)))
        return sorted(function.place for function in found)


def _is_given(token: str) -> bool:
    return token.startswith(PARAM)


@lru_cache(maxsize=16)
def _digest_of(names: frozenset[str]) -> str:
    return digest(sorted(names))
