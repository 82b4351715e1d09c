"""The report for programs: version 1 of the contract."""

from __future__ import annotations

from typing import Any

from lint_rules.findings import Diagnostic, FieldFinding, Finding
from lint_rules.output.plain import json_text
from lint_rules.output.result import Result

VERSION = 1


def render(result: Result) -> str:
    """One JSON object, in ASCII, so that no terminal and no locale can spoil it."""
    document = {
        "version": VERSION,
        "findings": [_finding(finding, accepted) for finding, _, accepted in result.entries()],
        "errors": [error_of(error) for error in result.errors],
        "statistics": {
            "files": result.files,
            "candidates": result.candidates,
            "seconds": round(result.seconds, 1),
        },
    }
    return json_text(document)


def _finding(finding: Finding, accepted: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "function": finding.function,
        "model": finding.model,
        "fields": [field_of(entry) for entry in finding.fields],
        "trace": [{"path": s.path, "line": s.line, "text": s.text} for s in finding.trace],
        "fix": {
            "available": finding.fix.available,
            "reason": finding.fix.reason,
            "note": finding.fix.note,
        },
    }
    return {**entry, "baselined": True} if accepted else entry


def field_of(entry: FieldFinding) -> dict[str, Any]:
    """A field with its evidence."""
    proofs = [
        {"kind": proof.kind, "path": proof.path, "line": proof.line, "text": proof.text}
        for proof in entry.evidence
    ]
    return {"name": entry.name, "evidence": proofs}


def error_of(error: Diagnostic) -> dict[str, str]:
    """A file that could not be read or analysed."""
    return {"path": error.path, "message": error.message}
