"""JSON, to the letter of the contract, and SARIF, to the rules of code scanning."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from lint_rules.findings import (
    Diagnostic,
    Edit,
    Evidence,
    FieldFinding,
    Finding,
    Fix,
    TraceStep,
)
from lint_rules.output import json as json_output
from lint_rules.output import sarif
from lint_rules.output.result import Result
from lint_rules.output.rulepage import known_codes

SOURCE = "# é\r\n\x0ccopied = copy(t)\rreturn copied"
FINDING = Finding(
    code="CCL101", name="unreset-field", message="The copy keeps\x1b é.", path="pkg/a b.py",
    line=2, column=11, end_line=2, end_column=18, function="C.f", model=None,
    fields=(FieldFinding("end_user_id", (Evidence("reset", "pkg/m.py", 3, "reset by g"),)),),
    trace=(TraceStep("pkg/a b.py", 2, "copied here"),),
    fix=Fix((Edit(len(SOURCE), len(SOURCE), "\n"), Edit(6, 12, "x\n")), note="clears it"),
)  # fmt: skip


def result(*findings: Finding, **changes: Any) -> Result:
    names = tuple(f"id:{number}" for number, _ in enumerate(findings))
    base = Result(
        findings, names, sources={"pkg/a b.py": SOURCE}, files=3, candidates=2, seconds=0.9421,
    )  # fmt: skip
    return replace(base, **changes)


STRING, INTEGER = {"type": "string"}, {"type": "integer", "minimum": 1}
MAYBE = {"type": ["string", "null"]}


def exactly(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": list(properties),
        "additionalProperties": False,
    }  # fmt: skip


def listed(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


CONTRACT = exactly(
    version={"const": 1},
    findings=listed(
        exactly(
            code=STRING, name=STRING, message=STRING, path=STRING, line=INTEGER, column=INTEGER,
            end_line=INTEGER, end_column=INTEGER, function=STRING, model=MAYBE,
            fields=listed(
                exactly(
                    name=STRING,
                    evidence=listed(exactly(kind=STRING, path=STRING, line=INTEGER, text=STRING)),
                )
            ),
            trace=listed(exactly(path=STRING, line=INTEGER, text=STRING)),
            fix=exactly(available={"type": "boolean"}, reason=MAYBE, note=MAYBE),
        )
    ),
    errors=listed(exactly(path=STRING, message=STRING)),
    statistics=exactly(
        files={"type": "integer"}, candidates={"type": "integer"}, seconds={"type": "number"}
    ),
)  # fmt: skip


def test_json_is_the_contract() -> None:
    shown = json_output.render(result(FINDING, errors=(Diagnostic("x.py", "broken"),)))
    document = json.loads(shown)
    jsonschema.validate(document, CONTRACT)
    assert shown.isascii() and shown.endswith("}\n")
    assert list(document) == ["version", "findings", "errors", "statistics"]
    (entry,) = document["findings"]
    assert list(entry) == list(CONTRACT["properties"]["findings"]["items"]["properties"])
    assert entry["message"] == FINDING.message
    assert entry["fix"] == {"available": True, "reason": None, "note": "clears it"}
    assert document["statistics"] == {"files": 3, "candidates": 2, "seconds": 0.9}


def test_json_marks_what_is_accepted() -> None:
    document = json.loads(json_output.render(result(FINDING, accepted=frozenset({"id:0"}))))
    assert document["findings"][0]["baselined"] is True


def run(shown: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(shown)
    assert document["version"] == "2.1.0"
    assert document["$schema"].endswith("sarif-2.1.0.json")
    (only,) = document["runs"]
    entry: dict[str, Any] = only
    return entry


def test_sarif_places() -> None:
    entry = run(sarif.render(result(FINDING)))
    assert entry["columnKind"] == "unicodeCodePoints"
    (found,) = entry["results"]
    physical = found["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"]["uri"] == "pkg/a%20b.py"
    assert physical["region"] == {"startLine": 2, "startColumn": 11, "endLine": 2, "endColumn": 18}
    assert found["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "C.f"
    (related,) = found["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "pkg/m.py"
    assert related["physicalLocation"]["region"] == {"startLine": 3}
    assert related["message"]["text"] == "end_user_id: reset by g"
    (step,) = found["codeFlows"][0]["threadFlows"][0]["locations"]
    assert step["location"]["message"]["text"] == "copied here"
    keys = ("primaryLocationLineHash", "cacheLeak/v1")
    assert found["partialFingerprints"] == dict.fromkeys(keys, "id:0")
    assert "baselineState" not in found


def test_sarif_rules() -> None:
    other = replace(FINDING, code="CCL001", name="own-rule", line=1)
    entry = run(sarif.render(result(other, FINDING)))
    rules = entry["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["CCL001", *known_codes()]
    for found in entry["results"]:
        assert rules[found["ruleIndex"]]["id"] == found["ruleId"]
    assert rules[1]["name"] == "unreset-field"
    assert rules[1]["helpUri"].startswith("https://")
    assert {"external/cwe/cwe-524", "external/cwe/cwe-488"} <= set(rules[1]["properties"]["tags"])


def test_sarif_repairs_can_be_applied() -> None:
    (found,) = run(sarif.render(result(FINDING)))["results"]
    (change,) = found["fixes"][0]["artifactChanges"]
    regions = [entry["deletedRegion"] for entry in change["replacements"]]
    assert regions == [
        {"startLine": 2, "startColumn": 2, "endLine": 2, "endColumn": 8},
        {"startLine": 3, "startColumn": 14, "endLine": 3, "endColumn": 14},
    ]
    assert [entry["insertedContent"]["text"] for entry in change["replacements"]] == ["x\n", "\n"]


@pytest.mark.parametrize("accepted", [True, False])
def test_sarif_with_a_baseline(accepted: bool) -> None:
    names = frozenset({"id:0"} if accepted else ())
    given = result(FINDING, accepted=names, has_baseline=True)
    (found,) = run(sarif.render(given))["results"]
    assert found["baselineState"] == ("unchanged" if accepted else "new")
    assert [s["kind"] for s in found.get("suppressions", [])] == ["external"] * accepted


def test_sarif_tells_problems() -> None:
    given = result(errors=(Diagnostic("/abs/x.py", "broken"),))
    (invocation,) = run(sarif.render(given))["invocations"]
    assert invocation["executionSuccessful"] is False
    (note,) = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == "broken"
    place = note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "file:///abs/x.py"


def test_nothing_found_is_a_log_too() -> None:
    assert run(sarif.render(result()))["results"] == []
    assert json.loads(json_output.render(result()))["findings"] == []
