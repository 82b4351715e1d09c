"""SARIF 2.1.0, for code scanning: with the evidence, the way of the data, and the repairs."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lint_rules import __version__
from lint_rules.baseline import stable_path
from lint_rules.findings import Diagnostic, Evidence, Finding
from lint_rules.output.plain import json_text, lines_of
from lint_rules.output.result import Result
from lint_rules.output.rulepage import RuleText, known_codes, rule_text

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
HOMEPAGE = "https://github.com/flake8-cache-leak/flake8-cache-leak"
ROOT = "%SRCROOT%"
"""What relative paths are told from; the name is the one that code scanners know."""
TAGS = ("security", "external/cwe/cwe-488", "external/cwe/cwe-524")
"""Exposure of data to the wrong session; use of a cache that holds sensitive information."""


def render(result: Result) -> str:
    """One SARIF log with one run, in ASCII."""
    rules = [rule_text(code, name) for code, name in _codes(result.findings).items()]
    index = {rule.code: number for number, rule in enumerate(rules)}
    results = [
        _result(finding, name, accepted, index[finding.code], result)
        for finding, name, accepted in result.entries()
    ]
    run = {
        "tool": {
            "driver": {
                "name": "flake8-cache-leak",
                "informationUri": HOMEPAGE,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The directory in which fix-cache-leak was run."}}
        },
        "invocations": [
            {
                "executionSuccessful": not result.errors,
                "toolExecutionNotifications": [_notification(error) for error in result.errors],
            }
        ],
        "results": results,
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _codes(findings: Iterable[Finding]) -> dict[str, str]:
    """Every rule, with findings or without: a scanner lists what was looked for."""
    names = dict.fromkeys(known_codes(), "") | {entry.code: entry.name for entry in findings}
    return dict(sorted(names.items()))


def _rule(rule: RuleText) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.description},
        "help": {"text": rule.markdown, "markdown": rule.markdown},
        "helpUri": rule.uri,
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": list(TAGS), "precision": "high", "security-severity": "7.5"},
    }


def _result(
    finding: Finding, name: str, accepted: bool, rule: int, result: Result
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": finding.message + _links(finding)},
        "locations": [_location(finding.path, _region(finding), finding.function)],
        # GitHub looks at the first key only, and would make up a value from the line's text.
        "partialFingerprints": {"primaryLocationLineHash": name, "cacheLeak/v1": name},
    }
    if finding.fields:
        entry["relatedLocations"] = _related(finding)
    if finding.trace:
        entry["codeFlows"] = [{"threadFlows": [{"locations": _steps(finding)}]}]
    if finding.fix.available and finding.path in result.sources:
        entry["fixes"] = [_fix(finding, result.sources)]
    if result.has_baseline:
        entry["baselineState"] = "unchanged" if accepted else "new"
    if accepted:
        justification = "accepted: it is in the baseline"
        entry["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": justification}
        ]
    return entry


def _region(finding: Finding) -> dict[str, int]:
    return {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }


def _location(path: str, region: Mapping[str, Any], function: str | None = None) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": _artifact(path), "region": dict(region)}
    }
    if function is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": function, "kind": "function"}]
    return location


def _artifact(path: str) -> dict[str, str]:
    """Where a file is: below the working directory, as code scanning wants it, or absolute."""
    stable = stable_path(path)
    if os.path.isabs(stable):
        return {"uri": Path(stable).as_uri()}
    uri = quote(stable.encode("utf-8", "surrogateescape"), safe="/~")
    return {"uri": uri, "uriBaseId": ROOT}


def _proofs(finding: Finding) -> list[tuple[int, str, Evidence]]:
    """The evidence of each field, numbered from 1."""
    pairs = [(entry.name, proof) for entry in finding.fields for proof in entry.evidence]
    return [(number, name, proof) for number, (name, proof) in enumerate(pairs, 1)]


def _links(finding: Finding) -> str:
    """The end of the message: each field, as a link to what proves it."""
    numbers: dict[str, int] = {}
    for number, name, _ in _proofs(finding):
        numbers.setdefault(name, number)
    links = ", ".join(f"[{name}]({number})" for name, number in numbers.items())
    return f" Why these belong to one request: {links}." if links else ""


def _related(finding: Finding) -> list[dict[str, Any]]:
    """The evidence of each field, as places to look at."""
    return [
        {
            "id": number,
            **_location(proof.path, {"startLine": proof.line}),
            "message": {"text": f"{name}: {proof.text}"},
        }
        for number, name, proof in _proofs(finding)
    ]


def _steps(finding: Finding) -> list[dict[str, Any]]:
    return [
        {
            "location": {
                **_location(step.path, {"startLine": step.line}),
                "message": {"text": step.text},
            }
        }
        for step in finding.trace
    ]


def _fix(finding: Finding, sources: Mapping[str, str]) -> dict[str, Any]:
    place = _Places(sources[finding.path])
    replacements = [
        {
            "deletedRegion": place.region(edit.start, edit.end),
            "insertedContent": {"text": edit.replacement},
        }
        for edit in sorted(finding.fix.edits, key=lambda edit: (edit.start, edit.end))
    ]
    change = {"artifactLocation": _artifact(finding.path), "replacements": replacements}
    text = finding.fix.note or f"repair {finding.code} in {finding.function}"
    return {"description": {"text": text}, "artifactChanges": [change]}


class _Places:
    """Lines and columns, from 1, of offsets in a text."""

    def __init__(self, source: str) -> None:
        lengths = _lengths(source)
        self._starts = [0, *accumulate(lengths)][: len(lengths)]

    def region(self, start: int, end: int) -> dict[str, int]:
        """The region of ``source[start:end]``."""
        line, column = self._at(start)
        end_line, end_column = self._at(end)
        return {
            "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
        }  # fmt: skip

    def _at(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def _lengths(source: str) -> list[int]:
    """The length of each line with its newline, for lines as Python counts them."""
    lengths, position = [], 0
    for line in lines_of(source):
        after = position + len(line)
        newline = 2 if source.startswith("\r\n", after) else 1
        lengths.append(len(line) + newline)
        position = after + newline
    return lengths


def _notification(error: Diagnostic) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": error.message},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(error.path)}}],
    }
