"""The question behind CCL101 and CCL102: what does a copy for the cache still carry?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.knowledge.nested import classes_inside, nested
from lint_rules.knowledge.origins import brings, holds_found, is_all_found, roots
from lint_rules.rules.base import Problem, listed, one_of_kind, step
from lint_rules.rules.userkeys import is_stored_for_user

if TYPE_CHECKING:
    from lint_rules.findings import TraceStep
    from lint_rules.flow.facts import Facts
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.knowledge.helpers import HelperCopy

_WHY = {
    "name": "the function's name says that it copies for a cache",
    "stored": "the copy reaches a cache",
    "looked-up": "what it copies comes out of a cache",
}


def incomplete(knowledge: Knowledge, facts: Facts, code: str) -> Iterator[Problem]:
    """Copies with fields that are never reset (CCL101) or not on every way (CCL102)."""
    for copy in knowledge.helpers.copies(facts.function):
        found = knowledge.fields.of(copy.copy.model, facts, copy.copy)
        kept = [name for name in found.evidence if copy.keeps(name)]
        if code == "CCL101":
            names = [name for name in kept if copy.always_keeps(name)]
        else:
            names = [name for name in kept if not copy.always_keeps(name)]
        yield from _inside(knowledge, facts, code, copy)
        names = that_matter(knowledge, facts, copy, names) if names else []
        if not names:
            continue
        fields = tuple(found.ordered(names))
        yield Problem(
            code, facts, copy.base.node or facts.definition, _message(code, facts, copy, fields),
            copy.copy.model, fields, found, copy.base, _trace(knowledge, facts, copy), copy=copy,
        )  # fmt: skip


def _inside(knowledge: Knowledge, facts: Facts, code: str, copy: HelperCopy) -> Iterator[Problem]:
    """The same of what stands in a copy that says so by its function's name: what was deep-copied with it."""
    model = copy.copy.model
    if copy.why != "name" or model is None:
        return
    per_request = (
        (holder, knowledge.fields.of_model(inner)) for holder, inner in classes_inside(model)
    )
    for one in nested(copy, per_request):
        kept = one.always if code == "CCL101" else one.sometimes
        names = that_matter(knowledge, facts, copy, list(kept))
        if names:
            fields = tuple(one.found.ordered(names))
            message = _message(code, facts, copy, tuple(f"{one.holder.name}.{f}" for f in fields))
            yield Problem(
                code, facts, copy.base.node or facts.definition, message, one.found.model, fields,
                one.found, copy.base, _trace(knowledge, facts, copy), copy=copy, holder=one.holder,
            )  # fmt: skip


def that_matter(
    knowledge: Knowledge, facts: Facts, copy: HelperCopy, names: list[str]
) -> list[str]:
    """A copy of a looked-up object counts when it resets something, or the model goes in unsanitized, and with
    the fields that may be in there; one that goes back also with those that it brings, of something found or made
    only with those that each request may leave as they are; one that is stored under an end user's key never, nor one of what was
    built from a row."""
    if is_stored_for_user(knowledge, facts, copy) or (
        names and knowledge.helpers.rows.builds(facts, copy.copy.id)
    ):
        return []
    model = copy.copy.model
    if copy.why == "stored" and is_all_found(facts, copy.copy.id):
        made = any(root.origin == "fresh" for root in roots(facts, copy.copy.id))
        return [
            name for name in names
            if (brings(facts, copy.value(name)) or knowledge.contents.may_hold(model, name))
            and (not made or holds_found(facts, copy.value(name)))
        ]  # fmt: skip
    if copy.why != "looked-up":
        return names
    unsanitized = model is not None and knowledge.sharing.stored_unsanitized(model)
    if not unsanitized and not any(copy.resets(name) for name in copy.fields):
        return []
    return [name for name in names if knowledge.contents.may_hold(model, name)]


def _message(code: str, facts: Facts, copy: HelperCopy, fields: tuple[str, ...]) -> str:
    what = one_of_kind(facts, copy.copy)
    name = facts.function.qualname
    if code == "CCL101":
        return (
            f"{name} copies {what} for the cache but never resets {listed(fields)}: the next user "
            f"of the cached object gets this one's values. Reset on the copy."
        )
    return (
        f"{name} copies {what} for the cache but resets {listed(fields)} on some paths only: on the "
        f"others the next user of the cached object gets this one's values. Reset on every path."
    )


def _trace(knowledge: Knowledge, facts: Facts, copy: HelperCopy) -> tuple[TraceStep, ...]:
    node = copy.base.node
    if node is None:
        return ()
    return (step(knowledge, facts, node, f"copied here ({_WHY[copy.why]})"),)
