"""Screen: compare the findings of a run with those of one that lets everything through the screen.

On programs put together at random, and on folders that are named.  The exit status says whether the screen
loses anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from random_leaks import generate
from unscreened import differences, lost

from lint_rules.settings import Settings


def of_programs(seeds: int) -> Iterator[str]:
    """What is lost in the first programs, by the number of the program."""
    for seed in range(seeds):
        with TemporaryDirectory() as made:
            said = lost(Path(made) / "program", generate(seed))
            yield from (f"program {seed}: {one}" for one in said)


def of_folders(folders: list[Path]) -> Iterator[str]:
    """What is lost in folders, by their names."""
    for folder in folders:
        said = differences(sorted(folder.rglob("*.py")), Settings())
        yield from (f"{folder}: {one}" for one in said)


def main() -> int:
    """Compare, and say what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=400, help="how many programs")
    parser.add_argument("folders", type=Path, nargs="*", help="folders to compare on, too")
    options = parser.parse_args()
    number = 0
    for said in chain(of_programs(options.seeds), of_folders(options.folders)):
        number += 1
        print(said[:300], flush=True)
    print(f"{options.seeds} programs, {len(options.folders)} folders: {number} findings differ")
    return bool(number)


if __name__ == "__main__":
    sys.exit(main())
