"""The class of a carrier whose look-up does not name one: what else the function says of the same variable, or
what is stored where it was looked up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.knowledge.merging import may_be

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj
    from lint_rules.project.classes import ClassRef


def class_of(facts: Facts, carrier: Obj) -> ClassRef | None:
    """The carrier's class; where it has none of its own, the one class that the function tells for it.

    ``auth = cache.get(key)``, ``if auth is None: auth = Auth(key)``: what is written afterwards goes to
    either, so that both have the fields of ``Auth``.
    """
    if carrier.model is not None or carrier.typed or carrier.mapping:
        return carrier.model
    told = (
        set(_of_kin(facts, carrier))
        or ({carrier.kin} if carrier.kin is not None else set())
        or set(_returned(facts, carrier))
        or set(_copied_with(facts, carrier))
    )
    return told.pop() if len(told) == 1 else None


def _of_kin(facts: Facts, carrier: Obj) -> Iterator[ClassRef]:
    """The classes of the other objects that the statements may write to which write to the carrier."""
    nodes = {write.node for write in facts.writes_to(carrier.id) if write.how != "call"}
    for write in facts.writes:
        model = facts.objects[write.obj].model if write.node in nodes else None
        if model is not None:
            yield model


def _copied_with(facts: Facts, carrier: Obj) -> Iterator[ClassRef]:
    """The classes of its copies, which they have from what else may have been copied there."""
    for obj in facts.objects.all():
        if obj.origin == "copy" and carrier.id in obj.of and obj.model is not None:
            yield obj.model


def _returned(facts: Facts, carrier: Obj) -> Iterator[ClassRef]:
    """The class that the function's annotation names for what it returns, where that is the carrier."""
    function = facts.function
    if function.returns and any(carrier.id in may_be(facts, leave.value) for leave in facts.exits):
        project = function.module.project
        hint = project.resolve_annotation(function.module, function.returns, function)
        yield from hint.classes
