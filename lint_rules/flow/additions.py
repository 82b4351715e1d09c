"""Values that hold an old one as a part: sums, unions, displays with ``*`` or ``**``, and what is added to in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.facts import Write
from lint_rules.flow.values import Computed, Init, Reads, Value, field_reads, in_any

if TYPE_CHECKING:
    import libcst as cst

    from lint_rules.flow.context import Context
    from lint_rules.flow.state import State

ADDING = frozenset({"update", "append", "extend", "add", "insert", "setdefault"})
"""Methods that add to what a container holds."""


def parts_of(value: Value) -> Reads:
    """The fields whose values are, or are a part of, a value."""
    found: set[tuple[int, str]] = set()
    for atom in value.atoms:
        if isinstance(atom, Init):
            found.add((atom.obj, atom.field))
        elif isinstance(atom, Computed):
            found |= atom.holds
    return frozenset(found)


def combined(*values: Value) -> Value:
    """What is made of several values, each of which stays a part of it."""
    via = in_any(map(field_reads, values))
    holds = in_any(map(parts_of, values))
    return Value(frozenset({Computed(via, holds)}))


def note(
    ctx: Context, state: State, node: cst.CSTNode, container: Value, added: list[Value]
) -> None:
    """Note what a method adds to a container that a field held when its object came in."""
    if any(write.node is node for write in ctx.facts.additions):
        return
    for atom in container.atoms:
        if isinstance(atom, Init):
            value = combined(Value(frozenset({atom})), *added)
            ctx.facts.additions.append(
                Write(node, ctx.statement, atom.obj, atom.field, value, state.guards, "edit",
                      ctx.next_order())
            )  # fmt: skip
