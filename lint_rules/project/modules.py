"""One file: its text, the definitions in it, and what it imports and assigns.

Nothing is parsed that no question is about: definitions are found by their lines.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.project.functions import FunctionRef, Place, qualname_of
from lint_rules.project.scan import (
    Block,
    Scan,
    assignments,
    import_statements,
    import_text,
    unix,
)
from lint_rules.regularfile import decode

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.project import Project


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """What an imported name stands for: a module, or a name in one."""

    module: str
    name: str | None = None


_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")


class Module:
    """One file.  A file that cannot be read or parsed is an empty module, ``broken`` says why."""

    def __init__(self, project: Project, path: Path) -> None:
        self.project = project
        self.path = path
        self.broken: str | None = None
        self._made: dict[int, FunctionRef] = {}
        self._classes: dict[str, ClassRef | None] = {}
        self._values: dict[str, ast.expr | None] = {}
        self._annotations: dict[str, str | None] = {}

    @cached_property
    def name(self) -> str:
        """The dotted name, from the topmost package around the file.

        Directories without ``__init__.py`` below a package are its namespace parts.
        """
        directories = [self.path.parent, *self.path.parent.parents]
        inside = [
            d for d in directories if d == self.project.root or self.project.root in d.parents
        ]
        packages = [d for d in inside if (d / "__init__.py").is_file()]
        top = packages[-1].parent if packages else self.path.parent
        parts = list(self.path.relative_to(top).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        return ".".join(parts) or self.path.parent.name

    @property
    def is_package(self) -> bool:
        """True for an ``__init__.py``."""
        return self.path.name == "__init__.py"

    @cached_property
    def text(self) -> str:
        """The text that is searched: a carriage return alone, which ends a line too, is a newline.

        Every place in it is the same as in the original.
        """
        return unix(self.original)

    @cached_property
    def original(self) -> str:
        """The decoded text, newlines as they are."""
        try:
            return decode(self.project.bytes_of(self.path))
        except (SyntaxError, ValueError, LookupError) as error:
            self.broken = f"cannot be decoded: {error}"
            return ""

    @cached_property
    def lines(self) -> list[str]:
        """The physical lines with their ends."""
        return _LINE.findall(self.text)

    @property
    def tree(self) -> ast.Module:
        """The syntax tree, parsed again where it was not asked for lately."""
        tree: ast.Module = self.project.trees.get(self, len(self.text), self._parsed)
        return tree

    def tree_of(self, block: Block) -> ast.stmt | None:
        """The tree of a definition, as :meth:`Scan.node` reads it; parsed again as :attr:`tree` is."""
        start, end = self.scan.span(block)
        tree: ast.stmt | None = self.project.trees.get(
            (self, block.start), end - start, lambda: self.scan.node(block)
        )
        return tree

    def _parsed(self) -> ast.Module:
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            self.broken = f"cannot be parsed: {error}"
            return ast.Module(body=[], type_ignores=[])

    # ----------------------------------------------------------------- definitions

    @cached_property
    def scan(self) -> Scan:
        """The definitions, found without parsing the module."""
        return Scan(self.text)

    @cached_property
    def _blocks(self) -> dict[str, list[Block]]:
        """Definitions by qualified name, in order."""
        found: dict[str, list[Block]] = {}
        for block in self.scan.blocks:
            found.setdefault(qualname_of(block), []).append(block)
        return found

    def _function(self, block: Block) -> FunctionRef:
        return self._made.get(block.start) or self.function_of(Place.of(block))

    def function_of(self, place: Place) -> FunctionRef:
        """The function at a place of this module."""
        if place.start not in self._made:
            self._made[place.start] = FunctionRef(self, place)
        return self._made[place.start]

    @cached_property
    def all_functions(self) -> list[FunctionRef]:
        """Every function, by line."""
        return [self._function(b) for b in self.scan.blocks if not b.is_class]

    def functions_named(self, names: Collection[str]) -> list[FunctionRef]:
        """Every function with one of these names, by line."""
        return [self._function(b) for b in self.scan.blocks if not b.is_class and b.name in names]

    def function(self, qualname: str) -> FunctionRef | None:
        """The function of a qualified name; of several the last."""
        for block in reversed(self._blocks.get(qualname, ())):
            if not block.is_class:
                return self._function(block)
        return None

    def class_(self, qualname: str) -> ClassRef | None:
        """The class of a qualified name, also one made by a call (``NamedTuple("X", ...)``)."""
        from lint_rules.project.classes import ClassRef, functional_class, without_bodies

        if qualname not in self._classes:
            made: ClassRef | None = None
            for block in reversed(self._blocks.get(qualname, ())):
                node = self.scan.node(block) if block.is_class else None
                if isinstance(node, ast.ClassDef):
                    shift = self.scan.shift(block)
                    made = ClassRef(self, qualname, without_bodies(node), shift=shift)
                    break
            if made is None and "." not in qualname and self._may_assign(qualname):
                value = self.value_of(qualname)
                made = functional_class(self, qualname, value) if value is not None else None
            self._classes[qualname] = made
        return self._classes[qualname]

    def methods_of(self, qualname: str) -> list[FunctionRef]:
        """The functions directly in a class."""
        return [
            self._function(block)
            for block in self.scan.blocks
            if not block.is_class and block.parent is not None and block.parent.is_class
            and qualname_of(block.parent) == qualname
        ]  # fmt: skip

    def _may_assign(self, name: str) -> bool:
        return name in self._assignments

    @cached_property
    def _assignments(self) -> dict[str, list[int]]:
        """Where a line seems to assign a name: the places of the names (characters from 0)."""
        return assignments(self.text)

    def value_of(self, name: str) -> ast.expr | None:
        """What a module-level name is assigned."""
        if name not in self._values:
            self._values[name] = self._value(name) if self._may_assign(name) else None
        return self._values[name]

    def _value(self, name: str) -> ast.expr | None:
        """The last assignment: cut out where it stands at the margin, else from the whole tree."""
        value: ast.expr | None = None
        self._annotations[name] = None
        for place in self._assignments[name]:
            if self.text[self.text.rfind("\n", 0, place) + 1 : place][:1] in (" ", "\t"):
                if self.function_around(place) is None:
                    return self.assigned.get(name)
                continue
            if self.scan.in_string(place):
                continue
            # From the name on, a ``type`` statement reads as an assignment on every Python.
            statement = self.scan.statement(place)
            value = _assigned_value(statement) or value
            if isinstance(statement, ast.AnnAssign):
                self._annotations[name] = ast.unparse(statement.annotation)
        return value

    def annotation_of(self, name: str) -> str | None:
        """The annotation of a module-level name."""
        self.value_of(name)
        return self._annotations.get(name)

    @cached_property
    def assigned(self) -> dict[str, ast.expr]:
        """What module-level names are assigned, also inside ``if`` and ``try``."""
        found: dict[str, ast.expr] = {}
        for node in _level(self.tree.body):
            value = _assigned_value(node)
            targets = getattr(node, "targets", None) or [
                getattr(node, "target", getattr(node, "name", None))
            ]
            for target in targets:
                if value is not None and isinstance(target, ast.Name):
                    found[target.id] = value
        return found

    @cached_property
    def _import_statements(self) -> list[ast.stmt]:
        """Imports outside functions: those before any definition's indentation."""
        functions = [b for b in self.scan.blocks if not b.is_class]
        out: list[ast.stmt] = []
        for node, offset in import_statements(self.text):
            inside = self.scan.around(self.scan.line_at(offset))
            if node.col_offset == 0 or not any(
                b for b in inside if b.indent < node.col_offset and b in functions
            ):
                out.append(node)
        return out

    @cached_property
    def imports(self) -> dict[str, ImportTarget]:
        """Imported names of the module level."""
        return self.imports_of(self._import_statements)

    def imports_of(self, statements: list[ast.stmt]) -> dict[str, ImportTarget]:
        """The names that these statements import."""
        found: dict[str, ImportTarget] = {}
        for node in statements:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.asname:
                        found[alias.asname] = ImportTarget(alias.name)
                    else:
                        first = alias.name.split(".", 1)[0]
                        found[first] = ImportTarget(first)
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                for alias in node.names:
                    if alias.name != "*":
                        found[alias.asname or alias.name] = ImportTarget(base, alias.name)
        return found

    @cached_property
    def text_of_imports(self) -> str:
        """The text of all import statements, those inside functions too."""
        return import_text(self.text)

    @cached_property
    def stars(self) -> list[str]:
        """Modules from which everything is imported."""
        return [
            self._absolute(node)
            for node in self._import_statements
            if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names)
        ]

    def last_name_from(self, module: str) -> int | None:
        """Where the last name of an unconditional ``from module import …`` ends (from 0).

        None where the file has no such statement, or only one that imports everything.
        """
        for node, start in import_statements(self.text):
            if node.col_offset or not isinstance(node, ast.ImportFrom):
                continue
            last = node.names[-1]
            if self._absolute(node) == module and last.name != "*":
                lines = _LINE.findall(self.text, start)[: last.end_lineno]
                before = lines[-1].encode()[: last.end_col_offset].decode()
                return start + sum(map(len, lines[:-1])) + len(before)
        return None

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        keep = len(parts) - node.level + (1 if self.is_package else 0)
        base = parts[: max(keep, 0)]
        return ".".join([*base, *([node.module] if node.module else [])])

    @cached_property
    def exported(self) -> frozenset[str]:
        """The names in ``__all__``."""
        value = self.value_of("__all__")
        if isinstance(value, ast.List | ast.Tuple):
            return frozenset(str(e.value) for e in value.elts if isinstance(e, ast.Constant))
        return frozenset()

    def function_at(self, line: int) -> FunctionRef | None:
        """The innermost function around a line."""
        for block in self.scan.around(line):
            if block.is_class:
                continue
            function = self._function(block)
            if function.line <= line <= function.end_line:
                return function
        return None

    def function_around(self, offset: int) -> FunctionRef | None:
        """The innermost function around a place (characters from 0)."""
        for block in self.scan.around_offset(offset):
            if not block.is_class and offset < self.scan.span(block)[1]:
                return self._function(block)
        return None

    def enclosing(self, function: FunctionRef) -> Iterator[FunctionRef]:
        """The functions that a function is defined in, the nearest first."""
        parent = function.block.parent
        while parent is not None:
            if not parent.is_class:
                yield self._function(parent)
            parent = parent.parent

    def next_definition(self, offset: int, function: FunctionRef | None) -> int:
        """Up to where no other function begins or ends than the one around a place: where the next
        definition after it begins, at most where the function ends."""
        end = len(self.text) if function is None else self.scan.span(function.block)[1]
        following = self.scan.definition_after(offset)
        return end if following is None else min(end, following)


def _assigned_value(node: ast.stmt | None) -> ast.expr | None:
    """What an assignment (or a ``type`` statement) assigns."""
    if isinstance(node, ast.Assign | ast.AnnAssign) or type(node).__name__ == "TypeAlias":
        value: ast.expr | None = node.value  # type: ignore[union-attr]
        return value
    return None


def _level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                yield from _level(inner)
        for handler in getattr(node, "handlers", []):
            yield from _level(handler.body)
        for case in getattr(node, "cases", []):
            yield from _level(case.body)
