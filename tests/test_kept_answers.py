"""What is kept of answers: each is void as soon as anything has changed that it was read from."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from kept_runs import found, heard, write
from random_edits import edited
from random_leaks import generate

from lint_rules.engine import Engine
from lint_rules.flow.facts import Facts
from lint_rules.flow.interpreter import Interpreter
from lint_rules.settings import Settings

PROGRAMS = int(os.environ.get("CACHE_LEAK_EXAMPLES", "24"))
STEPS = 12

AUTH = """class Auth(BaseModel):
    token: str
    plan: str | None = None
    end_user_id: str | None = None
"""
COPY = """from models import Auth


def copy_for_cache(auth: Auth) -> Auth:
    made = auth.model_copy()
    made.end_user_id = None
    return made
"""
MERGE = """from models import Auth
from store import cache


def merge(key: str, params: dict) -> Auth:
    auth: Auth = cache.get(key)
    auth.end_user_id = params.get("end_user_id") or auth.end_user_id
    auth.plan = params.get("plan") or auth.plan
    return auth
"""
STORE = "cache = {}\n"
PROJECT = {"models.py": AUTH, "copies.py": COPY, "merges.py": MERGE, "store.py": STORE}

CALLED = {
    **PROJECT,
    "copies.py": """from models import Auth
from resets import scrub


def copy_for_cache(auth: Auth) -> Auth:
    made = auth.model_copy()
    scrub(made)
    return made
""",
    "resets.py": "def scrub(made, plan=None):\n    made.end_user_id = None\n",
}
PLAIN = {
    **PROJECT,
    "models.py": """class Auth:
    def __init__(self, token):
        self.token = token
        self.end_user_id = None

    def clear(self):
        pass
""",
}
LOOP = {
    **PROJECT,
    "copies.py": """from models import Auth
from names import FIELDS


def copy_for_cache(auth: Auth) -> Auth:
    made = auth.model_copy()
    for name in FIELDS:
        setattr(made, name, None)
    return made
""",
    "names.py": 'FIELDS = ("end_user_id",)\n',
}
LOCAL = {
    **CALLED,
    "copies.py": """from models import Auth


def copy_for_cache(auth: Auth) -> Auth:
    from resets import scrub

    made = auth.model_copy()
    scrub(made)
    return made
""",
    "others.py": "def scrub(made):\n    pass\n",
}
TYPED = {
    **PROJECT,
    "merges.py": MERGE.replace("cache", "keep"),
    "store.py": "from cachetools import TTLCache\n\nkeep: TTLCache = TTLCache(10, 10)\n",
}
MEMOISED = {
    "models.py": AUTH,
    "tools.py": """def memoise(function):
    cache = {}

    def inner(key):
        if key not in cache:
            cache[key] = function(key)
        return cache[key]

    return inner
""",
    "keys.py": """from models import Auth
from tools import memoise


@memoise
def load(key: str) -> Auth:
    return Auth()
""",
    "merges.py": """from keys import load
from models import Auth


def merge(key: str, params: dict) -> Auth:
    auth = load(key)
    auth.end_user_id = params.get("end_user_id") or auth.end_user_id
    return auth
""",
}
OPEN = {
    "models.py": AUTH,
    "store.py": STORE,
    "patches.py": """from models import Auth


class Other:
    tag: str


def patch(target: object, values):
    for name, value in values.items():
        if value is not None:
            setattr(target, name, value)
""",
    "merges.py": """from models import Auth
from patches import patch
from store import cache


def merge(key: str, params: dict) -> Auth:
    auth: Auth = cache.get(key)
    patch(auth, {"end_user_id": params.get("end_user_id")})
    return auth
""",
}
ATTRIBUTE = {
    "models.py": AUTH,
    "service.py": """from base import Base
from models import Auth


class Service(Base):
    def login(self, key: str, params: dict) -> Auth:
        auth = self._tokens.setdefault(key, Auth())
        auth.end_user_id = params.get("end_user_id") or auth.end_user_id
        return auth
""",
    "base.py": """class BoundedCache(dict):
    pass


class Base:
    def __init__(self):
        self._tokens = BoundedCache()

    def begin(self):
        pass
""",
}
BASE = {
    **PROJECT,
    "models.py": "from base import Base\n\n\nclass Auth(Base):\n    token: str\n",
    "base.py": AUTH.replace("Auth", "Base"),
}

OPTIONAL = "try:\n    from more import scrub\nexcept ImportError:\n    pass\n"
BRIDGED = {
    **LOCAL,
    "copies.py": LOCAL["copies.py"].replace("from resets", "from bridge"),
    "bridge.py": 'from resets import scrub\n\n\ndef f():\n    return """\nfrom resets import it\n"""\n',
}
PARAMS = {
    "models.py": AUTH.replace("plan:", "end_user_budget:"),
    "store.py": STORE,
    "merges.py": """from models import Auth
from params import Params
from store import cache


