"""CPU time and memory of a cold check of litellm, beside ruff's and flake8's on the same machine.

Each command runs a few times and the fastest counts.  The figures are ratios: seconds differ from
machine to machine.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packages import NotAvailable, unpacked

VERSION = "1.109.1"
PLAIN = "litellm/types/router.py"
LEAKING = "litellm/proxy/auth/auth_checks.py"
PART = "litellm/proxy/auth"
"""What flake8 is measured on: it would take minutes for the whole tree."""


@dataclass(frozen=True)
class Measured:
    """The processor seconds and the peak memory of one command."""

    seconds: float
    megabytes: float


def measure(where: Path, command: list[str], rounds: int, expected: tuple[int, ...]) -> Measured:
    """The fastest of some runs; anything but an expected exit status ends the benchmark."""
    best = Measured(float("inf"), 0.0)
    for _ in range(rounds):
        pid = os.fork()
        if pid == 0:
            try:
                null = os.open(os.devnull, os.O_RDWR)
                os.dup2(null, 1)
                os.chdir(where)
                os.execv(command[0], command)
            finally:
                os._exit(127)
        _, status, usage = os.wait4(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code not in expected:
            sys.exit(f"bench-speed: {' '.join(command)} ended with {code}")
        one = Measured(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        best = min(best, one, key=lambda measured: measured.seconds)
    return best


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    try:
        where = unpacked("litellm", VERSION)
    except NotAvailable as error:
        sys.exit(f"bench-speed: litellm {VERSION} is not available: {error}")
    files = sorted((where / "litellm").rglob("*.py"))
    lines = sum(path.read_bytes().count(b"\n") for path in files)
    print(f"litellm {VERSION}: {len(files):,} files, {lines:,} lines; fastest of {rounds}\n")

    python = sys.executable
    tool = [python, "-m", "lint_rules", "--check", "--isolated", "--jobs", "1"]
    ruff = str(Path(python).with_name("ruff"))
    lint = [ruff, "check", "--isolated", "--quiet", "--select", "F401", "--no-cache"]
    flake8 = [python, "-m", "flake8", "--isolated", "-j1", "--select"]

    def row(name: str, measured: Measured, base: Measured | None = None) -> None:
        ratio = f"{measured.seconds / base.seconds:8.2f}" if base else " " * 8
        print(f"{name:<52}{measured.seconds:9.2f} s{measured.megabytes:8.0f} MB{ratio}")

    with TemporaryDirectory() as kept, TemporaryDirectory() as of_flake8:
        os.environ["XDG_CACHE_HOME"] = of_flake8
        keep = [*tool, "--cache-dir", kept]
        base = measure(where, [*lint, "litellm"], rounds, (0, 1))
        row("ruff check --select F401, whole tree", base)
        cold = measure(where, [*tool, "--no-cache", "litellm"], 1, (1,))
        row("fix-cache-leak --check, whole tree, cold", cold, base)
        measure(where, [*keep, "litellm"], 1, (1,))
        warm = measure(where, [*keep, "litellm"], rounds, (1,))
        row("fix-cache-leak --check, whole tree, nothing changed", warm, base)
        for name, code in ((PLAIN, 0), (LEAKING, 1)):
            measure(where, [*keep, name], 1, (code,))
            row(
                f"fix-cache-leak --check {name}",
                measure(where, [*keep, name], rounds, (code,)),
                base,
            )
        base = measure(where, [*flake8, "F", PART], rounds, (0, 1))
        row(f"flake8 --select F, {PART}", base)
        command = [*flake8, "F,CCL", PART]
        row(f"flake8 --select F,CCL, {PART}, first run", measure(where, command, 1, (1,)), base)
        row(f"flake8 --select F,CCL, {PART}, later", measure(where, command, rounds, (1,)), base)
    return 0


if __name__ == "__main__":
    sys.exit(main())
