"""Mappings: dict displays and comprehensions, their entries, and updates from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.additions import parts_of
from lint_rules.flow.context import computed
from lint_rules.flow.state import State, join
from lint_rules.flow.values import (
    ABSENT,
    NO_BLAME,
    UNKNOWN,
    Absent,
    Entries,
    Init,
    Leaf,
    Ref,
    Seq,
    Strings,
    Value,
    constant,
    reads_of,
    ref,
    union,
)

if TYPE_CHECKING:
    from lint_rules.flow.expressions import Evaluator

_MADE_HERE = "dict"
"""What a dict made in the function is called; a constant one has the name of its variable."""


class Mappings:
    """What one function does with mappings of field names to values."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ev = evaluator
        self.ctx = evaluator.ctx

    # ----------------------------------------------------------------- making

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
        if not objs or not all(self.ctx.objects[obj].mapping for obj in objs):
            return None
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

    def items(self, state: State, entries: Entries) -> list[Value] | None:
        """What a loop over the entries of an object sees, name by name."""
        out: list[Value] = []
        names = self.names(state, entries.obj)
        if not names and not self.is_local(entries.obj):
            return None
        for name in names:
            value = self.entry(state, entries.obj, name)
            if value.atoms == ABSENT.atoms:
                continue
            key = constant(name)
            if entries.what == "keys":
                marks = value.atoms & {Absent()}
                out.append(Value(key.atoms | marks, value.blame) if marks else key)
            elif entries.what == "values":
                out.append(value)
            else:
                out.append(Value(frozenset({Seq((key, value))})))
        return out

    # ----------------------------------------------------------------- updating

    def update(
        self, state: State, targets: list[int], value: Value, node: cst.CSTNode,
    ) -> None:  # fmt: skip
        """``target.update(value)``: each known key overwrites, a key that may be missing may keep."""
        for source in self.ctx.deref(value):
            for name in self.names(state, source):
                entry = self.entry(state, source, name)
                if entry.atoms != ABSENT.atoms:
                    self._update_one(state, targets, source, name, entry, node)

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

    # ----------------------------------------------------------------- comprehensions

    def comprehension(self, state: State, node: cst.BaseExpression) -> Value:
        """``{k: v for ... if ...}``, unrolled over the names that are known."""
        assert isinstance(node, cst.DictComp)
        loop = node.for_in
        inner = state.copy()
        if loop.inner_for_in is not None:
            return computed(self.ev.eval(inner, loop.iter))
        for test in loop.ifs:  # names in the tests join the universe first
            self._bind(inner, loop.target, UNKNOWN)
            self.ev.eval(inner, test.test)
        source = self.ev.eval(state, loop.iter)
        items = self.ev.iterate(state, loop.iter)
        if items is None:
            return self._of_any(state, node, source)
        target = self._comprehension_target(state, node, source)
        for item in items:
            self._comprehension_item(state, node, target, item)
        return ref(target)

    def _of_any(self, state: State, node: cst.DictComp, source: Value) -> Value:
        """A comprehension over items that nobody knows: a dict that holds what is made of one of them."""
        inner = state.copy()
        self._bind(inner, node.for_in.target, self.ev.interpreter.loops.item(source))
        value = self.ev.eval(inner, node.value)
        made = [obj for obj in value.refs if obj not in state.heap and obj in inner.heap]
        if not made:
            return computed(source)
        state.heap.update((obj, inner.heap[obj]) for obj in made)
        target = self.fresh(state, node)
        self.hold(state, [target], value)
        return ref(target)

    def _comprehension_target(self, state: State, node: cst.DictComp, source: Value) -> int:
        """A copy where the comprehension filters a carrier's own entries, else a new dict."""
        atom = source.single
        obj = atom.obj if isinstance(atom, Entries | Ref) else None
        if obj is None or self.is_local(obj):
            return self.fresh(state, node)
        return self.ev.calls.copies.make(
            state, node, [obj], "shallow", "comprehension", mapping=True
        )

    def _comprehension_item(
        self, state: State, node: cst.DictComp, target: int, item: Value
    ) -> None:
        inner = state.copy()
        self._bind(inner, node.for_in.target, item)
        key = self.ev.eval(inner, node.key).text
        if key is None:
            return
        outer_iteration = self.ctx.iteration
        self.ctx.iteration = (*outer_iteration, key)
        value = self._filtered(inner, node, item)
        self.ctx.iteration = outer_iteration
        if value is None:
            self.ctx.write(state, [target], key, ABSENT, node, "delete", unrolled=True)
            return
        copied_same = self.ctx.objects[target].origin == "copy" and all(
            isinstance(a, Absent) or (isinstance(a, Init) and a.field == key) for a in value.atoms
        )
        if copied_same:  # the carrier's own value under its own name stays the copy's old value
            own = self.ctx.objects.default(target, key).atoms
            marks = value.atoms & {Absent()}
            state.put(target, key, Value(own | marks, value.blame))
            return
        self.ctx.write(state, [target], key, value, node, "update", unrolled=True)

    def _filtered(self, inner: State, node: cst.DictComp, item: Value) -> Value | None:
        """The value of one item after the comprehension's tests; None when it is left out."""
        blame = NO_BLAME
        for test in node.for_in.ifs:
            known = self.ev.conditions.truth(inner, test.test)
            if known is False:
                return None
            if known is None:
                condition = self.ev.conditions.build(inner, test.test)
                unset = self.ev.conditions.unset_reads(inner, test.test)
                blame |= {self.ctx.guard(test.test, "filter", condition, needs=False, unset=unset)}
                self.ev.conditions.assume(inner, test.test, True)
        value = self.ev.eval(inner, node.value)
        missing = any(
            Absent() in part.atoms
            for part in (item, *(p for a in item.atoms if isinstance(a, Seq) for p in a.parts))
        )
        if blame or missing:
            absent = item.blame.union(
                *(p.blame for a in item.atoms if isinstance(a, Seq) for p in a.parts)
            )
            return Value(value.atoms | {Absent()}, value.blame | blame | absent)
        return value

    def generator(self, state: State, node: cst.GeneratorExp | cst.ListComp | cst.SetComp) -> Value:
        """A list or generator comprehension: any of the values that its element takes."""
        loop = node.for_in
        items = self.ev.iterate(state, loop.iter)
        values: list[Value] = []
        if items is None or loop.inner_for_in is not None:
            inner = state.copy()
            self._bind(inner, loop.target, computed(self.ev.eval(state, loop.iter)))
            return computed(self.ev.eval(inner, node.elt))
        blame = NO_BLAME
        for item in items:
            inner = state.copy()
            self._bind(inner, loop.target, item)
            skipped = False
            ways = [state]
            for test in loop.ifs:
                known = self.ev.conditions.truth(inner, test.test)
                skipped = skipped or known is False
                if known is None:
                    condition = self.ev.conditions.build(inner, test.test)
                    guard = self.ctx.guard(test.test, "filter", condition, needs=False)
                    blame |= {guard}
                    self.ev.conditions.assume(inner, test.test, True)
                    inner, skip = inner.under(guard), state.under(guard)
                    ways = [skip]
            if skipped:
                continue
            values.append(self.ev.eval(inner, node.elt))
            merged = join([inner, *ways] if loop.ifs else [inner], self.ctx.objects)
            if merged is not None:
                state.heap = merged.heap
        names = tuple(value.text for value in values if value.text is not None)
        if names and len(names) == len(values) and not blame:  # names that a test picks
            self.ctx.learn_names(names)
            return Value(frozenset({Strings(names)}))
        value = union(values)
        reads = reads_of(value)
        return Value(value.atoms, value.blame | blame) if reads or value.is_constant else value

    def _bind(self, state: State, target: cst.BaseAssignTargetExpression, value: Value) -> None:
        self.ev.interpreter.assign(state, target, value, target)


def _may_hold(value: Value) -> bool:
    """True for an object, and for a tuple, in which one may stand."""
    return any(isinstance(atom, Ref | Seq) for atom in value.atoms)
