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
from precision import PACKAGES, entries

VERSION = "1.109.1"
PLAIN = "litellm/types/router.py"
LEAKING = "litellm/proxy/auth/auth_checks.py"
OTHERS = (
    "litellm/llms/anthropic/chat/transformation.py",
    "litellm/proxy/utils.py",
    "litellm/integrations/slack_alerting.py",
    "litellm/caching/in_memory_cache.py",
    "litellm/repositories/config_repository.py",
)
"""Files that are changed one after the other, besides those two; those that a release has."""
RUFF = (
    str(Path(sys.executable).with_name("ruff")),
    *("check", "--isolated", "--quiet", "--select", "F401", "--no-cache"),
)
TOOL = (sys.executable, "-m", "lint_rules", "--check", "--isolated", "--jobs", "1")
PART = "litellm/proxy/auth"
"""What flake8 is measured on: it would take minutes for the whole tree."""
ALONE = """import json


def read(path: str) -> dict:
    with open(path) as stream:
        return json.load(stream)
"""
CHANGE = """

def added_{number}(one, other):
    one.value = other.value or one.value
    return dict(one)
"""
FLAKE8 = """
import importlib.metadata as metadata
import sys

if sys.argv.pop(1) == "without":
    every = metadata.distributions
    metadata.distributions = lambda **given: [
        one for one in every(**given) if one.metadata["name"] != "flake8-cache-leak"
    ]
from flake8.main.cli import main

sys.exit(main(sys.argv[1:]))
"""
"""flake8 runs every plugin, whatever is selected: without ours it has to be hidden."""


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
    parser.add_argument("--part", choices=("litellm", "packages"), default="litellm")
    given = parser.parse_args()
    # An installed package has its bytecode beside it.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if given.part == "packages":
        _packages()
        return 0
    rounds = given.rounds
    try:
        where = unpacked("litellm", VERSION)
    except NotAvailable as error:
        sys.exit(f"bench-speed: litellm {VERSION} is not available: {error}")
    files = sorted((where / "litellm").rglob("*.py"))
    lines = sum(path.read_bytes().count(b"\n") for path in files)
    print(f"litellm {VERSION}: {len(files):,} files, {lines:,} lines; fastest of {rounds}\n")

    with TemporaryDirectory() as kept, TemporaryDirectory() as of_flake8:
        os.environ["XDG_CACHE_HOME"] = of_flake8
        _command(where, kept, rounds)
        _flake8(where, rounds)
    return 0


def _packages() -> None:
    """A cold check of each of the packages that precision is measured on, beside ruff."""
    linted = checked = most = 0.0
    for entry in entries(PACKAGES):
        name, _, version = entry.partition("==")
        try:
            where = unpacked(name, version)
        except NotAvailable as error:
            print(f"{entry}: not available: {error}")
            continue
        base = measure(where, [*RUFF, "."], 1, (0, 1))
        cold = measure(where, [*TOOL, "--no-cache", "."], 1, (0, 1))
        row(entry, cold, base)
        linted, checked = linted + base.seconds, checked + cold.seconds
        most = max(most, cold.megabytes)
    row("all of them", Measured(checked, most), Measured(linted, 0.0))


def row(name: str, measured: Measured, base: Measured | None = None) -> None:
    """Print a line of the table."""
    ratio = f"{measured.seconds / base.seconds:8.2f}" if base else " " * 8
    print(f"{name:<58}{measured.seconds:9.2f} s{measured.megabytes:8.0f} MB{ratio}", flush=True)


def _command(where: Path, kept: str, rounds: int) -> None:
    """fix-cache-leak beside ruff."""
    keep = [*TOOL, "--cache-dir", kept]
    base = measure(where, [*RUFF, "litellm"], rounds, (0, 1))
    row("ruff check --select F401, whole tree", base)
    cold = measure(where, [*TOOL, "--no-cache", "litellm"], 1, (1,))
    row("fix-cache-leak --check, whole tree, cold", cold, base)
    measure(where, [*keep, "litellm"], 1, (1,))
    warm = measure(where, [*keep, "litellm"], rounds, (1,))
    row("fix-cache-leak --check, whole tree, nothing changed", warm, base)
    for name, code in ((PLAIN, 0), (LEAKING, 1)):
        measure(where, [*keep, name], 1, (code,))
        one = measure(where, [*keep, name], rounds, (code,))
        row(f"the same, {name} alone", one, base)
    for name in (*OTHERS, PLAIN, LEAKING):
        if (where / name).is_file():
            row(f"{name}, changed", _changed(where, [*keep, name], rounds), base)


def _changed(where: Path, command: list[str], rounds: int) -> Measured:
    """The fastest run after a change of the file that the command ends with, another one each time."""
    path = where / command[-1]
    before, best = path.read_bytes(), Measured(float("inf"), 0.0)
    try:
        for number in range(rounds):
            path.write_bytes(before + CHANGE.format(number=number).encode())
            best = min(best, measure(where, command, 1, (0, 1)), key=lambda one: one.seconds)
    finally:
        path.write_bytes(before)
    return best


def _flake8(where: Path, rounds: int) -> None:
    """flake8 with the plugin beside flake8 without it."""

    def flake8(plugin: str, *given: str) -> list[str]:
        return [sys.executable, "-c", FLAKE8, plugin, "--isolated", "-j1", *given]

    with TemporaryDirectory() as folder:
        alone = Path(folder)
        (alone / "pyproject.toml").touch()
        (alone / "plain.py").write_text(ALONE)
        for place, name in ((where, PART), (where, PLAIN), (alone, "plain.py")):
            shown = name if place == where else "a file alone"
            base = measure(place, flake8("without", "--select", "F", name), rounds, (0, 1))
            row(f"flake8 --select F, {shown}", base)
            command = flake8("with", "--select", "F,CCL", name)
            first = measure(place, command, 1, (0, 1))
            row(f"flake8 --select F,CCL, {shown}, first run", first, base)
            row(
                f"flake8 --select F,CCL, {shown}, later",
                measure(place, command, rounds, (0, 1)),
                base,
            )


if __name__ == "__main__":
    sys.exit(main())
