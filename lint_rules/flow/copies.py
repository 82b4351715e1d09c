"""Copies: every form in which one object is made from another, and what the copy starts with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.applying import initialise
from lint_rules.flow.copyhooks import CopyHooks
from lint_rules.flow.presence import may_be_nothing
from lint_rules.flow.state import State
from lint_rules.flow.values import ABSENT, DEFAULT, WHOLE, Leaf, Ref, Strings, Value, ref
from lint_rules.project.classes import ClassRef

if TYPE_CHECKING:
    from lint_rules.flow.expressions import Evaluator
    from lint_rules.flow.values import Obj
    from lint_rules.project.functions import FunctionRef


class Copies:
    """Makes the copies of one function."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ev = evaluator
        self.ctx = evaluator.ctx
        self.hooks = CopyHooks(self)

    def made(
        self, state: State, node: cst.Call, objs: list[int], depth: str, how: str,
        *, mapping: bool = False, only: frozenset[str] | None = None,
    ) -> int:  # fmt: skip
        """The same of a call that leaves it to their class what a copy holds."""
        made = self.make(state, node, objs, depth, how, mapping=mapping, only=only)
        if not mapping:
            self.hooks.fill(state, node, made, how)
        return made

    def make(
        self, state: State, node: cst.CSTNode, objs: list[int], depth: str, how: str,
        *, mapping: bool = False, model: ClassRef | None = None, maker: FunctionRef | None = None,
        only: frozenset[str] | None = None, partial: int | None = None, key: object = None,
    ) -> int:  # fmt: skip
        """A copy of any of ``objs``, made at ``node``; its fields start as the original's are."""
        first = self.ctx.objects[objs[0]]
        models = {self.ctx.objects[obj].model for obj in objs} - {None}
        made = self.ctx.new(
            (id(node), "copy", how, self.ctx.iteration, key), "copy", first.name, node=node,
            of=tuple(objs), depth=depth, how=how, mapping=mapping, maker=maker, only=only,
            model=model or (models.pop() if len(models) == 1 else None), partial=partial,
            base=first.base if len({self.ctx.objects[obj].base for obj in objs}) == 1 else "init",
        )  # fmt: skip
        if made.only is None and all(self.ctx.objects[obj].only is not None for obj in objs):
            made.only = frozenset().union(*(self.ctx.objects[obj].only or () for obj in objs))
        kin = {self.ctx.objects[obj].kin for obj in objs}
        made.kin = kin.pop() if len(kin) == 1 else None
        made.typed = made.typed or any(self.ctx.objects[obj].typed for obj in objs)
        made.opaque = any(self.ctx.objects[obj].opaque for obj in objs)
        made.mixed = any(self.ctx.objects[obj].mixed for obj in objs)
        state.heap[made.id] = {**self._added(made, objs), **self._snapshot(state, made.id, objs)}
        if made.depth == "shallow" and any(self.ctx.objects[o].depth == "deep" for o in objs):
            made.depth = "deep"
        return made.id

    def _added(self, made: Obj, objs: list[int]) -> dict[str, Value]:
        """The fields that only the class of the copy has, at their defaults: no object of the other had any."""
        models = [self.ctx.objects[obj].model for obj in objs]
        known = {d.name for m in models if m is not None and m.kind != "plain" for d in m.fields}
        if made.model is None or any(
            m is None or m.kind == "plain" or m == made.model for m in models
        ):
            return {}
        return {decl.name: DEFAULT for decl in made.model.fields if decl.name not in known}

    def _snapshot(self, state: State, made: int, objs: list[int]) -> dict[str, Value]:
        fields = dict.fromkeys(name for obj in objs for name in state.heap.get(obj, {}))
        out: dict[str, Value] = {}
        for name in fields:
            value = self.ctx.read(state, objs[0], name)
            for obj in objs[1:]:
                value = value | self.ctx.read(state, obj, name)
            out[name] = self.inherited(made, name, value)
            self.ctx.take(made, name, value)
        return out

    def inherited(self, made: int, name: str, value: Value) -> Value:
        """A field of the original as the copy's own: what is no constant is the copy's old value."""
        if value.is_constant or self.ctx.objects[made].base != "init":
            return value
        own = self.ctx.objects.default(made, name)
        constants = {a for a in value.atoms if Value(frozenset({a})).is_constant}
        return Value(own.atoms | constants, own.blame | value.blame)

    # ----------------------------------------------------------------- forms

    def method_copy(self, state: State, node: cst.Call, objs: list[int], name: str) -> Value:
        """``x.model_copy(update=..., deep=...)``, ``x.copy()``, ``x._replace(f=None)``."""
        deep = self._flag(state, node, "deep") or name == "__deepcopy__"
        make = self.made if name == "model_copy" else self.make  # the only one that asks the class
        made = make(
            state, node, objs, "deep" if deep else "shallow", name,
            mapping=self.are_mappings(node.func, objs),
            only=self._names(state, node, "include"),
        )  # fmt: skip
        self.exclude(state, made, self._names(state, node, "exclude"))
        self.keywords(state, node, made, skip=("deep", "include", "exclude", "update"))
        update = keyword(node, "update")
        if update is not None:
            self.ev.mappings.update(state, [made], self.ev.eval(state, update), node)
        return ref(made)

    def dump(self, state: State, node: cst.Call, objs: list[int], name: str) -> Value:
        """``x.model_dump(exclude={...})`` and its like: a mapping of the fields."""
        partial: int | None = None
        for option in ("exclude_none", "exclude_unset", "exclude_defaults"):
            if self._flag(state, node, option):
                partial = self._partial_guard(node, objs)
        made = self.make(
            state, node, objs, "deep", name, mapping=True, partial=partial,
            only=self._names(state, node, "include"),
        )  # fmt: skip
        self.exclude(state, made, self._names(state, node, "exclude"))
        if keyword(node, "filter") is not None:  # what it leaves out is not known
            self.ctx.objects[made].opaque = True
        model = self.ctx.objects[made].model
        if model is not None:
            hidden = frozenset(decl.name for decl in model.fields if decl.excluded)
            self.exclude(state, made, hidden)
        return ref(made)

    def _partial_guard(self, node: cst.CSTNode, objs: list[int]) -> int:
        reads = frozenset((obj, WHOLE) for obj in objs)
        return self.ctx.guard(node, "filter", Leaf(reads), needs=False)

    def replace(self, state: State, node: cst.Call, depth: str, how: str) -> Value:
        """``dataclasses.replace(x, f=None)``, ``copy.copy(x)``: a function that copies."""
        copied = self.ev.eval(state, node.args[0].value)
        objs = self.ctx.deref(copied)
        if not objs:
            return Value(frozenset())
        mapping = self.are_mappings(node.args[0].value, objs)
        made = self.made(state, node, objs, depth, how, mapping=mapping)
        if how in ("copy", "deepcopy"):  # the others fail where there is nothing
            self.ctx.objects[made].optional = may_be_nothing(self.ctx, state, copied)
        self.keywords(state, node, made)
        return ref(made)

    def are_mappings(self, copied: cst.BaseExpression, objs: list[int]) -> bool:
        """True for a copy of mappings, or of the fields of an object."""
        if isinstance(copied, cst.Attribute) and copied.attr.value == "copy":
            copied = copied.value
        return are_fields(copied) or all(self.ctx.objects[obj].mapping for obj in objs)

    def construct(self, state: State, node: cst.Call, cls: ClassRef | None) -> Value:
        """``Model(**x.model_dump(), f=None)``: a copy where a mapping of a carrier is spread."""
        made: int | None = None
        for arg in node.args:
            if arg.star != "**":
                continue
            value = self.ev.eval(state, arg.value)
            objs = self.ctx.deref(value)
            if made is None and objs and not all(self.ev.mappings.is_local(o) for o in objs):
                made = self.make(state, node, objs, "shallow", "construct", model=cls)
            elif made is not None:
                self.ev.mappings.update(state, [made], value, node)
        if made is None:
            made = self.fresh(state, node, cls)
            if self._initialised(state, node, made, cls):
                return ref(made)
            if cls is not None and cls.constructor is not None:
                self.ctx.objects[made].base = "init"  # what else it puts there is not known
            for arg in node.args:
                if arg.star == "**":
                    self.ev.mappings.update(state, [made], self.ev.eval(state, arg.value), node)
        self.keywords(state, node, made)
        self._positional(state, node, made, cls)
        return ref(made)

    def _initialised(self, state: State, node: cst.Call, made: int, cls: ClassRef | None) -> bool:
        """True where the class says itself, not a base of it, what becomes of the arguments; what stands behind ``*`` and
        what is handed on by name is not followed: it fills the fields of these names."""
        init = cls.constructor if cls is not None else None
        if init is None or any(arg.star for arg in node.args):
            return False
        if any(param.kind == "kwarg" for param in init.params):
            return False
        return initialise(self.ev.calls, state, node, init, ref(made))

    def build(self, state: State, node: cst.Call, cls: ClassRef, how: str) -> Value:
        """``Model.model_validate(x.model_dump())``: an object built from one other."""
        if not node.args:
            return ref(self.fresh(state, node, cls))
        objs = self.ctx.deref(self.ev.eval(state, node.args[0].value))
        if not objs:
            return ref(self.fresh(state, node, cls))
        if all(self.ev.mappings.is_local(obj) for obj in objs):
            made = self.fresh(state, node, cls)
            self.ev.mappings.update(state, [made], self.ev.eval(state, node.args[0].value), node)
            return ref(made)
        return ref(self.make(state, node, objs, "deep", how, model=cls))

    def fresh(self, state: State, node: cst.CSTNode, cls: ClassRef | None) -> int:
        """A new object of a class, its fields at their defaults."""
        made = self.ctx.new(
            (id(node), "fresh", self.ctx.iteration), "fresh", cls.name if cls else "object",
            node=node, model=cls, typed=cls is not None, base="default",
        )  # fmt: skip
        state.heap[made.id] = {}
        return made.id

    # ----------------------------------------------------------------- arguments

    def keywords(self, state: State, node: cst.Call, made: int, skip: tuple[str, ...] = ()) -> None:
        """Keyword arguments of a copy are writes to its fields."""
        for arg in node.args:
            if arg.keyword is not None and arg.keyword.value not in skip:
                value = self.ev.eval(state, arg.value)
                self.ctx.write(state, [made], arg.keyword.value, value, arg.value, "update")
            elif arg.star == "**" and self.ctx.objects[made].how not in ("construct",):
                if self.ctx.objects[made].origin == "copy":
                    self.ev.mappings.update(state, [made], self.ev.eval(state, arg.value), node)

    def _positional(self, state: State, node: cst.Call, made: int, cls: ClassRef | None) -> None:
        if cls is None:
            return
        names = [decl.name for decl in cls.fields if decl.in_init]
        if cls.constructor is not None:
            names = [p.name for p in cls.constructor.params[1:] if p.kind == "positional"]
        positional = [arg for arg in node.args if arg.keyword is None and not arg.star]
        for name, arg in zip(names, positional, strict=False):
            self.ctx.write(state, [made], name, self.ev.eval(state, arg.value), arg.value, "update")

    def exclude(self, state: State, made: int, names: frozenset[str] | None) -> None:
        """Leave these fields out of a copy."""
        node = self.ctx.objects[made].node
        assert node is not None
        for name in sorted(names or ()):
            self.ctx.write(state, [made], name, ABSENT, node, "delete", unrolled=True)

    def _flag(self, state: State, node: cst.Call, name: str) -> bool:
        value = keyword(node, name)
        return value is not None and self.ev.conditions.truth(state, value) is True

    def _names(self, state: State, node: cst.Call, name: str) -> frozenset[str] | None:
        """The names in a constant ``include=``/``exclude=`` set (or the keys of a dict)."""
        argument = keyword(node, name)
        if argument is None:
            return None
        atom = self.ev.eval(state, argument).single
        if isinstance(atom, Strings):
            return frozenset(atom.names)
        if isinstance(atom, Ref) and self.ev.mappings.is_local(atom.obj):
            return frozenset(state.heap.get(atom.obj, {}))
        return None


def are_fields(node: cst.BaseExpression) -> bool:
    """True for ``x.__dict__`` and ``vars(x)``, mappings that stand for their object."""
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Name) and node.func.value == "vars"
    return isinstance(node, cst.Attribute) and node.attr.value == "__dict__"


def lists_fields(node: cst.BaseExpression) -> bool:
    """True for ``vars(x)`` and ``list(vars(x))``, of which a loop sees the names."""
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and len(node.args) == 1:
        if node.func.value not in ("list", "tuple", "sorted"):
            break
        node = node.args[0].value
    return are_fields(node)


def keyword(node: cst.Call, name: str) -> cst.BaseExpression | None:
    """The value of a keyword argument."""
    for arg in node.args:
        if arg.keyword is not None and arg.keyword.value == name:
            return arg.value
    return None
