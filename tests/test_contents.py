"""What the caches of a project hold is asked up to a limit; beyond it they may hold anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixture_format import FIXTURES

from lint_rules import check_source
from lint_rules.knowledge import contents


@pytest.mark.parametrize(("limit", "codes"), [(4, []), (3, ["CCL202"])])
def test_too_many_functions_are_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, codes: list[str]
) -> None:
    """The fixture has four functions that name the class or a field, or call one that does."""
    monkeypatch.setattr(contents, "MAX_ASKED", limit)
    source = (FIXTURES / "CCL202" / "copy_of_found_or_made_right.py").read_text()
    source += "\n\ndef far(token: str) -> object:\n    return probe()\n"
    found = check_source(source, str(tmp_path / "login.py")).findings
    assert [finding.code for finding in found] == codes


@pytest.mark.parametrize(
    ("copy", "codes"), [("return self", ["CCL202"]), ("return replace(self)", [])]
)
def test_what_is_written_on_a_copy_that_is_the_entry_itself(
    tmp_path: Path, copy: str, codes: list[str]
) -> None:
    text = (FIXTURES / "CCL202" / "copy_of_found_or_made_right.py").read_text()
    text = text.replace("import dataclass\n", "import dataclass, replace\n")
    text = text.replace("_cache: ", f"    def __copy__(self):\n        {copy}\n\n\n_cache: ", 1)
    text = text.replace("copy.copy(_cache", "replace(_cache")
    text += "\n\ndef give(token, plan):\n    auth = copy.copy(_cache[token])\n    auth.end_user_plan = plan\n"
    found = check_source(text, str(tmp_path / "login.py")).findings
    assert [finding.code for finding in found if finding.function == "login"] == codes
