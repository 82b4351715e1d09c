"""What callers hand over is new only where nothing else holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_rules.engine import check_source
from lint_rules.runner import check_paths
from lint_rules.settings import Settings

HEAD = """from dataclasses import dataclass


@dataclass
class Auth:
    token: str = ""
    end_user_plan: str | None = None


_cache: dict[str, Auth] = {}


def update_token(auth: Auth, params: dict) -> Auth:
    if params.get("end_user_plan"):
        auth.end_user_plan = params["end_user_plan"]
    return auth


def warm(token: str) -> None:
    _cache[token] = Auth(token)


"""
MADE = {
    "made": ("return update_token(Auth(token), params)", False),
    "stored by who makes it": ("return update_token(made(token), params)", True),
    "stored before": ("auth = _cache[token] = Auth(token)\n    return update_token(auth, params)", True),
    "stored behind": ("auth = update_token(Auth(token), params)\n    _cache[token] = auth\n    return auth", True),
    "stored under the user's key": (
        "key = params['end_user_id']\n    auth = _cache[key] = Auth(token)\n    return update_token(auth, params)", False
    ),
    "of a row": ("return update_token(Auth(**db.fetch_one(token)), params)", False),
    "of a row with what was cached": (
        "row = db.fetch_one(token)\n    row.update(vars(_cache[token]))\n    return update_token(Auth(**row), params)", True
    ),
    "in every round": ("return [update_token(Auth(token), each) for each in params]", False),
    "before the rounds": ("auth = Auth(token)\n    return [update_token(auth, each) for each in params]", True),
    "before a while": (
        "auth = Auth(token)\n    while params:\n        update_token(auth, params.pop())\n    return auth", True
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "reported"), MADE.values(), ids=MADE)
def test_who_holds_what_is_handed_over(tmp_path: Path, body: str, reported: bool) -> None:
    made = (
        "def made(token):\n    auth = Auth(token)\n    _cache[token] = auth\n    return auth\n\n\n"
    )
    text = f"{HEAD}{made}def login(token, params, db):\n    {body}\n"
    found = {
        f.function
        for f in check_source(text, str(tmp_path / "gateway.py")).findings
        if f.code == "CCL202"
    }
    assert ("update_token" in found) is reported


ONLY_IN_TESTS = {
    "models.py": HEAD.partition("_cache")[0].rstrip() + "\n",
    "merge.py": "from models import Auth\n\n\ndef update_token(auth: Auth, params: dict) -> Auth:\n"
                "    if params.get(\"end_user_plan\"):\n"
                "        auth.end_user_plan = params[\"end_user_plan\"]\n    return auth\n",
    "login.py": "from merge import update_token\nfrom models import Auth\n\n\n"
                "def login(token, params):\n    return update_token(Auth(token), params)\n",
    "KEEPER": "from merge import update_token\nfrom models import Auth\n\nauth_cache: dict[str, Auth] = {}\n\n\n"
              "def merged(params):\n    auth = auth_cache.get(\"k\")\n    if auth is None:\n"
              "        auth = auth_cache[\"k\"] = Auth(\"k\")\n    return update_token(auth, params)\n",
}  # fmt: skip


@pytest.mark.parametrize(
    ("keeper", "count"), [("tests/keeping.py", 0), ("test_it.py", 0), ("keeping.py", 1)]
)
def test_what_only_tests_keep_in_a_cache_is_not_shared(
    tmp_path: Path, keeper: str, count: int
) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text("")
    for name, text in ONLY_IN_TESTS.items():
        (tmp_path / (keeper if name == "KEEPER" else name)).write_text(text)
    assert len(check_paths([tmp_path], settings=Settings()).findings) == count
