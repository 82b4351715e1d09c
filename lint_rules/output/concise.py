"""One line for each finding, as editors and ``grep`` read them."""

from __future__ import annotations

from lint_rules.output.result import Result
from lint_rules.output.text import heading


def render(result: Result, *, colour: bool = False) -> str:
    """``path:line:col: CODE message``, and nothing else."""
    return "".join(
        f"{heading(finding, accepted=accepted, colour=colour)}\n"
        for finding, _, accepted in result.entries()
    )
