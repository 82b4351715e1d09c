"""Is an object of this model shared through a cache?  The question that decides about a merge."""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING, cast

from lint_rules.flow.facts import Facts
from lint_rules.flow.summaries import DEPTH
from lint_rules.flow.values import APART, Init, Obj, Ref, Value
from lint_rules.folders import in_utf8
from lint_rules.knowledge.merging import family, handed, may_be
from lint_rules.knowledge.origins import original, roots
from lint_rules.knowledge.perrequest import naming
from lint_rules.knowledge.told import kept, told
from lint_rules.naming import CARRIER_WORDS, is_cache_copy_name, is_merge_name
from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lint_rules.knowledge.perrequest import Fields
    from lint_rules.knowledge.said import Said
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef

SHARED, POSSIBLE = "shared", "sharable"
MAX_ASKED = 400
"""Functions that are looked at for one model before it counts as never cached."""


def models_around(facts: Facts, carrier: Obj) -> list[ClassRef]:
    """The class of an object, and those of the objects in whose fields it was found; none for what is declared as a
    text or a number there."""
    found = {carrier.model: None}
    while carrier.origin == "attr" and carrier.of:
        if facts.objects.is_plain(carrier.id):
            return []
        carrier = facts.objects[carrier.of[0]]
        found[carrier.model] = None
    return [model for model in found if model is not None]


def has_own_inside(facts: Facts, carrier: Obj) -> bool:
    """True for what stands in a deep copy: it is in no other object."""
    whole = facts.objects.bottom(carrier.id)
    return whole is not carrier and whole.origin == "copy" and whole.depth == "deep"


def is_looked_up(facts: Facts, carrier: Obj) -> bool:
    """True for what a cache handed out, what stands in it, and a copy of such."""
    owners = {facts.objects.bottom(obj).origin for obj in family(facts, carrier.id)}
    return "lookup" in owners


def stands_in_entry(facts: Facts, value: Value) -> bool:
    """True for the very object that stands in what a cache handed out, also where it was found in a shallow copy."""
    for atom in original(facts, value):
        if isinstance(atom, Init) or (
            isinstance(atom, Ref) and facts.objects[atom.obj].origin == "attr"
        ):
            owner = facts.objects.bottom(atom.obj)
            links = [facts.objects[link] for link in family(facts, owner.id)]
            if is_looked_up(facts, owner) and all(link.depth != "deep" for link in links):
                return True
    return False


def is_found(facts: Facts, value: Value) -> bool:
    """True for the very object that a cache handed out."""
    found = (facts.objects[obj] for obj in value.refs)
    return any(obj.origin == "lookup" and obj.how != APART for obj in found)


def given_roots(facts: Facts, carrier: Obj) -> list[tuple[Obj, str]]:
    """The parameters that a carrier is, or is a copy of, and those in a field of which it stands; the field is told
    then."""
    found: list[tuple[Obj, str]] = []
    for root in roots(facts, carrier.id):
        whole = facts.objects.bottom(root.id)
        if root.origin in ("param", "self"):
            found.append((root, ""))
        elif root.of == (whole.id,) and whole.origin in ("param", "self"):
            found.append((whole, root.field))
    return found


def _place(function: FunctionRef) -> str:
    """A function and where it stands, for the report."""
    return f"{function.qualname} ({in_utf8(function.module.path.name)}:{function.def_line})"


