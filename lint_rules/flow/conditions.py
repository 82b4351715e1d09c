"""Tests: what they ask about, whether they are decided already, and what they teach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.asking import Asking, none_test
from lint_rules.flow.presence import leave_out
from lint_rules.flow.state import State
from lint_rules.flow.values import (
    ABSENT,
    ASSUMED_NONE,
    NO_READS,
    NONES,
    Absent,
    All,
    Any_,
    Condition,
    Const,
    Leaf,
    Not,
    Reads,
    Ref,
    Strings,
    Value,
    reads_of,
)
from lint_rules.project.classes import ClassRef

if TYPE_CHECKING:
    from lint_rules.flow.expressions import Evaluator

Place = tuple[list[int], str]
#: Objects that exist for certain, so that a test for None is decided.
_CERTAIN = ("fresh", "copy", "mapping")


class Conditions:
    """Reads the tests of one function."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ev = evaluator
        self.ctx = evaluator.ctx
        self.asking = Asking(self)

    # ----------------------------------------------------------------- structure

    def build(self, state: State, node: cst.BaseExpression) -> Condition:
        """The test taken apart into leaves, each with what it asks about."""
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            return Not(self.build(state, node.expression))
        if isinstance(node, cst.BooleanOperation):
            both = isinstance(node.operator, cst.And)
            # Whether there is such a field at all decides nothing where there always is.
            sides = [
                side
                for side in (node.left, node.right)
                if not isinstance(side, cst.Call) or self._call_truth(state, side) is not both
            ]
            parts = tuple(self.build(state, side) for side in sides or [node.left])
            return parts[0] if len(parts) == 1 else All(parts) if both else Any_(parts)
        if isinstance(node, cst.Call) and self.ev.dotted(node.func) in ("all", "any") and node.args:
            return Leaf(self._reads(state, node.args[0].value))
        return Leaf(self._reads(state, node))

    def unset_reads(self, state: State, node: cst.BaseExpression) -> Reads:
        """The fields that the test asks to be None or empty ("fill if unset")."""
        if isinstance(node, cst.BooleanOperation):
            return self.unset_reads(state, node.left) | self.unset_reads(state, node.right)
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            return self._reads(state, node.expression)
        tested = none_test(node)
        if tested is not None and tested[1]:
            return self._reads(state, tested[0])
        if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
            target = node.comparisons[0]
            if isinstance(target.operator, cst.NotIn | cst.Equal):
                return self._reads(state, node)
        return NO_READS

    def equal_reads(self, state: State, node: cst.BaseExpression, truth: bool) -> Reads:
        """What is read on either side, where the test that comes out as ``truth`` found both equal."""
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            return self.equal_reads(state, node.expression, not truth)
        if not isinstance(node, cst.Comparison) or len(node.comparisons) != 1:
            return NO_READS
        operator = node.comparisons[0].operator
        if not isinstance(operator, cst.Equal | cst.Is if truth else cst.NotEqual | cst.IsNot):
            return NO_READS
        return self._reads(state, node)

    def _reads(self, state: State, node: cst.BaseExpression) -> Reads:
        """What an expression asks about, arguments of calls included."""
        found = set(reads_of(self.ev.eval(state, node)))
        if isinstance(node, cst.Comparison):
            found |= self._comparison_reads(state, node)
        elif isinstance(node, cst.Call):
            for arg in node.args:
                found |= self._reads(state, arg.value)
            if isinstance(node.func, cst.Attribute):
                found |= self._reads(state, node.func.value)
            name = self.ev.dotted(node.func)
            if name in ("hasattr", "getattr") and len(node.args) > 1:
                found |= self.key_reads(state, node.args[0].value, node.args[1].value)
        elif isinstance(node, cst.NamedExpr):
            found |= self._reads(state, node.value)
        elif isinstance(node, cst.UnaryOperation):
            found |= self._reads(state, node.expression)
        elif isinstance(node, cst.BooleanOperation | cst.BinaryOperation):
            found |= self._reads(state, node.left) | self._reads(state, node.right)
        elif isinstance(node, cst.GeneratorExp | cst.ListComp | cst.SetComp):
            found |= self._reads(state, node.for_in.iter)
        elif isinstance(node, cst.Set | cst.List | cst.Tuple):
            for element in node.elements:
                found |= self._reads(state, element.value)
        return frozenset(found) or NO_READS

    def _comparison_reads(self, state: State, node: cst.Comparison) -> set[tuple[int, str]]:
        found = set(self._reads(state, node.left))
        for target in node.comparisons:
            found |= self._reads(state, target.comparator)
            if isinstance(target.operator, cst.In | cst.NotIn):
                found |= self.key_reads(state, target.comparator, node.left)
        return found

    def key_reads(
        self, state: State, container: cst.BaseExpression, key: cst.BaseExpression
    ) -> set[tuple[int, str]]:
        name = self.ev.eval(state, key).text
        if name is None:
            return set()
        return {(obj, name) for obj in self.ctx.deref(self.ev.eval(state, container))}

    # ----------------------------------------------------------------- decided tests

    def truth(self, state: State, node: cst.BaseExpression) -> bool | None:
        """What the test comes out as, where that is certain."""
        certain = self._truth(state, node)
        return self.asking.known(state, node) if certain is None and state.known else certain

    def _truth(self, state: State, node: cst.BaseExpression) -> bool | None:
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            inner = self.truth(state, node.expression)
            return None if inner is None else not inner
        if isinstance(node, cst.BooleanOperation):
            return self._boolean_truth(state, node)
        if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
            return self._comparison_truth(state, node)
        if isinstance(node, cst.Call):
            return self._call_truth(state, node)
        if isinstance(node, cst.Name) and node.value in ("True", "False"):
            return node.value == "True"
        if isinstance(node, cst.Name):
            return self._value_truth(self.ev.eval(state, node))
        return None

    def _value_truth(self, value: Value) -> bool | None:
        atom = value.single
        if isinstance(atom, Const):
            return {"none": False, "empty": False}.get(
                atom.kind, None if atom.kind == "default" else bool(atom.value)
            )
        return None

    def _boolean_truth(self, state: State, node: cst.BooleanOperation) -> bool | None:
        sides = (self.truth(state, node.left), self.truth(state, node.right))
        decisive = isinstance(node.operator, cst.Or)
        if decisive in sides:
            return decisive
        return None if None in sides else not decisive

    def _comparison_truth(self, state: State, node: cst.Comparison) -> bool | None:
        tested = none_test(node)
        if tested is not None:
            return self._none_truth(self.ev.eval(state, tested[0]), tested[1])
        operator = node.comparisons[0].operator
        left = self.ev.eval(state, node.left)
        right = self.ev.eval(state, node.comparisons[0].comparator)
        if isinstance(operator, cst.In | cst.NotIn):
            inside = self._contains(left.text, right)
            return None if inside is None else inside is isinstance(operator, cst.In)
        if isinstance(operator, cst.Equal | cst.NotEqual) and None not in (left.text, right.text):
            return (left.text == right.text) is isinstance(operator, cst.Equal)
        return None

    def _none_truth(self, value: Value, asks_none: bool) -> bool | None:
        if value.atoms and value.atoms <= NONES:
            return asks_none
        if value.atoms and all(
            (isinstance(a, Ref) and self.ctx.objects[a.obj].origin in _CERTAIN)
            or (isinstance(a, Const) and a.kind in ("value", "empty"))
            or isinstance(a, Strings)
            for a in value.atoms
        ):
            return not asks_none
        return None

    def _contains(self, name: str | None, container: Value) -> bool | None:
        atom = container.single
        if name is None:
            return None
        if isinstance(atom, Strings):
            return name in atom.names
        if isinstance(atom, Const) and isinstance(atom.value, str):
            return name in atom.value
        if isinstance(atom, Ref):
            return self._always_has(atom.obj, name)
        return None

    def _always_has(self, obj: int, name: str) -> bool | None:
        """True where every object of the class has the field."""
        model = self.ctx.objects[obj].model
        if model is None or self.ctx.objects[obj].partial is not None:
            return None
        if self.ctx.objects[obj].origin == "copy" and self.ctx.objects[obj].mapping:
            return None
        decl = model.field(name)
        if decl is None:
            return None
        return decl.required_key if model.kind == "typeddict" else True

    def _call_truth(self, state: State, node: cst.Call) -> bool | None:
        name = self.ev.dotted(node.func)
        if name == "hasattr" and len(node.args) == 2:
            key = self.ev.eval(state, node.args[1].value).text
            objs = self.ctx.deref(self.ev.eval(state, node.args[0].value))
            if key is not None and len(objs) == 1:
                return self._always_has(objs[0], key)
        if isinstance(node.func, cst.Attribute) and node.args:
            subject = self.ev.eval(state, node.func.value).text
            test = {"startswith": str.startswith, "endswith": str.endswith}.get(
                node.func.attr.value
            )
            if subject is not None and test is not None:
                prefixes = self._texts(self.ev.eval(state, node.args[0].value))
                return None if prefixes is None else test(subject, prefixes)
        return None

    def _texts(self, value: Value) -> tuple[str, ...] | None:
        atom = value.single
        if isinstance(atom, Strings):
            return atom.names
        return None if value.text is None else (value.text,)

    # ----------------------------------------------------------------- what a test teaches

    def assume(self, state: State, node: cst.BaseExpression, truth: bool) -> None:
        """Narrow ``state`` to the ways on which the test comes out as ``truth``."""
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
            self.assume(state, node.expression, not truth)
        elif isinstance(node, cst.BooleanOperation):
            if isinstance(node.operator, cst.And) is truth:
                self.assume(state, node.left, truth)
                self.assume(state, node.right, truth)
        elif isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
            self._assume_comparison(state, node, truth)
        elif isinstance(node, cst.Call):
            self._assume_call(state, node, truth)
        elif isinstance(node, cst.NamedExpr | cst.Name | cst.Attribute | cst.Subscript):
            self.asking.learn(state, node, truth)
            self._narrow(state, node, none=not truth)

    def _assume_comparison(self, state: State, node: cst.Comparison, truth: bool) -> None:
        tested = none_test(node)
        if tested is not None:
            self.asking.learn(state, node, truth)
            self._narrow(state, tested[0], none=tested[1] is truth)
            return
        target = node.comparisons[0]
        if isinstance(target.operator, cst.In | cst.NotIn):
            present = isinstance(target.operator, cst.In) is truth
            self.asking.learn(state, node, truth)
            self._presence(state, target.comparator, node.left, present)

    def _presence(
        self, state: State, container: cst.BaseExpression, key: cst.BaseExpression, present: bool
    ) -> None:
        name = self.ev.eval(state, key).text
        objs = self.ctx.deref(self.ev.eval(state, container))
        if name is None or len(objs) != 1:
            return
        value = self.ctx.read(state, objs[0], name)
        narrowed = value.without(Absent()) if present else ABSENT
        if narrowed.atoms:
            state.put(objs[0], name, narrowed)

    def _assume_call(self, state: State, node: cst.Call, truth: bool) -> None:
        name = self.ev.dotted(node.func)
        if name == "hasattr" and len(node.args) == 2:
            self._presence(state, node.args[0].value, node.args[1].value, truth)
        elif name == "isinstance" and len(node.args) == 2 and truth:
            self._assume_type(state, node)
        elif name == "bool" and node.args:
            self.assume(state, node.args[0].value, truth)
        else:
            self.asking.learn(state, node, truth)
            self._narrow(state, node, none=not truth)

    def _assume_type(self, state: State, node: cst.Call) -> None:
        cls = self.ctx.resolve(self.ev.dotted(node.args[1].value) or "")
        if not isinstance(cls, ClassRef):
            return
        for obj in self.ctx.deref(self.ev.eval(state, node.args[0].value)):
            info = self.ctx.objects[obj]
            if info.model is None:
                info.model = cls
                self.ctx.learn_fields(cls)

    def _narrow(self, state: State, node: cst.BaseExpression, *, none: bool) -> None:
        """Teach a variable or a field that it is None (or empty), or that it is not."""
        if isinstance(node, cst.NamedExpr):
            self._narrow(state, node.value, none=none)
            node = node.target
        if isinstance(node, cst.Name) and node.value in state.env:
            value = state.env[node.value]
            narrowed = ASSUMED_NONE if none else value.without(*NONES)
            if narrowed.atoms:
                state.env[node.value] = Value(narrowed.atoms, value.blame)  # it is still the same
            if none:
                leave_out(self.ctx, state, value)
            return
        place = self.place(state, node)
        if place is None or len(place[0]) != 1:
            return
        (obj,), name = place
        value = self.ctx.read(state, obj, name)
        narrowed = ASSUMED_NONE if none else value.without(*NONES, Absent())
        if narrowed.atoms:
            state.put(obj, name, Value(narrowed.atoms, value.blame))

    def place(self, state: State, node: cst.BaseExpression) -> Place | None:
        """The objects and the field that an expression reads or a target writes."""
        if isinstance(node, cst.Attribute):
            return self.ctx.deref(self.ev.eval(state, node.value)), node.attr.value
        if isinstance(node, cst.Subscript) and len(node.slice) == 1:
            index = node.slice[0].slice
            if isinstance(index, cst.Index):
                key = self.ev.eval(state, index.value).text
                if key is not None:
                    return self.ctx.deref(self.ev.eval(state, node.value)), key
        if isinstance(node, cst.Call):
            return self._call_place(state, node)
        return None

    def _call_place(self, state: State, node: cst.Call) -> Place | None:
        if isinstance(node.func, cst.Attribute) and node.func.attr.value == "get" and node.args:
            container, key = node.func.value, node.args[0].value
        elif self.ev.dotted(node.func) == "getattr" and len(node.args) >= 2:
            container, key = node.args[0].value, node.args[1].value
        else:
            return None
        name = self.ev.eval(state, key).text
        if name is None:
            return None
        return self.ctx.deref(self.ev.eval(state, container)), name
