"""The key's auth object: looked up in the cache, else in the database, and put back."""

from __future__ import annotations

import time

from .cache import TTLCache
from .models import KeyAuth

DATABASE = {"sk-shared": KeyAuth(token="sk-shared", team_id="support", models=["small", "large"])}


def copy_key_auth_for_cache(auth: KeyAuth) -> KeyAuth:
    """The cached object is shared by every request of the key: leave this request's data out."""
    copied = auth.model_copy()
    copied.request_route = None
    return copied


async def get_key_auth(token: str, key_cache: TTLCache) -> KeyAuth:
    cached = await key_cache.async_get_cache(token)
    if cached is not None:
        return copy_key_auth_for_cache(cached)
    return DATABASE[token].model_copy()


async def cache_key_auth(auth: KeyAuth, key_cache: TTLCache) -> None:
    auth.last_refreshed_at = time.time()
    await key_cache.async_set_cache(auth.token, copy_key_auth_for_cache(auth))
