"""The command line, as its contract has it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import Result
from click_runner import invoke
from fake_engine import FakeEngine

from lint_rules import __version__, engine
from lint_rules.settings import OPTIONS, Settings

ROOT = Path(__file__).parents[1]
FAKED = (
    "import sys; import lint_rules.engine as e; from fake_engine import FakeEngine;"
    "e.Engine = FakeEngine; from lint_rules.cli import main; sys.exit(main())"
)


@pytest.fixture(autouse=True)
def _fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "Engine", FakeEngine)
    monkeypatch.chdir(tmp_path)


def put(name: str, raw: bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def cli(*arguments: str, data: bytes | None = None) -> Result:
    result = invoke(*arguments, data=data)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def process(
    *arguments: str, code: str = FAKED, stdout: int = subprocess.PIPE, **environment: str
) -> subprocess.Popen[bytes]:
    """The command in a process of its own, in a session of its own."""
    path = f"{ROOT}{os.pathsep}{ROOT / 'tests'}"
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": path, **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


# ---------------------------------------------------------------------------- modes and exit codes


@pytest.mark.parametrize(
    ("raw", "plain", "check", "diff"),
    [
        (b"x = 1\n", 0, 0, 0),
        (b"LEAK\n", 0, 1, 1),
        (b"STUCK\n", 1, 1, 0),
        (b"LEAK STUCK\n", 1, 1, 1),
        (b"LEAK # noqa\n", 0, 0, 0),
        (b"CRASH\n", 2, 2, 2),
        (b"GATE LEAK\n", 2, 1, 2),
        (b"\xff\n", 2, 2, 2),
        (b"def f(:\n", 2, 2, 2),
    ],
)
def test_exit_codes(raw: bytes, plain: int, check: int, diff: int) -> None:
    path = put("a.py", raw)
    assert cli("--check", "a.py").exit_code == check
    assert cli("--diff", "a.py").exit_code == diff
    assert path.read_bytes() == raw
    assert cli("a.py").exit_code == plain


def test_plain_rewrites_and_says_what_and_why_not() -> None:
    path = put("a.py", b"LEAK\r\nSTUCK\r\n")
    result = cli("a.py")
    assert path.read_bytes() == b"DONE\r\nSTUCK\r\n"
    assert "a.py: fixed 1 finding\n" in result.stdout
    assert "1:1 CCL101 in outer.inner: end_user_id, end_user_budget" in result.stdout
    assert "an absent value now clears the field" in result.stdout
    assert "a.py:2:1: CCL202" in result.stdout
    assert "fix: none: the value is not the field's own" in result.stdout
    assert result.stdout.endswith("1 fixed, 1 remaining; 1 file checked\n")


def test_the_others_are_done_when_one_goes_wrong() -> None:
    put("bad.py", b"\xff")
    good = put("good.py", b"LEAK\n")
    result = cli("none.py", "bad.py", "good.py")
    assert result.exit_code == 2
    assert good.read_bytes() == b"DONE\n"
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["bad.py", "none.py"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--check", "--diff", "a.py"),
        ("-", "a.py"),
        ("--stdin-filename", "x.py", "a.py"),
        ("--config", "c.toml", "--isolated", "a.py"),
        ("--select", "E501", "a.py"),
        ("--ignore", "CCL1011", "a.py"),
        ("--jobs", "0", "a.py"),
        ("--output-format", "xml", "a.py"),
        ("--explain", "CCL999"),
        ("--nonsense", "a.py"),
        ("--config", "missing.toml", "a.py"),
        ("--shared-fields", "a-b", "a.py"),
        ("--baseline", "missing.json", "a.py"),
        ("--diff", "--write-baseline", "b.json", "a.py"),
        ("--write-baseline", "no/such/dir/b.json", "a.py"),
        ("--check", "--output-file", "no/such/dir/x", "a.py"),
    ],
)
def test_bad_usage_is_2_and_changes_nothing(arguments: tuple[str, ...]) -> None:
    path = put("a.py", b"LEAK\n")
    result = cli(*arguments)
    assert result.exit_code == 2
    assert "Error" in result.stderr or "error" in result.stderr
    assert "Traceback" not in result.output
    assert path.read_bytes() == b"LEAK\n"
    assert os.listdir() == ["a.py"]


def test_version_and_help() -> None:
    assert cli("--version").stdout == f"fix-cache-leak {__version__}\n"
    text = cli("--help").stdout
    assert all(f"--{option.name}" in text for option in OPTIONS)


def test_explain() -> None:
    result = cli("--explain", "ccl101")
    assert result.exit_code == 0
    assert result.stdout.startswith("# unreset-field (CCL101)\n")


# ---------------------------------------------------------------------------- settings


def test_settings_reach_the_engine_and_verbose_says_from_where(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Settings] = []

    class Spy(FakeEngine):
        def __init__(self, settings: Settings) -> None:
            super().__init__(settings)
            seen.append(settings)

    monkeypatch.setattr(engine, "Engine", Spy)
    put("pyproject.toml", b'[tool.cache-leak]\nshared-fields = ["p"]\ncache-objects = ["memo"]\n')
    put("a.py", b"x\n")
    result = cli("--check", "-v", "--shared-fields", "a,b", "--shared-fields", "c", "a.py")
    assert seen[0].shared_fields == ("a", "b", "c")
    assert seen[0].cache_objects == ("memo",)
    assert "shared-fields = a, b, c  [command line]" in result.stderr
    assert "cache-objects = memo  [pyproject.toml]" in result.stderr
    assert "merge-functions = (none)  [default]" in result.stderr


def test_a_bad_configuration_is_one_line() -> None:
    put("pyproject.toml", b"[tool.cache-leak]\nshared-feilds = []\n")
    put("a.py", b"LEAK\n")
    result = cli("a.py")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "did you mean 'shared-fields'?" in result.stderr
    assert cli("--isolated", "--check", "a.py").exit_code == 1


def test_select_and_ignore() -> None:
    put("a.py", b"LEAK\nSTUCK\n")

    def codes(*given: str) -> list[str]:
        lines = cli("--check", "--output-format", "concise", *given, "a.py").stdout.splitlines()
        return [line.split()[1] for line in lines]

    assert codes() == ["CCL101", "CCL202"]
    assert codes("--select", "CCL1,CCL3") == ["CCL101"]
    assert codes("--ignore", "ccl1", "--ignore", "CCL3") == ["CCL202"]
    assert cli("--select", "CCL2", "a.py").exit_code == 1
    assert Path("a.py").read_bytes() == b"LEAK\nSTUCK\n"


# ---------------------------------------------------------------------------- diff

TEXTS = {
    "plain": b"a\nLEAK\nb\n",
    "no final newline": b"a\nLEAK",
    "no final newline, elsewhere": b"LEAK\n" + b"x\n" * 9 + b"end",
    "crlf": b"a\r\nLEAK\r\nb\r\n",
    "mixed": b"a\r\nLEAK\nb\r\n",
    "lone returns": b"a\rLEAK\rb",
    "form feed": b"a\n\x0cLEAK\n\x0c\nb\x0b\x1cc\n",
    "bom": b"\xef\xbb\xbfLEAK\n",
    "latin-1": b"# coding: latin-1\n# \xe9\nLEAK = '\xe9\x85'\n",
    "unicode separators": "x = '\u2028\x85'\nLEAK\n".encode(),
    "two hunks": b"LEAK\n" + b"x\n" * 20 + b"LEAK\n",
    "looks like a diff": b"--- a/x\nLEAK\n+++ b/x\n@@ -1 +1 @@\n",
}


@pytest.mark.parametrize("tool", [["git", "apply"], ["patch", "-p1"], ["patch", "--binary", "-p1"]])
@pytest.mark.parametrize("case", TEXTS)
def test_the_diff_applies(case: str, tool: list[str]) -> None:
    before = TEXTS[case]
    put("pkg/a.py", before)
    put("b c.py", b"LEAK")
    result = cli("--diff", ".")
    assert result.exit_code == 1
    assert Path("pkg/a.py").read_bytes() == before
    done = subprocess.run(tool, input=result.stdout_bytes, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path("pkg/a.py").read_bytes() == before.replace(b"LEAK", b"DONE")
    assert Path("b c.py").read_bytes() == b"DONE"


@pytest.mark.parametrize("name", ['q"uo\\te.py', "t\tab.py", "n\nl.py", "é 漢.py", "a b.py"])
def test_the_diff_of_odd_names_applies(name: str) -> None:
    put(name, b"LEAK\n")
    result = cli("--diff", ".")
    subprocess.run(["git", "apply"], input=result.stdout_bytes, check=True)
    assert Path(name).read_bytes() == b"DONE\n"


def test_plain_patch_applies_in_the_directory() -> None:
    put("a.py", b"LEAK\n")
    subprocess.run(["patch"], input=cli("--diff", "a.py").stdout_bytes, check=True)
    assert Path("a.py").read_bytes() == b"DONE\n"


def test_an_absolute_path_gives_the_same_diff(tmp_path: Path) -> None:
    put("a.py", b"LEAK\n")
    assert cli("--diff", str(tmp_path)).stdout == cli("--diff", ".").stdout


def test_the_diff_has_standard_output_for_itself() -> None:
    put("a.py", b"LEAK\nSTUCK\n")
    put("b.py", b"\xff")
    result = cli("--diff", ".")
    assert result.stdout.startswith("--- a/a.py\n+++ b/a.py\n@@ ")
    assert "b.py: error:" in result.stderr
    assert (
        "a.py:2:1: CCL202 in outer.inner not fixed: the value is not the field's own"
        in result.stderr
    )


def test_the_diff_goes_to_the_output_file() -> None:
    put("a.py", b"LEAK\n")
    result = cli("--diff", "--output-file", "out.patch", "a.py")
    assert result.stdout == ""
    assert Path("out.patch").read_bytes().startswith(b"--- a/a.py\n")


# ---------------------------------------------------------------------------- standard input


def test_stdin_is_a_filter() -> None:
    result = cli("-", data=b"LEAK\r\nSTUCK")
    assert result.stdout_bytes == b"DONE\r\nSTUCK"
    assert result.exit_code == 1
    assert "<stdin>:2:1: CCL202" in result.stderr


@pytest.mark.parametrize("raw", [b"x = '\xff'\n", b"CRASH LEAK\n", b"def f(:\n"])
def test_stdin_that_goes_wrong_comes_back_unchanged(raw: bytes) -> None:
    result = cli("-", "--stdin-filename", "pkg/a.py", data=raw)
    assert result.stdout_bytes == raw
    assert result.exit_code == 2
    assert result.stderr.startswith("pkg/a.py: error: ")


def test_stdin_checked_and_as_a_diff() -> None:
    result = cli("--check", "-", "--stdin-filename", "pkg/a.py", data=b"LEAK\n")
    assert (result.exit_code, result.stdout[:14]) == (1, "pkg/a.py:1:1: ")
    result = cli("--diff", "-", "--stdin-filename", "pkg/a.py", data=b"LEAK\n")
    assert result.stdout.startswith("--- a/pkg/a.py\n")
    assert not Path("pkg").exists()


def test_the_settings_of_stdin_are_those_of_its_file() -> None:
    put("sub/pyproject.toml", b"[tool.cache-leak]\nwrong = 1\n")
    assert cli("--check", "-", data=b"x\n").exit_code == 0
    assert cli("--check", "-", "--stdin-filename", "sub/a.py", data=b"x\n").exit_code == 2


# ---------------------------------------------------------------------------- baseline


def test_a_baseline_accepts_what_is_there() -> None:
    path = put("pkg/a.py", b"LEAK\nSTUCK\n")
    assert cli("--check", "--write-baseline", "b.json", "pkg").exit_code == 0
    assert json.loads(Path("b.json").read_text(encoding="utf-8"))["version"] == 1
    path.write_bytes(b"# moved\n\nLEAK\nSTUCK\n")
    result = cli("--check", "--baseline", "b.json", "pkg")
    assert result.exit_code == 0
    assert "0 findings, 2 baselined; 1 file checked" in result.stdout
    assert "(baselined)" in result.stdout
    path.write_bytes(b"LEAK\nSTUCK\nSTUCK\n")
    result = cli("--check", "--baseline", "b.json", "--output-format", "json", "pkg")
    assert result.exit_code == 1
    marks = [entry.get("baselined") for entry in json.loads(result.stdout)["findings"]]
    assert marks == [True, True, None]


def test_accepted_findings_are_not_rewritten_but_reported() -> None:
    path = put("a.py", b"LEAK\n")
    cli("--check", "--write-baseline", "b.json", "a.py")
    result = cli("--baseline", "b.json", "a.py")
    assert result.exit_code == 0
    assert path.read_bytes() == b"LEAK\n"
    assert "1 baselined" in result.stdout
    assert cli("--diff", "--baseline", "b.json", "a.py").exit_code == 0


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "{}", '{"version": 2, "findings": []}', '{"version": 1}',
        '{"version": 1, "findings": [1]}', '{"version": 1, "findings": [{"fingerprint": 3}]}',
        "[" * 100_000, "\udcff",
    ],
)  # fmt: skip
def test_a_corrupt_baseline_is_one_line(text: str) -> None:
    put("a.py", b"LEAK\n")
    put("b.json", text.encode("utf-8", "surrogateescape"))
    result = cli("--baseline", "b.json", "a.py")
    assert result.exit_code == 2
    assert result.stderr.startswith("fix-cache-leak: error: b.json: ")
    assert result.stderr.count("\n") == 1
    assert Path("a.py").read_bytes() == b"LEAK\n"


def test_a_baseline_is_written_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.py", b"LEAK\n")
    cli("--check", "--write-baseline", "b.json", "a.py")
    before = Path("b.json").read_bytes()
    put("a.py", b"LEAK\nSTUCK\n")

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    result = cli("--check", "--write-baseline", "b.json", "a.py")
    assert result.exit_code == 2
    assert "b.json: cannot be written: No space left on device" in result.stderr
    assert Path("b.json").read_bytes() == before
    assert sorted(os.listdir()) == ["a.py", "b.json"]


# ---------------------------------------------------------------------------- streams


@pytest.mark.parametrize("form", ["text", "concise", "json", "sarif", "github"])
def test_two_runs_print_the_same_bytes(form: str) -> None:
    for number in range(12):
        put(f"pkg/m{number}.py", b"LEAK\nSTUCK\n" if number % 2 else b"CRASH\n")
    outputs = set()
    for jobs in ("1", "1", "2", "3"):
        result = cli("--check", "--output-format", form, "--jobs", jobs, "pkg")
        text = result.stdout
        if form == "json":
            document = json.loads(text)
            del document["statistics"]["seconds"]
            text = json.dumps(document)
        outputs.add((text, result.stderr, result.exit_code))
    assert len(outputs) == 1


def test_control_characters_reach_no_terminal() -> None:
    put("e\x1b[31m\u202e.py", "LEAK \x1b]0;x\x07 \u2066\n".encode())
    for form in ("text", "concise", "github"):
        result = cli("--check", "--output-format", form, ".")
        assert result.exit_code == 1
        assert not set("\x1b\x07\u202e\u2066") & set(result.output)
        assert "\\x1b" in result.stdout
    assert "\x1b" not in cli("--diff", ".").stderr
    assert "\x1b" not in cli(".").output


def test_quiet_prints_findings_only() -> None:
    put("a.py", b"LEAK\nSTUCK\n")
    assert cli("-q", "--check", "--select", "CCL3", "a.py").output == ""
    text = cli("-q", "a.py").stdout
    assert text.startswith("a.py:2:1: CCL202")
    assert "remaining" not in text


@pytest.mark.parametrize("form", ["text", "concise", "json", "sarif", "github"])
def test_the_report_goes_to_the_output_file(form: str) -> None:
    put("a.py", "LEAK # é\n".encode())
    expected = cli("--check", "--output-format", form, "a.py")
    result = cli("--check", "--output-format", form, "--output-file", "out", "a.py")
    assert (result.stdout, result.exit_code) == ("", 1)
    assert Path("out").read_text(encoding="utf-8") == expected.stdout


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"INSIDE_EMACS": "28.2,compile"}, False),
        ({"INSIDE_EMACS": "28.2,comint"}, True),
    ],
)
def test_colours_are_for_terminals_that_show_them(
    environment: dict[str, str], coloured: bool
) -> None:
    put("a.py", b"LEAK\n")
    outer, inner = os.openpty()
    clean = {"TERM": "xterm", "NO_COLOR": "", "INSIDE_EMACS": ""}
    with process("--check", "a.py", stdout=inner, **{**clean, **environment}) as running:
        os.close(inner)
        output = b""
        try:
            while more := os.read(outer, 65536):
                output += more
        except OSError:
            pass  # Linux says so when the other end is closed
        running.wait(60)
    os.close(outer)
    assert b"CCL101" in output
    assert (b"\x1b[" in output) is coloured
    assert "\x1b" not in cli("--check", "a.py").output


def test_a_broken_pipe_is_silent() -> None:
    for number in range(300):
        put(f"m{number}.py", b"LEAK\n" * 20)
    put("bad.py", b"\xff")
    with process("--check", ".") as running:
        assert running.stdout and running.stderr
        running.stdout.read(10)
        running.stdout.close()
        # The run ends as it would have with a patient reader.
        assert running.stderr.read().startswith(b"bad.py: error: line 1: byte 0xff")
        assert running.wait(60) == 2


def test_a_terminal_without_the_characters_still_gets_a_report() -> None:
    put("é.py", "LEAK # é\n".encode())
    with process("--check", "é.py", PYTHONIOENCODING="ascii") as running:
        output, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert b"\\xe9.py:1:1: CCL101" in output


def test_an_interrupt_ends_with_130_and_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.py", b"LEAK\n")

    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    result = cli("a.py")
    assert result.exit_code == 130
    assert os.listdir() == ["a.py"]
    assert Path("a.py").read_bytes() == b"LEAK\n"


def test_a_real_interrupt_with_processes() -> None:
    for number in range(64):
        put(f"m{number}.py", b"LEAK\n")
    slow = FAKED.replace(
        "e.Engine = FakeEngine;",
        "import time; real = FakeEngine.fix;"
        "FakeEngine.fix = lambda *a, **k: (time.sleep(0.5), real(*a, **k))[1];"
        "e.Engine = FakeEngine;",
    )
    with process("--jobs", "2", ".", code=slow) as running:
        time.sleep(2)
        os.killpg(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=20)
    assert running.returncode == 130
    assert errors == (
        b"fix-cache-leak: interrupted; every file is as it was or completely repaired; "
        b"run again for the rest\n"
    )
    assert all(path.read_bytes() == b"LEAK\n" for path in Path().iterdir())
