"""The cache-copy helpers and merge functions of a file, the right ones too, and what they do to each field.

What is wrong with a field is what the rules said of it; nothing is decided here a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from lint_rules.calling import call_of_helper, call_of_merge
from lint_rules.findings import Call, FieldFinding, Mark, Subject, SubjectKind
from lint_rules.knowledge.said import is_given
from lint_rules.rules.copies import that_matter

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.knowledge.proofs import PerRequest
    from lint_rules.rules.base import Problem

_MARKS: dict[str, Mark] = {
    "CCL101": "kept", "CCL102": "partly reset", "CCL103": "shared",
    "CCL201": "or-merged", "CCL202": "guarded", "CCL203": "missing",
}  # fmt: skip

Shown = Callable[[FieldFinding], FieldFinding]


def subjects(
    knowledge: Knowledge, facts: Facts, problems: list[Problem], display: str, shown: Shown
) -> Iterator[Subject]:
    """What ``facts`` is to its carriers; ``problems`` are all that the rules found in it.

    ``display`` is the path that the user knows the file by, ``shown`` tells evidence in such paths.
    """
    for copy in knowledge.helpers.copies(facts.function):
        found = knowledge.fields.of(copy.copy.model, facts, copy.copy)
        names = that_matter(knowledge, facts, copy, list(found.evidence))
        said = [
            p for p in problems
            if p.code.startswith("CCL1") and p.carrier in (copy.base, copy.copy)
        ]  # fmt: skip
        for holder in dict.fromkeys(p.holder for p in said if p.holder is not None):
            yield _nested(facts, [p for p in said if p.holder == holder], display, shown)
        if names:
            mine = [p for p in said if p.holder is None]
            marks: dict[str, Mark] = dict.fromkeys(names, "reset")
            marks |= _said(mine)
            call = _contained(partial(call_of_helper, facts, copy, marks))
            yield _subject(
                "cache-copy helper", facts, _model_of(copy.copy), found, marks, call, display, shown
            )
    for carrier, merges in knowledge.said.merges(facts.function):
        found = knowledge.fields.of(carrier.model, facts, carrier)
        written = {merge.write.field for merge in merges} & found.evidence.keys()
        if _builds(facts, carrier):
            continue
        if written and is_given(facts, carrier) and knowledge.sharing.why(facts, carrier):
            mine = [p for p in problems if p.code.startswith("CCL2") and p.carrier == carrier]
            keeping = {merge.write.field for merge in merges if merge.keeps}
            marks = dict.fromkeys(found.ordered(list(written - keeping)), "overwritten")
            marks |= _said(mine)
            call = _contained(
                partial(call_of_merge, knowledge, facts, carrier, merges, marks, found)
            )
            yield _subject(
                "merge function", facts, _model_of(carrier), found, marks, call, display, shown
            )


def _nested(facts: Facts, problems: list[Problem], display: str, shown: Shown) -> Subject:
    """What the rules said of an object in a field of a copy."""
    found, holder = problems[0].per_request, problems[0].holder
    assert holder is not None
    marks: dict[str, Mark] = dict.fromkeys(found.evidence, "reset")
    marks |= _said(problems)
    model = found.model.dotted if found.model is not None else holder.name
    call = f"its object is in {holder.name} of the copy, where a test does not look"
    return _subject("cache-copy helper", facts, model, found, marks, call, display, shown)


def _contained(how: Callable[[], Call | str]) -> Call | str:
    """How a test calls a subject; where that cannot be told, no finding may be lost for it."""
    try:
        return how()
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        return f"how to call it could not be told ({problem}); please report this as a bug of the checker"


def _builds(facts: Facts, carrier: Obj) -> bool:
    """True for a constructor: what it writes on is new, and nobody's yet."""
    return carrier.origin == "self" and facts.function.name.endswith(("_init__", "__setstate__"))


def _said(problems: list[Problem]) -> dict[str, Mark]:
    """What the rules said of each field."""
    return {
        name: _MARKS[problem.code]
        for problem in problems
        if problem.code in _MARKS
        for name in problem.fields
    }


def _model_of(carrier: Obj) -> str:
    return carrier.model.dotted if carrier.model is not None else carrier.name


def _subject(
    kind: SubjectKind, facts: Facts, model: str, found: PerRequest, marks: dict[str, Mark],
    call: Call | str, display: str, shown: Shown,
) -> Subject:  # fmt: skip
    return Subject(
        kind, facts.function.qualname, display, facts.function.line, model,
        tuple(
            (shown(found.finding(name)), marks.get(name, ""))
            for name in found.ordered(list(found.evidence))
        ),
        call,
    )  # fmt: skip
