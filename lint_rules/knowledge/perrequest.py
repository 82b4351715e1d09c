"""P(model): which fields are per-request, each with the evidence that a reader can check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from lint_rules.findings import Evidence, FieldFinding
from lint_rules.flow.facts import Facts
from lint_rules.flow.values import Obj
from lint_rules.knowledge.helpers import HelperCopy, Helpers, is_handed_on, own_copies, resets_any
from lint_rules.knowledge.merging import Merge, Merging, family

if TYPE_CHECKING:
    from lint_rules.flow.summaries import Library
    from lint_rules.project.classes import ClassRef, FieldDecl
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project
    from lint_rules.screen.survey import Survey


@dataclass(slots=True)
class PerRequest:
    """The per-request fields of one model (or of one function's carrier without a known model)."""

    evidence: dict[str, list[Evidence]] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, evidence: Evidence) -> bool:
        """Add a proof; True when the field is new."""
        known = self.evidence.setdefault(name, [])
        if evidence not in known:
            known.append(evidence)
        return len(known) == 1

    def ordered(self, names: list[str]) -> list[str]:
        """Names in declaration order, then as they come."""
        last = len(self.order)
        return sorted(dict.fromkeys(names), key=lambda n: self.order.get(n, last))

    def finding(self, name: str) -> FieldFinding:
        """The field as a finding shows it."""
        kinds = ("config", "marker", "pattern", "reset", "merged")
        proofs = sorted(self.evidence[name], key=lambda e: (kinds.index(e.kind), e.path, e.line))
        return FieldFinding(name, tuple(proofs))


