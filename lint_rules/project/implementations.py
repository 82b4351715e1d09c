"""What a method runs that only says what there is to implement: that of the one class which implements it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lint_rules.project.noting import Remembered

if TYPE_CHECKING:
    from lint_rules.project.classes import ClassRef
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.project import Project

_RAISES = r"\braise NotImplementedError\b"
"""Found in every function that does nothing else, and in others."""
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

    def is_overridden(self, cls: ClassRef, method: FunctionRef) -> bool:
        """True where a subclass has a method of its own by that name."""
        paths = self.project.files_containing(f"def {method.name}".encode())
        return len(paths) > MAX_FILES or any(
            owner != cls and owner.is_subclass_of(cls)
            for path in paths
            for found in self.project.module(path).functions_named((method.name,))
            for owner in _owner(found)
        )

    def leaves_open(self, cls: ClassRef) -> bool:
        """True for a class that has a method which another class has to implement."""
        names = dict.fromkeys(name for one in cls.mro for name in one.methods)
        methods = (cls.method(name) for name in names)
        return any(method is not None and _is_abstract(cls, method) for method in methods)

    def _ask_only(self, cls: ClassRef) -> ClassRef | None:
        """The only class that implements all that a class leaves open; None where there are others, or none.

        What tests define stands for nothing that runs with the program, unless the class itself is theirs.  An
        object of the class itself runs its own methods.
        """
        open_ = {
            name: m for one in cls.mro for name, m in one.methods.items() if _is_abstract(one, m)
        }
        if not open_:
            return None
        # The longest name is the rarest; to search all files for each of them took a tenth of an analysis.
        longest = max(open_, key=len)
        paths = self.project.files_containing(f"def {longest}".encode())
        if not self.project.is_of_tests(cls.module.path):
            paths = [path for path in paths if not self.project.is_of_tests(path)]
        if len(paths) > MAX_FILES:
            return None
        found = {
            candidate
            for path in paths
            for method in self.project.module(path).functions_named((longest,))
            for candidate in _owner(method)
            if _may_implement(candidate, cls, open_)
        }
        only = found.pop() if len(found) == 1 else None
        if only is None or not _is_one(only, cls, open_) or self._is_made(cls):
            return None
        return only

    def _is_made(self, cls: ClassRef) -> bool:
        """True where the program makes an object of the class itself."""
        if _is_protocol(cls):
            return False
        made = self.project.graph.made(cls)
        if self.project.is_of_tests(cls.module.path):
            return bool(made)
        return not all(map(self.project.is_of_tests, made))


def _owner(method: FunctionRef) -> Iterator[ClassRef]:
    cls = method.module.class_(method.class_name) if method.class_name is not None else None
    if cls is not None:
        yield cls


def _may_implement(candidate: ClassRef, cls: ClassRef, open_: dict[str, FunctionRef]) -> bool:
    """True for a class that has all of the methods, and is one of ``cls`` by its bases or, of a protocol, by that."""
    methods = [candidate.method(name) for name in open_]
    if any(method is None or _is_abstract(candidate, method) for method in methods):
        return False
    return candidate != cls and (_is_protocol(cls) or candidate.is_subclass_of(cls))


def _is_one(candidate: ClassRef, cls: ClassRef, open_: dict[str, FunctionRef]) -> bool:
    """True for a class that says so by its bases, or that has two methods or more of a protocol, each with the
    parameters that it has there: one method of that name alone is chance."""
    if candidate.is_subclass_of(cls):
        return True
    methods = {name: candidate.method(name) for name in open_}
    return len(open_) > 1 and all(
        method is not None and _takes_the_same(method, open_[name])
        for name, method in methods.items()
    )


def _takes_the_same(method: FunctionRef, declared: FunctionRef) -> bool:
    """True where a method has the parameters of another one, and beside them only such as nobody has to hand over."""
    own, wanted = method.params, declared.params
    more = own[len(wanted) :]
    return [p.name for p in own[: len(wanted)]] == [p.name for p in wanted] and all(
        p.default is not None or p.kind in ("vararg", "kwarg") for p in more
    )


def _is_abstract(cls: ClassRef, method: FunctionRef) -> bool:
    """True for a method that says that it is abstract, does nothing but raise, or belongs to a protocol."""
    if any("abstractmethod" in text for text in method.decorators):
        return True
    owner = next((one for one in cls.mro if one.methods.get(method.name) == method), cls)
    return _is_protocol(owner) or (method.holds(_RAISES) and _only_raises(method.node.body))


def _only_raises(body: list[ast.stmt]) -> bool:
    """True for statements of which the last one raises, and those before it are texts or name the message."""
    *before, last = body
    if not isinstance(last, ast.Raise) or last.exc is None:
        return False
    raised = last.exc.func if isinstance(last.exc, ast.Call) else last.exc
    return ast.unparse(raised) == "NotImplementedError" and all(
        isinstance(one, ast.Expr | ast.Assign)
        and isinstance(one.value, ast.Constant | ast.JoinedStr)
        and all(isinstance(target, ast.Name) for target in getattr(one, "targets", ()))
        for one in before
    )


def _is_protocol(cls: ClassRef) -> bool:
    return any(name.rpartition(".")[2] == "Protocol" for name in cls.base_names)
