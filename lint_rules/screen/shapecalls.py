"""What calls do and hand out: the part of a shape's reader that looks at calls."""

from __future__ import annotations

import ast

from lint_rules.naming import UNBOUND_SETTERS, is_lookup_method, is_store_method
from lint_rules.project.outline import COPY_FUNCTIONS, COPY_METHODS, rebuilt_of
from lint_rules.screen.nodes import dotted, last_name, text_of
from lint_rules.screen.shapes import (
    CACHE,
    CARRIER,
    CLASS,
    FOUND,
    MADE,
    NOTHING,
    RESULT,
    Tokens,
    held,
    inside,
    result_of,
    spread,
    taken,
)
from lint_rules.screen.shapevalues import GIVEN, Values

_KEY_WORDS = frozenset({"key", "k", "name", "cache_key", "ttl", "timeout", "ex", "expire", "nx"})
_PASSING = frozenset(
    {"cast", "next", "iter", "list", "tuple", "set", "sorted", "reversed", "wait_for", "shield",
     "gather", "partial", "run"}
)  # fmt: skip
_WRITING = frozenset({"update", "setdefault", "__setattr__", "__setitem__", "pop"})
_VIEWS = frozenset({"items", "keys", "values", "encode", "decode"})
"""Methods that hand out what they are called on in another form."""
_HOLDING = frozenset(
    {"append", "appendleft", "add", "extend", "insert", "update", "setdefault", "__setitem__", "put"}
)  # fmt: skip
"""Methods of containers that put something in."""
_MAKING = frozenset({"dict", "list", "set", "tuple", "fromkeys"})
"""Calls that make a container."""
_TAKING = frozenset({"get", "pop", "popleft", "popitem", "setdefault", "__getitem__"})
"""Methods of containers that hand something out."""

_CLASSES = (ast.Name, ast.Attribute, ast.Tuple, ast.Subscript, ast.BinOp)
"""Expressions that name a class, ..."""
_TYPES = (*_CLASSES, ast.Constant)
"""... and those that stand for a type."""