class Fields:
    """Answers "which fields of this model are per-request, and why"."""

    def __init__(self, library: Library, helpers: Helpers, survey: Survey) -> None:
        self.survey = survey
        self.library = library
        self.project = library.project
        self.settings = library.settings
        self.helpers = helpers
        self._models: dict[ClassRef, PerRequest] = {}
        self._helpers_of: dict[ClassRef, list[FunctionRef]] = {}
        self._merges: dict[FunctionRef, list[tuple[Obj, list[Merge]]]] = {}

    def of(self, model: ClassRef | None, facts: Facts, carrier: Obj) -> PerRequest:
        """P of the carrier's model; without one, what the function itself proves."""
        if model is None:
            return self._alone(facts, carrier)
        return self.of_model(model)

    def of_model(self, model: ClassRef) -> PerRequest:
        """P of a model."""
        if model not in self._models:
            self._models[model] = PerRequest()  # a recursive question
            self._models[model] = self._prove(model)
        return self._models[model]

    # ----------------------------------------------------------------- statements about names

    def shared(self, model: ClassRef | None, name: str) -> bool:
        """True when the most specific statement about the field takes it out."""
        decl = model.field(name) if model is not None else None
        if decl is not None and decl.marker is not None:
            return decl.marker == "shared"
        owners = [cls.name for cls in model.mro] if model is not None else []
        per, out = self.settings.per_request_fields, self.settings.shared_fields
        if _listed(out, owners, name, exact=True):
            return True
        if _listed(per, owners, name, exact=True):
            return False
        return _listed(out, owners, name, exact=False) is not None

    def matches(self, model: ClassRef | None, name: str) -> str | None:
        """The glob or ``Model.field`` of the configuration that names the field."""
        owners = [cls.name for cls in model.mro] if model is not None else []
        per = self.settings.per_request_fields
        return _listed(per, owners, name, exact=True) or _listed(per, owners, name, exact=False)

    # ----------------------------------------------------------------- with a model

    def _prove(self, model: ClassRef) -> PerRequest:
        found = PerRequest()
        for index, decl in enumerate(model.fields):
            found.order[decl.name] = index
            self._declared(model, decl, found)
        for function in self._helping(model):
            for copy in self.helpers.copies(function):
                if copy.copy.model is not None and _same(copy.copy.model, model):
                    self._reset(model, copy, found)
        self._merged(model, found)
        for name in [name for name in found.evidence if self.shared(model, name)]:
            del found.evidence[name]
        return found

    def _helping(self, model: ClassRef) -> list[FunctionRef]:
        """The functions that may be cache-copy helpers for a model and reset something.

        Only those that name the model, or are its methods: any other says nothing of its class.
        """
        if model not in self._helpers_of:
            names = [cls.name for cls in model.mro]
            self._helpers_of[model] = [
                function
                for function in self.survey.helpers
                if any(name in function.source for name in names)
                or (function.class_name or "").rpartition(".")[2] in names
                if self._copies_one(function, model)
            ]
        return self._helpers_of[model]

    def _copies_one(self, function: FunctionRef, model: ClassRef) -> bool:
        """True when the function by itself copies an object of the model, and may reset something on
        the copy."""
        facts = self.library.facts(function, 0)
        if facts is None or facts.final is None:
            return False
        return any(
            copy.model is not None
            and _same(copy.model, model)
            and (resets_any(facts, copy) or is_handed_on(facts, copy))
            for copy in own_copies(facts)
        )

    def helped(self, model: ClassRef) -> bool:
        """True when some function may reset fields of the model for a cache."""
        return bool(self._helping(model))

    def declares(self, model: ClassRef) -> bool:
        """True when a declaration of the model says that a field is per-request."""
        return any(
            decl.marker == "per-request" or self.matches(model, decl.name) for decl in model.fields
        )

    @cached_property
    def proven(self) -> dict[ClassRef, list[str]]:
        """The fields proven per-request, the pattern aside, of models that say so themselves.

        Those are the models that a cache-copy helper by its name copies, and those that a comment or
        the configuration speaks of.
        """
        models = dict.fromkeys([*self._copied_by_name(), *self._marked()])
        return {
            model: [n for n in self.of_model(model).evidence if not self.matches(None, n)]
            for model in models
        }

    def _copied_by_name(self) -> Iterator[ClassRef]:
        for function in self.survey.named_helpers:
            facts = self.library.facts(function, 0)
            for copy in own_copies(facts) if facts is not None else ():
                if copy.model is not None:
                    yield copy.model

    def _marked(self) -> Iterator[ClassRef]:
        for module, name in self.survey.marking():
            found = module.class_(name)
            if found is not None and self.declares(found):
                yield found

    def _declared(self, model: ClassRef, decl: FieldDecl, found: PerRequest) -> None:
        path = str(decl.path)
        if decl.marker == "per-request":
            text = f"{decl.owner.name}.{decl.name} is marked per-request where it is declared"
            found.add(decl.name, Evidence("marker", path, decl.line, text))
        pattern = self.matches(model, decl.name)
        if pattern is None:
            return
        if "." in pattern:
            text = f"the configuration lists {pattern} as per-request"
            found.add(decl.name, Evidence("config", path, decl.line, text))
        else:
            text = f"declared on {decl.owner.name}, and its name matches {pattern}"
            found.add(decl.name, Evidence("pattern", path, decl.line, text))

    def _reset(self, model: ClassRef | None, copy: HelperCopy, found: PerRequest) -> None:
        function = copy.facts.function
        for name in copy.fields:
            if not copy.resets(name) or (model is not None and model.field(name) is None):
                continue
            line = self._reset_line(copy, name)
            text = f"{function.qualname} resets it for the cache"
            found.add(name, Evidence("reset", str(function.module.path), line, text))

    def _reset_line(self, copy: HelperCopy, name: str) -> int:
        facts = copy.facts
        writes = (write.node for write in facts.writes_to(copy.copy.id, name))
        edits = (edit.node for edit in facts.shared_edits if edit.field == name)
        node = next(chain(writes, edits), copy.copy.node)
        line = self.library.line
        return line(facts.function, node) if node is not None else facts.function.def_line

    def _merged(self, model: ClassRef, found: PerRequest) -> None:
        """Fields written from the same source as a field already proven, to a fixpoint."""
        names = list(found.evidence)
        functions = [f for f in self.survey.writers(names, model) if self._writes_onto(f, model)]
        changed = True
        while changed:
            changed = False
            for function in functions:
                for carrier, merges in self.merges(function):
                    if carrier.model is not None and _same(carrier.model, model):
                        changed |= self._from_same_source(model, function, merges, found)

    def _writes_onto(self, function: FunctionRef, model: ClassRef) -> bool:
        """True when the function by itself writes a field of an object of the model."""
        facts = self.library.facts(function, 0)
        found = (facts.objects[write.obj].model for write in facts.writes) if facts else ()
        return any(cls is not None and _same(cls, model) for cls in found)

    def _from_same_source(
        self, model: ClassRef | None, function: FunctionRef, merges: list[Merge], found: PerRequest
    ) -> bool:
        changed = False
        proven = {
            source: merge.write.field
            for merge in reversed(merges)
            if merge.write.field in found.evidence and merge.same_name
            and not self.shared(model, merge.write.field)
            for source in merge.sources
        }  # fmt: skip
        for merge in merges:
            name = merge.write.field
            if name in found.evidence or self.shared(model, name) or not merge.same_name:
                continue
            if merge.from_unknown:  # whatever a mapping holds: no statement about this field
                continue
            if model is not None and model.field(name) is None:
                continue
            for source in merge.sources:
                if source in proven and self._is_request_source(function, source):
                    facts = self.library.facts(function)
                    assert facts is not None
                    label = facts.objects[source].name
                    line = self.library.line(function, merge.write.node)
                    text = (
                        f"{function.qualname} writes it from {label}, as it does {proven[source]}"
                    )
                    path = str(function.module.path)
                    changed |= found.add(name, Evidence("merged", path, line, text))
        return changed

    def _is_request_source(self, function: FunctionRef, source: int) -> bool:
        facts = self.library.facts(function)
        return facts is not None and facts.objects[source].origin in (
            "param", "call", "attr", "lookup", "mapping",
        )  # fmt: skip

    def merges(self, function: FunctionRef) -> list[tuple[Obj, list[Merge]]]:
        """The merges of a function, by the carrier they are written onto."""
        if function not in self._merges:
            alone = self.library.facts(function, 0)
            out: list[tuple[Obj, list[Merge]]] = []
            writes = alone is not None and _merges(alone)
            facts = self.library.facts(function) if writes else None
            if facts is not None and facts.final is not None:
                merging = Merging(facts)
                for carrier in facts.objects.all():
                    if is_given(facts, carrier):
                        found = merging.merges_onto(carrier.id)
                        if found:
                            out.append((carrier, found))
            self._merges[function] = out
        return self._merges[function]

    # ----------------------------------------------------------------- without a model

    def _alone(self, facts: Facts, carrier: Obj) -> PerRequest:
        found = PerRequest()
        path = str(facts.function.module.path)
        for copy in self.helpers.copies(facts.function):
            if copy.copy is carrier:
                self._reset(None, copy, found)
        for write in facts.writes_to(carrier.id):
            pattern = self.matches(None, write.field)
            if pattern is not None and "." not in pattern and write.how != "call":
                line = self.library.line(facts.function, write.node)
                text = f"written by {facts.function.qualname}, and its name matches {pattern}"
                found.add(write.field, Evidence("pattern", path, line, text))
        for owner, merges in self.merges(facts.function):
            if owner is carrier:
                while self._from_same_source(None, facts.function, merges, found):
                    pass
        for name in [name for name in found.evidence if self.shared(None, name)]:
            del found.evidence[name]
        return found


