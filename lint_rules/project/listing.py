"""Which files are a project's: those that a search below its root finds, and what is asked about beside.

A search enters no folder of build results or installed packages, and takes files called ``*.py``.  Whoever
asks about another file (a script without an ending, a file in ``build``) asks about it together with the
folder that the search left out.  So what is said of a file depends on where it is alone, never on what else
was asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from lint_rules.folders import folders_between, is_environment, is_left_out, is_skipped


class Listing:
    """The names of a project's files."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._beside: frozenset[str] = frozenset()
        #: What was left out on the way to files that were asked about, and what is found there.
        self._found: dict[tuple[str, ...], frozenset[str]] = {}

    @cached_property
    def _searched(self) -> frozenset[str]:
        return frozenset(_search(self._root))

    @property
    def names(self) -> frozenset[str]:
        """The files of the project, with what stands beside at present."""
        return self._searched | self._beside

    def include(self, path: str) -> bool:
        """Let a file be among :attr:`names`; True when that changed them.

        What stood beside for another file does no longer.
        """
        beside = frozenset() if path in self._searched else self._around(path)
        changed = beside != self._beside
        self._beside = beside
        return changed

    def _around(self, path: str) -> frozenset[str]:
        """A file that the search does not find, and those of the folders on the way that it leaves out."""
        passed = tuple(filter(is_left_out, folders_between(self._root, path)))
        if passed not in self._found:
            self._found[passed] = frozenset(name for one in passed for name in _search(one))
        own = {path} if os.path.isfile(path) else set()
        return self._found[passed] | own


def _search(root: str) -> Iterator[str]:
    """The Python files below a folder."""
    for directory, names, files in os.walk(root):
        if directory != root and is_environment((*names, *files)):
            names.clear()
            continue
        names[:] = [name for name in names if not is_skipped(name)]
        yield from (os.path.join(directory, name) for name in files if name.endswith(".py"))
