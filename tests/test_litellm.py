"""End to end on the code that the tool was made for: the wheel of litellm 1.85.0.

The wheel is downloaded into a cache folder (never into the repository) and the tests work on copies.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from page_format import read_blocks, read_commands
from page_runner import compare

pytestmark = pytest.mark.litellm

VERSION = "1.85.0"
HELPERS = "litellm/proxy/auth/auth_checks.py"
MERGES = "litellm/proxy/auth/user_api_key_auth.py"
PAGE = Path(__file__).resolve().parent.parent / "docs" / "litellm.md"
FIELDS = {
    "end_user_id",
    "end_user_tpm_limit",
    "end_user_rpm_limit",
    "end_user_max_budget",
    "end_user_model_max_budget",
    "end_user_object_permission",
    "allowed_model_region",
}


def cache_folder() -> Path:
    return Path(os.environ["CACHE_LEAK_TEST_DOWNLOADS"]) / "flake8-cache-leak-tests"


@pytest.fixture(scope="session")
def pristine() -> Path:
    """The unpacked wheel, as it was published."""
    target = cache_folder() / f"litellm-{VERSION}"
    if not (target / "litellm").is_dir():
        wheels = cache_folder() / "wheels"
        wheels.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(wheels),
             f"litellm=={VERSION}"],
            check=True,
        )  # fmt: skip
        (wheel,) = wheels.glob(f"litellm-{VERSION}-*.whl")
        unpacking = target.with_suffix(".unpacking")
        shutil.rmtree(unpacking, ignore_errors=True)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacking)
        unpacking.replace(target)
    return target


def run(where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lint_rules", *arguments]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def checked(pristine: Path) -> dict[str, Any]:
    """The report on the whole tree, made once."""
    done = run(pristine, "--check", "--output-format", "json", "litellm")
    assert done.returncode == 1, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def found(report: dict[str, Any]) -> set[tuple[str, str, str, tuple[str, ...]]]:
    return {
        (f["path"], f["code"], f["function"], tuple(sorted(x["name"] for x in f["fields"])))
        for f in report["findings"]
    }


def expected() -> set[tuple[str, str, str, tuple[str, ...]]]:
    merge = "update_valid_token_with_end_user_params"
    guarded = (
        "end_user_tpm_limit",
        "end_user_rpm_limit",
        "allowed_model_region",
        "end_user_model_max_budget",
    )
    helper = "_copy_user_api_key_auth_for_cache"
    return {
        (HELPERS, "CCL101", helper, tuple(sorted(FIELDS))),
        (MERGES, "CCL203", merge, ("end_user_max_budget",)),
        *((MERGES, "CCL202", merge, (name,)) for name in guarded),
    }


def test_the_whole_tree_gives_the_two_known_defects_and_nothing_else(
    checked: dict[str, Any],
) -> None:
    assert found(checked) == expected()
    assert checked["errors"] == []


def test_the_page_names_every_finding() -> None:
    table = (
        PAGE.read_text(encoding="utf-8").partition("| finding | fields |")[2].partition("\n\n")[0]
    )
    rows = [row for row in table.splitlines() if row.startswith("| CCL")]
    told: set[tuple[str, str]] = set()
    for row in rows:
        code, fields = row[2:8], row.partition(" | ")[2]
        told |= {(code, name) for name in re.findall(r"`(\w+)`", fields)}
    assert told == {(code, name) for _, code, _, names in expected() for name in names}


def test_the_page_shows_the_real_diff(pristine: Path) -> None:
    blocks = [b for b in read_blocks(PAGE, "docs/litellm.md") if "checked by" in b.marks]
    (command,) = read_commands(blocks[0])
    words = command.line.split()
    assert words[0] == "fix-cache-leak"
    done = run(pristine, *words[1:])
    assert done.returncode == 1
    compare(blocks[1].place, blocks[1].text, done.stdout + done.stderr)


def test_every_field_has_its_evidence(checked: dict[str, Any]) -> None:
    for finding in checked["findings"]:
        for field in finding["fields"]:
            assert field["evidence"], field
            for proof in field["evidence"]:
                assert proof["line"] > 0 and proof["path"].startswith("litellm/")


def test_each_file_alone_and_flake8_say_the_same(pristine: Path, checked: dict[str, Any]) -> None:
    whole = {(f["path"], f["line"], f["column"], f["code"]) for f in checked["findings"]}
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--isolated", "--select", "CCL", "-j1", "--format",
         "%(path)s|%(row)d|%(col)d|%(code)s", HELPERS, MERGES],
        cwd=pristine, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line.split("|") for line in done.stdout.splitlines()]
    assert {(path, int(row), int(col), code) for path, row, col, code in lines} == whole
    for name in (HELPERS, MERGES):
        alone = json.loads(run(pristine, "--check", "--output-format", "json", name).stdout)
        mine = {(f["path"], f["line"], f["column"], f["code"]) for f in alone["findings"]}
        assert mine == {key for key in whole if key[0] == name}


@pytest.fixture(scope="session")
def repaired(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package after ``fix-cache-leak litellm``."""
    where = tmp_path_factory.mktemp("litellm")
    shutil.copytree(pristine / "litellm", where / "litellm")
    done = run(where, "litellm")
    assert done.returncode == 0, done.stdout + done.stderr
    return where


