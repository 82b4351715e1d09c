"""Settings: one table, several files, clear words for mistakes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lint_rules.settings import OPTIONS, Settings, SettingsError, load_settings, split_list


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_table_names_every_setting() -> None:
    assert [option.attribute for option in OPTIONS] == list(Settings.__dataclass_fields__)
    assert all(option.default == getattr(Settings(), option.attribute) for option in OPTIONS)
    assert all(option.help.endswith(".") for option in OPTIONS)


def test_defaults_without_any_file(tmp_path: Path) -> None:
    loaded = load_settings(tmp_path)
    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {"default"}


def test_pyproject_is_found_above_a_file(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.cache-leak]\nshared-fields = ["a", "Auth.b"]\n')
    write(tmp_path / "src/pkg/pyproject.toml", "[tool.other]\nx = 1\n")
    source = write(tmp_path / "src/pkg/a.py", "")
    loaded = load_settings(source)
    assert loaded.settings.shared_fields == ("a", "Auth.b")
    assert loaded.origins["shared-fields"] == "pyproject.toml"
    assert loaded.origins["merge-functions"] == "default"


def test_the_nearest_pyproject_with_the_table_wins(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", '[tool.cache-leak]\ncache-objects = ["far"]\n')
    write(tmp_path / "sub/pyproject.toml", '[tool.cache-leak]\nshared-fields = ["near"]\n')
    settings = load_settings(tmp_path / "sub").settings
    assert settings == Settings(shared_fields=("near",))


@pytest.mark.parametrize("name", ["setup.cfg", "tox.ini", ".flake8"])
def test_the_flake8_section_wins(tmp_path: Path, name: str) -> None:
    write(
        tmp_path / "pyproject.toml",
        '[tool.cache-leak]\nshared-fields = ["a"]\ncache-objects = ["memo"]\n',
    )
    write(tmp_path / name, "[flake8]\ncache-leak-shared-fields =\n    b,\n    c d\n")
    loaded = load_settings(tmp_path)
    assert loaded.settings == Settings(shared_fields=("b", "c", "d"), cache_objects=("memo",))
    assert loaded.origins["shared-fields"] == name
    assert loaded.origins["cache-objects"] == "pyproject.toml"


def test_only_the_nearest_flake8_file_counts(tmp_path: Path) -> None:
    write(tmp_path / "setup.cfg", "[flake8]\ncache_leak_shared_fields = far\n")
    write(tmp_path / "sub/.flake8", "[flake8]\nmax-line-length = 100\n")
    assert load_settings(tmp_path / "sub").settings == Settings()
    assert load_settings(tmp_path).settings.shared_fields == ("far",)


def test_a_setup_cfg_without_the_section_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "setup.cfg", "[metadata]\nname = flake8-thing\n")
    write(tmp_path / "tox.ini", "[flake8]\ncache-leak-cache-objects = memo\n")
    assert load_settings(tmp_path).settings.cache_objects == ("memo",)


def test_per_request_fields_can_be_emptied(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.cache-leak]\nper-request-fields = []\n")
    assert load_settings(tmp_path).settings.per_request_fields == ()


def test_overrides_win(tmp_path: Path) -> None:
    write(tmp_path / "setup.cfg", "[flake8]\ncache-leak-shared-fields = a\n")
    loaded = load_settings(tmp_path, overrides={"shared-fields": ("z",)})
    assert loaded.settings.shared_fields == ("z",)
    assert loaded.origins["shared-fields"] == "command line"


def test_isolated_reads_nothing(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.cache-leak]\nnonsense = 1\n")
    assert load_settings(tmp_path, isolated=True).settings == Settings()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own.toml", '[tool.cache-leak]\nshared-fields = ["x"]\n'),
        ("own.cfg", "[flake8]\ncache-leak-shared-fields = x\n"),
    ],
)
def test_a_given_file_is_the_only_one(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path / "pyproject.toml", '[tool.cache-leak]\ncache-objects = ["memo"]\n')
    config = write(tmp_path / "conf" / name, text)
    assert load_settings(tmp_path, config=config).settings == Settings(shared_fields=("x",))


BAD = {
    "unknown key": ("pyproject.toml", "[tool.cache-leak]\nshared-field = []\n", "shared-fields"),
    "unknown ini key": ("setup.cfg", "[flake8]\ncache-leak-shared = a\n", "shared-fields"),
    "far from any key": ("pyproject.toml", "[tool.cache-leak]\nqqq = []\n", "per-request-fields"),
    "string": ("pyproject.toml", '[tool.cache-leak]\nshared-fields = "a"\n', '["a"]'),
    "number": ("pyproject.toml", "[tool.cache-leak]\nshared-fields = 3\n", "not int"),
    "number inside": ("pyproject.toml", "[tool.cache-leak]\nshared-fields = [3]\n", "quotes"),
    "no table": ("pyproject.toml", "[tool]\ncache-leak = 1\n", "table"),
    "bad toml": ("pyproject.toml", "[tool.cache-leak\n", "TOML"),
    "bad glob": ("pyproject.toml", '[tool.cache-leak]\nshared-fields = ["a-b"]\n', "'a-b'"),
    "open bracket": ("pyproject.toml", '[tool.cache-leak]\nshared-fields = ["a[b"]\n', "'a[b'"),
    "empty": ("pyproject.toml", '[tool.cache-leak]\nshared-fields = [""]\n', "''"),
    "two dots": ("pyproject.toml", '[tool.cache-leak]\nshared-fields = ["a.b.c"]\n', "Model.field"),
    "dot": ("pyproject.toml", '[tool.cache-leak]\ncache-objects = ["a.b"]\n', "bare name"),
    "bad ini": ("setup.cfg", "[flake8]\ncache-leak-shared-fields = a\n[flake8]\n", "INI"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_mistake_is_one_clear_line(tmp_path: Path, case: str) -> None:
    name, text, expected = BAD[case]
    write(tmp_path / name, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path)
    message = str(caught.value)
    assert message.startswith(name)
    assert expected in message
    assert "\n" not in message


def test_a_missing_config_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--config"):
        load_settings(tmp_path, config=tmp_path / "none.toml")


def test_broken_files_that_are_not_ours_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[broken\n")
    write(tmp_path / "setup.cfg", "[flake8\n")
    assert load_settings(tmp_path).settings == Settings()


@pytest.mark.parametrize(
    "glob", ["end_user_*", "a?b", "[ab]x", "[!a-c]x", "Auth.end_*", "été", "*"]
)
def test_good_globs(tmp_path: Path, glob: str) -> None:
    loaded = load_settings(tmp_path, overrides={"per-request-fields": (glob,)})
    assert loaded.settings.per_request_fields == (glob,)


def test_lists_are_split_as_flake8_does() -> None:
    assert split_list(" a,b\n c ,,d ") == ("a", "b", "c", "d")


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from pathlib import Path; import lint_rules.settings as s;"
        "s.load_settings(Path('.'));"
        "print([m for m in ('tomllib', 'configparser', 'click', 'flake8', 'libcst')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd(),
        env={"PYTHONPATH": str(Path(__file__).parents[1])},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["flake8-cache-leak", "fix-cache-leak", "cache_leak", "cacheleak"])
def test_a_table_with_another_name_is_an_error(tmp_path: Path, name: str) -> None:
    write(tmp_path / "pyproject.toml", f'[tool.{name}]\nshared-fields = ["a"]\n')
    with pytest.raises(SettingsError, match=rf"\[tool.{name}\] is read by nothing; did you mean"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "section"),
    [
        ("x.toml", 'shared-fields = ["a"]\n', "[tool.cache-leak]"),
        ("x.cfg", "[tool.cache-leak]\nshared-fields = a\n", "[flake8]"),
    ],
)
def test_a_file_given_by_name_has_a_section_for_us(
    tmp_path: Path, name: str, text: str, section: str
) -> None:
    config = write(tmp_path / name, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(tmp_path, config=config)
    assert f"{name}: has no {section}; write it" in str(caught.value)
