"""Which project a file belongs to, decided by where the file is alone."""

from __future__ import annotations

import os
from pathlib import Path

_MARKERS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg"})
_PACKAGE = "__init__.py"
MAX_NAMESPACE_DEPTH = 3
"""Directories without ``__init__.py`` that may lie between a file and its package."""


def place_of(path: Path) -> Path:
    """Where a file is, by the one name that its project knows it by."""
    return Path(name_of(path))


def name_of(path: Path) -> str:
    """:func:`place_of` as text, which takes less than half of the time."""
    name = os.path.join(os.getcwd(), path)
    if os.pardir not in name or os.pardir not in name.split(os.sep):
        return name
    return os.path.join(os.path.realpath(os.path.dirname(name)), os.path.basename(name))


class Roots:
    """The roots of the projects of some files; every directory is looked at once.

    A root is the nearest directory with a project marker, else the topmost directory of the packages
    around the file, else the file's own directory.
    """

    def __init__(self) -> None:
        self._home = str(Path.home())
        self._names: dict[str, set[str]] = {}
        self._roots: dict[str, Path] = {}

    def of(self, path: Path) -> Path:
        """The root of a file's project; files of one directory have the same."""
        return self.of_name(name_of(path))

    def of_name(self, name: str) -> Path:
        """The same, by :func:`name_of` the file."""
        directory = os.path.dirname(name)
        if directory not in self._roots:
            self._roots[directory] = Path(self._above(directory))
        return self._roots[directory]

    def _above(self, directory: str) -> str:
        package, gap, parent = None, 0, directory
        while not self._ends(parent):
            names = self._names_in(parent)
            if not names.isdisjoint(_MARKERS):
                return parent
            if _PACKAGE in names:
                package, gap = parent, 0
            else:
                gap += 1
                if gap > MAX_NAMESPACE_DEPTH:
                    break
            parent = os.path.dirname(parent)
        return package or directory

    def _ends(self, directory: str) -> bool:
        """True where no project's root is looked for any further."""
        above, name = os.path.split(directory)
        return directory == self._home or above == directory or name == "site-packages"

    def _names_in(self, directory: str) -> set[str]:
        """The names that decide about a root and stand in a directory."""
        if directory not in self._names:
            base = directory + os.sep
            names = (*_MARKERS, _PACKAGE)
            self._names[directory] = {name for name in names if os.path.exists(base + name)}
        return self._names[directory]
