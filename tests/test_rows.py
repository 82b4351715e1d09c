"""What is built from a row carries no request's values as long as the row is as it was read, and callers leave what
was built and stored alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_rules.engine import check_source

HEAD = """from dataclasses import dataclass, replace


@dataclass
class Auth:
    token: str = ""
    end_user_plan: str | None = None


_cache: dict[str, Auth] = {}


"""
BUILD = """def build(row):
    auth = Auth(**row)
    _cache[row["token"]] = auth
    return auth


"""
WITH = """def build(row, more):
    {line}
    _cache[row["token"]] = auth
    return auth


def login(token, params, db):
    return build(db.fetch_one(token), params)
"""


def _login(*lines: str) -> str:
    return "def login(token, params, db):\n" + "".join(f"    {line}\n" for line in lines)


HANDED = {
    "as it was read": (BUILD + _login("return build(db.fetch_one(token))"), False),
    "through another function": (
        BUILD + "def load(row):\n    return build(row)\n\n\n" + _login("return load(db.fetch_one(token))"), False
    ),
    "by one of two": (
        BUILD + _login("build(params)") + "\n\ndef warm(db):\n    return build(db.fetch_one(1))\n", True
    ),
    "by nobody": (BUILD, True),
    "by a table": (BUILD + _login("return build(db.fetch_one(token))") + "\n\nMAKERS = {'auth': build}\n", True),
    "by way of a variable": (
        BUILD + _login("make = build", "return make(params)") + "\n\ndef warm(db):\n    return build(db.fetch_one(1))\n",
        True,
    ),
    "updated": (BUILD + _login("row = db.fetch_one(token)", "row.update(params)", "return build(row)"), True),
    "united": (BUILD + _login("row = db.fetch_one(token)", "row |= params", "return build(row)"), True),
    "written to": (
        BUILD + _login("row = db.fetch_one(token)", "row['end_user_plan'] = params['x']", "return build(row)"), True
    ),
    "filled in a loop": (
        BUILD + _login("row = db.fetch_one(token)", "for n, v in params:", "    row[n] = v", "return build(row)"), True
    ),
    "filled by a function": (
        "def fill(what, params):\n    what.update(params)\n\n\n" + BUILD
        + _login("row = db.fetch_one(token)", "fill(row, params)", "return build(row)"),
        True,
    ),
    "written to where it is built": (WITH.format(line="row['end_user_plan'] = more.x; auth = Auth(**row)"), True),
    "updated where it is built": (WITH.format(line="row.update(more); auth = Auth(**row)"), True),
    "updated as a copy": (WITH.format(line="data = dict(row); data.update(more); auth = Auth(**data)"), True),
    "written to as a copy": (
        WITH.format(line="data = dict(row); data['end_user_plan'] = more.x; auth = Auth(**data)"), True
    ),
    "emptied as a copy": (
        WITH.format(line="data = dict(row); data['end_user_plan'] = None; auth = Auth(**data)"), False
    ),
    "with others": (WITH.format(line="auth = Auth(**{**row, **more})"), True),
    "with others, or nothing": (WITH.format(line="auth = Auth(**{**row, **(more or {})})"), True),
    "written to by the caller": (
        BUILD + _login("auth = build(db.fetch_one(token))", "auth.end_user_plan = params['x']", "return auth"), True
    ),
    "filled by the caller": (
        BUILD + _login("auth = build(db.fetch_one(token))", "auth.__dict__.update(params)", "return auth"), True
    ),
    "written to by the caller's caller": (
        BUILD + "def load(row):\n    return build(row)\n\n\n"
        + _login("auth = load(db.fetch_one(token))", "auth.end_user_plan = params['x']", "return auth"),
        True,
    ),
    "written to as what is found is": (
        BUILD
        + _login(
            "auth = _cache.get(token)", "if auth is None:", "    auth = build(db.fetch_one(token))",
            "auth.end_user_plan = params.get('x')", "return auth",
        ),
        False,
    ),
    "written to where nothing is found": (
        BUILD
        + _login(
            "auth = _cache.get(token)", "if auth is None:", "    auth = build(db.fetch_one(token))",
            "    auth.end_user_plan = params.get('x')", "return auth",
        ),
        True,
    ),
    "returned in a pair": (
        BUILD.replace("return auth", "return auth, 1")
        + _login("auth, _ = build(db.fetch_one(token))", "auth.end_user_plan = params['x']", "return auth"),
        True,
    ),
    "kept in an attribute": (
        BUILD.replace("return auth", "Auth.last = auth") + _login("return build(db.fetch_one(token))"), True
    ),
    "kept in a list": (
        "def build(row, out):\n    auth = Auth(**row)\n    _cache[row['token']] = auth\n    out.append(auth)\n\n\n"
        + _login("out = []", "build(db.fetch_one(token), out)", "return out[0]"),
        True,
    ),
    "kept by another function": (
        "def keep(what, where):\n    where.append(what)\n\n\n" + BUILD.replace("return auth", "keep(auth, KNOWN)")
        + _login("return build(db.fetch_one(token))"),
        True,
    ),
}  # fmt: skip
COPIED = {
    "as it was built": (("auth = Auth(**db.fetch_one(token))",), False),
    "of a row and something else": (("auth = Auth(**{**db.fetch_one(token), **params})",), True),
    "as a function built it": (("auth = made(db.fetch_one(token))",), False),
    "as a function built it of something else": (("auth = made(params)",), True),
    "as a function built and filled it": (("auth = filled(db.fetch_one(token), params)",), True),
    "as a function that keeps it built it": (("auth = kept(db.fetch_one(token))",), True),
    "as a memoised function built it": (("auth = memoised(db.fetch_one(token))",), True),
    "after a copy": (("auth = replace(Auth(**db.fetch_one(token)))",), False),
    "after a copy with a value": (
        ("auth = replace(Auth(**db.fetch_one(token)), end_user_plan=params['x'])", "auth = replace(auth)"), True
    ),
    "after a write": (("auth = Auth(**db.fetch_one(token))", "auth.end_user_plan = params['x']"), True),
    "found or built": (("auth = _cache.get(params) or Auth(**db.fetch_one(token))", "auth.end_user_plan = 1"), False),
}  # fmt: skip
MAKERS = """def made(row) -> Auth:
    return Auth(**row)


