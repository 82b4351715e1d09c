"""The import statements of a written test module, sorted as isort sorts them."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

from lint_rules.output.testlayout import call, within

if TYPE_CHECKING:
    from lint_rules.findings import Call, Named

_OWN = ("assert_overwrites", "assert_reset_for_cache", "RecordingCache")
_RESERVED = (*_OWN, "Any", "SimpleNamespace", "pytest", "cache", "shared", "source", "monkeypatch")


class Imports:
    """The names that the module imports; a name from two modules gets a number."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._used: dict[str, set[str]] = {}
        self._pytest = False

    def own(self, name: str) -> str:
        """A name of ``lint_rules.testing``."""
        return self._from("lint_rules.testing", name)

    def any(self) -> str:
        """``Any``, imported."""
        return self._from("typing", "Any")

    def namespace(self) -> str:
        """``SimpleNamespace``, imported."""
        return self._from("types", "SimpleNamespace")

    def pytest(self) -> str:
        """``pytest``, imported."""
        self._pytest = True
        return "pytest"

    def _from(self, module: str, name: str) -> str:
        self._used.setdefault(module, set()).add(name)
        return name

    def expression(self, named: Named) -> str:
        """How the module writes a class or function of the project."""
        top, *inner = named.name.split(".")
        key = (named.module, top)
        if key not in self._names:
            taken = {*self._names.values(), *_RESERVED}
            # pytest would take what begins so for a test of its own.
            stem = f"the_{top}" if top.lower().startswith("test") else top
            name, number = stem, 2
            while name in taken:
                name, number = f"{stem}_{number}", number + 1
            self._names[key] = name
        return ".".join([self._names[key], *inner])

    def lines(self) -> list[str]:
        """The import statements in their three sections."""
        standard = [_statement(m, [(n, n) for n in self._used[m]]) for m in ("types", "typing")
                    if m in self._used]  # fmt: skip
        others = ["import pytest\n"] if self._pytest else []
        if "lint_rules.testing" in self._used:
            names = [(name, name) for name in self._used["lint_rules.testing"]]
            others.append(_statement("lint_rules.testing", names))
        modules: dict[str, list[tuple[str, str]]] = {}
        for (module, top), name in self._names.items():
            modules.setdefault(module, []).append((top, name))
        own = [
            statement
            for module in sorted(modules, key=lambda name: (name.lower(), name))
            for statement in _statements(module, modules[module])
        ]
        return ["\n".join("".join(section) for section in (standard, others, own) if section)]


def _statements(module: str, names: list[tuple[str, str]]) -> list[str]:
    """One statement for the names as they are, and one for each that gets another."""
    plain = [(top, name) for top, name in names if top == name]
    renamed = sorted((top, name) for top, name in names if top != name)
    return [
        *([_statement(module, plain)] if plain else []),
        *(_statement(module, [pair]) for pair in renamed),
    ]


def _statement(module: str, names: list[tuple[str, str]]) -> str:
    """``from module import a, b``: constants, then classes, then the rest, as isort has it."""
    shown = [
        top if top == name else f"{top} as {name}"
        for top, name in sorted(names, key=lambda pair: (_kind(pair[0]), pair[0].lower(), pair[0]))
    ]
    lines = call("", shown, at=len(f"from {module} import ") - 2)
    if len(lines) == 1:
        return within(f"from {module} import {lines[0][1:-1]}\n")
    return within("\n".join([f"from {module} import (", *lines[1:], ""]))


def _kind(name: str) -> int:
    if name.isupper() and len(name) > 1:
        return 0
    return 1 if name[:1].isupper() else 2


def unimportable(call: Call) -> str | None:
    """Why what a call needs cannot be imported; None when it can."""
    source = call.source.model if call.source is not None else None
    for named in (call.function, call.model, source):
        if named is not None:
            parts = [*named.module.split("."), *named.name.split(".")]
            if not all(part.isidentifier() and not keyword.iskeyword(part) for part in parts):
                return f"{named.module}.{named.name} cannot be imported by name"
    return None
