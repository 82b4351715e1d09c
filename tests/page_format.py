"""The fenced blocks of a Markdown page, with the marks that stand above them.

A mark is an HTML comment on a line of its own between the block before and this one, so that readers
do not see it: ``<!-- mark: what it says -->``.  ``MARKS`` lists them; any other is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

MARKS = {
    "in": "from here on the commands run in a fresh copy of this project (a folder of tests/pages, "
    "'examples', or 'checkout' for this repository)",
    "file": "the block is the whole content of this file, and is written there",
    "shows": "the block is a part of this file as it is now",
    "exit": "the exit status of the block's last command",
    "checked by": "another test compares the block: tests/file.py::name",
    "network": "the block needs the package index, and this is what for",
    "not run": "the block is neither run nor compared, and this is why",
}

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})[ \t]*([^\s`]*)[^`]*$")
_MARK = re.compile(r"[ \t]*<!--[ \t]*([a-z ]+?)[ \t]*:[ \t]*(.*?)[ \t]*-->[ \t]*$")


class PageError(AssertionError):
    """A page that breaks its own rules: the place, the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: ``kind`` is its language, ``line`` (from 1) that of the opening fence."""

    page: str
    line: int
    kind: str
    text: str
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """``page:line``, for messages."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Command:
    """A command as the reader types it, and what the page says that it prints."""

    line: str
    output: tuple[str, ...] = ()


def read_blocks(path: Path, name: str) -> list[Block]:
    """All fenced blocks of a page, in order."""
    return list(_blocks(path.read_text(encoding="utf-8").splitlines(), name))


def prose_of(text: str) -> str:
    """The page without its fenced blocks; the lines keep their numbers."""
    kept: list[str] = []
    closing: re.Pattern[str] | None = None
    for line in text.splitlines():
        if closing is None:
            opening = _FENCE.match(line)
            closing = _closing(opening) if opening else None
            kept.append("" if opening else line)
        else:
            closing = None if closing.match(line) else closing
            kept.append("")
    return "\n".join(kept)


def _blocks(lines: list[str], page: str) -> Iterator[Block]:
    marks: dict[str, str] = {}
    at = 0
    while at < len(lines):
        mark, opening = _MARK.match(lines[at]), _FENCE.match(lines[at])
        if mark is not None:
            marks[_known(mark[1], f"{page}:{at + 1}")] = mark[2]
        elif opening is not None:
            start, closing = at, _closing(opening)
            at += 1
            while at < len(lines) and not closing.match(lines[at]):
                at += 1
            if at == len(lines):
                raise PageError(f"{page}:{start + 1}: the block is never closed")
            body = [line.removeprefix(opening[1]) for line in lines[start + 1 : at]]
            yield Block(page, start + 1, opening[3], "".join(f"{line}\n" for line in body), marks)
            marks = {}
        at += 1
    if marks:
        raise PageError(f"{page}: the mark {next(iter(marks))!r} stands above no block")


def _closing(opening: re.Match[str]) -> re.Pattern[str]:
    return re.compile(rf"[ \t]*{re.escape(opening[2])}[ \t]*$")


def _known(mark: str, place: str) -> str:
    if mark not in MARKS:
        raise PageError(f"{place}: unknown mark {mark!r}; the marks are {', '.join(MARKS)}")
    return mark


def read_commands(block: Block) -> list[Command]:
    r"""The commands of a ``console`` block; a trailing ``\`` continues one on the next line."""
    commands: list[tuple[str, list[str]]] = []
    continued = False
    for line in block.text.splitlines():
        if continued:
            command, output = commands[-1]
            commands[-1] = (f"{command}\n{line}", output)
        elif line.startswith("$ "):
            commands.append((line[2:], []))
        elif commands:
            commands[-1][1].append(line)
            continue
        else:
            raise PageError(f"{block.place}: a console block begins with a command: '$ ...'")
        continued = line.endswith("\\")
    return [Command(line, tuple(output)) for line, output in commands]
