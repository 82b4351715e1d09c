"""The source of one function as a libcst tree of its own, and where its nodes are in the file.

A function is cut out of its module and parsed alone: libcst takes seconds for a large module and a
millisecond for a function.  An indented function is put under ``if 1:``, so that its text stays as
it is.
"""

from __future__ import annotations

import ast
import re
import sys
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

import libcst as cst
from libcst.metadata import CodePosition, MetadataWrapper, PositionProvider

from lint_rules.project.lines import column
from lint_rules.project.scan import STRING

if TYPE_CHECKING:
    from lint_rules.project.functions import FunctionRef

DEEPEST = 1_000
"""How deep an expression may be nested: a call of a method on the result of another is two levels."""
DEEP_STACK = 20_000
"""Calls in calls while the places in a function's tree are found."""

_LEVELS = 3
"""How many levels a sign nests at most: what is given by keyword to a call, the default of a lambda."""
_NESTING = (
    *".([{+-*/%@&|^<>=!~",
    "not",
    "and",
    "or",
    "if",
    "in",
    "is",
    "lambda",
    "await",
    "yield",
    "for",
)
_FED = re.compile(r"(?<![ \t\f])[ \t\f]*\f(?=[ \t]*[^\s#])")
_NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class FunctionTree:
    """A function's own tree, and its text."""

    function: FunctionRef
    module: cst.Module
    definition: cst.FunctionDef
    text: str
    wrapper: str

    @property
    def first_line(self) -> int:
        """The function's first line (from 1)."""
        return self.function.line

    @property
    def offset(self) -> int:
        """Where its text starts in the file, in characters from 0."""
        return self.function.offset


class NoSuchFunction(ValueError):
    """The lines of a function do not parse as one."""


class TooDeep(NoSuchFunction):
    """The code is nested too deeply for the stack."""


def parse_function(function: FunctionRef) -> FunctionTree:
    """Cut the function out of its module and parse it.

    Raises NoSuchFunction when libcst cannot read it.
    """
    if not function.readable:
        raise NoSuchFunction(f"line {function.line} does not parse")
    text = function.source
    if _may_be_deep(text) and nested_too_deeply(function.node, max(map(len, text.splitlines()))):
        raise TooDeep("the code is nested too deeply")
    indented = column(text) > 0
    newline = "\r\n" if "\r\n" in text else "\n"
    wrapper = f"if 1:{newline}" if indented else ""
    try:
        module = cst.parse_module(_without_feeds(wrapper + text)[0])
    except (cst.ParserSyntaxError, RecursionError) as error:
        raise NoSuchFunction(str(error)) from error
    statement = module.body[0] if module.body else None
    if indented and isinstance(statement, cst.If):
        statement = statement.body.body[0]  # type: ignore[assignment]
    if not isinstance(statement, cst.FunctionDef):
        raise NoSuchFunction(f"line {function.line} does not begin a function")
    return FunctionTree(function, module, statement, text, wrapper)


def tree_of(function: FunctionRef) -> FunctionTree | None:
    """The tree of a function, None when libcst cannot read it."""
    try:
        return parse_function(function)
    except NoSuchFunction:
        return None


def _without_feeds(text: str) -> tuple[str, dict[int, int]]:
    """The text without what stands up to a form feed before code, which libcst loses or cannot read, and how
    many characters that are by line (from 0)."""
    if "\f" not in text:
        return text, {}
    parts, left_out, at = [], {}, 0
    strings = [hit.span() for hit in STRING.finditer(text)]
    for line, start in enumerate([0, *(end.end() for end in _NEWLINE.finditer(text))]):
        lead = _FED.match(text, start)
        if lead is not None and not _is_inside(strings, start):
            parts.append(text[at:start])
            at, left_out[line] = lead.end(), lead.end() - start
    return "".join([*parts, text[at:]]), left_out


def _is_inside(spans: list[tuple[int, int]], at: int) -> bool:
    """True for a place inside one of the spans, which are in order."""
    index = bisect_left(spans, (at, 0)) - 1
    return index >= 0 and at < spans[index][1]


def _may_be_deep(text: str) -> bool:
    """False for a text that holds too few of the signs and words that an expression is nested by: what stands in
    one is at most :data:`_LEVELS` levels deeper than the whole.  To ask takes a tenth of the time of parsing."""
    return sum(map(text.count, _NESTING)) * _LEVELS > DEEPEST


