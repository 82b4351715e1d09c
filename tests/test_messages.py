"""What messages call the object that they are about."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint_rules import check_source

LOOKED_UP = """_cache = {}


def remember(token, params):
    found = _cache[token]
    found.end_user_id = params.get("end_user_id")
    _cache[token] = found
    if params.get("end_user_cap"):
        found.end_user_cap = params["end_user_cap"]
"""
GIVEN = """_cache = {}


def remember(token, auth, params):
    auth.end_user_id = params.get("end_user_id")
    _cache[token] = auth
"""
OF_A_CLASS = f"class Auth:\n    end_user_id: str\n\n\n{GIVEN.replace('auth,', 'auth: Auth,')}"


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (LOOKED_UP, "CCL104", "stores an object in _cache"),
        (LOOKED_UP, "CCL202", "left on the shared object stays"),
        (GIVEN, "CCL104", "stores auth in _cache"),
        (OF_A_CLASS, "CCL104", "stores Auth in _cache"),
    ],
)
def test_an_object_is_called_by_its_class_or_its_own_name(
    tmp_path: Path, source: str, code: str, said: str
) -> None:
    """The name of the cache that it was looked up in is not its name."""
    findings = check_source(source, str(tmp_path / "login.py")).findings
    messages = [finding.message for finding in findings if finding.code == code]
    assert messages
    assert all(said in message for message in messages)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ("made.end_user_tags.clear()", "f_for_cache calls .clear() on end_user_tags, which"),
        ("del made.end_user_tags[0]", "f_for_cache takes something out of end_user_tags, which"),
        ("made.end_user_tags[:] = []", "f_for_cache replaces the content of end_user_tags, which"),
    ],
)
def test_what_is_done_to_a_shared_container_is_said_in_words(
    tmp_path: Path, edit: str, said: str
) -> None:
    source = (
        "import copy\n\n\nclass Auth:\n    end_user_tags: list[str]\n\n\n"
        f"def f_for_cache(auth: Auth):\n    made = copy.copy(auth)\n    {edit}\n    return made\n"
    )
    [found] = [
        f for f in check_source(source, str(tmp_path / "a.py")).findings if f.code == "CCL103"
    ]
    assert found.message.startswith(said)
