"""Answers about functions that others rest on as they are, whatever they were read from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from lint_rules.project.kept import digest
from lint_rules.project.noting import Remembered, noting

if TYPE_CHECKING:
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project

K = TypeVar("K")
V = TypeVar("V")


class Derived(Generic[K, V]):
    """The answers to one question, by what it is about, each remembered, and its digest kept for other runs.

    ``ask`` answers, ``said`` makes of an answer the JSON that tells it from others.  ``told`` tells in texts what a
    question is about, first the path of its file, and ``read`` makes that of the texts; None where it is not there.
    """

    def __init__(
        self, project: Project, question: str, ask: Callable[[K], V], said: Callable[[V], object], *,
        told: Callable[[K], tuple[str, ...]], read: Callable[[list[str]], K | None],
    ) -> None:  # fmt: skip
        self._project = project
        self._question = question
        self._ask = ask
        self._said = said
        self._told = told
        self._read = read
        self._known = Remembered(self._answer, told=lambda about, known: known[1:])

    def __call__(self, about: K) -> V:
        """The answer about something."""
        return self._known(about)[0]

    def _answer(self, about: K) -> tuple[V, str, str]:
        """The answer, its name, and its digest where one is kept."""
        reads, told = self._project.reads, self._told(about)
        name = "\0".join((self._question, *told))
        with noting() as node:
            answer = self._ask(about)
        if not reads.keeping:
            return answer, name, ""
        value = digest(self._said(answer))
        reads.keep_digest(name, Path(told[0]), value, node)
        return answer, name, value

    def derive(self, name: str) -> str:
        """The digest of what is answered now to the question of that name; empty where it is another one, or what it is
        about is not there."""
        question, *told = name.split("\0")
        about = self._read(told) if question == self._question else None
        return self._known(about)[2] if about is not None else ""


def about_functions(
    project: Project, question: str, ask: Callable[[FunctionRef], V], said: Callable[[V], object]
) -> Derived[FunctionRef, V]:
    """The answers to a question about functions."""
    return Derived(project, question, ask, said, told=told_of, read=partial(function_told, project))


def told_of(function: FunctionRef) -> tuple[str, str]:
    """What tells a function: the path of its file, and the piece that is its text."""
    path, piece = function.piece
    return str(path), piece


def function_told(project: Project, told: list[str]) -> FunctionRef | None:
    """The function that :func:`told_of` told."""
    return project.function_at(Path(told[0]), told[1])
