"""Signals that end a run, made an exception: what is under way is tidied up before the end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from lint_rules.ending import Ended, ask_to_end, check_end, forget_wish

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C, asked to end, the terminal went away, Windows' own way; those that the system has."""
_DEFAULT = (signal.SIG_DFL, signal.default_int_handler)


@contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """Let the signals that would end the process raise ``Ended`` instead, at the latest at the block's end.

    One that is ignored (``nohup``) stays ignored.  Outside the main thread nothing changes, since
    only that one may decide about signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    changed = [number for number in numbers if before[number] in _DEFAULT]
    for number in changed:
        signal.signal(number, _raise)
    try:
        yield
        check_end()
    except Exception:
        check_end()  # what the signal broke is no error
        raise
    finally:
        for number in changed:
            signal.signal(number, before[number])
        forget_wish()


def _raise(number: int, _: FrameType | None) -> None:
    ask_to_end(number)
    # A second one must not disturb the tidying up after the first.
    signal.signal(number, signal.SIG_IGN)
    raise Ended(number)
