"""The import statements of a text, found by the words that begin a line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_IMPORT = re.compile(
    r"^[ \t\f]*(?:from[ \t]+[\w.]+[ \t]+import[ \t]*(?:\([^)]*(?:\)|\Z)|[^\r\n;#(]*(?:\\\r?\n[^\r\n;#]*)*)"
    r"|import[ \t]+[^\r\n;#]*)",
    re.MULTILINE,
)


def import_statements(text: str) -> list[tuple[ast.stmt, int]]:
    """The import statements of a text at any depth, and where they start (characters from 0).

    Their ``col_offset`` is the indentation of the line.
    """
    out: list[tuple[ast.stmt, int]] = []
    for hit in _IMPORT.finditer(text):
        source = hit.group()
        try:
            nodes = ast.parse(source.strip()).body
        except (SyntaxError, ValueError):
            continue
        indent = len(source) - len(source.lstrip(" \t\f"))
        for node in nodes:
            node.col_offset = indent
            out.append((node, hit.start()))
    return out


def spans_of_imports(text: str) -> Iterator[tuple[int, int]]:
    """Where the import statements of a text are (characters from 0)."""
    return (hit.span() for hit in _IMPORT.finditer(text))


def import_text(text: str) -> str:
    """All import statements of a text, as one text to search for a name."""
    return "\n".join(hit.group() for hit in _IMPORT.finditer(text))
