"""The end user behind a request, and what he may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .models import KeyAuth


@dataclass(frozen=True)
class EndUser:
    """A row of the table of end users; what is None is not limited."""

    max_budget: float | None = None
    tpm_limit: int | None = None
    rpm_limit: int | None = None
    region: str | None = None


END_USERS = {
    "alice": EndUser(max_budget=2.0, tpm_limit=1_000, region="eu"),
    "bob": EndUser(max_budget=20.0),
}


def get_end_user_params(end_user_id: str | None) -> dict[str, Any]:
    """What is configured for the end user; there is no entry for what is not."""
    params: dict[str, Any] = {}
    if end_user_id is None:
        return params
    params["end_user_id"] = end_user_id
    end_user = END_USERS.get(end_user_id, EndUser())
    if end_user.max_budget is not None:
        params["end_user_max_budget"] = end_user.max_budget
    if end_user.tpm_limit is not None:
        params["end_user_tpm_limit"] = end_user.tpm_limit
    if end_user.rpm_limit is not None:
        params["end_user_rpm_limit"] = end_user.rpm_limit
    if end_user.region is not None:
        params["allowed_model_region"] = end_user.region
    return params


def update_key_auth_with_end_user_params(auth: KeyAuth, params: dict[str, Any]) -> KeyAuth:
    """Put this request's end user onto the key's auth object."""
    auth.end_user_id = params.get("end_user_id")
    if params.get("end_user_tpm_limit") is not None:
        auth.end_user_tpm_limit = params["end_user_tpm_limit"]
    if params.get("end_user_rpm_limit") is not None:
        auth.end_user_rpm_limit = params["end_user_rpm_limit"]
    if params.get("allowed_model_region") is not None:
        auth.allowed_model_region = params["allowed_model_region"]
    return auth
