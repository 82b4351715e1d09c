"""CCL102 partly-reset-field: a copy for the cache resets a per-request field on some paths only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.rules.base import Problem, Rule
from lint_rules.rules.copies import incomplete

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.knowledge.base import Knowledge


class PartlyResetField(Rule):
    """A copy for the cache resets a per-request field on some paths only."""

    code = "CCL102"
    name = "partly-reset-field"
    summary = "a copy for the cache resets a per-request field on some paths only"

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The copies of ``facts`` that this rule reports."""
        yield from incomplete(knowledge, facts, self.code)
