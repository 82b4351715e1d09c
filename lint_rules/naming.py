"""Names that say what a thing is: cache-copy helpers, merge functions, caches and carriers.

The globs are those built in by the contract; settings add to them.  A glob matches a function's name
without its leading underscores, in lower case.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

CACHE_COPY_HELPERS = (
    "*for_cache*",
    "*cache_copy*",
    "*copy*cache*",
    "*cacheable*",
    "*strip*cache*",
    "*sanitize*cache*",
    "*sanitise*cache*",
)
MERGE_FUNCTIONS = (
    "update_*token*",
    "update_*auth*",
    "*merge*token*",
    "*merge*auth*",
    "*with_end_user*",
    "apply_*end_user*",
)
CARRIER_WORDS = re.compile(r"token|auth|session|credential|principal|identity", re.IGNORECASE)


def matches_any(name: str, patterns: tuple[str, ...]) -> bool:
    """True when one of the globs matches ``name`` (case counts)."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def is_cache_copy_name(name: str, extra: tuple[str, ...] = ()) -> bool:
    """True when a function's own name says that it copies for a cache."""
    return matches_any(name.lower(), CACHE_COPY_HELPERS) or matches_any(name, extra)


def is_merge_name(name: str, extra: tuple[str, ...] = ()) -> bool:
    """True when a function's own name says that it merges onto a token."""
    return matches_any(name.lstrip("_").lower(), MERGE_FUNCTIONS) or matches_any(name, extra)


def is_cache_name(name: str, extra: tuple[str, ...] = ()) -> bool:
    """True when an object's name says that it is a cache."""
    return "cache" in name.lower() or matches_any(name, extra)


def longest_literal(pattern: str) -> str:
    """The longest plain part of a glob; a name that matches holds it."""
    return max(re.split(r"[*?\[\]]+", pattern), key=len)
