"""Classes that say themselves how they are copied and pickled: what of an object its copy holds then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.hooktexts import HookText
from lint_rules.flow.instantiate import Instantiation
from lint_rules.flow.openparams import receiver_is
from lint_rules.flow.values import DEFAULT, UNKNOWN, Callable_, Const, Ref, Seq, Value, ref, union
from lint_rules.flow.vocabulary import COPYING_HOOKS
from lint_rules.project.classes import ClassRef
from lint_rules.project.functions import FunctionRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    import libcst as cst

    from lint_rules.flow.copies import Copies
    from lint_rules.flow.named import Names
    from lint_rules.flow.state import State

_COPYING = {"copy": "__copy__", "deepcopy": "__deepcopy__"}
"""Methods that make the copy themselves, by the function that asks for them."""
_REDUCING = ("__reduce_ex__", "__reduce__")
_PICKLING = "pickle.dumps"
_MODEL_COPY = "model_copy"
_BY_ITEMS = frozenset({"namedtuple", "typeddict"})
"""Kinds of classes whose objects are copied item by item."""


class CopyHooks:
    """Asks the class of what is copied."""

    def __init__(self, copies: Copies) -> None:
        self.copies = copies
        self.ctx = copies.ctx

    def fill(self, state: State, node: cst.Call, made: int, how: str) -> None:
        """Give a copy the fields that its class lets it have, where that says so; where what it says is not
        understood, its text decides whether anybody knows which these are."""
        info = self.ctx.objects[made]
        model = info.model
        if model is None or model.kind in _BY_ITEMS or self._may_come_back:
            return
        if how == _MODEL_COPY:  # pydantic asks the same methods
            how = "deepcopy" if info.depth == "deep" else "copy"
        if how not in (*_COPYING, _PICKLING):
            return
        whole = model.method(_COPYING[how]) if how in _COPYING else None
        if whole is not None:
            handed_out = self._call(state, node, whole, info.of)
            info.same = not set(info.of).isdisjoint(handed_out.refs)
            self._take(state, made, handed_out, whole)
        elif how == _PICKLING or model.kind != "pydantic":  # which copies without a state
            self._fill_by_state(state, node, made, model)

    @property
    def _may_come_back(self) -> bool:
        """True where such a method copies, and calls are followed no further: it may ask for itself."""
        return self.ctx.depth == 0 and self.ctx.function.name in COPYING_HOOKS

    def _fill_by_state(self, state: State, node: cst.Call, made: int, model: ClassRef) -> None:
        of = self.ctx.objects[made].of
        reducing = next((m for m in map(model.method, _REDUCING) if m is not None), None)
        if reducing is not None:
            reduced = self._call(state, node, reducing, of)
            self._take(state, made, self._rebuilt(state, node, reduced), reducing)
            return
        getting, setting = model.method("__getstate__"), model.method("__setstate__")
        kept = self._call(state, node, getting, of) if getting is not None else ref(of[0])
        if setting is not None:
            kept = self._restored(state, node, model, setting, kept)
        methods = [method for method in (getting, setting) if method is not None]
        if methods:
            self._take(state, made, kept, *methods)

    def _restored(
        self, state: State, node: cst.Call, model: ClassRef, setting: FunctionRef, kept: Value
    ) -> Value:  # fmt: skip
        """A new object on which a method of its class has put what was kept."""
        if setting.holds(r"\.__init__\("):
            return UNKNOWN
        made = self.copies.fresh(state, node, model)
        self._put(state, made, kept)
        self._call(state, node, setting, (made,), kept)
        return ref(made)

    def _call(
        self, state: State, node: cst.Call, method: FunctionRef, objs: tuple[int, ...], *values: Value
    ) -> Value:  # fmt: skip
        """What a method of the objects returns."""
        names = _names(method)
        given = dict(zip(names, (union([ref(obj) for obj in objs]), *values), strict=False))
        model = self.ctx.objects[objs[0]].model
        told = receiver_is(method, model) if model is not None and names else ()
        return self._run(state, node, method, given, told)

    def _run(
        self, state: State, node: cst.Call, function: FunctionRef, given: dict[str, Value], told: Names = (),
    ) -> Value:  # fmt: skip
        """What a function returns that is called with these values."""
        facts = self.ctx.library.summary(function, max(self.ctx.depth - 1, 0), told)
        if facts is None:
            return UNKNOWN
        bound = {name: given.get(name, UNKNOWN) for name in _names(function)}
        return Instantiation(self.copies.ev.calls, state, node, facts, bound).run() or UNKNOWN

    def _rebuilt(self, state: State, node: cst.Call, reduced: Value) -> Value:
        """What is made of ``(Auth, (token,), state)``: of a call of the first with the others."""
        atom = reduced.single
        if isinstance(atom, Ref):  # what ``object`` has
            return reduced
        parts = atom.parts if isinstance(atom, Seq) else ()
        called = parts[0].single if len(parts) > 1 else None
        given = parts[1].single if len(parts) > 1 else None
        values = given.parts if isinstance(given, Seq) else ()
        if not isinstance(called, Callable_):
            return UNKNOWN
        if isinstance(called.target, FunctionRef) and len(parts) == 2:
            return self._run(
                state, node, called.target, dict(zip(_names(called.target), values, strict=False))
            )
        if not isinstance(called.target, ClassRef):
            return UNKNOWN
        made = self.copies.fresh(state, node, called.target)
        names = (decl.name for decl in called.target.fields)
        for name, value in zip(names, values, strict=False):
            state.put(made, name, value)
        for more in parts[2:3]:
            self.copies.ev.mappings.update(state, [made], more, node)
        return ref(made)

    def is_memo(self, value: Value) -> bool:
        """True for the second parameter of ``__deepcopy__``: the copies that were made before."""
        function, atom = self.ctx.function, value.single
        if function.name != "__deepcopy__" or len(function.params) < 2 or not isinstance(atom, Ref):
            return False
        info = self.ctx.objects[atom.obj]
        return info.origin == "param" and info.name == function.params[1].name

    def _take(self, state: State, made: int, value: Value, *methods: FunctionRef) -> None:
        """Let the copy have the fields of what such a method handed out."""
        infos = [self.ctx.objects[obj] for obj in value.refs]
        if len(infos) < len(value.atoms) or any(info.origin == "call" for info in infos):
            self._take_by_text(state, made, methods)
            return
        self._put(state, made, value)
        for name, held in state.heap[made].items():
            state.put(made, name, _without_reset(self.copies.inherited(made, name, held)))

    def _take_by_text(self, state: State, made: int, methods: Iterable[FunctionRef]) -> None:
        """Leave the copy what methods that are not understood surely keep."""
        info = self.ctx.objects[made]
        kept = HookText(methods).kept(info.model) if info.model is not None else None
        if info.model is None or kept is None:
            info.opaque = True
            return
        for decl in info.model.fields:
            if decl.name not in kept:
                state.put(made, decl.name, DEFAULT)

    def _put(self, state: State, made: int, value: Value) -> None:
        """Give a new object the fields of another, also those that the other does not have."""
        model = self.ctx.objects[made].model
        names = {name for obj in value.refs for name in state.heap.get(obj, {})}
        names.update(decl.name for decl in (model.fields if model is not None else ()))
        for name in sorted(names) if value.refs else ():
            state.put(made, name, union([self.ctx.read(state, obj, name) for obj in value.refs]))


def _names(function: FunctionRef) -> list[str]:
    return [param.name for param in function.params]


def _without_reset(value: Value) -> Value:
    """The same value, but that it is no reset: what cannot be pickled is left out of copies, too."""
    empty = {a for a in value.atoms if isinstance(a, Const) and a.kind in ("none", "empty")}
    if not empty or not value.is_constant:
        return value
    return Value(value.atoms - empty | DEFAULT.atoms, value.blame)
