"""Text that is safe to show: no control characters, and as wide as it looks."""

from __future__ import annotations

import json
import re
import unicodedata

_UNSAFE = re.compile(
    # Controls, what has no width, and letters that fill a place without a mark.
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_LINE_END = re.compile(r"\r\n|\r|\n")
TAB = 4
"""The distance of tab stops in excerpts."""


def printable(text: str) -> str:
    """``text`` with everything that could steer a terminal, or hide, written as an escape."""
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable_path(path: str) -> str:
    """A path as the first thing on a line: a CI service obeys lines that begin like a command."""
    return printable(f"./{path}" if path.startswith(("::", "##")) else path)


def json_text(document: object) -> str:
    """JSON in printable ASCII, so that no terminal and no locale can spoil it."""
    return json.dumps(document, indent=2).replace("\x7f", "\\u007f") + "\n"


def lines_of(source: str) -> list[str]:
    """The lines of a source as Python counts them (a form feed ends none)."""
    return _LINE_END.split(source)


def cells(text: str) -> int:
    """The columns of a terminal that printable text takes."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def laid_out(line: str) -> list[str]:
    """What stands in an excerpt for each character of a source line (tabs become blanks)."""
    shown: list[str] = []
    width = 0
    for character in line:
        piece = " " * (TAB - width % TAB) if character == "\t" else printable(character)
        width += cells(piece)
        shown.append(piece)
    return shown
