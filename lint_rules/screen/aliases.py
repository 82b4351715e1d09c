"""What else the names of a project stand for: imports that rename, and assignments of one name to another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.names import import_statements
from lint_rules.project.outline import COPY_FUNCTIONS
from lint_rules.screen.wrappers import stem

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.project import Project

Meanings = Mapping[str, frozenset[str]]
"""By name the other names that it may stand for."""

_NAME = rb"[\w\x80-\xff]+"
_VALUE = rb"[ \t]*(?::[^=\n]*)?=[ \t]*([A-Za-z_\x80-\xff][\w.\x80-\xff]*)[ \t\r]*(?=[#\n]|$)"
_WORDS = re.compile(_NAME)
_RENAMED = re.compile(rb"(?<![\w\x80-\xff])(%b)\s+as\s+(%b)" % (_NAME, _NAME))
_ASSIGNED = re.compile(rb"\n\f*(%b)%b" % (_NAME, _VALUE))
#: What stands at the margin and holds statements of the module level, ...
_BLOCK = re.compile(
    rb"\n\f*(?:if|try|else|elif|except|finally|with|for|while)\b[^\n]*(?:\n(?:[ \t\f#)][^\n]*|\r?(?=\n)))*"
)
#: ... and such a statement.
_INSIDE = re.compile(rb"\n[ \t\f]+(%b)%b" % (_NAME, _VALUE))
_CONSTANTS = frozenset({"None", "True", "False", ""})
_LIBRARY = COPY_FUNCTIONS | {
    "setattr",
    "delattr",
    "cast",
    "partial",
    "lru_cache",
    "cache",
    "cached",
}
"""Functions of others that matter under any name."""


class Aliases:
    """The names of one project that stand for others.

    One of another module counts where it, or its module, is imported.  An assignment counts that leads
    to a function or class of the project, to a function of others that matters, or to one of ``more``.
    """

    def __init__(self, project: Project, more: Callable[[], Iterable[str]] = tuple) -> None:
        self.project = project
        self._more = more
        self._meanings: dict[Path, Meanings] = {}
        self._meant: dict[Path, frozenset[str]] = {}
        self._digests: dict[Path, str] = {}
        self._texts: dict[frozenset[str], str] = {}
        self._followed_to: dict[str, frozenset[str]] = {}

    def meanings(self, path: Path) -> Meanings:
        """What the names that a file may use stand for, step by step."""
        if path not in self._meanings:
            own = self._by_file.get(path, {})
            found = {name: self._followed(name, own) for name in {*own, *self._imported(path)}}
            self._meanings[path] = {name: found[name] for name in sorted(found) if found[name]}
        return self._meanings[path]

    def meant(self, path: Path) -> frozenset[str]:
        """All that the names of a file stand for."""
        if path not in self._meant:
            self._meant[path] = frozenset().union(*self.meanings(path).values())
        return self._meant[path]

    def digest(self, path: Path) -> str:
        """A digest of the meanings in a file."""
        if path not in self._digests:
            meant = self.meanings(path).items()
            self._digests[path] = digest([(name, self._told(names)) for name, names in meant])
        return self._digests[path]

    def _told(self, names: frozenset[str]) -> str:
        if names not in self._texts:
            self._texts[names] = " ".join(sorted(names))
        return self._texts[names]

    def _imported(self, path: Path) -> Iterator[str]:
        """The names of other modules that stand for others here."""
        yield from self.project.names.imported(path) & self._importable
        for module in self._by_module.keys() & self._read.get(path, _EMPTY).modules:
            yield from self._by_module[module]

    def _followed(self, name: str, own: Mapping[str, set[str]]) -> frozenset[str]:
        """All that a name may stand for; what a file says of a name is all that it means there."""
        if name not in own:
            elsewhere = self._elsewhere(name)
            if elsewhere.isdisjoint(own):
                return elsewhere
        return _reached(name, own, self._known)

    def _elsewhere(self, name: str) -> frozenset[str]:
        """All that a name stands for by what the files say that others may import from."""
        if name not in self._followed_to:
            self._followed_to[name] = _reached(name, {}, self._known)
        return self._followed_to[name]

    # ----------------------------------------------------------------- all files

    @cached_property
    def _by_file(self) -> dict[Path, dict[str, set[str]]]:
        found: dict[Path, dict[str, set[str]]] = {}
        for path, read in self._read.items():
            own = found.setdefault(path, {})
            for new, old in (*read.renamed, *(p for p in read.assigned if p[1] in self._leading)):
                own.setdefault(new, set()).add(old)
        return found

    @cached_property
    def _known(self) -> dict[str, set[str]]:
        """The names that another module may import, and what they stand for."""
        found: dict[str, set[str]] = {}
        for own in self._by_file.values():
            for new, olds in own.items():
                if new in self._leading:
                    found.setdefault(new, set()).update(olds & self._leading)
        return found

    @cached_property
    def _importable(self) -> frozenset[str]:
        return frozenset(self._known)

    @cached_property
    def _by_module(self) -> dict[str, set[str]]:
        """By the last part of a module's name the names in it that stand for others."""
        found: dict[str, set[str]] = {}
        for path, own in self._by_file.items():
            found.setdefault(stem(path), set()).update(own.keys() & self._known.keys())
        return found

    @cached_property
    def _leading(self) -> frozenset[str]:
        """The names that are, or stand for, functions and classes, and what else matters."""
        found = {
            *self.project.names.functions,
            *self.project.names.classes,
            *_LIBRARY,
            *self._more(),
        }
        named: dict[str, list[str]] = {}
        for one in self._read.values():
            for new, old in (*one.renamed, *one.assigned):
                named.setdefault(old, []).append(new)
        todo = [name for name in named if name in found]
        while todo:
            more = [new for new in named.get(todo.pop(), ()) if new not in found]
            found.update(more)
            todo += more
        return frozenset(found)

    @cached_property
    def _read(self) -> dict[Path, _Read]:
        """What was read off each file."""
        found = self.project.of_files("aliases", NO_CONTEXT, self._ask)
        return {path: _Read(*value) for path, value in found.items()}

    def _ask(self, path: Path) -> list[Any]:
        data = b"\n" + self.project.bytes_of(path)
        statements = list(import_statements(data))
        renamed = [(new, old) for _, names in statements for old, new in _RENAMED.findall(names)]
        found = _sorted(renamed), _sorted(_assigned(data)), sorted(_modules(statements))
        return list(found) if any(found) else []


