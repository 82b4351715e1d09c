"""The rules' pages: written from the rules, their examples true, and every list of codes the same."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from click_runner import invoke

from lint_rules.engine import Engine
from lint_rules.output.rulepage import known_codes, rule_page
from lint_rules.rules import get_rule
from lint_rules.rules.base import Page
from lint_rules.settings import OPTIONS, Settings

ROOT = Path(__file__).parents[1]
CODES = known_codes()
_CODE = re.compile(r"\bCCL\d{3}\b")


def _page(code: str) -> Page:
    rule = get_rule(code)
    assert rule is not None
    assert rule.page is not None, f"{code} has no page"
    return rule.page


def _execute(folder: Path, text: str) -> None:
    """Write the example as a project of its own, and run it."""
    (folder / "pyproject.toml").touch()
    (folder / "example.py").write_text(text, encoding="utf-8")
    runpy.run_path(str(folder / "example.py"))


@pytest.mark.parametrize("code", CODES)
def test_the_page_in_docs_is_the_rule_s_own(code: str) -> None:
    written = (ROOT / "docs" / "rules" / f"{code}.md").read_text(encoding="utf-8")
    assert written == rule_page(code), "run make docs"


@pytest.mark.parametrize("code", CODES)
def test_explain_prints_the_page(code: str) -> None:
    printed = invoke("--explain", code.lower())
    assert printed.exit_code == 0
    assert printed.output == (ROOT / "docs" / "rules" / f"{code}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", CODES)
def test_the_headings_are_ruff_s(code: str) -> None:
    text = rule_page(code) or ""
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "What it does", "Why is this bad?", "Example", "Use instead", "Options", "Fix safety",
        "References",
    ]  # fmt: skip
    assert max(map(len, text.splitlines())) <= 130


@pytest.mark.parametrize("code", CODES)
def test_the_options_exist(code: str) -> None:
    assert set(_page(code).options) <= {option.name for option in OPTIONS}


@pytest.mark.parametrize("code", CODES)
def test_the_bad_example_has_this_finding_alone_and_its_repair_ends_it(
    code: str, tmp_path: Path
) -> None:
    text = _page(code).bad.lstrip("\n")
    _execute(tmp_path, text)
    engine = Engine(Settings())
    report = engine.check(tmp_path / "example.py", text, display="example.py")
    assert {finding.code for finding in report.findings} == {code}
    repaired = engine.fix(tmp_path / "example.py", text, display="example.py")
    if report.findings[0].fix.available:
        assert repaired.findings == ()
    else:
        assert _page(code).fix_safety.strip().startswith("There is no repair")


@pytest.mark.parametrize("code", CODES)
def test_the_good_example_has_no_finding(code: str, tmp_path: Path) -> None:
    text = _page(code).good.lstrip("\n")
    _execute(tmp_path, text)
    report = Engine(Settings()).check(tmp_path / "example.py", text, display="example.py")
    assert report.errors == ()
    assert report.findings == ()


@pytest.mark.parametrize("name", ["README.md", "docs/index.md", "CHANGELOG.md"])
def test_codes_agree(name: str) -> None:
    named = set(_CODE.findall((ROOT / name).read_text(encoding="utf-8")))
    assert named == set(CODES)


def test_every_code_has_fixtures_and_a_page_and_nothing_else_has() -> None:
    folders = {path.name for path in (ROOT / "tests" / "fixtures").glob("CCL*")}
    pages = {path.stem for path in (ROOT / "docs" / "rules").iterdir()}
    assert folders == pages == set(CODES)


def test_the_readme_s_table_has_the_names() -> None:
    table = dict(
        re.findall(
            r"^\| \[(CCL\d{3})\]\S* \| (\S+) \|", (ROOT / "README.md").read_text(), re.MULTILINE
        )
    )
    rules = [get_rule(code) for code in CODES]
    assert table == {rule.code: rule.name for rule in rules if rule is not None}
