"""Signals that end a run, made an exception: what is under way is tidied up before the end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Asked to end, the terminal went away, Windows' own way; those that the system has."""


class Ended(BaseException):
    """A signal asked the run to end; ``code`` is what a shell expects then."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Let the signals that would end the process at once raise ``Ended`` instead.

    One that is ignored (``nohup``) stays ignored.  Outside the main thread nothing changes, since
    only that one may decide about signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    changed = [number for number in numbers if before[number] == signal.SIG_DFL]
    for number in changed:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)


def _raise(number: int, _: FrameType | None) -> None:
    # A second one must not disturb the tidying up after the first.
    signal.signal(number, signal.SIG_IGN)
    raise Ended(number)
