"""The whole story on a copy of the example gateway: rejected, found, repaired, accepted.

``make demo`` runs it; by hand: ``python examples/demo.py`` where this package and pydantic are
installed.  It ends with 1 when the story does not go as told.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REJECTED = "REJECTED  Current cost: 4.08, Max budget: 2.0"
ACCEPTED = "ACCEPTED  Current cost: 4.08, Max budget: 20.0"


def run(where: Path, *command: str) -> tuple[int, str]:
    """Run a module in ``where``, show what it prints, and return its exit status and that text."""
    # -B: a module that was just rewritten must not be met by its old compiled form.
    done = subprocess.run(
        [sys.executable, "-B", "-m", *command],
        cwd=where,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    print(done.stdout, end="", flush=True)
    return done.returncode, done.stdout


def tool(where: Path, *options: str) -> int:
    """Run ``fix-cache-leak`` on the copy, whatever configuration lies around."""
    return run(where, "lint_rules", "--isolated", *options, "gateway")[0]


def heading(text: str) -> None:
    print(f"\n== {text}\n", flush=True)


def line_of(name: str, told: str) -> str:
    return next((line for line in told.splitlines() if line.startswith(name)), "")


def main() -> int:
    """Play the story; 0 when it goes as told."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(HERE / "gateway", where / "gateway", ignore=ignored)

        heading("Two end users share one key: bob is judged by alice's budget")
        _, before = run(where, "gateway.play")
        heading("Why?   fix-cache-leak --check gateway")
        checked = tool(where, "--check")
        heading("The repair   fix-cache-leak --diff gateway")
        shown = tool(where, "--diff", "--quiet")
        heading("Repaired (a copy)   fix-cache-leak gateway")
        repaired = tool(where)
        heading("The same two requests again: bob has his own budget")
        _, after = run(where, "gateway.play")

    wrong = [
        what
        for what, right in (
            ("bob is not rejected before the repair", REJECTED in line_of("bob", before)),
            ("--check does not exit with 1", checked == 1),
            ("--diff does not exit with 1", shown == 1),
            ("the repair does not exit with 0", repaired == 0),
            ("bob is not accepted after the repair", ACCEPTED in line_of("bob", after)),
            ("alice is not accepted after the repair", "ACCEPTED" in line_of("alice", after)),
        )
        if not right
    ]
    for what in wrong:
        print(f"demo: {what}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
