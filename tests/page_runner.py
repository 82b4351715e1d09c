"""Runs the blocks of a page in a prepared project and compares what the page says they print.

Without the package index, lines that need it (``pip install``, ``pre-commit``) are passed over and
counted; with it, the whole page runs in an environment of its own.  Then this repository stands in for
its address on the web, and a wheel made of it for the release.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from page_blocks import CHECKS
from page_format import Block, Command, PageError, read_commands

from lint_rules import __version__ as VERSION

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "tests" / "pages"
NETWORK = re.compile(
    r"(?:\S*python3? -m )?pip3? (?:install|download)\b|pre-commit\b|git (?:clone|ls-remote)\b"
)
"""How a line begins that needs the package index or the web."""
BUILTINS = {"exit", "set", "export", "cd", "if", "for", "while", "source", "."}
"""Words of the shell that are no file."""
FINDERS = re.compile(r"(?:\S*python3? -m )?(?:fix-cache-leak|flake8|lint_rules|ruff|pytest)\b")
"""Commands whose exit status 1 says that they found something."""


@dataclass(slots=True)
class PageRun:
    """The state of a reader who works through one page from top to bottom."""

    folder: Path
    scripts: Path
    online: bool = False
    #: By the address of a repository on the web, the one on the disk that stands in for it.
    mirrors: Mapping[str, Path] = field(default_factory=dict)
    release: Path | None = None
    #: What the last command printed; None when there is none that the next block could show.
    printed: str | None = None
    #: The last command was passed over, and so is what the page shows of it.
    waiting: bool = False
    passed_over: list[str] = field(default_factory=list)
    compared: int = 0
    _projects: int = 0

    @property
    def project(self) -> Path:
        """The folder that the commands run in."""
        return self.folder / f"project{self._projects}"

    def enter(self, name: str) -> None:
        """Begin a fresh copy of a project."""
        self._projects += 1
        if name == "checkout":
            copy_checkout(self.project)
        elif name == "examples":
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / "examples", self.project, ignore=skipped)
        elif (PAGES / name).is_dir():
            shutil.copytree(PAGES / name, self.project)
        else:
            raise PageError(f"there is no project {name!r}; make the folder tests/pages/{name}")
        # A reader's project is under version control, which pre-commit and git apply want.
        self._run("git init -q -b main && git add -A && git commit -q -m begin").check_returncode()

    def do(self, block: Block) -> None:
        """Run or compare one block."""
        marks = block.marks
        if "in" in marks:
            self.enter(marks["in"])
        if "not run" in marks or "checked by" in marks:
            self._forget()
            if "file" in marks:
                self._write(block, marks["file"])
        elif "network" in marks and not self.online:
            self._pass_over(f"{block.place}: {marks['network']}")
        elif "file" in marks:
            self._write(block, marks["file"])
        elif "shows" in marks:
            self._shows(block, marks["shows"])
        elif block.kind == "console":
            self._console(block)
        elif block.kind in ("text", "diff", "json") and self._is_output(block):
            return
        elif block.kind in CHECKS:
            self._check(block)
        else:
            raise PageError(
                f"{block.place}: nobody knows what to do with a block of the kind {block.kind!r}; "
                f"use one of console, text, diff, {', '.join(CHECKS)}, or mark it 'not run: why'"
            )

    # ------------------------------------------------------------------ console

    def _console(self, block: Block) -> None:
        commands = read_commands(block)
        for command in commands:
            status = block.marks.get("exit") if command is commands[-1] else None
            self.command(block.place, command, status)

    def command(self, place: str, command: Command, status: str | None = None) -> None:
        """Run one command and compare what it printed, where the page shows it."""
        self._forget()
        if self._must_wait(command.line):
            self._pass_over(f"{place}: {command.line}")
            return
        line = command.line if self.online else _runnable(command.line)
        printed = self._expect(place, line, status, bool(FINDERS.match(line)))
        self.printed = printed
        if any(line.strip() for line in command.output):
            self.compared += 1
            compare(place, "\n".join(command.output), printed)

    def _must_wait(self, line: str) -> bool:
        """True for a line that needs the index, or a tool that a line before would have installed."""
        if self.online:
            return False
        word = line.split()[0]
        missing = shutil.which(word, path=self._environment()["PATH"]) is None
        plain = re.fullmatch(r"[\w.-]+", word) is not None and word not in BUILTINS
        return bool(NETWORK.match(line)) or (bool(self.passed_over) and plain and missing)

    def _expect(self, place: str, line: str, status: str | None, finds: bool) -> str:
        """What the line prints; it must end as it should."""
        done = self._run(line)
        allowed = {int(status)} if status else {0, 1} if finds else {0}
        if done.returncode not in allowed:
            raise PageError(f"{place}: $ {line}\nended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def _forget(self) -> None:
        self.printed, self.waiting = None, False

    def _pass_over(self, what: str) -> None:
        self.passed_over.append(what)
        self.printed, self.waiting = None, True

    def _run(self, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", line],
            cwd=self.project, env=self._environment(), text=True, encoding="utf-8",
            errors="backslashreplace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False, timeout=1200,
        )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        # A make inside a make says where it goes; the reader's is none.
        of_make = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
        dropped = ("PYTHONPATH", "PYTHONHOME", "GITHUB_ACTIONS", "PYTEST_CURRENT_TEST", *of_make)
        env = {name: value for name, value in os.environ.items() if name not in dropped}
        env |= {
            "PATH": f"{self.scripts}{os.pathsep}{env.get('PATH', '')}",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "PRE_COMMIT_HOME": str(self.folder / "pre-commit"),
            "NO_COLOR": "1", "COLUMNS": "100", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1",
            # A module that was just rewritten must not be met by its old compiled form.
            "PYTHONDONTWRITEBYTECODE": "1",
            "GIT_AUTHOR_NAME": "reader", "GIT_AUTHOR_EMAIL": "reader@example.org",
            "GIT_COMMITTER_NAME": "reader", "GIT_COMMITTER_EMAIL": "reader@example.org",
        }  # fmt: skip
        env |= _standing_in(self.mirrors)
        if self.release is not None:
            env["PIP_FIND_LINKS"] = f"{self.release} {env.get('PIP_FIND_LINKS', '')}".strip()
        return env

    # ------------------------------------------------------------------ other blocks

    def _is_output(self, block: Block) -> bool:
        """Compare a block that shows what the last command printed; False when it shows no such."""
        if self.printed is not None:
            self.compared += 1
            compare(block.place, block.text, self.printed)
            return True
        return self.waiting

    def _write(self, block: Block, name: str) -> None:
        target = self.project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text, encoding="utf-8")
        if "not run" in block.marks:
            return
        if block.kind == "python":
            compile(block.text, name, "exec")
        elif block.kind in CHECKS:
            self._check(block)

    def _shows(self, block: Block, name: str) -> None:
        text = (self.project / name).read_text(encoding="utf-8")
        if block.text not in text:
            raise PageError(f"{block.place}: this is no part of {name}, which holds:\n{text}")
        self.compared += 1

    def _check(self, block: Block) -> None:
        self._forget()
        found = CHECKS[block.kind](block, self._run_in_project)
        self.printed = found.printed
        for lines in found.scripts:
            self._script(block, lines)

    def _script(self, block: Block, lines: tuple[str, ...]) -> None:
        """Run the lines of one script in one shell, without those that must be passed over."""
        kept = []
        for line in lines:
            if self._must_wait(line):
                self.passed_over.append(f"{block.place}: {line}")
            else:
                kept.append(line)
        if kept:
            script = "\n".join(["set -e", *kept])
            found = any(map(FINDERS.match, kept))
            self._expect(block.place, script, block.marks.get("exit"), found)

    def _run_in_project(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self._run(shlex.join(words))


def _standing_in(mirrors: Mapping[str, Path]) -> dict[str, str]:
    """The variables that let git take other repositories for these addresses."""
    env = {"GIT_CONFIG_COUNT": str(len(mirrors))}
    for number, (address, path) in enumerate(mirrors.items()):
        env[f"GIT_CONFIG_KEY_{number}"] = f"url.file://{path}.insteadOf"
        env[f"GIT_CONFIG_VALUE_{number}"] = address
    return env


def _runnable(line: str) -> str:
    """The line as this machine runs it: ``make demo`` without making an environment again."""
    return {"make demo": "python examples/demo.py"}.get(line, line)


def compare(place: str, shown: str, printed: str) -> None:
    """Raise when the page does not show what was printed; ``...`` stands for what it leaves out."""
    want, got = _lines(shown), _lines(printed)
    if not any(line.replace("...", "").strip(" …") for line in want):
        raise PageError(f"{place}: an output of nothing but dots says nothing")
    if not re.fullmatch("".join(map(_pattern, want)), "".join(f"{line}\n" for line in got)):
        diff = "\n".join(difflib.unified_diff(want, got, "the page", "the command", lineterm=""))
        raise PageError(f"{place}: the page shows something else than was printed\n{diff}")


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        del lines[0]
    return lines


def _pattern(line: str) -> str:
    if line.strip() in ("...", "…"):
        return r"(?:[^\n]*\n)*?"
    return r"[^\n]*".join(map(re.escape, line.split("..."))) + r"\n"


def copy_checkout(target: Path) -> None:
    """Copy what git would commit of this repository, without its history."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def make_origin(target: Path) -> Path:
    """This repository as it is on the disk, as a git repository of one commit on ``main``."""
    copy_checkout(target)
    return committed(target, f"v{VERSION}")


def committed(target: Path, tag: str) -> Path:
    """The folder as a git repository of one commit with that tag."""
    author = ["-c", "user.name=origin", "-c", "user.email=origin@example.org"]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        [*author, "commit", "-q", "-m", "all"],
    ):
        subprocess.run(["git", *words], cwd=target, check=True)
    subprocess.run(["git", "tag", tag], cwd=target, check=True)
    return target


def make_release(origin: Path, target: Path) -> Path:
    """A folder with the wheel that a release would be."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        str(target),
        str(origin),
    ]
    subprocess.run(command, check=True)
    return target


def fresh_environment(target: Path) -> Path:
    """A new virtual environment with nothing in it but pip; its folder of commands."""
    venv.create(target, with_pip=True)
    return target / "bin"


def current_scripts() -> Path:
    """Where the commands of the environment that runs the tests are."""
    return Path(sys.executable).parent
