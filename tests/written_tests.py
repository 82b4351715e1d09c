"""Fixtures laid out so that one run of pytest can import all of them, and what that run said."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from fixture_format import Fixture

from lint_rules.engine import Engine
from lint_rules.findings import Finding
from lint_rules.output.testmodule import TestModule, render


def stem_of(fixture: Fixture) -> str:
    """A name that no other fixture has, and that can be imported."""
    return fixture.name.replace("/", "_")


def renamed(fixture: Fixture) -> Fixture:
    """The fixture with a file or package name of its own."""
    stem = stem_of(fixture)
    if len(fixture.sources) == 1 and not fixture.path.is_dir():
        (source,) = fixture.sources
        return replace(fixture, sources=(replace(source, relative=Path(f"{stem}.py")),))
    tops = {source.relative.parts[0].removesuffix(".py") for source in fixture.sources}
    names = re.compile(rf"\b({'|'.join(tops)})\b(?=[. \n])")

    def new(text: str) -> str:
        return names.sub(rf"{stem}_\1", text)

    sources = []
    for source in fixture.sources:
        top, *rest = source.relative.parts
        fixed = None if source.fixed is None else new(source.fixed)
        relative = Path(f"{stem}_{top}", *rest)
        sources.append(replace(source, relative=relative, text=new(source.text), fixed=fixed))
    return replace(fixture, sources=tuple(sources))


@dataclass(frozen=True)
class Written:
    """The module that is written for the code in a directory, and what is wrong with the code."""

    module: TestModule
    findings: tuple[Finding, ...]


def write_for(fixture: Fixture, root: Path) -> Written:
    """What ``--write-tests`` makes of the fixture's files below ``root``."""
    engine = Engine(fixture.settings)
    subjects, findings = [], []
    for source in fixture.sources:
        path = root / source.relative
        text = path.read_bytes().decode("utf-8-sig")
        report = engine.check(path, text, display=source.relative.as_posix())
        assert report.errors == ()
        subjects += report.subjects
        findings += report.findings
    return Written(render(subjects, findings), tuple(findings))


@dataclass(frozen=True)
class Outcome:
    """What pytest said of one test: ``message`` is empty where it passed."""

    module: str
    name: str
    message: str


def run_pytest(directory: Path) -> dict[str, list[Outcome]]:
    """Every test below a directory, run by pytest in a process of its own, by test module."""
    report = directory / "report.xml"
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}",
         "--rootdir", str(directory), "-c", str(directory / "pytest.ini"), str(directory)],
        cwd=directory, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found: dict[str, list[Outcome]] = defaultdict(list)
    for case in ElementTree.parse(report).iter("testcase"):
        module = case.attrib["classname"].rpartition(".")[2]
        problems = [node for node in case if node.tag in ("failure", "error")]
        message = problems[0].attrib["message"] if problems else ""
        found[module].append(Outcome(module, case.attrib["name"], message))
    return dict(found)  # which has no entry for what a test only asks for
