"""Where the objects and values of a function come from: out of a cache, or from a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lint_rules.flow.values import APART, ITEM, ROW, Absent, Const, Init, Strings
from lint_rules.knowledge.merging import family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Atom, Obj, Value


_FILLS = r"\.(?:update|setdefault|__setitem__)\(|[ \t]*\|=|\[[^\]\n]*\][ \t]*=[^=]"
"""What stands behind the name of a mapping into which something is put."""


class Read(NamedTuple):
    """What a function did not read from a database itself: the parameters that are given rows, and the calls that
    returned something built from one, by the objects that stand for that."""

    params: frozenset[str] = frozenset()
    calls: frozenset[int] = frozenset()


NOT_READ = Read()


def brings(facts: Facts, value: Value, read: Read = NOT_READ) -> bool:
    """True when a value may be a request's: it is no constant, and not what a cache held before, or a row."""
    return not all(
        isinstance(atom, Const | Absent | Strings)
        or _was_held(facts, atom)
        or (isinstance(atom, Init) and is_built_of_row(facts, atom.obj, read))
        for atom in original(facts, value)
    )


def holds_found(facts: Facts, value: Value) -> bool:
    """True when a value may be what a cache held before."""
    return any(_was_held(facts, atom) for atom in original(facts, value))


def original(facts: Facts, value: Value) -> Iterator[Atom]:
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
    """True for an object that was looked up, or is a copy of nothing but such; "found or made" is, too.

    So is a dict that is made where none is found, if a class says what the entries are: what names no class may be
    filled by functions that name none either.
    """
    found = [entry_around(facts, root) for root in roots(facts, obj)]
    origins = {root.origin for root in found}
    if "mapping" in origins and any(r.origin == "lookup" and r.model is None for r in found):
        return False
    return "lookup" in origins and origins <= {"lookup", "fresh", "mapping"}


def entry_around(facts: Facts, obj: Obj) -> Obj:
    """The container that holds an item, on whatever level; the object itself, where it is no item of one."""
    while obj.origin == "attr" and obj.field == ITEM:
        obj = facts.objects[obj.of[0]]
    return obj


def is_found_itself(facts: Facts, obj: Obj) -> bool:
    """True for what a cache handed out, what such a container holds, and a copy that may be that."""
    obj = entry_around(facts, obj)
    if obj.origin == "copy" and obj.same:
        return any(root.origin == "lookup" and root.how != APART for root in roots(facts, obj.id))
    return obj.origin == "lookup" and obj.how != APART


def found_inside(facts: Facts, obj: int) -> bool:
    """True for what stands in what was looked up or built from a row, or was made here, and for a copy of nothing else."""
    return all(
        root.origin in ("lookup", "fresh")
        or (root.origin == "attr" and _stands_in_found(facts, root))
        for root in roots(facts, obj)
    )


def _stands_in_found(facts: Facts, inner: Obj) -> bool:
    whole = facts.objects.bottom(inner.id)
    return whole is not inner and (
        is_all_found(facts, whole.id) or is_built_of_row(facts, whole.id)
    )


def is_own(facts: Facts, obj: int) -> bool:
    """True for what was made from nothing but cache entries, for this call alone: a copy of them, or what a cache
    that keeps bytes handed out."""
    info = facts.objects[obj]
    is_copy = info.origin == "copy" and not info.same
    return is_all_found(facts, obj) and (is_copy or info.how == APART)


def is_row(facts: Facts, obj: Obj) -> bool:
    """True for what a call returned that reads a database, and for one of many that it returned."""
    read = facts.objects.bottom(obj.id)
    return read.origin == "call" and read.how == ROW and read.model is None and obj.model is None


def is_built_of_row(facts: Facts, obj: int, read: Read = NOT_READ) -> bool:
    """True for an object of a class that was built from a row of a database, and for a copy of one that was as it was
    built: what it came with no request has left there."""
    if obj in read.calls:
        return True
    info = facts.objects[obj]
    if info.origin != "copy" or info.model is None:
        return False
    links = [facts.objects[link] for link in family(facts, obj)]
    return all(
        not link.mixed
        and (
            not _is_filled_copy(facts, link)
            if link.origin == "copy"
            else _is_read(facts, link, read)
        )
        for link in links
    )


def _is_read(facts: Facts, root: Obj, read: Read) -> bool:
    """True for a row as it was read, and for what was built from one elsewhere."""
    if root.id in read.calls:
        return True
    is_given = root.origin == "param" and root.name in read.params and root.model is None
    return (
        (is_row(facts, root) or is_given)
        and not any(facts.writes_to(obj) for obj in (root.id, facts.objects.bottom(root.id).id))
        and not is_filled(facts, root)
    )


def is_filled(facts: Facts, row: Obj) -> bool:
    """True for a row that is given to a function which fills what it is given, whatever it was asked for."""
    return any(
        row.id in value.refs and call.callee.holds(rf"\b{name}(?:{_FILLS})")
        for call in facts.handoffs
        for name, value in call.arguments.items()
    )


def _is_filled_copy(facts: Facts, copy: Obj) -> bool:
    """True for a copy of what something was written to before."""
    own = family(facts, copy.id)
    return any(
        not isinstance(atom, Const | Absent | Strings)
        and not (isinstance(atom, Init) and atom.obj in own)
        for value in copy.taken.values()
        for atom in original(facts, value)
    )


def roots(facts: Facts, obj: int) -> list[Obj]:
    """What an object was copied from in the end; itself, where it is no copy."""
    links = (facts.objects[link] for link in sorted(family(facts, obj)))
    return [link for link in links if link.origin != "copy" or not link.of]
