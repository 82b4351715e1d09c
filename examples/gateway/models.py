"""What the gateway knows of a key and of the request that came with it."""

from __future__ import annotations

from pydantic import BaseModel


class VirtualKey(BaseModel):
    """A key as it is stored: many end users share it."""

    token: str
    team_id: str | None = None
    models: list[str] = []
    max_budget: float | None = None
    spend: float = 0.0


class KeyAuth(VirtualKey):
    """The key's auth object, with what the current request adds to it."""

    end_user_id: str | None = None
    end_user_max_budget: float | None = None
    end_user_tpm_limit: int | None = None
    end_user_rpm_limit: int | None = None
    allowed_model_region: str | None = None
    request_route: str | None = None
    last_refreshed_at: float | None = None
