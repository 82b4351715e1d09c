"""Answers that are kept for other runs, each with what it was read from: it holds as long as all of that
is the same.

What an answer was read from is told by places in a *record*, which all answers of one run share: pieces
of files and their digests, words and the files that hold them, names of modules, and what follows from all
files together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from lint_rules.project.kept import NO_CONTEXT, digest
from lint_rules.project.noting import Node, noting, now, unnoted
from lint_rules.project.pieces import WHOLE

if TYPE_CHECKING:
    from lint_rules.project.project import Project

T = TypeVar("T")
RECORD = "read "
"""What the kind of a record begins with; its digest follows."""
_PARTS = ("pieces", "words", "modules")


class Reads:
    """The answers of one project, and what they were read from."""

    def __init__(self, project: Project, *, keeping: bool = False) -> None:
        self._project = project
        #: Whether answers are kept for other runs.
        self.keeping = keeping
        #: Works out anew what was derived from all files together, by its name.
        self.derive: Callable[[str], str] = lambda name: ""
        self._new: list[_New] = []
        self._records: dict[str, _Record | None] = {}

    # ----------------------------------------------------------------- noting

    def file(self, path: Path) -> None:
        """A file's whole text is read."""
        self.piece((path, WHOLE))

    def piece(self, piece: tuple[Path, str]) -> None:
        """A piece of a file is read."""
        node = now()
        if node is not None:
            node.files.add(piece)

    def word(self, word: bytes, held: list[Path]) -> None:
        """All files were searched for a word."""
        node = now()
        if node is not None:
            node.words[word.decode("utf-8", "surrogateescape")] = held

    def module(self, name: str, value: str) -> None:
        """It was asked which file a module is, or what the module of a file is called (:attr:`Node.modules`)."""
        node = now()
        if node is not None:
            node.modules[name] = value

    def derived(self, name: str, value: str) -> None:
        """Something that follows from all files was asked for; ``value`` is its digest."""
        node = now()
        if node is not None:
            node.derived[name] = value

    # ----------------------------------------------------------------- answers

    def kept(self, kind: str, path: Path, context: str, ask: Callable[[], Any]) -> Any:
        """What an earlier run answered for a file (or the root, for the project), as long as all that it was
        read from is the same; else what ``ask`` says, kept for the next run.

        ``context`` is the digest of what the answer depends on beside what is noted.  The answer is JSON,
        and never None.
        """
        answer = self.answer(kind, path, context)
        if answer is None:
            with noting() as node:
                answer = ask()
            self.keep(kind, path, context, answer, node)
        return answer

    def answer(self, kind: str, path: Path, context: str) -> Any:
        """The answer that an earlier run gave; None when it gave none, or when anything that it was read
        from has changed."""
        known = self._project.kept_value(kind, path, context)
        record = self._record(known["read"]) if known is not None else None
        if record is None or not record.holds(known):
            return None
        node = now()
        if node is not None:
            node.nodes.add(record.node(known))
        return known["answer"]

    def keep(self, kind: str, path: Path, context: str, answer: Any, node: Node) -> None:
        """Keep an answer (JSON) at the next :meth:`flush`."""
        if self.keeping:
            self._new.append(_New(kind, path, context, answer, node))

    def flush(self) -> None:
        """Keep the answers that are new, with what they were read from."""
        new = [(one, one.node.all()) for one in self._new]
        self._new.clear()
        if not new:
            return
        read = Node()
        for _, node in new:
            read.take(node)
        self._add_words(read.words)
        pieces = _by_path(read.files)
        record = {
            "paths": self._project.names_digest,
            "texts": {str(path): self._project.digest_of(path) for path in pieces},
            "pieces": [
                {piece: self._digest_of((path, piece)) for piece in names}
                for path, names in pieces.items()
            ],
            "words": {word: _digest(held) for word, held in sorted(read.words.items())},
            "modules": dict(sorted(read.modules.items())),
            "derived": dict(sorted(read.derived.items())),
        }
        name = digest(record)
        self._project.keep_value(RECORD + name, self._project.root, NO_CONTEXT, record)
        files, words, modules, derived = (
            {one: place for place, one in enumerate(part)}
            for part in (
                [(path, piece) for path, names in pieces.items() for piece in names],
                record["words"], record["modules"], record["derived"],
            )
        )  # fmt: skip
        for one, node in new:
            value = {
                "read": name, "answer": one.answer,
                "pieces": sorted(files[piece] for piece in node.files),
                "words": sorted(words[word] for word in node.words),
                "modules": sorted(modules[name] for name in node.modules),
                "derived": sorted(derived[name] for name in node.derived),
            }  # fmt: skip
            self._project.keep_value(one.kind, one.path, one.context, value)
        self._project.kept.drop(self._is_void, str(self._project.root))

    def _is_void(self, kind: str) -> bool:
        """True for an answer about the project that no longer holds: it would keep its record, too."""
        known = self._project.kept_value(kind, self._project.root, NO_CONTEXT)
        if not isinstance(known, dict) or "read" not in known:
            return False
        record = self._record(known["read"])
        return record is None or not record.rests_on_the_same(known)

    def _digest_of(self, piece: tuple[Path, str]) -> str:
        """The digest of a piece of a file; none is taken anew that an earlier run knows."""
        known = (record.digest_of(piece) for record in self._records.values() if record)
        return next(filter(None, known), None) or self._project.piece_digest(*piece)

    def _record(self, name: str) -> _Record | None:
        if name not in self._records:
            told = self._project.kept_value(RECORD + name, self._project.root, NO_CONTEXT)
            self._records[name] = _Record(self._project, self, told) if told is not None else None
        return self._records[name]

    # ----------------------------------------------------------------- words

    @property
    def _known_words(self) -> tuple[str, ...]:
        return tuple(self._project.kept_value("words", self._project.root, NO_CONTEXT) or ())

    @cached_property
    def held(self) -> dict[str, list[Path]]:
        """The files that hold each of the words that are known; only files that changed are read."""
        words = self._known_words
        found: dict[str, list[Path]] = {word: [] for word in words}
        for path, held in self._project.holding("words", words).items() if words else ():
            for word in held:
                found[word].append(path)
        return found

    def _add_words(self, new: dict[str, list[Path]]) -> None:
        """Make the words known that this run has searched for."""
        if new.keys() <= set(self._known_words):
            return
        held = {**self.held, **new}
        words = sorted(held)
        by_file: dict[Path, list[str]] = {path: [] for path in self._project.paths}
        for word in words:
            for path in held[word]:
                by_file[path].append(word)
        context = digest(tuple(words))
        for path, holding in by_file.items():
            self._project.keep_value("words", path, context, holding)
        self._project.keep_value("words", self._project.root, NO_CONTEXT, words)
        self.__dict__.pop("held", None)


