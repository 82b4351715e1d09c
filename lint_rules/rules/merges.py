"""The question behind CCL201 and CCL202: may a merged field keep the old value?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from lint_rules.knowledge.kin import class_of
from lint_rules.knowledge.said import is_given
from lint_rules.knowledge.userkeys import is_found_for_user
from lint_rules.rules.base import Problem, kind_of, listed, step

if TYPE_CHECKING:
    import libcst as cst

    from lint_rules.findings import TraceStep
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.knowledge.merging import Merge
    from lint_rules.knowledge.proofs import PerRequest

_DECIDES = "this decides whether the old value stays"
_SHARED = "written here, on an object that many requests share"


class _Kept(NamedTuple):
    """Fields of a shared carrier that a statement merges so that their old values may stay."""

    carrier: Obj
    node: cst.CSTNode
    merges: list[Merge]
    found: PerRequest
    why: str


def kept(knowledge: Knowledge, facts: Facts, code: str, kinds: frozenset[str]) -> Iterator[Problem]:
    """Merges onto a shared carrier whose old value may survive in one of the ways ``kinds``."""
    for one in _kept(knowledge, facts, kinds):
        told = _told_where_called(knowledge, facts, one.node)
        merges = [merge for merge in one.merges if merge.write.field not in told]
        if merges:
            yield _problem(knowledge, facts, code, one, merges)


def _told_where_called(knowledge: Knowledge, facts: Facts, node: cst.CSTNode) -> set[str]:
    """The fields for which a function that is called by a statement is reported itself, or one that it calls."""
    called = {each.callee for each in facts.handoffs if each.node is node} - {facts.function}
    inner = filter(None, map(knowledge.library.facts, called))
    return {m.write.field for each in inner for one in _kept(knowledge, each) for m in one.merges}


def _kept(
    knowledge: Knowledge, facts: Facts, kinds: frozenset[str] | None = None
) -> Iterator[_Kept]:
    """What a function merges so; in whatever way where no ``kinds`` are given."""
    for carrier, merges in knowledge.said.merges(facts.function):
        wanted = [m for m in merges if m.keeps and (kinds is None or m.keeps in kinds)]
        if not wanted or not is_given(facts, carrier):
            continue
        found = knowledge.fields.of(carrier.model, facts, carrier)
        by_node: dict[cst.CSTNode, list[Merge]] = defaultdict(list)
        for merge in wanted:
            if merge.write.field in found.evidence:
                by_node[merge.write.node].append(merge)
        why = knowledge.sharing.why(facts, carrier) if by_node else None
        if why is None or is_found_for_user(knowledge.fields, facts, carrier):
            continue
        for node, group in by_node.items():
            old = [m for m in group if knowledge.staying.may_stay(facts, carrier, m.write.field)]
            if old:
                yield _Kept(carrier, node, old, found, why)


def _problem(
    knowledge: Knowledge, facts: Facts, code: str, one: _Kept, merges: list[Merge]
) -> Problem:
    carrier, node, found = one.carrier, one.node, one.found
    fields = tuple(found.ordered([merge.write.field for merge in merges]))
    message = _message(facts, carrier, merges[0], fields)
    trace: list[TraceStep] = []
    guard = merges[0].guard
    if guard is not None:
        decides = facts.guard_nodes[guard.id]
        text = " ".join(facts.tree.code_for_node(decides).split())
        trace.append(step(knowledge, facts, decides, f"{_DECIDES}: {_shorten(text)}"))
    trace.append(step(knowledge, facts, node, f"{_SHARED}: {one.why}"))
    return Problem(
        code, facts, node, message, class_of(facts, carrier), fields, found, carrier, tuple(trace),
        merges=tuple(merges),
    )  # fmt: skip


def _message(facts: Facts, carrier: Obj, merge: Merge, fields: tuple[str, ...]) -> str:
    what = kind_of(facts, carrier)
    name = facts.function.qualname
    they = "it" if len(fields) == 1 else "them"
    how = {
        "or": f"{name} may write the old value of {listed(fields)} back",
        "added": f"{name} adds to what {listed(fields)} {'holds' if len(fields) == 1 else 'hold'} already",
        "unset": f"{name} writes {listed(fields)} only where nothing was there yet",
        "guard": f"{name} writes {listed(fields)} only when a new value is there",
        "restored": f"{name} puts the old value of {listed(fields)} back after it has written the new one",
    }[merge.keeps]
    end = "Reset" if merge.keeps == "added" else "Overwrite"
    return (
        f"{how}: what an earlier request left on the shared {what} stays for the next user. "
        f"{end} {they}{' first' if merge.keeps == 'added' else ', also with None'}."
    )


def _shorten(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
