"""A join as it was when it was worked out for the last time (``joins``).

What the files contribute is a text, out of which a run takes what it asks for: the contribution of a file that has
changed, say, among those of thousands that have not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

_BEFORE, _AFTER = "\x1e", "\x1f"
"""What stands before the name of a file, and after it: JSON has no control characters."""


class Settled:
    """What a join says, what it needs, and what each file contributes."""

    __slots__ = ("_text", "digest", "fold_needs", "needs")

    def __init__(
        self, digest: str, needs: dict[str, str], fold_needs: dict[str, str], text: str
    ) -> None:
        self.digest = digest
        #: The joins that the contributions were read from, and what these said, ...
        self.needs = needs
        #: ... and those that they were folded with.
        self.fold_needs = fold_needs
        self._text = text

    @property
    def said(self) -> dict[str, Any]:
        """The contributions by file."""
        rows = self._text[1:].replace(_BEFORE, ",").replace(_AFTER, ":")
        said: dict[str, Any] = json.loads(f"{{{rows}}}")
        return said

    def changed(self, new: Iterable[tuple[str, Any]]) -> dict[str, str]:
        """Which of these files contribute something else than they did, and what: JSON, empty for nothing."""
        told = ((name, as_json(said) if said else "") for name, said in new)
        return {name: said for name, said in told if said != self._of(name)}

    def _of(self, name: str) -> str:
        """What a file contributes: JSON, empty for nothing."""
        head = _head(name)
        _, _, after = self._text.partition(head)
        return after.partition(_BEFORE)[0]

    def text_with(self, changed: Mapping[str, str]) -> str:
        """The contributions where these files contribute something else."""
        rows = {head: said for head, _, said in map(_row, self._text.split(_BEFORE)[1:])}
        rows.update((as_json(name), said) for name, said in changed.items())
        return _text(rows)

    def told(self, name: str) -> str:
        """The join of this name in one line."""
        return f"{as_json([name, self.digest, self.needs, self.fold_needs])}\t{self._text}"


def read(name: str, line: str) -> Settled | None:
    """The join of a name that :meth:`Settled.told` tells of; None where the line tells of none."""
    head, _, text = line.partition("\t")
    try:
        of, digest, needs, fold_needs = json.loads(head)
    except (ValueError, TypeError):
        return None
    return Settled(digest, needs, fold_needs, text) if of == name else None


def text_of(said: Mapping[str, Any]) -> str:
    """What the files contribute, as text: they stand in the order of their names."""
    return _text({as_json(name): as_json(one) for name, one in said.items() if one})


def _text(rows: Mapping[str, str]) -> str:
    return "".join(f"{_BEFORE}{name}{_AFTER}{rows[name]}" for name in sorted(rows) if rows[name])


def _row(row: str) -> tuple[str, str, str]:
    return row.partition(_AFTER)


def _head(name: str) -> str:
    return f"{_BEFORE}{as_json(name)}{_AFTER}"


as_json = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
"""A value as short JSON."""
