"""Where the objects and values of a function come from: out of a cache, or from a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.values import APART, ROW, Absent, Const, Init, Strings
from lint_rules.knowledge.merging import family

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Atom, Obj, Value


def brings(facts: Facts, value: Value) -> bool:
    """True when a value may be a request's: it is no constant, and not what a cache held before, or a row."""
    return not all(
        isinstance(atom, Const | Absent | Strings)
        or _was_held(facts, atom)
        or (isinstance(atom, Init) and is_built_of_row(facts, atom.obj))
        for atom in _original(facts, value)
    )


def holds_found(facts: Facts, value: Value) -> bool:
    """True when a value may be what a cache held before."""
    return any(_was_held(facts, atom) for atom in _original(facts, value))


def _original(facts: Facts, value: Value) -> Iterator[Atom]:
    """What a value may be; what a copy began with is what its original held where it was copied."""
    seen: set[Atom] = set()
    todo = [value]
    while todo:
        for atom in todo.pop().atoms - seen:
            seen.add(atom)
            taken = facts.objects[atom.obj].taken if isinstance(atom, Init) else {}
            if isinstance(atom, Init) and atom.field in taken:
                todo.append(taken[atom.field])
            else:
                yield atom


def _was_held(facts: Facts, atom: Atom) -> bool:
    return isinstance(atom, Init) and is_all_found(facts, atom.obj)


def is_all_found(facts: Facts, obj: int) -> bool:
    """True for an object that was looked up, or is a copy of nothing but such; "found or made" is, too."""
    origins = {root.origin for root in roots(facts, obj)}
    return "lookup" in origins and origins <= {"lookup", "fresh"}


def is_own(facts: Facts, obj: int) -> bool:
    """True for what was made from nothing but cache entries, for this call alone: a copy of them, or what a cache
    that keeps bytes handed out."""
    info = facts.objects[obj]
    return is_all_found(facts, obj) and (info.origin == "copy" or info.how == APART)


def is_row(obj: Obj) -> bool:
    """True for what a call returned that reads a database."""
    return obj.origin == "call" and obj.how == ROW and obj.model is None


def is_built_of_row(facts: Facts, obj: int, rows: Collection[str] = ()) -> bool:
    """True for an object of a class that was built from a row of a database: what is on it no request has left
    there.  ``rows`` are the parameters that are given one."""
    info = facts.objects[obj]
    if info.origin != "copy" or info.model is None:
        return False
    others = [facts.objects[link] for link in family(facts, obj) if link != obj]
    found = [other for other in others if other.origin != "copy"]
    return all(other.model is None for other in others) and all(
        (is_row(one) and not facts.writes_to(one.id))
        or (one.origin == "param" and one.name in rows)
        for one in found
    )


def roots(facts: Facts, obj: int) -> list[Obj]:
    """What an object was copied from in the end; itself, where it is no copy."""
    links = (facts.objects[link] for link in sorted(family(facts, obj)))
    return [link for link in links if link.origin != "copy" or not link.of]