def filled(row, params) -> Auth:
    auth = Auth(**row)
    auth.end_user_plan = params["x"]
    return auth


KNOWN = []


def kept(row) -> Auth:
    auth = Auth(**row)
    KNOWN.append(auth)
    return auth


@functools.cache
def memoised(row) -> Auth:
    return Auth(**row)


"""


def _codes(text: str, folder: Path, function: str) -> set[str]:
    findings = check_source(text, str(folder / "gateway.py")).findings
    return {finding.code for finding in findings if finding.function == function}


@pytest.mark.parametrize(("text", "reported"), HANDED.values(), ids=HANDED)
def test_rows_that_are_handed_over(tmp_path: Path, text: str, reported: bool) -> None:
    assert ("CCL101" in _codes(HEAD + text, tmp_path, "build")) is reported


@pytest.mark.parametrize(("lines", "reported"), COPIED.values(), ids=COPIED)
def test_copies_of_what_was_built(tmp_path: Path, lines: tuple[str, ...], reported: bool) -> None:
    text = HEAD + MAKERS + _login(*lines, "_cache[token] = replace(auth)", "return auth")
    found = _codes("import functools\n" + text, tmp_path, "login")
    assert (not {"CCL101", "CCL102"}.isdisjoint(found)) is reported


@pytest.mark.parametrize("write", ["auth.end_user_plan = params['x']", "auth.token = None"])
def test_entries_that_callers_fill_are_copied_with_their_values(tmp_path: Path, write: str) -> None:
    first = (
        f"def first(token, params, db):\n    auth = build(db.fetch_one(token))\n    {write}\n\n\n"
    )
    login = _login(
        "auth = replace(_cache[token])", "if params.get('end_user_plan'):",
        "    auth.end_user_plan = params['end_user_plan']", "return auth",
    )  # fmt: skip
    found = _codes(HEAD + BUILD + first + login, tmp_path, "login")
    assert ("CCL202" in found) is ("end_user" in write)