def merge(key: str, params: Params) -> Auth:
    auth: Auth = cache.get(key)
    auth.end_user_id = params.end_user_id
    return auth
""",
    "params.py": """class Params(BaseModel):
    end_user_id: str | None = None

    def f(self):
        return max(1, 2)

    end_user_budget: int | None = None
""",
}
SERVICE = {
    "models.py": AUTH,
    "service.py": """from models import Auth
from wraps import remember


class Service:
    @property
    def kept(self) -> Auth:
        return cache.get("x")

    @kept.setter
    def kept(self, auth: Auth) -> None:
        remember("k", auth)
""",
    "wraps.py": "def remember(key, auth):\n    pass\n",
    "log.py": 'def log(key):\n    print("Auth", cache.get(key))\n',
    "merges.py": """from models import Auth


def merge(auth: Auth, params: dict) -> None:
    auth.end_user_id = params.get("end_user_id") or auth.end_user_id
""",
}

SHELVED = {
    "models.py": AUTH,
    "shelf.py": """class Shelf:
    def __init__(self, cache):
        self.cache = cache

    def put(self, key, value):
        self.cache.set(key, value)


class Drawer:
    def __init__(self, cache):
        self.seen = cache

    def put(self, key, value):
        self.seen.append(value)


""",
    "objects.py": "from shelf import Shelf, Drawer\n\nSHELF = Shelf({})\n",
    "saves.py": """from models import Auth
from objects import SHELF


def save(key: str, auth: Auth) -> None:
    made = auth.model_copy()
    SHELF.put(key, made)
""",
}
MADE_ELSEWHERE = {
    "models.py": AUTH,
    "merges.py": """from models import Auth


def merge(auth: Auth, params: dict) -> None:
    auth.end_user_id = params.get("end_user_id") or auth.end_user_id
""",
    "factory.py": """from models import Auth


class Factory:
    def __init__(self):
        self.cache = {}

    def fill(self, token):
        self.cache[token] = self.fresh(token)

    def fresh(self, token):
        return Auth(token=token)
""",
}
HELD_BY_ATTRIBUTE = {
    "models.py": AUTH,
    "merges.py": MADE_ELSEWHERE["merges.py"],
    "memory.py": """class Memory:
    def __init__(self):
        self._cache = {}

    def put(self, key, value):
        self._cache[key] = value


class Bin:
    def put(self, key, value):
        print(key, value)
""",
    "service.py": """from models import Auth
from memory import Bin, Memory


class Service:
    def __init__(self):
        self.store = Memory()

    def login(self, token):
        auth = Auth(token)
        self.store.put(token, auth)
        return auth
""",
}
COLLECTED = {
    **PROJECT,
    "names.py": 'FIELDS = ("end_user_id", "plan")\n',
    "merges.py": """from models import Auth
from names import FIELDS


def merge(auth: Auth, params: dict) -> None:
    for name in FIELDS:
        setattr(auth, name, params.get(name))
""",
    "copies.py": COPY.replace("    made.end_user_id = None\n", ""),
}
TWO_AWAY = {
    "models.py": AUTH,
    "near.py": "from far import put\n\n\ndef remember(key, value):\n    put(key, value)\n",
    "far.py": "cache = {}\n\n\ndef put(key, value):\n    cache[key] = value\n",
    "saves.py": """from models import Auth
from near import remember


def save(key: str, auth: Auth) -> None:
    made = auth.model_copy()
    remember(key, made)
""",
}
HANDED_ON = {
    "models.py": AUTH,
    "store.py": STORE,
    "far.py": "def fill(x, params):\n    x.end_user_id = params.get('end_user_id')\n",
    "near.py": "from far import fill\n\n\ndef merge(token, params):\n    fill(token, params)\n",
    "saves.py": """from models import Auth
from near import merge
from store import cache


def save(key: str, auth: Auth, params: dict) -> None:
    merge(auth, params)
    cache[key] = auth
""",
}
TAKEN = {
    "models.py": AUTH,
    "copies.py": """from models import Auth
from sink import take


def trim_for_cache(key: str, auth: Auth) -> None:
    made = auth.model_copy()
    made.plan = None
    take(key, made)
""",
    "sink.py": "from far import put\n\n\ndef take(key, value):\n    put(key, value)\n",
    "far.py": STORE + "\n\ndef put(key, value):\n    print(value)\n",
    "others.py": COPY,
}
TIDIED = {
    **PROJECT,
    "copies.py": """from models import Auth
from tidies import tidy


def copy_for_cache(auth: Auth) -> Auth:
    made = auth.model_copy()
    return tidy(made)
""",
    "tidies.py": """def tidy(made):
    made.end_user_id = None
    if made.token:
        made.plan = None
    return made
