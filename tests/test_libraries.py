"""Libraries that the fixtures cannot run: their copies, caches and texts are known by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_rules.engine import check_source

STRUCT = """import msgspec
from msgspec import structs


class Auth(msgspec.Struct):
    key: str
    end_user_id: str | None = None
    end_user_quota: int | None = None


_cache: dict = {}


"""
REGION = """from dataclasses import dataclass

from dogpile.cache import make_region

region = make_region().configure("dogpile.cache.memory")


@dataclass
class Auth:
    key: str
    end_user_quota: int | None = None


"""
MERGE = """    if user.get("end_user_quota"):
        auth.end_user_quota = user["end_user_quota"]
    return auth
"""
DATABASE = """from asgiref.sync import sync_to_async
from dataclasses import dataclass
from starlette.concurrency import run_in_threadpool


@dataclass
class Auth:
    key: str
    end_user_quota: int | None = None


_cache: dict = {}


def find(key: str) -> Auth:
    return _cache[key]


"""
TEXTS = {
    "looked up in a pool": (
        DATABASE + "async def login(key: str, user: dict) -> Auth:\n"
        f"    auth = await run_in_threadpool(find, key)\n{MERGE}", {"CCL202": "end_user_quota"},
    ),
    "a method of the same name": (
        DATABASE + "class Runner:\n    async def run_sync(self, auth: Auth, user: dict) -> None:\n"
        "        auth.end_user_quota = user.get('end_user_quota')\n\n\n"
        "async def login(runner: Runner, auth: Auth, user: dict) -> None:\n"
        "    await runner.run_sync(auth, user)\n    _cache[auth.key] = auth\n", {"CCL104": "end_user_quota"},
    ),
    "looked up by an adapter": (
        DATABASE + "async def login(key: str, user: dict) -> Auth:\n"
        f"    auth = await sync_to_async(find)(key)\n{MERGE}", {"CCL202": "end_user_quota"},
    ),
    "stored in a pool": (
        DATABASE + "async def login(auth: Auth, user: dict) -> None:\n"
        "    auth.end_user_quota = user.get('end_user_quota')\n"
        "    await run_in_threadpool(_cache.__setitem__, auth.key, auth)\n", {"CCL104": "end_user_quota"},
    ),
    "read in a pool": (
        DATABASE + "async def login(db, key: str) -> None:\n"
        "    _cache[key] = Auth(**await run_in_threadpool(db.fetch_one, key))\n", {},
    ),
    "read by an adapter": (
        DATABASE + "async def login(db, key: str) -> None:\n"
        "    _cache[key] = Auth(**await sync_to_async(db.fetch_one)(key))\n", {},
    ),
    "copied by structs.replace": (
        STRUCT + "def copy_for_cache(auth: Auth) -> Auth:\n"
        "    return structs.replace(auth, end_user_id=None)\n", {"CCL101": "end_user_quota"},
    ),
    "all is reset": (
        STRUCT + "def copy_for_cache(auth: Auth) -> Auth:\n"
        "    return structs.replace(auth, end_user_id=None, end_user_quota=None)\n", {},
    ),
    "kept as bytes by a class": (
        STRUCT + "class AuthCache:\n    def __init__(self) -> None:\n        self.entries: dict[str, bytes] = {}\n\n"
        "    def read(self, key: str) -> Auth | None:\n        raw = self.entries.get(key)\n"
        "        return msgspec.json.decode(raw, type=Auth) if raw else None\n\n"
        "    def write(self, auth: Auth) -> None:\n"
        "        shared = structs.replace(auth, end_user_id=None, end_user_quota=None)\n"
        "        self.entries[auth.key] = msgspec.json.encode(shared)\n\n\n"
        "def login(cache: AuthCache, key: str, user: dict | None) -> Auth:\n    auth = cache.read(key) or Auth(key)\n"
        "    if user is not None:\n        auth.end_user_quota = user['end_user_quota']\n"
        "    cache.write(auth)\n    return auth\n", {},
    ),
    "made by a loader": (
        REGION + "def login(key: str, user: dict) -> Auth:\n"
        f"    auth = region.get_or_create(key, lambda: Auth(key))\n{MERGE}", {"CCL202": "end_user_quota"},
    ),
    "kept by a decorator": (
        REGION + "@region.cache_on_arguments()\ndef auth_of(key: str) -> Auth:\n    return Auth(key)\n\n\n"
        f"def login(key: str, user: dict) -> Auth:\n    auth = auth_of(key)\n{MERGE}", {"CCL202": "end_user_quota"},
    ),
    "copied from there": (
        REGION.replace("import dataclass", "import dataclass, replace")
        + "@region.cache_on_arguments()\ndef auth_of(key: str) -> Auth:\n    return Auth(key)\n\n\n"
        f"def login(key: str, user: dict) -> Auth:\n    auth = replace(auth_of(key))\n{MERGE}", {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_what_is_said(tmp_path: Path, text: str, expected: dict[str, str]) -> None:
    report = check_source(text, str(tmp_path / "service.py"))
    assert report.errors == ()
    assert {f.code: ", ".join(f.field_names) for f in report.findings} == expected
