"""What the answers of earlier runs were read from: pieces of files, words, modules, and what follows from all
files, each with its digest.

A record is a chain: a run adds a link for what it read and no earlier link says, so that an edit adds a few
lines to what is kept.  An answer names the last link that it needs, and its *places*: what it was read from,
counted through the chain from the first link on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lint_rules.project.kept import digest
from lint_rules.project.noting import Node, unnoted
from lint_rules.project.piecelists import Piece, PieceLists, as_told

if TYPE_CHECKING:
    from lint_rules.project.project import Project

T = TypeVar("T")
PARTS = ("pieces", "words", "modules", "derived")
MAX_LINKS = 64
"""The links of a chain, after which a new one is begun: what is no longer true in it is left behind."""


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
        self._words: list[tuple[str, str]] = []
        self._modules: list[tuple[str, str]] = []
        self._derived: list[tuple[str, str]] = []
        self._before = before
        self._same: dict[int, bool] = {}
        earlier = before._chain if before is not None else ()
        self._last = PieceLists(told, earlier[-1].end if earlier else 0)
        #: The pieces that each link tells of.
        self._chain: tuple[PieceLists, ...] = (*earlier, self._last)
        self._places_of: dict[Path, dict[str, int]] = {}
        if before is not None:
            self._words += before._words
            self._modules += before._modules
            self._derived += before._derived
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
        node.recorded = {self: set(answer["pieces"])}
        held = self._project.reads.held
        node.words = {word: held[word] for word, _ in _of(self._words, answer["words"])}
        node.modules = dict(_of(self._modules, answer["modules"]))
        node.derived = dict(_of(self._derived, answer["derived"]))
        return node

    def pieces(self, places: Iterable[int]) -> Iterator[Piece]:
        """The pieces at some places."""
        firsts = [one.first for one in self._chain]
        return (self._chain[bisect_right(firsts, place) - 1].at(place) for place in places)

    def is_of(self, other: Record) -> bool:
        """True where both are of one chain: what stands in both stands at the same places."""
        return self._chain[0] is other._chain[0]

    @cached_property
    def _changed_pieces(self) -> frozenset[int]:
        """The pieces that are others now: none of a text that is the same, each of one that does not parse."""
        found = set(self._before._changed_pieces) if self._before is not None else set()
        for number, path, was in self._last.texts:
            if not self._is_text(path, was):
                found.update(self._others(path, number))
        return frozenset(found)

    def _is_text(self, path: Path, was: str) -> bool:
        """True where a text is the same that the last link tells of."""
        return self._new or (self._project.has(path) and self._project.digest_of(path) == was)

    def _others(self, path: Path, number: int) -> Iterable[int]:
        """The places of those pieces of a text that are others now."""
        if not (self._project.has(path) and self._project.parses(path)):
            return self._last.places(number)
        digest_of = self._project.kept_piece_digest
        told = self._last.digests(number)
        return (p for p, piece, was in told if not was or digest_of(path, piece) != was)

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
            "pieces": sorted({*self._places_now(node.files), *chain(*node.recorded.values())}),
            "words": _places(self._place_of_word, node.words),
            "modules": _places(self._place_of_module, node.modules.items()),
            "derived": _places(self._place_of_derived, node.derived.items()),
        }

    def lacks(self, node: Node) -> Node:
        """What of a node stands nowhere in the chain as it is now."""
        lacking = Node()
        lacking.files = {(p, name) for p, name in node.files if name not in self._pieces_now(p)}
        lacking.words = {w: held for w, held in node.words.items() if w not in self._place_of_word}
        lacking.modules = dict(node.modules.items() - self._place_of_module.keys())
        lacking.derived = dict(node.derived.items() - self._place_of_derived.keys())
        return lacking

    def _places_now(self, pieces: Iterable[Piece]) -> Iterator[int]:
        return (self._pieces_now(path)[name] for path, name in pieces)

    def _pieces_now(self, path: Path) -> dict[str, int]:
        """The pieces of a file that are as some link tells, by their places."""
        if path not in self._places_of:
            told = (told for one in self._chain for told in one.of(path).items())
            changed = self._changed_pieces
            self._places_of[path] = {name: place for name, place in told if place not in changed}
        return self._places_of[path]

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
    pieces: dict[Path, dict[str, str]] = {}
    for path, piece in sorted(node.files):
        pieces.setdefault(path, {})[piece] = project.piece_digest(path, piece)
    return {
        "before": before,
        "paths": project.names_digest,
        "texts": {str(path): project.digest_of(path) for path in pieces},
        **as_told(pieces),
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
