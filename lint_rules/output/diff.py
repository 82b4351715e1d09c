"""One unified diff that ``git apply`` and ``patch`` accept, exact to the byte.

The bytes are compared as Latin-1, so that neither an encoding nor a newline is translated, and only
"\\n" separates lines, as it does for those two programs.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator

_NO_NEWLINE = "\n\\ No newline at end of file\n"


def unified(path: str, before: bytes, after: bytes) -> bytes:
    """The difference of one file; empty when there is none."""
    old, new = _lines(before), _lines(after)
    name = _name(path)
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


def _name(path: str) -> str:
    """The path that the receiving program must find: below the working directory, if it is."""
    try:
        inner = os.path.relpath(path)
    except ValueError:
        inner = os.path.abspath(path)
    if inner == ".." or inner.startswith(f"..{os.sep}"):
        inner = os.path.abspath(path)
    return inner.replace(os.sep, "/").lstrip("/")


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
