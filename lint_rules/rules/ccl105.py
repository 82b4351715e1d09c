"""CCL105 mutated-after-store: an object is stored and gets per-request values afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.flow.state import read
from lint_rules.rules.base import Page, Problem, Rule, kind_of, listed, step
from lint_rules.rules.stores import is_carrier, is_merged, with_inner
from lint_rules.rules.texts import COPY_OPTIONS, HELPER, PRELUDE
from lint_rules.rules.userkeys import is_users_own

if TYPE_CHECKING:
    import libcst as cst

    from lint_rules.flow.facts import Facts, Store, Write
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.knowledge.proofs import PerRequest


PAGE = Page(
    what="""
Finds objects that a function stores in a cache (a scheduled task that stores counts, too) and onto which it then writes
per-request values.

Not reported where the object was made in the same function, where the key of the store names the end user, and where
the cache keeps bytes of the object (django's, cachelib's, diskcache's ...).
""",
    why="""
A cache in memory holds the object itself, not a picture of it. What is written on it after the store is in the cache as well,
and the next end user gets it.
""",
    bad=PRELUDE
    + HELPER
    + """def login(auth: Auth, params: dict) -> Auth:
    _cache[auth.token] = auth
    auth.end_user_id = params.get("end_user_id")
    auth.end_user_max_budget = params.get("end_user_max_budget")
    return auth
""",
    good=PRELUDE
    + HELPER
    + """def login(auth: Auth, params: dict) -> Auth:
    _cache[auth.token] = copy_for_cache(auth)
    auth.end_user_id = params.get("end_user_id")
    auth.end_user_max_budget = params.get("end_user_max_budget")
    return auth
""",
    options=COPY_OPTIONS,
    fix_safety="""
There is no repair: whether the object should be copied at the store or at the write is the program's
decision.
""",
)


class MutatedAfterStore(Rule):
    """An object is stored in a cache and then gets per-request values."""

    code = "CCL105"
    name = "mutated-after-store"
    summary = "the object that was stored gets per-request values afterwards"
    page = PAGE

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The writes of ``facts`` to an object that the cache already holds."""
        seen: set[cst.CSTNode] = set()
        for store in (one for stored in facts.stores for one in with_inner(facts, stored)):
            carrier = facts.objects[store.obj]
            if not store.keeps_itself or not is_carrier(facts, carrier):
                continue
            found = knowledge.fields.of(carrier.model, facts, carrier)
            later = list(_later(facts, store, found))
            if not later or is_users_own(knowledge, facts, store, later, carrier, found):
                continue
            by_node: dict[cst.CSTNode, list[Write]] = defaultdict(list)
            for write in later:
                by_node[write.node].append(write)
            for node, writes in by_node.items():
                if node not in seen:
                    seen.add(node)
                    yield self._problem(knowledge, facts, store, writes, found)

    def _problem(
        self, knowledge: Knowledge, facts: Facts, store: Store, writes: list[Write],
        found: PerRequest,
    ) -> Problem:  # fmt: skip
        carrier = facts.objects[store.obj]
        fields = tuple(found.ordered([write.field for write in writes]))
        what = kind_of(facts, carrier)
        name, node = facts.function.qualname, writes[0].node
        when = "a task that may run later stores" if store.scheduled else "it stored"
        message = (
            f"{name} writes this request's {listed(fields)} onto the {what} that {when} in "
            f"{store.cache}: a cache that keeps the object itself hands them to the next user. "
            f"Store a copy on which they are reset, or write onto a copy."
        )
        trace = (
            step(knowledge, facts, store.node, "stored here"),
            step(knowledge, facts, node, "the same object is written here"),
        )
        return Problem(
            self.code, facts, node, message, carrier.model, fields, found, carrier, trace,
            store=store, write=writes[0],
        )  # fmt: skip


def _later(facts: Facts, store: Store, found: PerRequest) -> Iterator[Write]:
    """The writes after a store that put a source's value on the stored object, and leave it there."""
    assert facts.final is not None
    for write in facts.writes_to(store.obj):
        if write.field not in found.evidence or write.order < store.order:
            continue
        if write.node is store.node or not is_merged(facts, write):
            continue
        if _exclude_each_other(facts, store, write):
            continue
        if is_merged(facts, write, read(facts.final, facts.objects, store.obj, write.field)):
            yield write


def _exclude_each_other(facts: Facts, store: Store, write: Write) -> bool:
    """True when the store and the write stand on different ways through the same branch."""
    taken = {facts.guard_nodes[number]: facts.guards[number].needs for number in store.guards}
    return any(
        taken.get(facts.guard_nodes[number], facts.guards[number].needs)
        is not facts.guards[number].needs
        for number in write.guards
    )