class Calls(Values):
    """The values of calls."""

    def call(self, node: ast.Call) -> Tokens:
        func = node.func
        method = func.attr if isinstance(func, ast.Attribute) else None
        name = method if method is not None else getattr(func, "id", "")
        names = self.functions(func) or frozenset({name})
        base = self.value(func.value) if isinstance(func, ast.Attribute) else NOTHING
        called = self.value(func) if method is None else NOTHING
        positional = [self.value(arg) for arg in node.args]
        keywords = [(k.arg, self.value(k.value)) for k in node.keywords]
        given = frozenset(base.union(*positional, *(tokens for _, tokens in keywords)))
        out: set[str] = set()
        for each in names:
            out |= self.tokens_of(RESULT + each) or set()
            out.add(result_of(each))
        if name in _MAKING:
            out.discard(result_of(name))
            out |= {MADE, *held(frozenset().union(*(tokens for _, tokens in keywords)))}
        if isinstance(func, ast.Attribute):
            if self.is_cache(func.value):
                out |= self._cache_method(func.attr, positional, keywords)
            self._held_by_method(func, given - base)
        if _sets_attribute(node, method, names):
            self.write(text_of(node.args[1]), node.args[0])
            self.hold(node.args[0], given)
        out |= self._copies(node, names, method, base, called, positional, keywords)
        if "type" in names and len(positional) == 1:
            out.add(CLASS)
        for each in names:
            out |= self._passed(each, base, given)
        self._through(node, names, given)
        if not names.isdisjoint(self.names.finding):
            self.shape.looks_up = True
            out.add(FOUND)
        out |= self._carrier_of(node, names)
        if self.names.is_cache(name):
            out.add(CACHE)
        return frozenset(out)

    def _held_by_method(self, func: ast.Attribute, given: Tokens) -> None:
        """``x.append(y)``, ``x.update(y)``; any other method may keep what it is given in a field."""
        if func.attr in _HOLDING:
            self.hold(func.value, given)
            self._added(func.value)
            return
        name = dotted(func.value)
        if name is not None and given:
            self.carry(f"{name}.*", given)

    def _added(self, container: ast.expr) -> None:
        """``x.f.append(y)``, ``x["f"].update(y)``: what a field holds is written, too."""
        if isinstance(container, ast.Attribute):
            self.write(container.attr, container.value)
        elif isinstance(container, ast.Subscript) and text_of(container.slice) is not None:
            self.write(text_of(container.slice), container.value)

    def _carrier_of(self, node: ast.Call, names: frozenset[str]) -> Tokens:
        """``load(key)`` that returns a carrier, ``get(key, Auth)``, ``isinstance(x, Auth)``."""
        carriers = self.names.carriers
        if not carriers:
            return NOTHING
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        classes = any(
            isinstance(arg, _TYPES if "cast" in names else _CLASSES) and self.names_carrier(arg)
            for arg in arguments
        )
        if "isinstance" in names and classes and node.args:
            subject = dotted(node.args[0])
            if subject is not None:
                self.carry(subject, frozenset({CARRIER}))
            return NOTHING
        return frozenset({CARRIER}) if classes or names & carriers else NOTHING

    def _copies(
        self, node: ast.Call, names: frozenset[str], method: str | None, base: Tokens, called: Tokens,
        positional: list[Tokens], keywords: list[tuple[str | None, Tokens]],
    ) -> Tokens:  # fmt: skip
        out: set[str] = set()
        if method in COPY_METHODS:
            out |= self.copied(node, base)
        copies = not names.isdisjoint(COPY_FUNCTIONS)
        if copies and positional:
            out |= self.copied(node, positional[0])
        if out:
            self._written_by_copy(node, frozenset(out))
        elif method in _WRITING:
            self._written_by_method(node, base)
        constructs = (
            names <= {"", "__class__"} or CLASS in called or copies
            or any(map(self.names.is_class, names))
        )  # fmt: skip
        if constructs and any(arg is None for arg, _ in keywords):  # ``Model(**x)``
            given = frozenset().union(*(tokens for arg, tokens in keywords if arg is None))
            out |= self.copied(node, given)
            if not names.isdisjoint(self.names.carriers):
                out.add(CARRIER)
        rebuilt = rebuilt_of(node) if constructs or names == {"cls"} else None
        if rebuilt is not None:  # ``Model(token=x.token, user=x.user)``
            out |= self.copied(node, self.value(rebuilt))
        return frozenset(out)

    def _written_by_copy(self, node: ast.Call, made: Tokens) -> None:
        """``replace(x, f=None)``, ``x.model_copy(update={"f": None})``."""
        for keyword in node.keywords:
            if keyword.arg == "update":
                self.written_by_mapping(keyword.value, made)
            else:
                self.note_write(keyword.arg, made)

    def _written_by_method(self, node: ast.Call, base: Tokens) -> None:
        """``x.update(...)``, ``x.__setattr__("f", None)``, ``x.setdefault("f", None)``."""
        for keyword in node.keywords:
            self.note_write(keyword.arg, base)
        for arg in node.args[:1]:
            if node.func.attr == "update":  # type: ignore[attr-defined]
                self.written_by_mapping(arg, base)
            else:
                self.note_write(text_of(arg), base)

    def _passed(self, name: str, base: Tokens, given: Tokens) -> Tokens:
        """What a call hands on of what it is given."""
        if name in _VIEWS:
            return base
        if name == "vars":
            return given
        if name in _PASSING:
            return given | inside(given) if name == "next" else given
        if name in _TAKING:
            return taken(base)
        return NOTHING

    def _through(self, node: ast.Call, names: frozenset[str], given: Tokens) -> None:
        """A call of a function that stores; one that is only scheduled is given what it will be."""
        called = set(names)
        for arg in node.args:
            if isinstance(arg, ast.Attribute) or (
                isinstance(arg, ast.Name) and self.tokens_of(arg.id) is None
            ):
                called |= self.meant(last_name(arg))
        for each in called if given else ():
            known, more = self.shape.given.get(each, NOTHING), spread(given)
            if not more <= known:
                self.shape.given[each] = known | more
                self.grown(GIVEN + each)
        if not called.isdisjoint(self.names.storing) or any(map(self._stores_later, node.args)):
            self.store(given)

    def _stores_later(self, arg: ast.expr) -> bool:
        """True for a method of a cache that something else is to call."""
        return isinstance(arg, ast.Attribute) and self.is_cache(arg.value) and _stores(arg.attr)

    def _cache_method(
        self, method: str, positional: list[Tokens], keywords: list[tuple[str | None, Tokens]]
    ) -> Tokens:
        if _stores(method):
            kept = positional[1:] if len(positional) > 1 else positional
            for tokens in (*kept, *(t for arg, t in keywords if arg not in _KEY_WORDS)):
                self.store(tokens)
        if is_lookup_method(method):
            self.shape.looks_up = True
            return frozenset({FOUND})
        return NOTHING


def _stores(method: str) -> bool:
    """True for a method of a cache that puts something in."""
    return is_store_method(method) or method == "update"


def _sets_attribute(node: ast.Call, method: str | None, names: frozenset[str]) -> bool:
    """``setattr(x, "f", None)``, ``delattr(x, "f")``, ``object.__setattr__(x, "f", None)``."""
    if method is None:
        return bool(names & {"setattr", "delattr"}) and len(node.args) > 1
    return len(node.args) == UNBOUND_SETTERS.get(method)
