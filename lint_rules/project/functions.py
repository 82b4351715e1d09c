"""Functions of a module: found by their line, parsed when a question needs it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lint_rules.project.pieces import assigned_in, body_of, form_in, place_of
from lint_rules.project.scan import Block

if TYPE_CHECKING:
    from lint_rules.project.modules import Module


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter: ``kind`` is positional, vararg, keyword or kwarg."""

    name: str
    annotation: str | None
    kind: str
    default: str | None


class Place(NamedTuple):
    """Where a function stands in its module: enough to know it again without reading the module."""

    start: int
    qualname: str
    class_name: str | None
    parent_function: str | None

    @classmethod
    def of(cls, block: Block) -> Place:
        """The place of a definition."""
        owner = parent = block.parent
        while owner is not None and not owner.is_class:
            owner = owner.parent
        inside = parent is not None and not parent.is_class
        return cls(
            block.start,
            qualname_of(block),
            qualname_of(owner) if owner is not None else None,
            qualname_of(parent) if parent is not None and inside else None,
        )


class FunctionRef:
    """A function or method; lines count from 1, the first is that of the first decorator."""

    def __init__(self, module: Module, place: Place) -> None:
        self.module = module
        self.place = place
        self.qualname = place.qualname
        self.name = place.qualname.rpartition(".")[2]
        self.class_name = place.class_name
        #: The class around it by its last name; empty where there is none.
        self.owner = (place.class_name or "").rpartition(".")[2]
        self.parent_function = place.parent_function
        self._key = (str(module.path), place.qualname, place.start)

    @cached_property
    def block(self) -> Block:
        """The definition in the module's text; whoever reads on notes what."""
        return self.module.raw.scan.block_at(self.place.start)

    @cached_property
    def piece(self) -> tuple[Path, str]:
        """What the whole function is called among the pieces of its file."""
        return self._piece_of(body_of)

    def _piece_of(self, name: Callable[[str, int], str]) -> tuple[Path, str]:
        """A piece of the file that is told by the qualified name and the number of a function."""
        return self.module.path, name(self.qualname, self.module.raw.number_of(self.block))

    @cached_property
    def _place_piece(self) -> tuple[Path, str]:
        return self._piece_of(place_of)

    def read(self) -> None:
        """Note that the function's text is read."""
        self.module.project.reads.piece(self.piece)

    def read_assigned(self) -> None:
        """Note that what the function assigns to attributes is read."""
        self.module.project.reads.piece(self._piece_of(assigned_in))

    def _read_place(self) -> None:
        """Note that it is asked where the function stands."""
        self.module.project.reads.piece(self._place_piece)

    @property
    def _tree(self) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        raw = self.module.raw
        node = raw.tree_of(self.block)
        if self.block.start in raw.scan.widened:
            self.module.read()
        return node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else None

    @property
    def readable(self) -> bool:
        """False where the function's text cannot be parsed."""
        self.read()
        parses = self._parses
        if self.block.start in self.module.raw.scan.widened:
            self.module.read()
        return parses

    @cached_property
    def _parses(self) -> bool:
        return self._tree is not None

    @property
    def node(self) -> ast.FunctionDef | ast.AsyncFunctionDef:
        """The function's tree, its lines not those of the file; an empty function where its text
        cannot be parsed.  Parsed again where it was not asked for lately."""
        self.read()
        return self._tree or _empty(self.name)

    @property
    def def_line(self) -> int:
        """The line of the ``def``."""
        self._read_place()
        return self._lines[1]

    @property
    def line(self) -> int:
        """The first line, that of the first decorator."""
        self._read_place()
        return self._lines[0]

    @property
    def def_row(self) -> int:
        """The line of the ``def``, from the first line on (0)."""
        self.read()
        return self._lines[1] - self._lines[0]

    @property
    def offset(self) -> int:
        """Where the function's text starts in the file, in characters from 0."""
        self.module.read()
        return self.module.raw.scan.span(self.block)[0]

    @property
    def end_line(self) -> int:
        """The last line."""
        self._read_place()
        self.read()
        return self._lines[2]

    @cached_property
    def _lines(self) -> tuple[int, int, int]:
        return self.module.raw.lines_of(self.block)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionRef) and other._key == self._key

    def __repr__(self) -> str:
        return f"<function {self.qualname} in {self.module.name}>"

    # ----------------------------------------------------------------- the header

    @property
    def decorators(self) -> tuple[str, ...]:
        """The decorators as written."""
        return self._read_header().decorators

    @property
    def kind(self) -> str:
        """function, method, staticmethod, classmethod or property."""
        return self._read_header().kind

    @property
    def params(self) -> tuple[Param, ...]:
        """The parameters in order."""
        return self._read_header().params

    @property
    def returns(self) -> str | None:
        """The return annotation as written."""
        return self._read_header().returns

    def _read_header(self) -> _Header:
        """Note that the header is read; that of a function which does not parse is empty, so that it
        depends on the whole."""
        self.module.read_around(self.qualname)
        if not self._header.readable:
            self.module.read()
        return self._header

    @cached_property
    def _header(self) -> _Header:
        tree = self._tree
        node = tree or _empty(self.name)
        decorators = tuple(ast.unparse(one) for one in node.decorator_list)
        returns = ast.unparse(node.returns) if node.returns is not None else None
        method = self.class_name is not None and self.parent_function is None
        kind = _kind_of(decorators) if method else "function"
        return _Header(tree is not None, decorators, kind, tuple(_params(node.args)), returns)

    @property
    def source(self) -> str:
        """The function's text, decorators included."""
        self.read()
        return self._source

    def holds(self, form: str) -> bool:
        """True when a regular expression is found in the function's text: nothing else of it is read."""
        self.module.project.reads.piece(self._piece_of(partial(form_in, form)))
        return re.search(form, self._source) is not None

    @cached_property
    def _source(self) -> str:
        return self.module.raw.scan.source(self.block)


class _Header(NamedTuple):
    """What stands before a function's body."""

    readable: bool
    decorators: tuple[str, ...]
    kind: str
    params: tuple[Param, ...]
    returns: str | None


def _empty(name: str) -> ast.FunctionDef:
    empty = ast.parse(f"def {name}(): pass").body[0]
    assert isinstance(empty, ast.FunctionDef)
    return empty


def _kind_of(decorators: Iterable[str]) -> str:
    for text in decorators:
        last = text.split("(", 1)[0].rsplit(".", 1)[-1]
        if last in ("staticmethod", "classmethod"):
            return last
        if last in ("property", "cached_property", "setter"):
            return "property"
    return "method"


def _params(spec: ast.arguments) -> Iterator[Param]:
    positional = [*spec.posonlyargs, *spec.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(spec.defaults))
    for arg, default in zip(positional, [*defaults, *spec.defaults], strict=True):
        yield _param(arg, "positional", default)
    if spec.vararg is not None:
        yield _param(spec.vararg, "vararg", None)
    for arg, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        yield _param(arg, "keyword", default)
    if spec.kwarg is not None:
        yield _param(spec.kwarg, "kwarg", None)


def _param(arg: ast.arg, kind: str, default: ast.expr | None) -> Param:
    annotation = ast.unparse(arg.annotation) if arg.annotation is not None else None
    return Param(arg.arg, annotation, kind, ast.unparse(default) if default is not None else None)


def qualname_of(block: Block) -> str:
    """The qualified name of a definition."""
    parts = [block.name]
    parent = block.parent
    while parent is not None:
        parts.append(parent.name)
        parent = parent.parent
    return ".".join(reversed(parts))
