"""Options of this test suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes the repaired fixtures, to be reviewed by hand."""
    parser.addoption(
        "--generate-fixed",
        action="store_true",
        help="write tests/fixtures/**/*.fixed.py from what the repair gives now; review the diff",
    )
