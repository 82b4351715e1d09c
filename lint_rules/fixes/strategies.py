"""Which repair fits which finding; a finding without one carries the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lint_rules.findings import Edit, Fix
from lint_rules.fixes.apply import edited
from lint_rules.fixes.gates import REFUSED, refusal
from lint_rules.fixes.layout import Layout
from lint_rules.fixes.merges import fix_merges
from lint_rules.fixes.missing import fix_missing
from lint_rules.fixes.nested import fix_nested
from lint_rules.fixes.quotes import in_style
from lint_rules.fixes.rebinding import fix_shared_edit
from lint_rules.fixes.resets import fix_copy
from lint_rules.fixes.wrap import fix_store
from lint_rules.knowledge.serving import is_served

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
_SERVED = (
    "the function that calls this stores the object itself, writes the request's values onto it and returns this copy: a reset "
    "here takes them from the request and leaves them in the cache. Store a copy, or write onto a copy"
)


def plan(knowledge: Knowledge, problem: Problem) -> Fix:
    """The repair of a problem, as edits of its file."""
    strategy = _PLANS.get(problem.code) if problem.holder is None else fix_nested
    if strategy is None:
        return Fix(
            reason="whether to copy before the store or before the write is the program's decision"
        )
    if problem.copy is not None and is_served(knowledge.helpers, problem.copy):
        return Fix(reason=_SERVED)
    layout = Layout(knowledge.library, problem.facts.function)
    fix = strategy(problem, layout)
    return _passed(layout.text, replace(fix, edits=in_style(layout.text, fix.edits)))


def _passed(text: str, fix: Fix) -> Fix:
    """The repair, unless a gate refuses it by itself; only comments can make one do so, and to ask them all
    takes as long as to read the file."""
    edits = list(fix.edits)
    if not any(
        "#" in text[edit.start : edit.end] or _ends_before_comment(text, edit) for edit in edits
    ):
        return fix
    reason = refusal(text, edited(text, edits), edits)
    return fix if reason is None else Fix(reason=f"{REFUSED}: {reason}")


def _ends_before_comment(text: str, edit: Edit) -> bool:
    """True for a replacement on whose last line a comment follows: it may suppress something."""
    end = text.find("\n", edit.end)
    return edit.start < edit.end and "#" in text[edit.end : end if end >= 0 else len(text)]
