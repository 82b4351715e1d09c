"""What the files of a project import and define, by name: read off their bytes, nothing is parsed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from lint_rules.project.kept import NO_CONTEXT
from lint_rules.project.lines import begins_line

if TYPE_CHECKING:
    from lint_rules.project.joins import Said
    from lint_rules.project.project import Project

# Begins with plain characters: that is searched for six times as fast as a line's beginning.
_IMPORTS = re.compile(rb"import\b[ \t]*(?:\([^)]*\)?|[^\n\\]*(?:\\\r?\n[^\n\\]*)*)")
_WORDS = re.compile(rb"[\w\x80-\xff]+")
_DEF = re.compile(rb"def[ \t]+([\w\x80-\xff]+)")
_CLASS = re.compile(rb"class[ \t]+([\w\x80-\xff]+)[ \t]*[(:\[]")


class Names:
    """The names of one project, as its files are now."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._counted: dict[Path, Counter[str]] = {}
        self._imported: dict[Path, frozenset[str]] = {}
        self._functions = project.joins.join("functions", self._told_functions, _by_name)
        self._classes = project.joins.join("classes", self._told_classes, _all_words)
        self._lower = project.joins.join("lower classes", self._lower_classes_in, together, sorted)

    def imported(self, path: Path) -> frozenset[str]:
        """Every word of a file's import statements."""
        known = self._imported.get(path)
        if known is None:
            known = self._imported[path] = frozenset(self._ask_imported(path))
        return known

    def defined_in(self, path: Path) -> list[str]:
        """The names of the functions that a file defines, one for each definition."""
        return self._of(path, "defs", _DEF)

    def how_often_defined(self, path: Path, name: str) -> int:
        """How many functions of a file are called so."""
        if path not in self._counted:
            self._counted[path] = Counter(self.defined_in(path))
        return self._counted[path][name]

    @property
    def functions(self) -> Mapping[str, list[Path]]:
        """The files that define a function of a name, one for each definition."""
        return self._functions.value

    @property
    def classes(self) -> frozenset[str]:
        """The names of all classes."""
        return self._classes.value

    @property
    def lower_classes(self) -> frozenset[str]:
        """The names of classes that do not begin like one."""
        return self._lower.value

    @property
    def lower_digest(self) -> str:
        """A digest of them."""
        return self._lower.seen

    def _classes_in(self, path: Path) -> list[str]:
        return self._of(path, "classes", _CLASS)

    # One text for each file is read and written in a tenth of the time that its names take.

    def _told_functions(self, path: Path) -> str:
        return " ".join(self.defined_in(path))

    def _told_classes(self, path: Path) -> str:
        return " ".join(self._classes_in(path))

    def _lower_classes_in(self, path: Path) -> list[str]:
        return [n for n in self._classes_in(path) if not n.lstrip("_")[:1].isupper()]

    def _of(self, path: Path, kind: str, form: re.Pattern[bytes]) -> list[str]:
        def ask() -> list[str]:
            found = form.findall(self._project.bytes_of(path))
            return [name.decode("utf-8", "ignore") for name in found]

        if not self._project.lists(path):
            return []
        return cast("list[str]", self._project.of_file(kind, path, NO_CONTEXT, ask))

    def _ask_imported(self, path: Path) -> list[str]:
        """The words of the import statements; of a file that is none of the project's they are not kept."""
        ask = partial(self._read_imported, path)
        if not self._project.lists(path):
            return ask()
        return cast("list[str]", self._project.of_file("imports", path, NO_CONTEXT, ask))

    def _read_imported(self, path: Path) -> list[str]:
        statements = import_statements(self._project.bytes_of(path))
        words = set(_WORDS.findall(b" ".join(part for parts in statements for part in parts)))
        return sorted(word.decode("utf-8", "ignore") for word in words)


def _by_name(said: Said) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path, names in said:
        for name in names.split(" "):
            found.setdefault(name, []).append(path)
    return found


def _all_words(said: Said) -> frozenset[str]:
    return frozenset(name for _, names in said for name in names.split(" "))


def together(said: Said) -> frozenset[str]:
    """All names that some file says."""
    return frozenset(name for _, names in said for name in names)


def import_statements(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The import statements of a file, parted before the word ``import``."""
    for hit in _IMPORTS.finditer(data):
        head = begins_line(data, hit.start())
        if head is not None and (not head.strip() or head.lstrip().startswith(b"from")):
            yield head.strip(), hit.group()
