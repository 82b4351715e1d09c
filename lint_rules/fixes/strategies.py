"""Which repair fits which finding; a finding without one carries the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.findings import Fix
from lint_rules.fixes.layout import Layout
from lint_rules.fixes.merges import fix_merges
from lint_rules.fixes.missing import fix_missing
from lint_rules.fixes.resets import fix_copy, fix_shared_edit
from lint_rules.fixes.wrap import fix_store

if TYPE_CHECKING:
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.rules.base import Problem

_PLANS = {
    "CCL101": fix_copy,
    "CCL102": fix_copy,
    "CCL103": fix_shared_edit,
    "CCL104": fix_store,
    "CCL201": fix_merges,
    "CCL202": fix_merges,
    "CCL203": fix_missing,
}


def plan(knowledge: Knowledge, problem: Problem) -> Fix:
    """The repair of a problem, as edits of its file."""
    strategy = _PLANS.get(problem.code)
    if strategy is None:
        return Fix(
            reason="whether to copy before the store or before the write is the program's decision"
        )
    return strategy(problem, Layout(knowledge.library, problem.facts.function))
