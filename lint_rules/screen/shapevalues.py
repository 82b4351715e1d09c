"""What expressions carry: the half of a shape's reader that looks at values and calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

from lint_rules.naming import is_lookup_method, is_store_method
from lint_rules.project.outline import COPY_FUNCTIONS, COPY_METHODS
from lint_rules.screen.shapes import (
    ATTRIBUTE,
    CACHE,
    CARRIER,
    COPY,
    FOUND,
    GLOBAL,
    HELD,
    MADE,
    NOTHING,
    PARAM,
    RESULT,
    Copy,
    Names,
    Shape,
    Tokens,
    Write,
    held,
    inside,
    items,
    result_of,
    spread,
)

_GLOBAL = frozenset({GLOBAL})
_KEY_WORDS = frozenset({"key", "k", "name", "cache_key", "ttl", "timeout", "ex", "expire", "nx"})
_PASSING = frozenset(
    {"cast", "next", "iter", "list", "tuple", "set", "sorted", "reversed", "wait_for", "shield",
     "gather", "partial", "run"}
)  # fmt: skip
_WRITING = frozenset({"update", "setdefault", "__setattr__", "__setitem__", "pop"})
_VIEWS = frozenset({"items", "keys", "values"})
_HOLDING = frozenset({"append", "appendleft", "add", "extend", "insert", "update", "setdefault", "__setitem__", "put"})
"""Methods of containers that put something in."""
_MAKING = frozenset({"dict", "list", "set", "tuple", "fromkeys"})
"""Calls that make a container."""
_TAKING = frozenset({"get", "pop", "popleft", "popitem", "setdefault", "__getitem__"})
"""Methods of containers that hand something out."""


class Values:
    """Variables and what they carry; statements are read by the subclass."""

    def __init__(self, names: Names) -> None:
        self.shape = Shape()
        self.names = names
        self.variables: dict[str, set[str]] = {}
        self.changed = False

    def bind(self, target: ast.expr, tokens: Tokens) -> None:
        """Let a target carry these tokens."""
        if isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                self.bind(element, items(tokens))
        elif isinstance(target, ast.Starred):
            self.bind(target.value, tokens)
        elif isinstance(target, ast.Subscript):
            if self.is_cache(target.value):
                self.store(tokens)
            self.value(target.slice)
            self.write(_text(target.slice), target.value)
            self._hold(target.value, tokens)
        else:
            if isinstance(target, ast.Attribute):
                self.write(None if target.attr == "__dict__" else target.attr, target.value)
            name = _dotted(target)
            if name is not None:
                self.carry(name, tokens)
            elif isinstance(target, ast.Attribute):
                self._hold(target.value, tokens)

    def write(self, name: str | None, target: ast.expr) -> None:
        """Note that a field is written, unless on what was made here."""
        self._write(name, self.value(target))

    def _write(self, name: str | None, tokens: Tokens) -> None:
        given = frozenset(token for token in tokens if not _is_new(token))
        if given:
            self.shape.writes.add(Write(name, given))

    def _hold(self, container: ast.expr, tokens: Tokens) -> None:
        """What is put into a container made here goes where that goes; fields of objects do not."""
        name = _dotted(container)
        if name is not None and tokens:
            self.carry(name, held(token for token in tokens if not token.startswith(PARAM)))

    def carry(self, name: str, tokens: Tokens) -> None:
        known = self.variables.get(name)
        if known is None:
            self.variables[name] = set(tokens)
            self.changed = True
        elif not tokens <= known:
            known |= tokens
            self.changed = True

    def is_cache(self, node: ast.expr) -> bool:
        """True for what is called a cache, or was made by a call of such a name."""
        if self.names.is_cache(_last_name(node)):
            return True
        name = _dotted(node)
        return name is not None and CACHE in self.variables.get(name, ())

    def store(self, tokens: Tokens) -> None:
        self.shape.stores = True
        self.shape.stored |= spread(tokens)

    def names_carrier(self, node: ast.expr | None) -> bool:
        """True when an annotation (or a class that is handed on) names the class of a carrier."""
        if node is None or not self.names.carriers:
            return False
        if isinstance(node, ast.Name):
            return node.id in self.names.carriers
        for child in ast.walk(node):
            name = getattr(child, "id", None) or getattr(child, "attr", None)
            text = _text(child) if isinstance(child, ast.Constant) else None
            if name in self.names.carriers or (
                text and not self.names.carriers.isdisjoint(_words(text))
            ):
                return True
        return False

    # ----------------------------------------------------------------- expressions

    def value(self, node: ast.expr | None) -> Tokens:
        """The tokens of an expression; what it does is noted."""
        if node is None:
            return NOTHING
        handler = _EXPRESSIONS.get(type(node))
        if handler is not None:
            return handler(self, node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
        return NOTHING

    def _name(self, node: ast.Name) -> Tokens:
        known = self.variables.get(node.id)
        return _GLOBAL if known is None else frozenset(known)

    def _nothing(self, node: ast.expr) -> Tokens:
        return NOTHING

    def _attribute(self, node: ast.Attribute) -> Tokens:
        if node.attr == "__dict__":
            return self.value(node.value)
        name = _dotted(node)
        more = {CARRIER} if f".{node.attr}" in self.names.carriers else set()
        if name in self.variables:
            return frozenset(more.union(self.variables[name]))
        base = self.value(node.value) - {MADE}
        if base == _GLOBAL:
            return frozenset({GLOBAL, *more})
        more.update(self.variables.get(f"{_dotted(node.value)}.*", ()))
        return frozenset({ATTRIBUTE, *more}) if base or more else NOTHING

    def _inside(self, node: ast.Await | ast.Starred | ast.YieldFrom) -> Tokens:
        return self.value(node.value)

    def _yield(self, node: ast.Yield) -> Tokens:
        self.shape.returned |= spread(self.value(node.value))
        return NOTHING

    def _either(self, node: ast.BoolOp) -> Tokens:
        return self._joined(node.values)

    def _ternary(self, node: ast.IfExp) -> Tokens:
        self.value(node.test)
        return self.value(node.body) | self.value(node.orelse)

    def _walrus(self, node: ast.NamedExpr) -> Tokens:
        tokens = self.value(node.value)
        self.bind(node.target, tokens)
        return tokens

    def _sequence(self, node: ast.Tuple | ast.List | ast.Set) -> Tokens:
        return held(self._joined(node.elts)) | {MADE}

    def _joined(self, nodes: list[ast.expr]) -> Tokens:
        return frozenset().union(*(self.value(node) for node in nodes))

    def _subscript(self, node: ast.Subscript) -> Tokens:
        tokens = self.value(node.value)
        self.value(node.slice)
        if self.is_cache(node.value):
            self.shape.looks_up = True
            return inside(tokens) | {FOUND}
        return inside(tokens)

    def _display(self, node: ast.Dict) -> Tokens:
        made: Tokens = NOTHING
        entries: set[str] = set()
        for key, value in zip(node.keys, node.values, strict=True):
            tokens = self.value(value)
            if key is not None:
                self.value(key)
                entries |= held(tokens)
            elif node.keys[0] is None:  # else a dict made here, updated
                made |= self.copied(node, tokens)
        if not made:
            return frozenset({MADE, *entries})
        spreads = node.keys.count(None)  # the first is copied, the rest is written onto the copy
        for key in node.keys:
            if key is not None or spreads > 1:
                self._write(_text(key), made)
        return made | entries

    def _comprehension(
        self, node: ast.DictComp | ast.ListComp | ast.SetComp | ast.GeneratorExp
    ) -> Tokens:
        sources: set[str] = set()
        for loop in node.generators:
            tokens = self.value(loop.iter)
            sources |= tokens
            self.bind(loop.target, items(tokens))
            for test in loop.ifs:
                self.value(test)
        if isinstance(node, ast.DictComp):
            self.value(node.key)
            made = self.copied(node, frozenset(sources)) if len(node.generators) == 1 else NOTHING
            self._write(_text(node.key), made)
            return held(self.value(node.value)) | (made or {MADE})
        return held(self.value(node.elt)) | {MADE}

    def _binary(self, node: ast.BinOp) -> Tokens:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.BitOr) and (left or right):
            made = self.copied(node, left)
            self._written_by_mapping(node.right, made)
            return made | right
        return NOTHING

    def copied(self, node: ast.expr, source: Tokens) -> Tokens:
        """Note a copy of what carries these tokens; one of a container made here is another such."""
        if source and all(token == MADE or token.startswith(HELD) for token in source):
            return source
        made = self.shape.copies.get(id(node))
        if made is None:
            made = Copy(node, f"{COPY}{len(self.shape.copies)}")
            self.shape.copies[id(node)] = made
        made.source |= source
        return frozenset({made.token, *({CARRIER} & source)})

    # ----------------------------------------------------------------- calls

    def _call(self, node: ast.Call) -> Tokens:
        func = node.func
        method = func.attr if isinstance(func, ast.Attribute) else None
        name = method if method is not None else getattr(func, "id", "")
        name = self.names.renamed.get(name, name)
        base = self.value(func.value) if isinstance(func, ast.Attribute) else NOTHING
        if method is None and not isinstance(func, ast.Name):
            self.value(func)
        positional = [self.value(arg) for arg in node.args]
        keywords = [(k.arg, self.value(k.value)) for k in node.keywords]
        given = frozenset(base.union(*positional, *(tokens for _, tokens in keywords)))
        out = {*self.variables.get(RESULT + name, ())}
        if name in _MAKING:
            out |= {MADE, *held(frozenset().union(*(tokens for _, tokens in keywords)))}
        else:
            out.add(result_of(name))
        if isinstance(func, ast.Attribute):
            if self.is_cache(func.value):
                out |= self._cache_method(func.attr, positional, keywords)
            self._held_by_method(func, given - base)
        elif name in ("setattr", "delattr") and len(node.args) > 1:
            self.write(_text(node.args[1]), node.args[0])
            self._hold(node.args[0], given)
        out |= self._copies(node, name, method, base, positional, keywords)
        out |= self._passed(name, base, given)
        self._through(node, name, given)
        if name in self.names.finding:
            out.add(FOUND)
        out |= self._carrier_of(node, name)
        if self.names.is_cache(name):
            out.add(CACHE)
        return frozenset(out)

    def _held_by_method(self, func: ast.Attribute, given: Tokens) -> None:
        """``x.append(y)``, ``x.update(y)``; any other method may keep what it is given in a field."""
        if func.attr in _HOLDING:
            self._hold(func.value, given)
            return
        name = _dotted(func.value)
        if name is not None and given:
            self.carry(f"{name}.*", given)

    def _carrier_of(self, node: ast.Call, name: str) -> Tokens:
        """``load(key)`` that returns a carrier, ``get(key, Auth)``, ``isinstance(x, Auth)``."""
        carriers = self.names.carriers
        if not carriers:
            return NOTHING
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        classes = any(
            isinstance(arg, ast.Name | ast.Attribute | ast.Tuple) and self.names_carrier(arg)
            for arg in arguments
        )
        if name == "isinstance" and classes and node.args:
            subject = _dotted(node.args[0])
            if subject is not None:
                self.carry(subject, frozenset({CARRIER}))
            return NOTHING
        returns = name in carriers and not name.lstrip("_")[:1].isupper()
        return frozenset({CARRIER}) if classes or returns else NOTHING

    def _copies(
        self, node: ast.Call, name: str, method: str | None, base: Tokens, positional: list[Tokens],
        keywords: list[tuple[str | None, Tokens]],
    ) -> Tokens:  # fmt: skip
        out: set[str] = set()
        if method in COPY_METHODS:
            out |= self.copied(node, base)
        if name in COPY_FUNCTIONS and positional:
            out |= self.copied(node, positional[0])
        if out:
            self._written_by_copy(node, frozenset(out))
        elif isinstance(node.func, ast.Attribute) and name in _WRITING:
            self._written_by_method(node, base)
        constructs = not name or self.names.is_class(name) or name in COPY_FUNCTIONS
        if constructs and any(arg is None for arg, _ in keywords):  # ``Model(**x)``
            given = frozenset().union(*(tokens for arg, tokens in keywords if arg is None))
            out |= self.copied(node, given)
            if name in self.names.carriers:
                out.add(CARRIER)
        return frozenset(out)

    def _written_by_copy(self, node: ast.Call, made: Tokens) -> None:
        """``replace(x, f=None)``, ``x.model_copy(update={"f": None})``."""
        for keyword in node.keywords:
            if keyword.arg == "update":
                self._written_by_mapping(keyword.value, made)
            else:
                self._write(keyword.arg, made)

    def _written_by_method(self, node: ast.Call, base: Tokens) -> None:
        """``x.update(...)``, ``x.__setattr__("f", None)``, ``x.setdefault("f", None)``."""
        for keyword in node.keywords:
            self._write(keyword.arg, base)
        for arg in node.args[:1]:
            if node.func.attr == "update":  # type: ignore[attr-defined]
                self._written_by_mapping(arg, base)
            else:
                self._write(_text(arg), base)

    def _written_by_mapping(self, mapping: ast.expr, target: Tokens) -> None:
        if isinstance(mapping, ast.Dict):
            for key in mapping.keys:
                self._write(_text(key), target)
        else:
            self._write(None, target)

    def _passed(self, name: str, base: Tokens, given: Tokens) -> Tokens:
        """What a call hands on of what it is given."""
        if name in _VIEWS:
            return base
        if name == "vars":
            return given
        if name in _PASSING:
            return given
        if name in _TAKING:
            return inside(base)
        return NOTHING

    def _through(self, node: ast.Call, name: str, given: Tokens) -> None:
        """A call of a function that stores; one that is only scheduled is given what it will be."""
        called = {name}
        for arg in node.args:
            if isinstance(arg, ast.Attribute) or (
                isinstance(arg, ast.Name) and arg.id not in self.variables
            ):
                called.add(_last_name(arg))
        for each in called if given else ():
            self.shape.given.setdefault(each, set()).update(spread(given))
        if not called.isdisjoint(self.names.storing):
            self.store(given)

    def _cache_method(
        self, method: str, positional: list[Tokens], keywords: list[tuple[str | None, Tokens]]
    ) -> Tokens:
        stores = is_store_method(method) or method in ("update", "setdefault")
        if stores:
            kept = positional[1:] if len(positional) > 1 else positional
            for tokens in (*kept, *(t for arg, t in keywords if arg not in _KEY_WORDS)):
                self.store(tokens)
        if method == "setdefault" or is_lookup_method(method):
            self.shape.looks_up = True
            return frozenset({FOUND})
        return NOTHING


def params(spec: ast.arguments) -> Iterator[ast.arg]:
    yield from (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)
    yield from (more for more in (spec.vararg, spec.kwarg) if more is not None)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _dotted(node: ast.expr) -> str | None:
    """A variable, or an attribute of one by its whole name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return f"{owner}.{node.attr}" if owner is not None else None
    return None


