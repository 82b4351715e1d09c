"""A copy of what stands in a cache entry carries nobody's values only where nothing is given any that may stand in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_rules.engine import check_source, fix_source
from lint_rules.knowledge import contents

pytestmark = pytest.mark.usefixtures("alone")

HEAD = """import copy
import functools
from dataclasses import dataclass, field, replace


@dataclass
class Limits:
    end_user_plan: str | None = None
{take}

@dataclass
class Auth:
    token: str = ""
    limits: Limits = field(default_factory=Limits)


_cache: dict[str, Auth] = {{}}
"""
TAKE = """
    def take(self, params):
        self.end_user_plan = params["x"]
"""
FOUND = """
    stored = _cache.get(token)
    if stored is None:
        stored = _cache[token] = Auth(token)
"""
COPY = """
    auth = copy.copy(stored)
    auth.limits = copy.copy(stored.limits)
"""
MERGE = """
    if params.get("end_user_plan"):
        auth.limits.end_user_plan = params["end_user_plan"]
"""
END = """
    return auth
"""
PUT = """
def put(limits, params):
    limits.end_user_plan = params["x"]
"""
LOGIN = "\n\ndef login(token, params):"


def _found(*lines: str) -> str:
    return (
        "\n    stored = _cache.get(token)\n    if stored is None:\n"
        + "".join(f"        {line}\n" for line in lines)
        + "        _cache[token] = stored\n"
    )


def _whole(found: str = FOUND, copied: str = COPY, end: str = END, more: str = "") -> str:
    return more + LOGIN + found + copied + MERGE + end


CASES = {
    "its own": (_whole(), False),
    "its own by replace": (
        _whole(copied="\n    auth = replace(stored, limits=replace(stored.limits))\n"), False
    ),
    "in a deep copy": (_whole(copied="\n    auth = copy.deepcopy(stored)\n"), False),
    "in a shallow copy": (_whole(copied="\n    auth = copy.copy(stored)\n"), True),
    "on some way only": (
        _whole(copied=COPY.replace("    auth.limits", "    if params:\n        auth.limits")), True
    ),
    "stored behind": (_whole(end="\n    _cache[token] = auth\n    return auth\n"), True),
    "a copy stored behind": (_whole(end="\n    _cache[token] = copy.copy(auth)\n    return auth\n"), True),
    "a deep copy stored behind": (
        _whole(end="\n    _cache[token] = copy.deepcopy(auth)\n    return auth\n"), True
    ),
    "put into the entry": (_whole(end="\n    stored.limits = auth.limits\n    return auth\n"), True),
    "something unknown is put into the entry": (
        _whole(more="\n\ndef spend(token, params):\n    _cache[token].limits = params.limits\n"), True
    ),
    "a filled copy is put into the entry": (
        _whole(more="\n\ndef spend(token, params):\n    limits = copy.copy(_cache[token].limits)\n"
                    "    limits.end_user_plan = params['x']\n    _cache[token].limits = limits\n"), True
    ),
    "a copy stored before": (_whole(copied=COPY + "    _cache[token] = copy.copy(auth)\n"), True),
    # The order of events is left out.
    "a deep copy stored before": (_whole(copied=COPY + "    _cache[token] = copy.deepcopy(auth)\n"), True),
    "kept in an attribute": (_whole(end="\n    Auth.last = auth\n    return auth\n"), True),
    "kept in a global": (
        _whole(end="\n    global last\n    last = auth\n    return auth\n"), True
    ),
    "stored by the caller": (
        _whole(more="\n\ndef serve(token, params):\n    _cache[token] = login(token, params)\n"), True
    ),
    "stored four calls up": (
        _whole(more="".join(
            f"\n\ndef level{n}(token, params):\n    return {'level' + str(n - 1) if n else 'login'}(token, params)\n"
            for n in range(4)
        ) + "\n\ndef serve(token, params):\n    auth = level3(token, params)\n    _cache[token] = auth\n"), True
    ),
    "memoised by the caller": (
        _whole(more="\n\n@functools.cache\ndef serve(token, params):\n    return login(token, params)\n"), True
    ),
    "written on the entry elsewhere": (
        _whole(more="\n\ndef spend(token, params):\n    _cache[token].limits.end_user_plan = params['x']\n"), True
    ),
    "taken from the entry elsewhere": (
        _whole(more="\n\ndef spend(token):\n    _cache[token].limits.end_user_plan = None\n"), False
    ),
    "written on the new default": (
        _whole(_found("stored = Auth(token)", "stored.limits.end_user_plan = params['x']")), True
    ),
    "written by name on the new default": (
        _whole(_found("stored = Auth(token)", "setattr(stored.limits, 'end_user_plan', params['x'])")), True
    ),
    "written under unknown names": (
        _whole(_found("stored = Auth(token)", "for name in params:", "    setattr(stored.limits, name, params[name])")),
        True,
    ),
    "written as an item of its fields": (
        _whole(_found("stored = Auth(token)", "vars(stored.limits)['end_user_plan'] = params['x']")), True
    ),
    "filled as its fields": (_whole(_found("stored = Auth(token)", "stored.limits.__dict__.update(params)")), True),
    "filled by a method": (_whole(_found("stored = Auth(token)", "stored.limits.take(params)")), True),
    "filled by a function": (_whole(_found("stored = Auth(token)", "put(stored.limits, params)"), more=PUT), True),
    "filled around by a function": (
        _whole(
            _found("stored = Auth(token)", "fill(stored, params)"),
            more="\n\ndef fill(auth, params):\n    auth.limits.end_user_plan = params['x']\n",
        ),
        True,
    ),
    "its own is filled by a function": (
        _whole(end="\n    put(auth.limits, params)\n    return auth\n", more=PUT), False
    ),
    "by a function that nobody calls": (_whole(more=PUT), True),
    "made with a value": (
        _whole(_found("stored = Auth(token, limits=Limits(end_user_plan=params['x']))")), True
    ),
    "made without one": (_whole(_found("stored = Auth(token, limits=Limits())")), False),
    "made with a constant": (_whole(_found("stored = Auth(token, limits=Limits('free'))")), False),
    "made by what nobody knows": (_whole(_found("stored = Auth(token, limits=params.limits)")), True),
    "made of what nobody knows": (_whole(_found("stored = Auth(**params)")), True),
    "made and filled later": (
        _whole(_found("limits = Limits()", "stored = Auth(token, limits)", "limits.end_user_plan = params['x']")), True
    ),
    "shared with another entry": (
        _whole(_found(
            "stored = Auth(token)", "_pool_cache[token] = stored.limits",
            "_pool_cache[token].end_user_plan = params['x']",
        ), more="\n\n_pool_cache = {}\n"), True
    ),
    "filled in another cache": (
        _whole(
            _found("stored = Auth(token, _pool_cache[token])"),
            more="\n\n_pool_cache = {}\n\n\ndef fill(token, params):\n    limits = Limits()\n"
            "    _pool_cache[token] = limits\n    limits.end_user_plan = params['x']\n",
        ),
        True,
    ),
    "filled in a copy in another cache": (
        _whole(
            _found("stored = Auth(token, _pool_cache[token].limits)"),
            more="\n\n_pool_cache = {}\n\n\n@dataclass\nclass Team:\n    limits: Limits\n\n\n"
            "def fill(token, params):\n    limits = Limits()\n    team = Team(limits)\n"
            "    _pool_cache[token] = copy.copy(team)\n    limits.end_user_plan = params['x']\n",
        ),
        True,
    ),
    "filled in a memoised function": (
        _whole(
            _found("stored = Auth(token, pool(token))"),
            more="\n\n@functools.cache\ndef pool(token):\n    limits = Limits()\n"
            "    limits.end_user_plan = token.plan\n    return limits\n",
        ),
        True,
    ),
    "where nothing is stored": (_whole("\n    stored = _cache[token]\n"), True),
    "of a row": (_whole(_found("stored = Auth(**db.fetch_one(token))")), False),
    "of another field of that name": (
        _whole(more="\n\nclass Plan:\n    end_user_plan = None\n\n\ndef spend(plan: Plan, params):\n"
                    "    plan.end_user_plan = params['x']\n"), False
    ),
    "of a dict with that key": (
        _whole(more="\n\ndef spend(source, params):\n    source['end_user_plan'] = params['x']\n"), False
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "reported"), CASES.values(), ids=CASES)
def test_what_stands_in_entries(tmp_path: Path, text: str, reported: bool) -> None:
    found = check_source(
        HEAD.format(take=TAKE if ".take(" in text else "") + text, str(tmp_path / "gateway.py")
    ).findings
    assert ("login" in {f.function for f in found if f.code == "CCL202"}) is reported


def test_too_many_functions_are_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_ASKED", 0)
    found = check_source(HEAD.format(take="") + _whole(), str(tmp_path / "gateway.py")).findings
    assert [f.code for f in found] == ["CCL202"]


NESTED = """
import copy
from dataclasses import dataclass, field

