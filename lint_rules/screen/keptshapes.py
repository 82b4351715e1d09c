"""The shapes of a file's functions, kept with what each follows from: of a file that has changed only those of the
functions that have changed are read off anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rules.project.functions import Place
from lint_rules.project.kept import digest
from lint_rules.screen.shapes import Shape, shape_as_json, shape_from_json

if TYPE_CHECKING:
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project


class Asked(NamedTuple):
    """A function whose shape is asked for."""

    function: FunctionRef
    #: What the shape depends on beside the function's text and the context of all of them.
    more: tuple[object, ...]
    #: None for a shape that is of no interest.
    read: Callable[[], Shape | None]


def shapes_of(
    project: Project, kind: str, path: Path, context: str, ask: Callable[[], Iterable[Asked]]
) -> dict[FunctionRef, Shape]:
    """The functions of a file and their shapes; ``context`` is what they depend on beside its text."""

    def read() -> list[Any]:
        earlier = project.earlier_value(kind, path, context) or ()
        known = {key: told for _, key, told in earlier}
        imported = sorted(project.names.imported(path))
        return [_told(one, known, imported) for one in ask()]

    found = project.of_file(kind, path, context, read)
    if not any(told for _, _, told in found):
        return {}
    function_of = project.module(path).function_of
    told_shapes = ((place, told) for place, _, told in found if told is not None)
    return {function_of(Place(*place)): shape_from_json(told) for place, told in told_shapes}


def _told(one: Asked, known: dict[str, Any], imported: list[str]) -> list[Any]:
    function = one.function
    key = digest((function.qualname, function.source, imported, one.more))
    if key in known:
        return [function.place, key, known[key]]
    shape = one.read()
    return [function.place, key, shape_as_json(shape) if shape is not None else None]
