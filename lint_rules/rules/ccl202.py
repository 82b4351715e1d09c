"""CCL202 guarded-merge: the write happens only when the new value is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.rules.base import Problem, Rule
from lint_rules.rules.merges import kept

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.knowledge.base import Knowledge


class GuardedMerge(Rule):
    """A per-request field is written only when the new value is there."""

    code = "CCL202"
    name = "guarded-merge"
    summary = "a per-request field is written only when the new value is there"

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The merges of ``facts`` that a missing value skips."""
        yield from kept(knowledge, facts, self.code, frozenset({"guard"}))