""",
    "others.py": COPY.replace("    return", "    made.plan = None\n    return"),
}
NAMED = {
    **CALLED,
    "copies.py": CALLED["copies.py"]
    .replace("scrub(made)", "scrub(made, FIELDS)")
    .replace("from resets", "from names import FIELDS\nfrom resets"),
    "names.py": 'FIELDS = ("end_user_id",)\n',
    "resets.py": """def scrub(made, names):
    for name in names:
        setattr(made, name, None)
""",
}
KEEPING = {
    "models.py": AUTH,
    "shelf.py": """class AuthCache:
    def __init__(self):
        self.held = {}

    def set(self, key, value):
        self.held[key] = value.model_copy(update={"end_user_id": None})
""",
    "saves.py": """from models import Auth
from shelf import AuthCache


def save(key: str, auth: Auth, params: dict, cache: AuthCache) -> None:
    auth.end_user_id = params.get("end_user_id")
    cache.set(key, auth)
""",
}
WORKED_OUT = {
    **LOOP,
    "names.py": """from dataclasses import fields

from models import Auth

FIELDS = tuple(f.name for f in fields(Auth) if f.name.endswith("_id"))
""",
}
HANDED = {
    "models.py": AUTH,
    "store.py": """from models import Auth

cache: dict[str, Auth] = {}


def load(token: str) -> Auth:
    if token not in cache:
        cache[token] = Auth(token=token)
    return cache[token].model_copy()
""",
    "applies.py": """from models import Auth


def apply_end_user(auth: Auth, params: dict) -> None:
    if "end_user_id" in params:
        auth.end_user_id = params["end_user_id"]
""",
    "login.py": """from applies import apply_end_user
from store import cache, load


def login(token: str, params: dict):
    auth = load(token)
    apply_end_user(auth, params)
    return auth
""",
    "far.py": """from models import Auth
from store import cache


def touch(auth: Auth, user: str) -> None:
    print(cache[auth.token], user)
""",
}
SIBLINGS = {
    "models.py": f"{AUTH}    end_user_plan: str | None = None\n\n\n{AUTH.replace('Auth', 'User')}    end_user_plan: str | None = None\n",
    "store.py": "from models import Auth\n\ncache: dict[str, Auth] = {}\n",
    "applies.py": """from models import Auth, User


def apply_id(auth: Auth, user: User) -> None:
    auth.end_user_id = user.end_user_id


def apply_plan(auth: Auth, user: User) -> None:
    auth.end_user_plan = user.end_user_plan
""",
    "login.py": """from applies import apply_id, apply_plan
from models import Auth, User
from store import cache


def login(token: str, user: User) -> Auth:
    auth = cache[token]
    apply_id(auth, user)
    apply_plan(auth, user)
    return auth
""",
}
ROWS = {
    "models.py": AUTH,
    "rows.py": """from functools import lru_cache


@lru_cache
def load_row(token: str) -> dict:
    return {"token": token}
""",
    "login.py": """from models import Auth
from rows import load_row


def login(token: str, params: dict) -> Auth:
    auth = Auth(**load_row(token))
    if params.get("end_user_id"):
        auth.end_user_id = params["end_user_id"]
    return auth
""",
}
COPIED_TWICE = {
    "models.py": AUTH,
    "store.py": "from models import Auth\n\ncache: dict[str, Auth] = {}\n",
    "loads.py": """from models import Auth
from store import cache


def load(token: str, user: str):
    entry: Auth = cache[token]
    found = entry.model_copy()
    found.end_user_id = found.plan
    made = found.model_copy()
    found.end_user_id = None
    return made
""",
    "login.py": """from loads import load
from store import cache


def login(token: str, user: str):
    auth = load(token, user)
    cache[token] = auth
    return auth
""",
    "merges.py": """from models import Auth
from store import cache


def merge(token: str, params: dict):
    entry: Auth = cache[token]
    auth = entry.model_copy()
    if params.get("end_user_id"):
        auth.end_user_id = params["end_user_id"]
    return auth
""",
}
METHOD = {
    "models.py": f"""{AUTH}
    def take(self, params: dict) -> None:
        if "end_user_id" in params:
            self.end_user_id = params["end_user_id"]
""",
    "store.py": """from models import Auth

cache: dict[str, Auth] = {}


def load(token: str) -> Auth:
    if token not in cache:
        cache[token] = Auth(token=token)
    return cache[token]
""",
    "login.py": """from store import load


def login(token: str, params: dict):
    auth = load(token).model_copy()
    auth.take(params)
    return auth
""",
    "far.py": """from store import load


class Basket:
    def give(self, params: dict) -> None:
        self.item = params["item"]


def drop(token: str, params: dict):
    load(token).leave(params)
""",
}
OWNED = {
    "models.py": AUTH.replace("plan: str | None = None", "owner: str"),
    "store.py": METHOD["store.py"]
    .replace("token: str)", "token: str, owner)")
    .replace("=token)", "=token, owner=owner)"),
    "login.py": """from store import load


def login(request, params: dict):
    auth = load(request.token, request.owner).model_copy()
    if "end_user_id" in params:
        auth.end_user_id = params["end_user_id"]
    return auth