def naming(
    project: Project, cls: ClassRef, wanted: Callable[[FunctionRef], bool]
) -> list[FunctionRef]:
    """The ``wanted`` functions that name a class and mean it (not another class of the same name)."""
    return [
        function
        for function in project.functions_mentioning(cls.name)
        if wanted(function) and project.resolve(function.module, cls.name, function) in (cls, None)
    ]


def _merges(facts: Facts) -> bool:
    """True when a function writes a field of an object that it did not make itself."""
    own = ("mapping", "fresh", "global")
    return any(facts.objects[write.obj].origin not in own for write in facts.writes)


def is_given(facts: Facts, carrier: Obj) -> bool:
    """True for an object that a function was given or looked up, or a copy it made of one.

    A copy that another function made and handed over is private; what it still carries is that
    function's business.
    """
    links = [facts.objects[obj] for obj in family(facts, carrier.id)]
    return all(
        link.maker is None and link.origin in ("copy", "param", "self", "lookup", "attr")
        for link in links
    )


def _same(one: ClassRef, model: ClassRef) -> bool:
    return one == model or one.is_subclass_of(model) or model.is_subclass_of(one)


def _listed(patterns: tuple[str, ...], owners: list[str], name: str, *, exact: bool) -> str | None:
    """The first pattern that names the field; ``exact`` looks at ``Model.field`` forms only."""
    for pattern in patterns:
        owner, dot, rest = pattern.rpartition(".")
        if bool(dot) is not exact:
            continue
        if fnmatchcase(name, rest) and (not dot or any(fnmatchcase(o, owner) for o in owners)):
            return pattern
    return None
