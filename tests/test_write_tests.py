"""``--write-tests``: the command, what it leaves out, and the page about it."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click_runner import invoke as cli

from lint_rules.testing import assert_overwrites, assert_reset_for_cache

GATEWAY = Path(__file__).parents[1] / "examples" / "gateway"


# ------------------------------------------------------------------------ the command


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the example in it: ``gateway`` and ``tests``."""
    shutil.copytree(GATEWAY, tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    (tmp_path / "tests").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


FILE = "tests/test_shared_keys.py"


def pytest_says(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", FILE],
        cwd=project, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_gateway_before_and_after_its_repair(gateway: Path) -> None:
    result = cli("--write-tests", FILE, "gateway")
    assert result.exit_code == 0
    assert result.stderr == f"{FILE}: 2 tests\n"
    assert result.stdout == ""
    text = (gateway / FILE).read_text()
    before = pytest_says(gateway)
    assert before.returncode == 1
    assert "2 failed" in before.stdout
    assert "copy_key_auth_for_cache: end_user_id of what goes into the cache" in before.stdout
    assert "'first-end_user_id'" in before.stdout
    assert "update_key_auth_with_end_user_params: end_user_max_budget is 1001.5" in before.stdout

    assert cli("gateway").exit_code == 0
    assert "2 passed" in pytest_says(gateway).stdout
    assert cli("--write-tests", FILE, "gateway").exit_code == 0
    assert (gateway / FILE).read_text() == text, "repaired code is tested for the same"


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        (
            "auth.py", "copied.end_user_max_budget = None", "pass",
            "end_user_max_budget of what goes into the cache is still 1001.5",
        ),
        (
            "end_users.py", 'auth.end_user_tpm_limit = params.get("end_user_tpm_limit")',
            'auth.end_user_tpm_limit = params.get("end_user_tpm_limit") or auth.end_user_tpm_limit',
            "end_user_tpm_limit is still 1002, which the first end user left on the shared KeyAuth",
        ),
        (
            "end_users.py", 'auth.end_user_id = params.get("end_user_id")', "auth.end_user_id = None",
            "end_user_id is None after the merge, not 'second-end_user_id'",
        ),
        (
            "auth.py", "copied.end_user_tpm_limit = None",
            "copied.end_user_tpm_limit = auth.end_user_tpm_limit = None",
            "end_user_tpm_limit of the object it was given is None now, no longer 1002",
        ),
    ],
)  # fmt: skip
def test_each_mistake_in_the_repaired_gateway_is_found(
    gateway: Path, file: str, right: str, wrong: str, said: str
) -> None:
    cli("--write-tests", FILE, "gateway")
    cli("gateway")
    path = gateway / "gateway" / file
    assert path.read_text().count(right) == 1
    path.write_text(path.read_text().replace(right, wrong))
    done = pytest_says(gateway)
    assert done.returncode == 1
    assert said in done.stdout