class _Read(NamedTuple):
    """What one file says."""

    #: The imports that rename: the new name, and the old one.
    renamed: list[list[str]]
    #: The names that are assigned another one, and that one.
    assigned: list[list[str]]
    #: What may be modules whose names it uses.
    modules: list[str]


_EMPTY = _Read([], [], [])


def _reached(
    name: str, own: Mapping[str, set[str]], known: Mapping[str, set[str]]
) -> frozenset[str]:
    """The names that one leads to, step by step, itself left out."""
    found: set[str] = set()
    todo = list(own.get(name) or known.get(name) or set())
    while todo:
        word = todo.pop()
        if word not in found:
            found.add(word)
            todo += own.get(word, ())
            todo += known.get(word, ())
    return frozenset(found - {name})


def _sorted(pairs: Iterable[tuple[bytes, bytes]]) -> list[list[str]]:
    texts = {(_text(new), _text(old.rpartition(b".")[2])) for new, old in pairs}
    return [[new, old] for new, old in sorted(texts) if new != old and old not in _CONSTANTS]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "ignore")


def _assigned(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    yield from _ASSIGNED.findall(data)
    for block in _BLOCK.finditer(data):
        yield from _INSIDE.findall(data, block.start(), block.end())


def _modules(statements: list[tuple[bytes, bytes]]) -> set[str]:
    """The names that are imported and begin like a module's, and the modules of which all is."""
    found: set[bytes] = set()
    for before, names in statements:
        found.update(word for word in _WORDS.findall(names) if not word[:1].isupper())
        if b"*" in names:
            found.update(_WORDS.findall(before))
    return {_text(word) for word in found} - {"import", "as", "from"}
