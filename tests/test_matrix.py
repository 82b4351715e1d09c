"""The matrix says of every field what the findings say, for right functions too, and fits a terminal."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from click_runner import invoke
from fixture_format import Fixture, collect

from lint_rules.engine import Engine
from lint_rules.findings import Evidence, FieldFinding, Subject
from lint_rules.output.matrix import WIDTH, as_json, as_text
from lint_rules.output.plain import cells

GATEWAY = Path(__file__).parents[1] / "examples" / "gateway"
MARKS = {
    "CCL101": "kept", "CCL102": "partly reset", "CCL103": "shared",
    "CCL201": "or-merged", "CCL202": "guarded", "CCL203": "missing",
}  # fmt: skip


def cli(*arguments: str) -> Result:
    return invoke(*arguments)


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(GATEWAY, tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "gateway"


def test_a_guarded_write_that_harms_nobody_overwrites_nothing(tmp_path: Path) -> None:
    """All callers hand over copies of clean entries: neither a finding, nor what a test could call right."""
    (fixture,) = (f for f in collect() if f.name == "CCL202/callers_hand_copies_right")
    root = fixture.write(tmp_path)
    path = root / fixture.sources[0].relative
    report = Engine(fixture.settings).check(path, path.read_text(), display=path.name)
    marks = {
        (subject.function, field.name): mark
        for subject in report.subjects
        for field, mark in subject.marks
    }
    assert marks["apply_end_user", "end_user_id"] == "overwritten"
    assert marks["apply_end_user", "end_user_plan"] == ""


@pytest.mark.parametrize("fixture", collect(), ids=lambda fixture: fixture.name)
def test_every_finding_is_a_mark_and_every_bad_mark_a_finding(
    fixture: Fixture, tmp_path: Path
) -> None:
    root = fixture.write(tmp_path)
    engine = Engine(fixture.settings)
    for source in fixture.sources:
        path = root / source.relative
        report = engine.check(
            path, path.read_bytes().decode("utf-8-sig"), display=str(source.relative)
        )
        found = {
            (finding.function, name, MARKS[finding.code])
            for finding in report.findings
            if finding.code in MARKS
            for name in finding.field_names
        }
        marked = {
            (subject.function, field.name, mark)
            for subject in report.subjects
            for field, mark in subject.marks
            if mark not in ("reset", "overwritten", "")
        }
        # Where two findings are about one field, its one mark says the last of them.
        assert marked <= found
        assert {pair[:2] for pair in marked} == {pair[:2] for pair in found}


def test_the_leaking_gateway_and_the_repaired_one(gateway: Path) -> None:
    before = cli("--matrix", "gateway")
    assert before.exit_code == 1
    rows = dict(re.findall(r"^  (\w+)  +(\S.*)$", before.stdout, re.MULTILINE))
    assert rows["end_user_max_budget"].split() == ["kept", "missing"]
    assert rows["end_user_tpm_limit"].split() == ["kept", "guarded"]
    assert "copy_key_auth_for_cache (cache-copy helper, gateway/auth.py:20)" in before.stdout
    assert "gateway/models.py:19" in before.stdout
    assert cli("gateway").exit_code == 0
    after = cli("--matrix", "gateway")
    assert after.exit_code == 0
    rows = dict(re.findall(r"^  (\w+)  +(\S.*)$", after.stdout, re.MULTILINE))
    assert rows["end_user_max_budget"].split() == ["reset", "overwritten"]


def test_a_constructor_is_no_merge_function(tmp_path: Path) -> None:
    (fixture,) = [f for f in collect() if f.name == "CCL101/plain_class"]
    path = fixture.write(tmp_path) / fixture.sources[0].relative
    assert "def __init__(" in path.read_text()
    report = Engine(fixture.settings).check(path, path.read_text(), display="x.py")
    assert [subject.function for subject in report.subjects] == ["copy_for_cache"]


def test_it_writes_nothing(gateway: Path) -> None:
    before = {path: path.read_bytes() for path in gateway.rglob("*.py")}
    cli("--matrix", "gateway")
    assert before == {path: path.read_bytes() for path in gateway.rglob("*.py")}


def test_json_says_the_same(gateway: Path) -> None:
    result = cli("--matrix", "--output-format", "json", "gateway")
    assert result.exit_code == 1
    (model,) = json.loads(result.stdout)["models"]
    assert model["model"] == "gateway.models.KeyAuth"
    marks = {entry["function"]: entry["marks"] for entry in model["functions"]}
    assert marks["copy_key_auth_for_cache"]["end_user_id"] == "kept"
    assert marks["update_key_auth_with_end_user_params"]["end_user_id"] == "overwritten"
    assert marks["update_key_auth_with_end_user_params"]["request_route"] is None
    assert all(field["evidence"] for field in model["fields"])


@pytest.mark.parametrize("other", [("--check",), ("--diff",), ("--output-format", "sarif")])
def test_what_does_not_go_together_is_bad_usage(gateway: Path, other: tuple[str, ...]) -> None:
    result = cli("--matrix", *other, "gateway")
    assert result.exit_code == 2
    assert "--matrix" in result.stderr


def test_nothing_to_show_is_said(gateway: Path) -> None:
    result = cli("--matrix", "gateway/__init__.py")
    assert result.exit_code == 0
    assert result.stdout.startswith("no cache-copy helper")


def _many(count: int, name: str) -> list[Subject]:
    field = FieldFinding(name, (Evidence("pattern", "a/b.py", 3, "because " * 30),))
    return [
        Subject("merge function", f"{name}_{at}", "pkg/a.py", at, "pkg.Auth", ((field, "guarded"),))
        for at in range(count)
    ]


@pytest.mark.parametrize("count", [1, 7, 40])
@pytest.mark.parametrize("name", ["f", "end_user_" + "x" * 70, "字" * 60])
def test_it_fits_the_terminal(count: int, name: str) -> None:
    text = as_text(_many(count, name))
    assert text.count("guarded") == count
    assert max(map(cells, text.splitlines())) <= WIDTH
    for at in range(count):
        assert f"[{at + 1}]" in text


def test_colours_only_when_asked_and_nothing_steers_the_terminal() -> None:
    (subject,) = _many(1, "field")
    evil = Subject(
        subject.kind, "f\x1b[2J", "a\nb.py", 1, "m\x1b]0;x\x07", subject.marks
    )  # fmt: skip
    assert "\x1b" not in as_text([evil])
    assert "a\nb" not in as_text([evil])
    assert "\x1b[31;1mguarded\x1b[0m" in as_text([subject], colour=True)
    assert json.loads(as_json([evil], ()))["models"][0]["model"] == "m\x1b]0;x\x07"
