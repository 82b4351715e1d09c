"""Runs none of the code it reads, talks to nobody, writes nowhere else, steers no terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click_runner import invoke
from leaking import LEAKING

from lint_rules.cli import main
from lint_rules.discovery import discover
from lint_rules.runner import run, write_changes
from lint_rules.settings import OPTIONS
from lint_rules.worker import Task

ROOT = Path(__file__).parents[1]
TRAPPED = LEAKING.replace(
    "\n\n\n@dataclass", '\nopen("{trap}", "a").write("the code was run")\n\n\n@dataclass', 1
)
WATCHED = r"""
import json, os, sys
events = []
DANGEROUS = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn",
             "ctypes.", "urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "pty.", "syslog.")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.chown",
           "os.link", "os.symlink", "shutil.")
def hook(event, args):
    if event == "exec":
        events.append((event, args[0].co_filename))
    elif event == "import":
        events.append((event, args[0]))
    elif event == "open" and isinstance(args[2], int) and args[2] & WRITES:
        # A file without a name is opened by its directory; it is a name that counts.
        events.append(("write", os.path.abspath(args[0]) if isinstance(args[0], str) else str(args[0])))
    elif event.startswith(DANGEROUS):
        events.append((event, repr(args)))
    elif event.startswith(CHANGES):
        names = [os.fspath(a) for a in args if isinstance(a, (str, bytes, os.PathLike))]
        events.append((event, [os.path.abspath(n) for n in names]))
sys.addaudithook(hook)
from lint_rules.cli import main
code = 0
try:
    main(sys.argv[1:])
except SystemExit as end:
    code = end.code
