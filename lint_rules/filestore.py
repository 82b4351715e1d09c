"""What was read off the files of a project, kept on disk for the next run.

Two files for each project and set of settings.  One has a line for each source file, added at the end when there
is something new to say of it (``checkedlines``); the other, the *index*, says what each source file was when that was
read off, and where its lines are, so that a run reads only the lines that it asks for.  What is damaged is passed
over.  What is read here is only data: nothing in it can run.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple
from weakref import finalize

from lint_rules import joinstore
from lint_rules.checkedlines import (
    CHECKSUM,
    add_lines,
    checked,
    read_lines,
    replace_file,
    with_checksum,
)
from lint_rules.project.joins import Joins
from lint_rules.project.kept import ANSWER, PARTS, Entry, Kept, part_of
from lint_rules.project.reads import RECORD

KEPT = 4
"""Files that are kept of one project: the present state or settings, and a few to go back to."""
SPARE = 1_000
"""Lines that a file may have beyond one for each entry before it is written anew."""
MANY = 64
"""Lines of one entry after which one says all of it: what the earlier ones say has mostly been said again."""
ROWS = 64
"""Rows in a line of the index: what is lost where one is damaged."""
INDEX = ".index"
"""What the name of an index ends with."""


class _Row(NamedTuple):
    """A row of the index: a source file as it was, and where the line is that says what was read off it."""

    name: str
    signature: str
    digest: str
    start: int
    length: int
    #: The line begins with it.
    checksum: str
    #: Whether the line says all that is known: those before it are not read any more.
    whole: bool = False


class FileStore:
    """The files that the entries of one project are kept in.

    Nothing here raises: a folder that cannot be read or written is a store that keeps nothing.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self._path = path
        self._index = path.with_suffix(INDEX)
        self._joins = path.with_suffix(joinstore.SUFFIX)
        self._root = str(root)
        self._total = 0
        #: The lines that are read for each entry.
        self._lines: Counter[str] = Counter()
        self._opened: int | None = None

    def load_joins(self, joins: Joins) -> None:
        """Let what earlier runs kept of what the files say together be read when it is asked for."""
        joins.load = partial(joinstore.load, self._joins)

    def load(self, kept: Kept) -> None:
        """Take in what earlier runs kept."""
        entries: dict[str, Entry] = {}
        base = self._root + os.sep
        for row in self._rows():
            path = self._root if row.name == "." else base + row.name
            earlier = None if row.whole else entries.get(path)
            unread = (partial(self._read, row),)
            entry = Entry(row.signature, row.digest, unread=unread)
            entries[path] = entry.after(earlier)
            self._lines[path] = self._lines[path] + 1 if earlier is not None else 1
            self._total += 1
        kept.load(entries)

    def save_joins(self, joins: Joins) -> None:
        """Keep what the files say together."""
        joinstore.save(self._joins, joins)

    def save(self, kept: Kept) -> None:
        """Add what is new; the lines that it replaces go when they are many."""
        changed = kept.take_changed()
        if not changed:
            return
        try:
            if not self._total:
                make_room(self._path)
            whole = {path for path, _ in changed if self._lines[path] >= MANY}
            told = [(path, kept.entries[path] if path in whole else e) for path, e in changed]
            lines = [self._line(path, entry) for path, entry in told]
            start = add_lines(self._path, lines)
            add_lines(self._index, self._told(told, lines, start, whole))
            self._total += len(told)
            for path, _ in told:
                self._lines[path] = 1 if path in whole else self._lines[path] + 1
            if self._total > len(kept.entries) + SPARE:
                self._write_anew(kept)
        except OSError:
            return

    def _write_anew(self, kept: Kept) -> None:
        """Write every entry once.  What other processes added meanwhile they will read off again."""
        _drop_unused_records(kept, self._root)
        there = [(path, e) for path, e in kept.entries.items() if os.path.exists(path)]
        lines = [self._line(path, entry) for path, entry in there]
        replace_file(self._path, lines)
        replace_file(self._index, self._told(there, lines, 0))
        self._lines = Counter(path for path, _ in there)
        self._total = len(there)

    # ----------------------------------------------------------------- lines

    def _line(self, path: str, entry: Entry) -> bytes:
        told = (self._name(path), *entry.parts)
        return with_checksum("\t".join(map(_as_json, told)).encode("ascii"))

    def _read(self, row: _Row) -> Sequence[bytes]:
        """The values that the line of a row tells, by part; none where there is no such line any more."""
        line = self._bytes(row.start, row.length).removesuffix(b"\n")
        if not line.startswith(row.checksum.encode()):
            line = self._by_checksum.get(row.checksum, b"")
        data = checked(line)
        return data.split(b"\t")[1:] if data is not None else (b"{}",) * len(PARTS)

    @cached_property
    def _by_checksum(self) -> dict[str, bytes]:
        """Every line, wherever it stands: an index may be of another time than the lines."""
        try:
            lines = self._path.read_bytes().split(b"\n")
        except OSError:
            return {}
        return {line[:CHECKSUM].decode("ascii", "replace"): line for line in lines}

    def _bytes(self, start: int, length: int) -> bytes:
        try:
            if self._opened is None:
                self._opened = os.open(self._path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
                finalize(self, os.close, self._opened)
            os.lseek(self._opened, start, os.SEEK_SET)
            return os.read(self._opened, length)
        except OSError:
            return b""

    # ----------------------------------------------------------------- index

    def _rows(self) -> Iterable[_Row]:
        for line in filter(None, read_lines(self._index)):
            with suppress(TypeError, ValueError):
                yield from (_Row(*row) for row in json.loads(line))

    def _told(
        self, entries: Iterable[tuple[str, Entry]], lines: Iterable[bytes], start: int,
        whole: Collection[str] = (),
    ) -> list[bytes]:  # fmt: skip
        """The lines of the index that say where the lines of some entries are, the first at ``start``, and which of them
        say all of theirs."""
        rows: list[tuple[object, ...]] = []
        for (path, entry), line in zip(entries, lines, strict=True):
            checksum = line[:CHECKSUM].decode("ascii")
            name, length = self._name(path), len(line)
            row = _Row(name, entry.signature, entry.digest, start, length, checksum, path in whole)
            rows.append(row if row.whole else row[:-1])
            start += len(line)
        portions = (rows[at : at + ROWS] for at in range(0, len(rows), ROWS))
        return [with_checksum(_as_json(portion).encode("ascii")) for portion in portions]

    def _name(self, path: str) -> str:
        return os.path.relpath(path, self._root)


def _as_json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _drop_unused_records(kept: Kept, root: str) -> None:
    """Forget what answers were read from that nobody keeps any more."""
    answers = (entry.part(part_of(ANSWER)) for entry in kept.entries.values())
    values = (value for part in answers for _, value in part.values())
    links = {value["read"] for value in values if isinstance(value, dict) and "read" in value}
    root_entry = kept.entries.get(root)
    used: set[str] = set()
    while links:
        used |= links
        told = [root_entry.get(RECORD + name) for name in links] if root_entry is not None else []
        links = {link["before"] for _, link in filter(None, told)} - used
    kept.drop(lambda kind, _: kind.startswith(RECORD) and kind[len(RECORD) :] not in used, root)


def make_room(path: Path) -> None:
    """Make the folder of a new file, and remove what is left of earlier ones of the same project."""
    path.parent.mkdir(parents=True, exist_ok=True)
    project = path.name.partition("-")[0]
    others = [p for p in path.parent.glob(f"{project}-*.jsonl") if p != path]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for old in others[KEPT - 1 :]:
        old.unlink(missing_ok=True)
        for beside in (INDEX, joinstore.SUFFIX):
            old.with_suffix(beside).unlink(missing_ok=True)
