"""What every output format is given: the findings of a run, and which of them are accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lint_rules.findings import Diagnostic, Finding


@dataclass(frozen=True, slots=True)
class Result:
    """One run, ready to be printed.

    ``fingerprints`` stand beside ``findings``, one for each; those in ``accepted`` are in the
    baseline.  ``repaired`` is the number of findings that the run itself mended.
    """

    findings: tuple[Finding, ...]
    fingerprints: tuple[str, ...]
    errors: tuple[Diagnostic, ...] = ()
    accepted: frozenset[str] = frozenset()
    sources: Mapping[str, str] = field(default_factory=dict)
    files: int = 0
    candidates: int = 0
    seconds: float = 0.0
    repaired: int = 0
    has_baseline: bool = False

    def entries(self) -> list[tuple[Finding, str, bool]]:
        """Every finding with its fingerprint and whether the baseline accepts it."""
        pairs = zip(self.findings, self.fingerprints, strict=True)
        return [(finding, name, name in self.accepted) for finding, name in pairs]

    @property
    def remaining(self) -> int:
        """The findings that count: those that no baseline accepts."""
        return sum(1 for name in self.fingerprints if name not in self.accepted)
