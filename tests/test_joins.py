"""What all files say together is worked out again only from what has changed, and is never of another time."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lint_rules import joinstore
from lint_rules.project import kept
from lint_rules.project.joins import Join, Said
from lint_rules.project.project import Project


class Run:
    """One run: the words of all files, those of them that are long, and which of the long ones each file says."""

    def __init__(self, root: Path, store: Path | None) -> None:
        self.project = Project(root)
        self.asked: list[str] = []
        self.store = store
        joins = self.project.joins
        if store is not None:
            joinstore.load(store, joins)
        self.words: Join[set[str]] = joins.join("words", self._words, _together)
        self.long = joins.join("long", None, self._long, sorted)
        self.saying: Join[dict[str, list[str]]] = joins.join("saying", self._saying, _by_file)
        self.counted: Join[int] = joins.join("counted", self._words, self._count, str)

    def _read(self, path: Path, what: str) -> list[str]:
        self.asked.append(f"{what} {path.name}")
        return path.read_text().split()

    def _words(self, path: Path) -> list[str]:
        return self._read(path, "words")

    def _long(self, _: Said) -> set[str]:
        return {word for word in self.words.value if len(word) > 3}

    def _saying(self, path: Path) -> list[str]:
        return [word for word in self._read(path, "saying") if word in self.long.value]

    def _count(self, said: Said) -> int:
        """How many words are said that are not long: what a fold needs, too, may change."""
        return sum(word not in self.long.value for _, words in said for word in words)

    def first(self, path: Path) -> Any:
        """The first word of a file where it is long."""
        return self.project.joins.about(f"first {path.name}", path, lambda p: self._saying(p)[:1])

    def all(self) -> list[Any]:
        firsts = [self.first(path) for path in self.project.paths]
        return [self.words.value, self.saying.value, self.counted.value, firsts]

    def keep(self) -> None:
        if self.store is not None:
            joinstore.save(self.store, self.project.joins)


def _together(said: Said) -> set[str]:
    return {word for _, words in said for word in words}


def _by_file(said: Said) -> dict[str, list[str]]:
    return {path.name: words for path, words in said}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept, "RACY", 0)
    root = tmp_path / "project"
    root.mkdir()
    for name, text in (("a.py", "one three"), ("b.py", "two seven"), ("c.py", "")):
        (root / name).write_text(text)
    return root


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "store.joins"


def asked(root: Path, store: Path, what: Callable[[Run], object]) -> list[str]:
    """Which files a question reads, with what earlier runs kept; the answer is that of a run without."""
    run = Run(root, store)
    assert what(run) == what(Run(root, None))
    run.keep()
    return run.asked


def test_only_files_that_have_changed_are_asked(root: Path, store: Path) -> None:
    assert asked(root, store, lambda run: run.words.value) == [f"words {n}.py" for n in "abc"]
    assert asked(root, store, lambda run: run.words.value) == []
    (root / "b.py").write_text("two eight")
    assert asked(root, store, lambda run: run.words.value) == ["words b.py"]
    (root / "d.py").write_text("four")
    assert asked(root, store, lambda run: run.words.value) == ["words d.py"]
    (root / "a.py").unlink()
    assert asked(root, store, lambda run: run.words.value) == []


def test_what_says_the_same_again_voids_nothing(root: Path, store: Path) -> None:
    asked(root, store, lambda run: run.saying.value)
    (root / "b.py").write_text("two too seven")
    assert asked(root, store, lambda run: run.saying.value) == ["words b.py", "saying b.py"]
    (root / "b.py").write_text("two seven eleven")
    found = asked(root, store, lambda run: run.saying.value)
    assert found == ["words b.py", *(f"saying {n}.py" for n in "abc")]


def test_what_changed_before_the_last_run_is_heard(root: Path, store: Path) -> None:
    """Runs in between that ask for something else do not hide it."""
    asked(root, store, Run.all)
    (root / "a.py").write_text("one three five-hundred")
    asked(root, store, lambda run: run.words.value)
    (root / "b.py").write_text("two")
    asked(root, store, lambda run: run.words.value)
    asked(root, store, lambda run: run.first(root / "a.py"))
    asked(root, store, lambda run: run.counted.value)
    asked(root, store, lambda run: run.saying.value)


def test_one_file_is_asked_about_only_when_it_has_changed(root: Path, store: Path) -> None:
    def first(run: Run) -> Any:
        return run.first(root / "a.py")

    asked(root, store, first)
    (root / "b.py").write_text("two too seven")
    assert asked(root, store, first) == ["words b.py"]
    (root / "a.py").write_text("three one")
    assert asked(root, store, first) == ["words a.py", "saying a.py"]


@pytest.mark.parametrize("seed", range(40))
def test_edits_in_any_order_make_no_difference(root: Path, store: Path, seed: int) -> None:
    rng = random.Random(seed)
    words = ("a", "to", "many", "three", "seven")
    questions: list[Callable[[Run], object]] = [
        lambda run: run.words.value, lambda run: run.long.value, lambda run: run.saying.value,
        lambda run: run.counted.value, lambda run: run.first(root / "a.py"), Run.all,
    ]  # fmt: skip
    for _ in range(20):
        path = root / rng.choice(("a.py", "b.py", "c.py", "d.py"))
        if rng.random() < 0.1 and path.name != "a.py":
            path.unlink(missing_ok=True)
        else:
            path.write_text(" ".join(rng.choices(words, k=rng.randrange(4))))
        if rng.random() < 0.7:
            asked(root, store, rng.choice(questions))


def test_a_text_that_stands_for_a_file_is_heard_as_long_as_it_does(root: Path) -> None:
    run = Run(root, None)
    assert run.words.value == {"one", "three", "two", "seven"}
    run.project.overlay(root / "b.py", "other")

    def words() -> set[str]:
        text_of = run.project.text_of
        return run.project.joins.join("words", lambda p: text_of(p).split(), _together).value

    assert words() == {"one", "three", "other"}
    run.project.overlay(root / "b.py", "two seven")
    assert words() == {"one", "three", "two", "seven"}


def test_a_damaged_line_is_asked_again(root: Path, store: Path) -> None:
    asked(root, store, Run.all)
    data = store.read_bytes()
    rng = random.Random(1)
    for _ in range(300):
        at = rng.randrange(len(data))
        piece = rng.choice((b"", b"x", b"\n", b"\xff"))
        store.write_bytes(data[:at] + piece + data[at + rng.randrange(2) :])
        asked(root, store, Run.all)
    store.write_bytes(data[: len(data) // 2])
    asked(root, store, Run.all)


def test_what_cannot_be_written_ends_no_run(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = tmp_path / "file" / "store.joins"
    asked(root, store, Run.all)
    assert (tmp_path / "file").read_text() == ""


def test_what_a_killed_process_left_goes_after_a_while(root: Path, store: Path) -> None:
    asked(root, store, Run.all)
    old, new = (store.with_name(f"{store.name}.{number}") for number in (1, 2))
    for left in (old, new):
        left.touch()
    os.utime(old, (0, 0))
    (root / "a.py").write_text("other")
    asked(root, store, Run.all)
    assert not old.exists()
    assert new.exists()  # another process may be writing it


def test_what_nobody_asks_for_any_more_is_let_go_of(root: Path, store: Path) -> None:
    asked(root, store, Run.all)
    for number in range(joinstore.FORGOTTEN + 2):
        (root / f"new_{number}.py").write_text("two")
        asked(root, store, lambda run: run.words.value)
    names = {line.split(b'"')[1] for line in store.read_bytes().splitlines()[1:]}
    assert names == {b"words"}
