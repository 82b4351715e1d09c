"""The facts of every function of a project, each worked out when it is asked for.

Facts are computed for a function and a remaining depth.  That makes them independent of who asks
first, and bounds recursion: a recursive helper is unrolled ``DEPTH`` times, which is its fixpoint
for the small lattice of a field (old, reset, overwritten, perhaps).

What stands on LibCST is imported when a function is interpreted: to be told what an earlier run found takes
none of it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeAlias

from lint_rules.deadline import check_time
from lint_rules.flow.memoising import Memoising
from lint_rules.naming import longest_literal, matches_any
from lint_rules.project.derived import Derived, function_told, told_of
from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import libcst as cst

    from lint_rules.flow.facts import Facts
    from lint_rules.flow.named import Names
    from lint_rules.flow.source import FunctionTree, Positions
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

DEPTH = 2
"""How many calls deep the effect of a call is followed."""

SUMMARY = "summary"
_Asked: TypeAlias = "tuple[FunctionRef, int, Names]"


class Library:
    """The facts of every function of a project that was asked for."""

    def __init__(
        self, project: Project, settings: Settings,
        caches_in: Callable[[Path], frozenset[str]] = lambda path: frozenset(),
    ) -> None:  # fmt: skip
        """``caches_in`` tells the names of caches in a file that do not say so."""
        self.project = project
        self.settings = settings
        self._caches_in = caches_in
        self._facts = Remembered(self._ask_facts)
        self._summaries = Derived(
            project, SUMMARY, lambda asked: self.facts(*asked), _said, told=_told, read=self._read
        )
        self._trees: dict[FunctionRef, FunctionTree | None] = {}
        self._positions: dict[FunctionRef, Positions] = {}
        self._declared = Remembered(self._ask_declared)
        self.memoising = Memoising(self)
        globs = (pattern.rpartition(".")[2] for pattern in settings.per_request_fields)
        parts = sorted({part for part in map(longest_literal, globs) if part})
        self._matters = "|".join(["(?i:cache)", *map(re.escape, parts)])

    def tree(self, function: FunctionRef) -> FunctionTree | None:
        """The function's own tree, or None when libcst cannot read it."""
        if function not in self._trees:
            from lint_rules.flow.source import tree_of

            self._trees[function] = tree_of(function)
        return self._trees[function]

    def positions(self, function: FunctionRef) -> Positions:
        """Where the nodes of a function are; only for a function that has a tree."""
        if function not in self._positions:
            from lint_rules.flow.source import Positions

            tree = self.tree(function)
            assert tree is not None
            self._positions[function] = Positions(tree)
        return self._positions[function]

    def line(self, function: FunctionRef, node: cst.CSTNode) -> int:
        """The line of a node (from 1); that of the ``def`` where the function is nested too deeply."""
        if self.has_places(function):
            return self.positions(function).range(node)[0]
        return function.def_line

    def row(self, function: FunctionRef, node: cst.CSTNode) -> int:
        """The line of a node, from the function's first line on (0); where the function stands is not
        asked."""
        if self.has_places(function):
            return self.positions(function).row(node)
        return function.def_row

    def has_places(self, function: FunctionRef) -> bool:
        """False for a function that is nested too deeply to tell where its nodes are."""
        from lint_rules.flow.source import TooDeep

        try:
            self.positions(function)
        except TooDeep:
            return False
        return True

    def facts(self, function: FunctionRef, depth: int = DEPTH, names: Names = ()) -> Facts | None:
        """The facts of a function, following calls ``depth`` deep; None when it cannot be read.

        ``names`` are those of fields that it is called with.
        """
        return self._facts((function, depth, names))

    def _ask_facts(self, asked: _Asked) -> Facts | None:
        function, depth, names = asked
        check_time()
        function.read()
        from lint_rules.flow.interpreter import interpreted

        return interpreted(self, function, depth, names)

    def summary(self, function: FunctionRef, depth: int, names: Names = ()) -> Facts | None:
        """The facts of a function for one that calls it: who asks rests on what they say of the caller's
        objects, whatever else the function does."""
        return self._summaries((function, depth, names))

    def derive(self, name: str) -> str:
        """The digest of the summary of that name now; empty where it is none, or there is no such function."""
        return self._summaries.derive(name)

    def _read(self, told: list[str]) -> _Asked | None:
        """What :func:`_told` told."""
        function = function_told(self.project, told)
        names = tuple((p, tuple(n) if isinstance(n, list) else n) for p, n in json.loads(told[3]))
        return (function, int(told[2]), names) if function is not None else None

    def interesting(self, model: ClassRef, function: FunctionRef) -> tuple[str, ...]:
        """The fields of a model that loops over unknown names are unrolled over.

        Those that a statement makes per-request, and those that the function names itself; the
        others keep what they had, as they would in the loop of a sanitizer that does not name them.
        """
        named = (d.name for d in model.fields if d.name in function.source)
        return tuple(dict.fromkeys([*self._declared(model), *named]))

    def _ask_declared(self, model: ClassRef) -> tuple[str, ...]:
        globs = tuple(pattern.rpartition(".")[2] for pattern in self.settings.per_request_fields)
        return tuple(
            decl.name
            for decl in model.fields
            if decl.marker == "per-request" or matches_any(decl.name, globs)
        )

    def names_what_matters(self, function: FunctionRef) -> bool:
        """True when a function names a cache or a per-request field: its result may be either."""
        if function.holds(self._matters):
            return True
        names = self._caches_in(function.module.path)
        return bool(names) and function.holds(rf"\b(?:{'|'.join(sorted(names))})\b")


def _told(asked: _Asked) -> tuple[str, ...]:
    """The summary that is asked for, in texts."""
    function, depth, names = asked
    return (*told_of(function), str(depth), json.dumps(names))


def _said(facts: Facts | None) -> str:
    """What a summary says of the caller's objects, in short."""
    from lint_rules.flow.summarydigest import summary_digest

    return summary_digest(facts)
