"""Definitions found without parsing: by the words that begin a line, and cut out by indentation.

Parsing a large module takes a hundred times as long as searching it.  A definition is found by its
line, its end by the next line that is indented no deeper, and only that text is parsed.  A cut that
does not parse is widened to the next such line (a string or a bracket ran over it).
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from lint_rules.project.lines import begins_line, column
from lint_rules.project.markers import COMMENT

# Each begins with plain characters: that is searched for ten times as fast as a line's beginning.
_DEFINITIONS = (re.compile(r"def[ \t]+(\w+)"), re.compile(r"class[ \t]+(\w+)"))
_TRIPLES = ('"""', "'''")
STRING = re.compile(
    # Each string may lack its end: nothing is looked at twice, in broken code either.
    r"'''(?:[^\\]|\\.)*?(?:'''|\Z)|\"\"\"(?:[^\\]|\\.)*?(?:\"\"\"|\Z)|#[^\r\n]*"
    r"|'(?:\\.|[^'\\\r\n])*'?|\"(?:\\.|[^\"\\\r\n])*\"?",
    re.DOTALL,
)
"""A string or a comment."""
_HEADER = re.compile(rf"{STRING.pattern}|[(\[{{:)\]}}]", re.DOTALL)
_ASSIGNED = re.compile(r"^[ \t\f]*(?:type[ \t]+)?(\w+)[ \t]*(?::|=(?!=)|\[)", re.MULTILINE)
_FED = r"(?:[ \t\f]*\f)?"
_MARGIN = re.compile(rf"^(?={_FED}[^\s#)\]}}])", re.MULTILINE)
_GOES_ON = re.compile(rf"{_FED}(?:else|elif|except|finally)\b")
MAX_CUTS = 40
"""How often a cut is widened before the definition counts as unreadable."""


@dataclass(slots=True)
class Block:
    """A definition: where it starts (characters from 0), how deep, and what holds it."""

    start: int
    indent: int
    is_class: bool
    name: str
    parent: Block | None = None
    end: int | None = None
    first_line: int | None = None


