"""CCL201 or-merge: the value that is written can be the old one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.rules.base import Problem, Rule
from lint_rules.rules.merges import kept

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.knowledge.base import Knowledge


class OrMerge(Rule):
    """The value that is written to a per-request field can be the old one."""

    code = "CCL201"
    name = "or-merge"
    summary = "the value written to a per-request field can be the old one"

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The merges of ``facts`` that may write the old value back."""
        yield from kept(knowledge, facts, self.code, frozenset({"or", "unset"}))
