"""The search of a project's files: whether it asks the texts or their words, it finds the same."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lint_rules.project.project import Project
from lint_rules.project.search import SEARCHES

PIECES = (
    "cache",
    "Cache",
    "_cache",
    "set",
    "def ",
    "dé",
    "é",
    " ",
    "\n",
    ".",
    "1",
    "=",
    "\r\n",
    "\f",
    "«",
    "0x",
    "日本",
)


def texts(rng: random.Random) -> dict[str, str]:
    files = {f"m{n}.py": "".join(rng.choices(PIECES, k=rng.randrange(30))) for n in range(12)}
    return {"empty.py": "", **files}


def asked(rng: random.Random, files: dict[str, str]) -> list[bytes]:
    """Parts of the texts, and what stands in none."""
    parts = [b"", b"zzz", b"def zzz", b"\n", b"1 zzz"]
    for text in filter(None, files.values()):
        data = text.encode()
        first = rng.randrange(len(data))
        parts.append(data[first : first + rng.randrange(1, 12)])
    return parts


@pytest.mark.parametrize("seed", range(30))
def test_the_words_say_what_the_texts_say(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    files = texts(rng)
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode())
    project = Project(tmp_path)
    for _ in range(3):
        for literal in asked(rng, files):
            holding = [tmp_path / name for name in sorted(files) if literal in files[name].encode()]
            assert project.files_containing(literal) == sorted(holding), literal
        changed = rng.choice(sorted(files))
        words = [
            word for word in ("cache", "_cache", "def dé", "zzz", "日本") if word in files[changed]
        ]
        held = project.held(("cache", "_cache", "def dé", "zzz", "日本"), tmp_path / changed)
        assert held == words
        files[changed] = "".join(rng.choices(PIECES, k=9))
        project.overlay(tmp_path / changed, files[changed])
        files["new.py"] = "".join(rng.choices(PIECES, k=9))
        project.overlay(tmp_path / "new.py", files["new.py"])
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "beside.py").write_text("zzz\n")
    project.include(str(tmp_path / "build" / "beside.py"))
    assert project.files_containing(b"zzz") == [tmp_path / "build" / "beside.py"]


def test_who_asks_much_reads_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.py").write_text("def one(): ...\n")
    (tmp_path / "two.py").write_text("def two(): ...\n")
    project = Project(tmp_path)
    for number in range(SEARCHES + 1):
        project.files_containing(f"one{number}".encode())
    monkeypatch.setattr(Project, "unnoted_bytes", None)
    assert project.files_containing(b"wo") == [tmp_path / "two.py"]
