"""What every part hands to the next: plain, frozen, picklable values.

Lines and columns count from 1, columns in characters.  ``Edit`` offsets count characters of the
file's decoded text from 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

EvidenceKind = Literal["pattern", "reset", "merged", "marker", "config"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a field is per-request: the kind of proof and the line that a reader can check."""

    kind: EvidenceKind
    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class FieldFinding:
    """One per-request field of a finding, with its evidence (never empty)."""

    name: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of the way from the source to the cache, in reading order."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``text[start:end]`` by ``replacement``; ``start == end`` inserts."""

    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """The repair of a finding.

    ``edits`` is empty when there is none, and ``reason`` then says why.  ``reason`` beside edits
    names what of the finding the edits leave unrepaired.  ``note`` says what the rewrite changes.
    """

    edits: tuple[Edit, ...] = ()
    reason: str | None = None
    note: str | None = None

    @property
    def available(self) -> bool:
        """True when there is something to apply."""
        return bool(self.edits)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: where it is, why it is believed, and how to repair it."""

    code: str
    name: str
    message: str
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str
    model: str | None
    fields: tuple[FieldFinding, ...]
    trace: tuple[TraceStep, ...] = ()
    fix: Fix = field(default_factory=Fix)

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        """Path, line, column, code: the order of every report."""
        return (self.path, self.line, self.column, self.code)

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of the fields, in declaration order."""
        return tuple(found.name for found in self.fields)


Mark = Literal[
    "reset", "partly reset", "shared", "kept", "overwritten", "guarded", "or-merged", "missing", ""
]
"""What a function does to a per-request field; empty where it has nothing to do with it."""

SubjectKind = Literal["cache-copy helper", "merge function"]


Role = Literal["carrier", "source", "item", "cache", "flag", "text", "number", "none"]
"""What a test passes: the carrier, the source, one item of it, a cache, both truth values in turn, any
text, any number, or None."""


@dataclass(frozen=True, slots=True)
class Named:
    """A class or function that a test can import: its module and its qualified name there."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Argument:
    """What a test passes for one parameter; ``keyword`` is None where it goes by its place."""

    name: str
    role: Role
    keyword: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """What a merge function takes its values from.

    ``model`` is its class, None for a mapping, or where ``untyped`` for an object of which only the
    attributes are known.  ``taken`` says for each field of the carrier what the source calls it, None
    where that cannot be said; ``also`` is what it must hold besides.
    """

    model: Named | None
    untyped: bool
    may_be_none: bool
    taken: tuple[tuple[str, str | None], ...]
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """How a test calls a subject: what it is, on what, with what.

    ``on_new`` means that a new object of the function's class is called; ``model`` is None for a
    mapping.  ``caches`` are global names of the function's module that hold the caches it fills,
    ``stores`` says that what it puts into a cache can be seen and belongs to all users.  ``values`` are the
    fields that need one particular value, as an expression; ``unsure`` those of which a test cannot tell
    what is right, with the reason.
    """

    function: Named
    on_new: bool
    arguments: tuple[Argument, ...]
    model: Named | None
    source: Source | None = None
    caches: tuple[str, ...] = ()
    stores: bool = False
    values: tuple[tuple[str, str], ...] = ()
    unsure: tuple[tuple[str, str], ...] = ()

    def has(self, role: Role) -> bool:
        """True when some argument has this role."""
        return any(argument.role == role for argument in self.arguments)


@dataclass(frozen=True, slots=True)
class Subject:
    """A cache-copy helper or merge function of one model, and what it does to each field.

    ``marks`` stand in declaration order, one for each per-request field of the model.  ``call`` is how a
    test calls it, or why none can.
    """

    kind: SubjectKind
    function: str
    path: str
    line: int
    model: str
    marks: tuple[tuple[FieldFinding, Mark], ...]
    call: Call | str = "how it is called is not known"

    @property
    def sort_key(self) -> tuple[str, str, str, int]:
        """Model, then helpers before merge functions, then path and line."""
        return (self.model, self.kind, self.path, self.line)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A file that could not be read or analysed: one clear line for the user."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """What came out of one file.

    ``source`` is the decoded text when there are findings (for excerpts), else None.
    ``candidates`` counts the functions that can matter, ``anew`` those of them that no earlier run had answered for.
    ``subjects`` are its helpers and merge functions, right ones too.  ``fixed`` holds the findings whose repair is in ``new_source``, each
    with the fields that were repaired (a reason beside its edits: others of its fields are left); ``findings`` those that remain.
    ``new_source`` is None when nothing was (or was asked to be) rewritten.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    source: str | None = None
    candidates: int = 0
    fixed: tuple[Finding, ...] = ()
    new_source: str | None = None
    subjects: tuple[Subject, ...] = ()
    anew: int = field(default=0, compare=False)
