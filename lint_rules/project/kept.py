"""What was read off single files, kept under the digest of their bytes and of what was asked.

A value is a function of one file and of a *context*: what the rest of the project says that the
question depends on.  So a run reads off again only what has changed, and all else follows from joining
what the files say.  Values are JSON (lists, not tuples), so that they survive on disk (``store``).
"""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

RACY = 2_000_000_000
"""Nanoseconds that a file must not have been touched for before its stat stands for its bytes: within
one tick of a file system's clock a second write would not show (as in git's index)."""


Value = Sequence[Any]
"""The digest of the context that a value was read off in, and the value."""


class Entry:
    """One file: what its stat was when it had these bytes (empty: not to be relied on), and values.

    Values from disk are read when one is asked for (``unread`` reads some of them, each part as JSON).
    """

    __slots__ = ("_parts", "_told", "_unread", "digest", "signature")

    def __init__(
        self, signature: str, digest: str, values: dict[str, Value] | None = None,
        unread: Iterable[Callable[[], Sequence[bytes]]] = (),
    ) -> None:  # fmt: skip
        self.signature = signature
        self.digest = digest
        self._parts: tuple[dict[str, Value], ...] = tuple({} for _ in PARTS)
        self._unread = [*unread]
        #: What was read and not yet looked into, by part.
        self._told: tuple[list[bytes], ...] = tuple([] for _ in PARTS)
        for kind, value in (values or {}).items():
            self._parts[part_of(kind)][kind] = value

    def part(self, number: int) -> dict[str, Value]:
        """The values of a part by kind (:func:`part_of`)."""
        if self._unread:
            for read in self._unread:
                for told, data in zip(self._told, read(), strict=True):
                    told.append(data)
            self._unread.clear()
        values, told = self._parts[number], self._told[number]
        if told:
            for data in told:
                values.update(json.loads(data.decode("ascii")))
            told.clear()
        return values

    def get(self, kind: str) -> Value | None:
        """The value of a kind."""
        return self.part(part_of(kind)).get(kind)

    def some(self, kinds: Iterable[str]) -> dict[str, Value]:
        """Those values that there are of some kinds."""
        return {kind: value for kind in kinds if (value := self.get(kind)) is not None}

    def put(self, kind: str, value: Value) -> None:
        """Set the value of a kind."""
        self.part(part_of(kind))[kind] = value

    @property
    def parts(self) -> tuple[dict[str, Value], ...]:
        """All values, by part."""
        return tuple(map(self.part, PARTS))

    def after(self, earlier: Entry | None) -> Entry:
        """This entry with the values that an earlier one of the same bytes has beside; both still unread."""
        if earlier is None or earlier.digest != self.digest:
            return self
        return Entry(self.signature, self.digest, unread=earlier._unread + self._unread)


def digest(context: object) -> str:
    """A short digest of a context; equal contexts have to look the same (sort what has no order)."""
    return blake2b(repr(context).encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()


NO_CONTEXT = ""
"""The context of what depends on the file's own text alone."""
ANSWER = "answer "
"""What the kind of a value begins with that says itself what it was read from (``reads``): it may hold though
the file has other bytes now."""


PARTS = (0, 1)
"""The values of a file come in two parts: what the whole project asks of each file, and what is asked for by
itself, so that the one is read without the other."""
_BY_ITSELF = (ANSWER, "named ", "pieces", "parses")


def part_of(kind: str) -> int:
    """The part that the values of a kind are in."""
    return int(kind.startswith(_BY_ITSELF))


class Kept:
    """The values of the files of one project."""

    def __init__(self, *, on_disk: bool = True) -> None:
        #: False where the texts are not those of the files: their stats say nothing then.
        self._on_disk = on_disk
        #: What is known of each file, by its path as text, which is faster to look up.
        self.entries: dict[str, Entry] = {}
        #: The entries that are known to be of the present bytes.
        self.current: dict[Path, Entry] = {}
        #: What was known of those that have other bytes now.
        self._before: dict[str, Entry] = {}
        #: The kinds of values that are new, by file.
        self._new: dict[str, set[str]] = {}

    def load(self, entries: dict[str, Entry]) -> None:
        """Take in what earlier runs kept."""
        self.entries.update(entries)

    def take_changed(self) -> list[tuple[str, Entry]]:
        """What is new since this was asked for the last time: entries with their new values."""
        new, self._new = self._new, {}
        return [
            (path, Entry(entry.signature, entry.digest, entry.some(kinds)))
            for path, kinds in new.items()
            for entry in [self.entries[path]]
        ]

    def drop(self, unwanted: Callable[[str, Any], bool], path: str) -> None:
        """Forget those values of a file that are ``unwanted``, by their kind and what they are."""
        for values in self.entries[path].parts if path in self.entries else ():
            for kind in [kind for kind, (_, value) in values.items() if unwanted(kind, value)]:
                del values[kind]
                self._new.get(path, set()).discard(kind)

    @property
    def changed(self) -> int:
        """How many files have something new."""
        return len(self._new)

    def forget(self, path: Path) -> None:
        """Look at a file again: it may have other bytes now."""
        self.current.pop(path, None)

    def digest_of(self, path: Path, read: Callable[[], bytes]) -> str:
        """The digest of a file's bytes; they are read only where the stat has changed."""
        return self.entry(path, read).digest

    def get(self, kind: str, path: Path, context: str, read: Callable[[], bytes]) -> Any:
        """The value of a kind in a context; None when it is not known."""
        known = self.entry(path, read).get(kind)
        return known[1] if known is not None and known[0] == context else None

    def earlier(self, kind: str, path: Path, context: str) -> Any:
        """The value that a file had in the same context before its bytes changed; None when it is not known."""
        before = self._before.get(str(path))
        known = before.get(kind) if before is not None else None
        return known[1] if known is not None and known[0] == context else None

    def put(
        self, kind: str, path: Path, context: str, read: Callable[[], bytes], value: Any
    ) -> None:
        """Keep a value (never None)."""
        self.entry(path, read).put(kind, (context, value))
        self._new.setdefault(str(path), set()).add(kind)

    def entry(self, path: Path, read: Callable[[], bytes]) -> Entry:
        """The entry of a file as it is now."""
        if path not in self.current:
            self.current[path] = self._looked_at(path, read)
        return self.current[path]

    def _looked_at(self, path: Path, read: Callable[[], bytes]) -> Entry:
        name = str(path)
        known = self.entries.get(name)
        signature, changed = _signature(name) if self._on_disk else ("", 0)
        if known is not None and signature and known.signature == signature:
            return known
        found = blake2b(read(), digest_size=16).hexdigest()
        if time.time_ns() - changed < RACY:
            signature = ""
        new: set[str] = set()
        if known is not None and known.digest == found:
            entry = known
            entry.signature = signature
        else:
            answers = known.part(part_of(ANSWER)) if known is not None else {}
            values = {kind: value for kind, value in answers.items() if kind.startswith(ANSWER)}
            new.update(values)
            if known is not None:
                self._before[name] = known
            entry = self.entries[name] = Entry(signature, found, values)
        self._new.setdefault(name, set()).update(new)
        return entry


def _signature(path: str) -> tuple[str, int]:
    """What of a file's stat changes when it is written, and when it last did; empty where it is none."""
    try:
        known = os.stat(path)
    except OSError:
        return "", 0
    if not stat.S_ISREG(known.st_mode):
        return "", 0
    times = (known.st_mtime_ns, known.st_ctime_ns)
    return f"{times[0]} {times[1]} {known.st_size} {known.st_ino}", max(times)
