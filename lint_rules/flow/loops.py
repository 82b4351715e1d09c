"""Loops: unrolled where their items are known (names of fields), else run any number of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow import iterating
from lint_rules.flow.source import within
from lint_rules.flow.state import State, join
from lint_rules.flow.values import (
    NO_BLAME,
    Absent,
    Leaf,
    Seq,
    Value,
    reads_of,
)

if TYPE_CHECKING:
    from lint_rules.flow.interpreter import Interpreter


LOOP_ROUNDS = 2
"""How often a loop that cannot be unrolled is interpreted: once more than it takes to see a change."""


_DECLARED = frozenset({"metadata", "type", "default", "annotation", "json_schema_extra"})
"""What the declaration of a field holds beside its name (dataclasses, attrs, pydantic)."""
_LOOPS = (cst.For, cst.While, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)


def outlives_a_round(
    function: cst.FunctionDef, made: cst.CSTNode | None, used: cst.CSTNode
) -> bool:
    """True where a loop of the function holds what is used and not where it is made: each round finds it as the one
    before left it."""
    for loop in (node for node in within(function) if isinstance(node, _LOOPS)):
        inside = list(within(loop))
        if any(node is used for node in inside) and not any(node is made for node in inside):
            return made is not None
    return False


class Loops:
    """The loops of one function."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.it = interpreter
        self.ctx = interpreter.ctx
        self.ev = interpreter.ev

    def run_for(self, state: State, node: cst.For) -> State | None:
        items = iterating.listed(self.ev, state, node.iter)
        if items is None:
            source = self.ev.eval(state, node.iter)
            leaf = Leaf(reads_of(source))
            item = iterating.item(self.ev, source)
            return self._loop(
                state, node, leaf, lambda way: self.it.assign(way, node.target, item, node.target)
            )
        return self._unrolled(state, node, items)

    def _unrolled(self, state: State, node: cst.For, items: list[Value]) -> State | None:
        self.it.breaks.append([])
        outer = self.ctx.iteration
        current: State | None = state
        tests = [inner.test for inner in within(node.body) if isinstance(inner, cst.If)]
        named = iterating.names_asked(self.ev, state, node.target, tests) is not None
        kind = "filter" if named else "presence"
        known = len(self.it.facts.writes)
        for index, item in enumerate(items):
            if current is None:
                break
            self.ctx.iteration = (*outer, item.text or _key_text(item) or index)
            current = self._round(current, node, item, kind)
        self.ctx.iteration = outer
        if any(_asks_declaration(test, node.target) for test in tests):
            for write in self.it.facts.writes[known:]:  # which fields these are nobody knows
                self.ctx.objects[write.obj].opaque = True
        broken = self.it.breaks.pop()
        if current is not None and node.orelse is not None:
            current = self.it.block(current, node.orelse.body)
        return join([*([current] if current is not None else []), *broken], self.ctx.objects)

    def _round(self, state: State, node: cst.For, item: Value, kind: str) -> State | None:
        """One round of an unrolled loop; an item that may be missing may skip it, by a guard of this
        kind."""
        missing = Absent() in item.atoms or any(
            Absent() in part.atoms for a in item.atoms if isinstance(a, Seq) for part in a.parts
        )
        skipped: list[State] = []
        if missing:
            known = self.it.facts.guards
            kind = "filter" if any(known[g].kind == "filter" for g in item.blame) else kind
            leaf = Leaf(iterating.reads_of_item(self.ctx, item))
            skipped.append(state.under(self.ctx.guard(node.iter, kind, leaf, needs=False)))
            state = state.under(self.ctx.guard(node.iter, kind, leaf, needs=True))
        self.it.continues.append([])
        self.it.assign(state, node.target, _present(item, named=kind == "filter"), node.target)
        end = self.it.block(state, node.body)
        ends = [*([end] if end is not None else []), *self.it.continues.pop(), *skipped]
        return join(ends, self.ctx.objects)

    def _loop(
        self, state: State, node: cst.For | cst.While, leaf: Leaf, bind: Callable[[State], object]
    ) -> State | None:
        """A loop that may run any number of times, also none."""
        self.it.breaks.append([])
        skip = state.under(self.ctx.guard(node, "loop", leaf, needs=False))
        entry: State | None = state.under(self.ctx.guard(node, "loop", leaf, needs=True))
        ends: list[State] = []
        for _ in range(LOOP_ROUNDS):
            if entry is None:
                break
            self.it.continues.append([])
            entry.keep_tests(state)
            bind(entry)
            end = self.it.block(entry.copy(), node.body)
            ends = [*([end] if end is not None else []), *self.it.continues.pop()]
            entry = join([entry, *ends], self.ctx.objects)
        out = join([skip, *ends], self.ctx.objects)
        if out is not None and node.orelse is not None:
            out.keep_tests(state)
            out = self.it.block(out, node.orelse.body)
        broken = self.it.breaks.pop()
        return self._behind(state, [*([out] if out is not None else []), *broken])

    def _behind(self, before: State, ends: list[State]) -> State | None:
        out = join(ends, self.ctx.objects)
        if out is not None:
            out.keep_tests(before)
        return out

    def run_while(self, state: State, node: cst.While) -> State | None:
        self.ev.eval(state, node.test)
        if self.ev.conditions.truth(state, node.test) is not True:
            leaf = Leaf(self.ev.conditions._reads(state, node.test))
            return self._loop(state, node, leaf, lambda way: self.ev.eval(way, node.test))
        self.it.breaks.append([])
        self.it.continues.append([])
        before = state.copy()
        state.keep_tests(before)
        first = self.it.block(state, node.body)
        ends = [*([first] if first is not None else []), *self.it.continues.pop()]
        again = self._behind(before, ends)
        if again is not None:
            self.it.continues.append([])
            self.it.block(again, node.body)
            self.it.continues.pop()
        return self._behind(before, self.it.breaks.pop())


def _asks_declaration(test: cst.BaseExpression, target: cst.BaseAssignTargetExpression) -> bool:
    """True for ``field.metadata.get("per_request")``: what a declaration says beside the name."""
    return isinstance(target, cst.Name) and any(
        isinstance(node, cst.Attribute)
        and node.attr.value in _DECLARED
        and isinstance(node.value, cst.Name)
        and node.value.value == target.value
        for node in (test, *within(test))
    )


def _present(item: Value, *, named: bool) -> Value:
    """An item of a loop as its body sees it: there.  Where the program names it itself, nothing is left of
    what it may be missing by."""
    atom = item.single
    if isinstance(atom, Seq):
        parts = tuple(_present(part, named=named) for part in atom.parts)
        return Value(frozenset({Seq(parts)}), item.blame)
    missing = named and Absent() in item.atoms
    return Value(item.atoms - {Absent()}, NO_BLAME if missing else item.blame)


def _key_text(item: Value) -> str | None:
    atom = item.single
    return atom.parts[0].text if isinstance(atom, Seq) and atom.parts else None
