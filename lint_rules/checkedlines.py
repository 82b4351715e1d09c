"""Files of lines that each begin with their own checksum, so that processes may add lines at the same time.

A line that is damaged, or half written by a process that was killed, is known by its checksum.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

CHECKSUM = 12
"""The characters of a line's checksum."""
LEFT = 3600
"""Seconds after which no process writes a new file any more that it began to write."""


def with_checksum(data: bytes) -> bytes:
    """The line of some data, which may hold no newline."""
    return _checksum(data) + b" " + data + b"\n"


def read_lines(path: Path) -> Iterator[bytes | None]:
    """The data of each line of a file; None for a damaged one.  A file that cannot be read has no lines."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return
    yield from map(checked, lines[:-1] if not lines[-1] else lines)


def checked(line: bytes) -> bytes | None:
    """The data of a line without its end; None for a damaged one."""
    checksum, _, data = line.partition(b" ")
    return data if _checksum(data) == checksum else None


def add_lines(path: Path, lines: Iterable[bytes]) -> int:
    """Add lines at the end of a file, in one write; where they begin in it, in bytes.  Raises OSError."""
    data = b"".join(lines)
    with open(path, "ab", buffering=0) as stream:
        stream.write(data)
        return stream.tell() - len(data)


def replace_file(path: Path, lines: Iterable[bytes]) -> None:
    """Write a file anew, in one step.  Raises OSError."""
    _remove_left(path)
    new = path.with_suffix(f"{path.suffix}.{os.getpid()}")
    try:
        new.write_bytes(b"".join(lines))
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def _remove_left(path: Path) -> None:
    """Remove what processes that were killed in the middle have left."""
    for left in path.parent.glob(f"{path.name}.*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT:
                left.unlink()


def _checksum(data: bytes) -> bytes:
    return blake2b(data, digest_size=CHECKSUM // 2).hexdigest().encode()
