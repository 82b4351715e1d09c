"""Expressions: what each may be, and what evaluating it does to the state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow import iterating
from lint_rules.flow.additions import combined
from lint_rules.flow.applying import apply
from lint_rules.flow.calls import Calls
from lint_rules.flow.conditions import Conditions
from lint_rules.flow.context import Context, computed
from lint_rules.flow.mappings import Mappings
from lint_rules.flow.state import State, join
from lint_rules.flow.values import (
    ABSENT,
    NONE,
    NONES,
    UNKNOWN,
    Absent,
    Callable_,
    Const,
    Obj,
    Seq,
    Strings,
    Value,
    constant,
    literal,
    ref,
    union,
)
from lint_rules.project.classes import ClassRef
from lint_rules.project.fieldlists import FIELD_LISTS, FIELDS_SET
from lint_rules.project.functions import FunctionRef
from lint_rules.project.properties import makes_anew

if TYPE_CHECKING:
    from lint_rules.flow.interpreter import Interpreter


class Evaluator:
    """Evaluates the expressions of one function."""

    def __init__(self, ctx: Context, interpreter: Interpreter) -> None:
        self.ctx = ctx
        self.interpreter = interpreter
        self.conditions = Conditions(self)
        self.mappings = Mappings(self)
        self.calls = Calls(self)
        self._settled: dict[int, Value] | None = None
        self._receivers: dict[int, Value] = {}
        self._by_type: dict[type, Callable[[State, cst.BaseExpression], Value]] = {
            cst.Name: self._name,
            cst.Attribute: self._attribute,
            cst.Subscript: self._subscript,
            cst.Call: self._call,
            cst.Await: self._inner,
            cst.BooleanOperation: self._boolean,
            cst.IfExp: self._ternary,
            cst.NamedExpr: self._walrus,
            cst.Dict: self.mappings.display,
            cst.DictComp: self.mappings.comprehensions.display,
            cst.Tuple: self._sequence,
            cst.List: self._sequence,
            cst.Set: self._sequence,
            cst.BinaryOperation: self._binary,
            cst.UnaryOperation: self._unary,
            cst.Comparison: self._comparison,
            cst.FormattedString: self._fstring,
            cst.ConcatenatedString: self._string,
            cst.SimpleString: self._string,
            cst.Integer: self._number,
            cst.Float: self._number,
            cst.Imaginary: self._number,
            cst.Ellipsis: lambda state, node: constant(...),
            cst.Lambda: self._lambda,
            cst.GeneratorExp: self._generator,
            cst.ListComp: self._generator,
            cst.SetComp: self._generator,
            cst.Yield: self._yield,
        }

    @contextmanager
    def settled(self) -> Iterator[None]:
        """While a test is looked at from several sides, each call in it is evaluated once."""
        outer, self._settled = self._settled, self._settled if self._settled is not None else {}
        try:
            yield
        finally:
            self._settled = outer

    @contextmanager
    def receiver(self, node: cst.CSTNode, value: Value) -> Iterator[None]:
        """While a method's call is looked at from several sides, what it is called on is evaluated
        once: in a chain of calls, twice each would be a power of two."""
        self._receivers[id(node)] = value
        try:
            yield
        finally:
            self._receivers.pop(id(node), None)

    def eval(self, state: State, node: cst.CSTNode) -> Value:
        """The value of an expression here; evaluating may change ``state``."""
        known = self._receivers.get(id(node))
        if known is not None:
            return known
        self.ctx.spend()
        handler = self._by_type.get(type(node))
        if handler is None:
            return UNKNOWN
        return handler(state, node)  # type: ignore[arg-type]

    def dotted(self, node: cst.CSTNode) -> str | None:
        """``a.b.c`` as written, or None for anything else."""
        parts: list[str] = []
        while isinstance(node, cst.Attribute):
            parts.append(node.attr.value)
            node = node.value
        if not isinstance(node, cst.Name):
            return None
        parts.append(node.value)
        return ".".join(reversed(parts))

    # ----------------------------------------------------------------- names and fields

    def _name(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.Name)
        name = node.value
        if name in state.env:
            return state.env[name]
        if name in ("None", "True", "False"):
            return constant({"None": None, "True": True, "False": False}[name])
        return self.global_value(name)

    def global_value(self, dotted: str) -> Value:
        """What a name means that is no variable of this function."""
        found = self.ctx.resolve(dotted)
        if isinstance(found, ClassRef | FunctionRef):
            return Value(frozenset({Callable_(found)}))
        entries = self.ctx.project.constant_entries(self.ctx.module, dotted, self.ctx.function)
        if entries is not None:
            return self._constant_dict(dotted, entries)
        names = self.ctx.project.constant_strings(self.ctx.module, dotted, self.ctx.function)
        if names is not None:
            text = self.ctx.project.constant_string(self.ctx.module, dotted, self.ctx.function)
            self.ctx.learn_names(names)
            return constant(text) if text is not None else Value(frozenset({Strings(names)}))
        return ref(self.global_object(dotted))

    def global_object(self, dotted: str) -> int:
        """The object that a name of no function stands for."""
        made = self.ctx.new(("global", dotted), "global", dotted)
        self.calls.caches.recognising.type_of_global(made)
        return made.id

    def _constant_dict(self, dotted: str, entries: dict[str, object]) -> Value:
        """A module-level dict of constants, as a dict made here."""
        self.ctx.learn_names(tuple(entries))
        made = self.ctx.new(("constant", dotted), "mapping", dotted, mapping=True, base="absent")
        made.entries = {
            name: constant(value) if value != "" else Value(frozenset({Const("empty")}))
            for name, value in entries.items()
        }
        return ref(made.id)

    def _attribute(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.Attribute)
        dotted = self.dotted(node)
        if dotted is not None and dotted.split(".", 1)[0] not in state.env:
            owner = self.ctx.resolve(dotted.rpartition(".")[0])
            if isinstance(owner, ClassRef) and self.ctx.resolve(dotted) is None:
                return self._class_attribute(owner, node.attr.value)
            return self.global_value(dotted)
        base = self.eval(state, node.value)
        objs = self.ctx.deref(base) if node.attr.value in FIELDS_SET else []
        if objs:
            return iterating.fields_set(self, state, node, objs)
        getter = self.ctx.method(base, node.attr.value)
        if getter is not None and makes_anew(getter):
            return apply(self.calls, state, node, getter, base, ())
        return self.field(state, base, node.attr.value)

    def field(self, state: State, base: Value, name: str) -> Value:
        """Attribute ``name`` of a value."""
        cls = base.single
        if isinstance(cls, Callable_) and isinstance(cls.target, ClassRef):
            return self._class_attribute(cls.target, name)
        if name == "__dict__" or (name in ("name", "value") and base.text is not None):
            return base  # a view of the object; ``f.name`` of ``dataclasses.fields``, ``m.value`` of an enum
        if name == "default" and base.text is not None:
            return constant(None)  # ``f.default`` of a field
        if name == "__class__":
            return self.calls.type_of(base)
        out: list[Value] = []
        for obj in self.ctx.deref(base):
            info = self.ctx.objects[obj]
            if info.model is not None and self._is_of_class(info, name):
                constants = self._class_constants(info.model, name)
                if constants is not None:
                    return constants
            out.append(self.ctx.read(state, obj, name))
        if not out:
            return computed(base)
        return union(out)

    def _is_of_class(self, info: Obj, name: str) -> bool:
        """True for an attribute that an object has of its class: it is none of the fields that each has."""
        model = info.model
        listed = info.origin == "self" or name in FIELD_LISTS
        return listed or (model is not None and model.field(name) is None)

    def _class_attribute(self, cls: ClassRef, name: str) -> Value:
        constants = self._class_constants(cls, name)
        if constants is not None:
            return constants
        made = self.calls.caches.recognising.of_class(cls, name)
        return UNKNOWN if made is None else ref(made.id)

    def _class_constants(self, cls: ClassRef, name: str) -> Value | None:
        if name in FIELD_LISTS:
            return Value(frozenset({Strings(tuple(decl.name for decl in cls.fields))}))
        names = self.ctx.project.constant_strings(cls.module, f"{cls.qualname}.{name}", None)
        if names is None:
            return None
        self.ctx.learn_names(names)
        return Value(frozenset({Strings(names)}))

    def _subscript(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.Subscript)
        base = self.eval(state, node.value)
        index = self.ctx.index_of(node)
        if index is None:
            return computed(base)
        key = self.eval(state, index)
        looked_up = self.calls.caches.subscript(state, node, base)
        if looked_up is not None:
            return looked_up
        objs = self.ctx.deref(base)
        item = self.calls.caches.numbered(state, base, index)
        if item is not None:
            return item
        if key.text is not None and objs:
            value = union([self.ctx.read(state, obj, key.text) for obj in objs])
            return value.without(Absent()) if value.atoms != ABSENT.atoms else UNKNOWN
        if self.calls.copies.hooks.is_memo(base):
            return Value(frozenset())  # a copy made before, if this is one at all
        return self.calls.caches.entry(base, index) or computed(base)

    def _call(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.Call)
        if self._settled is None:
            return self.calls.call(state, node)
        if id(node) not in self._settled:
            self._settled[id(node)] = self.calls.call(state, node)
        return self._settled[id(node)]

    def _inner(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.Await)
        self.calls.awaited.add(node.expression)
        return self.eval(state, node.expression)

    # ----------------------------------------------------------------- choices

    def _boolean(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.BooleanOperation)
        is_or = isinstance(node.operator, cst.Or)
        with self.settled():
            left = self.eval(state, node.left)
            known = self.conditions.truth(state, node.left)
            condition = self.conditions.build(state, node.left)
            taken = self.ctx.guard(node, "if", condition, needs=not is_or)
            skipped = self.ctx.guard(node, "if", condition, needs=is_or)
            way = state.under(taken)
            self.conditions.assume(way, node.left, not is_or)
        if known is not None:
            return left if known is is_or else self.eval(state, node.right)
        right = self.eval(way, node.right)
        joined = join([state.under(skipped), way], self.ctx.objects)
        if joined is not None:
            state.env = joined.env
            state.follow(joined)
        if is_or and right.atoms == NONE.atoms:
            return left  # ``x or None`` is x
        guard = self.ctx.guard(node, "or" if is_or else "and", condition)
        kept = left.without(*NONES) if is_or and len(left.atoms) > 1 else left
        return Value(kept.atoms | right.atoms, kept.blame | right.blame | {guard})

    def _ternary(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.IfExp)
        with self.settled():
            self.eval(state, node.test)
            known = self.conditions.truth(state, node.test)
            condition = self.conditions.build(state, node.test)
            unset = self.conditions.unset_reads(state, node.test)
            body, orelse = state.copy(), state.copy()
            self.conditions.assume(body, node.test, True)
            self.conditions.assume(orelse, node.test, False)
        if known is not None:
            return self.eval(state, node.body if known else node.orelse)
        if_true, if_false = self.eval(body, node.body), self.eval(orelse, node.orelse)
        joined = join([body, orelse], self.ctx.objects)
        if joined is not None:
            state.follow(joined)
        taken = self.ctx.guard(node, "ternary", condition, needs=True, unset=unset)
        other = self.ctx.guard(node, "ternary", condition, needs=False, unset=unset)
        return Value(
            if_true.atoms | if_false.atoms, if_true.blame | if_false.blame | {taken, other}
        )

    def _walrus(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.NamedExpr)
        value = self.eval(state, node.value)
        if isinstance(node.target, cst.Name):
            state.bind(node.target.value, value)
        return value

    # ----------------------------------------------------------------- constants and others

    def _sequence(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.Tuple | cst.List | cst.Set)
        if not node.elements:
            return Value(frozenset({Const("empty")}))
        parts: list[Value] = []
        values = [self.eval(state, element.value) for element in node.elements]
        for element, value in zip(node.elements, values, strict=True):
            atom = value.single
            if not isinstance(element, cst.StarredElement):
                parts.append(value)
            elif isinstance(atom, Strings):
                parts.extend(constant(name) for name in atom.names)
            elif isinstance(atom, Seq):
                parts.extend(atom.parts)
            else:
                return combined(*values)
        names = tuple(part.text for part in parts if part.text is not None)
        if len(names) == len(parts):
            self.ctx.learn_names(names)
            return Value(frozenset({Strings(names)}))
        return Value(frozenset({Seq(tuple(parts))}))

    def _binary(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.BinaryOperation)
        left, right = self.eval(state, node.left), self.eval(state, node.right)
        if isinstance(node.operator, cst.BitOr):
            merged = self.mappings.union_operator(state, node, left, right)
            if merged is not None:
                return merged
        if isinstance(node.operator, cst.Add) and None not in (left.text, right.text):
            return constant(f"{left.text}{right.text}")
        one, two = left.single, right.single
        if isinstance(one, Strings) and isinstance(two, Strings):
            if isinstance(node.operator, cst.Add | cst.BitOr):
                return Value(frozenset({Strings(tuple(dict.fromkeys(one.names + two.names)))}))
            if isinstance(node.operator, cst.Subtract):
                kept = tuple(name for name in one.names if name not in two.names)
                return Value(frozenset({Strings(kept)}))
        return combined(left, right)

    def _unary(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.UnaryOperation)
        inner = self.eval(state, node.expression)
        return constant(0) if inner.is_constant else computed(inner)

    def _comparison(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.Comparison)
        values = [self.eval(state, node.left)]
        values += [self.eval(state, target.comparator) for target in node.comparisons]
        return computed(*values)

    def _fstring(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.FormattedString)
        out: list[str] = []
        values: list[Value] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                out.append(part.value)
            elif isinstance(part, cst.FormattedStringExpression):
                value = self.eval(state, part.expression)
                values.append(value)
                if value.text is not None:
                    out.append(value.text)
        if all(value.text is not None for value in values):
            return constant("".join(out))
        return computed(*values)

    def _string(self, state: State, node: cst.BaseExpression) -> Value:
        if isinstance(node, cst.SimpleString):
            return literal(node.value)
        assert isinstance(node, cst.ConcatenatedString)
        value = node.evaluated_value
        return UNKNOWN if value is None else constant(value)

    def _number(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.BaseNumber)
        return constant(getattr(node, "value", None))

    def _lambda(self, state: State, node: cst.BaseExpression) -> Value:
        return Value(frozenset({Callable_(node)}))

    def _generator(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.GeneratorExp | cst.ListComp | cst.SetComp)
        return self.mappings.comprehensions.generator(state, node)

    def _yield(self, state: State, node: cst.BaseExpression) -> Value:
        assert isinstance(node, cst.Yield)
        value = node.value
        if value is not None:
            self.eval(state, value.item if isinstance(value, cst.From) else value)
        return UNKNOWN
