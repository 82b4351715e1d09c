"""What the checker says of programs put together at random agrees with what running them shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from random_merges import generate, leaking

from lint_rules.engine import Engine
from lint_rules.settings import Settings

MERGES = frozenset({"CCL201", "CCL202"})
"""What these say of a field is that an earlier request's value stays; of copies and stores the rules say more than
what one answer after another can show."""


@pytest.mark.parametrize("seed", range(200))
def test_findings_agree_with_what_running_shows(seed: int, tmp_path: Path) -> None:
    _assert_agrees(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1_000, 5_000, 100))
def test_findings_of_more_programs_agree(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 100):
        _assert_agrees(seed, tmp_path / str(seed))


def _assert_agrees(seed: int, root: Path) -> None:
    text, path = generate(seed), root / "program.py"
    root.mkdir(exist_ok=True)
    (root / "pyproject.toml").touch()
    path.write_text(text)
    report = Engine(Settings()).fix(path, text, display="program.py")
    checked = Engine(Settings()).check(path, text, display="program.py")
    leaks = leaking(text)
    said = {name for finding in checked.findings for name in finding.field_names}
    merged = {n for f in checked.findings if f.code in MERGES for n in f.field_names}
    assert report.errors == ()
    assert leaks <= said, f"missed\n{text}"
    assert merged <= leaks, f"false alarm\n{text}"
    if report.new_source is not None:
        left = {name for finding in report.findings for name in finding.field_names}
        assert leaking(report.new_source) <= left, f"not repaired\n{report.new_source}"
