"""Comments that were meant to say what a field is and say nothing: an error in every face, and never silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from lint_rules import fix_source
from lint_rules.cli import main
from lint_rules.project.markers import unreadable_markers

LEAK = """from copy import copy
from dataclasses import dataclass


@dataclass
class Auth:
    token: str
    end_user_id: str | None = None
    tenant: str | None = None  # cache-leak: {said}


def copy_for_cache(auth: Auth) -> Auth:
    return copy(auth)
"""


@pytest.mark.parametrize(
    "said",
    [
        "per-request",
        "shared",
        "shared, since it is the key's",
        "per-request (see #12)",
        "\xa0shared",
    ],
)
def test_what_says_one_of_the_two_is_no_error(said: str) -> None:
    assert unreadable_markers(LEAK.format(said=said)) == ()


@pytest.mark.parametrize("said", ["per request", "perrequest", "Shared", "", "per-requests"])
def test_what_says_neither_is_named_with_its_line(said: str) -> None:
    (message,) = unreadable_markers(LEAK.format(said=said))
    assert message.startswith(f'line 9: the comment "# cache-leak: {said}" says nothing')


def test_it_may_stand_behind_another_comment() -> None:
    text = LEAK.format(said="shared").replace("# cache", "# noqa: E501  # cache")
    assert unreadable_markers(text) == ()
    assert len(unreadable_markers(text.replace("shared", "share"))) == 1


def test_only_comments_are_meant() -> None:
    text = '"""\n# cache-leak: none\n"""\ntext = "# cache-leak: other"\n'
    assert unreadable_markers(text) == ()


def test_of_what_is_no_python_no_more_is_said() -> None:
    assert unreadable_markers('"""\n# cache-leak: other\n') == ()


def test_a_repair_is_made_all_the_same() -> None:
    report = fix_source(LEAK.format(said="per request"))
    assert report.new_source is not None
    assert "end_user_id = None" in report.new_source
    assert len(report.errors) == 1


def test_an_earlier_run_does_not_hide_it(tmp_path: Path) -> None:
    path = tmp_path / "auth.py"
    path.write_text(LEAK.format(said="pre-request").replace("end_user_id", "user"))
    for _ in range(2):
        done = CliRunner().invoke(
            main, ["--check", "--cache-dir", str(tmp_path / "c"), str(tmp_path)]
        )
        assert done.exit_code == 2
        assert "pre-request" in done.stderr
