"""What was found in the files of a project, kept on disk under a digest of everything it depends on.

A report depends on every file of its project, on the settings, on this version of the checker and of
Python: all of that is in the name under which it is kept, so that nothing ever has to be declared
stale.  One line of JSON is added for each file (``checkedlines``); a damaged one is passed over.  What is read
here is only data: nothing in it can run.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from functools import lru_cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lint_rules._version import VERSION
from lint_rules.checkedlines import add_lines, read_lines, with_checksum
from lint_rules.filestore import FileStore, make_room
from lint_rules.findings import Edit, Evidence, FieldFinding, Finding, Fix, TraceStep

if TYPE_CHECKING:
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

NAME = "flake8-cache-leak"


def default_directory() -> Path:
    """The platform's folder for what can be made again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
        return Path(base) / NAME / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / NAME
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / NAME


class Store:
    """The reports of one project in one state.

    Nothing here raises: a folder that cannot be read or written is a store that keeps nothing.
    """

    def __init__(self, directory: Path, project: Project, settings: Settings) -> None:
        self._path = directory / "reports" / f"{_base(project)}-{_state(project, settings)}.jsonl"
        self._known: dict[str, dict[str, Any]] | None = None
        self._made = False

    def get(self, path: str, display: str) -> tuple[list[Finding], int] | None:
        """The findings of a file and how many functions were looked at; None when not known."""
        if self._known is None:
            self._known = dict(_lines(self._path))
        found = self._known.get(_key(path, display))
        if found is None:
            return None
        try:
            return [finding_from_json(one) for one in found["findings"]], int(found["candidates"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    def put(self, path: str, display: str, findings: Iterable[Finding], candidates: int) -> None:
        """Keep the report of a file."""
        entry = {
            "key": _key(path, display), "candidates": candidates,
            "findings": [asdict(finding) for finding in findings],
        }  # fmt: skip
        line = with_checksum(json.dumps(entry, separators=(",", ":")).encode("ascii"))
        try:
            if not self._made:
                self._made = True
                make_room(self._path)
            add_lines(self._path, [line])
        except OSError:
            return


def file_store(directory: Path, project: Project, settings: Settings) -> FileStore:
    """Where what is read off the files of a project is kept."""
    basis = blake2b(_basis(settings), digest_size=12).hexdigest()
    path = directory / "files" / f"{_base(project)}-{basis}.jsonl"
    return FileStore(path, project.root)


def _base(project: Project) -> str:
    return blake2b(os.fsencode(project.root), digest_size=12).hexdigest()


def _key(path: str, display: str) -> str:
    """A report tells paths as the user gave them, so that it depends on how that was."""
    return f"{path}\0{display}\0{os.getcwd()}"


def _state(project: Project, settings: Settings) -> str:
    """The digest of everything that a report depends on."""
    digest = blake2b(digest_size=20)
    digest.update(_basis(settings))
    for path in project.paths:
        digest.update(f"{path}\0{project.digest_of(path)}".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _basis(settings: Settings) -> bytes:
    """What everything that is kept depends on, beside the files."""
    return repr((VERSION, sys.version_info[:3], _checker(), settings)).encode()


@lru_cache(maxsize=1)
def _checker() -> tuple[tuple[str, int, int], ...]:
    """The files of the checker itself, which change while it is developed, and the packages that it
    judges with."""
    found = sorted(map(str, Path(__file__).parent.rglob("*.py")))
    specs = [find_spec(name) for name in ("libcst", "flake8")]
    found += [spec.origin for spec in specs if spec is not None and spec.origin is not None]
    stats = [(path, os.stat(path)) for path in found]
    return tuple((path, known.st_mtime_ns, known.st_size) for path, known in stats)


def _lines(path: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    for line in filter(None, read_lines(path)):
        try:
            entry = json.loads(line)
            yield entry["key"], entry
        except (ValueError, KeyError, TypeError):
            continue


def finding_from_json(data: dict[str, Any]) -> Finding:
    """The finding that ``dataclasses.asdict`` told."""
    fix = data["fix"]
    fields = tuple(
        FieldFinding(one["name"], tuple(Evidence(**proof) for proof in one["evidence"]))
        for one in data["fields"]
    )
    return Finding(
        **{
            **data, "fields": fields, "trace": tuple(TraceStep(**step) for step in data["trace"]),
            "fix": Fix(tuple(Edit(**edit) for edit in fix["edits"]), fix["reason"], fix["note"]),
        }
    )  # fmt: skip
