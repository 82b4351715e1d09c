"""Projects, their files, and the modules, functions and names in them.

Everything is found on demand: a question about a name first searches the bytes of all files for it,
and only the files that hold it are parsed.
"""

from __future__ import annotations

import ast
import os
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.project.outline import Outline, outline
from lint_rules.project.scan import Block, Scan, assigned_names, import_statements

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.index import Constant, External, TypeInfo
    from lint_rules.project.calls import CallSite

_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg")
MAX_NAMESPACE_DEPTH = 3
"""Directories without ``__init__.py`` that may lie between a file and its package."""
SKIPPED = frozenset(
    {"node_modules", "__pycache__", "build", "dist", "site-packages", "venv", "env", "__pypackages__"}
)
"""Directories that hold no source of the project; hidden ones are left out too."""


def find_root(path: Path) -> Path:
    """The root of the project that a file belongs to, decided by where the file is alone.

    The nearest directory with a project marker, else the topmost directory of the packages around
    the file, else the file's own directory.
    """
    directory = path.absolute().parent
    home = Path.home()
    package: Path | None = None
    gap = 0
    for parent in (directory, *directory.parents):
        if parent == home or parent.parent == parent or parent.name == "site-packages":
            break
        if any((parent / marker).exists() for marker in _MARKERS):
            return parent
        if (parent / "__init__.py").is_file():
            package, gap = parent, 0
        else:
            gap += 1
            if gap > MAX_NAMESPACE_DEPTH:
                break
    return package or directory


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter: ``kind`` is positional, vararg, keyword or kwarg."""

    name: str
    annotation: str | None
    kind: str
    default: str | None


class FunctionRef:
    """A function or method; lines count from 1, the first is that of the first decorator."""

    def __init__(self, module: Module, block: Block) -> None:
        self.module = module
        self.block = block
        self.qualname = qualname_of(block)
        self.name = block.name
        parent = block.parent
        owner = parent
        while owner is not None and not owner.is_class:
            owner = owner.parent
        self.class_name = qualname_of(owner) if owner is not None else None
        inside = parent is not None and not parent.is_class
        self.parent_function = qualname_of(parent) if parent is not None and inside else None
        self.def_line = block.line
        self._key = (str(module.path), self.qualname, block.start)

    @cached_property
    def node(self) -> ast.FunctionDef | ast.AsyncFunctionDef:
        """The function's tree; an empty function where its text cannot be parsed."""
        node = self.module.scan.node(self.block)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return node
        empty = ast.parse(f"def {self.name}(): pass").body[0]
        ast.increment_lineno(empty, self.def_line - 1)
        assert isinstance(empty, ast.FunctionDef)
        return empty

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
    def outline(self) -> Outline:
        """What the function may do, as far as its syntax shows."""
        return outline(self.node)

    @cached_property
    def source(self) -> str:
        """The function's text, decorators included."""
        return self.module.scan.source(self.block)


