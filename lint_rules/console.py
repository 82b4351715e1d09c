"""Where a run's output goes: standard output or a file, standard error, a line of progress."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from lint_rules.settings import SettingsError

Progress = Callable[[int, int], None]


class Console:
    """The streams of one run.  A reader that went away (a broken pipe) ends the output silently."""

    def __init__(self, output_file: Path | None = None, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._path = output_file
        self._file: BinaryIO | None = None
        self._on_stderr = False

    @property
    def colour(self) -> bool:
        """True when the report goes to a terminal that wants colours."""
        if self._path is not None or os.environ.get("NO_COLOR"):
            return False
        # Emacs gives a compilation a terminal, and shows colours as the characters they are.
        if os.environ.get("INSIDE_EMACS", "").endswith("compile"):
            return False
        stream = sys.stderr if self._on_stderr else sys.stdout
        return stream.isatty() and os.environ.get("TERM") != "dumb"

    def open(self) -> None:
        """Open the output file, if there is one; call it once the options are known to be good.

        An earlier report is not lost to a slip of the pen, and no work is done in vain.
        """
        if self._path is not None:
            self._file = _opened(self._path)

    def report_on_stderr(self) -> None:
        """Leave standard output to something else than the report."""
        self._on_stderr = True

    def read(self) -> bytes:
        """Everything on standard input."""
        return sys.stdin.buffer.read()

    def data(self, content: bytes) -> None:
        """Bytes for standard output, or for the file of a ``--diff``."""
        _write(self._file or sys.stdout.buffer, content)

    def report(self, text: str) -> None:
        """A part of the report."""
        if self._file is not None:
            _write(self._file, text.encode("utf-8", "backslashreplace"))
        else:
            _print(sys.stderr if self._on_stderr else sys.stdout, text)

    def error(self, line: str) -> None:
        """A problem, in one line."""
        _print(sys.stderr, f"{line}\n")

    def note(self, line: str) -> None:
        """Something worth knowing that is no part of the report."""
        if not self._quiet:
            _print(sys.stderr, f"{line}\n")

    def close(self) -> None:
        """Finish the output file, if there is one."""
        if self._file is not None:
            self._file.close()

    @contextmanager
    def progress(self) -> Iterator[Progress | None]:
        """What to call with the files done and all files; None where nobody looks."""
        if self._quiet or not sys.stderr.isatty():
            yield None
            return
        bar = _Progress()
        try:
            yield bar
        finally:
            bar.clear()


class _Progress:
    """A line on the terminal, shown only when the work takes longer than a moment."""

    def __init__(self) -> None:
        self._next = time.monotonic() + 1.0
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 0.1
            self._shown = True
            _print(sys.stderr, f"\r{done} of {total} files\x1b[K")

    def clear(self) -> None:
        """Take the line away again."""
        if self._shown:
            _print(sys.stderr, "\r\x1b[K")


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("wb")
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(f"{path}: cannot be written: {reason}; check --output-file") from error


def _print(stream: object, text: str) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    buffer = getattr(stream, "buffer", None)
    if buffer is not None:
        # What the terminal's encoding lacks is escaped; nothing a file contains may end a report.
        _write(buffer, text.encode(encoding, "backslashreplace"))


def _write(stream: BinaryIO, content: bytes) -> None:
    try:
        stream.write(content)
        stream.flush()
    except BrokenPipeError:
        # The reader has seen enough.  Python would complain at exit about what is still buffered.
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, stream.fileno())
