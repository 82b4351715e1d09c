"""What the gateway knows of a key and of the request that came with it."""

from __future__ import annotations

from pydantic import BaseModel


class VirtualKeyView(BaseModel):
    """A key as the database joins it: its own row, then the columns of the end user."""

    token: str
    key_alias: str | None = None
    team_id: str | None = None
    models: list[str] = []
    max_budget: float | None = None
    spend: float = 0.0

    end_user_id: str | None = None
    end_user_max_budget: float | None = None
    end_user_tpm_limit: int | None = None
    end_user_rpm_limit: int | None = None
    allowed_model_region: str | None = None


class KeyAuth(VirtualKeyView):
    """The key's auth object: kept in the cache under the key, handed to every part of a request."""

    request_route: str | None = None
    last_refreshed_at: float | None = None
