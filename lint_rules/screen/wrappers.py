"""Functions that store what they are given, or hand out what they found: who sees and means them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from lint_rules.folders import in_utf8
from lint_rules.project.kept import digest
from lint_rules.project.words import word_before
from lint_rules.screen.nodes import params
from lint_rules.screen.shapes import NOTHING, RESULT, Names, Shape

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.joins import Said
    from lint_rules.screen.aliases import Meanings

MEMOISING = re.compile(
    r"@[\w.]*\b(?:lru_cache|alru_cache|cache|cache_(?:multi_)?on_arguments|(?:multi_)?cached(?!_property)\w*|\w*cache)\b"
)
"""A decorator that keeps a function's results."""
_IDENTIFIER = re.compile(r"\w+")

Does = tuple[bool, bool]
"""Whether a function stores what it is given, and whether it hands out what it found."""


Wrapper = tuple[str, str, bool, bool]
"""The name of such a function, the class that it is a method of, and what it does (:data:`Does`)."""


def wrapper_of(function: FunctionRef, shape: Shape) -> Iterator[Wrapper]:
    """What is told of a function, if it is one; a constructor is called by the name of its class, and what it looks up
    stands in the new object."""
    owner = function.owner
    if function.name == "__init__" and owner:
        if shape.stores_parameter or shape.looks_up:
            yield owner, "", shape.stores_parameter, shape.looks_up
        return
    finds = (shape.returns_found or shape.memoised) and not shape.plain
    if (shape.stores_parameter or finds) and not function.name.startswith("__"):
        yield function.name, owner, shape.stores_parameter, finds


class Wrappers:
    """Functions that store what they are given, or hand out what they found.

    A function of a module is visible where it, or its module, is imported; a method where its class
    is, or an object of it.
    """

    def __init__(self, said: Said, instances: Callable[[str], Iterable[str]]) -> None:
        """``said`` are the wrappers by file (:func:`wrapper_of`), ``instances`` the names of objects of a
        class, as far as assignments tell."""
        self._by_word: dict[str, dict[str, Does]] = {}
        self._classes: dict[str, set[str]] = {}
        self._owners: dict[str, frozenset[str]] = {}
        self._digests: dict[str, str] = {}
        for path, wrappers in said:
            for name, owner, *does in wrappers:
                words = {str(path), stem(path)}
                words.update((owner, *instances(owner)) if owner else (name,))
                for word in words:
                    _also(self._by_word.setdefault(word, {}), name, (does[0], does[1]))
                if owner:
                    self._classes.setdefault(name, set()).add(owner)
        #: The names of the objects of the classes that wrappers are methods of.
        self._objects = {
            owner: frozenset(instances(owner)) for some in self._classes.values() for owner in some
        }

    def told(self) -> list[tuple[str, str]]:
        """What others may see of them."""
        words = sorted(self._by_word)
        return [(word, self.digest(word)) for word in words]

    def seen(self, path: Path, imported: frozenset[str], meant: frozenset[str]) -> tuple[str, ...]:
        """The words that let a file call wrappers: modules, classes and functions that it imports, or that
        one of its names stands for."""
        found = (imported & self._words) | (meant & self._words)
        name = str(path)
        return tuple(sorted(found | {name} if name in self._words else found))

    @cached_property
    def _words(self) -> frozenset[str]:
        """Those words."""
        return frozenset(self._by_word)

    def visible(self, seen: tuple[str, ...], meanings: Meanings) -> dict[str, Does]:
        """The names of wrappers that these words lead to, and whether they store and find."""
        out: dict[str, Does] = {}
        for word in seen:
            for name, does in self._by_word[word].items():
                _also(out, name, does)
        for new, names in meanings.items():
            for name in names:
                if name in out:
                    _also(out, new, out[name])
        return out

    def digest(self, word: str) -> str:
        """A digest of what :meth:`visible` and :meth:`meant` say of a word."""
        if word not in self._digests:
            names = self._by_word[word]
            owners = {name: sorted(self._named(name)) for name in names if name in COMMON}
            self._digests[word] = digest((sorted(names.items()), sorted(owners.items())))
        return self._digests[word]

    def meant(
        self, function: FunctionRef, names: dict[str, Does], meanings: Meanings
    ) -> dict[str, Does]:
        """Those of the names, which stand in the function, that it can mean.

        ``x.get(...)`` is a method of one of many classes: it counts where the function, or the class
        around it, names the class, or an object of it.
        """
        return {
            name: names[name]
            for name in sorted(names)
            if name not in COMMON
            or name not in self._classes
            or _names_one(function, self._named(name), meanings)
        }

    def _named(self, method: str) -> frozenset[str]:
        """The classes that have a method, and the names of their objects."""
        if method not in self._owners:
            classes = self._classes.get(method, set())
            self._owners[method] = frozenset(classes.union(*(self._objects[c] for c in classes)))
        return self._owners[method]


