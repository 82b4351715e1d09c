"""CCL201 or-merge: the value that is written can be the old one."""

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
Finds writes of a per-request field whose value can be the old one: `src.f or t.f`, a ternary, `src.get("f", t.f)`,
`getattr(src, "f", t.f)`, a coalescing call, "fill if unset" (`if t.f is None: t.f = ...`), and what adds the source's value
to the old one: `t.f += src.f`, `t.f | src.f`, `{**t.f, **src.f}`, `t.f.extend(src.f)`. So is what puts the old value back
behind the new one (`old = t.f; t.f = src.f`, later `if t.f is None: t.f = old`), and a mapping over whose new values the old
ones are put, `{"f": src.f, **vars(t)}` or `{"f": src.f} | vars(t)`, where it is stored, returned, written back or made an
object of.

Reported only where the object written to is shared: the project stores, looks up or cache-copies its class, or the function
looks it up itself.
""",
    why=MERGE_WHY,
    bad=PRELUDE
    + HELPER
    + """def update_token(valid_token: Auth, params: dict) -> Auth:
    valid_token.end_user_id = params.get("end_user_id")
    valid_token.end_user_max_budget = (
        params.get("end_user_max_budget") or valid_token.end_user_max_budget
    )
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


class OrMerge(Rule):
    """The value that is written to a per-request field can be the old one."""

    code = "CCL201"
    name = "or-merge"
    summary = "the value written to a per-request field can be the old one"
    page = PAGE

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The merges of ``facts`` that may write the old value back."""
        yield from kept(
            knowledge, facts, self.code, frozenset({"or", "unset", "added", "restored"})
        )
