"""Which functions may return what they are given, by their shapes: a copy goes on through them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from lint_rules.project.names import together
from lint_rules.screen.shapes import FOUND, PARAM, RESULT, Copy, Shape
from lint_rules.screen.wrappers import COMMON

if TYPE_CHECKING:
    from pathlib import Path

    from lint_rules.project.joins import Said
    from lint_rules.screen.caches import CacheUsers


class Handing:
    """What becomes of the copies of some functions, which may be given to others that hand them on."""

    def __init__(
        self, caches: CacheUsers, name: str, shapes: Callable[[Path], Iterable[Shape]],
        below: Handing | None = None,
    ) -> None:  # fmt: skip
        """``shapes`` are those of a file's functions that copy; ``below`` is for some of them alone."""
        self._caches = caches
        self._shapes = shapes
        self._below = below
        join = caches.project.joins.join
        self._names = join(f"called with copies {name}", self._told_names, together, sorted)
        self._handing = join(f"handing on {name}", self._told, self._fold, sorted)

    def hands_on(self, name: str) -> bool:
        """True when a function of the project that is called so may return what it is given."""
        return name in self._handing.value or (
            self._below is not None and self._below.hands_on(name)
        )

    def stored_copies(self, shape: Shape) -> list[Copy]:
        """The copies of a function that go into a cache."""
        stored = shape.reached(shape.stored, self.hands_on) if shape.copies else ()
        return [copy for copy in shape.copies.values() if copy.token in stored]

    def returned_copies(self, shape: Shape) -> list[Copy]:
        """The copies that a function hands out."""
        returned = shape.reached(shape.returned, self.hands_on) if shape.copies else ()
        return [copy for copy in shape.copies.values() if copy.token in returned]

    def copies_for_itself(self, shape: Shape) -> bool:
        """True for a copy that is stored, or handed out and made of what was looked up."""
        return bool(self.stored_copies(shape)) or any(
            FOUND in shape.origins(copy, self.hands_on) for copy in self.returned_copies(shape)
        )

    # ----------------------------------------------------------------- all files

    def _told_names(self, path: Path) -> list[str]:
        """The functions that what is copied may go through, if all hand it on."""
        found: set[str] = set()
        for shape in self._shapes(path):
            if shape.copies:
                sources = (copy.source for copy in shape.copies.values())
                tokens = shape.reached(shape.stored.union(shape.returned, *sources), _always)
                found.update(t[len(RESULT) :] for t in tokens if t.startswith(RESULT))
        return sorted(found - COMMON)

    def _told(self, path: Path) -> list[Any]:
        """What of the functions with such a name may be returned, and what the calls in them are given."""
        names = self._names.value
        if self._below is not None:
            names = names - self._below._names.value
        out: list[Any] = []
        for name in sorted(names.intersection(self._caches.project.names.defined_in(path))):
            for shape in self._caches.called_in(path, name):
                if any(token.startswith(PARAM) for token in shape.returned):
                    out.append([name, [PARAM], []])
                elif shape.gives_back(_always):
                    returned = shape.reached(shape.returned, _always)
                    given = [
                        [called, sorted(tokens)]
                        for called, tokens in shape.given.items()
                        if RESULT + called in returned
                    ]
                    out.append([name, sorted(shape.returned), given])
        return out

    def _fold(self, said: Said) -> frozenset[str]:
        found = set()
        for _, told in said:
            for name, returned, given in told:
                shape = Shape(returned=set(returned), given={n: frozenset(t) for n, t in given})
                if shape.gives_back(self._caches.makes_of_it):
                    found.add(name)
        return frozenset(found)


def _always(name: str) -> bool:
    return True
