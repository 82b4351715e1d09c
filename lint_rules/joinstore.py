"""What the files of a project say together, kept on disk for the next run.

One file beside the lines of what was read off each (``filestore``): a line that says what bytes the files had, and one
for each join, what it needs and what each file contributes.  It is written anew, in one step.  A damaged line is a join
that is worked out anew, and so are all where the first is damaged.
"""

from __future__ import annotations

import json
from pathlib import Path

from lint_rules.checkedlines import read_lines, replace_file, with_checksum
from lint_rules.project.joins import Joins, Settled, as_json

SUFFIX = ".joins"
"""What the name of such a file ends with."""

FORGOTTEN = 100
"""Files that may have changed since a join was asked for before it is let go of."""


def load(path: Path, joins: Joins) -> None:
    """Take in what earlier runs kept.  Never raises."""
    lines = read_lines(path)
    try:
        joins.files = json.loads(next(lines, None) or b"")
        for line in filter(None, lines):
            head, _, said = line.partition(b"\t")
            name, digest, needs, fold_needs, pending = json.loads(head)
            text = said.decode("ascii")
            joins.settled[name] = Settled(digest, needs, fold_needs, text=text, pending=pending)
    except (ValueError, TypeError):
        joins.files, joins.settled = {}, {}


def save(path: Path, joins: Joins) -> None:
    """Keep them, where they say something new.  Never raises."""
    if not joins.is_new:
        return
    lines = [as_json(joins.files)]
    for name, one in joins.settled.items():
        if len(one.pending) > FORGOTTEN:
            continue
        head = as_json([name, one.digest, one.needs, one.fold_needs, sorted(one.pending)])
        lines.append(f"{head}\t{one.text}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, [with_checksum(line.encode("ascii")) for line in lines])
        joins.is_new = False
    except OSError:
        return
