"""The demo's story: bob is rejected by alice's budget, and accepted after the repair."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def play(where: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "gateway.play"],
        cwd=where,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def repair(where: Path) -> int:
    command = [sys.executable, "-m", "lint_rules", "gateway"]
    return subprocess.run(command, cwd=where, capture_output=True, check=False).returncode


def copied(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES / "gateway", tmp_path / "gateway")
    return tmp_path


def test_bob_is_judged_by_alices_budget(tmp_path: Path) -> None:
    assert "bob    REJECTED  Current cost: 4.08, Max budget: 2.0" in play(copied(tmp_path))


def test_bob_is_accepted_after_the_repair(tmp_path: Path) -> None:
    where = copied(tmp_path)
    assert repair(where) == 0
    told = play(where)
    assert "bob    ACCEPTED" in told
    assert "alice  ACCEPTED" in told


def test_the_repair_is_done_once(tmp_path: Path) -> None:
    where = copied(tmp_path)
    repair(where)
    once = {p.name: p.read_bytes() for p in (where / "gateway").glob("*.py")}
    assert repair(where) == 0
    assert {p.name: p.read_bytes() for p in (where / "gateway").glob("*.py")} == once


def test_the_demo_script_tells_the_whole_story() -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "demo.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
