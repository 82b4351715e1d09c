"""A file is wholly the old one or wholly the new one, whatever goes wrong while it is written."""

from __future__ import annotations

import errno
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lint_rules import atomic
from lint_rules.atomic import PREFIX, SUFFIX, remove_stale, replace_atomically, write_atomically
from lint_rules.baseline import BaselineError, read_baseline, write_baseline
from lint_rules.regularfile import MAX_BYTES, read_regular
from lint_rules.textfile import FileProblem, read_source

OLD, NEW = b"old\n", b"new and longer\n" * 1000


LOCKING = ["without a name", "with a name"]


@pytest.fixture(params=[*LOCKING, "without locks"], autouse=True)
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux; a system without unnamed files; and one without ``fcntl`` either, as Windows."""
    if request.param != "without a name":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    if request.param == "without locks":
        monkeypatch.setattr(atomic, "fcntl", None)
        for name in ("fchmod", "fchown"):
            monkeypatch.delattr(os, name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "a.py"
    made.write_bytes(OLD)
    return made


def refused(path: Path) -> str:
    with pytest.raises(FileProblem) as caught:
        replace_atomically(path, OLD, NEW)
    return str(caught.value)


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o751, 0o777])
def test_the_content_changes_and_the_mode_stays(path: Path, mode: int) -> None:
    path.chmod(mode)
    replace_atomically(path, OLD, NEW)
    assert path.read_bytes() == NEW
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert os.listdir(path.parent) == ["a.py"]


def test_a_link_stays_a_link(path: Path) -> None:
    link = path.with_name("link.py")
    link.symlink_to("a.py")
    replace_atomically(link, OLD, NEW)
    assert os.readlink(link) == "a.py"
    assert path.read_bytes() == NEW


def test_another_name_of_the_same_file_keeps_the_old_content(path: Path) -> None:
    """A hard link may lie outside the given paths: it is not written through."""
    other = path.with_name("other.py")
    os.link(path, other)
    replace_atomically(path, OLD, NEW)
    assert (path.read_bytes(), other.read_bytes()) == (NEW, OLD)


def _fails(*args: object, **kwargs: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", ["open", "write", "fsync", "replace", "fchmod", "fchown", "link"])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, MemoryError])
def test_a_failing_step_leaves_the_file_and_nothing_else(
    path: Path, step: str, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise error(errno.ENOSPC, "No space left on device")

    if step == "fchmod" and not hasattr(os, step):
        step = "chmod"
    if step == "link" and not hasattr(os, "O_TMPFILE"):
        step = "open"
    if step == "fchown":
        # The owner is only changed where it differs.
        monkeypatch.setattr(atomic, "_keep_owner", fail)
    elif step == "link":
        monkeypatch.setattr(atomic._Draft, "_link", fail)
    else:
        monkeypatch.setattr(os, step, fail)
    with pytest.raises(FileProblem if error is OSError else error) as caught:
        replace_atomically(path, OLD, NEW)
    if error is OSError:
        said = str(caught.value)
        assert said == "not written: No space left on device; the file is as it was"
    monkeypatch.undo()
    assert path.read_bytes() == OLD
    assert os.listdir(path.parent) == ["a.py"]


def test_a_write_that_takes_only_a_part_is_finished(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, bytes(data[:100])))
    replace_atomically(path, OLD, NEW)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("mode", [0o444, 0o400, 0o555])
def test_a_read_only_file_is_respected_even_by_root(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert "read-only" in refused(path)
    assert path.read_bytes() == OLD


def test_a_file_that_we_may_not_write_is_respected(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "read-only" in refused(path)


def test_a_change_while_the_new_file_was_prepared_wins(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(handle: int) -> None:
        path.write_bytes(b"edited meanwhile\n")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    assert "changed while it was analysed" in refused(path)
    assert path.read_bytes() == b"edited meanwhile\n"
    assert os.listdir(path.parent) == ["a.py"]


def test_a_file_that_went_away_is_not_made_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fsync(handle: int) -> None:
        path.unlink(missing_ok=True)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    assert "No such file" in refused(path)
    assert os.listdir(path.parent) == []


@pytest.mark.parametrize("system", LOCKING, indirect=True)
def test_many_writers_at_once_make_one_of_the_versions(path: Path) -> None:
    """Each thread may lose, and then says so; what is there is one of the whole versions."""
    versions = [bytes([65 + number]) * 200_000 for number in range(8)]
    told: list[str] = []

    def write(content: bytes) -> None:
        try:
            replace_atomically(path, OLD, content)
        except FileProblem as problem:
            told.append(str(problem))

    threads = [threading.Thread(target=write, args=(content,)) for content in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in versions
    assert all("changed while it was analysed" in message for message in told)
    assert len(told) == len(versions) - 1
    assert os.listdir(path.parent) == ["a.py"]


@pytest.mark.parametrize("system", LOCKING, indirect=True)
def test_a_file_that_somebody_holds_locked_is_left(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "PATIENCE", 0.05)
    with path.open("rb") as other:
        atomic.fcntl.flock(other.fileno(), atomic.fcntl.LOCK_EX)
        assert "holds it locked" in refused(path)
    assert path.read_bytes() == OLD


@pytest.mark.parametrize("system", LOCKING, indirect=True)
def test_a_file_system_without_locks_is_written_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def unsupported(*args: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(atomic.fcntl, "flock", unsupported)
    replace_atomically(path, OLD, NEW)
    assert path.read_bytes() == NEW


# ---------------------------------------------------------------------------- what a killed run left


def test_what_a_killed_run_left_goes_away_with_the_next_write(path: Path) -> None:
    stale = path.with_name(f"{PREFIX}0123{SUFFIX}")
    stale.write_bytes(b"half")
    long_ago = time.time() - atomic.STALE_AFTER - 10
    os.utime(stale, (long_ago, long_ago))
    others = [f"{PREFIX}x.py", f"x{SUFFIX}", ".fix-cache-leak"]
    for name in others:
        path.with_name(name).touch()
    outside = path.with_name("kept.py")
    outside.touch()
    path.with_name(f"{PREFIX}link{SUFFIX}").symlink_to(outside)
    replace_atomically(path, OLD, NEW)
    expected = {"a.py", "kept.py", f"{PREFIX}link{SUFFIX}", *others}
    assert set(os.listdir(path.parent)) == expected


@pytest.mark.parametrize("system", LOCKING, indirect=True)
def test_what_another_run_is_writing_stays(path: Path) -> None:
    draft = path.with_name(f"{PREFIX}0123{SUFFIX}")
    with draft.open("wb") as stream:
        atomic.fcntl.flock(stream.fileno(), atomic.fcntl.LOCK_EX)
        remove_stale(path.parent)
        assert draft.exists()
    remove_stale(path.parent)
    assert not draft.exists()


@pytest.mark.parametrize("system", LOCKING, indirect=True)
def test_a_draft_is_locked_as_soon_as_it_has_a_name(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def replace(source: Path, target: Path) -> None:
        remove_stale(path.parent)
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    replace_atomically(path, OLD, NEW)
    assert path.read_bytes() == NEW


# ---------------------------------------------------------------------------- other files


def test_a_new_file_gets_the_mode_that_others_get(tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    write_atomically(path, NEW)
    (tmp_path / "other").touch()
    assert path.read_bytes() == NEW
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_what_is_no_regular_file_is_written_to(tmp_path: Path) -> None:
    write_atomically(Path(os.devnull), NEW)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_an_old_baseline_survives_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "baseline.json"
    write_baseline(path, [])
    monkeypatch.setattr(os, "fsync", _fails)
    with pytest.raises(BaselineError, match="No space left on device"):
        write_baseline(path, [])
    assert read_baseline(path).entries == ()
    assert os.listdir(tmp_path) == ["baseline.json"]


# ---------------------------------------------------------------------------- reading


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _large(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (_pipe, "no regular file; exclude it"),
        (_endless, "no regular file; exclude it"),
        (_large, "more than 64 MiB; exclude it"),
        (Path.mkdir, "is a directory"),
    ],
)
def test_what_could_hold_up_the_run_is_not_read(
    tmp_path: Path, make: Callable[[Path], None], expected: str
) -> None:
    path = tmp_path / "odd.py"
    make(path)
    with pytest.raises(FileProblem, match=expected):
        read_source(path)
    with pytest.raises(OSError, match=r"Is a directory|regular file|more than"):
        read_regular(path)
