"""Code that formatters and linters leave as it is: within flake8's width, exploded with trailing commas."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 79
"""The longest line that flake8 accepts where nobody configured it; black and ruff take more."""


def quoted(text: str) -> str:
    """A string literal as black writes it: in double quotes, unless that needs more escapes."""
    literal = repr(text)
    if literal[0] == "'" and '"' not in literal:
        inner = literal[1:-1]
        return f'"{inner}"'
    return literal


def call(function: str, arguments: Sequence[str], *, at: int, explode: bool = False) -> list[str]:
    """A call as lines, on one line where it fits in column ``at`` and ``explode`` is not asked for."""
    line = f"{function}({', '.join(arguments)})"
    if not explode and "\n" not in line and at + len(line) <= WIDTH:
        return [line]
    body = [
        f"    {part}"
        for argument in arguments
        for part in f"{argument},".split("\n")
    ]  # fmt: skip
    return [f"{function}(", *body, ")"]


def within(text: str) -> str:
    """``text``; a line that is too long, since a name in it is, tells flake8 so."""
    return "".join(
        f"{line}  # noqa: E501\n" if len(line) > WIDTH else f"{line}\n"
        for line in text.removesuffix("\n").split("\n")
    )