def _param(arg: ast.arg, kind: str, default: ast.expr | None) -> Param:
    annotation = ast.unparse(arg.annotation) if arg.annotation is not None else None
    return Param(arg.arg, annotation, kind, ast.unparse(default) if default is not None else None)


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

    @cached_property
    def name(self) -> str:
        """The dotted name, from the topmost package around the file.

        Directories without ``__init__.py`` below a package are its namespace parts.
        """
        directories = [self.path.parent, *self.path.parent.parents]
        inside = [d for d in directories if d == self.project.root or self.project.root in d.parents]
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

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
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
        if block.start not in self._made:
            self._made[block.start] = FunctionRef(self, block)
        return self._made[block.start]

    @cached_property
    def all_functions(self) -> list[FunctionRef]:
        """Every function, by line."""
        return [self._function(b) for b in self.scan.blocks if not b.is_class]

    def function(self, qualname: str) -> FunctionRef | None:
        """The function of a qualified name; of several the last."""
        for block in reversed(self._blocks.get(qualname, ())):
            if not block.is_class:
                return self._function(block)
        return None

    def class_(self, qualname: str) -> ClassRef | None:
        """The class of a qualified name, also one made by a call (``NamedTuple("X", ...)``)."""
        from lint_rules.project.classes import ClassRef, functional_class

        if qualname not in self._classes:
            made: ClassRef | None = None
            for block in reversed(self._blocks.get(qualname, ())):
                node = self.scan.node(block) if block.is_class else None
                if isinstance(node, ast.ClassDef):
                    made = ClassRef(self, qualname, node)
                    break
            if made is None and "." not in qualname and self._may_assign(qualname):
                value = self.assigned.get(qualname)
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
        return name in self._assigned_names

    @cached_property
    def _assigned_names(self) -> set[str]:
        return assigned_names(self.text)

    def value_of(self, name: str) -> ast.expr | None:
        """What a module-level name is assigned."""
        if name not in self._values:
            self._values[name] = self._value(name) if self._may_assign(name) else None
        return self._values[name]

    def _value(self, name: str) -> ast.expr | None:
        """The last assignment: cut out where it stands at the margin, else from the whole tree."""
        value: ast.expr | None = None
        for hit in re.finditer(rf"^([ \t]*)(?:type[ \t]+)?{name}[ \t]*(?::|=(?!=)|\[)", self.text, re.MULTILINE):
            if hit.group(1):
                inside = self.scan.around(self.scan.line_at(hit.start()))
                if not any(not block.is_class for block in inside):
                    return self.assigned.get(name)
                continue
            if self.scan.in_string(hit.start()):
                continue
            value = _assigned_value(self.scan.statement(hit.start())) or value
        return value

    @cached_property
    def assigned(self) -> dict[str, ast.expr]:
        """What module-level names are assigned, also inside ``if`` and ``try``."""
        found: dict[str, ast.expr] = {}
        for node in _level(self.tree.body):
            value = _assigned_value(node)
            targets = getattr(node, "targets", None) or [getattr(node, "target", getattr(node, "name", None))]
            for target in targets:
                if value is not None and isinstance(target, ast.Name):
                    found[target.id] = value
        return found

    @cached_property
    def annotated(self) -> dict[str, str]:
        """The annotations of module-level names."""
        return {
            node.target.id: ast.unparse(node.annotation)
            for node in _level(self.tree.body)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }

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
    def stars(self) -> list[str]:
        """Modules from which everything is imported."""
        return [
            self._absolute(node)
            for node in self._import_statements
            if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names)
        ]

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


def _assigned_value(node: ast.stmt | None) -> ast.expr | None:
    """What an assignment (or a ``type`` statement) assigns."""
    if isinstance(node, ast.Assign | ast.AnnAssign) or type(node).__name__ == "TypeAlias":
        value: ast.expr | None = node.value  # type: ignore[union-attr]
        return value
    return None


def qualname_of(block: Block) -> str:
    """The qualified name of a definition."""
    parts = [block.name]
    parent = block.parent
    while parent is not None:
        parts.append(parent.name)
        parent = parent.parent
    return ".".join(reversed(parts))


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


def decode(data: bytes) -> str:
    """Decode Python source by its BOM or declaration; newlines stay.

    Raises SyntaxError for an unknown encoding and UnicodeDecodeError for bytes that do not fit.
    """
    encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
    return data.decode(encoding)


