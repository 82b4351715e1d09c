"""Each face shows the same findings at the same places, however flake8 is run."""

from __future__ import annotations

import json
import multiprocessing
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GATEWAY = Path(__file__).parents[1] / "examples" / "gateway"
FORMAT = "--format=%(path)s|%(row)d|%(col)d|%(code)s"
START = (
    "import sys, multiprocessing; multiprocessing.set_start_method(sys.argv.pop(1));"
    "from flake8.main.cli import main; sys.exit(main(sys.argv[1:]))"
)

Place = tuple[str, int, int, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(GATEWAY, tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def _run(folder: Path, *arguments: str, text: str | None = None) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, input=text, capture_output=True, encoding="utf-8",
        timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def _cli(folder: Path, *arguments: str, text: str | None = None) -> set[Place]:
    out = _run(
        folder, "-m", "lint_rules", "--check", "--output-format", "json", *arguments, text=text
    )
    return {
        (entry["path"], entry["line"], entry["column"], entry["code"])
        for entry in json.loads(out)["findings"]
    }


def _flake8(folder: Path, *arguments: str, text: str | None = None) -> set[Place]:
    out = _run(folder, "-m", "flake8", "--select=CCL", FORMAT, *arguments, text=text)
    return _places(out)


def _places(out: str) -> set[Place]:
    found = set()
    for line in out.splitlines():
        path, row, column, code = line.split("|")
        found.add((re.sub(r"^\./", "", path), int(row), int(column), code))
    return found


def test_the_number_of_flake8_s_processes_changes_nothing(folder: Path) -> None:
    expected = _cli(folder, "gateway")
    assert len(expected) == 5
    assert _flake8(folder, "-j1", "gateway") == expected
    assert _flake8(folder, "-j2", "gateway") == expected


@pytest.mark.parametrize("method", sorted(set(multiprocessing.get_all_start_methods())))
def test_however_processes_start_they_say_the_same(folder: Path, method: str) -> None:
    (folder / "setup.cfg").write_text("[flake8]\ncache-leak-shared-fields = end_user_id\n")
    (folder / "pyproject.toml").write_text('[tool.cache-leak]\ncache-objects = ["memo"]\n')
    expected = _cli(folder, "gateway")
    assert len(expected) == 5
    for jobs in ("-j1", "-j2"):
        out = _run(folder, "-c", START, method, "--select=CCL", FORMAT, jobs, "gateway")
        assert _places(out) == expected


TWICE = """
import runpy, sys
from pathlib import Path
changed, old, new, *arguments = sys.argv[1:]
for round in 1, 2:
    sys.argv = ["flake8", *arguments]
    try:
        runpy.run_module("flake8", run_name="__main__")
    except SystemExit:
        print("--")
    path = Path(changed)
    path.write_text(path.read_text().replace(old, new))
"""


@pytest.mark.parametrize(
    "change", [("gateway/models.py", "end_user_", "eu_"), ("pyproject.toml", "#", "")]
)
def test_a_process_that_lives_for_many_runs_sees_files_and_settings_change(
    folder: Path, change: tuple[str, str, str]
) -> None:
    """As under an editor's language server that runs flake8 inside itself."""
    name = "gateway/end_users.py"
    settings = '[tool.cache-leak]\n#shared-fields = ["end_user_tpm_limit"]\n'
    (folder / "pyproject.toml").write_text(settings)
    expected = _cli(folder, name)
    assert len(expected) == 4
    out = _run(folder, "-c", TWICE, *change, "--select=CCL", FORMAT, "-j1", name)
    first, second, _ = out.split("--\n")
    assert _places(first) == expected
    assert _places(second) == _cli(folder, name) != expected


def test_standard_input_says_the_same(folder: Path) -> None:
    name = "gateway/end_users.py"
    text = (folder / name).read_text(encoding="utf-8")
    expected = _cli(folder, name)
    assert len(expected) == 4
    assert _cli(folder, "-", "--stdin-filename", name, text=text) == expected
    assert _flake8(folder, "--stdin-display-name", name, "-", text=text) == expected


@pytest.mark.parametrize(
    "options", [("--ignore=CCL2",), ("--ignore=CCL101,CCL203",), ("--select=CCL20",)]
)
def test_selection_is_flake8_s(folder: Path, options: tuple[str, ...]) -> None:
    expected = _cli(folder, *options, "gateway")
    assert 0 < len(expected) < 5
    assert _flake8(folder, *options, "gateway") == expected


@pytest.mark.parametrize(
    ("comment", "left"),
    [("# noqa", 4), ("# noqa: CCL101", 4), ("# noqa:CCL", 4), ("# noqa: E501", 5)],
)
def test_noqa_is_flake8_s(folder: Path, comment: str, left: int) -> None:
    path = folder / "gateway" / "auth.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("auth.model_copy()", f"auth.model_copy()  {comment}"))
    expected = _cli(folder, "gateway")
    assert len(expected) == left
    assert _flake8(folder, "gateway") == expected


def test_a_file_under_noqa_is_silent_in_both(folder: Path) -> None:
    path = folder / "gateway" / "end_users.py"
    path.write_text("# flake8: noqa\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    expected = _cli(folder, "gateway")
    assert {code for *_, code in expected} == {"CCL101"}
    assert _flake8(folder, "gateway") == expected


@pytest.mark.parametrize("name", ["setup.cfg", "tox.ini", ".flake8"])
def test_the_same_settings_from_either_file(folder: Path, name: str) -> None:
    (folder / name).write_text("[flake8]\ncache-leak-shared-fields = end_user_*\n")
    from_cfg = _cli(folder, "gateway")
    assert _flake8(folder, "gateway") == from_cfg
    (folder / name).unlink()
    (folder / "pyproject.toml").write_text('[tool.cache-leak]\nshared-fields = ["end_user_*"]\n')
    assert _cli(folder, "gateway") == from_cfg == _flake8(folder, "gateway")
    assert len(from_cfg) < 5
    (folder / name).write_text("[flake8]\ncache-leak-shared-fields = nothing_else\n")
    assert len(_cli(folder, "gateway")) == len(_flake8(folder, "gateway")) == 5
    option = "shared-fields=end_user_*"
    assert _cli(folder, f"--{option}", "gateway") == from_cfg
    assert _flake8(folder, f"--cache-leak-{option}", "gateway") == from_cfg


@pytest.mark.parametrize("name", ["setup.cfg", "tox.ini", ".flake8", "pyproject.toml"])
@pytest.mark.parametrize(
    ("key", "values", "said"),
    [
        ("shared-field", ["x"], "unknown option"),
        ("cache-objects", ["a b!"], "is not a name pattern"),
    ],
)
def test_a_mistake_is_told_in_both_with_file_and_key(
    folder: Path, name: str, key: str, values: list[str], said: str
) -> None:
    toml = name == "pyproject.toml"
    section, full = ("tool.cache-leak", key) if toml else ("flake8", f"cache-leak-{key}")
    written = json.dumps(values) if toml else ",".join(values)
    (folder / name).write_text(f"[{section}]\n{full} = {written}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "lint_rules", "--check", "gateway"], cwd=folder,
        capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    told = _run(folder, "-m", "flake8", "--select=CCL", "gateway").splitlines()
    assert len(told) == len(list((folder / "gateway").glob("*.py")))
    for line in (done.stderr, *told):
        assert f" {name}: [{section}]: " in line
        assert full in line
        assert said in line


@pytest.mark.parametrize(
    ("ignores", "left"),
    [
        ("gateway/auth.py: CCL1", 4),
        ("auth.py:CCL101", 4),
        ("gateway/*: CCL2, E501", 1),
        ("*.py:C", 5),  # --select=CCL is the longer prefix
        ("other/auth.py: CCL1", 5),
        ("gateway/auth.py, gateway/end_users.py: CCL101 CCL202", 1),
    ],
)
def test_per_file_ignores_count_in_both(folder: Path, ignores: str, left: int) -> None:
    (folder / "setup.cfg").write_text(f"[flake8]\nper-file-ignores =\n    {ignores}\n")
    expected = _flake8(folder, "gateway")
    assert len(expected) == left
    assert _cli(folder, "--select", "CCL", "gateway") == expected
    assert _cli(folder, "--select", "CCL", "--config", "setup.cfg", "gateway") == expected
    assert len(_cli(folder, "--isolated", "gateway")) == 5


@pytest.mark.parametrize(
    ("section", "options", "left"),
    [
        ("ignore = CCL2", (), 1),
        ("ignore = E,W\nextend-ignore = CCL2", (), 1),
        ("extend_ignore = CCL202,CCL101", (), 1),
        ("select = CCL1", (), 1),
        ("select = E,CCL2,CCL101\nignore = CCL202", (), 2),
        ("extend-select = CCL101\nextend-ignore = C", (), 1),
        ("ignore = CCL1", ("--ignore=CCL2",), 1),
        ("extend-ignore = CCL1", ("--ignore=CCL203",), 3),
        ("select = CCL1", ("--select=CCL2",), 4),
        ("extend-exclude = end_users.py", (), 1),
        ("exclude = gateway/auth.py", (), 4),
        ("exclude =\n    gateway/end*,\n    .git", (), 1),
        ("exclude = */auth.py", (), 4),
    ],
)
def test_what_flake8_s_section_wants_holds_in_both(
    folder: Path, section: str, options: tuple[str, ...], left: int
) -> None:
    (folder / ".flake8").write_text(f"[flake8]\n{section}\n", encoding="utf-8")
    out = _run(folder, "-m", "flake8", FORMAT, *options, "gateway")
    expected = {place for place in _places(out) if place[3].startswith("CCL")}
    assert len(expected) == left
    assert _cli(folder, *options, "gateway") == expected
    assert len(_cli(folder, "--isolated", "gateway")) == 5


def test_a_selection_without_our_codes_is_about_other_plugins(folder: Path) -> None:
    (folder / "setup.cfg").write_text("[flake8]\nselect = E,F\n", encoding="utf-8")
    assert _places(_run(folder, "-m", "flake8", FORMAT, "--extend-ignore=E,W", "gateway")) == set()
    assert len(_cli(folder, "gateway")) == 5


def test_what_flake8_s_section_excludes_is_not_rewritten(folder: Path) -> None:
    (folder / "setup.cfg").write_text("[flake8]\nexclude = gateway/auth.py\n", encoding="utf-8")
    before = (folder / "gateway" / "auth.py").read_bytes()
    assert "end_users.py: fixed 4" in _run(folder, "-m", "lint_rules", ".")
    assert (folder / "gateway" / "auth.py").read_bytes() == before
    # What is named is taken, as a directory of it would be.
    assert "auth.py: fixed 1" in _run(folder, "-m", "lint_rules", "gateway/auth.py")


def test_what_flake8_s_section_says_of_a_file_holds_on_standard_input(folder: Path) -> None:
    ignores = "per-file-ignores = gateway/end_users.py: CCL202\nextend-ignore = CCL1"
    (folder / "tox.ini").write_text(f"[flake8]\n{ignores}\n", encoding="utf-8")
    name = "gateway/end_users.py"
    text = (folder / name).read_text(encoding="utf-8")
    expected = _cli(folder, "-", "--stdin-filename", name, text=text)
    assert {code for *_, code in expected} == {"CCL203"}
    assert _flake8(folder, "--stdin-display-name", name, "-", text=text) == expected


@pytest.mark.parametrize(
    "line", ["# flake8: noqa: CCL101", "# flake8: NOQA", "x = 1  # flake8: noqa"]
)
def test_a_noqa_for_files_is_flake8_s(folder: Path, line: str) -> None:
    path = folder / "gateway" / "auth.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n{line}\n", encoding="utf-8")
    assert _cli(folder, "gateway/auth.py") == _flake8(folder, "gateway/auth.py")


def test_what_a_file_ignores_is_not_repaired_either(folder: Path) -> None:
    (folder / "setup.cfg").write_text("[flake8]\nper-file-ignores = gateway/auth.py: CCL1\n")
    before = (folder / "gateway" / "auth.py").read_bytes()
    _run(folder, "-m", "lint_rules", "gateway")
    assert (folder / "gateway" / "auth.py").read_bytes() == before
    assert _cli(folder, "--isolated", "gateway/end_users.py") == set()


def test_malformed_per_file_ignores_are_one_clear_error(folder: Path) -> None:
    (folder / "setup.cfg").write_text("[flake8]\nper-file-ignores = auth.py\n")
    done = subprocess.run(
        [sys.executable, "-m", "lint_rules", "--check", "gateway"], cwd=folder,
        capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "setup.cfg: [flake8]: per-file-ignores: " in done.stderr
    assert "Traceback" not in done.stderr
