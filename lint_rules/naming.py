"""Names that say what a thing is: cache-copy helpers, merge functions, caches, their methods, carriers.

The globs are those built in by the contract; settings add to them.  A glob matches a function's name
without its leading underscores, in lower case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import lru_cache

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
_WAY_OUT = re.compile(r"(?:^|_)(?:from_(?:the_)?cache|copy_(?:of_)?(?:the_)?cached(?:_|$))")
"""``from_cacheable``, ``copy_from_cache``, ``copy_cached``: what it copies comes from a cache."""
CARRIER_WORDS = re.compile(r"token|auth|session|credential|principal|identity", re.IGNORECASE)


def matches_any(name: str, patterns: tuple[str, ...]) -> bool:
    """True when one of the globs matches ``name`` (case counts)."""
    return bool(patterns) and _any_of(patterns)(name) is not None


@lru_cache(maxsize=64)
def _any_of(patterns: tuple[str, ...]) -> Callable[[str], re.Match[str] | None]:
    return re.compile("|".join(f"(?:{translate(pattern)})" for pattern in patterns)).match


def is_cache_copy_name(name: str, extra: tuple[str, ...] = ()) -> bool:
    """True when a function's own name says that it copies for a cache, and not what comes from one."""
    lower = name.lower()
    built_in = matches_any(lower, CACHE_COPY_HELPERS) and _WAY_OUT.search(lower) is None
    return built_in or matches_any(name, extra)


def is_merge_name(name: str, extra: tuple[str, ...] = ()) -> bool:
    """True when a function's own name says that it merges onto a token."""
    return matches_any(name.lstrip("_").lower(), MERGE_FUNCTIONS) or matches_any(name, extra)


def is_cache_name(name: str, extra: tuple[str, ...] = ()) -> bool:
    """True when an object's name says that it is a cache."""
    return "cache" in name.lower() or matches_any(name, extra)


def longest_literal(pattern: str) -> str:
    """The longest plain part of a glob; a name that matches holds it."""
    return max(_WILD.split(pattern), key=len)


_WILD = re.compile(r"\[!?\]?[^\[\]]*\]|[*?\[\]]")
"""What of a glob stands for other characters than itself."""


_STORE = re.compile(
    r"(^|_)a?(set|put|add|store|save|write)(_|$|ex$|nx$|default$|many$|item$)|^__setitem__$"
    r"|^hm?set(nx)?$"  # Redis keeps a mapping field by field, too
)
_LOOKUP = re.compile(
    r"(^|_)a?(get|fetch|lookup|look_up|load|read|peek|retrieve|find|pop)(_|$|many$|item$)|^__getitem__$|^hm?get(all)?$"
)
_EITHER = re.compile(
    r"(^|_)a?((get|fetch|lookup|load|read|find)_or_(set|put|add|store|save|write|insert|create|compute)"
    r"|setdefault)(_|$)"
)
"""Methods that hand out what is there, and put in what they are given where nothing is."""
_DATABASES = "db|database|sql|cursor|prisma|postgres|sqlite|mysql|mongo|rows?|records?"
_READERS = (
    "a?(?:fetch_?(?:one|row|val|all)|find_(?:one|unique|first)(?:_or_raise)?"
    "|scalars?(?:_one)?(?:_or_none)?|one(?:_or_none)?|execute|query)"
)
_ROWS = re.compile(rf"(?:^|_)(?:{_DATABASES})(?:_|$)|^{_READERS}$", re.IGNORECASE)
_READING = re.compile(rf"\b(?=\w+\.\w)(?:\w+_)?(?:{_DATABASES})(?:_\w|\.)|\.{_READERS}\(")
READS_ROWS = _READING.pattern
"""The text of a function that reads a database: what objects and methods for that are called."""
UNBOUND_SETTERS = {"__setattr__": 3, "__delattr__": 2}
"""Methods that may be called on a class, and with how many arguments: the first is the object."""
CACHE_LIBRARIES = ("cachetools", "aiocache", "diskcache", "cachelib", "pylibmc", "pymemcache",
                    "django.core.cache", "flask_caching", "async_lru", "dogpile", "cashews",
                    "beaker", "lru")  # fmt: skip
