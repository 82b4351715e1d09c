"""Objects that are made from the fields of another of their class: ``Auth(token=auth.token, user=auth.user)`` is a copy.

What it is not given has its default.  One field may be the same by chance (the key under which a new object
is made): it takes two.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.flow.values import Init
from lint_rules.naming import is_cache_copy_name

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj
    from lint_rules.settings import Settings

REBUILT = "rebuilt"
"""How such a copy is made."""
ENOUGH = 2
"""From so many fields on an object is made from another one."""


def note_rebuilt(facts: Facts, settings: Settings) -> None:
    """Let each new object that is made from the fields of one other be a copy of that.

    The other one is of its class; where nothing says of which class that is, the function's name has to say that it
    copies for a cache.
    """
    fresh = [obj for obj in facts.objects.all() if obj.origin == "fresh" and obj.model is not None]
    named = is_cache_copy_name(facts.function.name, settings.cache_copy_helpers)
    for made in fresh:
        known = [source for source in _sources(facts, made) if _is_kin(made, source)]
        open_ = [s for s in _sources(facts, made) if s.model is None] if named and not known else []
        if len(found := known or open_) == 1:
            made.origin, made.how, made.depth = "copy", REBUILT, "shallow"
            made.of, made.name, made.base = (found[0].id,), found[0].name, "default"


def _is_kin(made: Obj, source: Obj) -> bool:
    return (
        source.model is not None and made.model is not None and made.model.is_kin_of(source.model)
    )


def _sources(facts: Facts, made: Obj) -> Iterator[Obj]:
    """The objects of which two or more fields are written onto the same fields of a new one."""
    names: dict[int, set[str]] = {}
    for write in facts.writes_to(made.id):
        for atom in write.value.atoms:
            if isinstance(atom, Init) and atom.field == write.field:
                names.setdefault(atom.obj, set()).add(atom.field)
    return (facts.objects[obj] for obj, found in names.items() if len(found) >= ENOUGH)
