"""The whole story on a copy of the example gateway: rejected, found, repaired, accepted."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run(where: Path, *command: str) -> str:
    """Run a command in ``where`` and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=where, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def heading(text: str) -> None:
    print(f"\n== {text}\n", flush=True)


def main() -> int:
    """Play the story; 0 when bob is rejected before the repair and accepted after it."""
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        shutil.copytree(
            HERE / "gateway", where / "gateway", ignore=shutil.ignore_patterns("__pycache__")
        )
        heading("Two end users share one key")
        before = run(where, "gateway.play")
        print(before, end="")
        heading("fix-cache-leak --check gateway")
        print(run(where, "lint_rules", "--check", "gateway"), end="")
        heading("fix-cache-leak --diff gateway")
        print(run(where, "lint_rules", "--diff", "-q", "gateway"), end="")
        heading("fix-cache-leak gateway   (on a copy)")
        print(run(where, "lint_rules", "-q", "gateway"), end="")
        after = run(where, "gateway.play")
        print(after, end="")
    told = "bob    REJECTED" in before and "bob    ACCEPTED" in after
    return 0 if told else 1


if __name__ == "__main__":
    sys.exit(main())
