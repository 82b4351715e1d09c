"""A file that takes too long is one error of that file, in every face, thread and process."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click_runner import invoke
from leaking import LEAKING

from lint_rules import deadline, engine
from lint_rules.contain import Contained
from lint_rules.deadline import TimeLimitReached, check_time, time_limit
from lint_rules.discovery import discover
from lint_rules.flake8_plugin import CacheLeakPlugin, _engine
from lint_rules.flow import context
from lint_rules.runner import run
from lint_rules.worker import Task


def tangled(depth: int) -> str:
    """A function whose interpretation takes far more than a second: loops in loops, and joins."""
    lines = ["def busy_for_cache(auth: Auth, cache, x) -> Auth:", "    copied = replace(auth)"]
    for level in range(depth):
        indent = "    " * (level + 1)
        lines += [
            f"{indent}for i{level} in x:",
            f"{indent}    copied.end_user_id = x if i{level} else auth",
        ]
    return LEAKING + "\n\n" + "\n".join([*lines, "    return copied", ""])


def burn(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        check_time()


def test_the_limit_strikes_and_is_gone_afterwards() -> None:
    with Contained(0.02) as contained:
        burn(5)
    assert contained.out_of_time
    assert contained.problem is not None
    assert "took more than 0.02 s of processor time" in contained.problem
    assert "exclude this file" in contained.problem
    burn(0.05)


def test_to_wait_takes_no_time() -> None:
    with time_limit(0.05):
        time.sleep(0.1)
        check_time()
        with pytest.raises(TimeLimitReached):
            burn(5)


def test_no_limit_and_limits_in_limits() -> None:
    burn(0.05)
    with time_limit(None):
        burn(0.05)
    with time_limit(0.02), pytest.raises(TimeLimitReached, match=r"0\.02 s"), time_limit(9):
        burn(5)
    with time_limit(9), pytest.raises(TimeLimitReached, match=r"0\.02 s"), time_limit(0.02):
        burn(5)


def test_what_is_not_ours_to_handle_does_not_swallow_it() -> None:
    with Contained(0.02) as contained:
        try:
            burn(5)
        except Exception:
            pytest.fail("it passes through handlers of the analysis")
    assert contained.out_of_time


def test_waiting_is_not_working() -> None:
    """Another program that has the processor does not make a file fail."""
    with Contained(0.05) as contained:
        time.sleep(0.2)
        check_time()
    assert contained.problem is None


def test_each_thread_has_its_own_clock() -> None:
    told: list[bool] = []

    def work(limit: float) -> None:
        with Contained(limit) as contained:
            burn(0.1)
        told.append(contained.out_of_time)

    threads = [threading.Thread(target=work, args=(limit,)) for limit in (0.02, 60.0)]
    with time_limit(0.01):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == [False, True]


# ---------------------------------------------------------------------------- the real analysis


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One file that would take for ever, were it not for the limit, beside one that leaks."""
    # Two projects: what a file asks of its own project counts as its time.
    for name, text in (("busy", tangled(12)), ("good", LEAKING)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").touch()
        (tmp_path / name / "auth.py").write_text(text)
    # Without the other limit, which is by the number of evaluations, this one has to hold.
    monkeypatch.setattr(context, "MAX_EVALUATIONS", 10**9)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    _engine.cache_clear()


@pytest.mark.parametrize("repair", [False, True])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_goes_on(tree: Path, repair: bool, jobs: int) -> None:
    start = time.monotonic()
    task = Task(repair=repair, time_limit=1.0)
    report = run(discover(["."]), task, jobs=jobs)
    assert time.monotonic() - start < 60
    (error,) = report.errors
    assert error.path == "busy/auth.py"
    assert "took more than 1 s of processor time" in error.message
    done = report.changes if repair else report.findings
    assert len(done) == 1


def test_the_command_says_so_and_ends_with_2(tree: Path) -> None:
    result = invoke("--time-limit", "0.5", "--check", ".")
    assert result.exit_code == 2
    assert "busy/auth.py: error: could not be analysed: it took more than 0.5 s" in result.stderr
    assert "good/auth.py:10:14: CCL101" in result.output
    assert (tree / "busy" / "auth.py").read_text() == tangled(12)


def test_no_limit_can_be_asked_for(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "MAX_EVALUATIONS", 1000)
    result = invoke("--time-limit", "0", "--check", ".")
    assert result.exit_code == 1, result.output


def test_flake8_gets_ccl901(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ast

    monkeypatch.setattr("lint_rules.flake8_plugin.Contained", lambda: Contained(0.5))
    found = {}
    for name in ("busy/auth.py", "good/auth.py"):
        text = (tree / name).read_text()
        plugin = CacheLeakPlugin(ast.parse(text), name, text.splitlines(keepends=True))
        found[name] = [message for _, _, message, _ in plugin.run()]
    (message,) = found["busy/auth.py"]
    assert message.startswith("CCL901 could not be analysed: it took more than 0.5 s")
    assert [message[:6] for message in found["good/auth.py"]] == ["CCL101"]


def test_an_engine_that_was_cut_short_is_not_used_again(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    real = engine.Engine

    def make(settings: object) -> engine.Engine:
        made.append(settings)
        return real(settings)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "Engine", make)
    run(discover(["."]), Task(time_limit=0.5))
    assert len(made) == 2


def test_the_stated_limit_is_the_one_in_force() -> None:
    page = (Path(__file__).parents[1] / "docs" / "safety.md").read_text(encoding="utf-8")
    assert f"{deadline.TIME_LIMIT:g} seconds" in page
    done = subprocess.run(
        [sys.executable, "-m", "lint_rules", "--help"], capture_output=True, text=True, check=True
    )
    assert f"[default: {deadline.TIME_LIMIT}" in " ".join(done.stdout.split())
