"""Calls: the function behind an object that one returned, and the functions that call others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lint_rules.flow.values import NONES, Ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lint_rules.flow.facts import Facts, Handoff
    from lint_rules.flow.summaries import Library
    from lint_rules.flow.values import Obj
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project


CALLS = 2
"""How many calls away from a function that names something one may do what that brought about."""


class Called(NamedTuple):
    """A call that returned an object, and what the called function does."""

    call: Handoff
    made: Facts

    def returned(self) -> list[Obj]:
        """The objects that it may return; none where it may return anything else than objects and None."""
        atoms = {atom for leave in self.made.exits for atom in leave.value.atoms} - NONES
        objs = [self.made.objects[atom.obj] for atom in atoms if isinstance(atom, Ref)]
        return objs if len(objs) == len(atoms) else []


def called_for(library: Library, facts: Facts, obj: Obj) -> Called | None:
    """The call that returned an object; None for other objects, and where the called function is not seen or a
    decorator keeps what it returns."""
    call = next((each for each in facts.handoffs if each.node is obj.node), None)
    made = library.facts(call.callee) if call is not None and obj.origin == "call" else None
    return Called(call, made) if call is not None and made and not made.caches_result else None


def with_callers(project: Project, functions: Iterable[FunctionRef]) -> Iterator[FunctionRef]:
    """Functions, and those that call them, and these."""
    found = dict.fromkeys(functions)
    yield from found
    level = list(found)
    for _ in range(CALLS):
        callers = (caller for function in level for caller in project.callers(function))
        level = []
        for caller in callers:
            if caller not in found:
                found[caller] = None
                level.append(caller)
                yield caller
