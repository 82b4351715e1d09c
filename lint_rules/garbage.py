"""How often Python looks for objects that only hold each other."""

from __future__ import annotations

import atexit
import gc
from functools import lru_cache

SHARED = 1_000_000
"""New objects before Python looks for garbage, in a process that others work in, too (flake8, an editor)."""
OWN = 30_000_000
"""The same in a process of our own: less than a tenth of what an analysis makes is garbage before its end, and to
look through ten million took 5 of 80 seconds."""
_OLDER = 50, 1_000


@lru_cache(maxsize=2)
def look_for_garbage_less_often(young: int) -> None:
    """Let Python look for garbage no more often than once in ``young`` new objects, and not at the end.

    There are many small objects, none of which is garbage before the end: looking for it among them took two
    thirds of the time, and at the end of the process once more a third.
    """
    wanted = (young, *_OLDER)
    gc.set_threshold(*(max(pair) for pair in zip(gc.get_threshold(), wanted, strict=True)))
    atexit.register(gc.freeze)
