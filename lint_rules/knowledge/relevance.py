"""Which functions deserve the whole analysis, judged by what they do on their own.

Interpreting a function without its calls costs milliseconds, with them sometimes a hundred times as
much.  A function that on its own neither copies a carrier that can have per-request fields nor writes
such a field can hold no finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lint_rules.flow.facts import Facts
from lint_rules.flow.values import Init, Obj
from lint_rules.knowledge.helpers import own_copies, resets_any, resets_partly
from lint_rules.knowledge.merging import family
from lint_rules.knowledge.nested import classes_inside
from lint_rules.knowledge.said import OWN
from lint_rules.knowledge.sharing import models_around
from lint_rules.knowledge.told import kept, told
from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from lint_rules.flow.summaries import Library
    from lint_rules.knowledge.perrequest import Fields
    from lint_rules.knowledge.sharing import Sharing
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.screen.survey import Survey

PLAUSIBLE = "plausible"


class Relevance:
    """Says which functions can hold a finding at all."""

    def __init__(self, library: Library, fields: Fields, sharing: Sharing, survey: Survey) -> None:
        self.library = library
        self.fields = fields
        self.sharing = sharing
        self.survey = survey
        self.plausible = Remembered(self._kept_plausible, told=told(PLAUSIBLE))

    def matters(self, function: FunctionRef, *, right_too: bool = False) -> bool:
        """True when the function may be reported; ``right_too`` when it may be a helper or merge."""
        facts = self.library.facts(function, 0)
        if facts is None or facts.final is None:
            return False
        return (
            self._copies(facts, right_too=right_too)
            or self._writes(facts)
            or self.survey.may_store(function)
            or self._constructs(facts)
        )

    def _constructs(self, facts: Facts) -> bool:
        """True where a constructor is called that has to do with a cache: what it does is not followed here."""
        made = (o.model for o in facts.objects.all() if o.origin == "fresh" and o.model is not None)
        inits = (model.constructor for model in made)
        return any(init is not None and self.survey.uses_cache(init) for init in inits)

    def _copies(self, facts: Facts, *, right_too: bool) -> bool:
        made = own_copies(facts)
        if not made or not self.survey.may_help(facts.function):
            return False
        return any(
            self._may_show(facts, copy, right_too=right_too)
            and self.fields.helpers.may_leave(facts, copy)
            for copy in made
        )

    def _may_show(self, facts: Facts, copy: Obj, *, right_too: bool) -> bool:
        """True when a field of the copy may be one that is per-request."""
        if copy.model is not None:
            return self.plausible(copy.model)
        if any(self._may_be_returned(facts, root) for root in copy.of):
            return True
        if any(
            self.fields.matches(None, write.field)
            and any(isinstance(atom, Init) for atom in write.value.atoms)
            for write in facts.writes_to(copy.id)
        ):
            return True
        # Of a copy whose class is not known only its own resets prove anything.
        return resets_any(facts, copy) if right_too else resets_partly(facts, copy)

    def _may_be_returned(self, facts: Facts, obj: int) -> bool:
        """True for what a call returned that was given an object whose fields may be per-request: it may
        return that."""
        found: set[int] = set()
        todo = [obj]
        while todo:
            current = facts.objects[todo.pop()]
            if current.id in found:
                continue
            found.add(current.id)
            if current.model is not None:
                if current.id != obj and self.plausible(current.model):
                    return True
            elif current.origin in ("call", "copy"):
                todo += current.of
                for handoff in facts.handoffs:
                    if handoff.node is current.node:
                        todo += (o for value in handoff.arguments.values() for o in value.refs)
        return False

    def _writes(self, facts: Facts) -> bool:
        found: dict[int, bool] = {}
        for write in (*facts.writes, *facts.additions):
            carrier = facts.objects[write.obj]
            if carrier.origin in OWN and not carrier.of:
                continue
            if carrier.id not in found:
                found[carrier.id] = self._may_be_shared(facts, carrier)
            if found[carrier.id] and self._may_be_proven(carrier, write.field):
                return True
        return False

    def _may_be_shared(self, facts: Facts, carrier: Obj) -> bool:
        """True when the carrier can be an object that a cache hands out, or that is stored here."""
        if self.survey.stores(facts.function):
            return True
        origins = {facts.objects.bottom(obj).origin for obj in family(facts, carrier.id)}
        if "lookup" in origins:
            return True
        models = models_around(facts, carrier)
        if models:
            known = any(map(self.sharing.possible, models))
        else:
            # What a called function returned may be looked up there; of anything else the names decide.
            known = "call" in origins or self.sharing.by_name(facts, carrier)
        return known or self.sharing.may_be_handed_over(facts, carrier)

    def _may_be_proven(self, carrier: Obj, name: str) -> bool:
        if self.fields.matches(carrier.model, name):
            return True
        model = carrier.model
        if model is None and carrier.origin in ("lookup", "call"):
            return (
                name in self.survey.provable
            )  # of the class that the function which stores it tells
        if model is None or not self.plausible(model):
            return False
        return name in self.fields.of_model(model).evidence

    def _kept_plausible(self, model: ClassRef) -> bool:
        return bool(kept(self.library.project, PLAUSIBLE, model, self._ask_plausible))

    def _ask_plausible(self, model: ClassRef) -> bool:
        """True when the model, or what its fields hold, can have per-request fields: declared ones, or some helper's
        resets."""
        declares = self.fields.declares
        inside = (inner for _, inner in classes_inside(model))
        return declares(model) or self.fields.helped(model) or any(map(declares, inside))
