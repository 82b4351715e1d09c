"""docs/ci.md, line by line: each job's lines are run in a shell, and do what the page says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from published import published_schema

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
#: The jobs that the page shows, in its order, and the schema of the file that holds each.
JOBS = (
    ("annotations", "GitHub Workflow"),
    ("code scanning", "GitHub Workflow"),
    ("gitlab", "gitlab-ci"),
    ("gitlab with a report", "gitlab-ci"),
)
NAMES = [name for name, _ in JOBS]
OFFLINE = NAMES[:3]
INSTALL = re.compile(r"pip install .*")
HOME = "git+https://github.com/flake8-cache-leak/flake8-cache-leak"


def blocks() -> list[str]:
    found = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [block for block in found if "hooks:" not in block]


def job(name: str) -> dict[str, Any]:
    """The file that the page shows."""
    loaded = yaml.safe_load(blocks()[NAMES.index(name)])
    # YAML 1.1 reads the key "on" as a truth value; GitHub does not.
    return {"on" if key is True else key: value for key, value in loaded.items()}


def scripts(name: str) -> list[str]:
    """What the service runs, one shell after the other: GitHub one a step, GitLab one a job."""
    entry = job(name)
    if "jobs" in entry:
        return [step["run"] for step in entry["jobs"]["cache-leak"]["steps"] if "run" in step]
    return ["\n".join(entry["cache-leak"]["script"])]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    where = tmp_path / "project"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "examples" / "gateway", where / "src" / "gateway", ignore=ignored)
    (where / "pyproject.toml").touch()
    return where


def shell(where: Path, script: str, binaries: Path) -> tuple[int, str]:
    path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], cwd=where, env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def service(where: Path, name: str, binaries: Path, package: str | None) -> tuple[int, str]:
    """Run a job as its service does; without ``package`` what it installs is there already."""
    output = ""
    for script in scripts(name):
        if package is None:
            script = "\n".join(line for line in script.split("\n") if not INSTALL.fullmatch(line))
        else:
            assert INSTALL.search(script) is None or f"pip install {HOME}" in script
            script = script.replace(HOME, package)
        code, said = shell(where, script, binaries)
        output += said
        if code:
            return code, output
    return 0, output


def try_job(where: Path, name: str, binaries: Path, package: str | None = None) -> None:
    """The job fails on the leaking project, says what it promises, and passes when it is mended."""
    code, output = service(where, name, binaries, package)
    assert code == 1, output
    if name == "annotations":
        assert output.count("::error file=src/gateway/") == 5
    elif name == "gitlab":
        assert output.count(": CCL") == 5
    else:
        log = json.loads((where / "cache-leak.sarif").read_text(encoding="utf-8"))
        assert len(log["runs"][0]["results"]) == 5
    assert shell(where, "fix-cache-leak src", binaries)[0] == 0
    code, output = service(where, name, binaries, package)
    assert code == 0, output


# ---------------------------------------------------------------------------- the jobs


def test_the_page_shows_these_jobs() -> None:
    assert len(blocks()) == len(JOBS)
    assert all(scripts(name) for name in NAMES)


@pytest.mark.parametrize(("name", "kind"), JOBS)
def test_each_file_is_valid_for_its_service(name: str, kind: str) -> None:
    validator = jsonschema.Draft7Validator(published_schema(kind))
    assert [error.message for error in validator.iter_errors(job(name))] == []
    broken = job(name)
    broken.get("jobs", broken)["cache-leak"] = {"surprise": "1"}
    assert not validator.is_valid(broken)


@pytest.mark.parametrize("name", OFFLINE)
def test_each_line_does_what_the_page_says(name: str, project: Path) -> None:
    try_job(project, name, Path(sys.executable).parent)


def test_the_report_is_uploaded_although_the_check_failed() -> None:
    *_, check, upload = job("code scanning")["jobs"]["cache-leak"]["steps"]
    assert upload["if"] == "success() || failure()"
    assert f"--output-file {upload['with']['sarif_file']} " in check["run"]


@pytest.fixture(scope="module")
def new_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment in which nothing is installed yet."""
    where = tmp_path_factory.mktemp("new")
    subprocess.run([sys.executable, "-m", "venv", str(where)], check=True)
    return where / "bin"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What stands in for the repository on the web: this checkout."""
    where = tmp_path_factory.mktemp("package") / "flake8-cache-leak"
    where.mkdir()
    shutil.copytree(ROOT / "lint_rules", where / "lint_rules")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, where / name)
    return str(where)


@pytest.mark.network
@pytest.mark.parametrize("name", NAMES)
def test_each_line_in_a_new_environment(
    name: str, project: Path, new_environment: Path, package: str
) -> None:
    try_job(project, name, new_environment, package)


@pytest.mark.network
def test_the_report_for_gitlab_has_every_finding(
    project: Path, new_environment: Path, package: str
) -> None:
    name = "gitlab with a report"
    code, output = service(project, name, new_environment, package)
    assert code == 1, output
    file = project / job(name)["cache-leak"]["artifacts"]["reports"]["codequality"]
    report = json.loads(file.read_text(encoding="utf-8"))
    assert sorted((e["location"]["path"], e["location"]["lines"]["begin"]) for e in report) == [
        ("src/gateway/auth.py", 22), *(("src/gateway/end_users.py", n) for n in (45, 49, 51, 53)),
    ]  # fmt: skip
    assert len({entry["fingerprint"] for entry in report}) == 5
    assert shell(project, "fix-cache-leak src", new_environment)[0] == 0
    assert service(project, name, new_environment, package)[0] == 0
    assert json.loads(file.read_text(encoding="utf-8")) == []


# ---------------------------------------------------------------------------- the commands


def test_the_commands_of_the_page_in_their_order(project: Path) -> None:
    lines = re.findall(r"^\$ (.*)$", PAGE, re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["fix-cache-leak", "fix-cache-leak", "python"]
    binaries = Path(sys.executable).parent
    before = (project / "src" / "gateway" / "auth.py").read_bytes()
    for line in lines[:2]:
        code, output = shell(project, line, binaries)
        assert code == 0, output
        assert "5 baselined" in output
    assert (project / "src" / "gateway" / "auth.py").read_bytes() == before
    code, output = shell(project, lines[2], binaries)
    assert code == 0, output
    assert shell(project, "fix-cache-leak --check src", binaries)[0] == 0


def test_a_baselined_finding_is_marked_as_the_page_says(project: Path) -> None:
    binaries = Path(sys.executable).parent
    shell(project, "fix-cache-leak --check --write-baseline .cache-leak.json src", binaries)
    table = dict(re.findall(r"^\| (`\w.*?`) \| (.*?) \|$", PAGE, re.MULTILINE))
    assert [*table] == ["`text`, `concise`", "`json`", "`sarif`", "`github`"]
    shown = {}
    for form in ("text", "concise", "json", "sarif", "github"):
        command = f"fix-cache-leak --check --baseline .cache-leak.json --output-format {form} src"
        code, shown[form] = shell(project, f"{command} 2>/dev/null", binaries)
        assert code == 0
    for form in ("text", "concise"):
        heads = [line for line in shown[form].splitlines() if ": CCL" in line]
        assert len(heads) == 5
        assert all(line.endswith(" (baselined)") for line in heads)
    assert shown["json"].count('"baselined": true') == 5
    assert shown["sarif"].count('"baselineState": "unchanged"') == 5
    assert shown["sarif"].count('"suppressions"') == 5
    assert shown["github"].count("::notice file=") == 5
    assert "::error" not in shown["github"]


def test_the_baseline_survives_moved_code_and_not_another_field(project: Path) -> None:
    binaries = Path(sys.executable).parent
    shell(project, "fix-cache-leak --check --write-baseline .cache-leak.json src", binaries)
    path = project / "src" / "gateway" / "models.py"
    check = "fix-cache-leak --check --baseline .cache-leak.json src"
    for name in ("auth.py", "end_users.py", "models.py"):
        each = path.with_name(name)
        head, _, rest = each.read_text(encoding="utf-8").partition("\nfrom ")
        each.write_text(f"{head}\n# moved\n\nfrom {rest}", encoding="utf-8")
    assert shell(project, check, binaries)[0] == 0
    text = path.read_text(encoding="utf-8")
    added = re.sub(
        r"^(    end_user_id.*)$", r"\1\n    end_user_new: str | None = None", text, flags=re.M
    )
    assert added != text
    path.write_text(added, encoding="utf-8")
    code, output = shell(project, check, binaries)
    assert code == 1
    assert "end_user_new" in output


# ---------------------------------------------------------------------------- what the pages name


def test_the_hooks_are_the_two_that_the_pages_name() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [(hook["id"], hook["entry"]) for hook in hooks] == [
        ("cache-leak", "fix-cache-leak --check"),
        ("fix-cache-leak", "fix-cache-leak"),
    ]
    for text in (PAGE, (ROOT / "README.md").read_text(encoding="utf-8")):
        assert "rev: main" in text
        assert {"cache-leak", "fix-cache-leak"} <= set(re.findall(r"- id: (\S+)", text))
