"""Every file of the standard library and of the installed packages: no crash, no hang, no byte changed.

Each file is judged alone, in a project of its own: once as it is, once with every function of it
sent through the whole analysis (``--forced``), and once with a leak appended, which must be repaired
while every byte of the file stays.  Ends with 1 when anything is not as promised.
"""

from __future__ import annotations

import argparse
import random
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from lint_rules.discovery import Target
from lint_rules.engine import Engine
from lint_rules.textfile import FileProblem, decode
from lint_rules.worker import Task, Worker, syntax_errors

LEAK = """
import dataclasses


@dataclasses.dataclass
class _CclAuth:
    key: str = ""
    end_user_id: "str | None" = None


def _ccl_copy_for_cache(auth: _CclAuth) -> _CclAuth:
    copied = dataclasses.replace(auth)
    return copied
"""


@dataclass
class Tally:
    """What came of some files."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.counts += other.counts
        self.problems += other.problems
        self.slowest = sorted([*self.slowest, *other.slowest], reverse=True)[:5]


def files(seed: int) -> list[Path]:
    """All files, in an order that is the same every time and favours no package."""
    places = {Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib")}
    found = sorted({path.resolve() for place in places for path in place.rglob("*.py")})
    random.Random(seed).shuffle(found)
    return found


def judge(paths: list[Path], forced: bool) -> Tally:
    """Judge some files in this process."""
    if forced:
        _force()
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").touch()
        for path in paths:
            start = time.thread_time()
            _one(path, Path(folder) / "module.py", tally)
            tally.slowest.append((time.thread_time() - start, str(path)))
    tally.slowest = sorted(tally.slowest, reverse=True)[:5]
    return tally


def _one(path: Path, place: Path, tally: Tally) -> None:
    raw = path.read_bytes()
    tally.counts["files"] += 1
    try:
        text = decode(raw).text
    except FileProblem:
        tally.counts["not readable, as some tests of Python are meant to be"] += 1
        return
    if syntax_errors("", text):
        tally.counts["no Python, as some tests of Python are meant to be"] += 1
        return
    after = _repaired(path, place, raw, tally)
    if after != raw:
        tally.counts["rewritten, with a finding"] += 1
    if b"flake8" in raw and b"noqa" in raw:
        return
    newline = b"\r\n" if b"\r\n" in raw else b"\n"
    start = raw if raw.endswith((b"\n", b"\r")) or not raw else raw + newline
    leaking = start + LEAK.encode().replace(b"\n", newline)
    if after != raw or syntax_errors("", decode(leaking).text):
        tally.counts["without a leak appended"] += 1
        return
    mended = _repaired(path, place, leaking, tally)
    tally.counts["with a leak appended"] += 1
    if not mended.startswith(start):
        tally.problems.append(f"{path}: bytes outside the leak were changed")
    elif mended == leaking:
        tally.problems.append(f"{path}: the leak appended to it was not repaired")


def _repaired(path: Path, place: Path, raw: bytes, tally: Tally) -> bytes:
    place.write_bytes(raw)
    outcome = Worker(Task(repair=True), Engine).analyse(Target(place, str(path)))
    for error in outcome.report.errors:
        tally.problems.append(f"{path}: {error.message}")
    if outcome.change is None:
        return raw
    if not outcome.change.fixed:
        tally.problems.append(f"{path}: rewritten without a finding")
    return outcome.change.after


def _force() -> None:
    """Let the screen pass everything, as its own test does."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    import pytest
    from unscreened import force

    force(pytest.MonkeyPatch())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="stop after about so long")
    parser.add_argument("--seed", type=int, default=0, help="the order of the files")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--forced", action="store_true", help="analyse every function")
    given = parser.parse_args()
    found, tally = files(given.seed), Tally()
    end = time.monotonic() + given.seconds
    chunks = [found[at : at + 16] for at in range(0, len(found), 16)]
    with ProcessPoolExecutor(given.jobs) as pool:
        while chunks and time.monotonic() < end:
            batch, chunks = chunks[: given.jobs * 2], chunks[given.jobs * 2 :]
            for done in pool.map(judge, batch, [given.forced] * len(batch)):
                tally.add(done)
    print(f"{sys.implementation.name} {sys.version.split()[0]}, {len(found)} files known")
    for name, count in tally.counts.most_common():
        print(f"{count:7} {name}")
    for seconds, path in tally.slowest:
        print(f"{seconds:7.2f} s  {path}")
    for problem in tally.problems:
        print(f"PROBLEM {problem}")
    return 1 if tally.problems else 0


if __name__ == "__main__":
    sys.exit(main())
