"""An in-memory cache with a time to live; it hands out the very objects that were put in."""

from __future__ import annotations

import time
from typing import Any


class TTLCache:
    """Async, as the shared cache behind it would be in production."""

    def __init__(self, ttl: float = 60.0) -> None:
        self._ttl = ttl
        self._items: dict[str, tuple[float, Any]] = {}

    async def async_get_cache(self, key: str) -> Any | None:
        expires, value = self._items.get(key, (0.0, None))
        if time.monotonic() < expires:
            return value
        self._items.pop(key, None)
        return None

    async def async_set_cache(self, key: str, value: Any) -> None:
        self._items[key] = (time.monotonic() + self._ttl, value)
