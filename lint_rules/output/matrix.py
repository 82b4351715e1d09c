"""The matrix: per model, fields as rows, helpers and merge functions as columns, the evidence below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from lint_rules.findings import Diagnostic, Evidence, Subject
from lint_rules.output.json import VERSION, error_of, field_of
from lint_rules.output.plain import cells, json_text, printable

WIDTH = 100
"""Columns of a terminal that the text keeps to."""
_CELL = 14
_NAME = 40
_GOOD = ("reset", "overwritten")
_GREEN, _RED, _BOLD, _OFF = "\x1b[32m", "\x1b[31;1m", "\x1b[1m", "\x1b[0m"


def as_text(subjects: Sequence[Subject], *, colour: bool = False) -> str:
    """One block for each model; a sentence when there is nothing to show.

    A mark says what the function does to the field; a dot, that it has nothing to do with it.
    """
    lines: list[str] = []
    for model, found in groupby(subjects, key=lambda subject: subject.model):
        lines += [*_block(model, list(found), colour), ""]
    if not lines:
        return "no cache-copy helper and no merge function for a per-request field was found\n"
    return "".join(f"{line}\n" for line in lines)


def as_json(subjects: Sequence[Subject], errors: Sequence[Diagnostic]) -> str:
    """One object: the models, each with its fields, its functions, and a mark for each pair."""
    models = []
    for model, found in groupby(subjects, key=lambda subject: subject.model):
        mine = list(found)
        models.append(
            {
                "model": model,
                "fields": [
                    field_of(field)
                    for field in {f.name: f for s in mine for f, _ in s.marks}.values()
                ],
                "functions": [
                    {
                        "function": subject.function,
                        "kind": subject.kind,
                        "path": subject.path,
                        "line": subject.line,
                        "marks": {field.name: mark or None for field, mark in subject.marks},
                    }
                    for subject in mine
                ],
            }
        )
    document = {"version": VERSION, "models": models, "errors": [error_of(e) for e in errors]}
    return json_text(document)


def _block(model: str, subjects: list[Subject], colour: bool) -> Iterator[str]:
    for line in _wrapped("", printable(model)):
        yield f"{_BOLD}{line}{_OFF}" if colour else line
    for number, subject in enumerate(subjects, 1):
        place = f"{printable(subject.path)}:{subject.line}"
        yield from _wrapped(
            f"  [{number}] ", f"{printable(subject.function)} ({subject.kind}, {place})"
        )
    names = list(dict.fromkeys(field.name for s in subjects for field, _ in s.marks))
    shown = {name: _cut(printable(name)) for name in names}
    room = max(map(cells, shown.values()), default=0) + 2
    fit = (WIDTH - room - 2) // _CELL
    for start in range(0, len(subjects), fit):
        yield ""
        part = subjects[start : start + fit]
        heads = "".join(f"[{start + at}]".ljust(_CELL) for at in range(1, len(part) + 1))
        yield f"  {' ' * room}{heads}".rstrip()
        for name in names:
            label = shown[name] + " " * (room - cells(shown[name]))
            yield f"  {label}{''.join(_mark(s, name, colour) for s in part)}".rstrip()
    yield ""
    evidence = {field.name: field.evidence for s in subjects for field, _ in s.marks}
    for name in names:
        yield from _wrapped(f"  {shown[name]}: ", "; ".join(map(_told, evidence[name])))


def _mark(subject: Subject, name: str, colour: bool) -> str:
    mark = next((mark for field, mark in subject.marks if field.name == name), "") or "."
    padding = " " * (_CELL - len(mark))
    if not colour or mark == ".":
        return mark + padding
    return f"{_GREEN if mark in _GOOD else _RED}{mark}{_OFF}{padding}"


def _told(proof: Evidence) -> str:
    return f"{printable(proof.text)} ({printable(proof.path)}:{proof.line})"


def _cut(name: str) -> str:
    return name if cells(name) <= _NAME else name[: _NAME // 2 - 1] + "…"


def _wrapped(lead: str, text: str) -> list[str]:
    # Where characters are two columns wide, fewer of them go into a line.
    wide = cells(lead + text) - len(lead + text)
    width = max(WIDTH // 2, WIDTH - wide)
    return wrap(text, width, initial_indent=lead, subsequent_indent="      ") or [lead.rstrip()]