def contents(where: Path) -> dict[str, bytes]:
    files = (p for p in (where / "litellm").rglob("*") if p.is_file())
    return {p.relative_to(where).as_posix(): p.read_bytes() for p in files if p.suffix != ".pyc"}


def test_only_the_two_files_change(pristine: Path, repaired: Path) -> None:
    before, after = contents(pristine), contents(repaired)
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == {HELPERS, MERGES}


def test_the_helper_resets_and_the_merge_overwrites(repaired: Path) -> None:
    helper = _function(repaired / HELPERS, "_copy_user_api_key_auth_for_cache")
    for name in FIELDS:
        assert f"copied_key_obj.{name} = None" in helper
    merge = _function(repaired / MERGES, "update_valid_token_with_end_user_params")
    for name in FIELDS - {"end_user_object_permission"}:
        assert f'valid_token.{name} = end_user_params.get("{name}")' in merge
    assert "end_user_object_permission" not in merge
    assert "if " not in merge.split("from silently", 1)[1]


def test_a_second_run_changes_nothing(repaired: Path) -> None:
    before = contents(repaired)
    assert run(repaired, "litellm/proxy/auth").returncode == 0  # where the repairs were
    assert contents(repaired) == before


def _function(path: Path, name: str) -> str:
    import ast

    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return ast.get_source_segment(text, node) or ""
    raise AssertionError(name)


@pytest.fixture(scope="session")
def proxy_python() -> Path:
    """A Python with litellm's own dependencies, so that its code can be run."""
    target = cache_folder() / f"litellm-{VERSION}-environment"
    python = target / ("Scripts" if os.name == "nt" else "bin") / "python"
    ready = target / "ready"
    if not ready.exists():
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(target)], check=True)
        install = [
            str(python),
            "-m",
            "pip",
            "install",
            "-q",
            f"litellm[proxy]=={VERSION}",
            "pytest",
        ]
        subprocess.run(install, check=True)
        ready.touch()
    return python


def run_with(
    python: Path, where: Path, *arguments: str, cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run Python on the litellm in ``where``, with ``lint_rules.testing`` beside it, offline."""
    paths = os.pathsep.join([str(where), str(Path(__file__).parents[1])])
    environment = {**os.environ, "PYTHONPATH": paths, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    command = [str(python), "-B", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_the_fixed_functions_with_the_real_model(
    repaired: Path, proxy_python: Path, tmp_path: Path
) -> None:
    """Alice's object is left alone, and bob gets his own values."""
    source = "\n\n".join(
        (
            "from litellm.proxy._types import UserAPIKeyAuth",
            _function(repaired / HELPERS, "_copy_user_api_key_auth_for_cache"),
            _function(repaired / MERGES, "update_valid_token_with_end_user_params"),
            "alice = UserAPIKeyAuth(api_key='k', end_user_id='alice', end_user_max_budget=2.0)",
            "cached = _copy_user_api_key_auth_for_cache(alice)",
            "assert alice.end_user_max_budget == 2.0 and cached.end_user_max_budget is None",
            "bob = update_valid_token_with_end_user_params(alice, {'end_user_id': 'bob'})",
            "assert bob.end_user_id == 'bob' and bob.end_user_max_budget is None",
        )
    )
    done = run_with(proxy_python, repaired, "-c", source, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_written_tests_fail_on_litellm_and_pass_on_the_repaired_one(
    pristine: Path, repaired: Path, proxy_python: Path, tmp_path: Path
) -> None:
    name = "test_shared_keys.py"
    done = run(pristine, "--write-tests", str(tmp_path / name), HELPERS, MERGES)
    assert done.returncode == 0, done.stderr
    pytest_ = ("-m", "pytest", "-q", "-p", "no:cacheprovider", name)

    before = run_with(proxy_python, pristine, *pytest_, cwd=tmp_path)
    assert before.returncode == 1, before.stdout + before.stderr
    assert "2 failed" in before.stdout
    for field in FIELDS:
        said = f"_copy_user_api_key_auth_for_cache: {field} of what goes into the cache is still"
        assert said in before.stdout
    assert "end_user_max_budget is 1003.5 after the merge, not 2003.5" in before.stdout

    after = run_with(proxy_python, repaired, *pytest_, cwd=tmp_path)
    assert "2 passed" in after.stdout, after.stdout + after.stderr
