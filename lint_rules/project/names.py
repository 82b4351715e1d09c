"""What the files of a project import and define, by name: read off their bytes, nothing is parsed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.project.kept import NO_CONTEXT
from lint_rules.project.lines import begins_line

if TYPE_CHECKING:
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

    def imported(self, path: Path) -> frozenset[str]:
        """Every word of a file's import statements."""
        known = self._imported.get(path)
        if known is None:
            listed = self._project.lists(path)
            known = frozenset() if listed else frozenset(self._ask_imported(path))
        return known

    def defined_in(self, path: Path) -> list[str]:
        """The names of the functions that a file defines, one for each definition."""
        return self._defined.get(path, [])

    def how_often_defined(self, path: Path, name: str) -> int:
        """How many functions of a file are called so."""
        if path not in self._counted:
            self._counted[path] = Counter(self.defined_in(path))
        return self._counted[path][name]

    @cached_property
    def functions(self) -> Mapping[str, list[Path]]:
        """The files that define a function of a name, one for each definition."""
        found: dict[str, list[Path]] = {}
        for path, names in self._defined.items():
            for name in names:
                found.setdefault(name, []).append(path)
        return found

    @cached_property
    def classes(self) -> frozenset[str]:
        """The names of all classes."""
        found = self._project.of_files("classes", NO_CONTEXT, lambda path: self._of(path, _CLASS))
        return frozenset(name for names in found.values() for name in names)

    @property
    def lower_classes(self) -> frozenset[str]:
        """The names of classes that do not begin like one."""
        return frozenset(n for n in self.classes if not n.lstrip("_")[:1].isupper())

    @cached_property
    def _imported(self) -> dict[Path, frozenset[str]]:
        found = self._project.of_files("imports", NO_CONTEXT, self._ask_imported)
        return {path: frozenset(words) for path, words in found.items()}

    @cached_property
    def _defined(self) -> dict[Path, list[str]]:
        return self._project.of_files("defs", NO_CONTEXT, lambda path: self._of(path, _DEF))

    def _of(self, path: Path, form: re.Pattern[bytes]) -> list[str]:
        return [n.decode("utf-8", "ignore") for n in form.findall(self._project.bytes_of(path))]

    def _ask_imported(self, path: Path) -> list[str]:
        statements = import_statements(self._project.bytes_of(path))
        words = set(_WORDS.findall(b" ".join(part for parts in statements for part in parts)))
        return sorted(word.decode("utf-8", "ignore") for word in words)


def import_statements(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The import statements of a file, parted before the word ``import``."""
    for hit in _IMPORTS.finditer(data):
        head = begins_line(data, hit.start())
        if head is not None and (not head.strip() or head.lstrip().startswith(b"from")):
            yield head.strip(), hit.group()
