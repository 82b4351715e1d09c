"""Findings that a team has accepted for now, and the fingerprints that know them again.

A fingerprint names no line, so it survives code that moves; twins in one function are numbered.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lint_rules.atomic import write_atomically
from lint_rules.findings import Finding

VERSION = 1


class BaselineError(ValueError):
    """A baseline that cannot be used: the file, the reason and the remedy in one line."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One accepted finding: its fingerprint, and where and what it is."""

    fingerprint: str
    place: tuple[str, str, str]
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The findings that are accepted: each with any of its fields, so that one which is mended in part stays accepted."""

    entries: tuple[Accepted, ...] = ()

    def covers(self, finding: Finding) -> bool:
        """True where an entry is about the finding, whichever of several like it."""
        name = identity(finding)
        return any(
            entry.fingerprint.rpartition(":")[0] == name or _is_part(finding, entry)
            for entry in self.entries
        )

    def among(self, findings: Sequence[Finding]) -> frozenset[str]:
        """The fingerprints of those findings that are accepted; each entry accepts one of them."""
        named = list(zip(findings, fingerprints(findings), strict=True))
        known = {entry.fingerprint for entry in self.entries}
        found = {name for _, name in named if name in known}
        free = [entry for entry in self.entries if entry.fingerprint not in found]
        for finding, name in named:
            entry = next((each for each in free if _is_part(finding, each)), None)
            if name not in found and entry is not None:
                free.remove(entry)
                found.add(name)
        return frozenset(found)

    def is_from_elsewhere(self) -> bool:
        """True where none of its files is found from the working directory."""
        paths = {entry.place[1] for entry in self.entries}
        return bool(paths) and not any(map(os.path.lexists, paths))


def _is_part(finding: Finding, entry: Accepted) -> bool:
    """True for a finding of fewer fields in the same function."""
    return entry.place == _place(finding) and entry.fields > set(finding.field_names) > set()


def _place(finding: Finding) -> tuple[str, str, str]:
    return finding.code, stable_path(finding.path), finding.function


def identity(finding: Finding) -> str:
    """What a finding is, wherever in its function it stands: a hash."""
    parts = [*_place(finding), *finding.field_names]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def fingerprints(findings: Sequence[Finding]) -> tuple[str, ...]:
    """One stable name for each finding, in the order given (which is the order of reports)."""
    seen: dict[str, int] = {}
    names = []
    for finding in findings:
        base = identity(finding)
        seen[base] = seen.get(base, 0) + 1
        names.append(f"{base}:{seen[base]}")
    return tuple(names)


def stable_path(path: str) -> str:
    """A path that is the same however the user wrote it, as long as the run starts at one place."""
    try:
        inner = os.path.relpath(path)
    except ValueError:
        # Windows: another drive than the working directory's.
        return os.path.abspath(path).replace(os.sep, "/")
    outside = inner == ".." or inner.startswith(f"..{os.sep}")
    return (os.path.abspath(path) if outside else inner).replace(os.sep, "/")


def ensure_writable(path: Path) -> None:
    """Raise ``BaselineError`` when ``path`` cannot be written: before any work is done for it."""
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise BaselineError(f"{path}: cannot be written: {folder} is no directory; make it first")
    if not os.access(folder, os.W_OK):
        raise BaselineError(
            f"{path}: cannot be written: {folder} is read-only; check --write-baseline"
        )


def write_baseline(path: Path, findings: Sequence[Finding]) -> None:
    """Write the findings down as accepted; ``BaselineError`` says why not."""
    entries = [
        {
            "fingerprint": name,
            "code": finding.code,
            "path": stable_path(finding.path),
            "function": finding.function,
            "fields": list(finding.field_names),
        }
        for finding, name in zip(findings, fingerprints(findings), strict=True)
    ]
    text = json.dumps({"version": VERSION, "findings": entries}, indent=2) + "\n"
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        reason = error.strerror or str(error)
        raise BaselineError(
            f"{path}: cannot be written: {reason}; check --write-baseline"
        ) from error


def read_baseline(path: Path) -> Baseline:
    """Read accepted findings; ``BaselineError`` says what is wrong with the file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "write one with --write-baseline"
        raise BaselineError(f"{path}: cannot be read: {reason}; {remedy}") from error
    except (ValueError, RecursionError) as error:
        raise _corrupt(path, f"not valid JSON: {error}") from error
    if not isinstance(document, dict) or "version" not in document:
        raise _corrupt(path, "not a baseline")
    if document["version"] != VERSION:
        raise _corrupt(path, f"version {document['version']!r} is not {VERSION}")
    return _entries(path, document.get("findings"))


def _entries(path: Path, entries: Any) -> Baseline:
    if not isinstance(entries, list):
        raise _corrupt(path, "it has no list of findings")
    out = []
    for entry in entries:
        name = entry.get("fingerprint") if isinstance(entry, Mapping) else None
        if not isinstance(name, str) or ":" not in name:
            raise _corrupt(path, "an entry has no fingerprint")
        code, place, function = (str(entry.get(key)) for key in ("code", "path", "function"))
        fields = entry.get("fields")
        names = frozenset(map(str, fields if isinstance(fields, list) else ()))
        out.append(Accepted(name, (code, place, function), names))
    return Baseline(tuple(out))


def _corrupt(path: Path, reason: str) -> BaselineError:
    return BaselineError(f"{path}: {reason}; write it anew with --write-baseline")