class Project:
    """The files below a root, and what their names mean."""

    _known: dict[Path, Project] = {}

    def __init__(self, root: Path) -> None:
        from lint_rules.project.calls import CallGraph
        from lint_rules.project.index import Index

        self.root = root
        self._bytes: dict[Path, bytes] = {}
        self._texts: dict[Path, bytes] = {}
        self._modules: dict[Path, Module] = {}
        self._paths: list[Path] | None = None
        self._named: dict[str, Module | None] = {}
        self._holding: dict[bytes, list[Path]] = {}
        self.index = Index(self)
        self.graph = CallGraph(self)

    @classmethod
    def for_path(cls, path: Path) -> Project:
        """A project of the file's own; use one :class:`Projects` to share them."""
        return cls(find_root(path))

    # ----------------------------------------------------------------- files

    @property
    def paths(self) -> list[Path]:
        """Every Python file of the project, sorted."""
        if self._paths is None:
            found = [
                Path(directory, name)
                for directory, names in _walk(self.root)
                for name in names
            ]
            self._paths = sorted(set(found) | set(self._texts))
        return self._paths

    def bytes_of(self, path: Path) -> bytes:
        """The bytes of a file (of its overlay); empty where it cannot be read."""
        if path in self._texts:
            return self._texts[path]
        if path not in self._bytes:
            try:
                self._bytes[path] = path.read_bytes()
            except OSError:
                self._bytes[path] = b""
        return self._bytes[path]

    def overlay(self, path: Path, text: str) -> bool:
        """Let ``text`` stand for a file.

        Returns True when that changed anything; all that was derived before is forgotten then.
        """
        from lint_rules.project.calls import CallGraph
        from lint_rules.project.index import Index

        data = text.encode("utf-8", "surrogatepass")
        if self._texts.get(path) == data or (path not in self._texts and self._same(path, text)):
            return False
        self._texts[path] = data
        self._modules.clear()
        self._named.clear()
        self._holding.clear()
        self._paths = None
        self.module(path).text = text
        self.index = Index(self)
        self.graph = CallGraph(self)
        return True

    def _same(self, path: Path, text: str) -> bool:
        try:
            return path.is_file() and decode(self.bytes_of(path)) == text
        except (SyntaxError, ValueError, LookupError):
            return False

    def files_containing(self, *literals: bytes) -> list[Path]:
        """The files that hold every one of the literals."""
        out: list[Path] | None = None
        for literal in literals:
            if literal not in self._holding:
                self._holding[literal] = [p for p in self.paths if literal in self.bytes_of(p)]
            held = self._holding[literal]
            out = held if out is None else [p for p in out if p in set(held)]
        return list(out or [])

    # ----------------------------------------------------------------- modules

    def module(self, path: Path) -> Module:
        """The module of a file."""
        if path not in self._modules:
            self._modules[path] = Module(self, path)
        return self._modules[path]

    def module_named(self, dotted: str) -> Module | None:
        """The module of a dotted name, wherever below the root its package sits."""
        if dotted not in self._named:
            self._named[dotted] = self._find(dotted)
        return self._named[dotted]

    def _find(self, dotted: str) -> Module | None:
        if not dotted:
            return None
        tail = dotted.replace(".", os.sep)
        known = self._suffixes.get(dotted.rsplit(".", 1)[-1], ())
        exact = [p for p in known if self._dotted_end(p).endswith(os.sep + tail)]
        named = [p for p in exact if self.module(p).name == dotted]
        if named:
            return self.module(min(named, key=lambda p: (len(p.parts), p)))
        if len(exact) == 1:  # a namespace package, or the root is inside the package
            return self.module(exact[0])
        return None

    def _dotted_end(self, path: Path) -> str:
        end = path.parent if path.name == "__init__.py" else path.with_suffix("")
        return os.sep + str(end)

    @property
    def _suffixes(self) -> dict[str, list[Path]]:
        cached = self.__dict__.get("_suffix_cache")
        if cached is None or cached[0] is not self.paths:
            table: dict[str, list[Path]] = {}
            for path in self.paths:
                end = path.parent.name if path.name == "__init__.py" else path.stem
                table.setdefault(end, []).append(path)
            cached = (self.paths, table)
            self.__dict__["_suffix_cache"] = cached
        found: dict[str, list[Path]] = cached[1]
        return found

    # ----------------------------------------------------------------- questions (see index, calls)

    def resolve(
        self, module: Module, dotted: str, scope: FunctionRef | None = None
    ) -> ClassRef | FunctionRef | Module | Constant | External | None:
        """What a dotted name means in a module (and function)."""
        return self.index.resolve(module, dotted, scope)

    def resolve_annotation(
        self, module: Module, text: str, scope: FunctionRef | None = None
    ) -> TypeInfo:
        """The classes that an annotation names."""
        return self.index.annotation(module, text, scope)

    def constant_strings(
        self, module: Module, dotted: str, scope: FunctionRef | None = None
    ) -> tuple[str, ...] | None:
        """The strings of a constant collection."""
        return self.index.strings(module, dotted, scope)

    def constant_string(
        self, module: Module, dotted: str, scope: FunctionRef | None = None
    ) -> str | None:
        """The text of a string constant."""
        return self.index.string(module, dotted, scope)

    def callers(self, function: FunctionRef) -> list[CallSite]:
        """Every call of a function in the project."""
        return self.graph.callers(function)

    def functions_mentioning(self, *names: str) -> list[FunctionRef]:
        """The innermost functions whose text holds all the names as words."""
        return self.graph.mentioning(*names)


def _walk(root: Path) -> Iterator[tuple[str, list[str]]]:
    for directory, names, files in os.walk(root):
        names[:] = sorted(
            n for n in names if n not in SKIPPED and not n.startswith(".") and not n.endswith(".egg-info")
        )
        yield directory, sorted(f for f in files if f.endswith(".py"))
