"""The reports for people and for pull requests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lint_rules.findings import Evidence, FieldFinding, Finding, Fix, TraceStep
from lint_rules.output import concise, github, text
from lint_rules.output.excerpt import WIDTH, excerpt
from lint_rules.output.plain import cells, lines_of, printable, printable_path
from lint_rules.output.result import Result

SOURCE = "def f(t):\n\tcopied = copy(t)\n\treturn copied\n"


def field(name: str, line: int, reason: str = "its name matches end_user_*") -> FieldFinding:
    return FieldFinding(name, (Evidence("pattern", "pkg/models.py", line, reason),))


FINDING = Finding(
    code="CCL101", name="unreset-field", message="The copy keeps what belongs to one request.",
    path="pkg/a.py", line=2, column=11, end_line=2, end_column=18, function="f", model="m.Auth",
    fields=(field("end_user_id", 3), field("region", 9, "merged with it"), field("end_user_b", 4)),
    trace=(TraceStep("pkg/a.py", 2, "copied here"), TraceStep("pkg/b.py", 7, "stored here")),
    fix=Fix(reason="its type is unknown"),
)  # fmt: skip


def result(*findings: Finding, accepted: bool = False, source: str = SOURCE) -> Result:
    names = tuple(f"id:{number}" for number, _ in enumerate(findings))
    return Result(
        findings, names, accepted=frozenset(names if accepted else ()), files=3,
        sources={"pkg/a.py": source},
    )  # fmt: skip


def test_the_whole_of_a_finding() -> None:
    assert text.render(result(FINDING)) == (
        "pkg/a.py:2:11: CCL101 The copy keeps what belongs to one request.\n"
        "  |\n"
        "2 |     copied = copy(t)\n"
        "  |              ^^^^^^^\n"
        "  = end_user_id, end_user_b: its name matches end_user_* (pkg/models.py:3, 4)\n"
        "  = region: merged with it (pkg/models.py:9)\n"
        "  = trace: pkg/a.py:2: copied here\n"
        "  = trace: pkg/b.py:7: stored here\n"
        "  = fix: none: its type is unknown\n"
        "\n"
    )


def test_several_proofs_of_one_field() -> None:
    proofs = (*field("a", 3).evidence, Evidence("reset", "pkg/c.py", 5, "reset by g"))
    shown = text.render(result(replace(FINDING, fields=(FieldFinding("a", proofs),))))
    assert "= a: its name matches end_user_* (pkg/models.py:3); reset by g (pkg/c.py:5)\n" in shown


@pytest.mark.parametrize(
    ("line", "column", "end", "shown", "under"),
    [
        ("x = LEAK", 5, 9, "x = LEAK", "    ^^^^"),
        ("\tLEAK", 2, 6, "    LEAK", "    ^^^^"),
        ("a\tLEAK", 3, 7, "a   LEAK", "    ^^^^"),
        ("漢字 LEAK", 4, 8, "漢字 LEAK", "     ^^^^"),
        ("e\u0301 LEAK", 4, 8, "e\u0301 LEAK", "  ^^^^"),
        ("x = 漢", 5, 6, "x = 漢", "    ^^"),
        ("\x1b LEAK", 3, 7, "\\x1b LEAK", "     ^^^^"),
        ("\x0cLEAK", 2, 6, "\\x0cLEAK", "    ^^^^"),
        ("x", 1, 1, "x", "^"),
        ("x", 9, 12, "x", " ^"),
    ],
)
def test_the_underline_is_under_the_place(
    line: str, column: int, end: int, shown: str, under: str
) -> None:
    found = replace(FINDING, line=1, column=column, end_line=1, end_column=end)
    assert excerpt(found, [line]) == ["  |", f"1 | {shown}", f"  | {under}"]


def test_a_place_of_several_lines_is_underlined_to_the_end_of_the_first() -> None:
    found = replace(FINDING, line=1, column=3, end_line=2, end_column=2)
    assert excerpt(found, ["x f(  ", ")"])[2] == "  |   ^^"


@pytest.mark.parametrize("column", [1, 3000, 5996])
def test_a_long_line_is_cut_around_the_place(column: int) -> None:
    line = "a" * (column - 1) + "LEAK" + "b" * (6000 - column)
    found = replace(FINDING, line=1, column=column, end_line=1, end_column=column + 4)
    _, code, under = excerpt(found, [line])
    assert cells(code) <= WIDTH + 6
    assert code[under.index("^") : under.rindex("^") + 1] == "LEAK"


def test_a_line_that_is_not_there_is_left_out() -> None:
    assert excerpt(replace(FINDING, line=9), ["x"]) == []
    assert "^" not in text.render(replace(result(FINDING), sources={}))


def test_fixes() -> None:
    assert text.fix_line(FINDING) == "fix: none: its type is unknown"
    there = Fix((object(),), note="a now clears b")  # type: ignore[arg-type]
    assert text.fix_line(replace(FINDING, fix=there)) == "fix: available; a now clears b"
    partly = replace(there, reason="c is unknown", note=None)
    assert (
        text.fix_line(replace(FINDING, fix=partly)) == "fix: available; left to you: c is unknown"
    )


def test_the_summary() -> None:
    assert text.summary_line(result()) == "0 findings; 3 files checked"
    assert text.summary_line(result(FINDING)) == "1 finding; 3 files checked"
    assert (
        text.summary_line(result(FINDING, accepted=True))
        == "0 findings, 1 baselined; 3 files checked"
    )
    repaired = replace(result(FINDING), repaired=2, files=1)
    assert text.summary_line(repaired) == "2 fixed, 1 remaining; 1 file checked"


def test_colours_are_only_decoration() -> None:
    plain, coloured = (text.render(result(FINDING), colour=colour) for colour in (False, True))
    assert "\x1b[" in coloured
    for code in ("\x1b[1m", "\x1b[31;1m", "\x1b[36m", "\x1b[32m", "\x1b[0m"):
        coloured = coloured.replace(code, "")
    assert coloured == plain


def test_concise() -> None:
    line = "pkg/a.py:2:11: CCL101 The copy keeps what belongs to one request."
    assert concise.render(result(FINDING)) == f"{line}\n"
    assert concise.render(result(FINDING, accepted=True)) == f"{line} (baselined)\n"


def test_control_characters_are_escaped() -> None:
    assert printable("a\x1b[0m\n\t\u202e\x9b\u2028\udcff") == (
        "a\\x1b[0m\\x0a\\x09\\u202e\\x9b\\u2028\\udcff"
    )
    assert printable("é漢 \U0001f600") == "é漢 \U0001f600"


def test_lines_end_where_python_ends_them() -> None:
    assert lines_of("a\x0cb\r\nc\rd\ne\u2028f") == ["a\x0cb", "c", "d", "e\u2028f"]


def runner_reads(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as GitHub's runner takes it apart: command, properties, message."""
    head, _, data = line.removeprefix("::").partition("::")
    command, _, rest = head.partition(" ")
    properties = {}
    for part in rest.split(","):
        key, _, value = part.partition("=")
        for code, plain in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            value = value.replace(code, plain)
        properties[key] = value
    for code, plain in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        data = data.replace(code, plain)
    return command, properties, data