class Sharing:
    """Says for a carrier whether the cache may hand it, or its like, to another request."""

    def __init__(self, fields: Fields, said: Said) -> None:
        self.fields = fields
        self.survey = fields.survey
        self.library = library = fields.library
        self.project = library.project
        self.said = said
        self.model = Remembered(self._kept_model, told=told(SHARED))
        self.possible = Remembered(self._ask_possible, told=told(POSSIBLE))

    def why(self, facts: Facts, carrier: Obj) -> str | None:
        """Why the carrier is shared, in words for the report; None when nothing says so."""
        # What stands in an entry that the cache hands out is shared with it.
        if is_looked_up(facts, carrier):
            return "it is looked up in a cache here"
        models = models_around(facts, carrier)
        if models:
            found = self.model(models[0]) if carrier.model is not None else None
            own = has_own_inside(facts, carrier) and not self._copies_to_itself(models[0])
            if found is not None or own:
                return found
            found = next((why for why in map(self.model, models) if why is not None), None)
            return found if found is not None else self._handed_over(facts, carrier)
        if self.by_name(facts, carrier):
            return "its name and the function's say that it is a shared token"
        return self._handed_over(facts, carrier)

    def _copies_to_itself(self, model: ClassRef) -> bool:
        """True for a class of which a deep copy of another object holds the very object that was there."""
        method = model.method("__deepcopy__")
        facts = self.library.facts(method, 0) if method is not None else None
        itself = facts.params.get(facts.function.params[0].name) if facts is not None else None
        return facts is not None and any(itself in leave.value.refs for leave in facts.exits)

    def _handed_over(self, facts: Facts, carrier: Obj, calls: int = DEPTH) -> str | None:
        """Why a parameter is shared of whose class no cache has objects, or which has none: a caller hands over what
        stands in an entry, or the entry, or what it was given as such."""
        for param, path in given_roots(facts, carrier):
            for caller in self.said.helpers.callers(facts.function):
                handoffs = (each for each in caller.handoffs if each.callee == facts.function)
                values = [value for call in handoffs for value in handed(caller, call, param, path)]
                what = self._what_is_handed(caller, values, carrier, path)
                if what:
                    return f"{_place(caller.function)} hands it {what} in a cache"
                found = self._given_on(caller, values, calls) if calls else None
                if found is not None:
                    return f"{_place(caller.function)} hands on what it is given, and {found}"
        return None

    def _what_is_handed(self, caller: Facts, values: list[Value], carrier: Obj, path: str) -> str:
        """What of a cache entry a caller hands over, in words for the report; a whole one only where no class says of
        what is cached."""
        if carrier.model is None and any(is_found(caller, value) for value in values):
            return "what it looks up"
        if path or carrier.model is not None:
            if any(stands_in_entry(caller, value) for value in values):
                return "a part of what it looks up"
        return ""

    def _given_on(self, facts: Facts, values: list[Value], calls: int) -> str | None:
        """Why what a function hands on of its own parameters is shared; None where nothing says so."""
        for obj in sorted({obj for value in values for obj in may_be(facts, value)}):
            part = facts.objects[obj]
            if facts.objects.bottom(obj).origin not in ("param", "self"):
                continue
            why = next(filter(None, map(self.model, models_around(facts, part))), None)
            found = why or self._handed_over(facts, part, calls - 1)
            if found is not None:
                return found
        return None

    def may_be_handed_over(self, facts: Facts, carrier: Obj) -> bool:
        """False for what no other function hands over; asked without interpreting one. What the callers have they may
        have of theirs."""
        return bool(given_roots(facts, carrier) and self.project.callers(facts.function))

    def by_name(self, facts: Facts, carrier: Obj) -> bool:
        """Where the project shows nothing of the model's life, the names decide."""
        root = facts.objects[min(family(facts, carrier.id))]
        if root.origin not in ("param", "self"):
            return False
        if not is_merge_name(facts.function.name, self.library.settings.merge_functions):
            return False
        return bool(CARRIER_WORDS.search(root.name) or CARRIER_WORDS.search(root.type_text))

    def _may_show(self, model: ClassRef) -> Iterator[FunctionRef]:
        """The functions that have to do with a cache and name the model, or are its methods."""
        named = self.survey.named_helpers
        for name in [cls.name for cls in model.mro]:
            for path in self.project.files_containing(name.encode()):
                for function in (
                    *(f for f in named if f.module.path == path),
                    *self.survey.cache_users(path),
                ):
                    if name in function.source or (function.class_name or "").endswith(name):
                        yield function

    def _ask_possible(self, model: ClassRef) -> bool:
        """True when there is any function that may show it; asked without interpreting one."""
        return any(True for _ in chain(self._may_show(model), self._given_by_factories(model)))

    def _kept_model(self, model: ClassRef) -> str | None:
        found = kept(self.project, SHARED, model, lambda model: [self._ask_model(model)])
        return cast("str | None", found[0])

    def _ask_model(self, model: ClassRef) -> str | None:
        """Why objects of a model are shared; None when the class never reaches a cache.

        The first function that shows it: helpers by name, then what others do by themselves.
        """
        candidates = list(islice(self._candidates(model), MAX_ASKED))
        extra = self.library.settings.cache_copy_helpers
        named = [f for f in candidates if is_cache_copy_name(f.name, extra)]
        for functions, depth in ((named, DEPTH), (candidates, 0), (candidates, DEPTH)):
            for function in functions:
                found = self._in_function(function, model, depth)
                if found is not None:
                    return found
        return None

    def stored_unsanitized(self, model: ClassRef) -> bool:
        """True when some function stores an object of the model itself, not a copy made for it."""
        return any(
            stored.is_kin_of(model) and not as_copy and not self._is_by_user(function, model, DEPTH)
            for function in self._candidates(model)
            for stored, as_copy in self.said.cached(function, DEPTH).stored
        )

    def _candidates(self, model: ClassRef) -> Iterator[FunctionRef]:
        """Functions that name the model and have to do with a cache, those that say so by their name
        first."""
        found: dict[FunctionRef, None] = {}
        for cls in model.mro:
            found.update((function, None) for function in naming(self.project, cls, self._may_know))
            for method in cls.methods.values():
                found[method] = None
        found = {function: None for function in found if self._runs_with(model, function)}
        extra = self.library.settings.cache_copy_helpers
        named = [f for f in found if is_cache_copy_name(f.name, extra)]
        rest = [f for f in found if f not in named and self.survey.uses_cache(f)]
        yield from named
        yield from sorted(rest, key=lambda f: len(f.source))
        given = (f for f in self._given_by_factories(model) if f not in found)
        yield from (f for f in given if self._runs_with(model, f))

    def _runs_with(self, model: ClassRef, function: FunctionRef) -> bool:
        """False for what only tests do with a class of the program."""
        is_of_tests = self.project.is_of_tests
        return is_of_tests(model.module.path) or not is_of_tests(function.module.path)

    def _given_by_factories(self, model: ClassRef) -> Iterator[FunctionRef]:
        """Functions that have to do with a cache and name the model by a function alone that makes an object of it."""
        made = rf"\b{re.escape(model.name)}\("
        form = rf"\breturn\b[^\n]*{made}|\b(\w+)[ \t]*(?::[^=\n]*)?=[ \t]*(?:\w+\.)?{made}[\s\S]*\breturn \1\b"
        for factory in naming(self.project, model, lambda function: function.holds(form)):
            yield from filter(self.survey.uses_cache, self.project.callers(factory))

    def _may_know(self, function: FunctionRef) -> bool:
        named = is_cache_copy_name(function.name, self.library.settings.cache_copy_helpers)
        return named or self.survey.uses_cache(function)

    def _in_function(self, function: FunctionRef, model: ClassRef, depth: int) -> str | None:
        place = _place(function)
        found = self.said.cached(function, depth)
        objects = f"{model.name} objects"
        shown = {
            f"copies {objects} for a cache": found.copied,
            f"stores {objects} in a cache": [stored for stored, _ in found.stored],
            f"looks {objects} up in a cache": found.looked_up,
        }
        what = next(
            (what for what, models in shown.items() if any(map(model.is_kin_of, models))), None
        )
        if what is None or self._is_by_user(function, model, depth):
            return None
        return f"{place} {what}"

    def _is_by_user(self, function: FunctionRef, model: ClassRef, depth: int) -> bool:
        """True for a function that stores and looks up objects of a model under keys of end users alone: each entry is
        one user's."""
        from lint_rules.knowledge.userkeys import is_cached_by_user

        facts = self.library.facts(function, depth)
        return facts is not None and is_cached_by_user(self.fields, facts, model)
