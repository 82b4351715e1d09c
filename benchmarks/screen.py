"""Screen: compare the findings of a run with those of one that lets everything through the screen.

On programs put together at random, and on folders that are named.  The exit status says whether the screen
loses anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from random_leaks import generate
from test_screen_programs import written
from unscreened import differences

from lint_rules.settings import Settings


def of_programs(seeds: int) -> Iterator[str]:
    """What is lost in the first programs, by the number of the program."""
    for seed in range(seeds):
        with TemporaryDirectory() as made:
            paths = written(Path(made) / "program", generate(seed))
            yield from (f"program {seed}: {said}" for said in differences(paths, Settings()))


def main() -> int:
    """Compare, and say what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=400, help="how many programs")
    parser.add_argument("folders", type=Path, nargs="*", help="folders to compare on, too")
    options = parser.parse_args()
    lost = 0
    for said in of_programs(options.seeds):
        lost += 1
        print(said[:300], flush=True)
    for folder in options.folders:
        for said in differences(sorted(folder.rglob("*.py")), Settings()):
            lost += 1
            print(f"{folder}: {said[:300]}", flush=True)
    print(f"{options.seeds} programs, {len(options.folders)} folders: {lost} findings differ")
    return bool(lost)


if __name__ == "__main__":
    sys.exit(main())
