"""What all files of a project say together, worked out again only from what has changed.

A *join* folds what each file says, its *contribution*, into one value.  A contribution may depend on the file and on
other joins; which ones is noted while it is worked out, and so it is for the fold.  So a join holds as long as the
joins that it needs say the same, and the files that have changed still contribute the same.  Where a fold says the
same again though something was contributed anew, what needs it holds, too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from lint_rules.project.kept import digest
from lint_rules.project.noting import unnoted

if TYPE_CHECKING:
    from lint_rules.project.project import Project

K = TypeVar("K")
T = TypeVar("T")

Said = Iterable[tuple[Path, Any]]
"""The files that contribute something, in the order of the project, and what."""
Contribution = Callable[[Path], Any]
"""What a file says: JSON; empty where it says nothing."""
_UNKNOWN: Any = object()


class _Needed(NamedTuple):
    """The joins that what is worked out now needs."""

    joins: dict[str, str]
    #: Which of the dicts that are shared were taken in.
    taken: set[int]


class Settled:
    """A join as it was when it was worked out for the last time."""

    __slots__ = ("_said", "_text", "digest", "fold_needs", "needs", "pending")

    def __init__(
        self, digest: str, needs: dict[str, str], fold_needs: dict[str, str],
        said: dict[str, Any] | None = None, text: str = "{}", pending: Iterable[str] = (),
    ) -> None:  # fmt: skip
        self.digest = digest
        #: The joins that the contributions were read from, and what these said, ...
        self.needs = needs
        #: ... and those that they were folded with.
        self.fold_needs = fold_needs
        #: The files that have changed since.
        self.pending = set(pending)
        self._said = said
        self._text = text

    @property
    def said(self) -> dict[str, Any]:
        """The contributions by file."""
        if self._said is None:
            self._said = json.loads(self._text)
        return self._said

    @property
    def text(self) -> str:
        """The contributions as JSON."""
        return self._text if self._said is None else as_json(self._said)


class Joins:
    """The joins of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._base = str(project.root) + os.sep
        #: Those that can be asked, by name.
        self._asked: dict[str, Join[Any]] = {}
        #: What is known of each, also from earlier runs.
        self.settled: dict[str, Settled] = {}
        #: The digest of each file when that was worked out, but for what is pending.
        self.files: dict[str, str] = {}
        #: Reads what earlier runs kept, when a join is asked for.
        self.load: Callable[[Joins], None] = lambda joins: None
        #: Whether there is something to keep.
        self.is_new = False
        self._paths: dict[str, Path] | None = None
        self._needed: list[_Needed] = []
        #: What is needed together, once: most files need the same.
        self._together: dict[tuple[str, ...], dict[str, str]] = {}

    def join(
        self, name: str, contribution: Contribution | None, fold: Callable[[Said], T],
        told: Callable[[T], Any] | None = None,
    ) -> Join[T]:  # fmt: skip
        """A join of some name.

        ``contribution`` None is for what follows from other joins alone.  ``told`` is all that others may see of the
        value (what has no order is sorted); without it they see the contributions.
        """
        assert contribution is not None or told is not None
        made = Join(self, name, contribution, fold, told)
        self._asked[name] = made
        return made

    def about(self, name: str, path: Path, ask: Contribution) -> Any:
        """What follows from one file and some joins; ``name`` tells the question and the file."""
        if not self._project.lists(path):
            return ask(path)
        if name not in self._asked:
            self._asked[name] = Join(self, name, ask, _only, None, path)
        return self._asked[name].value

    def learn(self, name: str, said: Mapping[Path, Any]) -> None:
        """Take in what the files contribute to a join that needs no other, as it is known already."""
        told = {name: said[path] for name, path in self.paths.items() if path in said}
        self.settled[name] = Settled(digest(as_json(told)), {}, {}, told)
        self.is_new = True

    def drop(self, start: str) -> None:
        """Let go of the joins whose names start so."""
        for name in [name for name in self.settled if name.startswith(start)]:
            del self.settled[name]
            self._asked.pop(name, None)

    def forget(self) -> None:
        """The files may be others now: what can be asked is made anew."""
        self._asked.clear()
        self._together.clear()
        self._paths = None

    @property
    def paths(self) -> dict[str, Path]:
        """The files of the project by their names below its root."""
        if self._paths is None:
            self._paths = self._note_changes()
        return self._paths

    def _note_changes(self) -> dict[str, Path]:
        """Note for each join which files are others than they were; all files by their names."""
        load, self.load = self.load, lambda joins: None
        load(self)
        entries = self._project.entries
        paths = {self.name_of(path): path for path, _ in entries}
        now = dict(zip(paths, (entry.digest for _, entry in entries), strict=True))
        both = now.keys() | self.files.keys()
        changed = {name for name in both if now.get(name) != self.files.get(name)}
        for one in self.settled.values() if changed else ():
            one.pending |= changed
        self.is_new = self.is_new or bool(changed)
        self.files = now
        return paths

    def name_of(self, path: Path) -> str:
        """The name of a file below the root."""
        return str(path).removeprefix(self._base)

    def note(self, join: Join[Any]) -> None:
        """What is worked out now needs a join."""
        if self._needed:
            self._needed[-1].joins[join.name] = join.digest

    def need(self, needed: Mapping[str, str]) -> None:
        """What is worked out now needs these joins, as they are now."""
        if self._needed and needed:
            now = self._needed[-1]
            if id(needed) not in now.taken:
                now.taken.add(id(needed))
                now.joins.update(needed)

    @contextmanager
    def noting(self) -> Iterator[dict[str, str]]:
        """Note the joins that are needed in here, for nobody else."""
        needed = _Needed({}, set())
        self._needed.append(needed)
        try:
            yield needed.joins
        finally:
            self._needed.pop()

    def shared(self, needed: dict[str, str]) -> dict[str, str]:
        """The same joins, in a dict that all share who need them; they say the same as long as this is asked."""
        return self._together.setdefault(tuple(needed), needed)

    def each(self, ask: Callable[[K], T]) -> Each[K, T]:
        """Answers that are remembered."""
        return Each(self, ask)

    def hold(self, needs: Mapping[str, str]) -> bool:
        """True where these joins say what they said."""
        asked = self._asked
        return all(name in asked and asked[name].digest == digest for name, digest in needs.items())