def _names_one(function: FunctionRef, wanted: frozenset[str], meanings: Meanings) -> bool:
    """True when a function, or the class around it, has one of these names, or is told to be one of these."""
    owner = function.owner
    words = {*_IDENTIFIER.findall(function.source), owner}
    cls = function.module.class_(function.class_name) if function.class_name is not None else None
    if cls is not None:
        told = [*cls.base_names, *_held(cls, words)]
        words.update(word for text in told for word in _IDENTIFIER.findall(text))
    return not wanted.isdisjoint(words.union(*(meanings.get(word, ()) for word in words)))


def _held(cls: ClassRef, words: Set[str]) -> Iterator[str]:
    """What a class says of those of its attributes that are among the words: annotations, and what makes them."""
    for name, said in cls.own_attributes.items():
        if name in words:
            yield from (*said.declared, *said.annotations, *said.called)


def _also(known: dict[str, Does], name: str, does: Does) -> None:
    stores, finds = known.get(name, (False, False))
    known[name] = (stores or does[0], finds or does[1])


COMMON = frozenset(
    {"get", "set", "pop", "update", "add", "put", "save", "load", "read", "write", "find", "fetch",
     "create", "list", "copy", "items", "values", "keys", "append", "remove", "delete", "run", "call",
     "send", "next", "open", "close", "format", "store", "insert", "setdefault"}
)  # fmt: skip
"""Methods that so many classes have that the name alone says nothing."""


CLASS_NAME = re.compile(r"\b_*[A-Z]\w*")
"""What begins like a class."""
_COMMON_CALL = re.compile(rf"\.(?:{'|'.join(sorted(COMMON))})\b")


def mentioned(source: str, lower_classes: Set[str]) -> list[str]:
    """The classes that a function may name, and what it calls methods of many classes on (``store.get``)."""
    words = set(_IDENTIFIER.findall(source))
    found = {word for word in words if CLASS_NAME.match(word)} | (words & lower_classes)
    calls = (
        (word_before(source, hit.start()), hit.group()) for hit in _COMMON_CALL.finditer(source)
    )
    return sorted(found.union(owner + call for owner, call in calls if owner))


def through(plain: Names, does: dict[str, Does]) -> Names:
    """Those meanings, and these wrappers."""
    storing = frozenset(name for name, (stores, _) in does.items() if stores)
    finding = frozenset(name for name, (_, finds) in does.items() if finds)
    return replace(plain, storing=storing, finding=finding)


def may_memoise(function: FunctionRef, shape: Shape) -> bool:
    """True for a decorator that may keep what the function under it returns: it stores what a call of a
    parameter, its own or that of a function inside, returned."""
    if not (shape.stores and shape.looks_up):
        return False
    inside = [
        n for n in ast.walk(function.node) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    called = {RESULT + arg.arg for node in inside for arg in params(node.args)}
    return len(inside) > 1 and not called.isdisjoint(shape.stored)


def is_memoised(
    function: FunctionRef, meanings: Mapping[str, frozenset[str]], memoisers: Set[str] = NOTHING
) -> bool:
    """True for a function under a decorator that keeps its results, one of the project's own among them."""
    source = function.source
    head = source[: source.find("def ")]
    if "@" not in head:
        return False
    if MEMOISING.search(head):
        return True
    words = set(_IDENTIFIER.findall(head))
    meant = {name for word in words for name in meanings.get(word, ())}
    if not memoisers.isdisjoint(words | meant):
        return True
    return any(MEMOISING.search(f"@{name}") for name in meant)


def stem(path: Path) -> str:
    """The last part of a module's dotted name."""
    return in_utf8(path.parent.name if path.name == "__init__.py" else path.stem)
