"""Cache entries of which no class is known: may one hold a request's value of a field?

Of a class everything is asked that names it.  Here only the name of the cache and that of the field lead to those who
may put one there, so that a field counts as held where one of them is seen to do so.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from lint_rules.knowledge.called import with_callers
from lint_rules.knowledge.merging import family
from lint_rules.knowledge.origins import brings, entry_around, is_found_itself, roots
from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lint_rules.flow.facts import Facts, Store, Write
    from lint_rules.flow.summaries import Library
    from lint_rules.flow.values import Obj
    from lint_rules.project.functions import FunctionRef

MAX_ASKED = 200
"""Functions that are looked at for one cache before its entries count as holding anything."""


class Entry(NamedTuple):
    """A field of the entries of all caches of one name."""

    cache: str
    name: str


class Classless:
    """Says which fields of entries without a class a request's value may be in."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.project = library.project
        self.may_hold = Remembered(self._ask)

    def entries(self, facts: Facts, obj: int, name: str) -> list[Entry]:
        """A field of the entries that an object is, or is a copy of."""
        found = (entry_around(facts, root) for root in roots(facts, obj))
        names = dict.fromkeys(root.name for root in found if root.origin == "lookup")
        return [Entry(cache, name) for cache in names]

    def _ask(self, entry: Entry) -> bool:
        asked = list(islice(self._related(entry), MAX_ASKED + 1))
        if len(asked) > MAX_ASKED:
            return True
        looked = (self.library.facts(function) for function in asked)
        return any(facts is None or _puts(facts, entry.name, asked) for facts in looked)

    def _related(self, entry: Entry) -> Iterator[FunctionRef]:
        """The functions that name the cache or the field, and those that call them."""
        found: dict[FunctionRef, None] = {}
        for name in entry:
            found.update(dict.fromkeys(self.project.functions_mentioning(name)))
        return with_callers(self.project, found)


def _puts(facts: Facts, name: str, asked: Collection[FunctionRef]) -> bool:
    """True for a function that may put a request's value into the field of an entry."""
    given = [w.obj for w in (*facts.writes, *facts.all_additions) if _gives(facts, w, name)]
    given += [obj.id for obj in facts.objects.all() if obj.mixed and _is_classless(facts, obj.id)]
    return any(_stores(facts, store, name) for store in facts.stores) or any(
        _is_entry(facts, facts.objects[obj], asked) for obj in given
    )


def _stores(facts: Facts, store: Store, name: str) -> bool:
    if not _is_classless(facts, store.obj):
        return False
    held = [value for field, value in store.fields.items() if field == name or field[:1] == "*"]
    held += [w.value for w in facts.writes_to(store.obj, name) if store.keeps_itself]
    return facts.objects[store.obj].mixed or any(brings(facts, value) for value in held)


def _gives(facts: Facts, write: Write, name: str) -> bool:
    is_named = write.field == name or write.field.startswith("*")
    return is_named and _is_classless(facts, write.obj) and brings(facts, write.value)


def _is_classless(facts: Facts, obj: int) -> bool:
    return all(facts.objects[link].model is None for link in family(facts, obj))


def _is_entry(facts: Facts, obj: Obj, asked: Collection[FunctionRef]) -> bool:
    """True for what a cache handed out, also by way of a function that is asked itself."""
    if is_found_itself(facts, obj):
        return True
    calls = (call for call in facts.handoffs if call.node is obj.node)
    return obj.origin == "call" and any(call.callee in asked for call in calls)
