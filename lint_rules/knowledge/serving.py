"""Copies that say by the name of their function that they are for a cache, and go to the request alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.knowledge.origins import brings, roots

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts, Handoff
    from lint_rules.knowledge.helpers import HelperCopy, Helpers


def is_served(helpers: Helpers, copy: HelperCopy) -> bool:
    """True where every caller has the copy made of an object that was itself put into a cache, and that has the request's
    values on it by then: what is reset on the copy the request misses, and the cache keeps."""
    function = copy.facts.function
    if copy.why != "name" or not helpers.project.graph.all_seen(function):
        return False
    names = {root.name for root in roots(copy.facts, copy.copy.id) if root.origin == "param"}
    made = [one for caller in helpers.callers(function) for one in _made(caller, copy)]
    if not made or not names or helpers.stored_by_callers(function):
        return False
    return all(_is_stored_with_values(caller, one, names) for caller, one in made)


def _made(caller: Facts, copy: HelperCopy) -> Iterator[tuple[Facts, Handoff]]:
    yield from ((caller, one) for one in caller.handoffs if one.callee == copy.facts.function)


def _is_stored_with_values(caller: Facts, handoff: Handoff, names: set[str]) -> bool:
    values = [handoff.arguments[name] for name in names if name in handoff.arguments]
    objs = {obj for value in values for obj in value.refs}
    return bool(objs) and all(
        caller.objects[obj].stored
        and any(brings(caller, value) for value in handoff.fields.get(obj, {}).values())
        for obj in objs
    )
