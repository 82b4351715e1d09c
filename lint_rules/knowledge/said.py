"""What single functions say of models, as plain data: it is kept for other runs, so that one changed file does
not bring every function to be interpreted again that says something of the same models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rules.flow.facts import Facts
from lint_rules.flow.openparams import is_open
from lint_rules.flow.values import Obj, Value
from lint_rules.knowledge.helpers import HelperCopy, is_handed_on, own_copies, resets_any
from lint_rules.knowledge.leaving import living_on, objects_in
from lint_rules.knowledge.merging import Merge, Merging, found_ones
from lint_rules.project.derived import told_of
from lint_rules.project.kept import NO_CONTEXT
from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from lint_rules.flow.summaries import Library
    from lint_rules.knowledge.helpers import Helpers
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.settings import Settings


class Copied(NamedTuple):
    """A class of which a function by itself makes a copy, and whether it may reset something on it for a
    cache."""

    model: ClassRef | None
    may_reset: bool


class Reset(NamedTuple):
    """A field that a cache-copy helper resets, on a copy of which class, and the line, from the helper's
    first on (0)."""

    model: ClassRef | None
    field: str
    row: int


class Source(NamedTuple):
    """What a written value was read from: the object in its function, its name, and whether it can bring a
    request's values."""

    obj: int
    name: str
    brings_request: bool


class Written(NamedTuple):
    """A write onto an object that came in, of a value from a field of the same name; its line counts from
    the function's first on (0)."""

    model: ClassRef | None
    carrier: int
    field: str
    row: int
    #: The field came up by unrolling a mapping whose keys are not known: no statement about it.
    from_unknown: bool
    sources: tuple[Source, ...]
    #: The parameter that the object is, or is a copy of, where nothing says of which class that is.
    param: str


class Handed(NamedTuple):
    """An object that a function, its calls left out, gives to another one: its class, or the parameter of the function
    that it is where nothing says of which class that is."""

    callee: FunctionRef
    param: str
    model: ClassRef | None
    from_param: str


class Cached(NamedTuple):
    """The classes of what a function copies for a cache, stores there (and whether as a copy), and looks up."""

    copied: tuple[ClassRef, ...]
    stored: tuple[tuple[ClassRef, bool], ...]
    looked_up: tuple[ClassRef, ...]


