"""Reading files that a checkout holds, which may be anything: only what is a file, and not endless."""

from __future__ import annotations

import io
import os
import re
import stat
import tokenize
from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
"""Larger files are not read; the largest sources that people write have a few hundred kilobytes."""

_TWO_LINES = re.compile(rb"(?:[^\r\n]*(?:\r\n|\r|\n)){0,2}[^\r\n]*")


class NotReadable(OSError):
    """A pipe, a device, or a file that is too large; ``strerror`` says which."""


def read_regular(path: str | Path) -> bytes:
    """The bytes of a regular file, through symbolic links.

    Raises OSError where it cannot be read, ``NotReadable`` where that could hold up the run: a pipe
    waits for a writer, a device like ``/dev/zero`` never ends.
    """
    found = os.stat(path)
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(21, "Is a directory", os.fspath(path))
    if not stat.S_ISREG(found.st_mode):
        raise NotReadable(22, "it is no regular file", os.fspath(path))
    if found.st_size > MAX_BYTES:
        size = f"it has more than {MAX_BYTES // 1024 // 1024} MiB"
        raise NotReadable(27, size, os.fspath(path))
    with open(path, "rb") as stream:
        # Also of a file that grows while it is read.
        return stream.read(MAX_BYTES)


def first_lines(raw: bytes) -> bytes:
    """The two lines that may declare an encoding, each ended by ``\\n``.

    That is what ``tokenize.detect_encoding`` wants; to Python a ``\\r`` alone ends a line too.
    """
    found = _TWO_LINES.match(raw)
    head = found[0] if found else b""
    return head.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def read_regular_text(path: str | Path, encoding: str) -> str:
    """The text of a regular file with every newline as ``\\n``; what cannot be decoded is escaped."""
    raw = io.BytesIO(read_regular(path))
    return io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape").read()


def decode(data: bytes) -> str:
    """Decode Python source by its BOM or declaration; newlines stay.

    Raises SyntaxError for an unknown encoding and UnicodeDecodeError for bytes that do not fit.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(first_lines(data)).readline)
    return data.decode(encoding)
