"""What ``.gitignore`` files say about the paths below one directory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.regularfile import read_regular_text

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


MAX_STEPS = 1_000_000
"""What matching one pattern may take.  Its wildcards can share a path out in very many ways."""


class Patterns:
    """The lines of one ``.gitignore``.

    A line with so many wildcards that a path of this length could take for ever is passed over, for
    that path: then more is searched, never less.
    """

    def __init__(self, lines: list[str]) -> None:
        self._lines = [(line, _wildcards(line)) for line in lines]
        self._most = max(count for _, count in self._lines)
        self._specs: dict[int, GitIgnoreSpec] = {}

    def verdict(self, path: str) -> bool | None:
        """True or False where a pattern speaks of the path, else None."""
        allowed = self._most
        while allowed > 1 and comb(len(path) + allowed, allowed) > MAX_STEPS:
            allowed -= 1
        if allowed not in self._specs:
            lines = [line for line, count in self._lines if count <= allowed]
            self._specs[allowed] = _spec(lines)
        include: bool | None = self._specs[allowed].check_file(path).include
        return include


def _wildcards(line: str) -> int:
    """How many parts of a pattern can match more than one length."""
    return len(_RUNS.findall(line))


_RUNS = re.compile(r"\*\*?")


def _spec(lines: list[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    kept = []
    for line in lines:
        try:
            GitIgnoreSpec.from_lines([line])
        except ValueError:
            # git itself passes over a pattern that it cannot read.
            continue
        kept.append(line)
    return GitIgnoreSpec.from_lines(kept)


@dataclass(frozen=True, slots=True)
class Rules:
    """One ``.gitignore``: its patterns, and how its paths differ from those of the search."""

    patterns: Patterns
    before: str
    cut: int

    def verdict(self, inner: str, is_directory: bool) -> bool | None:
        """True or False where a pattern speaks of the path, else None."""
        path = self.before + inner[self.cut :]
        return self.patterns.verdict(f"{path}/" if is_directory else path)


@dataclass(frozen=True, slots=True)
class Ignores:
    """The files that have a say at one place, the nearest (which decides) first."""

    chain: tuple[Rules, ...] = ()

    @classmethod
    def above(cls, root: str) -> Ignores:
        """What the files above ``root`` say, up to the top of its repository.

        The file in ``root`` itself is left to the search, which sees it anyway.
        """
        chain = tuple(_above(root))
        here = cls(chain)
        # A user who names an ignored directory means it: what is above it has no say then.
        if any(rules.verdict("", is_directory=False) for rules in chain):
            return cls()
        return here

    def below(self, path: str, base: str) -> Ignores:
        """These rules, and before them the ``.gitignore`` at ``path`` in the directory ``base``."""
        patterns = _read(path)
        return self if patterns is None else Ignores((Rules(patterns, "", len(base)), *self.chain))

    def hide(self, inner: str, *, is_directory: bool) -> bool:
        """True when the nearest statement about the path is that git ignores it."""
        for rules in self.chain:
            verdict = rules.verdict(inner, is_directory)
            if verdict is not None:
                return verdict
        return False


def _above(root: str) -> Iterator[Rules]:
    directories = (Path(root), *Path(root).parents)
    top = next((place for place in directories if (place / ".git").exists()), Path(root))
    for place in directories[1:]:
        if not place.is_relative_to(top):
            return
        patterns = _read(os.path.join(place, ".gitignore"))
        if patterns is not None:
            yield Rules(patterns, f"{Path(root).relative_to(place).as_posix()}/", 0)


def _read(path: str) -> Patterns | None:
    try:
        lines = read_regular_text(path, "utf-8").split("\n")
    except OSError:
        return None
    if not any(line.strip() and not line.startswith("#") for line in lines):
        return None
    try:
        import pathspec  # noqa: F401
    except ImportError:
        # An optional help: without pathspec more files are searched, none fewer.
        return None
    return Patterns(lines)
