"""The pieces that a link of a record tells of (``records``), each with its digest, by file.

There are tens of thousands, and a run looks at those of the few files that have changed: so what is kept is a text for
each file, which is read when it is asked for.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from lint_rules.project.pieces import searched_in

Piece = tuple[Path, str]
_MARK = "#"
"""What the number of a regular expression begins with."""


class PieceLists:
    """The pieces of one link, counted through the whole chain: the first is ``first``."""

    def __init__(self, told: Mapping[str, Any], first: int) -> None:
        self.first = first
        self._paths = [Path(name) for name in told["texts"]]
        self._digests: list[str] = list(told["texts"].values())
        self._texts: list[str] = told["pieces"]
        self._forms: list[str] = told["forms"]
        self._starts: list[int] = [*accumulate(told["counts"], initial=first)]
        self._numbers: dict[Path, int] | None = None
        self._read: dict[int, tuple[list[str], list[str]]] = {}

    @property
    def end(self) -> int:
        """The place after the last one."""
        return self._starts[-1]

    @property
    def texts(self) -> Iterable[tuple[int, Path, str]]:
        """The number, the path and the digest of each text."""
        return zip(range(len(self._paths)), self._paths, self._digests, strict=True)

    def places(self, number: int) -> range:
        """The places of the pieces of a text."""
        return range(self._starts[number], self._starts[number + 1])

    def digests(self, number: int) -> Iterable[tuple[int, str, str]]:
        """The place of each piece of a text, the piece and its digest."""
        return zip(self.places(number), *self._pieces(number), strict=True)

    def at(self, place: int) -> Piece:
        """The piece at a place."""
        number = bisect_right(self._starts, place) - 1
        return self._paths[number], self._pieces(number)[0][place - self._starts[number]]

    def of(self, path: Path) -> dict[str, int]:
        """The pieces of a file by their places."""
        if self._numbers is None:
            self._numbers = {path: number for number, path in enumerate(self._paths)}
        number = self._numbers.get(path)
        if number is None:
            return {}
        return dict(zip(self._pieces(number)[0], self.places(number), strict=True))

    def _pieces(self, number: int) -> tuple[list[str], list[str]]:
        """The pieces of a text, and their digests."""
        if number not in self._read:
            parts = [line.partition(" ") for line in self._texts[number].split("\n")]
            pieces = [self._piece(told) for _, _, told in parts]
            self._read[number] = pieces, [digest for digest, _, _ in parts]
        return self._read[number]

    def _piece(self, told: str) -> str:
        """The piece that :func:`_told` told."""
        if told.startswith('"'):
            return str(json.loads(told))
        head, mark, number = told.rpartition(_MARK)
        return head + self._forms[int(number)] if mark else told


def as_told(pieces: Mapping[Path, Mapping[str, str]]) -> dict[str, Any]:
    """What a link tells of pieces and their digests, by file; in many functions few regular expressions are looked for."""
    forms: dict[str, int] = {}
    texts = [
        "\n".join(f"{digest} {_told(piece, forms)}" for piece, digest in names.items())
        for names in pieces.values()
    ]
    return {"pieces": texts, "counts": [len(names) for names in pieces.values()], "forms": [*forms]}


def _told(piece: str, forms: dict[str, int]) -> str:
    form = searched_in(piece)
    if form is not None:
        return f"{piece.removesuffix(form)}{_MARK}{forms.setdefault(form, len(forms))}"
    plain = "\n" not in piece and _MARK not in piece and not piece.startswith('"')
    return piece if plain else json.dumps(piece)
