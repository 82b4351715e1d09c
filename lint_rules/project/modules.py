"""One file: its text, the definitions in it, and what it imports and assigns.

Nothing is parsed that no question is about: definitions are found by their lines.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.folders import in_utf8
from lint_rules.project.functions import FunctionRef, Place, qualname_of
from lint_rules.project.imports import import_statements
from lint_rules.project.lines import column
from lint_rules.project.moduletext import LINE, ModuleText, assigned_value
from lint_rules.project.noting import unnoted
from lint_rules.project.pieces import (
    STARS,
    WHOLE,
    declared_in,
    defining,
    definition_of,
    holding,
    name_of,
)
from lint_rules.project.scan import Block, Scan

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.project import Project


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """What an imported name stands for: a module, or a name in one."""

    module: str
    name: str | None = None
    #: Whether the import says it from where it stands, so that what that module is called decides.
    relative: bool = field(default=False, compare=False)


class Module:
    """One file.  What is read of it is noted, name by name where that can be told."""

    def __init__(self, project: Project, path: Path, text: str | None = None) -> None:
        self.project = project
        self.path = path
        #: The text, for those who note themselves what they read.
        self.raw = ModuleText(project, path)
        if text is not None:  # a decoded text stands for the file's
            self.raw.original = text
        self._whole = path, WHOLE
        self._made: dict[int, FunctionRef] = {}
        self._classes: dict[str, ClassRef | None] = {}
        self._values: dict[str, ast.expr | None] = {}
        self._annotations: dict[str, str | None] = {}
        #: Names whose values were looked for in the whole tree.
        self._from_tree: set[str] = set()
        #: Names whose statements only parse with more of the text than their lines say.
        self._wide: set[str] = set()

    @property
    def name(self) -> str:
        """The dotted name, from the topmost package around the file.

        Directories without ``__init__.py`` below a package are its namespace parts.
        """
        self._note_name()
        return self._name

    def _note_name(self) -> None:
        self.project.reads.module(f"={self.path}", self._name)

    @cached_property
    def _name(self) -> str:
        directories = [self.path.parent, *self.path.parent.parents]
        inside = [
            d for d in directories if d == self.project.root or self.project.root in d.parents
        ]
        packages = [d for d in inside if (d / "__init__.py").is_file()]
        top = packages[-1].parent if packages else self.path.parent
        parts = list(self.path.relative_to(top).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        return in_utf8(".".join(parts) or self.path.parent.name)

    @property
    def is_package(self) -> bool:
        """True for an ``__init__.py``."""
        return self.path.name == "__init__.py"

    # ----------------------------------------------------------------- what is read

    def read(self) -> None:
        """Note that the whole text is read."""
        self.project.reads.piece(self._whole)

    def read_name(self, name: str) -> None:
        """Note that it is asked what a name of the module's own level is."""
        self.project.reads.piece((self.path, name_of(name)))

    def read_around(self, qualname: str) -> None:
        """Note that it is asked for a definition: one outside all functions depends on what is told of the
        outermost name alone."""
        if "." in qualname and self.raw.in_function(qualname):
            self.read()
        else:
            self.read_name(qualname.partition(".")[0])

    @property
    def text(self) -> str:
        """The text that is searched (:attr:`ModuleText.text`)."""
        self.read()
        return self.raw.text

    @property
    def original(self) -> str:
        """The decoded text, newlines as they are."""
        self.read()
        return self.raw.original

    @property
    def scan(self) -> Scan:
        """The definitions, found without parsing the module."""
        self.read()
        return self.raw.scan

    # ----------------------------------------------------------------- definitions

    def _function(self, block: Block) -> FunctionRef:
        return self._made.get(block.start) or self.function_of(Place.of(block))

    def function_of(self, place: Place) -> FunctionRef:
        """The function at a place of this module."""
        if place.start not in self._made:
            self._made[place.start] = FunctionRef(self, place)
        return self._made[place.start]

    def function_of_piece(self, piece: str) -> FunctionRef | None:
        """The function of whose text ``piece`` is the name (:attr:`FunctionRef.piece`); not noted."""
        qualname, number = definition_of(piece)
        blocks = self.raw.blocks.get(qualname, [])[number : number + 1]
        return next((self._function(block) for block in blocks if not block.is_class), None)

    @property
    def all_functions(self) -> list[FunctionRef]:
        """Every function, by line."""
        self.read()
        return [self._function(b) for b in self.raw.scan.blocks if not b.is_class]

    def functions_named(self, names: Collection[str]) -> list[FunctionRef]:
        """Every function with one of these names, by line."""
        for name in names:
            self.project.reads.piece((self.path, defining(name)))
        return [self._function(block) for block in self.raw.functions_named(names)]

    def function(self, qualname: str) -> FunctionRef | None:
        """The function of a qualified name; of several the last."""
        self.read_around(qualname)
        for block in reversed(self.raw.blocks.get(qualname, ())):
            if not block.is_class:
                return self._function(block)
        return None

    def class_(self, qualname: str) -> ClassRef | None:
        """The class of a qualified name, also one made by a call (``NamedTuple("X", ...)``)."""
        from lint_rules.project.assigned import without_bodies
        from lint_rules.project.classes import ClassRef
        from lint_rules.project.functionalclasses import functional_class

        self.read_around(qualname)
        if qualname not in self._classes:
            made: ClassRef | None = None
            for block in reversed(self.raw.blocks.get(qualname, ())):
                node = self.raw.scan.node(block) if block.is_class else None
                if isinstance(node, ast.ClassDef):
                    made = ClassRef(self, qualname, without_bodies(node), block=block)
                    break
            if made is None and "." not in qualname and qualname in self.raw.assignments:
                value = self.value_of(qualname)
                made = functional_class(self, qualname, value) if value is not None else None
            self._classes[qualname] = made
        if any(block.start in self.raw.scan.widened for block in self.raw.blocks.get(qualname, ())):
            self.read()
        return self._classes[qualname]

    def digest_of(self, piece: str) -> str:
        """The digest of a piece of the text (``pieces``); empty where there is no such piece."""
        declared = declared_in(piece)
        if declared is None:
            return self.raw.digest_of(piece)
        qualname, name = declared
        with unnoted():
            cls = self.class_(qualname)
            own = cls.own_fields if cls is not None else ()
            return next((str(decl.line) for decl in own if decl.name == name), "")

    def methods_of(self, qualname: str) -> list[FunctionRef]:
        """The functions directly in a class."""
        self.read_around(qualname)
        return [
            self._function(block)
            for block in self.raw.scan.blocks
            if not block.is_class and block.parent is not None and block.parent.is_class
            and qualname_of(block.parent) == qualname
        ]  # fmt: skip

    def value_of(self, name: str) -> ast.expr | None:
        """What a module-level name is assigned."""
        self.read_name(name)
        if name not in self._values:
            self._values[name] = self._value(name) if name in self.raw.assignments else None
        if name in self._wide or (name in self._from_tree and not self.raw.parses):
            self.read()
        return self._values[name]

    def _value(self, name: str) -> ast.expr | None:
        """The last assignment: cut out with the statement around it that stands at the margin, else from the whole
        tree."""
        value: ast.expr | None = None
        self._annotations[name] = None
        text, scan = self.raw.text, self.raw.scan
        for place in self.raw.assignments[name]:
            if scan.in_string(place):
                continue
            start: int | None = place
            if column(text[text.rfind("\n", 0, place) + 1 : place]):
                if self.raw.function_around(place) is not None:
                    continue
                start = scan.compound_around(place)
                inside = self.raw.assigned_around(start, place) if start is not None else None
                if inside is None:
                    self._from_tree.add(name)
                    return self.raw.assigned.get(name)
                value = inside.get(name) or value
            else:
                # From the name on, a ``type`` statement reads as an assignment on every Python.
                statement = scan.statement(place)
                value = assigned_value(statement) or value
                if isinstance(statement, ast.AnnAssign):
                    self._annotations[name] = ast.unparse(statement.annotation)
            if start in scan.widened:
                self._wide.add(name)
        return value

    def annotation_of(self, name: str) -> str | None:
        """The annotation of a module-level name."""
        self.value_of(name)
        return self._annotations.get(name)

    def imported(self, name: str) -> ImportTarget | None:
        """What a name that is imported on the module level stands for."""
        self.read_name(name)
        return self.noted(self._imports.get(name))

    def noted(self, target: ImportTarget | None) -> ImportTarget | None:
        """What an import of this module stands for, noted for whoever asks though it was worked out before."""
        if target is not None and target.relative:
            self._note_name()
        return target

    @property
    def imports(self) -> dict[str, ImportTarget]:
        """Imported names of the module level."""
        self.read()
        for target in self._imports.values():
            self.noted(target)
        return self._imports

    @property
    def _imports(self) -> dict[str, ImportTarget]:
        return self._imported[0]

    @cached_property
    def _imported(self) -> tuple[dict[str, ImportTarget], list[ImportTarget]]:
        """What the names are that the module imports, and from where it imports everything."""
        statements = self.raw.import_statements()
        stars = [
            ImportTarget(self._absolute(node), relative=bool(node.level))
            for node in statements
            if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names)
        ]
        return self.imports_of(statements), stars

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
                        found[alias.asname or alias.name] = ImportTarget(
                            base, alias.name, relative=bool(node.level)
                        )
        return found

    @property
    def text_of_imports(self) -> str:
        """The text of all import statements, those inside functions too."""
        self.read()
        return self.raw.text_of_imports

    @property
    def stars(self) -> list[str]:
        """Modules from which everything is imported."""
        self.read_name(STARS)
        for target in self._stars:
            self.noted(target)
        return [target.module for target in self._stars]

    @property
    def _stars(self) -> list[ImportTarget]:
        return self._imported[1]

    def last_name_from(self, module: str) -> int | None:
        """Where the last name of an unconditional ``from module import …`` ends (from 0).

        None where the file has no such statement, or only one that imports everything.
        """
        for node, start in import_statements(self.text):
            if node.col_offset or not isinstance(node, ast.ImportFrom):
                continue
            last = node.names[-1]
            if self._absolute(node) == module and last.name != "*":
                lines = LINE.findall(self.text, start)[: last.end_lineno]
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

    @property
    def exported(self) -> frozenset[str]:
        """The names in ``__all__``."""
        value = self.value_of("__all__")
        if isinstance(value, ast.List | ast.Tuple):
            return frozenset(str(e.value) for e in value.elts if isinstance(e, ast.Constant))
        return frozenset()

    def inner_functions(self, function: FunctionRef) -> list[FunctionRef]:
        """The functions that are defined inside one, on any level."""
        function.read()
        start, end = self.raw.scan.span(function.block)
        return [
            self._function(block)
            for block in self.raw.scan.blocks
            if not block.is_class and block is not function.block and start <= block.start < end
        ]

    def function_at(self, line: int) -> FunctionRef | None:
        """The innermost function around a line."""
        self.read()
        block = self.raw.function_at(line)
        return self._function(block) if block is not None else None

    def functions_holding(self, word: str) -> list[FunctionRef]:
        """The innermost functions whose text holds a word, in the order of the text."""
        self.project.reads.piece((self.path, holding(word)))
        return [self._function(block) for block in self.raw.functions_holding(word)]

    def function_around(self, offset: int) -> FunctionRef | None:
        """The innermost function around a place (characters from 0)."""
        self.read()
        block = self.raw.function_around(offset)
        return self._function(block) if block is not None else None

    def may_name(self, name: str) -> bool:
        """False where a name cannot be one of the module's own: its text does not hold it."""
        self.read_name(name)
        return name in self.raw.text

    def enclosing(self, function: FunctionRef) -> Iterator[FunctionRef]:
        """The functions that a function is defined in, the nearest first."""
        self.read_around(function.qualname)
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