""",
}
TAGGED = {
    "models.py": AUTH.replace("plan: str | None = None", "end_user_tags: list[str] = []"),
    "store.py": METHOD["store.py"],
    "far.py": """def tag(auth, user: str) -> None:
    auth.end_user_tags.append(user)
""",
    "login.py": """from far import tag
from store import load


def login(token: str, user: str):
    auth = load(token).model_copy()
    tag(auth, user)
    return auth
""",
    "merges.py": """from store import load


def merge(token: str, params: dict):
    auth = load(token).model_copy()
    if "end_user_tags" in params:
        auth.end_user_tags = params["end_user_tags"]
    return auth
""",
}
PORTS = {
    "models.py": AUTH,
    "ports.py": "from typing import Protocol\nfrom models import Auth\n\n\nclass Cache(Protocol):\n"
                "    def get(self, key) -> Auth: ...\n    def set(self, key, value): ...\n",
    "real.py": "import copy\nfrom models import Auth\n\n\nclass Real:\n    def __init__(self) -> None:\n"
               "        self._entries: dict[str, Auth] = {}\n"
               "    def get(self, key) -> Auth:\n        return copy.deepcopy(self._entries.get(key))\n"
               "    def set(self, key, value):\n        kept = copy.deepcopy(value)\n"
               "        kept.end_user_id = None\n        self._entries[key] = kept\n",
    "other.py": "class Other:\n    def get(self, key):\n        pass\n\n\n"
                "class Second:\n    def set(self, key, value):\n        return value\n",
    "login.py": "from models import Auth\nfrom ports import Cache\n\n\ndef login(cache: Cache, token, params):\n"
                "    auth = cache.get(token) or Auth(token)\n    if params.end_user_id:\n"
                "        auth.end_user_id = params.end_user_id\n    cache.set(token, auth)\n    return auth\n",
}  # fmt: skip
HANDED_OUT = {
    "models.py": """class Limits:
    end_user_rpm: int | None = None


class Auth:
    token: str
    limits: Limits
""",
    "merges.py": """from models import Limits


def merge(limits: Limits, params: dict) -> None:
    limits.end_user_rpm = params.get("end_user_rpm") or limits.end_user_rpm
""",
    "store.py": "from models import Auth\n\ncache: dict[str, Auth] = {}\n",
    "login.py": """import copy
from merges import merge
from store import cache


def login(token: str, params: dict):
    auth = cache[token]
    merge(auth.limits, params)
    return auth
""",
}
KEEPS_NOTHING = {
    **PORTS,
    "real.py": "class Real:\n    def get(self, key):\n        return None\n\n"
               "    def set(self, key, value):\n        pass\n",
    "entries.py": "def found(key): ...\n\n\nclass More(object):\n    def get(self, key):\n        return found(key)\n",
}  # fmt: skip
LOOKED_UP = {
    "models.py": AUTH,
    "store.py": STORE,
    "finding.py": """from models import Auth
from store import cache


def by_user(token: str, end_user_id: str) -> Auth:
    found: Auth = cache[token, end_user_id]
    return found


def by_token(token: str, end_user_id: str) -> Auth:
    found: Auth = cache[token, 1]
    return found
""",
    "current.py": """from finding import by_token, by_user


def current(token, end_user_id):
    return by_user(token, end_user_id)
""",
    "login.py": """from current import current


def login(token, params):
    auth = current(token, params["end_user_id"])
    auth.end_user_id = params.get("end_user_id") or auth.end_user_id
    return auth