class Said:
    """What the functions of one project say of models."""

    def __init__(self, library: Library, helpers: Helpers) -> None:
        self.library = library
        self.project = library.project
        self.helpers = helpers
        self.merges = Remembered(self._ask_merges)
        self.copied = Remembered(self._ask_copied)
        self.written_models = Remembered(self._ask_written_models)
        self.written_params = Remembered(self._ask_written_params)
        self.resets = Remembered(self._ask_resets)
        self.written = Remembered(self._ask_written)
        self.handed = Remembered(self._ask_handed)
        self._cached = Remembered(self._ask_cached)

    def cached(self, function: FunctionRef, depth: int) -> Cached:
        """What a function has to do with a cache, calls followed ``depth`` deep."""
        return self._cached((function, depth))

    # ----------------------------------------------------------------- questions

    def _ask_copied(self, function: FunctionRef) -> tuple[Copied, ...]:
        """The copies that a function by itself makes."""
        told = self._kept("copied", function, lambda: list(self._tell_copied(function)))
        return tuple(Copied(self._class(model), resets) for model, resets in told)

    def _tell_copied(self, function: FunctionRef) -> Iterator[Any]:
        facts = self.library.facts(function, 0)
        for copy in own_copies(facts) if facts is not None else ():
            assert facts is not None
            may_reset = facts.final is not None and (
                resets_any(facts, copy) or is_handed_on(facts, copy)
            )
            yield _name(copy.model), may_reset and self.helpers.may_leave(facts, copy)

    def _ask_written_models(self, function: FunctionRef) -> tuple[ClassRef, ...]:
        """The classes on whose objects a function by itself writes a field."""
        told = self._kept("written models", function, lambda: self._tell_written_models(function))
        return tuple(self._classes(told))

    def _tell_written_models(self, function: FunctionRef) -> list[Any]:
        facts = self.library.facts(function, 0)
        written = (write.obj for write in facts.writes) if facts is not None else ()
        return _names(facts.objects[obj].model for obj in dict.fromkeys(written)) if facts else []

    def _ask_written_params(self, function: FunctionRef) -> tuple[str, ...]:
        """The parameters of no known class on which a function by itself writes a field."""
        told = self._kept(
            "written onto arguments", function, lambda: self._tell_written_params(function)
        )
        return tuple(told)

    def _tell_written_params(self, function: FunctionRef) -> list[str]:
        facts = self.library.facts(function, 0)
        if facts is None:
            return []
        written = {_open_param(facts, facts.objects[write.obj]) for write in facts.writes}
        return sorted(written - {""})

    def _ask_resets(self, function: FunctionRef) -> tuple[Reset, ...]:
        """What a function resets on the copies for which it is a cache-copy helper."""
        told = self._kept("resets", function, lambda: [
            [_name(copy.copy.model), name, row]
            for copy in self.helpers.copies(function)
            for name, row in self.reset_on(copy)
        ])  # fmt: skip
        return tuple(Reset(self._class(model), name, row) for model, name, row in told)

    def reset_on(self, copy: HelperCopy) -> Iterator[tuple[str, int]]:
        """The fields that a helper resets on a copy, and the line of each; what another function resets on a
        copy that it made is that one's proof."""
        for name in copy.fields if not copy.made_elsewhere else ():
            if copy.resets(name):
                yield name, self._reset_row(copy, name)

    def _reset_row(self, copy: HelperCopy, name: str) -> int:
        facts = copy.facts
        writes = (write.node for write in copy.writes(name) if write.obj == copy.copy.id)
        edits = (edit.node for edit in facts.shared_edits if edit.field == name)
        node = next(chain(writes, edits), copy.copy.node)
        function = facts.function
        return self.library.row(function, node) if node is not None else function.def_row

    def _ask_merges(self, function: FunctionRef) -> list[tuple[Obj, list[Merge]]]:
        """The merges of a function, by the carrier they are written onto."""
        alone = self.library.facts(function, 0)
        facts = (
            self.library.facts(function)
            if alone is not None and _writes(alone, self.library.settings)
            else None
        )
        if facts is None or facts.final is None:
            return []
        merging = Merging(facts)
        given = (o for o in facts.objects.all() if is_given(facts, o))
        found = [(c, merges) for c in given if (merges := merging.merges_onto(c.id))]
        living = living_on(facts, self._by_itself) if found else ()
        return [(carrier, merges) for carrier, merges in found if carrier.id in living]

    def _by_itself(self, function: FunctionRef) -> Facts | None:
        return self.library.facts(function, 0)

    def _ask_written(self, function: FunctionRef) -> tuple[Written, ...]:
        """The merges of a function that may say of their field what is known of others beside it."""
        told = self._kept("written", function, lambda: list(self._tell_written(function)))
        return tuple(
            Written(
                self._class(cls),
                carrier,
                name,
                row,
                unknown,
                tuple(Source(*s) for s in sources),
                param,
            )
            for cls, carrier, name, row, unknown, sources, param in told
        )

    def _tell_written(self, function: FunctionRef) -> Iterator[Any]:
        facts = self.library.facts(function)
        for carrier, merges in self.merges(function):
            # What is added up is kept on purpose: that says nothing of whose value it is.
            for merge in (m for m in merges if m.same_name and m.keeps != "added"):
                assert facts is not None
                unknown = merge.from_unknown
                row = 0 if unknown else self.library.row(function, merge.write.node)
                sources = [
                    Source(obj.id, obj.name, obj.origin in _BRINGS_REQUEST)
                    for obj in (facts.objects[number] for number in merge.sources)
                ]
                name = merge.write.field
                param = _open_param(facts, carrier)
                yield _name(carrier.model), carrier.id, name, row, unknown, sources, param

    def _ask_handed(self, function: FunctionRef) -> tuple[Handed, ...]:
        """The objects that a function by itself gives to others."""
        told = self._kept("handed", function, lambda: list(self._tell_handed(function)))
        found = ((self.project.function_at(Path(path), piece), more) for path, piece, *more in told)
        return tuple(
            Handed(callee, param, self._class(model), from_param)
            for callee, (param, model, from_param) in found
            if callee is not None
        )

    def _tell_handed(self, function: FunctionRef) -> Iterator[Any]:
        facts = self.library.facts(function, 0)
        for handoff in facts.handoffs if facts is not None else ():
            assert facts is not None
            for param, value in handoff.arguments.items():
                for info in map(facts.objects.__getitem__, value.refs):
                    from_param = _open_param(facts, info)
                    if info.model is not None or from_param:
                        yield *told_of(handoff.callee), param, _name(info.model), from_param

    def _ask_cached(self, asked: tuple[FunctionRef, int]) -> Cached:
        function, depth = asked
        told = self._kept(f"cached {depth}", function, lambda: self._tell_cached(function, depth))
        copied, stored, looked_up = told
        return Cached(
            tuple(self._classes(copied)),
            tuple((cls, was) for name, was in stored for cls in self._classes([name])),
            tuple(self._classes(looked_up)),
        )

    def _tell_cached(self, function: FunctionRef, depth: int) -> Any:
        copies = self.helpers.copies(function) if depth else ()
        copied = _names(copy.copy.model for copy in copies)
        facts = self.library.facts(function, depth)
        if facts is None:
            return copied, [], []
        stored = [(facts.objects[store.obj], store.copied) for store in facts.stores]
        if facts.caches_result:  # what it returns is kept as it is
            returned = dict.fromkeys(obj for leave in facts.exits for obj in leave.value.refs)
            stored += [(facts.objects[obj], False) for obj in returned]
        found = [obj for obj in facts.objects.all() if obj.origin == "lookup"]
        return (
            copied,
            [
                (_name(obj.model), copied or obj.origin == "copy")
                for obj, copied in stored
                if obj.model is not None
            ],
            _names(obj.model for obj in found),
        )

    # ----------------------------------------------------------------- keeping

    def _kept(self, question: str, function: FunctionRef, ask: Callable[[], Any]) -> Any:
        path, piece = function.piece
        return self.project.reads.kept(f"{question} {piece}", path, NO_CONTEXT, ask)

    def _class(self, name: list[str] | None) -> ClassRef | None:
        return self.project.class_at(*name) if name is not None else None

    def _classes(self, names: Iterable[list[str] | None]) -> Iterator[ClassRef]:
        for name in names:
            cls = self._class(name)
            if cls is not None:
                yield cls


