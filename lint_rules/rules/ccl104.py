"""CCL104 unsanitized-store: an object with per-request values on it goes into a cache as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lint_rules.flow.facts import Write
from lint_rules.knowledge.kin import class_of
from lint_rules.rules.base import Page, Problem, Rule, listed, one_of_kind, step
from lint_rules.rules.stores import is_carrier, is_merged
from lint_rules.rules.texts import COPY_OPTIONS, COPY_WHY, HELPER, PRELUDE
from lint_rules.rules.userkeys import is_users_own

if TYPE_CHECKING:
    import libcst as cst

    from lint_rules.flow.facts import Facts, Store
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.knowledge.proofs import PerRequest
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef


PAGE = Page(
    what="""
Finds objects onto which per-request values were written, or onto an object in one of their fields, and which are then
stored in a cache as they are, with no cache-copy helper between.

Not reported where the key of the store names the end user, where the fields were reset before, where the object was
made in the same function, and where the project's own cache class keeps a copy on which it resets them, or something that
it makes of other fields. Where that copy is made by a cache-copy helper, or the class itself resets too little on it, what
is forgotten is reported there.
""",
    why=COPY_WHY,
    bad=PRELUDE
    + HELPER
    + """def remember(auth: Auth, params: dict) -> Auth:
    auth.end_user_id = params.get("end_user_id")
    auth.end_user_max_budget = params.get("end_user_max_budget")
    _cache[auth.token] = auth
    return auth
""",
    good=PRELUDE
    + HELPER
    + """def remember(auth: Auth, params: dict) -> Auth:
    auth.end_user_id = params.get("end_user_id")
    auth.end_user_max_budget = params.get("end_user_max_budget")
    _cache[auth.token] = copy_for_cache(auth)
    return auth
""",
    options=COPY_OPTIONS,
    fix_safety="""
The repair wraps what is stored in the model's cache-copy helper, where the project has exactly one that
takes the object alone, changes and stores nothing else, and always returns a copy in the form of what is stored (None only
for None). It is imported only from a module from which the file imports already.
""",
)


class UnsanitizedStore(Rule):
    """Per-request values are merged onto an object, and it is stored with no cache copy between."""

    code = "CCL104"
    name = "unsanitized-store"
    summary = "an object with per-request values merged onto it is stored as it is"
    page = PAGE

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The stores of ``facts`` whose object carries what was merged onto it."""
        for store, writes, found in self._leaking(knowledge, facts):
            yield self._problem(knowledge, facts, store, writes, found)

    def _leaking(
        self, knowledge: Knowledge, facts: Facts
    ) -> Iterable[tuple[Store, list[Write], PerRequest]]:
        """One for each place and class: what is stored there may be one of several objects."""
        out: dict[tuple[cst.CSTNode, ClassRef | None], tuple[Store, list[Write], PerRequest]] = {}
        for store in facts.stores:
            carrier = facts.objects[store.obj]
            if not is_carrier(facts, carrier) or not (
                facts.writes_to(store.obj) or _is_called_for(carrier)
            ):
                continue
            if store.copied and all(_is_helper(knowledge, maker) for maker in store.makers):
                continue
            found = knowledge.fields.of(carrier.model, facts, carrier)
            writes = list(_merged(facts, store, found))
            if not writes or is_users_own(knowledge, facts, store, writes, carrier, found):
                continue
            out.setdefault((store.node, carrier.model), (store, [], found))[1].extend(writes)
        return out.values()

    def _problem(
        self, knowledge: Knowledge, facts: Facts, store: Store, writes: list[Write],
        found: PerRequest,
    ) -> Problem:  # fmt: skip
        carrier = facts.objects[store.obj]
        fields = tuple(found.ordered([write.field for write in writes]))
        what = one_of_kind(facts, carrier)
        message = (
            f"{facts.function.qualname} stores {what} in {store.cache} with this request's "
            f"{listed(fields)} on it: the next user of the cached object gets them. Store a copy "
            f"on which they are reset."
        )
        trace = tuple(
            step(knowledge, facts, write.node, f"{write.field} written here")
            for write in _first_of_each(writes)
        )
        model = class_of(facts, carrier)
        helpers = knowledge.helpers.of_model(model, knowledge.survey.named_helpers)
        return Problem(
            self.code, facts, store.node, message, model, fields, found, carrier,
            (*trace, step(knowledge, facts, store.node, "stored here")), store=store, helpers=helpers,
        )  # fmt: skip


def _is_helper(knowledge: Knowledge, function: FunctionRef) -> bool:
    """True when the copies that a function makes are for a cache: what they still hold is reported there."""
    return any(copy.why != "looked-up" for copy in knowledge.helpers.copies(function))


def _merged(facts: Facts, store: Store, found: PerRequest) -> Iterator[Write]:
    """The writes before a store that put a source's value where it still is."""
    for write in facts.writes_to(store.obj):
        if write.field not in found.evidence or write.order > store.order:
            continue
        if write.node is store.node:  # one called function does both, and answers for it
            continue
        stored = store.fields.get(write.field)
        if stored is not None and is_merged(facts, write) and is_merged(facts, write, stored):
            yield write
    yield from _made_with(facts, store, found)


def _is_called_for(copy: Obj) -> bool:
    """True for a copy that a called function made."""
    return copy.origin == "copy" and copy.maker is not None and copy.node is not None


def _made_with(facts: Facts, store: Store, found: PerRequest) -> Iterator[Write]:
    """What a called function put on the copy that it made, and is still there: it is seen at the call."""
    copy = facts.objects[store.obj]
    here = {write.field for write in facts.writes_to(store.obj)}
    for name, value in store.fields.items() if _is_called_for(copy) else ():
        if name in found.evidence and name not in here and copy.node is not store.node:
            assert copy.node is not None
            write = Write(copy.node, None, store.obj, name, value, (), "call", 0)
            if is_merged(facts, write):
                yield write


def _first_of_each(writes: list[Write]) -> list[Write]:
    return list({write.field: write for write in reversed(writes)}.values())[::-1]