""",
}

EDITS = {
    "which function looks something up": (
        LOOKED_UP, "current.py", "return by_user", "return by_token"),
    "under which key a called function looks something up": (
        LOOKED_UP, "finding.py", "cache[token, end_user_id]", "cache[token]"),
    "what a caller hands over of an entry": (HANDED_OUT, "login.py", "= cache[token]", "= copy.deepcopy(cache[token])"),
    "what a caller resets in an entry": (
        HANDED_OUT, "login.py", "    merge(", "    auth.limits.end_user_rpm = None\n    merge("),
    "what a caller of an entry's calls": (HANDED_OUT, "login.py", "    merge(auth.limits, params)\n", ""),
    "what a cache hands out that kept nothing": (
        KEEPS_NOTHING, "real.py", "return None", "return self.entries[key]"),
    "what else does what a cache does that keeps nothing": (
        KEEPS_NOTHING, "other.py", "class Second:", "class More:\n    pass\n\n\nclass Other(Other):"),
    "a class under one that keeps nothing": (
        KEEPS_NOTHING, "entries.py", "def found(key): ...\n\n\nclass More(object)",
        "from real import Real\n\n\nclass More(Real)"),
    "what a factory makes": (MADE_ELSEWHERE, "factory.py", "return Auth(token=token)", "return token"),
    "where a factory's object goes": (MADE_ELSEWHERE, "factory.py", "self.cache[token] = ", "return "),
    "the class of what an attribute holds": (HELD_BY_ATTRIBUTE, "service.py", "= Memory()", "= Bin()"),
    "what the class of what an attribute holds names": (
        HELD_BY_ATTRIBUTE, "memory.py", "self._cache[key] = value", "print(key)"),
    "what a called function adds to in place": (
        TAGGED, "far.py", "auth.end_user_tags.append(user)", "print(auth.end_user_tags, user)"),
    "what a memoised function returns": (
        ROWS, "rows.py", '": token}', '": token, "end_user_id": current()}'),
    "what a copy held that a called function copied": (
        COPIED_TWICE, "loads.py", "found.plan", "user"),
    "another method of the same name": (METHOD, "far.py", "def give", "def take"),
    "a method that is called on what a call returned": (METHOD, "far.py", ".leave(", ".take("),
    "whether a field holds objects": (OWNED, "models.py", "owner: str", "owner: object"),
    "what far away is put into the cache": (
        HANDED, "far.py", "print(cache[auth.token], user)", "cache[auth.token].end_user_id = user"),
    "what a caller hands over": (HANDED, "login.py", "load(token)", "cache[token]"),
    "whether a getter copies": (HANDED, "store.py", ".model_copy()", ""),
    "what a caller calls next": (SIBLINGS, "login.py", "    apply_plan(auth, user)\n", ""),
    "which fields a constant picks": (WORKED_OUT, "names.py", "_id", "_tag"),
    "the fields that a constant picks from": (
        WORKED_OUT, "models.py", "    plan:", "    end_user_tag: str = ''\n    end_user_no_id: str = ''\n    plan:"),
    "the names that a called function is given": (NAMED, "names.py", "end_user_id", "plan"),
    "what a called function does under names": (NAMED, "resets.py", "None", "made.plan"),
    "what a method of a cache class keeps": (KEEPING, "shelf.py", '"end_user_id": None', ""),
    "what a called function returns": (TIDIED, "tidies.py", "return made", "return None"),
    "a condition in a called function": (TIDIED, "tidies.py", "if made.token:", "if True:"),
    "what a called function may have reset": (
        TIDIED, "tidies.py", "    made.end_user_id = None", "    made.scrub_fields()"),
    "what a called function writes": (HANDED_ON, "far.py", "params.get('end_user_id')", "None"),
    "whether a called function stores": (
        TAKEN, "far.py", "print(value)", "cache[key] = value"),
    "an object of a class with a common method": (
        SHELVED, "objects.py", "Shelf({})", "Drawer({})"),
    "a constant that collects names": (
        COLLECTED, "names.py", ', "plan"', ","),
    "a store two calls away": (
        TWO_AWAY, "far.py", "cache[key] = value", "print(value)"),
    "a merge two calls away": (
        HANDED_ON, "far.py", "x.end_user_id", "x.plan"),
    "a function above an import under a condition": (
        {**CALLED, "resets.py": OPTIONAL, "more.py": CALLED["resets.py"]},
        "resets.py", "    from more", "    from nothing"),
    "an import in a string in a function": (
        {**BRIDGED, "bridge.py": BRIDGED["bridge.py"].replace("from resets import scrub", "X = 1")},
        "bridge.py", "X = 1", "from resets import scrub"),
    "a class above a function under a condition": (
        {**CALLED, "resets.py": "if True:\n    def scrub(made):\n        made.end_user_id = None\n"},
        "resets.py", "def scrub", "def other"),
    "a constant below a bracket that closes at the margin": (
        {**LOOP, "names.py": "def f():\n    x = max(\n1, 2)\n    return x\n\n\n"
                             'FIELDS = (\n"end_user_id",\n)\n'},
        "names.py", '",\n)', '",\n"plan",\n)'),
    "where a field below a method stands": (PARAMS, "params.py", "2)\n", "2)\n\n"),
    "a marker below a method": (
        {**BASE, "base.py": "class Base(BaseModel):\n    tag: str | None = None\n\n"
                            "    def f(self):\n        return 1\n    # note\n    rank: int = 0\n"},
        "base.py", "# note", "# cache-leak: per-request"),
    "a class that did not parse": (
        {**PARAMS, "params.py": PARAMS["params.py"].replace("max(1, 2)", "max(\n1, 2")},
        "params.py", "1, 2", "1, 2)"),
    "which of two functions of a name stores": (SERVICE, "wraps.py", "pass", "cache[key] = auth"),
    "a field of the model": (PROJECT, "models.py", "    plan:", "    end_user_plan: int\n    plan:"),
    "a marker": (PROJECT, "models.py", "plan: str | None = None", "plan: int  # cache-leak: per-request"),
    "a marker above": (PROJECT, "models.py", "    plan:", "    # cache-leak: per-request\n    plan:"),
    "where the model stands": (PROJECT, "models.py", "class Auth", "X = 1\n\n\nclass Auth"),
    "where a field stands": (PROJECT, "models.py", "    end_user_id", "    x: int\n    end_user_id"),
    "where a helper stands": (PROJECT, "copies.py", "def copy_for", "X = 1\n\n\ndef copy_for"),
    "where a reset stands": (PROJECT, "copies.py", "    made.end", "    pass\n    made.end"),
    "a reset": (PROJECT, "copies.py", "    return", "    made.plan = None\n    return"),
    "the name of a helper": (PROJECT, "copies.py", "copy_for_cache", "duplicate"),
    "what a decorator hands out": (MEMOISED, "tools.py", "return cache[key]", "return function(key)"),
    "what a decorator stores": (MEMOISED, "tools.py", "= function(key)", "= key"),
    "a decorator": (MEMOISED, "keys.py", "@memoise", ""),
    "whether a called function leaves a class open": (OPEN, "patches.py", "target: object", "target: Other"),
    "a guard in a called function that leaves a class open": (OPEN, "patches.py", "value is not None", "True"),
    "a field of a class that the caller tells": (OPEN, "models.py", "end_user_id", "user_id"),
    "what makes an attribute": (ATTRIBUTE, "base.py", "BoundedCache()", "dict()"),
    "what another method makes an attribute": (
        ATTRIBUTE, "base.py", "(self):\n        pass", "(self):\n        self._tokens = {}"),
    "a cache": (TYPED, "store.py", "TTLCache = ", "dict = "),
    "a name that is new": (
        {**CALLED, "resets.py": "X = 1\n"}, "resets.py", "X = 1", "def scrub(made):\n    made.plan = None"),
    "a name that all are imported with": (
        {**CALLED, "resets.py": "X = 1\n", "more.py": CALLED["resets.py"]},
        "resets.py", "X = 1", "from more import *"),
    "a name that is imported": (
        {**CALLED, "resets.py": "X = 1\n", "more.py": CALLED["resets.py"]},
        "resets.py", "X = 1", "from more import scrub"),
    "a name that another stands for": (
        {**CALLED, "resets.py": f'{CALLED["resets.py"]}\n\ndef f(x):\n    pass\n\n\ntidy = f\n',
         "copies.py": CALLED["copies.py"].replace("scrub", "tidy")}, "resets.py", "tidy = f", "tidy = scrub"),
    "the body of a called function": (CALLED, "resets.py", "made.end_user_id", "made.plan"),
    "the parameters of a called function": (CALLED, "resets.py", "made, plan", "plan, made"),
    "the decorator of a called function": (
        CALLED, "resets.py", "def scrub", "from functools import cache\n\n\n@cache\ndef scrub"),
    "a called function, inside out": (
        CALLED, "resets.py", "    made.end_user_id = None", "    def f():\n        made.end_user_id = None\n"),
    "a called function that does not parse": (CALLED, "resets.py", "plan=None", "plan=None, 1"),
    "a second function of the name": (
        CALLED, "resets.py", "= None\n", "= None\n\n\ndef scrub(made):\n    made.plan = None\n"),
    "an import inside a function": (LOCAL, "copies.py", "from resets", "from others"),
    "a constant": (LOOP, "names.py", '("end_user_id",)', '("end_user_id", "plan")'),
    "a constant over several lines": (
        {**LOOP, "names.py": 'FIELDS = (\n"end_user_id",\n)\n'}, "names.py", '",\n)', '",\n"plan",\n)'),
    "a constant under a condition": (
        {**LOOP, "names.py": 'if True:\n    FIELDS = ("end_user_id",)\n'}, "names.py", '",)', '", "plan")'),
    "the name of a constant": (LOOP, "names.py", "FIELDS", "OTHERS"),
    "a field of the base": (BASE, "base.py", "    plan:", "    end_user_plan: int\n    plan:"),
    "the base": (BASE, "models.py", "(Base)", ""),
    "what the base is": (BASE, "base.py", "class Base", "class Old"),
    "what the base is a kind of": (BASE, "base.py", "(BaseModel)", "(NamedTuple)"),
    "a marker that goes from one assignment to another": (
        {**PLAIN, "models.py": PLAIN["models.py"].replace("= token", "= token  # cache-leak: per-request")},
        "models.py", "token  # cache-leak: per-request\n        self.end_user_id = None",
        "token\n        self.end_user_id = None  # cache-leak: per-request"),
    "what a method assigns": (PLAIN, "models.py", "        pass", "        self.end_user_plan = None"),
    "what the constructor assigns": (PLAIN, "models.py", "= token", "= self.end_user_plan = token"),
    "a second implementation beside a method of the name": (
        PORTS, "other.py", "class Second:\n", "class Second:\n    def get(self, key):\n        return key\n"),
    "another model": (
        {**PROJECT, "more.py": AUTH.replace("end_user_id", "tag")}, "merges.py", "from models", "from more"),
}  # fmt: skip


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_is_heard_wherever_it_matters(tmp_path: Path, what: str) -> None:
    heard(tmp_path, EDITS[what])


UNHEEDED = {
    "a function above an import under a condition": (
        {**CALLED, "resets.py": OPTIONAL, "more.py": CALLED["resets.py"]},
        "resets.py", "try:", "def q():\n    pass\n\n\ntry:"),
    "an import in a string in a function": (
        BRIDGED, "bridge.py", "from resets import it", "from others import scrub"),
    "an import of all names in a string in a function": (
        {**BRIDGED, "bridge.py": BRIDGED["bridge.py"].replace("resets import it", "nothing import *")},
        "bridge.py", "nothing import *", "others import *"),
    "a class above a function under a condition": (
        {**CALLED, "resets.py": "class X:\n    pass\n\n\nif True:\n    def scrub(made):\n"
                                "        made.end_user_id = None\n"},
        "resets.py", "class X:\n    pass", "X = 1"),
    "a function under a condition below a class": (
        {**PROJECT, "models.py": f"{AUTH}\n\nif True:\n    def other(self):\n        self.end_user_id = None\n",
         "copies.py": COPY.replace("made.end_user_id = None", "made.scrub()")},
        "models.py", "def other", "def scrub"),
}  # fmt: skip


@pytest.mark.parametrize("what", UNHEEDED)
def test_an_edit_changes_nothing_in_other_files(tmp_path: Path, what: str) -> None:
    """What stands above a definition, or in a string, does not change what it means."""
    files, name, old, new = UNHEEDED[what]
    root, cache, names = tmp_path / "project", tmp_path / "cache", sorted(files)
    write(root, files)
    before = found(root, cache, names)
    assert old in files[name]
    (root / name).write_text(files[name].replace(old, new, 1))
    assert found(root, cache, names) == found(root, None, names)
    others = [other for other in names if other != name]
    assert found(root, cache, others) == {other: before[other] for other in others}


def test_a_module_that_is_new_is_heard(tmp_path: Path) -> None:
    files = {name: text for name, text in CALLED.items() if name != "resets.py"}
    root, cache, names = tmp_path / "project", tmp_path / "cache", sorted(files)
    write(root, files)
    before = found(root, cache, names)
    (root / "resets.py").write_text(CALLED["resets.py"])
    after = found(root, None, names)
    assert after != before
    assert found(root, cache, names) == after
    (root / "resets.py").unlink()
    assert found(root, cache, names) == before


MARKED = """class Auth:
    token: str
    asked_by: str | None = None  # cache-leak: per-request
