"""A merge function of which one file alone does not show that its target is shared."""

from platform_models import Token


def enrich(token: Token, params: dict) -> Token:
    token.end_user_id = params.get("end_user_id")
    if params.get("end_user_limit") is not None:
        token.end_user_limit = params["end_user_limit"]
    return token
