"""Edits of programs at random, as their authors might make them by mistake: most still parse."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Mapping

from random_leaks import generate

Lines = list[str]

_WORD = re.compile(r"[A-Za-z_]\w+")
_LINES = ("", "# note", "X = 1", "import json", "from json import *")
_MOVES = 0.15
"""The share of edits that add or remove a file."""
_BROKEN = 0.1
"""The share of edits that may leave a file which does not parse."""


def edited(rng: random.Random, files: Mapping[str, str]) -> tuple[str, str | None]:
    """The name of a file, and its new text; None where it is removed."""
    if rng.random() < _MOVES:
        return _moved(rng, files)
    while True:
        name = rng.choice(sorted(files))
        words = sorted({word for text in files.values() for word in _WORD.findall(text)}) or ["x"]
        lines = files[name].split("\n")
        rng.choice(_EDITS)(rng, lines, words)
        text = "\n".join(lines)
        if text != files[name] and (_parses(text) or rng.random() < _BROKEN):
            return name, text


def _moved(rng: random.Random, files: Mapping[str, str]) -> tuple[str, str | None]:
    """A file that comes or goes."""
    other = generate(rng.randrange(400))
    name = rng.choice(sorted(other))
    return name, None if name in files and len(files) > 1 else other[name]


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _remove(rng: random.Random, lines: Lines, words: list[str]) -> None:
    del lines[rng.randrange(len(lines))]


def _repeat(rng: random.Random, lines: Lines, words: list[str]) -> None:
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))


def _exchange(rng: random.Random, lines: Lines, words: list[str]) -> None:
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def _rename(rng: random.Random, lines: Lines, words: list[str]) -> None:
    """Another word of the program in the place of one."""
    at = rng.randrange(len(lines))
    found = list(_WORD.finditer(lines[at]))
    if found:
        hit = rng.choice(found)
        lines[at] = lines[at][: hit.start()] + rng.choice(words) + lines[at][hit.end() :]


def _insert(rng: random.Random, lines: Lines, words: list[str]) -> None:
    lines.insert(rng.randrange(len(lines)), rng.choice(_LINES))


def _statement(rng: random.Random, lines: Lines, words: list[str]) -> None:
    at = rng.randrange(len(lines))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    value = rng.choice(["None", rng.choice(words), f"{rng.choice(words)}.{rng.choice(words)}"])
    target = rng.choice(["x", f"{rng.choice(words)}.{rng.choice(words)}"])
    lines.insert(at, f"{indent}{target} = {value}")


def _further(rng: random.Random, lines: Lines, words: list[str]) -> None:
    """The definitions of another program, too."""
    other = generate(rng.randrange(400))
    lines += ["", "", *other[rng.choice(sorted(other))].split("\n")]


def _other(rng: random.Random, lines: Lines, words: list[str]) -> None:
    """Another program."""
    other = generate(rng.randrange(400))
    lines[:] = other[rng.choice(sorted(other))].split("\n")


_EDITS: tuple[Callable[[random.Random, Lines, list[str]], None], ...] = (
    _remove, _repeat, _exchange, _rename, _rename, _insert, _statement, _statement, _further, _other,
)  # fmt: skip
