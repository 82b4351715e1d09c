"""What a constructor puts into a new object: what it does, where that can be followed, else what its arguments say."""

from __future__ import annotations

import pytest

from lint_rules.engine import check_source

pytestmark = pytest.mark.usefixtures("alone")

SERVICE = """
import copy
from dataclasses import dataclass

from pydantic import BaseModel


{model}


_cache: dict[str, Auth] = {{}}


def remember(token: str, params: dict) -> None:
    _cache[token] = {made}


def enter(token: str, params: dict) -> Auth:
    auth: Auth = copy.copy(_cache[token])
    if params.get("end_user_id"):
        auth.end_user_id = params["end_user_id"]
    return auth
"""
PLAIN = "class Auth:\n    def __init__(self, token, end_user_id=None):\n"
ASSIGNED = PLAIN + "        self.token = token\n        self.end_user_id = {}\n"
GIVEN = 'Auth(token, params["end_user_id"])'
NAMED = 'Auth(token=token, end_user_id=params["end_user_id"])'
PYDANTIC = "class Auth(BaseModel):\n    token: str\n    end_user_id: str | None = None\n\n"

FILLED = {
    "by its parameter": (ASSIGNED.format("end_user_id"), GIVEN),
    "by its parameter of that name": (ASSIGNED.format("end_user_id"), NAMED),
    "by a part of its parameter": (ASSIGNED.format('end_user_id["end_user_id"]'), "Auth(token, params)"),
    "by the base of the project": (
        ASSIGNED.replace("Auth", "Base").format("end_user_id")
        + "\n\nclass Auth(Base):\n    def __init__(self, token, end_user_id):\n        super().__init__(token, end_user_id)\n",
        GIVEN,
    ),
    # Only a class's own is followed: the screen knows it by the name of the class.
    "perhaps by the base alone": (
        ASSIGNED.replace("Auth", "Base").format("None") + "\n\nclass Auth(Base):\n    pass\n", GIVEN
    ),
    "by the base of a library": (
        PYDANTIC + "    def __init__(self, token, end_user_id):\n"
        "        super().__init__(token=token, end_user_id=end_user_id)\n",
        GIVEN,
    ),
    "by what is handed on by name": (
        "class Auth:\n    end_user_id: str | None\n\n    def __init__(self, **given):\n        fill(self, given)\n", NAMED
    ),
    "by what stands behind stars": (
        ASSIGNED.format("end_user_id"), 'Auth(token, **{"end_user_id": params["end_user_id"]})'
    ),
}  # fmt: skip
EMPTY = {
    "by none": (ASSIGNED.format("None"), GIVEN),
}  # fmt: skip


def _found(model: str, made: str) -> list[tuple[str, tuple[str, ...]]]:
    findings = check_source(SERVICE.format(model=model, made=made)).findings
    return [(finding.code, finding.field_names) for finding in findings]


@pytest.mark.parametrize("how", FILLED)
def test_what_a_new_object_is_given_may_stand_in_the_entry(how: str) -> None:
    assert ("CCL202", ("end_user_id",)) in _found(*FILLED[how])


@pytest.mark.parametrize("how", EMPTY)
def test_a_new_object_holds_what_its_constructor_says(how: str) -> None:
    assert _found(*EMPTY[how]) == []


LOOKING_UP = """
from dataclasses import dataclass


@dataclass
class Auth:
    token: str
    end_user_id: str | None = None


_cache: dict[str, Auth] = {}


class Finder:
    def __init__(self, token: str) -> None:
        self.found = _cache.get(token)


def keep(token: str) -> None:
    _cache[token] = Auth(token)


def enter(token: str, params: dict) -> Auth:
    auth = Finder(token).found
    auth.end_user_id = params.get("end_user_id") or auth.end_user_id
    return auth
"""


def test_what_a_constructor_looks_up_is_seen_where_nobody_calls() -> None:
    """Neither the screen nor what is asked of a function without its calls may leave it out."""
    [found] = check_source(LOOKING_UP).findings
    assert (found.code, found.function) == ("CCL201", "enter")


def test_a_class_is_shared_where_a_constructor_looks_its_objects_up() -> None:
    """The function that calls it has to do with a cache by that alone."""
    text = LOOKING_UP[: LOOKING_UP.index("def keep")] + (
        "def load(token: str) -> Auth:\n    return Finder(token).found\n\n\n"
        "def enrich(who: Auth, params: dict) -> None:\n"
        "    who.end_user_id = params.get('end_user_id') or who.end_user_id\n"
    )
    [found] = check_source(text).findings
    assert (found.code, found.function) == ("CCL201", "enrich")
    assert "load" in found.trace[-1].text