@dataclass
class Limits:
    end_user_rpm: int | None = None

@dataclass
class Auth:
    token: str
    end_user_id: str | None = None
    limits: Limits = field(default_factory=Limits)

def copy_for_cache(auth: Auth) -> Auth:
    made = copy.deepcopy(auth)
    made.end_user_id = None
    return made
"""


def test_a_shallow_copy_is_not_reset_where_the_request_holds_the_same() -> None:
    """What stands in it is the very object that the request goes on with."""
    assert "made.limits.end_user_rpm = None" in str(fix_source(NESTED).new_source)
    assert fix_source(NESTED.replace("deepcopy", "copy")).new_source is None


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("@dataclass\nclass Limits", "@dataclass(frozen=True)\nclass Limits",
         "objects of Limits cannot be changed: reset limits on the copy by hand: put a new one there"),
        ("made = copy.deepcopy(auth)", "made = auth and copy.deepcopy(auth)",
         "this tool cannot extend the way in which the copy is made: reset limits.end_user_rpm on the copy by hand"),
        ("int | None = None", "int",
         "end_user_rpm may not be None (int) and has no constant default: reset it by hand to what means that there is no "
         "end user"),
    ],
)  # fmt: skip
def test_what_cannot_be_reset_inside_says_why(old: str, new: str, reason: str) -> None:
    assert old in NESTED
    report = fix_source(NESTED.replace(old, new))
    (finding,) = (f for f in report.findings if f.field_names == ("end_user_rpm",))
    assert finding.fix.reason == reason
    assert "limits." not in str(report.new_source)


def test_what_a_dump_leaves_out_inside_is_not_in_the_copy() -> None:
    text = """