loaded = [getattr(m, "__file__", None) for m in list(sys.modules.values())]
print("\n\0" + json.dumps({"code": code, "events": events, "loaded": loaded}), file=sys.stderr)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout full of traps: whatever of it is imported or run leaves a file behind."""
    root = tmp_path / "checkout"
    (root / "pkg").mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    trap = tmp_path / "sprung"
    code = TRAPPED.replace("{trap}", str(trap))
    for name in (
        "libcst", "click", "flake8", "json", "conftest", "sitecustomize", "usercustomize", "setup",
        "pathspec", "pydantic", "pkg/__init__", "pkg/auth", "lint_rules_plugin", "tomllib", "re",
    ):  # fmt: skip
        (root / f"{name}.py").write_text(code)
    (root / "pyproject.toml").write_text(
        '[tool.cache-leak]\nper-request-fields = ["end_user_*"]\n[tool.flake8]\nx = 1\n'
        '[build-system]\nrequires = []\nbuild-backend = "setup"\nbackend-path = ["."]\n'
    )
    (root / ".flake8").write_text(
        "[flake8]\nper-file-ignores =\n    json.py: CCL101\n"
        "[flake8:local-plugins]\nextension =\n    X = conftest:Plugin\npaths = .\n"
    )
    return root


def watched(root: Path, *arguments: str) -> dict[str, object]:
    script = root.parent / "watched.py"
    script.write_text(WATCHED)
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=root, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
             "HOME": str(root.parent), "XDG_CACHE_HOME": str(root.parent / "kept")},
    )  # fmt: skip
    assert "\0" in done.stderr, done.stderr
    seen: dict[str, object] = json.loads(done.stderr.rpartition("\0")[2])
    return seen


@pytest.mark.parametrize(
    "arguments",
    [
        ("--check", "."),
        ("--diff", "."),
        ("--matrix", "."),
        ("--check", "--output-format", "sarif", "."),
        ("--check", "--no-cache", "pkg"),
        (".",),
    ],
)
def test_the_code_is_read_and_never_run(checkout: Path, arguments: tuple[str, ...]) -> None:
    before = {path: path.read_bytes() for path in checkout.rglob("*.py")}
    seen = watched(checkout, *arguments)
    assert seen["code"] in (0, 1)
    assert not (checkout.parent / "sprung").exists()
    inside = f"{checkout}{os.sep}"
    events = seen["events"]
    assert isinstance(events, list)
    assert events
    # Code that is executed comes from files; none of them is in the checkout.
    run_code = [os.path.abspath(checkout / name) for kind, name in events if kind == "exec"]
    assert run_code
    assert not [name for name in run_code if name.startswith(inside) and name.endswith(".py")]
    loaded = seen["loaded"]
    assert isinstance(loaded, list)
    assert not [name for name in loaded if name and name.startswith(inside)]
    assert not [
        event for event in events
        if event[0] not in ("exec", "import", "write") and not event[0].startswith("os.")
    ]  # fmt: skip
    assert not [e for e in events if e[0].startswith(("os.system", "os.exec", "os.posix", "os.sp"))]
    # What later runs can use is kept in the platform's folder for it, and nothing anywhere else.
    kept = f"{checkout.parent / 'kept' / 'flake8-cache-leak'}{os.sep}"
    done = [event for event in changes(events) if not event[1].startswith((kept, kept[:-1]))]
    assert not [event for event in done if not event[1].startswith(inside)]
    if "--no-cache" in arguments:
        assert changes(events) == done
    if arguments != (".",):
        assert done == []
        assert {path: path.read_bytes() for path in checkout.rglob("*.py")} == before
    else:
        assert changes(events)


def changes(events: list[list[object]]) -> list[tuple[str, str]]:
    """What was written, made, renamed or removed, but for files that are thrown away at once."""
    found: list[tuple[str, str]] = []
    for kind, what in events:
        if kind == "write":
            found.append(("write", str(what)))
        elif str(kind).startswith("os."):
            assert isinstance(what, list)
            found += [(str(kind), str(name)) for name in what if not str(name).startswith("/proc/")]
    return [
        (kind, f"{name}{os.sep}" if os.path.isdir(name) else name)
        for kind, name in found
        if name != os.devnull
    ]


def test_modules_of_the_working_directory_are_not_imported(checkout: Path) -> None:
    """``python -m`` puts the working directory first, where a checkout may have a libcst.py."""
    done = subprocess.run(
        [sys.executable, "-m", "lint_rules", "--check", "."],
        cwd=checkout, capture_output=True, text=True, check=False,
    )  # fmt: skip
    # A json.py or re.py there is Python's own affair before we can say anything; ours are not.
    assert done.returncode == 1, done.stderr
    assert not (checkout.parent / "sprung").exists()


# ---------------------------------------------------------------------------- configuration


def test_a_checkout_can_set_the_table_and_nothing_else(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every option of the command line, written into the files of a checkout, is refused there."""
    monkeypatch.chdir(checkout)
    options = {
        option.removeprefix("--")
        for parameter in main.params
        for option in parameter.opts
        if option.startswith("--")
    }
    ours = {option.name for option in OPTIONS}
    assert {"output-file", "baseline", "write-baseline", "cache-dir", "config"} <= options - ours
    target = checkout.parent / "written"
    for name in sorted(options - ours):
        for file, text in (
            ("pyproject.toml", f'[tool.cache-leak]\n{name} = "{target}"\n'),
            (".flake8", f"[flake8]\ncache-leak-{name} = {target}\n"),
        ):
            for stale in ("pyproject.toml", ".flake8"):
                (checkout / stale).unlink(missing_ok=True)
            (checkout / file).write_text(text)
            result = invoke(".")
            assert result.exit_code == 2, (name, file)
            assert "unknown option" in result.stderr
            assert not target.exists()
            assert b"copied.end_user_id" not in (checkout / "pkg/auth.py").read_bytes()


def test_plain_flake8_options_of_a_checkout_write_nothing(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout)
    target = checkout.parent / "written"
    (checkout / ".flake8").write_text(f"[flake8]\noutput-file = {target}\ntee = True\n")
    assert invoke("--check", ".").exit_code == 1
    assert not target.exists()


@pytest.mark.parametrize("name", ["pyproject.toml", ".flake8", ".gitignore", "setup.cfg", "x.py"])
@pytest.mark.parametrize("kind", ["pipe", "endless", "directory"])
def test_odd_files_of_a_checkout_do_not_hold_up_the_run(
    checkout: Path, name: str, kind: str
) -> None:
    path = checkout / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "endless":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", "from lint_rules.cli import main; main()", "--check", str(checkout)],
        cwd=checkout.parent, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    # In a search a pipe is an error of its own; what leads out of the tree is not even looked at.
    assert done.returncode == (2 if (name, kind) == ("x.py", "pipe") else 1)


# ---------------------------------------------------------------------------- links