class Join(Generic[T]):
    """One join; see :meth:`Joins.join`."""

    def __init__(
        self, joins: Joins, name: str, contribution: Contribution | None,
        fold: Callable[[Said], T], told: Callable[[T], Any] | None, only: Path | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self._only = only
        self._joins = joins
        self._contribution = contribution
        self._fold = fold
        self._told = told
        self._value: T = _UNKNOWN
        self._settled: Settled | None = None

    @property
    def value(self) -> T:
        """The value; whoever asks for it needs the join."""
        self._joins.note(self)
        if self._value is _UNKNOWN:
            settled = self._now()
            if self._value is _UNKNOWN:
                with self._joins.noting(), unnoted():
                    self._value = self._folded(settled.said)
        return self._value

    @property
    def seen(self) -> str:
        """What the join says, in short; whoever asks for it needs the join."""
        self._joins.note(self)
        return self.digest

    @property
    def digest(self) -> str:
        """The same, for who does not work anything out."""
        return self._now().digest

    def _now(self) -> Settled:
        if self._settled is None:
            joins = self._joins
            paths, known = self._paths, joins.settled.get(self.name)
            with joins.noting() as needs, unnoted():
                if known is not None and joins.hold(known.needs):
                    said = self._changed(known, paths)
                    needs.update(known.needs)
                else:
                    said, known = self._all(paths), None
            if known is not None and said is None and joins.hold(known.fold_needs):
                joins.is_new = joins.is_new or bool(known.pending)
                known.needs = needs
                known.pending.clear()
                self._settled = known
            else:
                said = known.said if said is None and known is not None else said or {}
                self._settled = joins.settled[self.name] = self._anew(said, needs)
                joins.is_new = True
        return self._settled

    @property
    def _paths(self) -> Mapping[str, Path]:
        """The files that it is made of, by their names."""
        only, paths = self._only, self._joins.paths
        return paths if only is None else {self._joins.name_of(only): only}

    def _all(self, paths: Mapping[str, Path]) -> dict[str, Any]:
        """What all files say."""
        if self._contribution is None:
            return {}
        found = ((name, self._contribution(path)) for name, path in paths.items())
        return {name: said for name, said in found if said}

    def _changed(self, known: Settled, paths: Mapping[str, Path]) -> dict[str, Any] | None:
        """What all files say now; None where that is what they said before."""
        if self._contribution is None:
            return None
        said = None
        for name in sorted(known.pending):
            new = self._contribution(paths[name]) if name in paths else None
            if as_json(new or None) != as_json(known.said.get(name)):
                said = dict(known.said) if said is None else said
                said[name] = new
        return {name: one for name, one in said.items() if one} if said is not None else None

    def _anew(self, said: dict[str, Any], needs: dict[str, str]) -> Settled:
        with self._joins.noting() as fold_needs, unnoted():
            self._value = self._folded(said)
        seen = as_json(said) if self._told is None else self._told(self._value)
        return Settled(digest(seen), needs, fold_needs, said)

    def _folded(self, said: Mapping[str, Any]) -> T:
        paths = self._paths
        return self._fold((paths[name], said[name]) for name in paths if name in said)


class Each(Generic[K, T]):
    """The answers to one question, by what it is about, each remembered with the joins that it needs.

    Whoever asks again needs them, too.
    """

    def __init__(self, joins: Joins, ask: Callable[[K], T]) -> None:
        self._joins = joins
        self._ask = ask
        self._known: dict[K, tuple[T, dict[str, str]]] = {}

    def __call__(self, about: K) -> T:
        """The answer."""
        known = self._known.get(about)
        if known is None:
            with self._joins.noting() as needed:
                answer = self._ask(about)
            known = self._known[about] = answer, self._joins.shared(needed)
        self._joins.need(known[1])
        return known[0]


def _only(said: Said) -> Any:
    """What the one file says; None where that is empty."""
    return next((one for _, one in said), None)


def as_json(value: object) -> str:
    """A value as short JSON."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)
