"""Caches: what goes in, and what comes out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.flow.context import class_of
from lint_rules.flow.facts import Placed, Store
from lint_rules.flow.keeping import Keeping, KeptAs
from lint_rules.flow.loading import Loading
from lint_rules.flow.nothing import Nothing
from lint_rules.flow.presence import may_find_nothing
from lint_rules.flow.recognising import Recognising, last_name
from lint_rules.flow.state import State
from lint_rules.flow.values import (
    APART,
    ITEM,
    NONE,
    NONES,
    UNKNOWN,
    Init,
    Obj,
    Ref,
    Seq,
    Value,
    ref,
    union,
)
from lint_rules.naming import OF_ONE_USER, is_lookup_method, is_store_method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lint_rules.flow.expressions import Evaluator
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.typeinfo import TypeInfo

_TUPLE = re.compile(r"\A(?:\w+\.)?[tT]uple\[")
_STORED_BY = re.compile(r"\[([^\]\n]*)\][ \t]*=(?!=)|\.set\w*\(([^,\n]*),")
"""What stands in the brackets of an item that a method assigns, and before the comma in what it sets."""
_FIELD = re.compile(r"\.(\w+)")
_TAKING_OUT = frozenset({"pop", "popitem"})
"""Methods behind which nobody else finds what they hand out."""
_KEY_WORDS = frozenset({"key", "k", "name", "cache_key", "ttl", "timeout", "ex", "expire", "nx"})


class Caches:
    """Notes the stores and look-ups of one function."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.ev = evaluator
        self.ctx = evaluator.ctx
        self.keeping = Keeping(evaluator)
        self.loading = Loading(evaluator)
        self.nothing = Nothing(evaluator.ctx)
        self.recognising = Recognising(evaluator)
        self.is_cache = self.recognising.is_cache

    # ----------------------------------------------------------------- out

    def subscript(self, state: State, node: cst.Subscript, base: Value) -> Value | None:
        """``cache[key]``: what comes out, or None when it is no cache."""
        if not self.is_cache(node.value, base):
            return None
        return self._handed_out(state, node, node.value, base, "__getitem__", [])

    def entry(self, base: Value, key: cst.CSTNode) -> Value | None:
        """Some entry of a container that was there before and is no cache, under a key that is not known; None
        where it is none, may be one of several, or is one user's by its key."""
        objs = self.ctx.deref(base)
        if len(objs) != 1:
            return None
        info = self.ctx.objects[objs[0]]
        is_there = info.origin in ("global", "attr", "lookup") or info.holds is not None
        # What a call hands out that is not followed yet may be a container: whether it is one the next look tells.
        is_there = is_there or (info.origin == "call" and self.ctx.depth == 0)
        return (
            self.item(info.id) if is_there and not OF_ONE_USER.search(self.ctx.code(key)) else None
        )

    def item(self, obj: int) -> Value:
        """Some entry of a container that is no cache, of the class that its annotation names."""
        info = self.ctx.objects[obj]
        made = self.ctx.new(
            ("item", obj), "attr", info.name, of=(obj,), field=ITEM, model=info.holds
        )
        if made.model is None:
            self._type_from_annotation(made, ref(obj))
        return ref(made.id)

    def lookup(
        self, state: State, node: cst.BaseExpression, cache: cst.BaseExpression, base: Value,
        args: list[Value], *, apart: bool = False,
    ) -> Value:  # fmt: skip
        """The object that a look-up hands out, with the class that the code names for it; ``apart`` where it is
        nobody else's."""
        model = next((cls for cls in map(class_of, args) if cls is not None), None)
        made = self.ctx.new(
            (id(node), "lookup"), "lookup", last_name(cache) or "cache", node=node, model=model,
            typed=model is not None, how=APART if apart or self.recognising.is_pickling(base) else "",
            optional=may_find_nothing(node),
        )  # fmt: skip
        if made.model is None:
            self._type_from_annotation(made, self._declared(state, cache, base))
        if made.model is None:
            made.kin = made.kin or self._stored_class(made.name, args)
        state.meet(made.id)
        return ref(made.id)

    def _stored_class(self, cache: str, given: list[Value]) -> ClassRef | None:
        """The one class of what the function has stored in a cache of that name, and gives it for the case that there
        is nothing."""
        stored = [s.obj for s in self.ctx.facts.stores if s.cache == cache and not s.within]
        objs = (self.ctx.objects[obj] for obj in [*stored, *(o for v in given for o in v.refs)])
        models = {obj.model for obj in objs if obj.origin in ("fresh", "copy") or obj.id in stored}
        return models.pop() if len(models) == 1 else None

    def _declared(self, state: State, cache: cst.BaseExpression, base: Value) -> Value:
        """The cache as the object that its module declares: one that is written out with its first entries is
        known by their names alone."""
        dotted = self.ev.dotted(cache)
        if dotted is None or dotted.split(".", 1)[0] in state.env:
            return base
        if any(self.ctx.objects[obj].type_text for obj in base.refs):
            return base
        return ref(self.ev.global_object(dotted))

    def _type_from_annotation(self, made: Obj, base: Value) -> None:
        for obj in self.ctx.deref(base):
            info = self.ctx.objects[obj]
            arguments = _arguments(info.type_text)
            if arguments:
                made.type_text = arguments[-1]
                if not _TUPLE.match(made.type_text):
                    self._type(made, made.type_text)
            elif info.holds is not None:
                made.model, made.typed = info.holds, True
                self.ctx.learn_fields(made.model)

    def _type_from_method(self, found: Value, method: FunctionRef | None) -> None:
        """Where no container says of which class the entries are, the annotation of the cache's own method does."""
        for made in map(self.ctx.objects.__getitem__, found.refs):
            if method is not None and method.returns and made.model is None:
                self._learn(
                    made, self.ctx.project.resolve_annotation(method.module, method.returns, method)
                )

    def _type(self, made: Obj, annotation: str) -> None:
        self._learn(
            made,
            self.ctx.project.resolve_annotation(self.ctx.module, annotation, self.ctx.function),
        )

    def _learn(self, made: Obj, hint: TypeInfo) -> None:
        made.holds = hint.item
        if len(hint.classes) == 1:
            made.model, made.typed = hint.classes[0], True
            self.ctx.learn_fields(made.model)

    def parts(self, state: State, obj: int, count: int) -> list[Value]:
        """What a look-up hands out as a tuple: objects that were looked up, of the classes that its
        annotation names."""
        return [self.part(state, obj, number, count) for number in range(count)]

    def part(self, state: State, obj: int, number: int, count: int | None = None) -> Value:
        """One item of a tuple that was looked up, counted from its end where the number is negative."""
        info = self.ctx.objects[obj]
        types = _arguments(info.type_text) if _TUPLE.match(info.type_text) else []
        if number < 0 and types:
            number += len(types)
        made = self.ctx.new(
            ("part", obj, number),
            "lookup",
            info.name,
            node=info.node,
            how=info.how,
            model=info.holds,
        )
        if 0 <= number < len(types) and count in (len(types), None) and "..." not in types:
            self._type(made, types[number])
        state.meet(made.id)
        return ref(made.id)

    def numbered(self, state: State, base: Value, index: cst.BaseExpression) -> Value | None:
        """``pair[1]``: an item of a tuple written here, or of one that was looked up; None for others."""
        number = _number_of(index)
        if number is None:
            return None
        items: list[Value] = []
        for atom in base.atoms - NONES:
            if isinstance(atom, Seq) and -len(atom.parts) <= number < len(atom.parts):
                items.append(atom.parts[number])
            elif isinstance(atom, Ref) and self.ctx.objects[atom.obj].origin == "lookup":
                items.append(self.part(state, atom.obj, number))
            else:
                return None
        return union(items) if items else None

    # ----------------------------------------------------------------- in

    def method(
        self, state: State, node: cst.Call, func: cst.Attribute, base: Value,
        args: Sequence[cst.Arg], *, scheduled: bool = False,
    ) -> Value | None:  # fmt: skip
        """A call of a cache's method; None when the receiver is no cache or the method neutral."""
        name = func.attr.value
        if not (is_store_method(name) or is_lookup_method(name) or name == "update"):
            return None
        if not self.is_cache(func.value, base):
            return None
        values = [self.ev.eval(state, arg.value) for arg in args]
        if self.nothing.is_kept_by(base, name):
            return union([NONE, *values[1:]])  # the default, at most
        loaded = self.loading.loaded(state, node, values) if is_lookup_method(name) else {}
        values = [loaded.get(index, value) for index, value in enumerate(values)]
        if is_store_method(name) or name == "update" or loaded:
            given = list(zip(args, values, strict=True))
            self._store_arguments(state, node, func, base, given, scheduled=scheduled)
            if not is_lookup_method(name):
                return UNKNOWN
        return self._handed_out(state, node, func.value, base, name, values)

    def _handed_out(
        self, state: State, node: cst.BaseExpression, cache: cst.BaseExpression, base: Value,
        method: str, values: list[Value],
    ) -> Value:  # fmt: skip
        """What a method of a cache hands out."""
        apart = method in _TAKING_OUT or self.keeping.hands_out_copies(base, method, values[1:])
        found = self.lookup(state, node, cache, base, values, apart=apart)
        self._type_from_method(found, self.ctx.method(base, method))
        return found

    def _store_arguments(
        self, state: State, node: cst.Call, func: cst.Attribute, base: Value,
        given: list[tuple[cst.Arg, Value]], *, scheduled: bool,
    ) -> None:  # fmt: skip
        method = self.ctx.method(base, func.attr.value)
        key = self._key(given, method)
        kept = self.keeping.by_method(state, node, func.attr.value, base, given)
        positional = [arg for arg, _ in given if arg.keyword is None and not arg.star]
        told = _tells_value(positional, [arg for arg, _ in given if arg.keyword], method)
        for index, (arg, value) in enumerate(given):
            keyword = arg.keyword.value if arg.keyword else None
            if keyword in _KEY_WORDS or (keyword is None and index == 0 and len(positional) > 1):
                continue
            if told and arg.star == "**":
                continue  # how it is stored
            name = last_name(func.value) or "cache"
            self.store(
                state, node, value, key, name, scheduled=scheduled, kept=kept,
                pickled=self.recognising.is_pickling(base),
            )  # fmt: skip

    def _key(
        self, given: list[tuple[cst.Arg, Value]], method: FunctionRef | None
    ) -> tuple[Value, str]:
        """The key of a store, and its text; of what is stored alone, the fields of it that a method of the project stores
        it by."""
        for index, (arg, value) in enumerate(given):
            keyword = arg.keyword.value if arg.keyword else None
            first = keyword is None and index == 0 and len(given) > 1
            if keyword in ("key", "k", "name", "cache_key") or first:
                return value, self.ctx.code(arg.value)
        keys = _STORED_BY.findall(method.source) if method is not None else []
        return Value(frozenset()), " ".join(
            word for key in keys for word in _FIELD.findall("".join(key))
        )

    def store(
        self, state: State, node: cst.CSTNode, value: Value, key: tuple[Value, str], cache: str,
        *, by: FunctionRef | None = None, scheduled: bool = False, kept: KeptAs | None = None,
        pickled: bool = False,
    ) -> None:  # fmt: skip
        """Note that a value goes into a cache (the entries of a dict made here, too); ``kept`` tells in
        what state the store keeps an object, ``pickled`` that it keeps bytes of it."""
        self.place(state, node, value, kept)
        themselves = set(self.ctx.deref(value))
        for obj in self.stored_objects(state, value):
            if any(s.node is node and s.obj == obj for s in self.ctx.facts.stores):
                continue
            fields, makers = (kept or {}).get(obj, ({}, frozenset()))
            self.ctx.objects[obj].stored |= not (makers or pickled)
            self.ctx.facts.stores.append(
                Store(node, obj, {**state.heap.get(obj, {}), **fields}, key[0], key[1], cache,
                      state.guards, self.ctx.next_order(), scheduled, by, makers, obj not in themselves, pickled)
            )  # fmt: skip

    def place(
        self, state: State, node: cst.CSTNode, value: Value, kept: KeptAs | None = None
    ) -> None:
        """Note that a value is put where it stays."""
        for obj in self.stored_objects(state, value):
            if not any(p.node is node and p.obj == obj for p in self.ctx.facts.placed):
                fields, _ = (kept or {}).get(obj, ({}, frozenset()))
                self.ctx.facts.placed.append(
                    Placed(node, obj, {**state.heap.get(obj, {}), **fields})
                )

    def stored_objects(self, state: State, value: Value) -> list[int]:
        """The objects that a value is, also as an item of a tuple or of what is made here, by their numbers, and
        those in their fields that were written to; what a field is declared to hold as a text or a number is none."""
        found: dict[int, None] = {}
        todo = [value]
        while todo:
            value = todo.pop()
            new = [
                o
                for o in self.ctx.deref(value)
                if o not in found and not self.ctx.objects.is_plain(o)
            ]
            found.update(dict.fromkeys(new))
            todo += (ref(inner) for obj in new for inner in self._changed_in(state, obj))
            for obj in filter(self._holds, new):
                held = state.heap.get(obj, {})
                todo += [held[name] for name in held if not self.ctx.objects.holds_plain(obj, name)]
            todo += (part for atom in value.atoms if isinstance(atom, Seq) for part in atom.parts)
        return list(found)

    def _changed_in(self, state: State, obj: int) -> list[int]:
        """The objects of classes that an object came with in its fields, and still has there, if they were
        written to."""
        held = state.heap.get(obj, {})
        return [
            info.id
            for info in self.ctx.objects.all()
            if info.origin == "attr" and info.of == (obj,) and info.model is not None
            and state.heap.get(info.id)
            and (info.field not in held or Init(obj, info.field) in held[info.field].atoms)
        ]  # fmt: skip

    def _holds(self, obj: int) -> bool:
        """True for a dict or a record made here: what was put into it goes where it goes."""
        return self.ctx.objects[obj].origin == "fresh" or self.ev.mappings.is_local(obj)


def _tells_value(
    positional: Sequence[cst.Arg], named: Sequence[cst.Arg], method: FunctionRef | None
) -> bool:
    """True where the arguments of a store that are written out have the value among them, not the key alone."""
    words = {arg.keyword.value for arg in named if arg.keyword is not None}
    if len(positional) > 1 or words - _KEY_WORDS:
        return True
    taken = [param.name for param in method.params if param.kind == "positional"] if method else []
    return len(positional) == 1 and len(taken) > 1 and taken[1] not in _KEY_WORDS


def _arguments(text: str) -> list[str]:
    """``str`` and ``Auth`` of ``dict[str, Auth]``: what an annotation says between its brackets."""
    start = text.find("[")
    if start < 0 or not text.endswith("]"):
        return []
    depth, found = 0, [""]
    for letter in text[start + 1 : -1]:
        depth += {"[": 1, "]": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [argument.strip() for argument in found if argument.strip()]


def _number_of(node: cst.BaseExpression) -> int | None:
    """The number that is written out as an index."""
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        inner = _number_of(node.expression)
        return -inner if inner is not None else None
    return int(node.evaluated_value) if isinstance(node, cst.Integer) else None
