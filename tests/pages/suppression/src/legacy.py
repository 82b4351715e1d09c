"""A merge function that keeps what another function may have set."""

from typing import Any


def update_token(token: Any, params: dict) -> Any:
    token.end_user_id = params.get("end_user_id")
    token.end_user_name = params.get("end_user_name")
    # A login hook may have set the limit before.
    if params.get("end_user_limit") is not None:
        token.end_user_limit = params["end_user_limit"]
    return token
