"""The text of one file and what is read off it, for those who note themselves what they read (``noting``)."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.project.assigned import assigning
from lint_rules.project.functions import qualname_of
from lint_rules.project.imports import import_statements, import_text
from lint_rules.project.kept import digest
from lint_rules.project.markers import COMMENT
from lint_rules.project.pieces import (
    Frame,
    defined_by,
    definition_of,
    held_by,
    is_assigned,
    is_place,
    named_in,
    searched_in,
)
from lint_rules.project.scan import (
    Block,
    Scan,
    assignments,
    unix,
)
from lint_rules.project.words import places_of
from lint_rules.regularfile import decode

if TYPE_CHECKING:
    from lint_rules.project.project import Project

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")
"""A physical line with its end."""
_DEFINITION = re.compile(r"[ \t\f]*(?:class\b|@)")


class ModuleText:
    """One file.  A file that cannot be read or parsed is an empty module, ``broken`` says why."""

    def __init__(self, project: Project, path: Path) -> None:
        self.project = project
        self.path = path
        self.broken: str | None = None

    @cached_property
    def original(self) -> str:
        """The decoded text, newlines as they are."""
        try:
            return decode(self.project.unnoted_bytes(self.path))
        except (SyntaxError, ValueError, LookupError) as error:
            self.broken = f"cannot be decoded: {error}"
            return ""

    @cached_property
    def text(self) -> str:
        """The text that is searched: a carriage return alone, which ends a line too, is a newline.

        Every place in it is the same as in the original.
        """
        return unix(self.original)

    @cached_property
    def lines(self) -> list[str]:
        """The physical lines with their ends."""
        return LINE.findall(self.text)

    # ----------------------------------------------------------------- trees

    @property
    def tree(self) -> ast.Module:
        """The syntax tree, parsed again where it was not asked for lately."""
        tree: ast.Module = self.project.trees.get(self, len(self.text), self._parsed)
        return tree

    def tree_of(self, block: Block) -> ast.stmt | None:
        """The tree of a definition, as :meth:`Scan.node` reads it; parsed again as :attr:`tree` is."""
        start, end = self.scan.span(block)
        tree: ast.stmt | None = self.project.trees.get(
            (self, block.start), end - start, lambda: self.scan.node(block)
        )
        return tree

    def _parsed(self) -> ast.Module:
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self.broken = f"cannot be parsed: {error}"
            return ast.Module(body=[], type_ignores=[])

    @cached_property
    def parses(self) -> bool:
        """Whether the whole text parses."""
        return bool(self.tree.body) or self.broken is None

    # ----------------------------------------------------------------- definitions

    @cached_property
    def scan(self) -> Scan:
        """The definitions, found without parsing the module."""
        return Scan(self.text)

    @cached_property
    def blocks(self) -> dict[str, list[Block]]:
        """Definitions by qualified name, in order."""
        found: dict[str, list[Block]] = {}
        for block in self.scan.blocks:
            found.setdefault(qualname_of(block), []).append(block)
        return found

    def number_of(self, block: Block) -> int:
        """Which of the definitions of its qualified name a definition is, from 0."""
        return self._numbers[block.start]

    @cached_property
    def _numbers(self) -> dict[int, int]:
        """The number of each definition by where it starts."""
        same = self.blocks.values()
        return {block.start: n for blocks in same for n, block in enumerate(blocks)}

    def lines_of(self, block: Block) -> tuple[int, int, int]:
        """The first line of a definition, that of its ``def`` and its last (from 1)."""
        scan = self.scan
        return scan.first_line(block), scan.line_at(block.start), scan.end_line(block)

    def function_around(self, offset: int) -> Block | None:
        """The innermost function around a place (characters from 0)."""
        for block in self.scan.around_offset(offset):
            if not block.is_class and offset < self.scan.span(block)[1]:
                return block
        return None

    def functions_holding(self, word: str) -> list[Block]:
        """The innermost functions whose text holds a word, in the order of the text."""
        hits = (self.scan.line_at(hit.start()) for hit in places_of((word,), self.text))
        found = (self.function_at(line) for line in hits)
        return list({block.start: block for block in found if block is not None}.values())

    def functions_named(self, names: Collection[str | None]) -> list[Block]:
        """Every function with one of these names, in the order of the text."""
        return [block for block in self.scan.blocks if not block.is_class and block.name in names]

    def function_at(self, line: int) -> Block | None:
        """The innermost function around a line."""
        for block in self.scan.around(line):
            if not block.is_class:
                first, _, last = self.lines_of(block)
                if first <= line <= last:
                    return block
        return None

    def in_function(self, qualname: str) -> bool:
        """True for the qualified name of what is defined in a function."""
        return any(
            not block.is_class
            for parent in _parents(qualname)
            for block in self.blocks.get(parent, ())
        )

    # ----------------------------------------------------------------- imports, assignments

    @cached_property
    def assignments(self) -> dict[str, list[int]]:
        """Where a line seems to assign a name: the places of the names (characters from 0)."""
        return assignments(self.text)

    @cached_property
    def assigned(self) -> dict[str, ast.expr]:
        """What module-level names are assigned, also inside ``if`` and ``try``."""
        return _assigned_on(self.tree.body)

    def assigned_around(self, start: int, place: int) -> dict[str, ast.expr] | None:
        """The same of the statement alone that starts at a place of the margin; None where another place turns
        out not to stand in it."""
        if _DEFINITION.match(self.text, start):
            return {}  # what is assigned there are no names of the module
        statement = self.scan.statement(start)
        last = statement.end_lineno if statement is not None else None
        if statement is None or last is None or self.scan.line_at(place) > last:
            return None
        return _assigned_on([statement])

    def import_statements(self) -> list[ast.stmt]:
        """Imports outside functions and strings, parsed each time."""
        return [
            node
            for node, offset in import_statements(self.text)
            if not self.scan.in_string(offset) and self.function_around(offset) is None
        ]

    @cached_property
    def text_of_imports(self) -> str:
        """The text of all import statements, those inside functions too."""
        return import_text(self.text)

    # ----------------------------------------------------------------- pieces

    @cached_property
    def _frame(self) -> Frame:
        return Frame(self.scan.frame())

    def digest_of(self, piece: str) -> str:
        """The digest of a piece of the text (``pieces``); empty where there is no such piece."""
        name = named_in(piece)
        if name is not None:
            return self._frame.digest(name)
        word, name = held_by(piece), defined_by(piece)
        if word is not None or name is not None:
            found = (
                self.functions_holding(word) if word is not None else self.functions_named((name,))
            )
            return digest([(qualname_of(block), self.number_of(block)) for block in found])
        qualname, number = definition_of(piece)
        blocks = self.blocks.get(qualname, [])
        if number >= len(blocks):
            return ""
        if is_place(piece):
            return str(self.scan.first_line(blocks[number]))
        if is_assigned(piece):
            return self._digest_of_assigned(blocks[number])
        source, form = self.scan.source(blocks[number]), searched_in(piece)
        return digest(source) if form is None else str(re.search(form, source) is not None)

    def _digest_of_assigned(self, block: Block) -> str:
        """A digest of what a function assigns to attributes; of its whole text where a comment in it may speak
        of a field."""
        source, node = self.scan.source(block), self.tree_of(block)
        if COMMENT.search(source) or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return digest(source)
        return digest([ast.unparse(statement) for statement in assigning(node)])


def _parents(qualname: str) -> Iterator[str]:
    """The qualified names of what a definition stands in."""
    while "." in qualname:
        qualname = qualname.rpartition(".")[0]
        yield qualname


def assigned_value(node: ast.stmt | None) -> ast.expr | None:
    """What an assignment (or a ``type`` statement) assigns."""
    if isinstance(node, ast.Assign | ast.AnnAssign) or type(node).__name__ == "TypeAlias":
        value: ast.expr | None = node.value  # type: ignore[union-attr]
        return value
    return None


def _assigned_on(body: list[ast.stmt]) -> dict[str, ast.expr]:
    """What names are assigned by statements, the last value of each."""
    found: dict[str, ast.expr] = {}
    for node in _level(body):
        value = assigned_value(node)
        targets = getattr(node, "targets", None) or [
            getattr(node, "target", getattr(node, "name", None))
        ]
        for target in targets:
            if value is not None and isinstance(target, ast.Name):
                found[target.id] = value
    return found


def _level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                yield from _level(inner)
        for handler in getattr(node, "handlers", []):
            yield from _level(handler.body)
        for case in getattr(node, "cases", []):
            yield from _level(case.body)
