"""How a test can call a helper or merge function, or why none can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from lint_rules.calling.arguments import arguments_of
from lint_rules.calling.objects import model_of, root_of
from lint_rules.calling.parts import parts_taken_out
from lint_rules.calling.reasons import Uncallable
from lint_rules.calling.sources import is_item, is_mapping, source_of, sources_of
from lint_rules.findings import Call, Mark, Named, Role
from lint_rules.knowledge.merging import Merging, family
from lint_rules.rules.userkeys import is_users_own

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.knowledge.helpers import HelperCopy
    from lint_rules.knowledge.merging import Merge
    from lint_rules.knowledge.proofs import PerRequest

_RIGHT: frozenset[Mark] = frozenset({"reset", "overwritten"})


def call_of_helper(facts: Facts, copy: HelperCopy, fields: Iterable[str]) -> Call | str:
    """How a test hands an object to a cache-copy helper; else the reason why it cannot."""
    try:
        root = root_of(facts, copy.copy)
        arguments, on_new = arguments_of(facts, {root.name: "carrier"})
        caches = _caches(facts)
        seen = bool(caches) or any(argument.role == "cache" for argument in arguments)
        if not copy.returned and not seen:
            raise Uncallable("it returns no copy, and the cache that it fills is out of reach")
        values, unsure = parts_taken_out(facts.function, root, fields)
        return Call(
            _function(facts), on_new, arguments, model_of(root), caches=caches,
            stores=seen, values=values, unsure=unsure,
        )  # fmt: skip
    except Uncallable as reason:
        return str(reason)


def call_of_merge(
    knowledge: Knowledge,
    facts: Facts,
    carrier: Obj,
    merges: list[Merge],
    marks: Mapping[str, Mark],
    found: PerRequest,
) -> Call | str:
    """How a test merges the second end user's values onto the first one's object; else why not."""
    try:
        root = root_of(facts, carrier)
        if any(_lacks(root, name) for name in marks):
            raise Uncallable(f"no object that is called {root.name!r} has such a field")
        sources = sources_of(facts, merges, root)
        whole = [source for source in sources if is_item(facts, source)]
        apart = [source for source in sources if source not in whole]
        if len(apart) > 1 or (whole and apart and not is_mapping(facts, apart[0])):
            raise Uncallable("what it merges comes from more than one object")
        roles: dict[str, Role] = {root.name: "carrier"}
        roles |= {source.name: "item" for source in whole}
        roles |= {source.name: "source" for source in apart}
        arguments, on_new = arguments_of(facts, roles)
        caches = _caches(facts)
        seen = bool(caches) or any(argument.role == "cache" for argument in arguments)
        return Call(
            _function(facts), on_new, arguments, model_of(root),
            source_of(facts, merges, marks, apart[0] if apart else None, whole), caches,
            seen and _stores_for_all(knowledge, facts, carrier, found),
            unsure=tuple(_undecided(facts, carrier, marks)),
        )  # fmt: skip
    except Uncallable as reason:
        return str(reason)


def _lacks(root: Obj, name: str) -> bool:
    """True where the object is made of one whose class, of declared fields, has none of this name."""
    model = root.model
    return model is not None and model.kind != "plain" and model.field(name) is None


def _undecided(
    facts: Facts, carrier: Obj, marks: Mapping[str, Mark]
) -> Iterable[tuple[str, str]]:  # fmt: skip
    """Fields that keep the old value for a reason that has nothing to do with the source."""
    merging = Merging(facts)
    for name, mark in marks.items():
        if mark in _RIGHT and merging.may_keep_old(carrier.id, name):
            yield name, "whether it is written depends on something else than the source"


def _stores_for_all(knowledge: Knowledge, facts: Facts, carrier: Obj, found: PerRequest) -> bool:
    """True when what the function stores of the carrier is there for every user of the key."""
    own = family(facts, carrier.id)
    stores = [s for s in facts.stores if not own.isdisjoint(family(facts, s.obj))]
    writes = [w for w in facts.writes if w.obj in own and w.field in found.evidence]
    return bool(stores) and not any(
        is_users_own(knowledge, facts, store, writes, carrier, found) for store in stores
    )


def _caches(facts: Facts) -> tuple[str, ...]:
    """The global names of the module under which the function itself knows the caches it fills."""
    module = facts.function.module
    return tuple(
        sorted(
            {
                store.cache
                for store in facts.stores
                if store.by is None
                and not store.copied  # by the cache's own class, which a test would replace
                and store.cache.isidentifier()
                and store.cache not in facts.params
                and (
                    module.imported(store.cache) is not None
                    or module.value_of(store.cache) is not None
                )
            }
        )
    )


def _function(facts: Facts) -> Named:
    return Named(facts.function.module.name, facts.function.qualname)
