"""Every fixture: plain, with noqa, repaired, repaired again, executed; through both faces."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from fixture_format import Fixture, collect, probe, shown

import lint_rules.flake8_plugin as flake8_plugin
from lint_rules.engine import Engine
from lint_rules.findings import FileReport
from lint_rules.settings import OPTIONS

ALL = collect()
FOLDERS = [fixture for fixture in ALL if len(fixture.sources) > 1]
LEAKING = [fixture for fixture in ALL if fixture.leaks]
FIXED = [fixture for fixture in ALL if fixture.is_fixed]
PROBED = [fixture for fixture in ALL if fixture.probes]


def _each(fixtures: list[Fixture]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fixture", fixtures, ids=lambda fixture: fixture.name)


def _reports(fixture: Fixture, root: Path, *, fix: bool = False) -> dict[Path, FileReport]:
    engine = Engine(fixture.settings)
    call = engine.fix if fix else engine.check
    found: dict[Path, FileReport] = {}
    for source in fixture.sources:
        path = root / source.relative
        text = path.read_bytes().decode("utf-8-sig")
        found[source.relative] = call(path, text, display=str(source.relative))
    return found


@_each(ALL)
def test_findings(fixture: Fixture, tmp_path: Path) -> None:
    reports = _reports(fixture, fixture.write(tmp_path))
    for source in fixture.sources:
        report = reports[source.relative]
        assert report.errors == ()
        assert shown(report.findings) == sorted(source.expected), source.relative
        for finding in report.findings:
            assert all(field.evidence for field in finding.fields)


@_each(FOLDERS)
def test_each_file_alone_and_in_any_order(fixture: Fixture, tmp_path: Path) -> None:
    root = fixture.write(tmp_path)
    together = _reports(fixture, root)
    backwards = _reports(replace(fixture, sources=fixture.sources[::-1]), root)
    assert [backwards[path] for path in together] == list(together.values())
    for source in fixture.sources:
        alone = _reports(replace(fixture, sources=(source,)), root)
        assert alone == {source.relative: together[source.relative]}


@_each(ALL)
def test_flake8_says_the_same(fixture: Fixture, tmp_path: Path) -> None:
    root = fixture.write(tmp_path)
    expected = _reports(fixture, root)
    plugin = flake8_plugin.CacheLeakPlugin
    kept = plugin._told
    given = tuple((o.name, getattr(fixture.settings, o.attribute)) for o in OPTIONS)
    plugin._told = flake8_plugin._Told(given, root, isolated=True)
    try:
        for source in fixture.sources:
            path = root / source.relative
            text = path.read_bytes().decode("utf-8-sig")
            lines = text.splitlines(keepends=True)
            problems = plugin(ast.parse(text), str(path), lines).run()
            assert [
                (line, column + 1, message.split()[0]) for line, column, message, _ in problems
            ] == [(f.line, f.column, f.code) for f in expected[source.relative].findings]
    finally:
        plugin._told = kept
        flake8_plugin.forget()


@_each(LEAKING)
def test_noqa(fixture: Fixture, tmp_path: Path) -> None:
    root = fixture.write(tmp_path, suppressed=True)
    for report in _reports(fixture, root, fix=True).values():
        assert report.errors == ()
        assert shown(report.findings) == []
        assert report.new_source is None


@_each(LEAKING)
def test_repair(fixture: Fixture, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    root = fixture.write(tmp_path)
    checked = _reports(fixture, root)
    reports = _reports(fixture, root, fix=True)
    if request.config.getoption("--generate-fixed"):
        _generate(fixture, reports)
        return
    for source in fixture.sources:
        report = reports[source.relative]
        assert report.errors == ()
        assert report.new_source == source.fixed
        _assert_repaired_as_told(checked[source.relative], report)
        if source.fixed is None:
            for finding in checked[source.relative].findings:
                assert not finding.fix.available
                assert finding.fix.reason


def _assert_repaired_as_told(checked: FileReport, report: FileReport) -> None:
    """What a check says that can be repaired is repaired."""
    left = {(finding.code, finding.function, finding.field_names) for finding in report.findings}
    for finding in checked.findings:
        if finding.fix.available and finding.fix.reason is None:
            assert (finding.code, finding.function, finding.field_names) not in left


@_each(FIXED)
def test_repaired_again(fixture: Fixture, tmp_path: Path) -> None:
    root = fixture.write(tmp_path, fixed=True)
    for report in _reports(fixture, root, fix=True).values():
        assert report.errors == ()
        assert report.new_source is None
        for finding in report.findings:
            assert not finding.fix.available
            assert finding.fix.reason


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@_each(PROBED)
def test_executed(fixture: Fixture, tmp_path: Path) -> None:
    before = fixture.write(tmp_path / "before")
    after = fixture.write(tmp_path / "after", fixed=True)
    for source in fixture.probes:
        leaked = probe(before, source)
        if fixture.leaks:
            assert leaked, "the code does not leak when it is run"
        else:
            assert not leaked, f"the code is called right, and leaks {leaked!r}"
        if fixture.is_fixed:
            still = probe(after, source)
            assert not still, f"the repaired code still leaks {still!r}"


def _generate(fixture: Fixture, reports: dict[Path, FileReport]) -> None:
    base = fixture.path if fixture.path.is_dir() else fixture.path.parent
    for source in fixture.sources:
        target = (base / source.relative).with_name(f"{source.relative.stem}.fixed.py")
        text = reports[source.relative].new_source
        if text is None:
            target.unlink(missing_ok=True)
        else:
            target.write_bytes((b"\xef\xbb\xbf" if source.bom else b"") + text.encode())
