"""Writes that put the old value back behind a merge: ``old = t.f; t.f = src.f; if t.f is None: t.f = old``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lint_rules.knowledge.merging import MERGING, Merge

if TYPE_CHECKING:
    from lint_rules.flow.facts import Write
    from lint_rules.flow.values import Guard
    from lint_rules.knowledge.merging import Merging


def restores(merging: Merging, obj: int, merges: Sequence[Merge]) -> Iterator[Merge]:
    """The writes of an old value onto ``obj`` that a test decides which asks about what was merged before."""
    whole = [merge for merge in merges if merge.same_name and not merge.keeps]
    known = {merge.write.node for merge in merges}
    for write in merging.facts.writes_to(obj):
        if write.how in MERGING and write.node not in known and merging.writes_old(write):
            yield from _restored(merging, write, whole)


def _restored(merging: Merging, write: Write, merges: Sequence[Merge]) -> Iterator[Merge]:
    for merge in merges:
        before = merge.write.order < write.order and not merging.facts.exclude(merge.write, write)
        if not before or merge.write.field != write.field:
            continue
        guard = _deciding(merging, write, merge.write)
        if guard is not None and merging.may_keep_old(write.obj, write.field):
            yield Merge(write, "restored", guard, merge.sources, True, (guard.id,))
            return


def _deciding(merging: Merging, write: Write, merged: Write) -> Guard | None:
    """The test that lets the old value be written, and asks about the new one or about what the field holds."""
    reads = merging.source_reads(merged)
    guards = (merging.facts.guards[number] for number in write.guards)
    return next((guard for guard in guards if merging.asks(guard, write, reads)), None)
