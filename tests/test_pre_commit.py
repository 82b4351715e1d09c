"""The hooks under the real pre-commit, as README and docs show them.

pre-commit builds an environment for each hook, with what the package index has.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/ci.md")
pytestmark = pytest.mark.network
NOT_OURS = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info", "build", "dist"
)


def run(where: Path, *command: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        command, cwd=where, env={**os.environ, **environment}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=600, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def git(where: Path, *arguments: str) -> tuple[int, str]:
    who = (
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "-c",
        "protocol.file.allow=always",
    )
    return run(where, "git", *who, *arguments)


def repository(where: Path, tag: str | None = None) -> Path:
    """Make what is in the folder the first commit of a repository, on the branch ``main``."""
    assert git(where, "init", "-q", "-b", "main")[0] == 0
    assert git(where, "add", "-A")[0] == 0
    code, output = git(where, "commit", "-q", "--no-verify", "-m", "first")
    assert code == 0, output
    if tag is not None:
        assert git(where, "tag", tag)[0] == 0
    return where


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps its environments: shared by these tests and by nobody else."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as it stands, with uncommitted changes, on the branch that the pages name."""
    where = tmp_path_factory.mktemp("checkout") / "flake8-cache-leak"
    shutil.copytree(ROOT, where, ignore=NOT_OURS)
    return repository(where)


@pytest.fixture(scope="module")
def flake8_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pre-commit knows of flake8's own repository: a package with the command, and the hook."""
    where = tmp_path_factory.mktemp("flake8")
    (where / ".pre-commit-hooks.yaml").write_text(
        "- {id: flake8, name: flake8, entry: flake8, language: python, types: [python],"
        " require_serial: true}\n",
        encoding="utf-8",
    )
    (where / "setup.py").write_text(
        "from setuptools import setup\n"
        "setup(name='stand-in-for-flake8', py_modules=[], install_requires=['flake8'])\n",
        encoding="utf-8",
    )
    return repository(where, "7.1.1")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    where = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "gateway", where / "gateway", ignore=NOT_OURS)
    return repository(where)


def pre_commit(where: Path, store: Path, *arguments: str) -> tuple[int, str]:
    return run(
        where, sys.executable, "-m", "pre_commit", *arguments, PRE_COMMIT_HOME=str(store),
        PRE_COMMIT_COLOR="never",
    )  # fmt: skip


def places(output: str) -> list[str]:
    return re.findall(r"^(\S+:\d+:\d+): CCL\d+", output, re.MULTILINE)


LEAKS = ["auth.py:22:14", "end_users.py:45:5", *(f"end_users.py:{n}:9" for n in (49, 51, 53))]


def test_the_check_in_a_repository(project: Path, checkout: Path, store: Path) -> None:
    code, output = pre_commit(
        project, store, "try-repo", str(checkout), "cache-leak", "--all-files"
    )
    assert code == 1
    assert places(output) == [f"gateway/{place}" for place in LEAKS]
    assert git(project, "status", "--porcelain", "gateway") == (0, "")
    # One changed file is judged with the project around it.
    arguments = ("try-repo", str(checkout), "cache-leak", "--files", "gateway/auth.py")
    code, output = pre_commit(project, store, *arguments)
    assert (code, places(output)) == (1, [f"gateway/{LEAKS[0]}"])
    assert "gateway/end_users.py:53" in output


def test_the_rewrite_in_a_repository(project: Path, checkout: Path, store: Path) -> None:
    arguments = ("try-repo", str(checkout), "fix-cache-leak", "--all-files")
    code, output = pre_commit(project, store, *arguments)
    assert code == 1
    assert "files were modified by this hook" in output
    assert "gateway/auth.py: fixed 1 finding" in output
    assert git(project, "diff", "--name-only")[1].split() == [
        "gateway/auth.py",
        "gateway/end_users.py",
    ]
    code, output = pre_commit(project, store, *arguments)
    assert (code, "Passed" in output) == (0, True)
    code, output = pre_commit(
        project, store, "try-repo", str(checkout), "cache-leak", "--all-files"
    )
    assert (code, "Passed" in output) == (0, True)


def configurations(page: str) -> list[dict[str, Any]]:
    """The pre-commit configurations that a page shows, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    loaded = [yaml.safe_load(block) for block in blocks if "hooks:" in block]
    return [each if isinstance(each, dict) else {"repos": each} for each in loaded]


def configure(where: Path, shown: dict[str, Any], checkout: Path, flake8: Path) -> None:
    """Write a shown configuration down, with local repositories for those on the internet."""
    for entry in shown["repos"]:
        assert entry["repo"].startswith("https://github.com/")
        entry["repo"] = str(flake8 if entry["repo"].endswith("/flake8") else checkout)
        for hook in entry["hooks"]:
            added = hook.get("additional_dependencies", [])
            assert added in ([], ["git+https://github.com/flake8-cache-leak/flake8-cache-leak"])
            if added:
                hook["additional_dependencies"] = [str(checkout)]
    text = yaml.safe_dump(shown)
    (where / ".pre-commit-config.yaml").write_text(text, encoding="utf-8")
    assert git(where, "add", ".pre-commit-config.yaml")[0] == 0


@pytest.mark.parametrize("page", PAGES)
def test_a_commit_is_stopped_until_the_leak_is_mended(
    page: str, project: Path, checkout: Path, flake8_repository: Path, store: Path
) -> None:
    configure(project, configurations(page)[0], checkout, flake8_repository)
    assert pre_commit(project, store, "install")[0] == 0
    path = project / "gateway" / "auth.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# touched\n", encoding="utf-8")
    git(project, "add", "-A")
    code, output = run(
        project, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-m", "x",
        PRE_COMMIT_HOME=str(store),
    )  # fmt: skip
    assert code == 1
    assert places(output) == [f"gateway/{LEAKS[0]}"]
    run(project, sys.executable, "-m", "lint_rules", "gateway")
    git(project, "add", "-A")
    code, output = run(
        project, "git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-m", "x",
        PRE_COMMIT_HOME=str(store),
    )  # fmt: skip
    assert code == 0, output


@pytest.mark.parametrize("page", PAGES)
def test_flake8_in_pre_commit_takes_the_plugin(
    page: str, project: Path, checkout: Path, flake8_repository: Path, store: Path
) -> None:
    configure(project, configurations(page)[1], checkout, flake8_repository)
    (project / ".flake8").write_text("[flake8]\nselect = CCL\n", encoding="utf-8")
    code, output = pre_commit(project, store, "run", "--all-files")
    assert code == 1
    assert places(output) == [f"gateway/{place}" for place in LEAKS]
    run(project, sys.executable, "-m", "lint_rules", "gateway")
    assert pre_commit(project, store, "run", "--all-files")[0] == 0


def test_the_hook_takes_a_baseline(
    project: Path, checkout: Path, flake8_repository: Path, store: Path
) -> None:
    shown = configurations("docs/ci.md")[2]
    assert shown["repos"][0]["hooks"][0]["args"] == ["--baseline", ".cache-leak.json"]
    configure(project, shown, checkout, flake8_repository)
    command = (
        sys.executable,
        "-m",
        "lint_rules",
        "--check",
        "--write-baseline",
        ".cache-leak.json",
    )
    assert run(project, *command, "gateway/auth.py")[0] == 0
    code, output = pre_commit(project, store, "run", "--all-files")
    assert code == 1
    assert output.count("(baselined)") == 1
    assert run(project, *command, "gateway")[0] == 0
    assert pre_commit(project, store, "run", "--all-files")[0] == 0
