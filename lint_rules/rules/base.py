"""What a rule is: a code, a name, and a question asked of the facts of one function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from lint_rules.findings import TraceStep
from lint_rules.knowledge.kin import class_of

if TYPE_CHECKING:
    import libcst as cst

    from lint_rules.flow.facts import Facts, SharedEdit, Store, Write
    from lint_rules.flow.values import Obj
    from lint_rules.knowledge.base import Knowledge
    from lint_rules.knowledge.helpers import HelperCopy
    from lint_rules.knowledge.merging import Merge
    from lint_rules.knowledge.proofs import PerRequest
    from lint_rules.project.classes import ClassRef, FieldDecl


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule found, in the function's own nodes, with all that a fix needs to know."""

    code: str
    facts: Facts
    node: cst.CSTNode
    message: str
    model: ClassRef | None
    fields: tuple[str, ...]
    per_request: PerRequest
    carrier: Obj
    trace: tuple[TraceStep, ...] = ()
    copy: HelperCopy | None = None
    merges: tuple[Merge, ...] = ()
    edit: SharedEdit | None = None
    store: Store | None = None
    write: Write | None = None
    source: Obj | None = None
    #: The field of the copy that holds the carrier, where that is what stands in the copy.
    holder: FieldDecl | None = None
    #: The copies of the model that cache-copy helpers make.
    helpers: tuple[HelperCopy, ...] = ()


REFERENCES = (
    "[CWE-524: Use of Cache Containing Sensitive Information]"
    "(https://cwe.mitre.org/data/definitions/524.html)",
    "[CWE-488: Exposure of Data Element to Wrong Session]"
    "(https://cwe.mitre.org/data/definitions/488.html)",
    "[LiteLLM issue 29142](https://github.com/BerriAI/litellm/issues/29142)",
)
"""The weaknesses that all rules are about, and the report that they began with."""


OBJECT = "object"
"""What a carrier is called of which neither the class nor a name of its own is known."""


@dataclass(frozen=True, slots=True)
class Page:
    """The texts of a rule's documentation page, in the order of its headings."""

    what: str
    why: str
    bad: str
    good: str
    options: tuple[str, ...] = ()
    fix_safety: str = ""
    references: tuple[str, ...] = REFERENCES


class Rule:
    """One rule.  Subclasses are found in the modules ``ccl*.py`` of this package."""

    code: ClassVar[str]
    name: ClassVar[str]
    summary: ClassVar[str]
    page: ClassVar[Page | None] = None

    def ask(self, knowledge: Knowledge, facts: Facts) -> Iterator[Problem]:
        """The problems of one function."""
        raise NotImplementedError


def listed(names: tuple[str, ...] | list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def kind_of(facts: Facts, carrier: Obj) -> str:
    """How a message calls the carrier after an article: by its class, else as the function does."""
    model = class_of(facts, carrier)
    if model is not None:
        return model.name
    root = carrier
    while root.origin == "copy" and root.of:
        root = facts.objects[root.of[0]]
    return root.name if root.origin in ("param", "self") else OBJECT


def one_of_kind(facts: Facts, carrier: Obj) -> str:
    """How a message calls the carrier by itself."""
    name = kind_of(facts, carrier)
    return f"an {name}" if name == OBJECT else name


def step(knowledge: Knowledge, facts: Facts, node: cst.CSTNode, text: str) -> TraceStep:
    """One step of a trace at a node of the function."""
    line = knowledge.library.line(facts.function, node)
    return TraceStep(str(facts.function.module.path), line, text)
