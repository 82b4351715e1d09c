"""P(model): which fields are per-request, each with the evidence that a reader can check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from lint_rules.flow.facts import Facts, Write
from lint_rules.flow.values import Obj, reads_of
from lint_rules.knowledge.handed import Handed
from lint_rules.knowledge.helpers import Helpers
from lint_rules.knowledge.kin import class_of
from lint_rules.knowledge.merging import source_root
from lint_rules.knowledge.proofs import PerRequest, Proof
from lint_rules.knowledge.said import Said, Written
from lint_rules.knowledge.told import kept, told
from lint_rules.project.noting import Remembered, remembered

if TYPE_CHECKING:
    from lint_rules.flow.summaries import Library
    from lint_rules.project.classes import ClassRef, FieldDecl
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project
    from lint_rules.screen.survey import Survey


FIELDS = "fields"


class Fields:
    """Answers "which fields of this model are per-request, and why"."""

    def __init__(self, library: Library, helpers: Helpers, said: Said, survey: Survey) -> None:
        self.survey = survey
        self.library = library
        self.project = library.project
        self.settings = library.settings
        self.helpers = helpers
        self.said = said
        self.handed = Handed(said)
        self.of_model = Remembered(
            self._kept_proofs, partial(PerRequest, self.project),
            told=lambda model, found: told(FIELDS)(model, found.said),
        )  # fmt: skip
        self._helping = Remembered(self._ask_helping)

    def of(
        self, model: ClassRef | None, facts: Facts, carrier: Obj, *, kin: bool = True
    ) -> PerRequest:
        """P of the carrier's model; without one, what the function itself proves, and P of its ``kin``."""
        if model is None:
            return self._alone(facts, carrier, kin=kin)
        return self.of_model(model)

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

    def _kept_proofs(self, model: ClassRef) -> PerRequest:
        told = kept(self.project, FIELDS, model, lambda model: self._prove(model).as_json)
        return PerRequest.from_json(told, model)

    def _prove(self, model: ClassRef) -> PerRequest:
        """P of a model."""
        found = PerRequest(self.project, model)
        for index, decl in enumerate(model.fields):
            found.order[decl.name] = index
            self._declared(model, decl, found)
        for function in self._helping(model):
            for reset in self.said.resets(function):
                if reset.model is not None and reset.model.is_kin_of(model):
                    self._reset(model, function, reset.field, reset.row, found)
        self._merged(model, found)
        for name in [name for name in found.evidence if self.shared(model, name)]:
            del found.evidence[name]
        return found

    def _ask_helping(self, model: ClassRef) -> list[FunctionRef]:
        """The functions that may be cache-copy helpers for a model and reset something.

        Only those that name the model, or are its methods: any other says nothing of its class.
        """
        names = [cls.name for cls in model.mro]
        naming = {p for name in names for p in self.project.files_containing(name.encode())}
        form = "|".join(map(re.escape, names))
        return [
            function
            for function in self.survey.helpers
            if (function.module.path in naming and function.holds(form)) or function.owner in names
            if self._copies_one(function, model)
        ]

    def _copies_one(self, function: FunctionRef, model: ClassRef) -> bool:
        """True when the function by itself copies an object of the model, and may reset something on
        the copy."""
        return any(
            copied.model is not None and copied.may_reset and copied.model.is_kin_of(model)
            for copied in self.said.copied(function)
        )

    def helped(self, model: ClassRef) -> bool:
        """True when some function may reset fields of the model for a cache."""
        return bool(self._helping(model))

    def declares(self, model: ClassRef) -> bool:
        """True when a declaration of the model says that a field is per-request."""
        return any(
            decl.marker == "per-request" or self.matches(model, decl.name) for decl in model.fields
        )

    @remembered
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
            for copied in self.said.copied(function):
                if copied.model is not None:
                    yield copied.model

    def _marked(self) -> Iterator[ClassRef]:
        for module, name in self.survey.marking():
            found = module.class_(name)
            if found is not None and self.declares(found):
                yield found

    def _declared(self, model: ClassRef, decl: FieldDecl, found: PerRequest) -> None:
        if decl.marker == "per-request":
            text = f"{decl.owner.name}.{decl.name} is marked per-request where it is declared"
            found.add(decl.name, Proof("marker", text))
        pattern = self.matches(model, decl.name)
        if pattern is None:
            return
        if "." in pattern:
            text = f"the configuration lists {pattern} as per-request"
            found.add(decl.name, Proof("config", text))
        else:
            text = f"declared on {decl.owner.name}, and its name matches {pattern}"
            found.add(decl.name, Proof("pattern", text))

    def _reset(
        self, model: ClassRef | None, function: FunctionRef, name: str, row: int, found: PerRequest
    ) -> None:
        if model is None or model.field(name) is not None:
            text = f"{function.qualname} resets it for the cache"
            found.add(name, Proof.by("reset", text, function, row))

    def _merged(self, model: ClassRef, found: PerRequest) -> None:
        """Fields written from the same source as a field already proven, to a fixpoint."""
        names = list(found.evidence)
        merges = [
            (function, writes)
            for function in filter(partial(self._may_write, model), self.survey.writers(names))
            for _, writes in _by_carrier(self.said.written(function))
            if self._is_onto(function, writes[0], model)
        ]
        changed = True
        while changed:
            changed = False
            for function, writes in merges:
                changed |= self._from_same_source(model, function, writes, found)

    def _is_onto(self, function: FunctionRef, write: Written, model: ClassRef) -> bool:
        """True for a write onto an object of the model, also where only a caller says of which class that is."""
        if write.model is not None:
            return write.model.is_kin_of(model)
        return bool(write.param) and self.handed.is_given(function, write.param, model)

    def _may_write(self, model: ClassRef, function: FunctionRef) -> bool:
        """True when the function by itself writes a field of an object of the model, or of one that callers may give it."""
        params, written = self.said.written_params(function), self.said.written_models(function)
        return any(cls.is_kin_of(model) for cls in written) or any(
            self.handed.is_given(function, param, model) for param in params
        )

    def _from_same_source(
        self,
        model: ClassRef | None,
        function: FunctionRef,
        writes: list[Written],
        found: PerRequest,
    ) -> bool:
        changed = False
        proven = {
            source.obj: write.field
            for write in reversed(writes)
            if write.field in found.evidence and not self.shared(model, write.field)
            for source in write.sources
        }
        for write in writes:
            name = write.field
            if name in found.evidence or self.shared(model, name) or write.from_unknown:
                continue
            if model is not None and model.field(name) is None:
                continue
            for source in write.sources:
                if source.obj in proven and source.brings_request:
                    text = (
                        f"{function.qualname} writes it from {source.name}, "
                        f"as it does {proven[source.obj]}"
                    )
                    changed |= found.add(name, Proof.by("merged", text, function, write.row))
        return changed

    # ----------------------------------------------------------------- without a model

    def _alone(self, facts: Facts, carrier: Obj, *, kin: bool) -> PerRequest:
        found = PerRequest(self.project)
        links = map(facts.objects.__getitem__, facts.objects.family(carrier.id))
        classes = {cls for link in links for cls in link.several}
        for copy in self.helpers.copies(facts.function):
            for name, row in self.said.reset_on(copy) if copy.copy is carrier else ():
                self._reset(None, facts.function, name, row, found)
        for write in facts.writes_to(carrier.id):
            if not (_is_told(facts, write) and _have(classes, write.field)):
                continue
            pattern = self.matches(None, write.field)
            if pattern is not None and "." not in pattern and write.how != "call":
                row = self.library.row(facts.function, write.node)
                text = f"written by {facts.function.qualname}, and its name matches {pattern}"
                found.add(write.field, Proof.by("pattern", text, facts.function, row))
        for owner, writes in _by_carrier(self.said.written(facts.function)):
            while owner == carrier.id and self._from_same_source(
                None, facts.function, writes, found
            ):
                pass
        told = class_of(facts, carrier)
        if told is not None and kin:
            found.take(self.of_model(told))
        for name in list(found.evidence):
            if self.shared(told, name) or not _have(classes, name):
                del found.evidence[name]
        return found


