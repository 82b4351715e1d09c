"""Where a run's output goes: standard output or a file, standard error, a line of progress."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from lint_rules.output.plain import printable
from lint_rules.settings import SettingsError

Progress = Callable[[int, int], None]


class StreamProblem(Exception):
    """The output has nowhere to go (a full disk), or there is no input: the reason in one line."""


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
        return is_terminal(stream) and os.environ.get("TERM") != "dumb"

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
        """Everything on standard input; ``StreamProblem`` says why it cannot be read."""
        if sys.stdin is None:
            raise StreamProblem("standard input cannot be read: there is none")
        try:
            return sys.stdin.buffer.read()
        except OSError as error:
            reason = error.strerror or str(error)
            raise StreamProblem(f"standard input cannot be read: {reason}") from error

    def data(self, content: bytes) -> None:
        """Bytes for standard output, or for the file of a ``--diff``.

        They are exact, but on a terminal, where they are only looked at: what could steer it is
        escaped there.
        """
        if self._file is not None:
            _write(self._file, content)
        elif is_terminal(sys.stdout):
            text = content.decode("utf-8", "surrogateescape")
            _print(sys.stdout, "\n".join(map(_shown, text.split("\n"))))
        elif sys.stdout is not None:
            _write(sys.stdout.buffer, content)

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
        if self._quiet or not is_terminal(sys.stderr):
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


def is_terminal(stream: TextIO | None) -> bool:
    """True for a stream that somebody looks at; a closed one (``>&-``) is none."""
    return stream is not None and stream.isatty()


def _shown(line: str) -> str:
    """A line of data for a terminal; a tab and the end of the line are left as they are."""
    return "\t".join(printable(part) for part in line.removesuffix("\r").split("\t"))


def _print(stream: TextIO | None, text: str) -> None:
    if stream is None:
        return
    # Where nobody looks, the same bytes in every locale; a terminal gets what it can show.
    chosen = is_terminal(stream) or "PYTHONIOENCODING" in os.environ
    encoding = stream.encoding if chosen else "utf-8"
    # What the encoding lacks is escaped; nothing a file contains may end a report.
    _write(stream.buffer, text.encode(encoding, "backslashreplace"))


def _write(stream: BinaryIO, content: bytes) -> None:
    try:
        stream.write(content)
        stream.flush()
    except OSError as error:
        give_up(stream)
        if not _reader_gone(error):
            raise unwritable(error) from error


def give_up(stream: BinaryIO) -> None:
    """Let nothing more be written: Python would try again at exit, and complain about what is still buffered."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, stream.fileno())
    os.close(silence)


def unwritable(error: OSError) -> StreamProblem:
    """What is said of an output that cannot be written."""
    return StreamProblem(f"the output cannot be written: {error.strerror or error}")


def _reader_gone(error: OSError) -> bool:
    """True when the reader has seen enough, which is no problem; Windows says it differently."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
