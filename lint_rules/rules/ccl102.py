"""CCL102 partly-reset-field: a copy for the cache resets a per-request field on some paths only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.rules.base import Page, Problem, Rule
from lint_rules.rules.copies import incomplete
from lint_rules.rules.texts import COPY_FIX, COPY_OPTIONS, COPY_WHY, HELPER, PRELUDE

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.knowledge.base import Knowledge


PAGE = Page(
    what="""
Finds copies made for a cache in which a per-request field is reset on some ways through the function and kept on others:
a reset in one branch, after an early return, in a loop that may not run, in a `try` that may not get that far.

`if copied.f is not None: copied.f = None` is complete and not reported.
""",
    why=COPY_WHY,
    bad=PRELUDE
    + """def copy_for_cache(auth: Auth, keep_limits: bool) -> Auth:
    copied = replace(auth, end_user_id=None)
    if not keep_limits:
        copied.end_user_max_budget = None
    return copied
""",
    good=PRELUDE + HELPER,
    options=COPY_OPTIONS,
    fix_safety=COPY_FIX,
)


class PartlyResetField(Rule):
    """A copy for the cache resets a per-request field on some paths only."""

    code = "CCL102"
    name = "partly-reset-field"
    summary = "a copy for the cache resets a per-request field on some paths only"
    page = PAGE

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The copies of ``facts`` that this rule reports."""
        yield from incomplete(knowledge, facts, self.code)
