"""Discovery, reading, processes and writing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from fake_engine import FakeEngine

from lint_rules import baseline, check_paths, engine
from lint_rules.discovery import discover
from lint_rules.runner import run, write_changes
from lint_rules.settings import SettingsError
from lint_rules.textfile import FileProblem, decode
from lint_rules.worker import Selection, Task

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "Engine", FakeEngine)
    monkeypatch.chdir(tmp_path)


def make(**files: str) -> None:
    """Files by name, with ``__`` for ``/``."""
    for name, text in files.items():
        path = Path(name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def found(*paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    return [target.display for target in discover(paths, exclude).targets]


# ---------------------------------------------------------------------------- discovery


def test_directories_are_searched_in_a_stable_order() -> None:
    make(b="", a="", pkg__z="", pkg__a__m="", pkg__build__x="", pkg__venv__x="", dist__x="")
    for hidden in (".git", ".tox", ".venv", ".eggs", "node_modules", "__pycache__"):
        Path(hidden).mkdir()
        Path(hidden, "x.py").touch()
    Path("stub.pyi").touch()
    Path("notes.txt").touch()
    assert found(".") == ["a.py", "b.py", "pkg/a/m.py", "pkg/z.py"]


def test_what_is_given_is_taken_and_shown_as_given(tmp_path: Path) -> None:
    make(a="", pkg__z="", build__x="")
    Path("script").touch()
    assert found("./a.py", "pkg/", "build", "script") == [
        "./a.py",
        "build/x.py",
        "pkg/z.py",
        "script",
    ]
    assert found("./pkg") == ["./pkg/z.py"]
    assert found(str(tmp_path / "pkg")) == [f"{tmp_path.as_posix()}/pkg/z.py"]


def test_duplicates_are_taken_once() -> None:
    make(a="", pkg__z="")
    Path("pkg/a_link.py").symlink_to("z.py")
    assert found("pkg", "pkg/z.py", ".", "a.py") == ["a.py", "pkg/z.py"]


def test_links_out_of_the_tree_are_not_followed(tmp_path: Path) -> None:
    make(out__x="", tree__a="")
    Path("tree/x.py").symlink_to("../out/x.py")
    Path("tree/dir").symlink_to("../out")
    assert found("tree") == ["tree/a.py"]
    assert found("tree/x.py") == ["tree/x.py"]


@pytest.mark.parametrize("glob", ["sub", "tree/sub", "sub/", "./tree/sub", "s?b", "sub/*"])
def test_exclude(glob: str) -> None:
    make(tree__a="", tree__sub__b="")
    assert found("tree", exclude=(glob,)) == ["tree/a.py"]
    assert found("tree/sub/b.py", exclude=(glob,)) == ["tree/sub/b.py"]


def test_gitignore() -> None:
    make(tree__a="", tree__gen__b="", tree__gen__keep="", tree__sub__c="", tree__sub__d="")
    Path(".git").mkdir()
    Path(".gitignore").write_text("gen/\nc.py\nd.py\n", encoding="utf-8")
    Path("tree/sub/.gitignore").write_text("!d.py\n", encoding="utf-8")
    assert found("tree") == ["tree/a.py", "tree/sub/d.py"]
    assert found("tree/gen") == ["tree/gen/b.py", "tree/gen/keep.py"]
    assert found("tree/gen/b.py") == ["tree/gen/b.py"]


def test_a_missing_path_is_one_error() -> None:
    make(a="LEAK")
    report = check_paths(["none", "a.py"])
    assert [error.path for error in report.errors] == ["none"]
    assert len(report.findings) == 1


# ---------------------------------------------------------------------------- reading


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"x = 1\r\n", "x = 1\r\n"),
        (b"\xef\xbb\xbfx\n", "x\n"),
        (b"# coding: latin-1\n# \xe9\n", "# coding: latin-1\n# \xe9\n"),
        (b"#!/x\r# -*- coding: cp1252 -*-\n# \x80", "#!/x\r# -*- coding: cp1252 -*-\n# \u20ac"),
        (b"", ""),
    ],
)
def test_decoding_keeps_everything(raw: bytes, text: str) -> None:
    source = decode(raw)
    assert source.text == text
    assert source.encode(source.text) == raw


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a\n# \xff\n", "line 2: byte 0xff is not utf-8"),
        (b"# coding: nonsense\n", "unknown encoding"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "line 1"),
        (b"# coding: rot13\n", "'rot13' cannot be used"),
        (b"# coding: idna\n" + b"x" * 70 + b"\n", "'idna' cannot be kept"),
    ],
)
def test_what_cannot_be_decoded_says_why(raw: bytes, expected: str) -> None:
    with pytest.raises(FileProblem) as caught:
        decode(raw)
    assert expected in str(caught.value)
    assert ";" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"LEAK \xff\n", "line 1: byte 0xff"),
        (b"def f(:\n", "line 1: does not parse"),
        (b"x = 1\0\n", "does not parse"),
        (b"CRASH\n", "ValueError: made to fail"),
        (b"DEEP\n", "nested too deeply"),
    ],
)
def test_bad_files_are_one_error_each_and_the_others_are_done(text: bytes, expected: str) -> None:
    Path("bad.py").write_bytes(text)
    make(good="LEAK = 1\n")
    for task in (Task(), Task(repair=True)):
        report = run(discover(["bad.py", "good.py"]), task)
        assert [error.path for error in report.errors] == ["bad.py"]
        assert expected in report.errors[0].message
        assert "\n" not in report.errors[0].message
        assert len(report.findings) + len(report.changes) == 1


def test_a_directory_with_the_name_of_a_file() -> None:
    Path("odd.py").mkdir()
    assert found("odd.py") == found(".") == []
    Path("odd.py/inner.py").write_text("LEAK", encoding="utf-8")
    assert found(".") == ["odd.py/inner.py"]


def test_an_unreadable_file_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    make(a="LEAK")

    def deny(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("lint_rules.textfile.read_regular", deny)
    (error,) = check_paths(["a.py"]).errors
    assert error.message == "cannot be read: Permission denied; check its permissions"


# ---------------------------------------------------------------------------- selection and report


@pytest.mark.parametrize(
    ("select", "ignore", "codes"),
    [
        ((), (), ["CCL101", "CCL202"]),
        (("CCL1",), (), ["CCL101"]),
        ((), ("CCL2",), ["CCL101"]),
        (("CCL",), ("CCL1",), ["CCL202"]),
        (("CCL101",), ("CCL1",), ["CCL101"]),
        (("CCL1",), ("CCL1",), []),
        (("X",), (), []),
    ],
)
def test_select_and_ignore(
    select: tuple[str, ...], ignore: tuple[str, ...], codes: list[str]
) -> None:
    make(a="LEAK\nSTUCK\n")
    report = check_paths(["a.py"], select=select, ignore=ignore)
    assert [finding.code for finding in report.findings] == codes


def test_the_report_is_sorted_and_has_its_sources() -> None:
    make(b="LEAK\n", a="x\nSTUCK\nLEAK\n", clean="x = 1\n")
    report = check_paths(["b.py", "a.py", "clean.py"])
    assert [(f.path, f.line) for f in report.findings] == [("a.py", 2), ("a.py", 3), ("b.py", 1)]
    assert set(report.sources) == {"a.py", "b.py"}
    assert (report.files, report.candidates) == (3, 2)


def test_evidence_is_shown_like_the_file(tmp_path: Path) -> None:
    make(pkg__a="LEAK\n")
    for given, shown in (("pkg", "pkg/a.py"), (str(tmp_path), f"{tmp_path.as_posix()}/pkg/a.py")):
        (finding,) = check_paths([given]).findings
        assert {proof.path for entry in finding.fields for proof in entry.evidence} == {shown}
        assert finding.trace[0].path == shown


def test_noqa() -> None:
    make(a="LEAK  # noqa: CCL101\nLEAK  # noqa: CCL2\n")
    assert [finding.line for finding in check_paths(["a.py"]).findings] == [2]


def test_settings_are_read_unless_given() -> None:
    make(sub__a="")
    Path("sub/pyproject.toml").write_text("[tool.cache-leak]\nwrong = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError):
        check_paths(["sub/a.py"])
    assert check_paths(["sub/a.py"], settings=Task().settings).files == 1


def test_selection_matches_the_longest_prefix_only_by_code() -> None:
    make(a="LEAK")
    (finding,) = check_paths(["a.py"]).findings
    assert Selection(("CCL10",), ("CCL1",))(finding)
    assert not Selection(("CCL1",), ("CCL10",))(finding)


# ---------------------------------------------------------------------------- processes


def many() -> None:
    for number in range(40):
        make(**{f"pkg__m{number:02}": f"LEAK = {number}\n" if number % 3 else "x = 1\n"})
    make(pkg__bad="CRASH", pkg__deep="DEEP")


def test_the_number_of_processes_changes_nothing() -> None:
    many()
    for repair in (False, True):
        task = Task(repair=repair)
        one, two, auto = (run(discover(["pkg"]), task, jobs=jobs) for jobs in (1, 2, None))
        for report in (two, auto):
            assert (report.findings, report.errors) == (one.findings, one.errors)
            assert (report.changes, dict(report.sources)) == (one.changes, dict(one.sources))
            assert (report.files, report.candidates) == (one.files, one.candidates)
    assert len(one.errors) == 2


def test_a_run_that_turns_out_long_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    many()
    one = run(discover(["pkg"]), Task(), jobs=1)
    monkeypatch.setattr("lint_rules.runner.MANY_CANDIDATES", 5)
    seen: list[tuple[int, int]] = []
    report = run(discover(["pkg"]), Task(), jobs=None, progress=lambda *now: seen.append(now))
    assert (report.findings, report.errors) == (one.findings, one.errors)
    assert seen[-1] == (42, 42)
    assert seen == sorted(seen)


def test_a_dying_process_costs_one_file() -> None:
    many()
    make(pkg__m05="DIE")
    report = run(discover(["pkg"]), Task(), jobs=2)
    assert [error.path for error in report.errors] == ["pkg/bad.py", "pkg/deep.py", "pkg/m05.py"]
    assert "the process died" in report.errors[2].message
    assert len(report.findings) == 25


# ---------------------------------------------------------------------------- writing


def repair(*paths: str) -> tuple[list[str], list[str]]:
    """The files written, and the errors."""
    there = discover(paths)
    task = Task(repair=True)
    report = write_changes(there, run(there, task), task)
    return [c.target.display for c in report.changes], [e.message for e in report.errors]


@pytest.mark.parametrize(
    "raw",
    [
        b"LEAK\r\nx\r\n", b"\xef\xbb\xbfLEAK\n", b"# coding: latin-1\n\xe9 LEAK", b"a\x0cLEAK\rb\r",
        b"\tLEAK",
    ],
)  # fmt: skip
def test_only_the_edit_changes(raw: bytes) -> None:
    path = Path("a.py")
    path.write_bytes(raw)
    path.chmod(0o751)
    assert repair("a.py") == (["a.py"], [])
    assert path.read_bytes() == raw.replace(b"LEAK", b"DONE")
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert os.listdir() == ["a.py"]


def test_files_without_a_repair_are_not_touched() -> None:
    make(a="STUCK\n", b="x\n", c="LEAK # noqa\n", d="GATE LEAK\n")
    before = {path: os.stat(path).st_ino for path in os.listdir()}
    written, errors = repair(".")
    assert written == []
    assert errors == ["gate 'comments' refused the repair"]
    assert {path: os.stat(path).st_ino for path in os.listdir()} == before


def test_a_file_that_changed_meanwhile_is_left_alone() -> None:
    make(a="LEAK\n")
    there, task = discover(["a.py"]), Task(repair=True)
    report = run(there, task)
    make(a="x = 1\nSTUCK LEAK\n")
    report = write_changes(there, report, task)
    assert Path("a.py").read_text(encoding="utf-8") == "x = 1\nSTUCK LEAK\n"
    assert [finding.line for finding in report.findings] == [2, 2]
    assert report.sources["a.py"].startswith("x = 1")
    assert not report.changes
    assert "changed while" in report.errors[0].message
    assert os.listdir() == ["a.py"]


def test_a_link_is_written_through_only_within_the_given_paths() -> None:
    make(real__a="LEAK\n", other__x="")
    Path("other/link.py").symlink_to("../real/a.py")
    written, errors = repair("other/link.py")
    assert written == []
    assert "outside the given paths" in errors[0]
    assert Path("real/a.py").read_text(encoding="utf-8") == "LEAK\n"
    assert repair("other/link.py", "real/a.py") == (["real/a.py"], [])
    assert Path("other/link.py").is_symlink()
    assert Path("real/a.py").read_text(encoding="utf-8") == "DONE\n"


def test_what_cannot_be_encoded_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = b"# coding: latin-1\nLEAK\n"
    with pytest.raises(FileProblem, match=r"line 2: '.u20ac' cannot be written in"):
        decode(raw).encode("# coding: latin-1\n\u20ac\n")


def test_a_second_run_changes_nothing() -> None:
    make(a="LEAK\nSTUCK\n")
    assert repair("a.py")[0] == ["a.py"]
    assert repair("a.py")[0] == []


# ---------------------------------------------------------------------------- baseline


def test_fingerprints_survive_moved_lines_and_tell_twins_apart() -> None:
    make(a="LEAK LEAK\n")
    first = baseline.fingerprints(check_paths(["a.py"]).findings)
    make(a="\n\n  LEAK\nLEAK\n")
    assert baseline.fingerprints(check_paths(["./a.py"]).findings) == first
    assert len(set(first)) == 2
    make(b="LEAK")
    assert not set(baseline.fingerprints(check_paths(["b.py"]).findings)) & set(first)


def test_importing_the_runner_is_light() -> None:
    code = (
        "import sys; import lint_rules.runner, lint_rules.flake8_plugin;"
        "print([m for m in ('libcst', 'click', 'flake8', 'pathspec', 'concurrent.futures')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
