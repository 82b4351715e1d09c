"""What the answers of earlier runs were read from: pieces of files, words, modules, and what follows from all
files, each with its digest.

A record is a chain: a run adds a link for what it read and no earlier link says, so that an edit adds a few
lines to what is kept.  An answer names the last link that it needs, and its *places*: what it was read from,
counted through the chain from the first link on.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lint_rules.project.kept import digest
from lint_rules.project.noting import Node, unnoted

if TYPE_CHECKING:
    from lint_rules.project.project import Project

T = TypeVar("T")
PARTS = ("pieces", "words", "modules", "derived")
MAX_LINKS = 64
"""The links of a chain, after which a new one is begun: what is no longer true in it is left behind."""
Piece = tuple[Path, str]


class Record:
    """A chain of links, and what of it has changed since."""

    def __init__(
        self, project: Project, told: dict[str, Any], before: Record | None, *, new: bool = False
    ) -> None:
        self._project = project
        self._told = told
        #: Whether the last link was made in this run: it says what is so now.
        self._new = new
        self.links: int = before.links + 1 if before is not None else 1
        self._pieces: list[tuple[Piece, str]] = []
        self._words: list[tuple[str, str]] = []
        self._modules: list[tuple[str, str]] = []
        self._derived: list[tuple[str, str]] = []
        self._before = before
        self._same: dict[int, bool] = {}
        if before is not None:
            self._pieces += before._pieces
            self._words += before._words
            self._modules += before._modules
            self._derived += before._derived
        for name, names in zip(told["texts"], told["pieces"], strict=True):
            path = Path(name)
            self._pieces += (((path, piece), was) for piece, was in names.items())
        self._words += told["words"].items()
        self._modules += told["modules"].items()
        self._derived += told["derived"].items()

    # ----------------------------------------------------------------- what holds

    def holds(self, answer: dict[str, Any]) -> bool:
        """True when all that an answer was read from is the same."""
        return self.rests_on_the_same(answer) and all(map(self._is_derived, answer["derived"]))

    def rests_on_the_same(self, answer: dict[str, Any]) -> bool:
        """True when the texts and the modules are the same that an answer was read from."""
        changed = (self._changed_pieces, self._changed_words, self._changed_modules)
        return all(map(frozenset.isdisjoint, changed, (answer[part] for part in PARTS)))

    def node(self, answer: dict[str, Any]) -> Node:
        """What an answer was read from."""
        node = Node()
        node.files = {self._pieces[place][0] for place in answer["pieces"]}
        held = self._project.reads.held
        node.words = {word: held[word] for word, _ in _of(self._words, answer["words"])}
        node.modules = dict(_of(self._modules, answer["modules"]))
        node.derived = dict(_of(self._derived, answer["derived"]))
        return node

    @cached_property
    def _changed_pieces(self) -> frozenset[int]:
        """The pieces that are others now: none of a text that is the same, each of one that does not parse."""
        found = set(self._before._changed_pieces) if self._before is not None else set()
        place = len(self._before._pieces) if self._before is not None else 0
        for (name, text), names in zip(
            self._told["texts"].items(), self._told["pieces"], strict=True
        ):
            if not self._is_text(Path(name), text):
                found.update(self._others(Path(name), names, place))
            place += len(names)
        return frozenset(found)

    def _is_text(self, path: Path, was: str) -> bool:
        """True where a text is the same that the last link tells of."""
        return self._new or (self._project.has(path) and self._project.digest_of(path) == was)

    def _others(self, path: Path, names: dict[str, str], place: int) -> Iterable[int]:
        """The places of those pieces of a text that are others now."""
        digest_of = self._project.kept_piece_digest
        parses = self._project.has(path) and self._project.parses(path)
        return (
            place + number
            for number, (piece, was) in enumerate(names.items())
            if not parses or not was or digest_of(path, piece) != was
        )

    @cached_property
    def _changed_words(self) -> frozenset[int]:
        """The words that other files hold now; what the links before say of theirs is asked once."""
        before = self._before._changed_words if self._before is not None else frozenset()
        held, own = self._project.reads.held, {} if self._new else self._told["words"]
        return before.union(
            place
            for place, (word, was) in enumerate(
                own.items(), len(self._words) - len(self._told["words"])
            )
            if word not in held or digest_of_paths(held[word]) != was
        )

    @cached_property
    def _changed_modules(self) -> frozenset[int]:
        """What is called otherwise now; nothing is where there are the same files."""
        found = set(self._before._changed_modules) if self._before is not None else set()
        if self._told["paths"] != self._project.names_digest:
            first = len(self._modules) - len(self._told["modules"])
            with unnoted():
                found.update(
                    place
                    for place, (name, was) in enumerate(self._modules[first:], first)
                    if self._project.called(name) != was
                )
        return frozenset(found)

    def _is_derived(self, place: int) -> bool:
        """True when what was derived from all files is the same."""
        if place not in self._same:
            name, was = self._derived[place]
            self._same[place] = self._project.reads.derived_now(name) == was
        return self._same[place]

    # ----------------------------------------------------------------- what is new

    def places(self, node: Node) -> dict[str, list[int]]:
        """Where everything that a value was read from stands in the chain, by part."""
        return {
            "pieces": _places(self._place_of_piece, node.files),
            "words": _places(self._place_of_word, node.words),
            "modules": _places(self._place_of_module, node.modules.items()),
            "derived": _places(self._place_of_derived, node.derived.items()),
        }

    def lacks(self, node: Node) -> Node:
        """What of a node stands nowhere in the chain as it is now."""
        lacking = Node()
        lacking.files = {piece for piece in node.files if piece not in self._place_of_piece}
        lacking.words = {w: held for w, held in node.words.items() if w not in self._place_of_word}
        lacking.modules = dict(node.modules.items() - self._place_of_module.keys())
        lacking.derived = dict(node.derived.items() - self._place_of_derived.keys())
        return lacking

    @cached_property
    def _place_of_piece(self) -> dict[Piece, int]:
        changed = self._changed_pieces
        return {p: n for n, (p, _) in enumerate(self._pieces) if n not in changed}

    @cached_property
    def _place_of_word(self) -> dict[str, int]:
        changed = self._changed_words
        return {word: n for n, (word, _) in enumerate(self._words) if n not in changed}

    @cached_property
    def _place_of_module(self) -> dict[tuple[str, str], int]:
        return {row: n for n, row in enumerate(self._modules)}

    @cached_property
    def _place_of_derived(self) -> dict[tuple[str, str], int]:
        return {row: n for n, row in enumerate(self._derived)}


def link(project: Project, node: Node, before: str) -> dict[str, Any]:
    """The link of a chain that says what a node was read from; ``before`` is the name of the link that it
    follows, empty for the first."""
    pieces: dict[Path, list[str]] = {}
    for path, piece in sorted(node.files):
        pieces.setdefault(path, []).append(piece)
    return {
        "before": before,
        "paths": project.names_digest,
        "texts": {str(path): project.digest_of(path) for path in pieces},
        "pieces": [
            {piece: project.piece_digest(path, piece) for piece in names}
            for path, names in pieces.items()
        ],
        "words": {word: digest_of_paths(held) for word, held in sorted(node.words.items())},
        "modules": dict(sorted(node.modules.items())),
        "derived": dict(sorted(node.derived.items())),
    }


def digest_of_paths(held: list[Path]) -> str:
    """The digest of the files that hold a word."""
    return digest([str(path) for path in held])


def _places(place_of: dict[T, int], rows: Iterable[T]) -> list[int]:
    return sorted(place_of[row] for row in rows)


def _of(rows: list[T], places: Iterable[int]) -> list[T]:
    return [rows[place] for place in places]
