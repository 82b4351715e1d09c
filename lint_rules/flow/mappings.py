"""Mappings: dict displays, their entries, and updates from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.additions import parts_of
from lint_rules.flow.comprehensions import Comprehensions, Pairs
from lint_rules.flow.overlays import Overlays
from lint_rules.flow.state import State
from lint_rules.flow.values import (
    ABSENT,
    Absent,
    Leaf,
    Ref,
    Seq,
    Value,
    constant,
    ref,
    union,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lint_rules.flow.expressions import Evaluator

_MADE_HERE = "dict"
"""What a dict made in the function is called; a constant one has the name of its variable."""


class Mappings:
    """What one function does with mappings of field names to values."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ev = evaluator
        self.ctx = evaluator.ctx
        self.comprehensions = Comprehensions(evaluator)
        self.overlays = Overlays(self)

    # ----------------------------------------------------------------- making

    def of(self, state: State, node: cst.BaseExpression) -> Value:
        """What ``dict(x)`` and ``y.update(x)`` are given: a mapping, or pairs that stand for one."""
        pairs = Pairs.of(node)
        if pairs is not None:
            return self.comprehensions.mapping(state, pairs)
        value = self.ev.eval(state, node)
        atom = value.single
        listed = [part.single for part in atom.parts] if isinstance(atom, Seq) else []
        if not listed or not all(isinstance(a, Seq) and len(a.parts) == 2 for a in listed):
            return value
        made = self.fresh(state, node)
        for pair in listed:
            if isinstance(pair, Seq) and pair.parts[0].text is not None:
                self.ctx.write(
                    state, [made], pair.parts[0].text, pair.parts[1], node, "update", unrolled=True
                )
        return ref(made)

    def fresh(self, state: State, node: cst.CSTNode) -> int:
        """A new empty dict made at ``node``."""
        made = self.ctx.new((id(node), "mapping", self.ctx.iteration), "mapping", _MADE_HERE,
                            node=node, mapping=True, base="absent")  # fmt: skip
        state.heap[made.id] = {}
        return made.id

    def display(self, state: State, node: cst.BaseExpression) -> Value:
        """``{...}``: a dict made here, or a copy where it begins with ``**carrier``."""
        assert isinstance(node, cst.Dict)
        target: int | None = None
        for element in node.elements:
            if isinstance(element, cst.StarredDictElement):
                target = self._splice(state, node, target, self.ev.eval(state, element.value))
            elif isinstance(element, cst.DictElement):
                key = self.ev.eval(state, element.key).text
                value = self.ev.eval(state, element.value)
                if target is None:
                    target = self.fresh(state, node)
                if key is not None:
                    self.ctx.write(state, [target], key, value, element.value, "update")
                else:
                    self.hold(state, [target], value)
        return ref(self.fresh(state, node) if target is None else target)

    def hold(self, state: State, objs: list[int], value: Value) -> None:
        """Put a value under a key that nobody knows into dicts made here.

        It is kept for what a cache is filled with; no field has such a name.
        """
        for obj in filter(self.is_local, objs) if _may_hold(value) else ():
            state.put(obj, f"*{len(state.heap.get(obj, {}))}", value)

    def _splice(self, state: State, node: cst.CSTNode, target: int | None, value: Value) -> int:
        """``**value`` inside a display or call: the start of a copy, or an update."""
        objs = self.ctx.deref(value)
        over = None
        if target is not None:
            over = self.overlays.made(state, node, ref(target), value, "display")
        if over is not None:
            return over
        if target is None and objs and not all(self.is_local(obj) for obj in objs):
            target = self.ev.calls.copies.make(
                state, node, objs, "shallow", "display", mapping=True
            )
        else:
            target = self.fresh(state, node) if target is None else target
            self.update(state, [target], value, node)
        self.ctx.objects[target].parts |= parts_of(value)
        return target

    def is_local(self, obj: int) -> bool:
        """True for a dict that this function made from nothing."""
        return self.ctx.objects[obj].base == "absent" and self.ctx.objects[obj].origin == "mapping"

    def is_made_here(self, obj: int) -> bool:
        """True for a dict that a call of this function makes, not for a constant one of a module."""
        return self.is_local(obj) and self.ctx.objects[obj].name == _MADE_HERE

    def union_operator(
        self, state: State, node: cst.BinaryOperation, left: Value, right: Value
    ) -> Value | None:
        """``left | right`` of mappings; None when they are none."""
        objs = self.ctx.deref(left)
        if not objs or not self.ev.calls.copies.are_mappings(node.left, objs):
            return None
        over = self.overlays.made(state, node, left, right, "union")
        if over is not None:
            return ref(over)
        made = self.ev.calls.copies.make(state, node, objs, "shallow", "union", mapping=True)
        self.update(state, [made], right, node)
        self.ctx.objects[made].parts |= parts_of(left) | parts_of(right)
        return ref(made)

    # ----------------------------------------------------------------- reading

    def names(self, state: State, obj: int) -> list[str]:
        """The keys that a mapping (or the dump of an object) can have, as far as they are known."""
        info = self.ctx.objects[obj]
        held = (name for name in state.heap.get(obj, {}) if not name.startswith("*"))
        found = dict.fromkeys([*(info.entries or ()), *held])
        if info.base == "absent" and info.origin == "mapping":
            return list(found)
        model = info.model
        known = self.ctx.universe
        found.update(
            (name, None) for name in known if model is None or model.field(name) is not None
        )
        return list(found)

    def entry(self, state: State, obj: int, name: str) -> Value:
        """The value under a key, with an absent possibility where the key may be missing."""
        value = self.ctx.read(state, obj, name)
        info = self.ctx.objects[obj]
        known = name in state.heap.get(obj, {})
        always = info.model is not None and info.model.field(name) is not None
        if known or always or info.base != "init" or Absent() in value.atoms:
            return value
        presence = self.ctx.guard(
            info.node or self.ctx.facts.definition.name, "presence",
            Leaf(frozenset({(obj, name)})), needs=False, extra=(obj, name),
        )  # fmt: skip
        return Value(value.atoms | {Absent()}, value.blame | {presence})

    def items(self, state: State, objs: list[int], what: str) -> list[Value] | None:
        """What a loop over the entries of any of some objects sees, name by name."""
        names = dict.fromkeys(name for obj in objs for name in self.names(state, obj))
        if not names and not all(map(self.is_local, objs)):
            return None
        values = ((name, self.entry_of_any(state, objs, name)) for name in names)
        return [_item(name, value, what) for name, value in values if value.atoms != ABSENT.atoms]

    def entry_of_any(self, state: State, objs: Iterable[int], name: str) -> Value:
        """The value that any of some objects has under a key."""
        return union([self.entry(state, obj, name) for obj in objs])

    # ----------------------------------------------------------------- updating

    def update(
        self, state: State, targets: list[int], value: Value, node: cst.CSTNode,
    ) -> None:  # fmt: skip
        """``target.update(value)``: each known key overwrites, a key that may be missing may keep."""
        sources = self.ctx.deref(value)
        if not sources or not all(map(self.is_local, sources)):
            self.mix(targets)
        for source in sources:
            for name in self.names(state, source):
                entry = self.entry(state, source, name)
                if entry.atoms != ABSENT.atoms:
                    self._update_one(state, targets, source, name, entry, node)

    def mix(self, objs: list[int]) -> None:
        """Note that something is put into these under names that nobody knows."""
        for obj in objs:
            self.ctx.objects[obj].mixed = True

    def _update_one(
        self, state: State, targets: list[int], source: int, name: str, entry: Value,
        node: cst.CSTNode,
    ) -> None:  # fmt: skip
        earlier = self.ctx.facts.writes_to(source, name) if self.is_local(source) else []
        for target in targets:
            value = entry
            if Absent() in entry.atoms:
                old = self.ctx.read(state, target, name)
                value = Value(entry.atoms - {Absent()} | old.atoms, entry.blame | old.blame)
            self.ctx.write(state, [target], name, value, node, "update", record=not earlier,
                           unrolled=True, weak=len(targets) > 1)  # fmt: skip
            for write in earlier:
                self.ctx.copy_write(write, target, value)


def _item(name: str, value: Value, what: str) -> Value:
    """What a loop over ``keys``, ``values`` or ``items`` sees of one entry."""
    if what == "values":
        return value
    key = constant(name)
    if what == "items":
        return Value(frozenset({Seq((key, value))}))
    marks = value.atoms & {Absent()}
    return Value(key.atoms | marks, value.blame) if marks else key


def _may_hold(value: Value) -> bool:
    """True for an object, and for a tuple, in which one may stand."""
    return any(isinstance(atom, Ref | Seq) for atom in value.atoms)
