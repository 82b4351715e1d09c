"""Answers that are kept for other runs, each with what it was read from (``records``): it holds as long as
all of that is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lint_rules.project.kept import ANSWER, NO_CONTEXT, digest
from lint_rules.project.noting import Node, noting, now, unnoted
from lint_rules.project.pieces import WHOLE
from lint_rules.project.records import MAX_LINKS, Record, link

if TYPE_CHECKING:
    from lint_rules.project.joins import Join, Said
    from lint_rules.project.project import Project

RECORD = "read "
"""What the kind of a link of a record begins with; its digest follows."""
DIGEST = "digest "
"""What the kind of an answer begins with that is the digest of something derived; its name follows."""
_WORDS = "words held"
"""What the name of the join is that tells where words are; a digest of them follows."""
LAST = "last read"
"""The kind under which the name of the link is kept that was made last."""


class Reads:
    """The answers of one project, and what they were read from."""

    def __init__(self, project: Project, *, keeping: bool = False) -> None:
        self._project = project
        #: Whether answers are kept for other runs.
        self.keeping = keeping
        #: Works out anew what was derived from all files together, by its name.
        self.derive: Callable[[str], str] = lambda name: ""
        #: The words that all files were searched for, which no earlier run had asked for.
        self.searched: dict[str, list[Path]] = {}
        self._new: list[_New] = []
        self._records: dict[str, Record | None] = {}
        self._derived: dict[str, str] = {}

    # ----------------------------------------------------------------- noting

    def file(self, path: Path) -> None:
        """A file's whole text is read."""
        self.piece((path, WHOLE))

    def piece(self, piece: tuple[Path, str]) -> None:
        """A piece of a file is read."""
        node = now()
        if node is not None:
            node.note_piece(piece)

    def word(self, word: bytes, held: list[Path]) -> None:
        """All files were searched for a word."""
        node = now()
        if node is not None:
            node.note_word(word.decode("utf-8", "surrogateescape"), held)

    def module(self, name: str, value: str) -> None:
        """It was asked which file a module is, or what the module of a file is called (:attr:`Node.modules`)."""
        node = now()
        if node is not None:
            node.note_module(name, value)

    def derived(self, name: str, value: str) -> None:
        """Something that follows from all files was asked for; ``value`` is its digest."""
        node = now()
        if node is not None:
            node.note_derived(name, value)

    def derived_now(self, name: str) -> str:
        """The digest of what follows from all files now, by its name."""
        if name not in self._derived:
            with unnoted():
                self._derived[name] = self.derive(name)
        return self._derived[name]

    def kept_digest(self, name: str) -> str:
        """The digest that an earlier run kept under a name, empty where it kept none that still holds."""
        _, *about = name.split("\0")
        path = Path(about[0]) if about else None
        if path is None or not self._project.has(path):
            return ""
        return self.answer(DIGEST + name, path, NO_CONTEXT) or ""

    def keep_digest(self, name: str, path: Path, value: str, node: Node) -> None:
        """Keep the digest of what follows from ``node`` for a file, under the name that it is asked for by."""
        self.keep(DIGEST + name, path, NO_CONTEXT, value, node)

    # ----------------------------------------------------------------- answers

    def kept(self, kind: str, path: Path, context: str, ask: Callable[[], Any]) -> Any:
        """What an earlier run answered for a file (or the root, for the project), as long as all that it was
        read from is the same; else what ``ask`` says, kept for the next run.

        ``context`` is the digest of what the answer depends on beside what is noted.  The answer is JSON,
        and never None.
        """
        answer = self.answer(kind, path, context)
        if answer is None:
            with noting() as node:
                answer = ask()
            self.keep(kind, path, context, answer, node)
        return answer

    def answer(self, kind: str, path: Path, context: str) -> Any:
        """The answer that an earlier run gave; None when it gave none, or when anything that it was read
        from has changed."""
        known = self._project.kept_value(ANSWER + kind, path, context)
        record = self._record(known["read"]) if known is not None else None
        if record is None or not record.holds(known):
            return None
        node = now()
        if node is not None:
            node.rest_on(record.node(known))
        return known["answer"]

    def keep(self, kind: str, path: Path, context: str, answer: Any, node: Node) -> None:
        """Keep an answer (JSON) at the next :meth:`flush`."""
        if self.keeping:
            self._new.append(_New(ANSWER + kind, path, context, answer, node))

    def flush(self) -> None:
        """Keep the answers that are new, with what they were read from."""
        new = [(one, one.node.all()) for one in self._new]
        self._new.clear()
        if not new:
            return
        read, last = Node(), self._last()
        for _, node in new:
            _tell_again(node, last[1])
            read.take(node)
        self._add_words(read.words)
        name, record = self._extended(read, *last)
        for one, node in new:
            value = {"read": name, "answer": one.answer, **record.places(node)}
            self._project.keep_value(one.kind, one.path, one.context, value)
        for path in {str(one.path) for one, _ in new}:
            self._project.kept.drop(self._is_void, path)

    def _last(self) -> tuple[str, Record | None]:
        """The record that a link may be added to, and its name."""
        name = self._project.kept_value(LAST, self._project.root, NO_CONTEXT) or ""
        record = self._record(name)
        return (name, record) if record is not None and record.links < MAX_LINKS else ("", None)

    def _extended(self, read: Node, name: str, record: Record | None) -> tuple[str, Record]:
        """The record that says everything that was read, and its name: the last one, with a link more for
        what that does not say."""
        root = self._project.root
        if record is not None:
            read = record.lacks(read)
            if read.is_empty:
                return name, record
        told = link(self._project, read, name)
        name = digest(told)
        self._project.keep_value(RECORD + name, root, NO_CONTEXT, told)
        self._project.keep_value(LAST, root, NO_CONTEXT, name)
        return name, Record(self._project, told, record, new=True)

    def _is_void(self, kind: str, value: Any) -> bool:
        """True for an answer that no longer holds: it would keep its record, too."""
        if not kind.startswith(ANSWER):
            return False
        record = self._record(value["read"])
        return record is None or not record.rests_on_the_same(value)

    def _record(self, name: str) -> Record | None:
        if name not in self._records:
            told = self._project.kept_value(RECORD + name, self._project.root, NO_CONTEXT)
            before = self._record(told["before"]) if told is not None and told["before"] else None
            lost = told is None or (told["before"] and before is None)
            self._records[name] = None if lost else Record(self._project, told, before)
        return self._records[name]

    # ----------------------------------------------------------------- words

    @property
    def _known_words(self) -> tuple[str, ...]:
        return tuple(self._project.kept_value("words", self._project.root, NO_CONTEXT) or ())

    @cached_property
    def held(self) -> dict[str, list[Path]]:
        """The files that hold each of the words that are known; only files that changed are read."""
        words = self._known_words
        return self._words_join(words).value if words else {}

    def _words_join(self, words: tuple[str, ...]) -> Join[dict[str, list[Path]]]:
        name, ask = f"{_WORDS} {digest(words)}", partial(self._project.held, words)
        return self._project.joins.join(name, ask, partial(_by_word, words))

    def _add_words(self, new: dict[str, list[Path]]) -> None:
        """Make the words known that answers rest on and, as all files are asked for them at once, with them all that
        this run has searched for."""
        if new.keys() <= set(self._known_words):
            return
        held = {**self.held, **self.searched, **new}
        words = tuple(sorted(held))
        joins = self._project.joins
        joins.drop(_WORDS)
        by_file: dict[Path, list[str]] = {}
        for word in words:
            for path in held[word]:
                by_file.setdefault(path, []).append(word)
        joins.learn(f"{_WORDS} {digest(words)}", by_file)
        self._project.keep_value("words", self._project.root, NO_CONTEXT, words)
        self.__dict__.pop("held", None)


def _tell_again(node: Node, record: Record | None) -> None:
    """Tell what an earlier run read by itself where that does not stand in the chain of ``record``."""
    for one in [one for one in node.recorded if record is None or not one.is_of(record)]:
        node.files = {*node.files, *one.pieces(node.recorded.pop(one))}


def _by_word(words: tuple[str, ...], said: Said) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {word: [] for word in words}
    for path, held in said:
        for word in held:
            found[word].append(path)
    return found


class _New(NamedTuple):
    """An answer that is to be kept."""

    kind: str
    path: Path
    context: str
    answer: Any
    node: Node
