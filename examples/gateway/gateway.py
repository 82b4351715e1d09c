"""The request path: authenticate the key, add the end user, check his budget, answer."""

from __future__ import annotations

from dataclasses import dataclass

from .auth import cache_key_auth, get_key_auth
from .cache import TTLCache
from .end_users import end_user_params, update_key_auth_with_end_user

key_cache = TTLCache()


class BudgetExceeded(Exception):
    """The end user has spent more than he may."""


@dataclass(frozen=True)
class Request:
    """One call to the gateway: ``cost`` is what the end user has spent so far."""

    token: str
    end_user_id: str | None
    route: str
    cost: float


async def handle(request: Request) -> str:
    auth = await get_key_auth(request.token, key_cache)
    auth = update_key_auth_with_end_user(auth, end_user_params(request.end_user_id))
    auth.request_route = request.route
    await cache_key_auth(auth, key_cache)
    limit = auth.end_user_max_budget
    if limit is not None and request.cost > limit:
        raise BudgetExceeded(f"Current cost: {request.cost}, Max budget: {limit}")
    return f"200 OK for {auth.end_user_id}"
