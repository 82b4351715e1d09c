"""Which files of a project hold some bytes.

The first few times the texts are searched.  Who asks on has the words of all files collected, which takes as long as some
thirty searches, and searches those: there is a twentieth of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint_rules.project.project import Project

SEARCHES = 24
"""So often each file is looked at before the words are collected."""
_BREAKS = bytes(c if bytes([c]).isalnum() or c == ord("_") else ord(" ") for c in range(256))
"""What is no part of a word becomes a blank, and what is not ASCII."""


class Search:
    """The search of one project's files."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._looks = 0
        self._words: _Words | None = None
        self._known: dict[bytes, frozenset[Path]] = {}

    def files(self, literal: bytes) -> list[Path]:
        """The files of the project that hold a literal, sorted."""
        paths = self._project.paths
        self._look(len(paths))
        return [path for path in paths if self._holds(path, literal)]

    def held(self, literals: Collection[bytes], path: Path) -> list[bytes]:
        """Those of the literals that a file holds."""
        self._look(len(literals))
        return [literal for literal in literals if self._holds(path, literal)]

    def _look(self, times: int) -> None:
        self._looks += times
        if self._words is None and self._looks > SEARCHES * len(self._project.paths):
            self._words = _Words(self._project.bytes_on_disk, self._project.paths)

    def _holds(self, path: Path, literal: bytes) -> bool:
        words = self._words
        if words is None or path not in words.paths or self._project.has_overlay(path):
            return literal in self._project.unnoted_bytes(path)
        if literal not in self._known:
            self._known[literal] = words.holding(literal)
        return path in self._known[literal]


class _Words:
    """The words of some files, as these are on disk."""

    def __init__(self, read: Callable[[Path], bytes], paths: Collection[Path]) -> None:
        self._read = read
        self.paths = frozenset(paths)
        self._files: dict[bytes, list[Path]] = {}
        for path in paths:
            for word in set(read(path).translate(_BREAKS).split()):
                self._files.setdefault(word, []).append(path)
        self._all = b"\n".join((b"", *self._files, b""))

    def holding(self, literal: bytes) -> frozenset[Path]:
        """The files that hold a literal."""
        part = max(literal.translate(_BREAKS).split(), key=len, default=b"")
        if not part:
            return frozenset(path for path in self.paths if literal in self._read(path))
        found = {path for word in self._with(part) for path in self._files[word]}
        if part != literal:
            found = {path for path in found if literal in self._read(path)}
        return frozenset(found)

    def _with(self, part: bytes) -> list[bytes]:
        """The words that hold a part of a word."""
        found: list[bytes] = []
        at = self._all.find(part)
        while at >= 0:
            first, end = self._all.rindex(b"\n", 0, at) + 1, self._all.index(b"\n", at)
            found.append(self._all[first:end])
            at = self._all.find(part, end)
        return found
