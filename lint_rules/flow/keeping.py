"""What a cache's own method keeps of what it is given, and what it hands out: the object itself, or a copy
that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

from lint_rules.flow.applying import bind
from lint_rules.flow.facts import Placed
from lint_rules.flow.instantiate import Instantiation
from lint_rules.flow.named import names_given
from lint_rules.flow.openparams import classes_given, receiver_given
from lint_rules.flow.source import within
from lint_rules.flow.state import State
from lint_rules.flow.values import ABSENT, Absent, Const, Init, Obj, Ref, Value
from lint_rules.flow.vocabulary import SERIALISED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lint_rules.flow.expressions import Evaluator
    from lint_rules.flow.facts import Facts
    from lint_rules.flow.summaries import Library
    from lint_rules.project.functions import FunctionRef

_OWN = frozenset({"fresh", "mapping", "param"})
"""What a function made, or was given: what it hands over is nothing that others share."""
KeptAs: TypeAlias = dict[int, tuple[dict[str, Value], "frozenset[FunctionRef]"]]
"""For an object given to a store the fields in which what is kept differs, and the functions that copy it; none
where the object itself may be kept."""


class Keeping:
    """Asks the methods of the project's own cache classes what they keep and hand out."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ev = evaluator
        self.ctx = evaluator.ctx

    def by_method(
        self, state: State, node: cst.BaseExpression, name: str, base: Value,
        given: list[tuple[cst.Arg, Value]],
    ) -> KeptAs:  # fmt: skip
        """What the method of that name keeps; nothing where the project does not show it."""
        method = self.ctx.method(base, name)
        if method is None or self.ctx.depth == 0:
            return {}
        library = self.ctx.library
        bound = bind(method, base, [arg for arg, _ in given], [value for _, value in given])
        names = (
            *names_given(method, bound),
            *classes_given(self.ctx, method, bound),
            *receiver_given(self.ctx, method, bound),
        )
        facts = library.summary(method, self.ctx.depth - 1, names)
        if facts is None or facts.final is None:
            return {}
        call = Instantiation(self.ev.calls, state, node, facts, bound)
        return kept_by(call)

    def hands_out_copies(self, base: Value, name: str, more: Sequence[Value]) -> bool:
        """True where whatever the method of that name returns is a copy that it makes, or what its caller gave it
        for the case that there is none; ``more`` is what it is given beside the key."""
        method = self.ctx.method(base, name)
        if method is None or self.ctx.depth == 0:
            return False
        names = receiver_given(self.ctx, method, bind(method, base, [], []))
        facts = self.ctx.library.summary(method, self.ctx.depth - 1, names)
        if facts is None:
            return False
        atoms = [a for leave in facts.exits for a in leave.value.atoms]
        objs = [
            a.obj if isinstance(a, Ref) else None
            for a in atoms
            if not isinstance(a, Const | Absent)
        ]
        origins = {facts.objects[obj].origin if obj is not None else "" for obj in objs}
        given = {self.ctx.objects[obj].origin for value in more for obj in self.ctx.deref(value)}
        kept = {one.obj for one in facts.placed}
        made = {"copy", "fresh"} if kept.isdisjoint(objs) else {"copy"}
        own = made | {"param"} if given <= _OWN else made
        return not made.isdisjoint(origins) and origins <= own


def kept_by(call: Instantiation) -> KeptAs:
    """For each object that is handed over what the called function keeps of it."""
    out: KeptAs = {}
    for param, value in call.bound.items():
        placed = [one for one in call.facts.placed if param in call.facts.objects.family(one.obj)]
        only_read = not placed and _is_only_read(call.facts, param, call.ctx.library)
        if not placed and not only_read:
            continue
        for obj in value.refs:
            if only_read:
                out[obj] = (_taken_over(call, param, obj), frozenset({call.facts.function}))
            else:
                fields = _fields(call, param, obj, placed)
                out[obj] = (fields, _makers(call.facts, param, placed))
    return out


def _is_only_read(facts: Facts, param: int, library: Library) -> bool:
    """True for a parameter of which a function does nothing but read fields, or call methods that make something new,
    whatever it does with these."""
    making = {call.node for call in facts.handoffs if _makes_new(library.facts(call.callee, 0))}
    name = next(name for name, obj in facts.params.items() if obj == param)
    uses, reads = 0, 0
    for node in within(facts.definition.body):
        if isinstance(node, cst.Attribute):
            reads += _is_named(node.value, name)
            uses -= node.attr.value == name  # of another object a field that is called so
        elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            if node not in making:  # another method may hand out the object, or what it holds
                reads -= _is_named(node.func.value, name)
        uses += _is_named(node, name)
    return uses == reads


def _makes_new(facts: Facts | None) -> bool:
    """True for a function that returns nothing but new objects of classes."""
    atoms = {atom for leave in facts.exits for atom in leave.value.atoms} if facts else set()
    return bool(atoms) and all(
        isinstance(atom, Ref) and facts is not None and facts.objects[atom.obj].origin == "fresh"
        for atom in atoms
    )


def _is_named(node: cst.CSTNode, name: str) -> bool:
    return isinstance(node, cst.Name) and node.value == name


def _makers(facts: Facts, param: int, placed: list[Placed]) -> frozenset[FunctionRef]:
    """The functions that made the copies that are kept: the called one, or those that it calls for it."""
    if any(one.obj == param for one in placed):
        return frozenset()
    return frozenset(_maker(facts, facts.objects[one.obj]) for one in placed)


def _maker(facts: Facts, copy: Obj) -> FunctionRef:
    """The function that made a copy, or that of which the copy is only another form."""
    while copy.how in SERIALISED and len(copy.of) == 1:
        inner = facts.objects[copy.of[0]]
        if inner.origin != "copy":
            break
        copy = inner
    return copy.maker or facts.function


def _taken_over(call: Instantiation, param: int, obj: int) -> dict[str, Value]:
    """The fields of what is kept that is made of some fields of the object: all others are not there."""
    out: dict[str, Value] = dict.fromkeys(call.before.heap.get(obj, {}), ABSENT)
    for one in call.facts.placed:
        for name, held in one.fields.items():
            if any(isinstance(atom, Init) and atom.obj == param for atom in held.atoms):
                out[name] = out.get(name, ABSENT) | call.value(held)
    return out


def _fields(call: Instantiation, param: int, obj: int, placed: list[Placed]) -> dict[str, Value]:
    """The fields of what is kept, where they are not surely those that the object came with."""
    out: dict[str, Value] = {}
    names = [name for one in placed for name in one.fields]
    infos = [call.facts.objects[one.obj] for one in placed]
    if any(info.only is not None or info.base != "init" for info in infos):
        names += call.before.heap.get(obj, {})  # what was written may be left out of what is kept
    for name in dict.fromkeys(names):
        own = call.ctx.read(call.before, obj, name)
        value = Value(frozenset())
        for one in placed:
            chain = call.facts.objects.family(one.obj)
            held = one.fields.get(name) or call.facts.objects.default(one.obj, name)
            old = frozenset(a for a in held.atoms if isinstance(a, Init) and a.obj in chain)
            value = value | call.value(held.without(*old)) | (own if old else Value(frozenset()))
        out[name] = value
    return out
