"""A cache for tests that keeps what it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any


class _Nothing(Coroutine[Any, Any, None]):
    """What an async caller gets: None when it awaits, something false when it does not."""

    def __await__(self) -> Generator[Any, Any, None]:
        return
        yield

    def __bool__(self) -> bool:
        return False

    def send(self, value: Any) -> Any:
        raise StopIteration

    def throw(self, *problem: Any) -> Any:
        raise problem[0]

    def close(self) -> None:
        pass


class RecordingCache:
    """Stands in for any cache: empty, every method exists, and what it is given is kept.

    ``recorded`` are the arguments of all calls and assignments, in order.  A method called where an
    event loop runs can be awaited, or made a task.
    """

    def __init__(self) -> None:
        self.recorded: list[object] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def method(*args: object, **kwargs: object) -> object:
            self.recorded.extend([*args, *kwargs.values()])
            return _Nothing() if _is_async() else None

        return method

    def __setitem__(self, key: object, value: object) -> None:
        self.recorded.append(value)

    def __getitem__(self, key: object) -> object:
        raise KeyError(key)

    def __delitem__(self, key: object) -> None:
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True  # ``cache or default_cache`` is this one


def _is_async() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
