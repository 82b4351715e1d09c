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
