"""What a value was read from, noted while it is worked out.

A value that is remembered keeps its *node*: the files and words that were read for it, and the nodes of the
values that it rests on.  Whoever asks for it again rests on that node, too.  So it is known of every
single value what it was read from, whoever asked for it first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, overload

if TYPE_CHECKING:
    from lint_rules.project.records import Record

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


_NONE: Any = frozenset()
_NOTHING: Any = MappingProxyType({})


class Node:
    """What one value was read from, itself and through others.

    There is one for every value that is remembered, and most of them were read from one thing: what is empty
    takes no room.
    """

    __slots__ = ("derived", "files", "modules", "nodes", "recorded", "words")

    def __init__(self) -> None:
        #: The pieces of files that were read.
        self.files: set[tuple[Path, str]] = _NONE
        #: The pieces that earlier runs read, by their places in what these kept.
        self.recorded: dict[Record, set[int]] = _NOTHING
        #: Words that all files were searched for, and the files that hold them.
        self.words: dict[str, list[Path]] = _NOTHING
        #: What modules are called: by a dotted name the file, by a file (after ``=``) its dotted name.
        self.modules: dict[str, str] = _NOTHING
        #: What follows from all files together, by its name: a digest.
        self.derived: dict[str, str] = _NOTHING
        self.nodes: set[Node] = _NONE

    def note_piece(self, piece: tuple[Path, str]) -> None:
        """A piece of a file was read."""
        self.files = self.files or set()
        self.files.add(piece)

    def note_word(self, word: str, held: list[Path]) -> None:
        """All files were searched for a word, and these hold it."""
        self.words = self.words or {}
        self.words[word] = held

    def note_module(self, name: str, value: str) -> None:
        """It was asked what a module is called, or which file it is."""
        self.modules = self.modules or {}
        self.modules[name] = value

    def note_derived(self, name: str, value: str) -> None:
        """Something that follows from all files was asked for; ``value`` is its digest."""
        self.derived = self.derived or {}
        self.derived[name] = value

    def rest_on(self, other: Node) -> None:
        """Another value was asked for."""
        self.nodes = self.nodes or set()
        self.nodes.add(other)

    def all(self) -> Node:
        """Everything that the value rests on, in one node."""
        found, seen = Node(), {self}
        todo = [self]
        while todo:
            node = todo.pop()
            found.take(node)
            todo += node.nodes - seen
            seen |= node.nodes
        return found

    @property
    def is_empty(self) -> bool:
        """True when the value itself was read from nothing."""
        return not (self.files or self.recorded or self.words or self.modules or self.derived)

    def take(self, other: Node) -> None:
        """Add what another value itself was read from."""
        if other.files:
            self.files = self.files or set()
            self.files |= other.files
        if other.recorded:
            self.recorded = self.recorded or {}
            for record, places in other.recorded.items():
                self.recorded.setdefault(record, set()).update(places)
        self.words = _with(self.words, other.words)
        self.modules = _with(self.modules, other.modules)
        self.derived = _with(self.derived, other.derived)


def _with(one: dict[K, V], other: dict[K, V]) -> dict[K, V]:
    """A dict with what another one has beside; itself where that is nothing."""
    if other:
        one = one or {}
        one.update(other)
    return one


_NOW: ContextVar[Node | None] = ContextVar("what is worked out now", default=None)
_OFF = Node()
"""What every value rests on in a run that keeps nothing; it stays empty."""


def now() -> Node | None:
    """The node of the value that is being worked out; None where nothing is noted."""
    node = _NOW.get()
    return node if node is not _OFF else None


@contextmanager
def noting() -> Iterator[Node]:
    """Note what is read in here, for whoever is asking, too."""
    asking = _NOW.get()
    if asking is _OFF:
        yield _OFF
        return
    node = Node()
    token = _NOW.set(node)
    try:
        yield node
    finally:
        _NOW.reset(token)
        if asking is not None:
            asking.rest_on(node)


@contextmanager
def unnoted() -> Iterator[None]:
    """Note nothing of what is read in here: whoever is asking rests on the answer alone."""
    token = _NOW.set(None if _NOW.get() is not _OFF else _OFF)
    try:
        yield
    finally:
        _NOW.reset(token)


@contextmanager
def noting_nothing() -> Iterator[None]:
    """Note nothing at all in here, for a run that keeps nothing: no value of it may be asked for again in one that does."""
    token = _NOW.set(_OFF)
    try:
        yield
    finally:
        _NOW.reset(token)


def _node() -> Node:
    """The node of a value that is about to be worked out."""
    return Node() if _NOW.get() is not _OFF else _OFF


class Remembered(Generic[K, V]):
    """The answers to one question, by what it is about.

    ``meanwhile`` makes what is answered where a question leads back to itself; without it that must not
    happen.  What follows from such an answer rests on all that the question rests on in the end.  ``told``
    gives an answer a name and a digest: whoever asks then rests on the answer alone, whatever it was read
    from, and the name has to be enough to ask again (:attr:`Reads.derive`).
    """

    def __init__(
        self, ask: Callable[[K], V], meanwhile: Callable[[K], V] | None = None,
        told: Callable[[K, V], tuple[str, str]] | None = None,
    ) -> None:  # fmt: skip
        self._ask = ask
        self._meanwhile = meanwhile
        self._told = told
        self._known: dict[K, tuple[V, Node]] = {}
        self._derived: dict[K, tuple[str, str]] = {}

    def __call__(self, key: K) -> V:
        """The answer about ``key``."""
        known = self._known.get(key)
        if known is None:
            known = self._asked(key)
        asking = now()
        if asking is not None:
            if key in self._derived:
                name, value = self._derived[key]
                asking.note_derived(name, value)
            else:
                asking.rest_on(known[1])
        return known[0]

    def _asked(self, key: K) -> tuple[V, Node]:
        node = _node()
        if self._meanwhile is not None:
            self._known[key] = self._meanwhile(key), node
        token = _NOW.set(node)
        try:
            known = self._known[key] = self._ask(key), node
        except BaseException:
            self._known.pop(key, None)
            raise
        finally:
            _NOW.reset(token)
        if self._told is not None:
            self._derived[key] = self._told(key, known[0])
        return known


class remembered(Generic[T]):
    """An attribute that is worked out once, as :func:`functools.cached_property` does; whoever asks for it
    rests on what it was read from."""

    def __init__(self, ask: Callable[[Any], T]) -> None:
        self._ask = ask
        self.__doc__ = ask.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_remembered_{name}"

    @overload
    def __get__(self, instance: None, owner: type) -> remembered[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> T | remembered[T]:
        if instance is None:
            return self
        known = instance.__dict__.get(self._name)
        if known is None:
            node = _node()
            token = _NOW.set(node)
            try:
                known = instance.__dict__[self._name] = self._ask(instance), node
            finally:
                _NOW.reset(token)
        asking = now()
        if asking is not None:
            asking.rest_on(known[1])
        return cast("T", known[0])
