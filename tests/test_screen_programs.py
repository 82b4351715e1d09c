"""The screen on programs put together at random: what it loses is known, and may only become less."""

from __future__ import annotations

from pathlib import Path

import pytest
from random_leaks import generate
from unscreened import lost

SEEDS = range(60)
LOST = frozenset({7, 12})
"""The programs in which the screen still loses something (``make bench-screen`` shows what)."""


@pytest.mark.parametrize("first", range(0, len(SEEDS), 20))
def test_the_screen_loses_what_is_known(first: int, tmp_path: Path) -> None:
    seeds = SEEDS[first : first + 20]
    found = {seed for seed in seeds if lost(tmp_path / str(seed), generate(seed))}
    assert found == LOST & set(seeds)
