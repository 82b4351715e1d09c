"""SARIF: valid by the published schema, and with what code scanners need."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from click_runner import invoke
from fake_engine import FakeEngine
from page_blocks import HOME_PAGE
from published import published_schema

from lint_rules import engine
from lint_rules.output.rulepage import known_codes, rule_page

ROOT = Path(__file__).parents[1]
GATEWAY = ROOT / "examples" / "gateway"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(GATEWAY, tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)


@cache
def schema() -> dict[str, Any]:
    """The schema that OASIS published."""
    document = deepcopy(published_schema("sarif-2.1.0"))
    assert "oasis-tcs/sarif-spec" in document["$id"]
    # Its first errata (2023) add this: a region says where it is.
    ways = [{"required": [name]} for name in ("startLine", "charOffset", "byteOffset")]
    document["definitions"]["region"]["anyOf"] = ways
    return document


def problems(document: Any) -> list[str]:
    validator = jsonschema.Draft7Validator(schema())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


def sarif(*arguments: str) -> dict[str, Any]:
    """The log of a run, valid, with its one run."""
    command = ["--check", "--output-format", "sarif", *arguments]
    done = invoke(*command)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    document: dict[str, Any] = json.loads(done.stdout)
    assert problems(document) == []
    assert [*document] == ["$schema", "version", "runs"]
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def contract(*arguments: str) -> list[dict[str, Any]]:
    done = invoke("--check", "--output-format", "json", *arguments)
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def place(location: dict[str, Any]) -> tuple[str, int]:
    physical = location["physicalLocation"]
    return unquote(physical["artifactLocation"]["uri"]), physical["region"]["startLine"]


# ---------------------------------------------------------------------------- the schema


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("version",), "2.0.0"),
        (("runs", 0, "tool"), {}),
        (("runs", 0, "results", 0, "message"), {}),
        (("runs", 0, "results", 0, "level"), "fatal"),
        (("runs", 0, "results", 0, "ruleIndex"), -2),
        (
            ("runs", 0, "results", 0, "locations", 0, "physicalLocation", "region"),
            {"startColumn": 1},
        ),
        (
            ("runs", 0, "results", 0, "locations", 0, "physicalLocation", "region"),
            {"startLine": 1, "startColumn": 0},
        ),
        (("runs", 0, "results", 0, "surprise"), 1),
        (("runs", 0, "results", 0, "fixes", 0, "artifactChanges"), []),
    ],
)
def test_the_schema_would_refuse_a_mistake(where: tuple[Any, ...], value: Any) -> None:
    done = invoke("--check", "--output-format", "sarif", "gateway")
    document = json.loads(done.stdout)
    inner = document
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    assert problems(document)


def test_valid_with_findings_without_and_with_errors() -> None:
    assert len(sarif("gateway")["results"]) == 5
    clean = sarif("gateway/cache.py")
    assert clean["results"] == []
    assert clean["invocations"][0] == {
        "executionSuccessful": True, "toolExecutionNotifications": [],
    }  # fmt: skip
    Path("broken.py").write_text("def f(:\n", encoding="utf-8")
    (invocation,) = sarif("broken.py", "missing.py", "gateway")["invocations"]
    assert invocation["executionSuccessful"] is False
    told = {
        entry["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]: entry
        for entry in invocation["toolExecutionNotifications"]
    }
    assert [*told] == ["broken.py", "missing.py"]
    assert "correct the syntax" in told["broken.py"]["message"]["text"]


# ---------------------------------------------------------------------------- rules


def test_every_rule_is_described_with_its_weaknesses() -> None:
    for run in (sarif("gateway"), sarif("gateway/cache.py")):
        rules = run["tool"]["driver"]["rules"]
        assert tuple(rule["id"] for rule in rules) == known_codes()
        for rule in rules:
            assert {"external/cwe/cwe-488", "external/cwe/cwe-524", "security"} <= set(
                rule["properties"]["tags"]
            )
            assert 0 < float(rule["properties"]["security-severity"]) <= 10
            assert rule["name"]
            assert rule["help"]["text"] == rule["help"]["markdown"] == rule_page(rule["id"])
            page = rule["helpUri"].removeprefix(f"{HOME_PAGE}/blob/main/")
            assert page.startswith("docs/rules/")
            assert (ROOT / page).read_text(encoding="utf-8") == rule_page(rule["id"])
            assert 0 < len(rule["shortDescription"]["text"]) <= 1024
            assert len(rule["fullDescription"]["text"]) > len(rule["shortDescription"]["text"])


def test_results_point_at_their_rules() -> None:
    run = sarif("gateway")
    rules = run["tool"]["driver"]["rules"]
    assert {entry["ruleId"] for entry in run["results"]} == {"CCL101", "CCL202", "CCL203"}
    assert all(rules[entry["ruleIndex"]]["id"] == entry["ruleId"] for entry in run["results"])


# ---------------------------------------------------------------------------- results


def test_the_same_findings_with_evidence_and_trace_as_in_json() -> None:
    results, found = sarif("gateway")["results"], contract("gateway")
    assert len(results) == len(found) == 5
    for entry, finding in zip(results, found, strict=True):
        (location,) = entry["locations"]
        assert location["physicalLocation"]["region"] == {
            "startLine": finding["line"], "startColumn": finding["column"],
            "endLine": finding["end_line"], "endColumn": finding["end_column"],
        }  # fmt: skip
        assert place(location)[0] == finding["path"]
        assert entry["message"]["text"].startswith(finding["message"])
        proofs = [(f["name"], proof) for f in finding["fields"] for proof in f["evidence"]]
        assert [(*place(near), near["message"]["text"]) for near in entry["relatedLocations"]] == [
            (proof["path"], proof["line"], f"{name}: {proof['text']}") for name, proof in proofs
        ]
        ((flow,),) = [code_flow["threadFlows"] for code_flow in entry["codeFlows"]]
        steps = [step["location"] for step in flow["locations"]]
        assert [(*place(step), step["message"]["text"]) for step in steps] == [
            (step["path"], step["line"], step["text"]) for step in finding["trace"]
        ]


def test_the_message_links_each_field_to_its_evidence() -> None:
    for entry in sarif("gateway")["results"]:
        near = {location["id"]: location for location in entry["relatedLocations"]}
        links = re.findall(r"\[([^\]]+)\]\((\d+)\)", entry["message"]["text"])
        assert links
        for name, number in links:
            assert near[int(number)]["message"]["text"].startswith(f"{name}: ")


def apply(entry: dict[str, Any]) -> None:
    """Apply a result's first fix to its file, by nothing but what SARIF says of regions."""
    for change in entry["fixes"][0]["artifactChanges"]:
        path = Path(unquote(change["artifactLocation"]["uri"]))
        text = path.read_bytes().decode()
        starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
        for replacement in reversed(change["replacements"]):
            region = replacement["deletedRegion"]
            start = starts[region["startLine"] - 1] + region["startColumn"] - 1
            end = starts[region["endLine"] - 1] + region["endColumn"] - 1
            text = text[:start] + replacement["insertedContent"]["text"] + text[end:]
        path.write_bytes(text.encode())