class Scan:
    """The definitions of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.blocks = self._find()
        self._starts = [block.start for block in self.blocks]
        #: Where definitions and statements start that only parse with more than their indentation says, or not
        #: at all: they depend on what follows, too.
        self.widened: set[int] = set()

    @cached_property
    def _lines(self) -> list[int]:
        """Where each line starts."""
        plain = unix(self.text)
        ends = accumulate(len(line) + 1 for line in plain.split("\n"))
        return [0, *ends][:-1]

    def block_at(self, start: int) -> Block:
        """The definition that starts at a place (characters from 0)."""
        return self.blocks[bisect_right(self._starts, start) - 1]

    def line_at(self, offset: int) -> int:
        """The line (from 1) of a place in the text."""
        return bisect_right(self._lines, offset)

    def _find(self) -> list[Block]:
        out: list[Block] = []
        stack: list[Block] = []
        for start, lead, is_class, name in sorted(_definitions(unix(self.text))):
            if self._string_around(start) is not None:
                continue  # the words stand in a string
            indent = column(lead)
            while stack and (stack[-1].indent >= indent or self._cut(stack[-1]) <= start):
                stack.pop()
            parent = stack[-1] if stack else None
            block = Block(start, indent, is_class, name, parent)
            out.append(block)
            stack.append(block)
        return out

    @cached_property
    def _strings(self) -> list[tuple[int, int]]:
        """Where strings over several lines are."""
        plain = _plain_triples(self.text)
        if plain is not None:
            return plain
        return [
            m.span()
            for m in STRING.finditer(self.text)
            if m.group().startswith(("'''", '"""')) and "\n" in m.group()
        ]

    @cached_property
    def _string_starts(self) -> list[int]:
        return [span[0] for span in self._strings]

    # ----------------------------------------------------------------- cutting

    def source(self, block: Block) -> str:
        """The text of a definition, decorators included; what stands below it and only remarks on what
        follows is none of it."""
        return self.text[self._lines[self.first_line(block) - 1] : self._code_end(block)]

    def _code_end(self, block: Block) -> int:
        """Where the last line of a definition ends that is neither empty nor a comment outside of it."""
        end = self._cut(block)
        while True:
            start = self.text.rfind("\n", block.start, end - 1) + 1
            if not start or not self._remarks(self.text[start:end], block) or self.in_string(start):
                return end
            end = start

    def _remarks(self, line: str, block: Block) -> bool:
        """True for an empty line and for a comment that is indented no deeper than the definition."""
        lead = line[: len(line) - len(line.lstrip())]
        comments = line.startswith("#", len(lead)) and column(line) <= block.indent
        return comments or len(lead) == len(line)

    def span(self, block: Block) -> tuple[int, int]:
        """Where a definition starts and ends (characters from 0), blank lines after it included."""
        return self._lines[self.first_line(block) - 1], self._cut(block)

    def end_line(self, block: Block) -> int:
        """The last line of a definition that holds anything."""
        text = self.text[block.start : self._cut(block)].rstrip()
        return self.line_at(block.start + len(text))

    def _cut(self, block: Block) -> int:
        """Where a definition ends: a line indented no deeper that is in no string of several lines."""
        if block.end is None:
            at = self._line_after(block.start)
            while True:
                at = self._next_end(block, at)
                span = self._string_around(at)
                if span is None:
                    break
                at = span[1]
            block.end = at
        return block.end

    def frame(self) -> str:
        """The text without the bodies of its functions; a line ends where one was."""
        parts: list[str] = []
        at = 0
        for block in self.blocks:
            if not block.is_class and block.start >= at:
                body, cut = self._body_start(block), self._cut(block)
                parts.append(self.text[at:body])
                # A comment below a body may speak of the field that follows.
                parts += (hit.group() for hit in COMMENT.finditer(self.text, body, cut))
                at = cut
        return "\n".join([*parts, self.text[at:]])

    def _body_start(self, block: Block) -> int:
        """Where the header of a function ends: behind the first colon outside all brackets."""
        depth, end = 0, self._cut(block)
        for hit in _HEADER.finditer(self.text, block.start, end):
            token = hit.group()
            if token in "([{":
                depth += 1
            elif token in ")]}":
                depth -= 1
            elif token == ":" and depth == 0:
                return hit.end()
        return end

    def in_string(self, offset: int) -> bool:
        """True for a place inside a string of several lines."""
        return self._string_around(offset) is not None

    def statement(self, offset: int) -> ast.stmt | None:
        """The statement at the margin that starts at ``offset``."""
        at = offset
        for _ in range(MAX_CUTS):
            at = self._next_margin(offset, at)
            lead = "\n" * (self.line_at(offset) - 1)
            try:
                body = ast.parse(lead + self.text[offset:at]).body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                body = []
            if body or at >= len(self.text):
                return body[0] if body else None
            self.widened.add(offset)
        return None

    def _next_margin(self, offset: int, at: int) -> int:
        """Where, behind a place, the next line begins at the margin that may not belong to the statement at
        ``offset``; a string over many lines is passed over at once."""
        while True:
            hit = _MARGIN.search(self.text, self._line_after(at))
            if hit is None:
                return len(self.text)
            at = hit.start()
            if self.in_string(at):
                self.widened.add(offset)
            elif not _GOES_ON.match(self.text, at):
                return at

    def compound_around(self, place: int) -> int | None:
        """Where the statement begins that stands at the margin around an indented place, as far as lines tell;
        None where none does."""
        at = bisect_right(self._margins, place) - 1
        while at >= 0 and (
            _GOES_ON.match(self.text, self._margins[at]) or self.in_string(self._margins[at])
        ):
            at -= 1
        return self._margins[at] if at >= 0 else None

    @cached_property
    def _margins(self) -> list[int]:
        """Where each line starts that begins at the margin."""
        return [hit.start() for hit in _MARGIN.finditer(self.text)]

    def _line_after(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1

    def _string_around(self, at: int) -> tuple[int, int] | None:
        index = bisect_right(self._string_starts, at) - 1
        if index >= 0 and self._strings[index][0] < at < self._strings[index][1]:
            return self._strings[index]
        return None

    def node(self, block: Block) -> ast.stmt | None:
        """The tree of a definition; None when it cannot be read.

        Its lines are not those of the file (:meth:`shift` is the difference): to put thousands of empty
        lines before it would take longer than to read it.
        """
        start = self._lines[self.first_line(block) - 1]
        at = self._cut(block)
        for _ in range(MAX_CUTS):
            node = self._parse(start, at, block)
            if node is not None:
                return node
            self.widened.add(block.start)
            if at >= len(self.text):
                return None
            at = self._next_end(block, at + 1)
        return None

    def shift(self, block: Block) -> int:
        """What to add to a line in a definition's tree for the line in the file."""
        return self.first_line(block) - (2 if block.indent > 0 else 1)

    def _next_end(self, block: Block, at: int) -> int:
        """The next line that is indented no deeper than the definition."""
        indent = block.indent
        ending = re.compile(
            rf"^(?={_FED}(?:[^\s#)\]}}]|[ \t]{{1,{max(indent, 1)}}}[^\s#)\]}}]))", re.MULTILINE
        )
        while True:
            hit = ending.search(self.text, at)
            if hit is None:
                return len(self.text)
            if column(self.text[hit.start() : hit.start() + 200]) <= indent:
                return hit.start()
            at = hit.start() + 1

    def _parse(self, start: int, end: int, block: Block) -> ast.stmt | None:
        source = self.text[start:end]
        try:
            if block.indent > 0:
                body = ast.parse(f"if 1:\n{source}").body[0].body  # type: ignore[attr-defined]
            else:
                body = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        if not body or not isinstance(
            body[0], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ):
            return None
        node: ast.stmt = body[0]
        return node

    def first_line(self, block: Block) -> int:
        """The line of the first decorator (also one that spans lines)."""
        if block.first_line is None:
            block.first_line = self._first_line(block)
        return block.first_line

    def _first_line(self, block: Block) -> int:
        line = self.line_at(block.start)
        lowest = line
        depth = 0
        index = bisect_right(self._starts, block.start) - 1
        above = self.line_at(self._starts[index - 1]) if index else 0
        while line - 1 > above:  # no decorator is above the definition before
            text = self.text[self._lines[line - 2] : self._lines[line - 1]].rstrip()
            bare = text.strip()
            depth += bare.count(")") - bare.count("(")
            if bare.startswith("@") and depth <= 0:
                lowest, depth = line - 1, 0
            elif depth <= 0 and not bare.startswith("#"):
                break
            line -= 1
        return lowest

    def around(self, line: int) -> list[Block]:
        """Definitions that may hold a line, the innermost first, by indentation alone."""
        offset = self._lines[line - 1] if line <= len(self._lines) else len(self.text)
        return self.around_offset(offset)

    def definition_after(self, offset: int) -> int | None:
        """Where the next definition after a place begins."""
        index = bisect_right(self._starts, offset)
        return self._starts[index] if index < len(self._starts) else None

    def around_offset(self, offset: int) -> list[Block]:
        """Definitions that may hold a place, the innermost first, by their order alone."""
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return []
        out: list[Block] = []
        block: Block | None = self.blocks[index]
        while block is not None:
            out.append(block)
            block = block.parent
        return out


def _definitions(text: str) -> Iterator[tuple[int, str, bool, str]]:
    """The lines that begin a definition: where, the blanks before it, whether a class, its name."""
    for form in _DEFINITIONS:
        for hit in form.finditer(text):
            head = begins_line(text, hit.start())
            if head is None:
                continue  # deeper than any indentation
            lead = head[: len(head) - len(head.lstrip(" \t\f"))]
            word = head[len(lead) :]
            is_class = form is _DEFINITIONS[1]
            if not word or (not is_class and word.rstrip(" \t") == "async" and word != "async"):
                yield hit.start() - len(head), lead, is_class, hit.group(1)


def unix(text: str) -> str:
    """The text with a newline for each carriage return that is a newline: no place moves."""
    return re.sub(r"\r(?!\n)", "\n", text) if "\r" in text else text


def _plain_triples(text: str) -> list[tuple[int, int]] | None:
    """The triple-quoted strings of several lines; None where a quote or ``#`` before one leaves a doubt.

    Reading all strings and comments to find them takes ten times as long.
    """
    out: list[tuple[int, int]] = []
    next_of = {quotes: text.find(quotes) for quotes in _TRIPLES}
    while True:
        found = [(at, quotes) for quotes, at in next_of.items() if at >= 0]
        if not found:
            return out
        start, quotes = min(found)
        before = text[text.rfind("\n", 0, start) + 1 : start]
        if "#" in before or '"' in before or "'" in before:
            return None
        end = text.find(quotes, start + 3)
        while end > 0 and _escaped(text, end):
            end = text.find(quotes, end + 1)
        if end < 0:
            return None
        for kind, at in next_of.items():
            if 0 <= at < end + 3:
                next_of[kind] = text.find(kind, end + 3)
        if "\n" in text[start:end]:
            out.append((start, end + 3))


def _escaped(text: str, at: int) -> bool:
    count = 0
    while text[at - 1 - count] == "\\":
        count += 1
    return count % 2 == 1


def assignments(text: str) -> dict[str, list[int]]:
    """Where lines of the text begin with a name that they may assign, annotate or give items."""
    found: dict[str, list[int]] = {}
    for hit in _ASSIGNED.finditer(text):
        found.setdefault(hit.group(1), []).append(hit.start(1))
    return found
