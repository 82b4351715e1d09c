"""A repair in one file can prove a field for another: a run goes on until nothing changes any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lint_rules.discovery import Target
from lint_rules.project.roots import Roots, place_of
from lint_rules.textfile import decode
from lint_rules.worker import Change, Outcome, Task

ROUNDS = 12
"""How often the files of a project are looked at again, at most.  Each time a repair has proved another field,
and that has led to a repair in one more file; more than two in a row are hardly ever seen."""

Analyse = Callable[[Sequence[Target], Task], list[Outcome]]


def settled(
    targets: Sequence[Target], first: Sequence[Outcome], task: Task, analyse: Analyse
) -> list[Outcome]:
    """The outcomes of the files once a further run would change nothing.

    ``first`` are those of the files as they are.  Where some are rewritten, the files that see these are
    analysed again, with the new texts in the place of the old ones.
    """
    outcomes, roots = list(first), Roots()
    rewritten = _rewritten(outcomes)
    for _ in range(ROUNDS):
        again = _seeing(targets, outcomes, rewritten, roots)
        if not again:
            break
        now = replace(task, texts=_texts(outcomes))
        rewritten = []
        for place, new in zip(
            again, analyse([targets[place] for place in again], now), strict=True
        ):
            if new.change is not None:
                rewritten.append(new.change)
            outcomes[place] = _after(outcomes[place], new)
    return outcomes


def _rewritten(outcomes: Sequence[Outcome]) -> list[Change]:
    return [outcome.change for outcome in outcomes if outcome.change is not None]


def _texts(outcomes: Sequence[Outcome]) -> dict[Path, str]:
    """What the files are to hold that are rewritten."""
    changes = _rewritten(outcomes)
    return {place_of(change.target.path): decode(change.after).text for change in changes}


def _seeing(
    targets: Sequence[Target],
    outcomes: Sequence[Outcome],
    rewritten: Sequence[Change],
    roots: Roots,
) -> list[int]:
    """The places of the files in whose projects something was rewritten; of none that went wrong."""
    if not rewritten:
        return []
    folders = {folder for change in rewritten for folder in place_of(change.target.path).parents}
    return [
        place
        for place, target in enumerate(targets)
        if not outcomes[place].report.errors and roots.of(target.path) in folders
    ]


def _after(before: Outcome, new: Outcome) -> Outcome:
    """What came of a file in all, after one more round."""
    if new.report.errors:
        return before  # what is repaired so far is right as it is
    if before.change is None or new.change is None:
        return replace(new, change=new.change or before.change)
    # What was read first is compared with the file before it is written.
    fixed = (*before.change.fixed, *new.change.fixed)
    return replace(new, change=replace(new.change, before=before.change.before, fixed=fixed))
