"""Cache entries without a class: a copy of one is nobody's, unless somebody is seen to put a request's value there."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_rules.engine import check_source

HEAD = """import copy
from functools import lru_cache

settings_cache: dict[str, dict] = {}
FIELDS = ("end_user_id", "model")


def load_settings(key: str) -> dict:
    if key not in settings_cache:
        settings_cache[key] = {"model": "m"}
    return settings_cache[key]


@lru_cache
def settings_row(key: str) -> dict:
    return {"key": key}


"""
GUARD = """    if body.get("end_user_id"):
        settings["end_user_id"] = body["end_user_id"]
"""
RETURN = GUARD + "    return settings\n"
COPIED = f"def effective(key: str, body: dict) -> dict:\n    settings = dict(load_settings(key))\n{RETURN}"
OTHER = f"{COPIED}\n\ndef warm(key: str, body: dict) -> None:\n"

APART = {
    "copy": COPIED,
    "copy of what stands there": COPIED.replace("load_settings(key)", "settings_cache[key]"),
    "deep copy": COPIED.replace("dict(load_settings(key))", "copy.deepcopy(load_settings(key))"),
    "copy of a memoised row": COPIED.replace("load_settings", "settings_row"),
    "spread": (
        "def effective(key: str, body: dict) -> dict:\n"
        "    given = {k: body[k] for k in FIELDS if body.get(k) is not None}\n"
        "    return {**load_settings(key), **given}\n"
    ),
    "copied by a function": (
        "def own(key: str) -> dict:\n    return dict(load_settings(key))\n\n\n"
        f"def merge_auth(settings: dict, body: dict) -> dict:\n{RETURN}\n\n"
        "def effective(key: str, body: dict) -> dict:\n    return merge_auth(own(key), body)\n"
    ),
    "entries get something else": OTHER + "    settings_cache[key]['model'] = body['model']\n",
    "made of what a parameter is": OTHER + "    settings_cache[key] = dict(body)\n",
    "entries are reset": OTHER + "    settings_cache[key]['end_user_id'] = None\n",
}  # fmt: skip
SHARED = {
    "the entry itself": COPIED.replace("dict(load_settings(key))", "load_settings(key)"),
    "the memoised row itself": COPIED.replace("dict(load_settings(key))", "settings_row(key)"),
    "stored back": COPIED.replace("    return", "    settings_cache[key] = settings\n    return"),
    "stored by a caller": OTHER + "    settings_cache[key] = effective(key, body)\n",
    "written on an entry": OTHER + "    load_settings(key)['end_user_id'] = body['end_user_id']\n",
    "written by a function": (
        OTHER + "    stamp(load_settings(key), body)\n\n\n"
        "def stamp(entry: dict, body: dict) -> None:\n    entry['end_user_id'] = body['end_user_id']\n"
    ),
    "written behind a function that hands it out": (
        OTHER + "    found(key)['end_user_id'] = body['end_user_id']\n\n\n"
        "def found(key: str) -> dict:\n    return load_settings(key)\n"
    ),
    "written in a loop": OTHER + "    for name in FIELDS:\n        load_settings(key)[name] = body.get(name)\n",
    "updated": OTHER + "    load_settings(key).update(body)\n",
    "made with it": OTHER + "    settings_cache[key] = {'end_user_id': body['end_user_id']}\n",
    "made of all that came": OTHER + "    settings_cache[key] = {'model': 'm', **body}\n",
}  # fmt: skip


def _found(tmp_path: Path, text: str) -> set[str]:
    report = check_source(HEAD + text, str(tmp_path / "settings.py"))
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize("text", APART.values(), ids=APART)
def test_a_copy_of_entries_that_nobody_fills_is_nobodys(tmp_path: Path, text: str) -> None:
    assert not _found(tmp_path, text)


@pytest.mark.parametrize("text", SHARED.values(), ids=SHARED)
def test_what_somebody_puts_there_is_the_next_users(tmp_path: Path, text: str) -> None:
    assert "CCL202" in _found(tmp_path, text)