def test_links_out_of_the_tree_are_never_written_through(tmp_path: Path) -> None:
    outside, tree = tmp_path / "outside", tmp_path / "tree"
    for folder in (outside, tree):
        folder.mkdir()
    text = LEAKING
    (outside / "auth.py").write_text(text)
    (outside / "pyproject.toml").touch()
    (tree / "pyproject.toml").touch()
    (tree / "inner.py").write_text(text)
    (tree / "auth.py").symlink_to("../outside/auth.py")
    (tree / "folder").symlink_to("../outside", target_is_directory=True)
    (tree / "twice.py").symlink_to("folder/auth.py")
    for given in (["tree"], ["tree", "tree/auth.py"], ["tree/auth.py"], ["tree/twice.py", "tree"]):
        paths = [tmp_path / name for name in given]
        found = discover(paths)
        task = Task(repair=True)
        report = write_changes(found, run(found, task), task)
        assert (outside / "auth.py").read_text() == text
        explicit = [name for name in given if name != "tree"]
        assert len(report.errors) == len(explicit)
        assert all("outside the given paths" in error.message for error in report.errors)
    assert (tree / "inner.py").read_text() != text


# ---------------------------------------------------------------------------- terminals

EVIL = "e\x1b]0;x\x07\x1b[31m\u202e\x9b2J\x7f\u2066\U000e0041"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """Names and lines that would steer a terminal, of findings and of every kind of error."""
    leaking = LEAKING.replace(
        "copied = replace(auth)", "copied = replace(auth)  # \x1b[2J\u202e \x9b \x7f \U000e0041"
    )
    (tmp_path / f"{EVIL}.py").write_text(leaking)
    (tmp_path / f"broken{EVIL}.py").write_bytes(b"\xff")
    (tmp_path / f"syntax{EVIL}.py").write_text(f"x = '{EVIL}'\ndef f(:\n")
    (tmp_path / f"encoding{EVIL}.py").write_bytes(b"# coding: x-1\n")
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("mode", "form"),
    [
        *(("--check", form) for form in ("text", "concise", "json", "sarif", "github")),
        ("--diff", "text"), ("-v", "text"), ("--matrix", "text"), ("--matrix", "json"),
    ],
)  # fmt: skip
def test_nothing_steers_a_terminal(evil: Path, form: str, mode: str) -> None:
    arguments = [mode, "--output-format", form, *sorted(path.name for path in evil.glob("*.py"))]
    shown = on_a_terminal(evil, arguments)
    assert "CCL101" in shown or mode in ("-v", "--diff", "--matrix")
    # Colours and the line of progress are our own.
    ours = re.sub(r"\x1b\[(?:\d+(?:;\d+)*)?m|\r(?:\d+ of \d+ files)?\x1b\[K", "", shown)
    assert not CONTROL.search(ours.replace("\r\n", "\n")), ours


def on_a_terminal(folder: Path, arguments: list[str]) -> str:
    """What the command prints on a pseudo terminal, standard output and error together."""
    import pty

    parent, child = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", "from lint_rules.cli import main; main()", *arguments],
        cwd=folder, stdout=child, stderr=child, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "PYTHONUTF8": "1"},
    ):  # fmt: skip
        os.close(child)
        chunks = []
        while True:
            try:
                chunk = os.read(parent, 65536)
            except OSError:
                break
            if not chunk:
                break
            chunks.append(chunk)
    os.close(parent)
    return b"".join(chunks).decode("utf-8")


@pytest.mark.parametrize("form", ["text", "concise", "github"])
def test_a_file_name_is_no_workflow_command(tmp_path: Path, form: str) -> None:
    """GitHub obeys lines that begin with ``::``; one of ours must not begin with a file's name."""
    for name in ("::add-mask::x.py", "##[add-path]x.py", "::error::y.py"):
        (tmp_path / name).write_text(LEAKING)
    (tmp_path / "::stop-commands::z.py").write_bytes(b"\xff")
    (tmp_path / "pyproject.toml").touch()
    done = subprocess.run(
        [sys.executable, "-c", "from lint_rules.cli import main; main()", "--output-format", form, "."],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    lines = [*done.stdout.splitlines(), *done.stderr.splitlines()]
    commands = [line for line in lines if line.lstrip().startswith(("::", "##["))]
    if form == "github":
        assert commands
        assert all(line.startswith("::error file=") for line in commands)
    else:
        assert commands == []
