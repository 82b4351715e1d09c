"""From problems to findings: positions, paths as the user gave them, and the edits of the fix."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.findings import FieldFinding, Finding, Fix, Subject
from lint_rules.fixes.strategies import plan
from lint_rules.folders import in_utf8
from lint_rules.inventory import subjects
from lint_rules.rules import all_rules
from lint_rules.rules.base import Problem

if TYPE_CHECKING:
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.project.functions import FunctionRef


class Reporter:
    """Makes the findings of one file."""

    def __init__(
        self, knowledge: Knowledge, path: Path, display: str, *, lists_subjects: bool
    ) -> None:
        self.lists_subjects = lists_subjects
        self.knowledge = knowledge
        self.path = path
        self.display = display

    def found(self, function: FunctionRef) -> tuple[list[Finding], list[Subject]]:
        """Every rule's findings in a function of the file, and what the function is."""
        if not self.knowledge.relevance.matters(function, right_too=self.lists_subjects):
            return [], []
        facts = self.knowledge.library.facts(function)
        if facts is None or facts.final is None:
            return [], []
        problems = [(p, rule.name) for rule in all_rules() for p in rule.ask(self.knowledge, facts)]
        if problems and not self.knowledge.library.has_places(function):
            return [], []
        # The same may be said of each of the objects that a variable may be.
        told = {(p.code, p.node, p.message): (p, name) for p, name in reversed(problems)}
        findings = [self._finding(problem, name) for problem, name in reversed(told.values())]
        if not self.lists_subjects:
            return findings, []
        said = [problem for problem, _ in problems]
        about = subjects(self.knowledge, facts, said, self.display, self._shown_field)
        return findings, list(about)

    def _finding(self, problem: Problem, name: str) -> Finding:
        function = problem.facts.function
        positions = self.knowledge.library.positions(function)
        line, column, end_line, end_column = positions.range(problem.node)
        fields = tuple(
            self._shown_field(problem.per_request.finding(field)) for field in problem.fields
        )
        return Finding(
            code=problem.code, name=name, message=problem.message, path=self.display, line=line,
            column=column, end_line=end_line, end_column=end_column, function=function.qualname,
            model=problem.model.dotted if problem.model is not None else None, fields=fields,
            trace=tuple(replace(step, path=self._shown(step.path)) for step in problem.trace),
            fix=self._fix(problem),
        )  # fmt: skip

    def _fix(self, problem: Problem) -> Fix:
        return plan(self.knowledge, problem)

    def _shown_field(self, field: FieldFinding) -> FieldFinding:
        proofs = tuple(replace(proof, path=self._shown(proof.path)) for proof in field.evidence)
        return FieldFinding(field.name, proofs)

    def _shown(self, path: str) -> str:
        """A path of the project, told from the place the user gave."""
        if path == str(self.path):
            return self.display
        relative = in_utf8(os.path.relpath(path, self.path.parent)).replace(os.sep, "/")
        base = self.display.replace(os.sep, "/").rpartition("/")[0]
        joined = os.path.normpath(f"{base}/{relative}" if base else relative)
        return joined.replace(os.sep, "/")
