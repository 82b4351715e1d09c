"""What a source can carry: its class says so, or the code that fills it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lint_rules.flow.facts import Facts
from lint_rules.flow.values import Absent, Obj, Value

if TYPE_CHECKING:
    from lint_rules.flow.summaries import Library
    from lint_rules.knowledge.helpers import Helpers
    from lint_rules.project.functions import FunctionRef


@dataclass(frozen=True, slots=True)
class Carried:
    """Which fields a source can carry.

    ``known`` is False when nothing at all is known of it; ``where`` names for each field who puts it
    there (path, line, text).
    """

    known: bool
    where: dict[str, tuple[str, int, str]]


class Sources:
    """Answers "can this source carry that field"."""

    def __init__(self, library: Library, helpers: Helpers) -> None:
        self.library = library
        self.project = library.project
        self.helpers = helpers

    def carried(self, facts: Facts, source: Obj) -> Carried:
        """What the source object of a merge can carry."""
        if source.model is not None:
            return Carried(True, {
                decl.name: (str(decl.path), decl.line, f"{decl.owner.name} declares it")
                for decl in source.model.fields
            })  # fmt: skip
        if source.origin == "param":
            return self._from_callers(facts, source)
        if source.origin == "mapping":
            return self._from_state(facts, source)
        return Carried(source.typed and not source.mapping, {})

    def _from_state(self, facts: Facts, source: Obj) -> Carried:
        assert facts.final is not None
        fields = facts.final.heap.get(source.id, {})
        path = str(facts.function.module.path)
        line = facts.function.def_line
        return Carried(True, dict.fromkeys(fields, (path, line, "it is put into the source here")))

    def _from_callers(self, facts: Facts, source: Obj) -> Carried:
        where: dict[str, tuple[str, int, str]] = {}
        known = False
        for caller in self.helpers.callers(facts.function):
            for handoff in caller.handoffs:
                value = handoff.arguments.get(source.name)
                if handoff.callee != facts.function or value is None:
                    continue
                for obj in value.refs:
                    info = caller.objects[obj]
                    if info.model is not None:
                        known = True
                        for decl in info.model.fields:
                            text = f"{decl.owner.name} declares it"
                            where.setdefault(decl.name, (str(decl.path), decl.line, text))
                    fields = handoff.fields.get(obj, {})
                    known = known or (info.origin == "mapping" and bool(fields))
                    self._note(caller, fields, where)
        return Carried(known, where)

    def _note(
        self, caller: Facts, fields: dict[str, Value], where: dict[str, tuple[str, int, str]]
    ) -> None:
        function = caller.function
        for name, value in fields.items():
            if value.atoms and value.atoms != {Absent()} and name not in where:
                text = f"{function.qualname} puts {name} into what it passes"
                where[name] = (str(function.module.path), function.def_line, text)

    def written_elsewhere(self, name: str, function: FunctionRef) -> bool:
        """True when other code of the project assigns the field on some object."""
        pattern = re.compile(rf"\.{re.escape(name)}\s*(:[^=\n]+)?=[^=]")
        for path in self.project.files_containing(name.encode()):
            for other in self.project.module(path).all_functions:
                if other != function and name in other.source and pattern.search(other.source):
                    return True
        return False
