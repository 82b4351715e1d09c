"""Whatever goes wrong in one file is one line about that file, never the end of the run."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from types import TracebackType
from typing import final

from lint_rules.deadline import TIME_LIMIT, TimeLimitReached, time_limit
from lint_rules.ending import check_end
from lint_rules.textfile import FileProblem


@final
class Contained:
    """A ``with`` block that no ordinary exception leaves; ``problem`` then says what happened.

    The block may take ``seconds`` of processor time (None: as long as it likes); ``out_of_time``
    says that this was too little.  What Python has to warn of in the code that is read (an escape
    like ``"\\d"``) is not shown, and never an error of ours.  ``KeyboardInterrupt`` and
    ``SystemExit`` pass: they are about the run, not about the file.  So does the wish to end it, whatever
    became of it in the block.
    """

    def __init__(self, seconds: float | None = TIME_LIMIT) -> None:
        self.problem: str | None = None
        self.out_of_time = False
        self._seconds = seconds
        self._stack = ExitStack()

    def __enter__(self) -> Contained:
        check_end()
        self._stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        self._stack.enter_context(time_limit(self._seconds))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._stack.close()
        check_end()
        if not isinstance(error, Exception | TimeLimitReached):
            return False
        self.out_of_time = isinstance(error, TimeLimitReached)
        self.problem = _message(error)
        return True


def _message(error: Exception | TimeLimitReached) -> str:
    if isinstance(error, FileProblem):
        return str(error)
    if isinstance(error, TimeLimitReached):
        remedy = "exclude this file, or give it more with fix-cache-leak --time-limit"
        return f"could not be analysed: it {error}; {remedy}"
    if isinstance(error, RecursionError):
        return "could not be analysed: the code is nested too deeply; exclude this file"
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return f"could not be analysed: {text}; please report this, and exclude the file meanwhile"
