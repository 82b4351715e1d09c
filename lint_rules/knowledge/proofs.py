"""The proofs that fields are per-request: what they say is known without where they stand.

A place is told by its definition and asked for when a finding shows it, so that what rests on the proof
alone holds though lines move.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lint_rules.findings import Evidence, EvidenceKind, FieldFinding

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project

_KINDS = ("config", "marker", "pattern", "reset", "merged")
"""The kinds of proofs, the most convincing first."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a field is per-request: by its declaration, or by what a function does to it."""

    kind: EvidenceKind
    text: str
    #: The file of the function, and what the function is called among the pieces of it; else empty.
    path: str = ""
    piece: str = ""
    #: The line in the function, from its first line on (0).
    row: int = 0

    @classmethod
    def by(cls, kind: EvidenceKind, text: str, function: FunctionRef, row: int) -> Proof:
        """The proof on a line of a function, counted from its first line on (0)."""
        path, piece = function.piece
        return cls(kind, text, str(path), piece, row)

    @property
    def said(self) -> list[Any]:
        """The proof as JSON, but for the line."""
        return [self.kind, self.text, self.path, self.piece]

    @property
    def as_json(self) -> list[Any]:
        """The proof as JSON."""
        return [*self.said, self.row]


@dataclass(slots=True)
class PerRequest:
    """The per-request fields of one model (or of one function's carrier without a known model)."""

    project: Project
    model: ClassRef | None = None
    evidence: dict[str, list[Proof]] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)

    @property
    def as_json(self) -> list[Any]:
        """The fields and their proofs as JSON."""
        proofs = {name: [one.as_json for one in found] for name, found in self.evidence.items()}
        return [proofs, self.order]

    @classmethod
    def from_json(cls, told: list[Any], model: ClassRef) -> PerRequest:
        """The fields of a model that :attr:`as_json` told."""
        proofs, order = told
        evidence = {name: [Proof(*one) for one in found] for name, found in proofs.items()}
        return cls(model.module.project, model, evidence, order)

    @property
    def said(self) -> list[Any]:
        """What others rest on: the fields and their proofs, but not the lines of these."""
        proofs = {name: [one.said for one in found] for name, found in self.evidence.items()}
        return [proofs, self.order]

    def add(self, name: str, proof: Proof) -> bool:
        """Add a proof; True when the field is new."""
        known = self.evidence.setdefault(name, [])
        if proof not in known:
            known.append(proof)
        return len(known) == 1

    def take(self, other: PerRequest) -> None:
        """Add what is proven of a class that the function tells for the carrier."""
        self.model = other.model
        self.order.update(other.order)
        for name, proofs in other.evidence.items():
            for proof in proofs:
                self.add(name, proof)

    def ordered(self, names: list[str]) -> list[str]:
        """Names in declaration order, then as they come."""
        last = len(self.order)
        return sorted(dict.fromkeys(names), key=lambda n: self.order.get(n, last))

    def finding(self, name: str) -> FieldFinding:
        """The field as a finding shows it; whoever asks rests on the places of its proofs, too."""
        proofs = [self._placed(name, proof) for proof in self.evidence[name]]
        proofs.sort(key=lambda proof: (_KINDS.index(proof.kind), proof.path, proof.line))
        return FieldFinding(name, tuple(proofs))

    def _placed(self, name: str, proof: Proof) -> Evidence:
        if not proof.piece:
            declared = self.model.field(name) if self.model is not None else None
            assert declared is not None  # it is what proves the field
            return Evidence(proof.kind, str(declared.path), declared.line, proof.text)
        function = self.project.function_at(Path(proof.path), proof.piece)
        assert function is not None  # the proof was read off its text, which is the same
        function.read()
        return Evidence(proof.kind, proof.path, function.line + proof.row, proof.text)
