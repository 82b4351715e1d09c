"""What a value was read from: noted while it is worked out, whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lint_rules.project.kept import ANSWER
from lint_rules.project.noting import (
    Node,
    Remembered,
    noting,
    noting_nothing,
    now,
    remembered,
    unnoted,
)
from lint_rules.project.pieces import name_of
from lint_rules.project.project import Project
from lint_rules.project.reads import LAST, RECORD, Reads
from lint_rules.project.records import MAX_LINKS

TEXT = '''"""A module."""

import os
from first import (
    one,
    two,
)
from second import *

NAMES = (
"a",
"b",
)
if os.name == "nt":
    SEP = "\\\\"
else:
    SEP = "/"


@one(
    two,
)
def plain(x, y=(1, {"a": [2]}), *, z=lambda q: q) -> dict[str, "int"]:
    """Not a def f(): of its own."""
    return x


class Auth(Base):
    # cache-leak: shared
    token: str

    def fresh(self): return 1

    def clear(self):
        self.token = None

        def inner():
            return 2


def last():
    pass
'''


def pieces_of(root: Path, text: str) -> Callable[[str], str]:
    (root / "module.py").write_text(text)
    return Project(root).module(root / "module.py").raw.digest_of


PIECES = (
    "name one", "name NAMES", "name SEP", "name plain", "name Auth", "name last", "name nowhere",
    "def plain 0", "def Auth.fresh 0", "def Auth.clear 0", "def last 0", "at last 0", "at Auth 0",
    "defining clear",
)  # fmt: skip
CHANGES = {
    "a body": ("    return x\n", "    return y\n", {"def plain 0"}),
    "a line in a body": ("    return x\n", "    x\n    return x\n", {"def plain 0", "at last 0", "at Auth 0"}),
    "a header": ("x, y=", "x, w, y=", {"def plain 0", "name plain", "name one"}),
    "a decorator": ("    two,\n)\ndef", "    1234,\n)\ndef", {"def plain 0", "name plain", "name one"}),
    "a default in brackets": ("[2]", "[3]", {"def plain 0", "name plain", "name one"}),
    "a constant over lines at the margin": ('"b"', '"c"', {"name NAMES"}),
    "a branch": ('SEP = "/"', 'SEP = ":"', {"name SEP"}),
    "an import over lines": ("    one,\n", "    One,\n", {"name one"}),
    "an import of all names": (
        "from second", "from third",
        {"name one", "name NAMES", "name SEP", "name plain", "name Auth", "name last", "name nowhere"},
    ),
    "a field": ("token: str", "token: int", {"name Auth"}),
    "a marker": ("shared", "per-request", {"name Auth"}),
    "a body on the line of its header": ("return 1", "return 3", {"def Auth.fresh 0"}),
    "a function in a function": ("return 2", "return 3", {"def Auth.clear 0"}),
    "a second function of a name": ("def inner", "def clear", {"def Auth.clear 0", "defining clear"}),
    "the class around a method": (
        "class Auth", "class Token",
        {"name Auth", "def Auth.fresh 0", "def Auth.clear 0", "at Auth 0", "defining clear"},
    ),
    "the last body": ("    pass\n", "    raise\n", {"def last 0"}),
    "a new name": ("    pass\n", "    pass\n\n\nnowhere = 1\n", {"name nowhere"}),
    "a comment behind the last body": ("    pass\n", "    pass\n\n# Here it ends.\n", set()),
    "a comment in the last body": ("    pass\n", "    pass\n    # Here it ends.\n", {"def last 0"}),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_shows_in_the_pieces_that_hold_it(tmp_path: Path, what: str) -> None:
    old, new, expected = CHANGES[what]
    assert TEXT.count(old) == 1
    before = pieces_of(tmp_path, TEXT)
    known = {piece: before(piece) for piece in PIECES}
    after = pieces_of(tmp_path, TEXT.replace(old, new))
    assert {piece for piece in PIECES if after(piece) != known[piece]} == expected


def files(node: Node) -> set[str]:
    return {path.name for path, _ in node.all().files}


@pytest.fixture
def reads(tmp_path: Path) -> Reads:
    return Project(tmp_path).reads


def test_who_asks_again_rests_on_the_same(reads: Reads) -> None:
    length = Remembered(lambda name: reads.file(Path(name)) or len(name))
    with noting() as first:
        assert length("a.py") == 4
    with noting() as second:
        assert length("a.py") == 4
        reads.file(Path("b.py"))
    assert (files(first), files(second)) == ({"a.py"}, {"a.py", "b.py"})


def test_an_attribute_is_remembered_with_what_it_was_read_from(reads: Reads) -> None:
    class Thing:
        asked = 0

        @remembered
        def size(self) -> int:
            """How large it is."""
            self.asked += 1
            reads.file(Path("a.py"))
            return 7

    thing = Thing()
    nodes = []
    for _ in range(2):
        with noting() as node:
            assert thing.size == 7
        nodes.append(files(node))
    assert (nodes, thing.asked, Thing.size.__doc__) == ([{"a.py"}] * 2, 1, "How large it is.")


def test_what_follows_from_a_question_that_leads_back_rests_on_all_of_it(reads: Reads) -> None:
    def ask(name: str) -> int:
        reads.file(Path(name))
        return 1 + (question("b.py") if name == "a.py" else question("a.py"))

    question = Remembered(ask, lambda name: 0)
    assert question("a.py") == 2
    with noting() as node:
        question("b.py")
    assert files(node) == {"a.py", "b.py"}


def test_an_answer_with_a_name_hides_what_it_was_read_from(reads: Reads) -> None:
    question = Remembered(
        lambda name: reads.file(Path(name)) or len(name), told=lambda name, size: (name, str(size))
    )
    with noting() as node:
        question("a.py")
    assert (files(node), node.all().derived) == (set(), {"a.py": "4"})


def test_what_is_unnoted_is_nothing_to_who_asks(reads: Reads) -> None:
    with noting() as node:
        with unnoted():
            reads.file(Path("a.py"))
        reads.file(Path("b.py"))
    assert files(node) == {"b.py"}


def test_a_run_that_keeps_nothing_notes_nothing(reads: Reads) -> None:
    class Thing:
        @remembered
        def size(self) -> int:
            reads.file(Path("a.py"))
            return sizes("b.py")

    def ask(name: str) -> int:
        assert now() is None
        reads.file(Path(name))
        with unnoted(), noting() as node:
            reads.file(Path("c.py"))
        nodes.append(node)
        return len(name)

    nodes: list[Node] = []
    sizes, thing = Remembered(ask, lambda name: 0), Thing()
    with noting() as outer:
        with noting_nothing(), noting() as node:
            assert (thing.size, sizes("b.py")) == (4, 4)
        reads.file(Path("d.py"))
    assert [*map(files, (node, *nodes, outer))] == [set(), set(), {"d.py"}]


def test_a_question_that_fails_is_asked_again(reads: Reads) -> None:
    asked: list[str] = []

    def ask(name: str) -> int:
        asked.append(name)
        if len(asked) == 1:
            raise ValueError(name)
        return 1

    question = Remembered(ask, lambda name: 0)
    with pytest.raises(ValueError, match="a"):
        question("a")
    assert question("a") == 1


class Kept:
    """Two runs on one project, the second with what the first kept."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "a.py").write_text("X = 1\n\n\ndef f():\n    return X\n\n\ndef g():\n    pass\n")
        (root / "b.py").write_text("Y = 1\n")

    def project(self, earlier: Project | None = None) -> Project:
        project = Project(self.root)
        project.reads.keeping = True
        if earlier is not None:
            project.kept.load(earlier.kept.entries)
        return project

    def ask(self, project: Project, read: Callable[[Project], object]) -> list[str]:
        """What is answered: whether it was worked out or known."""
        said: list[str] = []

        def ask() -> list[str]:
            said.append("worked out")
            read(project)
            return ["known"]

        answer: list[str] = project.reads.kept("question", self.root, "", ask)
        project.reads.flush()
        return said or answer