@pytest.mark.parametrize("path", ["a,b:c%.py", "p%2Cq%0A.py", "x\ny::error.py", "é 漢.py"])
def test_github_escapes(path: str) -> None:
    odd = replace(FINDING, path=path, message="100%\nsure: yes, so %0A ::stop::")
    written = github.render(result(odd))
    assert written.count("\n") == 1
    assert runner_reads(written.rstrip("\n")) == (
        "error",
        {
            "file": path, "line": "2", "endLine": "2", "col": "11", "endColumn": "18",
            "title": "CCL101 unreset-field",
        },
        "CCL101 100%\nsure: yes, so %0A ::stop::\n"
        "end_user_id, end_user_b: its name matches end_user_* (pkg/models.py:3, 4)\n"
        "region: merged with it (pkg/models.py:9)\n"
        "fix: none: its type is unknown",
    )  # fmt: skip


def test_github_carriage_returns_start_no_line() -> None:
    written = github.render(result(replace(FINDING, message="a\r\nb")))
    assert "::CCL101 a%0D%0Ab%0A" in written
    assert "\r" not in written


def test_github_gives_columns_only_within_a_line() -> None:
    shown = github.render(result(replace(FINDING, end_line=3), accepted=True))
    assert shown.startswith("::notice file=pkg/a.py,line=2,endLine=3,title=")
    assert "::CCL101 The copy keeps what belongs to one request. (baselined)%0A" in shown


@pytest.mark.parametrize("code", [0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x034F, 0x1D173])
def test_what_only_fills_a_place_is_seen(code: int) -> None:
    name = f"a{chr(code)}.py"
    shown = f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    assert printable(name) == printable_path(name) == f"a{shown}.py"
