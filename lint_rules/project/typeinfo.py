"""What an annotation names, and how it is collected from the wrappers and containers that it is written with."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef

WRAPPERS = frozenset(
    {"Optional", "Union", "Annotated", "Final", "ClassVar", "Awaitable", "Coroutine", "Required",
     "NotRequired", "ReadOnly", "Generator", "AsyncGenerator", "Iterator", "AsyncIterator", "Depends"}
)  # fmt: skip
MAPPINGS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "DefaultDict"}
)
SEQUENCES = frozenset(
    {"list", "List", "Sequence", "tuple", "Tuple", "set", "Set", "frozenset", "FrozenSet", "Iterable", "Collection",
     "deque"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """What an annotation names: classes of the project, others, and whether it is a mapping."""

    classes: tuple[ClassRef, ...] = ()
    unresolved: tuple[str, ...] = ()
    mapping: bool = False
    external: tuple[str, ...] = ()
    text: str = ""
    #: The classes of what stands in a container that it names: of a list's items, of a mapping's values.
    items: tuple[ClassRef, ...] = ()

    @property
    def item(self) -> ClassRef | None:
        """The one class of what stands in the container."""
        return self.items[0] if len(self.items) == 1 else None


class Parts:
    """What has been collected from an annotation so far."""

    def __init__(self) -> None:
        self.classes: list[ClassRef] = []
        self.unresolved: list[str] = []
        self.external: list[str] = []
        self.items: list[ClassRef] = []
        self.mapping = False


def is_record(name: str, items: list[ast.expr]) -> bool:
    """True for a tuple that does not say the same of all that stands in it."""
    is_tuple = name in ("tuple", "Tuple")
    return is_tuple and not (len(items) == 2 and ast.unparse(items[1]) == "...")