def nested_too_deeply(function: ast.FunctionDef | ast.AsyncFunctionDef, widest: int) -> bool:
    """True for an expression that is nested deeper than :data:`DEEPEST`; no line is longer than
    ``widest``.

    To read one takes libcst the square of its depth, and in the end the stack of the process.
    """
    todo: list[ast.AST] = [function]
    while todo:
        for child in ast.iter_child_nodes(todo.pop()):
            if not isinstance(child, ast.expr):
                todo.append(child)
            elif _characters(child, widest) > DEEPEST and _is_deep(child):
                return True
    return False


def _characters(node: ast.expr, widest: int) -> int:
    """How long the text of an expression is at most: no level of it takes less than one character."""
    lines = (node.end_lineno or node.lineno) - node.lineno
    return (node.end_col_offset or 0) - node.col_offset if not lines else (lines + 1) * widest


def _is_deep(node: ast.expr) -> bool:
    level: list[ast.AST] = [node]
    for _ in range(DEEPEST):
        level = [child for one in level for child in ast.iter_child_nodes(one)]
        if not level:
            return False
    return True


def within(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all expressions and statements in it, in no order.

    ``children`` of libcst takes twelve times as long: it makes each node anew to ask for what it holds.
    """
    todo = [node]
    while todo:
        current = todo.pop()
        yield current
        for name in _parts(type(current)):
            part = getattr(current, name)
            if isinstance(part, cst.CSTNode):
                todo.append(part)
            elif isinstance(part, list | tuple):
                todo += part


@cache
def _parts(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a kind of node that may hold expressions or statements."""
    names = (part.name for part in fields(kind))
    return tuple(name for name in names if "whitespace" not in name and name not in _PUNCTUATION)


_PUNCTUATION = frozenset(
    {"lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace", "comma", "colon", "dot", "equal", "semicolon",
     "leading_lines", "lines_after_decorators", "header", "footer"}
)  # fmt: skip


@contextmanager
def _deep_stack() -> Iterator[None]:
    """Let libcst, three calls for each ``elif``, go as deep as it wants.

    From Python 3.11 on that takes no space on the stack of the process; 3.12 counts what C calls by a limit of
    its own, which ends at some 700 of them.
    """
    limit = sys.getrecursionlimit()
    try:
        if sys.version_info >= (3, 11):
            sys.setrecursionlimit(max(limit, DEEP_STACK))
        yield
    except RecursionError:
        raise TooDeep("the code is nested too deeply") from None
    finally:
        sys.setrecursionlimit(limit)


class Positions:
    """Where the nodes of a function are in its file.

    Raises NoSuchFunction when libcst has read the function differently from what it says, and TooDeep
    where Python has no stack for its places (3.10 only).
    """

    def __init__(self, tree: FunctionTree) -> None:
        self.tree = tree
        with _deep_stack():
            code = tree.module.code
        full = tree.wrapper + tree.text
        given, self._left_out = _without_feeds(full)
        if code != given:  # a place would be another one in the file
            raise NoSuchFunction(f"line {tree.first_line} is read differently from what it says")
        with _deep_stack():
            wrapper = MetadataWrapper(tree.module, unsafe_skip_copy=True)
            self._ranges = wrapper.resolve(PositionProvider)
        self._starts = [0, *(found.end() for found in _NEWLINE.finditer(full))]
        self._extra = 1 if tree.wrapper else 0

    def range(self, node: cst.CSTNode) -> tuple[int, int, int, int]:
        """Line, column, end line, end column in the file, all from 1."""
        found = self._ranges[node]
        shift = self.tree.first_line - 1 - self._extra
        return (
            found.start.line + shift, self._column(found.start) + 1,
            found.end.line + shift, self._column(found.end) + 1,
        )  # fmt: skip

    def _column(self, place: CodePosition) -> int:
        """The column in the file (from 0)."""
        return place.column + self._left_out.get(place.line - 1, 0)

    def row(self, node: cst.CSTNode) -> int:
        """The line of a node, from the function's first line on (0)."""
        return self._ranges[node].start.line - 1 - self._extra

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Where the node's text starts and ends in the file, in characters from 0."""
        found = self._ranges[node]
        shift = self.tree.offset - len(self.tree.wrapper)
        return (
            self._starts[found.start.line - 1] + self._column(found.start) + shift,
            self._starts[found.end.line - 1] + self._column(found.end) + shift,
        )
