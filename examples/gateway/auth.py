"""The key's auth object: looked up in the cache, else in the database, and put back."""

from __future__ import annotations

import time
from typing import Any

from .cache import TTLCache
from .models import KeyAuth

KEYS: dict[str, dict[str, Any]] = {
    "sk-shared": {"key_alias": "support-bot", "team_id": "support", "models": ["small", "large"]},
}


class UnknownKey(Exception):
    """Nobody was given this key."""


def copy_key_auth_for_cache(auth: KeyAuth) -> KeyAuth:
    """The cached object serves every request of the key: leave this request's data out of it."""
    copied = auth.model_copy()
    copied.request_route = None
    return copied


async def get_key_auth(token: str, key_cache: TTLCache) -> KeyAuth | None:
    """What the cache has for the key, for the caller to change as he likes."""
    cached: KeyAuth | None = await key_cache.async_get_cache(token)
    return None if cached is None else copy_key_auth_for_cache(cached)


async def load_key_auth(token: str, end_user_params: dict[str, Any]) -> KeyAuth:
    """The same from the database, with the end user already in it."""
    row = KEYS.get(token)
    if row is None:
        raise UnknownKey(token)
    return KeyAuth(token=token, **row, **end_user_params)


async def cache_key_auth(auth: KeyAuth, key_cache: TTLCache) -> None:
    auth.last_refreshed_at = time.time()
    await key_cache.async_set_cache(auth.token, copy_key_auth_for_cache(auth))
