"""What else the names of a project stand for: imports that rename, and assignments of one name to another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.names import import_statements
from lint_rules.project.outline import COPY_FUNCTIONS
from lint_rules.screen.wrappers import stem

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.joins import Said
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
        self._names = project.names  # its joins can be asked from now on
        self._more = more
        self._texts: dict[frozenset[str], str] = {}
        each, join = project.joins.each, project.joins.join
        #: What the names that a file may use stand for, step by step, ...
        self.meanings = each(self._ask_meanings)
        #: ... all that they do, and a digest of it.
        self.meant = each(self._ask_meant)
        self.digest = each(self._ask_digest)
        self._elsewhere = each(self._ask_elsewhere)
        self._read = each(self._ask_read)
        self._own = each(self._ask_own)
        self._pairs = join("names assigned", self._told_pairs, _by_old)
        self._leads = join("names that lead", None, self._fold_leading, sorted)
        self._shared = join("names to import", self._told_names, _Shared)

    def _ask_meanings(self, path: Path) -> Meanings:
        own = self._own(path)
        found = {name: self._followed(name, own) for name in {*own, *self._imported(path)}}
        return {name: found[name] for name in sorted(found) if found[name]}

    def _ask_meant(self, path: Path) -> frozenset[str]:
        return frozenset().union(*self.meanings(path).values())

    def _ask_digest(self, path: Path) -> str:
        meant = self.meanings(path).items()
        return digest([(name, self._told(names)) for name, names in meant])

    def _told(self, names: frozenset[str]) -> str:
        if names not in self._texts:
            self._texts[names] = " ".join(sorted(names))
        return self._texts[names]

    def _imported(self, path: Path) -> Iterator[str]:
        """The names of other modules that stand for others here."""
        shared = self._shared.value
        yield from self._names.imported(path) & shared.known.keys()
        for module in shared.by_module.keys() & set(self._read(path).modules):
            yield from shared.by_module[module]

    def _followed(self, name: str, own: Mapping[str, set[str]]) -> frozenset[str]:
        """All that a name may stand for; what a file says of a name is all that it means there."""
        if name not in own:
            elsewhere = self._elsewhere(name)
            if elsewhere.isdisjoint(own):
                return elsewhere
        return _reached(name, own, self._shared.value.known)

    def _ask_elsewhere(self, name: str) -> frozenset[str]:
        """All that a name stands for by what the files say that others may import from."""
        return _reached(name, {}, self._shared.value.known)

    # ----------------------------------------------------------------- one file

    def _ask_own(self, path: Path) -> dict[str, set[str]]:
        """What a file itself says that its names stand for."""
        own: dict[str, set[str]] = {}
        read, leading = self._read(path), self._leads.value
        for new, old in (*read.renamed, *(p for p in read.assigned if p[1] in leading)):
            own.setdefault(new, set()).add(old)
        return own

    def _ask_read(self, path: Path) -> _Read:
        listed = self.project.lists(path)
        ask = partial(self._ask, path)
        told = self.project.of_file("aliases", path, NO_CONTEXT, ask) if listed else []
        return _Read(*told) if told else _EMPTY

    def _ask(self, path: Path) -> list[Any]:
        data = b"\n" + self.project.bytes_of(path)
        statements = list(import_statements(data))
        renamed = [(new, old) for _, names in statements for old, new in _RENAMED.findall(names)]
        found = _sorted(renamed), _sorted(_assigned(data)), sorted(_modules(statements))
        return list(found) if any(found) else []

    # ----------------------------------------------------------------- all files

    def _told_pairs(self, path: Path) -> list[list[str]]:
        read = self._read(path)
        return [*read.renamed, *read.assigned]

    def _fold_leading(self, _: Said) -> frozenset[str]:
        """Of these names those that are, or stand for, functions and classes, and what else matters."""
        named, names = self._pairs.value, self._names
        more = {*_LIBRARY, *self._more()}
        functions, classes = names.functions, names.classes
        words = named.keys() | {new for news in named.values() for new in news}
        found = {w for w in words if w in functions or w in classes or w in more}
        todo = [name for name in named if name in found]
        while todo:
            further = [new for new in named.get(todo.pop(), ()) if new not in found]
            found.update(further)
            todo += further
        return frozenset(found)

    def _told_names(self, path: Path) -> list[list[Any]]:
        """The names that a file gives to others, and what other modules see of that: None where it is nothing."""
        leading = self._leads.value
        return [
            [new, sorted(olds & leading) if new in leading else None]
            for new, olds in self._own(path).items()
        ]


class _Read(NamedTuple):
    """What one file says."""

    #: The imports that rename: the new name, and the old one.
    renamed: list[list[str]]
    #: The names that are assigned another one, and that one.
    assigned: list[list[str]]
    #: What may be modules whose names it uses.
    modules: list[str]


_EMPTY = _Read([], [], [])


class _Shared:
    """What the files say that others may import from."""

    def __init__(self, said: Said) -> None:
        #: The names that another module may import, and what they stand for.
        self.known: dict[str, set[str]] = {}
        own: dict[str, set[str]] = {}
        for path, names in said:
            own.setdefault(stem(path), set()).update(name for name, _ in names)
            for name, olds in names:
                if olds is not None:
                    self.known.setdefault(name, set()).update(olds)
        #: By the last part of a module's name the names in it that stand for others.
        self.by_module = {module: names & self.known.keys() for module, names in own.items()}


def _by_old(said: Said) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for _, pairs in said:
        for new, old in pairs:
            found.setdefault(old, []).append(new)
    return found


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
