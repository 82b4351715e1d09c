"""What expressions carry: the part of a shape's reader that looks at values."""

from __future__ import annotations

import ast
from collections.abc import Callable, Set
from typing import Any

from lint_rules.screen.nodes import dotted, last_name, text_of, words_of
from lint_rules.screen.shapes import (
    ATTRIBUTE,
    CACHE,
    CARRIER,
    CLASS,
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
    spread,
    taken,
)

FUNCTION, GIVEN = "function ", "given "
"""Before a name: the functions that it may stand for, and what calls of it are given."""
_GLOBAL = frozenset({GLOBAL})
_CLASS = frozenset({CLASS})
_GLOBAL_CLASS = _GLOBAL | _CLASS


class Values:
    """Variables and what they carry; statements are read by the subclass."""

    def __init__(self, names: Names) -> None:
        self.shape = Shape()
        self.names = names
        self.variables: dict[str, set[str]] = {}
        #: The functions that variables may stand for.
        self.local: dict[str, set[str]] = {}
        #: The variable that is the object of a class which is called a cache.
        self.cache_itself: str | None = None
        #: What was looked at in this round, ...
        self.read: set[str] = set()
        #: ... and whether any of it has become more since: only then another round tells more.
        self.changed = False

    def tokens_of(self, name: str) -> set[str] | None:
        """What a variable carries; None where nothing is bound to it."""
        self.read.add(name)
        return self.variables.get(name)

    def grown(self, name: str) -> None:
        """Note that there is more to a name than there was."""
        if name in self.read:
            self.changed = True

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
            self.write(text_of(target.slice), target.value)
            self.hold(target.value, tokens)
        else:
            if isinstance(target, ast.Attribute):
                self.write(None if target.attr == "__dict__" else target.attr, target.value)
            name = dotted(target)
            if name is not None:
                self.carry(name, tokens)
            elif isinstance(target, ast.Attribute):
                self.hold(target.value, tokens)

    def stand_for(self, target: ast.expr, value: ast.expr) -> None:
        """``put = remember``, ``put = partial(remember, key)``: a variable that may be called."""
        if not isinstance(target, ast.Name):
            return
        known, names = self.local.setdefault(target.id, set()), self.functions(value)
        if not names <= known:
            known |= names
            self.grown(FUNCTION + target.id)

    def functions(self, node: ast.expr) -> Tokens:
        """The names of the functions that an expression may hand out."""
        if isinstance(node, ast.Attribute):
            return self.meant(node.attr)
        if isinstance(node, ast.Name):
            return self.meant(node.id)
        if isinstance(node, ast.IfExp):
            return self.functions(node.body) | self.functions(node.orelse)
        if isinstance(node, ast.Call) and node.args and "partial" in self.functions(node.func):
            return self.functions(node.args[0])
        return self.functions(node.value) if isinstance(node, ast.NamedExpr) else NOTHING

    def meant(self, name: str) -> Tokens:
        """A called name, and what it stands for."""
        self.read.add(FUNCTION + name)
        names = {name, *self.local.get(name, ())}
        return frozenset(names.union(*(self.names.meanings.get(each, ()) for each in names)))

    def write(self, name: str | None, target: ast.expr) -> None:
        """Note that a field is written, unless on what was made here."""
        self.note_write(name, self.value(target))

    def note_write(self, name: str | None, tokens: Tokens) -> None:
        given = frozenset(token for token in tokens if not _is_new(token))
        if given - {CARRIER}:  # else a new object of such a class
            self.shape.writes.add(Write(name, given))

    def hold(self, container: ast.expr, tokens: Tokens) -> None:
        """What is put into a container made here goes where that goes; fields of objects do not."""
        name = dotted(container)
        if name is not None and tokens:
            if name not in self.variables:  # an attribute: it still is what it came in as
                self.carry(name, self.value(container))
            self.carry(name, held(token for token in tokens if not token.startswith(PARAM)))

    def carry(self, name: str, tokens: Tokens) -> None:
        known = self.variables.get(name)
        if known is None:
            self.variables[name] = set(tokens)
            self.grown(name)
        elif not tokens <= known:
            known |= tokens
            self.grown(name)

    def is_cache(self, node: ast.expr) -> bool:
        """True for what is called a cache, or was made by a call of such a name."""
        if self.names.is_cache(last_name(node)):
            return True
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id == self.cache_itself:
                return True
        name = dotted(node)
        return name is not None and CACHE in (self.tokens_of(name) or ())

    def store(self, tokens: Tokens) -> None:
        self.shape.stores = True
        todo = spread(tokens)
        while todo:
            self.shape.stored |= todo
            todo = spread(frozenset().union(*map(self._held_by, todo))) - self.shape.stored

    def _held_by(self, token: str) -> Set[str]:
        """What a record made here is given: it is stored with it."""
        name = token.removeprefix(RESULT)
        if not token.startswith(RESULT) or not self.names.is_class(name):
            return NOTHING
        self.read.add(GIVEN + name)
        return self.shape.given.get(name, NOTHING)

    def names_carrier(self, node: ast.expr | None) -> bool:
        """True when an annotation (or a class that is handed on) names the class of a carrier."""
        if node is None or not self.names.carriers:
            return False
        if isinstance(node, ast.Name):
            return node.id in self.names.carriers
        for child in ast.walk(node):
            name = getattr(child, "id", None) or getattr(child, "attr", None)
            text = text_of(child) if isinstance(child, ast.Constant) else None
            if name in self.names.carriers or (
                text and not self.names.carriers.isdisjoint(words_of(text))
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
        known = self.tokens_of(node.id)
        if known is not None:
            return frozenset(known)
        return _GLOBAL_CLASS if self.names.is_class(node.id) else _GLOBAL

    def _nothing(self, node: ast.expr) -> Tokens:
        return NOTHING

    def _attribute(self, node: ast.Attribute) -> Tokens:
        if node.attr == "__dict__":
            return self.value(node.value)
        if node.attr == "__class__":
            return _CLASS
        name = dotted(node)
        more = {CARRIER} if f".{node.attr}" in self.names.carriers else set()
        known = self.tokens_of(name) if name is not None else None
        if known is not None:
            return frozenset(more.union(known))
        base = self.value(node.value) - {MADE}
        if base <= _GLOBAL_CLASS and GLOBAL in base:
            more.update(_CLASS if self.names.is_class(node.attr) else NOTHING)
            return frozenset({GLOBAL, *more})
        more.update(self.tokens_of(f"{dotted(node.value)}.*") or ())
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
        self.stand_for(node.target, node.value)
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
        return taken(tokens)

    def _display(self, node: ast.Dict) -> Tokens:
        made: Tokens = NOTHING
        entries: set[str] = set()
        for key, value in zip(node.keys, node.values, strict=True):
            tokens = self.value(value)
            if key is not None:
                self.value(key)
                entries |= held(tokens)
            else:
                made |= self.copied(node, tokens)
        if not made:
            return frozenset({MADE, *entries})
        # One is copied, the rest is written onto the copy; what stands before it may come to light where it has none.
        spreads = node.keys.count(None)
        for key in node.keys:
            if key is not None or spreads > 1:
                self.note_write(text_of(key), made)
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
            self.note_write(text_of(node.key), made)
            return held(self.value(node.value)) | (made or {MADE})
        return held(self.value(node.elt)) | {MADE}

    def _binary(self, node: ast.BinOp) -> Tokens:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.BitOr) and (left or right):
            made = self.copied(node, left | right)
            self.written_by_mapping(node.right, made)
            return made | right
        return NOTHING

    def copied(self, node: ast.expr, source: Tokens) -> Tokens:
        """Note a copy of what carries these tokens; one of a container made here is another such."""
        if source and all(token == MADE or token.startswith(HELD) for token in source):
            return source
        made = self.shape.copies.get(id(node))
        if made is None:
            made = Copy(f"{COPY}{len(self.shape.copies)}")
            self.shape.copies[id(node)] = made
        made.source |= source
        return frozenset({made.token, *({CARRIER} & source)})

    def written_by_mapping(self, mapping: ast.expr, target: Tokens) -> None:
        """The keys of a mapping are written on the target; which they are, only a display tells."""
        if isinstance(mapping, ast.Dict):
            for key in mapping.keys:
                self.note_write(text_of(key), target)
        else:
            self.note_write(None, target)

    def call(self, node: ast.Call) -> Tokens:
        """The tokens of a call's result."""
        raise NotImplementedError


def _is_new(token: str) -> bool:
    """True for a container made here, what it holds, what a class's call returned, and globals."""
    if token in (MADE, GLOBAL, CLASS) or token.startswith(HELD):
        return True
    return token.startswith(RESULT) and token[len(RESULT) :].lstrip("_")[:1].isupper()


_EXPRESSIONS: dict[type, Callable[[Values, Any], Tokens]] = {
    ast.Name: Values._name, ast.Constant: Values._nothing, ast.JoinedStr: Values._nothing,
    ast.Attribute: Values._attribute, ast.Await: Values._inside, ast.Starred: Values._inside,
    ast.YieldFrom: Values._inside, ast.Yield: Values._yield, ast.BoolOp: Values._either,
    ast.IfExp: Values._ternary, ast.NamedExpr: Values._walrus, ast.Tuple: Values._sequence,
    ast.List: Values._sequence, ast.Set: Values._sequence, ast.Subscript: Values._subscript,
    ast.Dict: Values._display, ast.DictComp: Values._comprehension,
    ast.ListComp: Values._comprehension, ast.SetComp: Values._comprehension,
    ast.GeneratorExp: Values._comprehension, ast.BinOp: Values._binary, ast.Call: lambda reader, node: reader.call(node),
}  # fmt: skip