def test_it_reads_well_and_says_how_it_was_made(gateway: Path) -> None:
    cli("--write-tests", FILE, "gateway")
    text = (gateway / FILE).read_text()
    assert text.startswith('"""Two end users share one key: neither may get')
    assert f"#     fix-cache-leak --write-tests {FILE} gateway\n" in text
    assert re.search(r"^# Written by fix-cache-leak --write-tests \[[0-9a-f]{16}\]", text, re.M)
    isort = ["ruff", "check", "--isolated", "--select", "I", FILE]
    done = subprocess.run(
        [sys.executable, "-m", *isort], cwd=gateway, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_code_is_not_changed_and_runs_write_the_same_bytes(gateway: Path) -> None:
    code = {path: path.read_bytes() for path in gateway.rglob("gateway/*.py")}
    texts = set()
    for jobs in ("1", "2"):
        for paths in (["gateway"], ["gateway"]):
            cli("--write-tests", FILE, "--jobs", jobs, *paths)
            texts.add((gateway / FILE).read_bytes())
            (gateway / FILE).unlink()
    assert len(texts) == 1
    assert code == {path: path.read_bytes() for path in gateway.rglob("gateway/*.py")}
    one = cli("--write-tests", "-", "gateway/auth.py", "gateway/end_users.py").stdout
    other = cli("--write-tests", "-", "gateway/end_users.py", "gateway/auth.py").stdout
    assert one.partition("\nfrom")[2] == other.partition("\nfrom")[2]


def test_a_dash_prints_it(gateway: Path) -> None:
    result = cli("--write-tests", "-", "gateway")
    assert result.exit_code == 0
    compile(result.stdout, "printed", "exec")
    assert "def test_copy_key_auth_for_cache_resets() -> None:" in result.stdout
    assert not (gateway / "-").exists()


def test_a_file_of_somebody_elses_is_left_alone(gateway: Path) -> None:
    (gateway / FILE).write_text("def test_mine() -> None:\n    assert True\n")
    result = cli("--write-tests", FILE, "gateway")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert f"{FILE}: not written: it is there already, and --write-tests did not" in result.stderr
    assert "give another name" in result.stderr
    assert (gateway / FILE).read_text() == "def test_mine() -> None:\n    assert True\n"


def test_a_file_that_was_changed_by_hand_is_left_alone(gateway: Path) -> None:
    cli("--write-tests", FILE, "gateway")
    text = (gateway / FILE).read_text()
    for changed in (text.replace('"request_route"', '"other"'), f"{text}\n# keep this\n"):
        (gateway / FILE).write_text(changed)
        result = cli("--write-tests", FILE, "gateway")
        assert result.exit_code == 2
        assert "changed by hand since it was written; delete it, or give another" in result.stderr
        assert (gateway / FILE).read_text() == changed


def test_a_file_that_a_formatter_changed_is_written_anew(gateway: Path) -> None:
    cli("--write-tests", FILE, "gateway")
    text = (gateway / FILE).read_text()
    reformatted = re.sub(r",\n +\]", "]", text).replace("\n\n\n", "\n\n").replace('"', "'")
    assert reformatted != text
    (gateway / FILE).write_text(reformatted)
    assert cli("--write-tests", FILE, "gateway").exit_code == 0
    assert (gateway / FILE).read_text() == text


def test_an_older_one_is_replaced_and_keeps_its_mode(gateway: Path) -> None:
    cli("--write-tests", FILE, "gateway/auth.py")
    (gateway / FILE).chmod(0o600)
    assert cli("--write-tests", FILE, "gateway").exit_code == 0
    assert "update_key_auth" in (gateway / FILE).read_text()
    assert stat.S_IMODE((gateway / FILE).stat().st_mode) == 0o600
    assert [path.name for path in (gateway / "tests").iterdir()] == ["test_shared_keys.py"]


def test_a_new_file_has_the_usual_mode(gateway: Path) -> None:
    (gateway / "other").touch()
    cli("--write-tests", FILE, "gateway")
    assert (gateway / FILE).stat().st_mode == (gateway / "other").stat().st_mode


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("no/such/test_x.py", "no/such is no directory; make it first"),
        ("gateway/auth.py/test_x.py", "gateway/auth.py is no directory; make it first"),
        (f"test_{'x' * 300}.py", "File name too long; give a path that can be written"),
    ],
    ids=["no folder", "a file", "too long"],
)
def test_a_place_that_cannot_be_written_is_one_clear_line(
    gateway: Path, file: str, reason: str
) -> None:
    result = cli("--write-tests", file, "gateway")
    assert result.exit_code == 2
    assert result.stderr == f"fix-cache-leak: error: {file}: not written: {reason}\n"
    assert not list(gateway.rglob("*.tmp"))


def test_a_directory_is_bad_usage(gateway: Path) -> None:
    result = cli("--write-tests", "tests", "gateway")
    assert result.exit_code == 2
    assert "tests" in result.stderr


