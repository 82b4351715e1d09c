"""What is put around a stored object makes a copy like it, and does nothing else."""

from __future__ import annotations

import sys
import types

import pytest

from lint_rules.engine import check_source, fix_source

pytestmark = pytest.mark.usefixtures("alone")

HEAD = """from __future__ import annotations

from pydantic import BaseModel


class Auth(BaseModel):
    token: str
    end_user_id: str | None = None
    end_user_cap: int | None = None


_cache: dict[object, Auth] = {}
_second_cache: dict[object, Auth] = {}
LEFT = {"end_user_id", "end_user_cap"}


"""
END = """

def remember(auth: Auth, params: dict) -> Auth:
    auth.end_user_id = params.get("end_user_id")
    auth.end_user_cap = params.get("end_user_cap")
    _cache[auth.token] = auth
    return auth
"""
MADE = """    made = auth.model_copy()
    made.end_user_id = None
    made.end_user_cap = None
"""
COPY = 'auth.model_copy(update={"end_user_id": None, "end_user_cap": None})'
DEF = "def cache_copy(auth: Auth) -> Auth:\n"
MAYBE = "def cache_copy(auth: Auth | None) -> Auth | None:\n"

FITS = {
    "a copy": DEF + MADE + "    return made\n",
    "none for none": MAYBE + "    if auth is None:\n        return None\n" + MADE + "    return made\n",
    "what was given where that is none": MAYBE + "    if not auth:\n        return auth\n" + MADE + "    return made\n",
    "none for none by a ternary": MAYBE + f"    return {COPY} if auth else None\n",
    "none for none by a test": MAYBE + f"    return None if auth is None else {COPY}\n",
    "an object of the dump": DEF + "    return Auth(**auth.model_dump(exclude=LEFT))\n",
    "an object of the text": DEF + "    return Auth.model_validate_json(auth.model_dump_json(exclude=LEFT))\n",
    "a parameter that need not be given": f"def cache_copy(auth: Auth, deep: bool = False) -> Auth:\n    return {COPY}\n",
    "a function in it": DEF + f"    def made() -> Auth:\n        return {COPY}\n\n    return made()\n",
}  # fmt: skip
OTHER = "may return something else than a copy of the object"
MORE = "does more than to copy"
UNFIT = {
    "none for some": (MAYBE + f'    if auth.token == "x":\n        return None\n    return {COPY}\n', OTHER),
    "none for some by a ternary": (MAYBE + f"    return {COPY} if auth.token else None\n", OTHER),
    "nothing at the end": (MAYBE + f"    if auth.token:\n        return {COPY}\n", OTHER),
    "what was given": (DEF + f"    if auth.end_user_id is None:\n        return auth\n    return {COPY}\n", OTHER),
    "a dict": ("def cache_copy(auth: Auth) -> dict:\n    return auth.model_dump(exclude=LEFT)\n", OTHER),
    "a text": ("def cache_copy(auth: Auth) -> str:\n    return auth.model_dump_json(exclude=LEFT)\n", OTHER),
    "a pair": ("def cache_copy(auth: Auth) -> tuple:\n    return auth.token, " + COPY + "\n", OTHER),
    "one after another": ("def cache_copy(auth: Auth):\n    yield " + COPY + "\n", OTHER),
    "one after another for ever": ("def cache_copy(auth: Auth):\n    while True:\n        yield " + COPY + "\n", OTHER),
    "a text for none": (
        "def cache_copy(auth: Auth | None):\n    if auth is None:\n        return ''\n" + MADE + "    return made\n", OTHER
    ),
    "none for some behind a test": (
        MAYBE + f"    return ({COPY} if auth.token else None) if auth else None\n", OTHER
    ),
    "none for some by another function": (
        f"def made(auth: Auth) -> Auth | None:\n    return {COPY} if auth.token else None\n\n\n"
        + MAYBE + f"    if auth and auth.token:\n        return {COPY}\n    return made(auth) if auth else None\n", OTHER
    ),
    "a copy of what it finds": (
        f"def cache_copy(token: str) -> Auth:\n    auth = _second_cache[token]\n    return {COPY}\n", OTHER
    ),
    "nothing but a store": (
        "def keep_cache_copy(auth: Auth) -> None:\n" + MADE + "    _second_cache[auth.token] = made\n", MORE
    ),
    "a store, too": (DEF + MADE + "    _second_cache[auth.token] = made\n    return made\n", MORE),
    "a write to what was given": (DEF + MADE + "    auth.end_user_cap = None\n    return made\n", MORE),
    "more than one object": (
        f"def cache_copy(auth: Auth, key: str) -> Auth:\n    return {COPY}\n", "needs more than the object"
    ),
}  # fmt: skip

DICTS = """from __future__ import annotations

import json
from typing import TypedDict


class Auth(TypedDict, total=False):
    token: str
    end_user_id: str | None
    end_user_cap: int | None


_cache: dict[object, Auth] = {}


def cache_copy(auth: Auth):
    return MADE


def remember(auth: Auth, params: dict) -> Auth:
    auth["end_user_id"] = params.get("end_user_id")
    auth["end_user_cap"] = params.get("end_user_cap")
    _cache[auth["token"]] = auth
    return auth
"""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """An empty module that pydantic finds."""
    made = types.ModuleType("wrapped")
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made


@pytest.mark.parametrize("what", FITS)
def test_a_helper_that_only_copies_is_put_around(what: str, module: types.ModuleType) -> None:
    source = HEAD + FITS[what] + END
    assert [f.code for f in check_source(source).findings] == ["CCL104"]
    fixed = fix_source(source).new_source
    assert fixed == source.replace(
        "= auth\n    return auth\n", "= cache_copy(auth)\n    return auth\n"
    )
    exec(compile(fixed, "<string>", "exec"), vars(module))
    auth = module.Auth(token="t")
    served = module.remember(auth, {"end_user_id": "alice", "end_user_cap": 1})
    assert served is auth and served.end_user_cap == 1
    assert module._cache == {"t": module.Auth(token="t")}


@pytest.mark.parametrize("what", UNFIT)
def test_a_helper_that_does_something_else_is_not(what: str) -> None:
    text, reason = UNFIT[what]
    source = HEAD + text + END
    [found] = [f for f in check_source(source).findings if f.code == "CCL104"]
    assert found.fix is not None and found.fix.reason is not None
    assert reason in found.fix.reason and found.fix.reason.endswith(": call it by hand")
    assert fix_source(source).new_source is None


def test_a_text_of_a_dict_is_not_stored_where_the_dict_was() -> None:
    made = '{**auth, "end_user_id": None, "end_user_cap": None}'
    fixed = fix_source(DICTS.replace("MADE", made)).new_source
    assert fixed is not None and "= cache_copy(auth)" in fixed
    text = DICTS.replace("MADE", f"json.dumps({made})")
    assert [f.code for f in check_source(text).findings] == ["CCL104"]
    assert fix_source(text).new_source is None