def test_each_fix_ends_its_result() -> None:
    for number in range(5):
        results = sarif("gateway")["results"]
        assert len(results) == 5 - number
        apply(results[-1])  # the cache-copy helper last
    assert sarif("gateway")["results"] == []


def test_where_copies_come_out_of_the_cache_the_right_helper_is_enough() -> None:
    """Then no copy carries anybody's values, whatever the merge functions leave."""
    results = sarif("gateway")["results"]
    assert [entry["ruleId"] for entry in results].index("CCL101") == 0
    apply(results[0])
    assert sarif("gateway")["results"] == []


def test_the_fix_is_what_the_command_writes() -> None:
    (entry,) = sarif("gateway/auth.py")["results"]
    path = Path("gateway/auth.py")
    before = path.read_bytes()
    apply(entry)
    fixed = path.read_bytes()
    assert fixed != before
    path.write_bytes(before)
    invoke("gateway/auth.py")
    assert path.read_bytes() == fixed


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_columns_count_characters(newline: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "Engine", FakeEngine)
    text = newline.join(["# é", "x = '漢\U0001f600'; LEAK", "\x0c", "\ty = '\u2028'; LEAK", ""])
    Path("a.py").write_bytes(text.encode())
    run = sarif("a.py")
    assert run["columnKind"] == "unicodeCodePoints"
    for entry in run["results"]:
        apply(entry)
    assert Path("a.py").read_bytes() == text.replace("LEAK", "DONE").encode()


# ---------------------------------------------------------------------------- fingerprints


