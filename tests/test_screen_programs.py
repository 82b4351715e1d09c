"""The screen on programs put together at random: it loses nothing.

Among a thousand more there are some that it loses something of: ``make bench-screen`` shows what.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from random_leaks import LATER, generate
from unscreened import lost

from lint_rules.flow.summaries import DEPTH
from lint_rules.screen.caches import FOLLOWED

ONCE_LOST = (125, 126, 149, 154, 197, 204, 205, 256, 297, 310, 312, 332, 351, 360, 387, 529, 571, 690, 794, 849, 915,
             931, 1029, 1313, 1343, 1351, 1441)  # fmt: skip
SEEDS = (*range(120), *ONCE_LOST, *range(LATER, LATER + 60))


@pytest.mark.parametrize("first", range(0, len(SEEDS), 20))
def test_the_screen_loses_nothing(first: int, tmp_path: Path) -> None:
    seeds = SEEDS[first : first + 20]
    assert not [seed for seed in seeds if lost(tmp_path / str(seed), generate(seed))]


def test_the_screen_follows_calls_as_far_as_the_interpretation() -> None:
    assert FOLLOWED == DEPTH
