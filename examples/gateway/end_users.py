"""The end user behind a request, and what he may spend."""

from __future__ import annotations

from .models import KeyAuth

BUDGETS: dict[str, dict[str, float]] = {
    "alice": {"max_budget": 2.0, "tpm_limit": 1_000},
    "bob": {"max_budget": 20.0},
}


def end_user_params(end_user_id: str | None) -> dict:
    """Everything that is configured for an end user; nothing for what is not."""
    params: dict = {}
    if end_user_id is None:
        return params
    params["end_user_id"] = end_user_id
    limits = BUDGETS.get(end_user_id, {})
    if "max_budget" in limits:
        params["end_user_max_budget"] = limits["max_budget"]
    if "tpm_limit" in limits:
        params["end_user_tpm_limit"] = limits["tpm_limit"]
    return params


def update_key_auth_with_end_user(auth: KeyAuth, params: dict) -> KeyAuth:
    """Put this request's end user onto the key's auth object."""
    auth.end_user_id = params.get("end_user_id")
    # Do not clear a limit that the key itself may have brought along.
    auth.end_user_max_budget = auth.end_user_max_budget or params.get("end_user_max_budget")
    if params.get("end_user_tpm_limit") is not None:
        auth.end_user_tpm_limit = params["end_user_tpm_limit"]
    return auth
