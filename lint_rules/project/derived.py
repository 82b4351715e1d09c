"""Answers about functions that others rest on as they are, whatever they were read from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from lint_rules.project.kept import digest
from lint_rules.project.noting import Remembered, noting

if TYPE_CHECKING:
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project

V = TypeVar("V")


class Derived(Generic[V]):
    """The answers to one question about functions, each remembered, and its digest kept for other runs.

    ``ask`` answers, ``said`` makes of an answer the JSON that tells it from others.
    """

    def __init__(
        self, project: Project, question: str,
        ask: Callable[[FunctionRef], V], said: Callable[[V], object],
    ) -> None:  # fmt: skip
        self._project = project
        self._question = question
        self._ask = ask
        self._said = said
        self._known = Remembered(self._answer, told=lambda f, known: (self._name(f), known[1]))

    def __call__(self, function: FunctionRef) -> V:
        """The answer about a function."""
        return self._known(function)[0]

    def _name(self, function: FunctionRef) -> str:
        path, piece = function.piece
        return f"{self._question}\0{path}\0{piece}"

    def _answer(self, function: FunctionRef) -> tuple[V, str]:
        reads = self._project.reads
        with noting() as node:
            answer = self._ask(function)
        if not reads.keeping:
            return answer, ""
        told = digest(self._said(answer))
        reads.keep_digest(self._name(function), function.module.path, told, node)
        return answer, told

    def derive(self, name: str) -> str:
        """The digest of what is answered now to the question of that name; empty where it is another one, or there is
        no such function."""
        question, *about = name.split("\0")
        if question != self._question:
            return ""
        function = self._project.function_at(Path(about[0]), about[1])
        return self._known(function)[1] if function is not None else ""
