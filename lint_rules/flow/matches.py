"""``match`` statements: one way for each case, and what its pattern captures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.state import State, join
from lint_rules.flow.values import UNKNOWN, Leaf, Value, reads_of, union

if TYPE_CHECKING:
    from lint_rules.flow.interpreter import Interpreter


_MATCHED_WHOLE = frozenset(
    {
        "bool",
        "bytearray",
        "bytes",
        "dict",
        "float",
        "frozenset",
        "int",
        "list",
        "set",
        "str",
        "tuple",
    }
)
"""Classes whose pattern's one positional part is the subject itself (Python's reference, "Class Patterns")."""


class Matches:
    """The ``match`` statements of one function."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.it = interpreter
        self.ctx = interpreter.ctx
        self.ev = interpreter.ev

    def run(self, state: State, node: cst.Match) -> State | None:
        subject = self.ev.eval(state, node.subject)
        ends: list[State] = []
        rest: State | None = state
        for case in node.cases:
            if rest is None:
                break
            catches_all = case.guard is None and _irrefutable(case.pattern)
            leaf = Leaf(self._pattern_reads(state, case.pattern, subject))
            way = rest.copy()
            if not catches_all:
                way = rest.under(self.ctx.guard(case, "match", leaf, needs=True))
                rest = rest.under(self.ctx.guard(case, "match", leaf, needs=False))
            else:
                rest = None
            self._capture(way, case.pattern, subject)
            end = self.it.block(way, case.body)
            ends += [end] if end is not None else []
        if rest is not None:
            ends.append(rest)
        return join(ends, self.ctx.objects)

    def _pattern_reads(
        self, state: State, pattern: cst.MatchPattern, subject: Value
    ) -> frozenset[tuple[int, str]]:
        found = set(reads_of(subject))
        for name, _ in self._parts(pattern):
            found |= {(obj, name) for obj in self.ctx.deref(subject)}
        return frozenset(found)

    def _parts(self, pattern: cst.MatchPattern) -> list[tuple[str, cst.MatchPattern]]:
        """The named parts of a mapping or class pattern."""
        if isinstance(pattern, cst.MatchMapping):
            return [
                (str(e.key.evaluated_value), e.pattern)
                for e in pattern.elements
                if isinstance(e.key, cst.SimpleString)
            ]
        if isinstance(pattern, cst.MatchClass):
            return [(e.key.value, e.pattern) for e in pattern.kwds]
        return []

    def _capture(self, state: State, pattern: cst.MatchPattern, subject: Value) -> None:
        if isinstance(pattern, cst.MatchAs):
            if pattern.pattern is not None:
                self._capture(state, pattern.pattern, subject)
            if pattern.name is not None:
                state.bind(pattern.name.value, subject)
            return
        for same in _of_the_same(pattern):
            self._capture(state, same, subject)
        for name, part in self._parts(pattern):
            objs = self.ctx.deref(subject)
            value = union([self.ctx.read(state, obj, name) for obj in objs]) if objs else UNKNOWN
            self._capture(state, part, value)


def _of_the_same(pattern: cst.MatchPattern) -> list[cst.MatchPattern]:
    """The patterns in one that are matched with the same subject: each of ``a | b``, and that of ``int(a)``."""
    if isinstance(pattern, cst.MatchOr):
        return [element.pattern for element in pattern.patterns]
    if isinstance(pattern, cst.MatchClass) and isinstance(pattern.cls, cst.Name):
        whole = pattern.cls.value in _MATCHED_WHOLE and len(pattern.patterns) == 1
        return [pattern.patterns[0].value] if whole else []
    return []


def _irrefutable(pattern: cst.MatchPattern) -> bool:
    return isinstance(pattern, cst.MatchAs) and pattern.pattern is None
