"""Answers about classes that others rest on as they are, whatever they were read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lint_rules.project.kept import NO_CONTEXT, digest

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.project import Project


def told(question: str) -> Callable[[ClassRef, object], tuple[str, str]]:
    """What the answer to a question about a class is called, and a digest of it."""
    return lambda model, answer: (name_of(question, model), digest(answer))


def name_of(question: str, model: ClassRef) -> str:
    """What the answer to a question about a class is called."""
    return f"{question}\0{model.module.path}\0{model.qualname}"


def kept(project: Project, question: str, model: ClassRef, ask: Callable[[ClassRef], Any]) -> Any:
    """What an earlier run answered to a question about a class, where that holds, else what ``ask`` says: JSON, and
    never None."""
    name = name_of(question, model)
    return project.reads.kept(name, project.root, NO_CONTEXT, lambda: ask(model))


def asked_again(
    project: Project, questions: dict[str, Callable[[ClassRef], object]], name: str
) -> str:
    """The digest of what is answered now to the question of that name; empty where there is none."""
    question, _, about = name.partition("\0")
    path, _, qualname = about.partition("\0")
    if question not in questions:
        return ""
    model = project.class_at(path, qualname)
    return digest(questions[question](model)) if model is not None else ""
