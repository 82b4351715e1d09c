"""Runs that are killed, that run out of space, that meet each other: no work is ever lost.

The engine is the fake one, so that a run spends its time where it is to be disturbed: in writing.
"""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from lint_rules.contain import Contained
from lint_rules.deadline import check_time
from lint_rules.ending import Ended, check_end
from lint_rules.interrupts import signals_as_exceptions

ROOT = Path(__file__).parents[1]
FAKED = (
    "import sys; import lint_rules.engine as e; from fake_engine import FakeEngine;"
    "e.Engine = FakeEngine; from lint_rules.cli import main; sys.exit(main())"
)
# What is killed, and what is out of space, is not to be measured meanwhile.
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
}
FILES = 300
OLD = b"# \xe9 is not UTF-8\r\nLEAK\r\n".replace(b"\xe9", "é".encode()) + b"x = 1\n" * 2000
NEW = OLD.replace(b"LEAK", b"DONE")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Hundreds of files to repair, with modes of their own, and a link to one of them."""
    for number in range(FILES):
        path = tmp_path / f"p{number % 7}" / f"m{number:03}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(OLD)
        path.chmod(0o755 if number % 5 == 0 else 0o640)
    (tmp_path / "p0" / "link.py").symlink_to("m000.py")
    return tmp_path


def start(tree: Path, *options: str, before: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", before + FAKED, *options, "."],
        cwd=tree,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def sources(tree: Path) -> list[Path]:
    return sorted(path for path in tree.glob("p*/m*.py"))


def temporaries(tree: Path) -> list[Path]:
    return [path for path in tree.rglob(".*") if path.is_file()]


def assert_whole(tree: Path) -> tuple[int, int]:
    """Every file is wholly old or wholly new, its mode and the link are kept; how many of each."""
    contents = {path: path.read_bytes() for path in sources(tree)}
    assert len(contents) == FILES
    assert set(contents.values()) <= {OLD, NEW}
    for number, path in enumerate(sorted(contents, key=lambda p: p.name)):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if number % 5 == 0 else 0o640)
    assert os.readlink(tree / "p0" / "link.py") == "m000.py"
    return list(contents.values()).count(OLD), list(contents.values()).count(NEW)


def assert_a_second_run_finishes(tree: Path) -> None:
    with start(tree) as running:
        _, errors = running.communicate(timeout=120)
    assert (running.returncode, errors) == (0, b"")
    assert assert_whole(tree) == (0, FILES)
    assert temporaries(tree) == []


def wait_until(condition: Callable[[], bool], running: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while not condition() and running.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.0005)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
@pytest.mark.parametrize("seed", range(4))
def test_a_signal_while_files_are_written(tree: Path, number: int, code: int, seed: int) -> None:
    chance = random.Random(f"{number} {seed}")
    marks = sources(tree)
    with start(tree) as running:
        mark = marks[chance.randrange(FILES // 2)]
        wait_until(lambda: mark.read_bytes() == NEW, running)
        time.sleep(chance.random() * 0.01)
        running.send_signal(number)
        _, errors = running.communicate(timeout=60)
    assert running.returncode == code
    old, new = assert_whole(tree)
    assert old and new, "the signal was to come in the middle"
    if number == signal.SIGKILL:
        assert len(temporaries(tree)) <= 1
    else:
        assert temporaries(tree) == []
        assert b"Traceback" not in errors
        assert errors.startswith(b"fix-cache-leak: interrupted; every file is as it was or")
    assert_a_second_run_finishes(tree)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_files_are_analysed(tree: Path, number: int) -> None:
    slow = (
        "import sys, time; import fake_engine; real = fake_engine.FakeEngine.fix;"
        "fake_engine.FakeEngine.fix = lambda *a, **k: (time.sleep(0.1), real(*a, **k))[1];"
    )
    with start(tree, "--jobs", "2", before=slow) as running:
        time.sleep(1.5)
        assert running.poll() is None
        running.send_signal(number)
        running.communicate(timeout=60)
    assert running.returncode in (-number, 128 + number)
    assert assert_whole(tree) == (FILES, 0)
    assert temporaries(tree) == []
    # The other processes end with the one that was killed.
    wait_until(lambda: not _group_alive(running.pid), running)
    end = time.monotonic() + 20
    while _group_alive(running.pid):
        assert time.monotonic() < end, "a process was left behind"
        time.sleep(0.05)


SWALLOWED = {
    "as an error of its own": "raise KeyError('lost') from None",
    "without a word": "pass",
}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("how", SWALLOWED)
def test_a_signal_that_a_library_swallows(tree: Path, how: str, number: int, code: int) -> None:
    """What is raised in the middle of another library need not come out of it."""
    before = f"""
import time
import fake_engine
real = fake_engine.FakeEngine.fix
def fix(*args, **options):
    try:
        time.sleep(0.1)
    except BaseException:
        {SWALLOWED[how]}
    return real(*args, **options)
