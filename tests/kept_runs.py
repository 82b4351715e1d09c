"""Runs on a small project, with what earlier ones kept and without: an edit has to be heard by both."""

from __future__ import annotations

from pathlib import Path

from lint_rules.engine import Engine
from lint_rules.findings import Diagnostic, Finding
from lint_rules.settings import Settings

Report = tuple[tuple[Finding, ...], tuple[Diagnostic, ...]]
Edit = tuple[dict[str, str], str, str, str]
"""The files of a project, which of them is edited, and what is replaced there by what."""


def found(root: Path, cache: Path | None, names: list[str]) -> dict[str, Report]:
    """What a run of its own says of files."""
    engine = Engine(Settings())
    engine.cache_dir, engine.lists_subjects = cache, False
    out: dict[str, Report] = {}
    for name in names:
        path = root / name
        report = engine.clean(path, name) or engine.check(path, path.read_text(), display=name)
        out[name] = report.findings, report.errors
    engine.keep()
    return out


def write(root: Path, files: dict[str, str]) -> None:
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def heard(tmp_path: Path, edit: Edit) -> dict[str, Report]:
    """Edit a file, and back: what is said with what is kept is what is said without.  Returns what is said before."""
    files, name, old, new = edit
    root, cache, names = tmp_path / "project", tmp_path / "cache", sorted(files)
    write(root, files)
    before = found(root, cache, names)
    assert before == found(root, None, names)
    assert old in files[name]
    (root / name).write_text(files[name].replace(old, new, 1))
    after = found(root, None, names)
    assert after != before, "the edit changes nothing: it tests nothing"
    assert found(root, cache, names) == after
    (root / name).write_text(files[name])
    assert found(root, cache, names) == before
    return before
