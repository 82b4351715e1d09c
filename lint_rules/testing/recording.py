"""A cache for tests that keeps what it is given."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any


class _Nothing:
    """What a call of the cache returns: nothing, for callers with and without ``await``."""

    def __await__(self) -> Generator[None, None, None]:
        return
        yield

    def __bool__(self) -> bool:
        return False


class RecordingCache:
    """Stands in for any cache: every method exists, sync and async, and what it is given is kept.

    ``recorded`` are the arguments of all calls, in order.
    """

    def __init__(self) -> None:
        self.recorded: list[object] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def method(*args: object, **kwargs: object) -> _Nothing:
            self.recorded.extend([*args, *kwargs.values()])
            return _Nothing()

        return method

    def __setitem__(self, key: object, value: object) -> None:
        self.recorded.append(value)

    def __getitem__(self, key: object) -> object:
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return False
