"""What is kept of answers about what stands in cache entries, and about rows, is void when what they rest on changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from kept_runs import heard

INNER = {
    "models.py": """from dataclasses import dataclass, field


@dataclass
class Limits:
    end_user_plan: str | None = None


@dataclass
class Auth:
    token: str = ""
    limits: Limits = field(default_factory=Limits)
""",
    "store.py": """from fills import fill
from models import Auth

cache: dict[str, Auth] = {}


def start(token: str, params: dict) -> None:
    auth = Auth(token)
    fill(auth.limits, params)
    cache[token] = auth
""",
    "fills.py": "def fill(limits, params):\n    print(limits, params)\n",
    "login.py": """import copy

from models import Auth
from store import cache


def login(token: str, params: dict):
    stored: Auth = cache.get(token)
    auth = copy.copy(stored)
    auth.limits = copy.copy(stored.limits)
    if params.get("end_user_plan"):
        auth.limits.end_user_plan = params["end_user_plan"]
    return auth
""",
    "spends.py": """from store import cache


def spend(token: str, user):
    cache[token].limits.end_user_plan = None
""",
    "serves.py": """from login import login
from store import cache


def serve(token: str, params: dict):
    auth = login(token, params)
    print(auth)
""",
}
HANDED = {
    "models.py": """from dataclasses import dataclass


@dataclass
class Auth:
    token: str = ""
    end_user_plan: str | None = None
""",
    "builds.py": """from models import Auth

cache: dict[str, Auth] = {}


def build(row):
    auth = Auth(**row)
    cache[row["token"]] = auth
    return auth
""",
    "fills.py": "def fill(row, params):\n    print(row, params)\n",
    "login.py": """from builds import build
from fills import fill


def login(token: str, params: dict, db):
    row = db.fetch_one(token)
    fill(row, params)
    auth = build(row)
    print(auth)
    return auth
""",
    "warms.py": "def warm(token: str, params: dict, db):\n    print(params)\n",
    "serves.py": """from login import login


def serve(token: str, params: dict, db):
    auth = login(token, params, db)
    auth.token = None
    return auth
""",
}
BUILDER = {
    **HANDED,
    "builds.py": """from models import Auth

cache: dict[str, Auth] = {}


class Builder:
    @staticmethod
    def build(row):
        auth = Auth(**row)
        cache[row["token"]] = auth
        return auth
""",
    "login.py": HANDED["login.py"]
    .replace("import build", "import Builder")
    .replace("build(row)", "Builder.build(row)"),
}
EDITS = {
    "whether a table holds the function": (
        HANDED, "fills.py", "def fill", "from builds import build\n\nHOOKS = [build]\n\n\ndef fill"),
    "another method of the name": (
        BUILDER, "warms.py", "def warm", "class Warmer:\n    def build(self, row): ...\n\n\ndef warm"),
    "what is written far away on what stands in an entry": (INNER, "spends.py", "= None", "= user"),
    "what a called function fills": (INNER, "fills.py", "print(limits, params)", "limits.end_user_plan = params['x']"),
    "whether a caller stores": (INNER, "serves.py", "print(auth)", "cache[token] = auth"),
    "what an inner object is copied as": (
        INNER, "models.py", "None\n", "None\n\n    def __copy__(self):\n        return self\n"),
    "which class stands in an entry": (INNER, "models.py", "limits: Limits", "limits: object"),
    "whether anything is stored": (INNER, "store.py", "cache[token] = auth", "print(auth)"),
    "whether a row is handed over": (HANDED, "login.py", "build(row)", "build(params)"),
    "what else is put where a row is": (
        HANDED, "builds.py", "Auth(**row)", "Auth(**{**row, **(cache.more or {})})"),
    "whether it comes from a database": (HANDED, "login.py", "db.fetch_one(token)", "dict(token=token)"),
    "whether a called function fills the row": (HANDED, "fills.py", "print(row, params)", "row.update(params)"),
    "another caller": (
        HANDED, "warms.py", "    print(params)", "    from builds import build\n\n    build(params)"),
    "whether a caller keeps what was built": (HANDED, "login.py", "print(auth)", "db.auth = auth"),
    "what a caller of the caller writes": (
        HANDED, "serves.py", "auth.token = None", "auth.end_user_plan = params['x']"),
}  # fmt: skip


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_is_heard_wherever_it_matters(tmp_path: Path, what: str) -> None:
    before = heard(tmp_path, EDITS[what])
    assert not any(findings for findings, _ in before.values())
