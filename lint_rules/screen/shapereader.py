"""Reading the shape of a function off its tree: the half that looks at statements."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from lint_rules.naming import keeps_entries
from lint_rules.project.outline import taken_over
from lint_rules.screen.nodes import dotted, last_name, params
from lint_rules.screen.shapecalls import Calls
from lint_rules.screen.shapes import (
    CARRIER,
    NOTHING,
    RESULT,
    Names,
    Shape,
    Tokens,
    held,
    items,
    param,
    spread,
)
from lint_rules.screen.shapevalues import GIVEN

ROUNDS = 4
"""How often the statements are read at most; what flows through more variables backwards is rare."""


def shape_of(
    node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names, *, owner: str = ""
) -> Shape:
    """Read the shape off a function's tree; ``owner`` is the class around it."""
    return _Reader(node, names, owner).shape


class _Reader(Calls):
    """Reads the statements of a function until nothing changes."""

    def __init__(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names, owner: str
    ) -> None:
        super().__init__(names)
        for index, arg in enumerate(params(node.args)):
            if index == 0 and keeps_entries(owner):
                self.cache_itself = arg.arg
            tokens = {param(arg.arg)}
            if self.names_carrier(arg.annotation) or (index == 0 and owner in names.carriers):
                tokens.add(CARRIER)
            if arg in (node.args.vararg, node.args.kwarg):  # each of the call's own stands in it
                tokens |= held(tokens)
            self.variables[arg.arg] = tokens
        for _ in range(ROUNDS):
            self.changed = False
            self.read.clear()
            self.block(node.body)
            if not self.changed:
                break

    # ----------------------------------------------------------------- statements

    def block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            handler = _STATEMENTS.get(type(statement))
            if handler is not None:
                # What is nested too deeply to be read here is so for the interpretation, too.
                with suppress(RecursionError):
                    handler(self, statement)

    def _assign(self, node: ast.Assign) -> None:
        if isinstance(node.value, ast.Lambda):
            for target in node.targets:
                self._lambda(target, node.value)
            return
        tokens = self.value(node.value)
        for target in node.targets:
            self.stand_for(target, node.value)
            self.bind(target, tokens)
        taken = taken_over(node)
        if taken is not None:
            self._rebuild(node, taken)

    def _rebuild(self, node: ast.Assign, original: ast.expr) -> None:
        """``made.token = auth.token``: what was made here may be made of another object, field by field."""
        for target in node.targets:
            name = dotted(target.value) if isinstance(target, ast.Attribute) else None
            if name is not None and any(t.startswith(RESULT) for t in self.tokens_of(name) or ()):
                self.carry(name, self.copied(node.value, self.value(original)))

    def _lambda(self, target: ast.expr, node: ast.Lambda) -> None:
        """A function in one expression: called in place, its parameters are what the calls give."""
        name = last_name(target)
        for arg in params(node.args):
            self.carry(arg.arg, self._given(name))
        self.carry(RESULT + name, self.value(node.body))

    def _given(self, name: str) -> Tokens:
        """What the calls of a function defined here give it."""
        self.read.add(GIVEN + name)
        return frozenset(self.shape.given.get(name, ()))

    def _one_target(self, node: ast.AnnAssign | ast.AugAssign) -> None:
        if node.value is not None:
            tokens = self.value(node.value)
            if isinstance(node, ast.AugAssign):
                if isinstance(node.op, ast.BitOr):
                    self.write(None, node.target)
            elif self.names_carrier(node.annotation):
                tokens |= {CARRIER}
            self.bind(node.target, tokens)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.bind(target, NOTHING)

    def _expression(self, node: ast.Expr) -> None:
        self.value(node.value)

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.shape.returned |= spread(self.value(node.value))

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        tokens = self.value(node.iter)
        self.bind(node.target, items(tokens))
        self.block(node.body)
        self.block(node.orelse)

    def _test(self, node: ast.If | ast.While) -> None:
        self.value(node.test)
        self.block(node.body)
        while len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
            # An ``elif`` is nested in the tree alone; there may be a thousand.
            node = node.orelse[0]
            self.value(node.test)
            self.block(node.body)
        self.block(node.orelse)

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            tokens = self.value(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, tokens)
        self.block(node.body)

    def _try(self, node: ast.Try) -> None:
        self.block(node.body)
        for handler in node.handlers:
            self.block(handler.body)
        self.block(node.orelse)
        self.block(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        tokens = self.value(node.subject)
        for case in node.cases:
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(name, str):
                    self.carry(name, tokens | items(tokens))
            self.block(case.body)

    def _inner(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """A function defined inside: called in place, its parameters are what the calls give."""
        for arg in params(node.args):
            more = frozenset({CARRIER}) if self.names_carrier(arg.annotation) else NOTHING
            self.carry(arg.arg, more | self._given(node.name))
        outer, self.shape.returned = self.shape.returned, set()
        self.block(node.body)
        self.carry(RESULT + node.name, frozenset(self.shape.returned))
        self.shape.returned = outer

    def _class(self, node: ast.ClassDef) -> None:
        self.block(node.body)

    def _test_only(self, node: ast.Assert) -> None:
        self.value(node.test)


_STATEMENTS: dict[type, Callable[[_Reader, Any], None]] = {
    ast.Assign: _Reader._assign, ast.AnnAssign: _Reader._one_target, ast.AugAssign: _Reader._one_target,
    ast.Expr: _Reader._expression, ast.Return: _Reader._return, ast.For: _Reader._for,
    ast.AsyncFor: _Reader._for, ast.If: _Reader._test, ast.While: _Reader._test, ast.With: _Reader._with,
    ast.AsyncWith: _Reader._with, ast.Try: _Reader._try, ast.Match: _Reader._match,
    ast.FunctionDef: _Reader._inner, ast.AsyncFunctionDef: _Reader._inner, ast.ClassDef: _Reader._class,
    ast.Assert: _Reader._test_only, ast.Delete: _Reader._delete,
}  # fmt: skip
if hasattr(ast, "TryStar"):
    _STATEMENTS[ast.TryStar] = _Reader._try
