"""Writing a file so that it is, whatever happens, wholly the old one or wholly the new one.

The new bytes are complete on disk before they take the name.  On Linux they have no name until
then, so that even a killed process leaves nothing behind; elsewhere, and in the moment between two
system calls on Linux, a killed process can leave a temporary file, which the next run that writes
in the same directory removes.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lint_rules.textfile import FileProblem

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PREFIX, SUFFIX = ".fix-cache-leak-", ".tmp"
"""What the names of temporary files begin and end with; no other file is taken for one."""

STALE_AFTER = 600.0
"""Seconds after which a temporary file counts as left behind, where no lock can tell."""

PATIENCE = 5.0
"""Seconds to wait for another run that is writing the same file."""


def replace_atomically(path: Path, before: bytes, after: bytes) -> None:
    """Put ``after`` in the place of ``before``, or leave the file exactly as it is.

    The file keeps its mode and, where we may, its owner; a symbolic link stays one.  A file that
    changed since it was read, or that is read-only, is left alone.  ``FileProblem`` says why not.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
        # Root may write everything; a file that nobody may write is left alone all the same.
        if not mode & 0o222 or not os.access(target, os.W_OK):
            raise FileProblem("not written: the file is read-only; make it writable")
        _put(target, after, mode, before)
    except OSError as error:
        raise FileProblem(f"not written: {reason_of(error)}; the file is as it was") from error


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that may exist already, wholly or not at all; raises OSError."""
    target = Path(os.path.realpath(path))
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        mode = 0o666 & ~_umask()
    else:
        if not os.path.isfile(target):
            # Something like /dev/stdout has no place to be swapped.
            target.write_bytes(content)
            return
    _put(target, content, mode, None)


def reason_of(error: OSError) -> str:
    """What the system says is wrong."""
    return error.strerror or str(error)


def _put(target: Path, content: bytes, mode: int, before: bytes | None) -> None:
    remove_stale(target.parent)
    with _Draft(target.parent) as draft:
        draft.fill(content, mode, target)
        if before is None:
            draft.take(target)
            return
        with _held(target) as now:
            if now != before:
                raise FileProblem("not written: the file changed while it was analysed; run again")
            draft.take(target)


class _Draft:
    """The bytes to be, locked for as long as somebody works on them, gone when the block ends."""

    def __init__(self, directory: Path) -> None:
        self._name: Path | None = directory / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
        self._named = False
        self._directory = directory
        self._handle = -1

    def __enter__(self) -> _Draft:
        self._handle = self._opened()
        _lock(self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        # Also on Ctrl-C: no temporary file stays behind.
        if self._handle >= 0:
            os.close(self._handle)
        if self._named and self._name is not None:
            self._name.unlink(missing_ok=True)

    def _opened(self) -> int:
        if hasattr(os, "O_TMPFILE"):
            # Not every file system has files without a name; nor does every system show /proc.
            with contextlib.suppress(OSError):
                return os.open(self._directory, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        return self._open_named()

    def _open_named(self) -> int:
        assert self._name is not None
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        self._named = True
        return os.open(self._name, flags | getattr(os, "O_BINARY", 0), 0o600)

    def fill(self, content: bytes, mode: int, like: Path) -> None:
        """Write everything, with the owner of ``like`` where that is possible, and ``mode``."""
        left = memoryview(content)
        while left:
            left = left[os.write(self._handle, left) :]
        os.fsync(self._handle)
        _keep_owner(self._handle, like)
        if hasattr(os, "fchmod"):
            os.fchmod(self._handle, mode)
        elif self._named and self._name is not None:
            os.chmod(self._name, mode)

    def take(self, target: Path) -> None:
        """Give the bytes the name of ``target``."""
        assert self._name is not None
        if not self._named:
            self._link()
        if os.name == "nt":
            os.close(self._handle)  # an open file cannot be renamed there
            self._handle = -1
        os.replace(self._name, target)
        self._named = False

    def _link(self) -> None:
        assert self._name is not None
        directory = os.open(self._directory, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self._named = True
            # With a directory the call follows the link that /proc shows; without, it would not.
            os.link(
                f"/proc/self/fd/{self._handle}", self._name.name,
                dst_dir_fd=directory, follow_symlinks=True,
            )  # fmt: skip
        finally:
            os.close(directory)


@contextmanager
def _held(target: Path) -> Iterator[bytes]:
    """What the file holds now, while no other run of ours may replace it."""
    if fcntl is None:
        yield target.read_bytes()
        return
    until = time.monotonic() + PATIENCE
    while True:
        with open(target, "rb") as stream:
            if not _lock(stream.fileno()):
                if time.monotonic() > until:
                    raise FileProblem("not written: another program holds it locked; run again")
                time.sleep(0.01)
            # What was opened may have been replaced while we waited.
            elif os.path.samestat(os.fstat(stream.fileno()), os.stat(target)):
                yield stream.read()
                return


def _lock(handle: int) -> bool:
    """Lock an open file against our other runs; False when one of them has it."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks: then only the comparison of the bytes protects.
        return True
    return True


def remove_stale(directory: Path) -> None:
    """Remove temporary files that a killed run left; never one that a run is still writing."""
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            ours = entry.name.startswith(PREFIX) and entry.name.endswith(SUFFIX)
            if ours and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    _remove_unlocked(Path(entry.path))


def _remove_unlocked(path: Path) -> None:
    if fcntl is None:
        if time.time() - path.stat().st_mtime > STALE_AFTER:
            path.unlink()
        return
    with open(path, "rb") as stream:
        if _lock(stream.fileno()):
            path.unlink(missing_ok=True)


def _keep_owner(handle: int, like: Path) -> None:
    """Give the new file the old one's owner, where we may (it matters when root runs us)."""
    if not hasattr(os, "fchown"):
        return
    try:
        old = like.stat()
    except FileNotFoundError:
        return
    new = os.fstat(handle)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        # Only root can give files away; the content is what was asked for.
        with contextlib.suppress(PermissionError):
            os.fchown(handle, old.st_uid, old.st_gid)


def _umask() -> int:
    # There is no way to ask without setting it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
