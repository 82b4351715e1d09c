"""Functions of a module: found by their line, parsed when a question needs it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

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
        self.parent_function = place.parent_function
        self._key = (str(module.path), place.qualname, place.start)

    @cached_property
    def block(self) -> Block:
        """The definition in the module's text."""
        return self.module.scan.block_at(self.place.start)

    @property
    def _tree(self) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        node = self.module.tree_of(self.block)
        return node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else None

    @property
    def readable(self) -> bool:
        """False where the function's text cannot be parsed."""
        return self._tree is not None

    @property
    def node(self) -> ast.FunctionDef | ast.AsyncFunctionDef:
        """The function's tree, its lines not those of the file; an empty function where its text
        cannot be parsed.  Parsed again where it was not asked for lately."""
        tree = self._tree
        if tree is not None:
            return tree
        empty = ast.parse(f"def {self.name}(): pass").body[0]
        assert isinstance(empty, ast.FunctionDef)
        return empty

    @cached_property
    def def_line(self) -> int:
        """The line of the ``def``."""
        return self.module.scan.line_at(self.block.start)

    @cached_property
    def line(self) -> int:
        """The first line, that of the first decorator."""
        return self.module.scan.first_line(self.block)

    @cached_property
    def end_line(self) -> int:
        """The last line."""
        return self.module.scan.end_line(self.block)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionRef) and other._key == self._key

    def __repr__(self) -> str:
        return f"<function {self.qualname} in {self.module.name}>"

    @cached_property
    def decorators(self) -> tuple[str, ...]:
        """The decorators as written."""
        return tuple(ast.unparse(node) for node in self.node.decorator_list)

    @cached_property
    def kind(self) -> str:
        """function, method, staticmethod, classmethod or property."""
        if self.class_name is None or self.parent_function is not None:
            return "function"
        for text in self.decorators:
            last = text.split("(", 1)[0].rsplit(".", 1)[-1]
            if last in ("staticmethod", "classmethod"):
                return last
            if last in ("property", "cached_property", "setter"):
                return "property"
        return "method"

    @cached_property
    def params(self) -> tuple[Param, ...]:
        """The parameters in order."""
        spec = self.node.args
        out: list[Param] = []
        positional = [*spec.posonlyargs, *spec.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(spec.defaults))
        for arg, default in zip(positional, [*defaults, *spec.defaults], strict=True):
            out.append(_param(arg, "positional", default))
        if spec.vararg is not None:
            out.append(_param(spec.vararg, "vararg", None))
        for arg, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            out.append(_param(arg, "keyword", default))
        if spec.kwarg is not None:
            out.append(_param(spec.kwarg, "kwarg", None))
        return tuple(out)

    @cached_property
    def returns(self) -> str | None:
        """The return annotation as written."""
        return ast.unparse(self.node.returns) if self.node.returns is not None else None

    @cached_property
    def source(self) -> str:
        """The function's text, decorators included."""
        return self.module.scan.source(self.block)


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