PICKLING_LIBRARIES = (
    "cachelib",
    "diskcache",
    "django.core.cache",
    "flask_caching",
    "pylibmc",
    "pymemcache",
)
"""Those that keep bytes whatever the back end: each look-up makes a new object (docs.djangoproject.com,
topics/cache, "Local-memory caching"; cachelib's ``SimpleCache`` pickles, too)."""
CACHING_DECORATORS = re.compile(
    r"^(functools\.(lru_cache|cache)|cachetools\.(func\.)?\w*cache\w*|cachetools\.cached(method)?"
    r"|async_lru\.alru_cache|aiocache\.(multi_)?cached(_stampede)?|lru_cache|alru_cache|cached"
    r"|cachetools\.keys\.\w+|[\w.]+\.cache_(multi_)?on_arguments)$"
)


OF_ONE_USER = re.compile(
    r"user|customer|visitor|caller|subject|session|request|conversation", re.IGNORECASE
)
"""What a key inside a cache entry is called that stands for what is one user's."""

SAYS_WHO = re.compile(
    r"(?:^|_)(?:user|customer|visitor|caller|subject|sub|person|member|principal|owner|email|login|identity)"
    r"(?:_(?:id|uid|uuid|guid|key|name|ref|hash|email|login|sub))?$",
    re.IGNORECASE,
)
"""What a field is called that tells one end user from another; a key or token may be shared by many."""

CONTEXT_VARIABLE = "contextvars.ContextVar"
"""What is called a cache and is of this class holds what the request itself has put there."""


_REQUEST = re.compile(r"(?:Request|WebSocket|HTTPConnection)\Z")
_OF_ONE_REQUEST = frozenset({"flask.g", "quart.g", "flask.request", "quart.request"})
"""Objects of frameworks that are others for each request (flask.palletsprojects.com, "The Application Context")."""


def is_of_request(root: str, annotation: str, path: Sequence[str]) -> bool:
    """True for an attribute (``path`` are the names that lead to it) of what is called, or annotated as, a request: it
    ends with that.

    What hangs on its ``app`` or its ``state`` may be everybody's (starlette.io, "Lifespan State").
    """
    if root == "self":  # a view
        root, *path = path
    named = (
        root in ("request", "req") or root in _OF_ONE_REQUEST or bool(_REQUEST.search(annotation))
    )
    return named and len(path) == 1


def is_cache_class(dotted: str) -> bool:
    """True for a class of a caching library, or one that is called a cache."""
    return dotted.startswith(tuple(f"{lib}." for lib in CACHE_LIBRARIES)) or (
        "cache" in dotted.rsplit(".", 1)[-1].lower()
    )


_KEEPS_ENTRIES = re.compile(
    r"cache(?:store|storage|backend|manager|client|layer|impl)?$", re.IGNORECASE
)


def keeps_entries(name: str) -> bool:
    """True for the name of a class whose objects are caches: the dicts that they hold are, too."""
    return _KEEPS_ENTRIES.search(name) is not None


_WORD = re.compile(r"\w+")
_PLAIN_TYPES = frozenset(
    {"None", "Optional", "Union", "typing", "str", "bytes", "bool", "int", "float", "complex", "Decimal", "decimal",
     "datetime", "date", "time", "timedelta", "UUID", "uuid", "Tuple", "tuple", "List", "list", "Set", "set",
     "Sequence", "Iterable", "Iterator"}
)  # fmt: skip
"""The words of types whose values hold no fields: texts, numbers, and sequences of them."""
_OF_ANYTHING = re.compile(r"\b(?:[Tt]uple|[Ll]ist|[Ss]et|Sequence|Iterable|Iterator)\b(?![ \t]*\[)")
"""A sequence that does not say of what."""


def reads_rows(name: str) -> bool:
    """True for a name that says that a database is read."""
    return _ROWS.search(name) is not None


def is_plain_type(annotation: str | None) -> bool:
    """True for an annotation that names nothing but types whose values hold no fields."""
    words = _WORD.findall(annotation or "")
    plain = bool(words) and _PLAIN_TYPES.issuperset(words)
    return plain and _OF_ANYTHING.search(annotation or "") is None


def is_pickling(dotted: str) -> bool:
    """True for an object or a class of a caching library that keeps bytes."""
    return dotted.startswith(tuple(f"{lib}." for lib in PICKLING_LIBRARIES))


def is_store_method(name: str) -> bool:
    """True when a cache's method of this name puts something in."""
    return bool(_STORE.search(name.lower()) or _EITHER.search(name.lower()))


def is_lookup_method(name: str) -> bool:
    """True when a cache's method of this name hands something out, also where it may put that in first."""
    if _EITHER.search(name.lower()):
        return True
    return bool(_LOOKUP.search(name.lower())) and not is_store_method(name)
