"""What the flow of one function came to: the facts that every rule asks.

Facts know nothing of per-request fields or of codes; they hold the nodes of the function's own tree,
so that a rule can point at a place and a fix can rewrite it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lint_rules.flow.state import Objects, State
from lint_rules.flow.values import Guard, Value

if TYPE_CHECKING:
    import libcst as cst

    from lint_rules.project.functions import FunctionRef


@dataclass(frozen=True, slots=True)
class Write:
    """A value written to a field of an object.

    ``node`` is what a finding points at; ``statement`` the small statement around it.  ``how``:
    attr, item, setattr, update (an entry of a copy's or a dict's update), delete, call (done by a
    called function, which answers for it itself), edit (of what the field holds, in place).
    """

    node: cst.CSTNode
    statement: cst.CSTNode | None
    obj: int
    field: str
    value: Value
    guards: tuple[int, ...]
    how: str
    order: int
    #: The field was written under a name that is only known by unrolling (a loop, a mapping).
    unrolled: bool = False


@dataclass(frozen=True, slots=True)
class Store:
    """An object handed to a cache, with its fields as they were then."""

    node: cst.CSTNode
    obj: int
    fields: dict[str, Value]
    key: Value
    key_text: str
    cache: str
    guards: tuple[int, ...]
    order: int
    scheduled: bool = False
    #: The store is done by this called function, not here.
    by: FunctionRef | None = None
    #: The functions that copy what is kept, where the store never keeps the object itself.
    makers: frozenset[FunctionRef] = frozenset()
    #: The object is not what is stored, but stands in it: an entry, a tuple.
    within: bool = False
    #: The cache keeps bytes of the object.
    pickled: bool = False

    @property
    def keeps_itself(self) -> bool:
        """True when the cache holds the object itself: what is written on it later is there, too."""
        return not (self.copied or self.pickled)

    @property
    def copied(self) -> bool:
        """True when what is kept is a copy that the store makes, not the object itself."""
        return bool(self.makers)


@dataclass(frozen=True, slots=True)
class Placed:
    """An object put where it stays, in a cache or in a container that may be one; its fields as they
    were then."""

    node: cst.CSTNode
    obj: int
    fields: dict[str, Value]


@dataclass(frozen=True, slots=True)
class SharedEdit:
    """A container edited in place through a shallow copy that shares it with the original."""

    node: cst.CSTNode
    statement: cst.CSTNode | None
    obj: int
    field: str
    method: str
    empties: bool
    guards: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Handoff:
    """A call of a function of the project: what was bound to its parameters, and their fields."""

    node: cst.CSTNode
    callee: FunctionRef
    arguments: dict[str, Value]
    fields: dict[int, dict[str, Value]]
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class Exit:
    """A normal way out of the function: what is returned, and the state then.

    ``yields`` for a ``yield``, behind which the function may go on.
    """

    node: cst.CSTNode | None
    value: Value
    state: State
    yields: bool = False


@dataclass(slots=True)
class Facts:
    """Everything that is known of one function after its abstract interpretation."""

    function: FunctionRef
    tree: cst.Module
    definition: cst.FunctionDef
    objects: Objects
    guards: list[Guard] = field(default_factory=list)
    #: The node that each guard stands at, by the guard's number.
    guard_nodes: dict[int, cst.CSTNode] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    stores: list[Store] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)
    shared_edits: list[SharedEdit] = field(default_factory=list)
    #: What methods add in place to the containers that fields hold.
    additions: list[Write] = field(default_factory=list)
    #: The same where called functions do it, which answer for it themselves: one for each object and field.
    additions_by_calls: dict[tuple[int, str], Write] = field(default_factory=dict)
    handoffs: list[Handoff] = field(default_factory=list)
    #: Objects given to something that a call returned: what that is, the calls have to tell.
    passed: set[int] = field(default_factory=set)
    exits: list[Exit] = field(default_factory=list)
    #: Objects bound to the parameters, by name.
    params: dict[str, int] = field(default_factory=dict)
    #: Names that loops over unknown ones are unrolled over only since a class declares them: the function names none.
    supposed: set[str] = field(default_factory=set)
    #: What holds at the end; None where no way leads there.
    final: State | None = None
    #: Whether the function is itself wrapped in a caching decorator (its result is shared).
    caches_result: bool = False
    #: The line in the file of the first line of ``tree``.
    first_line: int = 1

    @property
    def all_additions(self) -> list[Write]:
        """What is added in place to the containers that fields hold, here and by calls."""
        return [*self.additions, *self.additions_by_calls.values()]

    @property
    def yields(self) -> bool:
        """True for a generator: it goes on behind what it hands out."""
        return any(leave.yields for leave in self.exits)

    def writes_to(self, obj: int, name: str | None = None) -> list[Write]:
        """The writes to an object (or to one of its fields), in order."""
        return [w for w in self.writes if w.obj == obj and name in (None, w.field)]

    def exclude(self, one: Write, other: Write) -> bool:
        """True for writes on different sides of a test: no way leads through both."""
        needed = {id(self.guard_nodes[g]): self.guards[g].needs for g in one.guards}
        return any(
            needed.get(id(self.guard_nodes[g]), self.guards[g].needs) is not self.guards[g].needs
            for g in other.guards
        )