def _text(node: ast.expr | None) -> str | None:
    """The text of a string constant."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _is_new(token: str) -> bool:
    """True for a container made here, what it holds, what a class's call returned, and globals."""
    if token in (MADE, GLOBAL) or token.startswith(HELD):
        return True
    return token.startswith(RESULT) and token[len(RESULT) :].lstrip("_")[:1].isupper()


def _last_name(node: ast.expr) -> str:
    """The name that says what an expression is: the last attribute, the called function."""
    while True:
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute):
            return node.attr
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript | ast.Await):
            node = node.value
        else:
            return ""


_EXPRESSIONS: dict[type, Callable[[Values, Any], Tokens]] = {
    ast.Name: Values._name, ast.Constant: Values._nothing, ast.JoinedStr: Values._nothing,
    ast.Attribute: Values._attribute, ast.Await: Values._inside, ast.Starred: Values._inside,
    ast.YieldFrom: Values._inside, ast.Yield: Values._yield, ast.BoolOp: Values._either,
    ast.IfExp: Values._ternary, ast.NamedExpr: Values._walrus, ast.Tuple: Values._sequence,
    ast.List: Values._sequence, ast.Set: Values._sequence, ast.Subscript: Values._subscript,
    ast.Dict: Values._display, ast.DictComp: Values._comprehension,
    ast.ListComp: Values._comprehension, ast.SetComp: Values._comprehension,
    ast.GeneratorExp: Values._comprehension, ast.BinOp: Values._binary, ast.Call: Values._call,
}  # fmt: skip