class _New(NamedTuple):
    """An answer that is to be kept."""

    kind: str
    path: Path
    context: str
    answer: Any
    node: Node


class _Record:
    """What the answers of an earlier run were read from, and what of it has changed since."""

    def __init__(self, project: Project, reads: Reads, told: dict[str, Any]) -> None:
        self._project = project
        self._reads = reads
        self._told = told
        self._derived: dict[str, bool] = {}

    def holds(self, answer: dict[str, Any]) -> bool:
        """True when all that an answer was read from is the same."""
        return self.rests_on_the_same(answer) and all(
            self._is_derived(self._derived_names[place]) for place in answer["derived"]
        )

    def rests_on_the_same(self, answer: dict[str, Any]) -> bool:
        """True when the texts and the modules are the same that an answer was read from."""
        changed = (self._changed_pieces, self._changed_words, self._changed_modules)
        return all(map(frozenset.isdisjoint, changed, (answer[part] for part in _PARTS)))

    def node(self, answer: dict[str, Any]) -> Node:
        """What an answer was read from."""
        node = Node()
        node.files.update(self._pieces[place] for place in answer["pieces"])
        held = self._reads.held
        node.words.update((word, held[word]) for word in _of(self._words, answer["words"]))
        node.modules.update(_of(self._modules, answer["modules"]))
        told = self._told["derived"]
        node.derived.update(
            (name, told[name]) for name in _of(self._derived_names, answer["derived"])
        )
        return node

    @cached_property
    def _pieces(self) -> list[tuple[Path, str]]:
        return list(self._known)

    @cached_property
    def _known(self) -> dict[tuple[Path, str], str]:
        """The digests of the pieces."""
        texts = zip(map(Path, self._told["texts"]), self._told["pieces"], strict=True)
        return {(path, name): was for path, names in texts for name, was in names.items()}

    @cached_property
    def _words(self) -> list[str]:
        return list(self._told["words"])

    @cached_property
    def _modules(self) -> list[tuple[str, str]]:
        return list(self._told["modules"].items())

    @cached_property
    def _changed_modules(self) -> frozenset[int]:
        """What is called otherwise now; nothing is where there are the same files."""
        if self._told["paths"] == self._project.names_digest:
            return frozenset()
        known = enumerate(self._modules)
        with unnoted():
            return frozenset(n for n, (name, was) in known if self._project.called(name) != was)

    @cached_property
    def _derived_names(self) -> list[str]:
        return list(self._told["derived"])

    @cached_property
    def _changed_texts(self) -> frozenset[Path]:
        project = self._project
        texts = ((Path(name), was) for name, was in self._told["texts"].items())
        return frozenset(
            path for path, was in texts if not project.has(path) or project.digest_of(path) != was
        )

    @cached_property
    def _changed_pieces(self) -> frozenset[int]:
        """The pieces that are others now: none of a text that is the same, each of one that does not parse."""
        found: set[int] = set()
        place = 0
        for name, names in zip(self._told["texts"], self._told["pieces"], strict=True):
            path = Path(name)
            if path in self._changed_texts:
                parses = self._project.module(path).raw.parses
                found.update(
                    place + number
                    for number, (piece, was) in enumerate(names.items())
                    if not parses or not was or self._project.piece_digest(path, piece) != was
                )
            place += len(names)
        return frozenset(found)

    def digest_of(self, piece: tuple[Path, str]) -> str | None:
        """The digest of a piece of a text that is the same; None where it is not known."""
        return None if piece[0] in self._changed_texts else self._known.get(piece)

    @cached_property
    def _changed_words(self) -> frozenset[int]:
        held = self._reads.held
        known = enumerate(self._told["words"].items())
        return frozenset(
            place for place, (word, was) in known if word not in held or _digest(held[word]) != was
        )

    def _is_derived(self, name: str) -> bool:
        """True when what was derived from all files is the same."""
        if name not in self._derived:
            with unnoted():
                self._derived[name] = self._reads.derive(name) == self._told["derived"][name]
        return self._derived[name]


def _of(names: list[T], places: Iterable[int]) -> list[T]:
    return [names[place] for place in places]


def _by_path(pieces: Iterable[tuple[Path, str]]) -> dict[Path, list[str]]:
    found: dict[Path, list[str]] = {}
    for path, piece in sorted(pieces):
        found.setdefault(path, []).append(piece)
    return found


def _digest(held: list[Path]) -> str:
    return digest([str(path) for path in held])
