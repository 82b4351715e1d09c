"""What was read off the files of a project, kept on disk for the next run.

One file for each project and set of settings; a line for each source file, added at the end when it
has changed (``checkedlines``).  A damaged one is passed over.  What is read here is only data: nothing in it
can run.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

from lint_rules.checkedlines import add_lines, read_lines, with_checksum
from lint_rules.project.kept import Entry, Kept
from lint_rules.project.reads import RECORD

KEPT = 4
"""Files that are kept of one project: the present state or settings, and a few to go back to."""
SPARE = 2_000
"""Lines that a file may have beyond two for each entry before it is written anew."""
MANY = 64
"""Lines of one entry after which it is: what the earlier ones say has mostly been said again."""


class FileStore:
    """The file that the entries of one project are kept in.

    Nothing here raises: a folder that cannot be read or written is a store that keeps nothing.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self._path = path
        self._root = str(root)
        self._lines: Counter[str] = Counter()

    def load(self, kept: Kept) -> None:
        """Take in what earlier runs kept."""
        entries: dict[str, Entry] = {}
        for line in read_lines(self._path):
            if line is not None:
                path, entry = self._entry(line)
                self._lines[path] += 1
                entries[path] = entry.after(entries.get(path))
        kept.load(entries)

    def save(self, kept: Kept) -> None:
        """Add what is new; the lines that it replaces go when they are many."""
        changed = kept.take_changed()
        if not changed:
            return
        lines = [self._line(path, entry) for path, entry in changed]
        try:
            if not self._lines:
                make_room(self._path)
            add_lines(self._path, lines)
            self._lines.update(path for path, _ in changed)
            if self._has_grown(kept):
                self._write_anew(kept)
        except OSError:
            return

    def _has_grown(self, kept: Kept) -> bool:
        many = self._lines.total() > 2 * len(kept.entries) + SPARE
        return many or max(self._lines.values()) > MANY

    def _write_anew(self, kept: Kept) -> None:
        """Write every entry once.  What other processes added meanwhile they will read off again."""
        _drop_unused_records(kept, self._root)
        new = self._path.with_suffix(f".{os.getpid()}")
        try:
            there = ((path, e) for path, e in kept.entries.items() if os.path.exists(path))
            new.write_bytes(b"".join(self._line(path, entry) for path, entry in there))
            os.replace(new, self._path)
        finally:
            new.unlink(missing_ok=True)
        self._lines = Counter(list(kept.entries))

    def _line(self, path: str, entry: Entry) -> bytes:
        parts = (os.path.relpath(path, self._root), entry.values)
        name, values = (json.dumps(part, separators=(",", ":")) for part in parts)
        data = "\t".join((name, entry.signature, entry.digest, values))
        return with_checksum(data.encode("ascii"))

    def _entry(self, data: bytes) -> tuple[str, Entry]:
        name, signature, digest, values = data.split(b"\t", 3)
        path = self._root if name == b'"."' else os.path.join(self._root, json.loads(name))
        return path, Entry(signature.decode(), digest.decode(), unread=(values,))


def _drop_unused_records(kept: Kept, root: str) -> None:
    """Forget what answers were read from that nobody keeps any more."""
    values = (value for entry in kept.entries.values() for _, value in entry.values.values())
    links = {value["read"] for value in values if isinstance(value, dict) and "read" in value}
    known = kept.entries[root].values if root in kept.entries else {}
    used: set[str] = set()
    while links:
        used |= links
        told = (known.get(RECORD + name) for name in links)
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