_BRINGS_REQUEST = frozenset({"param", "call", "attr", "lookup", "mapping"})
"""The origins of objects that can bring a request's values."""
OWN = frozenset({"mapping", "fresh", "global"})
"""The origins of objects that a function made itself, or that are everybody's."""


def _open_param(facts: Facts, obj: Obj) -> str:
    """The parameter that an object of no known class is, or is a copy of; empty where it is none."""
    if obj.model is not None:
        return ""
    links = facts.objects.family(obj.id)
    return next((name for name, given in facts.params.items() if given in links), "")


def _name(model: ClassRef | None) -> list[str] | None:
    return [str(model.module.path), model.qualname] if model is not None else None


def _names(models: Iterable[ClassRef | None]) -> list[Any]:
    return [_name(model) for model in dict.fromkeys(models) if model is not None]


def _writes(facts: Facts, settings: Settings) -> bool:
    """True when a function, its calls left out, writes a field of an object that it did not make itself, or
    gives what may be looked up to one that leaves the class open: it answers for what that writes."""
    return any(
        facts.objects[write.obj].origin not in OWN for write in (*facts.writes, *facts.additions)
    ) or any(
        _may_be_found(facts, handoff.arguments[param.name])
        and is_open(settings, handoff.callee, param)
        for handoff in facts.handoffs
        for param in handoff.callee.params
        if param.name in handoff.arguments
    )


def _may_be_found(facts: Facts, value: Value) -> bool:
    """True for an object that was looked up, or that a call returned."""
    return any(
        facts.objects.bottom(obj).origin in ("lookup", "call", "copy") for obj in objects_in(value)
    )


def is_given(facts: Facts, carrier: Obj) -> bool:
    """True for an object that a function was given or looked up, or a copy it made of one.

    A copy that another function made and handed over is private; what it still carries is that
    function's business.
    """
    return all(
        (link.maker is None or link.open)
        and link.origin in ("copy", "param", "self", "lookup", "attr")
        for link in found_ones(facts, carrier)
    )
