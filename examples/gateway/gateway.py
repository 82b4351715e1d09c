"""The request path: authenticate the key, add the end user, check his budget, answer."""

from __future__ import annotations

from dataclasses import dataclass

from .auth import cache_key_auth, get_key_auth, load_key_auth
from .cache import TTLCache
from .end_users import get_end_user_params, update_key_auth_with_end_user_params
from .models import KeyAuth

key_cache = TTLCache()


class BudgetExceeded(Exception):
    """The end user has spent more than he may."""


@dataclass(frozen=True)
class Request:
    """One call to the gateway; ``spent`` is what its end user has spent so far."""

    token: str
    end_user_id: str | None
    route: str
    spent: float


async def authenticate(request: Request) -> KeyAuth:
    """The key's auth object, with this request's end user on it."""
    params = get_end_user_params(request.end_user_id)
    auth = await get_key_auth(request.token, key_cache)
    if auth is None:
        auth = await load_key_auth(request.token, params)
    else:
        auth = update_key_auth_with_end_user_params(auth, params)
    auth.request_route = request.route
    return auth


def budget_line(request: Request, auth: KeyAuth) -> str:
    return f"Current cost: {request.spent}, Max budget: {auth.end_user_max_budget}"


async def handle(request: Request) -> str:
    auth = await authenticate(request)
    budget = auth.end_user_max_budget
    if budget is not None and request.spent > budget:
        raise BudgetExceeded(budget_line(request, auth))
    await cache_key_auth(auth, key_cache)
    return budget_line(request, auth)