from pydantic import BaseModel, Field

class Limits(BaseModel):
    end_user_rpm: int | None = Field(default=None, exclude=True)

class Auth(BaseModel):
    token: str
    end_user_id: str | None = None
    limits: Limits = Field(default_factory=Limits)

def copy_for_cache(auth: Auth) -> Auth:
    made = auth.model_copy(deep=True)
    made.end_user_id = None
    return made
"""
    dumped = text.replace("auth.model_copy(deep=True)", "Auth.model_validate(auth.model_dump())")
    assert [f.field_names for f in check_source(text).findings] == [("end_user_rpm",)]
    assert not check_source(dumped).findings


@pytest.mark.parametrize(
    ("statement", "fixed"),
    [
        ("    return copy.deepcopy(auth)\n", True),
        ("    return auth and copy.deepcopy(auth)\n", False),
        ("    return copy.deepcopy(auth) if auth.token else copy.deepcopy(auth)\n", False),
    ],
)
def test_a_copy_used_in_place_gets_a_name_where_it_is_always_made(
    statement: str, fixed: bool
) -> None:
    """Else the object in it would be reset where there is none."""
    start = NESTED.index("    made = copy.deepcopy(auth)")
    text = NESTED[:start] + statement
    found = [f for f in check_source(text).findings if f.field_names == ("end_user_rpm",)]
    assert found
    repaired = fix_source(text)
    assert ("cached_copy.limits.end_user_rpm = None" in str(repaired.new_source)) is fixed
    left = [f for f in repaired.findings if f.field_names == ("end_user_rpm",)]
    assert len(left) == (0 if fixed else len(found))


def test_each_object_in_a_copy_is_reset() -> None:
    """Their findings look the same but for the field that holds them."""
    text = NESTED.replace(
        "    limits: Limits", "    first: Limits | None = None\n    limits: Limits"
    )
    assert text != NESTED
    report = fix_source(text)
    assert not report.findings
    assert "    if made.first is not None:\n        made.first.end_user_rpm = None\n" in str(
        report.new_source
    )
    assert "    made.limits.end_user_rpm = None\n" in str(report.new_source)


def test_an_object_that_may_not_be_there_is_asked_for_on_the_copy_that_got_a_name() -> None:
    text = NESTED[: NESTED.index("    made = copy")] + "    return copy.deepcopy(auth)\n"
    text = text.replace(
        "limits: Limits = field(default_factory=Limits)", "limits: Limits | None = None"
    )
    fixed = str(fix_source(text).new_source)
    assert (
        "    if cached_copy.limits is not None:\n        cached_copy.limits.end_user_rpm = None\n"
        in fixed
    )


def test_nothing_is_reset_in_a_copy_that_may_not_be_there() -> None:
    text = NESTED[: NESTED.index("    made = copy")] + "    return copy.deepcopy(auth)\n"
    text = text.replace("auth: Auth)", "auth: Auth | None)")
    assert "cached_copy is not None" in str(fix_source(text).new_source)
    assert "limits.end_user_rpm" not in str(fix_source(text).new_source)