fake_engine.FakeEngine.fix = fix
"""
    with start(tree, "--jobs", "1", before=before) as running:
        time.sleep(1.5)
        assert running.poll() is None
        sent = time.monotonic()
        running.send_signal(number)
        _, errors = running.communicate(timeout=60)
    assert time.monotonic() - sent < 5
    assert running.returncode == code
    assert errors.startswith(b"fix-cache-leak: interrupted; every file is as it was or")
    assert errors.count(b"\n") == 1
    assert assert_whole(tree) == (FILES, 0)


def test_a_signal_that_is_swallowed_at_the_end() -> None:
    for error in (None, KeyError("lost")):
        with pytest.raises(Ended) as caught, signals_as_exceptions():  # noqa: PT012
            with suppress(BaseException):
                signal.raise_signal(signal.SIGTERM)
            if error is not None:
                raise error
        assert caught.value.code == 143
    check_end()  # the next run is not meant
    with signals_as_exceptions():
        check_time()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_no_wish_to_end_is_contained() -> None:
    with pytest.raises(Ended), signals_as_exceptions(), Contained():  # noqa: PT012
        with suppress(BaseException):
            signal.raise_signal(signal.SIGTERM)
        raise KeyError("lost")


def _group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


STEPS = ["open", "write", "fsync", "fchmod", "link", "replace"]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step_of_a_write(tree: Path, step: str, moment: str) -> None:
    """SIGKILL at exactly this step of the fortieth file, just before it or just after."""
    before = f"""
import os, signal
real, calls = os.{step}, 0
def dying(*args, **kwargs):
    global calls
    ours = {step!r} != "open" or (len(args) > 1 and args[1] & os.O_WRONLY)
    calls += bool(ours)
    if ours and calls == 40 and {moment!r} == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(*args, **kwargs)
    if ours and calls == 40:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
os.{step} = dying
"""
    # Processes talk to each other with the same calls: here is only one.
    with start(tree, "--jobs", "1", before=before) as running:
        running.communicate(timeout=60)
    assert running.returncode == -9
    done = 40 if (step, moment) == ("replace", "after") else 39
    assert assert_whole(tree) == (FILES - done, done)
    # Between getting a name and taking the file's own, a killed process leaves one, complete.
    named = (step, moment) in (("link", "after"), ("replace", "before"))
    assert [path.read_bytes() for path in temporaries(tree)] == [NEW] * named
    assert_a_second_run_finishes(tree)


def test_two_runs_at_once(tree: Path) -> None:
    with start(tree) as one, start(tree) as other:
        results = [(running, *running.communicate(timeout=120)) for running in (one, other)]
    for running, _, errors in results:
        assert b"Traceback" not in errors
        said = {line.rpartition(b": ")[2] for line in errors.splitlines()}
        assert said <= {b"the file changed while it was analysed; run again"}
        assert running.returncode == (2 if said else 0)
    assert assert_whole(tree) == (0, FILES)
    assert temporaries(tree) == []
    assert_a_second_run_finishes(tree)


def test_no_space_left(tree: Path) -> None:
    """A real limit of the system, met in the middle of a write: only the small file fits."""
    small = tree / "p0" / "a.py"
    small.write_bytes(b"LEAK\n")
    before = (
        "import resource as r;"
        f"r.setrlimit(r.RLIMIT_FSIZE, ({len(OLD) // 2}, r.getrlimit(r.RLIMIT_FSIZE)[1]));"
    )
    with start(tree, before=before) as running:
        _, errors = running.communicate(timeout=120)
    assert running.returncode == 2
    assert assert_whole(tree) == (FILES, 0)
    assert small.read_bytes() == b"DONE\n"
    assert temporaries(tree) == []
    lines = errors.decode().splitlines()
    assert len(lines) == FILES
    assert all("not written: File too large; the file is as it was" in line for line in lines)
    assert_a_second_run_finishes(tree)


@pytest.mark.parametrize("options", [(), ("--check",), ("--diff",), ("--check", "-q")])
def test_an_output_that_is_full_is_one_line_and_exit_2(
    tree: Path, options: tuple[str, ...]
) -> None:
    with open("/dev/full", "wb") as full, start(tree, *options) as quiet:
        command = [*quiet.args]  # type: ignore[misc]
        quiet.communicate(timeout=120)
        for path in sources(tree):
            path.write_bytes(OLD)
        done = subprocess.run(
            command, cwd=tree, stdout=full, stderr=subprocess.PIPE, check=False, timeout=120,
            env=ENVIRONMENT,
        )  # fmt: skip
    assert done.returncode == 2
    expected = b"fix-cache-leak: error: the output cannot be written: No space left on device\n"
    assert done.stderr == expected


def test_closed_streams_are_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        for options in ("--check", "--diff", ""):
            path.write_bytes(OLD)
            command = f'exec "$0" -c "$1" {options} . {closed}'
            done = subprocess.run(
                ["sh", "-c", command, sys.executable, FAKED], cwd=tmp_path, capture_output=True,
                env=ENVIRONMENT,
                check=False, timeout=120,
            )  # fmt: skip
            assert done.returncode == (1 if options else 0), (closed, options)
            assert b"Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("options", ["--help", "--version", "--explain CCL101"])
def test_what_is_printed_at_once_may_find_no_place(tmp_path: Path, options: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {options} >/dev/full', sys.executable, FAKED],
        cwd=tmp_path, capture_output=True, env=ENVIRONMENT, check=False, timeout=120,
    )  # fmt: skip
    expected = b"fix-cache-leak: error: the output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, expected)


@pytest.mark.parametrize("options", ["--check -", "-", "--diff - --stdin-filename a.py"])
@pytest.mark.parametrize("given", ["<&-", "0>/dev/null"])
def test_an_input_that_cannot_be_read(tmp_path: Path, options: str, given: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -c "$1" {options} {given}', sys.executable, FAKED],
        cwd=tmp_path, capture_output=True, env=ENVIRONMENT, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"fix-cache-leak: error: standard input cannot be read: ")
    assert done.stderr.count(b"\n") == 1
