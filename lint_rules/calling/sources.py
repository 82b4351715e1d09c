"""What a merge function takes its values from, and what each is called there."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lint_rules.calling.arguments import may_be_none
from lint_rules.calling.objects import named
from lint_rules.calling.reasons import Uncallable
from lint_rules.findings import Mark, Source
from lint_rules.flow.values import WHOLE, Const, Init, Value, reads_of
from lint_rules.knowledge.merging import Merging

if TYPE_CHECKING:
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.merging import Merge
    from lint_rules.project.functions import FunctionRef


def sources_of(facts: Facts, merges: list[Merge], root: Obj) -> list[Obj]:
    found = dict.fromkeys(number for merge in merges for number in merge.sources)
    out = [facts.objects[number] for number in found if number != root.id]
    for source in out:
        if source.origin not in ("param", "self"):
            raise Uncallable("what it merges is made or looked up inside, not handed in")
    if not out:
        raise Uncallable("what it merges is not known")
    return out


def is_item(facts: Facts, source: Obj) -> bool:
    """True for a parameter that is a value itself, not an object with fields."""
    if source.model is not None or source.mapping or source.origin == "self":
        return False
    reads = [read for w in facts.writes for read in reads_of(w.value) if read[0] == source.id]
    return bool(reads) and all(name == WHOLE for _, name in reads)


def is_mapping(facts: Facts, source: Obj) -> bool:
    """True when the source is a mapping, or the function reads its keys."""
    return source.mapping or any(
        isinstance(node, ast.Subscript)
        or (isinstance(node, ast.Attribute) and node.attr in ("get", "items", "keys", "pop"))
        for node in _uses(facts.function, source.name)
    )


def _uses(function: FunctionRef, name: str) -> list[ast.Subscript | ast.Attribute]:
    """The items and attributes of a name that a function asks for."""
    return [
        node
        for node in ast.walk(function.node)
        if isinstance(node, ast.Subscript | ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == name
    ]


def source_of(
    facts: Facts, merges: list[Merge], marks: Mapping[str, Mark], source: Obj | None,
    items: list[Obj],
) -> Source:  # fmt: skip
    names = {item.id: item.name for item in items}
    if source is not None:
        names[source.id] = ""
    taken = {name: _taken(facts, merges, name, mark, source, names) for name, mark in marks.items()}
    also = {item.name for item in items}
    if source is None:
        return Source(None, False, False, tuple(taken.items()), _beside(also, taken))
    mapping = is_mapping(facts, source)
    if source.model is None:
        also |= _needed(facts.function, source.name, mapping)
    return Source(
        named(source.model) if source.model is not None else None,
        source.model is None and not mapping,
        not items and may_be_none(facts.function, source.name), tuple(taken.items()), _beside(also, taken),
    )  # fmt: skip


def _beside(names: set[str], taken: Mapping[str, str | None]) -> tuple[str, ...]:
    return tuple(sorted(names - {name for name in taken.values() if name is not None}))


def _needed(function: FunctionRef, name: str, mapping: bool) -> set[str]:
    """What a source of an unknown class is asked for in such a way that it must be there."""
    found: set[str] = set()
    for node in _uses(function, name):
        if mapping and isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            found |= {node.slice.value} if isinstance(node.slice.value, str) else set()
        elif not mapping and isinstance(node, ast.Attribute):
            found.add(node.attr)
    return found


def _taken(
    facts: Facts, merges: list[Merge], name: str, mark: Mark, source: Obj | None,
    names: Mapping[int, str],
) -> str | None:  # fmt: skip
    """What the source calls a field, where its value goes over as it is."""
    mine = [merge for merge in merges if merge.write.field == name and merge.sources]
    if not mine or mark == "missing":
        # Never taken over, though the source has it: the repair takes what has the same name.
        model = source.model if source is not None else None
        return name if source is not None and (model is None or model.field(name)) else None
    found: set[str] = set()
    for merge in mine:
        value = Merging(facts).final(merge.write.obj, name)
        if any(isinstance(atom, Init) for atom in value.atoms) or not _is_plain(merge.write.value):
            value = merge.write.value
        if not _is_plain(value) and not _is_whole(value, names):
            return None
        for obj, theirs in reads_of(value):
            if obj in names:
                found.add(names[obj] or theirs)
    return found.pop() if len(found) == 1 and WHOLE not in found else None


def _is_plain(value: Value) -> bool:
    return all(isinstance(atom, Init | Const) for atom in value.atoms)


def _is_whole(value: Value, names: Mapping[int, str]) -> bool:
    """True for a parameter that goes over as it is."""
    return all(
        isinstance(atom, Const) or getattr(atom, "obj", None) in names for atom in value.atoms
    )
