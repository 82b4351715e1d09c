"""What several rules' pages have in common: the examples' model and helper, and why it is bad."""

from __future__ import annotations

PRELUDE = """from dataclasses import dataclass, replace


@dataclass
class Auth:
    token: str
    end_user_id: str | None = None
    end_user_max_budget: float | None = None


_cache: dict[str, Auth] = {}


"""
"""The model and the cache of the examples."""

HELPER = """def copy_for_cache(auth: Auth) -> Auth:
    return replace(auth, end_user_id=None, end_user_max_budget=None)


"""
"""A right cache-copy helper."""

COPY_WHY = """
The cached object is handed to every request with the same key. What one request's end user left on it is
what the next end user is judged by: his budget, his limits, his region.
"""

COPY_FIX = """
The repair inserts unconditional resets in the style that the function has already: assignments, entries of
`update={}`, keywords of `replace(...)`, a names tuple, an `exclude` set. A field is reset to None where it may be
None, else to its declared default; where there is neither, the finding says so and nothing is rewritten. On text or
bytes nothing can be reset: `model_dump_json()` gets an `exclude` where the fields have defaults, and a pickle has
no repair. A value that the function itself writes from a source is never overwritten: of an object that is merged
onto, and then dumped for the cache, the dump is what is reported and reset. A copy that may be None is reset where it
is not. A reset goes behind what still reads the field of the copy.
"""

MERGE_WHY = """
The object that is merged onto may come from a cache, with the values of the user before. A value that is
only written when the new one is there leaves the old one in place: the next end user is judged by it.
"""

MERGE_FIX = """
The repair writes what the source holds, whatever that is: an absent value now clears the field. That is the point,
and it is a change of behaviour where a guard was deliberate (another function may have set the value before), so
the report says it. Where the write is too tangled to rewrite (a loop, a filtered dict, other statements under the
guard), the fields are reset first and the merge stays as it is; so it is where the field may not be None and the
source's value may. Of a choice that asks whether there is a source at all (`src.f if src is not None else t.f`)
only the old value is replaced. Where the merge reckons with the old value, or asks whether there is an object at
all, nothing is rewritten. A write of anything but the same-named field of a source has no repair.
"""

COPY_OPTIONS = ("per-request-fields", "shared-fields", "cache-copy-helpers", "cache-objects")
MERGE_OPTIONS = ("per-request-fields", "shared-fields", "merge-functions", "cache-objects")