def _is_told(facts: Facts, write: Write) -> bool:
    """False for a field under whose name something may be written only since a class declares it that neither is the
    object's nor that of what the value was read from."""
    if write.field not in facts.supposed:
        return True
    read_from = (facts.objects[source_root(facts, obj)].model for obj, _ in reads_of(write.value))
    return any(cls is not None and cls.field(write.field) is not None for cls in read_from)


def _have(classes: Iterable[ClassRef], name: str) -> bool:
    """True where whichever of some classes an object has declares a field."""
    return all(cls.field(name) is not None for cls in classes)


def naming(
    project: Project, cls: ClassRef, wanted: Callable[[FunctionRef], bool]
) -> list[FunctionRef]:
    """The ``wanted`` functions that name a class and mean it (not another class of the same name)."""
    return [
        function
        for function in project.functions_mentioning(cls.name)
        if wanted(function) and project.resolve(function.module, cls.name, function) in (cls, None)
    ]


def _by_carrier(written: Iterable[Written]) -> Iterator[tuple[int, list[Written]]]:
    for carrier, writes in groupby(written, lambda write: write.carrier):
        yield carrier, list(writes)


def _listed(patterns: tuple[str, ...], owners: list[str], name: str, *, exact: bool) -> str | None:
    """The first pattern that names the field; ``exact`` looks at ``Model.field`` forms only."""
    for pattern in patterns:
        owner, dot, rest = pattern.rpartition(".")
        if bool(dot) is not exact:
            continue
        if fnmatchcase(name, rest) and (not dot or any(fnmatchcase(o, owner) for o in owners)):
            return pattern
    return None