"""
RELATIVE = {
    "a module": """import copy
from . import models


def to_cacheable(auth: models.Auth):
    made = copy.copy(auth)
    return made
""",
    "all names": """import copy
from .models import *


def to_cacheable(auth: Auth):
    made = copy.copy(auth)
    return made
""",
    "in a function": """import copy


def to_cacheable(auth):
    from .models import Auth

    made: Auth = copy.copy(auth)
    return made


def other_for_cache(auth):
    from .models import Auth

    return Auth(**auth.dict())
""",
}


@pytest.mark.parametrize("how", RELATIVE)
def test_a_folder_that_becomes_a_package_is_heard(tmp_path: Path, how: str) -> None:
    """What a relative import means depends on what its own module is called."""
    root, cache = tmp_path / "project", tmp_path / "cache"
    files = {"app/models.py": MARKED, "app/service.py": RELATIVE[how]}
    write(root, files)
    names = sorted(files)
    before = found(root, cache, names)
    (root / "app/__init__.py").touch()
    after = found(root, None, names)
    assert after != before
    assert found(root, cache, names) == after
    (root / "app/__init__.py").unlink()
    assert found(root, cache, names) == before


def test_texts_in_the_making_are_not_kept(tmp_path: Path) -> None:
    """A repair tries texts; what is said of those is nothing for the next run."""
    root, cache = tmp_path / "project", tmp_path / "cache"
    write(root, PROJECT)
    alone = found(root, None, sorted(PROJECT))
    engine = Engine(Settings())
    engine.cache_dir, engine.lists_subjects = cache, False
    for name in sorted(PROJECT):
        repaired = engine.fix(root / name, PROJECT[name], display=name)
        assert (repaired.new_source is not None) is bool(alone[name][0])
    engine.keep()
    assert found(root, cache, sorted(PROJECT)) == alone


def interpreted(
    monkeypatch: pytest.MonkeyPatch, root: Path, cache: Path, names: list[str]
) -> set[str]:
    """The functions that a run interprets."""
    seen: set[str] = set()

    def run(self: Interpreter) -> Facts:
        seen.add(self.facts.function.qualname)
        return original(self)

    original = Interpreter.run
    with monkeypatch.context() as patch:
        patch.setattr(Interpreter, "run", run)
        found(root, cache, names)
    return seen


def test_a_called_function_that_does_the_same_is_asked_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who calls it rests on what it does, not on how."""
    files = {**TIDIED, "tidies.py": TIDIED["tidies.py"].replace("if made.token:", "if True:")}
    root, cache, names = tmp_path / "project", tmp_path / "cache", sorted(files)
    write(root, files)
    assert {"copy_for_cache", "tidy"} <= interpreted(monkeypatch, root, cache, names)
    text = files["tidies.py"].replace("    return", "    print('tidy')\n    return")
    (root / "tidies.py").write_text(f"# tidies\n{text}")
    assert interpreted(monkeypatch, root, cache, names) == {"tidy"}
    (root / "tidies.py").write_text(TIDIED["tidies.py"])
    assert "copy_for_cache" in interpreted(monkeypatch, root, cache, names)


