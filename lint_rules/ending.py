"""That the run is to end, known everywhere: an exception alone may be lost on the way.

What a signal raises in the middle of another library can come back as that library's own error, or be
swallowed where Python has nobody to hand it to.  So the wish is written down, too, and asked for wherever a
file is begun or ended, before one is written, and as often as the time.
"""

from __future__ import annotations


class Ended(BaseException):
    """A signal asked the run to end; ``code`` is what a shell expects then."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.code = 128 + number


class _Wish:
    """The signal that asked this process to end; 0 as long as none did."""

    number = 0


_wish = _Wish()


def ask_to_end(number: int) -> None:
    """Write down that a signal asks the run to end; the first one counts."""
    _wish.number = _wish.number or number


def check_end() -> None:
    """Raise ``Ended`` when the run is to end."""
    if _wish.number:
        raise Ended(_wish.number)


def forget_wish() -> None:
    """The run has ended: another one in this process is not meant."""
    _wish.number = 0
