"""Growth: how CPU time and memory of a check rise when what is checked doubles.

Each text is checked at four sizes, each in a process of its own.  The last column is the growth
between the two largest, as the exponent of the size: 1 is proportional, 2 is the square.  Then
copies of a tree, each a project of its own, with one and with two processes.  Never a timed test:
the figures are to be read.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from growing_texts import LEAKING, TEXTS
from packages import NotAvailable, unpacked

from lint_rules.discovery import discover
from lint_rules.runner import Report, run
from lint_rules.worker import Task

PROPORTIONAL = 1.25
"""The largest exponent that passes: with a logarithm, and with what a busy machine adds."""

FILES = (12_500, 25_000, 50_000, 100_000)
TREE = ("litellm", "1.109.1", ("litellm/proxy/auth", "litellm/caching", "litellm/types"))
COPIES = (1, 2, 4, 8)


@dataclass(frozen=True)
class Measured:
    """What one run took, and what it said."""

    seconds: float
    elapsed: float
    megabytes: float
    findings: int
    errors: str


def measured(where: Path, jobs: int = 1) -> Measured:
    """A cold check of a directory in a process of its own."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            before = resource.getrusage(resource.RUSAGE_SELF)
            started = time.perf_counter()
            report = run(discover([where]), Task(cache=False, time_limit=None), jobs=jobs)
            os.write(write, _told(report, before, started).encode())
            os._exit(0)
        finally:
            os._exit(1)
    os.close(write)
    with os.fdopen(read) as told:
        words = told.read().split(" ", 4)
    os.waitpid(pid, 0)
    if len(words) < 5:
        return Measured(math.nan, math.nan, math.nan, 0, "the process died")
    return Measured(*map(float, words[:3]), int(words[3]), words[4])


def _told(report: Report, before: resource.struct_rusage, started: float) -> str:
    """The report of the child, as text."""
    own, children = (
        resource.getrusage(of) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    seconds = own.ru_utime + own.ru_stime - before.ru_utime - before.ru_stime
    seconds += children.ru_utime + children.ru_stime
    megabytes = max(own.ru_maxrss, children.ru_maxrss) / 1024
    errors = "; ".join(error.message for error in report.errors[:2])
    elapsed = time.perf_counter() - started
    return f"{seconds} {elapsed} {megabytes} {len(report.findings)} {errors}"


def exponent(small: float, large: float) -> float:
    """By which power of the size something grew that was doubled."""
    return math.log2(max(large, 0.01) / max(small, 0.01))


# --------------------------------------------------------------------------------------- texts


def grow_texts(only: str) -> Iterator[str]:
    """Each kind of text at four sizes; yields the names of those that grow faster."""
    print(f"{'text':<44}{'largest':>10}{'seconds, twice the size each':>34}{'MB':>7}{'power':>7}")
    for name, (sizes, make) in TEXTS.items():
        if only in name:
            runs, largest = _sizes(sizes, make)
            power = exponent(runs[-2].seconds, runs[-1].seconds)
            times = "".join(f"{one.seconds:8.2f}" for one in runs)
            memory = max(one.megabytes for one in runs)
            print(f"{name:<44}{largest / 1e6:7.2f} MB{times:>34}{memory:7.0f}{power:7.2f}  "
                  f"{runs[-1].findings or ''} {runs[-1].errors[:70]}", flush=True)  # fmt: skip
            if power > PROPORTIONAL and runs[-1].seconds > 0.5:
                yield name


def _sizes(sizes: tuple[int, ...], make: Callable[[int], str]) -> tuple[list[Measured], int]:
    runs: list[Measured] = []
    text = ""
    for size in sizes:
        text = make(size)
        with TemporaryDirectory() as made:
            (Path(made) / "pyproject.toml").touch()
            (Path(made) / "a.py").write_text(text)
            runs.append(measured(Path(made)))
    return runs, len(text)


# --------------------------------------------------------------------------------------- files


def grow_files() -> Iterator[str]:
    """Many small files, some of which name a cache."""
    small = [
        "def f(x):\n    return x + 1\n",
        "import a0\n\n\ndef g(cache, key):\n    return cache.get(key)\n",
        "class C:\n    end_user_id: str | None = None\n",
        "def h(cache, key, value):\n    cache[key] = value\n    return a0.f(value)\n",
    ]
    runs: list[Measured] = []
    with TemporaryDirectory() as made:
        (Path(made) / "pyproject.toml").touch()
        done = 0
        for count in FILES:
            for number in range(done, count):
                folder = Path(made) / f"p{number // 1000}"
                folder.mkdir(exist_ok=True)
                (folder / f"a{number}.py").write_text(small[number % len(small)])
            done = count
            runs.append(measured(Path(made)))
            print(f"{count:,} small files: {runs[-1].seconds:.2f} s, {runs[-1].megabytes:.0f} MB", flush=True)  # fmt: skip
    if exponent(runs[-2].seconds, runs[-1].seconds) > PROPORTIONAL:
        yield "small files"


# --------------------------------------------------------------------------------------- copies


def grow_copies(tree: list[Path], base: Path) -> Iterator[str]:
    """Copies of a tree, each a project of its own."""
    runs: dict[tuple[int, int], Measured] = {}
    with TemporaryDirectory() as made:
        for copies in COPIES:
            for number in range(copies):
                project = Path(made) / f"copy{number}"
                if not project.exists():
                    for part in tree:
                        shutil.copytree(part, project / part.relative_to(base))
                    (project / "pyproject.toml").touch()
            for jobs in (1, 2) if copies == COPIES[-1] else (1,):
                one = runs[copies, jobs] = measured(Path(made), jobs)
                print(f"{copies} copies, --jobs {jobs}: {one.seconds:.2f} s ({one.elapsed:.2f} s elapsed), "
                      f"{one.megabytes:.0f} MB, {one.findings} findings {one.errors[:70]}", flush=True)  # fmt: skip
    last = runs[COPIES[-1], 1]
    if exponent(runs[COPIES[-2], 1].seconds, last.seconds) > PROPORTIONAL:
        yield "copies"
    print(f"--jobs 2 is {last.elapsed / runs[COPIES[-1], 2].elapsed:.2f} times as fast as --jobs 1")


def main() -> int:
    """Measure; the exit status says whether something grows faster than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="texts whose name holds this")
    parser.add_argument("--part", choices=("texts", "files", "copies"))
    parser.add_argument("--tree", type=Path, help="a folder to copy, instead of the package's")
    options = parser.parse_args()
    part = options.part
    _load()
    with contextlib.ExitStack() as stack:
        stack.callback(sys.stdout.flush)
        worse: list[str] = []
        if part in (None, "texts"):
            worse += grow_texts(options.only)
        if part in (None, "files"):
            worse += grow_files()
        if part in (None, "copies"):
            worse += grow_copies(*_tree(options.tree))
    print("worse than proportional: " + (", ".join(worse) or "nothing"))
    return bool(worse)


def _load() -> None:
    """Import what an analysis imports, so that no run is charged with it."""
    with TemporaryDirectory() as made:
        (Path(made) / "a.py").write_text(LEAKING)
        run(discover([made]), Task(cache=False))


def _tree(given: Path | None) -> tuple[list[Path], Path]:
    if given is not None:
        return [given], given.parent
    name, version, parts = TREE
    try:
        base = unpacked(name, version)
    except NotAvailable as error:
        sys.exit(f"bench-growth: {name} {version} is not available: {error}")
    return [base / part for part in parts], base


if __name__ == "__main__":
    sys.exit(main())
