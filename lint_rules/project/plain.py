"""Which annotations name nothing but texts, numbers and the like."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")
PLAIN_TYPES = frozenset(
    {"None", "Optional", "Union", "typing", "str", "bytes", "bool", "int", "float", "complex",
     "Decimal", "decimal", "datetime", "date", "time", "timedelta", "UUID", "uuid"}
)  # fmt: skip
"""The words of the types whose values hold no fields."""


def is_plain(annotation: str | None) -> bool:
    """True for an annotation that names nothing but types whose values hold no fields."""
    words = _WORD.findall(annotation or "")
    return bool(words) and PLAIN_TYPES.issuperset(words)
