"""What an answer was read from: an answer holds as long as all of that is the same.

While answers are worked out, the files whose text is read are noted, and the words that files are
searched for.  What was noted in one run grows and is never taken back: an answer that rests on an
earlier one rests on what that was read from, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lint_rules.project.kept import digest

if TYPE_CHECKING:
    from lint_rules.project.project import Project

RECORD = "read "
"""What the kind of a record begins with; its digest follows."""


class Reads:
    """The answers of one project, and what they were read from."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._files: set[Path] = set()
        self._words: dict[str, list[Path]] = {}
        self._derived: dict[str, str] = {}
        #: Works out anew what was derived from all files together, by its name.
        self.derive: Callable[[str], str] = lambda name: ""
        self._noting = 0
        self._new: list[tuple[str, Path, str, Any]] = []
        self._holds: dict[str, bool] = {}

    # ----------------------------------------------------------------- noting

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note what is read from here on."""
        self._noting += 1
        try:
            yield
        finally:
            self._noting -= 1

    def file(self, path: Path) -> None:
        """A file's text is read."""
        if self._noting:
            self._files.add(path)

    def word(self, word: bytes, held: list[Path]) -> None:
        """All files were searched for a word."""
        if self._noting:
            self._words[word.decode("utf-8", "surrogateescape")] = held

    def derived(self, name: str, value: str) -> None:
        """Something that follows from all files was asked for; ``value`` is its digest."""
        if self._noting:
            self._derived[name] = value

    # ----------------------------------------------------------------- answers

    def answer(self, kind: str, path: Path, context: str) -> Any:
        """The answer that an earlier run gave for a file (or the root, for the project); None when it
        gave none, or when anything that it was read from has changed."""
        known = self._project.kept_value(kind, path, context)
        if known is None or not self._valid(known["read"]):
            return None
        return known["answer"]

    def keep(self, kind: str, path: Path, context: str, answer: Any) -> None:
        """Keep an answer (JSON) at the next :meth:`flush`."""
        self._new.append((kind, path, context, answer))

    def flush(self) -> None:
        """Keep the answers that are new, with all that was read up to now."""
        if not self._new:
            return
        self._add_words()
        digest_of = self._project.digest_of
        record = {
            "paths": self._project.names_digest,
            "files": {str(path): digest_of(path) for path in sorted(self._files)},
            "words": {word: _digest(held) for word, held in sorted(self._words.items())},
            "derived": dict(sorted(self._derived.items())),
        }
        name = digest(record)
        self._project.keep_value(RECORD + name, self._project.root, "", record)
        self._holds[name] = True
        for kind, path, context, answer in self._new:
            self._project.keep_value(kind, path, context, {"read": name, "answer": answer})
        self._new.clear()

    def _valid(self, name: str) -> bool:
        if name not in self._holds:
            record = self._project.kept_value(RECORD + name, self._project.root, "")
            self._holds[name] = record is not None and self._holds_still(record)
        return self._holds[name]

    def _holds_still(self, record: dict[str, Any]) -> bool:
        digest_of = self._project.digest_of
        if record["paths"] != self._project.names_digest:
            return False
        if any(digest_of(Path(name)) != known for name, known in record["files"].items()):
            return False
        held = self._held()
        if any(_digest(held.get(word, [])) != was for word, was in record["words"].items()):
            return False
        # What that reads is at hand from then on, and may not be read again for the next answer.
        with self.noting():
            return all(self.derive(name) == was for name, was in record["derived"].items())

    # ----------------------------------------------------------------- words

    @property
    def _known_words(self) -> tuple[str, ...]:
        return tuple(self._project.kept_value("words", self._project.root, "") or ())

    def _held(self) -> dict[str, list[Path]]:
        """The files that hold each of the words that are known; only files that changed are read."""
        words = self._known_words
        found: dict[str, list[Path]] = {word: [] for word in words}
        for path, held in self._project.holding("words", words).items() if words else ():
            for word in held:
                found[word].append(path)
        return found

    def _add_words(self) -> None:
        """Make the words known that this run has searched for."""
        if self._words.keys() <= set(self._known_words):
            return
        held = {**self._held(), **self._words}
        words = sorted(held)
        by_file: dict[Path, list[str]] = {path: [] for path in self._project.paths}
        for word in words:
            for path in held[word]:
                by_file[path].append(word)
        context = digest(tuple(words))
        for path, holding in by_file.items():
            self._project.keep_value("words", path, context, holding)
        self._project.keep_value("words", self._project.root, "", words)


def _digest(held: list[Path]) -> str:
    return digest([str(path) for path in held])
