"""Options of this test suite."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

DOWNLOADS = "CACHE_LEAK_TEST_DOWNLOADS"
"""Where the tests that need the package index keep what they downloaded."""

os.environ.setdefault(DOWNLOADS, os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache"))
# Reports of test projects are kept for this run alone, never among the user's own.
_KEPT = tempfile.TemporaryDirectory(prefix="cache-leak-tests-")
os.environ["XDG_CACHE_HOME"] = os.environ["LOCALAPPDATA"] = _KEPT.name

# A shell lets what a script starts with ``&`` ignore Ctrl-C, and that is inherited: the processes that the
# tests interrupt are to hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes the repaired fixtures, to be reviewed by hand."""
    parser.addoption(
        "--generate-fixed",
        action="store_true",
        help="write tests/fixtures/**/*.fixed.py from what the repair gives now; review the diff",
    )


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a project in which nothing else stands: a text without a path is one of its files."""
    (tmp_path / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path)
