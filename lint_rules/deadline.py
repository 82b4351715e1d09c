"""A limit on the time that one file may take, asked for by the analysis itself as it goes.

No signal and no second thread: the limit holds in every thread, in every process and on every
system, and strikes only where the analysis asks, never in the middle of a write.  What one call of
the standard library or of libcst takes cannot be cut short; those are linear in the file's size.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lint_rules.ending import check_end

TIME_LIMIT = 120.0
"""Seconds of processor time that one file may take, what it asks of its project included."""


class TimeLimitReached(BaseException):
    """The analysis of one file took longer than it may.

    Like ``KeyboardInterrupt`` it is no ``Exception``: what contains errors of the analysis on the
    way does not swallow it.  Only who set the limit answers it.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"took more than {seconds:g} s of processor time")
        self.seconds = seconds


class _Running(threading.local):
    """The limit in force in this thread: the reading of its clock at which it ends.

    To read that clock is a call of the system, which took a twentieth of an analysis. A thread takes no more time
    than passes, so that it need not be read before ``soonest``, a reading of the clock on the wall.
    """

    ends: float | None = None
    seconds: float = 0.0
    soonest: float = math.inf


_running = _Running()


@contextmanager
def time_limit(seconds: float | None = TIME_LIMIT) -> Iterator[None]:
    """Let :func:`check_time` raise from ``seconds`` of this thread's processor time on.

    None sets no limit.  Within another limit the one that ends first counts.
    """
    outer = _running.ends, _running.seconds, _running.soonest
    if seconds is not None:
        ends = time.thread_time() + seconds
        if _running.ends is None or ends < _running.ends:
            _running.ends, _running.seconds = ends, seconds
            _running.soonest = time.monotonic() + seconds
    try:
        yield
    finally:
        _running.ends, _running.seconds, _running.soonest = outer


def check_time() -> None:
    """Raise ``TimeLimitReached`` when the file at hand has had its time, and ``Ended`` when the run is to end.

    Cheap, so ask often.
    """
    check_end()
    now = time.monotonic()
    if now < _running.soonest or _running.ends is None:
        return
    left = _running.ends - time.thread_time()
    _running.soonest = now + left
    if left < 0:
        # What tidies up behind the error gets its own moment.
        _running.ends, _running.soonest = None, math.inf
        raise TimeLimitReached(_running.seconds)
