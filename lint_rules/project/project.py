"""Projects: the files below a root, searched by bytes, and the one door to what their names mean."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.deadline import check_time
from lint_rules.project.modules import Module, decode
from lint_rules.project.trees import RecentTrees
from lint_rules.regularfile import read_regular

if TYPE_CHECKING:
    from lint_rules.project.calls import CallSite
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.index import Constant, External, TypeInfo

# Begins with plain characters: that is searched for six times as fast as a line's beginning.
_IMPORTS = re.compile(rb"import\b[ \t]*(?:\([^)]*\)?|(?:[^\n\\]|\\\r?\n)*)")
_WORDS = re.compile(rb"[\w\x80-\xff]+")
_DEF = re.compile(rb"def[ \t]+([\w\x80-\xff]+)")
_CLASS = re.compile(rb"class[ \t]+([\w\x80-\xff]+)[ \t]*[(:\[]")
_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git", ".hg")
MAX_NAMESPACE_DEPTH = 3
"""Directories without ``__init__.py`` that may lie between a file and its package."""
SKIPPED = frozenset(
    {
        "node_modules",
        "__pycache__",
        "build",
        "dist",
        "site-packages",
        "venv",
        "env",
        "__pypackages__",
    }
)
"""Directories that hold no source of the project; hidden ones are left out too."""


def find_root(path: Path) -> Path:
    """The root of the project that a file belongs to, decided by where the file is alone.

    The nearest directory with a project marker, else the topmost directory of the packages around
    the file, else the file's own directory.
    """
    return root_of(path.absolute().parent)


def root_of(directory: Path) -> Path:
    """The root of the project of the files in a directory (absolute)."""
    home = Path.home()
    package: Path | None = None
    gap = 0
    for parent in (directory, *directory.parents):
        if parent == home or parent.parent == parent or parent.name == "site-packages":
            break
        names = _names_in(parent)
        if not names.isdisjoint(_MARKERS):
            return parent
        if "__init__.py" in names:
            package, gap = parent, 0
        else:
            gap += 1
            if gap > MAX_NAMESPACE_DEPTH:
                break
    return package or directory


def _names_in(directory: Path) -> set[str]:
    """The names that decide about a root and stand in a directory."""
    base = f"{directory}{os.sep}"
    return {name for name in (*_MARKERS, "__init__.py") if os.path.exists(base + name)}


class Project:
    """The files below a root, and what their names mean."""

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
        self._imported: dict[Path, frozenset[str]] = {}
        self._digests: dict[Path, tuple[bytes, bytes]] = {}
        self._definitions: dict[str, list[Path]] | None = None
        self._class_names: frozenset[str] | None = None
        #: The trees of definitions and files that were asked for lately.
        self.trees = RecentTrees()
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
                Path(directory, name) for directory, names in _walk(self.root) for name in names
            ]
            self._paths = sorted(set(found) | set(self._texts))
        return self._paths

    def bytes_of(self, path: Path) -> bytes:
        """The bytes of a file (of its overlay); empty where it cannot be read."""
        if path in self._texts:
            return self._texts[path]
        if path not in self._bytes:
            check_time()
            try:
                self._bytes[path] = read_regular(path)
            except OSError:
                self._bytes[path] = b""
        return self._bytes[path]

    def text_of(self, path: Path) -> str:
        """The text of a file, for searching: bytes that do not fit are passed over."""
        known = self._modules.get(path)
        return known.text if known is not None else self.bytes_of(path).decode("utf-8", "replace")

    def digest_of(self, path: Path) -> bytes:
        """A digest of the bytes of a file."""
        data = self.bytes_of(path)
        known = self._digests.get(path)
        if known is None or known[0] is not data:
            known = self._digests[path] = (data, blake2b(data, digest_size=16).digest())
        return known[1]

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
        self._imported.clear()
        self._definitions = self._class_names = None
        self._paths = None
        self.module(path).original = text
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

    def imported_words(self, path: Path) -> frozenset[str]:
        """Every word of a file's import statements."""
        if path not in self._imported:
            self._imported[path] = frozenset(_imported(self.bytes_of(path)))
        return self._imported[path]

    @property
    def definitions(self) -> Mapping[str, list[Path]]:
        """The files that define a function of a name, one for each definition."""
        if self._definitions is None:
            found: dict[str, list[Path]] = {}
            for path in self.paths:
                for name in _DEF.findall(self.bytes_of(path)):
                    found.setdefault(name.decode("utf-8", "ignore"), []).append(path)
            self._definitions = found
        return self._definitions

    @property
    def class_names(self) -> frozenset[str]:
        """The names of all classes."""
        if self._class_names is None:
            names = (n for path in self.paths for n in _CLASS.findall(self.bytes_of(path)))
            self._class_names = frozenset(name.decode("utf-8", "ignore") for name in names)
        return self._class_names

    @property
    def lower_classes(self) -> frozenset[str]:
        """The names of classes that do not begin like one."""
        return frozenset(n for n in self.class_names if not n.lstrip("_")[:1].isupper())

    # ----------------------------------------------------------------- modules

    def module(self, path: Path) -> Module:
        """The module of a file."""
        check_time()
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

    def constant_entries(
        self, module: Module, dotted: str, scope: FunctionRef | None = None
    ) -> dict[str, object] | None:
        """The entries of a constant dict; what is empty is given as an empty string."""
        return self.index.entries(module, dotted, scope)

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


def _imported(data: bytes) -> Iterator[str]:
    """The words of the import statements of a file."""
    parts: list[bytes] = []
    for hit in _IMPORTS.finditer(data):
        start = data.rfind(b"\n", 0, hit.start()) + 1
        before = data[start : hit.start()].strip()
        if not before or before.startswith(b"from"):
            parts += (before, hit.group())
    for word in set(_WORDS.findall(b" ".join(parts))):
        yield word.decode("utf-8", "ignore")


def _walk(root: Path) -> Iterator[tuple[str, list[str]]]:
    for directory, names, files in os.walk(root):
        names[:] = sorted(
            n
            for n in names
            if n not in SKIPPED and not n.startswith(".") and not n.endswith(".egg-info")
        )
        yield directory, sorted(f for f in files if f.endswith(".py"))
