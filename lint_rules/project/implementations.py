"""What a method runs that only says what there is to implement: that of the one class which implements it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project

_ONLY_RAISES = r"\braise NotImplementedError\b[^\n]*\s*\Z"
MAX_FILES = 100
"""A name that more files define says nothing about one class."""


class Implementations:
    """The implementations of one project's protocols and abstract classes."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._only = Remembered(self._ask_only)

    def method(self, cls: ClassRef, name: str) -> FunctionRef | None:
        """The method that a call on an object of the class runs, as far as that is known: of several
        implementations the abstract method itself."""
        declared = cls.method(name)
        if declared is None or not _is_abstract(cls, declared):
            return declared
        only = self._only(cls)
        return (only.method(name) if only is not None else None) or declared

    def leaves_open(self, cls: ClassRef) -> bool:
        """True for a class that has a method which another class has to implement."""
        names = dict.fromkeys(name for one in cls.mro for name in one.methods)
        methods = (cls.method(name) for name in names)
        return any(method is not None and _is_abstract(cls, method) for method in methods)

    def _ask_only(self, cls: ClassRef) -> ClassRef | None:
        """The only class that implements all that a class leaves open; None where there are others, or none."""
        names = [name for one in cls.mro for name, m in one.methods.items() if _is_abstract(one, m)]
        words = [f"def {name}".encode() for name in names]
        paths = self.project.files_containing(*words)
        if not names or len(paths) > MAX_FILES:
            return None
        found = {
            candidate
            for path in paths
            for method in self.project.module(path).functions_named(names[:1])
            for candidate in _owner(method)
            if _implements(candidate, cls, names)
        }
        return found.pop() if len(found) == 1 else None


def _owner(method: FunctionRef) -> Iterator[ClassRef]:
    cls = method.module.class_(method.class_name) if method.class_name is not None else None
    if cls is not None:
        yield cls


def _implements(candidate: ClassRef, cls: ClassRef, names: list[str]) -> bool:
    """True for a class that has all of the methods, and is one of ``cls`` by its bases or, of a protocol, by that."""
    methods = [candidate.method(name) for name in names]
    if any(method is None or _is_abstract(candidate, method) for method in methods):
        return False
    return candidate != cls and (_is_protocol(cls) or candidate.is_subclass_of(cls))


def _is_abstract(cls: ClassRef, method: FunctionRef) -> bool:
    """True for a method that says that it is abstract, ends by saying so, or belongs to a protocol."""
    if any("abstractmethod" in text for text in method.decorators):
        return True
    owner = next((one for one in cls.mro if one.methods.get(method.name) == method), cls)
    return _is_protocol(owner) or method.holds(_ONLY_RAISES)


def _is_protocol(cls: ClassRef) -> bool:
    return any(name.rpartition(".")[2] == "Protocol" for name in cls.base_names)
