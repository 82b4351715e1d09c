"""The screen on programs put together at random: what it loses is known, and may only become less."""

from __future__ import annotations

from pathlib import Path

import pytest
from random_leaks import generate
from unscreened import differences

from lint_rules.settings import Settings

SEEDS = range(60)
LOST = frozenset({7, 12})
"""The programs in which the screen still loses something (``make bench-screen`` shows what)."""


@pytest.mark.parametrize("first", range(0, len(SEEDS), 20))
def test_the_screen_loses_no_more(first: int, tmp_path: Path) -> None:
    lost = set()
    for seed in SEEDS[first : first + 20]:
        paths = written(tmp_path / str(seed), generate(seed))
        if differences(paths, Settings()):
            lost.add(seed)
    assert lost == LOST & set(SEEDS[first : first + 20])


def written(root: Path, program: dict[str, str]) -> list[Path]:
    """The files of a program, written as a project of its own."""
    root.mkdir()
    (root / "pyproject.toml").touch()
    for name, text in program.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return [root / name for name in program]
