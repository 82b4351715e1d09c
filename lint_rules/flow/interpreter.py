"""Statements: the abstract interpretation of one function over its structured tree.

States join at branches, loops, ``try`` and ``match``; early returns leave with the guards that led
to them.  The result is the function's :class:`~lint_rules.flow.facts.Facts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.additions import combined
from lint_rules.flow.context import Context, TooComplex, computed
from lint_rules.flow.expressions import Evaluator
from lint_rules.flow.facts import Exit, Facts, SharedEdit
from lint_rules.flow.inlining import Inlining
from lint_rules.flow.loops import Loops
from lint_rules.flow.matches import Matches
from lint_rules.flow.named import Names, as_value
from lint_rules.flow.openparams import annotation_of, class_told, is_open
from lint_rules.flow.presence import may_be_none
from lint_rules.flow.rebuilt import note_rebuilt
from lint_rules.flow.state import State, join
from lint_rules.flow.tries import Tries
from lint_rules.flow.values import (
    ABSENT,
    UNKNOWN,
    Callable_,
    Init,
    Ref,
    Seq,
    Strings,
    Value,
    constant,
    ref,
    union,
)
from lint_rules.flow.vocabulary import EMPTYING

if TYPE_CHECKING:
    from lint_rules.flow.summaries import Library
    from lint_rules.flow.values import Atom, Obj
    from lint_rules.project.functions import FunctionRef, Param


def interpreted(library: Library, function: FunctionRef, depth: int, names: Names) -> Facts | None:
    """The facts of a function, following calls ``depth`` deep; None when it cannot be read or takes too long."""
    tree = library.tree(function)
    if tree is None:
        return None
    made = Interpreter(library, function, tree.module, tree.definition, depth, names)
    try:
        return made.run()
    except (TooComplex, RecursionError):
        return None
    finally:
        made.close()


class Interpreter:
    """Interprets one function; use :meth:`run` once."""

    def __init__(
        self, library: Library, function: FunctionRef, tree: cst.Module, node: cst.FunctionDef,
        depth: int, names: Names = (),
    ) -> None:  # fmt: skip
        from lint_rules.flow.state import Objects

        self.library = library
        self.names = dict(names)
        self.facts = Facts(function, tree, node, Objects())
        self.ctx = Context(library, function, self.facts, depth)
        self.ev = Evaluator(self.ctx, self)
        self.tries = Tries(self)
        self.loops = Loops(self)
        self.matches = Matches(self)
        self.inlining = Inlining(self)
        self.exits: list[Exit] = self.facts.exits
        self.breaks: list[list[State]] = []
        self.continues: list[list[State]] = []
        self.inlined = 0
        self._ends: list[State] = []

    def run(self) -> Facts:
        """Interpret the function's body from its parameters on."""
        state = State()
        self._bind_parameters(state)
        self._bind_names(state)
        self._note_decorators()
        end = self.block(state, self.facts.definition.body)
        if end is not None:
            self.exits.append(Exit(None, constant(None), end))
        finals = [leave.state for leave in self.exits if not leave.yields]
        final = self.facts.final = join([*finals, *self._ends], self.ctx.objects)
        note_rebuilt(self.facts, self.ctx.settings)
        for state in (leave.state for leave in self.exits):
            state.known = {}
            if state is not final:  # the caller may ask the same
                state.forks = {}
        return self.facts

    def close(self) -> None:
        """Let go of all that was only needed to interpret: the parts hold each other, and Python looks for such too seldom."""
        for part in (self.ctx, self.ev, self):
            vars(part).clear()

    def _note_decorators(self) -> None:
        for decorator in self.facts.definition.decorators:
            target = decorator.decorator
            dotted = self.ev.dotted(target.func if isinstance(target, cst.Call) else target)
            if dotted is not None and self.library.memoising.by(self.ctx.module, dotted):
                self.facts.caches_result = True

    def _bind_parameters(self, state: State) -> None:
        function = self.facts.function
        for index, param in enumerate(function.params):
            owner = function.class_name if index == 0 and function.kind == "method" else None
            if owner is not None:
                told = class_told(self.ctx.project, self.names.pop(param.name, None))
                model = told or function.module.class_(owner)
                made = self.ctx.new(
                    ("param", param.name), "self", param.name, model=model, typed=True
                )
            elif index == 0 and function.kind == "classmethod":
                cls = function.module.class_(function.class_name or "")
                state.env[param.name] = Value(frozenset({Callable_(cls)})) if cls else UNKNOWN
                continue
            else:
                annotation = annotation_of(param)
                made = self.ctx.new(("param", param.name), "param", param.name, optional=may_be_none(param),
                                    type_text=annotation or "")  # fmt: skip
                self.annotate(made.id, annotation)
                self._open(made, param)
                if param.kind == "kwarg":
                    made.mapping = True
            state.env[param.name] = ref(made.id)
            self.facts.params[param.name] = made.id

    def _open(self, made: Obj, param: Param) -> None:
        """Where the annotation leaves the class open, the caller may have told it."""
        told = class_told(self.ctx.project, self.names.get(param.name))
        made.open = is_open(self.ctx.settings, self.facts.function, param)
        if told is not None:
            del self.names[param.name]
            made.model = told
            self.ctx.learn_fields(told)

    def _bind_names(self, state: State) -> None:
        """Names of fields that the function is given, or takes where it is given none."""
        params = self.facts.definition.params
        for param in (*params.posonly_params, *params.params, *params.kwonly_params):
            if param.name.value not in self.names and param.default is not None:
                value = self.ev.eval(State(), param.default)
                if isinstance(value.single, Strings):
                    state.env[param.name.value] = value
        for name, names in self.names.items():
            if names is not None:
                self.ctx.learn_names((names,) if isinstance(names, str) else names)
                state.env[name] = as_value(names)

    def annotate(self, obj: int, annotation: str | None) -> None:
        """Learn an object's class from an annotation, where it names exactly one."""
        if not annotation:
            return
        hint = self.ctx.project.resolve_annotation(self.ctx.module, annotation, self.ctx.function)
        info = self.ctx.objects[obj]
        info.type_text = hint.text or annotation
        info.typed = True
        info.mapping = info.mapping or hint.mapping
        info.holds = hint.item
        info.several = hint.classes if info.model is None and len(hint.classes) > 1 else ()
        if len(hint.classes) == 1 and info.model is None:
            info.model = hint.classes[0]
            info.mapping = info.mapping or info.model.kind == "typeddict"
            self.ctx.learn_fields(info.model)

    # ----------------------------------------------------------------- blocks

    def block(self, state: State, body: cst.BaseSuite) -> State | None:
        """Interpret a suite; None when no way leads out at its end."""
        current: State | None = state
        for statement in body.body:
            if current is None:
                return None
            current = self.statement(current, statement)
        return current

    def statement(self, state: State, node: cst.CSTNode) -> State | None:
        """Interpret one statement."""
        if isinstance(node, cst.SimpleStatementLine):
            for small in node.body:
                out = self.small(state, small)
                if out is None:
                    return None
            return state
        if isinstance(node, cst.If):
            return self._if(state, node)
        if isinstance(node, cst.For):
            return self.loops.run_for(state, node)
        if isinstance(node, cst.While):
            return self.loops.run_while(state, node)
        if isinstance(node, cst.Try | cst.TryStar):
            return self.tries.run(state, node)
        if isinstance(node, cst.With):
            return self.tries.run_with(state, node)
        if isinstance(node, cst.Match):
            return self.matches.run(state, node)
        if isinstance(node, cst.FunctionDef):
            state.bind(node.name.value, Value(frozenset({Callable_(node)})))
            return state
        if isinstance(node, cst.ClassDef):
            state.bind(node.name.value, UNKNOWN)
            return state
        return self.small(state, node)

    def small(self, state: State, node: cst.CSTNode) -> State | None:
        """Interpret one small statement; None when the way ends here."""
        self.ctx.statement = node
        self.tries.may_raise(state, node)
        if isinstance(node, cst.Return):
            value = self.ev.eval(state, node.value) if node.value is not None else constant(None)
            self.leave(state, node, value)
            return None
        if isinstance(node, cst.Raise):
            if node.exc is not None:
                self.ev.eval(state, node.exc)
            self.tries.raised(state)
            return None
        if isinstance(node, cst.Break | cst.Continue):
            stack = self.breaks if isinstance(node, cst.Break) else self.continues
            if stack:
                stack[-1].append(state.copy())
            return None
        self._effect(state, node)
        return state

    def _effect(self, state: State, node: cst.CSTNode) -> None:
        if isinstance(node, cst.Assign):
            value = self.ev.eval(state, node.value)
            for target in node.targets:
                self.assign(state, target.target, value, node)
        elif isinstance(node, cst.AnnAssign):
            self._annotated(state, node)
        elif isinstance(node, cst.AugAssign):
            self._augmented(state, node)
        elif isinstance(node, cst.Expr) and not isinstance(node.value, cst.SimpleString):
            value = self.ev.eval(state, node.value)
            if isinstance(node.value, cst.Yield) and node.value.value is not None:
                item = node.value.value
                value = self.ev.eval(state, item.item if isinstance(item, cst.From) else item)
                self._hand_out(state, node, value)
        elif isinstance(node, cst.Del):
            self._delete(state, node.target)
        elif isinstance(node, cst.Assert):
            self.ev.eval(state, node.test)
            self.ev.conditions.assume(state, node.test, True)

    def _hand_out(self, state: State, node: cst.Expr, value: Value) -> None:
        """A ``yield``: the function goes on afterwards, or ends here through the ``finally`` blocks around."""
        self.exits.append(Exit(node, value, state.copy(), yields=True))
        end = self.tries.run_finals(state.copy())
        if end is not None and not self.inlined:
            self._ends.append(end)

    def leave(self, state: State, node: cst.CSTNode | None, value: Value) -> None:
        """A normal way out, through the ``finally`` blocks around it."""
        out = self.tries.run_finals(state)
        if out is not None:
            self.exits.append(Exit(node, value, out))

    # ----------------------------------------------------------------- assignments

    def assign(
        self, state: State, target: cst.BaseExpression, value: Value, node: cst.CSTNode
    ) -> None:
        """Bind a target (also of a loop, a ``with``, a comprehension) to a value."""
        if isinstance(target, cst.Name):
            state.bind(target.value, value)
        elif isinstance(target, cst.Tuple | cst.List):
            self._unpack(state, target, value, node)
        elif isinstance(target, cst.Attribute):
            base = self.ev.eval(state, target.value)
            objs = self.ctx.deref(base)
            if target.attr.value == "__dict__":
                self.ev.mappings.update(state, objs, value, node)
            else:
                self.ev.calls.caches.place(state, node, value)
                self.ctx.write(state, objs, target.attr.value, value, node, "attr")
        elif isinstance(target, cst.Subscript):
            self._assign_item(state, target, value, node)

    def _unpack(
        self, state: State, target: cst.Tuple | cst.List, value: Value, node: cst.CSTNode
    ) -> None:
        count = len(target.elements)
        ways = [self._parts(state, atom, count) for atom in value.atoms]
        starred = any(isinstance(e, cst.StarredElement) for e in target.elements)
        parts = [computed(value)] * count
        if ways and not starred and all(len(way) == count for way in ways):
            parts = [union(list(each)) for each in zip(*ways, strict=True)]
        for element, part in zip(target.elements, parts, strict=True):
            self.assign(state, element.value, part, node)

    def _parts(self, state: State, atom: Atom, count: int) -> list[Value]:
        """The items of what may be unpacked into so many; none where they are not known."""
        if isinstance(atom, Seq):
            return list(atom.parts)
        if isinstance(atom, Strings):
            return [constant(name) for name in atom.names]
        origin = self.ctx.objects[atom.obj].origin if isinstance(atom, Ref) else ""
        if isinstance(atom, Ref) and origin == "lookup":
            return self.ev.calls.caches.parts(state, atom.obj, count)
        if isinstance(atom, Ref) and origin == "call" and self.ctx.depth == 0:
            return [self.ev.calls.caches.item(atom.obj)] * count  # the next look tells
        return []

    def _assign_item(
        self, state: State, target: cst.Subscript, value: Value, node: cst.CSTNode
    ) -> None:
        base = self.ev.eval(state, target.value)
        if len(target.slice) == 1 and isinstance(target.slice[0].slice, cst.Slice):
            self.ev.calls.edit(state, node, base, "[:]")
            return
        index = self.ctx.index_of(target)
        if index is None:
            return
        key = self.ev.eval(state, index)
        if self.ev.calls.caches.is_cache(target.value, base):
            caches, given = self.ev.calls.caches, [(cst.Arg(index), key), (cst.Arg(target), value)]
            kept = caches.keeping.by_method(state, target, "__setitem__", base, given)
            told, pickled = (key, self.ctx.code(index)), caches.recognising.is_pickling(base)
            name = self.ctx.code(target.value)
            caches.store(state, node, value, told, name, kept=kept, pickled=pickled)
            return
        self.ev.calls.unknown.pass_on(base, [value])
        if not any(self.ev.mappings.is_local(obj) for obj in self.ctx.deref(base)):
            self.ev.calls.caches.place(state, node, value)
        if key.text is not None:
            self.ctx.write(
                state, self.ctx.deref(base), key.text, value, node, "item",
                unrolled=bool(self.ctx.iteration),
            )  # fmt: skip
        else:
            self.ev.mappings.mix(self.ctx.deref(base))
            self.ev.mappings.hold(state, self.ctx.deref(base), value)

    def _annotated(self, state: State, node: cst.AnnAssign) -> None:
        if node.value is None:
            return
        value = self.ev.eval(state, node.value)
        annotation = self.ctx.code(node.annotation.annotation)
        for obj in value.refs:
            if self.ctx.objects[obj].model is None and self.ctx.objects[obj].origin != "mapping":
                self.annotate(obj, annotation)
        self.assign(state, node.target, value, node)

    def _augmented(self, state: State, node: cst.AugAssign) -> None:
        value = self.ev.eval(state, node.value)
        old = self.ev.eval(state, node.target)
        objs = self.ctx.deref(old)
        if isinstance(node.operator, cst.BitOrAssign) and objs:
            self.ev.mappings.update(state, objs, value, node)
        else:
            self.assign(state, node.target, combined(old, value), node)

    def _delete(self, state: State, target: cst.BaseExpression) -> None:
        if isinstance(target, cst.Tuple):
            for element in target.elements:
                self._delete(state, element.value)
            return
        if isinstance(target, cst.Name):
            state.env.pop(target.value, None)
            return
        if isinstance(target, cst.Subscript) and self.ctx.statement is not None:
            base = self.ev.eval(state, target.value)
            if self.ev.calls.edit(state, self.ctx.statement, base, "del"):
                return
        place = self.ev.conditions.place(state, target)
        if place is not None and self.ctx.statement is not None:
            self.ctx.write(state, place[0], place[1], ABSENT, self.ctx.statement, "delete")

    def note_shared_edit(self, state: State, node: cst.CSTNode, atom: Init, method: str) -> None:
        """A container that a shallow copy shares with its original was edited in place."""
        if any(edit.node is node for edit in self.facts.shared_edits):
            return
        empties = method in EMPTYING or method in ("del", "[:]")
        self.facts.shared_edits.append(
            SharedEdit(
                node, self.ctx.statement, atom.obj, atom.field, method, empties, state.guards
            )
        )

    # ----------------------------------------------------------------- branches

    def _if(self, state: State, node: cst.If) -> State | None:
        ends: list[State | None] = []
        other: State | None = state
        orelse: cst.If | cst.Else | None = node
        while other is not None and isinstance(orelse, cst.If):  # an ``elif`` is not nested deeper
            then, other = self.fork(other, orelse.test, "if")
            ends.append(self.block(then, orelse.body) if then is not None else None)
            orelse = orelse.orelse
        if other is not None and orelse is not None:
            other = self.block(other, orelse.body)
        for end in reversed(ends):
            other = join([way for way in (end, other) if way is not None], self.ctx.objects)
        return other

    def fork(
        self, state: State, test: cst.BaseExpression, kind: str
    ) -> tuple[State | None, State | None]:
        """The states on which a test holds and does not; None for a way that is ruled out."""
        with self.ev.settled():
            self.ev.eval(state, test)
            known = self.ev.conditions.truth(state, test)
            if known is not None:
                return (state, None) if known else (None, state)
            condition = self.ev.conditions.build(state, test)
            unset = self.ev.conditions.unset_reads(state, test)
            ways: list[State] = []
            for truth in (True, False):
                equal = self.ev.conditions.equal_reads(state, test, truth)
                guard = self.ctx.guard(test, kind, condition, needs=truth, unset=unset, equal=equal)
                way = state.under(guard)
                self.ev.conditions.assume(way, test, truth)
                ways.append(way)
        return ways[0], ways[1]