def test_a_function_beside_one_that_has_changed_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare = "def spare_for_cache(auth: Auth):\n    made = auth.copy()\n    made.end_user_id = None\n    return made\n"
    files = {**PROJECT, "copies.py": f"{COPY}\n\n{spare}", "merges.py": "X = 1\n"}
    root, cache, names = tmp_path / "project", tmp_path / "cache", sorted(files)
    write(root, files)
    assert {"copy_for_cache", "spare_for_cache"} <= interpreted(monkeypatch, root, cache, names)
    for remark in ("# first", "# second"):  # what was kept of the other outlives each of them
        text = files["copies.py"].replace("model_copy()", f"model_copy()  {remark}")
        (root / "copies.py").write_text(text)
        assert interpreted(monkeypatch, root, cache, names) == {"copy_for_cache"}


def test_a_function_is_not_asked_where_other_words_are_said_beside_its_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who calls it matters, not what else stands in files that name it."""
    files = {**HANDED_OUT, "beside.py": "def about():\n    return 'a merge'\n"}
    root, cache, names = tmp_path / "project", tmp_path / "cache", sorted(files)
    write(root, files)
    assert {"merge", "login"} <= interpreted(monkeypatch, root, cache, names)
    (root / "beside.py").write_text("def about():\n    return 'one merge'\n")
    assert not interpreted(monkeypatch, root, cache, names)
    calling = (
        "from merges import merge\n\n\ndef about(limits, params):\n    merge(limits, params)\n"
    )
    (root / "beside.py").write_text(calling)
    assert "merge" in interpreted(monkeypatch, root, cache, names)


def test_a_proof_that_moves_is_asked_for_by_what_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That a field is per-request does not depend on where its proof stands; what a finding shows does."""
    right = MERGE.replace("merge", "set_plan").replace(" or auth.plan", "")
    right = right.replace(" or auth.end_user_id", "")
    resets = COPY.replace("made.end_user_id", "made.plan = made.end_user_id")
    files = {**PROJECT, "copies.py": resets, "right.py": right}
    root, cache, names = tmp_path / "project", tmp_path / "cache", sorted(files)
    write(root, files)
    assert {"merge", "set_plan"} <= interpreted(monkeypatch, root, cache, names)
    assert (
        "plan" in str(found(root, cache, ["merges.py"]))
        and not found(root, cache, ["right.py"])["right.py"][0]
    )
    lines = set()
    for number in range(1, 4):
        (root / "copies.py").write_text("# a remark\n" * number + resets)
        assert interpreted(monkeypatch, root, cache, names) == {"merge"}
        kept = found(root, cache, names)
        assert kept == found(root, None, names)
        (finding,) = (f for f in kept["merges.py"][0] if f.field_names == ("plan",))
        lines.update(proof.line for proof in finding.fields[0].evidence)
    assert len(lines) == 3


