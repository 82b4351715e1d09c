"""A field that belongs to one request, and one that does not, whatever their names say."""

from dataclasses import dataclass, replace


@dataclass
class Auth:
    token: str
    end_user_id: str | None = None
    end_user_pool: str | None = None
    tenant_id: str | None = None


def copy_for_cache(auth: Auth) -> Auth:
    return replace(auth, end_user_id=None)
