"""Calls between functions of a project: facts of each, and their effect where it is called.

Facts are computed for a function and a remaining depth.  That makes them independent of who asks
first, and bounds recursion: a recursive helper is unrolled ``DEPTH`` times, which is its fixpoint
for the small lattice of a field (old, reset, overwritten, perhaps).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

from lint_rules.deadline import check_time
from lint_rules.flow.context import TooComplex
from lint_rules.flow.facts import Facts
from lint_rules.flow.instantiate import Instantiation
from lint_rules.flow.interpreter import Interpreter
from lint_rules.flow.memoising import Memoising
from lint_rules.flow.named import Names, collected, names_given, spread
from lint_rules.flow.openparams import classes_given
from lint_rules.flow.source import FunctionTree, NoSuchFunction, Positions, TooDeep, parse_function
from lint_rules.flow.summarydigest import summary_digest
from lint_rules.flow.values import UNKNOWN, Obj, Value, constant, field_reads, ref
from lint_rules.naming import longest_literal, matches_any
from lint_rules.project.noting import Remembered, noting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lint_rules.flow.calls import Calls
    from lint_rules.flow.state import State
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project
    from lint_rules.settings import Settings

DEPTH = 2
"""How many calls deep the effect of a call is followed."""

SUMMARY = "summary"
_Asked: TypeAlias = "tuple[FunctionRef, int, Names]"

MAX_METHODS = 30
"""A plain class with more methods than this is a service, not a record of fields."""


class Library:
    """The facts of every function of a project that was asked for."""

    def __init__(self, project: Project, settings: Settings) -> None:
        self.project = project
        self.settings = settings
        self._facts = Remembered(self._ask_facts)
        self._summaries = Remembered(
            self._ask_summary, told=lambda asked, summary: (_name(*asked), summary[1])
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
            try:
                self._trees[function] = parse_function(function)
            except NoSuchFunction:
                self._trees[function] = None
        return self._trees[function]

    def positions(self, function: FunctionRef) -> Positions:
        """Where the nodes of a function are; only for a function that has a tree."""
        if function not in self._positions:
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
        tree = self.tree(function)
        if tree is None:
            return None
        try:
            return Interpreter(self, function, tree.module, tree.definition, depth, names).run()
        except (TooComplex, RecursionError):
            return None

    def summary(self, function: FunctionRef, depth: int, names: Names = ()) -> Facts | None:
        """The facts of a function for one that calls it: who asks rests on what they say of the caller's
        objects, whatever else the function does."""
        return self._summaries((function, depth, names))[0]

    def _ask_summary(self, asked: _Asked) -> tuple[Facts | None, str]:
        reads, path = self.project.reads, asked[0].module.path
        with noting() as node:
            facts = self.facts(*asked)
        if not reads.keeping:
            return facts, ""
        told = summary_digest(facts)
        reads.keep_digest(_name(*asked), path, told, node)
        return facts, told

    def derive(self, name: str) -> str:
        """The digest of the summary of that name now; empty where it is none, or there is no such function."""
        question, *about = name.split("\0")
        if question != SUMMARY:
            return ""
        function = self.project.function_at(Path(about[0]), about[1])
        return self._summaries((function, int(about[2]), _read(about[3])))[1] if function else ""

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
        return function.holds(self._matters)

    # ----------------------------------------------------------------- calls

    def apply(
        self, calls: Calls, state: State, node: cst.Call, function: FunctionRef,
        receiver: Value | None, args: Sequence[cst.Arg],
    ) -> Value:  # fmt: skip
        """The effect and the result of calling ``function`` at ``node``."""
        bound = self._bind(calls, state, function, receiver, args)
        calls.ctx.handoff(state, node, function, bound, calls.scheduled)
        if _caches_result(calls, function):
            return self._typed(calls, state, node, function, "lookup")
        followed = calls.ctx.depth > 0 and _tracked(calls, function, bound)
        names: Names = ()
        if followed:
            names = (*names_given(function, bound), *classes_given(calls.ctx, function, bound))
        facts = self.summary(function, calls.ctx.depth - 1, names) if followed else None
        if _is_abstract(function, facts):  # which of its subclasses' own is called is not known
            calls.may_reset(function.name, list(bound.values()))
            facts = None
        if facts is None:
            return self._typed(calls, state, node, function, "call")
        value = Instantiation(calls, state, node, facts, bound).run()
        return value if value is not None else self._typed(calls, state, node, function, "call")

    def _typed(
        self, calls: Calls, state: State, node: cst.Call, function: FunctionRef, origin: str
    ) -> Value:
        """The object that a call returns, of the class that the function's annotation names."""
        made = calls.ctx.new(
            (id(node), origin, calls.ctx.iteration), origin, function.name, node=node
        )
        annotate_result(calls, made, function)
        state.meet(made.id)
        return ref(made.id)

    def _bind(
        self, calls: Calls, state: State, function: FunctionRef, receiver: Value | None,
        args: Sequence[cst.Arg],
    ) -> dict[str, Value]:  # fmt: skip
        """Arguments by parameter name."""
        values = [calls.ev.eval(state, arg.value) for arg in args]
        bound = self.bind(function, receiver, args, values)
        for param in function.params:
            if param.annotation:
                _learn_class(calls, bound[param.name], function, param.annotation)
        return bound

    def bind(
        self, function: FunctionRef, receiver: Value | None, args: Sequence[cst.Arg],
        values: Sequence[Value],
    ) -> dict[str, Value]:  # fmt: skip
        """The values of arguments by parameter name."""
        params = list(function.params)
        bound: dict[str, Value] = {}
        takes_receiver = function.kind in ("method", "classmethod", "property")
        if takes_receiver and params and receiver is not None:
            is_class = any(not hasattr(atom, "obj") for atom in receiver.atoms)
            if not (is_class and function.kind == "method"):
                bound[params.pop(0).name] = receiver
        positional = [p.name for p in params if p.kind == "positional"]
        index = 0
        rest: list[Value] | None = []
        for arg, value in zip(args, values, strict=True):
            if arg.keyword is not None:
                bound[arg.keyword.value] = value
            elif not arg.star and index < len(positional):
                bound[positional[index]] = value
                index += 1
            elif arg.star != "**" and rest is not None:
                more = spread(value) if arg.star else [value]
                rest = [*rest, *more] if more is not None else None
        for param in params:
            if param.kind == "vararg" and rest is not None:
                bound[param.name] = collected(rest)
        for param in params:
            if param.name not in bound:
                bound[param.name] = constant(None) if param.default == "None" else UNKNOWN
        return bound


