"""Syntax trees that were asked for lately.

A tree takes fifty times the memory of its text, and almost every question about a definition is
asked soon after another one about the same.  What is not asked for again is let go of and, should it be,
parsed once more.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

MAX_CHARACTERS = 400_000
"""The text, all in all, of which trees are kept: some 20 MB."""


class RecentTrees:
    """Trees by what they are of; those asked for least lately go first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._characters = 0

    def get(self, key: Hashable, size: int, parse: Callable[[], Any]) -> Any:
        """The tree of a text of ``size`` characters, parsed where it is not at hand."""
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known[0]
        tree = parse()
        self._kept[key] = tree, size
        self._characters += size
        while self._characters > MAX_CHARACTERS and len(self._kept) > 1:
            _, (_, gone) = self._kept.popitem(last=False)
            self._characters -= gone
        return tree

    def clear(self) -> None:
        """Keep nothing: the texts have changed."""
        self._kept.clear()
        self._characters = 0
