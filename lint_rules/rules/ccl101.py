"""CCL101 unreset-field: a copy for the cache keeps a per-request field on every path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.rules.base import Problem, Rule
from lint_rules.rules.copies import incomplete

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.knowledge.base import Knowledge


class UnresetField(Rule):
    """A copy for the cache keeps a per-request field on every path."""

    code = "CCL101"
    name = "unreset-field"
    summary = "a copy for the cache keeps a per-request field on every path"

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The copies of ``facts`` that this rule reports."""
        yield from incomplete(knowledge, facts, self.code)