@pytest.fixture
def runs(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


READS: dict[str, Callable[[Project], object]] = {
    "a body": lambda p: p.module(p.root / "a.py").function("f").source,  # type: ignore[union-attr]
    "a name": lambda p: p.module(p.root / "a.py").value_of("X"),
    "a place": lambda p: p.module(p.root / "a.py").function("f").line,  # type: ignore[union-attr]
    "a text": lambda p: p.module(p.root / "a.py").text,
    "a word": lambda p: p.files_containing(b"X"),
    "a form in a body": lambda p: p.module(p.root / "a.py").function("f").holds("turn"),  # type: ignore[union-attr]
    "what is assigned": lambda p: p.module(p.root / "a.py").function("f").read_assigned(),  # type: ignore[union-attr]
    "who holds a word": lambda p: p.module(p.root / "a.py").functions_holding("X"),
}
VOID = {
    "return X": ("return X + 1", {"a body", "a text"}),
    "X = 1": ("X = 2", {"a name", "a text"}),
    "pass": ("raise", {"a text"}),
    "def f": ("Z = 3\ndef f", {"a text", "a place"}),
    "    pass": ("    pass ]", set(READS) - {"a word"}),
    "    return": ("    x.y =", {"a body", "a text", "a form in a body", "what is assigned"}),
    "():\n    pass": ("():\n    X", {"a text", "who holds a word"}),
}


@pytest.mark.parametrize("what", READS)
@pytest.mark.parametrize("old", VOID)
def test_an_answer_is_void_when_what_it_was_read_from_has_changed(
    runs: Kept, what: str, old: str
) -> None:
    new, void = VOID[old]
    first = runs.project()
    assert runs.ask(first, READS[what]) == ["worked out"]
    second = runs.project(first)
    assert runs.ask(second, READS[what]) == ["known"]
    (runs.root / "a.py").write_text((runs.root / "a.py").read_text().replace(old, new, 1))
    third = runs.project(second)
    assert runs.ask(third, READS[what]) == (["worked out"] if what in void else ["known"])
    (runs.root / "b.py").write_text("Y = X\n")
    expected = ["worked out"] if what == "a word" else ["known"]
    assert runs.ask(runs.project(third), READS[what]) == expected


MODULES: dict[str, tuple[Callable[[Project], object], set[str]]] = {
    "a body": (READS["a body"], set()),
    "a word": (READS["a word"], {"c.py holds it"}),
    "a module that is not there": (lambda p: p.module_named("c"), {"c.py", "c.py holds it"}),
    "a module that is there": (lambda p: p.module_named("b"), {"no b.py"}),
    "what a module is called": (
        lambda p: p.module(p.root / "package" / "d.py").name, {"package/__init__.py"}),
    "a text that goes": (lambda p: p.module(p.root / "b.py").text, {"no b.py"}),
}  # fmt: skip


@pytest.mark.parametrize("change", ["c.py", "c.py holds it", "no b.py", "package/__init__.py"])
@pytest.mark.parametrize("what", MODULES)
def test_a_file_that_comes_or_goes_voids_what_it_can_change(
    runs: Kept, what: str, change: str
) -> None:
    (runs.root / "package").mkdir()
    (runs.root / "package" / "d.py").write_text("")
    read, void = MODULES[what]
    first = runs.project()
    assert runs.ask(first, read) == ["worked out"]
    if change.startswith("no "):
        (runs.root / change.removeprefix("no ")).unlink()
    else:
        (runs.root / change.split()[0]).write_text("X = 2\n" if "holds" in change else "")
    second = runs.project(first)
    assert runs.ask(second, read) == (["worked out"] if change in void else ["known"])


def test_what_follows_from_all_files_is_asked_again(runs: Kept) -> None:
    asked: list[str] = []

    def read(project: Project) -> None:
        project.reads.derived("how many", "2")

    first = runs.project()
    runs.ask(first, read)
    for value, expected in (("2", ["known"]), ("3", ["worked out"])):
        later = runs.project(first)
        later.reads.derive = lambda name, value=value: asked.append(name) or value  # type: ignore[misc]
        assert runs.ask(later, read) == expected
    assert asked == ["how many", "how many"]


def test_what_rests_on_a_kept_answer_rests_on_what_that_was_read_from(runs: Kept) -> None:
    first = runs.project()
    runs.ask(first, READS["a body"])
    second = runs.project(first)
    with noting() as node:
        assert runs.ask(second, READS["a body"]) == ["known"]
    ((record, places),) = node.all().recorded.items()
    assert {piece for _, piece in record.pieces(places)} == {name_of("f"), "def f 0"}


def test_an_answer_that_no_longer_holds_goes_with_what_it_was_read_from(runs: Kept) -> None:
    first = runs.project()
    runs.ask(first, READS["a body"])
    (runs.root / "a.py").write_text("X = 1\n")
    second = runs.project(first)
    second.reads.kept("another", runs.root, "", lambda: [second.module(runs.root / "b.py").text])
    second.reads.flush()
    kinds = set().union(*second.kept.entries[str(runs.root)].parts)
    assert ANSWER + "another" in kinds and ANSWER + "question" not in kinds


def test_a_word_is_searched_for_once(runs: Kept) -> None:
    """Also one that no answer rests on, as soon as words are kept for one that does."""
    first = runs.project()
    beside = first.files_containing(b"return")
    first.reads.kept("q", runs.root, "", lambda: [str(first.files_containing(b"def"))])
    first.reads.flush()
    second = runs.project(first)
    assert second.files_containing(b"return") == beside and not second.reads.searched
    second.files_containing(b"never searched for")
    assert list(second.reads.searched) == ["never searched for"]


def test_a_run_adds_what_is_new_to_what_was_read_before(runs: Kept) -> None:
    """An edit does not make what was read be told once more; after many a record is begun anew."""
    project, told = runs.project(), []
    runs.ask(project, READS["a text"])
    for number in range(MAX_LINKS + 2):
        (runs.root / "b.py").write_text(f"Y = {number}\n")
        project = runs.project(project)
        asked = project.module(runs.root / "b.py")
        project.reads.kept(f"question {number}", runs.root, "", lambda asked=asked: [asked.text])
        project.reads.flush()
        last = project.kept_value(LAST, runs.root, "")
        told.append(project.kept_value(RECORD + last, runs.root, ""))
        assert runs.ask(runs.project(project), READS["a text"]) == ["known"]
    first = [number for number, link in enumerate(told) if not link["before"]]
    assert first == [MAX_LINKS - 1]
    assert all(list(link["texts"]) == [str(runs.root / "b.py")] for link in told)
    assert len({len(str(link)) for link in told[: MAX_LINKS - 1]}) <= 2


@pytest.mark.parametrize("links", [MAX_LINKS, 1])
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_an_answer_holds_as_long_as_the_known_ones_that_it_rests_on(
    runs: Kept, monkeypatch: pytest.MonkeyPatch, read: Callable[[Project], object], links: int
) -> None:
    """Also where it begins a record anew, to which that of the known one does not belong."""
    monkeypatch.setattr("lint_rules.project.reads.MAX_LINKS", links)

    def outer(project: Project) -> None:
        def ask() -> list[str]:
            assert runs.ask(project, read) == ["known"]
            return ["worked out", project.module(runs.root / "b.py").text]

        project.reads.kept("outer", runs.root, "", ask)
        project.reads.flush()

    first = runs.project()
    runs.ask(first, read)
    second = runs.project(first)
    outer(second)
    text = (runs.root / "a.py").read_text()
    for old, (new, void) in VOID.items():
        (runs.root / "a.py").write_text(text.replace(old, new, 1))
        third = runs.project(second)
        known = third.reads.answer("outer", runs.root, "")
        assert (known is None) == any(READS[name] is read for name in void)
    (runs.root / "a.py").write_text(text)
    assert runs.project(second).reads.answer("outer", runs.root, "") is not None
    (runs.root / "b.py").write_text("Y = 2\n")
    assert runs.project(second).reads.answer("outer", runs.root, "") is None
