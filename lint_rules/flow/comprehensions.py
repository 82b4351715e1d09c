"""Comprehensions: unrolled over the names that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import libcst as cst

from lint_rules.flow import iterating
from lint_rules.flow.context import computed
from lint_rules.flow.state import State, join
from lint_rules.flow.values import (
    ABSENT,
    NO_BLAME,
    UNKNOWN,
    Absent,
    Init,
    Leaf,
    Ref,
    Seq,
    Strings,
    Value,
    entries_of,
    reads_of,
    ref,
    union,
)

if TYPE_CHECKING:
    from lint_rules.flow.expressions import Evaluator


class Pairs(NamedTuple):
    """A comprehension whose items are pairs of a name and a value."""

    node: cst.BaseExpression
    key: cst.BaseExpression
    value: cst.BaseExpression
    for_in: cst.CompFor

    @classmethod
    def of(cls, node: cst.BaseExpression) -> Pairs | None:
        """``((f, src[f]) for f in FIELDS)`` as what a dict is made of; None for anything else."""
        if not isinstance(node, cst.GeneratorExp | cst.ListComp) or not isinstance(
            node.elt, cst.Tuple
        ):
            return None
        parts = [element.value for element in node.elt.elements if isinstance(element, cst.Element)]
        if len(parts) != 2:
            return None
        return cls(node, parts[0], parts[1], node.for_in)


class Comprehensions:
    """The comprehensions of one function."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ev = evaluator
        self.ctx = evaluator.ctx

    def display(self, state: State, node: cst.BaseExpression) -> Value:
        """``{k: v for ... if ...}``."""
        assert isinstance(node, cst.DictComp)
        return self.mapping(state, Pairs(node, node.key, node.value, node.for_in))

    def mapping(self, state: State, pairs: Pairs) -> Value:
        """The mapping that pairs of names and values make, unrolled over the names that are known."""
        loop = pairs.for_in
        inner = state.copy()
        if loop.inner_for_in is not None:
            return computed(self.ev.eval(inner, loop.iter))
        for test in loop.ifs:  # names in the tests join the universe first
            self._bind(inner, loop.target, UNKNOWN)
            self.ev.eval(inner, test.test)
        source = self.ev.eval(state, loop.iter)
        items = iterating.listed(self.ev, state, loop.iter)
        if items is None:
            return self._of_any(state, pairs, source)
        target = self._target(state, pairs.node, source)
        for item in items:
            self._item(state, pairs, target, item)
        return ref(target)

    def _of_any(self, state: State, pairs: Pairs, source: Value) -> Value:
        """A comprehension over items that nobody knows: a dict that holds what is made of one of them."""
        inner = state.copy()
        self._bind(inner, pairs.for_in.target, iterating.item(self.ev, source))
        value = self.ev.eval(inner, pairs.value)
        made = [obj for obj in value.refs if obj not in state.heap and obj in inner.heap]
        if not made:
            return computed(source)
        state.heap.update((obj, inner.heap[obj]) for obj in made)
        target = self.ev.mappings.fresh(state, pairs.node)
        self.ev.mappings.hold(state, [target], value)
        return ref(target)

    def _target(self, state: State, node: cst.BaseExpression, source: Value) -> int:
        """A copy where the comprehension filters a carrier's own entries, else a new dict."""
        entries, atom = entries_of(source), source.single
        objs = entries[0] if entries is not None else [atom.obj] if isinstance(atom, Ref) else []
        if not objs or all(map(self.ev.mappings.is_local, objs)):
            return self.ev.mappings.fresh(state, node)
        return self.ev.calls.copies.make(
            state, node, objs, "shallow", "comprehension", mapping=True
        )

    def _item(self, state: State, pairs: Pairs, target: int, item: Value) -> None:
        inner, node = state.copy(), pairs.node
        self._bind(inner, pairs.for_in.target, item)
        key = self.ev.eval(inner, pairs.key).text
        if key is None:
            return
        outer_iteration = self.ctx.iteration
        self.ctx.iteration = (*outer_iteration, key)
        value = self._filtered(inner, pairs, item)
        self.ctx.iteration = outer_iteration
        if value is None:
            self.ctx.write(state, [target], key, ABSENT, node, "delete", unrolled=True)
            return
        if self._is_own(state, target, key, value):
            # The carrier's own value under its own name stays the copy's old value.
            own = self.ctx.objects.default(target, key).atoms
            others = {atom for atom in value.atoms if not isinstance(atom, Init)}
            state.put(target, key, Value(own | others, value.blame))
            return
        self.ctx.write(state, [target], key, value, node, "update", unrolled=True)

    def _is_own(self, state: State, target: int, key: str, value: Value) -> bool:
        """True for the value that the entry had in what a copy is made of: there may be several, with a constant."""
        info = self.ctx.objects[target]
        if info.origin != "copy":
            return False
        held = [a for a in value.atoms if isinstance(a, Init) and a.field == key]
        others = value.atoms - {*held, Absent()}
        if not others:
            return True
        entry = self.ev.mappings.entry_of_any(state, info.of, key)
        return bool(held) and len(info.of) > 1 and others <= entry.atoms

    def _filtered(self, inner: State, pairs: Pairs, item: Value) -> Value | None:
        """The value of one item after the comprehension's tests; None when it is left out."""
        blame = NO_BLAME
        for test in pairs.for_in.ifs:
            known = self.ev.conditions.truth(inner, test.test)
            if known is False:
                return None
            if known is None:
                condition = self.ev.conditions.build(inner, test.test)
                unset = self.ev.conditions.unset_reads(inner, test.test)
                blame |= {self.ctx.guard(test.test, "filter", condition, needs=False, unset=unset)}
                self.ev.conditions.assume(inner, test.test, True)
        value = self.ev.eval(inner, pairs.value)
        missing = any(
            Absent() in part.atoms
            for part in (item, *(p for a in item.atoms if isinstance(a, Seq) for p in a.parts))
        )
        if missing:
            blame |= self._picked(inner, pairs, item)
        if blame or missing:
            absent = item.blame.union(
                *(p.blame for a in item.atoms if isinstance(a, Seq) for p in a.parts)
            )
            return Value(value.atoms | {Absent()}, value.blame | blame | absent)
        return value

    def _picked(self, inner: State, pairs: Pairs, item: Value) -> frozenset[int]:
        """The guard of a test that picks names, for one that may not come."""
        tests = [test.test for test in pairs.for_in.ifs]
        names = iterating.names_asked(self.ev, inner, pairs.for_in.target, tests)
        if names is None:
            return NO_BLAME
        condition = Leaf(iterating.reads_of_item(self.ctx, item))
        return frozenset({self.ctx.guard(names, "filter", condition, needs=False)})

    def generator(self, state: State, node: cst.GeneratorExp | cst.ListComp | cst.SetComp) -> Value:
        """A list or generator comprehension: any of the values that its element takes."""
        loop = node.for_in
        items = iterating.listed(self.ev, state, loop.iter)
        values: list[Value] = []
        if items is None or loop.inner_for_in is not None:
            return self._some(state, node)
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
                merged.keep_tests(state)
                state.follow(merged)
        names = tuple(value.text for value in values if value.text is not None)
        if names and len(names) == len(values) and not blame:  # names that a test picks
            self.ctx.learn_names(names)
            return Value(frozenset({Strings(names)}))
        value = union(values)
        reads = reads_of(value)
        return Value(value.atoms, value.blame | blame) if reads or value.is_constant else value

    def _some(self, state: State, node: cst.GeneratorExp | cst.ListComp | cst.SetComp) -> Value:
        """The same over items that nobody knows: one of them where that is an object, which stands for all."""
        loop = node.for_in
        source = self.ev.eval(state, loop.iter)
        item = iterating.item(self.ev, source)
        is_object = bool(item.refs) and loop.inner_for_in is None
        inner = state.copy()
        self._bind(inner, loop.target, item if is_object else computed(source))
        value = self.ev.eval(inner, node.elt)
        return Value(frozenset({Seq((value,))})) if is_object and value.refs else computed(value)

    def _bind(self, state: State, target: cst.BaseAssignTargetExpression, value: Value) -> None:
        self.ev.interpreter.assign(state, target, value, target)
