"""Whether a request's values are on a copy: written onto it, or onto what it was made of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.values import Const, reads_of
from lint_rules.knowledge.merging import family
from lint_rules.knowledge.origins import roots

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj, Value


def is_merged_onto(facts: Facts, copy: Obj, name: str | None = None) -> bool:
    """True when per-request values of a source are written onto the copy (to one of its fields, where ``name``
    tells which)."""
    written = (write for write in facts.writes_to(copy.id, name) if write.how != "call")
    return any(_is_of_source(facts, copy, write.value) for write in written)


def is_merged_into(facts: Facts, copy: Obj, name: str | None = None) -> bool:
    """:func:`is_merged_onto`, or onto a mapping that the copy is built of."""
    links = (facts.objects[link] for link in family(facts, copy.id) - {copy.id})
    built_of = (link for link in links if link.mapping and link.origin == "copy")
    return any(is_merged_onto(facts, link, name) for link in (copy, *built_of))


def was_filled(facts: Facts, copy: Obj) -> bool:
    """True when values of a source were on the original when it was copied: a copy that is handed out then is this
    request's."""
    links = (facts.objects[obj] for obj in family(facts, copy.id))
    return any(
        _is_of_source(facts, copy, value) or (_is_given(value) and _is_by_call(facts, link, name))
        for link in links
        for name, value in link.taken.items()
    )


def _is_given(value: Value) -> bool:
    """True for what may be a value that is written out."""
    return any(isinstance(atom, Const) and atom.kind == "value" for atom in value.atoms)


def _is_by_call(facts: Facts, copy: Obj, name: str) -> bool:
    """True for a field that no statement of this function writes on what a copy is made of."""
    return not any(facts.writes_to(original, name) for original in copy.of)


def _is_of_source(facts: Facts, copy: Obj, value: Value) -> bool:
    """True for a value that was read from something other than the copy and what it was made of."""
    others = {obj for obj, _ in reads_of(value)} - family(facts, copy.id)
    found = (root for obj in others for root in roots(facts, obj))
    return any(root.origin in ("param", "attr", "call", "lookup") for root in found)
