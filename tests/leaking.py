"""The smallest module with a leak, for tests that are about something else."""

LEAKING = """from dataclasses import dataclass, replace


@dataclass
class Auth:
    end_user_id: str | None = None


def copy_for_cache(auth: Auth) -> Auth:
    copied = replace(auth)
    return copied
"""
