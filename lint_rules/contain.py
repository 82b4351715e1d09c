"""Whatever goes wrong in one file is one line about that file, never the end of the run."""

from __future__ import annotations

from types import TracebackType
from typing import final

from lint_rules.textfile import FileProblem


@final
class Contained:
    """A ``with`` block that no ordinary exception leaves; ``problem`` then says what happened.

    ``KeyboardInterrupt`` and ``SystemExit`` pass: they are about the run, not about the file.
    """

    def __init__(self) -> None:
        self.problem: str | None = None

    def __enter__(self) -> Contained:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.problem = _message(error)
        return True


def _message(error: Exception) -> str:
    if isinstance(error, FileProblem):
        return str(error)
    if isinstance(error, RecursionError):
        return "could not be analysed: the code is nested too deeply; exclude this file"
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return f"could not be analysed: {text}; please report this, and exclude the file meanwhile"
