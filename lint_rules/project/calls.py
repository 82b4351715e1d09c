"""Who calls whom, and which functions mention a name: found by bytes first, then by tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lint_rules.project.classes import ClassRef
from lint_rules.project.derived import about_functions, told_of
from lint_rules.project.imports import spans_of_imports
from lint_rules.project.lines import before
from lint_rules.project.noting import Remembered
from lint_rules.project.words import whole

if TYPE_CHECKING:
    from lint_rules.project.functions import FunctionRef
    from lint_rules.project.modules import Module
    from lint_rules.project.project import Project


MAX_FILES = 300
"""A name that more files hold says nothing about one function; its callers are not looked for."""
_OF_RESULT = frozenset({").", "]."})
_RESULT = "()."
"""What stands before a method that is called on what a call returned, or on an entry."""
_HARMLESS = frozenset({"staticmethod", "classmethod", "override", "abstractmethod"})
"""Decorators that hand the function to nobody."""
_QUOTES = frozenset({"'", '"'})
_EXPORTED = re.compile(r"__all__[ \t]*(?:\+?=|:[^=\n]*=|\.extend\()[ \t]*[\[(][^\])]*")
_TARGET = re.compile(rb"(\w+)[ \t]*(?::[^=]*)?=[ \t]*")
_PREFIX = re.compile(r"(?<!\w)(?:\w+\.)+$")


class CallGraph:
    """The calls of one project, on demand."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.callers = about_functions(project, "callers", self._ask_callers, _told)
        self.made = Remembered(self._ask_made)
        self.mentioning = Remembered(self._ask_mentioning)
        self._is_unique = about_functions(project, "is unique", self._ask_unique, bool)
        self._defined = Remembered(self._ask_defined)
        self._is_registered = about_functions(project, "is registered", self._ask_registered, bool)

    def derive(self, name: str) -> str:
        """The digest of what is answered now to the question of that name; empty where it is not asked here."""
        asked = (self.callers, self._is_unique, self._is_registered)
        return next(filter(None, (question.derive(name) for question in asked)), "")

    def _ask_callers(self, function: FunctionRef) -> list[FunctionRef]:
        """The other functions with a call whose callee resolves to ``function``, or that is handed it to call."""
        out: dict[FunctionRef, None] = {}
        for name in self._names(function.name):
            pattern = re.compile(name.encode() + rb"\s*[(,)]")
            for path in self.project.files_containing(name.encode()):
                data = self.project.bytes_of(path)
                hits = (hit.start() for hit in whole(pattern, data))
                if any(data[max(at - 4, 0) : at] != b"def " for at in hits):
                    found = self._in_module(self.project.module(path), name, function)
                    out.update(dict.fromkeys(found))
        return list(out)

    def _ask_made(self, cls: ClassRef) -> list[Path]:
        """The files in which a class is called, by its name or an alias."""
        return [
            path
            for name in self._names(cls.name)
            for path in self.project.files_containing(name.encode())
            if self._is_made(self.project.module(path), name, cls)
        ]

    def _is_made(self, module: Module, name: str, cls: ClassRef) -> bool:
        mentions = self._mentions(module, name, re.compile(rf"{re.escape(name)}\s*\("))
        return any(
            self.project.resolve(module, dotted, _around(module, at)) == cls
            for dotted, at in mentions
        )

    def _names(self, told: str) -> list[str]:
        """A name and its aliases (``_old = new``, ``import new as old``)."""
        name = told.encode()
        held = self.project.files_containing(name)
        if len(held) > MAX_FILES:
            return []
        aliases = (alias for path in held for alias in _aliases(name, self.project.bytes_of(path)))
        return list(dict.fromkeys([told, *(alias.decode("ascii", "ignore") for alias in aliases)]))

    def _in_module(self, module: Module, name: str, function: FunctionRef) -> Iterator[FunctionRef]:
        pattern = re.compile(rf"{re.escape(name)}\b(?!\s*:)")
        for dotted, at in self._mentions(module, name, pattern):
            if not self._may_mean(module, dotted, function):
                continue
            around = _around(module, at)
            if around not in (None, function) and self._means(module, dotted, around, function):
                yield around

    def _mentions(
        self, module: Module, name: str, pattern: re.Pattern[str]
    ) -> Iterator[tuple[str, int]]:
        """Where a pattern that begins with the name is found, but for definitions and imports, and the name with what
        stands before it."""
        for hit in whole(pattern, module.text):
            owner = _PREFIX.search(module.text, max(0, hit.start() - 200), hit.start())
            of_result = module.text[max(0, hit.start() - 2) : hit.start()] in _OF_RESULT
            if not self._is_definition(module.text, hit.start()):
                yield (owner.group() if owner else _RESULT if of_result else "") + name, hit.start()

    def _may_mean(self, module: Module, dotted: str, function: FunctionRef) -> bool:
        """False when a name cannot lead to the function, seen without looking anything up."""
        root, dot, _ = dotted.partition(".")
        if function.class_name is None:
            return not dot or root in module.text_of_imports
        if not dot:
            return False
        return root in ("self", "cls", function.class_name.split(".")[0]) or (
            root in module.text_of_imports or self._only_method(function)
        )

    def _is_definition(self, text: str, offset: int) -> bool:
        return bool(
            re.search(r"(\bdef|\bclass|\bimport|\bas)\s+$", text[max(0, offset - 12) : offset])
        )

    def _means(
        self, module: Module, dotted: str, scope: FunctionRef | None, function: FunctionRef
    ) -> bool:
        result = dotted.startswith(_RESULT)
        found = self.project.resolve(module, dotted, scope) if not result else None
        if found is not None:
            return found == function
        if function.class_name is None or "." not in dotted:
            return False
        owner = dotted.rsplit(".", 1)[0]
        if owner in ("self", "cls") and scope is not None and scope.class_name is not None:
            cls = module.class_(scope.class_name)
            return isinstance(cls, ClassRef) and cls.method(function.name) == function
        return self._only_method(function)

    def all_seen(self, function: FunctionRef) -> bool:
        """False for a function that may be called by what is no call of it: a method of whose name there are others, a
        function under a decorator, and one that is named outside functions (a table of hooks) or as a string."""
        if function.class_name is not None and not self._only_method(function):
            return False
        decorated = {text.rpartition(".")[2] for text in function.decorators} - _HARMLESS
        return not decorated and not self._is_registered(function)

    def _ask_registered(self, function: FunctionRef) -> bool:
        return any(
            self._registers(self.project.module(path), name)
            for name in self._names(function.name)
            for path in self.project.files_containing(name.encode())
        )

    def _registers(self, module: Module, name: str) -> bool:
        """True where a name stands outside functions, or as a string, and is neither defined, imported nor exported."""
        text = module.text
        left_out: list[tuple[int, int]] | None = None
        for hit in whole(re.compile(rf"{re.escape(name)}\b"), text):
            quoted = (
                text[hit.start() - 1 : hit.start()] in _QUOTES
                and text[hit.end() : hit.end() + 1] in _QUOTES
            )
            if not quoted and module.function_around(hit.start()) is not None:
                continue
            line = before(text, hit.start())
            if "#" in line or self._is_definition(text, hit.start()):
                continue
            if not quoted and (
                module.scan.in_string(hit.start()) or line.count('"') % 2 or line.count("'") % 2
            ):
                continue
            left_out = left_out if left_out is not None else [*_spans_of_imports(text)]
            if not any(start <= hit.start() < end for start, end in left_out):
                return True
        return False

    def _only_method(self, function: FunctionRef) -> bool:
        """True when no other function of the project has this method's name."""
        return self._is_unique(function)

    def _ask_unique(self, function: FunctionRef) -> bool:
        return self._defined(function.name) == 1

    def _ask_defined(self, name: str) -> int:
        """How many functions have a name."""
        pattern = re.compile(rb"\bdef\s+" + re.escape(name.encode()) + rb"\b")
        paths = self.project.files_containing(b"def " + name.encode())
        return sum(len(pattern.findall(self.project.bytes_of(path))) for path in paths)

    # ----------------------------------------------------------------- mentions

    def _ask_mentioning(self, names: tuple[str, ...]) -> list[FunctionRef]:
        """The innermost functions whose text holds every name as a word, by file and line."""
        out: dict[FunctionRef, None] = {}
        for path in self.project.files_containing(*(name.encode() for name in names)):
            for function in self._functions_with(self.project.module(path), names):
                out[function] = None
        return list(out)

    def _functions_with(self, module: Module, names: tuple[str, ...]) -> list[FunctionRef]:
        found = module.functions_holding(names[0])
        rest = [re.compile(rf"\b{re.escape(name)}\b") for name in names[1:]]
        return [f for f in found if all(p.search(f.source) for p in rest)]


def _aliases(name: bytes, data: bytes) -> Iterator[bytes]:
    """What a name is imported as, or assigned to on a line of its own, outside everything."""
    pattern = re.compile(name + rb"(?:\s+as\s+(\w+)|[ \t\r]*(?:#.*)?$)", re.MULTILINE)
    for hit in whole(pattern, data):
        alias = hit if hit[1] else _TARGET.fullmatch(before(data, hit.start()))
        if alias is not None:
            yield alias[1]


def _around(module: Module, at: int) -> FunctionRef | None:
    """The innermost function around a place."""
    return module.function_at(module.scan.line_at(at))


def _told(functions: list[FunctionRef]) -> list[tuple[str, str]]:
    return list(map(told_of, functions))


def _spans_of_imports(text: str) -> Iterator[tuple[int, int]]:
    """Where names are imported or exported (characters from 0)."""
    yield from spans_of_imports(text)
    yield from (hit.span() for hit in _EXPORTED.finditer(text))
