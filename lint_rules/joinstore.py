"""What the files of a project say together, kept on disk for the next run.

One file beside the lines of what was read off each (``filestore``): a line that says what bytes the files had, and
which of them changed when, and one for each join, what it needs and what each file contributes.  It is written anew,
in one step; lines of which nothing is new are taken over as they are.  A damaged line is a join that is worked out
anew, and so are all where the first is damaged.
"""

from __future__ import annotations

import json
from pathlib import Path

from lint_rules.checkedlines import checked, replace_file, with_checksum
from lint_rules.project.joins import Joins
from lint_rules.project.settled import Settled, read

SUFFIX = ".joins"
"""What the name of such a file ends with."""

FORGOTTEN = 100
"""Files that may have changed since a join was asked for before it is let go of."""


def load(path: Path, joins: Joins) -> None:
    """Take in what earlier runs kept; a join is read when it is asked for.  Never raises."""
    try:
        first, *lines = path.read_bytes().split(b"\n")
        told = json.loads(checked(first) or b"")
        joins.files, joins.state = told["files"], told["state"]
        joins.changes = {int(number): names for number, names in told["changes"].items()}
        joins.lines = dict(zip(told["joins"], lines, strict=False))
        joins.states = {name: int(told["joins"][name]) for name in joins.lines}
        joins.read = _read
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        joins.files, joins.states, joins.lines, joins.changes = {}, {}, {}, {}


def _read(name: str, line: bytes) -> Settled | None:
    data = checked(line)
    return read(name, data.decode("ascii", "replace")) if data is not None else None


def save(path: Path, joins: Joins) -> None:
    """Keep them, where they say something new.  Never raises."""
    if not joins.is_new:
        return
    names = [name for name in joins.states if len(joins.pending(name)) <= FORGOTTEN]
    for name in names:
        if name not in joins.lines:
            joins.lines[name] = with_checksum(joins.settled[name].told(name).encode("ascii"))[:-1]
    first = min((joins.states[name] for name in names), default=joins.state)
    told = {
        "files": joins.files, "state": joins.state,
        "changes": {number: names for number, names in joins.changes.items() if number > first},
        "joins": {name: joins.states[name] for name in names},
    }  # fmt: skip
    head = with_checksum(json.dumps(told, separators=(",", ":")).encode("ascii"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, [head, *(joins.lines[name] + b"\n" for name in names)])
        joins.is_new = False
    except OSError:
        return