def test_a_proof_that_moves_inside_its_function_is_shown_where_it_is(tmp_path: Path) -> None:
    right = MERGE.replace(" or auth.plan", "").replace(" or auth.end_user_id", "")
    files = {**PROJECT, "gives.py": right.replace("merge", "set_plan")}
    root, cache, names = tmp_path / "project", tmp_path / "cache", sorted(files)
    write(root, files)
    found(root, cache, names)
    moved = files["gives.py"].replace("    auth.end", "    print(key)\n    auth.end")
    (root / "gives.py").write_text(moved)
    assert found(root, cache, names) == found(root, None, names)


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_edits_at_random_make_no_difference(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    files, cache = dict(generate(seed)), tmp_path / "cache"
    if rng.random() < 0.3:
        files.update({f"other/{name}": text for name, text in generate(seed + 1000).items()})
    root = tmp_path / "project"
    write(root, files)
    for step in range(STEPS):
        alone = found(root, None, sorted(files))
        for some in (rng.sample(sorted(files), 1), sorted(files)):
            if rng.random() < 0.7:  # what has changed twice since it was asked for is heard, too
                assert found(root, cache, some) == {name: alone[name] for name in some}, step
        name, text = edited(rng, files)
        if text is None:
            del files[name]
            (root / name).unlink()
        else:
            files[name] = text
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text)
