"""What all files of a project say together, worked out again only from what has changed.

A *join* folds what each file says, its *contribution*, into one value.  A contribution may depend on the file and on
other joins; which ones is noted while it is worked out, and so it is for the fold.  So a join holds as long as the
joins that it needs say the same, and the files that have changed still contribute the same.  Where a fold says the
same again though something was contributed anew, what needs it holds, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from lint_rules.project.kept import digest
from lint_rules.project.noting import unnoted
from lint_rules.project.settled import Settled, text_of

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


class Joins:
    """The joins of one project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._base = str(project.root) + os.sep
        #: Those that can be asked, by name.
        self._asked: dict[str, Join[Any]] = {}
        #: What is known of each, ...
        self.settled: dict[str, Settled] = {}
        #: ... the lines that say so on disk, most of which nobody asks for, ...
        self.lines: dict[str, bytes] = {}
        #: ... and the state of the files that it was worked out in, which are numbered.
        self.states: dict[str, int] = {}
        #: The state that the files are in now, and the digest of each.
        self.state = 0
        self.files: dict[str, str] = {}
        #: The files that were others in a state than in the one before.
        self.changes: dict[int, list[str]] = {}
        #: Reads what earlier runs kept, when a join is asked for, ...
        self.load: Callable[[Joins], None] = lambda joins: None
        #: ... and a line of it.
        self.read: Callable[[str, bytes], Settled | None] = lambda name, line: None
        #: Whether there is something to keep.
        self.is_new = False
        self._paths: dict[str, Path] | None = None
        self._pending: dict[int, frozenset[str]] = {}
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
        text = text_of({name: said[path] for name, path in self.paths.items() if path in said})
        self.settle(name, Settled(digest(text), {}, {}, text))

    def settle(self, name: str, settled: Settled) -> None:
        """Take in what a join says in the present state of the files."""
        self.settled[name] = settled
        self.states[name] = self.state
        self.lines.pop(name, None)
        self.is_new = True

    def known(self, name: str) -> Settled | None:
        """What is known of a join, also from earlier runs."""
        if name not in self.settled and name in self.lines:
            found = self.read(name, self.lines[name])
            if found is not None:
                self.settled[name] = found
        return self.settled.get(name)

    def pending(self, name: str) -> frozenset[str]:
        """The files that have changed since a join was worked out."""
        state = self.states[name]
        if state not in self._pending:
            later = (names for number, names in self.changes.items() if number > state)
            self._pending[state] = frozenset(name for names in later for name in names)
        return self._pending[state]

    def drop(self, start: str) -> None:
        """Let go of the joins whose names start so."""
        for name in [name for name in self.states if name.startswith(start)]:
            for known in (self.settled, self.lines, self.states, self._asked):
                known.pop(name, None)

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
        if changed:
            self.state += 1
            self.changes[self.state] = sorted(changed)
            self._pending.clear()
            self.is_new = True
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
            paths, known = self._paths, joins.known(self.name)
            with joins.noting() as needs, unnoted():
                if known is not None and joins.hold(known.needs):
                    changed = self._changed(known, paths)
                    needs.update(known.needs)
                else:
                    said, known = self._all(paths), None
            if known is None:
                self._settled = self._anew(said, text_of(said), needs)
            elif changed or not joins.hold(known.fold_needs):
                self._settled = self._anew(None, known.text_with(changed), needs)
            else:
                self._settled = self._again(known, needs)
        return self._settled

    def _again(self, known: Settled, needs: dict[str, str]) -> Settled:
        """What was known says what is so now."""
        joins = self._joins
        if known.needs != needs:
            known.needs = needs
            joins.settle(self.name, known)
        elif joins.states[self.name] != joins.state:
            joins.states[self.name] = joins.state
            joins.is_new = True
        return known

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

    def _changed(self, known: Settled, paths: Mapping[str, Path]) -> dict[str, str]:
        """What the files say that said something else before."""
        ask = self._contribution
        if ask is None:
            return {}
        pending = sorted(self._joins.pending(self.name))
        return known.changed(
            (name, ask(paths[name]) if name in paths else None) for name in pending
        )

    def _anew(self, said: dict[str, Any] | None, text: str, needs: dict[str, str]) -> Settled:
        made = Settled("", needs, {}, text)
        with self._joins.noting() as fold_needs, unnoted():
            self._value = self._folded(made.said if said is None else said)
        made.digest = digest(text if self._told is None else self._told(self._value))
        made.fold_needs = fold_needs
        self._joins.settle(self.name, made)
        return made

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
