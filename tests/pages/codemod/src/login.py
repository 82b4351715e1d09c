"""The end user of a request, put onto an object that comes out of a cache."""

from dataclasses import dataclass


@dataclass
class Login:
    key: str
    end_user_id: str | None = None


_cache: dict[str, Login] = {}


def add_end_user(key: str, user: str | None) -> Login:
    login = _cache[key]
    if user is not None:
        login.end_user_id = user
    return login
