"""What docs/ruff.md says of older releases of ruff; the page itself runs with the one installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from page_runner import PAGES, fresh_environment

pytestmark = pytest.mark.network

OLD = "ruff==0.6.9"


@pytest.fixture(scope="module")
def old_ruff(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scripts = fresh_environment(tmp_path_factory.mktemp("old"))
    subprocess.run([scripts / "python", "-m", "pip", "install", "-q", OLD], check=True)
    return scripts / "ruff"


def check(ruff: Path, where: Path, *options: str) -> str:
    shutil.copytree(PAGES / "ruff", where, dirs_exist_ok=True)
    command = [ruff, "check", "--isolated", "--select", "RUF100", *options, "src"]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    return done.stdout


def test_older_releases_report_the_comment_as_unused(old_ruff: Path, tmp_path: Path) -> None:
    assert "RUF100 [*] Unused `noqa` directive (unknown: `CCL202`)" in check(old_ruff, tmp_path)


def test_external_ends_that(old_ruff: Path, tmp_path: Path) -> None:
    said = check(old_ruff, tmp_path, "--config", 'lint.external = ["CCL"]')
    assert said == "All checks passed!\n"
