"""CCL203 missing-merge: no path writes a field that the source can carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.findings import TraceStep
from lint_rules.knowledge.merging import Merging
from lint_rules.knowledge.userkeys import is_found_for_user
from lint_rules.naming import is_merge_name
from lint_rules.rules.base import Page, Problem, Rule, kind_of, listed
from lint_rules.rules.texts import HELPER, MERGE_OPTIONS, MERGE_WHY, PRELUDE

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.knowledge.merging import Merge
    from lint_rules.knowledge.proofs import PerRequest


PAGE = Page(
    what="""
Finds merge functions that write some per-request fields from a source and never write another one that the source can
carry.

That the source carries it needs evidence: a function of the project writes that key into what is passed, or the source's
class has it. Only where nothing is known of the source does the name decide, and then never for a field that other code
writes on such an object from something else. Not reported where all callers in the project write the field on the
object themselves, or through another function.
""",
    why=MERGE_WHY,
    bad=PRELUDE
    + HELPER
    + """def update_token(valid_token: Auth, params: dict) -> Auth:
    valid_token.end_user_id = params.get("end_user_id")
    return valid_token
""",
    good=PRELUDE
    + HELPER
    + """def update_token(valid_token: Auth, params: dict) -> Auth:
    valid_token.end_user_id = params.get("end_user_id")
    valid_token.end_user_max_budget = params.get("end_user_max_budget")
    return valid_token
""",
    options=MERGE_OPTIONS,
    fix_safety="""
The repair inserts the missing write next to its neighbours. An absent value clears the field (or gives it its
default where it may not be None). Where another field's value decides about every neighbour, or its value is
converted, there is no repair.
""",
)


class MissingMerge(Rule):
    """A merge function leaves out a per-request field that its source can carry."""

    code = "CCL203"
    name = "missing-merge"
    summary = "a merge function never writes a per-request field that its source can carry"
    page = PAGE

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The fields that the merge function ``facts`` forgets."""
        for carrier, merges in knowledge.said.merges(facts.function):
            source = self._source(knowledge, facts, carrier, merges)
            if source is None:
                continue
            # That a field is missing is said of no class which is only told by what stands beside the object.
            found = knowledge.fields.of(carrier.model, facts, carrier, kin=False)
            merged = [
                m
                for m in merges
                if m.write.field in found.evidence and (m.same_name or m.keeps == "added")
            ]
            if not any(source.id in merge.sources for merge in merged if merge.same_name):
                continue
            why = knowledge.sharing.why(facts, carrier)
            if why is None or is_found_for_user(knowledge.fields, facts, carrier):
                continue
            problem = self._problem(knowledge, facts, carrier, merged, source, found, why)
            if problem is not None:
                yield problem

    def _source(
        self, knowledge: Knowledge, facts: Facts, carrier: Obj, merges: list[Merge]
    ) -> Obj | None:
        """The one source that the function merges from; several answers are none."""
        if carrier.origin not in ("param", "self", "lookup"):
            return None
        sources = {s for merge in merges if merge.same_name for s in merge.sources}
        if len(sources) != 1:
            return None
        return facts.objects[sources.pop()]

    def _problem(
        self, knowledge: Knowledge, facts: Facts, carrier: Obj, merged: list[Merge], source: Obj,
        found: PerRequest, why: str,
    ) -> Problem | None:  # fmt: skip
        merging = Merging(facts)
        carried = knowledge.sources.carried(facts, source)
        missing = [
            name
            for name in found.evidence
            if not facts.writes_to(carrier.id, name)
            and not any(m.write.field == name for m in merged)
            and merging.final(carrier.id, name) == facts.objects.default(carrier.id, name)
            and self._can_carry(knowledge, facts, found, name, carried.known, carried.where)
            and knowledge.staying.may_be_missed(facts, carrier, name)
        ]
        if not missing:
            return None
        fields = tuple(found.ordered(missing))
        trace = [
            TraceStep(path, line, text)
            for path, line, text in (carried.where[n] for n in fields if n in carried.where)
        ]
        return Problem(
            self.code, facts, facts.definition.name,
            self._message(facts, carrier, source, fields), carrier.model, fields, found, carrier,
            tuple(trace), merges=tuple(merged), source=source,
        )  # fmt: skip

    def _can_carry(
        self, knowledge: Knowledge, facts: Facts, found: PerRequest, name: str, known: bool,
        where: dict[str, tuple[str, int, str]],
    ) -> bool:  # fmt: skip
        if known:
            return name in where
        declared = any(e.kind in ("pattern", "config") for e in found.evidence[name])
        named = is_merge_name(facts.function.name, knowledge.settings.merge_functions)
        return declared and named and not knowledge.sources.written_elsewhere(name, facts.function)

    def _message(self, facts: Facts, carrier: Obj, source: Obj, fields: tuple[str, ...]) -> str:
        what = kind_of(facts, carrier)
        return (
            f"{facts.function.qualname} merges {source.name} onto the shared {what} but never writes "
            f"{listed(fields)}: what an earlier request left there stays for the next user. "
            f"Write {'it' if len(fields) == 1 else 'them'} too, also with None."
        )
