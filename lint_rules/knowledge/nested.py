"""What stands in a deep copy for a cache was copied with it: its fields keep what they had, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from lint_rules.flow.state import read
from lint_rules.flow.values import ABSENT, WHOLE, Init, reads_in
from lint_rules.knowledge.helpers import is_handed_on

if TYPE_CHECKING:
    from lint_rules.flow.values import Obj, Reads
    from lint_rules.knowledge.helpers import HelperCopy
    from lint_rules.knowledge.proofs import PerRequest
    from lint_rules.project.classes import ClassRef, FieldDecl

_DYNAMIC = r"\b(?:vars|getattr|setattr|fields)\(|__dict__|model_fields"
"""Fields are gone through by names that the text need not show."""
_DEEP = frozenset({"deepcopy", "model_copy", "copy"})
"""Copies that are the same inside; what goes through a dump or a pickle may leave something out there."""
_HOOKS = ("__deepcopy__", "__copy__", "__getstate__", "__reduce__", "__reduce_ex__")
"""Methods by which a class says itself what is copied."""


class Nested(NamedTuple):
    """An object in a field of a copy, and which of its per-request fields hold the old values where the copy is handed
    out: on every way, or on some."""

    holder: FieldDecl
    found: PerRequest
    always: tuple[str, ...]
    sometimes: tuple[str, ...]


def classes_inside(model: ClassRef) -> Iterator[tuple[FieldDecl, ClassRef]]:
    """The fields of a class that hold one object of another class of the project, by their annotations."""
    for decl in model.fields:
        if not decl.annotation:
            continue
        hint = model.module.project.resolve_annotation(decl.owner.module, decl.annotation)
        one = hint.classes[0] if len(hint.classes) == 1 and not hint.mapping else None
        if one is None or one.kind == "typeddict" or one.is_kin_of(model):
            continue
        if all(one.method(hook) is None for hook in _HOOKS):
            yield decl, one


def nested(copy: HelperCopy, found: Iterable[tuple[FieldDecl, PerRequest]]) -> Iterator[Nested]:
    """What stands in a deep copy and keeps old values; ``found`` tells for its fields what is per-request of what
    they hold."""
    made = copy.copy
    if made.depth != "deep" or made.how not in _DEEP or made.mapping or _goes_elsewhere(copy):
        return
    for holder, per_request in found:
        if not copy.always_keeps(holder.name):
            continue
        inner = [o for o in copy.facts.objects.all() if _stands_in(o, made, holder.name)]
        if any(obj.opaque for obj in inner):
            continue
        kept = {name: _keeps(copy, inner, holder.name, name) for name in per_request.evidence}
        always = tuple(name for name, how in kept.items() if how == {True})
        sometimes = tuple(name for name, how in kept.items() if len(how) == 2)
        if always or sometimes:
            yield Nested(holder, per_request, always, sometimes)


def _goes_elsewhere(copy: HelperCopy) -> bool:
    """True where something else may reset what stands in the copy: a function that is given it, or a loop over its
    fields by their names."""
    facts = copy.facts
    return is_handed_on(facts, copy.copy) or facts.function.holds(_DYNAMIC)


def _stands_in(obj: Obj, owner: Obj, field: str) -> bool:
    return obj.origin == "attr" and obj.of == (owner.id,) and obj.field == field


def _keeps(copy: HelperCopy, inner: list[Obj], holder: str, name: str) -> set[bool]:
    """Whether the old value may be there where the copy is returned, over all ways and values; nothing for what is
    only stored, unless nobody touches what stands in the copy."""
    if not inner:
        return {True}
    old = {Init(obj.id, name) for obj in inner}
    about = frozenset(
        {(copy.copy.id, holder), *((obj.id, field) for obj in inner for field in (WHOLE, name))}
    )
    found: set[bool] = set()
    for state in copy.returned_in:
        for obj in inner:
            value = read(state, copy.facts.objects, obj.id, name)
            # Where only a test of what stands there leaves the old value, there is none: ``if made.limits is not None``.
            tested = _only_asks(copy, value.blame, about) or any(
                _only_asks(copy, (guard,), about) for guard in state.guards
            )
            kept = value.atoms - ABSENT.atoms - (old if tested else set())
            found.update(atom in old for atom in kept)
    return found


def _only_asks(copy: HelperCopy, guards: Iterable[int], about: Reads) -> bool:
    """True for guards that ask about nothing else."""
    asked = [reads_in(copy.facts.guards[number].condition) for number in guards]
    return bool(asked) and all(reads and reads <= about for reads in asked)
