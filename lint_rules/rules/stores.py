"""What CCL104 and CCL105 share: stores of an object with per-request values merged onto it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from lint_rules.flow.values import WHOLE, Init, Value, reads_of
from lint_rules.knowledge.merging import family, found_ones

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts, Store, Write
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.proofs import PerRequest

#: Objects that the function did not build itself: a carrier built here is its own business.
_CARRIERS = frozenset({"param", "self", "lookup", "call", "attr", "copy", "global"})
_WORD = re.compile(r"\w+")


def is_carrier(facts: Facts, obj: Obj) -> bool:
    """True for an object that came in, was looked up, or is a copy of such a one."""
    links = found_ones(facts, obj)
    return not obj.opaque and all(link.origin in _CARRIERS for link in links)


def with_inner(facts: Facts, store: Store) -> Iterator[Store]:
    """A store, and the same of what the object has in its fields since it came in."""
    yield store
    for info in facts.objects.all():
        if info.origin == "attr" and info.of == (store.obj,) and info.model is not None:
            held = store.fields.get(info.field)
            if held is None or Init(store.obj, info.field) in held.atoms:
                yield replace(store, obj=info.id, within=True)


def is_merged(facts: Facts, write: Write, value: Value | None = None) -> bool:
    """True when what is written was read from something other than the carrier: a source."""
    own = family(facts, write.obj)
    return any(obj not in own for obj, _ in reads_of(write.value if value is None else value))


def is_for_one_user(facts: Facts, store: Store, writes: list[Write], found: PerRequest) -> bool:
    """True when the key says whose entry it is: then the entry is nobody else's.

    The key does so when its text, or that of the local it was assigned to, names a per-request field
    or the source that the values come from.
    """
    names = set(found.evidence)
    for write in writes:
        for obj, name in reads_of(write.value):
            names.add(facts.objects[obj].name if name == WHOLE else name)
    if any(name in names for _, name in reads_of(store.key)):
        return True
    return not names.isdisjoint(_words_of(facts, store.key_text))


def _words_of(facts: Facts, text: str) -> set[str]:
    """The words of a key's text, and of what its locals were assigned."""
    words = set(_WORD.findall(text))
    for word in list(words):
        # What is annotated stands at the beginning of a line, so that a long one is looked at once.
        for form in (rf"\b{word}[ \t]*=(?!=)([^\n]*)", rf"^[ \t]*{word}[ \t]*:[^=\n]*=([^\n]*)"):
            for line in re.findall(form, facts.function.source, re.MULTILINE):
                words.update(_WORD.findall(line))
    return words