def _learn_class(calls: Calls, value: Value, function: FunctionRef, annotation: str) -> None:
    """Give an object of no known class the one that a called function wants."""
    for obj in value.refs:
        info = calls.ctx.objects[obj]
        if info.model is None and not info.typed and info.origin in ("lookup", "param", "call"):
            hint = calls.ctx.project.resolve_annotation(function.module, annotation, function)
            if len(hint.classes) == 1:
                info.model = hint.classes[0]
                calls.ctx.learn_fields(info.model)


def _is_abstract(function: FunctionRef, facts: Facts | None) -> bool:
    """True for a method that has to be overridden: it says so, or only raises."""
    if function.class_name is None:
        return False
    raises = facts is not None and facts.final is None
    return raises or any("abstractmethod" in text for text in function.decorators)


def _name(function: FunctionRef, depth: int, names: Names) -> str:
    """What the summary of a function is called (:meth:`Reads.derived_now`)."""
    path, piece = function.piece
    return f"{SUMMARY}\0{path}\0{piece}\0{depth}\0{json.dumps(names)}"


def _read(told: str) -> Names:
    """The names that :func:`_name` told."""
    return tuple((p, tuple(n) if isinstance(n, list) else n) for p, n in json.loads(told))


def _tracked(calls: Calls, function: FunctionRef, bound: dict[str, Value]) -> bool:
    """True when the call can matter: it is given an object whose fields are followed, or it names a
    cache that may hand one out."""
    if sum(bool(field_reads(value)) for value in bound.values()) > 1:
        return True  # it may choose between them
    for value in bound.values():
        for obj in value.refs:
            info = calls.ctx.objects[obj]
            if info.origin in ("copy", "lookup", "mapping", "fresh") or info.mapping:
                return True
            if info.origin == "param" and info.model is None and calls.ctx.depth < DEPTH:
                return True  # of a class that the caller may know
            if info.model is not None and is_record(info.model):
                return True
    return calls.ctx.library.names_what_matters(function)


def is_record(model: ClassRef) -> bool:
    """True for a class whose objects carry data: a declared model, or a plain class with fields."""
    return model.kind != "plain" or (bool(model.fields) and len(model.methods) <= MAX_METHODS)


def annotate_result(calls: Calls, made: Obj, function: FunctionRef) -> None:
    """Give the result of a call the class that the function's return annotation names."""
    if made.model is not None or not function.returns:
        return
    hint = calls.ctx.project.resolve_annotation(function.module, function.returns, function)
    made.mapping = made.mapping or hint.mapping
    made.typed = True
    if len(hint.classes) == 1:
        made.model = hint.classes[0]
        calls.ctx.learn_fields(made.model)


def _caches_result(calls: Calls, function: FunctionRef) -> bool:
    """True when a caching decorator makes every caller share the function's result."""
    decorators = (text.split("(", 1)[0].strip() for text in function.decorators)
    return any(calls.ctx.library.memoising.by(function.module, dotted) for dotted in decorators)
