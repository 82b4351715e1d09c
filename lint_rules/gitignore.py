"""What ``.gitignore`` files say about the paths below one directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.regularfile import read_regular_text

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Rules:
    """One ``.gitignore``: its patterns, and how its paths differ from those of the search."""

    spec: GitIgnoreSpec
    before: str
    cut: int

    def verdict(self, inner: str, is_directory: bool) -> bool | None:
        """True or False where a pattern speaks of the path, else None."""
        path = self.before + inner[self.cut :]
        include: bool | None = self.spec.check_file(f"{path}/" if is_directory else path).include
        return include


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
        spec = _read(path)
        return self if spec is None else Ignores((Rules(spec, "", len(base)), *self.chain))

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
        spec = _read(os.path.join(place, ".gitignore"))
        if spec is not None:
            yield Rules(spec, f"{Path(root).relative_to(place).as_posix()}/", 0)


def _read(path: str) -> GitIgnoreSpec | None:
    try:
        lines = read_regular_text(path, "utf-8").split("\n")
    except OSError:
        return None
    if not any(line.strip() and not line.startswith("#") for line in lines):
        return None
    try:
        from pathspec import GitIgnoreSpec
    except ImportError:
        # An optional help: without pathspec more files are searched, none fewer.
        return None
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:
        # git itself passes over a pattern that it cannot read.
        return None
