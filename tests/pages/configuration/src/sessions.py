"""A copy for the cache that does not say so by its name."""

from dataclasses import dataclass, replace


@dataclass
class Session:
    key: str
    end_user_id: str | None = None
    end_user_limit: int | None = None


def detach(session: Session) -> Session:
    return replace(session, end_user_id=None)
