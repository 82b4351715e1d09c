"""docs/editors.md: what editors send to flake8, and a real language server that does."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/editors.md").read_text(encoding="utf-8")
NAME = "src/gateway/end_users.py"
PLACES = [(45, 5), (49, 9), (51, 9), (53, 9)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    where = tmp_path / "project"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "examples" / "gateway", where / "src" / "gateway", ignore=ignored)
    (where / "pyproject.toml").touch()
    return where


def flake8(where: Path, *arguments: str, text: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flake8", "--select=CCL", *arguments, "-"], cwd=where, input=text,
        capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_the_command_of_the_page_prints_what_the_page_shows(project: Path) -> None:
    shown = re.search(r"^\$ (flake8 .*)\n((?:src/.*\n)+)", PAGE, re.MULTILINE)
    assert shown is not None
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        shown.group(1), shell=True, cwd=project, env={**os.environ, "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == (shown.group(2), "")


@pytest.mark.parametrize("below", [0, 1])
@pytest.mark.parametrize("absolute", [False, True])
def test_unsaved_text_is_judged_as_its_file(project: Path, absolute: bool, below: int) -> None:
    text = "# not saved\n" * below + (project / NAME).read_text(encoding="utf-8")
    name = str(project / NAME) if absolute else NAME
    out = flake8(project, "--stdin-display-name", name, text=text)
    found = [line.removeprefix(f"{name}:").split(":")[:2] for line in out.splitlines()]
    assert [(int(line) - below, int(column)) for line, column in found] == PLACES


def test_without_a_name_in_the_file_s_directory(project: Path) -> None:
    """As Emacs' Flymake does it."""
    text = (project / NAME).read_text(encoding="utf-8")
    out = flake8((project / NAME).parent, text=text)
    assert re.findall(r"^stdin:(\d+):(\d+):", out, re.MULTILINE) == [
        (str(line), str(column)) for line, column in PLACES
    ]


def test_the_call_of_visual_studio_code_s_extension(project: Path) -> None:
    form = "--format=%(row)d,%(col)d,%(code).1s,%(code)s:%(text)s"
    text = (project / NAME).read_text(encoding="utf-8")
    out = flake8(project, form, "--stdin-display-name", str(project / NAME), text=text)
    assert re.findall(r"^(\d+),(\d+),C,CCL\d+:", out, re.MULTILINE) == [
        (str(line), str(column)) for line, column in PLACES
    ]


# ---------------------------------------------------------------------------- a language server


class Server:
    """A client of a language server, as small as it can be."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def until(self, key: str, value: object) -> dict[str, Any]:
        """The next message whose ``key`` is ``value``."""
        while True:
            message = self._receive()
            if message.get(key) == value:
                return message

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b": ")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server has ended"
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message


@contextmanager
def serving(program: Path, root: Path) -> Iterator[Server]:
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": path},
    ) as process:  # fmt: skip
        try:
            server = Server(process)
            about = {"processId": None, "rootUri": root.as_uri(), "capabilities": {}}
            server.send(id=1, method="initialize", params=about)
            server.until("id", 1)
            server.send(method="initialized", params={})
            yield server
        finally:
            process.kill()


@pytest.mark.network
def test_a_language_server_shows_the_findings(project: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "new")], check=True)
    binaries = tmp_path / "new" / "bin"
    copy = tmp_path / "flake8-cache-leak"
    copy.mkdir()
    shutil.copytree(ROOT / "lint_rules", copy / "lint_rules")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    install = [str(binaries / "pip"), "install", "--quiet", "python-lsp-server[flake8]", str(copy)]
    subprocess.run(install, check=True, timeout=600)
    (project / ".flake8").write_text("[flake8]\nselect = CCL\n", encoding="utf-8")
    (block,) = [each for each in re.findall(r"```json\n(.*?)```", PAGE, re.S) if "pylsp" in each]
    uri = (project / NAME).as_uri()
    text = "# not saved\n" + (project / NAME).read_text(encoding="utf-8")
    with serving(binaries / "pylsp", project) as server:
        settings = {"settings": json.loads(block)}
        server.send(method="workspace/didChangeConfiguration", params=settings)
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        server.send(method="textDocument/didOpen", params={"textDocument": document})
        told = server.until("method", "textDocument/publishDiagnostics")["params"]["diagnostics"]
    found = [(d["range"]["start"]["line"], d["range"]["start"]["character"] + 1) for d in told]
    assert sorted(found) == PLACES
    assert {d["code"] for d in told} == {"CCL202", "CCL203"}
