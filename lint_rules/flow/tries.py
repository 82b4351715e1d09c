"""``try``, ``with`` and what may raise: where a statement may not finish, the old values survive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.source import within
from lint_rules.flow.state import State, join
from lint_rules.flow.values import NO_READS, UNKNOWN, Leaf, Reads

if TYPE_CHECKING:
    from lint_rules.flow.interpreter import Interpreter

_LACKING = frozenset(
    {"KeyError", "LookupError", "IndexError", "AttributeError", "TypeError", "Exception",
     "BaseException"}
)  # fmt: skip


@dataclass(slots=True)
class _Frame:
    """A ``try`` body being interpreted: states at the statements that may raise."""

    states: list[State] = field(default_factory=list)
    statements: list[tuple[State, cst.CSTNode]] = field(default_factory=list)


class Tries:
    """Exception handling of one function's interpretation."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.interpreter = interpreter
        self.ctx = interpreter.ctx
        self._frames: list[_Frame] = []
        self._finals: list[cst.Finally] = []
        self._found: dict[int, list[cst.BaseExpression]] = {}

    @contextmanager
    def fresh_frame(self) -> Iterator[None]:
        """A called function's own ``finally`` blocks are not those around the call."""
        outer, self._finals = self._finals, []
        yield
        self._finals = outer

    # ----------------------------------------------------------------- raising

    def may_raise(self, state: State, node: cst.CSTNode) -> None:
        """Before a small statement: where it may raise, its state reaches the handlers."""
        if not self._frames or _never_raises(node):
            return
        self._frames[-1].states.append(state.copy())
        self._frames[-1].statements.append((state.copy(), node))

    def raised(self, state: State) -> None:
        """A ``raise`` statement: its state reaches the handlers around it."""
        if self._frames:
            self._frames[-1].states.append(state.copy())

    # ----------------------------------------------------------------- try and with

    def run(self, state: State, node: cst.Try | cst.TryStar) -> State | None:
        """Interpret a ``try`` statement."""
        if node.finalbody is not None:
            self._finals.append(node.finalbody)
        frame = _Frame()
        self._frames.append(frame)
        end = self.interpreter.block(state, node.body)
        self._frames.pop()
        if end is not None and node.orelse is not None:
            end = self.interpreter.block(end, node.orelse.body)
        ends = [end] if end is not None else []
        for handler in node.handlers:
            ends += self._handle(frame, handler)
        if node.finalbody is not None:
            self._finals.pop()
        if self._frames and not node.handlers:  # not caught here: on to the next handlers out
            self._frames[-1].states.extend(frame.states)
        out = join(ends, self.ctx.objects)
        if out is not None and node.finalbody is not None:
            out = self.interpreter.block(out, node.finalbody.body)
        return out

    def _handle(
        self, frame: _Frame, handler: cst.ExceptHandler | cst.ExceptStarHandler
    ) -> list[State]:
        entry = join(list(frame.states), self.ctx.objects)
        if entry is None:
            return []
        caught = _caught(handler.type, self.ctx.code)
        leaf = Leaf(self._reads(frame, caught) if caught & _LACKING else NO_READS)
        way = entry.under(self.ctx.guard(handler, "try", leaf, needs=False))
        if handler.name is not None and isinstance(handler.name.name, cst.Name):
            way.bind(handler.name.name.value, UNKNOWN)
        end = self.interpreter.block(way, handler.body)
        return [end] if end is not None else []

    def _reads(self, frame: _Frame, caught: set[str]) -> Reads:
        """What the statements of a body read that may be missing: items, and attributes where the
        handler says that it expects one to be."""
        found: set[tuple[int, str]] = set()
        conditions = self.interpreter.ev.conditions
        for state, statement in frame.statements:
            with self.interpreter.ev.settled():
                for node in self._lookups(statement):
                    if isinstance(node, cst.Attribute) and "AttributeError" not in caught:
                        continue
                    place = conditions.place(state, node)
                    if place is not None:
                        found |= {(obj, place[1]) for obj in place[0]}
        return frozenset(found)

    def _lookups(self, statement: cst.CSTNode) -> list[cst.BaseExpression]:
        if id(statement) not in self._found:
            self._found[id(statement)] = [
                node
                for node in within(statement)
                if isinstance(node, cst.Subscript | cst.Attribute)
                and not _is_target(statement, node)
            ]
        return self._found[id(statement)]

    def run_with(self, state: State, node: cst.With) -> State | None:
        """Interpret a ``with`` statement; ``suppress`` catches what its body raises."""
        suppressed: set[str] | None = None
        for item in node.items:
            value = self.interpreter.ev.eval(state, item.item)
            if isinstance(item.item, cst.Call):
                full = getattr(
                    self.ctx.resolve(self.interpreter.ev.dotted(item.item.func) or ""), "dotted", ""
                )
                if full == "contextlib.suppress":
                    suppressed = set().union(
                        *(_caught(a.value, self.ctx.code) for a in item.item.args)
                    )
            if item.asname is not None:
                target = item.asname.name
                if isinstance(target, cst.BaseExpression):
                    self.interpreter.assign(state, target, value, node)
        if suppressed is None:
            return self.interpreter.block(state, node.body)
        return self._suppressed(state, node, suppressed)

    def _suppressed(self, state: State, node: cst.With, caught: set[str]) -> State | None:
        frame = _Frame()
        self._frames.append(frame)
        end = self.interpreter.block(state, node.body)
        self._frames.pop()
        entry = join(list(frame.states), self.ctx.objects)
        ends = [end] if end is not None else []
        if entry is not None:
            leaf = Leaf(self._reads(frame, caught) if caught & _LACKING else NO_READS)
            ends.append(entry.under(self.ctx.guard(node, "suppress", leaf, needs=False)))
        return join(ends, self.ctx.objects)

    def run_finals(self, state: State) -> State | None:
        """The ``finally`` blocks that a return passes through, from the inside out."""
        pending, out = self._finals, state
        for index in range(len(pending) - 1, -1, -1):
            self._finals = pending[:index]
            end = self.interpreter.block(out, pending[index].body)
            if end is None:
                self._finals = pending
                return None
            out = end
        self._finals = pending
        return out


def _caught(node: cst.BaseExpression | None, code: object) -> set[str]:
    """The names of the exceptions that a handler catches; a bare one catches all."""
    if node is None:
        return {"BaseException"}
    if isinstance(node, cst.Tuple):
        return set().union(*(_caught(element.value, code) for element in node.elements))
    text: str = code(node)  # type: ignore[operator]
    return {text.rsplit(".", 1)[-1]}


def _is_target(statement: cst.CSTNode, node: cst.CSTNode) -> bool:
    return isinstance(statement, cst.Assign) and any(t.target is node for t in statement.targets)


def _never_raises(node: cst.CSTNode) -> bool:
    """True for a constant put into a variable or attribute, and for what does nothing."""
    if isinstance(node, cst.Pass | cst.Break | cst.Continue | cst.Global | cst.Nonlocal):
        return True
    if isinstance(node, cst.Return):
        return node.value is None or isinstance(node.value, cst.Name)
    if not isinstance(node, cst.Assign):
        return False
    harmless = isinstance(node.value, cst.Name | cst.Integer | cst.Float | cst.SimpleString) or (
        isinstance(node.value, cst.Dict | cst.List | cst.Tuple) and not node.value.elements
    )
    return harmless and all(
        isinstance(t.target, cst.Name)
        or (isinstance(t.target, cst.Attribute) and isinstance(t.target.value, cst.Name))
        or (isinstance(t.target, cst.Subscript) and isinstance(t.target.value, cst.Name))
        for t in node.targets
    )
