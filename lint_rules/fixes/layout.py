"""Places in a function's text: the lines of statements, their indentation, and what holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from lint_rules.project.lines import fed

if TYPE_CHECKING:
    from lint_rules.flow.source import Positions
    from lint_rules.flow.summaries import Library
    from lint_rules.project.functions import FunctionRef


class Layout:
    """Where the statements of one function are, in characters of its file."""

    def __init__(self, library: Library, function: FunctionRef) -> None:
        self.function = function
        self.text = function.module.original
        self.positions: Positions = library.positions(function)
        tree = library.tree(function)
        assert tree is not None
        self.tree = tree
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._index(tree.module)

    def _index(self, node: cst.CSTNode) -> None:
        todo = [node]
        while todo:
            current = todo.pop()
            for child in current.children:
                self._parents[child] = current
                todo.append(child)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node that holds ``node``."""
        return self._parents.get(node)

    def up(self, node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> cst.CSTNode | None:
        """The nearest node around ``node`` (itself included) of one of these types."""
        current: cst.CSTNode | None = node
        while current is not None and not isinstance(current, kinds):
            current = self._parents.get(current)
        return current

    def line_of(
        self, node: cst.CSTNode
    ) -> cst.SimpleStatementLine | cst.BaseCompoundStatement | None:
        """The statement line that a node stands on; None inside a one-line suite (``if x: y``)."""
        found = self.up(node, cst.SimpleStatementLine, cst.SimpleStatementSuite)
        return found if isinstance(found, cst.SimpleStatementLine) else None

    def block_of(self, statement: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
        """The statements of the block that a statement stands in, itself among them."""
        parent = self._parents.get(statement)
        body = getattr(parent, "body", ())
        return tuple(body) if not isinstance(body, cst.CSTNode) else ()

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Start and end of a node."""
        return self.positions.span(node)

    def outer_span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Start and end of an expression with the parentheses that are its own."""
        start, end = self.span(node)
        for _ in getattr(node, "lpar", ()):
            start = self.text.rindex("(", 0, start)
        for _ in getattr(node, "rpar", ()):
            end = self.text.index(")", end) + 1
        return start, end

    def source(self, node: cst.CSTNode) -> str:
        """A node's text, with the parentheses that are its own."""
        return self.tree.module.code_for_node(node)

    def indent(self, offset: int) -> str:
        """The indentation of the line that ``offset`` is on."""
        start = self.line_start(offset)
        line = self.text[start:offset]
        return line[len(fed(line)) : len(line) - len(line.lstrip(" \t\f"))]

    def line_start(self, offset: int) -> int:
        """Where the line of ``offset`` starts."""
        return max(self.text.rfind("\n", 0, offset), self.text.rfind("\r", 0, offset)) + 1

    def line_end(self, offset: int) -> int:
        """Where the line of ``offset`` ends, its newline not included."""
        ends = [
            at for at in (self.text.find("\n", offset), self.text.find("\r", offset)) if at >= 0
        ]
        return min(ends) if ends else len(self.text)

    def newline(self, offset: int) -> str:
        """The newline of the line of ``offset`` (of the file's first line where it has none)."""
        end = self.line_end(offset)
        if end >= len(self.text):
            end = self.line_end(0)
        if self.text[end : end + 2] == "\r\n":
            return "\r\n"
        return self.text[end : end + 1] or "\n"
