"""The example gateway, executed: bob gets alice's budget before the repair, and his own after it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
ALICE = "alice  (own budget:  2.0)  ACCEPTED  Current cost: 0.5, Max budget: 2.0\n"
LEAK = ALICE + "bob    (own budget: 20.0)  REJECTED  Current cost: 4.08, Max budget: 2.0\n"
RIGHT = ALICE + "bob    (own budget: 20.0)  ACCEPTED  Current cost: 4.08, Max budget: 20.0\n"

# What the next end user still has of alice, who came first: every field, not only the budget.
LEFTOVERS = """
import asyncio
from gateway.gateway import Request, authenticate, handle

async def main():
    await handle(Request("sk-shared", "alice", "/chat", spent=0.5))
    bob = await authenticate(Request("sk-shared", "bob", "/chat", spent=0.0))
    nobody = await authenticate(Request("sk-shared", None, "/chat", spent=0.0))
    shown = "end_user_max_budget", "end_user_tpm_limit", "allowed_model_region"
    for auth in bob, nobody:
        print(auth.end_user_id, *(getattr(auth, name) for name in shown))

asyncio.run(main())
"""


def python(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # -B: a module that was just rewritten must not be met by its old compiled form.
    command = [sys.executable, "-B", *arguments]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)


def play(where: Path) -> str:
    done = python(where, "-m", "gateway.play")
    assert done.returncode == 0, done.stderr
    return done.stdout


def repair(where: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return python(where, "-m", "lint_rules", "--isolated", *options, "gateway")


def sources(where: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (where / "gateway").glob("*.py")}


@pytest.fixture
def leaking(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(EXAMPLES / "gateway", tmp_path / "gateway", ignore=ignored)
    return tmp_path


@pytest.fixture
def repaired(leaking: Path) -> Path:
    done = repair(leaking)
    assert done.returncode == 0, done.stdout + done.stderr
    return leaking


def test_bob_is_rejected_by_alices_budget(leaking: Path) -> None:
    assert play(leaking) == LEAK


def test_bob_is_accepted_after_the_repair(repaired: Path) -> None:
    assert play(repaired) == RIGHT


def test_what_the_next_end_user_has_of_alice(leaking: Path) -> None:
    assert python(leaking, "-c", LEFTOVERS).stdout == "bob 2.0 1000 eu\nNone 2.0 1000 eu\n"
    assert repair(leaking).returncode == 0
    assert python(leaking, "-c", LEFTOVERS).stdout == "bob 20.0 None None\nNone None None None\n"


def test_only_the_two_files_with_the_mistakes_are_rewritten(leaking: Path) -> None:
    before = sources(leaking)
    assert repair(leaking).returncode == 0
    after = sources(leaking)
    assert {name for name in before if before[name] != after[name]} == {"auth.py", "end_users.py"}
    assert repair(leaking).returncode == 0
    assert sources(leaking) == after


def test_check_writes_nothing(leaking: Path) -> None:
    before = sources(leaking)
    done = repair(leaking, "--check", "--output-format", "concise")
    assert done.returncode == 1
    found = [line.split()[1:3] for line in done.stdout.splitlines() if "CCL" in line]
    merge = "update_key_auth_with_end_user_params"
    assert [code for code, _ in found] == ["CCL101", "CCL203", "CCL202", "CCL202", "CCL202"]
    assert [name.rstrip(":") for _, name in found] == ["copy_key_auth_for_cache", *4 * [merge]]
    assert sources(leaking) == before


def test_the_demo_script_tells_the_whole_story() -> None:
    before = sources(EXAMPLES)
    done = python(EXAMPLES.parent, str(EXAMPLES / "demo.py"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert LEAK in done.stdout
    assert RIGHT in done.stdout
    assert sources(EXAMPLES) == before


def test_the_demo_script_fails_when_nothing_leaks(repaired: Path) -> None:
    shutil.copy(EXAMPLES / "demo.py", repaired / "demo.py")
    done = python(repaired, "demo.py")
    assert done.returncode == 1
    assert "demo: bob is not rejected before the repair" in done.stderr