def test_a_failing_disk_leaves_nothing_behind(
    gateway: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    for prepared in (False, True):
        if prepared:
            monkeypatch.undo()
            monkeypatch.chdir(gateway)
            cli("--write-tests", FILE, "gateway/auth.py")
        old = (gateway / FILE).read_bytes() if prepared else None
        monkeypatch.setattr(os, "fsync", full)
        result = cli("--write-tests", FILE, "gateway")
        assert result.exit_code == 2
        assert "No space left on device" in result.stderr
        assert [p.read_bytes() for p in (gateway / "tests").iterdir()] == ([old] if old else [])


def test_a_name_that_pytest_does_not_collect_is_said(gateway: Path) -> None:
    assert "test_*.py" in cli("--write-tests", "shared.py", "gateway").stderr
    assert "test_*.py" not in cli("--write-tests", "shared_test.py", "gateway").stderr


def test_nothing_to_test_writes_nothing_and_says_so(gateway: Path) -> None:
    result = cli("--write-tests", FILE, "gateway/cache.py")
    assert result.exit_code == 0
    assert "not written: nothing was found that a test could call" in result.stderr
    assert not (gateway / FILE).exists()


@pytest.mark.parametrize(
    "other",
    [("--check",), ("--diff",), ("--matrix",), ("--output-format", "json"), ("--output-file", "x")],
)
def test_what_does_not_go_together_is_bad_usage(gateway: Path, other: tuple[str, ...]) -> None:
    result = cli("--write-tests", FILE, *other, "gateway")
    assert result.exit_code == 2
    assert "--write-tests" in result.stderr
    assert not (gateway / FILE).exists()


def test_a_broken_file_is_said_and_the_rest_is_tested(gateway: Path) -> None:
    (gateway / "gateway" / "broken.py").write_text(
        "def copy_for_cache(auth):\n    return copy(auth,\n"
    )
    result = cli("--write-tests", FILE, "gateway")
    assert result.exit_code == 2
    assert "broken.py" in result.stderr
    assert "2 tests" in result.stderr
    assert (gateway / FILE).exists()


# ------------------------------------------------------------------------ what is left out


def test_what_somebody_accepted_is_left_out(gateway: Path) -> None:
    path = gateway / "gateway" / "end_users.py"
    line = 'auth.end_user_tpm_limit = params["end_user_tpm_limit"]'
    path.write_text(path.read_text().replace(line, f"{line}  # noqa: CCL202"))
    text = cli("--write-tests", "-", "gateway").stdout
    merge = text.partition("_overwrites() -> None:")[2].partition("also=")[0]
    assert '"end_user_tpm_limit"' not in merge
    assert '"end_user_rpm_limit"' in merge
    said = " ".join(re.findall(r"^# [* ] (.*)$", text, re.M))
    assert "end_user_tpm_limit: its finding is suppressed, not selected, or accepted" in said

    selected = cli("--write-tests", "-", "--select", "CCL1", "gateway").stdout
    assert (
        '"end_user_rpm_limit"'
        not in selected.partition("_overwrites() -> None:")[2].partition("also=")[0]
    )
    assert '"end_user_rpm_limit"' in selected.partition("_resets() -> None:")[2]

    cli("--check", "--write-baseline", "baseline.json", "gateway")
    accepted = cli("--write-tests", FILE, "--baseline", "baseline.json", "gateway")
    assert accepted.exit_code == 0
    assert "2 passed" in pytest_says(gateway).stdout


MODELS = """\
from pydantic import BaseModel


class Auth(BaseModel):
    token: str = ""
    end_user_id: str | None = None
    end_user_max_budget: float | None = None


_cache: dict[str, Auth] = {}
"""
CALLS = {
    "closure": (
        "def outer():\n    def copy_for_cache(auth: Auth) -> Auth:\n        return auth.model_copy()\n",
        "outer.copy_for_cache: it is defined inside outer",
    ),
    "parameter": (
        "def copy_for_cache(auth: Auth, request: Request) -> Auth:\n    return auth.model_copy()\n",
        "copy_for_cache: a test does not know what to pass for 'request'",
    ),
    "generator": (
        "def copy_for_cache(auth: Auth):\n    copied = auth.model_copy()\n    _cache['k'] = copied\n"
        "    yield copied\n",
        "copy_for_cache: it is a generator",
    ),
    "needs": (
        "class Store:\n    def __init__(self, url):\n        self.url = url\n\n"
        "    def copy_for_cache(self, auth: Auth) -> Auth:\n        return auth.model_copy()\n",
        "Store.copy_for_cache: Store needs arguments that a test does not know",
    ),
    "private": (
        "class Store:\n    def __copy_for_cache(self, auth: Auth) -> Auth:\n"
        "        return auth.model_copy()\n",
        "Store.__copy_for_cache: its name is private to its class",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CALLS)
def test_what_cannot_be_called_stands_in_the_file_with_the_reason(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, reason = CALLS[kind]
    (tmp_path / "app.py").write_text(
        f"{MODELS}\n\n{code}\n\ndef strip_for_cache(auth: Auth) -> Auth:\n    return auth.model_copy()\n"
    )
    text = cli("--write-tests", "-", "app.py").stdout
    said = " ".join(re.findall(r"^# [* ] (.*)$", text, re.M))
    assert f"app.py: {reason}" in said
    assert text.count("\ndef test_") == 1


CALLED = {
    "method": "class Store:\n    def copy_for_cache(self, auth: Auth) -> Auth:\n    {body}",
    "static": "class Store:\n    @staticmethod\n    def copy_for_cache(auth: Auth) -> Auth:\n    {body}",
    "class": "class Store:\n    @classmethod\n    def copy_for_cache(cls, auth: Auth) -> Auth:\n    {body}",
    "async": "async def copy_for_cache(auth: Auth) -> Auth:\n{body}",
    "place": "def copy_for_cache(auth: Auth, /, key: str) -> Auth:\n{body}",
    "keyword": "def copy_for_cache(*, auth: Auth, ttl: int, x: list | None) -> Auth:\n{body}",
    "flag": "def copy_for_cache(auth: Auth, deep: bool, *more, **rest) -> Auth:\n{body}",
    "cache": "def put_for_cache(auth: Auth, my_cache) -> None:\n"
    "    my_cache.set(auth.token, auth.model_copy({args}))\n",
    "async_cache": "async def put_for_cache(auth: Auth, my_cache: object = None) -> None:\n"
    "    await my_cache.async_set_cache(auth.token, auth.model_copy({args}))\n",
    "global": "def put_for_cache(auth: Auth) -> None:\n"
    "    _cache[auth.token] = auth.model_copy({args})\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", CALLED)
def test_every_way_to_call(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    reset = 'update={"end_user_id": None, "end_user_max_budget": None}'
    for args, expected in (("", "failed"), (reset, "passed")):
        body = f"    return auth.model_copy({args})\n"
        code = CALLED[kind].replace("{body}", body).replace("{args}", args)
        (tmp_path / "app.py").write_text(f"{MODELS}\n\n{code}")
        result = cli("--write-tests", FILE, "app.py")
        assert result.exit_code == 0
        done = pytest_says(tmp_path)
        assert expected in done.stdout, done.stdout
        assert "error" not in done.stdout.lower().replace("assertionerror", "")
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)


@pytest.mark.parametrize("flag", ["keep: bool = False", "keep=False", "*, keep: bool"])
def test_a_flag_takes_both_values(
    flag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    (tmp_path / "app.py").write_text(
        f"{MODELS}\n\ndef copy_for_cache(auth: Auth, {flag}) -> Auth:\n"
        "    copied = auth.model_copy(update={'end_user_id': None})\n"
        "    if not keep:\n        copied.end_user_max_budget = None\n    return copied\n"
    )
    cli("--write-tests", FILE, "app.py")
    done = pytest_says(tmp_path)
    assert "1 failed, 1 passed" in done.stdout
    assert "test_copy_for_cache_resets[True]" in done.stdout


def test_names_that_clash_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    helper = "\n\ndef copy_for_cache(auth: Auth) -> Auth:\n    return auth.model_copy()\n"
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(MODELS + helper)
    cli("--write-tests", FILE, "one.py", "two.py")
    text = (tmp_path / FILE).read_text()
    assert "copy_for_cache as copy_for_cache_2" in text
    assert "2 failed" in pytest_says(tmp_path).stdout
    for rules in ("I", "F,E"):
        lint = ["ruff", "check", "--isolated", "--select", rules, FILE]
        done = subprocess.run(
            [sys.executable, "-m", *lint], cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout


def test_hostile_names_cannot_break_out_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = 'x"""\nimport os\n\x1b[2J'
    folder = tmp_path / "a\\"
    folder.mkdir()
    helper = "\n\ndef copy_for_cache(auth: Auth) -> Auth:\n    return auth.model_copy()\n"
    (folder / "app.py").write_text(MODELS + helper)
    (tmp_path / f"{name}.py").write_text(MODELS + helper)
    result = cli("--write-tests", FILE.removeprefix("tests/"), "a\\", f"{name}.py")
    assert result.exit_code == 0
    text = (tmp_path / "test_shared_keys.py").read_text()
    compile(text, "written", "exec")
    assert "\x1b" not in text + result.stderr
    assert "\nimport os" not in text


def test_no_finding_is_lost_where_the_call_cannot_be_told(
    gateway: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = cli("--check", "gateway").stdout

    def broken(*arguments: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("lint_rules.inventory.call_of_helper", broken)
    assert cli("--check", "--jobs", "1", "gateway").stdout == checked
    text = cli("--write-tests", "-", "--jobs", "1", "gateway").stdout
    assert "(RuntimeError: boom)" in text
    assert "def test_update_key_auth" in text


# ------------------------------------------------------------------------ the page


PAGE = (GATEWAY.parents[1] / "docs/testing.md").read_text(encoding="utf-8")


def _blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.M | re.S)


def test_the_page_shows_what_is_written_and_said(gateway: Path) -> None:
    command, said = _blocks("console")[0].removeprefix("$ fix-cache-leak ").split("\n", 1)
    assert cli(*command.split()).stderr == said
    written = (gateway / FILE).read_text()
    assert re.sub(r"\[[0-9a-f]{16}\]", "[SUM]", written) == _blocks("python")[0]
    assert _blocks("text")[0] in pytest_says(gateway).stdout


@pytest.mark.parametrize(
    ("number", "leaking"), [(1, "2 failed"), (2, "1 failed, 1 passed")], ids=["first", "second"]
)
def test_the_pages_own_tests_fail_before_and_pass_after(
    gateway: Path, number: int, leaking: str
) -> None:
    (gateway / FILE).write_text(_blocks("python")[number])
    assert leaking in pytest_says(gateway).stdout
    cli("gateway")
    assert "2 passed" in pytest_says(gateway).stdout


def test_every_option_stands_on_the_page() -> None:
    for function in (assert_reset_for_cache, assert_overwrites):
        section = PAGE.partition(f"### {function.__name__}(")[2].partition("###")[0]
        for name in inspect.signature(function).parameters:
            assert re.search(rf"\b{name}\b", section), name
