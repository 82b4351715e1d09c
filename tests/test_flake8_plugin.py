"""The flake8 plugin, through flake8 itself."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from click_runner import invoke
from fake_engine import FakeEngine

from lint_rules import engine, flake8_plugin
from lint_rules.flake8_plugin import CacheLeakPlugin
from lint_rules.settings import OPTIONS, Settings

ROOT = Path(__file__).parents[1]
FAKED = (
    "import sys; sys.argv[0] = 'flake8'; import lint_rules.engine as e; from fake_engine import FakeEngine;"
    "e.Engine = FakeEngine; from flake8.main.cli import main; sys.exit(main())"
)
INSTALLED = any(
    point.value.startswith("lint_rules.") for point in entry_points(group="flake8.extension")
)


@pytest.fixture(autouse=True)
def _fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(engine, "Engine", FakeEngine)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(CacheLeakPlugin, "_told", flake8_plugin._Told(start=tmp_path))
    flake8_plugin.forget()
    yield
    flake8_plugin.forget()


def put(name: str, text: str) -> None:
    Path(name).write_bytes(text.encode())


LOCAL = "" if INSTALLED else (
    "[flake8:local-plugins]\nextension =\n"
    f"    CCL = lint_rules.flake8_plugin:CacheLeakPlugin\npaths = {ROOT}\n"
)  # fmt: skip


def flake8(*arguments: str, section: str = "", data: str | None = None) -> tuple[str, int]:
    put("setup.cfg", f"[flake8]\nselect = CCL,E9\n{section}\n{LOCAL}")
    return plain_flake8(*arguments, data=data)


def plain_flake8(*arguments: str, data: str | None = None) -> tuple[str, int]:
    output, code, said = run_flake8(*arguments, data=data)
    assert said == ""
    return output, code


def run_flake8(*arguments: str, data: str | None = None) -> tuple[str, int, str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    done = subprocess.run(
        [sys.executable, "-c", FAKED, *arguments], env=environment, capture_output=True, text=True,
        check=False, input=data,
    )  # fmt: skip
    return done.stdout, done.returncode, done.stderr


def lines(text: str, filename: str = "a.py") -> list[tuple[int, int, str]]:
    plugin = CacheLeakPlugin(ast.parse("x = 1"), filename, text.splitlines(keepends=True))
    return [problem[:3] for problem in plugin.run()]


def test_the_message_is_one_line() -> None:
    assert lines("x\n  LEAK\n") == [(2, 2, "CCL101 outer.inner: end_user_id, end_user_budget")]


def test_flake8_and_the_command_line_agree() -> None:
    put("a.py", "x = '漢', '\U0001f600', LEAK\n\x0c\nif x:\n\tSTUCK\n")
    put("b.py", "LEAK\r\nLEAK  # noqa\r\nLEAK  # noqa: CCL1\r\nSTUCK  # noqa: CCL1\r\n")
    put("c.py", "LEAK\n# flake8: noqa\n")
    output, code = flake8(".")
    ours = invoke("-q", "--check", "--output-format", "concise", ".").stdout
    assert code == 1
    places = [line.removeprefix("./").split(" ")[:2] for line in output.splitlines()]
    assert places == [line.split(" ")[:2] for line in ours.splitlines()]
    assert len(places) == 4


def test_noqa_is_left_to_flake8() -> None:
    put("a.py", "LEAK  # noqa\n")
    assert flake8("a.py") == ("", 0)
    assert flake8("--disable-noqa", "a.py")[1] == 1


def test_stdin() -> None:
    output, code = flake8("-", "--stdin-display-name", "pkg/x.py", data="LEAK\n")
    assert output.startswith("pkg/x.py:1:1: CCL101 outer.inner: ")
    assert code == 1


def test_a_crash_is_one_ccl901_and_the_others_are_done() -> None:
    put("a.py", "CRASH\n")
    put("b.py", "LEAK\n")
    put("c.py", "DEEP\n")
    output, _ = flake8("a.py", "b.py", "c.py")
    codes = [line.split()[1] for line in output.splitlines()]
    assert codes == ["CCL901", "CCL101", "CCL901"]
    assert "a.py:1:1: CCL901 could not be analysed: ValueError: made to fail;" in output


def test_a_syntax_error_is_left_to_flake8() -> None:
    put("a.py", "LEAK = (\n")
    output, _ = flake8("a.py")
    assert "CCL" not in output
    assert "E9" in output


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("setup.cfg", "cache-leak-shared-fields = a-b", "cache-leak-shared-fields: 'a-b' is not a"),
        ("setup.cfg", "cache_leak_shared_fields = a-b", "cache-leak-shared-fields: 'a-b' is not a"),
        (
            "tox.ini",
            "cache-leak-cache-objects =\n  x,\n  a.b",
            "'a.b' has too many dots; use the bare",
        ),
        (
            ".flake8",
            "cache-leak-shared-field = x",
            "unknown option 'cache-leak-shared-field'; did you mean 'cache-leak-shared-fields'?",
        ),
    ],
)
def test_a_mistake_in_flake8_s_files_is_one_ccl901_with_file_and_key(
    name: str, written: str, said: str
) -> None:
    put("a.py", "LEAK\n")
    put(name, f"[flake8]\nselect = CCL\n{written}\n{LOCAL}")
    output, code = plain_flake8("a.py")
    assert code == 1
    assert output.startswith(f"a.py:1:1: CCL901 {name}: [flake8]: ")
    assert said in output
    assert output.count("\n") == 1


def test_a_mistake_elsewhere_says_where() -> None:
    put("a.py", "LEAK\n")
    output, _ = flake8(
        "--cache-leak-shared-fields=a-b", "a.py", section="cache-leak-shared-fields = x"
    )
    assert "CCL901 command line: --cache-leak-shared-fields: 'a-b'" in output
    put("more.cfg", "[flake8]\ncache-leak-sharing = a\n")
    output, _ = flake8("--append-config", "more.cfg", "a.py")
    assert "CCL901 more.cfg: [flake8]: unknown option 'cache-leak-sharing'" in output
    assert "CCL101" in flake8("a.py")[0]
    put("pyproject.toml", "[tool.cache-leak]\nwrong = 1\n")
    assert "CCL901 pyproject.toml: [tool.cache-leak]: unknown option" in flake8("a.py")[0]
    assert "CCL101" in plain_flake8("--isolated", "--select=CCL", "a.py")[0]


def test_verbose_says_where_each_value_comes_from() -> None:
    put("a.py", "LEAK\n")
    put(
        "pyproject.toml",
        '[tool.cache-leak]\nshared-fields = ["p"]\ncache-objects = ["memo"]\n'
        'merge-functions = ["m_*"]\n',
    )
    put(
        "setup.cfg",
        f"[flake8]\ncache-leak-shared-fields = a\ncache-leak-merge-functions=x\n{LOCAL}",
    )
    for jobs in ("-j1", "-j2"):
        _, _, said = run_flake8(
            "-v", jobs, "--cache-leak-merge-functions=c, d", "a.py", "pyproject.toml"
        )
        assert [
            line.split(" INFO ")[1].strip() for line in said.splitlines() if "cache-leak-" in line
        ] == [
            "cache-leak-per-request-fields = end_user_*  [default]",
            "cache-leak-shared-fields = a  [setup.cfg]",
            "cache-leak-cache-copy-helpers = (none)  [default]",
            "cache-leak-merge-functions = c, d  [command line]",
            "cache-leak-cache-objects = memo  [pyproject.toml]",
        ]


def test_the_settings_of_stdin_are_those_of_its_file() -> None:
    Path("sub").mkdir()
    put("sub/pyproject.toml", "[tool.cache-leak]\nwrong = 1\n")
    assert "CCL101" in flake8("-", data="LEAK\n")[0]
    output, _ = flake8("-", "--stdin-display-name", "sub/x.py", data="LEAK\n")
    assert output.startswith("sub/x.py:1:1: CCL901 sub/pyproject.toml: [tool.cache-leak]: unknown")


def test_the_options_of_flake8_win(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Settings] = []

    class Spy(FakeEngine):
        def __init__(self, settings: Settings) -> None:
            super().__init__(settings)
            seen.append(settings)

    monkeypatch.setattr(engine, "Engine", Spy)
    put("pyproject.toml", '[tool.cache-leak]\nshared-fields = ["p"]\ncache-objects = ["memo"]\n')
    CacheLeakPlugin.parse_options(
        Namespace(cache_leak_shared_fields=["a", "b"], filenames=["a.py"], other=1)
    )
    assert seen == []
    lines("x\n")
    lines("y\n")
    assert seen == [Settings(shared_fields=("a", "b"), cache_objects=("memo",))]


@pytest.mark.parametrize(
    ("argv", "config", "isolated"),
    [
        (["/x/bin/flake8", "--config", "c.cfg", "--isolated", "a.py"], "c.cfg", True),
        (["C:\\\\x\\\\flake8.exe", "--config=c.cfg", "--unknown", "-"], "c.cfg", False),
        (["/x/flake8/__main__.py", "--isolated"], None, True),
        (["flake8", "--config"], None, False),
        (["/x/bin/pytest", "--config", "c.cfg", "--isolated"], None, False),
        ([], None, False),
    ],
)
def test_flake8_s_own_words_are_read_and_no_other_program_s(
    argv: list[str], config: str | None, isolated: bool
) -> None:
    files = flake8_plugin._files_asked_for(argv)
    assert (files.config, files.isolated) == (None if config is None else Path(config), isolated)


def test_options_on_both_of_flake8s_ways() -> None:
    put("a.py", "LEAK\n")
    for option in OPTIONS:
        assert "a.py:1:1: CCL101" in flake8(f"--cache-leak-{option.name}=a,b", "a.py")[0]
        assert "CCL901" in flake8(f"--cache-leak-{option.name}=a-b", "a.py")[0]
        assert "CCL901" in flake8("a.py", section=f"cache-leak-{option.name} =\n  a,\n  -")[0]


def test_errors_of_the_engine_are_one_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(FakeEngine):
        def __init__(self, settings: Settings) -> None:
            raise OSError("no\nway")

    monkeypatch.setattr(engine, "Engine", Failing)
    ((line, column, text),) = lines("LEAK\n")
    assert (line, column) == (1, 0)
    assert text.startswith("CCL901 could not be analysed: OSError: no way")


def test_processes() -> None:
    for number in range(6):
        put(f"m{number}.py", "LEAK\n")
    assert flake8("-j2", ".") == flake8("-j1", ".")


def test_the_plugin_imports_no_libcst() -> None:
    code = "import sys, lint_rules.flake8_plugin; print('libcst' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "False"
