"""One unified diff that ``git apply`` and ``patch`` accept, exact to the byte.

The bytes are compared as Latin-1, so that neither an encoding nor a newline is translated, and only
"\\n" separates lines, as it does for those two programs.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

_NO_NEWLINE = "\n\\ No newline at end of file\n"


def base_of(paths: Sequence[str]) -> Path:
    """The directory from which the paths of a diff are told: the working directory where all of them lie below it, else
    the one that they have in common."""
    here = Path.cwd()
    places = [Path(os.path.abspath(path)) for path in paths]
    if all(here in place.parents for place in places):
        return here
    try:
        return Path(os.path.commonpath([here, *places]))
    except ValueError:  # Windows: several drives
        return here


def line_before(before: bytes, after: bytes, line: int) -> int:
    """Where a line of the new text stands in the old one, or what is there instead (both from 1)."""
    old, new = _lines(before), _lines(after)
    for tag, start, end, first, last in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if first < line <= last:
            return start + line - first if tag == "equal" else min(start + 1, max(end, 1))
    return line


def unified(path: str, before: bytes, after: bytes, base: Path) -> bytes:
    """The difference of one file, whose path is told from ``base``; empty when there is none."""
    old, new = _lines(before), _lines(after)
    name = _name(path, base)
    lines = difflib.unified_diff(old, new, _quoted(f"a/{name}"), _quoted(f"b/{name}"))
    return b"".join(_encoded(lines))


def _lines(content: bytes) -> list[str]:
    *complete, last = content.decode("latin-1").split("\n")
    lines = [f"{line}\n" for line in complete]
    return [*lines, last] if last else lines


def _encoded(lines: Iterator[str]) -> Iterator[bytes]:
    for number, line in enumerate(lines):
        if number < 2:
            yield line.encode("utf-8", "surrogateescape")
        elif line.endswith("\n"):
            yield line.encode("latin-1")
        else:
            yield (line + _NO_NEWLINE).encode("latin-1")


def _name(path: str, base: Path) -> str:
    """The path that the receiving program must find: from ``base``, if it is below."""
    absolute = os.path.abspath(path)
    try:
        name = Path(absolute).relative_to(base).as_posix()
    except ValueError:
        name = absolute.replace(os.sep, "/")
    return name.lstrip("/")


def _quoted(name: str) -> str:
    """A name as git writes it: quoted where it has characters that could end the line."""
    if any(ord(character) < 0x20 or character in '"\\\x7f' for character in name):
        return f'"{"".join(map(_octal, name))}"'
    # A tab ends the name for programs that would cut it at a blank.
    return f"{name}\t" if " " in name else name


def _octal(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    code = ord(character)
    return f"\\{code:03o}" if code < 0x20 or code == 0x7F else character