def prints(*arguments: str) -> list[str]:
    found = []
    for entry in sarif(*arguments)["results"]:
        values = entry["partialFingerprints"]
        assert values["primaryLocationLineHash"] == values["cacheLeak/v1"]
        found.append(values["cacheLeak/v1"])
    return found


def test_fingerprints_survive_moved_lines() -> None:
    before = prints("gateway")
    assert len(set(before)) == 5
    for name in ("auth.py", "end_users.py", "models.py"):
        path = Path("gateway") / name
        text = path.read_text(encoding="utf-8")
        head, _, rest = text.partition("\nfrom ")
        path.write_text(f"{head}\n# One.\n# Two.\n\nfrom {rest}", encoding="utf-8")
    moved = sarif("gateway")["results"]
    assert [entry["partialFingerprints"]["cacheLeak/v1"] for entry in moved] == before
    assert place(moved[0]["locations"][0]) == ("gateway/auth.py", 25)


def test_fingerprints_do_not_depend_on_how_the_path_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = prints("gateway")
    assert prints("./gateway") == prints(str(tmp_path / "gateway")) == prints(".") == before
    (tmp_path / "other").mkdir()
    monkeypatch.chdir("gateway")
    assert set(prints(".")).isdisjoint(before)


def test_twins_stay_distinct_and_survive_moved_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "Engine", FakeEngine)
    Path("a.py").write_text("LEAK\nSTUCK\nLEAK\n", encoding="utf-8")
    before = prints("a.py")
    assert len(set(before)) == 3
    Path("a.py").write_text("# new\nLEAK\n\nSTUCK\n# new\nLEAK\n", encoding="utf-8")
    assert prints("a.py") == before


# ---------------------------------------------------------------------------- where files are


def locations(run: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []

    def walk(node: Any) -> None:
        for key, inner in node.items() if isinstance(node, dict) else ():
            if key == "artifactLocation":
                found.append(inner)
            walk(inner)
        for inner in node if isinstance(node, list) else ():
            walk(inner)

    walk(run)
    return found


@pytest.mark.parametrize("given", ["gateway", "./gateway", ".", "{}/gateway", "gateway/../gateway"])
def test_paths_are_told_from_where_the_command_ran(given: str, tmp_path: Path) -> None:
    run = sarif(given.format(tmp_path))
    places = locations(run)
    assert len(places) > 20
    assert {entry["uriBaseId"] for entry in places} == {"%SRCROOT%"} == {*run["originalUriBaseIds"]}
    assert {entry["uri"] for entry in places} == {
        f"gateway/{name}.py" for name in ("auth", "end_users", "gateway", "models")
    }


def test_a_file_elsewhere_has_an_absolute_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in side").mkdir()
    monkeypatch.chdir(tmp_path / "in side")
    places = locations(sarif("../gateway"))
    assert {entry["uri"] for entry in places} >= {(tmp_path / "gateway" / "auth.py").as_uri()}
    assert all("uriBaseId" not in entry for entry in places)
    assert all(entry["uri"].startswith("file:///") for entry in places)


@pytest.mark.parametrize("name", ["a b.py", "50%.py", "x#y?.py", "é漢.py", "q\"'.py", "p:q.py"])
def test_odd_names_are_quoted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "Engine", FakeEngine)
    Path(name).write_text("LEAK\n", encoding="utf-8")
    for entry in locations(sarif(name)):
        split = urlsplit(entry["uri"])
        assert (split.scheme, split.netloc, split.query, split.fragment) == ("", "", "", "")
        assert re.fullmatch(r"[\w./~%-]+", entry["uri"], re.ASCII)
        assert unquote(split.path) == name


# ---------------------------------------------------------------------------- the baseline


def test_what_the_baseline_accepts_is_suppressed_and_not_lost() -> None:
    invoke("--check", "--write-baseline", "b.json", "gateway/auth.py")
    results = sarif("--baseline", "b.json", "gateway")["results"]
    assert [entry["baselineState"] for entry in results] == ["unchanged", *4 * ["new"]]
    assert [len(entry.get("suppressions", ())) for entry in results] == [1, 0, 0, 0, 0]
    assert all("baselineState" not in entry for entry in sarif("gateway")["results"])


def test_a_clean_run_in_another_process_prints_the_same() -> None:
    command = [sys.executable, "-m", "lint_rules", "--check", "--output-format", "sarif", "gateway"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    again = invoke(*command[3:])
    assert done.stdout == again.stdout
