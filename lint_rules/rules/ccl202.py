"""CCL202 guarded-merge: the write happens only when the new value is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.rules.base import Page, Problem, Rule
from lint_rules.rules.merges import kept
from lint_rules.rules.texts import HELPER, MERGE_FIX, MERGE_OPTIONS, MERGE_WHY, PRELUDE

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.knowledge.base import Knowledge


PAGE = Page(
    what="""
Finds writes of a per-request field that happen only when the new value is there: `if src.get("f")`, `is not None`,
`"f" in src`, a walrus, `try`/`except KeyError`, `match`, dumps with `exclude_none` or `exclude_unset`, filtered
comprehensions and loops. So is a write through a property whose setter leaves the old value where it is given None, of a value
that may be None.

A guard that asks whether the value has changed (`if token.f != src.get("f"):`) keeps nothing and is not reported. Where
another field of the object is compared that says whose it is, and that is then given the new value (`if token.end_user_id !=
src["end_user_id"]:`), what stays is the same user's own, and is not reported either; of a field that many users may share (a
region, a key) nothing follows, and the finding has no repair. Nor is
a write reported behind which the same is asked again and the field cleared then (`if src.get("f") is None: token.f = None`).

A guard about something else (`if settings.enforce:`) is the program's decision and is not reported, nor a
write on an object that was looked up under a key that names the end user, nor on one of a class that the project only ever
keeps under such keys. Nor is one where all callers in the project
reset the field first or afterwards, or hand over copies of cache entries that carry nobody's values, or of what stands in
such entries.
""",
    why=MERGE_WHY,
    bad=PRELUDE
    + HELPER
    + """def update_token(valid_token: Auth, params: dict) -> Auth:
    valid_token.end_user_id = params.get("end_user_id")
    if params.get("end_user_max_budget") is not None:
        valid_token.end_user_max_budget = params["end_user_max_budget"]
    return valid_token
""",
    good=PRELUDE
    + HELPER
    + """def update_token(valid_token: Auth, params: dict) -> Auth:
    valid_token.end_user_id = params.get("end_user_id")
    valid_token.end_user_max_budget = params.get("end_user_max_budget")
    return valid_token
""",
    options=MERGE_OPTIONS,
    fix_safety=MERGE_FIX,
)


class GuardedMerge(Rule):
    """A per-request field is written only when the new value is there."""

    code = "CCL202"
    name = "guarded-merge"
    summary = "a per-request field is written only when the new value is there"
    page = PAGE

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The merges of ``facts`` that a missing value skips."""
        yield from kept(knowledge, facts, self.code, frozenset({"guard"}))
